"""Probability that normal variables all stay below their limits, for correlations that may be singular.

Genz (1992, J Comput Graph Stat 1:141): the variables are written as sums of independent ones, which are integrated one
after another, on a fixed lattice instead of random points. The variable least likely to stay below comes first
(Gibson, Glasbey and Elston 1994). One that others determine has no dimension of its own: it bounds the last of the
independent variables that it depends on (Genz and Kwong 2000, J Stat Comput Simul 68:1).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, require

__all__ = ["all_below"]

_SINGULAR = 1e-9
"""Variance left of a variable given others, out of 1, below which it counts as determined by them."""
_NEGLIGIBLE = 1e-7
_MOST = 32
_POINTS = 4_096
_ALMOST_ONE = 1.0 - 2.0**-53


def all_below(limits: ArrayLike, correlation: ArrayLike, *, points: int = _POINTS) -> float:
    """P(Z_i < limit_i for all i) for normal Z with mean 0 and variance 1.

    The same input gives the same result: nothing is random. Up to 8 variables, the error is below 1e-5 as a rule.

    Args:
        limits: (k,) upper limits, k from 1 to 32; infinite ones are left out.
        correlation: (k, k) correlation; may be singular.
        points: Points of the lattice.

    Returns:
        The probability.

    Raises:
        KernelInputError: Shapes that differ, values that are not numbers.
    """
    upper = np.asarray(limits, dtype=np.float64)
    matrix = np.asarray(correlation, dtype=np.float64)
    k = upper.size
    require(upper.ndim == 1 and 1 <= k <= _MOST, "correlation", f"1 to {_MOST} variables are possible", upper.shape)
    require(matrix.shape == (k, k), "correlation", "there must be one row and column for each limit", matrix.shape)
    fine = not np.isnan(upper).any() and np.isfinite(matrix).all() and float(np.abs(matrix).max()) <= 1.0 + 1e-9
    require(fine, "correlation", "limits must be numbers and correlations between -1 and 1")
    if (upper == -np.inf).any():
        return 0.0
    known = upper < np.inf
    if not known.any():
        return 1.0
    return _integral(*_factor(matrix[np.ix_(known, known)], upper[known]), points)


def _factor(matrix: Floats, upper: Floats) -> tuple[list[list[tuple[Floats, float]]], int]:
    """Rows (coefficients of y_0 to y_m, limit) by the last independent variable m that they depend on."""
    k = upper.size
    factor, left = np.zeros((k, k)), np.ones(k)
    shift = np.zeros(k)
    open_rows, dimensions = set(range(k)), 0
    while open_rows:
        pivot = _next(open_rows, left, upper - shift)
        if pivot < 0:
            break
        own = math.sqrt(left[pivot])
        rest = sorted(open_rows - {pivot})
        column = (matrix[rest, pivot] - factor[rest] @ factor[pivot]) / own
        factor[pivot, dimensions] = own
        factor[rest, dimensions] = np.where(left[rest] > _SINGULAR, column, 0.0)
        left[rest] -= factor[rest, dimensions] ** 2
        # What the next variable is like depends on where this one is expected, given its limit.
        shift[rest] += factor[rest, dimensions] * _mean_below((upper[pivot] - shift[pivot]) / own)
        open_rows.discard(pivot)
        dimensions += 1
    by_last: list[list[tuple[Floats, float]]] = [[] for _ in range(dimensions)]
    for row in range(k):
        above = np.flatnonzero(np.abs(factor[row]) > _NEGLIGIBLE)
        last = int(above[-1])
        by_last[last].append((factor[row, : last + 1], float(upper[row])))
    return by_last, dimensions


def _next(rows: set[int], left: Floats, distance: Floats) -> int:
    """The row least likely to stay below its limit, of those that are not determined; -1 for none."""
    free = [row for row in rows if left[row] > _SINGULAR]
    return min(free, key=lambda row: distance[row] / math.sqrt(left[row]), default=-1)


def _mean_below(limit: float) -> float:
    """E(Y | Y < limit) of a standard normal Y."""
    below = 0.5 * math.erfc(-limit / math.sqrt(2.0))
    if below < 1e-300:
        return limit
    return -math.exp(-0.5 * limit * limit) / math.sqrt(2.0 * math.pi) / below


def _integral(by_last: list[list[tuple[Floats, float]]], dimensions: int, points: int) -> float:
    from scipy.special import ndtr, ndtri

    lattice = _lattice(points, max(dimensions - 1, 1))
    weight = np.ones(points)
    drawn: list[Floats] = []
    for m, rows in enumerate(by_last):
        low, high = np.full(1, -np.inf), np.full(1, np.inf)
        for coefficients, limit in rows:
            fixed = sum((a * y for a, y in zip(coefficients, drawn, strict=False) if a), start=np.zeros(1))
            end = (limit - fixed) / coefficients[-1]
            if coefficients[-1] > 0.0:
                high = np.minimum(high, end)
            else:
                low = np.maximum(low, end)
        start = ndtr(low)
        width = np.maximum(ndtr(high) - start, 0.0)
        weight = weight * width
        if m < dimensions - 1:
            drawn.append(ndtri(np.clip(start + lattice[m] * width, 1e-300, _ALMOST_ONE)))
    return float(weight.mean())


@lru_cache(maxsize=8)
def _lattice(points: int, dimensions: int) -> Floats:
    """(dimensions, points) points in (0, 1): multiples of roots of primes, folded so that the ends agree."""
    primes = [n for n in range(2, 140) if all(n % d for d in range(2, n))][:dimensions]
    steps = np.outer(np.sqrt(primes), np.arange(1, points + 1) - 0.5)
    return np.asarray(np.abs(2.0 * (steps - np.floor(steps)) - 1.0), dtype=np.float64)
