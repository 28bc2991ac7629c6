"""MaxCombo at several looks: joint distribution, bounds that spend a level, power, against draws of normal vectors."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.information import FlemingHarrington, LogRank, MaxCombo, information
from equipoise.design.max_combo_information import max_combo_bounds, max_combo_power
from equipoise.errors import PlanError
from equipoise.kernels._normal_tails import max_tails

INF = math.inf
MADE = Assumptions(
    Accrual(Steps((6.0, 30.0), (8.0, 20.0)), 528.0),
    (
        Group("control", "", 0.5, Steps((4.0, INF), (0.06, 0.05)), 0.0, Steps.constant(0.005)),
        Group("experimental", "", 0.5, Steps((4.0, INF), (0.06, 0.03)), 0.0, Steps.constant(0.01)),
    ),
)
TWO = information(MADE, MaxCombo(), (24.0, 40.0))
DRAWS = 400_000


def drawn(info, mean):
    values, vectors = np.linalg.eigh(info.correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.random.default_rng(3).standard_normal((DRAWS, values.size)) @ root.T + mean


def test_components_are_the_single_tests():
    for k, pair in enumerate(MaxCombo().weights):
        one = information(MADE, FlemingHarrington(*pair), (24.0, 40.0))
        assert (TWO.component_mean[k], TWO.component_mean[4 + k]) == pytest.approx(one.mean, rel=1e-12)
        # the same weight at two looks: information of the one over the other
        assert TWO.correlation[k, 4 + k] == pytest.approx(math.sqrt(one.fractions[0]), rel=1e-12)
    assert TWO.mean == pytest.approx((max(TWO.component_mean[:4]), max(TWO.component_mean[4:])))
    assert TWO.components[5] == "G(0,1) of look 2"


def test_the_correlation_is_one():
    matrix = TWO.correlation
    assert matrix.shape == (8, 8)
    assert np.array_equal(matrix, matrix.T)
    assert (np.diag(matrix) == 1.0).all()
    assert np.linalg.eigvalsh(matrix).min() > -1e-12
    # G(0,0) is the sum of G(1,0) and G(0,1): the matrix is singular, by one dimension a look
    assert (np.linalg.eigvalsh(matrix)[:2] < 1e-12).all()
    with pytest.raises(ValueError, match="read-only"):
        matrix[0, 1] = 0.0


def test_information_is_not_the_fraction_of_events():
    # Late weights have seen less of their information at the first look than of the events.
    late = information(MADE, FlemingHarrington(0, 1), (24.0, 40.0)).fractions[0]
    assert late < 0.6 * TWO.events[0] / TWO.events[1]


def test_bounds_spend_the_level_and_power_is_that_of_draws():
    bounds = max_combo_bounds(TWO, (0.004, 0.025))
    found = max_combo_power(TWO, bounds)
    assert found.reject_h0 == pytest.approx((0.004, 0.021), abs=1e-8)
    assert found.type_one_error == pytest.approx(0.025, abs=1e-8)
    for mean, reject in ((np.zeros(8), found.reject_h0), (np.array(TWO.component_mean), found.reject_h1)):
        z = drawn(TWO, mean)
        first, second = (
            z[:, part].max(axis=1) >= bound for part, bound in zip((slice(4), slice(4, 8)), bounds, strict=True)
        )
        assert (first.mean(), (~first & second).mean()) == pytest.approx(reject, abs=4 * math.sqrt(0.25 / DRAWS))
    assert found.power == pytest.approx(sum(found.reject_h1))


def test_one_look_is_the_tail_of_the_largest():
    one = information(MADE, MaxCombo(), 40.0)
    bound = max_combo_bounds(one, (0.025,))[0]
    assert max_tails(one.correlation, bound, bound, points=2**16).one_sided == pytest.approx(0.025, rel=1e-3)


def test_a_single_weight_is_an_ordinary_design():
    from equipoise.kernels.group_sequential import crossing_probabilities, upper_bounds

    alone, plain = (information(MADE, s, (24.0, 40.0)) for s in (MaxCombo(((0.0, 0.0),)), LogRank("score")))
    bounds = max_combo_bounds(alone, (0.005, 0.025))
    assert bounds == pytest.approx(upper_bounds(plain.information, (0.005, 0.025)), abs=2e-5)
    reject = crossing_probabilities(plain.information, bounds, None, plain.mean).upper
    assert max_combo_power(alone, bounds).reject_h1 == pytest.approx(reject, abs=2e-5)


def test_no_test_at_a_look():
    last = max_combo_bounds(information(MADE, MaxCombo(), 40.0), (0.025,))[0]
    found = max_combo_power(TWO, (INF, last))
    assert found.reject_h0 == pytest.approx((0.0, 0.025), abs=2e-5)


def test_strata_add_up():
    groups = tuple(replace(g, stratum=name, share=0.5 * g.share) for name in "ab" for g in MADE.groups)
    split = information(replace(MADE, groups=groups), MaxCombo(), (24.0, 40.0))
    assert split.correlation == pytest.approx(TWO.correlation, abs=1e-10)


@pytest.mark.parametrize("spent", [(0.01,), (0.02, 0.01), (0.0, 0.025), (0.01, 1.0), (math.nan, 0.025)])
def test_levels_must_increase(spent):
    with pytest.raises(PlanError, match="level spent"):
        max_combo_bounds(TWO, spent)


def test_bad_input():
    with pytest.raises(PlanError, match="one bound for each look"):
        max_combo_power(TWO, (2.0,))
    with pytest.raises(PlanError, match="one bound for each look"):
        max_combo_power(TWO, (2.0, math.nan))
    with pytest.raises(PlanError, match="not of a MaxCombo"):
        max_combo_power(information(MADE, LogRank("score"), 30.0), (2.0,))
