"""What an analysis reads: one row a subject, with arm, factors, time, status and reason.

The arm is the planned one or the actual one, as the population declares. Times are as recorded, in the data's own unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from equipoise.data.adam import COMPETING
from equipoise.data.basis import members
from equipoise.data.columns import as_number, as_text, find_column, lookup
from equipoise.data.model import Convention, Datasets
from equipoise.data.report import did_you_mean
from equipoise.errors import PlanError, Problem, UsageError, Where
from equipoise.protocol.endpoints import DerivedSource, TimeToEventEndpoint
from equipoise.protocol.estimand import Intercurrent
from equipoise.protocol.protocol import Protocol
from equipoise.units import days_per

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RESERVED", "declared", "records_of", "subjects", "time_to_event"]

RESERVED = frozenset({"USUBJID", "arm", "time", "status", "reason", "response", "STARTDT", "ADT"})
"""Columns of the frames; no factor may be called so."""

_SAME_DAY = 0.5
"""Times nearer than this, in days, are of one day; the tolerance of the check of times against dates."""

_CARRIED = (
    "TRT01P",
    "TRT01A",
    "RANDFL",
    "RANDDT",
    "TRTSDT",
    "TRTEDT",
    "EOSSTT",
    "EOSDT",
    "DCSREAS",
    "EOTSTT",
    "EOTDT",
    "DCTREAS",
    "DTHFL",
    "DTHDT",
)


def subjects(protocol: Protocol, data: Datasets, population: str) -> pl.DataFrame:
    """The subjects of a population.

    Args:
        protocol: The declared trial.
        data: Its data.
        population: Name of the population.

    Returns:
        One row a subject, in the order of ADSL: `USUBJID`; `arm`, Int32, index in `list(protocol.arms)`; one column a
        factor, named as the factor, holding the printed level (text) or the number (continuous, Float64), null where
        missing; `<factor>__verified` where declared; dates and flags of ADSL under their ADaM names.

    Raises:
        UsageError: There is no such population.
    """
    import polars as pl

    declared("population", population, protocol.populations)
    inside = members(protocol, data.adsl, population)
    adsl = data.adsl.filter(inside)
    arm = "_planned" if protocol.populations[population].arm == "planned" else "_actual"
    columns: list[pl.Series] = [adsl.get_column("USUBJID"), adsl.get_column(arm).alias("arm")]
    for name, factor in protocol.factors.items():
        columns.append(_factor(protocol, adsl, name, factor.column).alias(name))
        if factor.verified is not None:
            columns.append(_factor(protocol, adsl, name, factor.verified).alias(f"{name}__verified"))
    taken = {column.name for column in columns}
    columns += [adsl.get_column(c) for c in _CARRIED if c in adsl.columns and c not in taken]
    return pl.DataFrame(columns).filter(pl.col("arm").is_not_null())


def time_to_event(
    protocol: Protocol,
    data: Datasets,
    endpoint: str,
    population: str,
    *,
    intercurrent: Mapping[str, Intercurrent] | None = None,
) -> pl.DataFrame:
    """Times and statuses of a population.

    Intercurrent events are those of the endpoint's estimand, each replaced by the one of the same name in
    `intercurrent`. A `parameter` takes the records from another PARAMCD; `censor_at` censors at a date of ADSL if that
    comes before the recorded time; `event_at` counts an event there. An event on the day of the intercurrent event
    counts.

    Args:
        protocol: The declared trial.
        data: Its data.
        endpoint: Name of a time-to-event endpoint.
        population: Name of the population.
        intercurrent: Strategies of an analysis that differ from those of the endpoint.

    Returns:
        The columns of `subjects`, and `time` (Float64, in the data's unit, as recorded), `status` (Int8: 0 censored,
        1 event, 2 competing event), `reason` (text), `STARTDT`, `ADT` (dates or null). Subjects without a record are
        left out; `data.notes` counts them.

    Raises:
        UsageError: There is no such endpoint or population, or it is of another kind.
        PlanError: An intercurrent event names a column or parameter that the data lack.
    """
    import polars as pl

    declared("endpoint", endpoint, protocol.endpoints)
    entry = protocol.endpoints[endpoint]
    if not isinstance(entry, TimeToEventEndpoint):
        raise UsageError(Problem("usage.endpoint_kind", f"endpoint {endpoint!r} is not a time to an event"))
    events = dict(entry.estimand.intercurrent) if entry.estimand else {}
    events.update(intercurrent or {})
    parameter = next((event.parameter for event in events.values() if event.parameter), None)
    records, convention = records_of(protocol, data, endpoint, parameter)
    base = subjects(protocol, data, population)
    columns = ["USUBJID", "time", "status", "reason", "STARTDT", "ADT"]
    frame = base.join(records.select(columns), on="USUBJID", how="inner", maintain_order="left")
    for name, event in events.items():
        for key in ("censor_at", "event_at"):
            column = getattr(event, key)
            if column is not None:
                label = event.label or name.replace("_", " ")
                frame = _override(
                    protocol,
                    data,
                    frame,
                    convention,
                    column,
                    label,
                    counts=key == "event_at",
                    path=f"endpoints.{endpoint}.estimand.intercurrent.{name}.{key}",
                )
    return frame.with_columns(pl.col("status").cast(pl.Int8))


def declared(kind: str, name: str, names: Mapping[str, object]) -> None:
    """Raises `UsageError` unless the protocol declares a name.

    Args:
        kind: `population`, `endpoint`.
        name: The name.
        names: What is declared.
    """
    if name not in names:
        hint = did_you_mean(name, names)
        raise UsageError(
            Problem(
                f"usage.unknown_{kind}",
                f"the protocol has no {kind} {name!r}",
                value=repr(name),
                cure=f"{hint + ' ' if hint else ''}it has {', '.join(names)}",
            )
        )


def _factor(protocol: Protocol, adsl: pl.DataFrame, name: str, column: str) -> pl.Series:
    import polars as pl

    factor = protocol.factors[name]
    found = find_column(column, [c for c in adsl.columns if not c.startswith("_")])
    if found is None:
        raise PlanError(
            Problem(
                "data.missing_column",
                f"ADSL has no column {column!r} for the factor {name!r}",
                Where(table="ADSL", column=column, path=f"factors.{name}"),
            )
        )
    dtype = adsl.schema[found]
    if factor.continuous:
        return adsl.select(as_number(found, dtype)).to_series()
    text = adsl.select(as_text(found, dtype)).to_series()
    levels = {value: label for label, value in factor.level_values.items()}
    if not levels:
        return text
    labels, _ = lookup(text, levels, pl.String)
    return labels


def records_of(
    protocol: Protocol, data: Datasets, endpoint: str, parameter: str | None
) -> tuple[pl.DataFrame, Convention]:
    """Records of an endpoint: its own, those of another parameter, or derived from its components.

    Args:
        protocol: The declared trial.
        data: Its data.
        endpoint: Name of a time-to-event endpoint.
        parameter: PARAMCD that stands in for the endpoint's own.

    Returns:
        The records, one row a subject, and how their dates become times.

    Raises:
        PlanError: The data have none.
    """
    key = f"{endpoint}@{parameter}" if parameter else endpoint
    source = protocol.endpoints[endpoint].source
    if key in data.records:
        return data.records[key], data.conventions[key]
    if parameter is None and isinstance(source, DerivedSource):
        parts = [records_of(protocol, data, name, None) for name in source.first_of]
        others = [records_of(protocol, data, name, None)[0] for name in source.competing]
        return _first_of([part[0] for part in parts], others), parts[0][1]
    raise PlanError(
        Problem(
            "data.no_records",
            f"the data have no records for {key.replace('@', ', parameter ')}",
            Where(path=f"endpoints.{endpoint}"),
            cure="load the data with the protocol that names this parameter",
        )
    )


def _first_of(parts: list[pl.DataFrame], competing: list[pl.DataFrame]) -> pl.DataFrame:
    """The earliest event of several endpoints; without one, the earliest of their censoring times.

    An event later than the earliest censoring time still counts: the components watch the same subject. Events on the
    same day: the first declared component gives the reason, and a component's event goes before a competing one. Only
    subjects with a record of every component, competing ones too, have one.
    """
    import polars as pl

    event = pl.col("status") > 0
    second = pl.when(event).then(pl.lit(COMPETING)).otherwise(pl.col("status")).cast(parts[0].schema["status"])
    parts = [*parts, *[part.with_columns(second.alias("status")) for part in competing]]
    stacked = pl.concat([part.with_columns(pl.lit(i).alias("_part")) for i, part in enumerate(parts)])
    complete = stacked.group_by("USUBJID").agg(pl.len().alias("_n")).filter(pl.col("_n") == len(parts))
    stacked = stacked.join(complete.select("USUBJID"), on="USUBJID", how="semi")
    order = stacked.with_columns((pl.col("status") == 0).alias("_censored")).sort(
        ["USUBJID", "_censored", "time", "_part"], maintain_order=True
    )
    return order.unique("USUBJID", keep="first", maintain_order=True).drop("_part", "_censored")


def _override(
    protocol: Protocol,
    data: Datasets,
    frame: pl.DataFrame,
    convention: Convention,
    column: str,
    label: str,
    *,
    counts: bool,
    path: str,
) -> pl.DataFrame:
    """Censors, or counts an event, at a date of ADSL that comes before the recorded end."""
    import polars as pl

    found = find_column(column, data.adsl.columns)
    if found is None or data.adsl.schema[found] != pl.Date:
        raise PlanError(
            Problem(
                "data.missing_column",
                f"ADSL has no date column {column!r}",
                Where(path=path, table="ADSL", column=column),
                cure=did_you_mean(column, data.adsl.columns) or "add the column with the dates",
            )
        )
    start = pl.col("STARTDT")
    if frame.get_column("STARTDT").null_count() == frame.height and "RANDDT" in frame.columns:
        start = pl.coalesce(start, pl.col("RANDDT"))
    per = days_per(protocol.time.data_unit, days_per_month=protocol.time.days_per_month)
    days = (pl.col("_at") - start).dt.total_days() + convention.offset
    frame = frame.join(
        data.adsl.select("USUBJID", pl.col(found).alias("_at")), on="USUBJID", how="left", maintain_order="left"
    ).with_columns((days.cast(pl.Float64) / per).alias("_time"))
    undated = frame.filter(pl.col("_at").is_not_null() & pl.col("_time").is_null())
    if undated.height:
        raise PlanError(
            Problem(
                "data.no_start",
                f"{undated.height:,} subjects have {found} but no date from which to count",
                Where(path=path, table="ADSL", column=found, subject=str(undated.get_column("USUBJID")[0])),
                cure="give STARTDT with the records, or RANDDT in ADSL",
            )
        )
    # Times in months are often rounded: what is less than half a day apart is one day.
    ahead = (pl.col("time") - pl.col("_time")) * per
    early = ahead > _SAME_DAY
    if counts:
        early = early | ((ahead >= -_SAME_DAY) & (pl.col("status") != 1))
    early = early.fill_null(value=False)
    return frame.with_columns(
        pl.when(early).then(pl.max_horizontal(pl.col("_time"), pl.lit(0.0))).otherwise(pl.col("time")).alias("time"),
        pl.when(early).then(1 if counts else 0).otherwise(pl.col("status")).alias("status"),
        pl.when(early).then(pl.lit(label)).otherwise(pl.col("reason")).alias("reason"),
        pl.when(early).then(pl.col("_at")).otherwise(pl.col("ADT")).alias("ADT"),
    ).drop("_at", "_time")
