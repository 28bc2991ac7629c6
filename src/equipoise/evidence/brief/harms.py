"""Harms in words: how many people of each group had adverse events, and the differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.evidence.brief.choice import arms_of, contrasts_of, safety_of
from equipoise.evidence.brief.model import Words, say
from equipoise.evidence.brief.story import Story, listed, lower_first

if TYPE_CHECKING:
    from equipoise.protocol.analysis import SafetyAnalysis
    from equipoise.results import Statistic

__all__ = ["CATEGORIES", "NO_HARMS", "categories", "differences", "harm_rows", "harm_words", "missing_words"]

CATEGORIES = {
    "any": ("Adverse events of any kind", "any medical problem"),
    "grade_3_plus": ("Adverse events of grade 3 or higher", "a severe medical problem (grade 3 or higher)"),
    "grade_3": ("Adverse events of grade 3", "a severe medical problem (grade 3, and none of a higher grade)"),
    "grade_4": ("Adverse events of grade 4", "a life-threatening medical problem (grade 4)"),
    "severe": ("Severe adverse events", "a severe medical problem"),
    "serious": ("Serious adverse events", "a serious medical problem"),
    "discontinuation": (
        "Adverse events leading to discontinuation of treatment",
        "a medical problem that led to stopping treatment",
    ),
    "fatal": ("Fatal adverse events", "a medical problem that ended in death"),
}
"""Category → what it is called among professionals, and in plain words."""

_SINGLE = ("grade_3", "grade_4")
_RANGE = "range"  # of a synthetic cohort: what the published numbers leave open
NO_HARMS = "These results hold nothing about adverse events, so benefit can't be weighed against harm."


def categories(story: Story) -> list[str]:
    """Categories of adverse events that the results have, in the usual order.

    Args:
        story: Bundle and protocol.
    """
    found = safety_of(story)
    if found is None:
        return []
    there = {
        groups[0][1] for groups in story.groups(found[0], "ae_proportion") if [g[0] for g in groups] == ["category"]
    }
    # Single grades are told where print had only them, and so they are all that is known of a synthetic cohort.
    single = () if harm_rows(story, "grade_3_plus") else _SINGLE
    return [name for name in CATEGORIES if name in there and (name not in _SINGLE or name in single)]


def harm_rows(story: Story, category: str) -> list[tuple[str, Statistic]]:
    """Each arm's proportion with an adverse event of a category, experimental arms first.

    Args:
        story: Bundle and protocol.
        category: Name of the category.
    """
    name, _ = _safety(story)
    rows = [(arm, story.find(name, "ae_proportion", arm, groups=(("category", category),))) for arm in arms_of(story)]
    return [(arm, row) for arm, row in rows if row is not None and row.value is not None]


def _safety(story: Story) -> tuple[str, SafetyAnalysis]:
    found = safety_of(story)
    assert found is not None
    return found


def harm_words(story: Story, category: str, *, counts: bool = False) -> Words:
    """How many people of each group had one: "Serious adverse events were reported in 19.8% in the A group and ...".

    Args:
        story: Bundle and protocol.
        category: Name of the category.
        counts: Whether counts stand beside percentages.
    """
    rows = harm_rows(story, category)
    if not rows:
        return ()
    values = [(arm, say(story.value(row), _counted(story, row) if counts else "")) for arm, row in rows]
    told = listed([say(words, f" of {story.people} in {story.group(arm)}") for arm, words in values[:1]]
                  + [say(words, f" in {story.group(arm)}") for arm, words in values[1:]])  # fmt: skip
    return say(f"{CATEGORIES[category][0]} were reported in ", told)


def _counted(story: Story, row: Statistic) -> Words:
    events, size = story.part_of(row, "events"), story.part_of(row, "denominator")
    return say(" (", events, " of ", size, ")") if events and size else ()


def differences(story: Story, category: str) -> Words:
    """Differences between the groups in one category, with limits; nothing where none was computed.

    Args:
        story: Bundle and protocol.
        category: Name of the category.
    """
    name, analysis = _safety(story)
    groups, what = (("category", category),), lower_first(CATEGORIES[category][0])
    told = []
    for arm, versus in contrasts_of(story, ""):
        row = story.find(name, "risk_difference", arm, versus, groups=groups, interval=analysis.difference)
        if row is not None and row.value is not None:
            pair = f"{story.arm(arm)} compared with {story.arm(versus)}, "
            told.append(say(pair, f"the difference in {what} was ", story.value(row), story.limits(row)))
    return say("For ", listed(told, last="; for ")) if told else ()


def missing_words(story: Story) -> Words:
    """Categories that the data could not tell, and why: one sentence; nothing where there is none.

    Args:
        story: Bundle and protocol.
    """
    found = safety_of(story)
    if found is None:
        return ()
    for category in categories(story):
        row = story.find(found[0], "ae_proportion", story.protocol.control, groups=(("category", category),))
        if row is not None and row.value is None and row.why() not in ("", _RANGE):
            return (row.why().replace("_", " "),)
    return ()
