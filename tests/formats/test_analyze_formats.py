"""The same data in every format give the same results; and what is wrong in one is refused by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from equipoise.cli import main

PROTOCOL = """\
equipoise: 1
trial: {id: FORMATS, title: A trial in every format, phase: "3", masking: open}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, ratio: 1}
  old: {label: Old, role: control, ratio: 1}
factors:
  sex: {label: Sex, column: SEX, levels: [F, M]}
  age: {label: Age, column: AGE, continuous: true, unit: years}
populations:
  itt: {arm: planned, where: "ITTFL = 'Y'"}
endpoints:
  pfs:
    kind: time_to_event
    label: PFS
    source: {table: ADTTE, PARAMCD: PFS}
    estimand:
      population: itt
      treatment: as assigned
      variable: time to progression or death
      intercurrent:
        new_therapy: {strategy: treatment_policy}
      summary: hazard_ratio
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}, survival: {times: [3]}, subgroups: [sex]}
"""
ADSL = """\
USUBJID,TRT01P,TRT01A,RANDFL,RANDDT,ITTFL,SAFFL,TRTSDT,TRTEDT,DTHFL,DTHDT,SEX,AGE
S1,New,New,Y,2020-01-01,Y,Y,2020-01-02,2020-05-01,N,,F,50
S2,Old,Old,Y,2020-01-05,Y,Y,2020-01-06,2020-06-01,Y,2020-06-09,M,60.5
S3,New,New,Y,2020-01-09,Y,Y,2020-01-10,2020-07-01,,,M,
S4,Old,Old,Y,2020-02-01,Y,Y,2020-02-02,2020-08-01,N,,F,65
"""
ADTTE = """\
USUBJID,PARAMCD,PARAM,STARTDT,ADT,AVAL,CNSR,EVNTDESC,CNSDTDSC
S1,PFS,PFS (days),2020-01-01,2020-05-01,122,0,Progression,
S2,PFS,PFS (days),2020-01-05,2020-06-09,157,0,Death,
S3,PFS,PFS (days),2020-01-09,2020-07-01,175,1,,Lost to follow-up
S4,PFS,PFS (days),2020-02-01,2020-08-01,183,1,,Lost to follow-up
"""


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as raised:
        main([str(argument) for argument in arguments])
    return int(str(raised.value.code))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "trial.yaml").write_text(PROTOCOL)
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "adsl.csv").write_text(ADSL)
    (tmp_path / "csv" / "adtte.csv").write_text(ADTTE)
    return tmp_path


def analyzed(folder: Path, data: str) -> list[dict[str, Any]]:
    out = folder / f"out-{data}"
    assert run("analyze", folder / "trial.yaml", "--data", folder / data, "--out", out) == 0
    rows: list[dict[str, Any]] = json.loads((out / "results.json").read_text())["statistics"]
    return rows


def test_the_same_results_from_every_format(folder: Path) -> None:
    expected = analyzed(folder, "csv")
    assert len(expected) > 50
    for kind in ("dataset-json", "ndjson", "xpt", "parquet"):
        assert run("convert", folder / "csv", "--to", kind, "--out", folder / kind) == 0
        assert analyzed(folder, kind) == expected
        manifest = json.loads((folder / f"out-{kind}" / "manifest.json").read_text())
        assert {file["format"] for file in manifest["data"]} == {kind.replace("ndjson", "dataset-json")}


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("adtte.json", ('"1.1.0"', '"1.0.0"'), "data.json_version"),
        ("adtte.json", ('"records": 4', '"records": 5'), "data.json_records"),
        ("adtte.json", ('"AVAL", "label"', '"AVAL", "labels"'), "data.json_metadata"),
        ("adtte.json", ("122", '"122"'), "data.json_value"),
        ("adtte.json", ('"2020-05-01"', '"2020-05"'), "data.json_value"),
        ("adtte.json", ("122, ", ""), "data.ragged_row"),
        ("adtte.json", ("\n]}", ""), "data.json_syntax"),
        ("adtte.json", ('"PARAMCD", "label"', '"USUBJID", "label"'), "data.duplicate_column"),
        ("adsl.ndjson", ('"S3"', "S3"), "data.json_syntax"),
        ("adsl.ndjson", ('"2020-01-09"', '"09JAN2020"'), "data.json_value"),
    ],
)
def test_a_damaged_file_is_refused_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, change: tuple[str, str], code: str
) -> None:
    kind = {".json": "dataset-json", ".ndjson": "ndjson"}[Path(name).suffix]
    assert run("convert", folder / "csv", "--to", kind, "--out", folder / "data") == 0
    path = folder / "data" / name
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change, 1))
    capsys.readouterr()
    out = folder / "out"
    assert run("analyze", folder / "trial.yaml", "--data", folder / "data", "--out", out, "--json") == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert code in {problem["code"] for problem in problems}
    assert all(problem["where"].get("file") == name for problem in problems)
    assert not out.exists()
