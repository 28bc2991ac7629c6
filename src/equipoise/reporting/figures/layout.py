"""Where things go: scales, labels that don't overlap, corners that are free, ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Scale", "log_ticks", "nice_ticks", "spread", "tick_label"]

# From coarse to fine, each with how many ticks it must give to be taken.
_MOST_TICKS = 12
_MANTISSAS = (
    (4, (1.0,)),
    (4, (1.0, 3.0)),
    (3, (1.0, 2.0, 5.0)),
    (3, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)),
    (0, (1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear or logarithmic scale from values to places.

    Attributes:
        low: Value at `start`.
        high: Value at `stop`.
        start: Place of `low`, in units of the viewBox.
        stop: Place of `high`.
        log: Logarithmic.
    """

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Place of `value`.

        Args:
            value: A value on the scale; positive on a logarithmic one.
        """
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.stop - self.start)

    def many(self, values: np.ndarray) -> np.ndarray:
        """Places of many values of a linear scale.

        Args:
            values: Values, `(n,)`.
        """
        return self.start + (values - self.low) / (self.high - self.low) * (self.stop - self.start)

    def holds(self, value: float) -> bool:
        """Whether `value` lies on the scale.

        Args:
            value: Any value.
        """
        return self.low <= value <= self.high


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles of boxes stacked without overlap, each as near as can be to where it is wanted.

    Neighbours that collide are merged into a block around their mean (pool adjacent violators).

    Args:
        wanted: Wanted middles.
        heights: Heights of the boxes.
        low: Upper edge of the room (smallest ordinate).
        high: Lower edge of the room.

    Returns:
        Middles in the order given.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    blocks: list[tuple[float, float, list[int]]] = []  # top, height, members
    for i in order:
        top, height, members = wanted[i] - heights[i] / 2, heights[i], [i]
        top = min(max(top, low), max(low, high - height))
        while blocks and blocks[-1][0] + blocks[-1][1] > top:
            upper_top, upper_height, upper = blocks.pop()
            share = len(upper) / (len(upper) + len(members))
            members = upper + members
            top = share * upper_top + (1 - share) * (top - upper_height)
            height += upper_height
            top = min(max(top, low), max(low, high - height))
        blocks.append((top, height, members))
    middles = [0.0] * len(wanted)
    for top, _, members in blocks:
        at = top
        for i in members:
            middles[i] = at + heights[i] / 2
            at += heights[i]
    return middles


def tick_label(value: float) -> str:
    """A tick's number, with a real minus sign.

    Args:
        value: The tick.
    """
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers from `low` to `high`; the first and last enclose both.

    Args:
        low: Smallest value to show.
        high: Largest value to show.
        count: How many are wanted.
    """
    span = high - low if high > low else max(abs(high), 1.0)
    raw = span / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 12) for k in range(first, max(last, first + 1) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high` for a logarithmic axis.

    Args:
        low: Smallest value, positive.
        high: Largest value.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    enough: list[float] = []
    for least, mantissas in _MANTISSAS:
        steps = (m * 10.0**e for e in range(first, last + 1) for m in mantissas)
        enough = [float(f"{v:.6g}") for v in steps if low * 0.9999 <= v <= high * 1.0001]
        if len(enough) >= least:
            break
    # Over many decades every third, or so, is named.
    return enough if len(enough) <= _MOST_TICKS else enough[:: -(-len(enough) // _MOST_TICKS)]
