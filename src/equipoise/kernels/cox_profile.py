"""Profile-likelihood limits of a coefficient of a Cox model.

The limits are where twice the log-likelihood, with the other coefficients at their maximum, has fallen by the quantile
of chi-square (Venzon and Moolgavkar 1988, Appl Stat 37:87). They do not depend on the scale of the coefficient, and
where the likelihood is monotone one of them is still there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._cox_fit import Model, Penalty, Ties, model_of
from equipoise.kernels._newton import Derivatives, maximize
from equipoise.kernels.cox import check_options, check_rows

__all__ = ["ProfileLimits", "profile_limits", "profile_ratio"]

_UNBOUNDED = "unbounded: the likelihood does not fall on this side"
_NO_END = "the search for the limit did not end"
_NO_EVENTS = "no events"
_MAX_STEPS = 100
_FAR = 1000.0
"""A log hazard ratio over the spread of the covariate beyond which a likelihood that has not fallen does not fall."""


class ProfileLimits(NamedTuple):
    """Limits of one coefficient.

    Attributes:
        lower: Lower limit; NaN with a reason.
        upper: Upper limit; NaN with a reason.
        reason_lower: Why there is no lower limit; "" where there is one.
        reason_upper: Why there is no upper limit.
    """

    lower: float
    upper: float
    reason_lower: str
    reason_upper: str


class _Point(NamedTuple):
    """The profile at one value of the coefficient: how far above the threshold, its slope, the other coefficients."""

    excess: float
    slope: float
    others: Floats


def profile_limits(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    column: int = 0,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: Ties = "efron",
    penalty: Penalty = "none",
    conf_level: float = 0.95,
) -> ProfileLimits:
    """Profile-likelihood limits of the coefficient of one column.

    Where the estimate is infinite, the limit on its side is NaN, "unbounded", and the other one is where the
    likelihood is by the quantile below its limit. With Firth's penalty the penalized likelihood is profiled, its
    penalty that of all coefficients (Heinze and Schemper 2001).

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        column: Which of the p columns, from 0.
        entry: (n,) starts, as for `cox`.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive; not for `discrete` and `exact` ties.
        ties: `efron`, `breslow`, `discrete` or `exact`.
        penalty: `none` or `firth`.
        conf_level: Level of the two-sided limits.

    Returns:
        The limits.

    Raises:
        KernelInputError: Arrays or options that break the limits of `cox`, or a column that is not there.
    """
    options = check_options(ties, conf_level, penalty=penalty)
    rows = check_rows(time, event, x, entry, stratum, weights, options)
    inside = 0 <= column < rows.x.shape[1]
    require(inside, "column", f"the column must be one of 0 to {rows.x.shape[1] - 1}", column)
    if not rows.outcome.event.any():
        return _none(_NO_EVENTS)
    model = model_of(rows, options)
    if model.reasons[column]:
        return _none(model.reasons[column])
    own = int(np.searchsorted(model.used, column))
    begin = model.likelihood(np.zeros(model.used.size))
    top = maximize(model.likelihood, begin, model.scale, tol=1e-9, max_iter=options.max_iter)
    if not top.converged:
        return _none("the climb to the maximum did not end")
    threshold = top.derivatives.value - 0.5 * options.z**2
    profile = _profile_of(model, own, threshold)
    start = 0.0 if top.runaway[own] or top.flat[own] else float(top.at[own])
    others = np.delete(top.at, own) if start else np.zeros(model.used.size - 1)
    ends, spread = [], float(model.scale[own])
    for side in (-1.0, 1.0):
        away = bool(top.runaway[own]) and side * top.at[own] > 0.0
        ends.append((np.nan, _UNBOUNDED) if away else _limit(profile, start, others, spread, side))
    return ProfileLimits(ends[0][0], ends[1][0], ends[0][1], ends[1][1])


def profile_ratio(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    column: int = 0,
    at: float = 0.0,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: Ties = "efron",
    penalty: Penalty = "none",
) -> float:
    """Likelihood-ratio chi-square, 1 df, of one coefficient being `at`: twice what the profile loses there.

    With Firth's penalty the penalized likelihood is profiled and its penalty stays that of all coefficients (Heinze and
    Schemper 2001, section 2.2), so the statistic goes with the limits of `profile_limits`.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        column: Which of the p columns, from 0.
        at: Value under the null hypothesis.
        entry: (n,) starts, as for `cox`.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive; not for `discrete` and `exact` ties.
        ties: `efron`, `breslow`, `discrete` or `exact`.
        penalty: `none` or `firth`.

    Returns:
        The chi-square; NaN without events or without information about the coefficient.

    Raises:
        KernelInputError: Arrays or options that break the limits of `cox`, or a column that is not there.
    """
    options = check_options(ties, 0.95, penalty=penalty)
    rows = check_rows(time, event, x, entry, stratum, weights, options)
    inside = 0 <= column < rows.x.shape[1]
    require(inside, "column", f"the column must be one of 0 to {rows.x.shape[1] - 1}", column)
    require(np.isfinite(at), "at", "the value under the null hypothesis must be finite", at)
    if not rows.outcome.event.any():
        return float("nan")
    model = model_of(rows, options)
    if model.reasons[column]:
        return float("nan")
    own = int(np.searchsorted(model.used, column))
    begin = model.likelihood(np.zeros(model.used.size))
    top = maximize(model.likelihood, begin, model.scale, tol=1e-9, max_iter=options.max_iter)
    if not top.converged:
        return float("nan")
    profile = _profile_of(model, own, top.derivatives.value)
    lost = profile(at, np.zeros(model.used.size - 1)).excess
    # Of two maxima found to rounding the difference can fall just below 0.
    return max(0.0, -2.0 * float(lost))


def _none(reason: str) -> ProfileLimits:
    return ProfileLimits(np.nan, np.nan, reason, reason)


def _profile_of(model: Model, own: int, threshold: float) -> Callable[[float, Floats], _Point]:
    rest = np.delete(np.arange(model.used.size), own)

    def profile(value: float, others: Floats) -> _Point:
        """The profile at a value; the climb of the other coefficients starts from `others`."""

        def of_others(moved: Floats) -> Derivatives:
            at = np.insert(others + moved, own, value)
            there = model.likelihood(at)
            return Derivatives(there.value, there.score[rest], there.information[np.ix_(rest, rest)])

        at = others
        if rest.size:
            zero = np.zeros(rest.size)
            top = maximize(of_others, of_others(zero), model.scale[rest], tol=1e-9, max_iter=200)
            at = others + top.at
        there = model.likelihood(np.insert(at, own, value))
        return _Point(there.value - threshold, float(there.score[own]), at)

    return profile


def _limit(
    profile: Callable[[float, Floats], _Point], start: float, others: Floats, spread: float, side: float
) -> tuple[float, str]:
    """Where the profile falls through the threshold on one side, and why it does not.

    The profile is concave, so once below the threshold Newton's steps come back to it from outside and never cross it;
    a bracket keeps them safe from rounding.
    """
    at, point, step = start, profile(start, others), 2.0 / spread
    while point.excess < 0.0 < side * point.slope:
        # An infinite estimate on this side, seen from a start too far on the other one.
        at, step = at + side * step, 1.5 * step
        if abs(at - start) * spread > _FAR:
            return np.nan, _NO_END
        point = profile(at, point.others)
    inside = outside = np.nan
    for _ in range(_MAX_STEPS):
        if point.excess >= 0.0:
            inside = at
        elif point.excess < 0.0:
            outside = at
        newton = at - point.excess / point.slope if point.slope * side < 0.0 else np.inf * side
        if np.isnan(outside):
            # Still above the threshold: a few spreads at a time, for the slope may be next to nothing.
            if not np.isfinite(point.excess) or abs(at - start) * spread > _FAR:
                return np.nan, _UNBOUNDED
            following = at + side * min(side * (newton - at), step)
            step *= 1.5
        else:
            between = np.isnan(inside) or side * inside < side * newton < side * outside
            following = newton if between and np.isfinite(newton) else 0.5 * (inside + outside)
        if abs(following - at) * spread < 1e-13 * max(1.0, abs(at) * spread):
            return following, ""
        at, point = following, profile(following, point.others)
    return np.nan, _NO_END
