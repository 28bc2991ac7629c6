"""From points as typed to points of a survival curve, with a record of everything that was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import Problem, Where
from equipoise.evidence.reconstruct.curve_input import Clicks
from equipoise.evidence.reconstruct.line import monotone

__all__ = ["Cleaned", "Kind", "clean_curves"]

Floats = NDArray[np.float64]
Kind = Literal["auto", "survival", "failure", "incidence"]

_OUTSIDE = 0.03  # how far beyond 0 or 1, or before time 0, a click of a point on the axis may lie
_START = 0.1  # how far from 1 a curve may begin
_GAP = 0.15  # share of the time axis without points that is worth a word


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Points of one arm.

    Attributes:
        arm: Its name.
        file: The file.
        time: Times, from 0, as typed.
        survival: Survival, a fraction.
        line: Line of each point.
        changes: What was changed or supposed, one sentence each.
        doubts: What a reader should look at, one sentence each.
    """

    arm: str
    file: str
    time: Floats
    survival: Floats
    line: NDArray[np.int64]
    changes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def clean_curves(
    arms: Sequence[Clicks], *, kind: Kind = "auto", axis: tuple[float, float] = (0.0, 1.0), percent: bool | None = None
) -> tuple[list[Cleaned], list[Problem]]:
    """Clean the curves of one figure.

    Percent or fraction, falling or rising are decided for all curves of a figure together.

    Args:
        arms: Points as typed.
        kind: What the curves show; `auto` looks whether they fall or rise.
        axis: Survival at the two ends of an axis that was read as 0 to 1, for one that is cut.
        percent: Whether values are percent; decided by header and values where None.

    Returns:
        Curves of survival, and problems.
    """
    problems = [problem for clicks in arms if (problem := _incidence(clicks, kind)) is not None]
    if problems:
        return [], problems
    values = np.concatenate([np.asarray(one.value, dtype=np.float64) for one in arms])
    hundred = percent if percent is not None else any(one.percent for one in arms) or bool(values.max() > 1.5)
    if percent is None and any(one.percent for one in arms) and float(values.max()) <= 1.0 + _OUTSIDE:
        hundred = False  # "survival (%)" above fractions
    cleaned = []
    for one in arms:
        cleaned.append(_clean(one, kind, axis, problems, hundred=hundred))
    rising = [one.arm for one, turned in cleaned if turned]
    if rising and len(rising) < len(cleaned):
        said = "some curves rise and others fall; those of one figure show the same"
        cure = "declare what they show with --kind survival or --kind failure, or leave one out"
        problems.append(Problem("curve.kind", said, Where(file=arms[0].file), ", ".join(rising), cure))
    return [one for one, _ in cleaned], problems


def _incidence(clicks: Clicks, kind: Kind) -> Problem | None:
    if kind != "incidence" and not (kind == "auto" and clicks.says == "incidence"):
        return None
    return Problem(
        "curve.incidence",
        "a cumulative incidence with competing risks is no Kaplan-Meier curve: times can't be rebuilt from it and"
        " numbers at risk alone",
        Where(file=clicks.file, line=1),
        clicks.arm,
        "if it is 1 minus a Kaplan-Meier estimate, nobody being censored for a competing event, say --kind failure",
    )


def _clean(
    clicks: Clicks, kind: Kind, axis: tuple[float, float], problems: list[Problem], *, hundred: bool
) -> tuple[Cleaned, bool]:
    changes: list[str] = []
    time, value = np.asarray(clicks.time, dtype=np.float64), np.asarray(clicks.value, dtype=np.float64)
    line = np.asarray(clicks.line, dtype=np.int64)
    if clicks.dropped:
        changes.append(
            f"{_points(len(clicks.dropped))} without one coordinate left out (lines {_some(clicks.dropped)})"
        )
    if hundred:
        value = value / 100.0
        changes.append("percent read as fractions")
    if axis != (0.0, 1.0):
        value = axis[0] + (axis[1] - axis[0]) * value
        changes.append(f"survival read on an axis from {axis[0]:g} to {axis[1]:g}")
    span = max(float(time.max()), 1e-300)
    far = (time < -_OUTSIDE * span) | (value < -_OUTSIDE) | (value > 1.0 + _OUTSIDE)
    for k in np.flatnonzero(far)[:20]:
        said = "the point lies before time 0" if time[k] < -_OUTSIDE * span else "survival lies outside 0 to 1"
        place = Where(file=clicks.file, line=int(line[k]))
        cure = "correct it, or calibrate the axes again; for a cut axis say --axis LOW HIGH"
        problems.append(Problem("curve.value", said, place, f"{clicks.time[k]:g}, {clicks.value[k]:g}", cure))
    near = ((time < 0.0) | (value < 0.0) | (value > 1.0)) & ~far
    if near.any():
        changes.append(f"{_points(int(near.sum()))} just outside the axes moved onto them (lines {_some(line[near])})")
    time, value = np.maximum(time, 0.0), np.clip(value, 0.0, 1.0)
    turned = kind == "failure" or (kind == "auto" and _rises(time, value))
    if turned:
        value = 1.0 - value
        changes.append("the curve rises: it was read as 1 minus survival, and turned")
    elif kind == "survival" and _rises(time, value):
        said, cure = "the curve rises, and survival can't", "say --kind failure for 1 minus survival"
        problems.append(Problem("curve.kind", said, Where(file=clicks.file), clicks.arm, cure))
    _, first = np.unique(np.column_stack([time, value]), axis=0, return_index=True)
    if (same := time.size - first.size) > 0:
        changes.append(f"{_points(same)} there twice left out")
    order = np.sort(first)
    time, value, line = time[order], value[order], line[order]
    changes += _told(time, value)
    start = float(value[np.argmin(time)])
    if not far.any() and start < 1.0 - _START and float(time.min()) <= 0.02 * span:
        said = "the curve does not begin at 1"
        cure = "check the axis: for one that is cut say --axis LOW HIGH; other curves than survival can't be rebuilt"
        problems.append(
            Problem(
                "curve.kind",
                said,
                Where(file=clicks.file, line=int(line[np.argmin(time)])),
                f"{start:.3g}",
                cure,
            )
        )
    return Cleaned(clicks.arm, clicks.file, time, value, line, tuple(changes), tuple(_doubts(time, value))), turned


def _rises(time: Floats, value: Floats) -> bool:
    """Whether a rising line fits the points better than a falling one."""
    ordered = value[np.lexsort((value, time))]
    up = float(((ordered - monotone(ordered)) ** 2).sum())
    down = float(((ordered + monotone(-ordered)) ** 2).sum())
    return up < down


def _told(time: Floats, value: Floats) -> list[str]:
    """What the reconstruction itself will change."""
    changes = []
    order = np.lexsort((-value, time))
    rises = int((np.diff(value[order]) > 1e-9).sum())
    if rises:
        changes.append(f"{_points(rises)} above the one before: the curve was made falling")
    if not ((time == 0.0) & (value >= 1.0 - 1e-9)).any():
        changes.append("the point (0, 1) added")
    return changes


def _doubts(time: Floats, value: Floats) -> list[str]:
    order = np.lexsort((-value, time))
    t, s = np.concatenate([[0.0], time[order]]), np.concatenate([[1.0], value[order]])
    gaps, drops = np.diff(t) / max(float(t[-1]), 1e-300), -np.diff(s)
    return [
        f"no points between {t[k]:g} and {t[k + 1]:g}, and the curve falls by {drops[k]:.0%}: events were spread evenly"
        for k in np.flatnonzero((gaps > _GAP) & (drops > 0.05))
    ]


def _points(count: int) -> str:
    return f"{count} point{'s' if count != 1 else ''}"


def _some(lines: Sequence[int] | NDArray[np.int64]) -> str:
    shown = [str(int(one)) for one in lines[:8]]
    return ", ".join(shown) + (", ..." if len(lines) > len(shown) else "")
