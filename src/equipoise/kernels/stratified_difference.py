"""Score limits of a common difference of two proportions over strata (Miettinen and Nurminen 1985).

The stratified score statistic is

    z(d) = sum w_h (p1_h - p0_h - d) / sqrt(sum w_h^2 V_h(d))

with V_h(d) of `miettinen_nurminen`, each stratum with its own N_h / (N_h - 1). Programs differ in the weights w_h, so
they are named:

- "miettinen_nurminen": w_h = 1 / (v1 / n1_h + v0 / n0_h), where v = r (1 - r) at the w-weighted mean over strata of the
  restricted proportions of that arm; iterated at each d, as in the 1985 paper.
- "cochran_mantel_haenszel": w_h = n1_h n0_h / (n1_h + n0_h), which do not depend on d.

A stratum with one arm has no difference and is left out.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._counts import Floats, check_choice, critical, read_strata
from equipoise.kernels._roots import crossing
from equipoise.kernels.miettinen_nurminen import (
    VarianceFactor,
    restricted_rates,
    score_limits,
    score_variance,
)

__all__ = ["DifferenceWeights", "StratifiedDifference", "difference_miettinen_nurminen_stratified"]

DifferenceWeights = Literal["miettinen_nurminen", "cochran_mantel_haenszel"]
_WEIGHTS = ("miettinen_nurminen", "cochran_mantel_haenszel")
_FACTORS = ("n/(n-1)", "none")
_MAX_ITERATIONS = 200


class StratifiedDifference(NamedTuple):
    """A common difference over strata and its limits.

    Attributes:
        estimate: Weighted difference, p1 - p0; with Miettinen-Nurminen weights the d at which z(d) = 0.
        lower: Lower limit.
        upper: Upper limit.
        strata_used: Strata with subjects in both arms.
        reason: Why the others are NaN; "" where they are not.
    """

    estimate: float
    lower: float
    upper: float
    strata_used: int
    reason: str = ""


def difference_miettinen_nurminen_stratified(
    x1: ArrayLike,
    n1: ArrayLike,
    x0: ArrayLike,
    n0: ArrayLike,
    *,
    conf_level: float = 0.95,
    weights: DifferenceWeights = "miettinen_nurminen",
    variance_factor: VarianceFactor = "n/(n-1)",
) -> StratifiedDifference:
    """Score limits of a difference assumed common to all strata.

    Args:
        x1: Responders in the experimental arm, one per stratum.
        n1: Subjects in the experimental arm.
        x0: Responders in the control arm.
        n0: Subjects in the control arm.
        conf_level: Two-sided confidence level, between 0 and 1.
        weights: "miettinen_nurminen" (iterated) or "cochran_mantel_haenszel".
        variance_factor: "n/(n-1)" within each stratum, or "none".

    Returns:
        Estimate and limits as fractions. One stratum gives the unstratified limits.

    Raises:
        KernelInputError: Impossible counts, level, weights or factor, or arrays that are not one-dimensional.
    """
    check_choice("weights", weights, _WEIGHTS)
    check_choice("variance_factor", variance_factor, _FACTORS)
    z2 = critical(conf_level) ** 2
    tables = read_strata(x1=x1, n1=n1, x0=x0, n0=n0)
    kept = (tables[1] > 0) & (tables[3] > 0)
    a, m, b, n = (values[kept] for values in tables)
    if not a.size:
        return StratifiedDifference(math.nan, math.nan, math.nan, 0, "no stratum has subjects in both arms")
    found = a / m - b / n

    def at(d: Floats) -> tuple[Floats, Floats]:
        """Weighted distance from d and its variance, for an array of differences."""
        each = np.broadcast_to(d[..., None], (*d.shape, a.size))
        w = _weights(weights, a, m, b, n, each)
        variance = score_variance(a, m, b, n, each, variance_factor=variance_factor)
        distance: Floats = (w * (found - each)).sum(axis=-1)
        spread: Floats = (w * w * variance).sum(axis=-1)
        return distance, spread

    def excess(d: Floats) -> Floats:
        distance, spread = at(d)
        out: Floats = distance**2 - z2 * spread
        return out

    # The distance falls through 0 somewhere among the differences of the strata.
    least, most = np.asarray(found.min()), np.asarray(found.max())
    centre = crossing(lambda d: -at(d)[0], least, most, tolerance=1e-15)
    lower, upper = score_limits(excess, centre)
    return StratifiedDifference(float(centre), float(lower), float(upper), int(a.size))


def _weights(kind: DifferenceWeights, x1: Floats, n1: Floats, x0: Floats, n0: Floats, d: Floats) -> Floats:
    """Weights of the strata (last axis) at each d, adding up to 1."""
    w: Floats = np.broadcast_to(_normal(n1 * n0 / (n1 + n0)), d.shape)
    if kind == "cochran_mantel_haenszel":
        return w
    r1, r0 = restricted_rates(x1, n1, x0, n0, d)
    for _ in range(_MAX_ITERATIONS):
        mean1 = (w * r1).sum(axis=-1, keepdims=True)
        mean0 = (w * r0).sum(axis=-1, keepdims=True)
        inverse = mean1 * (1.0 - mean1) / n1 + mean0 * (1.0 - mean0) / n0
        # Without variation in either arm (d = 0 and no responder, say) all weights say the same: keep the last ones.
        known = inverse > 0.0
        new = np.where(known, _normal(1.0 / np.where(known, inverse, 1.0)), w)
        change = np.abs(new - w).max()
        w = new
        if change < 1e-14:
            break
    return w


def _normal(w: Floats) -> Floats:
    out: Floats = w / w.sum(axis=-1, keepdims=True)
    return out
