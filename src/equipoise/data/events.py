"""What an analysis reads besides times: responses, adverse events, exposure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from equipoise.data.columns import FLAGS, as_number
from equipoise.data.conditions import condition
from equipoise.data.frames import declared, subjects
from equipoise.data.model import Datasets
from equipoise.errors import Problem, UsageError
from equipoise.protocol.assessments import AssessmentResponse
from equipoise.protocol.endpoints import AdamSource, AdverseEventsEndpoint, ResponseEndpoint
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["GRADES", "NOT_CODED", "SEVERITIES", "adverse_events", "event_rows", "exposure", "grading", "responses"]

SEVERITIES: Final = ("MILD", "MODERATE", "SEVERE", "LIFE THREATENING", "FATAL")
"""Severities in order; the rank is the position from 1."""

GRADES: Final = (1, 2, 3, 4, 5)
NOT_CODED: Final = "NOT CODED"
"""Class or term of an event whose coding is missing."""


def responses(protocol: Protocol, data: Datasets, endpoint: str, population: str) -> pl.DataFrame:
    """The response of each subject of a population.

    Args:
        protocol: The declared trial.
        data: Its data.
        endpoint: Name of a response endpoint.
        population: Name of the population.

    Returns:
        The columns of `subjects`, and `response`: a text of `endpoint.order`; `MISSING` where there is no record
        or no value.

    Raises:
        UsageError: There is no such endpoint or population, or it is of another kind.
    """
    import polars as pl

    declared("endpoint", endpoint, protocol.endpoints)
    entry = protocol.endpoints[endpoint]
    if not isinstance(entry, ResponseEndpoint):
        raise UsageError(Problem("usage.endpoint_kind", f"endpoint {endpoint!r} is not a response"))
    base = subjects(protocol, data, population)
    if isinstance(entry.source, AssessmentResponse):
        values = data.derived[endpoint].select("USUBJID", "response")
    else:
        rows = _picked(data.tables[entry.source.table], protocol, endpoint)
        values = rows.select("USUBJID", pl.col(entry.value).alias("response")).unique("USUBJID", keep="first")
    return base.join(values, on="USUBJID", how="left", maintain_order="left").with_columns(
        pl.col("response").fill_null("MISSING")
    )


def grading(protocol: Protocol, data: Datasets, endpoint: str) -> Literal["toxicity_grade", "severity"]:
    """Which scale the adverse events of an endpoint are graded on.

    Args:
        protocol: The declared trial.
        data: Its data.
        endpoint: Name of an adverse-events endpoint.

    Returns:
        `toxicity_grade` (AETOXGR, 1 to 5) or `severity` (AESEV).
    """
    entry = _adverse(protocol, endpoint)
    return grading_of(data.tables[entry.source.table], entry)


def grading_of(table: pl.DataFrame, entry: AdverseEventsEndpoint) -> Literal["toxicity_grade", "severity"]:
    """The declared scale, or under `auto` AETOXGR where it has values, else AESEV.

    Args:
        table: ADAE.
        entry: The endpoint.

    Returns:
        The scale.
    """
    if entry.grading != "auto":
        return entry.grading
    column = first_column(table, "AETOXGR", "ATOXGR")
    return "toxicity_grade" if column and table.get_column(column).null_count() < table.height else "severity"


def first_column(table: pl.DataFrame, *names: str) -> str | None:
    """The first of some columns that a table has.

    Args:
        table: The table.
        *names: Columns, preferred first.

    Returns:
        The name, or `None`.
    """
    return next((name for name in names if name in table.columns), None)


def adverse_events(protocol: Protocol, data: Datasets, endpoint: str, population: str) -> pl.DataFrame:
    """The adverse events of a population, one row an event.

    Args:
        protocol: The declared trial.
        data: Its data.
        endpoint: Name of an adverse-events endpoint; its condition and `treatment_emergent` are applied.
        population: Name of the population.

    Returns:
        `USUBJID`; `arm` (Int32); `soc`, `term` (text, `NOT CODED` where missing); `grade` (Int8, 1 to 5 or null; null
        on the severity scale); `severity` (text or null) and `severity_rank` (Int8, 1 mild to 5 fatal, null where
        missing; null on the grade scale); `serious`, `related`, `discontinuation`, `fatal` (Boolean; null in all rows
        where the file does not record it, otherwise missing means no); `start`, `end` (dates or null); `imputed`
        (Boolean: `ASTDTF` says that the start was imputed); `of_interest__<name>` (Boolean) for each declared group.

    Raises:
        UsageError: There is no such endpoint or population, or it is of another kind.
    """
    import polars as pl

    entry = _adverse(protocol, endpoint)
    table = data.tables[entry.source.table]
    rows = event_rows(protocol, data, endpoint)
    interest = [
        condition(
            rows.select(c for c in rows.columns if not c.startswith("_")),
            where,
            path=f"endpoints.{endpoint}.of_interest.{name}",
            table=entry.source.table,
        ).alias(f"of_interest__{name}")
        for name, where in entry.of_interest.items()
    ]
    arms = subjects(protocol, data, population).select("USUBJID", "arm")
    typed = rows.select(pl.col("USUBJID"), *_columns(rows, entry, grading_of(table, entry)))
    return (
        typed.with_columns(interest)
        .join(arms, on="USUBJID", how="inner", maintain_order="left")
        .select("USUBJID", "arm", pl.exclude("USUBJID", "arm"))
    )


def event_rows(protocol: Protocol, data: Datasets, endpoint: str) -> pl.DataFrame:
    """Rows of the table of events that an endpoint counts, of subjects of any population.

    Args:
        protocol: The declared trial.
        data: Its data.
        endpoint: Name of an adverse-events endpoint; its condition and `treatment_emergent` are applied.

    Returns:
        The rows with all their columns.

    Raises:
        UsageError: There is no such endpoint, or it is of another kind.
    """
    import polars as pl

    entry = _adverse(protocol, endpoint)
    rows = _picked(data.tables[entry.source.table], protocol, endpoint)
    return rows.filter((pl.col("TRTEMFL") == "Y").fill_null(value=False)) if entry.treatment_emergent else rows


def _columns(rows: pl.DataFrame, entry: AdverseEventsEndpoint, scale: str) -> list[pl.Expr]:
    import polars as pl

    def text(*names: str) -> pl.Expr:
        column = first_column(rows, *names)
        return pl.col(column) if column else pl.lit(None, dtype=pl.String)

    def among(column: str, values: tuple[str, ...]) -> pl.Expr:
        """Null in every row where the column was not recorded at all; a flag that is empty says no."""
        flag = column in FLAGS
        if column not in rows.columns or (not flag and rows.get_column(column).null_count() == rows.height):
            return pl.lit(None, dtype=pl.Boolean)
        upper = [value.strip().upper() for value in values]
        return pl.col(column).str.strip_chars().str.to_uppercase().is_in(upper).fill_null(value=False)

    def date(column: str) -> pl.Expr:
        return pl.col(column) if column in rows.columns else pl.lit(None, dtype=pl.Date)

    graded = first_column(rows, "AETOXGR", "ATOXGR") if scale == "toxicity_grade" else None
    grade = as_number(graded, rows.schema[graded]).cast(pl.Int8) if graded else pl.lit(None, dtype=pl.Int8)
    named = first_column(rows, "AESEV", "ASEV") if scale == "severity" else None
    severity, rank = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.Int8)
    if named is not None:
        order = {name: i for i, name in enumerate(SEVERITIES, 1)}
        severity = pl.col(named).str.strip_chars().str.to_uppercase()
        rank = severity.replace_strict(order, default=None, return_dtype=pl.Int8)
    worst = (grade == 5) if scale == "toxicity_grade" else (severity == "FATAL")
    recorded = first_column(rows, "AEOUT", "AESDTH") is not None or scale == "toxicity_grade"
    signs = [sign.fill_null(value=False) for sign in (among("AEOUT", ("FATAL",)), among("AESDTH", ("Y",)), worst)]
    fatal = pl.any_horizontal(signs) if recorded else pl.lit(None, dtype=pl.Boolean)
    return [
        text("AEBODSYS", "AESOC").fill_null(NOT_CODED).alias("soc"),
        text("AEDECOD", "AETERM").fill_null(NOT_CODED).alias("term"),
        grade.alias("grade"),
        severity.alias("severity"),
        rank.alias("severity_rank"),
        among("AESER", ("Y",)).alias("serious"),
        among("AEREL", entry.related).alias("related"),
        among("AEACN", entry.discontinuation).alias("discontinuation"),
        fatal.alias("fatal"),
        date("ASTDT").alias("start"),
        date("AENDT").alias("end"),
        (pl.col("ASTDTF").is_not_null() if "ASTDTF" in rows.columns else pl.lit(value=False)).alias("imputed"),
    ]


def exposure(protocol: Protocol, data: Datasets, population: str) -> pl.DataFrame | None:
    """Days on treatment of each subject of a population.

    Args:
        protocol: The declared trial.
        data: Its data.
        population: Name of the population.

    Returns:
        `USUBJID`, `arm`, `days` (Float64: last day minus first day plus 1; null where a day is missing), from TRTSDT
        and TRTEDT of ADSL (until the cut where EOTSTT says ONGOING), else from the first ASTDT and the last AENDT of
        ADEX. `None` where neither is there.
    """
    import polars as pl

    base = subjects(protocol, data, population)
    spans: list[pl.DataFrame] = []
    if {"TRTSDT", "TRTEDT"} <= set(data.adsl.columns):
        last = pl.col("TRTEDT")
        known = data.cut or protocol.data.cut
        if known is not None and "EOTSTT" in data.adsl.columns:
            ongoing = pl.col("EOTSTT").str.to_uppercase() == "ONGOING"
            last = pl.when(last.is_null() & ongoing).then(pl.lit(known)).otherwise(last)
        spans.append(data.adsl.select("USUBJID", pl.col("TRTSDT").alias("first"), last.alias("last")))
    adex = data.tables.get("ADEX")
    if adex is not None and {"USUBJID", "ASTDT", "AENDT"} <= set(adex.columns):
        ended = pl.when(pl.col("AENDT").is_not_null().any()).then(pl.col("AENDT").max())
        spans.append(adex.group_by("USUBJID").agg(pl.col("ASTDT").min().alias("first"), ended.alias("last")))
    if not spans:
        return None
    days = [
        span.select("USUBJID", ((pl.col("last") - pl.col("first")).dt.total_days() + 1).cast(pl.Float64).alias(f"_{i}"))
        for i, span in enumerate(spans)
    ]
    out = base.select("USUBJID", "arm")
    for span in days:
        out = out.join(span, on="USUBJID", how="left", maintain_order="left")
    return out.select("USUBJID", "arm", pl.coalesce(f"_{i}" for i in range(len(spans))).alias("days"))


def _adverse(protocol: Protocol, endpoint: str) -> AdverseEventsEndpoint:
    declared("endpoint", endpoint, protocol.endpoints)
    entry = protocol.endpoints[endpoint]
    if not isinstance(entry, AdverseEventsEndpoint):
        raise UsageError(Problem("usage.endpoint_kind", f"endpoint {endpoint!r} is not about adverse events"))
    return entry


def _picked(table: pl.DataFrame, protocol: Protocol, endpoint: str) -> pl.DataFrame:
    """Rows that the source of an endpoint picks; none is fine here (a cut may have left none)."""
    import polars as pl

    source = protocol.endpoints[endpoint].source
    if not isinstance(source, AdamSource):
        raise UsageError(Problem("usage.endpoint_kind", f"endpoint {endpoint!r} does not read an ADaM table"))
    rows = table if source.PARAMCD is None else table.filter(pl.col("PARAMCD") == source.PARAMCD)
    if source.where is None:
        return rows
    return rows.filter(condition(rows, source.where, path=f"endpoints.{endpoint}.source.where", table=source.table))
