"""Decisions of tests whose information is not counted in events, of MaxCombo, and of hypotheses without a design."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.design.efficacy import Spend
from equipoise.design.spending import OBrienFlemingType
from equipoise.kernels.max_combo import max_combo
from equipoise.monitoring.boundaries import MonitoredDesign, next_bound
from equipoise.protocol import loads_protocol
from equipoise.simulation.adjusted import adjusted_estimates
from equipoise.simulation.bounds import rules_of
from equipoise.simulation.decisions import decide
from equipoise.simulation.engine import unit
from equipoise.simulation.largest import largest_bounds, largest_by_correlation
from equipoise.simulation.study import study_of

HEAD = """\
equipoise: 1
trial: {id: T, title: T}
time: {unit: months, data_unit: days, resolution: continuous}
arms: {a: {label: A, role: experimental}, b: {label: B, role: control}}
populations: {itt: {arm: planned, where: "ITTFL = 'Y'"}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  orr: {kind: response, label: ORR, source: {table: ADRS, PARAMCD: CBOR}, responders: [CR, PR], denominator: itt}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: TEST}, estimate: {kind: cox}}
  orr_main: {endpoint: orr, population: itt}
hypotheses: {h: {analysis: WHICH, alpha_one_sided: 0.025}OTHER}
scenarios:
  planned:
    enrollment: {patients: 200, duration: 24}
    dropout: {hazard: 0.01}
    endpoints:
      pfs: {b: {median: 12}, a: {hazard_ratio: 0.6}}
      orr: {b: {rate: 0.3}, a: {rate: 0.5}}
design:
  h: {assume: planned, solve: power, efficacy: {spending: obrien_fleming}, STATISTIClooks: [LOOKS]}
"""
TRIALS = 64


def simulated(test="log_rank", which="pfs_main", statistic="", looks="{at: 22}, {at: 40}", other="", trials=TRIALS):
    text = HEAD.replace("TEST", test).replace("WHICH", which).replace("LOOKS", looks).replace("OTHER", other)
    study = study_of(loads_protocol(text.replace("STATISTIC", f"statistic: {statistic}, " if statistic else "")))
    outcome = unit(study, 0, trials)
    return study, outcome, decide(study, outcome)


@pytest.mark.parametrize(
    ("test", "which", "statistic", "looks", "unit_of"),
    [
        ("fleming_harrington, rho: 0, gamma: 0.5", "pfs_main", "", "{at: 22}, {at: 40}", 1.0),
        ("log_rank", "pfs_main", "{kind: rmst, time: 18}", "{at: 26}, {at: 40}", 30.4375**-2),
        ("log_rank", "pfs_main", "{kind: milestone, time: 12}", "{at: 22}, {at: 40}", 1.0),
        ("log_rank", "orr_main", "", "{information: 0.5}, {information: 1}", 1.0),
    ],
    ids=["weighted", "rmst", "milestone", "rate"],
)
def test_information_is_that_of_the_statistic(test, which, statistic, looks, unit_of):
    study, outcome, found = simulated(test, which, statistic, looks)
    planned = [one * unit_of for one in study.tested[0].plan.information.null_information]
    design = MonitoredDesign(tuple(planned), 0.025, Spend(OBrienFlemingType()))
    # What was planned and what was seen are of one scale.
    assert outcome.information[:, 1].mean() == pytest.approx(planned[1], rel=0.1)
    going = 0
    for t in range(TRIALS):
        first, last = outcome.information[t]
        if not outcome.held[t, 0] or not math.isfinite(outcome.z[t, 0]) or first >= planned[1] or last <= first:
            continue
        one = next_bound(design, [], first, planned=1)
        assert found.bound[t, 0] == pytest.approx(one.efficacy_z, abs=1e-8)
        if found.stopped[t, 0] == 2:
            going += 1
            two = next_bound(design, [one], last, planned=2)
            assert found.bound[t, 1] == pytest.approx(two.efficacy_z, abs=1e-8)
            assert (found.rejected[t, 0] == 2) == (outcome.z[t, 1] >= two.efficacy_z)
    assert going > 20


def test_max_combo_has_the_bounds_of_its_plan():
    study, outcome, found = simulated("max_combo")
    tested = study.tested[0]
    bounds = tested.plan.probabilities.boundaries.efficacy
    at_first = outcome.z[:, 0] >= bounds[0]
    assert np.array_equal(found.rejected[:, 0] == 1, at_first)
    assert np.array_equal(found.rejected[:, 0] == 2, ~at_first & (outcome.z[:, 1] >= bounds[1]))
    assert (found.bound[:, 0] == bounds[0]).all()
    assert np.isnan(adjusted_estimates(study, outcome, found).estimate).all()
    lower = largest_bounds(rules_of(study.protocol, tested), 0.01)
    assert lower[0] > bounds[0]
    assert lower[1] > bounds[1]


def test_without_a_design_there_is_one_look():
    other = ", h2: {analysis: orr_main, after: [h]}"
    study, outcome, found = simulated(other=other, looks="{at: 30}, {at: 40}")
    k = study.tested[1].ks[0]
    opened = found.rejected[:, 0] == 2
    assert opened.any()
    # Its only look is at the last cut of the first.
    assert np.array_equal(
        found.rejected[:, 1] == 1, (found.rejected[:, 0] > 0) & (outcome.z[:, k] >= 1.959963984540054)
    )
    assert found.bound[opened, k] == pytest.approx(1.959963984540054, abs=1e-12)
    assert (found.stopped[found.rejected[:, 0] == 0, 1] == 0).all()


def test_max_combo_without_a_plan_is_decided_as_an_analysis_does():
    rng = np.random.default_rng(4)
    z, covariance, said = [], [], []
    for _ in range(60):
        time, arm = rng.exponential(1.0, 80), np.resize([0, 1], 80)
        time[arm == 1] *= rng.uniform(1.0, 2.2)
        one = max_combo(time, np.ones(80), arm)
        z.append(one.z_max)
        covariance.append(one.correlation * np.outer([3.0, 1.0, 2.0, 0.5], [3.0, 1.0, 2.0, 0.5]))
        said.append(one.p_one_sided < 0.025)
    found = largest_by_correlation(np.array(covariance), np.array(z), 0.025)
    assert np.array_equal(np.array(z) >= found, said)
    assert 5 < sum(said) < 55
    assert any(-1.96 < -value < -1.0 for value in z)
