"""Robust variances and tests of proportional hazards against R's survival package on six public data sets.

Each comparison is made with times in days and in months of 30.4375 days: tests must not notice.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox import cox
from equipoise.kernels.cox_robust import robust_variance
from equipoise.kernels.proportional_hazards import proportional_hazards_test

REFERENCE = Path(__file__).parents[1] / "reference" / "survival"
CASES: dict[str, Any] = json.loads((REFERENCE / "diagnostics.json").read_text())["datasets"]
UNITS = (1.0, 30.4375)


def load(name: str, unit: float) -> tuple[np.ndarray, ...]:
    with (REFERENCE / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    levels = sorted({row["stratum"] for row in rows})
    time, event, arm, age, subject = (
        np.array([float(row[field]) for row in rows]) for field in ("time", "event", "arm", "age", "id")
    )
    return time / unit, event, arm, age, np.array([levels.index(row["stratum"]) for row in rows]), subject


@pytest.mark.parametrize("unit", UNITS, ids=["days", "months"])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("model", ["robust", "cluster", "stratified_cluster"])
@pytest.mark.parametrize("name", CASES)
def test_robust(name: str, model: str, ties: Any, unit: float) -> None:
    time, event, arm, _, strata, subject = load(name, unit)
    stratum = strata if model == "stratified_cluster" else None
    fit = cox(time, event, arm, stratum=stratum, ties=ties)
    cluster = None if model == "robust" else subject
    found = robust_variance(time, event, arm, fit.coef, stratum=stratum, ties=ties, cluster=cluster)
    expected = CASES[name]["robust"][f"{model}_{ties}"]
    np.testing.assert_allclose(found.var, expected["var"], rtol=1e-8)
    np.testing.assert_allclose(found.model_var, expected["naive_var"], rtol=1e-8)
    np.testing.assert_allclose(found.model_var, fit.var, rtol=1e-9)
    np.testing.assert_allclose([found.wald, found.score], [expected["wald"], expected["robust_score"]], rtol=1e-8)
    assert found.n_clusters == (time.size if cluster is None else np.unique(subject).size)


@pytest.mark.parametrize("unit", UNITS, ids=["days", "months"])
@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
@pytest.mark.parametrize("model", ["arm", "arm_age", "stratified"])
@pytest.mark.parametrize("name", CASES)
def test_proportional_hazards(name: str, model: str, transform: Any, unit: float) -> None:
    time, event, arm, age, strata, _ = load(name, unit)
    x = np.column_stack([arm, age]) if model == "arm_age" else arm
    stratum = strata if model == "stratified" else None
    fit = cox(time, event, x, stratum=stratum)
    found = proportional_hazards_test(time, event, x, fit.coef, stratum=stratum, transform=transform)
    expected = CASES[name]["zph"][f"{model}_{transform}"]
    np.testing.assert_allclose([*found.chi_square, found.global_chi_square], expected["chisq"], rtol=1e-8)
    np.testing.assert_array_equal([*found.df, found.global_df], expected["df"])
    np.testing.assert_allclose([*found.p, found.global_p], expected["p"], rtol=1e-8)
