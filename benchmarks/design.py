"""Times of designs in a running process, beside rpact, gsDesign, lrstat and gsDesign2 where R has them.

    python benchmarks/design.py --write

Four tasks: bounds of five looks by O'Brien-Fleming-type spending; a two-look survival design sized in patients; the
average hazard ratio with two strata at three looks; the power of a two-look MaxCombo test. A call is a mean over many,
the best of several rounds; assumptions differ in their last digits from call to call, so that nothing is remembered.
What R packages return is compared, so that a ratio is of the same work.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from equipoise.design import (
    Accrual,
    Assumptions,
    Group,
    LogRank,
    LookRule,
    MaxCombo,
    OBrienFlemingType,
    Spend,
    Steps,
    Test,
    design,
    efficacy_boundaries,
    info,
    power,
)

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks-design.md"
LAMBDA = math.log(2.0) / 29.1
TASKS = {
    "bounds": ("Five looks, O'Brien-Fleming-type spending", 1.0),
    "two_looks": ("Two-look survival design, sized in patients", 1.0),
    "ahr": ("Average hazard ratio, two strata, three looks", 10.0),
    "max_combo": ("Power of a two-look MaxCombo test", 50.0),
}
R = r"""
has <- function(p) suppressWarnings(suppressMessages(requireNamespace(p, quietly = TRUE)))
out <- list()
timed <- function(task, package, f, n) {
  value <- f()
  best <- min(sapply(1:15, function(i) { t <- proc.time()[["elapsed"]]; for (j in 1:n) f()
    (proc.time()[["elapsed"]] - t) / n * 1000 }))
  cat(sprintf('{"task": "%s", "package": "%s %s", "ms": %.6g, "value": %.12g}\n', task, package,
              packageVersion(package), best, value))
}
lambda <- log(2) / 29.1
if (has("rpact")) {
  library(rpact)
  timed("bounds", "rpact", function() getDesignGroupSequential(typeOfDesign = "asOF",
    informationRates = (1:5) / 5, alpha = 0.025, sided = 1)$criticalValues[5], 5)
  timed("two_looks", "rpact", function() getSampleSizeSurvival(getDesignGroupSequential(typeOfDesign = "asOF",
    informationRates = c(0.5, 1), alpha = 0.025, beta = 0.2, sided = 1), lambda2 = lambda, hazardRatio = 0.75,
    accrualTime = c(0, 24), followUpTime = 18)$maxNumberOfSubjects[1], 5)
}
if (has("gsDesign")) {
  library(gsDesign)
  timed("bounds", "gsDesign", function() gsDesign(k = 5, test.type = 1, alpha = 0.025, sfu = sfLDOF)$upper$bound[5], 20)
  timed("two_looks", "gsDesign", function() { x <- gsSurv(k = 2, test.type = 1, alpha = 0.025, beta = 0.2, sfu = sfLDOF,
    lambdaC = lambda, hr = 0.75, gamma = 10, R = 24, T = 42, minfup = 18); sum(x$eNC[2], x$eNE[2]) }, 20)
}
if (has("lrstat")) {
  library(lrstat)
  timed("bounds", "lrstat", function() getBound(k = 5, informationRates = (1:5) / 5, alpha = 0.025,
    typeAlphaSpending = "sfOF")[5], 20)
  timed("two_looks", "lrstat", function() lrsamplesize(beta = 0.2, kMax = 2, informationRates = c(0.5, 1),
    alpha = 0.025, typeAlphaSpending = "sfOF", accrualIntensity = NA, lambda1 = 0.75 * lambda, lambda2 = lambda,
    accrualDuration = 24, followupTime = 18)$resultsUnderH1$overallResults$numberOfSubjects, 5)
}
if (has("gsDesign2")) {
  library(gsDesign2)
  e <- define_enroll_rate(stratum = c("a", "b"), duration = c(24, 24), rate = c(8, 8))
  f <- define_fail_rate(stratum = c("a", "a", "b", "b"), duration = c(4, 100, 4, 100),
    fail_rate = c(0.06, 0.05, 0.03, 0.02), hr = c(1, 0.6, 1, 0.7), dropout_rate = 0.005)
  timed("ahr", "gsDesign2", function() ahr(e, f, c(18, 30, 42))$ahr[3], 5)
}
"""


_CALL = itertools.count()


def nearly(number: float) -> float:
    """A number whose last digits are others in every call."""
    return number * (1.0 + 1e-13 * next(_CALL))


def survival(hazard_ratio: float = 0.75) -> Assumptions:
    """A trial of 24 months of enrollment."""
    hazard_ratio = nearly(hazard_ratio)
    control = Group("control", "", 0.5, Steps.constant(LAMBDA))
    experimental = Group("experimental", "", 0.5, Steps.constant(hazard_ratio * LAMBDA))
    return Assumptions(Accrual(Steps((24.0,), (10.0,)), 240.0), (control, experimental))


def two_strata() -> Assumptions:
    """Two strata with a delayed effect each."""
    ends, loss = (4.0, math.inf), Steps.constant(nearly(0.005))
    groups = [
        Group(arm, name, 0.25, Steps(ends, tuple(h * r for h, r in zip(hazard, ratio, strict=True))), 0.0, loss)
        for name, hazard, effect in (("a", (0.06, 0.05), (1.0, 0.6)), ("b", (0.03, 0.02), (1.0, 0.7)))
        for arm, ratio in (("control", (1.0, 1.0)), ("experimental", effect))
    ]
    return Assumptions(Accrual(Steps((24.0,), (16.0,)), 384.0), tuple(groups))


def delayed() -> Assumptions:
    """One stratum with an effect after six months."""
    ends, loss = (6.0, math.inf), Steps.constant(nearly(0.001))
    control = Group("control", "", 0.5, Steps.constant(math.log(2.0) / 12.0), 0.0, loss)
    hazard = Steps(ends, (math.log(2.0) / 12.0, 0.6 * math.log(2.0) / 12.0))
    experimental = Group("experimental", "", 0.5, hazard, 0.0, loss)
    return Assumptions(Accrual(Steps((12.0,), (41.0,)), 492.0), (control, experimental))


def calls() -> dict[str, Callable[[], float]]:
    """Each task as a call that returns what is compared."""
    test = Test(0.025, Spend(OBrienFlemingType()))
    looks = (LookRule(fraction=0.5), LookRule(fraction=1.0, follow_up=18.0))
    fifths = (0.2, 0.4, 0.6, 0.8, 1.0)
    combo = MaxCombo(((0.0, 0.0), (0.0, 0.5), (0.5, 0.5)))
    return {
        "bounds": lambda: efficacy_boundaries(fifths, nearly(0.025), Spend(OBrienFlemingType())).efficacy[-1],
        "two_looks": lambda: design(survival(), LogRank(), looks, test, target=0.8, solve="patients").exact,
        "ahr": lambda: info(two_strata(), LogRank("average_hazard_ratio"), times=(18.0, 30.0, 42.0)).effect[-1],
        "max_combo": lambda: power(info(delayed(), combo, times=(24.0, 36.0)), test).power,
    }


def measured(call: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Milliseconds a call, the best of several rounds, and what it returns."""
    value = call()
    start = time.perf_counter()
    call()
    repeat = max(3, int(0.03 / max(time.perf_counter() - start, 1e-5)))
    best = math.inf
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeat):
            call()
        best = min(best, (time.perf_counter() - start) / repeat * 1e3)
    return best, value


def peers() -> list[dict[str, object]]:
    """What R says: task, package, milliseconds a call, value."""
    if shutil.which("Rscript") is None:
        return []
    done = subprocess.run(["Rscript", "-e", R], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> int:
    """Measure, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rounds", type=int, default=101)
    options = parser.parse_args()
    found = peers()
    lines = [
        "| task | ms | bar, ms | peer | peer, ms | peer / ours | values differ by |",
        "|---|---|---|---|---|---|---|",
    ]
    slow = []
    for task, call in calls().items():
        label, bar = TASKS[task]
        ms, value = measured(call, options.rounds)
        slow += [task] if ms > bar else []
        own = [one for one in found if one["task"] == task]
        for one in own:
            ratio, apart = float(str(one["ms"])) / ms, abs(float(str(one["value"])) / value - 1.0)
            lines.append(
                f"| {label} | {ms:.3g} | {bar:g} | {one['package']} | {one['ms']:.3g} | {ratio:.0f} | {apart:.1e} |"
            )
        if not own:
            lines.append(f"| {label} | {ms:.3g} | {bar:g} | - | - | - | - |")
    print("\n".join(lines))
    if slow:
        print(f"above their bar: {', '.join(slow)}", file=sys.stderr)
    if options.write:
        words = [
            "# Benchmarks of designs",
            "",
            f"Written by `python benchmarks/design.py --write`, on {os.cpu_count()} cores ({platform.machine()}, "
            f"Python {platform.python_version()}).",
            "Milliseconds a call in a running process, the best of several rounds; nothing is remembered from call to",
            "call. The bars are a tenth of the fastest of rpact, gsDesign, lrstat and gsDesign2 that was seen;",
            "packages take part where R has them. Numbers depend on the machine; ratios less so.",
            "",
            *lines,
        ]
        PAGE.write_text("\n".join(words) + "\n", encoding="utf-8")
    return int(bool(slow))


if __name__ == "__main__":
    raise SystemExit(main())
