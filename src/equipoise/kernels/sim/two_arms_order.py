"""Patients of one look in the order of their times: one pass into buckets, and each bucket is ordered exactly.

The bucket of a time x is the whole part of B x / (x + c), which rises with x in floating point too; c is near the
middle of the times, so that times of any law are spread well, and it changes how long the sort takes, nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.two_arms_patients import Patients

__all__ = ["Order", "new_order", "ordered"]

Floats = NDArray[np.float64]

_SAMPLE = 32
"""Patients whose mean time is the middle of the scale of buckets."""


class Order(NamedTuple):
    """Scratch for one look of one trial; M patients, B buckets.

    Attributes:
        start: (B + 2,) where a bucket begins.
        bucket: (M,) of each patient.
        time: (M,) times at the look, in order.
        code: (M,) arm + 2 * event, in the order of times.
        at_look: (M,) times at the look, by patient.
        kind: (M,) arm + 2 * event, by patient.
    """

    start: NDArray[np.int32]
    bucket: NDArray[np.uint32]
    time: Floats
    code: NDArray[np.uint8]
    at_look: Floats
    kind: NDArray[np.uint8]


@compiled
def new_order(size: int) -> Order:
    """Scratch for a trial.

    Args:
        size: M.
    """
    buckets = 256
    while buckets < 4 * (size - 7):
        buckets *= 2
    return Order(
        np.empty(buckets + 2, np.int32),
        np.empty(size, np.uint32),
        np.empty(size),
        np.empty(size, np.uint8),
        np.empty(size),
        np.empty(size, np.uint8),
    )


@compiled
def _observe(cut: float, inclusive: float, patients: Patients, arm: NDArray[np.uint8], order: Order) -> None:
    """Times and events of everybody at the cut."""
    entry, time, dropout, seen = patients.entry, patients.time, patients.dropout, patients.seen
    at_look, kind = order.at_look, order.kind
    for i in range(entry.size):
        event = seen[i] <= cut
        until = min(dropout[i], cut - entry[i] + inclusive)
        at_look[i] = time[i] if event else until
        kind[i] = arm[i] + 2 * event


@compiled
def _buckets(cut: float, entry: Floats, order: Order) -> None:
    """The bucket of each patient; those not yet enrolled have one of their own behind all others."""
    at_look, bucket = order.at_look, order.bucket
    most = order.start.size - 3
    total, count = 0.0, 1
    for i in range(min(entry.size, _SAMPLE)):
        if entry[i] <= cut:
            total += at_look[i]
            count += 1
    middle = max(total / count, 1e-300)
    scale = np.float64(most + 1)
    for i in range(entry.size):
        share = np.int64(scale * (at_look[i] / (at_look[i] + middle)))
        inside = share if share < most else most
        bucket[i] = inside if entry[i] <= cut else most + 1


@compiled
def _places(order: Order) -> int:
    """Where each bucket starts; returns how many patients are enrolled."""
    start, bucket = order.start, order.bucket
    start[:] = 0
    for i in range(bucket.size):
        start[bucket[i] + 1] += 1
    total = np.int32(0)
    for b in range(1, start.size - 1):
        total += start[b]
        start[b] = total
    enrolled: int = start[-2]
    return enrolled


@compiled
def ordered(
    cut: float, inclusive: float, near: float, patients: Patients, arm: NDArray[np.uint8], order: Order
) -> tuple[int, bool]:
    """Times and codes of those enrolled by a cut, in the order of time.

    Args:
        cut: Calendar day.
        inclusive: 1 where times are whole days, else 0.
        near: How near is near; negative where it is not asked.
        patients: The patients.
        arm: (M,) 0 control, 1 experimental.
        order: Overwritten; `time` and `code` hold the answer.

    Returns:
        How many are enrolled, and whether some neighbours are near each other.
    """
    _observe(cut, inclusive, patients, arm, order)
    _buckets(cut, patients.entry, order)
    size: int = _places(order)
    start, bucket, sorted_time, code = order.start, order.bucket, order.time, order.code
    at_look, kind = order.at_look, order.kind
    for i in range(bucket.size):
        b = bucket[i]
        place = start[b]
        start[b] = place + 1
        sorted_time[place] = at_look[i]
        code[place] = kind[i]
    return size, _finish(sorted_time, code, size, near)


@compiled
def _finish(time: Floats, code: NDArray[np.uint8], size: int, near: float) -> bool:
    """Put what is nearly in order in order; whether some neighbours are near each other."""
    close = False
    for i in range(1, size):
        value = time[i]
        if value > time[i - 1] + near:
            continue
        mark = code[i]
        j = i
        while j > 0 and time[j - 1] > value:
            time[j] = time[j - 1]
            code[j] = code[j - 1]
            j -= 1
        time[j] = value
        code[j] = mark
        close |= (j > 0 and value <= time[j - 1] + near) or (j < i and time[j + 1] <= value + near)
    return close
