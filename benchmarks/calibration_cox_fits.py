"""How often tests of Cox models reject, and limits cover, in simulated trials with many ties, few events, late entry.

    python benchmarks/calibration_cox_fits.py --trials 10000 --write

writes docs/calibration/cox_fits.md. Where `Rscript` with the survival package is there, `--peer` has R fit the first
1,000 trials with the discrete likelihood, and the page says how often the two decide differently.
"""

from __future__ import annotations

import argparse
import math
import shutil
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from monte_carlo import Rate

from equipoise.kernels.cox import cox
from equipoise.kernels.cox_profile import profile_limits, profile_ratio
from equipoise.kernels.log_rank import log_rank

SEED = 20261124
CRITICAL = 3.841458820694124  # chi-square of one degree of freedom, 0.05
Z = 1.959963984540054
BLOCK = 250
PEER = 1_000
PAGE = Path(__file__).parents[1] / "docs" / "calibration" / "cox_fits.md"
TIED = ("log-rank", "discrete, score", "discrete, likelihood ratio", "exact, likelihood ratio", "exact, Wald",
        "Efron, likelihood ratio")  # fmt: skip
FEW = ("Firth, penalized likelihood ratio", "likelihood ratio")
LATE = ("delayed entry, likelihood ratio", "the same trials without regard to entry")
LIMITS = ("profile likelihood", "Firth, profile of the penalized likelihood", "Wald")


def stream(number: int, purpose: int) -> np.random.Generator:
    """The random numbers of one block of trials."""
    return np.random.Generator(np.random.Philox(key=[SEED + purpose, number]))


def tied(rng: np.random.Generator, ratio: float, n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole months of follow-up: median 6 in the control, followed for 12 to 18, so that some 8 events tie."""
    arm = np.arange(n) % 2
    months = rng.exponential(size=n) / (math.log(2.0) / 6.0 * np.where(arm == 1, ratio, 1.0))
    end = rng.uniform(12.0, 18.0, n)
    return np.ceil(np.minimum(months, end)), (months <= end).astype(int), arm


def few(rng: np.random.Generator, ratio: float, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sixty patients of whom a third have the event."""
    arm = np.arange(n) % 2
    time = rng.exponential(size=n) / np.where(arm == 1, ratio, 1.0)
    end = rng.uniform(0.2, 0.8, n)
    return np.minimum(time, end), (time <= end).astype(int), arm


def late(rng: np.random.Generator, n: int = 200) -> tuple[np.ndarray, ...]:
    """Patients seen only from an entry on; in arm 1 entry is later, so that ignoring it favours that arm."""
    kept: list[np.ndarray] = []
    while sum(len(part) for part in kept) < n:
        arm = rng.integers(0, 2, 4 * n)
        time, entry = rng.exponential(size=4 * n), rng.uniform(0.0, np.where(arm == 1, 1.0, 0.3))
        end = entry + rng.uniform(0.5, 2.0, 4 * n)
        seen = time > entry
        kept.append(np.column_stack([np.minimum(time, end), time <= end, arm, entry])[seen])
    return tuple(np.concatenate(kept)[:n].T)


def reject_tied(number: int, trials: int, ratio: float) -> np.ndarray:
    """(trials, len(TIED)) whether each test of the tied trials rejects."""
    rng, out = stream(number, 0), np.empty((trials, len(TIED)), dtype=bool)
    for row in out:
        time, event, arm = tied(rng, ratio)
        discrete, exact = cox(time, event, arm, ties="discrete"), cox(time, event, arm, ties="exact")
        efron = cox(time, event, arm)
        row[:] = np.array(
            [log_rank(time, event, arm).chi_square, discrete.score, discrete.likelihood_ratio,
             exact.likelihood_ratio, exact.wald, efron.likelihood_ratio]
        ) > CRITICAL  # fmt: skip
    return out


def reject_few(number: int, trials: int, ratio: float) -> np.ndarray:
    """(trials, len(FEW)) whether each test of the small trials rejects."""
    rng, out = stream(number, 1), np.empty((trials, len(FEW)), dtype=bool)
    for row in out:
        time, event, arm = few(rng, ratio)
        row[0] = profile_ratio(time, event, arm, penalty="firth") > CRITICAL
        row[1] = cox(time, event, arm).likelihood_ratio > CRITICAL
    return out


def reject_late(number: int, trials: int, ratio: float) -> np.ndarray:
    """(trials, len(LATE)) whether a model with and one without entry rejects; there is no effect."""
    del ratio
    rng, out = stream(number, 2), np.empty((trials, len(LATE)), dtype=bool)
    for row in out:
        time, event, arm, entry = late(rng)
        row[0] = cox(time, event, arm, entry=entry).likelihood_ratio > CRITICAL
        row[1] = cox(time, event, arm).likelihood_ratio > CRITICAL
    return out


def covers(number: int, trials: int, ratio: float) -> np.ndarray:
    """(trials, len(LIMITS)) whether limits hold the log hazard ratio; a limit that is unbounded holds everything."""
    rng, out, truth = stream(number, 3), np.empty((trials, len(LIMITS)), dtype=bool), math.log(ratio)
    for row in out:
        time, event, arm = few(rng, ratio)
        for j, penalty in enumerate(("none", "firth")):
            found = profile_limits(time, event, arm, penalty=penalty)
            row[j] = not (found.lower > truth or found.upper < truth)
        fit = cox(time, event, arm)
        row[2] = abs(fit.coef[0] - truth) <= Z * fit.se[0]
    return out


R = """
suppressMessages(library(survival))
name <- commandArgs(TRUE)
d <- array(readBin(name, "double", 1e9), c(3, 200, file.size(name) / 4800))
out <- apply(d, 3, function(x) {
  f <- coxph(Surv(x[1, ], x[2, ]) ~ x[3, ], ties = "exact", control = coxph.control(eps = 1e-13))
  c(f$score, 2 * diff(f$loglik))
})
writeBin(as.vector(out), paste0(name, ".out"))
"""


def peer() -> str:
    """How R decides in the first trials, in words."""
    given, ours = [], []
    for number in range(PEER // BLOCK):
        rng = stream(number, 0)
        for _ in range(BLOCK):
            time, event, arm = tied(rng, 0.7)
            fit = cox(time, event, arm, ties="discrete")
            given.append(np.column_stack([time, event, arm]).astype(float))
            ours.append((fit.score, fit.likelihood_ratio))
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "trials", Path(folder) / "peer.R"
        data.write_bytes(np.array(given).tobytes())
        script.write_text(R)
        subprocess.run(["Rscript", str(script), str(data)], check=True)
        theirs = np.fromfile(f"{data}.out").reshape(-1, 2)
    gap = np.abs(np.array(ours) / theirs - 1.0).max()
    differ = int(((np.array(ours) > CRITICAL) != (theirs > CRITICAL)).sum())
    ask = ["Rscript", "-e", "cat(as.character(packageVersion('survival')))"]
    version = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
    return (
        f'R survival {version}, `ties = "exact"`, fitted the first {PEER:,} of the tied trials with a hazard ratio of '
        f"0.7: score and likelihood-ratio tests decided differently {differ} times, and the largest relative "
        f"difference of a chi-square was {gap:.1e}."
    )


def calibrate(trials: int, *, workers: int = 1) -> dict[str, list[Rate]]:
    """All rates, by table.

    Args:
        trials: Number of trials of each scenario.
        workers: Processes.
    """
    sizes = [min(BLOCK, trials - start) for start in range(0, trials, BLOCK)]
    numbers = range(len(sizes))
    found: dict[str, list[Rate]] = {}
    with ProcessPoolExecutor(workers) as pool:
        for table, what, names, ratio, nominal in (
            ("tied", reject_tied, TIED, 1.0, 0.05),
            ("tied", reject_tied, TIED, 0.7, None),
            ("few", reject_few, FEW, 1.0, 0.05),
            ("few", reject_few, FEW, 0.4, None),
            ("late", reject_late, LATE, 1.0, 0.05),
            ("limits", covers, LIMITS, 0.5, 0.95),
        ):
            hits = np.concatenate(list(pool.map(what, numbers, sizes, [ratio] * len(sizes)))).mean(axis=0)
            for j, name in enumerate(names):
                # Limits by Wald and tests that ignore entry are shown for comparison: nothing is promised of them.
                promised = None if (table, j) in (("limits", 2), ("late", 1)) else nominal
                found.setdefault(table, []).append(Rate(f"{name}, hazard ratio {ratio:g}", hits[j], promised, trials))
    return found


def page(found: dict[str, list[Rate]], said: str) -> str:
    """The page of the documentation.

    Args:
        found: What `calibrate` found.
        said: What the peer says.
    """
    trials = found["tied"][0].trials

    def rows(table: str) -> list[str]:
        return [
            f"| {r.what} | {'' if r.nominal is None else r.nominal} | {r.rate:.4f} | {r.error:.4f} "
            f"| {'' if r.nominal is None else 'yes' if r.fine else 'no'} |"
            for r in found[table]
        ]

    head = ["| What | Nominal | Found | Error | Within 3 |", "|---|---|---|---|---|"]
    return "\n".join(
        [
            "# Calibration: ties, few events, delayed entry",
            "",
            f"{trials:,} simulated trials a row, by `python benchmarks/calibration_cox_fits.py --trials {trials} "
            "--peer --write`.",
            "An error is one Monte Carlo standard error; a rate passes within three of them. Tests are two-sided at",
            "0.05, limits 95%.",
            "",
            "## Many ties",
            "",
            "200 patients, whole months, median 6 months in the control and follow-up of 12 to 18: about 8 events tie.",
            "The score test of the discrete likelihood is the log-rank test, so their rows are alike.",
            "",
            *head,
            *rows("tied"),
            "",
            said,
            "",
            "## Few events",
            "",
            "60 patients, about a third with the event.",
            "",
            *head,
            *rows("few"),
            "",
            "## Delayed entry",
            "",
            "200 patients without an effect, seen from an entry on that is later in one arm. A model that does not",
            "know of the entries rejects far too often, which is why they have to be declared.",
            "",
            *head,
            *rows("late"),
            "",
            "## Limits with few events",
            "",
            "The 60 patients again, with a hazard ratio of 0.5. Wald limits stand beside for comparison.",
            "",
            *head,
            *rows("limits"),
            "",
        ]
    )


def main() -> None:
    """Run, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.peer and shutil.which("Rscript") is None:
        parser.error("--peer needs Rscript")
    said = peer() if options.peer else "(R was not asked.)"
    text = page(calibrate(options.trials, workers=options.workers), said)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
