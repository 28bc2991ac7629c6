"""One proportion: what must hold for every count, and what is refused."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import KernelInputError
from equipoise.kernels.proportions import clopper_pearson, clopper_pearson_many, wilson, wilson_many

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.floats(0.5, 0.9999)
Z = 1.959963984540054


def binomial_tail(x: int, n: int, p: float) -> float:
    """P(X >= x), summed in exact fractions."""
    q = Fraction(p)
    return float(sum(math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(x, n + 1)))


@settings(deadline=None)
@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_clopper_pearson_puts_half_alpha_in_each_tail(table):
    x, n = table
    lower = clopper_pearson(x, n).lower
    upper = clopper_pearson(n - x, n).upper
    assert binomial_tail(x, n, lower) == pytest.approx(0.025, rel=1e-9)
    assert binomial_tail(x, n, 1 - upper) == pytest.approx(0.025, rel=1e-9)


@settings(deadline=None)
@given(counts)
def test_wilson_limits_solve_the_score_equation(table):
    x, n = table
    estimate, lower, upper, _ = wilson(x, n)
    for p in (lower, upper):
        assert (x - n * p) ** 2 == pytest.approx(Z * Z * n * p * (1 - p), rel=1e-9, abs=1e-9)
    assert 0 <= lower <= estimate <= upper <= 1


@pytest.mark.parametrize("function", [clopper_pearson, wilson])
@settings(deadline=None)
@given(table=counts, level=levels)
def test_exchanging_outcomes_mirrors_the_interval(function, table, level):
    x, n = table
    one, other = function(x, n, conf_level=level), function(n - x, n, conf_level=level)
    assert one[:3] == pytest.approx((1 - other.estimate, 1 - other.upper, 1 - other.lower), abs=1e-13)


@pytest.mark.parametrize("function", [clopper_pearson, wilson])
@settings(deadline=None)
@given(table=counts, level=levels)
def test_a_higher_level_gives_a_wider_interval(function, table, level):
    x, n = table
    narrow, wide = function(x, n, conf_level=level), function(x, n, conf_level=level + 0.5 * (1 - level))
    assert wide.lower <= narrow.lower <= narrow.estimate <= narrow.upper <= wide.upper
    assert wide.upper - wide.lower > narrow.upper - narrow.lower


def coverage(limits, n: int, p: float) -> float:
    """Exact probability that the limits of X ~ Bin(n, p) hold p."""
    probability = np.array([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])
    return float(probability[(limits.lower <= p) & (p <= limits.upper)].sum())


def test_coverage():
    """Clopper-Pearson never falls below the level; Wilson is near it on average, and below it somewhere."""
    n, grid = 30, np.linspace(0.02, 0.98, 193)
    exact = [coverage(clopper_pearson_many(np.arange(n + 1), n), n, p) for p in grid]
    score = [coverage(wilson_many(np.arange(n + 1), n), n, p) for p in grid]
    assert min(exact) >= 0.95
    assert np.mean(score) == pytest.approx(0.95, abs=0.005)
    assert min(score) < 0.95 < np.mean(exact)


def test_arrays_equal_single_calls_and_broadcast():
    x, n = np.arange(6).reshape(2, 3), np.array([5, 9, 0])
    for one, many in ((clopper_pearson, clopper_pearson_many), (wilson, wilson_many)):
        with pytest.raises(KernelInputError):
            many(x, n)
        ours = many(x * [1, 1, 0], n)
        assert ours.estimate.shape == (2, 3)
        for i in range(2):
            for j in range(3):
                assert ours.at((i, j)) == pytest.approx(one(int(x[i, j]) * (j < 2), int(n[j])), nan_ok=True)
        assert many([], []).lower.size == 0


def test_no_subjects_is_a_reason_and_not_a_number():
    for function in (clopper_pearson, wilson):
        interval = function(0, 0)
        assert all(math.isnan(value) for value in interval[:3])
        assert interval.reason == "no subjects"
        assert function(1, 2).reason == ""


@pytest.mark.parametrize("function", [clopper_pearson, wilson])
@pytest.mark.parametrize(
    ("arguments", "level", "code"),
    [
        ((4, 3), 0.95, "kernel.x_over_n"),
        ((-1, 3), 0.95, "kernel.negative"),
        ((1.5, 3), 0.95, "kernel.fractional"),
        ((1, math.nan), 0.95, "kernel.not_finite"),
        ((1, math.inf), 0.95, "kernel.not_finite"),
        ((1, 2.0**60), 0.95, "kernel.too_large"),
        (("1", 3), 0.95, "kernel.not_numeric"),
        ((None, 3), 0.95, "kernel.not_numeric"),
        ((1, 3), 95, "kernel.conf_level"),
        ((1, 3), 1.0, "kernel.conf_level"),
        ((1, 3), math.nan, "kernel.conf_level"),
        (([1, 2], 3), 0.95, "kernel.not_scalar"),
    ],
)
def test_refusals(function, arguments, level, code):
    with pytest.raises(KernelInputError) as caught:
        function(*arguments, conf_level=level)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert all(problem.cure for problem in caught.value.problems)


def test_every_fault_is_reported_at_once():
    with pytest.raises(KernelInputError) as caught:
        wilson(-1, 2.5)
    assert [problem.code for problem in caught.value.problems] == ["kernel.negative", "kernel.fractional"]


def test_thousands_of_terms_are_quick():
    rng = np.random.default_rng(1)
    x = rng.integers(0, 250, 20_000)
    clopper_pearson_many(x[:2], 250)
    start = time.process_time()
    clopper_pearson_many(x, 250)
    wilson_many(x, 250)
    assert time.process_time() - start < 0.5
