"""Columns of ADSL that Cox models name: case weights, clusters and times of entry are there, and usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.basis import members
from equipoise.data.columns import as_number, as_text, find_column, missing_column
from equipoise.data.report import Report, Rule
from equipoise.errors import DataError, Where
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

__all__ = ["check_cox_columns"]

_RULES = {
    "weights": (
        "plan.weights",
        "{0} is no case weight: it is not a number above 0",
        "give every subject of the population a weight above 0",
    ),
    "cluster": (
        "plan.cluster",
        "{0} is empty, so that the subject belongs to no cluster",
        "complete the column, or declare another one as the cluster",
    ),
    "entry": (
        "plan.entry",
        "{0} is no time of entry: it is not a number from 0",
        "give every subject of the population a time of entry, 0 where there is no delay",
    ),
}


def check_cox_columns(protocol: Protocol, adsl: pl.DataFrame, file: str, report: Report) -> None:
    """Checks the columns that the models of all analyses of time to event name, each column once a population.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_randomized`.
        file: Its file.
        report: Takes the problems. An entry after the end of follow-up is found by the analysis, which knows the times.
    """
    import polars as pl

    seen: set[tuple[str, str, str]] = set()
    columns = [name for name in adsl.columns if not name.startswith("_")]
    for population, key, wanted, path in _named(protocol):
        if (population, key, wanted) in seen:
            continue
        seen.add((population, key, wanted))
        column = find_column(wanted, columns)
        if column is None:
            message, cure = missing_column(wanted, columns, path)
            where = Where(file=file, table="ADSL", column=wanted, path=path)
            report.error("data.missing_column", message, cure, where=where, value=repr(wanted))
            continue
        try:
            inside = adsl.filter(members(protocol, adsl, population) & pl.col("_randomized"))
        except DataError:  # the population's own problem, reported there
            continue
        code, message, cure = _RULES[key]
        bad = inside.filter(~_fine(key, column, adsl.schema[column]))
        report.rows(bad, Rule(code, "ADSL", column, message.format(column), cure, file=file))


def _named(protocol: Protocol) -> Iterator[tuple[str, str, str, str]]:
    """Population, key, column and place of all columns that models name."""
    for name, analysis in protocol.analysis.items():
        if analysis.kind != "time_to_event":
            continue
        models = [("estimate", analysis.estimate)]
        models += [(f"also.{i}", one) for i, one in enumerate(analysis.also) if one.kind == "cox"]
        for place, model in models:
            for key in _RULES:
                column = getattr(model, key)
                if column is not None:
                    yield analysis.population, key, column, f"analysis.{name}.{place}.{key}"


def _fine(key: str, column: str, dtype: pl.DataType) -> pl.Expr:
    if key == "cluster":
        return (as_text(column, dtype).str.strip_chars() != "").fill_null(value=False)
    number = as_number(column, dtype)
    above = number > 0.0 if key == "weights" else number >= 0.0
    return (number.is_finite() & above).fill_null(value=False)
