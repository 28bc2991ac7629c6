"""CDISC Dataset-JSON 1.1: what is read, what is refused and why, and what is written."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from equipoise.data.metadata import ColumnMetadata, TableMetadata
from equipoise.data.readers import RawTable, read_table
from equipoise.data.writers import write_table
from equipoise.errors import DataError, Problem

SCHEMA = json.loads((Path(__file__).parents[1] / "reference" / "dataset_json_1_1.schema.json").read_text())
STAMP = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)

COLUMNS = [
    {"itemOID": "IT.ADSL.USUBJID", "name": "USUBJID", "label": "Subject", "dataType": "string", "keySequence": 1},
    {"itemOID": "IT.ADSL.AGE", "name": "AGE", "label": "Age", "dataType": "integer"},
    {"itemOID": "IT.ADSL.BMI", "name": "BMI", "label": "BMI", "dataType": "decimal", "targetDataType": "decimal"},
    {"itemOID": "IT.ADSL.WT", "name": "WT", "label": "Weight", "dataType": "float", "displayFormat": "8.2"},
    {"itemOID": "IT.ADSL.RANDDT", "name": "RANDDT", "label": "Randomized", "dataType": "date",
     "targetDataType": "integer", "displayFormat": "E8601DA."},
    {"itemOID": "IT.ADSL.DTHDTC", "name": "DTHDTC", "label": "Death", "dataType": "date"},
    {"itemOID": "IT.ADSL.TRTSDTM", "name": "TRTSDTM", "label": "Start", "dataType": "datetime",
     "targetDataType": "integer"},
    {"itemOID": "IT.ADSL.TRTSTM", "name": "TRTSTM", "label": "Start", "dataType": "time", "targetDataType": "integer"},
    {"itemOID": "IT.ADSL.OK", "name": "OK", "label": "Consent", "dataType": "boolean"},
]  # fmt: skip
ROWS: list[list[Any]] = [
    ["007", 61, "1,030.25", 70.5, "2024-02-29", "2024-06", "2024-02-29T13:05:00", "13:05:00", True],
    ["008", None, None, None, None, None, None, None, None],
    ["", 5.0, "0.1", 70, "", "", "2024-02-29T13:05", "13:05", False],
]
HEAD: dict[str, Any] = {
    "datasetJSONCreationDateTime": "2026-01-02T03:04:05",
    "datasetJSONVersion": "1.1.0",
    "studyOID": "ST.1",
    "itemGroupOID": "IG.ADSL",
    "records": 3,
    "name": "ADSL",
    "label": "Subjects",
    "columns": COLUMNS,
}


def table(tmp_path: Path, *, rows: Any = ROWS, lines: bool = False, **changes: Any) -> RawTable:
    head = {key: value for key, value in (HEAD | changes).items() if value is not ...}
    if lines:
        path = tmp_path / "adsl.ndjson"
        path.write_text("\n".join(json.dumps(part) for part in (head, *rows)) + "\n")
    else:
        path = tmp_path / "adsl.json"
        path.write_text(json.dumps(head | {"rows": rows} if rows is not ... else head))
    return read_table(path)


def refused(tmp_path: Path, **arguments: Any) -> tuple[Problem, ...]:
    with pytest.raises(DataError) as raised:
        table(tmp_path, **arguments)
    assert all(problem.where.file.startswith("adsl.") for problem in raised.value.problems)
    return tuple(raised.value.problems)


def raw(tmp_path: Path, content: bytes, name: str = "adsl.json") -> Problem:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as raised:
        read_table(tmp_path / name)
    (problem,) = raised.value.problems
    return problem


@pytest.mark.parametrize("lines", [False, True], ids=["json", "ndjson"])
def test_every_type_is_read_as_what_it_means(tmp_path: Path, lines: bool) -> None:
    found = table(tmp_path, lines=lines)
    assert found.format == "dataset-json"
    frame = found.frame
    assert frame["USUBJID"].to_list() == ["007", "008", None]
    assert frame["AGE"].to_list() == [61, None, 5]
    assert frame["BMI"].to_list() == [1030.25, None, 0.1]
    assert frame["WT"].to_list() == [70.5, None, 70.0]
    assert frame["RANDDT"].to_list() == [datetime.date(2024, 2, 29), None, None]
    assert frame["DTHDTC"].to_list() == ["2024-06", None, None], "a partial date stays a text"
    assert frame["TRTSDTM"].to_list() == [datetime.datetime(2024, 2, 29, 13, 5), None, datetime.datetime(2024, 2, 29, 13, 5)]  # fmt: skip  # noqa: E501
    assert frame["TRTSTM"].to_list() == [datetime.time(13, 5), None, datetime.time(13, 5)]
    assert frame["OK"].to_list() == [True, None, False]
    assert frame["_row"].to_list() == [1, 2, 3]
    assert (found.metadata.name, found.metadata.label, found.metadata.study) == ("ADSL", "Subjects", "ST.1")
    assert found.metadata.column("USUBJID") == ColumnMetadata("Subject", key=1, oid="IT.ADSL.USUBJID")


def test_metadata_without_rows_are_an_empty_table(tmp_path: Path) -> None:
    assert table(tmp_path, rows=..., records=0).frame.shape == (0, 10)


@pytest.mark.parametrize("version", ["1.1", "1.1.0", "1.1.12"])
def test_versions_that_are_read(tmp_path: Path, version: str) -> None:
    assert table(tmp_path, datasetJSONVersion=version).frame.height == 3


@pytest.mark.parametrize("version", ["1.0.0", "1.2.0", "2.0.0", "1.10", 1.1, ""])
def test_other_versions_are_refused(tmp_path: Path, version: object) -> None:
    (problem,) = refused(tmp_path, datasetJSONVersion=version)
    assert problem.code == "data.json_version"
    assert "1.1" in problem.cure


def test_the_structure_of_version_1_0_is_named(tmp_path: Path) -> None:
    problem = raw(tmp_path, b'{"creationDateTime": "x", "datasetJSONVersion": "1.0.0", "clinicalData": {}}')
    assert problem.code == "data.json_version"
    assert "1.0" in problem.message
    assert "convert it" in problem.cure


def test_json_that_is_no_table_is_told_from_one(tmp_path: Path) -> None:
    assert raw(tmp_path, b'{"a": 1}').code == "data.json_version"
    assert raw(tmp_path, b"[1, 2]").code == "data.json_metadata"


@pytest.mark.parametrize(
    ("content", "name", "code", "line", "words"),
    [
        (b'{"a": 1,\n "b": tru}', "adsl.json", "data.json_syntax", 2, "not JSON"),
        (b'{"a": 1, "b": [1, 2', "adsl.json", "data.json_syntax", 1, "breaks off"),
        (b'{"a": "x', "adsl.json", "data.json_syntax", 1, "breaks off"),
        (b'{"a": NaN}', "adsl.json", "data.json_syntax", None, "NaN"),
        (b'{"a": 1, "a": 2}', "adsl.json", "data.json_syntax", None, "twice"),
        (b'{"a": "\xe9"}', "adsl.json", "data.unreadable", 1, "UTF-8"),
        (b"[" * 100_000, "adsl.json", "data.json_syntax", None, ""),
        (b'{"a": 1}\n["x", 1\n["y", 2]\n', "adsl.ndjson", "data.json_syntax", 2, "breaks off"),
        (b"  \n", "adsl.json", "data.empty_file", None, "empty"),
    ],
)
def test_files_that_are_no_json(
    tmp_path: Path, content: bytes, name: str, code: str, line: int | None, words: str
) -> None:
    problem = raw(tmp_path, content, name)
    assert (problem.code, problem.where.line) == (code, line)
    assert words in problem.message


def test_missing_metadata_all_at_once(tmp_path: Path) -> None:
    problems = refused(tmp_path, records=..., itemGroupOID=..., label=7)
    assert [p.code for p in problems] == ["data.json_metadata"] * 3
    assert "itemGroupOID" in problems[0].message
    assert "records" in problems[1].message
    assert problems[2].value == "7"


def test_columns_that_say_too_little_or_nonsense(tmp_path: Path) -> None:
    columns = [
        {"itemOID": "A", "name": "A", "label": "A"},
        {"itemOID": "B", "name": "B", "label": "B", "dataType": "text"},
        {"itemOID": "C", "name": "C", "label": "C", "dataType": "string", "targetDataType": "integer"},
        {"itemOID": "D", "name": "D", "label": "D", "dataType": "string", "length": 0},
        "E",
        {"itemOID": "F", "name": "F", "label": "F", "dataType": "string"},
        {"itemOID": "F", "name": "F", "label": "F", "dataType": "string"},
    ]
    problems = refused(tmp_path, columns=columns)
    assert [p.where.column for p in problems] == ["A", "B", "C", "D", "", "F"]
    assert problems[1].value == "'text'"
    assert "decimal" in problems[1].cure
    assert problems[5].code == "data.duplicate_column"
    assert refused(tmp_path, columns=[])[0].code == "data.json_metadata"


@pytest.mark.parametrize("lines", [False, True], ids=["json", "ndjson"])
def test_rows_of_another_length_name_row_and_line(tmp_path: Path, lines: bool) -> None:
    problems = refused(tmp_path, rows=[ROWS[0], ROWS[1][:-1], "x"], lines=lines)
    assert [p.code for p in problems] == ["data.ragged_row"] * 2
    assert [p.where.row for p in problems] == [2, 3]
    assert [p.where.line for p in problems] == ([3, 4] if lines else [None, None])


def test_another_number_of_rows_than_said(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, records=4)
    assert problem.code == "data.json_records"
    assert (problem.value, "3 rows" in problem.message) == ("4", True)
    assert "without rows" in refused(tmp_path, rows=...)[0].cure


def test_values_of_another_type_name_row_and_column(tmp_path: Path) -> None:
    wrong = [7, 61.5, "1.2.3", "70", "2024-02-30", 5, "2024-02-29", "13h", "Y"]
    problems = refused(tmp_path, rows=[ROWS[0], wrong, ROWS[1]])
    assert [(p.code, p.where.row) for p in problems] == [("data.json_value", 2)] * len(COLUMNS)
    assert [p.where.column for p in problems] == [column["name"] for column in COLUMNS]
    assert all(problem.cure for problem in problems)
    assert problems[4].value == '"2024-02-30"'


def test_many_wrong_values_are_listed_and_counted(tmp_path: Path) -> None:
    rows = [["x", "old", *ROWS[1][2:]] for _ in range(50)]
    problems = refused(tmp_path, rows=rows, records=50)
    assert len(problems) == 21
    assert "50 rows" in problems[-1].message


# Writing ------------------------------------------------------------------------------------------------------------


FRAME = pl.DataFrame(
    {
        "USUBJID": ["007", 'a "b" é', None],
        "AGE": [61, None, 2**40],
        "WT": [70.5, float("nan"), 1 / 3],
        "RANDDT": [datetime.date(2024, 2, 29), None, datetime.date(1959, 12, 31)],
        "TRTSDTM": [datetime.datetime(2024, 2, 29, 13, 5, 7), None, datetime.datetime(2024, 2, 29, 13, 5, 7, 250000)],
        "TRTSTM": [datetime.time(13, 5, 7), None, datetime.time(0, 0)],
        "OK": [True, None, False],
        "_row": [1, 2, 3],
    }
)
LABELS = TableMetadata(
    "ADSL", "Subjects", {"USUBJID": ColumnMetadata("Subject", 20, key=1), "RANDDT": ColumnMetadata("Randomized")}, "ST"
)


@pytest.mark.parametrize("name", ["adsl.json", "adsl.ndjson"])
def test_what_is_written_is_read_back_and_fits_the_schema(tmp_path: Path, name: str) -> None:
    path = write_table(FRAME, tmp_path / name, LABELS)
    back = read_table(path)
    assert_frame_equal(back.frame.drop("_row"), FRAME.drop("_row").with_columns(pl.col("WT").fill_nan(None)))
    assert back.metadata.column("USUBJID").label == "Subject"
    assert back.metadata.column("USUBJID").key == 1
    parts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if "nd" in name else []
    document = parts[0] | {"rows": parts[1:]} if parts else json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)
    assert document["records"] == 3
    declared = {column["name"]: column for column in document["columns"]}
    assert declared["USUBJID"]["length"] == 20
    assert declared["RANDDT"]["targetDataType"] == "integer"
    assert document["rows"][0][3:6] == ["2024-02-29", "2024-02-29T13:05:07", "13:05:07"]


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    document = HEAD | {"rows": ROWS}
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)
    for change in ({"datasetJSONVersion": "1.0.0"}, {"records": -1}, {"columns": [{"name": "A"}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | change, SCHEMA, jsonschema.Draft202012Validator)


def test_attributes_stand_in_the_order_of_the_specification(tmp_path: Path) -> None:
    text = write_table(FRAME, tmp_path / "adsl.json", LABELS).read_text(encoding="utf-8")
    order = list(SCHEMA["properties"])
    keys = list(json.loads(text))
    assert keys == [key for key in order if key in keys]


def test_a_table_without_rows(tmp_path: Path) -> None:
    path = write_table(FRAME.clear(), tmp_path / "adsl.json")
    assert read_table(path).frame.height == 0


def test_what_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"A": [float("inf"), 1.0], "B": [[1], [2]]})
    with pytest.raises(DataError) as raised:
        write_table(frame, tmp_path / "adsl.json")
    assert [p.where.column for p in raised.value.problems] == ["A", "B"]
    assert not (tmp_path / "adsl.json").exists()
