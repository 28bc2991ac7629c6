"""The declared plan as look-ups: which rows are the headline of an analysis, and which hypothesis owns which P."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from equipoise.protocol.method_names import cox_interval, cox_method
from equipoise.reporting.context import Context
from equipoise.results import Statistic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equipoise.protocol.analysis import (
        CoxEstimate,
        ResponseAnalysis,
        SafetyAnalysis,
        TimeToEventAnalysis,
    )
    from equipoise.protocol.continuous import ContinuousAnalysis

__all__ = [
    "Tested",
    "competes",
    "continuous",
    "hypotheses_of",
    "incidence_landmark",
    "order_of_hypotheses",
    "primary_analysis",
    "ratio_of",
    "responses",
    "safeties",
    "survivals",
    "tested",
]


def survivals(context: Context, *, sensitivity: bool = False) -> dict[str, TimeToEventAnalysis]:
    """Time-to-event analyses that have rows, in declared order.

    Args:
        context: Bundle and protocol.
        sensitivity: Whether to give the sensitivity analyses instead of the others.
    """
    return _kind(context, "time_to_event", sensitivity=sensitivity)


def responses(context: Context, *, sensitivity: bool = False) -> dict[str, ResponseAnalysis]:
    """Analyses of response that have rows, in declared order.

    Args:
        context: Bundle and protocol.
        sensitivity: Whether to give the sensitivity analyses instead of the others.
    """
    return _kind(context, "response", sensitivity=sensitivity)


def continuous(context: Context, *, sensitivity: bool = False) -> dict[str, ContinuousAnalysis]:
    """Analyses of continuous endpoints that have rows, in declared order.

    Args:
        context: Bundle and protocol.
        sensitivity: Whether to give the sensitivity analyses instead of the others.
    """
    return _kind(context, "continuous", sensitivity=sensitivity)


def safeties(context: Context) -> dict[str, SafetyAnalysis]:
    """Analyses of adverse events that have rows, in declared order.

    Args:
        context: Bundle and protocol.
    """
    return _kind(context, "adverse_events", sensitivity=False)


def _kind(context: Context, kind: str, *, sensitivity: bool) -> dict[str, Any]:
    there = {row.key.analysis for row in context.bundle.results if row.key.stage == "analysis"}
    return {
        name: analysis
        for name, analysis in context.protocol.analysis.items()
        if analysis.kind == kind and name in there and bool(analysis.sensitivity_to) == sensitivity
    }


def order_of_hypotheses(context: Context) -> tuple[str, ...]:
    """Hypotheses in the order of testing: those without predecessors first, each after all of its predecessors.

    Args:
        context: Bundle and protocol.
    """
    declared = context.protocol.hypotheses
    done: list[str] = []
    while len(done) < len(declared):
        ready = [name for name, one in declared.items() if name not in done and all(a in done for a in one.after)]
        done += ready[:1] or [name for name in declared if name not in done][:1]
    return tuple(done)


def primary_analysis(context: Context) -> str:
    """The analysis that answers the question: the first hypothesis', else a primary endpoint's, else the first.

    Args:
        context: Bundle and protocol.

    Returns:
        Its name; "" where the protocol declares none that has rows.
    """
    efficacy = list(survivals(context)) + list(responses(context)) + list(continuous(context))
    for name in order_of_hypotheses(context):
        if context.protocol.hypotheses[name].analysis in efficacy:
            return context.protocol.hypotheses[name].analysis
    for name in efficacy:
        if context.protocol.endpoints[context.protocol.analysis[name].endpoint].role == "primary":
            return name
    return efficacy[0] if efficacy else ""


def hypotheses_of(context: Context, analysis: str, arm: str) -> tuple[str, ...]:
    """Hypotheses about a contrast of an analysis.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis.
        arm: Experimental arm.
    """
    return tuple(
        name
        for name in order_of_hypotheses(context)
        if context.protocol.hypotheses[name].analysis == analysis
        and (context.protocol.hypotheses[name].arm or arm) == arm
        and (context.protocol.hypotheses[name].arm or len(context.protocol.experimental) == 1)
    )


def competes(context: Context, name: str) -> bool:
    """Whether some participants of an analysis had a competing event: its Kaplan-Meier estimates censor them.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
    """
    return any(row.value for row in context.rows(name, "competing_events") if not row.key.groups)


def incidence_landmark(
    context: Context, name: str, analysis: TimeToEventAnalysis, arms: Iterable[str]
) -> tuple[float, list[Statistic]] | None:
    """Cumulative incidence of the event at the last declared time to which all of these arms were followed.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        arms: Arms of which each has to have a value.

    Returns:
        The time in the trial's unit and a row for each arm; nothing where incidence is not declared or has no value.
    """
    arms, groups = list(arms), (("cause", "event"),)
    for time in sorted(analysis.incidence.times if analysis.incidence else (), reverse=True):
        found = [context.find(name, "cumulative_incidence", arm, groups=groups, time=time) for arm in arms]
        rows = [row for row in found if row is not None and row.value is not None]
        if len(rows) == len(arms):
            return time, rows
    return None


class RatioKey(TypedDict):
    """Key fields by which the hazard ratio of a model is found."""

    method: str
    interval: str


def ratio_of(estimate: CoxEstimate) -> RatioKey:
    """Key fields of the hazard ratio of a declared model: its method and its limits.

    Args:
        estimate: The declared model.
    """
    return {"method": cox_method(estimate), "interval": cox_interval(estimate)}


@dataclass(frozen=True, slots=True)
class Tested:
    """Rows of one hypothesis: its level, what was decided and, only where it was reached, its P."""

    name: str
    level: Statistic | None
    decision: Statistic | None
    p: Statistic | None


def tested(context: Context, hypothesis: str) -> Tested:
    """Rows of a hypothesis.

    Args:
        context: Bundle and protocol.
        hypothesis: Its name.
    """
    rows = [r for r in context.bundle.results if r.key.hypothesis == hypothesis and r.key.stage == "analysis"]
    by_name = {row.key.statistic: row for row in rows}
    return Tested(hypothesis, by_name.get("significance_level"), by_name.get("decision"), by_name.get("p_value"))
