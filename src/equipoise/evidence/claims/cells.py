"""Numbers that only the row and the column of a table name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, Literal

from equipoise.evidence.claims.proportions import plain_kind
from equipoise.evidence.claims.views import View
from equipoise.evidence.model import Claim, PValue

__all__ = ["read_cell", "read_cell_p"]

_NAMED: Final = ("hr", "odds_ratio", "risk_ratio", "rate_ratio", "median", "mean", "p_word", "age", "follow")
_LEVEL: Final = re.compile(r"\d% ?(?:-|\[|\()?(?:ci|cri|confidence|credible)", re.IGNORECASE)
_YEARLY: Final = re.compile(r"% ?(?:/|per) ?(?:yr|year|patient|person)|per 100|per 1,?000")


def read_cell_p(view: View) -> Claim | None:
    """A P value that only its row or column names: `p value | <0.0001`.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if phrase.form != "plain" or number is None or not 0 <= number.value <= 1 or not view.tables.is_row(phrase.first):
        return None
    header = "p_word" in view.tables.header_tags(phrase.first)
    if phrase.interval is None and phrase.p is None and (header or view.nearest(*_NAMED) == "p_word"):
        sides: Literal[1, 2] | None = 1 if view.nearest("one_sided") else 2 if view.nearest("two_sided") else None
        return replace(view.claim("p_value"), p=PValue(number, sides))
    return None


def read_cell(view: View) -> Claim | None:
    """A percentage or a rate whose percent sign is in the row's label or the column's header.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if phrase.form != "plain" or number is None or not view.tables.is_row(phrase.first):
        return None
    label = view.tables.label(phrase.first).lower()
    found = _YEARLY.search(label)
    if found is not None and not view.nearest(*_NAMED):
        return view.claim("number", "% per year" if found.group().startswith("%") else found.group())
    if "%" not in _LEVEL.sub("", label) or view.nearest(*_NAMED) or number.value > 100:
        return None
    if view.word(0) not in ("|", "", "(", "[") or view.word(-1) not in ("|", "<", ">"):
        return None
    phrase.form = "percent"
    if view.nearest("vaccine"):
        return view.claim("risk_reduction", "%")
    return view.claim(plain_kind(view), "%")
