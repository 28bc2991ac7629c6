"""Variances of functionals of Kaplan-Meier curves under assumed hazards, losses and enrolment.

The Nelson-Aalen increment of an arm at follow-up time u has variance h(u) du / n(u), with n(u) = A(t - u) Y(u) expected
at risk (Breslow and Crowley 1974, Ann Stat 2:437). Increments over looks are independent: with fixed horizon, the
covariance of two looks is the variance at the later.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.design._risk import Risk, risk
from equipoise.design.assumptions import Assumptions
from equipoise.errors import PlanError, Problem

__all__ = ["Curves", "curves"]

Floats = NDArray[np.float64]

_HALVINGS = 24
_NOBODY = 1e-280
"""Patients at risk, below which the rest of the curve is left out: its part of any variance is smaller still."""


class Curves(NamedTuple):
    """Both arms up to a horizon, pooled over strata; control first.

    Attributes:
        grid: Numbers at risk.
        survival: (2, P, NODES) limits of the Kaplan-Meier estimates.
        final: (2,) survival at the horizon.
        increments: (2, K, P, NODES) variance of the Nelson-Aalen estimate per unit of follow-up time, at K looks.
    """

    grid: Risk
    survival: Floats
    final: Floats
    increments: Floats


def curves(assumptions: Assumptions, horizon: float, times: Floats) -> Curves:
    """Kaplan-Meier curves and what they vary.

    Args:
        assumptions: The trial in numbers.
        horizon: Follow-up time of interest.
        times: (K,) increasing calendar times of the looks.

    Raises:
        PlanError: A horizon that is not above 0, or a look at which nobody can have been followed so long.
    """
    if not 0.0 < horizon < np.inf:
        message = "the horizon must be a time above 0"
        raise PlanError(Problem("plan.horizon", message, value=str(horizon), cure="give a time above 0"))
    # The first patients enter when the first rate above 0 begins.
    gap = times - horizon
    line_gap = gap - _first_entry(assumptions)
    early = times[~(line_gap > 0.0)]
    if early.size:
        message = f"nobody can have been followed for {horizon:g} at the look at {early[0]:g}"
        cure = "look later, or take an earlier time"
        raise PlanError([Problem("plan.horizon", message, value=f"{horizon:g}", cure=cure)])
    # 1 / A(t - u) has a pole just beyond the horizon: panels shrink on the way to it.
    poles = horizon - np.outer(line_gap, 2.0 ** np.arange(_HALVINGS)).ravel()
    grid = risk(assumptions, times, horizon=horizon, stratified=False, cuts=tuple(poles.tolist()))
    at_risk, hazard = grid.at_risk[:, 0], grid.hazard[:, 0]
    survival = np.exp(-grid.panels.cumulative(hazard))
    final = np.exp(-(hazard * grid.panels.weight).sum(axis=(-2, -1)))
    enrolled = grid.enrolled_before(times)
    alive = at_risk[:, None] * enrolled
    rate = np.broadcast_to(hazard[:, None], alive.shape)
    increments = np.divide(rate, alive, out=np.zeros(alive.shape), where=alive > _NOBODY)
    return Curves(grid, survival, final, increments)


def _first_entry(assumptions: Assumptions) -> float:
    start = 0.0
    for end, rate in assumptions.accrual.pieces():
        if rate > 0.0:
            break
        start = end
    return start
