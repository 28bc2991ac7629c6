"""Published numbers, and sets small enough to solve on paper.

The German breast cancer study (`gbsg` of R survival, 686 patients, hormonal therapy against none): statistics printed
on the documentation pages of the R package FastSurvival (article on validation), computed there by `nph` 2.1
(`logrank.maxtest`), `nphRCT` (`wlrt`, s_star 0.5) and the archived `AHR` (up to 1000 days). All have six decimals, and
signs for whichever arm.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from equipoise.kernels.average_hazard_ratio import average_hazard_ratio
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import log_rank, modestly_weighted
from equipoise.kernels.max_combo import max_combo
from equipoise.kernels.trend import log_rank_trend

with (Path(__file__).parents[1] / "reference" / "survival" / "gbsg.csv").open() as _file:
    _ROWS = list(csv.DictReader(_file))
TIME, EVENT, ARM = (np.array([float(row[name]) for row in _ROWS]) for name in ("time", "event", "arm"))

# Eight subjects. Arm 0: 1, 2, 3+, 5. Arm 1: 1+, 2, 4, 6+. S(t-) of all together before 1, 2, 4, 5: 1, 7/8, 7/12, 7/18.
SMALL = ([1, 2, 3, 5, 1, 2, 4, 6], [1, 1, 0, 1, 0, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1])
EXCESS = np.array([-1 / 2, 0, 1 / 3, -1 / 2])  # d1 - E1 at 1, 2, 4, 5
SPREAD = np.array([1 / 4, 2 / 5, 2 / 9, 1 / 4])


def test_max_combo_of_the_breast_cancer_study() -> None:
    found = max_combo(TIME, EVENT, ARM, weights=((0, 0), (0, 1), (1, 0)))
    np.testing.assert_allclose(np.abs(found.z), (2.926565, 2.260677, 2.951913), atol=5e-7)
    assert found.z_max == found.z[2] > 0  # hormonal therapy is better


def test_modestly_weighted_of_the_breast_cancer_study() -> None:
    assert modestly_weighted(TIME, EVENT, ARM, s_star=1.0).z == pytest.approx(2.926565, abs=5e-7)
    assert modestly_weighted(TIME, EVENT, ARM, s_star=0.5).z == pytest.approx(2.773749, abs=5e-7)


def test_average_hazard_ratio_of_the_breast_cancer_study() -> None:
    """Printed: 0.6738899, with tied pairs counted for the treated arm; ours counts each half for either."""
    curves = [kaplan_meier(TIME[a == ARM], EVENT[a == ARM]) for a in (0, 1)]
    times = np.unique(TIME[(EVENT == 1) & (TIME <= 1000)])
    zero, one = (
        np.append(1.0, km.survival)[np.searchsorted(km.time, np.append(0.0, times), side="right")] for km in curves
    )
    control_first = np.sum(one[1:] * -np.diff(zero))
    tied = np.sum(np.diff(one) * np.diff(zero))
    share = control_first / (1 - zero[-1] * one[-1])
    assert (1 - share) / share == pytest.approx(0.6738899, abs=5e-8)
    found = average_hazard_ratio(TIME, EVENT, ARM, horizon=1000)
    share += 0.5 * tied / (1 - zero[-1] * one[-1])
    assert tied > 0
    assert found.estimate == pytest.approx((1 - share) / share, rel=1e-12)
    assert found.estimate == pytest.approx(0.6738899, rel=5e-3)


def test_max_combo_on_paper() -> None:
    found = max_combo(*SMALL, weights=((0, 0), (0, 1)))
    late = 1 - np.array([1, 7 / 8, 7 / 12, 7 / 18])
    v, c, w = SPREAD.sum(), (late * SPREAD).sum(), (late * late * SPREAD).sum()
    np.testing.assert_allclose(found.z, (-EXCESS.sum() / np.sqrt(v), -(late * EXCESS).sum() / np.sqrt(w)), rtol=1e-13)
    np.testing.assert_allclose(found.correlation[0, 1], c / np.sqrt(v * w), rtol=1e-13)


def test_modest_weights_on_paper() -> None:
    # S(2) = 7/12: up to 2 the weights are 1 and 8/7, from then on 12/7.
    weights = np.array([1, 8 / 7, 12 / 7, 12 / 7])
    z = -(weights * EXCESS).sum() / np.sqrt((weights * weights * SPREAD).sum())
    for t_star in (2, 2 + 1e-12, 3.9):
        assert modestly_weighted(*SMALL, t_star=t_star).z == pytest.approx(z, rel=1e-13)
    weights = np.array([1, 8 / 7, 8 / 7, 8 / 7])  # S(1.5) = 7/8
    z = -(weights * EXCESS).sum() / np.sqrt((weights * weights * SPREAD).sum())
    assert modestly_weighted(*SMALL, t_star=1.5).z == pytest.approx(z, rel=1e-13)
    assert modestly_weighted(*SMALL, t_star=0.5).z == pytest.approx(log_rank(*SMALL).z, rel=1e-13)
    weights = 1 / np.array([1, 7 / 8, 7 / 12, 0.5])
    z = -(weights * EXCESS).sum() / np.sqrt((weights * weights * SPREAD).sum())
    assert modestly_weighted(*SMALL, s_star=0.5).z == pytest.approx(z, rel=1e-13)


def test_trend_of_two_arms_is_the_log_rank_test() -> None:
    for scores in ([0, 1], [3, 8]):
        assert log_rank_trend(*SMALL, scores).z == pytest.approx(log_rank(*SMALL).z, rel=1e-13)
    assert log_rank_trend(*SMALL, [1, 0]).z == pytest.approx(-log_rank(*SMALL).z, rel=1e-13)


def test_average_hazard_ratio_on_paper() -> None:
    # Arm 0: events at 1, 3; arm 1 at 2, 3. No censoring: of 4 pairs arm 0 is first in 2 (1 < 2, 1 < 3), arm 1 in one
    # (2 < 3), and one ties. Half of it for either: 1.5 / 2.5.
    found = average_hazard_ratio([1, 3, 2, 3], [1, 1, 1, 1], [0, 0, 1, 1])
    assert found.estimate == pytest.approx(1.5 / 2.5, rel=1e-14)
    # Up to 2: arm 0 first in two pairs, arm 1 in one.
    assert average_hazard_ratio([1, 3, 2, 3], [1] * 4, [0, 0, 1, 1], horizon=2).estimate == pytest.approx(
        0.5, rel=1e-14
    )
