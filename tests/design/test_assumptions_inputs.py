"""Assumptions: what is refused, all of it at once, and the changes that make new ones."""

from __future__ import annotations

import math

import pytest

from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.errors import PlanError

INF = math.inf


def trial(accrual=None, *, ratio=1.0, control=0.05, experimental=0.04, cure=(0.0, 0.0), dropout=0.01):
    lost = Steps.constant(dropout)
    return Assumptions(
        accrual or Accrual(Steps((10.0, INF), (5.0, 12.0)), 200.0),
        (
            Group("control", "", 1 / (1 + ratio), Steps.constant(control), cure[0], lost),
            Group("experimental", "", ratio / (1 + ratio), Steps.constant(experimental), cure[1], lost),
        ),
    )


def codes(error):
    return [problem.code for problem in error.value.problems]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"accrual": Accrual(Steps((INF,), (0.0,)), 10.0)}, "plan.accrual"),
        ({"accrual": Accrual(Steps((12.0,), (2.0,)), 25.0)}, "plan.accrual"),
        ({"accrual": Accrual(Steps((INF,), (-2.0,)), 25.0)}, "plan.accrual"),
        ({"accrual": Accrual(Steps((INF,), (math.nan,)), 25.0)}, "plan.accrual"),
        ({"accrual": Accrual(Steps((5.0, 5.0), (1.0, 2.0)), 3.0)}, "plan.accrual"),
        ({"accrual": Accrual(Steps((5.0,), (1.0, 2.0)), 3.0)}, "plan.accrual"),
        ({"accrual": Accrual(Steps((), ()), 3.0)}, "plan.accrual"),
        ({"accrual": Accrual(Steps((INF,), (3.0,)), 0.0)}, "plan.patients"),
        ({"accrual": Accrual(Steps((INF,), (3.0,)), math.nan)}, "plan.patients"),
        ({"control": -0.1}, "plan.hazard"),
        ({"control": INF}, "plan.hazard"),
        ({"control": 0.0, "experimental": 0.0}, "plan.hazard"),
        ({"dropout": -0.1}, "plan.dropout"),
        ({"dropout": math.nan}, "plan.dropout"),
        ({"cure": (1.0, 0.2)}, "plan.cure"),
        ({"cure": (-0.1, 0.2)}, "plan.cure"),
        ({"ratio": 0.0}, "plan.groups"),
        ({"ratio": -0.5}, "plan.groups"),
    ],
)
def test_what_is_refused(change, code):
    with pytest.raises(PlanError) as error:
        trial(**change)
    assert code in codes(error)


def test_all_problems_come_at_once():
    with pytest.raises(PlanError) as error:
        trial(Accrual(Steps((INF,), (0.0,)), 10.0), control=-1.0, cure=(0.0, 1.5), dropout=-2.0)
    assert set(codes(error)) == {"plan.accrual", "plan.hazard", "plan.cure", "plan.dropout"}


def test_strata_need_both_arms_and_shares_that_add_up():
    one, two = trial().groups
    with pytest.raises(PlanError, match="one control and one experimental"):
        Assumptions(trial().accrual, (one, one))
    with pytest.raises(PlanError, match="one control and one experimental"):
        Assumptions(trial().accrual, (one,))
    with pytest.raises(PlanError, match="no group"):
        Assumptions(trial().accrual, ())
    half = Group("experimental", "", 0.4, two.hazard)
    with pytest.raises(PlanError, match="add up to 1"):
        Assumptions(trial().accrual, (one, half))
    with pytest.raises(PlanError, match="an arm is"):
        Assumptions(trial().accrual, (one, Group("placebo", "", 0.5, two.hazard)))  # type: ignore[arg-type]


def test_few_patients_end_enrolment_early_and_the_message_says_how_many_come():
    assert trial().accrual.duration == pytest.approx(10 + 150 / 12)
    with pytest.raises(PlanError, match="enroll 24 of 25"):
        trial(Accrual(Steps((12.0,), (2.0,)), 25.0))
    # the end of a file's rounded rate is still the end
    assert Accrual(Steps((3.0,), (100 / 3,)), 100.0).duration == pytest.approx(3.0)


def test_changes():
    base = trial(ratio=2.0)
    assert base.ratio == pytest.approx(2.0)
    assert base.with_patients(400).accrual.duration == pytest.approx(10 + 350 / 12)
    closed = trial(Accrual(Steps((12.0,), (2.0,)), 24.0))
    assert closed.with_patients(48).accrual.duration == pytest.approx(24.0)
    more = base.with_intensity(400)
    assert more.accrual.duration == pytest.approx(base.accrual.duration)
    assert more.accrual.rate.values == pytest.approx((10.0, 24.0))
    assert base.hazard_ratio == pytest.approx(0.8)
    assert base.with_hazard_ratio(0.6).hazard_ratio == pytest.approx(0.6)
    assert base.under_null().hazard_ratio == pytest.approx(1.0)
    assert base.under_null(1.3).hazard_ratio == pytest.approx(1.3)
    for wrong in (0.0, -1.0, math.nan, INF):
        with pytest.raises(PlanError, match="hazard ratio"):
            base.with_hazard_ratio(wrong)
        with pytest.raises(PlanError):
            base.with_intensity(-abs(wrong))


def test_proportional_means_one_ratio_for_all_times_and_strata():
    half = (0.25, 0.25)

    def two_strata(ratios, ends=(6.0, INF)):
        groups = []
        for name, ratio, share in zip("ab", ratios, half, strict=True):
            hazard = Steps(ends, (0.05, 0.03))
            groups.append(Group("control", name, share, hazard))
            groups.append(Group("experimental", name, share, hazard.times(ratio)))
        return Assumptions(trial().accrual, tuple(groups))

    assert two_strata((0.7, 0.7)).hazard_ratio == pytest.approx(0.7)
    assert two_strata((0.7, 0.8)).hazard_ratio is None
    assert two_strata((0.7, 0.7)).strata == ("a", "b")
    assert not trial(cure=(0.2, 0.2)).proportional
    assert not trial(cure=(0.0, 0.2)).proportional
    assert trial(experimental=0.05, cure=(0.2, 0.2)).hazard_ratio == 1.0
    assert trial(experimental=0.05, cure=(0.2, 0.3)).hazard_ratio is None
    assert trial(experimental=0.0).hazard_ratio is None
    # a step of one arm only makes them not proportional, a superfluous one does not
    plain, split = Steps.constant(0.05), Steps((6.0, INF), (0.04, 0.04))
    groups = (Group("control", "", 0.5, plain), Group("experimental", "", 0.5, split))
    assert Assumptions(trial().accrual, groups).hazard_ratio == pytest.approx(0.8)


def test_lists_are_taken():
    steps = Steps([3.0, INF], [0.1, 0.2])  # type: ignore[arg-type]
    assert steps == Steps((3.0, INF), (0.1, 0.2))
    assert (steps.at(1.0), steps.at(3.0), steps.at(3.1)) == (0.1, 0.1, 0.2)
