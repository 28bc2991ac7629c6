"""Residuals of Cox models, robust variances and tests of proportional hazards against R's survival package.

Frozen by `tests/reference/survival_diagnostics.R`: many covariates, strata, weights, delayed entry with clusters, ties
in coarse time, a covariate that is constant in a stratum. Numbers have 13 digits; the bar is 1e-9 of the largest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox_residuals import cox_residuals, dfbeta, dfbetas, scaled_schoenfeld
from equipoise.kernels.cox_robust import robust_variance
from equipoise.kernels.proportional_hazards import proportional_hazards_test
from equipoise.kernels.smooth_effect import smooth_effect

REFERENCE = Path(__file__).parents[1] / "reference"
CASES: dict[str, Any] = json.loads((REFERENCE / "survival_diagnostics.json").read_text())
WITH_RESIDUALS = [name for name, case in CASES.items() if "martingale" in case]


def close(found: Any, expected: Any) -> None:
    found, expected = np.asarray(found, dtype=float), np.array(expected, dtype=float)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * float(np.nanmax(np.abs(expected))))


def whole(values: Any) -> Any:
    return None if values is None else np.array(values, dtype=int)


def inputs(case: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    options = {"entry": case["entry"], "weights": case["weights"], "ties": case["ties"][0]}
    return (case["time"], case["event"], case["x"], case["coef"]), options | {"stratum": whole(case["stratum"])}


def same_order(found_time: Any, found: Any, expected_time: Any, expected: Any) -> tuple[Any, Any]:
    """Both with rows of one stratum and time in one order: R turns ties around where rows have an entry."""
    close(found_time, expected_time)
    block = np.cumsum(np.diff(found_time, prepend=-1.0) != 0)
    found, expected = np.asarray(found), np.array(expected, dtype=float)
    return (a[np.lexsort((*np.round(a, 9).T, block))] for a in (found, expected))


@pytest.mark.parametrize("name", WITH_RESIDUALS)
def test_residuals(name: str) -> None:
    case = CASES[name]
    data, options = inputs(case)
    found = cox_residuals(*data, **options)
    assert found.reason == ""
    for field in ("martingale", "deviance", "score", "schoenfeld"):
        close(getattr(found, field), case[field])
    close(dfbeta(*data, **options), case["dfbeta"])
    close(dfbetas(*data, **options), case["dfbetas"])
    close(found.expected, np.array(case["event"]) - np.array(case["martingale"]))
    assert (np.array(case["event"])[found.event_row] == 1).all()


@pytest.mark.parametrize("name", CASES)
def test_robust_variance(name: str) -> None:
    case = CASES[name]
    data, options = inputs(case)
    found = robust_variance(*data, **options, cluster=whole(case["cluster"]))
    close(found.model_var, case["var"])
    close(found.var, case["robust"])
    close(found.se, np.sqrt(np.diagonal(case["robust"])))
    close([found.wald, found.score], case["robust_wald"] + case["robust_score"])
    half = 1.959963984540054 * found.se
    close(found.upper, np.array(case["coef"]) + half)
    close(found.lower, np.array(case["coef"]) - half)


@pytest.mark.parametrize("by_term", [False, True], ids=["columns", "terms"])
@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
@pytest.mark.parametrize("name", CASES)
def test_proportional_hazards(name: str, transform: str, by_term: bool) -> None:
    case = CASES[name]
    data, options = inputs(case)
    terms = [int(code) for code in case["terms"]] if by_term else None
    found = proportional_hazards_test(*data, **options, transform=transform, terms=terms)  # type: ignore[arg-type]
    assert found.reason == ""
    expected = np.array(case[("zph_terms_" if by_term else "zph_") + transform])
    np.testing.assert_allclose([*found.chi_square, found.global_chi_square], expected[:, 0], rtol=1e-9)
    np.testing.assert_array_equal([*found.df, found.global_df], expected[:, 1])
    np.testing.assert_allclose([*found.p, found.global_p], expected[:, 2], rtol=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_scaled_residuals(name: str) -> None:
    case = CASES[name]
    data, options = inputs(case)
    found = proportional_hazards_test(*data, **options)
    close(*same_order(found.time, found.scaled, case["zph_time"], case["zph_y"]))
    close(found.variance, case["zph_var"])
    close(found.transformed, case["zph_x_km"])
    close(proportional_hazards_test(*data, **options, transform="rank").transformed, case["zph_x_rank"])
    np.testing.assert_array_equal(scaled_schoenfeld(*data, **options), found.scaled)


@pytest.mark.parametrize("transform", ["km", "identity"])
@pytest.mark.parametrize("name", CASES)
def test_smooth_effect_as_plotted(name: str, transform: str) -> None:
    """What R's plot draws is promised to 1e-6 and found to 1e-9."""
    case = CASES[name]
    data, options = inputs(case)
    test = proportional_hazards_test(*data, **options, transform=transform)  # type: ignore[arg-type]
    found = smooth_effect(test.transformed, test.scaled, test.variance)
    expected = case["smooth_" + transform]
    close(found.x, expected["x"])
    for field in ("effect", "lower", "upper"):
        close(getattr(found, field)[:, -1], expected[field])


def test_the_score_test_is_not_the_older_approximation() -> None:
    """Veteran data, treatment and Karnofsky: 0.307 and 11.96, where the older test has 0.775 and 10.64."""
    data, options = inputs(CASES["veteran_two"])
    found = proportional_hazards_test(*data, **options)
    assert [round(float(value), 3) for value in found.chi_square] == [0.307, 11.959]
    g = found.transformed - found.transformed.mean()
    older = (g @ found.scaled) ** 2 / (np.diagonal(found.variance) * (g @ g))
    assert [round(float(value), 3) for value in older] == [0.775, 10.642]
