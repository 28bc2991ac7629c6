"""Means of simulated estimates against their true values: the generator, the looks and the integrals share no code.

Five hundred trials tell a mean within about 0.03 at four standard errors; what finite trials add to the limit is an
order below.
"""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.protocol import loads_protocol
from equipoise.simulation.engine import unit
from equipoise.simulation.study import study_of
from equipoise.simulation.true_curve import true_curve
from equipoise.simulation.truth import explained_true_value, true_value

TRIALS = 500
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
  main:
    {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [stage]}, estimate: {kind: cox, strata: [stage]}}
  pooled: {endpoint: pfs, population: itt}
  mean: {endpoint: pfs, population: itt}
  time: {endpoint: pfs, population: itt}
  os: {endpoint: os, population: itt}
  rate: {endpoint: orr, population: itt}
hypotheses:
  h_pfs: {analysis: main, alpha_one_sided: 0.01}
  h_pool: {analysis: pooled, alpha_one_sided: 0.01}
  h_mean: {analysis: mean, alpha_one_sided: 0.01}
  h_time: {analysis: time, alpha_one_sided: 0.01}
  h_os: {analysis: os, alpha_one_sided: 0.01}
  h_orr: {analysis: rate, alpha_one_sided: 0.01}
scenarios:
  plan:
    enrollment: {patients: 500, duration: 20}
    dropout: {hazard: 0.01}
    strata:
      early: {share: 0.6, levels: {stage: III}}
      late: {share: 0.4, levels: {stage: IV}}
    endpoints:
      pfs: {old: {median: 8}, new: {hazard_ratio: [{until: 4, value: 1}, {value: 0.5}]}}
      os: {old: {median: 20}, new: {hazard_ratio: 0.6}}
      orr: {old: {rate: 0.3}, new: {strata: {early: {rate: 0.4}, late: {rate: 0.6}}}}
  shapes:
    extends: plan
    strata: {early: {closes: 15}, late: {opens: 3}}
    wrong_strata: 0.2
    endpoints:
      pfs:
        old: {strata: {early: {weibull: {shape: 1.3, median: 14}, cure: 0.1},
                       late: {log_logistic: {shape: 0.8, median: 5}, frailty: 0.4}}}
        new: {strata: {early: {hazard_ratio: [{until: 3, value: 1.2}, {value: 0.5}]}, late: {hazard_ratio: 0.7}}}
  course:
    extends: plan
    enrollment: {arrivals: poisson}
    courses:
      disease:
        progression_free: pfs
        survival: os
        frailty: 0.3
        arms:
          old: {progression_free_median: 6, survival_median: 15, deaths_first: 0.2}
          new: {hazard_ratio: {progression: 0.6}, switching: {probability: 0.3, hazard_ratio: 0.8}}
    scans: {pfs: {every: [{until: 8, value: 2}, {value: 3}], missed: 0.1}}
design:
  h_pfs: {assume: plan, looks: [{at: 30}]}
  h_pool: {assume: plan, looks: [{at: 18}]}
  h_mean: {assume: plan, looks: [{at: 26}], statistic: {kind: rmst, time: 12}}
  h_time: {assume: plan, looks: [{at: 26}], statistic: {kind: milestone, time: 9}}
  h_os: {assume: plan, looks: [{at: 32}]}
  h_orr: {assume: plan, looks: [{information: 1}]}
"""


@pytest.mark.parametrize("resolution", ["day", "continuous"])
@pytest.mark.parametrize("scenario", ["plan", "shapes", "course"])
def test_estimates_are_about_their_true_values(scenario, resolution):
    study = study_of(loads_protocol(TRIAL), scenario=scenario, resolution=resolution)
    outcome = unit(study, 0, TRIALS)
    for h, tested in enumerate(study.tested):
        (k,) = tested.ks
        estimate = outcome.estimate[:, k]
        known = estimate[np.isfinite(estimate)]
        assert known.size > 0.95 * TRIALS, tested.hypothesis
        true = true_value(study, h, float(np.median(outcome.cut[:, k])))
        error = known.std() / np.sqrt(known.size)
        assert abs(known.mean() - true) < 4.0 * error, (tested.hypothesis, known.mean(), true, error)


@pytest.mark.parametrize("scenario", ["plan", "shapes", "course"])
def test_true_values_between_dates(scenario):
    """Straight lines between dates are closer than what 100,000 trials can tell."""
    study = study_of(loads_protocol(TRIAL), scenario=scenario, resolution="continuous")
    curve = true_curve(study, 0)
    assert (np.diff(curve.dates) > 0.0).all()
    assert curve.dates.size <= 200
    for date in np.linspace(500.0, 1700.0, 25):
        assert np.interp(date, curve.dates, curve.values) == pytest.approx(true_value(study, 0, date), abs=1e-4)
    # what does not depend on the date is found by three of them, a difference by one
    for h in (2, 5):
        (same,) = set(true_curve(study, h).values.tolist())
        assert same == true_value(study, h, 800.0)


def test_there_is_none_before_anybody_is_enrolled():
    study = study_of(loads_protocol(TRIAL), scenario="plan")
    assert explained_true_value(study, 0, 0.0).reason == "nobody is expected to be enrolled by the data cut"
    assert true_curve(study, 0).reason == ""
