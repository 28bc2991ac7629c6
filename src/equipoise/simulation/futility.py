"""Futility and harm bounds of simulated looks, by the rules of `equipoise.monitoring.futility` and of `unblinded`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equipoise.simulation.spending import cumulative

if TYPE_CHECKING:
    from equipoise.design.futility import FutilityConditionalPower, SpendBeta
    from equipoise.monitoring.boundaries import MonitoredDesign
    from equipoise.simulation.bounds import LookInformation, Rules

__all__ = ["futility_at", "harm_of", "means_at"]

Floats = NDArray[np.float64]
_CLOSE = 1e-5


def futility_at(
    design: MonitoredDesign, seen: LookInformation, efficacy: Floats, futility: Floats, look: int
) -> Floats:
    """The futility bounds of one interim look.

    Args:
        design: The plan.
        seen: (T, L) information as observed.
        efficacy: (T, L) efficacy bounds.
        futility: (T, L) futility bounds of the looks before.
        look: From 0.

    Returns:
        (T,) z, -infinite without a bound.
    """
    from equipoise.design.futility import FutilityConditionalPower, FutilityHazardRatio, FutilityZ, SpendBeta

    rule = design.futility
    none = np.full(seen.information.shape[0], -np.inf)
    if design.futility_active and not design.futility_active[look]:
        return none
    if isinstance(rule, FutilityZ):
        found = none if look >= len(rule.z) else np.full(none.size, rule.z[look])
    elif isinstance(rule, FutilityHazardRatio):
        ratios = rule.hazard_ratio if isinstance(rule.hazard_ratio, tuple) else (rule.hazard_ratio,) * design.looks
        ratio = ratios[look] if look < len(ratios) else math.inf
        found = none
        if math.isfinite(ratio) and design.scale is not None:
            found = math.log(design.null_ratio / ratio) * design.scale * np.sqrt(seen.information[:, look])
    elif isinstance(rule, SpendBeta):
        found = _beta(design, seen, efficacy, futility, look, rule)
    elif isinstance(rule, FutilityConditionalPower):
        found = _conditional(design, seen, efficacy, look, rule)
    else:
        found = none
    return np.where(seen.usable[:, look], found, -np.inf)


def harm_of(rules: Rules, seen: LookInformation) -> Floats:
    """The z at or below which the rule for harm stops.

    Args:
        rules: Rules of the hypothesis.
        seen: (T, L) information as observed.

    Returns:
        (T, L) z, -infinite without a rule, and at the last look, where the trial ends anyway.
    """
    out = np.full(seen.information.shape, -np.inf)
    if rules.harm is None or rules.plan is None:
        return out
    design = rules.design
    values = rules.harm.z if rules.harm.z is not None else rules.harm.hazard_ratio or ()
    for look, value in enumerate(values[: design.looks - 1]):
        if value is None:
            continue
        if rules.harm.z is not None:
            out[:, look] = value
        elif design.scale is None:
            out[:, look] = rules.plan.harm[look]
        else:
            out[:, look] = math.log(design.null_ratio / value) * design.scale * np.sqrt(seen.information[:, look])
    return np.where(seen.usable, out, -np.inf)


def means_at(design: MonitoredDesign, information: Floats) -> Floats:
    """E[z] under the assumptions of the design at any information, as `MonitoredDesign.mean_at` has it.

    Args:
        design: The plan.
        information: Any shape; 0 gives 0.
    """
    levels = np.array([0.0, *design.information])
    score = np.array([0.0, *(m * math.sqrt(i) for m, i in zip(design.mean, design.information, strict=True))])
    slope = (score[-1] - score[-2]) / (levels[-1] - levels[-2])
    beyond = score[-1] + slope * (information - levels[-1])
    mean = np.where(information > levels[-1], beyond, np.interp(information, levels, score))
    return np.asarray(mean / np.sqrt(np.maximum(information, 1e-300)))


def _beta(
    design: MonitoredDesign, seen: LookInformation, efficacy: Floats, futility: Floats, look: int, rule: SpendBeta
) -> Floats:
    """The bound that spends beta; those before stay as they are."""
    from equipoise.simulation.bounds import LookInformation, solved, spending_time

    assert design.beta is not None
    until = slice(None, look + 1)
    time = spending_time(design, seen)[:, until]
    target = cumulative(rule.function, time, design.beta)
    mean = means_at(design, seen.information[:, until])
    given = -np.minimum(futility[:, until], efficacy[:, until])
    given[:, look] = np.nan
    part = LookInformation(seen.information[:, until], seen.usable[:, until])
    return -solved(part, given, target, -efficacy[:, until], -mean, capped=True)[:, look]


def _conditional(
    design: MonitoredDesign, seen: LookInformation, efficacy: Floats, look: int, rule: FutilityConditionalPower
) -> Floats:
    """The z whose conditional power is the threshold, the looks to come being held as planned."""
    from equipoise.kernels.sim.sequential import gauss_legendre
    from equipoise.kernels.sim.sequential_inference import futility_rows
    from equipoise.simulation.bounds import LookInformation, solved, wanted

    information, usable = seen.information.copy(), seen.usable.copy()
    last = information[:, look]
    for later in range(look + 1, design.looks):
        information[:, later] = design.information[later]
        usable[:, later] = information[:, later] > last * (1.0 + _CLOSE)
    information[~usable] = 0.0
    expected = LookInformation(information, usable)
    given, target = wanted(design, expected, design.alpha)
    given[:, : look + 1] = efficacy[:, : look + 1]
    none = np.full(information.shape, -np.inf)
    upper = solved(expected, given, target, none, np.zeros(information.shape), sides=design.sides)
    mean = np.zeros(information.shape)
    if rule.under in ("design", "alternative"):
        mean = means_at(design, information)
    found = np.empty(information.shape[0])
    futility_rows(information, usable.astype(np.uint8), upper, mean, look, int(rule.under == "trend"), rule.threshold,
                  design.sides, gauss_legendre(), found)  # fmt: skip
    return np.minimum(found, efficacy[:, look])
