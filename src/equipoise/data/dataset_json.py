"""CDISC Dataset-JSON 1.1, read: one table a file, as one JSON object or as lines of JSON (NDJSON).

The metadata are checked before any value is believed, and every value against the type of its column. Source: CDISC,
Dataset-JSON Specification, version 1.1 (2024-12-05), with its NDJSON representation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from equipoise.data.dataset_json_values import CURES, DATA_TYPES, conversion
from equipoise.data.metadata import ColumnMetadata, TableMetadata
from equipoise.errors import DataError, Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["parse_dataset_json"]

_LISTED = 20
_VERSION = re.compile(r"^1\.1(\.(0|[1-9][0-9]*))?$")
_REQUIRED: Final[Mapping[str, type]] = {
    "datasetJSONCreationDateTime": str,
    "datasetJSONVersion": str,
    "itemGroupOID": str,
    "records": int,
    "name": str,
    "label": str,
    "columns": list,
}
_WORDS: Final = {str: "a text", int: "a whole number", list: "a list"}


class _Column(NamedTuple):
    name: str
    kind: str
    target: str
    metadata: ColumnMetadata


class _Source(NamedTuple):
    """How messages call the file, and whether it has a line for each row."""

    file: str
    lines: bool

    def at(self, *, row: int | None = None, column: str = "", line: int | None = None) -> Where:
        # Metadata are the first line of NDJSON; row n stands in line n + 1.
        if row is not None and self.lines:
            line = row + 1
        return Where(file=self.file, line=line, row=row, column=column)


def parse_dataset_json(content: bytes, name: str, *, lines: bool) -> tuple[pl.DataFrame, TableMetadata]:
    """Parses a Dataset-JSON file.

    Args:
        content: Bytes of the file, UTF-8.
        name: How messages call the file.
        lines: Whether it is NDJSON: metadata in the first line, then a row a line.

    Returns:
        The frame, typed as the columns declare: dates, times and datetimes as such where their target is a number,
        text otherwise; decimals as Float64; and the metadata.

    Raises:
        DataError: The file is not JSON, breaks off, is of another version, lacks metadata, has rows of another length
            than its columns, values of another type, or another number of rows than it says: all problems at once.
    """
    source = _Source(name, lines)
    document, rows = _load(content, source)
    if problems := _version_problems(document, source):
        raise DataError(problems)
    columns, problems = _columns(document, source)
    if problems:
        raise DataError(problems)
    problems = [*_count_problems(document, rows, source), *_row_problems(rows, columns, source)]
    if problems:
        raise DataError(problems)
    return _frame(document, rows, columns, source)


# The text ------------------------------------------------------------------------------------------------------------


def _load(content: bytes, source: _Source) -> tuple[dict[str, Any], list[Any]]:
    """The metadata, and the rows."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = "the file is not UTF-8, which JSON has to be"
        where = source.at(line=line)
        value = repr(content[error.start : error.start + 1])
        raise DataError(Problem("data.unreadable", message, where, value, "export the table again as UTF-8")) from None
    if not source.lines:
        document = _object(_parse(text, source, 1), source)
        rows = document.pop("rows", [])
        if not isinstance(rows, list):
            raise DataError(_wrong("rows", rows, "a list", source))
        return document, rows
    parts = text.splitlines() if "\r" in text else text.split("\n")
    while parts and not parts[-1].strip():
        parts.pop()
    document = _object(_parse(parts[0], source, 1), source)
    problems: list[Problem] = []
    rows = []
    for number, part in enumerate(parts[1:], start=2):
        try:
            rows.append(_parse(part, source, number))
        except DataError as error:
            problems += error.problems
            if len(problems) >= _LISTED:
                break
    if problems:
        raise DataError(problems)
    return document, rows


def _parse(text: str, source: _Source, line: int) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        message, place = error.msg, line + error.lineno - 1
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            message = "the file breaks off in the middle"
            cure = "copy or export the file again: its end is missing"
        else:
            message = f"the file is not JSON: {message.lower()}, column {error.colno} of the line"
            cure = "export the table again as Dataset-JSON 1.1"
        raise DataError(Problem("data.json_syntax", message, source.at(line=place), cure=cure)) from None
    except RecursionError:
        message = "the file is not a table: it is nested too deeply"
    except ValueError as error:
        message = str(error)
    cure = "export the table again as Dataset-JSON 1.1"
    raise DataError(Problem("data.json_syntax", message, source.at(line=line if source.lines else None), cure=cure))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            message = f"the attribute {key!r} stands twice in one object"
            raise ValueError(message)
        out[key] = value
    return out


def _no_constant(name: str) -> None:
    message = f"{name} is not a value of JSON; a missing value is null"
    raise ValueError(message)


def _object(content: Any, source: _Source) -> dict[str, Any]:
    if isinstance(content, dict):
        return content
    message = "the file does not start with an object that describes the table"
    cure = "export the table as Dataset-JSON 1.1, or write it as CSV"
    raise DataError(Problem("data.json_metadata", message, source.at(), cure=cure))


# Metadata ------------------------------------------------------------------------------------------------------------


def _version_problems(document: Mapping[str, Any], source: _Source) -> list[Problem]:
    version = document.get("datasetJSONVersion")
    if "clinicalData" in document or "referenceData" in document or "itemGroupData" in document:
        message = "the file has the structure of Dataset-JSON 1.0, which this can't read"
        cure = "convert it to Dataset-JSON 1.1 (CDISC publishes a converter), or export it again"
        return [Problem("data.json_version", message, source.at(), _short(version), cure)]
    if version is None:
        message = "the file does not say which version of Dataset-JSON it is"
        cure = 'add "datasetJSONVersion": "1.1.0" if it is one; another JSON file is no table: move it elsewhere'
        return [Problem("data.json_version", message, source.at(), cure=cure)]
    if not isinstance(version, str) or not _VERSION.match(version):
        message = "the file is of a version of Dataset-JSON that this can't read"
        return [Problem("data.json_version", message, source.at(), _short(version), "export it as version 1.1")]
    return []


def _columns(document: Mapping[str, Any], source: _Source) -> tuple[list[_Column], list[Problem]]:
    problems = []
    for key, kind in _REQUIRED.items():
        if key not in document:
            message = f"the metadata lack {key!r}, which Dataset-JSON 1.1 requires"
            problems.append(Problem("data.json_metadata", message, source.at(), cure=f"add {key!r}: {_WORDS[kind]}"))
        elif not isinstance(document[key], kind) or isinstance(document[key], bool):
            problems.append(_wrong(key, document[key], _WORDS[kind], source))
    declared = document.get("columns")
    columns: list[_Column] = []
    seen: dict[str, int] = {}
    for place, item in enumerate(declared if isinstance(declared, list) else [], start=1):
        found = _column(item, place, source)
        if isinstance(found, list):
            problems += found
            continue
        if found.name in seen:
            message = f"the columns {seen[found.name]} and {place} are both called {found.name!r}"
            where = source.at(column=found.name)
            problems.append(Problem("data.duplicate_column", message, where, cure="rename or delete one of them"))
        seen.setdefault(found.name, place)
        columns.append(found)
    if not problems and not columns:
        message = "the metadata describe no column"
        problems.append(Problem("data.json_metadata", message, source.at(), cure="add 'columns', one object each"))
    return columns, problems


def _column(item: Any, place: int, source: _Source) -> _Column | list[Problem]:
    if not isinstance(item, dict):
        return [_wrong(f"columns[{place}]", item, "an object", source)]
    name = item.get("name") if isinstance(item.get("name"), str) else ""
    where = source.at(column=str(name))
    called = f"column {name!r}" if name else f"column {place}"
    problems = [
        Problem("data.json_metadata", f"{called} lacks {key!r}", where, cure=f"add {key!r}: a text")
        for key in ("itemOID", "name", "label", "dataType")
        if not isinstance(item.get(key), str) or (key == "name" and not item[key])
    ]
    kind, target = item.get("dataType"), item.get("targetDataType")
    if isinstance(kind, str) and kind not in DATA_TYPES:
        message = f"{called} has a data type that Dataset-JSON 1.1 does not know"
        problems.append(
            Problem("data.json_metadata", message, where, repr(kind), f"use one of {', '.join(DATA_TYPES)}")
        )
    allowed = {"decimal": ("decimal",), "date": ("integer",), "datetime": ("integer",), "time": ("integer",)}
    if target is not None and target not in allowed.get(str(kind), ()):
        message = f"{called} is of type {kind} and can't have this target type"
        cure = "leave targetDataType away, or use integer for dates and times, decimal for decimals"
        problems.append(Problem("data.json_metadata", message, where, _short(target), cure))
    for key in ("length", "keySequence"):
        if key in item and (not isinstance(item[key], int) or isinstance(item[key], bool) or item[key] < 1):
            wrong = _wrong(f"{key} of {called}", item[key], "a whole number of at least 1", source)
            problems.append(replace(wrong, where=where))
    if problems:
        return problems
    metadata = ColumnMetadata(
        label=item["label"],
        length=item.get("length"),
        format=str(item.get("displayFormat") or ""),
        key=item.get("keySequence"),
        oid=item["itemOID"],
    )
    return _Column(str(name), str(kind), str(target or ""), metadata)


def _wrong(key: str, value: Any, words: str, source: _Source) -> Problem:
    message = f"{key!r} is not {words}" if key.isidentifier() else f"{key} is not {words}"
    return Problem("data.json_metadata", message, source.at(), _short(value), f"write {words}")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


# Rows ----------------------------------------------------------------------------------------------------------------


def _count_problems(document: Mapping[str, Any], rows: Sequence[Any], source: _Source) -> list[Problem]:
    said = document["records"]
    if said == len(rows):
        return []
    message = f"the metadata say {said:,} records and the file has {len(rows):,} rows"
    cure = "export the file again: rows were lost or added"
    if not rows:
        cure = "these are metadata without rows: export the table with its rows"
    return [Problem("data.json_records", message, source.at(), str(said), cure)]


def _row_problems(rows: Sequence[Any], columns: Sequence[_Column], source: _Source) -> list[Problem]:
    problems = []
    bad = 0
    for number, row in enumerate(rows, start=1):
        if isinstance(row, list) and len(row) == len(columns):
            continue
        bad += 1
        if bad > _LISTED:
            continue
        if isinstance(row, list):
            message = f"the row has {len(row)} values and the table {len(columns)} columns"
            value, cure = str(len(row)), "give one value for each column; a missing one is null"
        else:
            message, value, cure = "the row is not a list of values", _short(row), "write it as [value, value, ...]"
        problems.append(Problem("data.ragged_row", message, source.at(row=number), value, cure))
    if bad > _LISTED:
        message = f"{bad:,} rows have this problem; the first {_LISTED} are listed"
        problems.append(Problem("data.ragged_row", message, source.at()))
    return problems


def _frame(
    document: Mapping[str, Any], rows: list[list[Any]], columns: Sequence[_Column], source: _Source
) -> tuple[pl.DataFrame, TableMetadata]:
    import polars as pl

    series: list[pl.Series] = []
    problems: list[Problem] = []
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    for column, given in zip(columns, values, strict=True):
        dtype, convert = conversion(column.kind, column.target)
        converted: list[Any] = []
        bad = 0
        for number, value in enumerate(given, start=1):
            # An empty text is a missing value everywhere.
            result = None if value in (None, "") else convert(value)
            if result is None and value not in (None, ""):
                bad += 1
                if bad <= _LISTED:
                    problems.append(_cell_problem(column, value, number, source))
            converted.append(result)
        if bad > _LISTED:
            message = f"{bad:,} rows have this problem; the first {_LISTED} are listed"
            problems.append(Problem("data.json_value", message, source.at(column=column.name)))
        if not bad:
            series.append(pl.Series(column.name, converted, dtype=dtype))
    if problems:
        raise DataError(problems)
    metadata = TableMetadata(
        name=document["name"],
        label=document["label"],
        columns={column.name: column.metadata for column in columns},
        study=str(document.get("studyOID") or ""),
    )
    return pl.DataFrame(series), metadata


def _cell_problem(column: _Column, value: Any, row: int, source: _Source) -> Problem:
    kind = f"{column.kind} for a number" if column.target == "integer" else column.kind
    cure = CURES.get(column.kind, "write a number, or null for a missing one")
    message = f"{column.name} is of type {kind} and this is not one"
    return Problem("data.json_value", message, source.at(row=row, column=column.name), _short(value), cure)
