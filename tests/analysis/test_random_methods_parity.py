"""Six odd trials that declare every method at once, files to rows, against R: tests/reference/random_methods."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from equipoise import Results, Trial

REFERENCE = Path(__file__).parents[1] / "reference" / "random_methods"
TRIALS = ("t152", "t181", "t189", "t199", "t235", "t249")
NUMBERS = ("value", "lower", "upper", "se", "df")
NEAR = {"close": 1e-8, "numeric": 2e-6, "tail": 1.5e-2}


@pytest.fixture(scope="module", params=TRIALS)
def trial(request, tmp_path_factory) -> tuple[str, Results]:
    folder = tmp_path_factory.mktemp(request.param)
    for ending in ("yaml", "csv"):
        name = f"{request.param}.{ending}"
        (folder / name).write_bytes((REFERENCE / name).read_bytes())
    return request.param, Trial.load(folder / f"{request.param}.yaml").analyze(folder)


def place(row) -> str:
    key = row.key
    groups = ";".join(f"{factor}={level}" for factor, level in key.groups)
    time = "" if key.time is None else f"{key.time:.10g}"
    return "|".join((key.analysis, key.statistic, key.arm, key.versus, groups, time, key.method, key.interval))


def test_every_number_is_that_of_r(trial) -> None:
    name, results = trial
    ours = {place(row): row for row in results}
    with (REFERENCE / "random_methods.csv").open() as file:
        answers = [row for row in csv.DictReader(file) if row["trial"] == name]
    compared = 0
    for answer in answers:
        row = ours[answer["row"]]
        for field in NUMBERS:
            mine = getattr(row, field)
            # No event in either arm has a difference of 0 and, here, no standard error; R's sum of two zeros has one.
            if not answer[field] or (mine is None and "no standard error" in row.why(field)):
                continue
            near = NEAR[answer["close"]]
            assert mine == pytest.approx(float(answer[field]), rel=near, abs=1e-10), (row.id, field, row.why())
            compared += 1
    assert compared > 250


def test_what_is_missing_has_a_reason_and_what_is_there_is_finite(trial) -> None:
    _, results = trial
    for row in results:
        for field in ("value", "lower", "upper", "se"):
            number = getattr(row, field)
            assert number is None or math.isfinite(number), (row.id, field)
        if row.value is None and row.text is None:
            assert row.why(), row.id
            assert row.why() != "not estimable", row.id
