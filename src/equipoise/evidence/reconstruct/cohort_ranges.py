"""Equally fitting cohorts, and what they leave open: the range of each statistic that was not printed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.evidence.reconstruct.cohort_goals import Goals
from equipoise.evidence.reconstruct.cohort_reproduce import Reproduced, row_of

if TYPE_CHECKING:
    import polars as pl

    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results, Statistic

__all__ = ["analyzed", "as_good", "ranges_of"]

_TESTS = ("p_value", "interaction_p_value")
_DERIVED = {"hazard_reduction": "hazard_ratio", "ae_subjects": "ae_proportion"}
_MADE_UP = {("soc", "Not published"), ("worst_grade", "missing")}
"""Groups that exist in synthetic data only because nothing is printed of them."""


def analyzed(protocol: Protocol, tables: dict[str, pl.DataFrame]) -> Results:
    """The analysis of a cohort, through files as any other.

    Args:
        protocol: The protocol beside it.
        tables: Its tables.
    """
    from equipoise.analysis.engine import analyze
    from equipoise.data import load_data
    from equipoise.data.synthetic import synthetic
    from equipoise.data.writers import write_table

    with tempfile.TemporaryDirectory(prefix="equipoise-") as room:
        for name, frame in tables.items():
            write_table(synthetic(frame, "published results"), Path(room) / f"{name.lower()}.csv")
        return analyze(protocol, load_data(protocol, Path(room)))


def as_good(one: Sequence[Reproduced], first: Sequence[Reproduced]) -> bool:
    """Whether a cohort gives every printed number that the first one gives.

    Args:
        one: Its printed numbers.
        first: Those of the first cohort.
    """
    rank = {"hit": 0, "margin": 1, "miss": 2, "not_rebuilt": 3}
    return all(rank[a.status] <= rank[b.status] for a, b in zip(one, first, strict=True))


def ranges_of(goals: Goals, results: Sequence[Results]) -> dict[str, Any]:
    """What is known of each statistic of the analysis.

    Args:
        goals: What is printed.
        results: Of the first cohort and of those that fit as well.

    Returns:
        `printed`: identifier → parts that were printed; `ranges`: identifier → smallest and largest value, `same` where
        print shows one value for all. Statistics in neither are not to be shown: tests and names that nobody printed.
    """
    printed = _printed(goals, results[0])
    tables = [{row.id: row for row in one} for one in results]
    found: dict[str, Any] = {}
    for row in results[0]:
        if row.id in printed or row.key.statistic in _TESTS or _MADE_UP & set(row.key.groups):
            continue
        rows = [table[row.id] for table in tables if row.id in table]
        found[row.id] = _range(rows)
    return {
        "schema": "equipoise.ranges/1", "synthetic": True, "cohorts": len(results),
        "note": "These are not patients: ranges over synthetic cohorts that give the printed numbers alike.",
        "printed": {name: sorted(parts) for name, parts in printed.items()}, "ranges": found,
    }  # fmt: skip


def _printed(goals: Goals, results: Results) -> dict[str, set[str]]:
    """Identifier → printed parts; with what follows from them by arithmetic alone."""
    found: dict[str, set[str]] = {}
    for goal in goals.goals:
        row = row_of(goal, results)
        if row is None:
            continue
        found.setdefault(row.id, set()).add(goal.part)
        if goal.fact.statistic in ("events", "response_rate", "clinical_benefit_rate", "ae_proportion"):
            found[row.id] |= {"events"}
    by_key = {(row.key.statistic, _place(row)): row for row in results}
    for row in results:
        source = by_key.get((_DERIVED.get(row.key.statistic, ""), _place(row)))
        if source is not None and source.id in found:
            found.setdefault(row.id, set()).update(found[source.id])
    for goal in goals.of("p_value"):
        row = row_of(goal, results)
        for other in results if row is not None else ():
            assert row is not None
            if other.key.statistic == "p_value" and other.key.method.split(".")[:2] == row.key.method.split(".")[:2] \
                    and _place(other)[:4] == _place(row)[:4]:  # fmt: skip
                found.setdefault(other.id, set()).add("value")
    return found


def _place(row: Statistic) -> tuple[Any, ...]:
    key = row.key
    return (key.analysis, key.arm, key.versus, key.time, key.groups)


def _range(rows: Iterable[Statistic]) -> dict[str, Any]:
    """Smallest and largest value; a value that is not reached in some cohort is larger than any."""
    from equipoise.results.display import format_value

    rows = list(rows)
    values = [row.value for row in rows if row.value is not None]
    if len({format_value(row) for row in rows}) == 1:
        limits = {name: {_shown(row, name) for row in rows} for name in ("lower", "upper")}
        return {"same": True, "limits": all(len(shown) == 1 for shown in limits.values())}
    beyond = any(row.value is None for row in rows)
    low = min(values) if values else None
    high = max(values) if values and not beyond else None
    return {"lower": low, "upper": high}


def _shown(row: Statistic, name: str) -> str:
    value = getattr(row, name)
    return row.why(name) if value is None else f"{value:.3g}"
