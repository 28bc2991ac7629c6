"""Each unknown of a design against rpact (tests/reference/design_rpact.R): follow-up, enrollment, effect, rates."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from equipoise.design import (
    Accrual,
    Assumptions,
    Group,
    KimDeMets,
    LogRank,
    LookRule,
    OBrienFlemingType,
    PocockType,
    RateDifference,
    Spend,
    Steps,
    Test,
    design,
    rate_information,
)
from equipoise.design.sizing import drift_for

CASES = json.loads((Path(__file__).parents[1] / "reference" / "design_rpact.json").read_text())["cases"]
SPENDING = {"asOF": OBrienFlemingType(), "asP": PocockType()}


def of(kind: str) -> list[object]:
    return [pytest.param(case["inputs"], case["outputs"], id=case["id"]) for case in CASES if case["kind"] == kind]


def trial(accrual: Accrual, hazard_ratio: float, ratio: float = 1.0, *, lost: bool = True) -> Assumptions:
    hazard, share = math.log(2.0) / 18.0, ratio / (1.0 + ratio)
    losses = [Steps.constant(-math.log1p(-p) / 12.0 if lost else 0.0) for p in (0.06, 0.03)]
    control = Group("control", "", 1.0 - share, Steps.constant(hazard), 0.0, losses[0])
    return Assumptions(
        accrual, (control, Group("experimental", "", share, Steps.constant(hazard * hazard_ratio), 0.0, losses[1]))
    )


def even(patients: float) -> Accrual:
    return Accrual(Steps((30.0,), (patients / 30.0,)), patients)


@pytest.mark.parametrize(("given", "out"), of("follow_up"))
def test_follow_up(given, out):
    test = Test(0.025, Spend(SPENDING[given["type"]]))
    made = trial(even(420.0), given["hr"][0], given["ratio"][0])
    looks = [LookRule(fraction=0.6), LookRule(fraction=1.0)]
    sized = design(made, LogRank(), looks, test, target=0.8, solve="follow_up")
    assert sized.exact == pytest.approx(out["followUpTime"][0], rel=1e-6)
    assert sized.information.events == pytest.approx(out["eventsPerStage"], rel=1e-6)
    assert sized.information.times == pytest.approx(out["analysisTime"], rel=1e-6)
    assert sized.probabilities.power == pytest.approx(0.8, abs=1e-10)


@pytest.mark.parametrize(("given", "out"), of("accrual"))
def test_accrual(given, out):
    several = given["looks"][0] > 1
    test = Test(0.025, Spend(KimDeMets(2.0) if several else OBrienFlemingType()))
    made = trial(Accrual(Steps((6.0, math.inf), (10.0, 25.0)), 300.0), given["hr"][0])
    looks = [LookRule(fraction=part) for part in ((0.4, 0.75) if several else ())]
    looks.append(LookRule(fraction=1.0, follow_up=given["follow_up"][0]))
    sized = design(made, LogRank(), looks, test, target=0.9, solve="accrual")
    assert sized.exact == pytest.approx(out["totalAccrualTime"][0], rel=1e-6)
    assert sized.assumptions.patients == pytest.approx(out["maxNumberOfSubjects"][0], rel=1e-6)
    assert sized.information.times == pytest.approx(out["analysisTime"], rel=1e-6)
    assert sized.probabilities.power == pytest.approx(0.9, abs=1e-10)


@pytest.mark.parametrize(("given", "out"), of("hazard_ratio"))
def test_detectable_hazard_ratio(given, out):
    events = given["events"][0]
    test = Test(0.025, Spend(SPENDING[given["type"]]))
    looks = [LookRule(events=events / 2), LookRule(events=events)]
    sized = design(
        trial(even(700.0), 0.8, lost=False), LogRank(), looks, test, target=given["power"][0], solve="hazard_ratio"
    )
    assert sized.exact == pytest.approx(out["hazardRatio"][0], rel=1e-6)
    assert sized.assumptions.hazard_ratio == pytest.approx(sized.exact, rel=1e-12)
    assert sized.probabilities.power == pytest.approx(given["power"][0], abs=1e-10)


@pytest.mark.parametrize(("given", "out"), of("rates"))
def test_patients_for_rates(given, out):
    margin = given["margin"][0]
    statistic = RateDifference("farrington_manning", margin)
    one = rate_information(given["control"][0], given["experimental"][0], given["ratio"][0], [100.0], statistic)
    patients = 100.0 * drift_for(one, Test(0.025, Spend(OBrienFlemingType())), (1.0,), 0.9)
    assert patients == pytest.approx(out["nFixed"][0], rel=1e-6)
