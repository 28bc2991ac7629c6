"""Streams of random numbers, keyed by a seed and by what they are for.

Philox (Salmon, Moraes, Dror and Shaw 2011, SC11) counts instead of keeping a state: a key alone names a stream. Two
purposes never share numbers, and what one of them draws does not move another.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["key64", "stream"]


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """The stream of a seed and a purpose.

    Args:
        seed: Any integer.
        purpose: What the numbers are for, from general to particular: `"prediction", "enrollment"`, or a trial number.

    Returns:
        A generator at the start of its stream; the same seed and purpose give the same numbers.
    """
    import numpy as np

    name = repr((int(seed), *purpose)).encode()
    key = np.frombuffer(blake2b(name, digest_size=16).digest(), dtype="<u8").astype(np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def key64(seed: int, *purpose: str | int) -> tuple[int, int]:
    """The key of a counter-based stream as two words, for code that counts by itself.

    Args:
        seed: Any integer.
        purpose: What the numbers are for, from general to particular.

    Returns:
        Two whole numbers in [0, 2**32).
    """
    digest = blake2b(repr((int(seed), *purpose)).encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")
