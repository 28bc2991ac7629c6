"""Restricted mean survival time: the area under a survival curve up to a horizon.

Royston and Parmar (2013, BMC Med Res Methodol 13:152) for the measure; its variance is the sum over event times t of
A(t)^2 d / (n (n - d)) with A(t) the area from t to the horizon (Klein and Moeschberger 2003, equation 4.5.2), without
the factor m / (m - 1) that some programs apply.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import require
from equipoise.kernels._km import KaplanMeier
from equipoise.kernels._ordering import TIE_TOLERANCE
from equipoise.kernels.distributions import norm_sf, two_sided_p, z_of_level
from equipoise.kernels.kaplan_meier import kaplan_meier

__all__ = ["Rmst", "RmstContrast", "rmst", "rmst_contrast", "rmst_of_times"]


class Rmst(NamedTuple):
    """A restricted mean.

    Attributes:
        tau: The horizon, in the unit of the curve.
        estimate: Mean of the smaller of survival time and horizon, same unit; NaN with a reason.
        std_err: Its standard error, same unit.
        reason: Why there is no estimate; "" when there is.
    """

    tau: float
    estimate: float
    std_err: float
    reason: str


class RmstContrast(NamedTuple):
    """The restricted mean of one arm against another's; the first is the experimental arm.

    Attributes:
        tau: The common horizon.
        difference: First less second, in the unit of time.
        difference_std_err: Its standard error.
        difference_lower: Lower limit.
        difference_upper: Upper limit.
        ratio: First over second.
        log_ratio_std_err: Standard error of its log (delta method).
        ratio_lower: Lower limit, symmetric on the log scale.
        ratio_upper: Upper limit.
        z: Difference over its error; positive favours the first arm.
        p_two_sided: Two-sided p of the difference.
        p_one_sided: P(Z > z).
        ratio_p_two_sided: Two-sided p of the log ratio.
        reason: Why there is no contrast; "" when there is.
    """

    tau: float
    difference: float
    difference_std_err: float
    difference_lower: float
    difference_upper: float
    ratio: float
    log_ratio_std_err: float
    ratio_lower: float
    ratio_upper: float
    z: float
    p_two_sided: float
    p_one_sided: float
    ratio_p_two_sided: float
    reason: str


def rmst(km: KaplanMeier, tau: float) -> Rmst:
    """Area under the curve from 0 to the horizon.

    Args:
        km: The curve.
        tau: The horizon, above 0, in the unit of the curve. Beyond the last follow-up there is no estimate unless
            survival has reached 0.

    Returns:
        The restricted mean.

    Raises:
        KernelInputError: The horizon is not finite and positive.
    """
    require(np.isfinite(tau) and tau > 0.0, "tau", "the horizon must be a finite time above 0", tau)
    tau = float(tau)
    if not km.time.size:
        return Rmst(tau, np.nan, np.nan, "no subjects")
    slack = TIE_TOLERANCE * float(km.time.mean())
    if tau > km.time[-1] + slack and km.survival[-1] > 0.0:
        return Rmst(tau, np.nan, np.nan, f"the horizon is beyond the last follow-up, {km.time[-1]:.10g}")
    within = int(np.searchsorted(km.time, tau, side="right"))
    width = np.diff(km.time[:within], prepend=0.0, append=tau)
    area = width * np.append(1.0, km.survival[:within])
    # Area beyond each time: a sum from the right, so that its last terms are exact.
    beyond = np.cumsum(area[:0:-1])[::-1]
    events, at_risk = km.n_event[:within], km.n_risk[:within]
    staying = at_risk - events
    # Where nobody stays the area beyond is 0, and so is the term.
    term = events / (at_risk * np.where(staying > 0, staying, np.inf))
    return Rmst(tau, float(area.sum()), float(np.sqrt((beyond * beyond) @ term)), "")


def rmst_of_times(time: ArrayLike, event: ArrayLike, tau: float) -> Rmst:
    """`rmst` of the Kaplan-Meier curve of these subjects.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        tau: The horizon, above 0, same unit.

    Returns:
        The restricted mean.

    Raises:
        KernelInputError: Arrays or a horizon that break the limits above.
    """
    return rmst(kaplan_meier(time, event), tau)


def rmst_contrast(first: Rmst, second: Rmst, *, conf_level: float = 0.95) -> RmstContrast:
    """Difference and ratio of two restricted means up to one horizon.

    Args:
        first: Restricted mean of the experimental arm.
        second: Restricted mean of the control arm.
        conf_level: Two-sided level, 0 < conf_level < 1.

    Returns:
        The contrast.

    Raises:
        KernelInputError: The horizons differ, or the level is outside (0, 1).
    """
    require(first.tau == second.tau, "tau", "the two horizons must be one", (first.tau, second.tau))
    half = z_of_level(conf_level)
    reason = first.reason or second.reason
    if reason:
        return RmstContrast(first.tau, *(np.nan,) * 12, reason)
    difference = first.estimate - second.estimate
    error = float(np.hypot(first.std_err, second.std_err))
    z = difference / error if error > 0.0 else np.nan
    ratio, log_error = np.nan, np.nan
    if first.estimate > 0.0 and second.estimate > 0.0:
        ratio = first.estimate / second.estimate
        log_error = float(np.hypot(first.std_err / first.estimate, second.std_err / second.estimate))
    ratio_z = float(np.log(ratio)) / log_error if log_error > 0.0 else np.nan
    return RmstContrast(
        tau=first.tau,
        difference=difference,
        difference_std_err=error,
        difference_lower=difference - half * error,
        difference_upper=difference + half * error,
        ratio=ratio,
        log_ratio_std_err=log_error,
        ratio_lower=ratio * float(np.exp(-half * log_error)),
        ratio_upper=ratio * float(np.exp(half * log_error)),
        z=z,
        p_two_sided=two_sided_p(z),
        p_one_sided=norm_sf(z),
        ratio_p_two_sided=two_sided_p(ratio_z),
        reason="" if error > 0.0 else "no event before the horizon in either arm",
    )
