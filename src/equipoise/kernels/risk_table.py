"""Who was at risk and who had an event, counted by stratum, arm and time.

Log-rank tests and treatment-only Cox models need nothing of the patients but these counts. Whole days in a modest
range are counted in one `bincount` of a packed code; anything else is sorted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, Outcome, check_codes, check_outcome, check_weights, require
from equipoise.kernels._ordering import sort_times, tie_breaks, whole_days

__all__ = ["EventRows", "RiskTable", "event_rows", "event_rows_of_table", "risk_table"]

Counts = NDArray[np.int64] | Floats

_MODEST_RANGE = 100_000
_CELLS_PER_SUBJECT = 4


class RiskTable(NamedTuple):
    """Counts at each distinct time, for S strata, A arms and T distinct times of the whole data set.

    Attributes:
        time: (T,) distinct times, ascending, in the unit given; where times tie by tolerance, the smallest of them.
        at_risk: (S, A, T) subjects whose time is this one or later (int64; float64 sums of weights with weights).
        events: (S, A, T) events at this time.
        censored: (S, A, T) subjects censored at this time.
    """

    time: Floats
    at_risk: Counts
    events: Counts
    censored: Counts


class EventRows(NamedTuple):
    """The rows of a risk table at which something happened: one per stratum and time with an event in any arm.

    Strata follow each other; within one, times ascend. M rows, A arms, S strata.

    Attributes:
        start: (S + 1,) stratum s has the rows start[s] to start[s + 1].
        time: (M,) time of the row.
        at_risk: (A, M) subjects at risk just before the time, float64.
        events: (A, M) events at the time, float64.
        n: (A,) subjects in all strata, int64.
    """

    start: NDArray[np.int64]
    time: Floats
    at_risk: Floats
    events: Floats
    n: NDArray[np.int64]


class _Groups(NamedTuple):
    """Checked input: stratum and arm packed in one code (None when there is one of each)."""

    code: NDArray[np.integer] | None
    arms: int
    strata: int


def risk_table(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    *,
    n_arms: int | None = None,
    n_strata: int | None = None,
    weights: ArrayLike | None = None,
) -> RiskTable:
    """Count subjects at risk, events and censorings by stratum, arm and time.

    Times that differ only in the last bits are one time (see `TIE_TOLERANCE`). A subject censored at a time is at
    risk at it. Memory is 24 bytes for each stratum, arm and distinct time.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) integer codes from 0, or None for one arm.
        stratum: (n,) integer codes from 0, or None for one stratum.
        n_arms: Number of arms when codes may be absent; default the largest code plus 1.
        n_strata: Number of strata, likewise.
        weights: (n,) case weights; default 1 each.

    Returns:
        The table.

    Raises:
        KernelInputError: Arrays that break the limits above.
    """
    outcome = check_outcome(time, event)
    groups = _groups(outcome.time.size, arm, stratum, n_arms, n_strata)
    weight = check_weights(weights, outcome.time.size)
    days = whole_days(outcome.time, outcome.largest, room=max(_MODEST_RANGE, 4 * outcome.time.size))
    grid: Floats
    if days is not None:
        used = np.flatnonzero(np.bincount(days))
        index = np.zeros(int(used[-1]) + 1, dtype=np.int32)
        index[used] = np.arange(used.size)
        grid, position = used.astype(np.float64), index[days]
    else:
        order, ordered = sort_times(outcome.time)
        breaks = tie_breaks(ordered)
        grid = ordered[breaks]
        position = np.empty(order.size, dtype=np.int32)
        position[order] = np.cumsum(breaks) - 1
    counts = _count(position, outcome.event, groups, grid.size, weight)
    return _table(grid, counts)


def event_rows(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    *,
    n_arms: int | None = None,
    n_strata: int | None = None,
) -> EventRows:
    """The rows of `risk_table` with an event in any arm, without building the empty cells between them.

    Both ways of counting give the same rows to the bit, so a test does not depend on the unit of time.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) integer codes from 0, or None for one arm.
        stratum: (n,) integer codes from 0, or None for one stratum.
        n_arms: Number of arms when codes may be absent; default the largest code plus 1.
        n_strata: Number of strata, likewise.

    Returns:
        The rows.

    Raises:
        KernelInputError: Arrays that break the limits above.
    """
    outcome = check_outcome(time, event)
    groups = _groups(outcome.time.size, arm, stratum, n_arms, n_strata)
    cells = groups.arms * groups.strata
    room = min(_MODEST_RANGE, max(1000, _CELLS_PER_SUBJECT * outcome.time.size // cells))
    days = whole_days(outcome.time, outcome.largest, room=room)
    if days is None:
        return _rows_by_sorting(outcome, groups)
    size = int(outcome.largest) + 1
    counts = _count(days, outcome.event, groups, size, None)
    return event_rows_of_table(_table(np.arange(size, dtype=np.float64), counts))


def event_rows_of_table(table: RiskTable) -> EventRows:
    """The event rows of a risk table.

    Args:
        table: The table.

    Returns:
        The rows, stratum by stratum.

    Raises:
        KernelInputError: The arrays of the table do not fit together.
    """
    shape = np.shape(table.events)
    fits = len(shape) == 3 and np.shape(table.at_risk) == shape and np.shape(table.time) == shape[2:]
    require(fits, "table", "time, at_risk and events of a risk table must be (T,), (S, A, T), (S, A, T)", shape)
    happened = table.events.any(axis=1)
    stratum, position = np.nonzero(happened)
    start = np.zeros(shape[0] + 1, dtype=np.int64)
    np.cumsum(happened.sum(axis=1), out=start[1:])
    n = table.at_risk[:, :, 0].sum(axis=0) if shape[2] else np.zeros(shape[1])
    return EventRows(
        start=start,
        time=table.time[position],
        at_risk=np.ascontiguousarray(table.at_risk[stratum, :, position].T, dtype=np.float64),
        events=np.ascontiguousarray(table.events[stratum, :, position].T, dtype=np.float64),
        n=np.asarray(n).astype(np.int64),
    )


def _groups(
    n: int, arm: ArrayLike | None, stratum: ArrayLike | None, n_arms: int | None, n_strata: int | None
) -> _Groups:
    arms, arm_levels = check_codes(arm, n, n_arms, "arm")
    strata, stratum_levels = check_codes(stratum, n, n_strata, "stratum")
    width = np.uint8 if 2 * arm_levels * stratum_levels <= 256 else np.int32
    code: NDArray[np.integer] | None = None
    if strata is not None:
        code = strata.astype(width)
        if arm_levels > 1:
            code *= width(arm_levels)
    if arms is not None:
        code = arms.astype(width) if code is None else code + arms.astype(width)
    return _Groups(code, arm_levels, stratum_levels)


def _count(
    position: NDArray[np.int32], event: NDArray[np.bool_], groups: _Groups, size: int, weight: Floats | None
) -> Counts:
    """Counts (S, A, 2, T) by stratum, arm, event and position in the time grid."""
    cells = groups.strata * groups.arms * 2 * size
    width = np.int32 if cells < 2**31 else np.int64
    row = event.view(np.uint8) if groups.code is None else groups.code * 2 + event
    packed: NDArray[np.integer] = row.astype(width)
    np.multiply(packed, size, out=packed)
    np.add(packed, position, out=packed)
    counts = np.bincount(packed, weights=weight, minlength=cells)
    return counts.reshape(groups.strata, groups.arms, 2, size)


def _table(grid: Floats, counts: Counts) -> RiskTable:
    leaving = counts.sum(axis=2)
    at_risk = np.cumsum(leaving[:, :, ::-1], axis=2)[:, :, ::-1]
    return RiskTable(grid, at_risk, counts[:, :, 1], counts[:, :, 0])


def _rows_by_sorting(outcome: Outcome, groups: _Groups) -> EventRows:
    """Event rows of times that no grid fits: sort once by time, then once by stratum."""
    order, ordered = sort_times(outcome.time)
    breaks = tie_breaks(ordered)
    event = outcome.event[order]
    code = None if groups.code is None else groups.code[order]
    if groups.strata > 1:
        assert code is not None
        label = np.cumsum(breaks, dtype=np.int32)
        which = code // groups.arms if groups.arms > 1 else code
        by_stratum = np.argsort(which.astype(np.uint16 if groups.strata < 65536 else np.int32), kind="stable")
        which, label, event, code = which[by_stratum], label[by_stratum], event[by_stratum], code[by_stratum]
        breaks = np.empty(event.size, dtype=np.bool_)
        breaks[0] = True
        np.not_equal(label[1:], label[:-1], out=breaks[1:])
        breaks[1:] |= which[1:] != which[:-1]
        last = np.searchsorted(which, np.arange(groups.strata), side="right")
    else:
        by_stratum, which, last = None, None, np.array([event.size])
    first = np.flatnonzero(breaks)
    after = np.append(first[1:], event.size)
    total = _running(event)
    keep = total[after] > total[first]
    first, after = first[keep], after[keep]
    stratum = np.zeros(first.size, dtype=np.int64) if which is None else which[first].astype(np.int64)
    start = np.searchsorted(stratum, np.arange(groups.strata + 1))
    at_risk = np.empty((groups.arms, first.size))
    events = np.empty((groups.arms, first.size))
    n = np.empty(groups.arms, dtype=np.int64)
    for arm in range(groups.arms):
        mine = np.ones(event.size, dtype=np.bool_) if code is None or groups.arms == 1 else code % groups.arms == arm
        seen, happened = _running(mine), _running(mine & event)
        at_risk[arm] = seen[last[stratum]] - seen[first]
        events[arm] = happened[after] - happened[first]
        n[arm] = seen[-1]
    time = ordered[first if by_stratum is None else by_stratum[first]]
    return EventRows(start.astype(np.int64), time, at_risk, events, n)


def _running(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n + 1,) how many flags are set before each position."""
    out = np.zeros(flags.size + 1, dtype=np.int64)
    np.cumsum(flags, out=out[1:])
    return out
