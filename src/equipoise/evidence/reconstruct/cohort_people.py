"""The subjects of all arms with their times: every endpoint fitted, and put together subject by subject."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_arm import Course, strayed
from equipoise.evidence.reconstruct.cohort_contrast import depth, estimate, golden, strata_codes
from equipoise.evidence.reconstruct.cohort_counted import pinned
from equipoise.evidence.reconstruct.cohort_jitter import jittered
from equipoise.evidence.reconstruct.cohort_match import exchanged, follow_up_median, followed, later, nudged, partners
from equipoise.evidence.reconstruct.cohort_plan import Calendar, TimePlan
from equipoise.evidence.reconstruct.cohort_times import Choice, Settled, Solution, Window, solve

__all__ = ["ArmPeople", "Record", "Timed", "build_times", "dated", "first_times"]

Integers = NDArray[np.int64]
_SHIFTS = 4
_DEEP = 0.15  # half-widths of the narrowest box
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Record:
    """An endpoint of the subjects of an arm.

    Attributes:
        day: (n,) days from randomization, from 1.
        event: (n,) whether that is the event.
    """

    day: Integers
    event: Bools


@dataclass(frozen=True, slots=True)
class ArmPeople:
    """The subjects of one arm.

    Attributes:
        arm: Its name.
        times: Endpoint → its records, subject by subject.
        stratum: (n,) stratum.
        last: (n,) day of the last contact or death.
        died: (n,) whether the last day is that of death; false where no endpoint is death.
    """

    arm: str
    times: dict[str, Record]
    stratum: Integers
    last: Integers
    died: Bools

    @property
    def n(self) -> int:
        """Subjects."""
        return int(self.stratum.size)


class Timed(NamedTuple):
    """Subjects with their times.

    Attributes:
        people: By arm.
        dates: Enrollment and cut.
        depth: How deep the contrasts of all endpoints lie in their boxes, in half-widths; negative where one is missed.
        missed: What could not be landed, in sentences.
    """

    people: tuple[ArmPeople, ...]
    dates: Calendar
    depth: float
    missed: tuple[str, ...]


def first_times(plan: TimePlan, dates: Calendar, choice: Choice) -> tuple[Solution, Calendar]:
    """The first endpoint; a supposed cut is moved until the follow-up that is measured on it has its median.

    Args:
        plan: The endpoint.
        dates: Enrollment and cut.
        choice: What is chosen freely.
    """
    movable = any("cut" in sentence for sentence in dates.supposed)
    free = not any(arm.quantiles or arm.landmarks for arm in plan.goals.arms)
    settle = None
    if plan.follow_up is not None and free:
        settle = _alone(plan, dates.window, choice)
    solved = solve(plan.goals, dates.window, choice, settle)
    if plan.follow_up is None or free or not movable:
        return _finished(solved, plan, laid_out=not free), dates
    for _ in range(4):
        now = follow_up_median(solved.courses)
        if not now > 0 or plan.follow_up.holds(now):
            break
        shift = round(0.5 * (plan.follow_up.lower + plan.follow_up.upper) - now)
        cut = max(dates.cut + datetime.timedelta(days=shift), dates.end + datetime.timedelta(days=1))
        if cut == dates.cut:
            break
        said = tuple(f"data cut on {cut}" if "cut" in sentence else sentence for sentence in dates.supposed)
        dates = Calendar(dates.start, dates.end, cut, said)
        solved = solve(plan.goals, dates.window, choice)
    return _finished(solved, plan, laid_out=not free), dates


def _finished(
    solved: Solution, plan: TimePlan, *, laid_out: bool, floors: tuple[Integers, ...] | None = None
) -> Solution:
    """Courses with single days moved: last contacts for the median follow-up, any for the hazard ratios."""
    courses = solved.courses
    if plan.follow_up is not None and laid_out:
        courses = nudged(courses, plan.follow_up)
    if plan.goals.contrasts and depth_of(solved._replace(courses=courses), plan, solved.codes) < 0.0:

        def deep(tried: tuple[Course, ...]) -> float:
            return depth_of(solved._replace(courses=tried), plan, solved.codes)

        courses = jittered(courses, plan.goals.arms, deep, _DEEP, floors)
    return solved._replace(courses=courses)


def build_times(
    arms: tuple[str, ...], plans: tuple[TimePlan, ...], solved: Solution, dates: Calendar, choice: Choice
) -> Timed:
    """Subjects with all times.

    Args:
        arms: Names of the arms.
        plans: Endpoints, death last.
        solved: Courses of the first one.
        dates: Enrollment and cut.
        choice: What is chosen freely.

    Returns:
        Subjects by arm, and how well they fit.
    """
    first = plans[0]
    found = {first.endpoint: solved}
    places: dict[str, tuple[Integers, ...]] = {}
    for plan in plans[1:]:
        late, dates = _later_times(plan, solved, dates, choice)
        if not (plan.goals.model.cox_strata or plan.goals.model.test_strata):
            floors = tuple(course.day for course in solved.courses)
            late = _finished(late, plan, laid_out=False, floors=floors)
        found[plan.endpoint] = late
        places[plan.endpoint] = _exchanged(_places(late.courses, solved, plan, choice), late, solved, plan)
    people = []
    for number, arm in enumerate(arms):
        base = solved.courses[number]
        times = {first.endpoint: Record(base.day, base.event)}
        for name, ranks in places.items():
            course, order = found[name].courses[number], np.argsort(ranks[number])
            times[name] = Record(course.day[order], course.event[order])
            times[first.endpoint] = _last_seen_before(times[first.endpoint], times[name])
        death = next((times[plan.endpoint] for plan in plans if plan.death), None)
        last = np.maximum.reduce([record.day for record in times.values()]) if death is None else death.day
        died = np.zeros(base.day.size, dtype=np.bool_) if death is None else death.event
        people.append(ArmPeople(arm, times, solved.codes[number], last, died))
    depths = [
        depth_of(found[plan.endpoint], plan, _codes(solved, places.get(plan.endpoint)))
        for plan in plans
        if plan.goals.contrasts
    ]
    missed = [
        f"{arm}: {plan.endpoint} could not be laid through what is printed: {what}"
        for plan in plans
        for arm, course, goals in zip(arms, found[plan.endpoint].courses, plan.goals.arms, strict=True)
        for what in strayed(course, goals)
    ]
    for plan in plans:
        now = follow_up_median(found[plan.endpoint].courses) if plan.follow_up is not None else 0.0
        if plan.follow_up is not None and not plan.follow_up.holds(now):
            missed.append(
                f"median follow-up is {now:.0f} days, not {plan.follow_up.lower:.0f} to {plan.follow_up.upper:.0f}"
            )
    return Timed(tuple(people), dates, min(depths, default=0.0), tuple(missed))


def _last_seen_before(early: Record, late: Record) -> Record:
    """The earlier endpoint with nobody last seen free of it on the day of death: that day would be its event."""
    same = late.event & ~early.event & (late.day == early.day)
    day = early.day.copy()
    for k in np.flatnonzero(same).tolist():
        before = int(day[k]) - 1
        # where an event lies on the day itself, the subject must stay at risk at it: such a one stays as it is
        if before >= 1 and not (early.event & (early.day == day[k])).any():
            day[k] = before
    return Record(day, early.event)


def _later_times(plan: TimePlan, first: Solution, dates: Calendar, choice: Choice) -> tuple[Solution, Calendar]:
    """A later endpoint; where its curve is printed, follow-up comes about by dates, else by moving last contacts."""
    if plan.follow_up is None or not any(pinned(arm) for arm in plan.goals.arms):
        return solve(plan.goals, dates.window, choice, _settle(first, plan, dates.window, choice)), dates
    window = dates.window
    for _ in range(_SHIFTS):
        late = solve(plan.goals, window, choice, _settle(first, plan, window, choice))
        now = follow_up_median(late.courses)
        if plan.follow_up.holds(now) or not now > 0:
            break
        shift = 0.5 * (plan.follow_up.lower + plan.follow_up.upper) - now
        window = Window(max(1.0, window.first + shift), max(window.first + shift + 30.0, window.last + shift))
    beyond = math.ceil(window.last - dates.window.last)
    if beyond > 0 and dates.supposed:
        cut = dates.cut + datetime.timedelta(days=beyond)
        said = tuple(f"data cut on {cut}" if "cut" in sentence else sentence for sentence in dates.supposed)
        dates = Calendar(dates.start, dates.end, cut, said)
    return late, dates


def _codes(first: Solution, places: tuple[Integers, ...] | None) -> tuple[Integers, ...]:
    """Strata of an endpoint's subjects in the order in which they leave it."""
    if places is None:
        return first.codes
    return tuple(code[place] for code, place in zip(first.codes, places, strict=True))


def depth_of(solved: Solution, plan: TimePlan, codes: tuple[Integers, ...]) -> float:
    """How deep all printed contrasts of an endpoint lie in their boxes; negative where one is missed.

    Args:
        solved: Its courses.
        plan: What is printed.
        codes: Strata of its subjects, by arm.
    """
    depths = []
    for one in plan.goals.contrasts:
        pair = solved.courses[one.arm], solved.courses[one.versus]
        strata = codes[one.arm], codes[one.versus]
        depths.append(depth(estimate(*pair, strata, plan.goals.model, test=one.p is not None), one))
    return min(depths)


def _alone(plan: TimePlan, window: Window, choice: Choice) -> Callable[[tuple[Course, ...]], Settled]:
    shares = np.array(plan.goals.shares)

    def settle(courses: tuple[Course, ...]) -> Settled:
        assert plan.follow_up is not None
        courses = followed(courses, plan.follow_up, int(window.last))
        return courses, tuple(strata_codes(c.day.size, shares, choice.shift) for c in courses)

    return settle


def _places(courses: tuple[Course, ...], first: Solution, plan: TimePlan, choice: Choice) -> tuple[Integers, ...]:
    """Who of the first endpoint each subject of a later one is."""
    shares = np.array(plan.goals.shares)
    return tuple(
        partners(course, base, code, strata_codes(course.day.size, shares, choice.shift))
        for course, base, code in zip(courses, first.courses, first.codes, strict=True)
    )


def _exchanged(places: tuple[Integers, ...], late: Solution, first: Solution, plan: TimePlan) -> tuple[Integers, ...]:
    """Partners exchanged until the stratified numbers of a later endpoint lie in their boxes."""
    model = plan.goals.model
    if not plan.goals.contrasts or not (model.cox_strata or model.test_strata):
        return places

    return exchanged(places, late.courses, first.courses, first.codes, lambda codes: depth_of(late, plan, codes), _DEEP)


def _settle(first: Solution, plan: TimePlan, window: Window, choice: Choice) -> Callable[[tuple[Course, ...]], Settled]:
    """Later endpoints end no earlier than the first one of the same subject, and bring its stratum along."""
    laid_out, most = any(pinned(arm) for arm in plan.goals.arms), int(window.last)

    def settle(courses: tuple[Course, ...]) -> Settled:
        for _ in range(2):
            if plan.follow_up is not None:
                courses = nudged(courses, plan.follow_up) if laid_out else followed(courses, plan.follow_up, most)
            courses = tuple(later(course, base) for course, base in zip(courses, first.courses, strict=True))
        places = _places(courses, first, plan, choice)
        return courses, tuple(code[place] for code, place in zip(first.codes, places, strict=True))

    return settle


def dated(people: tuple[ArmPeople, ...], dates: Calendar, shift: float) -> tuple[Integers, ...]:
    """Day of randomization of each subject, in days after the first one: nobody's last day lies behind the cut.

    Who is followed to the cut was randomized that long before it; others anywhere in the window that leaves room.

    Args:
        people: Subjects by arm.
        dates: Enrollment and cut.
        shift: Where the spreading sequence begins.

    Returns:
        By arm, (n,) days from the start of enrollment.
    """
    whole = (dates.end - dates.start).days
    to_cut = (dates.cut - dates.start).days
    out = []
    for number, one in enumerate(people):
        latest = to_cut - one.last + 1
        spread = np.floor(golden(one.n, shift + 0.37 * number) * (np.minimum(whole, latest) + 1)).astype(np.int64)
        at_cut = ~one.died & (latest >= 0) & (latest <= whole)
        out.append(np.where(at_cut, latest, np.maximum(0, spread)))
    return tuple(out)
