"""P values against estimates and intervals."""

from __future__ import annotations

import pytest

from equipoise.evidence.rules import p_value

PATINA = {"value": "0.75", "ci": ("0.59", "0.96")}  # |z| is 2.19 to 2.42 within the boxes


def effect(claim, p, *, ci=("0.59", "0.96"), value="0.75", **more):
    return claim("hazard_ratio", value, ci=ci, p=p, **more)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ("0.02", "consistent"),  # as published, two-sided
        ("0.021", "consistent"),
        ("0.01", "consistent"),  # 0.015 and more would print 0.02, but 0.0199 cut off prints 0.01
        ("0.009", "remark"),  # one-sided
        ("0.05", "remark"),
        ("0.2", "remark"),  # z 1.46 at most: 0.73 less, within 0.8 + 0.1 |z|
        ("0.35", "contradicted"),
        ("0.0002", "remark"),  # one-sided z from 3.43: 1.01 more, allowed 1.04
        ("0.0001", "contradicted"),
        ("<0.001", "remark"),
        ("<0.0001", "contradicted"),
        ("<0.05", "consistent"),
        (">0.05", "remark"),
        (">0.5", "contradicted"),
    ],
)
def test_p_against_the_interval(claim, verdict, p, expected):
    assert verdict(p_value, effect(claim, p)) == expected


@pytest.mark.parametrize(
    ("value", "limits", "p", "sides", "expected"),
    [
        (".72", (".57", ".92"), ".00455", None, "remark"),  # MONALEESA-3: one-sided
        ("0.749", ("0.628", "0.892"), ".0006", None, "remark"),  # NATALEE: one-sided
        ("0.749", ("0.628", "0.892"), ".0006", 1, "consistent"),
        ("0.749", ("0.628", "0.892"), ".0006", 2, "remark"),
        ("0.749", ("0.628", "0.892"), ".0012", 2, "consistent"),
        ("0.749", ("0.628", "0.892"), ".0012", 1, "remark"),
        ("0.8", ("0.616", "1.027"), "0.0392", 1, "consistent"),  # JAVELIN Renal 101
        ("1.22", ("0.86", "1.75"), "0.86", 1, "consistent"),  # one-sided, against the drug
    ],
)
def test_sides(claim, verdict, value, limits, p, sides, expected):
    assert verdict(p_value, effect(claim, p, value=value, ci=limits, sides=sides)) == expected


def test_fits_only_one_sided_is_said(claim, found):
    (one,) = found(p_value, effect(claim, ".00455", value=".72", ci=(".57", ".92")))
    assert one.sentence == "The P value fits only if it is one-sided."
    (one,) = found(p_value, effect(claim, ".0006", value="0.749", ci=("0.628", "0.892"), sides=2))
    assert "but the text calls it two-sided" in one.sentence


@pytest.mark.parametrize(
    ("p", "expected"), [("0.3", "contradicted"), ("0.2", "remark"), ("0.0005", "remark"), ("0.0002", "contradicted")]
)
def test_the_gap_is_eight_tenths_and_a_tenth_of_z(claim, verdict, p, expected):
    assert verdict(p_value, effect(claim, p, sides=2)) == expected


def test_one_wald_test_leaves_a_tenth(claim, verdict):
    assert verdict(p_value, effect(claim, "0.013", p_method=["wald"], sides=2)) == "remark"  # z 2.48, gap 0.07
    assert verdict(p_value, effect(claim, "0.008", p_method=["wald"], sides=2)) == "contradicted"  # z from 2.61
    assert verdict(p_value, effect(claim, "0.008", sides=2)) == "remark"


def test_different_strata_leave_more(claim, verdict):
    crossed = {"p_method": ["unstratified"], "ci_method": ["stratified"], "sides": 2}
    assert verdict(p_value, effect(claim, "0.4", **crossed)) == "remark"  # gap 1.25, allowed 1.5 + 0.23
    assert verdict(p_value, effect(claim, "0.4", sides=2)) == "contradicted"
    assert verdict(p_value, effect(claim, "0.9", **crossed)) == "contradicted"


@pytest.mark.parametrize("method", ["noninferiority", "interaction", "trend"])
def test_p_values_of_other_questions_are_left_alone(claim, verdict, method):
    assert verdict(p_value, effect(claim, "0.9", p_method=[method])) == ""


def test_words_of_the_sentence_count_too(claim, reading):
    text = "HR 0.75 (0.59-0.96); P = 0.9 for interaction."
    one = effect(claim, "0.9", start=0, sentence=(0, len(text)))
    assert not list(p_value.check(reading(one, text=text)))


@pytest.mark.parametrize("method", ["exact", "bootstrap", "repeated"])
def test_intervals_that_are_not_walds_get_a_remark(claim, verdict, method):
    assert verdict(p_value, effect(claim, "0.9", ci_method=[method])) == "remark"


def test_an_interval_of_an_unprinted_level_may_be_another(claim, verdict):
    # 0.75 (0.62 to 0.91) is a 90% interval of z 2.46; read as 95% z is 2.9
    args = {"value": "0.75", "ci": ("0.49", "1.15"), "sides": 2}  # z 1.3 at 95%, 1.7 at 99%
    assert verdict(p_value, effect(claim, "0.0002", **args)) == "contradicted"
    assert verdict(p_value, effect(claim, "0.0000001", **args, stated=False)) == "contradicted"


@pytest.mark.parametrize(
    ("level", "limits"), [(0.8, ("0.64", "0.88")), (0.9695, ("0.57", "0.98")), (0.992, ("0.54", "1.04"))]
)
def test_levels(claim, verdict, level, limits):
    assert verdict(p_value, effect(claim, "0.02", ci=limits, level=level, sides=2)) == "consistent"


def test_differences_are_linear(claim, verdict):
    one = claim("mean_difference", "-0.45", ci=("-0.67", "-0.23"), p="<0.001")
    assert verdict(p_value, one) == "consistent"
    assert verdict(p_value, claim("risk_difference", "2.1", ci=("-2.6", "6.9"), p="0.38", sides=2)) == "consistent"
    assert verdict(p_value, claim("risk_difference", "2.1", ci=("-2.6", "6.9"), p="0.001")) == "contradicted"


@pytest.mark.parametrize(
    ("measure", "value", "limits", "p"),
    [
        # R: chisq.test, with its correction, of 3 of 100 against 39 of 246; t.test of four against four
        ("risk_difference", "-12.9", ("-18.5", "-7.2"), "0.0017"),
        ("mean_difference", "-53.4", ("-75.3", "-31.6"), "0.0010"),
        ("mean_difference", "-28.89", ("-42.11", "-15.67"), "0.003"),
    ],
)
def test_tests_of_differences_have_another_error(claim, verdict, measure, value, limits, p):
    assert verdict(p_value, claim(measure, value, ci=limits, p=p)) == "remark"
    assert verdict(p_value, claim(measure, value, ci=limits, p="0.30")) == "contradicted"


def test_a_p_value_of_its_own_line(claim, verdict):
    row = {"endpoint": "overall_survival", "arm": "a", "versus": "b"}
    ratio = claim("hazard_ratio", "0.8", ci=("0.616", "1.027"), **row)
    assert verdict(p_value, ratio, claim("p_value", "0.0392", p="0.0392", sides=1, **row)) == "consistent"
    other = claim("p_value", "0.0392", p="0.0392", sides=1, endpoint="progression_free_survival")
    assert verdict(p_value, ratio, other) == ""


def test_a_p_value_of_many_digits_and_powers(claim, verdict):
    assert verdict(p_value, effect(claim, "7.8e-22", value="0.28", ci=("0.22", "0.37"))) == "consistent"
