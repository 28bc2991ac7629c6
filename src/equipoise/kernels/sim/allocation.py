"""Which arm each patient gets: exact shares, or the declared procedure, compiled from its one source.

The procedures stand in `randomization.steps`, above this room; their source is compiled from here, and nothing else
of that room is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.truth import Trial, Truth
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["allocate_patients"]

_compiled: dict[str, Any] = import_module("equipoise.randomization.steps").rebuilt(wrap=compiled)
_any, _blocks, _draw = _compiled["allocate"], _compiled["blocks"], _compiled["draw"]

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
        length = len(truth.pattern)
        for i in range(truth.patients):
            trial.arm[i] = truth.pattern[i % length]
    elif truth.allocation == _BLOCK:
        _one_block(truth, trial)
    else:
        if truth.arrivals == _UNIFORM:
            _order(trial)
        _declared(truth, trial)


@compiled
def _order(trial: Trial) -> None:
    """Patients in order of arrival: that of the uniform numbers which their entries are made from."""
    u, order, count = trial.uniform, trial.order, trial.counts
    n = len(order)
    for j in range(n + 1):
        count[j] = 0
    for i in range(n):
        count[np.int64(u[2, i] * n) + 1] += 1
    for j in range(n):
        count[j + 1] += count[j]
    for i in range(n):
        bucket = np.int64(u[2, i] * n)
        order[count[bucket]] = i
        count[bucket] += 1
    for j in range(1, n):
        own = order[j]
        k = j - 1
        while k >= 0 and u[2, order[k]] > u[2, own]:
            order[k + 1] = order[k]
            k -= 1
        order[k + 1] = own


@compiled
def _more_words(trial: Trial, i: int, draw: int) -> None:
    """Four more words of a patient, after those it has."""
    key, words = trial.key, trial.words
    w0, w1, w2, w3 = philox(i, _ALLOCATION + draw * 256, key[2], key[3], key[0], key[1])
    words[4 * draw], words[4 * draw + 1], words[4 * draw + 2], words[4 * draw + 3] = w0, w1, w2, w3


@compiled
def _filler(truth: Truth, trial: Trial, i: int) -> int:
    key = trial.key
    w0, w1, w2, w3 = philox(i, _PLACE + 256, key[2], key[3], key[0], key[1])
    u, _, _ = uniforms(w0, w1, w2, w3)
    return int(u * truth.fillers)


@compiled
def _one_block(truth: Truth, trial: Trial) -> None:
    """One block of all patients: the arms of the pattern, in random order."""
    left = trial.state[0]
    for j in range(len(left)):
        left[j] = 0
    for i in range(truth.patients):
        left[truth.pattern[i % len(truth.pattern)]] += 1
    for i in range(truth.patients):
        arm, draw = -1, 0
        while arm < 0:
            _more_words(trial, i, draw)
            draw += 1
            arm, _ = _draw(trial.words[: 4 * draw], 0, left, 0, truth.arms)
        left[arm] -= 1
        trial.arm[i] = arm


@compiled
def _declared(truth: Truth, trial: Trial) -> None:
    """The declared procedure, in order of arrival, with the words of each patient."""
    plan, state, sites = truth.plan, trial.state, truth.sites.shape[1]
    for row in range(state.shape[0]):
        for column in range(state.shape[1]):
            state[row, column] = truth.state[row, column]
    scratch = state[len(state) - 1]
    permuted = plan[0] == _PERMUTED
    for place in range(truth.patients):
        i = trial.order[place]
        trial.arm[i] = 0
        if trial.entry[i] == np.inf:
            continue
        filler = _filler(truth, trial, i) if truth.fillers > 1 else 0
        cell = truth.cells[(trial.recorded[i] * truth.fillers + filler) * sites + trial.site[i]]
        arm, draw = -1, 0
        while arm < 0 and draw < _MOST:
            _more_words(trial, i, draw)
            draw += 1
            words = trial.words[: 4 * draw]
            if permuted:
                arm, _ = _blocks(plan, state[cell[0]], scratch, words, 0)
            else:
                arm, _ = _any(plan, state, cell, words, 0)
        trial.arm[i] = truth.pattern[arm]
