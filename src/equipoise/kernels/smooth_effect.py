"""A natural cubic spline through scaled Schoenfeld residuals: how an effect changes with time, for the plot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, require

__all__ = ["SmoothEffect", "smooth_effect"]

_FEW = "too few distinct event times for the spline"
_NO_RESIDUALS = "no residuals"


class SmoothEffect(NamedTuple):
    """Curves of p covariates on a grid of m transformed times.

    Attributes:
        x: (m,) transformed times, evenly from the first event to the last.
        effect: (m, p) coefficient as a function of time.
        se: (m, p) its standard error, as if the residuals were independent.
        lower: (m, p) effect less `width` standard errors.
        upper: (m, p) effect plus `width` standard errors.
        reasons: (p,) why a curve is NaN, or empty.
    """

    x: Floats
    effect: Floats
    se: Floats
    lower: Floats
    upper: Floats
    reasons: tuple[str, ...]


def smooth_effect(
    transformed: ArrayLike,
    scaled: ArrayLike,
    variance: ArrayLike,
    *,
    df: int = 4,
    points: int = 40,
    width: float = 2.0,
) -> SmoothEffect:
    """Fit by least squares what R's `plot.cox.zph` draws: limits are 2 standard errors about it unless `width` differs.

    The spline has df coefficients with the intercept; its df - 2 inner knots are at even quantiles of the event times
    and the grid together (R's choice), and beyond the outer knots, the first and last event, it would be straight.

    Args:
        transformed: (d,) transformed times of the events, finite.
        scaled: (d, p) or (d,) scaled Schoenfeld residuals; a residual that is NaN is left out of its curve.
        variance: (p, p) variance of one of them, `ProportionalHazards.variance`, or (p,) its diagonal.
        df: Coefficients of the spline, from 2 (a straight line).
        points: Length of the grid, from 2.
        width: Standard errors from the curve to its limits.

    Returns:
        The curves, NaN with a reason where there are fewer distinct times than coefficients.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    x, y, sizes = _checked(transformed, scaled, variance)
    require(2 <= df <= 50, "df", "the degrees of freedom must lie between 2 and 50", df)
    require(2 <= points <= 100_000, "points", "the grid must have from 2 to 100,000 points", points)
    require(np.isfinite(width) and width > 0.0, "width", "the width must be above 0", width)
    m, p = points, y.shape[1]
    if not x.size:
        none = np.full((m, p), np.nan)
        return SmoothEffect(np.full(m, np.nan), none, none, none, none, (_NO_RESIDUALS,) * p)
    grid = np.linspace(x.min(), x.max(), m)
    effect, se, reasons = np.full((m, p), np.nan), np.full((m, p), np.nan), [""] * p
    knots = np.quantile(np.append(grid, x), np.linspace(0.0, 1.0, df))
    knots[0], knots[-1] = grid[0], grid[-1]
    for j in range(p):
        keep = np.isfinite(y[:, j])
        if np.unique(x[keep]).size < df or not np.all(np.diff(knots) > 0.0):
            reasons[j] = _FEW if keep.any() else _NO_RESIDUALS
            continue
        left, values, right = np.linalg.svd(natural_basis(x[keep], knots), full_matrices=False)
        if values[-1] <= 1e-10 * values[0]:
            reasons[j] = _FEW
            continue
        # One row per point of the grid: the combination of residuals that the curve is there.
        hat = natural_basis(grid, knots) @ (right.T / values)
        effect[:, j] = hat @ (left.T @ y[keep, j])
        se[:, j] = np.sqrt(sizes[j] * np.square(hat).sum(axis=1))
    return SmoothEffect(grid, effect, se, effect - width * se, effect + width * se, tuple(reasons))


def natural_basis(x: Floats, knots: Floats) -> Floats:
    """Natural cubic splines on K knots as truncated powers: 1, t, and K - 2 curves that are straight beyond the ends.

    Args:
        x: (n,) points.
        knots: (K,) rising, K at least 2; the outer ones bound the curved part.

    Returns:
        (n, K) basis, with t running from 0 to 1 between the outer knots.
    """
    span = knots[-1] - knots[0]
    t, k = (x - knots[0]) / span, (knots - knots[0]) / span
    cubes = np.maximum(t[:, None] - k, 0.0) ** 3
    slopes = (cubes[:, :-1] - cubes[:, -1:]) / (k[-1] - k[:-1])
    return np.column_stack([np.ones_like(t), t, slopes[:, :-1] - slopes[:, -1:]])


def _checked(transformed: ArrayLike, scaled: ArrayLike, variance: ArrayLike) -> tuple[Floats, Floats, Floats]:
    x, y, v = (np.asarray(values) for values in (transformed, scaled, variance))
    for name, array in (("transformed", x), ("scaled", y), ("variance", v)):
        require(array.dtype.kind in "fiub", name, f"{name} must be numbers", array.dtype)
    x, y, v = x.astype(np.float64), y.astype(np.float64), v.astype(np.float64)
    require(x.ndim == 1 and np.isfinite(x).all(), "transformed", "transformed times must be finite, of one dimension")
    y = y[:, None] if y.ndim == 1 else y
    fits = y.ndim == 2 and y.shape[0] == x.size
    require(fits, "scaled", "residuals must have one row for each transformed time", y.shape)
    v = np.diagonal(v) if v.ndim == 2 else np.atleast_1d(v)
    require(v.shape == (y.shape[1],), "variance", "there must be one variance for each column of residuals", v.shape)
    return x, y, v
