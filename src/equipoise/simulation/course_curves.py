"""Progression-free and overall survival of a course of disease (illness-death), in closed form.

With hazards by steps of progression a, of death before it b and after it c, by time since randomization (Markov), A the
integral of a + b and C that of c, a patient lives longer than t with probability

    S_OS(t) = exp(-A(t)) + integral over u from 0 to t of a(u) exp(-A(u) - C(t) + C(u)) du.

On a piece the exponent is a straight line, so that the integral is a divided difference of exponentials. A gamma
frailty that multiplies all three hazards turns exp(-x) into its Laplace transform (1 + v x)^(-1/v), of which the same
holds; switching at progression is a mixture of two hazards after it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.simulation.course_solver import course_hazards

if TYPE_CHECKING:
    from equipoise.protocol.scenarios import Course, CourseArm

__all__ = ["CourseCurve", "CourseHazards", "hazards_of", "progressed"]

Floats = NDArray[np.float64]


class CourseHazards(NamedTuple):
    """One arm of a course of disease.

    Attributes:
        ends: (P,) ends of the pieces, increasing; the last is infinite.
        progression: (P,) hazard of progression.
        death: (P,) hazard of death before progression.
        death_after: (P,) hazard of death after progression, of those who do not switch.
        switching: Probability of switching at progression.
        ratio: What multiplies `death_after` of those who switch.
        frailty: Variance of the gamma factor of all hazards of a patient.
    """

    ends: tuple[float, ...]
    progression: tuple[float, ...]
    death: tuple[float, ...]
    death_after: tuple[float, ...]
    switching: float = 0.0
    ratio: float = 1.0
    frailty: float = 0.0


class CourseCurve(NamedTuple):
    """The distribution of one of the two endpoints.

    Attributes:
        hazards: The course in one arm.
        death: True for the time to death, False for that to progression or death.
    """

    hazards: CourseHazards
    death: bool

    @property
    def cuts(self) -> tuple[float, ...]:
        """Times above 0 at which the density is not smooth."""
        return self.hazards.ends[:-1]

    def survival(self, time: ArrayLike) -> Floats:
        """Probability of a longer time.

        Args:
            time: Times from 0.
        """
        at = np.asarray(time, dtype=np.float64)
        free = _mean(_integral(self.hazards, "leaving", at), self.hazards.frailty, 0)
        return np.asarray(free + self._progressed(at, 0) if self.death else free)

    def density(self, time: ArrayLike) -> Floats:
        """Density.

        Args:
            time: Times above 0.
        """
        at, own = np.asarray(time, dtype=np.float64), self.hazards
        piece = np.searchsorted(np.asarray(own.ends[:-1]), at, side="left")
        free = _mean(_integral(own, "leaving", at), own.frailty, 1)
        first = np.asarray(own.death)[piece] * free
        if not self.death:
            return np.asarray(first + np.asarray(own.progression)[piece] * free)
        return np.asarray(first + np.asarray(own.death_after)[piece] * self._progressed(at, 1))

    def hazard(self, time: ArrayLike) -> Floats:
        """Hazard of those who are left.

        Args:
            time: Times above 0.
        """
        left = self.survival(time)
        return np.asarray(np.divide(self.density(time), left, out=np.zeros_like(left), where=left > 0.0))

    def _progressed(self, at: Floats, order: int) -> Floats:
        return progressed(self.hazards, np.zeros(at.shape), at, at, order)


def progressed(own: CourseHazards, since: Floats, until: Floats, at: Floats, order: int = 0) -> Floats:
    """Probability of progression in an interval and of living at a later time.

    Args:
        own: The course in one arm.
        since: Begin of the interval.
        until: Its end.
        at: The time, not before the end.
        order: 1 for what `death_after` is to be multiplied by for the density of death at that time of the same
            patients: the mean of frailty and of `ratio`.
    """
    stay = (1.0 - own.switching) * _after(own, (since, until), at, 1.0, order) if own.switching < 1.0 else 0.0
    if own.switching == 0.0:
        return np.asarray(stay)
    factor = own.ratio if order else 1.0
    return np.asarray(stay + own.switching * factor * _after(own, (since, until), at, own.ratio, order))


def hazards_of(course: Course, arm: str, control: str, *, unit: float = 1.0, path: str = "") -> CourseHazards:
    """The hazards of one arm of a declared course.

    Args:
        course: As declared.
        arm: The arm.
        control: Name of the control.
        unit: Length of time.unit in the unit of the result.
        path: Where the course stands in trial.yaml, for messages.

    Raises:
        SimulationError: Medians that no hazards have.
    """
    own = course.arms[arm]
    if own.hazard_ratio is not None:
        ends, rows = _pieces(course.arms[control], unit, f"{path}.arms.{control}")
        ratios = own.hazard_ratio
        factors = (ratios.progression, ratios.death, ratios.death_after)
        rows = [tuple(value * by for value in row) for row, by in zip(rows, factors, strict=True)]
    else:
        ends, rows = _pieces(own, unit, f"{path}.arms.{arm}")
    switching = own.switching
    switched = (0.0, 1.0) if switching is None else (switching.probability, switching.hazard_ratio)
    return CourseHazards(ends, rows[0], rows[1], rows[2], *switched, course.frailty)


def _pieces(arm: CourseArm, unit: float, path: str) -> tuple[tuple[float, ...], list[tuple[float, ...]]]:
    medians = (arm.progression_free_median, arm.survival_median, arm.deaths_first)
    if None not in medians:
        free, survival, first = (float(value or 0.0) for value in medians)
        return (math.inf,), [(value / unit,) for value in course_hazards(free, survival, first, path=path)]
    steps = []
    for declared in (arm.progression, arm.death, arm.death_after):
        assert declared is not None, "an arm without hazards passed the checks of the protocol"
        pieces = [(math.inf, float(declared))] if isinstance(declared, int | float) else [
            (math.inf if piece.until is None else piece.until, piece.value) for piece in declared
        ]  # fmt: skip
        steps.append(pieces)
    ends = sorted({end for pieces in steps for end, _ in pieces})
    rows = [tuple(next(value for end, value in pieces if at <= end) / unit for at in ends) for pieces in steps]
    return tuple(end * unit for end in ends), rows


def _integral(own: CourseHazards, which: str, at: Floats) -> Floats:
    """Integral from 0 of the hazard of leaving the first state, or of death after progression."""
    values = own.death_after if which == "after" else tuple(map(sum, zip(own.progression, own.death, strict=True)))
    total, start = np.zeros(at.shape), 0.0
    for end, value in zip(own.ends, values, strict=True):
        total += value * np.maximum(np.minimum(at, end) - start, 0.0)
        start = end
    return total


def _after(own: CourseHazards, between: tuple[Floats, Floats], at: Floats, ratio: float, order: int) -> Floats:
    """The integral over u of a(u) times the mean of V^(1 + order) exp(-V x), with x = A(u) + ratio (C(t) - C(u))."""
    until = ratio * _integral(own, "after", at)
    total, start = np.zeros(at.shape), 0.0
    for end, a in zip(own.ends, own.progression, strict=True):
        low, high = (np.clip(edge, *between) for edge in (start, end))
        edge = [_integral(own, "leaving", u) + np.maximum(until - ratio * _integral(own, "after", u), 0.0)
                for u in (low, high)]  # fmt: skip
        total += a * (high - low) * _divided(edge[0], edge[1], own.frailty, order) if a > 0.0 else 0.0
        start = end
    return total


def _mean(x: Floats, variance: float, order: int) -> Floats:
    """(1 + v x)^(-1/v - order); exp(-x) where v is 0: the mean of V^order exp(-V x), of order 0 and 1."""
    return np.asarray(np.exp(-_logarithm(x, variance, order)))


def _logarithm(x: Floats, variance: float, order: int) -> Floats:
    return x if variance == 0.0 else np.asarray((1.0 / variance + order) * np.log1p(variance * x))


def _divided(one: Floats, two: Floats, variance: float, order: int) -> Floats:
    """Less the divided difference of `_mean`, whatever lies between the two points; its limit where they are one."""
    low, gap = np.minimum(one, two), np.abs(one - two)
    fall = -np.expm1(-_logarithm(gap / (1.0 + variance * low), variance, order))
    limit = (1.0 + order * variance) / (1.0 + variance * low)
    slope = np.where(gap > 0.0, fall / np.where(gap > 0.0, gap, 1.0), limit)
    return np.asarray(_mean(low, variance, order) * slope)
