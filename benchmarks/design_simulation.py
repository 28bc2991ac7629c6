"""Statistics at two looks in simulated trials, to hold the asymptotic means and powers of the design room against.

    python benchmarks/design_simulation.py [--trials N] [--only NAME] [--write]

Written from the definitions with plain numpy and sharing nothing with `equipoise.design`; the statistics of the first
trials are compared with the kernels that analyze data. Without `--write` it prints the table; with it, the numbers go
to tests/reference/design_simulation.json. `limits` are from large trials, where Z / sqrt(n) is close to its limit.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np

from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.log_rank import log_rank, modestly_weighted
from equipoise.kernels.rmst import rmst, rmst_contrast

TARGET = Path(__file__).parents[1] / "tests" / "reference" / "design_simulation.json"
BATCH = 500
LARGE = 1_000_000
REPEATS = 10
# name -> enrolment (ends, rates), groups (arm, stratum, patients, hazard ends, hazards, cure, loss), looks, t*, tau
SCENARIOS = {
    "proportional": {
        "accrual": [[24], [20]],
        "groups": [
            ["control", "a", 240, [1e9], [0.06], 0.0, 0.01],
            ["experimental", "a", 240, [1e9], [0.042], 0.0, 0.01],
        ],
        "looks": [20, 36],
        "t_star": 9,
        "tau": 15,
        "bounds": [2.8, 2.3],
    },
    "delayed": {
        "accrual": [[6, 26], [10, 21]],
        "groups": [
            ["control", "a", 160, [1e9], [0.08], 0.0, 0.005],
            ["experimental", "a", 320, [4, 1e9], [0.08, 0.048], 0.0, 0.005],
        ],
        "looks": [22, 38],
        "t_star": 6,
        "tau": 18,
        "bounds": [2.8, 2.3],
    },
    "crossing": {
        "accrual": [[20], [30]],
        "groups": [
            ["control", "a", 300, [1e9], [0.05], 0.0, 0.004],
            ["experimental", "a", 300, [3, 1e9], [0.065, 0.032], 0.0, 0.02],
        ],
        "looks": [24, 40],
        "t_star": 10,
        "tau": 20,
        "bounds": [2.8, 2.3],
    },
    "strata": {
        "accrual": [[24], [25]],
        "groups": [
            ["control", "a", 200, [1e9], [0.04], 0.0, 0.01],
            ["experimental", "a", 200, [1e9], [0.028], 0.0, 0.01],
            ["control", "b", 100, [6, 1e9], [0.15, 0.1], 0.0, 0.01],
            ["experimental", "b", 100, [6, 1e9], [0.12, 0.07], 0.0, 0.01],
        ],
        "looks": [22, 36],
        "t_star": 8,
        "tau": 16,
        "bounds": [2.8, 2.3],
    },
    "cure": {
        "accrual": [[18], [30]],
        "groups": [
            ["control", "a", 270, [1e9], [0.1], 0.25, 0.005],
            ["experimental", "a", 270, [1e9], [0.09], 0.35, 0.005],
        ],
        "looks": [18, 40],
        "t_star": 12,
        "tau": 14,
        "bounds": [2.8, 2.3],
    },
    "waning": {
        "accrual": [[20], [24]],
        "groups": [
            ["control", "a", 240, [1e9], [0.06], 0.0, 0.01],
            ["experimental", "a", 240, [8, 1e9], [0.036, 0.066], 0.0, 0.01],
        ],
        "looks": [18, 32],
        "t_star": 6,
        "tau": 12,
        "bounds": [2.8, 2.3],
    },
}
WEIGHTS = {"log_rank": (0, 0), "fh_0_1": (0, 1), "fh_1_0": (1, 0), "fh_1_1": (1, 1), "fh_0_half": (0, 0.5)}
COMBO = ("log_rank", "fh_0_1", "fh_1_0", "fh_1_1")
NAMES = (*WEIGHTS, "modest", "rmst", "milestone")


def inverse_steps(ends: list[float], rates: list[float], amount: np.ndarray) -> np.ndarray:
    """Time at which the integral of a step function reaches an amount."""
    finite = [0.0, *ends[:-1]]
    at = np.array([0.0, *np.cumsum([r * (e - s) for s, e, r in zip(finite, ends, rates, strict=True)])])
    piece = np.clip(np.searchsorted(at, amount, side="right") - 1, 0, len(rates) - 1)
    return np.array(finite)[piece] + (amount - at[piece]) / np.array(rates)[piece]


def draw(rng: np.random.Generator, scenario: dict, trials: int, factor: int = 1) -> list[tuple]:
    """Arm, stratum, entry, time of event and of loss of each group, one row a trial."""
    ends, rates = scenario["accrual"]
    total = sum(group[2] for group in scenario["groups"])
    out = []
    for arm, stratum, n, steps, hazards, cure, loss in scenario["groups"]:
        shape = (trials, n * factor)
        entry = inverse_steps(ends, rates, rng.random(shape) * total)
        event = inverse_steps(steps, hazards, rng.standard_exponential(shape))
        event[rng.random(shape) < cure] = np.inf
        out.append((arm, stratum, entry, event, rng.standard_exponential(shape) / loss))
    return out


def at_look(groups: list[tuple], look: float) -> list[tuple]:
    """Follow-up and event flag of each group at a look; those not yet enrolled have a follow-up of -1."""
    out = []
    for arm, stratum, entry, event, loss in groups:
        end = np.minimum(look - entry, loss)
        follow = np.where(look > entry, np.minimum(event, end), -1.0)
        out.append((arm, stratum, follow, (event <= end) & (look > entry)))
    return out


def weighted(groups: list[tuple], t_star: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Score (expected less observed of experimental) and variance by weight, added up over strata."""
    out = {name: [0.0, 0.0] for name in (*WEIGHTS, "modest")}
    for stratum in dict.fromkeys(group[1] for group in groups):
        part = [group for group in groups if group[1] == stratum]
        follow = np.concatenate([group[2] for group in part], axis=1)
        event = np.concatenate([group[3] for group in part], axis=1)
        arm = np.concatenate([np.full(g[2].shape[1], g[0] == "experimental") for g in part])
        order = np.argsort(follow, axis=1)
        x = np.take_along_axis(event, order, axis=1).astype(float)
        a = arm[order].astype(float)
        n = np.arange(follow.shape[1], 0, -1.0)
        p = np.cumsum(a[:, ::-1], axis=1)[:, ::-1] / n
        after = np.cumprod(1.0 - x / n, axis=1)
        before = np.concatenate([np.ones((x.shape[0], 1)), after[:, :-1]], axis=1)
        u, v = x * (p - a), x * p * (1.0 - p)
        late = np.sort(follow, axis=1) > t_star
        star = np.where(late, 1.0, after).min(axis=1, keepdims=True)
        for name in out:
            if name == "modest":
                w = 1.0 / np.maximum(before, star)
            else:
                rho, gamma = WEIGHTS[name]
                w = np.ones(1)
                w = w * before if rho else w
                w = w * (np.sqrt(1.0 - before) if gamma == 0.5 else 1.0 - before) if gamma else w
            out[name][0] = out[name][0] + (w * u).sum(axis=1)
            out[name][1] = out[name][1] + (w * w * v).sum(axis=1)
    return {name: (np.asarray(u), np.asarray(v)) for name, (u, v) in out.items()}


def curve(groups: list[tuple], arm: str, tau: float) -> tuple[np.ndarray, ...]:
    """Restricted mean, its variance, survival at tau, its variance, of one arm (strata together)."""
    follow = np.concatenate([g[2] for g in groups if g[0] == arm], axis=1)
    event = np.concatenate([g[3] for g in groups if g[0] == arm], axis=1)
    order = np.argsort(follow, axis=1)
    t = np.take_along_axis(follow, order, axis=1)
    x = np.take_along_axis(event, order, axis=1) & (t <= tau)
    n = np.arange(t.shape[1], 0, -1.0)
    survival = np.cumprod(1.0 - x / n, axis=1)
    until = np.clip(t, 0.0, tau)
    ends = np.concatenate([until[:, 1:], np.full((t.shape[0], 1), tau)], axis=1)
    area = survival * (ends - until)
    rest = np.cumsum(area[:, ::-1], axis=1)[:, ::-1]
    jump = x / (n * np.maximum(n - 1.0, 1.0))
    final = survival[:, -1]
    return until[:, 0] + rest[:, 0], (rest**2 * jump).sum(axis=1), final, final**2 * jump.sum(axis=1)


def statistics(groups: list[tuple], scenario: dict, look: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(trials, statistics) Z, their information (variance of the score, or 1 / variance), and events."""
    seen = at_look(groups, look)
    found = weighted(seen, scenario["t_star"])
    z = {name: u / np.sqrt(v) for name, (u, v) in found.items()}
    info = {name: v for name, (u, v) in found.items()}
    one, two = (curve(seen, arm, scenario["tau"]) for arm in ("experimental", "control"))
    for name, k in (("rmst", 0), ("milestone", 2)):
        variance = one[k + 1] + two[k + 1]
        z[name], info[name] = (one[k] - two[k]) / np.sqrt(variance), 1.0 / variance
    events = sum(group[3].sum(axis=1) for group in seen)
    return np.stack([z[n] for n in NAMES], axis=1), np.stack([info[n] for n in NAMES], axis=1), np.asarray(events)


def check(scenario: dict) -> None:
    """The batched statistics are those of the kernels."""
    groups = draw(np.random.default_rng(5), scenario, 2)
    look = scenario["looks"][1]
    z = statistics(groups, scenario, look)[0][0]
    seen = at_look(groups, look)
    follow = np.concatenate([g[2][0] for g in seen])
    event = np.concatenate([g[3][0] for g in seen])
    arm = np.concatenate([np.full(g[2].shape[1], int(g[0] == "experimental")) for g in seen])
    stratum = np.concatenate([np.full(g[2].shape[1], "ab".index(g[1])) for g in seen])
    keep = follow > 0.0
    follow, event, arm, stratum = follow[keep], event[keep], arm[keep], stratum[keep]
    for k, name in enumerate(WEIGHTS):
        rho, gamma = WEIGHTS[name]
        assert abs(log_rank(follow, event, arm, stratum=stratum, rho=rho, gamma=gamma).z - z[k]) < 1e-8
    modest = modestly_weighted(follow, event, arm, stratum=stratum, t_star=scenario["t_star"])
    assert abs(modest.z - z[NAMES.index("modest")]) < 1e-8
    curves = [rmst(kaplan_meier(follow[arm == a], event[arm == a]), scenario["tau"]) for a in (1, 0)]
    assert abs(rmst_contrast(*curves).z - z[NAMES.index("rmst")]) < 1e-8


def run(name: str, scenario: dict, trials: int) -> dict:
    """Means, deviations, correlations and powers over trials, and limits from large trials."""
    check(scenario)
    looks = scenario["looks"]
    zs, infos, counts = [], [], []
    for batch in range(math.ceil(trials / BATCH)):
        rng = np.random.default_rng([list(SCENARIOS).index(name), batch])
        groups = draw(rng, scenario, BATCH)
        found = [statistics(groups, scenario, look) for look in looks]
        zs.append(np.stack([f[0] for f in found], axis=1))
        infos.append(np.stack([f[1].mean(axis=0) for f in found]))
        counts.append(np.stack([f[2].mean() for f in found]))
    z = np.concatenate(zs)
    combo = [NAMES.index(one) for one in COMBO]
    best = z[:, :, combo].max(axis=2)
    first, second = (best[:, k] >= scenario["bounds"][k] for k in (0, 1))
    flat = z[:, :, combo].reshape(z.shape[0], -1)
    size = sum(group[2] for group in scenario["groups"])
    factor = LARGE // size
    large = []
    for repeat in range(REPEATS):
        groups = draw(np.random.default_rng([99, list(SCENARIOS).index(name), repeat]), scenario, 1, factor)
        large.append([[a[0] for a in statistics(groups, scenario, look)[:2]] for look in looks])
    limits = np.array(large)  # repeat, look, z or information, statistic
    return {
        "scenario": scenario,
        "trials": z.shape[0],
        "statistics": list(NAMES),
        "events": np.mean(counts, axis=0).tolist(),
        "mean": z.mean(axis=0).tolist(),
        "sd": z.std(axis=0).tolist(),
        "information": np.mean(infos, axis=0).tolist(),
        "correlation_of_looks": [float(np.corrcoef(z[:, 0, k], z[:, 1, k])[0, 1]) for k in range(len(NAMES))],
        "power_196": (z[:, 1] >= 1.959963984540054).mean(axis=0).tolist(),
        "max_combo": {"components": list(COMBO), "correlation": np.corrcoef(flat.T).tolist(),
                      "reject": [float(first.mean()), float((~first & second).mean())]},
        "limits": {
            "mean": (limits[:, :, 0].mean(axis=0) / math.sqrt(factor)).tolist(),
            "mean_error": (limits[:, :, 0].std(axis=0, ddof=1) / math.sqrt(factor * REPEATS)).tolist(),
            "information": (limits[:, :, 1].mean(axis=0) / factor).tolist(),
            "information_error": (limits[:, :, 1].std(axis=0, ddof=1) / factor / math.sqrt(REPEATS)).tolist(),
        },
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--only", choices=list(SCENARIOS))
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    known = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name, scenario in SCENARIOS.items():
        if arguments.only in (None, name):
            start = time.perf_counter()
            known[name] = run(name, scenario, arguments.trials)
            print(f"{name}: {arguments.trials} trials in {time.perf_counter() - start:.0f} s", flush=True)
            print(f"  final power {dict(zip(NAMES, known[name]['power_196'], strict=True))}")
            print(f"  MaxCombo {known[name]['max_combo']['reject']}")
            if arguments.write:
                TARGET.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
