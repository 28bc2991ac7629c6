"""Data of a trial, read, checked and ready for analysis; every problem is found before any is raised."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.data.basis import missing_subject_columns, prepare_subjects
from equipoise.data.blind import mask_arms, without_arms
from equipoise.data.checks.continuous import count_without_measurement
from equipoise.data.checks.left_out import count_without_record
from equipoise.data.checks.run import run_checks
from equipoise.data.checks.subjects import check_subjects
from equipoise.data.checks.time_at_risk import check_time_at_risk
from equipoise.data.csv_numerals import Numerals
from equipoise.data.model import Datasets
from equipoise.data.records import build_records
from equipoise.data.report import Report
from equipoise.data.simulated import note_simulated, note_synthetic
from equipoise.data.tables import Loaded, Reader, read_tables
from equipoise.errors import DataError, Problem
from equipoise.protocol.protocol import Protocol
from equipoise.source import place_problems

if TYPE_CHECKING:
    import polars as pl

__all__ = ["load_data", "validate_data"]


def load_data(
    protocol: Protocol,
    data: Path,
    *,
    cut: datetime.date | None = None,
    protocol_file: Path | None = None,
    blinded: bool = False,
) -> Datasets:
    """Reads the tables that a protocol uses, checks them, and re-censors them at a cut.

    Args:
        protocol: The declared trial.
        data: A folder with the tables, or a single file.
        cut: Date at which the data are re-censored; events of that very day count.
        protocol_file: File of the protocol, to place problems with its conditions at their lines.
        blinded: Read no column of arms, whether there is one or not: all of the randomized are in the control then.

    Returns:
        The data, with warnings in `notes` and learned facts in `findings`.

    Raises:
        DataError: With all problems at once, errors first, then warnings.
    """
    datasets, problems = _attempt(protocol, Path(data), cut, protocol_file, blinded=blinded)
    if datasets is None:
        raise DataError(problems)
    return datasets


def validate_data(
    protocol: Protocol, data: Path, *, cut: datetime.date | None = None, protocol_file: Path | None = None
) -> tuple[Problem, ...]:
    """All problems of the data: errors, then warnings; nothing is raised.

    Args:
        protocol: The declared trial.
        data: A folder with the tables, or a single file.
        cut: As in `load_data`.
        protocol_file: As in `load_data`.

    Returns:
        The problems; empty if there is none.
    """
    return _attempt(protocol, Path(data), cut, protocol_file)[1]


def _attempt(
    protocol: Protocol, data: Path, cut: datetime.date | None, protocol_file: Path | None, *, blinded: bool = False
) -> tuple[Datasets | None, tuple[Problem, ...]]:
    """The data, if there is no error; and all problems, errors first, each once."""
    report = Report()
    datasets: Datasets | None = None
    try:
        datasets = _load(protocol, data, cut, report, blinded=blinded)
    except DataError as error:
        report.extend(error.problems)
    if blinded:  # nobody is in the other arms, and that is no finding
        report.problems = [problem for problem in report.problems if problem.code != "data.empty_arm"]
    report.problems = place_problems(list(dict.fromkeys(report.problems)), protocol_file)
    if report.errors:
        datasets = None
    problems = (*report.errors, *report.warnings)
    if datasets is None:
        return None, problems
    return replace(datasets, notes=report.warnings, findings=tuple(report.findings), cut=cut), problems


def _load(
    protocol: Protocol, data: Path, cut: datetime.date | None, report: Report, *, blinded: bool
) -> Datasets | None:
    section = protocol.data
    reader = Reader(data, section.missing_strings, report, Numerals(section.decimal, section.dates))
    try:
        tables = read_tables(without_arms(protocol) if blinded else protocol, reader)
    except DataError as error:
        report.extend(error.problems)
        return None
    if "ADSL" not in tables:
        return None
    if blinded:
        tables = mask_arms(protocol, tables)
    adsl, file = tables["ADSL"].frame, tables["ADSL"].file
    if missing_subject_columns(adsl, file, report):
        return None
    adsl = check_subjects(adsl, file, report)
    if adsl.is_empty():
        return None
    adsl = prepare_subjects(protocol, adsl, file, report)
    records = build_records(protocol, tables, adsl, reader)
    run_checks(protocol, adsl, tables, records, report, cut=cut)
    derived = _derived(protocol, adsl, tables, cut, report)
    if report.errors:
        return None
    note_simulated(data, report)
    note_synthetic(data, reader.frames(), report)
    others = {table: loaded.frame for table, loaded in tables.items() if table != "ADSL"}
    datasets = Datasets(adsl, others, records.frames, records.conventions, reader.files(), (), (), None)
    if cut is not None:
        from equipoise.data.cut import apply_cut

        datasets = apply_cut(protocol, datasets, cut, report)
    if derived:
        from equipoise.data.derive.merge import with_derived

        datasets = with_derived(protocol, datasets, derived)
    count_without_record(protocol, datasets, report)
    check_time_at_risk(protocol, datasets, report)
    count_without_measurement(protocol, datasets, report)
    return datasets


def _derived(
    protocol: Protocol, adsl: pl.DataFrame, tables: dict[str, Loaded], cut: datetime.date | None, report: Report
) -> dict[str, pl.DataFrame]:
    """Endpoints that come from tumor assessments, as known at the cut."""
    if not protocol.assessments or "ADRS" not in tables:
        return {}
    from equipoise.data.derive.frames import Subjects, derive_endpoints

    return derive_endpoints(protocol, Subjects(adsl, tables["ADSL"].file, cut), tables["ADRS"], report)
