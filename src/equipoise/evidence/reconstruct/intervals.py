"""Events and censorings of one interval between two numbers at risk, placed on a drawn line."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Course", "Target", "even", "follow", "place"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Target:
    """A falling line that can be asked when it crosses a level.

    Attributes:
        time: Times of its points, never falling.
        fall: Minus survival at these, never falling.
    """

    time: list[float]
    fall: list[float]

    @classmethod
    def of(cls, time: Floats, survival: Floats) -> Target:
        """A line from its points.

        Args:
            time: (m,) times, never falling.
            survival: (m,) survival, never rising.
        """
        return cls(time.tolist(), (-survival).tolist())

    def crosses(self, level: float) -> float:
        """Time at which the line comes down to a level; infinity where it does not.

        Args:
            level: Survival.
        """
        i = bisect_left(self.fall, -level - 1e-12)
        if i >= len(self.fall):
            return math.inf
        if i == 0:
            return self.time[0]
        above, below = -self.fall[i - 1], -self.fall[i]
        if above <= below:
            return self.time[i]
        share = min(max((above - level) / (above - below), 0.0), 1.0)
        return self.time[i - 1] + share * (self.time[i] - self.time[i - 1])

    def at(self, time: float) -> float:
        """Survival just before a time.

        Args:
            time: The time.
        """
        i = bisect_left(self.time, time)
        if i == 0:
            return -self.fall[0]
        if i >= len(self.time):
            return -self.fall[-1]
        before, after = self.time[i - 1], self.time[i]
        share = (time - before) / (after - before) if after > before else 0.0
        return -(self.fall[i - 1] + share * (self.fall[i] - self.fall[i - 1]))


class Course(NamedTuple):
    """What happens in an interval.

    Attributes:
        events: Times of events, in order.
        survival: The estimate after the last of them.
    """

    events: list[float]
    survival: float


def even(count: int, start: float, end: float, power: float = 1.0) -> list[float]:
    """Times spread evenly over an interval, none at its ends.

    Args:
        count: How many.
        start: Its start.
        end: Its end.
        power: Of the share of the interval: more than 1 moves them to its start, less to its end.
    """
    return [start + ((i + 0.5) / count) ** power * (end - start) for i in range(count)]


def follow(
    target: Target,
    start: float,
    end: float,
    at_risk: int,
    survival: float,
    censored: Sequence[float],
    *,
    stretch: float = 1.0,
    last: bool = False,
) -> Course:
    """Events in whole subjects that keep the estimate as near the line as steps can be.

    An event comes when the line has come down half the step that it makes: one step of n is 1 / n of the estimate.

    Args:
        target: The line.
        start: Start of the interval; what happens at this very time belongs to it.
        end: Its end; what happens then belongs to the next one, unless `last`.
        at_risk: Subjects at risk at its start.
        survival: The estimate there.
        censored: Times of censoring in the interval, in order.
        stretch: Factor on the fall of the logarithm of the line since the start.
        last: Whether there is no next interval.
    """
    n, gone, level0 = at_risk, 0, survival
    events: list[float] = []
    while len(events) < at_risk - len(censored):
        x = start
        for _ in range(len(censored) + 1):
            level = survival * (1.0 - 0.5 / (n - gone))
            if stretch != 1.0:
                level = level0 * (level / level0) ** (1.0 / stretch)
            x = max(target.crosses(level), start)
            before = gone
            # Who is censored at the time of an event is still at risk there.
            while gone < len(censored) and censored[gone] < x and n - gone > 1:
                gone += 1
            if gone == before:
                break
        tolerance = 1e-9 * max(end - start, 0.0)
        if x > end + tolerance or (not last and x >= end - tolerance) or survival <= 0.0:
            break
        events.append(min(x, end))
        survival *= 1.0 - 1.0 / (n - gone)
        n -= 1
    return Course(events, survival)


def place(
    target: Target,
    start: float,
    end: float,
    at_risk: int,
    survival: float,
    count: int,
    censored: Sequence[float],
    *,
    last: bool = False,
) -> Course:
    """Exactly so many events, in the shape of the line: its fall is stretched or shrunk until they fit.

    Args:
        target: The line.
        start: Start of the interval.
        end: Its end.
        at_risk: Subjects at risk at its start.
        survival: The estimate there.
        count: Events that there must be; at most `at_risk` less those censored.
        censored: Times of censoring in the interval.
        last: Whether there is no next interval.
    """
    low, high = -6.0, 6.0
    best = follow(target, start, end, at_risk, survival, censored, last=last)
    stretch = 0.0
    for _ in range(40):
        if len(best.events) == count:
            return best
        low, high = (stretch, high) if len(best.events) < count else (low, stretch)
        stretch = (low + high) / 2.0
        best = follow(target, start, end, at_risk, survival, censored, stretch=2.0**stretch, last=last)
    events = best.events
    if len(events) > count:  # several at one time, which no stretch parts
        events = events[:count]
    else:
        events = sorted([*events, *even(count - len(events), start, end)])
    n, gone = at_risk, 0
    for x in events:
        while gone < len(censored) and censored[gone] < x:
            gone += 1
        survival *= 1.0 - 1.0 / max(n - gone, 1)
        n -= 1
    return Course(events, survival)
