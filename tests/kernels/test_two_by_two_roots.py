"""The root finder behind the score limits, on functions whose roots are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from equipoise.kernels._roots import crossing


def test_many_functions_at_once():
    powers, targets = np.array([1.0, 2.0, 3.0, 9.0, 0.5]), np.array([0.3, 0.7, 1e-9, 0.999, 0.2])
    found = crossing(lambda x: x**powers - targets, np.zeros(5), np.ones(5), tolerance=1e-15)
    assert found == pytest.approx(targets ** (1 / powers), abs=2e-15)


def test_brackets_may_run_downwards():
    found = crossing(lambda x: np.cos(-x) * -1.0, np.array([1.0]), np.array([2.0]), tolerance=1e-15)
    assert found == pytest.approx(brentq(np.cos, 1, 2, xtol=1e-15), abs=2e-15)
    found = crossing(lambda x: np.exp(-x) - 3.0, np.array([0.0]), np.array([-5.0]), tolerance=1e-15)
    assert found == pytest.approx(-np.log(3.0), abs=2e-15)


def test_roots_at_the_ends():
    outer = crossing(lambda x: x - 1.0, np.array([0.0]), np.array([1.0]), tolerance=1e-15)
    assert outer == pytest.approx(1.0, abs=2e-15)
    rounded = crossing(lambda x: x - 1.0 - 1e-16, np.array([0.0]), np.array([1.0]), tolerance=1e-15)
    assert rounded == pytest.approx(1.0, abs=2e-15)
    inner = crossing(lambda x: x, np.array([0.0]), np.array([1.0]), tolerance=1e-15)
    assert inner == pytest.approx(0.0, abs=2e-15)
    nothing = crossing(lambda x: x * 0.0, np.array([0.4]), np.array([0.4]), tolerance=1e-15)
    assert nothing == 0.4


def test_it_takes_few_steps():
    calls = []

    def function(x):
        calls.append(1)
        return np.expm1(x) - 0.5

    crossing(function, np.array([-1.0]), np.array([1.0]), tolerance=1e-15)
    assert len(calls) < 20
