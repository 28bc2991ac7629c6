"""Numbers lie in the range of what they measure, with one unit for both arms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from equipoise.evidence.model import Claim, Finding, Number, Reading
from equipoise.evidence.rules._common import RATIOS, effect_of, exact, finding, grouped, planned, printed

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "units_ranges"
SENTENCE = "Percentages of people lie within 0 and 100, P values within 0 and 1, ratios above 0, and arms share a unit."
REFERENCE = (
    "Nuijten MB, Hartgerink CHJ, van Assen MALM, Epskamp S, Wicherts JM. The prevalence of statistical reporting "
    "errors "
    "in psychology (1985-2013). Behav Res Methods 2016;48:1205-1226."
)
_SHARES = frozenset({"proportion", "rate", "adverse_event_rate"})
_TIMES = frozenset({"days", "weeks", "months", "years"})


def check(reading: Reading) -> Iterator[Finding]:
    """What is impossible whatever the trial; nothing is said of numbers that are fine.

    Args:
        reading: What was read.

    Yields:
        A finding for each number out of range, and for medians of one endpoint in different units of time.
    """
    for claim in reading.claims:
        if not planned(claim):
            yield from _range(claim)
            yield from _p(claim)
    yield from _units(reading)


def _numbers(claim: Claim) -> Iterator[tuple[str, Number]]:
    if claim.value is not None and claim.measure != "p_value":
        yield "value", claim.value
    if claim.interval is not None and claim.interval.kind in ("confidence", "credible"):
        if claim.interval.lower is not None:
            yield "lower limit", claim.interval.lower
        if claim.interval.upper is not None:
            yield "upper limit", claim.interval.upper


def _range(claim: Claim) -> Iterator[Finding]:
    for what, number in _numbers(claim):
        text = printed(number, "%" if claim.unit == "%" else "")
        if claim.measure in _SHARES and claim.unit == "%":
            if number.value > 100.0:
                yield _wrong(claim, what, f"{text} of people is more than all of them.", "at most 100%")
            elif number.value < 0.0 and what == "value" and claim.count is not None:
                yield _wrong(claim, what, f"{text} of people is fewer than none.", "at least 0%")
            elif number.value < 0.0 and what != "value":
                yield finding(NAME, "remark", [claim], "A limit of a percentage lies below 0.",
                              f"The {what} is {text}, as a Wald interval near 0 may have it.")  # fmt: skip
        elif claim.measure == "risk_reduction" and number.value > 100.0:
            yield finding(NAME, "remark", [claim], "A reduction above 100%.",
                          f"The {what} is {text}: a reduction of all of the risk is 100%.")  # fmt: skip
        elif claim.measure in RATIOS and (number.value < 0.0 or (number.value == 0.0 and what == "upper limit")):
            if _is_difference(claim):
                return  # a difference in a column of ratios
            yield _wrong(claim, what, f"The {what} of the ratio is {text}, and a ratio is above 0.", "above 0")
        elif claim.measure == "age" and number.value > 120.0 and claim.unit == "years" and what == "value":
            yield finding(NAME, "remark", [claim], "Nobody is that old.", f"An age of {text} years.")
    count, denominator = exact(claim.count), exact(claim.denominator)
    if count is not None and denominator and count > denominator and claim.value is None:
        yield _wrong(claim, "count", f"{count:,} is more than {denominator:,}.", f"at most {denominator:,}")


def _is_difference(claim: Claim) -> bool:
    """Whether the numbers of a ratio are those of a difference: one limit below 0 and the estimate in the middle."""
    effect = effect_of(replace(claim, measure="mean_difference"))
    return effect is not None and effect.lower.upper < 0.0 and effect.estimate.meets(effect.middle)


def _wrong(claim: Claim, what: str, words: str, expected: str) -> Finding:
    return finding(NAME, "contradicted", [claim], f"The {what} is out of range.", words, expected)


def _p(claim: Claim) -> Iterator[Finding]:
    if claim.p is None:
        return
    number = claim.p.number
    text = printed(number)
    if number.value > 1.0 or number.value < 0.0:
        yield finding(NAME, "contradicted", [claim], "A P value lies within 0 and 1.", f"P is printed as {text}.")
    elif number.value == 0.0 and number.bound in ("<", "<="):
        yield finding(NAME, "remark", [claim], "No P value is below 0.", f"P is printed as {text}.")
    elif number.value == 0.0 and not number.bound:
        yield finding(NAME, "remark", [claim], "A P value is never 0.",
                      f"P = {text} means less than {0.5 * 10.0**-number.decimals:g}.")  # fmt: skip


def _units(reading: Reading) -> Iterator[Finding]:
    medians = [
        c for c in reading.claims if c.measure == "median" and c.unit in _TIMES and c.value and c.arm and c.endpoint
    ]
    for same in grouped(medians, "endpoint", "population", "source", "sentence").values():
        units = list(dict.fromkeys(c.unit for c in same))
        if len(units) > 1:
            words = " and ".join(printed(c.value, c.unit) for c in same if c.value)
            yield finding(NAME, "remark", same, "The medians of the arms have different units of time.", words + ".")
