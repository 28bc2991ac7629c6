"""The rows of one look in order of time, and which of their times are one time.

A look has m rows (patients of two arms), unsorted, in the first m entries of its arrays. Sorting is by buckets of
x / (x + mean), which spreads any times of survival about evenly, then by insertion, which is nearly free on what is all
but sorted; a merge sort stands in where it is not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled

__all__ = ["MOST_WEIGHTS", "TIE_TOLERANCE", "Scratch", "new_scratch", "sort_rows"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TIE_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""Neighbouring times no further apart than this part of the mean time are one time, as in `kernels._ordering`."""

MOST_WEIGHTS = 8
_MOVES_PER_ROW = 32


class Scratch(NamedTuple):
    """Room for one look, used again for every look and trial; a thread has its own. N rows, S strata at most.

    Attributes:
        bucket: (2^k + 1,) counts of buckets, 2^k at least N.
        place: (N,) bucket of a row; later free.
        order: (N,) rows in order of time.
        ordered: (N,) their times.
        label: (N,) position at which the tie begins to which a position belongs.
        packed: (N,) label, arm and status, grouped by stratum.
        first: (S + 1,) where strata begin, among rows.
        start: (S + 1,) where they begin, among event times.
        time: (N,) time of each event time.
        at_risk: (2, N) at risk just before it, control and experimental.
        events: (2, N) events at it.
        before: (N,) pooled survival just before it.
        weight: (N,) a weight.
        terms: (3, N) terms of a partial likelihood: what control and experimental arm count for, and how often.
        own: (8,) several weights at a time.
        score: (8,) of several weights.
        variance: (8, 8) of them.
        table: (S, 4) responders and patients, experimental and control.
    """

    bucket: Integers
    place: Integers
    order: Integers
    ordered: Floats
    label: Integers
    packed: Integers
    first: Integers
    start: Integers
    time: Floats
    at_risk: Floats
    events: Floats
    before: Floats
    weight: Floats
    terms: Floats
    own: Floats
    score: Floats
    variance: Floats
    table: Floats


def new_scratch(rows: int, strata: int = 1) -> Scratch:
    """Room for looks of at most so many rows and strata.

    Args:
        rows: Most rows of a look.
        strata: Most strata of a test or model.
    """
    rows, strata = max(rows, 1), max(strata, 1)
    buckets = 1 << max(rows - 1, 1).bit_length()

    def integers(size: int) -> Integers:
        return np.zeros(size, dtype=np.int64)

    return Scratch(
        bucket=integers(buckets + 1),
        place=integers(rows),
        order=integers(rows),
        ordered=np.zeros(rows),
        label=integers(rows),
        packed=integers(rows),
        first=integers(strata + 1),
        start=integers(strata + 1),
        time=np.zeros(rows),
        at_risk=np.zeros((2, rows)),
        events=np.zeros((2, rows)),
        before=np.zeros(rows),
        weight=np.zeros(rows),
        terms=np.zeros((3, rows)),
        own=np.zeros(MOST_WEIGHTS),
        score=np.zeros(MOST_WEIGHTS),
        variance=np.zeros((MOST_WEIGHTS, MOST_WEIGHTS)),
        table=np.zeros((strata, 4)),
    )


@compiled
def sort_rows(time: Floats, m: int, scratch: Scratch) -> float:
    """Put the rows in order: fills `order`, `ordered` and `label`.

    Args:
        time: (N,) finite times from 0, any one unit; the first m count.
        m: Rows.
        scratch: Room.

    Returns:
        How far apart neighbours may be that are one time.
    """
    order, ordered, label, place, bucket = (
        scratch.order, scratch.ordered, scratch.label, scratch.place, scratch.bucket
    )  # fmt: skip
    if m == 0:
        return 0.0
    total = 0.0
    for i in range(m):
        total += time[i]
    mean = total / m
    buckets = 1
    while buckets < m:
        buckets *= 2
    scale = mean if mean > 0.0 else 1.0
    for b in range(buckets + 1):
        bucket[b] = 0
    for i in range(m):
        # At a time beyond 1e16 means the quotient rounds to 1.
        into = np.int64(buckets * (time[i] / (time[i] + scale)))
        into = into if into < buckets else np.int64(buckets - 1)
        place[i] = into
        bucket[into + 1] += 1
    for b in range(buckets):
        bucket[b + 1] += bucket[b]
    for i in range(m):
        at = bucket[place[i]]
        bucket[place[i]] = at + 1
        order[at] = i
        ordered[at] = time[i]
    _finish(order, ordered, m, scratch.packed, scratch.time)
    slack = TIE_TOLERANCE * mean
    label[0] = 0
    for i in range(1, m):
        label[i] = i if ordered[i] - ordered[i - 1] > slack else label[i - 1]
    return slack


@compiled
def _finish(order: Integers, ordered: Floats, m: int, spare_order: Integers, spare: Floats) -> None:
    """Sort what is nearly sorted; with many moves to make, merge instead."""
    left = _MOVES_PER_ROW * m
    for i in range(1, m):
        value = ordered[i]
        if ordered[i - 1] <= value:
            continue
        row, j = order[i], i
        while j > 0 and ordered[j - 1] > value:
            ordered[j], order[j] = ordered[j - 1], order[j - 1]
            j -= 1
        ordered[j], order[j] = value, row
        left -= i - j
        if left < 0:
            _merge_sort(order, ordered, m, spare_order, spare)
            return


@compiled
def _merge_sort(order: Integers, ordered: Floats, m: int, spare_order: Integers, spare: Floats) -> None:
    width = 1
    while width < m:
        for begin in range(0, m, 2 * width):
            middle, end = min(begin + width, m), min(begin + 2 * width, m)
            i, j = begin, middle
            for k in range(begin, end):
                if i < middle and (j >= end or ordered[i] <= ordered[j]):
                    spare[k], spare_order[k] = ordered[i], order[i]
                    i += 1
                else:
                    spare[k], spare_order[k] = ordered[j], order[j]
                    j += 1
        for k in range(m):
            ordered[k], order[k] = spare[k], spare_order[k]
        width *= 2
