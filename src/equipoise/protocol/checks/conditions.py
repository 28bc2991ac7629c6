"""`where:` conditions: read by polars, so that a condition that can't be read is found before there are data."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.continuous import ContinuousAnalysis
from equipoise.protocol.data import MappedData
from equipoise.protocol.endpoints import AdverseEventsEndpoint
from equipoise.source import YamlPath

__all__ = ["check_conditions", "conditions"]


def check_conditions(draft: Draft) -> None:
    """Every condition can be read and names a column.

    Args:
        draft: The protocol under examination.
    """
    found = list(conditions(draft))
    if not found:
        return
    import polars as pl

    for path, where in found:
        try:
            columns = pl.sql_expr(where).meta.root_names()
        except (pl.exceptions.PolarsError, ValueError):
            draft.report("condition", "the condition can't be read", path,
                         "write a condition in SQL, text in single quotes: \"SAFFL = 'Y' AND AGE >= 18\"")  # fmt: skip
            continue
        if not columns:
            draft.report("condition", "the condition names no column", path,
                         "compare a column with a value: \"SAFFL = 'Y'\"")  # fmt: skip


def conditions(draft: Draft) -> Iterator[tuple[YamlPath, str]]:
    """All conditions of a protocol.

    Args:
        draft: The protocol under examination.

    Yields:
        Path and condition.
    """
    for position, criterion in enumerate(draft.eligibility):
        if criterion.where is not None:
            yield ("eligibility", position, "where"), criterion.where
    for name, population in draft.populations.items():
        if population.where is not None:
            yield ("populations", name, "where"), population.where
    if isinstance(draft.data, MappedData):
        for table, mapped in draft.data.tables.items():
            if mapped.where is not None:
                yield ("data", "tables", table, "where"), mapped.where
    for name, reader in draft.assessments.items():
        if reader.where is not None:
            yield ("assessments", name, "where"), reader.where
    for name, endpoint in draft.endpoints.items():
        where = getattr(endpoint.source, "where", None)
        if where is not None:
            yield ("endpoints", name, "source", "where"), where
        if isinstance(endpoint, AdverseEventsEndpoint):
            for group, where in endpoint.of_interest.items():
                yield ("endpoints", name, "of_interest", group), where
    for name, analysis in draft.analysis.items():
        if isinstance(analysis, ContinuousAnalysis) and analysis.where is not None:
            yield ("analysis", name, "where"), analysis.where
