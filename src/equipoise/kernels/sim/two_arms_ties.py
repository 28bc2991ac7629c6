"""Numbers at risk of one look where times are tied: whole days, or real numbers closer than a data set can tell.

Each of d events of one time is an event of its own. For the log-rank test all d have the numbers at risk of that time,
and the hypergeometric variance is d (n - d) / (n - 1) p (1 - p) in place of d p (1 - p): the difference is returned.
For Cox's regression after Efron (1977, J Am Stat Assoc 72:557) event l of d (from 0) has l / d of the events taken
away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.two_arms_score import ARM, AtRisk, count, to_floats

__all__ = ["tied"]

Floats = NDArray[np.float64]


@compiled
def tied(
    time: Floats, size: int, gap: float, efron: int, counts: NDArray[np.int64], test: AtRisk, model: AtRisk
) -> float:
    """Numbers at risk at each event.

    Args:
        time: (M,) times, in order as far as patients are enrolled, with arm + 2 * event in their lowest bits.
        size: How many are enrolled.
        gap: Neighbours no further apart are one time.
        efron: 1 for Efron's way in the model, 0 for Breslow's.
        counts: (4,) overwritten: enrolled in the control and the experimental arm, and their events.
        test: Overwritten: numbers at risk for the log-rank test.
        model: Overwritten: numbers at risk for Cox's regression.

    Returns:
        What ties take from the variance of the log-rank score.
    """
    kind = time.view(np.uint64)
    left, mine, arm = test.left, test.mine, model.left
    count(kind, size, counts)
    own, events, before = np.int32(counts[1]), np.uint64(0), -np.inf
    group, group_own = np.int32(size), own
    for i in range(size):
        fresh = time[i] - before > gap
        before = time[i]
        group = np.int32(size - i) if fresh else group
        group_own = own if fresh else group_own
        left[events], mine[events] = group, group_own
        arm[events] = np.int32(kind[i] & ARM)
        own -= np.int32(kind[i] & ARM)
        # Without an event the next patient is written over this one.
        events += (kind[i] >> ARM) & ARM
    to_floats(test, test, int(events))
    to_floats(test, model, int(events))
    less: float = _share(test, model, int(events), efron)
    return less


@compiled
def _share(test: AtRisk, model: AtRisk, events: int, efron: int) -> float:
    """Efron's numbers at risk where several events have one time, and what such times take from the variance."""
    left, mine, arm = test.left, test.mine, model.left
    less, first = 0.0, 0
    while first < events - 1:
        if left[first + 1] != left[first]:
            first += 1
            continue
        last, d1 = first, 0
        while last < events and left[last] == left[first]:
            d1 += int(arm[last])
            last += 1
        d, n = last - first, float(left[first])
        d0, share = d - d1, float(mine[first]) / n
        less += d * (d - 1) / (n - 1.0) * share * (1.0 - share)
        for done in range(efron * d):
            model.control[first + done] -= done * d0 / d
            model.experimental[first + done] -= done * d1 / d
        first = last
    return less
