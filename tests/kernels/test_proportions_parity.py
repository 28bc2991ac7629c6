"""One proportion against R, statsmodels and the CDISC pilot's adverse events."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from equipoise.kernels.proportions import clopper_pearson, clopper_pearson_many, wilson

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "proportions.json").read_text())["cases"]
STATSMODELS = json.loads((REFERENCE / "proportions_statsmodels.json").read_text())["cases"]
CDISC = json.loads((REFERENCE / "proportions_cdisc_pilot.json").read_text())["rows"]


@pytest.mark.parametrize(
    ("case", "x", "n", "level"),
    [
        ("81_263", 81, 263, 0.95),
        ("15_148", 15, 148, 0.95),
        ("0_20", 0, 20, 0.95),
        ("1_29", 1, 29, 0.95),
        ("29_29", 29, 29, 0.95),
        ("1_1", 1, 1, 0.95),
        ("2_100000", 2, 100000, 0.95),
    ],
)
def test_r(case, x, n, level):
    assert wilson(x, n, conf_level=level)[1:3] == pytest.approx(R[f"wilson_{case}"]["value"], rel=1e-11)
    assert clopper_pearson(x, n, conf_level=level)[1:3] == pytest.approx(R[f"exact_{case}"]["value"], rel=1e-11)


def test_r_other_levels():
    assert wilson(7, 24, conf_level=0.9)[1:3] == pytest.approx(R["wilson_7_24_level_90"]["value"], rel=1e-12)
    assert clopper_pearson(7, 24, conf_level=0.999)[1:3] == pytest.approx(R["exact_7_24_level_999"]["value"], rel=1e-12)


@pytest.mark.parametrize(("x", "n"), [(81, 263), (15, 148), (1, 29), (0, 20), (29, 29)])
def test_r_continuity(x, n):
    assert wilson(x, n, continuity=True)[1:3] == pytest.approx(R[f"wilson_cc_{x}_{n}"]["value"], rel=1e-12)


@pytest.mark.parametrize(("x", "n", "alpha"), [(81, 263, 0.05), (0, 20, 0.05), (29, 29, 0.05), (2, 100000, 0.01)])
def test_statsmodels(x, n, alpha):
    for name, function in (("exact", clopper_pearson), ("wilson", wilson)):
        expected = STATSMODELS[f"{name}_{x}_{n}_{alpha}"]["value"]
        assert function(x, n, conf_level=1 - alpha)[1:3] == pytest.approx(expected, rel=1e-11)


def test_cdisc_pilot():
    x, n, lower, upper = np.array(CDISC).T
    ours = clopper_pearson_many(x, n)
    assert len(CDISC) == 63
    np.testing.assert_allclose(ours.estimate, x / n, rtol=1e-15)
    np.testing.assert_allclose(ours.lower, lower, rtol=1e-12)
    np.testing.assert_allclose(ours.upper, upper, rtol=1e-12)
