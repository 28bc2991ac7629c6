"""Adverse events over time, on files small enough to count by hand."""

from __future__ import annotations

import math

import pytest

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.errors import DataError, PlanError, ProtocolError
from equipoise.protocol.loading import loads_protocol

TRIAL = """
equipoise: 1
trial: {id: T, title: A trial}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, value: New}
  old: {label: Old, role: control, value: Old}
populations:
  safety: {arm: actual, where: "SAFFL = 'Y'"}
data: {format: adam}
endpoints:
  ae:
    kind: adverse_events
    label: Adverse events
    source: {table: ADAE}
    of_interest: {skin: "AEBODSYS = 'Skin'"}
analysis:
  ae_main:
    endpoint: ae
    population: safety
    at_risk: {plus_days: 5}
    mean_cumulative_count: {of: [any, skin, grade_3_plus], times: [0.4, 0.9], interval: plain}
    first_event: {of: [skin, serious], times: [0.4]}
"""
# Last days at risk: A 15, B 15 (death), C 10, D 28 (end of the study), E 20; F has no first dose.
ADSL = """USUBJID,TRT01P,TRT01A,SAFFL,TRTSDT,TRTEDT,EOSDT,DTHFL,DTHDT
A,New,New,Y,2024-01-01,2024-01-10,,,
B,New,New,Y,2024-01-01,2024-01-14,2024-01-15,Y,2024-01-15
C,New,New,Y,2024-01-01,2024-01-05,,,
D,Old,Old,Y,2024-01-01,2024-01-25,2024-01-28,,
E,Old,Old,Y,2024-01-01,2024-01-15,,,
F,Old,Old,Y,,2024-01-15,,,
"""
ADAE = """USUBJID,AEBODSYS,AEDECOD,AETOXGR,AESER,AEREL,AEOUT,TRTEMFL,ASTDT,ASTDTF,AESTDTC
A,Skin,Rash,1,N,Y,,Y,2024-01-03,D,2024-01
A,Skin,Itch,3,N,Y,,Y,2024-01-03,,2024-01-03
A,Gut,Nausea,1,N,Y,,Y,2024-01-20,,2024-01-20
B,Heart,Arrest,5,Y,N,FATAL,Y,2024-01-15,,2024-01-15
B,Gut,Nausea,1,N,N,,Y,2024-01-16,,2024-01-16
C,Gut,Nausea,1,N,N,,Y,,,2024
C,Skin,Rash,1,N,N,,Y,2023-12-30,,2023-12-30
D,Skin,Rash,2,N,N,,Y,2024-01-28,,2024-01-28
D,Skin,Rash,2,N,N,,Y,2024-01-29,,2024-01-29
F,Skin,Rash,2,N,N,,Y,2024-01-05,,2024-01-05
"""


@pytest.fixture
def load(tmp_path):
    """Protocol and data of the files, after edits of them."""

    def _load(adsl=ADSL, adae=ADAE, trial=TRIAL):
        (tmp_path / "adsl.csv").write_text(adsl)
        (tmp_path / "adae.csv").write_text(adae)
        protocol = loads_protocol(trial)
        return protocol, load_data(protocol, tmp_path)

    return _load


@pytest.fixture
def run(load, rules):
    def _run(**edits):
        protocol, data = load(**edits)
        found = analyze(protocol, data)
        rules(protocol, found)
        return found

    return _run


def row(found, statistic, arm, category="any", versus="", **fields):
    return found.one(statistic=statistic, arm=arm, versus=versus, groups={"category": category}, **fields)


def test_incidence_rates_end_with_the_first_event_or_the_time_at_risk(run):
    found = run()
    year = 365.25
    new, old = (row(found, "ae_incidence_rate", arm) for arm in ("new", "old"))
    assert (new.events, new.n, new.denominator) == (2, 3, pytest.approx((3 + 15 + 10) / year))
    assert (old.events, old.n, old.denominator) == (1, 2, pytest.approx((28 + 20) / year))
    assert new.value == pytest.approx(100 * 2 / (28 / year))
    assert new.unit == "per 100 patient-years"
    ratio = row(found, "ae_incidence_rate_ratio", "new", versus="old")
    assert ratio.value == pytest.approx((2 / 28) / (1 / 48))
    assert ratio.key.interval == "exact_conditional.95"
    difference = row(found, "ae_incidence_rate_difference", "new", versus="old")
    assert difference.value == pytest.approx(new.value - old.value)
    assert difference.key.interval == "wald.95"
    skin = row(found, "ae_incidence_rate", "new", "skin")
    assert (skin.events, skin.denominator) == (1, pytest.approx((3 + 15 + 10) / year))
    assert {r.key.group("category") for r in found.select(statistic="ae_incidence_rate")} == {
        "any", "serious", "related", "grade_3_plus", "skin",
    }  # fmt: skip


def test_mean_counts_count_every_event_until_death(run):
    found = run()
    new = row(found, "mean_count", "new", time=0.4)  # 12.175 days
    # Two events of A on day 3, three at risk: counts 2, 0, 0.
    assert (new.value, new.events, new.n) == (pytest.approx(2 / 3), 2, 2)
    assert new.se == pytest.approx(math.sqrt(24 / 81))
    assert (new.lower, new.upper) == pytest.approx((0.0, 2 / 3 + 1.959963984540054 * math.sqrt(24 / 81)))
    late = row(found, "mean_count", "new", time=0.9)
    assert (late.value, late.why("value")) == (None, "beyond the last follow-up")
    assert row(found, "mean_count", "old", time=0.9).value == 0
    difference = row(found, "mean_count_difference", "new", versus="old", time=0.4)
    assert difference.value == pytest.approx(2 / 3)
    z = row(found, "z", "new", versus="old", time=0.4, method="mean_cumulative_count.difference")
    assert z.value == pytest.approx(-(2 / 3) / math.sqrt(24 / 81))  # more events on new: not in its favour
    (curve,) = [c for c in found.curves if c.curve == "mean_cumulative_count" and c.key.arm == "new"
                and c.key.group("category") == "any"]  # fmt: skip
    assert curve.x.tolist() == [0, 3, 10, 15]
    assert curve.y == pytest.approx([0, 2 / 3, 2 / 3, 2 / 3 + 1 / 2])  # B's event on the day of B's death counts
    assert curve.n_risk.tolist() == [3, 3, 3, 2]
    assert row(found, "mean_count", "new", "grade_3_plus", time=0.4).value == pytest.approx(1 / 3)
    counts = {r.key.time: r.value for r in found.select(statistic="at_risk", arm="new", groups=())}
    assert counts[0.0] == 3


def test_what_is_left_out_is_counted_in_every_row(run):
    text = row(run(), "mean_count", "new", time=0.4).method_text
    assert "Left out of all events: 1 subject without a known period at risk, 1 event of subjects without one, " in text
    assert (
        "1 event without a date of start, 1 event before the first dose, 3 events after the end of the period" in text
    )
    assert "1 event on the day that was imputed" in text
    assert "Ghosh and Lin" in text
    assert "the last dose (TRTEDT) plus 5 days or death" in text


def test_first_events_with_and_without_death_competing(run):
    found = run()
    assert [row(found, "events", arm, "skin").value for arm in ("new", "old")] == [1, 1]
    assert [row(found, "competing_events", arm, "skin").value for arm in ("new", "old")] == [1, 0]
    assert row(found, "competing_events", "new", "serious").value == 0  # B's serious event is on the day of death
    for method in ("kaplan_meier", "aalen_johansen"):
        at = row(found, "cumulative_incidence", "new", "skin", time=0.4, method=method)
        assert at.value == pytest.approx(1 / 3)
        assert at.key.interval == "log_log.95"
        assert 0 < at.lower < at.value < at.upper < 1
    z = row(found, "z", "new", "skin", versus="old", method="log_rank")
    assert z.value == pytest.approx(-(1 - 3 / 5) / math.sqrt(3 * 2 / 25))
    ratio = row(found, "hazard_ratio", "new", "skin", versus="old", method="cox.efron")
    assert ratio.value is None  # at the other event nobody of new is left
    assert "monotone" in ratio.why("value")
    assert {c.key.method for c in found.curves if c.curve == "cumulative_incidence"} == {
        "kaplan_meier",
        "aalen_johansen",
    }


def test_the_end_of_the_study_can_end_the_time_at_risk(run):
    """Only B and D have one; nothing is known of the others."""
    trial = TRIAL.replace("{plus_days: 5}", "{until: study_end}")
    found = run(trial=trial)
    new = row(found, "ae_incidence_rate", "new")
    assert (new.n, new.events, new.denominator) == (1, 1, pytest.approx(15 / 365.25))
    assert "4 subjects without a known period at risk" in new.method_text
    named = run(trial=TRIAL.replace("{plus_days: 5}", "{column: LSTDT}"), adsl=ADSL.replace("TRTEDT", "LSTDT"))
    assert row(named, "ae_incidence_rate", "new").denominator == pytest.approx((3 + 14 + 5) / 365.25)


def test_death_without_a_date_is_that_of_the_fatal_event_or_an_end_of_follow_up(run):
    adsl = ADSL.replace(",DTHDT", "").replace("Y,2024-01-15", "Y").replace(",,,\n", ",,\n").replace("28,,", "28,")
    found = run(adsl=adsl)
    text = row(found, "mean_count", "new", time=0.4).method_text
    assert "1 death dated by a fatal event, as ADSL has no date" in text
    assert row(found, "competing_events", "new", "skin").value == 1
    graded = run(adsl=adsl, adae=ADAE.replace("FATAL", ""))  # grade 5 is fatal too
    assert row(graded, "competing_events", "new", "skin").value == 1
    silent = adsl.replace(",DTHFL", "").replace(",Y\n", "\n").replace(",,\n", ",\n").replace("28,\n", "28\n")
    assert row(run(adsl=silent), "competing_events", "new", "skin").value == 1
    found = run(adsl=adsl, adae=ADAE.replace("FATAL", "").replace("Arrest,5", "Arrest,4"))
    text = row(found, "mean_count", "new", time=0.4).method_text
    assert "1 death without a date, taken as an end of follow-up" in text
    assert "nobody died at risk" in text
    assert row(found, "competing_events", "new", "skin").value == 0


def test_the_cut_ends_the_time_at_risk(tmp_path, load):
    import datetime

    protocol, _ = load(adsl=ADSL.replace("F,Old,Old,Y,,", "F,Old,Old,Y,2024-01-05,"))
    data = load_data(protocol, tmp_path, cut=datetime.date(2024, 1, 12))
    found = analyze(protocol, data)
    new = row(found, "ae_incidence_rate", "new")
    assert (new.events, new.denominator) == (1, pytest.approx((3 + 12 + 10) / 365.25))


def test_nobody_in_an_arm_and_no_events_give_reasons(run):
    found = run(adae=ADAE.split("\n")[0] + "\n" + ADAE.split("\n")[-2].replace("F,", "E,") + "\n")
    assert row(found, "mean_count", "new", time=0.4).value == 0
    assert row(found, "mean_count", "new", time=0.4).why("lower") == "no events by then"
    only = "\n".join(line for line in ADSL.split("\n") if not line.endswith(",,,") or line.startswith("U")) + "\n"
    alone = run(adsl=only.replace("D,Old,Old,Y", "D,Old,Old,N"), adae=ADAE.split("\n")[0] + "\n" + ADAE.split("\n")[4])
    assert row(alone, "mean_count", "old", time=0.4).why("value") == "no subjects at risk"
    assert "no subjects at risk" in row(alone, "mean_count_difference", "new", versus="old", time=0.4).why("value")
    assert row(alone, "hazard_ratio", "new", "skin", versus="old").value is None
    assert row(alone, "ae_incidence_rate", "old").why("value") == "no exposure"


# ---- bad input


@pytest.mark.parametrize(
    ("edit", "value", "code", "words"),
    [
        (("[any, skin, grade_3_plus]", "[any, skim]"), "skim", "protocol.category", "skin"),
        (("[skin, serious]", "[fatal]"), "fatal", "protocol.category", "categories"),
        (("[skin, serious]", "[]"), None, "protocol", "of"),
        (("times: [0.4, 0.9]", "times: [-1]"), "-1", "protocol", "times"),
        (("times: [0.4, 0.9]", "times: [0.4, 0.4]"), None, "protocol.duplicate", "twice"),
        (("[any, skin, grade_3_plus]", "[any, any]"), None, "protocol.duplicate", "twice"),
        (("{plus_days: 5}", "{until: study_end, plus_days: 5}"), "5", "protocol.at_risk", "treatment_end"),
        (("{plus_days: 5}", "{plus_days: -5}"), "-5", "protocol", "plus_days"),
        (("    of_interest", "    grading: severity\n    of_interest"), "grade_3_plus", "protocol.category", "severe"),
    ],
)
def test_bad_declarations(edit, value, code, words):
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(TRIAL.replace(*edit))
    assert len(caught.value.problems) >= 1
    problem = caught.value.problems[0]
    assert problem.code.startswith(code)
    assert problem.where.line
    assert value is None or value in problem.value
    assert words in problem.message + problem.cure + problem.where.path


def test_a_scale_that_only_the_data_know(load):
    adae = ADAE.replace("AETOXGR", "AESEV").replace(",1,", ",MILD,").replace(",3,", ",SEVERE,")
    adae = adae.replace(",5,", ",SEVERE,").replace(",2,", ",MODERATE,")
    protocol, data = load(adae=adae)
    with pytest.raises(PlanError) as caught:
        analyze(protocol, data)
    (problem,) = caught.value.problems
    assert (problem.code, problem.value) == ("plan.category", "grade_3_plus")
    assert problem.cure == "write severe"


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [("TRTSDT", "FIRSTDOSE", "TRTEDT"), ("TRTEDT", "LASTDOSE", "TRTEDT")],
)
def test_no_first_dose_or_no_end(load, old, new, value):
    protocol, data = load(adsl=ADSL.replace(old, new))
    with pytest.raises(PlanError) as caught:
        analyze(protocol, data)
    (problem,) = caught.value.problems
    assert (problem.code, problem.value) == ("plan.no_time_at_risk", value)
    assert "TRTSDT" in problem.message
    # Tables need no dates.
    bare, data = load(adsl=ADSL.replace(old, new), trial=TRIAL.split("    at_risk")[0])
    assert not [row for row in analyze(bare, data) if row.key.statistic.startswith("ae_incidence")]


def test_a_column_that_is_not_there(load):
    with pytest.raises(DataError) as caught:
        load(trial=TRIAL.replace("{plus_days: 5}", "{column: TRTENDT}"))
    assert caught.value.problems[0].code == "data.missing_column"
    assert "TRTEDT" in caught.value.problems[0].cure


def test_each_row_that_has_no_place_in_time_is_named(load):
    _, data = load()
    said = {(p.code, p.where.table, p.where.row, p.where.subject) for p in data.notes}
    assert ("data.no_time_at_risk", "ADSL", 6, "F") in said
    assert ("data.event_undated", "ADAE", 6, "C") in said
    assert ("data.event_after_death", "ADAE", 5, "B") in said
    assert ("data.emergent_before_treatment", "ADAE", 7, "C") in said
    undated = next(p for p in data.notes if p.code == "data.event_undated")
    assert "'2024'" in undated.message
    assert "ASTDTF" in undated.cure
    findings = [str(one) for one in data.findings]
    assert any("1 of 9 events start before the first dose" in one for one in findings)
    assert any("2 of 9 events start after the time at risk" in one for one in findings)


def test_many_rows_are_counted_not_listed_for_ever(load):
    extra = "".join(f"A,Gut,Nausea,1,N,N,,Y,,,{2000 + i}\n" for i in range(30))
    _, data = load(adae=ADAE + extra)
    undated = [p for p in data.notes if p.code == "data.event_undated"]
    assert len(undated) == 21
    assert "31 rows" in undated[-1].message


def test_the_methods_say_what_was_declared():
    from equipoise.analysis.method_paragraphs import method_paragraphs

    text = " ".join(str(part) for part in method_paragraphs(loads_protocol(TRIAL)))
    for words in (
        "until the last dose plus 5 days or death",
        "of any, skin and grade_3_plus at 0.4 and 0.9 months have 95% plain limits",
        "First events of skin and serious at 0.4 months",
    ):
        assert words in text
    assert "Over time" not in " ".join(
        str(part) for part in method_paragraphs(loads_protocol(TRIAL.split("    at_risk")[0]))
    )


def test_a_landmark_in_another_unit_is_suspected():
    from equipoise.protocol.checks import protocol_warnings

    protocol = loads_protocol(TRIAL.replace("times: [0.4, 0.9]", "times: [0.4, 730]"))
    (far,) = [one for one in protocol_warnings(protocol) if one.code == "protocol.far_time"]
    assert far.where.path == "analysis.ae_main.mean_cumulative_count.times[1]"
    assert "730 months are more than 50 years" in far.message
