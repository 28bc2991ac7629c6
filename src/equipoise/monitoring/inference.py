"""What a look says of the effect: repeated intervals at any look, and estimates that know when the trial stopped.

A repeated confidence interval holds at all looks together, whether the trial stops or goes on (Jennison and Turnbull
1989, J R Stat Soc B 51:305). At the end the stage-wise ordering (Fairbanks and Madsen 1982, Biometrika 69:69; Tsiatis,
Rosner and Mehta 1984, Biometrics 40:797) counts as more extreme an earlier crossing, or a larger z at the same look:
it gives the P value, the median-unbiased estimate and an interval. Futility bounds that do not bind are ignored, since
the error of the first kind was computed as if they were not there; where they bind they stop here too.

The effect theta is E[z] at information 1; with events as information the hazard ratio is exp(-theta / scale), scale
sqrt(r) / (1 + r) for r experimental subjects to one control.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.errors import PlanError, Problem, Where
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, bounds_at_level

__all__ = ["FinalInference", "RepeatedInterval", "final_inference", "repeated_interval", "repeated_p_value"]

_FAR = 49.0
"""Means that the integral takes; with them everything has crossed, or nothing."""


@dataclass(frozen=True, slots=True)
class RepeatedInterval:
    """A repeated confidence interval.

    Attributes:
        estimate: theta as seen, z / sqrt(information).
        lower: Lower limit of theta, -infinite where the look has no bound.
        upper: Upper limit of theta.
        conf_level: 1 minus twice the level of one side.
    """

    estimate: float
    lower: float
    upper: float
    conf_level: float


@dataclass(frozen=True, slots=True)
class FinalInference:
    """Stage-wise inference after the last look of a trial.

    Attributes:
        p_value: One-sided P of no effect, against an effect that favours the experimental arm.
        estimate: Median-unbiased estimate of theta.
        lower: Lower limit of theta.
        upper: Upper limit of theta.
        conf_level: Level of the interval.
    """

    p_value: float
    estimate: float
    lower: float
    upper: float
    conf_level: float


def repeated_interval(design: MonitoredDesign, held: Sequence[HeldLook], z: float) -> RepeatedInterval:
    """The repeated interval at the last look held: theta as seen plus and minus bound / sqrt(information).

    Args:
        design: The plan.
        held: Looks held, the last one the present.
        z: The statistic there.

    Raises:
        PlanError: No look, or z is not finite.
    """
    _check(held, z)
    root = math.sqrt(held[-1].information)
    reach = held[-1].efficacy_z / root
    return RepeatedInterval(z / root, z / root - reach, z / root + reach, 1.0 - 2.0 * design.alpha)


def repeated_p_value(design: MonitoredDesign, held: Sequence[HeldLook], z: float) -> float:
    """The level of one side at which the repeated interval of the last look would just exclude no effect.

    Args:
        design: The plan.
        held: Looks held, the last one the present.
        z: The statistic there.

    Returns:
        The level, from 1e-12 to 0.5; 0.5 where it is not below, or where the look has no bound.
    """
    from scipy.optimize import brentq

    _check(held, z)

    def excess(log_level: float) -> float:
        return min(bounds_at_level(design, held, math.exp(log_level))[-1].efficacy_z, 1e3) - z

    low, high = math.log(1e-12), math.log(0.5)
    if excess(high) >= 0.0:
        return 0.5
    return 1e-12 if excess(low) <= 0.0 else math.exp(brentq(excess, low, high, xtol=1e-13))


def final_inference(
    design: MonitoredDesign, held: Sequence[HeldLook], z: float, *, conf_level: float | None = None
) -> FinalInference:
    """Stage-wise P, median-unbiased estimate and interval, the trial having stopped at the last look held.

    Args:
        design: The plan.
        held: Looks held, the last one where the trial stopped; z crossed no bound before.
        z: The statistic there.
        conf_level: Level of the interval; 1 minus twice the level of one side where absent.

    Raises:
        PlanError: No look, z not finite, or the level outside (0, 1).
    """
    _check(held, z)
    level = 1.0 - 2.0 * design.alpha if conf_level is None else conf_level
    if not 0.0 < level < 1.0:
        cure = "give a confidence level such as 0.95"
        raise PlanError(Problem("monitor.level", "the level is not in (0, 1)", value=str(level), cure=cure))
    more_extreme = _tail(design, held, z)
    root = math.sqrt(held[-1].information)
    tail = 0.5 * (1.0 - level)
    lower, middle, upper = (_root(more_extreme, p, z / root, root) for p in (tail, 0.5, 1.0 - tail))
    return FinalInference(more_extreme(0.0), middle, lower, upper, level)


def _tail(design: MonitoredDesign, held: Sequence[HeldLook], z: float) -> Callable[[float], float]:
    """Of theta, the probability of something at least as extreme: an earlier crossing, or z or more at this look."""
    from equipoise.kernels.group_sequential import crossing_probabilities

    information = np.array([one.information for one in held])
    upper = np.array([*(one.efficacy_z for one in held[:-1]), z])
    lower = None
    if design.sides == 2:
        lower = np.array([*(-one.efficacy_z for one in held[:-1]), -np.inf])
    elif design.binding:
        lower = np.array([*(min(one.futility_z, one.efficacy_z) for one in held[:-1]), -np.inf])
    root = np.sqrt(information)

    def more_extreme(theta: float) -> float:
        crossed = crossing_probabilities(information, upper, lower, theta * root)
        return min(1.0, math.fsum(crossed.upper.tolist()))

    return more_extreme


def _root(more_extreme: Callable[[float], float], p: float, start: float, root: float) -> float:
    """The effect at which the tail, which grows with it, is p; the search widens from the plain estimate."""
    from scipy.optimize import brentq

    step = 1.0 / root
    most = _FAR / root
    low, high = max(start - step, -most), min(start + step, most)
    while more_extreme(low) > p and low > -most:
        step *= 2.0
        low = max(low - step, -most)
    step = 1.0 / root
    while more_extreme(high) < p and high < most:
        step *= 2.0
        high = min(high + step, most)
    return float(brentq(lambda theta: more_extreme(theta) - p, low, high, xtol=1e-13, rtol=1e-13))


def _check(held: Sequence[HeldLook], z: float) -> None:
    if not held or not math.isfinite(z):
        cure = "give the statistic of the last look held"
        raise PlanError(Problem("monitor.z", "there is no finite z of a look", Where(path="design"), str(z), cure))
