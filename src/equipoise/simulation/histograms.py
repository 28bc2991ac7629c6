"""Counts in bins that depend on the study alone, and quantiles from them: sums of bins are exact in any order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["ESTIMATE_BINS", "TIME_BINS", "LinearBins", "estimate_bins", "quantile", "time_bins", "time_edges"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_OCTAVES: Final = (3, 15)  # times from 8 days to 32,768 (90 years); others count in the first and the last bin
_PARTS: Final = 256  # bins of an octave: no bin is wider than 0.4% of its times
_SHIFT: Final = 44  # bits of a double's fraction below those that tell 256 parts
_FIRST: Final = (1023 + _OCTAVES[0]) * _PARTS
TIME_BINS: Final = (_OCTAVES[1] - _OCTAVES[0]) * _PARTS
"""Number of bins of times."""
ESTIMATE_BINS: Final = 2048
"""Number of bins of estimates and of their deviations."""


def time_bins(days: Floats) -> Integers:
    """How many times lie in each bin: 256 bins of equal width between neighbouring powers of 2.

    The bin is read off the bits of the number, so that it is the same on every machine.

    Args:
        days: (n,) finite times, in days; below 1 they count as the earliest.

    Returns:
        (TIME_BINS,) counts.
    """
    bits = np.ascontiguousarray(np.maximum(days, 1.0), dtype=np.float64).view(np.int64)
    place = np.clip((bits >> _SHIFT) - _FIRST, 0, TIME_BINS - 1)
    return np.bincount(place, minlength=TIME_BINS).astype(np.int64, copy=False)


def time_edges() -> Floats:
    """(TIME_BINS + 1,) edges of the bins of times, in days."""
    return ((np.arange(TIME_BINS + 1, dtype=np.int64) + _FIRST) << _SHIFT).view(np.float64)


@dataclass(frozen=True, slots=True)
class LinearBins:
    """2,048 bins of one width, half of them below 0; what lies outside counts in the outermost.

    Attributes:
        width: Width of a bin.
    """

    width: float

    def counts(self, values: Floats) -> Integers:
        """How many values lie in each bin.

        Args:
            values: (n,) finite numbers.

        Returns:
            (ESTIMATE_BINS,) counts.
        """
        half = ESTIMATE_BINS // 2
        # Clipped before the conversion, which is undefined beyond the largest integer.
        scaled = np.clip(np.floor(values / self.width), -half, half - 1)
        place = scaled.astype(np.int64) + half
        return np.bincount(place, minlength=ESTIMATE_BINS).astype(np.int64, copy=False)

    @property
    def edges(self) -> Floats:
        """(ESTIMATE_BINS + 1,) edges."""
        return np.asarray((np.arange(ESTIMATE_BINS + 1) - ESTIMATE_BINS // 2) * self.width, dtype=np.float64)


def estimate_bins(estimate_name: str, horizon: float) -> LinearBins:
    """Bins of an effect: widths of 0.004 for log hazard ratios, 0.001 for proportions, 1/1,024 of the horizon.

    Args:
        estimate_name: `hazard_ratio`, `rmst_difference`, `survival_difference` or `risk_difference`.
        horizon: Horizon of restricted means, in the unit of the estimates; not read for others.
    """
    if estimate_name == "hazard_ratio":
        return LinearBins(0.004)
    if estimate_name == "rmst_difference":
        return LinearBins(2.0 * horizon / ESTIMATE_BINS)
    return LinearBins(0.001)


def quantile(counts: Integers, edges: Floats, probability: float, ends: tuple[float, float]) -> float:
    """A quantile of binned values, interpolated within its bin; NaN of none.

    Args:
        counts: (B,) counts.
        edges: (B + 1,) edges.
        probability: Between 0 and 1.
        ends: Smallest and largest value that was counted; infinite where they are not known.

    Returns:
        The quantile, in the unit of the edges.
    """
    total = np.cumsum(counts)
    if total[-1] == 0:
        return math.nan
    rank = probability * float(total[-1])
    place = int(np.searchsorted(total, rank, side="left"))
    place = min(place, counts.size - 1)
    while counts[place] == 0:  # a rank of 0
        place += 1
    before = float(total[place - 1]) if place else 0.0
    share = (rank - before) / float(counts[place])
    # What is known of the outermost values narrows their bins: all trials at one date have that date.
    low, high = max(float(edges[place]), ends[0]), min(float(edges[place + 1]), ends[1])
    low, high = (ends[0], high) if place == 0 and math.isfinite(ends[0]) else (low, high)
    low, high = (low, ends[1]) if place == counts.size - 1 and math.isfinite(ends[1]) else (low, high)
    return low + min(max(share, 0.0), 1.0) * (high - low)
