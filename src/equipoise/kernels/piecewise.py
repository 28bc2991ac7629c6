"""Integrals of piecewise exponential functions, in closed form, and a quadrature on panels for what has none.

With enrolment at a rate that is constant by pieces and hazards that are constant by pieces, every expected count at a
calendar time is a sum of integrals of a straight line times an exponential (Lachin and Foulkes 1986, Biometrics
42:507). They are written with two functions that have no cancellation and no 0/0: a hazard of 0 is no case of its own.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, require

__all__ = ["NODES", "Panels", "decay_integrals", "decay_integrals_at", "decayed_mean", "panels"]

NODES = 10
"""Nodes of a panel: exact for polynomials of degree 19."""
_SERIES_BELOW = 0.5
_SERIES = tuple(1.0 / float(np.prod(np.arange(1.0, k + 3.0))) for k in range(15))


class Panels(NamedTuple):
    """P panels side by side, each with the nodes of Gauss and Legendre.

    Attributes:
        edges: (P + 1,) their limits, increasing.
        x: (P, NODES) nodes.
        weight: (P, NODES) weights: the integral of f from first to last edge is the sum of `weight * f(x)`.
    """

    edges: Floats
    x: Floats
    weight: Floats

    def cumulative(self, values: Floats) -> Floats:
        """The integral from the first edge to every node.

        Args:
            values: (..., P, NODES) a function at the nodes, smooth inside each panel.

        Returns:
            Array of the same shape.
        """
        inner = values @ _within().T * (0.5 * np.diff(self.edges))[:, None]
        whole = (values * self.weight).sum(axis=-1)
        before = np.zeros_like(whole)
        np.cumsum(whole[..., :-1], axis=-1, out=before[..., 1:])
        out: Floats = inner + before[..., None]
        return out


def decayed_mean(x: Floats) -> tuple[Floats, Floats]:
    """(1 - exp(-x)) / x and (x - 1 + exp(-x)) / x^2: the mean of exp(-x s), and half its mean weighted by 2 (1 - s).

    Args:
        x: Array of numbers from 0; at 0 the values are 1 and 1/2.

    Returns:
        Two arrays of that shape, each with a relative error of a few units of the last place.
    """
    small = x < _SERIES_BELOW
    safe = np.where(small, 1.0, x)
    first = np.asarray(-np.expm1(-safe) / safe)
    second = np.asarray((1.0 - first) / safe)
    if small.any():
        y = x[small]
        term = np.full(y.shape, _SERIES[-1])
        # Horner's rule for the sum of (-y)^k / (k + 2)!
        for coefficient in _SERIES[-2::-1]:
            term = coefficient - y * term
        second[small] = term
        first[small] = 1.0 - y * term
    return first, second


def decay_integrals(x: Floats, rate: Floats, span: Floats) -> tuple[Floats, Floats]:
    """The integrals of exp(-rate s) and of (x - s) exp(-rate s) over s from 0 to min(x, span).

    The second is the first integrated once more over x: what a steady enrolment makes of the first.

    Args:
        x: Array; the integrals are 0 where it is negative.
        rate: Rates of decay from 0; broadcasts with `x`.
        span: Lengths of the pieces, may be infinite; broadcasts with `x`.

    Returns:
        Two arrays of the common shape.
    """
    until = np.maximum(x, 0.0)
    width = np.minimum(until, span)
    first, second = decayed_mean(rate * width)
    first = first * width
    return first, second * width * width + (until - width) * first


def decay_integrals_at(x: float, rate: float, span: float) -> tuple[float, float]:
    """`decay_integrals` for plain numbers, at a tenth of the cost of arrays of one.

    Args:
        x: A number above 0.
        rate: Rate of decay from 0.
        span: Length of the piece, may be infinite.

    Returns:
        Both integrals.
    """
    width = x if x < span else span
    y = rate * width
    if y < _SERIES_BELOW:
        second = _SERIES[-1]
        for coefficient in _SERIES[-2::-1]:
            second = coefficient - y * second
        first = (1.0 - y * second) * width
    else:
        mean = -math.expm1(-y) / y
        first, second = mean * width, (1.0 - mean) / y
    return first, second * width * width + (x - width) * first


def panels(edges: ArrayLike) -> Panels:
    """Gauss-Legendre panels between the given edges.

    Args:
        edges: (P + 1,) strictly increasing finite numbers, at least two.

    Returns:
        The panels.

    Raises:
        KernelInputError: Fewer than two edges, or not increasing.
    """
    limits = np.asarray(edges, dtype=np.float64)
    width = np.diff(limits) if limits.ndim == 1 else np.empty(0)
    fine = width.size > 0 and bool(np.isfinite(limits).all()) and bool((width > 0.0).all())
    require(fine, "points", "edges of panels must increase strictly, at least two of them", limits.shape)
    nodes, weight = _legendre()
    half = 0.5 * width[:, None]
    return Panels(limits, limits[:-1, None] + half * (1.0 + nodes), half * weight)


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    nodes, weight = np.polynomial.legendre.leggauss(NODES)
    return np.asarray(nodes, dtype=np.float64), np.asarray(weight, dtype=np.float64)


@lru_cache(maxsize=1)
def _within() -> Floats:
    """(NODES, NODES) matrix that integrates from -1 to each node the polynomial through the nodes."""
    legendre = np.polynomial.legendre
    nodes, weight = _legendre()
    degree = np.arange(NODES)
    # Coefficient of P_n in the interpolating polynomial is (2 n + 1) / 2 times the sum of w f P_n.
    table = legendre.legvander(nodes, NODES - 1)
    to_coefficients = (table * weight[:, None]).T * (0.5 * (2 * degree + 1))[:, None]
    integrals = np.stack([legendre.legval(nodes, legendre.legint(np.eye(NODES)[n], lbnd=-1.0)) for n in degree], axis=1)
    return np.asarray(integrals @ to_coefficients, dtype=np.float64)
