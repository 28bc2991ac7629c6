"""All checks, in the order in which a reader would want to hear of them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from equipoise.data.checks.adverse import check_adverse_events
from equipoise.data.checks.continuous import check_continuous
from equipoise.data.checks.cox_columns import check_cox_columns
from equipoise.data.checks.dates import check_cut, check_deaths, check_intercurrent_dates, check_order_of_dates
from equipoise.data.checks.factors import check_eligibility, check_factors
from equipoise.data.checks.left_out import count_events_outside, count_not_randomized
from equipoise.data.checks.responses import check_responses
from equipoise.data.checks.subjects import check_unknown_subjects
from equipoise.data.columns import missing_column
from equipoise.data.report import Report
from equipoise.data.tables import Loaded
from equipoise.errors import Where
from equipoise.protocol.continuous import ContinuousEndpoint
from equipoise.protocol.endpoints import AdamSource, AdverseEventsEndpoint, ResponseEndpoint
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

    from equipoise.data.records import EventRecords

__all__ = ["run_checks"]


def run_checks(
    protocol: Protocol,
    adsl: pl.DataFrame,
    tables: dict[str, Loaded],
    records: EventRecords,
    report: Report,
    *,
    cut: datetime.date | None = None,
) -> None:
    """Runs every check that needs more than one column of one table.

    Args:
        protocol: The declared trial.
        adsl: ADSL with `_planned`, `_actual`, `_randomized`, `_relevant`.
        tables: Typed tables.
        records: Event records.
        report: Takes the problems.
        cut: Date at which the data are re-censored; not after `data.cut`, it stands in for that.
    """
    known, file = adsl.get_column("USUBJID"), tables["ADSL"].file
    check_factors(protocol, adsl, file, report)
    check_eligibility(protocol, adsl, file, report)
    check_cox_columns(protocol, adsl, file, report)
    check_intercurrent_dates(protocol, adsl, file, report)
    check_deaths(protocol, adsl, records, file, report)
    check_order_of_dates(protocol, adsl, records, file, report)
    for table, loaded in tables.items():
        if table != "ADSL" and "USUBJID" in loaded.frame.columns:
            check_unknown_subjects(loaded.frame, known, table, loaded.file, report)
        elif table == "ADEX":  # of the other tables, the endpoints that read them say so
            message, cure = missing_column("USUBJID", loaded.frame.columns, "exposure")
            report.error(
                "data.missing_column", message, cure, where=Where(file=loaded.file, table=table, column="USUBJID")
            )
    for name, endpoint in protocol.endpoints.items():
        if isinstance(endpoint, AdverseEventsEndpoint) and endpoint.source.table in tables:
            check_adverse_events(name, endpoint, tables[endpoint.source.table], adsl, report)
        elif isinstance(endpoint, ResponseEndpoint) and isinstance(endpoint.source, AdamSource):
            if endpoint.source.table in tables:
                check_responses(name, endpoint, endpoint.source, tables[endpoint.source.table], adsl, report)
        elif isinstance(endpoint, ContinuousEndpoint) and endpoint.source.table in tables:
            check_continuous(protocol, name, tables[endpoint.source.table], adsl, report)
    declared = protocol.data.cut
    if declared is not None and (cut is None or cut > declared):
        check_cut(declared, adsl, tables, records, file, report)
    count_not_randomized(protocol, adsl, tables, report)
    if not report.errors:
        count_events_outside(protocol, adsl, tables, report)
