"""The score test of proportional hazards, and a smooth picture of how an effect changes with time.

Grambsch and Therneau (1994, Biometrika 81:515) had the idea: a coefficient beta + theta g(t). Here theta = 0 is tested
by the score of that model itself, as R survival does from version 3.0 on. (Earlier versions, and other programs that
followed them, replaced the variance at each event by its mean; that approximation can be far off.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._cox_counting import Rows, Sums, information, prepare
from equipoise.kernels._cox_diagnostics import evaluate, model_variance, scaled_rows, schoenfeld_rows
from equipoise.kernels._newton import inverse, solve, undetermined
from equipoise.kernels._time_transform import Transform, transformed_times
from equipoise.kernels.cox_residuals import CountedTies
from equipoise.kernels.distributions import chi2_sf

__all__ = ["ProportionalHazards", "Transform", "proportional_hazards_test"]

_NO_CHANGE = "the events say nothing about a change of this effect with time"
_NO_LOG = "an event at time 0 has no logarithm"


class ProportionalHazards(NamedTuple):
    """The test of k terms of p covariates, and d residuals for the plot.

    Attributes:
        chi_square: (k,) score chi-square of each term, the other effects constant in time.
        df: (k,) degrees of freedom: the covariates of the term.
        p: (k,) upper tails.
        global_chi_square: Of all terms together.
        global_df: Its degrees of freedom, p.
        global_p: Its upper tail.
        transformed: (d,) transformed times of the events, by stratum, time and row.
        time: (d,) their times.
        event_row: (d,) their rows.
        scaled: (d, p) scaled Schoenfeld residuals plus coefficients; NaN where a covariate is constant in the stratum.
        variance: (p, p) variance of one of these residuals.
        reason: Why a number is missing (the first of `reasons`), or empty.
        reasons: (k,) the same for each term.
    """

    chi_square: Floats
    df: Floats
    p: Floats
    global_chi_square: float
    global_df: int
    global_p: float
    transformed: Floats
    time: Floats
    event_row: NDArray[np.int64]
    scaled: Floats
    variance: Floats
    reason: str
    reasons: tuple[str, ...]


def proportional_hazards_test(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    coef: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: CountedTies = "efron",
    transform: Transform = "km",
    terms: Sequence[int] | None = None,
) -> ProportionalHazards:
    """Test theta = 0 in hazards exp(beta x + theta g(t) x), by term and for all of them.

    The score of theta is taken at the coefficients given, less what it owes to a score of beta that is not 0, so that
    a maximum found to a tolerance serves as well as an exact one. g is `identity`, `log`, `rank` (of all rows' ends,
    ties at their mean) or `km`, 1 less the Kaplan-Meier estimate just before t; the latter two are of all rows without
    strata or weights, as in R.

    Args:
        time: (n,) ends of the rows, from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        coef: (p,) coefficients at their maximum. NaN, for one without an estimate, leaves no number.
        entry: (n,) starts of the rows, or None.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive; default 1 each.
        ties: `efron` or `breslow`, that of the model; for other ties the test is not defined.
        transform: The function g of time.
        terms: (p,) codes of the term that each covariate belongs to, from 0 without gaps; None for each by itself.

    Returns:
        The test.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    rows = prepare(time, event, x, coef, entry=entry, stratum=stratum, weights=weights, ties=ties)
    members = _members(terms, rows.coef.size)
    transformed = transformed_times(rows, transform)
    found, reason = evaluate(rows)
    at_events = transformed[rows.tied]
    if not reason and not np.isfinite(at_events).all():
        reason = _NO_LOG
    if found is not None and not reason:
        reason = model_variance(rows, found)[1]
    if found is None or reason:
        return _nothing(rows, members, at_events, reason)
    return _tested(rows, found, members, at_events)


def _tested(rows: Rows, found: Sums, members: list[NDArray[np.int64]], at_events: Floats) -> ProportionalHazards:
    slope = _slope(rows, found, at_events)
    plot = scaled_rows(rows, found)
    chi_square = np.array([_chi_square(slope, columns) for columns in members])
    df = np.array([float(columns.size) for columns in members])
    reasons = tuple(_NO_CHANGE if np.isnan(value) else "" for value in chi_square)
    overall = _chi_square(slope, np.arange(rows.coef.size))
    return ProportionalHazards(
        chi_square=chi_square,
        df=df,
        p=np.array([chi2_sf(float(value), k) for value, k in zip(chi_square, df, strict=True)]),
        global_chi_square=overall,
        global_df=rows.coef.size,
        global_p=chi2_sf(overall, rows.coef.size),
        transformed=at_events,
        time=rows.time[rows.tied],
        event_row=rows.tied,
        scaled=plot.residuals,
        variance=plot.variance,
        reason=next((text for text in reasons if text), _NO_CHANGE if np.isnan(overall) else ""),
        reasons=reasons,
    )


def _members(terms: Sequence[int] | None, p: int) -> list[NDArray[np.int64]]:
    """Covariates of each term."""
    codes = np.arange(p) if terms is None else np.asarray(terms)
    fits = codes.ndim == 1 and codes.size == p and codes.dtype.kind in "iu"
    require(fits, "terms", "there must be one integer code of a term for each covariate", terms)
    distinct = np.unique(codes)
    require(
        np.array_equal(distinct, np.arange(distinct.size)), "terms", "terms must be coded 0, 1, 2 without gaps", terms
    )
    return [np.flatnonzero(codes == code) for code in distinct]


class _Slope(NamedTuple):
    """The efficient score of theta (p,), its variance (p, p), and (p,) the size that its diagonal could have."""

    score: Floats
    variance: Floats
    spread: Floats


def _slope(rows: Rows, found: Sums, at_events: Floats) -> _Slope:
    # A constant added to g changes nothing; centred, no digits are lost to one.
    g = at_events - at_events.mean()
    g[np.abs(g) <= 1e-12 * np.abs(at_events).max()] = 0.0
    per_term = g if rows.term_group.size == g.size else g[rows.group_first]
    weighted = rows.weight[rows.tied][:, None] * schoenfeld_rows(rows, found)
    main, cross, square = (information(rows, found, c) for c in (None, per_term, per_term**2))
    toll = cross @ inverse(main)
    score = g @ weighted - toll @ weighted.sum(axis=0)
    return _Slope(score, square - toll @ cross, np.diagonal(main) * np.square(g).max())


def _chi_square(slope: _Slope, columns: NDArray[np.int64]) -> float:
    variance = slope.variance[np.ix_(columns, columns)]
    if undetermined(variance, slope.spread[columns]).any():
        return np.nan
    score = slope.score[columns]
    return float(score @ solve(variance, score))


def _nothing(rows: Rows, members: list[NDArray[np.int64]], at_events: Floats, reason: str) -> ProportionalHazards:
    k, p, d = len(members), rows.coef.size, rows.tied.size
    none = np.full(k, np.nan)
    return ProportionalHazards(
        none, np.array([float(columns.size) for columns in members]), none, np.nan, p, np.nan, at_events,
        rows.time[rows.tied], rows.tied, np.full((d, p), np.nan), np.full((p, p), np.nan), reason, (reason,) * k,
    )  # fmt: skip
