"""What a date is the date of; sentences of ours."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims import extract
from equipoise.evidence.claims.statements import find_statements
from equipoise.evidence.document import Document
from equipoise.evidence.rules import dates_order


def _roles(text: str) -> list[tuple[str, str]]:
    return [(claim.date, claim.of) for claim in find_statements(text) if claim.measure == "date"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Between May 2016 and 4 March 2019, 412 patients were enrolled.",
            [("2016-05", "enrollment_start"), ("2019-03-04", "enrollment_end")],
        ),
        (
            "From May 2016 through June 2019, we randomly assigned 412 women.",
            [("2016-05", "enrollment_start"), ("2019-06", "enrollment_end")],
        ),
        (
            "People joined the trial, the first in June 2016 and the last in May 2020.",
            [("2016-06", "enrollment_start"), ("2020-05", "enrollment_end")],
        ),
        (
            "From July 27, 2020, to October 23, 2020, 30,420 volunteers got vaccine or placebo.",
            [("2020-07-27", "enrollment_start"), ("2020-10-23", "enrollment_end")],
        ),
        ("Adults were recruited at 12 sites beginning July 2020.", [("2020-07", "enrollment_start")]),
        ("Recruitment ended in July 2020.", [("2020-07", "enrollment_end")]),
        ("The data cutoff for this look was March 5, 2020.", [("2020-03-05", "data_cut")]),
        ("By the cut-off date (Jan 21, 2022), 27 had died.", [("2022-01-21", "data_cut")]),
        ("The monitors saw data up to May 14, 2019.", [("2019-05-14", "data_cut")]),
        (
            "We searched from January 2006 to May 2017 for trials that had enrolled adults.",
            [("2006-01", ""), ("2017-05", "")],
        ),
        ("The report appeared online on March 17, 2019.", [("2019-03-17", "")]),
    ],
)
def test_roles(text, expected):
    assert _roles(text) == expected


def test_a_window_that_ends_before_it_begins():
    reading = extract(Document("text", "Between July 2021 and June 2017, 518 patients were enrolled and randomized."))
    assert [finding.verdict for finding in dates_order.check(reading)] == ["contradicted"]


def test_people_without_an_event_are_no_events():
    text = "In all, 518 patients whose cancer had not progressed were enrolled and randomized: 261 to A and 257 to B."
    assert [claim.measure for claim in find_statements(text)] == ["sample_size", "arm_size", "arm_size"]
