"""How often predicted intervals hold the date of the final event, in simulated trials.

    python benchmarks/prediction.py --trials 2000 --write

writes docs/calibration/prediction.md. Every trial is simulated to its final event, then cut at the date on which 25,
50 and 75% of the events were in, and predicted from each cut as `equipoise monitor` would. `--keep FILE` keeps what is
done, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equipoise.monitoring.observed import Observed
from equipoise.monitoring.prediction import LEVELS, predict_events

SEED = 20261127
DRAWS = 400
CUTS = (0.25, 0.5, 0.75)
BLOCK = 50
SCANS = 56.0
Times = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Scenario:
    """A world to predict.

    Attributes:
        words: What is special about it.
        times: Draws event times of all arms together, in days.
        target: The final event.
        patients: Patients at which enrollment stops.
        spread: Shape of the gamma distribution of sites' rates.
        late: Share of sites that open between day 270 and 540; the others open in the first 180 days.
        scans: Whether progressions are found at scans, every 56 days.
    """

    words: str
    times: Times
    target: int = 240
    patients: int = 400
    spread: float = 2.0
    late: float = 0.0
    scans: bool = False


def weibull(shape: float, median: float) -> Times:
    scale = median / math.log(2.0) ** (1.0 / shape)
    return lambda rng, n: scale * rng.weibull(shape, n)


def cured(rng: np.random.Generator, n: int) -> np.ndarray:
    """A quarter is cured; the others are Weibull 1.2 with median 240 days."""
    return np.where(rng.uniform(size=n) < 0.25, math.inf, weibull(1.2, 240.0)(rng, n))


def delayed(rng: np.random.Generator, n: int) -> np.ndarray:
    """Half have hazard ratio 1 for 120 days and 0.6 then, against a median of 300 days."""
    x = rng.standard_exponential(n) * 300.0 / math.log(2.0)
    late = 120.0 + (x - 120.0) / 0.6
    return np.where((rng.uniform(size=n) < 0.5) & (x > 120.0), late, x)


def scanned(rng: np.random.Generator, n: int) -> np.ndarray:
    """Progression (Weibull 1.2, median 330) is found at the next scan within 3 days of plan; deaths on their day."""
    progression, death = weibull(1.2, 330.0)(rng, n), rng.exponential(1800.0, n)
    found = np.maximum(SCANS * np.ceil(progression / SCANS) + rng.integers(-3, 4, n), 1.0)
    return np.minimum(found, death)


SCENARIOS = {
    "weibull_0.75": Scenario("Weibull, shape 0.75, median 12 months", weibull(0.75, 365.0)),
    "weibull_1.4": Scenario("Weibull, shape 1.4, median 12 months", weibull(1.4, 365.0)),
    "cure": Scenario("A quarter cured, the others Weibull 1.2 with median 8 months", cured, target=200),
    "delayed": Scenario("Two arms pooled, hazard ratio 1 for 4 months, then 0.6", delayed),
    "scans": Scenario("Progression found at scans every 8 weeks, deaths on their day", scanned, scans=True),
    "unequal": Scenario("Rates of sites gamma with shape 0.5; exponential times", weibull(1.0, 365.0), spread=0.5),
    "late": Scenario("4 of 10 sites open between month 9 and 18; exponential times", weibull(1.0, 365.0), late=0.4),
    "cap": Scenario("Enrollment stops at 300 patients; exponential times", weibull(1.0, 365.0), 200, 300),
}


@dataclass(frozen=True)
class Trial:
    """A trial that ran to its end: (n,) entries, events, losses (from entry, infinite for never) and sites."""

    entry: np.ndarray
    event: np.ndarray
    loss: np.ndarray
    site: np.ndarray
    site_open: np.ndarray

    @property
    def dates(self) -> np.ndarray:
        """Dates of the events that are seen, in order."""
        return np.sort(np.where(self.event <= self.loss, self.entry + self.event, math.inf))


def simulate(scenario: Scenario, rng: np.random.Generator) -> Trial:
    """A trial of 30 sites that enroll about 0.85 patients a day when all are open."""
    sites = 30
    opening = np.sort(rng.uniform(0.0, 180.0, sites))
    late = rng.permutation(sites) < round(scenario.late * sites)
    opening[late] = rng.uniform(270.0, 540.0, late.sum())
    rates = rng.gamma(scenario.spread, 0.85 / sites / scenario.spread, sites)
    rates *= 1.0 / (1.0 - 0.5 * scenario.late)
    entries, codes = [], []
    for s in range(sites):
        count = rng.poisson(rates[s] * 5000.0)
        entries.append(opening[s] + np.sort(rng.uniform(0.0, 5000.0, count)))
        codes.append(np.full(count, s))
    entry, site = np.concatenate(entries), np.concatenate(codes)
    order = np.argsort(entry)[: scenario.patients]
    entry, site, n = entry[order], site[order], order.size
    start = entry[0]
    event, loss = scenario.times(rng, n), rng.exponential(4000.0, n)
    return Trial(entry - start, event, loss, site, opening - start)


def cut_at(trial: Trial, scenario: Scenario, cut: float) -> Observed:
    """The trial as seen at a cut."""
    known = trial.entry <= cut
    entry, event, loss = trial.entry[known], trial.event[known], trial.loss[known]
    time = np.minimum(np.minimum(event, loss), cut - entry)
    seen = (event <= time) & (entry + event <= cut)
    return Observed(
        entry=entry, time=time, event=seen, dropout=~seen & (loss <= time), cut=cut, site=trial.site[known],
        site_open=trial.site_open, planned_patients=scenario.patients, scans=(SCANS,) if scenario.scans else None,
    )  # fmt: skip


def predictions(name: str, number: int, model: Any = "average", draws: int = DRAWS) -> list[list[float]]:
    """One trial: for each cut, the final date's place (0 inside, -1 below, 1 above) by level, width and error."""
    scenario = SCENARIOS[name]
    rng = np.random.Generator(np.random.Philox(key=[SEED + list(SCENARIOS).index(name), number]))
    trial = simulate(scenario, rng)
    dates = trial.dates
    final = dates[scenario.target - 1]
    out = []
    for share in CUTS:
        cut = float(dates[math.ceil(share * scenario.target) - 1])
        found = predict_events(
            cut_at(trial, scenario, cut), targets=[scenario.target], model=model, draws=draws, seed=number
        ).dates[0]
        places = [float(final > b) - float(final < a) for a, b in zip(found.lower, found.upper, strict=True)]
        error = found.median - final if math.isfinite(found.median) and math.isfinite(final) else math.nan
        out.append([*places, found.upper[2] - found.lower[2], error, found.never])
    return out
