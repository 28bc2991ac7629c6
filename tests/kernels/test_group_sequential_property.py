"""What must hold for any looks: refinement, sums, looks without bounds, mirrors, what is spent is what is crossed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from equipoise.errors import KernelInputError
from equipoise.kernels import _sequential_grid as grid
from equipoise.kernels.group_sequential import (
    conditional_crossing,
    crossing_curve,
    crossing_probabilities,
    lower_bounds,
    upper_bounds,
)


@st.composite
def looks(draw, most=8):
    """Information, bounds and means of a trial with up to 20 looks, some close together, some without a bound."""
    k = draw(st.integers(1, most))
    steps = draw(st.lists(st.sampled_from([0.002, 0.02, 0.2, 1.0, 3.0]), min_size=k, max_size=k))
    upper = draw(st.lists(st.sampled_from([1.0, 1.8, 2.3, 3.1, 5.0, math.inf]), min_size=k, max_size=k))
    gaps = draw(st.lists(st.sampled_from([0.0, 0.7, 2.0, 4.0, math.inf]), min_size=k, max_size=k))
    lower = [
        -math.inf if math.isinf(gap) or math.isinf(high) else high - gap for high, gap in zip(upper, gaps, strict=True)
    ]
    mean = draw(st.lists(st.floats(-8.0, 8.0), min_size=k, max_size=k))
    return np.cumsum(steps), np.array(upper), np.array(lower), np.array(mean)


@given(looks())
@settings(max_examples=60, deadline=None)
def test_a_finer_grid_changes_nothing(trial):
    """Twice the nodes and a wider reach: the residual of the integral is far below 1e-10."""
    coarse = crossing_probabilities(*trial)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid, "_NODES_PER_WIDTH", 2.0 * grid._NODES_PER_WIDTH)
        patch.setattr(grid, "REACH", grid.REACH + 1.5)
        fine = crossing_probabilities(*trial)
    np.testing.assert_allclose(coarse.upper, fine.upper, rtol=0, atol=2e-13)
    np.testing.assert_allclose(coarse.lower, fine.lower, rtol=0, atol=2e-13)


def test_a_finer_grid_changes_nothing_with_twenty_looks():
    t = np.arange(1, 21) / 20
    spent = 0.025 * t**1.5
    coarse = upper_bounds(t, spent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid, "_NODES_PER_WIDTH", 2.0 * grid._NODES_PER_WIDTH)
        patch.setattr(grid, "REACH", grid.REACH + 1.5)
        np.testing.assert_allclose(upper_bounds(t, spent), coarse, rtol=0, atol=1e-10)


@given(looks(most=20))
@settings(max_examples=30, deadline=None)
def test_probabilities_are_probabilities(trial):
    information, upper, lower, mean = trial
    found = crossing_probabilities(information, upper, lower, mean)
    assert (found.upper >= 0).all()
    assert (found.lower >= 0).all()
    assert found.upper.sum() + found.lower.sum() <= 1 + 1e-12
    # Bounds that meet at the last look leave nobody between them.
    closed = crossing_probabilities(information, np.append(upper[:-1], 1.0), np.append(lower[:-1], 1.0), mean)
    assert closed.upper.sum() + closed.lower.sum() == pytest.approx(1.0, abs=1e-12)


@given(looks(), st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_a_look_without_bounds_is_no_look(trial, where):
    information, upper, lower, mean = trial
    at = where % information.size
    before = information[at - 1] if at else 0.0
    extra = 0.5 * (before + information[at])
    found = crossing_probabilities(
        np.insert(information, at, extra), np.insert(upper, at, np.inf), np.insert(lower, at, -np.inf),
        np.insert(mean, at, 1.3),
    )  # fmt: skip
    without = crossing_probabilities(*trial)
    np.testing.assert_allclose(np.delete(found.upper, at), without.upper, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.delete(found.lower, at), without.lower, rtol=0, atol=1e-12)
    assert found.upper[at] == found.lower[at] == 0.0


@given(looks())
@settings(max_examples=30, deadline=None)
def test_the_mirror(trial):
    information, upper, lower, mean = trial
    found = crossing_probabilities(*trial)
    other = crossing_probabilities(information, -lower, -upper, -mean)
    np.testing.assert_allclose(other.upper, found.lower, rtol=0, atol=1e-13)
    np.testing.assert_allclose(other.lower, found.upper, rtol=0, atol=1e-13)


@given(looks())
@settings(max_examples=20, deadline=None)
def test_a_curve_is_its_points(trial):
    information, upper, lower, mean = trial
    means = mean + np.linspace(-3, 3, 70)[:, None]
    curve = crossing_curve(information, upper, lower, means)
    for row in (0, 33, 69):
        point = crossing_probabilities(information, upper, lower, means[row])
        np.testing.assert_allclose(curve.upper[row], point.upper, rtol=0, atol=1e-13)
        np.testing.assert_allclose(curve.lower[row], point.lower, rtol=0, atol=1e-13)


@given(
    st.lists(st.sampled_from([0.001, 0.02, 0.1, 1.0]), min_size=1, max_size=10),
    st.sampled_from([0.2, 0.025, 1e-6]),
    st.sampled_from([0.5, 1.0, 4.0]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_what_was_to_be_spent_is_spent(steps, alpha, rho, two_sided):
    t = np.cumsum(steps) / np.sum(steps)
    spent = alpha * t**rho
    bounds = upper_bounds(t, spent, two_sided=two_sided)
    crossed = crossing_probabilities(t, bounds, -bounds if two_sided else None)
    # At small levels it is the relative error that makes the error in z.
    np.testing.assert_allclose(np.cumsum(crossed.upper), spent, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(np.cumsum(crossed.upper), spent, rtol=0, atol=1e-12)


@given(looks(), st.sampled_from([0.05, 0.2]))
@settings(max_examples=40, deadline=None)
def test_beta_spent_is_crossed_below(trial, beta):
    information, upper, _, mean = trial
    spent = beta * information / information[-1]
    lower = lower_bounds(information, spent, upper, mean)
    assert (lower <= upper).all()
    crossed = np.cumsum(crossing_probabilities(information, upper, lower, mean).lower)
    met = np.flatnonzero(lower == upper)
    clear = met[0] if met.size else information.size
    np.testing.assert_allclose(crossed[:clear], spent[:clear], rtol=0, atol=1e-11)
    assert (crossed <= spent + 1e-11).all(), "where the bounds meet there is less to spend"


def test_very_little_to_spend():
    """1e-12 at an early look is z 7.03; nothing is no bound; rare exits keep their digits."""
    bounds = upper_bounds([0.1, 0.2, 0.5, 1.0], [0.0, 1e-100, 1e-12, 0.025])
    assert bounds[0] == math.inf
    assert ndtr(-bounds[1]) == pytest.approx(1e-100, rel=1e-10)
    assert bounds[2] == pytest.approx(7.0344838, abs=1e-6)
    assert bounds[3] == pytest.approx(1.959964, abs=1e-6)
    back = crossing_probabilities([0.1, 0.2, 0.5, 1.0], bounds).upper
    np.testing.assert_allclose(back, [0.0, 1e-100, 1e-12, 0.025 - 1e-12], rtol=1e-8, atol=0)


def test_an_inactive_look_keeps_its_alpha_for_the_next():
    t, spent = [0.3, 0.6, 1.0], [0.005, 0.01, 0.025]
    found = upper_bounds(t, spent, active=[True, False, True])
    assert found[1] == math.inf
    np.testing.assert_allclose(found[[0, 2]], upper_bounds([0.3, 1.0], [0.005, 0.025]), rtol=0, atol=1e-12)
    low = lower_bounds(t, spent, [2.5, 2.4, 2.0], [1.5, 2.2, 3.0], active=[False, True, True])
    assert low[0] == -math.inf


def test_looks_that_are_very_close():
    """One event among 10,000: the second of two looks can hardly see anything new."""
    found = crossing_probabilities([1.0, 1.0001], [2.0, 2.0], mean=[0.3, 0.3])
    assert found.upper[0] == pytest.approx(ndtr(-1.7), rel=1e-13)
    # By a step of sd 0.01 an average of 0.4 * sd of the density at the bound is crossed anew.
    sd = math.sqrt(0.0001 / 1.0001)
    density = math.exp(-0.5 * 1.7**2) / math.sqrt(2 * math.pi)
    assert found.upper[1] == pytest.approx(density * sd / math.sqrt(2 * math.pi), rel=0.03)


@given(looks(), st.floats(-3.0, 4.0), st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_conditional_on_a_look(trial, z, look):
    """Given Z_k the next look is normal with known moments."""
    information, upper, lower, mean = trial
    if information.size < 2:
        return
    at = look % (information.size - 1)
    found = conditional_crossing(information, upper, at, z, mean, lower)
    ratio = math.sqrt(information[at] / information[at + 1])
    center, sd = mean[at + 1] + ratio * (z - mean[at]), math.sqrt(1 - ratio**2)
    assert found.upper.size == information.size - at - 1
    assert found.upper[0] == pytest.approx(ndtr((center - upper[at + 1]) / sd), rel=1e-9, abs=1e-13)
    assert found.lower[0] == pytest.approx(ndtr((lower[at + 1] - center) / sd), rel=1e-9, abs=1e-13)


def test_total_probability_over_a_look():
    """The crossing of later looks, averaged over where the first is, is that without knowing."""
    information, upper, mean = np.array([0.4, 0.7, 1.0]), np.array([np.inf, 2.4, 2.0]), np.array([1.2, 1.9, 2.5])
    x, w = np.polynomial.hermite_e.hermegauss(60)
    parts = [conditional_crossing(information, upper, 0, z, mean).upper for z in x + mean[0]]
    average = np.array(parts).T @ w / w.sum()
    np.testing.assert_allclose(average, crossing_probabilities(information, upper, None, mean).upper[1:], atol=1e-10)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: crossing_probabilities([], []), "kernel.information"),
        (lambda: crossing_probabilities([1.0, 1.0], [2, 2]), "kernel.information"),
        (lambda: crossing_probabilities([1.0, 1.000001], [2, 2]), "kernel.information"),
        (lambda: crossing_probabilities([0.0, 1.0], [2, 2]), "kernel.information"),
        (lambda: crossing_probabilities([np.nan, 1.0], [2, 2]), "kernel.information"),
        (lambda: crossing_probabilities([1.0, np.inf], [2, 2]), "kernel.information"),
        (lambda: crossing_probabilities([[1.0, 2.0]], [2, 2]), "kernel.information"),
        (lambda: crossing_probabilities(np.arange(1, 22), np.full(21, 2.0)), "kernel.information"),
        (lambda: crossing_probabilities([1, 2], [2]), "kernel.bounds"),
        (lambda: crossing_probabilities([1, 2], [2, np.nan]), "kernel.bounds"),
        (lambda: crossing_probabilities([1, 2], [2, 2], [0, 3]), "kernel.bounds"),
        (lambda: crossing_probabilities([1, 2], [2, 2], None, [0, np.nan]), "kernel.mean"),
        (lambda: crossing_probabilities([1, 2], [2, 2], None, [0, 60]), "kernel.mean"),
        (lambda: crossing_probabilities([1, 2], [2, 2], None, [0]), "kernel.mean"),
        (lambda: crossing_curve([1, 2], [2, 2], None, [0, 1]), "kernel.mean"),
        (lambda: crossing_curve([1, 2], [2, 2], None, np.empty((0, 2))), "kernel.mean"),
        (lambda: upper_bounds([1, 2], [0.02, 0.01]), "kernel.spent"),
        (lambda: upper_bounds([1, 2], [0.02, 1.0]), "kernel.spent"),
        (lambda: upper_bounds([1, 2], [-0.02, 0.5]), "kernel.spent"),
        (lambda: upper_bounds([1, 2], [np.nan, 0.5]), "kernel.spent"),
        (lambda: upper_bounds([1, 2], [0.01, 0.025], [4.0, 0.0]), "kernel.spent"),
        (lambda: upper_bounds([1, 2], [0.3, 0.7], two_sided=True), "kernel.spent"),
        (lambda: upper_bounds([1, 2], [0.01, 0.02], [0, 0], two_sided=True), "kernel.bounds"),
        (lambda: conditional_crossing([1, 2], [2, 2], 1, 0.0, [0, 0]), "kernel.look"),
        (lambda: conditional_crossing([1, 2], [2, 2], 0, np.nan, [0, 0]), "kernel.z"),
    ],
)
def test_bad_input_is_refused(call, code):
    with pytest.raises(KernelInputError) as caught:
        call()
    assert [problem.code for problem in caught.value.problems] == [code]
