"""Analyses of a cohort of examples/patina against R's, to the last digits: the printed ones are tested elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox import cox
from equipoise.kernels.kaplan_meier import kaplan_meier, quantile, survival_at
from equipoise.kernels.log_rank import log_rank
from equipoise.kernels.proportions import clopper_pearson
from equipoise.units import DAYS_PER_MONTH

FROZEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "reference" / "patina_cohort_r.json").read_text())
PRINTED: dict[str, dict[str, tuple[float | None, ...]]] = {
    "pfs": {"median_1": (44.3, 32.4, 56.8), "median_0": (29.1, 23.3, 38.6)},
    "dor": {"median_1": (44.9, 27.1, 51.6), "median_0": (30.8, 26.0, None)},
}


def near(found: Any, answer: Sequence[float | None]) -> None:
    wanted = [np.nan if x is None else x for x in answer]
    np.testing.assert_allclose(np.ravel(found), wanted, rtol=1e-8)


@pytest.mark.parametrize("name", ["pfs", "os", "dor"])
def test_survival_of_a_cohort(name: str) -> None:
    one = FROZEN["endpoints"][name]
    day, event, arm, stratum = (np.array(one[key]) for key in ("day", "event", "arm", "stratum"))
    answers = one["r"]
    for code in (0, 1):
        km = kaplan_meier(day[arm == code], event[arm == code])
        median = quantile(km, 0.5)
        near(np.array([median.estimate, median.lower, median.upper]) / DAYS_PER_MONTH, answers[f"median_{code}"])
        at = survival_at(km, (24 if name == "dor" else 48) * DAYS_PER_MONTH)
        near([at.survival, at.lower, at.upper], answers[f"survival_{code}"])
    fit = cox(day, event, arm, stratum=stratum)
    near([fit.coef, fit.se, np.exp(fit.lower), np.exp(fit.upper)], answers["cox"])
    test = log_rank(day, event, arm, stratum=stratum)
    near([test.chi_square, test.p_two_sided], answers["log_rank"])
    followed = quantile(kaplan_meier(day, 1 - event), 0.5)
    near(np.array([followed.estimate, followed.lower, followed.upper]) / DAYS_PER_MONTH, answers["follow_up"])


@pytest.mark.parametrize("row", FROZEN["exact"])
def test_exact_limits(row: list[float]) -> None:
    limits = clopper_pearson(int(row[0]), int(row[1]))
    near([limits.lower, limits.upper], row[2:])


def test_what_r_finds_is_what_was_printed() -> None:
    """The paper's numbers, from R's analysis of the cohort: no code of ours comes between."""
    answers = {name: one["r"] for name, one in FROZEN["endpoints"].items()}
    for name, medians in PRINTED.items():
        for key, printed in medians.items():
            assert tuple(None if x is None else round(x, 1) for x in answers[name][key]) == printed
    assert [round(100 * answers["pfs"][f"survival_{arm}"][0], 1) for arm in (1, 0)] == [46.5, 38.3]
    ratios = {name: (np.exp(answers[name]["cox"][0]), *answers[name]["cox"][2:]) for name in ("pfs", "os")}
    assert [round(float(x), 2) for x in ratios["pfs"]] == [0.75, 0.59, 0.96]
    assert [round(float(x), 2) for x in ratios["os"]] == [0.86, 0.61, 1.23]
    assert round(answers["pfs"]["log_rank"][1], 2) == 0.02
    assert round(answers["os"]["follow_up"][0], 1) == 53.5
    deaths = FROZEN["endpoints"]["os"]
    assert [sum(e for e, a in zip(deaths["event"], deaths["arm"], strict=True) if a == arm) for arm in (1, 0)] == [
        60,
        63,
    ]
