"""The width of a hazard ratio's interval fits the number of events."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.rules._common import (
    LEVELS,
    Effect,
    between,
    effect_of,
    exact,
    finding,
    grouped,
    interval_text,
    near,
    num,
    planned,
)

__all__ = ["HIGH", "LOW", "NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "events_width"
SENTENCE = "The standard error of a log hazard ratio is at least sqrt(1/d1 + 1/d0), or sqrt(4/d) of d events in all."
REFERENCE = (
    "Schoenfeld D. The asymptotic properties of nonparametric tests for comparing survival distributions. Biometrika "
    "1981;68:316-319."
)
LOW, HIGH = 0.97, 1.3
_HARDLY = 0.25  # less than a sixteenth of the events that the interval asks for: they are of something else
_NOT = frozenset({"adjusted", "weighted", "multivariable", "robust", "matched", "bayesian", "subgroup", "imputed"})
_PAIR_BEFORE = re.compile(r"\d[)%\]]{0,2}\s+(?:and|vs?\.?|versus|against|or)\s+$", re.IGNORECASE)
_PAIR_AFTER = re.compile(r"[^.;\d]{0,20}\b(?:and|vs?\.?|versus|against|or)\s+\d", re.IGNORECASE)
_SAME = {
    "overall_survival": frozenset({"overall_survival", "death"}),
    "death": frozenset({"overall_survival", "death"}),
}


def check(reading: Reading) -> Iterator[Finding]:
    """Hazard ratios with limits whose events the text gives, by arm or in all.

    At the estimate of Cox's model the information is at most d1 d0 / (d1 + d0), whatever the strata. A standard error
    below 0.97 of its root's reciprocal is a contradiction where counts and interval stand together, one above 1.3 of it
    a remark. Not for weighted or adjusted models; events of another time, grade or population do not count.

    Args:
        reading: What was read.

    Yields:
        A finding for each hazard ratio with events.
    """
    ratios = [c for c in reading.claims if c.measure == "hazard_ratio" and not planned(c) and c.interval and c.endpoint]
    if not ratios:
        return
    analyses = grouped(ratios, "endpoint", "population", "source")
    counted = grouped(_countable(reading), "population", "source")
    for claim in ratios:
        effect = effect_of(claim)
        if effect is None or not effect.wald or effect.lower.lower >= effect.upper.upper:
            continue
        if not _NOT.isdisjoint({*claim.method, *(claim.interval.method if claim.interval else ())}):
            continue
        rivals = analyses[claim.endpoint, claim.population, claim.source]
        if len({(c.value.value if c.value else None) for c in rivals}) > 1:
            continue  # two analyses: whose events these are can't be told
        events = _events(reading, claim, counted.get((claim.population, claim.source), []))
        if events is not None:
            yield _judge(effect, *events)


def _countable(reading: Reading) -> list[Claim]:
    """Claims that may count patients with an event."""
    return [c for c in reading.claims if c.time is None and not c.grade and not c.term and _count(c) is not None]


def _events(reading: Reading, claim: Claim, counted: list[Claim]) -> tuple[list[Claim], list[int]] | None:
    """Claims that count the events, and the counts: two by arm, or one of all."""
    endpoints = _SAME.get(claim.endpoint, frozenset({claim.endpoint}))
    by_arm: dict[str, list[tuple[int, Claim]]] = {}
    for other in counted:
        count = _count(other)
        if other.endpoint not in endpoints or count is None:
            continue
        if set(other.method) <= {*claim.method, "stratified", "unstratified"}:
            by_arm.setdefault(other.arm, []).append((count, other))
    if any(len({count for count, _ in found}) > 1 for found in by_arm.values()):
        return None  # several cuts, or several events a patient
    total = by_arm.pop("", [])
    arms = [found[0] for found in by_arm.values()]
    if len(arms) == 2 and all(count > 0 for count, _ in arms):
        return [c for _, c in arms], [n for n, _ in arms]
    if total and total[0][0] > 0 and not arms and len(reading.arms) <= 2 and not _one_of_two(reading, total[0][1]):
        return [total[0][1]], [total[0][0]]
    return None


def _one_of_two(reading: Reading, claim: Claim) -> bool:
    """Whether a count without arm is one of a pair: "67 and 74 patients died"."""
    text = reading.document.text
    before, after = text[max(0, claim.start - 20) : claim.start], text[claim.end : claim.end + 40]
    return _PAIR_BEFORE.search(before) is not None or _PAIR_AFTER.match(after) is not None


def _count(claim: Claim) -> int | None:
    """Patients with an event; of a rate of survival those without are not counted."""
    if planned(claim):
        return None
    if claim.measure == "events":
        return exact(claim.value)
    counted = claim.measure == "proportion" and (claim.endpoint == "death" or claim.of in ("events", "event", "deaths"))
    return exact(claim.count) if counted else None


def _judge(effect: Effect, counted: list[Claim], counts: list[int]) -> Finding:
    claim = effect.claim
    assert claim.interval is not None
    error = effect.error()
    if len(counts) == 2:
        least = math.sqrt(sum(1.0 / n for n in counts))
        formula = f"sqrt(1/{counts[0]} + 1/{counts[1]}) = {num(least, 3)}"
    else:
        least = math.sqrt(4.0 / counts[0])
        formula = f"sqrt(4/{counts[0]}) = {num(least, 3)}"
    claims = [claim, *counted]
    words = (
        f"The limits {interval_text(claim.interval)} mean a standard error of {between(error)} of the log hazard "
        f"ratio; "
        f"with these events it is at least {formula}"
    )
    share = between(type(error)(error.lower / least, error.upper / least), 2)
    if error.upper < LOW * least:
        soft = _reason_against(effect, counted, least)
        return finding(NAME, "remark" if soft else "contradicted", claims,
                       "The interval is narrower than so few events allow" + (f"; {soft}." if soft else "."),
                       f"{words}: {share} of it.", f"a standard error of at least {num(least, 3)}")  # fmt: skip
    if error.lower > HIGH * least:
        return finding(NAME, "remark", claims, "The interval is much wider than so many events would give.",
                       f"{words}: {share} times that, as in adjusted models or with events that are not all counted "
                       "in the model.")  # fmt: skip
    return finding(NAME, "consistent", claims, "The width of the interval fits the number of events.",
                   f"{words}: {share} times that.")  # fmt: skip


def _reason_against(effect: Effect, counted: list[Claim], least: float) -> str:
    claim = effect.claim
    assert claim.interval is not None
    if not effect.estimate.meets(effect.middle):
        return "the limits are not symmetric either"
    if {"log_rank", "peto"} & {*claim.method, *claim.interval.method}:
        return "the ratio comes from observed and expected events"
    if not claim.interval.stated and effect.error(LEVELS[1]).upper >= LOW * least:
        return "the level of the limits is not printed"
    if effect.error().upper < _HARDLY * least:
        return "so few events can hardly be all of them"
    if not all(near(claim, one) for one in counted):
        return "events and interval stand apart in the text"
    return ""
