"""What the trials of one unit showed at their looks, and what the declared design made of it.

T is the number of trials of the unit, K that of (hypothesis, look) pairs (hypotheses in protocol order, looks in
order), H that of hypotheses, W that of weights of a test by several statistics. Times are days since the start of
enrollment; z > 0 favours the experimental arm. What was not held is 0 or NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Decisions", "UnitOutcome"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class UnitOutcome(NamedTuple):
    """One unit of trials, before anything is decided.

    Attributes:
        start: Number of the first trial.
        cut: (T, K) date of the data cut, in days.
        held: (T, K) whether the look took place, if the trial came to it.
        reached: (T, K) whether the events that the look waits for came.
        enrolled: (T, K) patients at the cut, all arms.
        events: (T, K, 2) events, or responders, of control and experimental of the hypothesis' pair.
        z: (T, K) statistic of the hypothesis' test against its null, the margin included; NaN where there is none. Of
            MaxCombo the largest.
        information: (T, K) null information: variance of the score, weighted where the test is; 1/se^2 of differences.
        components: (T, K, W) statistics of the several weights.
        covariance: (T, K, W, W) their covariance under the null hypothesis, on the scale of scores.
        estimate: (T, K) log hazard ratio, or difference of restricted means, milestones or rates.
        se: (T, K) its standard error.
    """

    start: int
    cut: Floats
    held: Flags
    reached: Flags
    enrolled: Integers
    events: Integers
    z: Floats
    information: Floats
    components: Floats
    covariance: Floats
    estimate: Floats
    se: Floats

    @property
    def trials(self) -> int:
        """T."""
        return int(self.z.shape[0])


class Decisions(NamedTuple):
    """What the design decided in each trial of a unit.

    Attributes:
        rejected: (T, H) the hypothesis' own look, from 1, at which it was rejected, futility obeyed; 0 never.
        futile: (T, H) its look at which it stopped for futility or, by the rule for harm, for harm; 0 never.
        stopped: (T, H) its look at which its testing ended: rejected, futile, or the last that was held; 0 where it was
            never tested.
        rejected_ignoring: (T, H) as `rejected`, futility ignored.
        degenerate: (T, H) no statistic at its last look: counts as not rejected.
        bound: (T, K) efficacy z that was applied; infinite where none was.
        futility_bound: (T, K) z for futility or harm, whichever is higher, that was applied; -infinite where none was.
        level: (T, K) level of one side that the hypothesis had at the look; 0 where it was not tested there.
    """

    rejected: Integers
    futile: Integers
    stopped: Integers
    rejected_ignoring: Integers
    degenerate: Flags
    bound: Floats
    futility_bound: Floats
    level: Floats
