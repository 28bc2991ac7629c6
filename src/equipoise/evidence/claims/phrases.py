"""A number with what is printed around it: people counted, a denominator, a percentage, a unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from equipoise.evidence.claims.intervals import IntervalNode, bare_limits, missing_word
from equipoise.evidence.claims.p_values import PNode
from equipoise.evidence.claims.tokens import Text, Token
from equipoise.evidence.claims.vocabulary import SKIP_AFTER, SKIP_BEFORE, TIME_UNITS, word_set
from equipoise.evidence.model import Bound, Number

__all__ = ["Phrase", "find_phrases", "whole"]

Form = Literal["percent", "time", "people", "plain", "missing", "label"]

_ABOUT: Final = word_set(
    """
    nearly about approximately almost around roughly some circa ca approx ~ ≈ ∼
    """
)
_MORE: Final = {
    "over": ">", "exceeding": ">", ">": ">", "<": "<", "\u2265": ">=", "\u2264": "<=", "under": "<", "below": "<",
    "above": ">",
}  # fmt: skip
_THAN: Final = {"more": ">", "greater": ">", "less": "<", "fewer": "<"}
_OF: Final = frozenset(("of", "among", "/", "from", "in", "out"))
_FILL: Final = word_set(
    """
    of the out all these those total a who whom our randomized randomised treated evaluable
    """
)


@dataclass(slots=True)
class Phrase:
    """A number in its nearest surroundings.

    Attributes:
        first: Index of its first token.
        last: One past that of its last.
        form: What it looks like.
        value: The number.
        unit: Of time, where printed.
        count: n of "n (x%)".
        denominator: N.
        noun: Index of the word for what is counted, -1 where there is none.
        interval: Its limits.
        p: Its P value.
        spread: A further interval, of another kind (a range beside a standard deviation).
        missing: What stands for the number.
        anchor: Index of the token of the value.
    """

    first: int
    last: int
    form: Form
    value: Number | None
    anchor: int
    unit: str = ""
    count: Number | None = None
    denominator: Number | None = None
    noun: int = -1
    interval: IntervalNode | None = None
    p: PNode | None = None
    missing: str = ""


def whole(token: Token) -> bool:
    """Whether a token is a whole number without a percent sign."""
    return token.kind == "number" and not token.percent and token.number is not None and token.number.decimals == 0


def _is_name(text: Text, at: int) -> bool:
    """Whether a number is a part of a name, a dose, or a step of something, and no claim."""
    tokens, token = text.tokens, text.tokens[at]
    if token.glued:
        return True
    before = tokens[at - 1] if at else None
    if before is not None and before.word == "." and at > 1 and tokens[at - 2].word in SKIP_BEFORE:
        return True
    if before is not None and not token.percent:
        if before.word in SKIP_BEFORE or (before.word in ("-", "/") and at > 1 and tokens[at - 2].word in SKIP_BEFORE):
            return True
        if before.word in ("#", "\u00d7", "^", "*"):
            return True
        if before.word == "." and before.end == token.start and at > 1 and tokens[at - 2].end == before.start:
            return True
    after = at + 1
    if after < len(tokens) and tokens[after].word == "-" and tokens[after].start == token.end:
        after += 1
    if after >= len(tokens):
        return False
    word = tokens[after]
    return (word.word in SKIP_AFTER or word.word in ("\u00b0", "\u00d7", "^", "*")) and not token.percent


def _skip_fill(tokens: list[Token], at: int, most: int = 4) -> int:
    """Past small words."""
    while most and at < len(tokens) and tokens[at].word in _FILL:
        at, most = at + 1, most - 1
    return at


def _noun(tokens: list[Token], at: int, tags: tuple[str, ...] = ("people",), most: int = 4) -> int:
    """Index of a noun of some tags within a few words, -1 if there is none."""
    for index in range(at, min(len(tokens), at + most + 1)):
        token = tokens[index]
        if token.kind != "word" and token.word not in ("-", "/", "+"):
            return -1
        if token.tag in tags:
            return index
        if token.word in (
            "and",
            "or",
            "in",
            "of",
            "with",
            "to",
            "were",
            "was",
            "had",
            "who",
            "for",
            "at",
            "vs",
            "versus",
        ):
            return -1
    return -1


def _denominator(tokens: list[Token], at: int, count: Number) -> tuple[Number | None, int]:
    """`of 802 patients`, `/442`, `among the 484 women` after a count: the number and the end."""
    start = at
    if at >= len(tokens) or tokens[at].word not in _OF or (tokens[at].word in ("in", "from") and count.value > 9):
        return None, start
    slash = tokens[at].word == "/"
    at = at + 1 if slash else _skip_fill(tokens, at + 1)
    if at >= len(tokens) or not whole(tokens[at]) or (tokens[at].glued and not slash):
        return None, start
    number = tokens[at].number
    if number is None or number.value < count.value or (slash and number.value < 5):
        return None, start
    after = at + 1
    if (after < len(tokens) and tokens[after].word in SKIP_AFTER | {"/"}) or (
        after < len(tokens) and tokens[after].word in TIME_UNITS
    ):
        return None, start
    noun = _noun(tokens, after)
    return number, noun + 1 if noun >= 0 else after


def _bracketed_percent(text: Text, at: int) -> tuple[Token | None, int]:
    """`(34.5%)`, `[8.9%]`, `(25.7)` where the row or sentence says percent: the token and one past the bracket."""
    tokens = text.tokens
    if at + 1 >= len(tokens) or tokens[at].word not in ("(", "["):
        return None, at
    inner = tokens[at + 1]
    if inner.kind != "number" or inner.number is None or text.used[at + 1]:
        return None, at
    closed = at + 2 < len(tokens) and tokens[at + 2].word in (")", "]")
    if inner.percent:
        if closed:
            return inner, at + 3
        if at + 2 < len(tokens) and (tokens[at + 2].word in (";", ",") or text.used[at + 2]):
            return inner, at + 2
        return None, at
    if closed and inner.number.value <= 100 and _says_percent(text, at):
        return inner, at + 3
    return None, at


def _says_percent(text: Text, at: int) -> bool:
    """Whether a bare percent sign stands before in the sentence or row, or in the header of its table."""
    start = text.spans[text.home[at]][0]
    if "%" in text.plain[start : text.tokens[at].start]:
        return True
    return "(%)" in text.plain[max(0, start - 1500) : start]


def _counted(text: Text, at: int) -> Phrase | None:
    """`167 among 484 patients (34.5%)`, `109 (25.7)`, `27 (3.4%) of 800`, `528 patients (20.7%)`, `7/12`."""
    tokens, token = text.tokens, text.tokens[at]
    count = token.number
    if count is None or not (whole(token) or token.kind == "word"):
        return None
    last = at + 1
    denominator, after = _denominator(tokens, last, count)
    if denominator is None:
        noun = _noun(tokens, last, most=5)
        for index in ([noun + 1] if noun >= 0 else []) + [last, last + 1, last + 2, last + 3]:
            if index > last and any(one.kind != "word" and one.word != "-" for one in tokens[last:index]):
                break
            denominator, after = (
                _denominator(tokens, index, count) if index == noun + 1 and noun >= 0 else (None, index)
            )
            inner, end = _bracketed_percent(text, index)
            if inner is not None or denominator is not None:
                break
    inner, end = _bracketed_percent(text, after)
    if inner is None and denominator is not None and after < len(tokens) and tokens[after].word in (",", "=", ":"):
        if after + 1 < len(tokens) and tokens[after + 1].percent and not text.used[after + 1]:
            inner, end = tokens[after + 1], after + 2
    if inner is None and denominator is None:
        return None
    if inner is not None:
        after = end
        if denominator is None:
            found, stop = _denominator(tokens, end, count)
            if found is not None:
                denominator, after = found, stop
    value = inner.number if inner is not None else None
    anchor = tokens.index(inner, at, min(len(tokens), after + 1)) if inner is not None else at
    return Phrase(at, after, "percent", value, anchor, count=count, denominator=denominator)


def _percent_tail(text: Text, phrase: Phrase) -> None:
    """What follows a percentage: `(167/484)`, `(n = 167)`, `of 484 patients`."""
    tokens, at = text.tokens, phrase.last
    if at >= len(tokens):
        return
    if tokens[at].word in ("of", "among"):
        after = _skip_fill(tokens, at + 1)
        if after < len(tokens) and whole(tokens[after]) and not tokens[after].glued:
            noun = _noun(tokens, after + 1)
            if noun >= 0:
                phrase.denominator, phrase.last = tokens[after].number, noun + 1
        return
    if tokens[at].word not in ("(", "[", ","):
        return
    inner = at + 1
    if inner + 1 < len(tokens) and tokens[inner].word in ("n", "no") and tokens[inner + 1].word in ("=", "."):
        inner += 2
    if inner >= len(tokens) or not whole(tokens[inner]) or text.used[inner] or tokens[inner].number is None:
        return
    count = tokens[inner].number
    denominator, after = _denominator(tokens, inner + 1, count)
    if denominator is None:
        noun = _noun(tokens, inner + 1, ("people", "event", "death", "cases"))
        after = noun + 1 if noun >= 0 else inner + 1
        denominator, after = _denominator(tokens, after, count) if noun >= 0 else (None, after)
        if after == inner + 1 and noun >= 0:
            after = noun + 1
    if tokens[at].word == "," and denominator is None:
        return
    if after < len(tokens) and (tokens[after].word in (")", "]", ";", ",") or text.used[after]):
        phrase.count, phrase.denominator = count, denominator
        phrase.last = after + int(tokens[after].word in (")", "]"))


def _before(text: Text, at: int) -> tuple[int, Bound, bool, bool]:
    """Words and signs before a number: first token, bound, whether approximate, whether negative."""
    tokens = text.tokens
    first, bound, about, negative = at, "", False, False
    if first and tokens[first - 1].word in ("-", "+") and tokens[first - 1].end == tokens[first].start:
        place = tokens[first - 1].start
        if place == 0 or text.plain[place - 1] in " ([=|:,;":
            negative = tokens[first - 1].word == "-" and not (first > 1 and tokens[first - 2].kind == "number")
            first -= int(negative or tokens[first - 1].word == "+")
    if first and tokens[first - 1].word in _ABOUT:
        about, first = True, first - 1
    if first and tokens[first - 1].word in _MORE:
        bound, first = _MORE[tokens[first - 1].word], first - 1
    elif first > 1 and tokens[first - 1].word == "than" and tokens[first - 2].word in _THAN:
        bound, first = _THAN[tokens[first - 2].word], first - 2
    elif first > 1 and tokens[first - 2].word == "at" and tokens[first - 1].word in ("least", "most"):
        bound, first = (">=" if tokens[first - 1].word == "least" else "<="), first - 2
    elif first > 1 and tokens[first - 2].word == "up" and tokens[first - 1].word == "to":
        bound, first = "<=", first - 2
    return first, bound, about, negative  # type: ignore[return-value]


def _unit(tokens: list[Token], at: int) -> tuple[str, int]:
    """Unit of time after a number: `months`, `several weeks`, `-month`."""
    start = at
    if at < len(tokens) and tokens[at].word in ("several", "full", "whole", "calendar"):
        at += 1
    if at < len(tokens) and tokens[at].word in TIME_UNITS and tokens[at].raw != "HR":
        return TIME_UNITS[tokens[at].word], at + 1
    return "", start


def _plain(text: Text, at: int) -> Phrase:
    """A number with its percent sign or its unit."""
    tokens, token = text.tokens, text.tokens[at]
    number = token.number
    if number is None:
        raise ValueError(token.raw)
    first, bound, about, negative = _before(text, at)
    if bound or about or negative:
        number = replace(number, bound=bound, approximate=about)
        if negative:
            start = tokens[at - 1].start
            number = replace(number, value=-number.value, text="-" + number.text, start=start)
    phrase = Phrase(first, at + 1, "percent" if token.percent else "plain", number, at)
    if token.percent:
        if tokens[at + 1 : at + 2] and tokens[at + 1].tag == "points":
            phrase.last += 1
        _percent_tail(text, phrase)
        return phrase
    unit, last = _unit(tokens, at + 1)
    if not unit and at + 1 < len(tokens) and tokens[at + 1].word == "(" and at + 2 < len(tokens) and text.used[at + 2]:
        close = at + 2
        while close < len(tokens) and close < at + 14 and (text.used[close] or tokens[close].word in (",", ";")):
            close += 1
        unit, end = _unit(tokens, close + 1) if close < len(tokens) and tokens[close].word == ")" else ("", 0)
        last = last if unit else at + 1
    if unit:
        phrase.form, phrase.unit, phrase.last = "time", unit, last
    else:
        noun = _noun(tokens, at + 1, most=4)
        if noun >= 0 and number.decimals == 0:
            phrase.form, phrase.noun, phrase.last = "people", noun, noun + 1
    return phrase


def _labelled(text: Text, at: int) -> Phrase | None:
    """`n = 816`, `N=651`: the phrase of the number at an index."""
    tokens = text.tokens
    if (
        at < 2
        or tokens[at - 1].word not in ("=", ":")
        or tokens[at - 2].word not in ("n", "ns")
        or not whole(tokens[at])
    ):
        return None
    return Phrase(at - 2, at + 1, "label", tokens[at].number, at)


def find_phrases(text: Text) -> list[Phrase]:
    """All numbers that are no names, doses, dates, limits or P values, with their surroundings.

    Args:
        text: A text's tokens, those of intervals and P values marked as used.
    """
    tokens, phrases = text.tokens, []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        phrase = None
        if not text.used[at]:
            if token.kind == "number" and not _is_name(text, at):
                phrase = _labelled(text, at) or _counted(text, at) or _plain(text, at)
            elif token.kind == "word" and token.number is not None and not token.glued:
                phrase = _counted(text, at) or _in_words(text, at)
            elif token.kind == "word":
                word, size = missing_word(tokens, at)
                if word:
                    phrase = Phrase(at, at + size, "missing", None, at, missing=word)
        if phrase is None:
            at += 1
            continue
        node = bare_limits(tokens, phrase.last) if phrase.last < len(tokens) and not text.used[phrase.last] else None
        if node is not None and not any(text.used[node.first : node.last]):
            phrase.interval = node
            for index in range(node.first, node.last):
                text.used[index] = True
        for index in range(phrase.first, min(phrase.last, len(tokens))):
            text.used[index] = True
        phrases.append(phrase)
        at = max(at + 1, phrase.last, node.last if node is not None and phrase.interval is node else 0)
    return phrases


def _in_words(text: Text, at: int) -> Phrase | None:
    """A number in words, where it counts people, events or time."""
    phrase = _plain(text, at)
    if phrase.form in ("people", "time"):
        return phrase
    if _noun(text.tokens, at + 1, ("event", "death", "cases"), most=3) >= 0:
        return phrase
    return None
