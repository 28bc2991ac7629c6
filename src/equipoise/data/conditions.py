"""`where:` conditions, read by `polars.sql_expr`; what the data write as text may be compared with numbers."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from equipoise.data.columns import FLAGS, as_text, find_column, missing_column
from equipoise.errors import DataError, Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["condition"]


def condition(frame: pl.DataFrame, where: str, *, path: str, table: str, file: str = "") -> pl.Series:
    """Evaluates a condition on every row.

    A text column whose values are all numbers may be compared with numbers (`etype = 1`) as well as with text
    (`SITEID = '007'`); a date with text (`RANDDT < '2020-01-01'`); a flag that is null or empty is N.

    Args:
        frame: The table.
        where: Condition in SQL.
        path: Its place in the protocol, `populations.itt.where`.
        table: Name of the table.
        file: Name of its file.

    Returns:
        Boolean, one value a row; where SQL says null, false.

    Raises:
        DataError: The condition can't be read, names a column that is not there, or is not true or false on each row.
    """
    import polars as pl

    place = Where(path=path, table=table, file=file)
    try:
        expr = pl.sql_expr(where)
    except (pl.exceptions.PolarsError, ValueError) as error:
        message = f"the condition can't be read: {_brief(error)}"
        raise _refused(
            message,
            place,
            where,
            "write a condition in SQL: SAFFL = 'Y' AND AGE >= 18",
        ) from None
    roots = list(dict.fromkeys(expr.meta.root_names()))
    names: dict[str, str] = {}
    problems: list[Problem] = []
    for root in roots:
        found = find_column(root, [column for column in frame.columns if not column.startswith("_")])
        if found is None:
            message, cure = missing_column(root, frame.columns, "the condition")
            if f'"{root}"' in where or re.search(rf"[=<>]\s*{re.escape(root)}\b", where):
                cure = f"text is written in single quotes: '{root}'; " + cure
            elif path.startswith("populations."):
                cure += "; without `where`, a population is everybody randomized (`arm: planned`) or treated (`actual`)"
            problems.append(
                Problem(
                    "data.unknown_column", message, Where(path=path, table=table, file=file, column=root), where, cure
                )
            )
        else:
            names[root] = found
    if problems:
        raise DataError(problems)
    if not roots:
        message = "the condition names no column"
        raise _refused(message, place, where, "compare a column with a value")
    return _evaluate(frame, expr, names, where, place)


def _evaluate(frame: pl.DataFrame, expr: pl.Expr, names: dict[str, str], where: str, place: Where) -> pl.Series:
    import polars as pl

    choices = [_readings(frame, root, column, where) for root, column in names.items()]
    failure: Exception | None = None
    for combination in itertools.islice(itertools.product(*choices), 64):
        try:
            result = frame.select(combination).select(expr.alias("_")).to_series()
        except pl.exceptions.PolarsError as error:
            failure = failure or error
            continue
        if result.dtype != pl.Boolean or result.len() != frame.height:
            message = "the condition is not true or false for each row"
            raise _refused(
                message,
                place,
                where,
                "compare columns with values: SAFFL = 'Y'",
            )
        return result.fill_null(value=False)
    message = f"the condition can't be applied: {_brief(failure)}"
    raise _refused(
        message,
        place,
        where,
        "compare text with quoted values and numbers with unquoted ones",
    )


def _readings(frame: pl.DataFrame, root: str, column: str, where: str) -> list[pl.Expr]:
    """The ways to read a column, most natural first: as numbers or dates, then as text."""
    import polars as pl

    dtype = frame.schema[column]
    col = pl.col(column)
    if dtype == pl.String:
        if (column in FLAGS or column.endswith("FL")) and not re.search(
            rf"\b{re.escape(root)}\b\"?\s+is\s", where, re.I
        ):
            values = frame.get_column(column).drop_nulls().unique()
            if values.is_in(["Y", "N"]).all():
                col = col.fill_null("N")
        number = col.str.strip_chars().cast(pl.Float64, strict=False)
        values = frame.get_column(column)
        parsed = frame.select(number.alias("_")).to_series()
        if values.null_count() < values.len() and parsed.null_count() == values.null_count():
            return [number.alias(root), col.alias(root)]
        return [col.alias(root)]
    if dtype == pl.Boolean:
        return [col.alias(root), pl.when(col).then(pl.lit("Y")).when(~col).then(pl.lit("N")).alias(root)]
    return [col.alias(root), as_text(column, dtype).alias(root)]


def _refused(message: str, place: Where, where: str, cure: str) -> DataError:
    return DataError(Problem("data.condition", message, place, where, cure))


def _brief(error: Exception | None) -> str:
    return (str(error).strip().splitlines() or [""])[0][:160] if error is not None else ""
