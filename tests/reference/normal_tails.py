"""Upper tails of the largest of several normal variables, by three methods that share nothing with the kernel.

Two variables: one integral in 40 digits (mpmath). Up to three dimensions: the integral over directions of the tail of
the radius (a chi-square), on a grid. More dimensions: P = sum_j P(Z_j >= c) E[1 / number of variables beyond c | Z_j
beyond c], by Monte Carlo in the tail, with its standard error.

Run: python tests/reference/normal_tails.py (needs mpmath and scipy; some 10 minutes); it writes normal_tails.json.
"""

from __future__ import annotations

import json
from pathlib import Path

import mpmath
import numpy as np
from scipy import stats

LEVELS = (1.0, 2.2, 4.0, 5.6, 7.1)


def two_variables(rho: float, c: float, *, two_sided: bool) -> float:
    """P(Z_1 beyond c or Z_2 beyond c) = P(Z_1) + P(Z_2) - P(both), the last as an integral over the first."""
    mpmath.mp.dps = 40
    root = mpmath.sqrt(1 - mpmath.mpf(rho) ** 2)

    def both(x: mpmath.mpf) -> mpmath.mpf:
        beyond = mpmath.erfc((c - rho * x) / root / mpmath.sqrt(2)) / 2
        if two_sided:
            beyond += mpmath.erfc((c + rho * x) / root / mpmath.sqrt(2)) / 2
        return mpmath.npdf(x) * beyond

    sides = 2 if two_sided else 1
    one = sides * mpmath.erfc(c / mpmath.sqrt(2)) / 2
    edges = [c, c / max(abs(rho), 0.1) if rho else c + 1, c + 5, c + 15]
    return float(2 * one - sides * mpmath.quad(both, sorted({mpmath.mpf(e) for e in edges if e >= c})))


def directions(loadings: np.ndarray, c: float, *, two_sided: bool, n: int = 3000) -> float:
    """Mean over directions of P(radius > c / largest loading in that direction); loadings (k, 2) or (k, 3)."""
    dimension = loadings.shape[1]
    angle = (np.arange(2 * n) + 0.5) * np.pi / n
    circle = np.stack([np.cos(angle), np.sin(angle)])
    total = 0.0
    heights = (np.arange(n) + 0.5) * 2 / n - 1 if dimension == 3 else np.array([0.0])
    for height in heights:
        points = np.vstack([np.sqrt(1 - height**2) * circle, np.full(2 * n, height)])[:dimension]
        along = loadings @ points
        furthest = np.abs(along).max(axis=0) if two_sided else along.max(axis=0)
        radius = np.full(2 * n, np.inf)
        radius[furthest > 0] = c / furthest[furthest > 0]
        total += stats.chi2.sf(radius**2, dimension).mean()
    return float(total / heights.size)


def tail_draws(correlation: np.ndarray, c: float, *, two_sided: bool, n: int = 4_000_000) -> tuple[float, float]:
    """The mean of 1 / count in the tail of each variable, and its relative standard error."""
    rng = np.random.default_rng(20261122)
    k = correlation.shape[0]
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    tail = stats.norm.sf(c)
    mean = variance = 0.0
    for j in range(k):
        parts = []
        for _ in range(n // 200_000):
            z = root @ rng.standard_normal((k, 200_000))
            x = stats.norm.isf(rng.random(200_000) * tail)
            z += np.outer(correlation[:, j], x - z[j])
            z[j] = x
            beyond = (np.abs(z) if two_sided else z) >= c
            beyond[j] = True
            parts.append(1.0 / beyond.sum(axis=0))
        each = np.concatenate(parts)
        mean += each.mean()
        variance += each.var() / each.size
    return float(tail * mean * (2 if two_sided else 1)), float(np.sqrt(variance) / mean)


def scaled(covariance: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.diag(covariance))
    out = covariance / np.outer(scale, scale)
    np.fill_diagonal(out, 1.0)
    return out


def weighted(pairs: list[tuple[float, float]], until: float) -> np.ndarray:
    """Correlation of Fleming-Harrington statistics whose information is uniform while survival falls to `until`."""
    s = np.linspace(1.0, until, 2001)
    w = np.array([s**rho * (1 - s) ** gamma for rho, gamma in pairs])
    return scaled(w @ w.T)


def main() -> None:
    cases = []

    def add(name: str, how: str, correlation: np.ndarray, c: float, one: float, two: float, error: float = 0.0) -> None:
        cases.append({"name": name, "how": how, "correlation": correlation.tolist(), "c": c, "one_sided": one,
                      "two_sided": two, "relative_error": error})  # fmt: skip
        print(name, c, one, two, error, flush=True)

    for rho in (-0.9, -0.4, 0.0, 0.5, 0.9, 0.99, 0.9999):
        for c in LEVELS:
            correlation = np.array([[1.0, rho], [rho, 1.0]])
            tails = [two_variables(rho, c, two_sided=side) for side in (False, True)]
            add(f"two, {rho}", "mpmath", correlation, c, *tails)
    rng = np.random.default_rng(7)
    four = [(0, 0), (0, 1), (1, 0), (1, 1)]
    # (1, 0) and (0, 1) add up to (0, 0), so that the four have three dimensions; their loadings are exact to 1e-12.
    sets = {
        "FH default, 0.3": weighted(four, 0.3),
        "FH default, 0.8": weighted(four, 0.8),
        "FH three, 0": weighted([(0, 0), (0, 1), (1, 0)], 0.0),
    }
    free = rng.standard_normal((4, 3))
    sets["four in three dimensions"] = scaled(free @ free.T)
    free = rng.standard_normal((8, 3))
    sets["eight in three dimensions"] = scaled(free @ free.T)
    free = rng.standard_normal((3, 3))
    sets["three"] = scaled(free @ free.T)
    for name, correlation in sets.items():
        values, vectors = np.linalg.eigh(correlation)
        used = values > 1e-9
        loadings = vectors[:, used] * np.sqrt(values[used])
        for c in LEVELS:
            tails = [directions(loadings, c, two_sided=side) for side in (False, True)]
            add(name, f"directions in {loadings.shape[1]} dimensions", correlation, c, *tails)
    wide = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 0.5), (0.5, 0), (0.5, 0.5), (2, 0)]
    many = {"FH eight, 0.2": weighted(wide, 0.2)}
    for k in (4, 6, 8):
        free = rng.standard_normal((k, k + 2))
        many[f"{k} free"] = scaled(free @ free.T)
    for name, correlation in many.items():
        for c in (2.2, 4.0, 7.1):
            (one, error), (two, other) = (tail_draws(correlation, c, two_sided=side) for side in (False, True))
            add(name, "tail draws", correlation, c, one, two, max(error, other))
    where = Path(__file__).with_suffix(".json")
    where.write_text(json.dumps(cases) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
