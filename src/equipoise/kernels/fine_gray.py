"""The subdistribution hazard model of Fine and Gray (1999, JASA 94:496) for the incidence of one of several causes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_codes, require
from equipoise.kernels._competing import Causes, check_cause, check_causes
from equipoise.kernels._newton import Derivatives, Maximum, inverse, maximize, undetermined
from equipoise.kernels._subdistribution import Subjects, influence, likelihood_of, sort_subjects
from equipoise.kernels.distributions import z_of_level

__all__ = ["FineGrayFit", "fine_gray"]

_NO_EVENTS = "no events of the cause of interest"
_NO_INFORMATION = "no information: constant among the subjects at risk at every event"
_COLLINEAR = "a linear combination of earlier columns among the subjects at risk at every event"
_MONOTONE = "monotone likelihood: the estimate is infinite"
_UNDETERMINED = "monotone likelihood: not determined beside an infinite estimate"
_NO_END = "the climb to the maximum did not end within max_iter steps"
_MAX_ITER = 50
_TOL = 1e-9


class FineGrayFit(NamedTuple):
    """A fitted model with p coefficients (log subdistribution hazard ratios per unit of x).

    Attributes:
        coef: (p,) estimates; NaN with a reason.
        var: (p, p) sandwich that allows for the estimated censoring; NaN in rows and columns without an estimate.
        model_var: (p, p) inverse of the information, which is too small or too large: for comparison only.
        se: (p,) standard errors from `var`.
        lower: (p,) Wald limits of the coefficients.
        upper: (p,) likewise.
        loglik_null: Log of the weighted partial likelihood at 0.
        loglik: Its maximum; its limit where it is monotone. Twice the gain is not a chi-square.
        wald: Chi-square of all coefficients; NaN when one of them is infinite.
        df: Its degrees of freedom: coefficients about which there is information.
        n: Subjects.
        n_events: Events of the cause of interest.
        n_competing: Events of other causes.
        iterations: Newton steps.
        converged: Whether the climb ended by itself.
        reason: Why some coefficient has no estimate (the first such reason); "" when all have one.
        reasons: (p,) the same for each coefficient.
    """

    coef: Floats
    var: Floats
    model_var: Floats
    se: Floats
    lower: Floats
    upper: Floats
    loglik_null: float
    loglik: float
    wald: float
    df: int
    n: int
    n_events: int
    n_competing: int
    iterations: int
    converged: bool
    reason: str
    reasons: tuple[str, ...]


class _Climb(NamedTuple):
    coef: Floats
    var: Floats
    model_var: Floats
    loglik: float
    iterations: int
    converged: bool
    reasons: list[str]


def fine_gray(
    time: ArrayLike,
    status: ArrayLike,
    x: ArrayLike,
    *,
    cause: int = 1,
    censoring_group: ArrayLike | None = None,
    conf_level: float = 0.95,
    max_iter: int = _MAX_ITER,
    tol: float = _TOL,
) -> FineGrayFit:
    """Fit the subdistribution hazard of one cause.

    Subjects with a competing event stay in the risk sets with the weight G(t-) / G(X-), their probability of being
    uncensored still, G by Kaplan-Meier in each group. Ties as by Breslow. The variance is the sandwich of Fine and
    Gray (1999, equations 7 and 8), which counts the estimation of G; R's `survival::finegray` with a robust variance
    leaves that part out. Both as in R's cmprsk; with groups of censoring cmprsk has the same estimates unless events
    come after the last time of a group, where it sets the group's G to 0 and here G keeps its value, and a variance
    of its own.

    Args:
        time: (n,) times from 0, any one unit; the result does not depend on the unit.
        status: (n,) 0 censored, 1..K the cause of the event.
        x: (n,) or (n, p) finite covariates.
        cause: The cause of interest; all others compete.
        censoring_group: (n,) integer codes from 0 of groups whose censoring is estimated apart; None for one group.
        conf_level: Level of the Wald limits.
        max_iter: Most Newton steps.
        tol: Largest last Newton step, in standard errors.

    Returns:
        The fit.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    outcome = check_causes(time, status)
    check_cause(cause, max(outcome.causes, cause))
    columns = _covariates(x, outcome.status.size)
    group, _ = check_codes(censoring_group, outcome.status.size, None, "censoring_group")
    require(max_iter >= 1, "max_iter", "max_iter must be at least 1", max_iter)
    require(0.0 < tol < 1.0, "tol", "tol must lie between 0 and 1", tol)
    z = z_of_level(conf_level)
    own = outcome.status == cause
    if not own.any():
        return _dress(_nothing(columns.shape[1]), outcome, cause, 0.0, 0, z)
    subjects = sort_subjects(outcome, columns, cause, group)
    return _fit(subjects, outcome, cause, z, tol, max_iter)


def _fit(subjects: Subjects, outcome: Causes, cause: int, z: float, tol: float, max_iter: int) -> FineGrayFit:
    p = subjects.x.shape[1]
    null = likelihood_of(subjects)(np.zeros(p))
    scale = np.abs(subjects.x).max(axis=0)
    spread = subjects.own.size * np.square(scale)
    aliased = undetermined(null.information, spread)
    bare = np.diagonal(null.information) <= 1e-12 * spread
    climb = _nothing(p)._replace(
        loglik=null.value,
        reasons=[_NO_INFORMATION if b else _COLLINEAR if a else "" for a, b in zip(aliased, bare, strict=True)],
    )
    used = np.flatnonzero(~aliased)
    if not used.size:
        return _dress(climb, outcome, cause, null.value, 0, z)
    if used.size < p:
        subjects = subjects._replace(x=np.ascontiguousarray(subjects.x[:, used]))
    start = Derivatives(null.value, null.score[used], null.information[np.ix_(used, used)])
    top = maximize(likelihood_of(subjects), start, scale[used], tol=tol, max_iter=max_iter)
    climb = _estimates(climb, subjects, top, used)
    return _dress(climb, outcome, cause, null.value, int(used.size), z)


def _estimates(climb: _Climb, subjects: Subjects, top: Maximum, used: NDArray[np.intp]) -> _Climb:
    """Fill in what the climb found; a coordinate that runs away leaves the others their values and variances."""
    known = ~(top.runaway | top.flat)
    fine = used[known]
    bread = inverse(top.derivatives.information)
    climb.coef[fine] = top.at[known]
    climb.model_var[np.ix_(fine, fine)] = bread[np.ix_(known, known)]
    with np.errstate(all="ignore"):
        terms = influence(subjects, top.at) @ bread
    climb.var[np.ix_(fine, fine)] = (terms.T @ terms)[np.ix_(known, known)]
    reasons = list(climb.reasons)
    for which, reason in ((top.runaway, _MONOTONE), (top.flat, _UNDETERMINED)):
        for j in used[which]:
            reasons[j] = reason
    return climb._replace(
        loglik=top.derivatives.value, iterations=top.iterations, converged=top.converged, reasons=reasons
    )


def _nothing(p: int) -> _Climb:
    blank = np.full((p, p), np.nan)
    return _Climb(np.full(p, np.nan), blank, blank.copy(), 0.0, 0, True, [_NO_EVENTS] * p)


def _dress(climb: _Climb, outcome: Causes, cause: int, null: float, df: int, z: float) -> FineGrayFit:
    if not climb.converged:
        climb = climb._replace(
            coef=climb.coef * np.nan,
            var=climb.var * np.nan,
            model_var=climb.model_var * np.nan,
            reasons=[reason or _NO_END for reason in climb.reasons],
        )
    se = np.sqrt(np.diagonal(climb.var))
    fine = np.isfinite(climb.coef)
    wald = np.nan
    if df and int(fine.sum()) == df:
        wald = float(climb.coef[fine] @ inverse(climb.var[np.ix_(fine, fine)]) @ climb.coef[fine])
    half = z * se
    own = outcome.status == cause
    return FineGrayFit(
        coef=climb.coef,
        var=climb.var,
        model_var=climb.model_var,
        se=se,
        lower=climb.coef - half,
        upper=climb.coef + half,
        loglik_null=null,
        loglik=climb.loglik,
        wald=wald,
        df=df,
        n=int(outcome.status.size),
        n_events=int(own.sum()),
        n_competing=int(((outcome.status > 0) & ~own).sum()),
        iterations=climb.iterations,
        converged=climb.converged,
        reason=next((reason for reason in climb.reasons if reason), ""),
        reasons=tuple(climb.reasons),
    )


def _covariates(x: ArrayLike, n: int) -> Floats:
    require(not np.ma.is_masked(x), "x", "covariates must not have masked values")
    array = np.asarray(x)
    require(array.dtype.kind in "fiub", "x", "covariates must be numbers", array.dtype)
    columns = array.astype(np.float64, copy=False)
    columns = columns[:, None] if columns.ndim == 1 else columns
    fits = columns.ndim == 2 and columns.shape[0] == n and columns.shape[1] > 0
    require(fits, "x", "covariates must be (n, p) with p at least 1", array.shape)
    require(np.isfinite(columns).all(), "x", "covariates must be finite")
    return columns
