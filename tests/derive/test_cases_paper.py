"""Cases worked by hand from RECIST 1.1 and the guidances; each says in a sentence why."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from equipoise.data.derive.progression import progression_free_survival
from equipoise.data.derive.response import best_response, clinical_benefit
from equipoise.data.derive.times import duration_of_response, time_to_response

CASES = Path(__file__).parent / "cases"


def load(name):
    return YAML(typ="safe").load((CASES / name).read_text(encoding="utf-8"))


RESPONSES, TIMES = load("response.yaml"), load("times.yaml")


def test_there_are_enough_and_each_says_why():
    ids = [case["id"] for case in RESPONSES + TIMES]
    assert len(ids) == len(set(ids)) > 100
    assert all(len(case["why"]) > 10 for case in RESPONSES + TIMES)


@pytest.mark.parametrize("case", RESPONSES, ids=lambda case: case["id"])
def test_best_response(case, derive_helpers):
    course = derive_helpers.course_of(case)
    assert best_response(course, confirmed=False).response == case["bor"], case["why"]
    confirmed = best_response(course, confirmed=True)
    assert confirmed.response == case["cbor"], case["why"]
    if "date" in case:
        assert confirmed.date == derive_helpers.day(case["date"]), case["why"]
    assert confirmed.decision.endswith(case["cbor"])


@pytest.mark.parametrize("preset", ["fda", "ema"])
@pytest.mark.parametrize("case", TIMES, ids=lambda case: case["id"])
def test_progression_free_survival(case, preset, derive_helpers):
    found = progression_free_survival(derive_helpers.course_of(case, preset))
    expected, status, reason = case[preset]
    assert ((found.date - derive_helpers.START).days, found.status, found.reason) == (expected, status, reason), case[
        "why"
    ]
    assert found.decision.endswith(f"rule {found.rule}")
    assert (": event," in found.decision) == (status == 1)
    assert (found.place == "") == (status == 1)


@pytest.mark.parametrize("case", [case for case in TIMES if "dor" in case], ids=lambda case: case["id"])
def test_duration_of_confirmed_response(case, derive_helpers):
    found = duration_of_response(derive_helpers.course_of(case), confirmed=True)
    if case["dor"] == "none":
        assert found is None
        return
    start, end, status = case["dor"]
    assert (found.start, found.date, found.status) == (derive_helpers.day(start), derive_helpers.day(end), status), (
        case["why"]
    )


@pytest.mark.parametrize("case", [case for case in TIMES if "ttr" in case], ids=lambda case: case["id"])
def test_time_to_confirmed_response(case, derive_helpers):
    course = derive_helpers.course_of(case)
    found = time_to_response(course, confirmed=True, everybody=False)
    everybody = time_to_response(course, confirmed=True, everybody=True)
    if case["ttr"] == "none":
        assert found is None
        assert everybody.status == 2 if case["fda"][1] else everybody.status == 0
        return
    assert (found.date, found.status) == (derive_helpers.day(case["ttr"]), 1)
    assert everybody == found


@pytest.mark.parametrize("case", [case for case in TIMES if "benefit" in case], ids=lambda case: case["id"])
def test_clinical_benefit_at_24_weeks(case, derive_helpers):
    found = clinical_benefit(derive_helpers.course_of(case), minimum_days=168, confirmed=True)
    assert found.response == case["benefit"], case["why"]
