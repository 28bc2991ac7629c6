"""Numbers in words."""

from __future__ import annotations

from typing import Final

__all__ = ["FRACTIONS", "SCALES", "word_value"]

_UNITS: Final = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_DECADES: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL: Final = {word: float(value) for value, word in enumerate(_UNITS.split())}
_TENS: Final = {word: 10.0 * (place + 2) for place, word in enumerate(_DECADES.split())}
_TIMES: Final = {"twice": 2.0, "thrice": 3.0}
FRACTIONS: Final = {
    "half": 1 / 2, "third": 1 / 3, "thirds": 1 / 3, "quarter": 1 / 4, "quarters": 1 / 4, "fourth": 1 / 4,
    "fourths": 1 / 4, "fifth": 1 / 5, "fifths": 1 / 5, "sixth": 1 / 6, "sixths": 1 / 6, "eighth": 1 / 8,
    "tenth": 1 / 10, "tenths": 1 / 10,
}  # fmt: skip
"""Word → part of a whole."""

SCALES: Final = {"hundred": 100.0, "thousand": 1000.0}
"""Word → what it multiplies the word before it by."""


def word_value(word: str) -> float | None:
    """What a number in one word (or two, joined by a hyphen) means: `eighty-two` is 82.

    Args:
        word: In small letters.
    """
    if word in _SMALL:
        return _SMALL[word]
    if word in _TIMES:
        return _TIMES[word]
    if word.endswith("fold") and word[:-4].rstrip("-") in _SMALL:
        return _SMALL[word[:-4].rstrip("-")]
    head, hyphen, tail = word.partition("-")
    if head in _TENS:
        if not hyphen:
            return _TENS[head]
        if tail in _SMALL and 1 <= _SMALL[tail] <= 9:
            return _TENS[head] + _SMALL[tail]
    return None
