"""Factors: the column is there, levels are declared, numbers are numbers, strata are known for all randomized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.basis import hint_at_text
from equipoise.data.columns import as_number, as_text, find_column, lookup, missing_column
from equipoise.data.conditions import condition
from equipoise.data.frames import RESERVED
from equipoise.data.report import Report, Rule
from equipoise.errors import DataError, Where
from equipoise.protocol.arms import Factor
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_eligibility", "check_factors"]


def check_factors(protocol: Protocol, adsl: pl.DataFrame, file: str, report: Report) -> None:
    """Checks every declared factor in the subjects who count.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_relevant`.
        file: Its file.
        report: Takes the problems.
    """
    import polars as pl

    strata = _strata(protocol)
    subjects = adsl.filter(pl.col("_relevant"))
    for name, factor in protocol.factors.items():
        if name in RESERVED:
            report.error(
                "data.reserved_name",
                f"no factor may be called {name!r}: the frames of analysis have such a column",
                f"rename the factor, {name}_",
                where=Where(path=f"factors.{name}"),
                value=repr(name),
            )
        columns = [(factor.column, f"factors.{name}.column")]
        if factor.verified is not None:
            columns.append((factor.verified, f"factors.{name}.verified"))
        for column, path in columns:
            found = find_column(column, [c for c in adsl.columns if not c.startswith("_")])
            if found is None:
                message, cure = missing_column(column, adsl.columns, f"the factor {name!r}")
                report.error(
                    "data.missing_column",
                    message,
                    cure,
                    value=repr(column),
                    where=Where(file=file, table="ADSL", column=column, path=path),
                )
            elif factor.continuous:
                _check_number(subjects, found, name, file, report)
            else:
                _check_levels(subjects, found, name, factor, file, report)
            if found is not None and name in strata and column == factor.column:
                report.rows(
                    subjects.filter(pl.col("_randomized") & pl.col(found).is_null()),
                    Rule(
                        "data.missing_stratum",
                        "ADSL",
                        found,
                        f"a randomized subject has no {factor.label!r}, by which an analysis is stratified",
                        "give the stratum as randomized",
                        file=file,
                    ),
                )


def check_eligibility(protocol: Protocol, adsl: pl.DataFrame, file: str, report: Report) -> None:
    """Counts randomized subjects who do not meet a criterion that the data can tell.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_randomized`.
        file: Its file.
        report: Takes a warning for each criterion.
    """
    randomized = adsl.get_column("_randomized")
    for index, criterion in enumerate(protocol.eligibility):
        if criterion.where is None:
            continue
        path = f"eligibility.{index}.where"
        columns = [c for c in adsl.columns if not c.startswith("_")]
        try:
            met = condition(adsl.select(columns), criterion.where, path=path, table="ADSL", file=file)
        except DataError as error:
            report.extend(error.problems)
            continue
        failing = adsl.filter(randomized & ~met)
        if failing.height:
            row = failing.row(0, named=True)
            report.warn(
                "data.eligibility",
                f"{failing.height:,} randomized subjects do not meet, or lack the data for: {criterion.text}",
                "nothing, if so it was: everybody randomized is analyzed",
                where=Where(file=file, table="ADSL", row=row["_row"], subject=row["USUBJID"], path=path),
                value=criterion.where,
            )


def _strata(protocol: Protocol) -> set[str]:
    """Factors that an analysis is stratified by, as randomized."""
    out: set[str] = set()
    for analysis in protocol.analysis.values():
        if analysis.strata_as != "randomized":
            continue
        if analysis.kind == "time_to_event":
            out |= {*analysis.test.strata, *analysis.estimate.strata}
            for other in analysis.also:
                out |= set(getattr(other, "strata", ()))
        elif analysis.kind == "response":
            out |= set(analysis.test.strata)
    return out


def _check_number(subjects: pl.DataFrame, column: str, name: str, file: str, report: Report) -> None:
    import polars as pl

    number = as_number(column, subjects.schema[column])
    bad = subjects.filter(pl.col(column).is_not_null() & ~number.is_finite().fill_null(value=False))
    report.rows(
        bad,
        Rule(
            "data.not_a_number",
            "ADSL",
            column,
            f"the continuous factor {name!r} is {{{column}}}, not a number",
            "write a number with a decimal point, or name the string in data.missing_strings",
            file=file,
        ),
    )


def _check_levels(subjects: pl.DataFrame, column: str, name: str, factor: Factor, file: str, report: Report) -> None:
    import polars as pl

    levels = list(factor.level_values.values())
    if not levels:
        return
    text = subjects.select(as_text(column, subjects.schema[column]).alias("_text")).to_series()
    _, unknown = lookup(text, dict.fromkeys(levels, 1), pl.Int8)
    for value in unknown:
        hint = hint_at_text(value, levels)
        report.rows(
            subjects.filter(text == value),
            Rule(
                "data.undeclared_level",
                "ADSL",
                column,
                f"the level {{{column}}} of {name!r} is not declared" + (f": {hint}" if hint else ""),
                f"write one of {', '.join(map(repr, levels))}, or declare the level in factors.{name}.levels",
                file=file,
            ),
        )
