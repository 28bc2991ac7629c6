"""Compiled words against the known-answer vectors of Random123 and against the plain source."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed: nothing is compiled")
from equipoise.kernels.philox import philox4x32
from equipoise.kernels.sim.words import philox, uniforms

# Random123, file kat_vectors, lines `philox4x32 10`: counter, key, words.
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
    assert philox(*counter, *key) == words


def test_the_words_of_the_plain_source():
    for block in np.random.default_rng(20261123).integers(0, 2**32, (200, 6)).tolist():
        assert philox(*block) == philox4x32(*block)


def test_three_numbers_use_every_bit_once():
    full = 0xFFFFFFFF
    step = 2.0**-42
    assert uniforms(0, 0, 0, 0) == (step / 2, step / 2, step / 2)
    assert uniforms(full, full, full, full) == (1 - step / 2,) * 3
    assert uniforms(1, 0, 0, 0)[0] == (1024 + 0.5) * step
    # 10 bits of the last word each, its two lowest unused.
    assert [uniforms(0, 0, 0, 1 << bit) for bit in (0, 1)] == [uniforms(0, 0, 0, 0)] * 2
    for bit in range(2, 32):
        which = 2 - (bit - 2) // 10
        raised = [(2 ** ((bit - 2) % 10) + 0.5) * step if k == which else step / 2 for k in range(3)]
        assert list(uniforms(0, 0, 0, 1 << bit)) == raised
