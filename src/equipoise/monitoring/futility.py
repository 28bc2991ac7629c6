"""Futility bounds of looks as they are held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from equipoise.errors import PlanError, Problem
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign

if TYPE_CHECKING:
    from equipoise.design.futility import SpendBeta

__all__ = ["futility_bound"]

_ROUNDING = 1e-10


def futility_bound(design: MonitoredDesign, held: Sequence[HeldLook], look: HeldLook) -> float:
    """The futility bound of an interim look.

    Listed bounds belong to planned looks; spent beta and conditional power give one at any. A hazard ratio is put on
    the z scale with the information that there really is. A final look needs none: who does not reject has failed.

    Args:
        design: The plan.
        held: Looks held before.
        look: The look, with its efficacy bound.

    Returns:
        z, -infinite without a bound.
    """
    rule = design.futility
    place = look.planned
    inactive = place is not None and design.futility_active and not design.futility_active[place - 1]
    if rule is None or look.final or inactive:
        return -math.inf
    from equipoise.design.futility import (
        FutilityConditionalPower,
        FutilityHazardRatio,
        FutilityZ,
        NoFutility,
        SpendBeta,
    )

    if isinstance(rule, NoFutility):
        return -math.inf
    if isinstance(rule, SpendBeta):
        return _beta(design, held, look, rule)
    if isinstance(rule, FutilityConditionalPower):
        from equipoise.monitoring.conditional import Under, z_of_conditional_power

        under: Under = "trend" if rule.under == "trend" else "h0" if rule.under == "null" else "design"
        return min(z_of_conditional_power(design, held, look, rule.threshold, under), look.efficacy_z)
    if place is None:
        return -math.inf
    if isinstance(rule, FutilityZ):
        return rule.z[place - 1] if place <= len(rule.z) else -math.inf
    assert isinstance(rule, FutilityHazardRatio)
    ratios = rule.hazard_ratio if isinstance(rule.hazard_ratio, tuple) else (rule.hazard_ratio,) * design.looks
    ratio = ratios[place - 1] if place <= len(ratios) else math.inf
    if math.isinf(ratio) or design.scale is None:
        return -math.inf
    # Not -0.0 for a ratio of 1.
    return math.log(design.null_ratio / ratio) * design.scale * math.sqrt(look.information)


def _beta(design: MonitoredDesign, held: Sequence[HeldLook], look: HeldLook, rule: SpendBeta) -> float:
    from equipoise.kernels.group_sequential import crossing_probabilities, lower_bounds

    if design.beta is None:
        cure = "monitor a design whose power was computed"
        raise PlanError(Problem("monitor.no_drift", "the design does not say how much beta is to be spent", cure=cure))
    looks = [*held, look]
    information = [one.information for one in looks]
    upper = [one.efficacy_z for one in looks]
    mean = design.mean_at(information)
    spent: list[float] = []
    if held:
        lower = [min(one.futility_z, one.efficacy_z) for one in held]
        crossed = crossing_probabilities(information[:-1], upper[:-1], lower, mean[:-1])
        spent = [float(p) for p in np.cumsum(crossed.lower)]
    due = float(rule.function.cumulative(np.array([look.spending_time]), design.beta)[0])
    if spent and due <= spent[-1] * (1.0 + _ROUNDING):
        return -math.inf
    spent.append(due)
    active = [*(math.isfinite(one.futility_z) for one in held), True]
    return float(lower_bounds(information, spent, upper, mean, active=active)[-1])
