"""The conditional likelihood of tied events in discrete time: which d of the r at risk, given that d had the event.

Its denominator is the sum over all subsets of d of the r at risk, the elementary symmetric polynomial e_d of the
hazards (Cox 1972, section 6; Gail, Lubin and Rubinstein 1981, Biometrika 68:703). Their recursion takes r d steps for
each risk set. We take e_d as a coefficient of prod(1 + h_i z), Cauchy's integral over a circle, by the trapezoidal
rule: with a radius c at which the expected sum of Bernoulli variables of odds c h_i is near d, that is the probability
of a sum of d, and a few dozen nodes give it to rounding. At a fixed radius everything is a sum over the risk set, so
that one pass serves all risk sets whose radii are close, nested or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import KernelInputError, Problem, Where
from equipoise.kernels._arrays import Floats
from equipoise.kernels._cox_subjects import Subjects, at_risk_sums, lived_sums
from equipoise.kernels._newton import Derivatives

__all__ = ["Sets", "circle_size", "discrete_ties", "last_node"]

Complexes = NDArray[np.complex128]

_DIGITS = 38.0
"""Nodes and tails below exp(-38) of the largest are left out."""
_NEAR = 1.5
"""How far the expected sum may be from d, in standard deviations."""
_BLOCK = 2_000_000
_MOST_WORK = 2e9


class Sets(NamedTuple):
    """T risk sets with tied events: which event time, d events, r at risk."""

    which: NDArray[np.intp]
    d: Floats
    r: Floats


def circle_size(d: Floats, r: Floats) -> NDArray[np.int64]:
    """Nodes on the whole circle that keep other sums than d, which alias with it, below rounding.

    Bernstein's inequality for a sum of independent indicators; with more nodes than subjects nothing aliases. Odd, so
    that none lies at -1, where a subject of even odds has a root.

    Args:
        d: (T,) events.
        r: (T,) subjects at risk.

    Returns:
        (T,) numbers of nodes.
    """
    smaller = np.minimum(d, r - d)
    shift = _NEAR * np.sqrt(smaller) + 1.0
    tail = _DIGITS / 3.0 + np.sqrt(_DIGITS**2 / 9.0 + 2.0 * _DIGITS * (smaller + shift))
    size: NDArray[np.int64] = np.minimum(np.ceil(tail + shift), r + 1.0).astype(np.int64) | 1
    return size


def last_node(size: NDArray[np.int64], variance: Floats) -> NDArray[np.int64]:
    """The last node on the upper half of the circle that counts: |prod| <= exp(-variance (1 - cos angle)).

    Args:
        size: (T,) nodes on the whole circle.
        variance: (T,) variance of the sum of indicators.

    Returns:
        (T,) number of the node; node 0 is the one at 1.
    """
    cosine = 1.0 - np.minimum(2.0, _DIGITS / np.maximum(variance, 1e-300))
    reach = np.floor(size * np.arccos(cosine) / (2.0 * np.pi)).astype(np.int64)
    return np.minimum((size - 1) // 2, reach + 1)


def discrete_ties(s: Subjects) -> Callable[[Floats], Derivatives]:
    """What tied events add to the likelihood of Breslow's terms for the others (which counts their own hazards).

    Args:
        s: Rows sorted for discrete ties.

    Returns:
        The function of (n,) log hazards.

    Raises:
        KernelInputError: It would take too long.
    """
    size = np.round(at_risk_sums(s, np.ones(s.event.size)))
    tied = s.deaths > 1
    some = np.flatnonzero(tied & (s.deaths < size))
    sets = Sets(some, s.deaths[some].astype(np.float64), size[some])
    # When all at risk have the event there is one subset.
    whole = s.tied[(tied & (s.deaths >= size))[s.group]]
    x_whole = s.x[whole].sum(axis=0)
    _check_work(s, sets)

    def likelihood(eta: Floats) -> Derivatives:
        value, score = -float(eta[whole].sum()), -x_whole
        information = np.zeros((s.x.shape[1], s.x.shape[1]))
        with np.errstate(all="ignore"):
            for radius, members in _classes(sets, _radii(s, sets, eta)):
                more = _one_class(s, Sets(sets.which[members], sets.d[members], sets.r[members]), eta, radius)
                value, score, information = value + more.value, score + more.score, information + more.information
        return Derivatives(value, score, information)

    return likelihood


def _check_work(s: Subjects, sets: Sets) -> None:
    if not sets.d.size:
        return
    nodes = 0
    for _, members in _classes(sets, np.log(sets.d / (sets.r - sets.d))):
        d, r = sets.d[members], sets.r[members]
        size = int(circle_size(d, r).max())
        nodes += 1 + int(last_node(np.array([size]), np.array([(d * (1.0 - d / r)).min()]))[0])
    work = float(s.event.size) * nodes * (s.x.shape[1] + 3)
    if work > _MOST_WORK:
        message = f"the discrete likelihood would take about {work:.1e} steps at each point (at most {_MOST_WORK:.0e})"
        cure = "Use ties='efron', or a model of arms alone, for which the discrete likelihood costs little."
        raise KernelInputError(Problem("kernel.ties", message, Where(path="ties"), "discrete", cure))


def _radii(s: Subjects, sets: Sets, eta: Floats) -> Floats:
    """(T,) logs of radii at which the expected sum is about d, from a grid."""
    logit = np.log(sets.d / (sets.r - sets.d))
    spread = -float(eta.min()) if sets.d.size else 0.0
    if spread < 1e-9:
        return logit
    low, high = float(logit.min()), float(logit.max()) + spread
    grid = np.linspace(low, high, int(min(256.0, np.ceil((high - low) / 0.5))) + 2)
    share = np.empty((sets.d.size, grid.size))
    for part in _blocks(grid.size, eta.size):
        share[:, part] = at_risk_sums(s, _expit(eta[:, None] + grid[part]))[sets.which]
    share = np.clip(share / sets.r[:, None], 1e-300, 1.0 - 1e-15)
    share = np.log(share) - np.log1p(-share)
    after = np.clip((share < logit[:, None]).sum(axis=1), 1, grid.size - 1)
    row = np.arange(sets.d.size)
    below, above = share[row, after - 1], share[row, after]
    part_way = np.clip((logit - below) / np.maximum(above - below, 1e-300), 0.0, 1.0)
    radii: Floats = grid[after - 1] + part_way * (grid[after] - grid[after - 1])
    return radii


def _classes(sets: Sets, radii: Floats) -> Iterator[tuple[float, NDArray[np.intp]]]:
    """The fewest radii that are near enough to what each risk set wants, with the risk sets that each serves."""
    near = _NEAR / np.sqrt(np.minimum(sets.d, sets.r - sets.d))
    order = np.argsort(radii + near, kind="stable")
    while order.size:
        radius = float(radii[order[0]] + near[order[0]])
        mine = radii[order] - near[order] <= radius
        yield radius, order[mine]
        order = order[~mine]


def _one_class(s: Subjects, sets: Sets, eta: Floats, radius: float) -> Derivatives:
    """Minus the sum of log e_d, with derivatives, over risk sets that share a radius."""
    odds = _expit(eta + radius)
    constant = at_risk_sums(s, np.logaddexp(0.0, eta + radius))[sets.which] - sets.d * radius
    variance = at_risk_sums(s, odds * (1.0 - odds))[sets.which]
    size = circle_size(sets.d, sets.r).max(keepdims=True)
    node = np.arange(int(last_node(size, variance.min(keepdims=True))[0]) + 1)
    angle = 2.0 * np.pi * node / size
    twice = np.where(node == 0, 1.0, 2.0) / size
    turn = np.exp(1j * angle)
    product = np.empty((sets.d.size, node.size), dtype=np.complex128)
    for part in _blocks(node.size, eta.size):
        product[:, part] = at_risk_sums(s, _log_factor(odds[:, None], angle[part]))[sets.which]
    share: Complexes = twice * np.exp(product - 1j * sets.d[:, None] * angle)
    probability = share.real.sum(axis=1)
    share /= probability[:, None]
    value = float((constant + np.log(probability)).sum())
    means, information = _moments(s, sets, odds, turn, share)
    return Derivatives(-value, -means.sum(axis=0), information)


def _moments(s: Subjects, sets: Sets, odds: Floats, turn: Complexes, share: Complexes) -> tuple[Floats, Floats]:
    """(T, p) mean of the sum of x over the d with the event, and the (p, p) sum of its variances."""
    p, n = s.x.shape[1], s.event.size
    sums = np.empty((sets.d.size, turn.size, p), dtype=np.complex128)
    weight = np.zeros(n)
    for part in _blocks(turn.size, n * (p + 1)):
        factor = 1.0 + odds[:, None] * (turn[part] - 1.0)
        at = odds[:, None] * turn[part] / factor
        steps = np.zeros((s.last.size, at.shape[1]), dtype=np.complex128)
        steps[sets.which] = share[:, part]
        weight += (lived_sums(s, steps) * at * ((1.0 - odds)[:, None] / factor)).real.sum(axis=1)
        columns = (at[:, :, None] * s.x[:, None, :]).reshape(n, -1)
        sums[:, part] = at_risk_sums(s, columns)[sets.which].reshape(sets.d.size, at.shape[1], p)
    means = np.einsum("tk,tkj->tj", share, sums).real
    # Centred before it is squared: a difference of large products would lose what is left far out on the likelihood.
    sums -= means[:, None, :]
    products = np.einsum("tkj,tkl->jl", share[:, :, None] * sums, sums).real
    return means, s.x.T @ (weight[:, None] * s.x) + products


def _log_factor(odds: Floats, angle: Floats) -> Complexes:
    """log(1 + odds (exp(i angle) - 1)), by real functions, which take a fifth of the time of a complex logarithm."""
    versine = 1.0 - np.cos(angle)
    out = np.empty(np.broadcast_shapes(odds.shape, angle.shape), dtype=np.complex128)
    out.real = 0.5 * np.log1p(-2.0 * odds * (1.0 - odds) * versine)
    out.imag = np.arctan2(odds * np.sin(angle), 1.0 - odds * versine)
    return out


def _blocks(columns: int, rows: int) -> Iterator[slice]:
    width = max(1, _BLOCK // max(rows, 1))
    for begin in range(0, columns, width):
        yield slice(begin, min(begin + width, columns))


def _expit(log_odds: Floats) -> Floats:
    out: Floats = 1.0 / (1.0 + np.exp(-log_odds))
    return out
