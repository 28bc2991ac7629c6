"""Decisions in bulk against the rooms that decide for one trial: `design.multiplicity`, `monitoring.unblinded`."""

from __future__ import annotations

import math
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from designed import GRAPH, HIERARCHY, outcome_of, study_of

from equipoise.design.graph import Graph
from equipoise.design.multiplicity import sequential_graph
from equipoise.design.sequential_p import SequentialHypothesis
from equipoise.monitoring.boundaries import next_bound
from equipoise.monitoring.looks import monitored_design
from equipoise.monitoring.unblinded import Position
from equipoise.monitoring.unblinded import decide as decide_one
from equipoise.simulation.adjusted import adjusted_estimates
from equipoise.simulation.decisions import decide

STOPPED = {"futility boundary crossed", "harm boundary crossed"}


def cuts(study, outcome, t):
    """Cuts in order of time, each with (hypothesis, look from 0, k) of the looks held there."""
    pairs = [
        (outcome.cut[t, k], h, look, k)
        for h, one in enumerate(study.tested)
        for look, k in enumerate(one.ks)
        if outcome.held[t, k]
    ]
    for _, group in groupby(sorted(pairs), key=lambda pair: pair[0]):
        yield [pair[1:] for pair in group]


def usable(outcome, t, k):
    return outcome.held[t, k] and math.isfinite(outcome.z[t, k])


def followed(study, outcome, t, obey):
    """One trial of a hierarchy through `equipoise.monitoring`."""
    names = [one.hypothesis for one in study.tested]
    designs = [monitored_design(one.plan) for one in study.tested]
    looks = [[] for _ in names]
    rejected, futile, stopped, closed = {}, {}, {}, set()
    for cut in cuts(study, outcome, t):
        now = {}
        for h, look, k in cut:
            z = outcome.z[t, k]
            if math.isfinite(z):
                looks[h].append(next_bound(designs[h], looks[h], float(outcome.events[t, k].sum()), planned=look + 1))
            if names[h] in rejected or names[h] in closed:
                continue
            harm = study.protocol.design[names[h]].harm
            low = -math.inf
            if harm is not None and look < len(harm.hazard_ratio) and obey:
                low = -math.log(harm.hazard_ratio[look]) * 0.5 * math.sqrt(outcome.events[t, k].sum())
            if math.isfinite(z):
                now[names[h]] = Position(designs[h], list(looks[h]), z, low)
        found = decide_one(study.protocol, now, list(rejected))
        for h, look, _ in cut:
            name = names[h]
            parents = study.protocol.hypotheses[name].after
            one = found.get(name)
            if one is not None and one.rejected:
                rejected[name] = look + 1
            is_open = all(parent in rejected for parent in parents)
            if name not in closed and rejected.get(name, look + 1) == look + 1 and is_open:
                stopped[name] = look + 1
            if one is not None and one.level > 0.0 and one.text in STOPPED and obey and look + 1 < designs[h].looks:
                closed.add(name)
                if not one.why.startswith("the lower bound of the two-sided test"):
                    futile[name] = look + 1
    return [[found.get(name, 0) for name in names] for found in (rejected, futile, stopped)]


TWO_SIDED = HIERARCHY.replace("alpha_one_sided: 0.025", "alpha_two_sided: 0.05").replace(
    "futility: {hazard_ratio: [1.0]}", "futility: none"
)


@pytest.mark.parametrize(
    ("text", "drift", "lost"),
    [(HIERARCHY, 0.5, 0.0), (HIERARCHY, 2.5, 0.1), (HIERARCHY, 3.2, 0.0), (TWO_SIDED, 2.8, 0.05)],
    ids=["weak", "lost", "strong", "two_sided"],
)
def test_a_hierarchy_with_futility_is_that_of_monitoring(text, drift, lost):
    study = study_of(text)
    outcome = outcome_of(study, 60, seed=int(10 * drift), drift=drift, jitter=0.08, lost=lost)
    if text is TWO_SIDED:
        outcome.z[:10] *= -2.0
    found = decide(study, outcome)
    assert text is HIERARCHY or ((found.stopped[:10, 0] == 1) & (found.futile[:10, 0] == 0)).any()
    for t in range(60):
        rejected, futile, stopped = followed(study, outcome, t, obey=True)
        assert found.rejected[t].tolist() == rejected, t
        assert found.futile[t].tolist() == futile, t
        assert found.stopped[t].tolist() == stopped, t
    assert (found.rejected > 0).any()
    assert (found.futile > 0).any()


def test_what_would_be_rejected_if_nobody_stopped_for_futility():
    study = study_of(HIERARCHY)
    outcome = outcome_of(study, 400, seed=5, drift=2.0, jitter=0.05)
    found = decide(study, outcome)
    assert ((found.rejected > 0) <= (found.rejected_ignoring > 0)).all()
    assert ((found.rejected_ignoring > 0).sum(axis=0) > (found.rejected > 0).sum(axis=0)).any()
    none = decide(study_of(HIERARCHY.replace("    futility: {hazard_ratio: [1.0]}\n", "")
                           .replace("    futility: {conditional_power: 0.05}\n", "")
                           .replace("    harm: {hazard_ratio: [1.3, 1.2]}\n", "")), outcome)  # fmt: skip
    assert np.array_equal(none.rejected, found.rejected_ignoring)
    assert not none.futile.any()


@pytest.mark.parametrize("look_back", [False, True])
@pytest.mark.parametrize("drift", [0.8, 2.3])
def test_a_graph_is_that_of_the_design_room(look_back, drift):
    study = study_of(GRAPH.replace("BACK", str(look_back).lower()))
    outcome = outcome_of(study, 120, seed=3, drift=drift, jitter=0.1, lost=0.05)
    found = decide(study, outcome)
    declared = study.protocol.multiplicity
    graph = Graph(declared.weights, declared.transitions)
    names = [one.hypothesis for one in study.tested]
    some = 0
    for t in range(120):
        hypotheses, alone = {}, {}
        for one in study.tested:
            ks = [k for k in one.ks if usable(outcome, t, k)]
            if not ks:
                break
            planned = monitored_design(one.plan).information
            seen = [float(outcome.events[t, k].sum()) for k in ks]
            time = [min(planned[one.ks.index(k)], i) / planned[-1] for k, i in zip(ks, seen, strict=True)]
            if ks[-1] == one.ks[-1]:
                time[-1] = 1.0
            hypotheses[one.hypothesis] = SequentialHypothesis(tuple(seen), one.plan.test.efficacy, tuple(time))
            alone[one.hypothesis] = ks
        if len(alone) < 3:
            continue
        z = {name: [] for name in names}
        order = []
        for cut in cuts(study, outcome, t):
            here = {names[h]: k for h, _, k in cut if usable(outcome, t, k)}
            if here:
                order.append({names[h]: look + 1 for h, look, _ in cut})
                for name in names:
                    z[name].append(float(outcome.z[t, here[name]]) if name in here else None)
        said = sequential_graph(graph, declared.alpha, hypotheses, z, look_back=look_back)
        expected = {}
        for name, step in said.rejected:
            seen = [row[name] for row in order[:step] if name in row]
            expected[name] = max(seen)
        assert {name: look for name, look in zip(names, found.rejected[t].tolist(), strict=True) if look} == expected, t
        some += len(expected) > 1
    assert some >= (3 if drift < 1.0 else 20)
    assert np.array_equal(found.rejected, found.rejected_ignoring)
    levels = found.level[found.level > 0.0]
    assert levels.min() >= 0.0025 - 1e-12
    assert levels.max() <= 0.025 + 1e-12


def test_trials_without_a_statistic_count_as_not_rejected():
    study = study_of(HIERARCHY)
    outcome = outcome_of(study, 50, seed=8, drift=9.0)
    k = study.tested[0].ks
    outcome.z[:10, list(k)] = np.nan
    outcome.z[10:20, k[1]] = np.nan
    found = decide(study, outcome)
    assert (found.rejected[:10] == 0).all()
    assert found.degenerate[:10, 0].all()
    assert (found.stopped[:10, 0] == 2).all()
    assert (found.stopped[:10, 1:] == 0).all()
    assert (found.rejected[10:20, 0] == 1).all()
    assert not found.degenerate[10:].any()
    assert (found.bound[:10, list(k)] == np.inf).all()


@pytest.mark.parametrize("text", [HIERARCHY, GRAPH.replace("BACK", "false")], ids=["hierarchy", "graph"])
def test_a_trial_is_decided_alike_whatever_trials_are_beside_it(text):
    study = study_of(text)
    outcome = outcome_of(study, 300, seed=31, drift=2.4, jitter=0.03, lost=0.05)
    whole = decide(study, outcome)
    adjusted = adjusted_estimates(study, outcome, whole)
    for some in (slice(7, 8), slice(100, 233)):
        part = outcome._replace(**{name: value[some] for name, value in outcome._asdict().items() if name != "start"})
        found = decide(study, part)
        for one, other in zip(found, whole, strict=True):
            assert np.array_equal(one, other[some])
        for one, other in zip(adjusted_estimates(study, part, found), adjusted, strict=True):
            assert np.array_equal(one, other[some], equal_nan=True)
