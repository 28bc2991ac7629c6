"""Every number in examples/colon/README.md is what the example computes."""

from __future__ import annotations

import csv
import re

import pytest

from equipoise import Trial

ARMS = {"Levamisole + fluorouracil": "lev_5fu", "Levamisole": "lev"}
ANALYSES = {
    "recurrence": "recurrence_cause_specific",
    "death": "os_main",
    "disease-free survival": "dfs_main",
    "overall survival": "os_main",
}


@pytest.fixture(scope="module")
def page(root):
    return (root / "examples" / "colon" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def results(root):
    return Trial.load(root / "examples" / "colon").analyze()


def rows(page, width):
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    return [cells for cells in lines if len(cells) == width and cells[0]]


def one(results, analysis, statistic, arm, method):
    return results.one(analysis=analysis, statistic=statistic, arm=arm, method=method, groups=(), hypothesis="")


def test_reductions(page, results):
    found = rows(page, 4)
    assert [(cells[0], cells[1]) for cells in found] == [
        ("Levamisole + fluorouracil, recurrence", "40%"),
        ("Levamisole + fluorouracil, death", "33%"),
        ("Levamisole, recurrence", "2%"),
        ("Levamisole, death", "6%"),
    ]
    for what, _, stratified, plain in found:
        arm, event = what.rsplit(", ", 1)
        for shown, method in ((stratified, "cox.efron.stratified"), (plain, "cox.efron")):
            value = one(results, ANALYSES[event], "hazard_reduction", ARMS[arm], method).value
            assert shown == f"{100 * value:.1f}%", (what, method)


def test_ratios_and_events(page, results):
    found = rows(page, 3)
    assert len(found) == 4
    for what, ratio, events in found:
        endpoint, arm = what.split(", ")
        analysis, arm = ANALYSES[endpoint.lower()], ARMS[arm[0].upper() + arm[1:]]
        row = one(results, analysis, "hazard_ratio", arm, "cox.efron.stratified")
        assert ratio == f"{row.value:.2f} ({row.lower:.2f} to {row.upper:.2f})", what
        counts = [one(results, analysis, "events", name, "").value for name in (arm, "obs")]
        assert events == f"{counts[0]:.0f} and {counts[1]:.0f}", what


def test_numbers_in_the_text(page, results, root):
    follow_up = results.one(analysis="follow_up", statistic="follow_up_median", arm="").value / 365.25
    assert f"Our median follow-up is {follow_up:.1f} years." in page
    with (root / "examples" / "colon" / "data" / "colon.csv").open() as file:
        table = list(csv.DictReader(file))
    by_patient = {}
    for row in table:
        by_patient.setdefault(row["id"], {})[row["etype"]] = row
    assert f"{len(by_patient)} patients" in page
    died_without = [both for both in by_patient.values() if both["2"]["status"] == "1" and both["1"]["status"] == "0"]
    assert f"{len(died_without)} patients who died without a recurrence" in page
    # ... and they are censored at their death.
    assert all(both["1"]["time"] == both["2"]["time"] for both in died_without)
    assert all(row["node4"] for row in table)


def test_the_sentence_about_death_rounds_the_table(page, results):
    combined = one(results, "os_main", "hazard_reduction", "lev_5fu", "cox.efron.stratified").value
    alone = one(results, "os_main", "hazard_reduction", "lev", "cox.efron.stratified").value
    text = re.sub(r"\s+", " ", page)
    assert f"we find {100 * combined:.0f}% where 33% was published" in text
    assert f"{100 * alone:.0f}% where 6% was" in text


def test_incidence(page, results):
    found = rows(page, 5)
    arms = {"Observation": "obs", **ARMS}
    assert [cells[0] for cells in found] == ["Observation", "Levamisole", "Levamisole + fluorouracil"]
    pick = {"analysis": "recurrence_incidence"}
    for what, events, competing, incidence, ratio in found:
        arm = arms[what]
        assert float(events) == results.one(**pick, statistic="events", arm=arm).value
        assert float(competing) == results.one(**pick, statistic="competing_events", arm=arm).value
        row = results.one(**pick, statistic="cumulative_incidence", arm=arm, time=5, groups=(("cause", "event"),))
        assert incidence == f"{100 * row.value:.1f}% ({100 * row.lower:.1f} to {100 * row.upper:.1f})"
        if arm != "obs":
            hazard = results.one(**pick, statistic="subdistribution_hazard_ratio", arm=arm)
            assert ratio == f"{hazard.value:.2f} ({hazard.lower:.2f} to {hazard.upper:.2f})"
    naive = 1 - results.one(**pick, statistic="survival", arm="obs", time=5).value
    assert f"({100 * naive:.1f}% under observation)" in page
    assert f"{sum(float(cells[2]) for cells in found):.0f} patients who died without a recurrence" in page
