"""Mean and information of weighted log-rank tests at looks: Fleming-Harrington and modestly weighted.

The weights tend to a function of follow-up time, that of the survival of both arms together under the assumptions;
score and variance follow by quadrature (see `_weighted_score`). Fleming and Harrington (1991, Counting Processes and
Survival Analysis, section 7.2); Magirr and Burman (2019, Stat Med 38:3782).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.design._risk import Risk, risk
from equipoise.design._weighted_score import pooled_survival, score_moments
from equipoise.design.assumptions import Assumptions
from equipoise.design.statistics import FlemingHarrington, Information, ModestlyWeighted
from equipoise.errors import PlanError, Problem

__all__ = ["fleming_harrington_weight", "is_graded", "weighted_information"]

Floats = NDArray[np.float64]

_LEAST = 1e-100


def weighted_information(
    assumptions: Assumptions, statistic: FlemingHarrington | ModestlyWeighted, times: Floats
) -> Information:
    """Mean and information of one weighted log-rank test.

    Args:
        assumptions: The trial in numbers.
        statistic: The test.
        times: (K,) increasing calendar times of the looks.

    Raises:
        PlanError: See `information`.
    """
    last = float(times[-1])
    if isinstance(statistic, FlemingHarrington):
        require_weights(((statistic.rho, statistic.gamma),))
        graded = is_graded(statistic.rho, statistic.gamma)
        grid = risk(assumptions, times, horizon=last, stratified=statistic.strata, graded=graded)
        weight = fleming_harrington_weight(pooled_survival(grid), statistic.rho, statistic.gamma)
        method = f"fleming_harrington.{statistic.rho:g}.{statistic.gamma:g}"
        text = f"Fleming-Harrington test, rho {statistic.rho:g} and gamma {statistic.gamma:g}"
    else:
        if not 0.0 < statistic.t_star < math.inf:
            message = "the time after which weights stop growing must be above 0"
            raise PlanError(
                Problem("plan.test_weights", message, value=str(statistic.t_star), cure="give a time above 0")
            )
        horizon = max(last, statistic.t_star)
        grid = risk(assumptions, times, horizon=horizon, stratified=statistic.strata, cuts=(statistic.t_star,))
        weight = _modest_weight(grid, statistic.t_star)
        method = f"modestly_weighted.{statistic.t_star:g}"
        text = f"modestly weighted log-rank test, weights growing until {statistic.t_star:g} {assumptions.unit}"
    found = score_moments(grid, times, [weight])
    variance = found.variance[:, 0, 0]
    if not variance[0] > 0.0:
        from equipoise.design.log_rank_information import no_events

        raise PlanError(no_events(times))
    info = tuple(variance.tolist())
    return Information(
        times=tuple(times.tolist()),
        events=tuple(found.events.tolist()),
        enrolled=tuple(found.enrolled.tolist()),
        mean=tuple((-found.score[:, 0] / np.sqrt(variance)).tolist()),
        information=info,
        null_information=info,
        effect=tuple(np.exp(found.one_step()).tolist()),
        effect_name="weighted_hazard_ratio",
        null_effect=1.0,
        scale="variance of the weighted score",
        method=method,
        method_text=f"{text}, with the asymptotic mean and variance of its score",
        spread=(1.0,) * times.size,
    )


def fleming_harrington_weight(survival: Floats, rho: float, gamma: float) -> Floats:
    """Weights S^rho (1 - S)^gamma.

    Args:
        survival: Survival of both arms together, any shape.
        rho: At least 0.
        gamma: At least 0.
    """
    out = np.ones_like(survival)
    if rho:
        out = out * survival**rho
    if gamma:
        out = out * (1.0 - survival) ** gamma
    return out


def is_graded(rho: float, gamma: float) -> bool:
    """Whether the weight has a root singularity at time 0, for which panels must shrink.

    Args:
        rho: Not used by the answer, as survival is 1 at time 0.
        gamma: The power of 1 - S.
    """
    del rho
    return gamma != round(gamma)


def require_weights(weights: tuple[tuple[float, float], ...]) -> None:
    """Refuse powers that are negative or not finite.

    Args:
        weights: Pairs (rho, gamma).

    Raises:
        PlanError: With every wrong pair.
    """
    wrong = [pair for pair in weights if not all(0.0 <= power < math.inf for power in pair)]
    if wrong:
        message, cure = "rho and gamma of a weight must be at least 0", "give 0 or more"
        raise PlanError([Problem("plan.test_weights", message, value=str(pair), cure=cure) for pair in wrong])


def _modest_weight(grid: Risk, t_star: float) -> Floats:
    """1 / max(S(u), S(t_star)) at the nodes; S(t_star) by continuing the cumulative hazard to it."""
    survival = pooled_survival(grid)
    edge = int(np.argmin(np.abs(grid.panels.edges - t_star)))
    total = grid.at_risk.sum(axis=0)
    events = (grid.at_risk * grid.hazard).sum(axis=0)
    hazard = np.divide(events, total, out=np.zeros_like(total), where=total > 0.0)
    until = (hazard * grid.panels.weight)[:, :edge].sum(axis=(-2, -1))
    # Where survival is lost in rounding nobody is at risk, and the weight does not matter.
    least = np.maximum(np.exp(-until), _LEAST)[:, None, None]
    return np.asarray(1.0 / np.maximum(survival, least), dtype=np.float64)
