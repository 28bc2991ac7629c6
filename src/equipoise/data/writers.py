"""Canonical tables back into files, for examples, tests and exchange."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.data.dataset_json_write import check_dataset_json, write_dataset_json
from equipoise.data.metadata import TableMetadata
from equipoise.data.xpt import check_xpt, write_xpt
from equipoise.errors import DataError, Problem, UsageError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ENDINGS", "check_table", "write_table"]

ENDINGS = {"csv": ".csv", "parquet": ".parquet", "xpt": ".xpt", "dataset-json": ".json", "ndjson": ".ndjson"}
"""Formats that can be written, and the endings of their files."""


def write_table(frame: pl.DataFrame, path: Path, metadata: TableMetadata | None = None) -> Path:
    """Writes a table as CSV, Parquet, SAS transport (version 5) or Dataset-JSON (1.1), by the ending of the path.

    Columns that start with `_` are left out.

    Args:
        frame: The table.
        path: Target; its folder is made.
        metadata: Labels, keys and formats, for the formats that keep them. A table without a name has that of the file.

    Returns:
        The path.

    Raises:
        UsageError: Another ending.
        DataError: The table does not fit the format; all reasons at once, and nothing is written.
    """
    kept = _kept(frame)
    metadata = _named(metadata, path)
    ending = path.suffix.lower()
    if ending not in ENDINGS.values():
        endings = f"{', '.join(list(ENDINGS.values())[:-1])} or {list(ENDINGS.values())[-1]}"
        raise UsageError(Problem("usage.format", f"tables can't be written as {path.suffix!r}", cure=f"use {endings}"))
    if problems := check_table(kept, path, metadata):
        raise DataError(problems)
    path.parent.mkdir(parents=True, exist_ok=True)
    if ending == ".csv":
        kept.write_csv(path, date_format="%Y-%m-%d")
    elif ending == ".parquet":
        kept.write_parquet(path)
    elif ending == ".xpt":
        write_xpt(kept, path, metadata)
    else:
        write_dataset_json(kept, path, metadata, lines=ending == ".ndjson")
    return path


def check_table(frame: pl.DataFrame, path: Path, metadata: TableMetadata | None = None) -> list[Problem]:
    """Why a table can't be written in the format of `path`: all reasons; none for CSV and Parquet.

    Args:
        frame: The table.
        path: Target.
        metadata: Its name and labels.
    """
    ending = path.suffix.lower()
    if ending == ".xpt":
        return check_xpt(_kept(frame), _named(metadata, path), path.name)
    return check_dataset_json(_kept(frame), path.name) if ending in (".json", ".ndjson") else []


def _kept(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(column for column in frame.columns if not column.startswith("_"))


def _named(metadata: TableMetadata | None, path: Path) -> TableMetadata:
    metadata = metadata or TableMetadata()
    return metadata if metadata.name else replace(metadata, name=path.stem.upper())
