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
from equipoise.kernels.sim.two_arms_score import AtRisk

__all__ = ["tied"]

Floats = NDArray[np.float64]


@compiled
def tied(
    time: Floats,
    gap: float,
    efron: int,
    counts: NDArray[np.int64],
    test: AtRisk,
    model: AtRisk,
) -> float:
    """Numbers at risk at each event.

    Args:
        time: (M,) times, in order as far as patients are enrolled, with arm + 2 * event in their lowest bits.
        gap: Neighbours no further apart are one time.
        efron: 1 for Efron's way in the model, 0 for Breslow's.
        counts: (4,) enrolled and events of the control and of the experimental arm.
        test: Overwritten: numbers at risk for the log-rank test.
        model: Overwritten: numbers at risk for Cox's regression.

    Returns:
        What ties take from the variance of the log-rank score.
    """
    size = counts[0] + counts[1]
    n0, n1 = float(counts[0]), float(counts[1])
    kind = time.view(np.uint64)
    less, events, i = 0.0, 0, 0
    while i < size:
        left0 = left1 = d0 = d1 = 0
        while True:
            mine = int(kind[i] & np.uint64(1))
            event = int((kind[i] >> np.uint64(1)) & np.uint64(1))
            left1 += mine
            left0 += 1 - mine
            d1 += event & mine
            d0 += event & (1 - mine)
            i += 1
            if i == size or time[i] - time[i - 1] > gap:
                break
        d = d0 + d1
        for done in range(d):
            away = efron * done / d
            test.control[events], test.experimental[events] = n0, n1
            model.control[events], model.experimental[events] = n0 - away * d0, n1 - away * d1
            events += 1
        if d > 1:
            n = n0 + n1
            less += d * (d - 1) / (n - 1.0) * (n0 / n) * (n1 / n)
        n0 -= left0
        n1 -= left1
    for part in (test, model):
        part.control[events : events + part.lanes.shape[1]] = 1.0
        part.experimental[events : events + part.lanes.shape[1]] = 0.0
    return less
