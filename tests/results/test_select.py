"""Looking up rows: what is not a field of a key is said, not ignored."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest

from equipoise import Key, Results, Statistic, Trial, UsageError

ROWS = Results(
    (
        Statistic(key=Key(analysis="a", statistic="events", arm="x"), value=1.0),
        Statistic(key=Key(analysis="a", statistic="events", arm="y"), value=2.0),
    )
)


def test_rows_by_field_and_by_identifier():
    assert [row.value for row in ROWS.select(statistic="events")] == [1.0, 2.0]
    assert ROWS.one(id="a.events.y").value == 2.0


@pytest.mark.parametrize("ask", [ROWS.select, ROWS.one, lambda **fields: ROWS.curves_of("kaplan_meier", **fields)])
def test_a_misspelled_field_is_an_error(ask):
    with pytest.raises(UsageError) as caught:
        ask(statistc="events")
    (problem,) = caught.value.problems
    assert (problem.code, problem.value) == ("usage.key_field", "statistc")
    assert "statistic" in problem.cure


def test_a_misspelled_statistic_is_an_error():
    with pytest.raises(UsageError) as caught:
        ROWS.one(statistic="event")
    assert (caught.value.problems[0].code, caught.value.problems[0].cure) == (
        "usage.statistic",
        "did you mean 'events'?",
    )


def test_pandas_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as caught:
        ROWS.to_pandas()
    assert caught.value.problems[0].code == "usage.pandas"
    assert "equipoise[pandas]" in caught.value.problems[0].cure


def test_a_session_shows_a_line_not_every_row():
    assert repr(ROWS) == "Results(2 statistics, 0 curves)"
    colon = Path(__file__).parents[2] / "examples" / "colon"
    assert repr(Trial.load(colon)).startswith("Trial('INT-0035', ")


@pytest.mark.parametrize("cut", ["1990-01-01", datetime.datetime(1990, 1, 1)])
def test_a_cut_that_is_not_a_date_is_an_error(cut):
    trial = Trial.load(Path(__file__).parents[2] / "examples" / "colon")
    with pytest.raises(UsageError) as caught:
        trial.analyze(cut=cut)
    assert caught.value.problems[0].code == "usage.cut"
