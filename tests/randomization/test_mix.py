"""Patients of a preview come as a scenario says."""

from __future__ import annotations

from pathlib import Path

import pytest

from equipoise.errors import UsageError
from equipoise.protocol import load_protocol
from equipoise.randomization.mix import Mix, mix_of, site_names
from equipoise.randomization.preview import preview
from equipoise.randomization.scheme import scheme_of

TRIAL = """
equipoise: 1
trial: {id: MIX, title: Unequal strata, planned: 200}
arms: {new: {label: New, role: experimental}, old: {label: Old, role: control}}
factors:
  stage: {label: Stage, column: STAGE, levels: [III, IV]}
  sex: {label: Sex, column: SEX, levels: [F, M]}
populations: {itt: {arm: planned}}
randomization: {procedure: {kind: big_stick}, strata: [stage, sex], sites: true}
scenarios:
  few:
    enrollment: {patients: 200, duration: 10, sites: {A: {share: 8}, B: {share: 1}, C: {share: 1}}}
    strata:
      early: {share: 0.9, levels: {stage: III}}
      late: {share: 0.1, levels: {stage: IV}}
"""


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    path = tmp_path / "trial.yaml"
    path.write_text(TRIAL)
    return path


def test_levels_and_sites_have_their_shares(trial: Path) -> None:
    protocol = load_protocol(trial)
    sites = site_names(protocol, "few")
    assert sites == ("A", "B", "C")
    scheme = scheme_of(protocol, sites=sites)
    mix = mix_of(protocol, scheme, 3, "few")
    n = 40_000
    at = mix.sites(n, 1, 0)
    sex, stage = mix.levels(scheme, n, 1, 0)
    assert at.count(0) / n == pytest.approx(0.8, abs=0.01)
    assert stage.count(1) / n == pytest.approx(0.1, abs=0.01)
    assert sex.count(1) / n == pytest.approx(0.5, abs=0.015)  # left open by the scenario


def test_a_preview_by_scenario_sees_the_large_site(trial: Path) -> None:
    protocol = load_protocol(trial)
    equal = preview(protocol, sites=("A", "B", "C"), trials=100)
    own = preview(protocol, scenario="few", trials=100)
    assert own.sites == 3
    # two sites have few patients, who can't be far out of balance
    few, many = own.one("imbalance_site"), equal.one("imbalance_site")
    assert few.value < many.value - 2 * few.error


def test_equal_chances_without_a_scenario(trial: Path) -> None:
    protocol = load_protocol(trial)
    scheme = scheme_of(protocol, sites=("A", "B"))
    assert mix_of(protocol, scheme, 2, None) == Mix((1.0, 1.0))


def test_an_unknown_scenario_is_refused(trial: Path) -> None:
    with pytest.raises(UsageError, match="no such scenario"):
        preview(load_protocol(trial), sites=("A",), scenario="fwe")
