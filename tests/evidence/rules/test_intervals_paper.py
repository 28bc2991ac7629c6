"""Intervals with their estimates: both sides of each boundary."""

from __future__ import annotations

import math

import pytest

from equipoise.evidence.rules import interval_contains, interval_symmetric


@pytest.mark.parametrize(
    ("value", "limits", "expected"),
    [
        ("0.75", ("0.59", "0.96"), "consistent"),
        ("0.96", ("0.59", "0.96"), "consistent"),
        ("0.97", ("0.59", "0.96"), "consistent"),  # 0.965 and 0.965 share a point
        ("0.98", ("0.59", "0.96"), "contradicted"),
        ("0.57", ("0.59", "0.96"), "contradicted"),
        ("3.97", ("2.09", "3.43"), "contradicted"),  # printed of D-VRd
        ("0.75", ("0.96", "0.59"), "contradicted"),
        ("~0.98", ("0.59", "0.96"), ""),
        ("<0.98", ("0.59", "0.96"), ""),
        ("44.3", ("32.4", None), "consistent"),
        ("31.0", ("32.4", None), "contradicted"),
    ],
)
def test_an_interval_contains_its_estimate(claim, verdict, value, limits, expected):
    assert verdict(interval_contains, claim("hazard_ratio", value, ci=limits)) == expected


def test_touching_only_by_double_rounding_is_a_remark(claim, verdict):
    # boxes [0.965, 0.975] and [0.9505, 0.9515]... meet only where 0.964 was printed with three decimals
    assert verdict(interval_contains, claim("hazard_ratio", "0.97", ci=("0.59", "0.965"))) == "consistent"
    assert verdict(interval_contains, claim("hazard_ratio", "0.97", ci=("0.59", "0.964"))) == "remark"
    assert verdict(interval_contains, claim("hazard_ratio", "0.97", ci=("0.59", "0.963"))) == "contradicted"


def test_a_difference_may_count_the_other_way(claim, verdict):
    assert verdict(interval_contains, claim("mean_difference", "5.0", ci=("-7.0", "-3.0"))) == "remark"
    assert verdict(interval_contains, claim("risk_difference", "5.0", ci=("7.0", "3.0"))) == "remark"
    assert verdict(interval_contains, claim("risk_difference", "9.0", ci=("-7.0", "-3.0"))) == "contradicted"
    assert verdict(interval_contains, claim("hazard_ratio", "5.0", ci=("7.0", "3.0"))) == "contradicted"


def test_arithmetic_names_the_numbers(claim, found):
    (one,) = found(interval_contains, claim("hazard_ratio", "3.97", ci=("2.09", "3.43")))
    assert "3.97" in one.arithmetic
    assert "above 3.43" in one.arithmetic


@pytest.mark.parametrize(
    ("value", "limits", "expected"),
    [
        ("0.75", ("0.59", "0.96"), "consistent"),  # the middle is 0.7526
        (".72", (".57", ".92"), "consistent"),
        ("0.8", ("0.616", "1.027"), "consistent"),  # one decimal: 0.75 to 0.85
        ("2.996", ("2.230", "3.998"), "remark"),  # the middle is 2.986: no Wald interval
        ("0.79", ("0.59", "0.96"), "remark"),
        ("0.85", ("0.59", "0.96"), "contradicted"),  # 43% of half the width from the middle
        ("0.65", ("0.59", "0.96"), "contradicted"),
        ("0.19", ("0.03", "0.72"), "remark"),  # few events: likelihood limits are skewed
        ("0.57", ("0.59", "0.96"), ""),  # said elsewhere
    ],
)
def test_ratios_lie_in_the_middle_on_the_log_scale(claim, verdict, value, limits, expected):
    assert verdict(interval_symmetric, claim("hazard_ratio", value, ci=limits)) == expected


@pytest.mark.parametrize("method", ["exact", "profile", "bootstrap", "adjusted", "repeated"])
def test_intervals_of_other_methods_get_a_remark(claim, verdict, method):
    assert (
        verdict(interval_symmetric, claim("hazard_ratio", "0.85", ci=("0.59", "0.96"), ci_method=[method])) == "remark"
    )
    credible = claim("hazard_ratio", "0.85", ci=("0.59", "0.96"), ci_kind="credible")
    assert verdict(interval_symmetric, credible) == "remark"


@pytest.mark.parametrize(
    ("measure", "value", "limits", "expected"),
    [
        ("risk_difference", "2.1", ("-2.6", "6.9"), "consistent"),
        ("risk_difference", "2.4", ("-2.6", "6.9"), "consistent"),  # as score limits are
        ("risk_difference", "2.9", ("-2.6", "6.9"), "remark"),
        ("risk_difference", "6.1", ("-2.6", "6.9"), "contradicted"),
        ("mean_difference", "-0.45", ("-0.67", "-0.23"), "consistent"),
        ("mean_difference", "0.01", ("-0.001", "0.03"), "consistent"),
        ("median_difference", "6.1", ("-2.6", "6.9"), ""),  # limits of medians are not symmetric
        ("risk_reduction", "94.1", ("62.4", "99.9"), "remark"),  # exact limits of seven cases
        ("risk_reduction", "25", ("4", "41"), "consistent"),  # 1 - 0.75 (0.59 to 0.96)
        ("risk_reduction", "38", ("4", "41"), "contradicted"),
        ("median", "44.3", ("32.4", "56.8"), ""),
        ("rate", "57.8", ("52.", "63.2"), ""),
    ],
)
def test_other_scales(claim, verdict, measure, value, limits, expected):
    assert verdict(interval_symmetric, claim(measure, value, ci=limits)) == expected


@pytest.mark.parametrize("d", [1, 2, 4, 10, 40, 200])
def test_likelihood_and_exact_limits_of_rare_events_are_allowed(d):
    """Limits of a log rate of d events by likelihood and by Garwood, solved here: within what is allowed."""
    low, high = (
        _root(lambda t: d * (math.exp(t) - t - 1.0) - 1.96**2 / 2.0, *ends) for ends in ((-30.0, 0.0), (0.0, 30.0))
    )
    half = (high - low) / 2.0
    skew = abs(low + high) / 2.0 / half
    assert skew <= interval_symmetric.allowed_skewness(half, "log")
    assert skew >= 0.12 * half or d > 10  # the allowance is not there for nothing


def _root(f, low, high):
    sign = f(low) > 0
    for _ in range(200):
        middle = (low + high) / 2.0
        low, high = (middle, high) if (f(middle) > 0) == sign else (low, middle)
    return (low + high) / 2.0
