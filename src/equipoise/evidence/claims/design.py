"""Values that a trial was designed with, and thresholds: they look like results and are none."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["is_design_sentence", "read_design"]

_STRONG: Final = word_set(
    """
    powered power assuming assumption assumptions hypothesized hypothesised detect anticipated
    assumed detectable
    """
)


def is_design_sentence(view: View) -> bool:
    """Whether the sentence tells the design: power, assumptions, what was to be detected.

    Args:
        view: A phrase of the sentence.
    """
    first, last = view.sentence
    return any(token.word in _STRONG for token in view.text.tokens[first:last])


def read_design(view: View) -> Claim | None:
    """A claim of a design value or a threshold.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None:
        return None
    unit = "%" if phrase.form == "percent" else phrase.unit or ("patients" if phrase.form == "people" else "")
    if phrase.form in ("plain", "percent") and phrase.interval is None and phrase.count is None:
        near = view.nearest("threshold", "hr", "odds_ratio", "p_value", within=8)
        if near == "threshold" or view.ahead("threshold", within=2):
            return view.claim("threshold", unit)
    if is_design_sentence(view) and phrase.interval is None and phrase.count is None:
        if (
            phrase.form in ("percent", "people")
            or (phrase.form == "plain" and number.decimals)
            or view.ahead("event", "death", within=3)
        ):
            return view.claim("design_value", unit, method=("planned",))
        if phrase.form == "time" and view.nearest("median", "survival", within=10):
            return view.claim("design_value", unit, method=("planned",))
    return None
