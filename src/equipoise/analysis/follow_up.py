"""Median follow-up: reverse Kaplan-Meier on death (Schemper and Smith 1996, Control Clin Trials 17:343)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.analysis.count_rows import limits_slug
from equipoise.analysis.events import events_frame
from equipoise.analysis.methods_text import follow_up_text
from equipoise.analysis.rows import NOT_REACHED, Limits, Scope, estimate

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import SurvivalSpec
    from equipoise.protocol.protocol import Protocol

__all__ = ["FollowUpStep", "death_endpoint"]

ANALYSIS = "follow_up"


def death_endpoint(protocol: Protocol) -> str | None:
    """Name of the endpoint that is death from any cause: declared so, or PARAMCD OS; None without one.

    Args:
        protocol: The declared trial.
    """
    times = {name: e for name, e in protocol.endpoints.items() if e.kind == "time_to_event"}
    declared = [name for name, endpoint in times.items() if endpoint.death]
    implied = [
        name
        for name, endpoint in times.items()
        if getattr(endpoint.source, "PARAMCD", None) == "OS"
        or getattr(endpoint.source, "derive", None) == "overall_survival"
    ]
    return next(iter(declared + implied), None)


@dataclass(frozen=True, slots=True)
class FollowUpStep:
    """Median follow-up by arm and of all arms.

    Attributes:
        endpoint: Endpoint on which it is measured.
        death: Whether that is death from any cause.
        population: Population.
        spec: Interval and level.
    """

    endpoint: str
    death: bool
    population: str
    spec: SurvivalSpec

    @property
    def label(self) -> str:
        """What the step does."""
        return "Median follow-up"

    def run(self, context: Context) -> Iterator[Row]:
        """One row an arm, one for all.

        Args:
            context: Protocol, data and earlier rows.
        """
        from equipoise.kernels.kaplan_meier import kaplan_meier, quantile

        spec, protocol = self.spec, context.protocol
        frame = events_frame(context, self.endpoint, self.population)
        time = frame["time"].to_numpy().astype(np.float64)
        # Any event ends follow-up early, a competing one too; only the end of observation counts.
        followed = frame["status"].to_numpy() == 0
        index = frame["arm"].to_numpy()
        scope = Scope(ANALYSIS, self.endpoint, self.population)
        groups = {"": np.ones(time.size, dtype=np.bool_)}
        groups |= {arm: index == i for i, arm in enumerate(protocol.arms)}
        for arm, mine in groups.items():
            value = lower = upper = float("nan")
            reason = NOT_REACHED if mine.any() else "no subjects"
            if mine.any():
                km = kaplan_meier(time[mine], followed[mine])
                found = quantile(km, 0.5, conf_level=spec.conf_level, interval=spec.interval)
                value, lower, upper = found.estimate[0], found.lower[0], found.upper[0]
            yield estimate(
                scope.key(
                    "follow_up_median",
                    arm=arm,
                    method="reverse_kaplan_meier",
                    interval=limits_slug(spec.interval, spec.conf_level),
                ),
                value,
                limits=Limits(lower, upper, spec.conf_level, reason),
                reason=reason,
                unit=protocol.time.data_unit,
                n=int(mine.sum()),
                method_text=f"{follow_up_text(protocol, self.endpoint, spec, death=self.death)}.",
            )
