"""From a scenario of trial.yaml to assumptions in numbers: one unit of time, two arms, hazards by stratum.

Enrollment rates are written per month whatever the trial's unit is; everything else is in the trial's unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.protocol.scenarios import ArmAssumption, Dropout, Enrollment, Loss, Scenario, StratumAssumption
    from equipoise.protocol.scenarios import Steps as DeclaredSteps

__all__ = ["Pair", "assumed_rates", "assumptions_of", "pair_of"]

_ALMOST = 1.0  # a last piece that ends less than one patient too early ends there by the rounding of its rate


class Pair(NamedTuple):
    """The two arms that a hypothesis compares.

    Attributes:
        experimental: Name of the experimental arm.
        control: Name of the control.
        ratios: Allocation, experimental and control, as declared.
        share: Fraction of all patients who are in these two arms.
    """

    experimental: str
    control: str
    ratios: tuple[int, int]
    share: float

    @property
    def multiple(self) -> int:
        """Patients of the two arms come in multiples of this number."""
        return sum(self.ratios) // math.gcd(*self.ratios)


def pair_of(protocol: Protocol, hypothesis: str) -> Pair:
    """The arms of a hypothesis.

    Args:
        protocol: The declared trial.
        hypothesis: Its name.

    Raises:
        PlanError: When there are several experimental arms and it does not name one.
    """
    arm = protocol.hypotheses[hypothesis].arm
    if arm is None and len(protocol.experimental) > 1:
        raise PlanError(
            Problem(
                "plan.hypothesis_arm",
                f"{hypothesis} does not say which of {len(protocol.experimental)} experimental arms it is about, and a "
                "design compares two arms",
                Where(path=f"hypotheses.{hypothesis}"),
                cure=f"add `arm:`, one of {', '.join(protocol.experimental)}",
            )
        )
    name, control = arm or protocol.experimental[0], protocol.control
    ratios = protocol.arms[name].ratio, protocol.arms[control].ratio
    return Pair(name, control, ratios, sum(ratios) / sum(arm.ratio for arm in protocol.arms.values()))


def assumptions_of(protocol: Protocol, scenario: str, endpoint: str, pair: Pair) -> Assumptions:
    """What a scenario assumes of a time-to-event endpoint in two arms, in the trial's unit of time.

    Of a trial with more arms, the patients are those of the two.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
        endpoint: Name of the endpoint.
        pair: The arms.

    Raises:
        PlanError: When the scenario describes no trial that can be; every problem is named.
    """
    declared = protocol.scenarios[scenario]
    path = f"scenarios.{scenario}"
    if declared.enrollment is None or endpoint not in declared.endpoints:
        raise PlanError(_lacking(declared, path, endpoint))
    arms = declared.endpoints[endpoint]
    _check_steps(arms, pair, f"{path}.endpoints.{endpoint}")
    per_unit = _units_per_month(protocol)
    try:
        return Assumptions(
            accrual=_accrual(declared.enrollment, pair.share, per_unit),
            groups=tuple(_groups(declared, arms, pair)),
            unit=protocol.time.unit,
        )
    except PlanError as error:
        raise PlanError([_placed(problem, path) for problem in error.problems]) from None


def assumed_rates(protocol: Protocol, scenario: str, endpoint: str, pair: Pair) -> tuple[float, float]:
    """Response rates of the control and of the experimental arm; of strata, their average by share.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
        endpoint: Name of the endpoint.
        pair: The arms.

    Raises:
        PlanError: When the scenario says nothing of them.
    """
    declared = protocol.scenarios[scenario]
    if endpoint not in declared.endpoints:
        raise PlanError(_lacking(declared, f"scenarios.{scenario}", endpoint))
    arms = declared.endpoints[endpoint]

    def rate(arm: str) -> float:
        own = arms[arm]
        if not own.strata:
            return float(own.rate or 0.0)
        return math.fsum(declared.strata[name].share * float(inner.rate or 0.0) for name, inner in own.strata.items())

    return rate(pair.control), rate(pair.experimental)


def _check_steps(arms: Mapping[str, ArmAssumption], pair: Pair, path: str) -> None:
    """Closed forms know hazards that are constant by pieces; everything else is simulated."""
    wrong = []
    for arm in (pair.control, pair.experimental):
        own = arms[arm]
        places = [(f"{path}.{arm}.strata.{name}", inner) for name, inner in own.strata.items()] or [
            (f"{path}.{arm}", own)
        ]
        for place, inner in places:
            found = [key for key in ("weibull", "log_logistic", "frailty") if getattr(inner, key)]
            wrong += [
                Problem("plan.not_steps", f"a design needs hazards that are constant by pieces, and this is {key}",
                        Where(path=f"{place}.{key}"),
                        cure="design with `median` or `hazard` by pieces, and simulate this scenario")
                for key in found
            ]  # fmt: skip
    if wrong:
        raise PlanError(wrong)


def _lacking(declared: Scenario, path: str, endpoint: str) -> list[Problem]:
    found = []
    if declared.enrollment is None:
        message = "the scenario does not say how many are enrolled, and how fast"
        found.append(Problem("plan.scenario", message, Where(path=path), cure="add `enrollment:`"))
    course = [one for one in declared.courses.values() if endpoint in (one.progression_free, one.survival)]
    if course and endpoint not in declared.endpoints:
        message = f"`{endpoint}` is part of a course of disease here, which designs can't compute with"
        cure = "design with a scenario that assumes its `median`, and simulate this one"
        found.append(Problem("plan.not_steps", message, Where(path=f"{path}.courses"), cure=cure))
    elif endpoint not in declared.endpoints:
        message = f"the scenario assumes nothing of `{endpoint}`"
        found.append(Problem("plan.scenario", message, Where(path=path), cure=f"add `{endpoint}:` under `endpoints`"))
    return found


def _units_per_month(protocol: Protocol) -> float:
    from equipoise.units import convert

    return convert(1.0, "months", protocol.time.unit, days_per_month=protocol.time.days_per_month)


def _accrual(enrollment: Enrollment, share: float, per_month: float) -> Accrual:
    patients = enrollment.patients * share
    if enrollment.duration is not None:
        return Accrual(Steps((enrollment.duration,), (patients / enrollment.duration,)), patients)
    rates = [piece.rate * share / per_month for piece in enrollment.per_month]
    ends = [math.inf if piece.until is None else piece.until for piece in enrollment.per_month]
    starts = [0.0, *ends[:-1]]
    if math.isfinite(ends[-1]):
        enrolled = math.fsum(r * (end - start) for r, start, end in zip(rates, starts, ends, strict=True))
        if patients - _ALMOST * share < enrolled < patients:
            ends[-1] = math.inf
    return Accrual(Steps(tuple(ends), tuple(rates)), patients)


def _groups(scenario: Scenario, arms: Mapping[str, ArmAssumption], pair: Pair) -> list[Group]:
    strata = {name: stratum.share for name, stratum in scenario.strata.items()} or {"": 1.0}
    total = sum(pair.ratios)
    # Shares are written with a few decimals and must add up exactly.
    whole = math.fsum(strata.values())
    groups = []
    for name, share in strata.items():
        control, control_cure = _hazard(_inside(arms[pair.control], name), None, 0.0)
        experimental, cure = _hazard(_inside(arms[pair.experimental], name), control, control_cure)
        part = share / whole
        loss = {arm: _dropout(scenario.dropout, arm) for arm in (pair.control, pair.experimental)}
        groups += [
            Group("control", name, part * pair.ratios[1] / total, control, control_cure, loss[pair.control]),
            Group("experimental", name, part * pair.ratios[0] / total, experimental, cure, loss[pair.experimental]),
        ]
    return groups


def _inside(arm: ArmAssumption, stratum: str) -> StratumAssumption:
    return arm.strata[stratum] if arm.strata else arm


def _hazard(assumption: StratumAssumption, control: Steps | None, control_cure: float) -> tuple[Steps, float]:
    """Hazard of those not cured, and the fraction cured: the control's, where a hazard ratio says no other."""
    if assumption.median is not None:
        return Steps.constant(math.log(2.0) / assumption.median), assumption.cure or 0.0
    if assumption.hazard is not None:
        return _steps(assumption.hazard), assumption.cure or 0.0
    if assumption.hazard_ratio is None or control is None:
        message = "an arm without median, hazard or hazard ratio passed the checks of the protocol"
        raise AssertionError(message)
    cure = control_cure if assumption.cure is None else assumption.cure
    return product(control, _steps(assumption.hazard_ratio)), cure


def product(one: Steps, two: Steps) -> Steps:
    """The product of two functions by steps.

    Args:
        one: The first.
        two: The second.
    """
    ends = tuple(sorted({*one.ends, *two.ends}))
    return Steps(ends, tuple(one.at(end) * two.at(end) for end in ends))


def _steps(declared: DeclaredSteps) -> Steps:
    if isinstance(declared, int | float):
        return Steps.constant(float(declared))
    ends = tuple(math.inf if piece.until is None else piece.until for piece in declared)
    return Steps(ends, tuple(piece.value for piece in declared))


def _dropout(dropout: Dropout | None, arm: str) -> Steps:
    if dropout is None:
        return Steps.constant(0.0)
    loss: Loss = dropout.arms.get(arm, dropout)
    if loss.hazard is not None:
        if isinstance(loss.hazard, int | float):
            return Steps.constant(float(loss.hazard))
        ends = tuple(math.inf if piece.until is None else piece.until for piece in loss.hazard)
        return Steps(ends, tuple(piece.value for piece in loss.hazard))
    if loss.probability is not None and loss.by is not None:
        return Steps.constant(-math.log1p(-loss.probability) / loss.by)
    return Steps.constant(0.0)


def _placed(problem: Problem, path: str) -> Problem:
    """The problem at the part of the scenario that it is about."""
    from dataclasses import replace

    part = "enrollment" if problem.where.path.startswith("accrual") else "endpoints"
    return replace(problem, where=Where(path=f"{path}.{part}"))


def dropout_as(hazard: float, groups: Sequence[Group]) -> tuple[Group, ...]:
    """Groups with one hazard of loss in all arms.

    Args:
        hazard: Per unit of time.
        groups: The groups.
    """
    from dataclasses import replace

    return tuple(replace(group, dropout=Steps.constant(hazard)) for group in groups)
