"""Adverse events in time: who is at risk, and which events have no place in it. Nothing leaves without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.basis import members
from equipoise.data.events import event_rows
from equipoise.data.model import Datasets
from equipoise.data.periods import dates_at_risk
from equipoise.data.report import Report, Rule
from equipoise.errors import PlanError
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

    from equipoise.protocol.analysis import SafetyAnalysis

__all__ = ["check_time_at_risk"]

_OVER_TIME = "rates and counts over time"


def check_time_at_risk(protocol: Protocol, data: Datasets, report: Report) -> None:
    """Lists what rates and counts over time can't use, for each analysis of adverse events.

    Args:
        protocol: The declared trial.
        data: Its data, checked and cut.
        report: Takes subjects without time at risk, events without a date and events after death as warnings, and
            counts of events outside the time at risk as findings.
    """
    seen: set[tuple[str, str, object]] = set()
    for name, analysis in protocol.analysis.items():
        if analysis.kind != "adverse_events" or (key := _key(analysis)) in seen:
            continue
        seen.add(key)
        source = getattr(protocol.endpoints[analysis.endpoint].source, "table", "")
        if source not in data.tables:
            continue
        try:
            dates = dates_at_risk(protocol, data, analysis)
        except PlanError:  # the analysis itself says what is wrong
            continue
        if dates is not None:
            _check(protocol, data, (name, analysis, source), dates, report)


def _key(analysis: SafetyAnalysis) -> tuple[str, str, object]:
    return analysis.endpoint, analysis.population, analysis.at_risk


def _check(
    protocol: Protocol, data: Datasets, what: tuple[str, SafetyAnalysis, str], dates: pl.DataFrame, report: Report
) -> None:
    import polars as pl

    name, analysis, source = what
    files = {table: file.path for file in data.files for table in file.table.split(", ")}
    inside = data.adsl.filter(members(protocol, data.adsl, analysis.population)).join(
        dates.rename({"first": "_first", "last": "_last", "death": "_death", "days": "_days"}),
        on="USUBJID",
        how="left",
        maintain_order="left",
    )
    end = analysis.at_risk.column or ("TRTEDT" if analysis.at_risk.until == "treatment_end" else "EOSDT")
    report.rows(
        inside.filter(pl.col("_days").is_null()),
        Rule(
            "data.no_time_at_risk",
            "ADSL",
            "TRTSDT",
            f"the subject has no known time at risk (from {{_first}} to {{_last}}), and is not in {_OVER_TIME}",
            f"give the first dose, TRTSDT, and {end}",
            "warning",
            value="_first",
            file=files.get("ADSL", ""),
        ),
    )
    held = inside.filter(pl.col("_days").is_not_null()).select("USUBJID", "_first", "_last", "_death")
    rows = event_rows(protocol, data, analysis.endpoint).join(held, on="USUBJID", how="inner", maintain_order="left")
    if "ASTDT" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, dtype=pl.Date).alias("ASTDT"))
    _events(rows, name, source, files.get(source, ""), report)


def _events(rows: pl.DataFrame, name: str, source: str, file: str, report: Report) -> None:
    """Events without a place in time: undated and after death by row, those outside the time at risk by number."""
    import polars as pl

    said = " (AESTDTC is {AESTDTC})" if "AESTDTC" in rows.columns else ""
    report.rows(
        rows.filter(pl.col("ASTDT").is_null()),
        Rule(
            "data.event_undated",
            source,
            "ASTDT",
            f"the event has no date of start{said}, and is not in {_OVER_TIME}",
            "impute ASTDT by the rule of the analysis plan, and mark it in ASTDTF",
            "warning",
            file=file,
        ),
    )
    after = (pl.col("ASTDT") > pl.col("_death")).fill_null(value=False)
    report.rows(
        rows.filter(after),
        Rule(
            "data.event_after_death",
            source,
            "ASTDT",
            f"the event starts after the death on {{_death}}, and is not in {_OVER_TIME}",
            "correct one of the dates",
            "warning",
            file=file,
        ),
    )
    for count, words in (
        (rows.filter(pl.col("ASTDT") < pl.col("_first")).height, "start before the first dose"),
        (rows.filter((pl.col("ASTDT") > pl.col("_last")) & ~after).height, "start after the time at risk"),
    ):
        if count:
            report.find(f"{name}: {count:,} of {rows.height:,} events {words}, and are not in {_OVER_TIME}", source)
