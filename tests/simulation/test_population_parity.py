"""What the generator's arrays say, read back as distributions, is what the scenario declares."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.protocol import loads_protocol
from equipoise.simulation.course_curves import CourseCurve, hazards_of
from equipoise.simulation.distributions import law_of
from equipoise.simulation.population import arm_shares, curve_of, dropout_of, enrolment_of, recorded_as
from equipoise.simulation.truth_arrays import endpoints_of, truth_arrays

MONTH = 30.4375
TRIAL = """\
equipoise: 1
trial: {id: DEMO, title: A demonstration}
arms:
  new: {label: New treatment, role: experimental, ratio: 2}
  old: {label: Old treatment, role: control}
factors:
  stage: {label: Stage, column: STAGE, levels: [III, IV]}
populations: {itt: {arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: Progression-free survival, source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: Overall survival, source: {table: ADTTE, PARAMCD: OS}}
  orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: BOR}, denominator: itt}
analysis:
  main: {endpoint: pfs, population: itt}
hypotheses:
  h_pfs: {analysis: main, alpha_one_sided: 0.025}
scenarios:
  shapes:
    enrollment: {patients: 400, per_month: [{until: 6, rate: 10}, {until: 8, rate: 0}, {rate: 20}]}
    dropout: {probability: 0.1, by: 12, arms: {new: {hazard: [{until: 3, value: 0.02}, {value: 0}]}}}
    strata:
      early: {share: 0.6, levels: {stage: III}, closes: 30}
      late: {share: 0.4, levels: {stage: IV}, opens: 3}
    wrong_strata: 0.1
    endpoints:
      pfs:
        old:
          strata:
            early: {weibull: {shape: 1.3, median: 20}, cure: 0.1}
            late: {log_logistic: {shape: 0.8, median: 9}, frailty: 0.4}
        new:
          strata:
            early: {hazard_ratio: [{until: 3, value: 1.2}, {until: 9, value: 0.5}, {value: 0.8}]}
            late: {hazard_ratio: 0.7, frailty: 0}
      os:
        old: {hazard: [{until: 6, value: 0.02}, {value: 0.05}], cure: 0.2, frailty: 1.5}
        new: {weibull: {shape: 0.7, scale: 40}}
      orr: {old: {rate: 0.3}, new: {strata: {early: {rate: 0.4}, late: {rate: 0.6}}}}
  course:
    enrollment: {patients: 300, duration: 20, arrivals: fixed}
    courses:
      disease:
        progression_free: pfs
        survival: os
        frailty: 0.3
        arms:
          old: {progression_free_median: 6, survival_median: 15, deaths_first: 0.2}
          new:
            hazard_ratio: {progression: 0.6}
            switching: {probability: 0.3, hazard_ratio: 0.8}
  steps:
    extends: course
    courses:
      disease:
        arms:
          new:
            progression: [{until: 4, value: 0.1}, {value: 0.05}]
            death: [{until: 6, value: 0}, {value: 0.01}]
            death_after: 0.08
"""
AT = np.array([1.0, 20.0, 95.0, 300.0, 1000.0, 4000.0])


@pytest.fixture(scope="module")
def protocol():
    return loads_protocol(TRIAL)


@pytest.mark.parametrize("endpoint", ["pfs", "os"])
def test_laws_are_those_of_the_scenario(protocol, endpoint):
    truth = truth_arrays(protocol, "shapes")
    row = endpoints_of(protocol, "shapes").row(endpoint)
    arms = protocol.scenarios["shapes"].endpoints[endpoint]
    for a, arm in enumerate(protocol.arms):
        for s, stratum in enumerate(("early", "late")):
            own = curve_of(truth, row, a, s)
            declared = law_of(arms, arm, "old", stratum, unit=MONTH)
            np.testing.assert_allclose(own.survival(AT), declared.survival(AT), rtol=1e-12)
            np.testing.assert_allclose(own.density(AT), declared.density(AT), rtol=1e-11)


def test_under_the_null_hypothesis_arms_are_alike(protocol):
    truth = truth_arrays(protocol, "shapes", under="h0")
    for row in (0, 1):
        for s in (0, 1):
            new, old = (curve_of(truth, row, a, s).survival(AT) for a in (0, 1))
            np.testing.assert_array_equal(new, old)
    # losses stay those of the arm
    assert dropout_of(truth, 0) != dropout_of(truth, 1)
    np.testing.assert_array_equal(truth.rate[0, 0], truth.rate[0, 1])


@pytest.mark.parametrize("scenario", ["course", "steps"])
def test_courses_are_those_of_the_scenario(protocol, scenario):
    truth = truth_arrays(protocol, scenario)
    course = protocol.scenarios[scenario].courses["disease"]
    for a, arm in enumerate(protocol.arms):
        hazards = hazards_of(course, arm, "old", unit=MONTH)
        for row, death in ((0, False), (1, True)):
            own = curve_of(truth, row, a, 0)
            np.testing.assert_allclose(own.survival(AT), CourseCurve(hazards, death).survival(AT), rtol=1e-11)


def test_what_is_varied(protocol):
    arms = protocol.scenarios["shapes"].endpoints["pfs"]
    truth = truth_arrays(protocol, "shapes", vary=(("hazard_ratio", 0.5), ("dropout", 0.03)))
    for s, stratum in enumerate(("early", "late")):
        old = law_of(arms, "old", "old", stratum, unit=MONTH)
        new = curve_of(truth, 0, 0, s)
        np.testing.assert_allclose(new.cumulative(AT), 0.5 * old.cumulative(AT), rtol=1e-12)
    np.testing.assert_allclose(dropout_of(truth, 1).survival(AT), np.exp(-0.03 / MONTH * AT), rtol=1e-13)
    faster = enrolment_of(truth_arrays(protocol, "shapes", vary=(("accrual", 2.0),)))
    slower = enrolment_of(truth_arrays(protocol, "shapes"))
    assert faster.before(np.array([100.0])).sum() == pytest.approx(2.0 * slower.before(np.array([100.0])).sum())
    varied = truth_arrays(protocol, "shapes", vary=(("control_median", 8.0),))
    enrolled = np.array([0.6, 0.4])
    alive = sum(share * curve_of(varied, 0, 1, s).survival(8.0 * MONTH) for s, share in enumerate(enrolled))
    assert alive == pytest.approx(0.5, abs=1e-12)


def test_losses_and_enrolment(protocol):
    truth = truth_arrays(protocol, "shapes")
    assert float(dropout_of(truth, 1).survival(12 * MONTH)) == pytest.approx(0.9, rel=1e-12)
    assert float(dropout_of(truth, 0).survival(1e6)) == pytest.approx(math.exp(-0.06), rel=1e-12)
    np.testing.assert_allclose(arm_shares(truth), [2 / 3, 1 / 3])
    np.testing.assert_allclose(recorded_as(truth), [[0.9, 0.1], [0.1, 0.9]])
    enrolment = enrolment_of(truth)
    # 60 by month 6, nobody for two months, 20 a month then: all 400 after another 17; early alone for three months
    months = np.array([3.0, 6.0, 7.0, 8.0, 25.0, 99.0]) * MONTH
    np.testing.assert_allclose(enrolment.before(months).sum(axis=0), [30, 60, 60, 60, 400, 400], rtol=1e-12)
    np.testing.assert_allclose(enrolment.before(months)[1], [0, 12, 12, 12, 148, 148], rtol=1e-12, atol=1e-9)
    fixed = enrolment_of(truth_arrays(protocol, "course"))
    np.testing.assert_allclose(fixed.before(np.array([10 * MONTH, 20 * MONTH])), [[150.0, 300.0]])


def test_enrolment_that_ends_within_its_rates(protocol):
    """100 patients at 10 a month are in after ten months, whatever comes after."""
    text = TRIAL.replace("patients: 400, per_month: [{until: 6, rate: 10}, {until: 8, rate: 0}, {rate: 20}]",
                         "patients: 100, per_month: [{until: 20, rate: 10}, {until: 30, rate: 5}]")  # fmt: skip
    enrolment = enrolment_of(truth_arrays(loads_protocol(text), "shapes"))
    assert enrolment.edges[-1] == pytest.approx(10 * MONTH, rel=1e-12)
    assert enrolment.enrolled[:, -1].sum() == pytest.approx(100.0, rel=1e-12)
    # rates that end before all are in
    text = text.replace("patients: 100", "patients: 400")
    enrolment = enrolment_of(truth_arrays(loads_protocol(text), "shapes"))
    assert enrolment.edges[-1] == pytest.approx(30 * MONTH, rel=1e-12)
    assert enrolment.enrolled[:, -1].sum() == pytest.approx(250.0, rel=1e-12)
