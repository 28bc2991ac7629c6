"""Average hazard ratios, by contrast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equipoise.analysis.events import contrasts_of
from equipoise.analysis.log_rank_steps import competing_of, no_subjects
from equipoise.analysis.methods_text import arms_text, competing_text, number_text
from equipoise.analysis.rows import Limits, Scope, estimate
from equipoise.analysis.survival import in_data_unit
from equipoise.analysis.test_words import average_text
from equipoise.protocol.method_names import limits_slug

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import AverageHazardRatio, TimeToEventAnalysis

__all__ = ["AverageHazardRatioStep"]


@dataclass(frozen=True, slots=True)
class AverageHazardRatioStep:
    """One declared average hazard ratio; each contrast uses the subjects of its two arms and no others."""

    name: str
    analysis: TimeToEventAnalysis
    spec: AverageHazardRatio

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: average hazard ratio"

    def run(self, context: Context) -> Iterator[Row]:
        """The ratio with its limits, by contrast.

        Args:
            context: Protocol, data and earlier rows.
        """
        from equipoise.kernels.average_hazard_ratio import average_hazard_ratio

        protocol, spec = context.protocol, self.spec
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        horizon = None if spec.horizon is None else in_data_unit(protocol, spec.horizon)
        text, unit = average_text(protocol, spec), protocol.time.data_unit
        nan = float("nan")
        for arm, versus, pair, labels in contrasts_of(context, self.name, self.analysis):
            reason = no_subjects(pair, labels)
            found = None
            if not reason:
                found = average_hazard_ratio(
                    pair.time, pair.event, pair.arm, horizon=horizon, conf_level=spec.conf_level
                )
                reason = found.reason
            words = f"{text}, {arms_text(protocol, arm, versus)}" + competing_text(competing_of(pair))
            if found is not None:
                words += f"; the horizon is {number_text(found.horizon)} {unit}, events up to it are counted"
            yield estimate(
                scope.key(
                    "average_hazard_ratio",
                    arm=arm,
                    versus=versus,
                    time=spec.horizon,
                    method="average_hazard_ratio",
                    interval=limits_slug("wald", spec.conf_level),
                ),
                found.estimate if found else nan,
                limits=Limits(found.lower, found.upper, spec.conf_level, reason) if found else None,
                se=found.log_std_err if found else None,
                reason=reason,
                n=pair.n,
                events=sum(found.events) if found else pair.n_events,
                method_text=f"{words}.",
            )
