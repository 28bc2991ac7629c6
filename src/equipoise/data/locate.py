"""Which file is which table: by its name in the data folder, or as the protocol says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from equipoise.data.packages import is_packaged, resolve
from equipoise.data.readers import FORMATS
from equipoise.data.report import Report, did_you_mean
from equipoise.errors import DataError, Problem, Where

__all__ = ["find_tables", "named_file"]


def find_tables(
    data: Path,
    declared: Mapping[str, str],
    needed: Collection[str],
    optional: Collection[str],
    report: Report,
    *,
    others: Collection[str] = (),
) -> dict[str, Path]:
    """Finds the files of ADaM tables.

    Args:
        data: A folder, or one file.
        declared: Table → file name, from the protocol.
        needed: Tables without which the protocol can't be analyzed.
        optional: Tables to take where they are.
        report: Takes missing tables and two candidates (errors), and what was left unread (a warning).
        others: Names of files that are read for something else.

    Returns:
        Table → path.

    Raises:
        DataError: There is no such folder or file.
    """
    # With every file in an installed package there need be no folder.
    packaged = bool(declared) and all(is_packaged(name) for name in declared.values())
    files = [] if packaged and not data.exists() else _files(data)
    found: dict[str, Path] = {}
    taken = {path for path in files if path.name.casefold() in {other.casefold() for other in others}}
    for table in (*needed, *(t for t in optional if t not in needed)):
        if table in declared:
            path = named_file(data, declared[table], f"data.files.{table}", report)
            if path is not None:
                found[table] = path
                taken.add(path)
            continue
        candidates = [path for path in files if path.stem.casefold() == table.casefold()]
        readable = [path for path in candidates if path.suffix.lower() in FORMATS]
        taken.update(candidates)
        if len(readable) > 1:
            names = ", ".join(path.name for path in readable)
            report.error(
                "data.ambiguous_table",
                f"{table} could be read from {len(readable)} files",
                f"keep one of them, or name it in data.files.{table}",
                where=Where(file=str(data), table=table),
                value=names,
            )
        elif readable:
            found[table] = readable[0]
        elif table in needed:
            report.add(_missing(data, table, files))
    if not packaged:
        _note_ignored(data, [path.name for path in files if path not in taken], report)
    return found


def _note_ignored(data: Path, ignored: list[str], report: Report) -> None:
    if ignored:
        listed = ", ".join(ignored[:8]) + (f" and {len(ignored) - 8} more" if len(ignored) > 8 else "")
        report.warn(
            "data.ignored_files",
            f"{len(ignored)} files of the data folder were not read: the protocol uses none of them",
            "nothing, if they belong to something else",
            where=Where(file=str(data)),
            value=listed,
        )


def named_file(data: Path, name: str, path: str, report: Report) -> Path | None:
    """The file that the protocol names, in the data folder; or the data path itself if it is that file.

    Args:
        data: A folder, or one file.
        name: Name in the protocol; `package://...` names a file of an installed package.
        path: Place in the protocol.
        report: Takes the problem.

    Returns:
        The path, or `None` with a problem reported.

    Raises:
        DataError: There is no such folder or file.
    """
    if is_packaged(name):
        try:
            return resolve(name)
        except DataError as error:
            # A package that is not installed is one problem, however many files it has.
            report.extend(problem for problem in error.problems if problem not in report.problems)
            return None
    files = _files(data)
    if data.is_file():
        if data.name.casefold() == Path(name).name.casefold():
            return data
    else:
        direct = data / name
        if direct.is_file():
            return direct
        same = [file for file in files if file.name.casefold() == name.casefold()]
        if len(same) == 1:
            return same[0]
    hint = did_you_mean(name, [file.name for file in files])
    listed = ", ".join(file.name for file in files[:12]) or "nothing"
    report.error(
        "data.missing_file",
        f"the file {name!r} is not in the data",
        f"{hint + ' ' if hint else ''}there is {listed}",
        where=Where(file=str(data), path=path),
        value=repr(name),
    )
    return None


def _files(data: Path) -> list[Path]:
    if data.is_file():
        return [data]
    if not data.is_dir():
        raise DataError(
            Problem(
                "data.not_found",
                "there is no such folder or file",
                Where(file=str(data)),
                cure="check the path of --data",
            )
        )
    return sorted(path for path in data.iterdir() if path.is_file() and not path.name.startswith("."))


def _missing(data: Path, table: str, files: list[Path]) -> Problem:
    same = [path.name for path in files if path.stem.casefold() == table.casefold()]
    if same:
        message = f"{table} is there as {same[0]}, which can't be read"
        cure = f"convert it to one of {', '.join(FORMATS)}"
    else:
        message = f"there is no file for {table}"
        listed = ", ".join(path.name for path in files[:12]) or "nothing"
        hint = did_you_mean(f"{table}.csv", [path.name for path in files])
        cure = f"add {table.lower()}.csv, .parquet, .xpt or .json, or name the file in data.files.{table}: "
        cure += f"{hint + ' ' if hint else ''}there is {listed}"
    return Problem("data.missing_table", message, Where(file=str(data), table=table), cure=cure)
