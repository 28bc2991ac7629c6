"""A text as tokens: numbers, words, signs, dates, and stretches in which no number is a claim."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Literal

from equipoise.evidence.claims.dates import DATE, iso_date
from equipoise.evidence.claims.normal import normalize, sentences
from equipoise.evidence.claims.vocabulary import PHRASES, TAGS, UPPER_TAGS
from equipoise.evidence.claims.words import word_value
from equipoise.evidence.model import Number

__all__ = ["Text", "Token", "tokenize"]

TokenKind = Literal["number", "word", "sign", "date", "ratio", "noise"]


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
        glued: Whether a letter or a hyphen after a letter stands directly before.
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


_NUMBER = r"\d{1,3}(?:,\d{3}){1,4}(?![\d,])(?:\.\d{1,12})?|\d{1,15}\.\d{1,12}|\.\d{1,12}|\d{1,15}"
_TOKEN = re.compile(
    rf"""(?P<noise>https?://\S{{1,2000}}|www\.\S{{1,2000}}|\b10\.\d{{4,9}}/\S{{1,300}}|\b(?:doi|DOI):?\ ?\S{{1,300}}
        |[\w.+-]{{1,64}}@[\w-]{{1,64}}\.[\w.-]{{1,64}}
        |\b(?:NCT|ISRCTN|ACTRN|CTRI|ChiCTR|EUCTR|UMIN|jRCT|NTR|DRKS|PMC|PMID:?\ ?)[\w/-]{{2,40}}
        |\b\d{{4}}-\d{{6}}-\d{{2}}(?:-\d{{2}})?\b
        |[$\u20ac\u00a3\u00a5]\ ?\d[\d,.]{{0,20}}(?:\ ?(?:million|billion|thousand|[mbk])\b)?
        |\b(?:US|CA|AU|C|A)\$\ ?\d[\d,.]{{0,20}}
        |\+?\d{{1,3}}[ -]\(?\d{{3}}\)?[ -]\d{{3}}[ -]\d{{4}}\b|\(\d{{3}}\)\ ?\d{{3}}-\d{{4}}\b|\b\d{{3}}-\d{{3}}-\d{{4}}\b
        |\b(?:19|20)\d\d\ ?;\ ?\d{{1,4}}(?:\ ?\(\d{{1,4}}(?:-\d{{1,4}})?\))?(?::\ ?e?\d{{1,6}}(?:-\d{{1,6}})?)?
        |\b\d{{1,4}}\ ?\(\d{{1,3}}\):\ ?e?\d{{1,6}}(?:-\d{{1,6}})?
        |\b\d{{1,2}}:\d\d(?::\d\d)?\ ?(?:[ap]\.?m\b\.?|GMT|UTC|EST|EDT|CET|h\b)
        |\b\d{{1,3}}\.\d{{1,4}}\.\d{{1,4}}(?:\.\d{{1,4}})*|\d{{16,}}
        |[\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u2080-\u2089]+)
    |(?P<date>{DATE})
    |(?P<ratio>(?<![\d.:])\d{{1,2}}(?:\ ?:\ ?\d{{1,2}}){{1,3}}(?![\d:]|\.\d))
    |(?P<comma>(?<![\w.,])(?:0,\d{{1,5}}|\d{{1,3}},\d{{1,2}})(?![\d,\w]|\.\d))
    |(?P<five>(?<![A-Za-z])(?:[PpNn]|HR|OR|RR)5(?=\ ?0?\.\d))
    |(?P<number>{_NUMBER})
    |(?P<word>[^\W\d_][^\W_]{{0,60}}(?:['-][^\W\d_][^\W_]{{0,60}}){{0,6}})
    |(?P<sign>[^\s\w]|_)""",
    re.VERBOSE,
)
_THIN = re.compile(r"\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+(?!\d)")
_PERCENT = re.compile(r" ?%| ?percent\b(?! ?-? ?point| ?age)| per ?cent\b(?! ?-? ?point)|-percent\b|-per-?cent\b")
_SUPERSCRIPT = re.compile(r"\d{1,3}$")


def _number(text: str, start: int, *, comma: bool = False) -> Number:
    """A number from its characters."""
    plain = text.replace(",", ".") if comma else text.replace(",", "")
    _, _, after = plain.partition(".")
    return Number(text, float(plain), len(after), start, start + len(text))


def _tag(raw: str, word: str) -> str:
    """Tag of a word; of one with the digits of a superscript glued on, that of the word."""
    tag = UPPER_TAGS.get(raw) or TAGS.get(word, "")
    if not tag and word[-1].isdigit():
        bare = _SUPERSCRIPT.sub("", word)
        if len(bare) > 4:
            return TAGS.get(bare, "")
    return tag


def _word_token(match: re.Match[str], plain: str) -> Token:
    """The token of a word, of a number in words, of a letter that was an equals sign."""
    raw, start = match.group(), match.start()
    word = raw.lower()
    if word[-1].isdigit() and len(word) > 5 and _SUPERSCRIPT.sub("", word) in TAGS:
        word = _SUPERSCRIPT.sub("", word)
    token = Token("word", start, match.end(), word, raw, tag=_tag(raw, word))
    value = word_value(word)
    if value is not None:
        token.number = Number(raw, value, 0, start, match.end(), approximate=False)
    token.glued = start > 0 and (plain[start - 1].isalnum() or plain[start - 1] in "-/_")
    return token


def _number_token(match: re.Match[str], raw: str, plain: str, *, comma: bool) -> Token:
    """The token of a number, with its percent sign."""
    start = match.start()
    number = _number(match.group(), start, comma=comma)
    thin = _THIN.match(raw, start) if len(match.group()) <= 3 and "." not in match.group() else None
    if thin is not None:
        text = thin.group()
        number = Number(text, float(re.sub(r"\D", "", text)), 0, start, thin.end())
    if (printed := raw[start : number.end]) != number.text:
        number = replace(number, text=printed)
    percent = _PERCENT.match(plain, number.end)
    end = percent.end() if percent else number.end
    token = Token("number", start, end, match.group(), raw[start:end], number, percent is not None)
    before = plain[start - 1] if start else " "
    token.glued = before.isalpha() or before == "_" or (before in "-/" and start > 1 and plain[start - 2].isalpha())
    return token


def _phrases(tokens: list[Token]) -> None:
    """Tag words that mean something together, on the last of them."""
    count = len(tokens)
    for index, token in enumerate(tokens):
        if token.kind != "word":
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
                break


def tokenize(raw: str) -> Text:
    """The tokens of a text.

    Args:
        raw: The text as read.
    """
    plain = normalize(raw)
    tokens: list[Token] = []
    position = 0
    while (match := _TOKEN.search(plain, position)) is not None:
        kind, start = match.lastgroup, match.start()
        if kind in ("number", "comma"):
            token = _number_token(match, raw, plain, comma=kind == "comma")
        elif kind == "word":
            token = _word_token(match, plain)
        elif kind == "five":
            word = match.group()[:-1]
            tokens.append(Token("word", start, match.end() - 1, word.lower(), word, tag=_tag(word, word.lower())))
            token = Token("sign", match.end() - 1, match.end(), "=", "5")
        elif kind == "date":
            token = Token("date", start, match.end(), match.group().lower(), match.group(), iso=iso_date(match.group()))
            if not token.iso:
                token.kind = "noise"
        else:
            token = Token(kind, start, match.end(), match.group().lower(), match.group())  # type: ignore[arg-type]
        tokens.append(token)
        position = max(token.end, start + 1)
    _phrases(tokens)
    spans = sentences(raw)
    starts = [start for start, _ in spans]
    home = [max(0, bisect_right(starts, token.start) - 1) for token in tokens]
    return Text(raw, plain, tokens, spans, home, [False] * len(tokens))
