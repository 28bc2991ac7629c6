"""True values over the date of the data cut, on dates so dense that straight lines between them do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.simulation.truth import explained_true_value
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.simulation.study import Study

__all__ = ["TrueCurve", "true_curve"]

Floats = NDArray[np.float64]

_GRID: Final = 33
_GROWTH: Final = 1.25  # from a month to about a century, each a quarter later than the one before
_SAME: Final = 1e-9
_TOLERANCE: Final = 1e-4
"""Largest distance of a true value from the straight line between its neighbours before it is put between them."""
_ROUNDS: Final = 6
_ALWAYS: Final = 2
_AROUND: Final = (0.5, 2.0)
"""Cuts are expected between half of the earliest planned time and twice the latest."""


class TrueCurve(NamedTuple):
    """True values of one hypothesis.

    Attributes:
        dates: (D,) days since the start of enrolment, increasing.
        values: (D,) on the scale of the estimates; NaN where there is none.
        reason: Why there is none; "" where there is one.
    """

    dates: Floats
    values: Floats
    reason: str = ""


def true_curve(study: Study, h: int) -> TrueCurve:
    """True values for all dates at which the data may be cut.

    Args:
        study: What is simulated.
        h: Index of the hypothesis among `study.tested`.

    Returns:
        One value for all dates where it does not depend on them; else values that a straight line between dates meets
        to about 1e-4, within the dates that looks are planned for and a factor of 2 around.
    """
    dates: Floats = 30.0 * _GROWTH ** np.arange(float(_GRID))

    def at(some: Floats) -> tuple[Floats, str]:
        found = [explained_true_value(study, h, float(day)) for day in some]
        values = np.array([math.nan if one.value is None else one.value for one in found])
        return values, next((one.reason for one in found if one.reason), "")

    few, reason = at(dates[[0, _GRID // 2, -1]])
    if not np.isfinite(few).any():
        return TrueCurve(dates, np.full(_GRID, math.nan), reason or "the estimate has no one true value")
    if not study.tested[h].ratio or (np.isfinite(few).all() and np.ptp(few) <= _SAME):
        return TrueCurve(dates, np.full(_GRID, few[1]))
    values, _ = at(dates)
    low, high = _range(study, h)
    near = (dates[:-1] < high) & (dates[1:] > low)
    left, right = dates[:-1][near], dates[1:][near]
    for turn in range(_ROUNDS):
        middle = 0.5 * (left + right)
        found, _ = at(middle)
        line = np.interp(middle, dates, values)
        order = np.argsort(np.concatenate([dates, middle]))
        dates, values = np.concatenate([dates, middle])[order], np.concatenate([values, found])[order]
        # A bend may hide from one middle.
        bent = (np.abs(found - line) > _TOLERANCE) | (turn < _ALWAYS)
        left, right = np.concatenate([left[bent], middle[bent]]), np.concatenate([middle[bent], right[bent]])
        if not left.size:
            break
    known = np.isfinite(values)  # before anybody is at risk there is none
    return TrueCurve(dates, np.interp(dates, dates[known], values[known]))


def _range(study: Study, h: int) -> tuple[float, float]:
    """Days between which cuts are expected; all where nothing is planned."""
    plan, time = study.tested[h].plan, study.protocol.time
    if plan is None:
        return 0.0, math.inf
    times = [one * days_per(time.unit, days_per_month=time.days_per_month) for one in plan.information.times]
    return _AROUND[0] * min(times), _AROUND[1] * max(times)
