"""Monte Carlo errors are right: over many short runs every row varies as much as it says."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise.results import Results
from equipoise.simulation.accumulate import Accumulator
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
RUNS, TRIALS = 120, 1000
# Dates of the last look have an atom, at the latest date, and a gap before it: no density, no error there.
ODD = {("look_time_quantile", 2, "0.95"), ("duration_quantile", None, "0.95")}
# Errors of standard deviations are those of normal values. Estimates and dates when testing ends are mixtures of two.
NORMAL_ONLY = {"sd_estimate", "duration_sd", "look_time_sd"}


@pytest.fixture(autouse=True)
def _truth(monkeypatch):
    monkeypatch.setattr("equipoise.simulation.true_curve.explained_true_value", synthetic.true_value)


def test_every_row_varies_as_much_as_its_error_says():
    study = synthetic.study_of(second=True)
    theta = synthetic.theta_of(synthetic.TRUE)
    values, errors, ids = defaultdict(list), defaultdict(list), {}
    for run in range(RUNS):
        # Late trials have no adjusted estimates, whose errors are of the same formulas, and are slow.
        outcome = synthetic.outcome_of(ADJUSTED_TRIALS, TRIALS, theta, second=True, seed=100 + run)
        sums = Accumulator.of(study, outcome, synthetic.decide(study, outcome))
        for row in rows_of(study, sums):
            if row.se is not None and row.value is not None:
                # Errors of ratios are on the log scale.
                log = row.key.statistic in ("mean_estimate", "true_value")
                values[row.id].append(math.log(row.value) if log else row.value)
                errors[row.id].append(row.se)
                ids[row.id] = row.key
    wrong, checked = [], set()
    for name, key in ids.items():
        if (key.statistic, key.look, key.group("probability")) in ODD or key.statistic in NORMAL_ONLY:
            continue
        spread, said = np.std(values[name], ddof=1), float(np.mean(errors[name]))
        if spread == 0.0:
            continue  # always the same, such as the number of patients at the end
        checked.add(key.statistic)
        # The spread of 120 runs is known to 6.5%; 4 of these errors, and what a short run's own error is wrong by.
        if not 0.7 < spread / said < 1.4:
            wrong.append((name, spread, said))
    assert wrong == []
    assert checked >= {
        "power", "power_ignoring_futility", "stop_efficacy", "stop_futility", "stop_neither", "cumulative_power",
        "disjunctive_power", "conjunctive_power", "expected_events", "expected_patients", "expected_duration",
        "look_time", "look_time_quantile", "look_events", "look_patients", "reached_events", "mean_z", "sd_z",
        "mean_estimate", "bias", "median_bias", "coverage", "above_true", "duration_quantile", "tested_share",
    }  # fmt: skip


def test_differences_of_restricted_means_are_in_the_trials_unit(monkeypatch):
    def two_months(study, h, day):
        return synthetic.SimpleNamespace(value=2.0 * 30.4375, reason="")

    monkeypatch.setattr("equipoise.simulation.true_curve.explained_true_value", two_months)
    ratio = synthetic.study_of()
    tested = replace(ratio.tested[0], estimate_name="rmst_difference", kind="rmst", estimate_method="kaplan_meier.rmst",
                     method="rmst.difference")  # fmt: skip
    study = synthetic.study_of(tested=(tested,))
    outcome = synthetic.outcome_of(0, 4096, 0.28)
    days = 3.0 * 30.4375 + 20.0 * outcome.estimate
    outcome = outcome._replace(estimate=days, se=20.0 * outcome.se)
    results = Results.of(statistics_of(study, Accumulator.of(study, outcome, synthetic.decide(study, outcome))))
    mean = results.one(statistic="mean_estimate", look=2, groups=(), method="kaplan_meier.rmst")
    assert mean.unit == "months"
    assert mean.value == pytest.approx(days[:, 1].mean() / 30.4375, rel=1e-12)
    assert mean.se == pytest.approx(days[:, 1].std(ddof=1) / 30.4375 / 64.0, rel=1e-9)
    bias = results.one(statistic="bias", look=2, groups=(), method="kaplan_meier.rmst")
    assert bias.value == pytest.approx(days[:, 1].mean() / 30.4375 - 2.0, rel=1e-9)
    curve = next(c for c in results.curves if c.curve == "estimate_by_look")
    assert curve.y[1] == pytest.approx(np.median(days[:, 1]) / 30.4375, rel=0.01)
    median = results.one(statistic="median_bias", method="kaplan_meier.rmst")
    assert median.unit == "months"
