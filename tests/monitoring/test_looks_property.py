"""What must hold of bounds, conditional power and final inference whatever the numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from equipoise.design.efficacy import FixedZ, HaybittlePeto, OBrienFleming, Pocock, Spend, WangTsiatis
from equipoise.design.futility import FutilityConditionalPower, FutilityHazardRatio, FutilityZ, SpendBeta
from equipoise.design.spending import HwangShihDeCani, ListedAlpha, OBrienFlemingType, PocockType
from equipoise.errors import PlanError
from equipoise.kernels.group_sequential import crossing_probabilities
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, bounds_at_level, next_bound, planned_rest
from equipoise.monitoring.conditional import (
    EffectPrior,
    conditional_power,
    predictive_power,
    z_of_conditional_power,
)
from equipoise.monitoring.inference import final_inference, repeated_interval, repeated_p_value

OF = Spend(OBrienFlemingType())
PLAN = MonitoredDesign((132.0, 248.0, 330.0), 0.025, OF, mean=tuple(0.15 * math.sqrt(i) for i in (132.0, 248.0, 330.0)))
KINDS = [OF, Spend(PocockType()), Spend(HwangShihDeCani(-4.0)), Pocock(), OBrienFleming(), WangTsiatis(0.2),
         HaybittlePeto(), Spend(ListedAlpha((0.001, 0.01, 0.025)))]  # fmt: skip


def hold(design: MonitoredDesign, information: list[float], planned: list[int | None]) -> list[HeldLook]:
    held: list[HeldLook] = []
    for value, number in zip(information, planned, strict=True):
        held.append(next_bound(design, held, value, planned=number))
    return held


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.label)
@pytest.mark.parametrize("sides", [1, 2])
def test_alpha_is_spent_whatever_came(kind: object, sides: int) -> None:
    """Looks early, late, unplanned, too few and too many events: alpha is spent, never more; held bounds stay."""
    design = replace(PLAN, efficacy=kind, sides=sides)
    schedules: list[tuple[list[float], list[int | None]]] = [
        ([132.0, 248.0, 330.0], [1, 2, 3]),
        ([100.0, 300.0, 361.0], [1, 2, 3]),
        ([160.0, 200.0, 290.0], [1, None, 3]),
        ([132.0, 180.0, 248.0, 345.0], [1, None, 2, 3]),
        ([210.0, 320.0], [2, 3]),
    ]
    for information, planned in schedules:
        held: list[HeldLook] = []
        for value, number in zip(information, planned, strict=True):
            before = tuple(held)
            held.append(next_bound(design, held, value, planned=number))
            assert tuple(held[:-1]) == before
        assert held[-1].alpha_spent == pytest.approx(0.025, abs=1e-11)
        assert all(a.alpha_spent <= b.alpha_spent for a, b in pairwise(held))
        assert all(a.spending_time <= b.spending_time for a, b in pairwise(held))
        upper = [one.efficacy_z for one in held]
        crossed = crossing_probabilities(information, upper, [-z for z in upper] if sides == 2 else None)
        assert crossed.upper.sum() == pytest.approx(0.025, abs=1e-11)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.label)
def test_looks_as_planned_have_the_bounds_of_the_plan(kind: object) -> None:
    from equipoise.design.boundaries import efficacy_boundaries

    design = replace(PLAN, efficacy=kind)
    held = hold(design, [132.0, 248.0, 330.0], [1, 2, 3])
    planned = efficacy_boundaries([132 / 330, 248 / 330, 1.0], 0.025, kind)  # type: ignore[arg-type]
    assert [one.efficacy_z for one in held] == pytest.approx(list(planned.efficacy), abs=1e-8)
    assert bounds_at_level(design, held, 0.025) == pytest.approx(held)


def test_bounds_left_alone_cost_what_they_cost() -> None:
    unadjusted = replace(PLAN, efficacy=HaybittlePeto(3.0, "unadjusted"))
    held = hold(unadjusted, [132.0, 248.0, 330.0], [1, 2, 3])
    assert [one.efficacy_z for one in held] == pytest.approx([3.0, 3.0, 1.959963984540054])
    assert 0.025 < held[-1].alpha_spent < 0.027
    listed = replace(PLAN, efficacy=FixedZ((3.5, 2.5, 2.0)))
    held = hold(listed, [100.0, 150.0, 260.0, 340.0], [1, None, 2, 3])
    assert [one.efficacy_z for one in held] == [3.5, math.inf, 2.5, 2.0]


def test_spending_never_goes_back() -> None:
    """An unplanned look after a late interim look spends nothing more than the time it stands at."""
    held = hold(PLAN, [131.0], [1])
    late = next_bound(PLAN, held, 240.0)
    assert late.spending_time == pytest.approx(240 / 330)
    after = next_bound(PLAN, [*held, late], 260.0, planned=2)
    assert after.spending_time == pytest.approx(248 / 330)
    skipped = next_bound(PLAN, [next_bound(PLAN, [], 260.0, planned=1)], 280.0, planned=2)
    assert skipped.spending_time == pytest.approx(248 / 330)


def test_nothing_is_left_for_a_planned_look_after_a_later_one() -> None:
    """An unplanned look late in the trial has spent more than the planned one after it may."""
    held = [next_bound(PLAN, [], 300.0)]
    planned = next_bound(PLAN, held, 310.0, planned=2)
    assert planned.efficacy_z == math.inf
    assert "nothing more" in planned.how
    last = next_bound(PLAN, [*held, planned], 330.0, final=True)
    assert last.alpha_spent == pytest.approx(0.025, abs=1e-11)


def test_a_look_that_may_not_stop_keeps_its_alpha() -> None:
    design = replace(PLAN, active=(False, True, True))
    held = hold(design, [132.0, 248.0, 330.0], [1, 2, 3])
    assert held[0].efficacy_z == math.inf
    assert held[0].alpha_spent == 0.0
    assert held[1].alpha_spent == pytest.approx(float(OF.function.cumulative(np.array([248 / 330]), 0.025)[0]))


def test_futility_bounds_at_actual_information() -> None:
    beta = replace(PLAN, futility=SpendBeta(OBrienFlemingType()), beta=0.1)
    one = next_bound(beta, [], 120.0, planned=1)
    mean = np.array(beta.mean_at([120.0]))
    crossed = crossing_probabilities([120.0], [one.efficacy_z], [one.futility_z], mean)
    expected = float(OBrienFlemingType().cumulative(np.array([120 / 330]), 0.1)[0])
    assert crossed.lower[0] == pytest.approx(expected, abs=1e-12)
    assert one.efficacy_z == pytest.approx(next_bound(PLAN, [], 120.0, planned=1).efficacy_z)
    ratio = replace(PLAN, futility=FutilityHazardRatio((1.0, 0.9)))
    held = hold(ratio, [120.0, 250.0, 330.0], [1, 2, 3])
    assert held[0].futility_z == 0.0
    assert held[1].futility_z == pytest.approx(-math.log(0.9) * math.sqrt(250) / 2)
    assert held[2].futility_z == -math.inf
    z = replace(PLAN, futility=FutilityZ((0.0, 0.5)), futility_active=(True, False, True))
    assert [h.futility_z for h in hold(z, [120.0, 250.0], [1, 2])] == [0.0, -math.inf]


def test_binding_futility_makes_efficacy_easier_and_keeps_alpha() -> None:
    binding = replace(PLAN, futility=FutilityZ((0.5, 1.0)), binding=True)
    held = hold(binding, [132.0, 248.0, 330.0], [1, 2, 3])
    free = hold(replace(binding, binding=False), [132.0, 248.0, 330.0], [1, 2, 3])
    assert held[-1].efficacy_z < free[-1].efficacy_z
    lower = [one.futility_z for one in held]
    crossed = crossing_probabilities([132.0, 248.0, 330.0], [one.efficacy_z for one in held], lower)
    assert crossed.upper.sum() == pytest.approx(0.025, abs=1e-11)


@pytest.mark.parametrize("under", ["null", "design", "trend"])
def test_futility_by_conditional_power(under: str) -> None:
    design = replace(PLAN, futility=FutilityConditionalPower(0.2, under))  # type: ignore[arg-type]
    look = next_bound(design, [], 132.0, planned=1)
    name = "h0" if under == "null" else under
    power = conditional_power(replace(design, futility=None), [look], look.futility_z, name).total  # type: ignore[arg-type]
    assert power == pytest.approx(0.2, abs=1e-9)
    assert z_of_conditional_power(PLAN, [], look, 0.0, "h0") == -math.inf


def test_conditional_power_averages_to_power() -> None:
    """Averaged over the first look, what the rest adds is the power at later looks: an independent integral."""
    held = hold(PLAN, [132.0], [1])
    rest = planned_rest(PLAN, held)
    looks = [*held, *rest]
    mean = PLAN.mean_at([one.information for one in looks])
    upper = [one.efficacy_z for one in looks]
    power = crossing_probabilities([one.information for one in looks], upper, None, mean).upper
    z = np.linspace(mean[0] - 9.0, held[0].efficacy_z, 801)
    weight = np.full(z.size, z[1] - z[0])
    weight[1:-1:2] *= 4.0 / 3.0
    weight[2:-1:2] *= 2.0 / 3.0
    weight[[0, -1]] /= 3.0
    density = np.exp(-0.5 * (z - mean[0]) ** 2) / math.sqrt(2.0 * math.pi)
    conditional = np.array([conditional_power(PLAN, held, float(value), "design").total for value in z])
    assert float((weight * density * conditional).sum()) == pytest.approx(float(power[1:].sum()), abs=1e-8)


@pytest.mark.parametrize("prior", [None, EffectPrior(1.0, 4.0), EffectPrior(0.8, 50.0), EffectPrior(1.2, 4000.0)])
def test_predictive_power_of_one_look_to_come_is_a_normal_probability(prior: EffectPrior | None) -> None:
    from scipy.special import ndtr

    design = MonitoredDesign((100.0, 400.0), 0.025, OF)
    held = [next_bound(design, [], 100.0, planned=1)]
    final = planned_rest(design, held)[0]
    found = predictive_power(design, held, 1.3, prior)
    events = 0.0 if prior is None else prior.events
    before = 0.0 if prior is None else -math.log(prior.hazard_ratio) / 2
    precision = 100.0 + events
    mean = (events * before + 10.0 * 1.3) / precision
    need = final.efficacy_z * 20.0 - 1.3 * 10.0
    expected = ndtr((300.0 * mean - need) / math.sqrt(300.0 + 300.0**2 / precision))
    assert found.total == pytest.approx(float(expected), abs=1e-12)
    assert (found.mean, found.sd) == pytest.approx((mean, precision**-0.5))


@pytest.mark.parametrize("information", [2.0, 4.0, 12.0])
@pytest.mark.parametrize("z", [-6.0, 0.0, 6.0])
def test_very_early_looks_have_chances_too(information: float, z: float) -> None:
    held = [next_bound(PLAN, [], information)]
    for under in ("h0", "design", "trend"):
        assert 0.0 <= conditional_power(PLAN, held, z, under).total <= 1.0
    assert 0.0 <= predictive_power(PLAN, held, z).total <= 1.0
    flat = predictive_power(PLAN, held, 6.0)
    assert flat.total > 0.99
    assert final_inference(PLAN, held, z).lower < z / math.sqrt(information)
    final = next_bound(PLAN, held, 330.0, final=True)
    found = final_inference(PLAN, [*held, final], z)
    assert found.lower < found.estimate < found.upper
    assert found.estimate == pytest.approx(z / math.sqrt(330), abs=1e-4)


def test_a_strong_prior_is_conditional_power() -> None:
    held = hold(PLAN, [132.0], [1])
    ratio = math.exp(-0.15 / 0.5)
    sure = predictive_power(PLAN, held, 1.0, EffectPrior(ratio, 1e9))
    assert sure.by_look == pytest.approx(conditional_power(PLAN, held, 1.0, "design").by_look, abs=1e-5)


def test_final_inference_of_one_look_is_that_of_one_look() -> None:
    from scipy.special import ndtr

    design = MonitoredDesign((100.0,), 0.025, OF)
    held = hold(design, [100.0], [1])
    found = final_inference(design, held, 2.2)
    assert found.p_value == pytest.approx(float(ndtr(-2.2)), rel=1e-12)
    assert found.estimate == pytest.approx(0.22)
    assert (found.lower, found.upper) == pytest.approx((0.22 - 0.1959963984540054, 0.22 + 0.1959963984540054))
    assert repeated_interval(design, held, 2.2).lower == pytest.approx(found.lower)
    assert repeated_p_value(design, held, 2.2) == pytest.approx(found.p_value, rel=1e-9)


def test_p_value_at_the_bound_is_the_alpha_spent() -> None:
    """Stage-wise ordering: at a bound P is what was spent by then, and the interval ends at no effect."""
    for sides in (1, 2):
        design = replace(PLAN, sides=sides)
        held = hold(design, [132.0, 248.0, 345.0], [1, 2, 3])
        for k in (1, 2, 3):
            found = final_inference(design, held[:k], held[k - 1].efficacy_z)
            assert found.p_value == pytest.approx(held[k - 1].alpha_spent, abs=1e-12)
        assert found.lower == pytest.approx(0.0, abs=1e-9)


def test_futility_that_does_not_bind_changes_no_inference() -> None:
    design = replace(PLAN, futility=FutilityZ((0.5, 1.0)))
    for one in (PLAN, design):
        held = hold(one, [132.0, 248.0, 330.0], [1, 2, 3])
        found = final_inference(one, held, 1.9)
        assert found == final_inference(PLAN, hold(PLAN, [132.0, 248.0, 330.0], [1, 2, 3]), 1.9)
    binding = replace(design, binding=True)
    bound = final_inference(binding, hold(binding, [132.0, 248.0, 330.0], [1, 2, 3]), 1.9)
    assert bound.p_value < found.p_value


def test_a_mirror_image_has_the_mirror_image_of_the_interval() -> None:
    design = replace(PLAN, sides=2)
    held = hold(design, [132.0, 248.0, 330.0], [1, 2, 3])
    up, down = final_inference(design, held, 1.7), final_inference(design, held, -1.7)
    assert up.p_value + down.p_value == pytest.approx(1.0, abs=1e-12)
    assert (up.lower, up.estimate, up.upper) == pytest.approx((-down.upper, -down.estimate, -down.lower), abs=1e-10)


@pytest.mark.parametrize(
    ("code", "held", "information", "options"),
    [
        ("monitor.no_information", [], 0.0, {"planned": 1}),
        ("monitor.no_information", [], math.nan, {"planned": 1}),
        ("monitor.information", [132.0], 132.0, {"planned": 2}),
        ("monitor.look", [132.0], 200.0, {"planned": 1}),
        ("monitor.look", [], 200.0, {"planned": 7}),
        ("monitor.exceeds", [132.0], 331.0, {"planned": 2}),
        ("monitor.exceeds", [132.0], 331.0, {}),
        ("monitor.after_final", [132.0, 248.0, 330.0], 345.0, {}),
    ],
)
def test_looks_that_can_not_be(code: str, held: list[float], information: float, options: dict[str, int]) -> None:
    before = hold(PLAN, held, list(range(1, len(held) + 1)))
    with pytest.raises(PlanError) as error:
        next_bound(PLAN, before, information, **options)
    assert code in {problem.code for problem in error.value.problems}
    assert all(problem.cure for problem in error.value.problems)


def test_after_the_final_look_there_is_no_conditional_power() -> None:
    held = hold(PLAN, [132.0, 248.0, 330.0], [1, 2, 3])
    with pytest.raises(PlanError, match="no look is left"):
        conditional_power(PLAN, held, 1.0, "h0")
    with pytest.raises(PlanError, match="no finite z"):
        conditional_power(PLAN, held[:1], math.nan, "h0")
    with pytest.raises(PlanError, match="says nothing of the effect"):
        conditional_power(replace(PLAN, mean=()), held[:1], 1.0, "design")
    with pytest.raises(PlanError):
        EffectPrior(0.0, 3.0)
    with pytest.raises(PlanError):
        MonitoredDesign((3.0, 2.0), 0.7, OF)
