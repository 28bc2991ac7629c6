"""Printed numbers as boxes: all values that a number may have had before it was rounded."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

from equipoise.evidence.model import Number

__all__ = ["MARGIN", "Box", "box", "log_box", "p_box", "z_of_level"]

MARGIN = 0.05
"""What double rounding can add to a box, in units of the last digit: 0.7446 goes by 0.745 to 0.75."""
_WORDS = 0.1  # "nearly 80%" may stand for anything within a tenth of it


class Box(NamedTuple):
    """A closed range of values, one of which was printed.

    Attributes:
        lower: Smallest value; -inf where nothing bounds it.
        upper: Largest value; inf where nothing bounds it.
    """

    lower: float
    upper: float

    def holds(self, value: float) -> bool:
        """Whether a value lies in it, with room for the last bits of floating-point numbers.

        Args:
            value: A number in the same unit.
        """
        slack = 1e-9 * max(1.0, abs(value))
        return self.lower - slack <= value <= self.upper + slack

    def meets(self, other: Box) -> bool:
        """Whether the two share a point.

        Args:
            other: Another box in the same unit.
        """
        return self.gap(other) <= 1e-9 * max(1.0, min(abs(self.lower), abs(self.upper)))

    def gap(self, other: Box) -> float:
        """Distance between the two; 0 where they share a point.

        Args:
            other: Another box in the same unit.
        """
        return max(0.0, other.lower - self.upper, self.lower - other.upper)

    def both(self, other: Box) -> Box:
        """What the two share; this box where they share nothing.

        Args:
            other: Another box in the same unit.
        """
        low, high = max(self.lower, other.lower), min(self.upper, other.upper)
        return Box(low, high) if low <= high else self

    def minus(self, other: Box) -> Box:
        """All differences of a value of this one and a value of the other.

        Args:
            other: Another box in the same unit.
        """
        return Box(self.lower - other.upper, self.upper - other.lower)

    def plus(self, other: Box) -> Box:
        """All sums of a value of this one and a value of the other.

        Args:
            other: Another box in the same unit.
        """
        return Box(self.lower + other.lower, self.upper + other.upper)


def box(number: Number, *, margin: float = MARGIN, percent: bool = False) -> Box:
    """Values that may have been printed as `number`.

    Half a unit of the last digit to both sides, whichever way ties are rounded, and the margin. "<" and ">" leave one
    side open; a number in words or called approximate gets a tenth of itself to both sides.

    Args:
        number: The number as printed.
        margin: Units of the last digit added for double rounding; 0 for the inner box.
        percent: Divide by 100, so that 34.5 (of "34.5%") becomes 0.345.

    Returns:
        The box.
    """
    value = number.value
    half = (0.5 + margin) * _unit(number)
    if number.approximate:
        half = max(half, _WORDS * abs(value))
    low, high = value - half, value + half
    if number.bound:
        low, high = (-math.inf, high) if number.bound in ("<", "<=") else (low, math.inf)
    return Box(low / 100.0, high / 100.0) if percent else Box(low, high)


def _unit(number: Number) -> float:
    """One of the last digit; of 7.8 x 10^-22, whose decimals say nothing of its size, one of the first digit."""
    unit = 10.0**-number.decimals
    size = abs(number.value)
    return 10.0 ** math.floor(math.log10(size)) if 0.0 < size < unit and math.isfinite(size) else unit


def log_box(values: Box) -> Box:
    """The box of the logarithms; what is not positive becomes -inf.

    Args:
        values: A box of ratios.
    """
    low, high = (math.log(x) if x > 0.0 else -math.inf for x in values)
    return Box(low, high)


def p_box(number: Number, *, margin: float = MARGIN) -> Box:
    """Values that a printed P may have had: rounded or cut off, within 0 and 1.

    P values are often cut off (0.0079 printed 0.007): the box reaches to the next digit.

    Args:
        number: The P value as printed.
        margin: Units of the last digit added for double rounding, downwards.
    """
    unit = _unit(number)
    low, high = number.value - (0.5 + margin) * unit, number.value + unit
    if number.bound in ("<", "<="):
        # "P<0.001" of 0.0008 printed with three digits, and of 0.00099; never above what is said
        low, high = 0.0, number.value
    elif number.bound:
        low, high = number.value, 1.0
    return Box(max(0.0, low), min(1.0, max(high, 0.0)))


@lru_cache(maxsize=64)
def z_of_level(level: float) -> float:
    """Standard normal quantile of a two-sided confidence level; 1.96 of 0.95.

    Args:
        level: Between 0 and 1.
    """
    return NormalDist().inv_cdf(0.5 + level / 2.0)
