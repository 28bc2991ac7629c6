"""A smooth trend with a random walk on it, seen with errors, by the Kalman filter.

State (f, g): f moves by g and by the walk, g by a walk of its own; without the first walk f is a cubic smoothing spline
(Wahba 1978, JRSS B 40:364; Wecker and Ansley 1983, JASA 78:81). Plain loops over points take less time here than
systems of equations, all sizes of errors being tried at once.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Seen", "expected", "likeliest"]

Floats = NDArray[np.float64]

_SLOPE = 4.0  # variance of the slope at the start


class Seen(NamedTuple):
    """Observations.

    Attributes:
        step: (m,) distances, each from the point before; the first from the start, where f is 0.
        walk: (m,) variance of the walk over each distance.
        error: (m,) variance of each observation, in units of the squared size of errors; infinite for none.
        value: (m,) observations.
    """

    step: Floats
    walk: Floats
    error: Floats
    value: Floats


def likeliest(seen: Seen, sizes: Floats, bends: Floats) -> tuple[float, float]:
    """Size of errors and bend of the trend with the largest normal likelihood.

    Args:
        seen: Observations.
        sizes: (a,) sizes of errors to try.
        bends: (b,) variances of the slope's walk to try.

    Returns:
        Size and bend.
    """
    pairs = np.array(list(product(sizes, bends)), dtype=np.float64)
    square, bend = pairs[:, 0] ** 2, pairs[:, 1]
    f, g, ff, fg = (np.zeros(bend.size) for _ in range(4))
    gg, fit = np.full(bend.size, _SLOPE), np.zeros(bend.size)
    for d, walk, error, value in zip(*(column.tolist() for column in seen), strict=True):
        f = f + d * g
        ff = ff + d * (2.0 * fg + d * gg) + bend * d**3 / 3.0 + walk
        fg = fg + d * gg + bend * d * d / 2.0
        gg = gg + bend * d
        total, miss = ff + square * error, value - f
        fit -= 0.5 * (miss * miss / total + np.log(total))
        share, other = ff / total, fg / total
        f, g = f + share * miss, g + other * miss
        gg, fg, ff = gg - other * fg, fg - other * ff, ff - share * ff
    size, chosen = pairs[int(np.argmax(fit))]
    return float(size), float(chosen)


def expected(seen: Seen, size: float, bend: float) -> Floats:
    """(m,) f given all observations (Rauch, Tung and Striebel 1965).

    Args:
        seen: Observations, and points without one.
        size: Size of errors.
        bend: Variance of the slope's walk.
    """
    square = size * size
    f, g, ff, fg, gg = 0.0, 0.0, 0.0, 0.0, _SLOPE
    before: list[tuple[float, ...]] = []
    after: list[tuple[float, ...]] = [(f, g, ff, fg, gg)]
    columns = tuple(zip(*(column.tolist() for column in seen), strict=True))
    for d, walk, error, value in columns:
        f += d * g
        ff += d * (2.0 * fg + d * gg) + bend * d**3 / 3.0 + walk
        fg += d * gg + bend * d * d / 2.0
        gg += bend * d
        before.append((f, g, ff, fg, gg))
        if error != np.inf:
            total, miss = ff + square * error, value - f
            share, other = ff / total, fg / total
            f, g = f + share * miss, g + other * miss
            gg, fg, ff = gg - other * fg, fg - other * ff, ff - share * ff
        after.append((f, g, ff, fg, gg))
    out = [f]
    for k in range(len(columns) - 1, 0, -1):
        d = columns[k][0]
        pf, pg, a, b, c = before[k]
        own_f, own_g, ff, fg, gg = after[k]
        size_of = a * c - b * b
        if size_of <= 1e-300:  # the same point again
            out.append(f)
            continue
        # Gain: covariance of the state with the next one, times the inverse of the latter's.
        c11, c12, c21, c22 = ff + d * fg, fg, fg + d * gg, gg
        g11, g12 = (c11 * c - c12 * b) / size_of, (c12 * a - c11 * b) / size_of
        g21, g22 = (c21 * c - c22 * b) / size_of, (c22 * a - c21 * b) / size_of
        up, turn = f - pf, g - pg
        f, g = own_f + g11 * up + g12 * turn, own_g + g21 * up + g22 * turn
        out.append(f)
    return np.array(out[::-1])
