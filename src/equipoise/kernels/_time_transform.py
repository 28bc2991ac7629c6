"""Functions of time along which the test of proportional hazards looks."""

from __future__ import annotations

from typing import Literal

import numpy as np

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._cox_counting import Rows

__all__ = ["Transform", "transformed_times"]

Transform = Literal["km", "rank", "identity", "log"]


def transformed_times(rows: Rows, transform: Transform) -> Floats:
    """The function of the end of each row.

    Args:
        rows: The rows.
        transform: `identity`; `log`; `rank`, of the ends of all rows, ties at their mean; `km`, 1 less the Kaplan-Meier
            estimate of all rows just before the end, without strata or weights.

    Returns:
        (n,) values; minus infinity for the logarithm of 0.

    Raises:
        KernelInputError: The transform is unknown.
    """
    known = ("km", "rank", "identity", "log")
    require(transform in known, "transform", "the transform must be km, rank, identity or log", transform)
    if transform == "identity":
        return rows.time
    if transform == "log":
        with np.errstate(divide="ignore"):
            return np.log(rows.time)
    if transform == "rank":
        _, which, count = np.unique(rows.label, return_inverse=True, return_counts=True)
        last = np.cumsum(count)
        mean: Floats = (last - 0.5 * (count - 1))[which.reshape(-1)]
        return mean
    return _one_less_survival_before(rows)


def _one_less_survival_before(rows: Rows) -> Floats:
    labels, events = np.unique(rows.label[rows.event], return_counts=True)
    at_risk = rows.label.size - np.searchsorted(np.sort(rows.label), labels, side="left")
    if rows.entry is not None:
        # Not yet entered: those whose start is not before the event.
        at_risk -= rows.entry.size - np.searchsorted(np.sort(rows.entry), labels, side="left")
    survival = np.append(1.0, np.cumprod(1.0 - events / at_risk))
    result: Floats = 1.0 - survival[np.searchsorted(labels, rows.label, side="left")]
    return result
