"""Residuals of Cox's model at given coefficients: martingale, deviance, score, Schoenfeld, and dfbeta.

Therneau, Grambsch and Fleming (1990, Biometrika 77:147) and Therneau and Grambsch (2000, Modeling Survival Data,
chapters 4 and 7), with tied events by Efron's approximation all through, as R survival has them, or Breslow's.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats
from equipoise.kernels._cox_counting import at_rows, prepare
from equipoise.kernels._cox_diagnostics import dfbeta_rows, evaluate, scaled_rows, schoenfeld_rows, score_rows

__all__ = ["CountedTies", "CoxResiduals", "cox_residuals", "dfbeta", "dfbetas", "scaled_schoenfeld"]

CountedTies = Literal["efron", "breslow"]


class CoxResiduals(NamedTuple):
    """Residuals of n rows and p covariates, d rows with events. All NaN where `reason` is not empty.

    Attributes:
        martingale: (n,) events less events expected of the row; their weighted sum is 0 in each stratum.
        deviance: (n,) martingale residuals made nearly symmetric.
        score: (n, p) what each row adds to the score, without its weight.
        schoenfeld: (d, p) covariates of each event less their mean at risk.
        event_row: (d,) the row of each event, in order of stratum, time and row.
        event_time: (d,) its time.
        expected: (n,) events expected of the row: the cumulative hazard it has lived through (Cox-Snell).
        reason: Why there are no numbers, or empty.
    """

    martingale: Floats
    deviance: Floats
    score: Floats
    schoenfeld: Floats
    event_row: NDArray[np.int64]
    event_time: Floats
    expected: Floats
    reason: str


def cox_residuals(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    coef: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: CountedTies = "efron",
) -> CoxResiduals:
    """Residuals at the coefficients given, which need not be the maximum.

    Args:
        time: (n,) ends of the rows, from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        coef: (p,) coefficients. NaN, for one without an estimate, leaves no number.
        entry: (n,) a row is at risk after this time and up to `time`; None for from the start.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive; default 1 each.
        ties: `efron` or `breslow`.

    Returns:
        The residuals of rows, not of subjects: those of a subject with several rows are to be summed.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    rows = prepare(time, event, x, coef, entry=entry, stratum=stratum, weights=weights, ties=ties)
    found, reason = evaluate(rows)
    n, p = rows.x.shape
    if found is None:
        none, table = np.full(n, np.nan), np.full((n, p), np.nan)
        unknown = np.full((rows.tied.size, p), np.nan)
        return CoxResiduals(none, none, table, unknown, rows.tied, rows.time[rows.tied], none, reason)
    expected = found.risk / rows.weight * at_rows(rows, found.rate[:, None])[:, 0]
    martingale = rows.event - expected
    return CoxResiduals(
        martingale=martingale,
        deviance=_deviance(rows.event, expected),
        score=score_rows(rows, found),
        schoenfeld=schoenfeld_rows(rows, found),
        event_row=rows.tied,
        event_time=rows.time[rows.tied],
        expected=expected,
        reason="",
    )


def dfbeta(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    coef: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: CountedTies = "efron",
) -> Floats:
    """About how much each coefficient would fall if the row were left out: weighted score residuals times I^-1.

    One Newton step without the row's share of the information (Therneau and Grambsch 2000, section 7.1); R's
    `residuals(type = "dfbeta")`.

    Args:
        time: (n,) ends of the rows, from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        coef: (p,) coefficients at their maximum.
        entry: (n,) starts of the rows, or None.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive; default 1 each.
        ties: `efron` or `breslow`.

    Returns:
        (n, p) changes; NaN where the model has no estimate.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    rows = prepare(time, event, x, coef, entry=entry, stratum=stratum, weights=weights, ties=ties)
    return dfbeta_rows(rows)[0]


def dfbetas(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    coef: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: CountedTies = "efron",
) -> Floats:
    """`dfbeta` in standard errors of the model.

    Args:
        time: (n,) ends of the rows, from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        coef: (p,) coefficients at their maximum.
        entry: (n,) starts of the rows, or None.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive; default 1 each.
        ties: `efron` or `breslow`.

    Returns:
        (n, p) changes in standard errors; NaN where the model has no estimate.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    rows = prepare(time, event, x, coef, entry=entry, stratum=stratum, weights=weights, ties=ties)
    change, variance, _ = dfbeta_rows(rows)
    return change / np.sqrt(np.diagonal(variance))


def scaled_schoenfeld(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    coef: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: CountedTies = "efron",
) -> Floats:
    """Schoenfeld residuals over the mean variance at an event, plus the coefficients: their trend is that of beta(t).

    Grambsch and Therneau (1994, Biometrika 81:515), scaled as in R survival 3: by the inverse of I / d, where only
    strata in which a covariate varies count. In a stratum in which it is constant its residual is NaN. For the plot;
    the test does not use them.

    Args:
        time: (n,) ends of the rows, from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        coef: (p,) coefficients at their maximum.
        entry: (n,) starts of the rows, or None.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive; default 1 each.
        ties: `efron` or `breslow`.

    Returns:
        (d, p) residuals in the order of `CoxResiduals.event_row`; NaN where the model has no estimate.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    rows = prepare(time, event, x, coef, entry=entry, stratum=stratum, weights=weights, ties=ties)
    found, _ = evaluate(rows)
    return np.full((rows.tied.size, rows.coef.size), np.nan) if found is None else scaled_rows(rows, found).residuals


def _deviance(event: NDArray[np.bool_], expected: Floats) -> Floats:
    """(n,) sign(m) sqrt(-2 (m + d log(d - m))), where d - m is the events expected."""
    martingale = event - expected
    log = np.log(expected, out=np.zeros_like(expected), where=event & (expected > 0.0))
    # At m = 0 the sum under the root is 0, and rounding may leave it just below.
    inside = np.maximum(-2.0 * (martingale + log), 0.0)
    result: Floats = np.sign(martingale) * np.sqrt(inside)
    return result
