"""Counts, Kaplan-Meier curves, quantiles, landmarks and their differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.count_rows import limits_slug
from equipoise.analysis.events import COMPETING, Events, events_of
from equipoise.analysis.methods_text import arms_text, competing_text, kaplan_meier_text, number_text
from equipoise.analysis.rows import NOT_REACHED, Limits, Scope, estimate, p_values
from equipoise.results import Curve
from equipoise.units import TimeUnit, convert

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.kaplan_meier import KaplanMeier, SurvivalDifference
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["CountsStep", "KaplanMeierStep", "SurvivalDifferenceStep", "curves_of", "in_data_unit", "ticks"]

_NOT_STATED = "not stated"
_MOST_TICKS = 9
_STEPS: dict[TimeUnit, tuple[float, ...]] = {
    "days": (1, 2, 5, 7, 10, 20, 30, 60, 90, 180, 360, 720),
    "weeks": (1, 2, 4, 8, 12, 24, 48, 96),
    "months": (1, 2, 3, 6, 12, 24, 36, 48),
    "years": (0.25, 0.5, 1, 2, 3, 5, 10),
}


def in_data_unit(protocol: Protocol, time: float) -> float:
    """A declared time in the data's unit: 24 months are 730.5 days.

    Args:
        protocol: The declared trial.
        time: A time in the trial's unit.
    """
    unit = protocol.time
    return convert(time, unit.unit, unit.data_unit, days_per_month=unit.days_per_month)


def ticks(largest: float, unit: TimeUnit) -> tuple[float, ...]:
    """Times of an at-risk table: 0 and at most 8 nice steps, none beyond the largest time.

    Args:
        largest: The largest time, in `unit`.
        unit: The trial's unit.
    """
    fits = (step for step in _STEPS[unit] if largest < step * _MOST_TICKS)
    step = next(fits, None)
    if step is None:
        # Beyond all nice steps: the longest one, doubled until it fits.
        step = _STEPS[unit][-1]
        while largest >= step * _MOST_TICKS:
            step *= 2
    return tuple(step * i for i in range(int(largest / step * (1 + 1e-12)) + 1))


def curves_of(context: Context, name: str, events: Events) -> tuple[KaplanMeier, ...]:
    """Curves of all declared arms, on times that are tied over all arms together; empty for an arm without subjects.

    Args:
        context: What the step runs in.
        name: Name of the analysis.
        events: Its arrays.
    """
    from equipoise.kernels.kaplan_meier import kaplan_meier_by_arm
    from equipoise.kernels.risk_table import risk_table

    def make() -> tuple[KaplanMeier, ...]:
        return kaplan_meier_by_arm(risk_table(events.time, events.event, events.arm, n_arms=len(context.protocol.arms)))

    return context.shared(("kaplan_meier", name), make)


@dataclass(frozen=True, slots=True)
class CountsStep:
    """Subjects, events, censored subjects and why, by arm."""

    name: str
    analysis: TimeToEventAnalysis

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: subjects and events"

    def run(self, context: Context) -> Iterator[Row]:
        """Rows of counts; reasons that occur in one arm are counted in every arm.

        Args:
            context: Protocol, data and earlier rows.
        """
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        events = events_of(context, self.name, self.analysis)
        censored = events.status == 0
        reasons = sorted({str(reason) or _NOT_STATED for reason in events.reason[censored]})
        competing = events.status == COMPETING
        texts = np.array([str(reason) or _NOT_STATED for reason in events.reason])
        for index, arm in enumerate(context.protocol.arms):
            mine = events.arm == index
            counts = [
                ("subjects", mine, "Subjects of the population with a record of the endpoint."),
                ("events", mine & events.event, "Subjects with the event."),
                ("censored", mine & censored, "Subjects whose follow-up ended without the event."),
            ]
            if competing.any():
                words = "Subjects with a competing event first, treated as censored in cause-specific methods."
                counts.append(("competing_events", mine & competing, words))
            for statistic, which, words in counts:
                yield estimate(scope.key(statistic, arm=arm), int(which.sum()), n=int(mine.sum()), method_text=words)
            for reason in reasons:
                yield estimate(
                    scope.key("censored", arm=arm, groups=(("reason", reason),)),
                    int((mine & censored & (texts == reason)).sum()),
                    n=int(mine.sum()),
                    method_text="Subjects whose follow-up ended without the event, by the recorded reason.",
                )


@dataclass(frozen=True, slots=True)
class KaplanMeierStep:
    """Curves, median and other quantiles, landmarks and numbers at risk, by arm."""

    name: str
    analysis: TimeToEventAnalysis

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: Kaplan-Meier"

    def run(self, context: Context) -> Iterator[Row]:
        """Rows and one curve an arm.

        Args:
            context: Protocol, data and earlier rows.
        """
        events = events_of(context, self.name, self.analysis)
        curves = curves_of(context, self.name, events)
        competing = int((events.status == COMPETING).sum())
        text = kaplan_meier_text(self.analysis.survival) + competing_text(competing)
        text += " in all arms" if competing else ""
        unit = context.protocol.time
        largest = convert(
            float(events.time.max(initial=0.0)), unit.data_unit, unit.unit, days_per_month=unit.days_per_month
        )
        for arm, km in zip(context.protocol.arms, curves, strict=True):
            yield from self._quantiles(context, arm, km, text)
            yield from self._landmarks(context, arm, km, text)
            yield from self._at_risk(context, arm, km, ticks(largest, unit.unit))
            if km.time.size:
                yield self._curve(context, arm, km)

    @property
    def _scope(self) -> Scope:
        return Scope(self.name, self.analysis.endpoint, self.analysis.population)

    def _quantiles(self, context: Context, arm: str, km: KaplanMeier, text: str) -> Iterator[Row]:
        from equipoise.kernels.kaplan_meier import quantile

        spec = self.analysis.survival
        # The median is a row of its own whether or not it is among the declared quantiles.
        others = [p for p in dict.fromkeys(spec.quantiles) if p != 0.5]
        found = quantile(km, [0.5, *others], conf_level=spec.conf_level, interval=spec.interval)
        reason = NOT_REACHED if km.time.size else "no subjects"
        for i, p in enumerate(found.probability):
            key = self._scope.key(
                "median" if i == 0 else "quantile",
                arm=arm,
                groups=() if i == 0 else (("probability", number_text(float(p))),),
                method="kaplan_meier",
                interval=limits_slug(spec.interval, spec.conf_level),
            )
            yield estimate(
                key,
                found.estimate[i],
                limits=Limits(found.lower[i], found.upper[i], spec.conf_level, reason),
                reason=reason,
                unit=context.protocol.time.data_unit,
                method_text=f"{text}; quantile and its limits by Brookmeyer and Crowley, midpoint rule.",
                n=_subjects(km),
                events=int(km.n_event.sum()),
            )

    def _landmarks(self, context: Context, arm: str, km: KaplanMeier, text: str) -> Iterator[Row]:
        from equipoise.kernels.kaplan_meier import survival_at

        spec = self.analysis.survival
        declared = list(dict.fromkeys(spec.times))
        if not declared:
            return
        times = [in_data_unit(context.protocol, t) for t in declared]
        at = survival_at(km, times, conf_level=spec.conf_level, interval=spec.interval)
        unit = context.protocol.time
        for i, t in enumerate(declared):
            days = f" = {number_text(times[i])} {unit.data_unit}" if unit.unit != unit.data_unit else ""
            yield estimate(
                self._scope.key(
                    "survival",
                    arm=arm,
                    time=t,
                    method="kaplan_meier",
                    interval=limits_slug(spec.interval, spec.conf_level),
                ),
                at.survival[i],
                limits=Limits(at.lower[i], at.upper[i], spec.conf_level, at.limits_reason[i]),
                se=at.std_err[i],
                reason=at.reason[i] or at.limits_reason[i] if km.time.size else "no subjects",
                n=int(at.n_risk[i]),
                method_text=f"{text}; at {number_text(t)} {unit.unit}{days}, events at or before count.",
            )

    def _at_risk(self, context: Context, arm: str, km: KaplanMeier, grid: tuple[float, ...]) -> Iterator[Row]:
        from equipoise.kernels.kaplan_meier import survival_at

        at = survival_at(km, [in_data_unit(context.protocol, t) for t in grid])
        for t, n in zip(grid, at.n_risk, strict=True):
            yield estimate(
                self._scope.key("at_risk", arm=arm, time=t),
                int(n),
                n=int(n),
                method_text="Subjects whose follow-up reaches this time.",
            )

    def _curve(self, context: Context, arm: str, km: KaplanMeier) -> Curve:
        from equipoise.kernels.kaplan_meier import confidence_limits

        spec = self.analysis.survival
        lower, upper = confidence_limits(km, conf_level=spec.conf_level, interval=spec.interval)
        return Curve(
            key=self._scope.key("survival", arm=arm),
            curve="kaplan_meier",
            x=np.append(0.0, km.time),
            y=np.append(1.0, km.survival),
            lower=np.append(1.0, lower),
            upper=np.append(1.0, upper),
            n_risk=np.append(float(km.n_risk[0]), km.n_risk),
            n_event=np.append(0.0, km.n_event),
            n_censor=np.append(0.0, km.n_censor),
            unit=context.protocol.time.data_unit,
        )


@dataclass(frozen=True, slots=True)
class SurvivalDifferenceStep:
    """Differences of landmark survival between experimental arms and control."""

    name: str
    analysis: TimeToEventAnalysis

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: differences at landmarks"

    def run(self, context: Context) -> Iterator[Row]:
        """Difference, z and two-sided p by contrast and declared time.

        Args:
            context: Protocol, data and earlier rows.
        """
        from equipoise.kernels.kaplan_meier import survival_difference

        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        spec, protocol = self.analysis.survival, context.protocol
        declared = list(dict.fromkeys(spec.times))
        if not declared:
            return
        events = events_of(context, self.name, self.analysis)
        curves = dict(zip(protocol.arms, curves_of(context, self.name, events), strict=True))
        for arm, versus in protocol.contrasts:
            first, second = curves[arm], curves[versus]
            found = survival_difference(
                first, second, [in_data_unit(protocol, t) for t in declared], conf_level=spec.conf_level
            )
            n = _subjects(first) + _subjects(second)
            empty = [protocol.arms[a].label for a in (arm, versus) if not curves[a].time.size]
            text = f"Difference of Kaplan-Meier estimates, {arms_text(protocol, arm, versus)}"
            for i, t in enumerate(declared):
                key = {"arm": arm, "versus": versus, "time": t}
                reason = f"no subjects in {empty[0]}" if empty else found.reason[i] or "no standard error"
                yield estimate(
                    scope.key(
                        "survival_difference",
                        method="kaplan_meier",
                        interval=limits_slug("plain", spec.conf_level),
                        **key,
                    ),
                    found.estimate[i],
                    limits=Limits(found.lower[i], found.upper[i], spec.conf_level, reason),
                    se=found.std_err[i],
                    reason=reason,
                    n=n,
                    method_text=f"{text}; normal limits from both Greenwood variances.",
                )
                if spec.difference == "plain":
                    yield from self._plain(scope, key, found, i, n, reason, text)
            if spec.difference == "log_log":
                yield from self._log_log(context, arm, versus, curves, text)

    def _plain(
        self, scope: Scope, key: dict[str, Any], found: SurvivalDifference, i: int, n: int, reason: str, text: str
    ) -> Iterator[Row]:
        test = f"{text}; z from both Greenwood variances"
        yield estimate(
            scope.key("z", method="kaplan_meier.difference", **key),
            found.z[i],
            reason=reason,
            n=n,
            multiplicity="nominal",
            method_text=f"{test}.",
        )
        yield from p_values(
            scope,
            "kaplan_meier.difference",
            two_sided=found.p_two_sided[i],
            reason=reason,
            key=key,
            n=n,
            method_text=f"{test}, two-sided.",
        )

    def _log_log(
        self, context: Context, arm: str, versus: str, curves: dict[str, KaplanMeier], text: str
    ) -> Iterator[Row]:
        from equipoise.kernels.milestone import milestone_log_log

        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        declared = list(dict.fromkeys(self.analysis.survival.times))
        first, second = curves[arm], curves[versus]
        found = milestone_log_log(first, second, [in_data_unit(protocol, t) for t in declared])
        empty = [protocol.arms[a].label for a in (arm, versus) if not curves[a].time.size]
        method, test = "kaplan_meier.difference.log_log", f"{text}, compared on the scale log(-log S) (Klein et al.)"
        for i, t in enumerate(declared):
            key: dict[str, Any] = {"arm": arm, "versus": versus, "time": t}
            reason = f"no subjects in {empty[0]}" if empty else found.reason[i]
            shared: dict[str, Any] = {"reason": reason, "n": _subjects(first) + _subjects(second)}
            yield estimate(
                scope.key("z", method=method, **key),
                found.z[i],
                multiplicity="nominal",
                method_text=f"{test}; positive favours the experimental arm.",
                **shared,
            )
            yield estimate(
                scope.key("chi_square", method=method, **key),
                found.chi_square[i],
                df=None if reason else 1.0,
                multiplicity="nominal",
                method_text=f"{test}.",
                **shared,
            )
            p = found.p_two_sided[i]
            yield from p_values(scope, method, two_sided=p, key=key, method_text=f"{test}, two-sided.", **shared)


def _subjects(km: KaplanMeier) -> int:
    return int(km.n_risk[0]) if km.n_risk.size else 0
