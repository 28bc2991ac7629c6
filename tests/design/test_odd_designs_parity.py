"""Random designs and looks, from trial.yaml to rows, against rpact; and where rpact's searches end early, residuals.

Units of days, weeks and years, unequal arms, enrollment, hazards and losses by pieces, margins, two sides, all kinds of
bounds. rpact's events of a time are up to 1e-4 off (ours are a quadrature's), and its bounds spend up to 1e-5 of alpha
too much or too little; hence the allowances, and the second oracle.
"""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.design import plan_of
from equipoise.design.rows import rows_of
from equipoise.monitoring.boundaries import next_bound
from equipoise.monitoring.conditional import conditional_power
from equipoise.monitoring.inference import final_inference, repeated_interval
from equipoise.monitoring.looks import monitored_design
from equipoise.protocol.loading import loads_protocol

CASES = json.loads((Path(__file__).parents[1] / "reference" / "design_odd.json").read_text(encoding="utf-8"))
RELATIVE = {"events": 1e-4, "times": 1e-4, "expected_events": 1e-4, "expected_duration": 1e-4, "hazard_ratio": 1e-5}
ABSOLUTE = {"z": 3e-5, "futility_z": 3e-5, "stop_efficacy": 5e-5, "stop_futility": 5e-6, "power": 5e-6}
NAMES = {
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


def of(kind: str) -> Any:
    return pytest.mark.parametrize("case", CASES[kind], ids=lambda case: case["id"])


def planned(case: dict[str, Any]) -> dict[str, list[float]]:
    plan = plan_of(loads_protocol(case["yaml"]), "h")
    rows = list(rows_of(plan))
    found = {}
    for name, (statistic, under) in NAMES.items():
        own = [r for r in rows if (r.key.statistic, r.key.under, r.key.arm) == (statistic, under, "")]
        found[name] = [float(r.value or 0.0) for r in sorted(own, key=lambda row: row.key.look or 0)]
    if case["spec"]["sides"] == 2 and case["spec"]["solve"].startswith("power"):
        # rpact's power of a two-sided test counts both sides, ours the side of a benefit.
        low = plan.probabilities.reject_low_h1
        found["stop_efficacy"] = [a + b for a, b in zip(found["stop_efficacy"], low, strict=True)]
        found["power"] = [found["power"][0] + sum(low)]
    return found


@of("designs")
def test_rows_of_a_design(case: dict[str, Any]) -> None:
    ours = planned(case)
    assert {"events", "times", "power", "z", "hazard_ratio"} <= set(case["rpact"])
    for name, theirs in case["rpact"].items():
        looks = case["spec"]["looks"] - 1 if name in ("futility_z", "stop_futility") else len(theirs)
        assert len(ours[name]) >= looks, name
        near = pytest.approx(theirs[:looks], rel=RELATIVE.get(name, 0.0), abs=ABSOLUTE.get(name, 1e-6))
        assert ours[name][:looks] == near, name


@of("designs")
def test_events_are_an_integral(case: dict[str, Any]) -> None:
    ours, spec = planned(case), case["spec"]
    ends = spec["duration"]
    if spec["solve"] == "accrual":
        ends = ours["times"][-1] - spec["follow_up"]
    for time, events in zip(ours["times"], ours["events"], strict=True):
        assert integral(spec, time, ends) == pytest.approx(events, rel=1e-10)


@of("designs")
def test_alpha_is_spent(case: dict[str, Any]) -> None:
    """By Simpson's rule on the scale of the score."""
    ours, spec = planned(case), case["spec"]
    z = ours["z"]
    low = [-bound for bound in z] if spec["sides"] == 2 else [-math.inf] * len(z)
    if spec.get("binding"):
        low[:-1] = ours["futility_z"][: len(z) - 1]
    fractions = [events / ours["events"][-1] for events in ours["events"]]
    assert crossed(fractions, z, low) == pytest.approx(spec["alpha"] / spec["sides"], rel=3e-8)


@of("looks")
def test_looks_that_did_not_come_as_planned(case: dict[str, Any]) -> None:
    ours, theirs = looked(case), case["rpact"]
    for name, values in theirs.items():
        close = 5e-4 if name.startswith("conditional") or case["spec"]["sides"] == 2 else 2e-5
        assert len(ours[name]) == len(values), name
        for a, b in zip(ours[name], values, strict=True):
            if b is None:  # P below 1e-5
                continue
            if name == "repeated_lower" and case["spec"]["binding"]:
                # Where futility binds rpact widens this limit by what earlier looks showed; we do not.
                assert a > b * (1.0 - close), name
                continue
            assert a == pytest.approx(b * unscaled(case["spec"], name), rel=close, abs=1e-6), name


def unscaled(spec: dict[str, Any], name: str) -> float:
    """rpact 3.3.4 leaves the margin out of estimates of a trial that ends at its first look."""
    first = len(spec["actual"]) == 1 and name in ("estimate", "lower", "upper")
    return float(spec.get("margin", 1.0)) if first else 1.0


def test_a_trial_that_ends_at_its_first_look_has_the_plain_estimate() -> None:
    """Against a margin too: exp(-z / (scale sqrt(events))) times the margin, with its plain interval."""
    case = next(c for c in CASES["looks"] if c["spec"].get("margin") and len(c["spec"]["actual"]) == 1
                and c["spec"]["stopped"])  # fmt: skip
    spec, ours = case["spec"], looked(case)
    scale = math.sqrt(spec["ratio"]) / (1.0 + spec["ratio"]) * math.sqrt(spec["actual"][0])
    assert ours["estimate"] == pytest.approx([spec["margin"] * math.exp(-spec["z"][0] / scale)], rel=1e-10)


def looked(case: dict[str, Any]) -> dict[str, list[float]]:
    """A history of looks, and what the last one says."""
    spec = case["spec"]
    design = monitored_design(plan_of(loads_protocol(case["yaml"]), "h"))
    held: list[Any] = []
    for number, events in enumerate(spec["actual"], 1):
        held.append(next_bound(design, held, float(events), planned=number))
    z, scale, null = spec["z"], design.scale or math.nan, design.null_ratio

    def ratio(theta: float) -> float:
        return null * math.exp(-theta / scale)

    repeated = [repeated_interval(design, held[: k + 1], z[k]) for k in range(len(held))]
    out = {
        "z": [one.efficacy_z for one in held],
        "repeated_lower": [ratio(one.upper) for one in repeated],
        "repeated_upper": [ratio(one.lower) for one in repeated],
    }
    if spec["stopped"]:
        end = final_inference(design, held, z[-1])
        out |= {"p": [end.p_value], "estimate": [ratio(end.estimate)]}
        out |= {"lower": [ratio(end.upper)], "upper": [ratio(end.lower)]}
    if "rest" in spec:
        looks = list(held)
        for number, events in enumerate(spec["rest"], len(held) + 1):
            looks.append(next_bound(design, looks, events, planned=number))
        out["z"] = [one.efficacy_z for one in looks]
        for name, under in (("design", "design"), ("trend", "trend")):
            chance = conditional_power(design, held, z[-1], under)  # type: ignore[arg-type]
            out[f"conditional_{name}"] = list(chance.by_look)
    return out


def integral(spec: dict[str, Any], time: float, ends: float) -> float:
    """Events of both arms at a time, by quadrature over enrollment."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    share = spec["ratio"][0] / sum(spec["ratio"])
    total, start = 0.0, 0.0
    pieces = zip(spec["rates_per_month"], [*spec["accrual_cuts"], math.inf], strict=True)
    for rate, until in pieces:
        end = min(until, ends, time)
        if end <= start:
            break
        kinks = {time - cut for cut in spec["hazard_cuts"]}
        edges = sorted({start, end} | {k for k in kinks if start < k < end})
        for a, b in itertools.pairwise(edges):
            at = time - (0.5 * (a + b) + 0.5 * (b - a) * nodes)
            arms = ((share, spec["hazard_ratio"], spec["loss"][0]), (1.0 - share, 1.0, spec["loss"][1]))
            chance = sum(part * np.array([probability(spec, u, hr, loss) for u in at]) for part, hr, loss in arms)
            total += rate / spec["units_per_month"] * 0.5 * (b - a) * float(weights @ chance)
        start = end
    return total


def probability(spec: dict[str, Any], time: float, ratio: float, loss: float) -> float:
    """Of an event within a time, before a loss."""
    alive, before, found = 1.0, 0.0, 0.0
    for hazard, cut in zip(spec["hazard"], [*spec["hazard_cuts"], math.inf], strict=True):
        step = min(time, cut) - before
        if step <= 0.0:
            break
        both = hazard * ratio + loss
        found += alive * hazard * ratio / both * -math.expm1(-both * step)
        alive *= math.exp(-both * step)
        before = cut
    return found


def crossed(fractions: list[float], upper: list[float], lower: list[float]) -> float:
    """Probability under no effect to cross an upper bound before a lower one."""
    from scipy.special import ndtr

    total, x, density = 0.0, np.zeros(1), np.ones(1)
    before = 0.0
    for fraction, top, bottom in zip(fractions, upper, lower, strict=True):
        sd = math.sqrt(fraction - before)
        b, a = top * math.sqrt(fraction), max(bottom, -9.0) * math.sqrt(fraction)
        total += float(density @ ndtr((x - b) / sd))
        new = np.linspace(a, b, 801)
        weights = np.full(801, 2.0)
        weights[1::2] = 4.0
        weights[[0, -1]] = 1.0
        kernel = np.exp(-0.5 * ((new[:, None] - x) / sd) ** 2) / (sd * math.sqrt(2.0 * math.pi))
        density = kernel @ density * weights * (b - a) / 2400.0
        x, before = new, fraction
    return total
