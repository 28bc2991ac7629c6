"""Confidence limits of one binomial proportion.

`clopper_pearson` is exact in that coverage is never below the level; `wilson` inverts the score test and is close to
the level on average. Each has a twin ending in `_many` that takes arrays and costs about as much as a single call.

References:
    Clopper, C. J. and Pearson, E. S. (1934). Biometrika 26, 404-413.
    Wilson, E. B. (1927). Journal of the American Statistical Association 22, 209-212.
    Newcombe, R. G. (1998). Statistics in Medicine 17, 857-872 (one proportion; methods 3 to 5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._counts import (
    Floats,
    Interval,
    Intervals,
    critical,
    ratio,
    read_binomial,
    reasons,
    scalar,
    tail,
)

__all__ = ["Interval", "Intervals", "clopper_pearson", "clopper_pearson_many", "wilson", "wilson_many"]

_EMPTY = "no subjects"


def clopper_pearson(x: int, n: int, *, conf_level: float = 0.95) -> Interval:
    """Exact limits of x / n, by inverting two one-sided binomial tests (Clopper and Pearson 1934).

    Args:
        x: Responders, 0 to n.
        n: Subjects; 0 gives NaN and a reason.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Estimate and limits as fractions; the lower limit is 0 at x = 0 and the upper limit 1 at x = n.

    Raises:
        KernelInputError: Impossible counts (negative, fractional, x > n) or level.
    """
    scalar(x=x, n=n)
    return clopper_pearson_many(x, n, conf_level=conf_level).at(())


def clopper_pearson_many(x: ArrayLike, n: ArrayLike, *, conf_level: float = 0.95) -> Intervals:
    """`clopper_pearson` for arrays.

    The limits are quantiles of beta distributions: lower B(a/2; x, n - x + 1), upper B(1 - a/2; x + 1, n - x).

    Args:
        x: Responders; any shape that broadcasts with `n`.
        n: Subjects.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Arrays of the common shape.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    from scipy.special import betaincinv

    alpha = tail(conf_level)
    x_, n_ = read_binomial(x=x, n=n)
    # At the edges one beta parameter is 0 and the limit is known, so any harmless parameter will do there. The upper
    # limit is taken as 1 - the lower limit of the non-responders: alpha / 2 is exact in floating point, 1 - alpha / 2
    # is not.
    lower = np.where(x_ > 0, betaincinv(np.maximum(x_, 1.0), n_ - x_ + 1.0, alpha), 0.0)
    upper = np.where(x_ < n_, 1.0 - betaincinv(np.maximum(n_ - x_, 1.0), x_ + 1.0, alpha), 1.0)
    return _finish(x_, n_, lower, upper)


def wilson(x: int, n: int, *, conf_level: float = 0.95, continuity: bool = False) -> Interval:
    """Score limits of x / n (Wilson 1927), without or with continuity correction.

    Args:
        x: Responders, 0 to n.
        n: Subjects; 0 gives NaN and a reason.
        conf_level: Two-sided confidence level, between 0 and 1.
        continuity: Newcombe 1998 method 4, a correction of 1 / (2n) everywhere. (R's `prop.test` shrinks the
            correction where x lies within 1/2 of n/2 and then differs.)

    Returns:
        Estimate and limits as fractions.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    scalar(x=x, n=n)
    return wilson_many(x, n, conf_level=conf_level, continuity=continuity).at(())


def wilson_many(x: ArrayLike, n: ArrayLike, *, conf_level: float = 0.95, continuity: bool = False) -> Intervals:
    """`wilson` for arrays.

    Args:
        x: Responders; any shape that broadcasts with `n`.
        n: Subjects.
        conf_level: Two-sided confidence level, between 0 and 1.
        continuity: Newcombe 1998 method 4 instead of method 3.

    Returns:
        Arrays of the common shape.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    z = critical(conf_level)
    x_, n_ = read_binomial(x=x, n=n)
    shift = 0.5 if continuity else 0.0
    lower = np.where(x_ > 0, _score_root(x_, n_, z, shift), 0.0)
    upper = np.where(x_ < n_, 1.0 - _score_root(n_ - x_, n_, z, shift), 1.0)
    return _finish(x_, n_, lower, upper)


def _score_root(x: Floats, n: Floats, z: float, shift: float) -> Floats:
    """Smaller root p of (x - shift - n p)^2 = z^2 n p (1 - p).

    It is the lower limit; the upper limit is 1 minus this for the non-responders. Writing the smaller root as
    constant / larger root keeps its digits when x is small beside n.
    """
    safe = np.maximum(n, 1.0)
    count = np.maximum(x - shift, 0.0)
    half = count + z * z / 2.0
    spread = z * np.sqrt(count * (safe - count) / safe + z * z / 4.0)
    out: Floats = count * count / safe / (half + spread)
    return out


def _finish(x: Floats, n: Floats, lower: Floats, upper: Floats) -> Intervals:
    empty = n == 0
    return Intervals(
        ratio(x, n),
        np.where(empty, np.nan, lower),
        np.where(empty, np.nan, upper),
        reasons(x.shape, (empty, _EMPTY)),
    )
