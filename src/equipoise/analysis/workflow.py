"""From files to a bundle: load, check, analyze, write, with what an auditor needs to trace each number."""

from __future__ import annotations

import datetime
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import DataError, PlanError, Problem, UsageError, Where
from equipoise.source import place_problems

if TYPE_CHECKING:
    from equipoise.data import Datasets
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results

__all__ = ["Examination", "analyze_files", "data_place", "examine", "manifest"]

Progress = Callable[[str, int, int], None]


def data_place(protocol: Protocol, path: Path, data: Path | None) -> Path:
    """Where the data are: as given, else `data` beside the protocol.

    Args:
        protocol: The declared trial.
        path: Its file.
        data: Folder or file named by the user, or None.

    Raises:
        DataError: When there is nothing there, saying kindly what to do.
    """
    place = path.parent / "data" if data is None else data
    if place.exists() or (data is None and _packaged(protocol)):
        return place
    name = protocol.trial.id
    if data is None:
        message = f"{name} is declared and its protocol is valid, but its data are not here yet"
        cure = (
            f"put the data files into {place}, or name their folder: equipoise run {path.parent} --data DIR "
            "(until then `equipoise validate` checks the protocol)"
        )
    else:
        message = "there is no such file or folder"
        cure = "check the path given to --data"
    raise DataError(Problem(code="data.absent", message=message, where=Where(file=str(place)), cure=cure))


def _packaged(protocol: Protocol) -> bool:
    from equipoise.data.packages import is_packaged

    files = getattr(protocol.data, "files", {})
    return bool(files) and all(is_packaged(file) for file in files.values())


@dataclass(frozen=True, slots=True)
class Examination:
    """What a look at a protocol and its data found.

    Attributes:
        problems: Errors first, then warnings.
        findings: What the data taught, in sentences: the convention of AVAL, who counts as randomized.
    """

    problems: tuple[Problem, ...]
    findings: tuple[str, ...] = ()


def examine(protocol: Protocol, path: Path, *, data: Path | None) -> Examination:
    """Check a protocol and, when given, its data; nothing is raised.

    Args:
        protocol: The declared trial, already free of errors.
        path: Its file.
        data: Folder or file with the data, or None to check the protocol alone.
    """
    from equipoise.protocol.checks import protocol_warnings

    problems = list(protocol_warnings(protocol, path))
    findings: tuple[str, ...] = ()
    if data is not None:
        from equipoise.data import load_data

        try:
            datasets = load_data(protocol, data_place(protocol, path, data), protocol_file=path)
        except DataError as error:
            problems += error.problems
        else:
            from equipoise.analysis.engine import plan_problems

            problems += [*datasets.notes, *place_problems(plan_problems(protocol, datasets), path)]
            findings = tuple(str(finding) for finding in datasets.findings)
    return Examination(tuple(sorted(problems, key=lambda problem: problem.severity != "error")), findings)


def analyze_files(
    protocol: Protocol,
    path: Path,
    *,
    data: Path | None = None,
    cut: datetime.date | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Results:
    """Load the data, analyze them as declared and, where `out` is given, write the bundle.

    Args:
        protocol: The declared trial.
        path: Its file.
        data: Folder or file with the data; `data` beside the protocol where absent.
        cut: Date at which follow-up is cut.
        out: Folder for the bundle; nothing is written without it.
        progress: Called with (label, step, steps).

    Returns:
        Statistics and curves.

    Raises:
        DataError: With every problem of the data.
        PlanError: When an analysis can't be done as declared.
        BundleError: When `out` holds something other than a bundle.
        UsageError: When `cut` is not a date: a text, or a date with a time of day.
    """
    from equipoise.analysis.engine import analyze
    from equipoise.data import load_data
    from equipoise.results.bundle import check_target, write_bundle

    if cut is not None and type(cut) is not datetime.date:
        cure = "write datetime.date(2026, 6, 30)"
        raise UsageError(Problem("usage.cut", "the cut is not a date", value=repr(cut), cure=cure))
    place = data_place(protocol, path, data)
    if out is not None:
        check_target(out)
    if progress is not None:
        progress("Reading and checking data", 0, 1)
    datasets = load_data(protocol, place, cut=cut, protocol_file=path)
    noticed: list[Problem] = []
    try:
        results = analyze(protocol, datasets, progress=progress, note=noticed.append)
    except PlanError as error:
        raise PlanError(place_problems(error.problems, path)) from None
    noticed = place_problems(noticed, path)
    if datasets.synthetic:
        from equipoise.analysis.ranges import within_ranges

        results = within_ranges(results, place)
    if out is not None:
        from equipoise.protocol.canonical import protocol_document

        document = protocol_document(protocol)
        facts = manifest(protocol, path, datasets, protocol_hash=document["hash"], noticed=noticed)
        write_bundle(out, protocol=document, manifest=facts, results=results)
    return results


def manifest(
    protocol: Protocol, path: Path, data: Datasets, *, protocol_hash: str, noticed: Sequence[Problem] = ()
) -> dict[str, Any]:
    """What an auditor needs to trace a bundle: inputs with their hashes, versions, time, and what was noticed.

    Args:
        protocol: The declared trial.
        path: Its file.
        data: The data as loaded.
        protocol_hash: Hash of the canonical protocol.
        noticed: Warnings of the analysis.
    """
    import equipoise
    from equipoise.analysis.method_paragraphs import method_paragraphs
    from equipoise.protocol.checks import protocol_warnings

    notes = [*protocol_warnings(protocol), *data.notes, *noticed]
    return {
        "equipoise": equipoise.__version__,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": " ".join(["equipoise", *sys.argv[1:]]) if Path(sys.argv[0]).stem == "equipoise" else "",
        "protocol_hash": protocol_hash,
        "protocol_file": path.name,
        "data": [
            {"path": file.path, "sha256": file.sha256, "rows": file.rows, "table": file.table, "format": file.format}
            for file in data.files
        ],
        "cut": data.cut.isoformat() if data.cut else None,
        "notes": [problem.to_dict() for problem in notes],
        "findings": [str(finding) for finding in data.findings],
        "methods": [{"heading": heading, "text": text} for heading, text in method_paragraphs(protocol)],
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scipy", "polars", "pydantic", "matplotlib", "great-tables")},
        },
    }
