"""The distribution of a group-sequential statistic at each look, among the paths that no bound has stopped.

Armitage, McPherson and Rowe (1969, J R Stat Soc A 132:235): with independent increments the density at a look is that
of the look before, cut at its bounds and convolved with a normal increment. As in Jennison and Turnbull (2000, Group
Sequential Methods, chapter 19) the integral over the statistic at a look is a weighted sum over nodes; the nodes here
are Gauss-Legendre's, as many as the sharpest normal factor of the integrand asks for, so that the error is that of
rounding (about 1e-14) and not of a chosen fineness.

Everything has a leading axis of M means, so that a power curve costs one pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from equipoise.kernels._arrays import Floats

__all__ = [
    "Levels",
    "Process",
    "State",
    "above",
    "advance",
    "below",
    "levels_of",
    "process",
    "reach",
    "solve_tail",
    "start",
]

REACH = 8.0
"""Standard deviations kept on each side of a mean: 6e-16 of the mass lies beyond."""
_DENSITY_REACH = 38.0
_NODES_LEAST = 10.0
_NODES_PER_WIDTH = 1.7
"""Nodes for each sharpest standard deviation. In 400 hard trials (looks close together, means that jump, narrow bounds)
the largest error was 1e-10 at 1.4, 1e-12 at 1.6, and that of rounding at 1.7."""
_RULE = 128
_PANEL = 64
_CHUNK = 4_000_000
_ROOT_2PI = math.sqrt(2.0 * math.pi)
_STEPS = 200


class Levels(NamedTuple):
    """Information levels, and what follows from them, in plain numbers.

    Attributes:
        information: (K,) increasing, above 0.
        ratio: (K,) sqrt(I_{k-1} / I_k), 0 for the first look.
        sd: (K,) standard deviation of Z_k given Z_{k-1}.
        sharp: (K,) 1 over the standard deviation of the sharpest normal factor in the integrand over Z_k.
    """

    information: Floats
    ratio: tuple[float, ...]
    sd: tuple[float, ...]
    sharp: tuple[float, ...]


class Process(NamedTuple):
    """A canonical joint distribution: Cov(Z_i, Z_j) = sqrt(I_i / I_j) for i <= j.

    Attributes:
        levels: The information.
        mean: (M, K) mean of Z_k.
        shift: (M, K) mean of Z_k given that Z_{k-1} is 0.
    """

    levels: Levels
    mean: Floats
    shift: Floats


class State(NamedTuple):
    """What is known before look k: where Z_k will be, for each node of look k - 1.

    Attributes:
        look: k, from 0.
        center: (M, n) mean of Z_k given the node.
        sd: Standard deviation of Z_k given the node.
        mass: (M, n) probability of the node: to be there, and not to have been stopped before.
    """

    look: int
    center: Floats
    sd: float
    mass: Floats


def levels_of(information: tuple[float, ...]) -> Levels:
    """What the integration needs of information levels that were checked.

    Args:
        information: (K,) increasing, above 0, on any scale.
    """
    before = (0.0, *information[:-1])
    steps = [now - then for now, then in zip(information, before, strict=True)]
    sharp = [
        math.sqrt(now / step + (now / following if following else 0.0))
        for now, step, following in zip(information, steps, [*steps[1:], 0.0], strict=True)
    ]
    return Levels(
        np.asarray(information),
        tuple(math.sqrt(then / now) for now, then in zip(information, before, strict=True)),
        tuple(math.sqrt(step / now) for now, step in zip(information, steps, strict=True)),
        tuple(sharp),
    )


def process(levels: Levels, mean: Floats) -> Process:
    """The joint distribution of the statistics.

    Args:
        levels: The information at K looks.
        mean: (M, K) E[Z_k].
    """
    shift = mean.copy()
    shift[:, 1:] -= mean[:, :-1] * levels.ratio[1:]
    return Process(levels, mean, shift)


def start(law: Process) -> State:
    """Before the first look: one node, from which everything comes."""
    return State(0, law.mean[:, :1], 1.0, np.ones((law.mean.shape[0], 1)))


def above(state: State, bound: float) -> Floats:
    """(M,) probability that Z_k is the first exit and lies above the bound.

    Args:
        state: Before look k.
        bound: On the z scale; may be infinite.
    """
    from scipy.special import ndtr

    out: Floats = (state.mass * ndtr((state.center - bound) / state.sd)).sum(axis=1)
    return out


def below(state: State, bound: float) -> Floats:
    """(M,) probability that Z_k is the first exit and lies below the bound.

    Args:
        state: Before look k.
        bound: On the z scale; may be infinite.
    """
    from scipy.special import ndtr

    out: Floats = (state.mass * ndtr((bound - state.center) / state.sd)).sum(axis=1)
    return out


def reach(distances: Floats) -> float:
    """Standard deviations to keep on one side of the means so that rare exits there keep their digits.

    Args:
        distances: Distances of bounds from their means on that side, in standard deviations; infinite ones are
            nothing to be exact about.
    """
    finite = distances[np.isfinite(distances)]
    return min(max(REACH, float(finite.max()) + 4.0), _DENSITY_REACH) if finite.size else REACH


def advance(law: Process, state: State, lower: float, upper: float, keep: tuple[float, float]) -> State:
    """Cut at the bounds of look k and go on to look k + 1.

    Args:
        law: The joint distribution.
        state: Before look k.
        lower: Bound below which look k stops; may be -inf.
        upper: Bound above which look k stops; may be inf.
        keep: Standard deviations to keep below and above the mean.

    Returns:
        The state before look k + 1; without mass when nothing is left between the bounds.
    """
    k = state.look
    mean = law.mean[:, k]
    least, most = mean - keep[0], mean + keep[1]
    low = np.minimum(np.maximum(lower, least), most)
    half = 0.5 * np.maximum(np.minimum(upper, most) - low, 0.0)
    x, w = _rule(_NODES_LEAST + _NODES_PER_WIDTH * 2.0 * float(half.max()) * law.levels.sharp[k])
    z = (low + half)[:, None] + half[:, None] * x
    if k == 0:
        density = np.exp(-0.5 * np.square(z - state.center)) / _ROOT_2PI
    else:
        density = _density(state, z)
    mass = density * (half[:, None] * w)
    return State(k + 1, z * law.levels.ratio[k + 1] + law.shift[:, k + 1, None], law.levels.sd[k + 1], mass)


def _density(state: State, z: Floats) -> Floats:
    """(M, m) density of Z_k at z, among those not stopped before."""
    m, n = z.shape[1], state.mass.shape[1]
    rows = max(1, _CHUNK // (n * z.shape[0]))
    inverse = math.sqrt(0.5) / state.sd
    z, center = z * inverse, (state.center * inverse)[:, None, :]
    mass = state.mass[:, :, None] / (state.sd * _ROOT_2PI)
    out = np.empty(z.shape)
    for first in range(0, m, rows):
        part = z[:, first : first + rows, None] - center
        np.multiply(part, part, out=part)
        np.negative(part, out=part)
        np.exp(part, out=part)
        out[:, first : first + rows] = np.matmul(part, mass)[:, :, 0]
    return out


def _rule(nodes: float) -> tuple[Floats, Floats]:
    return _gauss_legendre(8 * math.ceil(nodes / 8.0))


@lru_cache(maxsize=64)
def _gauss_legendre(n: int) -> tuple[Floats, Floats]:
    """Nodes and weights on (-1, 1): one rule up to 128 nodes, panels of 64 beyond."""
    if n <= _RULE:
        return np.polynomial.legendre.leggauss(n)
    x, w = np.polynomial.legendre.leggauss(_PANEL)
    # A panel's rule is a little less efficient than one rule over the whole.
    panels = math.ceil(1.15 * n / _PANEL)
    middle = (2.0 * np.arange(panels) + 1.0) / panels - 1.0
    return (middle[:, None] + x / panels).ravel(), np.tile(w / panels, panels)


def solve_tail(law: Process, state: State, probability: float, *, two_sided: bool = False) -> float | None:
    """The bound at look k that is exceeded, as the first exit, with a given probability.

    Newton's method on the logarithm of the probability, within a bracket. One tail of a normal density that was cut
    and convolved is log-concave (Prekopa 1973), so from the right it converges without overshooting.

    Args:
        law: The joint distribution, of one mean.
        state: Before look k.
        probability: Above 0.
        two_sided: Exit is abs(Z_k) above the bound, not Z_k.

    Returns:
        The bound, or None when less than that probability is left.
    """
    center, mass, sd = state.center[0], state.mass[0], state.sd
    total = float(mass.sum())
    if not probability < total:
        return None
    from scipy.special import ndtri

    # A sum of normal tails: at least one of them must hold p / total, none needs more than p / total of itself.
    part = 0.5 * probability if two_sided else probability
    edge = -sd * float(ndtri(part / total))
    spots = np.abs(center) if two_sided else center
    low, high = float(spots.min()) + edge, float(spots.max()) + edge
    if low == high and not two_sided:
        return low
    tail = _two_tails if two_sided else _tail
    if two_sided:
        low = 0.0
    # Those that were stopped before can't exit now, so the bound without earlier looks is a little too high.
    mean = float(law.mean[0, state.look])
    first = (abs(mean) if two_sided else mean) - float(ndtri(part))
    return _newton(lambda b: tail(center, mass, sd, b), probability, low, high + 1e-9, first)


def _newton(
    function: Callable[[float], tuple[float, float]], target: float, low: float, high: float, first: float
) -> float:
    """Where a falling positive function equals the target."""
    b = min(max(first, low), high)
    goal = math.log(target)
    for _ in range(_STEPS):
        p, slope = function(b)
        gap = math.log(p) - goal if p > 0.0 else -math.inf
        low, high = (b, high) if gap > 0.0 else (low, b)
        step = gap * p / slope if p > 0.0 and slope > 0.0 else math.inf
        following = b + step
        if not low <= following <= high:
            following = 0.5 * (low + high)
        if abs(following - b) <= 1e-13 * (1.0 + abs(b)):
            return following
        b = following
    return b


def _tail(center: Floats, mass: Floats, sd: float, bound: float) -> tuple[float, float]:
    """Probability above the bound and the density there."""
    from scipy.special import ndtr

    u = (center - bound) / sd
    density = np.exp(-0.5 * np.square(u))
    return float(mass @ ndtr(u)), float(mass @ density) / (sd * _ROOT_2PI)


def _two_tails(center: Floats, mass: Floats, sd: float, bound: float) -> tuple[float, float]:
    """Probability outside (-bound, bound) and the density at its two ends."""
    up, rise = _tail(center, mass, sd, bound)
    down, fall = _tail(-center, mass, sd, bound)
    return up + down, rise + fall
