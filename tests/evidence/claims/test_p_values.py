"""P values with their signs, sides and tests."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements
from equipoise.evidence.model import PValue


def _p(text: str) -> PValue:
    found = [claim.p for claim in find_statements(text) if claim.p is not None]
    assert len(found) == 1, text
    return found[0]


@pytest.mark.parametrize(
    ("text", "bound", "value", "decimals"),
    [
        ("The groups differed (P = .0006).", "", 0.0006, 4),
        ("The groups differed (P<0.001).", "<", 0.001, 3),
        ("The groups differed (p\u22640.05).", "<=", 0.05, 2),
        ("The groups differed, p-value: 0.034.", "", 0.034, 3),
        ("The groups differed (P50.021).", "", 0.021, 3),
        ("The groups differed (p=0\u00b70077).", "", 0.0077, 4),
        ("The groups differed (P less than 0.001).", "<", 0.001, 3),
        ("The groups did not differ (P > .99).", ">", 0.99, 2),
        ("The groups differed (p = 7.8 \u00d7 10\u221222).", "", 7.8e-22, 23),
        ("HR 0.8 (0.6 to 1.1; P=0.16)", "", 0.16, 2),
    ],
)
def test_value(text: str, bound: str, value: float, decimals: int) -> None:
    found = _p(text)
    assert (found.number.bound, found.number.value, found.number.decimals) == (bound, pytest.approx(value), decimals)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("one-sided P = 0.0074", 1),
        ("P = 0.0074 (one-sided)", 1),
        ("two-sided P=0.02", 2),
        ("P=0.02 by a two-sided log-rank test", 2),
        ("P=0.02", None),
        ("P<0.001, one-sided.", 1),
    ],
)
def test_sides(text: str, sides: int | None) -> None:
    assert _p("The groups differed: " + text).sides == sides


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("stratified log-rank P=.003", "log_rank"),
        ("stratified log-rank P=.003", "stratified"),
        ("P<0.001 for noninferiority", "noninferiority"),
        ("P=0.03 for superiority", "superiority"),
        ("P value for interaction = 0.34", "interaction"),
        ("pinteraction=0.010", "interaction"),
        ("nominal P=.002", "nominal"),
    ],
)
def test_methods(text: str, method: str) -> None:
    assert method in _p(f"The groups differed ({text}).").method


def test_a_p_value_goes_to_the_contrast_before_it() -> None:
    (claim,) = find_statements("(hazard ratio, 0.84; 95% CI, 0.74 to 0.95; P=0.007)")
    assert claim.p is not None
    assert claim.measure == "hazard_ratio"
    reduced, alone = find_statements("Admissions for heart failure fell by 21% (P<0.001).")
    assert (reduced.p, alone.kind) == (None, "p_value")


def test_a_level_that_was_to_be_met_is_a_threshold() -> None:
    *_, last = find_statements("HR 0.56, 95% CI 0.36-0.86, p = 0.007 missed its boundary of p < 0.000265.")
    assert (last.measure, last.kind) == ("threshold", "other")
    (only,) = find_statements("A P value of less than 0.05 was considered significant.")
    assert only.measure == "threshold"


@pytest.mark.parametrize("text", ["Group P 12 was larger.", "p 34 of the report", "P = 12", "patient P, 5 mg"])
def test_what_is_no_p_value(text: str) -> None:
    assert [claim for claim in find_statements(text) if claim.p is not None] == []
