"""Competing risks against R's cmprsk and survival, frozen by `tests/reference/cmprsk.R`."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.kernels.aalen_johansen import aalen_johansen, aalen_johansen_by_arm
from equipoise.kernels.fine_gray import FineGrayFit, fine_gray
from equipoise.kernels.gray import gray_test

ROOT = Path(__file__).parents[2]
FROZEN: dict[str, Any] = json.loads((ROOT / "tests" / "reference" / "cmprsk.json").read_text())
SETS = ["bmt", "continuous", "tied", "colon", "mgus2"]


def colon() -> dict[str, np.ndarray]:
    with (ROOT / "examples" / "colon" / "data" / "colon.csv").open() as file:
        rows = list(csv.DictReader(file))
    death = {row["id"]: row for row in rows if row["etype"] == "2"}
    arms = ["Obs", "Lev", "Lev+5FU"]
    out = []
    for row in (row for row in rows if row["etype"] == "1"):
        last, dead = float(death[row["id"]]["time"]), int(death[row["id"]]["status"])
        time, status = float(row["time"]), int(row["status"])
        if not status:
            time, status = (last, 2) if dead else (min(time, last), 0)
        out.append((time, status, arms.index(row["rx"]), int(row["node4"]), float(row["age"])))
    fields = np.array(out).T
    return dict(zip(("time", "status", "arm", "stratum", "x"), fields, strict=True))


def data(name: str) -> dict[str, np.ndarray]:
    if name == "colon":
        return colon()
    return {field: np.array(FROZEN[name][field], dtype=float) for field in ("time", "status", "arm", "stratum", "x")}


def columns(d: dict[str, np.ndarray]) -> np.ndarray:
    arms = np.arange(1, int(d["arm"].max()) + 1)
    return np.column_stack([(d["arm"][:, None] == arms).astype(float), d["x"]])


@pytest.mark.parametrize("name", SETS)
def test_incidence_and_aalens_variance_by_arm(name: str) -> None:
    d, expected = data(name), FROZEN[name]
    curves = aalen_johansen_by_arm(d["time"], d["status"], d["arm"])
    at = [curve.at(expected["times"]) for curve in curves]
    # cuminc: arms within causes
    found = np.concatenate([one.incidence[cause] for cause in (0, 1) for one in at])
    variance = np.concatenate([one.std_err[cause] ** 2 for cause in (0, 1) for one in at])
    known = np.array([value is not None for value in expected["estimate"]])
    there = np.isfinite(found)
    assert there.sum() >= 6
    # Beyond an arm's last follow-up neither gives a number.
    assert np.array_equal(known, there)
    np.testing.assert_allclose(found[known], np.array(expected["estimate"], dtype=float)[known], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        variance[known], np.array(expected["variance"], dtype=float)[known], rtol=1e-9, atol=1e-15
    )


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("interval", ["log", "log_log", "plain"])
def test_jackknife_error_and_limits(name: str, interval: Any) -> None:
    d, expected = data(name), FROZEN[name]
    curve = aalen_johansen(d["time"], d["status"], interval=interval, se="infinitesimal_jackknife")
    at = curve.at(expected["times"])
    np.testing.assert_allclose(at.incidence.ravel(), expected["multi_estimate"], rtol=1e-10)
    np.testing.assert_allclose(at.std_err.ravel(), expected["multi_se"], rtol=1e-9)
    np.testing.assert_allclose(at.lower.ravel(), expected[f"lower_{interval}"], rtol=1e-9)
    np.testing.assert_allclose(at.upper.ravel(), expected[f"upper_{interval}"], rtol=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_jackknife_with_weights(name: str) -> None:
    d, expected = data(name), FROZEN[name]
    curve = aalen_johansen(d["time"], d["status"], weights=d["stratum"] + 1.0, se="infinitesimal_jackknife")
    at = curve.at(expected["times"])
    np.testing.assert_allclose(at.incidence.ravel(), expected["weighted_estimate"], rtol=1e-10)
    np.testing.assert_allclose(at.std_err.ravel(), expected["weighted_se"], rtol=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_gray(name: str) -> None:
    d, expected = data(name), FROZEN[name]
    strata = {"stratum": d["stratum"].astype(int)}
    for key, options in (("plain", {}), ("stratified", strata), ("rho", {**strata, "rho": 1.0})):
        found = [gray_test(d["time"], d["status"], d["arm"], cause=cause, **options) for cause in (1, 2)]
        np.testing.assert_allclose([one.chi_square for one in found], expected[f"{key}_stat"], rtol=1e-9)
        np.testing.assert_allclose([one.p_two_sided for one in found], expected[f"{key}_p"], rtol=1e-7)
        assert {one.df for one in found} == {int(d["arm"].max())}


@pytest.mark.parametrize("name", SETS)
def test_gray_of_two_arms_is_signed(name: str) -> None:
    d, expected = data(name), FROZEN[name]
    last = d["arm"].max()
    two = (d["arm"] == 0) | (d["arm"] == last)
    for cause in (1, 2):
        found = gray_test(
            d["time"][two], d["status"][two], d["arm"][two] == last, cause=cause, stratum=d["stratum"][two].astype(int)
        )
        np.testing.assert_allclose(found.z**2, expected["two_stat"][cause - 1], rtol=1e-9)
        np.testing.assert_allclose(found.chi_square, expected["two_stat"][cause - 1], rtol=1e-9)
        assert np.sign(found.z) == -np.sign(found.score[1])
        np.testing.assert_allclose(found.p_one_sided if found.z > 0 else 1 - found.p_one_sided, found.p_two_sided / 2)


def same(found: FineGrayFit, coef: list[float], var: list[float] | None) -> None:
    size = np.sqrt(np.diag(found.var))
    # cmprsk stops when its gradient is small: what is left is far below a standard error.
    np.testing.assert_allclose(found.coef, coef, rtol=1e-8, atol=1e-9 * float(size.min()))
    if var is not None:
        p = len(coef)
        np.testing.assert_allclose(found.var, np.reshape(var, (p, p)), rtol=1e-8, atol=1e-9 * float(size.min()) ** 2)


@pytest.mark.parametrize("name", SETS)
def test_fine_gray(name: str) -> None:
    d, expected = data(name), FROZEN[name]
    found = fine_gray(d["time"], d["status"], columns(d))
    same(found, expected["coef"], expected["var"])
    np.testing.assert_allclose([found.loglik_null, found.loglik], expected["loglik"], rtol=1e-10)
    assert found.converged
    assert not found.reason
    same(fine_gray(d["time"], d["status"], columns(d), cause=2), expected["coef_2"], expected["var_2"])


@pytest.mark.parametrize("name", SETS)
def test_fine_gray_with_censoring_by_group(name: str) -> None:
    """Estimates only: cmprsk's variance with `cengroup` is not that of the paper (see the property tests for ours)."""
    d, expected = data(name), FROZEN[name]
    found = fine_gray(d["time"], d["status"], columns(d), censoring_group=d["arm"])
    same(found, expected["coef_apart"], None)
    np.testing.assert_allclose([found.loglik_null, found.loglik], expected["loglik_apart"], rtol=1e-10)


def test_fine_gray_against_weighted_cox() -> None:
    """survival::finegray with coxph, where no time is tied: the same estimates; its robust error takes G as known."""
    d, expected = data("continuous"), FROZEN["continuous"]
    found = fine_gray(d["time"], d["status"], columns(d))
    np.testing.assert_allclose(found.coef, expected["finegray_coef"], rtol=1e-9)
    robust = np.reshape(expected["finegray_robust"], (3, 3))
    assert 1e-4 < np.abs(found.var / robust - 1.0).max() < 0.2
