"""Three odd trials, from files to rows, against R survival: see tests/reference/random_trials/random_trials.R."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from equipoise import Trial

REFERENCE = Path(__file__).parents[1] / "reference" / "random_trials"
TRIALS = ("t187", "t361", "t384")
EXACT = ("median", "quantile", "follow_up_median")
NUMBERS = ("value", "lower", "upper", "se", "df")


def answers(name: str) -> list[dict[str, str]]:
    with (REFERENCE / "random_trials.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["trial"] == name]


@pytest.mark.parametrize("name", TRIALS)
def test_every_number_is_that_of_r(name: str) -> None:
    results = Trial.load(REFERENCE / f"{name}.yaml").analyze(REFERENCE)
    ours = {}
    for row in results:
        key = row.key
        groups = ";".join(f"{factor}={level}" for factor, level in key.groups)
        time = "" if key.time is None else f"{key.time:.10g}"
        place = (key.analysis, key.statistic, key.arm, key.versus, groups, time, key.method, key.interval)
        ours["|".join(place)] = row
    compared = 0
    for answer in answers(name):
        if answer["row"].startswith("follow_up") and answer["row"] not in ours:
            continue  # the script gives both interval and level of each analysis; a trial has one
        row = ours[answer["row"]]
        for field in NUMBERS:
            if answer[field]:
                expected = float(answer[field])
                exactly = row.key.statistic in EXACT
                tolerance = {"rel": 0, "abs": 0} if exactly else {"rel": 1e-8, "abs": 1e-12}
                assert getattr(row, field) == pytest.approx(expected, **tolerance), (row.id, field)
                compared += 1
    assert compared > 200


@pytest.mark.parametrize("name", TRIALS)
def test_what_r_cannot_estimate_has_no_number_here(name: str) -> None:
    """A hazard ratio that R leaves without a finite maximum is missing from its answers, and from ours."""
    results = Trial.load(REFERENCE / f"{name}.yaml").analyze(REFERENCE)
    known = {answer["row"] for answer in answers(name)}
    for row in results.select(statistic="hazard_ratio"):
        groups = ";".join(f"{factor}={level}" for factor, level in row.key.groups)
        key = row.key
        place = (key.analysis, key.statistic, key.arm, key.versus, groups, "", key.method, key.interval)
        assert (row.value is not None) == ("|".join(place) in known), (row.id, row.why())
