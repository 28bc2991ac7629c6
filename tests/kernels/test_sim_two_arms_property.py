"""Laws of the patients of the compiled two-arm trial, its pieces, what does not change it, its reference answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed: nothing is compiled")
from equipoise.kernels.cox import cox as kernel_cox
from equipoise.kernels.sim.two_arms import two_arm_unit
from equipoise.kernels.sim.two_arms_cut import kth_event
from equipoise.kernels.sim.two_arms_order import new_order, ordered
from equipoise.kernels.sim.two_arms_patients import Patients, generate, new_patients
from equipoise.kernels.sim.two_arms_score import at_risk_of, cox, new_at_risk, sums
from equipoise.kernels.sim.two_arms_spec import new_looks, two_arms

INF = math.inf
MONTH = 30.4375
HAZARD = math.log(2.0) / 29.1 / MONTH
LOSS = ((INF,), (0.01 / MONTH,))


def _reference(*, events=(330,), n=518, estimate=False, whole_days=False, key=(20261123, 5), ratio=0.75):
    return two_arms(
        key,
        n,
        (0, 1),
        ((49 * MONTH,), (n / 49 / MONTH,)),
        (((INF,), (HAZARD,)), ((INF,), (ratio * HAZARD,))),
        (LOSS, LOSS),
        events=events,
        estimate=estimate,
        whole_days=whole_days,
    )


@pytest.mark.parametrize("whole", [False, True], ids=["continuous", "days"])
def test_any_split_gives_the_same_bits(whole):
    spec = _reference(events=(165, 330), estimate=True, whole_days=whole)
    whole_run = new_looks(150, 2)
    two_arm_unit(spec, 1000, 1150, whole_run)
    for first, last in ((1000, 1001), (1001, 1090), (1090, 1150)):
        part = new_looks(last - first, 2)
        two_arm_unit(spec, first, last, part)
        for all_of_it, some in zip(whole_run, part, strict=True):
            assert all_of_it[first - 1000 : last - 1000].tobytes() == some.tobytes()


def test_a_look_more_changes_no_other():
    one, two = new_looks(100, 1), new_looks(100, 2)
    two_arm_unit(_reference(estimate=True), 0, 100, one)
    two_arm_unit(_reference(events=(165, 330), estimate=True), 0, 100, two)
    for alone, both in zip(one, two, strict=True):
        assert np.array_equal(alone[:, 0], both[:, 1])


def test_power_and_hazard_ratio_of_the_reference_trial():
    # 518 patients, 330 events, hazard ratio 0.75: power 0.740, geometric mean hazard ratio 0.749 over a million trials,
    # and about 4% of the trials never come to 330 events (benchmarks/simulation_speed.py has them).
    trials = 40_000
    out = new_looks(trials, 1)
    two_arm_unit(_reference(estimate=True), 0, trials, out)
    z = -out.score[:, 0] / np.sqrt(out.variance[:, 0])
    assert abs(np.mean(z > 1.959964) - 0.740) < 4 * math.sqrt(0.74 * 0.26 / trials)
    assert math.exp(out.estimate.mean()) == pytest.approx(0.749, abs=0.0005 + 4 * 0.083 / math.sqrt(trials))
    assert 0.030 < np.mean(out.reached == 0) < 0.050
    share = out.variance / out.events.sum(axis=2)
    assert 0.20 < share.min() <= share.max() <= 0.25
    assert np.all(out.events.sum(axis=2)[out.reached == 1] == 330)
    assert np.all(out.events.sum(axis=2)[out.reached == 0] < 330)


def _distance(sample, cdf):
    """Kolmogorov and Smirnov's distance, times the root of n."""
    ordered_sample = np.sort(sample)
    n = sample.size
    value = cdf(ordered_sample)
    steps = np.arange(n)
    return math.sqrt(n) * max(np.max(value - steps / n), np.max((steps + 1) / n - value))


def test_marginal_laws():
    n = 5000
    edges, control = np.array([0.0, 120.0, 400.0]), np.array([0.001, 0.004, 0.0015])
    experimental, loss = control * np.array([1.0, 0.5, 2.0]), np.array([0.0, 0.0004, 0.002])
    rates = np.array([4.0, 0.0, 10.0])
    ends = (120.0, 400.0, INF)
    rates *= n / (4.0 * 120.0 + 10.0 * 100.0)
    spec = two_arms(
        (3, 4),
        n,
        (0, 1),
        ((120.0, 400.0, 500.0), rates),
        ((ends, control), (ends, experimental)),
        ((ends, loss), (ends, loss)),
        events=(1,),
    )
    patients = new_patients(spec.arm.size)
    generate(spec.key, 7, n, spec.arrival, spec.event, spec.dropout, 0, patients)

    def cumulative(rate):
        before = np.concatenate(([0.0], np.cumsum(np.diff(edges) * rate[:-1])))

        def value(t):
            piece = np.searchsorted(edges, t, side="right") - 1
            return before[piece] + rate[piece] * (t - edges[piece])

        return value

    arm = spec.arm[:n]
    # 2.23 is exceeded by chance once in 10,000: P(D > d) is nearly 2 exp(-2 d^2).
    for which, rate in ((0, control), (1, experimental)):
        law = cumulative(rate)
        assert _distance(patients.time[:n][arm == which], lambda t, law=law: -np.expm1(-law(t))) < 2.23
        assert _distance(patients.time[:n][arm == which], lambda t, law=law: -np.expm1(-1.15 * law(t))) > 1.2
    law = cumulative(loss)
    assert _distance(patients.dropout[:n], lambda t: -np.expm1(-law(t))) < 2.23
    arrived = cumulative(rates)
    assert _distance(patients.entry[:n], lambda t: arrived(t) / n) < 2.23
    assert not np.any((patients.entry[:n] > 120.0) & (patients.entry[:n] < 400.0))
    assert np.all(np.isinf(patients.entry[n:]))
    assert (
        abs(np.corrcoef([patients.entry[:n], patients.time[:n], patients.dropout[:n]])[np.triu_indices(3, 1)]).max()
        < 0.06
    )


def test_the_kth_of_numbers_of_any_kind():
    rng = np.random.default_rng(20261123)
    guess = np.ones(1)
    kinds = [
        lambda n: rng.uniform(0.0, 2000.0, n),
        lambda n: np.floor(rng.exponential(3.0, n)),
        lambda n: np.where(rng.random(n) < 0.5, INF, rng.exponential(1e-3, n)),
        lambda n: np.exp(rng.normal(0.0, 30.0, n)),
        lambda n: np.full(n, 7.0),
        lambda n: np.full(n, INF),
        lambda n: np.zeros(n),
    ]
    for kind in kinds:
        for n in (8, 64, 520, 3000):
            x = kind(n)
            right = np.sort(x)
            found = np.empty(n + 1)
            for k in {1, 2, n // 3, n // 2, n - 1, n}:
                assert kth_event(x, k, guess, found) == right[k - 1]


def _marked(time, kind):
    """Times with arm + 2 * event in their lowest bits."""
    return ((np.ascontiguousarray(time).view(np.int64) & ~3) | kind).view(np.float64)


@pytest.mark.parametrize("kind", ["spread", "ties", "far apart", "all in one bucket"])
def test_order_is_exact(kind):
    rng = np.random.default_rng(20261123)
    n = 512
    time = {
        "spread": rng.exponential(500.0, n),
        "ties": np.ceil(rng.exponential(20.0, n)),
        "far apart": np.exp(rng.normal(0.0, 40.0, n)),
        "all in one bucket": np.where(np.arange(n) < 32, 1e6, 1.0 + rng.random(n) * 1e-6),
    }[kind]
    patients = Patients(rng.uniform(0.0, 100.0, n), time, rng.exponential(800.0, n), np.empty(n))
    arm = rng.integers(0, 2, n).astype(np.uint8)
    patients.seen[:] = np.where(time <= patients.dropout, patients.entry + time, INF)
    order = new_order(n)
    for cut in (50.0, 600.0, 1e9):
        size, close = ordered(cut, 0.0, 1e-9, patients, arm, order)
        here = patients.entry <= cut
        event = patients.seen <= cut
        at_look = np.where(event, time, np.minimum(patients.dropout, cut - patients.entry))[here]
        assert size == here.sum()
        assert np.array_equal(order.time[:size].view(np.int64) >> 2, np.sort(at_look).view(np.int64) >> 2)
        every = np.zeros(n)
        every[here] = at_look
        assert np.array_equal(order.time[:size], np.sort(_marked(every, arm + 2 * event)[here]))
        assert close == (np.diff(np.sort(at_look)).min() <= 1e-9)


def _fit(code):
    at_risk, counts = new_at_risk(len(code)), np.zeros(4, np.int64)
    at_risk_of(_marked(np.arange(1.0, len(code) + 1), np.array(code)), len(code), counts, at_risk)
    events, mine = counts[2] + counts[3], counts[3]
    return cox(at_risk, events, mine, mine - sums(at_risk, events, 1.0)[0])


def test_where_the_likelihood_has_no_maximum_there_is_no_estimate():
    # Codes are arm + 2 * event, in the order of time.
    assert np.isnan(_fit([0, 1, 0, 1])).all()  # no events
    assert np.isnan(_fit([2, 2, 1, 1])).all()  # events of one arm only, the other at risk
    assert np.isnan(_fit([3, 0, 3, 0])).all()
    assert np.isnan(_fit([2, 2, 3, 3])).all()  # all events of one arm before all of the other
    assert np.isnan(_fit([3, 3, 2, 2])).all()
    assert np.isnan(_fit([3, 3])).all()  # one arm
    assert np.isfinite(_fit([2, 3, 3, 2])).all()


def test_estimates_far_from_the_start_are_found():
    rng = np.random.default_rng(20261123)
    for _ in range(300):
        size = int(rng.integers(4, 60))
        arm, event = rng.random(size) < rng.uniform(0.02, 0.98), rng.random(size) < rng.uniform(0.2, 1.0)
        model = (
            kernel_cox(np.arange(1.0, size + 1), event, arm.astype(int), tol=1e-12) if 0 < arm.sum() < size else None
        )
        found = _fit(arm + 2 * event)
        if model is None:
            assert np.isnan(found).all()
        else:
            np.testing.assert_allclose(found, (model.coef[0], model.se[0]), rtol=1e-9, atol=1e-10)
