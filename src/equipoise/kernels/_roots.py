"""Roots of many functions of one variable at once, each known to change sign in a bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["crossing"]

Floats = NDArray[np.float64]

# Bisection alone would need about 55 steps from a bracket of width 1; Chandrupatla's method takes 8 to 12.
_MAX_STEPS = 120


def crossing(function: Callable[[Floats], Floats], inside: Floats, outside: Floats, *, tolerance: float) -> Floats:
    """Where each function rises through 0 on the way from `inside` to `outside`.

    Chandrupatla, T. R. (1997), Advances in Engineering Software 28, 145-149: inverse quadratic interpolation where the
    last three points allow it, bisection elsewhere. Elements that are done wait for the others.

    Args:
        function: Maps an array of points to values of the same shape; taken as not positive at `inside`, and as not
            negative at `outside`.
        inside: One end of each bracket.
        outside: The other end, above or below it.
        tolerance: Width of the final bracket, absolute.

    Returns:
        Points within `tolerance` of a crossing; `outside` where the two ends coincide.
    """
    a, b = outside.astype(np.float64), inside.astype(np.float64)
    # The sign at the outer end is known; a value of 0 there, or rounded below it, must not lose the bracket.
    fa, fb = np.maximum(function(a), 1e-300), function(b)
    t = np.full(a.shape, 0.5)
    for _ in range(_MAX_STEPS):
        x = a + t * (b - a)
        fx = function(x)
        same = (fx > 0.0) == (fa > 0.0)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        width = np.abs(b - a)
        if not (width > tolerance).any():
            break
        least = np.minimum(0.5 * tolerance / np.maximum(width, tolerance), 0.5)
        t = np.clip(_step(a, fa, b, fb, c, fc), least, 1.0 - least)
    out: Floats = np.where(np.abs(fa) < np.abs(fb), a, b)
    return out


def _step(a: Floats, fa: Floats, b: Floats, fb: Floats, c: Floats, fc: Floats) -> Floats:
    """Fraction of the way from a to b at which to look next."""
    with np.errstate(all="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        quadratic = (phi * phi < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    out: Floats = np.where(quadratic & np.isfinite(t), t, 0.5)
    return out
