"""Size, power and coverage in a few hundred trials; the full 10,000 are in docs/calibration/ancova.md."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "calibration_ancova.py"


@pytest.fixture(scope="module")
def benchmark() -> Any:
    if str(SCRIPT.parent) not in sys.path:
        sys.path.insert(0, str(SCRIPT.parent))  # where its shared parts are
    spec = importlib.util.spec_from_file_location("calibration_ancova", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_size_power_and_coverage(benchmark: Any) -> None:
    """Within four Monte Carlo errors; one residual variance covers less where the smallest arm has the largest."""
    rates = benchmark.calibrate(40)
    found = dict(zip(benchmark.RATES, rates, strict=True))
    for rate in rates:
        if rate.nominal is not None:
            assert abs(rate.rate - rate.nominal) <= 4.0 * rate.error, rate
    assert found["model"].rate <= found["hc3"].rate
    assert 0.2 < found["power"].nominal < 0.6


def test_the_page_is_what_the_script_writes() -> None:
    """Every rate of the frozen page was found in 10,000 trials, and passes."""
    page = (SCRIPT.parents[1] / "docs" / "calibration" / "ancova.md").read_text(encoding="utf-8")
    assert page.splitlines()[2].startswith("10,000 simulated trials")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    rates = [row for row in rows if row[0] != "What"]
    assert len(rates) == 14
    for what, nominal, rate, error, within in rates:
        if nominal:
            assert within == "yes", what
            assert abs(float(rate) - float(nominal)) <= 3 * float(error) + 1e-4, what
    assert sum(bool(row[1]) for row in rates) == 12
