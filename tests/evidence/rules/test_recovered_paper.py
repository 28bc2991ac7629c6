"""Counts and methods behind printed percentages with limits."""

from __future__ import annotations

import pytest
from scipy.special import betainc, betaincinv

from equipoise.evidence.model import Number
from equipoise.evidence.rules import recovered
from equipoise.evidence.rules._binomial import METHODS, beta_tail, limits
from equipoise.evidence.rules.recovered import recover
from equipoise.kernels.proportions import clopper_pearson, wilson


def ask(text, denominators, **more):
    numbers = [Number(t, float(t), len(t.partition(".")[2])) for t in text.split()]
    return recover(*numbers, 0.95, denominators, **more)


def test_patina_response_of_palbociclib():
    found = ask("32.9 26.9 39.4", [231])
    assert (found[0].count, found[0].denominator, found[0].method) == (76, 231, "clopper_pearson")
    assert found[0].declared
    assert not found[0].twice
    # of all 261 no count is 32.9%; 76 of 231 still comes first of those that no one declared
    found = ask("32.9 26.9 39.4", [261])
    assert (found[0].count, found[0].denominator, found[0].method, found[0].declared) == (
        76,
        231,
        "clopper_pearson",
        False,
    )
    assert (70, 213, "wilson") in [(c.count, c.denominator, c.method) for c in found]


def test_patina_benefit_of_palbociclib():
    found = ask("88.9 84.4 92.4", [261])
    assert [(c.count, c.denominator, c.method) for c in found if c.declared] == [(232, 261, "clopper_pearson")]
    assert found[0].limits == pytest.approx((84.4335, 92.4313), abs=1e-4)


def test_patina_response_of_standard_therapy_comes_from_no_count():
    assert ask("24.8 19.3 30.0", [257]) == ()
    assert ask("24.8 19.3 30.0", [], largest=1000) == ()


def test_patina_benefit_of_standard_therapy_is_ranked():
    found = ask("80.9 75.6 85.6", [257])
    assert [(c.count, c.denominator, c.method, c.twice) for c in found[:3]] == [
        (208, 257, "clopper_pearson", True),
        (191, 236, "jeffreys", False),
        (190, 235, "arcsine", False),
    ]
    assert found[0].limits[1] == pytest.approx(85.549, abs=1e-3)  # prints 85.5, and 85.6 by way of 85.55


@pytest.mark.parametrize(
    ("a", "b", "x"), [(1, 1, 0.3), (76, 156, 0.3), (0.5, 20.5, 0.01), (2000, 3000, 0.41), (3, 1e4, 1e-4)]
)
def test_tail_of_the_beta_distribution(a, b, x):
    assert beta_tail(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (1, 20), (76, 231), (232, 261)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.992])
def test_limits_are_those_of_other_implementations(k, n, level):
    exact, score = clopper_pearson(k, n, conf_level=level), wilson(k, n, conf_level=level)
    assert limits("clopper_pearson", k, n, level) == pytest.approx((exact.lower, exact.upper), abs=1e-9)
    assert limits("wilson", k, n, level) == pytest.approx((score.lower, score.upper), abs=1e-12)
    corrected = wilson(k, n, conf_level=level, continuity=True)
    assert limits("wilson_cc", k, n, level) == pytest.approx((corrected.lower, corrected.upper), abs=1e-12)
    if 0 < k < n:
        tail = (1 - level) / 2
        both = tuple(betaincinv(k + 0.5, n - k + 0.5, q) for q in (tail, 1 - tail))
        assert limits("jeffreys", k, n, level) == pytest.approx(both, abs=1e-9)
        low, high = limits("mid_p", k, n, level)
        assert exact.lower < low < k / n < high < exact.upper


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("k", "n"), [(1, 20), (55, 222), (232, 261), (430, 431)])
def test_whatever_is_printed_is_recovered(method, k, n):
    low, high = (100 * x for x in limits(method, k, n, 0.95))
    text = f"{100 * k / n:.1f} {low:.1f} {high:.1f}"
    found = ask(text, [n])
    assert any((c.count, c.denominator, c.method, c.declared) == (k, n, method, True) for c in found)
    assert any((c.count, c.denominator, c.method) == (k, n, method) for c in ask(text, [], largest=n))


def arms(claim):
    return [claim("arm_size", "261", arm="p"), claim("arm_size", "257", arm="s")]


@pytest.mark.parametrize(
    ("arm", "value", "ci", "expected", "sentence"),
    [
        ("p", "32.9", ("26.9", "39.4"), "remark", "of no size of its arm"),
        ("p", "88.9", ("84.4", "92.4"), "consistent", "has these limits"),
        ("s", "24.8", ("19.3", "30.0"), "remark", "No count and no usual method"),
        ("s", "80.9", ("75.6", "85.6"), "remark", "without rounding twice"),
    ],
)
def test_patina_as_findings(claim, found, arm, value, ci, expected, sentence):
    (one,) = found(recovered, *arms(claim), claim("proportion", value, ci=ci, arm=arm))
    assert one.verdict == expected
    assert sentence in one.sentence
    if value == "80.9":
        assert one.arithmetic.index("208 of 257") < one.arithmetic.index("190 of 235 by arcsine")
    if value == "24.8":
        assert "Nearest comes 62 of 250 by Wald" in one.arithmetic


def test_a_printed_count(claim, verdict):
    of = {"count": 121, "denominator": 444}
    assert verdict(recovered, claim("proportion", "27.3", ci=("23.2", "31.6"), **of)) == "consistent"
    assert verdict(recovered, claim("proportion", "27.3", ci=("22.2", "32.6"), **of)) == "remark"
    assert verdict(recovered, claim("proportion", "27.3", ci=("13.2", "31.6"), **of)) == "contradicted"
    assert verdict(recovered, claim("proportion", "27.3", ci=("13.2", "31.6"), stated=False, **of)) == "remark"


def test_survival_curves_and_models_are_left_alone(claim, verdict):
    assert verdict(recovered, claim("rate", "57.8", ci=("52.", "63.2"))) == ""
    assert verdict(recovered, claim("proportion", "57.8", ci=("52.", "63.2"), time="42")) == ""
    assert verdict(recovered, claim("proportion", "57.8", ci=("52.", "63.2"), ci_method=["bootstrap"])) == ""
    assert verdict(recovered, claim("proportion", "57.8", ci=("52.", "63.2"), ci_kind="credible")) == ""


def test_limits_of_the_count_beside_a_wrong_percentage(claim, found):
    (one,) = found(recovered, claim("proportion", "29.3", ci=("26.9", "39.4"), count=76, denominator=231))
    assert one.verdict == "consistent"
    assert "76 of 231 by Clopper-Pearson has 26.88 to 39.37" in one.arithmetic
