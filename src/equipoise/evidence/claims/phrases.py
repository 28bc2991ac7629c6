"""A number with what is printed around it: people counted, a denominator, a percentage, a unit."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from equipoise.evidence.claims.counts import counted, noun_after, percent_tail, whole
from equipoise.evidence.claims.intervals import IntervalNode, bare_limits, missing_word, open_limits
from equipoise.evidence.claims.names import is_name, unit_after
from equipoise.evidence.claims.p_values import PNode
from equipoise.evidence.claims.texts import Text
from equipoise.evidence.claims.tokens import Token
from equipoise.evidence.claims.vocabulary import VERBS, word_set
from equipoise.evidence.model import Bound, Interval, Number

__all__ = ["Form", "Phrase", "find_phrases"]

Form = Literal["percent", "points", "time", "per", "amount", "people", "plain", "missing", "label"]

_ABOUT: Final = word_set("nearly about approximately almost around roughly some circa ca approx ~ \u2248 \u223c")
_MORE: Final = {
    "over": ">", "exceeding": ">", ">": ">", "<": "<", "\u2265": ">=", "\u2264": "<=", "under": "<", "below": "<",
    "above": ">",
}  # fmt: skip
_THAN: Final = {
    "more": ">",
    "greater": ">",
    "less": "<",
    "fewer": "<",
    "older": ">",
    "younger": "<",
    "higher": ">",
    "lower": "<",
}
_PERCENT_LIST: Final = re.compile(r"(?:\(%\)|, ?%|[Ii]n percent|[Pp]ercentages?) ?[:,](?! ?[Nn] )[^%()]*$")
_YEARS: Final = word_set("yr year y month patient-year annum")
_RANGING: Final = word_set("ranging ranged ranges range varied varying varies interval ci iqr limits")
_AFTER_WORD: Final = frozenset(
    ("", "in", "and", "with", "among", "on", "vs", "versus", "v", "had", "died", "were", "did", ",")
)
_ROUND: Final = (10.0, 100.0, 1000.0)
_INSTEAD: Final = (["rather", "than"], ["instead", "of"], ["as", "opposed", "to"], ["in", "place", "of"])
_LINKS: Final = frozenset(
    ("vs", "versus", "v", "and", "or", ",", "to", "-", ".", "against", "compared", "with", "than")
)


@dataclass(slots=True)
class Phrase:
    """A number in its nearest surroundings.

    Attributes:
        first: Index of its first token.
        last: One past that of its last.
        form: What it looks like.
        value: The number.
        anchor: Index of the token of the value.
        unit: Of time, of a rate or of an amount, where printed.
        count: n of "n (x%)".
        denominator: N.
        noun: Index of the word for what is counted, -1 where there is none.
        interval: Its limits.
        p: A P value that stands directly behind.
        missing: What stands for the number.
        borrowed: Whether its form and unit are those of the number after it (`44.3 vs 29.1 months`).
        paired: Whether it is one of such numbers.
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
    borrowed: bool = False
    paired: bool = False


def _before(text: Text, at: int) -> tuple[int, Bound, bool, bool]:
    """Words and signs before a number: first token, bound, whether approximate, whether negative."""
    tokens = text.tokens
    first, about, negative = at, False, False
    bound: Bound = ""
    if first and tokens[first - 1].word in ("-", "+") and tokens[first - 1].end == tokens[first].start:
        place = tokens[first - 1].start
        if (place == 0 or text.plain[place - 1] in " ([=|:,;") and not text.used[first - 1]:
            beside = first > 1 and tokens[first - 2].kind == "number"
            below = text.plain[tokens[at].end : tokens[at].end + 4].replace(" ", "").startswith("(-")
            negative = tokens[first - 1].word == "-" and (not beside or below)  # "0.05 -1.08 (-1.44, -0.72)"
            first -= int(negative or tokens[first - 1].word == "+")
    elif (
        first > 1
        and tokens[first - 1].word == "-"
        and tokens[first - 2].tag in ("difference", "mean_difference", "risk_difference")
    ):
        negative, first = True, first - 1  # a minus that print has detached
    if first and tokens[first - 1].word == "minus" and tokens[first - 1].end < tokens[at].start:
        negative, first = True, first - 1
    if first and tokens[first - 1].word in _ABOUT:
        about, first = True, first - 1
    if first and tokens[first - 1].word in _MORE and not text.used[first - 1]:
        bound, first = _MORE[tokens[first - 1].word], first - 1  # type: ignore[assignment]
    elif first > 1 and tokens[first - 1].word == "than" and tokens[first - 2].word in _THAN:
        bound, first = _THAN[tokens[first - 2].word], first - 2  # type: ignore[assignment]
    elif first > 1 and tokens[first - 2].word == "at" and tokens[first - 1].word in ("least", "most"):
        bound, first = (">=" if tokens[first - 1].word == "least" else "<="), first - 2
    elif first > 1 and tokens[first - 2].word == "up" and tokens[first - 1].word == "to":
        bound, first = "<=", first - 2
    return first, bound, about, negative


def _range(text: Text, at: int) -> Token | None:
    """The other end of `18 to 75 years`, `17-22%`, if a number begins a range."""
    tokens = text.tokens
    if at + 2 >= len(tokens) or tokens[at + 1].word not in ("to", "-") or text.used[at + 2]:
        return None
    other = tokens[at + 2]
    number = tokens[at].number
    if other.kind != "number" or other.number is None or number is None or other.number.value < number.value:
        return None
    moved = at and tokens[at - 1].word == "from" and tokens[max(0, at - 2)].word not in _RANGING
    if moved and (tokens[at].percent or other.percent or number.decimals):
        return None  # "fell from 11.3% to 9.8%": two numbers
    if tokens[at + 1].word == "-" and tokens[at + 1].start > tokens[at].end and other.start == tokens[at + 1].end:
        return None
    return other


def _plain(text: Text, at: int) -> Phrase:
    """A number with its percent sign or its unit."""
    tokens, token = text.tokens, text.tokens[at]
    number = token.number
    assert number is not None
    first, bound, about, negative = _before(text, at)
    number = replace(number, bound=bound, approximate=about or number.approximate)
    if negative:
        start = tokens[at - 1].start
        number = replace(number, value=-number.value, text=text.raw[start : number.end], start=start)
    phrase = Phrase(first, at + 1, "percent" if token.percent else "plain", number, at)
    other = _range(text, at)
    if other is not None and other.number is not None and not (token.percent and not other.percent):
        limits = Interval(number, other.number, stated=False, kind="range")
        phrase.interval, phrase.last = IntervalNode(at, at + 3, limits, taken=True), at + 3
        if other.percent:
            phrase.form = "percent"
    if phrase.form == "percent":
        if phrase.last < len(tokens) and tokens[phrase.last].tag in ("points", "pp"):
            phrase.form, phrase.last = "points", phrase.last + 1
        else:
            phrase.count, phrase.denominator, phrase.last = percent_tail(text, phrase.last)
            sized = phrase.denominator is None if phrase.count is not None else phrase.denominator is not None
            if token.word[:1].isalpha() and sized:  # "two thirds (410) were given the drug", "half of 2499 people"
                phrase.count, phrase.denominator, phrase.last = None, None, at + 1
        after = [token.word for token in tokens[phrase.last : phrase.last + 2]]
        if after[:1] in (["/"], ["per"], ["a"], ["each"], ["every"]) and after[1:] and after[1] in _YEARS:
            phrase.form, phrase.unit, phrase.last = "per", "% per " + tokens[phrase.last + 1].word, phrase.last + 2
        return phrase
    _unit(text, phrase)
    return phrase


def _unit(text: Text, phrase: Phrase) -> None:
    """Form, unit and noun of a number without a percent sign."""
    tokens, after = text.tokens, phrase.last
    broken = after < len(tokens) and "\n" in text.raw[tokens[after - 1].end : tokens[after].start]
    if broken and tokens[after].raw[:1].isupper() and text.home[after] != text.home[after - 1]:
        return  # the name of the next row
    if (
        after + 1 < len(tokens)
        and tokens[after].word == "-"
        and tokens[after + 1].word in ("percentage-point", "point")
    ):
        phrase.form, phrase.last = "points", after + 2
        return
    if after + 1 < len(tokens) and (tokens[after].tag == "pp" or tokens[after + 1].tag == "pp"):
        phrase.form, phrase.last = "points", after + 1 + int(tokens[after].tag != "pp")
        return
    form, unit, last = unit_after(tokens, after)
    if not form and after + 2 < len(tokens) and (tokens[after].word in ("(", "[") or text.used[after]):
        close = after + 1
        while close < len(tokens) and close < after + 14 and (text.used[close] or tokens[close].word in (",", ";")):
            close += 1
        if close < len(tokens) and tokens[close].word in (")", "]"):
            form, unit, _ = unit_after(tokens, close + 1)
            last = after
        elif text.used[after]:
            form, unit, _ = unit_after(tokens, close - 1)
            if not form:
                form, unit, _ = unit_after(tokens, close)
            last = after
        if form not in ("time", "amount"):
            form = ""
    if form:
        phrase.form, phrase.unit, phrase.last = form, unit, last  # type: ignore[assignment]
        return
    noun = noun_after(tokens, after, most=4)
    if noun >= 0 and phrase.value is not None and phrase.value.decimals == 0:
        phrase.form, phrase.noun, phrase.last = "people", noun, noun + 1


def _labelled(text: Text, at: int) -> Phrase | None:
    """`n = 816`, `N=651`: the phrase of the number at an index."""
    tokens = text.tokens
    number = tokens[at].number
    if at and tokens[at - 1].raw == "N" and number is not None and number.value >= 10 and whole(tokens[at]):
        return Phrase(at - 1, at + 1, "label", number, at)
    if (
        at < 2
        or tokens[at - 1].word not in ("=", ":")
        or tokens[at - 2].word not in ("n", "ns")
        or not whole(tokens[at])
    ):
        return None
    return Phrase(at - 2, at + 1, "label", tokens[at].number, at)


def _one(text: Text, at: int) -> Phrase | None:
    """The phrase that begins with the number or the word at an index."""
    tokens, token = text.tokens, text.tokens[at]
    if token.number is None:
        word, size = missing_word(tokens, at) if token.kind == "word" else ("", 0)
        return Phrase(at, at + size, "missing", None, at, missing=word) if word else None
    if token.kind == "number" and is_name(text, at):
        return None
    if token.kind == "word" and token.glued:
        return None
    if token.kind == "word" and token.word.endswith("fold"):
        return _plain(text, at)
    if token.kind == "word" and tokens[at + 1 : at + 2] and tokens[at + 1].word == "times":
        return _plain(text, at) if not is_name(text, at) else None
    if token.word in ("twice", "thrice"):
        return _plain(text, at) if tokens[at + 1 : at + 2] and tokens[at + 1].word == "as" else None
    label = _labelled(text, at)
    if label is not None:
        return label
    found = counted(text, at)
    if (
        found is not None
        and found.value is None
        and found.denominator is not None
        and found.denominator.value in _ROUND
    ) and tokens[at + 1].word != "/":  # "59 out of 100 patients" says 59%
        rate = replace(found.count, value=round(100 * found.count.value / found.denominator.value, 6))
        return Phrase(at, found.last, "percent", rate, at)
    if found is not None:
        return Phrase(
            at, found.last, "percent", found.value, found.anchor, count=found.count, denominator=found.denominator
        )  # fmt: skip
    if token.percent and token.word[:1].isalpha() and _told_again(tokens, at + 1):
        return None
    phrase = _plain(text, at)
    if token.kind == "word" and phrase.form not in ("people", "time", "percent", "per"):
        after = tokens[at + 1].word if at + 1 < len(tokens) else ""
        noun = noun_after(tokens, at + 1, ("event", "death", "cases"), most=3)
        dying = after in VERBS or (after in ("had", "have", "has") and tokens[at + 2 : at + 3] != [] and (
            tokens[at + 2].word in VERBS
        ))  # fmt: skip
        large = token.number.value >= 100
        return phrase if noun >= 0 or after in _AFTER_WORD or dying or large else None
    return phrase


def _told_again(tokens: list[Token], at: int) -> bool:
    """Whether a part in words is told exactly at once: `a quarter (24%)`."""
    if [one.word for one in tokens[at : at + 3]][-1:] in (["longer"], ["shorter"], ["more"], ["less"], ["fewer"]):
        return True
    while at < len(tokens) and tokens[at].word in ("of", "patients", "them", "the", "women", "men", "participants"):
        at += 1
    return at + 1 < len(tokens) and tokens[at].word in ("(", ",") and tokens[at + 1].percent


def find_phrases(text: Text) -> list[Phrase]:
    """All numbers that are no names, doses, dates, limits or P values, with their surroundings.

    Args:
        text: A text's tokens, those of intervals and P values marked as used.
    """
    tokens = text.tokens
    phrases: list[Phrase] = []
    at = 0
    while at < len(tokens):
        phrase = None if text.used[at] else _one(text, at)
        if phrase is None:
            at += 1
            continue
        for index in range(phrase.first, min(phrase.last, len(tokens))):
            text.used[index] = True
        end = phrase.last
        if phrase.interval is None and phrase.last < len(tokens) and not text.used[phrase.last]:
            node = bare_limits(tokens, phrase.last) or open_limits(tokens, phrase.last, phrase.value)
            if node is not None and not any(text.used[node.first : node.last]):
                phrase.interval, end = node, node.last
                for index in range(node.first, node.last):
                    text.used[index] = True
                if phrase.form == "plain" and end < len(tokens) and tokens[end].word in (")", "]"):
                    form, unit, _ = unit_after(tokens, end + 1)
                    if form in ("time", "amount"):
                        phrase.form, phrase.unit = form, unit  # type: ignore[assignment]
        phrases.append(phrase)
        at = max(at + 1, end)
    _percentages(text, phrases)
    _borrow(text, phrases)
    return phrases


def _percentages(text: Text, phrases: list[Phrase]) -> None:
    """Numbers of a list are percentages where its name says so: `90-day mortality (%): A 31.9; B 30.8`."""
    for phrase in phrases:
        value = phrase.value
        if phrase.form != "plain" or value is None or not value.decimals or not 0 <= value.value <= 100:
            continue
        start = text.spans[text.home[phrase.first]][0]
        here = text.tokens[phrase.first].start
        if here - start <= 300 and "|" not in text.plain[start:here] and _PERCENT_LIST.search(text.plain[start:here]):
            phrase.form = "percent"


def _borrow(text: Text, phrases: list[Phrase]) -> None:
    """Give a bare number the form and unit of the one after it, where only words that link stand between."""
    for index in range(len(phrases) - 2, -1, -1):
        phrase, after = phrases[index], phrases[index + 1]
        if phrase.form != "plain" or after.form not in ("percent", "points", "time", "per", "amount", "people"):
            continue
        if text.home[phrase.first] != text.home[after.first] or (after.form == "percent" and after.count is not None):
            continue
        last = phrase.last if phrase.interval is None else max(phrase.last, phrase.interval.last)
        gap = text.tokens[last : after.first]
        back = text.tokens[max(0, phrase.first - 3) : phrase.first]
        if after.form == "percent" and any(
            one.tag in ("mean", "threshold", "age") or one.word in ("bmi", "score") for one in back
        ):
            continue
        if after.form == "per" and any(one.word == "or" for one in gap) and phrase.value and after.value and (
            phrase.value.decimals != after.value.decimals
        ):  # fmt: skip
            continue  # "418, or 1.83 and 1.92 per 100 person-years"
        if len(gap) > 8 or not gap or (phrase.value is not None and after.form == "people" and phrase.value.decimals):
            continue
        if after.value is not None and phrase.value is not None and after.form == "percent" and (
            after.value.decimals != phrase.value.decimals or phrase.value.value > 100
        ):  # fmt: skip
            continue
        small = [one for one in gap if one.word in (")", "]")]
        listed = after.borrowed and after.form in ("time", "people", "per")  # "at 2, 8, 15, and 29 days"
        listed = listed or (after.borrowed and after.form == "percent" and bool(phrase.value and phrase.value.decimals))
        between = gap[len(small) :]
        linked = all(one.word in _LINKS for one in between) or [one.word for one in between] in _INSTEAD
        if linked and len(small) <= 1 and (gap[-1].word != "," or listed):
            phrase.form, phrase.unit, phrase.borrowed = after.form, after.unit, True
            phrase.noun = after.noun
            after.paired = phrase.paired = True
