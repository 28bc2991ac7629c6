"""Rates per exposure against R and statsmodels."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from equipoise.kernels.rates import incidence_rate, rate_difference, rate_ratio

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "proportions.json").read_text())["cases"]
STATSMODELS = json.loads((REFERENCE / "proportions_statsmodels.json").read_text())["cases"]
PAIR = (41, 28010, 15, 19017)


@pytest.mark.parametrize(
    ("case", "events", "exposure", "level"),
    [("0_10", 0, 10, 0.95), ("1_1", 1, 1, 0.95), ("10_1", 10, 1, 0.95), ("137_2419", 137, 2419.5, 0.9)],
)
def test_poisson_test_of_r(case, events, exposure, level):
    ours = incidence_rate(events, exposure, conf_level=level)
    assert ours[1:3] == pytest.approx(R[f"poisson_{case}"]["value"], rel=1e-11)


@pytest.mark.parametrize(("events", "exposure"), [(0, 10), (10, 1), (137, 2419.5)])
def test_confint_poisson_of_statsmodels(events, exposure):
    assert incidence_rate(events, exposure)[1:3] == pytest.approx(
        STATSMODELS[f"rate_{events}_{exposure}"]["value"], rel=1e-11
    )


def test_exact_ratio_of_r():
    assert rate_ratio(*PAIR)[:3] == pytest.approx(R["ratio_41_28010_15_19017"]["value"], rel=1e-11)
    assert rate_ratio(0, 10, 3, 12)[:3] == pytest.approx(R["ratio_0_10_3_12"]["value"], rel=1e-11)
    one_sided = rate_ratio(3, 10, 0, 12)
    assert one_sided.lower == pytest.approx(R["ratio_3_10_0_12_lower"]["value"][0], rel=1e-11)
    assert math.isnan(one_sided.estimate)
    assert math.isnan(one_sided.upper)
    assert "control arm" in one_sided.reason


def test_large_sample_contrasts_are_those_of_poisson_models():
    ratio, difference = rate_ratio(*PAIR, method="log_wald"), rate_difference(*PAIR)
    assert ratio[:3] == pytest.approx(R["ratio_log_41_28010_15_19017"]["value"], rel=1e-9)
    assert difference[:3] == pytest.approx(R["rate_difference_41_28010_15_19017"]["value"], rel=1e-9)
    assert ratio[1:3] == pytest.approx(STATSMODELS["rate_ratio_log"]["value"], rel=1e-11)
    assert difference[1:3] == pytest.approx(STATSMODELS["rate_difference"]["value"], rel=1e-11)
