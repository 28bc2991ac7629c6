"""People counted among others: `167 among 484 patients (34.5%)`, `27 (3.4%) of 800`, `14.2% (649/4581)`."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.texts import Text
from equipoise.evidence.claims.tokens import Token
from equipoise.evidence.claims.vocabulary import SKIP_AFTER, TIME_UNITS, word_set
from equipoise.evidence.model import Number

__all__ = ["Counted", "counted", "noun_after", "percent_tail", "whole"]

_OF: Final = frozenset(("of", "among", "/", "from", "in", "out"))
_FILL: Final = word_set(
    """
    of the out all these those total a who whom our randomized randomised treated evaluable every assigned enrolled
    eligible analyzed analysed its planned required expected
    """
)
_STOPS: Final = word_set("and or in of with to were was had who for at vs versus v against than but while")
_LEVELS: Final = word_set("ecog status score karnofsky nyha category tier quartile")
_SAID: Final = (
    (",", "or"),
    ("or",),
    (",", "i", ".", "e", "."),
    (",", "i", ".", "e", ".", ","),
    (",", "that", "is"),
    (",", "i.e", "."),
)
_GIVEN: Final = word_set("given assigned randomized randomised allocated receiving treated taking")
_COUNTED: Final = ("people", "event", "death", "cases", "adverse")


class Counted:
    """What was read of a count: numbers, and the tokens from the count to the end."""

    __slots__ = ("anchor", "count", "denominator", "last", "value")

    def __init__(self, value: Token | None, count: Number, denominator: Number | None, last: int, anchor: int) -> None:
        self.value = value.number if value is not None else None
        self.count = count
        self.denominator = denominator
        self.last = last
        self.anchor = anchor


def whole(token: Token) -> bool:
    """Whether a token is a whole number without a percent sign."""
    return token.kind == "number" and not token.percent and token.number is not None and token.number.decimals == 0


def _skip_fill(tokens: list[Token], at: int, most: int = 5) -> int:
    """Past small words."""
    while most and at < len(tokens) and tokens[at].word in _FILL:
        at, most = at + 1, most - 1
    return at


def noun_after(tokens: list[Token], at: int, tags: tuple[str, ...] = ("people",), most: int = 4) -> int:
    """Index of a noun of some tags within a few words, -1 if there is none.

    Args:
        tokens: Of the text.
        at: Index to begin at.
        tags: Of nouns.
        most: How many words may stand before it.
    """
    for index in range(at, min(len(tokens), at + most + 1)):
        token = tokens[index]
        if token.kind != "word" and token.word not in ("-", "/", "+"):
            return -1
        if token.tag in tags:
            return index
        if token.word in _STOPS:
            return -1
    return -1


def _round(tokens: list[Token], at: int) -> bool:
    """Whether a number is 100 or 1000, as in `22 in 100`."""
    number = tokens[at].number if at < len(tokens) else None
    return number is not None and number.value in (100, 1000)


def _denominator(tokens: list[Token], at: int, count: Number) -> tuple[Number | None, int]:
    """`of 802 patients`, `/442`, `among the 484 women` after a count: the number and the end."""
    start = at
    if (
        at >= len(tokens)
        or tokens[at].word not in _OF
        or (tokens[at].word in ("in", "from") and count.value > 9 and not _round(tokens, at + 1))
    ):
        return None, start
    slash = tokens[at].word == "/"
    at = at + 1 if slash else _skip_fill(tokens, at + 1)
    if at >= len(tokens) or not whole(tokens[at]) or (tokens[at].glued and not slash):
        return None, start
    number = tokens[at].number
    if number is None or number.value < count.value or (slash and number.value < 5):
        return None, start
    if count.text[:1].isalpha() and number.value < 10:
        return None, start  # "one of 3 diets"
    after = at + 1
    word = tokens[after].word if after < len(tokens) else ""
    if word in SKIP_AFTER or word in TIME_UNITS or (word == "/" and slash) or word == "mmhg":
        return None, start
    noun = noun_after(tokens, after, ("people", "event"))
    return number, noun + 1 if noun >= 0 else after


def _says_percent(text: Text, at: int) -> bool:
    """Whether a percent sign stands before in the sentence or row, or in the header of its table."""
    here = text.tokens[at].start
    start = max(text.spans[text.home[at]][0], here - 2000)
    if "%" in text.plain[start : text.tokens[at].start]:
        return True
    before = text.plain[max(0, start - 1500) : start]
    return "(%)" in before or ("%)" in before[-400:] and "|" not in before)


def _bracketed(text: Text, at: int) -> tuple[Token | None, int, int]:
    """`(34.5%)`, `[8.9%]`, `(25.7)` where the row or sentence says percent: the token, the end, the token's index."""
    tokens = text.tokens
    if at + 1 >= len(tokens) or tokens[at].word not in ("(", "["):
        return None, at, at
    inner = tokens[at + 1]
    if inner.kind != "number" or inner.number is None or text.used[at + 1]:
        return None, at, at
    closed = at + 2 < len(tokens) and tokens[at + 2].word in (")", "]")
    if inner.percent and closed:
        return inner, at + 3, at + 1
    if inner.percent and at + 2 < len(tokens) and (tokens[at + 2].word in (";", ",") or text.used[at + 2]):
        return inner, at + 2, at + 1
    if closed and not inner.percent and inner.number.value <= 100 and _says_percent(text, at):
        return inner, at + 3, at + 1
    return None, at, at


def counted(text: Text, at: int) -> Counted | None:
    """The count that begins at a token with its denominator and percentage, None if it has neither.

    Args:
        text: The text.
        at: Index of the token of the count.
    """
    tokens, token = text.tokens, text.tokens[at]
    count = token.number
    if count is None or token.percent or count.decimals or (token.kind != "word" and not whole(token)):
        return None
    if count.value <= 5 and any(one.word in _LEVELS for one in tokens[max(0, at - 9) : at]):
        return None  # "status was 0 (45%) or 1 (55%)"
    denominator, after = _denominator(tokens, at + 1, count)
    if denominator is not None and denominator.value == count.value and tokens[at + 1].word == "/":
        return None
    if denominator is None:
        noun = noun_after(tokens, at + 1, _COUNTED, most=5)
        if noun >= 0:
            denominator, after = _denominator(tokens, noun + 1, count)
    if denominator is not None:
        return _with_denominator(text, at, count, denominator, after)
    said = _said_percent(text, at + 1)
    if said is not None:
        return Counted(tokens[said], count, None, said + 1, said)
    for place in range(at + 1, min(len(tokens), at + 11)):
        one = tokens[place]
        inner, end, anchor = _bracketed(text, place)
        if inner is not None:
            found, stop = _denominator(tokens, end, count)
            if found is not None and stop < len(tokens) and tokens[stop].word in _GIVEN:
                stop = end  # "819 patients [11.7%] of the 6992 given the drug": the size is a claim of its own
            return Counted(inner, count, found, stop if found is not None else end, anchor)
        if one.kind not in ("word", "noise") and one.word not in ("-", "/", "+", "'"):
            return None
        if one.word in ("and", "vs", "versus", "v", "but", "while", "whereas", "or") or one.number is not None:
            return None
    return None


def _said_percent(text: Text, at: int) -> int | None:
    """Index of the percentage of `24 controls had died, i.e. 46%`, `fourteen, or 27 per cent`."""
    tokens = text.tokens
    for place in range(at, min(len(tokens) - 2, at + 7)):
        one = tokens[place]
        words = [token.word for token in tokens[place : place + 6]]
        for lead in _SAID:
            if tuple(words[: len(lead)]) == lead and place + len(lead) < len(tokens):
                share = tokens[place + len(lead)]
                return place + len(lead) if share.percent and not text.used[place + len(lead)] else None
        if one.kind != "word" or one.number is not None or one.word in ("and", "vs", "versus", "but", "while"):
            return None
    return None


def _with_denominator(text: Text, at: int, count: Number, denominator: Number, after: int) -> Counted:
    """A count with its denominator, and the percentage that follows at once or after a few words."""
    tokens = text.tokens
    if (
        after + 1 < len(tokens)
        and tokens[after].word in (",", "=", ":")
        and tokens[after + 1].percent
        and not text.used[after + 1]
    ):
        return Counted(tokens[after + 1], count, denominator, after + 2, after + 1)
    for place in range(after, min(len(tokens), after + 9)):
        inner, end, anchor = _bracketed(text, place)
        if inner is not None:
            return Counted(inner, count, denominator, end, anchor)
        one = tokens[place]
        if one.kind not in ("word", "noise") and one.word not in ("-", "/", "+"):
            break
        if one.word in ("and", "vs", "versus", "v", "but", "while", "whereas") or one.number is not None:
            break
    return Counted(None, count, denominator, after, at)


def percent_tail(text: Text, at: int) -> tuple[Number | None, Number | None, int]:
    """What follows a percentage: `(167/484)`, `(n = 167)`, `of 484 patients`: count, denominator, end.

    Args:
        text: The text.
        at: Index one past the percentage.
    """
    tokens = text.tokens
    if at >= len(tokens):
        return None, None, at
    if tokens[at].word in ("of", "among"):
        after = _skip_fill(tokens, at + 1)
        if after < len(tokens) and whole(tokens[after]) and not tokens[after].glued:
            noun = noun_after(tokens, after + 1)
            if noun >= 0:
                return None, tokens[after].number, noun + 1
        people = noun_after(tokens, at + 1, most=3)
        if people < 0 or people + 1 >= len(tokens) or tokens[people + 1].word != "(":
            return None, None, at
        count, denominator, end = percent_tail(text, people + 1)
        return (count, denominator, end) if denominator is not None else (None, None, at)
    if tokens[at].word not in ("(", "[", ","):
        return None, None, at
    inner = at + 1
    if inner + 1 < len(tokens) and tokens[inner].word in ("n", "no") and tokens[inner + 1].word in ("=", "."):
        inner += 2
    if inner >= len(tokens) or not whole(tokens[inner]) or text.used[inner]:
        return None, None, at
    count = tokens[inner].number
    if count is None:
        return None, None, at
    denominator, after = _denominator(tokens, inner + 1, count)
    if denominator is None:
        noun = noun_after(tokens, inner + 1, _COUNTED)
        after = noun + 1 if noun >= 0 else inner + 1
        if noun >= 0:
            denominator, after = _denominator(tokens, after, count)
    if tokens[at].word == "," and denominator is None:
        return None, None, at
    bare = denominator is None and after == inner + 1 and inner == at + 1
    if after < len(tokens) and (
        tokens[after].word in (")", "]") or (not bare and (tokens[after].word in (";", ",") or text.used[after]))
    ):
        return count, denominator, after + int(tokens[after].word in (")", "]"))
    return None, None, at
