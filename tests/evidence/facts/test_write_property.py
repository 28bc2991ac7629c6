"""Whatever claims are found in a text, its facts.yaml loads, and comparing with it never fails."""

from __future__ import annotations

import random

import pytest

from equipoise.errors import EvidenceError
from equipoise.evidence.against import compare
from equipoise.evidence.document import Document
from equipoise.evidence.facts.read import loads_facts, statistics_of
from equipoise.evidence.facts.write import facts_text
from equipoise.evidence.model import KINDS, Arm, Claim, Interval, Measure, Number, PValue, Reading
from equipoise.evidence.naming import lexicon_of_facts

WORDS = (
    "", "pfs", "overall survival", "overall_survival", "death", "objective_response", "duration_of_response",
    "complete_response", "adverse_events", "a: b", "#x", "no", "-", "é ü", '"q"', "x" * 120, "1st", "primary_endpoint",
    "clinical_benefit", "\x07bell", "yes",
)  # fmt: skip
ARMS = (
    (), (("drug", "experimental"), ("usual", "control")), (("no", "control"), ("x: {", "control")),
    (("drug", ""), ("usual", ""), ("no", "")), (("a b", ""), ("a_b", "control")),
)  # fmt: skip


def number(draw):
    value = draw.choice([0.5, 0.75, 12, 44.3, 1e-5, 0, 100, -3.2, 1e7, 1 / 3, 1e300])
    text = draw.choice([f"{value:g}", f"{value}%", f"{value:.2f}", "a third", "NR", "<0.001", ".72", "12,467", ""])
    return Number(text, value, draw.randint(0, 4), bound=draw.choice(["", "", "<", ">"]))


def some(draw, share):
    return number(draw) if draw.random() < share else None


def claim(draw, at):
    interval = Interval(
        some(draw, 0.8), some(draw, 0.8), draw.choice([0.95, 0.9]), missing=draw.choice(["", "NR", "x: y"])
    )
    p = PValue(number(draw), draw.choice([None, 1, 2]), draw.choice([(), ("log_rank", "stratified")]))
    return Claim(
        id=f"c{at}", start=at * 5, end=at * 5 + 4, quote=draw.choice(WORDS), kind=draw.choice(KINDS),
        measure=draw.choice(Measure.__args__), value=some(draw, 0.85),
        unit=draw.choice(["", "%", "months", "years", "patients", "percentage points", "mm: Hg"]),
        interval=interval if draw.random() < 0.4 else None, p=p if draw.random() < 0.3 else None,
        count=some(draw, 0.2), denominator=some(draw, 0.2), arm=draw.choice(["", "drug", "no", "x: {", "usual"]),
        versus=draw.choice(["", "usual", "drug"]), endpoint=draw.choice(WORDS),
        population=draw.choice(["", "itt", "safety", "unread_2", "a: b"]), time=some(draw, 0.3),
        time_unit=draw.choice(["", "months", "years", "hours"]), grade=draw.choice(["", "3", "3+", "any"]),
        term=draw.choice(["", "neutropenia", "x: y"]), date=draw.choice(["", "2024-01"]),
        missing=draw.choice(["", "", "not_reached"]), of=draw.choice(["", "randomized", "deaths", "analyzed"]),
        method=draw.choice([(), ("stratified",), ("planned",)]), source=draw.choice(["", "", "t2"]),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_any_claims(seed):
    draw = random.Random(seed)
    arms = tuple(Arm(name, draw.choice(WORDS) or "Label", role) for name, role in draw.choice(ARMS))
    claims = tuple(claim(draw, at) for at in range(draw.randint(0, 12)))
    reading = Reading(Document("f.txt", "x " * 200, title=draw.choice(WORDS)), claims, arms)
    try:
        text = facts_text(reading)
    except EvidenceError as error:
        codes = [problem.code for problem in error.problems]
    else:
        codes = []
    assert codes in ([], ["facts.nothing"])
    if codes:
        return
    if "\n  - {" not in text:  # all facts were left out, each with its reason
        assert "# left out:" in text
        return
    file = loads_facts(text)
    for finding in compare(reading, statistics_of(file), lexicon_of_facts(file), name="facts"):
        assert set(finding.claims) <= {one.id for one in claims}
        assert finding.sentence
        assert finding.arithmetic
