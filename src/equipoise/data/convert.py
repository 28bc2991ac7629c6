"""Tables from one format into another: read all, check all, then write; labels are kept where both formats have them.

CSV has no types: a column of `*DT` or another date of ADaM becomes dates, a column of numbers becomes numbers unless it
is a text by its role (`SUBJID`) or its values could be codes (`007`); everything else stays text.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from equipoise.data.columns import DATES, FLAGS, TEXTS, find_column
from equipoise.data.metadata import TableMetadata
from equipoise.data.readers import FORMATS, RawTable, read_table
from equipoise.data.writers import ENDINGS, check_table, write_table
from equipoise.errors import DataError, Problem, UsageError, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Conversion", "plan_conversion"]

# A number as CSV writes it: no leading zero, which codes have, and no more digits than a number keeps.
_NUMBER = r"^-?(0|[1-9]\d{0,14})(\.\d{1,15})?([eE][+-]?\d{1,2})?$"


class Conversion(NamedTuple):
    """A table that is ready to be written.

    Attributes:
        source: Name of its file.
        target: Name of the file to write.
        frame: The table.
        metadata: Its name and labels.
        notes: Warnings of the reader, and columns whose type was read off the values.
    """

    source: str
    target: str
    frame: pl.DataFrame
    metadata: TableMetadata
    notes: tuple[Problem, ...]

    def write(self, folder: Path) -> Path:
        """Writes the table.

        Args:
            folder: Where to.
        """
        return write_table(self.frame, folder / self.target, self.metadata)


def plan_conversion(
    source: Path, kind: str, *, text: Collection[str] = (), missing: tuple[str, ...] = ()
) -> tuple[Conversion, ...]:
    """Reads tables and checks that each can be written in another format; nothing is written.

    Args:
        source: A table, or a folder of tables. In a folder, files with other endings and `.txt` are left alone.
        kind: A key of `ENDINGS`.
        text: Columns of CSV that stay text though their values look like numbers.
        missing: Strings that mean "missing", besides the empty one.

    Returns:
        The conversions, by name.

    Raises:
        UsageError: Nothing to convert, or two tables that would become one file.
        DataError: With all problems of all tables.
    """
    if kind not in ENDINGS:
        cure = f"use one of {', '.join(ENDINGS)}"
        raise UsageError(Problem("usage.format", f"tables can't be written as {kind!r}", cure=cure))
    problems: list[Problem] = []
    done: list[Conversion] = []
    for path in _tables(source, kind):
        try:
            raw = read_table(path, missing=missing)
        except DataError as error:
            problems += error.problems
            continue
        frame, notes, wrong = _typed(raw, text) if raw.format == "csv" else (raw.frame, (), [])
        metadata = raw.metadata if raw.metadata.name else replace(raw.metadata, name=path.stem.upper())
        target = Path(f"{path.stem}{ENDINGS[kind]}")
        done.append(Conversion(path.name, target.name, frame, metadata, (*raw.notes, *notes)))
        problems += wrong or [_of(problem, path.name) for problem in check_table(frame, target, metadata)]
    if problems:
        raise DataError(problems)
    return tuple(done)


def _of(problem: Problem, file: str) -> Problem:
    return replace(problem, where=replace(problem.where, file=file))


def _tables(source: Path, kind: str) -> list[Path]:
    if source.is_file():
        return [source]
    where = Where(file=str(source))
    if not source.is_dir():
        raise DataError(Problem("data.not_found", "there is no such folder or file", where, cure="check the path"))
    endings = set(FORMATS) - {".txt"}
    found = sorted(p for p in source.iterdir() if p.is_file() and p.suffix.lower() in endings and p.name[0] != ".")
    if not found:
        cure = f"name a folder with files ending in {', '.join(sorted(endings))}"
        raise UsageError(Problem("usage.nothing", "there is no table in this folder", where, cure=cure))
    targets: dict[str, str] = {}
    problems = []
    for path in found:
        twin = targets.setdefault(path.stem.casefold(), path.name)
        if twin != path.name:
            message = f"{twin} and {path.name} would both become {path.stem}{ENDINGS[kind]}"
            problems.append(Problem("usage.same_target", message, where, cure="keep one of them, or convert one file"))
    if problems:
        raise UsageError(problems)
    return found


def _typed(raw: RawTable, text: Collection[str]) -> tuple[pl.DataFrame, tuple[Problem, ...], list[Problem]]:
    """A table of texts with its dates and numbers as such; a note on them; texts that are no dates."""
    import polars as pl

    frame, problems, numbers, exprs = raw.frame, [], [], []
    for name in text:
        if find_column(name, frame.columns) is None:
            where = Where(file=raw.name, column=name)
            problems.append(Problem("data.unknown_column", f"there is no column {name!r} to keep as text", where))
    kept = {name.casefold() for name in text}
    for column in frame.columns:
        upper = column.upper()
        if column.startswith("_") or column.casefold() in kept or frame.schema[column] != pl.String:
            continue
        if upper in TEXTS or upper in FLAGS or upper.endswith(("FL", "DTC")):
            continue
        values = frame.get_column(column)
        if upper in DATES or upper.endswith("DT"):
            dates = values.str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
            if not values.is_null().all() and dates.null_count() == values.null_count():
                exprs.append(dates.alias(column))
        elif not values.is_null().all() and values.str.contains(_NUMBER).all(ignore_nulls=True):
            numbers.append(column)
            whole = values.str.contains(r"^-?\d+$").all(ignore_nulls=True)
            exprs.append(values.cast(pl.Int64 if whole else pl.Float64).alias(column))
    notes: tuple[Problem, ...] = ()
    if numbers:
        message = f"columns without a type in CSV were read as numbers: {', '.join(numbers)}"
        cure = "nothing, if they are; otherwise keep them as text with --text NAME"
        notes = (Problem("data.read_as_numbers", message, Where(file=raw.name), cure=cure, severity="warning"),)
    return frame.with_columns(exprs), notes, problems
