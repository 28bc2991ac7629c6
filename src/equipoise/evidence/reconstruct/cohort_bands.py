"""A sequence's curve and band, and where they cross one half."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.boxes import z_of_level
from equipoise.evidence.reconstruct.cohort_sequence import Sequence

__all__ = ["BANDS", "Curve", "crossing", "curve_of"]

Floats = NDArray[np.float64]

BANDS = {"median": "survival", "lower": "lower", "upper": "upper"}
"""Median and its limits → where on the curve each crosses one half."""


class Curve(NamedTuple):
    """Kaplan-Meier and its band after each subject, (n,) each."""

    survival: Floats
    lower: Floats
    upper: Floats


def curve_of(found: Sequence, level: float, interval: str = "log_log") -> Curve:
    """Kaplan-Meier and its band after each subject.

    Args:
        found: The subjects.
        level: Level of the band.
        interval: Scale of the band, `log_log`, `log` or `plain`.
    """
    n = found.day.size
    risk: Floats = np.arange(n, 0, -1).astype(np.float64)
    with np.errstate(all="ignore"):
        survival = np.cumprod(np.where(found.event, (risk - 1.0) / risk, 1.0), dtype=np.float64)
        variance = np.cumsum(np.where(found.event, 1.0 / (risk * (risk - 1.0)), 0.0))
        logs, width = np.log(survival), z_of_level(level) * np.sqrt(variance)
        if interval == "plain":
            lower, upper = np.maximum(survival * (1.0 - width), 0.0), np.minimum(survival * (1.0 + width), 1.0)
        elif interval == "log":
            lower, upper = survival / np.exp(width), np.minimum(survival * np.exp(width), 1.0)
        else:
            factor = np.exp(width / -logs)
            lower, upper = np.exp(logs * factor), np.exp(logs / factor)
    sure, gone = variance == 0.0, survival == 0.0
    lower[sure] = upper[sure] = 1.0
    lower[gone] = upper[gone] = np.nan
    return Curve(survival, lower, upper)


def crossing(values: Floats) -> int:
    """First position at or below one half; -1 where there is none.

    Args:
        values: A curve.
    """
    below = np.flatnonzero(values < 0.5 + 1.5e-8)
    return int(below[0]) if below.size else -1
