"""Subjects in the order in which the partial likelihood wants them, with what it needs to know of their ties."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, Outcome, require
from equipoise.kernels._cox_spans import Number, Spans, collect, spans_of, spread
from equipoise.kernels._ordering import TIE_TOLERANCE, sort_times, tie_breaks

__all__ = ["Subjects", "at_risk_sums", "check_entry", "lived_sums", "sort_subjects"]


class Subjects(NamedTuple):
    """Rows in order of stratum, then of time from the latest to the earliest; a subject has one or, in time, several.

    E terms: one for each event time (Breslow) or each event (Efron), with D distinct stratum and event times.

    Attributes:
        x: (n, p) covariates, centred within each stratum.
        weight: (n,) case weights, or None.
        event: (n,) whether the row ends in an event.
        stratum_first: (S,) first row of each stratum that has rows.
        stratum: (n,) which of these strata the row is in.
        last: (D,) last row whose time is the event time (without entries the risk set runs from the first of the
            stratum to it).
        tied: (e,) rows with events, in order.
        group: (e,) which event time each of them has.
        group_first: (D,) first of them at each event time.
        term_group: (E,) which event time each term belongs to.
        term_part: (E,) part of the events that has left the risk set: l / d under Efron, else 0.
        term_times: (E,) what the term counts for; 0 for tied events under discrete and exact, which have likelihoods
            of their own.
        follows: (n,) the first event time, in this falling order, at which the row is at risk (its own or an
            earlier one); D where there is none.
        group_first_of: (S',) first event time of each stratum that has events.
        time: (D,) the event times.
        deaths: (D,) events at each.
        spans: The event times at which each row is at risk, with delayed entry; else None.
        rest: The same without those at which the row has its event, for exact ties; else None.
        order: (n,) where each row was in the input.
    """

    x: Floats
    weight: Floats | None
    event: NDArray[np.bool_]
    stratum_first: NDArray[np.int64]
    stratum: NDArray[np.int64]
    last: NDArray[np.int64]
    tied: NDArray[np.int64]
    group: NDArray[np.int64]
    group_first: NDArray[np.int64]
    term_group: NDArray[np.int64]
    term_part: Floats
    term_times: Floats
    follows: NDArray[np.int64]
    group_first_of: NDArray[np.int64]
    time: Floats
    deaths: NDArray[np.int64]
    spans: Spans | None
    rest: Spans | None
    order: NDArray[np.intp]


def check_entry(entry: ArrayLike | None, time: Floats) -> Floats | None:
    """Starts of (start, stop], finite and before the stops by more than the tolerance of ties, or None.

    Args:
        entry: (n,) starts, or None.
        time: (n,) checked stops.

    Returns:
        The starts as float64, or None.

    Raises:
        KernelInputError: Wrong length, a start that is not finite, or one that is not before its stop.
    """
    if entry is None:
        return None
    require(not np.ma.is_masked(entry), "entry", "entry must not have masked values")
    array = np.asarray(entry)
    require(array.dtype.kind in "fiub", "entry", "entry times must be numbers", array.dtype)
    require(array.shape == time.shape, "entry", "there must be one entry time for each row", array.shape)
    start = array.astype(np.float64, copy=False)
    require(np.isfinite(start).all(), "entry", "entry times must be finite numbers: 0 for who entered at the start")
    late = np.flatnonzero(~(time - start > _tolerance(time)))
    pair = f"row {late[0] + 1}: {start[late[0]]} to {time[late[0]]}" if late.size else ""
    require(not late.size, "entry", "entry must be before the time: leave out rows of no length, or mend them", pair)
    return start


def sort_subjects(
    outcome: Outcome,
    x: Floats,
    stratum: NDArray[np.integer] | None,
    weight: Floats | None,
    ties: str,
    entry: Floats | None = None,
) -> Subjects:
    """Sort, find tied events, and centre the covariates within strata (which the likelihood does not notice).

    Args:
        outcome: n checked times and events.
        x: (n, p) covariates.
        stratum: (n,) codes from 0, or None.
        weight: (n,) case weights, or None.
        ties: `breslow`, `efron`, `discrete` or `exact`.
        entry: (n,) checked starts, or None. At an event time are at risk those with start < event time <= time.

    Returns:
        What the likelihood needs.
    """
    order, new_stratum, new_time = _falling_order(outcome.time, stratum)
    event = outcome.event[order]
    first = np.flatnonzero(new_time)
    deaths = np.add.reduceat(event, first, dtype=np.int64)
    last_of_time = np.append(first[1:], order.size) - 1
    with_event = deaths > 0
    last, count = last_of_time[with_event], deaths[with_event]
    which_stratum = np.cumsum(new_stratum) - 1
    tied = np.flatnonzero(event)
    w = None if weight is None else weight[order]
    group, group_first = np.repeat(np.arange(last.size), count), np.cumsum(count) - count
    term_group, term_part, term_times = _terms(ties, group, count, None if w is None else w[tied])
    # A row is at risk at event times up to its own: those at or after its position in this falling order.
    follows = np.append(0, np.cumsum(with_event))[np.cumsum(new_time) - 1]
    stratum_first = np.flatnonzero(new_stratum)
    group_end = np.searchsorted(last, np.append(stratum_first[1:], order.size), side="left")
    time = outcome.time[order][last]
    end = group_end[which_stratum]
    if entry is not None:
        end = _ends(entry[order] + _tolerance(outcome.time), time, group_end, stratum_first)
        # Times that tie in a chain may reach below an entry that is before the row's own event.
        end[tied] = np.maximum(end[tied], follows[tied] + 1)
    spans = None if entry is None else spans_of(follows, end, last.size)
    rest = spans_of(follows + event, end, last.size) if ties == "exact" else None
    follows[follows >= end] = last.size
    group_first_of = np.unique(np.append(0, group_end[:-1]))
    group_first_of = group_first_of[group_first_of < last.size]
    centred = x[order]
    mass = np.diff(stratum_first, append=order.size).astype(np.float64)
    centred -= (np.add.reduceat(centred, stratum_first, axis=0) / mass[:, None])[which_stratum]
    return Subjects(
        centred, w, event, stratum_first, which_stratum, last, tied, group, group_first, term_group,
        term_part, term_times, follows, group_first_of, time, count, spans, rest, order,
    )  # fmt: skip


def _tolerance(time: Floats) -> float:
    return TIE_TOLERANCE * float(time.mean())


def _terms(
    ties: str, group: NDArray[np.int64], count: NDArray[np.int64], weight: Floats | None
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Event time, part of the events gone, and how often it counts, of each term."""
    sizes: Floats = count.astype(np.float64)
    if ties in ("discrete", "exact"):
        return np.arange(count.size), np.zeros(count.size), (count == 1).astype(np.float64)
    if weight is not None:
        sizes = np.bincount(group, weight, minlength=count.size).astype(np.float64)
    if ties == "breslow":
        return np.arange(count.size), np.zeros(count.size), sizes
    rank = np.arange(group.size) - (np.cumsum(count) - count)[group]
    return group, rank / count[group], (sizes / np.maximum(count, 1))[group]


def _ends(
    entry: Floats, time: Floats, group_end: NDArray[np.int64], stratum_first: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n,) the first event time of the row's stratum, in falling order, that is not after the entry."""
    end = np.empty(entry.size, dtype=np.int64)
    begin = 0
    bounds = [*stratum_first[1:].tolist(), entry.size]
    for a, b, until in zip(stratum_first.tolist(), bounds, group_end.tolist(), strict=True):
        end[a:b] = begin + np.searchsorted(-time[begin:until], -entry[a:b], side="left")
        begin = until
    return end


def at_risk_sums(s: Subjects, values: NDArray[Number]) -> NDArray[Number]:
    """At each event time, the sum over the rows at risk.

    Args:
        s: Sorted rows.
        values: (n,) or (n, c), real or complex.

    Returns:
        (D,) or (D, c).
    """
    if s.spans is not None:
        return collect(s.spans, values)
    if np.iscomplexobj(values):
        return _by_steps(s, values)
    return _running(values, s.stratum_first)[s.last]


def _by_steps(s: Subjects, values: NDArray[Number]) -> NDArray[Number]:
    """The same by sums between event times, then over those: for many columns a third of the time."""
    begin = np.append(0, s.last[:-1] + 1)
    begin[s.group_first_of] = s.stratum_first[s.stratum[s.last[s.group_first_of]]]
    cuts = np.column_stack([begin, s.last + 1]).ravel()
    sums = np.add.reduceat(values, cuts[: cuts.size - (cuts[-1] == values.shape[0])], axis=0)[::2]
    return _running(sums, s.group_first_of)


def lived_sums(s: Subjects, steps: NDArray[Number]) -> NDArray[Number]:
    """For each row, the sum over the event times at which it is at risk.

    Args:
        s: Sorted rows.
        steps: (D,) or (D, c), real or complex.

    Returns:
        (n,) or (n, c).
    """
    if s.spans is not None:
        return spread(s.spans, steps)
    passed = _running(steps, s.group_first_of, backwards=True)
    return np.concatenate([passed, np.zeros((1, *steps.shape[1:]), dtype=steps.dtype)])[s.follows]


def _falling_order(
    time: Floats, stratum: NDArray[np.integer] | None
) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]:
    """The order by stratum and falling time, and where in it a new stratum and a new time begin."""
    order, ordered = sort_times(time)
    label = np.cumsum(tie_breaks(ordered))
    order, label = order[::-1], label[::-1]
    if stratum is not None:
        by_stratum = np.argsort(stratum[order], kind="stable")
        order, label = order[by_stratum], label[by_stratum]
        codes = stratum[order]
        new_stratum = np.append(True, codes[1:] != codes[:-1])
    else:
        new_stratum = np.zeros(order.size, dtype=np.bool_)
        new_stratum[0] = True
    new_time = new_stratum.copy()
    new_time[1:] |= label[1:] != label[:-1]
    return order, new_stratum, new_time


def _running(values: NDArray[Number], first: NDArray[np.int64], *, backwards: bool = False) -> NDArray[Number]:
    """Cumulative sums along the first axis that begin anew at each stratum, from its first value or from its last.

    A loop over strata, because one long sum less what came before would lose the digits of a small stratum.
    """
    out = np.empty_like(values)
    if backwards:
        values, out = values[::-1], out[::-1]
        first = np.append(0, values.shape[0] - first[:0:-1])
    for a, b in zip(first.tolist(), [*first[1:].tolist(), values.shape[0]], strict=True):
        np.cumsum(values[a:b], axis=0, out=out[a:b])
    return out[::-1] if backwards else out
