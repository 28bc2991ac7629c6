"""Curves and numbers at risk that can't be used: every problem at once, with its line, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from equipoise.cli.app import app
from equipoise.errors import EquipoiseError, EvidenceError
from equipoise.evidence.reconstruct.curve import CurveOptions, reconstruct_curves

GOOD = "time,survival\n0,1\n1,0.9\n2,0.85\n4,0.7\n6,0.6\n9,0.5\n12,0.45\n"
RISK = "time,at_risk\n0,100\n6,55\n12,20\n"
TWO = "time,survival,arm\n" + "".join(
    f"{t},{s},{arm}\n" for arm, by in (("A", 0.95), ("B", 0.9)) for t, s in ((t, by**t) for t in range(13))
)
TWO_RISK = "time,at_risk,arm\n0,100,A\n6,60,A\n0,100,B\n6,45,B\n"

# content of curve.csv, content of risk.csv, options, code, line of the file or None, words
CASES: dict[str, tuple[str | bytes, str | bytes | None, dict[str, object], str, int | None, str]] = {
    "empty": ("", RISK, {}, "evidence.empty", None, "nothing in it"),
    "spaces": (" \n\t\n", RISK, {}, "evidence.empty", None, "nothing in it"),
    "binary": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, RISK, {}, "evidence.not_text", None, "picture"),
    "zeros": (bytes(5000), RISK, {}, "evidence.not_text", None, "no text"),
    "large": (b"0.5,0.9\n" * 1_200_000, RISK, {}, "evidence.too_large", None, "larger"),
    "comments only": ("# nothing\n# here\n", RISK, {}, "curve.columns", None, "no rows"),
    "prose": ("The median was not reached\nin either arm\n", RISK, {}, "curve.columns", 1, "no column"),
    "header only": ("time,survival\n", RISK, {}, "curve.points", None, "too few"),
    "one point": ("time,survival\n3,0.5\n", RISK, {}, "curve.points", None, "too few"),
    "no time": ("x1,y1\n1,0.9\n2,0.8\n3,0.7\n", RISK, {}, "curve.columns", 1, "no column"),
    "text in a cell": (GOOD + "14,about 0.4\n", RISK, {}, "curve.value", 9, "no number"),
    "two numbers in a cell": (GOOD + "14,0.4 0.3\n", RISK, {}, "curve.value", 9, "no number"),
    "survival above 1": (GOOD + "14,1.3\n", RISK, {}, "curve.value", 9, "outside 0 to 1"),
    "survival below 0": (GOOD + "14,-0.3\n", RISK, {}, "curve.value", 9, "outside 0 to 1"),
    "percent above 100": (GOOD.replace("0.9", "90").replace("0.5", "150"), RISK, {}, "curve.value", None, "outside"),
    "time below 0": (GOOD + "-5,0.9\n", RISK, {}, "curve.value", 9, "before time 0"),
    "begins far below 1": ("time,survival\n0,0.6\n1,0.5\n5,0.3\n9,0.2\n", RISK, {}, "curve.kind", 2, "begin at 1"),
    "rises though survival": (
        "time,survival\n0,0\n1,0.2\n5,0.4\n9,0.5\n",
        RISK, {"kind": "survival"}, "curve.kind", None, "rises",
    ),
    "one rises, one falls": (
        TWO + "".join(f"{t},{1 - 0.9**t},C\n" for t in range(13)), TWO_RISK + "0,50,C\n", {}, "curve.kind",
        None, "others fall",
    ),
    "incidence by header": (
        GOOD.replace("survival", "cumulative incidence"),
        RISK, {}, "curve.incidence", 1, "competing risks",
    ),
    "incidence by arms": (
        TWO.replace(",A", ",cause 1").replace(",B", ",cause 2"),
        None, {}, "curve.incidence", 1, "competing risks",
    ),
    "incidence as declared": (GOOD, RISK, {"kind": "incidence"}, "curve.incidence", 1, "competing risks"),
    "no numbers at risk": (GOOD, None, {}, "curve.patients", None, "neither"),
    "numbers at risk rise": (GOOD, RISK + "18,30\n", {}, "curve.risk_value", 5, "rises from 20 to 30"),
    "half a patient": (GOOD, RISK + "18,3.5\n", {}, "curve.risk_value", 5, "whole"),
    "at risk below 0": (GOOD, RISK + "18,-3\n", {}, "curve.risk_value", 5, "whole"),
    "at risk before 0": (GOOD, "time,at_risk\n-3,100\n6,50\n", {}, "curve.risk_value", 2, "begin at 0"),
    "a time twice": (GOOD, RISK + "12,20\n", {}, "curve.risk_value", 5, "one time"),
    "at risk is words": (GOOD, RISK + "18,few\n", {}, "curve.value", 5, "no number"),
    "empty risk table": (GOOD, "time,at_risk\n", {}, "curve.risk_value", None, "no numbers at risk"),
    "risk table in days": (GOOD, "time,at_risk\n0,100\n180,55\n365,20\n", {}, "curve.units", None, "other units"),
    "more at risk than free of events": (

       GOOD, "time,at_risk\n0,100\n6,90\n", {}, "curve.risk_above", 3, "60.0% are event-free",
    ),
    "arms swapped": (TWO, "time,at_risk,arm\n0,100,A\n6,45,A\n0,100,B\n6,70,B\n", {}, "curve.risk_above", 5, "of B"),
    "an arm without a curve": (TWO, TWO_RISK + "0,50,C\n", {}, "curve.arms", 6, "no curve is of"),
    "an arm without numbers": (TWO, "time,at_risk,arm\n0,100,A\n6,60,A\n", {}, "curve.patients", None, "of B"),
    "events of nobody": (TWO, TWO_RISK, {"events": {"C": 3}}, "curve.arms", None, "events of an arm"),
    "too many events": (TWO, TWO_RISK, {"events": {"A": 101}}, "curve.events", None, "101 events of A"),
    "too many events in all": (TWO, TWO_RISK, {"events": {"": 201}}, "curve.events", None, "of 200 patients"),
    "patients against the table": (GOOD, RISK, {"patients": {"": 90}}, "curve.patients", None, "90 patients"),
    "a control that is none": (TWO, TWO_RISK, {"control": "C"}, "curve.arms", None, "control"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_with_its_place(case: str, tmp_path: Path) -> None:
    curve, risk, options, code, line, words = CASES[case]
    for name, content in (("curve.csv", curve), ("risk.csv", risk)):
        if content is not None:
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(EvidenceError) as error:
        reconstruct_curves(
            [tmp_path / "curve.csv"], tmp_path / "risk.csv" if risk is not None else None, tmp_path / "out",
            CurveOptions(**options),  # type: ignore[arg-type]
        )  # fmt: skip
    problems = error.value.problems
    first = next((problem for problem in problems if problem.code == code), None)
    assert first is not None, problems
    assert words in first.message
    if line is not None:
        assert first.where.line == line
    assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(GOOD + "14,x\n15,y\n")
    (tmp_path / "risk.csv").write_text(RISK + "18,z\n24,3.5\n")
    with pytest.raises(EvidenceError) as error:
        reconstruct_curves([tmp_path / "curve.csv", tmp_path / "none.csv"], tmp_path / "risk.csv", tmp_path / "out")
    found = [(Path(problem.where.file).name, problem.where.line, problem.code) for problem in error.value.problems]
    assert found == [
        ("curve.csv", 9, "curve.value"), ("curve.csv", 10, "curve.value"), ("none.csv", None, "evidence.no_file"),
        ("risk.csv", 5, "curve.value"), ("risk.csv", 6, "curve.risk_value"),
    ]  # fmt: skip


def test_two_units_in_one_figure(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD.replace("time", "time (months)"))
    (tmp_path / "b.csv").write_text(GOOD.replace("time", "time (days)"))
    with pytest.raises(EvidenceError) as error:
        reconstruct_curves([tmp_path / "a.csv", tmp_path / "b.csv"], None, tmp_path / "out")
    assert [problem.code for problem in error.value.problems] == ["curve.units"]


def _run(*words: object) -> tuple[int, str, EquipoiseError | None]:
    done = CliRunner().invoke(app, ["reconstruct", *map(str, words)])
    error = done.exception if isinstance(done.exception, EquipoiseError) else None
    return done.exit_code, done.output, error


def test_the_command_wants_one_source(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(GOOD)
    facts = tmp_path / "facts.yaml"
    facts.write_text("facts: 1\n")
    for words in ([], [facts, "--curve", tmp_path / "curve.csv"], [facts, "--events", "3"]):
        _, _, error = _run(*words, "--out", tmp_path / "out")
        assert error is not None
        assert error.problems[0].code == "usage.reconstruct"
    code, output, _ = _run("--curve", tmp_path / "curve.csv", "--events", "many", "--out", tmp_path / "out")
    assert code == 2
    assert "write N, or ARM=N" in output


def test_the_command_tells_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(TWO)
    (tmp_path / "risk.csv").write_text(TWO_RISK)
    words = ["--curve", tmp_path / "curve.csv", "--at-risk", tmp_path / "risk.csv", "--unit", "months"]
    code, output, error = _run(
        *words, "--events", "A=44", "--events", "B=70", "--control", "b", "--out", tmp_path / "out"
    )
    assert (code, error) == (0, None)
    assert output.startswith("SYNTHETIC DATA")
    assert "A: 100 patients, 44 events, median" in output
    assert "hazard ratio, A against B: 0." in output
    assert "numbers at risk differ from those reported by at most 0" in output
    assert (tmp_path / "out" / "trial.yaml").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    _, _, error = _run(*words, "--out", tmp_path / "other")
    assert error is not None
    assert error.problems[0].code == "usage.folder_taken"
