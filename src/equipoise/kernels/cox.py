"""Cox's proportional hazards model, with strata, ties by Efron or Breslow, and models of arms alone.

Cox (1972, JRSS B 34:187). A model of nothing but arms is fitted on the counts at each event time, which takes a
fraction of the time; `cox` notices by itself. What has no finite estimate is NaN with a reason.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_codes, check_outcome, check_weights, require
from equipoise.kernels._cox_arms import arms_likelihood, restrict, strongly_connected, terms_of_rows
from equipoise.kernels._cox_general import general_likelihood, sort_subjects
from equipoise.kernels._newton import Derivatives, inverse, maximize, solve, undetermined
from equipoise.kernels.distributions import z_of_level
from equipoise.kernels.risk_table import EventRows, RiskTable, event_rows, event_rows_of_table

__all__ = ["CoxFit", "Ties", "cox", "cox_arms", "cox_from_table", "cox_two_arm"]

Ties = Literal["efron", "breslow"]

_NO_EVENTS = "no events"
_NO_INFORMATION = "no information: constant among the subjects at risk at every event"
_COLLINEAR = "a linear combination of earlier columns among the subjects at risk at every event"
_MONOTONE = "monotone likelihood: the estimate is infinite"
_NO_END = "the climb to the maximum did not end within max_iter steps"
_MAX_ITER = 100
_TOL = 1e-7


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


class _Climb(NamedTuple):
    """What a fit found, before it is dressed as a CoxFit; p coefficients."""

    coef: Floats
    var: Floats
    loglik: float
    iterations: int
    converged: bool
    reasons: list[str]


class _Options(NamedTuple):
    """Options that every way in shares."""

    ties: Ties
    z: float
    max_iter: int
    tol: float


def cox(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    max_iter: int = _MAX_ITER,
    tol: float = _TOL,
) -> CoxFit:
    """Fit a proportional hazards model.

    Of collinear columns the first ones stay. Columns that are the dummies of arms (0 or 1, at most one 1 a subject)
    are fitted on counts; the answer is that of the general way to 1e-10.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        stratum: (n,) integer codes from 0, or None. Each stratum has its own baseline hazard.
        weights: (n,) case weights, positive; default 1 each. The variance takes them as counts of subjects.
        ties: `efron` or `breslow`.
        conf_level: Level of the Wald limits.
        max_iter: Most Newton steps.
        tol: Largest last Newton step, in standard errors; the error left is about its square.

    Returns:
        The fit.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    options = _options(ties, conf_level, max_iter, tol)
    outcome = check_outcome(time, event)
    n = outcome.time.size
    columns = _covariates(x, n)
    codes, _ = check_codes(stratum, n, None, "stratum")
    weight = check_weights(weights, n)
    if weight is None and (arm := _as_arms(columns)) is not None:
        rows = event_rows(outcome.time, outcome.event, arm, codes, n_arms=columns.shape[1] + 1)
        return _fit_arms(rows, options)
    if not outcome.event.any():
        return _nothing(columns.shape[1], n)
    subjects = sort_subjects(outcome, columns, codes, weight, ties)
    likelihood = general_likelihood(subjects)
    null = likelihood(np.zeros(columns.shape[1]))
    mass = 1.0 if weight is None else float(weight.max())
    spread = mass * subjects.tied.size * np.square(columns).max(axis=0)
    aliased = undetermined(null.information, spread)
    used = np.flatnonzero(~aliased)
    bare = np.diagonal(null.information) <= 1e-12 * spread
    reasons = [_NO_INFORMATION if b else _COLLINEAR if a else "" for a, b in zip(aliased, bare, strict=True)]
    if not used.size:
        climb = _Climb(*_blank(columns.shape[1]), null.value, 0, True, reasons)
        return _dress(climb, null, used, n, subjects.tied.size, options)
    if used.size < columns.shape[1]:
        subjects = subjects._replace(x=np.ascontiguousarray(subjects.x[:, used]))
        likelihood = general_likelihood(subjects)
    start = Derivatives(null.value, null.score[used], null.information[np.ix_(used, used)])
    scale = np.abs(subjects.x).max(axis=0)
    top = maximize(likelihood, start, scale, tol=tol, max_iter=max_iter)
    coef, var = _blank(columns.shape[1])
    fine = used[~top.runaway]
    coef[fine] = top.at[~top.runaway]
    var[np.ix_(fine, fine)] = inverse(top.derivatives.information)[np.ix_(~top.runaway, ~top.runaway)]
    for j in used[top.runaway]:
        reasons[j] = _MONOTONE
    if not top.converged:
        coef[:], var[:] = np.nan, np.nan
        reasons = [reason or _NO_END for reason in reasons]
    climb = _Climb(coef, var, top.derivatives.value, top.iterations, top.converged, reasons)
    return _dress(climb, null, used, n, subjects.tied.size, options)


def cox_arms(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    n_arms: int | None = None,
    stratum: ArrayLike | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    max_iter: int = _MAX_ITER,
    tol: float = _TOL,
) -> CoxFit:
    """Fit a model of arms alone; coefficient j is arm j + 1 against arm 0.

    An arm has an estimate exactly if the likelihood has a finite maximum in it (see `strongly_connected`); others are
    NaN, and the log-likelihood is its limit. Strata with one arm move the log-likelihood by a constant.

    Args:
        time: (n,) times from 0, any one unit; the result does not depend on the unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) integer codes from 0, 0 the control.
        n_arms: Number of arms when codes may be absent; at least 2.
        stratum: (n,) integer codes from 0, or None.
        ties: `efron` or `breslow`.
        conf_level: Level of the Wald limits.
        max_iter: Most Newton steps.
        tol: Largest last Newton step, in standard errors.

    Returns:
        The fit, p = A - 1.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    options = _options(ties, conf_level, max_iter, tol)
    return _fit_arms(event_rows(time, event, arm, stratum, n_arms=n_arms), options)


def cox_two_arm(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
) -> CoxFit:
    """`cox_arms` of arm 1 against arm 0, where either may have no subjects.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) 0 or 1.
        stratum: (n,) integer codes from 0, or None.
        ties: `efron` or `breslow`.
        conf_level: Level of the Wald limits.

    Returns:
        The fit, p = 1.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    return cox_arms(time, event, arm, n_arms=2, stratum=stratum, ties=ties, conf_level=conf_level)


def cox_from_table(
    table: RiskTable,
    *,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    max_iter: int = _MAX_ITER,
    tol: float = _TOL,
) -> CoxFit:
    """`cox_arms` from a risk table.

    Args:
        table: Counts by stratum, arm and time, without weights.
        ties: `efron` or `breslow`.
        conf_level: Level of the Wald limits.
        max_iter: Most Newton steps.
        tol: Largest last Newton step, in standard errors.

    Returns:
        The fit, p = A - 1.

    Raises:
        KernelInputError: Options out of their limits, or a table that does not fit together or holds weights.
    """
    whole = np.asarray(table.events).dtype.kind in "iu"
    require(whole, "table", "a Cox model from a table needs counts, not sums of weights")
    return _fit_arms(event_rows_of_table(table), _options(ties, conf_level, max_iter, tol))


def _options(ties: Ties, conf_level: float, max_iter: int, tol: float) -> _Options:
    require(ties in ("efron", "breslow"), "ties", "ties must be efron or breslow", ties)
    require(max_iter >= 1, "max_iter", "max_iter must be at least 1", max_iter)
    require(0.0 < tol < 1.0, "tol", "tol must lie between 0 and 1", tol)
    return _Options(ties, z_of_level(conf_level), max_iter, tol)


def _covariates(x: ArrayLike, n: int) -> Floats:
    array = np.asarray(x)
    require(array.dtype.kind in "fiub", "x", "covariates must be numbers", array.dtype)
    columns = array.astype(np.float64, copy=False)
    columns = columns[:, None] if columns.ndim == 1 else columns
    fits = columns.ndim == 2 and columns.shape[0] == n and columns.shape[1] > 0
    require(fits, "x", "covariates must be (n, p) with p at least 1", array.shape)
    require(np.isfinite(columns).all(), "x", "covariates must be finite")
    return columns


def _as_arms(columns: Floats) -> NDArray[np.uint8] | None:
    """Arm codes when the columns are the dummies of arms, else None."""
    p = columns.shape[1]
    if p > 200:
        return None
    flags = columns.astype(np.bool_)
    if not np.array_equal(flags, columns):
        return None
    if p == 1:
        return flags[:, 0].view(np.uint8)
    ones = flags.sum(axis=1)
    if ones.max() > 1 or ones.min() == 1:
        # Without a subject of the reference arm the columns are collinear: the general way keeps the first ones.
        return None
    return (flags @ np.arange(1, p + 1)).astype(np.uint8)


def _fit_arms(rows: EventRows, options: _Options) -> CoxFit:
    arms = rows.n.size
    require(arms >= 2, "arm", "a model of arms needs at least two", arms)
    n, p = int(rows.n.sum()), arms - 1
    if not rows.events.size:
        return _nothing(p, n)
    happened = rows.events.sum(axis=1)
    terms = terms_of_rows(rows, options.ties)
    null = arms_likelihood(terms)(np.zeros(p))
    used = np.flatnonzero(~undetermined(null.information, np.full(p, happened.sum())))
    component = strongly_connected(rows)
    reasons = _reasons_of_arms(rows, component, null)
    coef, var = _blank(p)
    loglik, iterations, converged = 0.0, 0, True
    for label in np.unique(component):
        members = np.flatnonzero(component == label)
        part, begin = terms, null
        if members.size < arms:
            mine = restrict(rows, members)
            if not mine.events.size:
                continue
            part = terms_of_rows(mine, options.ties)
            begin = arms_likelihood(part)(np.zeros(members.size - 1))
        if members.size == 1:
            loglik += begin.value
            continue
        scale = np.ones(members.size - 1)
        top = maximize(arms_likelihood(part), begin, scale, tol=options.tol, max_iter=options.max_iter)
        loglik += top.derivatives.value
        iterations, converged = max(iterations, top.iterations), converged and top.converged
        if members[0] == 0:
            coef[members[1:] - 1] = top.at
            var[np.ix_(members[1:] - 1, members[1:] - 1)] = inverse(top.derivatives.information)
    if not converged:
        coef[:], var[:] = np.nan, np.nan
        reasons = [reason or _NO_END for reason in reasons]
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
    climb: _Climb, null: Derivatives, used: NDArray[np.int64], n: int, n_events: int, options: _Options
) -> CoxFit:
    se = np.sqrt(np.diagonal(climb.var))
    fine = np.isfinite(climb.coef)
    wald = score = likelihood_ratio = np.nan
    if used.size:
        score = float(null.score[used] @ solve(null.information[np.ix_(used, used)], null.score[used]))
        likelihood_ratio = 2.0 * (climb.loglik - null.value)
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
