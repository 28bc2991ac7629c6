"""What the results do not show: each caveat is said only where the declaration or the rows call for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.evidence.brief.choice import death_analysis, outcomes, primary, safety_of, verdict_of
from equipoise.evidence.brief.harms import NO_HARMS
from equipoise.evidence.brief.setting import mark_of

if TYPE_CHECKING:
    from equipoise.evidence.brief.story import Story

__all__ = ["caveats"]


def caveats(story: Story) -> list[str]:
    """What the results do not show, in sentences without numbers, the weightiest first.

    Args:
        story: Bundle and protocol.
    """
    made = (_synthetic, _harms, _undecided, _survival, _open, _secondary, _subgroups, _missing, _lives)
    return [sentence for sentence in (make(story) for make in made) if sentence]


def _synthetic(story: Story) -> str:
    return {
        "SYNTHETIC DATA": "The data are synthetic: made to agree with published results, they add nothing to them and "
        "are no data of patients; what the published numbers leave open is not told.",
        "SIMULATED DATA": "The data are simulated and say nothing about any treatment.",
    }.get(mark_of(story), "")


def _undecided(story: Story) -> str:
    """A trial that found no difference has not shown that there is none."""
    name = primary(story)
    if not name:
        return "The trial's results hold no measure of benefit."
    found = [verdict_of(story, name, arm) for arm in story.protocol.experimental]
    if not any(one.decision for one in found):
        return (
            "No hypothesis was declared for the main outcome, so the results describe differences and decide nothing."
        )
    if any(one.decision == "not rejected" for one in found):
        return "Where no difference was shown, the results do not show that there is none."
    return ""


def _survival(story: Story) -> str:
    """Whether anybody lived longer, where the main outcome is not survival."""
    name, death = primary(story), death_analysis(story)
    if not name or name == death:
        return ""
    if not death:
        return f"The results do not tell whether {story.people} lived longer."
    medians = [story.find(death, "median", arm, method="kaplan_meier") for arm in story.protocol.arms]
    if any(row is None for row in medians) or not all(row.why() == "not_reached" for row in medians if row is not None):
        return ""
    return f"Most {story.people} of each group had not died, so results on survival may change with longer follow-up."


def _open(story: Story) -> str:
    if story.protocol.trial.masking != "open":
        return ""
    death = death_analysis(story)
    except_death = " other than death" if death or primary(story) else ""
    return f"Knowing the treatment can influence how outcomes{except_death} are judged."


def _secondary(story: Story) -> str:
    """Outcomes that no hypothesis is about."""
    untested = [
        name
        for name in outcomes(story)[1:]
        if not any(verdict_of(story, name, arm).decision for arm in story.protocol.experimental)
    ]
    if not untested or not any(verdict_of(story, primary(story), arm).decision for arm in story.protocol.experimental):
        return ""
    return "Outcomes without a declared hypothesis describe and do not confirm, and intervals are not adjusted."


def _subgroups(story: Story) -> str:
    analysis = story.protocol.analysis.get(primary(story))
    if analysis is None or not getattr(analysis, "subgroups", ()):
        return ""
    return "Whether the effect differs between subgroups was described, not tested."


def _harms(story: Story) -> str:
    return "" if safety_of(story) else NO_HARMS


def _missing(story: Story) -> str:
    """Surrogates: what happens to a tumor or a score is not how people feel."""
    name = primary(story)
    if not name or name == death_analysis(story) or story.protocol.analysis[name].kind == "continuous":
        return ""
    if any(one.kind == "continuous" for one in story.protocol.analysis.values()):
        return ""
    return "The results hold nothing about quality of life."


def _lives(story: Story) -> str:
    return f"Results of groups can't tell what will happen to one of the {story.people}."
