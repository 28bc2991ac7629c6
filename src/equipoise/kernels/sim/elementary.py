"""Logarithm and exponential by basic operations alone: the same bits on every machine, and loops that vectorize.

What a system's library returns differs in the last bit between systems. Here are additions, multiplications, fused
multiply-adds, one division and shifts of IEEE doubles, each rounded in a defined way (a processor without a fused
multiply-add gets it from the system's library: slower, and the same bits). Polynomials are minimax on their interval,
fitted with 60 digits by Remez's exchange; reduction as in Muller (2016, Elementary Functions, chapters 3 and 11).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types
from numba.extending import intrinsic

from equipoise.kernels.sim.compile import compiled

__all__ = ["exp", "fma", "log", "log_of_normal"]

_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
"""ln 2 to 32 bits: times any exponent of a double it is exact."""
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_PER_LN2 = float.fromhex("0x1.71547652b82fep+0")
_ROUNDER = 1.5 * 2.0**52
"""Adding it and taking it away rounds a small number to whole."""
_FRACTION_BITS = np.int64((1 << 52) - 1)
_ONE_BITS = np.int64(0x3FF0000000000000)
_HALF_ROOT_BITS = np.int64(0x3FE6A09E667F3BCD)
"""sqrt(1/2)."""
_SMALLEST = 2.0**-1022


def _fused(context: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ARG001  numba reads the signature
    """How `fma` is typed and compiled."""
    double = types.float64
    return double(double, double, double), lambda _, builder, __, values: builder.fma(*values)


fma: Any = intrinsic(_fused)
"""a b + c rounded once; compiled code only."""


@compiled(forceinline=True)
def log_of_normal(x: float) -> float:
    """Natural logarithm of a number that is known to be positive, finite and not tiny: nothing is looked at.

    Args:
        x: A number in [2^-1022, 2^1024).

    Returns:
        The logarithm, within 0.9 units of the last place.
    """
    bits = np.float64(x).view(np.int64) + (_ONE_BITS - _HALF_ROOT_BITS)
    power = np.float64((bits >> np.int64(52)) - np.int64(1023))
    # x = 2^power times something in [sqrt(1/2), sqrt(2)).
    mantissa = np.int64((bits & _FRACTION_BITS) + _HALF_ROOT_BITS).view(np.float64)
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    # log(1 + f) = 2 atanh(s) = 2 s + s z p(z).
    p = fma(z, 0.14796105555957476, 0.15314035814324084)
    p = fma(z, p, 0.18183564867954755)
    p = fma(z, p, 0.2222219856344929)
    p = fma(z, p, 0.28571428742475385)
    p = fma(z, p, 0.39999999999414315)
    p = fma(z, p, 0.6666666666666734)
    half = 0.5 * f * f
    low = fma(s, fma(z, p, half), power * _LN2_LOW)
    value: float = fma(power, _LN2_HIGH, f - (half - low))
    return value


@compiled(forceinline=True)
def log(x: float) -> float:
    """Natural logarithm.

    Args:
        x: Any number; below 2^-1022 it counts as 0.

    Returns:
        The logarithm, within 0.9 units of the last place; minus infinity at 0, NaN below.
    """
    value = log_of_normal(x)
    value = value if x >= _SMALLEST else (-np.inf if x >= 0.0 else np.nan)
    return value if x != np.inf else np.inf


@compiled(forceinline=True)
def exp(x: float) -> float:
    """Exponential.

    Args:
        x: Any number.

    Returns:
        The exponential, within one unit of the last place; 0 where it is below 2^-1022, infinity above 2^1024.
    """
    y = x if x < 709.8 else 709.8
    y = y if y > -709.0 else -709.0
    power = (y * _PER_LN2 + _ROUNDER) - _ROUNDER
    r = (y - power * _LN2_HIGH) - power * _LN2_LOW
    # exp(r) = 1 + r + r^2 / 2 + r^3 q(r), r in [-ln(2) / 2, ln(2) / 2].
    q = 2.7625404801283485e-07 + r * 2.511505398378964e-08
    q = 2.7557226209018098e-06 + r * q
    q = 2.480150812576898e-05 + r * q
    q = 0.00019841269904769565 + r * q
    q = 0.0013888888927244673 + r * q
    q = 0.008333333333313988 + r * q
    q = 0.04166666666660285 + r * q
    q = 0.16666666666666685 + r * q
    q = 0.5 + r * q
    value = 1.0 + (r + r * r * q)
    # Two factors: 2^1024 is no double, and yet values just below it are.
    half = np.float64(np.int64(power) >> np.int64(1))
    value *= np.int64((np.int64(half) + np.int64(1023)) << np.int64(52)).view(np.float64)
    value *= np.int64((np.int64(power) - np.int64(half) + np.int64(1023)) << np.int64(52)).view(np.float64)
    value = value if x < 709.782712893384 else np.inf
    value = value if x > -708.3964185322641 else 0.0
    return value if x == x else np.nan
