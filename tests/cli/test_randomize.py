"""`equipoise randomize` as a user meets it: what it prints (never an arm), its files and exit codes."""

from __future__ import annotations

import json
import re
import stat

import pytest

from equipoise.cli import main

TRIAL = """\
equipoise: 1
trial: {id: DEMO, title: A demonstration, planned: 120}
arms:
  verum: {label: New treatment, role: experimental}
  sham: {label: Old treatment, role: control}
factors:
  stage: {label: Stage, column: STAGE, levels: [III, IV]}
  sex: {label: Sex, column: SEX, levels: [F, M]}
populations: {itt: {arm: planned}}
endpoints: {os: {kind: time_to_event, label: Overall survival, source: {table: ADTTE, PARAMCD: OS}}}
analysis:
  main: {endpoint: os, population: itt, test: {kind: log_rank, strata: [stage]}, estimate: {kind: cox, strata: [stage]}}
hypotheses: {h: {analysis: main, alpha_one_sided: 0.025}}
"""
BLOCKS = "randomization: {procedure: {kind: permuted_blocks}, strata: [stage], annex: private/annex.yaml}\n"


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run the command line in a folder with a trial: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trial.yaml").write_text(TRIAL + BLOCKS)
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "annex.yaml").write_text("block_sizes: [14, 26]\nkey: list.key\n")

    def call(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


def declare(tmp_path, section):
    (tmp_path / "trial.yaml").write_text(TRIAL + f"randomization: {section}\n")
    (tmp_path / "private" / "annex.yaml").unlink()


def test_a_list_is_drawn_and_verified(cli, tmp_path):
    code, out, err = cli("randomize", "list", "trial.yaml", "--n", 60, "--new-key", "--out", "list.csv")
    assert (code, err) == (0, "")
    assert "list.csv: 120 allocations, 2 sequences of 60" in out
    assert not re.search("verum|sham|14|26", out.replace(re.search("key [0-9a-f]{16}.*", out)[0], ""))
    assert stat.S_IMODE((tmp_path / "list.csv").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "private" / "list.key").stat().st_mode) == 0o600
    text = (tmp_path / "list.csv").read_text()
    assert "block_sizes" not in text
    assert (tmp_path / "private" / "list.key").read_text().strip() not in text
    code, out, err = cli("randomize", "verify", "trial.yaml", "--list", "list.csv")
    assert (code, err) == (0, "")
    assert out == "list.csv: all 120 allocations are what the key gives\n"


def test_a_changed_row_is_named_and_its_arm_is_not(cli, tmp_path):
    cli("randomize", "list", "trial.yaml", "--n", 30, "--new-key", "--out", "list.csv")
    lines = (tmp_path / "list.csv").read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("17,"))
    arm = lines[place].rsplit(",", 1)[1]
    lines[place] = lines[place].replace(arm, "sham" if arm == "verum" else "verum")
    (tmp_path / "changed.csv").write_text("\n".join(lines) + "\n")
    code, out, err = cli("randomize", "verify", "trial.yaml", "--list", "changed.csv")
    assert code == 1
    assert out == ""
    assert f"changed.csv:{place + 1}" in err
    assert "row 17 is not what the key gives" in err
    assert "verum" not in err
    assert "sham" not in err


def test_nothing_is_overwritten(cli, tmp_path):
    ask = ("randomize", "list", "trial.yaml", "--n", 30, "--out", "list.csv")
    code, _, err = cli(*ask)
    assert code == 2
    assert "no such key file" in err
    assert "nothing was written" in err
    assert not (tmp_path / "list.csv").exists()
    assert cli(*ask, "--new-key")[0] == 0
    before = (tmp_path / "list.csv").read_bytes()
    code, _, err = cli(*ask)
    assert (code, "not overwritten" in err) == (2, True)
    assert (tmp_path / "list.csv").read_bytes() == before
    code, _, err = cli(*ask[:-1], "other.csv", "--new-key")
    assert (code, "there is a key already" in err) == (2, True)


def test_a_key_that_nothing_was_drawn_with_is_not_left(cli, tmp_path):
    code, _, err = cli("randomize", "list", "trial.yaml", "--n", 0, "--new-key", "--out", "list.csv")
    assert (code, "can't be listed" in err) == (2, True)
    assert not (tmp_path / "private" / "list.key").exists()


def test_a_key_that_others_can_read_is_warned_of(cli, tmp_path):
    cli("randomize", "list", "trial.yaml", "--n", 8, "--new-key", "--out", "list.csv")
    (tmp_path / "private" / "list.key").chmod(0o644)
    code, _, err = cli("randomize", "list", "trial.yaml", "--n", 8, "--out", "again.csv")
    assert code == 0
    assert "others than its owner can read the key" in err


def test_preview_of_one_sequence_is_exact(cli, tmp_path):
    declare(tmp_path, "{procedure: {kind: big_stick}}")
    code, out, err = cli("randomize", "preview", "trial.yaml", "--n", 100, "--compare")
    assert (code, err) == (0, "")
    assert "exact, nothing simulated" in out
    assert re.search(r"correct guesses, knowing all before +0\.5811", out)
    assert re.search(r"allocations that are decided +0\.1622", out)
    assert re.search(r"permuted blocks of 4 +0\.7083 +0\.33 +0\.00 +2", out)
    assert re.search(r"big stick 4 +0\.5587", out)


def test_preview_is_simulated_by_strata_and_warns(cli):
    ask = ("randomize", "preview", "trial.yaml", "--sites", 8, "--trials", 20)
    code, out, err = cli(*ask)
    assert code == 0
    assert "120 patients, 2 strata, 8 sites" in out
    assert "20 simulated trials, seed 1" in out
    assert "correct guesses, knowing the own site" in out
    assert "strata with an unfinished block" in out
    assert err == ""
    assert cli(*ask)[1] == out
    assert cli(*ask, "--seed", 2)[1] != out


def test_thin_strata_and_factors_that_the_analysis_lacks(cli, tmp_path):
    section = "{procedure: {kind: permuted_blocks}, strata: [stage, sex], sites: true, annex: private/annex.yaml}"
    (tmp_path / "trial.yaml").write_text(TRIAL + f"randomization: {section}\n")
    code, out, err = cli("randomize", "preview", "trial.yaml", "--sites", 109, "--trials", 2)
    assert code == 0
    assert "436 strata" in out
    assert "fewer than two of the largest blocks" in err
    assert "the analysis of `h` leaves out sex" in err
    assert "2 warnings" in err


def test_a_factor_called_site_is_not_the_site_of_a_preview(cli, tmp_path):
    declare(tmp_path, "{procedure: {kind: big_stick}, strata: [site]}")
    path = tmp_path / "trial.yaml"
    path.write_text(path.read_text().replace("sex: {label: Sex, column: SEX, levels: [F, M]}",
                                             "site: {label: Region, column: SITE, levels: [N, S]}"))  # fmt: skip
    code, out, _ = cli("randomize", "preview", "trial.yaml", "--sites", 7, "--trials", 3)
    assert code == 0
    assert "2 strata, 7 sites" in out
    assert "worst level of Region" in out


def test_smallest_blocks_are_warned_of(cli, tmp_path):
    (tmp_path / "private" / "annex.yaml").write_text("block_sizes: [2, 4]\n")
    assert "easiest to foresee" in cli("randomize", "preview", "trial.yaml", "--trials", 2)[2]


def test_a_block_urn_with_unequal_shares_is_warned_of(cli, tmp_path):
    declare(tmp_path, "{procedure: {kind: block_urn}}")
    path = tmp_path / "trial.yaml"
    path.write_text(path.read_text().replace("role: experimental", "role: experimental, ratio: 2"))
    assert "does not keep them at every position" in cli("randomize", "preview", "trial.yaml")[2]


BAD = [
    ("{procedure: {kind: permuted_blocks}}", ("preview", "trial.yaml"), "permuted blocks need their sizes"),
    ("{procedure: {kind: big_stick}, sites: true}", ("preview", "trial.yaml"), "no sites are given"),
    ("{procedure: {kind: big_stick}}", ("preview", "trial.yaml", "--n", 0), "how many patients?"),
    ("{procedure: {kind: big_stick}}", ("preview", "trial.yaml", "--trials", 1), "from 2 to 1,000,000"),
    ("{procedure: {kind: big_stick}}", ("preview", "trial.yaml", "--sites", "A,,B"), "a site has no name"),
    ("{procedure: {kind: big_stick}}", ("preview", "trial.yaml", "--sites", "0"), "from 1 to 10,000 sites"),
    ("{procedure: {kind: big_stick}}", ("preview", "trial.yaml", "--annex", "none.yaml"), "no such file"),
    ("{procedure: {kind: big_stick}}", ("list", "trial.yaml", "--n", 9, "--out", "x.csv"), "no key file is named"),
    ("{procedure: {kind: big_stick}}", ("verify", "trial.yaml", "--list", "x.csv", "--key", "k"), "no such key file"),
    ("{procedure: {kind: minimization}, strata: [stage]}",
     ("list", "trial.yaml", "--n", 9, "--out", "x.csv", "--key", "k", "--new-key"), "minimization has no list"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "args", "said"), BAD)
def test_bad_input(cli, tmp_path, section, args, said):
    declare(tmp_path, section)
    code, out, err = cli("randomize", *args)
    assert (code, out) == (2, "")
    assert said in err
    assert not (tmp_path / "x.csv").exists()
    assert not (tmp_path / "k").exists()


def test_a_protocol_without_randomization(cli, tmp_path):
    (tmp_path / "trial.yaml").write_text(TRIAL)
    code, _, err = cli("randomize", "preview", "trial.yaml")
    assert (code, "declares no randomization" in err) == (2, True)


def test_the_figures_of_a_preview_are_there_for_programs(tmp_path):
    from equipoise.protocol import load_protocol
    from equipoise.randomization.preview import preview

    path = tmp_path / "trial.yaml"
    path.write_text(TRIAL + "randomization: {procedure: {kind: minimization}, strata: [stage, sex]}\n")
    found = preview(load_protocol(path), trials=10, sites=("1", "2", "3"))
    assert found.trials == 10
    assert found.strata == 1
    assert 0.5 < found.one("guess_all_sites").value < 0.9
    assert found.one("guess_own_site").error > 0
    assert json.dumps([figure._asdict() for figure in found.figures])
    with pytest.raises(KeyError):
        found.one("nothing")
