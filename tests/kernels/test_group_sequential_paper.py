"""Printed tables that any recursive integration must reproduce, and closed forms for one look.

Facts from: Armitage, McPherson and Rowe (1969), table 2; Pocock (1977), table 1; Jennison and Turnbull (2000), Group
Sequential Methods with Applications to Clinical Trials, tables 2.1 to 2.4, 2.9 and 2.12 (O'Brien and Fleming's own
constants of 1979 were simulated; table 2.3 is their test, integrated). Two-sided levels, as printed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from equipoise.design import HaybittlePeto, OBrienFleming, Pocock, WangTsiatis, efficacy_boundaries, sequential_design
from equipoise.kernels.group_sequential import crossing_probabilities, lower_bounds, upper_bounds

REPEATED_5_PERCENT = {1: 0.050, 2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248}
NOMINAL_POCOCK = {
    2: 0.0294, 3: 0.0221, 4: 0.0182, 5: 0.0158, 6: 0.0142, 8: 0.0120, 9: 0.0112, 10: 0.0106, 15: 0.0086,
    20: 0.0075,
}  # fmt: skip
# K: constants at two-sided levels 0.01, 0.05, 0.10
POCOCK = {
    1: (2.576, 1.960, 1.645), 2: (2.772, 2.178, 1.875), 3: (2.873, 2.289, 1.992), 4: (2.939, 2.361, 2.067),
    5: (2.986, 2.413, 2.122), 6: (3.023, 2.453, 2.164), 7: (3.053, 2.485, 2.197), 8: (3.078, 2.512, 2.225),
    9: (3.099, 2.535, 2.249), 10: (3.117, 2.555, 2.270), 15: (3.182, 2.626, 2.344), 20: (3.225, 2.672, 2.392),
}  # fmt: skip
OBRIEN_FLEMING = {
    1: (2.576, 1.960, 1.645), 2: (2.580, 1.977, 1.678), 3: (2.595, 2.004, 1.710), 4: (2.609, 2.024, 1.733),
    5: (2.621, 2.040, 1.751), 6: (2.631, 2.053, 1.765), 7: (2.640, 2.063, 1.776), 8: (2.648, 2.072, 1.786),
    9: (2.654, 2.080, 1.794), 10: (2.660, 2.087, 1.801), 15: (2.681, 2.110, 1.826), 20: (2.695, 2.126, 1.842),
}  # fmt: skip
# K: constants for delta 0.1, 0.25, 0.4 at 0.05
WANG_TSIATIS = {
    2: (1.994, 2.038, 2.111), 3: (2.026, 2.083, 2.186), 4: (2.050, 2.113, 2.233), 5: (2.068, 2.136, 2.267),
}  # fmt: skip
HAYBITTLE_PETO = {2: 1.967, 3: 1.975, 4: 1.983, 5: 1.990}
# K: inflation of the sample size at 0.05, power 0.8 and 0.9
INFLATION_POCOCK = {2: (1.110, 1.100), 3: (1.166, 1.151), 4: (1.202, 1.183), 5: (1.229, 1.207)}
INFLATION_OBRIEN_FLEMING = {2: (1.008, 1.007), 3: (1.017, 1.016), 4: (1.024, 1.022), 5: (1.028, 1.026)}


def equal(looks):
    return [(k + 1) / looks for k in range(looks)]


@pytest.mark.parametrize("looks", REPEATED_5_PERCENT)
def test_repeated_tests_at_5_percent(looks):
    z = np.full(looks, 1.959964)
    found = crossing_probabilities(equal(looks), z, -z)
    assert round(float(found.upper.sum() + found.lower.sum()), 3) == REPEATED_5_PERCENT[looks]


def constants(kind, looks):
    return [efficacy_boundaries(equal(looks), alpha / 2, kind, sides=2).efficacy[-1] for alpha in (0.01, 0.05, 0.10)]


@pytest.mark.parametrize("looks", POCOCK)
def test_pocock(looks):
    np.testing.assert_allclose(constants(Pocock(), looks), POCOCK[looks], rtol=0, atol=5.001e-4)


@pytest.mark.parametrize("looks", NOMINAL_POCOCK)
def test_pocock_nominal_levels(looks):
    found = efficacy_boundaries(equal(looks), 0.025, Pocock(), sides=2)
    assert round(2 * found.nominal_p[0], 4) == NOMINAL_POCOCK[looks]


@pytest.mark.parametrize("looks", OBRIEN_FLEMING)
def test_obrien_fleming(looks):
    np.testing.assert_allclose(constants(OBrienFleming(), looks), OBRIEN_FLEMING[looks], rtol=0, atol=5.001e-4)


@pytest.mark.parametrize("looks", WANG_TSIATIS)
def test_wang_tsiatis(looks):
    found = [
        efficacy_boundaries(equal(looks), 0.025, WangTsiatis(delta), sides=2).efficacy[-1] for delta in (0.1, 0.25, 0.4)
    ]
    np.testing.assert_allclose(found, WANG_TSIATIS[looks], rtol=0, atol=5.001e-4)


@pytest.mark.parametrize("looks", HAYBITTLE_PETO)
def test_haybittle_peto(looks):
    solved = efficacy_boundaries(equal(looks), 0.025, HaybittlePeto(), sides=2)
    assert round(solved.efficacy[-1], 3) == HAYBITTLE_PETO[looks]
    alone = efficacy_boundaries(equal(looks), 0.025, HaybittlePeto(final="unadjusted"), sides=2)
    assert round(alone.efficacy[-1], 4) == 1.9600
    assert 0.025 < alone.alpha_spent[-1] < 0.0275


@pytest.mark.parametrize(("kind", "table"), [(Pocock(), INFLATION_POCOCK), (OBrienFleming(), INFLATION_OBRIEN_FLEMING)])
def test_inflation(kind, table):
    for looks, printed in table.items():
        for power, wanted in zip((0.8, 0.9), printed, strict=True):
            design = sequential_design(equal(looks), 0.025, power=power, efficacy=kind, sides=2)
            assert round(design.inflation_factor, 3) == wanted


@pytest.mark.parametrize("mean", [-8.0, -1.0, 0.0, 2.5, 8.0])
def test_one_look_in_closed_form(mean):
    found = crossing_probabilities([3.0], [2.0], [-0.5], [mean])
    np.testing.assert_allclose(found.upper, ndtr(mean - 2.0), rtol=1e-14)
    np.testing.assert_allclose(found.lower, ndtr(-0.5 - mean), rtol=1e-14)
    np.testing.assert_allclose(upper_bounds([3.0], [0.025], mean=[mean]), mean - ndtri(0.025), rtol=1e-14)
    np.testing.assert_allclose(lower_bounds([3.0], [0.1], [np.inf], [mean]), mean + ndtri(0.1), rtol=1e-13)
    design = sequential_design([1.0], 0.025, power=0.9, efficacy=Pocock())
    assert design.drift == pytest.approx(ndtri(0.975) + ndtri(0.9), abs=1e-12)


def test_lan_demets_at_half_and_at_the_end():
    """The numbers that every group-sequential program prints for two looks at 0.025."""
    from equipoise.design import OBrienFlemingType, Spend

    found = efficacy_boundaries([0.5, 1.0], 0.025, Spend(OBrienFlemingType()))
    assert [round(z, 6) for z in found.efficacy] == [2.962588, 1.968596]
