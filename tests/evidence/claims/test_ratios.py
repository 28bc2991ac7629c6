"""Hazard, odds, risk and rate ratios; numbers needed to treat; multiples; ratios of randomization."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements


def _read(text: str) -> list[tuple[str, float | None]]:
    return [(claim.measure, None if claim.value is None else claim.value.value) for claim in find_statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hazard ratio, 0.75", [("hazard_ratio", 0.75)]),
        ("HR=0.58", [("hazard_ratio", 0.58)]),
        ("aHR 0.9", [("hazard_ratio", 0.9)]),
        ("a hazard ratio for death from any cause of 0.84", [("hazard_ratio", 0.84)]),
        ("OR 2.996 (2.230 to 3.998)", [("odds_ratio", 2.996)]),
        ("odds ratios 3.1 and 2.4", [("odds_ratio", 3.1), ("odds_ratio", 2.4)]),
        ("relative risk of 0.67 (95% CI, 0.56-0.79)", [("risk_ratio", 0.67)]),
        ("RR 1.15; 95% CI, 0.99 to 1.34", [("risk_ratio", 1.15)]),
        ("incidence rate ratio [IRR], 0.84; 95% CI, 0.55 to 1.28", [("rate_ratio", 0.84)]),
        ("HR 1.5, 95% CI 1.3 to 1.8", [("hazard_ratio", 1.5)]),
        (
            "Hazard ratios for the components were 0.84 for cardiovascular death, 0.83 for arrest, and .26 for stroke.",
            [("hazard_ratio", 0.84), ("hazard_ratio", 0.83), ("hazard_ratio", 0.26)],
        ),
        (
            "The hazard ratio was 0.70. Among women it was the same (0.79; 95% CI, 0.66-0.94).",
            [("hazard_ratio", 0.70), ("hazard_ratio", 0.79)],
        ),
        (
            "For low scores the ratios were 0.77 (P = .0020) and 0.69 (P = .0003), all of them hazard ratios.",
            [("hazard_ratio", 0.77), ("hazard_ratio", 0.69)],
        ),
        ("NNT = 8", [("number_needed", 8)]),
        ("The number needed to treat to prevent one death was 61.", [("number_needed", 61)]),
        ("(number needed to treat to prevent one event, 32)", [("number_needed", 32)]),
        ("Number needed to treat over 18 months = 21 (95% CI 15-38)", [("number_needed", 21)]),
        ("one case averted for every 75 women treated", [("number_needed", 75)]),
        ("One death would be averted by treating around 8 ventilated patients.", [("number_needed", 8)]),
        ("The sick were twice as likely to drop out.", [("fold", 2)]),
        ("Infections rose threefold.", [("fold", 3)]),
        ("The risk of dying was 1.8 times higher.", [("fold", 1.8)]),
        ("They were assigned in a 2:1 ratio.", [("randomization_ratio", None)]),
        ("randomly assigned, 1:1:1, to three diets", [("randomization_ratio", None)]),
    ],
)
def test_ratios(text: str, expected: list[tuple[str, float | None]]) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "HR-positive, HER2-negative disease",
        "Dilution of 1:100 was used at 10:30 am.",
        "the hazard of falls in 3 rooms",
        "Patients 18 or older or those who can walk",
    ],
)
def test_no_ratio(text: str) -> None:
    kinds = {"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "randomization_ratio"}
    assert [claim for claim in find_statements(text) if claim.measure in kinds] == []


def test_words_of_method_beside_a_ratio() -> None:
    (claim,) = find_statements("unstratified hazard ratio, 0.50; 95% CI, 0.39 to 0.64")
    assert "unstratified" in claim.method
    (claim,) = find_statements("adjusted OR 0.69 [0.49\u20130.97]")
    assert "adjusted" in claim.method
