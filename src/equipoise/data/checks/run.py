"""All checks, in the order in which a reader would want to hear of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.checks.subjects import check_unknown_subjects
from equipoise.data.report import Report
from equipoise.data.tables import Loaded
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

    from equipoise.data.records import EventRecords

__all__ = ["run_checks"]


def run_checks(
    protocol: Protocol, adsl: pl.DataFrame, tables: dict[str, Loaded], records: EventRecords, report: Report
) -> None:
    """Runs every check that needs more than one column of one table.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_planned`, `_actual`, `_randomized`, `_relevant`.
        tables: Typed tables.
        records: Event records.
        report: Takes the problems.
    """
    known = adsl.get_column("USUBJID")
    for table, loaded in tables.items():
        if table != "ADSL" and "USUBJID" in loaded.frame.columns:
            check_unknown_subjects(loaded.frame, known, table, loaded.file, report)
