"""Errors that simulated designs promise, in trials that are Brownian motion with information by chance.

    python benchmarks/calibration_decisions.py --trials 400000 --write

writes docs/calibration/decisions.md. No patients are simulated: this holds bounds and adjusted estimates to what they
promise, looks being held early or late, or not at all.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import monte_carlo
import numpy as np

from equipoise.design.efficacy import HaybittlePeto, OBrienFleming, Pocock, Spend
from equipoise.design.futility import FutilityConditionalPower, FutilityHazardRatio, SpendBeta
from equipoise.design.spending import HwangShihDeCani, ListedAlpha, OBrienFlemingType, PocockType
from equipoise.monitoring.boundaries import MonitoredDesign
from equipoise.simulation.bounds import Bounds, LookInformation, Rules, bounds_of
from equipoise.simulation.effect_tables import solved_effects

SEED, ALPHA, UNIT = 20261127, 0.025, 4096
PAGE = Path(__file__).parents[1] / "docs" / "calibration" / "decisions.md"
PLANNED = (100.0, 200.0, 300.0)
DRIFT = 3.0
MEAN = tuple(DRIFT * math.sqrt(one / 300.0) for one in PLANNED)
OF = Spend(OBrienFlemingType())
CASES: dict[str, dict[str, object]] = {
    "O'Brien-Fleming type": {"efficacy": OF},
    "Pocock type": {"efficacy": Spend(PocockType())},
    "O'Brien-Fleming type, two-sided": {"efficacy": OF, "sides": 2},
    "Pocock's bounds, two-sided": {"efficacy": Pocock(), "sides": 2},
    "O'Brien and Fleming's bounds": {"efficacy": OBrienFleming()},
    "Haybittle-Peto, last solved": {"efficacy": HaybittlePeto()},
    "Alpha listed": {"efficacy": Spend(ListedAlpha((0.001, 0.01, ALPHA)))},
    "Pocock type, first look without efficacy": {"efficacy": Spend(PocockType()), "active": (False, True, True)},
    "Binding futility by beta spending": {
        "efficacy": OF, "futility": SpendBeta(HwangShihDeCani(-2.0)), "binding": True, "beta": 0.15, "mean": MEAN,
    },
    "Binding futility at a hazard ratio of 1": {
        "efficacy": OF, "futility": FutilityHazardRatio(1.0), "binding": True, "mean": MEAN,
    },
    "Binding futility by conditional power": {
        "efficacy": OF, "futility": FutilityConditionalPower(0.1), "binding": True, "mean": MEAN,
    },
}  # fmt: skip


def drawn(rng: np.random.Generator, drift: float) -> tuple[LookInformation, np.ndarray]:
    """Looks 20% early to 20% late, each interim one missing in every tenth trial, and z."""
    usable = rng.random((UNIT, 3)) >= 0.1
    usable[:, 2] = True
    information = np.asarray(PLANNED) * rng.uniform(0.8, 1.2, (UNIT, 3))
    score = np.cumsum(rng.normal(size=(UNIT, 3)) * np.sqrt(np.diff(information, axis=1, prepend=0.0)), axis=1)
    z = score / np.sqrt(information) + drift * np.sqrt(information / PLANNED[-1])
    return LookInformation(np.where(usable, information, 0.0), usable), np.where(usable, z, np.nan)


def stopping(design: MonitoredDesign, bounds: Bounds, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T,) whether each trial rejects, and the look at which it ends."""
    low = bounds.futility if design.binding else np.full(z.shape, -np.inf)
    low = -bounds.efficacy if design.sides == 2 else low
    up = z >= bounds.efficacy
    ends = up | (z <= low)
    ends[:, -1] = True
    look = ends.argmax(axis=1)
    return up[np.arange(UNIT), look], look


def counted(name: str, trials: int) -> list[monte_carlo.Rate]:
    """Rows of one case: the error, and where testing ended how often interval and estimate are on the right side."""
    design = MonitoredDesign(PLANNED, ALPHA, **CASES[name])  # type: ignore[arg-type]
    rules = Rules(design, counted=False, largest=False, plan=None, harm=None)
    out = []
    for label, drift in (("no effect", 0.0), ("effect", DRIFT)):
        rng = np.random.default_rng([SEED, list(CASES).index(name), int(drift)])
        units = -(-trials // UNIT)
        found, some = np.zeros(3), max(units // 8, 1)
        for unit in range(units):
            seen, z = drawn(rng, drift)
            bounds = bounds_of(rules, seen)
            rejected, look = stopping(design, bounds, z)
            found[0] += rejected.sum()
            if unit >= some:
                continue
            row = np.arange(UNIT)
            low = -bounds.efficacy if design.sides == 2 else bounds.futility
            low = low if design.binding or design.sides == 2 else np.full(z.shape, -np.inf)
            theta = solved_effects(seen.information, bounds.efficacy, low, z[row, look], look, (0.025, 0.5, 0.975))
            true = drift * np.sqrt(seen.information[row, look] / PLANNED[-1])
            found[1] += ((theta[:, 0] <= true) & (true <= theta[:, 2])).sum()
            found[2] += (theta[:, 1] < true).sum()
        numbers = (units * UNIT, some * UNIT, some * UNIT)
        nominal = (ALPHA if drift == 0.0 else None, 0.95, 0.5)
        words = ("rejected", "stage-wise 95% interval", "median-unbiased estimate below the effect")
        out += [
            monte_carlo.Rate(f"{name}, {label}: {what}", float(count / number), value, number)
            for what, count, number, value in zip(words, found, numbers, nominal, strict=True)
        ]
    return out


def page(rows: list[monte_carlo.Rate], trials: int) -> str:
    """The page."""
    units = -(-trials // UNIT)
    lines = [
        "# Calibration: decisions in simulated trials",
        "",
        f"{units * UNIT:,} trials a row ({max(units // 8, 1) * UNIT:,} for intervals and estimates), by",
        f"`python benchmarks/calibration_decisions.py --trials {trials} --write`: Brownian motion at looks planned",
        "at 100, 200 and 300 events and held 20% early to 20% late, each interim look missing in every tenth trial.",
        f"The effect has E[z] = {DRIFT:g} at the planned end. An error is one Monte Carlo standard error; a rate",
        "passes within three of them.",
        "",
        "| What | Nominal | Found | Error | Within 3 |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        nominal = "" if row.nominal is None else f"{row.nominal:g}"
        verdict = "" if row.nominal is None else "yes" if row.fine else "no"
        lines.append(f"| {row.what} | {nominal} | {row.rate:.5f} | {row.error:.5f} | {verdict} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line, run, print and, where asked for, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40_000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    text = page([row for name in CASES for row in counted(name, given.trials)], given.trials)
    print(text)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
