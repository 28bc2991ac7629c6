"""Group-sequential bounds and probabilities of many trials at once, each with the information that it had.

The integration is that of `equipoise.kernels.group_sequential`, which states the sources: independent increments, the
density at a look cut at its bounds, Gauss-Legendre nodes as dense as the sharpest normal factor asks for. Here it is a
loop over trials. A look that adds next to nothing to the one before (no more than 0.001% of information) is not looked
at; where it is the last, it *is* the one before, seen again, and the bound is as if there had been only one of the two.

T is the number of trials, L that of looks; z > 0 favours the experimental arm. Rows are read where `usable` is not 0.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import exp
from equipoise.kernels.sim.normal import normal_tail, scaled_tail, tail_quantile

__all__ = ["CLOSEST", "Nodes", "crossing_rows", "gauss_legendre", "solve_rows", "total_above"]

CLOSEST = 1e-5
_NOTHING = 1e-290
_ROUNDING = 1e-10
_REACH = 8.0
_REACH_BELOW = 6.0
"""Those further below are fewer than 1e-9, and cross above less often than others."""
_DENSITY_REACH = 38.0
_ROOT_2PI = math.sqrt(2.0 * math.pi)
_RULES = 16
_PANEL = 8
_STEPS = 100
_LAST_STEP = 1e-7
"""Newton's error after a step is about the square of the step."""


class Nodes(NamedTuple):
    """Gauss-Legendre rules of 8, 16, ..., 128 nodes on (-1, 1).

    Attributes:
        x: (16, 128) nodes; row r has 8 (r + 1) of them.
        w: (16, 128) their weights.
    """

    x: Any
    w: Any


@lru_cache(maxsize=1)
def gauss_legendre() -> Nodes:
    """The rules, by basic operations: the same bits everywhere."""
    nodes, weights = np.zeros((_RULES, 8 * _RULES)), np.zeros((_RULES, 8 * _RULES))
    for rule in range(_RULES):
        n = 8 * (rule + 1)
        # Rounded, since the last bit of a cosine is the system's.
        x = np.array([round(math.cos(math.pi * (k + 0.75) / (n + 0.5)), 6) for k in range(n)])
        for _ in range(8):
            before, now = np.ones(n), x.copy()
            for m in range(2, n + 1):
                before, now = now, ((2 * m - 1) * x * now - (m - 1) * before) / m
            slope = n * (x * now - before) / (x * x - 1.0)
            x = x - now / slope
        nodes[rule, :n], weights[rule, :n] = x, 2.0 / ((1.0 - x * x) * slope * slope)
    return Nodes(nodes, weights)


@compiled
def _spread(low: float, high: float, sharp: float, rules: Nodes) -> tuple[Any, Any]:
    """Nodes and weights over an interval, as many as its length in the sharpest standard deviations asks for."""
    half = 0.5 * max(high - low, 0.0)
    blocks = math.ceil((10.0 + 3.4 * half * sharp) / 8.0)
    panels, rule = 1, blocks - 1
    if blocks > _RULES:
        # A panel's rule is a little less efficient than one rule over the whole.
        panels, rule = math.ceil(1.15 * blocks / _PANEL), _PANEL - 1
    n = 8 * (rule + 1)
    nodes, weights = np.empty(n * panels), np.empty(n * panels)
    part = half / panels
    for panel in range(panels):
        middle = low + part * (2 * panel + 1)
        for j in range(n):
            nodes[panel * n + j] = middle + part * rules.x[rule, j]
            weights[panel * n + j] = part * rules.w[rule, j]
    return nodes, weights


@compiled
def _advance(center: Any, mass: Any, sd: float, low: float, high: float, sharp: float, rules: Nodes) -> Any:
    """Nodes between the bounds of a look, and the mass of those who are there and were not stopped before.

    Args:
        center: (n,) mean of the statistic given each node of the look before.
        mass: (n,) mass of these.
        sd: Standard deviation of the statistic given a node.
        low: Lower bound of the look, finite.
        high: Upper bound, finite.
        sharp: 1 over the standard deviation of the sharpest normal factor.
        rules: Of `gauss_legendre`.
    """
    nodes, weights = _spread(low, high, sharp, rules)
    density = np.zeros(nodes.size)
    inverse = math.sqrt(0.5) / sd
    for i in range(center.size):
        part, from_here = mass[i], center[i]
        for j in range(nodes.size):
            u = (nodes[j] - from_here) * inverse
            density[j] += part * exp(-u * u)
    scale = 1.0 / (sd * _ROOT_2PI)
    for j in range(nodes.size):
        weights[j] *= density[j] * scale
    return nodes, weights


@compiled
def _above(center: Any, mass: Any, sd: float, bound: float) -> float:
    """P(the first exit is at this look and above the bound)."""
    if bound == np.inf:
        return 0.0
    part = np.empty(center.size)
    inverse = 1.0 / sd
    for i in range(center.size):
        part[i] = mass[i] * normal_tail((bound - center[i]) * inverse)
    total = 0.0
    for i in range(center.size):
        total += part[i]
    return total


@compiled
def _above_and_slope(center: Any, mass: Any, sd: float, bound: float) -> tuple[float, float]:
    """The same with the density of the statistic at the bound, among those not stopped before."""
    tail, density = np.empty(center.size), np.empty(center.size)
    inverse = 1.0 / sd
    for i in range(center.size):
        u = (bound - center[i]) * inverse
        y = abs(u)
        density[i] = mass[i] * exp(-0.5 * y * y)
        part = scaled_tail(y) * density[i]
        tail[i] = part if u >= 0.0 else mass[i] - part
    total, slope = 0.0, 0.0
    for i in range(center.size):
        total += tail[i]
        slope += density[i]
    return total, slope * inverse / _ROOT_2PI


@compiled
def _solve(center: Any, mass: Any, sd: float, mean: float, due: float, sides: int) -> float:
    """The bound that is exceeded, as the first exit, with a given probability; NaN when less than that is left.

    Newton's method on the normal quantile of the probability, which is almost a straight line, within a bracket.
    """
    total, least, most = 0.0, np.inf, -np.inf
    for i in range(center.size):
        total += mass[i]
        spot = abs(center[i]) if sides == 2 else center[i]
        least, most = min(least, spot), max(most, spot)
    if not due < total:
        return np.nan
    part = 0.5 * due if sides == 2 else due
    # A sum of tails: one of them at least holds part / total, and none needs more.
    edge = sd * tail_quantile(part / total)
    if center.size == 1 and sides == 1:
        only: float = center[0] + edge
        return only
    low, high = 0.0 if sides == 2 else least + edge, most + edge + 1e-9
    # Those stopped before can't exit now, so the bound without earlier looks is a little too high.
    bound: float = min(max((abs(mean) if sides == 2 else mean) + tail_quantile(part), low), high)
    goal, mirror = tail_quantile(due), -center
    for _ in range(_STEPS):
        p, slope = _above_and_slope(center, mass, sd, bound)
        if sides == 2:
            other = _above_and_slope(mirror, mass, sd, bound)
            p, slope = p + other[0], slope + other[1]
        x = tail_quantile(p)
        if x < goal:
            low = bound
        else:
            high = bound
        step = (goal - x) * exp(-0.5 * x * x) / (_ROOT_2PI * slope) if slope > 0.0 else np.inf
        after = bound + step
        if not low <= after <= high:
            after = 0.5 * (low + high)
        moved = abs(after - bound)
        bound = after
        if moved <= _LAST_STEP:
            break
    return bound


@compiled
def _kept(target: Any, given: Any, mean: Any, usable: Any) -> float:
    """Standard deviations to keep above the mean, so that the rarest exit has ten digits."""
    keep, spent = _REACH, 0.0
    for look in range(target.size):
        if usable[look] == 0:
            continue
        if given[look] == given[look]:
            if given[look] < np.inf:
                keep = max(keep, given[look] - mean[look] + 4.0)
        elif target[look] > spent + _NOTHING:
            keep = max(keep, tail_quantile(max(1e-10 * (target[look] - spent), 1e-300)))
            spent = target[look]
    return min(keep, _DENSITY_REACH)


@compiled
def _due(target: float, gone: float, held: int) -> float:
    """What may be spent now; 0 where that is lost in rounding."""
    due = target - gone
    lost = due <= _NOTHING or (held > 0 and target <= gone * (1.0 + _ROUNDING))
    return 0.0 if lost else due


@compiled
def _solve_row(
    information: Any, usable: Any, given: Any, target: Any, stop: Any, mean: Any,
    sides: int, capped: int, rules: Nodes, bound: Any, spent: Any,
) -> None:  # fmt: skip
    """One row of `solve_rows`."""
    center, mass = np.zeros(1), np.ones(1)
    keep = _kept(target, given, mean, usable)
    # Before the last look that was used: its information, what was spent; `sd` is of the last look given it.
    before, gone_before = 0.0, 0.0
    last, mean_last, gone, sd, held, low, high = 0.0, 0.0, 0.0, 1.0, 0, 0.0, 0.0
    for look in range(information.size):
        bound[look], spent[look] = np.inf, gone
        if usable[look] == 0:
            continue
        now = information[look]
        if held > 0 and now <= last * (1.0 + CLOSEST):
            if look < information.size - 1:
                continue
            now, gone, held = last, gone_before, held - 1
        elif held > 0:
            sharp = math.sqrt(last / (last - before) + last / (now - last))
            nodes, mass = _advance(center, mass, sd, low, high, sharp, rules)
            ratio = math.sqrt(last / now)
            center = nodes * ratio + (mean[look] - mean_last * ratio)
            before = last
        else:
            center = np.full(1, mean[look])
        gone_before = gone
        sd = math.sqrt((now - before) / now)
        z = given[look]
        if z != z:
            due = _due(target[look], gone, held)
            z = np.inf if due == 0.0 else _solve(center, mass, sd, mean[look], sides * due, sides)
            if z != z:
                z = stop[look] if capped == 1 else np.inf
            elif capped == 1 and z < stop[look]:
                z = stop[look]
        gone += _above(center, mass, sd, z)
        bound[look], spent[look] = z, gone
        least, most = mean[look] - (keep if sides == 2 else _REACH_BELOW), mean[look] + keep
        low = min(max(-z if sides == 2 else min(stop[look], z), least), most)
        high = min(max(z, low), most)
        last, mean_last, held = now, mean[look], held + 1


@compiled
def solve_rows(
    information: Any, usable: Any, given: Any, target: Any, stop: Any, mean: Any,
    sides: int, capped: int, rules: Nodes, bound: Any, spent: Any,
) -> None:  # fmt: skip
    """Upper bounds of many trials, look by look; each is solved so that a probability is spent by it, or is given.

    Lower bounds under an effect are upper ones in the mirror: the means and `stop`, then the upper bounds, change
    their signs.

    Args:
        information: (T, L) information as observed, increasing where usable.
        usable: (T, L) uint8, 0 for looks that were not held.
        given: (T, L) bounds that are as they are, infinite for none; NaN where the bound is to be solved.
        target: (T, L) cumulative probability of an exit above by each look; it is one side's also with 2 sides.
        stop: (T, L) lower bounds that stop too, -inf for none. Not read with 2 sides.
        mean: (T, L) E[z] under which the probability is spent.
        sides: With 2 the lower bounds are the upper ones with the sign changed.
        capped: With 1 a bound below `stop` is raised to it: the two meet. With 0 a bound that can't be solved, since
            less is left than is to be spent, is infinite.
        rules: Of `gauss_legendre`.
        bound: (T, L) written: the bounds, infinite where nothing may be spent.
        spent: (T, L) written: cumulative probability of an exit above.
    """
    for t in range(information.shape[0]):
        _solve_row(information[t], usable[t], given[t], target[t], stop[t], mean[t], sides, capped, rules,
                   bound[t], spent[t])  # fmt: skip


@compiled
def total_above(information: Any, upper: Any, lower: Any, mean: Any, rules: Nodes, above: Any, below: Any) -> float:
    """Probabilities that the first exit is above, or below, at each look of one trial.

    Args:
        information: (L,) increasing.
        upper: (L,) upper bounds, infinite for none.
        lower: (L,) lower bounds, not above these.
        mean: (L,) E[z].
        rules: Of `gauss_legendre`.
        above: (L,) written.
        below: (L,) written.

    Returns:
        The sum of those above.
    """
    center, mass, sd, total = np.full(1, mean[0]), np.ones(1), 1.0, 0.0
    up, down = _REACH, _REACH
    for look in range(information.size):
        up = max(up, upper[look] - mean[look] + 4.0 if upper[look] < np.inf else 0.0)
        down = max(down, mean[look] - lower[look] + 4.0 if lower[look] > -np.inf else 0.0)
    up, down = min(up, _DENSITY_REACH), min(down, _DENSITY_REACH)
    for look in range(information.size):
        above[look] = _above(center, mass, sd, upper[look])
        below[look] = 0.0 if lower[look] == -np.inf else _above(-center, mass, sd, -lower[look])
        total += above[look]
        if look < information.size - 1:
            now, after = information[look], information[look + 1]
            before = information[look - 1] if look > 0 else 0.0
            least, most = mean[look] - down, mean[look] + up
            low = min(max(lower[look], least), most)
            sharp = math.sqrt(now / (now - before) + now / (after - now))
            nodes, mass = _advance(center, mass, sd, low, max(low, min(upper[look], most)), sharp, rules)
            ratio = math.sqrt(now / after)
            center = nodes * ratio + (mean[look + 1] - mean[look] * ratio)
            sd = math.sqrt((after - now) / after)
    return total


@compiled
def crossing_rows(information: Any, upper: Any, lower: Any, mean: Any, rules: Nodes, above: Any, below: Any) -> None:
    """`total_above` of many trials, all of whose looks were held.

    Args:
        information: (T, L) increasing.
        upper: (T, L) upper bounds, infinite for none.
        lower: (T, L) lower bounds, not above these.
        mean: (T, L) E[z].
        rules: Of `gauss_legendre`.
        above: (T, L) written.
        below: (T, L) written.
    """
    for t in range(information.shape[0]):
        total_above(information[t], upper[t], lower[t], mean[t], rules, above[t], below[t])
