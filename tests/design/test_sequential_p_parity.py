"""Sequential P values and stopping for harm against integrals of the multivariate normal (R, mvtnorm) and gsDesign."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from equipoise.design.boundaries import (
    FixedZ,
    HaybittlePeto,
    OBrienFleming,
    Pocock,
    Spend,
    WangTsiatis,
    efficacy_boundaries,
)  # fmt: skip
from equipoise.design.harm import HarmHazardRatio, HarmZ, harm_bounds, harm_probabilities
from equipoise.design.sequential_p import SequentialHypothesis, bounds_at, sequential_p_value, sequential_p_values
from equipoise.design.spending import HwangShihDeCani, ListedAlpha, OBrienFlemingType, PocockType
from equipoise.errors import PlanError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "sequential_p.json").read_text())
SPENDING = {"obrien_fleming": OBrienFlemingType(), "pocock": PocockType(), "hwang_shih_decani": HwangShihDeCani(-4)}


@pytest.mark.parametrize("case", REFERENCE["sequential_p"])
def test_sequential_p_values(case):
    hypothesis = SequentialHypothesis(
        tuple(case["information"]), Spend(SPENDING[case["spending"]]), tuple(case["spending_time"])
    )
    assert sequential_p_values(hypothesis, case["z"]) == pytest.approx(case["p"], rel=1e-10)


def test_gsdesign_says_the_same():
    """gsDesign 3.11.0.9003, sequentialPValue: its root is good to about 4e-7."""
    planned = 344.240395607801
    hypothesis = SequentialHypothesis(
        (165.0, 250.0, 330.0), Spend(OBrienFlemingType()), tuple(n / planned for n in (165, 250, 330))
    )
    assert sequential_p_value(hypothesis, (1.5, 2.0, 2.5)) == pytest.approx(0.008052892150830788, abs=1e-6)


@pytest.mark.parametrize(
    "efficacy",
    [
        Spend(OBrienFlemingType()), Spend(PocockType()), Spend(ListedAlpha((0.005, 0.01, 0.025))), Pocock(),
        OBrienFleming(), WangTsiatis(0.25), HaybittlePeto(3.0),
    ],
    ids=lambda kind: kind.slug,
)  # fmt: skip
@pytest.mark.parametrize("look", [2, 3])
def test_the_level_is_the_one_whose_bound_is_met(efficacy, look):
    hypothesis = SequentialHypothesis((100.0, 200.0, 300.0), efficacy)
    z = (*(0.1, 0.2)[: look - 1], 2.1)
    p = sequential_p_value(hypothesis, z)
    if isinstance(efficacy, HaybittlePeto) and look == 2:
        assert p == 1.0  # a bound of 3 is 3 at every level
        return
    assert 0.001 < p < 0.5
    assert bounds_at(hypothesis, p)[look - 1] == pytest.approx(2.1, abs=1e-9)


def test_with_one_look_it_is_the_p_value():
    hypothesis = SequentialHypothesis((10.0,), Spend(OBrienFlemingType()))
    assert sequential_p_value(hypothesis, (1.96,)) == pytest.approx(0.5 * math.erfc(1.96 / math.sqrt(2)), rel=1e-11)
    assert sequential_p_value(hypothesis, (-0.3,)) == 1.0
    assert sequential_p_value(hypothesis, (30.0,)) == 1e-12


def test_interim_bounds_of_haybittle_and_peto_reject_at_no_level_below_what_they_spend():
    hypothesis = SequentialHypothesis((100.0, 200.0), HaybittlePeto(3.0))
    spent = 0.5 * math.erfc(3.0 / math.sqrt(2))
    assert sequential_p_value(hypothesis, (3.2,)) == pytest.approx(spent, rel=1e-6)
    assert sequential_p_value(hypothesis, (2.9,)) == 1.0


def test_bounds_of_one_level_are_no_family():
    with pytest.raises(PlanError, match="belong to one level"):
        bounds_at(SequentialHypothesis((1.0, 2.0), FixedZ((3.0, 1.97))), 0.025)
    with pytest.raises(PlanError, match="belong to one level"):
        sequential_p_values(SequentialHypothesis((1.0, 2.0), HaybittlePeto(3.0, "unadjusted")), (3.1,))


def test_bounds_are_those_of_the_design():
    hypothesis = SequentialHypothesis((165.0, 330.0), Spend(OBrienFlemingType()))
    assert bounds_at(hypothesis, 0.025) == pytest.approx((2.962588, 1.968596), abs=1e-6)
    assert bounds_at(hypothesis, 0.025) == efficacy_boundaries((0.5, 1.0), 0.025, hypothesis.efficacy).efficacy


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((2.0, 1.0), ()), "increase from look to look"),
        (((), ()), "increase from look to look"),
        (((0.0, 1.0), ()), "increase from look to look"),
        (((1.0, float("nan")), ()), "increase from look to look"),
        (((1.0, 2.0), (0.5,)), "spending times"),
        (((1.0, 2.0), (0.5, 1.2)), "spending times"),
    ],
)
def test_what_is_no_sequence_of_looks(arguments, message):
    information, time = arguments
    with pytest.raises(PlanError, match=message):
        SequentialHypothesis(information, Spend(PocockType()), time)


@pytest.mark.parametrize("z", [(), (1.0, 2.0, 3.0), (float("nan"),), (1.0, math.inf)])
def test_what_is_no_z(z):
    with pytest.raises(PlanError, match="z must be finite"):
        sequential_p_values(SequentialHypothesis((1.0, 2.0), Spend(PocockType())), z)


@pytest.mark.parametrize("level", [0.0, 0.6, float("nan")])
def test_what_is_no_level(level):
    with pytest.raises(PlanError, match="level"):
        bounds_at(SequentialHypothesis((1.0, 2.0), Spend(PocockType())), level)


@pytest.mark.parametrize("case", REFERENCE["harm"])
def test_stopping_for_harm(case):
    found = harm_probabilities(case["information"], case["harm"], case["mean"], case["efficacy"])
    assert found.stop == pytest.approx(case["stop"], abs=1e-11)
    assert found.total == pytest.approx(sum(case["stop"]), abs=1e-11)


def test_harm_by_hazard_ratio_counts_the_allocation():
    # two experimental to one control: z = -log(1.25) sqrt(90 * 2 / 9)
    assert harm_bounds(HarmHazardRatio((1.25, None)), (90, 180), 2.0) == (
        pytest.approx(-math.log(1.25) * math.sqrt(20.0)), -math.inf,
    )  # fmt: skip
    assert harm_bounds(HarmHazardRatio((1.25, 1.1)), (90, 180), 0.5) == harm_bounds(
        HarmHazardRatio((1.25, 1.1)), (90, 180), 2.0
    )
    assert harm_bounds(HarmZ((None, -1.5)), (90, 180)) == (-math.inf, -1.5)


def test_at_a_hazard_ratio_equal_to_the_bound_half_of_the_trials_stop():
    information = [60 / 4, 120 / 4]
    bounds = harm_bounds(HarmHazardRatio((1.3, None)), (60, 120))
    mean = [-math.log(1.3) * math.sqrt(value) for value in information]
    assert harm_probabilities(information, bounds, mean).stop == pytest.approx((0.5, 0.0), abs=1e-14)


def test_a_rule_for_harm_spends_no_alpha():
    efficacy = efficacy_boundaries((0.4, 1.0), 0.025, Spend(OBrienFlemingType())).efficacy
    without = harm_probabilities((0.4, 1.0), (-math.inf, -math.inf), None, efficacy)
    harm = harm_probabilities((0.4, 1.0), (-0.5, -math.inf), None, efficacy)
    assert sum(without.efficacy) == pytest.approx(0.025, abs=1e-10)
    assert sum(harm.efficacy) < 0.025
    assert harm.stop[0] == pytest.approx(0.5 * math.erfc(0.5 / math.sqrt(2)), rel=1e-12)


@pytest.mark.parametrize(
    ("rule", "events", "ratio", "message"),
    [
        (HarmZ((-1.0,)), (10, 20), 1.0, "1 values for 2 looks"),
        (HarmHazardRatio((-1.0,)), (10,), 1.0, "not greater than 0"),
        (HarmHazardRatio((1.2,)), (10,), 0.0, "allocation ratio"),
        (HarmHazardRatio((1.2,)), (0,), 1.0, "events"),
        (HarmZ((float("nan"),)), (10,), 1.0, "not finite"),
    ],
)
def test_what_is_no_rule_for_harm(rule, events, ratio, message):
    with pytest.raises(PlanError, match=message):
        harm_bounds(rule, events, ratio)


def test_harm_lies_below_efficacy():
    with pytest.raises(PlanError, match="at look 2 the bound for harm"):
        harm_probabilities((1.0, 2.0), (-1.0, 2.0), None, (3.0, 1.9))
    with pytest.raises(PlanError, match="mean has 1 values"):
        harm_probabilities((1.0, 2.0), (-1.0, -1.0), (0.0,))
