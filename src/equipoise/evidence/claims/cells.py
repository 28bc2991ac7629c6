"""Numbers that only the row and the column of a table name."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from equipoise.evidence.claims.views import View
from equipoise.evidence.model import Claim, PValue

__all__ = ["read_cell_p"]


def read_cell_p(view: View) -> Claim | None:
    """A P value that only its row or column names: `p value | <0.0001`.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if phrase.form != "plain" or number is None or not 0 <= number.value <= 1 or not view.tables.is_row(phrase.first):
        return None
    if (
        view.left
        and view.nearest("p_word", "hr", "odds_ratio", "risk_ratio", "rate_ratio", "median") == "p_word"
        and phrase.interval is None
    ):
        sides: Literal[1, 2] | None = 1 if view.nearest("one_sided") else 2 if view.nearest("two_sided") else None
        return replace(view.claim("p_value"), p=PValue(number, sides))
    return None
