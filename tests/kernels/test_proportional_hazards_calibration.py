"""Size, power and coverage in a few hundred trials; the full 10,000 are in docs/calibration/proportional_hazards.md."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "calibration_proportional_hazards.py"


@pytest.fixture(scope="module")
def benchmark() -> Any:
    if str(SCRIPT.parent) not in sys.path:
        sys.path.insert(0, str(SCRIPT.parent))  # where its shared parts are
    spec = importlib.util.spec_from_file_location("calibration_proportional_hazards", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_size_power_and_coverage(benchmark: Any) -> None:
    """Within four Monte Carlo errors; hazards that change are found more often, wrong variances cover less."""
    rates = benchmark.calibrate(300)
    assert len(rates) == 12
    for rate in rates:
        if rate.nominal is not None:
            assert abs(rate.rate - rate.nominal) <= 4.0 * rate.error, rate
    null, late = rates[:4], rates[4:8]  # rates[8]: larger trials
    assert all(there.rate > 3.0 * here.rate for here, there in zip(null, late, strict=True))
    right, rows, model = (rate.rate for rate in rates[9:])
    assert right > max(rows, model) + 0.03


def test_trials_do_not_depend_on_where_blocks_are_cut(benchmark: Any) -> None:
    assert benchmark.sizes(1_200) == [500, 500, 200]
    assert (benchmark.chi_squares(3, 4, "null")[:2] == benchmark.chi_squares(3, 2, "null")).all()


def test_the_page_is_what_the_script_writes(benchmark: Any) -> None:
    """R decides as we do in each trial; every rate passes but that of the logarithm in small trials, which says so."""
    page = (SCRIPT.parents[1] / "docs" / "calibration" / "proportional_hazards.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    cells = [row for row in rows if not row[0].startswith(("Transform", "Variance"))]
    assert len(cells) == 12
    for what, nominal, rate, error, within, *peer in cells:
        if nominal:
            small_log = what == "log, hazard ratio 0.7 throughout"
            assert within == ("no" if small_log else "yes"), what
            assert abs(float(rate) - float(nominal)) <= (3.5 if small_log else 3.0) * float(error)
        if peer and peer[0]:
            assert peer[0] == rate
            assert float(peer[1]) < 1e-8
            assert peer[2] == "0"
    assert page.startswith("# Calibration: proportional hazards and robust limits\n\n10,000 simulated trials")
