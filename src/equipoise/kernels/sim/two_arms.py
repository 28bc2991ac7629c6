"""The plain two-arm trial, many thousand times a second: all that it takes from words to score in one loop.

What it holds for: two arms in exact shares, independent arrivals, hazards by steps of event and dropout by arm, one
stratum, one hypothesis, one endpoint. Everything else goes the general way, which gives the same trials.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.ordering import TIE_TOLERANCE
from equipoise.kernels.sim.two_arms_cut import kth_event, last_seen
from equipoise.kernels.sim.two_arms_order import Order, new_order, ordered
from equipoise.kernels.sim.two_arms_patients import Patients, generate, new_patients
from equipoise.kernels.sim.two_arms_score import AtRisk, at_risk_of, cox, new_at_risk, sums
from equipoise.kernels.sim.two_arms_spec import TwoArmLooks, TwoArms
from equipoise.kernels.sim.two_arms_ties import tied

__all__ = ["TwoArmLooks", "TwoArms", "two_arm_unit"]

Floats = NDArray[np.float64]


_ALL = 1.0 - 1e-12


class _Room(NamedTuple):
    """Room for one trial and one look at it."""

    patients: Patients
    order: Order
    test: AtRisk
    model: AtRisk
    counts: NDArray[np.int64]


@compiled
def _cut(spec: TwoArms, k: int, patients: Patients, guess: Floats, found: Floats) -> tuple[float, int]:
    """The calendar day of a look, and whether the events that it waits for have come by then."""
    earlier = spec.earlier[k] != 0
    cut = np.inf if earlier else -np.inf
    whole = spec.whole_days != 0
    when = -np.inf
    if spec.events[k] > 0:
        when = kth_event(patients.seen, spec.events[k], guess, found)
        cut = when
    if spec.at[k] == spec.at[k]:
        at = np.floor(spec.at[k]) if whole else spec.at[k]
        cut = min(cut, at) if earlier else max(cut, at)
    if spec.follow_up[k] == spec.follow_up[k]:
        last = 0.0
        for i in range(spec.n):
            last = max(last, patients.entry[i]) if patients.entry[i] < np.inf else last
        last += np.floor(spec.follow_up[k]) if whole else spec.follow_up[k]
        cut = min(cut, last) if earlier else max(cut, last)
    latest = np.floor(spec.latest[k]) if whole else spec.latest[k]
    cut = min(cut if cut > -np.inf else np.inf, latest)
    if cut < np.inf:
        return cut, int(when <= cut)
    last = last_seen(patients.entry, patients.time, patients.dropout, float(spec.whole_days))
    return last, int(spec.events[k] == 0)


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
    room = _Room(new_patients(size), new_order(size), new_at_risk(size), new_at_risk(size), np.zeros(4, np.int64))
    patients = room.patients
    found = np.empty(size + 1)
    guess = np.ones((looks, 1))
    cut = np.empty(looks)
    reached = np.empty(looks, np.uint8)
    for trial in range(start, stop):
        generate(spec.key, trial, spec.n, spec.arrival, spec.event, spec.dropout, spec.whole_days, patients)
        for k in range(looks):
            cut[k], reached[k] = _cut(spec, k, patients, guess[k], found)
        row = trial - start
        before = -np.inf
        for k in range(looks):
            held = k == looks - 1 or before < cut[k] < cut[looks - 1]
            out.held[row, k] = held
            if held:
                before = cut[k]
                out.cut[row, k], out.reached[row, k] = cut[k], reached[k]
                _look(spec, cut[k], room, out, row, k)
            else:
                _blank(out, row, k)


@compiled
def _look(spec: TwoArms, cut: float, room: _Room, out: TwoArmLooks, row: int, k: int) -> None:
    """Tests and estimates of one look."""
    order, test, model, counts = room.order, room.test, room.test, room.counts
    whole = spec.whole_days != 0
    # No time is longer than the calendar: what is near by the mean time is near by that.
    near = -0.5 if whole else TIE_TOLERANCE * cut
    size, close = ordered(cut, float(spec.whole_days), near, room.patients, spec.arm, order)
    less = 0.0
    if whole or close:
        model = room.model
        total = 0.0
        for i in range(size):
            total += order.time[i]
        gap = 0.5 if whole else TIE_TOLERANCE * total / size
        less = tied(order.time, size, gap, spec.efron, counts, test, model)
    else:
        at_risk_of(order.time, size, counts, test)
    events, mine = counts[2] + counts[3], counts[3]
    out.enrolled[row, k, 0], out.enrolled[row, k, 1] = counts[0], counts[1]
    out.events[row, k, 0], out.events[row, k, 1] = counts[2], mine
    expected, variance, _ = sums(test, events, 1.0)
    score = mine - expected
    # Where all that are at risk have their event at once, nothing but rounding is left.
    out.score[row, k], out.variance[row, k] = score, variance - less if less < _ALL * variance else 0.0
    out.estimate[row, k], out.se[row, k] = np.nan, np.nan
    if spec.estimate:
        out.estimate[row, k], out.se[row, k] = cox(model, events, mine, score)


@compiled
def _blank(out: TwoArmLooks, row: int, k: int) -> None:
    """What a look that is not held leaves."""
    out.cut[row, k], out.reached[row, k] = np.nan, 0
    out.enrolled[row, k, 0], out.enrolled[row, k, 1] = 0, 0
    out.events[row, k, 0], out.events[row, k, 1] = 0, 0
    out.score[row, k], out.variance[row, k] = np.nan, np.nan
    out.estimate[row, k], out.se[row, k] = np.nan, np.nan
