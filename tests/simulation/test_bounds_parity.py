"""Bounds of many trials at once against those of `monitoring`, which follows one trial at a time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from equipoise.design.efficacy import FixedZ, HaybittlePeto, OBrienFleming, Pocock, Spend, WangTsiatis
from equipoise.design.futility import (
    FutilityConditionalPower,
    FutilityHazardRatio,
    FutilityZ,
    NoFutility,
    SpendBeta,
)
from equipoise.design.spending import (
    ExponentialType,
    HwangShihDeCani,
    KimDeMets,
    ListedAlpha,
    OBrienFlemingType,
    PocockType,
    UserSpending,
)
from equipoise.errors import KernelInputError
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, bounds_at_level, next_bound
from equipoise.simulation.bounds import LookInformation, Rules, bounds_of, efficacy_of_level

ALPHA = 0.025
TRIALS = 8
CLOSE = 1e-8


def efficacies(looks: int) -> list[object]:
    listed = tuple(ALPHA * (k + 1) ** 2 / looks**2 for k in range(looks))
    return [
        Spend(OBrienFlemingType()),
        Spend(PocockType()),
        Spend(HwangShihDeCani(-4.0)),
        Spend(KimDeMets(3.0)),
        Spend(ExponentialType()),
        Spend(UserSpending(lambda t, alpha: alpha * t * t, "square")),
        Spend(ListedAlpha(listed)),
        Pocock(),
        OBrienFleming(),
        WangTsiatis(0.25),
        HaybittlePeto(),
        HaybittlePeto(3.2, "unadjusted"),
        FixedZ(tuple(3.0 - 0.3 * k for k in range(looks))),
    ]


def futilities(looks: int) -> list[object]:
    return [
        None,
        NoFutility(),
        FutilityZ(tuple(-0.5 + 0.2 * k for k in range(looks - 1))),
        FutilityHazardRatio(1.05),
        FutilityHazardRatio(tuple(math.inf if k == 0 else 0.95 for k in range(looks - 1))),
        SpendBeta(OBrienFlemingType()),
        SpendBeta(HwangShihDeCani(-2.0)),
        FutilityConditionalPower(0.1, "design"),
        FutilityConditionalPower(0.1, "trend"),
        FutilityConditionalPower(0.02, "null"),
    ]


def drawn(seed: int) -> MonitoredDesign:
    rng = np.random.default_rng(seed)
    looks = int(rng.integers(1, 5))
    planned = np.cumsum(rng.integers(30, 120, looks)).astype(float)
    kinds, limits = efficacies(looks), futilities(looks)
    efficacy = kinds[seed % len(kinds)]
    futility = limits[int(rng.integers(len(limits)))] if looks > 1 else None
    sides = int(rng.integers(1, 3))
    binding = sides == 1 and bool(rng.integers(2))
    active = (*(bool(v) for v in rng.integers(0, 4, looks - 1) > 0), True)
    return MonitoredDesign(
        tuple(planned.tolist()),
        ALPHA,
        efficacy,  # type: ignore[arg-type]
        sides=sides,
        active=active if rng.integers(2) and not isinstance(efficacy, HaybittlePeto) else (),
        futility=futility,  # type: ignore[arg-type]
        futility_active=tuple(bool(v) for v in rng.integers(0, 4, looks) > 0) if rng.integers(2) else (),
        binding=binding,
        mean=tuple((3.1 * np.sqrt(planned / planned[-1])).tolist()),
        beta=0.12,
        scale=0.5,
        null_ratio=1.0 if rng.integers(2) else 1.15,
    )


def observed(design: MonitoredDesign, seed: int) -> LookInformation:
    """Events of some trials: more and fewer than planned, with looks that were not held."""
    rng = np.random.default_rng(1000 + seed)
    out = np.zeros((TRIALS, design.looks))
    usable = rng.random(out.shape) > 0.15
    usable[:, -1] = True
    for t in range(TRIALS):
        last = 0.0
        for k, planned in enumerate(design.information):
            value = max(round(planned * rng.uniform(0.8, 1.2)), last + 1)
            if k < design.looks - 1:
                value = min(value, design.maximum - design.looks + k)
            usable[t, k] &= value > last
            if usable[t, k]:
                out[t, k] = last = value
    return LookInformation(out, usable)


def followed(design: MonitoredDesign, seen: LookInformation, t: int) -> list[HeldLook | None]:
    held: list[HeldLook] = []
    out: list[HeldLook | None] = []
    for k in range(design.looks):
        if seen.usable[t, k]:
            held.append(next_bound(design, held, float(seen.information[t, k]), planned=k + 1))
            out.append(held[-1])
        else:
            out.append(None)
    return out


def same(found: np.ndarray, said: list[float]) -> None:
    expected = np.asarray(said)
    assert np.array_equal(np.isinf(found), np.isinf(expected)), (found, expected)
    finite = np.isfinite(expected)
    assert np.abs(found[finite] - expected[finite]).max(initial=0.0) < CLOSE, (found, expected)


@pytest.mark.parametrize("block", range(13))
def test_bounds_are_those_of_monitoring(block: int) -> None:
    compared = 0
    for seed in range(block, 13 * 8, 13):
        design = drawn(seed)
        seen = observed(design, seed)
        rules = Rules(design, counted=True, largest=False, plan=None, harm=None)
        bounds = bounds_of(rules, seen)
        raised = efficacy_of_level(rules, seen, 0.4 * ALPHA, bounds.futility)
        for t in range(TRIALS):
            try:
                said = followed(design, seen, t)
            except KernelInputError:
                continue  # binding futility stopped more than alpha leaves: the bound is infinite then
            same(bounds.efficacy[t], [math.inf if one is None else one.efficacy_z for one in said])
            same(bounds.futility[t], [-math.inf if one is None else one.futility_z for one in said])
            held = [one for one in said if one is not None]
            if not isinstance(design.efficacy, HaybittlePeto):
                there = iter(bounds_at_level(design, held, 0.4 * ALPHA))
                same(raised[t], [math.inf if one is None else next(there).efficacy_z for one in said])
            compared += 1
    assert compared > 40


def test_the_last_look_without_new_events_is_the_look_before() -> None:
    design = MonitoredDesign((100.0, 200.0, 300.0), ALPHA, Spend(PocockType()))
    seen = LookInformation(np.array([[100.0, 210.0, 210.0]]), np.ones((1, 3), dtype=bool))
    rules = Rules(design, counted=True, largest=False, plan=None, harm=None)
    found = bounds_of(rules, seen).efficacy[0]
    first = next_bound(design, [], 100.0, planned=1)
    assert found[0] == pytest.approx(first.efficacy_z, abs=CLOSE)
    assert found[2] == pytest.approx(next_bound(design, [first], 210.0, final=True).efficacy_z, abs=CLOSE)
    assert found[2] < found[1]


def test_an_interim_look_with_all_information_spends_what_was_planned() -> None:
    design = MonitoredDesign((165.0, 330.0), ALPHA, Spend(OBrienFlemingType()))
    seen = LookInformation(np.array([[340.0, 350.0]]), np.ones((1, 2), dtype=bool))
    rules = Rules(design, counted=True, largest=False, plan=None, harm=None)
    found = bounds_of(rules, seen).efficacy[0]
    # As if more had been planned, and the look came with half of it.
    wider = replace(design, information=(175.0, 350.0))
    spent = float(OBrienFlemingType().cumulative([0.5], ALPHA)[0])
    listed = replace(wider, efficacy=Spend(ListedAlpha((spent, ALPHA))))
    first = next_bound(listed, [], 340.0, planned=1)
    assert found == pytest.approx(
        [first.efficacy_z, next_bound(listed, [first], 350.0, planned=2).efficacy_z], abs=CLOSE
    )
