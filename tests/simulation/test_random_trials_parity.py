"""Protocols that mix features at random, beside a second simulator that shares no code: see the file of its numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from equipoise.protocol.loading import loads_protocol
from equipoise.results.statistic import Statistic
from equipoise.simulation.workflow import simulate_trial

KEPT: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "reference" / "simulation_random.json").read_text(encoding="utf-8")
)["trials"]
TRIALS = 4096
ALLOWED = 4.0  # combined Monte Carlo errors; the seed is fixed
MONTH = 30.4375


def _ours(name: str) -> dict[tuple[str, str, int | None, str], Statistic]:
    """Rows by statistic, hypothesis, look and arm; of estimates those that are as they come."""
    protocol = loads_protocol(json.dumps(KEPT[name]["protocol"]))
    found = simulate_trial(protocol, trials=TRIALS, scenarios=["s"], under=KEPT[name]["under"], seed=1, jobs=1)
    rows: dict[tuple[str, str, int | None, str], Statistic] = {}
    for row in found.statistics:
        key = row.key
        if not key.groups and not key.method.endswith("median_unbiased"):
            arm = key.arm if key.statistic == "look_events" and not key.versus else ""
            rows.setdefault((key.statistic, key.hypothesis, key.look, arm), row)
    return rows


def _gap(row: Statistic, value: float, error: float | None, trials: int, *, days: bool) -> float:
    """How many errors two simulators differ by."""
    assert row.value is not None
    assert row.n is not None
    if error is None:
        share = (value * trials + row.value * row.n) / (trials + row.n)
        spread = max(share * (1.0 - share), 0.5 / (trials + row.n))
        return (row.value - value) / math.sqrt(spread * (1.0 / trials + 1.0 / row.n))
    own, mine = row.value, row.se or 0.0
    if row.key.statistic == "mean_estimate":
        if row.key.method.startswith("cox"):
            own = math.log(own)
        elif days:
            own, mine = own * MONTH, mine * MONTH
    combined = math.hypot(error, mine)
    return (own - value) / combined if combined > 0.0 else 0.0 if math.isclose(own, value, rel_tol=1e-6) else math.inf


@pytest.mark.parametrize("name", KEPT)
def test_mixed_features_are_those_of_the_second_simulator(name: str) -> None:
    rows, gaps, missing = _ours(name), {}, []
    for statistic, hypothesis, look, value, error, trials in KEPT[name]["expected"]:
        what, _, arm = statistic.partition(".")
        row = rows.get((what, hypothesis, look, arm))
        if row is None:
            missing += [(statistic, hypothesis, look)] if value != 0.0 else []
            continue
        gap = _gap(row, value, error, trials, days=KEPT[name]["days"])
        if abs(gap) > ALLOWED:
            gaps[statistic, hypothesis, look] = gap
    assert missing == []
    assert gaps == {}
