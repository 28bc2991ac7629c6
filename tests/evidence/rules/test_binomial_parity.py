"""Limits of a proportion without an array library: against R, statsmodels and the limits of the analysis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from equipoise.evidence.boxes import Box
from equipoise.evidence.rules._binomial import METHODS, fits_method, limits
from equipoise.kernels.proportions import clopper_pearson, wilson

REFERENCE = Path(__file__).parents[2] / "reference"
ROWS = [
    (name, *row)
    for name in ("binomial_limits", "binomial_limits_statsmodels")
    for row in json.loads((REFERENCE / f"{name}.json").read_text())["limits"]
]


def test_every_method_has_another_answer() -> None:
    assert {row[1] for row in ROWS} == set(METHODS)
    assert len(ROWS) > 100


@pytest.mark.parametrize(("oracle", "method", "k", "n", "level", "low", "high"), ROWS)
def test_limits_are_those_of_others(
    oracle: str, method: str, k: int, n: int, level: float, low: float, high: float
) -> None:
    # a limit of nothing at all is 2e-18 there
    expected = (max(0.0, low), min(1.0, high))
    assert limits(method, k, n, level) == pytest.approx(expected, rel=1e-8, abs=1e-15)
    # unsolved: boxes about the limits hold them, boxes beside them do not
    lower, upper = (Box(x - 1e-6, x + 1e-6) for x in expected)
    assert fits_method(method, k, n, lower, upper, level)
    if k > 0 and expected[0] > 1e-5:
        assert not fits_method(method, k, n, Box(expected[0] + 1e-6, expected[0] + 2e-6), upper, level)
    if k < n and expected[1] < 1.0 - 1e-5:
        assert not fits_method(method, k, n, lower, Box(expected[1] - 2e-6, expected[1] - 1e-6), level)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.992])
@pytest.mark.parametrize("n", [1, 2, 17, 257, 1000])
def test_limits_are_those_of_the_analysis(n: int, level: float) -> None:
    for k in sorted({0, 1, n // 3, n - 1, n}):
        for method, other in (
            ("clopper_pearson", clopper_pearson(k, n, conf_level=level)),
            ("wilson", wilson(k, n, conf_level=level)),
            ("wilson_cc", wilson(k, n, conf_level=level, continuity=True)),
        ):
            low, high = limits(method, k, n, level)
            assert (low, high) == pytest.approx((other.lower, other.upper), rel=1e-8, abs=1e-15), (method, k)
