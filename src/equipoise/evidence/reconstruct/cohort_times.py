"""One endpoint of all arms: what is not printed is turned until the hazard ratio and its limits come out as printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_arm import ArmGoals, Course, Laid, Shape, bent
from equipoise.evidence.reconstruct.cohort_contrast import (
    Aim,
    ContrastGoals,
    Estimate,
    Model,
    aim,
    depth,
    estimate,
    strata_codes,
)
from equipoise.evidence.reconstruct.cohort_counted import pinned, with_events

__all__ = ["Choice", "Solution", "TimeGoals", "Window", "pinned", "solve"]

Integers = NDArray[np.int64]

_ROUNDS = 4
_STEPS = 9
_DEEP = 0.1  # in half-widths of the narrowest box: deep enough not to be turned again
_MOST_DROPOUT = 0.8
_MOST_EARLY = 0.35
_MOST_TAIL = 4.0
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
    model: Model = field(default_factory=Model)
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
        later: How late a supposed data cut is, 0 to 1.
        spread: Factor of a supposed length of enrollment.
        follow: Factor of the hazard of an arm whose curve is taken from another, before its time is bent.
        lean: Which of the errors and ratios that would be printed so is aimed at; None for their middle.
        flat: Whether a printed number of events is brought about by a flat tail rather than by leavers.
    """

    shift: float = 0.0
    tail: float = 0.7
    tilt: float = 0.0
    balance: float = 0.5
    dropout: float = 0.02
    later: float = 0.3
    spread: float = 1.0
    follow: float = 1.0
    lean: tuple[float, float] | None = None
    flat: bool = True


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
        self.aims = [aim(one, lean=choice.lean) for one in goals.contrasts]
        count = len(goals.arms)
        self.arms = list(goals.arms)
        self.dials = _Dials(
            [choice.dropout] * count, [0.0] * count, [choice.tilt] * count, [0.0] * count, [choice.tail] * count
        )
        self.made: dict[tuple[int, Shape], Laid] = {}
        self.deepest: dict[int, float] = {}
        self.guesses: dict[int, dict[str, float]] = {}

    def run(self) -> Solution:
        self._rates()
        for _ in range(_ROUNDS):
            turned = [number for number in range(len(self.goals.contrasts)) if self._contrast(number)]
            if not turned:
                break
        settled = self.settle(self.courses())
        shapes = tuple(self.shape(arm) for arm in range(len(self.arms)))
        return Solution(*settled, self.estimates(settled, test=True), tuple(self.aims), shapes)

    def shape(self, arm: int) -> Shape:
        d = self.dials
        return Shape(
            self.window.first, self.window.last, d.dropout[arm], d.early[arm], d.bend[arm], d.tail[arm], d.rate[arm]
        )

    def courses(self) -> tuple[Course, ...]:
        return tuple(self._course(arm) for arm in range(len(self.arms)))

    def _course(self, arm: int) -> Course:
        shape = self.shape(arm)
        key = (arm, shape._replace(bend=0.0))
        if key not in self.made:
            found, used = with_events(self.arms[arm], key[1], self.guesses.get(arm), flat=self.choice.flat)
            self.made[key] = found
            self.guesses[arm] = found.guesses
            if not pinned(self.arms[arm]):
                self.dials.rate[arm] = used.rate  # the next search begins here
                self.made[arm, self.shape(arm)._replace(bend=0.0)] = found
        return bent(self.made[key], shape.bend, self.arms[arm])

    def estimates(self, settled: Settled, *, test: bool = False) -> tuple[Estimate, ...]:
        courses, codes = settled
        return tuple(
            estimate(
                courses[one.arm], courses[one.versus], (codes[one.arm], codes[one.versus]), self.goals.model, test=test
            )
            for one in self.goals.contrasts
        )

    def _one(self, number: int, *, test: bool = False) -> Estimate:
        return self.estimates(self.settle(self.courses()), test=test)[number]

    def _contrast(self, number: int) -> bool:
        """Turn the dials of a contrast; whether anything had to be turned."""
        one = self.goals.contrasts[number]
        if not math.isfinite(self.aims[number].log_ratio):
            return False
        now = self._one(number, test=True)
        here = depth(now, one)
        if here >= _DEEP or here <= self.deepest.get(number, -math.inf):
            return False
        self.deepest[number] = here
        if math.isfinite(self.aims[number].error):
            if any(self.arms[a].events is not None for a in (one.arm, one.versus)):
                self.aims[number] = aim(one, now.error)  # events are printed: the error is what it is
            else:
                self._error(number)
        self._ratio(number)
        return True

    def _rates(self) -> None:
        """Hazards to begin with where no curve is printed: from events, from the error, from the other arm."""
        typical = 0.5 * (self.window.first + self.window.last)
        for number, one in enumerate(self.goals.contrasts):
            ratio = math.exp(self.aims[number].log_ratio) if math.isfinite(self.aims[number].log_ratio) else 1.0
            for arm, other, times in ((one.arm, one.versus, ratio), (one.versus, one.arm, 1.0 / ratio)):
                if pinned(self.arms[arm]) or self.arms[arm].events is not None:
                    continue
                if pinned(self.arms[other]):
                    self._follow(arm, other, times)
                elif math.isfinite(self.aims[number].error):
                    self.dials.rate[arm] = self._base(number) * math.sqrt(times)
        for arm, goals in enumerate(self.arms):
            if not self.dials.rate[arm]:
                share = 0.5 if goals.events is None else min(0.95, goals.events / goals.n)
                self.dials.rate[arm] = -math.log(1.0 - share) / typical

    def _base(self, number: int) -> float:
        """A hazard of both arms that brings about as many events as the error says: 4 / error^2."""
        one, error = self.goals.contrasts[number], self.aims[number].error
        share = min(0.95, 4.0 / error**2 / (self.arms[one.arm].n + self.arms[one.versus].n))
        return -math.log(1.0 - share) / (0.5 * (self.window.first + self.window.last))

    def _follow(self, arm: int, other: int, times: float) -> None:
        """The curve of an arm of which nothing is printed: that of the other, its hazard multiplied."""
        one = self._course(other)
        risk = np.arange(one.day.size, 0, -1)
        survival = np.cumprod(np.where(one.event, 1.0 - 1.0 / risk, 1.0))
        places = np.linspace(0.1, 0.9, 5) * float(one.day[survival > 0.05][-1])
        levels = survival[np.searchsorted(one.day, places)]
        floors = tuple(
            (float(day), float(level) ** (times * self.choice.follow))
            for day, level in zip(places, levels, strict=True)
        )
        self.arms[arm] = replace(self.arms[arm], floors=floors)

    def _error(self, number: int) -> None:
        """Turn the share of leavers, or both hazards, until the error is that of the printed limits."""
        one, goal = self.goals.contrasts[number], self.aims[number].error
        dials, lean = self.dials, self.choice.balance
        ratio, base = math.exp(self.aims[number].log_ratio), self._base(number)

        def leavers(value: float) -> None:
            dials.dropout[one.versus] = min(_MOST_DROPOUT, 2.0 * value * lean)
            dials.dropout[one.arm] = min(_MOST_DROPOUT, 2.0 * value * (1.0 - lean))

        def tails(value: float) -> None:
            dials.tail[one.arm] = dials.tail[one.versus] = value

        def hazards(value: float) -> None:
            rate = base * math.exp(-value)
            dials.rate[one.arm], dials.rate[one.versus] = rate * math.sqrt(ratio), rate / math.sqrt(ratio)

        if any(pinned(self.arms[arm]) for arm in (one.arm, one.versus)):
            self._turn(leavers, (self.choice.dropout, _MOST_DROPOUT), goal, lambda e: e.error, number, 2e-4)
            if self._one(number).error > goal + 4e-4:  # nobody leaves, and there are still too few events
                self._turn(tails, (self.choice.tail, _MOST_TAIL), goal, lambda e: e.error, number, 2e-4)
        else:
            self._turn(hazards, (-2.0, 2.0), goal, lambda e: e.error, number, 2e-4)

    def _ratio(self, number: int) -> None:
        put, limits = self._ratio_dial(number)
        goal = self.aims[number].log_ratio
        self._turn(put, limits, goal, lambda e: e.log_ratio, number, 3e-4)
        one, dials = self.goals.contrasts[number], self.dials
        if abs(self._one(number).log_ratio - goal) < 0.004 or not any(
            pinned(self.arms[a]) for a in (one.arm, one.versus)
        ):
            return
        # Time bent as far as it goes is not enough: events after the last printed day are left.
        base = [max(dials.tail[arm], 0.1) for arm in (one.arm, one.versus)]

        def tails(value: float) -> None:
            dials.tail[one.arm], dials.tail[one.versus] = base[0] * math.exp(value), base[1] * math.exp(-value)

        for bend in (0.0, 1.0):
            put(bend * (limits[1] if self._one(number).log_ratio < goal else limits[0]))
            self._turn(tails, (-_MOST_TAIL, _MOST_TAIL), goal, lambda e: e.log_ratio, number, 3e-4)
            if abs(self._one(number).log_ratio - goal) < 0.004:
                break

    def _ratio_dial(self, number: int) -> tuple[Callable[[float], None], tuple[float, float]]:
        """What moves the hazard ratio, upwards with its value, and between which values."""
        one, alone = self.goals.contrasts[number], len(self.goals.contrasts) == 1
        dials, tilt = self.dials, self.choice.tilt

        def bend(value: float) -> None:
            dials.bend[one.arm] = tilt + (0.5 * value if alone else value)
            if alone:
                dials.bend[one.versus] = tilt - 0.5 * value

        def early(value: float) -> None:
            dials.early[one.arm], dials.early[one.versus] = max(0.0, value), max(0.0, -value)

        def rate(value: float) -> None:
            dials.rate[one.arm] = dials.rate[one.versus] * math.exp(value)

        if pinned(self.arms[one.arm]) or pinned(self.arms[one.versus]):
            return bend, (-_MOST_BEND, _MOST_BEND)
        if self.arms[one.arm].events is not None and self.arms[one.versus].events is not None:
            return early, (-_MOST_EARLY, _MOST_EARLY)
        return rate, (-2.5, 2.5)

    def _turn(
        self,
        put: Callable[[float], None],
        limits: tuple[float, float],
        goal: float,
        of: Callable[[Estimate], float],
        number: int,
        close: float,
    ) -> None:
        """Turn a dial to a value by the rule of false position; of what was tried the nearest stays."""
        tried: list[tuple[float, float]] = []

        def at(value: float) -> float:
            put(value)
            gap = of(self._one(number)) - goal
            tried.append((abs(gap), value))
            return gap

        (low, high), (below, above) = limits, (at(limits[0]), at(limits[1]))
        if below * above < 0.0:
            for step in range(_STEPS):
                # Every third step halves the range, as false position may creep along a bent line.
                share = 0.5 if step % 3 == 2 else min(0.95, max(0.05, below / (below - above)))
                middle = low + share * (high - low)
                gap = at(middle)
                if abs(gap) < close:
                    break
                if gap * below > 0.0:
                    low, below = middle, gap
                else:
                    high, above = middle, gap
        put(min(tried)[1])
