"""Data cuts and what is seen at them, against counting by hand."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from generated import MONTH, protocol

from equipoise.kernels.sim.looks import Triggers, cuts, observe
from equipoise.kernels.sim.patients import Trial, Truth, generate, new_trial
from equipoise.simulation.truth_arrays import truth_arrays

ASSUMED = """
enrollment: {patients: 120, duration: 12}
dropout: {hazard: 0.01}
endpoints:
  pfs: {old: {median: 10}, new: {hazard_ratio: 0.7}}
  os: {old: {median: 20}, new: {hazard_ratio: 0.7}}
  orr: {old: {rate: 0.3}, new: {rate: 0.5}}
"""
NAN, INF = np.nan, np.inf


def triggers(rows: list[dict[str, Any]]) -> Triggers:
    """Looks of hypotheses given as rows; `final` where not said otherwise is the last of each hypothesis."""
    plain = {"events": 0, "at": NAN, "follow_up": NAN, "earlier": 0, "latest": INF, "hypothesis": 0, "look": 1,
             "final": 0, "same": -1, "endpoint": 0, "experimental": 0, "control": 1}  # fmt: skip
    full = [plain | row for row in rows]
    for row, after in zip(full, [*full[1:], None], strict=True):
        row["final"] = int(after is None or after["hypothesis"] != row["hypothesis"])
    kinds = {"at": np.float64, "follow_up": np.float64, "latest": np.float64, "earlier": np.uint8, "final": np.uint8}
    return Triggers(**{name: np.array([row[name] for row in full], dtype=kinds.get(name, np.int64)) for name in plain})


def cut_at(truth: Truth, trial: Trial, asked: Triggers) -> tuple[list[float], list[int], list[int]]:
    k = asked.events.size
    cut, held, reached = np.zeros(k), np.zeros(k, dtype=np.uint8), np.zeros(k, dtype=np.uint8)
    cuts(truth, asked, trial, cut, held, reached)
    return cut.tolist(), held.tolist(), reached.tolist()


def seen(truth: Truth, trial: Trial, cut: float, endpoint: int = 0) -> dict[str, np.ndarray[Any, Any]]:
    n = truth.patients
    out = {"time": np.zeros(n), "status": np.zeros(n, dtype=np.uint8), "arm": np.zeros(n, dtype=np.uint8),
           "stratum": np.zeros(n, dtype=np.int64), "index": np.zeros(n, dtype=np.int64)}  # fmt: skip
    m = observe(truth, trial, endpoint, cut, 0, 1, *out.values())
    return {name: column[:m] for name, column in out.items()}


@cache
def made(scenario: str, resolution: str) -> Truth:
    return truth_arrays(protocol(scenario, resolution=resolution), "s")


def patients(resolution: str, scenario: str = ASSUMED, number: int = 0) -> tuple[Truth, Trial]:
    truth = made(scenario, resolution)
    trial = new_trial(truth)
    generate(truth, 5, 6, number, trial)
    return truth, trial


@pytest.mark.parametrize("resolution", ["day", "continuous"])
def test_event_cuts_count_to_the_event(resolution: str) -> None:
    """At the cut of the k-th event k events are seen, in continuous time just as many; the day before, fewer."""
    for number in range(30):
        truth, trial = patients(resolution, number=number)
        asked = triggers([{"events": k, "look": look} for look, k in enumerate((1, 20, 40, 60), start=1)])
        found, held, reached = cut_at(truth, trial, asked)
        assert reached == [1, 1, 1, 1]
        for k, cut in zip((1, 20, 40, 60), found, strict=True):
            events = int(seen(truth, trial, cut)["status"].sum())
            before = int(
                seen(truth, trial, np.nextafter(cut, 0) if resolution == "continuous" else cut - 1)["status"].sum()
            )
            assert events == k if resolution == "continuous" else events >= k
            assert before < k
            if resolution == "day":
                assert cut == np.floor(cut)
        assert held == [1, 1, 1, 1]


def test_a_comparison_by_subtraction_loses_the_event_that_sets_the_cut() -> None:
    """`time <= cut - entry` misses it in a part of all trials; the sum, by which the cut was found, never does."""
    scenario = """
enrollment: {patients: 518, per_month: [{rate: 10.571}]}
dropout: {hazard: 0.01}
endpoints: {pfs: {old: {median: 29.1}, new: {hazard_ratio: 0.75}}}
"""
    lost = 0
    for number in range(400):
        truth, trial = patients("continuous", scenario, number)
        (cut,), _, _ = cut_at(truth, trial, triggers([{"events": 300}]))
        happened = trial.time[0] <= trial.dropout
        assert int(seen(truth, trial, cut)["status"].sum()) == 300
        assert int(((trial.entry + trial.time[0] <= cut) & happened).sum()) == 300
        lost += int(((trial.time[0] <= cut - trial.entry) & happened).sum()) < 300
    assert 0.10 < lost / 400 < 0.30


def brute(truth: Truth, trial: Trial, row: dict[str, Any]) -> tuple[float, int]:
    """A cut by hand, from the list of everything that happens."""
    inclusive = truth.whole_days
    floor = np.floor if truth.whole_days else (lambda x: x)
    own = trial.time[row.get("endpoint", 0)]
    happened = sorted(
        e + t - inclusive
        for e, t, d in zip(trial.entry, own, trial.dropout, strict=True)
        if t <= d and np.isfinite(e + t)
    )
    waits, events = [], row.get("events", 0)
    when = happened[events - 1] if 0 < events <= len(happened) else INF
    if events:
        waits.append(when)
    if "at" in row:
        waits.append(floor(row["at"]))
    if "follow_up" in row:
        waits.append(max(trial.entry) + floor(row["follow_up"]))
    cut = min((min if row.get("earlier") else max)(waits), floor(row.get("latest", INF)))
    reached = int(not events or (when <= cut and when < INF))
    if np.isinf(cut):
        ends = [e + min(t, d) - inclusive for e, t, d in zip(trial.entry, own, trial.dropout, strict=True)]
        cut = max(end for end in ends if np.isfinite(end))
    return cut, reached


ROWS: list[dict[str, Any]] = [
    {"events": 30},
    {"events": 119},
    {"events": 1000},
    {"events": 30, "at": 400.7},
    {"events": 60, "at": 400.7},
    {"events": 30, "at": 400.7, "earlier": 1},
    {"events": 90, "at": 400.7, "earlier": 1},
    {"events": 1000, "at": 400.7, "earlier": 1},
    {"events": 1000, "at": 400.7, "latest": 900.2},
    {"events": 60, "latest": 300.2},
    {"events": 60, "latest": 3000.2},
    {"at": 300.9},
    {"follow_up": 180.9},
    {"follow_up": 180.9, "events": 80},
    {"follow_up": 180.9, "events": 80, "earlier": 1},
    {"at": 700.3, "follow_up": 100.2, "events": 40},
    {"events": 30, "endpoint": 1},
]


@pytest.mark.parametrize("resolution", ["day", "continuous"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_cut_by_hand(resolution: str, row: dict[str, Any]) -> None:
    for number in range(6):
        truth, trial = patients(resolution, number=number)
        (cut,), (held,), (reached,) = cut_at(truth, trial, triggers([row]))
        assert (cut, reached) == brute(truth, trial, row)
        assert held == 1


def test_never_reached_with_cured_patients() -> None:
    """Cured patients who are never lost say nothing of when all has been seen."""
    scenario = """
enrollment: {patients: 50, duration: 2}
endpoints: {pfs: {old: {median: 5, cure: 0.5}, new: {hazard_ratio: 0.7}}}
"""
    truth, trial = patients("continuous", scenario)
    (cut,), _, (reached,) = cut_at(truth, trial, triggers([{"events": 45}]))
    finite = np.isfinite(trial.time[0])
    assert reached == 0
    assert cut == (trial.entry + trial.time[0])[finite].max()
    found = seen(truth, trial, cut)
    assert found["status"].sum() == finite.sum() < 45
    np.testing.assert_array_equal(found["time"][found["status"] == 0], cut - trial.entry[~finite])


def test_interim_looks_are_held_between_the_one_before_and_the_last() -> None:
    truth, trial = patients("continuous")
    last, _ = brute(truth, trial, {"events": 60})
    early, _ = brute(truth, trial, {"events": 30})
    for rows, expected in (
        ([{"events": 30}, {"events": 30}, {"events": 60}], [1, 0, 1]),  # the same cut twice
        ([{"at": early}, {"at": early - 1}, {"events": 60}], [1, 0, 1]),
        ([{"events": 60}, {"events": 60}], [0, 1]),  # not before the last
        ([{"events": 1000}, {"events": 1000}], [0, 1]),  # neither comes: the last is held when all has been seen
        ([{"at": last + 1}, {"events": 30}, {"events": 60}], [0, 1, 1]),  # one that is not held is no look before
    ):
        asked = triggers([row | {"look": look} for look, row in enumerate(rows, start=1)])
        assert cut_at(truth, trial, asked)[1] == expected


def test_looks_of_another_hypothesis_are_taken() -> None:
    """Whichever comes first in the protocol; each hypothesis holds its looks before its own last one."""
    truth, trial = patients("continuous")
    rows = [
        {"same": 2, "hypothesis": 0, "look": 1, "endpoint": 1},
        {"same": 3, "hypothesis": 0, "look": 2, "endpoint": 1},
        {"events": 30, "hypothesis": 1, "look": 1},
        {"events": 1000, "hypothesis": 1, "look": 2, "latest": 800.0},
    ]
    cut, held, reached = cut_at(truth, trial, triggers(rows))
    assert cut[:2] == cut[2:]
    assert cut[3] == 800.0
    assert held == [1, 1, 1, 1]
    assert reached == [1, 0, 1, 0]


def test_rates_wait_for_patients() -> None:
    truth, trial = patients("continuous")
    (half, whole), held, _ = cut_at(
        truth, trial, triggers([{"events": 60, "endpoint": 2}, {"events": 120, "endpoint": 2, "look": 2}])
    )
    assert (half, whole) == (sorted(trial.entry)[59], trial.entry.max())
    assert held == [1, 1]
    found = seen(truth, trial, half, endpoint=2)
    assert found["index"].size == 60
    np.testing.assert_array_equal(found["status"], trial.response[0][found["index"]])


def test_what_is_seen_by_hand_in_days() -> None:
    """Entry on day 10 and event on day 1 of the patient: day 10 of the calendar. AVAL = ADT - RANDDT + 1."""
    truth, trial = patients("day")
    trial.entry[:5] = [10.0, 10.0, 10.0, 10.0, 11.0]
    trial.time[0, :5] = [1.0, 2.0, 5.0, 5.0, 1.0]
    trial.dropout[:5] = [np.inf, 1.0, 5.0, np.inf, 2.0]
    trial.entry[5:] = np.inf
    expected = {
        9.0: [],
        10.0: [(1.0, 1), (1.0, 0), (1.0, 0), (1.0, 0)],
        11.0: [(1.0, 1), (1.0, 0), (2.0, 0), (2.0, 0), (1.0, 1)],
        13.0: [(1.0, 1), (1.0, 0), (4.0, 0), (4.0, 0), (1.0, 1)],
        14.0: [(1.0, 1), (1.0, 0), (5.0, 1), (5.0, 1), (1.0, 1)],  # an event on the day of loss is an event
    }
    for cut, rows in expected.items():
        found = seen(truth, trial, cut)
        assert list(zip(found["time"], found["status"], strict=True)) == rows
    assert cut_at(truth, trial, triggers([{"events": 2}]))[0] == [11.0]  # two on that day
    assert cut_at(truth, trial, triggers([{"events": 3}]))[0] == [14.0]
    assert cut_at(truth, trial, triggers([{"events": 4}]))[0] == [14.0]
    (cut,), _, (reached,) = cut_at(truth, trial, triggers([{"events": 5}]))
    assert (cut, reached) == (14.0, 0)


def test_patients_of_other_arms_do_not_count() -> None:
    truth, trial = patients("continuous")
    trial.arm[::3] = 2
    (cut,), _, _ = cut_at(truth, trial, triggers([{"events": 25}]))
    found = seen(truth, trial, cut)
    assert found["status"].sum() == 25
    assert (trial.arm[found["index"]] == 1 - found["arm"]).all()
    # follow-up counts from the last entry of all
    assert cut_at(truth, trial, triggers([{"follow_up": 50.0}]))[0] == [trial.entry.max() + 50.0]


SCANNED = """
enrollment: {patients: 150, duration: 12}
dropout: {hazard: 0.02}
courses:
  disease:
    progression_free: pfs
    survival: os
    arms:
      old: {progression: 0.06, death: 0.04, death_after: 0.08}
      new: {hazard_ratio: {progression: 0.6}}
SCANS
"""


@pytest.mark.parametrize("resolution", ["day", "continuous"])
def test_scans(resolution: str) -> None:
    """Progression is seen at a scan, death on its day; else the last scan that was attended is the end."""
    scans = "scans: {pfs: {every: 2}}"
    _, plain = patients(resolution, SCANNED.replace("SCANS", ""))
    truth, trial = patients(resolution, SCANNED.replace("SCANS", scans))
    days = [2 * MONTH * k for k in range(1, 400)]
    days = [np.ceil(day) for day in days] if resolution == "day" else days
    free, death = plain.time
    np.testing.assert_array_equal(trial.time[1], death)
    for i in range(150):
        scan = next(day for day in days if day >= free[i])
        assert trial.time[0, i] == pytest.approx(min(scan, death[i]), rel=1e-14)
    assert (trial.time[0] == death).sum() > (free == death).sum() > 20  # some die between progression and scan
    inclusive = truth.whole_days
    cut = 500.0
    found = seen(truth, trial, cut)
    for j, i in enumerate(found["index"]):
        end = min(trial.dropout[i], cut - trial.entry[i] + inclusive)
        if trial.time[0, i] <= trial.dropout[i] and trial.entry[i] + trial.time[0, i] - inclusive <= cut:
            assert (found["status"][j], found["time"][j]) == (1, trial.time[0, i])
        else:
            last = max([day for day in days if day <= end], default=float(inclusive))
            assert found["status"][j] == 0
            assert found["time"][j] == pytest.approx(last, rel=1e-14)
            assert found["time"][j] <= end


def test_missed_scans_and_listed_ones() -> None:
    """Half of the scans are missed: progression is seen two scans later on average; after the last it never is."""
    base = SCANNED.replace("death: 0.04, death_after: 0.08", "death: 0, death_after: 0.0001")
    truth, trial = patients("continuous", base.replace("SCANS", "scans: {pfs: {every: 1, missed: 0.5}}"))
    _, plain = patients("continuous", base.replace("SCANS", ""))
    waited = np.round(trial.time[0] / MONTH - np.ceil(plain.time[0] / MONTH))
    assert (waited >= 0).all()
    assert 0.7 < waited.mean() < 1.3  # geometric with mean 1
    truth, trial = patients("continuous", base.replace("SCANS", "scans: {pfs: {times: [3, 6, 12]}}"))
    seen_at = {3.0: (0, 3), 6.0: (3, 6), 12.0: (6, 12), np.inf: (12, np.inf)}
    for time, before, death in zip(trial.time[0] / MONTH, plain.time[0] / MONTH, plain.time[1] / MONTH, strict=True):
        low, high = next((span for at, span in seen_at.items() if at == pytest.approx(time)), (12, np.inf))
        assert low < before <= high
        assert time == pytest.approx(min(death, high if high < np.inf else np.inf))  # unseen until death
    found = seen(truth, trial, 5000.0)
    late = found["status"] == 0
    assert set(np.round(found["time"][late] / MONTH, 9)) <= {0.0, 3.0, 6.0, 12.0}
