"""What people write by mistake in scenarios and calls of `simulate`: refused with a cure, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from equipoise.cli import main

PROTOCOL = """\
equipoise: 1
trial: {id: BAD, title: A trial of bad simulations}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
factors:
  stage: {label: Stage, column: STAGE, levels: [III, IV]}
populations: {itt: {arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
  orr: {kind: response, label: ORR, source: {table: ADRS, PARAMCD: BOR}, responders: [CR, PR], denominator: itt}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}}
  orr_main: {endpoint: orr, population: itt}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
scenarios:
  planned:
    enrollment: {patients: 200, duration: 20, start: 2026-03-02}
    dropout: {hazard: 0.01}
    endpoints: {pfs: {old: {median: 10}, new: {hazard_ratio: 0.6}}}
  other:
    enrollment: {patients: 200, duration: 30}
    WHAT: 0
  weibull:
    enrollment: {patients: 200, duration: 20}
    endpoints: {pfs: {old: {weibull: {shape: 2, median: 10}}, new: {hazard_ratio: 0.6}}}
design:
  h_pfs:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks: [{events: 60}, {events: 120}]
"""
USUAL = "endpoints: {pfs: {old: {median: 10}, new: {hazard_ratio: 0.6}}}"
MEDIANS = "old: {progression_free_median: 10, survival_median: 30, deaths_first: 0.1}"
COURSE = "courses: {c: {progression_free: pfs, survival: os, arms: {%s, new: {hazard_ratio: {progression: 0.6}}}}}"
ROOM = "duration: 30}"


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run `simulate` on a protocol in an empty folder: (exit code, both outputs); nothing may be left behind."""
    monkeypatch.chdir(tmp_path)

    def call(protocol: str, *args: object) -> tuple[int, str]:
        Path("trial.yaml").write_text(protocol)
        before = sorted(str(path) for path in tmp_path.rglob("*"))
        with pytest.raises(SystemExit) as stopped:
            main(["simulate", "trial.yaml", *(str(arg) for arg in args)])
        assert sorted(str(path) for path in tmp_path.rglob("*")) == before
        return int(stopped.value.code or 0), "".join(capsys.readouterr())

    return call


def assumed(text: str) -> str:
    """The protocol with a second scenario, that is not designed with."""
    return PROTOCOL.replace("WHAT: 0", text)


# What the scenario says (the lines of another scenario than the design's), and words of the message.
TRUTHS = [
    (USUAL.replace("new:", "newer:"), "did you mean `new`?"),
    (USUAL.replace("pfs", "xyz"), "`xyz` is not declared as an endpoint"),
    (USUAL.replace("{median: 10}", "{strata: {z: {median: 5}}}"), "`z` is not declared as a stratum"),
    (USUAL.replace("median: 10", "hazard: -0.1"), "`hazard` must be more than 0 (found: -0.1)"),
    (USUAL.replace("median: 10", "hazard: .nan"), "`hazard` must be a finite number (found: .nan)"),
    (USUAL.replace("0.6", ".inf"), "`hazard_ratio` must be a finite number (found: .inf)"),
    (USUAL.replace("median: 10", "median: 10, cure: 1"), "`cure` must be less than 1"),
    (USUAL.replace("median: 10", "median: 10, frailty: -1"), "`frailty` must be at least 0"),
    (USUAL.replace("median: 10", "weibull: {shape: 0, median: 10}"), "`shape` must be more than 0"),
    (USUAL.replace("median: 10", "weibull: {shape: 1, median: 10, scale: 9}"), "2 things are said of how long"),
    (USUAL.replace("median: 10", "median: 10, weibull: {shape: 1, median: 9}"), "2 things are assumed of arm `old`"),
    (USUAL.replace("0.6", "[{until: 6, value: 1}, {until: 3, value: 0.6}, {value: 1}]"), "ends before it begins, at 6"),
    (USUAL.replace("0.6", "[{until: 6, value: 1}]"), "nothing is said of the time after the last piece"),
    (USUAL + "\n    dropout: {probability: 1, by: 12}", "`probability` must be less than 1"),
    (USUAL + "\n    dropout: {arms: {x: {hazard: 0.1}}}", "`x` is not declared as an arm"),
    (USUAL + "\n    wrong_strata: 0.1", "can be recorded as another one only if there are two"),
    (USUAL + "\n    strata: {a: {share: 0.6}, b: {share: 0.6}}", "add up to 1.2, not to 1"),
    (USUAL + "\n    strata: {a: {share: 0.6, levels: {stage: V}}, b: {share: 0.4}}", "`stage` has no such level"),
    (USUAL + "\n    strata: {a: {share: 0.6, opens: 9, closes: 5}, b: {share: 0.4}}", "closes before it opens, at 9"),
    (USUAL + "\n    scans: {orr: {every: 2}}", "`orr` is no time to an event"),
    (USUAL + "\n    scans: {pfs: {}}", "nothing says when the scans are"),
    (USUAL + "\n    scans: {pfs: {every: 2, times: [1]}}", "both an interval and times"),
    (USUAL + "\n    scans: {pfs: {times: [4, 2]}}", "the times of scans must increase; before it stands 4"),
    (USUAL + "\n    scans: {pfs: {every: 2, missed: 1}}", "`missed` must be less than 1"),
    (USUAL + "\n    scans: {pfs: {every: 1.0e-9}}", "scans are less than a day apart (found: 1e-09)"),
    (
        USUAL + "\n    scans: {pfs: {every: [{until: 30, value: 0.001}, {value: 2}]}}",
        "more than 10,000 scans are listed",
    ),
    (COURSE % MEDIANS.replace("30", "9"), "the median of survival must be above that of progression-free survival, 10"),
    (COURSE % "old: {progression_free_median: 10}", "`survival_median` and `deaths_first` are missing for arm `old`"),
    (COURSE % "old: {hazard_ratio: {progression: 0.5}}", "the control has no hazard ratio"),
    ((COURSE % MEDIANS).replace("survival: os", "survival: orr"), "`orr` is not a time-to-event endpoint"),
    ((COURSE % MEDIANS).replace("survival: os", "survival: pfs"), "are the same endpoint"),
    ((COURSE % MEDIANS) + "\n    " + USUAL, "`pfs` is assumed twice"),
]
# (old text, new text, words of the message)
PROTOCOLS = [
    (ROOM, "duration: 30, sites: {n: {}, s: {opens: 5, closes: 3}}}", "site `s` closes before it opens, at 5"),
    (ROOM, "duration: 30, sites: {n: {opens: 100}, s: {opens: 200}}}", "no site is open at the start"),
    (ROOM, "duration: 30, sites: {n: {closes: 5}, s: {opens: 10}}}", "no site is open at 5"),
    (ROOM, "duration: 30, sites: {}}", "there is no site"),
    ("{events: 120}", "{events: 201}", "the last look waits for more events than the 200 patients can have"),
    ("{events: 120}", "{events: 50}", "`events` must increase from look to look; before it stands 60"),
    ("[{events: 60}, {events: 120}]", f"[{', '.join(f'{{events: {5 * i}}}' for i in range(1, 22))}]", "more than 20"),
    ("    assume: planned", "    assume: weibull", "a design needs hazards that are constant by pieces"),
    (PROTOCOL[PROTOCOL.index("design:") :], "", "no hypothesis has a design"),
    ("{kind: log_rank}", "{kind: log_rank}, estimate: {kind: cox, covariates: [stage]}", "is not simulated"),
    ("test: {kind: log_rank}", f"test: {{kind: max_combo, weights: [{', '.join(f'[0, {i}]' for i in range(9))}]}}",
     "weights"),
    ("{analysis: pfs_main", "{analysis: orr_main", "orr"),
]  # fmt: skip
CALLS = [
    (("--scenario", "nosuch"), "there is no such scenario (found: nosuch)"),
    (("--trials", "0"), "from 1 to 1e12 trials (found: 0)"),
    (("--trials", "1e15"), "(found: 1,000,000,000,000,000)"),
    (("--trials", "1.5"), "'1.5' is no whole number"),
    (("--trials", "-3"), "(found: -3)"),
    (("--trials", "nan"), "'nan' is no whole number"),
    (("--trials", "1e999999999"), "is no whole number"),
    (("--jobs", "0"), "from 1 to 1,024 threads (found: 0)"),
    (("--jobs", "-1"), "from 1 to 1,024 threads (found: -1)"),
    (("--resume",), "name it with --out"),
    (("--look", "1"), "--look belongs to --one"),
    (("--one", "1"), "name it with --out"),
    (("--one", "-1", "--out", "x"), "there is no such trial (found: -1)"),
    (("--one", "1", "--look", "3", "--out", "x"), "h_pfs has 2, from 1"),
    (("--one", "1", "--vary", "hazard_ratio=0.5,0.6", "--out", "x"), "one trial is of one scenario and one point"),
    (("--one", "1", "--cluster", "tcp://127.0.0.1:9", "--out", "x"), "leave out --cluster and --sweep"),
    (("--one", "1", "--sweep", "--out", "x"), "leave out --cluster and --sweep"),
    (("--one", "1", "--out", "trial.yaml"), "holds something else than a simulated trial"),
    (("--vary", "nonsense"), "nonsense can't be varied"),
    (("--vary", "hazard_ratio="), "nothing is no number"),
    (("--vary", "hazard_ratio=nan"), "hazard_ratio can't be nan"),
    (("--vary", "hazard_ratio=0"), "hazard_ratio can't be 0"),
    (("--vary", "delay=-1"), "delay can't be -1"),
    (("--vary", "hazard_ratio=0.6", "--vary", "hazard_ratio=0.7"), "hazard_ratio is varied twice"),
    (("--vary", "hazard_ratio=" + ",".join(str(0.5 + i / 1000) for i in range(201))), "at most 200 points"),
    (("--under", "h2"), "'h2' is not one of"),
    (("--out", "trial.yaml"), "the target is a file"),
    (("--annex", "nosuch.yaml"), "nosuch.yaml"),
    (("--cluster", "nonsense"), "no Dask scheduler answers there"),
    (("--sweep",), "no design declares `sensitivity`"),
]


def names(cases):
    """The words that are looked for, as names of tests."""
    return [case[-1] for case in cases]


def refused(code: int, text: str, words: str) -> None:
    assert code == 2, text
    assert words in text
    assert "Traceback" not in text
    assert "cure: " in text or "Usage: " in text


@pytest.mark.parametrize(("truth", "words"), TRUTHS, ids=names(TRUTHS))
def test_a_truth_that_can_not_be(cli, truth, words):
    refused(*cli(assumed(truth), "--scenario", "other", "--trials", "16"), words)


@pytest.mark.parametrize(("old", "new", "words"), PROTOCOLS, ids=names(PROTOCOLS))
def test_a_protocol_that_can_not_be_simulated(cli, old, new, words):
    protocol = assumed(USUAL)
    assert old in protocol
    refused(*cli(protocol.replace(old, new, 1), "--scenario", "other", "--trials", "16"), words)


@pytest.mark.parametrize(("args", "words"), CALLS, ids=names(CALLS))
def test_a_call_that_means_nothing(cli, args, words):
    refused(*cli(assumed(USUAL), *args), words)


def test_problems_for_programs(cli):
    code, text = cli(assumed(USUAL), "--vary", "weather=1", "--json")
    found = json.loads(text)
    assert code == 2
    assert found["ok"] is False
    assert found["problems"][0]["code"] == "usage.vary"
