"""Cox fits with delayed entry, weights, strata, all ties, and profile limits, against R's survival package.

`tests/reference/survival_cox_fits.R` made the answers. R calls the discrete likelihood "exact".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox import CoxFit, cox, cox_arms
from equipoise.kernels.cox_profile import profile_limits
from equipoise.kernels.cox_score import cox_score
from equipoise.kernels.log_rank import log_rank

FROZEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "reference" / "survival_cox_fits.json").read_text())


def table(name: str) -> dict[str, np.ndarray]:
    return {key: np.array(values, dtype=float) for key, values in FROZEN[name + "_data"].items()}


HEART, CGD, VETERAN, NONE = table("heart"), table("cgd"), table("veteran"), table("none")
TIES = pytest.mark.parametrize(("ties", "in_r"), [("efron", "efron"), ("breslow", "breslow"), ("discrete", "exact")])


def columns(data: dict[str, np.ndarray], *names: str) -> np.ndarray:
    return np.column_stack([data[name] for name in names])


def heart(*names: str, **options: Any) -> CoxFit:
    return cox(HEART["stop"], HEART["event"], columns(HEART, *names), entry=HEART["start"], **options)


def entered(ties: str) -> tuple[np.ndarray, np.ndarray]:
    """With entries R has the discrete likelihood only for few ties, those of days."""
    return (VETERAN["start"], VETERAN["time"]) if ties == "discrete" else (VETERAN["entry"], VETERAN["week"])


def same(found: CoxFit, key: str) -> None:
    expected = FROZEN[key]
    assert found.reason == ""
    for ours, field in (
        (found.coef, "coef"),
        (found.var, "var"),
        ([found.loglik_null, found.loglik], "loglik"),
        ([found.score], "score"),
        ([found.wald], "wald"),
        ([found.n], "n"),
        ([found.n_events], "nevent"),
    ):
        np.testing.assert_allclose(ours, expected[field], rtol=1e-8, atol=1e-12, err_msg=field)


@TIES
def test_heart_transplants(ties: Any, in_r: str) -> None:
    same(heart("age", "year", "surgery", "transplant", ties=ties), f"heart_{in_r}")
    same(heart("age", "transplant", stratum=HEART["surgery"], ties=ties), f"heart_strata_{in_r}")


@TIES
def test_an_arm_that_changes_in_time_is_fitted_on_counts_and_on_rows(ties: Any, in_r: str) -> None:
    same(heart("transplant", ties=ties), f"heart_transplant_{in_r}")
    arm = HEART["transplant"].astype(int)
    same(cox_arms(HEART["stop"], HEART["event"], arm, entry=HEART["start"], ties=ties), f"heart_transplant_{in_r}")
    moved = cox(HEART["stop"], HEART["event"], 2.0 * arm - 1.0, entry=HEART["start"], ties=ties)
    np.testing.assert_allclose(2.0 * moved.coef, FROZEN[f"heart_transplant_{in_r}"]["coef"], rtol=1e-8)


@TIES
def test_recurrent_infections(ties: Any, in_r: str) -> None:
    x = columns(CGD, "arm", "age", "steroids")
    options: dict[str, Any] = {"entry": CGD["tstart"], "stratum": CGD["site"], "ties": ties}
    same(cox(CGD["tstop"], CGD["status"], x, **options), f"cgd_{in_r}")
    if ties != "discrete":
        same(cox(CGD["tstop"], CGD["status"], x, weights=CGD["w"], **options), f"cgd_weights_{in_r}")


@TIES
def test_delayed_entry_with_ties(ties: Any, in_r: str) -> None:
    entry, time = entered(ties)
    x = columns(VETERAN, "arm", "age", "karno")
    same(cox(time, VETERAN["status"], x, entry=entry, ties=ties), f"entry_{in_r}")
    found = cox(time, VETERAN["status"], VETERAN["arm"], entry=entry, stratum=VETERAN["cell"], ties=ties)
    same(found, f"entry_arm_{in_r}")
    cells = VETERAN["cell"][:, None] == np.array([1.0, 2.0, 3.0])
    same(cox(time, VETERAN["status"], cells, entry=entry, ties=ties), f"entry_cells_{in_r}")
    if ties != "discrete":
        found = cox(time, VETERAN["status"], x, entry=entry, weights=VETERAN["w"], ties=ties)
        same(found, f"entry_weights_{in_r}")


@TIES
def test_many_ties(ties: Any, in_r: str) -> None:
    x = columns(VETERAN, "arm", "age", "karno")
    same(cox(VETERAN["week"], VETERAN["status"], x, stratum=VETERAN["cell"], ties=ties), f"week_{in_r}")
    cells = VETERAN["cell"][:, None] == np.array([1.0, 2.0, 3.0])
    same(cox(VETERAN["week"], VETERAN["status"], cells, ties=ties), f"cells_{in_r}")
    # The same model, no longer dummies of arms.
    turned = cells @ np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    found = cox(VETERAN["week"], VETERAN["status"], turned, ties=ties)
    np.testing.assert_allclose(found.loglik, FROZEN[f"cells_{in_r}"]["loglik"][1], rtol=1e-12)


def test_the_discrete_score_test_is_the_log_rank_test() -> None:
    """Mantel's variance is that of the hypergeometric distribution. Colon cancer, recurrence: 19.065153."""
    fit = cox(VETERAN["week"], VETERAN["status"], VETERAN["arm"], stratum=VETERAN["cell"], ties="discrete")
    test = log_rank(VETERAN["week"], VETERAN["status"], VETERAN["arm"].astype(int), stratum=VETERAN["cell"])
    np.testing.assert_allclose(fit.score, test.chi_square, rtol=1e-12)
    cells = VETERAN["cell"][:, None] == np.array([1.0, 2.0, 3.0])
    three = log_rank(VETERAN["week"], VETERAN["status"], VETERAN["cell"].astype(int))
    for found in (
        cox(VETERAN["week"], VETERAN["status"], cells, ties="discrete").score,
        cox_score(VETERAN["week"], VETERAN["status"], cells, [0.0, 0.0, 0.0], ties="discrete"),
    ):
        np.testing.assert_allclose(found, three.chi_square, rtol=1e-12)


@TIES
def test_the_score_of_one_coefficient_given_others_with_entry_and_weights(ties: Any, in_r: str) -> None:
    entry, time = entered(ties)
    x = columns(VETERAN, "arm", "age", "karno")
    found = cox_score(time, VETERAN["status"], x, [0.0, 0.0, 0.0], entry=entry, ties=ties)
    np.testing.assert_allclose(found, FROZEN[f"entry_{in_r}"]["score"][0], rtol=1e-9)
    if ties != "discrete":
        weighted = cox_score(time, VETERAN["status"], x, [0.0, 0.0, 0.0], entry=entry, weights=VETERAN["w"], ties=ties)
        np.testing.assert_allclose(weighted, FROZEN[f"entry_weights_{in_r}"]["score"][0], rtol=1e-9)


@TIES
def test_profile_limits(ties: Any, in_r: str) -> None:
    x = columns(VETERAN, "arm", "age", "karno")
    options: dict[str, Any] = {"ties": ties}
    week = profile_limits(VETERAN["week"], VETERAN["status"], x, stratum=VETERAN["cell"], **options)
    arm = profile_limits(VETERAN["week"], VETERAN["status"], VETERAN["arm"], **options)
    entry, time = entered(ties)
    late = profile_limits(time, VETERAN["status"], x, column=2, entry=entry, **options)
    for found, key in ((week, "week"), (arm, "arm"), (late, "entry")):
        np.testing.assert_allclose([found.lower, found.upper], FROZEN[f"profile_{key}_{in_r}"], rtol=1e-7)
        assert (found.reason_lower, found.reason_upper) == ("", "")


@TIES
def test_the_profile_limit_beside_an_infinite_estimate(ties: Any, in_r: str) -> None:
    x = columns(NONE, "arm", "age")
    assert "monotone" in cox(NONE["futime"], NONE["fustat"], x, ties=ties).reasons[0]
    found = profile_limits(NONE["futime"], NONE["fustat"], x, ties=ties)
    np.testing.assert_allclose(found.upper, FROZEN[f"profile_none_{in_r}"][0], rtol=1e-7)
    assert np.isnan(found.lower)
    assert found.reason_lower.startswith("unbounded")
    assert found.reason_upper == ""
