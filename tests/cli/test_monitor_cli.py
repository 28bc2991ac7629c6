"""`equipoise monitor` as a user meets it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from equipoise.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "monitoring"))


@pytest.fixture(scope="module")
def under_way(tmp_path_factory):
    from interim import PROTOCOL, Simulated

    folder = tmp_path_factory.mktemp("cli")
    (folder / "trial.yaml").write_text(PROTOCOL, encoding="utf-8")
    trial = Simulated()
    days = {"first": trial.day_of(122), "last": trial.day_of(245)}
    for name, day in days.items():
        trial.write(folder / name, day)
    return folder, {name: trial.date(day) for name, day in days.items()}


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


def test_a_blinded_look_then_the_last_one(cli, under_way):
    folder, dates = under_way
    common = ("monitor", folder / "trial.yaml", "--draws", 200)
    code, out, err = cli(*common, "--data", folder / "first", "--cut", dates["first"], "--out", "one")
    assert code == 0, err
    assert "blinded: all arms pooled" in out
    assert "events       122 of 120 planned" in out
    assert "z >= 2.9626" in out
    assert "240" in out
    assert "UNBLINDED" not in out
    for word in ("observed  ", "decision", "by arm  ", "cond. power"):
        assert word not in out
    code, out, err = cli(*common, "--data", folder / "last", "--cut", dates["last"], "--out", "two", "--after", "one")
    assert code == 0, err
    assert "final look" in out
    code, out, err = cli("report", "two")
    assert code == 0, err
    page = Path("two/dossier.html").read_text(encoding="utf-8")
    assert "UNBLINDED" not in page


def test_an_unblinded_look_is_marked_on_every_line_and_page(cli, under_way):
    folder, dates = under_way
    code, out, err = cli(
        "monitor", folder / "trial.yaml", "--data", folder / "first", "--cut", dates["first"], "--out", "look",
        "--unblinded", "--draws", 200,
    )  # fmt: skip
    assert code == 0, err
    assert all(line.startswith("UNBLINDED") for line in out.splitlines())
    for word in ("observed     z", "decision", "repeated interval", "cond. power", "predictive"):
        assert word in out
    assert cli("report", "look")[0] == 0
    identifier = next(line for line in cli("show", "look")[1].splitlines() if ".decision." in line)
    assert cli("show", "look", identifier)[1].startswith("UNBLINDED\n")
    assert "UNBLINDED" in Path("look/dossier.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--look", "1", "--final"), "contradict"),
        (("--look", "7"), "there is no such look"),
        (("--hypothesis", "h_none"), "no design"),
        (("--after", "nowhere"), "not a bundle"),
        (("--draws", "3"), "too few draws"),
    ],
)
def test_bad_calls_end_with_2_and_write_nothing(cli, under_way, options, word):
    folder, dates = under_way
    code, out, err = cli(
        "monitor", folder / "trial.yaml", "--data", folder / "first", "--cut", dates["first"], "--out", "x", *options
    )
    assert code == 2
    assert word in err
    assert "cure:" in err
    assert not Path("x").exists()
    assert not out
