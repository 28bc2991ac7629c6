"""Competing risks against definitions and against methods that they must reduce to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.kernels.aalen_johansen import aalen_johansen, aalen_johansen_by_arm, incidence_difference
from equipoise.kernels.cox import cox
from equipoise.kernels.fine_gray import fine_gray
from equipoise.kernels.gray import gray_test
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import log_rank


def sample(seed: int, n: int = 60, *, ties: bool = True, causes: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    time = rng.exponential(size=n) * 8.0
    time = np.ceil(time) if ties else time
    return time, rng.integers(0, causes + 1, n), rng.integers(0, 2, n)


outcomes = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40).map(
    lambda rows: tuple(np.array(rows).T)
)


@settings(max_examples=150, deadline=None)
@given(outcomes)
def test_incidences_and_event_free_survival_add_up_to_one(rows) -> None:
    time, status, _ = rows
    found = aalen_johansen(time, status, causes=3)
    np.testing.assert_allclose(found.incidence.sum(axis=0) + found.event_free, 1.0, atol=1e-12)
    assert (np.diff(found.incidence, axis=1) >= 0).all()
    km = kaplan_meier(time, status > 0)
    np.testing.assert_allclose(found.event_free, km.survival, atol=1e-12)
    np.testing.assert_array_equal(found.n_risk, km.n_risk)
    for cause in (1, 2, 3):
        naive = 1.0 - kaplan_meier(time, status == cause).survival
        assert (naive >= found.incidence[cause - 1] - 1e-12).all()


@settings(max_examples=150, deadline=None)
@given(outcomes, st.sampled_from(["log_log", "log", "plain"]), st.sampled_from(["aalen", "infinitesimal_jackknife"]))
def test_limits_hold_the_estimate(rows, interval, se) -> None:
    time, status, _ = rows
    found = aalen_johansen(time, status, interval=interval, se=se)
    assert np.isfinite(found.std_err).all()
    known = np.isfinite(found.lower)
    assert (known | (found.incidence >= 1.0)).all()
    assert (found.lower[known] <= found.incidence[known] + 1e-12).all()
    assert (found.upper[known] >= found.incidence[known] - 1e-12).all()
    assert (found.lower[known] >= 0).all()
    assert (found.upper[known] <= 1).all()


def test_one_cause_is_one_less_kaplan_meier() -> None:
    time, status, _ = sample(3)
    km, found = kaplan_meier(time, status == 1), aalen_johansen(time, status == 1)
    np.testing.assert_allclose(found.incidence[0], 1.0 - km.survival, rtol=1e-12, atol=1e-15)
    # The jackknife of Kaplan-Meier is Greenwood's variance.
    jack = aalen_johansen(time, status == 1, se="infinitesimal_jackknife").std_err[0]
    known = np.isfinite(km.std_err)
    np.testing.assert_allclose(jack[known], km.std_err[known], rtol=1e-10, atol=1e-15)
    assert np.abs(found.std_err[0][:10] / km.std_err[:10] - 1.0).max() < 0.1


def test_without_censoring_incidence_is_a_proportion() -> None:
    time, status, _ = sample(5)
    status = np.maximum(status, 1)
    found = aalen_johansen(time, status, se="infinitesimal_jackknife")
    for cause in (1, 2):
        share = np.array([((time <= t) & (status == cause)).mean() for t in found.time])
        np.testing.assert_allclose(found.incidence[cause - 1], share, atol=1e-12)
        np.testing.assert_allclose(found.std_err[cause - 1], np.sqrt(share * (1 - share) / time.size), atol=1e-12)


@pytest.mark.parametrize("ties", [True, False])
def test_jackknife_error_is_the_derivative_by_weights(ties: bool) -> None:
    time, status, _ = sample(11, 25, ties=ties)
    t0, step = [np.median(time)], 1e-5
    gradient = []
    for i in range(time.size):
        ends = []
        for sign in (1.0, -1.0):
            weights = np.ones(time.size)
            weights[i] += sign * step
            ends.append(aalen_johansen(time, status, weights=weights).at(t0).incidence[:, 0])
        gradient.append((ends[0] - ends[1]) / (2 * step))
    found = aalen_johansen(time, status, se="infinitesimal_jackknife").at(t0)
    np.testing.assert_allclose(found.std_err[:, 0], np.sqrt((np.array(gradient) ** 2).sum(axis=0)), rtol=1e-6)


def test_counts_as_weights_are_repeated_subjects() -> None:
    time, status, weights = sample(8)
    weights = weights + 1
    once = aalen_johansen(time, status, weights=weights)
    again = aalen_johansen(np.repeat(time, weights), np.repeat(status, weights))
    np.testing.assert_allclose(once.incidence, again.incidence, rtol=1e-12)
    np.testing.assert_allclose(once.std_err, again.std_err, rtol=1e-9, atol=1e-14)


def test_unit_of_time_does_not_matter() -> None:
    time, status, arm = sample(9)
    x = np.column_stack([arm, np.cos(np.arange(time.size))])
    for factor in (1.0 / 30.4375, 1e6):
        one, two = aalen_johansen(time, status), aalen_johansen(time * factor, status)
        np.testing.assert_allclose(one.incidence, two.incidence, rtol=1e-14)
        np.testing.assert_allclose(
            gray_test(time, status, arm).chi_square, gray_test(time * factor, status, arm).chi_square, rtol=1e-14
        )
        np.testing.assert_allclose(
            fine_gray(time, status, x).coef, fine_gray(time * factor, status, x).coef, rtol=1e-12
        )


def test_landmarks_read_the_curve() -> None:
    found = aalen_johansen([1.0, 2.0, 2.0, 4.0, 5.0], [1, 2, 0, 1, 0])
    at = found.at([0.0, 0.5, 1.0, 3.0, 4.0, 5.0, 6.0])
    # By hand: 1/5 at 1; S(4-) = 4/5 * 3/4 = 3/5, and one of two at risk at 4.
    np.testing.assert_allclose(at.incidence[0, :6], [0, 0, 0.2, 0.2, 0.5, 0.5], atol=1e-15)
    np.testing.assert_allclose(at.incidence[1, :6], [0, 0, 0, 0.2, 0.2, 0.2], atol=1e-15)
    assert np.isnan(at.incidence[:, 6]).all()
    assert at.reason == ("",) * 6 + ("beyond the last follow-up",)
    np.testing.assert_array_equal(at.n_risk, [5, 5, 5, 2, 2, 1, 0])
    assert (at.lower[0, 0], at.upper[0, 0]) == (0.0, 0.0)


def test_differences() -> None:
    time, status, arm = sample(12, 80)
    time, status, arm = np.append(time, [99.0, 99.0]), np.append(status, [0, 0]), np.append(arm, [0, 1])
    control, treated = aalen_johansen_by_arm(time, status, arm)
    found = incidence_difference(treated, control, [3.0, 6.0, 1e4], cause=2)
    one, two = treated.at([3.0, 6.0]), control.at([3.0, 6.0])
    np.testing.assert_allclose(found.estimate[:2], one.incidence[1] - two.incidence[1])
    np.testing.assert_allclose(found.std_err[:2], np.hypot(one.std_err[1], two.std_err[1]))
    assert np.sign(found.z[0]) == -np.sign(found.estimate[0])
    assert found.reason[2] == "beyond the last follow-up"
    assert np.isnan(found.estimate[2])


# Gray's test


def gray_by_definition(time, status, arm) -> tuple[float, float]:
    """Score of arm 1, and its variance as sums over events of what each does to the score: no cumulative sums."""
    arms = (0, 1)
    grid = [t for t in np.unique(time) if ((time == t) & (status > 0)).any()]
    state = {k: {"S": 1.0, "F": 0.0} for k in arms}
    f0, score, history = 0.0, 0.0, []
    for t in grid:
        n = {k: ((time >= t) & (arm == k)).sum() for k in arms}
        d = {(k, c): ((time == t) & (arm == k) & (status == c)).sum() for k in arms for c in (1, 2)}
        r = {k: n[k] * (1 - state[k]["F"]) / state[k]["S"] if n[k] else 0.0 for k in arms}
        flat = {k: n[k] / state[k]["S"] if n[k] else 0.0 for k in arms}
        own, total = d[0, 1] + d[1, 1], flat[0] + flat[1]
        score += d[1, 1] - (own * r[1] / (r[0] + r[1]) if own else 0.0)
        before = {k: state[k]["S"] for k in arms}
        hazard = own / total / (1 - f0)
        f0 += own / total
        for k in arms:
            if n[k]:
                state[k]["F"] += before[k] * d[k, 1] / n[k]
                state[k]["S"] = before[k] * (n[k] - d[k, 1] - d[k, 2]) / n[k]
        after = {k: state[k]["S"] for k in arms}
        history.append((n, d, flat, total, own, before, after, f0, hazard))
    variance = 0.0
    for i, (n, d, flat, total, own, before, after, f, _) in enumerate(history):
        for k in (k for k in arms if n[k]):
            later = sum(h[2][1] * ((k == 1) - h[2][k] / h[3]) * h[8] for h in history[i + 1 :])
            here = flat[1] * ((k == 1) - flat[k] / total)
            ratio = (1 - f) / after[k] if after[k] > 0 else 0.0
            tied = 1 - (own - 1) / (total * before[k] - 1) if own > 1 else 1.0
            variance += (here + (1 - ratio) * later) ** 2 * tied * before[k] * own / (total * n[k])
            if after[k] > 0 and d[k, 2]:
                tied = 1 - (d[k, 2] - 1) / (n[k] - 1) if d[k, 2] > 1 else 1.0
                variance += (ratio * later) ** 2 * tied * before[k] ** 2 * d[k, 2] / n[k] ** 2
    return score, variance


@pytest.mark.parametrize("seed", range(6))
def test_gray_by_definition(seed: int) -> None:
    time, status, arm = sample(seed, 40, ties=seed % 2 == 0)
    score, variance = gray_by_definition(time, status, arm)
    found = gray_test(time, status, arm)
    np.testing.assert_allclose(found.score, [-score, score], rtol=1e-10)
    np.testing.assert_allclose(found.variance[1, 1], variance, rtol=1e-10)
    assert found.z == pytest.approx(-score / np.sqrt(variance), rel=1e-10)


def test_gray_without_competing_events_has_the_score_of_the_log_rank_test() -> None:
    """With one cause n (1 - F) / S = n: the same observed less expected; the variances agree in large samples only."""
    time, status, arm = sample(4, 500)
    status = (status == 1).astype(int)
    gray, rank = gray_test(time, status, arm), log_rank(time, status, arm)
    np.testing.assert_allclose(gray.score, rank.score, rtol=1e-10)
    assert gray.variance[1, 1] == pytest.approx(rank.variance[1, 1], rel=0.05)


@settings(max_examples=100, deadline=None)
@given(outcomes)
def test_gray_never_raises_and_arms_balance(rows) -> None:
    time, status, arm = rows
    found = gray_test(time, status, arm, n_arms=3)
    scale = max(1.0, float(np.abs(found.score).max()))
    assert abs(found.score.sum()) < 1e-9 * scale
    np.testing.assert_allclose(found.variance.sum(axis=0), 0.0, atol=1e-8 * max(1.0, float(found.variance.max())))
    assert bool(found.reason) == np.isnan(found.chi_square)
    assert np.isnan(found.chi_square) or found.chi_square >= 0.0


def test_order_of_arms_and_strata_of_one_do_not_matter() -> None:
    time, status, arm = sample(6, 90)
    found = gray_test(time, status, arm)
    turned = gray_test(time, status, 1 - arm)
    assert found.z == pytest.approx(-turned.z, rel=1e-10)
    assert gray_test(time, status, arm, stratum=np.zeros(90)).z == pytest.approx(found.z, rel=1e-12)


# Fine and Gray's model


def fine_gray_by_definition(time, status, x, beta, group) -> tuple[np.ndarray, np.ndarray]:
    """Score terms eta and psi of each subject, by loops over pairs of subjects and times."""
    n, p = x.shape
    g = {}
    for k in np.unique(group):
        value = 1.0
        for t in np.unique(time):
            g[k, t] = value  # just before t
            mine = (group == k) & (time >= t)
            value *= 1 - (mine & (time == t) & (status == 0)).sum() / max(mine.sum(), 1)

    def weight(i, t):
        if time[i] >= t:
            return 1.0
        return g[group[i], t] / g[group[i], time[i]] if status[i] == 2 else 0.0

    risk = np.exp(x @ beta)
    grid = np.unique(time[status == 1])
    w = {t: np.array([weight(i, t) for i in range(n)]) for t in grid}
    mean = {t: (w[t] * risk) @ x / (w[t] @ risk) for t in grid}
    hazard = {t: ((time == t) & (status == 1)).sum() / (w[t] @ risk) for t in grid}
    eta = np.zeros((n, p))
    for i in range(n):
        for t in grid:
            seen = float(time[i] == t and status[i] == 1)
            eta[i] += (x[i] - mean[t]) * (seen - w[t][i] * risk[i] * hazard[t])
    psi = np.zeros((n, p))
    ends = [(code, u) for code in np.unique(group) for u in np.unique(time[(status == 0) & (group == code)])]
    for k, u in ends:
        at_risk = ((time >= u) & (group == k)).sum()
        ended = ((time == u) & (status == 0) & (group == k)).sum()
        q = np.zeros(p)
        for j in np.flatnonzero((status == 2) & (time < u) & (group == k)):
            for t in grid[grid >= u]:
                q += (x[j] - mean[t]) * w[t][j] * risk[j] * hazard[t]
        for i in np.flatnonzero((time >= u) & (group == k)):
            psi[i] += q / at_risk * (float(time[i] == u and status[i] == 0) - ended / at_risk)
    return eta, psi


@pytest.mark.parametrize("apart", [True, False], ids=["groups", "one"])
@pytest.mark.parametrize("ties", [True, False], ids=["ties", "no ties"])
def test_fine_gray_by_definition(ties: bool, apart: bool) -> None:
    time, status, arm = sample(21, 50, ties=ties)
    x = np.column_stack([arm, np.sin(np.arange(50))]).astype(float)
    group = arm if apart else np.zeros(50, dtype=int)
    found = fine_gray(time, status, x, censoring_group=group)
    eta, psi = fine_gray_by_definition(time, status, x, found.coef, group)
    np.testing.assert_allclose(eta.sum(axis=0), 0.0, atol=1e-9)
    bread = found.model_var
    terms = eta + psi
    np.testing.assert_allclose(found.var, bread @ (terms.T @ terms) @ bread, rtol=1e-8)


@pytest.mark.parametrize("apart", [True, False], ids=["groups", "one"])
def test_sandwich_is_near_the_jackknife(apart: bool) -> None:
    """Leaving out one subject at a time overstates the variance by a few percent at 400 subjects."""
    time, status, arm = sample(33, 400, ties=False)
    x, group = arm.astype(float), arm if apart else np.zeros(400, dtype=int)
    kept = [np.arange(400) != i for i in range(400)]
    moves = np.array([fine_gray(time[k], status[k], x[k], censoring_group=group[k]).coef[0] for k in kept])
    jackknife = float(np.square(moves - moves.mean()).sum())
    assert 0.95 < fine_gray(time, status, x, censoring_group=group).var[0, 0] / jackknife < 1.0


def test_fine_gray_without_competing_events_is_coxs_model() -> None:
    time, status, arm = sample(17, 120)
    status = (status == 1).astype(int)
    x = np.column_stack([arm, np.cos(np.arange(120))])
    found, expected = fine_gray(time, status, x), cox(time, status, x, ties="breslow")
    np.testing.assert_allclose(found.coef, expected.coef, rtol=1e-9)
    np.testing.assert_allclose(found.model_var, expected.var, rtol=1e-9)
    np.testing.assert_allclose([found.loglik, found.loglik_null], [expected.loglik, expected.loglik_null], rtol=1e-12)


def test_fine_gray_without_censoring_keeps_competing_subjects_at_risk_for_ever() -> None:
    time, status, arm = sample(18, 120)
    status = np.maximum(status, 1)
    stayed = np.where(status == 2, time.max() + 1.0, time)
    expected = cox(stayed, status == 1, arm.astype(float), ties="breslow")
    np.testing.assert_allclose(fine_gray(time, status, arm).coef, expected.coef, rtol=1e-9)


def test_scale_and_shift_of_covariates() -> None:
    time, status, arm = sample(19, 150)
    x = np.column_stack([arm, np.cos(np.arange(150))])
    one, two = fine_gray(time, status, x), fine_gray(time, status, x * [1.0, 1e4] + [5.0, 1e5])
    np.testing.assert_allclose(one.coef, two.coef * [1.0, 1e4], rtol=1e-8)
    np.testing.assert_allclose(one.se, two.se * [1.0, 1e4], rtol=1e-7)


@settings(max_examples=120, deadline=None)
@given(outcomes)
def test_fine_gray_never_raises(rows) -> None:
    time, status, arm = rows
    found = fine_gray(time, status, arm.astype(float))
    assert bool(found.reason) == np.isnan(found.coef[0])
    assert np.isnan(found.coef[0]) or np.isfinite(found.se[0])


def test_order_of_subjects_does_not_matter() -> None:
    time, status, arm = sample(20, 100)
    order = np.random.default_rng(1).permutation(100)
    one, two = fine_gray(time, status, arm), fine_gray(time[order], status[order], arm[order])
    np.testing.assert_allclose([one.coef[0], one.se[0]], [two.coef[0], two.se[0]], rtol=1e-10)
    for a, b in pairwise((gray_test(time, status, arm), gray_test(time[order], status[order], arm[order]))):
        assert a.z == pytest.approx(b.z, rel=1e-12)


def test_pooled_incidence_beyond_1_is_weighted_by_0_and_at_1_has_no_variance() -> None:
    """Where arms lose their last subjects to competing events the estimate of all arms together can pass 1."""
    time = np.arange(1.0, 13.0)
    status = np.array([2, 1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1])
    arm = np.array([0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1])
    for rho in (0.0, 0.5, 1.0):
        found = gray_test(time, status, arm, rho=rho)
        assert np.isfinite(found.chi_square) == (not found.reason)
    found = gray_test([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1], [0, 0, 1, 1])
    assert np.isnan(found.chi_square)
    assert "variance does not exist" in found.reason


def test_incidence_of_1_has_no_error() -> None:
    """Everybody had the event: nothing varies, and sums that cancel must not say that it does."""
    rng = np.random.default_rng(3)
    for n in (7, 24, 61):
        time = rng.exponential(1.0, n)
        status = (rng.random(n) < 0.8).astype(int)
        status[np.argmax(time)] = 1
        found = aalen_johansen(time, status, causes=1, se="infinitesimal_jackknife")
        assert found.incidence[0, -1] == pytest.approx(1.0)
        assert found.std_err[0, -1] == 0.0
