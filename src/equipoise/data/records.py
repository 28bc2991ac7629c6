"""Event records of each time-to-event endpoint: time as recorded, status, reason, and the dates behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equipoise.data.adam import cnsr_status, coded_status
from equipoise.data.checks.subjects import check_unknown_subjects
from equipoise.data.columns import missing_column
from equipoise.data.conditions import condition
from equipoise.data.model import ROW, Convention
from equipoise.data.report import Report
from equipoise.data.tables import (
    RAW_STATUS,
    RAW_TIME,
    Loaded,
    Reader,
    intercurrent_parameters,
    parameter_hint,
    status_rows,
)
from equipoise.data.times import TimeContext, check_duplicates, check_times, check_units, learn_convention
from equipoise.errors import DataError, Where
from equipoise.protocol.data import TableSource
from equipoise.protocol.endpoints import AdamSource, StatusSource, TimeToEventEndpoint
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["EventRecords", "build_records"]

COLUMNS = ("USUBJID", "time", "status", "reason", "STARTDT", "ADT", ROW)


@dataclass(slots=True)
class EventRecords:
    """Records and conventions by key: endpoint, or `endpoint@PARAMCD`."""

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    conventions: dict[str, Convention] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)


def build_records(protocol: Protocol, tables: dict[str, Loaded], adsl: pl.DataFrame, reader: Reader) -> EventRecords:
    """Builds and checks the records of every endpoint that has its own.

    Args:
        protocol: The declared trial.
        tables: Typed tables.
        adsl: ADSL with `_relevant`.
        reader: Reads the files of mapped endpoints, and takes the problems.

    Returns:
        The records.
    """
    out = EventRecords()
    report = reader.report
    seen: dict[tuple[str, str | None, str | None], str] = {}
    for name, endpoint in protocol.endpoints.items():
        if not isinstance(endpoint, TimeToEventEndpoint):
            continue
        source = endpoint.source
        if isinstance(source, StatusSource):
            _mapped_records(protocol, name, endpoint, source, adsl, reader, out)
        for key, adam in _adam_sources(protocol, name, source):
            same = (adam.table, adam.PARAMCD, adam.where)
            if same in seen:
                first = seen[same]
                if first in out.frames:
                    out.frames[key], out.conventions[key] = out.frames[first], out.conventions[first]
                    out.places[key] = out.places[first]
                continue
            seen[same] = key
            if adam.table in tables:
                _adam_records(protocol, key, adam, tables[adam.table], adsl, report, out)
    _compare_conventions(out, report)
    return out


def _adam_sources(protocol: Protocol, name: str, source: object) -> list[tuple[str, AdamSource]]:
    sources = [(name, source)] if isinstance(source, AdamSource) else []
    base = source if isinstance(source, AdamSource) else AdamSource(table="ADTTE")
    for code in intercurrent_parameters(protocol, name):
        sources.append((f"{name}@{code}", base.model_copy(update={"PARAMCD": code})))
    return sources


def source_rows(table: Loaded, source: TableSource, path: str, report: Report) -> pl.DataFrame | None:
    """Rows of a table that a source picks.

    Args:
        table: The table.
        source: Its PARAMCD and condition.
        path: Place of the source in the protocol.
        report: Takes the problems.

    Returns:
        The rows, or `None` with problems reported.
    """
    import polars as pl

    frame = table.frame
    place = Where(file=table.file, table=source.table, path=path)
    if source.PARAMCD is not None:
        if "PARAMCD" not in frame.columns:
            message, cure = missing_column("PARAMCD", frame.columns, path)
            report.error("data.missing_column", message, cure, where=place)
            return None
        codes = frame.get_column("PARAMCD").drop_nulls().unique().sort().to_list()
        if source.PARAMCD not in codes:
            report.error(
                "data.unknown_parameter",
                f"no row of {source.table} has PARAMCD {source.PARAMCD!r}",
                parameter_hint(source.PARAMCD, codes),
                where=place,
                value=repr(source.PARAMCD),
            )
            return None
        frame = frame.filter(pl.col("PARAMCD") == source.PARAMCD)
    if source.where is not None:
        try:
            frame = frame.filter(
                condition(frame, source.where, path=f"{path}.where", table=source.table, file=table.file)
            )
        except DataError as error:
            report.extend(error.problems)
            return None
    return frame


def _adam_records(
    protocol: Protocol,
    key: str,
    source: AdamSource,
    table: Loaded,
    adsl: pl.DataFrame,
    report: Report,
    out: EventRecords,
) -> None:
    endpoint, _, parameter = key.partition("@")
    path = f"endpoints.{endpoint}.source"
    rows = source_rows(table, source, path, report)
    if rows is None:
        return
    lacking = [column for column in ("USUBJID", "AVAL", "CNSR") if column not in rows.columns]
    for column in lacking:
        message, cure = missing_column(column, rows.columns, f"endpoint {endpoint}")
        report.error(
            "data.missing_column",
            message,
            cure,
            where=Where(file=table.file, table=source.table, column=column, path=path),
        )
    if lacking:
        return
    name = parameter or source.PARAMCD or endpoint
    context = TimeContext(name, source.table, table.file, "AVAL", protocol.time.data_unit, protocol.time.days_per_month)
    rows = _of_relevant(rows, adsl)
    if rows.is_empty():
        report.error(
            "data.no_records",
            f"no randomized subject has a record of {name}",
            "check USUBJID and PARAMCD",
            where=Where(file=table.file, table=source.table, path=path),
        )
        return
    rows = cnsr_status(rows, name, source.table, table.file, report)
    subject = f"subject {{USUBJID}} and {name}"
    _finish(key, rows, context, subject, adsl, report, out)


def _mapped_records(
    protocol: Protocol,
    name: str,
    endpoint: TimeToEventEndpoint,
    source: StatusSource,
    adsl: pl.DataFrame,
    reader: Reader,
    out: EventRecords,
) -> None:
    report = reader.report
    loaded = status_rows(source, name, reader)
    if loaded is None:
        return
    table = f"endpoint {name}"
    known = adsl.get_column("USUBJID")
    check_unknown_subjects(loaded.frame, known, table, loaded.file, report, column=source.subject)
    rows = _of_relevant(loaded.frame, adsl)
    if rows.is_empty():
        report.error(
            "data.no_records",
            f"no randomized subject has a record of {name}",
            "check the subject column and `where`",
            where=Where(file=loaded.file, path=f"endpoints.{name}.source"),
        )
        return
    unit = source.time_unit or protocol.time.data_unit
    path = f"endpoints.{name}.source.time_unit" if source.time_unit else "time.data_unit"
    if unit != protocol.time.data_unit:
        report.error(
            "data.unit",
            f"endpoint {name} is in {unit}, and time.data_unit is {protocol.time.data_unit}: one trial "
            "has one unit of data",
            f"set time.data_unit to {unit}, or convert the file",
            where=Where(path=path, file=loaded.file),
            value=unit,
        )
    days_per_month = protocol.time.days_per_month
    context = TimeContext(name, table, loaded.file, source.time, unit, days_per_month, path, RAW_TIME)
    rows = coded_status(rows, source, RAW_STATUS, table, loaded.file, report, event=endpoint.event or "event")
    _finish(name, rows, context, "subject {USUBJID}", adsl, report, out)


def _of_relevant(rows: pl.DataFrame, adsl: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    relevant = adsl.filter(pl.col("_relevant")).select("USUBJID")
    return rows.join(relevant, on="USUBJID", how="semi", maintain_order="left")


def _finish(
    key: str,
    rows: pl.DataFrame,
    context: TimeContext,
    unique: str,
    adsl: pl.DataFrame,
    report: Report,
    out: EventRecords,
) -> None:
    import polars as pl

    rows = check_times(rows, context, report)
    rows = check_duplicates(rows, context, report, unique)
    check_units(rows, context, report)
    rows = _with_start(rows, adsl, context, report)
    convention = learn_convention(rows, context, report)
    typed = [
        pl.col("USUBJID"),
        pl.col("time"),
        pl.col("status").cast(pl.Int8),
        pl.col("reason"),
        pl.col("STARTDT").cast(pl.Date),
        pl.col("ADT").cast(pl.Date),
        pl.col(ROW),
    ]
    out.frames[key] = rows.select(typed)
    out.conventions[key] = convention
    out.places[key] = (context.table, context.file)


def _with_start(rows: pl.DataFrame, adsl: pl.DataFrame, context: TimeContext, report: Report) -> pl.DataFrame:
    """`STARTDT` and `ADT` where the file lacks them: the start is the date of randomization, ADT null."""
    import polars as pl

    if "ADT" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, dtype=pl.Date).alias("ADT"))
    if "STARTDT" in rows.columns:
        return rows
    if "RANDDT" not in adsl.columns:
        return rows.with_columns(pl.lit(None, dtype=pl.Date).alias("STARTDT"))
    if rows.get_column("ADT").null_count() < rows.height:
        report.find(f"{context.name} has no STARTDT: it starts at RANDDT", context.table)
    start = adsl.select("USUBJID", pl.col("RANDDT").alias("STARTDT"))
    return rows.join(start, on="USUBJID", how="left", maintain_order="left")


def _compare_conventions(out: EventRecords, report: Report) -> None:
    known = {key: c for key, c in out.conventions.items() if c.plus_one is not None}
    if len({c.plus_one for c in known.values()}) > 1:
        plus = ", ".join(key for key, c in known.items() if c.plus_one)
        plain = ", ".join(key for key, c in known.items() if not c.plus_one)
        report.warn(
            "data.time_convention",
            f"{plus} count the day of the start as day 1, and {plain} as day 0",
            "count days in one way for all endpoints",
        )
