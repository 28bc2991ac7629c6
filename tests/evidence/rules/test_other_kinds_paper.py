"""Numbers that a page prints under the wrong word, or under none: their symmetry tells what they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from equipoise.evidence.rules import (
    arms_total,
    events_width,
    interval_symmetric,
    p_value,
    reduction_ratio,
    same_twice,
    units_ranges,
)
from equipoise.evidence.rules._common import other_scales


@pytest.mark.parametrize(
    ("measure", "value", "limits", "unit"),
    [
        ("mean_difference", "7.6", ("1.7", "34.0"), ""),  # an odds ratio in a column without a name
        ("mean", "2.8", ("1.4", "5.6"), ""),
        ("mean_difference", "0.74", ("0.33", "1.67"), ""),  # a relative risk with exact limits
        ("mean_difference", "46", ("-44", "82"), ""),  # efficacy under a header without a sign
        ("mean", "-0.2", ("-640", "86.5"), "%"),  # efficacy: 1.002 (0.135 to 7.4)
    ],
)
def test_a_ratio_not_told_as_one_is_no_contradiction(claim, verdict, measure, value, limits, unit):
    one = claim(measure, value, ci=limits, unit=unit)
    assert verdict(interval_symmetric, one) == ""
    assert len(other_scales(one)) <= 1


def test_a_difference_in_a_column_of_ratios_is_in_range(claim, verdict):
    days = claim("risk_ratio", "1.3", ci=("-2.6", "5.2"))
    assert verdict(units_ranges, days) == ""
    assert verdict(interval_symmetric, days) == ""
    # not so where the estimate does not lie in the middle: a minus sign too many
    assert verdict(units_ranges, claim("risk_ratio", "0.75", ci=("-0.59", "0.96"))) == "contradicted"


def test_other_scales_do_not_hide_a_wrong_number(claim, verdict):
    assert verdict(interval_symmetric, claim("mean_difference", "7.6", ci=("1.7", "9000"))) == "contradicted"
    assert verdict(interval_symmetric, claim("hazard_ratio", "0.85", ci=("0.59", "0.96"))) == "contradicted"
    assert (
        verdict(interval_symmetric, claim("odds_ratio", "4.9", ci=("3.6", "670"))) == "contradicted"
    )  # 6.70 was meant


def test_a_reduction_to_be_reached_is_not_that_of_its_odds_ratio(claim, verdict):
    goal = claim("risk_reduction", "10", start=30, sentence=(0, 90))
    odds = claim("odds_ratio", "11.2", start=40, sentence=(0, 90))
    assert verdict(reduction_ratio, goal, odds) == ""
    assert verdict(reduction_ratio, goal, claim("odds_ratio", "0.75", start=40, sentence=(0, 90))) == "contradicted"


def test_a_total_has_no_fewer_people_than_an_arm(claim, found):
    arms = [
        claim("arm_size", "34", arm="drug", of="randomized"),
        claim("arm_size", "33", arm="placebo", of="randomized"),
    ]
    assert not found(arms_total, *arms, claim("sample_size", "28"), arms=("drug", "placebo"))
    assert found(arms_total, *arms, claim("sample_size", "68"), arms=("drug", "placebo"))


def test_a_p_value_may_be_that_of_another_scale(claim, verdict):
    # an odds ratio under a wide header: on the log scale z is 0.92, P 0.36
    assert verdict(p_value, claim("mean_difference", "1.3", ci=("0.74", "2.28"), p="0.36")) == ""
    # a score's difference in a column of hazard ratios: 1.6 / 0.51 is 3.1
    assert verdict(p_value, claim("hazard_ratio", "1.6", ci=("0.6", "2.6"), p="0.002")) == ""
    # a ratio that is one: that a difference of 0.82 would be significant says nothing
    assert verdict(p_value, claim("hazard_ratio", "0.82", ci=("0.68", "0.98"), p="<0.0001")) == "contradicted"
    # neither scale
    assert verdict(p_value, claim("mean_difference", "1.3", ci=("1.1", "1.5"), p="0.90")) == "contradicted"
    assert verdict(p_value, claim("hazard_ratio", "0.92", ci=("0.75", "1.12"), p="<0.001")) == "contradicted"


def test_a_mean_in_a_row_below_ratios(claim, verdict):
    # symmetric as it stands and not on the log scale: with no word of a ratio beside it, nothing is said
    low = claim("hazard_ratio", "3.0", ci=("1.9", "4.1"), quote="3.0 (1.9-4.1)")
    at = replace(low, value=replace(low.value, start=0, end=3))
    assert verdict(interval_symmetric, at) == ""
    told = replace(low, quote="HR 3.0 (1.9-4.1)", value=replace(low.value, start=3, end=6))
    assert verdict(interval_symmetric, told) == "remark"


def test_a_part_of_everyone_is_no_arm(claim, found):
    total = claim("sample_size", "640", of="randomized", sentence=(0, 90))

    def of(size: str):
        arms = [
            claim("arm_size", "320", arm="drug", of="randomized", start=30, sentence=(0, 90)),
            claim("arm_size", size, arm="b", of="randomized", start=60, sentence=(0, 90)),
        ]
        return [f.verdict for f in found(arms_total, total, *arms, arms=("drug", "b"))]

    assert of("440") == ["remark"]  # the patients with stage II, say
    assert of("330") == ["contradicted"]


def test_a_handful_of_events_is_not_all_of_them(claim, verdict):
    ratio = claim("hazard_ratio", "0.69", ci=("0.60", "0.80"), endpoint="death")
    assert verdict(events_width, ratio, claim("events", "2", endpoint="death", of="deaths")) == "remark"
    assert verdict(events_width, ratio, claim("events", "160", endpoint="death", of="deaths")) == "contradicted"


def test_an_endpoint_named_like_an_arm_is_not_known(claim, found):
    def twice(endpoint: str):
        one = claim("median", "13.9", arm="placebo", endpoint=endpoint, unit="months", start=0, sentence=(0, 40))
        two = claim("median", "75.2", arm="placebo", endpoint=endpoint, unit="months", start=60, sentence=(60, 90))
        return [f.verdict for f in found(same_twice, one, two, arms=("olaparib", "placebo"))]

    assert twice("olaparib") == []
    assert twice("overall_survival") != []
