"""Design values and thresholds, amounts, rates per time, and what is no claim at all."""

from __future__ import annotations

import pytest

from equipoise.evidence.claims.statements import find_statements


def _read(text: str) -> list[tuple[str, float | None]]:
    return [(claim.measure, None if claim.value is None else claim.value.value) for claim in find_statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The trial was powered at 90% to detect a hazard ratio of 0.70.",
            [("design_value", 90), ("design_value", 0.70)],
        ),
        ("Assuming a hazard ratio of 0.75 and a median of 9 months", [("design_value", 0.75), ("design_value", 9)]),
        ("The organisers had wanted 10,000 patients.", [("design_value", 10000)]),
        ("a noninferiority margin of 1.3", [("threshold", 1.3)]),
        ("The margin was 1.46.", [("threshold", 1.46)]),
        ("1.8 was the margin for the upper end", [("threshold", 1.8)]),
        ("at a one-sided alpha of 0.025", [("threshold", 0.025)]),
        ("The prespecified boundary for the interim analysis was 0.0142.", [("threshold", 0.0142)]),
        ("The lower limit had to clear 30%.", [("threshold", 30)]),
        ("an ejection fraction of 40% or lower", [("threshold", 40)]),
        ("2.02 per 100 person-years", [("number", 2.02)]),
        ("8.1 vs. 3.5 per 100 participants", [("number", 8.1), ("number", 3.5)]),
        ("(difference, \u22120.45; 95% CI, \u22120.67 to \u22120.23; P<0.001)", [("mean_difference", -0.45)]),
        ("mean difference 0.01 points; 95% CI, \u22120.001 to 0.03", [("mean_difference", 0.01)]),
        ("It rose by 1.21 points with the drug and by 1.66 points with placebo.", [("mean", 1.21), ("mean", 1.66)]),
        ("0.7 \u00b1 1.6 and 2.5 \u00b1 2.3", [("mean", 0.7), ("mean", 2.5)]),
    ],
)
def test_read(text: str, expected: list[tuple[str, float | None]]) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "dexamethasone 6 mg once per day for ten days",
        "40 mg/m2 of cisplatin with 45.0 to 50.4 Gy in 20 to 28 fractions",
        "List price: $1,349 a month; a dose costs about \u00a35.",
        "Order now for $299, call 0800 555 0199 or +1 609 555 0142.",
        "N Engl J Med 2026;394:451-462. doi:10.1056/NEJMoa2511218",
        "Lancet 2019; 393: 2599\u2013612.",
        "NCT02947685, ISRCTN12345678, EudraCT 2019-001234-56",
        "https://example.org/2021/05/12?id=34.5%25",
        "See Table 3, Figure 2B and page 14 of version 1.2.3.",
        "phase 3, stage 2, grade 4, ECOG 0-1, mRS 0\u20132",
        "HER2, CD4, PD-L1, IL-6, COVID-19, SGLT2",
        "It met at 10:30 am on floor 4 of building 12.",
        "at 25 U.S. centers",
        "",
    ],
)
def test_no_claims(text: str) -> None:
    assert _read(text) == []
