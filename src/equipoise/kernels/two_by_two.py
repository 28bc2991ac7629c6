"""Contrasts of two binomial proportions: differences, ratios, odds ratios, number needed to treat.

Arm 1 is the experimental arm and arm 0 the control: differences are p1 - p0, ratios arm 1 over arm 0. Score limits
live in `miettinen_nurminen`, stratified tables in `mantel_haenszel` and `stratified_difference`; their public names are
repeated here, so that one import serves all tables.

References:
    Newcombe, R. G. (1998). Statistics in Medicine 17, 873-890 (two proportions; methods 1, 10 and 11).
    Woolf, B. (1955). Annals of Human Genetics 19, 251-253 (odds ratio).
    Katz, D. et al. (1978). Biometrics 34, 469-474 (risk ratio).
    Altman, D. G. (1998). British Medical Journal 317, 1309-1312 (number needed to treat).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._counts import (
    Floats,
    Interval,
    Intervals,
    PValue,
    ScoreTest,
    critical,
    ratio,
    read_binomial,
    reasons,
    scalar,
)
from equipoise.kernels.mantel_haenszel import (
    GeneralAssociation,
    MantelHaenszel,
    cmh_general_association,
    cochran_mantel_haenszel,
)
from equipoise.kernels.miettinen_nurminen import (
    EMPTY_ARM,
    difference_miettinen_nurminen,
    difference_miettinen_nurminen_many,
    score_test_difference,
)
from equipoise.kernels.proportions import wilson_many
from equipoise.kernels.stratified_difference import StratifiedDifference, difference_miettinen_nurminen_stratified

__all__ = [
    "GeneralAssociation",
    "Interval",
    "Intervals",
    "MantelHaenszel",
    "PValue",
    "ScoreTest",
    "StratifiedDifference",
    "cmh_general_association",
    "cochran_mantel_haenszel",
    "difference_miettinen_nurminen",
    "difference_miettinen_nurminen_many",
    "difference_miettinen_nurminen_stratified",
    "difference_newcombe",
    "difference_newcombe_many",
    "difference_wald",
    "difference_wald_many",
    "fisher_exact",
    "number_needed",
    "odds_ratio",
    "risk_ratio",
    "score_test_difference",
]

# R's fisher.test counts a table as no more likely than the observed one within this relative tolerance.
_FISHER_TOLERANCE = 1e-7


def difference_newcombe(
    x1: int, n1: int, x0: int, n0: int, *, conf_level: float = 0.95, continuity: bool = False
) -> Interval:
    """Hybrid score limits of x1 / n1 - x0 / n0 (Newcombe 1998, method 10; method 11 with `continuity`).

    With l and u the Wilson limits of each proportion, the difference d has the limits
    d - sqrt((p1 - l1)^2 + (u0 - p0)^2) and d + sqrt((u1 - p1)^2 + (p0 - l0)^2).

    Args:
        x1: Responders in the experimental arm.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.
        continuity: Take the Wilson limits with continuity correction (method 11).

    Returns:
        Difference and limits as fractions; NaN and a reason where an arm is empty.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    scalar(x1=x1, n1=n1, x0=x0, n0=n0)
    return difference_newcombe_many(x1, n1, x0, n0, conf_level=conf_level, continuity=continuity).at(())


def difference_newcombe_many(
    x1: ArrayLike,
    n1: ArrayLike,
    x0: ArrayLike,
    n0: ArrayLike,
    *,
    conf_level: float = 0.95,
    continuity: bool = False,
) -> Intervals:
    """`difference_newcombe` for arrays.

    Args:
        x1: Responders in the experimental arm; the four arrays broadcast.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.
        continuity: Method 11 instead of method 10.

    Returns:
        Arrays of the common shape.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    a, m, b, n = read_binomial(x1=x1, n1=n1, x0=x0, n0=n0)
    p1, l1, u1, _ = wilson_many(a, m, conf_level=conf_level, continuity=continuity)
    p0, l0, u0, _ = wilson_many(b, n, conf_level=conf_level, continuity=continuity)
    d = p1 - p0
    lower, upper = d - np.hypot(p1 - l1, u0 - p0), d + np.hypot(u1 - p1, p0 - l0)
    return Intervals(d, lower, upper, reasons(d.shape, ((m == 0) | (n == 0), EMPTY_ARM)))


def difference_wald(x1: int, n1: int, x0: int, n0: int, *, conf_level: float = 0.95) -> Interval:
    """Large-sample limits of x1 / n1 - x0 / n0 with the unpooled variance (Newcombe 1998, method 1).

    They cover poorly in small arms and near 0 and 1, may leave -1 to 1, and do not exist where neither arm varies; they
    are here because protocols declare them.

    Args:
        x1: Responders in the experimental arm.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Difference and limits as fractions; limits NaN with a reason where the standard error is 0.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    scalar(x1=x1, n1=n1, x0=x0, n0=n0)
    return difference_wald_many(x1, n1, x0, n0, conf_level=conf_level).at(())


def difference_wald_many(
    x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, *, conf_level: float = 0.95
) -> Intervals:
    """`difference_wald` for arrays.

    Args:
        x1: Responders in the experimental arm; the four arrays broadcast.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Arrays of the common shape.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    z = critical(conf_level)
    a, m, b, n = read_binomial(x1=x1, n1=n1, x0=x0, n0=n0)
    p1, p0 = ratio(a, m), ratio(b, n)
    se = np.sqrt(ratio(p1 * (1.0 - p1), m) + ratio(p0 * (1.0 - p0), n))
    flat = se == 0.0
    half = np.where(flat, np.nan, z * se)
    empty = (m == 0) | (n == 0)
    rules = (empty, EMPTY_ARM), (flat, "zero standard error: neither arm varies")
    return Intervals(p1 - p0, p1 - p0 - half, p1 - p0 + half, reasons(se.shape, *rules))


def odds_ratio(x1: int, n1: int, x0: int, n0: int, *, conf_level: float = 0.95) -> Interval:
    """Odds ratio of arm 1 over arm 0 with log-scale Wald limits (Woolf 1955); no constant is added to zero cells.

    Args:
        x1: Responders in the experimental arm.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Odds ratio and limits. With a zero cell the limits are NaN, with a reason; the estimate is then 0 or NaN.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    scalar(x1=x1, n1=n1, x0=x0, n0=n0)
    z = critical(conf_level)
    a, m, b, n = (float(value) for value in read_binomial(x1=x1, n1=n1, x0=x0, n0=n0))
    if not m or not n:
        return Interval(math.nan, math.nan, math.nan, EMPTY_ARM)
    return _log_interval((a * (n - b), (m - a) * b), (a, m - a, b, n - b), z, 0.0)


def risk_ratio(x1: int, n1: int, x0: int, n0: int, *, conf_level: float = 0.95) -> Interval:
    """Risk ratio of arm 1 over arm 0 with log-scale Wald limits (Katz et al. 1978).

    Args:
        x1: Responders in the experimental arm.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.

    Returns:
        Ratio and limits. Without responders in an arm, or with nothing but responders, the limits are NaN, with a
        reason.

    Raises:
        KernelInputError: Impossible counts or level.
    """
    scalar(x1=x1, n1=n1, x0=x0, n0=n0)
    z = critical(conf_level)
    a, m, b, n = (float(value) for value in read_binomial(x1=x1, n1=n1, x0=x0, n0=n0))
    if not m or not n:
        return Interval(math.nan, math.nan, math.nan, EMPTY_ARM)
    return _log_interval((a * n, b * m), (a, b), z, 1.0 / m + 1.0 / n)


def number_needed(difference: Interval) -> Interval:
    """Number needed to treat, 1 / difference, with the sign of the difference (Altman 1998).

    A positive number is the number needed for one more responder; a negative one the number for one fewer. While
    the limits of the difference exclude 0 they invert to limits. When they include 0, the region runs from one limit
    through infinity to the other and is no interval: the limits are then missing and the reason says so.

    Args:
        difference: A difference of proportions, p1 - p0, with its limits.

    Returns:
        1 / difference and, where they exist, its limits in increasing order.
    """
    d, lower, upper, reason = difference
    if math.isnan(d):
        return Interval(math.nan, math.nan, math.nan, reason)
    estimate = 1.0 / d if d != 0.0 else math.nan
    if math.isnan(lower) or math.isnan(upper):
        return Interval(estimate, math.nan, math.nan, reason or "the difference has no limits")
    if lower <= 0.0 <= upper:
        return Interval(
            estimate, math.nan, math.nan, "the interval of the difference includes 0: passes through infinity"
        )
    return Interval(estimate, 1.0 / upper, 1.0 / lower)


def fisher_exact(x1: int, n1: int, x0: int, n0: int) -> PValue:
    """Fisher's exact test of p1 = p0; two-sided by adding all tables no more probable than the observed one.

    Args:
        x1: Responders in the experimental arm.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.

    Returns:
        The two-sided p; 1 where only one table is possible.

    Raises:
        KernelInputError: Impossible counts.
    """
    from scipy.special import gammaln

    scalar(x1=x1, n1=n1, x0=x0, n0=n0)
    a, m, b, n = (float(value) for value in read_binomial(x1=x1, n1=n1, x0=x0, n0=n0))
    if not m or not n:
        return PValue(math.nan, EMPTY_ARM)
    both = a + b
    k = np.arange(max(0.0, both - n), min(m, both) + 1.0)

    def log_choose(top: float, bottom: Floats) -> Floats:
        out: Floats = gammaln(top + 1.0) - gammaln(bottom + 1.0) - gammaln(top - bottom + 1.0)
        return out

    weight = log_choose(m, k) + log_choose(n, both - k)
    weight = np.exp(weight - weight.max())
    observed = weight[int(a - k[0])]
    p = float(weight[weight <= observed * (1.0 + _FISHER_TOLERANCE)].sum() / weight.sum())
    return PValue(min(p, 1.0))


def _log_interval(pair: tuple[float, float], cells: tuple[float, ...], z: float, less: float) -> Interval:
    """Ratio of the pair with limits exp(log ratio -+ z se), se^2 = sum of 1 / cell - less."""
    top, bottom = pair
    if bottom == 0.0:
        why = "a zero cell: the ratio is not finite" if top else "zero cells: the ratio is not defined"
        return Interval(math.nan, math.nan, math.nan, why)
    if min(cells) == 0.0:
        return Interval(top / bottom, math.nan, math.nan, "a zero cell: the standard error is not finite")
    variance = sum(1.0 / cell for cell in cells) - less
    if variance <= 1e-15 * sum(1.0 / cell for cell in cells):
        return Interval(top / bottom, math.nan, math.nan, "zero standard error: neither arm varies")
    half = z * math.sqrt(variance)
    estimate = top / bottom
    return Interval(estimate, estimate * math.exp(-half), estimate * math.exp(half))
