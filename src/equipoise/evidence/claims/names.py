"""Numbers that are no claims: parts of names, doses, steps, exponents."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.texts import Text
from equipoise.evidence.claims.tokens import Token
from equipoise.evidence.claims.vocabulary import AMOUNTS, RATE_UNITS, SKIP_AFTER, SKIP_BEFORE, TIME_UNITS, word_set

__all__ = ["is_name", "unit_after"]

_CALENDAR: Final = word_set("day days week weeks month months year years cycle cycles visit dose doses arm group")
_COUNTED: Final = frozenset(("days", "attacks", "relapses", "episodes", "seizures", "exacerbations", "falls", "nights"))
_CHAIN: Final = frozenset(("-", "/", "to", "or", "and", ","))
_PER: Final = frozenset(("l", "dl", "ml", "min", "mol", "mmol"))
_MORE: Final = word_set("as more higher lower less greater the likelier")
_CHANGE: Final = frozenset(("difference", "mean_difference", "mean", "change"))
_SIGNS: Final = frozenset(("\u00d7", "^", "*", "#", "\u00b0"))
_DOSES: Final = word_set("mg g \u00b5g mcg \u03bcg ug iu mg/kg ml mg/m2 mg/d gy")
_SMALL: Final = word_set(
    "a an the of to in on at by for with and or who were was is had has have that which as from than"
)


def _after_name(tokens: list[Token], at: int) -> bool:
    """Whether a word for a named thing stands before, also before other numbers of a list: `grade 3 or 4`, `day 28`."""
    for _ in range(4):
        if at < 1:
            return False
        before = tokens[at - 1]
        if before.word in (".", "-") and at > 1 and tokens[at - 2].word in SKIP_BEFORE:
            return True
        if before.word in ("group", "arm", "dose", "doses", "visit") and (
            (count := tokens[at].number) is None or count.value >= 10 or count.decimals
        ):
            return False
        if before.word in SKIP_BEFORE or (before.word in _CALENDAR and before.end < tokens[at].start):
            return before.word not in ("days", "weeks", "months", "years")
        if before.word in (">", "<", "\u2265", "\u2264", "=") and at > 1 and tokens[at - 2].word in ("grade", "grades"):
            return True
        if before.word in _CHAIN and at > 1 and tokens[at - 2].kind == "number" and not tokens[at - 2].percent:
            at -= 2
            continue
        return False
    return False


def is_name(text: Text, at: int) -> bool:
    """Whether a number is a part of a name, a dose, or a step of something, and no claim.

    Args:
        text: The text.
        at: Index of the token of the number.
    """
    tokens, token = text.tokens, text.tokens[at]
    if token.percent:
        return token.glued
    before = tokens[at - 1] if at else None
    if _list_mark(text, at):
        return True
    if token.glued and not (before is not None and before.word == "/"):
        return True
    if before is not None:
        if (
            before.raw in ("Study", "Trial", "Studies", "Trials")
            and token.number is not None
            and token.number.value < 1000
        ):
            return True
        if _after_name(tokens, at) or (before.word in _SIGNS and not _bullet(text, at)) or before.word == "per":
            return True
        if before.word in ("/", "=") and token.glued and before.word != "=":
            return True
        if before.word == "." and before.end == token.start and at > 1 and tokens[at - 2].end == before.start:
            return True
    labelled = before is not None and before.word == "="
    return _before_name(text, at if labelled else _end_of_list(tokens, at))


def _bullet(text: Text, at: int) -> bool:
    """Whether a star before a number opens a line: `* 12,927 took vitamin D`."""
    before = text.tokens[at - 1]
    line = text.raw[max(0, before.start - 3) : before.start].rstrip(" ")
    return before.word in ("*", "#") and before.end < text.tokens[at].start and (not line or line.endswith("\n"))


def _list_mark(text: Text, at: int) -> bool:
    """Whether a number in brackets counts the items of a list: `Three wins: (1) ...; (2) ...`."""
    tokens, number = text.tokens, text.tokens[at].number
    if number is None or number.decimals or not 0 < number.value <= 20:
        return False
    opens = text.raw[max(0, tokens[at].start - 4) : tokens[at].start].rstrip(" ").endswith("\n")
    opens = opens or at == 0 or text.home[at - 1] != text.home[at]
    marked = at + 1 < len(tokens) and tokens[at + 1].word in ("/", ")") and tokens[at + 1].start == tokens[at].end
    if opens and marked and text.raw[tokens[at + 1].end : tokens[at + 1].end + 1] == " ":
        return True
    if not (0 < at < len(tokens) - 2 and tokens[at - 1].word == "(" and tokens[at + 1].word == ")"):
        return False
    line = text.raw[max(0, tokens[at - 1].start - 9) : tokens[at - 1].start].rstrip(" ").endswith("\n")
    return at == 1 or line or tokens[at - 2].word in (";", ":", ".")


def _end_of_list(tokens: list[Token], at: int) -> int:
    """Index of the last number of `5, 10, and 20 mg`, or of the number itself."""
    last, step = at, at
    for _ in range(8):
        step += 1
        while step < len(tokens) and tokens[step].word in (",", "and", "or", "/") and step - last < 3:
            step += 1
        if step == last + 1 or step >= len(tokens) or tokens[step].kind != "number" or tokens[step].percent:
            break
        last = step
    return last if last + 1 < len(tokens) and tokens[last + 1].word in _DOSES else at


def _before_name(text: Text, at: int) -> bool:
    """Whether the word after a number says that it is a dose or counts things that are no claims."""
    tokens, token = text.tokens, text.tokens[at]
    after = at + 1
    joined = after < len(tokens) and tokens[after].word == "-" and tokens[after].start == token.end
    if joined:
        after += 1
    if after >= len(tokens):
        return False
    word = tokens[after]
    if joined and word.kind == "number" and token.number is not None and word.number is not None:
        return token.number.value == 10 and word.number.value < 10 and word.number.decimals == 0  # a power of ten
    if joined and word.tag == "people" and token.number is not None and token.number.value >= 20:
        return False  # "the 5,145-patient trial"
    if (
        joined
        and word.kind == "word"
        and word.start == tokens[after - 1].end
        and word.word not in TIME_UNITS
        and word.tag != "people"
    ):
        return word.word not in ("fold", "point", "percentage-point", "percentage", "percent")
    if word.word in _SIGNS:
        return True
    if word.word not in SKIP_AFTER:
        return False
    if word.word == "drug" and token.number is not None and token.number.value >= 20:
        return False  # "(603 drug, 601 placebo)"
    if word.word in ("ml", "g", "l", "mg") and any(one.tag in _CHANGE for one in tokens[max(0, at - 6) : at]):
        return False
    if (
        word.word == "ml"
        and tokens[after + 1 : after + 3]
        and tokens[after + 1].word == "per"
        and "min" in tokens[after + 2 - (after + 3 > len(tokens))].word
    ):
        return False
    if word.word == "times" and tokens[after + 1 : after + 2] and tokens[after + 1].word in _MORE:
        return False
    return not (after + 2 < len(tokens) and tokens[after + 1].word == "/" and tokens[after + 2].word in _PER)


def unit_after(tokens: list[Token], at: int) -> tuple[str, str, int]:
    """The unit after a number: form (`time`, `per`, `amount`, "" for none), unit, index one past it.

    Args:
        tokens: Of the text.
        at: Index one past the number.
    """
    start = at
    if at < len(tokens) and tokens[at].word in ("several", "full", "whole", "calendar"):
        at += 1
    if at < len(tokens) and tokens[at].word == "-" and at + 1 < len(tokens) and tokens[at + 1].word in TIME_UNITS:
        at += 1
    if at >= len(tokens):
        return "", "", start
    token = tokens[at]
    if token.word in RATE_UNITS or (token.word in ("person", "patient", "child") and tokens[at + 1 : at + 2] and (
        tokens[at + 1].word in ("years", "year", "-")
    )):  # fmt: skip
        return "per", token.word, at + 1
    if token.word in TIME_UNITS and token.raw not in ("HR", "D", "Y", "H", "MO", "M"):
        return "time", TIME_UNITS[token.word], at + 1
    per = at
    while (
        per < len(tokens)
        and per - at < 4
        and tokens[per].kind == "word"
        and tokens[per].word not in ("per", "and", "or", "in", "a", "each")
    ):
        per += 1
    if (
        per == at + 2 and tokens[at + 1].word in _COUNTED and per + 1 < len(tokens)
        and tokens[per].word in ("a", "each") and tokens[per + 1].word in TIME_UNITS
    ):  # fmt: skip
        return "per", f"per {tokens[per + 1].word}", per + 2  # "8.3 migraine days a month"
    if per < len(tokens) and tokens[per].word == "per" and per - at <= 3 and per + 1 < len(tokens):
        named = per + 2 < len(tokens) and tokens[per + 2].kind == "word"
        end = per + 2 + int(tokens[per + 1].number is not None and named)
        end = min(end, len(tokens))
        return "per", " ".join(one.word for one in tokens[per:end]), end
    if token.word in AMOUNTS or (
        token.word in ("ml", "g", "l", "mg") and any(one.tag in _CHANGE for one in tokens[max(0, at - 7) : at])
    ):
        end = at + 1 + int(token.word == "mm" and at + 1 < len(tokens) and tokens[at + 1].word == "hg")
        if end + 1 < len(tokens) and tokens[end].word == "/":
            end += 2
        return "amount", "mmHg" if token.word == "mm" and end == at + 2 else token.word, end
    if (
        token.word in ("mg", "g", "ng", "pg", "mcg", "\u00b5g", "\u03bcg", "nmol", "pmol")
        and at + 2 < len(tokens)
        and tokens[at + 1].word == "/"
        and tokens[at + 2].word in _PER
    ):
        return "amount", f"{token.word}/{tokens[at + 2].word}", at + 3
    return "", "", start
