"""Columns get their type by role: identifiers and codes are text, dates are dates, times and event codes are numbers.

Columns without a role keep the type that the file gave them (text, in a CSV).
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from equipoise.data.model import ROW
from equipoise.data.report import Report, Rule, did_you_mean, show

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "DATES",
    "FLAGS",
    "NUMBERS",
    "TEXTS",
    "as_number",
    "as_text",
    "canonical_number",
    "cast_table",
    "find_column",
    "lookup",
    "missing_column",
]

T = TypeVar("T")

TEXTS: Final = frozenset(
    {
        "STUDYID",
        "USUBJID",
        "SUBJID",
        "SITEID",
        "TRT01P",
        "TRT01A",
        "TRTP",
        "TRTA",
        "ARM",
        "ARMCD",
        "ACTARM",
        "ACTARMCD",
        "ARMNRS",
        "EOSSTT",
        "DCSREAS",
        "EOTSTT",
        "DCTREAS",
        "SCRFREAS",
        "SFREAS",
        "PARAMCD",
        "PARAM",
        "AVALC",
        "AVALU",
        "EVNTDESC",
        "CNSDTDSC",
        "AETOXGR",
        "ATOXGR",
        "AESEV",
        "ASEV",
        "AESER",
        "AEREL",
        "AREL",
        "AEACN",
        "AEOUT",
        "AESDTH",
        "AEBODSYS",
        "AESOC",
        "AEDECOD",
        "AETERM",
    }
)
"""Read as text whatever the file says."""

DATES: Final = frozenset(
    {
        "RANDDT",
        "TRTSDT",
        "TRTEDT",
        "DTHDT",
        "EOSDT",
        "EOTDT",
        "LSTALVDT",
        "ENRLDT",
        "RFICDT",
        "SCRFDT",
        "DCSDT",
        "DCTDT",
        "STARTDT",
        "ADT",
        "ASTDT",
        "AENDT",
        "EXSTDT",
        "EXENDT",
    }
)
"""Read as dates: ISO 8601 text, SAS's 09JUL2012, dates, times of day cut off, or SAS's days since 1960."""

NUMBERS: Final = frozenset({"AVAL", "CNSR"})
"""Read as numbers; text that is none is an error of the column's own kind, raised where the column is used."""

FLAGS: Final = frozenset(
    {
        "ENRLFL",
        "RANDFL",
        "ITTFL",
        "SAFFL",
        "FASFL",
        "PPROTFL",
        "DTHFL",
        "TRTEMFL",
        "AESER",
        "AESDTH",
    }
)
"""Columns that say Y, N, or nothing (which means No)."""

_SAS_EPOCH = datetime.date(1960, 1, 1)
_FIRST, _LAST = datetime.date(1900, 1, 1), datetime.date(2200, 1, 1)


def find_column(name: str, columns: Collection[str]) -> str | None:
    """The column that `name` means: exactly, else the only one that differs in case.

    Args:
        name: A name from the protocol.
        columns: Columns of the table.

    Returns:
        The column's name, or `None`.
    """
    if name in columns:
        return name
    same = [column for column in columns if column.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else None


def as_text(column: str | pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A column as text: whole numbers without a point, dates as ISO 8601, flags of type Boolean as `true`, `false`.

    Args:
        column: Name or expression.
        dtype: Its type.

    Returns:
        An expression of type String; null stays null.
    """
    import polars as pl

    expr = pl.col(column) if isinstance(column, str) else column
    if dtype.is_float():
        whole = (expr == expr.floor()) & (expr.abs() < 1e15)
        return pl.when(whole).then(expr.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(expr.cast(pl.String))
    if dtype == pl.Datetime:
        return expr.dt.strftime("%Y-%m-%d")
    return expr.cast(pl.String)


def as_number(column: str, dtype: pl.DataType) -> pl.Expr:
    """A column as Float64; text that is no number becomes null.

    Args:
        column: Name.
        dtype: Its type.

    Returns:
        An expression of type Float64.
    """
    import polars as pl

    expr = pl.col(column)
    if dtype == pl.String:
        return expr.str.strip_chars().cast(pl.Float64, strict=False)
    return expr.cast(pl.Float64, strict=False)


def canonical_number(text: str) -> str:
    """`"1.0"` and `"01"` as `"1"`; text that is no number as it is.

    Args:
        text: A cell.

    Returns:
        The text by which numbers written differently are equal.
    """
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() else repr(value)


def lookup(column: pl.Series, mapping: Mapping[str, T], dtype: type[pl.DataType]) -> tuple[pl.Series, list[str]]:
    """Translates a text column: by the text itself, else by the number that both sides write.

    Args:
        column: Text, any length.
        mapping: Text in the data → meaning.
        dtype: Type of the result.

    Returns:
        The meanings (null for null and for what the mapping lacks), and the texts that the mapping lacks.
    """
    import polars as pl

    numbers: dict[str, T] = {}
    for key, meaning in mapping.items():
        numbers.setdefault(canonical_number(key), meaning)
    found: dict[str, T] = {}
    unknown: list[str] = []
    for text in column.drop_nulls().unique(maintain_order=True).to_list():
        if text in mapping:
            found[text] = mapping[text]
        elif _is_number(text) and canonical_number(text) in numbers:
            found[text] = numbers[canonical_number(text)]
        else:
            unknown.append(text)
    if not found:
        return pl.Series(column.name, [None] * len(column), dtype=dtype), unknown
    return column.replace_strict(found, default=None, return_dtype=dtype), unknown


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def cast_table(
    frame: pl.DataFrame, table: str, file: str, report: Report, *, dates: Collection[str] = ()
) -> pl.DataFrame:
    """Types the columns of one table by role.

    Args:
        frame: The table, with ADaM names and `_row`.
        table: Its name.
        file: Its file.
        report: Takes problems (impossible dates, flags that are neither Y nor N) and findings (numeric dates).
        dates: Columns that the protocol uses as dates besides the standard ones.

    Returns:
        The table, typed. `CNSR` and `AVAL` that are text stay text: the records say what is wrong with them.
    """
    import polars as pl

    exprs: list[pl.Expr] = []
    for column, dtype in frame.schema.items():
        if column in DATES or column in dates:
            frame = frame.with_columns(_as_date(frame, column, table, file, report))
        elif dtype == pl.Boolean and (column in FLAGS or column.endswith("FL")):
            yes_no = pl.when(pl.col(column)).then(pl.lit("Y")).when(~pl.col(column)).then(pl.lit("N"))
            exprs.append(yes_no.alias(column))
        elif (column in TEXTS or column in FLAGS) and dtype != pl.String:
            exprs.append(as_text(column, dtype).alias(column))
    frame = frame.with_columns(exprs)
    for column in frame.columns:
        if column in FLAGS and frame.schema[column] == pl.String:
            _check_flag(frame, column, table, file, report)
    return frame


def _check_flag(frame: pl.DataFrame, column: str, table: str, file: str, report: Report) -> None:
    import polars as pl

    bad = frame.filter(~pl.col(column).is_in(["Y", "N"]))
    report.rows(
        bad,
        Rule(
            "data.flag",
            table,
            column,
            f"{column} is {{{column}}}, neither Y, N nor empty",
            "write Y, N or leave it empty",
            file=file,
        ),
    )


def _as_date(frame: pl.DataFrame, column: str, table: str, file: str, report: Report) -> pl.Series:
    import polars as pl

    dtype = frame.schema[column]
    raw = frame.get_column(column)
    if dtype == pl.Date:
        parsed = raw
    elif dtype == pl.Datetime:
        parsed = raw.dt.date()
    elif dtype.is_numeric():
        parsed = _sas_dates(raw.cast(pl.Float64))
    elif dtype == pl.String:
        parsed = _text_dates(raw)
    else:
        parsed = pl.Series(column, [None] * frame.height, dtype=pl.Date)
    parsed = parsed.alias(column)
    digits = dtype == pl.String and raw.str.contains(r"^\s*-?\d{1,6}(\.0*)?\s*$").any()
    if (dtype.is_numeric() or digits) and parsed.drop_nulls().len():
        report.find(
            f"{column} has numbers, read as SAS dates (days since 1960): {show(parsed.min())} to {show(parsed.max())}",
            table,
        )
    wrong = raw.is_not_null() & (parsed.is_null() | ~parsed.is_between(_FIRST, _LAST))
    if wrong.fill_null(value=True).any():
        ids = ["USUBJID"] if "USUBJID" in frame.columns else []
        report.rows(
            frame.select(ROW, *ids, column).filter(wrong),
            Rule(
                "data.date",
                table,
                column,
                f"{column} is not a possible date",
                "write dates as YYYY-MM-DD, complete",
                file=file,
            ),
        )
        parsed = parsed.to_frame().select(pl.when(~wrong).then(pl.col(column)).alias(column)).to_series()
    return parsed


def _sas_dates(days: pl.Series) -> pl.Series:
    """SAS's days since 1960-01-01, or seconds where a value is too large for days."""
    import polars as pl

    whole = (
        pl.when(pl.col("d").abs() > 1e7)
        .then((pl.col("d") / 86400).floor())
        .otherwise(pl.col("d").floor())
        .cast(pl.Int64)
    )
    offset = (datetime.date(1970, 1, 1) - _SAS_EPOCH).days
    frame = days.alias("d").to_frame().with_columns(pl.when(pl.col("d").is_finite()).then(pl.col("d")).alias("d"))
    near = (whole - offset).abs() < 200_000
    return frame.select(pl.when(near).then((whole - offset).cast(pl.Int32)).cast(pl.Date).alias("d")).to_series()


def _text_dates(raw: pl.Series) -> pl.Series:
    import polars as pl

    text = pl.col("t").str.strip_chars()
    iso = text.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:$|[T ]\d{2}:\d{2}.*$)").str.to_date("%Y-%m-%d", strict=False)
    sas = text.str.extract(r"^(\d{1,2}[A-Za-z]{3}\d{4})(?:$|[: ].*$)").str.to_date("%d%b%Y", strict=False)
    frame = raw.alias("t").to_frame().select(pl.coalesce(iso, sas).alias("date"), text.alias("t"))
    numeric = frame.get_column("t").str.extract(r"^(-?\d{1,6}(?:\.0*)?)$").cast(pl.Float64, strict=False)
    if numeric.null_count() < numeric.len():
        return frame.with_columns(n=_sas_dates(numeric)).select(pl.coalesce("date", "n")).to_series()
    return frame.get_column("date")


def missing_column(name: str, columns: Collection[str], what: str) -> tuple[str, str]:
    """Message and cure for a column that a table lacks.

    Args:
        name: The column.
        columns: Those that are there.
        what: What needs it, `the endpoint pfs`.

    Returns:
        Message and cure.
    """
    names = sorted(column for column in columns if not column.startswith("_"))
    hint = _hint_at_flag(name, names) if name.upper().endswith("FL") else did_you_mean(name, names)
    listed = ", ".join(names[:25]) + (", ..." if len(names) > 25 else "")
    return f"there is no column {name!r}, which {what} needs", f"{hint + ' ' if hint else ''}the table has {listed}"


def _hint_at_flag(name: str, names: Collection[str]) -> str:
    # Flags share their last letters: ITTFL is not a misspelled DTHFL.
    stems = {column.upper()[:-2]: column for column in names if column.upper().endswith("FL")}
    close = difflib.get_close_matches(name.upper()[:-2], stems, n=1)
    return f"did you mean {stems[close[0]]!r}?" if close else ""
