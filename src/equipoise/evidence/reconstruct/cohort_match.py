"""One patient, one story: which death or last contact belongs to which progression, and follow-up as printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.boxes import Box
from equipoise.evidence.reconstruct.cohort_arm import Course, mid

__all__ = ["exchanged", "follow_up_median", "followed", "later", "nudged", "partners"]

Integers = NDArray[np.int64]

_TRIES = 400
_NUDGES = 30
_CLOSE = 60  # days between the last assessment and the last contact of one who simply goes on


def later(course: Course, before: Course) -> Course:
    """The course with everybody leaving no earlier than the one of the same rank in `before`.

    Then, and only then, each subject of the one can be given a subject of the other who left before.

    Args:
        course: Of the later endpoint.
        before: Of the earlier one, as many subjects.
    """
    if (course.day >= before.day).all():
        return course
    return Course(np.maximum(course.day, before.day), course.event, course.missed)


def partners(late: Course, early: Course, strata: Integers, wanted: Integers) -> Integers:
    """Who of the earlier endpoint each of the later one is.

    A death belongs to the longest known progression; a last contact to somebody free of progression whose last
    assessment was just before, else to the latest progression; each in the wanted stratum where there is somebody.

    Args:
        late: Survival, in order; nobody leaves before the one of the same rank in `early`.
        early: Progression, in order.
        strata: (n,) strata of `early`.
        wanted: (n,) strata that `late` is to have.

    Returns:
        (n,) rank in `early` of each of `late`; each once, and none later than its partner.
    """
    count = int(max(strata.max(initial=0), wanted.max(initial=0))) + 1
    waiting = _Waiting(early.day.tolist(), [[] for _ in range(count)], [[] for _ in range(count)])
    found = np.empty(late.day.size, dtype=np.int64)
    left = int((~early.event).sum())  # still free of progression and without a partner
    contacts = int((~late.event).sum())
    days, kinds, codes = early.day.tolist(), early.event.tolist(), strata.tolist()
    at = 0
    for rank, (day, died, code) in enumerate(zip(late.day.tolist(), late.event.tolist(), wanted.tolist(), strict=True)):
        while at < len(days) and days[at] <= day:
            (waiting.progressed if kinds[at] else waiting.free)[codes[at]].append(at)
            at += 1
        chosen = waiting.of_death(code) if died else waiting.of_contact(code, day, hurry=left >= contacts)
        left -= not kinds[chosen]
        contacts -= not died
        found[rank] = chosen
    return found


@dataclass(slots=True)
class _Waiting:
    """Who has left the earlier endpoint and has no partner yet: ranks by stratum, each list ascending."""

    days: list[int]
    progressed: list[list[int]]
    free: list[list[int]]

    def of_death(self, code: int) -> int:
        if self.progressed[code]:
            return self.progressed[code].pop(0)
        some = [ranks for ranks in self.progressed if ranks] or [ranks for ranks in self.free if ranks]
        return min(some, key=lambda ranks: ranks[0]).pop(0)

    def of_contact(self, code: int, day: int, *, hurry: bool) -> int:
        own = self.free[code]
        if own and (hurry or day - self.days[own[-1]] <= _CLOSE):
            return own.pop()
        if not hurry and self.progressed[code]:
            return self.progressed[code].pop()
        some = [ranks for ranks in self.free if ranks]
        if some and (hurry or not any(self.progressed)):
            return max(some, key=lambda ranks: ranks[-1]).pop()
        some = [ranks for ranks in self.progressed if ranks] or some
        return max(some, key=lambda ranks: ranks[-1]).pop()


def follow_up_median(courses: tuple[Course, ...]) -> float:
    """Median follow-up of all arms by reverse Kaplan-Meier, in days; NaN where it is not reached.

    Args:
        courses: Of the endpoint on which it is measured.
    """
    from equipoise.kernels.kaplan_meier import kaplan_meier, quantile

    day = np.concatenate([course.day for course in courses])
    event = np.concatenate([course.event for course in courses])
    return float(quantile(kaplan_meier(day.astype(np.float64), ~event), 0.5).estimate[0])


def followed(courses: tuple[Course, ...], box: Box, last: int) -> tuple[Course, ...]:
    """Courses with last contacts moved, all by one rule, until median follow-up is the printed one.

    Args:
        courses: By arm.
        box: Printed median follow-up, in days.
        last: Longest follow-up, in days.
    """
    goal = float(round(mid(box))) if box.holds(round(mid(box))) else mid(box)
    for _ in range(6):
        now = follow_up_median(courses)
        if not now > 0 or box.holds(now) or not 0 < goal < last:
            return courses
        courses = tuple(_moved(course, now, goal, last) for course in courses)
    return courses


def _moved(course: Course, now: float, goal: float, last: int) -> Course:
    """Last contacts on a new scale that leads from `now` to `goal`; events stay."""
    moved = np.interp(course.day, [0.0, now, max(now + 1.0, float(last))], [0.0, goal, max(goal + 1.0, float(last))])
    day = np.where(course.event, course.day, np.maximum(1, np.round(moved).astype(np.int64)))
    return _ordered(Course(day, course.event, course.missed))


def nudged(courses: tuple[Course, ...], box: Box) -> tuple[Course, ...]:
    """Courses with single last contacts moved by days until median follow-up is the printed one.

    A last contact is moved only where no event of its arm lies between: the curve of the endpoint stays as it is.

    Args:
        courses: By arm, laid through printed numbers.
        box: Printed median follow-up, in days.
    """
    goal = round(mid(box))
    moved = [Course(course.day.copy(), course.event, course.missed) for course in courses]
    for _ in range(_NUDGES):
        now = follow_up_median(tuple(moved))
        if not now > 0 or box.holds(now) or not box.holds(goal):
            break
        low, high = min(now, goal), max(now, goal)
        candidates = []
        for arm, course in enumerate(moved):
            events = course.day[course.event]
            for k in np.flatnonzero(~course.event & (course.day != goal)).tolist():
                day = int(course.day[k])
                # those on the wrong side of the goal, the nearest first
                if (day > goal) != (now > goal) or not low - 40 <= day <= high + 40:
                    continue
                first, last = min(day, goal), max(day, goal)
                if not ((events >= first) & (events <= last)).any():
                    candidates.append((abs(day - goal), arm, k))
        if not candidates:
            break
        _, arm, k = min(candidates)
        moved[arm].day[k] = goal
    return tuple(_ordered(course) for course in moved)


def _ordered(course: Course) -> Course:
    order = np.lexsort((~course.event, course.day))  # events before last contacts of the same day
    return Course(course.day[order], course.event[order], course.missed)


def exchanged(
    places: tuple[Integers, ...],
    late: tuple[Course, ...],
    early: tuple[Course, ...],
    strata: tuple[Integers, ...],
    depth_of: Callable[[tuple[Integers, ...]], float],
    enough: float,
) -> tuple[Integers, ...]:
    """Partners exchanged, two subjects of an arm at a time, while that brings the stratified numbers into their boxes.

    Times of no endpoint change, only who has which: an exchange is possible where both still progress before they die
    or are last seen. What is tried is a fixed sequence.

    Args:
        places: By arm, rank in `early` of each of `late`.
        late: Survival by arm.
        early: Progression by arm.
        strata: Strata of `early`, by arm.
        depth_of: Strata of `late` by arm → how deep its numbers lie in the printed boxes.
        enough: Depth at which no more is tried.

    Returns:
        The partners.
    """
    now = [place.copy() for place in places]

    def codes() -> tuple[Integers, ...]:
        return tuple(code[place] for code, place in zip(strata, now, strict=True))

    best = depth_of(codes())
    for step in range(_TRIES):
        if best >= enough:
            break
        arm = step % len(now)
        pair = _pair(step // len(now), now[arm], late[arm], early[arm], strata[arm])
        if pair is None:
            continue
        one, other = pair
        now[arm][[one, other]] = now[arm][[other, one]]
        here = depth_of(codes())
        if here > best:
            best = here
        else:
            now[arm][[one, other]] = now[arm][[other, one]]
    return tuple(now)


def _pair(step: int, place: Integers, late: Course, early: Course, strata: Integers) -> tuple[int, int] | None:
    """A death and another subject of another stratum whose partners can be exchanged; None where a step has none."""
    deaths = np.flatnonzero(late.event)
    if not deaths.size:
        return None
    one = int(deaths[int(deaths.size * ((step + 1) * 0.6180339887 % 1.0))])
    kind = early.event[place] == early.event[place[one]]
    able = (early.day[place] <= late.day[one]) & (early.day[place[one]] <= late.day) & kind
    able &= strata[place] != strata[place[one]]
    others = np.flatnonzero(able)
    if not others.size:
        return None
    return one, int(others[int(others.size * ((step + 1) * 0.7548776662 % 1.0))])
