"""Responses: one a subject, each a declared one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.basis import hint_at_text
from equipoise.data.columns import missing_column
from equipoise.data.records import source_rows
from equipoise.data.report import Report, Rule
from equipoise.data.tables import Loaded
from equipoise.errors import Where
from equipoise.protocol.endpoints import AdamSource, ResponseEndpoint

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_responses"]


def check_responses(
    name: str, endpoint: ResponseEndpoint, picks: AdamSource, table: Loaded, adsl: pl.DataFrame, report: Report
) -> None:
    """Checks the rows of one response endpoint.

    Args:
        name: Name of the endpoint.
        endpoint: Its declaration.
        picks: Its source.
        table: Its table.
        adsl: ADSL with `_relevant`.
        report: Takes the problems.
    """
    import polars as pl

    rows = source_rows(table, picks, f"endpoints.{name}.source", report)
    if rows is None:
        return
    source, file = picks.table, table.file
    lacking = [column for column in ("USUBJID", endpoint.value) if column not in rows.columns]
    for column in lacking:
        message, cure = missing_column(column, rows.columns, f"endpoint {name}")
        report.error("data.missing_column", message, cure, where=Where(file=file, table=source, column=column))
    if lacking:
        return
    relevant = adsl.filter(pl.col("_relevant")).select("USUBJID")
    rows = rows.join(relevant, on="USUBJID", how="semi", maintain_order="left")
    again = rows.filter(~pl.col("USUBJID").is_first_distinct())
    first = rows.filter(pl.col("USUBJID").is_first_distinct()).select("USUBJID", pl.col("_row").alias("_first"))
    report.rows(
        again.join(first, on="USUBJID", how="left"),
        Rule(
            "data.duplicate_record",
            source,
            "USUBJID",
            f"a second response of the subject for {name}; the first is row {{_first}}",
            "keep one record a subject, or say which by `where` in the endpoint's source",
            file=file,
        ),
    )
    _check_values(rows, name, endpoint, source, file, report)


def _check_values(
    rows: pl.DataFrame, name: str, endpoint: ResponseEndpoint, source: str, file: str, report: Report
) -> None:
    import polars as pl

    column = endpoint.value
    order = list(endpoint.order)
    text = rows.get_column(column).cast(pl.String)
    for value in text.drop_nulls().unique(maintain_order=True).to_list():
        if value in order:
            continue
        hint = hint_at_text(value, order)
        report.rows(
            rows.filter(text == value),
            Rule(
                "data.undeclared_response",
                source,
                column,
                f"the response {{{column}}} is not declared" + (f": {hint}" if hint else ""),
                f"write one of {', '.join(map(repr, order))}, or declare it in endpoints.{name}.order",
                file=file,
            ),
        )
    empty = rows.filter(text.is_null())
    if empty.height:
        report.warn(
            "data.missing_response",
            f"{empty.height:,} records of {name} have no response and count as MISSING",
            "nothing, if they are missing",
            value=str(empty.height),
            where=Where(file=file, table=source, column=column, row=empty.get_column("_row")[0]),
        )
