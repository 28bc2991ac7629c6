"""Bad input never makes a number: each of these is refused with its message, exit code 2, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from equipoise.cli import main

PROTOCOL = """\
equipoise: 1
trial: {id: BAD, title: A trial of bad inputs, phase: "3", masking: open}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, ratio: 1}
  old: {label: Old, role: control, ratio: 1}
factors:
  sex: {label: Sex, column: SEX, levels: [F, M]}
  age: {label: Age, column: AGE, continuous: true, unit: years}
populations:
  itt: {arm: planned, where: "ITTFL = 'Y'"}
  safety: {arm: actual, where: "SAFFL = 'Y'"}
data: {format: adam, cut: 2021-06-30}
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
  orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: CBOR}, denominator: itt, confirmation: required}
  ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}}
analysis:
  pfs_main:
    endpoint: pfs
    population: itt
    test: {kind: log_rank, strata: [sex]}
    survival: {times: [3]}
    subgroups: [sex]
  orr_main: {endpoint: orr, population: itt}
  safety: {endpoint: ae, population: safety}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
"""

ADSL = """\
USUBJID,TRT01P,TRT01A,RANDFL,RANDDT,ITTFL,SAFFL,TRTSDT,TRTEDT,DTHFL,DTHDT,SEX,AGE
S1,New,New,Y,2020-01-01,Y,Y,2020-01-02,2020-05-01,N,,F,50
S2,Old,Old,Y,2020-01-05,Y,Y,2020-01-06,2020-06-01,Y,2020-06-09,M,60
S3,New,New,Y,2020-01-09,Y,Y,2020-01-10,2020-07-01,,,M,55
S4,Old,Old,Y,2020-02-01,Y,Y,2020-02-02,2020-08-01,N,,F,65
"""
ADTTE = """\
USUBJID,PARAMCD,PARAM,STARTDT,ADT,AVAL,CNSR,EVNTDESC,CNSDTDSC
S1,PFS,PFS (days),2020-01-01,2020-05-01,122,0,Progression,
S2,PFS,PFS (days),2020-01-05,2020-06-09,157,0,Death,
S3,PFS,PFS (days),2020-01-09,2020-07-01,175,1,,Lost to follow-up
S4,PFS,PFS (days),2020-02-01,2020-08-01,183,1,,Lost to follow-up
"""
ADRS = """\
USUBJID,PARAMCD,AVALC,ADT
S1,CBOR,PR,2020-03-01
S2,CBOR,PD,2020-03-05
S3,CBOR,CR,2020-03-09
S4,CBOR,NE,2020-04-01
"""
ADAE = """\
USUBJID,AEBODSYS,AEDECOD,AETOXGR,TRTEMFL,AESER,AEREL,AEACN,AEOUT,ASTDT
S1,Blood,Neutropenia,3,Y,N,RELATED,DOSE REDUCED,RECOVERED,2020-02-01
S2,Skin,Rash,1,Y,N,NOT RELATED,NONE,RECOVERED,2020-02-05
S3,Skin,Rash,2,Y,,RELATED,NONE,RECOVERED,2020-02-09
"""
FILES = {
    "trial.yaml": PROTOCOL,
    "data/adsl.csv": ADSL,
    "data/adtte.csv": ADTTE,
    "data/adrs.csv": ADRS,
    "data/adae.csv": ADAE,
}
T, SL, TTE, RS, AE = FILES

# (file, old text, new text, words that the message must have); "" as old text replaces the whole file.
CASES = [
    (T, "ratio: 1}\n  old", "ratio: 0}\n  old", "arms.new.ratio"),
    (T, "role: control", "role: experimental", "control"),
    (T, "role: experimental", "role: control", "control"),
    (T, "role: control", "role: kontrol", "did you mean `control`"),
    (T, "alpha_one_sided: 0.025", "alpha_one_sided: 2.5", "0.025"),
    (T, "alpha_one_sided: 0.025", "alpha_one_sided: 0.025, alpha_two_sided: 0.05", "alpha"),
    (T, ", alpha_one_sided: 0.025", "", "alpha"),
    (T, "trial:", "trail:", "did you mean"),
    (T, "title: A trial", "titel: A trial", "title"),
    (T, "title: A trial of bad inputs", "title: 12", "title"),
    (T, "  old: {label", "  new: {label", "twice"),
    (T, "strata: [sex]", "strata: [sexx]", "sex"),
    (T, "subgroups: [sex]", "subgroups: [age]", "age"),
    (T, "population: itt\n    test", "population: ittt\n    test", "itt"),
    (T, "endpoint: orr", "endpoint: or", "orr"),
    (T, "analysis: pfs_main", "analysis: pfs_mian", "pfs_main"),
    (T, "new_therapy: {strategy: treatment_policy}", "new_therapy: {strategy: hypothetical}", "new_therapy"),
    (T, "new_therapy: {strategy: treatment_policy}",
     "new_therapy: {strategy: hypothetical, censor_at: NEWTXDT}", "NEWTXDT"),
    (T, "ITTFL = 'Y'", "ITTFL = = 'Y'", "where"),
    (T, "ITTFL = 'Y'", "ITTFLAG = 'Y'", "ITTFL"),
    (T, "levels: [F, M]", "levels: [F]", "level"),
    (T, "levels: [F, M]", "levels: [F, W]", "M"),
    (T, "column: SEX", "column: SEXX", "SEX"),
    (T, "phase: \"3\"", "phase: 3", "phase"),
    (T, "equipoise: 1", "equipoise: 2", "equipoise"),
    (T, "PARAMCD: PFS}", "PARAMCD: PSF}", "PFS"),
    (T, "times: [3]", "times: [-3]", "times"),
    (T, "test: {kind: log_rank", "test: {kind: logrank", "log_rank"),
    (T, "data_unit: days", "data_unit: day", "days"),
    (T, "unit: months, data_unit", "unit: months: data_unit", "trial.yaml:3"),
    (T, "", "", "no declaration"),
    (T, "", "- a\n- b\n", "a list at its top level"),
    (SL, "S4,Old,Old", "S3,Old,Old", "S3"),
    (SL, "S4,Old,Old", "S4,Odl,Old", "Odl"),
    (SL, "M,60", "X,60", "'X'"),
    (SL, "2020-06-09", "", "DTHDT"),
    (SL, "USUBJID,", "SUBJECT,", "USUBJID"),
    (SL, "Y,2020-01-01,Y,Y", "Y,2020-13-01,Y,Y", "2020-13-01"),
    (SL, "F,50", "F,fifty", "fifty"),
    (SL, "RANDFL,RANDDT,ITTFL", "RANDFL,RANDDT,RANDFL", "RANDFL"),
    (SL, "S1,New,New,Y,", "S1,New,New,Q,", "Q"),
    (TTE, "122,0", "122,-1", "-1"),
    (TTE, "122,0", "122,0.5", "0.5"),
    (TTE, "122,0", "122,", "CNSR"),
    (TTE, "122,0", "122,x", "CNSR"),
    (TTE, "122,0", "-122,0", "-122"),
    (TTE, "122,0", ",0", "AVAL"),
    (TTE, "122,0", "inf,0", "AVAL"),
    (TTE, "122,0", "4,0", "AVAL"),
    (TTE, "S1,PFS", "S9,PFS", "S9"),
    (TTE, "S2,PFS", "S1,PFS", "S1"),
    (TTE, "PFS (days)", "PFS (months)", "months"),
    (TTE, "2020-05-01,122,0,Progression,", "2020-05-01,122,0,Progression,,extra,cells", "row"),
    (TTE, "2020-08-01,183", "2021-08-01,548", "cut"),
    (TTE, "", "", "empty"),
    (RS, "PR", "PRR", "PRR"),
    (RS, "S1,CBOR", "S7,CBOR", "S7"),
    (RS, "S2,CBOR", "S1,CBOR", "S1"),
    (AE, "Neutropenia,3", "Neutropenia,6", "6"),
    (AE, "Neutropenia,3", "Neutropenia,2.5", "2.5"),
    (AE, "S1,Blood", "S8,Blood", "S8"),
    (AE, "2020-02-01", "2022-02-01", "cut"),
    (AE, "Y,N,RELATED", "maybe,N,RELATED", "maybe"),
]  # fmt: skip


def place(folder: Path, file: str = "", old: str = "", new: str = "") -> None:
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == file:
            assert old in content, old
            content = content.replace(old, new) if old else new
        path.write_text(content)


def call(capsys, *args: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def test_the_unspoiled_trial_is_fine(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place(tmp_path)
    code, _, err = call(capsys, "run", ".", "--out", "o")
    assert code == 0, err
    assert (tmp_path / "o" / "dossier.html").exists()


def test_there_are_at_least_forty():
    assert len({(file, old, new) for file, old, new, _ in CASES}) >= 60


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
    assert file.rsplit("/", 1)[-1].split(".")[0].lower() in err.lower() or file == T
    assert sorted(tmp_path.rglob("*")) == before
    code, out, _ = call(capsys, "validate", "trial.yaml", "--data", "data", "--json")
    document = json.loads(out)
    assert (code, document["ok"]) == (2, False)
    assert all(problem["code"] and problem["message"] and problem["where"] for problem in document["problems"])


def test_all_problems_at_once(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place(tmp_path)
    spoiled = (tmp_path / TTE).read_text().replace("122,0", "-122,0").replace("157,0", "157,-1").replace("S4,", "S9,")
    (tmp_path / TTE).write_text(spoiled)
    (tmp_path / AE).write_text((tmp_path / AE).read_text().replace("Rash,1", "Rash,9"))
    code, _, err = call(capsys, "analyze", "trial.yaml", "--data", "data", "--out", "o")
    assert code == 2
    for words in ("-122", "-1", "S9", "9"):
        assert words in err
    assert not (tmp_path / "o").exists()
