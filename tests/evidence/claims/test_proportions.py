"""Percentages, counts and denominators; reductions; differences; harms."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements


@pytest.mark.parametrize(
    ("text", "value", "count", "denominator"),
    [
        ("167 among 484 patients (34.5%) died", 34.5, 167, 484),
        ("624 of 3003 patients on the drug", None, 624, 3003),
        ("There were 1091 (42.8%) who finished", 42.8, 1091, None),
        ("a further 528 patients (20.7%) still take it", 20.7, 528, None),
        ("755 (47\u00b79%) of 1,577 patients were female", 47.9, 755, 1577),
        ("27 (3\u00b74%) of 800 with the drug", 3.4, 27, 800),
        ("16/14 964 (0\u00b71%) fell ill", 0.1, 16, 14964),
        ("14.2% of patients (649/4581)", 14.2, 649, 4581),
        ("13.9% (639/4601)", 13.9, 639, 4601),
        ("34.5% (167 of 484 patients)", 34.5, 167, 484),
        ("3.1% (n = 11/355) of those", 3.1, 11, 355),
        ("16.9% (295 of 1749)", 16.9, 295, 1749),
        ("399 of 636 patients assigned to the drug (62.7%)", 62.7, 399, 636),
        ("226 [8.9%] with the drug", 8.9, 226, None),
        ("Ten of 45 patients (22%) had a response", 22, 10, 45),
        ("133 of 1218 (10,9%)", 10.9, 133, 1218),
        ("13 deaths in the pembrolizumab arm (2.0%)", 2.0, 13, None),
        ("ORR 68.9% (n=124/180)", 68.9, 124, 180),
        ("three [0.2%] of 1367", 0.2, 3, 1367),
        ("231 of the planned 331 events (70%)", 70, 231, 331),
    ],
)
def test_counts(text: str, value: float | None, count: float, denominator: float | None) -> None:
    (claim,) = find_statements(text)
    assert (claim.value and claim.value.value) == value
    assert claim.count is not None
    assert claim.count.value == count
    assert (claim.denominator and claim.denominator.value) == denominator


@pytest.mark.parametrize(
    ("text", "measure", "value"),
    [
        ("a 25% reduction in the risk of death", "risk_reduction", 25),
        ("cut the risk of death by 25%", "risk_reduction", 25),
        ("a 25% lower risk of relapse", "risk_reduction", 25),
        ("any 28% improvement in the chance of dying", "risk_reduction", 28),
        ("an 87% lower risk", "risk_reduction", 87),
        ("hence 36% fewer deaths", "risk_reduction", 36),
        ("a 20% relative risk reduction", "risk_reduction", 20),
        ("relative risk reduction, 22%", "risk_reduction", 22),
        ("Children were 76 percent less likely to be hospitalized.", "risk_reduction", 76),
        ("VE was 71.7% [95% CI: 56.2\u201382.3]", "risk_reduction", 71.7),
        ("The vaccine was 95% effective in preventing illness.", "risk_reduction", 95),
        ("The drug lowered deaths by one-third.", "risk_reduction", 33.3),
        ("absolute difference, \u22122.6 percentage points", "risk_difference", -2.6),
        ("(difference, 77.1 percentage points; 95% CI, 71.9 to 82.3)", "risk_difference", 77.1),
        ("ARR 2.1%", "risk_difference", 2.1),
        ("5-year OS rates were 80%", "rate", 80),
        ("51.7% were women", "proportion", 51.7),
        ("nearly 80% had a response", "proportion", 80),
        ("One in five people left the study.", "proportion", 20),
        ("two thirds of participants stayed", "proportion", 66.7),
        ("Grade 3 adverse events occurred in 79.7%", "adverse_event_rate", 79.7),
        ("neutropenia of grade 3 or 4: 62.1%", "adverse_event_rate", 62.1),
        ("a score of 50% or greater", "threshold", 50),
    ],
)
def test_what_a_percentage_is(text: str, measure: str, value: float) -> None:
    (claim,) = find_statements(text)
    assert claim.value is not None
    assert (claim.measure, claim.value.value) == (measure, value)


def test_two_arms_are_two_claims() -> None:
    first, second = find_statements("10.9 and 15.0 percent, respectively")
    assert first.value is not None
    assert second.value is not None
    assert (first.value.value, first.unit, second.value.value) == (10.9, "%", 15.0)
    assert len(find_statements("(64.8% vs. 53.6%)")) == 2


def test_words_that_bound_or_blur() -> None:
    nearly, over = find_statements("nearly 80% of one group and more than 60% of the other answered")
    assert nearly.value is not None
    assert over.value is not None
    assert (nearly.value.approximate, over.value.bound) == (True, ">")


@pytest.mark.parametrize(
    "text",
    [
        "with 95% confidence",
        "The share price rose 14% to $54.20.",
        "64.8 %\n48.6 %\n32.4 %\n0.0 %",
        "a 5% dextrose solution of 10 mg",
    ],
)
def test_no_share_of_patients(text: str) -> None:
    assert [c for c in find_statements(text) if c.measure in ("rate", "risk_reduction", "adverse_event_rate")] == []
