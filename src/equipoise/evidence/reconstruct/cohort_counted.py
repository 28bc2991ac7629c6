"""The printed number of events: brought about by hazards, by leavers, or by the tail of the curve."""

from __future__ import annotations

import math
from collections.abc import Callable

from equipoise.evidence.reconstruct.cohort_arm import ArmGoals, Laid, Shape, laid

__all__ = ["pinned", "with_events"]

_HALVINGS = 20


def pinned(goals: ArmGoals) -> bool:
    """Whether anything of the curve is printed."""
    return bool(goals.quantiles or goals.landmarks)


def with_events(
    goals: ArmGoals, shape: Shape, guesses: dict[str, float] | None = None, *, flat: bool = True
) -> tuple[Laid, Shape]:
    """The course with the printed number of events: by the rate where no curve is printed, else by leavers and tail.

    Args:
        goals: What is printed of an arm.
        shape: What is chosen.
        guesses: Those of a similar shape.
        flat: Whether fewer events come by a flatter tail, else by more leavers, where both can do it.

    Returns:
        The course, the nearest that can be had, and the shape that gives it.
    """
    made = laid(goals, shape, guesses)
    count = int(made.sequence.event.sum())
    if goals.events is None or count == goals.events:
        return made, shape
    if not pinned(goals) and not goals.floors:
        return _halved(goals, lambda x: shape._replace(rate=shape.rate * math.exp(x)), *_around(goals, count))
    if count > goals.events:
        level = shape._replace(tail=0.0)
        if flat and int(laid(goals, level, guesses).sequence.event.sum()) <= goals.events:
            return _halved(goals, lambda x: shape._replace(tail=shape.tail * x), 0.0, 1.0)
        return _halved(goals, lambda x: (level if flat else shape)._replace(dropout=-x), -0.95, -shape.dropout)
    return _halved(goals, lambda x: shape._replace(tail=shape.tail * math.exp(x), dropout=0.0), -3.0, 3.0)


def _around(goals: ArmGoals, count: int) -> tuple[float, float]:
    """Logs of factors of the rate between which the one with the printed events lies."""
    wanted = min(max(goals.events or 1, 0.5), goals.n - 0.5)
    guess = math.log(math.log1p(-wanted / goals.n) / math.log1p(-min(max(count, 0.5), goals.n - 0.5) / goals.n))
    return guess - abs(guess) - 0.02, guess + abs(guess) + 0.02


def _halved(goals: ArmGoals, shape_of: Callable[[float], Shape], low: float, high: float) -> tuple[Laid, Shape]:
    """The course with the printed events, which rise with the dial; the nearest that can be had."""
    best: tuple[int, Laid, Shape] | None = None
    under = over = 0
    for step in range(_HALVINGS):
        share = 0.5 if step % 3 != 1 or not under or not over else under / (under - over)
        middle = low + share * (high - low)
        made = laid(goals, shape_of(middle))
        gap = int(made.sequence.event.sum()) - (goals.events or 0)
        if best is None or abs(gap) < best[0]:
            best = (abs(gap), made, shape_of(middle))
        if not gap:
            break
        if gap < 0:
            low, under = middle, gap
        else:
            high, over = middle, gap
    assert best is not None
    return best[1], best[2]
