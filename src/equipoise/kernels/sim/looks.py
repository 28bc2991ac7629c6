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
    pairs = len(triggers.events)
    last_entry, entry = 0.0, trial.entry
    for i in range(len(entry)):
        if entry[i] < np.inf:
            last_entry = max(last_entry, entry[i])
    filled, before = 0, -1
    for k in range(pairs):
        if triggers.same[k] >= 0:
            continue
        again = (
            before >= 0
            and triggers.endpoint[k] == triggers.endpoint[before]
            and triggers.experimental[k] == triggers.experimental[before]
            and triggers.control[k] == triggers.control[before]
        )
        if not again:
            filled = _calendar(truth, trial, triggers.endpoint[k], triggers.experimental[k], triggers.control[k])
            before = k
        cut[k], reached[k] = _cut(truth, triggers, trial, k, filled, last_entry)
    for k in range(pairs):
        if triggers.same[k] >= 0:
            cut[k], reached[k] = cut[triggers.same[k]], reached[triggers.same[k]]
    _hold(triggers, cut, held)


@compiled
def _hold(triggers: Triggers, cut: Floats, held: Flags) -> None:
    pairs = len(cut)
    before = -np.inf
    for k in range(pairs):
        last = k
        while triggers.final[last] == 0:
            last += 1
        if triggers.look[k] == 1:
            before = -np.inf
        if last == k:
            held[k] = 1
        else:
            held[k] = 1 if before < cut[k] and cut[k] < cut[last] else 0
        if held[k] == 1:
            before = cut[k]


@compiled
def _cut(
    truth: Truth, triggers: Triggers, trial: Trial, k: int, filled: int, last_entry: float
) -> tuple[float, np.uint8]:
    """Cut of one look, and whether its events have come."""
    events, earlier = triggers.events[k], triggers.earlier[k] == 1
    whole = truth.whole_days == 1
    found = np.inf if earlier else -np.inf
    when = -np.inf
    if events > 0:
        when = kth(trial.calendar, filled, events) if events <= filled else np.inf
        found = when
    if not np.isnan(triggers.at[k]):
        at = np.floor(triggers.at[k]) if whole else triggers.at[k]
        found = min(found, at) if earlier else max(found, at)
    if not np.isnan(triggers.follow_up[k]):
        after = last_entry + (np.floor(triggers.follow_up[k]) if whole else triggers.follow_up[k])
        found = min(found, after) if earlier else max(found, after)
    if found == -np.inf:
        found = np.inf
    latest = np.floor(triggers.latest[k]) if whole else triggers.latest[k]
    found = min(found, latest)
    if found == np.inf:
        return _last_seen(truth, trial, triggers, k, last_entry), np.uint8(1 if events == 0 else 0)
    return found, np.uint8(1 if when <= found else 0)


@compiled
def _calendar(truth: Truth, trial: Trial, endpoint: int, experimental: int, control: int) -> int:
    """Calendar times of what two arms' looks count, into `trial.calendar`; how many there are."""
    calendar, inclusive, filled = trial.calendar, np.float64(truth.whole_days), 0
    entry, dropout, arm = trial.entry, trial.dropout, trial.arm
    if endpoint < len(trial.time):
        time = trial.time[endpoint]
        for i in range(len(entry)):
            when = entry[i] + time[i] - inclusive
            calendar[filled] = when
            seen = (time[i] <= dropout[i]) & (when < np.inf)
            filled += int(seen & ((arm[i] == experimental) | (arm[i] == control)))
    else:
        for i in range(len(entry)):
            calendar[filled] = entry[i]
            filled += int((entry[i] < np.inf) & ((arm[i] == experimental) | (arm[i] == control)))
    return filled


@compiled
def _last_seen(truth: Truth, trial: Trial, triggers: Triggers, k: int, last_entry: float) -> float:
    """When the last event or loss of the two arms is; of those who have neither, nothing."""
    endpoint, inclusive = triggers.endpoint[k], np.float64(truth.whole_days)
    last = -np.inf
    if endpoint < len(trial.time):
        time, dropout, entry, arm = trial.time[endpoint], trial.dropout, trial.entry, trial.arm
        for i in range(len(entry)):
            when = entry[i] + min(time[i], dropout[i]) - inclusive
            counts = arm[i] == triggers.experimental[k] or arm[i] == triggers.control[k]
            if counts and when < np.inf:
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
    scanned = endpoint < times and truth.scan_first[endpoint + 1] > truth.scan_first[endpoint]
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
                time_out[m] = last_attended(truth, trial, endpoint, i, end) if scanned else end
                status_out[m] = np.uint8(0)
        m += 1
    return m
