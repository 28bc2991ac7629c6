"""The plan of one hypothesis: what trial.yaml declares, computed, as one frozen value that rows and monitoring read."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, cast

from equipoise.design.assumed import Pair, assumptions_of
from equipoise.design.efficacy import FixedZ
from equipoise.design.expected import expected
from equipoise.design.levels import Level
from equipoise.design.question import Question, question_of
from equipoise.design.sizing import Sized, Test, Unknown, design
from equipoise.design.specs import statistic_of
from equipoise.design.statistics import Information, LogRank, RateDifference, Statistic
from equipoise.design.timing import LookRule, held_rules, look_times
from equipoise.errors import EquipoiseError, PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.design.assumptions import Assumptions
    from equipoise.design.sequential import SequentialDesign
    from equipoise.protocol.designs import Look
    from equipoise.protocol.protocol import Protocol

__all__ = ["Looks", "Plan", "plan_of"]

_ROUNDED = 1.005


class Looks(NamedTuple):
    """What is expected at the looks under one hypothesis.

    Attributes:
        times: Calendar times since the first enrollment.
        events: Expected events.
        enrolled: Expected patients.
    """

    times: tuple[float, ...]
    events: tuple[float, ...]
    enrolled: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The design of one hypothesis, in numbers.

    Attributes:
        hypothesis: Its name.
        alternative: Name of the design among the declared one's `alternatives`; "" for the declared one.
        label: What print calls the design.
        scenario: Name of the assumed scenario.
        analysis: Name of the analysis whose test decides.
        endpoint: Its endpoint.
        population: Its population.
        pair: The two arms.
        level: Level, sides, and where the level comes from.
        test: Level of one side and kinds of bounds.
        statistic: The statistic.
        assumptions: The trial in numbers, the unknown put in; None for response rates.
        rules: What the looks wait for, the unknown put in; () for response rates.
        information: What is expected of the statistic at the looks.
        fractions: Information fractions that the bounds go by.
        probabilities: Bounds, and what happens at each look.
        null: What is expected at the looks when the null hypothesis is just true; None where that has no one meaning.
        solved: The unknown that was found.
        exact: Its value before rounding.
        target: The power asked for, or None.
        harm: z of the rule for harm by look, -inf for a look without; () where there is no rule.
        unit: Unit of time.
        start: Day of the first randomization, or None.
        days_per_unit: Days in the unit.
        rates: Response rates, control and experimental; None for times.
    """

    hypothesis: str
    alternative: str
    label: str
    scenario: str
    analysis: str
    endpoint: str
    population: str
    pair: Pair
    level: Level
    test: Test
    statistic: Statistic | RateDifference
    assumptions: Assumptions | None
    rules: tuple[LookRule, ...]
    information: Information
    fractions: tuple[float, ...]
    probabilities: SequentialDesign
    null: Looks | None
    solved: Unknown
    exact: float
    target: float | None
    harm: tuple[float, ...]
    unit: str
    start: datetime.date | None
    days_per_unit: float
    rates: tuple[float, float] | None = None

    @property
    def looks(self) -> int:
        """Number of looks."""
        return len(self.fractions)

    @property
    def planned(self) -> Looks:
        """What is expected at the looks under the assumptions."""
        return Looks(self.information.times, self.information.events, self.information.enrolled)

    @property
    def dates(self) -> tuple[datetime.date | None, ...]:
        """Days of the looks; None where the scenario does not say when enrollment starts, or looks have no times."""
        if self.start is None or not self.information.times:
            return (None,) * self.looks
        return tuple(_day(self.start, t * self.days_per_unit) for t in self.information.times)

    def hazard_ratio_at(self, z: float, look: int) -> float:
        """The hazard ratio that a z stands for at a look: null value times exp(-z / sqrt(information)).

        Args:
            z: The statistic.
            look: From 1.
        """
        info = self.information
        return info.null_effect * math.exp(-z / math.sqrt(info.null_information[look - 1]))

    def estimate_at(self, z: float, look: int) -> float:
        """The difference that a z stands for at a look, where the statistic is a difference.

        Args:
            z: The statistic.
            look: From 1.
        """
        info = self.information
        return info.null_effect + z / math.sqrt(info.null_information[look - 1])

    @property
    def held(self) -> tuple[LookRule, ...]:
        """The looks as a trial would hold them whatever turns out to be true: events stay events, times stay times."""
        return held_rules(self.rules, self.statistic, self.information)

    @property
    def ratios(self) -> bool:
        """Whether effects are hazard ratios, and not differences."""
        return self.information.effect_name.endswith("hazard_ratio")


def plan_of(
    protocol: Protocol,
    name: str,
    *,
    assume: str | None = None,
    alternative: str | None = None,
    solve: Unknown | None = None,
) -> Plan:
    """The plan of a hypothesis.

    Args:
        protocol: The declared trial.
        name: Name of a hypothesis that has a design.
        assume: Scenario to compute under; the declared one where absent.
        alternative: One of the design's `alternatives`; the declared design where absent.
        solve: The unknown; as declared where absent.

    Raises:
        PlanError: When there is no such design, or it can't be as declared; every problem has its place.
    """
    question = question_of(protocol, name, assume=assume, alternative=alternative, solve=solve)
    try:
        if protocol.analysis[str(question.plan["analysis"])].kind == "response":
            from equipoise.design.rate_plan import rate_plan

            plan = rate_plan(protocol, question)
        else:
            plan = _plan(protocol, question)
        _check_listed(plan, question.path)
    except EquipoiseError as error:
        raise PlanError([_placed(problem, question.path) for problem in error.problems]) from None
    return plan


def _day(start: datetime.date, days: float) -> datetime.date | None:
    """A day of the calendar; None where it ends before."""
    try:
        return start + datetime.timedelta(round(days))
    except OverflowError:
        return None


def _check_listed(plan: Plan, path: str) -> None:
    """Listed z must keep the level, but for what rounding them to three decimals costs.

    Haybittle and Peto's z with an unadjusted last look is above it too; whoever declares that has named it.
    """
    found, alpha = plan.probabilities, plan.test.alpha
    spent = found.type_one_error if plan.test.binding else found.type_one_error_ignoring_futility
    if not isinstance(plan.test.efficacy, FixedZ) or spent <= alpha * _ROUNDED:
        return
    message = f"the listed z spend {spent:.4g} on one side, and the level of one side is {alpha:g}"
    cure = "raise them, or let `spending:` or `boundary:` find z that keep the level"
    raise PlanError(Problem("plan.spending", message, Where(path=f"{path}.efficacy.z"), f"{spent:.4g}", cure))


def _plan(protocol: Protocol, question: Question) -> Plan:
    pair = cast("Pair", question.plan["pair"])
    scenario, endpoint = str(question.plan["scenario"]), str(question.plan["endpoint"])
    assumptions = assumptions_of(protocol, scenario, endpoint, pair)
    name = str(question.plan["hypothesis"])
    statistic = statistic_of(protocol, name, question.options, assumptions, question.path)
    rules = _rules(protocol, question)
    rounded = pair.multiple if question.options.rounding else None
    sized = design(assumptions, statistic, rules, question.test, target=question.target, solve=question.unknown,
                   multiple=rounded)  # fmt: skip
    return Plan(
        **question.plan,  # type: ignore[arg-type]
        test=question.test,
        statistic=statistic,
        assumptions=sized.assumptions,
        rules=sized.rules,
        information=sized.information,
        fractions=sized.fractions,
        probabilities=sized.probabilities,
        null=_under_null(sized),
        solved=sized.solved,
        exact=sized.exact,
        target=question.target,
        harm=_harm(question, sized),
        start=question.start,
        days_per_unit=question.days_per_unit,
    )


def _rules(protocol: Protocol, question: Question) -> tuple[LookRule, ...]:
    if question.keeps_events:
        return plan_of(protocol, str(question.plan["hypothesis"])).held
    return tuple(
        _rule(protocol, question, look, f"{question.path}.looks[{position}]")
        for position, look in enumerate(question.looks)
    )


def _rule(protocol: Protocol, question: Question, look: Look, path: str) -> LookRule:
    at = look.at
    if look.date is not None:
        day = _time_of(question, look.date, f"{path}.date")
        at = day if at is None else (min if look.whichever == "earlier" else max)(at, day)
    if look.same_as is not None:
        at = plan_of(protocol, look.same_as.hypothesis).information.times[look.same_as.look - 1]
    latest = look.latest_at
    if look.latest is not None and question.start is not None:
        latest = _time_of(question, look.latest, f"{path}.latest")
    return LookRule(
        events=look.events,
        fraction=look.information,
        at=at,
        follow_up=look.follow_up,
        latest=latest,
        efficacy=look.efficacy,
        futility=look.futility,
        path=path,
        earlier=look.whichever == "earlier",
    )


def _time_of(question: Question, day: datetime.date, path: str) -> float:
    if question.start is None:
        message = f"the day can't be placed: scenario {question.plan['scenario']} does not say when enrollment starts"
        raise PlanError(Problem("plan.look_times", message, Where(path=path), cure="add `start:` to its enrollment"))
    return (day - question.start).days / question.days_per_unit


def _under_null(sized: Sized) -> Looks | None:
    """The looks when the null hypothesis is just true: events as planned, times as they then come."""
    if not isinstance(sized.statistic, LogRank) and sized.information.null_effect not in (0.0, 1.0):
        return None
    margin = sized.statistic.margin if isinstance(sized.statistic, LogRank) else 1.0
    null = sized.assumptions.under_null(margin)
    rules = held_rules(sized.rules, sized.statistic, sized.information)
    try:
        times = look_times(null, sized.statistic, rules)
        found = expected(null, times)
    except PlanError:  # the looks never come there
        return None
    return Looks(found.times, found.events, found.enrolled)


def _harm(question: Question, sized: Sized) -> tuple[float, ...]:
    if question.options.harm is None:
        return ()
    from equipoise.design.harm import HarmHazardRatio, HarmZ, harm_bounds

    looks = len(sized.rules)
    rule = question.options.harm
    if rule.z is not None:
        found = harm_bounds(HarmZ((*rule.z, *(None,) * (looks - len(rule.z)))), sized.information.events)
        return _below_efficacy(found, sized, question.path)
    # z counts from the null hypothesis: of non-inferiority, from the margin.
    null = sized.information.null_effect if sized.information.effect_name.endswith("hazard_ratio") else 1.0
    ratios = tuple(None if one is None else one / null for one in rule.hazard_ratio or ())
    values = (*ratios, *(None,) * (looks - len(ratios)))
    found = harm_bounds(HarmHazardRatio(values), sized.information.events, sized.assumptions.ratio)
    return _below_efficacy(found, sized, question.path)


def _below_efficacy(harm: tuple[float, ...], sized: Sized, path: str) -> tuple[float, ...]:
    wrong = [
        Problem("plan.harm", f"at look {look} the bound for harm is not below the efficacy bound, z of {high:.3f}",
                Where(path=f"{path}.harm"), f"z of {low:.3f}", "stop for harm where the experimental arm does worse")
        for look, (low, high) in enumerate(zip(harm, sized.probabilities.boundaries.efficacy, strict=True), start=1)
        if low >= high
    ]  # fmt: skip
    if wrong:
        raise PlanError(wrong)
    return harm


def _placed(problem: Problem, path: str) -> Problem:
    """A problem at the design, where it names no place in the protocol itself."""
    place = problem.where.path
    if place.startswith(("design.", "scenarios.", "hypotheses.", "analysis.")):
        return problem
    key = {"efficacy": ".efficacy", "spending": ".efficacy", "futility": ".futility", "binding": ".futility",
           "power": ".power", "looks": ".looks", "fractions": ".looks"}.get(place.split(".")[0], "")  # fmt: skip
    return replace(problem, where=Where(path=f"{path}{key}"))
