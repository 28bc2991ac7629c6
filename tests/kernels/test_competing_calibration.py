"""Size and coverage in some trials; benchmarks/calibration_competing_risks.py has ten thousand."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench(monkeypatch_module):
    monkeypatch_module.syspath_prepend(str(ROOT / "benchmarks"))
    import calibration_competing_risks

    yield calibration_competing_risks
    sys.modules.pop("calibration_competing_risks", None)


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_sizes_and_coverages_of_some_trials(bench) -> None:
    trials = 150
    hits = bench.block(0, trials)
    for name, (label, nominal) in bench.NAMES.items():
        error = math.sqrt(nominal * (1 - nominal) / trials)
        # Aalen's error is a little too large by construction: its limits may cover more than they should.
        above = 5.0 if nominal > 0.5 else 3.5
        assert nominal - 3.5 * error <= hits[name] / trials <= nominal + above * error, (label, hits[name])


def test_an_effect_is_found(bench) -> None:
    """Power of both tests against a halved hazard, which cmprsk has in the same trials (docs/calibration)."""
    import numpy as np

    rng = np.random.Generator(np.random.Philox(key=[bench.SEED, 1_000_000]))
    made = [bench.trial(rng, 0.5) for _ in range(100)]
    gray = [bench.gray_test(d.time, d.status, d.arm) for d in made]
    fits = [bench.fine_gray(d.time, d.status, d.arm) for d in made]
    assert all(one.z > 0 for one in gray if one.p_two_sided < 0.05)
    for rejected in (sum(one.p_two_sided < 0.05 for one in gray), sum(fit.upper[0] < 0 for fit in fits)):
        assert 0.55 <= rejected / 100 <= 0.85


def test_the_page_was_written_by_the_benchmark(bench) -> None:
    page = (ROOT / "docs" / "calibration" / "competing_risks.md").read_text(encoding="utf-8")
    for label, nominal in bench.NAMES.values():
        assert f"| {label} | {nominal} |" in page
    assert "10,000 trials" in page
    assert page.count("400 |") == 2
