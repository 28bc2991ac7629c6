"""MaxCombo, modestly weighted, trend and milestone tests against R survival (score tests of Cox models) and mvtnorm."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import modestly_weighted
from equipoise.kernels.max_combo import max_combo
from equipoise.kernels.milestone import milestone_log_log
from equipoise.kernels.trend import log_rank_trend

REFERENCE = Path(__file__).parents[1] / "reference"
CASES: list[dict[str, Any]] = json.loads((REFERENCE / "weighted_tests.json").read_text())
UNITS = (1.0, 30.4375)


class Data(NamedTuple):
    time: np.ndarray
    event: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray


@cache
def load(name: str) -> Data:
    with (REFERENCE / "survival" / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    levels = sorted({row["stratum"] for row in rows})
    return Data(
        np.array([float(row["time"]) for row in rows]),
        np.array([int(row["event"]) for row in rows]),
        np.array([int(row["arm"]) for row in rows]),
        np.array([levels.index(row["stratum"]) for row in rows]),
    )


def cases(kind: str) -> list[Any]:
    chosen = [case for case in CASES if case["kind"] == kind]
    return [pytest.param(case, id=f"{case.get('data', 'colon')}-{i}") for i, case in enumerate(chosen)]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("case", cases("max_combo"))
def test_max_combo(case: dict[str, Any], unit: float) -> None:
    d = load(case["data"])
    weights = [(rho, gamma) for rho, gamma in case["weights"]]
    stratum = d.stratum if case["stratified"] else None
    found = max_combo(d.time / unit, d.event, d.arm, stratum=stratum, weights=weights)
    np.testing.assert_allclose(found.z, case["z"], rtol=1e-8)
    np.testing.assert_allclose(found.correlation, case["correlation"], rtol=1e-7)
    assert found.z_max == max(found.z)
    # With four weights the correlation is singular, and mvtnorm stops too early: of use where P is large.
    for p in ("p_one_sided", "p_two_sided"):
        if len(weights) == 3 or case[p] > 0.1:
            np.testing.assert_allclose(getattr(found, p), case[p], rtol=3e-3)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("case", cases("modest"))
def test_modestly_weighted(case: dict[str, Any], unit: float) -> None:
    d = load(case["data"])
    t_star = case["t_star"] and case["t_star"] / unit
    stratum = d.stratum if case["stratified"] else None
    found = modestly_weighted(d.time / unit, d.event, d.arm, stratum=stratum, t_star=t_star, s_star=case["s_star"])
    np.testing.assert_allclose(found.z, case["z"], rtol=1e-8)
    np.testing.assert_allclose(found.chi_square, case["z"] ** 2, rtol=1e-8)


@pytest.mark.parametrize("case", cases("trend"))
def test_trend_is_the_score_test_of_a_numeric_score(case: dict[str, Any]) -> None:
    d = load("colon_three_arms")
    stratum = d.stratum if case["stratified"] else None
    found = log_rank_trend(d.time, d.event, d.arm, case["scores"], stratum=stratum)
    np.testing.assert_allclose(found.chi_square, case["chi_square"], rtol=1e-8)
    np.testing.assert_allclose(found.z, case["sign"] * np.sqrt(case["chi_square"]), rtol=1e-8)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("case", cases("milestone"))
def test_milestone(case: dict[str, Any], unit: float) -> None:
    d = load(case["data"])
    first, second = (kaplan_meier(d.time[d.arm == a] / unit, d.event[d.arm == a]) for a in (1, 0))
    found = milestone_log_log(first, second, case["time"] / unit)
    np.testing.assert_allclose(found.z, [case["z"]], rtol=1e-8)
    np.testing.assert_allclose(found.chi_square, [case["z"] ** 2], rtol=1e-8)
    assert found.reason == ("",)
