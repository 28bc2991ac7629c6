"""Imbalance of the arms at a level against smallerize, a package by others, on 300 random histories (equal shares)."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path

import pytest

from equipoise.randomization import steps

ROWS = json.loads(
    (Path(__file__).parents[1] / "reference" / "randomization" / "smallerize_imbalance.json").read_text()
)["rows"]
UNIT = 2**steps.ROOT_BITS


def test_four_measures():
    assert len(ROWS) == 300
    assert {len(row[0]) for row in ROWS} == {2, 3, 4, 5}
    for counts, extra, spread, variance, sd, marginal in ROWS:
        arms = len(counts)
        found = {measure: steps.spread(counts, extra, [1] * arms, 0, arms, measure) for measure in range(4)}
        assert found[steps.RANGE] == spread
        # whole numbers: the variance times arms and arms - 1, the others with 16 binary places, rounded down
        assert found[steps.VARIANCE] / (arms * (arms - 1)) == pytest.approx(variance, rel=1e-12)
        assert -1e-6 < sd * sqrt(arms * (arms - 1)) * UNIT - found[steps.SD] < 1 + 1e-6
        assert -1e-6 < marginal * UNIT - found[steps.MARGINAL] < 1
