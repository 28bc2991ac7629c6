"""Closed-form integrals of decaying functions and quadrature on panels, against exact series and scipy's quadrature."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from equipoise.errors import KernelInputError
from equipoise.kernels.piecewise import NODES, decay_integrals, decay_integrals_at, decayed_mean, panels

RATES = st.floats(0.0, 50.0)


def exact(x: float) -> tuple[float, float]:
    """(1 - exp(-x)) / x and (x - 1 + exp(-x)) / x^2 by their series in rational numbers."""
    y, first, second, term = Fraction(x), Fraction(0), Fraction(0), Fraction(1)
    for k in range(1, 200):
        first += term / math.factorial(k)
        second += term / math.factorial(k + 1)
        term *= -y
        if abs(float(term)) / math.factorial(k + 1) < 1e-40:
            break
    return float(first), float(second)


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-17, 1e-9, 1e-4, 0.1, 0.49999, 0.5, 0.50001, 1.0, 7.3, 30.0])
def test_decayed_means_have_no_cancellation(x):
    first, second = decayed_mean(np.array([x]))
    assert (first[0], second[0]) == pytest.approx(exact(x), rel=2e-15)


def test_decayed_means_far_out():
    first, second = decayed_mean(np.array([1e6, np.inf]))
    assert first == pytest.approx([1e-6, 0.0], rel=1e-14)
    assert second == pytest.approx([(1 - 1e-6) * 1e-6, 0.0], rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-5.0, 40.0), rate=RATES, span=st.floats(1e-3, 60.0))
def test_integrals_are_those_of_quadrature(x, rate, span):
    first, second = (float(v) for v in decay_integrals(np.array(x), np.array(rate), np.array(span)))
    end = min(max(x, 0.0), span)
    cuts = [end * 0.5**k for k in range(1, 30)]
    grid = [0.0, *reversed(cuts), end]
    parts = list(pairwise(grid))
    assert first == pytest.approx(math.fsum(quad(lambda s: math.exp(-rate * s), a, b)[0] for a, b in parts), rel=1e-12)
    ramp = math.fsum(quad(lambda s: (max(x, 0.0) - s) * math.exp(-rate * s), a, b)[0] for a, b in parts)
    assert second == pytest.approx(ramp, rel=1e-12)


@given(x=st.floats(1e-9, 1e4), rate=RATES, span=st.one_of(st.just(math.inf), st.floats(1e-3, 60.0)))
def test_plain_numbers_and_arrays_agree(x, rate, span):
    many = [float(part[0]) for part in decay_integrals(np.array([x]), np.array([rate]), np.array([span]))]
    assert decay_integrals_at(x, rate, span) == pytest.approx(many, rel=1e-14)


@given(rate=RATES, x=st.floats(0.01, 30.0))
def test_the_second_is_the_integral_of_the_first(rate, x):
    step = 1e-4 * x
    low, high = (float(decay_integrals(np.array(x + d), np.array(rate), np.array(7.0))[1]) for d in (-step, step))
    slope = (high - low) / (2 * step)
    assert slope == pytest.approx(float(decay_integrals(np.array(x), np.array(rate), np.array(7.0))[0]), rel=1e-4)


def test_panels_are_exact_for_polynomials_and_add_up():
    grid = panels([0.0, 0.3, 2.0, 2.5])
    for degree in range(2 * NODES):
        assert (grid.weight * grid.x**degree).sum() == pytest.approx(2.5 ** (degree + 1) / (degree + 1), rel=1e-13)
    inner = grid.cumulative(np.stack([grid.x**3, np.cos(grid.x)]))
    assert inner[0] == pytest.approx(grid.x**4 / 4, rel=1e-12)
    assert inner[1] == pytest.approx(np.sin(grid.x), rel=1e-11)


@pytest.mark.parametrize("edges", [[1.0], [0.0, 1.0, 1.0], [1.0, 0.0], [0.0, np.nan], [0.0, np.inf], [[0.0, 1.0]]])
def test_edges_must_increase(edges):
    with pytest.raises(KernelInputError):
        panels(edges)
