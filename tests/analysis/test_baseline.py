"""Baseline on values small enough to do by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from equipoise.analysis.baseline import baseline_rows, quantile_type_2, steps
from equipoise.protocol.loading import loads_protocol
from equipoise.results import Results

TRIAL = """
equipoise: 1
trial: {id: T, title: A trial}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
factors:
  age:  {label: Age, column: AGE, continuous: true, unit: years}
  sex:  {label: Sex, column: SEX, levels: {Female: F, Male: M, Other: O}}
populations:
  itt: {arm: planned}
"""
PROTOCOL = loads_protocol(TRIAL)
FRAME = pl.DataFrame(
    {
        "USUBJID": list("ABCDEFG"),
        "arm": [0, 0, 0, 0, 0, 1, 1],
        "age": [50.0, 60.0, 61.0, 75.0, None, 40.0, None],
        "sex": ["Female", "Female", "Male", None, "Male", "Male", "Male"],
    }
)


@pytest.fixture
def table(rules):
    """Rows of the baseline table, held against the rules of rows; none compares arms."""

    def run(frame: pl.DataFrame = FRAME, factors=("age", "sex")) -> Results:
        found = Results.of(baseline_rows(PROTOCOL, "itt", factors, frame))
        rules(PROTOCOL, found)
        assert {row.multiplicity for row in found} == {"descriptive"}
        assert not [row for row in found if row.key.statistic in ("p_value", "z", "chi_square") or row.key.versus]
        return found

    return run


def value(found: Results, statistic: str, arm: str, **groups: str):
    return found.one(statistic=statistic, arm=arm, groups=groups).value


def test_continuous(table):
    found = table(factors=["age"])
    got = {name: value(found, f"baseline_{name}", "new", factor="age")
           for name in ("n", "missing", "mean", "sd", "median", "q1", "q3", "min", "max")}  # fmt: skip
    # 50, 60, 61, 75: mean 61.5; deviations -11.5, -1.5, -0.5, 13.5: sum of squares 317, sd sqrt(317 / 3).
    # n p = 1, 2, 3 are whole: averages of neighbours.
    assert got == {"n": 4, "missing": 1, "mean": 61.5, "sd": pytest.approx((317 / 3) ** 0.5, rel=1e-15), "median": 60.5,
                   "q1": 55.0, "q3": 68.0, "min": 50.0, "max": 75.0}  # fmt: skip
    assert found.one(statistic="baseline_mean", arm="new").unit == "years"


def test_all_arms_together_are_there(table):
    found = table(factors=["age"])
    assert value(found, "baseline_n", "", factor="age") == 5
    assert value(found, "baseline_median", "", factor="age") == 60.0
    assert value(found, "baseline_missing", "", factor="age") == 2
    assert value(found, "subjects", "") == 7


def test_one_value_has_no_sd_and_none_has_nothing(table):
    found = table(factors=["age"])
    sd = found.one(statistic="baseline_sd", arm="old")
    assert (sd.value, sd.why("value")) == (None, "fewer than two values")
    assert value(found, "baseline_q1", "old", factor="age") == 40.0
    nothing = table(FRAME.with_columns(pl.lit(None, dtype=pl.Float64).alias("age")), factors=["age"])
    for name in ("mean", "sd", "median", "q1", "q3", "min", "max"):
        assert nothing.one(statistic=f"baseline_{name}", arm="new").why("value") == "no subject has a value"
    assert value(nothing, "baseline_missing", "new", factor="age") == 5


def test_categorical_counts_missing_and_empty_levels(table):
    found = table(factors=["sex"])
    counts = [value(found, "baseline_count", "new", factor="sex", level=level) for level in ("Female", "Male", "Other")]
    assert (counts, value(found, "baseline_missing", "new", factor="sex")) == ([2, 2, 0], 1)
    shares = [
        value(found, "baseline_proportion", "new", factor="sex", level=level) for level in ("Female", "Male", "Other")
    ]
    assert shares == [0.4, 0.4, 0.0]  # of all five
    assert value(found, "baseline_proportion", "", factor="sex", level="Male") == pytest.approx(4 / 7)


def test_empty_arm(table):
    found = table(FRAME.filter(pl.col("arm") == 0))
    share = found.one(statistic="baseline_proportion", arm="old", groups={"level": "Male"})
    assert (share.value, share.why("value")) == (None, "no subjects")
    assert found.one(statistic="baseline_mean", arm="old").value is None


def test_quantile_definition_against_r():
    # R 4.2.2: quantile(x, p, type = 2) with x = c(1, 2, 4, 8, 16, 32, 64)
    x = np.array([1.0, 2, 4, 8, 16, 32, 64])
    assert [quantile_type_2(x, p) for p in (0.1, 0.25, 0.5, 0.75, 0.9)] == [1, 2, 8, 32, 64]
    # and x[1:6]
    assert [quantile_type_2(x[:6], p) for p in (0.25, 0.5, 0.75)] == [2, 6, 16]
    # n p = 3 in decimal, not in binary: 0.3 * 10
    assert quantile_type_2(np.arange(1.0, 11.0), 0.3) == 3.5
    assert quantile_type_2(np.array([5.0]), 0.25) == 5.0


@pytest.mark.parametrize("seed", range(5))
def test_median_is_the_ordinary_one(seed):
    x = np.sort(np.random.default_rng(seed).normal(size=10 + seed))
    assert quantile_type_2(x, 0.5) == pytest.approx(float(np.median(x)), rel=1e-15)


def test_step_takes_declared_factors_and_population():
    (step,) = steps(PROTOCOL)
    assert (step.population, step.factors) == ("itt", ("age", "sex"))
    fewer = loads_protocol(TRIAL + "  pp: {arm: planned}\nbaseline: {population: pp, factors: [sex]}\n")
    (step,) = steps(fewer)
    assert (step.population, step.factors) == ("pp", ("sex",))
