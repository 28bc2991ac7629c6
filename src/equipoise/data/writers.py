"""Canonical tables back into files, for examples, tests and exchange."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["write_table"]


def write_table(frame: pl.DataFrame, path: Path) -> Path:
    """Writes a table as CSV or Parquet, by the ending of the path; columns that start with `_` are left out.

    Args:
        frame: The table.
        path: Target; its folder is made.

    Returns:
        The path.

    Raises:
        UsageError: Another ending.
    """
    kept = frame.select(column for column in frame.columns if not column.startswith("_"))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        kept.write_csv(path, date_format="%Y-%m-%d")
    elif path.suffix.lower() == ".parquet":
        kept.write_parquet(path)
    else:
        raise UsageError(
            Problem("usage.format", f"tables can't be written as {path.suffix!r}", cure="use .csv or .parquet")
        )
    return path
