"""Stage-wise effects of trials, solved one by one, or read from a table where many have the same looks.

With the information and the bounds of the earlier looks given, the effect is a smooth function of z at the last look.
A table holds it as polynomials on intervals of length 1, interpolating at Chebyshev's points: the error is below 1e-9
standard errors. Which trials are read from a table depends on each trial alone, so that no result depends on others.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["FARTHEST", "by_table", "smooth", "solved_effects"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FARTHEST = 9.0
"""Tables hold z from minus to plus this."""
_POINTS = 20
_PIECES = int(2 * FARTHEST)


def solved_effects(
    information: Floats, upper: Floats, lower: Floats, z: Floats, look: Integers, tails: tuple[float, ...]
) -> Floats:
    """Effects at which the stage-wise tail has given probabilities, each trial for itself.

    Args:
        information: (T, L) information of the looks, 0 for those that were not used.
        upper: (T, L) efficacy bounds, infinite for none.
        lower: (T, L) lower bounds that stop, -infinite for none.
        z: (T,) statistic where testing ended, finite.
        look: (T,) that look, from 0.
        tails: P probabilities.

    Returns:
        (T, P) E[z] at that look.
    """
    from equipoise.kernels.sim.sequential import gauss_legendre
    from equipoise.kernels.sim.sequential_inference import theta_rows

    out = np.empty((z.size, len(tails)))
    arrays = [np.ascontiguousarray(one) for one in (information, upper, lower, z, look)]
    theta_rows(*arrays, np.asarray(tails), gauss_legendre(), out)
    root = np.sqrt(information[np.arange(z.size), look])
    found: Floats = out * root[:, None]
    return found


def by_table(
    information: Floats, upper: Floats, lower: Floats, z: Floats, look: Integers, tails: tuple[float, ...]
) -> Floats:
    """The same, from tables: one for each different set of looks; the z must be less than `FARTHEST` from 0.

    Args:
        information: (T, L) information of the looks, 0 for those that were not used.
        upper: (T, L) efficacy bounds, infinite for none.
        lower: (T, L) lower bounds that stop, -infinite for none.
        z: (T,) statistic where testing ended.
        look: (T,) that look, from 0.
        tails: P probabilities.

    Returns:
        (T, P) E[z] at that look.
    """
    out = np.empty((z.size, len(tails)))
    earlier = np.arange(information.shape[1]) < look[:, None]
    keys = np.concatenate(
        [
            look[:, None].astype(np.float64),
            np.where(np.arange(information.shape[1]) <= look[:, None], information, 0.0),
            np.where(earlier, upper, np.inf),
            np.where(earlier, lower, -np.inf),
        ],
        axis=1,
    )
    left = np.arange(z.size)
    while left.size:
        key = keys[left[0]]
        same = (keys[left] == key).all(axis=1)
        rows = left[same]
        out[rows] = _read(_table(tuple(key.tolist()), tails), z[rows])
        left = left[~same]
    return out


def smooth(information: tuple[float, ...]) -> bool:
    """Whether looks are so far apart, 5% or more of information, that tables have their accuracy.

    Args:
        information: Planned information.
    """
    return all(after >= 1.05 * before for before, after in pairwise(information))


def _read(table: Floats, z: Floats) -> Floats:
    """(T, P) values of the polynomials in Newton's form, by Horner's rule."""
    place = np.clip((z + FARTHEST).astype(np.int64), 0, _PIECES - 1)
    s = (2.0 * (z + FARTHEST - place) - 1.0)[:, None]
    found: Floats = table[place, -1]
    for power in range(_POINTS - 2, -1, -1):
        found = found * (s - _AT[power]) + table[place, power]
    return found


def _points() -> tuple[float, ...]:
    """Chebyshev's points, each as far as can be from those before, so that divided differences keep their digits."""
    # Rounded, since the last bit of a cosine is the system's.
    left = [round(math.cos(math.pi * (k + 0.5) / _POINTS), 6) for k in range(_POINTS)]
    out = [left.pop(0)]
    while left:
        best = max(left, key=lambda x: math.prod(abs(x - other) for other in out))
        left.remove(best)
        out.append(best)
    return tuple(out)


_AT = _points()


@lru_cache(maxsize=512)
def _table(key: tuple[float, ...], tails: tuple[float, ...]) -> Floats:
    """(pieces, powers, P) divided differences."""
    look, looks = int(key[0]), (len(key) - 1) // 3
    rows = np.asarray(key[1:]).reshape(3, looks)
    z = (np.arange(_PIECES)[:, None] - FARTHEST + 0.5 * (1.0 + np.asarray(_AT))).ravel()
    information, upper, lower = (np.broadcast_to(row, (z.size, looks)) for row in rows)
    found = solved_effects(information, upper, lower, z, np.full(z.size, look), tails)
    table: Floats = found.reshape(_PIECES, _POINTS, len(tails)).copy()
    for order in range(1, _POINTS):
        for power in range(_POINTS - 1, order - 1, -1):
            table[:, power] = (table[:, power] - table[:, power - 1]) / (_AT[power] - _AT[power - order])
    return table
