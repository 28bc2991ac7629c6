"""Estimates that know when the trial stopped: median unbiased, with an interval, in the stage-wise ordering.

The ordering is that of `equipoise.monitoring.inference`: an earlier crossing of the efficacy bound is more extreme,
then a larger z at the same look. Bounds count that were applied: those of looks at which the hypothesis was not open
stopped nothing. Futility bounds count where they bind, and in a two-sided test minus the efficacy bound does. MaxCombo
with several looks has no such ordering, and no adjusted estimate.

On the scale of z that gives an effect theta, E[z] at information 1. The estimate of the trial, a log hazard ratio or a
difference, is moved by as many of its standard errors as theta differs from z / sqrt(information): at a first look the
two are the same, and the interval is Wald's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.simulation.bounds import Rules, information_of, rules_of
from equipoise.simulation.effect_tables import FARTHEST, by_table, smooth, solved_effects

if TYPE_CHECKING:
    from equipoise.simulation.outcome import Decisions, UnitOutcome
    from equipoise.simulation.study import Study, Tested

__all__ = ["Adjusted", "adjusted_estimates", "stagewise"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Adjusted(NamedTuple):
    """Estimates on their own scale, log hazard ratios or differences; NaN where there is none.

    Attributes:
        estimate: (T, H) median unbiased.
        lower: (T, H) lower limit.
        upper: (T, H) upper limit.
    """

    estimate: Floats
    lower: Floats
    upper: Floats


def adjusted_estimates(study: Study, outcome: UnitOutcome, decisions: Decisions) -> Adjusted:
    """Adjusted estimates where the testing of each hypothesis ended.

    Args:
        study: What is simulated.
        outcome: What the trials showed.
        decisions: What the design decided.

    Returns:
        Estimates; NaN where a hypothesis was never tested, or where z or the estimate is missing at its last look.
    """
    shape = outcome.trials, len(study.tested)
    found = Adjusted(*(np.full(shape, np.nan) for _ in range(3)))
    trials = np.arange(outcome.trials)
    for h, tested in enumerate(study.tested):
        end = decisions.stopped[:, h] - 1
        k = np.asarray(tested.ks)[np.maximum(end, 0)]
        z, se = outcome.z[trials, k], outcome.se[trials, k]
        tail = 0.5 * (1.0 - tested.conf_level)
        theta = stagewise(study, outcome, decisions, h, (tail, 0.5, 1.0 - tail))
        # A larger z is a smaller hazard ratio, and a larger difference.
        sign = -1.0 if tested.ratio else 1.0
        moved = outcome.estimate[trials, k][:, None] + sign * se[:, None] * (theta - z[:, None])
        found.estimate[:, h] = moved[:, 1]
        found.lower[:, h], found.upper[:, h] = (
            (moved[:, 2], moved[:, 0]) if tested.ratio else (moved[:, 0], moved[:, 2])
        )
    return found


def stagewise(study: Study, outcome: UnitOutcome, decisions: Decisions, h: int, tails: tuple[float, ...]) -> Floats:
    """Effects at which the stage-wise tail has given probabilities, on the scale of z of the look where testing ended.

    Args:
        study: What is simulated.
        outcome: What the trials showed.
        decisions: What the design decided.
        h: Position of the hypothesis.
        tails: P probabilities; 1/2 is the median-unbiased estimate, less is a lower limit.

    Returns:
        (T, P) E[z] at that look: theta times the root of its information; NaN where there is none.
    """
    tested = study.tested[h]
    rules = rules_of(study.protocol, tested)
    seen = information_of(rules, tested, outcome)
    trials = np.arange(outcome.trials)
    end = decisions.stopped[:, h] - 1
    look = np.maximum(end, 0)
    z = outcome.z[trials, np.asarray(tested.ks)[look]]
    information = seen.information[trials, look]
    known = (end >= 0) & np.isfinite(z) & (information > 0.0)
    out = np.full((outcome.trials, len(tails)), np.nan)
    # No look before this one had a bound: the plain estimate, and Wald's limits.
    upper, lower = _stops(rules, tested, decisions)
    before = np.arange(tested.looks) < look[:, None]
    stops = (before & (np.isfinite(upper) | np.isfinite(lower))).any(axis=1)
    from equipoise.kernels.sim.normal import tail_quantile

    if rules.largest and tested.looks > 1:
        return out
    plain = known & ~stops
    out[plain] = z[plain, None] + np.array([-tail_quantile(one) for one in tails])
    rows = np.flatnonzero(known & stops)
    if not rows.size:
        return out
    # The events that a look waits for are the same in most trials.
    planned = np.zeros(rows.size, dtype=np.bool_)
    if rules.counted and smooth(rules.design.information):
        later = np.arange(tested.looks) > look[rows, None]
        planned = ((seen.information[rows] == rules.design.information) | later).all(axis=1)
        planned &= np.abs(z[rows]) < FARTHEST
    for some, solve in ((planned, by_table), (~planned, solved_effects)):
        if some.any():
            these = rows[some]
            out[these] = solve(
                np.where(seen.usable[these], seen.information[these], 0.0), upper[these], lower[these], z[these],
                look[these], tails,
            )  # fmt: skip
    return out


def _stops(rules: Rules, tested: Tested, decisions: Decisions) -> tuple[Floats, Floats]:
    """(T, L) bounds that stop: efficacy as applied, and below it what binds."""
    ks = list(tested.ks)
    upper = decisions.bound[:, ks]
    lower = np.full(upper.shape, -np.inf)
    if rules.two_sided:
        lower = -upper
    elif rules.design.binding:
        lower = np.minimum(decisions.futility_bound[:, ks], upper)
    return upper, lower
