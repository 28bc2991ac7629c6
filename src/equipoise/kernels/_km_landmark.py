"""Survival at given times, and its difference between two arms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._km import Interval, KaplanMeier, limits_of
from equipoise.kernels._ordering import TIE_TOLERANCE
from equipoise.kernels.distributions import norm_sf, two_sided_p, z_of_level
from equipoise.kernels.risk_table import Counts

__all__ = ["SurvivalAt", "SurvivalDifference", "survival_at", "survival_difference"]

_BEYOND = "beyond the last follow-up"
_ZERO = "survival is 0, where Greenwood's variance does not exist"


class SurvivalAt(NamedTuple):
    """Survival at given times.

    Attributes:
        time: (L,) the times asked for.
        n_risk: (L,) subjects whose time is this one or later.
        survival: (L,) probability of surviving beyond the time; NaN beyond the last follow-up unless it is 0 by then.
        std_err: (L,) Greenwood standard error; NaN where it does not exist.
        lower: (L,) lower limit, NaN likewise.
        upper: (L,) upper limit, NaN likewise.
        reason: (L,) why there is no survival; "" where there is.
        limits_reason: (L,) why there are no limits; "" where there are.
    """

    time: Floats
    n_risk: Counts
    survival: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    reason: tuple[str, ...]
    limits_reason: tuple[str, ...]


class SurvivalDifference(NamedTuple):
    """Survival of one arm less that of another at given times, normal limits from both Greenwood variances.

    Attributes:
        time: (L,) the times asked for.
        estimate: (L,) first arm less second.
        std_err: (L,) its standard error.
        lower: (L,) lower limit.
        upper: (L,) upper limit.
        z: (L,) estimate / std_err; positive favours the first arm.
        p_two_sided: (L,) two-sided p.
        p_one_sided: (L,) P(Z > z).
        reason: (L,) why there is no estimate or no error; "" where there is.
    """

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    z: Floats
    p_two_sided: Floats
    p_one_sided: Floats
    reason: tuple[str, ...]


def survival_at(
    km: KaplanMeier, times: ArrayLike, *, conf_level: float = 0.95, interval: Interval = "log_log"
) -> SurvivalAt:
    """Read the curve at given times: events at or before a time count.

    Beyond the last follow-up the curve is not defined unless it has reached 0. (R's `summary(survfit, times=)` leaves
    such rows out, or with `extend = TRUE` repeats the last value; neither is an estimate.)

    Args:
        km: The curve.
        times: Scalar or (L,), finite, in the unit of the curve; any order.
        conf_level: Two-sided level, 0 < conf_level < 1.
        interval: The scale of the limits.

    Returns:
        Survival at the times.

    Raises:
        KernelInputError: Times that are not finite or negative; an unknown interval or level.
    """
    asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
    fine = asked.ndim == 1 and bool((np.isfinite(asked) & (asked >= 0.0)).all())
    require(fine, "times", "times must be finite and not negative", asked)
    slack = TIE_TOLERANCE * float(km.time.mean()) if km.time.size else 0.0
    # 0 stands before the first time; entry k is what holds after k times of the curve.
    behind = np.searchsorted(km.time, asked + slack, side="right")
    ahead = np.searchsorted(km.time, asked - slack, side="left")
    survival = np.append(1.0, km.survival)[behind]
    variance = np.append(0.0, km.cumulative_variance)[behind]
    n_risk = np.append(km.n_risk, 0)[ahead]
    last = km.time[-1] if km.time.size else -np.inf
    beyond = (asked > last + slack) & (survival > 0.0)
    lower, upper = limits_of(survival, variance, z_of_level(conf_level), interval)
    with np.errstate(invalid="ignore"):
        std_err = survival * np.sqrt(variance)
    for values in (survival, std_err, lower, upper):
        values[beyond] = np.nan
    return SurvivalAt(
        asked,
        n_risk,
        survival,
        std_err,
        lower,
        upper,
        tuple(_BEYOND if out else "" for out in beyond),
        tuple(_BEYOND if out else _ZERO if s == 0.0 else "" for out, s in zip(beyond, survival, strict=True)),
    )


def survival_difference(
    first: KaplanMeier, second: KaplanMeier, times: ArrayLike, *, conf_level: float = 0.95
) -> SurvivalDifference:
    """Compare the survival of two arms at given times (Klein et al. 2007, Stat Med 26:4505, equation 1).

    Where one arm's survival is 0, so that it has no variance, there is a difference but no test. Where both arms have
    no variance because nobody has had an event, likewise.

    Args:
        first: Curve of the experimental arm.
        second: Curve of the control arm.
        times: Scalar or (L,), in the unit of the curves.
        conf_level: Two-sided level, 0 < conf_level < 1.

    Returns:
        The differences.

    Raises:
        KernelInputError: Times or a level outside their limits.
    """
    one, two = survival_at(first, times), survival_at(second, times)
    half = z_of_level(conf_level)
    estimate = one.survival - two.survival
    std_err = np.hypot(one.std_err, two.std_err)
    std_err[std_err == 0.0] = np.nan
    with np.errstate(invalid="ignore"):
        z = estimate / std_err
    reason = tuple(
        a or b or ("" if np.isfinite(s) else "no standard error: survival is 0 or 1")
        for a, b, s in zip(one.reason, two.reason, std_err, strict=True)
    )
    return SurvivalDifference(
        one.time,
        estimate,
        std_err,
        np.maximum(estimate - half * std_err, -1.0),
        np.minimum(estimate + half * std_err, 1.0),
        z,
        two_sided_p(z),
        norm_sf(z),
        reason,
    )
