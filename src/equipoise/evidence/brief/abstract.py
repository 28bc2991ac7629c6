"""A structured abstract with the items of CONSORT for Abstracts (Hopewell and others, Lancet 2008;371:281-283)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.evidence.brief.caveats import caveats
from equipoise.evidence.brief.choice import outcomes, primary, safety_of, verdict_of
from equipoise.evidence.brief.harms import NO_HARMS, categories, differences, harm_words, missing_words
from equipoise.evidence.brief.model import SOURCE, Brief, Paragraph, Part, Quoted, Sentence, say
from equipoise.evidence.brief.news import sentence
from equipoise.evidence.brief.outcome import benefit, comparison, contrasts_told, decided, levels, medians
from equipoise.evidence.brief.setting import (
    allocation,
    analyzed,
    asked,
    blinding,
    condition,
    follow_up,
    headcount,
    kind_of_trial,
    masked,
    measured,
    source,
    treatments,
)
from equipoise.evidence.brief.story import lower_first

if TYPE_CHECKING:
    from equipoise.evidence.brief.story import Story

__all__ = ["abstract"]

LONGEST = 450
"""Most words of an abstract; what has to be said stays, however long it is."""
_GROUPS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_PROCEDURES = {"complete": "simple randomization", "minimization": "minimization", "permuted_blocks": "permuted blocks"}


def abstract(story: Story) -> Brief:
    """The abstract. An item that the results know nothing of says so, as a reader would look for it.

    Args:
        story: Bundle and protocol.
    """
    title = story.protocol.trial.title.rstrip(".")
    parts = (
        Part("Background", (_item("Objective", sentence(f"to find {asked(story)}")),)),
        Part("Methods", tuple(_methods(story))),
        Part("Results", tuple(_results(story))),
        Part("Conclusions", (Paragraph(tuple(_conclusions(story))),)),
        Part(SOURCE, tuple(_source(story))),
    )
    head = Sentence((Quoted(title), f": a {kind_of_trial(story)}"))
    return Brief("abstract", story.protocol.trial.id, head, parts).shortened(LONGEST)


def _item(term: str, sentences: list[Sentence]) -> Paragraph:
    return Paragraph(tuple(sentences), term=term)


def _methods(story: Story) -> list[Paragraph]:
    protocol, name = story.protocol, primary(story)
    design = f"{masked(story)} {kind_of_trial(story)}".strip()
    design += f" with {_GROUPS.get(len(protocol.arms), 'several')} parallel groups, {_ratio(story)}"
    who = sentence(condition(story))
    who += [one for rule in protocol.eligibility for one in sentence(Quoted(rule.text))]
    items = [
        _item("Trial design", sentence(design)),
        _item("Participants", who + sentence("sites and countries are not in these results")),
        _item("Interventions", sentence(treatments(story))),
    ]
    if name:
        meaning = measured(story, name)
        more = say(": ", Quoted(meaning)) if meaning else "."
        items.append(_item("Outcome", sentence(story.endpoint(name, whole=True), more)))
    items.append(_item("Randomization", sentence(_procedure(story))))
    return [*items, _item("Blinding", sentence(blinding(story)))]


def _ratio(story: Story) -> str:
    shares = [story.protocol.arms[arm].ratio for arm in (*story.protocol.experimental, story.protocol.control)]
    return "equal allocation" if len(set(shares)) == 1 else f"allocation {':'.join(map(str, shares))}"


def _procedure(story: Story) -> str:
    """How the allocation was made, of which block sizes are never told."""
    declared = story.protocol.randomization
    if declared is None:
        return f"{story.people} were assigned at random; how is not declared"
    kind = declared.procedure.kind
    words = _PROCEDURES.get(kind, kind.replace("_", " "))
    strata = [lower_first(story.protocol.factors[one].label) for one in getattr(declared, "strata", ()) or ()
              if one in story.protocol.factors]  # fmt: skip
    return f"{words}{f', stratified by {_and(strata)}' if strata else ''}"


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _results(story: Story) -> list[Paragraph]:
    total, shares = headcount(story), allocation(story)
    items = []
    if total is not None:
        words = say(story.value(total), f" {story.people} were randomized")
        items.append(_item("Numbers randomized", sentence(say(words, ": ", shares) if shares else words)))
    items.append(_item("Recruitment", _recruitment(story)))
    name = primary(story)
    if name:
        population = story.protocol.analysis[name].population
        people = analyzed(story, population, by_arm=True)
        items.append(_item("Numbers analyzed", sentence(people) if people else []))
    for place, one in enumerate(outcomes(story)[:2]):
        items.append(_item("Other outcome" if place else "Outcome", _outcome(story, one, spare=4 if place else 0)))
    items.append(_item("Harms", _harms(story)))
    return [one for one in items if one.sentences]


def _recruitment(story: Story) -> list[Sentence]:
    cut = story.bundle.manifest.get("cut")
    told = sentence(f"data cut {cut}") if cut else []
    ongoing = story.find("disposition", "subjects", groups=(("flow", "study_ongoing"),))
    if ongoing is not None and ongoing.value is not None:
        told += sentence(story.value(ongoing), f" {story.people} were still followed in the trial")
    told += sentence(follow_up(story))
    return told or sentence("not in these results")


def _outcome(story: Story, name: str, *, spare: int) -> list[Sentence]:
    """Levels, medians, and each comparison with what its test decided."""
    told = sentence(levels(story, name))
    told += sentence(medians(story, name, limits=True), spare=spare) + sentence(benefit(story, name), spare=spare)
    pairs = contrasts_told(story, name)
    for place, pair in enumerate(pairs):
        rank = spare + 1 if spare and place else 0
        told += sentence(comparison(story, name, *pair), spare=rank) + sentence(decided(story, name, *pair), spare=rank)
    if pairs and not any(verdict_of(story, name, arm).decision for arm, _ in pairs):
        told += sentence("no hypothesis was declared for this outcome", spare=3)
    return told


def _harms(story: Story) -> list[Sentence]:
    found = safety_of(story)
    if found is None:
        return sentence(NO_HARMS)
    people = analyzed(story, found[1].population, by_arm=True)
    told = sentence("the analysis of adverse events included ", people) if people else []
    for category in categories(story):
        rare = category in ("discontinuation", "fatal")
        told += sentence(harm_words(story, category, counts=True), spare=2 if rare else 0)
        if category != "any":
            told += sentence(differences(story, category), spare=6 if rare else 1)
    return told + sentence(missing_words(story), spare=3)


def _conclusions(story: Story) -> list[Sentence]:
    """What the tests decided, harms beside it, and the weightiest caveats. No word goes beyond the results."""
    name = primary(story)
    told: list[Sentence] = []
    for pair in contrasts_told(story, name) if name else []:
        told += sentence(decided(story, name, *pair))
    grave = next((one for one in ("grade_3_plus", "severe", "serious", "any") if one in categories(story)), "")
    told += sentence(harm_words(story, grave)) if grave else []
    return told + [one for text in caveats(story)[:3] for one in sentence(text)]


def _source(story: Story) -> list[Paragraph]:
    trial = story.protocol.trial
    registry = Quoted(trial.registry) if trial.registry else "no number is declared"
    sponsor = f"sponsor {trial.sponsor}; what the funding was is not declared" if trial.sponsor else "not declared"
    return [
        _item("Trial registration", sentence(registry)),
        _item("Funding", sentence(sponsor)),
        _item("Publication", sentence(Quoted(source(story)))),
    ]
