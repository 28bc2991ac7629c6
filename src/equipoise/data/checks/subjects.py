"""Subjects: there are some, each once, and every record belongs to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.report import Report, Rule, did_you_mean
from equipoise.errors import Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_subjects", "check_unknown_subjects"]


def check_subjects(adsl: pl.DataFrame, file: str, report: Report) -> pl.DataFrame:
    """ADSL has subjects, each with an identifier, each once.

    Args:
        adsl: ADSL, typed.
        file: Its file.
        report: Takes the problems.

    Returns:
        The first row of each subject.
    """
    import polars as pl

    if adsl.is_empty():
        report.error(
            "data.no_rows",
            "ADSL has no rows",
            "export the table again, or correct its `where`",
            where=Where(file=file, table="ADSL"),
        )
        return adsl
    subject = pl.col("USUBJID")
    report.rows(
        adsl.filter(subject.is_null()),
        Rule(
            "data.subject_missing", "ADSL", "USUBJID", "the row has no subject", "give every row its USUBJID", file=file
        ),
    )
    adsl = adsl.filter(subject.is_not_null())
    again = adsl.filter(~subject.is_first_distinct())
    if again.height:
        first = adsl.filter(subject.is_first_distinct()).select("USUBJID", pl.col("_row").alias("_first"))
        report.rows(
            again.join(first, on="USUBJID", how="left"),
            Rule(
                "data.duplicate_subject",
                "ADSL",
                "USUBJID",
                "the subject is there twice; the first time in row {_first}",
                "keep one row a subject",
                file=file,
            ),
        )
    return adsl.filter(subject.is_first_distinct())


def check_unknown_subjects(
    frame: pl.DataFrame, known: pl.Series, table: str, file: str, report: Report, *, column: str = "USUBJID"
) -> None:
    """Every row belongs to a subject of ADSL.

    Args:
        frame: A table with `USUBJID` and `_row`.
        known: The subjects of ADSL.
        table: Name of the table.
        file: Its file.
        report: Takes the problems.
        column: The subject's column as named in the file.
    """
    import polars as pl

    subject = pl.col("USUBJID")
    report.rows(
        frame.filter(subject.is_null()),
        Rule(
            "data.subject_missing",
            table,
            column,
            "the row has no subject",
            "give every row its subject",
            file=file,
            value="USUBJID",
        ),
    )
    unknown = frame.filter(subject.is_not_null()).join(
        known.to_frame(), on="USUBJID", how="anti", maintain_order="left"
    )
    if unknown.is_empty():
        return
    hint = _looks_like(str(unknown.get_column("USUBJID")[0]), known)
    report.rows(
        unknown,
        Rule(
            "data.unknown_subject",
            table,
            column,
            "the subject is not in ADSL",
            f"add the subject to ADSL or remove the record{hint}",
            file=file,
            value="USUBJID",
        ),
    )


def _looks_like(subject: str, known: pl.Series) -> str:
    stripped = subject.strip().lstrip("0")
    same = known.filter(known.str.strip_chars().str.strip_chars_start("0") == stripped)
    if same.len():
        return f"; ADSL writes {same[0]!r}"
    hint = did_you_mean(subject, known.head(2000).to_list())
    return f"; {hint}" if hint else ""
