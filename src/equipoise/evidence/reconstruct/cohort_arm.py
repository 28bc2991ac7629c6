"""One arm's course in whole days: a curve through what is printed of it, landed on the printed days."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.boxes import Box, z_of_level
from equipoise.evidence.reconstruct.cohort_bands import BANDS, Curve, crossing, curve_of
from equipoise.evidence.reconstruct.cohort_landmarks import Landmark, mid, tuned
from equipoise.evidence.reconstruct.cohort_sequence import Knots, Sequence, cumulative, leave, sequence

__all__ = ["ArmGoals", "Course", "Laid", "Landmark", "Shape", "bent", "course", "laid", "mid", "strayed"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]

_ROUNDS = 6
_LANDINGS = 4
_STRETCHES = 350  # of follow-up: a week each where it lasts seven years


@dataclass(frozen=True, slots=True)
class ArmGoals:
    """What is printed of the times of one arm, in days.

    Attributes:
        n: Subjects.
        events: How many of them had the event; None where it was not printed.
        quantiles: `median`, `lower` and `upper` limit of the median → box; those that were not printed are absent.
        unreached: Those of the three that are printed as not reached.
        level: Level of the limits.
        landmarks: Survival at times, ascending.
        interval: Scale of the band that the limits come from.
        floors: (day, survival) that other facts ask for, as a guide to the shape only.
    """

    n: int
    events: int | None = None
    quantiles: dict[str, Box] = field(default_factory=dict)
    unreached: frozenset[str] = frozenset()
    level: float = 0.95
    interval: str = "log_log"
    landmarks: tuple[Landmark, ...] = ()
    floors: tuple[tuple[float, float], ...] = ()


class Shape(NamedTuple):
    """What may be chosen where nothing is printed.

    Attributes:
        first: Shortest follow-up of somebody who stays, in days.
        last: Longest.
        dropout: Share who leave before their time.
        early: Share who leave in the first tenth of the time.
        bend: Log of the exponent that bends time between the days that are fixed; above 0 events come earlier.
        tail: Factor of the hazard after the last printed point.
        rate: Hazard a day where nothing of the curve is printed.
    """

    first: float
    last: float
    dropout: float = 0.0
    early: float = 0.0
    bend: float = 0.0
    tail: float = 1.0
    rate: float = 0.0


class Course(NamedTuple):
    """An arm in whole days.

    Attributes:
        day: (n,) ascending.
        event: (n,) whether that is the event.
        missed: What could not be landed: names of quantiles, `landmark 48`.
    """

    day: Integers
    event: Bools
    missed: tuple[str, ...]


class _Anchor(NamedTuple):
    """A place of the sequence and the day on which it must lie.

    Attributes:
        place: Time in the sequence.
        day: Day; of a border half a day after the landmark.
        position: The subject; of a border the last one before it.
        border: Whether it lies between two subjects.
    """

    place: float
    day: float
    position: int
    border: bool


class Laid(NamedTuple):
    """An arm in real time, its printed days in place and time between them not bent yet.

    Attributes:
        sequence: The subjects.
        anchors: Places that lie on days.
        missed: What can't be landed.
        guesses: Survival at which bands cross one half, a good beginning for a similar shape.
    """

    sequence: Sequence
    anchors: tuple[_Anchor, ...]
    missed: tuple[str, ...]
    guesses: dict[str, float]


def course(goals: ArmGoals, shape: Shape) -> Course:
    """The course of an arm: quantiles of its hazards, moved onto the printed days.

    Kaplan-Meier estimates depend on the order of events and censorings alone, so any monotone change of time keeps
    them: each printed quantile is the day of the subject at whom its curve or band crosses one half, and a landmark is
    a day between two subjects.

    Args:
        goals: What is printed.
        shape: What is chosen.

    Returns:
        The course; what can't be landed is named.
    """
    return bent(laid(goals, shape), shape.bend, goals)


def laid(goals: ArmGoals, shape: Shape, guesses: dict[str, float] | None = None) -> Laid:
    """The course before time is bent: what of a shape costs time and does not depend on its bend.

    Args:
        goals: What is printed.
        shape: What is chosen.
        guesses: Those of a similar shape.
    """
    days = np.linspace(0.0, shape.last, _STRETCHES + 1)[1:]
    censoring = leave(shape.first, shape.last, shape.dropout, shape.early, days)
    guesses = _guesses(goals) if guesses is None else dict(guesses)
    found = Sequence(np.zeros(0), np.zeros(0, dtype=np.bool_))
    for _ in range(_ROUNDS if goals.quantiles else 1):
        knots = _knots(goals, guesses, shape)
        found = sequence(goals.n, cumulative(knots, days), censoring, days)
        fresh = _levels(goals, found, guesses)
        if all(abs(fresh[name] - guesses[name]) < 0.004 for name in fresh):
            break
        guesses |= fresh
    found = tuned(found, goals.landmarks)
    anchors, missed = _anchors(goals, found)
    return Laid(_warped(found, anchors), tuple(anchors), missed, guesses)


def bent(found: Laid, bend: float, goals: ArmGoals | None = None) -> Course:
    """The course in whole days, time bent between the printed days.

    Where several subjects share a day, the curve may cross one half at another subject than before: then that one is
    laid on the printed day, a few times if need be.

    Args:
        found: The arm in real time.
        bend: Log of the exponent; above 0 events come earlier.
        goals: What is printed, to see whether it came out.
    """
    anchors = list(found.anchors)
    best = _whole(_bent(found.sequence, anchors, bend), anchors, found.missed)
    if goals is None or not anchors:
        return best
    least, made = len(strayed(best, goals)), best
    for _ in range(_LANDINGS):
        if not least:
            break
        anchors = _again(found.sequence, made, anchors, goals)
        made = _whole(_bent(_warped(found.sequence, anchors), anchors, bend), anchors, found.missed)
        count = len(strayed(made, goals))
        if count < least:
            best, least = made, count
    return best


def _again(sequence: Sequence, made: Course, anchors: list[_Anchor], goals: ArmGoals) -> list[_Anchor]:
    """The anchors, each at the subject at whom what it stands for happens once days are whole."""
    order, curve, ends = _daily(made, goals)
    marks = {float(one.day) + 0.5: one for one in goals.landmarks}
    fresh = []
    for anchor in anchors:
        position, place = anchor.position, anchor.place
        if anchor.border:
            box = marks[anchor.day].box
            inside = np.flatnonzero((curve.survival[ends] >= box.lower) & (curve.survival[ends] <= box.upper))
            if inside.size:
                near = inside[np.abs(ends[inside] - anchor.position).argmin()]
                position = int(ends[near])
                after = min(position + 1, sequence.day.size - 1)
                place = 0.5 * float(sequence.day[position] + sequence.day[after])
        else:
            name = next(name for name, box in goals.quantiles.items() if _whole_day(box) == anchor.day)
            k = crossing(getattr(curve, BANDS[name])[ends])
            if k >= 0:
                position = int(order[ends[k]])
                place = float(sequence.day[position])
        fresh.append(anchor._replace(position=position, place=place))
    kept: list[_Anchor] = []
    for anchor in sorted(fresh):
        if not kept or (anchor.day > kept[-1].day and anchor.place > kept[-1].place):
            kept.append(anchor)
    return kept


def _daily(made: Course, goals: ArmGoals) -> tuple[Integers, Curve, Integers]:
    """Subjects in the order that ties have in the estimate, the curve after each, and the last subject of each day."""
    order = np.lexsort((~made.event, made.day))
    curve = curve_of(Sequence(made.day[order].astype(np.float64), made.event[order]), goals.level, goals.interval)
    day = made.day[order]
    return order, curve, np.append(np.flatnonzero(np.diff(day)), day.size - 1)


def _guesses(goals: ArmGoals) -> dict[str, float]:
    """Survival at the limits of the median, to begin with: where the band of n subjects crosses one half."""
    z = z_of_level(goals.level)
    width = z * math.sqrt(1.2 / goals.n)
    return {"lower": min(0.9, 0.5 + width * 0.5), "upper": max(0.1, 0.5 - width * 0.55), "median": 0.5}


def _points(goals: ArmGoals, guesses: dict[str, float]) -> list[tuple[float, float]]:
    points = [(mid(box), guesses[name]) for name, box in goals.quantiles.items()]
    points += [(float(one.day), mid(one.box)) for one in goals.landmarks]
    return sorted(points)


def _knots(goals: ArmGoals, guesses: dict[str, float], shape: Shape) -> Knots:
    points = _points(goals, guesses) or list(goals.floors)
    if not points:
        return Knots(np.array([0.0]), np.array([0.0]), shape.rate * shape.tail)
    first = points[0]
    points = [point for point in goals.floors if point[0] < first[0] and point[1] > first[1]] + points
    day = np.array([0.0, *(p[0] for p in points)])
    hazard = np.maximum.accumulate(np.array([0.0, *(-math.log(max(p[1], 1e-6)) for p in points)]))
    if not goals.unreached:
        return Knots(day, hazard, shape.tail * float(hazard[-1] / day[-1]))
    # Late events of few subjects at risk are wide steps: none comes in the last fifth.
    most, stop = _most(goals, guesses), max(float(day[-1]) + 1.0, 0.8 * shape.last)
    further = float(hazard[-1]) + shape.tail * float(hazard[-1] / day[-1]) * (stop - float(day[-1]))
    return Knots(np.append(day, stop), np.minimum(np.append(hazard, further), most), 0.0)


def _most(goals: ArmGoals, guesses: dict[str, float]) -> float:
    """Cumulative hazard that the curve may reach where its median, or a limit of it, is printed as not reached."""
    width = 0.5 - guesses["upper"]
    least = {"lower": 0.5 + width + 0.02, "median": 0.5 + 4.0 / goals.n, "upper": 0.5 - width + 0.02}
    return min((-math.log(least[name]) for name in goals.unreached), default=math.inf)


def _levels(goals: ArmGoals, found: Sequence, guesses: dict[str, float]) -> dict[str, float]:
    """Survival at which the bands cross one half in this sequence."""
    curve = curve_of(found, goals.level, goals.interval)
    fresh: dict[str, float] = {}
    for name in ("lower", "upper"):
        if name in goals.quantiles:
            k = crossing(getattr(curve, BANDS[name]))
            fresh[name] = float(curve.survival[k]) if k >= 0 else guesses[name] - 0.02
    return fresh


def _anchors(goals: ArmGoals, found: Sequence) -> tuple[list[_Anchor], tuple[str, ...]]:
    """Places that must lie on days, ascending; and what can't be landed."""
    curve = curve_of(found, goals.level, goals.interval)
    anchors: list[_Anchor] = []
    missed = []
    for name, box in goals.quantiles.items():
        k = crossing(getattr(curve, BANDS[name]))
        if k < 0:
            missed.append(name)
        else:
            anchors.append(_Anchor(float(found.day[k]), _whole_day(box), k, border=False))
    missed += [name for name in goals.unreached if crossing(getattr(curve, BANDS[name])) >= 0]
    for one in goals.landmarks:
        inside = np.flatnonzero((curve.survival >= one.box.lower) & (curve.survival <= one.box.upper))
        if not inside.size:
            missed.append(f"landmark {one.day}")
            inside = np.array([int(np.abs(curve.survival - mid(one.box)).argmin())])
        k = int(inside[np.abs(found.day[inside] - one.day).argmin()])
        after = float(found.day[k + 1]) if k + 1 < found.day.size else float(found.day[k]) + 1.0
        anchors.append(_Anchor(0.5 * (float(found.day[k]) + after), one.day + 0.5, k, border=True))
    kept: list[_Anchor] = []
    for anchor in sorted(anchors):
        if kept and (anchor.day <= kept[-1].day or anchor.place <= kept[-1].place):
            missed.append(f"day {anchor.day:g} out of order")
            continue
        kept.append(anchor)
    return kept, tuple(missed)


def _whole_day(box: Box) -> float:
    """The whole day nearest to the middle of a box; the middle itself where the box holds none."""
    day = round(mid(box))
    return float(day) if box.holds(day) else mid(box)


def _warped(found: Sequence, anchors: list[_Anchor]) -> Sequence:
    end = float(found.day[-1])
    source = [0.0, *(a.place for a in anchors if a.place < end), end]
    target = [0.0, *(a.day for a in anchors if a.place < end)]
    target.append(max(end, target[-1] + 1.0))
    return Sequence(np.interp(found.day, source, target), found.event)


def _bent(found: Sequence, anchors: list[_Anchor], bend: float) -> Sequence:
    """Time bent between the anchors, which stay where they are."""
    if not bend:
        return found
    bounds = [0.0, *(a.day for a in anchors)]
    day = found.day.copy()
    if day[-1] > bounds[-1]:
        bounds.append(float(day[-1]))
    power = math.exp(bend)
    for low, high in pairwise(bounds):
        inside = (found.day > low) & (found.day < high)
        share = (found.day[inside] - low) / (high - low)
        day[inside] = low + (high - low) * (share**power if bend > 0 else 1.0 - (1.0 - share) ** (1.0 / power))
    return Sequence(day, found.event)


def _whole(found: Sequence, anchors: list[_Anchor], missed: tuple[str, ...]) -> Course:
    """Whole days in the same order: an event after a censoring comes on a later day, as ties count censorings last."""
    n, event = found.day.size, found.event
    gap = np.append(0, event[1:] & ~event[:-1]).astype(np.int64)  # days that must lie before each place
    if 3 * int(gap.sum()) > found.day[-1]:
        gap[:] = 0  # too many subjects for the days
    low, high = np.ones(n, dtype=np.int64), np.full(n, np.iinfo(np.int64).max // 2, dtype=np.int64)
    for one in anchors:
        if one.border:
            high[: one.position + 1] = np.minimum(high[: one.position + 1], int(one.day))
            low[one.position + 1 :] = np.maximum(low[one.position + 1 :], int(one.day) + 1)
        else:
            low[one.position] = high[one.position] = int(one.day)
    day = np.clip(np.round(found.day).astype(np.int64), low, high)
    # Forwards nobody before the one ahead, backwards nobody behind the one after: each moves as little as it must.
    apart = np.cumsum(gap)
    day = np.minimum(np.maximum.accumulate(day - apart) + apart, high)
    day = np.maximum(np.minimum.accumulate((day - apart)[::-1])[::-1] + apart, 1)
    missed += tuple(f"day {one.day:g}" for one in anchors if not one.border and day[one.position] != int(one.day))
    return Course(day, event, missed)


def _quantile(values: Floats, day: Integers) -> float:
    """Where a curve or band crosses one half, by the midpoint rule; NaN where it does not."""
    k = crossing(values)
    if k < 0:
        return math.nan
    if abs(float(values[k]) - 0.5) >= 1.5e-8:
        return float(day[k])
    below = np.flatnonzero(values < values[k])
    return 0.5 * float(day[k] + day[below[0]]) if below.size else float(day[k])


def strayed(made: Course, goals: ArmGoals) -> tuple[str, ...]:
    """Which printed numbers of an arm a course does not give after all: after it was fitted to other endpoints.

    Args:
        made: The course.
        goals: What is printed.
    """
    order, curve, ends = _daily(made, goals)
    day = made.day[order]
    found = []
    for name, box in goals.quantiles.items():
        if not box.holds(_quantile(getattr(curve, BANDS[name])[ends], day[ends])):
            found.append(name)
    found += [name for name in goals.unreached if crossing(getattr(curve, BANDS[name])[ends]) >= 0]
    for one in goals.landmarks:
        k = int(np.searchsorted(day, one.day, side="right"))
        if not one.box.holds(float(curve.survival[k - 1]) if k else 1.0):
            found.append(f"survival at day {one.day}")
    if goals.events is not None and int(made.event.sum()) != goals.events:
        found.append(f"{goals.events} events")
    return tuple(found)
