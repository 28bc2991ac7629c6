"""The whole people behind a printed proportion: count and denominator whose proportion and limits are printed so."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from equipoise.evidence.boxes import Box
from equipoise.evidence.reconstruct.cohort_goals import Goal, Goals

__all__ = ["Count", "count_of", "shared_size"]

_LEAST = 0.5  # of the arm: no denominator smaller than this share of it is supposed


class Count(NamedTuple):
    """People behind a proportion.

    Attributes:
        x: With the feature.
        n: Of so many.
        misses: How many of the printed numbers it does not give.
        distance: Sum of the distances from the boxes, in their half-widths; 0 where everything fits.
    """

    x: int
    n: int
    misses: int
    distance: float


def count_of(goals: list[Goal], size: int, fixed: int | None = None) -> Count | None:
    """The count and denominator that fit a printed proportion and its exact limits best.

    The declared denominator comes first, then the size of the arm, then smaller ones from the largest on: of equal
    fits the first is taken. The proportion itself counts before its limits.

    Args:
        goals: Value and limits of one proportion.
        size: Subjects of the arm.
        fixed: Denominator that is known, or None.

    Returns:
        The best fit; None without a printed value.
    """
    boxes: dict[str, Box] = {goal.part: goal.box for goal in goals if goal.box is not None}
    value = boxes.get("value")
    if value is None:
        return None
    fact = goals[0].fact
    if fact.n is not None and fact.events is not None:
        return Count(fact.events, fact.n, *_misfits([(fact.events, fact.n)], boxes, fact.conf_level)[0])
    known = fact.n or fixed
    least = math.ceil(_LEAST * size) if "lower" in boxes or "upper" in boxes else size
    sizes = [known] if known else list(range(size, max(1, least) - 1, -1))
    pairs = [(x, n) for n in sizes for x in _near(0.5 * (value.lower + value.upper) * n, n)]
    misfits = _misfits(pairs, boxes, fact.conf_level)
    found = [Count(x, n, *misfit) for (x, n), misfit in zip(pairs, misfits, strict=True)]
    # min takes the first of equals: the largest denominator.
    return min(found, key=lambda one: (_gap(one.x / one.n, value), one.misses, round(one.distance, 9)), default=None)


def _near(count: float, n: int) -> list[int]:
    return [x for x in dict.fromkeys((round(count), math.floor(count), math.ceil(count))) if 0 <= x <= n]


def _gap(value: float, box: Box) -> float:
    """Distance from a box in its half-widths."""
    half = max(0.5 * (box.upper - box.lower), 1e-12)
    return max(0.0, box.lower - value - 1e-12, value - box.upper - 1e-12) / half


def _misfits(pairs: list[tuple[int, int]], boxes: dict[str, Box], level: float) -> list[tuple[int, float]]:
    """How many of the printed numbers each count does not give, and by how much together."""
    from equipoise.kernels.proportions import clopper_pearson_many

    x, n = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    columns = {"value": (x / n).tolist()}
    if "lower" in boxes or "upper" in boxes:
        limits = clopper_pearson_many(x, n, conf_level=level)
        columns |= {"lower": limits.lower.tolist(), "upper": limits.upper.tolist()}
    gaps = [[_gap(columns[name][k], box) for name, box in boxes.items()] for k in range(len(pairs))]
    return [(sum(gap > 0 for gap in own), sum(own)) for own in gaps]


def shared_size(goals: Goals, arm: str, size: int, statistic: str = "ae_proportion") -> tuple[int, str]:
    """Denominator of the proportions of adverse events of an arm, and why that one.

    Args:
        goals: The printed numbers.
        arm: Arm.
        size: Its subjects.
        statistic: Name of the proportions.

    Returns:
        The arm's printed safety population; else the arm, if all its proportions are counts of it; else the size that
        another data cut prints; else the largest size of which all are counts.
    """
    printed = next(
        (round(g.box.lower) for g in goals.of("subjects", arm=arm, population="safety") if g.box is not None), None
    )
    if printed is not None:
        return printed, "as printed"
    shares = [g.box for g in goals.of(statistic, arm=arm, part="value") if g.box is not None]
    shares += [g.box for g in goals.of("ae_subjects", arm=arm, part="value") if g.box is not None and g.box.upper <= 1]
    if all(_whole(box, size) for box in shares):
        return size, "all subjects"
    other = goals.others.get(("safety", arm))
    failing = next(box for box in shares if not _whole(box, size))
    near = f"no count of {size} lies in {100 * failing.lower:.4g}% to {100 * failing.upper:.4g}%"
    if other and all(_whole(box, other) for box in shares):
        return other, f"{near}; all percentages are counts of {other}, which another data cut prints"
    for n in range(size - 1, max(1, size // 2), -1):
        if all(_whole(box, n) for box in shares):
            return n, f"{near}; the largest size of which all percentages are counts is {n}"
    return size, f"{near}, and no smaller size fits all percentages"


def _whole(box: Box, n: int) -> bool:
    """Whether some count of n lies in a box."""
    return bool(math.floor(box.upper * n + 1e-9) >= math.ceil(box.lower * n - 1e-9))


def nearest(box: Box, n: int) -> int:
    """The count of n nearest to the middle of a box."""
    return int(np.clip(round(0.5 * (box.lower + box.upper) * n), 0, n))
