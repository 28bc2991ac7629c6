"""The patients of one simulated trial as files: what they hold, how the protocol reads them, and what is refused."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.data.simulated import MARK
from equipoise.errors import SimulationError, UsageError
from equipoise.protocol.loading import loads_protocol
from equipoise.simulation.engine import unit
from equipoise.simulation.one_trial import DEFAULT_START, not_simulated, write_one
from equipoise.simulation.one_trial_conditions import required
from equipoise.simulation.study import study_of
from equipoise.trial import Trial

ROOT = Path(__file__).parents[2]
TEXT = """\
equipoise: 1
trial: {id: ONE, title: One simulated trial}
time: {unit: months, data_unit: days, resolution: day}
arms:
  low: {label: Low dose, role: experimental, value: L}
  high: {label: High dose, role: experimental, ratio: 2}
  old: {label: Old, role: control}
factors:
  stage: {label: Stage, column: STAGE, verified: STAGEV, levels: {Early: 1, Late: 2}}
  sex: {label: Sex, column: SEX, levels: [f, m]}
  age: {label: Age, column: AGE, continuous: true, unit: years}
eligibility: [{text: Cycles, where: CYCLES BETWEEN 4 AND 8}]
populations:
  itt: {arm: planned, where: "ITTFL = 'Y'"}
  adults: {arm: actual, where: "SAFFL = 'Y' AND AGE >= 18 AND SEX IN ('m', 'f')"}
data: {format: adam}
endpoints:
  pfs:
    kind: time_to_event
    label: PFS
    event: progression
    source: {table: ADTTE, PARAMCD: PFS, where: "ANL01FL = 'Y'"}
  os: {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
  orr: {kind: response, label: ORR, source: {table: ADRS, PARAMCD: BOR}, denominator: itt}
  ae: {kind: adverse_events, label: AE, source: {table: ADAE}}
analysis:
  main: {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [stage, sex]}}
  os: {endpoint: os, population: itt}
  orr: {endpoint: orr, population: itt}
  safety: {endpoint: ae, population: adults}
hypotheses:
  h: {analysis: main, arm: high, alpha_one_sided: 0.025}
scenarios:
  base:
    enrollment: {patients: 160, duration: 10, start: 2021-03-01, sites: {north: {share: 2}, south: {opens: 4}}}
    dropout: {hazard: 0.02}
    strata: {e: {share: 0.6, levels: {stage: Early}}, l: {share: 0.4, levels: {stage: Late}}}
    wrong_strata: 0.2
    endpoints:
      pfs: {old: {strata: {e: {median: 14}, l: {median: 7}}}, low: {hazard_ratio: 0.9}, high: {hazard_ratio: 0.7}}
      orr: {old: {rate: 0.2}, low: {rate: 0.3}, high: {rate: 0.4}}
design:
  h: {assume: base, solve: power, efficacy: {spending: obrien_fleming}, looks: [{events: 20}, {events: 80}]}
"""
START = datetime.date(2021, 3, 1)


def changed(*pairs: tuple[str, str]) -> str:
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def study(*pairs: tuple[str, str], **options):
    return study_of(loads_protocol(changed(*pairs)), seed=5, **options)


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / name, try_parse_dates=True)


def test_files_of_whole_days(tmp_path: Path) -> None:
    made = study()
    out = write_one(made, 3, tmp_path / "three", look=1)
    assert {path.name for path in out.iterdir()} == {"adsl.csv", "adtte.csv", "adrs.csv", "adae.csv", MARK}
    found = unit(made, 3, 4)
    adsl, adtte = read(out, "adsl.csv"), read(out, "adtte.csv")
    pfs = adtte.filter(pl.col("PARAMCD") == "PFS")
    cut = START + datetime.timedelta(days=int(found.cut[0, 0]))
    assert adsl.height == found.enrolled[0, 0] < 160
    assert pfs["AVAL"].dtype == pl.Int64
    assert (pfs["AVAL"] == (pfs["ADT"] - pfs["STARTDT"]).dt.total_days() + 1).all()
    assert pfs["STARTDT"].to_list() == adsl["RANDDT"].to_list()
    assert pfs["ADT"].max() == cut  # the event that set the cut is there
    assert pfs.filter(pl.col("CNSR") == 2)["ADT"].unique().to_list() == [cut]
    assert set(adsl["TRT01P"]) == {"L", "High dose", "Old"}
    pair = adsl.join(pfs, on="USUBJID").filter(pl.col("TRT01P") != "L")
    assert pair.filter(pl.col("CNSR") == 0).height == found.events[0, 0].sum() == 20
    assert set(adsl["SITEID"]) == {"north", "south"}
    assert 0.05 < (adsl["STAGE"] != adsl["STAGEV"]).mean() < 0.4
    assert adsl.select("SEX", "AGE", "CYCLES", "ITTFL").unique().rows() == [("m", 18, 4, "Y")]
    mark = json.loads((out / MARK).read_text())
    assert (mark["trial"], mark["look"], mark["seed"], mark["cut"]) == (3, 1, 5, found.cut[0, 0])


def test_the_protocol_reads_what_was_written(tmp_path: Path) -> None:
    made = study()
    found = unit(made, 0, 3)
    for trial in range(3):
        out = write_one(made, trial, tmp_path / "again")  # its own folder is replaced
        protocol = loads_protocol(TEXT)
        data = load_data(protocol, out)
        assert [note.code for note in data.notes] == ["data.simulated"]
        assert f"trial {trial}, scenario base, under h1, seed 5, look 2" in data.notes[0].value
        assert data.notes[0].message.endswith("; of os nothing was simulated")
        rows = {(r.key.analysis, r.key.statistic, r.key.arm, r.key.method): r.value for r in analyze(protocol, data)}
        assert rows["main", "z", "high", "log_rank.stratified"] == pytest.approx(found.z[trial, 1], rel=1e-10)


def test_the_dossier_says_that_the_data_are_simulated(tmp_path: Path) -> None:
    (tmp_path / "trial.yaml").write_text(TEXT, encoding="utf-8")
    data = write_one(study(), 0, tmp_path / "data")
    trial = Trial.load(tmp_path / "trial.yaml")
    trial.analyze(data, out=tmp_path / "out")
    page = trial.report(tmp_path / "out").read_text(encoding="utf-8")
    assert "These are simulated data, not those of a trial." in page
    (data / MARK).unlink()
    trial.analyze(data, out=tmp_path / "out")
    assert "simulated data" not in trial.report(tmp_path / "out").read_text(encoding="utf-8")


def test_files_of_continuous_time(tmp_path: Path) -> None:
    made = study(("resolution: day", "resolution: continuous"))
    out = write_one(made, 1, tmp_path / "one")
    adsl, adtte = read(out, "adsl.csv"), read(out, "adtte.csv")
    assert not {"RANDDT", "TRTSDT"} & set(adsl.columns)
    assert not {"STARTDT", "ADT"} & set(adtte.columns)
    pfs = adtte.filter(pl.col("PARAMCD") == "PFS")["AVAL"].to_numpy()
    assert np.unique(pfs % 1.0).size == pfs.size
    whole = read(write_one(study(), 1, tmp_path / "days"), "adtte.csv").filter(pl.col("PARAMCD") == "PFS")
    # The same patients: whole days are these, rounded up, where the event was seen.
    both = pl.DataFrame({"days": whole["AVAL"], "event": whole["CNSR"] == 0, "real": pfs[: whole.height]})
    seen = both.filter("event")
    assert (seen["days"] == seen["real"].ceil()).mean() > 0.98


def test_endpoints_of_which_the_scenario_says_nothing(tmp_path: Path) -> None:
    made = study(("      orr: {old: {rate: 0.2}, low: {rate: 0.3}, high: {rate: 0.4}}\n", ""))
    assert not_simulated(made) == ("os", "orr")
    out = write_one(made, 0, tmp_path / "x")
    survival = read(out, "adtte.csv").filter(pl.col("PARAMCD") == "OS")
    assert survival["CNSR"].unique().to_list() == [3]
    assert survival["EVNTDESC"].unique().to_list() == ["Not simulated"]
    assert read(out, "adrs.csv")["AVALC"].unique().to_list() == ["NE"]
    assert json.loads((out / MARK).read_text())["not_simulated"] == ["os", "orr"]
    analyze(made.protocol, load_data(made.protocol, out))


@pytest.mark.parametrize(
    ("pairs", "files"),
    [
        ((("data_unit: days", "data_unit: months"),), ("adtte.csv",)),
        ((("{format: adam}", "{format: adam, decimal: ',', dates: DD.MM.YYYY}"),), ("adtte.csv",)),
        ((("{format: adam}", "{format: adam, files: {ADTTE: events.parquet}}"),), ("events.parquet", "adsl.csv")),
        ((("start: 2021-03-01, ", ""),), ("adsl.csv",)),
    ],
)
@pytest.mark.parametrize("resolution", ["day", "continuous"])
def test_units_formats_and_names(tmp_path: Path, pairs, files, resolution) -> None:
    made = study(*pairs, resolution=resolution)
    out = write_one(made, 2, tmp_path / "two")
    assert set(files) <= {path.name for path in out.iterdir()}
    results = analyze(made.protocol, load_data(made.protocol, out))
    z = [
        row.value
        for row in results
        if row.key.statistic == "z" and row.key.analysis == "main" and row.key.arm == "high"
    ]
    assert unit(made, 2, 3).z[0, 1] == pytest.approx(z[0], rel=1e-10)
    if "start" in pairs[0][0] and resolution == "day":
        first = read(out, "adsl.csv")["RANDDT"].min()
        assert DEFAULT_START <= first < DEFAULT_START + datetime.timedelta(days=15)


def test_files_of_the_users_own(tmp_path: Path) -> None:
    """The colon trial: one file with two rows a patient; its first endpoint is the earlier of the two."""
    text = (
        (ROOT / "examples" / "colon" / "trial.yaml").read_text(encoding="utf-8")
        + """
scenarios:
  base:
    enrollment: {patients: 300, duration: 2}
    strata: {few: {share: 0.7, levels: {nodes4: "No"}}, many: {share: 0.3, levels: {nodes4: "Yes"}}}
    endpoints:
      dfs:
        obs: {strata: {few: {median: 9}, many: {median: 4}}}
        lev: {hazard_ratio: 0.9}
        lev_5fu: {hazard_ratio: 0.7}
design:
  h_dfs: {assume: base, solve: power, looks: [{at: 6}]}
"""
    )
    made = study_of(loads_protocol(text), seed=2)
    out = write_one(made, 4, tmp_path / "colon")
    assert {path.name for path in out.iterdir()} == {"colon.csv", MARK}
    assert not_simulated(made) == ("death",)
    results = analyze(made.protocol, load_data(made.protocol, out))
    z = {(r.key.arm, r.key.method): r.value for r in results if r.key.analysis == "dfs_main" and r.key.statistic == "z"}
    assert unit(made, 4, 5).z[0, 0] == pytest.approx(z["lev_5fu", "log_rank.stratified"], rel=1e-10)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("ITTFL = 'Y'", {"ITTFL": "Y"}),
        ("\"ITTFL\"='Y' and AGE>=18", {"ITTFL": "Y", "AGE": 18}),
        ("A BETWEEN 4 AND 8 AND B IN ('x', 'y') AND C <= 2.5", {"A": 4, "B": "x", "C": 2.5}),
        ("REGION = 'Land''s End'", {"REGION": "Land's End"}),
        ("A = 1 OR B = 2", None),
        ("NOT A = 1", None),
        ("A < 3", None),
        ("A = 'y' AND", None),
    ],
)
def test_conditions(where: str, found: dict[str, object] | None) -> None:
    if found is None:
        with pytest.raises(SimulationError) as caught:
            required(where, "populations.itt.where")
        assert {problem.code for problem in caught.value.problems} == {"simulation.one_condition"}
        assert caught.value.problems[0].where.path == "populations.itt.where"
    else:
        assert required(where, "") == found


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ((("SAFFL = 'Y' AND", "SAFFL = 'Y' AND ITTFL = 'N' AND"),), "simulation.one_condition"),
        ((("\"ITTFL = 'Y'\"", "\"ITTFL = 'Y' OR X = 1\""),), "simulation.one_condition"),
        ((("{format: adam}", "{format: adam, files: {ADSL: adsl.sas7bdat}}"),), "simulation.one_file"),
        ((("{format: adam}", "{format: adam, files: {ADTTE: package://pharma/adtte.csv}}"),), "simulation.one_file"),
        ((("{format: adam}", "{format: adam, files: {ADTTE: sub/adtte.csv}}"),), "simulation.one_file"),
        ((("{format: adam}", "{format: adam, cut: 2021-04-01}"),), "simulation.one_data"),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(tmp_path: Path, pairs, code) -> None:
    made = study(*pairs)
    with pytest.raises(SimulationError) as caught:
        write_one(made, 0, tmp_path / "deep" / "out")
    assert code in {problem.code for problem in caught.value.problems}
    assert all(problem.cure for problem in caught.value.problems)
    assert [path for path in tmp_path.rglob("*") if path.name != "deep"] == []


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    made = study()
    mine = tmp_path / "mine"
    mine.mkdir()
    write_one(made, 0, mine)  # empty
    before = {path.name: path.read_bytes() for path in mine.iterdir()}
    assert {path.name: path.read_bytes() for path in write_one(made, 0, mine).iterdir()} == before
    (mine / "notes.txt").write_text("mine")
    real = tmp_path / "real"
    real.mkdir()
    (real / "adsl.csv").write_text("USUBJID\n1\n")
    (real / MARK).write_text('{"simulated": true, "files": 3}')
    (tmp_path / "file").write_text("")
    for place in (mine, real, tmp_path / "file"):
        with pytest.raises(UsageError) as caught:
            write_one(made, 1, place)
        assert caught.value.problems[0].code == "usage.folder_taken"
    assert (real / "adsl.csv").read_text() == "USUBJID\n1\n"
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "real", "file"}


def test_numbers_that_make_no_sense(tmp_path: Path) -> None:
    made = study()
    for number, look, code in ((-1, None, "usage.trial_number"), (0, 3, "usage.look"), (0, 0, "usage.look")):
        with pytest.raises(UsageError) as caught:
            write_one(made, number, tmp_path / "x", look=look)
        assert [problem.code for problem in caught.value.problems] == [code]
    assert list(tmp_path.iterdir()) == []


def test_a_look_that_was_not_held_is_named(tmp_path: Path) -> None:
    late = study((re.search(r"looks: .*", TEXT).group(), "looks: [{events: 70}, {events: 80, latest_at: 29.5}]}"))
    held = unit(late, 0, 40).held[:, 0]
    trial = int(np.flatnonzero(~held)[0])
    with pytest.raises(SimulationError) as caught:
        write_one(late, trial, tmp_path / "x", look=1)
    assert caught.value.problems[0].code == "simulation.look_not_held"
    assert "it held 2" in caught.value.problems[0].cure
