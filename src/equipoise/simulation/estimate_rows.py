"""Rows about estimates: their mean, spread, bias against the true value, and how often intervals hold it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equipoise.simulation.measures import horizon_of, measures_of
from equipoise.simulation.row_maker import Maker
from equipoise.simulation.summaries import look_moments, quantile_of
from equipoise.simulation.unit_sums import ADJUSTED_TRIALS

if TYPE_CHECKING:
    from equipoise.results.statistic import Statistic
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.histograms import Integers
    from equipoise.simulation.study import Tested
    from equipoise.simulation.summaries import Moments

__all__ = ["ADJUSTED", "estimate_rows"]

ADJUSTED = "median_unbiased"
"""Last part of the method of estimates that allow for the looks."""
_NONE = "no such trial has an estimate"


class _Kind(NamedTuple):
    """Which of the sums are meant.

    Attributes:
        estimate: Sums of estimates.
        true: Sums of true values.
        deviation: Sums of deviations.
        counted: Over how many trials.
        intervals: How many of these have an interval.
        covered: How many intervals hold the true value.
        above: How many estimates are above it.
    """

    estimate: str
    true: str
    deviation: str
    counted: str
    intervals: str = ""
    covered: str = ""
    above: str = ""


_HELD = _Kind("estimate_held", "true_held", "deviation_held", "estimates_held")
_STOPPED = _Kind("estimate_stopped", "true_stopped", "deviation_stopped", "estimates_stopped", "estimates_stopped",
                 "covered_stopped", "above_stopped")  # fmt: skip
_ADJUSTED = _Kind("adjusted_stopped", "adjusted_true_stopped", "adjusted_deviation_stopped", "adjusted_stopped",
                  "adjusted_intervals_stopped", "adjusted_covered_stopped", "adjusted_above_stopped")  # fmt: skip


def estimate_rows(make: Maker, sums: Accumulator, h: int, tested: Tested) -> Iterator[Statistic]:
    """Estimates when testing ends, of all trials and of those in which it ends at a look; and at looks as they come.

    Args:
        make: Maker of the hypothesis' rows.
        sums: Sums over trials.
        h: Index of the hypothesis.
        tested: The hypothesis.
    """
    horizon = horizon_of(make.study, tested)
    own = make.at(method=tested.estimate_method or tested.estimate_name, time=horizon)
    adjusted = own.at(method=f"{own.key.method}.{ADJUSTED}")
    has_adjusted = any(sums.count("adjusted_stopped", k) for k in tested.ks)
    rows = _Rows(own, sums, h)
    yield from rows.of(tested.ks, _STOPPED)
    yield from rows.median(sums.deviation_bins[h])
    if has_adjusted:
        rows = _Rows(adjusted, sums, h)
        yield from rows.of(tested.ks, _ADJUSTED)
        yield from rows.median(sums.adjusted_bins[h])
    if tested.looks == 1:
        return
    for look, k in enumerate(tested.ks, start=1):
        yield from _Rows(own.at(look=look), sums, h).of((k,), _HELD)
        ended = {"look": look, "groups": (("given", "ended"),)}
        yield from _Rows(own.at(**ended), sums, h).of((k,), _STOPPED)
        if has_adjusted:
            yield from _Rows(adjusted.at(**ended), sums, h).of((k,), _ADJUSTED)


class _Rows:
    """Rows of one kind of estimates."""

    def __init__(self, make: Maker, sums: Accumulator, h: int) -> None:
        self.make, self.tested, self.sums = make, make.study.tested[h], sums
        self.measure = measures_of(make.study)[h]
        self.no_truth = self.measure.reason or "the estimate has no one true value"
        time = self.tested.estimate_name == "rmst_difference"
        self.unit, self.scale = (make.unit, make.days) if time else ("", 1.0)
        adjusted = make.key.method.endswith(ADJUSTED)
        # The key tells which trials are meant: all when testing ends, those in which it ends at a look, all at a look.
        first = f"{{}} of the first {ADJUSTED_TRIALS:,} trials"
        self.estimates = first.format("median-unbiased estimates") if adjusted else "estimates"
        self.intervals = first.format("adjusted intervals") if adjusted else "intervals"

    def of(self, ks: tuple[int, ...], kind: _Kind) -> Iterator[Statistic]:
        """Mean, spread, true value, bias and coverage."""
        sums = self.sums
        found = look_moments(sums, kind.estimate, kind.counted, ks)
        true = look_moments(sums, kind.true, kind.counted, ks)
        deviation = look_moments(sums, kind.deviation, kind.counted, ks)
        yield self._mean("mean_estimate", found)
        yield self._spread(found)
        yield self._mean("true_value", true)
        yield self._bias(true, deviation)
        if not kind.covered:
            return
        text = f"Share of {self.intervals}, of level {self.tested.conf_level:g}, that hold the true value."
        yield self._share("coverage", kind.covered, kind.intervals, ks, true, text)
        text = f"Share of {self.estimates} above the true value; half where they are median-unbiased."
        yield self._share("above_true", kind.above, kind.counted, ks, true, text)

    def _mean(self, statistic: str, found: Moments) -> Statistic:
        what = "true values for the dates of the cuts" if statistic == "true_value" else self.estimates
        if found.n == 0:
            return self.make.missing(statistic, _NONE, f"Mean of {what}.", unit=self.unit)
        if not math.isfinite(found.mean):
            return self.make.missing(statistic, self.no_truth, f"Mean of {what}.", unit=self.unit)
        if self.tested.ratio:
            text = f"Geometric mean of {what}; standard error on the log scale."
            return self.make.number(statistic, math.exp(found.mean), found.se, found.n, text)
        text = f"Mean of {what}."
        return self.make.number(statistic, found.mean / self.scale, found.se / self.scale, found.n, text,
                                unit=self.unit)  # fmt: skip

    def _spread(self, found: Moments) -> Statistic:
        scale = ", on the log scale" if self.tested.ratio else ""
        text = f"Standard deviation of {self.estimates}{scale}; its error is that of normal values."
        if found.n < 2:
            return self.make.missing("sd_estimate", "fewer than two such trials", text, unit=self.unit)
        return self.make.number("sd_estimate", found.sd / self.scale, found.sd_se / self.scale, found.n, text,
                                unit=self.unit)  # fmt: skip

    def _natural(self, true: float, deviation: float) -> float:
        """A deviation on the scale on which effects are read: of a ratio, how far the ratio is from the true one."""
        return math.exp(true) * math.expm1(deviation) if self.tested.ratio else deviation / self.scale

    def _slope(self, true: float, deviation: float) -> float:
        return math.exp(true + deviation) if self.tested.ratio else 1.0 / self.scale

    def _bias(self, true: Moments, deviation: Moments) -> Statistic:
        what = "Geometric mean" if self.tested.ratio else "Mean"
        text = f"{what} of {self.estimates}, less that of the true values for the dates of their cuts."
        if deviation.n == 0 or not math.isfinite(deviation.mean):
            return self.make.missing("bias", _NONE if deviation.n == 0 else self.no_truth, text, unit=self.unit)
        value = self._natural(true.mean, deviation.mean)
        se = self._slope(true.mean, deviation.mean) * deviation.se
        return self.make.number("bias", value, se, deviation.n, text, unit=self.unit)

    def _share(
        self, statistic: str, counted: str, within: str, ks: tuple[int, ...], true: Moments, text: str
    ) -> Statistic:
        n = sum(self.sums.count(within, k) for k in ks)
        if n == 0 or not math.isfinite(true.mean):
            return self.make.missing(statistic, _NONE if n == 0 else self.no_truth, text)
        return self.make.share(statistic, sum(self.sums.count(counted, k) for k in ks), n, text)

    def median(self, bins: Integers) -> Iterator[Statistic]:
        """Median bias, from the bins of deviations."""
        kind = _ADJUSTED if self.make.key.method.endswith(ADJUSTED) else _STOPPED
        true = look_moments(self.sums, kind.true, kind.counted, self.tested.ks)
        text = "Median over simulated trials of the estimate when testing ends less the true value."
        found = quantile_of(bins, self.measure.bins.edges, 0.5)
        if found is None or not math.isfinite(true.mean):
            reason = _NONE if true.n == 0 else self.no_truth
            yield self.make.missing("median_bias", reason, text, unit=self.unit)
            return
        value = self._natural(true.mean, found.value)
        se = self._slope(true.mean, found.value) * found.se
        yield self.make.number("median_bias", value, se, int(np.sum(bins)), text, unit=self.unit)
