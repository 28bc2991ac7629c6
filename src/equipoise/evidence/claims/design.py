"""Values that a trial was designed with, and thresholds: they look like results and are none."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["is_design_sentence", "read_design"]

_STRONG: Final = word_set(
    """
    powered power assuming assumption assumptions hypothesized hypothesised detect anticipated assumed
    detectable designed wanted intended
    """
)
_MEASURES: Final = word_set(
    "hr odds_ratio risk_ratio rate_ratio median mean people event death survival response p_word points"
)
_LINKS: Final = word_set(
    """
    of was is were at set to a an the = : , ( [ under below above than be p < > stay for had been and value level
    one-sided two-sided
    """
)


def is_design_sentence(view: View) -> bool:
    """Whether the sentence tells the design: power, assumptions, what was to be detected.

    Args:
        view: A phrase of the sentence.
    """
    words = view.tables.words(view.text.home[view.phrase.first])
    return ":sample_size" in words or not _STRONG.isdisjoint(words)


def _threshold(view: View) -> bool:
    """Whether a number is that of a margin, a boundary, a level of significance."""
    tokens, at = view.text.tokens, view.phrase.first
    for step in range(1, 11):
        if at - step < view.sentence[0]:
            break
        token = tokens[at - step]
        if token.tag == "threshold" and token.word != "criterion":
            return True
        if token.word not in _LINKS and not (
            view.word(-1) in ("was", "of", "is", "at") and token.tag not in _MEASURES and token.kind == "word"
        ):
            break
    if view.word(0) in ("margin", "boundary", "threshold") or (
        view.word(0) in ("was", "noninferiority", "non-inferiority") and view.ahead("threshold", within=4)
    ):
        return True
    words = [token.word for token in tokens[max(view.sentence[0], at - 9) : at]]
    if "limit" in words and any(
        word in ("under", "below", "above", "clear", "exceed", "stay") for word in words[words.index("limit") :]
    ):
        return True
    return (
        view.word(0) in ("required", "needed")
        and view.phrase.form == "plain"
        and view.phrase.value is not None
        and view.phrase.value.decimals > 0
    )


def read_design(view: View) -> Claim | None:
    """A claim of a design value or a threshold.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.interval is not None or phrase.count is not None:
        return None
    unit = "%" if phrase.form == "percent" else phrase.unit or ("patients" if phrase.form == "people" else "")
    if phrase.form in ("plain", "percent", "points", "amount") and _threshold(view):
        return view.claim("threshold", unit)
    if (
        phrase.form == "plain"
        and view.word(0) == "or"
        and view.word(1) in ("more", "greater", "higher", "less", "lower")
    ):
        return view.claim("threshold", unit) if view.word(-1) in ("of", "was", "is") else None
    if not is_design_sentence(view):
        return None
    if phrase.form in ("percent", "people", "points") or (phrase.form == "plain" and number.decimals):
        return view.claim("design_value", unit, method=("planned",))
    if phrase.form == "plain" and (view.ahead("event", "death", within=3) or view.nearest("sample_size", within=4)):
        return view.claim("design_value", unit, method=("planned",))
    if phrase.form == "time" and view.nearest("median", "survival", within=10):
        return view.claim("design_value", unit, method=("planned",))
    return None
