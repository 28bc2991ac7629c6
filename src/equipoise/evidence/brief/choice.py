"""What a brief tells of the declared plan, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from equipoise.protocol.method_names import cox_interval, cox_method
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.evidence.brief.story import Story
    from equipoise.protocol.analysis import Hypothesis, SafetyAnalysis, TimeToEventAnalysis
    from equipoise.results import Statistic

__all__ = [
    "Verdict",
    "arms_of",
    "competes",
    "contrasts_of",
    "death_analysis",
    "landmark",
    "outcomes",
    "primary",
    "ratio",
    "safety_of",
    "verdict_of",
]

_ENOUGH = 10
"""Fewest people of each arm still followed at a time that is told."""


def outcomes(story: Story) -> list[str]:
    """Analyses of outcomes that have rows, the primary one first, then those with hypotheses, then the others.

    Sensitivity analyses, and analyses of endpoints without a role beside any with one, are left to the dossier.

    Args:
        story: Bundle and protocol.
    """
    declared = {
        name: analysis
        for name, analysis in story.protocol.analysis.items()
        if analysis.kind != "adverse_events" and not analysis.sensitivity_to and story.has(name)
    }
    tested = [story.protocol.hypotheses[name].analysis for name in _order(story)]
    roles = {name: story.protocol.endpoints[one.endpoint].role for name, one in declared.items()}
    first = [name for name in tested if name in declared][:1] or [n for n, role in roles.items() if role == "primary"]
    ordered = [*first[:1], *tested, *[n for n, role in roles.items() if role], *declared]
    return [name for name in dict.fromkeys(ordered) if name in declared]


def primary(story: Story) -> str:
    """The analysis that answers the question; "" where the bundle has adverse events only.

    Args:
        story: Bundle and protocol.
    """
    return next(iter(outcomes(story)), "")


def safety_of(story: Story) -> tuple[str, SafetyAnalysis] | None:
    """The first analysis of adverse events that has rows.

    Args:
        story: Bundle and protocol.
    """
    for name, analysis in story.protocol.analysis.items():
        if analysis.kind == "adverse_events" and story.has(name, "ae_proportion"):
            return name, analysis
    return None


def death_analysis(story: Story) -> str:
    """The analysis of survival; "" where there is none.

    Args:
        story: Bundle and protocol.
    """
    for name in outcomes(story):
        endpoint = story.protocol.endpoints[story.protocol.analysis[name].endpoint]
        if endpoint.kind == "time_to_event" and (endpoint.death or getattr(endpoint.source, "PARAMCD", "") == "OS"):
            return name
    return ""


def _order(story: Story) -> tuple[str, ...]:
    """Hypotheses in the order of testing."""
    declared = story.protocol.hypotheses
    done: list[str] = []
    while len(done) < len(declared):
        ready = [name for name, one in declared.items() if name not in done and all(a in done for a in one.after)]
        done += ready[:1] or [name for name in declared if name not in done][:1]
    return tuple(done)


def _about(story: Story, hypothesis: Hypothesis, analysis: str, arm: str) -> bool:
    one = hypothesis.arm or (story.protocol.experimental[0] if len(story.protocol.experimental) == 1 else "")
    return hypothesis.analysis == analysis and one == arm


def contrasts_of(story: Story, analysis: str) -> list[tuple[str, str]]:
    """Pairs (experimental arm, control), those of hypotheses first, in the order of testing.

    Args:
        story: Bundle and protocol.
        analysis: Name of the analysis.
    """
    order = _order(story)

    def place(pair: tuple[str, str], name: str) -> int:
        own = [i for i, one in enumerate(order) if _about(story, story.protocol.hypotheses[one], name, pair[0])]
        return min(own, default=len(order))

    # Where its own hypotheses do not tell, as those of the main outcome.
    first = primary(story)
    return sorted(story.protocol.contrasts, key=lambda pair: (place(pair, analysis), place(pair, first)))


def arms_of(story: Story) -> list[str]:
    """Arms in the order in which they are told: as the contrasts of the main outcome, the control last.

    Args:
        story: Bundle and protocol.
    """
    return [*(arm for arm, _ in contrasts_of(story, primary(story))), story.protocol.control]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a hypothesis about a contrast.

    Attributes:
        decision: `rejected`, `not rejected`, `not tested`; "" where none was declared or decided.
        row: The row of the decision.
        p: The P, only where the hypothesis was reached.
        level: The level that it was compared with.
        margin: Whether it is one of non-inferiority.
    """

    decision: Literal["rejected", "not rejected", "not tested", ""] = ""
    row: Statistic | None = None
    p: Statistic | None = None
    level: Statistic | None = None
    margin: bool = False


def verdict_of(story: Story, analysis: str, arm: str) -> Verdict:
    """What became of the first hypothesis about a contrast.

    Args:
        story: Bundle and protocol.
        analysis: Name of the analysis.
        arm: Experimental arm.
    """
    for name in _order(story):
        declared = story.protocol.hypotheses[name]
        if not _about(story, declared, analysis, arm):
            continue
        rows = {
            row.key.statistic: row
            for row in story.bundle.results
            if row.key.hypothesis == name and row.key.stage == "analysis"
        }
        decision = rows.get("decision")
        said = decision.text if decision is not None else ""
        p = rows.get("p_value")
        return Verdict(
            decision=said if said in ("rejected", "not rejected", "not tested") else "",  # type: ignore[arg-type]
            row=decision,
            p=p if p is not None and p.value is not None and p.multiplicity == "confirmatory" else None,
            level=rows.get("significance_level"),
            margin=declared.margin is not None,
        )
    return Verdict()


def competes(story: Story, analysis: str) -> bool:
    """Whether somebody in an analysis had a competing event, so that survival would be told too low.

    Args:
        story: Bundle and protocol.
        analysis: Name of the analysis.
    """
    rows = (story.find(analysis, "competing_events", arm) for arm in story.protocol.arms)
    return any(row is not None and row.value for row in rows)


def ratio(story: Story, analysis: str, arm: str, versus: str) -> Statistic | None:
    """The hazard ratio of the declared model.

    Args:
        story: Bundle and protocol.
        analysis: Name of an analysis of times to an event.
        arm: Experimental arm.
        versus: Arm of reference.
    """
    declared = story.protocol.analysis[analysis]
    if declared.kind != "time_to_event":
        return None
    method, interval = cox_method(declared.estimate), cox_interval(declared.estimate)
    return story.find(analysis, "hazard_ratio", arm, versus, method=method, interval=interval)


def landmark(story: Story, name: str, analysis: TimeToEventAnalysis) -> list[tuple[str, Statistic]]:
    """Each arm's rate at the declared time that is told: the latest with enough people still followed.

    It is a time up to the median follow-up where there is one, as half of the people were followed to it, and one at
    which every arm has at least ten people at risk; where no time is both, the earliest that has values.

    Args:
        story: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.

    Returns:
        Arm and row, in the order of telling; empty where no time has values for all arms.
    """
    statistic, times = "survival", analysis.survival.times
    groups: tuple[tuple[str, str], ...] = ()
    if competes(story, name) and analysis.incidence is not None:
        statistic, groups, times = "cumulative_incidence", (("cause", "event"),), analysis.incidence.times
    known = []
    for time in sorted(times):
        rows = [(arm, story.find(name, statistic, arm, groups=groups, time=time)) for arm in arms_of(story)]
        there = [(arm, row) for arm, row in rows if row is not None and row.value is not None]
        if len(there) == len(rows):
            known.append((time, there))
    last = _followed(story)
    good = [rows for time, rows in known if time <= last and all(row.n is None or row.n >= _ENOUGH for _, row in rows)]
    return good[-1] if good else known[0][1] if known else []


def _followed(story: Story) -> float:
    """Median follow-up in the trial's unit of time; infinite where it is not known."""
    row = story.find("follow_up", "follow_up_median")
    if row is None or row.value is None:
        return float("inf")
    time = story.protocol.time
    length = days_per(time.unit, days_per_month=time.days_per_month)
    return row.value * days_per(time.data_unit, days_per_month=time.days_per_month) / length
