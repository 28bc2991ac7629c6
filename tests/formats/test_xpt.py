"""SAS transport version 5: every limit is checked, and what is written is read back by another program and by us."""

from __future__ import annotations

import datetime
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from equipoise.data.metadata import ColumnMetadata, TableMetadata
from equipoise.data.readers import read_table
from equipoise.data.writers import write_table
from equipoise.errors import DataError

FRAME = pl.DataFrame(
    {
        "USUBJID": ["007", "x" * 200, None],
        "AGE": [61, None, 2**53],
        "WT": [70.5, float("nan"), -1 / 3],
        "ZERO": [0.0, 9e73, -6e-79],
        "ADT": [datetime.date(2024, 2, 29), None, datetime.date(1959, 12, 31)],
        "DTM": [datetime.datetime(2024, 2, 29, 13, 5, 7), None, datetime.datetime(1959, 12, 31, 23, 59, 59)],
        "TM": [datetime.time(13, 5, 7), None, datetime.time(0, 0)],
        "OK": [True, None, False],
        "NONE": pl.Series([None] * 3, dtype=pl.String),
        "_row": [1, 2, 3],
    }
)
LABELS = TableMetadata("ADSL", "Subject-Level Analysis Dataset", {"ADT": ColumnMetadata("A" * 40)})


def test_read_back_by_another_program(tmp_path: Path) -> None:
    path = write_table(FRAME, tmp_path / "adsl.xpt", LABELS)
    found, said = pyreadstat.read_xport(str(path), output_format="polars", disable_datetime_conversion=True)
    assert (said.table_name, said.file_label) == ("ADSL", "Subject-Level Analysis Dataset")
    assert said.column_names_to_labels["ADT"] == "A" * 40
    assert {name: said.original_variable_types[name] for name in ("ADT", "DTM", "TM", "AGE")} == {
        "ADT": "DATE9", "DTM": "DATETIME19", "TM": "TIME8", "AGE": None,
    }  # fmt: skip
    assert found["ADT"].to_list()[0] == (datetime.date(2024, 2, 29) - datetime.date(1960, 1, 1)).days == 23435
    assert found["ADT"].to_list()[2] == -1
    assert found["AGE"].to_list()[::2] == [61.0, 2.0**53]
    assert found["WT"].fill_nan(None).to_list()[1] is None, "not a number is a missing number, never infinity"
    assert found["WT"][2] == pytest.approx(-1 / 3, rel=1e-15)
    assert found["ZERO"].to_list() == pytest.approx([0.0, 9e73, -6e-79], rel=1e-15)
    assert found["USUBJID"].to_list() == ["007", "x" * 200, ""]
    # Records of 80 bytes, and the header of version 5, which names no version 8.
    content = path.read_bytes()
    assert len(content) % 80 == 0
    assert content.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")
    assert b"LIBV8" not in content


def test_read_back_by_us(tmp_path: Path) -> None:
    back = read_table(write_table(FRAME, tmp_path / "adsl.xpt", LABELS))
    assert back.frame["ADT"].to_list() == FRAME["ADT"].to_list()
    assert back.frame["DTM"].to_list() == FRAME["DTM"].to_list()
    assert back.frame["TM"].to_list() == FRAME["TM"].to_list()
    assert back.frame["OK"].to_list() == [1.0, None, 0.0]
    assert back.frame["USUBJID"].to_list() == FRAME["USUBJID"].to_list()
    assert back.metadata.name == "ADSL"
    assert back.metadata.column("ADT") == ColumnMetadata("A" * 40, format="DATE9")


def test_every_limit_at_once_each_with_its_cure(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "LONGNAME9": [1.0, 2.0],
            "9A": [1.0, 2.0],
            "A B": [1.0, 2.0],
            "TEXT": ["y" * 201, "é"],
            "text": ["a", "b\n"],
            "BIG": [1.1e74, 1e-80],
            "INT": [2**53 + 1, 1],
            "OLD": [datetime.date(1500, 1, 1), None],
            "LIST": [[1], [2]],
            "LABEL": [1, 2],
            "INF": [float("inf"), 1.0],
        }
    )
    labels = TableMetadata("TOOLONGNAME", "ü", {"LABEL": ColumnMetadata("z" * 41)})
    with pytest.raises(DataError) as raised:
        write_table(frame, tmp_path / "t.xpt", labels)
    problems = raised.value.problems
    assert {(p.code, p.where.column, p.where.row) for p in problems} == {
        ("xpt.name", "", None),
        ("xpt.label", "", None),
        ("xpt.name", "LONGNAME9", None),
        ("xpt.name", "9A", None),
        ("xpt.name", "A B", None),
        ("xpt.name", "text", None),
        ("xpt.text", "TEXT", 1),
        ("xpt.ascii", "TEXT", 2),
        ("xpt.ascii", "text", 2),
        ("xpt.number", "BIG", 1),
        ("xpt.number", "BIG", 2),
        ("xpt.number", "INT", 1),
        ("xpt.number", "INF", 1),
        ("xpt.date", "OLD", 1),
        ("xpt.type", "LIST", None),
        ("xpt.label", "LABEL", None),
    }
    assert all(problem.cure for problem in problems)
    assert not list(tmp_path.iterdir())


def test_many_rows_are_counted(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        write_table(pl.DataFrame({"A": ["é"] * 50}), tmp_path / "t.xpt")
    assert len(raised.value.problems) == 21
    assert "50 rows" in raised.value.problems[-1].message


def test_bytes_count_not_characters(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        write_table(pl.DataFrame({"A": ["é" * 101]}), tmp_path / "t.xpt")
    assert [p.code for p in raised.value.problems] == ["xpt.text"]
