"""A rate found by simulation beside what it should be: what the calibration scripts share."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Rate"]


@dataclass(frozen=True)
class Rate:
    """How often something happened in the trials, beside how often it should where that is known.

    Attributes:
        what: What happened, in words.
        rate: How often.
        nominal: How often it should, None where nothing is promised.
        trials: Number of trials.
        peer: What a peer says of the same trials.
    """

    what: str
    rate: float
    nominal: float | None
    trials: int
    peer: str = ""

    @property
    def error(self) -> float:
        """One Monte Carlo error."""
        p = self.rate if self.nominal is None else self.nominal
        return math.sqrt(p * (1.0 - p) / self.trials)

    @property
    def fine(self) -> bool:
        """Whether the rate is within three Monte Carlo errors of what it should be."""
        return self.nominal is None or abs(self.rate - self.nominal) <= 3.0 * self.error
