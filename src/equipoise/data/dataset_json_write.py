"""CDISC Dataset-JSON 1.1, written: attributes in the order of the specification, a row a line."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.data.metadata import TableMetadata
from equipoise.errors import Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_dataset_json", "write_dataset_json"]

_LISTED = 20


def check_dataset_json(frame: pl.DataFrame, file: str = "") -> list[Problem]:
    """Why a table can't be written as Dataset-JSON: all reasons.

    Args:
        frame: The table, without `_row`.
        file: How messages call the table's file.
    """
    problems = []
    for column, dtype in frame.schema.items():
        where = Where(file=file, column=column)
        if _declared(dtype) is None:
            message = "values of this type have no place in Dataset-JSON"
            cure = "turn the column into text or numbers"
            problems.append(Problem("data.json_value", message, where, str(dtype), cure))
        elif dtype.is_float():
            bad = frame.get_column(column).is_infinite().fill_null(value=False).arg_true().to_list()
            for place in bad[:_LISTED]:
                message, cure = "JSON has no infinite number", "leave the value empty"
                row = Where(file=file, row=place + 1, column=column)
                problems.append(Problem("data.json_value", message, row, str(frame[place, column]), cure))
    return problems


def write_dataset_json(
    frame: pl.DataFrame,
    path: Path,
    metadata: TableMetadata,
    *,
    created: datetime.datetime | None = None,
    lines: bool = False,
) -> None:
    """Writes a table that `check_dataset_json` found nothing wrong with.

    Dates, times and datetimes are ISO 8601 texts whose target is a number, as in ADaM; decimals are texts; a missing
    value is null.

    Args:
        frame: The table.
        path: Target; its folder must exist.
        metadata: Its name and label, labels, keys and formats of its columns.
        created: What the file gives as the time of its making; now where absent.
        lines: Whether to write NDJSON.
    """
    from equipoise import __version__

    created = created or datetime.datetime.now(datetime.UTC)
    name = metadata.name
    head: dict[str, Any] = {
        "datasetJSONCreationDateTime": created.replace(microsecond=0).isoformat(),
        "datasetJSONVersion": "1.1.0",
        "sourceSystem": {"name": "equipoise", "version": __version__},
    }
    if metadata.study:
        head["studyOID"] = metadata.study
    head |= {"itemGroupOID": f"IG.{name}", "records": frame.height, "name": name, "label": metadata.label}
    head["columns"] = [_column(frame.get_column(column), metadata) for column in frame.columns]
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        if lines:
            stream.write(_dump(head) + "\n")
            stream.writelines(f"{_dump(row)}\n" for row in _rows(frame))
            return
        stream.write(_dump(head)[:-1] + ', "rows": [')
        for number, row in enumerate(_rows(frame)):
            stream.write(f"{',' if number else ''}\n{_dump(row)}")
        stream.write("\n]}\n")


def _dump(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _column(column: pl.Series, metadata: TableMetadata) -> dict[str, Any]:
    known = metadata.column(column.name)
    kind, target, display = _declared(column.dtype) or ("string", "", "")
    out: dict[str, Any] = {
        "itemOID": known.oid or f"IT.{metadata.name}.{column.name}",
        "name": column.name,
        "label": known.label or column.name,
        "dataType": kind,
    }
    if target:
        out["targetDataType"] = target
    if kind == "string":
        longest = column.cast(_string()).str.len_chars().max()
        out["length"] = max(known.length or 0, int(longest) if isinstance(longest, int) else 0, 1)
    if display:
        out["displayFormat"] = display
    elif known.format and kind != "string":
        out["displayFormat"] = known.format
    if known.key:
        out["keySequence"] = known.key
    return out


def _string() -> type[pl.DataType]:
    import polars as pl

    return pl.String


def _declared(dtype: pl.DataType) -> tuple[str, str, str] | None:
    """Type of a frame → type, target and display format in the file; None for a type that it can't hold."""
    import polars as pl

    if dtype in (pl.String, pl.Null):
        return "string", "", ""
    if dtype.is_integer():
        return "integer", "", ""
    if dtype.is_float():
        return "float", "", ""
    found = {
        "Boolean": ("boolean", "", ""),
        "Decimal": ("decimal", "decimal", ""),
        "Date": ("date", "integer", "E8601DA."),
        "Datetime": ("datetime", "integer", "E8601DT."),
        "Time": ("time", "integer", "E8601TM."),
    }
    return found.get(str(dtype.base_type()))


def _rows(frame: pl.DataFrame) -> Iterator[list[Any]]:
    import polars as pl

    casts: list[pl.Expr] = []
    for column, dtype in frame.schema.items():
        if dtype.is_float():
            casts.append(pl.col(column).fill_nan(None))
        elif isinstance(dtype, pl.Datetime):
            casts.append(pl.col(column).dt.replace_time_zone(None).dt.strftime("%Y-%m-%dT%H:%M:%S%.f"))
        elif dtype == pl.Time:
            casts.append(pl.col(column).dt.strftime("%H:%M:%S%.f"))
        elif dtype == pl.Date:
            casts.append(pl.col(column).dt.strftime("%Y-%m-%d"))
        elif isinstance(dtype, pl.Decimal):
            casts.append(pl.col(column).cast(pl.String))
    for row in frame.with_columns(casts).iter_rows():
        yield list(row)
