"""Tables in a text: rows with `|` or tabs between cells, of which the header may name arms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from equipoise.evidence.claims.context_lists import GROUPS, NO_ARMS, SCHEDULE
from equipoise.evidence.claims.context_phrases import Naming
from equipoise.evidence.claims.context_reader import Phrase, phrase_of
from equipoise.evidence.claims.context_words import Text, Word, slug

__all__ = ["Cell", "Table", "header_phrase", "headers", "of_studies", "tables"]

_LINE = re.compile(r"[^\n]+")
_RULE = re.compile(r"[\s|:+-]*$")
_NO_ARM = re.compile(
    r"(?i)\b(?:hr|hazard|odds|risk|ratio|difference|p[ -]?values?|p|ci|interval|total|overall|all|endpoints?|"
    r"end points?|outcomes?|variable|"
    r"characteristics?|estimates?|effect|efficacy|effectiveness|ve|cases|patients|n|no|subgroups?|baseline|time|visit|"
    r"grade \d.*|any grade)\b"
)


class Cell(NamedTuple):
    """A cell: where its content stands."""

    start: int
    end: int


class Table(NamedTuple):
    """Rows of a table, the first of which is its header."""

    rows: tuple[tuple[Cell, ...], ...]


_MOST_CELLS = 60


def tables(text: Text) -> tuple[Table, ...]:
    """The tables of a text: neighbouring lines with cells.

    Args:
        text: The text.
    """
    if "|" not in text.raw and "\t" not in text.raw:
        return ()
    found: list[list[tuple[Cell, ...]]] = []
    last = -2
    for match in _LINE.finditer(text.raw):
        if "|" not in match.group() and "\t" not in match.group():
            continue
        if _RULE.match(match.group()):
            last = match.end()
            continue
        row = tuple(_cells(text.raw, match.start(), match.end()))
        if not 1 < len(row) <= _MOST_CELLS:
            continue
        between = text.raw[last : match.start()].strip("\n") if found and match.start() - last < 160 else "\n"
        if found and "\n" not in between:
            found[-1].append(row)
        else:
            found.append([row])
        last = match.end()
    return tuple(Table(tuple(rows)) for rows in found if len(rows) > 1)


def _cells(raw: str, start: int, end: int) -> Iterator[Cell]:
    sign = "|" if "|" in raw[start:end] else "\t"
    line = raw[start:end]
    place = 0
    parts = line.split(sign)
    for i, part in enumerate(parts):
        inner = part.strip()
        first = start + place + (len(part) - len(part.lstrip()))
        place += len(part) + 1
        if sign == "|" and not inner and ((i == 0 and not part) or (i == len(parts) - 1 and not parts[0])):
            continue
        yield Cell(first, first + len(inner)) if inner else Cell(start + place - 1, start + place - 1)


def header_phrase(text: Text, cell: Cell, short: dict[str, tuple[str, ...]]) -> Phrase | None:
    """What the header of a column names: its words up to a bracket or "n="; None for a column that is of no arm."""
    content = text.plain[cell.start : cell.end]
    cut = re.search(r"[(\[,]|\b[nN]\s*=|\s-\s", content)
    if cut and cut.start() > 0:
        content = content[: cut.start()]
    if _NO_ARM.search(content) or not content.strip():
        return None
    within = [
        w for w in _words(text, cell.start, cell.start + len(content.rstrip())) if w.stem not in GROUPS | SCHEDULE
    ]
    return phrase_of(within, short, text.plain) if within else None


def _words(text: Text, start: int, end: int) -> list[Word]:
    from bisect import bisect_left

    return list(text.words[bisect_left(text.starts, start) : bisect_left(text.starts, end)])


_STUDY_ROWS = re.compile(
    r"(?i)\s*(?:agents?|drugs?|interventions?|treatments?|comparators?|trials?|study|control|design|sponsor|"
    r"experimental arm|control arm)\b[^a-z]*$"
)


def of_studies(text: Text, table: Table) -> bool:
    """Whether the columns of a table are studies: a row says which drug, or which comparator, each has.

    Args:
        text: The text.
        table: One of its tables.
    """
    return any(_STUDY_ROWS.match(text.plain[row[0].start : row[0].end]) for row in table.rows[1:])


def headers(text: Text, short: Mapping[str, tuple[str, ...]]) -> Iterator[Naming]:
    """Arms that headers of tables name.

    Args:
        text: The text.
        short: Stem of an abbreviation → stems that it stands for.
    """
    for table in tables(text):
        if of_studies(text, table):
            continue
        named = tuple(p for cell in table.rows[0][1:] if (p := header_phrase(text, cell, dict(short))))
        named = tuple(p for p in named if not p.key <= NO_ARMS and slug(p.label))
        if len(named) > 1:
            sized = all(re.search(r"\b[nN]\s*=", text.plain[p.end : p.end + 14]) for p in named)
            yield Naming(named, 5.0 if sized else 3.0, "table")
