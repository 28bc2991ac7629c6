"""Predicted dates against an R program that weights draws from the prior: no grid, no conjugacy."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from equipoise.monitoring.observed import Observed
from equipoise.monitoring.prediction import predict_events

FROZEN = json.loads((Path(__file__).parents[1] / "reference" / "prediction.json").read_text(encoding="utf-8"))
DRAWS = 20_000


@pytest.mark.parametrize("case", FROZEN["cases"], ids=lambda case: case["name"])
def test_dates_against_importance_sampling(case):
    data = FROZEN["data"]
    opening = case["open"]
    observed = Observed(
        entry=data["entry"],
        time=data["time"],
        event=data["event"],
        dropout=data["lost"],
        cut=data["cut"],
        planned_patients=case["planned"] or None,
        site=None if opening is None else np.array(data["site"]),
        site_open=opening,
        accrual_end=math.inf if case["accrual_end"] is None else case["accrual_end"],
        scans=(case["scans"],) if case["scans"] else None,
    )
    found = predict_events(
        observed, targets=[case["event"]], times=[case["at"]], model=case["model"], draws=DRAWS, seed=3
    )
    date = found.dates[0]
    theirs = [math.inf if q is None else q for q in case["quantiles"]]
    ours = [*date.lower[::-1], date.median, *date.upper]
    width = theirs[5] - theirs[1] if math.isfinite(theirs[5]) else theirs[4] - theirs[1]
    assert date.never == pytest.approx(
        case["never"], abs=4 * (case["never"] * (1 - case["never"]) / DRAWS) ** 0.5 + 1e-3
    )
    for mine, exact, tail in zip(ours, theirs, (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95), strict=True):
        if math.isfinite(exact) and abs(1 - case["never"] - tail) > 0.01:
            # A quantile's error in 20,000 draws is about 1% of this width in the middle, more far out in the tail.
            assert mine == pytest.approx(exact, abs=width * (0.03 if tail < 0.9 else 0.15)), tail
        elif not math.isfinite(exact) and tail > 1 - case["never"] + 0.01:
            assert mine == math.inf
    assert found.counts[0].mean == pytest.approx(case["events_at"], rel=0.01)
    assert found.enrollment[0].mean == pytest.approx(case["enrolled_at"], rel=0.01)
    weights = dict(found.models)
    for name, weight in zip(("exponential", "weibull", "cure"), case["weights"], strict=True):
        assert weights.get(name, 0.0) == pytest.approx(weight, abs=0.005)


def test_enough_cases():
    assert len(FROZEN["cases"]) >= 5
    assert all(case["effective"] > 50_000 for case in FROZEN["cases"])
