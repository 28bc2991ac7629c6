"""What must hold for any group-sequential design: its level, its power, its sums, and what a rule means."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from equipoise.design import (
    FixedZ,
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityZ,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    ListedAlpha,
    NoFutility,
    OBrienFleming,
    OBrienFlemingType,
    Pocock,
    PocockType,
    Spend,
    SpendBeta,
    WangTsiatis,
    efficacy_boundaries,
    sequential_design,
)
from equipoise.errors import KernelInputError, PlanError
from equipoise.kernels.group_sequential import conditional_crossing, crossing_probabilities

EFFICACY = [
    Spend(OBrienFlemingType()),
    Spend(HwangShihDeCani(-2.0)),
    Spend(PocockType()),
    Pocock(),
    OBrienFleming(),
    WangTsiatis(0.2),
    HaybittlePeto(),
]
FUTILITY = [
    NoFutility(),
    SpendBeta(OBrienFlemingType()),
    SpendBeta(HwangShihDeCani(-3.0)),
    FutilityHazardRatio(1.0),
    FutilityConditionalPower(0.15),
    FutilityConditionalPower(0.1, "trend"),
    FutilityConditionalPower(0.004, "null"),
]


@st.composite
def fractions(draw):
    steps = draw(st.lists(st.sampled_from([0.1, 0.5, 1.0, 2.0]), min_size=1, max_size=5))
    t = np.cumsum(steps) / np.sum(steps)
    return [*t[:-1].tolist(), 1.0]


@given(fractions(), st.sampled_from(EFFICACY), st.sampled_from(FUTILITY), st.sampled_from([0.8, 0.9]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_level_and_power(t, efficacy, futility, power, binding):
    try:
        design = sequential_design(
            t,
            0.025,
            power=power,
            efficacy=efficacy,
            futility=futility,
            binding=binding,
            log_hazard_ratio_at_bound=math.log(0.7),
        )
    except KernelInputError as error:
        # Stopping for a poor trend after 4% of the information leaves less than alpha under the null hypothesis.
        if not binding or "less probability is left than is to be spent" not in str(error):
            raise
        assume(condition=False)
    bounds = design.boundaries
    upper, lower = np.array(bounds.efficacy), np.array(bounds.futility)
    assert not np.isnan(upper).any()
    assert (lower <= upper).all()
    assert design.power == pytest.approx(power, abs=1e-10)
    deleted = crossing_probabilities(t, upper).upper.sum()
    assert design.type_one_error_ignoring_futility == pytest.approx(deleted, abs=1e-12)
    obeyed = crossing_probabilities(t, upper, lower).upper.sum()
    assert design.type_one_error == pytest.approx(obeyed, abs=1e-12)
    stops = bool((lower[:-1] > -7.0).any())  # below that nobody stops, to the last digit
    if bounds.binding:
        assert obeyed == pytest.approx(0.025, abs=1e-11)
        assert deleted > obeyed or not stops
    else:
        assert deleted == pytest.approx(0.025, abs=1e-11), "type I error with futility deleted equals alpha"
        assert obeyed < 0.025 or not stops, "and with it lies below"
    np.testing.assert_allclose(bounds.alpha_spent, np.cumsum(design.reject_h0 if binding else crossing_probabilities(
        t, upper).upper), rtol=0, atol=1e-11)  # fmt: skip
    for under in ("h0", "h1"):
        assert sum(design.stopping(under)) == pytest.approx(1.0, abs=1e-12)
        assert 0.0 < design.expected_fraction(under) <= 1.0
    if isinstance(futility, SpendBeta):
        assert lower[-1] == upper[-1]
        spent = futility.function.cumulative(t, 1.0 - power)
        np.testing.assert_allclose(bounds.beta_spent, spent, rtol=0, atol=1e-9)
        assert sum(design.reject_h1) + sum(design.futile_h1) == pytest.approx(1.0, abs=1e-11)


@given(fractions(), st.sampled_from([0.4, 0.2, 0.1, 0.03]))
@settings(max_examples=20, deadline=None)
def test_beta_that_is_1_minus_the_power_it_leaves(t, beta):
    """Solving the effect for a power, and the power for that effect, are each other's inverse."""
    efficacy, futility = Spend(OBrienFlemingType()), SpendBeta(KimDeMets(2.0))
    sized = sequential_design(t, 0.025, power=1.0 - beta, efficacy=efficacy, futility=futility)
    back = sequential_design(t, 0.025, mean=sized.mean, efficacy=efficacy, futility=futility)
    assert back.power == pytest.approx(1.0 - beta, abs=1e-9)
    np.testing.assert_allclose(back.boundaries.futility, sized.boundaries.futility, rtol=0, atol=1e-7)
    told = sequential_design(t, 0.025, mean=sized.mean, efficacy=efficacy, futility=SpendBeta(KimDeMets(2.0), beta))
    np.testing.assert_allclose(told.boundaries.futility, sized.boundaries.futility, rtol=0, atol=1e-9)


def test_futility_by_hazard_ratio():
    """At 190 and 379 events, 1:1, HR 1 is z 0 and HR 0.9 is -log(0.9) sqrt(190) / 2."""
    t, events = [190 / 379, 1.0], np.array([190.0, 379.0])
    mean = -math.log(0.75) * np.sqrt(events) / 2
    design = sequential_design(
        t, 0.025, mean=mean, efficacy=Spend(OBrienFlemingType()), futility=FutilityHazardRatio(0.9),
        log_hazard_ratio_at_bound=math.log(0.75),
    )  # fmt: skip
    assert design.boundaries.futility[0] == pytest.approx(-math.log(0.9) * math.sqrt(190) / 2, abs=1e-12)
    assert design.boundaries.futility[1] == -math.inf
    # A delayed effect: none yet at the first look, whose information is told by the last.
    late = sequential_design(
        t, 0.025, mean=[0.0, mean[1]], efficacy=Spend(OBrienFlemingType()), futility=FutilityHazardRatio((0.9,)),
        log_hazard_ratio_at_bound=[0.0, math.log(0.75)],
    )  # fmt: skip
    assert late.boundaries.futility[0] == pytest.approx(design.boundaries.futility[0], abs=1e-12)


@pytest.mark.parametrize("under", ["design", "alternative", "trend", "null"])
def test_futility_by_conditional_power(under):
    t = np.array([0.4, 0.7, 1.0])
    design = sequential_design(
        t, 0.025, power=0.9, efficacy=Spend(OBrienFlemingType()), futility=FutilityConditionalPower(0.1, under)
    )
    upper = design.boundaries.efficacy
    for look in (0, 1):
        z = design.boundaries.futility[look]
        rest = {"trend": z * np.sqrt(t / t[look]), "null": np.zeros(3)}.get(under, np.array(design.mean))
        assert conditional_crossing(t, upper, look, z, rest).upper.sum() == pytest.approx(0.1, abs=1e-10)
    # With one look to come the z of a conditional power has a closed form.
    z, theta = design.boundaries.futility[1], {"null": 0.0}.get(under, design.drift)
    if under != "trend":
        reach = (upper[2] - z * math.sqrt(0.7) - theta * 0.3) / math.sqrt(0.3)
        assert ndtr(-reach) == pytest.approx(0.1, abs=1e-10)


def test_looks_without_a_test():
    t = [0.3, 0.6, 1.0]
    futility_first = sequential_design(
        t, 0.025, power=0.9, efficacy=Spend(OBrienFlemingType()), futility=SpendBeta(HwangShihDeCani(-2.0)),
        active=[False, True, True], futility_active=[True, False, True],
    )  # fmt: skip
    bounds = futility_first.boundaries
    assert bounds.efficacy[0] == math.inf
    assert bounds.nominal_p[0] == 0.0
    assert bounds.futility[1] == -math.inf
    assert bounds.futility_p[1] == 1.0
    assert bounds.alpha_spent[0] == 0.0
    spent = OBrienFlemingType().cumulative(t, 0.025)
    np.testing.assert_allclose(bounds.alpha_spent[1:], spent[1:], rtol=0, atol=1e-15)
    two = efficacy_boundaries([0.6, 1.0], 0.025, Spend(OBrienFlemingType()))
    np.testing.assert_allclose(bounds.efficacy[1:], two.efficacy, rtol=0, atol=1e-10)
    beta = HwangShihDeCani(-2.0).cumulative(t, 0.1)
    np.testing.assert_allclose(bounds.beta_spent, [beta[0], beta[0], 0.1], rtol=0, atol=1e-9)
    shaped = efficacy_boundaries(t, 0.025, Pocock(), active=[True, False, True])
    assert shaped.efficacy[1] == math.inf
    np.testing.assert_allclose(
        np.array(shaped.efficacy)[[0, 2]], efficacy_boundaries([0.3, 1.0], 0.025, Pocock()).efficacy, rtol=0, atol=1e-10
    )


def test_two_sides_share_alpha():
    t, efficacy = [0.5, 0.75, 1.0], Pocock()
    both = sequential_design(t, 0.1, power=0.8, efficacy=efficacy, sides=2)
    z = np.array(both.boundaries.efficacy)
    crossed = crossing_probabilities(t, z, -z)
    assert crossed.upper.sum() == pytest.approx(0.1, abs=1e-12)
    np.testing.assert_allclose(both.reject_h0, both.reject_low_h0, rtol=0, atol=1e-14)
    assert sum(both.futile_h0) == 0.0
    assert 0.0 < sum(both.reject_low_h1) < 1e-3
    alone = efficacy_boundaries(t, 0.1, efficacy, sides=2, other_side="ignored")
    np.testing.assert_array_equal(alone.efficacy, efficacy_boundaries(t, 0.1, efficacy).efficacy)
    assert (np.array(alone.efficacy) > z).all()
    futile = sequential_design(t, 0.025, power=0.8, efficacy=efficacy, sides=2, futility=FutilityZ((0.0, 0.5)))
    np.testing.assert_allclose(
        futile.boundaries.efficacy, efficacy_boundaries(t, 0.025, efficacy, sides=2).efficacy, rtol=0, atol=1e-12
    )
    assert futile.type_one_error < 0.025


def test_kinds_that_do_not_have_the_level_say_so():
    fixed = sequential_design([0.5, 1.0], 0.025, mean=[2.0, 2.9], efficacy=FixedZ((math.inf, 2.5)))
    assert fixed.type_one_error == pytest.approx(ndtr(-2.5), abs=1e-14)
    assert fixed.power == pytest.approx(ndtr(0.4), abs=1e-14)
    alone = efficacy_boundaries([0.5, 1.0], 0.025, HaybittlePeto(final="unadjusted"))
    assert alone.efficacy[-1] == pytest.approx(-ndtri(0.025))
    assert alone.alpha_spent[-1] > 0.0254


def test_no_effect_has_no_inflation():
    flat = sequential_design([0.5, 1.0], 0.025, mean=[0.0, 0.0], efficacy=Pocock())
    assert flat.power == pytest.approx(0.025, abs=1e-12)
    assert flat.inflation_factor == 0.0 or math.isclose(flat.inflation_factor, 0.0, abs_tol=1e-6)
    harm = sequential_design([0.5, 1.0], 0.025, mean=[-8.0, -8.0], efficacy=Pocock(), futility=FutilityZ((0.0,)))
    assert 0.0 <= harm.power < 1e-20


def test_crossing_under_any_effect():
    bounds = sequential_design([0.5, 1.0], 0.025, power=0.9, efficacy=Pocock(), futility=FutilityZ((0.2,))).boundaries
    many = bounds.crossing(np.array([[0.0, 0.0], [2.0, 2.8]]))
    np.testing.assert_allclose(many.upper[0], bounds.crossing().upper, rtol=0, atol=1e-15)
    assert many.upper[1].sum() > 0.6


def test_spending_time_is_not_information():
    time = [0.5, 1.0]
    found = efficacy_boundaries([0.4, 0.8], 0.025, Spend(OBrienFlemingType()), spending_time=time, final=False)
    np.testing.assert_allclose(found.alpha_spent, OBrienFlemingType().cumulative(time, 0.025), rtol=0, atol=1e-15)


THREE = [0.4, 0.7, 1.0]
OBF = Spend(OBrienFlemingType())


@pytest.mark.parametrize(
    ("call", "codes"),
    [
        (lambda: efficacy_boundaries([], 0.025, OBF), {"plan.looks"}),
        (lambda: efficacy_boundaries(np.arange(1, 22) / 21, 0.025, OBF), {"plan.looks"}),
        (lambda: efficacy_boundaries([0.7, 0.4, 1.0], 0.025, OBF), {"plan.fractions"}),
        (lambda: efficacy_boundaries([0.4, 0.4, 1.0], 0.025, OBF), {"plan.fractions"}),
        (lambda: efficacy_boundaries([0.4, 0.9], 0.025, OBF), {"plan.fractions"}),
        (lambda: efficacy_boundaries([0.4, 1.1], 0.025, OBF), {"plan.fractions"}),
        (lambda: efficacy_boundaries([0.0, 1.0], 0.025, OBF), {"plan.fractions"}),
        (lambda: efficacy_boundaries([math.nan, 1.0], 0.025, OBF), {"plan.fractions"}),
        (lambda: efficacy_boundaries(THREE, 0.0, OBF), {"plan.alpha"}),
        (lambda: efficacy_boundaries(THREE, math.nan, OBF), {"plan.alpha"}),
        (lambda: efficacy_boundaries([0.7, 0.4], 0.7, OBF, sides=3), {"plan.fractions", "plan.alpha", "plan.sides"}),
        (lambda: efficacy_boundaries(THREE, 0.025, OBF, active=[True, True]), {"plan.active"}),
        (lambda: efficacy_boundaries(THREE, 0.025, OBF, active=[True, True, False]), {"plan.active"}),
        (lambda: efficacy_boundaries(THREE, 0.025, OBF, lower=[0, 0, 0], sides=2), {"plan.binding"}),
        (lambda: efficacy_boundaries(THREE, 0.025, OBF, lower=[0, 0]), {"plan.futility"}),
        (lambda: efficacy_boundaries(THREE, 0.025, OBF, lower=[0, 0, 2.5]), {"plan.futility"}),
        (lambda: efficacy_boundaries(THREE, 0.025, OBF, lower=[0, 2.9, 0]), {"plan.bounds"}),
        (lambda: efficacy_boundaries(THREE, 0.025, OBF, spending_time=[0.5, 0.4, 1.0]), {"plan.fractions"}),
        (lambda: efficacy_boundaries(THREE, 0.025, FixedZ((2.0, 2.0))), {"plan.bounds"}),
        (lambda: efficacy_boundaries(THREE, 0.025, FixedZ((2.0, math.nan, 2.0))), {"plan.bounds"}),
        (lambda: efficacy_boundaries(THREE, 0.025, WangTsiatis(3.0)), {"plan.bounds"}),
        (lambda: efficacy_boundaries(THREE, 0.025, HaybittlePeto(0.0)), {"plan.bounds"}),
        (lambda: efficacy_boundaries(THREE, 0.001, HaybittlePeto(3.0)), {"plan.bounds"}),
        (lambda: efficacy_boundaries(THREE, 0.025, Spend(ListedAlpha((0.01, 0.02, 0.03)))), {"plan.spending"}),
        (lambda: sequential_design(THREE, 0.025, efficacy=OBF), {"plan.power"}),
        (lambda: sequential_design(THREE, 0.025, power=0.9, mean=[1, 2, 3], efficacy=OBF), {"plan.power"}),
        (lambda: sequential_design(THREE, 0.025, power=0.02, efficacy=OBF), {"plan.power"}),
        (lambda: sequential_design(THREE, 0.025, power=1.0, efficacy=OBF), {"plan.power"}),
        (lambda: sequential_design(THREE, 0.025, power=math.nan, efficacy=OBF), {"plan.power"}),
        (lambda: sequential_design(THREE, 0.025, mean=[1, 2], efficacy=OBF), {"plan.mean"}),
        (lambda: sequential_design(THREE, 0.025, mean=[1, 2, math.nan], efficacy=OBF), {"plan.mean"}),
        (lambda: sequential_design(THREE, 0.025, power=0.9, shape=[1, 1, -1], efficacy=OBF), {"plan.mean"}),
        (
            lambda: sequential_design(THREE, 0.025, power=0.9, efficacy=OBF, futility=FutilityZ((0.0,))),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(THREE, 0.025, power=0.9, efficacy=OBF, futility=FutilityZ((0.0, 3.0))),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(THREE, 0.025, power=0.9, efficacy=OBF, futility=FutilityHazardRatio(1.0)),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(
                THREE,
                0.025,
                power=0.9,
                efficacy=OBF,
                futility=FutilityHazardRatio(-1.0),
                log_hazard_ratio_at_bound=-0.3,
            ),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(
                THREE, 0.025, power=0.9, efficacy=OBF, futility=FutilityHazardRatio(1.0), log_hazard_ratio_at_bound=0.0
            ),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(
                THREE, 0.025, power=0.9, efficacy=OBF, futility=FutilityHazardRatio(0.6), log_hazard_ratio_at_bound=-0.2
            ),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(THREE, 0.025, power=0.9, efficacy=OBF, futility=FutilityConditionalPower(1.5)),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(THREE, 0.025, power=0.9, efficacy=OBF, futility=SpendBeta(PocockType(), 0.2)),
            {"plan.futility"},
        ),
        (
            lambda: sequential_design(
                THREE, 0.025, power=0.9, efficacy=OBF, futility=SpendBeta(PocockType()), sides=2, binding=True
            ),
            {"plan.binding"},
        ),
        (
            lambda: sequential_design(
                THREE, 0.025, power=0.9, efficacy=OBF, futility=SpendBeta(PocockType()), futility_active=[True]
            ),
            {"plan.active"},
        ),
    ],
)
def test_refused_with_a_cure(call, codes):
    with pytest.raises(PlanError) as caught:
        call()
    assert {problem.code for problem in caught.value.problems} == codes
    assert all(problem.cure for problem in caught.value.problems)
