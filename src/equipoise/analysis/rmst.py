"""Restricted mean survival time by arm, its difference and its ratio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equipoise.analysis.count_rows import limits_slug
from equipoise.analysis.events import events_of
from equipoise.analysis.methods_text import arms_text, number_text, rmst_text
from equipoise.analysis.rows import Limits, Scope, estimate, p_values
from equipoise.analysis.survival import curves_of, in_data_unit
from equipoise.kernels.distributions import z_of_level

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.kaplan_meier import KaplanMeier
    from equipoise.kernels.rmst import Rmst, RmstContrast
    from equipoise.protocol.analysis import RmstSpec, TimeToEventAnalysis

__all__ = ["RmstStep"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class RmstStep:
    """Restricted means up to one horizon for all arms.

    Without a declared horizon it is the smallest of the largest observed times of all arms, so that each contrast has
    the same one; the row `rmst_horizon` says which time that was.
    """

    name: str
    analysis: TimeToEventAnalysis
    spec: RmstSpec

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: restricted mean survival"

    def run(self, context: Context) -> Iterator[Row]:
        """The horizon, means by arm, differences and ratios by contrast.

        Args:
            context: Protocol, data and earlier rows.
        """
        from equipoise.kernels.rmst import rmst, rmst_contrast

        protocol, spec = context.protocol, self.spec
        unit = protocol.time.data_unit
        events = events_of(context, self.name, self.analysis)
        curves = dict(zip(protocol.arms, curves_of(context, self.name, events), strict=True))
        tau = _shared_horizon(curves) if spec.horizon is None else in_data_unit(protocol, spec.horizon)
        text = rmst_text(protocol, spec)
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        yield estimate(
            scope.key("rmst_horizon", time=spec.horizon, method="kaplan_meier.rmst"),
            tau or _NAN,
            reason="no follow-up",
            unit=unit,
            method_text=f"{text}.",
        )
        if not tau:
            return
        text += f" (here {number_text(tau)} {unit})"
        means = {arm: rmst(km, tau) for arm, km in curves.items()}
        for arm, mean in means.items():
            yield self._mean(scope, arm, mean, curves[arm], unit, text)
        for arm, versus in protocol.contrasts:
            found = rmst_contrast(means[arm], means[versus], conf_level=spec.conf_level)
            n = _subjects(curves[arm]) + _subjects(curves[versus])
            yield from self._contrast(
                scope, {"arm": arm, "versus": versus}, found, unit, f"{text}; {arms_text(protocol, arm, versus)}", n
            )

    def _key(self, **fields: Any) -> dict[str, Any]:
        return {
            "time": self.spec.horizon,
            "method": "kaplan_meier.rmst",
            "interval": limits_slug("wald", self.spec.conf_level),
            **fields,
        }

    def _mean(self, scope: Scope, arm: str, mean: Rmst, km: KaplanMeier, unit: str, text: str) -> Row:
        half = z_of_level(self.spec.conf_level) * mean.std_err
        return estimate(
            scope.key("rmst", **self._key(arm=arm)),
            mean.estimate,
            limits=Limits(mean.estimate - half, mean.estimate + half, self.spec.conf_level, mean.reason),
            se=mean.std_err,
            reason=mean.reason,
            unit=unit,
            n=_subjects(km),
            events=int(km.n_event.sum()),
            method_text=f"{text}.",
        )

    def _contrast(
        self, scope: Scope, contrast: dict[str, str], found: RmstContrast, unit: str, text: str, n: int
    ) -> Iterator[Row]:
        level = self.spec.conf_level
        yield estimate(
            scope.key("rmst_difference", **self._key(**contrast)),
            found.difference,
            limits=Limits(found.difference_lower, found.difference_upper, level, found.reason),
            se=found.difference_std_err,
            reason=found.reason,
            unit=unit,
            n=n,
            method_text=f"{text}; difference.",
        )
        yield estimate(
            scope.key("rmst_ratio", **self._key(**contrast)),
            found.ratio,
            limits=Limits(found.ratio_lower, found.ratio_upper, level, found.reason),
            se=found.log_ratio_std_err,
            reason=found.reason,
            n=n,
            method_text=f"{text}; ratio, limits on the log scale.",
        )
        yield from p_values(
            scope,
            "rmst.difference",
            two_sided=found.p_two_sided,
            reason=found.reason,
            key={"time": self.spec.horizon, **contrast},
            n=n,
            method_text=f"{text}; z test of the difference, two-sided.",
        )


def _shared_horizon(curves: dict[str, KaplanMeier]) -> float:
    """The smallest of the arms' largest times; 0 when no arm has follow-up."""
    return min((float(km.time[-1]) for km in curves.values() if km.time.size), default=0.0)


def _subjects(km: KaplanMeier) -> int:
    return int(km.n_risk[0]) if km.n_risk.size else 0
