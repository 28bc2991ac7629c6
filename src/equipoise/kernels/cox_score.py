"""Score test of some coefficients of a Cox model, the others at their maximum under the null hypothesis."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import require
from equipoise.kernels._cox_general import likelihood_of, sort_subjects
from equipoise.kernels._newton import solve
from equipoise.kernels.cox import Ties, check_options, check_rows

__all__ = ["cox_score"]


def cox_score(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    at: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: Ties = "efron",
) -> float:
    """Rao's score statistic U' I^- U at a point.

    With the tested coefficients at 0 and the others at their maximum given that, the score of the others is 0 and this
    is the score test of the tested ones given the others; at 0 it is the log-rank test that goes with the ties.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) covariates, finite.
        at: (p,) coefficients under the null hypothesis, finite.
        entry: (n,) when each row came under observation, before its time, or None.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive, or None; not for `discrete` and `exact` ties.
        ties: `efron`, `breslow`, `discrete` or `exact`.

    Returns:
        The chi-square; NaN without events.

    Raises:
        KernelInputError: Arrays that break the limits above.
    """
    options = check_options(ties)
    columns, point = np.asarray(x, dtype=np.float64), np.asarray(at, dtype=np.float64)
    fits = columns.ndim == 2 and columns.shape == (np.size(time), point.size)
    require(fits, "x", "covariates must be (n, p) and the point (p,)", (columns.shape, point.shape))
    require(np.isfinite(columns).all() and np.isfinite(point).all(), "x", "covariates and point must be finite")
    rows = check_rows(time, event, columns, entry, stratum, weights, options)
    if not rows.outcome.event.any():
        return float("nan")
    subjects = sort_subjects(rows.outcome, rows.x, rows.stratum, rows.weight, ties, rows.entry)
    there = likelihood_of(subjects, ties)(point)
    return float(there.score @ solve(there.information, there.score))
