"""Random words and uniform numbers of the simulation, written so that a loop over patients vectorizes.

Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011, SC11, section 3.3), word for word what `kernels.philox` says. Only
the low halves of 64-bit lanes are multiplied, so that high halves may hold anything until the end.
"""

from __future__ import annotations

import numpy as np

from equipoise.kernels.sim.compile import compiled

__all__ = ["PURPOSES", "philox", "uniforms"]

PURPOSES = {"patient": 0, "place": 1, "allocation": 2, "course": 3, "response": 4, "time": 5, "frailty": 6, "scans": 7}
"""Low byte of the second word of the counter: what a block of words is for."""

_LOW = np.uint64(0xFFFFFFFF)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_HIGH = np.uint64(32)
_ONE = np.uint64(0x3FF0000000000000)
"""The bits of 1.0: below them 42 random bits and 10 zeros make a number from 1 to 2."""
_UP = np.uint64(20)
_TAIL = np.uint64(1023 << 10)
_FIRST, _SECOND, _THIRD = np.uint64(12), np.uint64(2), np.uint64(8)
_BELOW_ONE = 1.0 - 2.0**-43


@compiled(forceinline=True)
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Ten rounds: four random words for one counter and key.

    Args:
        c0: First word of the counter, in [0, 2^32) like all of them: the patient.
        c1: Purpose + draw * 2^8 + code * 2^16.
        c2: The trial's number, low half.
        c3: Its high half.
        k0: First word of the key.
        k1: Second word of the key.

    Returns:
        Four words in [0, 2^32), as unsigned integers of 64 bits.
    """
    a, b, c, d = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    key0, key1 = np.uint64(k0), np.uint64(k1)
    for _ in range(10):
        p = (a & _LOW) * _M0
        q = (c & _LOW) * _M1
        a, b, c, d = (q >> _HIGH) ^ b ^ key0, q, (p >> _HIGH) ^ d ^ key1, p
        key0 += _W0
        key1 += _W1
    return a & _LOW, b & _LOW, c & _LOW, d & _LOW


@compiled(forceinline=True)
def uniforms(w0: int, w1: int, w2: int, w3: int) -> tuple[float, float, float]:
    """Three numbers of 42 bits each, strictly between 0 and 1, from the four words of one block.

    Args:
        w0: First word; with bits 22 to 31 of the last it makes the first number.
        w1: Second word; with bits 12 to 21 of the last.
        w2: Third word; with bits 2 to 11 of the last.
        w3: Last word.

    Returns:
        Odd multiples of 2^-43.
    """
    last = np.uint64(w3)
    a = np.uint64((np.uint64(w0) << _UP) | ((last >> _FIRST) & _TAIL) | _ONE)
    b = np.uint64((np.uint64(w1) << _UP) | ((last >> _SECOND) & _TAIL) | _ONE)
    c = np.uint64((np.uint64(w2) << _UP) | ((last << _THIRD) & _TAIL) | _ONE)
    return a.view(np.float64) - _BELOW_ONE, b.view(np.float64) - _BELOW_ONE, c.view(np.float64) - _BELOW_ONE
