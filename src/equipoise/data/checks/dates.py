"""Dates against each other, against randomization, and against the cut that the data are declared to have."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

from equipoise.data.columns import DATES, find_column, missing_column
from equipoise.data.report import Report, Rule
from equipoise.data.tables import Loaded, used_dates
from equipoise.errors import Where
from equipoise.protocol.endpoints import TimeToEventEndpoint
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

    from equipoise.data.records import EventRecords

__all__ = ["check_cut", "check_deaths", "check_intercurrent_dates", "check_order_of_dates"]

_AFTER_RANDOMIZATION = ("TRTSDT", "TRTEDT", "DTHDT", "EOSDT", "EOTDT")


def check_deaths(protocol: Protocol, adsl: pl.DataFrame, records: EventRecords, file: str, report: Report) -> None:
    """Deaths have a date; the endpoint that counts deaths agrees with ADSL.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_relevant`.
        records: Event records.
        file: File of ADSL.
        report: Takes the problems.
    """
    import polars as pl

    if "DTHFL" not in adsl.columns:
        return
    dead = adsl.filter(pl.col("_relevant") & (pl.col("DTHFL") == "Y"))
    if "DTHDT" not in adsl.columns:
        if dead.height:
            report.warn(
                "data.death_without_date",
                f"{dead.height:,} subjects died and ADSL has no DTHDT",
                "add the dates of death",
                where=Where(file=file, table="ADSL", column="DTHDT"),
            )
        return
    report.rows(
        dead.filter(pl.col("DTHDT").is_null()),
        Rule(
            "data.death_without_date",
            "ADSL",
            "DTHDT",
            "DTHFL is Y and DTHDT is missing",
            "give the date of death, imputed by the rule of the analysis plan where it is partial",
            file=file,
        ),
    )
    report.rows(
        adsl.filter(pl.col("_relevant") & pl.col("DTHDT").is_not_null() & (pl.col("DTHFL").fill_null("N") != "Y")),
        Rule(
            "data.death_without_flag",
            "ADSL",
            "DTHFL",
            "DTHDT is {DTHDT} and DTHFL is not Y",
            "set DTHFL to Y or remove the date",
            "warning",
            file=file,
        ),
    )
    _compare_deaths(protocol, adsl, records, report)


def _compare_deaths(protocol: Protocol, adsl: pl.DataFrame, records: EventRecords, report: Report) -> None:
    """Warns where an endpoint that counts deaths and ADSL disagree."""
    import polars as pl

    deaths = adsl.select("USUBJID", "DTHFL", "DTHDT")
    for name, endpoint in protocol.endpoints.items():
        if not isinstance(endpoint, TimeToEventEndpoint) or name not in records.frames or not _counts_deaths(endpoint):
            continue
        table, source = records.places[name]
        joined = records.frames[name].join(deaths, on="USUBJID", how="inner")
        report.rows(
            joined.filter((pl.col("status") == 1) & (pl.col("DTHFL").fill_null("N") != "Y")),
            Rule(
                "data.death_contradiction",
                table,
                "CNSR",
                f"{name} counts a death, and DTHFL of ADSL is not Y",
                "correct one of them",
                "warning",
                value="DTHFL",
                file=source,
            ),
        )
        report.rows(
            joined.filter((pl.col("status") == 0) & (pl.col("DTHDT") <= pl.col("ADT"))),
            Rule(
                "data.death_contradiction",
                table,
                "ADT",
                f"{name} is censored on {{ADT}}, and ADSL has a death on {{DTHDT}}",
                "correct one of them",
                "warning",
                file=source,
            ),
        )


def _before(table: str, column: str, file: str) -> Rule:
    return Rule(
        "data.before_randomization",
        table,
        column,
        f"{column} is before RANDDT {{RANDDT}}",
        "correct one of the dates",
        "warning",
        file=file,
    )


def check_order_of_dates(
    protocol: Protocol, adsl: pl.DataFrame, records: EventRecords, file: str, report: Report
) -> None:
    """Dates before randomization, are warnings; treatment that ends before it starts is an error.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_relevant`.
        records: Event records.
        file: File of ADSL.
        report: Takes the problems.
    """
    import polars as pl

    subjects = adsl.filter(pl.col("_relevant"))
    if "RANDDT" in adsl.columns:
        named = {found for column in used_dates(protocol) if (found := find_column(column, adsl.columns))}
        late = [column for column in adsl.columns if column in {*_AFTER_RANDOMIZATION, *named}]
        for column in late:
            report.rows(subjects.filter(pl.col(column) < pl.col("RANDDT")), _before("ADSL", column, file))
        start = adsl.select("USUBJID", "RANDDT")
        seen: set[int] = set()
        for key, frame in records.frames.items():
            if id(frame) not in seen:
                seen.add(id(frame))
                early = frame.join(start, on="USUBJID", how="inner").filter(pl.col("ADT") < pl.col("RANDDT"))
                report.rows(early, _before(records.places[key][0], "ADT", records.places[key][1]))
    if {"TRTSDT", "TRTEDT"} <= set(adsl.columns):
        report.rows(
            subjects.filter(pl.col("TRTEDT") < pl.col("TRTSDT")),
            Rule(
                "data.treatment_dates",
                "ADSL",
                "TRTEDT",
                "treatment ends before it starts on {TRTSDT}",
                "correct one of the dates",
                file=file,
            ),
        )


def check_intercurrent_dates(protocol: Protocol, adsl: pl.DataFrame, file: str, report: Report) -> None:
    """Date columns that intercurrent events name are there.

    Args:
        protocol: The declared trial.
        adsl: ADSL, typed.
        file: Its file.
        report: Takes the problems.
    """
    for column, path in used_dates(protocol).items():
        if find_column(column, adsl.columns) is None:
            message, cure = missing_column(column, adsl.columns, path)
            report.error(
                "data.missing_column",
                message,
                cure,
                value=repr(column),
                where=Where(file=file, table="ADSL", column=column, path=path),
            )


def check_cut(
    cut: datetime.date,
    adsl: pl.DataFrame,
    tables: Mapping[str, Loaded],
    records: EventRecords,
    file: str,
    report: Report,
) -> None:
    """No record is after the cut that `data.cut` declares.

    Args:
        cut: The declared cut.
        adsl: ADSL with `_relevant`.
        tables: Typed tables.
        records: Event records.
        file: File of ADSL.
        report: Takes the problems.
    """
    import polars as pl

    def look(frame: pl.DataFrame, table: str, source: str, columns: list[str]) -> None:
        for column in columns:
            report.rows(
                frame.filter(pl.col(column) > cut),
                Rule(
                    "data.after_cut",
                    table,
                    column,
                    f"{column} is after the cut {cut} that the data are declared to have",
                    "correct data.cut or the data; `--cut DATE` re-censors instead",
                    file=source,
                ),
            )

    look(adsl.filter(pl.col("_relevant")), "ADSL", file, [c for c in adsl.columns if _is_date(adsl, c)])
    relevant = adsl.filter(pl.col("_relevant")).select("USUBJID")
    for table in ("ADRS", "ADAE", "ADEX"):
        if table in tables and "USUBJID" in tables[table].frame.columns:
            frame = tables[table].frame
            inside = frame.join(relevant, on="USUBJID", how="semi", maintain_order="left")
            own: list[str] = [c for c in ("ADT", "ASTDT", "AENDT") if c in frame.columns]
            look(inside, table, tables[table].file, own)
    seen: set[int] = set()
    for key, frame in records.frames.items():
        if id(frame) not in seen:
            seen.add(id(frame))
            look(frame, records.places[key][0], records.places[key][1], ["STARTDT", "ADT"])


def _is_date(adsl: pl.DataFrame, column: str) -> bool:
    import polars as pl

    return column in DATES and adsl.schema[column] == pl.Date


def _counts_deaths(endpoint: TimeToEventEndpoint) -> bool:
    return endpoint.death or getattr(endpoint.source, "PARAMCD", None) == "OS"
