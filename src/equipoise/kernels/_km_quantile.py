"""Quantiles of survival time."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._km import Interval, KaplanMeier, limits_of
from equipoise.kernels.distributions import z_of_level

__all__ = ["Quantiles", "Rule", "quantile"]

Rule = Literal["midpoint", "midpoint_to_end"]

_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
_BLOCK = 32_768


class Quantiles(NamedTuple):
    """Quantiles of survival time with limits; NaN is a time not reached.

    Attributes:
        probability: (P,) probability of having had the event by the quantile.
        estimate: (P,) in the unit of the curve.
        lower: (P,) lower limit.
        upper: (P,) upper limit.
    """

    probability: Floats
    estimate: Floats
    lower: Floats
    upper: Floats


def quantile(
    km: KaplanMeier,
    probabilities: ArrayLike = 0.5,
    *,
    conf_level: float = 0.95,
    interval: Interval = "log_log",
    rule: Rule = "midpoint",
) -> Quantiles:
    """The times by which given fractions have had the event; 0.5 gives the median.

    A quantile is the first time at which survival is below 1 - p. Where survival equals 1 - p (within 1.5e-8) over an
    interval, it is the middle of the interval. Limits are found in the same way on the pointwise bands (Brookmeyer
    and Crowley 1982), at their first crossing where a band is not monotone. The time by which all have had the event
    (p = 1) has no limits, since there is no band at survival 0.

    Args:
        km: The curve.
        probabilities: Scalar or (P,), each above 0 and at most 1.
        conf_level: Two-sided level, 0 < conf_level < 1.
        interval: The scale of the bands.
        rule: What to do when survival stays at 1 - p to the end of follow-up, so that the interval has no end.
            `midpoint` gives its beginning, as R's `print(survfit)`; `midpoint_to_end` the middle between its
            beginning and the last time, as R's `quantile(survfit)`.

    Returns:
        The quantiles.

    Raises:
        KernelInputError: A probability, level, interval or rule outside its limits.
    """
    wanted = np.atleast_1d(np.asarray(probabilities, dtype=np.float64))
    inside = wanted.ndim == 1 and bool(((wanted > 0.0) & (wanted <= 1.0)).all())
    require(inside, "probabilities", "probabilities must be above 0 and at most 1", wanted)
    require(rule in ("midpoint", "midpoint_to_end"), "rule", "rule must be midpoint or midpoint_to_end", rule)
    lower, upper = _limits_until(km, 1.0 - float(wanted.max(initial=0.0)), z_of_level(conf_level), interval)
    estimate, low, high = (
        np.array([_crossing(km.time, curve, 1.0 - p, rule) for p in wanted], dtype=np.float64)
        for curve in (km.survival, lower, upper)
    )
    low[wanted == 1.0] = high[wanted == 1.0] = np.nan
    return Quantiles(wanted, estimate, low, high)


def _limits_until(km: KaplanMeier, level: float, z: float, interval: Interval) -> tuple[Floats, Floats]:
    """The bands up to the block of times in which both have fallen below the level: later values decide nothing."""
    blocks = []
    fallen = np.array([False, False])
    for first in range(0, km.time.size, _BLOCK):
        part = slice(first, first + _BLOCK)
        blocks.append(limits_of(km.survival[part], km.cumulative_variance[part], z, interval))
        fallen |= [bool((band < level - _TOLERANCE).any()) for band in blocks[-1]]
        if fallen.all():
            break
    if not blocks:
        return km.survival, km.survival
    return np.concatenate([lower for lower, _ in blocks]), np.concatenate([upper for _, upper in blocks])


def _crossing(time: Floats, curve: Floats, level: float, rule: Rule) -> float:
    """The first time at which the curve (NaN where it is not defined) is at or below the level."""
    reached = curve < level + _TOLERANCE
    first = int(reached.argmax()) if reached.size else 0
    if not reached.size or not reached[first]:
        return np.nan
    if abs(curve[first] - level) >= _TOLERANCE:
        return float(time[first])
    below = curve[first:] < curve[first]
    step = int(below.argmax())
    if below[step]:
        return float(0.5 * (time[first] + time[first + step]))
    return float(time[first]) if rule == "midpoint" else float(0.5 * (time[first] + time[-1]))
