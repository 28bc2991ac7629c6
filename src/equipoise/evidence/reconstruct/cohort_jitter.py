"""The last step where few subjects make a hazard ratio lumpy: single days moved between their neighbours.

A day that stays between those of the neighbours in its arm changes no curve and no count, only how the arms interleave.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_arm import ArmGoals, Course, strayed

__all__ = ["jittered"]

Integers = NDArray[np.int64]

_TRIES = 500
_GOLDEN, _PLASTIC = 0.6180339887498949, 0.7548776662466927


def jittered(
    courses: tuple[Course, ...],
    goals: tuple[ArmGoals, ...],
    depth_of: Callable[[tuple[Course, ...]], float],
    enough: float,
    floors: tuple[Integers, ...] | None = None,
) -> tuple[Course, ...]:
    """Courses with single days moved while that brings the contrasts deeper into their printed boxes.

    Args:
        courses: By arm.
        goals: What is printed of the arms: nothing that came out of it is lost.
        depth_of: Courses → how deep their contrasts lie.
        enough: Depth at which no more is tried.
        floors: Earliest day of each subject, by arm.

    Returns:
        The courses; what is tried is a fixed sequence.
    """
    now = list(courses)
    best = depth_of(courses)
    lost = [len(strayed(course, one)) for course, one in zip(courses, goals, strict=True)]
    for step in range(_TRIES):
        if best >= enough:
            break
        arm = step % len(now)
        moved = _moved(now[arm], step, None if floors is None else floors[arm])
        if moved is None:
            continue
        tried = [*now[:arm], moved, *now[arm + 1 :]]
        here = depth_of(tuple(tried))
        if here > best and len(strayed(moved, goals[arm])) <= lost[arm]:
            best, now = here, tried
    return tuple(now)


def _moved(course: Course, step: int, floor: Integers | None) -> Course | None:
    """The course with one day elsewhere between its neighbours; None where there is no room."""
    n = course.day.size
    k = int(n * ((step + 1) * _GOLDEN % 1.0))
    low = int(course.day[k - 1]) + 1 if k else 1
    high = int(course.day[k + 1]) - 1 if k + 1 < n else int(course.day[k])
    low = max(low, 1 if floor is None else int(floor[k]))
    day = low + int((high - low + 1) * ((step + 1) * _PLASTIC % 1.0))
    if high < low or day == course.day[k]:
        return None
    days = course.day.copy()
    days[k] = day
    return Course(days, course.event, course.missed)
