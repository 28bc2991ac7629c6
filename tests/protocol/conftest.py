"""A small good protocol, and helpers that load text and list problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = """\
equipoise: 1
trial: {id: DEMO, title: A demonstration, phase: "3"}
time: {unit: months, data_unit: days}
arms:
  new: {label: New treatment, role: experimental}
  old: {label: Old treatment, role: control}
factors:
  stage: {label: Stage, column: STAGE, levels: [III, IV]}
  sex: {label: Sex, column: SEX, levels: {Female: F, Male: M}}
  age: {label: Age, column: AGE, continuous: true, unit: years}
eligibility:
  - {text: Adults, where: AGE >= 18}
populations:
  itt: {arm: planned, where: "ITTFL = 'Y'"}
  safety: {arm: actual}
data: {format: adam}
endpoints:
  pfs:
    kind: time_to_event
    label: Progression-free survival
    source: {table: ADTTE, PARAMCD: PFS}
    estimand:
      population: itt
      treatment: as assigned
      variable: time to progression or death
      intercurrent:
        new_therapy: {strategy: treatment_policy}
      summary: hazard_ratio
  os: {kind: time_to_event, label: Overall survival, death: true, source: {table: ADTTE, PARAMCD: OS}}
  progression: {kind: time_to_event, label: Progression, source: {table: ADTTE, PARAMCD: TTP}}
  either: {kind: time_to_event, label: Either, source: {first_of: [progression, os]}}
  orr:
    kind: response
    label: Objective response
    source: {table: ADRS, PARAMCD: BOR}
    denominator: itt
    clinical_benefit: {minimum: {value: 24, unit: weeks}, measured_by: pfs}
  ae: {kind: adverse_events, label: Adverse events, source: {table: ADAE}}
analysis:
  main:
    endpoint: pfs
    population: itt
    test: {kind: log_rank, strata: [stage]}
    estimate: {kind: cox, strata: [stage]}
    survival: {times: [12, 24]}
    subgroups: [stage, sex]
  plain: {like: main, sensitivity_to: main, why: No strata, test: {kind: log_rank}, estimate: {kind: cox}}
  os_main: {like: main, endpoint: os}
  either_main: {like: main, endpoint: either}
  response: {endpoint: orr, population: itt, test: {strata: [stage]}}
  harm: {endpoint: ae, population: safety}
hypotheses:
  h_pfs: {analysis: main, alpha_two_sided: 0.05}
  h_os: {analysis: os_main, after: [h_pfs]}
scenarios:
  planned:
    enrollment: {patients: 400, per_month: [{until: 6, rate: 10}, {rate: 20}]}
    dropout: {hazard: 0.005}
    endpoints:
      pfs: {old: {median: 12}, new: {hazard_ratio: 0.7}}
  delayed:
    extends: planned
    endpoints: {pfs: {new: {hazard_ratio: [{until: 3, value: 1}, {value: 0.6}]}}}
design:
  h_pfs: {assume: planned, efficacy: {spending: obrien_fleming}, looks: [{events: 140}, {events: 280}]}
randomization: {procedure: {kind: permuted_blocks}, strata: [stage], annex: private/annex.yaml}
"""


@pytest.fixture
def good() -> str:
    return GOOD


@pytest.fixture
def edited(good: str) -> Callable[..., str]:
    """The good protocol with texts replaced; each must be there exactly once."""

    def edit(*pairs: tuple[str, str]) -> str:
        text = good
        for old, new in pairs:
            assert text.count(old) == 1, (old, text.count(old))
            text = text.replace(old, new)
        return text

    return edit


@pytest.fixture
def examples() -> Path:
    return Path(__file__).parents[2] / "examples"
