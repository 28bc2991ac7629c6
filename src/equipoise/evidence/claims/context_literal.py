"""Arms by the very words of a lexicon before "group" or "arm": a label may be of words that say nothing elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from equipoise.evidence.claims.context_words import Mention, Text, within
from equipoise.evidence.model import Claim, Lexicon

__all__ = ["Words", "outside_labels", "with_literal"]

Words = tuple[tuple[str, tuple[str, ...]], ...]
"""Name of an arm, and the lexicon's words for it."""


def with_literal(text: Text, words: Words, found: Sequence[Mention]) -> list[Mention]:
    """Mentions, with those that are a lexicon's words before "group" or "arm" as the lexicon has them.

    Of "the High dose group" all is the name, and "the Maintenance group" is an arm, though other arms have that word.

    Args:
        text: The text.
        words: Names of arms and their words.
        found: Mentions that were found by the stems of names.
    """
    if not words:
        return list(found)
    names, pattern = _pattern(words)
    own = [
        Mention(match.start(), match.end(), names[int((match.lastgroup or "a0")[1:])], "group")
        for match in pattern.finditer(text.plain)
    ]
    if not own:
        return list(found)
    longest = max(new.end - new.start for new in own)
    others = (
        one
        for one in found
        if not any(one.start < new.end and new.start < one.end for new in within(own, one.start - longest, one.end))
    )
    return sorted([*others, *own], key=lambda one: one.start)


def outside_labels(text: Text, lexicon: Lexicon | None, claims: Sequence[Claim]) -> list[Claim]:
    """Claims without those that are part of a name: the 11 of an endpoint called "ADAS-Cog (11)".

    Args:
        text: The text.
        lexicon: Known names.
        claims: Claims.
    """
    if lexicon is None:
        return list(claims)
    tables = (lexicon.arms, lexicon.endpoints, lexicon.populations)
    words = tuple({word for table in tables for own in table.values() for word in own if any(map(str.isdigit, word))})
    if not words:
        return list(claims)
    spans = [match.span() for match in _labels(tuple(sorted(words, key=len, reverse=True))).finditer(text.plain)]
    return [one for one in claims if not any(a <= one.start and one.end <= b for a, b in spans)]


@lru_cache(maxsize=64)
def _labels(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w){_escaped(word)}(?!\w)" for word in words), re.IGNORECASE)


@lru_cache(maxsize=64)
def _pattern(words: Words) -> tuple[list[str], re.Pattern[str]]:
    """Names of arms, and their words before "group", the longest first: one label may end with another."""
    flat = sorted(((word, name) for name, own in words for word in own if word), key=lambda pair: -len(pair[0]))
    # Space and hyphens of a label are those of print, in any number and kind.
    parts = [
        f"(?P<a{place}>{re.sub(r'(?:[ ]|-)+', '[ -]{1,2}', _escaped(word))})" for place, (word, _) in enumerate(flat)
    ]
    if not parts:
        return [], re.compile(r"(?!)")
    joined = "|".join(parts)
    return [name for _, name in flat], re.compile(rf"(?<![\w+/-])(?:{joined}) (?:group|arm)\b", re.IGNORECASE)


def _escaped(word: str) -> str:
    """A label for a pattern, each sign itself but for spaces and hyphens."""
    return "".join(sign if sign in " -" else re.escape(sign) for sign in word)
