"""Adjusted estimates in bulk against `monitoring.inference`, one trial at a time."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from designed import HIERARCHY, outcome_of, study_of

from equipoise.monitoring.boundaries import next_bound
from equipoise.monitoring.inference import final_inference
from equipoise.monitoring.looks import monitored_design
from equipoise.simulation.adjusted import adjusted_estimates, stagewise
from equipoise.simulation.decisions import decide

TAILS = (0.025, 0.5, 0.975)
ONE = HIERARCHY.replace("looks: [{events: 165}, {events: 330}]", "looks: [LOOKS]", 1)


def changed(looks, *pairs):
    text = ONE.replace("LOOKS", looks)
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return study_of(text)


@pytest.mark.parametrize(
    ("looks", "pairs"),
    [
        ("{events: 165}, {events: 330}", ()),
        (
            "{events: 100}, {events: 200}, {events: 330}",
            (("hazard_ratio: [1.0]", "hazard_ratio: [1.0, 1.0], binding: true"),),
        ),
        (
            "{events: 110}, {events: 220}, {events: 330}",
            (("alpha_one_sided: 0.025", "alpha_two_sided: 0.05"), ("{hazard_ratio: [1.0]}", "none")),
        ),
        (
            "{events: 110}, {events: 220}, {events: 330}",
            (("spending: obrien_fleming", "boundary: pocock"), ("{hazard_ratio: [1.0]}", "none")),
        ),
    ],
    ids=["two", "binding", "two_sided", "pocock"],
)
def test_stagewise_estimates_are_those_of_monitoring(looks, pairs):
    study = changed(looks, *pairs)
    if len(study.tested[0].plan.fractions) == 2:
        jitter, drift = 0.1, 1.5
    else:
        jitter, drift = 0.06, 2.6
    outcome = outcome_of(study, 60, seed=4, jitter=jitter, drift=drift)
    decisions = decide(study, outcome)
    found = stagewise(study, outcome, decisions, 0, TAILS)
    one = study.tested[0]
    design = monitored_design(one.plan)
    adjusted = adjusted_estimates(study, outcome, decisions)
    late = 0
    for t in range(60):
        held = []
        end = int(decisions.stopped[t, 0])
        for look in range(end):
            held.append(next_bound(design, held, float(outcome.events[t, one.ks[look]].sum()), planned=look + 1))
        k = one.ks[end - 1]
        said = final_inference(design, held, float(outcome.z[t, k]), conf_level=0.95)
        root = math.sqrt(held[-1].information)
        assert found[t] == pytest.approx([said.lower * root, said.estimate * root, said.upper * root], abs=1e-8)
        # z is minus the log hazard ratio in standard errors, exactly so in these trials.
        assert adjusted.estimate[t, 0] == pytest.approx(-2.0 * said.estimate, abs=1e-9)
        assert adjusted.lower[t, 0] == pytest.approx(-2.0 * said.upper, abs=1e-9)
        assert adjusted.upper[t, 0] == pytest.approx(-2.0 * said.lower, abs=1e-9)
        late += end > 1
    assert late > 10


def test_without_a_bound_before_it_the_estimate_stays():
    study = study_of(HIERARCHY)
    outcome = outcome_of(study, 200, seed=9, drift=2.8)
    decisions = decide(study, outcome)
    found = adjusted_estimates(study, outcome, decisions)
    first = decisions.stopped[:, 0] == 1
    k = study.tested[0].ks[0]
    assert found.estimate[first, 0] == pytest.approx(outcome.estimate[first, k], abs=1e-12)
    assert found.upper[first, 0] == pytest.approx(outcome.estimate[first, k] + 1.959963984540054 * outcome.se[first, k])
    never = decisions.stopped[:, 2] == 0
    assert never.any()
    assert np.isnan(found.estimate[never, 2]).all()
    assert np.isnan(found.lower[never, 2]).all()


def test_the_median_is_unbiased_and_the_interval_covers():
    # Futility is not counted on: the law is that of trials that obey the efficacy bound alone.
    study = changed("{events: 165}, {events: 330}", ("spending: obrien_fleming", "spending: pocock"),
                    ("{hazard_ratio: [1.0]}", "none"))  # fmt: skip
    drift, trials = 2.8, 3000
    outcome = outcome_of(study, trials, seed=11, drift=drift)
    decisions = decide(study, outcome)
    found = adjusted_estimates(study, outcome, decisions)
    true = -2.0 * drift / math.sqrt(330.0)
    error = 3.0 * math.sqrt(0.25 / trials)
    assert np.mean(found.estimate[:, 0] > true) == pytest.approx(0.5, abs=error)
    covered = (found.lower[:, 0] <= true) & (true <= found.upper[:, 0])
    assert covered.mean() == pytest.approx(0.95, abs=3.0 * math.sqrt(0.95 * 0.05 / trials))
    naive = outcome.estimate[np.arange(trials), decisions.stopped[:, 0] - 1]
    spread = 3.0 * naive.std() / math.sqrt(trials)
    assert naive.mean() < true - spread
    assert naive.mean() < found.estimate[:, 0].mean()
