"""Endpoints that are looked for at scans: what happens between two of them is seen at the next that is attended."""

from __future__ import annotations

import numpy as np

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.truth import Trial, Truth
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["last_attended", "see_at_scans"]

_SCANS = 7
_DRAWS = 768
"""Scans that can be missed: three a draw, 256 draws; those after them are attended."""


@compiled
def scan_time(truth: Truth, e: int, scan: int) -> float:
    """Time of a scan since randomization, from 0 on; infinite after the last.

    Args:
        truth: What patients are made from.
        e: Row of the endpoint.
        scan: From 0.
    """
    first, listed = truth.scan_first[e], truth.scan_first[e + 1] - truth.scan_first[e]
    if scan < listed:
        time: float = truth.scan_time[first + scan]
    else:
        time = truth.scan_time[first + listed - 1] + (scan - listed + 1) * truth.scan_tail[e]
    return max(1.0, np.ceil(time)) if truth.whole_days == 1 else time


@compiled
def attended(truth: Truth, trial: Trial, e: int, i: int, scan: int) -> bool:
    """Whether a patient came to a scan.

    Args:
        truth: What patients are made from.
        trial: The patients.
        e: Row of the endpoint.
        i: Number of the patient.
        scan: From 0.
    """
    if truth.scan_missed[e] == 0.0 or scan >= _DRAWS:
        return True
    key, counter = trial.key, _SCANS + (scan // 3) * 256 + truth.endpoint_code[e] * 65536
    w0, w1, w2, w3 = philox(i, counter, key[2], key[3], key[0], key[1])
    a, b, c = uniforms(w0, w1, w2, w3)
    place = scan % 3
    u = a if place == 0 else (b if place == 1 else c)
    came: bool = u >= truth.scan_missed[e]
    return came


@compiled
def next_scan(truth: Truth, e: int, time: float) -> int:
    """The first scan that is not before a time.

    Args:
        truth: What patients are made from.
        e: Row of the endpoint.
        time: Days since randomization.
    """
    first, listed = truth.scan_first[e], truth.scan_first[e + 1] - truth.scan_first[e]
    low, high = 0, listed
    while low < high:
        middle = (low + high) >> 1
        if scan_time(truth, e, middle) < time:
            low = middle + 1
        else:
            high = middle
    if low == listed and truth.scan_tail[e] < np.inf:
        # One too early at most, whatever rounding does.
        low += max(int((time - truth.scan_time[first + listed - 1]) / truth.scan_tail[e]) - 2, 0)
        while scan_time(truth, e, low) < time:
            low += 1
    return low


@compiled
def see_at_scans(truth: Truth, trial: Trial) -> None:
    """Events of endpoints with scans are moved to the next scan that is attended, or to the day of death before it.

    Args:
        truth: What patients are made from.
        trial: Changes `time`.
    """
    for e in range(len(truth.endpoint_code)):
        if truth.scan_first[e + 1] == truth.scan_first[e]:
            continue
        death = -1
        for q in range(len(truth.course_frailty)):
            if truth.course[q, 0] == e:
                death = truth.course[q, 1]
        for i in range(truth.patients):
            time = trial.time[e, i]
            if time == np.inf:
                continue
            scan = next_scan(truth, e, time)
            while scan_time(truth, e, scan) < np.inf and not attended(truth, trial, e, i, scan):
                scan += 1
            seen = scan_time(truth, e, scan)
            trial.time[e, i] = min(seen, trial.time[death, i]) if death >= 0 else seen


@compiled
def last_attended(truth: Truth, trial: Trial, e: int, i: int, end: float) -> float:
    """The last scan of a patient that was attended by a time; 0, or day 1, where there is none.

    Args:
        truth: What patients are made from.
        trial: The patients.
        e: Row of the endpoint.
        i: Number of the patient.
        end: Days since randomization, finite.
    """
    scan = next_scan(truth, e, end)
    if scan_time(truth, e, scan) > end:
        scan -= 1
    while scan >= 0 and not attended(truth, trial, e, i, scan):
        scan -= 1
    return scan_time(truth, e, scan) if scan >= 0 else np.float64(truth.whole_days)
