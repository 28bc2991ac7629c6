"""Data of a trial, read, checked and ready for analysis; every problem is found before any is raised."""

from __future__ import annotations

import datetime
from pathlib import Path

from equipoise.data.basis import missing_subject_columns, prepare_subjects
from equipoise.data.checks.left_out import count_without_record
from equipoise.data.checks.run import run_checks
from equipoise.data.checks.subjects import check_subjects
from equipoise.data.model import Datasets
from equipoise.data.records import build_records
from equipoise.data.report import Report
from equipoise.data.tables import Reader, read_tables
from equipoise.errors import DataError, Problem
from equipoise.protocol.protocol import Protocol

__all__ = ["load_data", "validate_data"]


def load_data(protocol: Protocol, data: Path, *, cut: datetime.date | None = None) -> Datasets:
    """Reads the tables that a protocol uses, checks them, and re-censors them at a cut.

    Args:
        protocol: The declared trial.
        data: A folder with the tables, or a single file.
        cut: Date at which the data are re-censored; events of that very day count.

    Returns:
        The data, with warnings in `notes` and learned facts in `findings`.

    Raises:
        DataError: With all problems at once, errors first, then warnings.
    """
    report = Report()
    datasets = _load(protocol, Path(data), cut, report)
    report.raise_errors()
    if datasets is None:  # pragma: no cover - a missing part is always reported as an error
        message = "the data could not be read"
        raise DataError(message)
    return datasets


def validate_data(protocol: Protocol, data: Path, *, cut: datetime.date | None = None) -> tuple[Problem, ...]:
    """All problems of the data: errors, then warnings; nothing is raised.

    Args:
        protocol: The declared trial.
        data: A folder with the tables, or a single file.
        cut: As in `load_data`.

    Returns:
        The problems; empty if there is none.
    """
    report = Report()
    try:
        _load(protocol, Path(data), cut, report)
    except DataError as error:
        report.extend(error.problems)
    return (*report.errors, *report.warnings)


def _load(protocol: Protocol, data: Path, cut: datetime.date | None, report: Report) -> Datasets | None:
    reader = Reader(data, protocol.data.missing_strings, report)
    try:
        tables = read_tables(protocol, reader)
    except DataError as error:
        report.extend(error.problems)
        return None
    if "ADSL" not in tables:
        return None
    adsl, file = tables["ADSL"].frame, tables["ADSL"].file
    if missing_subject_columns(adsl, file, report):
        return None
    adsl = check_subjects(adsl, file, report)
    if adsl.is_empty():
        report.raise_errors()
        return None
    adsl = prepare_subjects(protocol, adsl, file, report)
    records = build_records(protocol, tables, adsl, reader)
    run_checks(protocol, adsl, tables, records, report)
    if report.errors:
        return None
    others = {table: loaded.frame for table, loaded in tables.items() if table != "ADSL"}
    datasets = Datasets(adsl, others, records.frames, records.conventions, reader.files(), (), (), None)
    if cut is not None:
        from equipoise.data.cut import apply_cut

        datasets = apply_cut(protocol, datasets, cut, report)
    count_without_record(protocol, datasets, report)
    return Datasets(
        datasets.adsl,
        datasets.tables,
        datasets.records,
        datasets.conventions,
        datasets.files,
        report.warnings,
        tuple(report.findings),
        cut,
    )
