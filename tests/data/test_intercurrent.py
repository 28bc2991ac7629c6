"""Intercurrent events: censoring or counting at a date of ADSL, another parameter, the first of several endpoints."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from equipoise.data import time_to_event
from equipoise.errors import PlanError
from equipoise.protocol.estimand import Intercurrent

PFS = "{kind: time_to_event, label: Progression-free survival, source: {table: ADTTE, PARAMCD: PFS}"
ESTIMAND = ", estimand: {population: itt, treatment: as assigned, variable: time, summary: hazard_ratio, intercurrent: "


def with_event(small, event: str):
    small.replace(PFS, PFS + ESTIMAND + "{therapy: " + event + "}}")
    data = small.load()
    return time_to_event(small.protocol, data, "pfs", "itt"), data


def test_censored_at_a_date(small):
    """Subject 0005 starts another therapy 40 days after randomization: day 41, as this file counts."""
    plain = time_to_event(small.protocol, small.load(), "pfs", "itt")
    frame, _ = with_event(small, "{strategy: hypothetical, censor_at: NEWTHDT, label: New therapy}")
    changed = frame.filter(pl.col("USUBJID") == "0005").row(0, named=True)
    assert (changed["time"], changed["status"], changed["reason"]) == (41.0, 0, "New therapy")
    assert changed["ADT"] == datetime.date(2020, 3, 21)
    others = pl.col("USUBJID") != "0005"
    assert frame.filter(others).equals(plain.filter(others))


def test_counted_at_a_date(small):
    frame, _ = with_event(small, "{strategy: composite, event_at: NEWTHDT}")
    changed = frame.filter(pl.col("USUBJID") == "0005").row(0, named=True)
    assert (changed["time"], changed["status"], changed["reason"]) == (41.0, 1, "therapy")


@pytest.mark.parametrize(("shift", "time", "status"), [(-1, 112.0, 0), (0, 113.0, 1), (1, 113.0, 1)])
def test_an_event_on_the_day_itself_counts(small, shift, time, status):
    """Subject 0005 progresses 112 days after randomization, day 113."""
    day = datetime.date(2020, 1, 1) + datetime.timedelta(days=40 + 112 + shift)
    small.set("ADSL", 5, NEWTHDT=day.isoformat())
    frame, _ = with_event(small, "{strategy: hypothetical, censor_at: NEWTHDT}")
    row = frame.filter(pl.col("USUBJID") == "0005").row(0, named=True)
    assert (row["time"], row["status"]) == (time, status)


def test_an_analysis_may_choose_another_strategy(small):
    frame, data = with_event(small, "{strategy: hypothetical, censor_at: NEWTHDT}")
    policy = {"therapy": Intercurrent(strategy="treatment_policy")}
    other = time_to_event(small.protocol, data, "pfs", "itt", intercurrent=policy)
    assert not frame.equals(other)
    assert other["time"].to_list() == [61.0 + 13 * i for i in range(12)]


def test_another_parameter(small):
    for row in [row for row in small.tables["ADTTE"] if row["PARAMCD"] == "PFS"]:
        small.tables["ADTTE"].append({**row, "PARAMCD": "PFS2", "CNSR": "1"})
    frame, data = with_event(small, "{strategy: hypothetical, parameter: PFS2}")
    assert "pfs@PFS2" in data.records
    assert frame["status"].sum() == 0
    unknown = {"therapy": Intercurrent(strategy="hypothetical", parameter="PFS9")}
    with pytest.raises(PlanError, match="parameter PFS9"):
        time_to_event(small.protocol, data, "pfs", "itt", intercurrent=unknown)


def test_unknown_date_columns_are_refused(small):
    data = small.load()
    event = {"therapy": Intercurrent(strategy="hypothetical", censor_at="NEWTHDTT")}
    with pytest.raises(PlanError, match="did you mean 'NEWTHDT'"):
        time_to_event(small.protocol, data, "pfs", "itt", intercurrent=event)


def test_first_of_takes_the_earliest_event_else_the_earliest_censoring(small):
    small.replace("  orr:", "  any: {kind: time_to_event, label: Any, source: {first_of: [pfs, os]}}\n  orr:")
    data = small.load()
    pfs, os_, first = (time_to_event(small.protocol, data, name, "itt") for name in ("pfs", "os", "any"))
    for a, b, c in zip(pfs.iter_rows(named=True), os_.iter_rows(named=True), first.iter_rows(named=True), strict=True):
        events = [row["time"] for row in (a, b) if row["status"] == 1]
        assert c["status"] == bool(events)
        assert c["time"] == (min(events) if events else min(a["time"], b["time"]))
    # Subject 0004: no progression seen, then death: the death counts, though progression was censored before it.
    row = first.filter(pl.col("USUBJID") == "0004").row(0, named=True)
    assert (row["status"], row["time"]) == (1, 252.0)


def test_first_of_needs_a_record_of_each(small):
    small.replace("  orr:", "  any: {kind: time_to_event, label: Any, source: {first_of: [pfs, os]}}\n  orr:")
    del small.tables["ADTTE"][1]  # OS of subject 0001
    data = small.load()
    assert "0001" not in time_to_event(small.protocol, data, "any", "itt")["USUBJID"]


def test_a_date_in_months(small):
    small.drop("ADTTE", "PARAM")
    small.replace("data_unit: days", "data_unit: months")
    for row in small.tables["ADTTE"]:
        row["AVAL"] = f"{int(row['AVAL']) / 30.4375:.4f}"
    frame, _ = with_event(small, "{strategy: hypothetical, censor_at: NEWTHDT}")
    row = frame.filter(pl.col("USUBJID") == "0005").row(0, named=True)
    assert row["time"] == pytest.approx(41 / 30.4375, rel=1e-12)


@pytest.mark.parametrize("number", range(1, 13))
@pytest.mark.parametrize(("shift", "earlier"), [(-1, True), (0, False), (1, False)])
def test_the_day_itself_is_known_where_months_are_rounded(small, number, shift, earlier):
    """AVAL with two decimals is up to 0.15 days off; a date on the day of the recorded end is not before it."""
    small.drop("ADTTE", "PARAM")
    small.replace("data_unit: days", "data_unit: months")
    for row in small.tables["ADTTE"]:
        row["AVAL"] = f"{int(row['AVAL']) / 30.4375:.2f}"
    end = 10 * (number - 1) + 60 + 13 * (number - 1)
    day = datetime.date(2020, 1, 1) + datetime.timedelta(days=end + shift)
    small.set("ADSL", number, NEWTHDT=day.isoformat())
    small.replace(PFS, PFS + ESTIMAND + "{therapy: {strategy: hypothetical, censor_at: NEWTHDT}}}")
    data = small.load()
    counted = {"therapy": Intercurrent(strategy="composite", event_at="NEWTHDT")}
    subject = pl.col("USUBJID") == f"{number:04d}"
    recorded = 0 if number % 4 == 0 else 1
    found = time_to_event(small.protocol, data, "pfs", "itt").filter(subject).row(0, named=True)
    assert found["status"] == (0 if earlier else recorded)
    event = time_to_event(small.protocol, data, "pfs", "itt", intercurrent=counted).filter(subject).row(0, named=True)
    assert event["status"] == (1 if earlier or shift == 0 else recorded)
