"""Random designs and looks, from trial.yaml to rows, against rpact; and where rpact's searches end early, residuals.

Units of days, weeks and years, unequal arms, enrollment, hazards and losses by pieces, margins, two sides, all kinds of
bounds. rpact's events of a time are up to 1e-4 off (ours are a quadrature's), and its bounds spend up to 1e-5 of alpha
too much or too little; hence the allowances, and the second oracle.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "reference" / "design_odd.json").read_text(encoding="utf-8"))
RELATIVE = {"events": 1e-4, "times": 1e-4, "expected_events": 1e-4, "expected_duration": 1e-4, "hazard_ratio": 1e-5}
ABSOLUTE = {"z": 3e-5, "futility_z": 3e-5, "stop_efficacy": 5e-5, "stop_futility": 5e-6, "power": 5e-6}


def _shared() -> Any:
    """What the full-size proof computes of a case."""
    spec = importlib.util.spec_from_file_location("validate_designs", ROOT / "benchmarks" / "validate_designs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHARED = _shared()
planned, looked, rpact_of = SHARED.planned, SHARED.looked, SHARED.rpact_of


def of(kind: str) -> Any:
    return pytest.mark.parametrize("case", CASES[kind], ids=lambda case: case["id"])


@of("designs")
def test_rows_of_a_design(case: dict[str, Any]) -> None:
    ours = planned(case)
    assert {"events", "times", "power", "z", "hazard_ratio"} <= set(case["rpact"])
    for name, theirs in rpact_of(case).items():
        near = pytest.approx(theirs, rel=RELATIVE.get(name, 0.0), abs=ABSOLUTE.get(name, 1e-6))
        assert ours[name] == near, name


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
    ours = looked(case)
    for name, values in rpact_of(case).items():
        close = 5e-4 if name.startswith("conditional") or case["spec"]["sides"] == 2 else 2e-5
        assert len(ours[name]) == len(values), name
        for a, b in zip(ours[name], values, strict=True):
            assert b is None or a == pytest.approx(b, rel=close, abs=1e-6), name  # no P below 1e-5 there


def test_a_trial_that_ends_at_its_first_look_has_the_plain_estimate() -> None:
    """Against a margin too: exp(-z / (scale sqrt(events))) times the margin, with its plain interval."""
    case = next(c for c in CASES["looks"] if c["spec"].get("margin") and len(c["spec"]["actual"]) == 1
                and c["spec"]["stopped"])  # fmt: skip
    spec, ours = case["spec"], looked(case)
    scale = math.sqrt(spec["ratio"]) / (1.0 + spec["ratio"]) * math.sqrt(spec["actual"][0])
    assert ours["estimate"] == pytest.approx([spec["margin"] * math.exp(-spec["z"][0] / scale)], rel=1e-10)


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
