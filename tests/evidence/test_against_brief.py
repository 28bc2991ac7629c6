"""A brief checked against its own results is confirmed; with a changed number, arm, unit or population it is not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from equipoise.evidence.against import compare
from equipoise.evidence.brief import write_brief
from equipoise.evidence.claims import extract
from equipoise.evidence.document import Document
from equipoise.evidence.naming import lexicon_of
from equipoise.evidence.reading import read_document
from equipoise.protocol.loading import protocol_from_canonical
from equipoise.results.bundle import read_bundle
from equipoise.trial import Trial

COLON = Path(__file__).parents[2] / "examples" / "colon"
DIGITS = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = tmp_path_factory.mktemp("brief") / "out"
    Trial.load(COLON).analyze(out=out)
    return read_bundle(out)


@pytest.fixture(scope="module")
def lexicon(bundle):
    return lexicon_of(protocol_from_canonical(bundle.protocol))


@pytest.fixture(scope="module", params=["news", "lay", "abstract"])
def page(request, bundle):
    return read_document(write_brief(bundle.path, request.param))


@pytest.fixture(scope="module")
def news(bundle):
    return read_document(write_brief(bundle.path, "news"))


def findings(document, bundle, lexicon):
    reading = extract(document, lexicon)
    return compare(reading, bundle.results, lexicon, name="results")


def contradicted(document, bundle, lexicon):
    return [one for one in findings(document, bundle, lexicon) if one.verdict == "contradicted"]


def edited(document: Document, start: int, end: int, new: str) -> Document:
    """The document with a stretch exchanged, and its marks moved."""
    shift = len(new) - (end - start)

    def moved(at: int) -> int:
        return at + shift if at >= end else at

    marks = tuple(replace(mark, start=moved(mark.start), end=moved(mark.end)) for mark in document.marks)
    return replace(document, text=document.text[:start] + new + document.text[end:], marks=marks)


def exchanged(document: Document, old: str, new: str, after: str = "") -> Document:
    at = document.text.index(old, document.text.index(after) if after else 0)
    return edited(document, at, at + len(old), new)


def test_a_brief_is_confirmed(page, bundle, lexicon):
    found = findings(page, bundle, lexicon)
    assert {one.verdict for one in found} == {"consistent"}, [one for one in found if one.verdict != "consistent"]
    assert len(found) >= 15


def test_a_brief_without_its_marks_is_not_contradicted(page, bundle, lexicon):
    found = findings(replace(page, marks=()), bundle, lexicon)
    assert {one.verdict for one in found} <= {"consistent", "unverifiable", "remark"}
    assert sum(one.verdict == "consistent" for one in found) >= 15


def test_every_changed_number_is_found(page, bundle, lexicon):
    """The last digit of each number, five further."""
    reading = extract(page, lexicon)
    missed, tried = [], 0
    for mark in page.marks:
        shown = DIGITS.search(page.text, mark.start, mark.end)
        if shown is None or mark.field == "declared":
            continue
        new = shown[0][:-1] + str((int(shown[0][-1]) + 5) % 10)
        changed = edited(page, *shown.span(), new)
        tried += 1
        row = bundle.results.get(mark.stat)
        true = "<" in page.text[mark.start : mark.end] and row.value < float(new)  # P<0.006 is as true as P<0.001
        found = compare(replace(reading, document=changed), bundle.results, lexicon, name="results")
        if not true and all(one.verdict != "contradicted" for one in found):
            missed.append((page.text[mark.start : mark.end], new, mark.stat))
    assert tried >= 30
    assert missed == []


@pytest.mark.parametrize(
    ("old", "new", "after", "said"),
    [
        ("in the Levamisole + fluorouracil group", "in the Observation group", "disease-free survival was 59", "obs"),
        ("304 to the Levamisole + fluorouracil group", "304 to the Observation group", "", "obs"),
        ("6.44 years", "6.44 months", "", "months"),
        ("6.44 years", "6.44 weeks", "", "weeks"),
        ("5 years, disease", "5 months, disease", "", "holds 60"),
        ("At 5 years", "At 3 years", "", "3"),
        ("overall survival was", "disease-free survival was", "At 5 years, overall", "dfs"),
        ("0.50 to 0.78", "0.50 to 0.87", "", "0.87"),
        ("was longer in the", "did not show in the", "", "did not show"),
    ],
)
def test_planted_errors_are_found(news, bundle, lexicon, old, new, after, said):
    if old == "was longer in the":
        mark = next(one for one in news.marks if one.field == "decision")
        changed = edited(news, mark.start, mark.end, new.removesuffix(" in the"))
    else:
        changed = exchanged(news, old, new, after)
    found = contradicted(changed, bundle, lexicon)
    assert found, changed.text
    assert any(said in f"{one.sentence} {one.arithmetic}" for one in found), found


def test_a_wrong_population_is_found(news, bundle, lexicon):
    for words in ("Among women, at ", "In the safety population, at "):
        changed = exchanged(news, "At ", words, "was longer in")
        found = contradicted(changed, bundle, lexicon)
        assert any("the words around it say population" in one.sentence for one in found), found


def test_another_trials_results_contradict_it(page, bundle, lexicon):
    """Every number that differs: rows of which each value is another, and rows of other names."""
    other = replace(
        bundle,
        results=type(bundle.results)(
            tuple(replace(row, value=None if row.value is None else 1.1 * row.value + 1) for row in bundle.results)
        ),
    )
    values = [mark for mark in page.marks if mark.field in ("value", "per_hundred")]
    values = [mark for mark in values if bundle.results.get(mark.stat).value is not None]
    told = " ".join(f"{one.sentence} {one.arithmetic}" for one in contradicted(page, other, lexicon))
    for mark in values:
        assert mark.stat in told or page.text[mark.start : mark.end] in told, mark
    empty = replace(bundle, results=type(bundle.results)())
    lost = contradicted(page, empty, lexicon)
    assert all("do not hold" in one.sentence for one in lost)
    assert len(lost) >= 15
