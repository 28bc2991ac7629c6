"""Spending functions: closed forms, what they share, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from equipoise.design import (
    ExponentialType,
    HwangShihDeCani,
    KimDeMets,
    ListedAlpha,
    OBrienFlemingType,
    PocockType,
    UserSpending,
)
from equipoise.errors import PlanError

FAMILIES = [
    OBrienFlemingType(),
    PocockType(),
    KimDeMets(0.5),
    KimDeMets(3.0),
    HwangShihDeCani(-4.0),
    HwangShihDeCani(0.0),
    HwangShihDeCani(2.0),
    HwangShihDeCani(100.0),
    HwangShihDeCani(-100.0),
    ExponentialType(),
    ExponentialType(2.0),
    UserSpending(lambda t, alpha: alpha * t * t, "square"),
]


def name(family):
    return family.label


@pytest.mark.parametrize("family", FAMILIES, ids=name)
@given(st.lists(st.floats(0.0, 1.5), min_size=1, max_size=8), st.sampled_from([1e-6, 0.025, 0.2]))
def test_from_nothing_to_alpha(family, fractions, alpha):
    t = np.sort(fractions)
    spent = family.cumulative(t, alpha)
    assert spent.shape == t.shape
    assert (np.diff(spent) >= 0).all()
    assert ((spent >= 0) & (spent <= alpha)).all()
    assert (spent[t >= 1.0] == alpha).all(), "exactly alpha from 1 on"
    assert (spent[t == 0.0] == 0.0).all()
    np.testing.assert_array_equal(family.cumulative(t[::-1], alpha), spent[::-1])


def test_closed_forms():
    t, alpha = np.array([0.1, 0.5, 0.9]), 0.025
    wanted = {
        OBrienFlemingType(): 2 - 2 * ndtr(ndtri(1 - alpha / 2) / np.sqrt(t)),
        PocockType(): alpha * np.log(1 + (math.e - 1) * t),
        KimDeMets(2.5): alpha * t**2.5,
        HwangShihDeCani(-4.0): alpha * (1 - np.exp(4 * t)) / (1 - np.exp(4)),
        HwangShihDeCani(0.0): alpha * t,
        ExponentialType(0.75): alpha ** (t**-0.75),
    }
    for family, spent in wanted.items():
        np.testing.assert_allclose(family.cumulative(t, alpha), spent, rtol=1e-10, atol=1e-15)


def test_the_obrien_fleming_type_keeps_its_digits_where_the_textbook_form_has_none():
    assert OBrienFlemingType().cumulative([0.01], 0.025)[0] == pytest.approx(2 * ndtr(-22.4140272760), rel=1e-8)
    assert OBrienFlemingType().cumulative([0.01], 0.025)[0] > 0.0


def test_gamma_close_to_0_is_a_straight_line():
    t = np.array([0.2, 0.7])
    for gamma in (1e-300, 1e-13, -1e-13, 1e-9):
        np.testing.assert_allclose(HwangShihDeCani(gamma).cumulative(t, 0.025), 0.025 * t, rtol=1e-8)


def test_listed_by_look():
    listed = ListedAlpha((0.0, 0.01, 0.025))
    np.testing.assert_array_equal(listed.cumulative([0.3, 0.6, 1.0], 0.025), [0.0, 0.01, 0.025])
    np.testing.assert_array_equal(listed.cumulative([0.3, 0.6], 0.025), [0.0, 0.01])
    # An underrun final look is final all the same when its spending time is 1.
    np.testing.assert_array_equal(listed.cumulative([0.3, 1.0], 0.025), [0.0, 0.025])
    assert listed.label == "listed by look (0, 0.01, 0.025)"


@pytest.mark.parametrize(
    "call",
    [
        lambda: KimDeMets(0.0),
        lambda: KimDeMets(math.nan),
        lambda: HwangShihDeCani(101.0),
        lambda: HwangShihDeCani(math.nan),
        lambda: ExponentialType(-1.0),
        lambda: ExponentialType(math.inf),
        lambda: ListedAlpha(()),
        lambda: ListedAlpha((0.02, 0.01)),
        lambda: ListedAlpha((-0.01, 0.025)),
        lambda: ListedAlpha((math.nan, 0.025)),
        lambda: ListedAlpha((0.01, 1.0)),
        lambda: ListedAlpha((0.01, 0.02)).cumulative([0.5, 1.0], 0.025),
        lambda: ListedAlpha((0.01, 0.03)).cumulative([0.5, 1.0], 0.025),
        lambda: ListedAlpha((0.01, 0.025)).cumulative([0.3, 0.5, 1.0], 0.025),
        lambda: UserSpending(lambda t, a: a * (1 - t)).cumulative([0.3, 0.5, 1.0], 0.025),
        lambda: UserSpending(lambda t, a: a * (1.2 - t) if t < 1 else a).cumulative([0.3, 0.5], 0.025),
        lambda: UserSpending(lambda t, a: 2 * a * t).cumulative([0.3, 1.0], 0.025),
        lambda: UserSpending(lambda t, a: 0.9 * a * t).cumulative([0.3, 1.0], 0.025),
        lambda: UserSpending(lambda t, a: math.nan).cumulative([0.3, 1.0], 0.025),
        lambda: UserSpending(lambda t, a: -a * t).cumulative([0.3, 1.0], 0.025),
        lambda: PocockType().cumulative([0.3, 1.0], 0.0),
        lambda: PocockType().cumulative([0.3, 1.0], 1.0),
        lambda: PocockType().cumulative([-0.3, 1.0], 0.025),
        lambda: PocockType().cumulative([math.nan, 1.0], 0.025),
    ],
)
def test_refused_with_a_cure(call):
    with pytest.raises(PlanError) as caught:
        call()
    (problem,) = caught.value.problems
    assert problem.code == "plan.spending"
    assert problem.cure
