"""Means and information against lrstat, gsDesign2, gsDesign and rpact (tests/reference, with provenance)."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.expected import time_of_events, times_of_events
from equipoise.design.information import FlemingHarrington, LogRank, Milestone, RestrictedMean, information
from equipoise.kernels.group_sequential import crossing_probabilities

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = {case["id"]: case for case in json.loads((REFERENCE / "design_information.json").read_text())["cases"]}
INF = math.inf
MEDIAN = math.log(2) / 29.1


def trial(accrual, control, experimental, *, ends=(INF,), ratio=1.0, dropout=0.0):
    lost = Steps.constant(dropout)
    return Assumptions(
        accrual,
        (
            Group("control", "", 1 / (1 + ratio), Steps(ends, control), 0.0, lost),
            Group("experimental", "", ratio / (1 + ratio), Steps(ends, experimental), 0.0, lost),
        ),
    )


def power(info, alpha):
    """Of one look."""
    return float(ndtr((info.mean[-1] - ndtri(1 - alpha)) / info.spread[-1]))


def test_score_with_late_weights_of_lrstat():
    out = CASES["lr_lrstat_pw_delay_FH01"]["outputs"]
    accrual = Accrual(Steps((6.0, 24.0), (6.0, 14.0)), 288)
    made = trial(accrual, (0.05, 0.04), (0.05, 0.02), ends=(6.0, INF), dropout=0.005)
    found = information(made, FlemingHarrington(0, 1), out["time"])
    assert found.information == pytest.approx(out["vscore"], rel=1e-12)
    # lrstat's statistic is negative for a benefit.
    assert found.mean == pytest.approx(np.negative(out["logRankZ"]), rel=1e-12)
    assert np.multiply(found.mean, np.sqrt(found.information)) == pytest.approx(np.negative(out["uscore"]), rel=1e-12)
    assert found.enrolled == pytest.approx(out["subjects"], rel=1e-12)


def test_power_of_a_delayed_effect_of_lrstat():
    out = CASES["lr_lrpower_delay"]["outputs"]["byStageResults"]
    accrual = Accrual(Steps((6.0, 24.0), (8.0, 20.0)), 408)
    made = trial(accrual, (0.06, 0.05), (0.06, 0.03), ends=(4.0, INF), dropout=0.005)
    times = times_of_events(made, out["numberOfEvents"])
    assert times == pytest.approx(out["analysisTime"], rel=1e-9)
    found = information(made, LogRank("score"), times)
    assert found.information == pytest.approx(out["information"], rel=1e-9)
    assert found.effect == pytest.approx(out["HR"], rel=1e-8)
    stops = crossing_probabilities(found.information, out["efficacyBounds"], None, found.mean).upper
    assert stops == pytest.approx(out["rejectPerStage"], abs=1e-6)
    assert stops.sum() == pytest.approx(out["cumulativeRejection"][-1], abs=1e-6)


@pytest.mark.parametrize(
    ("case", "statistic", "difference"),
    [("lr_kmpower", Milestone(24), "survDiff"), ("lr_rmpower", RestrictedMean(24), "rmstDiff")],
)
def test_kaplan_meier_differences_of_lrstat(case, statistic, difference):
    stages, overall = (CASES[case]["outputs"][name] for name in ("byStageResults", "overallResults"))
    made = trial(Accrual(Steps((INF,), (20.0,)), 480), (MEDIAN,), (0.75 * MEDIAN,), dropout=0.005)
    found = information(made, statistic, 54)
    assert found.effect[0] == pytest.approx(overall[difference], rel=1e-10)
    assert found.information[0] == pytest.approx(stages["information"], rel=1e-10)
    assert found.events[0] == pytest.approx(stages["numberOfEvents"], rel=1e-10)
    assert power(found, 0.025) == pytest.approx(overall["overallReject"], abs=1e-9)


def test_average_hazard_ratio_of_gsdesign2():
    out = CASES["gsd2_ahr"]["outputs"]
    made = trial(
        Accrual(Steps((6.0, 30.0), (8.0, 20.0)), 528), (0.06, 0.05), (0.06, 0.03), ends=(4.0, INF), dropout=0.005
    )
    found = information(made, LogRank("average_hazard_ratio", "mixed"), out["time"])
    assert found.effect == pytest.approx(out["ahr"], rel=1e-12)
    assert found.events == pytest.approx(out["event"], rel=1e-12)
    assert found.information == pytest.approx(out["info"], rel=1e-12)
    assert found.null_information == pytest.approx(out["info0"], rel=1e-12)
    assert found.mean == pytest.approx(-np.log(out["ahr"]) * np.sqrt(out["info"]), rel=1e-12)
    for kind, one in (("null", "info0"), ("alternative", "info")):
        other = information(made, LogRank("average_hazard_ratio", kind), out["time"])
        assert other.information == other.null_information == pytest.approx(out[one], rel=1e-12)


def test_a_design_of_gsdesign2():
    out = CASES["gsd2_gs_design_ahr"]["outputs"]
    rates = out["enroll"]["rate"]
    patients = 6 * rates[0] + 24 * rates[1]
    made = trial(
        Accrual(Steps((6.0, 30.0), rates), patients), (0.06, 0.05), (0.06, 0.03), ends=(4.0, INF), dropout=0.005
    )
    table = out["analysis"]
    times = times_of_events(made, table["event"])
    # gsDesign2 finds times by a root finder that stops at about 1e-5.
    assert times == pytest.approx(table["time"], rel=1e-5)
    found = information(made, LogRank("average_hazard_ratio", "mixed"), times)
    assert found.effect == pytest.approx(table["ahr"], rel=1e-6)
    assert found.enrolled == pytest.approx(table["n"], rel=1e-5)
    # It takes the fractions of events, and at the last look the information under the alternative.
    assert found.fractions == pytest.approx(table["info_frac0"], rel=1e-9)
    assert found.information[-1] == pytest.approx(table["info"][-1], rel=1e-6)
    scale = np.multiply(found.fractions, found.information[-1])
    mean = -np.log(found.effect) * np.sqrt(scale)
    stops = np.cumsum(crossing_probabilities(scale, out["bound"]["z"], None, mean).upper)
    assert stops == pytest.approx(out["bound"]["probability"], abs=1e-5)


@pytest.mark.parametrize(
    ("case", "method"),
    [
        ("nsurv_Schoenfeld_r1", "schoenfeld"),
        ("nsurv_Freedman_r2", "freedman"),
        ("nsurv_LachinFoulkes_r1", "lachin_foulkes"),
        ("nsurv_BernsteinLagakos_r1", "bernstein_lagakos"),
        ("nsurv_pw", "lachin_foulkes"),
    ],
)
def test_sizes_of_gsdesign_have_their_power(case, method):
    args, out = CASES[case]["inputs"], CASES[case]["outputs"]
    durations, rates = np.atleast_1d(args["R"]).astype(float), np.ravel(out["gamma"])
    durations[-1] = args["T"] - args["minfup"] - durations[:-1].sum()
    accrual = Accrual(Steps(np.cumsum(durations), rates), float(durations @ rates))
    hazard = np.atleast_1d(args["lambdaC"])
    ends = (*np.cumsum(args.get("S", [])), INF)
    made = trial(accrual, hazard, args["hr"] * hazard, ends=ends, ratio=args["ratio"], dropout=args["eta"])
    found = information(made, LogRank(method), out["T"])
    assert found.events[0] == pytest.approx(out["d"], rel=1e-7)
    assert found.enrolled[0] == pytest.approx(out["n"], rel=1e-7)
    assert power(found, args["alpha"]) == pytest.approx(1 - args["beta"], abs=1e-6)


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("ss_")])
def test_fixed_numbers_of_events_of_rpact(case):
    inputs, out = CASES[case]["inputs"], CASES[case]["outputs"]
    args, design = inputs["args"], inputs["design"]
    method = {"Schoenfeld": "schoenfeld", "Freedman": "freedman", "HsiehFreedman": "hsieh_freedman"}
    ratio, hr = args.get("allocationRatioPlanned", 1), args.get("hazardRatio", 1.0)
    made = trial(Accrual(Steps((24.0,), (1000.0,)), 24000.0), (0.03,), (0.03 * hr,), ratio=ratio)
    statistic = LogRank(method[args.get("typeOfComputation", "Schoenfeld")], margin=args.get("thetaH0", 1.0))
    found = information(made, statistic, time_of_events(made, out["eventsFixed"]))
    assert power(found, design["alpha"]) == pytest.approx(1 - design["beta"], abs=1e-9)
    # with looks, the drift is that of the inflated number
    most = information(made, statistic, time_of_events(made, out["maxNumberOfEvents"]))
    assert most.mean[0] / found.mean[0] == pytest.approx(
        math.sqrt(out["maxNumberOfEvents"] / out["eventsFixed"]), rel=1e-12
    )


@pytest.mark.parametrize("column", range(4))
def test_power_over_hazard_ratios_of_rpact(column):
    out = CASES["ps_3look_hrs"]["outputs"]
    hr = out["hazardRatio"][column]
    made = trial(Accrual(Steps((49.0,), (518 / 49,)), 518.0), (MEDIAN,), (hr * MEDIAN,))
    found = information(made, LogRank(), times_of_events(made, np.ravel(out["eventsPerStage"])))
    bounds = -ndtri(np.ravel(out["criticalValuesPValueScale"]))
    stops = crossing_probabilities(found.information, bounds, None, found.mean).upper
    # rpact stops for futility at z = -6, which takes 1e-9.
    assert stops == pytest.approx([row[column] for row in out["rejectPerStage"]], abs=1e-7)


@pytest.mark.parametrize(("method", "events"), [("schoenfeld", 380.8), ("freedman", 386.0)])
def test_two_looks_at_a_hazard_ratio_of_three_quarters(method, events):
    # What 80% power needs with two looks of the O'Brien-Fleming type is inflated by 1.003725 (rpact).
    out = CASES["ss_2look_Schoenfeld_r1"]["outputs"]
    inflation = out["maxNumberOfEvents"] / out["eventsFixed"]
    drift = (ndtri(0.975) + ndtri(0.8)) * math.sqrt(inflation)
    made = trial(Accrual(Steps((49.0,), (518 / 49,)), 518.0), (MEDIAN,), (0.75 * MEDIAN,))
    one = information(made, LogRank(method), time_of_events(made, 100.0)).mean[0]
    assert 100 * (drift / one) ** 2 == pytest.approx(events, abs=0.05)
