"""Patients of the plain two-arm trial: arrival, event and dropout by inverse distribution functions.

One block of words a patient gives all three, so that a patient's times depend on nothing but the key, the trial and
the patient's number. Loops run over whole blocks of 8: what is beyond the last patient is overwritten.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import log_of_normal
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["Patients", "StepInverse", "generate", "new_patients"]

Floats = NDArray[np.float64]

_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(32)


class StepInverse(NamedTuple):
    """The inverse of a cumulative step function, by column (a patient, or one column for all). P pieces.

    Attributes:
        before: (P, columns) value of the function where the piece starts; the first is 0.
        start: (P, columns) where it starts, days; the first is 0.
        inverse: (P, columns) days per unit of the function: 1 / hazard, infinite where the hazard is 0.
    """

    before: Floats
    start: Floats
    inverse: Floats


class Patients(NamedTuple):
    """Patients of one trial, reused for all trials. M is the number of patients, up to a whole number of blocks.

    Attributes:
        entry: (M,) days from the start of enrollment; infinite beyond the last patient.
        time: (M,) days from entry to the event, infinite if never.
        dropout: (M,) days from entry to dropout.
        seen: (M,) calendar day of the event, infinite if dropout comes before.
    """

    entry: Floats
    time: Floats
    dropout: Floats
    seen: Floats


@compiled
def new_patients(size: int) -> Patients:
    """Arrays for the patients of one trial.

    Args:
        size: M.
    """
    return Patients(np.empty(size), np.empty(size), np.empty(size), np.empty(size))


@compiled
def _draw(k0: int, k1: int, trial: int, patients: Patients) -> None:
    """Uniform numbers for event, dropout and arrival."""
    low, high = np.uint64(trial) & _LOW, np.uint64(trial) >> _HIGH
    key0, key1 = np.uint64(k0), np.uint64(k1)
    entry, time, dropout = patients.entry, patients.time, patients.dropout
    for i in range(entry.size):
        w0, w1, w2, w3 = philox(i, 0, low, high, key0, key1)
        time[i], dropout[i], entry[i] = uniforms(w0, w1, w2, w3)


@compiled
def _times(steps: StepInverse, x: Floats) -> None:
    """Times from uniform numbers, in place: where each patient's cumulative hazard is -log of his number."""
    inverse = steps.inverse[0]
    if steps.inverse.shape[0] == 1:
        for i in range(x.size):
            x[i] = -log_of_normal(x[i]) * inverse[i]
        return
    value = np.empty(x.size)
    for i in range(x.size):
        x[i] = -log_of_normal(x[i])
        value[i] = x[i] * inverse[i]
    for piece in range(1, steps.inverse.shape[0]):
        before, start, inverse = steps.before[piece], steps.start[piece], steps.inverse[piece]
        for i in range(x.size):
            # A piece without hazard is left by those strictly above it, so that 0 never meets infinity.
            later = start[i] + (x[i] - before[i]) * inverse[i]
            value[i] = later if x[i] > before[i] else value[i]
    for i in range(x.size):
        x[i] = value[i]


@compiled
def _arrivals(steps: StepInverse, x: Floats) -> None:
    """Arrivals from uniform numbers, in place, with one function for all patients."""
    inverse = steps.inverse[0, 0]
    if steps.inverse.shape[0] == 1:
        for i in range(x.size):
            x[i] *= inverse
        return
    value = np.empty(x.size)
    for i in range(x.size):
        value[i] = x[i] * inverse
    for piece in range(1, steps.inverse.shape[0]):
        before, start, inverse = steps.before[piece, 0], steps.start[piece, 0], steps.inverse[piece, 0]
        for i in range(x.size):
            later = start + (x[i] - before) * inverse
            value[i] = later if x[i] > before else value[i]
    for i in range(x.size):
        x[i] = value[i]


@compiled
def generate(
    key: NDArray[np.int64],
    trial: int,
    n: int,
    arrival: StepInverse,
    event: StepInverse,
    dropout: StepInverse,
    whole_days: int,
    patients: Patients,
) -> None:
    """The patients of one trial.

    Args:
        key: (2,) words of the key.
        trial: Its number, from 0.
        n: Number of patients.
        arrival: Share of the enrollment by calendar day, one column.
        event: Cumulative hazard of the event, M columns.
        dropout: Cumulative hazard of dropout, M columns.
        whole_days: 1 if times are whole days.
        patients: Overwritten.
    """
    _draw(key[0], key[1], trial, patients)
    _arrivals(arrival, patients.entry)
    _times(event, patients.time)
    _times(dropout, patients.dropout)
    entry, time, lost, seen = patients.entry, patients.time, patients.dropout, patients.seen
    for i in range(n, entry.size):
        entry[i] = np.inf
    if whole_days:
        for i in range(entry.size):
            entry[i] = np.floor(entry[i])
            time[i] = max(1.0, np.ceil(time[i]))
            lost[i] = max(1.0, np.ceil(lost[i]))
    inclusive = float(whole_days)
    for i in range(entry.size):
        seen[i] = entry[i] + time[i] - inclusive if time[i] <= lost[i] else np.inf
