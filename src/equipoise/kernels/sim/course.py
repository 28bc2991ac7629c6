"""Courses of disease: progression, death before it, death after it (illness-death), by time since randomization."""

from __future__ import annotations

import numpy as np

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import log
from equipoise.kernels.sim.times import cumulated, gamma, inverse
from equipoise.kernels.sim.truth import Trial, Truth
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["course_times"]

_COURSE, _TIME = 3, 5


@compiled
def course_times(truth: Truth, trial: Trial, q: int) -> None:
    """Times to progression or death, and to death, of one course.

    The hazard of death after progression is one of time since randomization (Markov); those who switch treatment at
    progression have it multiplied from then on. Frailty multiplies all hazards.

    Args:
        truth: What patients are made from.
        trial: Fills two rows of `time`.
        q: Which course.
    """
    key, code = trial.key, truth.course[q, 2]
    free, survival = truth.course[q, 0], truth.course[q, 1]
    law, number, knots, variance = truth.law, truth.number, truth.knots, truth.course_frailty[q]
    laws, switch, arms, drawn = truth.course_law[q], truth.course_switch[q], trial.arm, trial.uniform[0]
    to_first, to_death = trial.time[free], trial.time[survival]
    for i in range(len(arms)):
        arm = arms[i]
        hazard = drawn[i]
        if code != 0:
            w0, w1, w2, w3 = philox(i, _TIME + code * 65536, key[2], key[3], key[0], key[1])
            u, _, _ = uniforms(w0, w1, w2, w3)
            hazard = -log(u)
        w0, w1, w2, w3 = philox(i, _COURSE + code * 65536, key[2], key[3], key[0], key[1])
        which, after, switches = uniforms(w0, w1, w2, w3)
        frailty = gamma(variance, code, i, key) if variance > 0.0 else 1.0
        first, later = laws[arm, 0], laws[arm, 1]
        hazard /= frailty
        piece = law[first, 1]
        while piece + 1 < law[first, 2] and knots[0, piece + 1] <= hazard:
            piece += 1
        time = inverse(law, number, knots, first, hazard)
        to_first[i] = time
        to_death[i] = time
        # With next to no frailty nothing ever happens, death included.
        if which >= knots[3, piece] and time < np.inf:
            ratio = switch[arm, 1] if switches < switch[arm, 0] else 1.0
            more = -log(after) / (frailty * ratio)
            to_death[i] = inverse(law, number, knots, later, cumulated(law, knots, later, time) + more)
