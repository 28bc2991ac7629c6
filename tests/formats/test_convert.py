"""`equipoise convert`: round trips through every format, and all that is refused."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from equipoise.cli import main
from equipoise.data.readers import read_table

CSV = """\
USUBJID,SITEID,AGE,CODE,WT,RANDDT,ITTFL,NOTE
S1,701,50,007,70.5,2020-01-01,Y,"a, b"
S2,702,,008,,2020-01-05,N,
S3,703,55,123,80,,Y,0
"""


def convert(*arguments: object) -> int:
    with pytest.raises(SystemExit) as raised:
        main(["convert", *map(str, arguments)])
    return int(str(raised.value.code))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "adsl.csv").write_text(CSV)
    (folder / "readme.txt").write_text("not a table\n")
    return folder


def test_csv_gets_types_by_role_and_value(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(source, "--to", "parquet", "--out", tmp_path / "out") == 0
    said = capsys.readouterr()
    assert "1 table, 3 rows written" in said.out
    assert "AGE, WT" in said.err
    frame = pl.read_parquet(tmp_path / "out" / "adsl.parquet")
    assert {name: str(dtype) for name, dtype in frame.schema.items()} == {
        "USUBJID": "String", "SITEID": "String", "AGE": "Int64", "CODE": "String", "WT": "Float64", "RANDDT": "Date",
        "ITTFL": "String", "NOTE": "String",
    }  # fmt: skip


def test_text_that_looks_like_numbers_can_stay_text(source: Path, tmp_path: Path) -> None:
    assert convert(source / "adsl.csv", "--to", "parquet", "--out", tmp_path / "out", "--text", "age") == 0
    assert pl.read_parquet(tmp_path / "out" / "adsl.parquet").schema["AGE"] == pl.String


def test_around_all_formats_and_back(source: Path, tmp_path: Path) -> None:
    kinds = ["dataset-json", "xpt", "ndjson", "parquet", "csv"]
    folders = [source, *(tmp_path / f"{number}-{kind}" for number, kind in enumerate(kinds))]
    for kind, (before, after) in zip(kinds, pairwise(folders), strict=True):
        assert convert(before, "--to", kind, "--out", after) == 0
    first, last = read_table(source / "adsl.csv").frame, read_table(folders[-1] / "adsl.csv").frame
    numbers = ["AGE", "WT"]
    assert last.drop(numbers).equals(first.drop(numbers))
    as_numbers = [frame.select(pl.col(numbers).cast(pl.Float64)) for frame in (first, last)]
    assert as_numbers[0].equals(as_numbers[1])


def test_labels_survive_where_both_formats_have_them(source: Path, tmp_path: Path) -> None:
    assert convert(source, "--to", "dataset-json", "--out", tmp_path / "a") == 0
    path = tmp_path / "a" / "adsl.json"
    content = json.loads(path.read_text())
    content["columns"][0]["label"] = "Unique Subject Identifier"
    content["label"] = "Subjects"
    path.write_text(json.dumps(content))
    assert convert(tmp_path / "a", "--to", "xpt", "--out", tmp_path / "b") == 0
    metadata = read_table(tmp_path / "b" / "adsl.xpt").metadata
    assert (metadata.label, metadata.column("USUBJID").label) == ("Subjects", "Unique Subject Identifier")


def bad(tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, str]]:
    """Problems of a refused conversion, as JSON; nothing may be written."""
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    assert convert(*arguments, "--json") == 2
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    return list(said["problems"])


def test_refusals(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"

    def codes(*arguments: object) -> list[str]:
        return [problem["code"] for problem in bad(tmp_path, source, capsys, *arguments)]

    assert codes(tmp_path / "none", "--to", "csv", "--out", out) == ["data.not_found"]
    (tmp_path / "empty").mkdir()
    assert codes(tmp_path / "empty", "--to", "csv", "--out", out) == ["usage.nothing"]
    assert codes(source / "readme.txt", "--to", "xpt", "--out", source / "readme.txt") == ["xpt.name"]
    assert codes(source, "--to", "parquet", "--out", source / "readme.txt") == ["usage.exists"]
    assert codes(source, "--to", "csv", "--out", source) == ["usage.exists"]
    assert codes(source, "--to", "xpt", "--out", out, "--text", "AGEE") == ["data.unknown_column"]
    (source / "notes.pdf").write_text("x")
    assert codes(source / "notes.pdf", "--to", "csv", "--out", out) == ["data.unknown_format"]
    shutil.copy(source / "adsl.csv", source / "ADSL.tsv")
    assert codes(source, "--to", "csv", "--out", out) == ["usage.same_target"]


def test_all_problems_of_all_tables_at_once(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "adae.csv").write_text("USUBJID,AEDECODLONG\nS1,x\n")
    (source / "adtte.json").write_text('{"datasetJSONVersion": "1.1.0"}')
    (source / "adrs.csv").write_text("USUBJID\n")
    problems = bad(tmp_path, source, capsys, source, "--to", "xpt", "--out", tmp_path / "out")
    assert {problem["where"]["file"] for problem in problems} == {"adae.csv", "adtte.json"}  # type: ignore[index]


def test_an_unknown_format_is_a_usage_error(source: Path, tmp_path: Path) -> None:
    assert convert(source, "--to", "sas7bdat", "--out", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()


def test_force_overwrites(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert convert(source, "--to", "csv", "--out", out) == 0
    (out / "other.csv").write_text("stays\n")
    (source / "adsl.csv").write_text(CSV.replace("S3", "S9"))
    assert convert(source, "--to", "csv", "--out", out) == 2
    assert "S9" not in (out / "adsl.csv").read_text()
    assert convert(source, "--to", "csv", "--out", out, "--force") == 0
    assert "S9" in (out / "adsl.csv").read_text()
    assert (out / "other.csv").read_text() == "stays\n"
