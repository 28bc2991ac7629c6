"""Dates, follow-up, ranges, units, and what is said twice."""

from __future__ import annotations

import pytest

from equipoise.evidence.rules import dates_order, same_twice, units_ranges


def date(claim, of, iso, **more):
    return claim("date", date=iso, of=of, quote=iso, **more)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2017-06", "2021-07", "consistent"),
        ("2021-07", "2017-06", "contradicted"),
        ("2021-07", "2021-07", "consistent"),
        ("2021-07-21", "2021", "consistent"),
        ("2021-07-21", "2021-07-20", "contradicted"),
        ("2021-13", "2021-07", ""),
        ("soon", "2021-07", ""),
    ],
)
def test_enrollment(claim, verdict, start, end, expected):
    assert verdict(dates_order, date(claim, "enrollment_start", start), date(claim, "enrollment_end", end)) == expected


def test_the_cut_comes_after_the_last_patient(claim, found):
    dates = [date(claim, "enrollment_start", "2019-12-10"), date(claim, "enrollment_end", "2022-01-25")]
    one, two = found(dates_order, *dates, date(claim, "data_cut", "2022-01-21"))
    assert (one.verdict, two.verdict) == ("consistent", "contradicted")
    assert "4 days earlier" in two.arithmetic
    text = "At the interim look the data were cut off on 21 January 2022."
    interim = date(claim, "data_cut", "2022-01-21", sentence=(0, len(text)))
    assert [f.verdict for f in found(dates_order, *dates, interim, text=text)] == ["consistent", "remark"]
    # of two cuts the later one counts
    assert [f.verdict for f in found(dates_order, *dates, interim, date(claim, "data_cut", "2023"))][1] == "consistent"


@pytest.mark.parametrize(
    ("months", "expected"), [("53.5", "consistent"), ("90", "consistent"), ("91", "consistent"), ("93", "contradicted")]
)
def test_follow_up_fits_between(claim, reading, months, expected):
    dates = [date(claim, "enrollment_start", "2017-06"), date(claim, "data_cut", "2024-12")]  # 91.0 months at most
    found = list(dates_order.check(reading(*dates, claim("follow_up", months, unit="months"))))
    assert found[-1].verdict == expected


def test_dates_of_another_trial(claim, verdict):
    other = date(claim, "enrollment_end", "2011", source="other")
    assert verdict(dates_order, date(claim, "enrollment_start", "2017-06"), other) == ""


@pytest.mark.parametrize(
    ("measure", "value", "more", "expected"),
    [
        ("proportion", "104", {}, "contradicted"),
        ("proportion", "100", {}, ""),
        ("rate", "57.8", {"ci": ("52.", "103")}, "contradicted"),
        ("proportion", "1.2", {"ci": ("-0.4", "2.8")}, "remark"),
        ("risk_reduction", "120", {}, "remark"),
        ("hazard_ratio", "-0.75", {}, "contradicted"),
        ("hazard_ratio", "0.75", {}, ""),
        ("hazard_ratio", "0.75", {"p": "1.02"}, "contradicted"),
        ("hazard_ratio", "0.75", {"p": "0.000"}, "remark"),
        ("hazard_ratio", "0.75", {"p": "<0.0"}, "remark"),
        ("risk_difference", "-120", {}, ""),
        ("age", "140", {"unit": "years"}, "remark"),
    ],
)
def test_ranges(claim, verdict, measure, value, more, expected):
    assert verdict(units_ranges, claim(measure, value, **more)) == expected


def test_units_of_the_arms(claim, verdict):
    one = claim("median", "33.6", unit="weeks", arm="a", endpoint="pfs")
    assert verdict(units_ranges, one, claim("median", "19.2", unit="months", arm="b", endpoint="pfs")) == "remark"
    assert verdict(units_ranges, one, claim("median", "19.2", unit="weeks", arm="b", endpoint="pfs")) == ""


def twice(claim, first, second, measure="median", text="", **more):
    labels = {"arm": "a", "endpoint": "progression_free_survival", "unit": "months"} | more
    one = claim(measure, **first, start=0, sentence=(0, 40), **labels)
    return [one, claim(measure, **second, start=50, sentence=(40, 90), **labels)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"value": "44.3"}, {"value": "44.3"}, "consistent"),
        ({"value": "44.3"}, {"value": "44"}, "consistent"),  # rounded
        ({"value": "44.3"}, {"value": "43.4"}, "contradicted"),
        ({"value": "44.3", "ci": ("32.4", "56.8")}, {"value": "43.4", "ci": ("32.4", "56.8")}, "contradicted"),
        ({"value": "44.3", "ci": ("32.4", "56.8")}, {"value": "40.1", "ci": ("30.2", "50.8")}, ""),  # another look
        ({"value": "44.3"}, {"value": "~40"}, ""),
    ],
)
def test_the_same_twice(claim, verdict, first, second, expected):
    assert verdict(same_twice, *twice(claim, first, second)) == expected


@pytest.mark.parametrize("words", ["At the interim analysis it was shorter.", "Among older women it was shorter."])
def test_words_that_tell_two_analyses_apart(claim, verdict, words):
    text = words.ljust(40) + " " * 50
    assert verdict(same_twice, *twice(claim, {"value": "44.3"}, {"value": "43.4"}), text=text) == "remark"


def test_only_what_is_known(claim, verdict):
    a, b = {"value": "44.3"}, {"value": "43.4"}
    assert verdict(same_twice, *twice(claim, a, b, arm="")) == ""
    assert verdict(same_twice, *twice(claim, a, b, endpoint="")) == ""
    one, two = twice(claim, a, b)
    from dataclasses import replace

    assert verdict(same_twice, one, replace(two, population="older")) == ""
    assert verdict(same_twice, one, replace(two, arm="b")) == ""
    assert verdict(same_twice, one, replace(two, method=("adjusted",))) == ""


def test_rates_need_their_time(claim, verdict):
    a, b = {"value": "83"}, {"value": "80"}
    labels = {"measure": "rate", "unit": "%", "endpoint": "overall_survival"}
    assert verdict(same_twice, *twice(claim, a, b, time="5", time_unit="years", **labels)) == "contradicted"
    assert verdict(same_twice, *twice(claim, a, b, **labels)) == ""


def test_ratios(claim, verdict):
    same = {"measure": "hazard_ratio", "versus": "b", "unit": ""}
    a = {"value": "0.75", "ci": ("0.59", "0.96")}
    assert verdict(same_twice, *twice(claim, a, {"value": "0.57", "ci": ("0.59", "0.96")}, **same)) == "contradicted"
    assert verdict(same_twice, *twice(claim, a, {"value": "0.57", "ci": ("0.40", "0.81")}, **same)) == ""
    assert verdict(same_twice, *twice(claim, a, {"value": "0.72"}, **same)) == "contradicted"
    assert verdict(same_twice, *twice(claim, a, {"value": "0.40"}, **same)) == "remark"


def test_more_than_two_values_are_a_table(claim, verdict):
    one, two = twice(claim, {"value": "5.4"}, {"value": "5.2"})
    assert verdict(same_twice, one, two) == "contradicted"
    three = twice(claim, {"value": "5.4"}, {"value": "5.0"})[1]
    assert verdict(same_twice, one, two, three) == ""


def test_follow_up_far_from_the_cut_may_be_of_a_later_one(claim, found):
    dates = [date(claim, "enrollment_start", "2017-06"), date(claim, "data_cut", "2019-06")]
    far = claim("follow_up", "60", unit="months", start=4000, sentence=(4000, 4100))
    assert [f.verdict for f in found(dates_order, *dates, far)] == ["consistent", "remark"]
    assert [f.verdict for f in found(dates_order, *dates, claim("follow_up", "60", unit="months"))][1] == "contradicted"
