"""Rows that start from counts: what response, safety, baseline and disposition share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.rows import Limits, estimate
from equipoise.protocol.method_names import level_text, limits_slug
from equipoise.results import Key, Statistic

if TYPE_CHECKING:
    import polars as pl

    from equipoise.kernels._counts import Interval

__all__ = [
    "Bools",
    "Ints",
    "arm_column",
    "by_arm",
    "count_row",
    "level_text",
    "limits_slug",
    "many",
    "row",
    "sentences",
]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def by_arm(arm: Ints, arms: int, *, where: Bools | None = None) -> Ints:
    """Subjects by arm.

    Args:
        arm: (n,) index of each subject's arm.
        arms: Number of arms.
        where: (n,) which subjects count; all where absent.

    Returns:
        (arms,) counts; an arm without subjects has 0.
    """
    counted = arm if where is None else arm[where]
    return np.bincount(counted, minlength=arms).astype(np.int64)


def arm_column(frame: pl.DataFrame) -> Ints:
    """Arm index of each row of a frame of the data room."""
    column: Ints = frame["arm"].to_numpy().astype(np.int64)
    return column


def row(key: Key, interval: Interval, *, conf_level: float, **fields: Any) -> Statistic:
    """A statistic with an estimate and limits.

    Args:
        key: Its key.
        interval: Estimate and limits; NaN becomes a missing value with its reason.
        conf_level: Level of the limits.
        **fields: Further fields of `Statistic`.
    """
    limits = Limits(interval.lower, interval.upper, conf_level, interval.reason)
    return estimate(key, interval.estimate, limits=limits, reason=interval.reason, **fields)


def count_row(key: Key, count: int, *, denominator: int | None = None, **fields: Any) -> Statistic:
    """A statistic that is a count.

    Args:
        key: Its key.
        count: The count.
        denominator: Out of how many, where that has a meaning.
        **fields: Further fields of `Statistic`.
    """
    return Statistic(
        key=key,
        value=float(count),
        events=count,
        denominator=None if denominator is None else float(denominator),
        **fields,
    )


def sentences(*parts: str) -> str:
    """A method text of sentences, each with a capital and a full stop.

    Args:
        *parts: Sentences; empty ones are left out.
    """
    return " ".join(f"{part[:1].upper()}{part[1:]}{'' if part.endswith('.') else '.'}" for part in parts if part)


def many(count: int, noun: str) -> str:
    """A count with its noun: "1 subject", "2 subjects".

    Args:
        count: How many.
        noun: The noun, singular.
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
