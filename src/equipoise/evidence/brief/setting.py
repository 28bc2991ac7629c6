"""Who, how and where from: the design, the people, the follow-up, and the source of the results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from equipoise.evidence.brief.choice import arms_of, outcomes, primary
from equipoise.evidence.brief.model import Words, say
from equipoise.evidence.brief.story import Story, listed, lower_first

if TYPE_CHECKING:
    from equipoise.results import Statistic

__all__ = [
    "MARKS",
    "allocation",
    "analyzed",
    "asked",
    "blinding",
    "condition",
    "doi_of",
    "follow_up",
    "headcount",
    "kind_of_trial",
    "mark_of",
    "masked",
    "measured",
    "others",
    "source",
    "treatments",
]

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]*[^\s\"<>.,;:)\]]")
MARKS = {"synthetic": "SYNTHETIC DATA", "simulated": "SIMULATED DATA"}
_MASKED = {"single": "single-blind", "double": "double-blind", "triple": "triple-blind", "quadruple": "quadruple-blind"}


def mark_of(story: Story) -> str:
    """What stands on every page made from results that are not those of patients; "" where they are.

    Args:
        story: Bundle and protocol.
    """
    origins = {row.origin for row in story.bundle.results if row.key.stage == "analysis"}
    if "synthetic" in origins or story.bundle.manifest.get("synthetic"):
        return MARKS["synthetic"]
    notes = story.bundle.manifest.get("notes") or []
    if "simulated" in origins or any(isinstance(n, dict) and n.get("code") == "data.simulated" for n in notes):
        return MARKS["simulated"]
    return ""


def condition(story: Story) -> str:
    """Who was in the trial: "patients with advanced disease".

    Args:
        story: Bundle and protocol.
    """
    said = story.protocol.trial.condition
    return f"{story.people} with {lower_first(said.rstrip('.'))}" if said else story.people


def kind_of_trial(story: Story) -> str:
    """What kind of trial it was: "phase 3 randomized trial".

    Args:
        story: Bundle and protocol.
    """
    trial = story.protocol.trial
    phase = f"phase {trial.phase} " if trial.phase and trial.phase != "na" else ""
    return f"{phase}randomized trial"


def masked(story: Story) -> str:
    """How much was concealed: "open-label", "double-blind", or "" where it is not declared.

    Args:
        story: Bundle and protocol.
    """
    masking = story.protocol.trial.masking
    return "open-label" if masking == "open" else _MASKED.get(masking or "", "")


def blinding(story: Story) -> str:
    """A sentence about who knew the treatment.

    Args:
        story: Bundle and protocol.
    """
    masking = story.protocol.trial.masking
    if masking is None:
        return "Whether the treatment was concealed is not declared"
    if masking == "open":
        return f"The trial was open label: {story.people} and their doctors knew which treatment was given"
    return f"The trial was {_MASKED[masking]}"


def headcount(story: Story) -> Statistic | None:
    """The row that counts everybody randomized.

    Args:
        story: Bundle and protocol.
    """
    return story.find("disposition", "subjects", groups=(("flow", "randomized"),))


def allocation(story: Story) -> Words:
    """How many were assigned to each group, as a clause; nothing where it is not known.

    Args:
        story: Bundle and protocol.
    """
    rows = [
        (arm, story.find("disposition", "subjects", arm, groups=(("flow", "randomized"),))) for arm in arms_of(story)
    ]
    told = [say(story.value(row), f" to {story.group(arm)}") for arm, row in rows if row is not None]
    return listed(told) if len(told) == len(rows) else ()


def analyzed(story: Story, population: str, *, by_arm: bool = False) -> Words:
    """How many were analyzed in a population, as a clause: "929 patients (all randomized patients)".

    Args:
        story: Bundle and protocol.
        population: Name of the population.
        by_arm: Whether the numbers of the groups are told.
    """
    groups = (("flow", "analyzed"), ("population", population))
    row = story.find("disposition", "subjects", groups=groups)
    if row is None or row.value is None:
        return ()
    words = say(story.value(row), f" {story.people} ({story.population(population)})")
    rows = [(arm, story.find("disposition", "subjects", arm, groups=groups)) for arm in arms_of(story)]
    told = [(arm, story.value(one)) for arm, one in rows if one is not None]
    return say(words, ": ", story.by_group(told)) if by_arm and len(told) == len(rows) else words


def follow_up(story: Story) -> Words:
    """Median follow-up of everybody, as a sentence; nothing where it is not known.

    Args:
        story: Bundle and protocol.
    """
    row = story.find("follow_up", "follow_up_median")
    return say("Median follow-up was ", story.value(row)) if row is not None and row.value is not None else ()


def treatments(story: Story) -> str:
    """What the groups got, as a list of labels, with what they consist of where that is declared.

    Args:
        story: Bundle and protocol.
    """
    told = []
    for name in [*story.protocol.experimental, story.protocol.control]:
        arm = story.protocol.arms[name]
        more = arm.treatment if arm.treatment and arm.treatment != arm.label else ""
        told.append(f"{arm.label} ({lower_first(more.rstrip('.'))})" if more else arm.label)
    return ", ".join(told[:-1]) + " or " + told[-1]


def asked(story: Story) -> str:
    """The question, as a clause that begins with "whether".

    Args:
        story: Bundle and protocol.
    """
    protocol, name = story.protocol, primary(story)
    control = story.arm(protocol.control)
    experimental = " or ".join(story.arm(arm) for arm in protocol.experimental)
    if not name:
        return f"which adverse events come with {experimental}, compared with {control}"
    kind, label = protocol.analysis[name].kind, story.endpoint(name, whole=True)
    changes = {"time_to_event": "changes", "response": "changes the rate of", "continuous": "changes"}
    return f"whether {experimental}, compared with {control}, {changes[kind]} {label}"


def measured(story: Story, name: str) -> str:
    """What an outcome is, as declared; "" where nothing more than its name is.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
    """
    endpoint = story.protocol.endpoints[story.protocol.analysis[name].endpoint]
    estimand = getattr(endpoint, "estimand", None)
    if estimand is not None:
        return lower_first(estimand.variable.rstrip("."))
    event = getattr(endpoint, "event", None)
    return f"time to {lower_first(event.rstrip('.'))}" if event else ""


def doi_of(story: Story) -> str:
    """DOI of the trial's publication, from what the protocol or the manifest cites; "" where neither has one.

    Args:
        story: Bundle and protocol.
    """
    said = [story.protocol.trial.reference or "", *(str(one) for one in _cited(story))]
    found = next((match for match in map(_DOI.search, said) if match), None)
    return found[0] if found else ""


def _cited(story: Story) -> list[str]:
    """Sources that the manifest of a synthetic cohort names."""
    sources = story.bundle.manifest.get("sources") or []
    told = []
    for one in sources.values() if isinstance(sources, dict) else sources:
        if isinstance(one, dict):
            doi = f" doi:{one['doi']}" if one.get("doi") else ""
            told.append(f"{one.get('cite', '')}{doi}".strip())
        elif isinstance(one, str):
            told.append(one)
    return [text for text in told if text]


def source(story: Story) -> str:
    """Where the results and more about the trial are found: registry, publication, and whose results these are.

    Args:
        story: Bundle and protocol.
    """
    trial = story.protocol.trial
    parts = [f"Trial {trial.id}: {trial.title.rstrip('.')}."]
    parts.append(f"Registration: {trial.registry}." if trial.registry else "No registration number is declared.")
    if trial.reference:
        parts.append(f"Published: {trial.reference.rstrip('.')}.")
    if not trial.reference:
        parts += [f"Published: {text.rstrip('.')}." for text in _cited(story)[:2]]
    return " ".join(parts)


def others(story: Story) -> list[str]:
    """Outcomes beside the primary one.

    Args:
        story: Bundle and protocol.
    """
    return outcomes(story)[1:]
