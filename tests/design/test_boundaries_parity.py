"""Bounds, spending, futility and drift against rpact, gsDesign and lrstat: every case that computes a boundary.

z within 1e-6; P, spent alpha and beta within 1e-7, or what the peer's own search leaves open where that is more.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.design import (
    ExponentialType,
    FutilityZ,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
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
from equipoise.kernels.group_sequential import crossing_probabilities

REFERENCE = Path(__file__).parents[1] / "reference" / "design_bounds.json"
CASES: list[dict[str, Any]] = json.loads(REFERENCE.read_text())["cases"]
BY_ID = {case["id"]: case for case in CASES}
RPACT = [case["id"] for case in CASES if case["fn"] == "getDesignGroupSequential"]
GSDESIGN = [case["id"] for case in CASES if case["fn"] == "gsDesign"]
LRSTAT = [case["id"] for case in CASES if case["fn"] == "getBound"]


def test_all_cases_are_here():
    assert (len(RPACT), len(GSDESIGN), len(LRSTAT)) == (67, 12, 4)
    assert len(BY_ID) == 84


def rpact_spending(kind, gamma):
    kinds = {"OF": OBrienFlemingType, "P": PocockType}
    return {"KD": KimDeMets, "HSD": HwangShihDeCani}[kind](gamma) if gamma is not None else kinds[kind]()


def rpact_efficacy(given):
    kind = given["typeOfDesign"]
    if kind.startswith("as"):
        return Spend(rpact_spending(kind[2:], given.get("gammaA")))
    return {
        "OF": OBrienFleming,
        "P": Pocock,
        "WT": lambda: WangTsiatis(given["deltaWT"]),
        "HP": lambda: HaybittlePeto(given["constantBoundsHP"]),
    }[kind]()


@pytest.mark.parametrize("name", RPACT)
def test_rpact(name):
    given, wanted = BY_ID[name]["inputs"], BY_ID[name]["outputs"]
    fractions, alpha = given["informationRates"], given["alpha"]
    efficacy = rpact_efficacy(given)
    if "typeBetaSpending" in given:
        futility = SpendBeta(rpact_spending(given["typeBetaSpending"][2:], given.get("gammaB")))
    else:
        futility = FutilityZ(np.atleast_1d(given["futilityBounds"])) if "futilityBounds" in given else NoFutility()
    design = sequential_design(
        fractions,
        alpha,
        power=1.0 - given.get("beta", 0.2),
        efficacy=efficacy,
        futility=futility,
        binding=given.get("bindingFutility", False),
    )
    ours = design.boundaries
    np.testing.assert_allclose(ours.efficacy, wanted["criticalValues"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.nominal_p, wanted["stageLevels"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(ours.alpha_spent, wanted["alphaSpent"], rtol=0, atol=1e-7)
    # rpact writes -6 for a look without futility.
    theirs = [value for value in np.atleast_1d(wanted["futilityBounds"]) if value > -6]
    assert len(theirs) == (0 if isinstance(futility, NoFutility) else len(fractions) - 1)
    np.testing.assert_allclose(ours.futility[: len(theirs)], theirs, rtol=0, atol=1e-6)
    if isinstance(futility, SpendBeta):
        np.testing.assert_allclose(ours.beta_spent, wanted["betaSpent"], rtol=0, atol=1e-7)
        np.testing.assert_allclose(np.cumsum(design.reject_h1), wanted["power"], rtol=0, atol=1e-7)


def gs_spending(kind, parameter):
    return {
        "LDOF": OBrienFlemingType,
        "Expo": lambda: ExponentialType(parameter),
        "HSDm4": lambda: HwangShihDeCani(-4.0),
        "Power2": lambda: KimDeMets(2.0),
    }[kind]()


@pytest.mark.parametrize("name", GSDESIGN)
def test_gsdesign(name):
    given, wanted = BY_ID[name]["inputs"], BY_ID[name]["outputs"]
    kind = given["sfu"]
    shapes = {"Pocock": Pocock(), "OF": OBrienFleming(), "WT": WangTsiatis(0.25)}
    futile = given["test.type"] in (3, 4)
    design = sequential_design(
        wanted["timing"],
        given["alpha"],
        power=1.0 - given["beta"],
        efficacy=shapes[kind] if kind in shapes else Spend(gs_spending(kind, given["sfupar"])),
        futility=SpendBeta(gs_spending(given["sfl"], given["sflpar"])) if futile else NoFutility(),
        binding=given["test.type"] == 3,
    )
    ours = design.boundaries
    # With binding futility gsDesign's search stops when it has spent 4.8e-7 too much, as its own upper_prob says.
    slack = 2e-5 if given["test.type"] == 3 else 1e-6
    np.testing.assert_allclose(ours.efficacy, wanted["upper"], rtol=0, atol=slack)
    np.testing.assert_allclose(ours.nominal_p, wanted["upper_nominal_p"], rtol=0, atol=max(1e-7, slack / 15))
    np.testing.assert_allclose(np.diff(ours.alpha_spent, prepend=0), wanted["upper_spend"], rtol=0, atol=1e-7)
    upper = np.array(wanted["upper_prob"])
    np.testing.assert_allclose(design.reject_h0, upper[:, 0], rtol=0, atol=max(1e-7, slack / 4))
    np.testing.assert_allclose(design.reject_h1, upper[:, 1], rtol=0, atol=max(1e-6, slack))
    np.testing.assert_allclose(design.inflation_factor, wanted["n.I"][-1], rtol=0, atol=max(1e-6, slack))
    expected = [design.expected_fraction(under) * design.inflation_factor for under in ("h0", "h1")]
    np.testing.assert_allclose(expected, wanted["en"], rtol=0, atol=max(1e-6, slack))
    if futile:
        np.testing.assert_allclose(ours.futility, wanted["lower"], rtol=0, atol=slack)
        np.testing.assert_allclose(np.diff(ours.beta_spent, prepend=0), wanted["lower_spend"], rtol=0, atol=1e-7)
        lower = np.array(wanted["lower_prob"])
        np.testing.assert_allclose(design.futile_h0, lower[:, 0], rtol=0, atol=max(1e-6, slack))


@pytest.mark.parametrize("name", GSDESIGN)
def test_gsdesign_probabilities_of_its_own_bounds(name):
    """At gsDesign's bounds and drift ours are its probabilities, to its grid: what differs more above is its search."""
    wanted = BY_ID[name]["outputs"]
    drift = np.array(wanted["theta"][1]) * np.sqrt(wanted["n.I"])
    lower = wanted.get("lower")
    for column, mean in ((0, None), (1, drift)):
        found = crossing_probabilities(wanted["timing"], wanted["upper"], lower, mean)
        np.testing.assert_allclose(found.upper, np.array(wanted["upper_prob"])[:, column], rtol=0, atol=1e-7)
        if lower is not None:
            np.testing.assert_allclose(found.lower, np.array(wanted["lower_prob"])[:, column], rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in RPACT if "typeBetaSpending" not in BY_ID[name]["inputs"]])
def test_rpact_spends_a_little_less_than_alpha(name):
    """Its searches end where 0.02499999 of 0.025 is spent: the bounds above are compared within 1e-6 for that."""
    given, wanted = BY_ID[name]["inputs"], BY_ID[name]["outputs"]
    if "futilityBounds" in given:
        return
    spent = crossing_probabilities(wanted["informationRates"], wanted["criticalValues"]).upper.sum()
    assert given["alpha"] - 2e-8 < spent < given["alpha"] + 2e-8
    np.testing.assert_allclose(spent, wanted["alphaSpent"][-1], rtol=0, atol=2e-8)


@pytest.mark.parametrize("name", LRSTAT)
def test_lrstat(name):
    given, wanted = BY_ID[name]["inputs"], BY_ID[name]["outputs"]
    kind, parameter = given["typeAlphaSpending"], given["parameterAlphaSpending"]
    efficacy = {
        "sfKD": lambda: Spend(KimDeMets(parameter)),
        "WT": lambda: WangTsiatis(parameter),
        "P": Pocock,
        "sfP": lambda: Spend(PocockType()),
    }[kind]()
    ours = efficacy_boundaries(given["informationRates"], given["alpha"], efficacy)
    np.testing.assert_allclose(ours.efficacy, wanted["bound"], rtol=0, atol=1e-6)


def test_characteristics_of_rpact():
    """Inflation, rejection by look and expected sample size of a five-look Pocock design."""
    case = BY_ID["gs_char_P_k5"]
    given, wanted = case["inputs"], case["outputs"]
    design = sequential_design(given["informationRates"], given["alpha"], power=1 - given["beta"], efficacy=Pocock())
    # rpact's bounds spend 1e-8 too little, which its inflation shows.
    np.testing.assert_allclose(design.drift**2, wanted["shift"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(design.inflation_factor, wanted["inflationFactor"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(design.reject_h1, wanted["rejectionProbabilities"], rtol=0, atol=1e-6)
    for under, name in (("h1", "averageSampleNumber1"), ("h0", "averageSampleNumber0")):
        found = design.expected_fraction(under) * design.inflation_factor
        np.testing.assert_allclose(found, wanted[name], rtol=0, atol=1e-6)
    halfway = crossing_probabilities(
        given["informationRates"], design.boundaries.efficacy, mean=0.5 * np.array(design.mean)
    ).upper
    stay = 1.0 - halfway[:-1].sum()
    number = (halfway[:-1] @ np.array(given["informationRates"])[:-1] + stay) * design.inflation_factor
    assert math.isclose(number, wanted["averageSampleNumber01"], abs_tol=1e-6)
