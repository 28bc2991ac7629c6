"""The plan: a protocol compiled once into steps, in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equipoise.analysis.follow_up import FollowUpStep, death_endpoint
from equipoise.analysis.hypotheses import HypothesesStep
from equipoise.analysis.steps import Step

if TYPE_CHECKING:
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["Plan", "compile_plan", "headline_analysis"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, before any data are seen.

    Attributes:
        steps: The steps, in order.
    """

    steps: tuple[Step, ...]

    def labels(self) -> tuple[str, ...]:
        """What each step does, in words."""
        return tuple(step.label for step in self.steps)


def compile_plan(protocol: Protocol) -> Plan:
    """Compile a protocol: who was there, each analysis as declared, follow-up, and the hypotheses last.

    Args:
        protocol: The declared trial.
    """
    from equipoise.analysis import baseline, continuous, disposition, response, safety, time_to_event

    steps: list[Step] = [*disposition.steps(protocol), *baseline.steps(protocol)]
    for name, analysis in protocol.analysis.items():
        if analysis.kind == "time_to_event":
            steps += time_to_event.steps(protocol, name, analysis)
        elif analysis.kind == "response":
            steps += response.steps(protocol, name, analysis)
        elif analysis.kind == "continuous":
            steps += continuous.steps(protocol, name, analysis)
        else:
            steps += safety.steps(protocol, name, analysis)
    headline = headline_analysis(protocol)
    if headline is not None:
        _, first = headline
        death = death_endpoint(protocol)
        steps.append(FollowUpStep(death or first.endpoint, death is not None, first.population, first.survival))
    if protocol.hypotheses:
        steps.append(HypothesesStep())
    return Plan(tuple(steps))


def headline_analysis(protocol: Protocol) -> tuple[str, TimeToEventAnalysis] | None:
    """The time-to-event analysis that speaks for the trial: that of the first hypothesis, else the first declared.

    Args:
        protocol: The declared trial.
    """
    names = [h.analysis for h in protocol.hypotheses.values()]
    names += [name for name, analysis in protocol.analysis.items() if analysis.sensitivity_to is None]
    for name in [*names, *protocol.analysis]:
        analysis = protocol.analysis[name]
        if analysis.kind == "time_to_event":
            return name, analysis
    return None
