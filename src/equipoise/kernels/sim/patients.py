"""The patients of one simulated trial: who they are, when they come, what happens to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.allocation import allocate_patients
from equipoise.kernels.sim.arrivals import arrive, place
from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.course import course_times
from equipoise.kernels.sim.elementary import log
from equipoise.kernels.sim.scans import see_at_scans
from equipoise.kernels.sim.times import dropout_times, endpoint_times
from equipoise.kernels.sim.truth import Trial, Truth, new_trial
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["Trial", "Truth", "generate", "new_trial"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_RESPONSE = 4


@compiled
def generate(truth: Truth, k0: int, k1: int, number: int, trial: Trial) -> int:
    """Fill `trial` with the patients of one trial.

    What a patient is like depends on the key, the trial's number and the patient's number alone; a declared allocation
    depends on those who came before as well.

    Args:
        truth: What they are made from.
        k0: First word of the key.
        k1: Second word of the key.
        number: Number of the trial, from 0.
        trial: Room for them.

    Returns:
        How many are ever enrolled.
    """
    key = trial.key
    key[0], key[1], key[2], key[3] = k0, k1, number & 0xFFFFFFFF, number >> 32
    _draw(key, trial.uniform[0], trial.uniform[1], trial.uniform[2])
    arrive(truth, trial)
    enrolled: int = place(truth, trial)
    allocate_patients(truth, trial)
    dropout_times(truth, trial)
    for e in range(len(truth.endpoint_code)):
        if truth.endpoint[e, 0, 0] >= 0:
            endpoint_times(truth, trial, e)
    for q in range(len(truth.course_frailty)):
        course_times(truth, trial, q)
    for r in range(len(truth.response_code)):
        _responses(truth, trial, r)
    if truth.whole_days == 1:
        _whole_days(trial)
    see_at_scans(truth, trial)
    return enrolled


@compiled
def _draw(key: Integers, time: Floats, dropout: Floats, arrival: Floats) -> None:
    """Numbers of each patient: two cumulative hazards, and a uniform one."""
    k0, k1, c2, c3 = key[0], key[1], key[2], key[3]
    for i in range(len(time)):
        w0, w1, w2, w3 = philox(i, 0, c2, c3, k0, k1)
        a, b, arrival[i] = uniforms(w0, w1, w2, w3)
        time[i], dropout[i] = -log(a), -log(b)


@compiled
def _responses(truth: Truth, trial: Trial, r: int) -> None:
    key, code = trial.key, _RESPONSE + truth.response_code[r] * 65536
    response, rate, arm, stratum = trial.response[r], truth.rate[r], trial.arm, trial.stratum
    for i in range(truth.patients):
        w0, w1, w2, w3 = philox(i, code, key[2], key[3], key[0], key[1])
        u, _, _ = uniforms(w0, w1, w2, w3)
        response[i] = 1 if u < rate[arm[i], stratum[i]] else 0


@compiled
def _whole_days(trial: Trial) -> None:
    """Days of the calendar: the day of randomization is day 1 of the patient."""
    entry, dropout, time = trial.entry, trial.dropout, trial.time
    for i in range(len(entry)):
        entry[i] = np.floor(entry[i])
        dropout[i] = max(1.0, np.ceil(dropout[i]))
    for e in range(time.shape[0]):
        for i in range(time.shape[1]):
            time[e, i] = max(1.0, np.ceil(time[e, i]))
