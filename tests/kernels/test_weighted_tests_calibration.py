"""Size, power and coverage in 250 simulated trials; docs/calibration/weighted_tests.md has 10,000."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    name = "calibration_weighted_tests"
    if str(ROOT / "benchmarks") not in sys.path:
        sys.path.insert(0, str(ROOT / "benchmarks"))  # where its shared parts are
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("scenario", ["null", "strata", "delayed"])
def test_rates_of_a_few_trials(script: ModuleType, scenario: str) -> None:
    trials = 250
    found = script.hits(0, trials, scenario)
    known = script.formulas() if scenario == "delayed" else {}
    for name, count in found.items():
        if scenario != "delayed":
            p = 0.05 if name == "max_combo_two" else 0.025
            # A binomial of 250 with 0.025 is above 17 once in a thousand; a test twice too liberal would often be.
            assert count / trials <= p + 3.5 * (p * (1 - p) / trials) ** 0.5, name
        elif name in known:
            p = known[name]
            assert abs(count / trials - p) <= 3.5 * (p * (1 - p) / trials) ** 0.5 + 0.01, name
    if known:
        assert set(known) == {"log_rank", "late", "modest_t", "modest_s", "trend", "max_combo"}


def test_limits_of_the_average_hazard_ratio_hold_it(script: ModuleType) -> None:
    assert script.true_average() == pytest.approx(0.7844, abs=5e-5)
    for held in script.covers(0, 150):
        assert held >= 134  # of 150 with 0.95, fewer once in a thousand


def test_the_page_has_the_full_size_and_everything_within_three_errors(script: ModuleType) -> None:
    text = script.PAGE.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    assert text.count("10,000 simulated trials") == 1
    sized = [row for row in rows[1:] if row[2]]
    assert len(sized) >= 23
    for row in sized:
        nominal, rate = float(row[2]), float(row[3])
        assert abs(rate - nominal) <= 3 * (nominal * (1 - nominal) / 10_000) ** 0.5 + 5e-5, row
        assert row[5] == "yes"
    powers = [row for row in rows[1:] if row[6]]
    assert len(powers) == 6
    for row in powers:
        assert float(row[3]) == pytest.approx(float(row[6]), abs=0.015), row
