"""A P value fits the estimate and the interval beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

from equipoise.evidence.boxes import Box, p_box
from equipoise.evidence.model import Claim, Finding, PValue, Reading
from equipoise.evidence.rules._common import (
    LEVELS,
    Effect,
    between,
    effect_of,
    finding,
    grouped,
    interval_text,
    near,
    num,
    other_scales,
    planned,
    printed,
    same_place,
    sentence_text,
)

__all__ = ["NAME", "REFERENCE", "SENTENCE", "allowed_gap", "check"]

NAME = "p_value"
SENTENCE = "A P value fits its estimate and interval: estimate over standard error is the P value's z, roughly."
REFERENCE = "Altman DG, Bland JM. How to obtain the P value from a confidence interval. BMJ 2011;343:d2304."
_NORMAL = NormalDist()
_NEAR = 0.8  # in z, of a scale that is only supposed
_OTHER = frozenset({"interaction", "noninferiority", "trend", "equivalence", "heterogeneity"})
_POOLED = frozenset({"risk_difference", "mean_difference"})
_SOFT = frozenset({"adjusted", "repeated", "bootstrap", "permutation"})
_OTHER_WORDS = re.compile(r"interaction|heterogene|for trend|non-?\s?inferior|equivalen", re.IGNORECASE)


class _Fit(NamedTuple):
    """How a P value of so many sides fits a range of |z|."""

    sides: int
    z: Box
    gap: float


def allowed_gap(z: float, *, one_test: bool = False, other_error: bool = False) -> float:
    """Most that z of a P value and z of an interval may differ, beyond rounding, without contradicting each other.

    P values mostly come from a score (log-rank) test and intervals from a Wald test: the two differ a little.

    Args:
        z: |z| of the estimate, the point of its box nearest to the P value.
        one_test: The text says that both come from one Wald test.
        other_error: The two have different standard errors: one is said to be stratified and the other is not; or it is
            a difference of proportions, whose tests pool them, or of means, whose limits are Student's.
    """
    if one_test:
        return 0.1
    return (1.5 if other_error else 0.8) + 0.1 * abs(z)


def check(reading: Reading) -> Iterator[Finding]:
    """Effects with limits and a P value, in one phrase or, where only one can be meant, in two.

    Not for P values of interaction, trend or noninferiority, and not for one-sided limits.

    Args:
        reading: What was read.

    Yields:
        A finding for each pair.
    """
    for claim, p, owner in _pairs(reading):
        effect = effect_of(claim)
        if effect is None or planned(claim) or not _may(reading, claim, p, owner):
            continue
        if effect.lower.lower > effect.upper.upper or math.isinf(effect.error().upper):
            continue
        one = _judge(reading, effect, p, owner)
        if one.verdict == "consistent" or not _fits_otherwise(claim, p):
            yield one


def _fits_otherwise(claim: Claim, p: PValue) -> bool:
    """Whether numbers and P value fit on another scale: of a ratio that was not told as one, or a difference."""
    return any(fit.gap <= _NEAR for other in other_scales(claim) for fit in _fits(other, p, margin=0.05))


def _pairs(reading: Reading) -> Iterator[tuple[Claim, PValue, Claim]]:
    """Effect, its P value, and the claim that holds it."""
    lonely: dict[tuple[str, str, str], list[Claim]] = {}
    for claim in reading.claims:
        if claim.p is not None and claim.measure != "p_value":
            yield claim, claim.p, claim
        elif claim.p is not None and claim.endpoint:
            lonely.setdefault((claim.endpoint, claim.population, claim.source), []).append(claim)
    if not lonely:
        return
    effects = grouped(
        (c for c in reading.claims if c.interval and c.measure != "mean"), "endpoint", "population", "source"
    )
    for key, values in lonely.items():
        fits = [c for c in effects.get(key, [])[:50] if effect_of(c) is not None]
        if len(values) == 1 == len(fits) and fits[0].p is None and near(values[0], fits[0]):
            assert values[0].p is not None
            yield fits[0], values[0].p, values[0]


def _may(reading: Reading, claim: Claim, p: PValue, owner: Claim) -> bool:
    if claim.measure == "mean" or not _OTHER.isdisjoint(p.method) or not same_place(claim, owner):
        return False
    if "noninferiority" in claim.method and "superiority" not in p.method:
        return False
    assert claim.interval is not None
    if "one_sided" in claim.interval.method or p.number.approximate:
        return False
    return p.method != () or not _OTHER_WORDS.search(sentence_text(reading, owner))


def _z_of_p(p: Box, sides: int) -> Box:
    """Z of a P value: of the smaller P the larger z."""

    def z(value: float) -> float:
        tail = value / sides
        return math.inf if tail <= 0.0 else -math.inf if tail >= 1.0 else -_NORMAL.inv_cdf(tail)

    return Box(z(p.upper), z(p.lower))


def _gap(z: Box, at: Box, *, signed: bool) -> float:
    """Distance of z of the P value to |z|, of a one-sided one also to -|z| where benefit may lie on the other side."""
    return min(at.gap(z), at.gap(Box(-z.upper, -z.lower))) if signed else at.gap(z)


def _fits(effect: Effect, p: PValue, *, margin: float, level: float | None = None) -> list[_Fit]:
    values = p_box(p.number, margin=margin)
    z = effect.z(level)
    # A hazard or risk below 1 favours the new arm, as a one-sided P value does; of other effects that is not known.
    favours = effect.claim.measure in ("hazard_ratio", "risk_ratio", "rate_ratio") and effect.estimate.upper < 0.0
    return [
        _Fit(sides, at := _z_of_p(values, sides), _gap(z, at, signed=sides == 1 and (p.sides == 1 or not favours)))
        for sides in (2, 1)
    ]


def _judge(reading: Reading, effect: Effect, p: PValue, owner: Claim) -> Finding:
    claim = effect.claim
    inner = effect_of(claim, margin=0.0)
    assert inner is not None
    assert claim.value is not None
    assert claim.interval is not None
    claims = [claim, owner]
    words = _words(effect, p)
    exactly = {fit.sides: fit for fit in _fits(inner, p, margin=0.0)}
    wide = {fit.sides: fit for fit in _fits(effect, p, margin=0.05)}
    asked = [p.sides] if p.sides else [2]
    said = f"{p.sides}-sided, as the text says" if p.sides else "two-sided"
    if any(exactly[s].gap <= 1e-9 for s in asked):
        return finding(NAME, "consistent", claims, "The P value fits the estimate and its limits.",
                       f"{words}: they meet ({said.replace('1-', 'one-').replace('2-', 'two-')}).")  # fmt: skip
    if any(wide[s].gap <= 1e-9 for s in asked):
        return finding(NAME, "remark", claims, "The P value fits only if a number was rounded twice.", words + ".")
    other = 1 if asked == [2] else 2
    told = p.sides is not None and _one_test(p, claim) and wide[asked[0]].gap > allowed_gap(0.0, one_test=True)
    if wide[other].gap <= 1e-9 and not told:
        side = "one-sided" if other == 1 else "two-sided"
        note = f", but the text calls it {'one' if p.sides == 1 else 'two'}-sided" if p.sides else ""
        return finding(NAME, "remark", claims, f"The P value fits only if it is {side}{note}.", words + ".",
                       f"{side} P")  # fmt: skip
    return _far(reading, effect, p, claims, wide, words)


def _far(
    reading: Reading, effect: Effect, p: PValue, claims: list[Claim], wide: dict[int, _Fit], words: str
) -> Finding:
    """No point of the boxes fits: near enough for two different tests, or not."""
    claim = effect.claim
    best = min((wide[s] for s in ([p.sides] if p.sides else [2, 1])), key=lambda fit: fit.gap)
    z = effect.z()
    size = z.lower if best.z.lower < z.lower else z.upper
    one_test, strata = _one_test(p, claim), _other_strata(p, claim)
    differs = strata or claim.measure in _POOLED
    allowed = allowed_gap(0.0 if math.isinf(size) else size, one_test=one_test, other_error=differs)
    expected = f"P {_p_words(z, p.sides or 2)}"
    tail = f"; the difference beyond rounding, {num(best.gap, 3)}, is "
    why = "for tests with different strata" if strata else "for limits and a test of a difference"
    why = "for one Wald test" if one_test else why if differs else "for two usual tests"
    if best.gap <= allowed:
        return finding(NAME, "remark", claims, "P value and interval come from different tests, or one is off.",
                       f"{words}{tail}within the {num(allowed, 3)} granted {why}.", expected)  # fmt: skip
    soft = _reason_against(reading, effect, p, claims)
    if soft:
        return finding(NAME, "remark", claims, f"The P value does not fit the interval; {soft}.",
                       f"{words}{tail}more than the {num(allowed, 3)} granted {why}.", expected)  # fmt: skip
    return finding(NAME, "contradicted", claims, "The P value can't belong to this estimate and interval.",
                   f"{words}{tail}more than the {num(allowed, 3)} granted {why}.", expected)  # fmt: skip


def _one_test(p: PValue, claim: Claim) -> bool:
    return "wald" in p.method and (
        "wald" in claim.method or not {"stratified", "unstratified"} & {*p.method, *claim.method}
    )


def _other_strata(p: PValue, claim: Claim) -> bool:
    """Whether the text names different strata, or strata of one of the two only, or an adjusted model beside a test."""
    assert claim.interval is not None
    mine, own = {*claim.method, *claim.interval.method}, set(p.method)
    return (
        ("stratified" in mine) != ("stratified" in own)
        or ("adjusted" in mine and "log_rank" in own)
        or ("weighted" in mine) != ("weighted" in own)
    )


def _reason_against(reading: Reading, effect: Effect, p: PValue, claims: list[Claim]) -> str:
    """What forbids to call it a contradiction; "" where nothing does."""
    claim = effect.claim
    assert claim.interval is not None
    if not effect.wald:
        return "the interval is not Wald's"
    if not _SOFT.isdisjoint(p.method):
        return "the P value is said to be " + ", ".join(p.method)
    if not claim.interval.stated:
        for level in LEVELS[1:]:
            if any(fit.gap <= 1e-9 for fit in _fits(effect, p, margin=0.05, level=level)):
                return f"the level of the limits is not printed, and at {num(100 * level)}% it would"
    if claims[0] is not claims[1] and claims[0].sentence != claims[1].sentence and not _table(reading, claims):
        return "the two stand in different sentences"
    return ""


def _table(reading: Reading, claims: list[Claim]) -> bool:
    low, high = min(c.start for c in claims), max(c.end for c in claims)
    return "|" in reading.document.text[low:high]


def _p_words(z: Box, sides: int) -> str:
    low, high = (sides * 0.5 * math.erfc(x / math.sqrt(2.0)) for x in (z.upper, z.lower))
    words = between(Box(low, min(1.0, high)), 2)
    return f"of {words}, {'two' if sides == 2 else 'one'}-sided"


def _words(effect: Effect, p: PValue) -> str:
    """The calculation in words."""
    claim = effect.claim
    assert claim.value is not None
    assert claim.interval is not None
    z, values = effect.z(), p_box(p.number)
    value = printed(claim.value, "%" if claim.unit == "%" else "")
    log = " on the log scale" if effect.scale == "log" else ""
    z_two, z_one = _z_of_p(values, 2), _z_of_p(values, 1)
    of_p = {2: f"{between(z_two)} two-sided", 1: f"{between(z_one)} one-sided"}
    told = of_p[p.sides] if p.sides else f"{of_p[2]} and {of_p[1]}"
    return (
        f"{value} with {interval_text(claim.interval)} has a standard error of {between(effect.error())}{log}, "
        f"so |z| is {between(z)}; P {_p_text(p)} means a z of {told}"
    )


def _p_text(p: PValue) -> str:
    text = printed(p.number)
    return text if p.number.bound else f"= {text}"
