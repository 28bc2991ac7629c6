"""How often weighted log-rank tests reject in simulated trials, and limits of the average hazard ratio cover.

    python benchmarks/calibration_weighted_tests.py --trials 10000 --write

writes docs/calibration/weighted_tests.md. The peer of the power is the asymptotic formula: drift and information of a
weighted log-rank statistic as integrals over follow-up, and for MaxCombo the normal vector that has these drifts.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import monte_carlo
import numpy as np

from equipoise.kernels.average_hazard_ratio import average_hazard_ratio
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import log_rank, modestly_weighted
from equipoise.kernels.max_combo import DEFAULT_WEIGHTS, max_combo
from equipoise.kernels.milestone import milestone_log_log
from equipoise.kernels.trend import log_rank_trend

SEED, BLOCK, LEVEL, Z = 20261124, 250, 0.025, 1.959963984540054
PAGE = Path(__file__).parents[1] / "docs" / "calibration" / "weighted_tests.md"
N, HAZARD, DELAY, LATE = 300, math.log(2.0) / 10.0, 4.0, 0.55
FRAILTY = (1.0, 1.8)  # hazard of the two strata
WEEK = 12.0 / 52.0
T_STAR, HORIZON, LANDMARK = 10.0, 18.0, 12.0
NULL, DELAYED = (1.0, 1.0), (1.0, LATE)
DOSES = ((1.0, 1.0), (0.85, 0.85), (0.7225, 0.7225))
TESTS = {
    "log_rank": "Log-rank",
    "late": "Fleming-Harrington (0, 1)",
    "modest_t": f"Modestly weighted, t* {T_STAR:g} months",
    "modest_s": "Modestly weighted, s* 0.5",
    "max_combo": "MaxCombo",
    "max_combo_two": "MaxCombo, two-sided at 0.05",
    "milestone": f"Milestone at {LANDMARK:g} months on log(-log S)",
    "trend": "Trend over three arms",
}
SCENARIOS = {
    "null": "no difference",
    "ties": "no difference, times in whole weeks",
    "strata": "no difference, two strata, stratified, whole weeks",
    "delayed": f"hazard ratio {LATE:g} from month {DELAY:g} on",
}


class Trial(NamedTuple):
    """Times in months, events, arms and strata."""

    time: np.ndarray
    event: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray


@dataclass(frozen=True)
class Rate(monte_carlo.Rate):
    """A rate beside what a formula says of it."""

    truth: str = ""
    formula: float | None = None


def survival_time(unit: np.ndarray, early: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Times with cumulative hazard `unit` where the hazard is `early` until DELAY and `late` after it."""
    reached = early * DELAY
    return np.where(unit <= reached, unit / early, DELAY + (unit - reached) / late)


def simulate(rng: np.random.Generator, ratios: tuple[tuple[float, float], ...], *, weeks: bool) -> Trial:
    """N patients in arms of one size, half of them in either stratum on average, followed for 12 to 30 months."""
    arm = np.arange(N) % len(ratios)
    # Strata by chance: balanced ones would make tests that ignore them conservative.
    stratum = rng.integers(0, 2, N)
    base = HAZARD * np.array(FRAILTY)[stratum]
    early, late = (base * np.array([pair[i] for pair in ratios])[arm] for i in (0, 1))
    time, end = survival_time(rng.exponential(size=N), early, late), rng.uniform(12.0, 30.0, N)
    seen = np.minimum(time, end)
    # Ties within a week: events and censorings of the week are at its end.
    return Trial(np.ceil(seen / WEEK) * WEEK if weeks else seen, (time <= end).astype(int), arm, stratum)


def hits(number: int, trials: int, scenario: str) -> dict[str, int]:
    """Rejections in some trials, which have a stream of their own."""
    rng = np.random.Generator(np.random.Philox(key=[SEED + list(SCENARIOS).index(scenario), number]))
    out = dict.fromkeys(TESTS, 0)
    effect = DELAYED if scenario == "delayed" else NULL
    for _ in range(trials):
        one = simulate(rng, (NULL, effect), weeks=scenario in ("ties", "strata"))
        data = one[:3]
        stratum = one.stratum if scenario == "strata" else None
        combination = max_combo(*data, stratum=stratum)
        curves = [kaplan_meier(one.time[one.arm == a], one.event[one.arm == a]) for a in (1, 0)]
        doses = simulate(rng, DOSES if scenario == "delayed" else (NULL,) * 3, weeks=scenario in ("ties", "strata"))
        dose_stratum = doses.stratum if scenario == "strata" else None
        p = {
            "log_rank": log_rank(*data, stratum=stratum).p_one_sided,
            "late": log_rank(*data, stratum=stratum, gamma=1.0).p_one_sided,
            "modest_t": modestly_weighted(*data, stratum=stratum, t_star=T_STAR).p_one_sided,
            "modest_s": modestly_weighted(*data, stratum=stratum, s_star=0.5).p_one_sided,
            "max_combo": combination.p_one_sided,
            "max_combo_two": combination.p_two_sided / 2.0,
            "milestone": milestone_log_log(*curves, LANDMARK).p_one_sided[0],
            "trend": log_rank_trend(*doses[:3], [0.0, 1.0, 2.0], stratum=dose_stratum).p_one_sided,
        }
        for name, value in p.items():
            out[name] += value < LEVEL
    return out


def covers(number: int, trials: int) -> tuple[int, int]:
    """Limits of the average hazard ratio that hold the truth, without and with ties, in some trials."""
    rng = np.random.Generator(np.random.Philox(key=[SEED + 50, number]))
    truth, found = true_average(), [0, 0]
    for _ in range(trials):
        for i, weeks in enumerate((False, True)):
            one = simulate(rng, (NULL, DELAYED), weeks=weeks)
            # Weeks end at their last moment, and so does the horizon.
            horizon = math.ceil(HORIZON / WEEK) * WEEK if weeks else HORIZON
            got = average_hazard_ratio(*one[:3], horizon=horizon)
            found[i] += got.lower <= truth <= got.upper
    return found[0], found[1]


def grid(steps: int = 20_000) -> np.ndarray:
    """Midpoints of small steps over 30 months."""
    return (np.arange(steps) + 0.5) * 30.0 / steps


def hazards(t: np.ndarray, ratios: tuple[float, float]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Hazard and survival of an arm in each stratum."""
    out = []
    for frailty in FRAILTY:
        hazard = HAZARD * frailty * np.where(t < DELAY, ratios[0], ratios[1])
        cumulative = HAZARD * frailty * (ratios[0] * np.minimum(t, DELAY) + ratios[1] * np.maximum(t - DELAY, 0.0))
        out.append((hazard, np.exp(-cumulative)))
    return out


def true_average() -> float:
    """The average hazard ratio up to HORIZON of the two arms' mixtures over strata."""
    t = grid() * HORIZON / 30.0
    survival, density = [], []
    for ratios in (NULL, DELAYED):
        parts = hazards(t, ratios)
        survival.append(sum(s for _, s in parts) / 2.0)
        density.append(sum(h * s for h, s in parts) / 2.0)
    return float((survival[0] * density[1]).sum() / (survival[1] * density[0]).sum())


def drift(ratios: tuple[tuple[float, float], ...], weights: list[Callable[[np.ndarray], Any]]) -> tuple[Any, Any]:
    """Means of z and their correlation in N patients, unstratified: arms are mixtures over strata, scores 0, 1, ..."""
    t = grid()
    step = 30.0 / t.size
    follow = np.clip((30.0 - t) / 18.0, 0.0, 1.0)
    risk, rate = [], []
    for pair in ratios:
        parts = hazards(t, pair)
        risk.append(sum(s for _, s in parts) / 2.0 * follow / len(ratios))
        rate.append(sum(h * s for h, s in parts) / 2.0 * follow / len(ratios))
    share = np.array(risk) / sum(risk)
    events = sum(rate)
    pooled = np.exp(-np.cumsum(events / sum(risk)) * step)
    scores = np.arange(len(ratios), dtype=float)
    mean = scores @ share
    spread = ((scores**2) @ share - mean**2) * events
    w = np.array([weight(pooled) for weight in weights])
    down = w @ (scores @ np.array(rate) - mean * events) * step
    covariance = (w * spread) @ w.T * step
    scale = np.sqrt(np.diag(covariance))
    return -math.sqrt(N) * down / scale, covariance / np.outer(scale, scale)


def formulas() -> dict[str, float]:
    """Power where the effect is delayed, by normal distributions with the drifts above."""
    ratios = (NULL, DELAYED)
    t = grid()

    def tail(weight: Callable[[np.ndarray], Any]) -> float:
        return 0.5 * math.erfc((Z - float(drift(ratios, [weight])[0][0])) / math.sqrt(2.0))

    out = {
        "log_rank": tail(np.ones_like),
        "late": tail(lambda s: 1.0 - s),
        "modest_t": tail(lambda s: 1.0 / np.maximum(s, s[np.searchsorted(t, T_STAR)])),
        "modest_s": tail(lambda s: 1.0 / np.maximum(s, 0.5)),
    }
    mean = float(drift(DOSES, [np.ones_like])[0][0])
    out["trend"] = 0.5 * math.erfc((Z - mean) / math.sqrt(2.0))
    means, correlation = drift(ratios, [lambda s, r=r, g=g: s**r * (1.0 - s) ** g for r, g in DEFAULT_WEIGHTS])
    values, vectors = np.linalg.eigh(correlation)
    draws = (vectors * np.sqrt(np.maximum(values, 0.0))) @ np.random.default_rng(1).standard_normal((4, 1_000_000))
    critical = float(np.quantile(draws.max(axis=0), 1.0 - LEVEL))
    out["max_combo"] = float(((draws + means[:, None]).max(axis=0) > critical).mean())
    return out


def blocks(trials: int) -> list[tuple[int, int]]:
    """Numbers and sizes of blocks."""
    return [(i, min(BLOCK, trials - i * BLOCK)) for i in range(-(-trials // BLOCK))]


def rates(trials: int, *, workers: int = 1) -> list[Rate]:
    """All rates from this many trials each."""
    known, found = formulas(), []
    with ProcessPoolExecutor(workers) as pool:
        run: Callable[..., Any] = pool.map if workers > 1 else map
        numbers, sizes = zip(*blocks(trials), strict=True)
        for scenario, truth in SCENARIOS.items():
            total = dict.fromkeys(TESTS, 0)
            for part in run(hits, numbers, sizes, [scenario] * len(numbers)):
                for name, count in part.items():
                    total[name] += count
            for name, what in TESTS.items():
                nominal = None if scenario == "delayed" else LEVEL
                if name == "max_combo_two" and nominal:
                    nominal = 2 * LEVEL
                if name == "milestone" and scenario == "strata":
                    continue  # the milestone is never stratified
                formula = known.get(name) if scenario == "delayed" else None
                words = "hazard ratios 1, 0.85, 0.7225" if name == "trend" and scenario == "delayed" else truth
                found.append(Rate(what, total[name] / trials, nominal, trials, truth=words, formula=formula))
        held = np.sum(list(run(covers, numbers, sizes)), axis=0)
    for count, words in zip(held, (SCENARIOS["delayed"], f"{SCENARIOS['delayed']}, whole weeks"), strict=True):
        found.append(Rate("Average hazard ratio, 95% limits", count / trials, 0.95, trials, truth=words))
    return found


def page(found: list[Rate]) -> str:
    """The page of the documentation."""
    trials = found[0].trials
    rows = [
        f"| {one.what} | {one.truth} | {'' if one.nominal is None else f'{one.nominal:g}'} | {one.rate:.4f} | "
        f"{one.error:.4f} | {'' if one.nominal is None else 'yes' if one.fine else 'no'} | "
        f"{'' if one.formula is None else f'{one.formula:.3f}'} |"
        for one in found
    ]
    return f"""# Calibration: weighted log-rank tests

{trials:,} simulated trials a row, by `python benchmarks/calibration_weighted_tests.py --trials {trials} --write`. An
error is one Monte Carlo standard error; a rate passes within three of them.

{N} patients in two arms (three for the trend), median 10 months in the control of one stratum and hazards
{FRAILTY[1]:g} times as high in the other, follow-up of 12 to 30 months. Tests are one-sided at {LEVEL:g} unless said
otherwise. The last column is the power by the asymptotic formula: integrals of drift and information over follow-up,
and for MaxCombo a normal vector with these drifts. The average hazard ratio up to {HORIZON:g} months is
{true_average():.4f} here; its row says how often 95% limits hold it.

| Test | Truth | Nominal | Rate | Error | Within 3 | Formula |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}
"""


def main() -> None:
    """Run, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    text = page(rates(chosen.trials, workers=chosen.workers))
    print(text)
    if chosen.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
