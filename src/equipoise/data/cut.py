"""`--cut DATE`: the data as they would have been known on a day. What happened on that very day counts.

Times to events are censored at the cut, subjects randomized later leave, adverse events that start later leave,
exposure and whatever ADSL dates later is undone. What has no date can't be cut, and says so.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from equipoise.data.columns import DATES, find_column
from equipoise.data.measurements import cut_measurements, measured_tables
from equipoise.data.model import Convention, Datasets
from equipoise.data.records import source_rows
from equipoise.data.report import Report, Rule
from equipoise.data.tables import Loaded, used_dates
from equipoise.errors import Where
from equipoise.protocol.endpoints import AdamSource, ResponseEndpoint
from equipoise.protocol.protocol import Protocol
from equipoise.units import days_per

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CUT_REASON", "apply_cut", "cut_records"]

CUT_REASON = "data cut"
"""Reason of a record that the cut censors."""


def apply_cut(protocol: Protocol, data: Datasets, cut: datetime.date, report: Report) -> Datasets:
    """Re-censors checked data at a date.

    Args:
        protocol: The declared trial.
        data: Its data, checked.
        cut: The date.
        report: Takes what can't be cut (errors), what was left out (warnings) and what was done (findings).

    Returns:
        The data as known on that date.

    Raises:
        DataError: Something has no date, so that the cut can't be applied; all such things at once.
    """
    import polars as pl

    start = _starts(data)
    adsl = data.adsl.join(start, on="USUBJID", how="left", maintain_order="left")
    unknown = adsl.filter(pl.col("_relevant") & pl.col("_start").is_null())
    report.rows(
        unknown,
        Rule(
            "data.cut_impossible",
            "ADSL",
            "RANDDT",
            "the subject has no date of randomization, so that it is unknown whether the cut is before it",
            "give RANDDT, or STARTDT with the records, or analyze without --cut",
        ),
    )
    _warn_of_idle(data, cut, report)
    _report_late(adsl, cut, report)
    kept = adsl.filter((pl.col("_start") <= cut) | pl.col("_start").is_null()).select("USUBJID")
    records: dict[str, pl.DataFrame] = {}
    for key, frame in data.records.items():
        inside = frame.join(kept, on="USUBJID", how="semi", maintain_order="left")
        records[key] = cut_records(protocol, key, inside, data.conventions[key], start, cut, report)
    tables: dict[str, pl.DataFrame] = {}
    for table, frame in data.tables.items():
        inside = frame.join(kept, on="USUBJID", how="semi", maintain_order="left")
        if table == "ADAE":
            tables[table] = _cut_events(inside, data.adsl, cut, report)
        elif table == "ADRS":
            tables[table] = _cut_responses(protocol, inside, data.adsl, cut, report)
        elif table == "ADEX":
            tables[table] = _cut_exposure(inside, cut)
        elif table in measured_tables(protocol):
            tables[table] = cut_measurements(table, inside, data.adsl, cut, report)
    report.raise_errors()
    subjects = _cut_subjects(
        protocol, data.adsl.join(kept, on="USUBJID", how="semi", maintain_order="left"), cut, report
    )
    return replace(data, adsl=subjects, tables=tables, records=records, cut=cut)


def _report_late(adsl: pl.DataFrame, cut: datetime.date, report: Report) -> None:
    """Subjects who were randomized after the cut: all of them are an error, some a warning."""
    import polars as pl

    late = adsl.filter(pl.col("_start") > cut)
    if late.height and adsl.filter(pl.col("_relevant") & ~(pl.col("_start") > cut).fill_null(value=False)).is_empty():
        report.error(
            "data.cut_impossible",
            f"the cut {cut} is before anybody was randomized",
            f"cut at {late.sort('_start').get_column('_start')[0]} or later",
            where=Where(table="ADSL", column="RANDDT"),
        )
        report.raise_errors()
    if late.height:
        report.warn(
            "data.cut_subjects",
            f"{late.height:,} subjects were randomized after the cut {cut}, and leave",
            "nothing: so the cut was declared",
            value=str(late.height),
            where=Where(table="ADSL", row=late.get_column("_row")[0], subject=late.get_column("USUBJID")[0]),
        )


def _warn_of_idle(data: Datasets, cut: datetime.date, report: Report) -> None:
    """A cut after every date in the data changes nothing; a reader of the results would think that it did."""
    import polars.selectors as cs

    frames = [frame.select(cs.date()) for frame in (data.adsl, *data.tables.values())]
    found = [value for frame in frames for value in frame.max().row(0) if frame.width and value is not None]
    if found and max(found) < cut:
        report.warn(
            "data.cut_idle",
            f"the cut {cut} is after every date in the data, the last of which is {max(found)}: it cuts nothing",
            "analyze without --cut, or correct the date",
            where=Where(table="ADSL"),
            value=str(cut),
        )


def _starts(data: Datasets) -> pl.DataFrame:
    """The first day of each subject: RANDDT, else the earliest STARTDT of the records, else TRTSDT."""
    import polars as pl

    adsl = data.adsl
    candidates = [pl.col("RANDDT")] if "RANDDT" in adsl.columns else []
    frames = [frame.select("USUBJID", "STARTDT") for frame in data.records.values()]
    if frames:
        first = pl.concat(frames).group_by("USUBJID").agg(pl.col("STARTDT").min().alias("_first"))
        adsl = adsl.join(first, on="USUBJID", how="left", maintain_order="left")
        candidates.append(pl.col("_first"))
    if "TRTSDT" in adsl.columns:
        candidates.append(pl.col("TRTSDT"))
    date = pl.coalesce(candidates) if candidates else pl.lit(None, dtype=pl.Date)
    return adsl.select("USUBJID", date.cast(pl.Date).alias("_start"))


def cut_records(
    protocol: Protocol,
    key: str,
    frame: pl.DataFrame,
    convention: Convention,
    start: pl.DataFrame,
    cut: datetime.date,
    report: Report,
) -> pl.DataFrame:
    """Censors event records at a date.

    Args:
        protocol: The declared trial.
        key: Key of the records, for messages.
        frame: Records of the subjects that stay.
        convention: How their dates become times.
        start: `USUBJID`, `_start`: first day of each subject, where the record has none.
        cut: The date.
        report: Takes records without dates as errors, records that begin after the cut as a warning.

    Returns:
        The records: later ones censored at the cut, those that begin after it gone.
    """
    import polars as pl

    per = days_per(protocol.time.data_unit, days_per_month=protocol.time.days_per_month)
    frame = frame.join(start, on="USUBJID", how="left", maintain_order="left").with_columns(
        pl.coalesce("STARTDT", "_start").alias("STARTDT")
    )
    length = (pl.col("time") * per).round(6).ceil().cast(pl.Int64) - convention.offset
    end = pl.coalesce(pl.col("ADT"), pl.col("STARTDT") + pl.duration(days=length)).cast(pl.Date)
    frame = frame.with_columns(end.alias("_end"))
    report.rows(
        frame.filter(pl.col("_end").is_null()),
        Rule(
            "data.cut_impossible",
            key,
            "ADT",
            "the record has no dates, so that it can't be cut",
            "give ADT and STARTDT, or RANDDT in ADSL, or analyze without --cut",
        ),
    )
    return _censor(frame, key, per, convention.offset, cut, report)


def _censor(frame: pl.DataFrame, key: str, per: float, offset: int, cut: datetime.date, report: Report) -> pl.DataFrame:
    """Records with `_end` after the cut are censored there; those that begin after it leave."""
    import polars as pl

    unborn = frame.filter(pl.col("STARTDT") > cut)
    if unborn.height:
        report.warn(
            "data.cut_records",
            f"{unborn.height:,} records of {key} begin after the cut {cut}, and leave",
            "nothing: so the cut was declared",
            value=str(unborn.height),
            where=Where(table=key, subject=unborn.get_column("USUBJID")[0]),
        )
    frame = frame.filter(pl.col("STARTDT") <= cut)
    later = pl.col("_end") > cut
    censored = frame.filter(later)
    if censored.height:
        events = censored.filter(pl.col("status") != 0).height
        report.find(f"{key}: {censored.height:,} records censored at the cut {cut}, {events:,} of them events", "")
    days = (pl.lit(cut) - pl.col("STARTDT")).dt.total_days() + offset
    return frame.with_columns(
        pl.when(later).then(days.cast(pl.Float64) / per).otherwise(pl.col("time")).alias("time"),
        pl.when(later).then(0).otherwise(pl.col("status")).cast(pl.Int8).alias("status"),
        pl.when(later).then(pl.lit(CUT_REASON)).otherwise(pl.col("reason")).alias("reason"),
        pl.when(later).then(pl.lit(cut)).otherwise(pl.col("ADT")).alias("ADT"),
    ).drop("_start", "_end")


def _cut_events(adae: pl.DataFrame, adsl: pl.DataFrame, cut: datetime.date, report: Report) -> pl.DataFrame:
    """Adverse events that start later leave; an end or a fatal outcome that comes later is not known yet."""
    import polars as pl

    if "ASTDT" not in adae.columns:
        report.error(
            "data.cut_impossible",
            "ADAE has no ASTDT, so that it can't be cut",
            "add the dates of start, or analyze without --cut",
            where=Where(table="ADAE", column="ASTDT"),
        )
        return adae
    undated = adae.filter(pl.col("ASTDT").is_null())
    if undated.height:
        report.warn(
            "data.cut_undated",
            f"{undated.height:,} adverse events have no date of start and stay",
            "impute the dates of start",
            value=str(undated.height),
            where=Where(
                table="ADAE",
                column="ASTDT",
                row=undated.get_column("_row")[0],
                subject=undated.get_column("USUBJID")[0],
            ),
        )
    kept = adae.filter((pl.col("ASTDT") <= cut) | pl.col("ASTDT").is_null())
    if kept.height < adae.height:
        report.find(f"{adae.height - kept.height:,} adverse events start after the cut {cut}, and leave", "ADAE")
    return _cut_outcomes(kept, adsl, cut, report)


def _cut_outcomes(kept: pl.DataFrame, adsl: pl.DataFrame, cut: datetime.date, report: Report) -> pl.DataFrame:
    """Ends, outcomes and fatal grades that come after the cut are not known yet."""
    import polars as pl

    death = adsl.select("USUBJID", pl.col("DTHDT").alias("_death")) if "DTHDT" in adsl.columns else None
    if death is None:
        kept = kept.with_columns(pl.lit(None, dtype=pl.Date).alias("_death"))
    else:
        kept = kept.join(death, on="USUBJID", how="left", maintain_order="left")
    ended_later = pl.col("AENDT") > cut if "AENDT" in kept.columns else pl.lit(value=False)
    unknown = (ended_later | (pl.col("_death") > cut)).fill_null(value=False)
    fatal = pl.col("AEOUT").str.strip_chars().str.to_uppercase() == "FATAL" if "AEOUT" in kept.columns else None
    changes: list[pl.Expr] = []
    if fatal is not None:
        changes.append(
            pl.when(ended_later.fill_null(value=False) | (fatal & unknown))
            .then(None)
            .otherwise(pl.col("AEOUT"))
            .alias("AEOUT")
        )
    if "AESDTH" in kept.columns:
        changes.append(pl.when(unknown).then(None).otherwise(pl.col("AESDTH")).alias("AESDTH"))
    changes += _cut_grades(kept, unknown, report)
    if "AENDT" in kept.columns:
        changes.append(pl.when(ended_later).then(None).otherwise(pl.col("AENDT")).alias("AENDT"))
    return kept.with_columns(changes).drop("_death")


def _cut_grades(kept: pl.DataFrame, unknown: pl.Expr, report: Report) -> list[pl.Expr]:
    """Grade 5 of an event that ends, or of a subject who dies, after the cut becomes missing."""
    import polars as pl

    changes: list[pl.Expr] = []
    for grade in ("AETOXGR", "ATOXGR"):
        if grade in kept.columns:
            five = pl.col(grade).str.strip_chars().cast(pl.Float64, strict=False) == 5
            undone = kept.filter(five & unknown)
            if undone.height:
                report.warn(
                    "data.cut_grade",
                    f"{undone.height:,} events of grade 5 end after the cut, and their grade at the cut is unknown",
                    "give the grades as known at the cut",
                    value=str(undone.height),
                    where=Where(
                        table="ADAE",
                        column=grade,
                        row=undone.get_column("_row")[0],
                        subject=undone.get_column("USUBJID")[0],
                    ),
                )
            changes.append(pl.when(five & unknown).then(None).otherwise(pl.col(grade)).alias(grade))
    return changes


def _cut_responses(
    protocol: Protocol, adrs: pl.DataFrame, adsl: pl.DataFrame, cut: datetime.date, report: Report
) -> pl.DataFrame:
    """Responses that were seen later leave; an undated response of a subject is an error, unless it says nothing."""
    import polars as pl

    if "ADT" in adrs.columns:
        kept = adrs.filter((pl.col("ADT") <= cut) | pl.col("ADT").is_null())
    else:
        kept = adrs.with_columns(pl.lit(None, dtype=pl.Date).alias("ADT"))
    if kept.height < adrs.height:
        report.find(f"{adrs.height - kept.height:,} responses are dated after the cut {cut}, and leave", "ADRS")
    relevant = adsl.filter(pl.col("_relevant")).select("USUBJID")
    for name, endpoint in protocol.endpoints.items():
        source = endpoint.source
        if not isinstance(endpoint, ResponseEndpoint) or not isinstance(source, AdamSource) or source.table != "ADRS":
            continue
        rows = source_rows(Loaded(kept, ""), source, f"endpoints.{name}.source", Report())
        if rows is None:
            continue
        said = pl.col(endpoint.value).is_not_null() & ~pl.col(endpoint.value).is_in(["MISSING", "NE", "NA"])
        undated = rows.join(relevant, on="USUBJID", how="semi", maintain_order="left").filter(
            pl.col("ADT").is_null() & said
        )
        report.rows(
            undated,
            Rule(
                "data.cut_undated",
                "ADRS",
                "ADT",
                f"a response of {name} has no date, so that it can't be cut",
                "give ADT with each response, or analyze without --cut",
            ),
        )
    return kept


def _cut_exposure(adex: pl.DataFrame, cut: datetime.date) -> pl.DataFrame:
    import polars as pl

    if "ASTDT" in adex.columns:
        adex = adex.filter((pl.col("ASTDT") <= cut) | pl.col("ASTDT").is_null())
    if "AENDT" in adex.columns:
        adex = adex.with_columns(pl.min_horizontal(pl.col("AENDT"), pl.lit(cut)).alias("AENDT"))
    return adex


def _cut_subjects(protocol: Protocol, adsl: pl.DataFrame, cut: datetime.date, report: Report) -> pl.DataFrame:
    """What ADSL dates after the cut is undone; treatment that goes on is truncated."""
    import polars as pl

    def later(column: str) -> pl.Expr:
        return (pl.col(column) > cut).fill_null(value=False) if column in adsl.columns else pl.lit(value=False)

    changes: list[pl.Expr] = []

    def undo(column: str, when: pl.Expr, value: str | datetime.date | None = None) -> None:
        if column in adsl.columns:
            instead = pl.lit(value, dtype=adsl.schema[column])
            changes.append(pl.when(when).then(instead).otherwise(pl.col(column)).alias(column))

    undo("DTHFL", later("DTHDT"))
    undo("EOSSTT", later("EOSDT"), "ONGOING")
    undo("DCSREAS", later("EOSDT"))
    ended = later("EOTDT") | later("TRTEDT")
    undo("EOTSTT", ended, "ONGOING")
    undo("DCTREAS", ended)
    untreated = later("TRTSDT")
    undo("SAFFL", untreated, "N")
    undo("TRT01A", untreated)
    undo("_actual", untreated)
    named = {find_column(column, adsl.columns) for column in used_dates(protocol)}
    for column in adsl.columns:
        if (column in DATES or column in named) and adsl.schema[column] == pl.Date:
            if column == "TRTEDT":
                ends = pl.when(untreated).then(None).when(later(column)).then(pl.lit(cut)).otherwise(pl.col(column))
                changes.append(ends.alias(column))
            else:
                undo(column, later(column))
    if "EOSSTT" in adsl.columns and "EOSDT" not in adsl.columns:
        report.warn(
            "data.cut_undated",
            "ADSL has no EOSDT: the end of study is as recorded, not as of the cut",
            "add EOSDT",
            where=Where(table="ADSL", column="EOSDT"),
        )
    if "DTHFL" in adsl.columns and "DTHDT" not in adsl.columns:
        report.warn(
            "data.cut_undated",
            "ADSL has no DTHDT: deaths are as recorded, not as of the cut",
            "add DTHDT",
            where=Where(table="ADSL", column="DTHDT"),
        )
    return adsl.with_columns(changes)
