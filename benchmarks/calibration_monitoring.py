"""Inference after looks that did not come as planned, in simulated trials.

    python benchmarks/calibration_monitoring.py --trials 10000 --write

writes docs/calibration/monitoring.md. Statistics are drawn from their joint normal distribution with the information of
each trial as it came; two rows simulate patients, with the log-rank test at looks at 75 and 150 planned events.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import monte_carlo
import numpy as np

from equipoise.design.efficacy import HaybittlePeto, Spend
from equipoise.design.spending import OBrienFlemingType, PocockType
from equipoise.kernels.log_rank import log_rank
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, next_bound
from equipoise.monitoring.inference import _tail, repeated_interval

SEED, ALPHA, SCHEDULES = 20261126, 0.025, 40
PAGE = Path(__file__).parents[1] / "docs" / "calibration" / "monitoring.md"
PLANNED = (100.0, 200.0, 300.0)
KINDS = {
    "O'Brien-Fleming type": Spend(OBrienFlemingType()),
    "Pocock type": Spend(PocockType()),
    "Haybittle-Peto, last solved": HaybittlePeto(),
}
EFFECTS = {"no effect": 0.0, "hazard ratio 0.75": -0.5 * math.log(0.75)}
NAMES = ("rejected", "stage-wise 95% interval", "median-unbiased estimate below the effect",
         "repeated 95% interval, all looks together")  # fmt: skip


def schedule(design: MonitoredDesign, rng: np.random.Generator) -> list[HeldLook]:
    """Looks of one trial: each 15% early to 10% late, an unplanned one among them in every second."""
    held: list[HeldLook] = []
    for number, planned in enumerate(design.information, start=1):
        if number == 2 and rng.random() < 0.5:
            held.append(next_bound(design, held, planned * rng.uniform(0.70, 0.80)))
        information = planned * rng.uniform(0.85, 1.1)
        held.append(next_bound(design, held, information, planned=number, final=number == design.looks))
    return held


def looks(kind: str, effect: str, block: int, trials: int) -> np.ndarray:
    """Counts of NAMES."""
    design = MonitoredDesign(PLANNED, ALPHA, KINDS[kind])
    theta = EFFECTS[effect]
    rng = np.random.default_rng([SEED, list(KINDS).index(kind), list(EFFECTS).index(effect), block])
    schedules = [schedule(design, rng) for _ in range(SCHEDULES)]
    counts = np.zeros(len(NAMES))
    for trial in range(trials):
        held = schedules[trial % SCHEDULES]
        information = np.array([one.information for one in held])
        score = np.cumsum(rng.normal(size=information.size) * np.sqrt(np.diff(information, prepend=0.0)))
        counts += judged(design, held, score / np.sqrt(information) + theta * np.sqrt(information), theta)
    return counts


def judged(design: MonitoredDesign, held: list[HeldLook], z: np.ndarray, theta: float) -> np.ndarray:
    """What one trial adds to the counts."""
    crossed = [k for k, one in enumerate(held) if z[k] >= one.efficacy_z]
    stop = crossed[0] if crossed else len(held) - 1
    tail = _tail(design, held[: stop + 1], float(z[stop]))(theta)
    limits = [repeated_interval(design, held[: k + 1], float(value)) for k, value in enumerate(z)]
    together = all(one.lower <= theta <= one.upper for one in limits)
    return np.array([bool(crossed), ALPHA < tail < 1.0 - ALPHA, tail < 0.5, together], dtype=float)


def patients(ratio: float, block: int, trials: int) -> np.ndarray:
    """Counts of NAMES in trials of 220 patients who enter over 20 months, median 10 months in the control.

    The looks are held on the first of a month after the planned events, so that there are more of them.
    """
    design = MonitoredDesign((75.0, 150.0), ALPHA, KINDS["O'Brien-Fleming type"])
    rng = np.random.default_rng([SEED, 9, round(100 * ratio), block])
    arm, counts = np.arange(220) % 2, np.zeros(len(NAMES))
    for _ in range(trials):
        entry = rng.uniform(0.0, 20.0, 220)
        time = rng.exponential(10.0 / math.log(2.0), 220) / np.where(arm == 1, ratio, 1.0)
        held, z = [], []
        for number, planned in enumerate((75, 150), start=1):
            cut = math.ceil(np.sort(entry + time)[planned - 1] + 1e-9)
            here = entry < cut
            event = (entry + time <= cut)[here]
            found = log_rank(np.minimum(time, cut - entry)[here], event.astype(int), arm[here])
            held.append(next_bound(design, held, float(event.sum()), planned=number, final=number == 2))
            z.append(found.z)
        counts += judged(design, held, np.array(z), -0.5 * math.log(ratio))
    return counts


def rates(trials: int, workers: int) -> list[monte_carlo.Rate]:
    """All rows."""
    few, out = max(trials // 5, 1), []
    with ProcessPoolExecutor(workers) as pool:
        jobs = [(f"{kind}, {effect}", effect == "no effect", trials,
                 [pool.submit(looks, kind, effect, b, trials // 4) for b in range(4)])
                for kind in KINDS for effect in EFFECTS]  # fmt: skip
        jobs += [(f"Patients, hazard ratio {ratio:g}", ratio == 1.0, few,
                  [pool.submit(patients, ratio, b, few // 4) for b in range(4)]) for ratio in (1.0, 0.7)]  # fmt: skip
        for name, null, number, parts in jobs:
            found = sum(part.result() for part in parts) / (4 * (number // 4))
            nominal = (ALPHA if null else None, 0.95, 0.5, None)
            out += [monte_carlo.Rate(f"{name}: {what}", float(rate), value, number)
                    for what, rate, value in zip(NAMES, found, nominal, strict=True)]  # fmt: skip
    return out


def fine(row: monte_carlo.Rate) -> bool:
    """Within three errors of the nominal value; repeated intervals cover at least."""
    if "repeated" in row.what:
        return row.rate >= 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / row.trials)
    return row.fine


def page(rows: list[monte_carlo.Rate], trials: int) -> str:
    """The page."""
    lines = [
        "# Calibration: inference at looks",
        "",
        f"{trials:,} simulated trials a row ({trials // 5:,} of patients), by",
        f"`python benchmarks/calibration_monitoring.py --trials {trials} --write`. Planned looks at 100, 200 and 300",
        "events are held 15% early to 10% late, an unplanned look between them in every second trial; trials of",
        "patients have looks on the first of the month after 75 and 150 events. Where the trial stops, P, the",
        "median-unbiased estimate and the interval follow the stage-wise ordering; repeated intervals hold at all",
        "looks together. An error is one Monte Carlo standard error; a rate passes within three of them.",
        "",
        "| What | Nominal | Found | Error | Within 3 |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        nominal = "at least 0.95" if "repeated" in row.what else "" if row.nominal is None else f"{row.nominal:g}"
        verdict = "" if not nominal else "yes" if fine(row) else "no"
        lines.append(f"| {row.what} | {nominal} | {row.rate:.4f} | {row.error:.4f} | {verdict} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line, run, print and, where asked for, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = rates(given.trials, given.workers)
    text = page(rows, given.trials)
    print(text)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
