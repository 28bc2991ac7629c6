"""Adverse events in time: how long each subject is at risk, and on which day of it each event starts.

Day 1 is the day of the first dose. A subject is at risk from it until the end that the analysis declares (the last
dose, some days after it, or the end of the study), but not beyond the end of the study, the data cut or death. An event
counts on the day it starts, the last day at risk and the day of death included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equipoise.data.columns import as_number, find_column
from equipoise.data.events import adverse_events
from equipoise.data.frames import subjects
from equipoise.data.model import Datasets
from equipoise.errors import PlanError, Problem, Where
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

    from equipoise.protocol.analysis import AtRiskPeriod, SafetyAnalysis

__all__ = ["AtRisk", "at_risk", "dates_at_risk"]


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Subjects with their time at risk, and their events in it.

    Attributes:
        people: One row a subject with a known period: `USUBJID`; `arm` (Int32); `days` (Float64, from 1: the number of
            the last day at risk); `died` (Boolean, whether death ended it).
        events: Events in that period: the columns of `adverse_events`, and `day` (Float64, from 1).
        no_period: Subjects without a first dose, or whose end is not known: not at risk.
        undated: Events without a date of start.
        early: Events that start before the first dose.
        late: Events that start after the end of the period.
        unplaced: Events of subjects without a period.
        imputed: Events in the period whose date of start was imputed (`ASTDTF`).
        deaths_undated: Deaths without any date, which end nothing.
        deaths_of_events: Deaths dated by a fatal event, as ADSL has no date.
        until: What ends the period, in words.
    """

    people: pl.DataFrame
    events: pl.DataFrame
    no_period: int = 0
    undated: int = 0
    early: int = 0
    late: int = 0
    unplaced: int = 0
    imputed: int = 0
    deaths_undated: int = 0
    deaths_of_events: int = 0
    until: str = field(default="")


def at_risk(protocol: Protocol, data: Datasets, analysis: SafetyAnalysis) -> AtRisk | None:
    """Times at risk and days of events of an analysis of adverse events.

    Args:
        protocol: The declared trial.
        data: Its data.
        analysis: The analysis: endpoint, population and period at risk.

    Returns:
        The periods and the events in them, and counts of what is left out; `None` where ADSL has no first dose (and
        ADEX none either) or no column with the declared end.

    Raises:
        PlanError: The declared column is not a date of ADSL.
    """
    import polars as pl

    dates = dates_at_risk(protocol, data, analysis)
    if dates is None:
        return None
    inside = subjects(protocol, data, analysis.population).select("USUBJID", "arm")
    dates = inside.join(dates, on="USUBJID", how="left", maintain_order="left")
    known = dates.filter(pl.col("days").is_not_null())
    events = adverse_events(protocol, data, analysis.endpoint, analysis.population)
    place = events.join(known.select("USUBJID", "first", "days"), on="USUBJID", how="left", maintain_order="left")
    place = place.with_columns(((pl.col("start") - pl.col("first")).dt.total_days() + 1).cast(pl.Float64).alias("day"))
    held, dated = pl.col("days").is_not_null(), pl.col("start").is_not_null()
    within = place.filter((pl.col("day") >= 1) & (pl.col("day") <= pl.col("days")))
    return AtRisk(
        people=known.select("USUBJID", "arm", "days", "died"),
        events=within.drop("first", "days"),
        no_period=dates.height - known.height,
        undated=place.filter(held & ~dated).height,
        early=place.filter(pl.col("day") < 1).height,
        late=place.filter(pl.col("day") > pl.col("days")).height,
        unplaced=place.filter(~held).height,
        imputed=within.filter(pl.col("imputed")).height,
        deaths_undated=known.filter(pl.col("died_undated")).height,
        deaths_of_events=known.filter(pl.col("died_by_event")).height,
        until=_words(analysis.at_risk),
    )


def dates_at_risk(protocol: Protocol, data: Datasets, analysis: SafetyAnalysis) -> pl.DataFrame | None:
    """First and last day at risk of every subject of ADSL.

    Args:
        protocol: The declared trial.
        data: Its data.
        analysis: The analysis.

    Returns:
        `USUBJID`; `first`, `last`, `death` (dates or null); `days` (Float64, null where there is no period); `died`,
        `died_undated`, `died_by_event` (Boolean). `None` where there is no first dose or no end for anybody.

    Raises:
        PlanError: The declared column is not a date of ADSL.
    """
    import polars as pl

    period = analysis.at_risk
    starts, ends = _treatment(data), _ends(protocol, data, period)
    if starts is None or ends is None:
        return None
    frame = (
        data.adsl.select("USUBJID")
        .join(starts, on="USUBJID", how="left", maintain_order="left")
        .join(ends, on="USUBJID", how="left", maintain_order="left")
        .join(_deaths(protocol, data, analysis.endpoint), on="USUBJID", how="left", maintain_order="left")
    )
    if period.column is None and period.until == "treatment_end":
        # Exposure may know the last dose where ADSL does not.
        frame = frame.with_columns(pl.coalesce("end", "dosed").alias("end"))
    known = data.cut or protocol.data.cut
    limits = [pl.col("end") + pl.duration(days=period.plus_days), pl.col("study_end"), pl.col("death")]
    limits += [pl.lit(known)] if known is not None else []
    last = pl.when(pl.col("end").is_not_null()).then(pl.min_horizontal(limits))
    frame = frame.with_columns(last.cast(pl.Date).alias("last"))
    days = (pl.col("last") - pl.col("first")).dt.total_days() + 1
    frame = frame.with_columns(pl.when(days >= 1).then(days).cast(pl.Float64).alias("days"))
    return frame.with_columns(
        (pl.col("death").is_not_null() & (pl.col("death") == pl.col("last"))).fill_null(value=False).alias("died"),
    ).select("USUBJID", "first", "last", "death", "days", "died", "died_undated", "died_by_event")


def _treatment(data: Datasets) -> pl.DataFrame | None:
    """`USUBJID`, `first` and `dosed`: first dose from ADSL, else ADEX, and the last day of ADEX."""
    import polars as pl

    adsl, adex = data.adsl, data.tables.get("ADEX")
    frame = adsl.select("USUBJID", pl.col("TRTSDT").alias("first")) if "TRTSDT" in adsl.columns else None
    if adex is None or not {"USUBJID", "ASTDT"} <= set(adex.columns):
        return None if frame is None else frame.with_columns(pl.lit(None, dtype=pl.Date).alias("dosed"))
    ended = pl.lit(None, dtype=pl.Date)
    if "AENDT" in adex.columns:
        ended = pl.when(pl.col("AENDT").is_not_null().any()).then(pl.col("AENDT").max())
    doses = adex.group_by("USUBJID").agg(pl.col("ASTDT").min().alias("_first"), ended.alias("dosed"))
    frame = frame if frame is not None else adsl.select("USUBJID", pl.lit(None, dtype=pl.Date).alias("first"))
    joined = frame.join(doses, on="USUBJID", how="left", maintain_order="left")
    return joined.select("USUBJID", pl.coalesce("first", "_first").alias("first"), "dosed")


def _ends(protocol: Protocol, data: Datasets, period: AtRiskPeriod) -> pl.DataFrame | None:
    """`USUBJID`, `end` (declared) and `study_end`, until the cut for subjects who go on."""
    import polars as pl

    adsl, known = data.adsl, data.cut or protocol.data.cut
    treatment = period.until == "treatment_end"
    column = period.column or ("TRTEDT" if treatment else "EOSDT")
    found = find_column(column, adsl.columns)
    if found is None or adsl.schema[found] != pl.Date:
        if period.column is not None:
            raise PlanError(_no_column(period.column, data))
        adex = data.tables.get("ADEX")
        if not treatment or adex is None or "AENDT" not in adex.columns:
            return None
    end = pl.col(found) if found is not None else pl.lit(None, dtype=pl.Date)
    status = "EOTSTT" if treatment else "EOSSTT"
    if known is not None and status in adsl.columns:
        ongoing = pl.col(status).str.to_uppercase() == "ONGOING"
        end = pl.when(end.is_null() & ongoing).then(pl.lit(known)).otherwise(end)
    study = pl.col("EOSDT") if "EOSDT" in adsl.columns else pl.lit(None, dtype=pl.Date)
    return adsl.select("USUBJID", end.alias("end"), study.alias("study_end"))


def _no_column(column: str, data: Datasets) -> Problem:
    from equipoise.data.report import did_you_mean

    return Problem(
        code="data.missing_column",
        message=f"ADSL has no date column {column!r} to end the period at risk",
        where=Where(table="ADSL", column=column),
        value=repr(column),
        cure=did_you_mean(column, data.adsl.columns) or "add the column with the dates, or name another",
    )


def _deaths(protocol: Protocol, data: Datasets, endpoint: str) -> pl.DataFrame:
    """`USUBJID`, `death`, `died_undated`, `died_by_event` of every subject of ADSL.

    The date is DTHDT. Where a subject died (DTHFL) and it is missing, it is the end, else the start, of the last fatal
    event: the end of a fatal event is the day of death. Where ADSL has neither column, a fatal event is a death.
    """
    import polars as pl

    adsl = data.adsl
    date = pl.col("DTHDT") if "DTHDT" in adsl.columns else pl.lit(None, dtype=pl.Date)
    died = (pl.col("DTHFL") == "Y").fill_null(value=False) if "DTHFL" in adsl.columns else date.is_not_null()
    frame = adsl.select("USUBJID", date.alias("_date"), (died | date.is_not_null()).alias("_dead"))
    fatal = _fatal(data.tables.get(getattr(protocol.endpoints[endpoint].source, "table", "")))
    if fatal is None:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Date).alias("_event"))
    else:
        frame = frame.join(fatal, on="USUBJID", how="left", maintain_order="left")
    if not {"DTHFL", "DTHDT"} & set(adsl.columns):
        # Nothing but the events tells of deaths.
        frame = frame.with_columns(pl.col("_event").is_not_null().alias("_dead"))
    undated = pl.col("_dead") & pl.col("_date").is_null()
    return frame.select(
        "USUBJID",
        pl.when(pl.col("_dead")).then(pl.coalesce("_date", "_event")).alias("death"),
        (undated & pl.col("_event").is_null()).alias("died_undated"),
        (undated & pl.col("_event").is_not_null()).alias("died_by_event"),
    )


def _fatal(adae: pl.DataFrame | None) -> pl.DataFrame | None:
    """`USUBJID` and `_event`, the end (else the start) of the last fatal event; None where the table can't tell."""
    import polars as pl

    if adae is None or "ASTDT" not in adae.columns:
        return None
    signs = [
        pl.col(column).str.strip_chars().str.to_uppercase().is_in(["FATAL", "Y"]).fill_null(value=False)
        for column in ("AEOUT", "AESDTH")
        if column in adae.columns
    ]
    signs += [
        (as_number(column, adae.schema[column]) == 5).fill_null(value=False)
        for column in ("AETOXGR", "ATOXGR")
        if column in adae.columns
    ]
    if not signs:
        return None
    end = [pl.col("AENDT")] if "AENDT" in adae.columns else []
    ended = adae.filter(pl.any_horizontal(signs)).group_by("USUBJID")
    return ended.agg(pl.coalesce(*end, pl.col("ASTDT")).max().alias("_event"))


def _words(period: AtRiskPeriod) -> str:
    if period.until == "study_end":
        return f"the end of the study ({period.column or 'EOSDT'})"
    plus = "" if not period.plus_days else f" plus {period.plus_days} day{'s' if period.plus_days > 1 else ''}"
    return f"the last dose ({period.column or 'TRTEDT'}){plus}"
