"""Simulated trials through `equipoise analyze`: what the loops found of a trial beside what an analysis finds in it.

The trials have three strata, of which some are recorded wrongly, dropout, a delayed effect, responses, and two looks,
in whole days (with ties) and in continuous time.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["CASES", "compared", "protocol_text", "simulation_families", "study"]

TESTS = {
    "log_rank": "test: {kind: log_rank, strata: S}, estimate: {kind: cox, ties: T, strata: S}",
    "late": "test: {kind: fleming_harrington, rho: 0, gamma: 0.5, strata: S}, "
    "estimate: {kind: cox, ties: T, strata: S}",
    "modest": "test: {kind: modestly_weighted, t_star: 8, strata: S}, estimate: {kind: cox, ties: T, strata: S}",
    "combo": "test: {kind: max_combo, weights: [[0, 0], [0, 0.5], [1, 1]], strata: S}, "
    "estimate: {kind: cox, ties: T, strata: S}",
    "rmst": "rmst: {horizon: 15}",
    "milestone": "survival: {times: [12]}",
}
STATISTICS = {"rmst": "statistic: {kind: rmst, time: 15}, ", "milestone": "statistic: {kind: milestone, time: 12}, "}
CASES = {
    "whole days, stratified": ("day", "[s]", "efron", "times"),
    "whole days": ("day", "[]", "breslow", "times"),
    "continuous time, stratified": ("continuous", "[s]", "efron", "times"),
    "continuous time": ("continuous", "[]", "efron", "times"),
    "whole days, log-rank test alone": ("day", "[]", "efron", "plain"),
    "continuous time, log-rank test alone": ("continuous", "[]", "efron", "plain"),
    "whole days, progression seen at scans, death": ("day", "[]", "efron", "course"),
    "continuous time, progression seen at scans, death": ("continuous", "[]", "efron", "course"),
    "responses, stratified": ("day", "[s]", "efron", "responses"),
    "responses": ("continuous", "[]", "efron", "responses"),
}


def _of_times(tests: tuple[str, ...], strata: str, ties: str) -> tuple[list[str], list[str], list[str]]:
    """Analyses, hypotheses and designs of times, all looked at together."""

    def of(text: str) -> str:
        return text.replace("S}", f"{strata}}}").replace("ties: T", f"ties: {ties}")

    same = "{same_as: {hypothesis: h_log_rank, look: 1}}, {same_as: {hypothesis: h_log_rank, look: 2}}"
    looks = dict.fromkeys(tests, f"spending: pocock}}, looks: [{same}]}}")
    looks["log_rank"] = "spending: obrien_fleming}, looks: [{events: 80}, {events: 130}]}"
    return (
        [f"  {name}: {{endpoint: pfs, population: itt, {of(TESTS[name])}}}" for name in tests],
        [f"  h_{name}: {{analysis: {name}, alpha_one_sided: 0.003}}" for name in tests],
        [
            f"  h_{name}: {{{STATISTICS.get(name, '')}assume: base, solve: power, efficacy: {{{looks[name]}"
            for name in tests
        ],
    )


def protocol_text(resolution: str, strata: str, ties: str, kind: str) -> str:
    """A protocol with a hypothesis for each test.

    Args:
        resolution: `day` or `continuous`.
        strata: Strata of tests and models.
        ties: Of the models.
        kind: `times`, `responses`, `plain` (the log-rank test alone, patients all alike), or `course` (progression and
            death together, scans, some of which are missed).
    """
    analyses = [f"  response: {{endpoint: orr, population: itt, test: {{strata: {strata}}}}}"]
    hypotheses = ["  h_response: {analysis: response, alpha_one_sided: 0.025}"]
    designs = ["  h_response: {assume: base, solve: power, efficacy: {spending: pocock},",
               "    looks: [{information: 0.5}, {information: 1}]}"]  # fmt: skip
    if kind != "responses":
        analyses, hypotheses, designs = _of_times(tuple(TESTS) if kind == "times" else ("log_rank",), strata, ties)
    if kind == "course":
        analyses.append("  os: {endpoint: os, population: itt}")
        hypotheses.append("  h_os: {analysis: os, alpha_one_sided: 0.003}")
        same = "{same_as: {hypothesis: h_log_rank, look: 1}}, {same_as: {hypothesis: h_log_rank, look: 2}}"
        designs.append(f"  h_os: {{assume: base, solve: power, efficacy: {{spending: pocock}}, looks: [{same}]}}")
    alike = kind in ("plain", "course")
    places = ["    strata:", "      a: {share: 0.5, levels: {s: A}}", "      b: {share: 0.3, levels: {s: B}}",
              "      c: {share: 0.2, levels: {s: C}}", "    wrong_strata: 0.1"]  # fmt: skip
    old = "{median: 12}" if alike else "{strata: {a: {median: 24}, b: {median: 12}, c: {median: 6}}}"
    return "\n".join([
        "equipoise: 1",
        "trial: {id: SIM, title: Simulated trials through the analysis}",
        f"time: {{unit: months, data_unit: days, resolution: {resolution}}}",
        "arms: {new: {label: New, role: experimental, ratio: 2}, old: {label: Old, role: control, ratio: 1}}",
        "factors: {s: {label: Stratum, levels: {A: 1, B: 2, C: 3}, column: STRAT}}",
        "populations: {itt: {arm: planned, where: \"ITTFL = 'Y'\"}}",
        "endpoints:",
        "  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}",
        "  os: {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}",
        "  orr: {kind: response, label: ORR, source: {table: ADRS, PARAMCD: BOR}, denominator: itt}",
        "analysis:",
        *analyses,
        "hypotheses:",
        *hypotheses,
        "scenarios:",
        "  base:",
        "    enrollment: {patients: 210, duration: 14}",
        "    dropout: {hazard: 0.012}",
        *([] if alike else places),
        "    endpoints:",
        "      pfs:",
        f"        old: {old}",
        "        new: {hazard_ratio: [{until: 3, value: 1}, {value: 0.6}]}",
        "      os: {old: {median: 24}, new: {hazard_ratio: 0.8}}",
        "      orr: {old: {rate: 0.3}, new: {rate: 0.45}}",
        "  course:",
        "    enrollment: {patients: 210, duration: 14}",
        "    dropout: {hazard: 0.012}",
        "    courses:",
        "      disease:",
        "        progression_free: pfs",
        "        survival: os",
        "        arms:",
        "          old: {progression: 0.05, death: 0.02, death_after: 0.06}",
        "          new: {hazard_ratio: {progression: 0.6}, switching: {probability: 0.3, hazard_ratio: 0.7}}",
        "    scans: {pfs: {every: 2, missed: 0.1}}",
        "design:",
        *designs,
        "",
    ])  # fmt: skip


def study(case: str) -> Any:
    """The study of a case.

    Args:
        case: A key of CASES.
    """
    from equipoise.protocol.loading import loads_protocol
    from equipoise.simulation.study import study_of

    scenario = "course" if CASES[case][-1] == "course" else "base"
    return study_of(loads_protocol(protocol_text(*CASES[case])), scenario=scenario, seed=17)


def compared(made: Any, first: int, trials: int) -> Iterator[tuple[str, float, float]]:
    """Name, what the loops found, what the analysis finds; of both looks in turn.

    Args:
        made: The study.
        first: Number of the first trial.
        trials: How many.
    """
    from equipoise.analysis.engine import analyze
    from equipoise.data import load_data
    from equipoise.simulation.engine import unit
    from equipoise.simulation.one_trial import write_one

    found = unit(made, first, first + trials)
    looks = made.tested[0].looks
    with tempfile.TemporaryDirectory() as room:
        for row in range(trials):
            look = 1 + row % looks
            if not found.held[row, made.tested[0].ks[look - 1]]:
                look = looks
            folder = write_one(made, first + row, Path(room) / "trial", look=look)
            results = analyze(made.protocol, load_data(made.protocol, folder))
            for one in made.tested:
                k = one.ks[look - 1]
                name = f"trial {first + row}, look {look}, {one.analysis}"
                z, effect = _analyzed(results, one)
                yield f"{name}: z", float(found.z[row, k]), z
                estimate = float(found.estimate[row, k])
                yield f"{name}: {one.estimate_name}", math.exp(estimate) if one.ratio else estimate, effect


def _analyzed(results: Any, one: Any) -> tuple[float, float]:
    """Effect of a hypothesis and its z among the rows of an analysis; z of restricted means is difference by se."""
    rows = [row for row in results if row.key.analysis == one.analysis and row.key.arm and row.key.versus]
    if one.kind == "rate":
        kind = "mantel_haenszel" if "stratified" in one.method else "miettinen_nurminen"
        z = [row for row in rows if row.key.statistic == "z" and row.key.method == one.method]
        effect = [row for row in rows if row.key.statistic == one.estimate_name and _first(row.key.interval) == kind]
        group = z[0].key.groups
        z, effect = ([row for row in some if row.key.groups == group] for some in (z, effect))
    else:
        rows = [row for row in rows if not row.key.groups]
        z = [row for row in rows if row.key.statistic == "z" and row.key.method == one.method]
        effect = [
            row for row in rows if row.key.statistic == one.estimate_name and row.key.method == one.estimate_method
        ]
    if one.kind == "rmst" and len(effect) == 1:
        value = _number(effect[0].value)
        return value / _number(effect[0].se), value
    if len(z) != 1 or len(effect) != 1:
        here = sorted({(row.key.statistic, row.key.method, row.key.interval) for row in rows})
        message = f"{len(z)} z and {len(effect)} effects of {one.analysis}, which has {here}"
        raise LookupError(message)
    return _number(z[0].value), _number(effect[0].value)


def _first(slug: str) -> str:
    return slug.partition(".")[0]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def simulation_families(make: Callable[[str, str, float], Any], trials: int) -> list[Any]:
    """Families of numbers of simulated trials.

    Args:
        make: Makes a family of a name, a source and the difference allowed.
        trials: Trials in all.
    """
    families = []
    for case in CASES:
        family = make(f"Simulated trials, {case}: z and effects of the loops", "analysis of the patients", 1e-10)
        made = study(case)
        for name, ours, theirs in compared(made, 0, trials // len(CASES)):
            family.take(name, ours, theirs)
        families.append(family)
    return families
