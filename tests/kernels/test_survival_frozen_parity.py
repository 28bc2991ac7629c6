"""Survival kernels against answers of R frozen for this project: three arms, weights, doubled rows, odd ends.

`tests/reference/survival/frozen.R` made them.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox import CoxFit, cox, cox_arms
from equipoise.kernels.kaplan_meier import confidence_limits, kaplan_meier, quantile
from equipoise.kernels.log_rank import log_rank

REFERENCE = Path(__file__).parents[1] / "reference" / "survival"
FROZEN: dict[str, Any] = json.loads((REFERENCE / "frozen.json").read_text())


def column(name: str, field: str) -> np.ndarray:
    with (REFERENCE / f"{name}.csv").open() as file:
        texts = [row[field] for row in csv.DictReader(file)]
    levels = sorted(set(texts))
    if field == "stratum":
        return np.array([levels.index(text) for text in texts])
    return np.array([float(text) if text else np.nan for text in texts])


def numbers(values: list[Any]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def same_fit(found: CoxFit, expected: dict[str, Any]) -> None:
    np.testing.assert_allclose(found.coef, expected["coef"], rtol=1e-9)
    np.testing.assert_allclose(found.var, expected["var"], rtol=1e-9)
    np.testing.assert_allclose([found.loglik_null, found.loglik], expected["loglik"], rtol=1e-12)
    np.testing.assert_allclose([found.score, found.wald], expected["score"] + expected["wald"], rtol=1e-9)
    gain = 2.0 * (expected["loglik"][1] - expected["loglik"][0])
    np.testing.assert_allclose(found.likelihood_ratio, gain, rtol=1e-9)
    assert [found.n, found.n_events] == expected["n"] + expected["nevent"]


COLON = {field: column("colon_three_arms", field) for field in ("time", "event", "arm", "stratum", "age", "nodes")}
VETERAN = {field: column("veteran", field) for field in ("id", "time", "event", "arm", "stratum", "age")}


@pytest.mark.parametrize("rho", [0, 0.5, 1])
@pytest.mark.parametrize("stratified", [False, True], ids=["plain", "stratified"])
def test_log_rank_of_three_arms(rho: float, stratified: bool) -> None:
    expected = FROZEN["colon3_test_" + ("stratified_" if stratified else "") + f"{rho}"]
    stratum = COLON["stratum"] if stratified else None
    found = log_rank(COLON["time"], COLON["event"], COLON["arm"], stratum=stratum, rho=rho)
    assert list(found.n) == expected["n"]
    for ours, key in ((found.observed, "observed"), (found.expected, "expected"), (found.variance, "var")):
        np.testing.assert_allclose(ours, expected[key], rtol=1e-10)
    np.testing.assert_allclose(found.chi_square, expected["chisq"], rtol=1e-10)
    assert found.df == 2
    assert np.isnan(found.z)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("stratified", [False, True], ids=["plain", "stratified"])
def test_cox_of_three_arms(ties: str, stratified: bool) -> None:
    expected = FROZEN["colon3_arms_" + ("stratified_" if stratified else "") + ties]
    stratum = COLON["stratum"] if stratified else None
    same_fit(cox_arms(COLON["time"], COLON["event"], COLON["arm"], stratum=stratum, ties=ties), expected)
    dummies = COLON["arm"][:, None] == np.array([1.0, 2.0])
    same_fit(cox(COLON["time"], COLON["event"], dummies, stratum=stratum, ties=ties), expected)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_of_three_arms_with_covariates_and_strata(ties: str) -> None:
    known = np.isfinite(COLON["nodes"])
    data = {field: values[known] for field, values in COLON.items()}
    x = np.column_stack([data["arm"] == 1, data["arm"] == 2, data["age"], data["nodes"]])
    found = cox(data["time"], data["event"], x, stratum=data["stratum"], ties=ties)
    same_fit(found, FROZEN[f"colon3_covariates_{ties}"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_weights_that_differ(ties: str) -> None:
    x = np.column_stack([VETERAN["arm"], VETERAN["age"]])
    weights = 1.0 + (VETERAN["id"] % 3) / 2.0
    found = cox(VETERAN["time"], VETERAN["event"], x, stratum=VETERAN["stratum"], weights=weights, ties=ties)
    same_fit(found, FROZEN[f"veteran_weighted_{ties}"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_weights_of_two_and_doubled_rows(ties: str) -> None:
    """Under Breslow they are one; under Efron they are not, and both match R."""
    x = np.column_stack([VETERAN["arm"], VETERAN["age"]])
    two = np.full(x.shape[0], 2.0)
    weighted = cox(VETERAN["time"], VETERAN["event"], x, weights=two, ties=ties)
    doubled = cox(np.tile(VETERAN["time"], 2), np.tile(VETERAN["event"], 2), np.tile(x, (2, 1)), ties=ties)
    same_fit(weighted, FROZEN[f"veteran_weight2_{ties}"])
    same_fit(doubled, FROZEN[f"veteran_doubled_{ties}"])
    arm = np.tile(VETERAN["arm"].astype(int), 2)
    arms = cox_arms(np.tile(VETERAN["time"], 2), np.tile(VETERAN["event"], 2), arm, ties=ties)
    same_fit(arms, FROZEN[f"veteran_doubled_arm_{ties}"])
    differ = abs(weighted.coef[0] - doubled.coef[0])
    assert (differ < 1e-12) == (ties == "breslow")


@pytest.mark.parametrize("kind", ["weighted", "doubled"])
def test_kaplan_meier_with_weights(kind: str) -> None:
    expected = FROZEN[f"veteran_{kind}_km"]
    weights = 1.0 + (VETERAN["id"] % 3) / 2.0 if kind == "weighted" else np.full(VETERAN["id"].size, 2.0)
    km = kaplan_meier(VETERAN["time"], VETERAN["event"], weights=weights)
    lower, upper = confidence_limits(km, interval="log")
    for ours, key in ((km.time, "time"), (km.n_risk, "n_risk"), (km.n_event, "n_event"), (km.survival, "survival")):
        np.testing.assert_allclose(ours, expected[key], rtol=1e-12)
    last = km.survival > 0.0
    np.testing.assert_allclose(np.sqrt(km.cumulative_variance[last]), numbers(expected["std_log"])[last], rtol=1e-12)
    np.testing.assert_allclose(lower, numbers(expected["lower"]), rtol=1e-12)
    np.testing.assert_allclose(upper, numbers(expected["upper"]), rtol=1e-12)


def test_a_collinear_column_is_left_out_and_the_rest_is_as_r_fits_it() -> None:
    expected = FROZEN["veteran_collinear_efron"]
    x = np.column_stack([VETERAN["arm"], VETERAN["age"], 2.0 * VETERAN["age"] + 3.0 * VETERAN["arm"]])
    found = cox(VETERAN["time"], VETERAN["event"], x)
    np.testing.assert_allclose(found.coef, numbers(expected["coef"]), rtol=1e-9)
    np.testing.assert_allclose(found.var[:2, :2], np.array(expected["var"])[:2, :2], rtol=1e-9)
    np.testing.assert_allclose([found.loglik_null, found.loglik], expected["loglik"], rtol=1e-12)
    np.testing.assert_allclose(found.score, expected["score"][0], rtol=1e-9)
    assert found.df == 2
    assert found.reasons[:2] == ("", "")
    assert "linear combination" in found.reasons[2]


@pytest.mark.parametrize("with_age", [False, True], ids=["arm", "arm and age"])
def test_no_events_in_an_arm(with_age: bool) -> None:
    """R ends at a log hazard ratio of -32 with a warning; the two tests it gives beside it hold."""
    arm = column("ovarian", "arm")
    event = np.where(arm == 1, 0, column("ovarian", "event"))
    x = np.column_stack([arm, column("ovarian", "age")])[:, : 1 + with_age]
    expected = FROZEN["ovarian_no_events_in_arm" + ("_age" if with_age else "")]
    found = cox(column("ovarian", "time"), event, x)
    assert np.isnan(found.coef[0])
    assert np.isnan(found.se[0])
    assert np.isnan(found.lower[0])
    assert "infinite" in found.reasons[0]
    assert np.isnan(found.wald)
    np.testing.assert_allclose([found.loglik_null, found.loglik], expected["loglik"], rtol=1e-10)
    np.testing.assert_allclose(found.score, expected["score"][0], rtol=1e-9)
    assert found.df == x.shape[1]
    if with_age:
        np.testing.assert_allclose(found.coef[1], expected["coef"][1], rtol=1e-8)
        np.testing.assert_allclose(found.var[1, 1], expected["var"][1][1], rtol=1e-8)
        assert found.reasons[1] == ""


def test_times_that_differ_in_the_last_bits() -> None:
    expected = FROZEN["near_ties"]
    km = kaplan_meier([0.3, 0.1 + 0.2, 0.7, 0.1 * 7, 1, 1.1, 1.1], [1, 0, 1, 1, 0, 1, 0])
    for ours, key in ((km.time, "time"), (km.n_risk, "n_risk"), (km.n_event, "n_event")):
        np.testing.assert_array_equal(ours, expected[key])
    np.testing.assert_allclose(km.survival, expected["survival"], rtol=1e-15)


@pytest.mark.parametrize("expected", FROZEN["quantiles"])
def test_quantiles_by_both_rules(expected: dict[str, Any]) -> None:
    interval = expected["type"][0].replace("-", "_")
    km = kaplan_meier(expected["time"], expected["event"])
    to_end = quantile(km, [0.25, 0.5, 0.75], interval=interval, rule="midpoint_to_end")
    for ours, key in ((to_end.estimate, "estimate"), (to_end.lower, "lower"), (to_end.upper, "upper")):
        np.testing.assert_array_equal(ours, numbers(expected[key]))
    printed = quantile(km, 0.5, interval=interval)
    np.testing.assert_array_equal(np.ravel(printed[1:]), numbers(expected["printed"]))
    lower, upper = confidence_limits(km, interval=interval)
    # Before the first event R leaves log-log limits open; we say 1.
    begun = km.survival < 1.0
    np.testing.assert_allclose(lower[begun], numbers(expected["band_lower"])[begun], rtol=1e-12)
    np.testing.assert_allclose(upper[begun], numbers(expected["band_upper"])[begun], rtol=1e-12)
    assert (lower[~begun] == 1.0).all()
    assert (upper[~begun] == 1.0).all()


def test_the_rules_differ_where_survival_is_a_half_to_the_end() -> None:
    km = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0])
    assert km.survival[-1] == 0.5
    assert quantile(km).estimate[0] == 2.0
    assert quantile(km, rule="midpoint_to_end").estimate[0] == 3.0
    assert quantile(kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1])).estimate[0] == 3.0
