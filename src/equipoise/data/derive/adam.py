"""Derived endpoints as ADaM tables: ADTTE, ADRS, and the decisions, one line a subject and endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from equipoise.data.derive.frames import derived_endpoints
from equipoise.data.model import Datasets
from equipoise.protocol.assessments import derived_code
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CODES", "adam_tables", "decision_counts"]

CODES: Final = (
    ("No progression or death", 1),
    ("Alive", 1),
    ("No adequate assessment after baseline", 2),
    ("No adequate baseline assessment", 3),
    ("New anticancer therapy", 4),
    ("missed assessments before progression", 5),
    ("missed assessments before death", 6),
    ("Death without progression", 7),
)
"""Part of a reason of censoring → CNSR. A competing event, which CNSR knows nothing of, is 9; an event 0."""

_COMPETING: Final = 9


def adam_tables(protocol: Protocol, data: Datasets) -> dict[str, pl.DataFrame]:
    """The derived endpoints as tables.

    Args:
        protocol: The declared trial.
        data: Its data, as `load_data` gives them.

    Returns:
        `adtte`: STUDYID, USUBJID, PARAMCD, PARAM, STARTDT, ADT, AVAL, AVALU, CNSR, EVNTDESC (the event, or the reason
        of censoring), CNSDTDSC (where it was censored), RULE, DECISION. `adrs`: STUDYID, USUBJID, PARAMCD, PARAM, ADT,
        AVALC, RULE, DECISION. `decisions`: USUBJID, ENDPOINT, RESULT, REASON, DATE, RULE, DECISION, by subject. A table
        without rows is left out.
    """
    import polars as pl

    times: list[pl.DataFrame] = []
    responses: list[pl.DataFrame] = []
    decisions: list[pl.DataFrame] = []
    for name, source in derived_endpoints(protocol).items():
        frame = data.derived[name]
        head = [
            pl.lit(protocol.trial.id).alias("STUDYID"),
            pl.col("USUBJID"),
            pl.lit(derived_code(name, source)).alias("PARAMCD"),
            pl.lit(protocol.endpoints[name].label).alias("PARAM"),
        ]
        tail = [pl.col("rule").alias("RULE"), pl.col("decision").alias("DECISION")]
        if "time" in frame.columns:
            unit = pl.lit(protocol.time.data_unit.upper()).alias("AVALU")
            times.append(frame.select(*head, "STARTDT", "ADT", pl.col("time").alias("AVAL"), unit, *_codes(), *tail))
            words = pl.col("status").replace_strict({0: "censored", 1: "event", 2: "competing event"})
            result, reason = words, pl.col("reason")
        else:
            responses.append(frame.select(*head, "ADT", pl.col("response").alias("AVALC"), *tail))
            result, reason = pl.col("response"), pl.lit(None, dtype=pl.String)
        decisions.append(
            frame.select(
                "USUBJID",
                pl.lit(name).alias("ENDPOINT"),
                result.alias("RESULT"),
                reason.alias("REASON"),
                pl.col("ADT").alias("DATE"),
                *tail,
            )
        )
    tables = {"adtte": times, "adrs": responses, "decisions": decisions}
    out = {table: pl.concat(parts) for table, parts in tables.items() if parts}
    if "decisions" in out:
        order = data.adsl.select("USUBJID").with_row_index("_order")
        by_subject = out["decisions"].join(order, on="USUBJID", how="left", maintain_order="left")
        out["decisions"] = by_subject.sort("_order", maintain_order=True).drop("_order")
    return out


def _codes() -> list[pl.Expr]:
    import polars as pl

    code = pl.lit(None, dtype=pl.Int64)
    for part, number in CODES:
        code = pl.when(pl.col("reason").str.contains(part, literal=True)).then(number).otherwise(code)
    cnsr = pl.when(pl.col("status") == 1).then(0).when(pl.col("status") == 2).then(_COMPETING).otherwise(code)
    return [
        cnsr.alias("CNSR"),
        pl.col("reason").alias("EVNTDESC"),
        pl.when(pl.col("place") != "").then(pl.col("place")).alias("CNSDTDSC"),
    ]


def decision_counts(data: Datasets) -> list[tuple[str, str, str, int]]:
    """How often each rule decided.

    Args:
        data: Data with derived endpoints.

    Returns:
        Endpoint, result (`event`, `censored`, `competing event` or the response), rule, number of subjects; frequent
        ones first within an endpoint.
    """
    import polars as pl

    words = {0: "censored", 1: "event", 2: "competing event"}
    out: list[tuple[str, str, str, int]] = []
    for name, frame in data.derived.items():
        result = pl.col("status").replace_strict(words) if "status" in frame.columns else pl.col("response")
        counts = frame.group_by(result.alias("result"), "rule").agg(pl.len().alias("n"))
        for found, rule, n in counts.sort(["n", "result", "rule"], descending=[True, False, False]).iter_rows():
            out.append((name, found, rule, n))
    return out
