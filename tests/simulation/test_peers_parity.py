"""A few thousand trials beside two other simulators: rpact, and one in plain numpy that shares nothing with ours.

Their answers are kept in tests/reference/simulation_peers.json; docs/calibration/simulation.md has a million trials.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from equipoise.design.plan import plan_of
from equipoise.kernels.cox import cox
from equipoise.kernels.log_rank import log_rank
from equipoise.protocol.loading import loads_protocol

ROOT = Path(__file__).parents[2]
TRIALS = 8192
# Errors that one of some sixty numbers may be off by chance.
ALLOWED = 3.7


@pytest.fixture(scope="module")
def script() -> ModuleType:
    name = "validate_simulation"
    if str(ROOT / "benchmarks") not in sys.path:
        sys.path.insert(0, str(ROOT / "benchmarks"))
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


KEPT = json.loads((ROOT / "tests" / "reference" / "simulation_peers.json").read_text(encoding="utf-8"))
PAIRS = [(name, test) for name, tests in KEPT["yaml"].items() for test in tests]


@pytest.mark.parametrize(("name", "test"), PAIRS, ids=[f"{name}-{test}" for name, test in PAIRS])
def test_rates_are_those_of_the_second_simulator(script: ModuleType, name: str, test: str) -> None:
    scenario, under = KEPT["simulated_as"][name]
    mine = script.ours(KEPT["yaml"][name][test], TRIALS, scenario=scenario, under=under)
    theirs = {what: script.Measured(*pair) for what, pair in KEPT["independent"][name][test].items()}
    found = script.gaps(mine, theirs)
    assert {"power"} <= set(found)
    assert {what: gap for what, gap in found.items() if abs(gap) > ALLOWED and mine[what].error > 0.0} == {}


@pytest.mark.parametrize("name", ["two_to_one", "two_looks", "piecewise", "weibull"])
def test_rates_are_those_of_rpact_with_its_entries(script: ModuleType, name: str) -> None:
    mine = script.ours_of(name, "log_rank", TRIALS, as_rpact=True)
    found = script.gaps(mine, script.of_rpact(name, KEPT))
    assert {what: gap for what, gap in found.items() if abs(gap) > ALLOWED and mine[what].error > 0.0} == {}


@pytest.mark.parametrize("name", ["reference", "reference_two_looks"])
def test_what_sets_rpact_apart_is_what_it_does_without_the_events(script: ModuleType, name: str) -> None:
    kept = KEPT["independent_as_rpact"][name]
    theirs = script.of_rpact(name, KEPT)["power"]
    assert abs(script.gap_of(theirs, script.Measured(*kept["power"]))) < 3.0
    assert KEPT["independent"][name]["log_rank"]["power"][0] - theirs.value > 0.02


def test_power_is_near_the_formula_of_the_design(script: ModuleType) -> None:
    """Trials of two arms alone, which are fast; the page has all."""
    plain = [case for case in script.design_cases() if "kind: log_rank}" in case[1] and "statistic:" not in case[1]]
    fast = [case for case in plain if "hazard_ratio: [{value" in case[1] and "factors:" not in case[1]]
    assert len(fast) >= 6
    for what, yaml, allowed in fast:
        power = script.ours(yaml, 2 * TRIALS)["power"]
        formula = plan_of(loads_protocol(yaml), "h").probabilities.power
        assert abs(power.value - formula) <= allowed + 3.0 * power.error, what


def test_settings_are_those_that_the_peers_were_run_with(script: ModuleType) -> None:
    kept, now = KEPT["settings"], json.loads(json.dumps(script.SETTINGS))
    assert kept == now
    for name, tests in script.TESTS.items():
        assert KEPT["yaml"][name] == {test: script.yaml_of(now[name], how) for test, how in tests.items()}


@pytest.mark.parametrize("name", ["delayed", "strata_wrong"])
def test_statistics_of_the_second_simulator_are_those_of_the_kernels(script: ModuleType, name: str) -> None:
    simulator = sys.modules["independent_simulator"]
    setting = simulator.setting_of(script.SETTINGS[name])
    people = simulator.people(np.random.default_rng(3), setting, 3)
    weights = {"log_rank": (0.0, 0.0), "fh_0_half": (0.0, 0.5)}
    seen = simulator.look(people, setting, setting.looks[0], weights, ())
    for k in range(3):
        entry, time, loss = people.entry[k], people.time[k], people.loss[k]
        inside = entry <= seen.cut[k]
        event = (time <= loss) & (entry + time <= seen.cut[k])
        follow = np.where(event, time, np.minimum(loss, seen.cut[k] - entry))
        data = follow[inside], event[inside].astype(int), people.arm[k][inside]
        stratum = people.recorded[k][inside]
        assert seen.z["log_rank"][k] == pytest.approx(log_rank(*data, stratum=stratum).z, abs=1e-9)
        late = log_rank(*data, stratum=stratum, rho=0.0, gamma=0.5)
        assert seen.z["fh_0_half"][k] == pytest.approx(late.z, abs=1e-9)
        fit = cox(data[0], data[1], data[2][:, None].astype(float), stratum=stratum, ties="efron")
        assert seen.log_ratio[k] == pytest.approx(fit.coef[0], abs=1e-8)
