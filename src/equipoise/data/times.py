"""Times against dates: the unit that the file says, and whether AVAL is ADT - STARTDT or that plus one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from equipoise.data.adam import unit_of_text
from equipoise.data.columns import as_number
from equipoise.data.model import Convention
from equipoise.data.report import Report, Rule, show
from equipoise.errors import Where
from equipoise.units import DAYS_PER_UNIT, TimeUnit, days_per

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TimeContext", "check_duplicates", "check_times", "check_units", "learn_convention"]

_TOLERANCE: Final[dict[TimeUnit, float]] = {"days": 1e-6, "weeks": 0.5, "months": 0.5, "years": 0.5}
_IMPLAUSIBLE_YEARS: Final = 60.0


@dataclass(frozen=True, slots=True)
class TimeContext:
    """Where the times of one set of event records come from.

    Attributes:
        name: How messages call the set: `PFS`, `death`.
        table: Name of the table.
        file: Name of the file.
        column: Column with the times, as named in the file.
        raw: The same column as named in the frame.
        unit: Declared unit.
        days_per_month: Declared length of a month.
        path: Place in the protocol that declares the unit.
    """

    name: str
    table: str
    file: str
    column: str
    unit: TimeUnit
    days_per_month: float
    path: str = "time.data_unit"
    raw: str = "AVAL"

    def rule(self, code: str, message: str, cure: str, **more: str) -> Rule:
        """A rule about the column of times.

        Args:
            code: Slug.
            message: Template.
            cure: Template.
            **more: `value`, `column` or `severity`, where they differ.

        Returns:
            The rule.
        """
        severity = "warning" if more.get("severity") == "warning" else "error"
        return Rule(
            code,
            self.table,
            more.get("column", self.column),
            message,
            cure,
            "warning" if severity == "warning" else "error",
            more.get("value", "" if more.get("column") else self.raw),
            self.file,
        )


def check_times(rows: pl.DataFrame, context: TimeContext, report: Report) -> pl.DataFrame:
    """Adds `time` (Float64, exactly as recorded); missing, textual, negative and infinite times are errors.

    Args:
        rows: Rows with the column of times, `_row` and `USUBJID`.
        context: What they are.
        report: Takes the problems.

    Returns:
        The rows whose time is valid.
    """
    import polars as pl

    column = context.column
    rows = rows.with_columns(as_number(context.raw, rows.schema[context.raw]).alias("time"))
    raw, time = pl.col(context.raw), pl.col("time")
    report.rows(
        rows.filter(raw.is_null()),
        context.rule("data.time_missing", f"{column} of {context.name} is missing", "give every record its time"),
    )
    report.rows(
        rows.filter(raw.is_not_null() & time.is_null()),
        context.rule(
            "data.time_text",
            f"{column} is {{{context.raw}}}, not a number",
            "write times as numbers with a decimal point; name strings that mean missing in data.missing_strings",
        ),
    )
    report.rows(
        rows.filter(time.is_nan() | time.is_infinite()),
        context.rule(
            "data.time_infinite", f"{column} of {context.name} is not finite", "give every record a finite time"
        ),
    )
    report.rows(
        rows.filter(time < 0),
        context.rule(
            "data.time_negative",
            f"{column} of {context.name} is negative",
            "a time starts at randomization: correct it or its dates",
        ),
    )
    return rows.filter(time.is_not_null() & time.is_finite() & (time >= 0))


def check_duplicates(rows: pl.DataFrame, context: TimeContext, report: Report, key: str) -> pl.DataFrame:
    """A subject has one record: more is an error, listed with the first one's row.

    Args:
        rows: Rows with `USUBJID` and `_row`.
        context: What they are.
        report: Takes the problems.
        key: What is unique, in words: `USUBJID and PARAMCD PFS`.

    Returns:
        The first row of each subject.
    """
    import polars as pl

    again = rows.filter(~pl.col("USUBJID").is_first_distinct())
    if again.height:
        first = rows.filter(pl.col("USUBJID").is_first_distinct()).select("USUBJID", pl.col("_row").alias("_first"))
        report.rows(
            again.join(first, on="USUBJID", how="left"),
            context.rule(
                "data.duplicate_record",
                f"a second record of {key}; the first is row {{_first}}",
                "keep one record a subject, or say which by `where` in the endpoint's source",
                column="USUBJID",
                value="USUBJID",
            ),
        )
    return rows.filter(pl.col("USUBJID").is_first_distinct())


def check_units(rows: pl.DataFrame, context: TimeContext, report: Report) -> None:
    """The unit that `AVALU` or `PARAM` says must be the declared one; times over 60 years are a wrong unit.

    Args:
        rows: Rows with `time` and, where present, `AVALU`, `PARAM`.
        context: What they are.
        report: Takes the problems.
    """
    import polars as pl

    for column in ("AVALU", "PARAM"):
        if column not in rows.columns:
            continue
        for text in rows.get_column(column).drop_nulls().unique(maintain_order=True).to_list():
            unit = unit_of_text(text)
            if unit and unit != context.unit:
                first = rows.filter(pl.col(column) == text).row(0, named=True)
                report.error(
                    "data.unit",
                    f"{column} says that {context.name} is in {unit}, and the protocol that it is in {context.unit}",
                    f"set {context.path} to {unit}, or convert the column",
                    where=Where(
                        file=context.file,
                        table=context.table,
                        row=first["_row"],
                        column=column,
                        subject=first["USUBJID"],
                    ),
                    value=show(text),
                )
                return
    longest = rows.get_column("time").max()
    if (
        isinstance(longest, float)
        and longest * _per(context, context.unit) > _IMPLAUSIBLE_YEARS * DAYS_PER_UNIT["years"]
    ):
        report.error(
            "data.unit_implausible",
            f"the longest time of {context.name} is over {_IMPLAUSIBLE_YEARS:.0f} years if it is in {context.unit}",
            f"set {context.path} to the unit that the file has (days?)",
            where=Where(file=context.file, table=context.table, column=context.column),
            value=f"{show(longest)} {context.unit}",
        )


def learn_convention(rows: pl.DataFrame, context: TimeContext, report: Report) -> Convention:
    """Learns from `STARTDT` and `ADT` how the file counts; rows that contradict both ways are errors.

    Args:
        rows: Rows with `time`, `STARTDT`, `ADT`, `_row`, `USUBJID`.
        context: What they are.
        report: Takes contradictions (errors), rows of the minority's way (warnings) and the finding.

    Returns:
        The majority's way.
    """
    import polars as pl

    dated = rows.filter(pl.col("STARTDT").is_not_null() & pl.col("ADT").is_not_null())
    if dated.is_empty():
        return Convention(None)
    dated = dated.with_columns((pl.col("ADT") - pl.col("STARTDT")).dt.total_days().alias("_days"))
    report.rows(
        dated.filter(pl.col("_days") < 0),
        context.rule(
            "data.date_order", "ADT {ADT} is before STARTDT {STARTDT}", "correct one of the dates", column="ADT"
        ),
    )
    dated = dated.filter(pl.col("_days") >= 0)
    if dated.is_empty() or _another_unit(dated, context, report):
        return Convention(None)
    plain, plus = _matches(context, context.unit)
    dated = dated.with_columns(plain.alias("_plain"), plus.alias("_plus"))
    only_plain = dated.filter(pl.col("_plain") & ~pl.col("_plus")).height
    only_plus = dated.filter(pl.col("_plus") & ~pl.col("_plain")).height
    plus_one = only_plus > only_plain
    return _report_convention(rows, dated, context, report, plus_one=plus_one)


def _report_convention(
    rows: pl.DataFrame, dated: pl.DataFrame, context: TimeContext, report: Report, *, plus_one: bool
) -> Convention:
    """The majority's way as a finding, rows that contradict it as problems."""
    import polars as pl

    way = "ADT - STARTDT + 1" if plus_one else "ADT - STARTDT"
    other = "ADT - STARTDT" if plus_one else "ADT - STARTDT + 1"
    agree = "_plus" if plus_one else "_plain"
    report.rows(
        dated.filter(~pl.col("_plain") & ~pl.col("_plus")),
        context.rule(
            "data.time_dates",
            f"{context.column} is {{{context.raw}}} {context.unit} and ADT - STARTDT is {{_days}} days "
            "({STARTDT} to {ADT})",
            f"correct the time or the dates: {context.column} must be {way}"
            + ("" if context.unit == "days" else f", in {context.unit}, within half a day")
            + ("; time.days_per_month is the length of a month" if context.unit == "months" else ""),
        ),
    )
    report.rows(
        dated.filter((pl.col("_plain") | pl.col("_plus")) & ~pl.col(agree)),
        context.rule(
            "data.time_convention",
            f"{context.column} = {other} here, and {way} in most rows",
            "count days in one way",
            severity="warning",
        ),
    )
    undated = rows.height - dated.height
    also = f"; {undated:,} without both dates" if undated else ""
    text = (
        f"{context.name}: {context.column} = {way}{'' if context.unit == 'days' else f', in {context.unit}'} "
        f"({dated.filter(pl.col(agree)).height:,} of {dated.height:,} rows{also})"
    )
    report.find(text, context.table)
    return Convention(plus_one, text)


def _matches(context: TimeContext, unit: TimeUnit) -> tuple[pl.Expr, pl.Expr]:
    """Whether the time, read in `unit`, is the difference of the dates; or that plus one day."""
    import polars as pl

    gap = pl.col("time") * _per(context, unit) - pl.col("_days")
    tolerance = _TOLERANCE[unit] + 1e-9
    return gap.abs() <= tolerance, (gap - 1).abs() <= tolerance


def _another_unit(dated: pl.DataFrame, context: TimeContext, report: Report) -> bool:
    """Whether the dates agree with another unit than the declared one; reports it."""
    shares: dict[TimeUnit, float] = {}
    units: tuple[TimeUnit, ...] = ("days", "weeks", "months", "years")
    for unit in units:
        plain, plus = _matches(context, unit)
        shares[unit] = dated.select((plain | plus).mean()).item()
    best = max(units, key=lambda unit: shares[unit])
    if shares[context.unit] >= 0.5 or shares[best] < 0.9:
        return False
    example = dated.row(0, named=True)
    report.error(
        "data.unit",
        f"the dates say that {context.name} is in {best} ({shares[best]:.0%} of the rows), and the protocol "
        f"that it is in {context.unit} ({shares[context.unit]:.0%})",
        f"set {context.path} to {best}",
        where=Where(
            file=context.file,
            table=context.table,
            row=example["_row"],
            column=context.column,
            subject=example["USUBJID"],
        ),
        value=f"{show(example[context.raw])} for {example['_days']} days",
    )
    return True


def _per(context: TimeContext, unit: TimeUnit) -> float:
    return days_per(unit, days_per_month=context.days_per_month)
