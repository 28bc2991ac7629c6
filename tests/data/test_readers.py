"""Files as they come: encodings, delimiters, damage, SAS transport of both versions, Parquet with all its types."""

from __future__ import annotations

import datetime

import polars as pl
import pyreadstat
import pytest

from equipoise.data import load_data, time_to_event, validate_data, write_table
from equipoise.data.readers import read_table
from equipoise.errors import DataError, UsageError


def read(tmp_path, content: bytes, name: str = "t.csv", **options):
    path = tmp_path / name
    path.write_bytes(content)
    return read_table(path, **options)


TEXT = "id,näme\n1,ä\n"


def refused(tmp_path, content: bytes, name: str = "t.csv"):
    with pytest.raises(DataError) as raised:
        read(tmp_path, content, name)
    return raised.value.problems


def test_every_csv_column_is_text(tmp_path):
    frame = read(tmp_path, b"id,x,r\n007,1.50,NA\n008,,EU\n").frame
    assert frame.rows() == [("007", "1.50", "NA", 1), ("008", None, "EU", 2)]


def test_strings_that_mean_missing(tmp_path):
    frame = read(tmp_path, b'id,r\n1,NA\n2,.\n3,""\n4,x\n', missing=("NA", ".")).frame
    assert frame["r"].to_list() == [None, None, None, "x"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    content = 'id,"a, b; c"\n1,"x, y"\n'.replace(",", delimiter).replace(f"a{delimiter} b; c", "label")
    frame = read(tmp_path, content.encode()).frame
    assert frame.columns == ["id", "label", "_row"]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
    ],
    ids=["byte order mark", "utf-16", "crlf", "cr"],
)  # fmt: skip
def test_encodings(tmp_path, content):
    raw = read(tmp_path, content)
    assert raw.frame.columns == ["id", "näme", "_row"]
    assert raw.frame["näme"].to_list() == ["ä"]
    assert raw.notes == ()


def test_latin_1_is_read_with_a_note(tmp_path):
    raw = read(tmp_path, "id,name\n1,a\n2,Müller\n".encode("latin-1"))
    assert raw.frame["name"].to_list() == ["a", "Müller"]
    [note] = raw.notes
    assert (note.code, note.severity, note.where.line) == ("data.encoding", "warning", 3)
    assert "UTF-8" in note.cure


def test_ragged_rows_name_their_row(tmp_path):
    problems = refused(tmp_path, b"a,b\n1,2\n3\n4,5\n6,7,8\n")
    assert [(p.code, p.where.row, p.value) for p in problems] == [
        ("data.ragged_row", 2, "1"),
        ("data.ragged_row", 4, "3"),
    ]
    assert problems[0].message == "the row has 1 fields and the header 2"


def test_ragged_rows_with_quotes(tmp_path):
    problems = refused(tmp_path, b'a,b\n"1,1",2\n3,"x\ny",5\n')
    assert [(p.code, p.where.row) for p in problems] == [("data.ragged_row", 2)]
    assert read(tmp_path, b'a,b\n"1,1","x\ny"\n').frame["b"].to_list() == ["x\ny"]


def test_many_ragged_rows_are_counted(tmp_path):
    problems = refused(tmp_path, b"a,b\n" + b"1\n" * 30)
    assert len(problems) == 21
    assert problems[-1].message == "30 rows have this problem; the first 20 are listed"


def test_open_quote(tmp_path):
    [problem] = refused(tmp_path, b'a,b\n1,"x\n2,y\n')
    assert problem.code == "data.unreadable"
    assert "close the quote" in problem.cure


def test_duplicate_and_nameless_columns(tmp_path):
    problems = refused(tmp_path, b"id,AVAL,,AVAL\n1,2,3,4\n")
    assert [(p.code, p.value) for p in problems] == [("data.header", ""), ("data.duplicate_column", "'AVAL'")]
    assert read(tmp_path, b'"","id"\n"1","x"\n').frame["id"].to_list() == ["x"]  # row names of write.csv


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
def test_empty_file(tmp_path, content):
    [problem] = refused(tmp_path, content)
    assert problem.code == "data.empty_file"


def test_blank_rows_are_ignored_with_a_note_and_rows_keep_their_number(tmp_path):
    raw = read(tmp_path, b"a,b\n1,2\n\n,\n3,4\n\n")
    assert raw.frame.rows() == [("1", "2", 1), ("3", "4", 4)]
    assert raw.notes[0].code == "data.blank_rows"


def test_a_workbook_is_not_text(tmp_path):
    [problem] = refused(tmp_path, b"PK\x03\x04" + b"\x00" * 100)
    assert "workbook" in problem.cure


@pytest.mark.parametrize(("name", "kind"), [("t.parquet", "Parquet"), ("t.xpt", "SAS transport")])
def test_damaged_binary_files(tmp_path, name, kind):
    [problem] = refused(tmp_path, b"not what the name says", name)
    assert problem.code == "data.unreadable"
    assert kind in problem.message


def test_unknown_ending(tmp_path):
    [problem] = refused(tmp_path, b"x", "t.sas7bdat")
    assert (problem.code, problem.value) == ("data.unknown_format", "'.sas7bdat'")


def typed(rows: list[dict[str, str]]) -> pl.DataFrame:
    """The rows with dates and numbers as a clinical data system would store them."""
    frame = pl.DataFrame(rows)
    dates = [c for c in frame.columns if c.endswith("DT")]
    numbers = [c for c in frame.columns if c in ("AVAL", "CNSR", "AGE")]
    return frame.with_columns(
        *(pl.col(c).replace("", None).str.to_date("%Y-%m-%d") for c in dates),
        *(pl.col(c).replace("", None).cast(pl.Float64) for c in numbers),
    )


def as_sas_number(frame: pl.DataFrame) -> pl.DataFrame:
    epoch = datetime.date(1960, 1, 1)
    return frame.with_columns(
        (pl.col(c) - epoch).dt.total_days().cast(pl.Float64) for c, t in frame.schema.items() if t == pl.Date
    )


def store(small, kind: str) -> None:
    for table, rows in small.tables.items():
        frame, name = typed(rows), small.folder / table.lower()
        if kind == "parquet":
            write_table(frame, name.with_suffix(".parquet"))
        elif kind == "parquet with nulls":
            texts = [c for c, t in frame.schema.items() if t == pl.String]
            write_table(frame.with_columns(pl.col(texts).replace("", None)), name.with_suffix(".parquet"))
        elif kind == "parquet with SAS dates":
            write_table(as_sas_number(frame), name.with_suffix(".parquet"))
        elif kind == "parquet with categories":
            texts = [c for c, t in frame.schema.items() if t == pl.String]
            write_table(frame.with_columns(pl.col(texts).cast(pl.Categorical)), name.with_suffix(".parquet"))
        elif kind == "parquet with times of day":
            dates = [c for c, t in frame.schema.items() if t == pl.Date]
            write_table(
                frame.with_columns(pl.col(dates).cast(pl.Datetime("us")) + pl.duration(hours=9)),
                name.with_suffix(".parquet"),
            )
        elif kind == "csv":
            write_table(frame, name.with_suffix(".csv"))
        else:
            version = 5 if kind == "xpt v5" else 8
            pyreadstat.write_xport(frame, str(name) + ".XPT", table_name=table, file_format_version=version)


KINDS = [
    "csv", "parquet", "parquet with nulls", "parquet with SAS dates", "parquet with times of day",
    "parquet with categories", "xpt v5", "xpt v8",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_all_formats_give_the_same_data(small, kind):
    """A null string in SAS transport comes back as "": null and empty flags mean the same."""
    expected = small.load()
    for path in small.folder.iterdir():
        path.unlink()
    store(small, kind)
    data = load_data(small.protocol, small.folder)
    assert {f.format for f in data.files} == {kind.split()[0]}
    for endpoint in ("pfs", "os"):
        frame = time_to_event(small.protocol, data, endpoint, "itt")
        assert frame.equals(time_to_event(small.protocol, expected, endpoint, "itt"))
    assert {(p.code, p.message) for p in data.notes} == {(p.code, p.message) for p in expected.notes}
    for flag in ("SAFFL", "DTHFL", "RANDDT", "TRTSDT", "DTHDT", "EOSDT"):
        assert data.adsl[flag].to_list() == expected.adsl[flag].to_list()


def test_booleans_are_flags(small):
    frame = typed(small.tables["ADSL"]).with_columns(pl.col("SAFFL", "ITTFL", "RANDFL", "DTHFL") == "Y")
    small.write()
    (small.folder / "adsl.csv").unlink()
    write_table(frame, small.folder / "adsl.parquet")
    data = load_data(small.protocol, small.folder)
    assert data.adsl["SAFFL"].to_list() == ["Y"] * 11 + ["N", "N"]


def test_lower_case_columns(small):
    for table, rows in small.tables.items():
        small.tables[table] = [{key.lower(): value for key, value in row.items()} for row in rows]
    assert time_to_event(small.protocol, small.load(), "pfs", "itt").height == 12


def test_two_columns_that_differ_in_case(small):
    for row in small.tables["ADSL"]:
        row["sex"] = row["SEX"]
    [problem] = [p for p in small.problems() if p.severity == "error"]
    assert (problem.code, problem.where.column) == ("data.duplicate_column", "sex")


def test_two_candidates_for_a_table(small):
    small.write()
    write_table(pl.DataFrame(small.tables["ADTTE"]), small.folder / "ADTTE.parquet")
    [problem] = [p for p in validate_data(small.protocol, small.folder) if p.severity == "error"]
    assert (problem.code, problem.where.table) == ("data.ambiguous_table", "ADTTE")
    assert problem.value == "ADTTE.parquet, adtte.csv"
    small.replace("data: {format: adam}", "data: {format: adam, files: {ADTTE: ADTTE.parquet}}")
    assert [p for p in validate_data(small.protocol, small.folder) if p.severity == "error"] == []


def test_unrelated_files_are_noted(small):
    small.write()
    (small.folder / "readme.md").write_text("notes")
    (small.folder / "advs.csv").write_text("USUBJID\n1\n")
    [note] = [p for p in validate_data(small.protocol, small.folder) if p.code == "data.ignored_files"]
    assert note.value == "advs.csv, readme.md"


def test_a_table_in_a_format_that_cannot_be_read(small):
    small.write()
    (small.folder / "adrs.csv").rename(small.folder / "adrs.sas7bdat")
    [problem] = [p for p in validate_data(small.protocol, small.folder) if p.severity == "error"]
    assert problem.message == "ADRS is there as adrs.sas7bdat, which can't be read"


def test_no_such_folder(small):
    [problem] = validate_data(small.protocol, small.folder / "nowhere")
    assert problem.code == "data.not_found"


def test_damage_in_two_files_is_reported_together(small):
    small.write()
    (small.folder / "adtte.csv").write_text("a,b\n1\n")
    (small.folder / "adae.csv").write_text("")
    codes = {(p.code, p.where.file) for p in validate_data(small.protocol, small.folder) if p.severity == "error"}
    assert {("data.ragged_row", "adtte.csv"), ("data.empty_file", "adae.csv")} <= codes


def test_tables_are_written_as_csv_or_parquet_only(tmp_path):
    with pytest.raises(UsageError):
        write_table(pl.DataFrame({"a": [1]}), tmp_path / "t.xlsx")
    written = write_table(pl.DataFrame({"a": [1], "_row": [1]}), tmp_path / "deep" / "t.csv")
    assert written.read_text() == "a\n1\n"
