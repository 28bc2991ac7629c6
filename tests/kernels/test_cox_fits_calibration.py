"""Sizes and coverage in a few dozen trials; the full 10,000 are in docs/calibration/cox_fits.md."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "calibration_cox_fits.py"


@pytest.fixture(scope="module")
def benchmark() -> Any:
    if str(SCRIPT.parent) not in sys.path:
        sys.path.insert(0, str(SCRIPT.parent))  # where its shared parts are
    spec = importlib.util.spec_from_file_location("calibration_cox_fits", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_tests_of_tied_trials_hold_their_size_and_find_an_effect(benchmark: Any) -> None:
    null, effect = (benchmark.reject_tied(0, 60, ratio).mean(axis=0) for ratio in (1.0, 0.5))
    assert (null <= 0.05 + 4.0 * (0.05 * 0.95 / 60) ** 0.5).all()
    assert (effect > 0.8).all()
    # The score test of the discrete likelihood is the log-rank test, trial by trial.
    hits = benchmark.reject_tied(1, 40, 0.7)
    assert (hits[:, 0] == hits[:, 1]).all()


def test_entries_have_to_be_known(benchmark: Any) -> None:
    known, ignored = benchmark.reject_late(0, 100, 1.0).mean(axis=0)
    assert known <= 0.05 + 4.0 * (0.05 * 0.95 / 100) ** 0.5
    assert ignored > 0.3


def test_limits_of_few_events_cover(benchmark: Any) -> None:
    covered = benchmark.covers(0, 60, 0.5).mean(axis=0)
    assert (covered >= 0.95 - 4.0 * (0.95 * 0.05 / 60) ** 0.5).all()
    assert benchmark.reject_few(0, 60, 0.25).mean(axis=0)[0] > 0.5
