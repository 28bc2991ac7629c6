"""Milliseconds of a MaxCombo test, beside the same test through mvtnorm where R has it.

    python benchmarks/max_combo.py [--no-peer]

The bar is 2 ms a call at 1,000 patients. The peer is given the statistics and their correlation for nothing: only its
integration is timed (GenzBretz with the accuracy that packages ask for, and with one that a P of 1e-6 would need).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time
import timeit

import numpy as np

from equipoise.kernels._normal_tails import max_tails
from equipoise.kernels.max_combo import DEFAULT_WEIGHTS, max_combo

EIGHT = (*DEFAULT_WEIGHTS, (0.0, 0.5), (0.5, 0.0), (0.5, 0.5), (2.0, 0.0))
R = """
suppressMessages(library(mvtnorm))
x <- scan(file("stdin"), quiet = TRUE)
k <- x[1]; c1 <- x[2]; c2 <- x[3]; r <- matrix(x[-(1:3)], k)
for (a in list(GenzBretz(maxpts = 50000, abseps = 1e-5), GenzBretz(maxpts = 5e6, abseps = 1e-8, releps = 0))) {
  f <- function() {
    1 - pmvnorm(rep(-Inf, k), rep(c1, k), corr = r, algorithm = a)
    1 - pmvnorm(rep(-c2, k), rep(c2, k), corr = r, algorithm = a)
  }
  n <- 3
  cat(1000 * min(replicate(2, system.time(for (i in 1:n) f())[["elapsed"]])) / n, "\\n")
}
"""


def data(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two arms with a late effect, times in whole days over some three years."""
    rng = np.random.default_rng(1)
    arm = np.arange(n) % 2
    days = rng.exponential(400.0, n)
    days = np.where((arm == 1) & (days > 120), 120 + (days - 120) / 0.7, days)
    end = rng.uniform(360.0, 1080.0, n)
    return np.ceil(np.minimum(days, end)), days <= end, arm


def best(call: object, number: int = 100) -> float:
    """Milliseconds of processor time of a call, the best of several rounds."""
    return min(timeit.repeat(call, number=number, repeat=7, timer=time.process_time)) / number * 1e3  # type: ignore[call-overload]


def peer(correlation: np.ndarray, one: float, two: float) -> list[str]:
    """Milliseconds of mvtnorm's two integrals, by accuracy."""
    numbers = [correlation.shape[0], one, two, *correlation.ravel()]
    done = subprocess.run(
        ["Rscript", "-e", R], input=" ".join(map(repr, map(float, numbers))), capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-peer", action="store_true")
    with_peer = not parser.parse_args().no_peer and shutil.which("Rscript") is not None
    head = ["Patients", "Weights", "Test, ms", "Integration alone, ms"]
    print("| " + " | ".join([*head, *(["mvtnorm 1e-5, ms", "mvtnorm 1e-8, ms"] if with_peer else [])]) + " |")
    print("|" + "---|" * (len(head) + 2 * with_peer))
    for n in (500, 1000, 5000):
        for weights in (DEFAULT_WEIGHTS, EIGHT):
            days, event, arm = data(n)
            found = max_combo(days, event, arm, weights=weights)
            one, two = found.z_max, float(np.abs(found.z).max())
            row = [
                f"{n:,}",
                str(len(weights)),
                f"{best(lambda t=days, e=event, a=arm, w=weights: max_combo(t, e, a, weights=w)):.2f}",
                f"{best(lambda r=found.correlation, x=one, y=two: max_tails(r, x, y)):.2f}",
                *(peer(found.correlation, one, two) if with_peer else []),
            ]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
