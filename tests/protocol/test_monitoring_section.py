"""`monitoring:` of trial.yaml: what it refuses, and where."""

from __future__ import annotations

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import loads_protocol

TEXT = """\
equipoise: 1
trial: {id: T, title: T}
arms: {a: {label: A, role: experimental}, b: {label: B, role: control}}
populations: {itt: {arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  orr: {kind: response, label: ORR, source: {table: ADRS, PARAMCD: BOR}, responders: [CR, PR], denominator: itt}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}
hypotheses: {h: {analysis: pfs_main, alpha_one_sided: 0.025}}
scenarios:
  planned: {enrollment: {patients: 300, duration: 20}, endpoints: {pfs: {b: {median: 9}, a: {hazard_ratio: 0.7}}}}
design: {h: {assume: planned, efficacy: {spending: pocock}, looks: [{events: 100}, {events: 200}]}}
monitoring:
  site: SITEID
  sites: [{opens: 2027-03-01, number: 2}]
  enrollment_ends: 2028-12-31
  lost: [Lost to follow-up]
  prediction: {model: weibull, scans: {pfs: [2, 4, 6]}}
  prior: {hazard_ratio: 0.85, events: 20}
"""


def test_all_of_it_is_read():
    declared = loads_protocol(TEXT).monitoring
    assert declared.sites[0].number == 2
    assert declared.prediction.scans["pfs"] == (2, 4, 6)
    assert declared.prior.events == 20
    assert loads_protocol(TEXT[: TEXT.index("monitoring:")]).monitoring is None


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("scans: {pfs: [2, 4, 6]}", "scans: {pfs: [2, 4, 4]}", "monitoring", "monitoring.prediction.scans.pfs"),
        ("scans: {pfs: [2, 4, 6]}", "scans: {pffs: [2]}", "dangling", "monitoring.prediction.scans.pffs"),
        ("scans: {pfs: [2, 4, 6]}", "scans: {orr: [2]}", "kind", "monitoring.prediction.scans.orr"),
        ("  site: SITEID\n", "", "monitoring", "monitoring.sites"),
        ("opens: 2027-03-01", "opens: 2029-03-01", "monitoring", "monitoring.sites[0].opens"),
        ("events: 20}", "events: 0}", "range", "monitoring.prior.events"),
        ("model: weibull", "model: gompertz", "choice", "monitoring.prediction.model"),
    ],
)
def test_what_can_not_be_meant(old, new, code, path):
    assert old in TEXT
    with pytest.raises(ProtocolError) as error:
        loads_protocol(TEXT.replace(old, new))
    found = {(problem.code.removeprefix("protocol."), problem.where.path) for problem in error.value.problems}
    assert (code, path) in found, found
    assert all(problem.cure for problem in error.value.problems)


def test_without_a_design_there_is_nothing_to_monitor():
    start = TEXT.index("design: {h:")
    text = TEXT[:start] + TEXT[TEXT.index("monitoring:") :]
    with pytest.raises(ProtocolError, match="no design to monitor"):
        loads_protocol(text)
