"""Three styles: what each has to have, in which order, how long and how hard to read."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from equipoise.evidence.brief import brief_of, brief_text
from equipoise.evidence.brief.model import STYLES, Told, words_in
from equipoise.evidence.brief.story import story_of

# CONSORT for Abstracts (Hopewell and others 2008), the items that a bundle can know of.
CONSORT = (
    "Objective", "Trial design", "Participants", "Interventions", "Outcome", "Randomization", "Blinding",
    "Numbers randomized", "Recruitment", "Numbers analyzed", "Outcome", "Harms", "Trial registration", "Funding",
)  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["colon", "two"])
def test_snapshot(name, style, read, snapshot):
    text = brief_text(replace(brief_of(read(name), style), made=""))
    snapshot(f"{name}-{style}.md", text)


@pytest.mark.parametrize("name", ["colon", "two", "not_significant", "patina", "cdisc-pilot", "oncology"])
def test_news_has_three_to_four_hundred_words(name, read):
    assert 300 <= words_in(brief_of(read(name))) <= 400


def test_news_begins_with_the_result(bundle):
    brief = brief_of(bundle)
    titles = [part.title for part in brief.parts]
    assert titles[0] == ""
    assert titles == [t for t in ("", "Other outcomes", "Harms", "How the trial was done",
                                  "What the results do not show", "Source") if t in titles]  # fmt: skip
    assert {"How the trial was done", "What the results do not show", "Source"} <= set(titles)


def test_abstract_has_the_items_of_consort(bundle):
    brief = brief_of(bundle, "abstract")
    terms = [one.term for part in brief.parts for one in part.paragraphs if one.term]
    if story_of(bundle).protocol.trial.id == "HARM-1":  # no outcome, and no count of who was randomized
        wanted = [item for item in CONSORT if item not in ("Outcome", "Numbers randomized", "Numbers analyzed")]
    else:
        wanted = list(CONSORT)
    found = iter(terms)
    assert all(item in found for item in wanted), terms
    assert "randomized" in brief.headline.text
    assert [part.title for part in brief.parts] == ["Background", "Methods", "Results", "Conclusions", "Source"]


def test_lay_summary_has_the_order_of_the_regulation(bundle):
    titles = [part.title for part in brief_of(bundle, "lay").parts]
    assert titles == [
        "Which trial is this?", "Who ran it?", "Why was it done?", "Who took part?", "Which treatments were compared?",
        "Which medical problems were there?", "What were the results?", "What do the results not show?",
        "Are more trials planned?", "Source",
    ]  # fmt: skip


VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    low = word.lower()
    count = len(VOWELS.findall(low))
    return max(1, count - (low.endswith("e") and not low.endswith(("le", "ee")) and count > 1))


def grade(text: str) -> float:
    """Flesch and Kincaid's grade (Kincaid and others 1975): 0.39 words a sentence + 11.8 syllables a word - 15.59."""
    words = re.findall(r"[A-Za-z']+", text)
    ends = max(1, len(re.findall(r"[.?!:;](?:\s|$)", text)))
    return 0.39 * len(words) / ends + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("name", ["colon", "two", "not_significant", "patina", "cdisc-pilot"])
def test_lay_summary_reads_at_grade_eight(name, read):
    """The words that are ours: names of drugs and outcomes are the trial's and count as short ones."""
    bundle = read(name)
    protocol = story_of(bundle).protocol
    names = [arm.label for arm in protocol.arms.values()] + [arm.treatment for arm in protocol.arms.values()]
    names += [one.label for one in protocol.endpoints.values()] + [protocol.trial.condition, protocol.trial.title]
    names += [getattr(one, "event", None) for one in protocol.endpoints.values()]
    names += [one.estimand.variable for one in protocol.endpoints.values() if getattr(one, "estimand", None)]
    names += [one.text for one in protocol.eligibility]
    known = sorted({n.rstrip(".").lower() for n in names if n}, key=len, reverse=True)
    text = []
    for part in brief_of(bundle, "lay").parts[:-1]:
        for paragraph in part.paragraphs:
            for sentence in paragraph.sentences:
                plain = "".join(
                    "ten" if isinstance(p, Told) else p if isinstance(p, str) else p.text for p in sentence.pieces
                ).lower()
                for one in known:
                    plain = plain.replace(one, "drug")
                text.append(plain)
    assert 3 <= grade(" ".join(text)) <= 8.5, grade(" ".join(text))


def test_lay_summary_explains_its_words(read):
    text = brief_text(brief_of(read("colon"), "lay"))
    assert text.index("randomization") < text.index("Chance makes the groups much alike")
    assert text.index("hazard ratio was") < text.index("A hazard ratio compares how fast")
    assert text.index("confidence interval,") < text.index("The confidence interval is a range")


def test_synthetic_and_simulated_data_are_marked(two, change):
    assert brief_of(two).mark == ""
    for origin, mark in (("synthetic", "SYNTHETIC DATA"), ("simulated", "SIMULATED DATA")):
        bundle = change(two, lambda row, origin=origin: replace(row, origin=origin))
        for style in STYLES:
            brief = brief_of(bundle, style)
            assert brief.mark == mark
            text = brief_text(brief)
            assert text.startswith(f"**{mark}**")
            assert f"The data are {mark.split()[0].lower()}" in text


def test_a_simulated_trial_is_marked_by_what_its_data_said(two):
    noted = replace(two, manifest={**two.manifest, "notes": [{"code": "data.simulated"}]})
    assert brief_of(noted).mark == "SIMULATED DATA"


def test_doi_of_the_reference(two, read):
    assert brief_of(read("colon")).doi == ""
    from equipoise.evidence.brief.setting import doi_of

    story = story_of(two)
    for text, doi in (
        ("N Engl J Med 2026;394:451-462, doi 10.1056/NEJMoa2511218.", "10.1056/NEJMoa2511218"),
        ("https://doi.org/10.1016/S0140-6736(07)61835-2", "10.1016/S0140-6736(07)61835-2"),
        ("No DOI, 10.5 mg", ""),
    ):
        trial = story.protocol.trial.model_copy(update={"reference": text})
        told = replace(story, protocol=story.protocol.model_copy(update={"trial": trial}))
        assert doi_of(told) == doi


@pytest.mark.parametrize("style", STYLES)
def test_same_bundle_same_brief(two, style):
    assert brief_of(two, style) == brief_of(two, style)


def test_a_ratio_above_one_is_told_as_such(two, change):
    def worse(row):
        if row.key.statistic == "hazard_ratio":
            return replace(row, value=1.4, lower=1.1, upper=1.8)
        if row.key.statistic == "hazard_reduction":
            return replace(row, value=-0.4, lower=-0.8, upper=-0.1)
        return row

    text = brief_text(brief_of(change(two, worse)), sources=False)
    assert "Progression-free survival was shorter in the Xenopril + standard group" in text
    assert "A hazard ratio above one means" in text
    assert "-0.4" not in text
    assert "lower in the Xenopril" not in text


def test_noninferiority_is_told_as_such(two_noninferior):
    text = brief_text(brief_of(two_noninferior), sources=False)
    assert "was shown within the declared margin" in text
    assert "was longer" not in text
    assert "P=0.02 for non-inferiority" in text


def test_landmark_is_one_that_people_were_followed_to(read, change):
    """At 60 months nobody of one arm is left: 24 months are told where 48 and 60 are past the median follow-up."""
    told = [one.text for one in brief_of(read("patina")).told() if one.field == "time"]
    assert set(told) == {"24"}
    few = change(
        read("two"), lambda row: replace(row, n=3) if row.key.time == 24 and row.key.statistic == "survival" else row
    )
    told = [one.text for one in brief_of(few).told() if one.field == "time" and one.stat_id.startswith("pfs_main")]
    assert set(told) == {"12"}
