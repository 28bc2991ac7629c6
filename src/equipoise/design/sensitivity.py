"""What becomes of a design when an assumption is another: its looks stay, its power and their times change."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from equipoise.design.assumed import dropout_as
from equipoise.design.assumptions import Accrual, Assumptions, Steps
from equipoise.design.futility import FutilityZ, NoFutility
from equipoise.design.rows import base_key, median_of
from equipoise.design.sizing import Sized, evaluate
from equipoise.design.statistics import RateDifference
from equipoise.errors import PlanError
from equipoise.results.display import format_plain
from equipoise.results.statistic import Statistic

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.protocol.designs import Sensitivity

__all__ = ["sensitivity_rows"]


class _Change(NamedTuple):
    """One assumption changed: what, to which value, and how."""

    what: str
    value: float
    apply: Callable[[Assumptions], Assumptions]


def sensitivity_rows(plan: Plan, declared: Sensitivity) -> Iterator[Statistic]:
    """Power, and time and events of the looks, with one assumption changed, and with the effect and another.

    Looks at events wait for as many events, looks at times are held at these times. Bounds by spending are computed
    anew where the information at the looks is another; futility stays where it is on the z scale.

    Args:
        plan: The plan.
        declared: Values to vary.
    """
    if plan.assumptions is None or isinstance(plan.statistic, RateDifference):
        return
    effects = [_effect(value) for value in declared.hazard_ratio]
    others = [
        *(_median(value) for value in declared.control_median),
        *(_dropout(value) for value in declared.dropout),
        *(_accrual(value) for value in declared.accrual),
    ]
    for change in (*effects, *others):
        yield from _rows(plan, (change,))
    for effect in effects:
        for other in others:
            # The effect comes last: it is a ratio to the control's hazard, whatever that is.
            yield from _rows(plan, (other, effect))


def _effect(value: float) -> _Change:
    return _Change("hazard_ratio", value, lambda one: one.with_hazard_ratio(value))


def _median(value: float) -> _Change:
    """All hazards multiplied so that the control's median is the value; their shapes stay."""
    from scipy.optimize import brentq

    def apply(one: Assumptions) -> Assumptions:
        control = [group for group in one.groups if group.arm == "control"]

        def gap(log_factor: float) -> float:
            scaled = [replace(g, hazard=g.hazard.times(math.exp(log_factor))) for g in control]
            return math.log((median_of(scaled) or 1e9) / value)

        factor = math.exp(float(brentq(gap, -7.0, 7.0, xtol=1e-13)))
        return replace(one, groups=tuple(replace(g, hazard=g.hazard.times(factor)) for g in one.groups))

    return _Change("control_median", value, apply)


def _dropout(value: float) -> _Change:
    return _Change("dropout", value, lambda one: replace(one, groups=dropout_as(value, one.groups)))


def _accrual(value: float) -> _Change:
    def apply(one: Assumptions) -> Assumptions:
        rate = one.accrual.rate
        # A last rate that ended would end too early if it were slower.
        ends = (*rate.ends[:-1], math.inf)
        return replace(one, accrual=Accrual(Steps(ends, tuple(v * value for v in rate.values)), one.accrual.patients))

    return _Change("accrual", value, apply)


def _changed(plan: Plan, changes: tuple[_Change, ...]) -> Sized | None:
    assert plan.assumptions is not None
    assert not isinstance(plan.statistic, RateDifference)
    bounds = plan.probabilities.boundaries
    none = not any(math.isfinite(z) for z in bounds.futility)
    test = replace(plan.test, futility=NoFutility() if none else FutilityZ(bounds.futility))
    try:
        changed = plan.assumptions
        for change in changes:
            changed = change.apply(changed)
        return evaluate(changed, plan.statistic, plan.held, test)
    except (PlanError, ValueError):  # looks that are never reached there, a median that no hazard has
        return None


def _rows(plan: Plan, changes: tuple[_Change, ...]) -> Iterator[Statistic]:
    pairs = []
    for number, change in enumerate(sorted(changes, key=lambda one: one.what != "hazard_ratio"), start=1):
        suffix = "" if number == 1 else f"_{number}"
        pairs += [(f"vary{suffix}", change.what), (f"value{suffix}", format_plain(change.value))]
    key = replace(base_key(plan), groups=tuple(pairs))
    sized = _changed(plan, changes)
    if sized is None:
        missing = (("value", "the looks are never reached"),)
        yield Statistic(key=replace(key, statistic="power", under="h1"), value=None, missing=missing, origin="assumed")
        return
    power = min(max(sized.probabilities.power, 0.0), 1.0)
    yield Statistic(key=replace(key, statistic="power", under="h1"), value=power, origin="assumed")
    info = sized.information
    for look, (time, events) in enumerate(zip(info.times, info.events, strict=True), start=1):
        at = replace(key, look=look)
        yield Statistic(key=replace(at, statistic="planned_time"), value=time, unit=plan.unit, origin="assumed")
        yield Statistic(key=replace(at, statistic="planned_events"), value=events, origin="assumed")
    yield Statistic(key=replace(key, statistic="maximum_events"), value=info.events[-1], origin="assumed")
