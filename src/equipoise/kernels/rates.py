"""Event rates per exposure (events over person-time) and their contrasts between two arms.

Counts are events, or subjects with an event; exposure is person-time in any one unit, and every rate is per that unit.
Limits treat the count as Poisson with mean rate x exposure.

References:
    Garwood, F. (1936). Biometrika 28, 437-442 (exact limits of a Poisson mean).
    Przyborowski, J. and Wilenski, H. (1940). Biometrika 31, 313-323 (conditional comparison of two Poisson counts).
    Rothman, K. J. and Greenland, S. (1998). Modern Epidemiology, chapter 14 (large-sample difference and ratio).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import KernelInputError
from equipoise.kernels._counts import (
    Floats,
    Interval,
    Intervals,
    check_choice,
    check_counts,
    critical,
    problem,
    ratio,
    read,
    reasons,
    scalar,
    tail,
)
from equipoise.kernels.proportions import clopper_pearson

__all__ = [
    "Interval",
    "Intervals",
    "incidence_rate",
    "incidence_rate_many",
    "rate_difference",
    "rate_difference_many",
    "rate_ratio",
]

RatioMethod = Literal["exact_conditional", "log_wald"]

_NO_EXPOSURE = "no exposure"
_EMPTY_ARM = "an arm has no exposure"
_NAN = Interval(math.nan, math.nan, math.nan)


def incidence_rate(events: int, exposure: float, *, conf_level: float = 0.95) -> Interval:
    """Events per exposure with exact Poisson limits (Garwood 1936).

    Args:
        events: Events, a whole number from 0 up.
        exposure: Person-time, 0 or more; 0 gives NaN and a reason.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Rate and limits per unit of exposure; the lower limit is 0 without events.

    Raises:
        KernelInputError: Impossible counts, exposure or level.
    """
    scalar(events=events, exposure=exposure)
    return incidence_rate_many(events, exposure, conf_level=conf_level).at(())


def incidence_rate_many(events: ArrayLike, exposure: ArrayLike, *, conf_level: float = 0.95) -> Intervals:
    """`incidence_rate` for arrays.

    The limits of the mean are quantiles of gamma distributions: lower G(a/2; events), upper G(1 - a/2; events + 1).

    Args:
        events: Events; any shape that broadcasts with `exposure`.
        exposure: Person-time.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Arrays of the common shape.

    Raises:
        KernelInputError: Impossible counts, exposure or level.
    """
    from scipy.special import gammainccinv, gammaincinv

    alpha = tail(conf_level)
    x, t = _read_rates(events=events, exposure=exposure)
    lower = np.where(x > 0, gammaincinv(np.maximum(x, 1.0), alpha), 0.0)
    upper = gammainccinv(x + 1.0, alpha)
    return Intervals(ratio(x, t), ratio(lower, t), ratio(upper, t), reasons(x.shape, (t == 0, _NO_EXPOSURE)))


def rate_difference(
    events1: int, exposure1: float, events0: int, exposure0: float, *, conf_level: float = 0.95
) -> Interval:
    """Difference of two rates, arm 1 minus arm 0, with large-sample (Wald) limits.

    The variance is events1 / exposure1^2 + events0 / exposure0^2.

    Args:
        events1: Events in the experimental arm.
        exposure1: Person-time in the experimental arm.
        events0: Events in the control arm.
        exposure0: Person-time in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Difference and limits per unit of exposure; limits NaN with a reason where no arm has events.

    Raises:
        KernelInputError: Impossible counts, exposure or level.
    """
    scalar(events1=events1, exposure1=exposure1, events0=events0, exposure0=exposure0)
    return rate_difference_many(events1, exposure1, events0, exposure0, conf_level=conf_level).at(())


def rate_difference_many(
    events1: ArrayLike, exposure1: ArrayLike, events0: ArrayLike, exposure0: ArrayLike, *, conf_level: float = 0.95
) -> Intervals:
    """`rate_difference` for arrays.

    Args:
        events1: Events in the experimental arm; the four arrays broadcast.
        exposure1: Person-time in the experimental arm.
        events0: Events in the control arm.
        exposure0: Person-time in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Arrays of the common shape.

    Raises:
        KernelInputError: Impossible counts, exposure or level.
    """
    z = critical(conf_level)
    a, s, b, t = _read_rates(events1=events1, exposure1=exposure1, events0=events0, exposure0=exposure0)
    d = ratio(a, s) - ratio(b, t)
    se = np.sqrt(ratio(ratio(a, s), s) + ratio(ratio(b, t), t))
    flat = se == 0.0
    half = np.where(flat, np.nan, z * se)
    rules = ((s == 0) | (t == 0), _EMPTY_ARM), (flat, "zero standard error: no arm has events")
    return Intervals(d, d - half, d + half, reasons(d.shape, *rules))


def rate_ratio(
    events1: int,
    exposure1: float,
    events0: int,
    exposure0: float,
    *,
    conf_level: float = 0.95,
    method: RatioMethod = "exact_conditional",
) -> Interval:
    """Ratio of two rates, arm 1 over arm 0.

    Args:
        events1: Events in the experimental arm.
        exposure1: Person-time in the experimental arm.
        events0: Events in the control arm.
        exposure0: Person-time in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.
        method: "exact_conditional" turns the Clopper-Pearson limits of events1 among all events into limits of the
            ratio (Przyborowski and Wilenski 1940); "log_wald" uses se^2 = 1 / events1 + 1 / events0 on the log.

    Returns:
        Ratio and limits. Without events in the control arm the ratio and its upper limit are not finite: NaN with a
        reason, while the exact lower limit exists.

    Raises:
        KernelInputError: Impossible counts, exposure, level or method.
    """
    check_choice("method", method, ("exact_conditional", "log_wald"))
    scalar(events1=events1, exposure1=exposure1, events0=events0, exposure0=exposure0)
    z = critical(conf_level)
    arrays = _read_rates(events1=events1, exposure1=exposure1, events0=events0, exposure0=exposure0)
    a, s, b, t = (float(value) for value in arrays)
    if not s or not t:
        return _NAN._replace(reason=_EMPTY_ARM)
    if not a and not b:
        return _NAN._replace(reason="no events in either arm")
    estimate = a * t / (b * s) if b else math.nan
    if method == "exact_conditional":
        share = clopper_pearson(int(a), int(a + b), conf_level=conf_level)
        lower = share.lower / (1.0 - share.lower) * t / s
        if not b:
            return Interval(estimate, lower, math.nan, "no events in the control arm: the ratio is not finite")
        return Interval(estimate, lower, share.upper / (1.0 - share.upper) * t / s)
    if not b:
        return _NAN._replace(reason="no events in the control arm: the ratio is not finite")
    if not a:
        return Interval(0.0, math.nan, math.nan, "no events in the experimental arm: the log ratio is not finite")
    half = z * math.sqrt(1.0 / a + 1.0 / b)
    return Interval(estimate, estimate * math.exp(-half), estimate * math.exp(half))


def _read_rates(**arguments: ArrayLike) -> tuple[Floats, ...]:
    """Events and exposure, alternating, as float arrays of one shape.

    Args:
        **arguments: `events=..., exposure=...`, once or twice.

    Raises:
        KernelInputError: A count is not a whole number from 0 up, or an exposure is not finite or negative.
    """
    arrays, problems = read(**arguments)
    names = list(arguments)
    problems += check_counts(names[::2], arrays[::2])
    for name, exposure in zip(names[1::2], arrays[1::2], strict=True):
        bad = ~(np.isfinite(exposure) & (exposure >= 0))
        if bad.any():
            cure = "give person-time, a finite number from 0 up"
            problems.append(problem("exposure", f"{name} is not an exposure", float(exposure[bad].flat[0]), cure))
    if problems:
        raise KernelInputError(problems)
    return arrays
