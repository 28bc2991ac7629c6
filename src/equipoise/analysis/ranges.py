"""Statistics of a synthetic cohort: what was printed stands, anything else is a range over cohorts that fit alike.

Printed numbers do not determine the patients behind them. Other patients give the same printed numbers and another
survival at a year, say: one value would be an invention. So a folder of synthetic patients brings the ranges of all
statistics over the cohorts that fit equally well, and what is neither printed nor in them is left out: subgroups and
tests that nobody printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from equipoise.results import Results, Statistic

__all__ = ["RANGES", "within_ranges"]

RANGES = "ranges.json"
"""The file beside synthetic data."""


def within_ranges(results: Results, place: Path) -> Results:
    """Results of synthetic data as what is known of them.

    Args:
        results: Results of the analysis of the data in `place`.
        place: Folder of the data, or a file in it.

    Returns:
        The same rows where no ranges are there; else printed rows with what was printed of them, ranges for others.
    """
    folder = place if place.is_dir() else place.parent
    try:
        content = json.loads((folder / RANGES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return results
    if not isinstance(content, dict) or content.get("synthetic") is not True:
        return results
    rows = (_known(row, content) for row in results)
    return Results(tuple(row for row in rows if row is not None), results.curves)


def _known(row: Statistic, content: Mapping[str, Any]) -> Statistic | None:
    """What is known of a statistic; None where that is nothing."""
    if row.origin != "synthetic":
        return row
    printed = content.get("printed", {}).get(row.id)
    if printed is not None:
        return _printed(row, set(printed))
    found = content.get("ranges", {}).get(row.id)
    if found is None:
        return None
    return _ranged(row, found, int(content.get("cohorts", 0)))


def _printed(row: Statistic, parts: set[str], text: str | None = None) -> Statistic:
    changed: dict[str, Any] = {}
    if not parts & {"lower", "upper"}:
        changed |= {"lower": None, "upper": None, "conf_level": None, "missing": _without(row, "lower", "upper")}
    if "se" not in parts:
        changed["se"] = None
        changed["missing"] = tuple(pair for pair in changed.get("missing", row.missing) if pair[0] != "se")
    if "events" not in parts:
        changed["events"] = None
    words = "Printed; the synthetic cohort was made to give it"
    return replace(row, **changed, method_text=_said(row.method_text, words) if text is None else text)


def _without(row: Statistic, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in row.missing if pair[0] not in names)


def _ranged(row: Statistic, found: Mapping[str, Any], cohorts: int) -> Statistic:
    if found.get("same"):  # all cohorts show the same in print: the printed numbers determine it
        return row if found.get("limits") else _printed(row, {"value", "events"}, row.method_text)
    missing = [("value", "range")]
    missing += [(name, "not_reached") for name in ("lower", "upper") if found.get(name) is None]
    words = f"Not printed: smallest and largest of {cohorts} synthetic cohorts that give the printed numbers alike"
    return replace(
        row, value=None, lower=found.get("lower"), upper=found.get("upper"), conf_level=None, se=None, n=None,
        events=None, denominator=None, missing=tuple(missing), method_text=_said(row.method_text, words),
    )  # fmt: skip


def _said(text: str, words: str) -> str:
    return f"{text.rstrip('. ')}. {words}." if text else f"{words}."
