"""Simulation beside the design's own answer: power and error by formula, and a flag where the two differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from equipoise.errors import EquipoiseError, PlanError, Problem
from equipoise.results.statistic import Statistic
from equipoise.simulation.row_maker import Maker, base_key
from equipoise.simulation.summaries import share_error

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study, Tested

__all__ = ["DIFFERS", "analytic_power", "compared_rows", "differs"]

DIFFERS: Final = "differs"
"""Text of a gap that is more than chance and more than a formula's usual error."""
_ERRORS: Final = 4.0
_WORTH: Final = 0.01


def differs(gap: float, se: float) -> bool:
    """Whether a gap in a probability is to be looked into: above 4 Monte Carlo errors and above 0.01.

    Args:
        gap: Simulated less analytic.
        se: Monte Carlo standard error.
    """
    return abs(gap) > max(_ERRORS * se, _WORTH)


def compared_rows(study: Study, sums: Accumulator) -> Iterator[Statistic]:
    """The design's power, or error, for what is simulated, and how far the simulated one is from it.

    Args:
        study: What was simulated.
        sums: Its sums.
    """
    for h, tested in enumerate(study.tested):
        if tested.plan is None:
            continue
        make = Maker(study, base_key(study, tested))
        name = "type_one_error" if study.under == "h0" else "power"
        try:
            text, value = _analytic(study, tested)
        except EquipoiseError as error:
            words = f"no formula: {error.problems[0].message}"
            yield make.missing(f"analytic_{name}", words, "The design's own answer under this scenario.")
            continue
        yield from _expected(make, tested.plan)
        sides = 1 if study.under == "h0" else None
        made = make.number(f"analytic_{name}", value, None, sums.trials, text, sides=sides)
        yield replace(made, n=None, origin="assumed")
        n, rejected = sums.trials, sums.tests("rejected", h)
        text = "Simulated less analytic; it differs where that exceeds both 4 Monte Carlo errors and 0.01."
        if tested.after or study.protocol.multiplicity is not None:
            # What a design says is of a hypothesis on its own, from its first look on at one level.
            yield make.missing(f"{name}_gap", "whether it is tested, and at which level, depends on others", text)
            continue
        gap, se = rejected / n - value, share_error(rejected, n)
        yield make.number(f"{name}_gap", gap, se, n, text, text=DIFFERS if differs(gap, se) else "")


def _expected(make: Maker, plan: Plan) -> Iterator[Statistic]:
    """What the design expects of its looks and of the whole, where it was made for what is simulated."""
    study = make.study
    looks = plan.null if study.under == "h0" else plan.planned
    if study.vary or plan.scenario != study.scenario or looks is None:
        return
    text = "By the design: expected numbers at the date at which its looks are expected."

    def row(at: Maker, statistic: str, value: float, unit: str = "") -> Statistic:
        key = replace(at.key, statistic=f"analytic_{statistic}")
        return Statistic(key=key, value=value, unit=unit, method_text=text, origin="assumed")

    for look in range(1, plan.looks + 1):
        if looks.times:
            yield row(make.at(look=look), "look_time", looks.times[look - 1], make.unit)
        if study.under == "h1":
            power = _probability(math.fsum(plan.probabilities.reject_h1[:look]))
            yield row(make.at(look=look), "cumulative_power", power)
    stop = plan.probabilities.stopping(study.under)
    for statistic, values in (("events", looks.events), ("patients", looks.enrolled), ("duration", looks.times)):
        if values:
            mean = math.fsum(p * value for p, value in zip(stop, values, strict=True))
            yield row(make, f"expected_{statistic}", mean, make.unit if statistic == "duration" else "")


def _analytic(study: Study, tested: Tested) -> tuple[str, float]:
    """The analytic answer and how it is found.

    Raises:
        PlanError: When the design can't be computed under this scenario.
    """
    assert tested.plan is not None
    if study.under == "h0":
        text = "By the design: probability to reject under the null hypothesis, futility obeyed."
        return text, _probability(tested.plan.probabilities.type_one_error)
    found = analytic_power(study, tested, study.vary)
    formula = tested.plan.information.method_text
    return f"By the design: {formula}.", found


def _probability(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)


def analytic_power(study: Study, tested: Tested, vary: tuple[tuple[str, float], ...]) -> float:
    """Power of the design by its formula under the scenario that is simulated: its looks stay as designed.

    Args:
        study: What is simulated.
        tested: The hypothesis; it has a design.
        vary: What is assumed otherwise than the scenario says.

    Raises:
        PlanError: When it can't be computed there.
    """
    from equipoise.design.statistics import RateDifference

    plan, names = tested.plan, [name for name, _ in vary]
    assert plan is not None
    if names not in ([], ["hazard_ratio"]) or (names and isinstance(plan.statistic, RateDifference)):
        raise PlanError(Problem("plan.statistic", f"the design is not computed with another {' and '.join(names)}"))
    if not names and plan.scenario == study.scenario:
        return _probability(plan.probabilities.power)
    if isinstance(plan.statistic, RateDifference):
        from equipoise.design.plan import plan_of

        other = plan_of(study.protocol, tested.hypothesis, assume=study.scenario, solve="power")
        return _probability(other.probabilities.power)
    return _elsewhere(study, tested, plan, vary[0][1] if vary else None)


def _elsewhere(study: Study, tested: Tested, plan: Plan, ratio: float | None) -> float:
    """Power where the scenario is another, or the hazard ratio: looks at events wait for these, bounds are spent anew.

    As in the design's own sensitivity analyses, futility stays where it is on the z scale.
    """
    from equipoise.design.assumed import assumptions_of
    from equipoise.design.futility import FutilityZ, NoFutility
    from equipoise.design.sizing import evaluate
    from equipoise.design.specs import statistic_of

    assumptions = assumptions_of(study.protocol, study.scenario, tested.endpoint, plan.pair)
    if ratio is not None:
        assumptions = assumptions.with_hazard_ratio(ratio)
    options = study.protocol.design[tested.hypothesis]
    statistic = statistic_of(study.protocol, tested.hypothesis, options, assumptions, f"design.{tested.hypothesis}")
    bounds = plan.probabilities.boundaries
    none = not any(math.isfinite(z) for z in bounds.futility)
    test = replace(plan.test, futility=NoFutility() if none else FutilityZ(bounds.futility))
    try:
        return _probability(evaluate(assumptions, statistic, plan.held, test).probabilities.power)
    except ValueError as error:  # a fraction of information that no look of this scenario has
        raise PlanError(Problem("plan.look_times", "the looks of the design are never reached")) from error
