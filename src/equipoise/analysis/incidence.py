"""Cumulative incidence where other events compete: landmarks, differences and curves; what runs when it is declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.analysis.count_rows import limits_slug
from equipoise.analysis.events import COMPETING, Events, events_of
from equipoise.analysis.incidence_models import CompetingHazardStep, FineGrayStep, GrayStep
from equipoise.analysis.incidence_text import CAUSES, incidence_text
from equipoise.analysis.methods_text import arms_text, number_text
from equipoise.analysis.rows import Limits, Scope, estimate
from equipoise.analysis.survival import in_data_unit
from equipoise.errors import Problem, Where
from equipoise.results import Curve

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row, Step
    from equipoise.kernels.aalen_johansen import AalenJohansen
    from equipoise.protocol.analysis import IncidenceSpec, TimeToEventAnalysis

__all__ = ["IncidenceStep", "incidence_steps", "notes"]

_METHOD = "aalen_johansen"


def incidence_steps(name: str, analysis: TimeToEventAnalysis) -> tuple[Step, ...]:
    """What an analysis that declares incidence has beside the rest; nothing for another.

    Args:
        name: Name of the analysis.
        analysis: The analysis.
    """
    spec = analysis.incidence
    if spec is None:
        return ()
    found: list[Step] = [IncidenceStep(name, analysis, spec)]
    if spec.test is not None:
        found.append(GrayStep(name, analysis, spec.test))
    if spec.regression is not None:
        found.append(FineGrayStep(name, analysis, spec.regression))
    found.append(CompetingHazardStep(name, analysis))
    return tuple(found)


def notes(events: Events, analysis: TimeToEventAnalysis, where: Where) -> Iterator[Problem]:
    """What the reader of the results should know of competing events.

    Args:
        events: Arrays of the analysis.
        analysis: The analysis.
        where: Its place in the protocol.
    """
    if analysis.incidence is not None and events.n and not (events.status == COMPETING).any():
        yield Problem(
            code="plan.no_competing_events",
            message="incidence with competing events is declared, and no subject has one: it is 1 - Kaplan-Meier",
            where=Where(path=f"{where.path}.incidence"),
            cure="check the codes of the status, or the endpoints named as competing",
            severity="warning",
        )


@dataclass(frozen=True, slots=True)
class IncidenceStep:
    """Aalen-Johansen estimates of both causes by arm, and their differences by contrast."""

    name: str
    analysis: TimeToEventAnalysis
    spec: IncidenceSpec

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: cumulative incidence"

    @property
    def _scope(self) -> Scope:
        return Scope(self.name, self.analysis.endpoint, self.analysis.population)

    def run(self, context: Context) -> Iterator[Row]:
        """Rows of both causes, and one curve an arm and cause.

        Args:
            context: Protocol, data and earlier rows.
        """
        from equipoise.kernels.aalen_johansen import aalen_johansen_by_arm

        protocol, spec = context.protocol, self.spec
        events = events_of(context, self.name, self.analysis)
        if not events.n:
            return
        found = aalen_johansen_by_arm(
            events.time, events.status, events.arm, n_arms=len(protocol.arms), causes=2,
            conf_level=spec.conf_level, interval=spec.interval, se=spec.se,
        )  # fmt: skip
        curves = dict(zip(protocol.arms, found, strict=True))
        declared = tuple(dict.fromkeys(spec.times))
        for number, cause in enumerate(CAUSES):
            for arm, curve in curves.items():
                if declared:
                    yield from self._landmarks(context, arm, curve, number, cause, declared)
                if curve.time.size:
                    yield self._curve(context, arm, curve, number, cause)
            if declared:
                yield from self._differences(context, curves, number, cause, declared)

    def _at(self, context: Context, time: float) -> str:
        unit = context.protocol.time
        days = f" = {number_text(in_data_unit(context.protocol, time))} {unit.data_unit}"
        return f"at {number_text(time)} {unit.unit}{days if unit.unit != unit.data_unit else ''}"

    def _landmarks(
        self, context: Context, arm: str, curve: AalenJohansen, number: int, cause: str, declared: tuple[float, ...]
    ) -> Iterator[Row]:
        at = curve.at([in_data_unit(context.protocol, t) for t in declared])
        text, level = incidence_text(self.spec, cause), self.spec.conf_level
        for i, time in enumerate(declared):
            reason = at.reason[i] if curve.time.size else "no subjects"
            why = (at.limits_reason[number][i] if not reason else "") or reason
            yield estimate(
                self._scope.key(
                    "cumulative_incidence",
                    arm=arm,
                    groups=(("cause", cause),),
                    time=time,
                    method=_METHOD,
                    interval=limits_slug(self.spec.interval, level),
                ),
                at.incidence[number, i],
                limits=Limits(at.lower[number, i], at.upper[number, i], level, why),
                se=at.std_err[number, i],
                reason=reason,
                n=int(at.n_risk[i]),
                method_text=f"{text}; {self._at(context, time)}, events at or before count.",
            )

    def _differences(
        self, context: Context, curves: dict[str, AalenJohansen], number: int, cause: str, declared: tuple[float, ...]
    ) -> Iterator[Row]:
        from equipoise.kernels.aalen_johansen import incidence_difference

        protocol, level = context.protocol, self.spec.conf_level
        times = [in_data_unit(protocol, t) for t in declared]
        for arm, versus in protocol.contrasts:
            first, second = curves[arm], curves[versus]
            found = incidence_difference(first, second, times, cause=number + 1, conf_level=level)
            empty = [protocol.arms[a].label for a in (arm, versus) if not curves[a].time.size]
            text = f"Difference of Aalen-Johansen estimates of {CAUSES[cause]}, {arms_text(protocol, arm, versus)}"
            for i, time in enumerate(declared):
                reason = f"no subjects in {empty[0]}" if empty else found.reason[i]
                yield estimate(
                    self._scope.key(
                        "incidence_difference",
                        arm=arm,
                        versus=versus,
                        groups=(("cause", cause),),
                        time=time,
                        method=_METHOD,
                        interval=limits_slug("plain", level),
                    ),
                    found.estimate[i],
                    limits=Limits(found.lower[i], found.upper[i], level, reason),
                    se=found.std_err[i],
                    reason=reason,
                    n=_subjects(first) + _subjects(second),
                    method_text=f"{text}; normal limits from both variances.",
                )

    def _curve(self, context: Context, arm: str, curve: AalenJohansen, number: int, cause: str) -> Curve:
        start = np.zeros(1)
        return Curve(
            key=self._scope.key("cumulative_incidence", arm=arm, groups=(("cause", cause),)),
            curve="cumulative_incidence",
            x=np.concatenate((start, curve.time)),
            y=np.concatenate((start, curve.incidence[number])),
            lower=np.concatenate((start, curve.lower[number])),
            upper=np.concatenate((start, curve.upper[number])),
            n_risk=np.append(curve.n_risk[0], curve.n_risk),
            n_event=np.concatenate((start, curve.n_event[number])),
            n_censor=np.concatenate((start, curve.n_censor)),
            unit=context.protocol.time.data_unit,
        )


def _subjects(curve: AalenJohansen) -> int:
    return int(curve.n_risk[0]) if curve.n_risk.size else 0
