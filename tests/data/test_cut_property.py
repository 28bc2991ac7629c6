"""`--cut`: a late cut changes nothing, events grow with the cut, and nobody knows more than was known on that day."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.data import adverse_events, exposure, load_data, responses, subjects, time_to_event
from equipoise.data.cut import CUT_REASON
from equipoise.errors import DataError

START = datetime.date(2020, 1, 1)
LAST = START + datetime.timedelta(days=500)
DAYS = st.integers(min_value=0, max_value=520)
SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def at(small, n: int):
    small.write()
    return load_data(small.protocol, small.folder, cut=START + datetime.timedelta(days=n))


def test_a_cut_after_the_last_date_changes_nothing(small):
    plain, cut = small.load(), small.load(cut=LAST)
    for endpoint in ("pfs", "os"):
        assert time_to_event(small.protocol, cut, endpoint, "itt").equals(
            time_to_event(small.protocol, plain, endpoint, "itt")
        )
    assert responses(small.protocol, cut, "orr", "itt").equals(responses(small.protocol, plain, "orr", "itt"))
    assert adverse_events(small.protocol, cut, "ae", "safety").equals(
        adverse_events(small.protocol, plain, "ae", "safety")
    )
    assert exposure(small.protocol, cut, "safety").equals(exposure(small.protocol, plain, "safety"))
    assert cut.adsl.equals(plain.adsl)
    assert cut.cut == LAST
    assert plain.cut is None


@SETTINGS
@given(n=DAYS)
def test_nothing_is_dated_after_the_cut(small, n):
    data = at(small, n)
    day = START + datetime.timedelta(days=n)
    frame = time_to_event(small.protocol, data, "os", "itt")
    assert (frame["ADT"] <= day).all()
    assert (frame["time"] == (frame["ADT"] - frame["STARTDT"]).dt.total_days() + 1).all()
    for column in ("RANDDT", "TRTSDT", "TRTEDT", "DTHDT", "EOSDT"):
        assert (data.adsl[column].drop_nulls() <= day).all()
    assert data.adsl.filter((pl.col("DTHFL") == "Y") & pl.col("DTHDT").is_null()).is_empty()
    events = adverse_events(small.protocol, data, "ae", "safety")
    assert (events["start"] <= day).all()
    assert (events["end"].drop_nulls() <= day).all()
    assert (exposure(small.protocol, data, "safety")["days"].drop_nulls() > 0).all()


@SETTINGS
@given(pair=st.tuples(DAYS, DAYS).map(sorted))
def test_events_times_and_subjects_grow_with_the_cut(small, pair):
    early, late = (time_to_event(small.protocol, at(small, n), "pfs", "itt") for n in pair)
    joined = early.join(late, on="USUBJID", suffix="_late", how="left")
    assert joined["time_late"].null_count() == 0
    assert (joined["time"] <= joined["time_late"]).all()
    assert (joined["status"] <= joined["status_late"]).all()
    assert early.height <= late.height


@SETTINGS
@given(pair=st.tuples(DAYS, DAYS).map(sorted))
def test_who_had_the_event_before_the_cut_keeps_it(small, pair):
    full = time_to_event(small.protocol, small.load(), "pfs", "itt")
    cut = time_to_event(small.protocol, at(small, pair[0]), "pfs", "itt")
    day = START + datetime.timedelta(days=pair[0])
    before = full.filter(pl.col("ADT") <= day)
    kept = cut.filter(pl.col("USUBJID").is_in(before["USUBJID"].to_list()))
    assert kept.select("USUBJID", "time", "status", "reason").equals(
        before.select("USUBJID", "time", "status", "reason")
    )
    rest = cut.filter(~pl.col("USUBJID").is_in(before["USUBJID"].to_list()))
    assert (rest["status"] == 0).all()
    assert (rest["reason"] == CUT_REASON).all()


def test_a_cut_in_the_middle(small):
    """On day 60 seven subjects are randomized; the first has just progressed, and that counts."""
    data = at(small, 60)
    frame = time_to_event(small.protocol, data, "pfs", "itt")
    assert frame["USUBJID"].to_list() == [f"00{i:02d}" for i in range(1, 8)]
    assert frame["time"].to_list() == [61.0, 51.0, 41.0, 31.0, 21.0, 11.0, 1.0]
    assert frame["status"].to_list() == [1, 0, 0, 0, 0, 0, 0]
    assert subjects(small.protocol, data, "safety").height == 6  # the seventh is treated a day later
    assert adverse_events(small.protocol, data, "ae", "safety").height == 5
    assert responses(small.protocol, data, "orr", "itt")["response"].to_list() == ["CR", "PR"] + ["MISSING"] * 5
    assert exposure(small.protocol, data, "safety")["days"].to_list() == [60.0, 50.0, 40.0, 30.0, 20.0, 10.0]
    assert data.adsl["DTHFL"].drop_nulls().to_list() == []
    codes = {p.code for p in data.notes}
    assert "data.cut_subjects" in codes
    assert any(f.text.startswith("pfs: 6 records censored at the cut 2020-03-01") for f in data.findings)
    assert "ADTTE" not in data.tables


def test_a_cut_before_anybody_was_randomized_is_an_error(small):
    with pytest.raises(DataError, match="before anybody was randomized") as caught:
        at(small, -1)
    assert caught.value.problems[0].cure == "cut at 2020-01-01 or later"


def test_undoing_what_came_later(small):
    data = at(small, 205)  # the first subject dies on day 200, the fourth on day 281
    row = {r["USUBJID"]: r for r in data.adsl.iter_rows(named=True)}
    assert (row["0001"]["DTHFL"], row["0001"]["EOSSTT"]) == ("Y", "DISCONTINUED")
    assert (row["0004"]["DTHFL"], row["0004"]["EOSSTT"], row["0004"]["DCSREAS"]) == (None, "ONGOING", None)
    assert row["0012"]["EOTSTT"] is None  # never treated
    assert row["0011"]["EOTSTT"] == "ONGOING"


def test_a_fatal_outcome_after_the_cut_is_not_known(small):
    small.set("ADAE", 1, AEOUT="FATAL", AESER="Y", AETOXGR="5", AENDT="2020-07-19")
    assert adverse_events(small.protocol, small.load(), "ae", "safety")["fatal"].sum() == 1
    data = at(small, 100)
    events = adverse_events(small.protocol, data, "ae", "safety")
    assert events["fatal"].sum() == 0
    assert events["grade"][0] is None
    assert any(p.code == "data.cut_grade" and p.where.subject == "0001" for p in data.notes)


def test_without_dates_there_is_no_cut(small):
    small.drop("ADTTE", "ADT", "STARTDT")
    small.drop("ADSL", "RANDDT", "TRTSDT")
    with pytest.raises(DataError) as raised:
        small.load(cut=LAST)
    codes = {p.code for p in raised.value.problems}
    assert "data.cut_impossible" in codes
    assert "without --cut" in raised.value.problems[0].cure


def test_times_alone_are_cut_from_the_date_of_randomization(small):
    expected = time_to_event(small.protocol, at(small, 100), "pfs", "itt")
    small.drop("ADTTE", "ADT", "STARTDT")
    for row in small.tables["ADTTE"]:
        row["AVAL"] = str(int(row["AVAL"]) - 1)  # without dates the day of randomization is day 0
    frame = time_to_event(small.protocol, at(small, 100), "pfs", "itt")
    assert frame["status"].to_list() == expected["status"].to_list()
    assert frame["time"].to_list() == [t - 1 for t in expected["time"]]


def test_a_cut_before_any_response(small):
    frame = responses(small.protocol, at(small, 10), "orr", "itt")
    assert frame["response"].to_list() == ["MISSING", "MISSING"]


def test_a_cut_stands_in_for_the_declared_one(small):
    small.replace("data: {format: adam}", "data: {format: adam, cut: 2021-04-20}")
    assert any(p.code == "data.after_cut" for p in small.problems())
    assert [p for p in small.problems(cut=datetime.date(2021, 4, 20)) if p.severity == "error"] == []
    assert any(p.code == "data.after_cut" for p in small.problems(cut=datetime.date(2021, 4, 21)))


def test_undated_responses_can_not_be_cut(small):
    small.set("ADRS", 3, ADT="")
    assert [p for p in small.problems() if p.severity == "error"] == []
    with pytest.raises(DataError) as raised:
        small.load(cut=LAST)
    [problem] = [p for p in raised.value.problems if p.severity == "error"]
    assert (problem.code, problem.where.row, problem.where.subject) == ("data.cut_undated", 3, "0003")
