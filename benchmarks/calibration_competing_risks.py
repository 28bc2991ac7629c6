"""How often Gray's test and Fine and Gray's model are right: simulated trials where two kinds of event compete.

    python benchmarks/calibration_competing_risks.py --trials 10000 --peer 400 --write

`--write` puts the table into docs/calibration/competing_risks.md; `--peer` gives so many of the same trials to R's
cmprsk (Rscript must be there) and counts on how many both reject.
"""

from __future__ import annotations

import argparse
import csv
import math
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from equipoise.kernels.aalen_johansen import aalen_johansen_by_arm, incidence_difference
from equipoise.kernels.fine_gray import fine_gray
from equipoise.kernels.gray import gray_test

SEED, LEVEL, MONTH = 20261122, 0.05, 30.4375
PAGE = Path(__file__).parents[1] / "docs" / "calibration" / "competing_risks.md"
LANDMARK = 12.0
NAMES = {
    "gray": ("Gray's test, size", LEVEL),
    "gray.stratified": ("Gray's test, stratified, size", LEVEL),
    "gray.three": ("Gray's test of three arms, size", LEVEL),
    "fine_gray": ("Fine and Gray's model, Wald test, size", LEVEL),
    "fine_gray.adjusted": ("Fine and Gray's model, adjusted for the stratum, Wald test, size", LEVEL),
    "aalen": ("Incidence at 12 months, 95% log(-log F) limits with Aalen's error, coverage", 0.95),
    "jackknife": ("The same with the infinitesimal jackknife, coverage", 0.95),
    "difference": ("Difference in incidence at 12 months, 95% limits, coverage", 0.95),
}
POWER = {"gray": "Gray's test", "fine_gray": "Fine and Gray's model, Wald test"}


class Trial(NamedTuple):
    """One simulated trial: times in whole days, 0 censored, 1 event, 2 competing event."""

    time: np.ndarray
    status: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray


def trial(rng: np.random.Generator, ratio: float, arms: int = 2) -> Trial:
    """Arms of 100 in two strata; the event's hazard in the last arm is `ratio` times that of the others."""
    n = 100 * arms
    arm, stratum = np.arange(n) % arms, (np.arange(n) // arms) % 2
    event = rng.exponential(size=n) / (np.where(stratum == 1, 0.06, 0.03) * np.where(arm == arms - 1, ratio, 1.0))
    competing = rng.exponential(size=n) / 0.04
    end = rng.uniform(12.5, 36.0, size=n)
    time = np.ceil(np.minimum(np.minimum(event, competing), end) * MONTH)
    status = np.where(end < np.minimum(event, competing), 0, np.where(event < competing, 1, 2))
    return Trial(time, status, arm, stratum)


def incidence_at(month: float) -> float:
    """True incidence of the event in an arm without effect, mean of both strata."""
    return sum(h / (h + 0.04) * (1.0 - math.exp(-(h + 0.04) * month)) for h in (0.03, 0.06)) / 2


def block(number: int, trials: int) -> dict[str, int]:
    """Hits in some trials, of a stream of their own."""
    hits = dict.fromkeys(NAMES, 0)
    rng = np.random.Generator(np.random.Philox(key=[SEED, number]))
    true = incidence_at(LANDMARK)
    for _ in range(trials):
        d = trial(rng, 1.0)
        hits["gray"] += gray_test(d.time, d.status, d.arm).p_two_sided < LEVEL
        hits["gray.stratified"] += gray_test(d.time, d.status, d.arm, stratum=d.stratum).p_two_sided < LEVEL
        for name, x in (("fine_gray", d.arm), ("fine_gray.adjusted", np.column_stack([d.arm, d.stratum]))):
            fit = fine_gray(d.time, d.status, x)
            hits[name] += not fit.lower[0] <= 0.0 <= fit.upper[0]
        control, treated = aalen_johansen_by_arm(d.time, d.status, d.arm)
        at = control.at([LANDMARK * MONTH])
        hits["aalen"] += at.lower[0, 0] <= true <= at.upper[0, 0]
        other = aalen_johansen_by_arm(d.time, d.status, d.arm, se="infinitesimal_jackknife")[0].at([LANDMARK * MONTH])
        hits["jackknife"] += other.lower[0, 0] <= true <= other.upper[0, 0]
        gap = incidence_difference(treated, control, [LANDMARK * MONTH])
        hits["difference"] += gap.lower[0] <= 0.0 <= gap.upper[0]
        three = trial(rng, 1.0, arms=3)
        hits["gray.three"] += gray_test(three.time, three.status, three.arm).p_two_sided < LEVEL
    return {name: int(count) for name, count in hits.items()}


def simulate(trials: int) -> dict[str, int]:
    """Blocks of 500 trials: the answer does not depend on the number of workers."""
    sizes = [min(500, trials - start) for start in range(0, trials, 500)]
    total = dict.fromkeys(NAMES, 0)
    with ProcessPoolExecutor() as workers:
        for hits in workers.map(block, range(len(sizes)), sizes):
            total = {name: total[name] + hits[name] for name in NAMES}
    return total


R_PEER = """
suppressMessages(library(cmprsk)); d <- read.csv(commandArgs(TRUE)[1])
for (k in unique(d$trial)) { one <- d[d$trial == k, ]
  gray <- cuminc(one$time, one$status, one$arm)$Tests["1", "pv"]
  fit <- crr(one$time, one$status, one$arm, maxiter = 50)
  cat(gray, 2 * pnorm(-abs(fit$coef / sqrt(fit$var[1]))), "\\n") }
"""


def peer(trials: int, ratio: float = 0.5) -> dict[str, tuple[int, int, int]]:
    """Trials with an effect: rejected here, rejected by cmprsk, decided alike."""
    rng = np.random.Generator(np.random.Philox(key=[SEED, 1_000_000]))
    made = [trial(rng, ratio) for _ in range(trials)]
    ours = np.zeros((trials, 2), dtype=bool)
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "trials.csv", Path(folder) / "peer.R"
        script.write_text(R_PEER, encoding="utf-8")
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["trial", "time", "status", "arm"])
            for k, d in enumerate(made):
                writer.writerows((k, *row) for row in zip(d.time, d.status, d.arm, strict=True))
        for k, d in enumerate(made):
            fit = fine_gray(d.time, d.status, d.arm)
            ours[k] = gray_test(d.time, d.status, d.arm).p_two_sided < LEVEL, not fit.lower[0] <= 0.0 <= fit.upper[0]
        said = subprocess.run(["Rscript", str(script), str(file)], capture_output=True, text=True, check=True).stdout
    theirs = np.array([[float(p) < LEVEL for p in line.split()] for line in said.splitlines()])
    return {
        name: (int(ours[:, j].sum()), int(theirs[:, j].sum()), int((ours[:, j] == theirs[:, j]).sum()))
        for j, name in enumerate(POWER)
    }


def page(total: dict[str, int], trials: int, compared: dict[str, tuple[int, int, int]], peers: int) -> str:
    """The page with both tables."""
    lines = [
        "# Calibration: competing risks", "",
        "How often Gray's test, Fine and Gray's model and the limits of incidence are right, in simulated trials. From",
        f"`python benchmarks/calibration_competing_risks.py --trials {trials} --peer {peers} --write`.", "",
        "Each trial has arms of 100 in two strata. The event has a hazard of 0.03 or 0.06 a month by stratum, the",
        "competing event one of 0.04; follow-up ends between 12.5 and 36 months; times are whole days. About 45% of",
        "subjects have the event. \"Within\" says whether the rate is within three Monte Carlo errors of what it",
        "should be.", "",
        f"| {trials:,} trials without an effect | should be | is | Monte Carlo error | within |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, (label, nominal) in NAMES.items():
        rate, error = total[name] / trials, math.sqrt(nominal * (1 - nominal) / trials)
        within = "yes" if abs(rate - nominal) <= 3 * error else f"{(rate - nominal) / error:+.1f} errors"
        lines.append(f"| {label} | {nominal} | {rate:.4f} | {error:.4f} | {within} |")
    if compared:
        lines += [
            "", f"| {peers:,} trials, hazard of the event halved | rejected | rejected by cmprsk | decided alike |",
            "|---|---|---|---|",
        ]  # fmt: skip
        for name, (ours, theirs, alike) in compared.items():
            lines.append(f"| {POWER[name]} | {ours / peers:.3f} | {theirs / peers:.3f} | {alike} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the options, simulate, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--peer", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    total = simulate(options.trials)
    text = page(total, options.trials, peer(options.peer) if options.peer else {}, options.peer)
    print(text)
    if options.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
