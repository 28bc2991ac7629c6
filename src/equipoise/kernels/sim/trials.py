"""Whole trials, one after another: patients, the looks at them, and what each look is asked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.look_statistics import VALUES, Program, statistics_of_look
from equipoise.kernels.sim.looks import Triggers, cuts, observe
from equipoise.kernels.sim.ordering import Scratch, new_scratch
from equipoise.kernels.sim.patients import generate
from equipoise.kernels.sim.truth import Trial, Truth, new_trial

__all__ = ["Outcomes", "Room", "new_outcomes", "new_room", "run_trials"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.uint8]


class Room(NamedTuple):
    """Room for one trial and one look at it; one a thread.

    Attributes:
        trial: The patients.
        scratch: Room of the statistics.
        time: (N,) times of a look.
        status: (N,) events.
        arm: (N,) arms.
        stratum: (N,) strata.
        patient: (N,) their numbers.
        held: (K,) whether looks are held.
        reached: (K,) whether their events came.
        cut: (K,) when they are held.
        values: (6,) what a look gives.
    """

    trial: Trial
    scratch: Scratch
    time: Floats
    status: Flags
    arm: Flags
    stratum: Integers
    patient: Integers
    held: Flags
    reached: Flags
    cut: Floats
    values: Floats


class Outcomes(NamedTuple):
    """What T trials show at K (hypothesis, look) pairs; W weights of the largest of several statistics.

    Attributes:
        cut: (T, K) days since the start of enrolment; NaN where the look is not held.
        held: (T, K) 1 where it is.
        reached: (T, K) 1 where the events came that it waits for.
        enrolled: (T, K) patients of all arms.
        events: (T, K, 2) events, or responders, of control and experimental.
        values: (T, K, 4) z, information, estimate, standard error; NaN where there is none.
        components: (T, K, W) statistics of several weights.
        covariance: (T, K, W, W) covariance of their scores.
    """

    cut: Floats
    held: Flags
    reached: Flags
    enrolled: Integers
    events: Integers
    values: Floats
    components: Floats
    covariance: Floats


def new_room(truth: Truth, triggers: Triggers, program: Program) -> Room:
    """Room for one trial.

    Args:
        truth: What patients are made from.
        triggers: What the looks wait for.
        program: What they are asked.
    """
    n, pairs = truth.patients, triggers.events.size
    return Room(
        trial=new_trial(truth),
        scratch=new_scratch(n, int(program.strata.max(initial=1))),
        time=np.zeros(n),
        status=np.zeros(n, dtype=np.uint8),
        arm=np.zeros(n, dtype=np.uint8),
        stratum=np.zeros(n, dtype=np.int64),
        patient=np.zeros(n, dtype=np.int64),
        held=np.zeros(pairs, dtype=np.uint8),
        reached=np.zeros(pairs, dtype=np.uint8),
        cut=np.zeros(pairs),
        values=np.zeros(VALUES),
    )


def new_outcomes(trials: int, pairs: int, weights: int) -> Outcomes:
    """Room for what so many trials show, nothing seen yet.

    Args:
        trials: T.
        pairs: K.
        weights: W.
    """
    return Outcomes(
        cut=np.full((trials, pairs), np.nan),
        held=np.zeros((trials, pairs), dtype=np.uint8),
        reached=np.zeros((trials, pairs), dtype=np.uint8),
        enrolled=np.zeros((trials, pairs), dtype=np.int64),
        events=np.zeros((trials, pairs, 2), dtype=np.int64),
        values=np.full((trials, pairs, 4), np.nan),
        components=np.full((trials, pairs, weights), np.nan),
        covariance=np.full((trials, pairs, weights, weights), np.nan),
    )


@compiled
def run_trials(
    truth: Truth,
    triggers: Triggers,
    program: Program,
    k0: int,
    k1: int,
    start: int,
    stop: int,
    room: Room,
    out: Outcomes,
) -> None:
    """Trials `start` to `stop` - 1, into rows 0 to `stop - start` - 1.

    Args:
        truth: What patients are made from.
        triggers: What the looks wait for.
        program: What they are asked.
        k0: First word of the key.
        k1: Second word of the key.
        start: Number of the first trial, from 0.
        stop: Number after the last.
        room: Room for one trial.
        out: New outcomes.
    """
    for number in range(start, stop):
        row = number - start
        generate(truth, k0, k1, number, room.trial)
        cuts(truth, triggers, room.trial, room.cut, room.held, room.reached)
        for k in range(len(room.cut)):
            if room.held[k] == 1:
                out.held[row, k], out.reached[row, k], out.cut[row, k] = 1, room.reached[k], room.cut[k]
                _look(truth, triggers, program, k, room, out, row)


@compiled
def _look(truth: Truth, triggers: Triggers, program: Program, k: int, room: Room, out: Outcomes, row: int) -> None:
    cut, trial = room.cut[k], room.trial
    enrolled = 0
    for i in range(truth.patients):
        enrolled += 1 if trial.entry[i] <= cut else 0
    out.enrolled[row, k] = enrolled
    m = observe(
        truth, trial, triggers.endpoint[k], cut, triggers.experimental[k], triggers.control[k],
        room.time, room.status, room.arm, room.stratum, room.patient,
    )  # fmt: skip
    q = triggers.hypothesis[k]
    if program.verified[q] == 1:
        for j in range(m):
            room.stratum[j] = trial.stratum[room.patient[j]]
    statistics_of_look(
        program, q, room.time, room.status, room.arm, room.stratum, m, room.scratch,
        room.values, out.components[row, k], out.covariance[row, k],
    )  # fmt: skip
    for j in range(4):
        out.values[row, k, j] = room.values[j]
    out.events[row, k, 0], out.events[row, k, 1] = np.int64(room.values[4]), np.int64(room.values[5])
