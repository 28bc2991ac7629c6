"""Curves of a hundred thousand steps, drawn with as many as the eye can tell apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FULL", "TOLERANCE", "corners", "spaced", "thin_steps"]

FULL = 1500
"""Step curves with at most this many steps are drawn whole."""

TOLERANCE = 0.35
"""Largest vertical deviation of a thinned curve, in units of the viewBox."""


def thin_steps(y: NDArray[np.float64], *, tolerance: float = TOLERANCE, full: int = FULL) -> NDArray[np.intp]:
    """Which steps of a right-continuous step curve to draw.

    A step is drawn when the curve has moved by more than `tolerance` from the level drawn last, so the drawn curve
    deviates by at most `tolerance` anywhere; steps are never moved in time.

    Args:
        y: Levels in units of the viewBox, `(n,)`, without NaN.
        tolerance: Largest deviation, same units.
        full: With at most so many real steps nothing is left out.

    Returns:
        Indices into `y`, increasing; the first is always among them.
    """
    if y.size == 0:
        return np.empty(0, dtype=np.intp)
    moved = np.flatnonzero(np.concatenate(([True], y[1:] != y[:-1])))
    if moved.size <= full:
        return moved
    kept: list[int] = []
    level = np.inf
    for index, value in zip(moved.tolist(), y[moved].tolist(), strict=True):
        if abs(value - level) > tolerance:
            kept.append(index)
            level = value
    return np.asarray(kept, dtype=np.intp)


def corners(x: NDArray[np.float64], y: NDArray[np.float64], end: float) -> tuple[list[float], list[float]]:
    """Corner points of a right-continuous step curve that stays level up to `end`.

    Args:
        x: Places of the steps, `(n,)`, increasing.
        y: Level from each step on, `(n,)`.
        end: Where the curve ends, at or after the last step.

    Returns:
        Abscissas and ordinates of the corners, `2n` each.
    """
    across = np.repeat(x, 2)
    return [*across[1:].tolist(), end], np.repeat(y, 2).tolist()


def spaced(x: NDArray[np.float64], gap: float) -> NDArray[np.intp]:
    """Which of the increasing places `x` to mark, so that two marks are at least `gap` apart.

    Args:
        x: Places, `(n,)`, increasing.
        gap: Smallest distance, same units.
    """
    kept: list[int] = []
    last = -np.inf
    for index, value in enumerate(x.tolist()):
        if value - last >= gap:
            kept.append(index)
            last = value
    return np.asarray(kept, dtype=np.intp)
