"""Sums of one unit of trials: whole-array numpy, (K, T) in memory so that every sum runs along contiguous numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from equipoise.simulation.accumulate import (
    LOOK_COUNTS,
    LOOK_SUMS,
    TEST_COUNTS,
    TRIAL_COUNTS,
    Accumulator,
)
from equipoise.simulation.histograms import ESTIMATE_BINS, TIME_BINS, Floats, Integers, time_bins
from equipoise.simulation.measures import Measure, measures_of

if TYPE_CHECKING:
    from equipoise.simulation.adjusted import Adjusted
    from equipoise.simulation.outcome import Decisions, UnitOutcome
    from equipoise.simulation.study import Study

__all__ = ["ADJUSTED_TRIALS", "unit_sums"]

ADJUSTED_TRIALS: Final = 32_768
"""How many trials of a run have adjusted estimates, the first ones: whole units."""

Flags = NDArray[np.bool_]
_Scalar = TypeVar("_Scalar", bound=np.generic)


class _Sums:
    """Arrays that are filled: one row a look, one a hypothesis."""

    def __init__(self, pairs: int, tests: int) -> None:
        self.look_counts = np.zeros((pairs, len(LOOK_COUNTS)), dtype=np.int64)
        self.look_sums = np.zeros((pairs, len(LOOK_SUMS)))
        self.test_counts = np.zeros((tests, len(TEST_COUNTS)), dtype=np.int64)
        self.time_bins = np.zeros((pairs, TIME_BINS), dtype=np.int64)
        self.stop_bins = np.zeros((tests, TIME_BINS), dtype=np.int64)
        self.estimate_bins = np.zeros((pairs, ESTIMATE_BINS), dtype=np.int64)
        self.deviation_bins = np.zeros((tests, ESTIMATE_BINS), dtype=np.int64)
        self.adjusted_bins = np.zeros((tests, ESTIMATE_BINS), dtype=np.int64)
        self.earliest = np.full(pairs, np.inf)
        self.latest = np.full(pairs, -np.inf)

    def count(self, k: int, **found: Flags) -> None:
        """Trials by what is true of them."""
        for name, flags in found.items():
            self.look_counts[k, LOOK_COUNTS.index(name)] = np.count_nonzero(flags)

    def add(self, k: int, which: str, **found: Floats) -> None:
        """Sums and sums of squares of what some trials have."""
        for name, values in found.items():
            place = LOOK_SUMS.index(f"{name}_{which}")
            self.look_sums[k, place] = np.add.reduce(values)
            self.look_sums[k, place + 1] = np.add.reduce(values * values)


def unit_sums(study: Study, outcome: UnitOutcome, decisions: Decisions) -> Accumulator:
    """Sums of one unit of trials.

    Args:
        study: What is simulated.
        outcome: What its trials showed.
        decisions: What the design made of it.
    """
    sums = _Sums(outcome.z.shape[1], len(study.tested))
    adjusted, below = _adjusted_of(study, outcome, decisions), _below(study, outcome)
    for h, (tested, measure) in enumerate(zip(study.tested, measures_of(study), strict=True)):
        _test(sums, h, decisions, below)
        for look, k in enumerate(tested.ks, start=1):
            one = _Look(outcome, k)
            _held(sums, one, measure)
            ended = np.ascontiguousarray(decisions.stopped[:, h] == look)
            _decided(sums, k, h, look, ended, decisions)
            _stopped(sums, one, h, ended, measure)
            if adjusted is not None and tested.looks > 1:
                _adjusted(sums, one, h, ended, measure, adjusted)
    names = ("look_counts", "look_sums", "test_counts", "time_bins", "stop_bins", "estimate_bins", "deviation_bins",
             "adjusted_bins", "earliest", "latest")  # fmt: skip
    counts, totals = _trials(study, outcome, decisions)
    return Accumulator(trials=outcome.trials, trial_counts=counts, trial_sums=totals,
                       **{name: getattr(sums, name) for name in names})  # fmt: skip


def _adjusted_of(study: Study, outcome: UnitOutcome, decisions: Decisions) -> Adjusted | None:
    """Adjusted estimates of the first trials of a run: each needs as long as the trial itself.

    Which trials have one depends on their numbers alone. After one look they are the estimates as they are.
    """
    from equipoise.simulation.adjusted import adjusted_estimates

    if outcome.start >= ADJUSTED_TRIALS or all(tested.looks == 1 for tested in study.tested):
        return None
    return adjusted_estimates(study, outcome, decisions)


class _Look:
    """One look of one hypothesis: its columns, contiguous."""

    def __init__(self, outcome: UnitOutcome, k: int) -> None:
        self.k = k
        self.cut, self.z = _column(outcome.cut, k), _column(outcome.z, k)
        self.held, self.reached = _column(outcome.held, k), _column(outcome.reached, k)
        self.patients = _column(outcome.enrolled, k).astype(np.float64)
        self.control = np.ascontiguousarray(outcome.events[:, k, 0]).astype(np.float64)
        self.experimental = np.ascontiguousarray(outcome.events[:, k, 1]).astype(np.float64)
        self.estimate, self.se = _column(outcome.estimate, k), _column(outcome.se, k)
        self.known = np.isfinite(self.estimate)

    def seen(self, some: Flags) -> dict[str, Floats]:
        """When, how many events and patients, in some trials."""
        control, experimental = self.control[some], self.experimental[some]
        return {"time": self.cut[some], "control": control, "experimental": experimental,
                "events": control + experimental, "patients": self.patients[some]}  # fmt: skip


def _column(array: NDArray[_Scalar], k: int) -> NDArray[_Scalar]:
    return np.ascontiguousarray(array[:, k])


def _held(sums: _Sums, one: _Look, measure: Measure) -> None:
    """A look wherever it took place, whatever was decided before it."""
    k, held = one.k, one.held
    with_z, with_estimate = held & np.isfinite(one.z), held & one.known
    sums.count(k, held=held, reached=held & one.reached, z_held=with_z, estimates_held=with_estimate)
    seen = one.seen(held)
    estimate = one.estimate[with_estimate]
    true = measure.at(one.cut[with_estimate])
    sums.add(k, "held", **seen, z=one.z[with_z], estimate=estimate, true=true, deviation=estimate - true)
    sums.time_bins[k] = time_bins(seen["time"])
    sums.estimate_bins[k] = measure.bins.counts(estimate)
    if seen["time"].size:
        sums.earliest[k], sums.latest[k] = seen["time"].min(), seen["time"].max()


def _decided(sums: _Sums, k: int, h: int, look: int, ended: Flags, decisions: Decisions) -> None:
    sums.count(k, stopped=ended, efficacy=decisions.rejected[:, h] == look, futility=decisions.futile[:, h] == look,
               efficacy_ignoring=decisions.rejected_ignoring[:, h] == look)  # fmt: skip


def _stopped(sums: _Sums, one: _Look, h: int, ended: Flags, measure: Measure) -> None:
    """A look where testing of the hypothesis ended."""
    known = ended & one.known & np.isfinite(one.se)
    estimate, true = one.estimate[known], measure.at(one.cut[known])
    deviation = estimate - true
    seen = one.seen(ended)
    sums.add(one.k, "stopped", **seen, estimate=estimate, true=true, deviation=deviation)
    sums.count(one.k, estimates_stopped=known, covered_stopped=np.abs(deviation) <= measure.width * one.se[known],
               above_stopped=deviation > 0.0)  # fmt: skip
    sums.stop_bins[h] += time_bins(seen["time"])
    sums.deviation_bins[h] += measure.bins.counts(deviation[np.isfinite(deviation)])


def _adjusted(sums: _Sums, one: _Look, h: int, ended: Flags, measure: Measure, adjusted: Adjusted) -> None:
    """The estimates that allow for the looks, where testing ended here."""
    estimate, lower, upper = (np.ascontiguousarray(array[:, h]) for array in adjusted)
    known = ended & np.isfinite(estimate)
    if not known.any():
        return
    found, true = estimate[known], measure.at(one.cut[known])
    deviation = found - true
    sums.add(one.k, "stopped", adjusted=found, adjusted_true=true, adjusted_deviation=deviation)
    # A limit may be infinite; NaN is none.
    limits = ended & ~np.isnan(lower) & ~np.isnan(upper)
    true = measure.at(one.cut[limits])
    sums.count(one.k, adjusted_stopped=known, adjusted_above_stopped=deviation > 0.0,
               adjusted_intervals_stopped=limits,
               adjusted_covered_stopped=(lower[limits] <= true) & (true <= upper[limits]))  # fmt: skip
    sums.adjusted_bins[h] += measure.bins.counts(deviation[np.isfinite(deviation)])


def _test(sums: _Sums, h: int, decisions: Decisions, below: Flags) -> None:
    found = {
        "tested": decisions.stopped[:, h] > 0,
        "rejected": decisions.rejected[:, h] > 0,
        "rejected_ignoring": decisions.rejected_ignoring[:, h] > 0,
        "futile": decisions.futile[:, h] > 0,
        "rejected_below": below[:, h],
        "degenerate": decisions.degenerate[:, h],
    }
    for name, flags in found.items():
        sums.test_counts[h, TEST_COUNTS.index(name)] = np.count_nonzero(flags)


def _below(study: Study, outcome: UnitOutcome) -> Flags:
    """(T, H) trials in which the design, futility ignored, would reject in the other direction: the same looks at -z.

    Only under the null hypothesis, whose lower tail it is.
    """
    if study.under != "h0":
        return np.zeros((outcome.trials, len(study.tested)), dtype=np.bool_)
    from equipoise.simulation.decisions import decide

    z, components = -outcome.z, -outcome.components
    for tested in study.tested:
        if tested.kind == "max_combo":
            for k in tested.ks:  # the largest of the mirrored ones
                z[:, k] = np.fmax.reduce(components[:, k], axis=1)
    return decide(study, outcome._replace(z=z, components=components)).rejected_ignoring > 0


def _trials(study: Study, outcome: UnitOutcome, decisions: Decisions) -> tuple[Integers, Floats]:
    """What is said of the trials whole: any and all hypotheses, and when the last one was decided."""
    counts = [
        np.count_nonzero(over(flags, axis=1))
        for flags in (decisions.rejected > 0, decisions.rejected_ignoring > 0)
        for over in (np.any, np.all)
    ]
    assert len(counts) == len(TRIAL_COUNTS)
    duration, patients = np.zeros(outcome.trials), np.zeros(outcome.trials)
    for h, tested in enumerate(study.tested):
        for look, k in enumerate(tested.ks, start=1):
            ended = decisions.stopped[:, h] == look
            np.maximum(duration, np.where(ended, outcome.cut[:, k], 0.0), out=duration)
            np.maximum(patients, np.where(ended, outcome.enrolled[:, k], 0), out=patients)
    sums = [np.add.reduce(one) for one in (duration, duration * duration, patients, patients * patients)]
    return np.array(counts, dtype=np.int64), np.array(sums)
