"""How many events and censorings each interval has, so that numbers at risk and the reported events hold.

Between two numbers at risk the curve fixes events and censorings together, if one knows when subjects were censored:
spread evenly, as Guyot and others suppose, or earlier or later. So where the reported number of events asks for one
more event than an even spread gives, it goes to the interval whose censorings must be moved least for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.evidence.reconstruct.intervals import Course, Target, even, follow, place

__all__ = ["Counts", "Fit", "Span", "counts_of"]

_LEAST_NOISE = 2e-3
_DISAGREE = 0.05  # reported events that differ by more than this share from those of the curve are worth a word
_MOVES = (0.0, 0.15, -0.15, 0.3, -0.3, 0.5, -0.5, 0.75, -0.75, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 3.0, -3.0)
"""Logarithms of the power by which censorings are moved, the least first."""
_SKEW = 0.1  # variance of that logarithm besides that of chance, 1 / censorings


@dataclass(frozen=True, slots=True)
class Span:
    """An interval between two numbers at risk.

    Attributes:
        start: Its start.
        end: Its end.
        at_risk: Subjects at risk at its start.
        leaving: Events and censorings in it; None for the last one, at whose end nobody was counted.
        marks: Times of censoring that were clicked in it.
    """

    start: float
    end: float
    at_risk: int
    leaving: int | None
    marks: tuple[float, ...] = ()

    def censoring(self, count: int, power: float = 1.0) -> list[float]:
        """Times of so many censorings: on the marks where there are any, else evenly.

        Args:
            count: How many.
            power: As for `even`; marks stay where they are.
        """
        if not self.marks or count == 0:
            return even(count, self.start, self.end, power)
        marks = len(self.marks)
        # A mark can stand for several; of marks too many, some are left out, evenly.
        return [self.marks[int((i + 0.5) / count * marks)] for i in range(count)]


@dataclass(frozen=True, slots=True)
class Fit:
    """An interval filled.

    Attributes:
        course: Its events, and the estimate at its end.
        censored: Its times of censoring.
        cost: Squared errors, of censorings that were moved and of the estimate at its end.
    """

    course: Course
    censored: list[float]
    cost: float


@dataclass(frozen=True, slots=True)
class Counts:
    """The intervals filled, and what was supposed."""

    fits: tuple[Fit, ...]
    notes: tuple[str, ...] = ()


def counts_of(target: Target, spans: Sequence[Span], *, events: int | None, noise: float) -> Counts:
    """Events and censorings in each interval.

    Args:
        target: The line.
        spans: The intervals, in order; only the last is open.
        events: Reported events; those of the curve where absent.
        noise: Error of the line, as a share of the axis of survival.
    """
    noise = max(noise, _LEAST_NOISE)
    survival, starts, fits = 1.0, [], []
    for span in spans[:-1]:
        starts.append(survival)
        fits.append(_closed(target, span, survival, noise))
        survival = fits[-1].course.survival
    starts.append(survival)
    expected = _expected(spans, fits)
    fits.append(_open(target, spans[-1], survival, expected, noise))
    found = sum(len(fit.course.events) for fit in fits)
    if events is None or events == found:
        return Counts(tuple(fits))
    numbers = _meet(target, spans, starts, fits, events - found, expected, noise)
    survival, fits = 1.0, []
    for span, count in zip(spans[:-1], numbers[:-1], strict=True):
        fits.append(_filled(target, span, survival, count, noise))
        survival = fits[-1].course.survival
    fits.append(_before_end(target, spans[-1], survival, numbers[-1], expected, noise))
    notes: tuple[str, ...] = ()
    if abs(events - found) > max(2.0, _DISAGREE * events):
        notes = (f"{events} events are reported, and the curve with its numbers at risk has about {found}",)
    return Counts(tuple(fits), notes)


def _closed(target: Target, span: Span, survival: float, noise: float) -> Fit:
    """An interval at whose end the number at risk is known: of the censorings that bring it there the best."""
    leaving, drawn = span.leaving or 0, target.at(span.end)

    def run(censored: int) -> Course:
        return follow(target, span.start, span.end, span.at_risk, survival, span.censoring(censored))

    low, high = 0, leaving
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(run(middle).events) + middle >= leaving else (middle + 1, high)
    best, course = low, run(low)
    if len(course.events) + low != leaving:  # the line asks for more events than the numbers allow
        return _filled(target, span, survival, leaving - low, noise)
    for censored in range(low + 1, leaving + 1):
        other = run(censored)
        if len(other.events) + censored != leaving:
            break
        if abs(other.survival - drawn) < abs(course.survival - drawn):
            best, course = censored, other
    return Fit(course, span.censoring(best), ((course.survival - drawn) / noise) ** 2)


def _filled(target: Target, span: Span, survival: float, events: int, noise: float) -> Fit:
    """A closed interval with so many events: its censorings are moved, as little as can be, until the line has them."""
    censored, drawn = (span.leaving or 0) - events, target.at(span.end)
    best: Fit | None = None
    for move in _MOVES if censored and not span.marks else (0.0,):
        times = span.censoring(censored, math.exp(move))
        course = follow(target, span.start, span.end, span.at_risk, survival, times)
        if len(course.events) == events:
            moved = move**2 / (_SKEW + 1.0 / censored) if censored else 0.0
            fit = Fit(course, times, moved + ((course.survival - drawn) / noise) ** 2)
            if best is None or fit.cost < best.cost:
                best = fit
            elif abs(move) > 1.0:
                break
    if best is not None:
        return best
    times = span.censoring(censored)
    course = place(target, span.start, span.end, span.at_risk, survival, events, times)
    return Fit(course, times, _MOVES[-1] ** 2 / (_SKEW + 1.0) + ((course.survival - drawn) / noise) ** 2)


def _expected(spans: Sequence[Span], fits: Sequence[Fit]) -> int:
    """Censorings to expect before the end of the curve: those marked, else at the rate of the intervals before."""
    tail = spans[-1]
    if tail.marks:
        return min(len(tail.marks), tail.at_risk)
    exposure = sum((span.at_risk - (span.leaving or 0) / 2.0) * (span.end - span.start) for span in spans[:-1])
    if exposure <= 0.0:
        return 0
    rate = sum(len(fit.censored) for fit in fits) / exposure
    return min(round(tail.at_risk * -math.expm1(-rate * (tail.end - tail.start))), tail.at_risk)


def _open(target: Target, span: Span, survival: float, censored: int, noise: float) -> Fit:
    """The last interval with so many censorings before its end."""
    course = follow(target, span.start, span.end, span.at_risk, survival, span.censoring(censored), last=True)
    left = span.at_risk - len(course.events) - censored
    cost = ((course.survival - target.at(math.inf)) / noise) ** 2
    return Fit(course, [*span.censoring(censored), *([span.end] * left)], cost)


def _before_end(target: Target, span: Span, survival: float, events: int, expected: int, noise: float) -> Fit:
    """The last interval with so many events: censorings are as many as the line asks for."""

    def run(censored: int) -> Course:
        left = span.censoring(censored)
        return follow(target, span.start, span.end, span.at_risk, survival, left, last=True)

    low, high = 0, span.at_risk - events
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(run(middle).events) <= events else (middle + 1, high)
    course = run(low)
    if len(course.events) != events:
        course = place(target, span.start, span.end, span.at_risk, survival, events, span.censoring(low), last=True)
    left = span.at_risk - events - low
    cost = (low - expected) ** 2 / (expected + 1.0) + ((course.survival - target.at(math.inf)) / noise) ** 2
    return Fit(course, [*span.censoring(low), *([span.end] * left)], cost)


def _meet(
    target: Target,
    spans: Sequence[Span],
    starts: Sequence[float],
    fits: Sequence[Fit],
    gap: int,
    expected: int,
    noise: float,
) -> list[int]:
    """Events in each interval after so many were added, or taken away: each where it costs least."""
    numbers = [len(fit.course.events) for fit in fits]
    costs = [fit.cost for fit in fits]
    last = len(spans) - 1

    def changed(j: int, step: int) -> float | None:
        span, count = spans[j], numbers[j] + step
        if not 0 <= count <= (span.at_risk if span.leaving is None else span.leaving):
            return None
        if j == last:
            return _before_end(target, span, starts[j], count, expected, noise).cost
        return _filled(target, span, starts[j], count, noise).cost

    while gap:
        # One at a time, or of very many a tenth.
        step = int(math.copysign(max(abs(gap) // 10, 1), gap))
        found = [changed(j, step) for j in range(len(spans))]
        while all(cost is None for cost in found):
            assert abs(step) > 1, "more events than subjects"
            step = int(math.copysign(abs(step) // 2, gap))
            found = [changed(j, step) for j in range(len(spans))]
        while step and abs(gap) >= abs(step):
            possible = [(cost - costs[j], j) for j, cost in enumerate(found) if cost is not None]
            if not possible:
                break
            _, j = min(possible)
            numbers[j] += step
            gap -= step
            costs[j] = found[j] or 0.0
            found[j] = changed(j, step)
    return numbers
