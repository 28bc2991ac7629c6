"""What the design section of trial.yaml asks for, as values of the room: bounds, statistics, levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from equipoise.design.efficacy import (
    Efficacy,
    FixedZ,
    HaybittlePeto,
    OBrienFleming,
    Pocock,
    Spend,
    WangTsiatis,
)
from equipoise.design.futility import (
    Futility,
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityZ,
    NoFutility,
    SpendBeta,
)
from equipoise.design.spending import (
    ExponentialType,
    HwangShihDeCani,
    KimDeMets,
    ListedAlpha,
    OBrienFlemingType,
    PocockType,
    SpendingFunction,
)
from equipoise.design.statistics import (
    FlemingHarrington,
    LogRank,
    MaxCombo,
    Milestone,
    ModestlyWeighted,
    RateDifference,
    RestrictedMean,
    Statistic,
)
from equipoise.errors import PlanError, Problem, Where
from equipoise.protocol import designs as declared

if TYPE_CHECKING:
    from equipoise.design.assumptions import Assumptions
    from equipoise.protocol.analysis import SurvivalTest
    from equipoise.protocol.protocol import Protocol

__all__ = ["Bounds", "bounds_of", "efficacy_of", "futility_of", "rate_statistic", "statistic_of"]


class Bounds(NamedTuple):
    """Kinds of bounds, and at which looks they apply.

    Attributes:
        efficacy: Kind of efficacy bounds.
        futility: Kind of futility bounds.
        binding: Whether alpha counts on futility.
        active: Looks at which efficacy is tested.
        futility_active: Looks at which futility is.
    """

    efficacy: Efficacy
    futility: Futility
    binding: bool
    active: tuple[bool, ...]
    futility_active: tuple[bool, ...]


def bounds_of(
    efficacy: declared.Efficacy, futility: declared.Futility, looks: Sequence[declared.Look], alpha: float, path: str
) -> Bounds:
    """The bounds of a design.

    Args:
        efficacy: As declared.
        futility: As declared.
        looks: As declared.
        alpha: Level of one side.
        path: Place of the design in the protocol.

    Raises:
        PlanError: When what is declared can't be a bound at this level.
    """
    number = len(looks)
    wrong: list[Problem] = []
    active = tuple(look.efficacy for look in looks)
    if not active[-1] and efficacy != "none":
        message = "efficacy is not tested at the last look"
        where = Where(path=f"{path}.looks[{number - 1}]")
        wrong.append(Problem("plan.active", message, where, cure="remove `efficacy: false` from the last look"))
    if isinstance(efficacy, declared.ListedAlpha) and abs(efficacy.alpha[-1] - alpha) > 1e-9 * alpha:
        last = efficacy.alpha[-1]
        message = f"the alpha listed for the last look is {last:g}, and the level of one side is {alpha:g}"
        where = Where(path=f"{path}.efficacy.alpha")
        wrong.append(Problem("plan.spending", message, where, f"{last:g}", f"let the list end with {alpha:g}"))
    if wrong:
        raise PlanError(wrong)
    kind = efficacy_of(efficacy, number, alpha)
    limit, binding = futility_of(futility, number)
    if efficacy == "none":
        active = (False,) * (number - 1) + (True,)
    return Bounds(kind, limit, binding, active, tuple(look.futility for look in looks))


def efficacy_of(efficacy: declared.Efficacy, looks: int, alpha: float) -> Efficacy:
    """Efficacy bounds; `none` is the test at the last look alone.

    Args:
        efficacy: As declared.
        looks: Number of looks.
        alpha: Level of one side.
    """
    if isinstance(efficacy, declared.Spending):
        return Spend(_function(efficacy))
    if isinstance(efficacy, declared.ListedAlpha):
        return Spend(ListedAlpha((*efficacy.alpha[:-1], alpha)))
    if isinstance(efficacy, declared.ZBound):
        return FixedZ(tuple(math.inf if value is None else value for value in efficacy.z))
    if isinstance(efficacy, declared.Shape):
        if efficacy.boundary == "wang_tsiatis":
            return WangTsiatis(efficacy.parameter or 0.0)
        if efficacy.boundary == "haybittle_peto":
            return HaybittlePeto(efficacy.interim_z or 3.0, efficacy.final or "solved")
        return Pocock() if efficacy.boundary == "pocock" else OBrienFleming()
    return Spend(ListedAlpha((0.0,) * (looks - 1) + (alpha,)))


def futility_of(futility: declared.Futility, looks: int) -> tuple[Futility, bool]:
    """Futility bounds, and whether they are binding.

    Args:
        futility: As declared; values for the last look may be left out.
        looks: Number of looks.
    """
    if isinstance(futility, declared.SpendingFutility):
        return SpendBeta(_function(futility)), futility.binding
    if isinstance(futility, declared.ZFutility):
        values = (*futility.z, *(None,) * (looks - len(futility.z)))
        return FutilityZ(tuple(-math.inf if value is None else value for value in values)), futility.binding
    if isinstance(futility, declared.HazardRatioBound):
        # At the last look the trial ends whatever the hazard ratio is.
        ratios = futility.hazard_ratio[: looks - 1]
        return FutilityHazardRatio(tuple(math.inf if value is None else value for value in ratios)), futility.binding
    if isinstance(futility, declared.ConditionalPowerFutility):
        return FutilityConditionalPower(futility.conditional_power, futility.under), futility.binding
    return NoFutility(), False


def _function(spending: declared.Spending) -> SpendingFunction:
    parameter = spending.parameter or 0.0
    if spending.spending == "kim_demets":
        return KimDeMets(parameter)
    if spending.spending == "hwang_shih_decani":
        return HwangShihDeCani(parameter)
    if spending.spending == "exponential":
        return ExponentialType(parameter)
    return OBrienFlemingType() if spending.spending == "obrien_fleming" else PocockType()


def statistic_of(
    protocol: Protocol, hypothesis: str, options: declared.DesignOptions, assumptions: Assumptions, path: str
) -> Statistic:
    """The statistic that a hypothesis about times is planned with: its analysis' test, unless the design names another.

    Args:
        protocol: The declared trial.
        hypothesis: Its name.
        options: The design.
        assumptions: What is assumed; formulas for proportional hazards are not taken where they are not.
        path: Place of the design in the protocol.

    Raises:
        PlanError: When the test can't be planned as declared.
    """
    declaration = protocol.hypotheses[hypothesis]
    margin = declaration.margin
    if options.statistic is not None:
        if margin is not None:
            message = f"the margin of {hypothesis} is a hazard ratio, and `{options.statistic.kind}` is a difference"
            where = Where(path=f"{path}.statistic")
            raise PlanError(Problem("plan.margin", message, where, f"{margin:g}", "plan the analysis' own test"))
        if options.statistic.kind == "rmst":
            return RestrictedMean(options.statistic.time)
        return Milestone(options.statistic.time)
    test = _test(protocol, hypothesis)
    stratified = bool(test.strata) and len(assumptions.strata) > 1
    if test.kind == "log_rank":
        null = 1.0 if margin is None else margin
        method = options.method or ("schoenfeld" if assumptions.proportional else "average_hazard_ratio")
        return LogRank(method, options.information, stratified, null)
    _refuse_for_weighted(options, margin, hypothesis, test.kind, path)
    if test.kind == "fleming_harrington":
        return FlemingHarrington(test.rho, test.gamma, stratified)
    if test.kind == "max_combo":
        return MaxCombo(tuple(test.weights), stratified)
    if test.t_star is None:
        message = f"the weight of {hypothesis} stops at a survival (s_star), whose time a design can't know"
        where = Where(path=f"analysis.{declaration.analysis}.test")
        raise PlanError(Problem("plan.statistic", message, where, cure="declare `t_star`, a time"))
    return ModestlyWeighted(test.t_star, stratified)


def _test(protocol: Protocol, hypothesis: str) -> SurvivalTest:
    test: SurvivalTest = protocol.analysis[protocol.hypotheses[hypothesis].analysis].test  # type: ignore[union-attr, assignment]
    return test


def _refuse_for_weighted(
    options: declared.DesignOptions, margin: float | None, hypothesis: str, kind: str, path: str
) -> None:
    found = []
    if margin is not None:
        message = f"`{kind}` tests that there is no difference, and {hypothesis} has a margin"
        found.append(Problem("plan.margin", message, Where(path=f"hypotheses.{hypothesis}.margin"), f"{margin:g}",
                             "test non-inferiority by the log-rank test"))  # fmt: skip
    if options.method is not None:
        message = f"`{options.method}` is a formula of the log-rank test, and {hypothesis} is tested by `{kind}`"
        found.append(Problem("plan.statistic", message, Where(path=f"{path}.method"), cure="remove it"))
    if found:
        raise PlanError(found)


def rate_statistic(protocol: Protocol, hypothesis: str, options: declared.DesignOptions) -> RateDifference:
    """The difference of response rates, with the variance that the design names.

    Args:
        protocol: The declared trial.
        hypothesis: Its name.
        options: The design.
    """
    margin = protocol.hypotheses[hypothesis].margin
    return RateDifference(options.rates, 0.0 if margin is None else -margin)
