"""Stage-wise and repeated inference over simulated looks: coverage, medians, and error of the first kind.

The statistics are drawn from their joint distribution, the information of each trial as it comes.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.design.efficacy import Spend
from equipoise.design.spending import OBrienFlemingType, PocockType
from equipoise.monitoring.boundaries import MonitoredDesign, next_bound
from equipoise.monitoring.inference import final_inference, repeated_interval

TRIALS = 3000


def trials(design, theta, seed):
    """Looks of trials whose events over- and under-run: yields the looks held and z at each, until one crosses."""
    rng = np.random.default_rng(seed)
    schedules = []
    for _ in range(8):
        information = [i * rng.uniform(0.85, 1.1) for i in design.information]
        held = []
        for number, value in enumerate(information, start=1):
            held.append(next_bound(design, held, value, planned=number, final=number == design.looks))
        schedules.append(held)
    for trial in range(TRIALS):
        held = schedules[trial % len(schedules)]
        information = np.array([one.information for one in held])
        score = np.cumsum(rng.normal(size=information.size) * np.sqrt(np.diff(information, prepend=0.0)))
        yield held, score / np.sqrt(information) + theta * np.sqrt(information)


@pytest.mark.parametrize("theta", [0.0, 0.12])
@pytest.mark.parametrize("function", [OBrienFlemingType(), PocockType()])
def test_stage_wise_p_is_uniform_and_repeated_intervals_cover(theta, function):
    """P(theta covered) is 95% by stage-wise ordering, the estimate is below theta in half of the trials.

    Coverage is read from P at the true theta: theta lies in the interval where that P is between 0.025 and 0.975.
    """
    design = MonitoredDesign((100.0, 200.0, 300.0), 0.025, Spend(function))
    tails, together, rejected = [], 0, 0
    from equipoise.monitoring.inference import _tail

    for held, z in trials(design, theta, seed=11):
        crossed = [k for k, one in enumerate(held) if z[k] >= one.efficacy_z]
        stop = crossed[0] if crossed else len(held) - 1
        rejected += bool(crossed)
        tails.append(_tail(design, held[: stop + 1], float(z[stop]))(theta))
        limits = [repeated_interval(design, held[: k + 1], float(z[k])) for k in range(len(held))]
        together += all(one.lower <= theta <= one.upper for one in limits)
    tails = np.array(tails)
    error = 3.0 / math.sqrt(TRIALS)
    covered = ((tails > 0.025) & (tails < 0.975)).mean()
    assert covered == pytest.approx(0.95, abs=error * math.sqrt(0.95 * 0.05))
    assert (tails < 0.5).mean() == pytest.approx(0.5, abs=error * 0.5)
    spread = np.sort(tails) - (np.arange(TRIALS) + 0.5) / TRIALS
    assert np.abs(spread).max() < 1.63 / math.sqrt(TRIALS)  # Kolmogorov's 1% limit
    # At all looks together, so at least.
    assert together / TRIALS >= 0.95 - error * math.sqrt(0.95 * 0.05)
    if theta == 0.0:
        assert rejected / TRIALS == pytest.approx(0.025, abs=error * math.sqrt(0.025 * 0.975))


def test_limits_are_where_the_tail_has_its_probability():
    from equipoise.monitoring.inference import _tail

    design = MonitoredDesign((100.0, 200.0, 300.0), 0.025, Spend(OBrienFlemingType()))
    for held, z in list(trials(design, 0.1, seed=5))[:20]:
        crossed = [k for k, one in enumerate(held) if z[k] >= one.efficacy_z]
        stop = crossed[0] if crossed else len(held) - 1
        found = final_inference(design, held[: stop + 1], float(z[stop]))
        tail = _tail(design, held[: stop + 1], float(z[stop]))
        assert tail(found.lower) == pytest.approx(0.025, abs=1e-10)
        assert tail(found.estimate) == pytest.approx(0.5, abs=1e-10)
        assert tail(found.upper) == pytest.approx(0.975, abs=1e-10)
