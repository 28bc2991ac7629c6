"""Kaplan-Meier by arm at one look: restricted means, survival at a time, medians; strata are not looked at.

As `kernels.rmst`, `kernels.kaplan_meier.survival_difference` and `quantile`; ties are those of both arms together, as
in the rows of an analysis.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.ordering import TIE_TOLERANCE, Scratch

__all__ = ["curve", "median", "milestone", "restricted_mean"]

Floats = NDArray[np.float64]
Flags = NDArray[np.uint8]

_SAME_SURVIVAL = float(np.sqrt(np.finfo(np.float64).eps))


@compiled
def curve(status: Flags, arm: Flags, which: int, m: int, scratch: Scratch) -> int:
    """Survival of one arm: fills `time`, `at_risk[0]`, `events[0]` and `before` (survival after the time).

    Needs rows that `sort_rows` has put in order.

    Args:
        status: (N,) 1 for an event.
        arm: (N,) 0 control, 1 experimental.
        which: The arm.
        m: Rows.
        scratch: Room.

    Returns:
        Number of distinct times, censored ones too.
    """
    order, label = scratch.order, scratch.label
    time, at_risk, events, survival = scratch.time, scratch.at_risk, scratch.events, scratch.before
    found, left, last = 0, 0, np.int64(-1)
    for i in range(m):
        row = order[i]
        if arm[row] != which:
            continue
        left += 1
        if label[i] != last:
            last = label[i]
            time[found], at_risk[0, found], events[0, found] = scratch.ordered[last], 0.0, 0.0
            found += 1
        at_risk[0, found - 1] += 1.0
        events[0, found - 1] += status[row]
    value, risk = 1.0, np.float64(left)
    for k in range(found):
        leaving = at_risk[0, k]
        at_risk[0, k] = risk
        value *= (risk - events[0, k]) / risk
        survival[k] = value
        risk -= leaving
    return found


@compiled
def _slack(times: int, time: Floats) -> float:
    total = 0.0
    for k in range(times):
        total += time[k]
    return TIE_TOLERANCE * (total / times)


@compiled
def restricted_mean(
    times: int, horizon: float, time: Floats, at_risk: Floats, events: Floats, survival: Floats
) -> tuple[float, float]:
    """Area under a curve up to a horizon, and its variance: the sum of A(t)^2 d / (n (n - d)).

    Args:
        times: Distinct times, of `curve`.
        horizon: In the unit of times.
        time: (N,) they.
        at_risk: (2, N) row 0, at risk.
        events: (2, N) row 0, events.
        survival: (N,) survival after them.

    Returns:
        Estimate and variance; NaN beyond the last follow-up, unless survival has reached 0, and for an empty arm.
    """
    if times == 0:
        return math.nan, math.nan
    if horizon > time[times - 1] + _slack(times, time) and survival[times - 1] > 0.0:
        return math.nan, math.nan
    within = 0
    while within < times and time[within] <= horizon:
        within += 1
    area = variance = 0.0
    until = horizon
    # From the right, so that areas beyond late times are exact.
    for k in range(within - 1, -1, -1):
        area += survival[k] * (until - time[k])
        until = time[k]
        n, d = at_risk[0, k], events[0, k]
        if n > d:
            variance += area * area * d / (n * (n - d))
    return area + until, variance


@compiled
def milestone(
    times: int, at: float, time: Floats, at_risk: Floats, events: Floats, survival: Floats
) -> tuple[float, float]:
    """Survival at a time, events at it counted, and Greenwood's variance.

    Args:
        times: Distinct times, of `curve`.
        at: The time.
        time: (N,) they.
        at_risk: (2, N) row 0, at risk.
        events: (2, N) row 0, events.
        survival: (N,) survival after them.

    Returns:
        Estimate and variance; both NaN beyond the last follow-up, unless survival has reached 0, where it has none.
    """
    if times == 0:
        return math.nan, math.nan
    slack = _slack(times, time)
    value, variance = 1.0, 0.0
    for k in range(times):
        if time[k] > at + slack:
            break
        n, d = at_risk[0, k], events[0, k]
        value = survival[k]
        variance += d / (n * (n - d))
    if at > time[times - 1] + slack and value > 0.0:
        return math.nan, math.nan
    return value, value * value * variance if value > 0.0 else math.nan


@compiled
def median(times: int, time: Floats, survival: Floats) -> float:
    """The first time at which survival is below one half; the middle of the interval over which it is one half.

    Args:
        times: Distinct times, of `curve`.
        time: (N,) they.
        survival: (N,) survival after them.

    Returns:
        The median; NaN where it is not reached.
    """
    for k in range(times):
        if survival[k] >= 0.5 + _SAME_SURVIVAL:
            continue
        if abs(survival[k] - 0.5) < _SAME_SURVIVAL:
            for j in range(k + 1, times):
                if survival[j] < survival[k]:
                    return float(0.5 * (time[k] + time[j]))
        return float(time[k])
    return math.nan
