"""One proportion against printed tables and closed forms."""

from __future__ import annotations

import pytest

from equipoise.kernels.proportions import clopper_pearson, wilson

# Newcombe (1998), Statistics in Medicine 17, 857-872, Table I: methods 3 (score), 4 (score, continuity), 5 (exact).
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2535, 0.3682), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0598, 0.1644), (0.0578, 0.1617)),
    (0, 20, (0.0000, 0.1611), (0.0000, 0.2005), (0.0000, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0018, 0.1963), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("x", "n", "score", "corrected", "exact"), NEWCOMBE)
def test_newcombe_table(x, n, score, corrected, exact):
    assert wilson(x, n)[1:3] == pytest.approx(score, abs=5.1e-5)
    assert wilson(x, n, continuity=True)[1:3] == pytest.approx(corrected, abs=5.1e-5)
    assert clopper_pearson(x, n)[1:3] == pytest.approx(exact, abs=5.1e-5)


@pytest.mark.parametrize("n", [1, 7, 20, 500])
def test_closed_forms_at_the_edge(n):
    """Nobody or everybody responds: (1 - u)^n = alpha / 2, and u = z^2 / (n + z^2) for the score."""
    z2 = 1.959963984540054**2
    none, everybody = clopper_pearson(0, n), clopper_pearson(n, n)
    assert none.lower == 0.0
    assert none.upper == pytest.approx(1 - 0.025 ** (1 / n), rel=1e-12)
    assert everybody.upper == 1.0
    assert everybody.lower == pytest.approx(0.025 ** (1 / n), rel=1e-12)
    assert wilson(0, n)[:3] == pytest.approx((0.0, 0.0, z2 / (n + z2)), rel=1e-12)
    assert wilson(n, n)[:3] == pytest.approx((1.0, n / (n + z2), 1.0), rel=1e-12)
