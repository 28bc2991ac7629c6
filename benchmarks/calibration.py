"""How often tests and limits are right: simulated trials, and sums over all tables. Part of benchmarks/validate."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.kernels.cox import cox
from equipoise.kernels.distributions import norm_ppf
from equipoise.kernels.kaplan_meier import kaplan_meier, quantile, survival_at
from equipoise.kernels.log_rank import log_rank
from equipoise.kernels.miettinen_nurminen import difference_miettinen_nurminen_many
from equipoise.kernels.proportions import clopper_pearson_many, wilson_many
from equipoise.kernels.rmst import rmst, rmst_contrast
from equipoise.kernels.two_by_two import difference_newcombe_many

SEED = 20261122


@dataclass
class Rate:
    """How often something happened, beside how often it should."""

    name: str
    nominal: float
    hits: float
    trials: int | None  # None: computed exactly, without simulation
    allowed: tuple[float, float]

    @property
    def fine(self) -> bool:
        """Whether the rate is within what is allowed."""
        return self.allowed[0] <= self.hits <= self.allowed[1]


RATIO, MONTH = 0.7, 30.4375
RATES = {
    "log_rank": ("Log-rank test, size at two-sided 0.05", 0.05),
    "log_rank.stratified": ("Stratified log-rank test, size at two-sided 0.05", 0.05),
    "fleming_harrington": ("Stratified Fleming-Harrington G(0, 1), size at two-sided 0.05", 0.05),
    "cox": ("Cox model, coverage of the 95% limits, hazard ratio 1", 0.95),
    "cox.stratified": ("Stratified Cox model, coverage of the 95% limits, hazard ratio 0.7", 0.95),
    "landmark": ("Kaplan-Meier at 12 months, coverage of the 95% log-log limits", 0.95),
    "rmst": ("Difference in restricted means to 18 months, coverage of the 95% limits", 0.95),
    "median": ("Median, coverage of the 95% log-log limits", 0.95),
}


def block(number: int, trials: int) -> dict[str, int]:
    """Hits in some trials: two arms of 150, two strata, uniform follow-up, exponential times in whole days."""
    hits = dict.fromkeys(RATES, 0)
    rng = np.random.Generator(np.random.Philox(key=[SEED, number]))
    n, z = 300, norm_ppf(0.975)
    arm, stratum = np.arange(n) % 2, (np.arange(n) // 2) % 2
    survival = (math.exp(-12 * 0.05 * RATIO) + math.exp(-12 * 0.1 * RATIO)) / 2  # at 12 months, arm 1
    centre = mixture_median(0.05, 0.1) * MONTH
    area = [sum((1 - math.exp(-18 * h * r)) / (h * r) for h in (0.05, 0.1)) / 2 for r in (1.0, RATIO)]
    for _ in range(trials):
        base = rng.exponential(size=n) / np.where(stratum == 1, 0.1, 0.05)
        end = np.floor(rng.uniform(18.5, 36.0, size=n) * MONTH)
        t = np.ceil(base * MONTH)  # no effect
        time_, event = np.minimum(t, end), (t <= end).astype(int)
        hits["log_rank"] += abs(log_rank(time_, event, arm).z) > z
        hits["log_rank.stratified"] += abs(log_rank(time_, event, arm, stratum=stratum).z) > z
        hits["fleming_harrington"] += abs(log_rank(time_, event, arm, stratum=stratum, gamma=1).z) > z
        fit = cox(time_, event, arm)
        hits["cox"] += fit.lower[0] <= 0.0 <= fit.upper[0]
        q = quantile(kaplan_meier(time_[arm == 0], event[arm == 0]), interval="log_log")
        hits["median"] += q.lower[0] <= math.ceil(centre) and not q.upper[0] < centre  # NaN: not reached, hence above
        t = np.ceil(base / np.where(arm == 1, RATIO, 1.0) * MONTH)
        time_, event = np.minimum(t, end), (t <= end).astype(int)
        fit = cox(time_, event, arm, stratum=stratum)
        hits["cox.stratified"] += fit.lower[0] <= math.log(RATIO) <= fit.upper[0]
        control, treated = (kaplan_meier(time_[arm == k], event[arm == k]) for k in (0, 1))
        s = survival_at(treated, [12 * MONTH], interval="log_log")
        hits["landmark"] += s.lower[0] <= survival <= s.upper[0]
        gap = rmst_contrast(rmst(treated, 18 * MONTH), rmst(control, 18 * MONTH))
        hits["rmst"] += gap.difference_lower <= (area[1] - area[0]) * MONTH <= gap.difference_upper
    return {name: int(count) for name, count in hits.items()}


def simulate(trials: int, say: Callable[[str], None]) -> list[Rate]:
    """Trials in blocks of 500, each with a stream of its own: the answer does not depend on the number of workers."""
    sizes = [min(500, trials - start) for start in range(0, trials, 500)]
    total = dict.fromkeys(RATES, 0)
    with ProcessPoolExecutor() as workers:
        for number, hits in enumerate(workers.map(block, range(len(sizes)), sizes)):
            total = {name: total[name] + hits[name] for name in RATES}
            say(f"calibration: {sum(sizes[: number + 1]):,} of {trials:,} trials")
    # Four Monte Carlo errors, and half a percentage point for what asymptotic methods miss at 300 patients.
    slack = 4 * math.sqrt(0.05 * 0.95 / trials) + 0.005
    return [
        Rate(name, nominal, total[key] / trials, trials, (max(0.0, nominal - slack), min(1.0, nominal + slack)))
        for key, (name, nominal) in RATES.items()
    ]


def mixture_median(*hazards: float) -> float:
    """Median of an even mixture of exponential times, by bisection."""
    low, high = 0.0, 1000.0
    for _ in range(200):
        middle = (low + high) / 2
        above = sum(math.exp(-h * middle) for h in hazards) > len(hazards) / 2
        low, high = (middle, high) if above else (low, middle)
    return (low + high) / 2


def exact_coverage(say: Callable[[str], None]) -> list[Rate]:
    """Coverage by adding up all tables, no simulation: mean over a grid of true proportions."""
    n1, n0 = 70, 80
    x1, x0 = (grid.ravel() for grid in np.meshgrid(np.arange(n1 + 1), np.arange(n0 + 1), indexing="ij"))
    grid = np.linspace(0.05, 0.95, 19)

    def mass(n: int, p: float) -> np.ndarray:
        k = np.arange(n + 1)
        log = np.array([math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in k])
        return np.exp(log + k * math.log(p) + (n - k) * math.log1p(-p))

    def of_difference(limits: Any) -> float:
        total = 0.0
        for p1 in grid:
            for p0 in grid:
                weight = np.outer(mass(n1, p1), mass(n0, p0)).ravel()
                inside = (limits.lower <= p1 - p0 + 1e-12) & (p1 - p0 - 1e-12 <= limits.upper)
                total += float(weight[inside].sum())
        return total / grid.size**2

    def of_proportion(limits: Any, worst: Callable[[list[float]], float]) -> float:
        found = []
        for p in grid:
            inside = (limits.lower <= p) & (p <= limits.upper)
            found.append(float(mass(n1, p)[inside].sum()))
        return worst(found)

    mean = lambda values: sum(values) / len(values)  # noqa: E731
    k = np.arange(n1 + 1)
    say("calibration: all tables of 70 and 80")
    return [
        Rate("Miettinen-Nurminen limits of a difference, mean coverage", 0.95,
             of_difference(difference_miettinen_nurminen_many(x1, n1, x0, n0)), None, (0.945, 0.955)),
        Rate("Newcombe limits of a difference, mean coverage", 0.95,
             of_difference(difference_newcombe_many(x1, n1, x0, n0)), None, (0.945, 0.96)),
        Rate("Wilson limits of a proportion, mean coverage", 0.95, of_proportion(wilson_many(k, n1), mean), None,
             (0.945, 0.955)),
        Rate("Clopper-Pearson limits of a proportion, smallest coverage (at least nominal)", 0.95,
             of_proportion(clopper_pearson_many(k, n1), min), None, (0.95, 1.0)),
    ]  # fmt: skip
