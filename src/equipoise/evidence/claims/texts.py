"""A text in the forms that the grammar reads: tokens with their tags, sentences, numbers in words put together."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from equipoise.evidence.claims.normal import normalize, sentences
from equipoise.evidence.claims.tokens import Token, readable, scan
from equipoise.evidence.claims.vocabulary import PHRASES
from equipoise.evidence.claims.words import FRACTIONS, SCALES
from equipoise.evidence.model import Number

__all__ = ["Text", "tokenize"]

_ABOUT: Final = frozenset(("about", "nearly", "almost", "by", "roughly", "approximately", "around", "over", "than"))


@dataclass(slots=True)
class Text:
    """A text in the forms that the grammar reads.

    Attributes:
        raw: As read.
        plain: Normalized, of the same length.
        tokens: In order.
        spans: Of the sentences.
        home: Index of the sentence of each token.
        used: Whether a token has been read as a part of something.
    """

    raw: str
    plain: str
    tokens: list[Token]
    spans: list[tuple[int, int]]
    home: list[int]
    used: list[bool] = field(default_factory=list)


def _phrases(tokens: list[Token]) -> None:
    """Tag words that mean something together, on the last of them."""
    count, past = len(tokens), 0
    for index, token in enumerate(tokens):
        if token.kind != "word" or index < past:  # "absolute risk reduction" is no "risk reduction"
            continue
        head, _, tail = token.word.partition("-")
        for rest, tag in PHRASES.get(head, ()):
            words = tail.split("-") if tail else []
            at = index + 1
            while len(words) < len(rest) and at < count and (tokens[at].kind == "word" or tokens[at].word == "-"):
                words += [part for part in tokens[at].word.split("-") if part]
                at += 1
            if tuple(words[: len(rest)]) == rest:
                for one in tokens[index:at]:
                    one.tag = ""
                tokens[at - 1].tag = tag
                past = at
                break


def _merged(first: Token, last: Token, value: float, raw: str, *, percent: bool) -> Token:
    """One token for a number of several words."""
    text = raw[first.start : last.end]
    number = Number(text, value, 0, first.start, last.end, approximate=percent)
    kind = "number" if percent else "word"
    return Token(kind, first.start, last.end, text.lower(), text, number, percent, glued=first.glued)  # type: ignore[arg-type]


def _fraction(tokens: list[Token], at: int) -> tuple[float, int] | None:
    """A part of a whole in words that begins at a token: its percentage, how many tokens."""
    token = tokens[at]
    words = [one.word for one in tokens[at : at + 5]] + [""] * 5
    head, _, tail = token.word.partition("-")
    before = tokens[at - 1].word if at else ""
    if tail in FRACTIONS and tail != "half":
        count = {"one": 1, "two": 2, "three": 3, "four": 4}.get(head)
        return (round(100 * count * FRACTIONS[tail], 1), 1) if count else None
    if words[0] in ("one", "two", "three", "four") and words[1] in FRACTIONS and words[1] != "half" and token.number:
        return round(100 * token.number.value * FRACTIONS[words[1]], 1), 2
    if (
        words[0] in ("a", "one")
        and words[1] in ("third", "quarter", "fifth", "tenth", "half")
        and (words[2] in ("of", "in", ",", ".", ")", "fewer", "less", "lower") or before in _ABOUT)
    ):
        return round(100 * FRACTIONS[words[1]], 1), 2
    owned = words[2] in ("their", "its", "his", "her", "a", "an", "it", "my", "our")
    if words[0] == "half" and words[1] == "of" and not owned and before not in ("first", "second", "other", "and"):
        return 50.0, 1
    if token.number is None or token.kind != "word":
        return None
    step = 1
    if tokens[at + 1 : at + 2] and tokens[at + 1].tag == "people":
        step = 2
    joint = words[step]
    if joint == "out" and words[step + 1] == "of":
        step += 1
        joint = "of"
    if joint == "of" and words[step + 1] == "every":
        step += 1
    other = tokens[at + step + 1] if at + step + 1 < len(tokens) else None
    counted = other is not None and tokens[at + step + 2 : at + step + 3] and tokens[at + step + 2].tag == "people"
    if joint == "of" and words[step + 1] != "every" and step == 1 and not counted and token.word == "one":
        return None  # "one of two lanes"
    if (
        joint in ("in", "of")
        and other is not None
        and other.number is not None
        and other.kind == "word"
        and 0 < token.number.value < other.number.value <= 100
    ):
        return round(100 * token.number.value / other.number.value, 1), step + 2
    return None


def _compound(tokens: list[Token], at: int) -> tuple[float, int] | None:
    """`three hundred five`, `two thousand one hundred and twelve`: value and tokens."""
    total, group, size, last = 0.0, 0.0, 0, 0
    while at + size < len(tokens):
        token = tokens[at + size]
        if token.word in SCALES and (group or total):
            if token.word == "thousand":
                total, group = total + group * 1000, 0.0
            else:
                group *= 100
            last = size + 1
        elif token.kind == "word" and token.number is not None and (not size or group % 100 == 0 or group == 0):
            group += token.number.value
            last = size + 1
        elif not (token.word == "and" and size and last == size and tokens[at + size - 1].word in SCALES):
            break
        size += 1
    if last < 2 or not any(one.word in SCALES for one in tokens[at : at + last]):
        return None
    return total + group, last


def _put_together(tokens: list[Token], raw: str) -> list[Token]:
    """Numbers of several words as one token."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        found = None
        percent = False
        if token.kind == "word" and (token.number is not None or token.word in ("a", "half") or "-" in token.word):
            found = _fraction(tokens, at)
            percent = found is not None
            if found is None and token.number is not None:
                found = _compound(tokens, at)
        if found is None:
            out.append(token)
            at += 1
            continue
        out.append(_merged(token, tokens[at + found[1] - 1], found[0], raw, percent=percent))
        at += found[1]
    return out


def tokenize(raw: str) -> Text:
    """A text as tokens and sentences.

    Args:
        raw: The text as read.
    """
    plain = readable(normalize(raw))
    if "\t" in raw:  # tabs between words part the cells of a table
        plain = "".join(
            "|" if mark == "\t" and at and not raw[at - 1].isspace() else plain[at] for at, mark in enumerate(raw)
        )  # fmt: skip
    tokens = _put_together(scan(plain, raw), raw)
    _phrases(tokens)
    spans = sentences(raw)
    starts = [start for start, _ in spans]
    home = [max(0, bisect_right(starts, token.start) - 1) for token in tokens]
    return Text(raw, plain, tokens, spans, home, [False] * len(tokens))
