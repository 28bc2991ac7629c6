"""How often the test of proportional hazards rejects, and robust limits cover, in simulated trials.

    python benchmarks/calibration_proportional_hazards.py --trials 10000 --write

writes docs/calibration/proportional_hazards.md. Where `Rscript` with the survival package is there, `--peer` has R's
`cox.zph` test the same trials, and the table says how often it rejects and how far its chi-squares are from ours.
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
from equipoise.kernels.cox_robust import robust_variance
from equipoise.kernels.proportional_hazards import proportional_hazards_test

SEED = 20261123
TRANSFORMS = ("km", "rank", "identity", "log")
CRITICAL = 3.841458820694124  # chi-square of one degree of freedom, 0.05
BLOCK = 500
SCENARIOS = {"null": "hazard ratio 0.7 throughout", "late": "hazard ratio 1 for 6 months, 0.5 after"}
LARGE = 800  # patients, where the small-sample error of the logarithm should be gone
MODELS = {"robust": "sandwich over clusters", "rows": "sandwich over rows", "model": "inverse information"}


def two_arms(rng: np.random.Generator, scenario: str, n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times in days, events, arms of 1:1: median 10 months in the control, enrolled over 12 months, followed to 30."""
    arm = np.arange(n) % 2
    base = rng.exponential(size=n) / (math.log(2.0) / 10.0)
    if scenario == "null":
        months = base / np.where(arm == 1, 0.7, 1.0)
    else:
        months = np.where((arm == 1) & (base > 6.0), 6.0 + (base - 6.0) / 0.5, base)
    end = rng.uniform(18.0, 30.0, n)
    days = np.ceil(np.minimum(months, end) * 30.4375)
    return days, (months <= end).astype(int), arm


def clustered(rng: np.random.Generator, clusters: int = 200, size: int = 2) -> tuple[np.ndarray, ...]:
    """Times, events, arms of clusters, and clusters: frailty from a positive stable law of index 0.6.

    Under that law hazards are proportional not only within a cluster but also over all, with 0.6 of the log hazard
    ratio (Hougaard 1986, Biometrika 73:387), so that the truth of the marginal model is known.
    """
    index = 0.6
    u, e = rng.uniform(0.0, math.pi, clusters), rng.exponential(size=clusters)
    # Kanter (1975): a positive variable with Laplace transform exp(-s^index).
    frailty = np.sin(index * u) / np.sin(u) ** (1.0 / index) * (np.sin((1.0 - index) * u) / e) ** (1.0 / index - 1.0)
    cluster = np.repeat(np.arange(clusters), size)
    arm = cluster % 2
    time = rng.exponential(size=cluster.size) / (frailty[cluster] * np.exp(math.log(0.5) * arm))
    end = rng.uniform(0.5, 3.0, cluster.size)
    return np.minimum(time, end), (time <= end).astype(int), arm, cluster


def chi_squares(number: int, trials: int, scenario: str, n: int = 200) -> np.ndarray:
    """(trials, 4) chi-squares of some trials of n patients, which have a stream of their own."""
    rng = np.random.Generator(np.random.Philox(key=[SEED, number]))
    out = np.empty((trials, len(TRANSFORMS)))
    for row in out:
        time, event, arm = two_arms(rng, scenario, n)
        coef = cox(time, event, arm).coef
        for j, transform in enumerate(TRANSFORMS):
            row[j] = proportional_hazards_test(time, event, arm, coef, transform=transform).chi_square[0]
    return out


def covers(number: int, trials: int) -> np.ndarray:
    """(trials, 3) whether limits by each variance of MODELS hold the truth."""
    rng = np.random.Generator(np.random.Philox(key=[SEED + 1, number]))
    out, truth = np.empty((trials, len(MODELS)), dtype=bool), 0.6 * math.log(0.5)
    for row in out:
        time, event, arm, cluster = clustered(rng)
        fit = cox(time, event, arm)
        for j, found in enumerate(
            (
                robust_variance(time, event, arm, fit.coef, cluster=cluster),
                robust_variance(time, event, arm, fit.coef),
                fit,
            )
        ):
            row[j] = found.lower[0] <= truth <= found.upper[0]
    return out


R = """
suppressMessages(library(survival))
for (name in commandArgs(TRUE)) {
  d <- array(readBin(name, "double", 1e9), c(3, 200, file.size(name) / 4800))
  out <- apply(d, 3, function(x) {
    f <- suppressWarnings(coxph(Surv(x[1, ], x[2, ]) ~ x[3, ], control = coxph.control(eps = 1e-13)))
    sapply(c("km", "rank", "identity", "log"), function(g) cox.zph(f, transform = g, global = FALSE)$table[1, 1])
  })
  writeBin(as.vector(out), paste0(name, ".out"))
}
"""


def peer(scenario: str, trials: int) -> np.ndarray:
    """(trials, 4) chi-squares of R's cox.zph in the same trials."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, size in enumerate(sizes(trials)):
            rng = np.random.Generator(np.random.Philox(key=[SEED, number]))
            data = np.array([np.column_stack(two_arms(rng, scenario)) for _ in range(size)], dtype=float)
            names.append(Path(folder) / f"{number}")
            names[-1].write_bytes(data.tobytes())
        script = Path(folder) / "peer.R"
        script.write_text(R)
        subprocess.run(["Rscript", str(script), *map(str, names)], check=True)
        return np.concatenate([np.fromfile(f"{name}.out").reshape(-1, len(TRANSFORMS)) for name in names])


def peer_version() -> str:
    """Of R's survival package."""
    ask = ["Rscript", "-e", "cat(as.character(packageVersion('survival')))"]
    return subprocess.run(ask, check=True, capture_output=True, text=True).stdout


def sizes(trials: int) -> list[int]:
    """Blocks, so that the answer does not depend on the number of workers."""
    return [min(BLOCK, trials - start) for start in range(0, trials, BLOCK)]


def calibrate(trials: int, *, workers: int = 1, with_peer: bool = False) -> list[Rate]:
    """All rates.

    Args:
        trials: Number of trials of each scenario.
        workers: Processes.
        with_peer: Whether R tests the same trials.
    """
    blocks, rates = sizes(trials), []
    numbers = range(len(blocks))
    run = map
    pool = ProcessPoolExecutor(workers) if workers > 1 else None
    if pool is not None:
        run = pool.map  # type: ignore[assignment]
    for scenario, words in SCENARIOS.items():
        ours = np.concatenate(list(run(chi_squares, numbers, blocks, [scenario] * len(blocks))))
        theirs = peer(scenario, trials) if with_peer else None
        for j, transform in enumerate(TRANSFORMS):
            said = ""
            if theirs is not None:
                gap = np.abs(ours[:, j] / theirs[:, j] - 1.0).max()
                differ = int(((ours[:, j] > CRITICAL) != (theirs[:, j] > CRITICAL)).sum())
                said = f"{(theirs[:, j] > CRITICAL).mean():.4f} | {gap:.1e} | {differ}"
            nominal = 0.05 if scenario == "null" else None
            rate = float((ours[:, j] > CRITICAL).mean())
            rates.append(Rate(f"{transform}, {words}", rate, nominal, trials, said))
    large = np.concatenate(list(run(chi_squares, numbers, blocks, ["null"] * len(blocks), [LARGE] * len(blocks))))
    what = f"log, {SCENARIOS['null']}, {LARGE} patients"
    rates.append(Rate(what, float((large[:, 3] > CRITICAL).mean()), 0.05, trials))
    inside = np.concatenate(list(run(covers, numbers, blocks)))
    if pool is not None:
        pool.shutdown()
    for j, (name, words) in enumerate(MODELS.items()):
        rates.append(Rate(words, float(inside[:, j].mean()), 0.95 if name == "robust" else None, trials))
    return rates


def page(rates: list[Rate], version: str) -> str:
    """The page of the documentation.

    Args:
        rates: What `calibrate` found.
        version: Of the peer.
    """
    trials = rates[0].trials
    own = 2 * len(TRANSFORMS) + 1

    def line(r: Rate, blank: str) -> str:
        known = r.nominal is not None
        cells = [r.what, str(r.nominal) if known else "", f"{r.rate:.4f}", f"{r.error:.4f}"]
        cells.append(("yes" if r.fine else "no") if known else "")
        return f"| {' | '.join(cells + ([r.peer or blank] if blank else []))} |"

    return "\n".join(
        [
            "# Calibration: proportional hazards and robust limits",
            "",
            f"{trials:,} simulated trials a row, by `python benchmarks/calibration_proportional_hazards.py --trials "
            f"{trials} --peer --write`.",
            "An error is one Monte Carlo standard error; a rate passes within three of them.",
            "",
            "## The score test of proportional hazards",
            "",
            "200 patients in two arms, median 10 months in the control, follow-up of 18 to 30 months, times in whole",
            "days; two-sided 0.05.",
            f"The peer is `cox.zph` of R survival {version} on the same trials: how often it rejects, the largest",
            "relative difference of a chi-square from ours, and trials in which the two decide differently.",
            "",
            "| Transform, truth | Nominal | Rejected | Error | Within 3 | R rejected | Difference | Decisions |",
            "|---|---|---|---|---|---|---|---|",
            *(line(rate, " | | ") for rate in rates[:own]),
            "",
            "The logarithm gives the few earliest events most of the say, and with 200 patients its test is a little",
            "conservative. That is the test and not this program: R decides the same in every trial, and with more",
            "patients the error shrinks.",
            "",
            "## Limits of the log hazard ratio in clustered data",
            "",
            "200 clusters of two, randomized by cluster, with a positive stable frailty of index 0.6, under which",
            "hazards are proportional over all clusters too, with a known ratio (Hougaard 1986). 95% Wald limits. Of",
            "three variances only the sandwich over clusters should cover.",
            "",
            "| Variance | Nominal | Covered | Error | Within 3 |",
            "|---|---|---|---|---|",
            *(line(rate, "") for rate in rates[own:]),
            "",
        ]
    )


def main() -> None:
    """Run, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.peer and shutil.which("Rscript") is None:
        parser.error("--peer needs Rscript")
    version = peer_version() if options.peer else "(not run)"
    text = page(calibrate(options.trials, workers=options.workers, with_peer=options.peer), version)
    print(text)
    if options.write:
        target = Path(__file__).parents[1] / "docs" / "calibration" / "proportional_hazards.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
