"""Coverage in a few simulated trials; docs/calibration/prediction.md has 2,000 a scenario."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
TRIALS = 24


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("benchmark_prediction", ROOT / "benchmarks" / "prediction.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["weibull_0.75", "cure"])
def test_intervals_hold_the_final_event(script, name):
    rows = np.array([script.prediction(name, number, draws=200) for number in range(TRIALS)])
    held = (rows[:, :, :3] == 0).mean(axis=0)
    # Four errors of the trials, and the 4 points that are allowed; cuts of one trial are not independent.
    for level, rates in zip((0.5, 0.8, 0.9), held.T, strict=True):
        slack = 0.04 + 4 * (level * (1 - level) / TRIALS) ** 0.5
        assert (abs(rates - level) <= slack).all(), (name, level, rates)


def test_one_curve_taken_as_known_fails(script):
    """The same trials with a plug-in exponential: the test above can tell."""
    rows = np.array([script.prediction("weibull_0.75", number, "plug_in", 200) for number in range(TRIALS)])
    assert (rows[:, :, 2] == 0).mean() < 0.5


def test_what_was_kept_is_not_done_again(script, tmp_path, monkeypatch):
    some = {name: script.SCENARIOS[name] for name in ("scans", "cap")}
    monkeypatch.setattr(script, "SCENARIOS", some)
    keep = tmp_path / "keep.jsonl"
    first = script.page(script.calibrate(2, keep), 2)
    monkeypatch.setattr(script, "block", None)
    again = script.page(script.calibrate(2, keep), 2)
    assert first == again
    assert all(scenario.words in first for scenario in some.values())


def test_the_page_is_of_this_script(script):
    page = (ROOT / "docs" / "calibration" / "prediction.md").read_text(encoding="utf-8")
    trials = int(page.split("--trials ")[1].split()[0])
    assert trials >= 2000
    assert len(script.SCENARIOS) >= 8
    assert all(scenario.words in page for scenario in script.SCENARIOS.values())
    assert "nan" not in page
