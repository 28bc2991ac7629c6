"""Philox 4x32-10 against the known-answer vectors of Random123 (its file kat_vectors, lines `philox4x32 10`)."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.kernels.philox import philox4x32

KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_known_answers(counter, key, words):
    assert philox4x32(*counter, *key) == words


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_arrays_give_the_same_words(kind):
    counters, keys, words = (np.array(part, dtype=kind).T for part in zip(*KNOWN, strict=True))
    assert np.array_equal(np.array(philox4x32(*counters, *keys)), words)


def test_compiled_gives_the_same_words():
    numba = pytest.importorskip("numba", reason="numba is not installed: nothing is compiled")
    compiled = numba.njit(philox4x32)
    for counter, key, words in KNOWN:
        assert compiled(*counter, *key) == words
    rng = np.random.default_rng(20261122)
    for _ in range(200):
        block = [int(word) for word in rng.integers(0, 2**32, 6)]
        assert compiled(*block) == philox4x32(*block)


def test_one_bit_of_counter_or_key_changes_half_of_the_bits():
    base = (1, 2, 3, 4, 5, 6)
    words = philox4x32(*base)
    for position in range(6):
        for bit in (0, 17, 31):
            other = list(base)
            other[position] ^= 1 << bit
            changed = sum((a ^ b).bit_count() for a, b in zip(words, philox4x32(*other), strict=True))
            assert 36 < changed < 92  # 64 expected, standard deviation 5.7
