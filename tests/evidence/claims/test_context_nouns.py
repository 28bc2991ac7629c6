"""Names of endpoints in a text's own words, and what is no name; arms that only sums, doses and brackets tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from equipoise.evidence.claims import extract
from equipoise.evidence.claims.context_changes import changed
from equipoise.evidence.claims.context_nouns import UNREAD, named
from equipoise.evidence.document import Document


def told(text: str) -> list[tuple[str, str, str]]:
    """Of each claim with an arm its quote, arm and endpoint."""
    return [(c.quote, c.arm, c.endpoint) for c in extract(Document("test", text)) if c.arm]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("incomplete_recovery_counted", "incomplete_recovery"),
        ("shrinkage_held", "shrinkage"),
        ("arrhythmia_shook_circulation", "arrhythmia"),
        ("vascular_occlusion", "vascular_occlusion"),
        ("score_0_1", "score_0_1"),
        ("severe_disease", "severe_disease"),
        ("injection_site_bleeding", "injection_site_bleeding"),
        ("relapsed", "relapse"),
        ("resistant_strains_been_found", "resistant_strains"),
    ],
)
def test_nouns_are_names(words: str, name: str) -> None:
    assert named(words) == name


@pytest.mark.parametrize("words", ["been_operated", "lasting", "living", "whose_partner", "children_gained_nothing"])
def test_verbs_are_something_unknown(words: str) -> None:
    assert named(words) == UNREAD


@pytest.mark.parametrize("words", ["", "placebo", "once_weekly", "kaplan_meier", "people", "five", "salt_water"])
def test_patients_and_treatments_are_nothing_new(words: str) -> None:
    assert named(words) == ("" if words != "five" else UNREAD)


def test_unknown_words_part_numbers() -> None:
    text = (
        "Patients were assigned to azithromycin or placebo. Sepsis struck 1.6% vs 2.4%. "
        "The children gained nothing (10.5% vs 10.3%)."
    )
    claims = {c.quote: c for c in extract(Document("test", text))}
    assert claims["10.5%"].endpoint == ""
    assert claims["10.5%"].population == claims["10.3%"].population != claims["1.6%"].population


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # the total tells that two names behind sizes are the arms
            "The trial had 431 patients, namely 286 with azacitidine and venetoclax and 145 with azacitidine alone. "
            "Nausea of any grade: 44% v 35%.",
            {"286": "azacitidine_and_venetoclax", "145": "azacitidine_alone", "44%": "azacitidine_and_venetoclax",
             "35%": "azacitidine_alone"},
        ),
        (
            "Patients were assigned to intensive treatment or standard treatment: 4678 people, the intensive-treatment "
            "group, and 4683, the standard-treatment group.",
            {"4678 people": "intensive_treatment", "4683": "standard_treatment"},
        ),
        (
            "Patients were assigned to lecanemab or placebo. "
            "Of those on lecanemab 0.7% and of those on placebo 0.8% died (six and seven persons).",
            {"six": "lecanemab", "seven persons": "placebo"},
        ),
        (
            "Patients were assigned to enzalutamide or standard care. By then 80% (based on 94 events) in the "
            "enzalutamide group and 72% (based on 130 events) in the standard-care group lived.",
            {"80%": "enzalutamide", "72%": "standard_care", "94 events": "enzalutamide", "130 events": "standard_care"},
        ),
    ],
)  # fmt: skip
def test_arms(text: str, expected: dict[str, str]) -> None:
    assert {quote: arm for quote, arm, _ in told(text)}.items() >= expected.items()


def test_a_closed_bracket_does_not_turn_the_order() -> None:
    text = (
        "Patients were assigned to empagliflozin or placebo. Fewer died (3.7%, vs. 5.9% in the placebo group; hazard "
        "ratio, 0.62) or were admitted to hospital (2.7% and 4.1%, respectively)."
    )
    arms = {quote: arm for quote, arm, _ in told(text)}
    assert (arms["2.7%"], arms["4.1%"]) == ("empagliflozin", "placebo")


def test_grades_alone_are_adverse_events() -> None:
    text = "Patients were assigned to osimertinib or gefitinib. Grade 3 or higher: 34% vs. 45%."
    assert [(e, a) for _, a, e in told(text)] == [("adverse_events", "osimertinib"), ("adverse_events", "gefitinib")]


def test_changed_claims_are_new_and_equal_to_replaced_ones() -> None:
    (claim,) = extract(Document("test", "The hazard ratio was 0.75 (95% CI, 0.59 to 0.96)."))
    other = changed(claim, arm="a", endpoint="death")
    assert other == replace(claim, arm="a", endpoint="death")
    assert claim.arm == ""
    with pytest.raises(KeyError):
        changed(claim, colour="red")


def test_arrows_and_brackets_before_a_name() -> None:
    text = (
        "1062 patients took part: 541 \u2192 remdesivir, 521 \u2192 placebo. "
        "Gallstones (2.2% vs 1.2%) were seen more often with remdesivir."
    )
    arms = {quote: arm for quote, arm, _ in told(text)}
    assert (arms["541"], arms["521"]) == ("remdesivir", "placebo")
    assert (arms["2.2%"], arms["1.2%"]) == ("remdesivir", "placebo")
