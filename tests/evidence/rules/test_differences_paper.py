"""Differences, numbers needed, medians against the hazard ratio."""

from __future__ import annotations

import pytest

from equipoise.evidence.rules import difference_parts, medians_ratio, number_needed

PFS = {"endpoint": "progression_free_survival"}
CONTRAST = {"arm": "a", "versus": "b", **PFS}


def rates(claim, one, two, measure="rate", **more):
    return [claim(measure, one, arm="a", **PFS, **more), claim(measure, two, arm="b", **PFS, **more)]


@pytest.mark.parametrize(
    ("difference", "parts", "expected"),
    [
        ("8.2", ("46.5", "38.3"), "consistent"),
        ("18.2", ("46.5", "38.3"), "contradicted"),
        ("8.3", ("46.5", "38.3"), "consistent"),  # 8.1 to 8.3
        ("8.4", ("46.5", "38.3"), "contradicted"),  # from 8.35
        ("8.41", ("46.5", "38.3"), "contradicted"),
        ("8.31", ("46.5", "38.3"), "remark"),  # 8.305: with the margins
        ("-8.2", ("46.5", "38.3"), "consistent"),
        ("3.4", ("16.9", "14.5"), "contradicted"),
        ("2.4", ("16.9", "14.5"), "consistent"),
        ("~9", ("46.5", "38.3"), "consistent"),
        ("~12", ("46.5", "38.3"), "remark"),
    ],
)
def test_risk_differences(claim, verdict, difference, parts, expected):
    one = claim("risk_difference", difference, unit="percentage points", **CONTRAST)
    assert verdict(difference_parts, one, *rates(claim, *parts)) == expected


@pytest.mark.parametrize("method", ["adjusted", "stratified"])
def test_adjusted_ones_are_a_remark(claim, verdict, method):
    one = claim("risk_difference", "18.2", method=(method,), **CONTRAST)
    assert verdict(difference_parts, one, *rates(claim, "46.5", "38.3")) == "remark"


def test_with_limits_a_model_may_have_given_it(claim, verdict):
    parts = rates(claim, "36.9", "34.8")
    assert (
        verdict(difference_parts, claim("risk_difference", "2.1", ci=("-2.6", "6.9"), **CONTRAST), *parts)
        == "consistent"
    )
    assert (
        verdict(difference_parts, claim("risk_difference", "2.9", ci=("-1.8", "7.7"), **CONTRAST), *parts) == "remark"
    )
    assert (
        verdict(difference_parts, claim("risk_difference", "5.1", ci=("0.4", "9.9"), **CONTRAST), *parts)
        == "contradicted"
    )


def test_medians(claim, verdict):
    parts = rates(claim, "44.3", "29.1", "median", unit="months")
    assert (
        verdict(difference_parts, claim("median_difference", "15.2", unit="months", **CONTRAST), *parts) == "consistent"
    )
    assert (
        verdict(difference_parts, claim("median_difference", "25.2", unit="months", **CONTRAST), *parts)
        == "contradicted"
    )
    limited = claim("median_difference", "25.2", ci=("3.0", "40.0"), unit="months", **CONTRAST)
    assert verdict(difference_parts, limited, *parts) == "remark"
    assert verdict(difference_parts, claim("median_difference", "25.2", unit="weeks", **CONTRAST), *parts) == ""


def test_of_other_times_and_places(claim, verdict):
    parts = rates(claim, "46.5", "38.3", time="48", time_unit="months")
    at_60 = claim("risk_difference", "18.2", time="60", time_unit="months", **CONTRAST)
    assert verdict(difference_parts, at_60, *parts) == ""
    other = claim("risk_difference", "18.2", population="young", **CONTRAST)
    assert verdict(difference_parts, other, *parts) == ""
    mine = [claim("rate", v, arm=a, sentence=(500, 600), start=500, **PFS) for v, a in (("46.5", "a"), ("38.3", "b"))]
    apart = claim("risk_difference", "18.2", sentence=(650, 700), start=650, **CONTRAST)
    assert verdict(difference_parts, *mine, apart) == "remark"


@pytest.mark.parametrize(
    ("needed", "parts", "expected"),
    [
        ("9", ("64.8", "53.6"), "consistent"),  # 8.93
        ("8", ("64.8", "53.6"), "remark"),  # cut off
        ("10", ("64.8", "53.6"), "consistent"),  # at most 9.01, rounded up
        ("11", ("64.8", "53.6"), "remark"),
        ("13", ("64.8", "53.6"), "contradicted"),
        ("6", ("64.8", "53.6"), "contradicted"),
        ("67", ("6.5", "8.0"), "consistent"),  # SELECT
        ("75", ("1.6", "2.4"), "contradicted"),  # 111 to 143
        ("125", ("1.6", "2.4"), "consistent"),
        ("50", ("10", "10"), "contradicted"),  # no difference within rounding: 100 and more
        ("150", ("10", "10"), "consistent"),
    ],
)
def test_numbers_needed(claim, verdict, needed, parts, expected):
    assert verdict(number_needed, claim("number_needed", needed, **CONTRAST), *rates(claim, *parts)) == expected


def test_number_needed_with_a_printed_difference_and_time(claim, verdict):
    year = {"time": "12", "time_unit": "months"}
    difference = claim("risk_difference", "5.0", unit="percentage points", **CONTRAST, **year)
    assert verdict(number_needed, claim("number_needed", "20", **CONTRAST, **year), difference) == "consistent"
    assert verdict(number_needed, claim("number_needed", "40", **CONTRAST, **year), difference) == "contradicted"
    later = {"time": "60", "time_unit": "months"}
    assert verdict(number_needed, claim("number_needed", "40", **CONTRAST, **later), difference) == "remark"
    assert verdict(number_needed, claim("number_needed", "20", **CONTRAST, **later), difference) == "remark"


@pytest.mark.parametrize(
    ("ratio", "medians", "expected"),
    [
        ("0.75", ("44.3", "29.1"), "consistent"),
        ("1.33", ("44.3", "29.1"), "remark"),
        ("0.30", ("30", "29"), "remark"),
        ("1.02", ("30", "29"), "consistent"),  # too near 1 for a direction
    ],
)
def test_medians_against_the_hazard_ratio(claim, verdict, ratio, medians, expected):
    one = claim("hazard_ratio", ratio, ci=(str(float(ratio) * 0.8), str(float(ratio) * 1.25)), **CONTRAST)
    assert verdict(medians_ratio, one, *rates(claim, *medians, "median", unit="months")) == expected


def test_rates_of_survival_and_of_events(claim, found):
    ratio = claim("hazard_ratio", "1.5", ci=("1.3", "1.8"), endpoint="overall_survival", arm="a", versus="b")
    alive = [claim("rate", v, arm=a, endpoint="overall_survival") for v, a in (("64.8", "a"), ("53.6", "b"))]
    (one,) = found(medians_ratio, ratio, *alive)
    assert one.verdict == "remark"
    assert "inverted" in one.sentence
    assert "1/1.5 is 0.667" in one.arithmetic
    event = claim("hazard_ratio", "0.36", ci=("0.3", "0.42"), endpoint="castration_resistance", arm="a", versus="b")
    with_event = [claim("rate", v, arm=a, endpoint="castration_resistance") for v, a in (("35", "a"), ("60", "b"))]
    (one,) = found(medians_ratio, event, *with_event)
    assert one.verdict in ("consistent", "remark")
    assert "inverted" not in one.sentence


def test_never_a_contradiction(claim, found):
    ratio = claim("hazard_ratio", "0.05", ci=("0.04", "0.06"), **CONTRAST)
    (one,) = found(medians_ratio, ratio, *rates(claim, "10", "90", "median", unit="months"))
    assert one.verdict == "remark"


def test_words_that_name_no_endpoint(claim, verdict):
    """ "gap", "averted": the pair of the sentence and time is meant; a known endpoint is another one."""
    parts = rates(claim, "16.9", "14.5", time="30", time_unit="days")
    gap = {"arm": "a", "versus": "b", "endpoint": "gap", "time": "30", "time_unit": "days"}
    assert verdict(difference_parts, claim("risk_difference", "3.4", **gap), *parts) == "contradicted"
    assert verdict(difference_parts, claim("risk_difference", "2.4", **gap), *parts) == "consistent"
    assert verdict(number_needed, claim("number_needed", "75", **gap), *parts) == "contradicted"
    later = gap | {"time": "90"}
    assert verdict(difference_parts, claim("risk_difference", "3.4", **later), *parts) == ""
