"""Some hundred simulated trials, printed and judged; docs/calibration/claim-rules.md has 10,000."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def counted() -> Any:
    if str(BENCHMARKS) not in sys.path:
        sys.path.insert(0, str(BENCHMARKS))
    module = importlib.import_module("claim_rules")
    return module, module.block(0, 175, 6)


def share(found: Any, kind: str, verdict: str = "hard") -> float:
    changed = {key[2]: n for key, n in found.items() if key[:2] == ("altered", kind)}
    return sum(found[verdict, kind, size] for size in changed) / sum(changed.values())


def test_numbers_that_are_right_are_never_contradicted(counted: Any) -> None:
    module, found = counted
    assert sum(n for key, n in found.items() if key[0] == "trials") > 160
    assert [key for key in module.contradictions(found) if key[2] != "crossed"] == []
    # every rule had something to judge
    for rule in ("p_value", "events_width", "interval_symmetric", "count_percent", "recovered_counts", "arms_total"):
        assert found["finding", rule, "consistent"] > 50


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("Events in all", 0.9),
        ("Size of an arm", 0.8),
        ("Events of an arm", 0.9),
        ("Dates of enrollment", 0.95),
        ("Difference in survival", 0.5),
        ("Hazard ratio", 0.4),
        ("Reduction", 0.4),
    ],
)
def test_numbers_that_were_changed_are_found(counted: Any, kind: str, least: float) -> None:
    assert share(counted[1], kind) >= least


@pytest.mark.parametrize("kind", ["Hazard ratio", "Odds ratio", "Limit of a response"])
def test_most_others_are_remarked(counted: Any, kind: str) -> None:
    assert share(counted[1], kind, "soft") >= 0.75
