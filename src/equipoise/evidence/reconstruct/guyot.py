"""Individual times from a digitized Kaplan-Meier curve and its numbers at risk.

Guyot, Ades, Ouwens and Welton (2012, BMC Med Res Methodol 12:9) invert the Kaplan-Meier equations click by click: in
each interval between two numbers at risk they look for the number of censorings, evenly spread, with which the curve
brings the number at risk from the one to the other. So is it here, with four changes against the errors of clicks:

- the clicks are first made the line that they are of (`line.drawn_line`): those of one arm know of each other;
- subjects have their events one by one, each where the line has come down half of its step, not in lumps at clicks;
- numbers at risk hold exactly at any time, on a click or not, and so does the reported number of events: what is
  missing or too much goes where it moves the estimate least;
- after the last number at risk subjects are censored at the rate of those before (the number of events, where it is
  known, says how many), and those who are left are censored at the end of the curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import EvidenceError, Problem, Where
from equipoise.evidence.reconstruct.counts import Counts, Span, counts_of
from equipoise.evidence.reconstruct.intervals import Target
from equipoise.evidence.reconstruct.line import Line, drawn_line, monotone

__all__ = ["Rebuilt", "reconstruct_curve"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LEAST = 0.1  # survival at the first number at risk from which patients at time 0 can still be told


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """Subjects of one arm.

    Attributes:
        time: (n,) times in the unit of the clicks, in order; at a tie events come first.
        status: (n,) 1 for an event, 0 for censored.
        line: The line through the clicks.
        risk_times: (k,) times of the numbers at risk, from 0.
        at_risk: (k,) the numbers, which `time` reproduces.
        notes: What was supposed, one sentence each.
    """

    time: Floats
    status: Integers
    line: Line
    risk_times: Floats
    at_risk: Integers
    notes: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.status.sum())


def reconstruct_curve(
    times: ArrayLike,
    survival: ArrayLike,
    risk_times: ArrayLike = (),
    at_risk: ArrayLike = (),
    *,
    patients: int | None = None,
    events: int | None = None,
    censored: ArrayLike | None = None,
) -> Rebuilt:
    """Subjects whose Kaplan-Meier curve is the one that was clicked on.

    Args:
        times: (m,) times of clicks, from 0, any one unit, in any order.
        survival: (m,) survival there, between 0 and 1.
        risk_times: (k,) times of numbers at risk, rising, in the same unit; they need not be times of clicks.
        at_risk: (k,) numbers at risk just before these times.
        patients: Subjects at time 0, where the table does not begin there; without it they are taken from the first
            number at risk and the curve.
        events: Reported events, which are reproduced exactly.
        censored: Times of the marks of censoring, where they were clicked too; they say when, the table how many.

    Returns:
        The subjects, as many as were at risk at time 0.

    Raises:
        EvidenceError: Fewer than two clicks, values out of range, numbers at risk that rise, more events than subjects,
            or neither numbers at risk nor `patients`; all at once.
    """
    x, y, grid, counts = _checked(times, survival, risk_times, at_risk, patients, events)
    notes: list[str] = []
    grid, counts = _from_zero(x, y, grid, counts, patients, notes)
    if events is not None and events > counts[0]:
        said = "there are more events than patients, as the first number at risk and the curve have them"
        raise EvidenceError(Problem("curve.events", said, value=f"{events} of {counts[0]}"))
    line = drawn_line(x, y, risk_times=grid, at_risk=counts)
    notes += _said(line)
    # Who is at risk after the last click is followed until then, at least.
    end = float(max(line.time[-1], grid[counts > 0].max()))
    inside = grid <= end
    marks = np.sort(np.asarray([] if censored is None else censored, dtype=np.float64))
    target = Target.of(line.time, line.survival)
    bounds = [*grid[inside].tolist(), end]
    spans = [
        Span(start, stop, int(n), int(n - after) if k + 1 < inside.sum() else None, _marks(marks, start, stop))
        for k, (start, stop, n, after) in enumerate(
            zip(bounds[:-1], bounds[1:], counts[inside], [*counts[inside][1:], 0], strict=True)
        )
    ]
    found = counts_of(target, spans, events=events, noise=line.noise)
    notes += found.notes
    time, status = _subjects(found)
    return Rebuilt(time, status, line, grid, counts, tuple(notes))


def _subjects(found: Counts) -> tuple[Floats, Integers]:
    """Times and status of all, in order."""
    time = np.array(
        [x for fit in found.fits for part in (fit.course.events, fit.censored) for x in part], dtype=np.float64
    )
    parts = [part for fit in found.fits for part in ((1, len(fit.course.events)), (0, len(fit.censored)))]
    status = np.repeat([flag for flag, _ in parts], [count for _, count in parts]).astype(np.int64)
    order = np.lexsort((-status, time))
    return time[order], status[order]


def _marks(marks: Floats, start: float, end: float) -> tuple[float, ...]:
    return tuple(marks[(marks >= start) & (marks < end)].tolist())


def _said(line: Line) -> list[str]:
    notes = []
    if line.smoothed:
        notes.append(f"the clicks miss the curve by about {line.noise:.2%} of each axis; they were smoothed")
    if line.feet:
        notes.append("each click was taken as the foot of a step: the curve falls there, not between clicks")
    return notes


def _from_zero(
    x: Floats, y: Floats, grid: Floats, counts: Integers, patients: int | None, notes: list[str]
) -> tuple[Floats, Integers]:
    """Numbers at risk from time 0 on."""
    if grid.size and grid[0] == 0.0:
        return grid, counts
    if patients is None:
        order = np.argsort(x, kind="stable")
        falling = np.concatenate([[1.0], -monotone(-y[order])])
        there = float(np.interp(grid[0], np.concatenate([[0.0], x[order]]), falling))
        if there < _LEAST:
            said = "the number at risk at time 0 is not reported, and the first one comes too late to tell it"
            raise EvidenceError(Problem("curve.patients", said, value=f"{there:.3g} are event-free by then"))
        patients = max(int(counts[0]), round(int(counts[0]) / there))
        notes.append(
            f"the number at risk at time 0 is not reported: {patients} is {int(counts[0])} at {grid[0]:g} divided by"
            " survival there, as if nobody was censored before"
        )
    if not grid.size:
        notes.append("there are no numbers at risk: censoring was supposed to be even over the whole curve")
    return np.concatenate([[0.0], grid]), np.concatenate([[patients], counts])


def _checked(
    times: ArrayLike, survival: ArrayLike, risk_times: ArrayLike, at_risk: ArrayLike, patients: int | None,
    events: int | None,
) -> tuple[Floats, Floats, Floats, Integers]:  # fmt: skip
    x, y = np.asarray(times, dtype=np.float64).ravel(), np.asarray(survival, dtype=np.float64).ravel()
    grid, numbers = np.asarray(risk_times, dtype=np.float64).ravel(), np.asarray(at_risk, dtype=np.float64).ravel()
    whole = bool(numbers.size == grid.size and np.all(np.isfinite(numbers)) and np.all(numbers == np.round(numbers)))
    ordered = bool(np.all(np.isfinite(grid)) and np.all(np.diff(grid) > 0.0) and np.all(grid >= 0.0))
    usable = x.size == y.size and bool(np.all(np.isfinite(x)) and np.all(np.isfinite(y)))
    first = numbers[0] if numbers.size and whole and ordered and grid[0] == 0.0 else None
    most = patients if first is None else first
    rules = (
        (x.size >= 2 and y.size >= 2, "times", "a curve needs two clicks or more", x.size),
        (usable, "survival", "each click needs a time and a survival, both finite", ""),
        (not usable or bool(np.all(x >= 0.0)), "times", "times must not be negative", ""),
        (not usable or bool(np.all((y >= 0.0) & (y <= 1.0))), "survival", "survival must lie between 0 and 1", ""),
        (ordered, "risk_times", "times of numbers at risk must rise from 0", ""),
        (whole, "at_risk", "numbers at risk must be whole, one for each of their times", ""),
        (not whole or bool(np.all(np.diff(numbers) <= 0.0)), "at_risk", "numbers at risk must not rise", ""),
        (not whole or not numbers.size or numbers[0] >= 1.0, "at_risk", "the first number at risk must not be 0", ""),
        (numbers.size > 0 or patients is not None, "patients", "without numbers at risk, name the patients", ""),
        (patients is None or patients >= 1, "patients", "there must be a patient", patients),
        (patients is None or first is None or first == patients, "patients",
         "the number at risk at time 0 is another", patients),
        (patients is None or not whole or not numbers.size or numbers[0] <= patients, "patients",
         "more are at risk than there are patients", patients),
        (events is None or events >= 0, "events", "events can't be negative", events),
        (events is None or most is None or events <= most, "events", "there are more events than patients", events),
    )  # fmt: skip
    problems = [
        Problem("curve.arrays", message, Where(path=name), str(value))
        for good, name, message, value in rules
        if not good
    ]
    if problems:
        raise EvidenceError(problems)
    return x, y, grid, numbers.astype(np.int64)
