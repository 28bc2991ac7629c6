"""Values of Dataset-JSON 1.1: the types that a column may have, and what converts its values."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CURES", "DATA_TYPES", "conversion"]

DATA_TYPES: Final = ("string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI")
"""Types that a column may have."""

CURES: Final[Mapping[str, str]] = {
    "integer": "write a whole number, or null for a missing one",
    "date": "write a complete date, 2026-06-30, or null; leave targetDataType away where dates are partial",
    "datetime": "write 2026-06-30T13:45:00, or null",
    "time": "write 13:45:00, or null",
    "decimal": 'write the digits in quotes with a point, "12.5", or null',
    "boolean": "write true, false or null",
    "string": "write the value in quotes, or null",
    "URI": "write the value in quotes, or null",
}
"""Type of a column → what to write there."""

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_DATETIME = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$")
_TIME = re.compile(r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$")
_DECIMAL = re.compile(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d+)?$")

_Convert = Callable[[Any], Any]


def conversion(kind: str, target: str) -> tuple[pl.DataType | type[pl.DataType], _Convert]:
    """How a column becomes one of a frame.

    Args:
        kind: Its `dataType`.
        target: Its `targetDataType`, "" where it has none.

    Returns:
        Type in the frame, and what converts a value; the latter gives None for one of another type.
    """
    import polars as pl

    types: dict[tuple[str, str], tuple[pl.DataType | type[pl.DataType], _Convert]] = {
        ("string", ""): (pl.String, _text),
        ("URI", ""): (pl.String, _text),
        ("integer", ""): (pl.Int64, _integer),
        ("float", ""): (pl.Float64, _number),
        ("double", ""): (pl.Float64, _number),
        ("decimal", ""): (pl.Float64, _decimal),
        ("boolean", ""): (pl.Boolean, lambda value: value if isinstance(value, bool) else None),
        # Without a target these stay texts, which may be incomplete: "2026-06".
        ("date", ""): (pl.String, _text),
        ("datetime", ""): (pl.String, _text),
        ("time", ""): (pl.String, _text),
        ("date", "integer"): (pl.Date, _iso(_DATE, datetime.date.fromisoformat)),
        ("datetime", "integer"): (pl.Datetime("us"), _iso(_DATETIME, _datetime)),
        ("time", "integer"): (pl.Time, _iso(_TIME, datetime.time.fromisoformat)),
    }
    return types.get((kind, target)) or types[kind, ""]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():  # JSON makes no difference between 5 and 5.0
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and abs(value) < 2**63 else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value) if abs(value) < 1e308 else math.inf
    return number if math.isfinite(number) else None


def _decimal(value: Any) -> float | None:
    if isinstance(value, str) and _DECIMAL.match(value) and any(sign.isdigit() for sign in value):
        return _number(float(value.replace(",", "")))
    # Some writers give a decimal as a number, which is as exact as what we make of a text.
    return _number(value)


def _iso(pattern: re.Pattern[str], parse: Callable[[str], Any]) -> _Convert:
    """Complete dates and times only."""

    def convert(value: Any) -> Any:
        if not isinstance(value, str) or not pattern.match(value):
            return None
        try:
            return parse(value)
        except ValueError:
            return None

    return convert


def _datetime(text: str) -> datetime.datetime:
    # The clock of the place, as CDISC's own variables have it: a zone is cut off, not applied.
    return datetime.datetime.fromisoformat(text).replace(tzinfo=None)
