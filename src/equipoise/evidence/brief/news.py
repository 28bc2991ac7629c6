"""A news story: the result first, then what it rests on, then what it leaves open."""

from __future__ import annotations

from dataclasses import replace

from equipoise.evidence.brief.caveats import caveats
from equipoise.evidence.brief.choice import primary, safety_of, verdict_of
from equipoise.evidence.brief.harms import categories, differences, harm_words, missing_words
from equipoise.evidence.brief.model import SOURCE, Brief, Paragraph, Part, Piece, Quoted, Sentence, Told, Words, say
from equipoise.evidence.brief.outcome import (
    benefit,
    comparison,
    contrasts_told,
    decided,
    hazard_meaning,
    levels,
    medians,
)
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
    others,
    source,
)
from equipoise.evidence.brief.story import Story

__all__ = ["LONGEST", "headline", "news", "sentence"]

LONGEST = 400
"""Most words of a news story; what has to be said stays, however long it is."""
_WRITTEN_OUT = "confidence interval"
_CAVEATS = 3  # that stay, however little room there is


def sentence(*parts: Words | Quoted | str, spare: int = 0) -> list[Sentence]:
    """One sentence with its capital letter and its full stop; none where there is nothing to say.

    Args:
        *parts: Words and numbers; where one of several is empty, nothing is said.
        spare: As in `Sentence`.
    """
    if not all(parts):
        return []
    pieces = list(say(*parts))
    if isinstance(pieces[0], str):
        pieces[0] = pieces[0][0].upper() + pieces[0][1:]
    last = pieces[-1]
    if isinstance(last, Told) or not (last if isinstance(last, str) else last.text).endswith((".", "?", "!")):
        pieces.append(".")
    return [Sentence(tuple(pieces), spare)]


def headline(story: Story) -> Sentence:
    """The title: what was decided about the first comparison, or what was compared where nothing was.

    Args:
        story: Bundle and protocol.
    """
    name, total = primary(story), headcount(story)
    trial = kind_of_trial(story)
    where = say(f"{trial} of ", story.value(total), f" {story.people}") if total is not None else (trial,)
    pairs = contrasts_told(story, name) if name else []
    verdict = verdict_of(story, name, pairs[0][0]) if pairs else None
    if pairs and verdict is not None and verdict.decision in ("rejected", "not rejected"):
        said = decided(story, name, *pairs[0])
        if verdict.decision == "rejected" or verdict.margin:
            return Sentence(_capital(say(said, " in a ", where)))
        return Sentence(_capital(say(where, " ", said[1:])))
    arms = [story.arm(arm) for arm in story.protocol.experimental]
    what = f"{story.endpoint(name)} with " if name else "adverse events of "
    return Sentence(
        _capital(say(f"{what}{' and '.join(arms)} compared with {story.arm(story.protocol.control)} in a ", where))
    )


def _capital(pieces: Words) -> Words:
    first = pieces[0]
    return (first[0].upper() + first[1:], *pieces[1:]) if isinstance(first, str) else pieces


def news(story: Story) -> Brief:
    """The story, as short as has to be.

    Args:
        story: Bundle and protocol.
    """
    parts = (
        Part("", (_lead(story), *_other_contrasts(story))),
        Part("Other outcomes", tuple(_others(story))),
        Part("Harms", _harms(story)),
        Part("How the trial was done", (_how(story),)),
        Part("What the results do not show", (Paragraph(_left_open(story)),)),
        Part(SOURCE, (Paragraph(tuple(sentence(Quoted(source(story))))),)),
    )
    kept = tuple(part for part in parts if any(one.sentences for one in part.paragraphs))
    return _abbreviated(Brief("news", story.protocol.trial.id, headline(story), kept)).shortened(LONGEST)


def _abbreviated(brief: Brief) -> Brief:
    """The brief with "confidence interval" written out once, and as CI from then on."""
    seen = False
    parts = []
    for part in brief.parts:
        paragraphs = []
        for one in part.paragraphs:
            told = []
            for item in one.sentences:
                pieces: list[Piece] = []
                for piece in item.pieces:
                    if isinstance(piece, str) and _WRITTEN_OUT in piece:
                        pieces.append(piece.replace(_WRITTEN_OUT, "CI" if seen else f"{_WRITTEN_OUT} [CI]"))
                        seen = True
                    else:
                        pieces.append(piece)
                told.append(replace(item, pieces=tuple(pieces)))
            paragraphs.append(replace(one, sentences=tuple(told)))
        parts.append(replace(part, paragraphs=tuple(paragraphs)))
    return replace(brief, parts=tuple(parts))


def _left_open(story: Story) -> tuple[Sentence, ...]:
    said = caveats(story)
    return tuple(one for place, text in enumerate(said) for one in sentence(text, spare=3 if place >= _CAVEATS else 0))


def _lead(story: Story) -> Paragraph:
    """The result of the first comparison, absolute beside relative."""
    name, total = primary(story), headcount(story)
    who = f"{masked(story)} {kind_of_trial(story)}".strip()
    article = "an" if who[0] in "aeiou" else "a"
    size = say(story.value(total), " ") if total is not None else ()
    if not name:
        arms = " and ".join(story.arm(arm) for arm in story.protocol.experimental)
        what = f" counted adverse events with {arms} and with {story.arm(story.protocol.control)}"
        return Paragraph(tuple(sentence(say(f"{article} {who} of ", size, condition(story)), what)))
    where = say(f"in {article} {who} of ", size, condition(story), ", ")
    pairs = contrasts_told(story, name)
    said = decided(story, name, *pairs[0]) if pairs else ()
    if not said:
        said = say(f"{story.endpoint(name)} was compared between groups, and no declared hypothesis decides about it")
    out = sentence(where, said) + sentence(levels(story, name)) + sentence(medians(story, name), spare=4)
    if pairs:
        out += sentence(comparison(story, name, *pairs[0])) + sentence(hazard_meaning(story, name, *pairs[0]))
    return Paragraph(tuple(out))


def _other_contrasts(story: Story) -> list[Paragraph]:
    """The other comparisons of the main outcome, where a trial has more than two groups: of many what was decided."""
    name = primary(story)
    out: list[Sentence] = []
    for place, pair in enumerate(contrasts_told(story, name)[1:] if name else []):
        out += sentence(decided(story, name, *pair))
        out += sentence(comparison(story, name, *pair), spare=3 if place else 0)
    return [Paragraph(tuple(out))] if out else []


def _others(story: Story) -> list[Paragraph]:
    """Other outcomes: the first is told, the rest as far as there is room."""
    out = []
    for place, name in enumerate(others(story)[:3]):
        rank = 0 if place == 0 else 8 + place
        pairs = contrasts_told(story, name)
        told = sentence(levels(story, name) or medians(story, name), spare=rank)
        told += sentence(benefit(story, name), spare=7)
        for i, pair in enumerate(pairs):
            told += sentence(decided(story, name, *pair), spare=rank or (6 if i else 0))
            told += sentence(comparison(story, name, *pair), spare=rank or (6 if i else 0))
            told += sentence(hazard_meaning(story, name, *pair), spare=rank or (6 if i else 2))
        if told:
            out.append(Paragraph(tuple(told)))
    return out


def _harms(story: Story) -> tuple[Paragraph, ...]:
    found = safety_of(story)
    if found is None:
        return ()
    told: list[Sentence] = []
    people = analyzed(story, found[1].population)
    if people:
        told += sentence("the analysis of adverse events included ", people)
    grave = next((one for one in ("grade_3_plus", "severe") if one in categories(story)), "")
    ranks = {"any": 0, grave: 0, "grade_3": 0, "grade_4": 0, "serious": 0, "discontinuation": 3, "fatal": 3}
    for category in categories(story):
        told += sentence(harm_words(story, category), spare=ranks.get(category, 1))
        if category == grave:
            told += sentence(differences(story, category), spare=1)
    told += sentence(missing_words(story), spare=3)
    return (Paragraph(tuple(told)),)


def _how(story: Story) -> Paragraph:
    out = sentence(f"the trial asked {asked(story)}")
    shares = allocation(story)
    out += sentence(f"{story.people} were assigned by chance, ", shares) if shares else []
    out += sentence(blinding(story)) + sentence(follow_up(story))
    analysis = story.protocol.analysis.get(primary(story))
    if analysis is not None:
        people = analyzed(story, analysis.population)
        out += sentence("the main analysis included ", people, spare=4 if _everybody(story) else 0) if people else []
    return Paragraph(tuple(out))


def _everybody(story: Story) -> bool:
    """Whether the main analysis included all who were randomized."""
    name, total = primary(story), headcount(story)
    groups = (("flow", "analyzed"), ("population", story.protocol.analysis[name].population))
    row = story.find("disposition", "subjects", groups=groups)
    return row is not None and total is not None and row.value == total.value
