"""A number needed to treat is one over the difference in risk."""

from __future__ import annotations

import math
from collections.abc import Iterator

from equipoise.evidence.boxes import Box, box
from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.rules._common import around, finding, near, num, planned, printed, same_place, time_of
from equipoise.evidence.rules.difference_parts import parts_of

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "number_needed"
SENTENCE = "A number needed to treat is 1 over the absolute difference in risk at the same time, rounded up."
REFERENCE = (
    "Altman DG, Andersen PK. Calculating the number needed to treat for trials where the outcome is time to an event. "
    "BMJ 1999;319:1492-1495."
)
_PARTS = frozenset({"rate", "proportion", "adverse_event_rate"})
_SLACK = 0.1


def check(reading: Reading) -> Iterator[Finding]:
    """Numbers needed to treat, or to harm, with a printed difference in risk or with the percentages of two arms.

    Rounded up, rounded and cut off are all granted, the latter as a remark. A tenth beyond that is a contradiction
    where both stand in one passage and not at different times; else it is a remark, as adjusted differences and numbers
    taken from a hazard ratio are not told apart by print.

    Args:
        reading: What was read.

    Yields:
        A finding for each number.
    """
    for claim in reading.claims:
        if claim.measure != "number_needed" or claim.value is None or planned(claim):
            continue
        if claim.value.value <= 0.0 or claim.value.bound:
            continue
        found = _difference(reading, claim)
        if found is not None:
            yield _judge(claim, *found)


def _difference(reading: Reading, claim: Claim) -> tuple[list[Claim], Box, Box, str] | None:
    """Claims that give the difference, its boxes in percentage points, and how it was got."""
    direct = [
        c for c in around(reading, claim)
        if c.measure == "risk_difference" and c.value is not None and not c.value.bound and not planned(c)
        and same_place(c, claim) and near(c, claim) and not _apart(reading, c, claim)
        and (not claim.endpoint or not c.endpoint or c.endpoint == claim.endpoint)
    ]  # fmt: skip
    if direct:
        one = min(direct, key=lambda c: abs(c.start - claim.start))
        assert one.value is not None
        return [one], box(one.value, margin=0.0), box(one.value), f"a difference of {printed(one.value, one.unit)}"
    parts = parts_of(reading, claim, _PARTS, anywhere=True)
    if parts is None or any(_apart(reading, part, claim) for part in parts):
        return None
    high, low = parts
    assert high.value is not None
    assert low.value is not None
    inner = box(high.value, margin=0.0).minus(box(low.value, margin=0.0))
    outer = box(high.value).minus(box(low.value))
    by = abs(high.value.value - low.value.value)
    words = (
        f"{printed(high.value, '%')} against {printed(low.value, '%')} is a difference of {num(by)} percentage points"
    )
    return [high, low], inner, outer, words


def _apart(reading: Reading, one: Claim, two: Claim) -> bool:
    """Whether an empty line stands between two claims of which no endpoint says that they belong together."""
    if one.endpoint and one.endpoint == two.endpoint:
        return False
    first, last = sorted((one, two), key=lambda c: c.start)
    return "\n\n" in reading.document.text[first.end : last.start]


def _needed(points: Box) -> Box:
    """1 over a difference in percentage points, without its sign."""
    if points.lower <= 0.0 <= points.upper:
        most = max(abs(points.lower), abs(points.upper))
        return Box(100.0 / most if most else math.inf, math.inf)
    low, high = sorted((abs(points.lower), abs(points.upper)))
    return Box(100.0 / high, 100.0 / low)


def _judge(claim: Claim, parts: list[Claim], inner: Box, outer: Box, words: str) -> Finding:
    assert claim.value is not None
    claims = [claim, *parts]
    value, needed, wide = claim.value.value, _needed(inner), _needed(outer)
    middle = 100.0 / (abs(inner.lower + inner.upper) / 2.0) if inner.lower + inner.upper else math.inf
    text = f"{words}, one in {num(middle, 3)} ({_span(needed)}); the text says {printed(claim.value)}"
    expected = f"{math.ceil(round(middle, 6)):,}" if math.isfinite(middle) else ""
    unit = 10.0**-claim.value.decimals
    if needed.lower - 0.5 * unit <= value <= needed.upper + unit:
        if _other_times(claim, parts):
            return finding(
                NAME, "remark", claims, "The number needed and the risks are of different times.", text + "."
            )
        return finding(NAME, "consistent", claims, "The number needed fits the difference in risk.", text + ".")
    if wide.lower - unit < value <= wide.upper + unit:
        return finding(NAME, "remark", claims, "The number needed fits only if it was cut off, not rounded up.",
                       text + ".", expected)  # fmt: skip
    far = value < (1.0 - _SLACK) * (wide.lower - unit) or value > (1.0 + _SLACK) * (wide.upper + unit)
    soft = _reason_against(claim, parts)
    if far and not soft:
        return finding(NAME, "contradicted", claims, "The number needed is not that of the difference in risk.",
                       text + ".", expected)  # fmt: skip
    why = f"; {soft}" if soft else ""
    return finding(NAME, "remark", claims, f"The number needed is not 1 over the difference in risk{why}.", text + ".",
                   expected)  # fmt: skip


def _span(needed: Box) -> str:
    return (
        f"{num(needed.lower, 3)} to {num(needed.upper, 3)}"
        if math.isfinite(needed.upper)
        else f"{num(needed.lower, 3)} or more"
    )


def _other_times(claim: Claim, parts: list[Claim]) -> bool:
    times = {time_of(c) for c in (claim, *parts)} - {None}
    return len(times) > 1


def _reason_against(claim: Claim, parts: list[Claim]) -> str:
    if _other_times(claim, parts):
        return "it is of another time"
    if any(c.value is None or c.value.approximate for c in (claim, *parts)):
        return "a number is approximate"
    if claim.sentence != parts[0].sentence and not (claim.endpoint and claim.endpoint == parts[0].endpoint):
        return "the two stand in different sentences"
    if {"adjusted", "weighted"} & {word for c in (claim, *parts) for word in c.method}:
        return "the text calls one adjusted"
    return ""
