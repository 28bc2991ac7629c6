"""Every row of the colon example's time-to-event analyses against R survival (tests/reference/colon_rows.R)."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.protocol.loading import load_protocol

ROOT = Path(__file__).parents[2]
REFERENCE = json.loads((ROOT / "tests/reference/colon_rows.json").read_text())["rows"]
DECLARED = "- {kind: fleming_harrington, rho: 0, gamma: 1, strata: [nodes4]}"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The example as it is, with one more supportive test that R's survdiff has."""
    text = (ROOT / "examples/colon/trial.yaml").read_text()
    assert DECLARED in text
    path = tmp_path_factory.mktemp("colon") / "trial.yaml"
    path.write_text(text.replace(DECLARED, f"{DECLARED}\n      {DECLARED.replace('0, gamma: 1', '1, gamma: 0')}"))
    protocol = load_protocol(path)
    results = analyze(protocol, load_data(protocol, ROOT / "examples/colon/data"))
    found = {}
    for row in results:
        key = row.key
        if key.hypothesis:
            continue
        groups = ";".join(f"{name}={level}" for name, level in key.groups)
        time = "" if key.time is None else f"{key.time:g}"
        found[key.analysis, key.statistic, key.arm, key.versus, groups, time, key.method, key.interval] = row
    return found


@pytest.mark.parametrize("analysis", ["dfs_main", "os_main", "recurrence_cause_specific", "dfs_adjusted", "follow_up"])
def test_rows_are_those_of_r(rows, analysis):
    wrong, compared = [], 0
    for *place, field, expected in REFERENCE:
        if place[0] != analysis:
            continue
        compared += 1
        row = rows.get(tuple(place))
        actual = getattr(row, field) if row else "no such row"
        if expected is None or actual is None or row is None:
            same = row is not None and expected is None and actual is None
        else:
            # Quantiles of whole days are equal to the bit; the rest agrees to rounding.
            exact = place[1] in ("median", "quantile", "follow_up_median", "subjects", "events", "censored")
            same = actual == expected if exact else math.isclose(actual, expected, rel_tol=1e-8, abs_tol=1e-11)
        if not same:
            wrong.append(f"{place} {field}: {actual}, R has {expected}")
    assert not wrong, "\n".join(wrong)
    assert compared >= (12 if analysis == "follow_up" else 50)


def test_median_limits_that_do_not_exist_say_not_reached(rows):
    row = rows["dfs_main", "median", "lev_5fu", "", "", "", "kaplan_meier", "log_log.95"]
    assert (row.value, row.lower, row.upper) == (None, 2318.0, None)
    assert dict(row.missing) == {"value": "not_reached", "upper": "not_reached"}


def test_all_rows_of_the_example_follow_the_rules(colon, rules):
    protocol, results = colon
    rules(protocol, results)
    assert len(results) > 800
    assert len(results.curves_of("kaplan_meier")) == 15


def test_curves_start_at_one_and_carry_the_counts(colon):
    _, results = colon
    for curve in results.curves_of("kaplan_meier", analysis="dfs_main"):
        subjects = results.one(statistic="subjects", analysis="dfs_main", arm=curve.key.arm, groups=())
        events = results.one(statistic="events", analysis="dfs_main", arm=curve.key.arm, groups=(), hypothesis="")
        censored = results.one(statistic="censored", analysis="dfs_main", arm=curve.key.arm, groups=())
        assert (curve.x[0], curve.y[0], curve.n_risk[0]) == (0.0, 1.0, subjects.value)
        assert curve.n_event.sum() == events.value
        assert curve.n_censor.sum() == censored.value


def test_follow_up_is_measured_on_death(colon):
    _, results = colon
    for row in results.select(statistic="follow_up_median"):
        assert row.key.endpoint == "death"
        assert "reverse Kaplan-Meier on Overall survival: deaths are censored" in row.method_text
    assert {row.key.arm for row in results.select(statistic="follow_up_median")} == {"", "obs", "lev", "lev_5fu"}
