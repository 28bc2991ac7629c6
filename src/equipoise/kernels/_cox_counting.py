"""The counting process form of Cox's model at given coefficients: rows (entry, time], strata, weights, tied events.

What comes after a fit (residuals, the sandwich, the test of proportional hazards) reads the same few sums over risk
sets. A row is at risk at a run of event times of its stratum: sums over rows at risk, and sums over the event times of
a row, are cumulative sums where all begin at 0, and sums over a tree where they don't. None subtracts, and no
(events, p, p) array of variances is ever held.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_codes, check_outcome, check_weights, require
from equipoise.kernels._cox_spans import Spans, collect, spans_of, spread
from equipoise.kernels._ordering import TIE_TOLERANCE

__all__ = [
    "NO_ESTIMATE",
    "NO_EVENTS",
    "OVERFLOW",
    "SINGULAR",
    "Rows",
    "Sums",
    "at_rows",
    "information",
    "prepare",
    "sums",
]

Indices = NDArray[np.int64]

NO_EVENTS = "no events"
NO_ESTIMATE = "a coefficient has no estimate"
SINGULAR = "covariates are collinear, or the risk sets say nothing about one"
OVERFLOW = "hazards differ by more than numbers can hold"


class Rows(NamedTuple):
    """Rows in the order given, and the event times of each stratum in rising order.

    n rows, p covariates, d events at D distinct (stratum, time) pairs, S strata that have events. E terms: one for each
    event time (Breslow) or each event (Efron).

    Attributes:
        x: (n, p) covariates, centred within each stratum.
        coef: (p,) coefficients.
        weight: (n,) case weights.
        event: (n,) whether the row ends in an event.
        stratum: (n,) codes of strata, 0 and up without gaps.
        time: (n,) end of the row; of times that are one to rounding, the earliest.
        label: (n,) rank of that time among all distinct times of all strata, entries among them.
        entry: (n,) the same rank of the row's start, or None where all begin at 0.
        spans: Runs of event times of rows that have an entry, else None.
        first: (n,) first event time at which the row is at risk.
        stop: (n,) one past the last event time at which it is at risk; not above `first` for none.
        tied: (d,) rows with events, by stratum, time and order given.
        group: (d,) which event time each has.
        group_first: (D,) first of them at each event time.
        block: (S + 1,) first event time of each stratum with events, and D.
        term_group: (E,) event time of each term.
        term_part: (E,) part of the events that has left the risk set: l / d under Efron, 0 under Breslow.
        term_times: (E,) the weight that a term counts for.
    """

    x: Floats
    coef: Floats
    weight: Floats
    event: NDArray[np.bool_]
    stratum: Indices
    time: Floats
    label: Indices
    entry: Indices | None
    spans: Spans | None
    first: Indices
    stop: Indices
    tied: Indices
    group: Indices
    group_first: Indices
    block: Indices
    term_group: Indices
    term_part: Floats
    term_times: Floats


class Sums(NamedTuple):
    """What the risk sets say at the coefficients.

    Attributes:
        risk: (n,) weight times relative hazard, the largest relative hazard of a stratum being 1.
        rate: (E,) increment of the baseline hazard at each term, on that scale.
        mean: (E, p) weighted mean of the covariates at risk.
        finite: Whether all of this is finite.
    """

    risk: Floats
    rate: Floats
    mean: Floats
    finite: bool


def prepare(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    coef: ArrayLike,
    *,
    entry: ArrayLike | None,
    stratum: ArrayLike | None,
    weights: ArrayLike | None,
    ties: str,
) -> Rows:
    """Check the arguments and find the event times at which each row is at risk.

    Args:
        time: (n,) ends of the rows, from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        x: (n, p) or (n,) covariates, finite.
        coef: (p,) coefficients; NaN for one without an estimate.
        entry: (n,) starts of the rows, from 0 and before their ends, or None.
        stratum: (n,) integer codes from 0, or None.
        weights: (n,) case weights, positive, or None.
        ties: `efron` or `breslow`.

    Returns:
        The rows.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    message = "ties must be efron or breslow here: for discrete and exact ties these quantities are not defined"
    require(ties in ("efron", "breslow"), "ties", message, ties)
    outcome = check_outcome(time, event)
    n = outcome.time.size
    columns, point = _covariates(x, coef, n)
    codes, _ = check_codes(stratum, n, None, "stratum")
    given = check_weights(weights, n)
    weight = np.ones(n) if given is None else given
    strata = np.zeros(n, np.int64) if codes is None else np.unique(codes, return_inverse=True)[1].reshape(-1)
    label, begins, tied_time = _labels(outcome.time, None if entry is None else _entries(entry, n))
    events = np.flatnonzero(outcome.event)
    tied = events[np.lexsort((label[events], strata[events]))]
    base = strata * (int(label.max()) + 1)
    key = base + label
    fresh = np.diff(key[tied], prepend=-1) != 0
    group, group_first = np.cumsum(fresh) - 1, np.flatnonzero(fresh)
    times = key[tied[group_first]]
    block = np.searchsorted(times, base, side="left")
    first = block if begins is None else np.searchsorted(times, base + begins, side="right")
    stop = np.searchsorted(times, key, side="right")
    return Rows(
        _centred(columns, strata, weight), point, weight, outcome.event, strata, tied_time, label, begins,
        None if begins is None else spans_of(first, stop, times.size), first, stop, tied, group, group_first,
        np.append(np.unique(block[tied]), times.size), *_terms(weight[tied], group, group_first, ties),
    )  # fmt: skip


def sums(rows: Rows, coef: Floats | None = None) -> Sums:
    """Means over risk sets and increments of the hazard.

    Args:
        rows: What `prepare` made, with at least one event.
        coef: (p,) other coefficients than those of the rows, finite.

    Returns:
        The sums.
    """
    log_hazard = rows.x @ (rows.coef if coef is None else coef)
    top = np.full(int(rows.stratum.max()) + 1, -np.inf)
    np.maximum.at(top, rows.stratum, log_hazard)
    risk = rows.weight * np.exp(log_hazard - top[rows.stratum])
    weighted = np.column_stack([risk, risk[:, None] * rows.x])
    ahead = _at_risk(rows, weighted)
    dying = np.add.reduceat(weighted[rows.tied], rows.group_first, axis=0)
    left = ahead[rows.term_group] - rows.term_part[:, None] * dying[rows.term_group]
    with np.errstate(all="ignore"):
        total = np.where(left[:, 0] > 0.0, left[:, 0], np.nan)
        rate, mean = rows.term_times / total, left[:, 1:] / total[:, None]
    return Sums(risk, rate, mean, bool(np.isfinite(rate).all() and np.isfinite(mean).all()))


def at_rows(rows: Rows, per_term: Floats) -> Floats:
    """Sum over the terms at which a row is at risk, counting the row only in part once tied events have left.

    Args:
        rows: The rows.
        per_term: (E, k) values.

    Returns:
        (n, k) sums.
    """
    steps = np.add.reduceat(per_term, _term_first(rows), axis=0)
    if rows.spans is not None:
        out = spread(rows.spans, steps)
    else:
        out = np.zeros((rows.event.size, per_term.shape[1]))
        present = np.flatnonzero(rows.stop > rows.first)
        out[present] = _running(steps, rows.block)[rows.stop[present] - 1]
    if rows.term_part.any():
        gone = np.add.reduceat(per_term * rows.term_part[:, None], _term_first(rows), axis=0)
        out[rows.tied] -= gone[rows.group]
    return out


def information(rows: Rows, found: Sums, factor: Floats | None = None) -> Floats:
    """Sum over terms of the variance of the covariates at risk, each times its factor.

    Exchanging the order of summation makes the sum of second moments one Gram matrix with the weight that each row
    has lived through.

    Args:
        rows: The rows.
        found: The sums.
        factor: (E,) a factor for each term, or None for 1.

    Returns:
        (p, p) matrix.
    """
    rate = found.rate if factor is None else found.rate * factor
    counted = rows.term_times if factor is None else rows.term_times * factor
    lived = found.risk * at_rows(rows, rate[:, None])[:, 0]
    outer: Floats = rows.x.T @ (lived[:, None] * rows.x) - found.mean.T @ (counted[:, None] * found.mean)
    return 0.5 * (outer + outer.T)


def _covariates(x: ArrayLike, coef: ArrayLike, n: int) -> tuple[Floats, Floats]:
    array = np.asarray(x)
    require(not np.ma.is_masked(x), "x", "covariates must not have masked values")
    require(array.dtype.kind in "fiub", "x", "covariates must be numbers", array.dtype)
    columns = array.astype(np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    fits = columns.ndim == 2 and columns.shape[0] == n and columns.shape[1] > 0
    require(fits, "x", "covariates must be (n, p) with p at least 1", array.shape)
    require(np.isfinite(columns).all(), "x", "covariates must be finite")
    numbers = np.asarray(coef)
    require(numbers.dtype.kind in "fiub", "coef", "coefficients must be numbers", numbers.dtype)
    point = np.atleast_1d(numbers.astype(np.float64))
    require(point.shape == (columns.shape[1],), "coef", "there must be one coefficient for each covariate", point.shape)
    require(not np.isinf(point).any(), "coef", "coefficients must not be infinite")
    return columns, point


def _entries(entry: ArrayLike, n: int) -> Floats:
    require(not np.ma.is_masked(entry), "entry", "entry must not have masked values")
    array = np.asarray(entry)
    require(array.dtype.kind in "fiub", "entry", "entry times must be numbers", array.dtype)
    start = array.astype(np.float64)
    require(start.shape == (n,), "entry", "there must be one entry time for each row", array.shape)
    require(np.isfinite(start).all(), "entry", "entry times must be finite")
    require(start.min() >= 0.0, "entry", "entry times must not be negative", start.min())
    return start


def _labels(time: Floats, start: Floats | None) -> tuple[Indices, Indices | None, Floats]:
    """Ranks of ends and starts among all distinct times, and the ends with times that are one made equal."""
    n = time.size
    both = time if start is None else np.append(time, start)
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    breaks = np.diff(ordered, prepend=ordered[0]) > TIE_TOLERANCE * float(time.mean())
    label = np.empty(both.size, np.int64)
    label[order] = np.cumsum(breaks)
    earliest = ordered[np.flatnonzero(np.append(True, breaks[1:]))]
    if start is None:
        return label, None, earliest[label]
    wrong = label[n:] >= label[:n]
    at = int(np.argmax(wrong))
    require(not wrong.any(), "entry", "a row must start before it ends", (float(start[at]), float(time[at])))
    return label[:n], label[n:], earliest[label[:n]]


def _terms(weight: Floats, group: Indices, group_first: Indices, ties: str) -> tuple[Indices, Floats, Floats]:
    """Event time, part of the events gone, and weight, of each term; `weight` is that of the events."""
    size = np.bincount(group, weight, minlength=group_first.size).astype(np.float64)
    if ties == "breslow":
        return np.arange(group_first.size), np.zeros(group_first.size), size
    count = np.bincount(group, minlength=group_first.size)
    rank = np.arange(group.size) - group_first[group]
    return group, rank / np.maximum(count, 1)[group], (size / np.maximum(count, 1))[group]


def _centred(columns: Floats, strata: Indices, weight: Floats) -> Floats:
    mass = np.bincount(strata, weight)
    return np.column_stack([c - (np.bincount(strata, weight * c) / mass)[strata] for c in columns.T])


def _at_risk(rows: Rows, values: Floats) -> Floats:
    """(D, k) sums of values over the rows at risk at each event time."""
    if rows.spans is not None:
        return collect(rows.spans, values)
    # Rows that end before the first event time are left out.
    present = np.flatnonzero(rows.stop > rows.first)
    binned = _binned(rows.stop[present] - 1, values[present], rows.group_first.size)
    return _running(binned, rows.block, backwards=True)


def _binned(index: Indices, values: Floats, size: int) -> Floats:
    return np.column_stack([np.bincount(index, column, minlength=size) for column in values.T])


def _running(values: Floats, block: Indices, *, backwards: bool = False) -> Floats:
    """Cumulative sums along the first axis that begin anew in each stratum, so that none loses digits to others."""
    out = np.empty_like(values)
    step = -1 if backwards else 1
    for a, b in zip(block[:-1].tolist(), block[1:].tolist(), strict=True):
        np.cumsum(values[a:b][::step], axis=0, out=out[a:b][::step])
    return out


def _term_first(rows: Rows) -> Indices:
    """(D,) first term of each event time: under Efron that of its first event, under Breslow the only one."""
    return rows.group_first if rows.term_group.size == rows.tied.size else np.arange(rows.group_first.size)
