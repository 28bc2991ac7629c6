"""What the plain two-arm trial is given and what it returns: arrays of fixed types, so that it is compiled once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.two_arms_patients import StepInverse

__all__ = ["TwoArmLooks", "TwoArms", "new_looks", "step_inverse", "two_arms"]

Floats = NDArray[np.float64]
Steps = tuple[Sequence[float], Sequence[float]]

_BLOCK = 8


class TwoArms(NamedTuple):
    """A plain two-arm trial. K looks; M is the number of patients up to a multiple of 8. All times are in days.

    Attributes:
        key: (2,) int64 words of the key, in [0, 2^32).
        n: Patients.
        arm: (M,) uint8, 0 control, 1 experimental.
        arrival: Share of the enrollment by calendar day, one column.
        event: Cumulative hazard of the event, M columns.
        dropout: Cumulative hazard of dropout, M columns.
        events: (K,) int64 events that set the cut, 0 for none.
        at: (K,) calendar day of the cut, NaN for none.
        follow_up: (K,) days since the last entry, NaN for none.
        earlier: (K,) uint8 1 if the earliest of them sets the cut, else the latest.
        latest: (K,) calendar day by which the cut is made whatever else, infinite for none.
        estimate: 1 if Cox's estimate is wanted.
        whole_days: 1 if all is seen in whole days, the day of entry being day 1 of a patient; else real numbers.
        efron: 1 for Efron's way with ties in the estimate, 0 for Breslow's.
    """

    key: NDArray[np.int64]
    n: int
    arm: NDArray[np.uint8]
    arrival: StepInverse
    event: StepInverse
    dropout: StepInverse
    events: NDArray[np.int64]
    at: Floats
    follow_up: Floats
    earlier: NDArray[np.uint8]
    latest: Floats
    estimate: int
    whole_days: int = 0
    efron: int = 1


class TwoArmLooks(NamedTuple):
    """What T trials show at K looks; a look that is not held has NaN and 0.

    Attributes:
        cut: (T, K) calendar days.
        held: (T, K) uint8.
        reached: (T, K) uint8, 0 where what sets the cut never comes.
        enrolled: (T, K, 2) int64 patients enrolled in the control and the experimental arm.
        events: (T, K, 2) int64 their events.
        score: (T, K) observed less expected events of the experimental arm.
        variance: (T, K) hypergeometric variance of the score: z = -score / sqrt(variance).
        estimate: (T, K) Cox's log hazard ratio; NaN if not wanted or without a maximum.
        se: (T, K) its standard error.
    """

    cut: Floats
    held: NDArray[np.uint8]
    reached: NDArray[np.uint8]
    enrolled: NDArray[np.int64]
    events: NDArray[np.int64]
    score: Floats
    variance: Floats
    estimate: Floats
    se: Floats


def step_inverse(*columns: Steps, total: float = 1.0, most: float = np.inf) -> StepInverse:
    """The inverse of cumulative step functions.

    Args:
        *columns: For each column ends of pieces (days, increasing; the last piece may be open) and the rate in each;
            beyond the last end the rate is 0.
        total: What the functions are divided by.
        most: Value that is never asked for; pieces from there on are left out.

    Returns:
        One column a function; pieces that a column lacks begin at infinity.
    """
    pieces = max(len(rates) for _, rates in columns) + 1
    before = np.full((pieces, len(columns)), np.inf)
    start = np.zeros((pieces, len(columns)))
    inverse = np.full((pieces, len(columns)), np.inf)
    for column, (ends, rates) in enumerate(columns):
        edges = np.concatenate(([0.0], np.asarray(ends, dtype=np.float64)[: len(rates)]))
        edges = np.append(edges, np.inf) if edges.size <= len(rates) else edges
        rate = np.asarray(rates, dtype=np.float64) / total
        known = int(np.isfinite(edges).sum())
        rate = np.append(rate, 0.0)[:known]
        start[:known, column] = edges[:known]
        before[:known, column] = np.concatenate(([0.0], np.cumsum(np.diff(edges[:known]) * rate[: known - 1])))
        with np.errstate(divide="ignore"):
            inverse[:known, column] = 1.0 / rate
    used = (before < most).any(axis=1)
    return StepInverse(*(np.ascontiguousarray(part[used]) for part in (before, start, inverse)))


def two_arms(
    key: tuple[int, int],
    n: int,
    pattern: Sequence[int],
    arrival: Steps,
    event: tuple[Steps, Steps],
    dropout: tuple[Steps, Steps],
    *,
    events: Sequence[int],
    at: Sequence[float] | None = None,
    follow_up: Sequence[float] | None = None,
    earlier: Sequence[int] | None = None,
    latest: Sequence[float] | None = None,
    estimate: bool = False,
    whole_days: bool = False,
) -> TwoArms:
    """The arrays of a plain two-arm trial.

    Args:
        key: Words of the key, each in [0, 2^32).
        n: Patients.
        pattern: Arms in the order of patients' numbers, again and again: 0 control, 1 experimental.
        arrival: Ends of pieces (days) and patients a day in each; n are expected by the end of the enrollment.
        event: For control and experimental arm ends of pieces (days from entry) and hazard a day in each.
        dropout: The same for dropout.
        events: (K,) events that set each look, 0 for none.
        at: (K,) calendar days, NaN for none.
        follow_up: (K,) days since the last entry, NaN for none.
        earlier: (K,) 1 if the earliest of these sets the look, else the latest.
        latest: (K,) calendar days by which a look is held.
        estimate: Whether Cox's estimate is wanted.
        whole_days: Whether times are whole days.
    """
    size = -(-n // _BLOCK) * _BLOCK
    arm = np.resize(np.asarray(pattern, dtype=np.uint8), size)
    looks = len(events)

    def given(values: Sequence[float] | None, none: float) -> Floats:
        return np.full(looks, none) if values is None else np.array(values, dtype=np.float64)

    def by_patient(both: tuple[Steps, Steps]) -> StepInverse:
        return StepInverse(*(np.ascontiguousarray(part[:, arm]) for part in step_inverse(*both)))

    return TwoArms(
        key=np.array(key, dtype=np.int64),
        n=n,
        arm=arm,
        arrival=step_inverse(arrival, total=float(n), most=1.0),
        event=by_patient(event),
        dropout=by_patient(dropout),
        events=np.array(events, dtype=np.int64),
        at=given(at, np.nan),
        follow_up=given(follow_up, np.nan),
        earlier=np.zeros(looks, np.uint8) if earlier is None else np.array(earlier, dtype=np.uint8),
        latest=given(latest, np.inf),
        estimate=int(estimate),
        whole_days=int(whole_days),
    )


def new_looks(trials: int, looks: int) -> TwoArmLooks:
    """Room for what trials show.

    Args:
        trials: T.
        looks: K.
    """
    shape = (trials, looks)
    return TwoArmLooks(
        cut=np.zeros(shape),
        held=np.zeros(shape, np.uint8),
        reached=np.zeros(shape, np.uint8),
        enrolled=np.zeros((*shape, 2), np.int64),
        events=np.zeros((*shape, 2), np.int64),
        score=np.zeros(shape),
        variance=np.zeros(shape),
        estimate=np.zeros(shape),
        se=np.zeros(shape),
    )
