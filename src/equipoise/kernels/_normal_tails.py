"""Upper tails of the largest of several normal variables, to a small relative error however small they are.

The union of the events Z_j >= c is split by the first variable that is beyond c, in the order given:

    P(max_j Z_j >= c) = sum_j P(Z_j >= c and Z_i < c for all i < j).

Each term is drawn *from the tail* of its Z_j, so that what is averaged lies between 0 and P(Z_j >= c) and the sum is
at least P(Z_1 >= c): its relative error is that of a conditional probability, the same at 1e-2 and at 1e-200. The
conditional probability is integrated one variable after another (Genz 1992, J Comput Graph Stat 1:141) on a fixed
lattice. Where the correlation is singular, a variable that others determine has no dimension of its own: what it must
fulfil bounds the last variable that it depends on (Genz and Kwong 2000, J Stat Comput Simul 68:1).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from equipoise.kernels._arrays import Floats

__all__ = ["MaxTails", "max_tails"]

_SINGULAR = 1e-7
"""Variance left of a variable given others, out of 1, below which it counts as determined by them."""
_NEGLIGIBLE = math.sqrt(_SINGULAR)
_PRIMES = np.array([2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0])
_ALMOST_ONE = 1.0 - 2.0**-53
_POINTS = 1_024
_POINTS_OF_MANY = 512
_MANY = 6


class MaxTails(NamedTuple):
    """Two upper tails.

    Attributes:
        one_sided: P(max_j Z_j >= c_one).
        two_sided: P(max_j abs(Z_j) >= c_two).
    """

    one_sided: float
    two_sided: float


class _Term(NamedTuple):
    """Where Z_j is the first beyond c: linear conditions on independent standard normal y_0 = Z_j, y_1, ..., y_d.

    Attributes:
        dimensions: d + 1.
        rows: By the last y that they depend on, the coefficients of the earlier variables up to that y.
    """

    dimensions: int
    rows: tuple[tuple[tuple[float, ...], ...], ...]


def max_tails(correlation: Floats, c_one: float, c_two: float, *, points: int | None = None) -> MaxTails:
    """P(max Z >= c_one) and P(max abs(Z) >= c_two) for normal Z with mean 0 and variance 1.

    The same input gives the same result: nothing is random. With up to 8 variables the relative error was below 0.5%
    for every correlation tried, at tails from 0.5 to 1e-16.

    Args:
        correlation: (k, k) correlation, k from 1 to 8; may be singular.
        c_one: Any finite number.
        c_two: A finite number, at least 0.
        points: Points of the lattice; by default what the accuracy above needs.

    Returns:
        The tails.
    """
    from scipy.special import ndtr, ndtri

    # Row 0 asks Z_i < c_one, row 1 asks -c_two < Z_i < c_two.
    top, bottom = np.array([[c_one], [c_two]]), np.array([[-np.inf], [-c_two]])
    lattice = _lattice(points or (_POINTS if correlation.shape[0] < _MANY else _POINTS_OF_MANY))
    tail = ndtr(-top)
    first = -ndtri(lattice[0] * tail)
    total, known = np.zeros(2), correlation.tolist()
    with np.errstate(all="ignore"):
        for j in range(correlation.shape[0]):
            total += _share(_term(known, j), first, top, bottom, lattice)
    total *= tail[:, 0]
    # The sign of the first variable beyond c_two is one of two that are alike.
    return MaxTails(min(float(total[0]), 1.0), min(2.0 * float(total[1]), 1.0))


def _term(correlation: list[list[float]], j: int) -> _Term:
    """Condition on variable j, and factor what is left of the earlier ones with the largest pivot first.

    Plain numbers, as there are few of them: calls of numpy would take five times as long.
    """
    given = [correlation[i][j] for i in range(j)]
    factor = [[a] for a in given]
    left = [1.0 - a * a for a in given]
    while left and max(left) > _SINGULAR:
        pivot = left.index(max(left))
        root, own = math.sqrt(left[pivot]), tuple(factor[pivot])
        for i, row in enumerate(factor):
            rest = correlation[i][pivot] - sum(a * b for a, b in zip(own, row, strict=True))
            # What was a pivot before has nothing left but rounding.
            column = rest / root if left[i] > _SINGULAR else 0.0
            row.append(column)
            left[i] -= column * column
        left[pivot] = 0.0
    dimensions = len(factor[0]) if factor else 1
    by_last: list[list[tuple[float, ...]]] = [[] for _ in range(dimensions)]
    for row in factor:
        last = max((m for m, a in enumerate(row) if abs(a) > _NEGLIGIBLE), default=0)
        by_last[last].append(tuple(row[: last + 1]))
    return _Term(dimensions, tuple(tuple(rows) for rows in by_last))


def _share(term: _Term, first: Floats, top: Floats, bottom: Floats, lattice: Floats) -> Floats:
    """(2,) probability that no earlier variable is outside its limits, given that y_0 is at or above `top`."""
    from scipy.special import ndtr, ndtri

    drawn, weight = [first], np.ones((2, 1))
    for m in range(term.dimensions):
        lower, upper = _limits(term.rows[m], drawn, top, bottom)
        if m == 0:
            # Rarely does anything bound y_0 itself: then it is as if it were drawn and found outside.
            weight = ((first >= lower) & (first < upper)).astype(np.float64)
            continue
        start = ndtr(lower)
        width = np.maximum(ndtr(upper) - start, 0.0)
        weight = weight * width
        if m < term.dimensions - 1:
            drawn.append(ndtri(np.clip(start + lattice[m] * width, 1e-300, _ALMOST_ONE)))
    return np.asarray(weight.mean(axis=1), dtype=np.float64)


def _limits(
    rows: tuple[tuple[float, ...], ...], drawn: list[Floats], top: Floats, bottom: Floats
) -> tuple[Floats, Floats]:
    """What conditions on the next y leave of it, given those drawn before."""
    lower, upper = np.full((2, 1), -np.inf), np.full((2, 1), np.inf)
    for *before, own in rows:
        fixed = sum((a * y for a, y in zip(before, drawn, strict=False) if a), start=np.zeros((2, 1)))
        ends = (bottom - fixed) / own, (top - fixed) / own
        lower = np.maximum(lower, ends[own < 0.0])
        upper = np.minimum(upper, ends[own > 0.0])
    return lower, upper


@lru_cache(maxsize=4)
def _lattice(n: int) -> Floats:
    """(7, n) points in (0, 1): multiples of square roots of primes, folded so that the ends of a period agree."""
    steps = np.outer(np.sqrt(_PRIMES), np.arange(1, n + 1) - 0.5)
    return np.asarray(np.abs(2.0 * (steps - np.floor(steps)) - 1.0))
