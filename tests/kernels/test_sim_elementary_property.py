"""Our logarithm and exponential beside extended precision, and at the edges of what a double holds."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed: nothing is compiled")
from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import exp, log


@compiled
def _logs(x, out):
    for i in range(x.size):
        out[i] = log(x[i])


@compiled
def _exps(x, out):
    for i in range(x.size):
        out[i] = exp(x[i])


def _worst(function, reference, x):
    out = np.empty_like(x)
    function(x, out)
    exact = reference(x.astype(np.longdouble))
    return float(np.max(np.abs(out - exact) / np.spacing(np.abs(exact.astype(np.float64)))))


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 60, reason="no extended precision to compare with")
def test_within_a_unit_of_the_last_place():
    rng = np.random.default_rng(20261123)
    near_one = 1.0 + rng.uniform(-0.3, 0.42, 100_000)
    assert _worst(_logs, np.log, near_one) < 0.9
    assert _worst(_logs, np.log, rng.random(100_000)) < 0.9
    assert _worst(_logs, np.log, np.exp(rng.uniform(-708.0, 709.0, 100_000))) < 0.9
    assert _worst(_exps, np.exp, rng.uniform(-1.0, 1.0, 100_000)) < 1.0
    assert _worst(_exps, np.exp, rng.uniform(-708.0, 709.7, 100_000)) < 1.0


def test_edges():
    assert log(1.0) == 0.0
    assert exp(0.0) == 1.0
    assert log(0.0) == -math.inf
    assert log(math.inf) == math.inf
    assert math.isnan(log(-1.0))
    assert math.isnan(log(math.nan))
    assert math.isnan(exp(math.nan))
    assert exp(-math.inf) == 0.0
    assert exp(-800.0) == 0.0
    assert exp(math.inf) == math.inf
    assert exp(709.79) == math.inf
    assert log(2.0**-1022) == pytest.approx(-1022 * math.log(2.0), rel=1e-15)


def test_a_loop_gives_what_single_calls_give():
    x = np.random.default_rng(1).random(37)
    out = np.empty_like(x)
    _logs(x, out)
    assert [log(value) for value in x] == out.tolist()
    _exps(x, out)
    assert [exp(value) for value in x] == out.tolist()
