"""Ways to print an interval, a P value and a change that pages use; sentences of ours."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims import extract
from equipoise.evidence.claims.statements import find_statements
from equipoise.evidence.document import Document
from equipoise.evidence.rules import judge


def _values(text: str) -> list[tuple[str, float | None]]:
    return [(claim.measure, None if claim.value is None else claim.value.value) for claim in find_statements(text)]


def _contradicted(text: str) -> list[str]:
    return [f.sentence for f in judge(extract(Document("text", text))) if f.verdict == "contradicted"]


@pytest.mark.parametrize(
    "text",
    [
        "HR 0.75 (95% CI 0.59~0.96).",
        "HR 0,75; IC95% 0,59-0,96.",
        "HR 0,75 (IC 95%: 0,59 a 0,96).",
        "(HR: 0.75, CI95%: 0.59-0.96)",
        "HR 0.75 (CI95 0.59-0.96)",
        "HR0.75 (95%CI0.59-0.96)",
        "HR 0.75 (95% CI, 0.59\u00e2\u20ac\u201c0.96)",
        "HR 0.75 (0.59\u01010.96)",
        "The hazard ratio was 0.75 95% (CI: 0.59-0.96).",
    ],
)
def test_limits_in_other_dress(text):
    (claim,) = find_statements(text)
    assert claim.measure == "hazard_ratio"
    assert claim.interval is not None
    assert (claim.value.value, claim.interval.lower.value, claim.interval.upper.value) == (0.75, 0.59, 0.96)


def test_a_lost_sign_of_a_small_p_value():
    (claim,) = find_statements("Pain was less with the drug (P , .001).")
    assert claim.p.number.bound == "<"


@pytest.mark.parametrize(
    "text",
    ["Posted 07/03/2019 at 11:58:47.", "Tumors had to express programmed death ligand 1.", "P = .NS, version 1.2.3."],
)
def test_no_claim(text):
    assert _values(text) == []


def test_from_one_number_to_another_is_no_interval():
    assert _values("Deaths fell from 16.0% to 12.5%.") == [("proportion", 16.0), ("proportion", 12.5)]
    assert _contradicted("Deaths fell from 16.0% to 12.5%; readmissions rose from 9.5% to 12%.") == []
    (claim,) = find_statements("Response rates of 17% to 22% were seen.")
    assert claim.interval is not None


def test_a_range_of_others_is_not_that_of_the_number():
    assert _contradicted("Costs were 17.8% of income in that year, and elsewhere they ranged from 9.6% to 12.4%.") == []
    assert _contradicted("The median age was 49 years (range, 52 to 70).") != []


def test_absolute_and_relative_reductions_are_told_apart():
    assert _values("an absolute risk reduction of 3.5%") == [("risk_difference", 3.5)]
    text = "There was an absolute reduction of 3.5% and a relative reduction of 22% (hazard ratio 0.78)."
    assert [measure for measure, _ in _values(text)] == ["risk_difference", "risk_reduction", "hazard_ratio"]
    assert _contradicted("The absolute risk reduction was 3.5% (risk ratio 0.78).") == []


def test_lists_of_days_and_doses_are_no_people():
    assert _values("Harms were assessed at 2, 8, 15, 29, and 43 days after dosing in the trial.") == []
    assert _values("Blood spots from 12, 24, and 36 weeks of age were tested in a subset.") == []
    assert [value for _, value in _values("Doses of 5, 10, and 20 mg went to 12, 14, and 13 patients.")] == [12, 14, 13]


def test_numbers_of_references_are_no_events():
    assert _values("The rate with no treatment [26, 30] and the events with the drug [33] were compared.") == []
    (claim,) = find_statements("The median was 12 months [8, 15].")
    assert claim.interval is not None


def test_limits_of_confidence_by_another_name():
    (claim,) = find_statements(
        "Weight changed by \u221215.% (95% self-assurance interval [CI], \u221215.9 to \u221214.2)."
    )
    assert (claim.value.value, claim.interval.lower.value, claim.interval.upper.value) == (-15.0, -15.9, -14.2)


def test_a_minus_after_another_number_of_a_row():
    (claim,) = [
        one
        for one in find_statements("Week 24 \u20131.03 0.05 \u20131.08 (\u20131.44, \u20130.72) and the rest")
        if one.interval
    ]
    assert claim.value.value == -1.08
