"""Rows of simulations as their room makes them, of trials that are drawn from the law of z: no trial is simulated."""

from __future__ import annotations

import datetime
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from equipoise.protocol.canonical import protocol_document
from equipoise.results import Curve, Results, Statistic
from equipoise.results.bundle import write_bundle
from equipoise.simulation.curves import sweep_curves
from equipoise.simulation.rows import statistics_of


def _load() -> ModuleType:
    """The trials, which the tests of simulations draw too; tests are not a package."""
    full = "simulation_tests_synthetic_study"
    if full not in sys.modules:
        path = Path(__file__).parents[1] / "simulation" / "synthetic_study.py"
        spec = importlib.util.spec_from_file_location(full, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


synthetic = _load()
TRIALS = 8192
# Scenario → hazard ratio whose power is drawn; the delayed effect has less than any formula says.
SCENARIOS = {"planned": 0.75, "delayed": 0.86}
RATIOS = (0.65, 0.7, 0.75, 0.8, 0.9)


def rows(*, second: bool, both: bool = True) -> Results:
    """Two scenarios, each under both hypotheses, and hazard ratios varied in the first.

    Args:
        second: Whether the trial tests a second hypothesis.
        both: Whether the null hypothesis is simulated too.
    """
    found: list[Statistic | Curve] = []
    with patch("equipoise.simulation.true_curve.explained_true_value", synthetic.true_value):
        for scenario, ratio in SCENARIOS.items():
            for under in ("h1", "h0") if both else ("h1",):
                study = synthetic.study_of(scenario, under, second=second)
                theta = synthetic.theta_of(ratio) if under == "h1" else 0.0
                found += statistics_of(study, synthetic.sums_of(study, TRIALS, theta, second=second))
        points = []
        for ratio in RATIOS:
            study = synthetic.study_of(vary=(("hazard_ratio", ratio),))
            points.append((study, synthetic.sums_of(study, 2048, synthetic.theta_of(ratio))))
            found += [row for row in statistics_of(*points[-1]) if row.key.hypothesis]
        found += sweep_curves(points)
    return Results.of(found)


def save(out: Path, results: Results) -> Path:
    """Write a bundle's stage of simulations.

    Args:
        out: Folder of the bundle.
        results: Statistics and curves.
    """
    from equipoise.protocol import loads_protocol

    document = protocol_document(loads_protocol(synthetic.TRIAL))
    manifest = {
        "equipoise": "0",
        "created": datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC).isoformat(),
        "protocol_hash": document["hash"],
        "data": [],
        "notes": [],
        "simulation": {"seed": 1},
        "versions": {},
    }
    write_bundle(out, protocol=document, manifest=manifest, results=results, stage="simulation")
    return out
