"""Reads the phrases of a text that can name an arm, to the right and to the left of a word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from equipoise.evidence.claims.context_lists import (
    CONNECTORS,
    DETERMINERS,
    DOSES,
    FILLERS,
    GROUPS,
    MEASURES,
    NUMBER_WORDS,
    SCHEDULE,
    SHORT_FORMS,
    STOPS,
)
from equipoise.evidence.claims.context_words import Text, Word, stem

__all__ = ["Phrase", "Reader", "index_of", "key_of", "phrase_of"]

_LONGEST = 9  # words in the name of a treatment


class Phrase(NamedTuple):
    """Words that may name an arm: where they stand, and the stems that tell them from other arms."""

    start: int
    end: int
    label: str
    key: frozenset[str]


def key_of(words: Sequence[str], short: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """The stems among words that tell one arm from another, abbreviations written out.

    Args:
        words: Words.
        short: Stem of an abbreviation → stems that it stands for.
    """
    stems: list[str] = []
    for i, word in enumerate(words):
        one = stem(word)
        if one[0].isdigit():
            unit = stem(words[i + 1]) if i + 1 < len(words) else ""
            if unit in DOSES:
                stems.append(one + unit)
            elif i and words[i - 1] == "-":
                stems.append(one)
        else:
            stems += short.get(one) or SHORT_FORMS.get(one) or (one,)
    return frozenset(s for s in stems if s not in FILLERS and s[0].isalnum())


def phrase_of(words: Sequence[Word], short: dict[str, tuple[str, ...]], plain: str) -> Phrase | None:
    """The phrase that words make; None where none of them tells anything."""
    key = key_of([w.text for w in words], short)
    if not key or not any(c.isalpha() for k in key for c in k) or len(key) > _LONGEST:
        return None
    shown = [w for w in words if w.stem not in ("matching", "matched", "identical", "new", "(", ")")] or words
    start, end = shown[0].start, words[-1].end
    return Phrase(start, end, " ".join(plain[start:end].split()), key)


class Reader:
    """Reads phrases to the right and to the left of a word."""

    def __init__(self, text: Text, short: dict[str, tuple[str, ...]]) -> None:
        self.text, self.short, self.words = text, short, text.words

    def _closing(self, at: int) -> int:
        """Index after the bracket that closes the one at `at`; `at` where it does not close soon."""
        depth = 0
        for i in range(at, min(len(self.words), at + 40)):
            depth += (self.words[i].text in "([") - (self.words[i].text in ")]")
            if depth == 0:
                return i + 1
        return at

    def _takes(self, word: Word, *, joined: bool) -> bool:
        """Whether a word can be part of a name."""
        if word.text[0].isdigit():
            return joined
        if word.text in "nN" and self.text.plain[word.end : word.end + 2].strip()[:1] == "=":
            return False
        named = word.text[0].isalpha() and "'" not in word.text
        return named and word.stem not in STOPS and word.stem not in GROUPS and word.stem not in NUMBER_WORDS

    def _denies(self, at: int) -> bool:
        """Whether "no" at a word begins a name: "no hydrocortisone", "no treatment"."""
        words = self.words
        if words[at].text.lower() != "no" or at + 1 >= len(words):
            return False
        behind = words[at + 1 + (words[at + 1].text == "-" and at + 2 < len(words))]
        return behind.text[0].isalpha() and (behind.stem not in STOPS or behind.stem in FILLERS)

    def right(self, at: int, *, apart: frozenset[str] = frozenset()) -> tuple[Phrase | None, int]:
        """The phrase that begins at a word, and the index after it and after what stands in brackets behind it."""
        words, i = self.words, self._begins(at)
        first, last = i, i
        while i < len(words) and i - first < 2 * _LONGEST:
            word = words[i]
            if i > first and i in self.text.firsts:
                break
            if self._takes(word, joined=self._is_dose(i)) or (i == first and self._denies(i)):
                i += 1
                last = i
            elif word.text in "([" and last > first:
                i = self._closing(i)
                if i == last or i >= len(words) or not self._joins(i, apart=apart):
                    return self._made(first, last), i
            elif i > first and (step := self._joins(i, apart=apart)):
                i += step
            else:
                break
        return self._made(first, last), last

    def _begins(self, at: int) -> int:
        """Index of the first word of a name, behind articles and "a 1-g bolus of"."""
        words, i = self.words, at
        for j in range(at, min(at + 7, len(words) - 1)):
            if words[j].stem == "of" and words[j - 1].stem in MEASURES and j > at:
                i = j + 1
            if words[j].text in ".;,:":
                break
        while i < len(words) and i < at + 12 and words[i].stem in DETERMINERS:
            i += 1
        return i

    def _is_dose(self, at: int) -> bool:
        """Whether a number is part of a name: `2.4 mg`, `mRNA-1273`."""
        words = self.words
        if at + 1 < len(words) and words[at + 1].stem in DOSES:
            return True
        if at < 2 or words[at - 1].text != "-" or not words[at - 2].text[0].isalpha():
            return False
        return words[at - 1].end == words[at].start and words[at - 2].end == words[at - 1].start

    def opening(self, at: int) -> int:
        """Index before the bracket that is open at a word; -1 where none is."""
        for i in range(at, max(-1, at - 14), -1):
            if self.words[i].text in ")];.":
                return -1
            if self.words[i].text in "([":
                return i - 1
        return -1

    def _joins(self, at: int, *, apart: frozenset[str]) -> int:
        """How many words from `at` on join two names of one combination; 0 where they don't."""
        words = self.words
        i = at
        while i < len(words) and i < at + 4 and words[i].stem in CONNECTORS and words[i].text not in "()":
            if words[i].stem in apart:
                return 0
            i += 1
        joiners = {w.stem for w in words[at:i]}
        if {"and", "to"} <= joiners:
            return 0  # "olaparib twice daily and to placebo" is two arms
        if not joiners & {"plus", "+", "-", "/", "and", "with", "add", "top", "added"}:
            return 0
        return i - at if i < len(words) and self._takes(words[i], joined=words[i - 1].text == "-") else 0

    def left(self, at: int, *, apart: frozenset[str] = frozenset()) -> Phrase | None:
        """The phrase that ends with the word at `at`, what stands in brackets there left out."""
        words, i = self.words, at
        if i >= 0 and words[i].text in ")]":
            depth, back = 0, i
            while back >= max(0, i - 40):
                depth += (words[back].text in ")]") - (words[back].text in "([")
                if depth == 0:
                    break
                back -= 1
            i = back - 1
        i = last = self._before_schedule(i)
        while i >= 0 and last - i < _LONGEST:
            word = words[i]
            if i < last and i + 1 in self.text.firsts:
                break
            joiner = word.text in "+-/" or word.stem in ("plus", "and", "with", "combination")
            joiner = joiner or (word.stem == "in" and words[i + 1].stem == "combination" if i < last else False)
            if word.stem in apart:
                break
            if self._takes(word, joined=self._is_dose(i)) or (joiner and i < last) or (i < last and self._denies(i)):
                i -= 1
            else:
                break
        first = i + 1
        while first <= last and not (self._takes(words[first], joined=self._is_dose(first)) or self._denies(first)):
            first += 1
        return self._made(first, last + 1)

    def _before_schedule(self, at: int) -> int:
        """Index of the last word of a name before "every two weeks"; `at` where none stands there."""
        i = at
        while i >= max(0, at - 7) and (self.words[i].stem in SCHEDULE or self.words[i].text.isdigit()):
            i -= 1
        return i if i >= 0 and i < at and self._takes(self.words[i], joined=self._is_dose(i)) else at

    def _made(self, first: int, last: int) -> Phrase | None:
        return phrase_of(self.words[first:last], self.short, self.text.plain) if last > first else None

    def several(self, at: int, separators: frozenset[str]) -> tuple[Phrase, ...]:
        """Phrases from a word on that separators and commas stand between; () where there is only one."""
        found: list[Phrase] = []
        words, i = self.words, at
        while len(found) < 6:
            phrase, after = self.right(i, apart=separators)
            if phrase is None:
                break
            found.append(phrase)
            i = after
            comma = i < len(words) and words[i].text == ","
            i += comma
            named = i < len(words) and words[i].stem in separators
            i += named
            if i < len(words) and words[i].text == "." and named:
                i += 1
            if not named and not (comma and self._lists_on(i, separators)):
                break
            while i < len(words) and words[i].stem in ("to", "with", "receive"):
                i += 1
        return tuple(found) if len(found) > 1 else ()

    def _lists_on(self, at: int, separators: frozenset[str]) -> bool:
        """Whether after a comma a list goes on to a separator ("A, B, or C")."""
        _, after = self.right(at, apart=separators)
        words = self.words
        after += after < len(words) and words[after].text == ","
        return after > at and after < len(words) and words[after].stem in separators


def index_of(text: Text, position: int) -> int:
    """Index of the first word at or after a position."""
    return bisect_left(text.starts, position)
