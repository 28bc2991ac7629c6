"""Protocols whose patients are generated in tests, and generated patients as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from equipoise.kernels.sim.patients import Trial, Truth, generate, new_trial
from equipoise.protocol import loads_protocol
from equipoise.protocol.protocol import Protocol

HEAD = """
equipoise: 1
trial: {{id: GEN, title: Generated}}
time: {{unit: months, data_unit: days, resolution: {resolution}}}
arms:
  new: {{label: New, role: experimental, ratio: {ratio}}}
  old: {{label: Old, role: control}}
factors:
  sex: {{label: Sex, levels: [F, M], column: SEX}}
  age: {{label: Age, levels: [old, young], column: AGEGR}}
populations: {{itt: {{label: All}}}}
endpoints:
  pfs: {{kind: time_to_event, label: PFS, source: {{table: ADTTE, PARAMCD: PFS}}}}
  os: {{kind: time_to_event, label: OS, source: {{table: ADTTE, PARAMCD: OS}}}}
  orr: {{kind: response, label: ORR, source: {{table: ADRS, PARAMCD: OVR}}, denominator: itt}}
analysis:
  main: {{endpoint: pfs, population: itt}}
hypotheses: {{h: {{analysis: main, alpha_one_sided: 0.025}}}}
{randomization}
scenarios:
  s:
{scenario}
design:
  h: {{assume: plan, looks: [{{events: 20}}]}}
"""
PLAN = """  plan:
    enrollment: {patients: 200, duration: 12}
    endpoints: {pfs: {old: {median: 10}, new: {hazard_ratio: 0.7}}}
"""
MONTH = 30.4375


def protocol(scenario: str, *, resolution: str = "continuous", ratio: int = 1, randomization: str = "") -> Protocol:
    """A protocol with one scenario `s`, written without its indentation."""
    import textwrap

    body = textwrap.indent(textwrap.dedent(scenario).strip(), "    ") + "\n" + PLAN
    return loads_protocol(HEAD.format(scenario=body, resolution=resolution, ratio=ratio, randomization=randomization))


def trials(truth: Truth, count: int, key: tuple[int, int] = (123, 456), start: int = 0) -> dict[str, Any]:
    """Patients of several trials: arrays with trials first."""
    room: Trial = new_trial(truth)
    kept: dict[str, list[np.ndarray[Any, Any]]] = {
        name: [] for name in ("entry", "site", "stratum", "recorded", "arm", "dropout", "time", "response")
    }
    for number in range(start, start + count):
        generate(truth, key[0], key[1], number, room)
        for name, rows in kept.items():
            rows.append(getattr(room, name).copy())
    return {name: np.array(rows) for name, rows in kept.items()}


def smirnov(sample: np.ndarray[Any, Any], cdf: np.ndarray[Any, Any]) -> float:
    """P value of Kolmogorov's test, asymptotic: of values, and of the distribution function at them."""
    order = np.argsort(sample)
    n, f = sample.size, cdf[order]
    ranks = np.arange(1, n + 1) / n
    distance = max(float((ranks - f).max()), float((f - ranks + 1.0 / n).max()))
    x = (np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n)) * distance
    terms = [2.0 * (-1) ** (k - 1) * np.exp(-2.0 * k * k * x * x) for k in range(1, 101)]
    return float(min(1.0, max(0.0, sum(terms)))) if x > 0.2 else 1.0
