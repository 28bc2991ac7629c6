"""Variances and limits of cumulative incidence."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats
from equipoise.kernels._competing import left_of

__all__ = ["Interval", "aalen_variance", "jackknife_variance", "limits_of"]

Interval = Literal["log_log", "log", "plain"]


def aalen_variance(at_risk: Floats, events: Floats, before: Floats, free: Floats, incidence: Floats) -> Floats:
    """Aalen (1978): an event at s moves F(t) by -(F(t) - F(s)) / S(s), and one of its own cause by 1 besides.

    The square of that is a quadratic in F(t), whose three coefficients are cumulative sums.

    Args:
        at_risk: (T,) subjects at risk.
        events: (K, T) events of each cause.
        before: (T,) probability of no event just before each time.
        free: (T,) the same from each time on.
        incidence: (K, T) incidence.

    Returns:
        (K, T) variances.
    """
    spread = (before / at_risk) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        # When nobody is left, F no longer changes.
        after = np.where(free > 0.0, 1.0 / free, 0.0)
    out = np.empty_like(incidence)
    for k in range(events.shape[0]):
        f = incidence[k]
        others = events.sum(axis=0) - events[k]
        total = np.zeros((3, f.size))
        for d, own in ((events[k], 1.0), (others, 0.0)):
            tied = np.where(d > 1.0, (at_risk - d) / np.maximum(at_risk - 1.0, 1.0), 1.0)
            mass = spread * d * tied * (free > 0.0 if own == 0.0 else 1.0)
            constant = own + f * after
            total += mass * np.stack((constant * constant, constant * after, after * after))
        c2, c1, c0 = np.cumsum(total, axis=1)
        out[k] = c2 - 2.0 * f * c1 + f * f * c0
    return out


def jackknife_variance(
    status: NDArray[np.int64],
    place: NDArray[np.int64],
    weight: Floats,
    at_risk: Floats,
    staying: Floats,
    events: Floats,
    before: Floats,
    incidence: Floats,
) -> Floats:
    """Sums of squared influences w dF / dw of all subjects.

    While at risk all subjects have one influence A(t); after its time X a subject's is a + g (F(t) - F(X)), so that
    the sum of squares again is a quadratic in F(t).

    Args:
        status: (n,) 0 censored, 1..K the cause.
        place: (n,) index of each subject's time.
        weight: (n,) case weights.
        at_risk: (T,) weight at risk.
        staying: (T,) weight at risk less that of events.
        events: (K, T) weight of events of each cause.
        before: (T,) probability of no event just before each time.
        incidence: (K, T) incidence.

    Returns:
        (K, T) variances.
    """
    size = at_risk.size
    any_event = events.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relief = np.where(staying > 0.0, 1.0 / staying, 0.0)  # when nobody is left, F no longer changes
    lived = np.cumsum(any_event * relief / at_risk)
    squares = weight * weight
    present = np.add.accumulate(np.bincount(place, squares, minlength=size)[::-1])[::-1]
    later = np.append(present[1:], 0.0) if size else present
    out = np.empty_like(incidence)
    for k in range(events.shape[0]):
        jump = before * events[k] / at_risk
        common = np.cumsum(jump * (left_of(lived, 0.0) - 1.0 / at_risk)) if size else jump
        g = lived[place] - np.where(status > 0, relief[place], 0.0)
        a = common[place] + np.where(status == k + 1, (before / at_risk)[place], 0.0)
        b = a - g * incidence[k][place]
        c2, c1, c0 = (np.cumsum(np.bincount(place, squares * part, minlength=size)) for part in (b * b, b * g, g * g))
        f = incidence[k]
        out[k] = later * common * common + c2 + 2.0 * f * c1 + f * f * c0
    return out


def limits_of(incidence: Floats, std_err: Floats, z: float, interval: Interval) -> tuple[Floats, Floats]:
    """Pointwise limits of incidence.

    Args:
        incidence: Incidence, any shape.
        std_err: Its standard error.
        z: Half-width in standard errors.
        interval: The scale.

    Returns:
        Lower and upper limits, both 0 where incidence is 0.
    """
    width = z * std_err
    with np.errstate(all="ignore"):
        if interval == "plain":
            lower, upper = np.maximum(incidence - width, 0.0), np.minimum(incidence + width, 1.0)
        elif interval == "log":
            factor = np.exp(width / incidence)
            lower, upper = incidence / factor, np.minimum(incidence * factor, 1.0)
        else:
            logs = np.log(incidence)
            factor = np.exp(width / (incidence * -logs))
            lower, upper = np.exp(logs * factor), np.exp(logs / factor)
            certain = incidence >= 1.0
            lower[certain] = upper[certain] = np.nan
    none = incidence == 0.0
    lower[none] = upper[none] = 0.0
    return lower, upper
