"""A survival curve and its pointwise limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels.distributions import z_of_level
from equipoise.kernels.risk_table import Counts

__all__ = ["Interval", "KaplanMeier", "confidence_limits", "curve_of_counts", "limits_of"]

Interval = Literal["log_log", "log", "plain"]


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeier:
    """A survival curve: one entry for each of the T distinct times of follow-up, censored ones too.

    Attributes:
        time: (T,) ascending, in the unit given; before the first one survival is 1.
        n_risk: (T,) subjects whose time is this one or later (sum of weights with weights).
        n_event: (T,) events at the time.
        n_censor: (T,) subjects censored at the time.
        survival: (T,) probability of surviving beyond the time.
        std_err: (T,) Greenwood standard error of survival; NaN where survival is 0.
        cumulative_variance: (T,) variance of log survival; infinite where survival is 0.
    """

    time: Floats
    n_risk: Counts
    n_event: Counts
    n_censor: Counts
    survival: Floats
    std_err: Floats
    cumulative_variance: Floats


def curve_of_counts(time: Floats, leaving: Counts, events: Counts) -> KaplanMeier:
    """The estimate from counts at distinct times.

    Args:
        time: (T,) distinct times, ascending.
        leaving: (T,) events and censorings at each.
        events: (T,) events at each.

    Returns:
        The curve.
    """
    # Weights add up with rounding; from the right the last risk set is exactly its own weight.
    n_risk: Counts = np.add.accumulate(leaving[::-1])[::-1]
    risk, happened = n_risk.astype(np.float64), events.astype(np.float64)
    staying = risk - happened
    with np.errstate(all="ignore"):
        survival = staying / risk
        np.cumprod(survival, out=survival)
        variance = np.multiply(risk, staying, out=risk)
        np.divide(happened, variance, out=variance)
        np.cumsum(variance, out=variance)
        std_err = np.sqrt(variance, out=staying)
        std_err *= survival
    return KaplanMeier(time, n_risk, events, leaving - events, survival, std_err, variance)


def confidence_limits(
    km: KaplanMeier, *, conf_level: float = 0.95, interval: Interval = "log_log"
) -> tuple[Floats, Floats]:
    """Pointwise limits of survival at each time of the curve.

    Before the first event both limits are 1. Where survival is 0 there are none (NaN). `log` and `plain` limits are
    cut at 0 and 1.

    Args:
        km: The curve.
        conf_level: Two-sided level, 0 < conf_level < 1.
        interval: The scale on which the limits are symmetric.

    Returns:
        Lower and upper limits, (T,) each.

    Raises:
        KernelInputError: An unknown interval or a level outside (0, 1).
    """
    return limits_of(km.survival, km.cumulative_variance, z_of_level(conf_level), interval)


def limits_of(survival: Floats, variance: Floats, z: float, interval: Interval) -> tuple[Floats, Floats]:
    """Pointwise limits from survival and the variance of its log.

    Args:
        survival: (T,) survival.
        variance: (T,) variance of log survival.
        z: Half-width in standard errors.
        interval: The scale.

    Returns:
        Lower and upper limits, (T,) each.

    Raises:
        KernelInputError: An unknown interval.
    """
    require(interval in ("log_log", "log", "plain"), "interval", "interval must be log_log, log or plain", interval)
    with np.errstate(all="ignore"):
        width = z * np.sqrt(variance)
        if interval == "plain":
            half = survival * width
            lower, upper = np.maximum(survival - half, 0.0), np.minimum(survival + half, 1.0)
        elif interval == "log":
            factor = np.exp(width)
            lower, upper = survival / factor, np.minimum(survival * factor, 1.0)
        else:
            # exp(-exp(log(-log S) +- w / log S)) is exp(log S * exp(+- w / log S)): two logs fewer.
            logs = np.log(survival)
            factor = np.exp(width / -logs)
            lower, upper = np.exp(logs * factor), np.exp(logs / factor)
    sure, gone = variance == 0.0, survival == 0.0
    lower[sure] = upper[sure] = 1.0
    lower[gone] = upper[gone] = np.nan
    return lower, upper
