"""Two arms beside each other: hazard ratio, its limits and P as boxes, and what courses give for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.boxes import Box, z_of_level
from equipoise.evidence.reconstruct.cohort_arm import Course

__all__ = ["Aim", "ContrastGoals", "Estimate", "Model", "aim", "depth", "estimate", "golden", "strata_codes"]

Integers = NDArray[np.int64]

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_GRID = 41
_INSIDE = 0.15  # half-widths: points nearer to the edge of a box are not aimed at


@dataclass(frozen=True, slots=True)
class ContrastGoals:
    """What is printed of an arm against its control.

    Attributes:
        arm: Index of the experimental arm.
        versus: Index of the control.
        ratio: Box of the hazard ratio.
        lower: Box of its lower limit.
        upper: Box of its upper limit.
        level: Level of the limits.
        p: Box of the P value.
        sides: Its sides.
    """

    arm: int
    versus: int
    ratio: Box | None = None
    lower: Box | None = None
    upper: Box | None = None
    level: float = 0.95
    p: Box | None = None
    sides: int = 2


class Aim(NamedTuple):
    """A log hazard ratio and its error that would be printed so.

    Attributes:
        log_ratio: The log hazard ratio.
        error: Its standard error; NaN where nothing says it.
        fits: Whether it lies in all boxes.
    """

    log_ratio: float
    error: float
    fits: bool


class Model(NamedTuple):
    """How the endpoint is analyzed.

    Attributes:
        ties: Way with ties of Cox's model.
        cox_strata: Whether the model is stratified.
        test_strata: Whether the log-rank test is.
    """

    ties: str = "efron"
    cox_strata: bool = False
    test_strata: bool = False


class Estimate(NamedTuple):
    """What two courses give.

    Attributes:
        log_ratio: Log hazard ratio.
        error: Its standard error.
        p_two_sided: P of the log-rank test.
        p_one_sided: Likewise, small when the experimental arm is better.
    """

    log_ratio: float
    error: float
    p_two_sided: float
    p_one_sided: float


def aim(goals: ContrastGoals, error: float | None = None, lean: tuple[float, float] | None = None) -> Aim:
    """A log hazard ratio and its error that would be printed so: the middle of all, or another one.

    Args:
        goals: The boxes.
        error: The error, where nothing can be done about it.
        lean: Which of the fitting points: share of the errors that are smaller, and of the ratios at that error.

    Returns:
        A point of a grid; where none lies in all boxes the nearest to them.
    """
    z = z_of_level(goals.level)
    low, high = (None if box is None else _logs(box) for box in (goals.lower, goals.upper))
    if goals.ratio is not None:
        ratio = _logs(goals.ratio)
    elif low is not None and high is not None:
        ratio = Box(0.5 * (low.lower + high.lower), 0.5 * (low.upper + high.upper))
    else:
        return Aim(math.nan, math.nan, fits=False)
    if low is not None and high is not None:
        errors = Box(error, error) if error is not None else Box(
            (high.lower - low.upper) / (2 * z), (high.upper - low.lower) / (2 * z)
        )  # fmt: skip
    elif goals.p is not None and goals.ratio is not None:
        errors = _errors_of_p(goals, ratio)
        return Aim(0.5 * (ratio.lower + ratio.upper), 0.5 * (errors.lower + errors.upper), fits=True)
    else:
        return Aim(0.5 * (ratio.lower + ratio.upper), math.nan, fits=True)
    widths = np.linspace(errors.lower, errors.upper, _GRID if error is None else 1).tolist()
    points = [
        (min(_depth(b, ratio), _depth(b - z * se, low), _depth(b + z * se, high), _near_p(goals, b, se)), se, b)
        for se in widths
        for b in np.linspace(ratio.lower, ratio.upper, _GRID).tolist()
    ]
    deepest = max(points)
    inside = [point for point in points if point[0] >= _INSIDE]
    if lean is not None and inside:
        levels = sorted({point[1] for point in inside})
        chosen = levels[min(len(levels) - 1, int(lean[0] * len(levels)))]
        there = [point for point in inside if point[1] == chosen]
        deepest = there[min(len(there) - 1, int(lean[1] * len(there)))]
    return Aim(deepest[2], deepest[1], fits=deepest[0] >= 0.0)


def _near_p(goals: ContrastGoals, log_ratio: float, error: float) -> float:
    """How deep the P of a ratio and its error lies in the printed box; of no weight where no P is printed.

    Wald's P is near that of the log-rank test, not the same: a miss by a tenth of the box is none yet.
    """
    if goals.p is None:
        return 1.0
    z = abs(log_ratio) / error if goals.sides == 2 else -log_ratio / error
    p = math.erfc(z / math.sqrt(2.0)) * (1.0 if goals.sides == 2 else 0.5)
    return _depth(p, goals.p) + 0.1


def _logs(box: Box) -> Box:
    return Box(math.log(max(box.lower, 1e-6)), math.log(max(box.upper, 1e-6)))


def _depth(value: float, box: Box) -> float:
    """How far inside a box, in its half-widths; negative outside."""
    half = max(0.5 * (box.upper - box.lower), 1e-12)
    return min(value - box.lower, box.upper - value) / half


def _errors_of_p(goals: ContrastGoals, ratio: Box) -> Box:
    from statistics import NormalDist

    assert goals.p is not None
    tail = (0.5 if goals.sides == 2 else 1.0) * 0.5 * (goals.p.lower + goals.p.upper)
    z = -NormalDist().inv_cdf(min(max(tail, 1e-12), 0.499))
    error = abs(0.5 * (ratio.lower + ratio.upper)) / max(z, 1e-3)
    return Box(error, error)


def golden(count: int, shift: float) -> NDArray[np.float64]:
    """Points in [0, 1) of which any stretch is spread evenly: multiples of the golden ratio.

    Args:
        count: How many.
        shift: Where they begin.
    """
    points: NDArray[np.float64] = np.mod((np.arange(count) + 0.5) * _GOLDEN + shift, 1.0)
    return points


def strata_codes(count: int, shares: NDArray[np.float64], shift: float) -> Integers:
    """Strata of the subjects of an arm in the order in which they leave: each stratum spread evenly over time.

    Args:
        count: Subjects.
        shares: (S,) shares of the strata, summing to 1.
        shift: Where the sequence begins.
    """
    return np.searchsorted(np.cumsum(shares)[:-1], golden(count, shift), side="right").astype(np.int64)


def estimate(
    one: Course, other: Course, codes: tuple[Integers, Integers], model: Model, *, test: bool = True
) -> Estimate:
    """Hazard ratio and log-rank test of two courses, by the kernels of the analysis.

    Args:
        one: The experimental arm.
        other: The control.
        codes: Strata of both.
        model: How they are analyzed.
        test: Whether P values are wanted, and every digit of the kernels; otherwise P is NaN, and the model is fitted
            in a tenth of the time.
    """
    if not test and model.ties == "efron":
        return Estimate(*_quick(one, other, codes if model.cox_strata else None), math.nan, math.nan)
    from equipoise.kernels.cox import cox_two_arm
    from equipoise.kernels.log_rank import log_rank

    time = np.concatenate([one.day, other.day]).astype(np.float64)
    event = np.concatenate([one.event, other.event])
    arm = np.repeat([1, 0], [one.day.size, other.day.size])
    stratum = np.concatenate(codes)
    fit = cox_two_arm(time, event, arm, stratum=stratum if model.cox_strata else None, ties=model.ties)  # type: ignore[arg-type]
    found = log_rank(time, event, arm, n_arms=2, stratum=stratum if model.test_strata else None)
    return Estimate(float(fit.coef[0]), float(fit.se[0]), found.p_two_sided, found.p_one_sided)


def depth(found: Estimate, goals: ContrastGoals) -> float:
    """How deep an estimate lies in the printed boxes, in half-widths of the narrowest; negative outside.

    Args:
        found: What two courses give.
        goals: The boxes.
    """
    z = z_of_level(goals.level)
    depths = [
        _depth(found.log_ratio + shift * found.error, _logs(box))
        for box, shift in ((goals.ratio, 0.0), (goals.lower, -z), (goals.upper, z))
        if box is not None
    ]
    if goals.p is not None:
        depths.append(_depth(found.p_two_sided if goals.sides == 2 else found.p_one_sided, goals.p))
    return min(depths, default=0.0)


def _quick(one: Course, other: Course, codes: tuple[Integers, Integers] | None) -> tuple[float, float]:
    """Log hazard ratio and its error by Newton's method on whole days, tied events by Efron.

    Risk sets are counted from behind: within a stratum everybody whose day is this one or later.
    """
    day = np.concatenate([one.day, other.day])
    event = np.concatenate([one.event, other.event])
    treated = np.zeros(day.size)
    treated[: one.day.size] = 1.0
    stratum = np.zeros(day.size, dtype=np.int64) if codes is None else np.concatenate(codes)
    most = int(day.max()) + 1
    key = stratum * most + (most - 1 - day)
    order = np.argsort(key, kind="stable")
    key, happened, first = key[order], event[order].astype(np.float64), treated[order]
    ends = np.append(np.flatnonzero(np.diff(key)), key.size - 1)
    starts = np.append(0, ends[:-1] + 1)
    strata = stratum[order][ends]
    begins = np.searchsorted(stratum[order], strata)  # first subject of the stratum of each row
    sums = np.append(0.0, np.cumsum(first))
    ones = sums[ends + 1] - sums[begins]
    zeros = (ends + 1 - begins) - ones
    events, own = np.add.reduceat(happened, starts), np.add.reduceat(happened * first, starts)
    rows = np.repeat(np.arange(ends.size), events.astype(np.int64))
    nth = np.arange(rows.size) - np.repeat(np.cumsum(events) - events, events.astype(np.int64))
    share = nth / events[rows]
    a, b = ones[rows] - share * own[rows], zeros[rows] - share * (events - own)[rows]
    total, value, spread = float(own.sum()), 0.0, 1.0
    for _ in range(8):
        weight = a * math.exp(value)
        chance = weight / (weight + b)
        spread = float((chance * (1.0 - chance)).sum())
        step = (total - float(chance.sum())) / max(spread, 1e-9)
        value += max(-2.0, min(2.0, step))
        if abs(step) < 1e-9:
            break
    return value, 1.0 / math.sqrt(max(spread, 1e-9))
