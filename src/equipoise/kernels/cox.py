"""Cox's proportional hazards model, with strata, ties by Efron or Breslow, and models of arms alone.

Cox (1972, JRSS B 34:187). A model of nothing but arms is fitted on the counts at each event time, which takes a
fraction of the time; `cox` notices by itself. What has no finite estimate is NaN with a reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_codes, check_outcome, check_weights, require
from equipoise.kernels._cox_fit import CoxFit, Options, Ties, fit_arms, fit_covariates
from equipoise.kernels.distributions import z_of_level
from equipoise.kernels.risk_table import EventRows, RiskTable, event_rows, event_rows_of_table

__all__ = ["CoxFit", "Ties", "cox", "cox_arms", "cox_from_table", "cox_two_arm"]

_MAX_ITER = 100
_TOL = 1e-7


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
        return _arms(rows, options)
    return fit_covariates(outcome, columns, codes, weight, options)


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
    return _arms(event_rows(time, event, arm, stratum, n_arms=n_arms), options)


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
    return _arms(event_rows_of_table(table), _options(ties, conf_level, max_iter, tol))


def _options(ties: Ties, conf_level: float, max_iter: int, tol: float) -> Options:
    require(ties in ("efron", "breslow"), "ties", "ties must be efron or breslow", ties)
    require(max_iter >= 1, "max_iter", "max_iter must be at least 1", max_iter)
    require(0.0 < tol < 1.0, "tol", "tol must lie between 0 and 1", tol)
    return Options(ties, z_of_level(conf_level), max_iter, tol)


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
