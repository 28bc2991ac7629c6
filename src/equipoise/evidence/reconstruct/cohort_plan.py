"""What is to be built of each endpoint, and over which dates: goals read as curves, contrasts and follow-up."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from equipoise.evidence.boxes import Box, z_of_level
from equipoise.evidence.reconstruct.cohort_arm import ArmGoals, Landmark, mid
from equipoise.evidence.reconstruct.cohort_contrast import ContrastGoals, Model
from equipoise.evidence.reconstruct.cohort_goals import Goal, Goals, day_of, latest_day
from equipoise.evidence.reconstruct.cohort_times import Choice, TimeGoals, Window

if TYPE_CHECKING:
    from equipoise.evidence.facts.read import FactsFile
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = [
    "Calendar",
    "TimePlan",
    "arm_goals",
    "benefit_days",
    "calendar_of",
    "main_analysis",
    "shares_of",
    "strata_of",
    "time_plans",
]

_SHARES = (0.9, 0.85, 0.75, 0.7)
"""Supposed share of the first level of a stratum: levels are rarely balanced, and nothing printed says it."""
_COMPLETE = 0.97  # of the arm: subjects on whom a landmark rests if hardly anybody left before


@dataclass(frozen=True, slots=True)
class TimePlan:
    """A time-to-event endpoint to build.

    Attributes:
        endpoint: Its name.
        death: Whether its event is death.
        goals: What is printed of it.
        follow_up: Box of the median follow-up measured on it, in days; None where that is not printed.
        follow_up_arm: Arm of which it is printed; "" of all.
    """

    endpoint: str
    death: bool
    goals: TimeGoals
    follow_up: Box | None = None
    follow_up_arm: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Dates, printed or supposed.

    Attributes:
        start: First randomization.
        end: Last randomization.
        cut: Data cut.
        supposed: What of this was not printed, in sentences.
    """

    start: datetime.date
    end: datetime.date
    cut: datetime.date
    supposed: tuple[str, ...] = ()

    @property
    def window(self) -> Window:
        """Follow-up of those who stay to the cut, both days counted."""
        return Window(float((self.cut - self.end).days + 1), float((self.cut - self.start).days + 1))


def main_analysis(protocol: Protocol | None, endpoint: str) -> TimeToEventAnalysis | None:
    """The analysis of an endpoint that its printed numbers are taken for: the first that is no sensitivity analysis.

    Args:
        protocol: The declared trial.
        endpoint: Its name.
    """
    for spec in protocol.analysis.values() if protocol is not None else ():
        if spec.endpoint == endpoint and spec.kind == "time_to_event" and spec.sensitivity_to is None:
            return spec
    return None


def strata_of(file: FactsFile) -> tuple[str, ...]:
    """Factors that any main analysis is stratified by, in order.

    Args:
        file: The facts.
    """
    if file.protocol is None:
        return ()
    found: dict[str, None] = {}
    for name in file.protocol.endpoints:
        spec = main_analysis(file.protocol, name)
        if spec is not None:
            found |= dict.fromkeys((*spec.estimate.strata, *getattr(spec.test, "strata", ())))
    return tuple(found)


def shares_of(file: FactsFile, turn: int = 0) -> tuple[float, ...]:
    """Supposed shares of the strata: the product of those of their factors' levels.

    Args:
        file: The facts.
        turn: By how many places the shares of the factors are moved on, so that cohorts differ in them.
    """
    shares = [1.0]
    for number, name in enumerate(strata_of(file)):
        assert file.protocol is not None
        levels = len(file.protocol.factors[name].levels or ("",))
        first = _SHARES[(number + turn) % len(_SHARES)]
        own = [first, *[(1.0 - first) / (levels - 1)] * (levels - 1)] if levels > 1 else [1.0]
        shares = [a * b for a in shares for b in own]
    return tuple(shares)


def time_plans(file: FactsFile, goals: Goals, turn: int = 0, early: float = 0.6) -> tuple[TimePlan, ...]:
    """The time-to-event endpoints of which something is printed: those other than death first.

    Args:
        file: The facts.
        goals: The printed numbers.
        turn: See `shares_of`.
        early: Of those without clinical benefit the share whose event comes before its minimum.
    """
    plans = []
    for name, endpoint in file.endpoints.items():
        if endpoint.kind != "time_to_event":
            continue
        mine = [goal for goal in goals.goals if goal.fact.endpoint == name]
        follow_up = next(
            (g for g in mine if g.fact.statistic == "follow_up_median" and g.part == "value" and g.box), None
        )
        if not mine:
            continue
        arms = tuple(_arm(goals, name, arm, file, early) for arm in goals.arms)
        spec = main_analysis(file.protocol, name)
        model = Model() if spec is None else _model(spec, goals, name)
        death = endpoint.death or name == "os"
        timed = TimeGoals(arms, tuple(_contrasts(goals, name)), model, shares_of(file, turn))
        plans.append(
            TimePlan(name, death, timed, follow_up.box if follow_up else None, follow_up.arm if follow_up else "")
        )
    return tuple(sorted(plans, key=lambda plan: plan.death))


def _model(spec: TimeToEventAnalysis, goals: Goals, endpoint: str) -> Model:
    said = {goal.fact.method or "" for goal in goals.of("hazard_ratio", endpoint=endpoint)}
    plain = any("unstratified" in method for method in said)
    return Model(
        spec.estimate.ties,
        cox_strata=bool(spec.estimate.strata) and not plain,
        test_strata=bool(getattr(spec.test, "strata", ())) and not plain,
    )


def _arm(goals: Goals, endpoint: str, arm: str, file: FactsFile, early: float) -> ArmGoals:
    events = next((round(g.box.lower) for g in goals.of("events", endpoint=endpoint, arm=arm) if g.box), None)
    found = arm_goals(goals, "median", endpoint, arm, goals.sizes[arm])
    landmarks = [
        Landmark(math.floor(_days(goals, g.fact.time or 0.0) * (1 + 1e-12)), g.box)
        for g in goals.of("survival", endpoint=endpoint, arm=arm, part="value")
        if g.box is not None
    ]
    spec = main_analysis(file.protocol, endpoint)
    return replace(
        found,
        events=events,
        interval=spec.survival.interval if spec is not None else "log_log",
        landmarks=tuple(sorted(landmarks)),
        floors=_floors(goals, endpoint, arm, file, early),
    )


def _floors(goals: Goals, endpoint: str, arm: str, file: FactsFile, early: float) -> tuple[tuple[float, float], ...]:
    """What clinical benefit asks of the endpoint that it is measured by: few end before its minimum."""
    minimum = benefit_days(file, goals, endpoint)
    rates = [g.box for g in goals.of("clinical_benefit_rate", arm=arm, part="value") if g.box is not None]
    return ((minimum, 1.0 - early * (1.0 - mid(rates[0]))),) if rates and minimum else ()


def benefit_days(file: FactsFile, goals: Goals, measured_by: str) -> float:
    """Days that a stable disease must last to be a clinical benefit; 0 where it is measured by another endpoint.

    Args:
        file: The facts.
        goals: The printed numbers.
        measured_by: Time-to-event endpoint.
    """
    from equipoise.units import days_per

    for endpoint in file.protocol.endpoints.values() if file.protocol is not None else ():
        if endpoint.kind == "response" and endpoint.clinical_benefit is not None:
            benefit = endpoint.clinical_benefit
            per = days_per(benefit.minimum.unit, days_per_month=goals.days_per_month)
            return benefit.minimum.value * per if benefit.measured_by == measured_by else 0.0
    return 168.0


def _days(goals: Goals, time: float) -> float:
    from equipoise.units import days_per

    return time * days_per(goals.unit, days_per_month=goals.days_per_month)  # type: ignore[arg-type]


def arm_goals(goals: Goals, statistic: str, endpoint: str, arm: str, n: int) -> ArmGoals:
    """A printed median and its limits as goals.

    Args:
        goals: The printed numbers.
        statistic: `median` or `duration_median`.
        endpoint: Endpoint.
        arm: Arm.
        n: Subjects.
    """
    quantiles: dict[str, Box] = {}
    unreached: set[str] = set()
    level = 0.95
    for goal in goals.of(statistic, endpoint=endpoint, arm=arm):
        name = "median" if goal.part == "value" else goal.part
        level = goal.fact.conf_level
        if goal.box is not None:
            quantiles[name] = goal.box
        else:
            unreached.add(name)
    return ArmGoals(n, None, quantiles, frozenset(unreached), level)


def _contrasts(goals: Goals, endpoint: str) -> list[ContrastGoals]:
    pairs: dict[tuple[str, str], dict[str, Goal]] = {}
    for statistic in ("hazard_ratio", "p_value"):
        for goal in goals.of(statistic, endpoint=endpoint):
            if goal.arm and goal.versus and goal.box is not None and not goal.fact.groups:
                name = goal.part if statistic == "hazard_ratio" else "p"
                pairs.setdefault((goal.arm, goal.versus), {}).setdefault(name, goal)
    found = []
    for (arm, versus), parts in pairs.items():
        boxes = {name: goal.box for name, goal in parts.items()}
        p = parts.get("p")
        level = next((g.fact.conf_level for name, g in parts.items() if name != "p"), 0.95)
        found.append(
            ContrastGoals(
                goals.arms.index(arm), goals.arms.index(versus), boxes.get("value"), boxes.get("lower"),
                boxes.get("upper"), level, boxes.get("p"), (p.fact.sides or 2) if p else 2,
            )
        )  # fmt: skip
    return found


def calendar_of(goals: Goals, file: FactsFile, plans: tuple[TimePlan, ...], choice: Choice) -> Calendar:
    """Dates of enrollment and cut: printed, or such that follow-up has its printed median.

    Args:
        goals: The printed numbers.
        file: The facts.
        plans: Endpoints to build; the longest printed time must lie before the cut.
        choice: What of it is chosen freely.
    """
    supposed = []
    reach = max((_reach(plan) for plan in plans), default=365.0)
    follow_up = next((mid(plan.follow_up) for plan in plans if plan.follow_up), 0.0)
    if not follow_up:
        loose = next((g for g in goals.of("follow_up_median", part="value") if g.box is not None), None)
        follow_up = mid(loose.box) if loose is not None and loose.box is not None else 0.0
    typical = follow_up or (0.9 + 0.7 * choice.later) * reach
    start, end = day_of(goals.text("enrollment_start")), latest_day(goals.text("enrollment_end"))
    cut = _printed_cut(goals, file)
    if start is None or end is None:
        spread = round(choice.spread * min(0.8 * typical, max(0.5 * typical, 2.0 * (1.15 * reach - typical))))
        known = start or (end - datetime.timedelta(days=spread) if end else None)
        start = known or ((cut or datetime.date(2020, 1, 1)) - datetime.timedelta(days=round(typical) + spread // 2))
        end = end or start + datetime.timedelta(days=spread)
        supposed.append(f"enrollment from {start} to {end}")
    if cut is None:
        middle = start + (end - start) / 2
        # Those who leave early shorten the median: the cut lies a little later than the middle of enrollment says.
        later = round((0.96 + 0.2 * choice.later if follow_up else 1.0) * typical)
        cut = max(middle + datetime.timedelta(days=later), end + datetime.timedelta(days=1))
        needed = start + datetime.timedelta(days=math.ceil(1.05 * reach))
        cut = max(cut, needed, end + datetime.timedelta(days=_complete_until(goals)))
        supposed.append(f"data cut on {cut}")
    return Calendar(start, end, cut, tuple(supposed))


def _complete_until(goals: Goals) -> int:
    """The last landmark whose printed limits are as narrow as if nobody had left before; 0 without one."""
    found = 0
    for goal in goals.of("survival", part="value"):
        limits = [g.box for part in ("lower", "upper") for g in goals.goals
                  if g.position == goal.position and g.part == part and g.box is not None]  # fmt: skip
        if goal.box is None or len(limits) < 2 or not goal.arm:
            continue
        value, low, high = mid(goal.box), mid(limits[0]), mid(limits[1])
        if not 0.0 < low < value < high < 1.0:
            continue
        width = math.log(-math.log(low)) - math.log(-math.log(high))
        error = 0.5 * width / z_of_level(goal.fact.conf_level) * -math.log(value)  # of log survival
        if (1.0 - value) / (value * error**2) > _COMPLETE * goals.sizes[goal.arm]:
            found = max(found, math.ceil(_days(goals, goal.fact.time or 0.0)) + 1)
    return found


def _printed_cut(goals: Goals, file: FactsFile) -> datetime.date | None:
    date = file.facts.cuts[goals.cut].date
    if isinstance(date, datetime.date):
        return date
    return latest_day(date) if date else latest_day(goals.text("data_cut")) if goals.text("data_cut") else None


def _reach(plan: TimePlan) -> float:
    """The longest printed time of an endpoint, in days."""
    times = [box.upper for arm in plan.goals.arms for box in arm.quantiles.values()]
    return max([*times, *(float(one.day) for arm in plan.goals.arms for one in arm.landmarks)], default=0.0)
