"""PATINA's stories against the facts of the paper: the right one agrees, and each altered number is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from equipoise.evidence.against import compare
from equipoise.evidence.claims import extract
from equipoise.evidence.facts.read import load_facts, statistics_of
from equipoise.evidence.naming import lexicon_of_facts
from equipoise.evidence.reading import read_document

PATINA = Path(__file__).parents[2] / "examples" / "patina"


@pytest.fixture(scope="module")
def told():
    """A function from a text to its claims and what the facts say of them."""
    file = load_facts(PATINA / "facts.yaml")
    rows, lexicon = statistics_of(file), lexicon_of_facts(file)

    def tell(document):
        reading = extract(document, lexicon)
        return reading, compare(reading, rows, lexicon, name="facts")

    return tell


def test_the_right_story(told):
    reading, found = told(read_document(PATINA / "texts" / "story.md"))
    assert {one.verdict for one in found} == {"consistent"}, found
    about = {identifier for one in found for identifier in one.claims}
    silent = [claim.quote for claim in reading.claims if claim.id not in about]
    assert silent == ["1:1 ratio"]


def test_the_story_with_errors(told):
    """Of eight planted errors the facts show each, most of them with what the paper has."""
    _, found = told(read_document(PATINA / "texts" / "story-with-errors.md"))
    said = " ".join(one.sentence for one in found if one.verdict == "contradicted")
    for wrong in ("271", "28.6", "0.0002", "35%", "18.2", "29.3%", "30.6%", "2021-07"):
        assert wrong in said, wrong


def test_each_altered_number(told):
    story = read_document(PATINA / "texts" / "story.md")
    reading, _ = told(story)
    places = set()
    for claim in reading.claims:
        limits = (claim.interval.lower, claim.interval.upper) if claim.interval else ()
        p = claim.p.number if claim.p else None
        numbers = (claim.value, claim.count, claim.denominator, claim.time, p, *limits)
        if claim.measure not in ("date", "randomization_ratio"):
            places |= {(one.start, one.end) for one in numbers if one is not None and one.end > one.start}
    assert len(places) >= 35
    missed = []
    for start, end in sorted(places):
        shown = story.text[start:end]
        at = max(place for place, sign in enumerate(shown) if sign.isdigit())
        altered = f"{shown[:at]}{(int(shown[at]) + 3) % 10}{shown[at + 1 :]}"
        _, found = told(replace(story, text=story.text[:start] + altered + story.text[end:]))
        if not any(one.verdict == "contradicted" for one in found):
            missed.append(shown)
    assert missed == ["76", "231"]  # counts behind a percentage, which are not in the facts
