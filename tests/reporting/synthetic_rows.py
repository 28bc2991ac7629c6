"""Rows as the analysis writes them, with made-up numbers, and no data behind them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from equipoise.protocol.protocol import Protocol
from equipoise.results import Curve, Key, Statistic


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
        self.rows.append(Statistic(key=key, value=value, **rest))

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
