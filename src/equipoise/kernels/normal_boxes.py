"""Normal variables and upper limits: the probability that all stay below, and that one of the last is beyond first.

Genz (1992, J Comput Graph Stat 1:141): the variables are written as sums of independent ones, which are integrated one
after another, on a fixed lattice instead of random points. The variable least likely to stay below comes first
(Gibson, Glasbey and Elston 1994). One that others determine has no dimension of its own: it bounds the last of the
independent variables that it depends on (Genz and Kwong 2000, J Stat Comput Simul 68:1). What is rare is not taken as
the complement of what is likely: a union of tails is split by the first variable that is beyond its limit, each drawn
from its own tail, so that the error is relative to the tail.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, require

__all__ = ["all_below", "first_above"]

_SINGULAR = 1e-9
"""Variance left of a variable given others, out of 1, below which it counts as determined by them."""
_NEGLIGIBLE = 1e-7
_MOST = 32
_POINTS = 4_096
_ALMOST_ONE = 1.0 - 2.0**-53
_Rows = list[list[tuple[list[float], float]]]


def all_below(limits: ArrayLike, correlation: ArrayLike, *, points: int = _POINTS) -> float:
    """P(Z_i < limit_i for all i) for normal Z with mean 0 and variance 1.

    The same input gives the same result: nothing is random. Up to 8 variables, the error is below 1e-5 where the
    probability is not near 1, as a rule; where it is, 1 - `first_above` has the smaller error.

    Args:
        limits: (k,) upper limits, k from 1 to 32; infinite ones are left out.
        correlation: (k, k) correlation; may be singular.
        points: Points of the lattice.

    Returns:
        The probability.

    Raises:
        KernelInputError: Shapes that differ, values that are not numbers.
    """
    upper, matrix = _read(limits, correlation)
    if (upper == -np.inf).any():
        return 0.0
    known = upper < np.inf
    if not known.any():
        return 1.0
    return _integral(_factor(matrix[np.ix_(known, known)], upper[known]), -math.inf, points)


def first_above(limits: ArrayLike, correlation: ArrayLike, new: int, *, points: int = _POINTS) -> float:
    """P(Z_i >= limit_i for some of the last `new` variables, while all before them are below).

    The relative error is below 1e-3, however small the probability.

    Args:
        limits: (k,) upper limits, k from 1 to 32; a variable with an infinite limit is never beyond it.
        correlation: (k, k) correlation; may be singular.
        new: How many of the last variables count, 1 to k.
        points: Points of the lattice.

    Returns:
        The probability.

    Raises:
        KernelInputError: Shapes that differ, values that are not numbers, or `new` outside its range.
    """
    upper, matrix = _read(limits, correlation)
    require(1 <= new <= upper.size, "correlation", "the number of new variables must be 1 to all of them", new)
    total = 0.0
    for j in range(upper.size - new, upper.size):
        if upper[j] == np.inf or (upper[:j] == -np.inf).any():
            continue
        # Variable j comes first, beyond its limit; those before it are below theirs.
        chosen = [j, *(i for i in range(j) if upper[i] < np.inf)]
        rows = _factor(matrix[np.ix_(chosen, chosen)], upper[chosen], beyond=True)
        total += _integral(rows, float(upper[j]), points)
    return min(total, 1.0)


def _read(limits: ArrayLike, correlation: ArrayLike) -> tuple[Floats, Floats]:
    upper = np.asarray(limits, dtype=np.float64)
    matrix = np.asarray(correlation, dtype=np.float64)
    k = upper.size
    require(upper.ndim == 1 and 1 <= k <= _MOST, "correlation", f"1 to {_MOST} variables are possible", upper.shape)
    require(matrix.shape == (k, k), "correlation", "there must be one row and column for each limit", matrix.shape)
    fine = not np.isnan(upper).any() and np.isfinite(matrix).all() and float(np.abs(matrix).max()) <= 1.0 + 1e-9
    require(fine, "correlation", "limits must be numbers and correlations between -1 and 1")
    return upper, matrix


def _factor(matrix: Floats, upper: Floats, *, beyond: bool = False) -> _Rows:
    """Rows (coefficients of y_0 to y_m, limit) by the last independent variable m that they depend on.

    With `beyond` the first variable is y_0, and has no row. Plain numbers, as there are few of them.
    """
    known, limits = matrix.tolist(), upper.tolist()
    factor: list[list[float]] = [[] for _ in limits]
    left, shift = [1.0] * len(limits), [0.0] * len(limits)
    free = set(range(len(limits)))
    pivot = 0 if beyond else _next(free, left, limits, shift)
    while pivot >= 0:
        own = math.sqrt(left[pivot])
        # What the next variable is like depends on where this one is expected, given its limit.
        centre = _mean_below((limits[pivot] - shift[pivot]) / own)
        if beyond and not factor[pivot]:
            centre = -_mean_below(-limits[pivot])
        before = list(factor[pivot])
        for i in free:
            if i == pivot:
                factor[i].append(own)
                continue
            rest = known[i][pivot] - sum(a * b for a, b in zip(before, factor[i], strict=True))
            part = rest / own if left[i] > _SINGULAR else 0.0
            factor[i].append(part)
            left[i] -= part * part
            shift[i] += part * centre
        free.discard(pivot)
        pivot = _next(free, left, limits, shift)
    by_last: _Rows = [[] for _ in range(max(len(row) for row in factor))]
    for number, row in enumerate(factor):
        last = max((m for m, a in enumerate(row) if abs(a) > _NEGLIGIBLE), default=0)
        if not (beyond and number == 0):
            by_last[last].append((row[: last + 1], limits[number]))
    return by_last


def _next(rows: set[int], left: list[float], limits: list[float], shift: list[float]) -> int:
    """The row least likely to stay below its limit, of those that are not determined; -1 for none."""
    free = [row for row in rows if left[row] > _SINGULAR]
    return min(free, key=lambda row: (limits[row] - shift[row]) / math.sqrt(left[row]), default=-1)


def _mean_below(limit: float) -> float:
    """E(Y | Y < limit) of a standard normal Y."""
    below = 0.5 * math.erfc(-limit / math.sqrt(2.0))
    if below < 1e-300:
        return limit
    return -math.exp(-0.5 * limit * limit) / math.sqrt(2.0 * math.pi) / below


def _integral(by_last: _Rows, floor: float, points: int) -> float:
    """P(all rows are below their limits, and y_0 at or above `floor`)."""
    from scipy.special import ndtr, ndtri

    dimensions = len(by_last)
    lattice = _lattice(points, max(dimensions - 1, 1))
    weight = np.ones(points)
    drawn: list[Floats] = []
    for m, rows in enumerate(by_last):
        low, high = np.full(1, floor if m == 0 else -np.inf), np.full(1, np.inf)
        for coefficients, limit in rows:
            fixed = np.zeros(1)
            for a, y in zip(coefficients, drawn, strict=False):
                if a:
                    fixed = fixed + a * y
            end = (limit - fixed) / coefficients[-1]
            if coefficients[-1] > 0.0:
                high = np.minimum(high, end)
            else:
                low = np.maximum(low, end)
        # A tail is measured from its own side.
        up = m == 0 and floor > 0.0
        start, stop = (ndtr(-high), ndtr(-low)) if up else (ndtr(low), ndtr(high))
        width = np.maximum(stop - start, 0.0)
        weight = weight * width
        if m < dimensions - 1:
            y = ndtri(np.clip(start + lattice[m] * width, 1e-300, _ALMOST_ONE))
            drawn.append(-y if up else y)
    return float(weight.mean())


@lru_cache(maxsize=8)
def _lattice(points: int, dimensions: int) -> Floats:
    """(dimensions, points) points in (0, 1): multiples of roots of primes, folded so that the ends agree."""
    primes = [n for n in range(2, 140) if all(n % d for d in range(2, n))][:dimensions]
    steps = np.outer(np.sqrt(primes), np.arange(1, points + 1) - 0.5)
    return np.asarray(np.abs(2.0 * (steps - np.floor(steps)) - 1.0), dtype=np.float64)
