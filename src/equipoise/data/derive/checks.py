"""Checks of tumor assessments: each problem with its rows; what is odd and has no consequence is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from equipoise.data.basis import hint_at_text
from equipoise.data.columns import find_column
from equipoise.data.derive.schedule import on_schedule
from equipoise.data.derive.timeline import ADEQUATE
from equipoise.data.report import Report, Rule
from equipoise.errors import Where
from equipoise.protocol.assessments import RESPONSES, Assessments

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Place",
    "check_responses_known",
    "check_subjects_of",
    "check_visits",
    "compare_with_schedule",
    "count_oddities",
    "count_outside",
]

_JUDGED: Final = sorted(ADEQUATE)
_BETTER: Final = ["CR", "PR", "SD", "NON-CR/NON-PD"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of a reader stand, for messages.

    Attributes:
        name: Name of the reader.
        file: File of its rows.
        subjects: File of ADSL.
        reader: Its declaration.
    """

    name: str
    file: str
    subjects: str
    reader: Assessments

    def rule(self, code: str, column: str, message: str, cure: str) -> Rule:
        """A rule about rows of assessments.

        Args:
            code: Slug.
            column: Column at fault.
            message: Template.
            cure: Template.
        """
        return Rule(code, "ADRS", column, message, cure, file=self.file)

    def count(self, rows: pl.DataFrame, code: str, message: str, cure: str, report: Report) -> None:
        """Warns once about rows, with their number and the first of them.

        Args:
            rows: The rows.
            code: Slug.
            message: What they are, after their number.
            cure: What to do.
            report: Takes the warning.
        """
        if rows.height:
            first = rows.sort("_row").row(0, named=True)
            report.warn(
                code,
                f"{rows.height:,} {message}",
                cure,
                value=str(rows.height),
                where=Where(file=self.file, table="ADRS", row=first["_row"], subject=str(first["USUBJID"])),
            )


def check_responses_known(rows: pl.DataFrame, place: Place, report: Report) -> pl.DataFrame:
    """Adds `_response`, RECIST's word for what the data write; unknown ones are errors.

    Args:
        rows: Rows of the reader with `_date`.
        place: Where they stand.
        report: Takes the problems.

    Returns:
        The rows that have a known response and a date.
    """
    import polars as pl

    column = place.reader.value
    meanings = {response: response for response in RESPONSES} | dict(place.reader.codes)
    text = pl.col(column).cast(pl.String)
    rows = rows.with_columns(text.replace_strict(meanings, default=None, return_dtype=pl.String).alias("_response"))
    unknown = rows.filter(pl.col("_response").is_null() & text.is_not_null())
    for value in unknown.get_column(column).cast(pl.String).unique(maintain_order=True).to_list():
        hint = hint_at_text(value, list(meanings))
        report.rows(
            unknown.filter(text == value),
            place.rule(
                "data.assessment_unknown",
                column,
                f"{{{column}}} is not an overall response" + (f": {hint}" if hint else ""),
                f"write one of {', '.join(RESPONSES)}, or say what it means in assessments.{place.name}.codes",
            ),
        )
    empty = rows.filter(text.is_null())
    place.count(empty, "data.assessment_empty", "assessments have no response and are left out",
                "nothing, if no response was recorded", report)  # fmt: skip
    undated = rows.filter(pl.col("_date").is_null() & pl.col("_response").is_not_null())
    report.rows(
        undated.filter(pl.col("_response").is_in(_JUDGED)),
        place.rule("data.assessment_undated", place.reader.date, f"the response {{{column}}} has no date",
                   "give the date of the assessment, imputed by the rule of the analysis plan where it is partial"),
    )  # fmt: skip
    unknown_days = undated.filter(~pl.col("_response").is_in(_JUDGED))
    place.count(unknown_days, "data.assessment_not_done", "visits not evaluable have no date and are left out",
                "nothing, if they were missed", report)  # fmt: skip
    return rows.filter(pl.col("_response").is_not_null() & pl.col("_date").is_not_null())


def check_visits(rows: pl.DataFrame, place: Place, report: Report) -> pl.DataFrame:
    """One response a visit and a day; a repetition is counted, a contradiction is an error.

    Args:
        rows: Rows with `USUBJID`, `_visit`, `_date`, `_response`.
        place: Where they stand.
        report: Takes the problems.

    Returns:
        The rows, each once.
    """
    import polars as pl

    keys = ("_date",) if place.reader.visit is None else ("_date", "_visit")
    bad: list[pl.DataFrame] = []
    for key in keys:
        several = pl.col("_response").n_unique().over("USUBJID", key) > 1
        listed = pl.col("_response").unique().sort().str.join(" and ").over("USUBJID", key).alias("_listed")
        bad.append(rows.with_columns(listed).filter(several & pl.col(key).is_not_null()))
    report.rows(
        pl.concat(bad).unique("_row", keep="first", maintain_order=True),
        place.rule("data.assessment_conflict", place.reader.value,
                   "one visit or day has different responses: {_listed}",
                   "keep the response that the reader decided on; pick one reader with `where`"),
    )  # fmt: skip
    again = rows.filter(~pl.struct("USUBJID", "_visit", "_date", "_response").is_first_distinct())
    place.count(again, "data.assessment_repeated", "assessments are there twice and count once",
                "remove the repetitions", report)  # fmt: skip
    return rows.filter(pl.struct("USUBJID", "_visit", "_date", "_response").is_first_distinct())


def check_subjects_of(adsl: pl.DataFrame, place: Place, report: Report) -> None:
    """Columns of ADSL that a reader names: a start for everybody, a flag of the baseline.

    Args:
        adsl: Relevant subjects with `_start`.
        place: Where they stand.
        report: Takes the problems.
    """
    import polars as pl

    column = "RANDDT" if place.reader.start == "randomization" else "TRTSDT"
    lacking = adsl.filter(pl.col("_start").is_null())
    if place.reader.start == "randomization":
        report.rows(
            lacking,
            Rule("data.assessment_no_start", "ADSL", column, "the subject has no date of randomization",
                 "give RANDDT: every time begins there", file=place.subjects),
        )  # fmt: skip
    elif lacking.height:
        report.warn("data.assessment_untreated",
                    f"{lacking.height:,} subjects were never treated, and have no time that begins with treatment",
                    "let times begin at randomization: `start: randomization`", value=str(lacking.height),
                    where=Where(file=place.subjects, table="ADSL", column=column,
                                subject=lacking.get_column("USUBJID")[0]))  # fmt: skip
    flag = find_column(place.reader.baseline, adsl.columns) if place.reader.baseline else None
    if flag is not None:
        without = adsl.filter(~pl.col("_baseline"))
        if without.height:
            report.warn("data.assessment_no_baseline",
                        f"{without.height:,} of {adsl.height:,} subjects have no adequate baseline assessment",
                        f"nothing, if {flag} says so rightly: the rules say how they count", value=str(without.height),
                        where=Where(file=place.subjects, table="ADSL", column=flag,
                                    subject=without.get_column("USUBJID")[0]))  # fmt: skip
        text = pl.col(flag).cast(pl.String)
        report.rows(
            adsl.filter(text.is_not_null() & ~text.is_in(["Y", "N"])),
            Rule("data.flag", "ADSL", flag, f"{flag} is {{{flag}}}, neither Y, N nor empty",
                 "write Y, N or leave it empty", file=place.subjects),
        )  # fmt: skip


def count_outside(rows: pl.DataFrame, adsl: pl.DataFrame, place: Place, report: Report) -> None:
    """Counts assessments of subjects who were not randomized: they are left out.

    Args:
        rows: Rows of the reader.
        adsl: ADSL with `_relevant`.
        place: Where the rows stand.
        report: Takes the warning.
    """
    import polars as pl

    outside = rows.join(adsl.filter(~pl.col("_relevant")).select("USUBJID"), on="USUBJID", how="semi")
    place.count(
        outside,
        "data.assessment_not_randomized",
        "assessments belong to subjects who were not randomized, and are left out",
        "nothing, if they are screen failures",
        report,
    )


def compare_with_schedule(rows: pl.DataFrame, place: Place, days_per_month: float, report: Report) -> None:
    """Says how many assessments are on schedule, and warns where most are not: the unit or the interval may be wrong.

    Args:
        rows: Rows with `_date`, `_start`, `_anchor`.
        place: Where they stand.
        days_per_month: Length of a month.
        report: Takes the finding.
    """
    import polars as pl

    schedule = place.reader.schedule
    after = rows.filter(pl.col("_date") > pl.col("_start"))
    if schedule is None or after.is_empty():
        return
    days = after.select((pl.col("_date") - pl.col("_anchor")).dt.total_days()).to_series()
    number = on_schedule(schedule, days.to_list(), days_per_month=days_per_month)
    window = f"within {schedule.window_days} days of a planned day"
    text = f"{number:,} of {after.height:,} assessments ({place.name}) are {window}"
    report.find(text, "ADRS")
    if 2 * number < after.height:
        report.warn("data.assessment_schedule", text, f"check the interval, its unit and `from` in "
                    f"assessments.{place.name}.schedule", value=f"{number} of {after.height}",
                    where=Where(file=place.file, table="ADRS", path=f"assessments.{place.name}.schedule"))  # fmt: skip


def count_oddities(rows: pl.DataFrame, place: Place, report: Report) -> None:
    """Assessments on the wrong side of a date, and responses that no course of disease has.

    Args:
        rows: Rows with `_date`, `_response`, `_start`, `_death` and `_therapy`.
        place: Where they stand.
        report: Takes the problems.
    """
    import polars as pl

    early = pl.col("_date") <= pl.col("_start")
    place.count(rows.filter(early), "data.assessment_early",
                "assessments are not after the start and say nothing of the treatment",
                "nothing, if they are baseline assessments", report)  # fmt: skip
    report.rows(
        rows.filter(pl.col("_date") > pl.col("_death")),
        place.rule("data.assessment_after_death", place.reader.date, "the assessment is after the death on {_death}",
                   "correct one of the dates"),
    )  # fmt: skip
    after = rows.filter(~early).sort("USUBJID", "_date", maintain_order=True)
    judged = pl.col("_response").is_in(_BETTER)
    first_pd = pl.col("_date").filter(pl.col("_response") == "PD").min().over("USUBJID")
    place.count(after.filter(judged & (pl.col("_date") > first_pd)), "data.assessment_after_progression",
                "assessments without progression follow a progression and are not used",
                "check whether the first progression was one; RECIST 1.1 has no way back", report)  # fmt: skip
    first_cr = pl.col("_date").filter(pl.col("_response") == "CR").min().over("USUBJID")
    lost = judged & (pl.col("_response") != "CR") & (pl.col("_date") > first_cr)
    lost = lost & ((pl.col("_date") < first_pd) | first_pd.is_null())
    place.count(after.filter(lost), "data.assessment_lost_response",
                f"assessments with disease follow a CR; read {place.reader.response.after_complete.replace('_', ' ')}",
                f"correct them, or choose assessments.{place.name}.response.after_complete", report)  # fmt: skip
    if place.reader.new_therapy is not None:
        late = pl.col("_response").is_in(_JUDGED) & (pl.col("_date") > pl.col("_therapy"))
        place.count(after.filter(late), "data.assessment_after_therapy",
                    "assessments are after the start of another anticancer therapy",
                    "nothing: the rules say how they count", report)  # fmt: skip
