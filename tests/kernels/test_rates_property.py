"""Rates per exposure: Poisson tails, exchanges of arms, units of time, coverage, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import KernelInputError
from equipoise.kernels.rates import (
    incidence_rate,
    incidence_rate_many,
    rate_difference,
    rate_difference_many,
    rate_ratio,
)

events = st.integers(0, 60)
exposure = st.floats(0.01, 1e5)
METHODS = ["exact_conditional", "log_wald"]


def poisson(x, mean):
    """P(X <= x), summed term by term."""
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(x + 1))


@settings(deadline=None)
@given(st.integers(1, 60), exposure)
def test_limits_put_half_alpha_in_each_tail(x, t):
    _, lower, upper, _ = incidence_rate(x, t)
    assert 1 - poisson(x - 1, lower * t) == pytest.approx(0.025, rel=1e-9)
    assert poisson(x, upper * t) == pytest.approx(0.025, rel=1e-9)


@settings(deadline=None)
@given(events, exposure, events, exposure, st.sampled_from([1 / 365.25, 12.0, 100.0]))
def test_units_of_time_only_rescale(x1, t1, x0, t0, unit):
    one, other = rate_difference(x1, t1, x0, t0), rate_difference(x1, t1 * unit, x0, t0 * unit)
    assert np.array(one[:3]) == pytest.approx(np.array(other[:3]) * unit, rel=1e-9, abs=1e-12, nan_ok=True)
    for method in METHODS:
        one = rate_ratio(x1, t1, x0, t0, method=method)
        other = rate_ratio(x1, t1 * unit, x0, t0 * unit, method=method)
        assert one[:3] == pytest.approx(other[:3], rel=1e-9, nan_ok=True)
        assert one.reason == other.reason


@settings(deadline=None)
@given(st.integers(1, 60), exposure, st.integers(1, 60), exposure, st.sampled_from(METHODS))
def test_exchanging_arms(x1, t1, x0, t0, method):
    one, other = rate_ratio(x1, t1, x0, t0, method=method), rate_ratio(x0, t0, x1, t1, method=method)
    assert one[:3] == pytest.approx((1 / other.estimate, 1 / other.upper, 1 / other.lower), rel=1e-10)
    assert one.lower < one.estimate < one.upper
    one, other = rate_difference(x1, t1, x0, t0), rate_difference(x0, t0, x1, t1)
    assert one[:3] == pytest.approx((-other.estimate, -other.upper, -other.lower), rel=1e-12)


@settings(deadline=None)
@given(events, exposure, st.floats(0.5, 0.999))
def test_a_higher_level_gives_a_wider_interval(x, t, level):
    narrow, wide = incidence_rate(x, t, conf_level=level), incidence_rate(x, t, conf_level=level + 0.5 * (1 - level))
    assert 0 <= wide.lower <= narrow.lower <= narrow.estimate <= narrow.upper < wide.upper


def test_coverage_never_falls_below_the_level():
    x = np.arange(120)
    limits = incidence_rate_many(x, 2.0)
    log_factorial = np.array([math.lgamma(k + 1) for k in x])
    held = []
    for rate in np.linspace(0.2, 20, 150):
        probability = np.exp(x * math.log(2 * rate) - 2 * rate - log_factorial)
        held.append(probability[(limits.lower <= rate) & (rate <= limits.upper)].sum())
    assert min(held) >= 0.95
    assert np.mean(held) < 0.975


def test_exact_ratio_holds_the_ratio_in_simulation():
    rng = np.random.default_rng(5)
    x1, x0 = rng.poisson(9.0, 1500), rng.poisson(10.0, 1500)
    held = dict.fromkeys(METHODS, 0)
    for a, b in zip(x1, x0, strict=True):
        for method in METHODS:
            ours = rate_ratio(int(a), 30.0, int(b), 50.0, method=method)
            held[method] += ours.lower <= (9 / 30) / (10 / 50) <= ours.upper
    assert 0.95 <= held["exact_conditional"] / 1500 < 0.99
    assert held["log_wald"] / 1500 == pytest.approx(0.955, abs=0.02)


def test_arrays_equal_single_calls():
    x, t = np.array([0, 3, 5, 0]), np.array([4.0, 2.5, 0.0, 0.0])
    together = incidence_rate_many(x, t)
    pairs = rate_difference_many(x, t, 2, [3.0, 0.0, 1.0, 1.0])
    for i in range(4):
        assert together.at(i) == pytest.approx(incidence_rate(int(x[i]), float(t[i])), nan_ok=True)
        alone = rate_difference(int(x[i]), float(t[i]), 2, [3.0, 0.0, 1.0, 1.0][i])
        assert pairs.at(i)[:3] == pytest.approx(alone[:3], nan_ok=True)
        assert pairs.at(i).reason == alone.reason


def test_missing_parts_have_reasons():
    assert incidence_rate(0, 0).reason == "no exposure"
    assert math.isnan(incidence_rate(2, 0).upper)
    assert rate_difference(1, 0, 1, 3).reason == "an arm has no exposure"
    flat = rate_difference(0, 3, 0, 4)
    assert flat.estimate == 0.0
    assert math.isnan(flat.lower)
    assert "no arm has events" in flat.reason
    for method in METHODS:
        assert rate_ratio(1, 0, 1, 3, method=method).reason == "an arm has no exposure"
        assert rate_ratio(0, 2, 0, 3, method=method).reason == "no events in either arm"
        assert "control arm" in rate_ratio(2, 2, 0, 3, method=method).reason
    none = rate_ratio(0, 2, 4, 3, method="log_wald")
    assert none.estimate == 0.0
    assert math.isnan(none.upper)
    assert "experimental arm" in none.reason
    assert rate_ratio(0, 2, 4, 3).reason == ""
    assert rate_ratio(0, 2, 4, 3).lower == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: incidence_rate(-1, 2),
        lambda: incidence_rate(1.5, 2),
        lambda: incidence_rate(1, -2),
        lambda: incidence_rate(1, math.inf),
        lambda: incidence_rate(1, math.nan),
        lambda: incidence_rate("1", 2),
        lambda: incidence_rate([1, 2], 2),
        lambda: incidence_rate(1, 2, conf_level=95),
        lambda: incidence_rate_many([1, 2], [1, 2, 3]),
        lambda: rate_difference(1, 2, 1.5, 3),
        lambda: rate_ratio(1, 2, 1, -3),
        lambda: rate_ratio(1, 2, 1, 3, method="score"),
        lambda: rate_ratio(1, [2, 3], 1, 3),
    ],
)
def test_refusals(call):
    with pytest.raises(KernelInputError):
        call()


def test_every_fault_is_reported_at_once():
    with pytest.raises(KernelInputError) as caught:
        rate_ratio(-1, 2, 0.5, -3)
    assert [problem.code for problem in caught.value.problems] == [
        "kernel.negative",
        "kernel.fractional",
        "kernel.exposure",
    ]
