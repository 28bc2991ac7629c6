"""Rows and curves of an interim look. Blinded ones know no arm; those of the unblinded view are made in one place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, planned_rest
from equipoise.results import Curve, Key, Statistic

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.monitoring.blinded import Forecast, Pooled
    from equipoise.monitoring.conditional import EffectPrior
    from equipoise.monitoring.looks import PastLook
    from equipoise.monitoring.unblinded import Seen, Standing

__all__ = ["Sight", "rows_of"]

Row = Statistic | Curve
_LEVELS = ("50", "80", "90")


@dataclass(frozen=True, slots=True)
class Sight:
    """One hypothesis at a data cut.

    Attributes:
        plan: Its plan.
        design: What monitoring reads of it; None where its statistic has no looks here.
        pooled: Enrollment and events, arms together.
        past: Looks held before.
        look: The look held now; None where this cut is none of the hypothesis, or its bound needs the arms.
        no_bound: Why there is no bound; "" where there is one, or no look.
        forecast: What is to come.
        seen: What the look shows by arm; None in a blinded view.
        standing: What the bounds say of it.
        harm: Bound for harm, -infinite for none.
        prior: Declared prior of predictive power, or None.
    """

    plan: Plan
    design: MonitoredDesign | None
    pooled: Pooled
    past: tuple[PastLook, ...]
    look: HeldLook | None
    no_bound: str = ""
    forecast: Forecast | None = None
    seen: Seen | None = None
    standing: Standing | None = None
    harm: float = -math.inf
    prior: EffectPrior | None = None
    keys: Key = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        number = len(self.past) + 1 if self.look is not None or self.no_bound else None
        key = Key(
            stage="monitoring", hypothesis=plan.hypothesis, analysis=plan.analysis, endpoint=plan.endpoint,
            population=plan.population, look=number, data_cut=self.pooled.cut.isoformat(),
        )  # fmt: skip
        object.__setattr__(self, "keys", key)

    @property
    def held(self) -> tuple[HeldLook, ...]:
        """All looks held, the present one among them."""
        return (*(one.held for one in self.past), *((self.look,) if self.look is not None else ()))

    @property
    def rest(self) -> tuple[HeldLook, ...]:
        """Looks to come as now planned."""
        return () if self.design is None or self.no_bound else planned_rest(self.design, self.held)

    def key(self, statistic: str, **fields: Any) -> Key:
        """A key of this look.

        Args:
            statistic: Name from the vocabulary.
            **fields: Further fields.
        """
        return replace(self.keys, statistic=statistic, **fields)


def rows_of(sight: Sight) -> list[Row]:
    """Everything that a look says of one hypothesis.

    Args:
        sight: The look.
    """
    rows: list[Row] = [*_earlier(sight), *_counts(sight)]
    if sight.look is not None or sight.no_bound:
        rows += _bounds(sight)
    rows += _ahead(sight)
    if sight.seen is not None:
        from equipoise.monitoring.effect_rows import effect_rows

        rows += effect_rows(sight, sight.seen)
    if sight.forecast is not None:
        rows += _forecast(sight, sight.forecast)
    rows += _curves(sight)
    return rows


def _row(key: Key, value: float, text: str, **more: Any) -> Statistic:
    return Statistic(key=key, value=float(value), method_text=text, **more)


def _earlier(sight: Sight) -> Iterator[Statistic]:
    """Looks held before, with their own numbers and cuts: they never change."""
    for number, past in enumerate(sight.past, start=1):
        here = {"look": number, "data_cut": past.cut}
        yield from _look_rows(sight, past.held, here)


def _look_rows(sight: Sight, held: HeldLook, here: dict[str, Any]) -> Iterator[Statistic]:
    design = sight.design
    assert design is not None
    where = f"Look {held.planned} as planned" if held.planned is not None else "An unplanned look"
    where = f"{where}, the final one" if held.final else where
    information = "events" if design.scale is not None else "variance of the weighted score"
    yield _row(sight.key("statistical_information", **here), held.information, f"{where}: {information}.")
    fraction = held.information / design.maximum
    text = f"{information.capitalize()}, over the {design.maximum:.10g} planned for the final look."
    yield _row(sight.key("information_fraction", **here), fraction, text)
    text = "Where the spending function is read: the smaller of planned and actual fraction, 1 at the final look."
    yield _row(sight.key("spending_time", **here), held.spending_time, text)
    yield from _side(sight, held, here, ("efficacy", held.efficacy_z, held.how))
    text = "Probability under the null hypothesis to have crossed an efficacy bound by this look, one side"
    text += "; stopping for futility is counted on." if design.binding else "; futility is ignored."
    yield _row(sight.key("alpha_spent", **here), held.alpha_spent, text, sides=1)
    if math.isfinite(held.futility_z):
        words = "binding futility bound" if design.binding else "futility bound that does not bind"
        yield from _side(sight, held, here, ("futility", held.futility_z, words))


def _side(sight: Sight, held: HeldLook, here: dict[str, Any], side: tuple[str, float, str]) -> Iterator[Statistic]:
    """z, one-sided P and hazard ratio of a bound."""
    from scipy.special import ndtr

    name, z, how = side
    design = sight.design
    assert design is not None
    text = f"{how[:1].upper()}{how[1:]}."
    if not math.isfinite(z):
        yield Statistic(key=sight.key(f"{name}_z", **here), missing=(("value", how or "no bound"),), method_text=text)
        return
    yield _row(sight.key(f"{name}_z", **here), z, text)
    if name != "harm":
        yield _row(sight.key(f"{name}_p", **here), float(ndtr(-z)), text, sides=1)
    ratio = design.ratio_of(z, held.information)
    if math.isfinite(ratio):
        words = f"{text} exp(-z (1 + r) / sqrt(r d)) of d events and allocation r to 1, times the ratio of the null."
        yield _row(sight.key(f"{name}_hazard_ratio", **here), ratio, words)


def _counts(sight: Sight) -> Iterator[Statistic]:
    pooled = sight.pooled
    yield _row(sight.key("subjects"), pooled.enrolled, "Randomized by the data cut, all arms.")
    yield _row(sight.key("enrolled"), pooled.enrolled, "Randomized by the data cut, all arms.")
    yield _row(sight.key("events"), pooled.events, "Events by the data cut, all arms.", n=pooled.enrolled)
    if sight.look is None or sight.look.planned is None:
        return
    place = sight.look.planned - 1
    plan = sight.plan
    text = "As planned for this look under the scenario of the design."
    yield _row(sight.key("planned_events"), plan.information.events[place], text, origin="assumed")
    yield _row(
        sight.key("planned_time"),
        plan.information.times[place] * plan.days_per_unit,
        text,
        unit="days",
        origin="assumed",
    )
    planned = plan.dates[place]
    if planned is not None:
        yield Statistic(
            key=sight.key("planned_date"), text=planned.isoformat(), method_text=text, origin="assumed",
            missing=(("value", "a date is not a number"),),
        )  # fmt: skip


def _bounds(sight: Sight) -> Iterator[Statistic]:
    if sight.look is None:
        yield Statistic(key=sight.key("efficacy_z"), missing=(("value", sight.no_bound),), method_text=sight.no_bound)
        return
    level = sight.plan.level
    text = f"Level of the hypothesis, {level.source}."
    yield _row(sight.key("significance_level"), level.alpha, text, sides=level.sides)
    yield from _look_rows(sight, sight.look, {})
    if math.isfinite(sight.harm):
        yield from _side(sight, sight.look, {}, ("harm", sight.harm, "rule for harm: z is at or below it"))


def _ahead(sight: Sight) -> Iterator[Statistic]:
    """Bounds of the looks to come, should they come as planned."""
    for number, held in enumerate(sight.rest, start=len(sight.held) + 1):
        here = {"look": number}
        text = "Planned events of a look to come."
        if sight.design is not None and sight.design.scale is not None:
            yield _row(sight.key("planned_events", **here), held.information, text, origin="assumed")
        how = f"if the look comes as planned: {held.how}"
        yield from _side(sight, held, here, ("efficacy", held.efficacy_z, how))


def _forecast(sight: Sight, forecast: Forecast) -> Iterator[Statistic]:
    found = forecast.prediction
    method = found.method
    for one in found.dates:
        groups = (("event", str(one.event)),)
        where: dict[str, Any] = {"groups": groups, "method": method}
        text = f"Median of {found.method_text}."
        key = sight.key("predicted_date", **where)
        yield _dated(sight, key, (one.median,), text, found.draws)
        for place, level in enumerate(_LEVELS):
            ends = (one.lower[place], one.upper[place])
            interval = f"posterior.{level}"
            words = f"{level}% prediction interval of {found.method_text}."
            yield _dated(sight, replace(key, interval=interval), ends, words, found.draws)
            time = sight.key("predicted_time", interval=interval, **where)
            yield _timed(time, one.median, ends, float(level) / 100.0, f"{text[:-1]}, {level}% prediction interval.")
        text = f"Share of the draws of {found.method_text}, in which this event never comes."
        yield _row(sight.key("probability_never", **where), one.never, text, origin="simulated")
    unit = sight.plan.days_per_unit
    number = len(forecast.times)
    for name, counts in (("predicted_events", found.counts), ("predicted_enrolled", found.enrollment)):
        if name == "predicted_enrolled" and not sight.pooled.observed.to_come:
            continue
        for count in counts[:number]:
            for place, level in enumerate(_LEVELS):
                key = sight.key(name, time=count.time / unit, method=method, interval=f"posterior.{level}")
                text = f"Median and {level}% prediction interval on the planned day of a look: {found.method_text}."
                yield Statistic(
                    key=key, value=count.median, lower=count.lower[place], upper=count.upper[place],
                    conf_level=float(level) / 100.0, method_text=text, origin="simulated",
                )  # fmt: skip


def _dated(sight: Sight, key: Key, days: tuple[float, ...], text: str, draws: int) -> Statistic:
    """A date, or two with what lies between; a date that may never come is written as such."""
    words = [sight.pooled.day(day).isoformat() if math.isfinite(day) else "never" for day in days]
    return Statistic(
        key=key, text=" to ".join(words), n=None, method_text=text, origin="simulated",
        missing=(("value", f"a date is not a number ({draws:,} draws)"),),
    )  # fmt: skip


def _timed(key: Key, median: float, ends: tuple[float, float], level: float, text: str) -> Statistic:
    never = "in many draws it never comes"
    numbers: dict[str, Any] = {}
    missing: list[tuple[str, str]] = []
    for name, number in (("value", median), ("lower", ends[0]), ("upper", ends[1])):
        if math.isfinite(number):
            numbers[name] = number
        else:
            missing.append((name, never))
    return Statistic(key=key, conf_level=level, unit="days", method_text=text, origin="simulated",
                     missing=tuple(missing), **numbers)  # fmt: skip


def _curves(sight: Sight) -> Iterator[Curve]:
    observed = sight.pooled.observed
    cut = observed.cut
    for name, days in (("observed_events", observed.event_dates), ("observed_enrolled", np.sort(observed.entry))):
        x, count = np.unique(days, return_counts=True)
        inside = x <= cut
        x, count = x[inside], count[inside]
        y = np.cumsum(count).astype(np.float64)
        total = y[-1] if y.size else 0.0
        # From 0 to the day of the cut.
        before = x.size == 0 or x[0] > 0.0
        xs = np.concatenate(([0.0] if before else [], x, [cut] if x.size == 0 or x[-1] < cut else []))
        ys = np.concatenate(([0.0] if before else [], y, [total] if x.size == 0 or x[-1] < cut else []))
        yield Curve(key=sight.key(""), curve=name, kind="step", x=xs, y=ys, unit="days")
    if sight.forecast is None:
        return
    found, number = sight.forecast.prediction, len(sight.forecast.times)
    kinds = [("predicted_events", found.counts)]
    if observed.to_come:
        kinds.append(("predicted_enrolled", found.enrollment))
    for name, counts in kinds:
        grid = counts[number:]
        x = np.array([one.time for one in grid])
        y = np.array([one.median for one in grid])
        for place, level in enumerate(_LEVELS):
            key = sight.key("", interval=f"posterior.{level}", method=found.method)
            yield Curve(
                key=key, curve=name, kind="line", x=x, y=y,
                lower=np.array([one.lower[place] for one in grid]), upper=np.array([one.upper[place] for one in grid]),
                unit="days",
            )  # fmt: skip
