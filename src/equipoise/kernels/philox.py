"""Philox 4x32-10: 128 random bits from a counter and a key, by integer arithmetic alone.

Salmon, Moraes, Dror and Shaw (2011, SC11, "Parallel random numbers: as easy as 1, 2, 3", section 3.3). There is no
state: the words of one patient do not depend on how many were drawn for another, on order, on threads or on machines.

The functions are written so that they mean the same in plain Python, over numpy arrays of int64 or uint64, and compiled
with int64 arguments: a product may wrap in 64 bits, and every shift is masked, so that only bits that all of them share
are used.
"""

from __future__ import annotations

__all__ = ["philox4x32"]

_MASK = 0xFFFFFFFF
_M0 = 0xD2511F53
_M1 = 0xCD9E8D57
_W0 = 0x9E3779B9
_W1 = 0xBB67AE85


def philox4x32(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Ten rounds: four random words for one counter and key.

    Args:
        c0: First word of the counter; all are in [0, 2**32).
        c1: Second word of the counter.
        c2: Third word of the counter.
        c3: Fourth word of the counter.
        k0: First word of the key.
        k1: Second word of the key.

    Returns:
        Four words in [0, 2**32), for distinct (counter, key) as good as independent.
    """
    for _ in range(10):
        p0 = c0 * _M0
        p1 = c2 * _M1
        c0, c1, c2, c3 = ((p1 >> 32) & _MASK) ^ c1 ^ k0, p1 & _MASK, ((p0 >> 32) & _MASK) ^ c3 ^ k1, p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3
