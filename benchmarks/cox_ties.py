"""Time of Cox fits by way with ties on whole days, beside R's survival package where there is one.

    python benchmarks/cox_ties.py [--n 10000 100000] [--days 365] [--rounds 3]

R's `exact` is our `discrete`; it has no counterpart of our `exact`. R runs once a case and is given ten minutes. The
ratio is R's time over ours: above 1 we are faster. Not a timed test: numbers depend on the machine.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from equipoise.kernels.cox import Ties, cox

SEED = 20261122
MODELS = {"arm": 1, "arm and age": 2}
IN_R: dict[Ties, str | None] = {"efron": "efron", "breslow": "breslow", "discrete": "exact", "exact": None}
SCRIPT = """
library(survival)
d <- read.csv("{data}")
x <- as.matrix(d[3:{last}])
spent <- system.time(fit <- coxph(Surv(d$time, d$event) ~ x, ties = "{ties}"))[["elapsed"]]
cat(spent, coef(fit)[1])
"""


def patients(n: int, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two arms, a covariate, exponential times in whole days, half of them events."""
    rng = np.random.Generator(np.random.Philox(key=[SEED, n]))
    x = np.column_stack([np.arange(n) % 2, rng.normal(size=n)]).astype(float)
    survival = np.ceil(rng.exponential(days * np.exp(0.3 * x[:, 0] - 0.2 * x[:, 1])))
    followed = np.ceil(rng.uniform(0.2 * days, days, n))
    return np.minimum(survival, followed), (survival <= followed).astype(int), x


def in_r(time_: np.ndarray, event: np.ndarray, x: np.ndarray, ties: str) -> tuple[float, float] | None:
    """Seconds and first coefficient of R's fit, or None without R or beyond ten minutes."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.csv"
        names = ",".join(["time", "event", *(f"x{j}" for j in range(x.shape[1]))])
        np.savetxt(data, np.column_stack([time_, event, x]), delimiter=",", header=names, comments="", fmt="%.17g")
        script = SCRIPT.format(data=data, last=2 + x.shape[1], ties=ties)
        try:
            done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, timeout=600, check=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            return None
    seconds, coefficient = map(float, done.stdout.split())
    return seconds, coefficient


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| patients | model | ties | seconds | R, seconds | R / ours | coefficients differ by |")
    print("|---|---|---|---|---|---|---|")
    for n in options.n:
        time_, event, x = patients(n, options.days)
        for model, p in MODELS.items():
            for ties, name in IN_R.items():
                spent = []
                for _ in range(options.rounds):
                    begin = time.perf_counter()
                    fit = cox(time_, event, x[:, :p], ties=ties)
                    spent.append(time.perf_counter() - begin)
                rival = in_r(time_, event, x[:, :p], name) if name else None
                theirs = (
                    "- | - | -"
                    if rival is None
                    else f"{rival[0]:.3g} | {rival[0] / min(spent):.3g} | {abs(rival[1] - fit.coef[0]):.1e}"
                )
                print(f"| {n} | {model} | {ties} | {min(spent):.3g} | {theirs} |", flush=True)


if __name__ == "__main__":
    main()
