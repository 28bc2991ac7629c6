"""Hazards from medians: the matrix exponential and simulated patients have the medians that were asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.errors import SimulationError
from equipoise.simulation.course_solver import course_hazards, survival_medians

CASES = [
    (6.0, 15.0, 0.2),
    (6.0, 6.001, 0.2),
    (29.1, 70.0, 0.0),
    (6.0, 60.0, 0.5),
    (6.0, 7.0, 0.9),
    (6.0, 8.49, 0.8),
    (1e-3, 1.0, 0.3),
    (1e4, 1.5e4, 0.05),
]


def states(hazards, time):
    """Probabilities of free, progressed, dead by Kolmogorov's equations."""
    a, b, c = hazards
    return expm(np.array([[-(a + b), a, b], [0.0, -c, c], [0.0, 0.0, 0.0]]) * time)[0]


@pytest.mark.parametrize(("progression_free", "survival", "share"), CASES)
def test_both_medians_and_the_share_come_back(progression_free, survival, share):
    hazards = course_hazards(progression_free, survival, share)
    assert states(hazards, progression_free)[0] == pytest.approx(0.5, abs=1e-13)
    assert states(hazards, survival)[2] == pytest.approx(0.5, abs=1e-13)
    assert hazards[1] / (hazards[0] + hazards[1]) == pytest.approx(share, abs=1e-15)


def test_equal_hazards_are_no_case_of_their_own():
    """Where all hazards are 1 (no deaths first) death has a gamma law of shape 2: its median is 1.6783469900166608."""
    a, b, c = course_hazards(math.log(2.0), 1.6783469900166608, 0.0)
    assert (a, b) == pytest.approx((1.0, 0.0), abs=1e-15)
    assert c == pytest.approx(1.0, rel=1e-13)


def test_simulated_patients_have_these_medians():
    rng = np.random.default_rng(20)
    n = 400_000
    a, b, c = course_hazards(5.6, 19.0, 0.15)
    free = rng.exponential(1.0 / (a + b), n)
    first = rng.random(n) < b / (a + b)
    dead = np.where(first, free, free + rng.exponential(1.0 / c, n))
    # Three standard errors of a fraction of 1/2.
    for times, median in ((free, 5.6), (dead, 19.0)):
        assert abs((times <= median).mean() - 0.5) < 3.0 * 0.5 / math.sqrt(n)


@pytest.mark.parametrize("share", [0.55, 0.8, 0.99])
def test_the_range_is_that_of_the_message(share):
    low, high = survival_medians(6.0, share)
    assert low == 6.0
    # Nobody dies after progression: half are dead at `high`.
    a, b = (1.0 - share) * math.log(2.0) / 6.0, share * math.log(2.0) / 6.0
    assert states((a, b, 0.0), high)[2] == pytest.approx(0.5, abs=1e-13)
    for median in (low * (1 + 1e-9), 0.5 * (low + high), high * (1 - 1e-9)):
        assert states(course_hazards(6.0, median, share), median)[2] == pytest.approx(0.5, abs=1e-12)
    for median in (low, low * 0.5, high, high * 2.0):
        with pytest.raises(SimulationError, match=rf"above 6 and below {high:.10g}"):
            course_hazards(6.0, median, share)


def test_refusals_say_where():
    with pytest.raises(SimulationError) as caught:
        course_hazards(-1.0, math.nan, 1.0, path="scenarios.base.courses.disease.arms.new")
    assert [problem.code for problem in caught.value.problems] == ["simulation.course"] * 3
    assert caught.value.exit_code == 2
    with pytest.raises(SimulationError, match=r"scenarios\.base.*above 6\b") as caught:
        course_hazards(6.0, 6.0, 0.2, path="scenarios.base")
    assert "below" not in caught.value.problems[0].message
