"""Counts at each event time by arm when subjects enter late or change arms: `event_rows` for (start, stop] rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats, Outcome
from equipoise.kernels._cox_subjects import at_risk_sums, sort_subjects
from equipoise.kernels.risk_table import EventRows

__all__ = ["event_rows_of_entries"]


def event_rows_of_entries(
    outcome: Outcome,
    arm: NDArray[np.integer],
    stratum: NDArray[np.integer] | None,
    entry: Floats,
    *,
    n_arms: int,
) -> EventRows:
    """Rows at risk and events by arm, at each stratum and time with an event.

    Args:
        outcome: n checked stops and events.
        arm: (n,) codes from 0.
        stratum: (n,) codes from 0, or None.
        entry: (n,) checked starts.
        n_arms: Number of arms.

    Returns:
        The counts; `n` counts rows.
    """
    own = np.arange(n_arms)
    if not outcome.event.any():
        none = np.zeros((n_arms, 0))
        return EventRows(np.zeros(2, dtype=np.int64), none[0], none, none, (arm[:, None] == own).sum(axis=0))
    s = sort_subjects(outcome, np.zeros((arm.size, 1)), stratum, None, "breslow", entry)
    mine = (arm[s.order][:, None] == own).astype(np.float64)
    at_risk = np.round(at_risk_sums(s, mine)).T
    events = np.add.reduceat(mine[s.tied], s.group_first, axis=0).T
    # Strata as they come, times ascending within each.
    within = s.stratum[s.last]
    ascending = np.lexsort((s.time, within))
    start = np.searchsorted(within, np.arange(s.stratum_first.size + 1))
    n = mine.sum(axis=0).astype(np.int64)
    return EventRows(start, s.time[ascending], at_risk[:, ascending], events[:, ascending], n)
