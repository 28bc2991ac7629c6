"""Who gets which arm, and on what a patient's own numbers do not depend."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from generated import protocol, trials

from equipoise.kernels.philox import philox4x32
from equipoise.protocol.annex import Annex
from equipoise.randomization.keyed import assign
from equipoise.randomization.scheme import scheme_of
from equipoise.randomization.steps import allocate
from equipoise.simulation.truth_arrays import truth_arrays

ASSUMED = "endpoints: {pfs: {old: {median: 10}, new: {hazard_ratio: 0.7}}}\n"
STRATA = """
strata:
  fo: {share: 0.2, levels: {sex: F, age: old}}
  fy: {share: 0.3, levels: {sex: F, age: young}}
  mo: {share: 0.1, levels: {sex: M, age: old}}
  my: {share: 0.4, levels: {sex: M, age: young}}
wrong_strata: 0.1
"""


def enrollment(n: int = 200, more: str = "") -> str:
    return f"enrollment: {{patients: {n}, duration: 12{more}}}\n"


def declared(procedure: str, more: str = "") -> str:
    return f"randomization: {{procedure: {{{procedure}}}, strata: [age, sex]{more}}}"


@pytest.mark.parametrize("arrivals", ["uniform", "poisson", "fixed"])
@pytest.mark.parametrize(("n", "ratio", "counts"), [(200, 1, [100, 100]), (200, 2, [134, 66]), (7, 3, [6, 1])])
def test_exact_shares_without_a_declared_procedure(arrivals: str, n: int, ratio: int, counts: list[int]) -> None:
    truth = truth_arrays(protocol(enrollment(n, f", arrivals: {arrivals}") + ASSUMED, ratio=ratio), "s")
    found = trials(truth, 20)["arm"]
    assert (np.array([np.bincount(row, minlength=2) for row in found]) == counts).all()
    if arrivals == "uniform":  # numbers of patients say nothing of the order in which they come
        assert (found == found[0]).all()
    else:
        assert len({row.tobytes() for row in found}) > 5


def test_random_order_of_one_block() -> None:
    """Each position has each arm as often as its share: 5 of 8, in 4,000 trials."""
    scenario = "enrollment: {patients: 8, duration: 12, arrivals: fixed}\n" + ASSUMED
    truth = truth_arrays(protocol(scenario, ratio=2), "s")
    new = (trials(truth, 4000)["arm"] == 0).mean(axis=0)
    assert np.abs(new - 6 / 8).max() < 4 * np.sqrt(0.75 * 0.25 / 4000)


PROCEDURES = [
    ("kind: complete", 2),
    ("kind: permuted_blocks", 1),
    ("kind: permuted_blocks", 2),
    ("kind: big_stick, mti: 3", 1),
    ("kind: biased_coin", 1),
    ("kind: chen", 1),
    ("kind: wei_urn", 1),
    ("kind: block_urn", 2),
    ("kind: brick_tunnel", 2),
    ("kind: minimization", 2),
    ("kind: minimization, measure: sd, weights: {sex: 2, site: 3}", 1),
]


@pytest.mark.parametrize(("procedure", "ratio"), PROCEDURES)
@pytest.mark.parametrize("by_site", [False, True])
def test_declared_procedures_replayed(procedure: str, ratio: int, by_site: bool) -> None:
    """In order of arrival, by the stratum as it was recorded and the site, with the words of each patient."""
    if not by_site:
        procedure = procedure.replace(", site: 3", "")
    text = declared(procedure, ", sites: true" if by_site else "")
    if "permuted" in procedure:
        text = text.replace("strata:", "annex: a.yaml, strata:")
    if "complete" in procedure:
        text, by_site = "randomization: {procedure: {kind: complete}}", False
    trial = protocol(enrollment(more=", sites: 3") + ASSUMED + STRATA, ratio=ratio, randomization=text)
    annex = Annex(block_sizes=(6, 12)) if "permuted" in procedure else None
    found = trials(truth_arrays(trial, "s", annex=annex), 3, (7, 9))
    scheme = scheme_of(trial, annex=annex, sites=("1", "2", "3"))
    for number in range(3):
        state = scheme.start()
        levels = [(0, 0), (1, 0), (0, 1), (1, 1)]  # age, sex of fo, fy, mo, my
        for i in np.argsort(found["entry"][number]):
            own = [*levels[found["recorded"][number, i]], *([found["site"][number, i]] if by_site else [])]
            own = own if scheme.factors else []

            def supply(digest: int, i: int = int(i), number: int = number) -> list[int]:
                return list(philox4x32(i, 2 | digest << 8, number, 0, 7, 9))

            arm, _ = assign(allocate, scheme.rule.plan, state, scheme.cell([int(one) for one in own]), supply)
            assert ["new", "old"][found["arm"][number, i]] == scheme.arms[arm]


def test_blocks_without_annex_are_exact_shares() -> None:
    text = declared("kind: permuted_blocks").replace("strata:", "annex: a.yaml, strata:")
    found = trials(truth_arrays(protocol(enrollment() + ASSUMED, randomization=text), "s"), 3)["arm"]
    assert (found.sum(axis=1) == 100).all()


def test_levels_that_a_scenario_leaves_open_are_equally_likely() -> None:
    """Blocks of 2 in four strata that the scenario does not know: at most four blocks are unfinished."""
    text = declared("kind: permuted_blocks").replace("strata:", "annex: a.yaml, strata:")
    trial = protocol(enrollment(201) + ASSUMED, randomization=text)
    truth = truth_arrays(trial, "s", annex=Annex(block_sizes=(2,)))
    assert truth.fillers == 4
    differences = np.abs(201 - 2 * trials(truth, 200)["arm"].sum(axis=1))
    assert set(differences) == {1, 3}


def same(one: Any, two: Any, *names: str) -> None:
    for name in names:
        np.testing.assert_array_equal(one[name], two[name])


def test_what_a_patient_does_not_depend_on() -> None:
    """Another endpoint, look, stratum or schedule of scans leaves everybody's entry, arm, loss and primary time."""
    plain = trials(truth_arrays(protocol(enrollment() + ASSUMED), "s"), 5)
    more = ASSUMED.replace(
        "}}}", "}}, os: {old: {median: 20}, new: {median: 25}}, orr: {old: {rate: 0.3}, new: {rate: 0.5}}}"
    )
    richer = trials(truth_arrays(protocol(enrollment() + more), "s"), 5)
    same(plain, richer, "entry", "arm", "dropout")
    np.testing.assert_array_equal(plain["time"][:, 0], richer["time"][:, 0])
    strata = trials(truth_arrays(protocol(enrollment(more=", sites: 5") + ASSUMED + STRATA), "s"), 5)
    same(plain, strata, "entry", "arm", "dropout", "time")
    scanned = trials(truth_arrays(protocol(enrollment() + more + "scans: {pfs: {every: 2, missed: 0.1}}"), "s"), 5)
    same(richer, scanned, "entry", "arm", "dropout", "response")
    np.testing.assert_array_equal(richer["time"][:, 1], scanned["time"][:, 1])
    assert (scanned["time"][:, 0] > plain["time"][:, 0]).all()
    # more patients are more patients: the first are who they were, but for when they come
    longer = trials(truth_arrays(protocol(enrollment(300) + ASSUMED), "s"), 5)
    np.testing.assert_array_equal(plain["time"], longer["time"][:, :, :200])


@pytest.mark.parametrize("resolution", ["day", "continuous"])
def test_trials_do_not_depend_on_those_before(resolution: str) -> None:
    text = declared("kind: block_urn")
    scenario = (
        enrollment(more=", arrivals: poisson, sites: 4") + ASSUMED + STRATA + "scans: {pfs: {every: 2, missed: 0.2}}"
    )
    truth = truth_arrays(protocol(scenario, randomization=text, resolution=resolution), "s")
    whole = trials(truth, 12)
    for start, count in ((0, 5), (5, 4), (9, 3)):
        part = trials(truth, count, start=start)
        for name, rows in part.items():
            np.testing.assert_array_equal(rows, whole[name][start : start + count])
    assert not np.array_equal(whole["time"][0], whole["time"][1])
    beyond = trials(truth, 1, start=2**32)
    assert not np.array_equal(beyond["time"][0], whole["time"][0])


def test_whole_days() -> None:
    """Days are those of continuous time, up to the next; the day of randomization is day 1; entries are days."""
    scenario = enrollment() + ASSUMED + "dropout: {hazard: 0.02}"
    real = trials(truth_arrays(protocol(scenario), "s"), 4)
    days = trials(truth_arrays(protocol(scenario, resolution="day"), "s"), 4)
    np.testing.assert_array_equal(days["entry"], np.floor(real["entry"]))
    for name in ("time", "dropout"):
        np.testing.assert_array_equal(days[name], np.maximum(1.0, np.ceil(real[name])))
    assert (days["time"] >= 1).all()
    same(trials(truth_arrays(protocol(scenario), "s", resolution="day"), 4), days, "entry", "time")
