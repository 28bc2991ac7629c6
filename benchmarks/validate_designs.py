"""The third part of benchmarks/validate: designs and interim looks beside rpact, from trial.yaml to rows.

The trials are those of tests/reference/design_odd.json, drawn at random: units, ratios, pieces, margins, sides, all
kinds of bounds. With rpact they are computed there now; without it, what the tests keep is used.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["design_families", "looked", "planned", "rpact_of"]

REFERENCE = Path(__file__).resolve().parents[1] / "tests" / "reference"
ROWS = {
    "events": ("planned_events", ""),
    "times": ("planned_time", ""),
    "power": ("power", "h1"),
    "z": ("efficacy_z", ""),
    "alpha_spent": ("alpha_spent", ""),
    "hazard_ratio": ("efficacy_hazard_ratio", ""),
    "expected_events": ("expected_events", "h1"),
    "expected_duration": ("expected_duration", "h1"),
    "stop_efficacy": ("stop_efficacy", "h1"),
    "futility_z": ("futility_z", ""),
    "stop_futility": ("stop_futility", "h1"),
}
FAMILIES = {
    "Designs: efficacy and futility bounds": (("z", "futility_z"), 1e-4),
    "Designs: alpha spent": (("alpha_spent",), 2e-5),
    "Designs: bounds as hazard ratios": (("hazard_ratio",), 2e-5),
    "Designs: events and times of the looks": (("events", "times"), 2e-4),
    "Designs: power, chances to stop, expected events and duration": (
        ("power", "stop_efficacy", "stop_futility", "expected_events", "expected_duration"), 1e-3,
    ),
    "Looks not as planned: bounds": (("look z",), 1e-6),
    "Looks not as planned: repeated intervals": (("look repeated_lower", "look repeated_upper"), 1e-5),
    "Looks not as planned: stage-wise P, estimate and limits": (
        ("look p", "look estimate", "look lower", "look upper"), 2e-4,
    ),
    "Looks not as planned: conditional power": (("look conditional_design", "look conditional_trend"), 1e-4),
}  # fmt: skip


def planned(case: dict[str, Any]) -> dict[str, list[float]]:
    """Our rows of a design, under the names of design_odd.R.

    Args:
        case: One of "designs" in design_odd.json.
    """
    from equipoise.design import plan_of
    from equipoise.design.rows import rows_of
    from equipoise.protocol.loading import loads_protocol

    plan = plan_of(loads_protocol(case["yaml"]), "h")
    rows = list(rows_of(plan))
    found = {}
    for name, (statistic, under) in ROWS.items():
        own = [r for r in rows if (r.key.statistic, r.key.under, r.key.arm) == (statistic, under, "")]
        found[name] = [float(r.value or 0.0) for r in sorted(own, key=lambda row: row.key.look or 0)]
    if case["spec"]["sides"] == 2 and case["spec"]["solve"].startswith("power"):
        # rpact's power of a two-sided test counts both sides, ours the side of a benefit.
        low = plan.probabilities.reject_low_h1
        found["stop_efficacy"] = [a + b for a, b in zip(found["stop_efficacy"], low, strict=True)]
        found["power"] = [found["power"][0] + sum(low)]
    last = case["spec"]["looks"] - 1  # rpact lists futility for interim looks
    return found | {name: found[name][:last] for name in ("futility_z", "stop_futility")}


def looked(case: dict[str, Any]) -> dict[str, list[float]]:
    """A history of looks and what the last one says, under the names of design_odd.R.

    Args:
        case: One of "looks" in design_odd.json.
    """
    from equipoise.design import plan_of
    from equipoise.monitoring.boundaries import next_bound
    from equipoise.monitoring.conditional import conditional_power
    from equipoise.monitoring.inference import final_inference, repeated_interval
    from equipoise.monitoring.looks import monitored_design
    from equipoise.protocol.loading import loads_protocol

    spec = case["spec"]
    design = monitored_design(plan_of(loads_protocol(case["yaml"]), "h"))
    looks: list[Any] = []
    for number, events in enumerate([*spec["actual"], *spec.get("rest", [])], 1):
        looks.append(next_bound(design, looks, float(events), planned=number))
    held = looks[: len(spec["actual"])]
    z, scale, null = spec["z"], design.scale or math.nan, design.null_ratio

    def ratio(theta: float) -> float:
        return null * math.exp(-theta / scale)

    repeated = [repeated_interval(design, held[: k + 1], z[k]) for k in range(len(held))]
    out = {
        "z": [one.efficacy_z for one in looks],
        "repeated_lower": [ratio(one.upper) for one in repeated],
        "repeated_upper": [ratio(one.lower) for one in repeated],
    }
    if spec["stopped"]:
        end = final_inference(design, held, z[-1])
        out |= {"p": [end.p_value], "estimate": [ratio(end.estimate)]}
        out |= {"lower": [ratio(end.upper)], "upper": [ratio(end.lower)]}
    if "rest" in spec:
        out["conditional_design"] = list(conditional_power(design, held, z[-1], "design").by_look)
        out["conditional_trend"] = list(conditional_power(design, held, z[-1], "trend").by_look)
    return out


def rpact_of(case: dict[str, Any]) -> dict[str, list[float | None]]:
    """What rpact says of a case, where it means what we mean.

    Args:
        case: One of "designs" or "looks".
    """
    spec, kept = case["spec"], dict(case["rpact"])
    last = spec.get("looks", 1) - 1
    for name in ("futility_z", "stop_futility"):
        if name in kept:
            kept[name] = kept[name][:last]
    if "actual" not in spec:
        return kept
    if spec["binding"]:  # rpact widens this limit by what earlier looks showed
        kept.pop("repeated_lower")
    if len(spec["actual"]) == 1:  # rpact 3.3.4 leaves the margin out of estimates at the first look
        for name in ("estimate", "lower", "upper"):
            kept |= {name: [one * spec.get("margin", 1.0) for one in kept[name]]} if name in kept else {}
    return kept


def design_families(make: Callable[[str, str, float], Any]) -> tuple[list[Any], str]:
    """Families of designs and looks.

    Args:
        make: Makes a family of a name, a source and the difference allowed.

    Returns:
        The families, and where the answers are from, in a sentence.
    """
    content = json.loads((REFERENCE / "design_odd.json").read_text(encoding="utf-8"))
    now = _live()
    source = "rpact" if now else "rpact, kept"
    families = {name: make(name, source, allowed) for name, (_, allowed) in FAMILIES.items()}
    where = {part: families[name] for name, (parts, _) in FAMILIES.items() for part in parts}
    for name, ours, theirs in _pairs(content, now):
        for a, b in zip(ours, theirs, strict=True):
            if b is not None:  # rpact has no stage-wise P below 1e-5
                where[name].take(name, a, b)
    said = f"Designs beside {now['made_with'][0].split(', ')[1]}." if now else "Designs beside rpact's numbers as kept."
    return list(families.values()), said


def _pairs(
    content: dict[str, Any], now: dict[str, Any] | None
) -> Iterator[tuple[str, list[float], list[float | None]]]:
    for kind, compute, prefix in (("designs", planned, ""), ("looks", looked, "look ")):
        for number, case in enumerate(content[kind]):
            answers = {k: v for k, v in now[kind][number].items() if v} if now else case["rpact"]
            ours = compute(case)
            for name, theirs in rpact_of({**case, "rpact": answers}).items():
                yield prefix + name, ours[name], theirs


def _live() -> dict[str, Any] | None:
    """Answers of rpact, computed now; None where it is not there."""
    if shutil.which("Rscript") is None:
        return None
    command = ["Rscript", str(REFERENCE / "design_odd.R"), str(REFERENCE / "design_odd.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None
