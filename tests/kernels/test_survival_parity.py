"""Kaplan-Meier, log-rank, Cox and restricted means against R's survival package on six public data sets.

Each comparison is made with times in days and in months of 30.4375 days: counts, tests and models must not notice.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from equipoise.kernels.cox import cox, cox_arms, cox_from_table
from equipoise.kernels.kaplan_meier import kaplan_meier, kaplan_meier_by_arm, quantile, survival_at
from equipoise.kernels.log_rank import log_rank, log_rank_of_table
from equipoise.kernels.risk_table import risk_table
from equipoise.kernels.rmst import rmst, rmst_of_times

REFERENCE = Path(__file__).parents[1] / "reference" / "survival"
CASES: dict[str, Any] = json.loads((REFERENCE / "cases.json").read_text())["datasets"]
INTERVALS = {"log": "log", "log-log": "log_log", "plain": "plain"}
UNITS = (1.0, 30.4375)


class Data(NamedTuple):
    time: np.ndarray
    event: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray
    age: np.ndarray


@cache
def load(name: str) -> Data:
    with (REFERENCE / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    levels = sorted({row["stratum"] for row in rows})
    return Data(
        np.array([float(row["time"]) for row in rows]),
        np.array([int(row["event"]) for row in rows]),
        np.array([int(row["arm"]) for row in rows]),
        np.array([levels.index(row["stratum"]) for row in rows]),
        np.array([float(row["age"]) for row in rows]),
    )


def close(found: Any, expected: Any, rtol: float = 1e-8) -> None:
    def flat(values: Any) -> np.ndarray:
        return np.array([np.nan if v is None else v for v in np.ravel(np.array(values, dtype=object))], dtype=float)

    np.testing.assert_allclose(flat(found), flat(expected), rtol=rtol, atol=0.0, equal_nan=True)


@pytest.fixture(params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=UNITS, ids=["days", "months"])
def unit(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.mark.parametrize("interval", INTERVALS)
def test_quantiles(name: str, unit: float, interval: str) -> None:
    data, expected = load(name), CASES[name]["survfit"][interval]
    for arm in (0, 1):
        mine = data.arm == arm
        km = kaplan_meier(data.time[mine] / unit, data.event[mine])
        three = quantile(km, [0.25, 0.5, 0.75], interval=INTERVALS[interval], rule="midpoint_to_end")
        median = quantile(km, interval=INTERVALS[interval])
        # A midpoint of two times is exact in days; a division rounds.
        rtol = 0.0 if unit == 1.0 else 4e-16
        for found, key in ((three.estimate, ""), (three.lower, "_lower"), (three.upper, "_upper")):
            close(found * unit, expected["quantile" + key][arm], rtol)
        for found, key in ((median.estimate, ""), (median.lower, "_lower"), (median.upper, "_upper")):
            close(found * unit, [expected["median" + key][arm]], rtol)


@pytest.mark.parametrize("interval", INTERVALS)
def test_landmarks(name: str, unit: float, interval: str) -> None:
    data, expected = load(name), CASES[name]["survfit"][interval]["landmark"]
    for arm in (0, 1):
        mine = data.arm == arm
        km = kaplan_meier(data.time[mine] / unit, data.event[mine])
        rows = np.flatnonzero(np.array(expected["arm"]) == arm)
        times = np.array(expected["time"])[rows]
        # R's answers repeat the last value beyond follow-up; that is not an estimate and we give none.
        within = times <= data.time[mine].max()
        found = survival_at(km, times / unit, interval=INTERVALS[interval])
        assert [reason == "" for reason in found.reason] == list(within)
        assert np.isnan(found.survival[~within]).all()
        for ours, key in (
            (found.n_risk, "n_risk"),
            (found.survival, "surv"),
            (found.std_err, "std_err"),
            (found.lower, "lower"),
            (found.upper, "upper"),
        ):
            close(ours[within], np.array(expected[key], dtype=object)[rows][within])


def test_all_arms_together(name: str, unit: float) -> None:
    data, expected = load(name), CASES[name]
    for event, key in ((data.event, "survfit_all"), (1 - data.event, "reverse_km_all")):
        found = quantile(kaplan_meier(data.time / unit, event), interval="log")
        want = [expected[key][field] for field in ("median", "lower", "upper")]
        close([found.estimate[0] * unit, found.lower[0] * unit, found.upper[0] * unit], want, 4e-16)


def test_reverse_kaplan_meier(name: str) -> None:
    data, expected = load(name), CASES[name]["reverse_km"]
    for arm in (0, 1):
        mine = data.arm == arm
        found = quantile(kaplan_meier(data.time[mine], 1 - data.event[mine]), interval="log")
        close(np.ravel(found[1:]), [expected[field][arm] for field in ("median", "lower", "upper")], 0.0)


def test_restricted_means(name: str, unit: float) -> None:
    data, expected = load(name), CASES[name]
    last = [float(data.time[data.arm == arm].max()) for arm in (0, 1)]
    for arm in (0, 1):
        mine = data.arm == arm
        km = kaplan_meier(data.time[mine] / unit, data.event[mine])
        found = rmst(km, expected["rmst_tau"] / unit)
        assert found.reason == ""
        close([found.estimate * unit, found.std_err * unit], [expected["rmst"][k][arm] for k in ("rmean", "se")])
        assert rmst_of_times(data.time[mine] / unit, data.event[mine], expected["rmst_tau"] / unit) == found
        # R's `common` horizon is the larger last time and carries the other arm's curve on; we refuse unless it is 0.
        common = rmst(km, max(last) / unit)
        if last[arm] == max(last) or km.survival[-1] == 0.0:
            want = [expected["rmean_common"][k][arm] for k in ("rmean", "se")]
            close([common.estimate * unit, common.std_err * unit], want)
        else:
            assert "beyond the last follow-up" in common.reason
            assert np.isnan(common.estimate)


@pytest.mark.parametrize("rho", [0, 1])
@pytest.mark.parametrize("stratified", [False, True], ids=["plain", "stratified"])
def test_log_rank(name: str, unit: float, rho: int, stratified: bool) -> None:
    data = load(name)
    expected = CASES[name]["survdiff"][("stratified_" if stratified else "") + f"rho{rho}"]
    stratum = data.stratum if stratified else None
    found = log_rank(data.time / unit, data.event, data.arm, stratum=stratum, rho=rho)
    assert found.reason == ""
    assert list(found.n) == expected["n"]
    for ours, key in (
        (found.observed, "obs"),
        (found.expected, "exp"),
        (found.variance, "var"),
        (found.chi_square, "chisq"),
        (found.p_two_sided, "p"),
        (-found.z, "z_arm1"),
    ):
        close(ours, expected[key])
    assert found.df == 1
    table = risk_table(data.time / unit, data.event, data.arm, stratum)
    for ours, same in zip(log_rank_of_table(table, rho=rho), found, strict=True):
        np.testing.assert_array_equal(ours, same)


MODELS = ("efron", "stratified_efron", "arm_age_efron", "breslow", "stratified_breslow", "arm_age_breslow")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("by", ["arms", "covariates"])
def test_cox(name: str, unit: float, model: str, by: str) -> None:
    data, expected = load(name), CASES[name]["coxph"][model]
    ties = model.rsplit("_", 1)[-1]
    stratum = data.stratum if "stratified" in model else None
    x = np.column_stack([data.arm, data.age]) if "age" in model else data.arm[:, None].astype(float)
    if by == "covariates":
        x = 2.0 * x - 1.0  # No longer dummies of arms: the general way, with half the coefficient.
    found = cox(data.time / unit, data.event, x, stratum=stratum, ties=ties)
    size = 2.0 if by == "covariates" else 1.0
    assert found.reason == ""
    assert found.converged
    assert [found.n, found.n_events] == [expected["n"], expected["nevent"]]
    assert found.df == x.shape[1]
    for ours, key in (
        (found.coef * size, "coef"),
        (found.var * size**2, "var"),
        (found.se * size, "se"),
        (np.exp(found.lower * size), "hr_lower"),
        (np.exp(found.upper * size), "hr_upper"),
        ([found.loglik_null, found.loglik], "loglik"),
        (found.wald, "wald"),
        (found.score, "score"),
        (found.likelihood_ratio, "lr"),
    ):
        close(ours, expected[key])


def test_three_ways_into_a_model_of_arms(name: str) -> None:
    data = load(name)
    one = cox(data.time, data.event, data.arm, stratum=data.stratum)
    two = cox_arms(data.time, data.event, data.arm, stratum=data.stratum)
    three = cox_from_table(risk_table(data.time, data.event, data.arm, data.stratum))
    for fields in zip(one, two, three, strict=True):
        for other in fields[1:]:
            np.testing.assert_array_equal(fields[0], other)


def test_curves_by_arm_from_one_table(name: str) -> None:
    data = load(name)
    table = risk_table(data.time, data.event, data.arm, data.stratum)
    for arm, curve in enumerate(kaplan_meier_by_arm(table)):
        mine = data.arm == arm
        alone = kaplan_meier(data.time[mine], data.event[mine])
        for field in ("time", "n_risk", "n_event", "n_censor", "survival", "std_err", "cumulative_variance"):
            np.testing.assert_array_equal(getattr(curve, field), getattr(alone, field))
