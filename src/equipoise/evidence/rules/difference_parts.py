"""A difference fits its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from equipoise.evidence.boxes import Box, box
from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.rules._common import around, finding, near, num, planned, printed, same_place, time_of

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check", "parts_of"]

NAME = "difference_parts"
SENTENCE = "A difference is one arm's number less the other's."
REFERENCE = (
    "Newcombe RG. Interval estimation for the difference between independent proportions. Stat Med 1998;17:873-890."
)
_PARTS = {
    "risk_difference": frozenset({"rate", "proportion", "adverse_event_rate"}),
    "median_difference": frozenset({"median"}),
    "mean_difference": frozenset({"mean"}),
}
_SOFT = frozenset({"adjusted", "stratified", "weighted", "model", "bayesian", "imputed", "least_squares", "bootstrap"})


def check(reading: Reading) -> Iterator[Finding]:
    """Differences of percentages, medians and means with the two numbers that they are taken from.

    The sign does not count. Two numbers are the parts of a difference if they are of two arms, of its endpoint and
    time, and nearest in the text. No point fitting is a contradiction where the parts stand in the sentence of the
    difference, and a remark where they don't or where the text calls the difference adjusted, stratified or from a
    model, or gives means, whose differences mostly are. Differences with limits may come from a model without its being
    said: they must be off by more than a quarter of half their interval's width.

    Args:
        reading: What was read.

    Yields:
        A finding for each difference with parts.
    """
    for claim in reading.claims:
        if claim.measure not in _PARTS or claim.value is None or planned(claim) or claim.value.bound:
            continue
        parts = parts_of(reading, claim, _PARTS[claim.measure])
        if parts is not None:
            yield _judge(claim, *parts)


def parts_of(
    reading: Reading, claim: Claim, measures: frozenset[str], *, anywhere: bool = False
) -> tuple[Claim, Claim] | None:
    """The numbers of two arms that a contrast is of, or None where that can't be told.

    Args:
        reading: What was read.
        claim: A contrast.
        measures: Measures of the parts.
        anywhere: Whether a contrast without endpoint may have its parts in another sentence of the passage.

    Returns:
        The experimental arm's claim first, where roles or the contrast say which that is.
    """
    passage = [c for c in around(reading, claim) if c.measure in measures and c.value is not None]
    fits = [c for c in passage if _fits(claim, c, anywhere=anywhere)]
    if not fits and claim.endpoint and not any(c.endpoint == claim.endpoint for c in passage):
        # the words beside the contrast ("gap", "averted") name no endpoint: the pair of its sentence and time is meant
        bare = replace(claim, endpoint="")
        fits = [c for c in passage if time_of(c) == time_of(claim) and _fits(bare, c, anywhere=False)]
    here = [c for c in fits if c.sentence == claim.sentence] or fits
    nearest: dict[str, Claim] = {}
    for one in sorted(here, key=lambda c: max(c.start, claim.start) - min(c.end, claim.end)):
        nearest.setdefault(one.arm, one)
    if claim.arm in nearest and claim.versus in nearest and claim.arm and claim.versus:
        one, two = nearest[claim.arm], nearest[claim.versus]
    elif len(nearest) == 2:
        roles = {arm.name: arm.role for arm in reading.arms}
        one, two = sorted(nearest.values(), key=lambda c: (roles.get(c.arm) == "control", c.start))
    else:
        return None
    alike = one.endpoint == two.endpoint and one.term == two.term and one.grade == two.grade
    return (one, two) if alike and time_of(one) == time_of(two) else None


def _fits(claim: Claim, part: Claim, *, anywhere: bool) -> bool:
    """Whether a number may be a part of a contrast, as far as its labels say."""
    if not part.arm or not same_place(claim, part) or planned(part) or not near(claim, part):
        return False
    if claim.endpoint and part.endpoint and claim.endpoint != part.endpoint:
        return False
    if claim.arm and claim.versus and part.arm not in (claim.arm, claim.versus):
        return False
    if not claim.endpoint and claim.sentence != part.sentence and not anywhere:
        return False
    if (claim.term and claim.term != part.term) or (claim.grade and claim.grade != part.grade):
        return False
    same_time = claim.time is None or part.time is None or claim.time.value == part.time.value
    return same_time and (not claim.unit or not part.unit or _unit(claim.unit) == _unit(part.unit))


def _unit(unit: str) -> str:
    return "%" if unit in ("%", "percentage points", "points", "percent", "patients") else unit


def _judge(claim: Claim, one: Claim, two: Claim) -> Finding:
    assert claim.value is not None
    assert one.value is not None
    assert two.value is not None
    claims = [claim, one, two]
    by = one.value.value - two.value.value
    texts = (printed(one.value, one.unit), printed(two.value, two.unit))
    large, small = texts if by >= 0.0 else texts[::-1]
    asked = printed(claim.value, claim.unit)
    spread = box(one.value).minus(box(two.value))
    span = _positive(spread)
    words = f"{large} - {small} = {num(abs(by))}, with rounding {num(span.lower)} to {num(span.upper)}"
    words += f"; the text says {asked}"
    if _meets(box(claim.value, margin=0.0), box(one.value, margin=0.0).minus(box(two.value, margin=0.0))):
        return finding(NAME, "consistent", claims, "The difference is that of its parts.", words + ".")
    if _meets(box(claim.value), spread):
        return finding(
            NAME, "remark", claims, "The difference fits its parts only with numbers rounded twice.", words + "."
        )
    soft = _reason_against(claim, one, two, spread)
    return finding(NAME, "remark" if soft else "contradicted", claims,
                   "The difference is not that of its parts" + (f"; {soft}." if soft else "."), words + ".",
                   printed_number(abs(by), claim))  # fmt: skip


def printed_number(value: float, claim: Claim) -> str:
    """A number with as many decimals as a claim has, and its unit.

    Args:
        value: The number.
        claim: The claim whose print it imitates.
    """
    decimals = 0 if claim.value is None else min(claim.value.decimals, 6)
    unit = "" if not claim.unit else "%" if claim.unit == "%" else f" {claim.unit}"
    return f"{value:.{decimals}f}{unit}"


def _positive(values: Box) -> Box:
    """The box of absolute values."""
    low, high = sorted((abs(values.lower), abs(values.upper)))
    return Box(0.0 if values.lower <= 0.0 <= values.upper else low, high)


def _meets(asked: Box, spread: Box) -> bool:
    return asked.meets(spread) or Box(-asked.upper, -asked.lower).meets(spread)


def _reason_against(claim: Claim, one: Claim, two: Claim, spread: Box) -> str:
    assert claim.value is not None
    said = _SOFT & {*claim.method, *(claim.interval.method if claim.interval else ())}
    if said:
        return "the text calls it " + ", ".join(sorted(said))
    if claim.value.approximate or (one.value and one.value.approximate) or (two.value and two.value.approximate):
        return "a number is approximate"
    if claim.measure == "mean_difference":
        return "differences of means mostly come from a model"
    if not (one.sentence == two.sentence == claim.sentence):
        return "its parts stand in another sentence"
    if claim.interval is not None and claim.interval.lower is not None and claim.interval.upper is not None:
        if claim.measure == "median_difference":
            return "with limits it is another estimate than the difference of the medians"
        half = abs(claim.interval.upper.value - claim.interval.lower.value) / 2.0
        at = box(claim.value)
        if min(at.gap(spread), Box(-at.upper, -at.lower).gap(spread)) <= 0.25 * half:
            return "a model may have given it"
    return ""
