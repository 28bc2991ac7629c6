"""Somebody's own tables: columns mapped to ADaM names, a status column with declared codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from equipoise.data import load_data, responses, subjects, time_to_event, validate_data
from equipoise.protocol import loads_protocol

OWN = """
equipoise: 1
trial: {id: OWN, title: My trial}
time: {unit: months, data_unit: months}
arms:
  new: {label: New drug, role: experimental, value: 1}
  old: {label: Old drug, role: control, value: 0}
factors:
  site: {label: Site, column: site, levels: ["01", "02"]}
populations:
  all:     {arm: planned}
  treated: {arm: actual, where: "dosed = 1"}
data:
  format: mapped
  tables:
    ADSL: {file: patients.csv, columns: {USUBJID: patient, TRT01P: arm}}
    ADRS: {file: patients.csv, columns: {USUBJID: patient, AVALC: best}}
endpoints:
  relapse:
    kind: time_to_event
    label: Relapse
    source:
      file: follow_up.csv
      where: "visit = 'last'"
      subject: patient
      time: time
      status: status
      codes: {0: {as: censored, reason: In remission}, 1: event, 2: {as: competing, reason: Death}, x: censored}
  orr: {kind: response, label: Response, source: {table: ADRS}, denominator: all}
"""
PATIENTS = """patient;arm;dosed;site;best
001;1;1;01;CR
002;0;1;02;PD
003;1;0;01;SD
004;0;1;02;PR
"""
FOLLOW_UP = """patient,visit,time,status
001,first,1,0
001,last,12.5,1
002,last,3.25,0
003,last,7,2
004,last,8,x
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "patients.csv").write_text(PATIENTS)
    (tmp_path / "follow_up.csv").write_text(FOLLOW_UP)
    return tmp_path


def errors(folder: Path, text: str = OWN) -> list[Any]:
    return [p for p in validate_data(loads_protocol(text), folder) if p.severity == "error"]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_own_tables(own):
    protocol = loads_protocol(OWN)
    data = load_data(protocol, own)
    frame = time_to_event(protocol, data, "relapse", "all")
    assert frame["USUBJID"].to_list() == ["001", "002", "003", "004"]
    assert frame["arm"].to_list() == [0, 1, 0, 1]
    assert frame["site"].to_list() == ["01", "02", "01", "02"]
    assert frame["time"].to_list() == [12.5, 3.25, 7.0, 8.0]
    assert frame["status"].to_list() == [1, 0, 2, 0]
    assert frame["reason"].to_list() == ["event", "In remission", "Death", "censored (code x)"]
    assert subjects(protocol, data, "treated")["USUBJID"].to_list() == ["001", "002", "004"]
    assert responses(protocol, data, "orr", "all")["response"].to_list() == ["CR", "PD", "SD", "PR"]
    assert "ADSL: there is no TRT01A: the actual treatment is taken to be the planned one" in map(str, data.findings)
    assert [(f.path, f.table) for f in data.files] == [
        ("patients.csv", "ADSL, ADRS"), ("follow_up.csv", "endpoint relapse"),
    ]  # fmt: skip


def test_an_undeclared_code_is_an_error_never_a_censoring(own):
    change(own / "follow_up.csv", "8,x", "8,9")
    [problem] = errors(own)
    assert (problem.code, problem.where.file, problem.where.row) == ("data.status_code", "follow_up.csv", 5)
    assert (problem.where.column, problem.where.subject, problem.value) == ("status", "004", "'9'")
    assert "declared are 0, 1, 2, x" in problem.cure


def test_a_missing_code(own):
    change(own / "follow_up.csv", "8,x", "8,")
    [problem] = errors(own)
    assert (problem.code, problem.where.row, problem.value) == ("data.status_missing", 5, "missing")


@pytest.mark.parametrize(
    ("old", "new", "code", "value"),
    [("8,x", "-8,x", "data.time_negative", "'-8'"), ("8,x", ",x", "data.time_missing", "missing"),
     ("8,x", "8 months,x", "data.time_text", "'8 months'"), ("8,x", "9000,x", "data.unit_implausible", "9000 months"),
     ("001,first", "001,last", "data.duplicate_record", "'001'"),
     ("004,last", "4,last", "data.unknown_subject", "'4'")],
)  # fmt: skip
def test_bad_follow_up(own, old, new, code, value):
    change(own / "follow_up.csv", old, new)
    [problem] = errors(own)
    assert (problem.code, problem.value) == (code, value)
    assert problem.where.file == "follow_up.csv"
    assert problem.where.column in {"time", "patient", "USUBJID"}


def test_a_numeric_code_written_as_a_float(own):
    change(own / "follow_up.csv", "12.5,1", "12.5,1.0")
    assert errors(own) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "path", "cure"),
    [("TRT01P: arm", "TRT01P: armm", "data.unknown_column", "data.tables.ADSL.columns.TRT01P", "'arm'?"),
     ("time: time", "time: tme", "data.unknown_column", "endpoints.relapse.source.time", "'time'?"),
     ("follow_up.csv", "followup.csv", "data.missing_file", "endpoints.relapse.source.file", "'follow_up.csv'?"),
     ("visit = 'last'", "visits = 'last'", "data.unknown_column", "endpoints.relapse.source.where", "'visit'?")],
)  # fmt: skip
def test_declarations_that_the_files_lack(own, old, new, code, path, cure):
    assert old in OWN
    [problem] = errors(own, OWN.replace(old, new))
    assert (problem.code, problem.where.path) == (code, path)
    assert cure in problem.cure


def test_another_unit_than_that_of_the_data(own):
    text = OWN.replace("      time: time", "      time_unit: days\n      time: time")
    [problem] = errors(own, text)
    assert (problem.code, problem.where.path) == ("data.unit", "endpoints.relapse.source.time_unit")


def test_the_package_loads_polars_only_when_it_reads():
    code = "import sys, equipoise.data; print('polars' in sys.modules, 'pyreadstat' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
