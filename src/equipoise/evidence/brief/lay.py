"""A summary in plain language, in the order of lay summaries under Regulation (EU) 536/2014, Annex V.

Sentences are short, and each technical word is explained where it first stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.evidence.brief.caveats import caveats
from equipoise.evidence.brief.choice import arms_of, primary, ratio, safety_of, verdict_of
from equipoise.evidence.brief.harms import CATEGORIES, NO_HARMS, categories, harm_rows, missing_words
from equipoise.evidence.brief.model import SOURCE, Brief, Paragraph, Part, Quoted, Sentence, Words, say
from equipoise.evidence.brief.news import sentence
from equipoise.evidence.brief.outcome import (
    contrasts_told,
    decided,
    event_words,
    levels_row,
    medians,
    points_difference,
    share,
)
from equipoise.evidence.brief.setting import (
    asked,
    blinding,
    condition,
    follow_up,
    headcount,
    measured,
    others,
    source,
    treatments,
)

if TYPE_CHECKING:
    from equipoise.evidence.brief.story import Story
    from equipoise.results import Statistic

__all__ = ["lay"]


def lay(story: Story) -> Brief:
    """The summary.

    Args:
        story: Bundle and protocol.
    """
    trial = story.protocol.trial
    sponsor = f"the sponsor was {trial.sponsor}" if trial.sponsor else "the sponsor is not named in these results"
    which = sentence(f"this is a summary of the trial {trial.id}") + sentence(
        "its full title is: ", Quoted(trial.title.rstrip("."))
    )
    if trial.registry:
        which += sentence("its number in the registry is ", Quoted(trial.registry))
    parts = (
        Part("Which trial is this?", (Paragraph(tuple(which)),)),
        Part("Who ran it?", (Paragraph(tuple(sentence(sponsor))),)),
        Part("Why was it done?", (Paragraph(tuple(_why(story))),)),
        Part("Who took part?", (Paragraph(tuple(_who(story))),)),
        Part("Which treatments were compared?", (Paragraph(tuple(_treatments(story))),)),
        Part("Which medical problems were there?", tuple(_harms(story))),
        Part("What were the results?", tuple(_results(story))),
        Part("What do the results not show?", tuple(
            Paragraph(tuple(sentence(text)), item=True) for text in caveats(story))),
        Part("Are more trials planned?", (Paragraph(tuple(sentence("these results do not say"))),)),
        Part(SOURCE, (Paragraph(tuple(sentence(Quoted(source(story))))),)),
    )  # fmt: skip
    control = story.arm(story.protocol.control)
    arms = " and ".join(story.arm(arm) for arm in story.protocol.experimental)
    head = Sentence((f"A trial of {arms}, compared with {control}, in {condition(story)}",))
    return Brief("lay", trial.id, head, parts)


def _why(story: Story) -> list[Sentence]:
    told = sentence(f"the trial asked {asked(story)}")
    name = primary(story)
    meaning = measured(story, name) if name else ""
    return told + (sentence("this outcome is measured as: ", Quoted(meaning)) if meaning else [])


def _who(story: Story) -> list[Sentence]:
    total = headcount(story)
    who = condition(story)
    told = sentence(story.value(total), f" {who} took part") if total is not None else sentence(f"{who} took part")
    for name, factor in story.protocol.factors.items():
        if name.lower() == "age" and factor.continuous:
            row = story.find("baseline", "baseline_median", groups=(("factor", name),))
            if row is not None and row.value is not None:
                unit = f" {factor.unit}" if factor.unit else ""
                told += sentence("their median age was ", story.value(row, unit=False), unit)
        if name.lower() == "sex":
            for level in list(factor.level_values)[:1]:
                row = story.find("baseline", "baseline_proportion", groups=(("factor", name), ("level", level)))
                if row is not None and row.value is not None:
                    told += sentence(story.value(row, digits=0), f" of them were {level.lower()}")
    for rule in story.protocol.eligibility:
        told += sentence("to take part, they had to meet this condition: ", Quoted(rule.text))
    return told


def _treatments(story: Story) -> list[Sentence]:
    told = sentence(f"{story.people} got {treatments(story)}")
    told += sentence("the choice was made by chance, which is called randomization")
    told += sentence("chance makes the groups much alike, so that they can be compared fairly")
    for arm in arms_of(story):
        row = story.find("disposition", "subjects", arm, groups=(("flow", "randomized"),))
        if row is not None:
            told += sentence(story.value(row), f" {story.people} were in {story.group(arm)}")
    masking = story.protocol.trial.masking
    said = (
        blinding(story)
        if masking in (None, "open")
        else f"{blinding(story)}: some or all of those involved did not know who got what"
    )
    return told + sentence(said) + sentence(follow_up(story))


def _harms(story: Story) -> list[Paragraph]:
    if safety_of(story) is None:
        return [Paragraph(tuple(sentence(NO_HARMS)))]
    out = sentence("doctors write down each medical problem during a trial, also those that no treatment caused")
    paragraphs = [Paragraph(tuple(out))]
    for category in categories(story):
        rows = harm_rows(story, category)
        told = [
            one
            for arm, row in rows
            for one in sentence(_out_of(story, row), f" in {story.group(arm)} had {CATEGORIES[category][1]}")
        ]
        if told:
            paragraphs.append(Paragraph(tuple(told), item=True))
    missing = missing_words(story)
    return [*paragraphs, Paragraph(tuple(sentence(missing)))] if missing else paragraphs


def _out_of(story: Story, row: Statistic) -> Words:
    """A proportion as people: "about 59 out of 100 patients", "0 of the 86 patients"."""
    if row.value == 0 and row.denominator is not None:
        return say(story.part_of(row, "events"), " of the ", story.part_of(row, "denominator"), f" {story.people}")
    return say(story.per_hundred(row), f" out of 100 {story.people}")


def _results(story: Story) -> list[Paragraph]:
    name = primary(story)
    if not name:
        return [Paragraph(tuple(sentence("the results hold no measure of benefit")))]
    made = [Paragraph(tuple(_levels(story, name)))]
    for place, pair in enumerate(contrasts_told(story, name)):
        told = _contrast(story, name, *pair, explain=place == 0)
        made += [Paragraph(tuple(told))] if told else []
    for other in others(story)[:1]:
        told = _levels(story, other) or sentence(medians(story, other))
        for pair in contrasts_told(story, other):
            told += sentence(decided(story, other, *pair))
        if told and not any(verdict_of(story, other, arm).decision for arm, _ in contrasts_told(story, other)):
            told += sentence("no test of this outcome was declared, so a difference may be due to chance")
        made += [Paragraph(tuple(told))] if told else []
    return made


def _levels(story: Story, name: str) -> list[Sentence]:
    """What each group had, a sentence a group."""
    analysis = story.protocol.analysis[name]
    rows = levels_row(story, name)
    told: list[Sentence] = []
    for arm, row in rows:
        group = story.group(arm)
        if analysis.kind == "continuous":
            endpoint = story.protocol.endpoints[analysis.endpoint]
            what = "mean change in" if getattr(endpoint, "value", "") == "CHG" else "mean of"
            told += sentence(
                f"at {analysis.at}, the {what} {story.endpoint(name)} was ", story.value(row), f" in {group}"
            )
        elif analysis.kind == "response":
            told += sentence(_out_of(story, row), f" in {group} had a response")
        else:
            what = f"{share(story, name)} was "
            if row.key.statistic == "cumulative_incidence":
                what = f"the share with {event_words(story, name)} was "
            told += sentence("at ", story.at(row), f", {what}", story.value(row, digits=0), f" in {group}")
    if rows and rows[0][1].key.statistic == "survival" and share(story, name) == story.endpoint(name):
        event = event_words(story, name)
        state = "were alive then" if event.startswith("death") else f"had not had {event} by then"
        told += sentence(f"this is the share of {story.people} who {state}")
    if analysis.kind == "continuous":
        endpoint = story.protocol.endpoints[analysis.endpoint]
        told += sentence(f"a {getattr(endpoint, 'better', '')} value is better")
    return told


def _contrast(story: Story, name: str, arm: str, versus: str, *, explain: bool) -> list[Sentence]:
    """One comparison: what was decided, the difference, the ratio, and what these words mean."""
    verdict = verdict_of(story, name, arm)
    told = sentence(decided(story, name, arm, versus))
    if explain and verdict.decision == "rejected":
        told += sentence("a test showed that chance alone would rarely give such a difference")
    pair = f"for {story.arm(arm)} compared with {story.arm(versus)}"
    row = points_difference(story, name, arm, versus)
    if row is not None and row.value is not None:
        when = say(" at ", story.at(row)) if row.key.time is not None else ()
        told += sentence(say(f"{pair}, the difference", when, " was ", story.value(row), story.limits(row)))
        if explain and story.limits(row):
            told += sentence(
                "the confidence interval is a range: values in it fit the data well, values outside do not"
            )
    hazard = ratio(story, name, arm, versus)
    if hazard is not None and hazard.value is not None:
        told += sentence(say(f"{pair}, the hazard ratio was ", story.value(hazard), story.limits(hazard)))
        if explain:
            told += sentence(f"a hazard ratio compares how fast {event_words(story, name)} happened in two groups")
            told += sentence("below one, it was slower in the first group; above one, it was faster")
    return told
