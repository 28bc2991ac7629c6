"""How often tests and limits of adverse events over time are right.

python benchmarks/calibration_recurrent.py [--trials 10000] [--write]

Two arms of 200, recurrent events of a gamma frailty (variance 1, so that subjects differ and a Poisson variance would
be far too small), deaths, uniform follow-up, whole days. `--write` makes docs/calibration/recurrent.md of the answer.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.distributions import norm_ppf
from equipoise.kernels.log_rank import log_rank
from equipoise.kernels.mean_cumulative_count import (
    MeanCount,
    mean_count_at,
    mean_count_difference,
    mean_cumulative_count,
)
from equipoise.kernels.rates import incidence_rate, rate_difference, rate_ratio

SEED, BLOCK = 20261122, 500
N, DAYS, RATE, DEATH, RATIO = 200, 180.0, 3.0 / 365.25, 0.3 / 365.25, 1.5
FIRST = 1.0 / 365.25  # hazard of a first event
Z = norm_ppf(0.975)
PAGE = Path(__file__).parents[1] / "docs" / "calibration" / "recurrent.md"

ROWS = {
    "size": ("Difference in mean counts at 180 days, size of the test at two-sided 0.05", 0.05, "test"),
    "size.deaths": (
        "The same, control with three times the deaths and as many events while alive and dead",
        0.05,
        "test",
    ),
    "difference": ("Difference in mean counts, coverage of the 95% limits, 1.5 times the events", 0.95, "limits"),
    "log": ("Mean count of an arm, coverage of the 95% log limits", 0.95, "limits"),
    "plain": ("Mean count of an arm, coverage of the 95% plain limits", 0.95, "limits"),
    "poisson": ("Mean count of an arm, coverage if events were taken for a Poisson process", 0.95, "wrong"),
    "power": ("Power at 1.5 times the events: difference in mean counts", math.nan, "power"),
    "power.rate": (
        "Power at 1.5 times the events: peer, events per time at risk with a robust variance",
        math.nan,
        "power",
    ),
    "power.first": ("Power at 1.5 times the events: first events only, log-rank", math.nan, "power"),
    "rate": ("Incidence rate of first events, coverage of the 95% exact limits", 0.95, "exact"),
    "rate.ratio": ("Ratio of incidence rates (0.5), coverage of the 95% exact conditional limits", 0.95, "exact"),
    "rate.difference": ("Difference in incidence rates, coverage of the 95% Wald limits", 0.95, "limits"),
}


class Arm(NamedTuple):
    """One simulated arm."""

    end: NDArray[np.float64]
    died: NDArray[np.bool_]
    subject: NDArray[np.int64]
    day: NDArray[np.float64]

    def count(self) -> MeanCount:
        """Its mean cumulative count."""
        return mean_cumulative_count(self.end, self.subject, self.day, died=self.died)

    def first(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Time to the first event, and whether there is one."""
        first = np.full(self.end.size, np.inf)
        np.minimum.at(first, self.subject, self.day)
        return np.minimum(first, self.end), np.isfinite(first)


def simulate_arm(rng: np.random.Generator, rate: float, death: float) -> Arm:
    """An arm: events at `rate` a day times a frailty, deaths at `death` a day, follow-up of 60 to 400 days."""
    dies = rng.exponential(1.0 / death, N)
    leaves = rng.uniform(60.0, 400.0, N)
    stop = np.minimum(dies, leaves)
    number = rng.poisson(rate * stop * rng.gamma(1.0, 1.0, N))
    subject = np.repeat(np.arange(N), number)
    when = rng.uniform(size=subject.size) * stop[subject]
    return Arm(np.ceil(stop), dies <= leaves, subject, np.maximum(np.ceil(when), 1.0))


def truth(rate: float, death: float) -> float:
    """Mean number of events by the landmark: rate (1 - exp(-death t)) / death."""
    return rate * -math.expm1(-death * DAYS) / death


def hits_of_counts(rng: np.random.Generator, hits: dict[str, int]) -> None:
    """One trial under each truth about recurrent events."""
    control, same, more = (simulate_arm(rng, RATE * k, DEATH) for k in (1.0, 1.0, RATIO))
    # Three times the deaths and a rate that makes up for them: the means are equal, the processes are not.
    heavy = simulate_arm(rng, RATE * truth(RATE, DEATH) / truth(RATE, 3 * DEATH), 3 * DEATH)
    count = control.count()
    hits["size"] += abs(mean_count_difference(same.count(), count, [DAYS]).z[0]) > Z
    hits["size.deaths"] += abs(mean_count_difference(same.count(), heavy.count(), [DAYS]).z[0]) > Z
    gap = mean_count_difference(more.count(), count, [DAYS])
    target = truth(RATE * RATIO, DEATH) - truth(RATE, DEATH)
    hits["difference"] += gap.lower[0] <= target <= gap.upper[0]
    hits["power"] += abs(gap.z[0]) > Z
    mean = truth(RATE, DEATH)
    for scale in ("log", "plain"):
        at = mean_count_at(count, [DAYS], interval=scale)  # type: ignore[arg-type]
        hits[scale] += at.lower[0] <= mean <= at.upper[0]
    used = count.time <= DAYS
    naive = math.sqrt(float((count.n_event[used] / count.n_risk[used] ** 2).sum()))
    hits["poisson"] += abs(float(count.mean[used][-1]) - mean) <= Z * naive
    hits["power.rate"] += abs(robust_rate(more, control)) > Z
    time, event = (np.concatenate(pair) for pair in zip(more.first(), control.first(), strict=True))
    hits["power.first"] += abs(log_rank(time, event, np.repeat([1, 0], N)).z) > Z


def robust_rate(one: Arm, two: Arm) -> float:
    """The z of the difference of events by day 180 per time at risk, sandwich variance over subjects."""
    rates, variance = [], 0.0
    for arm in (one, two):
        until = np.minimum(arm.end, DAYS)
        own = np.bincount(arm.subject[arm.day <= DAYS], minlength=N)
        rate = own.sum() / until.sum()
        variance += float(((own - rate * until) ** 2).sum()) / float(until.sum()) ** 2
        rates.append(rate)
    return float((rates[0] - rates[1]) / math.sqrt(variance))


def hits_of_rates(rng: np.random.Generator, hits: dict[str, int]) -> None:
    """One trial about first events: exponential times, uniform follow-up; the new arm has half the hazard."""
    found = []
    for hazard in (0.5 * FIRST, FIRST):
        event, leaves = rng.exponential(1.0 / hazard, N), rng.uniform(60.0, 400.0, N)
        found += [int((event <= leaves).sum()), float(np.minimum(event, leaves).sum())]
    ratio, gap, rate = rate_ratio(*found), rate_difference(*found), incidence_rate(found[2], found[3])
    hits["rate"] += rate.lower <= FIRST <= rate.upper
    hits["rate.ratio"] += ratio.lower <= 0.5 <= ratio.upper
    hits["rate.difference"] += gap.lower <= -0.5 * FIRST <= gap.upper


def block(number: int, trials: int) -> dict[str, int]:
    """Hits in some trials, from a stream of their own."""
    hits = dict.fromkeys(ROWS, 0)
    rng = np.random.Generator(np.random.Philox(key=[SEED, number]))
    for _ in range(trials):
        hits_of_counts(rng, hits)
        hits_of_rates(rng, hits)
    return {name: int(count) for name, count in hits.items()}


def calibrate(trials: int, say: Callable[[str], None]) -> dict[str, float]:
    """Rates of all rows; the answer does not depend on the number of workers."""
    sizes = [min(BLOCK, trials - start) for start in range(0, trials, BLOCK)]
    total = dict.fromkeys(ROWS, 0)
    with ProcessPoolExecutor() as workers:
        for number, hits in enumerate(workers.map(block, range(len(sizes)), sizes)):
            total = {name: total[name] + hits[name] for name in ROWS}
            say(f"{sum(sizes[: number + 1]):,} of {trials:,} trials")
    return {name: count / trials for name, count in total.items()}


def allowed(name: str, trials: int) -> tuple[float, float]:
    """Range in which a rate is right: three Monte Carlo errors; limits may miss a little more."""
    _, nominal, kind = ROWS[name]
    error = 3.0 * math.sqrt(0.05 * 0.95 / trials)
    if kind == "test":
        return 0.05 - error, 0.05 + error
    if kind == "limits":
        return 0.95 - error - 0.005, 0.95 + error
    if kind == "exact":
        return 0.95 - error, 1.0
    return (0.0, 0.85) if kind == "wrong" else (0.0, 1.0) if math.isnan(nominal) else (nominal, nominal)


def page(rates: dict[str, float], trials: int) -> str:
    """The page of the documentation."""
    lines = [
        "# Calibration: adverse events over time",
        "",
        f"{trials:,} simulated trials of {N} subjects an arm. Events recur at 3 a year times a gamma frailty of",
        "variance 1; deaths at 0.3 a year end them; follow-up is uniform from 60 to 400 days; times are whole days.",
        "First events of the rates: exponential times at 1 a year, half of that in the new arm. Written by `python",
        "benchmarks/calibration_recurrent.py --write`; the Monte Carlo error of a rate of 5% is "
        f"{100 * math.sqrt(0.05 * 0.95 / trials):.2f} percentage points.",
        "",
        "| What | Nominal | Found |",
        "|---|---|---|",
    ]
    for name, (words, nominal, _) in ROWS.items():
        target = "" if math.isnan(nominal) else f"{100 * nominal:g}%"
        lines.append(f"| {words} | {target} | {100 * rates[name]:.2f}% |")
    lines += [
        "",
        "A Poisson variance, which takes a subject's events for independent, would cover far too rarely: that is why",
        "standard errors are robust. Exact limits cover at least as often as they say. Comparing all events has more",
        "power than comparing first events alone, and about that of comparing rates of all events with a robust",
        "variance.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rates = calibrate(options.trials, lambda text: print(text, file=sys.stderr))
    wrong = 0
    for name, (words, _, _) in ROWS.items():
        low, high = allowed(name, options.trials)
        fine = low <= rates[name] <= high
        wrong += not fine
        print(f"{'ok   ' if fine else 'WRONG'} {rates[name]:.4f} ({low:.4f} to {high:.4f})  {words}")
    if options.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(rates, options.trials), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
