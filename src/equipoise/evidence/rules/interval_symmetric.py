"""Wald limits are symmetric about their estimate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from equipoise.evidence.model import Finding, Measure, Reading
from equipoise.evidence.rules._common import RATIOS, Effect, effect_of, finding, num, other_scales, planned, printed

__all__ = ["NAME", "REFERENCE", "SENTENCE", "allowed_skewness", "check"]

NAME = "interval_symmetric"
SENTENCE = "A Wald interval is symmetric about its estimate, for ratios on the log scale."
REFERENCE = "Altman DG, Bland JM. How to obtain the confidence interval from a P value. BMJ 2011;343:d2090."
_BASE, _SLOPE, _LINEAR = 0.15, 0.3, 0.3
_EITHER: tuple[Measure, ...] = ("rate_ratio", "risk_reduction")
_MOST = 0.6  # exact limits of one event among millions reach 0.4: a limit with a lost decimal point lies beyond
_SCORE = 0.05  # score limits of a difference, the usual ones, are skewed by so much where counts are not small


def allowed_skewness(half_width: float, scale: str) -> float:
    """How far the estimate of a good interval of any method may lie from the middle, as a share of half its width.

    Likelihood limits of a log rate of d events are skewed by about z / (6 sqrt(d)), a sixth of their half width; exact
    limits of one event by 0.36 with a half width of 2.7. A base of 0.15 and 0.3 times the half width allows twice that,
    0.6 at most.

    Args:
        half_width: Half the width on the log scale.
        scale: `log` or `linear`; on the linear one 0.3 everywhere.
    """
    return min(_BASE + _SLOPE * half_width, _MOST) if scale == "log" else _LINEAR


def check(reading: Reading) -> Iterator[Finding]:
    """Ratios on the log scale, differences and means on their own.

    No point of the boxes being symmetric is a remark, as profile, score, exact and bootstrap limits are often printed
    without their name; a contradiction where the estimate is further from the middle than `allowed_skewness`, except of
    intervals that the text says are no Wald intervals. Numbers that are symmetric on another scale are what that scale
    says: of differences read as ratios, or ratios read as differences, nothing is said.

    Args:
        reading: What was read.

    Yields:
        A finding for each effect with limits.
    """
    for claim in reading.claims:
        effect, inner = effect_of(claim), effect_of(claim, margin=0.0)
        if effect is None or inner is None or planned(claim) or claim.measure == "median_difference":
            continue
        if effect.lower.lower > effect.upper.upper or not _inside(effect):
            continue  # another rule says so
        if not inner.estimate.meets(inner.middle) and _misread(effect):
            continue
        yield _judge(effect, inner)


def _misread(effect: Effect) -> bool:
    """Whether the numbers are those of another kind: a ratio not told as one, a difference in a column of ratios."""
    if effect.scale == "linear":
        if effect.claim.measure not in ("mean_difference", "mean"):
            return bool(other_scales(effect.claim))
        return any(_likely(effect_of(replace(effect.claim, measure=kind))) for kind in _EITHER)
    value = effect.claim.value
    named = value is None or any(c.isalpha() for c in effect.claim.quote[: max(0, value.start - effect.claim.start)])
    return not named and effect.claim.measure in RATIOS and bool(other_scales(effect.claim))


def _likely(effect: Effect | None) -> bool:
    """Whether the limits lie about the estimate as those of some usual method do."""
    if effect is None or math.isinf(effect.lower.lower) or math.isinf(effect.upper.upper) or not _inside(effect):
        return False
    return _skewness(effect) <= allowed_skewness(_half(effect), effect.scale)


def _inside(effect: Effect) -> bool:
    return effect.estimate.upper >= effect.lower.lower and effect.estimate.lower <= effect.upper.upper


def _middle_text(effect: Effect) -> tuple[str, str]:
    """The middle of the printed limits, in words and as a number."""
    assert effect.claim.interval is not None
    low, high = effect.claim.interval.lower, effect.claim.interval.upper
    assert low is not None
    assert high is not None
    if effect.scale == "linear":
        middle = num((low.value + high.value) / 2.0)
        return f"the middle of {printed(low)} and {printed(high)} is {middle}", middle
    if effect.claim.measure == "risk_reduction":
        one, two = 1.0 - low.value / 100.0, 1.0 - high.value / 100.0
        middle = num(100.0 * (1.0 - math.sqrt(max(0.0, one * two))), 3)
        return (
            f"as ratios, 1 - {printed(low)}% and 1 - {printed(high)}%, the limits have their middle on the log "
            f"scale at "
            f"a reduction of {middle}%"
        ), f"{middle}%"
    middle = num(math.sqrt(max(0.0, low.value * high.value)))
    return f"the middle of {printed(low)} and {printed(high)} on the log scale is {middle}", middle


def _judge(effect: Effect, inner: Effect) -> Finding:
    claim = effect.claim
    assert claim.value is not None
    assert claim.interval is not None
    value = printed(claim.value, "%" if claim.unit == "%" else "")
    words, middle = _middle_text(effect)
    if inner.estimate.meets(inner.middle):
        return finding(NAME, "consistent", [claim], "The limits are symmetric about the estimate.",
                       f"{words[0].upper()}{words[1:]}; the estimate is {value}, which rounding explains.")  # fmt: skip
    start = f"{words[0].upper()}{words[1:]}; the estimate is {value}."
    if effect.estimate.meets(effect.middle):
        return finding(NAME, "remark", [claim], "The limits are symmetric only if a number was rounded twice.", start)
    if not effect.wald:
        said = ", ".join((*claim.interval.method, *claim.method)) or claim.interval.kind
        return finding(NAME, "remark", [claim], f"The limits are not symmetric; the text calls them {said}.", start)
    share = _skewness(effect)
    allowed = allowed_skewness(_half(effect), effect.scale)
    tail = f" It lies {num(100 * share, 2)}% of half the interval's width from the middle, roundings granted"
    if effect.scale == "linear" and share <= _SCORE:
        said = "The limits are nearly symmetric about the estimate, as score limits of a difference are."
        return finding(NAME, "consistent", [claim], said, f"{start}{tail}.")
    if share <= allowed:
        return finding(NAME, "remark", [claim],
                       "The limits are not symmetric about the estimate: not Wald's, or one of the numbers is off.",
                       f"{start}{tail}; likelihood, score and exact limits may have that.", middle)  # fmt: skip
    return finding(NAME, "contradicted", [claim], "No interval of a usual method lies like this about its estimate.",
                   f"{start}{tail}; limits of likelihood, score or exact methods reach {num(100 * allowed, 2)}%.",
                   f"about {middle}, between these limits")  # fmt: skip


def _half(effect: Effect) -> float:
    low, high = effect.upper.minus(effect.lower)
    return (high if math.isinf(low) else (max(low, 0.0) + high) / 2.0) / 2.0


def _skewness(effect: Effect) -> float:
    """Smallest distance of estimate and middle over the boxes, as a share of the largest half width."""
    high = effect.upper.upper - effect.lower.lower
    return 0.0 if math.isinf(high) or high <= 0.0 else effect.estimate.gap(effect.middle) / (high / 2.0)
