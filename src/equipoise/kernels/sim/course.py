"""Courses of disease: progression, death before it, death after it (illness-death), by time since randomization."""

from __future__ import annotations

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
    law, knots, variance = truth.law, truth.knots, truth.course_frailty[q]
    for i in range(truth.patients):
        arm = trial.arm[i]
        u = trial.uniform[0, i]
        if code != 0:
            w0, w1, w2, w3 = philox(i, _TIME + code * 65536, key[2], key[3], key[0], key[1])
            u, _, _ = uniforms(w0, w1, w2, w3)
        w0, w1, w2, w3 = philox(i, _COURSE + code * 65536, key[2], key[3], key[0], key[1])
        which, after, switches = uniforms(w0, w1, w2, w3)
        frailty = gamma(variance, code, i, key) if variance > 0.0 else 1.0
        first, later = truth.course_law[q, arm, 0], truth.course_law[q, arm, 1]
        hazard = -log(u) / frailty
        piece = law[first, 1]
        while piece + 1 < law[first, 2] and knots[0, piece + 1] <= hazard:
            piece += 1
        time = inverse(law, truth.number, knots, first, hazard)
        trial.time[free, i] = time
        trial.time[survival, i] = time
        if which >= knots[3, piece]:
            ratio = truth.course_switch[q, arm, 1] if switches < truth.course_switch[q, arm, 0] else 1.0
            more = -log(after) / (frailty * ratio)
            start = cumulated(law, knots, later, time)
            trial.time[survival, i] = inverse(law, truth.number, knots, later, start + more)
