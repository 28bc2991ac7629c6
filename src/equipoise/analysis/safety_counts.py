"""Mean cumulative counts of adverse events, all events of a subject counted, and their differences at landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.count_rows import level_text, limits_slug, sentences
from equipoise.analysis.methods_text import arms_text
from equipoise.analysis.rows import Limits, estimate, p_values
from equipoise.analysis.safety_time import Timed, TimedEvents, landmarks, timed
from equipoise.analysis.survival import ticks
from equipoise.results import Curve
from equipoise.units import convert

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.mean_cumulative_count import MeanCount
    from equipoise.protocol.analysis import MeanCumulativeCountSpec, SafetyAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["METHOD", "MeanCountStep", "mean_count_rows", "risk_ticks"]

METHOD = "mean_cumulative_count"
_DEATH = (
    "mean cumulative count by Nelson; death ends counting, each increment times the Kaplan-Meier probability of being "
    "alive before it (Ghosh and Lin)"
)
_NOBODY = "mean cumulative count by Nelson; nobody died at risk"
_ROBUST = "robust standard errors (the infinitesimal jackknife over subjects: Lawless and Nadeau)"


@dataclass(frozen=True, slots=True)
class MeanCountStep:
    """Mean cumulative counts of the declared categories."""

    name: str
    spec: SafetyAnalysis
    counts: MeanCumulativeCountSpec

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: mean cumulative counts"

    def run(self, context: Context) -> Iterator[Row]:
        """Means by arm and landmark, differences by contrast, numbers at risk, and a curve an arm and category.

        Args:
            context: Protocol, data and earlier rows.
        """
        found = timed(context, self.name, self.spec)
        if found is not None:
            yield from mean_count_rows(context.protocol, found, self.counts)


def mean_count_rows(protocol: Protocol, timed: Timed, spec: MeanCumulativeCountSpec) -> Iterator[Row]:
    """Rows and curves of all declared categories.

    Args:
        protocol: The declared trial.
        timed: The analysis in time.
        spec: Categories, landmarks and limits.
    """
    from equipoise.kernels.mean_cumulative_count import mean_cumulative_count

    for index, arm in enumerate(timed.arms):
        last = timed.days[timed.of(index)]
        for time, day in zip(*risk_ticks(protocol, timed), strict=True):
            yield estimate(
                timed.scope.key("at_risk", arm=arm, time=time, method=METHOD),
                int((last >= day).sum()),
                n=int((last >= day).sum()),
                method_text=f"Subjects whose time at risk reaches this time. {timed.period}.",
            )
    for category in spec.of:
        one = timed.events.get(category)
        if one is None:
            continue
        counts: list[MeanCount | None] = []
        for index in range(len(timed.arms)):
            mine = timed.of(index)
            place = np.cumsum(mine) - 1
            own = mine[one.subject]
            fits = mine.any() and not one.unknown
            counts.append(
                mean_cumulative_count(timed.days[mine], place[one.subject[own]], one.day[own], died=timed.died[mine])
                if fits
                else None
            )
        yield from _means(protocol, timed, one, counts, spec)
        yield from _differences(protocol, timed, one, counts, spec)


def risk_ticks(protocol: Protocol, timed: Timed) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Times of the table of numbers at risk, in the trial's unit and in days.

    Args:
        protocol: The declared trial.
        timed: The analysis in time.
    """
    unit, month = protocol.time.unit, protocol.time.days_per_month
    largest = convert(float(timed.days.max(initial=0.0)), "days", unit, days_per_month=month)
    times = ticks(largest, unit)
    return times, tuple(convert(time, unit, "days", days_per_month=month) for time in times)


def _text(timed: Timed, one: TimedEvents, *parts: str) -> str:
    return sentences(_DEATH if timed.died.any() else _NOBODY, *parts, timed.period, one.note, timed.left_out)


def _means(
    protocol: Protocol, timed: Timed, one: TimedEvents, counts: list[MeanCount | None], spec: MeanCumulativeCountSpec
) -> Iterator[Row]:
    from equipoise.kernels.mean_cumulative_count import mean_count_at

    declared, days, words = landmarks(protocol, spec.times)
    for arm, count in zip(timed.arms, counts, strict=True):
        at = None
        if count is not None:
            yield _curve(timed, one, arm, count, spec)
            if declared:
                at = mean_count_at(count, days, conf_level=spec.conf_level, interval=spec.interval)
        for i, time in enumerate(declared):
            key = timed.scope.key(
                "mean_count", arm=arm, groups=one.groups, time=time, method=METHOD,
                interval=limits_slug(spec.interval, spec.conf_level),
            )  # fmt: skip
            limits = f"{level_text(spec.conf_level)}% {spec.interval} limits from {_ROBUST}; {words[i]}"
            text = _text(timed, one, limits)
            if at is None or count is None:
                none = Limits(np.nan, np.nan, spec.conf_level)
                reason = one.unknown or "no subjects at risk"
                yield estimate(key, np.nan, limits=none, reason=reason, method_text=text)
                continue
            reason, why = at.reason[i], at.limits_reason[i]
            yield estimate(
                key,
                at.mean[i],
                limits=Limits(at.lower[i], at.upper[i], spec.conf_level, why),
                se=at.std_err[i],
                reason=reason,
                n=int(at.n_risk[i]),
                events=None if reason else int(count.n_event[count.time <= days[i] + 1e-9].sum()),
                method_text=text,
            )


def _curve(timed: Timed, one: TimedEvents, arm: str, count: MeanCount, spec: MeanCumulativeCountSpec) -> Curve:
    from equipoise.kernels.mean_cumulative_count import mean_count_limits

    lower, upper = mean_count_limits(count.mean, count.std_err, conf_level=spec.conf_level, interval=spec.interval)
    start = float(count.subjects)
    return Curve(
        key=timed.scope.key("mean_count", arm=arm, groups=one.groups, method=METHOD),
        curve=METHOD,
        x=np.append(0.0, count.time),
        y=np.append(0.0, count.mean),
        lower=np.append(np.nan, lower),
        upper=np.append(np.nan, upper),
        n_risk=np.append(start, count.n_risk.astype(np.float64)),
        n_event=np.append(0.0, count.n_event.astype(np.float64)),
        n_censor=np.append(0.0, (count.n_censor + count.n_death).astype(np.float64)),
        unit="days",
    )


def _differences(
    protocol: Protocol, timed: Timed, one: TimedEvents, counts: list[MeanCount | None], spec: MeanCumulativeCountSpec
) -> Iterator[Row]:
    from equipoise.kernels.mean_cumulative_count import mean_count_difference

    declared, days, words = landmarks(protocol, spec.times)
    if not declared:
        return
    for arm, versus in timed.contrasts:
        i, j = timed.arms.index(arm), timed.arms.index(versus)
        first, second = counts[i], counts[j]
        found = mean_count_difference(first, second, days, conf_level=spec.conf_level) if first and second else None
        n = int(timed.of(i).sum() + timed.of(j).sum())
        for k, time in enumerate(declared):
            key: dict[str, Any] = {"arm": arm, "versus": versus, "groups": one.groups, "time": time}
            reason = found.reason[k] if found else one.unknown or "no subjects at risk in an arm"
            why = found.limits_reason[k] if found else reason
            numbers = (
                (found.estimate[k], found.lower[k], found.upper[k], found.std_err[k], found.z[k], found.p_two_sided[k])
                if found
                else (np.nan,) * 6
            )
            pair = f"differences, {arms_text(protocol, arm, versus)}; {words[k]}"
            level = f"normal {level_text(spec.conf_level)}% limits from {_ROBUST} of both arms"
            yield estimate(
                timed.scope.key("mean_count_difference", method=METHOD, interval=limits_slug("plain", spec.conf_level),
                                **key),
                numbers[0],
                limits=Limits(numbers[1], numbers[2], spec.conf_level, why),
                se=numbers[3],
                reason=reason or why,
                n=n,
                method_text=_text(timed, one, pair, level),
            )  # fmt: skip
            test = f"{METHOD}.difference"
            said = f"z from {_ROBUST} of both arms, positive where the experimental arm has fewer events"
            yield estimate(
                timed.scope.key("z", method=test, **key), numbers[4], reason=why, n=n, multiplicity="nominal",
                method_text=_text(timed, one, pair, said),
            )  # fmt: skip
            yield from p_values(
                timed.scope, test, two_sided=numbers[5], reason=why, key=key, n=n,
                method_text=_text(timed, one, pair, f"{said}; two-sided"),
            )  # fmt: skip
