"""Adverse events over time in 100 simulated trials; benchmarks/calibration_recurrent.py has 10,000."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRIALS = 100


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("calibration_recurrent", ROOT / "benchmarks/calibration_recurrent.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_sizes_and_coverages_are_within_monte_carlo_error(benchmark):
    hits = benchmark.block(0, TRIALS)
    for name, (words, _, kind) in benchmark.ROWS.items():
        low, high = benchmark.allowed(name, TRIALS)
        if kind != "wrong":
            assert low <= hits[name] / TRIALS <= high, words
    # What would be wrong is seen to be wrong, and all events say more than first ones.
    assert hits["poisson"] / TRIALS < 0.92
    assert hits["power"] > hits["power.first"] + 3 * math.sqrt(TRIALS) / 2


def test_truth_of_the_simulation_is_a_mean(benchmark):
    """The number that coverage is measured against, by another way: a sum over small steps."""
    steps = 200_000
    width = benchmark.DAYS / steps
    total = math.fsum(benchmark.RATE * math.exp(-benchmark.DEATH * (i + 0.5) * width) * width for i in range(steps))
    assert benchmark.truth(benchmark.RATE, benchmark.DEATH) == pytest.approx(total, rel=1e-9)


def test_the_page_is_what_the_benchmark_writes(benchmark):
    page = (ROOT / "docs" / "calibration" / "recurrent.md").read_text(encoding="utf-8")
    assert page.startswith("# Calibration: adverse events over time\n\n10,000 simulated trials of 200 subjects")
    for words, _, _ in benchmark.ROWS.values():
        assert f"| {words} |" in page
