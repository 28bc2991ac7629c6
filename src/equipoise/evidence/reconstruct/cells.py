"""Small tables as people save them: any usual separator and decimal sign, with or without a header, long or wide."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

from equipoise.errors import Problem, Where

__all__ = ["Cell", "Grid", "number_of", "read_grid"]

_NUMBER = re.compile(r"[+\-\u2212]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,2})?")
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", ".", "-", "--", "\u2013", "?"})
_SEPARATORS = ("\t", ";", ",", "|")
_MOST_COLUMNS = 200
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place.

    Attributes:
        text: Its characters.
        line: Its line in the file, from 1.
    """

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts.

    Attributes:
        file: Path as given.
        names: Names of the columns; "" for those without one.
        rows: Cells, as many a row as there are names.
        notes: What had to be supposed to read it.
        second: The row below the names where it has no number either, as in tables of pairs of columns.
    """

    file: str
    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    second: tuple[str, ...] = ()

    def where(self, line: int, column: str = "") -> Where:
        """The place of a problem.

        Args:
            line: Line in the file.
            column: Name of the column.
        """
        return Where(file=self.file, line=line, column=column)


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value.

    Args:
        text: Its characters.
    """
    return text.strip().casefold() in _MISSING


def number_of(text: str) -> float | None:
    """The number that a cell means, percent signs aside; None where it is none.

    Args:
        text: Its characters: `0.54`, `54 %`, `,54`, `54,1`, `1e-2`.
    """
    plain = text.strip().removesuffix("%").strip().replace("\u2212", "-").replace("\u00b7", ".").replace("\u00a0", "")
    if not _NUMBER.fullmatch(plain):
        return None
    return float(plain.replace(",", "."))


def _of_a_table(problem: Problem) -> Problem:
    cures = {
        "evidence.too_large": "leave points out: a few hundred are more than a figure can tell",
        "evidence.not_text": "save the table as CSV",
        "evidence.empty": "check that the table was saved",
    }
    cure = cures.get(problem.code)
    if cure is None:
        return problem
    return replace(problem, message=problem.message.replace("no report of a trial", "no digitized curve"), cure=cure)


def read_grid(path: Path) -> tuple[Grid | None, list[Problem]]:
    """A table from a text file.

    Args:
        path: The file.

    Returns:
        The table, or None with the reasons.
    """
    from equipoise.errors import EvidenceError
    from equipoise.evidence.reading import document_of, read_document

    try:
        document = read_document(path)
        if document.kind == "html":  # a table does not begin with a tag
            document = document_of(path.read_bytes(), path.with_suffix(".csv").name)
    except EvidenceError as error:
        return None, [_of_a_table(problem) for problem in error.problems]
    notes = list(document.notes)
    lines = [(number, line) for number, line in enumerate(document.text.split("\n"), start=1) if _holds(line)]
    for number, line in lines:
        if len(line) > _LONGEST:
            where = Where(file=str(path), line=number)
            said, cure = f"the line has more than {_LONGEST:,} characters", "write a point or a time on each line"
            return None, [Problem("curve.columns", said, where, line[:20] + "\u2026", cure)]
    separator = _separator([line for _, line in lines])
    rows = []
    for number, line in lines:
        cells = line.split() if separator == " " else next(csv.reader(io.StringIO(line), delimiter=separator))
        rows.append(tuple(Cell(cell.strip(), number) for cell in cells[:_MOST_COLUMNS]))
    if not rows:
        problem = Problem("curve.columns", "there are no rows", Where(file=str(path)), cure="check the file")
        return None, [problem]
    width = max(len(row) for row in rows)
    padded = [row + tuple(Cell("", row[0].line) for _ in range(width - len(row))) for row in rows]
    while len(padded) and width > 1 and all(not row[width - 1].text for row in padded):
        width -= 1
        padded = [row[:width] for row in padded]
    heads = 0
    while heads < min(2, len(padded)) and not _has_data(padded[heads], first=heads == 0):
        heads += 1
    names = tuple(cell.text.strip("\"' ") for cell in padded[0]) if heads else ("",) * width
    second = tuple(cell.text for cell in padded[1]) if heads == 2 else ()
    return Grid(str(path), names, tuple(padded[heads:]), tuple(notes), second), []


def _holds(line: str) -> bool:
    return bool(line.strip(" \t,;|\r")) and not line.lstrip().startswith("#")


def _separator(lines: list[str]) -> str:
    """The sign that parts the same number of cells in most lines; white space where there is none."""
    for sign in _SEPARATORS:
        counts = [line.count(sign) for line in lines[:50]]
        usual = sorted(counts)[len(counts) // 2] if counts else 0
        if usual:
            # "54,1 0,93" has commas and is parted by white space.
            if sign == "," and all(
                len(line.split()) > 1 and number_of(line.split()[0]) is not None for line in lines[1:4]
            ):
                first = lines[min(1, len(lines) - 1)].split()
                if len(first) > 1 and all(number_of(one) is not None for one in first[:2]):
                    continue
            return sign
    return " "


def _has_data(row: tuple[Cell, ...], *, first: bool) -> bool:
    """Whether a row holds values: a header has no number, but for times that follow the name of a row of arms."""
    numbers = [number_of(cell.text) for cell in row]
    times = [one for one in numbers[1:] if one is not None]
    if first and len(row) > 2 and numbers[0] is None and len(times) == len(row) - 1:
        # "arm, 0, 6, 12": a name of the rows, or none, then times
        return is_missing(row[0].text) and (len(times) < 3 or times != sorted(set(times)))
    return any(one is not None for one in numbers)
