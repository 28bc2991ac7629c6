"""What must hold of rows whatever the data: swapped arms, other units, other order, other censoring codes."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.protocol.loading import load_protocol

OPTIONS = (
    ", survival: {times: [3, 6, 12]}, rmst: {horizon: 10}, subgroups: [sex], subgroup_minimum: 5,"
    " test: {kind: log_rank, strata: [site]}, estimate: {kind: cox, strata: [site]},"
    " also: [{kind: log_rank}, {kind: cox, covariates: [age, sex]}, {kind: fleming_harrington, rho: 0, gamma: 1}]"
)
SWAPPED = """
  ctl: {label: Control, role: experimental, value: C}
  trt: {label: Treatment, role: control, value: T}
"""

THREE_ARMS = """
  trt: {label: Treatment, role: experimental, value: T}
  ctl: {label: Control, role: control, value: C}
  mid: {label: Middle, role: experimental, value: M}
"""


def sample(seed=1, n=160, arms="TC", longest=420):
    """Whole days with many ties, three strata, both arms."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        arm = arms[i % len(arms)]
        time = min(int(rng.exponential(300 if arm == "T" else 200)) // 7 * 7 + 7, longest)
        rows.append(
            {
                "arm": arm,
                "time": time,
                "status": int(rng.random() < 0.7),
                "site": "ABC"[int(rng.integers(3))],
                "sex": "FM"[int(rng.integers(2))],
                "age": int(rng.integers(40, 80)),
            }
        )
    return rows


def by_key(results):
    return {(r.key.statistic, r.key.arm, r.key.groups, r.key.time, r.key.method, r.key.interval): r for r in results}


def close(a, b):
    return (a is None and b is None) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def test_swapping_the_arms_turns_every_contrast_around(run):
    rows = sample()
    one, two = run(rows, options=OPTIONS), run(rows, options=OPTIONS, arms=SWAPPED)
    compared = 0
    for row in one.select(arm="trt", versus="ctl"):
        key = row.key
        other = two.one(
            statistic=key.statistic, arm="ctl", versus="trt", groups=key.groups, time=key.time, method=key.method,
            interval=key.interval, analysis=key.analysis,
        )  # fmt: skip
        if key.statistic in ("hazard_ratio", "rmst_ratio"):
            expected = (1 / row.value, 1 / row.upper, 1 / row.lower)
        elif key.statistic == "hazard_reduction":
            # 1 - HR: the limits of the ratio turn around, and so do these.
            expected = (1 - 1 / (1 - row.value), 1 - 1 / (1 - row.upper), 1 - 1 / (1 - row.lower))
        elif key.statistic in ("z", "survival_difference", "rmst_difference"):
            lower, upper = (None, None) if row.upper is None else (-row.upper, -row.lower)
            expected = (-row.value, lower, upper)
        elif key.method.endswith("one_sided"):
            expected = (1 - row.value, None, None)
        else:
            expected = (row.value, row.lower, row.upper)
        assert close(other.value, expected[0]), row.id
        if expected[1] is not None:
            assert close(other.lower, expected[1]), row.id
            assert close(other.upper, expected[2]), row.id
        compared += 1
    assert compared > 40
    for row in one.select(versus="", analysis="main"):
        if row.key.arm:
            assert two.get(row.id) == row


@pytest.mark.parametrize(("data_unit", "length"), [("months", 30.4375), ("weeks", 7.0), ("years", 365.25)])
def test_the_unit_of_the_data_changes_nothing_but_times(run, data_unit, length):
    rows = sample()
    other = [{**row, "time": repr(row["time"] / length)} for row in rows]
    days, scaled = run(rows, options=OPTIONS), run(other, options=OPTIONS, data_unit=data_unit)
    assert {r.id for r in days} == {r.id for r in scaled}
    times = ("median", "quantile", "rmst", "rmst_difference", "rmst_horizon", "follow_up_median")
    for row in days:
        found = scaled.get(row.id)
        factor = length if row.key.statistic in times else 1.0
        for name in ("value", "lower", "upper"):
            a, b = getattr(row, name), getattr(found, name)
            assert close(a, None if b is None else b * factor), f"{row.id} {name}"
        assert (row.n, row.events, row.df, row.missing) == (found.n, found.events, found.df, found.missing)
        if row.key.statistic in times:
            assert (row.unit, found.unit) == ("days", data_unit)
    assert any(row.unit == "days" and row.value for row in days)


def test_the_order_of_rows_is_irrelevant(run):
    rows = [{"id": f"P{i}", **row} for i, row in enumerate(sample())]
    shuffled = [rows[i] for i in np.random.default_rng(3).permutation(len(rows))]
    one, two = run(rows, options=OPTIONS), run(shuffled, options=OPTIONS)
    assert len(one) == len(two)
    for row in one:
        other = two.get(row.id)
        assert close(row.value, other.value), row.id
        assert (row.n, row.events, row.missing) == (other.n, other.events, other.missing)


def test_a_third_arm_does_not_touch_a_pairwise_contrast(run):
    rows = sample(arms="TCM", n=240)
    three = run(rows, options=OPTIONS, arms=THREE_ARMS)
    two = run([row for row in rows if row["arm"] != "M"], options=OPTIONS)
    for row in two.select(arm="trt", versus="ctl"):
        assert three.get(row.id).value == row.value, row.id
    joint = three.one(statistic="chi_square", arm="", versus="", method="log_rank.stratified")
    assert joint.df == 2.0
    assert not two.select(statistic="chi_square", arm="")


def test_strata_with_one_arm_contribute_nothing(run):
    rows = [{**row, "site": "AB"[i % 2]} for i, row in enumerate(sample())]
    alone = [{"arm": "T", "time": 10 + 5 * i, "status": i % 2, "site": "C"} for i in range(20)]
    with_them, without = run(rows + alone, options=OPTIONS), run(rows, options=OPTIONS)
    checked = 0
    for statistic in ("z", "chi_square", "p_value", "hazard_ratio"):
        for row in without.select(statistic=statistic, groups=(), arm="trt"):
            if row.key.method.startswith(("log_rank.stratified", "cox.efron.stratified")):
                other = with_them.get(row.id)
                assert close(other.value, row.value), row.id
                assert close(other.lower, row.lower), row.id
                assert other.n == row.n + 20
                checked += 1
    assert checked >= 10


def test_censoring_codes_collapse(tmp_path):
    """CNSR 0/1/2/3 gives the numbers of 0/1; only the reasons differ."""
    protocol = """
equipoise: 1
trial: {id: ADAM, title: Codes}
arms:
  trt: {label: Treatment, role: experimental, value: T}
  ctl: {label: Control, role: control, value: C}
populations: {itt: {label: All, arm: planned}}
endpoints: {os: {kind: time_to_event, label: Overall survival, source: {table: ADTTE, PARAMCD: OS}}}
analysis: {main: {endpoint: os, population: itt, survival: {times: [6]}}}
"""
    results = []
    for collapsed in (False, True):
        folder = tmp_path / str(collapsed)
        (folder / "data").mkdir(parents=True)
        (folder / "trial.yaml").write_text(protocol)
        subjects, times = [["USUBJID", "TRT01P", "RANDFL"]], [["USUBJID", "PARAMCD", "AVAL", "CNSR", "EVNTDESC"]]
        for i, row in enumerate(sample(arms="TC")):
            code = 0 if row["status"] else 1 + i % 3
            subjects.append([f"S{i}", row["arm"], "Y"])
            words = "Death" if code == 0 else "Censored" if collapsed else f"Reason {code}"
            times.append([f"S{i}", "OS", row["time"], min(code, 1) if collapsed else code, words])
        for name, table in (("adsl", subjects), ("adtte", times)):
            with (folder / "data" / f"{name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows(table)
        trial = load_protocol(folder / "trial.yaml")
        results.append(analyze(trial, load_data(trial, folder / "data")))
    many, one = results
    reasons = {row.key.group("reason") for row in many.select(statistic="censored") if row.key.groups}
    assert reasons == {"Reason 1", "Reason 2", "Reason 3"}
    for arm in ("trt", "ctl"):
        own = [r.value for r in many.select(statistic="censored", arm=arm) if r.key.groups]
        assert sum(own) == many.one(statistic="censored", arm=arm, groups=()).value
    same = [row for row in many if not row.key.group("reason")]
    assert len(same) > 40
    for row in same:
        assert one.get(row.id) == row


def test_every_subject_twice_keeps_the_curves_and_doubles_the_counts(run):
    rows = sample()
    once, twice = run(rows, options=OPTIONS), run(rows + rows, options=OPTIONS)
    for row in once.select(statistic="survival"):
        other = twice.get(row.id)
        assert close(row.value, other.value)
        assert other.n == 2 * row.n
    for row in once.select(statistic="median"):
        assert close(row.value, twice.get(row.id).value)
