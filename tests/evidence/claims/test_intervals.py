"""Limits as print has them: signs, levels, what is missing, what is no confidence interval."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements
from equipoise.evidence.model import Interval


def _interval(text: str) -> Interval:
    found = [claim.interval for claim in find_statements(text) if claim.interval is not None]
    assert len(found) == 1, text
    return found[0]


@pytest.mark.parametrize(
    ("text", "lower", "upper", "level", "stated"),
    [
        ("HR 0.75 (95% CI, 0.59 to 0.96)", 0.59, 0.96, 0.95, True),
        ("HR 0.75; 95% CI 0.59\u20130.96", 0.59, 0.96, 0.95, True),
        ("HR 0.75 [95% CI: 0.59, 0.96]", 0.59, 0.96, 0.95, True),
        ("HR 0.75 (95% CI [0.59; 0.96])", 0.59, 0.96, 0.95, True),
        ("HR 0.75 (0.59-0.96)", 0.59, 0.96, 0.95, False),
        ("HR 0\u00b775 (95% CI 0\u00b759\u20130\u00b796)", 0.59, 0.96, 0.95, True),
        ("HR .72 95% CI, .57 to .92", 0.57, 0.92, 0.95, True),
        ("HR 0,75 (95% CI 0,59-0,96)", 0.59, 0.96, 0.95, True),
        ("hazard ratio, 0.93; 95% CI,\n0.78 to 1.11", 0.78, 1.11, 0.95, True),
        ("hazard ratio, 0.63; 95% CI, 0.47 to\n0.86", 0.47, 0.86, 0.95, True),
        ("HR 0.74 (95.02% CI 0.55 to 0.99)", 0.55, 0.99, 0.9502, True),
        ("VE was 82.6% (96.95% CI: 57.9\u201394.1)", 57.9, 94.1, 0.9695, True),
        ("HR 0.82 (80% CI 0.70 to 0.97)", 0.70, 0.97, 0.8, True),
        ("HR 0.75 (99.2% CI 0.50-1.12)", 0.5, 1.12, 0.992, True),
        ("HR 0.75 (97 percent CI 0.50-1.12)", 0.5, 1.12, 0.97, True),
        ("HR 0.75, 95% confidence interval [CI], 0.59 to 0.96", 0.59, 0.96, 0.95, True),
        ("hazard ratio 0.75 (CI 95%: 0.59-0.96)", 0.59, 0.96, 0.95, True),
        ("survival 57.8% (95% CI, 52. to 63.2)", 52.0, 63.2, 0.95, True),
        ("survival 90.7% (95% CI, 89.3%-91.8%)", 89.3, 91.8, 0.95, True),
        ("risk difference 2\u00b71% [95% CI \u2013 2\u00b76 to 6\u00b79]", -2.6, 6.9, 0.95, True),
        ("risk difference 2.1% (95% CI, \u22122.6 to 6.9)", -2.6, 6.9, 0.95, True),
        ("risk difference, \u22123.4 percentage points (95% CI, \u22127.4 to \u22120.6)", -7.4, -0.6, 0.95, True),
        ("The hazard ratio was 0.75 in favor of the drug (95% CI, 0.59 to 0.96).", 0.59, 0.96, 0.95, True),
        ("relative risk 0\u00b784, 0\u00b768\u20131\u00b702; p=0\u00b7084", 0.68, 1.02, 0.95, False),
    ],
)
def test_limits_and_level(text: str, lower: float, upper: float, level: float, stated: bool) -> None:
    found = _interval(text)
    assert found.lower is not None
    assert found.upper is not None
    assert (found.lower.value, found.upper.value, found.level, found.stated) == (lower, upper, level, stated)
    assert found.kind == "confidence"


@pytest.mark.parametrize(
    ("text", "lower", "upper", "missing"),
    [
        ("Median OS was 53.3 months (95% CI 48.2-not reached).", 48.2, None, "not reached"),
        ("Median OS, months (95% CI): 30.8 (26.0-NE)", 26.0, None, "NE"),
        ("median OS, NR (95% CI, 30.8 to NR)", 30.8, None, "NR"),
        ("Median OS was 30.0 months (95% CI, 18.3 months to not\nreached).", 18.3, None, "not\nreached"),
        ("median DOR 44.9 months (27.1\u2013not evaluable)", 27.1, None, "not evaluable"),
        ("Median DOR: 11.5 months (95% CI: 8.1, not estimable)", 8.1, None, "not estimable"),
    ],
)
def test_missing_limits(text: str, lower: float, upper: float | None, missing: str) -> None:
    found = _interval(text)
    assert found.lower is not None
    assert (found.lower.value, found.upper and found.upper.value) == (lower, upper)
    assert found.missing.replace("\n", " ") == missing.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "kind", "lower"),
    [
        ("Median age was 74 years (IQR 63\u201383).", "iqr", 63.0),
        ("Median age was 74 years (interquartile range, 63 to 83).", "iqr", 63.0),
        ("median follow-up, 67.6 (range, 60.2\u201380.2) months", "range", 60.2),
        ("mean age 69.5 (\u00b16.5) years", "sd", 6.5),
        ("mean age was 66.4 years (SD 11.2)", "sd", 11.2),
        ("mean (SD) age, 45.2 (12.3) years", "sd", 12.3),
        ("odds ratio 0.7 (95% credible interval, 0.5 to 0.9)", "credible", 0.5),
        ("odds ratio 0.7 (95% CrI 0.5-0.9)", "credible", 0.5),
    ],
)
def test_what_is_no_confidence_interval(text: str, kind: str, lower: float) -> None:
    found = _interval(text)
    assert found.kind == kind
    assert found.lower is not None
    assert found.lower.value == lower


def test_the_second_of_two_is_of_the_kind_of_the_first() -> None:
    first, second = find_statements("Median stay was 7 days (IQR 4\u201312) vs. 8 days (5\u201314).")
    assert first.interval is not None
    assert second.interval is not None
    assert (first.interval.kind, second.interval.kind) == ("iqr", "iqr")


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("HR 0.89 (99.7% repeated CI 0.55 to 1.44)", "repeated"),
        ("52% (95% exact CI 40 to 64) had a response", "exact"),
        ("HR 0.75 (95% bootstrap CI 0.5-1.1)", "bootstrap"),
        ("HR 0.75 (95% profile-likelihood CI 0.5-1.1)", "profile"),
    ],
)
def test_methods_of_intervals(text: str, method: str) -> None:
    assert method in _interval(text).method
