"""Medians and survival at a time go along with the hazard ratio."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.rules._common import (
    around,
    effect_of,
    finding,
    near,
    num,
    planned,
    printed,
    same_place,
    time_of,
)

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "medians_ratio"
SENTENCE = "Medians and survival at a time differ in the direction of the hazard ratio, and roughly by as much."
REFERENCE = (
    "Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary time-to-event "
    "data into meta-analysis. Trials 2007;8:16."
)
_ERRORS = 3.0  # of the log hazard ratio: a median and a ratio of one trial hardly ever lie further apart
_WITHOUT = 0.2  # supposed error of a ratio without limits
_CLEAR = 0.05  # a ratio this near to 1, on the log scale, has no direction


def check(reading: Reading) -> Iterator[Finding]:
    """Hazard ratios with the medians, or the percentages, of the two arms. Never a contradiction.

    With hazards in proportion and constant, control median / experimental median is the hazard ratio, and so is
    log S1 / log S0 at any time whenever they are in proportion. Of endpoints that are not called survival the
    percentages are taken as those with the event. The other direction is a remark ("inverted?"), and so is a distance
    of more than three standard errors.

    Args:
        reading: What was read.

    Yields:
        A finding for each pair with a hazard ratio.
    """
    roles = {arm.name: arm.role for arm in reading.arms}
    for claim in reading.claims:
        if claim.measure != "hazard_ratio" or claim.value is None or planned(claim) or claim.value.value <= 0.0:
            continue
        if claim.value.bound or "subgroup" in claim.method:
            continue
        for one, two in _pairs(reading, claim, roles):
            yield from _judge(claim, one, two)


def _pairs(reading: Reading, claim: Claim, roles: Mapping[str, str]) -> Iterator[tuple[Claim, Claim]]:
    """Numbers of the experimental and the control arm: medians, then percentages of one time."""
    for measures in (("median",), ("rate", "proportion")):
        mine = [
            c for c in around(reading, claim)
            if c.measure in measures and not (c.measure == "proportion" and c.endpoint.endswith("survival"))
             and c.value is not None and c.arm and same_place(c, claim) and not planned(c)
            and near(c, claim) and _same_endpoint(claim, c) and not c.value.bound
            and (c.measure == "median" or c.endpoint)
        ]  # fmt: skip
        by_time: dict[object, dict[str, Claim]] = {}
        for c in mine:
            by_time.setdefault((c.measure, time_of(c), c.endpoint), {}).setdefault(c.arm, c)
        for arms in by_time.values():
            if len(arms) != 2:
                continue
            one, two = arms.values()
            if claim.arm in arms and claim.versus in arms and claim.arm != claim.versus:
                yield arms[claim.arm], arms[claim.versus]
            elif {roles.get(one.arm), roles.get(two.arm)} >= {"control"} and roles.get(one.arm) != roles.get(two.arm):
                yield (two, one) if roles.get(one.arm) == "control" else (one, two)


def _same_endpoint(claim: Claim, part: Claim) -> bool:
    if claim.endpoint and part.endpoint:
        return claim.endpoint == part.endpoint or {claim.endpoint, part.endpoint} == {"overall_survival", "death"}
    return claim.sentence == part.sentence


def _ratio(one: Claim, two: Claim) -> tuple[float, str] | None:
    """The hazard ratio that two numbers stand for, and how."""
    assert one.value is not None
    assert two.value is not None
    a, b = one.value.value, two.value.value
    if one.measure == "median":
        if a <= 0.0 or b <= 0.0 or one.unit != two.unit:
            return None
        return b / a, f"{printed(two.value)} / {printed(one.value)}"
    if not (0.0 < a < 100.0 and 0.0 < b < 100.0):
        return None
    if one.endpoint.endswith("survival"):
        return math.log(a / 100.0) / math.log(b / 100.0), f"log {num(a / 100.0)} / log {num(b / 100.0)}"
    return math.log1p(-a / 100.0) / math.log1p(-b / 100.0), f"log {num(1 - a / 100.0)} / log {num(1 - b / 100.0)}"


def _judge(claim: Claim, one: Claim, two: Claim) -> Iterator[Finding]:
    got = _ratio(one, two)
    if got is None or got[0] <= 0.0 or claim.value is None:
        return
    implied, words = got
    claims = [claim, one, two]
    effect = effect_of(claim)
    error = effect.error().upper if effect is not None else _WITHOUT
    log, at = math.log(claim.value.value), math.log(implied)
    of = "the medians" if one.measure == "median" else "the percentages"
    text = f"{words} = {num(implied, 3)}, the hazard ratio of {of} if hazards are in proportion"
    text += " and constant" if one.measure == "median" else ""
    text += f"; printed is {printed(claim.value)}"
    apart = abs(log - at) / error if error > 0.0 and math.isfinite(error) else 0.0
    if log * at < 0.0 and min(abs(log), abs(at)) > _CLEAR:
        event = " or the percentages are of those with the event" if one.measure != "median" else ""
        yield finding(NAME, "remark", claims, f"The hazard ratio points away from {of}: is it inverted?",
                      f"{text}. 1/{printed(claim.value)} is {num(1.0 / claim.value.value, 3)}: control over "
                      f"experimental,{event or ' or curves that cross'}.")  # fmt: skip
    elif apart > _ERRORS:
        yield finding(NAME, "remark", claims, f"The hazard ratio is far from that of {of}.",
                      f"{text}, {num(apart, 2)} standard errors away: hazards out of proportion, or one number is off.",
                      )  # fmt: skip
    else:
        yield finding(NAME, "consistent", claims, f"The hazard ratio goes along with {of}.",
                      f"{text}, {num(apart, 2)} standard errors away.")  # fmt: skip
