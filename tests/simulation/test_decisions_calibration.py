"""Errors of the first kind that a design promises, in trials that are Brownian motion with information by chance."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from designed import GRAPH, HIERARCHY, outcome_of, study_of

from equipoise.design.graph import Graph
from equipoise.simulation.decisions import decide

TRIALS = 60_000


def near(level: float) -> float:
    """Three Monte Carlo errors."""
    return 3.0 * math.sqrt(level * (1.0 - level) / TRIALS)


def test_the_level_is_kept_whatever_events_come():
    study = study_of(HIERARCHY)
    outcome = outcome_of(study, TRIALS, seed=21, jitter=0.15)
    found = decide(study, outcome)
    assert np.mean(found.rejected_ignoring[:, 0] > 0) == pytest.approx(0.025, abs=near(0.025))
    assert (found.rejected[:, 0] > 0).sum() < (found.rejected_ignoring[:, 0] > 0).sum()
    # In a hierarchy an error is made at the first hypothesis or not at all.
    assert np.mean((found.rejected_ignoring > 0).any(axis=1)) == pytest.approx(0.025, abs=near(0.025))
    low = outcome.z * -1.0
    other = decide(study, outcome._replace(z=low))
    assert np.mean(other.rejected_ignoring[:, 0] > 0) == pytest.approx(0.025, abs=near(0.025))


@pytest.mark.parametrize("look_back", ["false", "true"])
def test_a_graph_keeps_the_error_of_the_family(look_back):
    study = study_of(GRAPH.replace("BACK", look_back))
    outcome = outcome_of(study, 20_000, seed=22, jitter=0.1)
    found = decide(study, outcome)
    any_error = np.mean((found.rejected > 0).any(axis=1))
    assert any_error < 0.025 + 3.0 * math.sqrt(0.025 * 0.975 / 20_000)
    assert any_error > 0.018
    # One null hypothesis is false and always rejected: what it leaves goes to the other two.
    pushed = outcome.z.copy()
    pushed[:, list(study.tested[0].ks)] = 12.0
    found = decide(study, outcome._replace(z=pushed))
    assert (found.rejected[:, 0] == 1).all()
    others = np.mean((found.rejected[:, 1:] > 0).any(axis=1))
    assert others < 0.025 + 3.0 * math.sqrt(0.025 * 0.975 / 20_000)
    declared = study.protocol.multiplicity
    left = Graph(declared.weights, declared.transitions).without("h_pfs")
    k = study.tested[1].ks[2]
    levels = set(np.round(found.level[:, k][found.level[:, k] > 0.0], 12))
    assert round(left.weights["h_os"] * 0.025, 12) in levels
    assert max(levels) <= 0.025 + 1e-12
