"""What a scenario assumes of each arm, as laws, courses and rates per day, with what is varied put in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from equipoise.design.assumptions import Steps
from equipoise.errors import Problem, SimulationError, Where
from equipoise.kernels.sim.truth import STEPS
from equipoise.simulation.course_curves import CourseCurve, CourseHazards, hazards_of
from equipoise.simulation.laws import Law, law_of, loss_of
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.protocol.scenarios import ArmAssumption, Scenario

__all__ = ["VARIED", "Assumed", "assumed_of", "primary_endpoint"]

VARIED = ("hazard_ratio", "control_median", "dropout", "accrual", "delay")
"""What can be varied."""
_HALVINGS = 200


@dataclass(slots=True)
class Assumed:
    """A scenario by arm; times in days.

    Attributes:
        laws: Endpoint → arm → law by stratum.
        courses: Course → arm → hazards.
        rates: Endpoint → arm → probability of response by stratum.
        dropout: Arm → law of loss.
    """

    laws: dict[str, dict[str, list[Law]]]
    courses: dict[str, dict[str, CourseHazards]]
    rates: dict[str, dict[str, list[float]]]
    dropout: dict[str, Law]


def primary_endpoint(protocol: Protocol) -> str:
    """Endpoint of the first hypothesis that is about a time to an event; "" where there is none.

    Args:
        protocol: The declared trial.
    """
    for hypothesis in protocol.hypotheses.values():
        name = protocol.analysis[hypothesis.analysis].endpoint
        if protocol.endpoints[name].kind == "time_to_event":
            return name
    return ""


def assumed_of(
    protocol: Protocol, scenario: str, under: Literal["h1", "h0"], vary: Sequence[tuple[str, float]]
) -> Assumed:
    """What is assumed of each arm.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
        under: `h0`: every experimental arm is as its control, margins of non-inferiority put in; loss stays by arm.
        vary: Pairs (what, value), times in time.unit; `accrual` is no matter of arms and left alone.

    Raises:
        SimulationError: What can't be varied so; every problem is named.
    """
    declared = protocol.scenarios[scenario]
    unit = days_per(protocol.time.unit, days_per_month=protocol.time.days_per_month)
    found = Assumed({}, {}, {}, {arm: loss_of(declared.dropout, arm, unit) for arm in protocol.arms})
    strata = list(declared.strata) or [""]
    for name, arms in declared.endpoints.items():
        kind = protocol.endpoints[name].kind
        if kind == "time_to_event":
            found.laws[name] = _laws(protocol, arms, strata, unit)
        elif kind == "response":
            found.rates[name] = {arm: [_rate(arms[arm], s) for s in strata] for arm in protocol.arms}
    for name, course in declared.courses.items():
        path = f"scenarios.{scenario}.courses.{name}"
        found.courses[name] = {
            arm: hazards_of(course, arm, protocol.control, unit=unit, path=path) for arm in protocol.arms
        }
    _vary(protocol, declared, found, vary, unit)
    if under == "h0":
        _null(protocol, declared, found)
    return found


def _laws(
    protocol: Protocol, arms: Mapping[str, ArmAssumption], strata: Sequence[str], unit: float
) -> dict[str, list[Law]]:
    def inside(arm: str, stratum: str, control: Law | None) -> Law:
        return law_of(arms[arm].strata[stratum] if arms[arm].strata else arms[arm], control, unit)

    controls = [inside(protocol.control, stratum, None) for stratum in strata]
    return {
        arm: controls
        if arm == protocol.control
        else [inside(arm, s, control) for s, control in zip(strata, controls, strict=True)]
        for arm in protocol.arms
    }


def _rate(arm: ArmAssumption, stratum: str) -> float:
    return float((arm.strata[stratum] if arm.strata else arm).rate or 0.0)


def _vary(
    protocol: Protocol, declared: Scenario, found: Assumed, vary: Sequence[tuple[str, float]], unit: float
) -> None:
    """Change what is varied: the effect last, it is against the control whatever that is."""
    problems = [problem for what, value in vary for problem in _checked(what, value)]
    if problems:
        raise SimulationError(problems)
    values = dict(vary)
    if "dropout" in values:
        found.dropout = {arm: Law(STEPS, Steps.constant(values["dropout"] / unit)) for arm in protocol.arms}
    if not {"control_median", "delay", "hazard_ratio"} & set(values):
        return
    name = primary_endpoint(protocol)
    course = next((key for key, one in declared.courses.items() if name in (one.progression_free, one.survival)), "")
    if course:
        death = declared.courses[course].survival == name
        _vary_course(found.courses[course], protocol, values, unit, death=death)
    elif name in found.laws:
        shares = [stratum.share for stratum in declared.strata.values()] or [1.0]
        _vary_laws(found.laws[name], protocol, values, unit, shares)
    else:
        message = "no hypothesis is about a time to an event, so that its effect or median can't be varied"
        raise SimulationError(Problem("simulation.vary", message, cure="vary `dropout` or `accrual`"))


def _checked(what: str, value: float) -> list[Problem]:
    if what not in VARIED:
        cure = f"vary {', '.join(VARIED[:-1])} or {VARIED[-1]}"
        return [Problem("simulation.vary", "this can't be varied", value=what, cure=cure)]
    lowest = 0.0 if what in ("dropout", "delay") else math.ulp(0.0)
    if not lowest <= value < math.inf:
        message = f"`{what}` must be a number {'from' if lowest == 0.0 else 'above'} 0"
        return [Problem("simulation.vary", message, value=f"{value:g}", cure="vary it over other values")]
    return []


def _vary_laws(
    laws: dict[str, list[Law]], protocol: Protocol, values: Mapping[str, float], unit: float, shares: Sequence[float]
) -> None:
    if "control_median" in values:
        own, whole, time = laws[protocol.control], math.fsum(shares), values["control_median"] * unit

        def alive(factor: float) -> float:
            parts = (share * law.survival(time, factor) for share, law in zip(shares, own, strict=True))
            return math.fsum(parts) / whole

        factor = Steps.constant(_factor(alive, values["control_median"]))
        for arm, rows in laws.items():
            laws[arm] = [law.times(factor) for law in rows]
    controls = laws[protocol.control]
    for arm in protocol.experimental:
        if "hazard_ratio" in values:
            laws[arm] = [law.times(Steps.constant(values["hazard_ratio"])) for law in controls]
        if "delay" in values:
            pairs = zip(controls, laws[arm], strict=True)
            laws[arm] = [_delayed(one, other, values["delay"] * unit) for one, other in pairs]


def _factor(alive: Callable[[float], float], median: float) -> float:
    """The factor of all hazards at which half are alive at the median."""
    low, high = -50.0, 50.0
    if not alive(math.exp(high)) < 0.5:
        message = "more than half of the control arm never have the event, so that it has no median"
        raise SimulationError(
            Problem("simulation.vary", message, value=f"control_median={median:g}", cure="vary something else")
        )
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if alive(math.exp(middle)) > 0.5 else (low, middle)
    return math.exp(0.5 * (low + high))


def _delayed(control: Law, own: Law, delay: float) -> Law:
    """The control's hazard until the delay is over, the arm's own from then on."""
    if (control.family, control.shape, control.scale) != (own.family, own.shape, own.scale):
        message = (
            "an arm whose times are of another family than its control's has no hazard ratio that could begin late"
        )
        cure = "assume its `hazard_ratio`, or hazards by steps in both arms"
        raise SimulationError(Problem("simulation.vary", message, value="delay", cure=cure))
    return replace(own, hazard=_spliced(control.hazard, own.hazard, delay))


def _spliced(before: Steps, after: Steps, at: float) -> Steps:
    if at <= 0.0:
        return after
    ends = sorted({at, *(end for end in before.ends if end < at), *(end for end in after.ends if end > at)})
    return Steps(tuple(ends), tuple((before if end <= at else after).at(end) for end in ends))


def _vary_course(
    arms: dict[str, CourseHazards], protocol: Protocol, values: Mapping[str, float], unit: float, *, death: bool
) -> None:
    """The effect is one on the hazards that the primary endpoint is made of; a median is that of this endpoint."""
    names = ("progression", "death", "death_after") if death else ("progression", "death")
    if "control_median" in values:
        control, time = arms[protocol.control], values["control_median"] * unit

        def alive(factor: float) -> float:
            return float(CourseCurve(_multiplied(control, names, factor), death).survival(time))

        factor = _factor(alive, values["control_median"])
        for arm, own in arms.items():
            arms[arm] = _multiplied(own, names, factor)
    control = arms[protocol.control]
    for arm in protocol.experimental:
        own = arms[arm]
        if "hazard_ratio" in values:
            own = _replaced(own, {name: _piecewise(control, name).times(values["hazard_ratio"]) for name in names})
        if "delay" in values:
            at = values["delay"] * unit
            own = _replaced(own, {n: _spliced(_piecewise(control, n), _piecewise(own, n), at) for n in names})
        arms[arm] = own


def _piecewise(own: CourseHazards, name: str) -> Steps:
    return Steps(own.ends, getattr(own, name))


def _multiplied(own: CourseHazards, names: Sequence[str], factor: float) -> CourseHazards:
    return _replaced(own, {name: _piecewise(own, name).times(factor) for name in names})


def _replaced(own: CourseHazards, changed: Mapping[str, Steps]) -> CourseHazards:
    """The course with some of its hazards replaced, all on common pieces."""
    ends = tuple(sorted({*own.ends, *(end for steps in changed.values() for end in steps.ends)}))
    progression, death, after = (
        tuple(changed.get(name, _piecewise(own, name)).at(end) for end in ends)
        for name in ("progression", "death", "death_after")
    )
    return own._replace(ends=ends, progression=progression, death=death, death_after=after)


def _null(protocol: Protocol, declared: Scenario, found: Assumed) -> None:
    """Every experimental arm as its control, or just as much worse as a margin allows."""
    for arm in protocol.experimental:
        for name, laws in found.laws.items():
            margin = _margin(protocol, name, arm)
            ratio = Steps.constant(margin or 1.0)
            laws[arm] = [law.times(ratio) if margin else law for law in laws[protocol.control]]
        for name, rates in found.rates.items():
            margin = _margin(protocol, name, arm) or 0.0
            rates[arm] = [rate - margin for rate in rates[protocol.control]]
            if min(rates[arm]) < 0.0:
                message = (
                    f"under the null hypothesis the rate of `{arm}` would be below 0: the control's less the margin"
                )
                cure = "assume a higher rate of the control"
                raise SimulationError(
                    Problem("simulation.null", message, Where(path="hypotheses"), f"{margin:g}", cure)
                )
        for name, course in found.courses.items():
            ends = declared.courses[name]
            first, later = (_margin(protocol, one, arm) for one in (ends.progression_free, ends.survival))
            names = ("progression", "death", "death_after") if later and not first else ("progression", "death")
            course[arm] = _multiplied(course[protocol.control], names, first or later or 1.0)


def _margin(protocol: Protocol, endpoint: str, arm: str) -> float | None:
    """Margin of non-inferiority of the first hypothesis about the endpoint and the arm that has one."""
    for hypothesis in protocol.hypotheses.values():
        about = protocol.analysis[hypothesis.analysis].endpoint == endpoint
        if about and hypothesis.margin is not None and (hypothesis.arm or protocol.experimental[0]) == arm:
            return hypothesis.margin
    return None
