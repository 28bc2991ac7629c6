"""Who leaves when, without luck: events and censorings at the quantiles of their hazards."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Knots", "Sequence", "cumulative", "leave", "sequence"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Knots(NamedTuple):
    """A cumulative hazard, linear between its points and going on as its last stretch does.

    Attributes:
        day: (K,) ascending, from 0.
        hazard: (K,) cumulative hazard at the day, from 0, not falling.
        tail: Hazard a day after the last point.
    """

    day: Floats
    hazard: Floats
    tail: float


class Sequence(NamedTuple):
    """Subjects of one arm in the order in which they leave.

    Attributes:
        day: (n,) real days, ascending.
        event: (n,) whether that is the event.
    """

    day: Floats
    event: Bools


def cumulative(knots: Knots, day: Floats) -> Floats:
    """Cumulative hazard at days.

    Args:
        knots: Its points.
        day: (D,) days.
    """
    inside: Floats = np.interp(day, knots.day, knots.hazard)
    beyond: Floats = knots.tail * np.maximum(0.0, day - knots.day[-1])
    return np.add(inside, beyond)


def leave(first: float, last: float, dropout: float, early: float, day: Floats) -> Floats:
    """Cumulative hazard of censoring at days: uniform entry makes follow-up uniform, and some leave before.

    Args:
        first: Shortest follow-up of somebody who stays, in days.
        last: Longest follow-up.
        dropout: Share of subjects who would leave by `last` for other reasons, 0 to below 1, more often later on.
        early: Share who would leave in the first tenth of the time.
        day: (D,) days.

    Returns:
        (D,) cumulative hazard; infinite from `last` on.
    """
    staying = np.clip((last - day) / max(last - first, 1e-9), 0.0, 1.0)
    with np.errstate(divide="ignore"):
        ended: Floats = -np.log(staying)
    gone: Floats = np.log1p(-dropout) * (day / last) ** 1.5
    before: Floats = np.log1p(-early) * np.minimum(1.0, day / (0.1 * last))
    return np.subtract(ended, gone + before)


def sequence(n: int, hazard: Floats, censoring: Floats, days: Floats) -> Sequence:
    """The course of n subjects in which what is expected happens: the k-th event when k - 1/2 are expected.

    Each stretch of time brings, to those there at its beginning, the expected events and censorings of its hazards;
    when their sum has passed the next half, one subject leaves. So Kaplan-Meier estimates of both causes stay within
    one step of the hazards.

    Args:
        n: Subjects.
        hazard: (D,) cumulative hazard of the event at the ends of the stretches.
        censoring: (D,) of censoring; infinite where nobody stays.
        days: (D,) ends of the stretches, in days.

    Returns:
        The sequence; who is left at the end is censored at the last one.
    """
    starts = np.append(0.0, days[:-1]).tolist()
    events, leavings = np.diff(hazard, prepend=0.0).tolist(), np.diff(censoring, prepend=0.0).tolist()
    at_risk, due, gone = n, 0.5, 0.5
    found: list[tuple[float, bool]] = []
    for start, end, event, leaving in zip(starts, days.tolist(), events, leavings, strict=True):
        if not leaving < np.inf:
            break
        rate, other, wide = event * at_risk, leaving * at_risk, end - start
        due += rate
        gone += other
        if due < 1.0 and gone < 1.0:
            continue
        here: list[tuple[float, bool]] = []
        while due >= 1.0 and at_risk:
            due -= 1.0
            at_risk -= 1
            here.append((end - wide * min(1.0, due / max(rate, 1e-12)), True))
        while gone >= 1.0 and at_risk:
            gone -= 1.0
            at_risk -= 1
            here.append((end - wide * min(1.0, gone / max(other, 1e-12)), False))
        found += sorted(here)
        if not at_risk:
            break
    found += [(float(days[-1]), False)] * at_risk
    return Sequence(np.array([day for day, _ in found]), np.array([kind for _, kind in found], dtype=np.bool_))
