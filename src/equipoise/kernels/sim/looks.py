"""Data cuts and what is seen at them.

A patient is seen whose entry is not after the cut; an event, whose calendar time is not after it. Calendar times are
compared as sums, `entry + time <= cut`: the same with `cut - entry` on the right loses by rounding, in about a fifth of
all trials, the very event that sets the cut.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.scans import last_attended
from equipoise.kernels.sim.truth import Trial, Truth

__all__ = ["Triggers", "cuts", "observe"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.uint8]


class Triggers(NamedTuple):
    """What each of K (hypothesis, look) pairs waits for; times in days since the start of enrolment.

    Attributes:
        events: (K,) events of the two arms, of rates patients of the two arms; 0 none.
        at: (K,) a time; NaN none.
        follow_up: (K,) time since the last entry of all arms; NaN none.
        earlier: (K,) 1: the earlier of those given, 0 the later.
        latest: (K,) the look is held then at the latest; infinite none.
        hypothesis: (K,) index of the hypothesis.
        look: (K,) its look, from 1.
        final: (K,) 1 for its last look.
        same: (K,) index of the pair whose cut is taken; -1 none.
        endpoint: (K,) row of the time-to-event endpoint; E + row of a response endpoint.
        experimental: (K,) arm.
        control: (K,) arm.
    """

    events: Integers
    at: Floats
    follow_up: Floats
    earlier: Flags
    latest: Floats
    hypothesis: Integers
    look: Integers
    final: Flags
    same: Integers
    endpoint: Integers
    experimental: Integers
    control: Integers


@compiled
def cuts(truth: Truth, triggers: Triggers, trial: Trial, cut: Floats, held: Flags, reached: Flags) -> None:
    """When the looks of one trial are held.

    A look whose events never come is held when the last thing is seen, if nothing else places it. An interim look is
    held if its cut comes before that of the last look of its hypothesis and after that of the look held before it; the
    last look always is.

    Args:
        truth: What the patients were made from.
        triggers: What the looks wait for.
        trial: The patients.
        cut: (K,) out: days; also of looks that are not held.
        held: (K,) out: 1 where the look is held.
        reached: (K,) out: 1 where as many events as it waits for have been seen at the cut.
    """
    last_entry, entry, arm = 0.0, trial.entry, trial.arm
    for i in range(len(entry)):
        if entry[i] < np.inf:
            last_entry = max(last_entry, entry[i])
    inclusive, times, calendar = np.float64(truth.whole_days), len(trial.time), trial.calendar
    for k in range(len(cut)):
        if triggers.same[k] >= 0:
            continue
        endpoint, one, other = triggers.endpoint[k], triggers.experimental[k], triggers.control[k]
        # A response is known at once: its looks wait for patients.
        response = endpoint >= times
        time = entry if response else trial.time[endpoint]
        dropout = entry if response else trial.dropout
        filled = 0
        if triggers.events[k] > 0:
            filled = _calendar(time, entry, dropout, arm, one, other, inclusive, response, calendar)
        cut[k], reached[k] = _cut(
            triggers.events[k], triggers.at[k], triggers.follow_up[k], triggers.earlier[k], triggers.latest[k],
            truth.whole_days, last_entry, calendar, filled,
        )  # fmt: skip
        if cut[k] == np.inf:
            cut[k] = (
                last_entry if response else _last_seen(time, entry, dropout, arm, one, other, inclusive, last_entry)
            )
    for k in range(len(cut)):
        if triggers.same[k] >= 0:
            cut[k], reached[k] = cut[triggers.same[k]], reached[triggers.same[k]]
    _hold(triggers.final, triggers.look, cut, held)


@compiled
def _hold(final: Flags, look: Integers, cut: Floats, held: Flags) -> None:
    """An interim look is held after that which was held before it and before the last."""
    before = -np.inf
    for k in range(len(cut)):
        last = k
        while final[last] == 0:
            last += 1
        if look[k] == 1:
            before = -np.inf
        held[k] = 1 if last == k or (before < cut[k] and cut[k] < cut[last]) else 0
        if held[k] == 1:
            before = cut[k]


@compiled
def _cut(
    events: int,
    at: float,
    follow_up: float,
    earlier: int,
    latest: float,
    whole: int,
    last_entry: float,
    calendar: Floats,
    filled: int,
) -> tuple[float, int]:
    """Cut of one look, infinite where nothing places it; and whether its events have come."""
    found = np.inf if earlier == 1 else -np.inf
    when = -np.inf
    if events > 0:
        when = kth(calendar, filled, events) if events <= filled else np.inf
        found = when
    if not np.isnan(at):
        other = np.floor(at) if whole == 1 else at
        found = min(found, other) if earlier == 1 else max(found, other)
    if not np.isnan(follow_up):
        other = last_entry + (np.floor(follow_up) if whole == 1 else follow_up)
        found = min(found, other) if earlier == 1 else max(found, other)
    if found == -np.inf:
        found = np.inf
    found = min(found, np.floor(latest) if whole == 1 else latest)
    return found, int(when <= found and when < np.inf)


@compiled
def _calendar(
    time: Floats,
    entry: Floats,
    dropout: Floats,
    arm: Integers,
    experimental: int,
    control: int,
    inclusive: float,
    response: bool,  # noqa: FBT001  numba has no keywords
    calendar: Floats,
) -> int:
    """Calendar times of what two arms' looks count; how many there are."""
    filled = 0
    for i in range(len(entry)):
        when = entry[i] if response else entry[i] + time[i] - inclusive
        calendar[filled] = when
        seen = (response | (time[i] <= dropout[i])) & (when < np.inf)
        filled += int(seen & ((arm[i] == experimental) | (arm[i] == control)))
    return filled


@compiled
def _last_seen(
    time: Floats,
    entry: Floats,
    dropout: Floats,
    arm: Integers,
    experimental: int,
    control: int,
    inclusive: float,
    last_entry: float,
) -> float:
    """When the last event or loss of the two arms is; of those who have neither, nothing."""
    last = -np.inf
    for i in range(len(entry)):
        when = entry[i] + min(time[i], dropout[i]) - inclusive
        if (arm[i] == experimental or arm[i] == control) and when < np.inf:
            last = max(last, when)
    return last if last > -np.inf else last_entry


@compiled
def kth(values: Floats, m: int, k: int) -> float:
    """The k-th smallest of the first m values, which it reorders (Hoare 1961, Commun ACM 4:321).

    Args:
        values: Numbers, none of them NaN.
        m: How many there are, from 1.
        k: From 1 to m.
    """
    low, high, wanted = 0, m - 1, k - 1
    while low < high:
        a, b, c = values[low], values[(low + high) >> 1], values[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    value: float = values[wanted]
    return value


@compiled
def observe(
    truth: Truth,
    trial: Trial,
    endpoint: int,
    cut: float,
    experimental: int,
    control: int,
    time_out: Floats,
    status_out: Flags,
    arm_out: Flags,
    stratum_out: Integers,
    index_out: Integers,
) -> int:
    """What is seen of two arms at a cut, a row a patient, in the order of their numbers.

    Args:
        truth: What the patients were made from.
        trial: The patients.
        endpoint: Row of a time-to-event endpoint; E + row of a response endpoint.
        cut: Days since the start of enrolment, whole in whole days.
        experimental: Arm.
        control: Arm.
        time_out: (N,) out: days from randomization to event or end of observation; of a response 0.
        status_out: (N,) out: 1 for an event, or a response.
        arm_out: (N,) out: 0 control, 1 experimental.
        stratum_out: (N,) out: stratum as recorded.
        index_out: (N,) out: number of the patient.

    Returns:
        How many rows there are.
    """
    inclusive, times, m = np.float64(truth.whole_days), len(trial.time), 0
    entry, dropout, arms, recorded = trial.entry, trial.dropout, trial.arm, trial.recorded
    time = trial.time[endpoint] if endpoint < times else entry
    row = endpoint if endpoint < times else 0
    listed, scanned = truth.scan_time[:0], False
    tail = missed = 0.0
    code = 0
    if endpoint < times:
        listed = truth.scan_time[truth.scan_first[row] : truth.scan_first[row + 1]]
        scanned = len(listed) > 0
        tail, missed, code = truth.scan_tail[row], truth.scan_missed[row], truth.endpoint_code[row]
    for i in range(len(entry)):
        arm = arms[i]
        if entry[i] > cut or (arm != experimental and arm != control):
            continue
        arm_out[m], stratum_out[m], index_out[m] = np.uint8(arm == experimental), recorded[i], i
        if endpoint >= times:
            time_out[m], status_out[m] = 0.0, trial.response[endpoint - times, i]
        else:
            if time[i] <= dropout[i] and entry[i] + time[i] - inclusive <= cut:
                time_out[m], status_out[m] = time[i], np.uint8(1)
            else:
                end = min(dropout[i], cut - entry[i] + inclusive)
                if scanned:
                    end = last_attended(listed, tail, truth.whole_days, missed, code, trial.key, i, end)
                time_out[m] = end
                status_out[m] = np.uint8(0)
        m += 1
    return m
