"""Expected numbers over calendar time: enrolled, events, losses, at risk; and when so many events are expected.

Closed forms by piece (Lachin and Foulkes 1986, Biometrics 42:507, with steps instead of constants), so that answers
are exact up to rounding; dates of events by Newton's method inside a bracket.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.design._timeline import Timeline, timeline
from equipoise.design.assumptions import Assumptions
from equipoise.errors import PlanError, Problem, Where

__all__ = ["Expected", "expected", "most_events", "quantiles_of_event", "time_of_events", "times_of_events"]

Floats = NDArray[np.float64]

_DOUBLINGS = np.concatenate([np.arange(1, 9) / 8.0, 1.0 + 2.0 ** np.arange(-3.0, 31.0)])
_STEPS = 100
_ALMOST_ALL = 0.999
_LATEST = 1e12
FEW = 40
"""Jumps of enrolment times rows of events up to which plain numbers are faster than arrays."""
"""Products of enrolment steps and rows up to which plain numbers are faster than arrays."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected numbers of patients at calendar times.

    Attributes:
        times: Times since the first enrolment.
        enrolled: Enrolled so far.
        events: Events so far, all arms.
        events_control: Those of the control arm.
        events_experimental: Those of the experimental arm.
        dropouts: Lost so far before an event.
        at_risk: Enrolled, not lost, without event (the cured included).
    """

    times: tuple[float, ...]
    enrolled: tuple[float, ...]
    events: tuple[float, ...]
    events_control: tuple[float, ...]
    events_experimental: tuple[float, ...]
    dropouts: tuple[float, ...]
    at_risk: tuple[float, ...]


def expected(assumptions: Assumptions, times: float | Sequence[float]) -> Expected:
    """Expected enrolment, events, losses and numbers at risk.

    Args:
        assumptions: The trial in numbers.
        times: Calendar times from the first enrolment, 0 or more, in any order.

    Returns:
        The numbers at each time.

    Raises:
        PlanError: A time that is negative or not finite, or none.
    """
    at = read_times(times, least=0.0)
    line = timeline(assumptions)
    groups = line.by_group(line.events, line.counts(line.events, at))
    experimental = line.experimental @ groups
    control = (1.0 - line.experimental) @ groups
    lost = line.counts(line.losses, at).sum(axis=0)
    enrolled = line.enrolled(at)
    events = experimental + control
    rows = (at, enrolled, events, control, experimental, lost, np.maximum(enrolled - events - lost, 0.0))
    return Expected(*(tuple(row.tolist()) for row in rows))


def most_events(assumptions: Assumptions) -> tuple[float, float]:
    """The number of events expected if the trial never ended, and when 99.9% of them are expected.

    Args:
        assumptions: The trial in numbers.

    Returns:
        Number and time.
    """
    line = timeline(assumptions)
    most = line.patients * line.limit
    return most, float(_solve(line, np.array([_ALMOST_ALL * most]))[0])


def time_of_events(assumptions: Assumptions, events: float) -> float:
    """Calendar time at which so many events are expected.

    Args:
        assumptions: The trial in numbers.
        events: Number of events, above 0; need not be whole.

    Returns:
        Time since the first enrolment, with a relative error below 1e-12.

    Raises:
        PlanError: A number that is not above 0, or that is never reached: the message says how many can be, and when.
    """
    return times_of_events(assumptions, (events,))[0]


def times_of_events(assumptions: Assumptions, events: Sequence[float]) -> tuple[float, ...]:
    """`time_of_events` for several numbers at once.

    Args:
        assumptions: The trial in numbers.
        events: Numbers of events, each above 0, in any order.

    Returns:
        Their times.

    Raises:
        PlanError: Numbers that are not above 0 or never reached; each is named.
    """
    wanted = np.asarray(events, dtype=np.float64)
    line = timeline(assumptions)
    most = line.patients * line.limit
    wrong = [float(d) for d in wanted if not 0.0 < d < most]
    if wrong or not wanted.size:
        reached, when = most_events(assumptions)
        raise PlanError([_unreached(d, reached, when, assumptions) for d in wrong] or _none())
    return tuple(_solve(line, wanted).tolist())


def quantiles_of_event(
    assumptions: Assumptions, event: int, probabilities: Sequence[float]
) -> tuple[float | None, ...]:
    """Times before which the k-th event happens with given probabilities, if all assumptions are true.

    With n patients who enter independently, the number of events at a time is binomial with the probability that
    `expected` gives, and the k-th event has happened if it is k or more. (Where enrolment is by fixed dates instead,
    the true spread is a little smaller.)

    Args:
        assumptions: The trial in numbers; their number of patients is rounded to a whole one.
        event: k, from 1 to the number of patients.
        probabilities: Each between 0 and 1.

    Returns:
        A time for each; None where the event never happens with a probability so high, as with cure and losses.

    Raises:
        PlanError: k or probabilities outside their range.
    """
    from scipy.special import betaincinv

    n = round(assumptions.patients)
    at = np.asarray(probabilities, dtype=np.float64)
    if not 1 <= event <= n or not at.size or not bool(((at > 0.0) & (at < 1.0)).all()):
        message = "the number of the event must be 1 to the number of patients, probabilities between 0 and 1"
        raise PlanError(Problem("plan.event_number", message, value=str((event, *at.tolist()))))
    line = timeline(assumptions)
    # P(Binomial(n, p) >= k) is the incomplete beta function I_p(k, n - k + 1).
    part = betaincinv(event, n - event + 1.0, at)
    known = part < line.limit
    solved = iter(_solve(line, line.patients * part[known]).tolist()) if known.any() else iter(())
    return tuple(next(solved) if one else None for one in known)


def read_times(times: float | Sequence[float], *, least: float) -> Floats:
    """Times as an array, checked.

    Args:
        times: One or several.
        least: 0 where a time of 0 is allowed; else times must be above `least`.

    Raises:
        PlanError: None, or one that is not finite or too small.
    """
    at = np.atleast_1d(np.asarray(times, dtype=np.float64))
    fine = (at >= 0.0) & (at < _LATEST)
    if at.ndim == 1 and at.size and bool(fine.all()) and (least == 0.0 or bool((at > least).all())):
        return at
    cure = "give times since the first enrolment"
    raise PlanError(Problem("plan.time", "times must be finite and not negative", value=str(times), cure=cure))


def _solve(line: Timeline, wanted: Floats) -> Floats:
    """Times of numbers of events that are known to be reached: a bracket, then Newton's steps inside it."""
    scale = line.duration
    grid = np.concatenate([[0.0], scale * _DOUBLINGS])
    counts = np.maximum.accumulate(line.events_and_pace(grid)[0])
    right = np.clip(np.searchsorted(counts, wanted, side="left"), 1, grid.size - 1)
    low, high = grid[right - 1], grid[right]
    step = counts[right] - counts[right - 1]
    part = np.where(step > 0.0, (wanted - counts[right - 1]) / np.where(step > 0.0, step, 1.0), 1.0)
    time = low + np.clip(part, 0.0, 1.0) * (high - low)
    if len(line.jumps) * len(line.plain) <= FEW:
        bracket = zip(wanted.tolist(), low.tolist(), high.tolist(), time.tolist(), strict=True)
        return np.array([solve_one(line, *one) for one in bracket])
    for _ in range(_STEPS):
        count, pace = line.events_and_pace(time)
        excess = count - wanted
        low, high = np.where(excess <= 0.0, time, low), np.where(excess >= 0.0, time, high)
        newton = time - excess / np.where(pace > 0.0, pace, math.inf)
        # A step to the border of the bracket has met an earlier point: it is as good as solved there.
        inside = (newton >= low) & (newton <= high) & (pace > 0.0)
        following = np.where(inside, newton, 0.5 * (low + high))
        done = np.abs(following - time) <= 1e-13 * time
        time = following
        if done.all():
            break
    return np.asarray(time, dtype=np.float64)


def solve_one(line: Timeline, wanted: float, low: float, high: float, time: float) -> float:
    """Time of a number of events inside a bracket, in plain numbers: for trials of few rows the fastest.

    Args:
        line: The assumptions, compiled.
        wanted: Events.
        low: A time at which fewer are expected, or as many.
        high: A time at which more are, or as many.
        time: A first guess between them.
    """
    for _ in range(_STEPS):
        count, pace = line.events_and_pace_at(time)
        if count <= wanted:
            low = time
        if count >= wanted:
            high = time
        newton = time - (count - wanted) / pace if pace > 0.0 else -1.0
        following = newton if low <= newton <= high else 0.5 * (low + high)
        done = abs(following - time) <= 1e-13 * time
        time = following
        if done:
            break
    return time


def _unreached(events: float, most: float, when: float, assumptions: Assumptions) -> Problem:
    if not events > 0.0:
        return Problem(
            "plan.events", "a number of events must be above 0", value=f"{events:g}", cure="give a number above 0"
        )
    reach = math.floor(most) if most < 1e15 else most
    message = (
        f"{events:g} events are never expected: {assumptions.patients:g} patients yield at most {reach:g} "
        f"({most:.1f}), 99.9% of them by {when:.1f} {assumptions.unit}"
    )
    cure = "plan fewer events or more patients"
    return Problem("plan.events_unreached", message, Where(path="looks"), f"{events:g}", cure)


def _none() -> Problem:
    return Problem("plan.events", "there is no number of events", cure="give at least one")
