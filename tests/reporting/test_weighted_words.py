"""Weighted tests and average hazard ratios in the dossier: named in words, without a P that no hypothesis reached."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from equipoise.trial import Trial

TRIAL = """\
equipoise: 1
trial: {id: LATE, title: A late effect}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, value: N}
  old: {label: Old, role: control, value: O}
populations:
  itt: {label: All randomized, arm: planned}
data: {format: mapped, tables: {ADSL: {file: data.csv, columns: {USUBJID: id, TRT01P: arm}}}}
endpoints:
  os:
    kind: time_to_event
    label: Overall survival
    death: true
    source: {file: data.csv, subject: id, time: time, status: status, codes: {1: event, 0: {as: censored, reason: On}}}
analysis:
  main:
    endpoint: os
    population: itt
    test: TEST
    also:
      - {kind: log_rank}
      - {kind: fleming_harrington, rho: 0, gamma: 1}
      - {kind: modestly_weighted, s_star: 0.4}
      - {kind: average_hazard_ratio, horizon: 24}
hypotheses: {h: {analysis: main, alpha_one_sided: 0.025}}
"""


def page(folder: Path, test: str) -> str:
    rng = np.random.default_rng(2)
    with (folder / "data.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "arm", "time", "status"])
        for i in range(300):
            time, end = rng.exponential(400), rng.uniform(760, 1500)
            if i % 2 and time > 100:
                time = 100 + (time - 100) / 0.5
            out.writerow([f"S{i:03d}", "ON"[i % 2], int(min(time, end)) + 1, int(time <= end)])
    (folder / "trial.yaml").write_text(TRIAL.replace("TEST", test))
    trial = Trial.load(folder / "trial.yaml")
    trial.analyze(folder, out=folder / "out")
    text = trial.report(folder / "out").read_text(encoding="utf-8")
    text = re.sub(r"<style.*?</style>|<script.*?</script>|<svg.*?</svg>", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("{kind: max_combo}", "P (MaxCombo)"),
        ("{kind: max_combo, weights: [[0, 0], [0, 0.5]]}", "P (MaxCombo of FH(0, 0), FH(0, 0.5))"),
        ("{kind: modestly_weighted, t_star: 6}", "P (modestly weighted log-rank, t* 6 months)"),
    ],
)
def test_the_dossier_names_the_test_of_a_hypothesis(tmp_path: Path, test: str, words: str) -> None:
    text = page(tmp_path, test)
    assert words in text
    assert len(re.findall(r"P &lt;0\.001|P <0\.001|&lt;0\.001", text)) >= 1
    assert (
        "Supportive tests (log-rank; Fleming-Harrington, rho 0, gamma 1; modestly weighted log-rank, s* 0.4) have no "
        "estimate to show"
    ) in text
    assert re.search(r"Average hazard ratio, up to 24 months 0\.\d\d \(0\.\d\d to 0\.\d\d\)", text)
    assert "from the Kaplan-Meier curves up to the declared horizon of 24 months" in text
