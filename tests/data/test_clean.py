"""The small trial as it is: no error, and the frames that analyses read."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from equipoise.data import adverse_events, exposure, grading, responses, subjects, time_to_event
from equipoise.errors import UsageError


def test_the_small_trial_has_no_problem(small):
    assert [str(p) for p in small.problems() if p.severity == "error"] == []
    data = small.load()
    assert [f.table for f in data.files] == ["ADSL", "ADTTE", "ADRS", "ADAE"]
    assert [f.rows for f in data.files] == [13, 24, 12, 11]
    assert all(len(f.sha256) == 64 and f.format == "csv" for f in data.files)
    assert "ADTTE: PFS: AVAL = ADT - STARTDT + 1 (12 of 12 rows)" in [str(f) for f in data.findings]


def test_subjects_by_planned_and_actual_arm(small):
    small.set("ADSL", 1, TRT01A="Placebo")
    data = small.load()
    planned = subjects(small.protocol, data, "itt")
    actual = subjects(small.protocol, data, "safety")
    assert planned.height == 12
    assert actual.height == 11  # one was never treated
    assert planned["arm"].to_list() == [0, 1] * 6
    assert actual["arm"].to_list() == [1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert planned["sex"].to_list()[:4] == ["Female", "Female", "Male", "Male"]
    assert planned["region"].to_list()[:2] == ["Europe", "North America"]
    assert planned.schema["age"] == pl.Float64
    assert planned["sex__verified"].to_list() == planned["sex"].to_list()
    assert planned.schema["RANDDT"] == pl.Date
    assert any(p.code == "data.arm_differs" for p in data.notes)


def test_times_are_as_recorded(small):
    frame = time_to_event(small.protocol, small.load(), "pfs", "itt")
    assert frame["time"].to_list() == [61.0 + 13 * i for i in range(12)]
    assert frame["status"].to_list() == [1, 1, 1, 0] * 3
    assert frame.schema["status"] == pl.Int8
    # Codes of rows 4, 8, 12 are 1, 2, 3.
    assert frame.filter(pl.col("status") == 0)["reason"].to_list() == ["Ongoing", "Lost", "Withdrawn"]


def test_responses_are_missing_without_a_record(small):
    del small.tables["ADRS"][2]
    frame = responses(small.protocol, small.load(), "orr", "itt")
    assert frame["response"].to_list()[:4] == ["CR", "PR", "MISSING", "PD"]
    assert frame.height == 12


def test_adverse_events_are_treatment_emergent(small):
    data = small.load()
    frame = adverse_events(small.protocol, data, "ae", "safety")
    assert frame.height == 10
    assert "0006" not in frame["USUBJID"]
    assert grading(small.protocol, data, "ae") == "toxicity_grade"
    assert frame["grade"].to_list()[:3] == [1, 2, 3]
    assert frame["serious"].sum() == 1
    assert frame["related"].all()
    assert frame["discontinuation"].null_count() == 10  # AEACN was never recorded: unknown, not "no"
    assert frame["fatal"].sum() == 0
    small.replace("source: {table: ADAE}", "source: {table: ADAE}, treatment_emergent: false")
    assert adverse_events(small.protocol, data, "ae", "safety").height == 11


def test_events_of_interest_are_columns(small):
    small.replace(
        "source: {table: ADAE}", 'source: {table: ADAE}, of_interest: {gut: "AEBODSYS = \'Gut\'", bad: "AETOXGR >= 3"}'
    )
    frame = adverse_events(small.protocol, small.load(), "ae", "safety")
    assert frame["of_interest__gut"].all()
    assert frame["of_interest__bad"].to_list() == (frame["grade"] >= 3).to_list()


def test_exposure_counts_first_and_last_day(small):
    frame = exposure(small.protocol, small.load(), "safety")
    assert frame["days"].to_list() == [60.0 + 13 * i for i in range(11)]


def test_exposure_from_adex_where_adsl_does_not_say(small):
    small.drop("ADSL", "TRTEDT")
    small.tables["ADEX"] = [
        {"USUBJID": "0001", "ASTDT": "2020-01-02", "AENDT": "2020-01-10"},
        {"USUBJID": "0001", "ASTDT": "2020-01-11", "AENDT": "2020-01-31"},
    ]
    frame = exposure(small.protocol, small.load(), "safety")
    assert frame["days"].to_list() == [30.0] + [None] * 10


def test_severity_scale(small):
    for i, row in enumerate(small.tables["ADAE"]):
        row["AETOXGR"], row["AESEV"] = "", ["MILD", "Moderate", "SEVERE"][i % 3]
    data = small.load()
    assert grading(small.protocol, data, "ae") == "severity"
    frame = adverse_events(small.protocol, data, "ae", "safety")
    assert frame["severity_rank"].to_list()[:3] == [1, 2, 3]
    assert frame["grade"].null_count() == frame.height


def test_unknown_names_are_usage_errors(small):
    data = small.load()
    with pytest.raises(UsageError, match="did you mean 'itt'"):
        subjects(small.protocol, data, "it")
    with pytest.raises(UsageError, match="no endpoint 'pfss'"):
        time_to_event(small.protocol, data, "pfss", "itt")
    with pytest.raises(UsageError, match="not a time to an event"):
        time_to_event(small.protocol, data, "orr", "itt")
    with pytest.raises(UsageError, match="not a response"):
        responses(small.protocol, data, "pfs", "itt")
    with pytest.raises(UsageError, match="not about adverse events"):
        adverse_events(small.protocol, data, "orr", "itt")


def test_nothing_is_dropped_silently(small):
    small.tables["ADTTE"] = [
        row for row in small.tables["ADTTE"] if (row["USUBJID"], row["PARAMCD"]) != ("0003", "PFS")
    ]
    small.tables["ADRS"].append({"USUBJID": "0099", "PARAMCD": "BOR", "AVALC": "PD", "ADT": ""})
    data = small.load()
    notes = {p.code: p for p in data.notes}
    assert notes["data.missing_record"].message.startswith("1 of 12 subjects of itt have no record of pfs")
    assert notes["data.missing_record"].where.subject == "0003"
    assert notes["data.not_randomized"].message.startswith(
        "1 records of orr belong to 1 subjects who were not randomized"
    )
    assert notes["data.not_randomized"].where.subject == "0099"
    assert time_to_event(small.protocol, data, "pfs", "itt").height == 11


def test_without_randfl_the_finding_says_who_is_randomized(small):
    small.drop("ADSL", "RANDFL")
    data = small.load()
    assert any(
        "12 of 13 subjects with a declared planned arm and a date of randomization" in f.text for f in data.findings
    )
    assert data.adsl["_randomized"].to_list() == [True] * 12 + [False]


def test_a_population_without_condition(small):
    small.replace("""itt:    {arm: planned, where: "ITTFL = 'Y'"}""", "itt:    {arm: planned}")
    small.replace("""safety: {arm: actual, where: "SAFFL = 'Y'"}""", "safety: {arm: actual}")
    data = small.load()
    assert subjects(small.protocol, data, "itt").height == 12
    assert subjects(small.protocol, data, "safety").height == 11


def test_na_is_a_region_and_missing_when_declared(small):
    data = small.load()
    assert subjects(small.protocol, data, "itt")["region"].null_count() == 0
    small.replace("data: {format: adam}", 'data: {format: adam, missing_strings: ["", "NA"]}')
    data = small.load()
    assert subjects(small.protocol, data, "itt")["region"].null_count() == 8


def test_leading_zeros_stay(small):
    data = small.load()
    assert data.adsl["USUBJID"][0] == "0001"
    assert data.adsl["SITEID"][0] == "007"


def test_eligibility_is_counted(small):
    small.replace("populations:", 'eligibility: [{text: 55 or older, where: "AGE >= 55"}]\npopulations:')
    [note] = [p for p in small.problems() if p.code == "data.eligibility"]
    assert note.message == "5 randomized subjects do not meet, or lack the data for: 55 or older"
    assert note.where.subject == "0001"
    assert note.severity == "warning"


def test_dates_of_several_shapes(small):
    small.set("ADSL", 1, RANDDT="01JAN2020")
    small.set("ADSL", 2, RANDDT="2020-01-11T09:30")
    small.set("ADSL", 3, RANDDT="21935")  # days since 1960: 2020-01-21
    data = small.load()
    assert any("RANDDT has numbers, read as SAS dates (days since 1960)" in f.text for f in data.findings)
    assert data.adsl["RANDDT"].to_list()[:3] == [datetime.date(2020, 1, d) for d in (1, 11, 21)]


def test_the_order_of_rows_is_irrelevant(small):
    expected = time_to_event(small.protocol, small.load(), "pfs", "itt")
    events = adverse_events(small.protocol, small.load(), "ae", "safety")
    for table in ("ADTTE", "ADRS", "ADAE"):
        small.tables[table].reverse()
    data = small.load()
    assert time_to_event(small.protocol, data, "pfs", "itt").equals(expected)
    assert adverse_events(small.protocol, data, "ae", "safety").sort("USUBJID").equals(events)


def test_events_that_no_table_shows_are_counted(small):
    small.replace("analysis:", "analysis:\n  harm: {endpoint: ae, population: safety}")
    small.set("ADSL", 3, SAFFL="")
    data = small.load()
    assert "ADAE: 1 of 11 events of ae are not treatment-emergent and not shown" in map(str, data.findings)
    [note] = [p for p in data.notes if p.code == "data.events_outside"]
    assert (note.value, note.where.subject) == ("1", "0003")


def test_a_hundred_thousand_bad_rows_are_twenty_one_problems(small):
    rows = small.tables["ADTTE"]
    small.tables["ADTTE"] = [{**rows[i % 24], "CNSR": "-1"} for i in range(100_000)]
    codes = [p for p in small.problems() if p.code == "data.cnsr"]
    assert len(codes) == 42  # twenty rows and a count for each of the two endpoints
    assert codes[20].message == "50,000 rows in all: CNSR of PFS is negative; the first 20 are listed"
