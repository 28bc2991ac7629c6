"""Weighted tests against slow loops, scores, numeric derivatives and symmetries; and what cannot be tested."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import KernelInputError
from equipoise.kernels.average_hazard_ratio import average_hazard_ratio
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import log_rank, modestly_weighted
from equipoise.kernels.max_combo import max_combo
from equipoise.kernels.milestone import milestone_log_log
from equipoise.kernels.trend import log_rank_trend

PAIRS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


class Trial(NamedTuple):
    time: np.ndarray
    event: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray


@st.composite
def trials(draw: st.DrawFn, arms: int = 2) -> Trial:
    """Small trials with many ties, arms and strata that may be empty, sometimes no events."""
    n = draw(st.integers(1, 40))

    def column(top: int) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(0, top), min_size=n, max_size=n)))

    return Trial(column(12).astype(float), column(1), column(arms - 1), column(2))


def simulated(n: int = 300, seed: int = 3, ratio: float = 0.6) -> Trial:
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    time, end = np.ceil(rng.exponential(20, n) / np.where(arm, ratio, 1.0)), np.ceil(rng.uniform(5, 60, n))
    return Trial(np.minimum(time, end), (time <= end).astype(int), arm, rng.integers(0, 3, n))


@settings(deadline=None, max_examples=60)
@given(trials())
def test_each_part_of_max_combo_is_the_weighted_log_rank_test(trial: Trial) -> None:
    found = max_combo(trial.time, trial.event, trial.arm, stratum=trial.stratum)
    parts = [log_rank(*trial[:3], n_arms=2, stratum=trial.stratum, rho=rho, gamma=gamma) for rho, gamma in PAIRS]
    if any(part.reason for part in parts):
        assert found.reason
        assert math.isnan(found.z_max)
        assert math.isnan(found.p_one_sided)
        assert math.isnan(found.p_two_sided)
        return
    z = np.array([part.z for part in parts])
    np.testing.assert_allclose(found.z, z, rtol=1e-10, atol=1e-12)
    # The largest alone is not enough evidence, and Bonferroni's bound is too much.
    single = min(part.p_one_sided for part in parts)
    assert single * (1 - 1e-9) <= found.p_one_sided <= min(1.0, 4 * single) * (1 + 1e-9)
    double = min(part.p_two_sided for part in parts)
    assert double * (1 - 1e-9) <= found.p_two_sided <= min(1.0, 4 * double) * (1 + 1e-9)
    other = max_combo(trial.time, trial.event, 1 - trial.arm, stratum=trial.stratum)
    np.testing.assert_allclose(other.z, -found.z, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(other.p_two_sided, found.p_two_sided, rtol=1e-6)


@settings(deadline=None, max_examples=60)
@given(trials(), st.sampled_from([0.25, 0.5, 0.9, 1.0]))
def test_modest_weights_are_the_score_test_of_magirr_and_burman(trial: Trial, s_star: float) -> None:
    """Scores: minus the weighted Nelson-Aalen estimate, plus the weight at an event; their sum over arm 1 is O - E."""
    found = modestly_weighted(*trial[:3], n_arms=2, stratum=trial.stratum, s_star=s_star)
    total = 0.0
    for s in set(trial.stratum):
        time, event, arm = (column[trial.stratum == s] for column in trial[:3])
        before, hazard = 1.0, 0.0
        for t in sorted(set(time)):
            here = time == t
            dead, risk = int((here & (event == 1)).sum()), int((time >= t).sum())
            weight = 1.0 / max(before, s_star)
            hazard += weight * dead / risk
            total += sum(weight * e - hazard for e, a in zip(event[here], arm[here], strict=True) if a == 1)
            before *= 1.0 - dead / risk
    np.testing.assert_allclose(found.score[1], total, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("t_star", [0.5, 3.0, 10.0, 60.0])
def test_scores_of_events_never_rise_with_time(t_star: float) -> None:
    """Taken off the test itself: the score of a subject is how its arm changes the statistic."""
    rng = np.random.default_rng(4)
    n = 60
    time, event = rng.exponential(8.0, n), rng.integers(0, 4, n) > 0
    scores = np.array(
        [modestly_weighted(time, event, np.arange(n) == i, n_arms=2, t_star=t_star).score[1] for i in range(n)]
    )
    order = np.argsort(time)
    of_events, of_censored = scores[order][event[order]], scores[order][~event[order]]
    assert (np.diff(of_events) <= 1e-12).all()
    assert (np.diff(of_censored) <= 1e-12).all()
    # Weights that rise faster, FH(0, 1), hold late events more against an arm than early ones.
    late = np.array([log_rank(time, event, np.arange(n) == i, n_arms=2, gamma=1).score[1] for i in range(n)])
    assert (np.diff(late[order][event[order]]) > 0).sum() > 10


@settings(deadline=None, max_examples=60)
@given(trials(arms=4), st.permutations([0.0, 1.0, 2.5, 7.0]), st.floats(-50, 50), st.floats(0.01, 90))
def test_trend_is_the_quadratic_form_along_the_scores(
    trial: Trial, scores: list[float], shift: float, scale: float
) -> None:
    found = log_rank_trend(*trial[:3], scores, stratum=trial.stratum)
    whole = log_rank(*trial[:3], n_arms=4, stratum=trial.stratum)
    s = np.array(scores)
    variance = float(s @ whole.variance @ s)
    if found.reason:
        assert math.isnan(found.z)
        assert variance < 1e-9
        return
    np.testing.assert_allclose(found.z, -(s @ whole.score) / math.sqrt(variance), rtol=1e-7, atol=1e-9)
    assert found.chi_square <= whole.chi_square * (1 + 1e-9)
    moved = log_rank_trend(*trial[:3], shift + scale * s, stratum=trial.stratum)
    np.testing.assert_allclose(moved.z, found.z, rtol=1e-7, atol=1e-9)


def slow_average(trial: Trial, horizon: float, hazards: list[dict[float, float]]) -> float:
    """Log of the ratio from discrete hazards by arm and time: pairs with the event first, ties half."""
    times = sorted({t for one in hazards for t in one if t <= horizon})
    survival, sums = [1.0, 1.0], [0.0, 0.0]
    for t in times:
        after = [survival[a] * (1 - hazards[a].get(t, 0.0)) for a in (0, 1)]
        for a in (0, 1):
            middle = 0.5 * (survival[1 - a] + after[1 - a])
            sums[a] += middle * (survival[a] - after[a])
        survival = after
    return math.log(sums[1] / sums[0])


@pytest.mark.parametrize(("seed", "horizon"), [(1, 10.0), (2, 25.0), (3, 30.5), (4, 3.0)])
def test_average_hazard_ratio_and_its_variance_by_numeric_derivatives(seed: int, horizon: float) -> None:
    """The variance: squares of derivatives by each hazard, times its binomial variance d (n - d) / n^3."""
    trial = simulated(80, seed)
    found = average_hazard_ratio(*trial[:3], horizon=horizon)
    hazards: list[dict[float, float]] = []
    spread: list[dict[float, float]] = []
    for a in (0, 1):
        km = kaplan_meier(trial.time[trial.arm == a], trial.event[trial.arm == a])
        n, d = km.n_risk.astype(float), km.n_event.astype(float)
        hazards.append(dict(zip(km.time, d / n, strict=True)))
        spread.append(dict(zip(km.time, d * (n - d) / n**3, strict=True)))
    assert math.log(found.estimate) == pytest.approx(slow_average(trial, horizon, hazards), rel=1e-12)
    variance = 0.0
    for a in (0, 1):
        for t, v in spread[a].items():
            values = []
            for step in (1e-5, -1e-5):
                moved = [dict(one) for one in hazards]
                moved[a][t] += step
                values.append(slow_average(trial, horizon, moved))
            variance += v * ((values[0] - values[1]) / 2e-5) ** 2
    assert found.log_std_err == pytest.approx(math.sqrt(variance), rel=1e-6)


def test_average_hazard_ratio_without_censoring_is_the_odds_of_mann_and_whitney() -> None:
    rng = np.random.default_rng(8)
    one, zero = rng.exponential(3.0, 70), rng.exponential(2.0, 90)
    found = average_hazard_ratio(np.append(one, zero), np.ones(160), np.repeat([1, 0], [70, 90]))
    wins = (one[:, None] < zero).mean()
    assert found.estimate == pytest.approx(wins / (1 - wins), rel=1e-12)
    # The variance of a two-sample U-statistic from its components (DeLong), with divisor n.
    variance = ((one[:, None] < zero).mean(axis=1)).var() / 70 + ((one[:, None] < zero).mean(axis=0)).var() / 90
    assert found.log_std_err == pytest.approx(math.sqrt(variance) / (wins * (1 - wins)), rel=1e-10)


def test_average_hazard_ratio_is_the_hazard_ratio_where_hazards_are_proportional() -> None:
    n = 40_000
    quantiles = -np.log1p(-(np.arange(n) + 0.5) / n)
    for ratio in (0.5, 0.8, 1.6):
        time = np.concatenate([quantiles, quantiles / ratio])
        for horizon in (0.4, 1.0, 3.0):
            found = average_hazard_ratio(time, np.ones(2 * n), np.repeat([0, 1], n), horizon=horizon)
            assert found.estimate == pytest.approx(ratio, rel=2e-4)


@settings(deadline=None, max_examples=40)
@given(trials(), st.floats(0.5, 14.0))
def test_average_hazard_ratio_of_exchanged_arms_is_the_inverse(trial: Trial, horizon: float) -> None:
    found = average_hazard_ratio(*trial[:3], horizon=horizon)
    other = average_hazard_ratio(trial.time, trial.event, 1 - trial.arm, horizon=horizon)
    assert bool(found.reason) == bool(other.reason) == math.isnan(found.estimate)
    if not found.reason:
        assert found.estimate * other.estimate == pytest.approx(1.0, rel=1e-12)
        assert found.lower * other.upper == pytest.approx(1.0, rel=1e-10)
        assert found.log_std_err == pytest.approx(other.log_std_err, rel=1e-10)
        months = average_hazard_ratio(trial.time / 30.4375, trial.event, trial.arm, horizon=horizon / 30.4375)
        assert months.estimate == pytest.approx(found.estimate, rel=1e-12)


def test_what_cannot_be_tested_says_why() -> None:
    time, arm = [1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1]
    assert max_combo(time, [0] * 4, arm).reason == "no events"
    first = max_combo(time, [1, 0, 0, 0], arm)
    assert first.reason == "the weight of rho 0 and gamma 1 is 0 at every event"
    assert np.isnan(first.z).all()
    assert max_combo(time, [1, 1, 0, 0], [1] * 4).reason == "no event happened while two arms were at risk"
    assert modestly_weighted(time, [0] * 4, arm, t_star=2).reason == "no events"
    assert log_rank_trend(time, [0] * 4, arm, [0, 1, 2]).reason == "no events"
    apart = log_rank_trend([1, 2, 3, 4], [1, 1, 1, 1], [0, 1, 0, 1], [1, 1, 5])
    assert apart.reason == "arms with different scores are never at risk together"
    assert math.isnan(apart.p_two_sided)
    assert average_hazard_ratio(time, [1] * 4, [1] * 4).reason == "no subjects in an arm"
    assert average_hazard_ratio(time, [0, 1, 0, 1], arm).reason == "an arm has no event before the horizon"
    beyond = average_hazard_ratio(time, [1, 1, 0, 1], arm, horizon=3.5)
    assert beyond.reason == "the horizon is beyond the last follow-up of the control, 3"
    # The only event of arm 0 is at a time when nobody of arm 1 is left, and so never comes first.
    late = average_hazard_ratio([1, 1, 5, 6], [1, 1, 1, 0], [1, 1, 0, 0], horizon=5)
    assert late.reason == "no event of one arm while the other had survivors"
    assert math.isnan(late.estimate)
    km = [kaplan_meier(t, e) for t, e in (([1, 2, 9], [1, 1, 1]), ([3, 4, 8], [0, 1, 0]))]
    found = milestone_log_log(km[0], km[1], [0.5, 2.0, 5.0, 8.5, 9.0])
    exists = "survival is 0 or 1, where log(-log S) does not exist"
    assert found.reason == (exists, exists, "", "beyond the last follow-up", "beyond the last follow-up")
    assert np.isnan(found.z).tolist() == [True, True, False, True, True]
    assert found.p_two_sided[2] == pytest.approx(2 * min(found.p_one_sided[2], 1 - found.p_one_sided[2]))


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda d: max_combo(*d, weights=()), "kernel.weights"),
        (lambda d: max_combo(*d, weights=((0, 0),) * 9), "kernel.weights"),
        (lambda d: max_combo(*d, weights=((0, -1),)), "kernel.weights"),
        (lambda d: max_combo(*d, weights=((0, math.nan),)), "kernel.weights"),
        (lambda d: max_combo(d[0], d[1], [0, 1, 2, 1]), "kernel.arm"),
        (lambda d: modestly_weighted(*d), "kernel.t_star"),
        (lambda d: modestly_weighted(*d, t_star=1, s_star=0.5), "kernel.t_star"),
        (lambda d: modestly_weighted(*d, t_star=0.0), "kernel.t_star"),
        (lambda d: modestly_weighted(*d, s_star=1.1), "kernel.s_star"),
        (lambda d: modestly_weighted(*d, s_star=0.0), "kernel.s_star"),
        (lambda d: log_rank_trend(*d, [1, 1]), "kernel.scores"),
        (lambda d: log_rank_trend(*d, [1]), "kernel.scores"),
        (lambda d: log_rank_trend(*d, [1, math.inf]), "kernel.scores"),
        (lambda d: log_rank_trend(d[0], d[1], [0, 1, 2, 1], [1, 2]), "kernel.arm"),
        (lambda d: average_hazard_ratio(*d, horizon=0), "kernel.horizon"),
        (lambda d: average_hazard_ratio(*d, horizon=math.inf), "kernel.horizon"),
        (lambda d: average_hazard_ratio(*d, conf_level=1), "kernel.conf_level"),
        (lambda d: average_hazard_ratio(d[0], d[1], [0, 1, 2, 1]), "kernel.arm"),
        (lambda d: average_hazard_ratio(-d[0], d[1], d[2]), "kernel.time"),
    ],
)
def test_bad_input_is_refused(call: Any, code: str) -> None:
    data = (np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 1]), np.array([0, 1, 0, 1]))
    with pytest.raises(KernelInputError) as caught:
        call(data)
    assert caught.value.problems[0].code == code
