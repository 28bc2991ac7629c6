"""The plan as compiled from a protocol, the engine that runs it, and the methods in words."""

from __future__ import annotations

import datetime
import time
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from equipoise.analysis.engine import analyze, plan_problems
from equipoise.analysis.method_paragraphs import method_paragraphs
from equipoise.analysis.plan import compile_plan
from equipoise.data import load_data
from equipoise.protocol.loading import load_protocol

COLON = Path(__file__).parents[2] / "examples" / "colon"


@pytest.fixture(scope="module")
def trial():
    protocol = load_protocol(COLON / "trial.yaml")
    return protocol, load_data(protocol, COLON / "data")


def test_the_plan_needs_no_data_and_is_frozen(trial):
    plan = compile_plan(trial[0])
    labels = plan.labels()
    assert len(labels) == len(set(labels))
    assert "dfs_main: log-rank stratified test" in labels
    assert "dfs_adjusted: Cox efron adjusted model" in labels
    assert labels[-2:] == ("Median follow-up", "Hypotheses")
    with pytest.raises(FrozenInstanceError):
        plan.steps = ()


def test_progress_is_reported_before_each_step_and_at_the_end(trial):
    seen = []
    analyze(*trial, progress=lambda *call: seen.append(call))
    steps = compile_plan(trial[0]).labels()
    assert [label for label, _, _ in seen[:-1]] == list(steps)
    assert [number for _, number, _ in seen] == list(range(len(steps) + 1))
    assert {total for _, _, total in seen} == {len(steps)}


def test_a_cut_is_on_every_key(trial):
    protocol, data = trial
    cut = analyze(protocol, replace(data, cut=datetime.date(2026, 6, 30)))
    whole = analyze(protocol, data)
    assert {row.key.data_cut for row in cut} == {"2026-06-30"}
    assert {curve.key.data_cut for curve in cut.curves} == {"2026-06-30"}
    assert {row.key.data_cut for row in whole} == {""}
    assert len(cut) == len(whole)
    # The hypotheses found their tests all the same.
    texts = [[row.text for row in r.select(statistic="decision")] for r in (cut, whole)]
    assert texts[0] == texts[1] == ["rejected", "rejected", "not rejected"]


def test_the_example_has_no_problem_and_one_warning_that_is_said_once(trial):
    (warning,) = plan_problems(*trial)
    assert (warning.code, warning.severity) == ("plan.missing_subgroup", "warning")
    assert "23 subjects have no level of differ" in warning.message


def test_the_example_is_analyzed_within_a_second_of_cpu(trial):
    analyze(*trial)  # imports
    start = time.process_time()
    analyze(*trial)
    assert time.process_time() - start < 1.0


def test_a_sensitivity_analysis_is_a_full_analysis(trial):
    results = analyze(*trial)
    own = {row.key.statistic for row in results.select(analysis="dfs_adjusted")}
    assert own >= {"subjects", "events", "median", "survival", "z", "hazard_ratio", "covariate_hazard_ratio", "rmst"}
    main = results.one(analysis="dfs_main", statistic="hazard_ratio", arm="lev", method="cox.efron", groups=())
    adjusted = results.one(analysis="dfs_adjusted", statistic="hazard_ratio", arm="lev")
    assert adjusted.value != main.value
    assert adjusted.key.method == "cox.efron.adjusted"


def test_methods_in_words_say_what_is_declared(trial):
    paragraphs = dict(method_paragraphs(trial[0]))
    text = " ".join(paragraphs.values())
    for phrase in (
        "95% log-log limits",
        "Log-rank test stratified by More than 4 positive lymph nodes (as recorded at randomization)",
        "Efron's method for ties",
        "the declared horizon of 5 years",
        "not estimated with fewer than 10 events",
        "uses the subjects of its two arms only",
        "Fleming-Harrington test with rho 0 and gamma 1",
        "h_os (Overall survival, Levamisole + fluorouracil) at a two-sided level of 0.05 once h_dfs had been rejected",
        "reverse Kaplan-Meier on Overall survival: deaths are censored",
        "Does adjustment for baseline characteristics change the effect?",
    ):
        assert phrase in text
    # Three analyses that are done alike are described once.
    assert "Disease-free survival, Overall survival and Recurrence-free interval, cause-specific" in paragraphs
    assert all(paragraph.endswith(".") for paragraph in paragraphs.values())
    assert "None" not in text
