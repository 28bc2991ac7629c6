"""The flow of subjects, from hand-made files through the data room to rows."""

from __future__ import annotations

import pytest

from equipoise.analysis.disposition import DispositionStep
from equipoise.analysis.steps import Context
from equipoise.data import load_data
from equipoise.protocol.loading import loads_protocol
from equipoise.results import Results

TRIAL = """
equipoise: 1
trial: {id: T, title: A trial}
arms:
  new: {label: New, role: experimental}
  old: {label: Old, role: control}
populations:
  itt: {arm: planned, where: "RANDFL = 'Y'"}
  safety: {arm: actual, where: "SAFFL = 'Y'"}
"""
HEADER = "USUBJID,TRT01P,TRT01A,RANDFL,SAFFL,TRTSDT,EOTSTT,DCTREAS,EOSSTT,DCSREAS,DTHFL,DTHDT,SCRFREAS"
ROWS = """
1,New,New,Y,Y,2024-01-01,COMPLETED,,COMPLETED,,,,
2,New,New,Y,Y,2024-01-02,DISCONTINUED,ADVERSE EVENT,DISCONTINUED,DEATH,Y,2024-03-01,
3,New,Old,Y,Y,2024-01-03,DISCONTINUED,,ONGOING,,,,
4,New,,Y,N,,,,DISCONTINUED,WITHDRAWAL BY SUBJECT,,,
5,Old,Old,Y,Y,2024-01-05,ONGOING,,ONGOING,,N,,
6,Old,Old,Y,Y,2024-01-06,DISCONTINUED,ADVERSE EVENT,ONGOING,,,,
7,Screen Failure,Screen Failure,N,N,,,,,,,,Inclusion criterion 3
8,Screen Failure,Screen Failure,N,N,,,,,,,,
9,Screen Failure,Screen Failure,N,N,,,,,,,,Inclusion criterion 3
"""


@pytest.fixture
def flow(tmp_path, rules):
    def run(header: str = HEADER, rows: str = ROWS) -> Results:
        (tmp_path / "adsl.csv").write_text(header + rows)
        protocol = loads_protocol(TRIAL)
        found = Results.of(DispositionStep().run(Context(protocol, load_data(protocol, tmp_path))))
        rules(protocol, found)
        return found

    return run


def count(found: Results, step: str, arm: str = "", **more: str) -> float:
    wanted = (("flow", step), *more.items())
    rows = [row for row in found.select(arm=arm) if row.key.groups == wanted]
    assert len(rows) == 1, (step, arm, more, len(rows))
    return rows[0].value


def by_arm(found: Results, step: str, **more: str) -> list[float]:
    return [count(found, step, arm, **more) for arm in ("new", "old", "")]


def test_screening_with_reasons(flow):
    found = flow()
    assert (count(found, "screened"), count(found, "screen_failure")) == (9, 3)
    assert count(found, "screen_failure", reason="Inclusion criterion 3") == 2
    assert count(found, "screen_failure", reason="not recorded") == 1


def test_randomized_treated_and_arm_differs(flow):
    found = flow()
    assert by_arm(found, "randomized") == [4, 2, 6]
    assert by_arm(found, "treated") == [3, 2, 5]
    assert by_arm(found, "not_treated") == [1, 0, 1]  # never treated: randomized all the same
    assert by_arm(found, "arm_differs") == [1, 0, 1]
    assert by_arm(found, "died") == [1, 0, 1]


def test_treatment_and_study_with_reasons(flow):
    found = flow()
    assert by_arm(found, "treatment_completed") == [1, 0, 1]
    assert by_arm(found, "treatment_ongoing") == [0, 1, 1]
    assert by_arm(found, "treatment_discontinued") == [2, 1, 3]
    assert by_arm(found, "treatment_discontinued", reason="ADVERSE EVENT") == [1, 1, 2]
    assert by_arm(found, "treatment_discontinued", reason="not recorded") == [1, 0, 1]
    assert by_arm(found, "study_discontinued", reason="DEATH") == [1, 0, 1]
    assert by_arm(found, "study_ongoing") == [1, 2, 3]


def test_analyzed_goes_by_each_populations_arm(flow):
    found = flow()
    assert by_arm(found, "analyzed", population="itt") == [4, 2, 6]
    # The one never treated is not in safety; the one planned for new who got old counts there.
    assert by_arm(found, "analyzed", population="safety") == [2, 3, 5]


def test_reasons_add_up(flow):
    found = flow()
    for step in ("screen_failure", "treatment_discontinued", "study_discontinued"):
        total = sum(row.value for row in found.select(arm="", groups={"flow": step}) if row.key.group("reason"))
        assert total == count(found, step)


def test_only_what_the_data_can_tell(flow):
    found = flow("USUBJID,TRT01P,TRT01A,RANDFL,SAFFL", "\n1,New,New,Y,Y\n2,Old,Old,Y,Y\n")
    steps = {row.key.group("flow") for row in found}
    assert steps == {"randomized", "treated", "not_treated", "arm_differs", "analyzed"}
