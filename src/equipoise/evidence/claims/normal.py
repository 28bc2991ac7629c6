"""Dirty print made regular, character for character, so that every position in the result is that in the text."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from functools import lru_cache

__all__ = ["normalize", "sentence_of", "sentences"]

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\t\r\n\v\f\u2028\u2029"
)
_QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2032": "'"}
_MIDDLE_DOTS = "\u00b7\u2219\u22c5\u30fb\u2022"
_TABLE = str.maketrans(
    {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_SPACES, " "), **_QUOTES, "\u2264": "\u2264", "\u2a7d": "\u2264",
     "\u2a7e": "\u2265", "\uff1d": "=", "\uff1c": "<", "\uff1e": ">", "\uff08": "(", "\uff09": ")", "\uff05": "%"}
)  # fmt: skip
_DOT_IN_NUMBER = re.compile(rf"(?<=\d)[{_MIDDLE_DOTS}](?=\d)|(?<![\w\d])[{_MIDDLE_DOTS}](?=\d)")
_MISREAD_DASH = re.compile(
    "(?<=\\d)(?:\u00e2\u20ac[\"'\u201c\u201d\u0093\u0094]|\u0101)(?=\\d)"
)  # a dash decoded twice
_AFTER = r"[\"')\]]*\s+[\"'(\[]?(?:[A-Z\d]|[a-z]{1,3}[A-Z]|\u2265)"
_GLUED = (
    r"[\"')\]]*\d{1,2}(?:[,-]\d{1,2})*\s+[\"'(\[]?[A-Z]"  # a reference's number, once a superscript: "patients.12 The"
)
_END = re.compile(
    rf"(?<=[a-zA-Z\d)\]%\"'])[.!?](?={_AFTER})|(?<=[a-z)\]%])[.!?](?={_GLUED})|\n\s*\n|\n(?=[-*\u2022#|])|(?<=\|)\s*\n|</tr>"
)
_OPEN_END = re.compile(
    r"(?:[,;:=<>(\[&+/-]|\b(?:of|the|a|an|and|or|to|was|were|is|with|in|for|by|at|vs\.?|versus|CI|P))\s*$"
)
_ROW = re.compile(r"\s*</?t[rdh][ >]")
_HEADER = re.compile(r"\b(?:N|HR|OR|RR|CI|P|Median|p-value|P-value|p value)\b")
_CELL = re.compile(
    r"\s*(?:[<>\u2264\u2265\u2212-]?\s?\d[\d.,\u00b7]*\s?%?(?:\s?[(\[][^()\[\]A-Za-z]{1,24}[)\]])?"
    r"|[Nn]ot reached|N[REA])\s*"
)
_ARMS = 4
_URL = re.compile(r"\s*https?://\S+\s*$")
_ABBREVIATION = re.compile(
    r"(?:\b(?:vs|v|no|fig|dr|drs|prof|mr|mrs|ms|st|approx|ca|cf|al|i\.e|e\.g|inc|ltd|corp|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec"
    r"|n engl j med|engl|med|oncol|p|resp|mos?|yrs?|est|incl)|\b[a-z])$",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)  # those who look for claims and those who look for their context both ask
def normalize(text: str) -> str:
    """`text` with one sign for each meaning: dashes and minus as `-`, spaces and line breaks as a space, decimal dots.

    The length does not change: `normalize(text)[i]` stands for `text[i]`.

    Args:
        text: Any text.
    """
    plain = text.translate(_TABLE)
    if "\u00e2\u20ac" in text or "\u0101" in text:
        plain = _MISREAD_DASH.sub(lambda match: "-".center(len(match.group())), plain)
    return _DOT_IN_NUMBER.sub(".", plain)


def _block_ends(lines: list[tuple[int, int]], text: str) -> list[int]:
    """Ends of those lines of a block that are sentences by themselves: not wrapped, brackets closed.

    In a paragraph that was wrapped, the first word of the next line would not have fitted on a line; in a list, in
    the rows of a table and in a card it would.
    """
    width = max(end - start for start, end in lines)
    firsts = [text[start : start + 40].split(None, 1)[:1] or [""] for start, _ in lines]
    loose = [
        end - start + 1 + len(firsts[index + 1][0]) <= width
        for index, (start, end) in enumerate(lines[:-1])
        if not _OPEN_END.search(text, max(start, end - 16), end)
    ]
    listed = any(loose) or any(len(set(_HEADER.findall(text, start, end))) > 2 for start, end in lines[:3])
    cells = _cells(lines, text)
    out = []
    for index, (start, end) in enumerate(lines[:-1]):
        after = text[lines[index + 1][0] : lines[index + 1][1]].lstrip()[:1]
        line = text[start:end]
        if "|" in line or "\t" in line or after == "|" or "</t" in line or _ROW.match(text, lines[index + 1][0]):
            out.append(end)
        elif (
            line.count("(") > line.count(")") or line.count("[") > line.count("]") or after.islower() or after in ")]=<"
        ):
            continue
        elif index + 1 in cells:
            continue  # a table that lost its grid: "Alive at 5 years", then "52%", then "44%", a line each
        elif _URL.match(line) or (listed and not _OPEN_END.search(text, max(start, end - 16), end)):
            out.append(end)
    return out


def _cells(lines: list[tuple[int, int]], text: str) -> set[int]:
    """Indices of lines that are cells of a row: a number each, up to four behind a label; ticks of an axis are more."""
    found: set[int] = set()
    run: list[int] = []
    for index in range(len(lines) + 1):
        if index < len(lines) and _CELL.fullmatch(text, *lines[index]):
            run.append(index)
            continue
        label = text[slice(*lines[run[0] - 1])].rstrip() if run and run[0] else ""
        if label and len(run) <= _ARMS and not label.endswith((".", "!", "?", ";")):
            found.update(run)
        run = []
    return found


def _line_ends(text: str) -> list[int]:
    """Positions of line breaks at which a sentence ends although no mark says so."""
    out: list[int] = []
    block: list[tuple[int, int]] = []
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip():
            block.append((start, end))
        if block and (not text[start:end].strip() or end == len(text)):
            if len(block) > 1:
                out += _block_ends(block, text)
            block = []
        start = end + 1
    return out


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences of a text, in order, together covering it.

    Blank lines, list items, rows of tables and lines that stand by themselves end a sentence; a line break inside a
    wrapped paragraph does not. Points of decimals and of known abbreviations ("vs.", "P.") do not.

    Args:
        text: The text as read, not normalized (its line breaks count).
    """
    return list(_sentences(text))


@lru_cache(maxsize=1)  # those who look for claims and those who look for their context both ask
def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    ends = _line_ends(text)
    for match in _END.finditer(text):
        if match.group()[0] == "." and _ABBREVIATION.search(text[max(0, match.start() - 14) : match.start()]):
            continue
        ends.append(match.end())
    cuts = [0]
    for end in sorted(set(ends)):
        if text[cuts[-1] : end].strip():
            cuts.append(end)
    if cuts[-1] < len(text):
        cuts.append(len(text))
    return tuple(itertools.pairwise(cuts))


def sentence_of(spans: list[tuple[int, int]], position: int) -> int:
    """Index of the sentence that holds a position.

    Args:
        spans: From `sentences`.
        position: Index of a character.
    """
    return max(0, min(len(spans) - 1, bisect_right(spans, (position, len(spans) and spans[-1][1] + 1)) - 1))
