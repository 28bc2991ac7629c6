"""Score limits and tests of a difference of two proportions (Miettinen and Nurminen 1985).

The limits are the differences d at which the score statistic

    z(d) = (p1 - p0 - d) / sqrt(V(d)),    V(d) = c * (r1 (1 - r1) / n1 + r0 (1 - r0) / n0)

reaches the normal quantile. r1 and r0 are the maximum-likelihood proportions under r1 - r0 = d, the middle root of a
cubic (their appendix I); c is N / (N - 1), their equation 8, or 1, which gives the limits of Mee (1984).

References:
    Miettinen, O. and Nurminen, M. (1985). Statistics in Medicine 4, 213-226.
    Mee, R. W. (1984). Biometrics 40, 1175-1176.
    Farrington, C. P. and Manning, G. (1990). Statistics in Medicine 9, 1447-1454 (the cubic, written out).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import KernelInputError
from equipoise.kernels._counts import (
    Floats,
    Interval,
    Intervals,
    ScoreTest,
    check_choice,
    critical,
    problem,
    read_binomial,
    reasons,
    scalar,
    two_sided,
)
from equipoise.kernels._roots import crossing

__all__ = [
    "VarianceFactor",
    "difference_miettinen_nurminen",
    "difference_miettinen_nurminen_many",
    "restricted_rates",
    "score_limits",
    "score_test_difference",
    "score_variance",
]

VarianceFactor = Literal["n/(n-1)", "none"]
_FACTORS = ("n/(n-1)", "none")
_NEWTON_STEPS = 2
_TOLERANCE = 1e-15

EMPTY_ARM = "an arm has no subjects"


def difference_miettinen_nurminen(
    x1: int, n1: int, x0: int, n0: int, *, conf_level: float = 0.95, variance_factor: VarianceFactor = "n/(n-1)"
) -> Interval:
    """Score limits of x1 / n1 - x0 / n0 (Miettinen and Nurminen 1985).

    Args:
        x1: Responders in the experimental arm.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.
        variance_factor: "n/(n-1)" as published in 1985; "none" gives Mee's limits.

    Returns:
        Difference and limits as fractions within -1 to 1; NaN and a reason where an arm is empty.

    Raises:
        KernelInputError: Impossible counts, level or factor.
    """
    scalar(x1=x1, n1=n1, x0=x0, n0=n0)
    many = difference_miettinen_nurminen_many(x1, n1, x0, n0, conf_level=conf_level, variance_factor=variance_factor)
    return many.at(())


def difference_miettinen_nurminen_many(
    x1: ArrayLike,
    n1: ArrayLike,
    x0: ArrayLike,
    n0: ArrayLike,
    *,
    conf_level: float = 0.95,
    variance_factor: VarianceFactor = "n/(n-1)",
) -> Intervals:
    """`difference_miettinen_nurminen` for arrays, all tables solved together.

    Args:
        x1: Responders in the experimental arm; the four arrays broadcast.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.
        variance_factor: "n/(n-1)" as published in 1985; "none" gives Mee's limits.

    Returns:
        Arrays of the common shape.

    Raises:
        KernelInputError: Impossible counts, level or factor.
    """
    check_choice("variance_factor", variance_factor, _FACTORS)
    z2 = critical(conf_level) ** 2
    tables = read_binomial(x1=x1, n1=n1, x0=x0, n0=n0)
    a, m, b, n = tables
    empty = (m == 0) | (n == 0)
    a, m, b, n = (np.where(empty, safe, values) for values, safe in zip(tables, (0.0, 1.0, 0.0, 1.0), strict=True))
    found = a / m - b / n

    def excess(d: Floats) -> Floats:
        variance = score_variance(a, m, b, n, d, variance_factor=variance_factor)
        out: Floats = (found - d) ** 2 - z2 * variance
        return out

    lower, upper = score_limits(excess, found)
    return Intervals(
        np.where(empty, np.nan, found),
        np.where(empty, np.nan, lower),
        np.where(empty, np.nan, upper),
        reasons(found.shape, (empty, EMPTY_ARM)),
    )


def score_test_difference(
    x1: int, n1: int, x0: int, n0: int, *, delta: float = 0.0, variance_factor: VarianceFactor = "n/(n-1)"
) -> ScoreTest:
    """Score test of p1 - p0 = delta; delta other than 0 makes it a non-inferiority or superiority-by-margin test.

    At delta = 0, "none" is Pearson's chi-square (without continuity correction) and "n/(n-1)" the Mantel-Haenszel
    chi-square of one table, each as a signed root. With another delta, "none" is the test of Farrington and Manning.

    Args:
        x1: Responders in the experimental arm.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        delta: Difference under the null hypothesis, strictly between -1 and 1.
        variance_factor: "n/(n-1)" or "none", as for the limits.

    Returns:
        z > 0 where p1 - p0 exceeds delta, and the two-sided p.

    Raises:
        KernelInputError: Impossible counts, delta or factor.
    """
    scalar(x1=x1, n1=n1, x0=x0, n0=n0, delta=delta)
    check_choice("variance_factor", variance_factor, _FACTORS)
    if not -1.0 < delta < 1.0:
        raise KernelInputError(problem("delta", "delta is not between -1 and 1", delta, "give a fraction such as -0.1"))
    a, m, b, n = read_binomial(x1=x1, n1=n1, x0=x0, n0=n0)
    if m == 0 or n == 0:
        return ScoreTest(math.nan, math.nan, EMPTY_ARM)
    variance = float(score_variance(a, m, b, n, np.asarray(float(delta)), variance_factor=variance_factor))
    if variance <= 0.0:
        return ScoreTest(math.nan, math.nan, "no variation: every subject has the same outcome")
    z = float(a / m - b / n - delta) / math.sqrt(variance)
    return ScoreTest(z, two_sided(z))


def score_variance(
    x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats, *, variance_factor: VarianceFactor
) -> Floats:
    """Variance of p1 - p0 at the restricted maximum-likelihood proportions (Miettinen and Nurminen 1985, eq. 8).

    Args:
        x1: Responders in the experimental arm; all arrays of one shape.
        n1: Subjects in the experimental arm, at least 1.
        x0: Responders in the control arm.
        n0: Subjects in the control arm, at least 1.
        d: Difference r1 - r0, -1 to 1.
        variance_factor: "n/(n-1)" or "none".

    Returns:
        Variance, 0 or more.
    """
    r1, r0 = restricted_rates(x1, n1, x0, n0, d)
    out: Floats = r1 * (1.0 - r1) / n1 + r0 * (1.0 - r0) / n0
    if variance_factor == "n/(n-1)":
        out = out * ((n1 + n0) / (n1 + n0 - 1.0))
    return out


def restricted_rates(x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Maximum-likelihood proportions of both arms under r1 - r0 = d.

    Setting the derivative of the log-likelihood to 0 gives a cubic in r0 (Miettinen and Nurminen 1985, appendix I). It
    is solved for the table as given, or with arms or outcomes exchanged, such that d >= 0 and the root lies in the
    lower half of its range 0 to 1 - d: there a small root keeps its relative accuracy, however rare the events.

    Args:
        x1: Responders in the experimental arm; all arrays of one shape.
        n1: Subjects in the experimental arm, at least 1.
        x0: Responders in the control arm.
        n0: Subjects in the control arm, at least 1.
        d: Difference, -1 to 1.

    Returns:
        Proportions r1 and r0.
    """
    exchanged = d < 0.0
    gap = np.abs(d)
    a, m, b, n = _exchange(exchanged, x1, n1, x0, n0)
    upper_half = _cubic_at(0.5 * (1.0 - gap), *_cubic(a, m, b, n, gap)) > 0.0
    # Exchanging outcomes and arms keeps d and sends r0 to 1 - r1.
    a, m, b, n = (np.where(upper_half, new, old) for new, old in zip((n - b, n, m - a, m), (a, m, b, n), strict=True))
    low = _lower_half_root(a, m, b, n, gap)
    high = low + gap
    low, high = np.where(upper_half, 1.0 - high, low), np.where(upper_half, 1.0 - low, high)
    return np.where(exchanged, low, high), np.where(exchanged, high, low)


def score_limits(excess: Callable[[Floats], Floats], found: Floats) -> tuple[Floats, Floats]:
    """Ends of the accepted differences around `found`, between -1 and 1.

    Args:
        excess: Squared distance from a difference less what the level allows; positive where the difference is refused.
            Takes an array of shape (2, ...): lower side, upper side.
        found: Differences that are accepted.

    Returns:
        Lower and upper limits; -1 or 1 where everything on that side is accepted.
    """
    ends = np.stack([np.full_like(found, -1.0), np.full_like(found, 1.0)])
    limits = crossing(excess, np.stack([found, found]), ends, tolerance=_TOLERANCE)
    return limits[0], limits[1]


def _exchange(where: NDArray[np.bool_], *table: Floats) -> tuple[Floats, ...]:
    """The table x1, n1, x0, n0 with its arms exchanged in some places."""
    return tuple(np.where(where, table[i - 2], table[i]) for i in range(4))


def _cubic(x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients c2, c1, c0 of r^3 + c2 r^2 + c1 r + c0, positive below the wanted root r0 and negative above."""
    total, both = n1 + n0, x1 + x0
    c2 = ((n1 + 2.0 * n0) * d - total - both) / total
    c1 = ((n0 * d - total - 2.0 * x0) * d + both) / total
    return c2, c1, x0 * d * (1.0 - d) / total


def _cubic_at(r: Floats, c2: Floats, c1: Floats, c0: Floats) -> Floats:
    return ((r + c2) * r + c1) * r + c0


def _lower_half_root(x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats) -> Floats:
    """The root r0 of the cubic, known to lie between 0 and (1 - d) / 2."""
    c2, c1, c0 = _cubic(x1, n1, x0, n0, d)
    low, high = np.zeros(d.shape), 0.5 * (1.0 - d)
    root = np.clip(_middle_root(c2, c1, c0), low, high)
    # The trigonometric root loses digits where two roots nearly meet; Newton steps inside a bracket restore them.
    for _ in range(_NEWTON_STEPS):
        value = _cubic_at(root, c2, c1, c0)
        low, high = np.where(value > 0.0, root, low), np.where(value > 0.0, high, root)
        slope = (3.0 * root + 2.0 * c2) * root + c1
        moved = np.full(root.shape, -1.0)
        np.divide(value, slope, out=moved, where=slope < 0.0)
        moved = np.where(slope < 0.0, root - moved, -1.0)
        root = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
    # Without responders in the control arm 0 is a root too, and the other one solves a quadratic.
    spread = np.sqrt(np.maximum(c2 * c2 - 4.0 * c1, 0.0))
    quadratic = np.zeros(d.shape)
    np.divide(2.0 * c1, spread - c2, out=quadratic, where=(c1 > 0.0) & (spread > c2))
    out: Floats = np.where(x0 == 0.0, np.minimum(quadratic, 0.5 * (1.0 - d)), root)
    return out


def _middle_root(c2: Floats, c1: Floats, c0: Floats) -> Floats:
    """Middle of the three real roots of r^3 + c2 r^2 + c1 r + c0."""
    third = c2 / 3.0
    q = third**3 - c1 * c2 / 6.0 + c0 / 2.0
    p = np.copysign(np.sqrt(np.maximum(third * third - c1 / 3.0, 0.0)), q)
    cube = p**3
    cosine = np.zeros(cube.shape)
    np.divide(q, cube, out=cosine, where=cube != 0.0)
    angle = (math.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3.0
    out: Floats = 2.0 * p * np.cos(angle) - third
    return out
