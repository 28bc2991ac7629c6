"""PATINA as published: each number of the paper comes out of the cohort's own analysis, or its miss is known.

Two oracles: equipoise's analysis of the folder, and formulas written out here over the files as they lie on disk.
"""

from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from pathlib import Path

import pytest

from equipoise import Trial
from equipoise.evidence.facts.read import load_facts
from equipoise.evidence.reconstruct.cohort import COHORTS, reconstruct_facts, summary_lines

FACTS = Path(__file__).parents[3] / "examples" / "patina" / "facts.yaml"
MONTH = 30.4375
LABELS = {"Palbociclib + maintenance": "palbo", "Maintenance": "standard"}
MISSED = {("response_rate of orr in standard, upper limit"): "30.0%"}
TWICE = {("clinical_benefit_rate of orr in standard, upper limit"): "85.6%"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return reconstruct_facts(FACTS, tmp_path_factory.mktemp("patina") / "cohort")


@pytest.fixture(scope="module")
def results(made):
    return Trial.load(made.out).analyze(made.out / "data")


def rows(made, table):
    with (made.out / "data" / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def people(made):
    """Subject → arm, strata, and by parameter (days, event)."""
    found = {}
    for row in rows(made, "adsl"):
        strata = tuple(row[name] for name in ("PERTUZ", "PRHER2", "INDRESP", "ENDOCR"))
        found[row["USUBJID"]] = {"arm": LABELS[row["TRT01P"]], "strata": strata, "row": row}
    for row in rows(made, "adtte"):
        found[row["USUBJID"]][row["PARAMCD"]] = (int(row["AVAL"]), row["CNSR"] == "0")
    return found


def arm_times(people, parameter, arm):
    return sorted(
        one[parameter] for one in people.values() if one["arm"] in (arm, arm or one["arm"]) and parameter in one
    )


def kaplan_meier(times, z=1.959963984540054):
    """(day, survival, lower, upper) after each day with events; log-log limits, by the textbook."""
    out, survival, variance = [], 1.0, 0.0
    for day in sorted({day for day, event in times if event}):
        at_risk = sum(1 for other, _ in times if other >= day)
        died = sum(1 for other, event in times if event and other == day)
        survival *= 1 - died / at_risk
        variance += died / (at_risk * (at_risk - died)) if at_risk > died else math.inf
        if 0 < survival < 1:
            width = z * math.sqrt(variance) / abs(math.log(survival))
            out.append((day, survival, survival ** math.exp(width), survival ** math.exp(-width)))
        else:
            out.append((day, survival, 0.0, 0.0))
    return out


def first_below(curve, column):
    return next((row[0] for row in curve if row[column] < 0.5), None)


def stratified_cox(people, parameter):
    """Efron's partial likelihood over all risk sets, Newton's method from 0."""
    strata = defaultdict(list)
    for one in people.values():
        strata[one["strata"]].append((*one[parameter], one["arm"] == "palbo"))
    sets = []
    for members in strata.values():
        for day in {day for day, event, _ in members if event}:
            ones = sum(1 for other, _, x in members if other >= day and x)
            zeros = sum(1 for other, _, x in members if other >= day and not x)
            dead = [x for other, event, x in members if event and other == day]
            sets.append((ones, zeros, sum(dead), len(dead) - sum(dead)))
    beta = 0.0
    for _ in range(30):
        score = information = 0.0
        for ones, zeros, first, second in sets:
            score += first
            for k in range(first + second):
                share = k / (first + second)
                a = (ones - share * first) * math.exp(beta)
                chance = a / (a + zeros - share * second)
                score -= chance
                information += chance * (1 - chance)
        beta += score / information
    return beta, 1 / math.sqrt(information)


def test_every_printed_number_is_accounted_for(made):
    status = {one.name: one.status for one in made.reproduced}
    assert len(made.reproduced) == 44
    assert {name for name, one in status.items() if one == "miss"} == set(MISSED)
    assert {name for name, one in status.items() if one == "margin"} == set(TWICE)
    assert sum(one == "hit" for one in status.values()) == 42
    assert not [name for name, one in status.items() if one == "not_rebuilt"]


def test_misses_say_why_with_their_arithmetic(made):
    (miss,) = made.misses
    assert (miss.printed, miss.found) == ("30.0%", "30.9%")
    assert "57 of 230" in miss.cause
    assert "30.88%" in miss.cause
    assert any("85.55%" in one.cause for one in made.reproduced if one.status == "margin")
    assert any("no count of 257" in note and "248" in note for note in made.notes)
    lines = summary_lines(made)
    assert lines[0].startswith("SYNTHETIC DATA")
    assert any("printed 30.0%, gives 30.9%" in line for line in lines)


def test_progression_free_survival_by_hand(people):
    printed = {"palbo": (44.3, 32.4, 56.8, 46.5), "standard": (29.1, 23.3, 38.6, 38.3)}
    for arm, (median, lower, upper, landmark) in printed.items():
        curve = kaplan_meier(arm_times(people, "PFS", arm))
        assert round(first_below(curve, 1) / MONTH, 1) == median
        assert round(first_below(curve, 2) / MONTH, 1) == lower
        assert round(first_below(curve, 3) / MONTH, 1) == upper
        assert round(100 * [row for row in curve if row[0] <= 48 * MONTH][-1][1], 1) == landmark


@pytest.mark.parametrize(("parameter", "printed"), [("PFS", (0.75, 0.59, 0.96)), ("OS", (0.86, 0.61, 1.23))])
def test_stratified_hazard_ratios_by_hand(people, parameter, printed):
    beta, error = stratified_cox(people, parameter)
    found = [math.exp(beta + z * error) for z in (0.0, -1.959963984540054, 1.959963984540054)]
    assert tuple(round(x, 2) for x in found) == printed


def test_p_of_the_analysis(results):
    p = results.one(analysis="pfs_main", statistic="p_value", method="log_rank.stratified.two_sided", hypothesis="")
    assert round(p.value, 2) == 0.02
    assert p.sides == 2


def test_responses_and_durations_by_hand(made, people):
    best = {row["USUBJID"]: row["AVALC"] for row in rows(made, "adrs")}
    counts = {"palbo": (76, 231, 232, 261), "standard": (57, 230, 208, 257)}
    medians = {"palbo": (44.9, 27.1, 51.6), "standard": (30.8, 26.0, None)}
    for arm, (responders, denominator, benefit, size) in counts.items():
        mine = {name: one for name, one in people.items() if one["arm"] == arm}
        inside = [name for name, one in mine.items() if one["row"]["NOCRFL"] == "Y"]
        assert (len(mine), len(inside)) == (size, denominator)
        assert sum(best[name] in ("CR", "PR") for name in inside) == responders
        lasting = [
            n for n, one in mine.items() if best[n] in ("CR", "PR") or (best[n] == "SD" and one["PFS"][0] >= 168)
        ]
        assert len(lasting) == benefit
        curve = kaplan_meier(arm_times(people, "DOR", arm))
        found = [first_below(curve, column) for column in (1, 2, 3)]
        assert tuple(None if x is None else round(x / MONTH, 1) for x in found) == medians[arm]


def test_deaths_follow_up_and_adverse_events_by_hand(made, people):
    for arm, deaths in (("palbo", 60), ("standard", 63)):
        assert sum(event for _, event in arm_times(people, "OS", arm)) == deaths
    followed = kaplan_meier([(day, not event) for day, event in arm_times(people, "OS", "")])
    assert round(first_below(followed, 1) / MONTH, 1) == 53.5
    worst = defaultdict(int)
    for row in rows(made, "adae"):
        worst[row["USUBJID"]] = max(worst[row["USUBJID"]], int(row["AETOXGR"]))
    for arm, size, third, fourth in (("palbo", 261, 79.7, 10.0), ("standard", 248, 30.6, 3.6)):
        treated = [n for n, one in people.items() if one["arm"] == arm and one["row"]["SAFFL"] == "Y"]
        assert len(treated) == size
        assert round(100 * sum(worst[n] == 3 for n in treated) / size, 1) == third
        assert round(100 * sum(worst[n] == 4 for n in treated) / size, 1) == fourth


def test_the_other_cut_is_not_mixed_in(made):
    file = load_facts(FACTS)
    cuts = {file.cut_of(file.facts.facts[one.position]) for one in made.reproduced}
    assert cuts == {"paper"}
    assert sum(file.cut_of(fact) == "sabcs_2024" for fact in file.facts.facts) == 11


def test_everything_else_is_a_range_over_cohorts_that_fit_alike(made, results):
    ranges = json.loads((made.out / "data" / "ranges.json").read_text())
    assert made.cohorts == ranges["cohorts"] == COHORTS + 1 == 21
    assert not set(ranges["printed"]) & set(ranges["ranges"])
    year = results.one(analysis="pfs_main", statistic="survival", arm="palbo", time=12)
    assert year.value is None
    assert year.why() == "range"
    assert 0.6 < year.lower < year.upper < 0.95
    assert "21 synthetic cohorts" in year.method_text
    events = results.one(analysis="pfs_main", statistic="events", arm="palbo")
    assert events.lower < events.upper
    printed = results.one(analysis="pfs_main", statistic="median", arm="palbo")
    assert round(printed.value / MONTH, 1) == 44.3
    landmark = results.one(analysis="pfs_main", statistic="survival", arm="palbo", time=48)
    assert round(100 * landmark.value, 1) == 46.5
    assert (landmark.lower, landmark.upper, landmark.conf_level) == (None, None, None)  # limits were not printed
    assert {row.origin for row in results} == {"synthetic"}


def test_no_subgroup_and_no_new_p(made, results, tmp_path):
    kept = {row.id for row in results if row.key.statistic.endswith("p_value")}
    assert kept
    assert all("pfs_main.p_value" in name and "log_rank.stratified" in name for name in kept)
    # not even for somebody who asks for them
    text = (made.out / "trial.yaml").read_text()
    asked = text.replace("subgroups: []", "subgroups: [pertuzumab, induction]", 1)
    assert asked != text
    (tmp_path / "trial.yaml").write_text(asked)
    more = Trial.load(tmp_path).analyze(made.out / "data")
    assert {row.id for row in more} == {row.id for row in results}


def test_the_mark_is_everywhere(made):
    for path in made.out.rglob("*"):
        if path.is_file():
            assert "SYNTHETIC" in path.read_text().upper(), path
    for table in ("adsl", "adtte", "adrs", "adae"):
        found = rows(made, table)
        assert {row["SYNTHFL"] for row in found} == {"Y"}
        assert all(row["USUBJID"].startswith("SYNTHETIC-") for row in found)
