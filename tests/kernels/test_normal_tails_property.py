"""What must hold of upper tails of a maximum whatever the correlation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.kernels._normal_tails import max_tails
from equipoise.kernels.distributions import norm_sf, two_sided_p

TOLERANCE = 0.01


def correlation_of(loadings: np.ndarray) -> np.ndarray:
    covariance = loadings @ loadings.T
    scale = np.sqrt(np.diag(covariance))
    out = covariance / np.outer(scale, scale)
    np.fill_diagonal(out, 1.0)
    return out


@st.composite
def correlations(draw: st.DrawFn) -> np.ndarray:
    """Any rank; some variables coincide, are opposite, or differ by very little."""
    k, seed = draw(st.integers(1, 8)), draw(st.integers(0, 2**32 - 1))
    rank = draw(st.integers(1, k))
    rng = np.random.default_rng(seed)
    loadings = rng.standard_normal((k, rank))
    kind = draw(st.sampled_from(["free", "same", "opposite", "near"]))
    if k > 1 and kind != "free":
        loadings[-1] = loadings[0] * (-1 if kind == "opposite" else 1)
        if kind == "near":
            loadings[-1] += draw(st.sampled_from([1e-1, 1e-3, 1e-5, 1e-9])) * rng.standard_normal(rank)
    return correlation_of(loadings)


levels = st.floats(0.0, 8.0)


@settings(deadline=None, max_examples=60)
@given(correlations(), levels)
def test_between_the_largest_and_the_sum(correlation: np.ndarray, c: float) -> None:
    k = correlation.shape[0]
    found = max_tails(correlation, c, c)
    assert norm_sf(c) * (1 - 1e-12) <= found.one_sided <= min(1.0, k * norm_sf(c)) * (1 + 1e-12)
    assert two_sided_p(c) * (1 - 1e-12) <= found.two_sided <= min(1.0, k * two_sided_p(c)) * (1 + 1e-12)
    assert found.one_sided <= found.two_sided * (1 + TOLERANCE) <= 2.0 * found.one_sided * (1 + TOLERANCE) ** 2
    assert found == max_tails(correlation.copy(), c, c)


@settings(deadline=None, max_examples=60)
@given(correlations(), levels, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(correlation: np.ndarray, c: float, random: object) -> None:
    k = correlation.shape[0]
    order = list(range(k))
    random.shuffle(order)  # type: ignore[attr-defined]
    found = max_tails(correlation, c, c)
    np.testing.assert_allclose(max_tails(correlation[np.ix_(order, order)], c, c), found, rtol=TOLERANCE)
    if k < 8:
        again = [*order, order[0]]
        np.testing.assert_allclose(max_tails(correlation[np.ix_(again, again)], c, c), found, rtol=TOLERANCE)


@pytest.mark.parametrize("c", [0.0, 1.0, 3.0, 7.0, 20.0, 37.0])
@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_independent_and_identical_variables_have_closed_forms(k: int, c: float) -> None:
    same = max_tails(np.ones((k, k)), c, c)
    np.testing.assert_allclose(same, (norm_sf(c), two_sided_p(c)), rtol=1e-12)
    apart = max_tails(np.eye(k), c, c)
    # 1 - (1 - p)^k without cancellation; at c = 37 that is 1e-299.
    exact = [-np.expm1(k * np.log1p(-p)) if p < 1.0 else 1.0 for p in (norm_sf(c), two_sided_p(c))]
    np.testing.assert_allclose(apart, exact, rtol=2e-3)


def test_one_sided_tails_below_zero_and_levels_that_differ() -> None:
    eye = np.eye(2)
    found = max_tails(eye, -1.0, 2.5)
    np.testing.assert_allclose(found.one_sided, 1.0 - norm_sf(1.0) ** 2, rtol=1e-3)
    np.testing.assert_allclose(found.two_sided, 1.0 - (1.0 - two_sided_p(2.5)) ** 2, rtol=1e-3)
    np.testing.assert_allclose(max_tails(np.array([[1.0, -1.0], [-1.0, 1.0]]), -0.5, 0.0), (1.0, 1.0), rtol=1e-3)


def test_opposite_variables_are_two_tails_of_one() -> None:
    for c in (0.5, 3.0, 7.0):
        found = max_tails(np.array([[1.0, -1.0], [-1.0, 1.0]]), c, c)
        np.testing.assert_allclose(found, (two_sided_p(c), two_sided_p(c)), rtol=1e-12)
