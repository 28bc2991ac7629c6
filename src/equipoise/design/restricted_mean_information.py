"""Mean and information of a difference of restricted mean survival times at looks.

The variance of an arm is the integral over u up to the horizon of (area under S from u to the horizon)^2 h(u) du / n(u)
(Klein and Moeschberger 2003, equation 4.5.2, in its limit; Royston and Parmar 2013, BMC Med Res Methodol 13:152).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.design._survival_variance import curves
from equipoise.design._timeline import timeline
from equipoise.design.assumptions import Assumptions
from equipoise.design.statistics import Information, Milestone, RestrictedMean
from equipoise.errors import PlanError, Problem

__all__ = ["difference_information", "restricted_mean_information"]

Floats = NDArray[np.float64]


def restricted_mean_information(assumptions: Assumptions, statistic: RestrictedMean, times: Floats) -> Information:
    """Mean and information of the difference of restricted means.

    Args:
        assumptions: The trial in numbers.
        statistic: The horizon and the margin.
        times: (K,) increasing calendar times of the looks.

    Raises:
        PlanError: See `information`.
    """
    if not abs(statistic.margin) < statistic.time:
        message = "the margin of a restricted mean must be smaller than its horizon"
        raise PlanError(Problem("plan.margin", message, value=str(statistic.margin), cure="give a smaller margin"))
    found = curves(assumptions, statistic.time, times)
    grid = found.grid.panels
    area = grid.cumulative(found.survival)
    total = (found.survival * grid.weight).sum(axis=(-2, -1))
    rest = (total[:, None, None] - area)[:, None]
    variance = (rest**2 * found.increments * grid.weight).sum(axis=(0, -2, -1))
    text = f"difference of restricted mean survival times up to {statistic.time:g} {assumptions.unit}"
    return difference_information(assumptions, statistic, times, float(total[1] - total[0]), variance, text)


def difference_information(
    assumptions: Assumptions,
    statistic: RestrictedMean | Milestone,
    times: Floats,
    difference: float,
    variance: Floats,
    text: str,
) -> Information:
    """Information of a difference of two arms that is tested by its own standard error.

    Args:
        assumptions: The trial in numbers.
        statistic: With the margin.
        times: (K,) calendar times.
        difference: Experimental less control.
        variance: (K,) its variance at each look.
        text: The method in words.

    Raises:
        PlanError: No event is expected before the horizon, so that there is no variance.
    """
    if not (variance > 0.0).all():
        message = f"nobody or everybody is expected to have the event within {statistic.time:g} of enrolment"
        cure = "take another time"
        raise PlanError(Problem("plan.no_events", message, value=f"{statistic.time:g}", cure=cure))
    line = timeline(assumptions)
    restricted = isinstance(statistic, RestrictedMean)
    info = tuple((1.0 / variance).tolist())
    if statistic.margin:
        text += f"; null difference {statistic.margin:g}"
    return Information(
        times=tuple(times.tolist()),
        events=tuple(line.counts(line.events, times).sum(axis=0).tolist()),
        enrolled=tuple(line.enrolled(times).tolist()),
        mean=tuple(((difference - statistic.margin) / np.sqrt(variance)).tolist()),
        information=info,
        null_information=info,
        effect=(difference,) * times.size,
        effect_name="rmst_difference" if restricted else "survival_difference",
        null_effect=statistic.margin,
        scale="inverse of the variance of the difference",
        method=f"{'restricted_mean' if restricted else 'milestone'}.{statistic.time:g}",
        method_text=text,
        spread=(1.0,) * times.size,
    )
