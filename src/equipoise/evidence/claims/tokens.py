"""A text as tokens: numbers, words, signs, dates, and stretches in which no number is a claim."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from equipoise.evidence.claims.dates import DATE, iso_date
from equipoise.evidence.claims.vocabulary import TAGS, TIME_UNITS, UPPER_TAGS
from equipoise.evidence.claims.words import word_value
from equipoise.evidence.model import Number

__all__ = ["Token", "scan"]

TokenKind = Literal["number", "word", "sign", "date", "ratio", "noise"]


_PARTS = {"\u00bd": 0.5, "\u00bc": 0.25, "\u00be": 0.75}


@dataclass(slots=True)
class Token:
    """A piece of a text.

    Attributes:
        kind: What it is.
        start: First character.
        end: One past the last; of a number with its percent sign past that.
        word: In small letters; of a sign the sign.
        raw: As printed, normalized.
        number: The number.
        percent: Whether a percent sign or the word follows the number.
        tag: What the word means, from the vocabulary.
        glued: Whether a letter, or a hyphen after a letter, stands directly before.
        iso: ISO date.
    """

    kind: TokenKind
    start: int
    end: int
    word: str
    raw: str
    number: Number | None = None
    percent: bool = False
    tag: str = ""
    glued: bool = False
    iso: str = ""


_NOISE = r"""https?://\S{1,2000}|www\.\S{1,2000}|\b10\.\d{4,9}/\S{1,300}|\b(?:doi|DOI):?\ ?10\S{1,300}
    |[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}|</?[a-zA-Z!][^<>]{0,300}>
    |\b(?:NCT|ISRCTN|ACTRN|CTRI|ChiCTR|EUCTR|UMIN|jRCT|NTR|DRKS|PMC|PMID:?\ ?)[\w/-]{2,40}
    |\b\d{4}-\d{6}-\d{2}(?:-\d{2})?\b|\b\d{1,2}/\d{1,2}/(?:19|20)?\d\d\b(?!/)
    |\b[Pp]rogrammed(?:[ -]cell)?[ -]death(?:[ -](?:ligand|protein|receptor))?(?:[ -]\d\b)?
    |(?:\b(?:US|CA|AU|C|A|HK|NZ)\ ?)?[$\u20ac\u00a3\u00a5]\ ?\d[\d,.]{0,20}(?:\ ?(?:million|billion|thousand|[mbk])\b)?
    |\b(?:USD|EUR|GBP|CHF|JPY)\ \d[\d,.]{0,20}
    |\+\d{1,3}(?:[ -]\(?\d{2,4}\)?){2,5}|\(\d{3}\)\ ?\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b
    |\b0\d{2,4}[ -]\d{3}[ -]\d{3,4}\b
    |\b(?:19|20)\d\d\ ?;\ ?\d{1,4}(?:\ ?\(\d{1,4}(?:-\d{1,4})?\))?(?::\ ?[a-z]?\d{1,6}(?:-\d{1,6})?)?
    |\b\d{1,4}\ ?\(\d{1,3}\):\ ?[a-z]?\d{1,6}(?:-\d{1,6})?|\b\d{1,3}:\d{3,6}(?:-\d{1,6})?
    |\b\d{1,2}:\d\d(?::\d\d)?\ ?(?:[ap]\.?m\b\.?|GMT|UTC|EST|EDT|CET|h\b)
    |\b[1-9]\d{0,2}\.\d{1,4}\.\d{1,4}(?:\.\d{1,4})*(?!\d)|\d{16,}|\b[A-Z]{1,3}\d{1,4}/\d{2,8}\b
    |(?<=[A-Za-z).,;:])(?<!CI)(?<!IQR)(?<!ange)(?<!rval)(?<!mits)\ ?(?<!CI\ )(?<!IQR\ )(?<!ange\ )(?<!rval\ )(?<!mits\ )
    (?<!ears\ )(?<!nths\ )(?<!days\ )(?<!eeks\ )(?<!,\ )(?<!:\ )(?<!;\ )\[\d{1,3}(?:\ ?[,-]\ ?\d{1,3}){0,9}\]
    |[\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u2080-\u2089]+"""
_NUMBER = r"\d{1,3}(?:,\d{3}){1,4}(?!\d|,\d)(?:\.\d{1,12})?|\d{1,15}\.\d{1,12}|(?<![\w.])\.\d{1,12}|\d{1,15}"
_LETTERS = r"[^\W\d_][^\W_]{0,60}(?:['-][^\W\d_][^\W_]{0,60}){0,6}"
_TOKEN = re.compile(
    rf"""(?P<cell></?t[dh](?:\ [^<>]{{0,300}})?>)
    |(?P<noise>{_NOISE})
    |(?P<date>{DATE})
    |(?P<ratio>(?<![\d.:])\d{{1,2}}(?:\ ?:\ ?\d{{1,2}}){{1,3}}(?![\d:]|[.,]\d))
    |(?P<comma>(?<![\w.,])(?:0,\d{{1,5}}|\d{{1,3}},\d{{1,2}})(?![\d,\w]|\.\d))
    |(?P<number>{_NUMBER})
    |(?P<glued>(?<![^\W_])(?:a?HR|a?OR|a?RR|CI|CrI)(?=\d{{0,2}}\.\d))
    |(?P<mark>(?<=[\w%)])[*\u2020\u2021\u00a7\u00b6]+(?!\ ?\d))
    |(?P<stray>(?<![^\W_])[a-zA-Z](?=\d{{1,3}}\.\d+\ ?%))
    |(?P<word>{_LETTERS})
    |(?P<sign>[^\s\w]|_)""",
    re.VERBOSE,
)
_DIGITS = re.compile(r"(?P<number>\d{1,15})")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])0,\d{2}(?!\d)|(?<![\d.,])\d{1,3},\d{1,2} ?%")
_THIN = re.compile(r"\d{1,3}(?:[\u00a0\u2009\u202f\u2008\u2007\u200a]\d{3})+(?![\d.])")
_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?= ?[,;)/(]| [a-z]{2}|\.?\s*$)(?!\d)")
_PERCENT = re.compile(r" ?%| ?percent\b(?! ?-? ?point| ?age)| ?per ?cent\b(?! ?-? ?point)|-percent\b|-per-?cent\b")
_SIMPLE = re.compile(r" (?!programmed)([a-z]{1,30})(?=[ ,;)])")
_PLAIN = frozenset(("placebo", "control", "percent", "drug", "treatment", "therapy", "care"))
_SUPERSCRIPT = re.compile(r"\d{1,3}$")
_LOST_SIGN = re.compile(r"(?<![A-Za-z0-9])(?:[Pp]|HR|OR|RR)5 ?0?\.\d|(?<![A-Za-z0-9])[nN]5\d{2,}")
_LOST_EQUALS = re.compile(r"(?<![A-Za-z0-9])([PpnN]|HR|OR|RR)5(?=\d{2,5}\b| ?0?\.\d)")
_WRONG_DOT = re.compile("(\\d{1,6})\u00c2[.\u00b7](\\d)")
_ENTITIES = {
    "&lt;": "<", "&gt;": ">", "&le;": "\u2264", "&ge;": "\u2265", "&nbsp;": " ", "&ndash;": "-", "&minus;": "-",
    "&amp;": "&", "&middot;": ".",
}  # fmt: skip
_ENTITY = re.compile("|".join(_ENTITIES))


def _number(text: str, start: int, *, comma: bool = False) -> Number:
    """A number from its characters."""
    plain = text.replace(",", ".") if comma else text.replace(",", "")
    _, _, after = plain.partition(".")
    return Number(text, float(plain), len(after), start, start + len(text))


def _tag(raw: str, word: str) -> str:
    """Tag of a word."""
    if len(raw) == 3 and raw[2] in "abcdef*" and raw[:2] in ("HR", "OR", "RR"):
        raw = raw[:2]  # the letter of a footnote
    return UPPER_TAGS.get(raw) or TAGS.get(word, "")


@lru_cache(maxsize=16384)
def _known(raw: str) -> tuple[str, str, float | None]:
    """A word in small letters without a superscript's digits, its tag, and what it means as a number."""
    word = raw.lower()
    if word[-1].isdigit() and len(word) > 4:
        bare = _SUPERSCRIPT.sub("", word)
        if len(bare) > 3 and (bare in TAGS or bare in TIME_UNITS or bare in _PLAIN):
            word = bare
    return word, _tag(raw, word), word_value(word)


def _word_token(raw: str, start: int, plain: str) -> Token:
    """The token of a word, or of a number in words; the digits of a superscript glued on are left out."""
    word, tag, value = _known(raw)
    end = start + len(raw)
    token = Token("word", start, end, word, raw, tag=tag)
    if value is not None:
        token.number = Number(raw, value, 0, start, end)
        percent = _PERCENT.match(plain, end)
        if percent:
            token.kind, token.percent, token.end = "number", True, percent.end()
    token.glued = start > 0 and (plain[start - 1].isalnum() or plain[start - 1] in "-/_")
    return token


def _number_token(match: re.Match[str], raw: str, plain: str) -> Token:
    """The token of a number, with its percent sign."""
    start, printed = match.start(), match.group()
    number = _number(printed, start, comma=match.lastgroup == "comma")
    if len(printed) <= 3 and "." not in printed and printed.isdigit():
        before = plain[start - 1] if start else " "
        wide = _THIN.match(raw, start) or (
            _SPACED.match(plain, start) if printed[0] != "0" and not before.isalnum() and before != "-" else None
        )
        if wide is not None:
            number = Number(wide.group(), float(re.sub(r"\D", "", wide.group())), 0, start, wide.end())
    if raw[number.end : number.end + 1] in _PARTS and not number.decimals:
        number = replace(number, value=number.value + _PARTS[raw[number.end]], decimals=1, end=number.end + 1)
    if (text := raw[start : number.end]) != number.text:
        number = replace(number, text=text)
    percent = _PERCENT.match(plain, number.end)
    end = percent.end() if percent else number.end
    token = Token("number", start, end, printed, raw[start:end], number, percent is not None)
    before = plain[start - 1] if start else " "
    token.glued = before.isalpha() or before == "_" or (before in "-/" and start > 1 and plain[start - 2].isalpha())
    return token


def readable(plain: str) -> str:
    """A normalized text with entities decoded and lost equals signs put back (`P50.02`), of the same length.

    Args:
        plain: Normalized text.
    """
    if "&" in plain:
        plain = _ENTITY.sub(lambda match: _ENTITIES[match.group()].ljust(len(match.group())), plain)
    if "\u00c2" in plain:  # a middle dot read in the wrong encoding
        plain = _WRONG_DOT.sub(r" \1.\2", plain)
    if _LOST_SIGN.search(plain):
        plain = _LOST_EQUALS.sub(r"\1=", plain)
    return plain


def scan(plain: str, raw: str) -> list[Token]:
    """The tokens of a text.

    Args:
        plain: Normalized text.
        raw: The text as read, of the same length.
    """
    tokens: list[Token] = []
    commas = _DECIMAL_COMMA.search(plain) is not None
    position, kind = 0, None
    while True:
        fast = _SIMPLE.match(plain, position)
        if fast is not None:  # most words: small letters between spaces
            kind, position = "word", fast.end()
            tokens.append(_word_token(fast.group(1), fast.start(1), plain))
            position = max(position, tokens[-1].end)
            continue
        match = _TOKEN.search(plain, position)
        if match is None:
            break
        if match.lastgroup == "comma" and not commas:
            match = _DIGITS.match(plain, match.start()) or match
        parted = match.lastgroup in ("number", "comma") and kind == "glued"
        kind, start = match.lastgroup, match.start()
        if kind in ("number", "comma"):
            token = _number_token(match, raw, plain)
            token.glued = token.glued and not parted
        elif kind in ("word", "glued"):  # a name to which a lost space has glued its number
            token = _word_token(match.group(), start, plain)
        elif kind == "cell":
            token = Token("sign", start, match.end(), "|", "|")
        elif kind in ("stray", "mark"):
            position = match.end()
            continue
        elif kind == "date":
            token = Token("date", start, match.end(), match.group().lower(), match.group(), iso=iso_date(match.group()))
            if not token.iso:
                token.kind = "noise"
        else:
            token = Token(kind, start, match.end(), match.group().lower(), match.group())  # type: ignore[arg-type]
        if not (kind == "cell" and tokens and tokens[-1].word == "|" and tokens[-1].end == start):
            tokens.append(token)
        position = max(token.end, start + 1)
    for index, token in enumerate(tokens[:-1]):
        if token.kind == "number" and token.glued and tokens[index].start and plain[token.start - 1].isalpha():
            token.glued = not (token.percent and plain[token.start - 2 : token.start - 1] in ("", " "))
    return tokens
