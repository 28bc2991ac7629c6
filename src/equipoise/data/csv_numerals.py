"""Decimal commas and dates of other orders in CSV, where the protocol declares them: rewritten as the rest expects.

Nothing is guessed: without a declaration `1,5` and `31.12.2024` stay text, and are errors where a number or a date is
needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from equipoise.data.model import ROW
from equipoise.errors import Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AS_IS", "DATE_ORDERS", "Numerals", "rewrite"]

DATE_ORDERS: Final = {"DD.MM.YYYY": "%d.%m.%Y", "DD/MM/YYYY": "%d/%m/%Y", "MM/DD/YYYY": "%m/%d/%Y"}
"""Declared order of a date → how it is parsed; ISO 8601 needs no rewriting."""

_COMMA = r"^\s*-?\d+(,\d+)?([eE][+-]?\d+)?\s*$"
_POINT = r"^\s*-?\d{1,3}(\.\d{3})*(,\d+)?\s*$|^\s*-?\d+\.\d+\s*$"


class Numerals(NamedTuple):
    """How a CSV file writes numbers and dates, as `data.decimal` and `data.dates` declare.

    Attributes:
        decimal: The decimal sign, `.` or `,`.
        dates: `YYYY-MM-DD`, or a key of `DATE_ORDERS`.
    """

    decimal: str = "."
    dates: str = "YYYY-MM-DD"


AS_IS: Final = Numerals()
"""Nothing is rewritten."""


def rewrite(frame: pl.DataFrame, numerals: Numerals, name: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Rewrites the texts of a CSV file: decimal commas as points, dates as ISO 8601.

    A column is one of numbers if every value of it is written as one, and at least one has a comma. Dates are rewritten
    value by value; one that no calendar has stays, and is an error where a date is needed.

    Args:
        frame: The table, all columns text.
        numerals: The declaration.
        name: How messages call the file.

    Returns:
        The table, and problems: columns of numbers that have a point although a comma is declared.
    """
    import polars as pl

    problems: list[Problem] = []
    exprs: list[pl.Expr] = []
    for column, dtype in frame.schema.items():
        if dtype != pl.String:
            continue
        values = frame.get_column(column).replace("", None)
        if values.is_null().all():
            continue
        if (order := DATE_ORDERS.get(numerals.dates)) and (found := _dates(values, order)) is not None:
            exprs.append(found.alias(column))
            continue
        if numerals.decimal != ",":
            continue
        if values.str.contains(_COMMA).all(ignore_nulls=True):
            if values.str.contains(",", literal=True).any(ignore_nulls=True):
                exprs.append(pl.col(column).str.replace(",", ".", literal=True))
        elif values.str.contains(f"{_COMMA}|{_POINT}").all(ignore_nulls=True):
            place = values.str.contains(".", literal=True).fill_null(value=False).arg_true()[0]
            problems.append(_pointed(column, str(values[place]), int(frame[ROW][place]), name))
    return frame.with_columns(exprs), problems


def _pointed(column: str, value: str, row: int, name: str) -> Problem:
    message = "numbers with a point, though data.decimal declares a comma: a point could part thousands"
    cure = "write the column's numbers with a decimal comma and no sign between thousands, or drop data.decimal"
    return Problem("data.decimal", message, Where(file=name, row=row, column=column), repr(value), cure)


def _dates(values: pl.Series, order: str) -> pl.Expr | None:
    """The column with dates of this order as ISO 8601; None where no value is one."""
    import polars as pl

    parsed = values.str.strip_chars().str.to_date(order, strict=False)
    if parsed.is_null().all():
        return None
    return pl.lit(pl.select(pl.coalesce(parsed.dt.strftime("%Y-%m-%d"), values)).to_series())
