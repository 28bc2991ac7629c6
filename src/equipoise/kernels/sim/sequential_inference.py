"""Effects after a group-sequential trial, and futility by conditional power, of many trials at once.

The stage-wise ordering is that of `equipoise.monitoring.inference`, conditional power that of
`equipoise.monitoring.conditional`, which state the sources. Both ask where a probability of crossing, which rises with
one number, has a value: the secant method on its normal quantile, which is almost a straight line, within a bracket.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.normal import tail_quantile
from equipoise.kernels.sim.sequential import CLOSEST, Nodes, total_above

__all__ = ["futility_rows", "theta_rows"]

_FAR = 49.0
_FARTHEST_MEAN = 45.0
_STEPS = 200
_LAST_STEP = 1e-11
_MOST_Z = 10.0


@compiled
def _next(at: float, gap: float, at_before: float, gap_before: float, slope: float, low: float, high: float) -> float:
    """The secant's next point, for a gap that falls to 0; the middle of the bracket where the secant leaves it.

    A step that is as good as none is taken whatever the bracket, whose end is `at` itself.
    """
    if gap_before == gap_before and gap != gap_before:
        secant = (gap - gap_before) / (at - at_before)
        slope = secant if secant < 0.0 else slope
    after: float = at - gap / slope
    found = low < after < high or abs(after - at) * abs(slope) <= _LAST_STEP
    return after if found else 0.5 * (low + high)


@compiled
def _theta(information: Any, upper: Any, lower: Any, p: float, rules: Nodes, mean: Any, up: Any, down: Any) -> float:
    """The effect under which crossing earlier, or z or more at the last look (its `upper`), has probability p."""
    looks = information.size
    root = math.sqrt(information[looks - 1])
    goal = tail_quantile(p)
    low, high = -_FAR / root, _FAR / root
    at: float = min(max((upper[looks - 1] - goal) / root, low), high)
    if looks == 1:
        return at
    at_before, gap_before = np.nan, np.nan
    for _ in range(_STEPS):
        for look in range(looks):
            mean[look] = at * math.sqrt(information[look])
        gap = tail_quantile(total_above(information, upper, lower, mean, rules, up, down)) - goal
        if gap > 0.0:
            low = at
        else:
            high = at
        after = _next(at, gap, at_before, gap_before, -root, low, high)
        at_before, gap_before, at = at, gap, after
        if abs(at - at_before) * root <= _LAST_STEP:
            break
    return at


@compiled
def theta_rows(
    information: Any, upper: Any, lower: Any, z: Any, last: Any, p: Any, rules: Nodes, out: Any
) -> None:  # fmt: skip
    """Effects at which the stage-wise tail has given probabilities: 1/2 is the median-unbiased estimate.

    More extreme is an earlier crossing, or a larger z at the same look. Looks without bounds do not matter. A look that
    adds nothing to the one before takes its place, as in `equipoise.kernels.sim.sequential`.

    Args:
        information: (T, L) information.
        upper: (T, L) upper bounds of the looks before the last, infinite for none.
        lower: (T, L) lower bounds that stop too, -inf for none.
        z: (T,) statistic at the look where the trial stopped.
        last: (T,) int64, this look, from 0; -1 for none.
        p: (P,) probabilities of the tail.
        rules: Of `gauss_legendre`.
        out: (T, P) written: theta, E[z] at information 1, of the order of p; NaN without a look or without z.
    """
    looks = information.shape[1]
    info, high, low = np.empty(looks), np.empty(looks), np.empty(looks)
    mean, up, down = np.empty(looks), np.empty(looks), np.empty(looks)
    for t in range(information.shape[0]):
        out[t] = np.nan
        end = last[t]
        if end < 0 or not math.isfinite(z[t]) or not information[t, end] > 0.0:
            continue
        n = 0
        for look in range(end + 1):
            bounded = upper[t, look] < np.inf or lower[t, look] > -np.inf or look == end
            if bounded and information[t, look] > 0.0:
                if n > 0 and information[t, look] <= info[n - 1] * (1.0 + CLOSEST):
                    n -= 1
                info[n], high[n], low[n] = information[t, look], upper[t, look], lower[t, look]
                n += 1
        high[n - 1], low[n - 1] = z[t], -np.inf
        for j in range(p.size):
            out[t, j] = _theta(info[:n], high[:n], low[:n], p[j], rules, mean[:n], up[:n], down[:n])


@compiled
def _crossed_later(
    z: float, now: float, seen_mean: float, trend: int, info: Any, bound: Any, mean: Any, sides: int,
    left: Any, high: Any, low: Any, added: Any, rules: Nodes, up: Any, down: Any,
) -> float:  # fmt: skip
    """Probability to cross a bound of the looks to come, given z now.

    What is added to the score after a look is independent of what was there, with variance the information added.
    """
    root_now = math.sqrt(now)
    for j in range(info.size):
        root, left[j] = math.sqrt(info[j]), info[j] - now
        root_left = math.sqrt(left[j])
        high[j] = (bound[j] * root - z * root_now) / root_left
        low[j] = (-bound[j] * root - z * root_now) / root_left if sides == 2 else -np.inf
        drift = z / root_now * left[j] if trend == 1 else root * mean[j] - root_now * seen_mean
        # Beyond what the integral takes, everything has crossed, or nothing.
        added[j] = min(max(drift / root_left, -_FARTHEST_MEAN), _FARTHEST_MEAN)
    total: float = min(total_above(left, high, low, added, rules, up, down), 1.0)
    return total


@compiled
def _futility(
    now: float, seen_mean: float, trend: int, threshold: float, info: Any, bound: Any, mean: Any, sides: int,
    work: Any, rules: Nodes,
) -> float:  # fmt: skip
    """The z now at which conditional power is the threshold."""
    n = info.size
    left, high, low, added, up, down = work[0, :n], work[1, :n], work[2, :n], work[3, :n], work[4, :n], work[5, :n]
    # The quantile of the tail falls as z grows.
    goal = tail_quantile(threshold)
    lowest, highest = -_MOST_Z, _MOST_Z
    for end in (-1.0, 1.0):
        power = _crossed_later(end * _MOST_Z, now, seen_mean, trend, info, bound, mean, sides, left, high, low,
                               added, rules, up, down)  # fmt: skip
        if end < 0.0 and power >= threshold:
            return -np.inf
        if end > 0.0 and power <= threshold:
            return np.inf
    last_info = info[n - 1]
    slope = -math.sqrt(now / (last_info - now)) * (last_info / now if trend == 1 else 1.0)
    at, at_before, gap_before = 0.0, np.nan, np.nan
    for _ in range(_STEPS):
        power = _crossed_later(at, now, seen_mean, trend, info, bound, mean, sides, left, high, low, added, rules,
                               up, down)  # fmt: skip
        gap = tail_quantile(power) - goal
        if gap > 0.0:
            lowest = at
        else:
            highest = at
        after = _next(at, gap, at_before, gap_before, slope, lowest, highest)
        at_before, gap_before, at = at, gap, after
        if abs(at - at_before) <= _LAST_STEP:
            break
    return at


@compiled
def futility_rows(
    information: Any, usable: Any, upper: Any, mean: Any, now: int, trend: int, threshold: float,
    sides: int, rules: Nodes, out: Any,
) -> None:  # fmt: skip
    """The z of one look at which conditional power, of crossing a bound at any look to come, equals a threshold.

    Args:
        information: (T, L) information of the looks up to `now`, and of those to come as planned.
        usable: (T, L) uint8, 0 for looks that are not held.
        upper: (T, L) efficacy bounds, infinite for none.
        mean: (T, L) E[z] under the effect to hold for true.
        now: The look, from 0.
        trend: 1 where the effect is that of z itself, and `mean` is not read.
        threshold: The conditional power.
        sides: With 2 the lower bounds are the upper ones with the sign changed, and stop.
        rules: Of `gauss_legendre`.
        out: (T,) written: z; -inf where no look is to come or conditional power is never that low, infinite where it
            is never that high, from -10 to 10.
    """
    looks = information.shape[1]
    info, bound, later, work = np.empty(looks), np.empty(looks), np.empty(looks), np.empty((6, looks))
    for t in range(information.shape[0]):
        n, last = 0, information[t, now]
        for look in range(now + 1, looks):
            if usable[t, look] and information[t, look] > last * (1.0 + CLOSEST):
                info[n], bound[n], later[n] = information[t, look], upper[t, look], mean[t, look]
                last = info[n]
                n += 1
        out[t] = -np.inf
        if n > 0 and usable[t, now]:
            out[t] = _futility(information[t, now], mean[t, now], trend, threshold, info[:n], bound[:n], later[:n],
                               sides, work, rules)  # fmt: skip
