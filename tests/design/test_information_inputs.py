"""Planned statistics: what is refused, and that whatever is not gives finite numbers."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace

import numpy as np
import pytest

from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.expected import expected
from equipoise.design.information import (
    FlemingHarrington,
    LogRank,
    MaxCombo,
    Milestone,
    ModestlyWeighted,
    RestrictedMean,
    information,
)
from equipoise.errors import PlanError

INF = math.inf
ACCRUAL = Accrual(Steps((4.0, 9.0, 20.0), (6.0, 0.0, 15.0)), 189.0)
HAZARDS = (Steps((3.0, 10.0, INF), (0.09, 0.06, 0.03)), Steps((5.0, INF), (0.08, 0.03)))
STRATA = Assumptions(
    ACCRUAL,
    (
        Group("control", "a", 0.3, HAZARDS[0], 0.1, Steps.constant(0.01)),
        Group("experimental", "b", 0.15, Steps.constant(0.1), 0.0, Steps((6.0, INF), (0.0, 0.02))),
        Group("experimental", "a", 0.4, HAZARDS[1], 0.2, Steps.constant(0.03)),
        Group("control", "b", 0.15, Steps.constant(0.14)),
    ),
)
PLAIN = Assumptions(
    ACCRUAL, (Group("control", "", 0.5, HAZARDS[0]), Group("experimental", "", 0.5, HAZARDS[0].times(0.7)))
)
ALL = [
    LogRank(),
    LogRank("freedman"),
    LogRank("hsieh_freedman"),
    LogRank("lachin_foulkes"),
    LogRank("bernstein_lagakos"),
    LogRank("average_hazard_ratio", "mixed"),
    LogRank("score"),
    FlemingHarrington(0.5, 1.0),
    ModestlyWeighted(8.0),
    MaxCombo(),
    RestrictedMean(12.0),
    Milestone(12.0),
]


@pytest.mark.parametrize(
    ("made", "statistic", "times", "code"),
    [
        (PLAIN, LogRank(), (), "plan.time"),
        (PLAIN, LogRank(), (0.0, 3.0), "plan.look_times"),
        (PLAIN, LogRank(), (9.0, 9.0), "plan.look_times"),
        (PLAIN, LogRank(), (9.0, math.nan), "plan.time"),
        (PLAIN, LogRank("cox"), 9.0, "plan.statistic"),  # type: ignore[arg-type]
        (PLAIN, LogRank("score", "none"), 9.0, "plan.statistic"),  # type: ignore[arg-type]
        (PLAIN, LogRank(margin=0.0), 9.0, "plan.margin"),
        (PLAIN, LogRank(margin=math.nan), 9.0, "plan.margin"),
        (PLAIN, LogRank("freedman", margin=1.2), 9.0, "plan.margin"),
        (STRATA, LogRank(), 9.0, "plan.not_proportional"),
        (STRATA, LogRank("lachin_foulkes"), 9.0, "plan.not_proportional"),
        (PLAIN, FlemingHarrington(-1, 0), 9.0, "plan.test_weights"),
        (PLAIN, FlemingHarrington(0, math.nan), 9.0, "plan.test_weights"),
        (PLAIN, ModestlyWeighted(0.0), 9.0, "plan.test_weights"),
        (PLAIN, ModestlyWeighted(INF), 9.0, "plan.test_weights"),
        (PLAIN, MaxCombo(()), 9.0, "plan.test_weights"),
        (PLAIN, MaxCombo(((0, -1),)), 9.0, "plan.test_weights"),
        (PLAIN, MaxCombo(((0, 0),) * 8), tuple(range(5, 10)), "plan.test_weights"),
        (PLAIN, RestrictedMean(12.0), (11.0, 30.0), "plan.horizon"),
        (PLAIN, RestrictedMean(0.0), 30.0, "plan.margin"),
        (PLAIN, RestrictedMean(12.0, margin=13.0), 30.0, "plan.margin"),
        (PLAIN, Milestone(INF), 30.0, "plan.horizon"),
        (PLAIN, Milestone(-1.0), 30.0, "plan.horizon"),
        (PLAIN, Milestone(12.0, margin=1.0), 30.0, "plan.margin"),
    ],
)
def test_bad_input(made, statistic, times, code):
    with pytest.raises(PlanError) as error:
        information(made, statistic, times)
    assert code in [problem.code for problem in error.value.problems]
    assert all(problem.message for problem in error.value.problems)


QUIET = Assumptions(
    ACCRUAL,
    (
        Group("control", "", 0.5, Steps((6.0, INF), (0.0, 0.1))),
        Group("experimental", "", 0.5, Steps((6.0, INF), (0.0, 0.05))),
    ),
)


@pytest.mark.parametrize(
    ("statistic", "times"),
    [(LogRank(), 5.0), (LogRank("score"), 5.0), (LogRank("average_hazard_ratio"), 5.0), (FlemingHarrington(0, 1), 5.0),
     (MaxCombo(), 5.0), (RestrictedMean(4.0), 9.0), (Milestone(4.0), 9.0)],
)  # fmt: skip
def test_looks_before_any_event(statistic, times):
    with pytest.raises(PlanError) as error:
        information(QUIET, statistic, times)
    assert error.value.problems[0].code == "plan.no_events"
    later = information(
        QUIET, statistic if not isinstance(statistic, Milestone | RestrictedMean) else type(statistic)(9.0), 19.0
    )
    assert later.mean[0] > 0.0


def test_an_arm_without_events():
    groups = (PLAIN.groups[0], replace(PLAIN.groups[1], hazard=Steps.constant(0.0)))
    made = replace(PLAIN, groups=groups)
    with pytest.raises(PlanError, match="hazard of one arm is 0"):
        information(made, LogRank("average_hazard_ratio"), 20.0)
    found = information(made, LogRank("score"), 20.0)
    assert found.mean[0] > 0.0
    assert math.isfinite(found.effect[0])


@pytest.mark.parametrize("hazard", [1e-9, 5.0, 300.0])
def test_extreme_hazards_give_numbers(hazard):
    made = replace(
        PLAIN,
        groups=tuple(
            replace(g, hazard=Steps.constant(hazard * r)) for g, r in zip(PLAIN.groups, (1, 0.5), strict=True)
        ),
    )
    for statistic in (
        LogRank(),
        LogRank("score"),
        LogRank("average_hazard_ratio"),
        FlemingHarrington(0, 0.5),
        MaxCombo(),
    ):
        found = information(made, statistic, (10.0, 400.0))
        assert all(math.isfinite(x) for x in (*found.mean, *found.information, *found.effect, *found.events))


def random_trial(rng):
    def steps(scale, zero):
        ends = np.sort(rng.uniform(0.01, 60.0, rng.integers(0, 4)))
        values = scale * 10 ** rng.uniform(-3.0, 1.5, ends.size + 1)
        values[rng.random(values.size) < zero] = 0.0
        return Steps((*ends.tolist(), INF), tuple(values.tolist()))

    strata = int(rng.integers(1, 4))
    share = rng.dirichlet(np.ones(2 * strata))
    return Assumptions(
        Accrual(steps(20.0, 0.1), 10 ** rng.uniform(0.0, 4.0)),
        tuple(
            Group(arm, str(s), share[2 * s + k], steps(0.1, 0.2), rng.choice([0.0, 0.3, 0.9]), steps(0.02, 0.5))
            for s in range(strata)
            for k, arm in enumerate(("control", "experimental"))
        ),
    )


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_assumed_there_are_numbers_or_a_problem(seed):
    rng = np.random.default_rng(seed)
    for _ in range(5):
        with contextlib.suppress(PlanError):
            made = random_trial(rng)
            if rng.random() < 0.5:
                made = made.with_hazard_ratio(10 ** rng.uniform(-1.5, 1.5))
            times = np.sort(10 ** rng.uniform(-0.5, 3.0, 2))
            for statistic in ALL:
                with contextlib.suppress(PlanError):
                    found = information(made, statistic, times)
                    numbers = (found.mean, found.information, found.null_information, found.effect, found.events,
                               found.enrolled, found.spread, found.component_mean)  # fmt: skip
                    assert np.isfinite(np.concatenate(numbers)).all(), statistic
                    assert (np.array(found.information) > 0.0).all()
                    assert found.events == pytest.approx(expected(made, times).events, rel=1e-8, abs=1e-10)
