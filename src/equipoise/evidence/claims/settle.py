"""Which numbers of people are samples and which are arms, told by their sums."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from equipoise.evidence.model import Claim, Measure, Number

__all__ = ["settle_sizes", "settle_units"]

_SIZES: Final = ("sample_size", "arm_size")
_NOTHING: Final = Number("", 0.0)
_NEAR: Final = 700
_EVENTS_BELOW: Final = 0.1


def settle_sizes(claims: list[Claim]) -> list[Claim]:
    """Numbers of people with their measure settled: those that add up to another are arms, and it is their sample.

    A number of people far below the sample, of whom nothing says that they were randomized or analyzed, and that goes
    with two others that add up to it, is a number of those with an event.

    Args:
        claims: Claims in the order of the text.
    """
    places = [
        index
        for index, claim in enumerate(claims)
        if claim.value is not None
        and (
            claim.measure in _SIZES or (claim.measure == "events" and claim.of == "cases" and claim.value.value >= 100)
        )
    ]
    if len(places) < 2:
        return claims
    values = [(claims[index].value or _NOTHING).value for index in places]
    starts = [claims[index].start for index in places]
    said: dict[int, Measure] = {}
    groups: list[tuple[int, tuple[int, ...]]] = []
    for first in range(len(places)):
        for width in (2, 3):
            arms = tuple(range(first, first + width))
            if arms[-1] >= len(places) or starts[arms[-1]] - starts[first] > _NEAR:
                continue
            total = _total(values, starts, arms)
            if total is not None:
                groups.append((total, arms))
    errors = {group: abs(sum(values[arm] for arm in group[1]) - values[group[0]]) for group in groups}
    homes = {group: len({claims[places[arm]].sentence for arm in group[1]}) for group in groups}
    groups.sort(key=lambda group: (errors[group] > 1, homes[group], errors[group]))
    taken: set[int] = set()
    for total, arms in groups:
        if errors[total, arms] > 1 and not taken.isdisjoint((total, *arms)):
            continue  # 2,833 and 2,841 are the arms of 5,734; so 2,841 and 2,859 are not
        taken.update((total, *arms))
        said.setdefault(places[total], "sample_size")
        for arm in arms:
            said.setdefault(places[arm], "arm_size")
    main = max((values[total] for total, _ in groups), default=0.0)
    for total, arms in groups:
        few = values[total] < _EVENTS_BELOW * main and not any(claims[places[one]].of for one in (total, *arms))
        if few:
            said |= dict.fromkeys((places[one] for one in (total, *arms)), "events")
    for place, value in zip(places, values, strict=True):
        if place not in said and main and value > 0.9 * main and claims[place].measure in _SIZES:
            said[place] = "sample_size"
    return [_measured(claim, said.get(index)) for index, claim in enumerate(claims)]


def _total(values: list[float], starts: list[int], arms: tuple[int, ...]) -> int | None:
    """Index of the number near some arms that is their sum."""
    parts = [values[arm] for arm in arms]
    if min(parts) < 0.15 * max(parts) or min(parts) < 5:
        return None
    others: list[int] = [
        *range(arms[0] - 1, max(-1, arms[0] - 4), -1),
        *range(arms[-1] + 1, min(len(values), arms[-1] + 3)),
    ]
    for other in others:
        near = abs(starts[other] - starts[arms[0]]) <= _NEAR
        if near and abs(sum(parts) - values[other]) <= max(1.0, 0.02 * values[other]):
            return other
    return None


def _measured(claim: Claim, measure: Measure | None) -> Claim:
    """A claim with another measure."""
    if measure is None or measure == claim.measure:
        return claim
    if measure == "events":
        return replace(claim, measure="events", kind="other", unit="events")
    return replace(claim, measure=measure, kind="arm_size" if measure == "arm_size" else "sample_size")


def settle_units(claims: list[Claim]) -> list[Claim]:
    """Medians and means without a unit get that of the next one of their sentence: `26.3 vs. 18.9 months`.

    Args:
        claims: Claims in the order of the text.
    """
    out = list(claims)
    for index in range(len(claims) - 2, -1, -1):
        claim, after = out[index], out[index + 1]
        same = claim.measure == after.measure and claim.sentence == after.sentence
        if same and not claim.unit and after.unit and claim.measure in ("median", "mean"):
            out[index] = replace(claim, unit=after.unit)
    return out
