"""Mean and information of a difference of Kaplan-Meier survival at a time, at looks.

Greenwood's variance in its limit: S(t)^2 times the integral of h(u) du / n(u) up to the milestone (Breslow and Crowley
1974, Ann Stat 2:437).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.design._survival_variance import curves
from equipoise.design.assumptions import Assumptions
from equipoise.design.restricted_mean_information import difference_information
from equipoise.design.statistics import Information, Milestone
from equipoise.errors import PlanError, Problem

__all__ = ["milestone_information"]

Floats = NDArray[np.float64]


def milestone_information(assumptions: Assumptions, statistic: Milestone, times: Floats) -> Information:
    """Mean and information of the difference of survival at the milestone.

    Args:
        assumptions: The trial in numbers.
        statistic: The milestone and the margin.
        times: (K,) increasing calendar times of the looks.

    Raises:
        PlanError: See `information`.
    """
    if not -1.0 < statistic.margin < 1.0:
        message = "the margin of a difference of survival must lie between -1 and 1"
        raise PlanError(Problem("plan.margin", message, value=str(statistic.margin), cure="give a fraction"))
    found = curves(assumptions, statistic.time, times)
    weighted = found.increments * found.grid.panels.weight
    variance = (found.final[:, None] ** 2 * weighted.sum(axis=(-2, -1))).sum(axis=0)
    difference = float(found.final[1] - found.final[0])
    text = f"difference of Kaplan-Meier survival at {statistic.time:g} {assumptions.unit}"
    return difference_information(assumptions, statistic, times, difference, variance, text)
