"""Curves of a plan: spending, power over the hazard ratio, enrollment and events over time, conditional power."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equipoise.design.efficacy import FixedZ, Spend
from equipoise.design.expected import expected
from equipoise.design.futility import FutilityZ, NoFutility, SpendBeta
from equipoise.design.plan import Plan
from equipoise.design.rows import base_key
from equipoise.design.sizing import evaluate
from equipoise.design.spending import ListedAlpha
from equipoise.design.statistics import RateDifference
from equipoise.errors import EquipoiseError
from equipoise.results.curve import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["curves_of", "power_at_ratio"]

_POINTS = 101
_RATIOS = 45
_RATIOS_SLOW = 12
_BEYOND = 1.1  # how far beyond the last look time curves go


def curves_of(plan: Plan) -> Iterator[Curve]:
    """All curves of a plan.

    Args:
        plan: The plan.
    """
    yield from _spending(plan)
    yield from _power(plan)
    yield from _over_time(plan)
    yield from _conditional(plan)


def _spending(plan: Plan) -> Iterator[Curve]:
    if plan.looks == 1:
        return
    key, bounds, t = base_key(plan), plan.probabilities.boundaries, np.linspace(0.0, 1.0, _POINTS)
    efficacy = plan.test.efficacy
    if isinstance(efficacy, Spend) and not isinstance(efficacy.function, ListedAlpha):
        yield Curve(key=key, curve="alpha_spending", kind="line", x=t, y=efficacy.function.cumulative(t, bounds.alpha))
    else:
        x = np.concatenate([[0.0], bounds.fractions])
        yield Curve(key=key, curve="alpha_spending", kind="step", x=x, y=np.concatenate([[0.0], bounds.alpha_spent]))
    futility = plan.test.futility
    if isinstance(futility, SpendBeta) and bounds.beta_spent is not None:
        beta = 1.0 - plan.probabilities.power
        yield Curve(key=key, curve="beta_spending", kind="line", x=t, y=futility.function.cumulative(t, beta))


def power_at_ratio(plan: Plan, ratio: float) -> float | None:
    """Power of the design if the hazard ratio were another, constant one; None where its looks are never reached.

    Args:
        plan: The plan; its bounds stay.
        ratio: The hazard ratio.
    """
    if plan.assumptions is None or isinstance(plan.statistic, RateDifference):
        return None
    bounds = plan.probabilities.boundaries
    none = not any(math.isfinite(z) for z in bounds.futility)
    test = replace(plan.test, efficacy=FixedZ(bounds.efficacy), binding=False, active=None, futility_active=None,
                   futility=NoFutility() if none else FutilityZ(bounds.futility))  # fmt: skip
    try:
        sized = evaluate(plan.assumptions.with_hazard_ratio(ratio), plan.statistic, plan.held, test)
    except EquipoiseError:
        return None
    return min(max(sized.probabilities.power, 0.0), 1.0)


def _power(plan: Plan) -> Iterator[Curve]:
    if plan.assumptions is None:
        return
    # On the last point of which the null hypothesis just holds.
    null = plan.information.null_effect if plan.ratios else 1.0
    slow = plan.information.correlation is not None
    grid = np.linspace(0.55, 1.1, _RATIOS_SLOW if slow else _RATIOS) * null
    found = [(ratio, power_at_ratio(plan, float(ratio))) for ratio in grid]
    known = [(ratio, power) for ratio, power in found if power is not None]
    if known:
        x, y = np.array(known, dtype=np.float64).T
        yield Curve(key=base_key(plan), curve="power_by_hazard_ratio", kind="line", x=x, y=y)


def _over_time(plan: Plan) -> Iterator[Curve]:
    if plan.assumptions is None:
        return
    last = _BEYOND * max(plan.information.times[-1], plan.assumptions.accrual.duration)
    time = np.unique(np.concatenate([np.linspace(0.0, last, _POINTS), plan.information.times]))
    found = expected(plan.assumptions, time.tolist())
    key = base_key(plan)

    def curve(name: str, y: tuple[float, ...], arm: str = "") -> Curve:
        own = replace(key, arm=arm, versus="") if arm else key
        return Curve(key=own, curve=name, kind="line", x=time, y=_array(y), unit=plan.unit)

    yield curve("expected_enrolled", found.enrolled)
    yield curve("expected_events", found.events)
    yield curve("expected_events", found.events_experimental, plan.pair.experimental)
    yield curve("expected_events", found.events_control, plan.pair.control)


def _array(values: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def _conditional(plan: Plan) -> Iterator[Curve]:
    """Probability to reject at a later look, given z at this one, if the assumptions are true; futility ignored."""
    if plan.information.correlation is not None:
        return
    from equipoise.kernels.group_sequential import conditional_crossing

    info = plan.information
    grid = np.linspace(-1.0, 4.0, 51)
    upper, mean = np.asarray(plan.probabilities.boundaries.efficacy), np.asarray(info.mean)
    for look in range(plan.looks - 1):
        y = [float(conditional_crossing(info.information, upper, look, float(z), mean).upper.sum()) for z in grid]
        key = replace(base_key(plan), look=look + 1)
        yield Curve(key=key, curve="conditional_power_design", kind="line", x=grid, y=np.clip(y, 0.0, 1.0))
