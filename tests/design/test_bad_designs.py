"""Bad designs at the command line: each is refused with its line and its cure, exit code 2, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from equipoise.cli import main

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
  orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: CBOR}, denominator: itt}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}}
  orr_main: {endpoint: orr, population: itt}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
  h_orr: {analysis: orr_main, after: [h_pfs]}
scenarios:
  planned:
    enrollment: {patients: 518, per_month: [{rate: 10.571}]}
    dropout: {hazard: 0.01}
    endpoints:
      pfs: {old: {median: 29.1}, new: {hazard_ratio: 0.75}}
      orr: {old: {rate: 0.3}, new: {rate: 0.45}}
design:
  h_pfs:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks: [{events: 150}, {events: 300}]
  h_orr:
    assume: planned
    power: 0.9
    looks: [{information: 1}]
"""
LOOKS = "looks: [{events: 150}, {events: 300}]"


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *args: str) -> tuple[int, str, str]:
    (tmp_path / "trial.yaml").write_text(text)
    with pytest.raises(SystemExit) as stop:
        main(["design", str(tmp_path / "trial.yaml"), *args])
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


BAD = {
    "events after the last possible one": (
        {"{events: 300}]": "{events: 379}]"},
        [":29,", "379 events are never expected", "at most 348", "99.9% of them by 257.5 months", "cure"],
    ),
    "two looks that both come too late": (
        {LOOKS: "looks: [{events: 400}, {events: 500}]"},
        ["500 events are never expected"],
    ),
    "a look when nothing more happens": (
        {LOOKS: "looks: [{at: 600}, {at: 620}]"},
        ["look 2 at 620.0 months comes when no more events do", "at most 348.5", "by 257.5"],
    ),
    "looks in the wrong order": (
        {LOOKS: "looks: [{at: 60}, {events: 200}]"},
        ["look 2 comes at", "not after look 1 at 60.0", "let each look wait for more"],
    ),
    "fractions that do not increase": (
        {LOOKS: "power: 0.8\n    looks: [{information: 0.7}, {information: 0.5}, {information: 1}]"},
        ["must increase from look to look"],
    ),
    "a power that is never reached": (
        {LOOKS: "power: 0.9\n    looks: [{information: 0.5}, {information: 1}]"},
        ["a power of 0.9 needs", "518 patients yield at most 348.5", "enroll more patients"],
    ),
    "power below alpha": (
        {LOOKS: "power: 0.02\n    " + LOOKS},
        ["not above the level of `h_pfs`, 0.025"],
    ),
    "power of 1": ({LOOKS: "power: 1.0\n    " + LOOKS}, ["less than 1"]),
    "alpha of 0": ({"alpha_one_sided: 0.025": "alpha_one_sided: 0"}, ["must be more than 0"]),
    "an allocation ratio of 0": ({"role: experimental, ratio: 1": "role: experimental, ratio: 0"}, ["ratio"]),
    "an alternative that is the null hypothesis": (
        {"hazard_ratio: 0.75": "hazard_ratio: 1"},
        ["is that of the null hypothesis, 1", "assume an effect"],
    ),
    "an alternative that is the margin": (
        {
            "alpha_one_sided: 0.025}": "alpha_one_sided: 0.025, margin: 1.3}",
            "hazard_ratio: 0.75": "hazard_ratio: 1.3",
        },
        ["is that of the null hypothesis, 1.3"],
    ),
    "an effect on the wrong side": (
        {"hazard_ratio: 0.75": "hazard_ratio: 1.25", LOOKS: "power: 0.8\n    looks: [{information: 1}]"},
        ["on the wrong side of the null hypothesis"],
    ),
    "spending that falls": (
        {"efficacy: {spending: obrien_fleming}": "efficacy: {alpha: [0.01, 0.005]}"},
        ["falls from look to look"],
    ),
    "spending that exceeds alpha": (
        {"efficacy: {spending: obrien_fleming}": "efficacy: {alpha: [0.01, 0.05]}"},
        ["the level of one side is 0.025", "0.05"],
    ),
    "patients while events decide": (
        {LOOKS: "power: 0.8\n    solve: patients\n    " + LOOKS},
        ["to solve for patients the last look needs its time", "add `follow_up:`"],
    ),
    "nothing says when the last look is": (
        {LOOKS: "looks: [{information: 0.5}, {information: 1}]"},
        ["nothing says when the last look is held"],
    ),
    "Freedman's formula with a margin": (
        {"alpha_one_sided: 0.025}": "alpha_one_sided: 0.025, margin: 1.3}", LOOKS: "method: freedman\n    " + LOOKS},
        ["null hazard ratio of 1"],
    ),
    "a formula for proportional hazards without them": (
        {
            "hazard_ratio: 0.75": "hazard_ratio: [{until: 6, value: 1}, {value: 0.7}]",
            LOOKS: "method: schoenfeld\n    " + LOOKS,
        },
        ["needs one hazard ratio for all times"],
    ),
    "a restricted mean that nobody is followed for": (
        {LOOKS: "statistic: {kind: rmst, time: 80}\n    looks: [{at: 40}, {at: 90}]"},
        ["40"],
    ),
    "no number of patients is enough": (
        {LOOKS: "power: 0.9\n    solve: accrual\n    looks: [{information: 1, at: 10}]"},
        ["no number of patients"],
    ),
    "no hazard ratio is detected": (
        {LOOKS: "power: 0.9\n    solve: hazard_ratio\n    looks: [{events: 2}]"},
        ["no hazard ratio down to 0.05"],
    ),
    "a response rate without a difference": ({"rate: 0.45": "rate: 0.3"}, ["null hypothesis, 0"]),
    "events of response rates": (
        {"power: 0.9\n    looks: [{information: 1}]": "power: 0.9\n    solve: events\n    looks: [{information: 1}]"},
        ["response rates has patients and a power, and no `events`"],
    ),
    "two designs that both fail": (
        {"{events: 300}]": "{events: 379}]", "rate: 0.45": "rate: 0.3"},
        ["379 events are never expected", "null hypothesis, 0", "2 errors"],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_designs_are_refused(name, tmp_path, capsys):
    changes, said = BAD[name]
    text = PROTOCOL
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    code, out, err = run(tmp_path, capsys, text, "--out", str(tmp_path / "out"))
    assert code == 2, err
    assert out == ""
    for words in said:
        assert words in err, err
    assert "trial.yaml:" in err
    assert "nan" not in err.lower().replace("hypothesis", "")
    assert not (tmp_path / "out").exists()


def test_good_designs_are_not(tmp_path, capsys):
    code, out, err = run(tmp_path, capsys, PROTOCOL, "--out", str(tmp_path / "out"))
    assert code == 0, err
    assert "design for h_orr" in out
    assert (tmp_path / "out" / "design.json").is_file()


def test_an_unknown_hypothesis_is_named(tmp_path, capsys):
    code, _, err = run(tmp_path, capsys, PROTOCOL, "--hypothesis", "h_os")
    assert code == 2
    assert "there is no hypothesis h_os" in err


def test_other_files_need_compare(tmp_path, capsys):
    code, _, err = run(tmp_path, capsys, PROTOCOL, "other.yaml")
    assert code == 2
    assert "--compare" in err


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("looks: [{events: 150}, {events: 300, latest: 2030-01-01}]", "the latest day can't be placed"),
        ("power: 0.9\n    looks: [{events: 150}, {events: 300}]", "is to have a power of 0.9 and has 0.7"),
    ],
)
def test_what_is_doubtful_is_said(new, said, tmp_path, capsys):
    code, out, err = run(tmp_path, capsys, PROTOCOL.replace(LOOKS, new), "--out", str(tmp_path / "out"))
    assert code == 0
    assert "warning" in err
    assert said in err
    assert "trial.yaml:29" in err or "trial.yaml:30" in err
    assert "design for h_pfs" in out
    assert said.split()[0] in (tmp_path / "out" / "manifest.json").read_text()


def test_an_arm_must_be_named_where_there_are_several(tmp_path, capsys):
    text = PROTOCOL.replace(
        "  old: {label: Old", "  more: {label: More, role: experimental, ratio: 1}\n  old: {label: Old"
    ).replace("new: {hazard_ratio: 0.75}", "new: {hazard_ratio: 0.75}, more: {hazard_ratio: 0.8}")
    text = text.replace("new: {rate: 0.45}", "new: {rate: 0.45}, more: {rate: 0.4}")
    code, _, err = run(tmp_path, capsys, text)
    assert code == 2
    assert "name the experimental arm that it is about: `new`, `more`" in err
