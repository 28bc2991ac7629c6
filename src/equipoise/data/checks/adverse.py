"""Adverse events: grades and severities of their scale, dates in order, and the columns that the tables need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.columns import as_number, missing_column
from equipoise.data.conditions import condition
from equipoise.data.events import SEVERITIES, first_column, grading_of
from equipoise.data.records import source_rows
from equipoise.data.report import Report, Rule
from equipoise.data.tables import Loaded
from equipoise.errors import DataError, Where
from equipoise.protocol.endpoints import AdverseEventsEndpoint

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_adverse_events"]


def check_adverse_events(
    name: str, endpoint: AdverseEventsEndpoint, table: Loaded, adsl: pl.DataFrame, report: Report
) -> None:
    """Checks the rows of one adverse-events endpoint.

    Args:
        name: Name of the endpoint.
        endpoint: Its declaration.
        table: Its table.
        adsl: ADSL with `_relevant`.
        report: Takes the problems.
    """
    import polars as pl

    path = f"endpoints.{name}"
    rows = source_rows(table, endpoint.source, f"{path}.source", report)
    if rows is None or not _has_columns(name, endpoint, table, report):
        return
    relevant = adsl.filter(pl.col("_relevant")).select("USUBJID")
    rows = rows.join(relevant, on="USUBJID", how="semi", maintain_order="left")
    source, file = endpoint.source.table, table.file
    if grading_of(table.frame, endpoint) == "toxicity_grade":
        _check_grades(rows, source, file, report)
    else:
        _check_severities(rows, source, file, report)
    _check_coding(rows, source, file, report)
    _check_dates(rows, adsl, source, file, report)
    _check_fatal(rows, source, file, report)
    plain = rows.select(c for c in rows.columns if not c.startswith("_"))
    for group, where in endpoint.of_interest.items():
        try:
            condition(plain, where, path=f"{path}.of_interest.{group}", table=source, file=file)
        except DataError as error:
            report.extend(error.problems)


def _has_columns(name: str, endpoint: AdverseEventsEndpoint, table: Loaded, report: Report) -> bool:
    columns = table.frame.columns
    graded = {"toxicity_grade": ("AETOXGR", "ATOXGR"), "severity": ("AESEV", "ASEV")}
    scale = graded.get(endpoint.grading, ("AETOXGR", "ATOXGR", "AESEV", "ASEV"))
    needs = [("USUBJID",), ("AEBODSYS", "AESOC"), ("AEDECOD", "AETERM"), scale]
    if endpoint.treatment_emergent:
        needs.append(("TRTEMFL",))
    complete = True
    for alternatives in needs:
        if first_column(table.frame, *alternatives) is None:
            complete = False
            message, cure = missing_column(alternatives[0], columns, f"endpoint {name}")
            if len(alternatives) > 1:
                message = f"there is none of the columns {', '.join(alternatives)}, one of which endpoint {name} needs"
                cure = f"add one of them, or map a column of yours to it; {cure}"
            if alternatives == ("TRTEMFL",):
                cure = f"set endpoints.{name}.treatment_emergent to false, or add the flag; " + cure
            report.error(
                "data.missing_column",
                message,
                cure,
                where=Where(file=table.file, table=endpoint.source.table, column=alternatives[0]),
            )
    absent = [c for c in ("AESER", "AEREL", "AEACN", "AEOUT") if c not in columns]
    if absent:
        report.warn(
            "data.missing_column",
            f"{', '.join(absent)} are not there: what they say of an event is unknown",
            "add the columns",
            where=Where(file=table.file, table=endpoint.source.table),
            value=", ".join(absent),
        )
    return complete


def _check_grades(rows: pl.DataFrame, table: str, file: str, report: Report) -> None:
    import polars as pl

    column = first_column(rows, "AETOXGR", "ATOXGR")
    if column is None:
        return
    grade = as_number(column, rows.schema[column])
    bad = rows.filter(pl.col(column).is_not_null() & ~grade.is_in([1.0, 2.0, 3.0, 4.0, 5.0]).fill_null(value=False))
    report.rows(
        bad,
        Rule(
            "data.grade",
            table,
            column,
            f"{column} is {{{column}}}, not a grade from 1 to 5",
            "write the grade as 1, 2, 3, 4 or 5, or leave it empty where it is missing",
            file=file,
        ),
    )


def _check_severities(rows: pl.DataFrame, table: str, file: str, report: Report) -> None:
    import polars as pl

    column = first_column(rows, "AESEV", "ASEV")
    if column is None:
        return
    known = pl.col(column).str.strip_chars().str.to_uppercase().is_in(list(SEVERITIES))
    report.rows(
        rows.filter(pl.col(column).is_not_null() & ~known),
        Rule(
            "data.severity",
            table,
            column,
            f"{column} is {{{column}}}, not a severity",
            f"write one of {', '.join(SEVERITIES)}, or leave it empty where it is missing",
            file=file,
        ),
    )


def _check_coding(rows: pl.DataFrame, table: str, file: str, report: Report) -> None:
    import polars as pl

    for names, what in ((("AEBODSYS", "AESOC"), "class"), (("AEDECOD", "AETERM"), "term")):
        column = first_column(rows, *names)
        if column is not None:
            report.rows(
                rows.filter(pl.col(column).is_null()),
                Rule(
                    "data.not_coded",
                    table,
                    column,
                    f"the event has no {what}, and is listed as NOT CODED",
                    "code the event",
                    "warning",
                    file=file,
                ),
            )


def _check_dates(rows: pl.DataFrame, adsl: pl.DataFrame, table: str, file: str, report: Report) -> None:
    import polars as pl

    if {"ASTDT", "AENDT"} <= set(rows.columns):
        report.rows(
            rows.filter(pl.col("AENDT") < pl.col("ASTDT")),
            Rule(
                "data.event_dates",
                table,
                "AENDT",
                "the event ends before it starts on {ASTDT}",
                "correct one of the dates",
                "warning",
                file=file,
            ),
        )
    if {"ASTDT", "TRTEMFL"} <= set(rows.columns) and "TRTSDT" in adsl.columns:
        first = adsl.select("USUBJID", pl.col("TRTSDT").alias("_first"))
        report.rows(
            rows.join(first, on="USUBJID", how="inner").filter(
                (pl.col("TRTEMFL") == "Y") & (pl.col("ASTDT") < pl.col("_first"))
            ),
            Rule(
                "data.emergent_before_treatment",
                table,
                "ASTDT",
                "a treatment-emergent event starts before the first dose on {_first}",
                "correct the flag or the date",
                "warning",
                file=file,
            ),
        )


def _check_fatal(rows: pl.DataFrame, table: str, file: str, report: Report) -> None:
    import polars as pl

    if {"AEOUT", "AESER"} <= set(rows.columns):
        fatal = pl.col("AEOUT").str.strip_chars().str.to_uppercase() == "FATAL"
        report.rows(
            rows.filter(fatal & (pl.col("AESER").fill_null("N") != "Y")),
            Rule(
                "data.fatal_not_serious",
                table,
                "AESER",
                "a fatal event is not marked serious; it counts as fatal and not as serious",
                "set AESER to Y",
                "warning",
                file=file,
            ),
        )
