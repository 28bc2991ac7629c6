"""A number that is the second of two: `8.8 months rather than 4.9`, `0.6 percent against 2.4`."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["read_echo"]

_LINKS: Final = word_set("vs versus v . against than rather as opposed to compared with instead of")
_MEASURES: Final = word_set("median mean rate proportion adverse_event_rate follow_up")


def read_echo(view: View) -> Claim | None:
    """A claim of a bare number that words of comparison tie to the number before, whose unit it has.

    Args:
        view: The number and its surroundings.
    """
    phrase, last = view.phrase, view.done[-1] if view.done else None
    if phrase.form != "plain" or phrase.value is None or last is None or last.value is None or not last.unit:
        return None
    if last.measure not in _MEASURES or last.sentence != view.here or phrase.value.decimals != last.value.decimals:
        return None
    tokens, at = view.text.tokens, phrase.first
    while at > view.sentence[0] and tokens[at - 1].start >= last.end and phrase.first - at < 5:
        at -= 1
    between = [token.word for token in tokens[at : phrase.first] if token.word not in (")", "]", ",")]
    if not between or tokens[at - 1].start >= last.end or not _LINKS.issuperset(between) or between == ["."]:
        return None
    if last.unit == "%" and not phrase.value.decimals:
        return None
    return view.claim(last.measure, last.unit)
