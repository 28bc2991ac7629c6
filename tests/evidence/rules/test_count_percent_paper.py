"""Counts, denominators and percentages."""

from __future__ import annotations

import pytest

from equipoise.evidence.boxes import Box
from equipoise.evidence.rules import count_percent


@pytest.mark.parametrize(
    ("count", "of", "percent", "expected"),
    [
        (167, 484, "34.5", "consistent"),
        (76, 231, "32.9", "consistent"),
        (76, 231, "29.3", "contradicted"),
        (117, 763, "15·4", "contradicted"),  # 15.334
        (24, 763, "3·2", "remark"),  # 3.1455: rounded twice
        (109, 442, "25.7", "contradicted"),
        (109, 442, "24.6", "remark"),  # 24.66 cut off
        (1, 8, "12", "consistent"),  # 12.5, half to even
        (1, 8, "13", "consistent"),
        (500, 484, "34.5", "contradicted"),
        (0, 50, "0", "consistent"),
        (50, 50, "100", "consistent"),
    ],
)
def test_n_of_n(claim, verdict, count, of, percent, expected):
    one = claim("proportion", percent, count=count, denominator=of)
    assert verdict(count_percent, one) == expected


def test_what_would_fit_is_said(claim, found):
    (one,) = found(count_percent, claim("proportion", "25.7", count=109, denominator=442))
    assert one.expected == "24.7%"
    assert "109 of 442 is 24.661%" in one.arithmetic


def sizes(claim, a="442", b="444"):
    return [claim("arm_size", a, arm="a"), claim("arm_size", b, arm="b")]


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [
        ("109", "24.7", "consistent"),
        ("109", "25.7", "contradicted"),  # of 424 or 425, 96% of the arm, beside a row of whole arms
        ("109", "25.1", "remark"),  # of 434: those treated?
        ("109", "25.2", "remark"),
        ("109", "24.5", "remark"),  # of the other arm's 444: whose row it is may have been misread
        ("109", "24.4", "contradicted"),  # needs 446 people
        ("500", "24.5", "contradicted"),
    ],
)
def test_the_size_of_the_arm(claim, reading, count, percent, expected):
    other = claim("proportion", "29.1", count=129, endpoint="death", arm="b")
    one = claim("proportion", percent, count=count, endpoint="death", arm="a")
    found = [f for f in count_percent.check(reading(*sizes(claim), one, other)) if f.claims[0] == "c3"]
    assert [f.verdict for f in found] == [expected]


def test_without_a_row_of_whole_arms_it_may_be_a_part(claim, verdict):
    one = claim("proportion", "32.9", count=76, endpoint="objective_response", arm="a")
    assert verdict(count_percent, claim("arm_size", "261", arm="a"), one) == "remark"  # of 231 with measurable disease
    assert (
        verdict(count_percent, claim("arm_size", "261", arm="a"), claim("arm_size", "231", arm="a"), one)
        == "consistent"
    )


def test_no_number_of_people(claim, verdict):
    # 1 of n is 40%: n would be 2.47 to 2.53
    assert (
        verdict(count_percent, claim("arm_size", "9", arm="a"), claim("proportion", "40", count=1, arm="a"))
        == "contradicted"
    )


def test_unknown_arms_are_left_alone(claim, verdict):
    assert verdict(count_percent, claim("sample_size", "8442"), claim("proportion", "21.8", count=914)) == ""


@pytest.mark.parametrize(
    ("percent", "of", "expected"),
    [("30.6", 248, "consistent"), ("25.7", 442, "contradicted"), ("25.8", 442, "consistent"), ("~25", 442, "")],
)
def test_a_percentage_of_a_printed_denominator(claim, verdict, percent, of, expected):
    assert verdict(count_percent, claim("proportion", percent, denominator=of)) == expected


def test_a_percentage_of_the_arm(claim, verdict):
    arm = claim("arm_size", "257", arm="a")
    assert verdict(count_percent, arm, claim("proportion", "24.9", arm="a")) == "consistent"  # 64
    assert verdict(count_percent, arm, claim("proportion", "24.8", arm="a")) == ""  # of other people, for all we know
    assert verdict(count_percent, arm, claim("rate", "24.8", arm="a", time="48")) == ""


def test_the_only_percentage_that_does_not_fit_the_arm(claim, found):
    arm = claim("arm_size", "257", arm="a")
    fitting = [claim("proportion", text, arm="a", endpoint=text) for text in ("24.9", "30.0", "10.1")]
    odd = claim("proportion", "24.8", arm="a", endpoint="odd")
    assert [f.verdict for f in found(count_percent, arm, *fitting, odd) if f.verdict != "consistent"] == ["remark"]
    more = claim("proportion", "29.7", arm="a", endpoint="odder")
    assert all(f.verdict == "consistent" for f in found(count_percent, arm, *fitting, odd, more))


def test_a_count_of_another_arm_is_no_contradiction(claim, verdict):
    both = [claim("arm_size", "1316", arm="a"), claim("arm_size", "1358", arm="b")]
    one = claim("proportion", "21.3", count=289, arm="a", start=4, sentence=(0, 40))
    assert verdict(count_percent, *both, one) == "remark"
    assert verdict(count_percent, *both, one, text="| 289 (21.3) | 223 (16.9) |") == ""


def test_survival_curves_are_not_counted(claim, verdict):
    curve = claim("rate", "46.5", count=100, denominator=261, time="48", endpoint="progression_free_survival")
    assert verdict(count_percent, curve) == "remark"


def test_whole_people():
    assert list(count_percent.whole(Box(32.85, 32.95), 231)) == [76]
    assert not count_percent.whole(Box(24.75, 24.85), 257)
    assert list(count_percent.whole(Box(99.5, 100.5), 10)) == [10]


def test_a_row_may_pool_the_arms_of_two_trials(claim, verdict):
    both = [claim("arm_size", "396", arm="a"), claim("arm_size", "2366", arm="a")]
    assert verdict(count_percent, *both, claim("proportion", "5.5", count=152, arm="a")) == "consistent"  # of 2762
    assert verdict(count_percent, *both, claim("proportion", "5.3", count=152, arm="a")) != "consistent"
