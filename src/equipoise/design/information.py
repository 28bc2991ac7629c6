"""What a statistic will look like at given calendar times: its mean and information. No alpha is known here.

`information` takes the assumptions, a statistic and the times of the looks; `rate_information` response rates. What
they return goes, with boundaries, to the verb that computes power.
"""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.design.assumptions import Assumptions
from equipoise.design.expected import read_times
from equipoise.design.rates import rate_information
from equipoise.design.statistics import (
    FlemingHarrington,
    Information,
    LogRank,
    MaxCombo,
    Milestone,
    ModestlyWeighted,
    RateDifference,
    RestrictedMean,
    Statistic,
)
from equipoise.errors import PlanError, Problem

__all__ = [
    "FlemingHarrington",
    "Information",
    "LogRank",
    "MaxCombo",
    "Milestone",
    "ModestlyWeighted",
    "RateDifference",
    "RestrictedMean",
    "Statistic",
    "information",
    "rate_information",
    "require_effect",
]

_NO_EFFECT = 1e-9


def information(assumptions: Assumptions, statistic: Statistic, times: float | Sequence[float]) -> Information:
    """Mean and information of a statistic at looks.

    Args:
        assumptions: The trial in numbers. A hazard ratio at the null value is allowed: the mean is then 0.
        statistic: The statistic, with its method.
        times: Calendar times of the looks since the first enrolment, above 0 and increasing.

    Returns:
        What is expected of the statistic.

    Raises:
        PlanError: Times that do not increase; a look before any event is expected, or before anybody can have been
            followed to the horizon; a method that needs proportional hazards where they are not; margins or weights
            outside their range.
    """
    at = read_times(times, least=0.0)
    if not (at > 0.0).all() or not (at[1:] > at[:-1]).all():
        cure = "give times above 0, each after the one before"
        raise PlanError(Problem("plan.look_times", "the times of the looks must increase", value=str(times), cure=cure))
    if isinstance(statistic, LogRank):
        from equipoise.design.log_rank_information import log_rank_information

        return log_rank_information(assumptions, statistic, at)
    if isinstance(statistic, FlemingHarrington | ModestlyWeighted):
        from equipoise.design.weighted_information import weighted_information

        return weighted_information(assumptions, statistic, at)
    if isinstance(statistic, MaxCombo):
        from equipoise.design.max_combo_information import max_combo_information

        return max_combo_information(assumptions, statistic, at)
    if isinstance(statistic, RestrictedMean):
        from equipoise.design.restricted_mean_information import restricted_mean_information

        return restricted_mean_information(assumptions, statistic, at)
    from equipoise.design.milestone_information import milestone_information

    return milestone_information(assumptions, statistic, at)


def require_effect(information: Information, *, sizing: bool = False) -> None:
    """Refuse an alternative that is the null hypothesis; call it where power is asked, or a size.

    A hazard ratio of 1 is fine where the null hypothesis is a margin of 1.3, and one of 1.3 is not.

    Args:
        information: What is expected of the statistic.
        sizing: Whether a size is looked for; then an effect in the wrong direction is refused too, as no number of
            patients reaches the power.

    Raises:
        PlanError: The mean of the statistic at the last look is 0, or (sizing) below 0.
    """
    last, effect = information.mean[-1], information.effect[-1]
    name = information.effect_name.replace("_", " ")
    if abs(last) <= _NO_EFFECT:
        message = f"the assumed {name} is that of the null hypothesis, {information.null_effect:g}: there is no power"
        cure = "assume an effect on the side of the alternative"
        raise PlanError(Problem("plan.no_effect", message, value=f"{effect:g}", cure=cure))
    if sizing and last < 0.0:
        message = f"the assumed {name} is on the wrong side of the null hypothesis, {information.null_effect:g}"
        cure = "no number of patients reaches the power: assume an effect that favours the experimental arm"
        raise PlanError(Problem("plan.wrong_direction", message, value=f"{effect:g}", cure=cure))
