"""Conventions of ADaM and of mapped status columns: what a code means. CNSR becomes an event here and nowhere else.

ADaM: `CNSR = 0` is an event, each positive integer a reason for censoring, described by `EVNTDESC` (else `CNSDTDSC`).
A mapped status column has every code declared; a code that is not is an error, never a censoring.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from equipoise.data.columns import as_number, as_text, lookup
from equipoise.data.model import ROW
from equipoise.data.report import Report, Rule
from equipoise.protocol.endpoints import Code, StatusSource
from equipoise.units import TimeUnit

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CENSORED", "COMPETING", "EVENT", "cnsr_status", "coded_status", "unit_of_text"]

CENSORED: Final = 0
EVENT: Final = 1
COMPETING: Final = 2

_MEANINGS: Final = {"event": EVENT, "censored": CENSORED, "competing": COMPETING}

_UNIT_WORDS: Final[dict[str, TimeUnit]] = {
    "D": "days",
    "DAY": "days",
    "DAYS": "days",
    "WK": "weeks",
    "WKS": "weeks",
    "WEEK": "weeks",
    "WEEKS": "weeks",
    "MO": "months",
    "MOS": "months",
    "MTH": "months",
    "MTHS": "months",
    "MONTH": "months",
    "MONTHS": "months",
    "YR": "years",
    "YRS": "years",
    "YEAR": "years",
    "YEARS": "years",
}


def unit_of_text(text: str) -> TimeUnit | None:
    """The unit that a text names: all of it (`AVALU`), or in parentheses at its end (`PARAM`).

    Args:
        text: `MONTHS`, `Overall Survival (Months)`.

    Returns:
        The unit, or `None` where the text names none.
    """
    whole = _UNIT_WORDS.get(text.strip().upper())
    if whole:
        return whole
    last = re.search(r"[(\[]\s*(?:in\s+)?([A-Za-z]+)\s*[)\]]\s*$", text)
    return _UNIT_WORDS.get(last.group(1).upper()) if last else None


def cnsr_status(rows: pl.DataFrame, name: str, table: str, file: str, report: Report) -> pl.DataFrame:
    """Adds `status` and `reason` from `CNSR`.

    Args:
        rows: Rows of one parameter, with `CNSR`, `_row`, `USUBJID` and, where present, `EVNTDESC`, `CNSDTDSC`.
        name: How messages call the parameter, `PFS`.
        table: Name of the table.
        file: Name of the file.
        report: Takes missing, negative, fractional and textual codes as errors, codes without description as warnings.

    Returns:
        The rows whose code is valid, with `status` (Int8) and `reason`.
    """
    import polars as pl

    def rule(message: str) -> Rule:
        return Rule(
            "data.cnsr",
            table,
            "CNSR",
            message,
            "0 is an event, each positive integer a reason for censoring",
            file=file,
        )

    rows = rows.with_columns(as_number("CNSR", rows.schema["CNSR"]).alias("_code"))
    raw, code = pl.col("CNSR"), pl.col("_code")
    report.rows(rows.filter(raw.is_null()), rule(f"CNSR of {name} is missing"))
    report.rows(
        rows.filter(raw.is_not_null() & (code.is_null() | code.is_nan())),
        rule(f"CNSR of {name} is {{CNSR}}, not a number"),
    )
    report.rows(rows.filter(code < 0), rule(f"CNSR of {name} is negative"))
    report.rows(rows.filter((code >= 0) & (code != code.floor())), rule(f"CNSR of {name} is fractional"))
    valid = rows.filter(code.is_not_null() & (code >= 0) & (code == code.floor()) & code.is_finite())
    described = [pl.col(c) for c in ("EVNTDESC", "CNSDTDSC") if c in rows.columns]
    description = pl.coalesce(*described) if described else pl.lit(None, dtype=pl.String)
    number = as_text(code, pl.Float64())
    valid = valid.with_columns(
        pl.when(code == 0).then(EVENT).otherwise(CENSORED).cast(pl.Int8).alias("status"),
        description.str.strip_chars().alias("_description"),
        number.alias("_number"),
    )
    _warn_undescribed(valid, name, table, file, report)
    _find_codes(valid, name, table, report)
    return _with_reasons(valid)


def _find_codes(valid: pl.DataFrame, name: str, table: str, report: Report) -> None:
    """Prints how often each reason for censoring occurs, with its code."""
    import polars as pl

    censored = valid.filter(pl.col("status") == CENSORED)
    counts = censored.group_by("_code", "_number", "_description").len().sort("_code", "_description")
    texts = [f"{number} {text or 'without description'} ({n:,})" for _, number, text, n in counts.head(20).iter_rows()]
    if texts:
        more = f", and {counts.height - 20} more" if counts.height > 20 else ""
        report.find(f"{name}: censored by CNSR {', '.join(texts)}{more}", table)


def _with_reasons(valid: pl.DataFrame) -> pl.DataFrame:
    """Adds `reason`: the description; with the code where there is none, or where several codes share it."""
    import polars as pl

    shared = (
        valid.filter(pl.col("status") == CENSORED)
        .group_by("_description")
        .agg(pl.col("_number").n_unique().alias("_codes"))
        .filter(pl.col("_codes") > 1)
        .get_column("_description")
        .drop_nulls()
    )
    plain = pl.col("_description")
    reason = (
        pl.when(plain.is_null() & (pl.col("status") == EVENT))
        .then(pl.lit("event"))
        .when(plain.is_null())
        .then(pl.lit("code ") + pl.col("_number"))
        .when((pl.col("status") == CENSORED) & plain.is_in(shared.to_list()))
        .then(plain + " (code " + pl.col("_number") + ")")
        .otherwise(plain)
    )
    return valid.with_columns(reason.alias("reason"))


def _warn_undescribed(valid: pl.DataFrame, name: str, table: str, file: str, report: Report) -> None:
    import polars as pl

    from equipoise.errors import Where

    bare = valid.filter((pl.col("status") == CENSORED) & pl.col("_description").is_null())
    for number, count, first in (
        bare.group_by("_number").agg(pl.len(), pl.col(ROW).min().alias("first")).sort("_number").iter_rows()
    ):
        report.warn(
            "data.cnsr_description",
            f"CNSR {number} of {name} has no description in {count:,} rows, and is reported as 'code {number}'",
            "describe each reason for censoring in EVNTDESC or CNSDTDSC",
            where=Where(file=file, table=table, column="CNSR", row=first),
            value=number,
        )


def coded_status(
    rows: pl.DataFrame,
    source: StatusSource,
    column: str,
    table: str,
    file: str,
    report: Report,
    *,
    event: str = "event",
) -> pl.DataFrame:
    """Adds `status` and `reason` from a status column with declared codes.

    Args:
        rows: Rows of the endpoint, with the status column, `_row` and `USUBJID`.
        source: The declaration.
        column: The status column as named in the frame.
        table: Name of the table, for messages.
        file: Name of the file.
        report: Takes missing and undeclared codes as errors.
        event: Reason of an event that declares none.

    Returns:
        The rows whose code is declared, with `status` (Int8) and `reason`.
    """
    import polars as pl

    meaning: dict[str, int] = {}
    reason: dict[str, str] = {}
    for key, declared in source.codes.items():
        text = str(key)
        name = declared.meaning if isinstance(declared, Code) else declared
        meaning[text] = _MEANINGS[name]
        given = declared.reason if isinstance(declared, Code) else None
        reason[text] = given or (event if name == "event" else f"{name} (code {text})")
    rows = rows.with_columns(as_text(column, rows.schema[column]).alias("_text"))
    status, unknown = lookup(rows.get_column("_text"), meaning, pl.Int8)
    reasons, _ = lookup(rows.get_column("_text"), reason, pl.String)
    rows = rows.with_columns(status.alias("status"), reasons.alias("reason"))
    declared_codes = ", ".join(map(str, source.codes))
    column_name = source.status

    def rule(code: str, message: str, cure: str) -> Rule:
        return Rule(code, table, column_name, message, cure, value=column, file=file)

    report.rows(
        rows.filter(pl.col("_text").is_null()),
        rule("data.status_missing", f"{column_name} is missing", "give every row a status"),
    )
    report.rows(
        rows.filter(pl.col("_text").is_in(unknown)),
        rule(
            "data.status_code",
            f"{column_name} has the undeclared code {{{column}}}",
            f"declare it in `codes` as event, censored or competing; declared are {declared_codes}",
        ),
    )
    return rows.filter(pl.col("status").is_not_null())
