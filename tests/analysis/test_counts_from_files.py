"""From hand-made ADaM files to rows: who counts, in which arm, in which denominator."""

from __future__ import annotations

import pytest

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.errors import DataError, PlanError
from equipoise.protocol.loading import loads_protocol

TRIAL = """
equipoise: 1
trial: {id: T, title: A trial}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
factors:
  site: {label: Site, column: SITE, levels: [A, B]}
  age:  {label: Age, column: AGE, continuous: true, unit: years}
populations:
  itt: {arm: planned, where: "RANDFL = 'Y'"}
  measurable: {arm: planned, where: "RANDFL = 'Y' AND MEASFL = 'Y'"}
  safety: {arm: actual, where: "SAFFL = 'Y'"}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  dor: {kind: time_to_event, label: Duration of response, source: {table: ADTTE, PARAMCD: DOR}}
  orr:
    kind: response
    label: Response
    source: {table: ADRS, PARAMCD: BOR}
    denominator: DENOMINATOR
    clinical_benefit: {stable: [SD], minimum: {value: 24, unit: weeks}, measured_by: pfs}
    duration: dor
  ae:
    kind: adverse_events
    label: Adverse events
    source: {table: ADAE}
    of_interest: {skin: "AEBODSYS = 'Skin'"}
analysis:
  orr_main: {endpoint: orr, population: itt, test: {kind: cochran_mantel_haenszel, strata: [site]}}
  ae_main: {endpoint: ae, population: safety}
hypotheses:
  h: {analysis: orr_main, alpha_two_sided: 0.05}
"""
ADSL = """USUBJID,TRT01P,TRT01A,RANDFL,SAFFL,MEASFL,SITE,AGE,TRTSDT,TRTEDT
1,New,New,Y,Y,Y,A,50,2024-01-01,2024-04-09
2,New,New,Y,Y,Y,B,60,2024-01-01,2024-12-30
3,New,Old,Y,Y,Y,A,61,2024-01-01,2024-01-10
4,New,,Y,N,N,B,75,,
5,Old,Old,Y,Y,Y,A,,2024-01-01,2024-04-09
6,Old,Old,Y,Y,Y,B,40,2024-01-01,2024-04-09
7,Screen Failure,Screen Failure,N,N,N,A,44,,
"""
# 7 failed screening and has a response and an event; 4 has no record; 6 has one without a value.
ADRS = """USUBJID,PARAMCD,AVALC
1,BOR,CR
2,BOR,SD
3,BOR,PR
5,BOR,SD
6,BOR,
7,BOR,CR
1,OTHER,PD
"""
ADTTE = """USUBJID,PARAMCD,AVAL,CNSR,EVNTDESC
1,PFS,200,0,PD
2,PFS,168,1,Alive
3,PFS,100,0,PD
4,PFS,1,1,No assessment
5,PFS,167,0,PD
6,PFS,300,1,Alive
1,DOR,120,0,PD
"""
ADAE = """USUBJID,AEDECOD,AEBODSYS,AETOXGR,AESER,AEREL,AEACN,AEOUT,TRTEMFL,ASTDT
1,Rash,Skin,2,N,Y,,RECOVERED,Y,2024-01-11
1,Rash,Skin,3,N,N,,RECOVERED,Y,2024-01-05
1,Itch,Skin,,N,N,,RECOVERED,Y,
2,Nausea,Gut,1,N,N,,RECOVERED,,2024-01-05
3,Arrest,Heart,5,N,N,DRUG WITHDRAWN,FATAL,Y,2024-01-10
5,Rash,,2,Y,,,RECOVERED,Y,2024-02-01
7,Rash,Skin,4,Y,Y,,RECOVERED,Y,2024-01-01
"""


@pytest.fixture
def run(tmp_path, rules):
    def _run(*, denominator: str = "itt", edits=(), note=None, **changed: str):
        files = {"adsl": ADSL, "adrs": ADRS, "adtte": ADTTE, "adae": ADAE} | changed
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text)
        text = TRIAL.replace("DENOMINATOR", denominator)
        for old, new in edits:
            text = text.replace(old, new)
        protocol = loads_protocol(text)
        found = analyze(protocol, load_data(protocol, tmp_path), note=note)
        rules(protocol, found)
        return found

    return _run


def events_of(found, statistic: str) -> list[tuple[int, float]]:
    rows = [found.one(statistic=statistic, arm=arm, interval="wilson.95") for arm in ("new", "old")]
    return [(row.events, row.denominator) for row in rows]


def subjects(found, **groups: str) -> list[float | None]:
    wanted = tuple(groups.items())
    rows = [row for row in found.select(analysis="ae_main", statistic="ae_subjects") if row.key.groups == wanted]
    return [row.value for row in rows]


def test_response_counts_planned_arms_and_every_subject_of_the_denominator(run):
    found = run()
    # 3 took the control treatment and counts as planned; 4 and 6 are missing; the screen failure's CR counts nowhere.
    assert events_of(found, "response_rate") == [(2, 4.0), (0, 2.0)]
    best = {(r.key.arm, r.key.group("response")): r.value for r in found.select(statistic="best_response") if r.value}
    assert best == {("new", "CR"): 1, ("new", "PR"): 1, ("new", "SD"): 1, ("new", "MISSING"): 1, ("old", "SD"): 1,
                    ("old", "MISSING"): 1}  # fmt: skip


def test_clinical_benefit_counts_stable_disease_of_exactly_the_minimum(run):
    # 24 weeks are 168 days: 2 is stable at 168, 5 at 167.
    assert events_of(run(), "clinical_benefit_rate") == [(3, 4.0), (0, 2.0)]


def test_declared_denominator(run):
    warnings = []
    found = run(denominator="measurable", note=warnings.append)
    assert events_of(found, "response_rate") == [(2, 3.0), (0, 2.0)]
    assert [problem.message for problem in warnings if problem.code == "plan.denominator"] == [
        "1 subject of itt not in the denominator, measurable"
    ]


def test_responder_without_duration_is_counted_and_warned_about(run):
    warnings = []
    found = run(note=warnings.append)
    missing = found.one(analysis="orr_main", statistic="subjects", arm="new", groups={"duration": "missing"})
    assert (missing.value, missing.denominator) == (1, 2.0)
    assert found.one(statistic="duration_events", arm="new").value == 1
    assert "3" in [problem.value for problem in warnings if problem.code == "plan.no_duration"]


def test_hypothesis_finds_the_test_of_the_response(run):
    found = run()
    decision = found.one(statistic="decision", hypothesis="h")
    assert decision.text == "not rejected"
    claimed = found.one(statistic="p_value", hypothesis="h")
    plain = found.one(
        statistic="p_value", hypothesis="", groups={"response": "objective"},
        method="cochran_mantel_haenszel.stratified.two_sided",
    )  # fmt: skip
    assert claimed.value == plain.value
    assert (claimed.multiplicity, plain.multiplicity) == ("confirmatory", "nominal")


def test_missing_stratum_stops_the_run(run):
    with pytest.raises(DataError, match="by which an analysis is stratified"):
        run(adsl=ADSL.replace("Y,Y,Y,A,50", "Y,Y,Y,,50"))


def test_strata_as_verified(run):
    """Strata are those verified later; without a verified level for a subject there is no such analysis."""
    rows = [line.split(",") for line in ADSL.splitlines()]
    later = ["SITE2", "B", *(row[6] for row in rows[2:])]  # subject 1 moves from A to B
    verified = "\n".join(",".join([*row[:8], site, *row[8:]]) for row, site in zip(rows, later, strict=True))
    declared = ("strata: [site]}", "strata: [site]}, strata_as: verified"), ("SITE,", "SITE, verified: SITE2,")
    changed = run(adsl=verified, edits=declared)
    z = {"statistic": "z", "groups": {"response": "objective"}}
    # By hand. As randomized: A has 2/2 (1, 3) against 0/1 (5), B 0/2 (2, 4) against 0/1 (6), which says nothing:
    # O - E = 2 - 4/3, V = 2 * 1 * 2 * 1 / (9 * 2). Verified: A has 1/1 (3) against 0/1 (5), B 1/3 (1, 2, 4) against
    # 0/1: O - E = 1/2 + 1/4, V = 1/4 + 3 * 1 * 1 * 3 / (16 * 3).
    assert run().one(**z).value == pytest.approx((2 / 3) / (2 / 9) ** 0.5)
    assert changed.one(**z).value == pytest.approx(0.75 / (7 / 16) ** 0.5)
    with pytest.raises(PlanError, match="1 subject without a level of site"):
        run(adsl=verified.replace("60,B", "60,"), edits=declared)


def test_safety_counts_the_treatment_taken(run):
    found = run()
    sizes = [found.one(analysis="ae_main", statistic="subjects", arm=arm, groups=()).value for arm in ("new", "old")]
    assert sizes == [2, 3]  # 4 was never treated; 3 took old
    assert subjects(found, category="any") == [1, 2]  # 2's event is not treatment-emergent; 7 is no subject
    assert subjects(found, category="fatal") == [0, 1]
    assert subjects(found, category="serious") == [0, 1]  # 5; the fatal event of 3 is not marked
    assert subjects(found, category="related") == [1, 0]
    assert subjects(found, category="discontinuation") == [0, 1]
    assert subjects(found, category="skin") == [1, 0]
    assert subjects(found, worst_grade="3") == [1, 0]
    assert subjects(found, worst_grade="none") == [1, 1]
    assert subjects(found, soc="Skin", term="Rash") == [1, 0]
    assert subjects(found, soc="NOT CODED", term="Rash") == [0, 1]
    assert found.one(statistic="ae_events", arm="new", groups={"category": "any"}).value == 3


def test_rates_until_the_first_event(run):
    found = run()
    exposure = [found.one(statistic="exposure_total", arm=arm).value for arm in ("new", "old")]
    assert exposure == [100 + 365, 10 + 100 + 100]
    rate = found.one(statistic="ae_rate", arm="new", groups={"category": "any"})
    assert rate.denominator == pytest.approx((5 + 365) / 365.25)  # 1's first event is on day 5
    old = found.one(statistic="ae_rate", arm="old", groups={"category": "any"})
    assert old.denominator == pytest.approx((10 + 32 + 100) / 365.25)
    assert old.value == pytest.approx(100 * 2 / old.denominator)


def test_action_that_is_never_recorded_is_missing(run):
    found = run(adae=ADAE.replace("DRUG WITHDRAWN", ""))
    rows = found.select(statistic="ae_subjects", groups={"category": "discontinuation"})
    assert [(row.value, row.why("value")) for row in rows] == [
        (None, "whether an event led to discontinuation of treatment is not recorded")
    ] * 2
