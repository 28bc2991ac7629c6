"""Which arm each patient gets: exact shares, or the declared procedure, compiled from its one source.

The procedures stand in `randomization.steps`, above this room; their source is compiled from here, and nothing else
of that room is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.truth import Trial, Truth
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["allocate_patients"]

_compiled: dict[str, Any] = import_module("equipoise.randomization.steps").rebuilt(wrap=compiled)
_any, _blocks, _draw = _compiled["allocate"], _compiled["blocks"], _compiled["draw"]

Integers = NDArray[np.int64]

_PATTERN, _BLOCK = 0, 1
_UNIFORM = 0
_PLACE, _ALLOCATION = 1, 2
_PERMUTED = 1
"""The kind of permuted blocks in a plan."""
_MOST = 256


@compiled
def allocate_patients(truth: Truth, trial: Trial) -> None:
    """Arms.

    Args:
        truth: What patients are made from.
        trial: Fills `arm`, and `order` where the order of arrival matters.
    """
    if truth.allocation == _PATTERN:
        pattern, arm, place = truth.pattern, trial.arm, 0
        for i in range(len(arm)):
            arm[i] = pattern[place]
            place = place + 1 if place + 1 < len(pattern) else 0
    elif truth.allocation == _BLOCK:
        _one_block(truth, trial)
    else:
        if truth.arrivals == _UNIFORM:
            _order(trial)
        _declared(truth, trial)


@compiled
def _order(trial: Trial) -> None:
    """Patients in order of arrival: that of the uniform numbers which their entries are made from."""
    u, order, count = trial.uniform[2], trial.order, trial.counts
    n = len(order)
    for j in range(n + 1):
        count[j] = 0
    for i in range(n):
        count[np.int64(u[i] * n) + 1] += 1
    for j in range(n):
        count[j + 1] += count[j]
    for i in range(n):
        bucket = np.int64(u[i] * n)
        order[count[bucket]] = i
        count[bucket] += 1
    for j in range(1, n):
        own = order[j]
        k = j - 1
        while k >= 0 and u[order[k]] > u[own]:
            order[k + 1] = order[k]
            k -= 1
        order[k + 1] = own


@compiled
def _more_words(words: Integers, key: Integers, i: int, draw: int) -> None:
    """Four more words of a patient, after those it has."""
    w0, w1, w2, w3 = philox(i, _ALLOCATION + draw * 256, key[2], key[3], key[0], key[1])
    words[4 * draw], words[4 * draw + 1], words[4 * draw + 2], words[4 * draw + 3] = w0, w1, w2, w3


@compiled
def _filler(fillers: int, key: Integers, i: int) -> int:
    w0, w1, w2, w3 = philox(i, _PLACE + 256, key[2], key[3], key[0], key[1])
    u, _, _ = uniforms(w0, w1, w2, w3)
    return int(u * fillers)


@compiled
def _one_block(truth: Truth, trial: Trial) -> None:
    """One block of all patients: the arms of the pattern, in random order."""
    left, pattern, words, arms = trial.state[0], truth.pattern, trial.words, trial.arm
    key = trial.key
    for j in range(len(left)):
        left[j] = 0
    for i in range(truth.patients):
        left[pattern[i % len(pattern)]] += 1
    for i in range(truth.patients):
        arm, draw = -1, 0
        while arm < 0:
            _more_words(words, key, i, draw)
            draw += 1
            arm, _ = _draw(words[: 4 * draw], 0, left, 0, truth.arms)
        left[arm] -= 1
        arms[i] = arm


@compiled
def _declared(truth: Truth, trial: Trial) -> None:
    """The declared procedure, in order of arrival, with the words of each patient."""
    plan, state, sites, fillers, cells = truth.plan, trial.state, truth.sites.shape[1], truth.fillers, truth.cells
    key, all_words, order, entry, pattern = trial.key, trial.words, trial.order, trial.entry, truth.pattern
    recorded, site, arms, start = trial.recorded, trial.site, trial.arm, truth.state
    for row in range(state.shape[0]):
        for column in range(state.shape[1]):
            state[row, column] = start[row, column]
    scratch = state[len(state) - 1]
    permuted = plan[0] == _PERMUTED
    for place in range(len(order)):
        i = order[place]
        arms[i] = 0
        if entry[i] == np.inf:
            continue
        filler = _filler(fillers, key, i) if fillers > 1 else 0
        cell = cells[(recorded[i] * fillers + filler) * sites + site[i]]
        arm, draw = -1, 0
        while arm < 0 and draw < _MOST:
            _more_words(all_words, key, i, draw)
            draw += 1
            words = all_words[: 4 * draw]
            if permuted:
                arm, _ = _blocks(plan, state[cell[0]], scratch, words, 0)
            else:
                arm, _ = _any(plan, state, cell, words, 0)
        arms[i] = pattern[arm]
