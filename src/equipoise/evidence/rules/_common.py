"""What rules share: scales of effects, their boxes, claims that belong together, numbers in words."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from equipoise.evidence.boxes import MARGIN, Box, box, log_box, z_of_level
from equipoise.evidence.model import Claim, Finding, Interval, Measure, Number, Reading, Verdict

__all__ = [
    "DIFFERENCES",
    "LEVELS",
    "RATIOS",
    "Effect",
    "around",
    "between",
    "effect_of",
    "exact",
    "finding",
    "grouped",
    "interval_text",
    "near",
    "num",
    "other_scales",
    "printed",
    "same_place",
    "sentence_text",
    "sizes_of",
    "span_text",
    "time_of",
]

RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"})
DIFFERENCES = frozenset({"risk_difference", "mean_difference", "median_difference"})
NOT_WALD = frozenset({
    "exact", "profile", "bootstrap", "credible", "bayesian", "adjusted", "repeated", "weighted", "one_sided",
    "penalized",
})  # fmt: skip
"""What a text may say of an interval that need not be symmetric."""
LEVELS = (0.95, 0.9, 0.99, 0.8)
"""Levels that an interval whose level is not printed may have."""
REACH, MOST = 4000, 400  # characters and claims on either side that may belong to one
NEAR = 320  # characters between two claims of one passage


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate and its limits as boxes, on the scale on which Wald limits are symmetric.

    Attributes:
        claim: The claim.
        scale: `log` of ratios and of efficacy (1 - ratio), else `linear`.
        estimate: Box of the estimate.
        lower: Box of the lower limit.
        upper: Box of the upper limit.
        level: Confidence level.
        wald: Whether the text says nothing that makes it another interval than Wald's.
    """

    claim: Claim
    scale: Literal["log", "linear"]
    estimate: Box
    lower: Box
    upper: Box
    level: float
    wald: bool

    @property
    def middle(self) -> Box:
        """The middle of the limits."""
        total = self.lower.plus(self.upper)
        return Box(total.lower / 2.0, total.upper / 2.0)

    def error(self, level: float | None = None) -> Box:
        """The standard error that the width means, if the interval is Wald's.

        Args:
            level: Another confidence level than the printed one.
        """
        width = 2.0 * z_of_level(level or self.level)
        apart = self.upper.minus(self.lower)
        return Box(max(0.0, apart.lower) / width, max(0.0, apart.upper) / width)

    def z(self, level: float | None = None) -> Box:
        """|estimate| / standard error over all points of the boxes.

        Args:
            level: Another confidence level than the printed one.
        """
        at, error = self.estimate, self.error(level)
        if self.estimate.meets(self.middle):
            at = self.estimate.both(self.middle) if self.wald else self.estimate
        else:  # limits that are not symmetric: either side may tell the error
            sides = self.estimate.minus(self.lower), self.upper.minus(self.estimate)
            by = z_of_level(level or self.level)
            low, high = min(s.lower for s in sides) / by, max(s.upper for s in sides) / by
            error = Box(max(0.0, min(low, error.lower)), max(high, error.upper))
        low = 0.0 if at.lower <= 0.0 <= at.upper else min(abs(at.lower), abs(at.upper))
        high = max(abs(at.lower), abs(at.upper))
        return Box(
            low / error.upper if error.upper > 0.0 else math.inf, high / error.lower if error.lower > 0.0 else math.inf
        )


def effect_of(claim: Claim, *, margin: float = MARGIN) -> Effect | None:
    """A claim's effect with its limits, or None where it has not all three numbers.

    Args:
        claim: A claim.
        margin: As in `box`.

    Returns:
        Ratios on the log scale; efficacy ("82.6% (57.9 to 94.1)") as the ratio that it stands for; differences and
        means on their own.
    """
    interval, value = claim.interval, claim.value
    if value is None or interval is None or interval.kind not in ("confidence", "credible"):
        return None
    if interval.lower is None or interval.upper is None or value.bound or value.approximate:
        return None
    ends = [box(number, margin=margin) for number in (value, interval.lower, interval.upper)]
    scale: Literal["log", "linear"] = "linear"
    if claim.measure in RATIOS:
        scale, ends = "log", [log_box(end) for end in ends]
    elif claim.measure == "risk_reduction":
        scale, ends = "log", [log_box(Box(1.0 - end.upper / 100.0, 1.0 - end.lower / 100.0)) for end in ends]
        ends = [ends[0], ends[2], ends[1]]
    elif claim.measure not in DIFFERENCES and claim.measure != "mean":
        return None
    wald = interval.kind == "confidence" and NOT_WALD.isdisjoint({*interval.method, *claim.method})
    if claim.measure == "median_difference":
        wald = False  # limits of Hodges and Lehmann's estimate, or of a bootstrap
    return Effect(claim, scale, ends[0], ends[1], ends[2], interval.level, wald)


def other_scales(claim: Claim, *, margin: float = MARGIN) -> tuple[Effect, ...]:
    """The effect on other scales on which the printed numbers are symmetric, for words that were misread or left out.

    A column of odds ratios under a wide header, a mean difference marked with an asterisk among ratios, the geometric
    mean of a ratio: what the numbers are is known from their symmetry where it is not known from words.

    Args:
        claim: A claim.
        margin: As in `box`.

    Returns:
        A difference or mean above 0 as a ratio, one in percent as efficacy, a ratio as a difference; only those with
        the estimate in the middle of the limits.
    """
    effect = effect_of(claim, margin=margin)
    if effect is None or (effect.scale == "log" and effect.estimate.meets(effect.middle)):
        return ()  # a ratio as a ratio should be
    measure: Measure = "mean_difference"
    if effect.scale == "linear":
        measure = "risk_reduction" if claim.unit == "%" else "rate_ratio"
    other = effect_of(replace(claim, measure=measure), margin=margin)
    if other is None or other.lower.lower == -math.inf or not other.estimate.meets(other.middle):
        return ()
    return (replace(other, claim=claim),)


def finding(
    rule: str, verdict: Verdict, claims: Iterable[Claim], sentence: str, arithmetic: str, expected: str = ""
) -> Finding:
    """A finding about some claims.

    Args:
        rule: Name of the rule.
        verdict: What it comes to.
        claims: The claims; the one that it hangs on first.
        sentence: What was found.
        arithmetic: The calculation in words.
        expected: What would fit.
    """
    return Finding(rule, verdict, tuple(dict.fromkeys(claim.id for claim in claims)), sentence, arithmetic, expected)


def num(value: float, digits: int = 4) -> str:
    """A computed number for a sentence.

    Args:
        value: The number.
        digits: Significant digits.
    """
    if math.isinf(value):
        return "infinity" if value > 0 else "minus infinity"
    if value and abs(value) < 1e-4:
        return f"{value:.2g}"
    return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"


def between(values: Box, digits: int = 3) -> str:
    """A box in words: "2.56 to 2.83".

    Args:
        values: The box.
        digits: Significant digits.
    """
    if math.isinf(values.upper):
        return f"at least {num(values.lower, digits)}"
    low, high = num(values.lower, digits), num(values.upper, digits)
    return low if low == high else f"{low} to {high}"


def printed(number: Number, unit: str = "") -> str:
    """A number as the text has it, with its bound and unit.

    Args:
        number: The number.
        unit: "%" or words.
    """
    text = number.text if number.text.strip() else num(number.value)
    if number.bound and number.bound not in text:
        text = number.bound + text
    if unit == "%":
        return text if "%" in text else text + "%"
    return f"{text} {unit}" if unit else text


def interval_text(interval: Interval) -> str:
    """Limits as the text has them: "95% 0.59 to 0.96".

    Args:
        interval: The interval.
    """
    low = interval.missing or "not reached" if interval.lower is None else printed(interval.lower)
    high = interval.missing or "not reached" if interval.upper is None else printed(interval.upper)
    level = f"{num(100 * interval.level)}% " if interval.kind in ("confidence", "credible") else ""
    return f"{level}{low} to {high}"


def exact(number: Number | None) -> int | None:
    """A printed count, or None where it is no plain whole number.

    Args:
        number: The number as printed.
    """
    if number is None or number.bound or number.approximate or number.value < 0 or number.value % 1.0:
        return None
    return int(number.value)


def around(reading: Reading, claim: Claim) -> tuple[Claim, ...]:
    """Claims of the same passage: so many, so far away at most, that a long text takes no longer than its length.

    Args:
        reading: What was read, claims in the order of the text.
        claim: One of its claims.
    """
    first = bisect_left(reading.claims, claim.start - REACH, key=_start)
    last = bisect_right(reading.claims, claim.end + REACH, key=_start)
    if last - first > 2 * MOST:
        here = bisect_left(reading.claims, claim.start, key=_start)
        first, last = max(first, here - MOST), min(last, here + MOST)
    return reading.claims[first:last]


def _start(claim: Claim) -> int:
    return claim.start


def same_place(one: Claim, two: Claim) -> bool:
    """Whether nothing that is known of two claims says that they are of other people, times or reports.

    Args:
        one: A claim.
        two: Another one.
    """
    return one.population == two.population and one.source == two.source


def near(one: Claim, two: Claim) -> bool:
    """Whether two claims stand in one sentence or passage.

    Args:
        one: A claim.
        two: Another one.
    """
    if one.sentence[1] > one.sentence[0] and one.sentence == two.sentence:
        return True
    return max(one.start, two.start) - min(one.end, two.end) <= NEAR


def sentence_text(reading: Reading, claim: Claim) -> str:
    """The sentence of a claim, in small letters; its quote where no sentence is known.

    Args:
        reading: The reading.
        claim: One of its claims.
    """
    low, high = claim.sentence
    text = reading.document.text[low:high] if high > low else claim.quote
    return text[:4000].lower()


def span_text(reading: Reading, one: Claim, two: Claim) -> str:
    """The text from the start of one claim's sentence to the end of the other's, at most 2,000 characters, small.

    Args:
        reading: The reading.
        one: A claim.
        two: Another one.
    """
    low = min(one.sentence[0] if one.sentence[1] else one.start, two.sentence[0] if two.sentence[1] else two.start)
    return reading.document.text[low : min(max(one.end, two.end), low + 2000)].lower()


def grouped(claims: Iterable[Claim], *names: str) -> dict[tuple[object, ...], list[Claim]]:
    """Claims by some of their fields, in order.

    Args:
        claims: The claims.
        names: Names of fields; `time` counts with its unit and value.
    """
    groups: defaultdict[tuple[object, ...], list[Claim]] = defaultdict(list)
    for claim in claims:
        key = tuple(time_of(claim) if name == "time" else getattr(claim, name) for name in names)
        groups[key].append(claim)
    return dict(groups)


def sizes_of(reading: Reading) -> dict[str, list[Claim]]:
    """Sizes that the text prints, by arm; those of all arms together under "".

    Args:
        reading: The reading.
    """
    sizes: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in reading.claims:
        if claim.measure in ("arm_size", "sample_size") and exact(claim.value) and not planned(claim):
            if claim.measure == "sample_size" or claim.arm:
                sizes[claim.arm].append(claim)
        elif claim.denominator is not None and exact(claim.denominator):
            sizes[claim.arm].append(claim)
    return dict(sizes)


def time_of(claim: Claim) -> tuple[float, str] | None:
    """A claim's landmark and its unit, without where it is printed.

    Args:
        claim: A claim.
    """
    return None if claim.time is None else (claim.time.value, claim.time_unit)


def planned(claim: Claim) -> bool:
    """Whether a number belongs to a design, not to a result.

    Args:
        claim: A claim.
    """
    return "planned" in claim.method or claim.measure in ("design_value", "threshold") or claim.of == "planned"
