"""Contrasts of two proportions and stratified tables against R, metafor and statsmodels."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from equipoise.kernels.two_by_two import (
    cmh_general_association,
    cochran_mantel_haenszel,
    difference_newcombe,
    difference_wald,
    fisher_exact,
    odds_ratio,
    risk_ratio,
    score_test_difference,
)

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "proportions.json").read_text())["cases"]
STATSMODELS = json.loads((REFERENCE / "proportions_statsmodels.json").read_text())["cases"]

# R's UCBAdmissions: admitted and applicants by department, men and women.
MEN = ([512, 353, 120, 138, 53, 22], [825, 560, 325, 417, 191, 373])
WOMEN = ([89, 17, 202, 131, 94, 24], [108, 25, 593, 375, 393, 341])
MIGRAINE = ([16, 12], [27, 28], [5, 7], [25, 26])
FOUR = ([25, 34, 28, 52], [33, 50, 50, 67], [4, 17, 15, 22], [17, 25, 25, 33])
STRATIFIED = {
    "ucb": (*WOMEN, *MEN),
    "migraine": MIGRAINE,
    "rabbits": ([0, 3, 6, 5, 2], [6, 6, 6, 6, 2], [0, 0, 2, 6, 5], [5, 6, 6, 6, 5]),
    "single": (56, 70, 48, 80),
}


def key(prefix, table):
    return "_".join([prefix, *map(str, table)])


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (9, 10, 3, 10), (5, 56, 0, 29)])
def test_pearson_and_wald_of_r(table):
    statistic, p, lower, upper = R[key("pearson", table)]["value"]
    ours = score_test_difference(*table, variance_factor="none")
    assert (ours.z**2, ours.p_two_sided) == pytest.approx((statistic, p), rel=1e-12)
    assert ours.z > 0
    assert difference_wald(*table)[1:3] == pytest.approx((lower, upper), rel=1e-12)


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (3, 40, 11, 35)])
def test_ratios_are_those_of_saturated_models(table):
    assert odds_ratio(*table)[:3] == pytest.approx(R[key("odds", table)]["value"], rel=1e-9)
    assert risk_ratio(*table)[:3] == pytest.approx(R[key("risk", table)]["value"], rel=1e-9)


@pytest.mark.parametrize(
    "table", [(56, 70, 48, 80), (9, 10, 3, 10), (0, 12, 6, 12), (3, 4, 1, 4), (812, 1500, 760, 1480)]
)
def test_fisher(table):
    assert fisher_exact(*table).p_two_sided == pytest.approx(R[key("fisher", table)]["value"][0], rel=1e-9)


@pytest.mark.parametrize("name", STRATIFIED)
def test_mantelhaen(name):
    ours = cochran_mantel_haenszel(*STRATIFIED[name])
    statistic, df, p, *odds = R[f"mh_{name}"]["value"]
    assert (ours.chi_square, ours.df, ours.p_two_sided) == pytest.approx((statistic, df, p), rel=1e-11)
    assert ours.mh_odds_ratio[:3] == pytest.approx(odds, rel=1e-11)
    assert ours.z**2 == pytest.approx(ours.chi_square)


@pytest.mark.parametrize("name", ["ucb", "migraine"])
def test_mantelhaen_with_continuity_correction(name):
    ours = cochran_mantel_haenszel(*STRATIFIED[name], continuity="half")
    statistic, _, p, *_ = R[f"mh_{name}_corrected"]["value"]
    assert (ours.chi_square, ours.p_two_sided) == pytest.approx((statistic, p), rel=1e-11)


def test_general_association_of_six_departments():
    """Department by admission, stratified by gender: mantelhaen.test(aperm(UCBAdmissions, c(3, 1, 2)))."""
    ours = cmh_general_association([MEN[0], WOMEN[0]], [MEN[1], WOMEN[1]])
    statistic, df, p = R["general_ucb"]["value"]
    assert ours[:3] == pytest.approx((statistic, df, p), rel=1e-10)


def test_general_association_of_four_classes():
    """Class by survival on the Titanic, stratified by sex."""
    survived = [[62, 25, 88, 192], [141, 93, 90, 20]]
    aboard = [[180, 179, 510, 862], [145, 106, 196, 23]]
    ours = cmh_general_association(survived, aboard)
    assert ours[:3] == pytest.approx(R["general_titanic"]["value"], rel=1e-10)


@pytest.mark.parametrize(("name", "tables"), [("migraine", MIGRAINE), ("four", FOUR), ("ucb", (*WOMEN, *MEN))])
def test_common_risk_difference_of_metafor(name, tables):
    ours = cochran_mantel_haenszel(*tables).mh_risk_difference
    assert ours[:3] == pytest.approx(R[f"sato_{name}"]["value"], rel=1e-11)


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (9, 10, 3, 10), (5, 56, 0, 29), (0, 10, 3, 20)])
def test_statsmodels_differences_and_ratios(table):
    assert difference_newcombe(*table)[1:3] == pytest.approx(STATSMODELS[key("newcombe", table)]["value"], rel=1e-11)
    assert difference_wald(*table)[1:3] == pytest.approx(STATSMODELS[key("wald", table)]["value"], rel=1e-11)
    if key("odds", table) in STATSMODELS:
        assert odds_ratio(*table)[1:3] == pytest.approx(STATSMODELS[key("odds", table)]["value"], rel=1e-11)
        assert risk_ratio(*table)[1:3] == pytest.approx(STATSMODELS[key("risk", table)]["value"], rel=1e-11)


@pytest.mark.parametrize(("name", "tables"), [("four", FOUR), ("migraine", MIGRAINE)])
def test_statsmodels_strata(name, tables):
    ours = cochran_mantel_haenszel(*tables)
    assert (ours.chi_square, ours.p_two_sided) == pytest.approx(STATSMODELS[f"mh_{name}"]["value"], rel=1e-11)
    assert ours.mh_odds_ratio[:3] == pytest.approx(STATSMODELS[f"mh_odds_{name}"]["value"], rel=1e-11)


def test_a_single_table_has_the_mantel_haenszel_factor():
    """Chi-square of one table is (N - 1) / N times Pearson's, by R's prop.test."""
    pearson = R["pearson_56_70_48_80"]["value"][0]
    assert cochran_mantel_haenszel(56, 70, 48, 80).chi_square == pytest.approx(pearson * 149 / 150, rel=1e-12)
    assert score_test_difference(56, 70, 48, 80).z == pytest.approx(math.sqrt(pearson * 149 / 150), rel=1e-12)
