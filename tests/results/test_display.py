"""Printed forms, one by one."""

from __future__ import annotations

import pytest

from equipoise.results import Key, Statistic
from equipoise.results.display import (
    format_count_percent,
    format_estimate_ci,
    format_interval,
    format_level,
    format_missing,
    format_p,
    format_percent,
    format_plain,
    format_time,
    format_value,
    number_digits,
    round_half_up,
    sides_words,
)


def stat(name: str, value: float | None = None, **fields: object) -> Statistic:
    return Statistic(key=Key(analysis="a", statistic=name), value=value, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.125, 2, "0.13"),
        (2.675, 2, "2.68"),  # binary 2.67499999...: the decimal text decides
        (1.005, 2, "1.01"),
        (-0.125, 2, "\u22120.13"),
        (-0.001, 2, "0.00"),
        (0.1 + 0.2 - 0.05, 1, "0.3"),  # a tie missed by the last bit
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (12345.0, 0, "12,345"),
        (9999.4, 0, "9999"),
        (1e-9, 1, "0.0"),
    ],
)
def test_rounds_half_up_on_decimal_text(value: float, digits: int, text: str) -> None:
    assert round_half_up(value, digits) == text


@pytest.mark.parametrize(
    ("value", "level", "text"),
    [
        (0.0, None, "<0.001"),
        (1e-300, None, "<0.001"),
        (0.00099999, None, "<0.001"),
        (0.001, None, "0.001"),
        (0.0094, None, "0.009"),
        (0.0099, None, "0.010"),
        (0.01, None, "0.01"),
        (0.0249, None, "0.02"),
        (0.025, None, "0.025"),
        (0.025, 0.025, "0.025"),
        (0.0251, 0.025, "0.03"),
        (0.0249, 0.025, "0.02"),
        (0.0496, None, "0.0496"),
        (0.0496, 0.05, "0.0496"),
        (0.048, 0.05, "0.048"),
        (0.05, 0.05, "0.05"),
        (0.0504, 0.05, "0.0504"),
        (0.054, 0.05, "0.054"),
        (0.0499999, 0.05, "0.0499999"),
        (0.0500000001, 0.05, "0.0500000001"),
        (0.0127, 0.0125, "0.013"),
        (0.02, 0.05, "0.02"),
        (0.337, None, "0.34"),
        (0.994, None, "0.99"),
        (0.995, None, ">0.99"),
        (1.0, None, ">0.99"),
        (0.0004, 0.0005, "0.0004"),
        (0.00004, 0.0005, "<0.0001"),
    ],
)
def test_p_rules(value: float, level: float | None, text: str) -> None:
    assert format_p(value, level=level) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0%"), (0.0004, "<0.1%"), (0.0005, "0.1%"), (0.0625, "6.3%"), (0.9994, "99.9%"), (0.9996, ">99.9%"),
     (1.0, "100.0%"), (-0.05, "\u22125.0%"), (-0.0004, "0.0%")],
)  # fmt: skip
def test_percent_never_rounds_onto_0_or_100(value: float, text: str) -> None:
    assert format_percent(value) == text


def test_times_are_converted_for_display_only() -> None:
    assert format_time(730.5, "days", time_unit="months") == "24.0"
    assert format_time(730.5, "days", time_unit="years", digits=2) == "2.00"
    assert format_time(720.0, "days", time_unit="months", days_per_month=30.0) == "24.0"
    assert format_time(730.5, "days") == "730.5"
    assert format_time(731.0, "days") == "731"
    assert format_time(1095.75, "days", time_unit="years") == "3.00"
    assert format_time(12.34, "patient-years", time_unit="months") == "12.3"
    median = stat("median", 1348.0, unit="days", conf_level=0.95, lower=1000.0, missing=(("upper", "not_reached"),))
    assert format_value(median, time_unit="months", unit=True) == "44.3 months"
    assert format_estimate_ci(median, time_unit="months", unit=True) == "44.3 months (95% CI, 32.9 to NR)"


def test_estimate_with_limits() -> None:
    ratio = stat("hazard_ratio", 0.7512, lower=0.5914, upper=0.9551, conf_level=0.95)
    assert format_estimate_ci(ratio) == "0.75 (95% CI, 0.59 to 0.96)"
    assert format_estimate_ci(ratio, words=False) == "0.75 (0.59 to 0.96)"
    assert format_interval(stat("hazard_ratio", 0.8, lower=0.64, upper=0.9974)) == "0.64 to 0.997"
    assert format_interval(stat("hazard_ratio", 0.8, lower=0.64, upper=1.0)) == "0.64 to 1.00"
    assert format_value(stat("hazard_ratio", 12.34)) == "12.3"
    assert format_value(stat("hazard_ratio", 123.4)) == "123"
    assert format_value(stat("hazard_ratio", 0.0412)) == "0.041"
    assert format_value(stat("hazard_ratio", 1e-9)) == "<0.001"
    rate = stat("survival", 0.4012, lower=0.333, upper=0.4701, conf_level=0.975)
    assert format_estimate_ci(rate) == "40.1% (97.5% CI, 33.3 to 47.0)"
    points = stat("risk_difference", -0.0312, lower=-0.08, upper=0.0176, conf_level=0.95)
    assert format_estimate_ci(points, unit=True) == ("\u22123.1 percentage points (95% CI, \u22128.0 to 1.8)")


def test_a_limit_of_a_difference_does_not_round_onto_no_difference() -> None:
    assert format_interval(stat("risk_difference", 0.1, lower=0.0004, upper=0.2)) == "0.04 to 20.0"
    assert format_interval(stat("risk_difference", -0.1, lower=-0.2, upper=-0.0004)) == "\u221220.0 to \u22120.04"
    assert format_interval(stat("risk_difference", 0.1, lower=0.0, upper=0.2)) == "0.0 to 20.0"
    assert format_interval(stat("risk_difference", 0.1, lower=1e-7, upper=0.2)) == "0.00 to 20.0"


def test_a_missing_number_says_why() -> None:
    assert format_value(stat("median", missing=(("value", "not_reached"),), unit="days")) == "NR"
    assert format_value(stat("hazard_ratio", missing=(("value", "no events in arm A"),))) == "no events in arm A"
    assert format_missing("fewer_than_10_events") == "fewer than 10 events"
    assert format_missing("") == "not estimable"
    both = (("value", "not_reached"), ("lower", "not_reached"), ("upper", "not_reached"))
    assert format_estimate_ci(stat("median", missing=both, unit="days")) == "NR"
    lower = stat("median", lower=100.0, missing=(both[0], both[2]), unit="days", conf_level=0.95)
    assert format_estimate_ci(lower) == "NR (95% CI, 100 to NR)"
    reason = stat("hazard_ratio", missing=(("value", "monotone"), ("lower", "monotone"), ("upper", "monotone")))
    assert format_estimate_ci(reason) == "monotone"
    assert format_interval(stat("hazard_ratio", 2.0, lower=1.1, missing=(("upper", "unbounded"),))) == "1.10 to NE"
    assert format_interval(stat("events", 2.0)) == ""


def test_small_forms() -> None:
    assert format_value(stat("events", 1234.0)) == "1234"
    assert format_value(stat("decision", text="not tested")) == "not tested"
    assert format_value(stat("significance_level", 0.0125)) == "0.0125"
    assert format_value(stat("p_value", 0.0)) == "<0.001"
    assert format_value(stat("z", 2.345)) == "2.35"
    assert format_value(stat("ae_rate", 12.34, unit="per 100 patient-years"), unit=True) == "12.3 per 100 patient-years"
    assert format_level(0.025) == "0.025"
    assert format_plain(24.0) == "24"
    assert format_plain(0.05) == "0.05"
    assert sides_words(1) == "one-sided"
    assert sides_words(None) == ""
    assert number_digits([61.0, 18.0, None]) == 0
    assert number_digits([61.4, 18.0]) == 1
    assert number_digits([1.25]) == 2
    assert number_digits([0.25]) == 3
    assert format_count_percent(stat("ae_proportion", 0.043, events=12, denominator=279)) == "12 (4.3%)"
    assert format_count_percent(stat("ae_proportion", 0.0, events=0, denominator=279)) == "0 (0%)"


def test_limits_of_a_difference_in_means_do_not_round_onto_zero() -> None:
    row = stat("ls_mean_difference", -1.0, lower=-2.0, upper=-0.004, conf_level=0.95)
    assert format_interval(row, digits=2) == "\N{MINUS SIGN}2.00 to \N{MINUS SIGN}0.004"
    assert format_interval(stat("ls_mean_difference", 1.0, lower=0.0, upper=2.0, conf_level=0.95)) == "0.00 to 2.00"
