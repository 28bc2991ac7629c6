"""Rows of MaxCombo, modestly weighted and trend tests, milestones and average hazard ratios, and hypotheses on them."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.kernels.average_hazard_ratio import average_hazard_ratio
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import modestly_weighted
from equipoise.kernels.max_combo import max_combo
from equipoise.kernels.milestone import milestone_log_log
from equipoise.kernels.trend import log_rank_trend

MONTH = 30.4375
THREE = """
  low: {label: Low, role: experimental, value: L}
  high: {label: High, role: experimental, value: T}
  ctl: {label: Control, role: control, value: C}
"""
HYPOTHESIS = "hypotheses:\n  h: {{analysis: main, arm: {arm}, {alpha}}}\n"
ALSO = """, test: {kind: max_combo, strata: [site]},
    survival: {times: [6, 12], difference: log_log},
    also: [
      {kind: modestly_weighted, t_star: 6},
      {kind: modestly_weighted, s_star: 0.5, strata: [site]},
      {kind: max_combo, weights: [[0, 0], [0, 0.5]]},
      {kind: trend, scores: {ctl: 0, low: 1, high: 4}, strata: [site]},
      {kind: average_hazard_ratio, horizon: 12},
      {kind: average_hazard_ratio, horizon: 12},
      {kind: average_hazard_ratio, conf_level: 0.9}]"""


def trial(arms="LTC", n=240, seed=1, late=0.5, early=1.0):
    """Hazards that differ by arm before and after half a year; ties, two sites."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        arm = arms[i % len(arms)]
        unit = rng.exponential(300)
        ratios = (1.0, 1.0) if arm == "C" else (early, late)
        first = unit / ratios[0]
        time = first if first < 180 else 180 + (unit - 180 * ratios[0]) / ratios[1]
        end = rng.uniform(100, 900)
        rows.append({"arm": arm, "time": int(min(time, end)) + 1, "status": int(time <= end), "site": "AB"[i // 3 % 2]})
    return rows


def arrays(rows, arms):
    kept = [row for row in rows if row["arm"] in arms]
    return (
        np.array([row["time"] for row in kept]),
        np.array([row["status"] for row in kept]),
        np.array([arms.index(row["arm"]) for row in kept]),
        np.array(["AB".index(row["site"]) for row in kept]),
    )


@pytest.fixture
def three(run):
    rows = trial()
    return rows, run(rows, arms=THREE, options=ALSO)


def value(results, statistic, method, **key):
    return results.one(statistic=statistic, method=method, analysis="main", hypothesis="", **key).value


def test_rows_are_those_of_the_kernels_on_two_arms(three) -> None:
    rows, results = three
    for arm, code in (("low", "CL"), ("high", "CT")):
        time, event, which, site = arrays(rows, code)
        key = {"arm": arm, "versus": "ctl"}
        found = max_combo(time, event, which, stratum=site)
        method = "max_combo.stratified"
        assert value(results, "z", method, groups=(), **key) == found.z_max
        assert value(results, "p_value", f"{method}.one_sided", **key) == found.p_one_sided
        assert value(results, "p_value", f"{method}.two_sided", **key) == found.p_two_sided
        for z, name in zip(found.z, ("r0g0", "r0g1", "r1g0", "r1g1"), strict=True):
            assert value(results, "z", method, groups=(("weights", name),), **key) == z
        found = max_combo(time, event, which, weights=((0, 0), (0, 0.5)))
        assert value(results, "p_value", "max_combo.r0g0_r0g0p5.one_sided", **key) == found.p_one_sided
        modest = modestly_weighted(time, event, which, t_star=6 * MONTH)
        assert value(results, "z", "modestly_weighted.t6", **key) == modest.z
        assert value(results, "chi_square", "modestly_weighted.t6", **key) == modest.chi_square
        assert value(results, "p_value", "modestly_weighted.t6.one_sided", **key) == modest.p_one_sided
        modest = modestly_weighted(time, event, which, stratum=site, s_star=0.5)
        assert value(results, "z", "modestly_weighted.s0p5.stratified", **key) == modest.z
        average = average_hazard_ratio(time, event, which, horizon=12 * MONTH)
        row = results.one(statistic="average_hazard_ratio", time=12, **key)
        assert (row.value, row.lower, row.upper, row.se) == (*average[1:2], *average[3:5], average[2])
        assert (row.n, row.events) == (time.size, sum(average.events))
        assert (row.key.method, row.key.interval, row.conf_level) == ("average_hazard_ratio", "wald.95", 0.95)
        whole = results.one(statistic="average_hazard_ratio", interval="wald.90", **key)
        assert whole.key.time is None
        curves = [kaplan_meier(time[which == a], event[which == a]) for a in (1, 0)]
        milestone = milestone_log_log(*curves, [6 * MONTH, 12 * MONTH])
        for i, t in enumerate((6, 12)):
            method = "kaplan_meier.difference.log_log"
            assert value(results, "z", method, time=t, **key) == milestone.z[i]
            assert value(results, "chi_square", method, time=t, **key) == milestone.chi_square[i]
            assert value(results, "p_value", f"{method}.two_sided", time=t, **key) == milestone.p_two_sided[i]
    assert len(results.select(statistic="average_hazard_ratio")) == 4
    assert not results.select(method="kaplan_meier.difference")


def test_all_arms_jointly(three) -> None:
    rows, results = three
    time, event, which, site = arrays(rows, "LTC")
    found = log_rank_trend(time, event, which, [1, 4, 0], stratum=site)
    key = {"arm": "", "versus": ""}
    assert value(results, "z", "trend.stratified", **key) == found.z
    assert value(results, "chi_square", "trend.stratified", **key) == found.chi_square
    assert value(results, "p_value", "trend.stratified.two_sided", **key) == found.p_two_sided
    assert value(results, "p_value", "trend.stratified.one_sided", **key) == found.p_one_sided
    assert "Control 0" in results.one(statistic="z", method="trend.stratified").method_text
    joint = modestly_weighted(time, event, which, t_star=6 * MONTH)
    row = results.one(statistic="chi_square", method="modestly_weighted.t6", **key)
    assert (row.value, row.df) == (joint.chi_square, 2)
    assert {row.multiplicity for row in results if "trend" in row.key.method} == {"nominal"}


@pytest.mark.parametrize(
    ("test", "method"),
    [
        ("{kind: max_combo}", "max_combo"),
        ("{kind: max_combo, weights: [[0, 0], [0, 1]], strata: [site]}", "max_combo.r0g0_r0g1.stratified"),
        ("{kind: modestly_weighted, t_star: 6}", "modestly_weighted.t6"),
        ("{kind: modestly_weighted, s_star: 0.5, strata: [site]}", "modestly_weighted.s0p5.stratified"),
    ],
)
@pytest.mark.parametrize(("alpha", "sides"), [("alpha_one_sided: 0.025", "one"), ("alpha_two_sided: 0.05", "two")])
def test_a_hypothesis_rests_on_its_test(run, test: str, method: str, alpha: str, sides: str) -> None:
    more = HYPOTHESIS.format(arm="trt", alpha=alpha)
    results = run(trial("TC", late=0.4), options=f", test: {test}", more=more)
    p = results.one(statistic="p_value", hypothesis="h")
    assert p.key.method == f"{method}.{sides}_sided"
    assert p.value == value(results, "p_value", f"{method}.{sides}_sided", arm="trt", versus="ctl")
    assert p.value < 0.02
    assert results.one(statistic="decision", hypothesis="h").text == "rejected"
    harmful = run(trial("TC", late=2.0), options=f", test: {test}", more=more)
    assert harmful.one(statistic="decision", hypothesis="h").text == "not rejected"


def test_a_two_sided_max_combo_that_is_furthest_on_the_wrong_side_rejects_nothing(run) -> None:
    """Hazards cross: an early harm far from 0 gives the P, a late benefit makes the largest z positive."""
    rows = trial("TC", n=900, seed=3, early=2.0, late=0.25)
    more = HYPOTHESIS.format(arm="trt", alpha="alpha_two_sided: 0.05")
    results = run(rows, options=", test: {kind: max_combo}", more=more)
    parts = [row.value for row in results.select(statistic="z", method="max_combo") if row.key.groups]
    assert results.one(statistic="p_value", hypothesis="h").value < 0.001
    assert 0.5 < max(parts) < -min(parts)
    assert results.one(statistic="z", method="max_combo", groups=()).value == max(parts)
    decision = results.one(statistic="decision", hypothesis="h")
    assert decision.text == "not rejected"
    assert "does not favour" in decision.method_text


def test_days_and_months_agree(run) -> None:
    rows = trial("TC", seed=9)
    days = run(rows, unit="days", options=", test: {kind: modestly_weighted, t_star: 182.625}")
    months = run(rows, options=", test: {kind: modestly_weighted, t_star: 6}")
    one = days.one(statistic="z", method="modestly_weighted.t182p625")
    assert one.value == months.one(statistic="z", method="modestly_weighted.t6").value


def test_what_can_not_be_computed_says_why(run) -> None:
    nobody = [{"arm": "TC"[i % 2], "time": 10 + i, "status": 0} for i in range(10)]
    options = """, test: {kind: max_combo}, survival: {times: [0.3], difference: log_log},
    also: [{kind: modestly_weighted, s_star: 0.5}, {kind: average_hazard_ratio, horizon: 40}]"""
    results = run(nobody, options=options)
    assert results.one(statistic="p_value", method="max_combo.one_sided").why() == "no events"
    assert {row.why() for row in results.select(statistic="z", method="max_combo")} == {"no events"}
    assert results.one(statistic="z", method="modestly_weighted.s0p5").why() == "no events"
    row = results.one(statistic="average_hazard_ratio")
    assert (row.value, row.lower, row.se) == (None, None, None)
    assert row.why().startswith("the horizon is beyond the last follow-up of the control")
    row = results.one(statistic="z", method="kaplan_meier.difference.log_log")
    assert row.why() == "survival is 0 or 1, where log(-log S) does not exist"
    absent = run([{"arm": "C", "time": 5 + i, "status": 1} for i in range(9)], options=options)
    assert absent.one(statistic="z", method="max_combo", groups=()).why() == "no subjects in Treatment"
    assert absent.one(statistic="average_hazard_ratio").why() == "no subjects in Treatment"
