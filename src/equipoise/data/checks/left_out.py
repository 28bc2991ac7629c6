"""Nothing is dropped silently: records of subjects not randomized, and subjects without a record, are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.basis import members
from equipoise.data.frames import records_of
from equipoise.data.model import Datasets
from equipoise.data.records import source_rows
from equipoise.data.report import Report
from equipoise.data.tables import Loaded
from equipoise.errors import PlanError, Where
from equipoise.protocol.data import TableSource
from equipoise.protocol.endpoints import AdamSource, AdverseEventsEndpoint, TimeToEventEndpoint
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["count_events_outside", "count_not_randomized", "count_without_record"]


def count_not_randomized(protocol: Protocol, adsl: pl.DataFrame, tables: dict[str, Loaded], report: Report) -> None:
    """Counts records of subjects that are in ADSL and neither randomized nor in a population.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_relevant`.
        tables: Typed tables.
        report: Takes a warning for each endpoint.
    """
    import polars as pl

    outside = adsl.filter(~pl.col("_relevant")).select("USUBJID")
    if outside.is_empty():
        return
    for name, endpoint in protocol.endpoints.items():
        source = endpoint.source
        if not isinstance(source, TableSource) or source.table not in tables:
            continue
        rows = source_rows(tables[source.table], source, f"endpoints.{name}.source", Report())
        if rows is None or "USUBJID" not in rows.columns:
            continue
        left = rows.join(outside, on="USUBJID", how="semi", maintain_order="left")
        if left.height:
            subjects = left.get_column("USUBJID").n_unique()
            report.warn(
                "data.not_randomized",
                f"{left.height:,} records of {name} belong to {subjects:,} subjects who were not randomized, "
                "and are left out",
                "nothing, if they are screen failures",
                where=Where(
                    file=tables[source.table].file,
                    table=source.table,
                    row=left.get_column("_row")[0],
                    subject=left.get_column("USUBJID")[0],
                ),
                value=str(left.height),
            )


def count_events_outside(protocol: Protocol, adsl: pl.DataFrame, tables: dict[str, Loaded], report: Report) -> None:
    """Counts adverse events that no table will show: not emergent, or of subjects outside the population.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_relevant`.
        tables: Typed tables.
        report: Takes a finding for each endpoint and a warning for each population.
    """
    import polars as pl

    analyses = [(a.endpoint, a.population) for a in protocol.analysis.values() if a.kind == "adverse_events"]
    for name, endpoint in protocol.endpoints.items():
        if not isinstance(endpoint, AdverseEventsEndpoint) or endpoint.source.table not in tables:
            continue
        table = tables[endpoint.source.table]
        rows = source_rows(table, endpoint.source, f"endpoints.{name}.source", Report())
        if rows is None or "USUBJID" not in rows.columns:
            continue
        if endpoint.treatment_emergent and "TRTEMFL" in rows.columns:
            emergent = rows.filter((pl.col("TRTEMFL") == "Y").fill_null(value=False))
            if emergent.height < rows.height:
                count = f"{rows.height - emergent.height:,} of {rows.height:,}"
                report.find(f"{count} events of {name} are not treatment-emergent and not shown", endpoint.source.table)
            rows = emergent
        for population in dict.fromkeys(where for what, where in analyses if what == name):
            inside = members(protocol, adsl, population)
            outside = rows.join(
                adsl.filter(~inside & adsl.get_column("_relevant")).select("USUBJID"),
                on="USUBJID",
                how="semi",
                maintain_order="left",
            )
            if outside.height:
                report.warn(
                    "data.events_outside",
                    f"{outside.height:,} events of {name} belong to subjects outside the population {population}",
                    "check the condition of the population",
                    where=Where(
                        file=table.file,
                        table=endpoint.source.table,
                        row=outside.get_column("_row")[0],
                        subject=outside.get_column("USUBJID")[0],
                    ),
                    value=str(outside.height),
                )


def count_without_record(protocol: Protocol, data: Datasets, report: Report) -> None:
    """Counts the subjects of each analyzed population that have no record of the endpoint.

    Args:
        protocol: The declared trial.
        data: Its data.
        report: Takes a warning for each endpoint and population.
    """
    import polars as pl

    pairs = [(a.endpoint, a.population) for a in protocol.analysis.values() if a.kind == "time_to_event"]
    if not protocol.analysis:
        first = next(iter(protocol.populations))
        pairs = [(name, first) for name, e in protocol.endpoints.items() if isinstance(e, TimeToEventEndpoint)]
    for endpoint, population in dict.fromkeys(pairs):
        try:
            records, _ = records_of(protocol, data, endpoint, None)
        except PlanError as error:
            report.extend(error.problems)
            continue
        inside = data.adsl.filter(members(protocol, data.adsl, population))
        without = inside.join(records.select(pl.col("USUBJID")), on="USUBJID", how="anti", maintain_order="left")
        if without.height:
            report.warn(
                "data.missing_record",
                f"{without.height:,} of {inside.height:,} subjects of {population} have no record of {endpoint}, "
                "and are not in its analysis",
                "add their records: everybody randomized has a time, if only a censored one",
                where=Where(table=records_table(protocol, endpoint), subject=without.get_column("USUBJID")[0]),
                value=str(without.height),
            )


def records_table(protocol: Protocol, endpoint: str) -> str:
    """Where the records of an endpoint come from, for messages.

    Args:
        protocol: The declared trial.
        endpoint: Its name.

    Returns:
        `ADTTE`, or `endpoint death`.
    """
    source = protocol.endpoints[endpoint].source
    return source.table if isinstance(source, AdamSource) else f"endpoint {endpoint}"
