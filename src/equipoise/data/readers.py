"""Files into frames: CSV, Parquet, SAS transport, Dataset-JSON. No meaning is given to a column here.

Every column of a CSV is read as text, so that an identifier keeps its leading zeros and "NA" stays a region; `columns`
types them by role. The null string that SAS transport lacks comes back as "", which means missing everywhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.data.csv_numerals import AS_IS, Numerals, rewrite
from equipoise.data.csv_text import parse_csv
from equipoise.data.dataset_json import parse_dataset_json
from equipoise.data.metadata import ColumnMetadata, TableMetadata
from equipoise.data.model import ROW
from equipoise.errors import DataError, Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FORMATS", "RawTable", "read_table"]

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xpt": "xpt",
    ".json": "dataset-json",
    ".ndjson": "dataset-json",
}
"""File endings that can be read."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """A file as read.

    Attributes:
        frame: Its columns as named in the file, and `_row`.
        name: Name of the file.
        format: `csv`, `parquet`, `xpt` or `dataset-json`.
        sha256: Hash of the bytes.
        notes: Warnings of the reader.
        metadata: Labels, keys and formats, where the file has them.
    """

    frame: pl.DataFrame
    name: str
    format: str
    sha256: str
    notes: tuple[Problem, ...] = ()
    metadata: TableMetadata = field(default_factory=TableMetadata)


def read_table(path: Path, *, missing: tuple[str, ...] = ("",), name: str = "", numerals: Numerals = AS_IS) -> RawTable:
    """Reads one file.

    Args:
        path: The file; its ending says the format.
        missing: Strings that mean "missing", besides the empty one.
        name: How messages call the file; its name where empty.
        numerals: How a CSV file writes numbers and dates.

    Returns:
        The table: columns as in the file, missing strings null, SAS dates as dates.

    Raises:
        DataError: The file can't be read; the problems say why and where.
    """
    name = name or path.name
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        endings = ", ".join(FORMATS)
        raise DataError(
            Problem(
                "data.unknown_format",
                f"files ending in {path.suffix!r} can't be read",
                Where(file=name),
                repr(path.suffix),
                f"convert the table to one of {endings}",
            )
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            Problem(
                "data.unreadable",
                f"the file can't be opened: {error.strerror}",
                Where(file=name),
                cure="check the path and its permissions",
            )
        ) from None
    if not content.strip():
        raise DataError(
            Problem(
                "data.empty_file", "the file is empty", Where(file=name), cure="export the table again, with a header"
            )
        )
    frame, metadata, notes = _parse(kind, content, path, name, missing, numerals)
    frame = _nullify(_with_rows(frame), missing)
    return RawTable(frame, name, kind, hashlib.sha256(content).hexdigest(), notes, metadata)


def _parse(
    kind: str, content: bytes, path: Path, name: str, missing: tuple[str, ...], numerals: Numerals
) -> tuple[pl.DataFrame, TableMetadata, tuple[Problem, ...]]:
    if kind == "parquet":
        return _read_parquet(content, name), TableMetadata(), ()
    if kind == "xpt":
        return *_read_xpt(path, name), ()
    if kind == "dataset-json":
        return *parse_dataset_json(content, name, lines=path.suffix.lower() == ".ndjson"), ()
    frame, notes = parse_csv(content, name)
    if numerals != AS_IS:
        # What means missing is no number, and must not keep a column from being one.
        frame, problems = rewrite(_nullify(frame, missing), numerals, name)
        if problems:
            raise DataError(problems)
    return frame, TableMetadata(), notes


def _read_parquet(content: bytes, name: str) -> pl.DataFrame:
    import io

    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _unreadable(name, "Parquet", error) from None
    casts: list[pl.Expr] = []
    for column, dtype in frame.schema.items():
        if isinstance(dtype, pl.Categorical | pl.Enum) or dtype == pl.Null:
            casts.append(pl.col(column).cast(pl.String))
        elif isinstance(dtype, pl.Decimal):
            casts.append(pl.col(column).cast(pl.Float64))
        elif dtype.is_float():
            casts.append(pl.col(column).fill_nan(None))  # what some writers make of a missing number
    return frame.with_columns(casts)


def _read_xpt(path: Path, name: str) -> tuple[pl.DataFrame, TableMetadata]:
    import polars as pl
    import pyreadstat

    frame: pl.DataFrame | None = None
    failure: Exception | None = None
    known = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, pl.exceptions.PolarsError, ValueError, OverflowError)
    for options in ({}, {"encoding": "LATIN1"}, {"disable_datetime_conversion": True}):
        # The last leaves dates as numbers: a date that no calendar has is then a problem of its row.
        try:
            frame, said = pyreadstat.read_xport(str(path), output_format="polars", **options)
            break
        except known as error:
            failure = error
    if frame is None or not frame.columns:
        raise _unreadable(name, "SAS transport (XPT)", failure or ValueError("no table in the file"))
    numbers = [column for column, dtype in frame.schema.items() if dtype.is_float()]
    columns = {
        column: ColumnMetadata(
            label=said.column_names_to_labels.get(column) or "", format=said.original_variable_types.get(column) or ""
        )
        for column in frame.columns
    }
    frame = frame.with_columns(
        *(pl.col(column).fill_nan(None) for column in numbers),
        *(pl.col(column).cast(pl.String) for column, dtype in frame.schema.items() if dtype in (pl.Null, pl.Object)),
    )
    return frame, TableMetadata(said.table_name or "", said.file_label or "", columns)


def _unreadable(name: str, kind: str, error: Exception) -> DataError:
    reason = (str(error).strip().splitlines() or ["unknown reason"])[0][:200]
    return DataError(
        Problem(
            "data.unreadable",
            f"the file is not readable as {kind}: {reason}",
            Where(file=name),
            cure="export the table again; the file is damaged or has another format than its ending says",
        )
    )


def _with_rows(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    if ROW in frame.columns:
        return frame
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW))


def _nullify(frame: pl.DataFrame, missing: tuple[str, ...]) -> pl.DataFrame:
    """Null for the empty string and each string that means missing."""
    import polars as pl

    words = sorted({"", *missing})
    texts = [column for column, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(
        pl.when(pl.col(column).is_in(words)).then(None).otherwise(pl.col(column)).alias(column) for column in texts
    )
