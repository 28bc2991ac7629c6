"""The day of the k-th event of a trial, exactly, without sorting.

Counts of events up to a day are one pass of comparisons each. Two of them, from the day that trials before had and by
the line through it, leave a short window; what lies in it is moved together and ranked. Where one begins to look
changes how long it takes and nothing else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled

__all__ = ["kth_event", "last_seen"]

Floats = NDArray[np.float64]

_INFINITE = np.int64(0x7FF0000000000000)
_LARGEST = float(np.finfo(np.float64).max)
_TRIES, _EARLY = 24, 6
_MARGIN = 4.0
"""Events by which late steps go beyond where the line points, so that the window closes."""


@compiled
def _count(x: Floats, limit: float) -> int:
    """How many are at or below a limit."""
    count = 0
    for i in range(x.size):
        count += x[i] <= limit
    return count


@compiled
def _window(x: Floats, low: float, high: float, found: Floats) -> int:
    """Those above `low` and at or below `high`, moved together."""
    count = 0
    for i in range(x.size):
        found[count] = x[i]
        count += (x[i] > low) & (x[i] <= high)
    return count


@compiled
def _above(x: Floats, limit: float) -> float:
    """The smallest of those above a limit, which is not negative; bits of such numbers have their order."""
    bits, limit_bits = x.view(np.int64), np.float64(limit).view(np.int64)
    least = _INFINITE
    for i in range(bits.size):
        here = bits[i] if bits[i] > limit_bits else _INFINITE
        least = min(least, here)
    return float(np.int64(least).view(np.float64))


@compiled
def _upto(x: Floats, limit: float) -> float:
    """The largest of those at or below a limit."""
    bits, limit_bits = x.view(np.int64), np.float64(limit).view(np.int64)
    most = np.int64(0)
    for i in range(bits.size):
        here = bits[i] if bits[i] <= limit_bits else np.int64(0)
        most = max(most, here)
    return float(np.int64(most).view(np.float64))


@compiled
def _ranked(found: Floats, count: int, k: int) -> float:
    """The k-th smallest of the first few."""
    for i in range(count):
        value: float = found[i]
        below = 0
        same = 0
        for j in range(count):
            below += found[j] < value
            same += found[j] <= value
        if below < k <= same:
            return value
    return np.inf


@compiled
def kth_event(seen: Floats, k: int, guess: Floats, found: Floats) -> float:
    """The k-th smallest of finite numbers.

    Args:
        seen: (M,) numbers, infinite where there is no event.
        k: Which, from 1.
        guess: (1,) a number near the answer; moved towards what was found, for the next trial.
        found: (M + 1,) scratch.

    Returns:
        The number; infinity if fewer than k are finite.
    """
    upto = _count(seen, _LARGEST)
    if upto < k:
        return np.inf
    low, below, high = -1.0, 0, _upto(seen, _LARGEST)
    at, gap = guess[0], high / upto
    last, last_count = at, -1
    # Aim between the k-th and the next: where exactly k, or all but one of them, are counted, there is the answer.
    for tries in range(_TRIES):
        if below == k - 1 or upto == k:
            break
        if not low < at < high:
            at = 0.5 * (low + high)
            if not low < at < high:
                break
        count = _count(seen, at)
        if count < k:
            low, below = at, count
        else:
            high, upto = at, count
        if last_count >= 0:
            # Where the line through the last two days points; where nothing lies between them, go further.
            gap = (at - last) / (count - last_count) if count != last_count else 2.0 * gap
        last, last_count = at, count
        beyond = 0.0 if tries < _EARLY else _MARGIN
        at += (k - 0.5 - count + (beyond if count < k else -beyond)) * gap
    if below == k - 1:
        value: float = _above(seen, low)
    elif upto == k:
        value = _upto(seen, high)
    else:
        value = _ranked(found, _window(seen, low, high, found), k - below)
    guess[0] += 0.0625 * (value - guess[0])
    return value


@compiled
def last_seen(entry: Floats, time: Floats, dropout: Floats, inclusive: float) -> float:
    """The last calendar day on which an event or a loss is seen, if nobody stops looking; else the last entry.

    Args:
        entry: (M,) days of entry, infinite for nobody.
        time: (M,) days to the event.
        dropout: (M,) days to dropout.
        inclusive: 1 where times are whole days, else 0.
    """
    last, last_entry = -np.inf, -np.inf
    for i in range(entry.size):
        seen = entry[i] + min(time[i], dropout[i]) - inclusive
        last = seen if last < seen < np.inf else last
        last_entry = entry[i] if last_entry < entry[i] < np.inf else last_entry
    return last if last > -np.inf else last_entry
