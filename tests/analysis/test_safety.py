"""Adverse events on sets small enough to count by hand."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from equipoise.analysis.safety import safety_rows
from equipoise.analysis.safety_overview import categories
from equipoise.errors import ProtocolError
from equipoise.protocol.loading import loads_protocol
from equipoise.results import Results

TRIAL = """
equipoise: 1
trial: {id: T, title: A trial}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
  mid: {label: Middle, role: experimental}
populations:
  safety: {arm: actual}
endpoints:
  ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}}
analysis:
  ae_main: {endpoint: ae, population: safety}
"""
PROTOCOL = loads_protocol(TRIAL)
SCHEMA = {
    "USUBJID": pl.String, "arm": pl.Int64, "soc": pl.String, "term": pl.String, "grade": pl.Int64,
    "serious": pl.Boolean, "related": pl.Boolean, "discontinuation": pl.Boolean, "fatal": pl.Boolean,
}  # fmt: skip
PEOPLE = pl.DataFrame({"USUBJID": list("ABCDEFGHIJ"), "arm": [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]})


def events(*rows: tuple, **more: list) -> pl.DataFrame:
    """(subject, soc, term, grade, flags): flags is a text of letters s, r, d, f."""
    arm = dict(PEOPLE.iter_rows())
    found = [
        (who, arm[who], soc, term, grade, *(letter in flags for letter in "srdf"))
        for who, soc, term, grade, flags in rows
    ]
    frame = pl.DataFrame(found, schema=SCHEMA, orient="row").with_columns(
        pl.lit(None, dtype=pl.Date).alias("start"),
        pl.lit(None, dtype=pl.String).alias("severity"),
        pl.lit(None, dtype=pl.Int8).alias("severity_rank"),
    )
    return frame.with_columns(pl.Series(name, values) for name, values in more.items())


@pytest.fixture
def analyze(rules):
    """Rows of a safety analysis, held against the rules of rows."""

    def run(frame: pl.DataFrame, people: pl.DataFrame = PEOPLE, **more) -> Results:
        found = Results.of(safety_rows(PROTOCOL, "ae_main", people, frame, **{"scale": "grade", **more}))
        rules(PROTOCOL, found)
        assert not [row for row in found if row.key.statistic in ("p_value", "z", "chi_square")]
        return found

    return run


def count(found: Results, arm: str, statistic: str = "ae_subjects", **groups: str) -> float | None:
    rows = [row for row in found.select(statistic=statistic, arm=arm) if dict(row.key.groups) == groups]
    assert len(rows) == 1
    return rows[0].value


HAND = events(
    ("A", "Skin", "Rash", 1, ""),
    ("A", "Skin", "Rash", 3, "r"),  # the same term twice: one subject, two events
    ("A", "Gut", "Nausea", 2, "r"),
    ("B", "Skin", "Itch", None, "s"),  # grade missing
    ("C", "Gut", "Nausea", 2, ""),
    ("C", "Heart", "Arrest", 5, "f"),  # fatal, not marked serious
    ("E", "Skin", "Rash", 4, "sd"),
    ("E", "Skin", "Rash", None, ""),  # a missing grade does not change the worst one
    ("F", "Skin", "Itch", 3, ""),
)


def test_a_subject_counts_once_per_row(analyze):
    found = analyze(HAND)
    assert [count(found, arm, category="any") for arm in ("new", "old", "mid")] == [3, 2, 0]
    assert [count(found, arm, "ae_events", category="any") for arm in ("new", "old", "mid")] == [6, 3, 0]
    assert count(found, "new", soc="Skin") == 2
    assert count(found, "new", "ae_events", soc="Skin") == 3
    assert count(found, "new", soc="Skin", term="Rash") == 1
    assert count(found, "new", "ae_events", soc="Skin", term="Rash") == 2
    assert count(found, "new", soc="Gut", term="Nausea") == 2
    assert count(found, "old", soc="Gut", term="Nausea") == 0  # zero rows are there
    assert count(found, "new", category="related") == 1
    assert count(found, "new", "ae_events", category="related") == 2


def test_worst_grade_puts_each_subject_in_one_row(analyze):
    found = analyze(HAND)
    worst = {
        arm: {row.key.group("worst_grade"): row.value for row in found.select(statistic="ae_subjects", arm=arm)
              if row.key.group("worst_grade")}
        for arm in ("new", "old", "mid")
    }  # fmt: skip
    assert worst["new"] == {"1": 0, "2": 0, "3": 1, "4": 0, "5": 1, "missing": 1, "none": 1}
    assert worst["old"] == {"1": 0, "2": 0, "3": 1, "4": 1, "5": 0, "missing": 0, "none": 3}
    assert worst["mid"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0, "missing": 0, "none": 1}
    for arm, levels in worst.items():
        assert sum(levels.values()) == found.one(statistic="subjects", arm=arm, groups=()).value


def test_grades_three_and_more_and_exactly_the_worst(analyze):
    found = analyze(HAND)
    assert count(found, "new", category="grade_3_plus") == 2
    assert [count(found, "new", category=f"grade_{g}") for g in (3, 4, 5)] == [1, 0, 1]
    assert [count(found, "old", category=f"grade_{g}") for g in (3, 4, 5)] == [1, 1, 0]
    assert count(found, "new", soc="Skin", term="Rash", grade="3+") == 1
    assert count(found, "new", soc="Gut", term="Nausea", grade="3+") == 0
    assert count(found, "new", soc="Heart", grade="3+") == 1


def test_a_fatal_event_that_is_not_marked_serious_is_not_lost(analyze):
    found = analyze(HAND)
    assert count(found, "new", category="fatal") == 1
    assert count(found, "new", category="serious") == 1  # subject B, as marked
    serious = found.one(statistic="ae_subjects", arm="new", groups={"category": "serious"})
    assert "1 fatal event" in serious.method_text


def test_proportion_has_the_population_as_denominator(analyze):
    row = analyze(HAND).one(statistic="ae_proportion", arm="new", groups={"category": "any"})
    assert (row.events, row.denominator, row.value) == (3, 4.0, 0.75)
    # R 4.2.2: binom.test(3, 4)$conf.int
    assert (row.lower, row.upper) == pytest.approx((0.19412044968324, 0.99369053679029), abs=1e-12)
    assert row.key.interval == "clopper_pearson.95"


def test_risk_difference_of_each_contrast_is_signed_experimental_minus_control(analyze):
    found = analyze(HAND)
    row = found.one(statistic="risk_difference", arm="new", versus="old", groups={"category": "any"})
    assert row.value == pytest.approx(3 / 4 - 2 / 5)
    assert row.lower < row.value < row.upper
    assert {(r.key.arm, r.key.versus) for r in found.select(statistic="risk_difference")} == {
        ("new", "old"),
        ("mid", "old"),
    }
    overview = {r.key.group("category") for r in found.select(statistic="risk_difference")} - {""}
    assert overview == {"any", "related", "grade_3_plus", "grade_3", "grade_4", "grade_5", "serious", "discontinuation",
                        "fatal"}  # fmt: skip


def test_number_needed_where_it_has_a_meaning(analyze):
    found = analyze(HAND)
    rows = found.select(statistic="number_needed", arm="new")
    assert {row.key.group("category") for row in rows} == {"grade_3_plus", "serious"}
    needed = found.one(statistic="number_needed", arm="new", groups={"category": "grade_3_plus"})
    assert needed.value == pytest.approx(1 / (2 / 4 - 2 / 5))
    assert "infinity" in needed.why("lower")


def test_no_events_at_all_gives_zeros_not_gaps(analyze):
    found = analyze(HAND.clear())
    for category in ("any", "related", "serious", "discontinuation", "fatal", "grade_3_plus", "grade_5"):
        assert [count(found, arm, category=category) for arm in ("new", "old", "mid")] == [0, 0, 0]
    assert count(found, "old", worst_grade="none") == 5
    row = found.one(statistic="ae_proportion", arm="old", groups={"category": "any"})
    assert (row.value, row.lower) == (0.0, 0.0)
    assert row.upper == pytest.approx(1 - 0.025 ** (1 / 5), rel=1e-12)


def test_empty_arm_gives_reasons(analyze):
    found = analyze(HAND, PEOPLE.filter(pl.col("arm") < 2))
    row = found.one(statistic="ae_proportion", arm="mid", groups={"category": "any"})
    assert (row.value, row.why("value")) == (None, "no subjects")
    difference = found.one(statistic="risk_difference", arm="mid", groups={"category": "any"})
    assert difference.why("value") == "an arm has no subjects"


def test_what_is_not_recorded_is_missing_and_not_zero(analyze):
    frame = HAND.with_columns(pl.lit(None, dtype=pl.Boolean).alias("discontinuation"))
    found = analyze(frame)
    row = found.one(statistic="ae_subjects", arm="new", groups={"category": "discontinuation"})
    assert row.value is None
    assert "not recorded" in row.why("value")
    assert found.one(statistic="risk_difference", arm="new", groups={"category": "discontinuation"}).value is None


def test_events_without_any_grade_are_not_zero_high_grades(analyze):
    found = analyze(HAND.with_columns(pl.lit(None, dtype=pl.Int64).alias("grade")))
    for groups in ({"category": "grade_3_plus"}, {"category": "grade_5"}, {"soc": "Skin", "grade": "3+"}):
        rows = [row for row in found.select(statistic="ae_subjects", arm="new") if dict(row.key.groups) == groups]
        assert [(row.value, row.why("value")) for row in rows] == [(None, "events are not graded")]
    assert count(found, "new", worst_grade="missing") == 3
    assert count(found, "new", soc="Skin") == 2


def test_severity_scale(analyze):
    ranks = {"MILD": 1, "MODERATE": 2, "SEVERE": 3}
    words = ["MILD", "SEVERE", "MODERATE", None, "MODERATE", "MILD", "SEVERE", "MILD", "MODERATE"]
    frame = HAND.with_columns(pl.Series("severity", words), pl.Series("severity_rank", [ranks.get(w) for w in words]))
    found = analyze(frame, scale="severity")
    worst = [count(found, "new", worst_grade=level) for level in ("MILD", "MODERATE", "SEVERE", "missing", "none")]
    assert worst == [0, 1, 1, 1, 1]
    assert count(found, "old", category="severe") == 1
    assert count(found, "new", soc="Skin", term="Rash", grade="severe") == 1
    names = {row.key.group("category") for row in found} - {""}
    assert not [name for name in names if name.startswith("grade_")]


def test_one_term_in_two_classes_has_two_rows(analyze):
    found = analyze(events(("A", "Skin", "Burn", 2, ""), ("A", "Injury", "Burn", 2, "")))
    assert count(found, "new", soc="Skin", term="Burn") == 1
    assert count(found, "new", soc="Injury", term="Burn") == 1
    assert count(found, "new", category="any") == 1


def test_categories_of_special_interest(analyze):
    found = analyze(HAND.with_columns((pl.col("soc") == "Skin").alias("of_interest__skin")))
    assert [count(found, arm, category="skin") for arm in ("new", "old")] == [2, 2]
    assert found.one(statistic="risk_difference", arm="new", groups={"category": "skin"}).value == pytest.approx(0.1)


def test_a_group_of_interest_can_not_take_the_name_of_a_category():
    with pytest.raises(ProtocolError, match="`serious` is a category of the overview already"):
        loads_protocol(
            TRIAL.replace("source: {table: ADAE}", "source: {table: ADAE}, of_interest: {serious: \"X = 'Y'\"}")
        )


def test_adding_an_event_changes_only_what_it_is_about(analyze):
    before = {row.id: row.value for row in analyze(HAND)}
    more = pl.concat([HAND, events(("A", "Skin", "Rash", 3, "r"))])
    after = {row.id: row.value for row in analyze(more)}
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {
        "ae_main.ae_events.new.category-any", "ae_main.ae_events.new.category-related",
        "ae_main.ae_events.new.category-grade_3_plus", "ae_main.ae_events.new.category-grade_3",
        "ae_main.ae_events.new.worst_grade-3", "ae_main.ae_events.new.soc-Skin",
        "ae_main.ae_events.new.soc-Skin.grade-3+", "ae_main.ae_events.new.soc-Skin.term-Rash",
        "ae_main.ae_events.new.soc-Skin.term-Rash.grade-3+",
    }  # fmt: skip


DAY = datetime.date(2024, 1, 1)


TREATED = PEOPLE.with_columns(pl.lit(DAY).alias("TRTSDT"))


def exposed() -> pl.DataFrame:
    days = [100.0, 200.0, 365.25, None, 365.25, 365.25, 10.0, 10.0, 10.0, None]
    return PEOPLE.with_columns(pl.Series("days", days))


def test_exposure_total_and_median(analyze):
    found = analyze(HAND, exposure=exposed())
    total = found.one(statistic="exposure_total", arm="new")
    assert (total.value, total.n, total.unit) == (665.25, 3, "days")
    assert "Not known for 1 subject, left out." in total.method_text
    assert found.one(statistic="exposure_median", arm="new").value == 200.0
    nobody = found.one(statistic="exposure_total", arm="mid")
    assert (nobody.value, nobody.why("value")) == (None, "exposure is not known for any subject")


def test_rate_by_whole_exposure_where_start_dates_are_not_known(analyze):
    rate = analyze(HAND, exposure=exposed()).one(statistic="ae_rate", arm="old", groups={"category": "any"})
    # E and F have an event, in 2 * 365.25 + 30 days.
    assert (rate.events, rate.unit) == (2, "per 100 patient-years")
    assert rate.denominator == pytest.approx(760.5 / 365.25)
    assert rate.value == pytest.approx(100 * 2 * 365.25 / 760.5)
    # R 4.2.2: poisson.test(2, 760.5 / 365.25)$conf.int * 100
    assert (rate.lower, rate.upper) == pytest.approx((11.632733594764, 346.984506329543), rel=1e-12)
    assert "whole exposure" in rate.method_text


def test_rate_until_the_first_event(analyze):
    offsets = [9, 4, 19, 0, 400, 0, 50, None, 29]  # days from first dose to the start of each event of HAND
    starts = [None if days is None else DAY + datetime.timedelta(days=days) for days in offsets]
    frame = HAND.with_columns(pl.Series("start", starts, dtype=pl.Date))
    found = analyze(frame, people=TREATED, exposure=exposed())
    rate = found.one(statistic="ae_rate", arm="new", groups={"category": "any"})
    # A until day 5, B until day 1, C until day 1; D has no known exposure and is left out.
    assert rate.denominator == pytest.approx((5 + 1 + 1) / 365.25)
    assert rate.events == 3
    assert "2 subjects without known exposure left out" in rate.method_text
    skin = found.one(statistic="ae_rate", arm="new", groups={"category": "related"})
    assert skin.denominator == pytest.approx((5 + 200 + 365.25) / 365.25)  # A's first related event is on day 5
    old = found.one(statistic="ae_rate", arm="old", groups={"category": "any"})
    # E from its only known date, F until day 30, the others whole.
    assert old.denominator == pytest.approx((51 + 30 + 30) / 365.25)
    gap = found.one(statistic="ae_rate_difference", arm="new", versus="old", groups={"category": "any"})
    assert gap.value == pytest.approx(rate.value - old.value)


def test_time_at_risk_stays_within_exposure(analyze):
    frame = events(("G", "Skin", "Rash", 1, ""), ("H", "Skin", "Rash", 1, "")).with_columns(
        pl.Series("start", [DAY - datetime.timedelta(days=30), DAY + datetime.timedelta(days=30)])
    )
    rate = analyze(frame, people=TREATED, exposure=exposed()).one(
        statistic="ae_rate", arm="old", groups={"category": "any"}
    )
    # G's event began before treatment: one day; H's after its last dose: all ten days.
    assert rate.denominator == pytest.approx((1 + 10 + 10 + 2 * 365.25) / 365.25)


def test_order_of_rows_is_irrelevant(analyze):
    one, other = analyze(HAND), analyze(HAND.sample(fraction=1.0, shuffle=True, seed=3), PEOPLE.reverse())
    assert {row.id: (row.value, row.lower) for row in one} == {row.id: (row.value, row.lower) for row in other}


def test_exact_grades_are_exhaustive_among_three_plus():
    by_name = {one.name: one for one in categories(HAND, "grade")}
    exact = [set(by_name[f"grade_{g}"].events["USUBJID"]) for g in (3, 4, 5)]
    assert set.union(*exact) == set(by_name["grade_3_plus"].events["USUBJID"])
    assert sum(map(len, exact)) == len(set.union(*exact))
