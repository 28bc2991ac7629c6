"""The plan of a hypothesis about response rates: sized in patients, looks at fractions of them, no calendar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from equipoise.design.assumed import Pair, assumed_rates
from equipoise.design.information import rate_information, require_effect
from equipoise.design.plan import Looks, Plan
from equipoise.design.question import Question
from equipoise.design.sizing import Unknown, drift_for, power
from equipoise.design.specs import rate_statistic
from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol

__all__ = ["rate_plan"]

_WHOLE = 1e-9


def rate_plan(protocol: Protocol, question: Question) -> Plan:
    """The plan: patients for a power, or the power of so many patients.

    Args:
        protocol: The declared trial.
        question: What the design asks.

    Raises:
        PlanError: Looks that are not fractions, an unknown that rates do not have, or rates without a difference.
    """
    pair = cast("Pair", question.plan["pair"])
    name, scenario = str(question.plan["hypothesis"]), str(question.plan["scenario"])
    enrollment = protocol.scenarios[scenario].enrollment
    unknown = _unknown(question)
    parts = _fractions(question)
    statistic = rate_statistic(protocol, name, question.options)
    control, experimental = assumed_rates(protocol, scenario, str(question.plan["endpoint"]), pair)
    ratio = pair.ratios[0] / pair.ratios[1]

    def at(patients: float) -> tuple[float, ...]:
        whole = question.options.rounding
        early = [part * patients for part in parts[:-1]]
        return (*(math.ceil(n - _WHOLE) if whole else n for n in early), patients)

    if unknown == "patients":
        if question.target is None:
            message = "to solve for patients a design needs the power it is to have"
            raise PlanError(Problem("plan.power", message, Where(path=question.path), cure="add `power: 0.9`"))
        unit = rate_information(control, experimental, ratio, [100.0 * part for part in parts], statistic)
        require_effect(unit, sizing=True)
        exact = 100.0 * drift_for(unit, question.test, parts, question.target)
        patients = pair.multiple * math.ceil(exact / pair.multiple - _WHOLE) if question.options.rounding else exact
    else:
        if enrollment is None:
            message = "the scenario does not say how many are enrolled"
            raise PlanError(Problem("plan.scenario", message, Where(path=f"scenarios.{scenario}")))
        patients, exact = enrollment.patients * pair.share, math.nan
    found = rate_information(control, experimental, ratio, at(patients), statistic)
    require_effect(found)
    result = power(found, question.test)
    return Plan(
        **question.plan,  # type: ignore[arg-type]
        test=question.test,
        statistic=statistic,
        assumptions=None,
        rules=(),
        information=found,
        fractions=found.fractions,
        probabilities=result,
        null=Looks((), (), found.enrolled),
        solved=unknown,
        exact=result.power if math.isnan(exact) else exact,
        target=question.target,
        harm=_harm(question),
        start=None,
        days_per_unit=question.days_per_unit,
        rates=(control, experimental),
    )


def _unknown(question: Question) -> Unknown:
    unsaid = question.unknown == "events" and question.options.solve is None
    unknown: Unknown = "patients" if unsaid else question.unknown
    if unknown in ("patients", "power"):
        return unknown
    message = f"a design of response rates has patients and a power, and no `{unknown}`"
    cure = "solve for patients or for power"
    raise PlanError(Problem("plan.unknown", message, Where(path=f"{question.path}.solve"), unknown, cure))


def _fractions(question: Question) -> tuple[float, ...]:
    wrong = [
        Problem("plan.looks", "a look at response rates is a fraction of the patients whose response is known",
                Where(path=f"{question.path}.looks[{position}]"), cure="write `information: 0.5`, the last one 1")
        for position, look in enumerate(question.looks)
        if look.information is None
    ]  # fmt: skip
    if wrong:
        raise PlanError(wrong)
    return tuple(look.information or 1.0 for look in question.looks)


def _harm(question: Question) -> tuple[float, ...]:
    if question.options.harm is None:
        return ()
    looks, z = len(question.looks), question.options.harm.z
    if z is None:
        message = "a hazard ratio is no rule for response rates"
        where = Where(path=f"{question.path}.harm")
        raise PlanError(Problem("plan.harm", message, where, cure="write `harm: {z: [...]}`"))
    return tuple(-math.inf if one is None else one for one in (*z, *(None,) * (looks - len(z))))
