"""Linear models against R (lm, emmeans, drop1, sandwich), frozen by tests/reference/linear_model/frozen.R."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from equipoise.kernels.linear_model import f_test, fit_linear, linear_functions, term_functions

FOLDER = Path(__file__).parents[1] / "reference" / "linear_model"
R = json.loads((FOLDER / "frozen.json").read_text())
ROWS = list(csv.DictReader((FOLDER / "cases.csv").read_text().splitlines()))
CLOSE = {"rel": 1e-8, "abs": 1e-13}


def column(name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in ROWS])


def dummies(name: str) -> tuple[np.ndarray, list[str]]:
    levels = sorted({row[name] for row in ROWS})
    return np.column_stack([[row[name] == level for row in ROWS] for level in levels]).astype(float), levels


ARM, SITE, SEX, REGION = (dummies(name)[0] for name in ("arm", "site", "sex", "region"))
Y, BASE, AGE, WEIGHT = column("y"), column("base"), column("age"), column("w")
FULL = np.column_stack([ARM, SITE[:, 1:], AGE - AGE.mean(), BASE - BASE.mean()])
TERMS = {"arm": [0, 1, 2], "site": [3, 4, 5], "age": [6], "base": [7]}
PAIRS = np.zeros((3, 8))
PAIRS[[0, 0, 1, 1, 2, 2], [1, 0, 2, 0, 2, 1]] = [1, -1, 1, -1, 1, -1]


def check(found, wanted) -> None:
    for name in ("estimate", "se", "lower", "upper"):
        assert getattr(found, name) == pytest.approx(wanted[name], **CLOSE), name
    if "p" in wanted:
        assert found.t == pytest.approx(wanted["t"], **CLOSE)
        assert found.p_two_sided == pytest.approx(wanted["p"], **CLOSE)
        half = np.where(found.t > 0, found.p_upper, found.p_lower)
        assert 2 * half == pytest.approx(wanted["p"], **CLOSE)
        assert found.p_upper + found.p_lower == pytest.approx(1.0, rel=1e-14)


def means(margins: list[float], offset: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    return np.column_stack([np.eye(3), np.tile([*margins, *offset], (3, 1))])


@pytest.mark.parametrize(("case", "weights"), [("full", None), ("weighted", WEIGHT)])
def test_covariates(case, weights):
    fit, wanted = fit_linear(FULL, Y, weights=weights), R[case]
    assert (fit.df, fit.rank) == (wanted["df"], 8)
    assert fit.rss == pytest.approx(wanted["rss"], **CLOSE)
    assert np.sqrt(fit.variance) == pytest.approx(wanted["sigma"], **CLOSE)
    check(linear_functions(fit, PAIRS), wanted["pairs"])
    check(linear_functions(fit, means([0.25] * 3)), wanted["equal"])
    check(linear_functions(fit, means(list(SITE[:, 1:].mean(axis=0)))), wanted["observed"])


def test_one_way():
    fit, wanted = fit_linear(ARM, Y), R["one_way"]
    check(linear_functions(fit, PAIRS[:, :3]), wanted["pairs"])
    check(linear_functions(fit, np.eye(3)), wanted["equal"])
    found = f_test(fit, PAIRS[:, :3])
    assert (found.f, found.p) == pytest.approx((wanted["terms"]["arm"]["f"], wanted["terms"]["arm"]["p"]), **CLOSE)


@pytest.mark.parametrize("term", TERMS)
def test_type_iii(term):
    fit, wanted = fit_linear(FULL, Y), R["full"]["terms"][term]
    # Of the arms, which have no common intercept beside them, the differences are what the term is about.
    rows = PAIRS if term == "arm" else term_functions(FULL, TERMS[term])
    found = f_test(fit, rows)
    assert (found.df, found.residual_df, found.reason) == (wanted["df"], R["full"]["df"], "")
    assert (found.f, found.p) == pytest.approx((wanted["f"], wanted["p"]), **CLOSE)


def test_hc3():
    fit, wanted = fit_linear(FULL, Y, variance="hc3"), R["hc3"]
    check(linear_functions(fit, PAIRS), wanted["pairs"])
    found = f_test(fit, PAIRS[:2])
    assert (found.f, found.p) == pytest.approx((wanted["f"], wanted["p"]), **CLOSE)


def test_a_design_without_full_rank():
    x = np.column_stack([ARM, REGION[:, 1:], BASE])
    fit, wanted = fit_linear(x, Y), R["aliased"]
    assert (fit.rank, fit.df) == (wanted["rank"], wanted["df"])
    assert fit.rss == pytest.approx(wanted["rss"], **CLOSE)
    assert np.count_nonzero(np.isnan(fit.coef)) == 1
    found = linear_functions(fit, [[-1, 1, 0, 0, 0, 0], [-1, 0, 1, 0, 0, 0]])
    told = (found.estimate[0], found.se[0], found.t[0], found.p_two_sided[0])
    assert told == pytest.approx(wanted["b_a"], **CLOSE)
    assert np.isnan([found.estimate[1], found.se[1], found.lower[1], found.p_two_sided[1]]).all()
    assert found.reasons[0] == ""
    assert found.reasons[1].startswith("not estimable")
    assert f_test(fit, [[-1, 0, 1, 0, 0, 0]]).reason.startswith("not estimable")


def test_interaction():
    products = [ARM[:, i] * SEX[:, 1] for i in (1, 2)]
    x = np.column_stack([ARM, SEX[:, 1], BASE, *products])
    found, wanted = f_test(fit_linear(x, Y), term_functions(x, [5, 6])), R["interaction"]
    assert found.df == wanted["df"]
    assert (found.f, found.p) == pytest.approx((wanted["f"], wanted["p"]), **CLOSE)


def test_slope():
    dose = ARM @ np.array([0.0, 54.0, 81.0])
    x = np.column_stack([np.ones(Y.size), dose, SITE[:, 1:], AGE, BASE])
    found, wanted = linear_functions(fit_linear(x, Y), np.eye(1, 7, 1)), R["slope"]
    told = {name: getattr(found, name)[0] for name in ("estimate", "se", "t")}
    assert {**told, "p": found.p_two_sided[0], "df": found.df} == pytest.approx(wanted, **CLOSE)
