"""Rows of incidence with competing events: their keys, reasons and notes, in small trials and in the colon example."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from equipoise.kernels.aalen_johansen import aalen_johansen
from equipoise.kernels.cox import cox
from equipoise.kernels.fine_gray import fine_gray
from equipoise.kernels.gray import gray_test

R = json.loads((Path(__file__).parents[1] / "reference" / "cmprsk.json").read_text())["colon"]
EVENT, COMPETING = (("cause", "event"),), (("cause", "competing"),)
NEW = {"arm": "trt", "versus": "ctl"}
THREE = """
  trt: {label: Treatment, role: experimental, value: T}
  low: {label: Low dose, role: experimental, value: L}
  ctl: {label: Control, role: control, value: C}
"""


def rows(n=90, seed=1, arms="TC", codes=(0, 1, 2)):
    rng = np.random.default_rng(seed)
    return [
        {"arm": arms[i % len(arms)], "time": int(rng.integers(20, 900)), "status": int(rng.choice(codes)),
         "sex": "FM"[int(rng.integers(2))], "site": "ABC"[int(rng.integers(3))], "age": int(rng.integers(40, 80))}
        for i in range(n)
    ]  # fmt: skip


def column(data, name):
    return np.array([row[name] for row in data])


def test_rows_of_two_arms_are_those_of_the_kernels(run):
    data = rows()
    results = run(
        data, options=", incidence: {times: [6, 12], test: {strata: [site]}, regression: {covariates: [age, sex]}}"
    )
    time, status, arm = column(data, "time"), column(data, "status"), (column(data, "arm") == "T").astype(int)
    site = np.array(["ABC".index(s) for s in column(data, "site")])
    curve = aalen_johansen(time[arm == 1], status[arm == 1]).at([6 * 30.4375, 12 * 30.4375])
    for number, groups in enumerate((EVENT, COMPETING)):
        for i, month in enumerate((6, 12)):
            row = results.one(statistic="cumulative_incidence", arm="trt", groups=groups, time=month)
            assert (row.key.method, row.key.interval) == ("aalen_johansen", "log_log.95")
            assert (row.value, row.lower) == pytest.approx((curve.incidence[number, i], curve.lower[number, i]))
            assert (row.se, row.n) == pytest.approx((curve.std_err[number, i], curve.n_risk[i]))
            other = results.one(statistic="cumulative_incidence", arm="ctl", groups=groups, time=month)
            gap = results.one(statistic="incidence_difference", **NEW, groups=groups, time=month)
            assert gap.value == pytest.approx(row.value - other.value)
            assert gap.key.interval == "plain.95"
            half = 1.959963984540054 * np.hypot(row.se, other.se)
            assert (gap.lower, gap.upper) == pytest.approx((gap.value - half, gap.value + half))
    for cause, groups in ((1, ()), (2, COMPETING)):
        gray = gray_test(time, status, arm, cause=cause, stratum=site)
        z = results.one(statistic="z", method="gray.stratified", groups=groups)
        assert z.value == pytest.approx(gray.z)
        assert z.events == int((status == cause).sum())
        p = results.one(statistic="p_value", method="gray.stratified.one_sided", groups=groups)
        assert (p.value, p.sides, p.multiplicity) == (pytest.approx(gray.p_one_sided), 1, "nominal")
    x = np.column_stack([arm, column(data, "age"), column(data, "sex") == "M"]).astype(float)
    fit = fine_gray(time, status, x)
    ratio = results.one(statistic="subdistribution_hazard_ratio")
    assert (ratio.key.method, ratio.key.interval) == ("fine_gray.adjusted", "wald.95")
    assert (ratio.value, ratio.lower, ratio.upper) == pytest.approx(
        tuple(np.exp([fit.coef[0], fit.lower[0], fit.upper[0]]))
    )
    age = results.one(statistic="covariate_subdistribution_hazard_ratio", groups=(("covariate", "age"),))
    assert age.value == pytest.approx(np.exp(fit.coef[1]))
    wald = results.one(statistic="chi_square", method="fine_gray.adjusted.wald")
    assert wald.value == pytest.approx((fit.coef[0] / fit.se[0]) ** 2)


def test_cause_specific_hazards_come_in_pairs(run):
    data = rows()
    results = run(data, options=", incidence: {times: [6]}")
    time, status, arm = column(data, "time"), column(data, "status"), (column(data, "arm") == "T").astype(float)
    for cause, groups in ((1, ()), (2, COMPETING)):
        row = results.one(statistic="hazard_ratio", groups=groups)
        assert row.value == pytest.approx(np.exp(cox(time, status == cause, arm).coef[0]))
        assert row.key.method == "cox.efron"
        assert row.events == int((status == cause).sum())
    assert results.one(statistic="competing_events", arm="trt").value == ((status == 2) & (arm == 1)).sum()


def test_curves_of_both_causes(run):
    data = rows()
    results = run(data, options=", incidence: {}")
    curves = results.curves_of("cumulative_incidence")
    assert [(curve.key.groups, curve.key.arm) for curve in curves] == [
        (groups, arm) for groups in (EVENT, COMPETING) for arm in ("trt", "ctl")
    ]
    assert len({curve.id for curve in curves}) == 4
    status, arm = column(data, "status"), column(data, "arm")
    for curve in curves:
        cause = 1 if curve.key.groups == EVENT else 2
        mine = arm == ("T" if curve.key.arm == "trt" else "C")
        assert (curve.x[0], curve.y[0], curve.n_risk[0]) == (0.0, 0.0, mine.sum())
        assert curve.n_event.sum() == (mine & (status == cause)).sum()
        assert curve.n_censor.sum() == (mine & (status == 0)).sum()
        assert (np.diff(curve.y) >= 0).all()
    survival = {c.key.arm: c for c in results.curves_of("kaplan_meier")}
    for curve in curves[:2]:
        # 1 - Kaplan-Meier is never below the incidence, and above it once somebody had a competing event first.
        naive = 1.0 - survival[curve.key.arm].y
        assert (naive >= curve.y - 1e-12).all()
        assert naive[-1] > curve.y[-1]
    assert not results.select(statistic="cumulative_incidence")


def test_three_arms_have_a_joint_test_and_contrasts_of_two(run):
    data = rows(120, arms="TLC")
    results = run(data, arms=THREE, options=", incidence: {times: [6]}")
    time, status, arm = column(data, "time"), column(data, "status"), column(data, "arm")
    codes = np.array(["TLC".index(a) for a in arm])
    joint = results.one(statistic="chi_square", method="gray", arm="", groups=())
    assert (joint.value, joint.df) == (pytest.approx(gray_test(time, status, codes).chi_square), 2.0)
    assert len(results.select(statistic="z", method="gray", groups=())) == 2
    pair = arm != "T"
    low = results.one(statistic="subdistribution_hazard_ratio", arm="low")
    assert low.value == pytest.approx(np.exp(fine_gray(time[pair], status[pair], arm[pair] == "L").coef[0]))


def test_options_are_followed(run):
    options = (
        ", incidence: {times: [6], se: infinitesimal_jackknife, interval: log, conf_level: 0.9, test: {rho: 1}, "
        "regression: null}"
    )
    data = rows()
    results = run(data, options=options)
    row = results.one(statistic="cumulative_incidence", arm="trt", groups=EVENT)
    mine = column(data, "arm") == "T"
    expected = aalen_johansen(
        column(data, "time")[mine], column(data, "status")[mine], interval="log", conf_level=0.9,
        se="infinitesimal_jackknife",
    ).at([6 * 30.4375])  # fmt: skip
    assert row.key.interval == "log.90"
    assert (row.value, row.lower, row.upper) == pytest.approx(
        (expected.incidence[0, 0], expected.lower[0, 0], expected.upper[0, 0])
    )
    assert "infinitesimal jackknife" in row.method_text
    assert results.one(statistic="z", method="gray.r1", groups=())
    assert not results.select(statistic="subdistribution_hazard_ratio")


def test_nothing_competing_in_the_data_is_a_note(run):
    notes = []
    results = run(rows(codes=(0, 1)), note=notes.append, options=", incidence: {times: [6]}")
    (problem,) = [one for one in notes if one.code == "plan.no_competing_events"]
    assert problem.severity == "warning"
    assert problem.where.path == "analysis.main.incidence"
    survival = {curve.key.arm: curve for curve in results.curves_of("kaplan_meier")}
    for curve in results.curves_of("cumulative_incidence"):
        expected = 1.0 - survival[curve.key.arm].y if curve.key.groups == EVENT else np.zeros(curve.y.size)
        np.testing.assert_allclose(curve.y, expected, atol=1e-12)
    row = results.one(statistic="hazard_ratio", groups=COMPETING)
    assert (row.value, dict(row.missing)["value"]) == (None, "no events")
    assert dict(results.one(statistic="z", method="gray", groups=COMPETING).missing)["value"] == "no events"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda row: row["arm"] == "T", "no events in Treatment"),
        (lambda row: row["arm"] == "C", "no events in Control"),
        (lambda row: True, "no events"),
    ],
)
def test_why_there_is_no_ratio(run, change, reason):
    data = [{**row, "status": 2} if change(row) and row["status"] == 1 else row for row in rows()]
    results = run(data, options=", incidence: {times: [6]}")
    row = results.one(statistic="subdistribution_hazard_ratio")
    assert row.value is row.lower is row.se is None
    assert set(dict(row.missing).values()) == {reason}
    assert dict(results.one(statistic="p_value", method="fine_gray.wald.two_sided").missing)["value"] == reason


def test_an_arm_without_subjects_and_a_landmark_beyond_follow_up(run):
    results = run([{**row, "arm": "T"} for row in rows(20)], options=", incidence: {times: [6, 400]}")
    assert results.one(statistic="cumulative_incidence", arm="ctl", groups=EVENT, time=6).why() == "no subjects"
    gap = results.one(statistic="incidence_difference", groups=EVENT, time=6)
    assert gap.why() == "no subjects in Control"
    assert results.one(statistic="z", method="gray", groups=()).why() == "no subjects in Control"
    assert results.one(statistic="subdistribution_hazard_ratio").why() == "no subjects in Control"
    censored = [*rows(40), {"arm": "T", "time": 950, "status": 0}, {"arm": "C", "time": 950, "status": 0}]
    late = run(censored, options=", incidence: {times: [400]}")
    assert late.one(statistic="cumulative_incidence", arm="trt", groups=EVENT).why() == "beyond the last follow-up"
    assert late.one(statistic="incidence_difference", groups=EVENT).why() == "beyond the last follow-up"


def test_nobody_has_a_missing_covariate_counted_wrongly(run):
    data = [{**row, "age": ""} if i < 7 else row for i, row in enumerate(rows())]
    results = run(data, options=", incidence: {regression: {covariates: [age]}}")
    row = results.one(statistic="subdistribution_hazard_ratio")
    assert row.n == 83
    assert "83 subjects with complete covariates, 7 without left out" in row.method_text


# The colon example: recurrence, death without it competing


def test_colon_competing_deaths(colon):
    _, results = colon
    counts = {
        arm: [results.one(analysis="recurrence_incidence", statistic=name, arm=arm, groups=()).value
              for name in ("subjects", "events", "competing_events")]
        for arm in ("obs", "lev", "lev_5fu")
    }  # fmt: skip
    assert counts == {"obs": [315, 177, 13], "lev": [310, 172, 10], "lev_5fu": [304, 119, 15]}


def test_colon_incidence_is_that_of_cmprsk(colon):
    _, results = colon
    cells = [
        (groups, arm, time) for groups in (EVENT, COMPETING) for arm in ("obs", "lev", "lev_5fu") for time in (1, 3, 5)
    ]
    for (groups, arm, time), value, variance in zip(cells, R["estimate"], R["variance"], strict=True):
        row = results.one(
            analysis="recurrence_incidence", statistic="cumulative_incidence", arm=arm, groups=groups, time=time
        )
        assert (row.value, row.se**2) == pytest.approx((value, variance), rel=1e-9, abs=1e-15)


def test_colon_grays_test_is_that_of_cmprsk(colon):
    _, results = colon
    pick = {"analysis": "recurrence_incidence", "statistic": "chi_square", "method": "gray.stratified"}
    for number, groups in enumerate(((), COMPETING)):
        assert results.one(**pick, arm="", groups=groups).value == pytest.approx(R["stratified_stat"][number], rel=1e-9)
        combination = results.one(**pick, arm="lev_5fu", groups=groups)
        assert combination.value == pytest.approx(R["two_stat"][number], rel=1e-9)


def test_colon_says_what_it_did(colon):
    protocol, results = colon
    text = results.one(analysis="recurrence_incidence", statistic="subdistribution_hazard_ratio", arm="lev").method_text
    assert "Levamisole against Observation, using these two arms only" in text
    assert protocol.endpoints["recurrence_first"].source.competing == ("death",)
