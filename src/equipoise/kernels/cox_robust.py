"""The robust variance of Cox's model: the sandwich of Lin and Wei, by the infinitesimal jackknife, over clusters.

Lin and Wei (1989, JASA 84:1074); Lee, Wei and Amato (1992) for clusters; Therneau and Grambsch (2000, Modeling
Survival Data, section 7.3). No factor for small samples, such as K / (K - 1) of K clusters, is applied; R survival and
SAS apply none either.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_codes
from equipoise.kernels._cox_counting import prepare
from equipoise.kernels._cox_diagnostics import dfbeta_rows, evaluate, score_rows
from equipoise.kernels._newton import solve, undetermined
from equipoise.kernels.cox_residuals import CountedTies
from equipoise.kernels.distributions import z_of_level

__all__ = ["RobustVariance", "robust_variance"]

_ONE_CLUSTER = "one cluster says nothing about variation between clusters"
_NO_VARIATION = "the clusters do not differ in what they say about a coefficient"
_FEW_CLUSTERS = "no more clusters than coefficients: no joint test"
_SINGULAR = "the robust variance is singular"


class RobustVariance(NamedTuple):
    """The sandwich at p coefficients.

    Attributes:
        var: (p, p) robust variance D'D of the coefficients, D the weighted dfbeta summed over clusters.
        se: (p,) its square roots.
        lower: (p,) Wald limits of the coefficients.
        upper: (p,)
        wald: Chi-square of all coefficients, df degrees of freedom; NaN where `reason_tests` says why.
        score: Robust score chi-square of all coefficients at 0: U' (sum of u u')^-1 U, u the clusters' scores.
        df: Degrees of freedom of both, p.
        model_var: (p, p) inverse information.
        n_clusters: Number of clusters.
        reason: Why there is no variance, or empty.
        reason_tests: Why there is no joint test, or empty.
    """

    var: Floats
    se: Floats
    lower: Floats
    upper: Floats
    wald: float
    score: float
    df: int
    model_var: Floats
    n_clusters: int
    reason: str
    reason_tests: str


def robust_variance(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    coef: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: CountedTies = "efron",
    cluster: ArrayLike | None = None,
    conf_level: float = 0.95,
) -> RobustVariance:
    """Variance that holds when hazards are not proportional, or when rows of a cluster go together.

    Args:
        time: (n,) ends of the rows, from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        coef: (p,) coefficients at their maximum.
        entry: (n,) starts of the rows, or None.
        stratum: (n,) integer codes from 0, or None. A cluster may lie in several strata.
        weights: (n,) case weights, positive; default 1 each. They need not be counts.
        ties: `efron` or `breslow`.
        cluster: (n,) integer codes from 0, or None for each row by itself. Rows of one subject are a cluster.
        conf_level: Level of the Wald limits.

    Returns:
        The variance, NaN with a reason where there is none.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    z = z_of_level(conf_level)
    rows = prepare(time, event, x, coef, entry=entry, stratum=stratum, weights=weights, ties=ties)
    n, p = rows.x.shape
    codes, _ = check_codes(cluster, n, None, "cluster")
    member: NDArray[np.intp] = np.arange(n) if codes is None else np.unique(codes, return_inverse=True)[1].reshape(-1)
    n_clusters = int(member.max()) + 1
    change, model_var, reason = dfbeta_rows(rows)
    summed = _by_cluster(change, member)
    var = summed.T @ summed
    reason = reason or (_ONE_CLUSTER if n_clusters == 1 else "")
    if not reason and (np.diagonal(var) <= 1e-20 * np.diagonal(model_var)).any():
        reason = _NO_VARIATION
    if reason:
        none, square = np.full(p, np.nan), np.full((p, p), np.nan)
        return RobustVariance(square, none, none, none, np.nan, np.nan, p, model_var, n_clusters, reason, reason)
    se = np.sqrt(np.diagonal(var))
    wald, score, reason_tests = np.nan, np.nan, _FEW_CLUSTERS
    if n_clusters > p:
        wald, reason_tests = _quadratic(var, rows.coef)
        null, _ = evaluate(rows, np.zeros(p))
        if null is not None:
            u = _by_cluster(rows.weight[:, None] * score_rows(rows, null), member)
            score = _quadratic(u.T @ u, u.sum(axis=0))[0]
    half = z * se
    return RobustVariance(
        var, se, rows.coef - half, rows.coef + half, wald, score, p, model_var, n_clusters, "", reason_tests
    )


def _by_cluster(values: Floats, member: NDArray[np.intp]) -> Floats:
    return np.column_stack([np.bincount(member, column) for column in values.T])


def _quadratic(variance: Floats, at: Floats) -> tuple[float, str]:
    """The quadratic form at' variance^-1 at, or NaN and why."""
    if undetermined(variance, np.diagonal(variance)).any():
        return np.nan, _SINGULAR
    return float(at @ solve(variance, at)), ""
