"""Cox fits by definition: sums over subsets and orders, brute-force maxima, and what may not change an answer."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from equipoise.kernels.cox import CoxFit, cox, cox_arms
from equipoise.kernels.cox_profile import profile_limits

TIES = ("efron", "breslow", "discrete", "exact")


class Trial(NamedTuple):
    time: np.ndarray
    event: np.ndarray
    x: np.ndarray
    entry: np.ndarray
    stratum: np.ndarray


def trial(seed: int, n: int = 24, p: int = 2, times: int = 6) -> Trial:
    random = np.random.default_rng(seed)
    time = random.integers(1, times + 1, n).astype(float)
    x = np.column_stack([random.integers(0, 2, n), random.normal(size=(n, p - 1))])
    entry = np.floor(time * random.random(n) * 0.999)
    return Trial(time, (random.random(n) < 0.7).astype(int), x, entry, random.integers(0, 2, n))


def by_hand(data: Trial, beta: np.ndarray, ties: str) -> float:
    """The log-likelihood as it is defined: over subsets (discrete), over orders (exact), Efron, Breslow."""
    hazard = np.exp(data.x @ beta)
    total = 0.0
    for stratum in np.unique(data.stratum):
        inside = data.stratum == stratum
        for time in np.unique(data.time[inside & (data.event == 1)]):
            here = np.flatnonzero(inside & (data.time >= time) & (data.entry < time))
            dead = [i for i in here if data.time[i] == time and data.event[i]]
            own, d = hazard[dead], len(dead)
            rest = hazard[here].sum()
            if ties == "discrete":
                subsets = sum(math.prod(subset) for subset in itertools.combinations(hazard[here], d))
                total += math.log(math.prod(own) / subsets)
            elif ties == "exact":
                orders = 0.0
                for order in itertools.permutations(own):
                    gone = np.append(0.0, np.cumsum(order)[:-1])
                    orders += math.prod(order / (rest - gone))
                total += math.log(orders)
            else:
                part = np.arange(d) / d if ties == "efron" else np.zeros(d)
                total += math.log(math.prod(own)) - np.log(rest - part * own.sum()).sum()
    return total


def peak(function: Any, p: int, tolerance: float = 1e-9) -> np.ndarray:
    """The maximum by a method that needs no derivatives."""
    options = {"xatol": tolerance, "fatol": tolerance / 1e4, "maxfev": 1000}
    return np.asarray(minimize(lambda b: -function(b), np.zeros(p), method="Nelder-Mead", options=options).x)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("entered", [False, True], ids=["from the start", "delayed"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_fit_is_the_maximum_of_the_definition(ties: Any, entered: bool, seed: int) -> None:
    data = trial(seed)
    entry = data.entry if entered else np.full(data.time.size, -1.0)
    data = data._replace(entry=entry)
    fit = cox(data.time, data.event, data.x, entry=entry, stratum=data.stratum, ties=ties)
    assert fit.reason == ""
    np.testing.assert_allclose(fit.loglik_null, by_hand(data, np.zeros(2), ties), rtol=1e-12)
    np.testing.assert_allclose(fit.loglik, by_hand(data, fit.coef, ties), rtol=1e-12)
    np.testing.assert_allclose(fit.coef, peak(lambda b: by_hand(data, b, ties), 2), atol=2e-6)
    # The inverse of second differences of the definition.
    step, bend = 1e-3, np.empty((2, 2))
    for i, j in itertools.product(range(2), repeat=2):
        signs = [(a, b) for a in (1, -1) for b in (1, -1)]
        near = [a * b * by_hand(data, fit.coef + step * (a * np.eye(2)[i] + b * np.eye(2)[j]), ties) for a, b in signs]
        bend[i, j] = -sum(near) / (4.0 * step * step)
    np.testing.assert_allclose(fit.var, np.linalg.inv(bend), rtol=1e-4)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("arms", [2, 3])
def test_counts_by_arm_and_rows_are_one_model(ties: Any, arms: int) -> None:
    random = np.random.default_rng(arms)
    n = 150
    time, event = random.integers(1, 9, n) * 1.0, random.integers(0, 2, n)
    arm, stratum = random.integers(0, arms, n), random.integers(0, 3, n)
    entry = np.floor(time * random.random(n) * 0.99)
    dummies = (arm[:, None] == np.arange(1, arms)).astype(float)
    for options in ({}, {"entry": entry}, {"entry": entry, "stratum": stratum}):
        one = cox_arms(time, event, arm, ties=ties, **options)
        two = cox(time, event, np.column_stack([dummies, random.random(n) * 0.0])[:, : arms - 1], ties=ties, **options)
        rows = cox(time, event, 1.0 - 3.0 * dummies, ties=ties, **options)
        np.testing.assert_array_equal(one.coef, two.coef)
        for ours, other in (
            (one.coef, -3.0 * rows.coef),
            (one.var, 9.0 * rows.var),
            ([one.loglik, one.loglik_null, one.score], [rows.loglik, rows.loglik_null, rows.score]),
        ):
            np.testing.assert_allclose(ours, other, rtol=1e-9, atol=1e-13)


def alike(one: CoxFit, two: CoxFit, rtol: float = 1e-8) -> None:
    assert one.reasons == two.reasons
    for field in ("coef", "var", "loglik", "score", "likelihood_ratio"):
        np.testing.assert_allclose(getattr(one, field), getattr(two, field), rtol=rtol, atol=1e-9, err_msg=field)


seeds = st.integers(0, 10_000)
ways = st.sampled_from(TIES)


@settings(max_examples=40, deadline=None)
@given(seeds, ways)
def test_entry_at_zero_is_no_entry(seed: int, ties: Any) -> None:
    data = trial(seed)
    zero = np.zeros(data.time.size)
    for x in (data.x, data.x[:, 0]):
        alike(cox(data.time, data.event, x, entry=zero, ties=ties), cox(data.time, data.event, x, ties=ties))


@settings(max_examples=40, deadline=None)
@given(seeds, ways, st.floats(0.05, 0.95))
def test_splitting_rows_changes_nothing(seed: int, ties: Any, part: float) -> None:
    data = trial(seed)
    between = data.entry + part * (data.time - data.entry)
    time = np.concatenate([between, data.time])
    entry = np.concatenate([data.entry, between])
    event = np.concatenate([0 * data.event, data.event])
    two = {"stratum": np.tile(data.stratum, 2), "ties": ties}
    whole = cox(data.time, data.event, data.x, entry=data.entry, stratum=data.stratum, ties=ties)
    alike(cox(time, event, np.tile(data.x, (2, 1)), entry=entry, **two), whole)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_a_weight_of_two_is_a_row_twice_under_breslow(seed: int) -> None:
    data = trial(seed)
    weights = 1.0 + data.stratum
    often = np.repeat(np.arange(data.time.size), weights.astype(int))
    weighted = cox(data.time, data.event, data.x, entry=data.entry, weights=weights, ties="breslow")
    repeated = cox(data.time[often], data.event[often], data.x[often], entry=data.entry[often], ties="breslow")
    alike(weighted, repeated)


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from(["efron", "discrete", "exact"]))
def test_without_ties_all_ways_are_one(seed: int, ties: Any) -> None:
    data = trial(seed)
    time = data.time + np.random.default_rng(seed).permutation(data.time.size) / 100.0
    plain = cox(time, data.event, data.x, entry=data.entry, ties="breslow")
    alike(cox(time, data.event, data.x, entry=data.entry, ties=ties), plain)


@settings(max_examples=25, deadline=None)
@given(seeds, ways, st.sampled_from([1 / 30.4375, 7.0, 1e-6, 1e6]))
def test_the_unit_of_time_and_the_shift_of_covariates_do_not_matter(seed: int, ties: Any, unit: float) -> None:
    data = trial(seed)
    one = cox(data.time, data.event, data.x, entry=data.entry, ties=ties)
    two = cox(data.time * unit, data.event, data.x + 7.0, entry=data.entry * unit, ties=ties)
    alike(one, two, rtol=1e-7)


def test_efron_approximates_exact_ties() -> None:
    """With d tied of many at risk their difference falls with the risk set."""
    apart = []
    for n in (30, 300, 3000):
        random = np.random.default_rng(5)
        time = np.ceil(random.exponential(n / 3, n))
        x = random.normal(size=n)
        fits = [cox(time, np.ones(n, dtype=int), x, ties=ties).loglik for ties in ("efron", "exact")]
        # The exact one sums over orders, Efron's takes one of them: log d! at each time.
        counts = np.unique(time, return_counts=True)[1]
        orders = sum(math.lgamma(d + 1) for d in counts)
        apart.append(abs(fits[0] + orders - fits[1]) / counts[counts > 1].sum())
    assert apart[0] > apart[1] > apart[2]
    assert apart[2] < 1e-4


def test_a_hundred_thousand_tied_events_do_not_overflow() -> None:
    """One day, 2 x 2 table: the discrete estimate is the conditional odds ratio, near log(ad / bc) in a large table."""
    arm = np.repeat([0, 0, 1, 1], [60_000, 140_000, 40_000, 160_000])
    event = np.repeat([1, 0, 1, 0], [60_000, 140_000, 40_000, 160_000])
    fit = cox(np.ones(arm.size), event, arm, ties="discrete")
    np.testing.assert_allclose(fit.coef[0], math.log(40_000 * 140_000 / (160_000 * 60_000)), rtol=2e-5)
    np.testing.assert_allclose(fit.var[0, 0], 1 / 6e4 + 1 / 1.4e5 + 1 / 4e4 + 1 / 1.6e5, rtol=2e-5)
    exact = cox(np.ones(arm.size), event, arm, ties="exact")
    # One interval of continuous time: the ratio of log survivals.
    np.testing.assert_allclose(exact.coef[0], math.log(math.log(0.8) / math.log(0.7)), rtol=2e-5)


def penalized(data: Trial, beta: np.ndarray, ties: str) -> float:
    """Log-likelihood plus half the log-determinant of minus its second derivatives, by differences."""
    p, step = beta.size, 1e-3
    size = step / np.abs(data.x).max(axis=0)
    bend = np.empty((p, p))
    for i, j in itertools.product(range(p), repeat=2):
        signs = [(a, b) for a in (1, -1) for b in (1, -1)]
        moves = [(a * b, a * size[i] * np.eye(p)[i] + b * size[j] * np.eye(p)[j]) for a, b in signs]
        bend[i, j] = -sum(sign * by_hand(data, beta + move, ties) for sign, move in moves) / (4 * size[i] * size[j])
    return by_hand(data, beta, ties) + 0.5 * math.log(max(np.linalg.det(bend), 1e-300))


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("monotone", [False, True])
def test_firth_is_the_maximum_of_the_penalized_likelihood(ties: Any, monotone: bool) -> None:
    data = trial(4)
    if monotone:
        data = data._replace(event=np.where(data.x[:, 0] == 1.0, 0, data.event))
    options: dict[str, Any] = {"entry": data.entry, "stratum": data.stratum, "ties": ties}
    assert bool(cox(data.time, data.event, data.x, **options).reason) == monotone
    fit = cox(data.time, data.event, data.x, penalty="firth", **options)
    assert fit.reason == ""
    np.testing.assert_allclose(fit.coef, peak(lambda b: penalized(data, b, ties), 2, 1e-5), atol=1e-4)
    np.testing.assert_allclose(fit.loglik, penalized(data, fit.coef, ties), atol=1e-5)
    np.testing.assert_allclose(fit.loglik_null, penalized(data, np.zeros(2), ties), atol=1e-5)
    np.testing.assert_allclose(fit.likelihood_ratio, 2.0 * (fit.loglik - fit.loglik_null))


@pytest.mark.parametrize(("treated", "control"), [(1, 1), (2, 5), (7, 3)])
def test_firth_of_one_event_in_closed_form(treated: int, control: int) -> None:
    """One event, in the treated: l = log p, I = p (1 - p), so log p + log(p (1 - p)) / 2 peaks at p = 3/4."""
    arm = np.repeat([1, 0], [treated, control])
    time = np.append(1.0, np.full(arm.size - 1, 2.0))
    fit = cox(time, np.append(1, np.zeros(arm.size - 1, dtype=int)), arm, penalty="firth")
    np.testing.assert_allclose(fit.coef[0], math.log(3.0 * control / treated), rtol=1e-10)
    np.testing.assert_allclose(fit.var[0, 0], 16.0 / 3.0, rtol=1e-10)
    np.testing.assert_allclose(fit.loglik, 1.5 * math.log(0.75) + 0.5 * math.log(0.25) - math.log(treated), rtol=1e-12)


def test_firth_with_whole_weights_is_firth_of_repeated_rows() -> None:
    data = trial(8)
    weights = 1 + data.stratum
    often = np.repeat(np.arange(data.time.size), weights)
    one = cox(data.time, data.event, data.x, weights=weights, ties="breslow", penalty="firth")
    two = cox(data.time[often], data.event[often], data.x[often], ties="breslow", penalty="firth")
    np.testing.assert_allclose(one.coef, two.coef, rtol=1e-8)
    np.testing.assert_allclose(one.loglik, two.loglik, rtol=1e-10)


@pytest.mark.parametrize("ties", TIES)
def test_profile_limits_are_where_the_profile_crosses(ties: Any) -> None:
    data = trial(3)._replace(entry=np.full(24, -1.0))
    options: dict[str, Any] = {"stratum": data.stratum, "ties": ties}
    fit = cox(data.time, data.event, data.x, **options)
    limits = profile_limits(data.time, data.event, data.x, column=1, **options)
    for limit in (limits.lower, limits.upper):
        best = minimize(
            lambda b, limit=limit: -by_hand(data, np.array([b[0], limit]), ties),
            [fit.coef[0]],
            method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-12},
        )
        np.testing.assert_allclose(2.0 * (fit.loglik + best.fun), 3.841458820694124, rtol=1e-7)


def test_profile_limits_of_firth_cross_the_penalized_likelihood() -> None:
    data = trial(4)._replace(entry=np.full(24, -1.0), x=trial(4).x[:, :1])
    data = data._replace(event=np.where(data.x[:, 0] == 1.0, 0, data.event), stratum=np.zeros(24, dtype=int))
    limits = profile_limits(data.time, data.event, data.x, penalty="firth")
    fit = cox(data.time, data.event, data.x, penalty="firth")
    assert limits.lower < fit.coef[0] < limits.upper
    for limit in (limits.lower, limits.upper):
        gain = 2.0 * (fit.loglik - penalized(data, np.array([limit]), "efron"))
        np.testing.assert_allclose(gain, 3.841458820694124, rtol=1e-4)


@pytest.mark.parametrize("block", range(2))
@pytest.mark.parametrize("ties", TIES)
def test_tiny_fits_end_in_an_estimate_or_a_reason(ties: Any, block: int) -> None:
    """On the tail of a monotone likelihood hazards differ beyond floating point; these once did not converge."""
    for seed in [55, 124, 256, 3867, 4697, 5918, 28, 1096, *range(60 * block, 60 * block + 60)]:
        random = np.random.default_rng(seed)
        n, p = int(random.integers(3, 14)), int(random.integers(1, 6))
        x = np.where(random.random(p) < 0.7, random.integers(0, 2, (n, p)), np.round(random.normal(60, 10, (n, p))))
        fit = cox(random.integers(0, 6, n) * 10.0, random.integers(0, 2, n), x, ties=ties)
        assert fit.converged, seed
        assert np.isfinite(fit.loglik), seed
        assert all(bool(reason) == bool(np.isnan(b)) for reason, b in zip(fit.reasons, fit.coef, strict=True)), seed
