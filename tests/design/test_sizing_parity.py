"""Sizes, times and power of whole designs, against rpact, gsDesign, gsDesign2 and lrstat (tests/reference)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.design import (
    Accrual,
    Assumptions,
    FutilityZ,
    Group,
    HwangShihDeCani,
    LogRank,
    LookRule,
    NoFutility,
    OBrienFlemingType,
    PocockType,
    Sized,
    Spend,
    SpendBeta,
    Steps,
    Test,
    design,
    info,
    power,
)
from equipoise.design.sizing import drift_for, scaled

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "reference" / "design_sizing.json").read_text())["cases"]
}
METHODS = {"Schoenfeld": "schoenfeld", "Freedman": "freedman", "HsiehFreedman": "hsieh_freedman"}
SPENDING = {"asOF": OBrienFlemingType(), "asP": PocockType()}


def _of(function: str) -> list[str]:
    return [name for name, case in CASES.items() if case["fn"] == function]


def _steps(starts: list[float], values: list[float]) -> Steps:
    return Steps((*(float(one) for one in starts[1:]), math.inf), tuple(float(one) for one in values))


def trial(
    accrual: Steps, patients: float, control: Steps, experimental: Steps, *, ratio: float = 1.0, dropout: float = 0.0
) -> Assumptions:
    loss, share = Steps.constant(dropout), ratio / (1.0 + ratio)
    groups = (
        Group("control", "", 1.0 - share, control, 0.0, loss),
        Group("experimental", "", share, experimental, 0.0, loss),
    )
    return Assumptions(Accrual(accrual, patients), groups)


def rpact_trial(args: dict[str, Any], ratio: float) -> Assumptions:
    starts = args.get("piecewiseSurvivalTime", [0])
    if "median2" in args:
        control = Steps.constant(math.log(2.0) / args["median2"])
        experimental = Steps.constant(math.log(2.0) / args["median1"])
    else:
        values = args["lambda2"] if isinstance(args["lambda2"], list) else [args["lambda2"]]
        control = _steps(starts, values)
        hazard_ratio = args["hazardRatio"]
        experimental = control.times(hazard_ratio)
    times = args["accrualTime"]
    rate = args.get("accrualIntensity")
    if rate is None:
        patients = args.get("maxNumberOfSubjects", 240.0)
        accrual = Steps((float(times[-1]),), (patients / times[-1],))
    else:
        accrual = Steps(tuple(float(one) for one in times[1:]), tuple(float(one) for one in rate))
        patients = float(np.dot(np.diff(times), rate))
    dropout = -math.log1p(-args["dropoutRate1"]) / args["dropoutTime"] if "dropoutRate1" in args else 0.0
    return trial(accrual, patients, control, experimental, ratio=ratio, dropout=dropout)


def rpact_test(declared: dict[str, Any]) -> Test:
    futility = declared.get("futilityBounds")
    return Test(
        declared["alpha"],
        Spend(SPENDING[declared.get("typeOfDesign", "asOF")]),
        FutilityZ(tuple(futility)) if futility else NoFutility(),
    )


def _rows(values: Any) -> list[float]:
    return [float(row[0]) if isinstance(row, list) else float(row) for row in values]


@pytest.mark.parametrize("name", _of("getSampleSizeSurvival"))
def test_rpact_sample_size(name):
    case = CASES[name]
    args, declared, out = case["inputs"]["args"], case["inputs"]["design"], case["outputs"]
    ratio = float(args.get("allocationRatioPlanned", 1))
    statistic = LogRank(METHODS[args.get("typeOfComputation", "Schoenfeld")], margin=float(args.get("thetaH0", 1.0)))
    assumptions, test = rpact_trial(args, ratio), rpact_test(declared)
    parts = declared.get("informationRates", [1.0])
    looks = [LookRule(fraction=part) for part in parts]
    if "followUpTime" in args:
        looks[-1] = LookRule(fraction=1.0, follow_up=float(args["followUpTime"]))
        sized = design(assumptions, statistic, looks, test, target=1.0 - declared["beta"], solve="patients")
        assert sized.exact == pytest.approx(out["maxNumberOfSubjects"], rel=1e-6)
    else:
        sized = design(assumptions, statistic, looks, test, target=1.0 - declared["beta"], solve="events")
    # rpact spends 0.02499999 of 0.025 and stops its searches at about 1e-8.
    assert sized.information.events == pytest.approx(_rows(out["eventsPerStage"]), rel=1e-6)
    assert sized.information.times == pytest.approx(_rows(out["analysisTime"]), rel=1e-6)
    assert sized.information.enrolled == pytest.approx(_rows(out["numberOfSubjects"]), rel=1e-6)
    bounds = [
        sized.information.null_effect * math.exp(-z / math.sqrt(i))
        for z, i in zip(sized.probabilities.boundaries.efficacy, sized.information.null_information, strict=True)
    ]
    assert bounds == pytest.approx(_rows(out["criticalValuesEffectScale"]), rel=1e-6)
    if "rejectPerStage" in out:
        assert sized.probabilities.reject_h1 == pytest.approx(_rows(out["rejectPerStage"]), abs=2e-7)
        expected = np.dot(sized.probabilities.stopping("h1"), sized.information.events)
        assert expected == pytest.approx(out["expectedEventsH1"], rel=1e-6)
        expected = np.dot(sized.probabilities.stopping("h0"), sized.information.events)
        assert expected == pytest.approx(out["expectedEventsH0"], rel=1e-6)
        duration = np.dot(sized.probabilities.stopping("h1"), sized.information.times)
        assert duration == pytest.approx(out["studyDuration"], rel=1e-6)


@pytest.mark.parametrize("name", _of("getPowerSurvival"))
def test_rpact_power(name):
    case = CASES[name]
    args, declared, out = case["inputs"]["args"], case["inputs"]["design"], case["outputs"]
    ratios = args["hazardRatio"] if isinstance(args["hazardRatio"], list) else [args["hazardRatio"]]
    most = args["maxNumberOfEvents"]
    looks = [LookRule(events=part * most) for part in declared["informationRates"]]
    for number, ratio in enumerate(ratios):
        assumptions = rpact_trial({**args, "hazardRatio": ratio}, 1.0)
        found = info(assumptions, LogRank(), events=[one.events or 0.0 for one in looks])
        result = power(found, rpact_test(declared))
        times = [row[number] if isinstance(row, list) else row for row in out["analysisTime"]]
        assert found.times == pytest.approx(times, rel=1e-6)
        reject = [row[number] if isinstance(row, list) else row for row in out["rejectPerStage"]]
        assert result.reject_h1 == pytest.approx(reject, abs=2e-7)
        total = out["overallReject"]
        assert result.power == pytest.approx(total[number] if isinstance(total, list) else total, abs=2e-7)


@pytest.mark.parametrize("name", _of("nSurv"))
def test_gs_design_n_surv(name):
    case = CASES[name]
    given, out = case["inputs"], case["outputs"]
    method = {"LachinFoulkes": "lachin_foulkes", "Freedman": "freedman", "BernsteinLagakos": "bernstein_lagakos",
              "Schoenfeld": "schoenfeld"}[given.get("method", "LachinFoulkes")]  # fmt: skip
    assumptions = gs_design_trial(given)
    looks = [LookRule(fraction=1.0, at=float(given["T"]))]
    test = Test(given["alpha"], Spend(OBrienFlemingType()))
    sized = design(assumptions, LogRank(method), looks, test, target=1.0 - given["beta"], solve="patients")
    # gsDesign prints n for a search that stops at about 1e-7.
    assert sized.exact == pytest.approx(out["n"], rel=1e-6)
    assert sized.information.events[0] == pytest.approx(out["d"], rel=1e-6)


def gs_design_trial(given: dict[str, Any]) -> Assumptions:
    hazards = given["lambdaC"] if isinstance(given["lambdaC"], list) else [given["lambdaC"]]
    control = Steps((*np.cumsum(given.get("S", [])).tolist(), math.inf), tuple(hazards))
    rates = given["gamma"] if isinstance(given["gamma"], list) else [given["gamma"]]
    lengths = given["R"] if isinstance(given["R"], list) else [given["R"]]
    accrual = Steps(tuple(np.cumsum(lengths).astype(float).tolist()), tuple(float(one) for one in rates))
    patients = float(np.dot(rates, lengths))
    return trial(
        accrual, patients, control, control.times(given["hr"]), ratio=float(given["ratio"]), dropout=given["eta"]
    )


def test_gs_design_gs_surv():
    """Three looks, non-binding beta spending by Hwang, Shih and DeCani, sized by Lachin and Foulkes."""
    case = CASES["gssurv_k3"]
    given, out = case["inputs"], case["outputs"]
    looks = [LookRule(fraction=part) for part in given["timing"]]
    looks.append(LookRule(fraction=1.0, at=float(given["T"])))
    test = Test(given["alpha"], Spend(OBrienFlemingType()), SpendBeta(HwangShihDeCani(float(given["sflpar"]))))
    sized = gs_surv(gs_design_trial(given), looks, test, 1.0 - given["beta"])
    # gsDesign's bounds at later looks carry the tolerance of its search, 1e-5 in z (lrstat agrees with us to 3e-7).
    assert sized.probabilities.boundaries.efficacy == pytest.approx(out["upper"], abs=1e-5)
    assert sized.probabilities.boundaries.futility == pytest.approx(out["lower"], abs=1e-5)
    assert sized.information.events == pytest.approx(out["n.I"], rel=5e-6)
    assert sized.information.times == pytest.approx(out["T"], rel=5e-6)
    enrolled = np.ravel(out["eNC"]) + np.ravel(out["eNE"])
    assert sized.information.enrolled == pytest.approx(enrolled.tolist(), rel=5e-6)


def gs_surv(assumptions: Assumptions, looks: list[LookRule], test: Test, target: float) -> Sized:
    """gsSurv sizes one look by its method, and multiplies by the inflation of the group-sequential test."""
    from equipoise.design import sequential_design

    fixed = design(assumptions, LogRank("lachin_foulkes"), looks[-1:], Test(test.alpha, Spend(OBrienFlemingType())),
                   target=target, solve="patients")  # fmt: skip
    parts = [look.fraction or 1.0 for look in looks]
    sequential = sequential_design(parts, test.alpha, power=target, efficacy=test.efficacy, futility=test.futility)
    patients = fixed.exact * sequential.inflation_factor
    ready = design(assumptions.with_intensity(patients), LogRank(), looks, test)
    return replace(ready, probabilities=sequential)


def test_gs_design2_average_hazard_ratio():
    case = CASES["gsd2_gs_design_ahr"]
    given, out = case["inputs"], case["outputs"]["analysis"]
    fail = given["fail_rate"]
    ends = (float(fail["duration"][0]), math.inf)
    control = Steps(ends, tuple(fail["fail_rate"]))
    experimental = Steps(ends, tuple(a * b for a, b in zip(fail["fail_rate"], fail["hr"], strict=True)))
    enroll = given["enroll_rate"]
    accrual = Steps(tuple(np.cumsum(enroll["duration"]).astype(float).tolist()), tuple(map(float, enroll["rate"])))
    patients = float(np.dot(enroll["duration"], enroll["rate"]))
    assumptions = trial(accrual, patients, control, experimental, dropout=fail["dropout_rate"][0])
    looks = [LookRule(fraction=part) for part in given["info_frac"]]
    looks[-1] = LookRule(fraction=1.0, at=float(given["analysis_time"]))
    test, parts = Test(given["alpha"], Spend(OBrienFlemingType())), given["info_frac"]
    sized = design(assumptions, LogRank("average_hazard_ratio", "mixed"), looks, test)
    # It takes the fractions of events, and at the last look the information under the alternative.
    found, last = sized.information, sized.information.information[-1]
    information = tuple(part * last for part in parts)
    means = tuple(-math.log(ratio) * math.sqrt(one) for ratio, one in zip(found.effect, information, strict=True))
    theirs = replace(found, information=information, null_information=information, mean=means)
    patients *= drift_for(theirs, test, parts, 1.0 - given["beta"])
    ready = info(assumptions.with_intensity(patients), LogRank("average_hazard_ratio"), times=found.times)
    # Its root finder stops at an information fraction of 0.59999995 and a power of 0.8999999.
    assert ready.enrolled[-1] == pytest.approx(out["n"][-1], rel=5e-6)
    assert ready.events == pytest.approx(out["event"], rel=5e-6)
    assert found.times == pytest.approx(out["time"], rel=5e-6)
    assert found.effect == pytest.approx(out["ahr"], rel=1e-6)
    bound = case["outputs"]["bound"]
    assert sized.probabilities.boundaries.efficacy == pytest.approx(bound["z"], abs=1e-5)
    assert np.cumsum(power(scaled(theirs, patients / assumptions.patients), test).reject_h1) == pytest.approx(
        bound["probability"], abs=5e-6
    )


def test_lrstat_power_by_the_score():
    case = CASES["lr_lrpower_delay"]
    given, out = case["inputs"], case["outputs"]["byStageResults"]
    starts = given["piecewiseSurvivalTime"]
    accrual = Steps(
        (float(given["accrualTime"][1]), float(given["accrualDuration"])), tuple(map(float, given["accrualIntensity"]))
    )
    patients = 6.0 * 8.0 + 18.0 * 20.0
    assumptions = trial(
        accrual, patients, _steps(starts, given["lambda2"]), _steps(starts, given["lambda1"]), dropout=given["gamma1"]
    )
    last = float(given["accrualDuration"] + given["followupTime"])
    looks = [LookRule(fraction=part) for part in given["informationRates"]]
    looks[-1] = LookRule(fraction=1.0, at=last)
    sized = design(assumptions, LogRank("score"), looks, Test(given["alpha"], Spend(OBrienFlemingType())))
    assert sized.information.times == pytest.approx(out["analysisTime"], rel=1e-6)
    assert sized.information.events == pytest.approx(out["numberOfEvents"], rel=1e-6)
    assert sized.information.information == pytest.approx(out["information"], rel=1e-3)
    assert sized.probabilities.boundaries.efficacy == pytest.approx(out["efficacyBounds"], abs=1e-6)
    assert sized.probabilities.power == pytest.approx(case["outputs"]["overallResults"]["overallReject"], abs=1e-6)
