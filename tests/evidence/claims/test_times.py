"""Medians, follow-up, ages, differences of times, dates; and times that are no claims."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements


@pytest.mark.parametrize(
    ("text", "measure", "value", "unit"),
    [
        ("median overall survival was 44.3 months", "median", 44.3, "months"),
        ("the median progression-free time reached 33.6 several weeks", "median", 33.6, "weeks"),
        ("Median PFS, 13.3 mo", "median", 13.3, "months"),
        ("mPFS 13.9m", "median", 13.9, "months"),
        ("a median of 19 days without antibiotics", "median", 19, "days"),
        ("median follow-up of 22.6 months", "follow_up", 22.6, "months"),
        ("iDFS follow-up reached a median of 33.3 months", "follow_up", 33.3, "months"),
        ("In a median of 32 months, 19% relapsed.", "follow_up", 32, "months"),
        ("12.8 months of median follow-up", "follow_up", 12.8, "months"),
        ("were watched for a median of 1.6 years", "follow_up", 1.6, "years"),
        ("Median age was 74 years", "age", 74, "years"),
        ("a mean age of 69 years", "age", 69, "years"),
        ("They were 56.6 years old on average.", "age", 56.6, "years"),
        ("The difference in median overall survival was 4.7 months", "median_difference", 4.7, "months"),
        ("an improvement of 6.5 months", "median_difference", 6.5, "months"),
        ("Patients lived 2.8 months longer.", "median_difference", 2.8, "months"),
    ],
)
def test_times(text: str, measure: str, value: float, unit: str) -> None:
    claim = find_statements(text)[0]
    assert claim.value is not None
    assert (claim.measure, claim.value.value, claim.unit) == (measure, value, unit)


def test_two_medians_share_a_unit() -> None:
    first, second = find_statements("median overall survival was 16.7 vs. 12.1 months")
    assert (first.measure, first.unit, second.measure, second.unit) == ("median", "months", "median", "months")
    text = "Median survival 16.9 (14.9\u201318.8) and 12.1 (10.9\u201313.4) months"
    assert [(claim.measure, claim.unit) for claim in find_statements(text)] == [("median", "months")] * 2


def test_not_reached() -> None:
    reached, other = find_statements("The median OS was not reached with the drug and was 36.2 months without.")
    assert (reached.measure, reached.missing, reached.value) == ("median", "not_reached", None)
    assert other.measure == "median"


@pytest.mark.parametrize(
    "text",
    [
        "all within 30 days of the event",
        "treated for 12 weeks and seen every 3 months",
        "At 48 months both groups were alike.",
        "The 3-year plan and the 12-month visit were kept.",
        "finished 3 years of the drug",
        "after nearly four years",
        "a fourth dose 12 months later",
        "every 2 weeks for up to 24 months",
    ],
)
def test_landmarks_and_durations_are_no_claims(text: str) -> None:
    assert find_statements(text) == ()


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("on July 21, 2023", "2023-07-21"),
        ("on Dec 10, 2019,", "2019-12-10"),
        ("on 16 June 2020", "2020-06-16"),
        ("between September 2020 and later", "2020-09"),
        ("on 2021-07-21", "2021-07-21"),
        ("by Sept. 3, 2021", "2021-09-03"),
        ("from October 17, 2014, on", "2014-10-17"),
    ],
)
def test_dates(text: str, iso: str) -> None:
    (claim,) = find_statements(text)
    assert (claim.measure, claim.date) == ("date", iso)


@pytest.mark.parametrize(
    "text", ["in the year 2020", "It may 2020 times fail.", "on February 42, 2020", "May 3 and June 4"]
)
def test_no_dates(text: str) -> None:
    assert [claim for claim in find_statements(text) if claim.date.count("-") == 2] == []
