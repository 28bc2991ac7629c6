"""Shares, means and quantiles from sums, each with its Monte Carlo standard error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equipoise.simulation.accumulate import LOOK_SUMS, TRIAL_SUMS, Accumulator
from equipoise.simulation.histograms import quantile, time_edges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equipoise.simulation.histograms import Floats, Integers

__all__ = [
    "Moments",
    "Quantile",
    "look_moments",
    "quantile_of",
    "share_error",
    "time_quantile",
    "time_spread_error",
    "trial_moments",
]


class Moments(NamedTuple):
    """Mean and standard deviation of what some trials have.

    Attributes:
        n: Number of trials; 0 where none has it.
        mean: Mean.
        sd: Standard deviation, by n - 1; 0 of one trial.
    """

    n: int
    mean: float
    sd: float

    @property
    def se(self) -> float:
        """Standard error of the mean."""
        return self.sd / math.sqrt(self.n)

    @property
    def sd_se(self) -> float:
        """Standard error of the standard deviation, as if the values were normal."""
        return self.sd / math.sqrt(2.0 * max(self.n - 1, 1))


def _moments(n: int, total: float, squares: float) -> Moments:
    if n == 0:
        return Moments(0, math.nan, math.nan)
    mean = total / n
    # What cancellation leaves of equal values is no spread.
    spread = squares - total * mean
    if n == 1 or spread <= 1e-13 * squares:
        return Moments(n, mean, 0.0)
    return Moments(n, mean, math.sqrt(spread / (n - 1)))


def look_moments(sums: Accumulator, name: str, counted: str, ks: Iterable[int]) -> Moments:
    """Moments of what is summed at looks, of several looks together.

    Args:
        sums: Sums over trials.
        name: One of `LOOK_SUMS`, without `_squared`.
        counted: The one of `LOOK_COUNTS` that tells over how many trials.
        ks: Indices of (hypothesis, look) pairs.
    """
    place = LOOK_SUMS.index(name)
    n, total, squares = 0, 0.0, 0.0
    for k in ks:
        n += sums.count(counted, k)
        total += float(sums.look_sums[k, place])
        squares += float(sums.look_sums[k, place + 1])
    return _moments(n, total, squares)


def trial_moments(sums: Accumulator, name: str) -> Moments:
    """Moments of what is summed of whole trials.

    Args:
        sums: Sums over trials.
        name: One of `TRIAL_SUMS`, without `_squared`.
    """
    place = TRIAL_SUMS.index(name)
    return _moments(sums.trials, float(sums.trial_sums[place]), float(sums.trial_sums[place + 1]))


def share_error(count: int, n: int) -> float:
    """Standard error of a share, sqrt(p (1 - p) / n); where all or none have it, that of half a trial more or less.

    Args:
        count: Trials that have it.
        n: Trials, 1 or more.
    """
    p = min(max(count, 0.5), n - 0.5) / n
    return math.sqrt(p * (1.0 - p) / n)


class Quantile(NamedTuple):
    """A quantile of binned values and its standard error."""

    value: float
    se: float


def quantile_of(
    counts: Integers, edges: Floats, probability: float, ends: tuple[float, float] = (-math.inf, math.inf)
) -> Quantile | None:
    """A quantile; its error is half the way between those one standard error of the probability to each side.

    Args:
        counts: (B,) counts.
        edges: (B + 1,) edges.
        probability: Between 0 and 1.
        ends: Smallest and largest value, where known.

    Returns:
        The quantile; None of nothing.
    """
    n = int(counts.sum())
    if n == 0:
        return None
    step = math.sqrt(probability * (1.0 - probability) / n)
    places = (probability - step, probability, probability + step)
    low, middle, high = (quantile(counts, edges, min(max(p, 0.0), 1.0), ends) for p in places)
    return Quantile(middle, 0.5 * (high - low))


def time_quantile(counts: Integers, probability: float, ends: tuple[float, float]) -> Quantile | None:
    """A quantile of dates, in days.

    Args:
        counts: (TIME_BINS,) counts.
        probability: Between 0 and 1.
        ends: Earliest and latest date.
    """
    return quantile_of(counts, time_edges(), probability, ends)


def time_spread_error(counts: Integers, found: Moments, ends: tuple[float, float]) -> float:
    """Standard error of a standard deviation of dates, by their fourth moment.

    Dates of decisions lie about several looks, and those of looks can be one day but for a few: as if they were normal,
    the error would be several times too large or too small.

    Args:
        counts: (TIME_BINS,) counts.
        found: Moments of the dates.
        ends: Earliest and latest date.
    """
    if found.n < 2 or found.sd <= 0.0:
        return 0.0
    edges, there = time_edges(), np.flatnonzero(counts)
    share = counts[there] / found.n
    middle = np.clip(0.5 * (edges[there] + edges[there + 1]), *ends)
    away = middle - float(np.sum(share * middle))
    second, fourth = (float(np.sum(share * away**power)) for power in (2, 4))
    if second <= 0.0:  # all in one bin
        return found.sd_se
    return 0.5 * found.sd * math.sqrt(max(fourth / second**2 - 1.0, 0.0) / found.n)
