"""Tables of two outcomes over strata: the Cochran-Mantel-Haenszel tests and the common effects that go with them.

References:
    Mantel, N. and Haenszel, W. (1959). Journal of the National Cancer Institute 22, 719-748.
    Landis, J. R., Heyman, E. R. and Koch, G. G. (1978). International Statistical Review 46, 237-254.
    Robins, J., Breslow, N. and Greenland, S. (1986). Biometrics 42, 311-323 (variance of the log odds ratio).
    Greenland, S. and Robins, J. M. (1985). Biometrics 41, 55-68 (risk difference).
    Sato, T. (1989). Biometrics 45, 1323-1324 (risk difference, variance valid for many small strata as well).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import KernelInputError
from equipoise.kernels._counts import (
    Floats,
    Interval,
    check_choice,
    critical,
    problem,
    read_binomial,
    read_strata,
    two_sided,
)

__all__ = ["GeneralAssociation", "MantelHaenszel", "cmh_general_association", "cochran_mantel_haenszel"]

Continuity = Literal["none", "half"]
DifferenceVariance = Literal["sato", "greenland_robins"]

_NO_STRATUM = "no stratum has both arms and both outcomes"
_NO_BOTH_ARMS = "no stratum has subjects in both arms"


class MantelHaenszel(NamedTuple):
    """The Cochran-Mantel-Haenszel test of two arms and the common effects over strata.

    Attributes:
        chi_square: Test statistic on one degree of freedom.
        df: 1, or 0 where there is no test.
        p_two_sided: Upper tail of chi-square.
        z: Signed root of chi_square; positive favours arm 1 (more responders than expected).
        mh_odds_ratio: Common odds ratio with Robins-Breslow-Greenland limits.
        mh_risk_difference: Common difference p1 - p0 with the limits of the named variance.
        strata_used: Strata with both arms and both outcomes; the others add nothing to the test.
        reason: Why there is no test; "" where there is one.
    """

    chi_square: float
    df: int
    p_two_sided: float
    z: float
    mh_odds_ratio: Interval
    mh_risk_difference: Interval
    strata_used: int
    reason: str = ""


class GeneralAssociation(NamedTuple):
    """The Cochran-Mantel-Haenszel test of general association, k arms by two outcomes over strata.

    Attributes:
        chi_square: Test statistic.
        df: Rank of the covariance: k - 1 where all arms are linked by strata that hold them together.
        p_value: Upper tail of chi-square.
        strata_used: Strata with at least two arms and both outcomes.
        reason: Why there is no test; "" where there is one.
    """

    chi_square: float
    df: int
    p_value: float
    strata_used: int
    reason: str = ""


def cochran_mantel_haenszel(
    x1: ArrayLike,
    n1: ArrayLike,
    x0: ArrayLike,
    n0: ArrayLike,
    *,
    conf_level: float = 0.95,
    continuity: Continuity = "none",
    variance: DifferenceVariance = "sato",
) -> MantelHaenszel:
    """Test of no association within strata, common odds ratio and common risk difference.

    One stratum gives the Mantel-Haenszel chi-square, (N - 1) / N times Pearson's.

    Args:
        x1: Responders in the experimental arm, one per stratum.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level of both common effects.
        continuity: "none", or "half" to take 1/2 from the absolute deviation (at most all of it).
        variance: "sato", or "greenland_robins" for few large strata, of the risk difference.

    Returns:
        Test and effects. Strata with one arm count for none of them. Strata where all subjects have the same outcome
        add nothing to test and odds ratio; they do enter the risk difference, where they are evidence for 0.

    Raises:
        KernelInputError: Impossible counts, level or names, or arrays that are not one-dimensional.
    """
    check_choice("continuity", continuity, ("none", "half"))
    check_choice("variance", variance, ("sato", "greenland_robins"))
    z = critical(conf_level)
    tables = read_strata(x1=x1, n1=n1, x0=x0, n0=n0)
    kept = (tables[1] > 0) & (tables[3] > 0)
    a, m, b, n = (values[kept] for values in tables)
    ratio, difference = _common_odds_ratio(a, m, b, n, z), _common_difference(a, m, b, n, z, variance)
    total, both = m + n, a + b
    informative = (both > 0) & (both < total)
    if not informative.any():
        nan = math.nan
        return MantelHaenszel(nan, 0, nan, nan, ratio, difference, 0, _NO_STRATUM if a.size else _NO_BOTH_ARMS)
    deviation = float((a - m * both / total).sum())
    spread = float((m * n * both * (total - both) / (total * total * np.maximum(total - 1.0, 1.0))).sum())
    shift = 0.5 if continuity == "half" else 0.0
    signed = math.copysign(max(abs(deviation) - shift, 0.0), deviation) / math.sqrt(spread)
    return MantelHaenszel(
        signed * signed, 1, two_sided(signed), signed, ratio, difference, int(np.count_nonzero(informative))
    )


def cmh_general_association(x: ArrayLike, n: ArrayLike) -> GeneralAssociation:
    """Test that response does not depend on the arm within any stratum, against any difference among k arms.

    Landis, Heyman and Koch 1978, general association, here for two outcomes. Without continuity correction.

    Args:
        x: Responders, shape (strata, arms).
        n: Subjects, shape (strata, arms).

    Returns:
        The test. Arms that never share an informative stratum with another lower the degrees of freedom.

    Raises:
        KernelInputError: Impossible counts, or arrays that are not two-dimensional.
    """
    from scipy.special import chdtrc

    x_, n_ = read_binomial(x=x, n=n)
    if x_.ndim != 2:
        cure = "give shape (strata, arms)"
        raise KernelInputError(problem("shape", "the counts are not two-dimensional", x_.shape, cure))
    total, both = n_.sum(axis=1), x_.sum(axis=1)
    used = (np.count_nonzero(n_, axis=1) > 1) & (both > 0) & (both < total)
    if not used.any():
        return GeneralAssociation(math.nan, 0, math.nan, 0, "no stratum has two arms and both outcomes")
    x_, n_, total, both = x_[used], n_[used], total[used], both[used]
    deviation = (x_ - n_ * (both / total)[:, None]).sum(axis=0)
    scale = both * (total - both) / (total * total * (total - 1.0))
    spread = np.diag((scale * total) @ n_) - (n_ * scale[:, None]).T @ n_
    # All k arms at once: the rows of the covariance add to 0, so its rank, counted on eigenvalues, gives the degrees of
    # freedom, and no arm has to be left out.
    values, vectors = np.linalg.eigh(spread)
    kept = values > values[-1] * len(values) * 1e-12
    parts = vectors[:, kept].T @ deviation
    chi_square, df = float((parts * parts / values[kept]).sum()), int(np.count_nonzero(kept))
    return GeneralAssociation(chi_square, df, float(chdtrc(df, chi_square)), int(np.count_nonzero(used)))


def _common_odds_ratio(a: Floats, m: Floats, b: Floats, n: Floats, z: float) -> Interval:
    """Mantel-Haenszel odds ratio; variance of its log by Robins, Breslow and Greenland (1986), equation 3."""
    if not a.size:
        return Interval(math.nan, math.nan, math.nan, _NO_BOTH_ARMS)
    total = m + n
    concordant, discordant = a * (n - b) / total, b * (m - a) / total
    r, s = float(concordant.sum()), float(discordant.sum())
    if s == 0.0:
        why = "the common odds ratio is not finite" if r else "the common odds ratio is not defined"
        return Interval(math.nan, math.nan, math.nan, why)
    if r == 0.0:
        return Interval(0.0, math.nan, math.nan, "the log of a common odds ratio of 0 has no standard error")
    p, q = (a + n - b) / total, (b + m - a) / total
    variance = (
        float((p * concordant).sum()) / (2.0 * r * r)
        + float((p * discordant + q * concordant).sum()) / (2.0 * r * s)
        + float((q * discordant).sum()) / (2.0 * s * s)
    )
    half = z * math.sqrt(variance)
    return Interval(r / s, r / s * math.exp(-half), r / s * math.exp(half))


def _common_difference(a: Floats, m: Floats, b: Floats, n: Floats, z: float, kind: DifferenceVariance) -> Interval:
    """Risk difference with weights m n / (m + n); variance by Sato (1989) or Greenland and Robins (1985)."""
    if not a.size:
        return Interval(math.nan, math.nan, math.nan, _NO_BOTH_ARMS)
    total = m + n
    weight = float((m * n / total).sum())
    d = float(((a * n - b * m) / total).sum()) / weight
    if kind == "sato":
        first = (m * m * b - n * n * a + m * n * (n - m) / 2.0) / (total * total)
        second = (a * (n - b) + b * (m - a)) / (2.0 * total)
        variance = (d * float(first.sum()) + float(second.sum())) / weight**2
    else:
        each = (a * (m - a) * n**3 + b * (n - b) * m**3) / (m * n * total * total)
        variance = float(each.sum()) / weight**2
    if variance <= 1e-15:
        return Interval(d, math.nan, math.nan, "zero standard error: no arm varies in any stratum")
    half = z * math.sqrt(variance)
    return Interval(d, d - half, d + half)
