"""Exposure-adjusted incidence rates: subjects with a first event per 100 patient-years at risk of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.count_rows import by_arm, level_text, limits_slug, row, sentences
from equipoise.analysis.methods_text import arms_text
from equipoise.analysis.rows import estimate
from equipoise.analysis.safety_rates import PER, UNIT
from equipoise.analysis.safety_time import Floats, Timed, TimedEvents, first_days, timed
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.analysis.count_rows import Ints
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import SafetyAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["IncidenceRateStep", "incidence_rows"]

_WHAT = "subjects with a first event per time at risk, which ends with that event"


@dataclass(frozen=True, slots=True)
class IncidenceRateStep:
    """Rates of first events per time at risk, by category."""

    name: str
    spec: SafetyAnalysis

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: exposure-adjusted incidence rates"

    def run(self, context: Context) -> Iterator[Row]:
        """Rates by arm, differences and ratios by contrast; nothing where no time at risk is known.

        Args:
            context: Protocol, data and earlier rows.
        """
        found = timed(context, self.name, self.spec)
        if found is not None:
            yield from incidence_rows(context.protocol, found, conf_level=self.spec.conf_level)


def incidence_rows(protocol: Protocol, timed: Timed, *, conf_level: float) -> Iterator[Row]:
    """Rows of all categories.

    Args:
        protocol: The declared trial.
        timed: The analysis in time.
        conf_level: Level of all limits.
    """
    year = days_per("years", days_per_month=protocol.time.days_per_month)
    for one in timed.events.values():
        until, status = first_days(timed, one)
        events = by_arm(timed.arm, len(timed.arms), where=status == 1)
        years = np.bincount(timed.arm, weights=until, minlength=len(timed.arms)) / year
        yield from _rates(timed, one, events, years, conf_level)
        for arm, versus in timed.contrasts:
            yield from _contrast(protocol, timed, one, (arm, versus), events, years, conf_level)


def _rates(timed: Timed, one: TimedEvents, events: Ints, years: Floats, level: float) -> Iterator[Row]:
    from equipoise.kernels.rates import incidence_rate_many

    rates = incidence_rate_many(events, years / PER, conf_level=level)
    for index, arm in enumerate(timed.arms):
        key = timed.scope.key("ae_incidence_rate", arm=arm, groups=one.groups, interval=limits_slug("exact", level))
        text = sentences(
            _WHAT, timed.period, f"rates with {level_text(level)}% exact (Poisson) limits", one.note, timed.left_out
        )
        shared: dict[str, Any] = {"n": int(timed.of(index).sum()), "unit": UNIT, "method_text": text}
        if one.unknown:
            yield estimate(key, np.nan, reason=one.unknown, **shared)
            continue
        shared |= {"events": int(events[index]), "denominator": float(years[index])}
        yield row(key, rates.at(index), conf_level=level, **shared)


def _contrast(
    protocol: Protocol, timed: Timed, one: TimedEvents, pair: tuple[str, str], events: Ints, years: Floats, level: float
) -> Iterator[Row]:
    from equipoise.kernels.rates import rate_difference, rate_ratio

    arm, versus = pair
    i, j = timed.arms.index(arm), timed.arms.index(versus)
    table = int(events[i]), float(years[i] / PER), int(events[j]), float(years[j] / PER)
    kinds = (
        ("ae_incidence_rate_difference", "wald", "differences in rates", "Wald", UNIT, rate_difference),
        ("ae_incidence_rate_ratio", "exact_conditional", "ratios of rates", "exact conditional", "", rate_ratio),
    )
    for statistic, slug, words, name, unit, kernel in kinds:
        text = sentences(
            _WHAT,
            timed.period,
            f"{words} with {level_text(level)}% {name} limits; {arms_text(protocol, arm, versus)}",
            one.note,
            timed.left_out,
        )
        key = timed.scope.key(statistic, arm=arm, versus=versus, groups=one.groups, interval=limits_slug(slug, level))
        shared: dict[str, Any] = {"unit": unit, "method_text": text}
        if one.unknown:
            yield estimate(key, np.nan, reason=one.unknown, **shared)
            continue
        shared |= {"n": int(timed.of(i).sum() + timed.of(j).sum()), "events": table[0] + table[2]}
        yield row(key, kernel(*table, conf_level=level), conf_level=level, **shared)
