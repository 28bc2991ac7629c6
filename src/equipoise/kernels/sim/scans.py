"""Endpoints that are looked for at scans: what happens between two of them is seen at the next that is attended."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.truth import Trial, Truth
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["last_attended", "see_at_scans"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SCANS = 7
_DRAWS = 768
"""Scans that can be missed: three a draw, 256 draws; those after them are attended."""


@compiled
def scan_time(listed: Floats, tail: float, whole: int, scan: int) -> float:
    """Time of a scan since randomization; infinite after the last.

    Args:
        listed: Times of the first scans.
        tail: Time between those after them.
        whole: 1 for whole days.
        scan: From 0.
    """
    if scan < len(listed):
        time: float = listed[scan]
    else:
        time = listed[len(listed) - 1] + (scan - len(listed) + 1) * tail
    return max(1.0, np.ceil(time)) if whole == 1 else time


@compiled
def attended(missed: float, code: int, key: Integers, i: int, scan: int) -> bool:
    """Whether a patient came to a scan.

    Args:
        missed: Probability that a scan is missed.
        code: Code of the endpoint.
        key: (4,) as in `Trial`.
        i: Number of the patient.
        scan: From 0.
    """
    if missed == 0.0 or scan >= _DRAWS:
        return True
    w0, w1, w2, w3 = philox(i, _SCANS + (scan // 3) * 256 + code * 65536, key[2], key[3], key[0], key[1])
    a, b, c = uniforms(w0, w1, w2, w3)
    place = scan % 3
    u = a if place == 0 else (b if place == 1 else c)
    came: bool = u >= missed
    return came


@compiled
def next_scan(listed: Floats, tail: float, whole: int, time: float) -> int:
    """The first scan that is not before a time.

    Args:
        listed: Times of the first scans.
        tail: Time between those after them.
        whole: 1 for whole days.
        time: Days since randomization, finite.
    """
    scan, last = 0, listed[len(listed) - 1]
    if time > last and tail < np.inf:
        # A few too early, whatever rounding does.
        scan = max(len(listed) - 4 + int((time - last) / tail), 0)
    while scan_time(listed, tail, whole, scan) < time:
        scan += 1
    return scan


@compiled
def see_at_scans(truth: Truth, trial: Trial) -> None:
    """Events of endpoints with scans are moved to the next scan that is attended, or to the day of death before it.

    Args:
        truth: What patients are made from.
        trial: Changes `time`.
    """
    key, whole = trial.key, truth.whole_days
    for e in range(len(truth.endpoint_code)):
        listed = truth.scan_time[truth.scan_first[e] : truth.scan_first[e + 1]]
        if len(listed) == 0:
            continue
        tail, missed, code = truth.scan_tail[e], truth.scan_missed[e], truth.endpoint_code[e]
        death = -1
        for q in range(len(truth.course_frailty)):
            if truth.course[q, 0] == e:
                death = truth.course[q, 1]
        times = trial.time[e]
        deaths = trial.time[max(death, 0)]
        for i in range(len(times)):
            if times[i] == np.inf:
                continue
            scan = next_scan(listed, tail, whole, times[i])
            seen = scan_time(listed, tail, whole, scan)
            while seen < np.inf and not attended(missed, code, key, i, scan):
                scan += 1
                seen = scan_time(listed, tail, whole, scan)
            times[i] = min(seen, deaths[i]) if death >= 0 else seen


@compiled
def last_attended(
    listed: Floats, tail: float, whole: int, missed: float, code: int, key: Integers, i: int, end: float
) -> float:
    """The last scan of a patient that was attended by a time; 0, or day 1, where there is none.

    Args:
        listed: Times of the first scans.
        tail: Time between those after them.
        whole: 1 for whole days.
        missed: Probability that a scan is missed.
        code: Code of the endpoint.
        key: (4,) as in `Trial`.
        i: Number of the patient.
        end: Days since randomization, finite.
    """
    scan = next_scan(listed, tail, whole, end)
    if scan_time(listed, tail, whole, scan) > end:
        scan -= 1
    while scan >= 0 and not attended(missed, code, key, i, scan):
        scan -= 1
    return scan_time(listed, tail, whole, scan) if scan >= 0 else np.float64(whole)
