"""Fitting a Cox model by either of its two likelihoods, and saying why a coefficient has no estimate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats, Outcome
from equipoise.kernels._cox_arms import restrict, strongly_connected
from equipoise.kernels._cox_arms_ties import likelihood_of_rows
from equipoise.kernels._cox_firth import penalized
from equipoise.kernels._cox_general import likelihood_of
from equipoise.kernels._cox_subjects import sort_subjects
from equipoise.kernels._newton import Derivatives, inverse, maximize, solve, undetermined
from equipoise.kernels.risk_table import EventRows

__all__ = ["CoxFit", "Model", "Options", "Penalty", "Rows", "Ties", "fit_arms", "fit_covariates", "model_of"]

Ties = Literal["efron", "breslow", "discrete", "exact"]
Penalty = Literal["none", "firth"]

_NO_EVENTS = "no events"
_NO_INFORMATION = "no information: constant among the subjects at risk at every event"
_COLLINEAR = "a linear combination of earlier columns among the subjects at risk at every event"
_MONOTONE = "monotone likelihood: the estimate is infinite"
_UNDETERMINED = "monotone likelihood: not determined beside an infinite estimate"
_FIRTH_TOL = 1e-9
_NO_END = "the climb to the maximum did not end within max_iter steps"


class CoxFit(NamedTuple):
    """A fitted model with p coefficients (log hazard ratios per unit of x).

    Attributes:
        coef: (p,) estimates; NaN with a reason.
        var: (p, p) inverse of the information; NaN in rows and columns without an estimate.
        se: (p,) standard errors.
        lower: (p,) Wald limits of the coefficients.
        upper: (p,) likewise.
        loglik_null: Log partial likelihood at 0.
        loglik: Its maximum; its limit where it is monotone.
        wald: Chi-square of all coefficients; NaN when one of them is infinite.
        score: Chi-square of the score at 0.
        likelihood_ratio: Twice the gain in log-likelihood.
        df: Degrees of freedom of the three: coefficients about which there is information.
        n: Subjects.
        n_events: Events.
        iterations: Newton steps.
        converged: Whether the climb ended by itself.
        reason: Why some coefficient has no estimate (the first such reason); "" when all have one.
        reasons: (p,) the same for each coefficient.
    """

    coef: Floats
    var: Floats
    se: Floats
    lower: Floats
    upper: Floats
    loglik_null: float
    loglik: float
    wald: float
    score: float
    likelihood_ratio: float
    df: int
    n: int
    n_events: int
    iterations: int
    converged: bool
    reason: str
    reasons: tuple[str, ...]


class Options(NamedTuple):
    """Options that every way in shares."""

    ties: Ties
    z: float
    max_iter: int
    tol: float
    penalty: Penalty = "none"


class Rows(NamedTuple):
    """Checked input of a model of covariates, n rows.

    Attributes:
        outcome: Times and events.
        x: (n, p) covariates.
        stratum: (n,) codes from 0, or None.
        weight: (n,) case weights, or None.
        entry: (n,) starts, or None.
    """

    outcome: Outcome
    x: Floats
    stratum: NDArray[np.integer] | None
    weight: Floats | None
    entry: Floats | None


class Model(NamedTuple):
    """A likelihood ready to climb, in the q of p coordinates about which it says something.

    Attributes:
        likelihood: The log-likelihood of (q,) coefficients, with the penalty if there is one.
        plain: The same without the penalty.
        null: `plain` of all p coefficients at 0.
        used: (q,) the coordinates.
        scale: (q,) spread of each covariate.
        reasons: (p,) why a coordinate is not used, or "".
        n_events: Events.
    """

    likelihood: Callable[[Floats], Derivatives]
    plain: Callable[[Floats], Derivatives]
    null: Derivatives
    used: NDArray[np.int64]
    scale: Floats
    reasons: list[str]
    n_events: int


class _Climb(NamedTuple):
    """What a fit found, before it is dressed as a CoxFit; p coefficients."""

    coef: Floats
    var: Floats
    loglik: float
    iterations: int
    converged: bool
    reasons: list[str]


def model_of(rows: Rows, options: Options) -> Model:
    """Sort the rows and leave out columns that are constant or combinations of earlier ones.

    Args:
        rows: n rows, with an event.
        options: Ties and penalty.

    Returns:
        The likelihood and what it is a function of.
    """
    subjects = sort_subjects(rows.outcome, rows.x, rows.stratum, rows.weight, options.ties, rows.entry)
    plain = likelihood_of(subjects, options.ties)
    null = plain(np.zeros(rows.x.shape[1]))
    mass = 1.0 if rows.weight is None else float(rows.weight.max())
    scale = np.abs(subjects.x).max(axis=0)
    spread = mass * subjects.tied.size * np.square(scale)
    aliased = undetermined(null.information, spread)
    used = np.flatnonzero(~aliased)
    bare = np.diagonal(null.information) <= 1e-12 * spread
    reasons = [_NO_INFORMATION if b else _COLLINEAR if a else "" for a, b in zip(aliased, bare, strict=True)]
    if 0 < used.size < aliased.size:
        subjects = subjects._replace(x=np.ascontiguousarray(subjects.x[:, used]))
        plain = likelihood_of(subjects, options.ties)
    likelihood = plain if options.penalty == "none" else penalized(subjects, plain)
    return Model(likelihood, plain, null, used, scale[used], reasons, subjects.tied.size)


def fit_covariates(rows: Rows, options: Options) -> CoxFit:
    """Fit any covariates on the rows.

    Args:
        rows: n rows.
        options: Ties, penalty, limits and when to stop.

    Returns:
        The fit.
    """
    n, p = rows.x.shape
    if not rows.outcome.event.any():
        return _nothing(p, n)
    model = model_of(rows, options)
    used, null, reasons = model.used, model.null, model.reasons
    coef, var = _blank(p)
    if not used.size:
        climb = _Climb(coef, var, null.value, 0, True, reasons)
        return _dress(climb, null, used, n, model.n_events, options)
    start, tol = Derivatives(null.value, null.score[used], null.information[np.ix_(used, used)]), options.tol
    if options.penalty == "firth":
        start, tol = model.likelihood(np.zeros(used.size)), min(tol, _FIRTH_TOL)
        null = null._replace(value=start.value)
    top = maximize(model.likelihood, start, model.scale, tol=tol, max_iter=options.max_iter)
    known = ~(top.runaway | top.flat)
    fine = used[known]
    coef[fine] = top.at[known]
    information = top.derivatives.information if options.penalty == "none" else model.plain(top.at).information
    var[np.ix_(fine, fine)] = inverse(information)[np.ix_(known, known)]
    for j in used[top.runaway]:
        reasons[j] = _MONOTONE
    for j in used[top.flat]:
        reasons[j] = _UNDETERMINED
    climb = _Climb(coef, var, top.derivatives.value, top.iterations, top.converged, reasons)
    return _dress(climb, null, used, n, model.n_events, options)


def fit_arms(rows: EventRows, options: Options) -> CoxFit:
    """Fit arms alone on the counts at each event time; each component of arms that bound each other by itself.

    Args:
        rows: Counts at each stratum and event time, of at least two arms.
        options: Ties, limits and when to stop.

    Returns:
        The fit, p = A - 1.
    """
    arms = rows.n.size
    n, p = int(rows.n.sum()), arms - 1
    if not rows.events.size:
        return _nothing(p, n)
    happened = rows.events.sum(axis=1)
    likelihood = likelihood_of_rows(rows, options.ties)
    null = likelihood(np.zeros(p))
    used = np.flatnonzero(~undetermined(null.information, np.full(p, happened.sum())))
    component = strongly_connected(rows, among_events=options.ties in ("efron", "breslow"))
    reasons = _reasons_of_arms(rows, component, null)
    coef, var = _blank(p)
    loglik, iterations, converged = 0.0, 0, True
    for label in np.unique(component):
        members = np.flatnonzero(component == label)
        part, begin = likelihood, null
        if members.size < arms:
            mine = restrict(rows, members)
            if not mine.events.size:
                continue
            part = likelihood_of_rows(mine, options.ties)
            begin = part(np.zeros(members.size - 1))
        if members.size == 1:
            loglik += begin.value
            continue
        scale = np.ones(members.size - 1)
        top = maximize(part, begin, scale, tol=options.tol, max_iter=options.max_iter)
        loglik += top.derivatives.value
        iterations, converged = max(iterations, top.iterations), converged and top.converged
        if members[0] == 0:
            coef[members[1:] - 1] = top.at
            var[np.ix_(members[1:] - 1, members[1:] - 1)] = inverse(top.derivatives.information)
    climb = _Climb(coef, var, loglik, iterations, converged, reasons)
    return _dress(climb, null, used, n, int(happened.sum()), options)


def _reasons_of_arms(rows: EventRows, component: NDArray[np.int64], null: Derivatives) -> list[str]:
    events = rows.events.sum(axis=1)
    reasons = []
    for arm in range(1, component.size):
        if component[arm] == component[0]:
            reasons.append("")
        elif not rows.n[arm] or not rows.n[0]:
            reasons.append(f"no subjects in arm {0 if rows.n[arm] else arm}")
        elif null.information[arm - 1, arm - 1] <= 1e-12 * events.sum():
            reasons.append("no event happened while this arm and another were at risk")
        elif not events[arm] or not events[0]:
            reasons.append(f"no events in arm {0 if events[arm] else arm}: the estimate is infinite")
        else:
            reasons.append(_MONOTONE)
    return reasons


def _blank(p: int) -> tuple[Floats, Floats]:
    return np.full(p, np.nan), np.full((p, p), np.nan)


def _nothing(p: int, n: int) -> CoxFit:
    none = np.full(p, np.nan)
    return CoxFit(
        none, np.full((p, p), np.nan), none, none, none, 0.0, 0.0, np.nan, np.nan, np.nan, 0, n, 0, 0, True,
        _NO_EVENTS, (_NO_EVENTS,) * p,
    )  # fmt: skip


def _dress(
    climb: _Climb, null: Derivatives, used: NDArray[np.int64], n: int, n_events: int, options: Options
) -> CoxFit:
    if not climb.converged:
        reasons = [reason or _NO_END for reason in climb.reasons]
        climb = climb._replace(coef=climb.coef * np.nan, var=climb.var * np.nan, reasons=reasons)
    se = np.sqrt(np.diagonal(climb.var))
    fine = np.isfinite(climb.coef)
    wald = score = likelihood_ratio = np.nan
    if used.size:
        score = float(null.score[used] @ solve(null.information[np.ix_(used, used)], null.score[used]))
        # Of two values that are one to rounding the difference can fall just below 0.
        likelihood_ratio = max(0.0, 2.0 * (climb.loglik - null.value)) if climb.converged else np.nan
        if fine[used].all():
            wald = float(climb.coef[used] @ solve(climb.var[np.ix_(used, used)], climb.coef[used]))
    half = options.z * se
    return CoxFit(
        coef=climb.coef,
        var=climb.var,
        se=se,
        lower=climb.coef - half,
        upper=climb.coef + half,
        loglik_null=null.value,
        loglik=climb.loglik,
        wald=wald,
        score=score,
        likelihood_ratio=likelihood_ratio,
        df=int(used.size),
        n=n,
        n_events=n_events,
        iterations=climb.iterations,
        converged=climb.converged,
        reason=next((reason for reason in climb.reasons if reason), ""),
        reasons=tuple(climb.reasons),
    )
