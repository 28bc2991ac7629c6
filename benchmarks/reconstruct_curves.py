"""How close patients rebuilt from clicks on a curve come to those whose curve it was.

    python benchmarks/reconstruct_curves.py --runs 200 --write

writes docs/calibration/reconstruction.md. Each run clicks on the curves of two arms of public data, with errors to the
side and up or down, takes numbers at risk at 6 to 10 times, rebuilds the patients, and compares their own analysis with
that of the original data: the hazard ratio, its standard error, and where the original curve is at the rebuilt median.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # many small systems: threads would only wait for each other

import argparse
import csv
import math
import time as clock
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.guyot import reconstruct_curve
from equipoise.kernels.cox import cox_two_arm
from equipoise.kernels.kaplan_meier import KaplanMeier, kaplan_meier, quantile

ROOT = Path(__file__).resolve().parents[1]
DATA = {"colon": "colon_death.csv", "veteran": "veteran.csv", "lung": "lung.csv"}
SEED = 20121
POINTS = (50, 150)
NOISE = {0.002: 0.02, 0.005: 0.05}
"""Standard deviation of a click as a share of each axis → how far the hazard ratio may be off."""
ERROR, HALF = 0.03, 0.015
Floats = NDArray[np.float64]


class Cell(NamedTuple):
    """What a run is of.

    Attributes:
        data: Name of the data.
        points: Clicks on each curve.
        noise: Error of a click as a share of each axis.
        known: Whether the numbers of events are known.
        way: `along`: clicks at equal distances along the drawn line; `even`: at equal distances in time.
        risk: `arms`: numbers at risk by arm; `total`: their sum over arms; `none`: the patients alone.
    """

    data: str
    points: int
    noise: float
    known: bool
    way: str = "along"
    risk: str = "arms"


class Found(NamedTuple):
    """One run.

    Attributes:
        ratio: Logarithm of rebuilt over original hazard ratio.
        error: Rebuilt over original standard error, less 1.
        medians: For each arm, whether its median holds: the original curve within 0.015 of a half there, or NR as NR.
        reached: Whether each arm's median is reached in the original, and in the rebuilt data.
        events: Rebuilt less original events of each arm.
    """

    ratio: float
    error: float
    medians: tuple[bool, ...]
    reached: tuple[tuple[bool, bool], ...]
    events: tuple[int, ...]


def load(name: str) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Time, event and arm of a public data set."""
    with (ROOT / "tests" / "reference" / "survival" / DATA[name]).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    event, arm = (np.array([int(row[column]) for row in rows]) for column in ("event", "arm"))
    return np.array([float(row["time"]) for row in rows]), event, arm


def survival_at(km: KaplanMeier, times: Floats) -> Floats:
    """The estimate at times."""
    return np.concatenate([[1.0], km.survival])[np.searchsorted(km.time, times, side="right")]


def clicks(
    km: KaplanMeier, points: int, noise: float, way: str, span: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Points of a drawn curve, each with an error on both axes, as they would be typed: none outside the axes."""
    end = float(km.time[-1])
    if way == "even":
        x = np.arange(1, points + 1) * end / points
        y = survival_at(km, x)
    else:
        corners_x = np.concatenate([[0.0], np.repeat(km.time, 2)])
        corners_y = np.concatenate([np.repeat(np.concatenate([[1.0], km.survival[:-1]]), 2), km.survival[-1:]])
        length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(corners_x)) / span + np.abs(np.diff(corners_y)))])
        at = np.arange(1, points + 1) * length[-1] / points
        x, y = np.interp(at, length, corners_x), np.interp(at, length, corners_y)
    x, y = x + rng.normal(0.0, noise * span, points), y + rng.normal(0.0, noise, points)
    return np.clip(x, 0.0, None), np.clip(y, 0.0, 1.0)


def run(cell: Cell, seed: int) -> Found:
    """One run of a cell."""
    rng = np.random.default_rng([SEED, seed, *map(ord, "".join(map(str, cell)))])
    time, event, arm = load(cell.data)
    span = float(time.max())
    grid = np.linspace(0.0, span, int(rng.integers(6, 11)) + 1)[:-1]
    at_risk = np.array([[(time[arm == a] >= t).sum() for t in grid] for a in (0, 1)])
    drawn = [
        clicks(kaplan_meier(time[arm == a], event[arm == a]), cell.points, cell.noise, cell.way, span, rng)
        for a in (0, 1)
    ]
    if cell.risk == "total":
        at_risk = shared(drawn, grid, at_risk)
    parts, medians, reached, counts = [], [], [], []
    for a, (x, y) in enumerate(drawn):
        own = arm == a
        there = at_risk[a] > 0
        times, numbers = (grid[there], at_risk[a][there]) if cell.risk != "none" else (grid[:0], at_risk[a][:0])
        rebuilt = reconstruct_curve(
            x, y, times, numbers, patients=None if cell.risk != "none" else int(own.sum()),
            events=int(event[own].sum()) if cell.known else None,
        )  # fmt: skip
        parts.append((rebuilt.time, rebuilt.status, np.full(rebuilt.time.size, a)))
        before, after = kaplan_meier(time[own], event[own]), kaplan_meier(rebuilt.time, rebuilt.status)
        old, new = (float(np.ravel(quantile(km, 0.5).estimate)[0]) for km in (before, after))
        reached.append((math.isfinite(old), math.isfinite(new)))
        close = math.isfinite(new) and abs(float(survival_at(before, np.array([new]))[0]) - 0.5) <= HALF
        medians.append(close if math.isfinite(old) else not math.isfinite(new))
        counts.append(rebuilt.events - int(event[own].sum()))
    fit, original = (
        cox_two_arm(*(np.concatenate(part) for part in zip(*parts, strict=True))),
        cox_two_arm(time, event, arm),
    )
    ratio, error = float(fit.coef[0] - original.coef[0]), float(fit.se[0] / original.se[0]) - 1.0
    return Found(ratio, error, tuple(medians), tuple(reached), tuple(counts))


def shared(drawn: list[tuple[Floats, Floats]], grid: Floats, at_risk: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers at risk of arms from their sum, the patients of each arm known."""
    from equipoise.evidence.reconstruct.cleaning import Cleaned
    from equipoise.evidence.reconstruct.curve_arms import risk_tables
    from equipoise.evidence.reconstruct.risk_input import RiskRow

    curves = [Cleaned(str(a), "", x, y, np.arange(x.size)) for a, (x, y) in enumerate(drawn)]
    rows = [RiskRow("", float(t), int(n), 1, "") for t, n in zip(grid, at_risk.sum(axis=0), strict=True)]
    tables, _ = risk_tables(curves, rows, {str(a): int(at_risk[a, 0]) for a in (0, 1)}, None)
    return np.array([tables[str(a)].count for a in (0, 1)])


def rates(cell: Cell, found: list[Found]) -> dict[str, float]:
    """Share of runs within each bar, and within all."""
    bar = math.log1p(NOISE[cell.noise])
    ratio = [abs(one.ratio) <= bar for one in found]
    error = [abs(one.error) <= ERROR for one in found]
    medians = [all(one.medians) for one in found]
    return {
        "ratio": float(np.mean(ratio)),
        "error": float(np.mean(error)),
        "median": float(np.mean([ok for one in found for ok in one.medians])),
        "reached": float(np.mean([a == b for one in found for a, b in one.reached])),
        "all": float(np.mean([a and b and c for a, b, c in zip(ratio, error, medians, strict=True)])),
        "bias": float(np.mean([one.ratio for one in found])),
        "sd": float(np.std([one.ratio for one in found])),
        "events": float(np.mean([abs(n) for one in found for n in one.events])),
    }


def _cell(work: tuple[Cell, int]) -> tuple[Cell, dict[str, float], float]:
    cell, runs = work
    start = clock.process_time()
    found = [run(cell, seed) for seed in range(runs)]
    return cell, rates(cell, found), (clock.process_time() - start) / runs


def cells() -> list[Cell]:
    """All cells of the page."""
    main = [Cell(*one) for one in product(DATA, POINTS, NOISE, (True, False))]
    even = [Cell(*one, True, "even") for one in product(DATA, POINTS, NOISE)]
    less = [Cell(data, 150, 0.002, known, "along", risk) for risk, known, data in
            product(("total", "none"), (True, False), DATA)]  # fmt: skip
    return [*main, *even, *less]


BARS = "HR within | Its error within 3% | Median within 0.015 | NR as NR |"
HEAD = f"| Data | Clicks | Error | Events | {BARS} Bias, SD of log HR |"
RULE = "|---|---|---|---|---|---|---|---|---|"


def row(cell: Cell, rate: dict[str, float]) -> str:
    """A line of a table."""
    events = "known" if cell.known else f"not, off by {rate['events']:.1f}"
    return (
        f"| {cell.data} | {cell.points} | {cell.noise:.1%} | {events} "
        f"| {rate['ratio']:.1%} ({NOISE[cell.noise]:.0%}) | "
        f"{rate['error']:.1%} | {rate['median']:.1%} | {rate['reached']:.1%} | {rate['bias']:+.4f}, {rate['sd']:.4f} |"
    )


def pooled(done: dict[Cell, dict[str, float]], way: str) -> list[str]:
    """Rates over the three data sets."""
    lines = [
        "| Clicks | Error | Events | HR within | Its error within 3% | Median within 0.015 | NR as NR "
        "| All, both medians |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for points, noise, known in product(POINTS, NOISE, (True, False)):
        wanted = (points, noise, known, way, "arms")
        own = [rate for cell, rate in done.items() if cell[1:] == wanted]
        if own:
            mean = {name: float(np.mean([rate[name] for rate in own])) for name in own[0]}
            shown = " | ".join(f"{mean[name]:.1%}" for name in ("ratio", "error", "median", "reached", "all"))
            lines.append(f"| {points} | {noise:.1%} | {'known' if known else 'not'} | {shown} |")
    return lines


def page(done: dict[Cell, dict[str, float]], runs: int, seconds: float) -> str:
    """The page of the documentation."""
    text = (ROOT / "benchmarks" / "reconstruction.md.in").read_text(encoding="utf-8")
    parts = {
        "RUNS": str(runs), "SECONDS": f"{seconds * 1000.0 / 2.0:.0f}",
        "POOLED": "\n".join(pooled(done, "along")),
        "ALONG": "\n".join([HEAD, RULE, *(row(c, r) for c, r in done.items() if (c.way, c.risk) == ("along", "arms"))]),
        "EVEN": "\n".join([HEAD, RULE, *(row(c, r) for c, r in done.items() if c.way == "even")]),
        "TOTAL": "\n".join([HEAD, RULE, *(row(c, r) for c, r in done.items() if c.risk == "total")]),
        "NONE": "\n".join([HEAD, RULE, *(row(c, r) for c, r in done.items() if c.risk == "none")]),
    }  # fmt: skip
    for name, content in parts.items():
        text = text.replace(f"@{name}@", content)
    return text


def main() -> None:
    """Run, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="cells of which this is a part: veteran, even, total")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    chosen = [cell for cell in cells() if options.only in " ".join(map(str, cell))]
    done: dict[Cell, dict[str, float]] = {}
    seconds: list[float] = []
    with ProcessPoolExecutor(options.processes) as pool:
        work: Any = pool.map(_cell, [(cell, options.runs) for cell in chosen])
        for cell, rate, used in work:
            done[cell] = rate
            seconds.append(used)
            print(cell.way, cell.risk, row(cell, rate), f"all {rate['all']:.1%}, {used:.3f} s", flush=True)
    if options.write:
        target = ROOT / "docs" / "calibration" / "reconstruction.md"
        target.write_text(page(done, options.runs, float(np.mean(seconds))), encoding="utf-8")


if __name__ == "__main__":
    main()
