"""The unknown that is found gives the power that was asked for, whatever the statistic; and the others stay."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from equipoise.design import (
    Accrual,
    Assumptions,
    FlemingHarrington,
    FutilityConditionalPower,
    FutilityHazardRatio,
    Group,
    HwangShihDeCani,
    LogRank,
    LookRule,
    MaxCombo,
    Milestone,
    ModestlyWeighted,
    NoFutility,
    OBrienFleming,
    OBrienFlemingType,
    Pocock,
    RestrictedMean,
    Spend,
    SpendBeta,
    Steps,
    Test,
    design,
    info,
    power,
)
from equipoise.errors import PlanError

STATISTICS = {
    "schoenfeld": LogRank(),
    "freedman": LogRank("freedman"),
    "hsieh_freedman": LogRank("hsieh_freedman"),
    "average": LogRank("average_hazard_ratio"),
    "mixed": LogRank("average_hazard_ratio", "mixed"),
    "score": LogRank("score"),
    "lachin_foulkes": LogRank("lachin_foulkes"),
    "bernstein_lagakos": LogRank("bernstein_lagakos"),
    "fleming_harrington": FlemingHarrington(0.0, 1.0),
    "modestly_weighted": ModestlyWeighted(9.0),
    "rmst": RestrictedMean(18.0),
    "milestone": Milestone(18.0),
}
SPEND = Spend(OBrienFlemingType())
TESTS = {
    "one": Test(0.025, SPEND),
    "two_sided": Test(0.025, SPEND, sides=2),
    "futility": Test(0.025, SPEND, FutilityHazardRatio((1.0,))),
    "beta": Test(0.025, SPEND, SpendBeta(HwangShihDeCani(-2.0))),
    "binding": Test(0.025, Pocock(), SpendBeta(HwangShihDeCani(-2.0)), binding=True),
    "conditional": Test(0.025, OBrienFleming(), FutilityConditionalPower(0.1)),
}


def trial(hazard_ratio: float = 0.7, patients: float = 500.0) -> Assumptions:
    ends = (6.0, math.inf)
    control = Steps(ends, (0.05, 0.04))
    loss = Steps.constant(0.004)
    groups = (
        Group("control", "", 0.4, control, 0.0, loss),
        Group("experimental", "", 0.6, control.times(hazard_ratio), 0.0, loss),
    )
    return Assumptions(Accrual(Steps((4.0, 24.0), (10.0, (patients - 40.0) / 20.0)), patients), groups)


LOOKS = (LookRule(at=26.0), LookRule(at=42.0))


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("solve", ["patients", "events", "hazard_ratio"])
def test_the_power_asked_for_is_attained(name, solve):
    # Restricted means and milestones have all their information at last: later looks add nothing.
    target = 0.65 if name in ("rmst", "milestone") else 0.85
    sized = design(trial(), STATISTICS[name], LOOKS, TESTS["one"], target=target, solve=solve)
    assert sized.probabilities.power == pytest.approx(target, abs=1e-9)
    assert sized.solved == solve
    # Nothing but the unknown has changed: the two verbs give the same power at the looks that were found.
    found = info(sized.assumptions, sized.statistic, times=sized.information.times)
    assert power(found, TESTS["one"], fractions=sized.fractions).power == pytest.approx(target, abs=1e-8)
    if solve == "patients":
        assert sized.information.times == pytest.approx((26.0, 42.0))
        assert sized.assumptions.accrual.duration == pytest.approx(24.0)
        assert sized.assumptions.hazard_ratio == pytest.approx(0.7)
    elif solve == "events":
        assert sized.assumptions == trial()
        assert sized.exact == pytest.approx(sized.information.events[-1])
    else:
        assert sized.assumptions.patients == 500.0
        assert sized.exact < 1.0


@pytest.mark.parametrize("kind", TESTS)
@pytest.mark.parametrize("solve", ["patients", "events", "accrual", "follow_up"])
def test_with_every_kind_of_bounds(kind, solve):
    looks = (
        LookRule(fraction=0.6),
        LookRule(fraction=1.0, follow_up=12.0 if solve in ("patients", "accrual") else None),
    )
    patients = 340.0 if solve == "follow_up" else 500.0
    sized = design(trial(patients=patients), LogRank(), looks, TESTS[kind], target=0.8, solve=solve)
    assert sized.probabilities.power == pytest.approx(0.8, abs=1e-9)
    assert sized.probabilities.type_one_error <= 0.025 + 1e-12
    assert sized.fractions == pytest.approx((0.6, 1.0), abs=1e-9)
    if solve == "accrual":
        assert sized.assumptions.accrual.rate.values == trial().accrual.rate.values
        assert sized.information.times[-1] == pytest.approx(sized.exact + 12.0)


def test_rounding_goes_up_and_says_what_is_attained():
    looks = (LookRule(fraction=0.6), LookRule(fraction=1.0, follow_up=12.0))
    for solve in ("events", "patients", "accrual"):
        exact = design(trial(), LogRank(), looks, TESTS["one"], target=0.8, solve=solve)
        whole = design(trial(), LogRank(), looks, TESTS["one"], target=0.8, solve=solve, multiple=5)
        assert whole.exact == pytest.approx(exact.exact)
        assert 0.8 <= whole.probabilities.power < 0.81
        if solve == "events":
            assert whole.information.events == (math.ceil(0.6 * math.ceil(exact.exact)), math.ceil(exact.exact))
        else:
            assert whole.assumptions.patients % 5 == 0
            assert 0 <= whole.assumptions.patients - exact.assumptions.patients < 5


def test_max_combo_in_patients():
    combo = MaxCombo(((0.0, 0.0), (0.0, 1.0)))
    sized = design(trial(), combo, LOOKS, TESTS["one"], target=0.85, solve="patients")
    assert sized.probabilities.power == pytest.approx(0.85, abs=1e-5)
    alone = design(trial(), LogRank("score"), LOOKS, TESTS["one"], target=0.85, solve="patients")
    # Where hazards are proportional a second weight costs something.
    assert 1.0 < sized.exact / alone.exact < 1.2
    with pytest.raises(PlanError, match="futility"):
        design(trial(), combo, LOOKS, replace(TESTS["one"], futility=SpendBeta(OBrienFlemingType())))
    with pytest.raises(PlanError, match="shape"):
        design(trial(), combo, LOOKS, replace(TESTS["one"], efficacy=Pocock()))


def test_more_of_everything_is_more_power():
    base = design(trial(), LogRank(), LOOKS, TESTS["one"]).probabilities.power
    assert design(trial(0.65), LogRank(), LOOKS, TESTS["one"]).probabilities.power > base
    assert design(trial(patients=600.0), LogRank(), LOOKS, TESTS["one"]).probabilities.power > base
    later = (LookRule(at=26.0), LookRule(at=50.0))
    assert design(trial(), LogRank(), later, TESTS["one"]).probabilities.power > base


def test_the_later_of_several_and_no_later_than_the_latest():
    made = trial()
    both = design(made, LogRank(), (LookRule(events=60, at=30.0), LookRule(events=300, latest=60.0)), TESTS["one"])
    assert both.information.times[0] == 30.0
    late = design(made, LogRank(), (LookRule(events=60), LookRule(events=480, latest=60.0)), TESTS["one"])
    assert late.information.times[1] == 60.0
    assert late.information.events[1] < 480
    early = design(made, LogRank(), (LookRule(events=480, latest=30.0), LookRule(at=60.0)), TESTS["one"])
    assert early.information.times == (30.0, 60.0)


def test_twenty_looks():
    looks = tuple(LookRule(fraction=(k + 1) / 20) for k in range(20))
    sized = design(trial(), LogRank(), looks, Test(0.025, SPEND, NoFutility()), target=0.9, solve="events", multiple=1)
    assert len(sized.information.times) == 20
    assert 0.9 <= sized.probabilities.power < 0.905


def test_where_events_are_given_the_unknown_brings_them_in_time():
    looks = (LookRule(events=150), LookRule(events=250, follow_up=15.0))
    for solve in ("patients", "accrual"):
        sized = design(trial(), LogRank(), looks, TESTS["one"], solve=solve)
        assert sized.information.events == pytest.approx((150.0, 250.0), rel=1e-9)
        assert sized.information.times[1] == pytest.approx(sized.assumptions.accrual.duration + 15.0)
        whole = design(trial(), LogRank(), looks, TESTS["one"], solve=solve, multiple=5)
        assert whole.assumptions.patients % 5 == 0
        assert whole.information.events[1] >= 250.0
    sized = design(trial(), LogRank(), looks, TESTS["one"], solve="follow_up")
    assert sized.exact == pytest.approx(sized.information.times[1] - 24.0)
    assert sized.information.events[1] == 250.0
    with pytest.raises(PlanError, match="before the last patient is enrolled"):
        design(trial(), LogRank(), (LookRule(events=40), LookRule(events=80)), TESTS["one"], solve="follow_up")


def test_a_power_that_is_there_before_the_last_look():
    with pytest.raises(PlanError, match="before the last look could be held"):
        design(trial(), RestrictedMean(18.0), LOOKS, TESTS["one"], target=0.6, solve="events")


def test_an_unknown_needs_its_power():
    with pytest.raises(PlanError, match="needs the power"):
        design(trial(), LogRank(), LOOKS, TESTS["one"], solve="patients")
    with pytest.raises(PlanError, match="above the level"):
        design(trial(), LogRank(), LOOKS, TESTS["one"], target=0.02, solve="patients")
    with pytest.raises(PlanError, match="exactly one of times and events"):
        info(trial(), LogRank())
