"""A sensitivity analysis with other strategies for intercurrent events is a full analysis with rows of its own."""

from __future__ import annotations

import csv
import datetime

import pytest

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.errors import ProtocolError
from equipoise.protocol.loading import load_protocol

PROTOCOL = """
equipoise: 1
trial: {id: ADAM, title: Intercurrent events}
arms:
  trt: {label: Treatment, role: experimental, value: T}
  ctl: {label: Control, role: control, value: C}
populations: {itt: {label: All, arm: planned}}
endpoints:
  pfs:
    kind: time_to_event
    label: PFS
    source: {table: ADTTE, PARAMCD: PFS}
    estimand:
      population: itt
      treatment: as assigned
      variable: time to progression or death
      intercurrent: {new_therapy: {strategy: treatment_policy}}
      summary: hazard_ratio
analysis:
  main: {endpoint: pfs, population: itt, rmst: null}
  censored_at_new_therapy:
    like: main
    sensitivity_to: main
    why: What if nobody had taken another therapy?
    intercurrent: {new_therapy: {strategy: hypothetical, censor_at: NTXDT}}
  new_therapy_is_an_event:
    like: main
    sensitivity_to: main
    why: Is another therapy a failure?
    intercurrent: {new_therapy: {strategy: composite, event_at: NTXDT}}
"""
START = datetime.date(2024, 1, 1)
# Subject, arm, time, event, day of another therapy.
SUBJECTS = [
    ("S1", "T", 100, 1, None), ("S2", "T", 200, 1, 150), ("S3", "T", 300, 0, None), ("S4", "T", 50, 0, None),
    ("S5", "C", 90, 1, 30), ("S6", "C", 120, 1, None), ("S7", "C", 60, 0, 60), ("S8", "C", 250, 1, 200),
]  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory, rules):
    folder = tmp_path_factory.mktemp("intercurrent")
    (folder / "trial.yaml").write_text(PROTOCOL)
    (folder / "data").mkdir()
    adsl = [["USUBJID", "TRT01P", "RANDFL", "RANDDT", "NTXDT"]]
    adtte = [["USUBJID", "PARAMCD", "AVAL", "CNSR", "EVNTDESC", "STARTDT", "ADT"]]
    for subject, arm, days, event, therapy in SUBJECTS:
        new = START + datetime.timedelta(therapy) if therapy else ""
        adsl.append([subject, arm, "Y", START, new])
        words = "Progression" if event else "No progression"
        adtte.append([subject, "PFS", days, 1 - event, words, START, START + datetime.timedelta(days)])
    for name, table in (("adsl", adsl), ("adtte", adtte)):
        with (folder / "data" / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(table)
    protocol = load_protocol(folder / "trial.yaml")
    found = analyze(protocol, load_data(protocol, folder / "data"))
    rules(protocol, found)
    return found


@pytest.mark.parametrize(
    ("analysis", "events"),
    [
        ("main", {"trt": 2, "ctl": 3}),
        # S2, S5 and S8 took another therapy before their event.
        ("censored_at_new_therapy", {"trt": 1, "ctl": 1}),
        # ... which now is the event; S7's on the day of its censoring too.
        ("new_therapy_is_an_event", {"trt": 2, "ctl": 4}),
    ],
)
def test_events_by_strategy(results, analysis, events):
    rows = results.select(analysis=analysis, statistic="events", groups=())
    assert {row.key.arm: row.value for row in rows} == events


def test_every_strategy_has_the_same_rows(results):
    def names(analysis):
        keys = (row.key for row in results.select(analysis=analysis) if not row.key.group("reason"))
        return {(key.statistic, key.arm, key.versus, key.groups, key.time, key.method, key.interval) for key in keys}

    assert names("main") == names("censored_at_new_therapy") == names("new_therapy_is_an_event")
    ratios = {row.value for row in results.select(statistic="hazard_ratio")}
    assert len(ratios) == 3


def test_median_moves_with_the_event_that_counts(results):
    median = {row.key.analysis: row.value for row in results.select(statistic="median", arm="ctl")}
    # Control by hand: 60+, 90, 120, 250 as recorded; 30, 60, 120, 200 where another therapy counts, 0.5 from 60 to 120.
    assert median["main"] == 120.0
    assert median["new_therapy_is_an_event"] == 90.0


def test_a_principal_stratum_is_analyzed_in_its_population(run):
    rows = [{"arm": arm, "time": 10 * t, "status": 1, "sex": sex} for arm in "TC" for t, sex in enumerate("FMFM", 1)]
    women = {"populations": "  women: {label: Women, arm: planned, where: \"sex = 'F'\"}"}
    stratum = ", intercurrent: {other: {strategy: principal_stratum, population: women}}"
    with pytest.raises(ProtocolError, match="the principal stratum is `women`, but `itt` is analyzed"):
        run(rows, options=stratum, **women)
    assert run(rows, options=stratum, population="women", **women).one(statistic="events", arm="trt").value == 2
