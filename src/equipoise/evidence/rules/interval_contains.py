"""An interval contains its estimate."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.evidence.boxes import Box, box
from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.rules._common import DIFFERENCES, finding, interval_text, planned, printed

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "interval_contains"
SENTENCE = "A confidence interval contains its estimate."
REFERENCE = "Altman DG, Machin D, Bryant TN, Gardner MJ (eds). Statistics with confidence. 2nd ed. BMJ Books, 2000."


def check(reading: Reading) -> Iterator[Finding]:
    """Every estimate with limits, whatever its scale and method.

    An estimate beyond its limits is a contradiction unless the boxes meet; where they meet only with the margin for
    double rounding it is a remark. So is a difference whose limits have the other sign ("5.0 lower (-7.0 to -3.0)").

    Args:
        reading: What was read.

    Yields:
        A finding for each.
    """
    for claim in reading.claims:
        interval = claim.interval
        if claim.value is None or interval is None or interval.kind == "sd" or planned(claim):
            continue
        if claim.value.bound or claim.value.approximate or (interval.lower is None and interval.upper is None):
            continue
        yield _judge(claim)


def _judge(claim: Claim) -> Finding:
    assert claim.value is not None
    assert claim.interval is not None
    value, text = printed(claim.value, "%" if claim.unit == "%" else ""), interval_text(claim.interval)
    low, high = claim.interval.lower, claim.interval.upper
    if low is not None and high is not None and low.value > high.value:
        turned = box(high).lower <= box(claim.value).upper and box(claim.value).lower <= box(low).upper
        order = f"{printed(low)} is more than {printed(high)}"
        soft = not turned or claim.measure in DIFFERENCES  # not turned round either: these are no limits of it
        return finding(NAME, "remark" if soft else "contradicted", [claim],
                       "The lower limit is above the upper one.", f"Of the limits {text}, {order}.",
                       f"{printed(high)} to {printed(low)}" if turned else "")  # fmt: skip
    below = low is not None and claim.value.value < low.value
    if _fits(claim, margin=0.0):
        beyond = below or (high is not None and claim.value.value > high.value)
        return finding(NAME, "consistent", [claim], "The estimate lies within its limits.",
                       f"{value} lies within {text}{', as far as rounding tells' if beyond else ''}.")  # fmt: skip
    side = f"below {printed(low)}" if below and low is not None else f"above {printed(high) if high else '?'}"
    if _fits(claim):
        return finding(NAME, "remark", [claim], "The estimate lies on the edge of its limits.",
                       f"{value} is {side}; only double rounding puts it into {text}.")  # fmt: skip
    if _signs(claim):
        return finding(NAME, "remark", [claim], "Estimate and limits have different signs.",
                       f"{value} is not within {text}, but -({value}) is: the signs count in opposite directions.",
                       )  # fmt: skip
    return finding(NAME, "contradicted", [claim], "The estimate lies outside its own limits.",
                   f"{value} is {side}, outside {text}, by more than any rounding can explain.")  # fmt: skip


def _fits(claim: Claim, margin: float = 0.05, sign: float = 1.0) -> bool:
    assert claim.value is not None
    assert claim.interval is not None
    at = box(claim.value, margin=margin)
    if sign < 0:
        at = Box(-at.upper, -at.lower)
    low, high = claim.interval.lower, claim.interval.upper
    above = low is None or at.upper >= box(low, margin=margin).lower - 1e-12
    return above and (high is None or at.lower <= box(high, margin=margin).upper + 1e-12)


def _signs(claim: Claim) -> bool:
    upper = claim.interval.upper if claim.interval else None
    lost = upper is not None and upper.value < 0.0  # a detached minus: no ratio and no percentage is below 0
    return (lost or claim.measure in DIFFERENCES or claim.measure in ("mean", "number")) and _fits(claim, sign=-1.0)
