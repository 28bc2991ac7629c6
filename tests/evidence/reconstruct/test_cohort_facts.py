"""Other trials than PATINA: what little may be printed, what can't be together, and whether ranges hold what is true.

The numbers are those of `examples/colon` (data of R's survival package), rounded as print would: so the truth behind
them is known.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from equipoise import Trial
from equipoise.errors import EvidenceError, UsageError
from equipoise.evidence.facts.read import loads_facts
from equipoise.evidence.reconstruct.cohort import data_of_facts, reconstruct_facts, summary_lines
from equipoise.evidence.reconstruct.cohort_counts import count_of
from equipoise.evidence.reconstruct.cohort_feasible import check_feasible
from equipoise.evidence.reconstruct.cohort_goals import goals_of

COLON = Path(__file__).parents[3] / "examples" / "colon"
HEAD = """\
equipoise_facts: 1
trial: COLON
unit: months
sources: {paper: {cite: Moertel 1995}}
cuts: {final: {label: Final, source: paper}}
"""
ARMS = """\
arms:
  obs: {label: Observation, role: control}
  fu: {label: Levamisole + fluorouracil, role: experimental}
"""
ENDPOINTS = """\
endpoints:
  dfs: {label: Disease-free survival}
  os: {label: Overall survival, death: true}
  orr: {label: Objective response, kind: response}
  ae: {label: Adverse events, kind: adverse_events}
"""
SIZES = ["subjects, arm: obs, value: 315", "subjects, arm: fu, value: 304"]
DFS = "hazard_ratio, endpoint: dfs, arm: fu, versus: obs, value: 0.62, lower: 0.50, upper: 0.77"
OS = "hazard_ratio, endpoint: os, arm: fu, versus: obs, value: 0.69, lower: 0.55, upper: 0.87"
MEDIAN = "median, endpoint: dfs, arm: obs, value: 35.5, lower: 24.3, upper: 48.5"
FULL = [
    *SIZES, MEDIAN, "median, endpoint: dfs, arm: fu, value: NR, lower: 76.2, upper: NR",
    "events, endpoint: dfs, arm: obs, value: 190", "events, endpoint: dfs, arm: fu, value: 134",
    "survival, endpoint: dfs, arm: obs, time: 36, value: 49.4%",
    "survival, endpoint: dfs, arm: fu, time: 36, value: 63.8%",
    'survival, endpoint: dfs, arm: obs, time: 60, value: 42.4%, lower: 36.9, upper: 47.8, unit: "%"',
    'survival, endpoint: dfs, arm: fu, time: 60, value: 59.2%, lower: 53.4, upper: 64.5, unit: "%"',
    DFS, 'p_value, endpoint: dfs, arm: fu, versus: obs, value: "<0.001", sides: 2',
]  # fmt: skip
BOTH = [
    *SIZES, MEDIAN, "median, endpoint: dfs, arm: fu, value: NR", DFS,
    "median, endpoint: os, arm: obs, value: 68.4, lower: 50.9, upper: 83.8",
    "survival, endpoint: os, arm: obs, time: 60, value: 52.6%",
    "survival, endpoint: os, arm: fu, time: 60, value: 63.4%",
    "events, endpoint: os, arm: obs, value: 168", "events, endpoint: os, arm: fu, value: 123", OS,
    "follow_up_median, endpoint: os, value: 76.8",
]  # fmt: skip
EVENTS = [
    *SIZES, "follow_up_median, endpoint: os, value: 76.8", "events, endpoint: os, arm: obs, value: 168",
    "events, endpoint: os, arm: fu, value: 123", OS,
]  # fmt: skip
CASES = {
    "curves and events": FULL,
    "two endpoints with curves": BOTH,
    "a total, one median and a ratio": ["subjects, value: 619", MEDIAN, DFS],
    "events and a ratio": EVENTS,
    "a ratio and its limits": [*SIZES, OS],
}


def text(facts, arms=ARMS):
    return HEAD + arms + ENDPOINTS + "facts:\n" + "".join(f"  - {{statistic: {fact}}}\n" for fact in facts)


def written(path: Path, facts, arms=ARMS) -> Path:
    path.write_text(text(facts, arms))
    return path


@pytest.mark.parametrize("name", CASES)
def test_what_is_printed_comes_out(name, tmp_path):
    made = reconstruct_facts(written(tmp_path / "facts.yaml", CASES[name]), tmp_path / "out", cohorts=0)
    assert {one.status for one in made.reproduced} <= {"hit", "margin"}, summary_lines(made)
    assert len(made.reproduced) >= 5
    assert sum(made.subjects.values()) == 619


def test_three_arms(tmp_path):
    arms = ARMS + "  lev: {label: Levamisole, role: experimental}\n"
    facts = [
        *SIZES, "subjects, arm: lev, value: 310", MEDIAN,
        "median, endpoint: dfs, arm: lev, value: 33.8, lower: 22.3, upper: 54.1",
        "survival, endpoint: dfs, arm: fu, time: 60, value: 59.2%", "events, endpoint: dfs, arm: obs, value: 190",
        "events, endpoint: dfs, arm: lev, value: 182", "events, endpoint: dfs, arm: fu, value: 134",
        "hazard_ratio, endpoint: dfs, arm: lev, versus: obs, value: 0.97, lower: 0.79, upper: 1.19", DFS,
    ]  # fmt: skip
    made = reconstruct_facts(written(tmp_path / "facts.yaml", facts, arms), tmp_path / "out", cohorts=0)
    assert not made.misses, summary_lines(made)
    assert made.subjects == {"obs": 315, "fu": 304, "lev": 310}


def test_ranges_hold_most_of_what_is_true(tmp_path):
    made = reconstruct_facts(written(tmp_path / "facts.yaml", EVENTS), tmp_path / "out")
    assert made.cohorts == 21
    assert not made.misses
    truth = {
        (row.key.statistic, row.key.arm.replace("lev_5fu", "fu"), row.key.groups, (row.key.time or 0) * 12): row
        for row in Trial.load(COLON).analyze().select(analysis="os_main")
        if row.key.arm in ("obs", "lev_5fu") and not row.key.versus
    }
    asked = held = 0
    for row in Trial.load(made.out).analyze(made.out / "data"):
        true = truth.get((row.key.statistic, row.key.arm, row.key.groups, row.key.time or 0))
        if row.why() != "range" or true is None:
            continue
        low, high = (math.inf if x is None else x for x in (row.lower, row.upper))
        asked, held = asked + 1, held + (low <= (math.inf if true.value is None else true.value) <= high)
    assert asked >= 10
    assert held / asked >= 0.75, (held, asked)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (["subjects, arm: obs, value: 315", MEDIAN], "how many subjects were in fu"),
        ([*SIZES, "subjects, population: safety, value: 10"], "nothing says when anything happened"),
        ([*SIZES, MEDIAN], "when dfs happened in fu"),
        ([*SIZES, "hazard_ratio, endpoint: os, value: 0.69"], "when os happened in obs"),
        ([*SIZES, MEDIAN, DFS.replace("0.62", "0.72")], "the middle 0.6"),
        ([*SIZES, MEDIAN, DFS.replace("0.50", "0.57").replace("0.77", "0.67")], "sqrt(1/304 + 1/315)"),
        ([*SIZES, "events, endpoint: os, arm: obs, value: 60", "events, endpoint: os, arm: fu, value: 50", OS],
         "sqrt(1/50 + 1/60)"),
        ([*SIZES, MEDIAN, DFS, OS, "median, endpoint: os, arm: obs, value: 20.1"], "shorter than median dfs"),
        ([*SIZES, MEDIAN, DFS, OS, "survival, endpoint: os, arm: obs, time: 60, value: 30%",
          "survival, endpoint: dfs, arm: obs, time: 60, value: 42%"], "lies below dfs"),
        ([*SIZES, DFS, "response_rate, endpoint: orr, arm: obs, value: 40.0%",
          "clinical_benefit_rate, endpoint: orr, arm: obs, value: 30.2%"], "who are among them"),
        ([*SIZES, DFS, "ae_proportion, endpoint: ae, arm: obs, groups: {grade: 3}, value: 80.0%",
          "ae_proportion, endpoint: ae, arm: obs, groups: {grade: 4}, value: 30.2%"], "were treated"),
        ([*SIZES, OS, "events, endpoint: os, arm: obs, value: 168", "events, endpoint: os, arm: fu, value: 3",
          "ae_subjects, endpoint: ae, arm: fu, groups: {grade: 5}, value: 9"], "9 fatal adverse events in fu, and 3"),
    ],
)  # fmt: skip
def test_what_can_not_be_together_is_named(facts, words):
    file = loads_facts(text(facts))
    with pytest.raises(EvidenceError) as caught:
        check_feasible(file, goals_of(file))
    assert any(words in problem.message for problem in caught.value.problems), caught.value
    assert all(problem.cure for problem in caught.value.problems)


def test_all_that_is_in_the_way_is_said_at_once_and_nothing_is_written(tmp_path):
    facts = [*SIZES, MEDIAN, DFS.replace("0.62", "0.72"), OS.replace("0.69", "0.60")]
    with pytest.raises(EvidenceError) as caught:
        reconstruct_facts(written(tmp_path / "facts.yaml", facts), tmp_path / "out")
    assert len(caught.value.problems) == 2
    lines = [problem.where.line for problem in caught.value.problems]
    assert lines == sorted(lines)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="something else"):
        reconstruct_facts(written(tmp_path / "facts.yaml", EVENTS), tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_what_is_no_goal_is_named_and_not_rebuilt(tmp_path):
    facts = [*EVENTS, "odds_ratio, endpoint: orr, arm: fu, versus: obs, value: 1.52"]
    made = reconstruct_facts(written(tmp_path / "facts.yaml", facts), tmp_path / "out", cohorts=0)
    (other,) = made.misses
    assert (other.status, other.printed) == ("not_rebuilt", "1.52")
    assert any("not rebuilt" in line for line in summary_lines(made))


def test_a_folder_with_facts_becomes_data(tmp_path):
    written(tmp_path / "facts.yaml", EVENTS)
    found = data_of_facts(tmp_path, tmp_path / "made", cohorts=0)
    assert (found / "trial.yaml").is_file()
    assert (found / "data" / "adtte.csv").is_file()


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ('value: 32.9%, lower: 26.9, upper: 39.4, unit: "%"', (76, 231, 0)),
        ('value: 88.9%, lower: 84.4, upper: 92.4, unit: "%"', (232, 261, 0)),
        ('value: 24.8%, lower: 19.3, upper: 30.0, unit: "%"', (57, 230, 1)),
        ('value: 29.1%', (76, 261, 0)),
        ('value: 50.0%, n: 40, events: 20', (20, 40, 0)),
    ],
)  # fmt: skip
def test_counts_behind_a_percentage(fact, expected):
    facts = [*SIZES, DFS, f"response_rate, endpoint: orr, arm: fu, {fact}"]
    goals = goals_of(loads_facts(text(facts)))
    found = count_of(list(goals.of("response_rate", arm="fu")), 261)
    assert (found.x, found.n, found.misses) == expected
