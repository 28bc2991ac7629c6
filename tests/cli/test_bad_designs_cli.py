"""What people write by mistake in scenarios, designs and calls: each is refused with its place and a cure."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from equipoise.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "monitoring"))

PROTOCOL = """\
equipoise: 1
trial: {id: BAD, title: A trial of bad designs}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, ratio: 1}
  old: {label: Old, role: control, ratio: 1}
populations:
  itt: {arm: planned}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}}
  os_main: {endpoint: os, population: itt, test: {kind: log_rank}}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
  h_os: {analysis: os_main, after: [h_pfs]}
scenarios:
  planned:
    enrollment: {patients: 518, per_month: [{until: 6, rate: 5}, {rate: 12}], start: 2026-03-02}
    dropout: {hazard: 0.01}
    endpoints:
      pfs: {old: {median: 20}, new: {hazard_ratio: 0.75}}
      os: {old: {median: 40}, new: {hazard_ratio: 0.8}}
design:
  h_pfs:
    assume: planned
    efficacy: {spending: obrien_fleming}
    futility: {hazard_ratio: [1.0]}
    looks: [{events: 150}, {events: 300}]
    sensitivity: {hazard_ratio: [0.7], accrual: [0.8]}
    alternatives:
      pocock: {efficacy: {boundary: pocock}}
  h_os:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks: [{same_as: {hypothesis: h_pfs, look: 2}}, {events: 250}]
"""
LOOKS = "looks: [{events: 150}, {events: 300}]"
RATES = "[{until: 6, rate: 5}, {rate: 12}]"
SPENDING = "efficacy: {spending: obrien_fleming}\n    futility"

# (old text, new text, words of the message)
CASES = [
    ("median: 20", "median: .nan", "`median` must be a finite number"),
    ("median: 20", "median: .inf", "`median` must be a finite number"),
    ("median: 20", "median: -1", "more than 0"),
    ("median: 20", "median: '20'", "must be a number"),
    ("median: 20", "median: true", "must be a number"),
    ("median: 20", "median: null", "nothing is assumed of arm `old`"),
    ("median: 20", "median: 1e-300", "less than 1e+12; check the unit of time"),
    ("median: 20", "median: 900", "518 patients yield at most"),
    ("median: 20", "median: 20, cure: 1", "`cure` must be less than 1"),
    ("median: 20", "median: 20, hazard: 0.1", "2 things are assumed of arm `old`"),
    ("{median: 20}", "{hazard: [{until: 3, value: 0.1}]}", "nothing is said of the time after the last piece"),
    ("{median: 20}", "{hazard_ratio: 0.5}", "the control has no hazard ratio"),
    ("hazard_ratio: 0.75", "hazard_ratio: 1", "is that of the null hypothesis, 1"),
    ("hazard_ratio: 0.75", "hazard_ratio: 1e9", "is so large that z of"),
    ("patients: 518", "patients: 1", "more events than the 1 patient"),
    ("patients: 518", "patients: 1e300", "whole number"),
    (RATES, "[{rate: 0}]", "nobody is ever enrolled"),
    (RATES, "[{until: 6, rate: 5}]", "enroll 30 of 518"),
    (RATES, "[{until: 6, rate: 5}, {rate: 1.0e-300}]", "518 patients are never enrolled"),
    ("start: 2026-03-02", "start: 2026-02-30", "not a date that exists"),
    ("dropout: {hazard: 0.01}", "dropout: {probability: 1, by: 12}", "less than 1"),
    ("dropout: {hazard: 0.01}", "dropout: {probability: 0.1}", "belongs to a time"),
    (LOOKS, "looks: []", "at least 1"),
    (LOOKS, "looks: [" + ", ".join(f"{{events: {k}}}" for k in range(10, 220, 10)) + "]", "more than 20 entries"),
    (LOOKS, "looks: [{events: 300}, {events: 300}]", "must increase"),
    (LOOKS, "looks: [{date: 2025-01-01}, {events: 300}]", "not after the first randomization"),
    (LOOKS, "looks: [{events: 300}]", "no futility bound before it"),
    (LOOKS, "looks: [{events: 300}]", "`h_pfs` has one look"),
    (LOOKS, "looks: [{same_as: {hypothesis: h_os, look: 1}}, {events: 300}]", "itself waits for another"),
    (LOOKS, "looks: [{events: 150}, {events: 300, latest: 2028-01-01}]", "not after look 1"),
    (SPENDING, "efficacy: {z: [1, 1]}\n    futility", "the listed z spend 0.2"),
    (SPENDING, "efficacy: {z: [1.9, 1.9]}\n    futility", "the level of one side is 0.025"),
    (SPENDING, "efficacy: {z: [3, 1.96]}\n    futility", "let `spending:` or `boundary:` find z"),
    (SPENDING, "efficacy: {spending: kim_demets}\n    futility", "`parameter` is missing"),
    (SPENDING, "efficacy: {boundary: haybittle_peto, interim_z: 1.9}\n    futility", "spend more than alpha"),
    ("[1.0]", "[0.5]", "the futility bound is above the efficacy bound"),
    ("    futility", "    harm: {hazard_ratio: [0.5]}\n    futility", "harm is not below the efficacy bound"),
    ("after: [h_pfs]", "alpha_one_sided: 0.01, margin: 0.8", "a margin of non-inferiority is a hazard ratio above 1"),
    ("hazard_ratio: [0.7]", "hazard_ratio: [0.7, 0.7]", "0.7 is listed twice"),
    ("pocock: {", "declared: {", "`declared` is what tables call the design itself"),
]  # fmt: skip


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


def refused(found: tuple[int, str, str], words: str) -> str:
    code, out, err = found
    assert code == 2, err
    assert out == ""
    assert words in err
    assert "cure:" in err
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(("old", "new", "words"), CASES, ids=[f"{k}-{c[2]}" for k, c in enumerate(CASES)])
def test_bad_designs_are_refused_with_their_line(cli, old, new, words):
    assert old in PROTOCOL
    Path("trial.yaml").write_text(PROTOCOL.replace(old, new, 1))
    err = refused(cli("design", "trial.yaml", "--out", "o"), words)
    assert re.search(r"trial\.yaml:\d+", err)
    assert not re.search(r"\bnan\b|\binf\b", err.replace("found: .nan", "").replace("found: .inf", ""))
    assert not Path("o").exists()


def test_z_rounded_to_three_decimals_keep_the_level(cli):
    Path("trial.yaml").write_text(PROTOCOL.replace(SPENDING, "efficacy: {z: [2.963, 1.969]}\n    futility"))
    code, out, err = cli("design", "trial.yaml", "--hypothesis", "h_pfs")
    assert code == 0, err
    assert re.search(r"Type I error, futility ignored +0\.02(49|50)", out)


def test_an_effect_in_the_wrong_direction_is_said(cli):
    Path("trial.yaml").write_text(PROTOCOL.replace("hazard_ratio: 0.75", "hazard_ratio: 1.2"))
    code, _, err = cli("design", "trial.yaml", "--hypothesis", "h_pfs")
    assert code == 0
    assert "the assumed hazard ratio is on the wrong side of the null hypothesis, 1" in err


def test_days_beyond_the_calendar_are_left_out(cli):
    Path("trial.yaml").write_text(PROTOCOL.replace("start: 2026-03-02", "start: 9999-12-01"))
    code, out, err = cli("design", "trial.yaml", "--hypothesis", "h_pfs", "--out", "o")
    assert code == 0, err
    assert "9999" not in out
    assert cli("report", "o")[0] == 0


@pytest.mark.parametrize("other", ["missing.yaml", "broken.yaml", "undesigned.yaml"])
def test_nothing_is_written_if_a_compared_file_fails(cli, other):
    Path("trial.yaml").write_text(PROTOCOL)
    Path("broken.yaml").write_text("equipoise: 1\n a: [\n")
    Path("undesigned.yaml").write_text(PROTOCOL.split("scenarios:")[0])
    refused(cli("design", "trial.yaml", other, "--compare", "--hypothesis", "h_pfs", "--out", "o"), other)
    assert not Path("o").exists()


@pytest.mark.parametrize("target", ["file.txt", "full"])
def test_no_bundle_is_written_over_something_else(cli, target):
    Path("trial.yaml").write_text(PROTOCOL)
    Path("file.txt").write_text("kept")
    Path("full").mkdir()
    Path("full/kept.txt").write_text("kept")
    refused(cli("design", "trial.yaml", "--out", target), "the target is a")
    assert Path("file.txt").read_text() == Path("full/kept.txt").read_text() == "kept"


@pytest.fixture(scope="module")
def under_way(tmp_path_factory):
    """A trial with two looks, its data at both, and the bundle of the first look."""
    from interim import PROTOCOL as MONITORED
    from interim import Simulated

    folder = tmp_path_factory.mktemp("bad")
    (folder / "trial.yaml").write_text(MONITORED, encoding="utf-8")
    trial = Simulated()
    for name, day in (("first", trial.day_of(122)), ("last", trial.day_of(245))):
        trial.write(folder / name, day)
    first = trial.date(trial.day_of(122))
    with pytest.raises(SystemExit):
        main(["monitor", str(folder / "trial.yaml"), "--data", str(folder / "first"), "--cut", str(first),
              "--draws", "100", "--out", str(folder / "one")])  # fmt: skip
    return folder, str(first), str(trial.date(trial.day_of(245)))


def spoil(folder: Path, name: str, change) -> None:
    shutil.copytree(folder / "first", name)
    path = Path(name, "adsl.csv")
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *change(header.split(","), [row.split(",") for row in rows])]) + "\n")


def test_subjects_without_an_arm_do_not_leave_an_unblinded_look(cli, under_way):
    folder, first, _ = under_way

    def change(header, rows):
        column = header.index("TRT01P")
        for row in rows[::5]:
            row[column] = ""
        if "RANDFL" in header:
            for row in rows:
                row[header.index("RANDFL")] = "Y"
        return [",".join(row) for row in rows]

    spoil(folder, "spoiled", change)
    found = cli("monitor", folder / "trial.yaml", "--data", "spoiled", "--cut", first, "--unblinded", "--out", "o")
    refused(found, "a randomized subject has no planned arm")
    assert not Path("o").exists()


def test_a_day_of_randomization_without_an_arm_is_said_where_no_flag_tells(cli, under_way):
    folder, first, _ = under_way
    text = (folder / "trial.yaml").read_text().replace(""", where: "RANDFL = 'Y'\"""", "")
    Path("trial.yaml").write_text(text)

    def change(header, rows):
        column, flag = header.index("TRT01P"), header.index("RANDFL")
        for row in rows[::5]:
            row[column] = ""
        header[flag] = "OTHER"
        return [",".join(row) for row in rows]

    spoil(folder, "spoiled", change)
    path = Path("spoiled/adsl.csv")
    path.write_text(path.read_text().replace("RANDFL", "OTHER"))
    found = cli("monitor", "trial.yaml", "--data", "spoiled", "--cut", first, "--unblinded", "--out", "o")
    refused(found, "a randomized subject has no planned arm")


BAD_LOOKS = [
    (("--draws", "0"), "--draws\n        too few draws"),
    (("--draws", "1000000000"), "--draws\n        too many draws"),
    (("--after", "nan"), "NaN is no number"),
    (("--after", "half"), "run `equipoise monitor` again"),
    (("--after", "."), "is not a bundle"),
]


@pytest.mark.parametrize(("options", "words"), BAD_LOOKS, ids=[one[1] for one in BAD_LOOKS])
def test_bad_looks_are_refused(cli, under_way, options, words):
    folder, _, last = under_way
    for name, change in (
        ("nan", lambda text: re.sub(r'"value": 2\.9\d+', '"value": NaN', text)),
        ("half", lambda text: text[: len(text) // 2]),
    ):
        shutil.copytree(folder / "one", name)
        path = Path(name, "monitoring.json")
        path.write_text(change(path.read_text()))
    found = cli("monitor", folder / "trial.yaml", "--data", folder / "last", "--cut", last, "--out", "o", "--final",
                *options)  # fmt: skip
    refused(found, words)
    assert not Path("o").exists()


def test_a_look_that_was_left_out_is_said(cli, under_way):
    folder, first, last = under_way
    common = ("monitor", folder / "trial.yaml", "--draws", 100)
    refused(cli(*common, "--data", folder / "last", "--cut", last, "--out", "o"), "name its bundle in --after")
    code, out, err = cli(*common, "--data", folder / "last", "--cut", last, "--out", "o", "--final")
    assert code == 0
    assert "look 1 of h_pfs, planned before this one, is taken as not held" in err
    assert "look 1 of h_pfs" in json.dumps(json.loads(Path("o/manifest.json").read_text())["notes"])
    assert "z >= 1.96" in out
    code, _, err = cli(*common, "--data", folder / "last", "--cut", last, "--out", "p", "--after", folder / "one")
    assert code == 0
    assert "is taken as not held" not in err
    code, _, err = cli(*common, "--data", folder / "first", "--cut", first, "--out", "q")
    assert "is taken as not held" not in err


def test_a_hazard_ratio_for_futility_is_printed_as_declared_beside_a_margin(cli):
    text = PROTOCOL.replace("alpha_one_sided: 0.025", "alpha_one_sided: 0.025, margin: 1.3", 1)
    Path("trial.yaml").write_text(text.replace("hazard_ratio: 0.75", "hazard_ratio: 0.95"))
    code, out, err = cli("design", "trial.yaml", "--hypothesis", "h_pfs")
    assert code == 0, err
    words = " ".join(out.split())
    assert "futility if z is at or below 1.607 at look 1 (hazard ratio 1);" in words
    assert "0.769" not in words


def test_one_event_is_one_event_and_twenty_looks_fit_the_terminal(cli):
    Path("trial.yaml").write_text(PROTOCOL.replace(LOOKS, "looks: [{events: 1}, {events: 2}]"))
    code, out, err = cli("design", "trial.yaml", "--hypothesis", "h_pfs")
    assert code == 0, err
    assert "(1 event) and" in " ".join(out.split())
    looks = "looks: [" + ", ".join(f"{{events: {k}}}" for k in range(14, 290, 14)) + "]"
    Path("trial.yaml").write_text(PROTOCOL.replace(LOOKS, looks).replace("{hazard_ratio: [1.0]}", "{spending: pocock}"))
    code, out, err = cli("design", "trial.yaml", "--hypothesis", "h_pfs")
    assert code == 0, err
    assert max(map(len, out.splitlines())) <= 110
