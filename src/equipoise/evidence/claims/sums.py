"""Whole numbers that nothing says what they are, told by their sum: `4678 down the low road and 4683 the usual one`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.model import Claim

__all__ = ["add_by_sums"]

_SIZES: Final = ("sample_size", "arm_size")
_LEAST: Final = 30
_LARGE: Final = 100
_ALMOST: Final = 0.93
_NEAR: Final = 400
_BESIDE: Final = 60
_CLOSE: Final = 160
_FAR: Final = 2500
_Entry = tuple[int, int, View | None]  # where it stands, its value, what is around it if it was not read


def add_by_sums(claims: Sequence[Claim], unread: Sequence[View]) -> list[Claim]:
    """Claims of arms of which nothing else is said than that they add up, to the last person, to a sample of the text.

    Args:
        claims: What was read.
        unread: Whole numbers of which nothing was read.

    Returns:
        The claims and the new ones, in no order.
    """
    entries = sorted(_entries(claims, unread), key=lambda entry: entry[0])
    places: dict[int, list[_Entry]] = {}
    for entry in entries:
        places.setdefault(entry[1], []).append(entry)
    events = {claim.start for claim in claims if claim.measure == "events"}
    sized: set[int] = set()
    struck: set[int] = set()
    parts: dict[int, View] = {}
    arms_found: dict[int, View] = {}
    totals: dict[int, View] = {}
    for arms in _groups(entries):
        total = sum(value for _, value, _ in arms)
        counted = any(view is None and start in events for start, _, view in arms)
        for start in _sums_of_events(places.get(total, ()), events, arms):
            parts |= {place: one for place, _, one in arms if one is not None and place not in arms_found}
            struck |= {place for place, _, one in arms if one is None and place != start}
        for start, _, view in places.get(total, ()):
            if start in events or (counted and view is not None):
                continue
            if abs(start - arms[0][0]) > _FAR or (view is not None and min(value for _, value, _ in arms) < _LARGE):
                continue
            arms_found |= {place: one for place, _, one in arms if one is not None}
            sized |= {place for place, _, _ in arms if place in events}
            if view is not None:
                totals[start] = view
    found = {*arms_found, *totals, *parts}
    rest = [entry for entry in entries if entry[0] not in found]
    new = [view.claim("arm_size", "patients") for view in arms_found.values()]
    new += [view.claim("sample_size", "patients") for view in totals.values()]
    new += [view.claim("events", "events") for place, view in parts.items() if place not in arms_found]
    claims = [_as_events(claim) if claim.start in struck and claim.measure in _SIZES else claim for claim in claims]
    claims = [_as_arm(claim) if claim.start in sized and claim.measure == "events" else claim for claim in claims]
    sizes = [*claims, *new]
    return [*sizes, *(view.claim("arm_size", "patients") for view in _subsets(sizes, rest))]


def _sums_of_events(places: Sequence[_Entry], events: set[int], arms: tuple[_Entry, ...]) -> Iterator[int]:
    """Where a number of events stands, close by, that some numbers add up to: `805 people (396 and 409)`."""
    for start, _, _ in places:
        if start in events and min(abs(start - place) for place, _, _ in arms) <= _CLOSE:
            yield start


def _as_events(claim: Claim) -> Claim:
    """A number that was read as one of people as the number of events that it is."""
    return replace(claim, measure="events", kind="other", unit="events")


def _as_arm(claim: Claim) -> Claim:
    """A number that was read as one of events as the arm that it is."""
    return replace(claim, measure="arm_size", kind="arm_size", unit="patients")


def _subsets(claims: Sequence[Claim], rest: Sequence[_Entry]) -> Iterator[View]:
    """Two numbers beside each other that are a little below those of two arms: who was analyzed of them."""
    arms = [claim.value.value for claim in claims if claim.measure == "arm_size" and claim.value is not None]
    for index in range(len(rest) - 1):
        (start, first, view), (place, second, other) = rest[index : index + 2]
        if view is None or other is None or place - start > _BESIDE or min(first, second) < _LARGE:
            continue
        pairs = itertools.pairwise(arms)
        if any(_ALMOST * a <= first <= a and _ALMOST * b <= second <= b for a, b in pairs):
            yield view
            yield other


def _entries(claims: Sequence[Claim], unread: Sequence[View]) -> Iterator[_Entry]:
    """Sizes that were read and whole numbers that were not."""
    for claim in claims:
        least = _LARGE if claim.measure == "events" else _LEAST
        if claim.measure in (*_SIZES, "events") and claim.value is not None and claim.value.value >= least:
            yield claim.start, int(claim.value.value), None
    for view in unread:
        phrase, number = view.phrase, view.phrase.value
        plain = phrase.form in ("plain", "people") and phrase.interval is None and not view.tables.is_row(phrase.first)
        if plain and number is not None and not number.decimals and number.value >= _LEAST and not number.bound:
            yield number.start, int(number.value), view


def _groups(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, ...]]:
    """Two, three or four alike that stand near each other, of which one at least was not read."""
    for first in range(len(entries)):
        for second in range(first + 1, min(first + 5, len(entries))):
            if entries[second][0] - entries[first][0] > _NEAR:
                break
            yield from _alike((entries[first], entries[second]))
        for width in (3, 4):
            if entries[first : first + width][-1][0] - entries[first][0] <= 2 * _NEAR:
                yield from _alike(tuple(entries[first : first + width]))


def _alike(arms: tuple[_Entry, ...]) -> Iterator[tuple[_Entry, ...]]:
    """Some entries, if they can be arms of one trial."""
    values = [value for _, value, _ in arms]
    if len(arms) > 1 and min(values) >= 0.25 * max(values):
        yield arms
