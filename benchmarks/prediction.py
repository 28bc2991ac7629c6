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
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from equipoise.kernels.site_rates import arrival_times
from equipoise.kernels.survival_posterior import SurvivalDraws
from equipoise.monitoring.observed import Observed
from equipoise.monitoring.prediction import LEVELS, PredictedDate, event_dates, future_dates, predict_events
from equipoise.rng import stream

SEED = 20261127
DRAWS = 400
CUTS = (0.25, 0.5, 0.75)
BLOCK = 50
BAR = 0.04
MONTH = 30.4375
PEERS = ("weibull", "exponential", "plug_in")
METHODS = ("average", *PEERS, "average, no scans")
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
    "weibull_0.75": Scenario("Weibull, shape 0.75", weibull(0.75, 365.0)),
    "weibull_1.4": Scenario("Weibull, shape 1.4", weibull(1.4, 365.0)),
    "cure": Scenario("A quarter cured, the others Weibull 1.2 with median 8 months", cured, target=200),
    "delayed": Scenario("Two arms pooled, hazard ratio 1 for 4 months, then 0.6", delayed),
    "scans": Scenario("Progression found at scans every 8 weeks, deaths on their day", scanned, scans=True),
    "unequal": Scenario("Unequal sites, rates gamma with shape 0.5; Weibull 1.2", weibull(1.2, 365.0), spread=0.5),
    "late": Scenario("4 of 10 sites open between month 9 and 18; Weibull 1.2", weibull(1.2, 365.0), late=0.4),
    "cap": Scenario("Enrollment stops at 300 patients; Weibull 1.2", weibull(1.2, 365.0), 200, 300),
    "exponential": Scenario("Exponential", weibull(1.0, 365.0)),
    "cap_exponential": Scenario("Enrollment stops at 300 patients; exponential", weibull(1.0, 365.0), 200, 300),
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


PAGE = """# Calibration: event prediction

How often the intervals of `predict_events` hold the date of the final event, by
`python benchmarks/prediction.py --trials {trials} --write`: {trials:,} simulated trials a scenario, each cut at 25, 50
and 75% of its final number of events, {total:,} predictions with {draws} draws. One Monte Carlo error of a 50%
interval is {error:.1f} points. The bar is 4 points; rates further off are in bold.

400 patients and event 240 where nothing else is said (event 200 with a cured quarter, and with 300 patients). 30 sites
open within 6 months, their rates gamma with shape 2, about 0.85 patients a day in all; losses at 0.75% a month. Medians
are about 12 months. The prediction knows the sites and their opening dates, the planned number of patients, and in one
scenario the schedule of scans; it does not know the law of the times, the rates, or the arms.

| Truth | Cut at | 50% | 80% | 90% | below / above 90%, % | Width of 90%, months | Median error, months |
|---|---|---|---|---|---|---|---|
{lines}

{verdict}

{cause}"Below" is a final event before the interval, "above" one after it. "No upper end": in the median trial the 90%
interval is open, since the event may never come. Tails are not equal: where the hazard rises, predictions at 25% of
events are late by a month or two and most misses lie below; with a cured fraction or a delayed effect, above.

## Against other methods

Coverage of the 90% interval at 25 / 50 / 75% of events; {quarter:,} trials for the others. Plug-in: one exponential
rate, one rate of loss and the sites' mean rate, each taken as known.

| Truth | averaged | Weibull only | exponential only | plug-in exponential |
|---|---|---|---|---|
{peers}

With scans every 8 weeks that the prediction is not told of, the 50, 80 and 90% intervals hold {scans}.

A prediction took {took:.0f} ms (median, {draws} draws) on one core of a busy machine.
"""


CAUSE = """All of them hold the final event too often. An average over models is wider than the one model that is right,
as long as the data have not told them apart: exponential times are Weibull times too, and a falling hazard looks like a
cure.

"""


def plug_in(observed: Observed, target: int, draws: int, seed: int) -> PredictedDate:
    """What is often done: one exponential rate, one rate of loss, the sites' mean rate, each as if it were known."""
    follow_up, known = observed.time.sum(), int(observed.event.sum())
    never = np.full(draws, math.inf)
    curves = SurvivalDraws(np.ones(draws), np.full(draws, follow_up / known), never)
    loss = np.full(draws, max(int(observed.lost.sum()), 1e-9) / follow_up)
    assert observed.site_open is not None
    exposure = np.maximum(observed.cut - observed.site_open, 0.0)
    rates = np.full((draws, exposure.size), observed.entry.size / exposure.sum())
    closing = np.full(exposure.size, math.inf)
    entry = arrival_times(rates, observed.site_open, closing, observed.cut, observed.to_come, stream(seed, "plug-in"))
    return event_dates(observed, future_dates(observed, curves, loss, entry, seed), [target])[0]


def prediction(name: str, number: int, method: str = "average", draws: int = DRAWS) -> list[list[float]]:
    """One trial.

    Args:
        name: Scenario.
        number: Number of the trial.
        method: A model of `predict_events`, `plug_in`, or `average, no scans`.
        draws: Posterior draws.

    Returns:
        For each cut: for each level -1 where the interval lies above the final date, 0 where it holds it, 1 below;
        then width of the 90% interval, median less final date (NaN where one is infinite), and the time it took.
    """
    scenario = SCENARIOS[name]
    rng = np.random.Generator(np.random.Philox(key=[SEED + list(SCENARIOS).index(name), number]))
    trial = simulate(scenario, rng)
    dates = trial.dates
    final = dates[scenario.target - 1]
    out = []
    for share in CUTS:
        observed = cut_at(trial, scenario, float(dates[math.ceil(share * scenario.target) - 1]))
        if method == "average, no scans":
            observed = replace(observed, scans=None)
        start = perf_counter()
        if method == "plug_in":
            found = plug_in(observed, scenario.target, draws, number)
        else:
            model: Any = method.partition(",")[0]
            found = predict_events(observed, targets=[scenario.target], model=model, draws=draws, seed=number).dates[0]
        took = perf_counter() - start
        places = [float(final > b) - float(final < a) for a, b in zip(found.lower, found.upper, strict=True)]
        error = found.median - final if math.isfinite(found.median) and math.isfinite(final) else math.nan
        out.append([*places, found.upper[2] - found.lower[2], error, took])
    return out


def block(name: str, method: str, start: int, stop: int) -> list[list[list[float]]]:
    """Some trials of one scenario."""
    return [prediction(name, number, method) for number in range(start, stop)]


def jobs(trials: int) -> list[tuple[str, str, int, int]]:
    """All blocks: every trial with the default, an eighth of them with what it is compared with."""
    out = []
    for name in SCENARIOS:
        for method in METHODS:
            if method == "average, no scans" and not SCENARIOS[name].scans:
                continue
            size = trials if method == "average" else max(trials // 8, 1)
            out += [(name, method, start, min(start + BLOCK, size)) for start in range(0, size, BLOCK)]
    return out


def calibrate(trials: int, keep: Path | None = None, workers: int = 1) -> dict[tuple[str, str], np.ndarray]:
    """All predictions: for each scenario and method (trials, cuts, 6).

    Args:
        trials: Number of trials a scenario.
        keep: Where finished blocks are kept, one JSON line each.
        workers: Processes.
    """
    done: dict[tuple[Any, ...], Any] = {}
    if keep is not None and keep.exists():
        for line in keep.read_text(encoding="utf-8").splitlines():
            job, rows = json.loads(line)
            done[tuple(job)] = rows
    wanted = jobs(trials)
    left = [job for job in wanted if job not in done]
    pool = ProcessPoolExecutor(workers) if workers > 1 else None
    found = pool.map(block, *zip(*left, strict=True)) if pool and left else (block(*job) for job in left)
    for job, rows in zip(left, found, strict=True):
        done[job] = rows
        if keep is not None:
            with keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps([job, rows]) + "\n")
    out: dict[tuple[str, str], list[Any]] = {}
    for job in wanted:
        out.setdefault((job[0], job[1]), []).extend(done[job])
    return {key: np.array(rows, dtype=np.float64) for key, rows in out.items()}


def coverage(rows: np.ndarray) -> np.ndarray:
    """(cuts, levels) share of intervals that hold the final date."""
    return np.asarray((rows[:, :, :3] == 0).mean(axis=0))


def main_table(found: dict[tuple[str, str], np.ndarray]) -> tuple[list[str], list[tuple[str, bool]]]:
    """Lines of the table of the default method, and what missed, with whether it held too often."""
    lines: list[str] = []
    missed: list[tuple[str, bool]] = []
    for name, scenario in SCENARIOS.items():
        rows = found[name, "average"]
        held = coverage(rows)
        for c, share in enumerate(CUTS):
            cells = []
            for level, rate in zip(LEVELS, held[c], strict=True):
                far = abs(rate - level) > BAR
                cells.append(f"**{100 * rate:.1f}**" if far else f"{100 * rate:.1f}")
                if far:
                    words = f"{scenario.words}, {share:.0%} of events: {100 * rate:.2f} for {level:.0%}"
                    missed.append((words, bool(rate > level)))
            early, late = (rows[:, c, 2] < 0).mean(), (rows[:, c, 2] > 0).mean()
            width, error = np.median(rows[:, c, 3]), np.nanmedian(rows[:, c, 4])
            wide = f"{width / MONTH:.1f}" if math.isfinite(width) else "no upper end"
            label = scenario.words if c == 0 else ""
            tails = f"{100 * early:.1f} / {100 * late:.1f}"
            lines.append(f"| {label} | {share:.0%} | {' | '.join(cells)} | {tails} | {wide} | {error / MONTH:+.1f} |")
    return lines, missed


def peer_table(found: dict[tuple[str, str], np.ndarray]) -> list[str]:
    """Coverage of the 90% interval by other methods, at the three cuts."""
    lines = []
    for name, scenario in SCENARIOS.items():
        cells = []
        for method in ("average", *PEERS):
            held = 100 * coverage(found[name, method])[:, 2]
            cells.append(" / ".join(f"{x:.0f}" for x in held))
        lines.append(f"| {scenario.words} | {' | '.join(cells)} |")
    return lines


def page(found: dict[tuple[str, str], np.ndarray], trials: int) -> str:
    """The page of the documentation."""
    lines, missed = main_table(found)
    took = np.concatenate([rows[:, :, 5].ravel() for (_, method), rows in found.items() if method == "average"])
    quarter = next(rows.shape[0] for (_, method), rows in found.items() if method == "plug_in")
    error = 100 * math.sqrt(0.25 / trials)
    scans = "; ".join(
        f"{share:.0%}: " + ", ".join(f"{100 * x:.0f}" for x in held)
        for share, held in zip(CUTS, coverage(found["scans", "average, no scans"]), strict=True)
    )
    verdict = ["Every rate is within 4 points."] if not missed else ["Further off than 4 points:", ""]
    too_wide = bool(missed) and all(found_above for _, found_above in missed)
    return PAGE.format(
        cause=CAUSE if too_wide else "",
        trials=trials,
        total=trials * len(SCENARIOS) * len(CUTS),
        error=error,
        lines="\n".join(lines),
        verdict="\n".join([*verdict, *(f"- {words}" for words, _ in missed)]),
        peers="\n".join(peer_table(found)),
        quarter=quarter,
        scans=scans,
        draws=DRAWS,
        took=1000 * float(np.median(took)),
    )


def main() -> None:
    """Run, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = page(calibrate(options.trials, options.keep, options.jobs), options.trials)
    print(text)
    if options.write:
        target = Path(__file__).parents[1] / "docs" / "calibration" / "prediction.md"
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
