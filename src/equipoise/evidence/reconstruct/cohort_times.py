"""One endpoint of all arms: what is not printed is turned until the hazard ratio and its limits come out as printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_arm import ArmGoals, Course, Shape, course
from equipoise.evidence.reconstruct.cohort_contrast import (
    Aim,
    ContrastGoals,
    Estimate,
    Model,
    aim,
    estimate,
    strata_codes,
)

__all__ = ["Solution", "TimeGoals", "Window", "solve"]

Integers = NDArray[np.int64]

_ROUNDS = 3
_HALVINGS = 14
_MOST_DROPOUT = 0.8
_MOST_EARLY = 0.35
_MOST_BEND = 1.2


class Window(NamedTuple):
    """Follow-up of those who stay.

    Attributes:
        first: Shortest, in days.
        last: Longest, in days.
    """

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class TimeGoals:
    """What is printed of a time-to-event endpoint.

    Attributes:
        arms: By arm, in declared order.
        contrasts: Against controls.
        model: How it is analyzed.
        shares: Shares of the strata.
    """

    arms: tuple[ArmGoals, ...]
    contrasts: tuple[ContrastGoals, ...] = ()
    model: Model = Model()
    shares: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen freely, so that equally fitting cohorts differ.

    Attributes:
        shift: Where the sequence of strata begins.
        tail: Factor of the hazard after the last printed point.
        tilt: Added to the bend of both arms: early or late events where nothing is printed.
        balance: Share of the early leavers that belongs to the controls, 0 to 1.
        dropout: Least share of early leavers.
    """

    shift: float = 0.0
    tail: float = 0.7
    tilt: float = 0.0
    balance: float = 0.5
    dropout: float = 0.02


class Solution(NamedTuple):
    """Courses of all arms.

    Attributes:
        courses: By arm.
        codes: Strata of their subjects.
        estimates: By contrast.
        aims: By contrast.
        shapes: By arm, as found.
    """

    courses: tuple[Course, ...]
    codes: tuple[Integers, ...]
    estimates: tuple[Estimate, ...]
    aims: tuple[Aim, ...]
    shapes: tuple[Shape, ...]


Settled = tuple[tuple[Course, ...], tuple[Integers, ...]]
Settle = Callable[[tuple[Course, ...]], Settled]
"""What other endpoints and follow-up ask of courses, and the strata of their subjects in the order of leaving."""


def solve(goals: TimeGoals, window: Window, choice: Choice, settle: Settle | None = None) -> Solution:
    """Courses of all arms that give what is printed, or come near.

    Args:
        goals: What is printed.
        window: Follow-up of those who stay.
        choice: What is chosen freely.
        settle: Fits courses to those of other endpoints; strata are evenly spread where absent.

    Returns:
        The courses, and what they give.
    """
    return _Solver(goals, window, choice, settle).run()


@dataclass(slots=True)
class _Dials:
    """What is turned, by arm."""

    dropout: list[float]
    early: list[float]
    bend: list[float]
    rate: list[float]
    tail: list[float]


class _Solver:
    """Turns one dial at a time: leavers for the error, bends or early leavers for the ratio."""

    def __init__(self, goals: TimeGoals, window: Window, choice: Choice, settle: Settle | None) -> None:
        self.goals, self.window, self.choice = goals, window, choice
        shares = np.array(goals.shares)
        self.settle: Settle = settle or (
            lambda courses: (courses, tuple(strata_codes(c.day.size, shares, choice.shift) for c in courses))
        )
        self.aims = tuple(aim(one) for one in goals.contrasts)
        count = len(goals.arms)
        self.arms = list(goals.arms)
        self.dials = _Dials(
            [choice.dropout] * count, [0.0] * count, [choice.tilt] * count, [0.0] * count, [choice.tail] * count
        )

    def run(self) -> Solution:
        self._rates()
        for _ in range(_ROUNDS):
            self._errors()
            for number in range(len(self.goals.contrasts)):
                self._ratio(number)
        self._polish()
        settled = self.settle(self.courses())
        shapes = tuple(self.shape(arm) for arm in range(len(self.arms)))
        return Solution(*settled, self.estimates(settled), self.aims, shapes)

    def shape(self, arm: int) -> Shape:
        d = self.dials
        return Shape(self.window.first, self.window.last, d.dropout[arm], d.early[arm], d.bend[arm], d.tail[arm], d.rate[arm])

    def courses(self) -> tuple[Course, ...]:
        return tuple(_with_events(goals, self.shape(arm)) for arm, goals in enumerate(self.arms))

    def estimates(self, settled: Settled) -> tuple[Estimate, ...]:
        courses, codes = settled
        return tuple(
            estimate(courses[one.arm], courses[one.versus], (codes[one.arm], codes[one.versus]), self.goals.model)
            for one in self.goals.contrasts
        )

    def _one(self, number: int) -> Estimate:
        return self.estimates(self.settle(self.courses()))[number]

    def _rates(self) -> None:
        """Hazards to begin with where nothing of a curve is printed: from events, from the error, from the other arm."""
        for number, one in enumerate(self.goals.contrasts):
            ratio = math.exp(self.aims[number].log_ratio) if math.isfinite(self.aims[number].log_ratio) else 1.0
            error = self.aims[number].error
            for arm, other, times in ((one.arm, one.versus, ratio), (one.versus, one.arm, 1.0 / ratio)):
                if pinned(self.arms[arm]) or self.arms[arm].floors:
                    continue
                if pinned(self.arms[other]):
                    self._follow(arm, other, times)
                elif self.arms[arm].events is None and math.isfinite(error):
                    share = min(0.95, 4.0 / error**2 / (self.arms[arm].n + self.arms[other].n))
                    typical = 0.5 * (self.window.first + self.window.last)
                    self.dials.rate[arm] = -math.log(1.0 - share) / typical * math.sqrt(times)
        typical = 0.5 * (self.window.first + self.window.last)
        for arm, goals in enumerate(self.arms):
            if not self.dials.rate[arm]:
                share = 0.5 if goals.events is None else min(0.95, goals.events / goals.n)
                self.dials.rate[arm] = -math.log(1.0 - share) / typical

    def _follow(self, arm: int, other: int, times: float) -> None:
        """The curve of an arm of which nothing is printed: that of the other, its hazard multiplied."""
        from dataclasses import replace

        one = course(self.arms[other], self.shape(other))
        survival = np.cumprod(np.where(one.event, 1.0 - 1.0 / np.arange(one.day.size, 0, -1), 1.0))
        places = np.linspace(0.1, 0.9, 5) * float(one.day[survival > 0.05][-1])
        levels = survival[np.searchsorted(one.day, places)]
        floors = tuple((float(day), float(level) ** times) for day, level in zip(places, levels, strict=True))
        self.arms[arm] = replace(self.arms[arm], floors=floors)

    def _errors(self) -> None:
        """Turn the share of leavers until the error is that of the printed limits."""
        for number, one in enumerate(self.goals.contrasts):
            goal = self.aims[number].error
            if not math.isfinite(goal) or any(self.arms[a].events is not None for a in (one.arm, one.versus)):
                continue
            if not any(pinned(self.arms[a]) for a in (one.arm, one.versus)):
                self._turn(lambda x, n=number: self._scale(n, x), -2.0, 2.0, goal, lambda e: e.error, number)  # type: ignore[misc]
                continue

            def put(value: float, one: ContrastGoals = one) -> None:
                lean = self.choice.balance
                self.dials.dropout[one.versus] = min(_MOST_DROPOUT, 2.0 * value * lean)
                self.dials.dropout[one.arm] = min(_MOST_DROPOUT, 2.0 * value * (1.0 - lean))

            self._turn(put, self.choice.dropout, _MOST_DROPOUT, goal, lambda e: e.error, number)

    def _scale(self, number: int, value: float) -> None:
        """Both rates of a contrast times exp(-value): fewer events, a larger error."""
        one, error = self.goals.contrasts[number], self.aims[number].error
        ratio = math.exp(self.aims[number].log_ratio)
        typical = 0.5 * (self.window.first + self.window.last)
        share = min(0.95, 4.0 / error**2 / (self.arms[one.arm].n + self.arms[one.versus].n))
        base = -math.log(1.0 - share) / typical * math.exp(-value)
        self.dials.rate[one.arm], self.dials.rate[one.versus] = base * math.sqrt(ratio), base / math.sqrt(ratio)

    def _ratio(self, number: int) -> None:
        goal = self.aims[number].log_ratio
        if not math.isfinite(goal):
            return
        one = self.goals.contrasts[number]
        put, low, high = self._ratio_dial(number)
        self._turn(put, low, high, goal, lambda e: e.log_ratio, number)
        del one

    def _ratio_dial(self, number: int) -> tuple[Callable[[float], None], float, float]:
        """What moves the hazard ratio, upwards with its value, and between which values."""
        one = self.goals.contrasts[number]
        alone = len(self.goals.contrasts) == 1
        dials, tilt = self.dials, self.choice.tilt

        def bend(value: float) -> None:
            dials.bend[one.arm] = tilt + (0.5 * value if alone else value)
            if alone:
                dials.bend[one.versus] = tilt - 0.5 * value

        def early(value: float) -> None:
            dials.early[one.arm], dials.early[one.versus] = max(0.0, value), max(0.0, -value)

        base = dials.rate[one.versus]

        def rate(value: float) -> None:
            dials.rate[one.arm] = base * math.exp(value)

        if pinned(self.arms[one.arm]) or pinned(self.arms[one.versus]):
            return bend, -_MOST_BEND, _MOST_BEND
        if self.arms[one.arm].events is not None and self.arms[one.versus].events is not None:
            return early, -_MOST_EARLY, _MOST_EARLY
        return rate, -2.5, 2.5

    def _turn(
        self,
        put: Callable[[float], None],
        low: float,
        high: float,
        goal: float,
        of: Callable[[Estimate], float],
        number: int,
    ) -> None:
        """Halve the range of a dial until the value is reached; the nearest value found stays."""
        best, nearest = low, math.inf

        def at(value: float) -> float:
            nonlocal best, nearest
            put(value)
            gap = of(self._one(number)) - goal
            if abs(gap) < nearest:
                best, nearest = value, abs(gap)
            return gap

        rising = at(high) > at(low)
        for _ in range(_HALVINGS):
            if nearest < 1e-4:
                break
            middle = 0.5 * (low + high)
            if (at(middle) < 0.0) == rising:
                low = middle
            else:
                high = middle
        put(best)

    def _polish(self) -> None:
        """A few neighbouring values of each ratio's dial: the one whose numbers lie deepest in all printed boxes."""
        from equipoise.evidence.reconstruct.cohort_contrast import depth

        for number, one in enumerate(self.goals.contrasts):
            if depth(self._one(number), one) >= 0.0:
                continue
            put, low, high = self._ratio_dial(number)
            start = self._dial_value(number)
            best, deepest = start, -math.inf
            for step in np.linspace(-0.06, 0.06, 25).tolist():
                value = min(high, max(low, start + step))
                put(value)
                here = depth(self._one(number), one)
                if here > deepest:
                    best, deepest = value, here
            put(best)

    def _dial_value(self, number: int) -> float:
        one, d = self.goals.contrasts[number], self.dials
        if pinned(self.arms[one.arm]) or pinned(self.arms[one.versus]):
            return (d.bend[one.arm] - self.choice.tilt) * (2.0 if len(self.goals.contrasts) == 1 else 1.0)
        if self.arms[one.arm].events is not None and self.arms[one.versus].events is not None:
            return d.early[one.arm] - d.early[one.versus]
        return math.log(d.rate[one.arm] / d.rate[one.versus])


def pinned(goals: ArmGoals) -> bool:
    """Whether anything of the curve is printed."""
    return bool(goals.quantiles or goals.landmarks)


def _with_events(goals: ArmGoals, shape: Shape) -> Course:
    """The course with the printed number of events: by the rate where no curve is printed, else by leavers and tail."""
    made = course(goals, shape)
    if goals.events is None or int(made.event.sum()) == goals.events:
        return made
    if not pinned(goals) and not goals.floors:
        return _halved(goals, lambda x: shape._replace(rate=shape.rate * math.exp(x)), -5.0, 5.0)
    if int(made.event.sum()) > goals.events:
        return _halved(goals, lambda x: shape._replace(dropout=-x), -0.95, -shape.dropout)
    return _halved(goals, lambda x: shape._replace(tail=shape.tail * math.exp(x), dropout=0.0), -3.0, 3.0)


def _halved(goals: ArmGoals, shape_of: Callable[[float], Shape], low: float, high: float) -> Course:
    """The course with the printed events, which rise with the dial; the nearest that can be had."""
    best, nearest = course(goals, shape_of(high)), math.inf
    for _ in range(30):
        middle = 0.5 * (low + high)
        made = course(goals, shape_of(middle))
        gap = int(made.event.sum()) - (goals.events or 0)
        if abs(gap) < nearest:
            best, nearest = made, abs(gap)
        if not gap:
            break
        low, high = (middle, high) if gap < 0 else (low, middle)
    return best
