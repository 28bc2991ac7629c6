"""The trials that simulators are compared on, as JSON for the peers and as trial.yaml for us."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["LABELS", "SETTINGS", "TESTS", "design_cases", "simulated_as", "yaml_of"]

HAZARD = math.log(2.0) / 29.1


def _one(hazard: list[list[float | None]], ratio: list[list[float | None]]) -> list[dict[str, Any]]:
    return [{"share": 1.0, "hazard": hazard, "hazard_ratio": ratio}]


def _setting(**changes: Any) -> dict[str, Any]:
    """The reference trial but for the events, with changes."""
    n = changes.get("patients", 518)
    base = {"patients": n, "ratio": [1, 1], "accrual": [[None, n / 49.0]], "loss": [0.01, 0.01], "looks": [300],
            "strata": _one([[None, HAZARD]], [[None, 0.75]])}  # fmt: skip
    return base | changes


def _three(wrong: float) -> dict[str, Any]:
    strata = [
        {"share": share, "hazard": [[None, math.log(2.0) / median]], "hazard_ratio": [[None, 0.7]]}
        for share, median in ((0.5, 36.0), (0.3, 16.0), (0.2, 8.0))
    ]
    return _setting(patients=400, accrual=[[None, 16.0]], loss=[0.006, 0.006], looks=[260], strata=strata, wrong=wrong)


SETTINGS: dict[str, dict[str, Any]] = {
    "reference": _setting(looks=[330]),
    "reference_two_looks": _setting(looks=[165, 330]),
    "always_reached": _setting(),
    "null": _setting(looks=[330], strata=_one([[None, HAZARD]], [[None, 1.0]])),
    "null_two_to_one": _setting(
        patients=519, ratio=[2, 1], looks=[330], strata=_one([[None, HAZARD]], [[None, 1.0]])
    ),
    "two_to_one": _setting(patients=519, ratio=[2, 1]),
    "two_looks": _setting(looks=[150, 300]),
    "delayed": _setting(strata=_one([[None, HAZARD]], [[6.0, 1.0], [None, 0.67]])),
    "piecewise": _setting(
        patients=480, accrual=[[6.0, 5.0], [18.0, 10.0], [None, 16.0]], loss=[0.008, 0.008], looks=[290],
        strata=_one([[6.0, 0.05], [18.0, 0.03], [None, 0.02]], [[None, 0.72]]),
    ),
    "weibull": _setting(
        patients=360, accrual=[[None, 15.0]], loss=[0.005, 0.005], looks=[240], shape=1.6,
        strata=_one([[None, math.log(2.0) ** (1.0 / 1.6) / 18.0]], [[None, 0.72]]),
    ),
    "losses_differ": _setting(
        patients=500, accrual=[[None, 20.0]], loss=[0.004, 0.02], looks=[280],
        strata=_one([[None, 0.05]], [[None, 0.75]]),
    ),
    "strata": _three(0.0),
    "strata_wrong": _three(0.15),
}  # fmt: skip
"""Months. Pieces are [end, value], the last without an end. A hazard with a `shape` is Weibull's 1 / scale."""

LOG_RANK = {"log_rank": "{kind: log_rank}"}
TESTS: dict[str, dict[str, str]] = dict.fromkeys(SETTINGS, LOG_RANK) | {
    "delayed": LOG_RANK | {
        "fh_0_half": "{kind: fleming_harrington, rho: 0, gamma: 0.5}",
        "max_combo": "{kind: max_combo, weights: [[0, 0], [0, 1], [1, 1]]}",
    },
    "strata": {"log_rank": "{kind: log_rank, strata: [s]}", "log_rank unstratified": "{kind: log_rank}"},
    "strata_wrong": {"log_rank": "{kind: log_rank, strata: [s]}", "log_rank unstratified": "{kind: log_rank}"},
}  # fmt: skip
"""Setting -> name of the test -> how trial.yaml declares it."""


LABELS = {
    "reference": "reference, 330 events",
    "reference_two_looks": "reference, 165 and 330 events",
    "always_reached": "reference, 300 events",
    "null": "hazard ratio 1, 330 events",
    "null_two_to_one": "hazard ratio 1, 2:1, 330 events",
    "two_to_one": "2:1, 300 events",
    "two_looks": "looks at 150 and 300 events",
    "delayed": "hazard ratio 1 until month 6, then 0.67",
    "piecewise": "accrual and hazards by pieces",
    "weibull": "Weibull times, shape 1.6",
    "losses_differ": "losses differ by arm",
    "strata": "three strata",
    "strata_wrong": "three strata, 15% recorded wrongly",
}


def _steps(rows: list[list[float | None]], key: str) -> str:
    parts = [f"{{{'' if end is None else f'until: {end!r}, '}{key}: {value!r}}}" for end, value in rows]
    return f"[{', '.join(parts)}]"


def _control(spec: dict[str, Any]) -> str:
    strata = spec["strata"]
    if "shape" in spec:  # what the design assumes; `weibull` is what is simulated
        return f"{{median: {math.log(2.0) ** (1.0 / spec['shape']) / strata[0]['hazard'][0][1]!r}}}"
    if len(strata) == 1:
        return f"{{hazard: {_steps(strata[0]['hazard'], 'value')}}}"
    rows = ", ".join(f"{'abc'[k]}: {{hazard: {one['hazard'][0][1]!r}}}" for k, one in enumerate(strata))
    return f"{{strata: {{{rows}}}}}"


def _scenario(spec: dict[str, Any], arrivals: str) -> list[str]:
    strata, (new, control) = spec["strata"], spec["loss"]
    loss = f"{{hazard: {new!r}}}"
    if new != control:
        loss = f"{{arms: {{new: {{hazard: {new!r}}}, control: {{hazard: {control!r}}}}}}}"
    ratio = strata[0]["hazard_ratio"]
    lines = [
        "  base:",
        f"    enrollment: {{patients: {spec['patients']}, arrivals: {arrivals}, "
        f"per_month: {_steps(spec['accrual'], 'rate')}}}",
        f"    dropout: {loss}",
        "    endpoints:",
        "      pfs:",
        f"        control: {_control(spec)}",
        f"        new: {{hazard_ratio: {_steps([[None, 0.75]] if ratio == [[None, 1.0]] else ratio, 'value')}}}",
    ]
    if len(strata) > 1:
        rows = [f"{'abc'[k]}: {{share: {one['share']}, levels: {{s: {'abc'[k]}}}}}" for k, one in enumerate(strata)]
        lines += [f"    strata: {{{', '.join(rows)}}}", f"    wrong_strata: {spec['wrong']}"]
    if "shape" in spec:
        weibull = f"{{shape: {spec['shape']!r}, scale: {1.0 / strata[0]['hazard'][0][1]!r}}}"
        lines += ["  weibull:", "    extends: base", "    endpoints:", "      pfs:"]
        lines += [f"        control: {{weibull: {weibull}}}"]
    return lines


def yaml_of(spec: dict[str, Any], test: str, *, resolution: str = "continuous", arrivals: str = "uniform") -> str:
    """A setting as trial.yaml. The design of one without an effect assumes 0.75: it is simulated under h0.

    Args:
        spec: The setting.
        test: How its test is declared.
        resolution: `continuous` or `day`.
        arrivals: As in trial.yaml.
    """
    new, control = spec["ratio"]
    strata = ", strata: [s]" if "strata" in test else ""
    looks = ", ".join(f"{{events: {events}}}" for events in spec["looks"])
    spending = "{spending: obrien_fleming}" if len(spec["looks"]) > 1 else "none"
    return "\n".join([
        "equipoise: 1",
        "trial: {id: PEERS, title: A trial to compare simulators on}",
        f"time: {{unit: months, data_unit: days, resolution: {resolution}}}",
        "arms:",
        f"  new: {{label: New, role: experimental, ratio: {new}}}",
        f"  control: {{label: Control, role: control, ratio: {control}}}",
        *(["factors: {s: {label: Stratum, levels: [a, b, c], column: STRAT}}"] if len(spec["strata"]) > 1 else []),
        "populations: {itt: {arm: planned}}",
        "endpoints: {pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}}",
        "analysis:",
        f"  main: {{endpoint: pfs, population: itt, test: {test}, estimate: {{kind: cox{strata}}}}}",
        "hypotheses: {h: {analysis: main, alpha_one_sided: 0.025}}",
        "scenarios:",
        *_scenario(spec, arrivals),
        "design:",
        f"  h: {{assume: base, solve: power, efficacy: {spending}, looks: [{looks}]}}",
        "",
    ])  # fmt: skip


def simulated_as(spec: dict[str, Any]) -> tuple[str, str]:
    """Scenario and hypothesis (h1 or h0) under which its trial.yaml is simulated.

    Args:
        spec: The setting.
    """
    none = all(one["hazard_ratio"] == [[None, 1.0]] for one in spec["strata"])
    return "weibull" if "shape" in spec else "base", "h0" if none else "h1"


RMST, MILESTONE = "statistic: {kind: rmst, time: 36}, ", "statistic: {kind: milestone, time: 36}, "


def design_cases() -> Iterator[tuple[str, str, float]]:
    """What is planned, its protocol, and how far the formula may be off."""

    def plain(name: str, test: str = "log_rank") -> str:
        return yaml_of(SETTINGS[name], TESTS[name][test])

    half = {**SETTINGS["always_reached"], "patients": 260, "accrual": [[None, 13.0]], "looks": [140]}
    half["strata"] = [{**half["strata"][0], "hazard_ratio": [[None, 0.6]]}]
    large = {**SETTINGS["strata"], "patients": 720, "accrual": [[None, 24.0]], "looks": [450]}
    large["strata"] = [{**one, "hazard_ratio": [[None, 0.75]]} for one in large["strata"]]
    at = re.sub(r"looks: .*", "looks: [{at: 75}]}", plain("always_reached"))
    yield "1:1, hazard ratio 0.75, 330 events of which 4% of trials see fewer", plain("reference"), 0.01
    yield "1:1, hazard ratio 0.75, 300 events", plain("always_reached"), 0.01
    yield "the same, looks at 150 and 300 events", plain("two_looks"), 0.01
    yield "1:1, hazard ratio 0.6, 140 events", yaml_of(half, "{kind: log_rank}"), 0.01
    yield "1:1, accrual and hazards by pieces, hazard ratio 0.72", plain("piecewise"), 0.01
    yield "1:1, losses that differ by arm", plain("losses_differ"), 0.01
    stratified = yaml_of(large, TESTS["strata"]["log_rank"])
    yield "1:1, three strata, stratified, hazard ratio 0.75, 450 events", stratified, 0.01
    yield "1:1, three strata, stratified, hazard ratio 0.7, 260 events", plain("strata"), 0.02
    yield "2:1, hazard ratio 0.75, 300 events (Schoenfeld)", plain("two_to_one"), 0.02
    yield "effect after 6 months, log-rank", plain("delayed"), 0.02
    yield "effect after 6 months, Fleming-Harrington (0, 0.5)", plain("delayed", "fh_0_half"), 0.02
    yield "effect after 6 months, MaxCombo of three", plain("delayed", "max_combo"), 0.02
    yield "restricted mean until 36 months, after 75 months", at.replace("solve:", RMST + "solve:"), 0.02
    yield "milestone at 36 months, after 75 months", at.replace("solve:", MILESTONE + "solve:"), 0.02
