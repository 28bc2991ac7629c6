"""Tables that lost their grid: the name of a row, then a cell a line."""

from __future__ import annotations

import re
from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import TIME_UNITS
from equipoise.evidence.model import Claim

__all__ = ["read_stacked"]

_WORDS: Final = re.compile(r"[A-Za-z]{3}")
_EVENTS: Final = re.compile(r"\b(?:events?|deaths?|died|cases|episodes|strokes?|recurrences|relapses|no\.|number of)\b")
_PEOPLE: Final = re.compile(
    r"\b(?:n|randomi[sz]ed|patients|participants|treated|analy[sz]ed|enrolled|subjects|women|men)\b"
)
_PER: Final = re.compile(r"per (?:100|1000|1,000|10,000|100,000)? ?[a-z-]+(?:[ -]years?)?")
_RATIOS: Final = (("hazard ratio", "hazard_ratio"), ("odds ratio", "odds_ratio"), ("risk ratio", "risk_ratio"))


def read_stacked(view: View) -> Claim | None:
    """A claim of a number that is alone on its line, below the name of its row.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.form != "plain" or view.tables.is_row(phrase.first):
        return None
    label = _label(view)
    if not label:
        return None
    if not number.decimals and phrase.interval is None:
        if number.value >= 5 and _PEOPLE.search(label) and not _EVENTS.search(label):
            return view.claim("arm_size", "patients")
        if _EVENTS.search(label):
            return view.claim("events", "events")
    if per := _PER.search(label):
        return view.claim("number", per.group())
    for words, measure in _RATIOS:
        if words in label and number.decimals:
            return view.claim(measure)  # type: ignore[arg-type]
    unit = next((TIME_UNITS[word] for word in re.findall(r"[a-z]+", label) if len(word) > 2 and word in TIME_UNITS), "")
    if "median" in label and unit:
        return view.claim("median", unit)
    return view.claim("mean", unit) if re.search(r"\bmean\b", label) else None


def _label(view: View) -> str:
    """The name of the row, in small letters, "" if the number is not alone on its line."""
    raw, tokens, phrase = view.text.raw, view.text.tokens, view.phrase
    start, end = tokens[phrase.first].start, tokens[phrase.last - 1].end
    if phrase.interval is not None:
        end = max(end, tokens[phrase.interval.last - 1].end)
    low, high = raw.rfind("\n", max(0, start - 40), start) + 1, raw.find("\n", end, end + 40)
    high = min(len(raw), end + 40) if high < 0 else high
    if not low or raw[low:start].strip() or raw[end:high].strip(" )]") or high - low > 40:
        return ""
    opening = view.here[0]
    above = raw[max(opening, low - 300) : low - 1].split("\n")
    lines = [line for line in above if _WORDS.search(line) or line.strip() in ("n", "N")]
    return lines[-1].lower() if lines and len(lines[-1]) <= 90 else ""
