"""Facts that no cohort can have together, all of them, each with its arithmetic: found before anything is built."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from equipoise.errors import EvidenceError, Problem, Where
from equipoise.evidence.boxes import Box, z_of_level
from equipoise.evidence.reconstruct.cohort_arm import mid
from equipoise.evidence.reconstruct.cohort_contrast import ContrastGoals, aim
from equipoise.evidence.reconstruct.cohort_counts import count_of, shared_size
from equipoise.evidence.reconstruct.cohort_goals import Goal, Goals, day_of, latest_day
from equipoise.evidence.reconstruct.cohort_harms import harm_goals
from equipoise.evidence.reconstruct.cohort_plan import TimePlan, time_plans

if TYPE_CHECKING:
    from equipoise.evidence.facts.read import FactsFile

__all__ = ["check_feasible"]

_LEAST_ERROR = 0.97
_LARGEST = 50_000
"""Subjects of an arm; more than any trial randomized to one, and more than can be built in minutes."""
_CURE = "compare both with their sources; facts of different data cuts need different `cut:`"


def check_feasible(file: FactsFile, goals: Goals) -> None:
    """Refuse facts that contradict each other, or that say too little to build anything.

    Args:
        file: The facts.
        goals: What is printed of the cut.

    Raises:
        EvidenceError: Everything that is in the way.
    """
    problems = list(_sizes(file, goals))
    if not problems:
        plans = time_plans(file, goals)
        problems += _too_little(file, goals, plans)
        for plan in plans:
            problems += _quantiles(file, goals, plan)
            problems += _contrasts(file, goals, plan)
        problems += _deaths(file, goals)
        problems += _responses(file, goals)
        problems += _harms(file, goals)
        problems += _dates(file, goals)
    if problems:
        raise EvidenceError(sorted(problems, key=lambda one: one.where.line or 0))


def _problem(
    file: FactsFile, goal: Goal | None, message: str, code: str = "facts.infeasible", cure: str = _CURE
) -> Problem:
    where = Where(file=str(file.path)) if goal is None else Where(
        file=str(file.path), line=file.lines.get(goal.position), path=f"facts[{goal.position}]"
    )  # fmt: skip
    return Problem(code, message, where, goal.printed if goal is not None else "", cure)


def _sizes(file: FactsFile, goals: Goals) -> Iterator[Problem]:
    if not goals.cut:
        cure = "leave `use: compare` out of the cut that is to be rebuilt"
        yield _problem(file, None, "all data cuts are there to be compared only", "facts.nothing_to_rebuild", cure)
        return
    if len(goals.arms) < 2 or not goals.control:
        cure = "declare two arms or more, one of them with `role: control`"
        yield _problem(file, None, "a cohort needs two arms, one of them the control", "facts.nothing_to_rebuild", cure)
        return
    lacking = [arm for arm in goals.arms if not goals.sizes.get(arm)]
    if lacking:
        cure = "add {statistic: subjects, arm: NAME, value: N} for each arm"
        message = f"nothing printed says how many subjects were in {', '.join(lacking)}"
        yield _problem(file, None, message, "facts.nothing_to_rebuild", cure)
    for arm in goals.arms:
        size = goals.sizes.get(arm) or 2
        if size < 2:
            yield _problem(file, None, f"{arm} has {size} subject: too few for a curve",
                           "facts.nothing_to_rebuild", "at least two")  # fmt: skip
        if size > _LARGEST:
            yield _problem(file, None, f"{arm} has {size} subjects: a cohort has {_LARGEST:,} at most",
                           "facts.nothing_to_rebuild", "compare the number with its source")  # fmt: skip


def _too_little(file: FactsFile, goals: Goals, plans: tuple[TimePlan, ...]) -> Iterator[Problem]:
    cure = "add a median, a landmark, the events, or a hazard ratio with its limits"
    if not plans:
        message = "no time to an event is printed, so that nothing says when anything happened"
        yield _problem(file, None, message, "facts.nothing_to_rebuild", cure)
    for plan in plans:
        known = {
            arm for arm, one in enumerate(plan.goals.arms) if one.quantiles or one.landmarks or one.events is not None
        }
        if plan.follow_up is not None and not known and not plan.goals.contrasts:
            continue
        for one in plan.goals.contrasts:
            pair = {one.arm, one.versus}
            whole = one.ratio is not None and (one.lower is not None or one.p is not None)
            if (one.ratio is not None and known & pair) or whole:
                known |= pair
        for arm, name in enumerate(goals.arms):
            if arm not in known:
                message = f"nothing printed says when {plan.endpoint} happened in {name}"
                yield _problem(file, None, message, "facts.nothing_to_rebuild", cure)


def _quantiles(file: FactsFile, goals: Goals, plan: TimePlan) -> Iterator[Problem]:
    for arm, one in zip(goals.arms, plan.goals.arms, strict=True):
        names = [name for name in ("lower", "median", "upper") if name in one.quantiles]
        for before, after in pairwise(names):
            if one.quantiles[before].lower > one.quantiles[after].upper:
                goal = _goal(goals, "median", plan.endpoint, arm)
                yield _problem(file, goal, f"limits and median of {plan.endpoint} in {arm} are not in order")
    first = next((other for other in time_plans(file, goals) if not other.death), None)
    if plan.death and first is not None:
        yield from _below(file, goals, plan, first)


def _below(file: FactsFile, goals: Goals, death: TimePlan, first: TimePlan) -> Iterator[Problem]:
    """Nobody dies before the progression that includes death."""
    for number, arm in enumerate(goals.arms):
        late, early = death.goals.arms[number], first.goals.arms[number]
        if "median" in late.quantiles and "median" in early.quantiles \
                and late.quantiles["median"].upper < early.quantiles["median"].lower:  # fmt: skip
            goal = _goal(goals, "median", death.endpoint, arm)
            yield _problem(file, goal, f"median {death.endpoint} in {arm} is shorter than median {first.endpoint}")
        for one in late.landmarks:
            for other in early.landmarks:
                if one.day <= other.day and one.box.upper < other.box.lower:
                    goal = _goal(goals, "survival", death.endpoint, arm)
                    message = f"{death.endpoint} in {arm} lies below {first.endpoint} at a later or the same time"
                    yield _problem(file, goal, message)
        if late.events is not None and early.events is not None and late.events > early.events and first.death:
            yield _problem(file, None, f"more deaths than events of {first.endpoint} in {arm}")


def _goal(goals: Goals, statistic: str, endpoint: str, arm: str = "") -> Goal | None:
    return next((goal for goal in goals.of(statistic, endpoint=endpoint) if goal.arm == arm), None)


def _contrasts(file: FactsFile, goals: Goals, plan: TimePlan) -> Iterator[Problem]:
    for one in plan.goals.contrasts:
        goal = _goal(goals, "hazard_ratio", plan.endpoint, goals.arms[one.arm])
        found = aim(replace(one, p=None))  # P is of another test: it rules out no ratio
        if one.ratio is not None and one.lower is not None and one.upper is not None and not found.fits:
            middle = _middle(one.lower, one.upper)
            message = (
                f"the limits {one.lower.lower:.4g} to {one.lower.upper:.4g} and {one.upper.lower:.4g} to "
                f"{one.upper.upper:.4g} of {plan.endpoint} have the middle {middle.lower:.4g} to {middle.upper:.4g} on "
                "the log scale, which the hazard ratio is not: these are no limits of an estimate and its error"
            )
            yield _problem(file, goal, message)
            continue
        if math.isfinite(found.error):
            yield from _information(file, goals, plan, one, goal)


def _middle(lower: Box, upper: Box) -> Box:
    return Box(math.sqrt(max(0.0, lower.lower) * upper.lower), math.sqrt(lower.upper * upper.upper))


def _information(
    file: FactsFile, goals: Goals, plan: TimePlan, one: ContrastGoals, goal: Goal | None
) -> Iterator[Problem]:
    """The error of a log hazard ratio is at least that of its events."""
    if one.lower is None or one.upper is None:
        return
    z = z_of_level(one.level)
    widest = (math.log(one.upper.upper) - math.log(max(one.lower.lower, 1e-9))) / (2 * z)
    pair = [plan.goals.arms[arm] for arm in (one.arm, one.versus)]
    most = [arm.n if arm.events is None else arm.events for arm in pair]
    if min(most) < 1:
        return
    least = math.sqrt(sum(1.0 / count for count in most))
    if widest < _LEAST_ERROR * least:
        words = " and ".join(
            f"{count} {'events' if arm.events is not None else 'subjects'} in {goals.arms[index]}"
            for count, arm, index in zip(most, pair, (one.arm, one.versus), strict=True)
        )
        message = (
            f"limits of {plan.endpoint} need an error of at most {widest:.4f} on the log scale, and with {words} it is "
            f"at least sqrt(1/{most[0]} + 1/{most[1]}) = {least:.4f}"
        )
        yield _problem(file, goal, message)


def _deaths(file: FactsFile, goals: Goals) -> Iterator[Problem]:
    for goal in goals.of("events"):
        if goal.arm and goal.box is not None and goal.box.lower > goals.sizes[goal.arm]:
            message = f"{goal.printed} events in {goal.arm}, which has {goals.sizes[goal.arm]} subjects"
            yield _problem(file, goal, message)


def _responses(file: FactsFile, goals: Goals) -> Iterator[Problem]:
    for arm in goals.arms:
        counts = {}
        for statistic in ("response_rate", "clinical_benefit_rate", "disease_control_rate"):
            mine = [goal for goal in goals.of(statistic) if goal.arm == arm]
            found = count_of(mine, goals.sizes[arm]) if mine else None
            if found is not None:
                counts[statistic] = found.x, mine[0]
        response = counts.get("response_rate")
        for wider in ("clinical_benefit_rate", "disease_control_rate"):
            if response is not None and wider in counts and counts[wider][0] < response[0]:
                message = (
                    f"{counts[wider][0]} with {wider.removesuffix('_rate').replace('_', ' ')} in {arm} are fewer than "
                    f"the {response[0]} responders, who are among them"
                )
                yield _problem(file, counts[wider][1], message)


def _harms(file: FactsFile, goals: Goals) -> Iterator[Problem]:
    death = next((name for name, one in file.endpoints.items() if one.death or name == "os"), "")
    for arm in goals.arms:
        mine = [g for g in goals.goals if g.arm == arm and g.fact.statistic in ("ae_proportion", "ae_subjects")]
        if not mine:
            continue
        size, _ = shared_size(goals, arm, goals.sizes[arm])
        found = harm_goals(goals, arm, size)
        total = sum(found.worst.values())
        if total > size:
            parts = " + ".join(f"{count} (grade {grade})" for grade, count in sorted(found.worst.items()))
            message = f"worst grades in {arm}: {parts} = {total} subjects, and {size} were treated"
            yield _problem(file, mine[0], message)
        high = sum(count for grade, count in found.worst.items() if grade >= 3)
        if found.high is not None and high > found.high:
            message = f"{high} subjects of {arm} with grade 3, 4 or 5, and {found.high} with grade 3 or worse"
            yield _problem(file, mine[0], message)
        deaths = next((round(g.box.lower) for g in goals.of("events", endpoint=death, arm=arm) if g.box), None)
        fatal = found.worst.get(5, 0)
        if deaths is not None and fatal > deaths:
            yield _problem(file, mine[0], f"{fatal} fatal adverse events in {arm}, and {deaths} deaths")


def _dates(file: FactsFile, goals: Goals) -> Iterator[Problem]:
    start, end = day_of(goals.text("enrollment_start")), latest_day(goals.text("enrollment_end"))
    if start is not None and end is not None and start >= end:
        yield _problem(file, None, f"enrollment ends on {end} and starts on {start}")
    cut = file.facts.cuts[goals.cut].date
    last = latest_day(str(cut)) if cut is not None else None
    if start is None or last is None:
        return
    longest = (last - start).days + 1
    if longest <= 0:
        yield _problem(file, None, f"the data were cut on {last}, before enrollment started on {start}")
        return
    for goal in goals.goals:
        timed = goal.fact.statistic in ("follow_up_median", "median", "duration_median") and goal.box is not None
        if timed and goal.box is not None and goal.box.lower > longest:
            message = (
                f"{goal.name} of {mid(goal.box):.0f} days is longer than the {longest} days from {start} to the cut "
                f"on {last}"
            )
            yield _problem(file, goal, message)
