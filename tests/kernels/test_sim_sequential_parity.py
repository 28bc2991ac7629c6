"""Compiled group-sequential loops against the numpy kernels and scipy: the same numbers, for many trials at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from equipoise.design.spending import ExponentialType, HwangShihDeCani, KimDeMets, OBrienFlemingType, PocockType
from equipoise.errors import KernelInputError
from equipoise.kernels.group_sequential import crossing_probabilities, lower_bounds, upper_bounds
from equipoise.kernels.sim.normal import normal_tail, tail_quantile
from equipoise.kernels.sim.sequential import crossing_rows, gauss_legendre, solve_rows
from equipoise.kernels.sim.spending import (
    EXPONENTIAL,
    HWANG_SHIH_DECANI,
    KIM_DEMETS,
    OBRIEN_FLEMING,
    POCOCK,
    spent_by,
)

RULES = gauss_legendre()


def test_the_normal_distribution_is_that_of_scipy():
    x = np.concatenate([np.linspace(-37.0, 37.0, 1481), [-np.inf, np.inf]])
    found = np.array([normal_tail(one) for one in x])
    said = ndtr(-x)
    near = x < 5.0
    assert np.abs(found[near] / said[near] - 1.0).max() < 1e-14
    assert np.abs(found[~near & (x < 38)] / said[~near & (x < 38)] - 1.0).max() < 3e-13
    assert found[-1] == 0.0
    p = np.concatenate([10.0 ** -np.linspace(0.01, 290.0, 500), 1.0 - 10.0 ** -np.linspace(0.4, 14.0, 100)])
    assert np.array([tail_quantile(one) for one in p]) == pytest.approx(-ndtri(p), rel=1e-13, abs=1e-13)


def test_nodes_are_those_of_gauss_and_legendre():
    for rule in range(16):
        n = 8 * (rule + 1)
        x, w = np.polynomial.legendre.leggauss(n)
        order = np.argsort(RULES.x[rule, :n])
        assert RULES.x[rule, :n][order] == pytest.approx(x, abs=1e-14)
        assert RULES.w[rule, :n][order] == pytest.approx(w, abs=1e-14)


def cases(number: int, seed: int):
    """Looks as trials have them: information, what is spent by look, bounds below, which looks are active."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        looks = int(rng.integers(1, 6))
        information = np.cumsum(rng.uniform(0.01, 1.0, looks)) * 10.0 ** rng.integers(-3, 4)
        alpha = float(rng.choice([0.025, 0.05, 0.001, 0.2]))
        spent = alpha * np.sort(rng.uniform(0.001, 1.0, looks) ** rng.choice([1.0, 2.5]))
        spent[-1] = alpha
        low = np.append(rng.uniform(-3.0, 0.3, looks - 1), -np.inf)
        active = rng.integers(0, 4, looks) > 0
        active[-1] = True
        yield information, spent, low, active, rng


def rows(*arrays):
    return [np.ascontiguousarray(one, dtype=np.float64)[None, :] for one in arrays]


def solved(information, given, target, stop, mean, sides=1, capped=0):
    arrays = rows(information, given, target, stop, mean)
    bound, spent = np.empty(arrays[0].shape), np.empty(arrays[0].shape)
    usable = np.ones(bound.shape, dtype=np.uint8)
    solve_rows(arrays[0], usable, *arrays[1:], sides, capped, RULES, bound, spent)
    return bound[0], spent[0]


def agree(found, said, tolerance=1e-8):
    assert np.array_equal(np.isinf(found), np.isinf(said)), (found, said)
    some = np.isfinite(said)
    assert np.abs(found[some] - said[some]).max(initial=0.0) < tolerance, (found, said)


def test_bounds_are_those_of_the_kernel():
    compared = 0
    for information, spent, low, active, rng in cases(300, 1):
        looks = information.size
        none, zero = np.full(looks, -np.inf), np.zeros(looks)
        given = np.where(active, np.nan, np.inf)
        for sides, stop in ((1, none), (2, none), (1, low)):
            below = low if stop is low else None
            try:
                said = upper_bounds(information, spent, below, two_sided=sides == 2, active=active)
            except KernelInputError:
                found, _ = solved(information, given, spent, stop, zero, sides)
                assert np.isinf(found).any()
                continue
            found, gone = solved(information, given, spent, stop, zero, sides)
            agree(found, said)
            assert gone[-1] == pytest.approx(spent[-1], rel=1e-9)
            compared += 1
        mean = rng.uniform(1.0, 4.0) * np.sqrt(information / information[-1])
        beta, high = 0.2 * spent / spent[-1], upper_bounds(information, spent)
        found, _ = solved(information, np.full(looks, np.nan), beta, -high, -mean, capped=1)
        agree(-found, lower_bounds(information, beta, high, mean))
    assert compared > 700


def test_crossing_probabilities_are_those_of_the_kernel():
    for information, spent, low, _, rng in cases(150, 2):
        high = upper_bounds(information, spent)
        for below in (np.full(high.size, -np.inf), -high, np.minimum(low, high)):
            mean = rng.uniform(-1.0, 5.0) * np.sqrt(information / information[-1])
            said = crossing_probabilities(information, high, below, mean)
            arrays = rows(information, high, below, mean)
            above, under = np.empty((1, high.size)), np.empty((1, high.size))
            crossing_rows(*arrays, RULES, above, under)
            assert above[0] == pytest.approx(said.upper, abs=1e-12)
            assert under[0] == pytest.approx(said.lower, abs=1e-12)


def test_looks_that_are_not_held_do_not_count():
    information, spent = np.array([1.0, 2.0, 3.0, 4.0]), 0.025 * np.array([0.1, 0.3, 0.6, 1.0])
    arrays = rows(information, np.full(4, np.nan), spent, np.full(4, -np.inf), np.zeros(4))
    usable = np.array([[1, 0, 0, 1]], dtype=np.uint8)
    bound, gone = np.empty((1, 4)), np.empty((1, 4))
    solve_rows(arrays[0], usable, *arrays[1:], 1, 0, RULES, bound, gone)
    said = upper_bounds(information[[0, 3]], spent[[0, 3]])
    agree(bound[0][[0, 3]], said)
    assert np.isinf(bound[0, 1:3]).all()


def test_looks_one_event_apart_and_alpha_that_is_nothing():
    information = np.array([299.0, 300.0, 330.0])
    spent = np.array([0.01, 0.0100001, 0.025])
    found, _ = solved(information, np.full(3, np.nan), spent, np.full(3, -np.inf), np.zeros(3))
    agree(found, upper_bounds(information, spent))
    found, gone = solved(information, np.full(3, np.nan), np.array([0.0, 0.0, 0.025]), np.full(3, -np.inf), np.zeros(3))
    assert np.isinf(found[:2]).all()
    assert found[2] == pytest.approx(1.959963984540054, abs=1e-12)
    assert gone[2] == pytest.approx(0.025, rel=1e-13)


@pytest.mark.parametrize(
    ("kind", "function", "parameters"),
    [
        (OBRIEN_FLEMING, lambda _: OBrienFlemingType(), [0.0]),
        (POCOCK, lambda _: PocockType(), [0.0]),
        (KIM_DEMETS, KimDeMets, [0.5, 1.0, 3.0, 8.0]),
        (HWANG_SHIH_DECANI, HwangShihDeCani, [-100.0, -4.0, -1e-4, 0.0, 1e-9, 1.0, 50.0]),
        (EXPONENTIAL, ExponentialType, [0.1, 0.75, 3.0]),
    ],
)
def test_spending_functions_are_those_of_the_design_room(kind, function, parameters):
    time = np.concatenate([np.linspace(0.0, 1.2, 241), 10.0 ** -np.linspace(0.1, 5.0, 50)])
    found = np.empty(time.size)
    for parameter in parameters:
        for alpha in (0.025, 0.2, 1e-5):
            spent_by(kind, parameter, alpha, time, found)
            said = function(parameter).cumulative(time, alpha)
            assert found == pytest.approx(said, rel=1e-11, abs=1e-200)
