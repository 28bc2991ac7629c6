"""The command line as a user meets it: what it prints, its exit codes, and that nothing is half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from equipoise.cli import main
from equipoise.errors import PlanError, Problem, Where

ROOT = Path(__file__).parents[2]
COLON = ROOT / "examples" / "colon"


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run the command line in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def call(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("bundle") / "colon"
    with pytest.raises(SystemExit) as stopped:
        main(["analyze", str(COLON), "--out", str(out)])
    assert not stopped.value.code
    return out


def test_run_ends_in_the_headline_and_the_path(cli, tmp_path):
    code, out, err = cli("run", COLON)
    assert code == 0, err
    assert "hazard ratio" in out.lower()
    assert "levamisole + fluorouracil" in out.lower()
    assert out.strip().splitlines()[-1] == "dossier: colon-dossier/dossier.html"
    made = {p.name for p in (tmp_path / "colon-dossier").iterdir()}
    assert {"dossier.html", "tables", "figures", "results.json", "curves.parquet", "manifest.json"} <= made


def test_run_twice_into_the_same_folder_is_fine(cli):
    assert cli("run", COLON, "--out", "o")[0] == 0
    assert cli("run", COLON, "--out", "o")[0] == 0


def test_manifest_traces_the_inputs(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["protocol_file"] == "trial.yaml"
    assert [len(file["sha256"]) for file in manifest["data"]]
    assert {file["path"].rsplit("/", 1)[-1] for file in manifest["data"]} == {"colon.csv"}


def test_report_from_a_bundle(cli, bundle, tmp_path):
    shutil.copytree(bundle, tmp_path / "b")
    code, out, _ = cli("report", "b")
    assert code == 0
    assert (tmp_path / "b" / "dossier.html").stat().st_size < 5_000_000
    assert "dossier.html" in out


def test_show_explains_a_statistic(cli, bundle):
    identifier = next(
        row["id"]
        for row in json.loads((bundle / "results.json").read_text())["statistics"]
        if row["key"]["statistic"] == "hazard_ratio" and row["key"]["analysis"] == "dfs_main"
    )
    code, out, _ = cli("show", bundle, identifier)
    assert code == 0
    for word in ("Hazard ratio", "dfs_main", "itt", "colon.csv", "95%"):
        assert word in out


def test_show_of_an_unknown_id_suggests_near_ones(cli, bundle):
    code, _, err = cli("show", bundle, "dfs_main.hazzard_ratio.lev_5fu-vs-obs")
    assert code == 2
    assert "dfs_main.hazard_ratio.lev_5fu-vs-obs" in err


def test_show_without_id_lists_all(cli, bundle):
    code, out, _ = cli("show", bundle)
    assert code == 0
    assert len(out.splitlines()) == len(json.loads((bundle / "results.json").read_text())["statistics"])


def test_init_gives_a_protocol_that_is_valid(cli, tmp_path):
    code, out, _ = cli("init", "my-trial")
    assert code == 0
    assert "my-trial/trial.yaml" in out
    code, out, err = cli("validate", "my-trial")
    assert (code, "valid" in out) == (0, True), err
    before = (tmp_path / "my-trial" / "trial.yaml").read_text()
    code, _, err = cli("init", "my-trial")
    assert code == 2
    assert "already" in err
    assert (tmp_path / "my-trial" / "trial.yaml").read_text() == before


def test_a_declared_trial_without_data_gets_a_kind_message(cli, tmp_path):
    shutil.copy(ROOT / "examples" / "patina" / "trial.yaml", tmp_path / "alone.yaml")
    code, _, err = cli("run", "alone.yaml")
    assert code == 2
    assert "PATINA is declared" in err
    assert "--data" in err
    assert [path.name for path in tmp_path.iterdir()] == ["alone.yaml"]


def test_schema_is_json(cli):
    code, out, _ = cli("schema")
    assert code == 0
    assert json.loads(out)["$schema"].startswith("https://json-schema.org/")


def test_validate_reports_all_problems_with_lines_and_as_json(cli, tmp_path):
    text = (
        (COLON / "trial.yaml")
        .read_text()
        .replace("alpha_two_sided: 0.05", "alpha_two_sided: 5")
        .replace("role: control", "role: controll")
    )
    (tmp_path / "trial.yaml").write_text(text)
    code, out, err = cli("validate", "trial.yaml")
    assert (code, out) == (2, "")
    assert "trial.yaml:" in err
    assert "cure:" in err
    code, out, _ = cli("validate", "trial.yaml", "--json")
    document = json.loads(out)
    assert code == 2
    assert not document["ok"]
    assert len(document["problems"]) >= 2
    assert all(problem["where"]["line"] > 0 for problem in document["problems"])


def test_bad_data_writes_nothing(cli, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    text = (COLON / "data" / "colon.csv").read_text()
    (data / "colon.csv").write_text(text.replace("Lev+5FU", "Placebo"))
    for command in ("run", "analyze"):
        code, _, err = cli(command, COLON, "--data", data, "--out", "o")
        assert code == 2
        assert "Placebo" in err
        assert not (tmp_path / "o").exists()
    code, out, _ = cli("analyze", COLON, "--data", data, "--out", "o", "--json")
    assert code == 2
    assert json.loads(out)["problems"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["valdate", "x"], "Did you mean 'validate'"),
        (["nonsense"], "Commands: init"),
        (["run"], "Missing argument"),
        (["run", "nowhere"], "nowhere"),
        (["validate", "nowhere/trial.yaml"], "nowhere"),
        (["analyze", COLON, "--out", "o", "--cut", "last summer"], "2026-06-30"),
        (["analyze", COLON, "--data", "nowhere", "--out", "o"], "--data"),
        (["analyze", COLON], "--out"),
        (["report", "nowhere"], "not a bundle"),
        (["show", "nowhere", "x"], "not a bundle"),
        (["run", COLON, "--out", "full"], "not a bundle"),
        (["run", COLON, "--cut", "1990-01-01", "--out", "o"], "cut"),
    ],
)
def test_nonsense_is_answered_with_exit_2_and_a_cure(cli, tmp_path, args, words):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("precious")
    code, _, err = cli(*args)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["full", "thesis.txt"]


def test_a_defect_of_ours_exits_70(cli, monkeypatch):
    def broken(*_args, **_kwargs):
        message = "planted"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("equipoise.protocol.schema.json_schema", broken)
    sys.modules.pop("equipoise.cli.schema", None)
    code, _, err = cli("schema")
    assert code == 70
    assert "defect of equipoise" in err


def test_what_the_file_system_refuses_is_a_problem_with_a_cure(cli, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device", "o")

    monkeypatch.setattr("equipoise.results.bundle.write_bundle", full)
    code, _, err = cli("run", COLON, "--out", "o")
    assert code == 2
    assert "No space left on device" in err
    assert "cure: check that its folder exists" in err


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder in which nobody can write")
@pytest.mark.parametrize("command", [("run", COLON, "--out"), ("init",)], ids=["run", "init"])
def test_a_folder_that_can_not_be_made_has_the_callers_name(cli, command):
    code, _, err = cli(*command, "/proc/nowhere")
    assert code == 2
    assert err.startswith("error   /proc/nowhere")
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_error(bundle):
    listing = subprocess.Popen(
        [sys.executable, "-m", "equipoise", "show", str(bundle)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert listing.stdout is not None
    assert listing.stderr is not None
    listing.stdout.close()
    said = listing.stderr.read()
    listing.stderr.close()
    assert (listing.wait(), said) == (0, "")


@pytest.mark.parametrize("out", ["taken", "taken/inside"])
def test_a_file_is_no_target(cli, tmp_path, out):
    (tmp_path / "taken").write_text("mine")
    code, _, err = cli("analyze", COLON, "--out", out)
    assert code == 2
    assert "nothing was written" in err
    assert "choose a new or empty folder" in err
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_sign_that_the_terminal_lacks_is_no_crash(bundle):
    row = "dfs_main.survival_difference.lev-vs-obs.t3"
    env = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    args = [sys.executable, "-m", "equipoise", "show", str(bundle)]
    names = subprocess.run(args, capture_output=True, text=True, check=True).stdout.splitlines()
    name = next(name for name in names if name.startswith(row))
    shown = subprocess.run([*args, name], capture_output=True, text=True, check=False, env=env)
    assert shown.returncode == 0, shown.stderr
    assert "printed        -" in shown.stdout


def test_an_analysis_that_cannot_be_done_names_file_and_line(cli, monkeypatch):
    def refuse(*_args, **_more):
        raise PlanError(Problem("plan.test", "can't be done", Where(path="analysis.dfs_main"), cure="cure it"))

    monkeypatch.setattr("equipoise.analysis.engine.analyze", refuse)
    code, _, err = cli("run", COLON)
    assert code == 2
    lines = (COLON / "trial.yaml").read_text(encoding="utf-8").splitlines()
    line = lines.index("  dfs_main:") + 1
    assert f"trial.yaml:{line}, analysis.dfs_main" in err
