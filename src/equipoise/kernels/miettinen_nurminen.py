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

__all__ = [
    "VarianceFactor",
    "difference_miettinen_nurminen",
    "difference_miettinen_nurminen_many",
    "restricted_control_rate",
    "score_test_difference",
    "score_variance",
]

VarianceFactor = Literal["n/(n-1)", "none"]
_FACTORS = ("n/(n-1)", "none")
_NEWTON_STEPS = 3
# The bracket is at most 2 wide, so 60 halvings leave less than the spacing of doubles near 1.
_HALVINGS = 60

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
    """`difference_miettinen_nurminen` for arrays, all tables bisected together.

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

    def inside(d: Floats) -> NDArray[np.bool_]:
        variance = score_variance(a, m, b, n, d, variance_factor=variance_factor)
        accepted: NDArray[np.bool_] = (found - d) ** 2 <= z2 * variance
        return accepted

    lower, upper = limits_by_bisection(inside, found)
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
    r0 = restricted_control_rate(x1, n1, x0, n0, d)
    r1 = np.clip(r0 + d, 0.0, 1.0)
    out: Floats = r1 * (1.0 - r1) / n1 + r0 * (1.0 - r0) / n0
    if variance_factor == "n/(n-1)":
        out = out * ((n1 + n0) / (n1 + n0 - 1.0))
    return out


def restricted_control_rate(x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats) -> Floats:
    """Maximum-likelihood proportion of the control arm when the experimental one is larger by d.

    Setting the derivative of the log-likelihood to 0 gives a cubic in r0 (Miettinen and Nurminen 1985, appendix I),
    whose middle root lies in the allowed range max(0, -d) to min(1, 1 - d). The trigonometric root loses digits where
    two roots nearly meet (rare events in a large trial), so it is refined by Newton steps on the cubic, which keep
    their relative accuracy near 0; a table with most subjects responding is turned into its complement for that.

    Args:
        x1: Responders in the experimental arm; all arrays of one shape.
        n1: Subjects in the experimental arm, at least 1.
        x0: Responders in the control arm.
        n0: Subjects in the control arm, at least 1.
        d: Difference, -1 to 1.

    Returns:
        Proportion r0, within its allowed range.
    """
    total = n1 + n0
    turned = 2.0 * (x1 + x0) > total
    delta = np.where(turned, -d, d)
    b = np.where(turned, n0 - x0, x0)
    both = np.where(turned, total - x1 - x0, x1 + x0)
    # Coefficients of the cubic divided by N: r^3 + c2 r^2 + c1 r + c0.
    c2 = ((n1 + 2.0 * n0) * delta - total - both) / total
    c1 = ((n0 * delta - total - 2.0 * b) * delta + both) / total
    c0 = b * delta * (1.0 - delta) / total
    root = np.clip(_middle_root(c2, c1, c0), np.maximum(0.0, -delta), np.minimum(1.0, 1.0 - delta))
    for _ in range(_NEWTON_STEPS):
        root = _newton(root, c2, c1, c0, delta)
    out: Floats = np.where(turned, 1.0 - root, root)
    return out


def limits_by_bisection(inside: Callable[[Floats], NDArray[np.bool_]], found: Floats) -> tuple[Floats, Floats]:
    """Ends of the accepted differences around `found`, between -1 and 1.

    Args:
        inside: Says for an array of differences (shape (2, ...): lower side, upper side) which are accepted.
        found: Differences that are accepted.

    Returns:
        Lower and upper limits; -1 or 1 where everything on that side is accepted.
    """
    inner = np.stack([found, found])
    outer = np.stack([np.full_like(found, -1.0), np.full_like(found, 1.0)])
    for _ in range(_HALVINGS):
        middle = 0.5 * (inner + outer)
        accepted = inside(middle)
        inner = np.where(accepted, middle, inner)
        outer = np.where(accepted, outer, middle)
    middle = 0.5 * (inner + outer)
    return middle[0], middle[1]


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


def _newton(root: Floats, c2: Floats, c1: Floats, c0: Floats, delta: Floats) -> Floats:
    """One Newton step, taken where it stays in range and lowers the cubic's absolute value."""
    value = ((root + c2) * root + c1) * root + c0
    slope = (3.0 * root + 2.0 * c2) * root + c1
    step = np.zeros(root.shape)
    np.divide(value, slope, out=step, where=np.abs(slope) > 1e-300)
    moved = np.clip(root - step, np.maximum(0.0, -delta), np.minimum(1.0, 1.0 - delta))
    better = np.abs(((moved + c2) * moved + c1) * moved + c0) < np.abs(value)
    out: Floats = np.where(better, moved, root)
    return out
