"""Bad input to the methods beyond the first: refused with file, value and cure, exit code 2, and nothing written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from equipoise.cli import main

PROTOCOL = """\
equipoise: 1
trial: {id: BAD, title: A trial of bad inputs, phase: "3", masking: open}
time: {unit: months, data_unit: days}
arms:
  high: {label: High, role: experimental}
  low: {label: Low, role: experimental}
  old: {label: Old, role: control}
factors:
  sex: {label: Sex, column: SEX, levels: [F, M]}
  age: {label: Age, column: AGE, continuous: true, unit: years}
populations:
  itt: {arm: planned, where: "ITTFL = 'Y'"}
  safety: {arm: actual, where: "SAFFL = 'Y'"}
data: {format: adam}
assessments:
  central:
    PARAMCD: OVR
    new_therapy: NACTDT
    schedule: {every: 8, unit: weeks, window_days: 7}
    rules: fda
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {derive: progression_free_survival, from: central}}
  ttp: {kind: time_to_event, label: TTP, source: {derive: time_to_progression, from: central}}
  os: {kind: time_to_event, label: OS, death: true, source: {derive: overall_survival, from: central}}
  prog: {kind: time_to_event, label: Progression, source: {first_of: [ttp], competing: [os]}}
  orr: {kind: response, label: Response, source: {derive: best_response, from: central}, denominator: itt}
  qol: {kind: continuous, label: Quality of life, source: {table: ADQS, PARAMCD: TOTAL}, better: higher}
  ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}, of_interest: {skin: "AEBODSYS = 'Skin'"}}
analysis:
  pfs_main:
    endpoint: pfs
    population: itt
    test: {kind: max_combo, strata: [sex]}
    estimate: {kind: cox, strata: [sex], variance: robust, cluster: SITEID, weights: WGT}
    survival: {times: [2]}
    proportional_hazards: {transform: km}
    also:
      - {kind: modestly_weighted, t_star: 3}
      - {kind: trend, scores: {old: 0, low: 1, high: 2}}
      - {kind: average_hazard_ratio}
      - {kind: cox, entry: ENTRY}
  prog_main: {endpoint: prog, population: itt, incidence: {times: [3]}}
  orr_main: {endpoint: orr, population: itt}
  qol_main: {endpoint: qol, population: itt, at: Week 8, trend: {old: 0, low: 1, high: 2}, compare: [[high, low]]}
  safety:
    endpoint: ae
    population: safety
    at_risk: {until: treatment_end, plus_days: 30}
    mean_cumulative_count: {of: [any, serious], times: [2]}
    first_event: {of: [skin], times: [2]}
hypotheses:
  h_pfs: {analysis: pfs_main, arm: high, alpha_one_sided: 0.025}
  h_qol: {analysis: qol_main, arm: high, after: [h_pfs]}
"""

ADSL = (
    "USUBJID,TRT01P,TRT01A,RANDFL,RANDDT,ITTFL,SAFFL,TRTSDT,TRTEDT,DTHFL,DTHDT,SEX,AGE,NACTDT,LSTALVDT,SITEID,WGT,ENTRY"
    "\n"
)
ADRS = "USUBJID,PARAMCD,AVALC,ADT\n"
ADQS = "USUBJID,PARAMCD,AVISIT,AVAL,BASE,CHG,ADT\n"
ADAE = "USUBJID,AEBODSYS,AEDECOD,AETOXGR,TRTEMFL,AESER,AEREL,AEACN,AEOUT,ASTDT\n"
for _i in range(1, 19):
    _arm, _sex = ("High", "Low", "Old")[_i % 3], "FM"[_i // 3 % 2]
    _died = f"Y,2020-07-{_i:02d}" if _i % 4 == 0 else "N,"
    _last = f"{_died},{_sex},{50 + _i},,2020-07-{_i:02d},C{_i % 6},1.5,0\n"
    ADSL += f"S{_i},{_arm},{_arm},Y,2020-01-01,Y,Y,2020-01-02,2020-06-01,{_last}"
    ADRS += f"S{_i},OVR,{'PR' if _i % 3 else 'SD'},2020-02-{20 + _i % 8}\n"
    ADRS += f"S{_i},OVR,{'PD' if _i % 2 else 'SD'},2020-04-{10 + _i}\n"
    ADQS += f"S{_i},TOTAL,Week 8,{20 + _i * _i % 7},20,{_i * _i % 7},2020-02-25\n"
    _term = "Skin,Rash" if _i % 2 else "Blood,Anemia"
    ADAE += f"S{_i},{_term},{1 + _i % 4},Y,{'NY'[_i % 5 == 0]},RELATED,NONE,RECOVERED,2020-02-{_i:02d}\n"
FILES = {
    "trial.yaml": PROTOCOL,
    "data/adsl.csv": ADSL,
    "data/adrs.csv": ADRS,
    "data/adqs.csv": ADQS,
    "data/adae.csv": ADAE,
}
T, SL, RS, QS, AE = FILES

# (file, old text, new text, words that the message must have); "" as old text replaces the whole file.
CASES: list[tuple[str, str, str, str]] = [
    # weighted tests
    (T, "kind: max_combo,", "kind: maxcombo,", "max_combo"),
    (T, "max_combo, strata", "max_combo, weights: [[0, 0]], strata", "weights"),
    (T, "max_combo, strata", "max_combo, weights: [[0, 0], [0, 9]], strata", "5"),
    (T, "max_combo, strata", "max_combo, weights: [[0, 0], [0, 0]], strata", "twice"),
    (T, "max_combo, strata", "max_combo, weights: [[0, 0], [1]], strata", "weights"),
    (T, "max_combo, strata", "max_combo, weights: [[0, 0], [a, 1]], strata", "found: a"),
    (T, "max_combo, strata", "max_combo, strate", "strata"),
    (T, "t_star: 3}", "t_star: -3}", "-3"),
    (T, "t_star: 3}", "t_star: three}", "three"),
    (T, "t_star: 3}", "t_star: 3, s_star: 0.5}", "s_star"),
    (T, ", t_star: 3}", "}", "t_star"),
    (T, "t_star: 3}", "s_star: 50}", "50"),
    (T, "test: {kind: max_combo, strata: [sex]}", "test: {kind: trend}", "trend"),
    (T, "scores: {old: 0, low: 1, high: 2}", "scores: {old: 0, low: 1}", "high"),
    (T, "scores: {old: 0, low: 1, high: 2}", "scores: {old: 1, low: 1, high: 1}", "scores"),
    (T, "scores: {old: 0, low: 1, high: 2}", "scores: {old: 0, low: 1, hihg: 2}", "hihg"),
    (T, "scores: {old: 0, low: 1, high: 2}", "scores: {old: 0, low: .inf, high: 2}", "inf"),
    # Cox's model
    (T, "variance: robust, cluster: SITEID", "cluster: SITEID", "robust"),
    (T, "cluster: SITEID", "cluster: SITE", "SITE"),
    (T, "weights: WGT", "weights: SEX", "SEX"),
    (T, "weights: WGT", "weights: 2", "weights"),
    (T, "strata: [sex], variance", "ties: efrom, strata: [sex], variance", "efron"),
    (T, "strata: [sex], variance", "ties: exact, strata: [sex], variance", "exact"),
    (T, "strata: [sex], variance", "penalty: firth, strata: [sex], variance", "firth"),
    (T, "strata: [sex], variance", "interval: profile, strata: [sex], variance", "profile"),
    (T, "entry: ENTRY", "entry: RANDDT", "RANDDT"),
    (T, "entry: ENTRY", "entry: ENTRI", "ENTRI"),
    (T, "entry: ENTRY", "time_dependent: [oss]", "oss"),
    (T, "entry: ENTRY", "time_dependent: [qol]", "qol"),
    (T, "entry: ENTRY", "time_dependent: [pfs]", "pfs"),
    (T, "transform: km", "transform: kaplan", "km"),
    (T, "{kind: average_hazard_ratio}", "{kind: average_hazard_ratio, horizon: -1}", "-1"),
    (SL, "C1,1.5,0\n", "C1,-1.5,0\n", "-1.5"),
    (SL, "C1,1.5,0\n", "C1,,0\n", "WGT"),
    (SL, "C1,1.5,0\n", "C1,1.5,900\n", "before the end"),
    (SL, "C1,1.5,0\n", "C1,1.5,-9\n", "-9"),
    (SL, "C1,1.5,0\n", "C1,heavy,0\n", "heavy"),
    # competing events
    (T, "competing: [os]", "competing: [oss]", "oss"),
    (T, "competing: [os]", "competing: [ttp]", "ttp"),
    (T, "competing: [os]", "competing: [prog]", "prog"),
    (T, "competing: [os]", "competing: [qol]", "qol"),
    (T, "incidence: {times: [3]}", "incidence: {times: [-3]}", "-3"),
    (T, "incidence: {times: [3]}", "incidence: {tims: [3]}", "times"),
    (T, "incidence: {times: [3]}", "incidence: {times: [3], se: greenwood}", "aalen"),
    (T, "endpoint: prog, population", "endpoint: os, population", "incidence"),
    # a continuous endpoint
    (T, "at: Week 8,", "at: Week 80,", "Week 80"),
    (T, "at: Week 8,", "at: 8,", "at"),
    (T, "at: Week 8,", "", "at"),
    (T, "at: Week 8,", "at: Week 8, visits: [Week 9],", "Week 9"),
    (T, "compare: [[high, low]]", "compare: [[high, high]]", "high"),
    (T, "compare: [[high, low]]", "compare: [[high, old]]", "high, old"),
    (T, "compare: [[high, low]]", "compare: [[high, lwo]]", "lwo"),
    (T, "at: Week 8, trend: {old: 0, low: 1, high: 2}", "at: Week 8, trend: {old: 0, low: 0, high: 0}", "trend"),
    (T, "better: higher", "better: more", "higher"),
    (T, "TOTAL}, better", "TOTL}, better", "TOTAL"),
    (T, "PARAMCD: TOTAL}, better", "PARAMCD: TOTAL}, value: DELTA, better", "DELTA"),
    (T, "at: Week 8,", "at: Week 8, model: {covariates: [sexx]},", "sexx"),
    (T, "at: Week 8,", "at: Week 8, model: {kind: mmrm},", "mmrm"),
    (T, "at: Week 8,", "at: Week 8, subgroups: [age],", "age"),
    (QS, "S1,TOTAL,Week 8,21,20,1", "S2,TOTAL,Week 8,21,20,1", "S2"),
    (QS, "S1,TOTAL,Week 8,21,20,1", "S1,TOTAL,Week 8,high,20,1", "high"),
    (QS, "S1,TOTAL,Week 8,21,20,1", "S1,TOTAL,Week 8,21,20,inf", "inf"),
    (QS, "S1,TOTAL", "S99,TOTAL", "S99"),
    (QS, "CHG,ADT", "CHANGE,ADT", "CHG"),
    (QS, "", "USUBJID,PARAMCD,AVISIT,AVAL,BASE,CHG,ADT\n", "ADQS"),
    # adverse events over time
    (T, "of: [any, serious]", "of: [any, seriuos]", "serious"),
    (T, "of: [any, serious]", "of: []", "of"),
    (T, "of: [any, serious]", "of: [any, any]", "any"),
    (T, "first_event: {of: [skin], times: [2]}", "first_event: {times: [2]}", "of"),
    (T, "of: [skin], times: [2]", "of: [skin], times: [2, -1]", "-1"),
    (T, "plus_days: 30", "plus_days: -30", "-30"),
    (T, "plus_days: 30", "plus_days: 30.5", "30.5"),
    (T, "until: treatment_end", "until: study_end", "plus_days"),
    (T, "plus_days: 30", "plus_days: 30, column: LASTDT", "LASTDT"),
    (SL, "2020-01-02,2020-06-01,N,,F,51", "2020-06-02,2020-01-01,N,,F,51", "TRTEDT"),
    (AE, "RECOVERED,2020-02-01", "RECOVERED,2020-02-31", "2020-02-31"),
    (AE, "RECOVERED,2020-02-01", "RECOVERED,2020-02", "2020-02"),
    # derivation
    (T, "rules: fda", "rules: faa", "fda"),
    (T, "schedule: {every: 8,", "schedule: {every: -8,", "-8"),
    (T, "schedule: {every: 8, unit: weeks, window_days: 7}", "label: Central", "schedule"),
    (T, "from: central}, denominator", "from: centrel}, denominator", "centrel"),
    (T, "derive: best_response", "derive: bor", "best_response"),
    (T, "derive: overall_survival", "derive: best_response", "best_response"),
    (T, "new_therapy: NACTDT", "new_therapy: THERAPY", "THERAPY"),
    (T, "PARAMCD: OVR\n", "PARAMCD: OVER\n", "OVR"),
    (RS, "S1,OVR,PR,", "S1,OVR,PPR,", "PPR"),
    (RS, "S1,OVR,PR,2020-02-21", "S1,OVR,PR,", "ADT"),
    (RS, "S1,OVR,PR,2020-02-21", "S1,OVR,PR,2020-04-11", "PD and PR"),
    (RS, "S4,OVR,SD,2020-04-14", "S4,OVR,SD,2021-04-14", "S4"),
    (SL, "S1,Low,Low,Y,2020-01-01", "S1,Low,Low,Y,", "RANDDT"),
    (RS, "", "", "empty"),
]  # fmt: skip


def place(folder: Path, file: str = "", old: str = "", new: str = "") -> None:
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == file:
            assert old in content, old
            content = content.replace(old, new) if old else new
        path.write_text(content)


def call(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def test_the_unspoiled_trial_is_fine(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place(tmp_path)
    code, out, err = call(capsys, "analyze", "trial.yaml", "--data", "data", "--out", "o")
    assert code == 0, err
    assert "statistics" in out
    # Eighteen subjects have no twenty clusters: that is said, and nothing else.
    assert [line for line in err.splitlines() if line.startswith("warning")] == [
        "warning trial.yaml:30, analysis.pfs_main"
    ]
    assert "SITEID makes 6 clusters" in err


@pytest.mark.parametrize(("file", "old", "new", "words"), CASES, ids=[f"{i}-{c[3]}" for i, c in enumerate(CASES)])
def test_bad_input_is_refused(tmp_path, capsys, monkeypatch, file, old, new, words):
    monkeypatch.chdir(tmp_path)
    place(tmp_path, file, old, new)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = call(capsys, "analyze", "trial.yaml", "--data", "data", "--out", "o")
    assert code == 2, err
    assert out == ""
    assert words in err
    assert "cure:" in err
    assert "Traceback" not in err
    assert "pydantic" not in err
    assert re.search(r"trial\.yaml:\d+|ad\w+\.csv", err), "file and line, or file and table"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("file", "old", "new", "words"), CASES[:2] + CASES[30:40:3], ids=str)
def test_validate_finds_the_same_as_json(tmp_path, capsys, monkeypatch, file, old, new, words):
    monkeypatch.chdir(tmp_path)
    place(tmp_path, file, old, new)
    code, out, err = call(capsys, "validate", "trial.yaml", "--data", "data", "--json")
    document = json.loads(out)
    assert (code, document["ok"], err) == (2, False, "")
    assert words in out
    assert all(problem["code"] and problem["message"] and problem["where"] for problem in document["problems"])


def test_problems_of_models_measurements_and_visits_come_together(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place(tmp_path)
    for file, old, new in (
        (SL, "C1,1.5,0\n", "C1,-1.5,0\n"),
        (SL, "C2,1.5,0\n", "C2,1.5,-9\n"),
        (QS, "S1,TOTAL,Week 8,21,20,1", "S1,TOTAL,Week 8,high,20,1"),
        (RS, "S1,OVR,PR,", "S1,OVR,PPR,"),
        (T, "at: Week 8,", "at: Week 9,"),
    ):
        text = (tmp_path / file).read_text()
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new))
    code, _, err = call(capsys, "run", ".", "--out", "o")
    assert code == 2
    for words in (
        "found: '-1.5'",
        "found: '-9'",
        "AVAL of qol is 'high'",
        "'PPR'",
        "'Week 9'",
        "adsl.csv, ADSL, row 1, WGT",
    ):
        assert words in err
    assert not (tmp_path / "o").exists()


def test_suspicious_data_are_warned_of(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place(tmp_path, QS, "S1,TOTAL,Week 8,21,20,1", "S1,TOTAL,Week 8,21,20,5")
    text = (tmp_path / SL).read_text()
    (tmp_path / SL).write_text(text.replace(",Low,Low,", ",High,High,"))
    code, out, _ = call(capsys, "validate", ".", "--data", "data", "--json")
    problems = json.loads(out)["problems"]
    found = {problem["code"]: problem for problem in problems}
    assert code == 0
    assert (found["data.change"]["where"]["row"], found["data.change"]["where"]["subject"]) == (1, "S1")
    assert found["data.empty_arm"]["value"] == "low"
    assert ["itt" in p["message"] for p in problems if p["code"] == "data.empty_arm"] == [True, False]


def test_a_cut_that_cuts_nothing_is_warned_of(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place(tmp_path)
    code, _, err = call(capsys, "analyze", ".", "--data", "data", "--cut", "2030-01-01", "--out", "o")
    assert code == 0
    assert "after every date in the data, the last of which is 2020-07-18: it cuts nothing" in err
    code, _, err = call(capsys, "analyze", ".", "--data", "data", "--cut", "2020-07-01", "--out", "p")
    assert code == 0
    assert "cuts nothing" not in err


def test_broken_utf_16_is_no_table(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place(tmp_path)
    (tmp_path / SL).write_bytes(ADSL.encode("utf-16")[:-1])
    code, _, err = call(capsys, "analyze", ".", "--data", "data", "--out", "o")
    assert code == 2
    assert "adsl.csv" in err
    assert "broken UTF-16" in err
    assert not (tmp_path / "o").exists()
