"""What CONSORT for Abstracts asks for, in texts that have it and texts that don't."""

from __future__ import annotations

import time

import pytest

from equipoise.evidence.document import Document
from equipoise.evidence.model import Reading
from equipoise.evidence.rules.omissions import omissions

ABSTRACT = """Palbociclib in maintenance: an open-label, phase 3, randomized trial
Background. Whether palbociclib delays progression in women and men with metastatic breast cancer is not known.
Methods. At 109 sites we randomly assigned patients with HER2-positive disease, 1:1, to palbociclib 125 mg daily or to
standard therapy. Primary end point was progression-free survival. Enrollment ran from June 2017 to July 2021.
Results. 261 and 257 patients. HR 0.75 (0.59 to 0.96). Grade 3 neutropenia in 64%.
Conclusions. Palbociclib delayed progression. Funded by Pfizer. NCT02947685."""


OF_CLAIMS = ("numbers randomized", "numbers analyzed", "result of each group", "effect", "precision", "harms")


def claims(claim):
    return [
        claim("arm_size", "261", arm="a", start=10),
        claim("arm_size", "257", arm="b", start=20),
        claim("hazard_ratio", "0.75", ci=("0.59", "0.96"), start=30, endpoint="pfs"),
        claim("median", "44.3", arm="a", start=40, unit="months"),
        claim("median", "29.1", arm="b", start=50, unit="months"),
        claim("proportion", "32.9", count=76, denominator=231, start=60),
        claim("adverse_event_rate", "64", arm="a", start=70),
    ]


def test_an_abstract_that_has_it_all(claim, reading):
    found = omissions(reading(*claims(claim), text=ABSTRACT))
    assert len(found) == 18
    assert [one.item for one in found if not one.found] == []
    for one in found:
        assert one.quote
        assert one.start < one.end
        if one.item not in (
            "numbers randomized",
            "numbers analyzed",
            "result of each group",
            "effect",
            "precision",
            "harms",
        ):
            assert ABSTRACT[one.start : one.end] == one.quote
        assert one.to_dict()["quote"] == one.quote


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("registration", " NCT02947685"),
        ("funding", " Funded by Pfizer."),
        ("blinding", "an open-label, "),
        ("primary outcome", "Primary end point"),
        ("recruitment", " Enrollment ran from June 2017 to July 2021."),
        ("setting", "At 109 sites "),
    ],
)
def test_what_is_left_out_is_missed(claim, reading, item, words):
    assert words in ABSTRACT
    found = omissions(reading(*claims(claim), text=ABSTRACT.replace(words, "")))
    assert [one.item for one in found if not one.found] == [item]
    (missing,) = [one for one in found if not one.found]
    assert missing.to_dict() == {"item": item, "asked": missing.asked, "found": False}


@pytest.mark.parametrize(
    ("measure", "item"),
    [
        ("arm_size", "numbers randomized"),
        ("hazard_ratio", "effect"),
        ("median", "result of each group"),
        ("proportion", "numbers analyzed"),
    ],
)
def test_claims_that_are_missing(claim, reading, measure, item):
    left = [c for c in claims(claim) if c.measure != measure]
    assert item in [one.item for one in omissions(reading(*left, text=ABSTRACT)) if not one.found]


def test_an_effect_without_limits_lacks_precision(claim, reading):
    left = [c for c in claims(claim) if c.measure != "hazard_ratio"]
    found = omissions(reading(*left, claim("hazard_ratio", "0.75"), text=ABSTRACT))
    assert [one.item for one in found if not one.found] == ["precision"]


def test_a_text_without_claims_is_asked_for_nothing():
    assert omissions(Reading(Document("x", "Nothing of a trial."), ())) == ()


@pytest.mark.parametrize(
    "filler", ["1,", "1 1 ", "a", "randomized ", "patients ", "enrolled ", "ChiCTR-", "from ", "1 x"]
)
def test_a_long_text_is_searched_in_time(claim, reading, filler):
    text = filler * (400_000 // len(filler))
    start = time.process_time()
    omissions(reading(claim("arm_size", "261"), text=text))
    assert time.process_time() - start < 3.0
