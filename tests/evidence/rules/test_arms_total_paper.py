"""Sums of arms, events and sexes."""

from __future__ import annotations

import pytest

from equipoise.evidence.rules import arms_total, randomization_ratio


def sizes(claim, a, b, **more):
    return [claim("arm_size", a, arm="a", **more), claim("arm_size", b, arm="b", **more)]


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        ("518", ("261", "257"), "consistent"),
        ("4,747", ("2,366", "2,379"), "contradicted"),
        ("518", ("271", "257"), "contradicted"),
        ("780", ("526", "254"), "consistent"),
        ("790", ("526", "254"), "contradicted"),
        ("~800", ("526", "254"), ""),
    ],
)
def test_arms_and_their_total(claim, verdict, total, parts, expected):
    assert verdict(arms_total, claim("sample_size", total, of="randomized"), *sizes(claim, *parts)) == expected


@pytest.mark.parametrize("of", ["screened", "analyzed", "treated"])
def test_other_people_are_other_people(claim, verdict, of):
    assert verdict(arms_total, claim("sample_size", "900", of=of), *sizes(claim, "261", "257")) == "remark"


def test_another_population_is_not_compared(claim, verdict):
    total = claim("sample_size", "26,664", of="enrolled")
    exposed = sizes(claim, "12,467", "12,499", population="exposed")
    assert verdict(arms_total, total, *exposed) == ""
    assert verdict(arms_total, total, claim("sample_size", "24,966", population="exposed"), *exposed) == "consistent"


def test_words_that_say_some_are_missing(claim, verdict):
    text = "Of 800 patients enrolled, 780 could be treated: 526 with A and 254 with B."
    place = {"sentence": (0, len(text)), "start": 60}
    total = claim("sample_size", "800", of="enrolled", sentence=(0, len(text)), start=3)
    assert verdict(arms_total, total, *sizes(claim, "526", "254", **place), text=text) == "remark"
    text = "All 800 patients were assigned to A (n = 526) or to B (n = 254)."
    total = claim("sample_size", "800", sentence=(0, len(text)), start=4)
    place["sentence"] = (0, len(text))
    assert verdict(arms_total, total, *sizes(claim, "526", "254", **place), text=text) == "contradicted"


def test_a_third_arm_that_is_not_told(claim, verdict):
    ratio = claim("randomization_ratio", quote="1:1:1")
    assert verdict(arms_total, ratio, claim("sample_size", "900"), *sizes(claim, "300", "300")) == ""
    third = claim("arm_size", "300", arm="c")
    assert verdict(arms_total, ratio, claim("sample_size", "900"), *sizes(claim, "300", "300"), third) == "consistent"
    assert verdict(arms_total, ratio, claim("sample_size", "903"), *sizes(claim, "300", "300"), third) == "contradicted"


def test_several_sizes_an_arm(claim, verdict):
    both = [*sizes(claim, "816", "784"), *sizes(claim, "806", "771")]
    assert verdict(arms_total, claim("sample_size", "1600"), *both) == "consistent"
    assert verdict(arms_total, claim("sample_size", "1601"), *both) == ""


def test_an_arm_whose_name_was_not_found(claim, verdict):
    one = [claim("arm_size", "2,366"), claim("arm_size", "2,379", arm="placebo")]
    assert verdict(arms_total, claim("sample_size", "4,747"), *one) == "contradicted"
    assert verdict(arms_total, claim("sample_size", "4,745"), *one) == "consistent"


@pytest.mark.parametrize(
    ("total", "endpoint", "expected"),
    [
        ("275", "death", "consistent"),
        ("276", "death", "contradicted"),
        ("276", "", "remark"),
        ("275", "", "consistent"),
    ],
)
def test_events_of_the_arms(claim, verdict, total, endpoint, expected):
    counted = [
        claim("proportion", "34.5", count=167, denominator=484, arm="a", endpoint="death"),
        claim("proportion", "44.6", count=108, denominator=242, arm="b", endpoint="death"),
    ]
    assert verdict(arms_total, claim("events", total, endpoint=endpoint), *counted) == expected


def test_events_of_one_arm_only(claim, verdict):
    assert (
        verdict(arms_total, claim("events", "275", endpoint="death"), claim("events", "167", arm="a", endpoint="death"))
        == ""
    )


@pytest.mark.parametrize(
    ("women", "men", "expected"),
    [
        ("47·9", "52·1", "consistent"),
        ("48", "53", "consistent"),
        ("48.0", "53.0", "contradicted"),
        ("48.0", "51.0", "remark"),
    ],
)
def test_women_and_men(claim, verdict, women, men, expected):
    both = [claim("proportion", women, endpoint="female"), claim("proportion", men, endpoint="male")]
    assert verdict(arms_total, *both) == expected


@pytest.mark.parametrize(
    ("ratio", "parts", "expected"),
    [
        ("1:1", ("261", "257"), "consistent"),
        ("2:1", ("484", "242"), "consistent"),
        ("1:2", ("484", "242"), "consistent"),  # whichever way it is told
        ("1:1", ("484", "242"), "remark"),
        ("1:1", ("300", "210"), "remark"),
        ("3:1", ("60", "25"), "consistent"),
        ("1:1:1", ("261", "257"), ""),
    ],
)
def test_ratio_of_randomization(claim, verdict, ratio, parts, expected):
    assert verdict(randomization_ratio, claim("randomization_ratio", quote=ratio), *sizes(claim, *parts)) == expected
