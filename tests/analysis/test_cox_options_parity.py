"""Declared options of Cox's model, from trial.yaml to rows, beside R's coxph and cox.zph on survival's colon data.

Numbers: tests/reference/colon_cox_options.json, written by colon_cox_options.R (R 4.2.2, survival 3.5-3).
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from equipoise import DataError, PlanError, Trial

ROOT = Path(__file__).parents[2]
R = json.loads((ROOT / "tests/reference/colon_cox_options.json").read_text(encoding="utf-8"))
ARMS = {"lev": "Lev", "lev_5fu": "Lev+5FU"}
OPTIONS = """
analysis:
  main:
    endpoint: death
    population: itt
    estimate: {kind: cox, covariates: [age, sex], strata: [nodes4]}
    proportional_hazards: {transform: km}
    also:
      - {kind: cox, variance: robust}
      - {kind: cox, variance: robust, cluster: extent}
      - {kind: cox, variance: robust, weights: w}
      - {kind: cox, weights: w}
      - {kind: cox, entry: late}
      - {kind: cox, ties: discrete, strata: [nodes4]}
      - {kind: cox, time_dependent: [recurrence]}
      - {kind: cox, strata: [nodes4], interval: profile}
      - {kind: cox, penalty: firth, interval: profile}

  rank: {like: main, proportional_hazards: {transform: rank}, also: []}
  identity: {like: main, proportional_hazards: {transform: identity}, also: []}
  log: {like: main, proportional_hazards: {transform: log}, also: []}
"""


def _late(row, end):
    return min(int(row["age"]), end - 1)


def _colon(folder: Path, *, weight=lambda row: 1 + int(row["age"]) / 100, late=_late) -> Trial:
    text = (ROOT / "examples/colon/trial.yaml").read_text(encoding="utf-8")
    (folder / "data").mkdir(parents=True)
    (folder / "trial.yaml").write_text(text[: text.index("analysis:\n")] + OPTIONS, encoding="utf-8")
    with (ROOT / "examples/colon/data/colon.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with (folder / "data" / "colon.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], "w", "late"])
        writer.writeheader()
        ends = {row["id"]: int(row["time"]) for row in rows if row["etype"] == "2"}
        writer.writerows({**row, "w": weight(row), "late": late(row, ends[row["id"]])} for row in rows)
    return Trial.load(folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return _colon(tmp_path_factory.mktemp("options") / "colon").analyze()


def _ratio(results, arm, method, **fields):
    return results.one(analysis="main", statistic="hazard_ratio", arm=arm, method=method, groups=(), **fields)


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("robust", "cox.efron.robust"),
        ("clustered", "cox.efron.clustered"),
        ("weighted", "cox.efron.weighted.robust"),
        ("counted", "cox.efron.weighted"),
        ("entry", "cox.efron.delayed_entry"),
        ("discrete", "cox.discrete.stratified"),
        ("time_dependent", "cox.efron.time_dependent"),
    ],
)
def test_estimates_and_errors(results, arm, name, method):
    expected = R[f"{name} {ARMS[arm]}"]
    row = _ratio(results, arm, method)
    time_dependent = name == "time_dependent"
    assert math.log(row.value) == pytest.approx(expected[0], rel=1e-8)
    assert row.se == pytest.approx(expected[2 if time_dependent else 1], rel=1e-8)
    half = 1.959963984540054 * row.se
    assert math.log(row.lower) == pytest.approx(math.log(row.value) - half, abs=1e-12)
    assert math.log(row.upper) == pytest.approx(math.log(row.value) + half, abs=1e-12)
    if name == "discrete":
        score = results.one(analysis="main", statistic="chi_square", arm=arm, method=f"{method}.score")
        assert score.value == pytest.approx(expected[2], rel=1e-8)
    if time_dependent:
        change = results.one(analysis="main", statistic="covariate_hazard_ratio", arm=arm, method=method)
        assert change.key.group("covariate") == "recurrence"
        assert (math.log(change.value), change.se) == pytest.approx((expected[1], expected[3]), rel=1e-8)


@pytest.mark.parametrize("arm", ARMS)
def test_profile_limits(results, arm):
    coef, lower, upper = R[f"profile {ARMS[arm]}"]
    row = _ratio(results, arm, "cox.efron.stratified", interval="profile.95")
    assert [math.log(v) for v in (row.value, row.lower, row.upper)] == pytest.approx([coef, lower, upper], rel=1e-8)


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_proportional_hazards(results, arm, transform):
    analysis = "main" if transform == "km" else transform
    method = f"cox.efron.stratified.adjusted.proportional_hazards.{transform}"
    groups = [(), (("covariate", "age"),), (("covariate", "sex"),), (("test", "global"),)]
    rows = [r for r in results.select(analysis=analysis, statistic="chi_square", arm=arm) if r.key.method == method]
    assert [row.key.groups for row in rows] == groups
    assert [row.value for row in rows] == pytest.approx(R[f"zph {transform} {ARMS[arm]}"], rel=1e-7)
    assert [row.df for row in rows] == [1.0, 1.0, 1.0, 3.0]


def test_a_robust_model_has_no_tests_that_assume_independence(results):
    for arm in ARMS:
        for slug in ("score", "likelihood_ratio"):
            row = results.one(analysis="main", statistic="chi_square", arm=arm, method=f"cox.efron.clustered.{slug}")
            assert row.value is None
            assert "robust Wald test" in row.why()
        wald = results.one(analysis="main", statistic="chi_square", arm=arm, method="cox.efron.clustered.wald")
        ratio = _ratio(results, arm, "cox.efron.clustered")
        assert wald.value == pytest.approx((math.log(ratio.value) / ratio.se) ** 2, rel=1e-12)


def test_curves_for_the_pictures(results):
    for arm in ARMS:
        (points,) = results.curves_of("scaled_schoenfeld", analysis="main", arm=arm)
        (smooth,) = results.curves_of("schoenfeld_smooth", analysis="main", arm=arm)
        ratio = _ratio(results, arm, "cox.efron.stratified.adjusted")
        assert points.x.size == ratio.events
        assert ((smooth.lower < smooth.y) & (smooth.y < smooth.upper)).all()
        assert (smooth.x[0], smooth.x[-1]) == pytest.approx((points.x[0], points.x[-1]))
    for curve in results.curves_of("log_minus_log", analysis="main"):
        (km,) = results.curves_of("kaplan_meier", analysis="main", arm=curve.key.arm)
        level = dict(zip(km.x.tolist(), km.y.tolist(), strict=True))
        assert [math.exp(-math.exp(y)) for y in curve.y] == pytest.approx([level[x] for x in curve.x.tolist()])


@pytest.mark.parametrize("bad", ["0", "-1", "", "heavy"])
def test_weights_that_are_not_positive_numbers_are_refused(tmp_path, bad):
    trial = _colon(tmp_path / "colon", weight=lambda row: bad if row["id"] == "7" else 1.5)
    with pytest.raises(DataError) as caught:
        trial.analyze()
    (problem,) = [p for p in caught.value.problems if p.code == "plan.weights"]
    assert problem.where.subject == "7"
    assert problem.where.file
    assert problem.where.row
    assert bad in (problem.value.strip("'"), "")
    assert problem.where.column == "w"


def test_a_column_that_is_not_there_and_a_cluster_that_is_empty_are_named(tmp_path):
    trial = _colon(tmp_path / "colon")
    text = trial.path.read_text(encoding="utf-8").replace("weights: w", "weights: wt").replace("extent}", "nodes}")
    trial.path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Trial.load(trial.path).analyze()
    assert {p.code for p in caught.value.problems} == {"data.missing_column", "plan.cluster"}
    missing = [p.where.subject for p in caught.value.problems if p.code == "plan.cluster"]
    assert missing[:2] == ["94", "99"]
    (column,) = [p for p in caught.value.problems if p.code == "data.missing_column"]
    assert (column.where.line or 0) > 0


@pytest.mark.parametrize(
    ("bad", "words"), [("", "no time of entry"), (-3, "no time of entry"), (99999, "not before the end")]
)
def test_entries_that_are_no_times_before_the_end_are_refused(tmp_path, bad, words):
    trial = _colon(tmp_path / "colon", late=lambda row, end: bad if row["id"] == "9" else 0)
    with pytest.raises((DataError, PlanError)) as caught:
        trial.analyze()
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.subject) == ("plan.entry", "9")
    assert problem.where.file
    assert words in problem.message


@pytest.mark.parametrize("arm", ARMS)
def test_firth_has_the_penalized_ratio_and_limits_that_go_with_it(results, arm):
    plain, firth = (_ratio(results, arm, method) for method in ("cox.efron.robust", "cox.efron.firth"))
    assert firth.key.interval == "profile.95"
    # With hundreds of events the penalty hardly moves the estimate, and it does move it.
    assert math.log(firth.value) == pytest.approx(math.log(plain.value), abs=5e-3)
    assert firth.value != plain.value
    ratio = results.one(analysis="main", statistic="chi_square", arm=arm, method="cox.efron.firth.likelihood_ratio")
    assert (ratio.value > 3.841458820694124) == (not firth.lower < 1.0 < firth.upper)
    score = results.one(analysis="main", statistic="chi_square", arm=arm, method="cox.efron.firth.score")
    assert score.value is None
    assert "penalized" in score.why()


def test_where_an_arm_has_no_events_firth_and_the_profile_still_bound_the_ratio(tmp_path):
    rows = ["id,rx,time,status,age"]
    rows += [f"{i},{'Lev' if i % 2 else 'Obs'},{10 + 7 * i},{0 if i % 2 else 1},{40 + i}" for i in range(1, 21)]
    trial = """
equipoise: 1
trial: {id: NONE, title: No events in one arm}
time: {unit: days, data_unit: days}
arms:
  lev: {label: Levamisole, role: experimental, value: Lev}
  obs: {label: Observation, role: control, value: Obs}
factors: {age: {label: Age, column: age, continuous: true}}
populations: {itt: {arm: planned}}
data: {format: mapped, tables: {ADSL: {file: d.csv, columns: {USUBJID: id, TRT01P: rx}}}}
endpoints:
  os:
    kind: time_to_event
    label: Death
    source: {file: d.csv, subject: id, time: time, status: status, codes: {0: censored, 1: event}}
analysis:
  main:
    endpoint: os
    population: itt
    estimate: {kind: cox, interval: profile}
    also:
      - {kind: cox, penalty: firth, interval: profile}
      - {kind: cox, penalty: firth, covariates: [age], interval: profile}
"""
    (tmp_path / "data").mkdir()
    (tmp_path / "trial.yaml").write_text(trial, encoding="utf-8")
    (tmp_path / "data" / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    results = Trial.load(tmp_path).analyze()
    plain = _ratio(results, "lev", "cox.efron")
    assert plain.value is None
    assert plain.lower is None
    assert dict(plain.missing)["lower"].startswith("unbounded")
    assert 0.0 < plain.upper < 1.0
    reduction = results.one(analysis="main", statistic="hazard_reduction", arm="lev", method="cox.efron")
    assert (reduction.lower, reduction.upper) == (pytest.approx(1.0 - plain.upper), None)
    for method in ("cox.efron.firth", "cox.efron.firth.adjusted"):
        firth = _ratio(results, "lev", method)
        assert 0.0 < firth.lower < firth.value < firth.upper
        ratio = results.one(analysis="main", statistic="chi_square", arm="lev", method=f"{method}.likelihood_ratio")
        assert (ratio.value > 3.841458820694124) == (firth.upper < 1.0)
    assert _ratio(results, "lev", "cox.efron.firth").upper < 1.0


def test_one_cluster_has_no_robust_variance(tmp_path):
    trial = _colon(tmp_path / "colon", late=lambda row, end: 0)
    text = trial.path.read_text(encoding="utf-8").replace("cluster: extent", "cluster: late")
    trial.path.write_text(text, encoding="utf-8")
    row = _ratio(Trial.load(trial.path).analyze(), "lev", "cox.efron.clustered")
    assert row.value is not None
    assert row.se is None
    assert row.lower is None
    assert "cluster" in row.why("lower")


SPARSE = """
equipoise: 1
trial: {id: SPARSE, title: A covariate without events}
time: {unit: days, data_unit: days}
arms:
  lev: {label: Levamisole, role: experimental, value: Lev}
  obs: {label: Observation, role: control, value: Obs}
factors: {site: {label: Site, column: site, levels: [a, b, c]}}
populations: {itt: {arm: planned}}
data: {format: mapped, tables: {ADSL: {file: d.csv, columns: {USUBJID: id, TRT01P: rx}}}}
endpoints:
  os:
    kind: time_to_event
    label: Death
    source: {file: d.csv, subject: id, time: time, status: status, codes: {0: censored, 1: event}}
  late:
    kind: time_to_event
    label: Switch
    source: {file: d.csv, subject: id, time: change, status: changed, codes: {0: censored, 1: event}}
analysis:
  main:
    endpoint: os
    population: itt
    estimate: {kind: cox, covariates: [site], variance: robust}
    also: [{kind: cox, covariates: [site]}, {kind: cox, time_dependent: [late]}]
    proportional_hazards: {transform: log}
"""


def test_an_infinite_covariate_leaves_no_robust_variance_and_no_score_test(tmp_path):
    """Nobody of site c has an event: R's limit keeps their hazard at 0, and a model without the column does not."""
    rows = ["id,rx,time,status,site,change,changed"]
    for i in range(30):
        site = "abc"[i % 3]
        # Whoever switches has no event: the change has no finite estimate either.
        changed = int(i % 5 == 0)
        status = int(site != "c" and not changed)
        rows.append(f"{i},{'Lev' if i % 2 else 'Obs'},{5 + (7 * i) % 23},{status},{site},3,{changed}")
    (tmp_path / "data").mkdir()
    (tmp_path / "trial.yaml").write_text(SPARSE, encoding="utf-8")
    (tmp_path / "data" / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    results = Trial.load(tmp_path).analyze()
    robust, plain = (_ratio(results, "lev", f"cox.efron{part}.adjusted") for part in (".robust", ""))
    assert robust.value == plain.value
    assert plain.se is not None
    assert (robust.se, robust.lower, robust.upper) == (None, None, None)
    assert "no finite estimate" in robust.why("se")
    assert "no finite estimate" in robust.why("lower")
    covariates = results.select(statistic="covariate_hazard_ratio", method="cox.efron.robust.adjusted", arm="lev")
    by_level = {row.key.group("level"): row for row in covariates}
    assert by_level["b"].value is not None
    assert by_level["b"].lower is None
    assert "no finite estimate" in by_level["b"].why("lower")
    assert "infinite" in by_level["c"].why()
    score = results.one(analysis="main", statistic="chi_square", method="cox.efron.time_dependent.score")
    assert score.value is None
    change = results.one(statistic="covariate_hazard_ratio", method="cox.efron.time_dependent", arm="lev")
    assert change.why() == "monotone likelihood: the estimate is infinite"


def test_events_at_time_0_have_no_logarithm_and_no_picture(tmp_path):
    rows = ["id,rx,time,status,site,change,changed"]
    rows += [f"{i},{'Lev' if i % 2 else 'Obs'},{i // 4},{int(i % 3 > 0)},{'ab'[i % 5 > 2]},50,1" for i in range(40)]
    (tmp_path / "data").mkdir()
    (tmp_path / "trial.yaml").write_text(SPARSE, encoding="utf-8")
    (tmp_path / "data" / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    results = Trial.load(tmp_path).analyze()
    (row,) = results.select(
        statistic="chi_square", method="cox.efron.robust.adjusted.proportional_hazards.log", groups=()
    )
    assert row.value is None
    assert "time 0" in row.why()
    assert results.curves_of("scaled_schoenfeld", analysis="main")
    assert not results.curves_of("schoenfeld_smooth", analysis="main")


def test_few_clusters_are_warned_of(tmp_path):
    found = [
        p for p in _colon(tmp_path / "colon").validate(tmp_path / "colon" / "data") if p.code == "plan.few_clusters"
    ]
    assert [(p.severity, p.value) for p in found] == [("warning", "extent")]
    assert "4 clusters" in found[0].message
