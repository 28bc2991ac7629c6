"""Words that results do not carry: each rule catches its word, lets others pass, and no brief breaks one."""

from __future__ import annotations

import re
import time

import pytest

from equipoise.evidence.brief import brief_of, brief_text
from equipoise.evidence.brief.choice import contrasts_of, outcomes, verdict_of
from equipoise.evidence.brief.model import STYLES
from equipoise.evidence.brief.story import story_of
from equipoise.evidence.brief.wording import RULES, wording

SPIN = {
    "breakthrough": ["A breakthrough in breast cancer.", "Doctors hail a break-through."],
    "game changer": ["The pill is a game-changer.", "This game changing drug works."],
    "miracle": ["A miracle drug for some."],
    "revolution": ["It could revolutionize care.", "A paradigm shift in treatment."],
    "unprecedented": ["Unprecedented survival was seen."],
    "cure": ["The drug cures cancer.", "Half of them were cured."],
    "dramatic": ["Survival improved dramatically.", "A striking difference was seen."],
    "huge": ["It gave a huge benefit."],
    "proof": ["The trial proves that it works.", "A proven benefit."],
    "safe": ["The drug is safe.", "It can be given safely."],
    "well tolerated": [
        "Treatment was well tolerated.",
        "It had a manageable safety profile.",
        "Toxicity was acceptable.",
    ],
    "no side effects": ["It works without side effects."],
    "significant": ["Survival was significantly longer.", "A highly significant benefit was seen."],
    "significance by degrees": ["The result was highly significant (P<0.001).", "Nearly significant, P=0.06."],
    "trend": ["There was a trend toward longer survival.", "The difference approached significance (P=0.07)."],
    "saves lives": ["The drug saves lives."],
    "extends life": ["Pill extends the life of patients."],
    "hope": ["It offers hope for thousands.", "Promising results."],
    "superior": ["The new drug was superior.", "It outperformed chemotherapy."],
    "best in class": ["A best-in-class agent."],
    "powerful": ["A powerful drug against cancer."],
    "clinically meaningful": ["A clinically meaningful improvement of 2 months."],
    "thanks to": ["They lived longer thanks to the drug."],
    "doubled": ["It doubled the odds of response."],
}
PLAIN = (
    "The safety population had 248 patients.",
    "Safety was assessed at each visit.",
    "Progression-free survival was significantly longer (hazard ratio, 0.75; P=0.02).",
    "The difference was not significant (P=0.41).",
    "The drug was tested for superiority at a level of 0.025.",
    "Superiority was not shown.",
    "The trial does not prove that there is no difference.",
    "The cure rate model was fitted.",
    "After curative resection, patients were randomized.",
    "A clinically meaningful difference was prespecified as 10%.",
    "Deaths due to any cause were counted.",
    "The landmark was 48 months.",
    "The hazard ratio was 0.75 (95% CI, 0.59 to 0.96).",
    "Serious adverse events were reported in 19.8% of patients.",
)


def test_each_rule_has_an_example_a_reason_and_an_alternative():
    assert [rule.name for rule in RULES] == list(SPIN)
    for rule in RULES:
        assert len(rule.reason) > 10
        assert len(rule.instead) > 5
        assert "(?i)" not in rule.pattern


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SPIN.items() for text in texts])
def test_spin_is_remarked(name, text):
    (rule,) = (one for one in RULES if one.name == name)
    found = wording(f"All went well. {text} Then it ended.")
    assert found
    assert {one.verdict for one in found} == {"remark"}
    assert all(one.rule == "wording" and one.claims == () for one in found)
    assert any(one.expected == rule.instead and rule.reason in one.sentence for one in found), found
    assert all(one.arithmetic == text for one in found)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_pass(text):
    assert wording(text) == ()


def test_one_phrase_is_remarked_once_and_in_the_order_of_the_text():
    found = wording("It is safe. A breakthrough, and highly significant!")
    assert [re.match("\u201c(.+?)\u201d", one.sentence)[1] for one in found] == [
        "safe",
        "breakthrough",
        "highly significant",
    ]


@pytest.mark.parametrize("style", STYLES)
def test_no_brief_says_what_results_do_not_carry(bundle, style):
    brief = brief_of(bundle, style)
    # The declared title is quoted, and is not ours to word.
    text = brief_text(brief, sources=False).replace(story_of(bundle).protocol.trial.title, "")
    assert wording(text) == ()


@pytest.mark.parametrize("style", STYLES)
def test_longer_and_shorter_only_where_a_hypothesis_was_rejected(bundle, style):
    story = story_of(bundle)
    rejected = any(
        verdict_of(story, name, arm).decision == "rejected"
        for name in outcomes(story)
        for arm, _ in contrasts_of(story, name)
    )
    words = re.findall(r"\bwas (longer|shorter|higher|lower) in\b", brief_text(brief_of(bundle, style), sources=False))
    assert bool(words) == rejected
    told = {
        one.stat_id for one in brief_of(bundle, style).told() if one.text in ("longer", "shorter", "higher", "lower")
    }
    assert all(bundle.results.get(row).text == "rejected" for row in told)


@pytest.mark.parametrize("style", STYLES)
def test_a_hazard_ratio_is_never_called_a_risk(bundle, style):
    assert not re.search(r"\brisks?\b", brief_text(brief_of(bundle, style), sources=False), re.IGNORECASE)


def test_rules_are_quick():
    """A long text, of words and of one word alone, in seconds."""
    for text in ("Survival was significantly longer in the group. " * 4_000, "trend " * 50_000, "a" * 400_000):
        start = time.perf_counter()
        wording(text)
        assert time.perf_counter() - start < 8
