"""The plain two-arm trial, many thousand times a second: all that it takes from words to score in one loop.

What it holds for: two arms in exact shares, independent arrivals, hazards by steps of event and dropout by arm, one
stratum, one hypothesis, one endpoint. Everything else goes the general way, which gives the same trials.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.two_arms_cut import kth_event, last_seen
from equipoise.kernels.sim.two_arms_order import new_order, ordered
from equipoise.kernels.sim.two_arms_patients import Patients, generate, new_patients
from equipoise.kernels.sim.two_arms_score import AtRisk, at_risk_of, cox, new_at_risk, sums
from equipoise.kernels.sim.two_arms_spec import TwoArmLooks, TwoArms

__all__ = ["TwoArmLooks", "TwoArms", "two_arm_unit"]

Floats = NDArray[np.float64]


@compiled
def _cut(spec: TwoArms, k: int, patients: Patients, guess: Floats, found: Floats) -> tuple[float, int]:
    """The calendar day of a look, and whether the events that it waits for have come by then."""
    earlier = spec.earlier[k] != 0
    cut = np.inf if earlier else -np.inf
    when = -np.inf
    if spec.events[k] > 0:
        when = kth_event(patients.seen, spec.events[k], guess, found)
        cut = when
    if spec.at[k] == spec.at[k]:
        cut = min(cut, spec.at[k]) if earlier else max(cut, spec.at[k])
    if spec.follow_up[k] == spec.follow_up[k]:
        last = 0.0
        for i in range(spec.n):
            last = max(last, patients.entry[i]) if patients.entry[i] < np.inf else last
        last += spec.follow_up[k]
        cut = min(cut, last) if earlier else max(cut, last)
    cut = min(cut if cut > -np.inf else np.inf, spec.latest[k])
    if cut < np.inf:
        return cut, int(when <= cut)
    return last_seen(patients.entry, patients.time, patients.dropout), int(spec.events[k] == 0)


@compiled
def two_arm_unit(spec: TwoArms, start: int, stop: int, out: TwoArmLooks) -> None:
    """Trials `start` to `stop` - 1, into rows 0 to `stop - start` - 1.

    Args:
        spec: The trial.
        start: Number of the first trial, from 0.
        stop: Number after the last.
        out: Overwritten.
    """
    size, looks = spec.arm.size, spec.events.size
    patients, order, at_risk = new_patients(size), new_order(size), new_at_risk(size)
    found = np.empty(size + 1)
    guess = np.ones((looks, 2))
    cut = np.empty(looks)
    reached = np.empty(looks, np.uint8)
    for trial in range(start, stop):
        generate(spec.key, trial, spec.n, spec.arrival, spec.event, spec.dropout, patients)
        for k in range(looks):
            cut[k], reached[k] = _cut(spec, k, patients, guess[k], found)
        row = trial - start
        before = -np.inf
        for k in range(looks):
            held = k == looks - 1 or before < cut[k] < cut[looks - 1]
            out.held[row, k] = held
            if held:
                before = cut[k]
                m = ordered(cut[k], patients.entry, patients.time, patients.dropout, patients.seen, spec.arm, order)
                out.cut[row, k], out.reached[row, k] = cut[k], reached[k]
                _look(at_risk, order.code, m, spec.estimate, out, row, k)
            else:
                _blank(out, row, k)


@compiled
def _look(at_risk: AtRisk, code: NDArray[np.uint8], m: int, estimate: int, out: TwoArmLooks, row: int, k: int) -> None:
    """Tests and estimates of one look, from codes in the order of time."""
    n0, n1, d0, d1 = at_risk_of(code, m, at_risk)
    out.enrolled[row, k, 0], out.enrolled[row, k, 1] = n0, n1
    out.events[row, k, 0], out.events[row, k, 1] = d0, d1
    expected, variance, _ = sums(at_risk, d0 + d1, 1.0)
    score = d1 - expected
    out.score[row, k], out.variance[row, k] = score, variance
    out.estimate[row, k], out.se[row, k] = np.nan, np.nan
    if estimate:
        out.estimate[row, k], out.se[row, k] = cox(at_risk, d0 + d1, d1, score, variance)


@compiled
def _blank(out: TwoArmLooks, row: int, k: int) -> None:
    """What a look that is not held leaves."""
    out.cut[row, k], out.reached[row, k] = np.nan, 0
    out.enrolled[row, k, 0], out.enrolled[row, k, 1] = 0, 0
    out.events[row, k, 0], out.events[row, k, 1] = 0, 0
    out.score[row, k], out.variance[row, k] = np.nan, np.nan
    out.estimate[row, k], out.se[row, k] = np.nan, np.nan
