"""Mean cumulative counts against R's survival, with and without deaths."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from equipoise.kernels.mean_cumulative_count import mean_count_at, mean_cumulative_count

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "mean_cumulative_count.json").read_text())


@pytest.mark.parametrize(
    ("name", "subjects", "events", "deaths"), [("cgd", 128, 76, 0), ("valve", 41, 48, 0), ("bladder", 116, 189, 28)]
)
def test_estimate_and_robust_error_of_r(name, subjects, events, deaths):
    case = REFERENCE[name]
    assert (len(case["end"]), len(case["event"]), sum(case["died"])) == (subjects, events, deaths)
    count = mean_cumulative_count(
        case["end"], np.array(case["subject"], dtype=int), case["event"], died=np.array(case["died"]) == 1
    )
    at = mean_count_at(count, case["time"])
    assert at.mean == pytest.approx(case["mean"], rel=1e-12)
    assert at.std_err == pytest.approx(case["se"], rel=1e-10, abs=1e-14)


def test_two_events_of_one_engine_on_one_day():
    """In R the first was moved a quarter of a day ahead; on their true day they are one step of two events."""
    case = REFERENCE["valve"]
    count = mean_cumulative_count(case["end"], np.array(case["subject"], dtype=int), np.ceil(case["event"]))
    days = np.array([time == np.ceil(time) for time in case["time"]])
    at = mean_count_at(count, np.array(case["time"])[days])
    assert at.mean == pytest.approx(np.array(case["mean"])[days], rel=1e-12)
    assert at.std_err == pytest.approx(np.array(case["se"])[days], rel=1e-10, abs=1e-14)
    assert sorted(count.time[count.n_event == 2].tolist()) == [139.0, 653.0]
