"""How often tests of an analysis of covariance reject, and its limits cover, in simulated trials.

    python benchmarks/calibration_ancova.py --trials 10000 --write

writes docs/calibration/ancova.md. Each trial goes the way of a real one from the subjects at the visit on: design, fit,
functions and tests. The peer of the power is the noncentral F distribution, given each trial's design.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from monte_carlo import Rate

from equipoise.analysis.ancova_design import design_of
from equipoise.kernels.linear_model import f_test, fit_linear, linear_functions, term_functions
from equipoise.protocol.loading import loads_protocol

SEED = 20261124
BLOCK = 500
TRUE = 2.0
DOSES = np.array([0.0, 54.0, 81.0])
TRIAL = """
equipoise: 1
trial: {id: T, title: Simulated}
arms:
  p: {label: Placebo, role: control}
  low: {label: Low, role: experimental}
  high: {label: High, role: experimental}
factors: {site: {label: Site, column: SITE, levels: [a, b, c, d, e]}}
populations: {itt: {arm: planned}}
endpoints: {y: {kind: continuous, label: Y, better: lower, source: {table: ADQS, PARAMCD: Y}}}
analysis:
  m: {endpoint: y, population: itt, at: V, model: {covariates: [site], margins: MARGINS}}
"""
PROTOCOLS = {margins: loads_protocol(TRIAL.replace("MARGINS", margins)) for margins in ("equal", "observed")}
RATES = {
    "pair": ("t test of one contrast, size", 0.05),
    "joint": ("F test of three arms, size", 0.05),
    "slope": ("t test of the slope over dose, size", 0.05),
    "term": ("F test of a factor of five levels, size", 0.05),
    "interaction": ("F test of treatment by factor, size", 0.05),
    "one_sided": ("One-sided t test at 0.025, size", 0.025),
    "tiny": ("t test of one contrast in 12 subjects, size", 0.05),
    "difference": ("95% limits of a difference, coverage", 0.95),
    "equal": ("95% limits of a least-squares mean, equal weights, coverage", 0.95),
    "observed": ("95% limits of a least-squares mean, observed weights, coverage", 0.95),
    "hc3": ("HC3: 95% limits of a difference, variances 1 : 4 : 9, coverage", 0.95),
    "power": ("t test of one contrast, power", None),
    "model": ("One residual variance in the trials of HC3, coverage", None),
    "skew": ("t test of one contrast, errors exponential, size", None),
}


def subjects(rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Subjects at the visit: arms of given sizes, sites of unequal size, a value at baseline."""
    arm = np.repeat(np.arange(len(sizes)), sizes)
    site = rng.choice(5, arm.size, p=[0.35, 0.25, 0.2, 0.12, 0.08])
    return {"arm": arm, "site": site, "baseline": rng.normal(24.0, 10.0, arm.size)}


def designed(found: dict[str, Any], y: np.ndarray, margins: str = "equal") -> Any:
    """The design of one trial, made as the analysis makes it."""
    import polars as pl

    protocol = PROTOCOLS[margins]
    frame = pl.DataFrame(
        {
            "arm": found["arm"].astype(np.int32),
            "site": np.array(list("abcde"))[found["site"]],
            "baseline": found["baseline"],
            "value": y,
        }
    )
    return design_of(protocol, protocol.analysis["m"], frame)  # type: ignore[arg-type]


def contrast(found: dict[str, Any], y: np.ndarray, variance: Any = "model") -> Any:
    """High against placebo."""
    design = designed(found, y)
    return linear_functions(fit_linear(design.x, design.y, variance=variance), design.difference(2, 0))


def inside(found: Any, truth: float) -> bool:
    """Whether the limits hold the truth."""
    return bool(found.lower[0] <= truth <= found.upper[0])


def null(rng: np.random.Generator) -> dict[str, float]:
    """A trial without any effect of treatment, and one whose sites do not differ either."""
    found = subjects(rng, (60, 45, 30))
    noise = rng.normal(0.0, 5.0, found["arm"].size)
    plain = 0.3 * found["baseline"] + noise
    y = plain + np.array([0.0, 2.0, -1.0, 3.0, 0.5])[found["site"]]
    design = designed(found, y)
    fit = fit_linear(design.x, design.y)
    pair = linear_functions(fit, design.difference(2, 0))
    rows = np.vstack([design.difference(1, 0), design.difference(2, 0)])
    dose = design.with_dose(DOSES)
    slope = linear_functions(fit_linear(dose, design.y), np.eye(1, dose.shape[1], 1))
    flat = designed(found, plain)
    columns = np.array(flat.terms["site"])
    products = [design.x[:, i] * design.x[:, j] for i in (1, 2) for j in design.terms["site"]]
    full = np.column_stack([design.x, *products])
    last = np.arange(design.x.shape[1], full.shape[1])
    few = subjects(rng, (4, 4, 4))
    few["site"] = np.zeros(12, dtype=int)
    return {
        "pair": pair.p_two_sided[0] < 0.05,
        "one_sided": pair.p_lower[0] < 0.025,
        "joint": f_test(fit, rows).p < 0.05,
        "slope": slope.p_two_sided[0] < 0.05,
        "term": f_test(fit_linear(flat.x, flat.y), term_functions(flat.x, columns)).p < 0.05,
        "interaction": f_test(fit_linear(full, design.y), term_functions(full, last)).p < 0.05,
        "tiny": contrast(few, rng.normal(size=12)).p_two_sided[0] < 0.05,
        "skew": contrast(found, rng.exponential(5.0, noise.size)).p_two_sided[0] < 0.05,
    }


def effect(rng: np.random.Generator) -> dict[str, float]:
    """A trial with effects: limits, power beside its theory given the design, and unequal variances."""
    from scipy.special import ncfdtr, stdtrit

    found = subjects(rng, (60, 45, 30))
    sites, means = np.array([0.0, 2.0, -1.0, 3.0, 0.5]), np.array([2.0, 1.0, 2.0 - TRUE])
    mean = means[found["arm"]] + sites[found["site"]] + 0.3 * found["baseline"]
    noise = rng.normal(size=mean.size)
    out: dict[str, float] = {}
    for margins in ("equal", "observed"):
        design = designed(found, mean + 5.0 * noise, margins)
        fit = fit_linear(design.x, design.y)
        present = np.unique(found["site"])
        weight = sites[present].mean() if margins == "equal" else sites[found["site"]].mean()
        truth = means[0] + weight + 0.3 * found["baseline"].mean()
        out[margins] = inside(linear_functions(fit, design.mean_of(0)), truth)
    pair = linear_functions(fit, design.difference(2, 0))
    out["difference"], out["power"] = inside(pair, -TRUE), float(pair.p_two_sided[0] < 0.05)
    shift = (TRUE * 5.0**-1 / (pair.se[0] / math.sqrt(fit.variance))) ** 2
    out["theory"] = 1.0 - float(ncfdtr(1, fit.df, shift, stdtrit(fit.df, 0.975) ** 2))
    uneven = mean + np.array([2.0, 4.0, 6.0])[found["arm"]] * noise
    out["hc3"] = inside(contrast(found, uneven, "hc3"), -TRUE)
    out["model"] = inside(contrast(found, uneven), -TRUE)
    return out


def block(number: int, trials: int) -> dict[str, float]:
    """Sums over some trials."""
    rng = np.random.Generator(np.random.Philox(key=[SEED, number]))
    sums = dict.fromkeys([*RATES, "theory"], 0.0)
    for _ in range(trials):
        for name, hit in {**null(rng), **effect(rng)}.items():
            sums[name] += float(hit)
    return sums


def sizes(trials: int) -> list[int]:
    """Blocks, so that the answer does not depend on the number of workers."""
    return [min(BLOCK, trials - start) for start in range(0, trials, BLOCK)]


def calibrate(trials: int, *, workers: int = 1) -> list[Rate]:
    """All rates.

    Args:
        trials: Number of trials.
        workers: Processes.
    """
    blocks = sizes(trials)
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            parts = list(pool.map(block, range(len(blocks)), blocks))
    else:
        parts = [block(number, size) for number, size in enumerate(blocks)]
    total = {name: sum(part[name] for part in parts) / trials for name in parts[0]}
    nominal = {name: (total["theory"] if name == "power" else wanted) for name, (_, wanted) in RATES.items()}
    return [Rate(words, total[name], nominal[name], trials) for name, (words, _) in RATES.items()]


def page(rates: list[Rate]) -> str:
    """The page of the documentation.

    Args:
        rates: What `calibrate` found.
    """
    trials = rates[0].trials

    def line(rate: Rate) -> str:
        known = rate.nominal is not None
        nominal = f"{rate.nominal:.4g}" if known else ""
        passed = ("yes" if rate.fine else "no") if known else ""
        return f"| {rate.what} | {nominal} | {rate.rate:.4f} | {rate.error:.4f} | {passed} |"

    return "\n".join(
        [
            "# Calibration: analysis of covariance",
            "",
            f"{trials:,} simulated trials a row, by",
            f"`python benchmarks/calibration_ancova.py --trials {trials} --write`.",
            "An error is one Monte Carlo standard error; a rate passes within three of them.",
            "",
            "Three arms of 60, 45 and 30, five sites of unequal size, a value at baseline with slope 0.3, normal",
            "errors with SD 5; tests at two-sided 0.05 where nothing else is said. The power is that of a difference",
            "of 2 and is held against the noncentral F distribution, averaged over the trials' designs.",
            "",
            "| What | Nominal | Found | Error | Within 3 |",
            "|---|---|---|---|---|",
            *map(line, rates),
            "",
            "Rows without a nominal value show what happens where an assumption does not hold: one residual variance",
            "where the smallest arm has the largest, and errors that are skewed.",
            "",
        ]
    )


def main() -> None:
    """Run, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = page(calibrate(options.trials, workers=options.workers))
    print(text)
    if options.write:
        target = Path(__file__).parents[1] / "docs" / "calibration" / "ancova.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
