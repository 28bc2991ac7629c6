"""Landmarks: survival at a printed time, in boxes narrower than a step of the curve."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.boxes import Box
from equipoise.evidence.reconstruct.cohort_sequence import Sequence

__all__ = ["Landmark", "mid", "tuned"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Landmark(NamedTuple):
    """Survival that was printed at a time.

    Attributes:
        day: Last whole day at or before the time.
        box: Values that may have been printed so.
    """

    day: int
    box: Box


def mid(box: Box) -> float:
    """Middle of a box.

    Args:
        box: The box.
    """
    return 0.5 * (box.lower + box.upper)


def tuned(found: Sequence, landmarks: tuple[Landmark, ...]) -> Sequence:
    """The sequence with censorings moved among the events until survival has the printed values at the landmarks.

    A step of the curve is wider than a box: a censoring that comes before more events leaves fewer at risk at them, so
    moving one changes the product by little.

    Args:
        found: The sequence.
        landmarks: Printed survival at days, ascending.
    """
    start = 0
    found = _off_half(found)
    for one in landmarks:
        found, start = _tune(found, one, start)
    return found


def _tune(found: Sequence, mark: Landmark, start: int) -> tuple[Sequence, int]:
    event = found.event.copy()
    n = event.size
    at = int(np.searchsorted(found.day, mark.day + 0.5))
    goal = math.log(mid(mark.box))
    slack = 0.25 * (math.log(mark.box.upper) - math.log(max(mark.box.lower, 1e-9)))
    risk: Floats = np.arange(n, 0, -1).astype(np.float64)
    each = np.log1p(-1.0 / np.maximum(risk, 1.0 + 1e-9))
    for _ in range(60):
        steps = np.where(event, each, 0.0)
        total = np.cumsum(steps)
        here = total[start:at] if at > start else total[start : start + 1]
        # the place before the landmark at which the value is nearest
        near = start + int(np.abs(here[max(0, at - start - 3) :] - goal).argmin()) + max(0, at - start - 3)
        gap = goal - total[near]
        if abs(gap) <= slack:
            return Sequence(found.day, event), near + 1
        if not _move(event, each, start, near, gap):
            break
    return _fewer_at_risk(Sequence(found.day, event), start, at, goal, slack)


def _fewer_at_risk(found: Sequence, start: int, at: int, goal: float, slack: float) -> tuple[Sequence, int]:
    """The sequence with censorings brought forward until survival before the landmark has come down to its value.

    A censoring that comes earlier than it did leaves one fewer at risk at each event between: a little lower a curve.
    """
    event, n = found.event.copy(), found.day.size
    risk: Floats = np.arange(n, 0, -1).astype(np.float64)
    each = np.log1p(-1.0 / np.maximum(risk, 1.0 + 1e-9))
    closer = np.append(each[1:], each[-1]) - each  # what an event takes more, one place later
    total = np.cumsum(np.where(event, each, 0.0))
    above = np.flatnonzero(total[: at + 4] >= goal - slack)
    near = int(above[-1]) if above.size else start
    for _ in range(40):
        gap = goal - float(np.where(event, each, 0.0)[: near + 1].sum())
        behind = np.flatnonzero(~event[near + 1 :])
        if gap >= -slack or not behind.size or near <= start:
            break
        change = np.cumsum(np.where(event, closer, 0.0)[start : near + 1][::-1])[::-1]
        place = start + int(np.abs(change - gap).argmin())
        source = near + 1 + int(behind[0])
        event = np.insert(np.delete(event, source), place, [False])
        near += 1
    return Sequence(found.day, event), near + 1


def _move(event: Bools, steps: Floats, first: int, last: int, gap: float) -> bool:
    """Swap the kinds of two places in first..last so that the log of the product changes by about `gap`."""
    inner = np.arange(first, last)
    censored, happened = inner[~event[inner]], inner[event[inner]]
    if not censored.size or not happened.size:
        return False
    # the event goes from i to j, the censoring from j to i
    change = steps[censored][None, :] - steps[happened][:, None]
    best = np.abs(change - gap)
    i, j = np.unravel_index(int(best.argmin()), best.shape)
    if best[i, j] >= abs(gap):
        return False
    event[happened[i]], event[censored[j]] = False, True
    return True


def _off_half(found: Sequence) -> Sequence:
    """The sequence without a curve that stays at exactly one half: its median would be the middle of a stretch.

    Of an even number of subjects none of whom leaves before, half is passed exactly; one censoring before it is enough.
    """
    n = found.day.size
    risk: Floats = np.arange(n, 0, -1).astype(np.float64)
    survival = np.cumprod(np.where(found.event, (risk - 1.0) / risk, 1.0))
    at = np.flatnonzero(np.abs(survival - 0.5) < 1e-7)
    later = np.flatnonzero(~found.event)
    if not at.size or not (later > at[-1]).any() or not found.event[: at[0]].any():
        return found
    event = found.event.copy()
    event[np.flatnonzero(event[: at[0]])[int(event[: at[0]].sum()) // 2]] = False
    event[later[later > at[-1]][0]] = True
    return Sequence(found.day, event)
