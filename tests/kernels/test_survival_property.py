"""What must hold of the survival kernels whatever the data: against loops written from the formulas, and symmetries."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.kernels import _km_quantile
from equipoise.kernels import cox as cox_module
from equipoise.kernels import risk_table as risk_table_module
from equipoise.kernels._ordering import sort_times
from equipoise.kernels.cox import cox, cox_arms
from equipoise.kernels.kaplan_meier import confidence_limits, kaplan_meier, quantile, survival_at
from equipoise.kernels.log_rank import log_rank
from equipoise.kernels.risk_table import event_rows, risk_table
from equipoise.kernels.rmst import rmst


class Trial(NamedTuple):
    time: np.ndarray
    event: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray


@st.composite
def trials(draw: st.DrawFn, arms: int = 2, largest: int = 12) -> Trial:
    """Small trials with many ties, arms and strata that may be empty, sometimes no events."""
    n = draw(st.integers(1, 30))

    def column(top: int) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(0, top), min_size=n, max_size=n)))

    return Trial(column(largest).astype(float), column(1), column(arms - 1), column(2))


# The slow way: loops from the formulas, no numpy tricks, no scipy.


def slow_kaplan_meier(time: Any, event: Any) -> list[tuple[float, int, int, float, float]]:
    survival, variance, out = 1.0, 0.0, []
    for t in sorted(set(time)):
        n = sum(1 for u in time if u >= t)
        d = sum(1 for u, e in zip(time, event, strict=True) if u == t and e)
        survival *= 1 - d / n
        variance += math.inf if d == n else d / (n * (n - d))
        out.append((t, n, d, survival, variance))
    return out


def slow_log_rank(trial: Trial, rho: float, gamma: float) -> tuple[float, float, float]:
    """Observed and expected events of arm 1 and their variance."""
    observed = expected = variance = 0.0
    for s in set(trial.stratum):
        rows = [r for r in zip(*trial, strict=True) if r[3] == s]
        before = 1.0
        for t in sorted({r[0] for r in rows if r[1]}):
            risk = [r for r in rows if r[0] >= t]
            dead = [r for r in risk if r[0] == t and r[1]]
            n, d, n1 = len(risk), len(dead), sum(r[2] == 1 for r in risk)
            w = before**rho * (1 - before) ** gamma
            observed += w * sum(r[2] == 1 for r in dead)
            expected += w * d * n1 / n
            if n > 1:
                variance += w * w * d * n1 * (n - n1) * (n - d) / (n * n * (n - 1))
            before *= 1 - d / n
    return observed, expected, variance


def slow_loglik(trial: Trial, x: np.ndarray, beta: np.ndarray, ties: str) -> float:
    total = 0.0
    for s in set(trial.stratum):
        for t in sorted(set(trial.time[(trial.stratum == s) & (trial.event == 1)])):
            risk = [i for i in range(x.shape[0]) if trial.stratum[i] == s and trial.time[i] >= t]
            dead = [i for i in risk if trial.time[i] == t and trial.event[i]]
            all_, leaving = (sum(math.exp(x[i] @ beta) for i in group) for group in (risk, dead))
            total += sum(x[i] @ beta for i in dead)
            for k in range(len(dead)):
                part = k / len(dead) if ties == "efron" else 0.0
                total -= math.log(all_ - part * leaving)
    return float(total)


@settings(deadline=None)
@given(trials())
def test_kaplan_meier_is_the_loop(trial: Trial) -> None:
    km = kaplan_meier(trial.time, trial.event)
    slow = slow_kaplan_meier(trial.time, trial.event)
    for found, expected in zip((km.time, km.n_risk, km.n_event), list(zip(*slow, strict=True))[:3], strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(km.survival, [row[3] for row in slow], rtol=1e-13)
    np.testing.assert_allclose(km.cumulative_variance, [row[4] for row in slow], rtol=1e-13)
    assert (km.n_risk[:-1] - km.n_risk[1:] == (km.n_event + km.n_censor)[:-1]).all()


@settings(deadline=None)
@given(trials(), st.sampled_from([(0, 0), (1, 0), (0, 1), (0.5, 0.5)]))
def test_log_rank_is_the_loop(trial: Trial, family: tuple[float, float]) -> None:
    found = log_rank(
        trial.time, trial.event, trial.arm, n_arms=2, stratum=trial.stratum, rho=family[0], gamma=family[1]
    )
    observed, expected, variance = slow_log_rank(trial, *family)
    np.testing.assert_allclose(found.observed[1], observed, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.expected[1], expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.variance[1, 1], variance, rtol=1e-12, atol=1e-12)
    if variance > 1e-9:
        np.testing.assert_allclose(found.z, -(observed - expected) / math.sqrt(variance), rtol=1e-9, atol=1e-9)
        assert found.reason == ""
    elif variance == 0.0:
        assert found.reason
        assert math.isnan(found.chi_square)


@settings(max_examples=60, deadline=None)
@given(trials(arms=3), st.sampled_from(["efron", "breslow"]), st.data())
def test_the_cox_fit_is_the_maximum_of_the_loop(trial: Trial, ties: str, data: st.DataObject) -> None:
    n = trial.time.size
    age = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n)), dtype=float)
    x = np.column_stack([trial.arm == 1, trial.arm == 2, age]).astype(float)
    found = cox(trial.time, trial.event, x, stratum=trial.stratum, ties=ties)
    if not trial.event.any():
        assert found.reason == "no events"
        return
    np.testing.assert_allclose(found.loglik_null, slow_loglik(trial, x, np.zeros(3), ties), rtol=1e-11, atol=1e-12)
    if found.reason:
        assert [math.isnan(c) for c in found.coef] == [bool(reason) for reason in found.reasons]
        return
    top = slow_loglik(trial, x, found.coef, ties)
    np.testing.assert_allclose(found.loglik, top, rtol=1e-11, atol=1e-11)
    # The second differences of the loop are the information: var times them is the identity.
    h = 1e-4
    slopes = []
    curvature = np.zeros((3, 3))
    for j in range(3):
        up, down = (slow_loglik(trial, x, found.coef + sign * h * np.eye(3)[j], ties) for sign in (1, -1))
        slopes.append((up - down) / (2 * h))
        curvature[j, j] = (2 * top - up - down) / h**2
    # Nothing is higher nearby: the slope is 0 up to the third derivative's h^2.
    np.testing.assert_allclose(slopes, 0.0, atol=1e-5)
    np.testing.assert_allclose(np.diag(np.linalg.inv(found.var)), np.diag(curvature), rtol=1e-3, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(trials(arms=4), st.sampled_from(["efron", "breslow"]))
def test_a_model_of_arms_is_the_model_of_their_dummies(trial: Trial, ties: str) -> None:
    x = (trial.arm[:, None] == np.arange(1, 4)).astype(float)
    fast = cox(trial.time, trial.event, x, stratum=trial.stratum, ties=ties)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cox_module, "_as_arms", lambda columns: None)
        slow = cox(trial.time, trial.event, x, stratum=trial.stratum, ties=ties)
    np.testing.assert_allclose(fast.loglik_null, slow.loglik_null, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(fast.loglik, slow.loglik, rtol=1e-9, atol=1e-9)
    assert fast.df == slow.df
    if not fast.reason and not slow.reason:
        for field in ("coef", "var", "score", "wald"):
            np.testing.assert_allclose(getattr(fast, field), getattr(slow, field), rtol=1e-9, atol=1e-10)
    # Arms know exactly when an estimate exists; the general way finds out by climbing, and must agree where no other
    # arm's estimate is infinite (then it can't tell an arm that goes along from one that stays).
    if slow.converged and fast.df == 3 and not fast.reason:
        assert slow.reason == ""
    if slow.reason == "":
        assert fast.reason == ""


@settings(deadline=None)
@given(trials())
def test_arm_swap_flips_z_and_inverts_the_ratio(trial: Trial) -> None:
    one = log_rank(trial.time, trial.event, trial.arm, n_arms=2, stratum=trial.stratum)
    two = log_rank(trial.time, trial.event, 1 - trial.arm, n_arms=2, stratum=trial.stratum)
    np.testing.assert_allclose(one.z, -two.z, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(one.chi_square, two.chi_square, rtol=1e-10, atol=1e-12)
    fit = cox_arms(trial.time, trial.event, trial.arm, n_arms=2, stratum=trial.stratum)
    other = cox_arms(trial.time, trial.event, 1 - trial.arm, n_arms=2, stratum=trial.stratum)
    np.testing.assert_allclose(fit.coef, -other.coef, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(fit.lower, -other.upper, rtol=1e-10, atol=1e-12)
    assert (fit.reason == "") == (other.reason == "")


@settings(deadline=None)
@given(trials(arms=3), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(trial: Trial, random: Any) -> None:
    order = list(range(trial.time.size))
    random.shuffle(order)
    mixed = Trial(*(column[order] for column in trial))
    same(trial, mixed, 1.0)


@settings(deadline=None)
@given(trials(arms=3), st.sampled_from([30.4375, 7.0, 365.25, 1e-3, 1e6]))
def test_the_unit_of_time_does_not_matter_ties_included(trial: Trial, unit: float) -> None:
    same(trial, trial._replace(time=trial.time / unit), unit)


@settings(deadline=None)
@given(trials(arms=3), st.sampled_from([0.1, 0.7, 1 / 3]))
def test_times_off_in_the_last_bits_are_the_same_times(trial: Trial, step: float) -> None:
    """A time summed in two ways differs in the last bits; nothing but the times themselves may change."""
    one = trial._replace(time=trial.time * step)
    other = trial._replace(time=np.array([sum([step] * int(t)) for t in trial.time], dtype=float))
    same(one, other, 1.0, time_rtol=1e-12)


def same(one: Trial, two: Trial, unit: float, time_rtol: float = 4e-16) -> None:
    a, b = kaplan_meier(one.time, one.event), kaplan_meier(two.time, two.event)
    for field in ("n_risk", "n_event", "n_censor", "survival", "std_err", "cumulative_variance"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
    np.testing.assert_allclose(a.time, b.time * unit, rtol=time_rtol)
    np.testing.assert_allclose(quantile(a).estimate, quantile(b).estimate * unit, rtol=time_rtol)
    at_a, at_b = survival_at(a, one.time), survival_at(b, one.time / unit)
    np.testing.assert_array_equal(at_a.survival, at_b.survival)
    np.testing.assert_array_equal(at_a.n_risk, at_b.n_risk)
    tests = [log_rank(t.time, t.event, t.arm, n_arms=3, stratum=t.stratum, rho=1) for t in (one, two)]
    for first, second in zip(*tests, strict=True):
        np.testing.assert_array_equal(first, second)
    fits = [cox_arms(t.time, t.event, t.arm, n_arms=3, stratum=t.stratum) for t in (one, two)]
    for first, second in zip(*fits, strict=True):
        np.testing.assert_array_equal(first, second)
    horizon = float(one.time.max())
    if horizon > 0.0:
        means = rmst(a, horizon), rmst(b, horizon / unit)
        np.testing.assert_allclose(means[0].estimate, means[1].estimate * unit, rtol=1e-11)
        assert means[0].reason == means[1].reason


@settings(max_examples=40, deadline=None)
@given(trials())
def test_doubled_rows_are_weights_of_two(trial: Trial) -> None:
    two = np.full(trial.time.size, 2.0)
    twice = Trial(*(np.tile(column, 2) for column in trial))
    a, b = kaplan_meier(trial.time, trial.event, weights=two), kaplan_meier(twice.time, twice.event)
    for field in ("time", "n_risk", "n_event", "n_censor", "survival", "cumulative_variance"):
        np.testing.assert_allclose(getattr(a, field), getattr(b, field), rtol=1e-14)
    weighted = cox(trial.time, trial.event, trial.arm, stratum=trial.stratum, weights=two, ties="breslow")
    doubled = cox(twice.time, twice.event, twice.arm, stratum=twice.stratum, ties="breslow")
    if not (weighted.reason or doubled.reason):
        np.testing.assert_allclose(weighted.coef, doubled.coef, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(weighted.var, doubled.var, rtol=1e-9)
        # A row of weight 2 is one term of weight 2 log(2 S); two rows are two terms log(2 S): the same.
        np.testing.assert_allclose(weighted.loglik, doubled.loglik, rtol=1e-10, atol=1e-10)


@settings(deadline=None)
@given(trials(), st.integers(0, 1))
def test_strata_of_one_arm_contribute_nothing(trial: Trial, arm: int) -> None:
    event = [1, 0, 1, 1]
    longer = Trial(
        np.append(trial.time, [1.0, 2.0, 3.0, 3.0]),
        np.append(trial.event, event),
        np.append(trial.arm, [arm] * 4),
        np.append(trial.stratum, [7] * 4),
    )
    one, two = (log_rank(t.time, t.event, t.arm, n_arms=2, stratum=t.stratum) for t in (trial, longer))
    np.testing.assert_allclose(one.score, two.score, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(one.variance, two.variance, rtol=1e-12, atol=1e-12)
    fits = [cox_arms(t.time, t.event, t.arm, n_arms=2, stratum=t.stratum) for t in (trial, longer)]
    for field in ("coef", "var"):
        np.testing.assert_allclose(getattr(fits[0], field), getattr(fits[1], field), rtol=1e-9, atol=1e-10)


@settings(deadline=None)
@given(trials(arms=3))
def test_counting_and_sorting_give_the_same_rows_to_the_bit(trial: Trial) -> None:
    counted = event_rows(trial.time, trial.event, trial.arm, trial.stratum, n_arms=3, n_strata=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(risk_table_module, "whole_days", lambda *args, **kwargs: None)
        by_sorting = event_rows(trial.time, trial.event, trial.arm, trial.stratum, n_arms=3, n_strata=4)
        table = risk_table(trial.time, trial.event, trial.arm, trial.stratum, n_arms=3)
    for one, two in zip(counted, by_sorting, strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(table, risk_table(trial.time, trial.event, trial.arm, trial.stratum, n_arms=3), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kind", ["smooth", "tied", "skewed", "huge and tiny", "equal", "falling"])
def test_sorting_many_times(kind: str) -> None:
    """Above 50,000 times a radix sort on rounded times comes first; what follows must leave nothing out of order."""
    random = np.random.default_rng(20261122)
    n = 60_000
    times = {
        "smooth": random.exponential(1000.0, n),
        "tied": random.integers(0, 300, n) / 30.4375,
        "skewed": np.exp(random.normal(0.0, 12.0, n)),
        "huge and tiny": np.where(random.random(n) < 0.5, random.random(n), 1e15 * random.random(n)),
        "equal": np.full(n, 3.7),
        "falling": np.arange(n, 0.0, -1.0) / 7.0,
    }[kind]
    order, ordered = sort_times(times)
    np.testing.assert_array_equal(order, np.argsort(times, kind="stable"))
    np.testing.assert_array_equal(ordered, np.sort(times))


@pytest.mark.parametrize("interval", ["log_log", "log", "plain"])
def test_quantiles_of_a_long_curve_see_as_much_of_the_bands_as_they_need(
    interval: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_km_quantile, "_BLOCK", 50)
    random = np.random.default_rng(11)
    km = kaplan_meier(random.exponential(10.0, 4000), random.random(4000) < 0.7)
    probabilities = np.array([0.02, 0.3, 0.5, 0.9, 0.999])
    found = quantile(km, probabilities, interval=interval)
    for band, values in zip(confidence_limits(km, interval=interval), (found.lower, found.upper), strict=True):
        first = [km.time[np.argmax(band <= 1.0 - p)] if (band <= 1.0 - p).any() else np.nan for p in probabilities]
        np.testing.assert_array_equal(values, first)


def test_many_subjects_give_what_few_give() -> None:
    """60,000 float times go the long way through sorting; their counts are those of the loop on a copy in days."""
    random = np.random.default_rng(5)
    n = 60_000
    days = random.integers(1, 400, n).astype(float)
    event, arm, stratum = random.random(n) < 0.6, random.integers(0, 2, n), random.integers(0, 4, n)
    in_days = event_rows(days, event, arm, stratum)
    in_months = event_rows(days / 30.4375, event, arm, stratum)
    for field in ("start", "at_risk", "events", "n"):
        np.testing.assert_array_equal(getattr(in_days, field), getattr(in_months, field))
    s, t = 2, 117.0
    row = int(np.flatnonzero(in_days.time[in_days.start[s] : in_days.start[s + 1]] == t)[0] + in_days.start[s])
    mine = (stratum == s) & (arm == 1)
    assert in_days.at_risk[1, row] == np.count_nonzero(mine & (days >= t))
    assert in_days.events[1, row] == np.count_nonzero(mine & (days == t) & event)
