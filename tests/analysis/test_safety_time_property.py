"""Adverse events over time, three methods held against each other on random trials."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.analysis.safety_counts import mean_count_rows
from equipoise.analysis.safety_first import first_event_rows
from equipoise.analysis.safety_incidence import incidence_rows
from equipoise.analysis.safety_overview import categories
from equipoise.analysis.safety_time import timed_of
from equipoise.data import AtRisk
from equipoise.protocol.loading import loads_protocol
from equipoise.results import Curve, Results

TRIAL = """
equipoise: 1
trial: {id: T, title: A trial}
time: {unit: days, data_unit: days}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
populations: {safety: {arm: actual}}
endpoints: {ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}}}
analysis:
  ae_main:
    endpoint: ae
    population: safety
    mean_cumulative_count: {of: [any, serious], times: [3, 5, 8]}
    first_event: {of: [any, serious], times: [3, 5, 8]}
"""
PROTOCOL = loads_protocol(TRIAL)
SPEC = PROTOCOL.analysis["ae_main"]
START = datetime.date(2024, 1, 1)


@st.composite
def trials(draw):
    """Subjects (arm, last day, died) and events (subject, day, serious)."""
    people = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 9), st.booleans()), min_size=2, max_size=14))
    events = []
    for who, (_, last, _) in enumerate(people):
        for day in draw(st.lists(st.integers(1, last), max_size=3)):
            events.append((who, day, draw(st.booleans())))
    return people, events


def analyze(people, events, *, swap=False):
    arm = [1 - one[0] if swap else one[0] for one in people]
    frame = pl.DataFrame(
        {"USUBJID": [f"S{i}" for i in range(len(people))], "arm": arm, "days": [float(one[1]) for one in people],
         "died": [one[2] for one in people]},
        schema={"USUBJID": pl.String, "arm": pl.Int32, "days": pl.Float64, "died": pl.Boolean},
    )  # fmt: skip
    rows = [(f"S{i}", arm[i], "Skin", "Rash", 1, serious, False, False, False, START, float(day))
            for i, day, serious in events]  # fmt: skip
    names = ("USUBJID", "arm", "soc", "term", "grade", "serious", "related", "discontinuation", "fatal", "start", "day")
    types = (pl.String, pl.Int32, pl.String, pl.String, pl.Int8, *[pl.Boolean] * 4, pl.Date, pl.Float64)
    found = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
    risk = AtRisk(frame, found, until="the last dose")
    timed = timed_of(PROTOCOL, "ae_main", frame, risk, categories(found, "grade"))
    made = [
        *incidence_rows(PROTOCOL, timed, conf_level=0.95),
        *mean_count_rows(PROTOCOL, timed, SPEC.mean_cumulative_count),
        *first_event_rows(PROTOCOL, timed, SPEC.first_event),
    ]
    curves = tuple(row for row in made if isinstance(row, Curve))
    return Results(tuple(row for row in made if not isinstance(row, Curve)), curves)


def value(found, statistic, **key):
    category = key.pop("category")
    return found.one(statistic=statistic, groups={"category": category}, **key).value


@settings(deadline=None, max_examples=40)
@given(trials())
def test_methods_bound_each_other(rules, trial):
    people, events = trial
    found = analyze(people, events)
    rules(PROTOCOL, found)
    for arm, code in (("new", 0), ("old", 1)):
        own = [i for i, one in enumerate(people) if one[0] == code]
        for category in ("any", "serious"):
            with_one = {i for i, _, serious in events if i in own and (serious or category == "any")}
            assert value(found, "events", arm=arm, category=category) == len(with_one)
            rate = found.one(statistic="ae_incidence_rate", arm=arm, groups={"category": category})
            assert rate.events == len(with_one)
            for time in (3.0, 5.0, 8.0):
                key = {"arm": arm, "category": category, "time": time}
                mean = value(found, "mean_count", **key)
                competing = value(found, "cumulative_incidence", method="aalen_johansen", **key)
                alone = value(found, "cumulative_incidence", method="kaplan_meier", **key)
                if competing is not None and alone is not None:
                    assert competing <= alone + 1e-12  # death can't lead to an event
                # Without censoring before then, everyone with an event has at least one.
                if own and all(people[i][1] >= time or people[i][2] for i in own):
                    assert mean is not None
                    assert competing is not None
                    assert competing == pytest.approx(
                        len({i for i, day, s in events if i in own and day <= time and (s or category == "any")})
                        / len(own),
                        abs=1e-12,
                    )
                    assert mean >= competing - 1e-12


@settings(deadline=None, max_examples=25)
@given(trials())
def test_exchanged_arms_exchange_signs(trial):
    one, two = analyze(*trial), analyze(*trial, swap=True)
    for category in ("any", "serious"):
        for time in (3.0, 5.0):
            key = {"arm": "new", "versus": "old", "category": category, "time": time}
            a, b = value(one, "mean_count_difference", **key), value(two, "mean_count_difference", **key)
            assert (a is None) == (b is None)
            assert a is None or a == pytest.approx(-b, abs=1e-12)
            p, q = (value(r, "p_value", method="mean_cumulative_count.difference.two_sided", **key) for r in (one, two))
            assert (p is None) == (q is None)
            assert p is None or p == pytest.approx(q, abs=1e-12)
        key = {"arm": "new", "versus": "old", "category": category}
        a, b = (value(r, "z", method="log_rank", **key) for r in (one, two))
        assert (a is None) == (b is None)
        assert a is None or a == pytest.approx(-b, abs=1e-9)
        a, b = value(one, "hazard_ratio", **key), value(two, "hazard_ratio", **key)
        assert (a is None) == (b is None)
        assert a is None or a == pytest.approx(1 / b, rel=1e-6)


@settings(deadline=None, max_examples=25)
@given(trials())
def test_without_deaths_the_two_incidences_are_one(trial):
    people, events = trial
    found = analyze([(arm, last, False) for arm, last, _ in people], events)
    for arm in ("new", "old"):
        for time in (3.0, 5.0, 8.0):
            key = {"arm": arm, "category": "any", "time": time}
            pair = [value(found, "cumulative_incidence", method=m, **key) for m in ("kaplan_meier", "aalen_johansen")]
            assert (pair[0] is None) == (pair[1] is None)
            assert pair[0] is None or pair[0] == pytest.approx(pair[1], abs=1e-12)
