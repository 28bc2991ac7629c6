"""The plain two-arm way and the general way make the same trials and see the same in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.protocol import load_protocol
from equipoise.simulation.engine import reason_general, unit
from equipoise.simulation.study import Study, study_of

TRIAL = """
equipoise: 1
trial: {{id: PLAIN, title: A plain trial}}
time: {{unit: months, data_unit: days, resolution: {resolution}}}
arms:
  new: {{label: New, role: experimental, ratio: {ratio}}}
  old: {{label: Old, role: control}}
populations:
  itt: {{label: All randomized patients}}
endpoints:
  pfs: {{kind: time_to_event, label: PFS, role: primary, source: {{table: ADTTE, PARAMCD: PFS}}}}
analysis:
  pfs_main: {{endpoint: pfs, population: itt, estimate: {{kind: cox, ties: {ties}}}}}
hypotheses:
  h_pfs: {{analysis: pfs_main, alpha_one_sided: 0.025}}
scenarios:
  planned:
    enrollment: {enrollment}
    dropout: {dropout}
    endpoints: {{pfs: {{old: {old}, new: {new}}}}}
design:
  h_pfs:
    assume: planned
    efficacy: {{spending: obrien_fleming}}
    looks: {looks}
"""
PLAIN: dict[str, Any] = {
    "resolution": "continuous",
    "ratio": 1,
    "ties": "efron",
    "enrollment": "{patients: 203, duration: 20}",
    "dropout": "{hazard: 0.01}",
    "old": "{median: 12}",
    "new": "{hazard_ratio: 0.7}",
    "looks": "[{events: 60}, {events: 120}]",
}
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "few": {"enrollment": "{patients: 11, duration: 4}", "looks": "[{events: 4}, {events: 8}]"},
    "unequal": {"ratio": 2, "new": "{hazard_ratio: [{until: 4, value: 1}, {value: 0.5}]}"},
    "late": {"looks": "[{events: 60}, {events: 190, latest_at: 40}]"},
    "never": {"looks": "[{events: 60}, {events: 171}]", "dropout": "{hazard: 0.008}"},
    "dates": {"looks": "[{at: 15}, {follow_up: 10}]"},
    "whichever": {"looks": "[{events: 50, at: 12, whichever: earlier}, {events: 120, follow_up: 6}]"},
    "pieces": {
        "enrollment": "{patients: 200, per_month: [{until: 3, rate: 4}, {until: 5, rate: 0}, {rate: 12}]}",
        "old": "{hazard: [{until: 3, value: 0.02}, {until: 9, value: 0.1}, {value: 0.05}]}",
        "dropout": "{arms: {old: {hazard: 0.02}, new: {probability: 0.1, by: 12}}}",
    },
}


def study(folder: Path, **changes: Any) -> Study:
    path = folder / "trial.yaml"
    path.write_text(TRIAL.format(**PLAIN | changes))
    return study_of(load_protocol(path), seed=7)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("resolution", ["continuous", "day"])
def test_both_ways_show_the_same(case: str, resolution: str, tmp_path: Path) -> None:
    one = study(tmp_path, resolution=resolution, **CASES[case])
    assert reason_general(one) == ""
    plain, general = unit(one, 5, 305), unit(one, 5, 305, general=True)
    np.testing.assert_array_equal(plain.held, general.held)
    held = plain.held
    np.testing.assert_array_equal(plain.reached, general.reached)
    np.testing.assert_array_equal(plain.enrolled, general.enrolled)
    np.testing.assert_array_equal(plain.events, general.events)
    np.testing.assert_allclose(plain.cut[held], general.cut[held], rtol=1e-12)
    np.testing.assert_allclose(plain.z, general.z, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(plain.information, general.information, rtol=1e-10)
    np.testing.assert_allclose(plain.estimate, general.estimate, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(plain.se, general.se, rtol=1e-9)
    assert held[:, -1].all()


def test_breslow_ties_in_whole_days(tmp_path: Path) -> None:
    one = study(tmp_path, resolution="day", ties="breslow")
    plain, general = unit(one, 0, 100), unit(one, 0, 100, general=True)
    np.testing.assert_allclose(plain.estimate, general.estimate, rtol=1e-10, atol=1e-10)


def test_a_trial_does_not_depend_on_the_others(tmp_path: Path) -> None:
    one = study(tmp_path)
    for general in (False, True):
        whole = unit(one, 0, 60, general=general)
        for start, stop in ((0, 17), (17, 60), (59, 60)):
            part = unit(one, start, stop, general=general)
            for name in ("cut", "z", "estimate", "se", "information", "events"):
                assert np.array_equal(getattr(part, name), getattr(whole, name)[start:stop], equal_nan=True)


OTHER = """
  other:
    extends: planned
    {change}
"""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("endpoints: {pfs: {old: {weibull: {shape: 1.2, median: 12}}, new: {median: 15}}}", "times that are not"),
        ("endpoints: {pfs: {old: {median: 12, cure: 0.2}, new: {hazard_ratio: 0.7}}}", "times that are not"),
        ("endpoints: {pfs: {old: {median: 12, frailty: 0.2}, new: {hazard_ratio: 0.7}}}", "times that are not"),
        ("enrollment: {patients: 203, duration: 20, arrivals: poisson}", "arrivals"),
    ],
)
def test_what_can_not_go_the_plain_way_is_named(change: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_text(TRIAL.format(**PLAIN).replace("\ndesign:", OTHER.format(change=change) + "design:"))
    assert reason_general(study_of(load_protocol(path), scenario="other")).startswith(reason)
