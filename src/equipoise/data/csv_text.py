"""CSV: delimiter, encoding, header and row lengths are checked before polars parses; all columns stay text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from equipoise.data.model import ROW
from equipoise.errors import DataError, Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["parse_csv"]

_DELIMITERS = (",", ";", "\t", "|")


def parse_csv(content: bytes, name: str) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Parses a CSV file.

    Args:
        content: Bytes of the file: UTF-8 with or without byte order mark, UTF-16 with one, else latin-1.
        name: How messages call the file.

    Returns:
        The frame, all columns text, with `_row`; and warnings.

    Raises:
        DataError: No header, a column named twice, rows of another length than the header, an open quote.
    """
    import polars as pl

    text, notes = _decode(content, name)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.lstrip("\n")
    if not text.strip():
        raise DataError(
            Problem(
                "data.empty_file", "the file is empty", Where(file=name), cure="export the table again, with a header"
            )
        )
    delimiter = _delimiter(text)
    header = _header(text, delimiter, name)
    problems = _ragged(text, delimiter, len(header), name)
    if problems:
        raise DataError(problems)
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode()),
            separator=delimiter,
            infer_schema=False,
            new_columns=header,
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise DataError(
            Problem(
                "data.unreadable",
                f"the file is not readable as CSV: {reason}",
                Where(file=name),
                cure="export the table again as CSV with quoted text",
            )
        ) from None
    frame, blank = _without_blank_rows(frame.with_columns(pl.int_range(1, pl.len() + 1).alias(ROW)), header, name)
    return frame, notes + blank


def _without_blank_rows(frame: pl.DataFrame, header: list[str], name: str) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    import polars as pl

    empty = pl.all_horizontal(pl.col(header).is_null() | (pl.col(header) == ""))
    blank = frame.filter(empty).height
    if not blank:
        return frame, ()
    note = Problem(
        "data.blank_rows",
        f"{blank:,} rows without any value were ignored",
        Where(file=name),
        str(blank),
        "delete the empty lines",
        "warning",
    )
    return frame.filter(~empty), (note,)


def _decode(content: bytes, name: str) -> tuple[str, tuple[Problem, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), ()
        except UnicodeDecodeError as error:
            where = Where(file=name)
            cure = "copy or export the file again, as UTF-8"
            raise DataError(Problem("data.unreadable", "the file is broken UTF-16", where, cure=cure)) from error
    if b"\x00" in content[:4096] or content.startswith(b"PK\x03\x04"):
        raise DataError(
            Problem(
                "data.unreadable",
                "the file is not text",
                Where(file=name),
                cure="export the table as CSV; a workbook with another ending is still a workbook",
            )
        )
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        note = Problem(
            "data.encoding",
            "the file is not UTF-8 and was read as latin-1",
            Where(file=name, line=line),
            repr(content[error.start : error.start + 1]),
            "save the file as UTF-8",
            "warning",
        )
        return content.decode("latin-1"), (note,)


def _delimiter(text: str) -> str:
    first = text.lstrip("\n").split("\n", 1)[0]
    bare = "".join(part for i, part in enumerate(first.split('"')) if i % 2 == 0)
    counts = {d: bare.count(d) for d in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda d: counts[d])
    return best if counts[best] else ","


def _header(text: str, delimiter: str, name: str) -> list[str]:
    raw = next(csv.reader(io.StringIO(text), delimiter=delimiter))
    header = [column.strip() for column in raw]
    if header and header[0] == "":
        header[0] = "_unnamed"  # the row names that R's write.csv puts first
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for position, column in enumerate(header, start=1):
        if not column:
            problems.append(
                Problem(
                    "data.header",
                    f"column {position} has no name",
                    Where(file=name, line=1),
                    cure="name the column in the first line, or delete it",
                )
            )
        elif column in seen:
            problems.append(
                Problem(
                    "data.duplicate_column",
                    f"the header names {column!r} twice, as columns {seen[column]} and {position}",
                    Where(file=name, line=1, column=column),
                    repr(column),
                    "rename or delete one of them",
                )
            )
        seen.setdefault(column, position)
    if problems:
        raise DataError(problems)
    return header


def _ragged(text: str, delimiter: str, width: int, name: str) -> list[Problem]:
    """Rows with another number of fields than the header has; blank lines are no rows."""
    import polars as pl

    if '"' in text:
        return _ragged_quoted(text, delimiter, width, name)
    lines = pl.Series("line", text.split("\n"))
    counts = lines.str.count_matches(delimiter, literal=True) + 1
    frame = pl.DataFrame({"line": lines, "fields": counts}).with_row_index("n")
    bad = frame.filter((pl.col("fields") != width) & (pl.col("line").str.strip_chars() != ""))
    problems = [_ragged_row(n, fields, width, name) for n, _, fields in bad.head(20).iter_rows()]
    return _counted(problems, bad.height, name)


def _ragged_quoted(text: str, delimiter: str, width: int, name: str) -> list[Problem]:
    problems: list[Problem] = []
    total = 0
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    row = -1
    try:
        for fields in reader:
            row += 1
            if len(fields) != width and fields and (len(fields) > 1 or fields[0].strip()):
                total += 1
                if total <= 20:
                    problems.append(_ragged_row(row, len(fields), width, name))
    except csv.Error as error:
        problems.append(
            Problem(
                "data.unreadable",
                f"the file is not readable as CSV: {error}",
                Where(file=name, line=reader.line_num),
                cure='close the quote; a quote inside a quoted text is written ""',
            )
        )
    return _counted(problems, total, name)


def _ragged_row(row: int, fields: int, width: int, name: str) -> Problem:
    return Problem(
        "data.ragged_row",
        f"the row has {fields} fields and the header {width}",
        Where(file=name, row=row),
        str(fields),
        "put quotes around values that contain the delimiter, or add the missing ones",
    )


def _counted(problems: list[Problem], total: int, name: str) -> list[Problem]:
    if total > 20:
        message = f"{total:,} rows have this problem; the first 20 are listed"
        problems.append(Problem("data.ragged_row", message, Where(file=name)))
    return problems
