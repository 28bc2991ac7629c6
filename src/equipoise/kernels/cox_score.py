"""Score test of some coefficients of a Cox model, the others at their maximum under the null hypothesis."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import check_codes, check_outcome, require
from equipoise.kernels._cox_general import general_likelihood, sort_subjects
from equipoise.kernels._newton import solve
from equipoise.kernels.cox import Ties

__all__ = ["cox_score"]


def cox_score(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    at: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
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
        stratum: (n,) integer codes from 0, or None.
        ties: `efron` or `breslow`.

    Returns:
        The chi-square; NaN without events.

    Raises:
        KernelInputError: Arrays that break the limits above.
    """
    outcome = check_outcome(time, event)
    columns, point = np.asarray(x, dtype=np.float64), np.asarray(at, dtype=np.float64)
    fits = columns.ndim == 2 and columns.shape == (outcome.time.size, point.size)
    require(fits, "x", "covariates must be (n, p) and the point (p,)", (columns.shape, point.shape))
    require(np.isfinite(columns).all() and np.isfinite(point).all(), "x", "covariates and point must be finite")
    require(ties in ("efron", "breslow"), "ties", "ties must be efron or breslow", ties)
    codes, _ = check_codes(stratum, outcome.time.size, None, "stratum")
    if not outcome.event.any():
        return float("nan")
    there = general_likelihood(sort_subjects(outcome, columns, codes, None, ties))(point)
    return float(there.score @ solve(there.information, there.score))
