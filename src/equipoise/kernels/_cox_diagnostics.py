"""Score and Schoenfeld residuals, dfbeta and variances from sums over risk sets, for the kernels that share them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equipoise.kernels._arrays import Floats
from equipoise.kernels._cox_counting import (
    NO_ESTIMATE,
    NO_EVENTS,
    OVERFLOW,
    SINGULAR,
    Rows,
    Sums,
    at_rows,
    information,
    sums,
)
from equipoise.kernels._newton import inverse, undetermined

__all__ = ["Scaled", "dfbeta_rows", "evaluate", "model_variance", "scaled_rows", "schoenfeld_rows", "score_rows"]


def evaluate(rows: Rows, coef: Floats | None = None) -> tuple[Sums | None, str]:
    """The sums over risk sets, or None and why there are none.

    Args:
        rows: The rows.
        coef: (p,) other coefficients than those of the rows.
    """
    if not rows.tied.size:
        return None, NO_EVENTS
    if not np.isfinite(rows.coef if coef is None else coef).all():
        return None, NO_ESTIMATE
    found = sums(rows, coef)
    return (found, "") if found.finite else (None, OVERFLOW)


def score_rows(rows: Rows, found: Sums) -> Floats:
    """(n, p) score residuals: the integral of x less its mean at risk against the martingale.

    Args:
        rows: The rows.
        found: The sums.
    """
    lived = at_rows(rows, np.column_stack([found.rate, found.rate[:, None] * found.mean]))
    score = -(found.risk / rows.weight)[:, None] * (lived[:, :1] * rows.x - lived[:, 1:])
    score[rows.tied] += schoenfeld_rows(rows, found)
    return score


def schoenfeld_rows(rows: Rows, found: Sums) -> Floats:
    """(d, p) covariates of each event less the mean at risk; under Efron the average of the means as tied events leave.

    Args:
        rows: The rows.
        found: The sums.
    """
    size = rows.group_first.size
    count = np.bincount(rows.term_group, minlength=size)
    mean = np.column_stack([np.bincount(rows.term_group, m, minlength=size) / count for m in found.mean.T])
    return rows.x[rows.tied] - mean[rows.group]


def dfbeta_rows(rows: Rows) -> tuple[Floats, Floats, str]:
    """Weighted dfbeta (n, p), the model's variance (p, p), and why there is none of either.

    Args:
        rows: The rows.
    """
    n, p = rows.x.shape
    found, reason = evaluate(rows)
    if found is None:
        return np.full((n, p), np.nan), np.full((p, p), np.nan), reason
    variance, reason = model_variance(rows, found)
    return rows.weight[:, None] * score_rows(rows, found) @ variance, variance, reason


def model_variance(rows: Rows, found: Sums) -> tuple[Floats, str]:
    """The inverse information (p, p), or NaN and why there is none.

    Args:
        rows: The rows.
        found: The sums.
    """
    there = information(rows, found)
    spread = np.abs(rows.x).max(axis=0) ** 2 * rows.term_times.sum()
    if undetermined(there, spread).any():
        return np.full_like(there, np.nan), SINGULAR
    return inverse(there), ""


class Scaled(NamedTuple):
    """Scaled Schoenfeld residuals.

    Attributes:
        residuals: (d, p) with the coefficients added.
        variance: (p, p) of one of them.
    """

    residuals: Floats
    variance: Floats


def scaled_rows(rows: Rows, found: Sums) -> Scaled:
    """Schoenfeld residuals over the mean variance at an event, plus the coefficients.

    Args:
        rows: The rows.
        found: The sums.
    """
    p = rows.coef.size
    strata = rows.stratum[rows.tied]
    varies = np.zeros((int(rows.stratum.max()) + 1, p))
    np.maximum.at(varies, rows.stratum, np.abs(rows.x))
    used = (varies > 1e-12 * np.maximum(np.abs(rows.x).max(axis=0), np.finfo(np.float64).tiny))[strata]
    counted = used.T.astype(np.float64) @ used
    mean = information(rows, found) / np.maximum(counted, 1.0)
    out = np.full((rows.tied.size, p), np.nan)
    plain = schoenfeld_rows(rows, found)
    for pattern in np.unique(used, axis=0):
        if pattern.any():
            mine = np.flatnonzero((used == pattern).all(axis=1))
            out[np.ix_(mine, pattern)] = plain[np.ix_(mine, pattern)] @ inverse(mean[np.ix_(pattern, pattern)])
    return Scaled(out + rows.coef, inverse(mean))
