"""Continuous endpoints from files to rows: imputed records, faults in the data, what can't be estimated, hypotheses."""

from __future__ import annotations

import csv
import datetime
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.analysis.engine import analyze, plan_problems
from equipoise.data import continuous, load_data
from equipoise.errors import DataError, PlanError, UsageError
from equipoise.protocol.loading import loads_protocol

TRIAL = """\
equipoise: 1
trial: {id: C, title: Continuous}
arms:
  trt:  {label: Treatment, role: experimental}
  more: {label: More, role: experimental}
  ctl:  {label: Control, role: control}
factors:
  site: {label: Site, column: SITE, levels: [a, b, c], verified: SITEV}
  sex:  {label: Sex, column: SEX, levels: [F, M]}
  age:  {label: Age, column: AGE, continuous: true}
populations: {itt: {arm: planned, where: "ITTFL = 'Y'"}}
data: {format: adam}
endpoints:
  score:
    kind: continuous
    label: Score
    role: primary
    source: {table: ADQS, PARAMCD: TOT, where: "ANL01FL = 'Y'"}
    unit: points
    better: BETTER
analysis:
  main:
    endpoint: score
    population: itt
    at: Week 4
    model: {covariates: [site, age]}
    trend: {ctl: 0, trt: 1, more: 2}
    subgroups: [sex]
hypotheses:
  h_more: {analysis: main, arm: more, alpha_one_sided: 0.025}
  h_trt:  {analysis: main, arm: trt, after: [h_more]}
"""
ADSL = ("USUBJID", "TRT01P", "ITTFL", "SITE", "SITEV", "SEX", "AGE", "RANDDT")
ADQS = ("USUBJID", "PARAMCD", "AVISIT", "AVAL", "BASE", "CHG", "DTYPE", "ANL01FL", "ADT")
SIZE = 36


class Small:
    """A trial of 36 whose scores fall by 2 a step of dose."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.text = TRIAL.replace("BETTER", "lower")
        rng = np.random.default_rng(7)
        self.adsl, self.adqs = [], []
        for i in range(SIZE):
            subject, dose = f"S{i:02d}", i % 3
            arm = ("Control", "Treatment", "More")[dose]
            self.adsl.append(
                [subject, arm, "Y", "abc"[i // 3 % 3], "abc"[i // 4 % 3], "FM"[i // 2 % 2], str(50 + i), "2024-01-01"]
            )
            base = round(float(rng.normal(20, 4)), 1)
            for visit, week in (("Week 2", 2), ("Week 4", 4)):
                change = round(float(-0.5 * week * dose + rng.normal(0, 1)), 2)
                day = (datetime.date(2024, 1, 1) + datetime.timedelta(weeks=week)).isoformat()
                value = round(base + change, 2)
                self.adqs.append([subject, "TOT", visit, str(value), str(base), str(change), "", "Y", day])

    def at(self, subject: int, visit: str = "Week 4") -> list[str]:
        return next(row for row in self.adqs if row[0] == f"S{subject:02d}" and row[2] == visit)

    def set(self, subject: int, **values: str) -> None:
        for name, value in values.items():
            if name in ADQS:
                self.at(subject)[ADQS.index(name)] = value
            else:
                self.adsl[subject][ADSL.index(name)] = value

    def replace(self, old: str, new: str) -> None:
        assert self.text.count(old) == 1
        self.text = self.text.replace(old, new)

    def load(self, **options):
        for name, columns, rows in (("adsl", ADSL, self.adsl), ("adqs", ADQS, self.adqs)):
            with (self.folder / f"{name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows([columns, *rows])
        protocol = loads_protocol(self.text)
        return protocol, load_data(protocol, self.folder, **options)

    def run(self, rules, **options):
        protocol, data = self.load(**options)
        results = analyze(protocol, data)
        rules(protocol, results)
        return results


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)


def value(results, statistic, **key):
    return results.one(analysis="main", statistic=statistic, **{"groups": (), **key})


def test_rows_keep_the_rules(small, rules):
    results = small.run(rules)
    assert {row.value for row in results.select(analysis="main", statistic="subjects", groups=())} == {12.0}
    difference = value(results, "ls_mean_difference", arm="more", versus="ctl")
    assert -5 < difference.value < -3
    assert difference.unit == "points"
    assert "Site, Age and the value at baseline" in difference.method_text


@pytest.mark.parametrize(
    ("better", "decisions"), [("lower", ["rejected", "rejected"]), ("higher", ["not rejected", "not tested"])]
)
def test_hypotheses_know_what_is_better(small, rules, better, decisions):
    small.text = TRIAL.replace("BETTER", better)
    results = small.run(rules)
    assert [row.text for row in results.select(statistic="decision")] == decisions
    p = value(results, "p_value", arm="more", versus="ctl", method="ancova.one_sided", hypothesis="")
    assert (p.value < 1e-6) == (better == "lower")
    assert value(results, "t", arm="more", versus="ctl").value < 0
    claimed = [row for row in results if row.key.hypothesis and row.key.statistic == "p_value"]
    assert len(claimed) == decisions.count("rejected") + decisions.count("not rejected")


def test_a_two_sided_hypothesis_in_the_wrong_direction_is_not_rejected(small, rules):
    small.text = TRIAL.replace("BETTER", "higher").replace("alpha_one_sided: 0.025", "alpha_two_sided: 0.05")
    results = small.run(rules)
    first = results.select(statistic="decision")[0]
    assert first.text == "not rejected"
    assert "does not favour" in first.method_text
    assert results.select(statistic="p_value", hypothesis="h_more")[0].value < 1e-6


def imputed(small, *subjects: int) -> None:
    for subject in subjects:
        small.set(subject, DTYPE="LOCF")


def test_imputed_records_count_only_where_a_condition_says_so(small, rules):
    imputed(small, 0, 3, 4)
    protocol, data = small.load()
    codes = {note.code: note for note in data.notes}
    assert codes["data.imputed_left_out"].value == "3"
    assert codes["data.missing_measurement"].value == "3"
    assert "DTYPE IS NULL OR DTYPE = 'LOCF'" in codes["data.imputed_left_out"].cure
    assert continuous(protocol, data, "score", "itt", "Week 4")["value"].null_count() == 3
    assert value(small.run(rules), "subjects", arm="ctl").value == 10
    small.text = small.text.replace("ANL01FL = 'Y'", "ANL01FL = 'Y' AND (DTYPE IS NULL OR DTYPE = 'LOCF')")
    _, data = small.load()
    assert "data.imputed_left_out" not in {note.code for note in data.notes}
    assert "main: 3 of 36 records at Week 4 are imputed (DTYPE LOCF)" in " ".join(map(str, data.findings))
    assert value(small.run(rules), "subjects", arm="ctl").value == 12
    small.text = small.text.replace("    at: Week 4\n", "    at: Week 4\n    where: DTYPE IS NULL\n")
    assert value(small.run(rules), "subjects", arm="ctl").value == 10


def test_who_is_left_out_is_counted_and_said(small, rules):
    small.set(0, CHG="")
    small.set(1, BASE="")
    small.set(2, AGE="")
    small.set(5, SEX="")
    protocol, data = small.load()
    assert [note.value for note in data.notes if note.code == "data.missing_measurement"] == ["1"]
    said = {problem.code: problem for problem in plan_problems(protocol, data) if "missing" in problem.code}
    assert set(said) == {"plan.missing_covariate", "plan.missing_subgroup"}
    results = small.run(rules)
    counts = {arm: value(results, "subjects", arm=arm) for arm in ("ctl", "trt", "more")}
    assert {arm: row.value for arm, row in counts.items()} == {"ctl": 11, "trt": 11, "more": 11}
    assert {row.denominator for row in counts.values()} == {12.0}
    text = value(results, "ls_mean", arm="ctl").method_text
    assert "left out: 1 without a value at the visit, 1 without the value at baseline, 1 without age" in text


def test_a_cut_takes_what_was_measured_later(small, rules):
    small.text = small.text.replace("at: Week 4", "at: Week 2")
    _, data = small.load(cut=datetime.date(2024, 1, 20))
    assert data.tables["ADQS"].height == SIZE
    assert "36 measurements are dated after the cut" in " ".join(map(str, data.findings))
    assert value(small.run(rules, cut=datetime.date(2024, 1, 20)), "subjects", arm="ctl").key.data_cut == "2024-01-20"
    small.set(3, ADT="")
    with pytest.raises(DataError) as caught:
        small.load(cut=datetime.date(2024, 1, 20))
    assert [problem.code for problem in caught.value.problems if problem.severity == "error"] == ["data.cut_undated"]


FAULTS = [
    ("duplicate", lambda s: s.adqs.append(list(s.at(4))), "data.duplicate_record", "ANL01FL = 'Y'"),
    ("text for a number", lambda s: s.set(4, CHG="n/a"), "data.not_a_number", "missing_strings"),
    ("infinite baseline", lambda s: s.set(4, BASE="inf"), "data.not_a_number", "decimal point"),
    ("misspelled visit", lambda s: s.replace("at: Week 4", "at: Week4"), "data.no_visit", "did you mean 'Week 4'?"),
    ("visit whose records are all imputed", lambda s: imputed(s, *range(SIZE)), "data.no_visit", "speaks of DTYPE"),
    ("unknown PARAMCD", lambda s: s.replace("PARAMCD: TOT", "PARAMCD: TOTAL"), "data.unknown_parameter", "TOT"),
    ("no such value", lambda s: s.replace("    unit:", "    value: CHANGE\n    unit:"), "data.missing_column", "CHG"),
    ("no such visit column", lambda s: s.replace("    unit:", "    visit: VISITS\n    unit:"), "data.missing_column",
     "did you mean 'AVISIT'?"),
    ("no such baseline", lambda s: s.replace("    unit:", "    baseline: BLAS\n    unit:"), "data.missing_column",
     "BASE"),
    ("unknown column in a condition", lambda s: s.replace("ANL01FL = 'Y'", "ANL02FL = 'Y'"), "data.unknown_column",
     "did you mean 'ANL01FL'?"),
    ("unknown column in the analysis' condition", lambda s: s.replace("    at:", "    where: DTYP IS NULL\n    at:"),
     "data.unknown_column", "did you mean 'DTYPE'?"),
    ("subject that nobody knows", lambda s: s.adqs.append(["S99", *s.at(4)[1:]]), "data.unknown_subject", ""),
    ("undeclared level", lambda s: s.set(4, SITE="z"), "data.undeclared_level", "declare the level"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "code", "cure"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_bad_data_never_give_a_number(small, name, change, code, cure):
    change(small)
    with pytest.raises(DataError) as caught:
        small.load()
    errors = [problem for problem in caught.value.problems if problem.severity == "error"]
    assert {problem.code for problem in errors} == {code}, errors
    assert any(cure in problem.cure for problem in errors)


def test_no_table_at_all(small):
    protocol, _ = small.load()
    (small.folder / "adqs.csv").unlink()
    with pytest.raises(DataError) as caught:
        load_data(protocol, small.folder)
    assert [problem.code for problem in caught.value.problems] == ["data.missing_table"]


def test_nobody_with_all_that_the_model_needs(small):
    for subject in range(SIZE):
        small.set(subject, BASE="")
    with pytest.raises(PlanError) as caught:
        analyze(*small.load())
    assert [problem.code for problem in caught.value.problems] == ["plan.nobody"]


def test_covariates_as_verified(small, rules):
    verified = small.text.replace("    trend:", "    strata_as: verified\n    trend:")
    plain = value(small.run(rules), "ls_mean_difference", arm="trt", versus="ctl")
    small.text = verified
    row = value(small.run(rules), "ls_mean_difference", arm="trt", versus="ctl")
    assert row.value != plain.value
    assert "as verified" in row.method_text


def test_an_arm_without_a_measurement_has_no_mean_and_says_so(small, rules):
    for subject in range(2, SIZE, 3):
        small.set(subject, CHG="")
    results = small.run(rules)
    row = value(results, "ls_mean", arm="more")
    assert (row.value, row.why()) == (None, "no subject of an arm is in the model")
    assert value(results, "f", arm="", method="ancova").value is None
    assert value(results, "ls_mean_difference", arm="trt", versus="ctl").value is not None
    assert [row.text for row in results.select(statistic="decision")] == ["not rejected", "not tested"]


def test_arms_that_a_covariate_can_not_be_told_from(small, rules):
    for subject in range(SIZE):
        small.set(subject, SITE="a" if subject % 3 == 2 else "bc"[subject // 3 % 2])
    results = small.run(rules)
    row = value(results, "ls_mean_difference", arm="more", versus="ctl")
    assert row.value is None
    assert row.why().startswith("not estimable: the design does not separate it")
    assert value(results, "ls_mean_difference", arm="trt", versus="ctl").value is not None


def test_a_subject_an_arm_leaves_no_degrees_of_freedom(small, rules):
    small.replace("model: {covariates: [site, age]}", "model: {baseline: false}")
    for subject in range(3, SIZE):
        small.set(subject, ITTFL="N")
    row = value(small.run(rules), "ls_mean_difference", arm="trt", versus="ctl")
    assert (row.value is not None, row.se) == (True, None)
    assert row.why("lower") == "no degrees of freedom are left for the residual variance"


def test_the_frame_is_of_the_right_kind(small):
    protocol, data = small.load()
    with pytest.raises(UsageError):
        continuous(protocol, data, "scores", "itt", "Week 4")
    frame = continuous(protocol, data, "score", "itt", "Week 4")
    assert frame.height == SIZE
    assert frame["value"].to_numpy() == pytest.approx((frame["observed"] - frame["baseline"]).to_numpy(), abs=1e-9)
    assert (continuous(protocol, data, "score", "itt", "Week 9")["value"].null_count()) == SIZE


def test_a_change_that_is_not_the_difference_is_noted(small):
    small.set(7, CHG="40")
    _, data = small.load()
    assert [note.value for note in data.notes if note.code == "data.change"] == ["1"]
    assert "CHG = AVAL - BASE (71 of 72 rows)" in " ".join(map(str, data.findings))


def test_a_visit_that_is_a_number_and_a_table_of_ones_own(small, rules):
    small.replace(
        "data: {format: adam}",
        """data:
  format: mapped
  tables:
    ADSL: {file: adsl.csv, columns: {USUBJID: USUBJID, TRT01P: TRT01P}}
    ADQS: {file: scores.parquet, columns: {USUBJID: who, AVISIT: week, CHG: change, BASE: start}}""",
    )
    small.replace("source: {table: ADQS, PARAMCD: TOT, where: \"ANL01FL = 'Y'\"}", "source: {table: ADQS}")
    small.replace("at: Week 4", "at: '4'")
    columns = list(zip(*small.adqs, strict=True))
    week = [float(visit.removeprefix("Week ")) for visit in columns[2]]
    start, change = ([float(text) for text in columns[i]] for i in (4, 5))
    frame = pl.DataFrame({"who": columns[0], "week": week, "start": start, "change": change})
    frame.write_parquet(small.folder / "scores.parquet")
    results = small.run(rules)
    assert value(results, "ls_mean", arm="more").value < value(results, "ls_mean", arm="ctl").value
    assert not results.select(analysis="main", statistic="mean", groups={"measure": "observed"})


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_tiny_and_odd_trials_never_break_a_rule(rules, seed):
    """Few subjects, equal values, empty arms, missing covariates: every number is there or says why it is not."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        small = Small(Path(folder))
        size = int(rng.integers(2, 14))
        for subject in range(SIZE):
            small.set(subject, ITTFL="Y" if subject < size else "N")
            if rng.random() < 0.5:
                small.set(subject, CHG=str(rng.choice([0.0, 1.0, 1e9, -3.5])))
            if rng.random() < 0.1:
                small.set(subject, **{str(rng.choice(["CHG", "BASE", "AGE", "SITE"])): ""})
        if rng.random() < 0.3:
            small.replace("{covariates: [site, age]}", "{covariates: [sex], baseline: false, variance: hc3}")
        protocol, data = small.load()
        if errors := [problem.code for problem in plan_problems(protocol, data) if problem.severity == "error"]:
            assert errors == ["plan.nobody"]
            return
        results = analyze(protocol, data)
        rules(protocol, results)
        for row in results.select(analysis="main", statistic="p_value"):
            assert row.value is None or 0 <= row.value <= 1
