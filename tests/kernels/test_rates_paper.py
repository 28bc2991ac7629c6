"""Rates per exposure against printed results."""

from __future__ import annotations

import math

import pytest

from equipoise.kernels.rates import incidence_rate, rate_difference, rate_ratio

# Breast cancer after fluoroscopy: 41 cases in 28,010 person-years against 15 in 19,017 (Rothman and Greenland 1998,
# chapter 14).
FLUOROSCOPY = (41, 28010, 15, 19017)


@pytest.mark.parametrize(
    ("events", "lower", "upper"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (2, 0.242, 7.225), (5, 1.623, 11.668), (10, 4.795, 18.390)],
)
def test_garwood_table(events, lower, upper):
    """Garwood (1936): 95% limits of a Poisson mean, as in the usual tables."""
    assert incidence_rate(events, 1)[:3] == pytest.approx((events, lower, upper), abs=5.1e-4)


@pytest.mark.parametrize("exposure", [0.25, 1.0, 871.5])
def test_no_events_in_closed_form(exposure):
    """The upper limit solves exp(-mean) = 0.025; the rule of three at one-sided 95% gives about 3."""
    assert incidence_rate(0, exposure)[:3] == pytest.approx((0.0, 0.0, -math.log(0.025) / exposure), rel=1e-12)
    assert incidence_rate(0, 1, conf_level=0.90).upper == pytest.approx(3.0, abs=0.005)


def test_fluoroscopy():
    """Stata's manual, [R] epitab, `ir` on this table: difference 0.000675 (0.0000749 to 0.0012751), ratio 1.855759 with
    exact limits 1.005684 to 3.6093."""
    assert rate_difference(*FLUOROSCOPY)[:3] == pytest.approx((0.000675, 0.0000749, 0.0012751), abs=5.1e-8)
    ratio = rate_ratio(*FLUOROSCOPY)
    assert ratio[:2] == pytest.approx((1.855759, 1.005684), abs=5.1e-7)
    assert ratio.upper == pytest.approx(3.6093, abs=5.1e-5)
