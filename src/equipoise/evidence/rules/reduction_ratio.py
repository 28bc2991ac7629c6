"""A reduction in percent fits the ratio that it is taken from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from equipoise.evidence.boxes import Box, box
from equipoise.evidence.model import Claim, Finding, Reading, Verdict
from equipoise.evidence.rules._common import (
    RATIOS,
    around,
    finding,
    grouped,
    near,
    num,
    planned,
    printed,
    sentence_text,
)

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "reduction_ratio"
SENTENCE = "A reduction of x% is a ratio of 1 - x/100; a hazard ratio is about hazards, not about risks."
REFERENCE = (
    "Spruance SL, Reid JE, Grace M, Samore M. Hazard ratio in clinical trials. Antimicrob Agents Chemother "
    "2004;48:2787-2792."
)
_RISK = re.compile(r"\brisks?\b|\bchances?\b|\blikel(?:y|ihood)\b|\bprobabilit|\bodds\b", re.IGNORECASE)
_HAZARD = re.compile(r"\bhazards?\b(?!\s+ratio)", re.IGNORECASE)


def check(reading: Reading) -> Iterator[Finding]:
    """Reductions (and efficacies) with the ratio of the same sentence or endpoint.

    No point fitting is a contradiction only where the sentence has one ratio and it stands beside the reduction, and
    where the proportions of the two arms don't give the reduction either; else a remark. Limits are compared too. A
    hazard ratio told as a reduction of risk is a remark even where the numbers fit.

    Args:
        reading: What was read.

    Yields:
        A finding for each reduction with a ratio.
    """
    every = [c for c in reading.claims if c.measure in RATIOS and c.value is not None and not planned(c)]
    known = grouped(every, "endpoint", "population", "source")
    for claim in reading.claims:
        if claim.measure != "risk_reduction" or claim.value is None or planned(claim):
            continue
        passage = around(reading, claim)
        ratios = [c for c in passage if c.measure in RATIOS and c.value is not None and not planned(c)]
        far = known.get((claim.endpoint, claim.population, claim.source), [])[:20] if claim.endpoint else []
        here = _candidates(claim, ratios, far)
        if here:
            parts = [c for c in passage if c.measure in ("proportion", "rate", "adverse_event_rate") and c.value]
            one = _judge(reading, claim, here, _from_parts(claim, parts))
            if one is not None:
                yield one


def _candidates(claim: Claim, ratios: list[Claim], far: list[Claim]) -> list[Claim]:
    """Ratios that a reduction may tell of: of its sentence, or of its endpoint where the sentence has none."""
    here = [r for r in ratios if r.sentence == claim.sentence and near(r, claim) and r.source == claim.source]
    if claim.endpoint:
        same = [r for r in here if r.endpoint in ("", claim.endpoint) and r.population == claim.population]
        named = {r.endpoint for r in ratios} | {r.endpoint for r in far}
        known = claim.endpoint.endswith("survival") or claim.endpoint == "death"
        if not same and len(here) == 1 and claim.endpoint not in named and not known:
            return here  # the words beside the reduction name no endpoint that a ratio has
        if same or here:
            return same
        return [r for r in far if r.versus == claim.versus]
    return sorted(here, key=lambda r: max(r.start, claim.start) - min(r.end, claim.end))[:1]


def _ratio_box(claim: Claim, *, margin: float = 0.05) -> Box:
    """1 - reduction."""
    assert claim.value is not None
    values = box(claim.value, margin=margin)
    return Box(1.0 - values.upper / 100.0, 1.0 - values.lower / 100.0)


def _fits(claim: Claim, ratio: Claim, margin: float) -> str:
    """How the two fit: "" not, "reduction", "increase" or "inverse"."""
    assert claim.value is not None
    assert ratio.value is not None
    at, asked = box(ratio.value, margin=margin), _ratio_box(claim, margin=margin)
    if at.meets(asked):
        return "reduction"
    if at.meets(Box(2.0 - asked.upper, 2.0 - asked.lower)):
        return "increase"
    if at.lower > 1.0 and asked.lower > 0.0 and at.meets(Box(1.0 / asked.upper, 1.0 / asked.lower)):
        return "inverse"
    return ""


def _from_parts(claim: Claim, parts: list[Claim]) -> str:
    """The reduction that two proportions of the passage give, where it is the printed one."""
    assert claim.value is not None
    own = [c for c in parts if c.sentence == claim.sentence or (c.endpoint and c.endpoint == claim.endpoint)][:12]
    asked = _ratio_box(claim)
    for one in own:
        for two in own:
            if one is two or one.value is None or two.value is None or one.arm == two.arm:
                continue
            low, high = box(one.value), box(two.value)
            if high.lower > 0.0 and Box(low.lower / high.upper, low.upper / high.lower).meets(asked):
                return f"{printed(one.value, '%')} against {printed(two.value, '%')}"
    return ""


def _judge(reading: Reading, claim: Claim, ratios: list[Claim], parts: str) -> Finding | None:
    assert claim.value is not None
    value = printed(claim.value, "%")
    for margin in (0.0, 0.05):
        for ratio in ratios:
            how = _fits(claim, ratio, margin)
            if how:
                return _fitting(reading, claim, ratio, how, twice=margin > 0.0)
    ratio = ratios[0]
    assert ratio.value is not None
    if ratio.value.value > 1.0 + 0.5 * 10.0**-ratio.value.decimals:
        return None  # a reduction beside a ratio above 1 is of something else: "reductions of 10% (odds ratio 11.3)"
    left = num(100.0 * (1.0 - ratio.value.value), 3)
    words = f"1 - {printed(ratio.value)} is {left}%, with rounding {_percent(ratio)}; the text says {value}"
    if parts:
        return finding(NAME, "remark", [claim, ratio], "The reduction is that of the proportions, not of the ratio.",
                       f"{words}, which {parts} gives.")  # fmt: skip
    beside = ratio.endpoint in ("", claim.endpoint) or not claim.endpoint
    beside = (
        beside
        and len(ratios) == 1
        and ratio.sentence == claim.sentence
        and _gap(claim, ratio) <= (80 if ratio.endpoint == claim.endpoint != "" else 40)
    )
    verdict: Verdict = "contradicted" if beside and not claim.value.approximate and not claim.value.bound else "remark"
    return finding(NAME, verdict, [claim, ratio], "The reduction is not that of the ratio.", words + ".", f"{left}%")


def _gap(one: Claim, two: Claim) -> int:
    return max(one.start, two.start) - min(one.end, two.end)


def _percent(ratio: Claim) -> str:
    assert ratio.value is not None
    at = box(ratio.value, margin=0.0)
    return f"{num(100 * (1 - at.upper), 3)}% to {num(100 * (1 - at.lower), 3)}%"


def _fitting(reading: Reading, claim: Claim, ratio: Claim, how: str, *, twice: bool) -> Finding:
    assert claim.value is not None
    assert ratio.value is not None
    value, at = printed(claim.value, "%"), printed(ratio.value)
    left = 100.0 * (1.0 - ratio.value.value)
    claims = [claim, ratio]
    if how == "inverse":
        return finding(NAME, "remark", claims, "The reduction fits the inverse of the ratio.",
                       f"1 - 1/{at} is {num(100.0 * (1.0 - 1.0 / ratio.value.value), 3)}%; the text says {value}: the "
                       "ratio is control over experimental.")  # fmt: skip
    if how == "increase":
        left = -left
    start = f"1 - {at}" if how == "reduction" else f"{at} - 1"
    words = f"{start} is {num(left, 3)}%; the text says {value}, the same within rounding."
    limits = _limits(claim, ratio)
    if limits:
        return finding(NAME, "contradicted", claims, "The limits of reduction and ratio are not the same interval.",
                       f"{words} {limits}")  # fmt: skip
    if twice:
        return finding(NAME, "remark", claims, "The reduction fits the ratio only if it was rounded twice.", words)
    phrase = claim.quote if _RISK.search(claim.quote) or _HAZARD.search(claim.quote) else sentence_text(reading, claim)
    if ratio.measure == "hazard_ratio" and _RISK.search(phrase) and not _HAZARD.search(phrase):
        return finding(NAME, "remark", claims, "A hazard ratio is told as a reduction of risk.",
                       f"{words} A hazard ratio compares rates while patients are followed; the reduction of the "
                       f"risk by a "
                       "given time is another number, nearer to 0 the more patients have had the event.")  # fmt: skip
    return finding(NAME, "consistent", claims, "The reduction is that of the ratio.", words)


def _limits(claim: Claim, ratio: Claim) -> str:
    """What is wrong with the limits of an efficacy against those of its ratio; "" where they fit or lack."""
    one, two = claim.interval, ratio.interval
    if one is None or two is None or one.level != two.level:
        return ""
    if one.lower is None or one.upper is None or two.lower is None or two.upper is None:
        return ""
    for mine, its in ((one.upper, two.lower), (one.lower, two.upper)):
        at = box(mine)
        low, high = 1.0 - at.upper / 100.0, 1.0 - at.lower / 100.0
        for sign in (1.0, -1.0):
            if box(its).meets(Box(low, high) if sign > 0 else Box(2.0 - high, 2.0 - low)):
                break
        else:
            other = box(two.upper if its is two.lower else two.lower)
            if not other.meets(Box(2.0 - high, 2.0 - low)):
                return f"1 - {printed(its)} is {num(100 * (1 - its.value), 3)}%, the printed limit {printed(mine)}%."
    return ""
