"""Data in which something can't be estimated: the row is there, says why, and nothing else suffers."""

from __future__ import annotations

import pytest

from equipoise.errors import DataError, PlanError

FULL = ", survival: {times: [1]}, subgroups: [sex], subgroup_minimum: 2"


def rows_of(*items):
    """(arm, time, status[, factors]) as rows."""
    return [{"arm": a, "time": t, "status": s, **(rest[0] if rest else {})} for a, t, s, *rest in items]


MIXED = rows_of(
    ("T", 10, 1), ("T", 40, 1), ("T", 90, 0), ("T", 95, 1), ("C", 5, 1), ("C", 20, 1), ("C", 33, 1), ("C", 80, 0)
)  # fmt: skip


def test_no_events_in_an_arm(run):
    rows = rows_of(("T", 50, 0), ("T", 60, 0), ("T", 70, 0), ("C", 5, 1), ("C", 20, 1), ("C", 65, 0))
    results = run(rows, options=FULL)
    ratio = results.one(statistic="hazard_ratio", groups=(), method="cox.efron")
    assert ratio.value is None
    assert dict(ratio.missing) == dict.fromkeys(("value", "lower", "upper", "se"), "no events in Treatment")
    assert results.one(statistic="hazard_reduction").why() == "no events in Treatment"
    assert results.one(statistic="chi_square", method="cox.efron.wald").value is None
    # These exist although the hazard ratio is 0: the likelihood has a limit, the score a value.
    assert results.one(statistic="chi_square", method="cox.efron.score").value > 0
    assert results.one(statistic="chi_square", method="cox.efron.likelihood_ratio").value > 0
    assert results.one(statistic="z", method="log_rank").value > 0
    assert results.one(statistic="median", arm="trt").why() == "not_reached"
    assert results.one(statistic="events", arm="trt", groups=()).value == 0


def test_no_events_at_all(run):
    results = run(rows_of(("T", 50, 0), ("T", 60, 0), ("C", 5, 0), ("C", 70, 0)), options=FULL)
    assert results.one(statistic="hazard_ratio", groups=()).why() == "no events"
    for row in results.select(statistic="p_value"):
        assert row.value is None
        assert row.why()
    survival = results.one(statistic="survival", arm="trt", time=1.0)
    assert (survival.value, survival.lower, survival.upper) == (1.0, 1.0, 1.0)
    assert results.one(statistic="rmst_horizon").value == 60.0


def test_no_subjects_in_an_arm(run):
    results = run(rows_of(("C", 5, 1), ("C", 20, 1), ("C", 60, 0)), options=FULL)
    for statistic in ("hazard_ratio", "rmst_difference", "survival_difference"):
        row = results.select(statistic=statistic, arm="trt", groups=())[0]
        assert row.value is None
        assert "no subjects" in row.why()
    assert results.one(statistic="z", method="log_rank").why() == "no subjects in Treatment"
    assert results.one(statistic="subjects", arm="trt", analysis="main", groups=()).value == 0
    assert results.one(statistic="median", arm="trt").why() == "no subjects"
    assert [curve.key.arm for curve in results.curves] == ["ctl"]


def test_horizon_is_the_smaller_of_the_largest_times_or_as_declared(run):
    derived = run(MIXED)
    horizon = derived.one(statistic="rmst_horizon")
    assert (horizon.value, horizon.unit, horizon.key.time) == (80.0, "days", None)
    assert "as no horizon was declared" in horizon.method_text
    assert "(here 80 days)" in derived.one(statistic="rmst", arm="trt").method_text
    # 3 months are 91.3 days: beyond the control's last censored time, so there is no mean to compare with.
    declared = run(MIXED, options=", rmst: {horizon: 3}")
    assert declared.one(statistic="rmst_horizon").value == pytest.approx(3 * 30.4375)
    assert declared.one(statistic="rmst", arm="trt").value is not None
    assert "beyond the last follow-up" in declared.one(statistic="rmst", arm="ctl").why()
    assert "beyond the last follow-up" in declared.one(statistic="rmst_ratio").why()
    assert not run(MIXED, options=", rmst: null").select(statistic="rmst_horizon")


def test_subgroup_levels_with_few_or_no_events_say_so(run):
    rows = [{**row, "sex": "F"} for row in MIXED]
    rows += rows_of(("T", 30, 0, {"sex": "M"}), ("C", 35, 0, {"sex": "M"}))
    results = run(rows, options=FULL)
    level = results.one(statistic="hazard_ratio", groups={"factor": "sex", "level": "M"})
    assert dict(level.missing)["value"] == "fewer than 2 events"
    assert (level.n, level.events) == (2, 0)
    assert results.one(statistic="subjects", arm="trt", groups={"factor": "sex", "level": "M"}).value == 1
    assert results.one(statistic="hazard_ratio", groups={"factor": "sex", "level": "F"}).value > 0
    interaction = results.one(statistic="interaction_p_value")
    assert interaction.why() == "fewer than two levels have events and subjects in both arms"


def test_a_subgroup_level_with_one_arm_or_nobody(run):
    rows = [{**row, "sex": "F"} for row in MIXED] + rows_of(("T", 30, 1, {"sex": "M"}), ("T", 31, 1, {"sex": "M"}))
    results = run(rows, options=", subgroups: [sex, site], subgroup_minimum: 1")
    assert results.one(statistic="hazard_ratio", groups={"level": "M"}).why() == "no subjects in Control"
    assert results.one(statistic="hazard_ratio", groups={"level": "C"}).why() == "no subjects"
    assert results.one(statistic="subjects", arm="trt", groups={"level": "C"}).value == 0


def test_subjects_without_a_subgroup_are_counted_and_noted(run):
    rows = [{**row, "sex": "FM"[i % 2]} for i, row in enumerate(MIXED)] + rows_of(("T", 30, 1, {"sex": ""}))
    noted = []
    results = run(rows, options=FULL, note=noted.append)
    missing = results.one(statistic="subjects", arm="trt", groups={"factor": "sex", "level": "missing"})
    assert missing.value == 1
    total = [r.value for r in results.select(statistic="subjects", arm="trt", groups={"factor": "sex"})]
    assert sum(total) == results.one(statistic="subjects", arm="trt", groups=(), analysis="main").value
    assert "1 subjects without a level left out" in results.one(statistic="interaction_p_value").method_text
    (note,) = [n for n in noted if n.code == "plan.missing_subgroup"]
    assert (note.severity, note.value) == ("warning", "S0008")


def test_a_missing_stratum_is_an_error_with_its_subjects(run):
    rows = MIXED + rows_of(("T", 30, 1, {"site2": ""}), ("C", 31, 1, {"site2": ""}))
    stratified = ", test: {kind: log_rank, strata: [site]}, estimate: {kind: cox, strata: [site]}"
    assert run(rows, options=stratified).one(statistic="z", method="log_rank.stratified").n == 10
    with pytest.raises(PlanError) as caught:
        run(rows, options=f"{stratified}, strata_as: verified")
    (problem,) = caught.value.problems
    assert (problem.code, problem.value) == ("plan.missing_stratum", "S0008, S0009")
    assert problem.where.path == "analysis.main"
    assert problem.cure
    # As randomized, the data room has said so before, with the row.
    with pytest.raises(DataError, match="row 9, site, subject S0008"):
        run(MIXED + rows_of(("T", 30, 1, {"site": ""})), options=stratified)


def test_strata_as_verified(run):
    rows = [{**row, "site": "A", "site2": "AB"[i % 2]} for i, row in enumerate(MIXED)]
    stratified = ", test: {kind: log_rank, strata: [site]}, estimate: {kind: cox, strata: [site]}"
    randomized, verified = run(rows, options=stratified), run(rows, options=f"{stratified}, strata_as: verified")
    as_if = run([{**row, "site": row["site2"]} for row in rows], options=stratified)
    z = {"statistic": "z", "method": "log_rank.stratified"}
    assert verified.one(**z).value == as_if.one(**z).value
    assert verified.one(**z).value != randomized.one(**z).value
    assert "as verified after randomization" in verified.one(**z).method_text
    assert "as recorded at randomization" in randomized.one(**z).method_text


def test_subjects_without_a_covariate_are_left_out_counted_and_noted(run):
    rows = [{**row, "age": 50 + 3 * i % 7, "sex": "FM"[i % 2]} for i, row in enumerate(MIXED + MIXED)]
    incomplete = rows_of(("T", 30, 1, {"age": ""}), ("C", 31, 1, {"sex": ""}))
    noted = []
    options = ", estimate: {kind: cox, covariates: [age, sex]}"
    results, complete = run(rows + incomplete, options=options, note=noted.append), run(rows, options=options)
    adjusted = results.one(statistic="hazard_ratio")
    assert adjusted.key.method == "cox.efron.adjusted"
    assert adjusted.n == 16
    assert adjusted.value == complete.one(statistic="hazard_ratio").value
    assert "16 subjects with complete covariates, 2 without left out" in adjusted.method_text
    # The log-rank test needs no covariates and keeps them.
    assert results.one(statistic="z", method="log_rank").n == 18
    assert {(n.code, n.value) for n in noted} == {
        ("plan.missing_covariate", "S0016"),
        ("plan.missing_covariate", "S0017"),
    }


def test_collinear_covariates_keep_the_treatment(run):
    rows = [{**row, "sex": "F" if row["arm"] == "T" else "M"} for row in MIXED]
    results = run(rows, options=", estimate: {kind: cox, covariates: [sex]}, also: [{kind: cox}]")
    assert results.one(statistic="hazard_ratio", method="cox.efron").value > 0
    covariate = results.one(statistic="covariate_hazard_ratio")
    assert covariate.value is None
    assert "combination" in covariate.why()
    # Given a covariate that says the same as the arm there is nothing left to test.
    ratio = results.one(statistic="chi_square", method="cox.efron.adjusted.likelihood_ratio")
    assert ratio.why() == "the covariates determine treatment, or one of them has no finite estimate"


def test_competing_events_are_censored_and_counted(run):
    rows = [dict(row) for row in MIXED]
    rows[2]["status"] = rows[7]["status"] = 2
    results, censored = run(rows), run(MIXED)
    assert results.one(statistic="competing_events", arm="trt").value == 1
    assert results.one(statistic="censored", arm="trt", groups=()).value == 0
    for statistic, method in (("hazard_ratio", "cox.efron"), ("z", "log_rank")):
        row = results.one(statistic=statistic, method=method)
        assert row.value == censored.one(statistic=statistic, method=method).value
        assert "cause-specific: 2 competing events treated as censored" in row.method_text
    median = results.one(statistic="median", arm="trt").method_text
    assert "cause-specific: 2 competing events treated as censored in all arms" in median
    assert not censored.select(statistic="competing_events")


def test_a_subgroup_counts_its_own_competing_events(run):
    rows = [{**row, "sex": "M" if i < 5 else "F"} for i, row in enumerate(MIXED)]
    rows[2]["status"] = rows[6]["status"] = rows[7]["status"] = 2
    results = run(rows, options=", subgroups: [sex], subgroup_minimum: 1")
    texts = {
        row.key.group("level"): row.method_text for row in results.select(statistic="hazard_ratio") if row.key.groups
    }
    assert "1 competing event treated" in texts["M"]
    assert "2 competing events treated" in texts["F"]


def test_reasons_of_censoring_are_counted_in_every_arm(run):
    rows = rows_of(("T", 10, 1), ("T", 40, 3), ("T", 90, 0), ("C", 5, 1), ("C", 20, 0), ("C", 33, 0))
    results = run(rows)
    counted = {
        (r.key.arm, r.key.group("reason")): r.value for r in results.select(statistic="censored") if r.key.groups
    }
    assert counted == {
        ("trt", "Lost"): 1, ("trt", "In follow-up"): 1, ("ctl", "Lost"): 0, ("ctl", "In follow-up"): 2,
    }  # fmt: skip


def test_landmarks_count_events_at_or_before_and_end_with_follow_up(run):
    # 24 months are 730.5 days.
    rows = rows_of(("T", 730, 1), ("T", 731, 1), ("T", 900, 0), ("C", 700, 0), ("C", 600, 1), ("C", 710, 0))
    results = run(rows, options=", survival: {times: [24]}")
    at = results.one(statistic="survival", arm="trt", time=24.0)
    assert (at.value, at.n) == (pytest.approx(2 / 3), 2)
    assert "24 months = 730.5 days" in at.method_text
    beyond = results.one(statistic="survival", arm="ctl", time=24.0)
    assert (beyond.value, beyond.n, beyond.why()) == (None, 0, "beyond the last follow-up")
    assert results.one(statistic="survival_difference", time=24.0).why() == "beyond the last follow-up"


def test_at_risk_ticks_are_few_and_count_those_who_reach_them(run):
    results = run(rows_of(("T", 61, 1), ("T", 365, 0), ("C", 60, 1), ("C", 300, 0)))
    ticks = [r.key.time for r in results.select(statistic="at_risk", arm="trt")]
    assert ticks == [0, 2, 4, 6, 8, 10]
    assert [r.value for r in results.select(statistic="at_risk", arm="trt")] == [2, 2, 1, 1, 1, 1]
    assert [r.value for r in results.select(statistic="at_risk", arm="ctl")] == [2, 1, 1, 1, 1, 0]


def test_follow_up_without_a_death_endpoint_says_what_it_is_measured_on(run):
    rows = run(MIXED).select(statistic="follow_up_median")
    assert {row.key.arm for row in rows} == {"", "trt", "ctl"}
    for row in rows:
        assert row.key.endpoint == "pfs"
        assert "as no endpoint is declared to be death" in row.method_text


def test_supportive_parts_that_repeat_a_method_are_noted(run):
    noted = []
    also = ", also: [{kind: log_rank}, {kind: cox, conf_level: 0.9}, {kind: log_rank, strata: [site]},"
    also += " {kind: log_rank, strata: [sex]}]"
    results = run(MIXED, options=also, note=noted.append)
    assert len(results.select(statistic="z", method="log_rank")) == 1
    assert {r.key.interval for r in results.select(statistic="hazard_ratio")} == {"wald.95", "wald.90"}
    assert len(results.select(statistic="chi_square", method="cox.efron.wald")) == 1
    assert [(n.code, n.value) for n in noted] == [("plan.same_method", "log_rank.stratified")]


def test_nobody_in_the_population_is_an_error(run):
    rows = [{**row, "sex": "FM"[i % 2]} for i, row in enumerate(MIXED)]
    women = "  women: {label: Women, arm: planned, where: \"sex = 'F'\"}"
    with pytest.raises(PlanError) as caught:
        run(rows, population="women", populations=women, where="sex = 'M'")
    assert [problem.code for problem in caught.value.problems] == ["plan.nobody"]
    assert "nobody in population women has a record of endpoint pfs" in str(caught.value)
