"""Rows of a design and of an interim look as their rooms write them, with made-up numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from equipoise.protocol.canonical import protocol_document
from equipoise.protocol.protocol import Protocol
from equipoise.results import Curve, Key, Results, Statistic
from equipoise.results.bundle import write_bundle

TRIAL = """
equipoise: 1
trial: {id: PLAN-1, title: Xenopril added to standard care in advanced disease, phase: "3", masking: open}
time: {unit: months, data_unit: days}
arms:
  xeno: {label: Xenopril + standard, role: experimental}
  std:  {label: Standard care, role: control}
factors:
  region: {label: Region, column: REGION, levels: [Asia, Europe]}
populations: {itt: {label: All randomized participants, arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: Progression-free survival, role: primary, event: progression or death,
        source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: Overall survival, role: secondary, event: death, death: true,
       source: {table: ADTTE, PARAMCD: OS}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [region]}, estimate: {kind: cox}}
  os_main: {endpoint: os, population: itt}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
  h_os: {analysis: os_main, after: [h_pfs]}
scenarios:
  planned:
    label: As planned
    enrollment: {patients: 518, per_month: [{until: 6, rate: 5}, {rate: 11.3}], start: 2027-01-04}
    dropout: {hazard: 0.01}
    endpoints:
      pfs: {std: {median: 29.1}, xeno: {hazard_ratio: 0.75}}
  delayed:
    extends: planned
    label: Effect after six months
    endpoints:
      pfs: {xeno: {hazard_ratio: [{until: 6, value: 1}, {value: 0.67}]}}
design:
  h_pfs:
    assume: planned
    power: 0.8
    efficacy: {spending: obrien_fleming}
    futility: {spending: hwang_shih_decani, parameter: -4}
    looks: [{events: 190}, {events: 380, latest: 2033-06-30}]
    sensitivity: {hazard_ratio: [0.7, 0.8], control_median: [26, 32]}
    alternatives:
      pocock: {label: Pocock bounds, efficacy: {boundary: pocock}}
"""

REAL = (
    TRIAL[: TRIAL.index("design:")].replace("{hazard: 0.01}", "{hazard: 0.001}")
    + """design:
  h_pfs:
    assume: planned
    power: 0.8
    solve: events
    efficacy: {spending: obrien_fleming}
    futility: {spending: hwang_shih_decani, parameter: -4}
    looks: [{information: 0.6}, {information: 1}]
    harm: {hazard_ratio: [1.2, null]}
    sensitivity: {hazard_ratio: [0.8]}
    alternatives:
      delayed: {label: Delayed effect, assume: delayed, solve: power, looks: [{events: 220}, {events: 380}]}
"""
)

Z, FUTILITY, EVENTS = (2.9626, 1.9686), (0.7103, 1.9686), (190.0, 380.0)


class Plans:
    """Rows of stages design and monitoring."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.rows: list[Statistic | Curve] = []

    @property
    def results(self) -> Results:
        return Results.of(self.rows)

    def add(self, statistic: str, value: float | None = None, **fields: Any) -> None:
        """One row; key fields and other fields are told apart by name."""
        names = set(Key.__dataclass_fields__)
        key = Key(statistic=statistic, **{k: v for k, v in fields.items() if k in names})
        rest = {k: v for k, v in fields.items() if k not in names}
        if key.stage == "design":
            rest.setdefault("origin", "assumed")
        self.rows.append(Statistic(key=key, value=value, **rest))

    def curve(self, curve: str, x: Any, y: Any, *, kind: str = "line", unit: str = "", **fields: Any) -> None:
        """One curve."""
        names = set(Key.__dataclass_fields__)
        key = Key(**{k: v for k, v in fields.items() if k in names})
        rest = {k: np.asarray(v, float) for k, v in fields.items() if k not in names}
        made = Curve(key=key, curve=curve, kind=kind, x=np.asarray(x, float), y=np.asarray(y, float), unit=unit, **rest)
        self.rows.append(made)

    def design(self, *, scenario: str = "planned", groups: Any = (), shift: float = 0.0, curves: bool = True) -> None:
        """A two-look design."""
        base = {
            "stage": "design", "hypothesis": "h_pfs", "analysis": "pfs_main", "endpoint": "pfs", "population": "itt",
            "arm": "", "scenario": scenario, "method": "log_rank.schoenfeld", "groups": groups,
        }  # fmt: skip
        spent, power = (0.001525, 0.025), (0.164, 0.8)
        times = (33.62, 57.91 + shift)
        for look in (1, 2):
            at = {**base, "look": look}
            k = look - 1
            self.add("planned_time", times[k], unit="months", **at)
            self.add("planned_date", None, text=("2029-10-23", "2031-11-01")[k], **at)
            self.add("planned_events", EVENTS[k], **at)
            for arm, share in (("xeno", 0.46), ("std", 0.54)):
                self.add("planned_events", EVENTS[k] * share, **{**at, "arm": arm})
            self.add("planned_enrolled", (342.0, 518.0)[k], **at)
            self.add("information_fraction", (0.5, 1.0)[k], **at)
            self.add("statistical_information", EVENTS[k] / 4, **at)
            self.add("efficacy_z", Z[k], method_text="O'Brien-Fleming-type spending (Lan-DeMets)", **at)
            self.add("efficacy_p", 0.5 * math.erfc(Z[k] / math.sqrt(2)), sides=1, **at)
            self.add("efficacy_hazard_ratio", math.exp(-2 * Z[k] / math.sqrt(EVENTS[k])), **at)
            self.add("alpha_spent", spent[k], **at)
            self.add("futility_z", FUTILITY[k], **at)
            self.add("futility_p", 0.5 * math.erfc(FUTILITY[k] / math.sqrt(2)), sides=1, **at)
            self.add("futility_hazard_ratio", math.exp(-2 * FUTILITY[k] / math.sqrt(EVENTS[k])), **at)
            self.add("beta_spent", (0.0238, 0.2)[k], **at)
            self.add("cumulative_power", power[k], under="h1", **at)
            for under, stops in (("h0", ((0.0015, 0.021), (0.761, 0.216))), ("h1", ((0.164, 0.636), (0.024, 0.176)))):
                self.add("stop_efficacy", stops[0][k], under=under, **at)
                self.add("stop_futility", stops[1][k], under=under, **at)
        self._totals(base, shift)
        if curves:
            self._curves(base)

    def _totals(self, base: dict[str, Any], shift: float) -> None:
        self.add("significance_level", 0.025, sides=1, **base)
        self.add("power", 0.8003, under="h1", **base)
        self.add("type_one_error", 0.0222, under="h0", **base)
        self.add("type_one_error_ignoring_futility", 0.025, under="h0", **base)
        self.add("maximum_events", 380.0, **base)
        self.add("maximum_patients", 518, **base)
        self.add("accrual_duration", 49.2, unit="months", **base)
        self.add("follow_up_after_accrual", 8.71 + shift, unit="months", **base)
        self.add("study_duration", 57.91 + shift, unit="months", **base)
        self.add("fixed_sample_events", 379.2, **base)
        self.add("inflation_factor", 1.0021, **base)
        for under, events, patients, time in (("h0", 234.9, 377.4, 39.4), ("h1", 344.3, 486.1, 53.3)):
            self.add("expected_events", events, under=under, **base)
            self.add("expected_patients", patients, under=under, **base)
            self.add("expected_duration", time, under=under, unit="months", **base)
        self.add("assumed_hazard_ratio", 0.75, **base)
        self.add("assumed_median", 29.1, unit="months", **{**base, "arm": "std"})
        self.add("assumed_median", 38.8, unit="months", **{**base, "arm": "xeno"})
        self.add("solved", None, text="power: 80.0%", **base)

    def _curves(self, base: dict[str, Any]) -> None:
        t = np.linspace(0.0, 1.0, 51)
        self.curve("alpha_spending", t, 0.025 * t**4, **base)
        self.curve("beta_spending", t, 0.2 * np.expm1(4 * t) / np.expm1(4), **base)
        ratio = np.linspace(0.55, 1.1, 45)
        self.curve("power_by_hazard_ratio", ratio, 1 / (1 + np.exp(18 * (np.log(ratio) - np.log(0.81)))), **base)
        time = np.linspace(0.0, 58.0, 59)
        self.curve("expected_enrolled", time, np.clip(11.3 * time - 37.8, 5 * np.minimum(time, 6), 518), unit="months",
                   **base)  # fmt: skip
        for arm, share in (("", 1.0), ("xeno", 0.46), ("std", 0.54)):
            events = share * 560 * (1 - np.exp(-((time / 56) ** 1.9)))
            self.curve("expected_events", time, events, unit="months", **{**base, "arm": arm})
        z = np.linspace(-1.0, 4.0, 51)
        self.curve("conditional_power_design", z, 1 / (1 + np.exp(-2.6 * (z - 0.9))), **{**base, "look": 1})

    def sensitivity(self) -> None:
        """The grid of one design, one assumption and two at a time."""
        base = {
            "stage": "design", "hypothesis": "h_pfs", "analysis": "pfs_main", "endpoint": "pfs", "population": "itt",
            "scenario": "planned", "method": "log_rank.schoenfeld",
        }  # fmt: skip
        ratios, medians = (("0.7", 0.936, 2.2), ("0.8", 0.585, -1.5)), (("26", -5.5), ("32", 6.0))
        grid = [((("vary", "hazard_ratio"), ("value", one)), power, shift) for one, power, shift in ratios]
        grid += [((("vary", "control_median"), ("value", two)), 0.8003, later) for two, later in medians]
        grid += [
            (
                (("vary", "hazard_ratio"), ("value", one), ("vary2", "control_median"), ("value2", two)),
                power,
                shift + later,
            )
            for one, power, shift in ratios
            for two, later in medians
        ]
        for groups, power, shift in grid:
            self.add("power", power, under="h1", groups=groups, **base)
            self.add("planned_time", 57.91 + shift, unit="months", look=2, groups=groups, **base)

    def monitoring(self, *, unblinded: bool = False) -> None:
        """The first look, as planned but for four events more, and the bound of the second."""
        every = {
            "stage": "monitoring", "hypothesis": "h_pfs", "analysis": "pfs_main", "endpoint": "pfs",
            "population": "itt", "data_cut": "2029-11-30",
        }  # fmt: skip
        base = {**every, "look": 1}
        self.add("subjects", 351, **base)
        self.add("enrolled", 351, **base)
        self.add("events", 194, **base)
        self.add("planned_events", 190.0, **base)
        self.add("statistical_information", 194.0, **base)
        self.add("information_fraction", 194 / 380, **base)
        self.add("spending_time", 0.5, **base)
        self.add("alpha_spent", 0.001525, **base)
        for look, events in ((1, 194.0), (2, 380.0)):
            at = {**every, "look": look}
            self.add("efficacy_z", Z[look - 1], **at)
            self.add("efficacy_p", 0.5 * math.erfc(Z[look - 1] / math.sqrt(2)), sides=1, **at)
            self.add("efficacy_hazard_ratio", math.exp(-2 * Z[look - 1] / math.sqrt(events)), **at)
        self.add("planned_events", 380.0, **{**every, "look": 2})
        self.add("futility_z", 0.7103, **base)
        self.add("futility_hazard_ratio", math.exp(-2 * 0.7103 / math.sqrt(194)), **base)
        self._predicted(base)
        if unblinded:
            self._unblinded(base)

    def _predicted(self, base: dict[str, Any]) -> None:
        dates = {
            "50": ("2032-03-02", "2032-07-14"),
            "80": ("2031-12-20", "2032-10-01"),
            "90": ("2031-11-08", "never"),
        }
        groups = (("event", "380"),)
        self.add("predicted_date", None, text="2032-05-04", groups=groups, method="weibull", **base)
        for level, (low, high) in dates.items():
            interval = f"posterior.{level}"
            where = {**base, "groups": groups, "method": "weibull", "interval": interval}
            self.add("predicted_date", None, text=f"{low} to {high}", **where)
            self.add("predicted_time", 1940.0, lower=1880.0 - int(level), upper=1990.0 + int(level), unit="days",
                     conf_level=int(level) / 100, **where)  # fmt: skip
            self.add("predicted_events", 371.0, lower=371.0 - int(level) / 5, upper=371.0 + int(level) / 5, time=57.91,
                     conf_level=int(level) / 100, method="weibull", interval=interval, **base)  # fmt: skip
        self.add("probability_never", 0.004, groups=groups, method="weibull", **base)
        x = np.arange(0.0, 1061.0, 5.0)
        self.curve("observed_events", x, np.floor(194 * (x / 1060) ** 1.8), kind="step", unit="days", **base)
        later = np.linspace(1060.0, 2300.0, 63)
        middle = 194 + 0.211 * (later - 1060)
        for level, factor in (("50", 0.67), ("80", 1.28), ("90", 1.64)):
            width = factor * 0.5 * np.sqrt(later - 1060)
            self.curve("predicted_events", later, middle, unit="days", lower=middle - width, upper=middle + width,
                       interval=f"posterior.{level}", **base)  # fmt: skip

    def _unblinded(self, base: dict[str, Any]) -> None:
        pair = {**base, "arm": "xeno", "versus": "std"}
        for arm, count, events in (("xeno", 176, 88), ("std", 175, 106)):
            self.add("subjects", count, **{**base, "arm": arm})
            self.add("events", events, **{**base, "arm": arm})
        self.add("z", 1.8312, method="log_rank.stratified", **pair)
        for method, interval, low, high in (
            ("cox.efron", "wald.95", 0.5798, 1.0194), ("repeated", "repeated.95", 0.5024, 1.1765),
        ):  # fmt: skip
            self.add("hazard_ratio", 0.7688, lower=low, upper=high, conf_level=0.95, method=method, interval=interval,
                     **pair)  # fmt: skip
        self.add("p_value", 0.0871, sides=1, method="repeated", multiplicity="nominal", **pair)
        self.add("decision", None, text="continue", sides=1, **pair)
        for under, value in (("h0", 0.311), ("design", 0.812), ("trend", 0.744)):
            self.add("conditional_power", value, under=under, method_text=f"Given {under}.", **pair)
        self.add("predictive_power", 0.655, method="flat", method_text="A flat prior on the log hazard ratio.", **pair)


def save(out: Path, plans: Plans, stage: str) -> Path:
    """Write rows into a bundle, as the runs of design and monitoring do."""
    document = protocol_document(plans.protocol)
    facts = {
        "equipoise": "0.1.0", "created": "2026-11-22T18:00:00Z", "protocol_file": "trial.yaml", "data": [],
        "cut": None if stage == "design" else "2029-11-30", "notes": [], "findings": [], "methods": [],
        "protocol_hash": document["hash"],
    }  # fmt: skip
    if stage == "design":
        texts = (("Protocol", "The trial is to show <something>."), ("Statistical analysis plan", "z is compared."))
        facts["design_texts"] = [{"hypothesis": "h_pfs", "heading": head, "text": text} for head, text in texts]
    write_bundle(out, protocol=document, manifest=facts, results=plans.results, stage=stage)
    return out
