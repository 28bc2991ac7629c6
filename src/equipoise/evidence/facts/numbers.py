"""Printed numbers: what their characters mean, and how far the number behind them can be."""

from __future__ import annotations

import re
from typing import Final

from equipoise.evidence.model import Bound, Number

__all__ = ["absent", "is_percent", "number_of"]

_NUMBER: Final = re.compile(
    r"(?P<bound>[<>≤≥]=?|)\s{0,2}(?P<sign>[-+\u2212\u2013\u2010]?)\s?"
    r"(?:(?P<grouped>\d{1,3}(?:,\d{3}){1,4}(?:\.\d{0,15})?)|(?P<plain>\d{1,15}(?:[.,\u00b7]\d{0,15})?|[.,\u00b7]\d{1,15}))"
    r"(?P<exponent>[eE][-+]?\d{1,2})?\s{0,2}(?P<percent>%?)"
)
_BOUNDS: Final[dict[str, Bound]] = {
    "": "", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "≤=": "<=", "≥=": ">=",
}  # fmt: skip
_ABSENT: Final = {
    "nr": "not_reached", "not reached": "not_reached", "not_reached": "not_reached",
    "ne": "not_evaluable", "na": "not_evaluable", "nc": "not_evaluable", "not evaluable": "not_evaluable",
    "not estimable": "not_evaluable", "not_evaluable": "not_evaluable", "not calculable": "not_evaluable",
}  # fmt: skip


def number_of(text: str) -> Number | None:
    """A number from its printed characters: `0.60`, `.72`, `52.`, `46.5%`, `<0.001`, `12,467`, `0·72`.

    A comma before exactly three digits groups thousands, otherwise it is a decimal comma.

    Args:
        text: The characters.

    Returns:
        The number with its decimals; percent stays percent. None for what is no number.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    digits = found["grouped"].replace(",", "") if found["grouped"] else re.sub(r"[,\u00b7]", ".", found["plain"])
    exponent = int(found["exponent"][1:]) if found["exponent"] else 0
    value = float(digits + (found["exponent"] or ""))
    decimals = max(0, len(digits.partition(".")[2]) - exponent)
    value = -value if found["sign"] not in ("", "+") else value
    return Number(text=text.strip(), value=value, decimals=decimals, bound=_BOUNDS[found["bound"]])


def is_percent(number: Number) -> bool:
    """Whether a percent sign is printed with the number."""
    return number.text.endswith("%")


def absent(text: str) -> str:
    """`not_reached` of "NR", `not_evaluable` of "NE"; "" for anything else.

    Args:
        text: The characters.
    """
    return _ABSENT.get(text.strip().lower(), "")
