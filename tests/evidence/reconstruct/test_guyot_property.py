"""What holds of every reconstruction: numbers at risk, events, order; and that it lies where the clicks do."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import process_time
from types import ModuleType

import numpy as np
import pytest

from equipoise.errors import EvidenceError
from equipoise.evidence.reconstruct.guyot import reconstruct_curve
from equipoise.evidence.reconstruct.quality import distances
from equipoise.kernels.kaplan_meier import kaplan_meier, quantile


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The script of the calibration."""
    name = "reconstruct_curves_benchmark"
    path = Path(__file__).parents[3] / "benchmarks" / "reconstruct_curves.py"
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.mark.parametrize("seed", range(24))
def test_numbers_at_risk_and_events_hold_exactly(seed: int, bench: ModuleType) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 160))
    event_time, lost = rng.weibull(rng.uniform(0.6, 1.6), n) * 20.0, rng.uniform(5.0, 50.0, n)
    time, event = np.minimum(event_time, lost).round(1) + 0.1, (event_time <= lost).astype(int)
    km = kaplan_meier(time, event)
    noise = float(rng.choice([0.0, 0.002, 0.005, 0.02]))
    way = ("along", "even")[seed % 2]
    x, y = bench.clicks(km, int(rng.integers(8, 200)), noise, way, float(time.max()), rng)
    grid = np.concatenate([[0.0], np.sort(rng.uniform(0.0, time.max() * 1.1, int(rng.integers(1, 9))))])
    at_risk = np.array([(time >= t).sum() for t in grid])
    known = int(event.sum()) if seed % 3 else None
    rebuilt = reconstruct_curve(x, y, grid, at_risk, events=known)
    assert rebuilt.time.size == rebuilt.status.size == n
    assert [(rebuilt.time >= t).sum() for t in grid] == at_risk.tolist()
    if known is not None:
        assert rebuilt.events == known
    assert np.all(np.diff(rebuilt.time) >= 0.0)
    assert set(rebuilt.status.tolist()) <= {0, 1}
    assert rebuilt.time.min() >= 0.0
    after = kaplan_meier(rebuilt.time, rebuilt.status)
    assert np.all(np.diff(after.survival) <= 1e-15)
    # Clicks lie within their error, and a few steps where patients are few, of the rebuilt curve.
    away = distances(x, y, after, float(max(x.max(), rebuilt.time.max())))
    assert np.median(away) < 2.0 * noise + 1.5 / n + 0.01


def test_a_median_that_is_not_reached_stays_so() -> None:
    rng = np.random.default_rng(3)
    time = np.linspace(0.0, 60.0, 80)
    survival = np.clip(1.0 - 0.42 * time / 60.0 + rng.normal(0.0, 0.004, 80), 0.0, 1.0)
    rebuilt = reconstruct_curve(time, survival, [0, 20, 40], [200, 160, 90])
    assert not np.isfinite(quantile(kaplan_meier(rebuilt.time, rebuilt.status), 0.5).estimate).any()


def test_the_unit_of_time_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    time = np.sort(rng.uniform(0.0, 48.0, 60))
    survival = np.clip(np.exp(-time / 40.0) + rng.normal(0.0, 0.003, 60), 0.0, 1.0)
    months = reconstruct_curve(time, survival, [0, 12, 24, 36], [150, 105, 70, 40], events=95)
    days = reconstruct_curve(
        time * 30.4375, survival, np.array([0, 12, 24, 36]) * 30.4375, [150, 105, 70, 40], events=95
    )
    assert days.time == pytest.approx(months.time * 30.4375, rel=1e-9)
    assert days.status.tolist() == months.status.tolist()


def test_the_order_of_clicks_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    time = np.sort(rng.uniform(0.0, 48.0, 60))
    survival = np.clip(np.exp(-time / 40.0) + rng.normal(0.0, 0.003, 60), 0.0, 1.0)
    mixed = rng.permutation(60)
    first = reconstruct_curve(time, survival, [0, 24], [100, 50])
    second = reconstruct_curve(time[mixed], survival[mixed], [0, 24], [100, 50])
    assert second.time == pytest.approx(first.time)


def test_bars_hold_in_a_few_runs(bench: ModuleType) -> None:
    # The full calibration, 200 runs a cell, is docs/calibration/reconstruction.md.
    for cell in (bench.Cell("colon", 50, 0.002, True), bench.Cell("lung", 50, 0.005, False)):
        rate = bench.rates(cell, [bench.run(cell, seed) for seed in range(8)])
        assert rate["ratio"] >= 0.85
        assert rate["error"] == 1.0
        assert rate["reached"] == 1.0
        assert rate["median"] >= 0.75


def test_plain_lumps_at_clicks_would_be_worse(bench: ModuleType) -> None:
    # What the smoothing is for: with errors of 0.5% the line is nearer the true curve than the clicks are.
    time, event, arm = bench.load("veteran")
    own = arm == 0
    km = kaplan_meier(time[own], event[own])
    better = []
    for seed in range(6):
        x, y = bench.clicks(km, 150, 0.005, "along", float(time.max()), np.random.default_rng(seed))
        grid = np.array([0.0, 125.0, 250.0])
        rebuilt = reconstruct_curve(x, y, grid, [(time[own] >= t).sum() for t in grid])
        line = distances(rebuilt.line.time, rebuilt.line.survival, km, float(time.max()))
        clicked = distances(x, y, km, float(time.max()))
        better.append(np.sqrt((line**2).mean()) < np.sqrt((clicked**2).mean()))
    assert sum(better) >= 5


def test_nonsense_is_rebuilt_exactly_or_refused() -> None:
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(120):
        m, k = int(rng.integers(2, 60)), int(rng.integers(1, 6))
        x = rng.uniform(0.0, 10.0, m).round(int(rng.integers(0, 3))) * (rng.random() < 0.9)
        shapes = (rng.uniform(0, 1, m), np.sort(rng.uniform(0, 1, m))[::-1], np.ones(m), np.zeros(m))
        grid = np.unique(rng.uniform(0.0, 12.0, k).round(1))
        grid[0] *= rng.random() < 0.4
        at_risk = np.sort(rng.integers(0, 80, grid.size))[::-1]
        events = int(rng.integers(0, 60)) if rng.random() < 0.5 else None
        marks = rng.uniform(0.0, 12.0, int(rng.integers(0, 20))) if rng.random() < 0.3 else None
        try:
            made = reconstruct_curve(x, shapes[int(rng.integers(4))], grid, at_risk, events=events, censored=marks)
        except EvidenceError:
            refused += 1
            continue
        assert [(made.time >= t).sum() for t in made.risk_times] == made.at_risk.tolist()
        assert made.time.size == made.at_risk[0]
        assert np.isfinite(made.time).all()
        assert events in (None, made.events)
    assert 10 < refused < 110


def test_many_patients_take_no_time() -> None:
    rng = np.random.default_rng(6)
    time, lost = rng.exponential(20.0, 500), rng.uniform(5.0, 50.0, 500)
    seen, event = np.minimum(time, lost), (time <= lost).astype(int)
    km = kaplan_meier(seen, event)
    x = np.sort(rng.uniform(0.0, seen.max(), 150))
    y = np.concatenate([[1.0], km.survival])[np.searchsorted(km.time, x, side="right")]
    x, y = np.clip(x + rng.normal(0, 0.1, 150), 0, None), np.clip(y + rng.normal(0, 0.002, 150), 0, 1)
    grid = np.arange(0.0, 50.0, 6.0)
    start = process_time()
    reconstruct_curve(x, y, grid, [(seen >= t).sum() for t in grid], events=int(event.sum()))
    assert process_time() - start < 1.0
