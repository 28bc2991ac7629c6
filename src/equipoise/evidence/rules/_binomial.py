"""Tails of the beta distribution and limits of a proportion, in plain Python: no array library is loaded for a few."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from equipoise.evidence.boxes import Box, z_of_level

__all__ = ["METHODS", "beta_tail", "fits_method", "limits"]

METHODS = (
    "clopper_pearson", "wilson", "wald", "wilson_cc", "agresti_coull", "jeffreys", "mid_p", "logit", "arcsine",
)  # fmt: skip
"""Methods in the order in which print uses them, the most usual first."""
_STEPS, _SMALL, _TINY = 300, 3e-12, 1e-300


def beta_tail(a: float, b: float, x: float) -> float:
    """Regularized incomplete beta function I_x(a, b), by its continued fraction.

    P(X >= k) of a binomial count of n with probability x is I_x(k, n - k + 1). Source: Abramowitz and Stegun 26.5.8,
    evaluated by Lentz's method.

    Args:
        a: First parameter, above 0.
        b: Second parameter, above 0.
        x: 0 to 1.
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1.0 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    out = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + term / c
            c = c if abs(c) > _TINY else _TINY
            out *= c * d
        if abs(c * d - 1.0) < _SMALL:
            break
    return out


def _mass(k: int, n: int, x: float) -> float:
    if x <= 0.0 or x >= 1.0:
        return 1.0 if (x <= 0.0) == (k == 0) and k in (0, n) else 0.0
    log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log + k * math.log(x) + (n - k) * math.log1p(-x))


def _tails(method: str, k: int, n: int) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Functions of p, both rising, that equal alpha/2 at the lower and 1 - alpha/2 at the upper limit."""
    if method == "jeffreys":
        return (lambda p: beta_tail(k + 0.5, n - k + 0.5, p),) * 2
    half = 0.5 if method == "mid_p" else 0.0

    def above(p: float) -> float:  # P(X > k) and a part of P(X = k)
        at_least = 1.0 if k == 0 else beta_tail(k, n - k + 1.0, p)
        return at_least - half * _mass(k, n, p) if half else at_least

    def below(p: float) -> float:
        more = 0.0 if k == n else beta_tail(k + 1.0, n - k, p)
        return more + half * _mass(k, n, p) if half else more

    return above, below


def fits_method(method: str, k: int, n: int, lower: Box, upper: Box, level: float) -> bool:
    """Whether a method's limits of k of n lie in boxes.

    Exact methods are not solved: their tail functions rise, so that the limit lies in a box if they cross their level
    between its ends.

    Args:
        method: One of `METHODS`.
        k: Count.
        n: Denominator, at least 1.
        lower: Box of the lower limit, as a fraction.
        upper: Box of the upper limit, as a fraction.
        level: Confidence level.
    """
    if method not in ("clopper_pearson", "jeffreys", "mid_p"):
        low, high = limits(method, k, n, level)
        return lower.holds(low) and upper.holds(high)
    tail = (1.0 - level) / 2.0
    above, below = _tails(method, k, n)
    if k == 0:
        if lower.lower > 1e-9:
            return False
    elif not above(lower.lower) <= tail <= above(lower.upper):
        return False
    if k == n:
        return upper.upper >= 1.0 - 1e-9
    return below(upper.lower) <= 1.0 - tail <= below(upper.upper)


@lru_cache(maxsize=512)
def limits(method: str, k: int, n: int, level: float) -> tuple[float, float]:
    """Limits of a proportion as fractions, cut to 0 and 1.

    Clopper and Pearson 1934; Wilson 1927, with continuity correction Newcombe 1998 method 4; Agresti and Coull 1998;
    Jeffreys' prior as in Brown, Cai and DasGupta 2001; mid-P; Wald's on the plain, logit and arcsine scale.

    Args:
        method: One of `METHODS`.
        k: Count, 0 to n.
        n: Denominator, at least 1.
        level: Confidence level.
    """
    if method in ("clopper_pearson", "jeffreys", "mid_p"):
        tail = (1.0 - level) / 2.0
        above, below = _tails(method, k, n)
        return 0.0 if k == 0 else _solve(above, tail), 1.0 if k == n else _solve(below, 1.0 - tail)
    z = z_of_level(level)
    low, high = _closed(method, k, n, z)
    return max(0.0, low), min(1.0, high)


def _solve(rising: Callable[[float], float], target: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2.0


def _closed(method: str, k: int, n: int, z: float) -> tuple[float, float]:
    p = k / n
    if method in ("wilson", "agresti_coull"):
        centre = (k + z * z / 2.0) / (n + z * z)
        if method == "wilson":
            half = z / (n + z * z) * math.sqrt(n * p * (1.0 - p) + z * z / 4.0)
        else:
            half = z * math.sqrt(centre * (1.0 - centre) / (n + z * z))
        return centre - half, centre + half
    if method == "wilson_cc":
        return _newcombe(k, n, z), 1.0 - _newcombe(n - k, n, z)
    if method == "wald":
        half = z * math.sqrt(p * (1.0 - p) / n)
        return p - half, p + half
    if k in (0, n):
        return (0.0, 1.0)
    if method == "logit":
        at, half = math.log(p / (1.0 - p)), z / math.sqrt(n * p * (1.0 - p))
        return 1.0 / (1.0 + math.exp(half - at)), 1.0 / (1.0 + math.exp(-half - at))
    angle, half = math.asin(math.sqrt(p)), z / (2.0 * math.sqrt(n))
    return math.sin(max(0.0, angle - half)) ** 2, math.sin(min(math.pi / 2.0, angle + half)) ** 2


def _newcombe(k: int, n: int, z: float) -> float:
    """Lower limit with continuity correction."""
    if k == 0:
        return 0.0
    p = k / n
    root = z * z - 2.0 - 1.0 / n + 4.0 * p * (n * (1.0 - p) + 1.0)
    return max(0.0, (2.0 * k + z * z - 1.0 - z * math.sqrt(max(0.0, root))) / (2.0 * (n + z * z)))
