"""Sums over trials: counts, sums and sums of squares, and bins, from which all operating characteristics are made.

Whole numbers may be added in any order. Sums of floating-point numbers are those of units of 4,096 trials, added from
the left in the order of units, and each within its unit by numpy's pairwise summation: the same digits everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from equipoise.simulation.histograms import Floats, Integers

if TYPE_CHECKING:
    from equipoise.simulation.outcome import Decisions, UnitOutcome
    from equipoise.simulation.study import Study

__all__ = ["LOOK_COUNTS", "LOOK_SUMS", "TEST_COUNTS", "TRIAL_COUNTS", "TRIAL_SUMS", "Accumulator"]

LOOK_COUNTS: Final = (
    "held",  # the look took place
    "reached",  # and the events that it waits for had come
    "stopped",  # testing of the hypothesis ended here
    "efficacy",  # it was rejected here
    "futility",  # it stopped for futility here
    "efficacy_ignoring",  # it was rejected here, futility ignored
    "z_held",  # the look has a statistic
    "estimates_held",  # the look has an estimate
    "estimates_stopped",  # testing ended here, with an estimate and its standard error
    "covered_stopped",  # and its interval holds the true value
    "above_stopped",  # and the estimate is above the true value
    "adjusted_stopped",  # testing ended here, with an adjusted estimate
    "adjusted_intervals_stopped",  # and an adjusted interval
    "adjusted_covered_stopped",  # which holds the true value
    "adjusted_above_stopped",  # the adjusted estimate is above the true value
)
"""What is counted of each look of each hypothesis."""
LOOK_SUMS: Final = tuple(
    f"{name}_{which}{power}"
    for which, names in (
        ("held", ("time", "control", "experimental", "events", "patients", "z", "estimate", "true", "deviation")),
        ("stopped", ("time", "control", "experimental", "events", "patients", "estimate", "true", "deviation",
                     "adjusted", "adjusted_true", "adjusted_deviation")),
    )
    for name in names
    for power in ("", "_squared")
)  # fmt: skip
"""What is summed of each look of each hypothesis: over trials in which it was held, and in which testing ended there.

Deviations are from the true value at the date of the cut; `adjusted_true` is summed where there is an adjusted one.
"""
TEST_COUNTS: Final = ("tested", "rejected", "rejected_ignoring", "futile", "rejected_below", "degenerate")
"""What is counted of each hypothesis."""
TRIAL_COUNTS: Final = ("any_rejected", "all_rejected", "any_rejected_ignoring", "all_rejected_ignoring")
"""What is counted of the trials."""
TRIAL_SUMS: Final = ("duration", "duration_squared", "patients", "patients_squared")
"""What is summed of the trials: until the last of its hypotheses was decided."""


@dataclass(frozen=True, slots=True, eq=False)
class Accumulator:
    """Sums over trials of one study.

    Attributes:
        trials: Number of trials.
        look_counts: (K, len(LOOK_COUNTS)).
        look_sums: (K, len(LOOK_SUMS)); times in days.
        test_counts: (H, len(TEST_COUNTS)).
        trial_counts: (len(TRIAL_COUNTS),).
        trial_sums: (len(TRIAL_SUMS),).
        time_bins: (K, TIME_BINS) dates of looks that were held.
        stop_bins: (H, TIME_BINS) dates at which testing ended.
        estimate_bins: (K, ESTIMATE_BINS) estimates at looks that were held.
        deviation_bins: (H, ESTIMATE_BINS) estimates less true value, when testing ended.
        adjusted_bins: (H, ESTIMATE_BINS) adjusted estimates less true value.
        earliest: (K,) earliest date of a look; infinite where none was held.
        latest: (K,) latest date of a look.
    """

    trials: int
    look_counts: Integers
    look_sums: Floats
    test_counts: Integers
    trial_counts: Integers
    trial_sums: Floats
    time_bins: Integers
    stop_bins: Integers
    estimate_bins: Integers
    deviation_bins: Integers
    adjusted_bins: Integers
    earliest: Floats
    latest: Floats

    @classmethod
    def of(cls, study: Study, outcome: UnitOutcome, decisions: Decisions) -> Accumulator:
        """Sums of one unit of trials.

        Args:
            study: What is simulated.
            outcome: What its trials showed.
            decisions: What the design made of it.
        """
        from equipoise.simulation.unit_sums import unit_sums

        return unit_sums(study, outcome, decisions)

    def merged(self, other: Accumulator) -> Accumulator:
        """These sums and those of trials that come after them.

        Args:
            other: Sums of the same study.
        """
        mine, theirs = self.to_arrays(), other.to_arrays()
        added = {name: array + theirs[name] for name, array in mine.items() if name not in ("earliest", "latest")}
        added["earliest"] = np.minimum(self.earliest, other.earliest)
        added["latest"] = np.maximum(self.latest, other.latest)
        return Accumulator.from_arrays(added)

    def to_arrays(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """All sums as arrays of float64 and int64, by name; `trials` has one element."""
        out: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {"trials": np.array([self.trials], dtype=np.int64)}
        for item in fields(self):
            if item.name != "trials":
                out[item.name] = getattr(self, item.name)
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float64] | NDArray[np.int64]]) -> Accumulator:
        """The sums that `to_arrays` gave.

        Args:
            arrays: Arrays by name.

        Raises:
            KeyError: When one is missing.
        """
        rest = {item.name: arrays[item.name] for item in fields(cls) if item.name != "trials"}
        return cls(trials=int(arrays["trials"][0]), **rest)  # type: ignore[arg-type]

    def count(self, name: str, k: int) -> int:
        """A count of a look.

        Args:
            name: One of `LOOK_COUNTS`.
            k: Index of the (hypothesis, look) pair.
        """
        return int(self.look_counts[k, LOOK_COUNTS.index(name)])

    def tests(self, name: str, h: int) -> int:
        """A count of a hypothesis.

        Args:
            name: One of `TEST_COUNTS`.
            h: Index of the hypothesis.
        """
        return int(self.test_counts[h, TEST_COUNTS.index(name)])
