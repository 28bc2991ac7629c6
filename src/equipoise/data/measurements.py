"""Measurements by visit: one row a subject at a visit, with the value that is analyzed and its baseline.

Records that were imputed (DTYPE is filled: LOCF, WOCF, AVERAGE) count only where a condition speaks of DTYPE.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from equipoise.data.columns import as_number, as_text, find_column
from equipoise.data.conditions import condition
from equipoise.data.frames import declared, subjects
from equipoise.data.model import Datasets
from equipoise.data.report import Report, Rule
from equipoise.errors import Problem, UsageError
from equipoise.protocol.continuous import ContinuousEndpoint
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "IMPUTED",
    "at_visit",
    "continuous",
    "cut_measurements",
    "imputed",
    "measured_tables",
    "measurements",
    "picked",
]

IMPUTED = "DTYPE"
"""Column that says how a record was derived; empty in a record that was observed."""


def continuous(
    protocol: Protocol, data: Datasets, endpoint: str, population: str, visit: str, *, where: str | None = None
) -> pl.DataFrame:
    """The subjects of a population with their measurement at a visit.

    Args:
        protocol: The declared trial.
        data: Its data.
        endpoint: Name of a continuous endpoint.
        population: Name of the population.
        visit: The visit, as the data write it.
        where: A further condition on the rows of the endpoint's table.

    Returns:
        The columns of `subjects`, one row for each subject of the population, and `value`, `baseline`, `observed`
        (Float64, in the unit of the measurement; null where there is no record at the visit, or no number in it).

    Raises:
        UsageError: There is no such endpoint or population, or it is of another kind.
        DataError: The condition can't be applied.
    """
    entry = _continuous(protocol, endpoint)
    rows = picked(data.tables[entry.source.table], entry, where, path=f"endpoints.{endpoint}.source.where")
    found = measurements(rows, entry, visit).unique("USUBJID", keep="first", maintain_order=True)
    base = subjects(protocol, data, population)
    return base.join(found, on="USUBJID", how="left", maintain_order="left")


def picked(
    table: pl.DataFrame, entry: ContinuousEndpoint, where: str | None, *, path: str, own: str = "", file: str = ""
) -> pl.DataFrame:
    """Rows of the table that are analyzed, all visits; imputed ones only where a condition speaks of DTYPE.

    Args:
        table: The endpoint's table.
        entry: The endpoint.
        where: A further condition of the analysis.
        path: Place of the endpoint's condition in the protocol.
        own: Place of the analysis' condition in the protocol.
        file: Name of the file.

    Returns:
        The rows.

    Raises:
        DataError: A condition can't be applied.
    """
    import polars as pl

    source = entry.source
    rows = table if source.PARAMCD is None else table.filter(pl.col("PARAMCD") == source.PARAMCD)
    for text, place in ((source.where, path), (where, own or path)):
        if text is not None:
            rows = rows.filter(condition(rows, text, path=place, table=source.table, file=file))
    return rows.filter(~imputed(rows, source.where, where))


def imputed(rows: pl.DataFrame, *conditions: str | None) -> pl.Series:
    """Which rows were imputed although no condition speaks of imputed rows.

    Args:
        rows: Rows of the table.
        *conditions: Those that picked them.

    Returns:
        Boolean, one value a row.
    """
    import polars as pl

    named = {root.casefold() for text in conditions if text for root in pl.sql_expr(text).meta.root_names()}
    column = find_column(IMPUTED, rows.columns)
    if column is None or IMPUTED.casefold() in named:
        return pl.Series([False] * rows.height, dtype=pl.Boolean)
    return rows.get_column(column).is_not_null()


def at_visit(rows: pl.DataFrame, entry: ContinuousEndpoint, visit: str) -> pl.DataFrame:
    """Rows of a visit; its name is compared without blanks around it, a number as it is written (24, not 24.0).

    Args:
        rows: Rows of the endpoint's table.
        entry: The endpoint.
        visit: The visit, as the data write it.
    """
    column = str(find_column(entry.visit, rows.columns))
    return rows.filter(as_text(column, rows.schema[column]).str.strip_chars() == visit.strip())


def measurements(rows: pl.DataFrame, entry: ContinuousEndpoint, visit: str) -> pl.DataFrame:
    """The measurements at a visit.

    Args:
        rows: Rows that are analyzed.
        entry: The endpoint.
        visit: The visit, as the data write it.

    Returns:
        `USUBJID`, `value`, `baseline`, `observed` (null where the endpoint names no such column or the table lacks it).
    """
    import polars as pl

    here = at_visit(rows, entry, visit)

    def number(name: str | None, alias: str) -> pl.Expr:
        column = find_column(name, rows.columns) if name is not None else None
        if column is None:
            return pl.lit(None, dtype=pl.Float64).alias(alias)
        return as_number(column, rows.schema[column]).fill_nan(None).alias(alias)

    return here.select(
        "USUBJID", number(entry.value, "value"), number(entry.baseline, "baseline"), number(entry.observed, "observed")
    )


def cut_measurements(
    table: str, frame: pl.DataFrame, adsl: pl.DataFrame, cut: datetime.date, report: Report
) -> pl.DataFrame:
    """Measurements that were taken after a cut leave; an undated one of a subject is an error.

    Args:
        table: Name of the table.
        frame: The table.
        adsl: ADSL with `_relevant`.
        cut: The date.
        report: Takes undated records (errors) and what left (a finding).

    Returns:
        The rows dated on the cut or before.
    """
    import polars as pl

    date = pl.col("ADT") if "ADT" in frame.columns else pl.lit(None, dtype=pl.Date)
    relevant = adsl.filter(pl.col("_relevant")).select("USUBJID")
    undated = frame.filter(date.is_null()).join(relevant, on="USUBJID", how="semi", maintain_order="left")
    report.rows(
        undated,
        Rule("data.cut_undated", table, "ADT", "a measurement has no date, so that it can't be cut",
             "give ADT with each measurement, or analyze without --cut"),
    )  # fmt: skip
    kept = frame.filter(date <= cut)
    later = frame.filter(date > cut).height
    if later:
        report.find(f"{later:,} measurements are dated after the cut {cut}, and leave", table)
    return kept


def measured_tables(protocol: Protocol) -> set[str]:
    """Tables that continuous endpoints are read from.

    Args:
        protocol: The declared trial.
    """
    return {e.source.table for e in protocol.endpoints.values() if isinstance(e, ContinuousEndpoint)}


def _continuous(protocol: Protocol, endpoint: str) -> ContinuousEndpoint:
    declared("endpoint", endpoint, protocol.endpoints)
    entry = protocol.endpoints[endpoint]
    if not isinstance(entry, ContinuousEndpoint):
        raise UsageError(Problem("usage.endpoint_kind", f"endpoint {endpoint!r} is not continuous"))
    return entry
