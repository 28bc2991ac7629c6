"""The first protocol file of a new trial, as `equipoise init` writes it."""

from __future__ import annotations

from typing import Final

__all__ = ["TEMPLATE"]

TEMPLATE: Final = """\
# A randomized trial, declared once. Edit this file, put the data beside it, then:
#
#     equipoise validate trial.yaml                all problems of this file at once
#     equipoise validate trial.yaml --data data/   and of the data
#     equipoise run .                              analysis and dossier
#
# `equipoise schema > trial.schema.json` teaches an editor every key: name that file in its settings for YAML.
# Names that other sections use (itt, pfs, h_pfs, ...) are yours to choose; labels are what a reader sees.
equipoise: 1 # version of this format

trial:
  id: MY-TRIAL
  title: New treatment against standard treatment
  phase: "3" # in quotes: a phase is text, such as "2/3"
  masking: open # open, single, double, triple or quadruple
  condition: Advanced disease
  planned: 400 # subjects to be randomized
  # registry: NCT00000000

# Results are shown in `unit`; the data count in `data_unit`. Landmarks below are in `unit`.
time: {unit: months, data_unit: days, resolution: day}

# Exactly one arm is the control. `value` is how the data write the arm, where it is not the label or the name here.
arms:
  new:      {label: New treatment, role: experimental, ratio: 1, value: NEW}
  standard: {label: Standard treatment, role: control, ratio: 1, value: STD}

# Baseline characteristics, declared once: the baseline table, strata, subgroups and covariates name them.
# Levels are a list of what the data write, or a mapping from what is printed to what the data write.
factors:
  stage: {label: Stage of disease, column: STAGE, levels: [III, IV]}
  sex:   {label: Sex, column: SEX, levels: {Female: F, Male: M}}
  age:   {label: Age, column: AGE, continuous: true, unit: years}

eligibility:
  - {text: Advanced disease that was not treated before}
  - {text: 18 years or older, where: AGE >= 18} # `where` is a condition in SQL, where the data can tell

# Efficacy is analyzed by planned arm, safety by actual treatment. Text in conditions has single quotes.
populations:
  itt:    {label: All randomized patients, arm: planned, where: "ITTFL = 'Y'"}
  safety: {label: All treated patients, arm: actual, where: "SAFFL = 'Y'"}

# The baseline table shows every factor in the first population, unless you say otherwise:
# baseline: {population: itt, factors: [stage, sex, age]}

# Where the tables are. Either CDISC ADaM (CSV, Parquet, SAS transport, Dataset-JSON: adsl, adtte, adrs, adae, adex) ...
data:
  format: adam

# ... or CSV files of your own. Say which of your columns is which; then an endpoint can be read from your file as shown
# under `endpoints`, and `where: "ITTFL = 'Y'"` above is written with your own columns or left out.
# data:
#   format: mapped
#   missing_strings: ["", "NA"]
#   tables:
#     ADSL:
#       file: patients.csv # one row a patient
#       columns: {USUBJID: patient_id, TRT01P: arm}

endpoints:
  pfs:
    kind: time_to_event
    label: Progression-free survival
    role: primary # primary, secondary or exploratory
    event: progression or death from any cause
    source: {table: ADTTE, PARAMCD: PFS}
    # From a CSV file of your own instead; every status code is declared as event, censored or competing:
    # source:
    #   {file: patients.csv, subject: patient_id, time: pfs_days, status: pfs_status, codes: {1: event, 0: censored}}
    estimand: # what is estimated, by ICH E9(R1)
      population: itt
      treatment: as assigned
      variable: time from randomization to progression or death
      intercurrent:
        # treatment_policy uses the data as recorded; every other strategy names what implements it: `parameter`,
        # `component`, `censor_at` or `event_at` (date columns of ADSL), or `population`
        new_therapy: {strategy: treatment_policy, label: New anticancer therapy}
        death: {strategy: composite, parameter: PFS, label: Death before progression}
      summary: hazard_ratio

  os:
    kind: time_to_event
    label: Overall survival
    role: secondary
    event: death from any cause
    death: true # follow-up is measured on this endpoint
    source: {table: ADTTE, PARAMCD: OS}

  # A measurement at visits, analyzed by analysis of covariance (its analysis names the visit, `at: Week 24`):
  # score: {kind: continuous, label: Score, source: {table: ADQS, PARAMCD: TOTAL}, better: lower}

  # The earliest of several endpoints:
  # pfs: {kind: time_to_event, label: PFS, source: {first_of: [progression, os]}}

  orr:
    kind: response
    label: Objective response
    role: secondary
    source: {table: ADRS, PARAMCD: BOR}
    responders: [CR, PR]
    denominator: itt

  ae:
    kind: adverse_events
    label: Adverse events
    source: {table: ADAE}

analysis:
  pfs_main:
    endpoint: pfs
    population: itt
    test: {kind: log_rank, strata: [stage]}
    estimate: {kind: cox, ties: efron, strata: [stage]}
    survival: {interval: log_log, times: [12, 24]}
    subgroups: [stage, sex]

  # A sensitivity analysis is a full analysis. `like` copies another; what is written here replaces what was copied.
  pfs_unstratified:
    like: pfs_main
    sensitivity_to: pfs_main
    why: Does the result depend on the stratification?
    test: {kind: log_rank}
    estimate: {kind: cox}
    subgroups: []

  os_main: {like: pfs_main, endpoint: os}

  orr_main: {endpoint: orr, population: itt, test: {strata: [stage]}}

  safety: {endpoint: ae, population: safety, list_at_least: 0.1} # terms that 10% of an arm have are listed

# A P value can carry a claim only here: at a level, or after others were rejected. All else is descriptive.
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_two_sided: 0.05} # or alpha_one_sided: 0.025
  h_os:  {analysis: os_main, after: [h_pfs]}

# What could be true: enrollment, dropout and hazards. A design is computed under it: `equipoise design trial.yaml`.
scenarios:
  planned:
    enrollment: {patients: 400, per_month: [{until: 6, rate: 10}, {rate: 20}]}
    dropout: {hazard: 0.005} # per month; or {probability: 0.05, by: 12}
    endpoints:
      pfs: {standard: {median: 12}, new: {hazard_ratio: 0.7}}
  delayed: # the same, but no effect in the first three months
    extends: planned
    endpoints: {pfs: {new: {hazard_ratio: [{until: 3, value: 1}, {value: 0.6}]}}}

# When to look, and what must be seen to stop. With looks by information, and a power, the events follow.
design:
  h_pfs: {assume: planned, efficacy: {spending: obrien_fleming}, looks: [{events: 140}, {events: 280}]}

# How subjects are allocated. Block sizes live in the annex, for those who allocate. Read by a later version.
# randomization: {procedure: {kind: permuted_blocks}, strata: [stage], annex: private/randomization.yaml}
"""
