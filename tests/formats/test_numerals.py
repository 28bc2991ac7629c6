"""Decimal commas and dates of other orders, where they are declared; never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from equipoise.cli import main
from equipoise.data.csv_numerals import Numerals
from equipoise.data.readers import read_table
from equipoise.errors import DataError

COMMA = Numerals(",", "DD.MM.YYYY")


def read(tmp_path: Path, text: str, numerals: Numerals = COMMA, missing: tuple[str, ...] = ("",)):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return read_table(path, numerals=numerals, missing=missing).frame.drop("_row")


def test_commas_and_dates_are_rewritten(tmp_path: Path) -> None:
    frame = read(
        tmp_path, "ID;X;D;E;T\n007;-1,5;31.12.2024;2024-01-02;a, b\n008;2;;29.02.2023;1,5\n009;;01.02.2024;;\n"
    )
    assert frame["ID"].to_list() == ["007", "008", "009"]
    assert frame["X"].to_list() == ["-1.5", "2", None]
    assert frame["D"].to_list() == ["2024-12-31", None, "2024-02-01"]
    assert frame["E"].to_list() == ["2024-01-02", "29.02.2023", None], "a date that no calendar has stays as it is"
    assert frame["T"].to_list() == ["a, b", "1,5", None], "a column of words is no column of numbers"


def test_what_means_missing_does_not_keep_a_column_from_being_numbers(tmp_path: Path) -> None:
    assert read(tmp_path, "X;Y\n1,5;a\nNA;b\n", missing=("NA",))["X"].to_list() == ["1.5", None]


@pytest.mark.parametrize(
    ("order", "text"), [("DD.MM.YYYY", "03.04.2024"), ("DD/MM/YYYY", "03/04/2024"), ("MM/DD/YYYY", "04/03/2024")]
)
def test_orders(tmp_path: Path, order: str, text: str) -> None:
    assert read(tmp_path, f"D,X\n{text},1\n", Numerals(".", order))["D"].to_list() == ["2024-04-03"]


def test_without_a_declaration_nothing_changes(tmp_path: Path) -> None:
    frame = read(tmp_path, "X;D\n1,5;03.04.2024\n", Numerals())
    assert frame.row(0) == ("1,5", "03.04.2024")


@pytest.mark.parametrize("value", ["1.234", "1.234,5", "0.5"])
def test_a_point_beside_a_declared_comma_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataError) as raised:
        read(tmp_path, f"A;X\na;1,5\n\nb;{value}\n")
    (problem,) = raised.value.problems
    assert (problem.code, problem.where.row, problem.where.column) == ("data.decimal", 3, "X")
    assert problem.value == repr(value)


PROTOCOL = """\
equipoise: 1
trial: {id: COMMA, title: A trial with commas, phase: "3", masking: open}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, ratio: 1}
  old: {label: Old, role: control, ratio: 1}
factors:
  weight: {label: Weight, column: WT, continuous: true, unit: kg}
populations:
  itt: {arm: planned}
data: {format: adam, decimal: ",", dates: DD.MM.YYYY}
endpoints:
  os:
    kind: time_to_event
    label: Survival
    source: {table: ADTTE, PARAMCD: OS}
analysis:
  os_main: {endpoint: os, population: itt, test: {kind: log_rank}}
"""
ADSL = (
    "USUBJID;TRT01P;RANDFL;RANDDT;WT\nS1;New;Y;01.02.2020;70,5\nS2;Old;Y;03.02.2020;80\n"
    "S3;New;Y;05.02.2020;\nS4;Old;Y;06.02.2020;60,25\n"
)
ADTTE = (
    "USUBJID;PARAMCD;PARAM;STARTDT;ADT;AVAL;CNSR;EVNTDESC\nS1;OS;OS (days);01.02.2020;01.03.2020;30;0;Death\n"
    "S2;OS;OS (days);03.02.2020;04.03.2020;31;0;Death\nS3;OS;OS (days);05.02.2020;06.04.2020;62;0;Death\n"
    "S4;OS;OS (days);06.02.2020;06.05.2020;91;1;\n"
)


def test_declared_in_the_protocol_it_reaches_the_results(tmp_path: Path) -> None:
    results = []
    for name, change in (("comma", None), ("point", (",", "."))):
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True)
        protocol, adsl, adtte = PROTOCOL, ADSL, ADTTE
        if change:
            protocol = PROTOCOL.replace(', decimal: ",", dates: DD.MM.YYYY', "")
            adsl, adtte = (_iso(text.replace(",", ".")) for text in (ADSL, ADTTE))
        (folder / "trial.yaml").write_text(protocol)
        (folder / "data" / "adsl.csv").write_text(adsl)
        (folder / "data" / "adtte.csv").write_text(adtte)
        with pytest.raises(SystemExit) as raised:
            main(["analyze", str(folder / "trial.yaml"), "--out", str(folder / "out")])
        assert raised.value.code == 0
        results.append(json.loads((folder / "out" / "results.json").read_text())["statistics"])
    assert results[0] == results[1]
    assert [row["value"] for row in results[0] if row["key"]["statistic"] == "baseline_mean"][-1] == pytest.approx(
        (70.5 + 80 + 60.25) / 3
    )


def _iso(text: str) -> str:
    import re

    return re.sub(r"(\d\d)\.(\d\d)\.(\d{4})", r"\3-\2-\1", text)
