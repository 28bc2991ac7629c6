"""SAS transport version 5, written: every limit of the format is checked before a byte is written.

pyreadstat writes the file; it does not check lengths, writes NaN as infinity, clips numbers above 1e75 and lets signs
outside ASCII through, so the checks are here. Source: SAS Institute, TS-140,
The Record Layout of a Data Set in SAS Transport (XPORT) Format.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from equipoise.data.metadata import TableMetadata
from equipoise.errors import Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_xpt", "write_xpt"]

NAME, LABEL, TEXT = 8, 40, 200
"""Most characters of a name and of a label, most bytes of a text."""

_NAME: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,7}$")
# Of IBM's floating point: 16**-65; and what pyreadstat writes faithfully, which ends before 16**63 (7.2e75).
_LARGEST, _SMALLEST = 1e74, 5.397605346934028e-79
_EXACT = 2**53
_FIRST, _LAST = datetime.date(1582, 1, 1), datetime.date(9999, 12, 31)
_FORMATS: Final = {"Date": "DATE9", "Datetime": "DATETIME19", "Time": "TIME8"}
_LISTED = 20


def check_xpt(frame: pl.DataFrame, metadata: TableMetadata, file: str = "") -> list[Problem]:
    """Why a table can't be written as SAS transport version 5: all reasons.

    Args:
        frame: The table, without `_row`.
        metadata: Its name and labels.
        file: How messages call the table's file.

    Returns:
        Problems; those of values name the first rows.
    """
    problems = []
    name = metadata.name
    where = Where(file=file)
    if not _NAME.match(name):
        message = "the name of the table does not fit version 5: letters, digits and _, a letter first, at most 8"
        problems.append(Problem("xpt.name", message, where, repr(name), "rename the file"))
    if _label_problem(metadata.label):
        message = f"the label of the table does not fit version 5: {_label_problem(metadata.label)}"
        problems.append(Problem("xpt.label", message, where, repr(metadata.label), "shorten the label"))
    if not frame.columns:
        problems.append(Problem("xpt.name", "the table has no column", where, cure="write a table with columns"))
    seen: dict[str, str] = {}
    for column in frame.columns:
        where = Where(file=file, column=column)
        if not _NAME.match(column):
            message = "the name does not fit version 5: letters, digits and _, a letter first, at most 8"
            problems.append(Problem("xpt.name", message, where, repr(column), "rename the column"))
        twin = seen.setdefault(column.upper(), column)
        if twin != column:
            message = f"{column} and {twin} differ only in case, which SAS does not see"
            problems.append(Problem("xpt.name", message, where, cure="rename one of them"))
        label = metadata.column(column).label
        if _label_problem(label):
            message = f"the label does not fit version 5: {_label_problem(label)}"
            problems.append(Problem("xpt.label", message, where, repr(label), "shorten the label"))
        problems += _values(frame.get_column(column), where)
    return problems


def _label_problem(label: str) -> str:
    if not label.isascii() or not label.isprintable():
        return "it has signs outside ASCII"
    return f"it has {len(label)} characters, more than {LABEL}" if len(label) > LABEL else ""


def _values(column: pl.Series, where: Where) -> list[Problem]:
    import polars as pl

    dtype = column.dtype
    if dtype == pl.String:
        long = column.str.len_bytes() > TEXT
        foreign = column.str.contains(r"[^\x20-\x7E]")
        return [
            *_rows(
                column, long, where, ("xpt.text", f"the text has more than {TEXT} bytes", "split it in two columns")
            ),
            *_rows(
                column, foreign & ~long, where, ("xpt.ascii", "the text has signs outside ASCII", "write it in ASCII")
            ),
        ]
    if dtype == pl.Boolean or dtype == pl.Null:
        return []
    if dtype.is_float():
        wild = column.is_infinite() | (column.abs() > _LARGEST) | ((column != 0) & (column.abs() < _SMALLEST))
        kind = ("xpt.number", "the number does not fit SAS's: 5.4e-79 to 1e74", "leave it empty, or change its unit")
        return _rows(column, wild & column.is_not_nan(), where, kind)
    if dtype.is_integer():
        kind = ("xpt.number", "the whole number has more digits than SAS keeps (2 to the 53rd)", "write it as text")
        return _rows(column, (column > _EXACT) | (column < -_EXACT), where, kind)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        days = column.cast(pl.Date)
        kind = ("xpt.date", "the date is outside SAS's calendar: 1582 to 9999", "correct the date")
        return _rows(column, ~days.is_between(_FIRST, _LAST), where, kind)
    if dtype == pl.Time or isinstance(dtype, pl.Decimal):
        return []
    message = "values of this type have no place in a SAS transport file"
    return [Problem("xpt.type", message, where, str(dtype), "turn the column into text or numbers")]


def _rows(column: pl.Series, bad: pl.Series, where: Where, kind: tuple[str, str, str]) -> list[Problem]:
    code, message, cure = kind
    places = bad.fill_null(value=False).arg_true().to_list()
    problems = []
    for place in places[:_LISTED]:
        value = str(column[place])
        shown = repr(value if len(value) <= 60 else f"{value[:57]}...")
        row = Where(file=where.file, row=place + 1, column=where.column)
        problems.append(Problem(code, message, row, shown, cure))
    if len(places) > _LISTED:
        counted = f"{len(places):,} rows have this problem; the first {_LISTED} are listed"
        problems.append(Problem(code, counted, where))
    return problems


def write_xpt(frame: pl.DataFrame, path: Path, metadata: TableMetadata) -> None:
    """Writes a table that `check_xpt` found nothing wrong with.

    Dates become SAS dates with the format DATE9., datetimes DATETIME19., times TIME8.; flags of type Boolean become 1
    and 0; a missing text is empty, which SAS does not tell from a missing one.

    Args:
        frame: The table.
        path: Target; its folder must exist.
        metadata: Its name, label, and the labels of its columns.
    """
    import polars as pl
    import pyreadstat

    casts: list[pl.Expr] = []
    formats: dict[str, str] = {}
    for column, dtype in frame.schema.items():
        if dtype.is_float():
            casts.append(pl.col(column).fill_nan(None))
        elif dtype == pl.Boolean or dtype.is_integer() or isinstance(dtype, pl.Decimal):
            casts.append(pl.col(column).cast(pl.Float64))
        elif dtype == pl.Null:
            casts.append(pl.col(column).cast(pl.String))
        if kind := _FORMATS.get(str(dtype.base_type())):
            formats[column] = kind
    pyreadstat.write_xport(
        frame.with_columns(casts),
        str(path),
        file_label=metadata.label,
        column_labels={column: metadata.column(column).label or None for column in frame.columns},
        table_name=metadata.name.upper(),
        file_format_version=5,
        variable_format=formats,
    )
