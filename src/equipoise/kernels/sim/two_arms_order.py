"""Patients of one look in the order of their times: one pass into buckets, and each bucket is ordered exactly.

The bucket of a time x is the whole part of B x / (x + c), which rises with x in floating point too; c is near the
middle of the times, so that times of any law are spread well, and it changes how long the sort takes, nothing else.

A time's two lowest bits say arm and event, so that one number is moved. Of whole days they are 0 anyway; real numbers
that differ in them alone are far nearer each other than those that count as tied.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.two_arms_patients import Patients

__all__ = ["Order", "new_order", "ordered"]

Floats = NDArray[np.float64]

_EVENT = np.uint64(2)
_TIME = np.uint64(0xFFFFFFFFFFFFFFFC)
_SAMPLE = 32
"""Patients whose mean time is the middle of the scale of buckets."""


class Order(NamedTuple):
    """Scratch for one look of one trial; M patients, B buckets. Counts of 4 buckets share a word of 64 bits.

    Attributes:
        words: (B / 4 + 1,) counts of 4 buckets, then for each bucket how many are in those before it in its word.
        lanes: (B + 4,) the same memory, a bucket each.
        base: (B / 4 + 1,) how many are in the words before.
        bucket: (M,) of each patient.
        among: (M,) how many patients before it are in its bucket.
        time: (M,) times at the look with arm + 2 * event in their lowest bits, in order.
        at_look: (M,) the same, by patient.
    """

    words: NDArray[np.uint64]
    lanes: NDArray[np.uint16]
    base: NDArray[np.uint32]
    bucket: NDArray[np.uint32]
    among: NDArray[np.uint16]
    time: Floats
    at_look: Floats


@compiled
def new_order(size: int) -> Order:
    """Scratch for a trial.

    Args:
        size: M, below 65,536.
    """
    buckets = 256
    while buckets < 4 * size:
        buckets *= 2
    words = np.zeros(buckets // 4 + 1, np.uint64)
    return Order(
        words,
        words.view(np.uint16),
        np.zeros(buckets // 4 + 1, np.uint32),
        np.empty(size, np.uint32),
        np.empty(size, np.uint16),
        np.empty(size),
        np.empty(size),
    )


@compiled
def _observe(cut: float, inclusive: float, patients: Patients, arm: NDArray[np.uint8], order: Order) -> None:
    """Times and events of everybody at the cut."""
    entry, time, dropout, seen = patients.entry, patients.time, patients.dropout, patients.seen
    at_look = order.at_look.view(np.uint64)
    for i in range(entry.size):
        event = seen[i] <= cut
        until = min(dropout[i], cut - entry[i] + inclusive)
        kind = np.uint64(arm[i]) | (_EVENT if event else np.uint64(0))
        at_look[i] = (np.float64(time[i] if event else until).view(np.uint64) & _TIME) | kind


@compiled
def _buckets(cut: float, entry: Floats, order: Order) -> None:
    """The bucket of each patient; those not yet enrolled are dealt into four behind all others."""
    at_look, bucket = order.at_look, order.bucket
    most = np.uint32(4 * (order.words.size - 1))
    total, count = 0.0, 1
    for i in range(min(entry.size, _SAMPLE)):
        if entry[i] <= cut:
            total += at_look[i]
            count += 1
    middle, scale = np.float32(max(total / count, 1e-30)), np.float32(most)
    for i in range(entry.size):
        # Rounded to short floats and there divided, what is longer is never in an earlier bucket.
        x = np.float32(at_look[i])
        share = np.uint32(np.int32(scale * (x / (x + middle))))
        # Infinite times, as short floats, are no number: they come last too.
        inside = share if share < most else most - np.uint32(1)
        bucket[i] = inside if entry[i] <= cut else most + np.uint32(i & 3)


@compiled
def _places(order: Order) -> None:
    """How many are in the buckets before each."""
    words, lanes, base, bucket, among = order.words, order.lanes, order.base, order.bucket, order.among
    for j in range(words.size):
        words[j] = 0
    for i in range(bucket.size):
        count = lanes[bucket[i]]
        among[i] = count
        lanes[bucket[i]] = count + np.uint16(1)
    for j in range(words.size):
        # Four sums at once: each lane of 16 bits gets those below it.
        upto = words[j] + (words[j] << np.uint64(16))
        upto += upto << np.uint64(32)
        base[j] = upto >> np.uint64(48)
        words[j] = upto << np.uint64(16)
    total = np.uint32(0)
    for j in range(base.size):
        count = base[j]
        base[j] = total
        total += count


@compiled
def ordered(
    cut: float, inclusive: float, near: float, patients: Patients, arm: NDArray[np.uint8], order: Order
) -> tuple[int, bool]:
    """Times and kinds of those enrolled by a cut, in the order of time.

    Args:
        cut: Calendar day.
        inclusive: 1 where times are whole days, else 0.
        near: How near is near; negative where it is not asked.
        patients: The patients.
        arm: (M,) 0 control, 1 experimental.
        order: Overwritten; `time` holds the answer.

    Returns:
        How many are enrolled, and whether some neighbours are near each other.
    """
    _observe(cut, inclusive, patients, arm, order)
    _buckets(cut, patients.entry, order)
    _places(order)
    lanes, base, bucket, among = order.lanes, order.base, order.bucket, order.among
    sorted_time, at_look = order.time, order.at_look
    for i in range(bucket.size):
        b = bucket[i]
        place = base[b >> np.uint32(2)] + np.uint32(lanes[b]) + np.uint32(among[i])
        sorted_time[place] = at_look[i]
    size: int = base[-1]
    return size, _finish(sorted_time, size, near)


@compiled
def _finish(time: Floats, size: int, near: float) -> bool:
    """Put what is nearly in order in order; whether some neighbours are near each other."""
    close = False
    one = np.uint64(1)
    before = -np.inf
    for i in range(np.uint64(size)):
        value = time[i]
        if value > before + near:
            before = value
            continue
        j = np.uint64(i)
        while j > 0 and time[j - one] > value:
            time[j] = time[j - one]
            j -= one
        time[j] = value
        before = time[i]
        close = close or (j > 0 and value <= time[j - one] + near) or bool(j < i and time[j + one] <= value + near)
    return close
