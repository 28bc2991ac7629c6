"""One synthetic cohort: times, responses and adverse events of all arms, and the tables that hold them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_counts import Count, count_of, shared_size
from equipoise.evidence.reconstruct.cohort_harms import HarmGoals, Harms, harm_goals, harms
from equipoise.evidence.reconstruct.cohort_people import ArmPeople, Timed, build_times, dated, first_times
from equipoise.evidence.reconstruct.cohort_plan import (
    Calendar,
    TimePlan,
    arm_goals,
    benefit_days,
    calendar_of,
    strata_of,
    time_plans,
)
from equipoise.evidence.reconstruct.cohort_protocol import response_of
from equipoise.evidence.reconstruct.cohort_response import ResponseGoals, Responses, responses
from equipoise.evidence.reconstruct.cohort_tables import ArmCohort, tables_of
from equipoise.evidence.reconstruct.cohort_times import Choice, Solution

if TYPE_CHECKING:
    import polars as pl

    from equipoise.evidence.facts.read import FactsFile
    from equipoise.evidence.reconstruct.cohort_goals import Goals
    from equipoise.evidence.reconstruct.cohort_people import Record

__all__ = ["Built", "build", "choice_of"]

Bools = NDArray[np.bool_]

_COMPLETE = re.compile(r"\bCR\b|complete", re.IGNORECASE)
_EARLY = (0.6, 0.35, 0.15)
_DATES = ((0.0, 1.0), (0.0, 1.9), (1.0, 1.0), (0.5, 1.9), (2.0, 1.5))
"""What is tried of supposed dates: how much later the cut, how much longer the enrollment."""
_STEPS = (0.8986537, 0.8075785, 0.7257334, 0.6521830, 0.5860867, 0.5266890)
"""Steps of a sequence that fills six dimensions evenly: powers of 1/g, where g^7 = g + 1."""


@dataclass(frozen=True, slots=True)
class Built:
    """A cohort.

    Attributes:
        arms: Its arms.
        dates: Enrollment and cut.
        tables: Its tables.
        notes: What was supposed or recovered, in sentences.
        missed: What could not be done, in sentences.
        depth: How deep its hazard ratios lie in the printed boxes; negative where one is missed.
    """

    arms: tuple[ArmCohort, ...]
    dates: Calendar
    tables: dict[str, pl.DataFrame]
    notes: tuple[str, ...]
    missed: tuple[str, ...]
    depth: float = 0.0


def choice_of(number: int) -> Choice:
    """What is chosen freely in the cohort of a number; 0 is the plain one.

    Args:
        number: From 0.
    """
    if not number:
        return Choice()
    turn, other, third, fourth, fifth, sixth = ((number * step) % 1.0 for step in _STEPS)
    return Choice(
        shift=turn,
        tail=0.05 + 1.5 * other,
        tilt=1.2 * third - 0.5,
        balance=0.35 + 0.3 * fourth,
        dropout=0.005 + 0.05 * fifth,
        later=sixth,
        spread=0.6 + 0.8 * fifth,
        follow=math.exp(0.8 * (fourth - 0.5)),
        lean=(other, third),
    )


def build(file: FactsFile, goals: Goals, content: dict[str, Any], number: int = 0) -> Built:
    """A cohort that gives what is printed.

    Args:
        file: The facts.
        goals: What is printed of the cut.
        content: Sections of the protocol beside it.
        number: Which of the equally fitting cohorts, from 0.
    """
    turn = 0.3 if not number else (number * 0.6180339887) % 1.0
    timed, dates, choice = _timed(file, goals, number)
    people = timed.people
    answers = _responses(file, goals, people, dates, turn)
    entered = dated(people, dates, choice.shift)
    cohort, notes, missed = [], [], list(timed.missed)
    for one, days in zip(people, entered, strict=True):
        answer = answers.get(one.arm)
        harm, note = _harms(goals, one, answer, turn, number)
        notes += note
        missed += [f"{one.arm}: {sentence}" for part in (answer, harm) if part is not None for sentence in part.missed]
        cohort.append(ArmCohort(one, days, answer, _measured(file, goals, one), harm))
    sites = next((round(g.box.lower) for g in goals.of("sites", part="value") if g.box is not None), 0)
    tables = tables_of(content, tuple(cohort), dates, sites, _levels(file))
    supposed = [f"supposed: {sentence}" for sentence in dates.supposed]
    return Built(tuple(cohort), dates, tables, (*goals.size_notes, *supposed, *notes), tuple(missed), timed.depth)


def _timed(file: FactsFile, goals: Goals, number: int) -> tuple[Timed, Calendar, Choice]:
    """Subjects with their times: of a few ways of spreading strata the first that gives all printed contrasts."""
    best: tuple[Timed, Calendar, Choice] | None = None
    for attempt in range(2 if number else len(_DATES)):
        choice = choice_of(number)
        shift = (choice.shift + 0.2360679775 * attempt) % 1.0
        later, spread = _DATES[attempt]
        spread *= choice.spread
        choice = replace(choice, shift=shift, later=choice.later + later, spread=spread, flat=attempt % 2 == 0)
        plans, solved, dates, choice = _first_endpoint(file, goals, number, choice)
        timed = build_times(goals.arms, plans, solved, dates, choice)
        dates = timed.dates
        if best is None or _better(timed, best[0]):
            best = timed, dates, choice
        if timed.depth >= 0.0 and not timed.missed:
            break
    assert best is not None
    return best


def _better(one: Timed, other: Timed) -> bool:
    """Whether fewer printed numbers are missed: contrasts first, as three numbers hang on each."""
    return (one.depth >= 0.0, -len(one.missed), one.depth) > (other.depth >= 0.0, -len(other.missed), other.depth)


def _first_endpoint(
    file: FactsFile, goals: Goals, number: int, choice: Choice
) -> tuple[tuple[TimePlan, ...], Solution, Calendar, Choice]:
    """The first endpoint, with as few early ends as clinical benefit asks for."""
    name = response_of(file)
    for early in _EARLY:
        choice = replace(choice, tilt=choice.tilt if early == _EARLY[0] else 0.3 * choice.tilt)
        plans = time_plans(file, goals, number, early)
        solved, dates = first_times(plans[0], calendar_of(goals, file, plans, choice), choice)
        minimum = benefit_days(file, goals, plans[0].endpoint)
        short = False
        for arm, course in zip(goals.arms, solved.courses, strict=True):
            benefit = count_of(list(goals.of("clinical_benefit_rate", endpoint=name, arm=arm)), goals.sizes[arm])
            if minimum and benefit is not None:
                short |= int((course.day < minimum).sum()) > course.day.size - benefit.x
        if not short:
            break
    return plans, solved, dates, choice


def _levels(file: FactsFile) -> tuple[dict[str, str], ...]:
    """Stratum → level of each factor, in the order of their shares."""
    names = strata_of(file)
    if file.protocol is None or not names:
        return ({},)
    levels = [list(file.protocol.factors[name].level_values.values()) for name in names]
    return tuple(dict(zip(names, combination, strict=True)) for combination in product(*levels))


def _measured(file: FactsFile, goals: Goals, people: ArmPeople) -> str:
    """The endpoint that ends a response: what clinical benefit is measured by, else the first one."""
    for name in people.times:
        if file.protocol is not None and benefit_days(file, goals, name) and _declares_benefit(file):
            return name
    return next(iter(people.times))


def _declares_benefit(file: FactsFile) -> bool:
    endpoints = file.protocol.endpoints.values() if file.protocol is not None else ()
    return any(getattr(endpoint, "clinical_benefit", None) is not None for endpoint in endpoints)


def _responses(
    file: FactsFile, goals: Goals, people: tuple[ArmPeople, ...], dates: Calendar, turn: float
) -> dict[str, Responses]:
    name = response_of(file)
    found: dict[str, Responses] = {}
    for one in people if name else ():
        wanted = _response_goals(file, goals, name, one)
        if wanted is not None:
            record: Record = one.times[_measured(file, goals, one)]
            found[one.arm] = responses(
                one, record, wanted, dates.window, turn, _may_lie_outside(file, goals, name, one)
            )
    return found


def _may_lie_outside(file: FactsFile, goals: Goals, name: str, one: ArmPeople) -> Bools:
    """Who may be left out of the denominator of response: without a complete response, those of a stratum that has one.

    Which subjects a population leaves out is told by its label alone; a stratum of another response can't be meant.
    """
    everybody = np.ones(one.n, dtype=np.bool_)
    where = {goal.fact.population or "" for goal in goals.of("response_rate", endpoint=name)}
    labels = [file.facts.populations.get(population, "").lower() for population in where]
    if not any("without" in label and "complete" in label for label in labels):
        return everybody
    complete = [any(_COMPLETE.search(level) for level in levels.values()) for levels in _levels(file)]
    return np.array(complete)[one.stratum] if any(complete) else everybody


def _response_goals(file: FactsFile, goals: Goals, name: str, one: ArmPeople) -> ResponseGoals | None:
    def count(statistic: str) -> Count | None:
        return count_of(list(goals.of(statistic, endpoint=name, arm=one.arm)), one.n)

    response, benefit = count("response_rate"), count("clinical_benefit_rate")
    controlled = count("disease_control_rate")
    complete = next(
        (round(g.box.lower) for g in goals.of("best_response", endpoint=name, arm=one.arm, part="value")
         if g.box is not None and g.fact.groups.get("response") == "CR"),
        None,
    )  # fmt: skip
    if response is None and benefit is None:
        return None
    x, n = (response.x, response.n) if response is not None else (0, one.n)
    duration = arm_goals(goals, "duration_median", name, one.arm, x)
    minimum = benefit_days(file, goals, _measured(file, goals, one)) or 168.0
    return ResponseGoals(
        n, x, complete, benefit.x if benefit else None, minimum, controlled.x if controlled else None,
        duration if duration.quantiles else None,
    )  # fmt: skip


def _harms(
    goals: Goals, one: ArmPeople, answer: Responses | None, turn: float, number: int
) -> tuple[Harms | None, list[str]]:
    wanted = [g for g in goals.goals if g.fact.statistic in ("ae_proportion", "ae_subjects")]
    if not wanted:
        return None, []
    size, why = shared_size(goals, one.arm, one.n)
    found: HarmGoals = harm_goals(goals, one.arm, size)
    kept = answer.began > 0 if answer is not None else ~(one.last > 0)
    note = [] if why == "all subjects" else [f"safety population of {one.arm}: {size} ({why})"]
    return harms(one, found, kept, turn, number), note
