"""The Kaplan-Meier estimate, its pointwise limits, its quantiles, and its value at given times.

Kaplan and Meier (1958, JASA 53:457) for the estimate; Greenwood's variance; limits and quantiles by Brookmeyer and
Crowley (1982, Biometrics 38:29) and Kalbfleisch and Prentice (2002, section 1.4). Conventions at the edges are those
of R survival, so that a statistician gets the same digits; where they are not, the docstring says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import check_outcome, check_weights, require
from equipoise.kernels._km import Interval, KaplanMeier, confidence_limits, curve_of_counts
from equipoise.kernels._km_landmark import SurvivalAt, SurvivalDifference, survival_at, survival_difference
from equipoise.kernels._km_quantile import Quantiles, quantile
from equipoise.kernels._ordering import sort_times, tie_breaks, whole_days
from equipoise.kernels.risk_table import RiskTable

__all__ = [
    "Interval",
    "KaplanMeier",
    "Quantiles",
    "SurvivalAt",
    "SurvivalDifference",
    "confidence_limits",
    "kaplan_meier",
    "kaplan_meier_by_arm",
    "quantile",
    "survival_at",
    "survival_difference",
]

_MODEST_RANGE = 1_000_000


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, weights: ArrayLike | None = None) -> KaplanMeier:
    """Estimate survival; for follow-up (reverse Kaplan-Meier) give `event` flipped.

    Times that differ only in the last bits are one time. At a tie of events and censorings the censored subjects are
    still at risk. With weights the variance is Greenwood's of the weighted counts.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        weights: (n,) case weights, positive; default 1 each.

    Returns:
        The curve.

    Raises:
        KernelInputError: Arrays that break the limits above.
    """
    outcome = check_outcome(time, event)
    weight = check_weights(weights, outcome.time.size)
    days = whole_days(outcome.time, outcome.largest, room=min(_MODEST_RANGE, 1000 + 2 * outcome.time.size))
    if days is not None:
        size = int(outcome.largest) + 1
        leaving = np.bincount(days, weights=weight, minlength=size)
        if weight is None:
            events = np.bincount(days[outcome.event], minlength=size)
        else:
            events = np.bincount(days[outcome.event], weights=weight[outcome.event], minlength=size)
        used = np.flatnonzero(leaving)
        return curve_of_counts(used.astype(np.float64), leaving[used], events[used])
    order, ordered = sort_times(outcome.time)
    breaks = tie_breaks(ordered)
    flags = outcome.event[order]
    if weight is None and breaks.all():
        return curve_of_counts(ordered, np.ones(ordered.size, dtype=np.int64), flags.astype(np.int64))
    first = np.flatnonzero(breaks)
    if weight is None:
        leaving = np.diff(first, append=ordered.size)
        events = np.add.reduceat(flags, first, dtype=np.int64)
    else:
        weight = weight[order]
        leaving = np.add.reduceat(weight, first)
        events = np.add.reduceat(weight * flags, first)
    return curve_of_counts(ordered[first], leaving, events)


def kaplan_meier_by_arm(table: RiskTable, *, stratum: int | None = None) -> tuple[KaplanMeier, ...]:
    """One curve for each arm of a risk table.

    Args:
        table: Counts by stratum, arm and time.
        stratum: The stratum, or None for all of them together.

    Returns:
        A curves; each has the times at which its own arm has subjects. An arm without subjects has none.

    Raises:
        KernelInputError: There is no such stratum.
    """
    strata = table.events.shape[0]
    require(stratum is None or 0 <= stratum < strata, "stratum", "there is no such stratum", stratum)
    events = table.events.sum(axis=0) if stratum is None else table.events[stratum]
    censored = table.censored.sum(axis=0) if stratum is None else table.censored[stratum]
    curves = []
    for d, c in zip(events, censored, strict=True):
        used = np.flatnonzero(d + c)
        curves.append(curve_of_counts(table.time[used], (d + c)[used], d[used]))
    return tuple(curves)
