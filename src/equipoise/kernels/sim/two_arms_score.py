"""Log-rank and Cox's regression of one look: both are sums over events of one function of the hazard ratio.

With n0 and n1 at risk and no ties, an event falls to the experimental arm with probability p = n1 r / (n0 + n1 r). At
r = 1 its mean and variance make the log-rank test; where the means sum to the events seen, r is Cox's estimate (Cox
1972, J R Stat Soc B 34:187). Terms are added as whole numbers of 2^-48, which no order of adding can change: the sums
are the same however a processor's vectors split them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import exp, log

__all__ = ["ARM", "AtRisk", "at_risk_of", "count", "cox", "new_at_risk", "sums", "to_floats"]

Floats = NDArray[np.float64]

_POINT = 24.0
"""Doubles near it are 2^-48 apart: what is added to it is rounded to that, and stands in the difference of the bits."""
_POINT_BITS = np.int64(0x4038000000000000)
_UNIT = 2.0**-48
ARM = np.uint64(1)
"""The bit of a time that says its arm; the event's is the next."""
_TOLERANCE = 1e-5
"""The step after which no other is needed: what is left is of the order of its third power."""
_STEPS = 50
_LONGEST = 2.0


class AtRisk(NamedTuple):
    """Numbers at risk at each event, in the order of time; M is the number of patients and 1.

    Attributes:
        control: (M,) at risk in the control arm.
        experimental: (M,) in the experimental arm.
        left: (M,) scratch: all at risk.
        mine: (M,) scratch: the experimental arm.
    """

    control: Floats
    experimental: Floats
    left: NDArray[np.int32]
    mine: NDArray[np.int32]


@compiled
def new_at_risk(size: int) -> AtRisk:
    """Arrays for one look.

    Args:
        size: Number of patients at most.
    """
    # Without an event nobody's numbers are kept, but they are written.
    size += 1
    return AtRisk(np.empty(size), np.empty(size), np.empty(size, np.int32), np.empty(size, np.int32))


@compiled
def at_risk_of(time: Floats, size: int, counts: NDArray[np.int64], at_risk: AtRisk) -> None:
    """Numbers at risk at each event, where no times are tied.

    Args:
        time: (M,) times in order, with arm + 2 * event in their lowest bits.
        size: How many are enrolled.
        counts: (4,) overwritten: enrolled in the control and the experimental arm, and their events.
        at_risk: Overwritten.
    """
    kind, left, mine = time.view(np.uint64), at_risk.left, at_risk.mine
    count(kind, size, counts)
    own, events = np.int32(counts[1]), np.uint64(0)
    for i in range(size):
        left[events] = np.int32(size - i)
        mine[events] = own
        own -= np.int32(kind[i] & ARM)
        # Without an event the next patient is written over this one.
        events += (kind[i] >> ARM) & ARM
    to_floats(at_risk, at_risk, int(events))


@compiled
def count(kind: NDArray[np.uint64], size: int, counts: NDArray[np.int64]) -> None:
    """How many are enrolled and have an event, by arm.

    Args:
        kind: (M,) bits of times, arm + 2 * event the lowest.
        size: How many are enrolled.
        counts: (4,) overwritten: enrolled in the control and the experimental arm, and their events.
    """
    arm, event, both = 0, 0, 0
    for i in range(size):
        arm += int(kind[i] & ARM)
        event += int((kind[i] >> ARM) & ARM)
        both += int(kind[i] & (kind[i] >> ARM) & ARM)
    counts[0], counts[1], counts[2], counts[3] = size - arm, arm, event - both, both


@compiled
def to_floats(source: AtRisk, target: AtRisk, events: int) -> None:
    """Numbers at risk as real numbers.

    Args:
        source: Has the whole numbers.
        target: Overwritten.
        events: How many events there are.
    """
    for i in range(events):
        target.experimental[i] = float(source.mine[i])
        target.control[i] = float(source.left[i] - source.mine[i])


@compiled
def sums(at_risk: AtRisk, events: int, ratio: float) -> tuple[float, float, float]:
    """Sums over events of p, p (1 - p) and p (1 - p) (1 - 2 p) at a hazard ratio.

    Args:
        at_risk: Numbers at risk.
        events: How many events there are.
        ratio: Hazard ratio, experimental over control.
    """
    control, experimental = at_risk.control, at_risk.experimental
    first, second, third = np.int64(0), np.int64(0), np.int64(0)
    for i in range(events):
        share = experimental[i] * ratio
        p = share / (control[i] + share)
        spread = p * (1.0 - p)
        first += np.float64(_POINT + (p - 0.5)).view(np.int64) - _POINT_BITS
        second += np.float64(_POINT + spread).view(np.int64) - _POINT_BITS
        third += np.float64(_POINT + spread * (1.0 - 2.0 * p)).view(np.int64) - _POINT_BITS
    return float(first) * _UNIT + 0.5 * events, float(second) * _UNIT, float(third) * _UNIT


@compiled
def cox(at_risk: AtRisk, events: int, mine: int, score: float) -> tuple[float, float]:
    """The log hazard ratio and its standard error, from the log-rank sums.

    Halley's method (third order) on the score; it stops when a step is so short that the error left is below 1e-12.

    Args:
        at_risk: Numbers at risk.
        events: How many events there are.
        mine: How many in the experimental arm.
        score: Observed less expected events of the experimental arm at a hazard ratio of 1.

    Returns:
        Log hazard ratio and standard error by the information at the maximum; NaN where the likelihood has no maximum.
    """
    lone, lone_mine = 0, 0
    while lone < events:
        last = events - 1 - lone
        if at_risk.control[last] > 0.0 and at_risk.experimental[last] > 0.0:
            break
        lone += 1
        lone_mine += int(at_risk.experimental[last] > 0.0)
    expected = mine - score
    # Each arm needs an event while the other is at risk, or the likelihood rises without end.
    if mine == lone_mine or events - mine == lone - lone_mine or not expected < events:
        return np.nan, np.nan
    log_ratio = log((mine / expected) / ((events - mine) / (events - expected)))
    limit, before = _LONGEST, 0.0
    for _ in range(_STEPS):
        a, b, c = sums(at_risk, events, exp(log_ratio))
        newton = (mine - a) / b
        step = newton / max(1.0 + 0.5 * newton * c / b, 0.5)
        # A step across the maximum and back is one too long.
        limit *= 0.5 if step * before < 0.0 else 1.0
        step = min(max(step, -limit), limit)
        log_ratio += step
        before = step
        if abs(step) < _TOLERANCE:
            return log_ratio, 1.0 / np.sqrt(b + step * c)
    return np.nan, np.nan
