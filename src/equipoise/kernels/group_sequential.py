"""Group-sequential tests: probabilities to cross bounds at each look, and bounds that are crossed with given ones.

The statistics Z_1, ..., Z_K are normal with variance 1, mean `mean` and Cov(Z_i, Z_j) = sqrt(I_i / I_j) for i <= j
(Jennison and Turnbull 2000, Group Sequential Methods with Applications to Clinical Trials, section 3.1): the canonical
joint distribution that log-rank tests, differences of means, rates and restricted means all have. How it is integrated
is said in `_sequential_grid`.

Signs are the house's: a large z favours the experimental arm, "above" is efficacy and "below" futility or harm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import KernelInputError, Problem, Where
from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._sequential_grid import (
    Levels,
    Process,
    State,
    above,
    advance,
    below,
    levels_of,
    process,
    reach,
    solve_tail,
    start,
)

__all__ = [
    "MOST_LOOKS",
    "Crossing",
    "conditional_crossing",
    "crossing_curve",
    "crossing_probabilities",
    "lower_bounds",
    "upper_bounds",
]

MOST_LOOKS = 20
_CLOSEST = 1e-5
_LARGEST_MEAN = 50.0
_NOTHING = 1e-290
_MEANS_AT_ONCE = 64


class Crossing(NamedTuple):
    """Probabilities of the first exit, by look.

    Attributes:
        upper: (K,) or (M, K) P(first exit is above `upper[k]`, at look k).
        lower: (K,) or (M, K) P(first exit is below `lower[k]`, at look k).
    """

    upper: Floats
    lower: Floats


def crossing_probabilities(
    information: ArrayLike, upper: ArrayLike, lower: ArrayLike | None = None, mean: ArrayLike | None = None
) -> Crossing:
    """P(first exit is above, or below, at each look).

    The error is about 1e-14 for up to 20 looks; exits rarer than that keep their leading digits as far as bounds of
    about 30 standard deviations.

    Args:
        information: (K,) increasing, above 0, any scale; 1 to 20 looks.
        upper: (K,) upper bounds on the z scale; inf for a look without.
        lower: (K,) lower bounds, -inf for a look without; None for no lower bound at all.
        mean: (K,) E[Z_k]; None for 0.

    Returns:
        The probabilities; what is left of their sum to 1 stayed between all bounds.

    Raises:
        KernelInputError: Arrays break the limits above, or a lower bound is above the upper one.
    """
    levels = _information(information)
    means = np.zeros((1, len(levels.sd))) if mean is None else _mean(mean, len(levels.sd))[None, :]
    high, low = _bounds(upper, lower, len(levels.sd))
    up, down = _cross(levels, high, low, means)
    return Crossing(up[0], down[0])


def crossing_curve(information: ArrayLike, upper: ArrayLike, lower: ArrayLike | None, means: ArrayLike) -> Crossing:
    """Crossing probabilities for several means at once, such as a power curve asks for.

    Args:
        information: (K,) increasing, above 0, any scale; 1 to 20 looks.
        upper: (K,) upper bounds on the z scale; inf for a look without.
        lower: (K,) lower bounds, -inf for a look without; None for no lower bound at all.
        means: (M, K) E[Z_k], one row a scenario.

    Returns:
        Arrays (M, K), each row as `crossing_probabilities` gives it.

    Raises:
        KernelInputError: As `crossing_probabilities`.
    """
    levels = _information(information)
    rows = np.asarray(means, dtype=np.float64)
    require(
        rows.ndim == 2 and rows.shape[1] == len(levels.sd), "mean", "means must have a column for each look", rows.shape
    )
    _check_mean(rows)
    high, low = _bounds(upper, lower, len(levels.sd))
    up, down = np.empty(rows.shape), np.empty(rows.shape)
    # Blocks of similar means: their regions are alike, so no row pays for the width of another.
    for first in range(0, rows.shape[0], _MEANS_AT_ONCE):
        block = slice(first, first + _MEANS_AT_ONCE)
        up[block], down[block] = _cross(levels, high, low, rows[block])
    return Crossing(up, down)


def upper_bounds(
    information: ArrayLike,
    spent: ArrayLike,
    lower: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    *,
    two_sided: bool = False,
    active: Sequence[bool] | None = None,
) -> Floats:
    """Upper bounds whose cumulative exit probabilities are those given (Lan and DeMets 1983, Biometrika 70:659).

    Args:
        information: (K,) increasing, above 0, any scale; 1 to 20 looks.
        spent: (K,) cumulative probability of an exit above by each look, not falling, below 1. It is one side's also
            with `two_sided`: abs(Z) exits with twice that probability.
        lower: (K,) lower bounds that stop too and so leave less to cross later; None for none. Not with `two_sided`.
        mean: (K,) E[Z_k] under which the probability is spent; None for 0.
        two_sided: The lower bounds are the upper ones with the sign changed, and each stops the other side's paths.
        active: (K,) False for looks without an upper bound; what they would have spent goes to the next active look.

    Returns:
        (K,) bounds on the z scale; inf where nothing (less than 1e-290) is spent.

    Raises:
        KernelInputError: Arrays break the limits above; or the probability can't be spent, since the lower bounds stop
            too many before.
    """
    levels = _information(information)
    k = len(levels.sd)
    target = _spent(spent, k)
    law = process(levels, np.zeros((1, k)) if mean is None else _mean(mean, k)[None, :])
    low = np.full(k, -np.inf) if lower is None else _bound(lower, k, "lower")
    require(not (two_sided and lower is not None), "bounds", "a two-sided test has no lower bounds of its own")
    keep = _keep(target, law.mean[0] - low)
    state, bounds, gone = start(law), np.full(k, np.inf), 0.0
    for look in range(k):
        due = float(target[look]) - gone
        if due > _NOTHING and (active is None or active[look]):
            bounds[look] = _solved(law, state, 2.0 * due if two_sided else due, look, two_sided=two_sided)
            gone = float(target[look])
        if look < k - 1:
            floor = -float(bounds[look]) if two_sided else min(float(low[look]), float(bounds[look]))
            state = advance(law, state, floor, float(bounds[look]), keep)
    return bounds


def lower_bounds(
    information: ArrayLike,
    spent: ArrayLike,
    upper: ArrayLike,
    mean: ArrayLike,
    *,
    active: Sequence[bool] | None = None,
) -> Floats:
    """Lower bounds whose cumulative exit probabilities under a mean are those given (beta spending).

    A lower bound never passes the upper one of its look: where more would have to be spent than lies below the upper
    bound, the two meet and the trial ends there.

    Args:
        information: (K,) increasing, above 0, any scale; 1 to 20 looks.
        spent: (K,) cumulative probability of an exit below by each look, not falling, below 1.
        upper: (K,) upper bounds, inf for a look without; they stop first.
        mean: (K,) E[Z_k] under which the probability is spent.
        active: (K,) False for looks without a lower bound; what they would have spent goes to the next active look.

    Returns:
        (K,) bounds on the z scale; -inf where nothing (less than 1e-290) is spent.

    Raises:
        KernelInputError: Arrays break the limits above.
    """
    levels = _information(information)
    k = len(levels.sd)
    target = _spent(spent, k)
    high = _bound(upper, k, "upper")
    means = _mean(mean, k)
    # In the mirror a lower bound is an upper one.
    law = process(levels, -means[None, :])
    keep = _keep(target, high - means)
    state, bounds, gone = start(law), np.full(k, np.inf), 0.0
    for look in range(k):
        due, floor = float(target[look]) - gone, -float(high[look])
        if due > _NOTHING and (active is None or active[look]):
            solved = solve_tail(law, state, due)
            bounds[look] = floor if solved is None else max(solved, floor)
            gone = float(target[look])
        if look < k - 1:
            state = advance(law, state, floor, float(bounds[look]), keep)
    return -bounds


def conditional_crossing(
    information: ArrayLike, upper: ArrayLike, look: int, z: float, mean: ArrayLike, lower: ArrayLike | None = None
) -> Crossing:
    """Crossing probabilities at the looks to come, given the statistic at one look.

    Jennison and Turnbull (2000), section 10.2: what is added to the score after a look is independent of what was
    there, with mean sqrt(I_j) E[Z_j] - sqrt(I_k) E[Z_k] and variance I_j - I_k.

    Args:
        information: (K,) increasing, above 0, any scale; 2 to 20 looks.
        upper: (K,) upper bounds; those up to `look` are not read.
        look: The look, 0 to K - 2, at which z is known.
        z: The statistic there.
        mean: (K,) E[Z_k]; only what it adds after `look` counts.
        lower: (K,) lower bounds; None for none.

    Returns:
        (K - look - 1,) probabilities for the looks after `look`.

    Raises:
        KernelInputError: Arrays break the limits above.
    """
    levels = _information(information)
    k = len(levels.sd)
    require(0 <= look < k - 1, "look", "the look must have another one after it", look)
    require(np.isfinite(z), "z", "the statistic must be a finite number", z)
    high, low = _bounds(upper, lower, k)
    means = _mean(mean, k)
    root = np.sqrt(levels.information)
    left = levels.information[look + 1 :] - levels.information[look]
    root_left = np.sqrt(left)
    seen = z * root[look]
    added = (root[look + 1 :] * means[look + 1 :] - root[look] * means[look]) / root_left
    up, down = _cross(
        levels_of(tuple(left.tolist())),
        (high[look + 1 :] * root[look + 1 :] - seen) / root_left,
        (low[look + 1 :] * root[look + 1 :] - seen) / root_left,
        added[None, :],
    )
    return Crossing(up[0], down[0])


def _cross(levels: Levels, upper: Floats, lower: Floats, means: Floats) -> tuple[Floats, Floats]:
    law = process(levels, means)
    keep = reach((means - lower)[:, 1:].ravel()), reach((upper - means)[:, 1:].ravel())
    up, down = np.empty(means.shape), np.empty(means.shape)
    state = start(law)
    looks = len(levels.sd)
    for k in range(looks):
        high, low = float(upper[k]), float(lower[k])
        up[:, k] = above(state, high)
        down[:, k] = 0.0 if low == -np.inf else below(state, low)
        if k < looks - 1:
            state = advance(law, state, low, high, keep)
    return up, down


def _solved(law: Process, state: State, due: float, look: int, *, two_sided: bool) -> float:
    bound = solve_tail(law, state, due, two_sided=two_sided)
    if bound is None:
        message = f"at look {look + 1} less probability is left than is to be spent there"
        cure = "spend less, or lower the bounds that stop before"
        raise KernelInputError(
            Problem(code="kernel.spent", message=message, where=Where(path="spent"), value=f"{due:.6g}", cure=cure)
        )
    return bound


def _keep(spent: Floats, other: Floats) -> tuple[float, float]:
    """Standard deviations to keep: on the side that is solved, so many that the rarest exit has ten digits."""
    from scipy.special import ndtri

    steps = np.diff(spent)
    steps = steps[steps > _NOTHING]
    rarest = -ndtri(np.maximum(1e-10 * steps, 1e-300))
    return reach(other[1:]), reach(rarest - 4.0)


def _information(information: ArrayLike) -> Levels:
    levels = np.asarray(information, dtype=np.float64)
    require(levels.ndim == 1, "information", "information must have one dimension", levels.shape)
    return _checked(tuple(levels.tolist()))


# A search asks for the same looks many times.
@lru_cache(maxsize=256)
def _checked(levels: tuple[float, ...]) -> Levels:
    require(1 <= len(levels) <= MOST_LOOKS, "information", f"there must be 1 to {MOST_LOOKS} looks", len(levels))
    pairs = list(pairwise(levels))
    good = all(map(math.isfinite, levels)) and levels[0] > 0.0 and all(now < after for now, after in pairs)
    require(good, "information", "information must be finite, above 0 and increasing", levels)
    close = any(after < now * (1.0 + _CLOSEST) for now, after in pairs)
    require(not close, "information", "looks must be more than 0.001% of information apart", levels)
    return levels_of(levels)


def _mean(mean: ArrayLike, k: int) -> Floats:
    means = np.asarray(mean, dtype=np.float64)
    require(means.shape == (k,), "mean", "there must be one mean for each look", means.shape)
    _check_mean(means)
    return means


def _check_mean(means: Floats) -> None:
    good = means.size > 0 and bool((np.abs(means) <= _LARGEST_MEAN).all())
    require(good, "mean", f"means must be numbers between -{_LARGEST_MEAN:g} and {_LARGEST_MEAN:g}", means.tolist())


def _bound(bound: ArrayLike, k: int, name: str) -> Floats:
    values = np.asarray(bound, dtype=np.float64)
    require(values.shape == (k,), "bounds", f"there must be one {name} bound for each look", values.shape)
    require(not np.isnan(values).any(), "bounds", f"{name} bounds must be numbers", values.tolist())
    return values


def _bounds(upper: ArrayLike, lower: ArrayLike | None, k: int) -> tuple[Floats, Floats]:
    high = _bound(upper, k, "upper")
    if lower is None:
        return high, np.full(k, -np.inf)
    low = _bound(lower, k, "lower")
    require((low <= high).all(), "bounds", "a lower bound must not be above the upper bound of its look", low.tolist())
    return high, low


def _spent(spent: ArrayLike, k: int) -> Floats:
    target = np.asarray(spent, dtype=np.float64)
    require(target.shape == (k,), "spent", "there must be one cumulative probability for each look", target.shape)
    good = (target >= 0.0).all() and (target < 1.0).all() and (target[1:] >= target[:-1]).all()
    require(good, "spent", "cumulative probabilities must lie in [0, 1) and not fall", target.tolist())
    return target
