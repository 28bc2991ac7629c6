"""Rows of a plan: what is expected at each look, what must be seen there, and the totals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equipoise.design.expected import expected, most_events
from equipoise.design.plan import Looks, Plan
from equipoise.design.row_texts import bound_text, expected_text, futility_label, solved_text, statistic_text
from equipoise.results.key import Key
from equipoise.results.statistic import Statistic

if TYPE_CHECKING:
    from equipoise.design.assumptions import Group
    from equipoise.design.statistics import Information

__all__ = ["base_key", "inflation_of", "last_look", "median_of", "nominal_p", "rows_of"]

_NO_MEDIAN = 1e6


def base_key(plan: Plan) -> Key:
    """The key that all rows of a plan share.

    A trial with two arms is the contrast; of one with more, the key names the two.

    Args:
        plan: The plan.
    """
    several = plan.pair.share < 1.0
    return Key(
        stage="design",
        hypothesis=plan.hypothesis,
        analysis=plan.analysis,
        endpoint=plan.endpoint,
        population=plan.population,
        scenario=plan.scenario,
        method=plan.information.method,
        groups=(("design", plan.alternative),) if plan.alternative else (),
        arm=plan.pair.experimental if several else "",
        versus=plan.pair.control if several else "",
    )


class _Rows:
    """Makes rows with one key and the differences of each."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.key = base_key(plan)
        self.unit = plan.unit

    def row(
        self, statistic: str, value: float | None, *, look: int | None = None, under: str = "", arm: str = "",
        text: str = "", unit: str = "", method_text: str = "", sides: int | None = None,
        missing: tuple[tuple[str, str], ...] = (),
    ) -> Statistic:  # fmt: skip
        key = replace(self.key, statistic=statistic, look=look, under=under)
        if arm:
            key = replace(key, arm=arm, versus="")
        return Statistic(
            key=key,
            value=value,
            text=text,
            unit=unit,
            method_text=method_text,
            sides=sides,
            missing=missing,
            origin="assumed",
        )


def rows_of(plan: Plan) -> Iterator[Statistic]:
    """All rows of a plan.

    Args:
        plan: The plan.
    """
    make = _Rows(plan)
    yield from _assumed(make)
    for look in range(1, plan.looks + 1):
        yield from _when(make, look)
        yield from _bounds(make, look)
        yield from _chances(make, look)
    yield from _harm(make)
    yield from _totals(make)
    yield from _expectations(make)


def _assumed(make: _Rows) -> Iterator[Statistic]:
    plan, info = make.plan, make.plan.information
    level = plan.level
    yield make.row("significance_level", level.alpha, sides=level.sides, method_text=f"Level {level.source}.")
    if info.null_effect not in (0.0, 1.0):
        yield make.row("noninferiority_margin", info.null_effect)
    if plan.rates is not None:
        yield make.row("assumed_rate", plan.rates[0], arm=plan.pair.control)
        yield make.row("assumed_rate", plan.rates[1], arm=plan.pair.experimental)
    if plan.assumptions is not None:
        ratio = plan.assumptions.hazard_ratio
        if ratio is not None:
            yield make.row("assumed_hazard_ratio", ratio)
        for arm, name in (("control", plan.pair.control), ("experimental", plan.pair.experimental)):
            median = median_of([group for group in plan.assumptions.groups if group.arm == arm])
            missing = () if median is not None else (("value", "not_reached"),)
            yield make.row("assumed_median", median, arm=name, unit=make.unit, missing=missing)
    if not plan.ratios:
        yield make.row("assumed_difference", info.effect[-1], unit=make.unit if "rmst" in info.effect_name else "")


def median_of(groups: list[Group]) -> float | None:
    """Median of the times of several groups together; None where half never have the event.

    Args:
        groups: Groups of one arm.
    """
    from scipy.optimize import brentq

    total = math.fsum(group.share for group in groups)

    def alive(time: float) -> float:
        return math.fsum(g.share * (g.cure + (1.0 - g.cure) * math.exp(-_cumulative(g, time))) for g in groups) / total

    if alive(_NO_MEDIAN) >= 0.5:
        return None
    return float(brentq(lambda t: alive(t) - 0.5, 0.0, _NO_MEDIAN, xtol=1e-12, rtol=1e-14))


def _cumulative(group: Group, time: float) -> float:
    total, start = 0.0, 0.0
    for end, value in zip(group.hazard.ends, group.hazard.values, strict=True):
        if time > start:
            total += value * (min(end, time) - start)
        start = end
    return total


def _when(make: _Rows, look: int) -> Iterator[Statistic]:
    plan, at = make.plan, look - 1
    info, text = plan.information, expected_text(plan)
    if info.times:
        yield make.row("planned_time", info.times[at], look=look, unit=make.unit, method_text=text)
    day = plan.dates[at]
    if day is not None:
        yield make.row("planned_date", None, text=day.isoformat(), look=look,
                       missing=(("value", "a date is not a number"),))  # fmt: skip
    if plan.assumptions is not None:
        found = expected(plan.assumptions, (info.times[at],))
        yield make.row("planned_events", info.events[at], look=look, method_text=text)
        yield make.row("planned_events", found.events_experimental[0], look=look, arm=plan.pair.experimental)
        yield make.row("planned_events", found.events_control[0], look=look, arm=plan.pair.control)
    yield make.row("planned_enrolled", info.enrolled[at], look=look)
    yield make.row("information_fraction", plan.fractions[at], look=look)
    scale = f"{info.scale[:1].upper()}{info.scale[1:]}."
    yield make.row("statistical_information", info.null_information[at], look=look, method_text=scale)
    if plan.ratios and plan.assumptions is not None and plan.assumptions.hazard_ratio is None:
        yield make.row("average_hazard_ratio", info.effect[at], look=look, method_text=statistic_text(plan))


def _bounds(make: _Rows, look: int) -> Iterator[Statistic]:
    plan, at = make.plan, look - 1
    bounds = plan.probabilities.boundaries
    text = bound_text(plan)
    z = bounds.efficacy[at]
    if math.isfinite(z):
        yield make.row("efficacy_z", z, look=look, method_text=text)
        yield make.row("efficacy_p", nominal_p(plan, look), look=look, sides=1)
        yield from _effect(make, "efficacy", z, look)
    yield make.row("alpha_spent", bounds.alpha_spent[at], look=look, sides=1)
    z = bounds.futility[at]
    if math.isfinite(z):
        rule = "binding" if bounds.binding else "not binding"
        yield make.row("futility_z", z, look=look, method_text=f"Futility: {futility_label(plan)}, {rule}.")
        yield make.row("futility_p", bounds.futility_p[at], look=look, sides=1)
        yield from _effect(make, "futility", z, look)
    if bounds.beta_spent is not None:
        yield make.row("beta_spent", min(max(bounds.beta_spent[at], 0.0), 1.0), look=look)


def nominal_p(plan: Plan, look: int) -> float:
    """One-sided P of a statistic at its efficacy bound, as if there were no other look.

    Args:
        plan: The plan.
        look: From 1.
    """
    info = plan.information
    if info.correlation is None:
        return plan.probabilities.boundaries.nominal_p[look - 1]
    from equipoise.kernels._normal_tails import max_tails

    m = len(info.components) // info.looks
    own = slice((look - 1) * m, look * m)
    z = plan.probabilities.boundaries.efficacy[look - 1]
    return max_tails(info.correlation[own, own], z, z).one_sided


def _effect(make: _Rows, side: str, z: float, look: int) -> Iterator[Statistic]:
    """The estimate that a bound stands for, by the null information: approximately what will be seen."""
    plan = make.plan
    if plan.information.correlation is not None:
        return  # the largest of several statistics has no one estimate
    if plan.ratios:
        yield make.row(f"{side}_hazard_ratio", plan.hazard_ratio_at(z, look), look=look)
    else:
        unit = make.unit if "rmst" in plan.information.effect_name else ""
        yield make.row(f"{side}_estimate", plan.estimate_at(z, look), look=look, unit=unit)


def _chances(make: _Rows, look: int) -> Iterator[Statistic]:
    result, at = make.plan.probabilities, look - 1
    futile = math.isfinite(result.boundaries.futility[at])
    for under, reject, stop in (
        ("h0", result.reject_h0, result.futile_h0), ("h1", result.reject_h1, result.futile_h1),
    ):  # fmt: skip
        yield make.row("stop_efficacy", _probability(reject[at]), look=look, under=under)
        if futile:
            yield make.row("stop_futility", _probability(stop[at]), look=look, under=under)
    power = _probability(math.fsum(result.reject_h1[:look]))
    yield make.row("cumulative_power", power, look=look, under="h1")


def _probability(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)


def _harm(make: _Rows) -> Iterator[Statistic]:
    plan = make.plan
    if not plan.harm:
        return
    from equipoise.design.harm import harm_probabilities

    info = plan.information
    text = "Rule for harm: stop at or below this z; it rejects nothing and spends no alpha."
    bounds = plan.probabilities.boundaries.efficacy
    found = {
        "h0": harm_probabilities(info.null_information, plan.harm, None, bounds),
        "h1": harm_probabilities(info.information, plan.harm, info.mean, bounds),
    }
    for at, z in enumerate(plan.harm):
        if not math.isfinite(z):
            continue
        yield make.row("harm_z", z, look=at + 1, method_text=text)
        if plan.ratios:
            yield make.row("harm_hazard_ratio", plan.hazard_ratio_at(z, at + 1), look=at + 1)
        for under, probabilities in found.items():
            yield make.row("stop_harm", _probability(probabilities.stop[at]), look=at + 1, under=under)


def _totals(make: _Rows) -> Iterator[Statistic]:
    plan, result = make.plan, make.plan.probabilities
    yield make.row("power", _probability(result.power), under="h1", method_text=statistic_text(plan))
    obeyed = "Futility obeyed; of one side."
    yield make.row("type_one_error", _probability(result.type_one_error), under="h0", sides=1, method_text=obeyed)
    yield make.row("type_one_error_ignoring_futility", _probability(result.type_one_error_ignoring_futility),
                   under="h0", sides=1)  # fmt: skip
    enrolled = plan.information.enrolled[-1]
    yield make.row("maximum_patients", float(math.ceil(enrolled - 1e-6)))
    if plan.assumptions is not None:
        last, duration = plan.information.times[-1], plan.assumptions.accrual.duration
        yield make.row("maximum_events", plan.information.events[-1])
        yield make.row("accrual_duration", min(duration, last), unit=make.unit)
        yield make.row("follow_up_after_accrual", max(last - duration, 0.0), unit=make.unit)
        yield make.row("study_duration", last, unit=make.unit)
        most, when = most_events(plan.assumptions)
        text = f"If follow-up never ended; 99.9% of them by {when:.1f} {plan.unit}."
        yield make.row("possible_events", most, method_text=text)
    yield make.row("solved", None, text=solved_text(plan), missing=(("value", "in words"),))
    inflation = inflation_of(plan)
    if inflation is not None:
        text = "Information of this design over that of a test with one look, the same level and the same power."
        yield make.row("inflation_factor", inflation, method_text=text)
        if plan.assumptions is not None:
            yield make.row("fixed_sample_events", plan.information.events[-1] / inflation)


def inflation_of(plan: Plan) -> float | None:
    """Information over that of a test with one look, same level and power; None where the power is no more than alpha.

    Args:
        plan: The plan.
    """
    from equipoise.design.efficacy import Spend
    from equipoise.design.futility import NoFutility
    from equipoise.design.sizing import drift_for
    from equipoise.design.spending import OBrienFlemingType

    power = plan.probabilities.power
    if not plan.test.alpha < power < 1.0 - 1e-12 or plan.information.mean[-1] <= 0.0:
        return None
    one = replace(plan.test, efficacy=Spend(OBrienFlemingType()), futility=NoFutility(), binding=False, active=None,
                  futility_active=None)  # fmt: skip
    return 1.0 / drift_for(last_look(plan), one, (1.0,), power)


def last_look(plan: Plan) -> Information:
    """What is expected of the statistic at the last look alone.

    Args:
        plan: The plan.
    """
    info = plan.information
    m = len(info.components) // info.looks
    names = ("times", "events", "enrolled", "mean", "information", "null_information", "effect", "spread")
    parts = {name: getattr(info, name)[-1:] for name in names}
    if info.correlation is None:
        return replace(info, **parts)
    return replace(
        info,
        **parts,
        components=info.components[-m:],
        component_mean=info.component_mean[-m:],
        correlation=info.correlation[-m:, -m:],
    )


def _expectations(make: _Rows) -> Iterator[Statistic]:
    plan = make.plan
    found: tuple[tuple[str, Looks | None], ...] = (("h0", plan.null), ("h1", plan.planned))
    for under, looks in found:
        stop = np.asarray(plan.probabilities.stopping(under))
        if looks is None:
            continue
        if plan.assumptions is not None:
            yield make.row("expected_events", float(stop @ np.asarray(looks.events)), under=under)
        yield make.row("expected_patients", float(stop @ np.asarray(looks.enrolled)), under=under)
        if looks.times:
            yield make.row("expected_duration", float(stop @ np.asarray(looks.times)), under=under, unit=make.unit)
