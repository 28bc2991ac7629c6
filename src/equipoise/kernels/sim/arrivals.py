"""When patients come, and from where: entries, strata and sites."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import log
from equipoise.kernels.sim.truth import Trial, Truth
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["arrive", "place"]

_UNIFORM, _POISSON = 0, 1
_PLACE = 1


@compiled
def arrive(truth: Truth, trial: Trial) -> None:
    """Entries: the time by which a patient's number is expected to have come.

    The number is n times a uniform one, the sum of exponential ones so far, or the patient's own less 1/2.

    Args:
        truth: What patients are made from.
        trial: Fills `entry`.
    """
    begin, rate, before = truth.accrual[0], truth.accrual[1], truth.accrual[2]
    entry, u, arrivals, n = trial.entry, trial.uniform[2], truth.arrivals, truth.patients
    gone = 0.0
    for i in range(n):
        if arrivals == _UNIFORM:
            expected = u[i] * n
        elif arrivals == _POISSON:
            gone -= log(u[i])
            expected = gone
        else:
            expected = i + 0.5
        piece = 0
        while piece + 1 < len(begin) and before[piece + 1] <= expected:
            piece += 1
        entry[i] = begin[piece] + (expected - before[piece]) / rate[piece] if rate[piece] > 0.0 else np.inf


@compiled
def place(truth: Truth, trial: Trial) -> int:
    """Stratum, stratum as recorded, and site; nobody is enrolled when nothing is open.

    Args:
        truth: What patients are made from.
        trial: Fills `stratum`, `recorded` and `site`; may set `entry` to infinity.

    Returns:
        How many are ever enrolled.
    """
    strata, sites = truth.strata.shape[1], truth.sites.shape[1]
    always_stratum, always_site = _always_open(truth.strata), _always_open(truth.sites)
    one = strata == 1 and sites == 1 and always_stratum and always_site
    key, entry, enrolled = trial.key, trial.entry, 0
    if not one:
        of_strata, of_sites, wrong = truth.strata, truth.sites, truth.wrong
        true, recorded, sites_out = trial.stratum, trial.recorded, trial.site
        for i in range(truth.patients):
            w0, w1, w2, w3 = philox(i, _PLACE, key[2], key[3], key[0], key[1])
            a, b, c = uniforms(w0, w1, w2, w3)
            stratum = _choose(of_strata, a, entry[i], always_stratum)
            site = _choose(of_sites, b, entry[i], always_site)
            if stratum < 0 or site < 0:
                entry[i] = np.inf
            true[i], sites_out[i] = max(stratum, 0), max(site, 0)
            recorded[i] = true[i]
            if c < wrong and strata > 1:
                recorded[i] = _another(of_strata, c / wrong, true[i])
    for i in range(truth.patients):
        enrolled += int(entry[i] < np.inf)
    return enrolled


@compiled
def _always_open(places: NDArray[np.float64]) -> bool:
    limited = 0
    for j in range(places.shape[1]):
        limited += int(places[1, j] > 0.0 or places[2, j] < np.inf)
    return limited == 0


@compiled
def _choose(places: NDArray[np.float64], u: float, entry: float, always: bool) -> int:  # noqa: FBT001  numba
    """One of those that are open at a time, by share; -1 where none is."""
    count = places.shape[1]
    if always:
        low, high = 0, count - 1
        wanted = u * places[3, count - 1]
        while low < high:
            middle = (low + high) >> 1
            if places[3, middle] <= wanted:
                low = middle + 1
            else:
                high = middle
        return low
    total = 0.0
    for j in range(count):
        if places[1, j] <= entry and entry < places[2, j]:
            total += places[0, j]
    left, last = u * total, -1
    for j in range(count):
        if places[1, j] <= entry and entry < places[2, j]:
            last = j
            left -= places[0, j]
            if left < 0.0:
                break
    return last


@compiled
def _another(places: NDArray[np.float64], u: float, own: int) -> int:
    """Another one than the patient's own, by share."""
    count = places.shape[1]
    left, last = u * (places[3, count - 1] - places[0, own]), own
    for j in range(count):
        if j != own:
            last = j
            left -= places[0, j]
            if left < 0.0:
                break
    return last
