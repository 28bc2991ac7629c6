"""Cox's proportional hazards model, with strata, delayed entry, four ways with ties, and models of arms alone.

Cox (1972, JRSS B 34:187). A model of nothing but arms is fitted on the counts at each event time, which takes a
fraction of the time; `cox` notices by itself. What has no finite estimate is NaN with a reason.

Two exact ways with ties share the name "exact" among programs, so here each has its own:

- `discrete`: the conditional likelihood of discrete time, in which tied events did happen together (Cox 1972, section
  6; Gail, Lubin and Rubinstein 1981). R's `coxph(ties = "exact")`, SAS's TIES=DISCRETE, Stata's `exactp`. Its
  coefficient is a log odds ratio; its score test at 0 is the log-rank test.
- `exact`: the marginal likelihood of continuous time, in which tied events happened one after the other in an order
  that was not recorded (Kalbfleisch and Prentice 1973; DeLong, Guirguis and So 1994). SAS's TIES=EXACT, Stata's
  `exactm`. `efron` approximates it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import KernelInputError, Problem, Where
from equipoise.kernels._arrays import Floats, check_codes, check_outcome, check_weights, require
from equipoise.kernels._cox_fit import CoxFit, Options, Penalty, Rows, Ties, fit_arms, fit_covariates
from equipoise.kernels._cox_rows import event_rows_of_entries
from equipoise.kernels._cox_subjects import check_entry
from equipoise.kernels.distributions import z_of_level
from equipoise.kernels.risk_table import EventRows, RiskTable, event_rows, event_rows_of_table

__all__ = [
    "CoxFit",
    "Penalty",
    "Ties",
    "check_options",
    "check_rows",
    "cox",
    "cox_arms",
    "cox_from_table",
    "cox_two_arm",
]

_MAX_ITER = 100
_TOL = 1e-7


def cox(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: Ties = "efron",
    penalty: Penalty = "none",
    conf_level: float = 0.95,
    max_iter: int = _MAX_ITER,
    tol: float = _TOL,
) -> CoxFit:
    """Fit a proportional hazards model.

    Of collinear columns the first ones stay. Columns that are the dummies of arms (0 or 1, at most one 1 a subject)
    are fitted on counts; the answer is that of the general way to 1e-10. With several rows a subject, each the time
    in which its covariates had these values, covariates may change in time; then `n` counts rows.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        entry: (n,) when each row came under observation, before its time; default the start of time. At risk at an
            event time are the rows with entry < event time <= time: who enters at an event's time is not at risk.
        stratum: (n,) integer codes from 0, or None. Each stratum has its own baseline hazard.
        weights: (n,) case weights, positive; default 1 each. The variance takes them as counts of subjects. Not for
            `discrete` and `exact` ties.
        ties: `efron`, `breslow`, `discrete` or `exact`; see above.
        penalty: `firth` adds half the log-determinant of the information to the log-likelihood (Firth 1993; Heinze
            and Schemper 2001), with `efron` or `breslow`: estimates stay finite where the likelihood is monotone.
            `loglik_null`, `loglik` and `likelihood_ratio` are then penalized, `score` is not.
        conf_level: Level of the Wald limits.
        max_iter: Most Newton steps.
        tol: Largest last Newton step, in standard errors; the error left is about its square.

    Returns:
        The fit.

    Raises:
        KernelInputError: Arrays or options that break the limits above, options that exclude each other, or a
            discrete likelihood that would take too long.
    """
    options = check_options(ties, conf_level, max_iter, tol, penalty)
    rows = check_rows(time, event, x, entry, stratum, weights, options)
    outcome, columns, codes = rows.outcome, rows.x, rows.stratum
    if rows.weight is None and penalty == "none" and (arm := _as_arms(columns)) is not None:
        n_arms = columns.shape[1] + 1
        if rows.entry is not None:
            return _arms(event_rows_of_entries(outcome, arm, codes, rows.entry, n_arms=n_arms), options)
        return _arms(event_rows(outcome.time, outcome.event, arm, codes, n_arms=n_arms), options)
    return fit_covariates(rows, options)


def cox_arms(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    n_arms: int | None = None,
    entry: ArrayLike | None = None,
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
        entry: (n,) starts, as for `cox`.
        stratum: (n,) integer codes from 0, or None.
        ties: `efron`, `breslow`, `discrete` or `exact`.
        conf_level: Level of the Wald limits.
        max_iter: Most Newton steps.
        tol: Largest last Newton step, in standard errors.

    Returns:
        The fit, p = A - 1.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    options = check_options(ties, conf_level, max_iter, tol)
    if entry is None:
        return _arms(event_rows(time, event, arm, stratum, n_arms=n_arms), options)
    outcome = check_outcome(time, event)
    own, levels = check_codes(arm, outcome.time.size, n_arms, "arm")
    codes, _ = check_codes(stratum, outcome.time.size, None, "stratum")
    start = check_entry(entry, outcome.time)
    require(own is not None and start is not None, "arm", "a model of arms needs at least two", levels)
    assert own is not None
    assert start is not None
    return _arms(event_rows_of_entries(outcome, own, codes, start, n_arms=levels), options)


def cox_two_arm(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
) -> CoxFit:
    """`cox_arms` of arm 1 against arm 0, where either may have no subjects.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) 0 or 1.
        entry: (n,) starts, as for `cox`.
        stratum: (n,) integer codes from 0, or None.
        ties: `efron`, `breslow`, `discrete` or `exact`.
        conf_level: Level of the Wald limits.

    Returns:
        The fit, p = 1.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    return cox_arms(time, event, arm, n_arms=2, entry=entry, stratum=stratum, ties=ties, conf_level=conf_level)


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
        ties: `efron`, `breslow`, `discrete` or `exact`.
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
    return _arms(event_rows_of_table(table), check_options(ties, conf_level, max_iter, tol))


def check_rows(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    entry: ArrayLike | None,
    stratum: ArrayLike | None,
    weights: ArrayLike | None,
    options: Options,
) -> Rows:
    """The arrays of a model of covariates, checked.

    Args:
        time: (n,) times.
        event: (n,) events.
        x: (n, p) or (n,) covariates.
        entry: (n,) starts, or None.
        stratum: (n,) codes, or None.
        weights: (n,) case weights, or None.
        options: Checked options.

    Returns:
        The rows.

    Raises:
        KernelInputError: Arrays that break the limits of `cox`, or weights with ties that take none.
    """
    outcome = check_outcome(time, event)
    n = outcome.time.size
    columns = _covariates(x, n)
    codes, _ = check_codes(stratum, n, None, "stratum")
    weight = check_weights(weights, n)
    if weight is not None and options.ties in ("discrete", "exact"):
        _exclude("weights", f"there is no weighted likelihood of {options.ties} ties", options.ties)
    return Rows(outcome, columns, codes, weight, check_entry(entry, outcome.time))


def check_options(
    ties: Ties,
    conf_level: float = 0.95,
    max_iter: int = _MAX_ITER,
    tol: float = _TOL,
    penalty: Penalty = "none",
) -> Options:
    """Options that fit each other.

    Args:
        ties: Way with ties.
        conf_level: Level of limits.
        max_iter: Most Newton steps.
        tol: Largest last Newton step.
        penalty: `none` or `firth`.

    Returns:
        The options.

    Raises:
        KernelInputError: An option out of its limits, or two that exclude each other.
    """
    known = ("efron", "breslow", "discrete", "exact")
    require(ties in known, "ties", "ties must be efron, breslow, discrete or exact", ties)
    require(penalty in ("none", "firth"), "penalty", "the penalty must be none or firth", penalty)
    require(max_iter >= 1, "max_iter", "max_iter must be at least 1", max_iter)
    require(0.0 < tol < 1.0, "tol", "tol must lie between 0 and 1", tol)
    if penalty == "firth" and ties in ("discrete", "exact"):
        _exclude("penalty", f"Firth's penalty is not available with {ties} ties", ties)
    return Options(ties, z_of_level(conf_level), max_iter, tol, penalty)


def _exclude(name: str, message: str, value: str) -> None:
    cure = "Use ties='efron' or ties='breslow', or leave the other out."
    raise KernelInputError(Problem("kernel." + name, message, Where(path=name), value, cure))


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


def _arms(rows: EventRows, options: Options) -> CoxFit:
    require(rows.n.size >= 2, "arm", "a model of arms needs at least two", rows.n.size)
    return fit_arms(rows, options)
