"""Time units and their constants; the only home of 30.4375.

Times are ordered, tied and counted in the data's own unit; these conversions are for display and for declared landmarks
("24 months" = 730.5 days, read as "at or before").
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["DAYS_PER_MONTH", "DAYS_PER_UNIT", "DAYS_PER_YEAR", "TimeUnit", "convert", "days_per"]

TimeUnit = Literal["days", "weeks", "months", "years"]

DAYS_PER_YEAR: Final = 365.25
DAYS_PER_MONTH: Final = DAYS_PER_YEAR / 12.0  # 30.4375
DAYS_PER_UNIT: Final[dict[str, float]] = {
    "days": 1.0,
    "weeks": 7.0,
    "months": DAYS_PER_MONTH,
    "years": DAYS_PER_YEAR,
}


def days_per(unit: TimeUnit, *, days_per_month: float = DAYS_PER_MONTH) -> float:
    """Length of one `unit` in days.

    Args:
        unit: `days`, `weeks`, `months` or `years`.
        days_per_month: Declared length of a month; a year is twelve of them.

    Returns:
        Days in the unit.
    """
    if unit == "months":
        return days_per_month
    if unit == "years":
        return 12.0 * days_per_month
    return DAYS_PER_UNIT[unit]


def convert(value: float, from_unit: TimeUnit, to_unit: TimeUnit, *, days_per_month: float = DAYS_PER_MONTH) -> float:
    """`value` of one time unit expressed in another, for display and landmarks only.

    Args:
        value: A duration in `from_unit`.
        from_unit: Unit of `value`.
        to_unit: Unit of the result.
        days_per_month: Declared length of a month in days.

    Returns:
        The duration in `to_unit`.
    """
    if from_unit == to_unit:
        return value
    return value * days_per(from_unit, days_per_month=days_per_month) / days_per(to_unit, days_per_month=days_per_month)
