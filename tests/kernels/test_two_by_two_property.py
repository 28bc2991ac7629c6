"""Contrasts of two proportions: brute force, exchanges of arms and outcomes, duality, coverage, and refusals."""

from __future__ import annotations

import math
import time
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from equipoise.errors import KernelInputError
from equipoise.kernels.miettinen_nurminen import score_variance
from equipoise.kernels.two_by_two import (
    Interval,
    difference_miettinen_nurminen,
    difference_miettinen_nurminen_many,
    difference_newcombe,
    difference_newcombe_many,
    difference_wald,
    difference_wald_many,
    fisher_exact,
    number_needed,
    odds_ratio,
    risk_ratio,
    score_test_difference,
)

Z = 1.959963984540054
DIFFERENCES = [difference_miettinen_nurminen, difference_newcombe, difference_wald]


def arms(largest):
    arm = st.integers(1, largest).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    return st.tuples(arm, arm).map(lambda pair: (*pair[0], *pair[1]))


def restricted_by_force(x1, n1, x0, n0, d):
    """r0 that maximises the likelihood under r1 = r0 + d: bisection on the sign of its derivative, which falls."""

    def slope(r):
        total = 0.0
        for x, n, p in ((x0, n0, r), (x1, n1, r + d)):
            if x:
                total += x / p if p > 0 else math.inf
            if n - x:
                total -= (n - x) / (1 - p) if p < 1 else math.inf
        return total

    low, high = max(0.0, -d), min(1.0, 1.0 - d)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return 0.5 * (low + high)


def limits_by_force(x1, n1, x0, n0, factor):
    """Ends of the differences that the score test accepts, each found by bisection from the estimate outwards."""
    found, ends = x1 / n1 - x0 / n0, []
    for end in (-1.0, 1.0):
        inner, outer = found, end
        for _ in range(70):
            d = 0.5 * (inner + outer)
            r0 = restricted_by_force(x1, n1, x0, n0, d)
            variance = factor * ((r0 + d) * (1 - r0 - d) / n1 + r0 * (1 - r0) / n0)
            inner, outer = (d, outer) if (found - d) ** 2 <= Z * Z * variance else (inner, d)
        ends.append(inner)
    return tuple(ends)


EDGES = [
    (56, 70, 48, 80),
    (0, 12, 0, 30),
    (12, 12, 30, 30),
    (12, 12, 0, 30),
    (0, 12, 30, 30),
    (0, 1, 1, 1),
    (0, 1, 0, 1),
    (3, 5000, 0, 4900),
    (3, 1_000_000, 0, 1_000_000),
    (4, 1_000_000, 3, 3),
    (999_997, 1_000_000, 2, 3),
    (500_000, 1_000_000, 1, 1),
]


@pytest.mark.parametrize("table", EDGES)
@pytest.mark.parametrize("factor", ["n/(n-1)", "none"])
def test_score_limits_by_force_at_the_edges(table, factor):
    total = table[1] + table[3]
    expected = limits_by_force(*table, total / (total - 1) if factor == "n/(n-1)" else 1.0)
    assert difference_miettinen_nurminen(*table, variance_factor=factor)[1:3] == pytest.approx(expected, abs=1e-11)


@settings(max_examples=60, deadline=None)
@given(arms(200))
def test_score_limits_by_force(table):
    total = table[1] + table[3]
    expected = limits_by_force(*table, total / (total - 1))
    assert difference_miettinen_nurminen(*table)[1:3] == pytest.approx(expected, abs=1e-11)


def precise_variance(x1, n1, x0, n0, d):
    """`restricted_by_force` in 60 digits, and the variance there."""
    with localcontext() as context:
        context.prec = 60
        d = Decimal(d)
        low, high = max(Decimal(0), -d), min(Decimal(1), 1 - d)
        for _ in range(180):
            r0 = (low + high) / 2
            r1 = r0 + d
            slope = x0 / r0 - (n0 - x0) / (1 - r0) + x1 / r1 - (n1 - x1) / (1 - r1)
            low, high = (r0, high) if slope > 0 else (low, r0)
        return float(r1 * (1 - r1) / n1 + r0 * (1 - r0) / n0)


@pytest.mark.parametrize(
    ("table", "d"),
    [
        ((56, 70, 48, 80), 0.2),
        ((2, 2, 2, 1_000_000), -1.006e-6),
        ((4, 10_000, 2, 3), 0.9999999),
        ((300, 300, 1, 1_000_000), -0.99999),
        ((4, 5, 5, 1_000_000), 5.356e-7),
        ((0, 2, 0, 1_000_000), -2.346e-9),
        ((10_000, 10_000, 0, 3), 0.99999),
        ((0, 5, 1, 1), -0.99999),
        ((0, 1_000_000, 1, 1), 1.8382567e-9),
    ],
)
def test_variance_at_the_restricted_rates_keeps_its_digits(table, d):
    """Where the cubic has two roots close together, or the root is close to the edge of its range."""
    ours = score_variance(*(np.array(float(value)) for value in (*table, d)), variance_factor="none")
    assert float(ours) == pytest.approx(precise_variance(*table, d), rel=2e-9)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (10, 20), (400, 3)])
def test_score_limits_without_any_responder(m, n):
    """Without any responder the equation is linear: upper = c / (c + m), lower = -c / (c + n), c = z^2 N / (N - 1)."""
    c = Z * Z * (m + n) / (m + n - 1)
    assert difference_miettinen_nurminen(0, m, 0, n)[:3] == pytest.approx((0.0, -c / (c + n), c / (c + m)), abs=1e-14)
    assert difference_miettinen_nurminen(m, m, n, n)[:3] == pytest.approx((0.0, -c / (c + m), c / (c + n)), abs=1e-14)


@settings(deadline=None)
@given(arms(120), st.floats(0.6, 0.999))
def test_a_p_value_equals_alpha_exactly_at_the_limits(table, level):
    _, lower, upper, _ = difference_miettinen_nurminen(*table, conf_level=level)
    for limit in (lower, upper):
        if abs(limit) < 1 - 1e-9:
            assert score_test_difference(*table, delta=limit).p_two_sided == pytest.approx(1 - level, abs=1e-6)


@settings(deadline=None)
@given(arms(120), st.floats(-0.99, 0.99))
def test_a_difference_is_inside_exactly_when_its_p_exceeds_alpha(table, delta):
    _, lower, upper, _ = difference_miettinen_nurminen(*table)
    test = score_test_difference(*table, delta=delta)
    if test.reason or min(abs(delta - lower), abs(delta - upper)) < 1e-9:
        return
    assert (lower < delta < upper) == (test.p_two_sided > 0.05)


def assert_same(one, other, tolerance=1e-12):
    assert np.array(one) == pytest.approx(np.array(other), abs=tolerance, nan_ok=True)


@pytest.mark.parametrize("function", DIFFERENCES)
@settings(deadline=None)
@given(table=arms(300))
def test_exchanging_arms_negates_the_interval(function, table):
    x1, n1, x0, n0 = table
    one, other = function(x1, n1, x0, n0), function(x0, n0, x1, n1)
    assert_same(one[:3], (-other.estimate, -other.upper, -other.lower))


@pytest.mark.parametrize("function", DIFFERENCES)
@settings(deadline=None)
@given(table=arms(300))
def test_exchanging_outcomes_negates_the_interval(function, table):
    x1, n1, x0, n0 = table
    one, other = function(x1, n1, x0, n0), function(n1 - x1, n1, n0 - x0, n0)
    assert_same(one[:3], (-other.estimate, -other.upper, -other.lower))


@pytest.mark.parametrize("function", [odds_ratio, risk_ratio])
@settings(deadline=None)
@given(table=arms(300))
def test_exchanging_arms_inverts_the_ratio(function, table):
    x1, n1, x0, n0 = table
    one, other = function(x1, n1, x0, n0), function(x0, n0, x1, n1)
    assert bool(one.reason) == bool(other.reason)
    if not one.reason:
        assert one[:3] == pytest.approx((1 / other.estimate, 1 / other.upper, 1 / other.lower), rel=1e-12)
        assert 0 < one.lower < one.estimate < one.upper


@pytest.mark.parametrize("function", DIFFERENCES[:2])
@settings(deadline=None)
@given(table=arms(300), level=st.floats(0.5, 0.999))
def test_a_higher_level_gives_a_wider_interval(function, table, level):
    narrow, wide = function(*table, conf_level=level), function(*table, conf_level=level + 0.5 * (1 - level))
    assert -1 <= wide.lower <= narrow.lower <= narrow.estimate <= narrow.upper <= wide.upper <= 1


@settings(deadline=None)
@given(arms(300))
def test_the_variance_factor_widens(table):
    with_factor = difference_miettinen_nurminen(*table)
    without = difference_miettinen_nurminen(*table, variance_factor="none")
    assert with_factor.lower <= without.lower + 1e-12
    assert without.upper <= with_factor.upper + 1e-12


def test_arrays_equal_single_calls_even_with_empty_arms():
    rng = np.random.default_rng(7)
    n1, n0 = rng.integers(0, 12, 60), rng.integers(0, 12, 60)
    x1, x0 = rng.binomial(n1, 0.4), rng.binomial(n0, 0.2)
    for many, one in (
        (difference_miettinen_nurminen_many, difference_miettinen_nurminen),
        (difference_newcombe_many, difference_newcombe),
        (difference_wald_many, difference_wald),
    ):
        together = many(x1, n1, x0, n0)
        for i, table in enumerate(zip(x1, n1, x0, n0, strict=True)):
            alone = one(*map(int, table))
            assert_same(together.at(i)[:3], alone[:3], 1e-15)
            assert together.at(i).reason == alone.reason
            assert bool(alone.reason) == any(math.isnan(value) for value in alone[:3])


def test_250_terms_take_less_than_50_ms():
    rng = np.random.default_rng(3)
    x1, x0 = rng.binomial(254, rng.uniform(0, 0.2, 250)), rng.binomial(260, rng.uniform(0, 0.2, 250))
    difference_miettinen_nurminen_many(x1, 254, x0, 260)
    times = []
    for _ in range(5):
        start = time.process_time()
        difference_miettinen_nurminen_many(x1, 254, x0, 260)
        times.append(time.process_time() - start)
    assert min(times) < 0.05


def binomial(n, p):
    return np.array([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


def test_coverage():
    """Exact coverage in arms of 25 and 20: the score and hybrid limits are near 95% on average, Wald's below."""
    m, n = 25, 20
    x1, x0 = np.meshgrid(np.arange(m + 1), np.arange(n + 1), indexing="ij")
    mean = {}
    for function in (difference_miettinen_nurminen_many, difference_newcombe_many, difference_wald_many):
        limits = function(x1, m, x0, n)
        held = []
        for p1 in np.linspace(0.025, 0.975, 39):
            for p0 in np.linspace(0.05, 0.95, 19):
                inside = (limits.lower <= p1 - p0) & (p1 - p0 <= limits.upper)
                held.append(float((np.outer(binomial(m, p1), binomial(n, p0)) * inside).sum()))
        mean[function.__name__] = np.mean(held)
    assert mean["difference_miettinen_nurminen_many"] == pytest.approx(0.953, abs=0.004)
    assert mean["difference_newcombe_many"] == pytest.approx(0.957, abs=0.006)
    assert mean["difference_wald_many"] < 0.94


def test_fisher_against_counting():
    """3 of 4 against 1 of 4: tables 0, 1, 3, 4 of a tea tasting have 1 + 16 + 16 + 1 of 70 arrangements."""
    assert fisher_exact(3, 4, 1, 4).p_two_sided == pytest.approx(34 / 70)
    assert fisher_exact(0, 5, 0, 9).p_two_sided == 1.0
    assert fisher_exact(0, 0, 1, 3).reason


@settings(deadline=None)
@given(arms(15))
@example((0, 2, 5, 8))  # a table on the other side is exactly as probable, but not to the last bit
def test_fisher_in_whole_numbers(table):
    x1, n1, x0, n0 = table
    both = x1 + x0
    ways = {k: math.comb(n1, k) * math.comb(n0, both - k) for k in range(max(0, both - n0), min(n1, both) + 1)}
    expected = sum(way for way in ways.values() if way <= ways[x1]) / sum(ways.values())
    assert fisher_exact(*table).p_two_sided == pytest.approx(expected, rel=1e-9)


@settings(deadline=None)
@given(arms(60))
def test_fisher_does_not_depend_on_the_order_of_arms_or_outcomes(table):
    x1, n1, x0, n0 = table
    p = fisher_exact(x1, n1, x0, n0).p_two_sided
    assert p == pytest.approx(fisher_exact(x0, n0, x1, n1).p_two_sided, rel=1e-9)
    assert p == pytest.approx(fisher_exact(n1 - x1, n1, n0 - x0, n0).p_two_sided, rel=1e-9)
    assert 0 < p <= 1


def test_zero_cells_and_constants_have_reasons():
    nothing = odds_ratio(3, 5, 0, 4)
    assert all(math.isnan(value) for value in nothing[:3])
    assert "not finite" in nothing.reason
    assert odds_ratio(0, 5, 2, 4)[0] == 0.0
    assert math.isnan(odds_ratio(0, 5, 2, 4).upper)
    assert "not defined" in odds_ratio(0, 5, 0, 4).reason
    assert "zero standard error" in risk_ratio(5, 5, 4, 4).reason
    assert risk_ratio(5, 5, 4, 4).estimate == 1.0
    assert "not finite" in risk_ratio(2, 5, 0, 4).reason
    assert "zero standard error" in difference_wald(0, 5, 4, 4).reason
    assert difference_wald(0, 5, 4, 4).estimate == -1.0
    assert "no variation" in score_test_difference(0, 5, 0, 4).reason
    for function in (*DIFFERENCES, odds_ratio, risk_ratio, score_test_difference, fisher_exact):
        assert function(0, 0, 1, 3).reason == function(1, 3, 0, 0).reason == "an arm has no subjects"


def test_number_needed_keeps_sign_and_says_why_limits_are_missing():
    assert number_needed(Interval(-0.2, -0.25, -0.1))[:3] == pytest.approx((-5.0, -10.0, -4.0))
    for lower, upper in ((-0.1, 0.3), (0.0, 0.3), (-0.3, 0.0)):
        ours = number_needed(Interval(0.1, lower, upper))
        assert "includes 0" in ours.reason
        assert math.isnan(ours.lower)
        assert math.isnan(ours.upper)
    assert math.isnan(number_needed(Interval(0.0, -0.1, 0.1)).estimate)
    assert number_needed(Interval(math.nan, math.nan, math.nan, "empty")).reason == "empty"
    flat = number_needed(Interval(0.5, math.nan, math.nan, "flat"))
    assert (flat.estimate, flat.reason) == (2.0, "flat")
    assert math.isnan(flat.lower)


@pytest.mark.parametrize("function", [*DIFFERENCES, odds_ratio, risk_ratio, score_test_difference, fisher_exact])
@pytest.mark.parametrize(
    ("table", "code"),
    [
        ((4, 3, 1, 2), "kernel.x_over_n"),
        ((1, 3, 1, -2), "kernel.negative"),
        ((1, 3, 0.5, 2), "kernel.fractional"),
        ((1, 3, math.nan, 2), "kernel.not_finite"),
        (([1, 2], 3, 1, 2), "kernel.not_scalar"),
        ((True, 3, 1, 2), "kernel.not_numeric"),
    ],
)
def test_refusals(function, table, code):
    with pytest.raises(KernelInputError) as caught:
        function(*table)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_unknown_conventions_are_refused():
    for call in (
        lambda: difference_miettinen_nurminen(1, 2, 1, 2, variance_factor="n-1"),
        lambda: score_test_difference(1, 2, 1, 2, delta=1.0),
        lambda: score_test_difference(1, 2, 1, 2, delta=math.nan),
        lambda: score_test_difference(1, 2, 1, 2, variance_factor="?"),
        lambda: difference_newcombe_many([1, 2], [3, 3, 3], 1, 2),
        lambda: odds_ratio(1, 2, 1, 2, conf_level=95),
    ):
        with pytest.raises(KernelInputError):
            call()
