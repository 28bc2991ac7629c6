"""The same claim twice has the same numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from equipoise.evidence.boxes import box
from equipoise.evidence.model import Claim, Finding, Number, Reading
from equipoise.evidence.rules._common import RATIOS, finding, grouped, interval_text, planned, printed, sentence_text

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "same_twice"
SENTENCE = "What is said twice is said with the same numbers."
REFERENCE = (
    "Pitkin RM, Branagan MA, Burmeister LF. Accuracy of data in abstracts of published research articles. JAMA "
    "1999;281:1110-1111."
)
_CONTRASTS = RATIOS | {"risk_reduction", "risk_difference", "median_difference"}
_OF_ARMS = frozenset({"median", "rate", "proportion", "adverse_event_rate"})
_APART = re.compile(
    r"\binterim\b|\bupdate|\bfinal\b|\bprevious|\bearlier\b|\binitial|\bfirst\b|\bsecond\b|\blater\b|investigator|"
    r"central|"
    r"independent|\bblinded\b|subgroup|\bamong\b|\bpatients with\b|\bthose with|\bwithout\b|\bwith a\b|adjust|correct|"
    r"stratif|sensitiv|per[- ]protocol|treated|\bon treatment|\bstudy \d|\btrial \d|\bpart \d|cohort|population|"
    r"years? old|"
    r"\baged?\b|\bphase\b|\bsimilar|\bat least\b|\bwhile\b.{0,40}\btrial|meta-analys|\bconfirmed\b|"
    r"\bcompared? with (?:the )?\d|"
    r"\bin (?:women|men|children|adults|older|younger)\b|\bexpected\b|\bassum|\bhistoric|\byear (?:earlier|later)\b",
    re.IGNORECASE,
)


def check(reading: Reading) -> Iterator[Finding]:
    """Claims whose measure, endpoint, arms, population, time, grade, term, method and report are known and equal.

    Numbers that one number could have been rounded to are the same. Others are a contradiction where they share their
    limits or their count, or where neither sentence has a word that may tell two analyses apart ("interim", "among",
    "adjusted") and not both have limits of their own; else they are a remark, or nothing is said.

    Args:
        reading: What was read.

    Yields:
        A finding for the second and later ones of each.
    """
    arms = {arm.name for arm in reading.arms}  # an endpoint named like an arm was not read
    fit = [c for c in reading.claims if _known(c) and c.endpoint not in arms]
    names = ("measure", "endpoint", "arm", "versus", "population", "time", "grade", "term", "source", "unit", "of")
    for same in grouped(fit, *names).values():
        first = same[0]
        if len({c.value.value for c in same if c.value}) > 2:
            continue  # a table of several trials or looks
        for other in same[1:20]:
            if first.start == other.start or first.end > other.start:
                continue
            yield from _judge(reading, first, other)


def _known(claim: Claim) -> bool:
    if (
        claim.value is None
        or planned(claim)
        or claim.value.bound
        or claim.value.approximate
        or "subgroup" in claim.method
    ):
        return False
    if claim.measure in _CONTRASTS:
        return bool(claim.endpoint)
    if claim.measure in ("rate", "proportion") and claim.endpoint.endswith("_survival") and claim.time is None:
        return False
    return claim.measure in _OF_ARMS and bool(claim.arm) and bool(claim.endpoint or claim.term)


def _agree(one: Number | None, two: Number | None) -> bool:
    if one is None or two is None or one.bound or two.bound:
        return True
    return box(one).meets(box(two))


def _same(one: Claim, two: Claim) -> bool:
    if not _agree(one.value, two.value) or one.method != two.method:
        return False
    a, b = one.interval, two.interval
    if a is None or b is None or (a.level, a.kind) != (b.level, b.kind):
        return True
    return _agree(a.lower, b.lower) and _agree(a.upper, b.upper)


def _judge(reading: Reading, one: Claim, two: Claim) -> Iterator[Finding]:
    words = f"First {_text(one)}, then {_text(two)}"
    if _same(one, two):
        yield finding(NAME, "consistent", [two, one], "The text says the same twice.", words + ".")
        return
    if one.method != two.method:
        return  # stratified and unstratified, adjusted and not: two claims
    told = _APART.search(sentence_text(reading, one)) or _APART.search(sentence_text(reading, two))
    closely = _shared(one, two)
    if not closely and (one.sentence == two.sentence or one.measure in ("proportion", "adverse_event_rate")):
        return  # two things of one kind, listed
    if not closely and one.interval is not None and two.interval is not None:
        return  # each with limits of its own: two analyses, or two things that are called alike
    hard = bool(closely) or (not told and _apart(one, two) and _comparable(one, two))
    expected = f"one of {printed(one.value)} and {printed(two.value)}" if one.value and two.value else ""
    yield finding(NAME, "contradicted" if hard else "remark", [two, one],
                  "The text gives two numbers for the same." if hard else "Two numbers for what looks like the same.",
                  words + (f", with {closely}." if closely else "."), expected)  # fmt: skip


def _comparable(one: Claim, two: Claim) -> bool:
    """Whether labels are enough: percentages at a known time, medians, and ratios that lie near each other."""
    assert one.value is not None
    assert two.value is not None
    if one.measure == "rate":
        return one.time is not None
    low, high = sorted((one.value.value, two.value.value))
    return one.measure == "median" or (low > 0.0 and high <= 1.25 * low)


def _apart(one: Claim, two: Claim) -> bool:
    """Whether it is more than a digit of rounding: nothing in both boxes, an order of the last digit granted."""
    assert one.value is not None
    assert two.value is not None
    a, b = box(one.value), box(two.value)
    return a.gap(b) > 0.0


def _shared(one: Claim, two: Claim) -> str:
    """What the two have in common that two analyses would not: the same interval, or the same count."""
    if one.interval is not None and two.interval is not None and not _agree(one.value, two.value):
        ends = [(n.value if n else None) for i in (one.interval, two.interval) for n in (i.lower, i.upper)]
        if ends[:2] == ends[2:] and None not in ends:
            return "the same limits"
    counts = [(c.count, c.denominator) for c in (one, two)]
    values = [(k.value, n.value) for k, n in counts if k is not None and n is not None]
    if len(values) == 2 and values[0] == values[1] and not _agree(one.value, two.value):
        return "the same count"
    return ""


def _text(claim: Claim) -> str:
    assert claim.value is not None
    out = printed(claim.value, claim.unit if claim.unit != "patients" else "")
    return out if claim.interval is None else f"{out} ({interval_text(claim.interval)})"
