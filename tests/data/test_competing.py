"""`first_of` with `competing`: what a subject's record becomes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from equipoise.data import load_data, time_to_event
from equipoise.protocol import loads_protocol

TRIAL = """
equipoise: 1
trial: {id: SMALL, title: A small trial}
time: {unit: months, data_unit: days}
arms:
  active:  {label: Active, role: experimental}
  placebo: {label: Placebo, role: control}
populations: {itt: {arm: planned}}
data:
  format: mapped
  tables: {ADSL: {file: a.csv, columns: {USUBJID: id, TRT01P: arm}}}
endpoints:
  relapse: {kind: time_to_event, label: Relapse, source: {file: a.csv, subject: id, time: t1, status: s1, codes: CODES}}
  death:   {kind: time_to_event, label: Death, source: {file: a.csv, subject: id, time: t2, status: s2, codes: CODES}}
  other:   {kind: time_to_event, label: Graft, source: {file: a.csv, subject: id, time: t3, status: s3, codes: CODES}}
  first:   {kind: time_to_event, label: First relapse, source: {first_of: [relapse], competing: [death, other]}}
  nested:  {kind: time_to_event, label: Nested, source: {first_of: [first, other]}}
analysis: {main: {endpoint: first, population: itt, incidence: {}}, rest: {endpoint: nested, population: itt}}
"""
CODES = "{1: event, 2: competing, 0: {as: censored, reason: Seen}}"


def status_of(folder: Path, endpoint: str, *times: tuple[int, int]) -> tuple[float, int]:
    """Time and status of a subject with times and codes of relapse, death and transplant."""
    protocol = loads_protocol(TRIAL.replace("CODES", CODES))
    others = [[100 + k, 0] * 3 for k in range(2)]
    mine = [number for pair in times for number in pair]
    with (folder / "a.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "arm", "t1", "s1", "t2", "s2", "t3", "s3"])
        for k, row in enumerate([mine, *others]):
            writer.writerow([f"S{k}", ("Active", "Placebo")[k % 2], *row])
    frame = time_to_event(protocol, load_data(protocol, folder), endpoint, "itt")
    row = frame.row(0, named=True)
    return row["time"], row["status"]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([(50, 1), (80, 1), (90, 0)], (50, 1)),  # the event comes first
        ([(80, 0), (80, 1), (90, 0)], (80, 2)),  # death without the event competes
        ([(60, 0), (80, 1), (90, 0)], (80, 2)),  # death after the last assessment still does
        ([(80, 1), (80, 1), (90, 0)], (80, 1)),  # on one day the event goes first
        ([(90, 1), (80, 1), (90, 0)], (80, 2)),  # an event recorded after a competing one is too late
        ([(90, 0), (80, 1), (70, 1)], (70, 2)),  # the first of two competing events
        ([(90, 0), (95, 0), (70, 0)], (70, 0)),  # nothing happened: the earliest end of follow-up
        ([(60, 2), (80, 1), (90, 0)], (60, 2)),  # a competing code of the part itself
        ([(90, 0), (80, 2), (85, 0)], (80, 2)),  # and of an endpoint that competes
    ],
)
def test_what_counts(tmp_path: Path, times: list[tuple[int, int]], expected: tuple[float, int]) -> None:
    assert status_of(tmp_path, "first", *times) == expected


def test_competing_events_pass_through_endpoints_made_of_endpoints(tmp_path: Path) -> None:
    assert status_of(tmp_path, "nested", (90, 0), (80, 1), (85, 0)) == (80, 2)
    # Transplant competes in one part and is the event of the other, on the same day: the part declared first speaks.
    assert status_of(tmp_path, "nested", (90, 0), (95, 0), (70, 1)) == (70, 2)
