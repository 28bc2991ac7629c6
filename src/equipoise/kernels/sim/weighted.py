"""Log-rank tests of one look, weighted or not, one or several at once; as `kernels.log_rank` and `kernels.max_combo`.

Mantel (1966, Cancer Chemother Rep 50:163); Fleming and Harrington (1991, section 7.2); Magirr and Burman (2019, Stat
Med 38:3782); Lee (1996, Biometrics 52:721).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import exp, log

__all__ = ["fleming_harrington", "log_rank", "modest_weights", "several", "survival_before"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def log_rank(rows: int, at_risk: Floats, events: Floats, weight: Floats, weighted: int) -> tuple[float, float]:
    """Observed less expected events of the experimental arm, and its hypergeometric variance.

    Args:
        rows: Event times, of `count_rows`.
        at_risk: (2, N) control and experimental at risk.
        events: (2, N) their events.
        weight: (N,) weights.
        weighted: 1 where they are used.

    Returns:
        Score and variance; z is -score / sqrt(variance).
    """
    score = variance = 0.0
    for k in range(rows):
        n, d = at_risk[0, k] + at_risk[1, k], events[0, k] + events[1, k]
        share = at_risk[1, k] / n
        difference = events[1, k] - d * share
        # With one patient at risk the factor is 0/0 and the variance 0.
        spread = d * share * (at_risk[0, k] / n) * ((n - d) / max(n - 1.0, 1.0))
        if weighted == 1:
            difference *= weight[k]
            spread *= weight[k] * weight[k]
        score += difference
        variance += spread
    return score, variance


@compiled
def survival_before(strata: int, start: Integers, at_risk: Floats, events: Floats, before: Floats) -> None:
    """Kaplan-Meier of both arms together just before each event time, within each stratum: fills `before`.

    Args:
        strata: Number of strata.
        start: (S + 1,) where strata begin.
        at_risk: (2, N) control and experimental at risk.
        events: (2, N) their events.
        before: (N,) out.
    """
    for s in range(strata):
        survival = 1.0
        for k in range(start[s], start[s + 1]):
            before[k] = survival
            survival *= 1.0 - (events[0, k] + events[1, k]) / (at_risk[0, k] + at_risk[1, k])


@compiled
def modest_weights(
    strata: int,
    t_star: float,
    s_star: float,
    slack: float,
    start: Integers,
    time: Floats,
    at_risk: Floats,
    events: Floats,
    before: Floats,
    weight: Floats,
) -> None:
    """Weights 1 / max(S(t-), S(t_star)), or 1 / max(S(t-), s_star): fills `weight` from `before`.

    Args:
        strata: Number of strata.
        t_star: Time until which weights grow, in the unit of times; NaN where s_star is given.
        s_star: Survival at which they stop growing.
        slack: How far apart times may be that are one time.
        start: (S + 1,) where strata begin.
        time: (N,) event times.
        at_risk: (2, N) control and experimental at risk.
        events: (2, N) their events.
        before: (N,) survival.
        weight: (N,) out.
    """
    for s in range(strata):
        floor = s_star
        if not math.isnan(t_star):
            floor = 1.0
            for k in range(start[s], start[s + 1]):
                if time[k] <= t_star + slack:
                    died = (events[0, k] + events[1, k]) / (at_risk[0, k] + at_risk[1, k])
                    floor = before[k] * (1.0 - died)
        for k in range(start[s], start[s + 1]):
            weight[k] = 1.0 / max(before[k], floor)


@compiled
def fleming_harrington(rows: int, rho: float, gamma: float, before: Floats, weight: Floats) -> None:
    """Weights S(t-)^rho (1 - S(t-))^gamma: fills `weight` from `before`.

    Args:
        rows: Event times.
        rho: Exponent, at least 0.
        gamma: Exponent, at least 0.
        before: (N,) survival.
        weight: (N,) out.
    """
    for k in range(rows):
        weight[k] = _power(before[k], rho) * _power(1.0 - before[k], gamma)


@compiled
def _power(base: float, exponent: float) -> float:
    """base^exponent of a base from 0 to 1, 0^0 being 1."""
    if exponent == 0.0:
        return 1.0
    if exponent == 1.0:
        return base
    if exponent == 0.5:
        return math.sqrt(base)
    if exponent == 2.0:
        return base * base
    return exp(exponent * log(base)) if base > 0.0 else 0.0


@compiled
def several(
    rows: int,
    number: int,
    rho: Floats,
    gamma: Floats,
    at_risk: Floats,
    events: Floats,
    before: Floats,
    own: Floats,
    score: Floats,
    variance: Floats,
) -> None:
    """Scores of several Fleming-Harrington tests and their covariance: fills `score` and `variance` from `before`.

    Args:
        rows: Event times.
        number: How many, at most 8.
        rho: (8,) exponents.
        gamma: (8,) exponents.
        at_risk: (2, N) control and experimental at risk.
        events: (2, N) their events.
        before: (N,) survival.
        own: (8,) room.
        score: (8,) out.
        variance: (8, 8) out.
    """
    for j in range(number):
        score[j] = 0.0
        for i in range(number):
            variance[i, j] = 0.0
    for k in range(rows):
        n, d = at_risk[0, k] + at_risk[1, k], events[0, k] + events[1, k]
        share = at_risk[1, k] / n
        difference = events[1, k] - d * share
        spread = d * share * (at_risk[0, k] / n) * ((n - d) / max(n - 1.0, 1.0))
        for j in range(number):
            own[j] = _power(before[k], rho[j]) * _power(1.0 - before[k], gamma[j])
            score[j] += own[j] * difference
            for i in range(j + 1):
                variance[i, j] += own[i] * own[j] * spread
    for j in range(number):
        for i in range(j):
            variance[j, i] = variance[i, j]
