"""Trials a second of the reference trial, beside what other packages do of it in the same run.

    python benchmarks/simulation_speed.py            # what is installed takes part
    python benchmarks/simulation_speed.py --write    # and write docs/benchmarks-simulation.md

518 patients 1:1, uniform accrual over 49 months, control median 29.1 months, hazard ratio 0.75, dropout hazard 0.01 a
month, cut at 330 events, log-rank z: one look, one look with the Cox hazard ratio, two looks (165 and 330 events).
Rates are of processor time, everybody's best of several rounds, so that other work on the machine counts little; that
of two threads is of the clock. Compiling is not counted. 1,000 of the timed trials are made again, patient by patient,
and held against the kernels of one data set: event counts and cut, z and the hazard ratio. Python packages that have no
trials of their own get patients that numpy makes, and the cut that it finds.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from equipoise.kernels.cox import cox
from equipoise.kernels.log_rank import log_rank
from equipoise.kernels.philox import philox4x32
from equipoise.kernels.sim.two_arms import two_arm_unit
from equipoise.kernels.sim.two_arms_spec import TwoArmLooks, TwoArms, new_looks, two_arms

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks-simulation.md"
MONTH = 30.4375
N, ACCRUAL, EVENTS = 518, 49 * MONTH, (165, 330)
HAZARD, RATIO, LOSS = math.log(2.0) / 29.1 / MONTH, 0.75, 0.01 / MONTH
KEY = (20261123, 5)
UNIT, ROUNDS = 4096, 40
TASKS = {
    "one": "one look, z",
    "cox": "one look, z and Cox hazard ratio",
    "two": "two looks, z",
}
PEERS = ("survival", "statsmodels", "greenwood", "lifelines")

R = r"""
has <- function(p) suppressWarnings(suppressMessages(requireNamespace(p, quietly = TRUE)))
h <- log(2) / 29.1
tell <- function(task, package, n, seconds, power) cat(sprintf(
  '{"task": "%s", "package": "%s %s", "rate": %.6g, "power": %.6g}\n', task, package, packageVersion(package),
  n / seconds, power))
timed <- function(task, package, n, f) try({
  f(min(n, 20))
  best <- Inf
  for (i in 1:3) { s <- sum(proc.time()[1:2]); power <- f(n); best <- min(best, sum(proc.time()[1:2]) - s) }
  tell(task, package, n, best, power)
}, silent = TRUE)
if (has("rpact")) {
  suppressMessages(library(rpact))
  run <- function(design, events) function(n) getSimulationSurvival(design, lambda2 = h, hazardRatio = 0.75,
    dropoutRate1 = 1 - exp(-0.12), dropoutRate2 = 1 - exp(-0.12), dropoutTime = 12, accrualTime = c(0, 49),
    maxNumberOfSubjects = 518, plannedEvents = events, directionUpper = FALSE, maxNumberOfIterations = n,
    seed = 1)$overallReject
  timed("one", "rpact", 4000, run(getDesignGroupSequential(kMax = 1, alpha = 0.025), 330))
  timed("two", "rpact", 4000, run(getDesignGroupSequential(kMax = 2, alpha = 0.025, typeOfDesign = "asOF"),
    c(165, 330)))
}
if (has("lrstat")) {
  suppressMessages(library(lrstat))
  run <- function(events, values) function(n) { s <- lrsim(kMax = length(events), criticalValues = values,
    accrualTime = 0, accrualIntensity = 518 / 49, piecewiseSurvivalTime = 0, lambda1 = 0.75 * h, lambda2 = h,
    gamma1 = 0.01, gamma2 = 0.01, accrualDuration = 49, followupTime = 1000, fixedFollowup = FALSE, rho1 = 0, rho2 = 0,
    plannedEvents = events, maxNumberOfIterations = n, seed = 1); s$overview$overallReject }
  timed("one", "lrstat", 8000, run(330, qnorm(0.975)))
  timed("two", "lrstat", 8000, run(c(165, 330), c(2.963, 1.969)))
}
if (has("simtrial")) timed("one", "simtrial", 60, function(n) mean(simtrial::sim_fixed_n(n_sim = n, sample_size = 518,
  target_event = 330, enroll_rate = data.frame(stratum = "All", duration = 49, rate = 518 / 49),
  fail_rate = data.frame(stratum = "All", duration = 1000, fail_rate = h, hr = 0.75, dropout_rate = 0.01),
  total_duration = 1000, timing_type = 2)$z > qnorm(0.975)))
if (has("survival")) {
  library(survival)
  arm <- rep(0:1, 259)
  one <- function(task) { e <- runif(518, 0, 49); t <- rexp(518, h * ifelse(arm == 1, 0.75, 1)); d <- rexp(518, 0.01)
    y <- sort((e + t)[t <= d]); cut <- if (length(y) >= 330) y[330] else max(e + pmin(t, d))
    use <- e <= cut; event <- (t <= d & e + t <= cut)[use]; time <- ifelse(event, t[use], pmin(d, cut - e)[use])
    if (task == "cox") coxph(Surv(time, event) ~ arm[use])
    s <- survdiff(Surv(time, event) ~ arm[use]); (s$exp[2] - s$obs[2]) / sqrt(s$var[2, 2]) }
  for (task in c("one", "cox")) timed(task, "survival", 200,
    function(n) mean(replicate(n, one(task)) > qnorm(0.975)))
}
"""


def reference(task: str) -> TwoArms:
    """The reference trial with the looks of a task."""
    hazards = [((math.inf,), (HAZARD * ratio,)) for ratio in (1.0, RATIO)]
    loss = ((math.inf,), (LOSS,))
    return two_arms(
        KEY,
        N,
        (0, 1),
        ((ACCRUAL,), (N / ACCRUAL,)),
        (hazards[0], hazards[1]),
        (loss, loss),
        events=EVENTS if task == "two" else EVENTS[1:],
        estimate=task == "cox",
    )


def rate(task: str) -> float:
    """Trials a second of processor time on one thread, the best of several rounds of one unit."""
    spec = reference(task)
    out = new_looks(UNIT, spec.events.size)
    two_arm_unit(spec, 0, 8, out)
    best = math.inf
    for _ in range(ROUNDS):
        start = time.thread_time()
        two_arm_unit(spec, 0, UNIT, out)
        best = min(best, time.thread_time() - start)
    return UNIT / best


def scaling(task: str) -> float:
    """By how much two threads are faster than one, by the clock: each has units of its own."""
    spec = reference(task)
    outs = [new_looks(UNIT, spec.events.size) for _ in range(2)]

    def work(which: int) -> None:
        two_arm_unit(spec, which * UNIT, (which + 1) * UNIT, outs[which])

    best = [math.inf, math.inf]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            for threads in (1, 2):
                start = time.perf_counter()
                list(pool.map(work, range(threads)))
                best[threads - 1] = min(best[threads - 1], time.perf_counter() - start)
    return 2.0 * best[0] / best[1]


def patients(trial: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entry, time and dropout of a trial's patients, by the plain source of the words and numpy's logarithm."""
    i = np.arange(N)
    words = philox4x32(i, 0 * i, 0 * i + (trial & 0xFFFFFFFF), 0 * i + (trial >> 32), *KEY)
    tails = [(words[3] >> shift) & 1023 for shift in (22, 12, 2)]
    u = [((word << 10 | tail) + 0.5) * 2.0**-42 for word, tail in zip(words[:3], tails, strict=True)]
    return ACCRUAL * u[2], -np.log(u[0]) / (HAZARD * np.where(i % 2, RATIO, 1.0)), -np.log(u[1]) / LOSS


def look(
    entry: np.ndarray, span: np.ndarray, lost: np.ndarray, events: int
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """The cut at so many events, or where nothing more is seen, and time, event and arm of those enrolled by then."""
    seen = np.sort((entry + span)[span <= lost])
    cut = float(seen[events - 1]) if seen.size >= events else float((entry + np.minimum(span, lost)).max())
    event = (span <= lost) & (entry + span <= cut)
    here = entry <= cut
    observed = np.where(event, span, np.minimum(lost, cut - entry))
    return cut, observed[here], event[here], (np.arange(N) % 2)[here]


def checked(trials: int) -> dict[str, float]:
    """Largest differences of timed trials from the same trials made again; nothing of their order is left out."""
    worst = dict.fromkeys(("cut", "events", "z", "log hazard ratio", "its error"), 0.0)
    outs: dict[str, TwoArmLooks] = {}
    for task in ("cox", "two"):
        outs[task] = new_looks(trials, 2 if task == "two" else 1)
        two_arm_unit(reference(task), 0, trials, outs[task])
    for trial in range(trials):
        made = patients(trial)
        for task, out in outs.items():
            for k, events in enumerate(EVENTS if task == "two" else EVENTS[1:]):
                if not out.held[trial, k]:
                    continue
                cut, observed, event, arm = look(*made, events)
                test = log_rank(observed, event, arm)
                apart = {"cut": out.cut[trial, k] / cut - 1.0}
                apart["events"] = float(np.abs(out.events[trial, k] - np.bincount(arm[event], minlength=2)).max())
                apart["z"] = -out.score[trial, k] / math.sqrt(out.variance[trial, k]) - test.z
                if task == "cox":
                    fit = cox(observed, event, arm, tol=1e-12)
                    apart["log hazard ratio"] = out.estimate[trial, k] - fit.coef[0]
                    apart["its error"] = out.se[trial, k] - fit.se[0]
                for name, value in apart.items():
                    worst[name] = max(worst[name], abs(float(value)))
    return worst


def answers(trials: int) -> dict[str, float]:
    """Power, geometric mean hazard ratio, and trials that never come to 330 events, of many trials."""
    spec, out = reference("cox"), new_looks(UNIT, 1)
    rejected = never = total = 0.0
    for first in range(0, trials, UNIT):
        some = min(UNIT, trials - first)
        two_arm_unit(spec, first, first + some, out)
        z = -out.score[:some, 0] / np.sqrt(out.variance[:some, 0])
        rejected += float((z > 1.959963984540054).sum())
        never += float((out.reached[:some, 0] == 0).sum())
        total += float(out.estimate[:some, 0].sum())
    power = rejected / trials
    return {
        "trials": trials,
        "power": power,
        "its error": math.sqrt(power * (1.0 - power) / trials),
        "geometric mean hazard ratio": math.exp(total / trials),
        "never 330 events": never / trials,
    }


def _survival() -> dict[str, Callable[..., Any]]:
    from survival import regression, surv_analysis

    return {
        "one": lambda t, e, a: surv_analysis.survdiff(t, e.astype(np.int32), a.astype(np.int32)).chisq,
        "cox": lambda t, e, a: regression.coxph_fit_raw(t, e.astype(np.int32), a[:, None].astype(float), resid=False),
    }


def _statsmodels() -> dict[str, Callable[..., Any]]:
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.duration.survfunc import survdiff

    return {
        "one": lambda t, e, a: survdiff(t, e, a)[0],
        "cox": lambda t, e, a: PHReg(t, a[:, None].astype(float), status=e, ties="efron").fit(disp=0).params,
    }


def _greenwood() -> dict[str, Callable[..., Any]]:
    from greenwood import CoxPH, Surv, logrank_test

    return {
        "one": lambda t, e, a: logrank_test(Surv(t, event=e), a).statistic,
        "cox": lambda t, e, a: CoxPH().fit(Surv(t, event=e), a[:, None].astype(float)).coef_,
    }


def _lifelines() -> dict[str, Callable[..., Any]]:
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.statistics import logrank_test

    return {
        "one": lambda t, e, a: logrank_test(t[a == 0], t[a == 1], e[a == 0], e[a == 1]).test_statistic,
        "cox": lambda t, e, a: CoxPHFitter().fit(pd.DataFrame({"t": t, "e": e, "a": a}), "t", "e").params_,
    }


def python_peers(seconds: float) -> list[dict[str, Any]]:
    """Trials a second where numpy makes the patients and a package tests them; with Cox it does both."""
    found = []
    random = np.random.default_rng(1)
    mean = 1.0 / (HAZARD * np.where(np.arange(N) % 2, RATIO, 1.0))
    for name in PEERS:
        if not importlib.util.find_spec(name):
            continue
        calls = globals()[f"_{name}"]()
        for task in ("one", "cox", "two"):

            def trial(task: str = task, calls: dict[str, Callable[..., Any]] = calls) -> None:
                made = random.random(N) * ACCRUAL, random.exponential(mean), random.exponential(1.0 / LOSS, N)
                for events in EVENTS if task == "two" else EVENTS[1:]:
                    _, observed, event, arm = look(*made, events)
                    calls["one"](observed, event, arm)
                    if task == "cox":
                        calls["cox"](observed, event, arm)

            trial()
            start = time.process_time()
            trial()
            batch = max(1, int(0.1 * seconds / max(time.process_time() - start, 1e-5)))
            best, rounds = math.inf, 0
            while rounds < 10 and (rounds < 2 or time.process_time() - start < seconds):
                begin = time.process_time()
                for _ in range(batch):
                    trial()
                best = min(best, (time.process_time() - begin) / batch)
                rounds += 1
            package = f"{name} {importlib.metadata.version(name)}"
            found.append({"task": task, "package": package, "rate": 1.0 / best, "power": None})
    return found


def r_peers() -> list[dict[str, Any]]:
    """What R's packages say."""
    if shutil.which("Rscript") is None:
        return []
    done = subprocess.run(["Rscript", "-e", R], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for one in found:
        one["package"] = f"R {one['package']}"
    return found


def page(result: dict[str, Any]) -> list[str]:
    """The tables."""
    own, lines = result["rates"], ["| | trials a second, one thread | two threads, ratio |", "|---|---|---|"]
    for task, label in TASKS.items():
        lines.append(f"| {label} | {own[task][0]:,.0f} | {own[task][1]:.2f} |")
    lines += ["", "| package | what | trials a second | ours / theirs |", "|---|---|---|---|"]
    for one in sorted(result["peers"], key=lambda one: (list(TASKS).index(one["task"]), -one["rate"])):
        times = own[one["task"]][0] / one["rate"]
        lines.append(f"| {one['package']} | {TASKS[one['task']]} | {one['rate']:,.0f} | {times:,.0f} |")
    lines += [
        "",
        f"Largest differences of {result['checked']:,} of the timed trials from the same trials made again:",
        "",
    ]
    lines += [f"- {name}: {value:.1e}" for name, value in result["differences"].items()]
    found = result["answers"]
    lines += [
        "",
        f"Over {found['trials']:,} trials: power {found['power']:.4f} (Monte Carlo error {found['its error']:.4f}),",
        f"geometric mean hazard ratio {found['geometric mean hazard ratio']:.4f};",
        f"{found['never 330 events']:.1%} of the trials never come to 330 events. They are analyzed when the last",
        "thing is seen, with all the alpha that is left; a package that ends them without a rejection shows a power",
        "lower by 0.03.",
        "",
        f"Memory: {result['memory before']:.0f} MiB before the trials, {result['memory after']:.0f} MiB after.",
    ]
    return lines


def main() -> int:
    """Measure, check, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1_000_000, help="trials whose power is said")
    parser.add_argument("--check", type=int, default=1_000, help="timed trials that are made again")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds allowed to each Python package and task")
    parser.add_argument("--json", type=Path, help="also write every number to this file")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    rates = {task: [rate(task), scaling(task)] for task in TASKS}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = answers(options.trials)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "rates": rates,
        "answers": found,
        "memory before": before,
        "memory after": after,
        "checked": options.check,
        "differences": checked(options.check),
        "peers": r_peers() + python_peers(options.seconds),
    }
    lines = page(result)
    print("\n".join(lines))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.write:
        head = [
            "# Benchmarks of simulation",
            "",
            f"Written by `python benchmarks/simulation_speed.py --write`, on {os.cpu_count()} cores "
            f"({platform.machine()}, Python {platform.python_version()}).",
            "The reference trial: 518 patients 1:1, uniform accrual over 49 months, control median 29.1 months, hazard",
            "ratio 0.75, dropout hazard 0.01 a month, cut at 330 events (two looks: 165 and 330). Trials a second of",
            "processor time, the best of several rounds, patients and cut included, compiling not. Packages that",
            "simulate no trials get patients from numpy, or in R from its own functions, in a loop. Numbers depend on",
            "the machine; ratios less.",
            "",
        ]
        PAGE.write_text("\n".join(head + lines) + "\n", encoding="utf-8")
    differences = result["differences"]
    return int(differences["events"] > 0 or any(value > 1e-10 for value in differences.values()))


if __name__ == "__main__":
    raise SystemExit(main())
