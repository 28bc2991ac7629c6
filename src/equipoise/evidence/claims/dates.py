"""Dates: a day, a month, or a year of something."""

from __future__ import annotations

import re
from typing import Final

from equipoise.evidence.claims.vocabulary import MONTHS

__all__ = ["DATE", "iso_date"]

_MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_YEAR: Final = r"(?:19|20)\d\d(?!\d|\.\d)"
DATE: Final = (
    rf"\b{_MONTH}\ \d{{1,2}}(?:st|nd|rd|th)?,?\ ?{_YEAR}|\b\d{{1,2}}(?:st|nd|rd|th)?(?:\ of)?[ -]{_MONTH},?[ -]{_YEAR}"
    rf"|\b{_MONTH}(?:\ of|,)?[ -]{_YEAR}|\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b(?!-)"
)
"""Pattern of a date with its year, for a verbose expression on normalized text."""

_PARTS = re.compile(rf"(?P<month>{_MONTH})|(?P<year>{_YEAR})|(?P<day>\d{{1,2}})")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


def iso_date(text: str) -> str:
    """The ISO date of a date as printed, as far as it is given: `2021`, `2021-07`, `2021-07-21`; "" if it is none.

    Args:
        text: What `DATE` matched.
    """
    if _ISO.fullmatch(text):
        return text
    parts = {match.lastgroup: match.group() for match in _PARTS.finditer(text)}
    if "year" not in parts:
        return ""
    if "month" not in parts:
        return parts["year"]
    month = f"{parts['year']}-{MONTHS[parts['month'].rstrip('.').lower()]:02d}"
    if "day" not in parts:
        return month
    day = int(parts["day"])
    return f"{month}-{day:02d}" if 1 <= day <= 31 else ""
