"""A small analyzed trial with subgroups, proportional hazards and competing events, as results and as a bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from equipoise import Trial, read_bundle

DECLARED = """
equipoise: 1
trial: {id: PLOTS, title: "A trial <with> signs & marks"}
time: {unit: months, data_unit: days}
arms:
  old: {label: Old treatment, role: control, value: C}
  new: {label: New & improved, role: experimental, value: T}
factors:
  sex: {label: Sex, column: sex, levels: [F, M]}
populations:
  itt: {label: All randomized, arm: planned}
data: {format: mapped, tables: {ADSL: {file: data.csv, columns: {USUBJID: id, TRT01P: arm}}}}
endpoints:
  pfs:
    kind: time_to_event
    label: Progression-free survival
    source: {file: data.csv, subject: id, time: time, status: status, codes: {0: censored, 1: event, 2: competing}}
analysis:
  main:
    endpoint: pfs
    population: itt
    subgroups: [sex]
    proportional_hazards: {transform: km}
    incidence: {times: [6]}
"""


@pytest.fixture(scope="session")
def trial(tmp_path_factory) -> Trial:
    folder: Path = tmp_path_factory.mktemp("plots")
    random = np.random.default_rng(7)
    rows = ["id,arm,sex,time,status"]
    for number in range(160):
        arm = "TC"[number % 2]
        time = int(random.exponential(400 if arm == "T" else 280)) + 1
        status = int(random.choice([0, 1, 1, 1, 2]))
        rows.append(f"P{number},{arm},{'FM'[int(random.integers(2))]},{min(time, 900)},{status}")
    (folder / "trial.yaml").write_text(DECLARED, encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "data.csv").write_text("\n".join(rows), encoding="utf-8")
    return Trial.load(folder)


@pytest.fixture(scope="session")
def bundle(trial, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "out"
    trial.analyze(out=out)
    return read_bundle(out)
