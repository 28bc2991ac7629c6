"""Results of an outcome in words: what each group had, how two groups compare, what the declared test decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.evidence.brief.choice import arms_of, competes, contrasts_of, landmark, ratio, verdict_of
from equipoise.evidence.brief.model import Told, Words, say
from equipoise.evidence.brief.story import Story, listed, lower_first
from equipoise.results.display import format_p, sides_words

if TYPE_CHECKING:
    from equipoise.evidence.brief.choice import Verdict
    from equipoise.results import Statistic

__all__ = [
    "benefit",
    "comparison",
    "contrasts_told",
    "decided",
    "event_words",
    "hazard_meaning",
    "levels",
    "levels_row",
    "medians",
    "points_difference",
    "share",
]

OBJECTIVE = (("response", "objective"),)
_EVENTS = {
    "progression-free survival": "progression or death",
    "disease-free survival": "recurrence or death",
    "overall survival": "death",
}
"""What the event of an outcome is by its definition, where none is declared."""


def levels(story: Story, name: str) -> Words:
    """What each group had: "At 5 years, overall survival was 63% in the A group and 55% in the B group".

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.

    Returns:
        Nothing where the rows are not there, or have no values.
    """
    rows = levels_row(story, name)
    if not rows:
        return ()
    analysis = story.protocol.analysis[name]
    values = [(arm, story.value(row)) for arm, row in rows]
    label = story.endpoint(name)
    if analysis.kind == "response":
        counted = [
            (arm, say(story.value(row), _of(story, row), f" of {story.people}" if place == 0 else ""))
            for place, (arm, row) in enumerate(rows)
        ]
        return say(f"{_responded(label)} in ", story.by_group(counted))
    if analysis.kind == "continuous":
        endpoint = story.protocol.endpoints[analysis.endpoint]
        changes = {"CHG": "mean change from baseline in ", "PCHG": "mean percent change from baseline in "}
        what = changes.get(endpoint.value.upper(), "mean ") if endpoint.kind == "continuous" else ""
        better = f" ({endpoint.better} is better)" if endpoint.kind == "continuous" else ""
        return say(f"At {analysis.at}, the least-squares {what}{label}{better} was ", story.by_group(values))
    when = story.at(rows[0][1])
    if rows[0][1].key.statistic == "cumulative_incidence":
        return say("By ", when, f", the cumulative {_incidence(story, name)} was ", story.by_group(values))
    return say("At ", when, f", {share(story, name)} was ", story.by_group(values))


def _of(story: Story, row: Statistic) -> Words:
    events, size = story.part_of(row, "events"), story.part_of(row, "denominator")
    return say(" (", events, " of ", size, ")") if events and size else ()


def _responded(label: str) -> str:
    """The beginning of a sentence about responders, in the words of the endpoint."""
    if "objective response" in label.lower():
        return "An objective response was seen"
    return (
        "A response was seen"
        if label.lower() in ("response", "best overall response")
        else f"A response ({label}) was seen"
    )


def share(story: Story, name: str) -> str:
    """What a rate at a time is of: "overall survival", "the share of patients free of the first relapse".

    Args:
        story: Bundle and protocol.
        name: Name of an analysis of times to an event.
    """
    label = story.endpoint(name)
    if "survival" in label.lower() or label.isupper():
        return label
    if label.startswith("time to "):
        article = "the " if label[8:].startswith("first ") else ""
        return f"the share of {story.people} free of {article}{label[8:]}"
    return f"the share of {story.people} without an event ({label})"


def levels_row(story: Story, name: str) -> list[tuple[str, Statistic]]:
    """Each arm's row that is told first: a rate at a time, a response rate, a mean.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
    """
    analysis = story.protocol.analysis[name]
    if analysis.kind == "time_to_event":
        return landmark(story, name, analysis)
    rows = []
    for arm in arms_of(story):
        if analysis.kind == "response":
            row = story.find(name, "response_rate", arm, interval=analysis.interval)
        elif analysis.kind == "continuous":
            row = story.find(name, "ls_mean", arm, method=analysis.method)
        else:
            row = None
        if row is not None and row.value is not None:
            rows.append((arm, row))
    return rows


def benefit(story: Story, name: str) -> Words:
    """Clinical benefit by group, where an analysis of response has it.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
    """
    analysis = story.protocol.analysis[name]
    if analysis.kind != "response":
        return ()
    found = [
        (arm, story.find(name, "clinical_benefit_rate", arm, interval=analysis.interval)) for arm in arms_of(story)
    ]
    values = [(arm, story.value(row)) for arm, row in found if row is not None and row.value is not None]
    return say("Clinical benefit was seen in ", story.by_group(values)) if len(values) == len(found) else ()


def medians(story: Story, name: str, *, limits: bool = False) -> Words:
    """Medians of a time to an event by group; nothing where it has none, or other events compete.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
        limits: Whether limits follow each median.
    """
    analysis = story.protocol.analysis[name]
    if analysis.kind != "time_to_event" or competes(story, name):
        return ()
    rows = [(arm, story.find(name, "median", arm, method="kaplan_meier")) for arm in arms_of(story)]
    told = [
        (arm, say(story.value(row), story.limits(row) if limits else ""))
        for arm, row in rows
        if row is not None and (row.value is not None or row.why() == "not_reached")
    ]
    if len(told) < len(rows):
        return ()
    label = story.endpoint(name)
    subject = label if _is_a_time(label) else f"time to event ({label})"
    return say(f"Median {subject} was ", story.by_group(told))


def _is_a_time(label: str) -> bool:
    # An acronym, PFS or DFS, is one too.
    return label.isupper() or any(word in label.lower() for word in ("survival", "time", "duration"))


def points_difference(story: Story, name: str, arm: str, versus: str) -> Statistic | None:
    """The row of the absolute difference that belongs to `levels_row`.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
        arm: Experimental arm.
        versus: Arm of reference.
    """
    analysis = story.protocol.analysis[name]
    if analysis.kind == "response":
        return story.find(name, "risk_difference", arm, versus, groups=OBJECTIVE, interval=analysis.difference)
    if analysis.kind == "continuous":
        return story.find(name, "ls_mean_difference", arm, versus, method=analysis.method)
    rows = levels_row(story, name)
    if not rows:
        return None
    key = rows[0][1].key
    if key.statistic == "cumulative_incidence":
        return story.find(name, "incidence_difference", arm, versus, groups=key.groups, time=key.time)
    return story.find(name, "survival_difference", arm, versus, time=key.time, method="kaplan_meier")


def comparison(story: Story, name: str, arm: str, versus: str, *, p: bool = True) -> Words:
    """Absolute beside relative: the difference and the ratio of one contrast, with limits, and its P where it has one.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
        arm: Experimental arm.
        versus: Arm of reference.
        p: Whether the P of a tested hypothesis follows.

    Returns:
        Nothing where neither has been computed.
    """
    tested = _p_words(verdict_of(story, name, arm)) if p else ()
    effects: list[Words] = []
    ratio_row = ratio(story, name, arm, versus)
    difference = points_difference(story, name, arm, versus)
    if difference is not None and difference.value is not None:
        when = say(" at ", story.at(difference)) if difference.key.time is not None else ()
        own = tested if ratio_row is None else ()
        what = f"the difference in {_compared(story, name)}"
        effects.append(say(what, when, " was ", story.value(difference), _bracket(story, difference, own)))
    if ratio_row is not None:
        word = "cause-specific hazard ratio" if competes(story, name) else "hazard ratio"
        of = event_words(story, name) if competes(story, name) else story.endpoint(name)
        word += "" if effects and share(story, name) == of else f" for {of}"
        if ratio_row.value is None:
            effects.append(say(f"the {word} could not be estimated"))
        else:
            effects.append(say(f"the {word} was ", story.value(ratio_row), _bracket(story, ratio_row, tested)))
    if not effects:
        return ()
    return say(f"For {story.arm(arm)} compared with {story.arm(versus)}, ", listed(effects))


def _compared(story: Story, name: str) -> str:
    """What an absolute difference is of."""
    analysis, label = story.protocol.analysis[name], story.endpoint(name)
    if analysis.kind == "response":
        return "objective response" if "objective response" in label.lower() else f"response ({label})"
    if analysis.kind == "continuous":
        return label
    return f"cumulative {_incidence(story, name)}" if competes(story, name) else share(story, name)


def _incidence(story: Story, name: str) -> str:
    return f"incidence of {event_words(story, name)}"


def _bracket(story: Story, row: Statistic, p: Words) -> Words:
    limits = story.limits(row, before="", after="")
    inside = [part for part in (limits, p) if part]
    return say(" (", listed(inside, last="; "), ")") if inside else ()


def _p_words(verdict: Verdict) -> Words:
    """A P with its sides, "two-sided P<0.001"; nothing where no hypothesis carries one.

    Args:
        verdict: What became of the hypothesis.
    """
    if verdict.p is None or verdict.p.value is None:
        return ()
    level = verdict.level.value if verdict.level is not None else None
    text = format_p(verdict.p.value, level=level)
    claim = "for non-inferiority" if verdict.margin else ""
    sides = sides_words(verdict.p.sides)
    before = f"{sides} P" if sides else "P"
    return say(before, "" if text[0] in "<>" else "=", Told(text, verdict.p.id), f" {claim}" if claim else "")


def hazard_meaning(story: Story, name: str, arm: str, versus: str) -> Words:
    """What a hazard ratio says, as a sentence; nothing where it has no value.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
        arm: Experimental arm.
        versus: Arm of reference.
    """
    row = ratio(story, name, arm, versus)
    if row is None or row.value is None:
        return ()
    event = event_words(story, name)
    rate = f"the rate of {event} among those still {'alive' if event.startswith('death') else 'free of it'}"
    wide = row.lower is not None and row.upper is not None and row.lower <= 1 <= row.upper
    if wide:
        return say(
            "The interval includes equal rates in both groups, so the data do not tell which group had more events"
        )
    if row.value > 1:
        return say(f"A hazard ratio above one means that, at any given time, {rate} was higher in {story.group(arm)}")
    less = story.find(name, "hazard_reduction", arm, versus, method=row.key.method, interval=row.key.interval)
    amount = say(story.value(less), " ") if less is not None and less.value is not None else ()
    return say(f"At any given time, {rate} was ", amount, f"lower in {story.group(arm)} than in {story.group(versus)}")


def event_words(story: Story, name: str) -> str:
    """What the event of an analysis is, in few words.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
    """
    endpoint = story.protocol.endpoints[story.protocol.analysis[name].endpoint]
    said = getattr(endpoint, "event", None)
    if said:
        return lower_first(said.split(";")[0].split(" (")[0])
    if getattr(endpoint, "death", False):
        return "death"
    label = story.endpoint(name)
    if label.startswith("time to "):
        return label[8:]
    return next((event for words, event in _EVENTS.items() if label.lower().startswith(words)), "the event")


def _direction(story: Story, name: str, arm: str, versus: str) -> str:
    """In which direction two groups differ: "longer", "shorter", "higher", "lower"; "" where it can't be told.

    Only a rejected hypothesis may be told in these words.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
        arm: Experimental arm.
        versus: Arm of reference.
    """
    row = ratio(story, name, arm, versus)
    if row is not None:
        less, more = ("lower", "higher") if competes(story, name) else ("longer", "shorter")
        return "" if row.value is None else less if row.value < 1 else more
    row = points_difference(story, name, arm, versus)
    return "" if row is None or row.value is None else "higher" if row.value > 0 else "lower"


def decided(story: Story, name: str, arm: str, versus: str) -> Words:
    """What the declared test decided, as a clause: "overall survival was longer in the A group than in the B group".

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
        arm: Experimental arm.
        versus: Arm of reference.
    """
    verdict = verdict_of(story, name, arm)
    what, one, other = subject(story, name), story.group(arm), story.group(versus)
    if verdict.row is None or not verdict.decision:
        return ()
    mark = verdict.row.id
    if verdict.margin:
        told = "was" if verdict.decision == "rejected" else "was not"
        if verdict.decision == "not tested":
            return say(f"non-inferiority of {story.arm(arm)} for {what} was ", Told("not tested", mark, "decision"))
        shown = Told(f"{told} shown", mark, "decision")
        pair = f"{story.arm(arm)} to {story.arm(versus)}"
        return say(f"non-inferiority of {pair} for {what} ", shown, " within the declared margin")
    if verdict.decision == "rejected":
        word = _direction(story, name, arm, versus)
        if not word:
            return say(f"{what} ", Told("differed", mark, "decision"), f" between {one} and {other}")
        return say(f"{what} was ", Told(word, mark, "decision"), f" in {one} than in {other}")
    if verdict.decision == "not rejected":
        return say(
            "the trial ", Told("did not show", mark, "decision"), f" a difference in {what} between {one} and {other}"
        )
    return say(f"a difference in {what} between {one} and {other} was ", Told("not tested", mark, "decision"),
               ", because the declared order of tests did not reach it")  # fmt: skip


def subject(story: Story, name: str) -> str:
    """An outcome as the subject of a sentence: "overall survival", "the rate of objective response".

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
    """
    analysis, label = story.protocol.analysis[name], story.endpoint(name)
    if analysis.kind == "response":
        return (
            "the rate of objective response"
            if "objective response" in label.lower()
            else f"the response rate ({label})"
        )
    if analysis.kind == "continuous":
        return f"the change in {label}"
    if competes(story, name):
        return f"the {_incidence(story, name)}"
    if _is_a_time(label):
        return label if "survival" in label.lower() or label.isupper() else f"the {label}"
    return f"the time to an event ({label})"


def contrasts_told(story: Story, name: str) -> list[tuple[str, str]]:
    """Contrasts of an analysis that have anything to tell, in order.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
    """
    return [pair for pair in contrasts_of(story, name) if comparison(story, name, *pair, p=False)]
