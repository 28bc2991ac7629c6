"""Means, information, correlations and power against simulated trials: benchmarks/design_simulation.py, frozen.

The simulation shares nothing with the design room. Its large trials (ten of a million patients) give the limits that
the formulas are about; its million trials of the size planned show how far off the limits are there: a power is met
within one and a half points.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.expected import expected
from equipoise.design.information import (
    FlemingHarrington,
    LogRank,
    MaxCombo,
    Milestone,
    ModestlyWeighted,
    RestrictedMean,
    information,
)
from equipoise.design.max_combo_information import max_combo_power

DATA = json.loads((Path(__file__).parents[1] / "reference" / "design_simulation.json").read_text())
WEIGHTS = {"log_rank": (0, 0), "fh_0_1": (0, 1), "fh_1_0": (1, 0), "fh_1_1": (1, 1), "fh_0_half": (0, 0.5)}
NAMES = (*WEIGHTS, "modest", "rmst", "milestone")


def steps(ends, values):
    return Steps(tuple(e if e < 1e8 else math.inf for e in ends), values)


def trial(scenario):
    patients = sum(group[2] for group in scenario["groups"])
    return Assumptions(
        Accrual(steps(*scenario["accrual"]), patients),
        tuple(
            Group(arm, stratum, n / patients, steps(ends, hazards), cure, Steps.constant(loss))
            for arm, stratum, n, ends, hazards, cure, loss in scenario["groups"]
        ),
    )


def statistic(name, scenario):
    if name == "log_rank":
        return LogRank("score")
    if name in WEIGHTS:
        return FlemingHarrington(*WEIGHTS[name])
    tau = scenario["tau"]
    return {"modest": ModestlyWeighted(scenario["t_star"]), "rmst": RestrictedMean(tau), "milestone": Milestone(tau)}[
        name
    ]


def all_cases(*which):
    return [(case, name) for case in DATA for name in which]


def found(case, name):
    scenario = DATA[case]["scenario"]
    return information(trial(scenario), statistic(name, scenario), scenario["looks"])


@pytest.mark.parametrize("case", DATA)
def test_expected_events(case):
    one = DATA[case]
    events = expected(trial(one["scenario"]), one["scenario"]["looks"]).events
    assert events == pytest.approx(one["events"], rel=5 / math.sqrt(one["trials"]))


@pytest.mark.parametrize(("case", "name"), all_cases(*NAMES))
def test_limits(case, name):
    k, limits, info = NAMES.index(name), DATA[case]["limits"], found(case, name)
    # Ten trials: their spread is known to a quarter only.
    for values, key in ((info.mean, "mean"), (info.information, "information")):
        truth, error = (np.array(limits[part])[:, k] for part in (key, f"{key}_error"))
        assert np.abs(np.subtract(values, truth)) == pytest.approx(np.zeros(2), abs=float(6 * error.max()))
        assert error.max() < 0.012 * np.abs(truth).max()


@pytest.mark.parametrize(("case", "name"), all_cases(*NAMES))
def test_power_in_trials_of_the_size_planned(case, name):
    k, one, info = NAMES.index(name), DATA[case], found(case, name)
    assert float(ndtr(info.mean[1] - 1.959963984540054)) == pytest.approx(one["power_196"][k], abs=0.015)
    assert info.mean == pytest.approx([row[k] for row in one["mean"]], abs=0.125)


@pytest.mark.parametrize(("case", "name"), all_cases("log_rank", "fh_0_1", "modest", "rmst"))
def test_correlation_of_looks(case, name):
    info = found(case, name)
    truth = DATA[case]["correlation_of_looks"][NAMES.index(name)]
    # Early weights from few events vary: with a delayed effect the correlation of a trial is a little lower.
    assert math.sqrt(info.fractions[0]) == pytest.approx(truth, abs=0.035)


@pytest.mark.parametrize("case", DATA)
def test_max_combo(case):
    one = DATA[case]
    scenario, simulated = one["scenario"], one["max_combo"]
    combo = MaxCombo(tuple(WEIGHTS[name] for name in simulated["components"]))
    info = information(trial(scenario), combo, scenario["looks"])
    assert info.correlation == pytest.approx(np.array(simulated["correlation"]), abs=0.035)
    assert max_combo_power(info, scenario["bounds"]).reject_h1 == pytest.approx(simulated["reject"], abs=0.016)
