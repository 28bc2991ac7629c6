"""Boxes of normal variables: closed forms, one-dimensional integrals, singular correlations, the tails of MaxCombo."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from equipoise.errors import KernelInputError
from equipoise.kernels._normal_tails import max_tails
from equipoise.kernels.normal_boxes import all_below, first_above


def test_one_variable_and_independent_ones():
    assert all_below([1.3], [[1.0]]) == pytest.approx(ndtr(1.3), rel=1e-14)
    limits = [0.4, -0.7, 2.0, 1.1]
    assert all_below(limits, np.eye(4)) == pytest.approx(np.prod(ndtr(limits)), rel=1e-12)


@pytest.mark.parametrize("r", [-0.99, -0.5, 0.2, 0.9, 0.9999])
def test_the_orthant_of_two(r):
    assert all_below([0.0, 0.0], [[1, r], [r, 1]]) == pytest.approx(0.25 + math.asin(r) / (2 * math.pi), abs=3e-5)


@pytest.mark.parametrize(("k", "r"), [(3, 0.5), (5, 0.3), (8, 0.8), (12, 0.6)])
def test_equal_correlations_by_one_integral(k, r):
    limits = np.linspace(-0.2, 2.1, k)

    def inside(u: float) -> float:
        below = ndtr((limits - math.sqrt(r) * u) / math.sqrt(1 - r))
        return float(np.prod(below)) * math.exp(-0.5 * u * u) / math.sqrt(2 * math.pi)

    matrix = np.full((k, k), r) + (1 - r) * np.eye(k)
    assert all_below(limits, matrix) == pytest.approx(quad(inside, -9, 9, epsabs=1e-12)[0], abs=5e-5)


def test_variables_that_others_determine():
    # Z3 = (Z1 + Z2) / sqrt 2 with Z1, Z2 independent: a region of the plane.
    h = math.sqrt(0.5)
    matrix = [[1, 0, h], [0, 1, h], [h, h, 1]]

    def inside(x: float) -> float:
        return float(ndtr(min(0.9, 1.2 / h - x))) * math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)

    kink = 1.2 / h - 0.9
    truth = quad(inside, -9, 0.6, points=[kink] if kink < 0.6 else None, epsabs=1e-13)[0]
    assert all_below([0.6, 0.9, 1.2], matrix) == pytest.approx(truth, abs=2e-5)
    assert all_below([1.0, 1.4], [[1, 1], [1, 1]]) == pytest.approx(ndtr(1.0), rel=1e-12)
    assert all_below([1.0, -0.5], [[1, -1], [-1, 1]]) == pytest.approx(ndtr(1.0) - ndtr(0.5), rel=1e-10)
    assert all_below([0.4, -0.5], [[1, -1], [-1, 1]]) == 0.0


def test_the_complement_is_the_tail_of_the_largest():
    matrix = np.array([[1, 0.86, 0.93], [0.86, 1, 0.77], [0.93, 0.77, 1]])
    for limit in (0.3, 2.2, 5.0, 12.0):
        tail = max_tails(matrix, limit, limit).one_sided
        assert first_above([limit] * 3, matrix, 3) == pytest.approx(tail, rel=3e-3)
    assert 1 - all_below([2.2] * 3, matrix) == pytest.approx(first_above([2.2] * 3, matrix, 3), rel=2e-3)
    assert 1 - all_below([-1.0] * 3, matrix) == pytest.approx(first_above([-1.0] * 3, matrix, 3), abs=1e-4)


@pytest.mark.parametrize(("k", "r"), [(2, 0.5), (6, 0.4), (9, 0.8)])
def test_the_union_of_tails_by_one_integral(k, r):
    limits = np.linspace(3.4, 2.3, k)

    def outside(u: float) -> float:
        above = -math.expm1(np.log(np.maximum(ndtr((limits - math.sqrt(r) * u) / math.sqrt(1 - r)), 1e-300)).sum())
        return above * math.exp(-0.5 * u * u) / math.sqrt(2 * math.pi)

    matrix = np.full((k, k), r) + (1 - r) * np.eye(k)
    assert first_above(limits, matrix, k) == pytest.approx(quad(outside, -9, 9, epsabs=1e-13)[0], rel=1e-3)


def test_the_last_are_beyond_first():
    matrix = np.array([[1, 0.7, 0.5], [0.7, 1, 0.7], [0.5, 0.7, 1]])
    limits = [2.9, 2.6, 2.3]
    parts = [first_above(limits[:n], matrix[:n, :n], 1) for n in (1, 2, 3)]
    assert parts[0] == pytest.approx(ndtr(-2.9), rel=1e-12)
    assert sum(parts) == pytest.approx(first_above(limits, matrix, 3), rel=1e-12)
    assert first_above([2.9, np.inf, 2.3], matrix, 2) == pytest.approx(
        first_above([2.9, 2.3], matrix[np.ix_([0, 2], [0, 2])], 1), rel=1e-3
    )
    assert first_above([-np.inf, 1.0], matrix[:2, :2], 1) == 0.0
    # the second is the first: it never is beyond its limit alone, or always
    same = np.ones((2, 2))
    assert first_above([1.0, 1.5], same, 1) == pytest.approx(0.0, abs=1e-15)
    assert first_above([1.5, 1.0], same, 1) == pytest.approx(ndtr(-1.0) - ndtr(-1.5), rel=1e-12)


def test_infinite_limits():
    matrix = np.eye(3)
    assert all_below([np.inf] * 3, matrix) == 1.0
    assert all_below([np.inf, 0.3, np.inf], matrix) == pytest.approx(ndtr(0.3), rel=1e-13)
    assert all_below([0.2, -np.inf, 0.3], matrix) == 0.0


@pytest.mark.parametrize(
    ("limits", "matrix"),
    [
        ([], np.empty((0, 0))),
        ([0.0, 1.0], np.eye(3)),
        ([np.nan], [[1.0]]),
        ([0.0, 0.0], [[1, np.nan], [np.nan, 1]]),
        ([0.0, 0.0], [[1, 2], [2, 1]]),
        (np.zeros(33), np.eye(33)),
    ],
)
def test_bad_input(limits, matrix):
    with pytest.raises(KernelInputError):
        all_below(limits, matrix)
    with pytest.raises(KernelInputError):
        first_above(limits, matrix, 1)


@pytest.mark.parametrize("new", [0, 3])
def test_new_variables_are_some_of_them(new):
    with pytest.raises(KernelInputError):
        first_above([1.0, 2.0], np.eye(2), new)
