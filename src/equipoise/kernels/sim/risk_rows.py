"""Who was at risk and who had an event at each event time of each stratum: what tests and models read of a look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.ordering import Scratch

__all__ = ["count_rows"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.uint8]


@compiled
def count_rows(
    status: Flags, arm: Flags, stratum: Integers, code: Integers, strata: int, m: int, scratch: Scratch
) -> int:
    """Count at each stratum and event time: fills `time`, `at_risk`, `events` and `start`; as `kernels.risk_table`.

    Needs rows that `sort_rows` has put in order. A patient censored at a time is at risk at it.

    Args:
        status: (N,) 1 for an event.
        arm: (N,) 0 control, 1 experimental.
        stratum: (N,) recorded stratum.
        code: Recorded stratum to stratum of the analysis.
        strata: Number of those.
        m: Rows.
        scratch: Room.

    Returns:
        M, number of event times over all strata.
    """
    order, label, packed, first = scratch.order, scratch.label, scratch.packed, scratch.first
    for s in range(strata + 1):
        first[s] = 0
    if strata == 1:
        for i in range(m):
            row = order[i]
            packed[i] = label[i] * 4 + np.int64(arm[row]) * 2 + np.int64(status[row])
        first[1] = m
    else:
        for i in range(m):
            first[code[stratum[i]] + 1] += 1
        for s in range(strata):
            first[s + 1] += first[s]
        start = scratch.start
        for s in range(strata):
            start[s] = first[s]
        for i in range(m):
            row = order[i]
            own = code[stratum[row]]
            packed[start[own]] = label[i] * 4 + np.int64(arm[row]) * 2 + np.int64(status[row])
            start[own] += 1
    found = 0
    for s in range(strata):
        scratch.start[s] = found
        found = _count_stratum(
            packed, first[s], first[s + 1], found, scratch.ordered, scratch.time, scratch.at_risk, scratch.events
        )
    scratch.start[strata] = found
    return found


@compiled
def _count_stratum(
    packed: Integers,
    begin: int,
    end: int,
    found: int,
    ordered: Floats,
    time: Floats,
    at_risk: Floats,
    events: Floats,
) -> int:
    experimental = np.int64(0)
    for i in range(begin, end):
        experimental += (packed[i] >> 1) & 1
    control = end - begin - experimental
    i = begin
    while i < end:
        tie = packed[i] >> 2
        leaving = happened = happened_experimental = np.int64(0)
        now = i
        while i < end and packed[i] >> 2 == tie:
            own, event = (packed[i] >> 1) & 1, packed[i] & 1
            leaving += own
            happened += event
            happened_experimental += event & own
            i += 1
        if happened > 0:
            time[found] = ordered[tie]
            at_risk[0, found], at_risk[1, found] = control, experimental
            events[0, found], events[1, found] = happened - happened_experimental, happened_experimental
            found += 1
        experimental -= leaving
        control -= i - now - leaving
    return found
