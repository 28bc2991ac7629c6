"""`equipoise simulate` as a user meets it: what it prints and keeps, what it refuses, and that nothing is lost."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from equipoise.cli import main
from equipoise.cli.simulate import time_left, trial_bar

TRIAL = """\
equipoise: 1
trial: {id: REFERENCE, title: The trial that others are timed with}
time: {unit: months, data_unit: days, resolution: continuous}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
populations: {itt: {arm: planned}}
endpoints: {pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}}
analysis: {main: {endpoint: pfs, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}}
hypotheses: {h: {analysis: main, alpha_one_sided: 0.025}}
scenarios:
  planned:
    enrollment: {patients: 518, duration: 49}
    dropout: {hazard: 0.01}
    endpoints: {pfs: {old: {median: 29.1}, new: {hazard_ratio: 0.75}}}
  small: {extends: planned, enrollment: {patients: 300, duration: 30}}
  weak: {extends: planned, endpoints: {pfs: {new: {hazard_ratio: 0.9}}}}
design:
  h:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks: [{events: 165}, {events: 320}]
    sensitivity: {hazard_ratio: [0.7], accrual: [0.8]}
"""


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run the command line in a folder with a trial: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trial.yaml").write_text(TRIAL)

    def call(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["simulate", "trial.yaml", *(str(arg) for arg in args)])
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


def statistics(text):
    content = json.loads(text)
    assert content["ok"]
    return content["statistics"]


def kept(folder):
    """Every file of a folder, by its content."""
    files = [path for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(folder):
    return json.loads((Path(folder) / "simulation.json").read_text())["statistics"]


def test_the_reference_trial(cli, tmp_path):
    code, out, _ = cli("--trials", "20_000")
    assert code == 0
    assert "20,000 trials as declared and 20,000 trials without any effect, seed 1" in out
    power = re.search(r"^Power +([0-9.]+)% \(([0-9.]+)\)$", out, re.M)
    error = re.search(r"^Type I error, one side +([0-9.]+) \(([0-9.]+)\)$", out, re.M)
    assert abs(float(power[1]) - 73.0) < 3.0
    assert abs(float(power[2]) - 0.31) < 0.02
    assert abs(float(error[1]) - 0.025) < 0.006
    assert "by design" in out
    assert "Look 1, events" in out
    assert [path.name for path in tmp_path.iterdir()] == ["trial.yaml"]


def test_the_same_digits_whoever_computes_them(cli):
    ways = [("--trials", "9000", "--jobs", jobs, "--json") for jobs in (1, 2, 5)]
    first, *others = [statistics(cli(*way)[1]) for way in ways]
    assert len(first) > 40
    assert others == [first, first]


def test_a_run_goes_on_to_the_same_digits(cli):
    assert cli("--trials", "8192", "--out", "a")[0] == 0
    assert sorted(path.name for path in Path("a/simulation-sums").iterdir()) == ["planned.h0.npz", "planned.h1.npz"]
    assert cli("--trials", "12_300", "--out", "a", "--resume")[0] == 0
    assert cli("--trials", "12300", "--out", "b", "--jobs", 1)[0] == 0
    assert rows("a") == rows("b")
    for name in ("planned.h0.npz", "planned.h1.npz"):
        assert Path("a/simulation-sums", name).read_bytes() == Path("b/simulation-sums", name).read_bytes()


def test_fewer_trials_than_there_are(cli):
    cli("--trials", "8192", "--out", "a")
    before, found = kept("a"), rows("a")
    code, _, err = cli("--trials", "4096", "--out", "a")
    assert code == 2
    assert "8,192 trials of the same are there" in err
    assert kept("a") == before
    code, _, err = cli("--trials", "4096", "--out", "a", "--resume")
    assert code == 0
    assert "8,192 trials of planned, H1 are there, and all of them are reported" in err
    assert rows("a") == found


def test_another_seed_or_protocol_is_refused_and_nothing_is_lost(cli, tmp_path):
    cli("--trials", "4096", "--out", "a")
    before = kept("a")
    for more in (["--seed", 2], ["--seed", 2, "--resume"], ["--seed", 2, "--scenario", "weak"]):
        code, _, err = cli("--trials", "8192", "--out", "a", *more)
        assert code == 2
        assert "trials of another seed: 1 there, 2 asked for" in err
        assert kept("a") == before
    (tmp_path / "trial.yaml").write_text(TRIAL.replace("median: 29.1", "median: 30"))
    code, _, err = cli("--trials", "8192", "--out", "a", "--resume")
    assert code == 2
    assert "another protocol" in err
    assert kept("a") == before


def test_other_digits_are_not_added_to(cli, monkeypatch):
    cli("--trials", "4096", "--out", "a")
    before = kept("a")
    from equipoise.simulation import runs

    true = runs.simulate
    monkeypatch.setattr(runs, "simulate", lambda study, start, stop: true(study, start + 1, stop + 1))
    code, _, err = cli("--trials", "8192", "--out", "a", "--resume")
    assert code == 2
    assert "do not come out as they did" in err
    assert kept("a") == before


def test_scenarios_stand_beside_each_other_and_beside_the_design(cli):
    with pytest.raises(SystemExit):
        main(["design", "trial.yaml", "--out", "a"])
    cli("--trials", "4096", "--out", "a")
    first = rows("a")
    cli("--trials", "4096", "--out", "a", "--scenario", "weak", "--under", "h1")
    assert [row for row in rows("a") if row["key"]["scenario"] == "planned"] == first
    assert {row["key"].get("scenario") for row in rows("a")} == {"planned", "weak"}
    assert Path("a/design.json").is_file()
    assert json.loads(Path("a/manifest.json").read_text())["stages"]["simulation"]["simulation"]["seed"] == 1
    cli("--trials", "5000", "--out", "a", "--scenario", "weak", "--under", "h1")
    assert len(rows("a")) == len({json.dumps(row["key"]) for row in rows("a")})


def test_sweeps_share_their_random_numbers(cli):
    found = statistics(cli("--trials", "4096", "--vary", "hazard_ratio=0.75,0.6", "--json")[1])

    def power(*groups):
        (row,) = [
            row for row in found if row["key"]["statistic"] == "power" and row["key"].get("groups", []) == [*groups]
        ]
        return row["value"]

    assert power(["vary", "hazard_ratio"], ["value", "0.75"]) == power()
    assert power(["vary", "hazard_ratio"], ["value", "0.6"]) > power()
    assert {row["key"]["under"] for row in found if ["vary", "hazard_ratio"] in row["key"].get("groups", [])} == {"h1"}


def test_a_sweep_stays_when_the_scenario_is_run_again(cli):
    from equipoise.results.bundle import read_bundle

    cli("--trials", "4096", "--under", "h1", "--vary", "delay=3,6", "--out", "a")
    cli("--trials", "5000", "--under", "h1", "--out", "a")
    found = read_bundle(Path("a")).results
    assert {row.n for row in found if row.key.statistic == "power"} == {4096, 5000}
    assert [curve.curve for curve in found.curves].count("simulated_power_by_delay") == 1


def test_the_declared_sweep(cli):
    _, out, _ = cli("--trials", "500", "--sweep")
    lines = out[out.index("If ") :].splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == [
        "hazard ratio 0.7",
        "accrual 0.8",
        "hazard ratio 0.7, accrual 0.8",
    ]


def test_one_trial_is_what_analyze_accepts(cli):
    code, out, _ = cli("--one", 17, "--out", "one")
    assert code == 0
    assert "one: trial 17 of scenario planned, seed 1" in out
    with pytest.raises(SystemExit) as stopped:
        main(["analyze", "trial.yaml", "--data", "one", "--out", "found"])
    assert not stopped.value.code


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--trials", 0], "from 1 to 1e12 trials"),
        (["--trials", "1e15"], "1,000,000,000,000,000"),
        (["--trials", -5], "from 1 to 1e12 trials"),
        (["--trials", "1.5"], "no whole number"),
        (["--trials", "many"], "no whole number"),
        (["--trials", "1e999999999"], "no whole number"),
        (["--jobs", 0], "from 1 to 1,024 threads"),
        (["--jobs", "two"], "not a valid integer"),
        (["--scenario", "plan"], "scenarios are planned, small, weak"),
        (["--under", "h2"], "h2"),
        (["--vary", "hazard_ratio"], "nothing is no number"),
        (["--vary", "hazard_ratio=0"], "hazard_ratio can't be 0"),
        (["--vary", "hazard_ratio=-1"], "hazard_ratio can't be -1"),
        (["--vary", "hazard_ratio=nan"], "hazard_ratio can't be nan"),
        (["--vary", "effect=2"], "effect can't be varied"),
        (["--vary", "=2"], "nothing can't be varied"),
        (["--vary", "dropout=0.1,x"], "x is no number"),
        (["--vary", "dropout=0.1", "--vary", "dropout=0.2"], "dropout is varied twice"),
        (["--vary", "accrual=" + ",".join(map(str, range(1, 202)))], "at most 200 points"),
        (["--resume"], "name it with --out"),
        (["--look", 1], "--look belongs to --one"),
        (["--one", 17], "name it with --out"),
        (["--one", 17, "--resume", "--out", "x"], "nothing to resume"),
        (["--one", -1, "--out", "x"], "no such trial"),
        (["--one", 17, "--look", 3, "--out", "x"], "no such look"),
        (["--one", 17, "--out", "x", "--scenario", "weak", "--scenario", "planned"], "name one scenario"),
        (["--cluster", "tcp://127.0.0.1:9"], "no Dask scheduler answers there"),
        (["--cluster", "nonsense://"], "no Dask scheduler answers there"),
        (["--annex", "absent.yaml"], "absent.yaml"),
        (["--out", "trial.yaml"], "a file"),
        (["--out", "full"], "not a bundle"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(cli, tmp_path, monkeypatch, args, words):
    pytest.importorskip("distributed")
    from equipoise.simulation import cluster

    monkeypatch.setattr(cluster, "_ANSWERS", 0.3)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    before = kept(tmp_path)
    code, out, err = cli(*args)
    assert code == 2
    assert words in err
    assert out == ""
    assert kept(tmp_path) == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("events: 320", "events: 510", "518 patients yield at most 348"),
        ("hazard: 0.01", "hazard: -0.01", "must be at least 0"),
        ("old: {median: 29.1}", "older: {median: 29.1}", "older"),
    ],
)
def test_bad_protocols(cli, tmp_path, old, new, words):
    (tmp_path / "trial.yaml").write_text(TRIAL.replace(old, new))
    before = kept(tmp_path)
    code, _, err = cli("--trials", "4096", "--out", "a")
    assert code == 2
    assert words in err
    assert kept(tmp_path) == before


def test_events_that_never_come(cli, tmp_path):
    before = kept(tmp_path)
    code, _, err = cli("--trials", "5000", "--out", "a", "--scenario", "small", "--under", "h1")
    assert code == 2
    most = re.search(r"look 2 of h waits for 320 events, and no trial of 4,096 .* the most seen is ([0-9]+)", err)
    assert 200 < int(most[1]) < 300
    assert re.search(r"trial.yaml:[0-9]+, design.h.looks\[1\].events", err)
    assert kept(tmp_path) == before
    # Where the effect is varied, this is an answer.
    code, _, err = cli("--trials", "100", "--scenario", "small", "--under", "h0")
    assert code == 0
    assert "warning" in err
    assert "the most seen is" in err


@pytest.mark.parametrize("section", ["scenarios", "hypotheses"])
def test_nothing_to_simulate(cli, tmp_path, section):
    text = TRIAL[: TRIAL.index("scenarios:")] if section == "scenarios" else TRIAL[: TRIAL.index("design:")]
    text = re.sub(r"^hypotheses.*\n", "", text, flags=re.M) if section == "hypotheses" else text
    (tmp_path / "trial.yaml").write_text(text)
    code, _, err = cli("--trials", 10)
    assert code == 2
    assert f"declares no {section}" in err


def test_ctrl_c_keeps_what_is_done(tmp_path):
    (tmp_path / "trial.yaml").write_text(TRIAL)
    program = [sys.executable, "-m", "equipoise", "simulate", "trial.yaml", "--out", "a", "--under", "h1"]
    running = subprocess.Popen(
        [*program, "--trials", "1e9"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    sums = tmp_path / "a" / "simulation-sums" / "planned.h1.npz"
    end = time.monotonic() + 60
    while not sums.is_file() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    done = int(re.search(r"stopped after ([0-9,]+) of 1,000,000,000 trials", err)[1].replace(",", ""))
    assert done % 4096 == 0
    assert done > 0
    assert f"{done:,} trials as declared" in out
    more = done + 5000
    for folder in ("a", "b"):
        again = [word if word != "a" else folder for word in program]
        subprocess.run([*again, "--trials", str(more), "--resume"], cwd=tmp_path, check=True, capture_output=True)
    assert rows(tmp_path / "a") == rows(tmp_path / "b")
    assert not [path for path in (tmp_path / "a").rglob(".*") if path.is_file()]


@pytest.mark.parametrize(
    ("done", "trials", "seconds", "own", "words"),
    [
        (50_000, 150_000, 1.0, 50_000, "50,000 trials a second, 0:02 left"),
        (10, 1000, 20.0, 5, "0.2 trials a second, 1:06:00 left"),
        (10, 1000, 20.0, 0, ""),
    ],
)
def test_time_left(done, trials, seconds, own, words):
    assert time_left(done, trials, seconds, own) == words


def test_a_bar_appears_when_it_is_slow(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    for patience, shown in ((60.0, False), (0.0, True)):
        monkeypatch.setattr("equipoise.cli.simulate._PATIENCE", patience)
        with trial_bar() as (progress, _):
            progress("planned, H1", 0, 100_000)
            time.sleep(0.01)
            progress("planned, H1", 4096, 100_000)
        assert ("trials a second" in capsys.readouterr().err) == shown


def test_interrupted_before_anything_is_done(tmp_path):
    (tmp_path / "trial.yaml").write_text(TRIAL)
    environment = {**os.environ, "EQUIPOISE_CACHE": str(tmp_path / "cache")}  # nothing compiled: it takes its time
    running = subprocess.Popen(
        [sys.executable, "-m", "equipoise", "simulate", "trial.yaml", "--trials", "1e6", "--out", "a"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    line = running.stderr.readline()
    assert "compiling" in line
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=90)
    assert running.returncode == 130, err
    assert "stopped" in err
    assert not (tmp_path / "a").exists()
