"""From ADSL and visit-level responses to one record a subject and endpoint."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equipoise.data.columns import find_column, missing_column
from equipoise.data.derive.checks import (
    Place,
    check_responses_known,
    check_subjects_of,
    check_visits,
    compare_with_schedule,
    count_oddities,
    count_outside,
)
from equipoise.data.derive.progression import Outcome, progression_free_survival
from equipoise.data.derive.response import Best, best_response, clinical_benefit
from equipoise.data.derive.timeline import Course, Plan, Timeline, Visit, read_course
from equipoise.data.derive.times import (
    duration_of_response,
    overall_survival,
    time_to_progression,
    time_to_response,
)
from equipoise.data.model import ROW
from equipoise.data.records import source_rows
from equipoise.data.report import Report
from equipoise.data.tables import Loaded
from equipoise.errors import Where
from equipoise.protocol.assessments import AssessmentResponse, Assessments, AssessmentTimes, chosen_rules
from equipoise.protocol.endpoints import AdamSource, ResponseEndpoint
from equipoise.protocol.protocol import Protocol
from equipoise.units import days_per

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Subjects", "derive_endpoints", "derived_endpoints", "plan_of", "timelines"]


@dataclass(frozen=True, slots=True)
class Subjects:
    """ADSL and its file.

    Attributes:
        frame: ADSL with `_relevant`.
        file: Its file.
        cut: What comes later is not known; None for all.
    """

    frame: pl.DataFrame
    file: str
    cut: datetime.date | None = None


def derived_endpoints(protocol: Protocol) -> dict[str, AssessmentTimes | AssessmentResponse]:
    """Endpoints that are derived from assessments.

    Args:
        protocol: The declared trial.

    Returns:
        Name → source.
    """
    sources = {name: endpoint.source for name, endpoint in protocol.endpoints.items()}
    return {n: s for n, s in sources.items() if isinstance(s, AssessmentTimes | AssessmentResponse)}


def plan_of(protocol: Protocol, source: AssessmentTimes | AssessmentResponse) -> Plan:
    """The choices of one derived endpoint.

    Args:
        protocol: The declared trial.
        source: Source of the endpoint; its rules stand in for those of its reader.
    """
    reader = protocol.assessments[source.reader]
    rules = chosen_rules(source.rules if source.rules is not None else reader.rules)
    word = "randomization" if reader.start == "randomization" else "start of treatment"
    return Plan(rules, reader.response, reader.schedule, reader.first_day, protocol.time.days_per_month, word)


def derive_endpoints(
    protocol: Protocol, subjects: Subjects, assessments: Loaded, report: Report
) -> dict[str, pl.DataFrame]:
    """Derives every endpoint whose source is an entry of `assessments`.

    Args:
        protocol: The declared trial.
        subjects: ADSL.
        assessments: ADRS, typed.
        report: Takes the problems; each reader is checked once.

    Returns:
        Endpoint → one row a subject in the order of ADSL. Times: `USUBJID`, `time` (unit of the data), `status`,
        `reason`, `STARTDT`, `ADT`, `_row` (of ADSL), `rule`, `decision`, `place` (what a day of censoring is).
        Responses: `USUBJID`, `response`, `ADT`,
        `_row`, `rule`, `decision`. Empty where a reader has errors.
    """
    lines: dict[str, list[Timeline]] = {}
    out: dict[str, pl.DataFrame] = {}
    for name, source in derived_endpoints(protocol).items():
        if source.reader not in lines:
            lines[source.reader] = timelines(protocol, source.reader, subjects, assessments, report)
        plan = plan_of(protocol, source)
        courses = [read_course(line, plan) for line in lines[source.reader]]
        endpoint = protocol.endpoints[name]
        numbers = dict(zip(subjects.frame.get_column("USUBJID"), subjects.frame.get_column(ROW), strict=True))
        if isinstance(source, AssessmentTimes):
            times = [(course, _time(source, course)) for course in courses]
            per = days_per(protocol.time.data_unit, days_per_month=protocol.time.days_per_month)
            out[name] = _times_frame(times, plan.first_day, per, numbers)
        elif isinstance(endpoint, ResponseEndpoint):
            confirmed = endpoint.confirmation == "required"
            found = [(course, _response(source, course, confirmed=confirmed)) for course in courses]
            out[name] = _responses_frame(found, numbers)
    return out


def _time(source: AssessmentTimes, course: Course) -> Outcome | None:
    confirmed = source.confirmation == "required"
    if source.derive == "progression_free_survival":
        return progression_free_survival(course)
    if source.derive == "time_to_progression":
        return time_to_progression(course)
    if source.derive == "duration_of_response":
        return duration_of_response(course, confirmed=confirmed)
    if source.derive == "time_to_response":
        return time_to_response(course, confirmed=confirmed, everybody=source.among == "all")
    return overall_survival(course)


def _response(source: AssessmentResponse, course: Course, *, confirmed: bool) -> Best:
    if source.derive == "best_response":
        return best_response(course, confirmed=confirmed)
    return clinical_benefit(course, minimum_days=source.minimum_days or 0, confirmed=confirmed)


def _times_frame(
    found: list[tuple[Course, Outcome | None]], first_day: int, per: float, numbers: dict[str, int]
) -> pl.DataFrame:
    import polars as pl

    schema = {
        "USUBJID": pl.String, "time": pl.Float64, "status": pl.Int8, "reason": pl.String, "STARTDT": pl.Date,
        "ADT": pl.Date, ROW: pl.Int64, "rule": pl.String, "decision": pl.String, "place": pl.String,
    }  # fmt: skip
    rows = [
        (c.line.subject, ((o.date - o.start).days + first_day) / per, o.status, o.reason, o.start, o.date,
         numbers[c.line.subject], o.rule, o.decision, o.place)
        for c, o in found if o is not None
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _responses_frame(found: list[tuple[Course, Best]], numbers: dict[str, int]) -> pl.DataFrame:
    import polars as pl

    schema = {
        "USUBJID": pl.String, "response": pl.String, "ADT": pl.Date, ROW: pl.Int64, "rule": pl.String,
        "decision": pl.String,
    }  # fmt: skip
    rows = [(c.line.subject, b.response, b.date, numbers[c.line.subject], b.rule, b.decision) for c, b in found]
    return pl.DataFrame(rows, schema=schema, orient="row")


def timelines(protocol: Protocol, name: str, subjects: Subjects, assessments: Loaded, report: Report) -> list[Timeline]:
    """What is known of each relevant subject, checked.

    Args:
        protocol: The declared trial.
        name: Name of the reader.
        subjects: ADSL.
        assessments: ADRS, typed.
        report: Takes the problems.

    Returns:
        One timeline a subject in the order of ADSL; none where something needed is missing.
    """
    import polars as pl

    reader = protocol.assessments[name]
    place = Place(name, assessments.file, subjects.file, reader)
    adsl = _subject_dates(subjects, reader, f"assessments.{name}", report)
    rows = _picked(reader, assessments, f"assessments.{name}", report)
    if adsl is None or rows is None:
        return []
    count_outside(rows, subjects.frame, place, report)
    if subjects.cut is not None:
        adsl = adsl.filter((pl.col("_start") <= subjects.cut) | pl.col("_start").is_null())
    check_subjects_of(adsl, place, report)
    dates = adsl.select("USUBJID", "_start", "_anchor", "_death", "_therapy")
    rows = rows.join(dates, on="USUBJID", how="inner", maintain_order="left")
    rows = check_visits(check_responses_known(rows, place, report), place, report)
    if subjects.cut is not None:
        rows = rows.filter(pl.col("_date") <= subjects.cut)
    count_oddities(rows, place, report)
    compare_with_schedule(rows, place, protocol.time.days_per_month, report)
    by_subject = _visits(rows.filter(pl.col("_date") > pl.col("_start")))
    without = adsl.filter(~pl.col("USUBJID").is_in(list(by_subject)))
    if without.height:
        report.warn(
            "data.assessment_none",
            f"{without.height:,} of {adsl.height:,} subjects have no assessment after the start ({name})",
            "nothing, if none was done: the rules say how they count",
            value=str(without.height),
            where=Where(file=assessments.file, table="ADRS", subject=without.get_column("USUBJID")[0]),
        )
    return [
        Timeline(row["USUBJID"], row["_start"], row["_anchor"], by_subject.get(row["USUBJID"], ()), row["_death"],
                 row["_therapy"], row["_alive"], row["_baseline"])
        for row in adsl.filter(pl.col("_start").is_not_null()).iter_rows(named=True)
    ]  # fmt: skip


def _subject_dates(subjects: Subjects, reader: Assessments, path: str, report: Report) -> pl.DataFrame | None:
    """Relevant subjects with `_start`, `_anchor`, `_death`, `_therapy`, `_alive` and `_baseline`."""
    import polars as pl

    adsl = subjects.frame.filter(pl.col("_relevant"))
    column = "RANDDT" if reader.start == "randomization" else "TRTSDT"
    needed = {column: path} | ({reader.baseline: f"{path}.baseline"} if reader.baseline else {})
    lacking = [name for name in needed if find_column(name, adsl.columns) is None]
    for missing in lacking:
        message, cure = missing_column(missing, adsl.columns, needed[missing])
        where = Where(file=subjects.file, table="ADSL", column=missing, path=needed[missing])
        report.error("data.missing_column", message, cure, where=where, value=repr(missing))
    if lacking:
        return None

    def date(name: str | None, *, known: bool = False) -> pl.Expr:
        found = find_column(name, adsl.columns) if name is not None else None
        if found is None or adsl.schema[found] != pl.Date:
            return pl.lit(None, dtype=pl.Date)
        if subjects.cut is None:
            return pl.col(found)
        cut = pl.lit(subjects.cut)
        return pl.min_horizontal(found, cut) if known else pl.when(pl.col(found) <= cut).then(pl.col(found))

    treated = date("TRTSDT") if reader.schedule and reader.schedule.anchor == "treatment" else pl.col(column)
    flag = find_column(reader.baseline, adsl.columns) if reader.baseline else None
    good = (pl.col(flag).cast(pl.String) == "Y").fill_null(value=False) if flag else pl.lit(value=True)
    return adsl.with_columns(
        pl.col(column).alias("_start"),
        pl.coalesce(treated, pl.col(column)).alias("_anchor"),
        date("DTHDT").alias("_death"),
        date(reader.new_therapy).alias("_therapy"),
        date(reader.last_alive, known=True).alias("_alive"),
        good.alias("_baseline"),
    )


def _picked(reader: Assessments, table: Loaded, path: str, report: Report) -> pl.DataFrame | None:
    """Rows of the reader with `_date` and `_visit`."""
    import polars as pl

    source = AdamSource(table="ADRS", PARAMCD=reader.PARAMCD, where=reader.where)
    rows = source_rows(table, source, path, report)
    if rows is None:
        return None
    names = {"value": reader.value, "date": reader.date} | ({"visit": reader.visit} if reader.visit else {})
    found: dict[str, Any] = {"subject": find_column("USUBJID", rows.columns)}
    for key, name in names.items():
        found[key] = find_column(name, rows.columns)
        if found[key] is None:
            message, cure = missing_column(name, rows.columns, path)
            where = Where(file=table.file, table="ADRS", column=name, path=f"{path}.{key}")
            report.error("data.missing_column", message, cure, where=where, value=repr(name))
    if None in found.values():
        return None
    visit = pl.col(found["visit"]).cast(pl.String) if reader.visit else pl.lit(None, dtype=pl.String)
    return rows.with_columns(
        pl.col(found["date"]).cast(pl.Date).alias("_date"),
        visit.alias("_visit"),
        pl.col(found["value"]).alias(reader.value),
    )


def _visits(rows: pl.DataFrame) -> dict[str, tuple[Visit, ...]]:
    """Rows of one visit together; without a visit, rows of one day."""
    import polars as pl

    key = pl.coalesce(pl.lit("v") + pl.col("_visit"), pl.lit("d") + pl.col("_date").cast(pl.String))
    visits = (
        rows.with_columns(key.alias("_key"))
        .group_by("USUBJID", "_key", maintain_order=True)
        .agg(pl.col("_response").first(), pl.col("_date").min().alias("_first"), pl.col("_date").max().alias("_last"))
    )
    out: dict[str, list[Visit]] = {}
    for subject, _, response, first, last in visits.iter_rows():
        out.setdefault(subject, []).append(Visit(response, first, last))
    return {subject: tuple(found) for subject, found in out.items()}
