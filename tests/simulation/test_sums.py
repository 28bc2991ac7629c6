"""Sums over trials are those of all trials at once, and rows say what the law of z says."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from equipoise.kernels.proportions import wilson
from equipoise.results import Results
from equipoise.simulation.accumulate import LOOK_SUMS, Accumulator
from equipoise.simulation.compare import analytic_power, differs
from equipoise.simulation.curves import curves_of, sweep_curves
from equipoise.simulation.histograms import ESTIMATE_BINS, TIME_BINS, LinearBins, quantile, time_bins, time_edges
from equipoise.simulation.rows import rows_of, statistics_of
from equipoise.simulation.unit_sums import ADJUSTED_TRIALS


def _load():
    name = "simulation_tests_synthetic_study"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("synthetic_study.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


synthetic = _load()
TRIALS = 20_000


@pytest.fixture(autouse=True)
def _truth(monkeypatch):
    monkeypatch.setattr("equipoise.simulation.true_curve.explained_true_value", synthetic.true_value)


@pytest.fixture(scope="module")
def made():
    """A study with two hypotheses, its sums, and all its trials at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("equipoise.simulation.true_curve.explained_true_value", synthetic.true_value)
        study = synthetic.study_of(second=True)
        theta = synthetic.theta_of(synthetic.TRUE)
        sums = synthetic.sums_of(study, TRIALS, theta, second=True)
        starts = range(0, TRIALS, 4096)
        units = [synthetic.outcome_of(s, min(4096, TRIALS - s), theta, second=True) for s in starts]
        whole = type(units[0])(0, *(np.concatenate(parts) for parts in list(zip(*units, strict=True))[1:]))
        yield study, sums, whole, synthetic.decide(study, whole)


def results_of(study, sums):
    return Results.of(statistics_of(study, sums))


def test_sums_are_those_of_all_trials(made):
    _study, sums, whole, decisions = made
    assert sums.trials == TRIALS
    assert sums.tests("rejected", 0) == (decisions.rejected[:, 0] > 0).sum()
    assert sums.tests("tested", 1) == (decisions.rejected[:, 0] > 0).sum() < TRIALS
    assert sums.trial_counts.tolist()[:2] == [
        (decisions.rejected > 0).any(axis=1).sum(), (decisions.rejected > 0).all(axis=1).sum()
    ]  # fmt: skip
    ended = decisions.stopped[:, 0] == 1
    place = LOOK_SUMS.index("time_stopped")
    np.testing.assert_allclose(sums.look_sums[0, place], whole.cut[ended, 0].sum(), rtol=1e-13)
    np.testing.assert_allclose(sums.look_sums[0, place + 1], (whole.cut[ended, 0] ** 2).sum(), rtol=1e-13)
    assert sums.time_bins.sum(axis=1).tolist() == [TRIALS] * 3
    assert (sums.earliest[1], sums.latest[1]) == (whole.cut[:, 1].min(), whole.cut[:, 1].max())


def test_rows_are_moments_and_quantiles_of_all_trials(made):
    study, sums, whole, decisions = made
    results = results_of(study, sums)
    month = study.protocol.time.days_per_month
    found = {name: results.one(statistic=name, look=1, hypothesis="h_pfs") for name in ("look_time", "look_time_sd")}
    np.testing.assert_allclose(found["look_time"].value, whole.cut[:, 0].mean() / month, rtol=1e-12)
    np.testing.assert_allclose(found["look_time_sd"].value, whole.cut[:, 0].std(ddof=1) / month, rtol=1e-9)
    np.testing.assert_allclose(found["look_time"].se, whole.cut[:, 0].std(ddof=1) / month / TRIALS**0.5, rtol=1e-9)
    for probability in (0.05, 0.5, 0.95):
        row = results.one(statistic="look_time_quantile", look=2, hypothesis="h_pfs",
                          groups={"probability": f"{probability:g}"})  # fmt: skip
        assert row.value == pytest.approx(np.quantile(whole.cut[:, 1], probability) / month, rel=0.002)
        assert 0.0 < row.se < 0.5  # 95% lies between the last events and the latest date
    last = np.where(decisions.stopped[:, 0] == 1, 0, 1)
    events = np.take_along_axis(whole.events[:, :2].sum(axis=2), last[:, None], axis=1)
    expected = results.one(statistic="expected_events", hypothesis="h_pfs")
    np.testing.assert_allclose(expected.value, events.mean(), rtol=1e-12)
    estimate = np.take_along_axis(whole.estimate[:, :2], last[:, None], axis=1)[:, 0]
    mean = results.one(statistic="mean_estimate", look=None, hypothesis="h_pfs", method="cox.efron")
    np.testing.assert_allclose(mean.value, math.exp(estimate.mean()), rtol=1e-12)
    np.testing.assert_allclose(mean.se, estimate.std(ddof=1) / TRIALS**0.5, rtol=1e-9)
    bias = results.one(statistic="bias", look=None, hypothesis="h_pfs", method="cox.efron")
    np.testing.assert_allclose(bias.value, math.exp(estimate.mean()) - synthetic.TRUE, rtol=1e-9)
    median = results.one(statistic="median_bias", hypothesis="h_pfs", method="cox.efron")
    assert median.value == pytest.approx(math.exp(np.median(estimate)) - synthetic.TRUE, abs=2e-4)
    hold = np.abs(estimate - math.log(synthetic.TRUE)) <= 1.959963984540054 / np.sqrt(synthetic.INFORMATION[last])
    assert results.one(statistic="coverage", look=None, hypothesis="h_pfs", method="cox.efron").events == hold.sum()
    late = np.where(decisions.stopped[:, 1] > 0, whole.cut[:, 2], whole.cut[np.arange(TRIALS), last])
    duration = results.one(statistic="expected_duration", hypothesis="")
    np.testing.assert_allclose(duration.value, late.mean() / month, rtol=1e-12)


def test_shares_are_those_of_the_design(made):
    """The law of z is that of the design, whose integration is another author's formula for the same shares."""
    study, sums, _, _ = made
    results = results_of(study, sums)
    plan = study.tested[0].plan
    bounds = plan.probabilities.boundaries
    from equipoise.kernels.group_sequential import crossing_probabilities

    drift = synthetic.theta_of(synthetic.TRUE)
    law = crossing_probabilities(synthetic.INFORMATION, bounds.efficacy, (bounds.futility[0], -np.inf),
                                 drift * np.sqrt(synthetic.INFORMATION))  # fmt: skip
    for look in (1, 2):
        row = results.one(statistic="stop_efficacy", look=look, hypothesis="h_pfs")
        assert abs(row.value - law.upper[look - 1]) < 4 * row.se
    row = results.one(statistic="stop_futility", look=1, hypothesis="h_pfs")
    assert abs(row.value - law.lower[0]) < 4 * row.se
    power = results.one(statistic="power", hypothesis="h_pfs")
    assert abs(power.value - law.upper.sum()) < 4 * power.se
    neither = results.one(statistic="stop_neither", look=2, hypothesis="h_pfs")
    assert power.events + row.events + neither.events == TRIALS


def test_both_tails_of_the_error_are_the_level():
    study = synthetic.study_of(under="h0")
    results = results_of(study, synthetic.sums_of(study, 60_000, 0.0))
    upper = results.one(statistic="type_one_error_ignoring_futility")
    lower = results.one(statistic="type_one_error_lower")
    level = study.tested[0].plan.probabilities.type_one_error_ignoring_futility
    assert level == pytest.approx(0.025, abs=1e-6)
    assert abs(upper.value - level) < 4 * upper.se
    assert abs(lower.value - level) < 4 * lower.se
    assert results.one(statistic="type_one_error").value < upper.value
    assert results.one(statistic="cumulative_error", look=2).value == results.one(statistic="type_one_error").value
    assert not results.select(statistic="power")


def test_adjusted_estimates_are_median_unbiased_and_their_intervals_hold():
    """Futility is not obeyed here, as the ordering leaves bounds out that do not bind."""
    study, sums = synthetic.study_of(), None
    for start in (*range(0, ADJUSTED_TRIALS, 4096), ADJUSTED_TRIALS):
        outcome = synthetic.outcome_of(start, 4096, synthetic.theta_of(synthetic.TRUE))
        decisions = synthetic.decide(study, outcome)
        stopped = np.where(decisions.rejected_ignoring == 1, 1, 2)
        free = decisions._replace(rejected=decisions.rejected_ignoring, stopped=stopped, futile=np.zeros_like(stopped))
        one = Accumulator.of(study, outcome, free)
        sums = one if sums is None else sums.merged(one)
    results = Results.of(rows_of(study, sums))
    above = results.one(statistic="above_true", look=None, method="cox.efron.median_unbiased")
    assert above.n == ADJUSTED_TRIALS < sums.trials
    assert abs(above.value - 0.5) < 4 * above.se
    coverage = results.one(statistic="coverage", look=None, method="cox.efron.median_unbiased")
    assert abs(coverage.value - 0.95) < 4 * coverage.se
    bias = results.one(statistic="median_bias", method="cox.efron.median_unbiased")
    assert abs(bias.value) < 4 * bias.se
    # As estimated, the mean where testing ends early overstates by much.
    early = results.one(statistic="bias", look=1, method="cox.efron", groups={"given": "ended"})
    assert early.value < -0.1


def test_sums_survive_as_arrays_and_merge_like_one_run(made):
    study, sums, _, _ = made
    arrays = sums.to_arrays()
    assert {array.dtype.str for array in arrays.values()} == {"<f8", "<i8"}
    back = Accumulator.from_arrays({name: array.copy() for name, array in arrays.items()})
    assert all(array.tobytes() == arrays[name].tobytes() for name, array in back.to_arrays().items())
    again = synthetic.sums_of(study, TRIALS, synthetic.theta_of(synthetic.TRUE), second=True)
    assert all(array.tobytes() == arrays[name].tobytes() for name, array in again.to_arrays().items())
    assert sum(array.nbytes for array in arrays.values()) < 300_000


def spoiled(outcome):
    """Every seventh trial has no statistic and no estimate at its last look; look 1 is never held in every fifth."""
    z, estimate, se, held = (array.copy() for array in (outcome.z, outcome.estimate, outcome.se, outcome.held))
    z[::7, 1] = estimate[::7, 1] = se[::7, 1] = np.nan
    held[::5, 0] = False
    z[::5, 0] = np.nan
    cut = np.where(held, outcome.cut, np.nan)
    return outcome._replace(z=z, estimate=estimate, se=se, held=held, cut=cut)


def test_trials_without_a_statistic_count_in_the_denominator():
    study = synthetic.study_of()
    theta = synthetic.theta_of(synthetic.TRUE)
    sums = synthetic.sums_of(study, 8192, theta, change=spoiled)
    results = results_of(study, sums)
    power = results.one(statistic="power")
    assert (power.n, power.denominator) == (8192, 8192.0)
    gone = results.one(statistic="degenerate_trials")
    outcome = spoiled(synthetic.outcome_of(0, 4096, theta))
    decisions = synthetic.decide(study, outcome)
    assert decisions.degenerate.sum() <= gone.value < 8192 / 7
    mean = results.one(statistic="mean_estimate", look=None, method="cox.efron")
    assert mean.n == 8192 - gone.value
    held = results.one(statistic="look_held", look=1)
    assert held.value == pytest.approx(0.8, abs=0.001)
    assert results.one(statistic="look_time", look=1).n == held.events


def test_what_is_not_there_has_a_reason_and_no_number():
    study = synthetic.study_of()

    def never(outcome):
        held = outcome.held.copy()
        held[:, 0] = False
        empty = np.full(outcome.z.shape, np.nan)
        return outcome._replace(held=held, z=empty, estimate=empty, se=empty)

    sums = synthetic.sums_of(study, 64, 0.3, change=never)
    rows = [row for row in statistics_of(study, sums) if hasattr(row, "value")]
    gone = {row.key.statistic for row in rows if row.value is None}
    assert {"look_time", "mean_z", "mean_estimate", "bias", "coverage", "median_bias"} <= gone
    assert all(row.why() for row in rows if row.value is None)
    assert {row.key.statistic for row in rows if row.value == 0.0} >= {"power", "look_held"}
    power = next(row for row in rows if row.key.statistic == "power")
    assert power.se > 0.0  # none of 64 is not never


def test_a_true_value_that_is_not_there_says_why(monkeypatch):
    gone = synthetic.SimpleNamespace(value=None, reason="events are seen at scans")
    monkeypatch.setattr("equipoise.simulation.true_curve.explained_true_value", lambda study, h, day: gone)
    study = synthetic.study_of()
    results = results_of(study, synthetic.sums_of(study, 4096, 0.3))
    for name in ("bias", "coverage", "true_value", "above_true"):
        row = results.one(statistic=name, look=None, method="cox.efron")
        assert (row.value, row.why()) == (None, "events are seen at scans")
    assert results.one(statistic="mean_estimate", look=None, method="cox.efron").value is not None


def test_true_values_follow_the_date_of_the_cut(monkeypatch):
    """Where hazards are not proportional each trial is measured against the value for its own cut."""
    calls = []

    def drifting(study, h, day):
        calls.append(day)
        return synthetic.SimpleNamespace(value=-0.3 - day / 10_000.0, reason="")

    monkeypatch.setattr("equipoise.simulation.true_curve.explained_true_value", drifting)
    study = synthetic.study_of()
    outcome = synthetic.outcome_of(0, 4096, 0.3)
    results = results_of(study, Accumulator.of(study, outcome, synthetic.decide(study, outcome)))
    true = results.one(statistic="true_value", look=2, method="cox.efron", groups=())
    assert true.value == pytest.approx(math.exp(-0.3 - outcome.cut[:, 1].mean() / 10_000.0), rel=1e-9)
    assert len(calls) < 500


def test_a_gap_differs_where_it_is_more_than_chance_and_than_a_hundredth():
    assert not differs(0.743 - 0.740, 0.0004)  # Schoenfeld's formula and the truth
    assert not differs(0.03, 0.01)
    assert differs(-0.011, 0.0004)
    study = synthetic.study_of("delayed")
    results = results_of(study, synthetic.sums_of(study, 8192, synthetic.theta_of(0.9)))
    gap = results.one(statistic="power_gap")
    assert gap.text == "differs"
    analytic = results.one(statistic="analytic_power")
    assert gap.value == pytest.approx(results.one(statistic="power").value - analytic.value)
    assert analytic.value == analytic_power(study, study.tested[0], ())
    assert results_of(*_planned()).one(statistic="power_gap").text == ""


def _planned():
    study = synthetic.study_of()
    return study, synthetic.sums_of(study, 8192, synthetic.theta_of(synthetic.TRUE))


def test_the_design_under_another_scenario_keeps_its_looks():
    """As an alternative with the same events, planned by the design itself under that scenario."""
    from equipoise.design.plan import plan_of
    from equipoise.protocol import loads_protocol

    study = synthetic.study_of("delayed")
    text = synthetic.TRIAL.replace("assume: planned", "assume: delayed").replace(
        "{spending: hwang_shih_decani, parameter: -4}", "none"
    )
    plain = synthetic.TRIAL.replace("{spending: hwang_shih_decani, parameter: -4}", "none")
    tested = synthetic.hypotheses_of(loads_protocol(plain))
    study = synthetic.study_of("delayed", tested=tested)
    other = plan_of(loads_protocol(text), "h_pfs")
    assert analytic_power(study, tested[0], ()) == pytest.approx(other.probabilities.power, abs=1e-9)


def test_what_the_design_expects_is_what_its_own_rows_say():
    from equipoise.design.rows import rows_of as design_rows

    names = ("power", "type_one_error", "cumulative_power", "expected_events", "expected_patients", "expected_duration")
    pairs = {**{f"analytic_{name}": name for name in names}, "analytic_look_time": "planned_time"}
    found = set()
    for under in ("h1", "h0"):
        study = synthetic.study_of(under=under)
        design = Results.of(design_rows(study.tested[0].plan))
        for row in results_of(study, synthetic.sums_of(study, 64, 0.0)):
            if row.key.statistic in pairs:
                name = pairs[row.key.statistic]
                if under == "h0" and name == "planned_time":
                    continue  # a design's rows have these under its assumptions alone
                one = design.one(statistic=name, look=row.key.look, under="" if name == "planned_time" else under)
                assert row.value == pytest.approx(one.value, rel=1e-12)
                assert (row.unit, row.origin) == (one.unit, "assumed")
                found.add(row.key.statistic)
    assert found == set(pairs)
    other = results_of(*_elsewhere())
    assert other.one(statistic="analytic_power") is not None
    assert other.select(statistic="analytic_look_time") == []


def _elsewhere():
    study = synthetic.study_of("delayed")
    return study, synthetic.sums_of(study, 64, 0.0)


def test_curves_of_a_study(made):
    study, sums, whole, _ = made
    curves = list(curves_of(study, sums))
    dates = [c for c in curves if c.curve == "calendar_time" and c.key.hypothesis == "h_pfs"]
    assert [c.key.look for c in dates] == [1, 2]
    month = study.protocol.time.days_per_month
    for look, curve in enumerate(dates):
        assert 0.995 < curve.y.sum() < 1.0
        counts, _ = np.histogram(whole.cut[:, look] / month, bins=curve.x)
        np.testing.assert_allclose(curve.y[:-1], counts / TRIALS, atol=0.02)
    wide = next(c for c in curves if c.curve == "estimate_by_look" and c.key.interval == "quantile.90")
    np.testing.assert_allclose(wide.lower, np.exp(np.quantile(whole.estimate[:, :2], 0.05, axis=0)), rtol=2e-3)
    np.testing.assert_allclose(wide.y, np.exp(np.median(whole.estimate[:, :2], axis=0)), rtol=2e-3)


def test_a_sweep_is_a_curve_with_limits_beside_the_designs_own():
    points = []
    for ratio in (0.8, 0.7, 0.9):
        study = synthetic.study_of(vary=(("hazard_ratio", ratio),))
        points.append((study, synthetic.sums_of(study, 4096, synthetic.theta_of(ratio))))
    simulated, analytic = sweep_curves(points)
    assert simulated.curve == "simulated_power_by_hazard_ratio"
    assert simulated.x.tolist() == [0.7, 0.8, 0.9]
    assert (np.diff(simulated.y) < 0).all()
    counts = simulated.y * 4096
    limits = [wilson(round(count), 4096) for count in counts]
    np.testing.assert_allclose(simulated.lower, [one.lower for one in limits], rtol=1e-9)
    np.testing.assert_allclose(simulated.upper, [one.upper for one in limits], rtol=1e-9)
    near = np.interp(simulated.x, analytic.x, analytic.y)
    assert (np.abs(near - simulated.y) < 0.04).all()
    rows = [row for study, sums in points for row in statistics_of(study, sums)]
    assert len({row.id for row in rows}) == len(rows), "points of a sweep are told apart"


@pytest.mark.parametrize("seed", range(3))
def test_bins_hold_their_values(seed):
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(7.0, 1.0, 20_000))
    edges = time_edges()
    assert edges.size == TIME_BINS + 1
    assert (np.diff(edges) / edges[:-1]).max() <= 1 / 256
    inside = values[(values >= edges[0]) & (values < edges[-1])]
    expected, _ = np.histogram(inside, bins=edges)
    np.testing.assert_array_equal(time_bins(inside), expected)
    assert time_bins(np.array([0.0, 1e9])).nonzero()[0].tolist() == [0, TIME_BINS - 1]
    for probability in (0.05, 0.5, 0.95):
        found = quantile(time_bins(inside), edges, probability, (inside.min(), inside.max()))
        assert found == pytest.approx(np.quantile(inside, probability), rel=0.01)
    bins = LinearBins(0.004)
    some = rng.normal(-0.3, 0.5, 2000)
    expected, _ = np.histogram(some, bins=bins.edges)
    np.testing.assert_array_equal(bins.counts(some), expected)
    far = bins.counts(np.array([-1e300, 1e300]))
    assert far.nonzero()[0].tolist() == [0, ESTIMATE_BINS - 1]


def test_a_quantile_of_trials_at_one_date_is_that_date():
    counts = time_bins(np.full(100, 731.0))
    assert quantile(counts, time_edges(), 0.5, (731.0, 731.0)) == 731.0
    assert math.isnan(quantile(np.zeros(TIME_BINS, dtype=np.int64), time_edges(), 0.5, (math.inf, -math.inf)))
