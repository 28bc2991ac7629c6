"""The filter against the same model solved with full covariance matrices."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.evidence.reconstruct.trend import Seen, expected, likeliest


@pytest.mark.parametrize("seed", range(4))
def test_filter_and_smoother_are_those_of_the_covariances(seed: int) -> None:
    rng = np.random.default_rng(seed)
    step = rng.uniform(0.0, 0.05, 40)
    step[5] = 0.0  # the same place twice
    walk, error = rng.uniform(0.0, 1e-3, 40) * (step > 0.0), rng.uniform(2.0, 4.0, 40)
    value = np.cumsum(step) + rng.normal(0.0, 0.02, 40)
    x, walked = np.cumsum(step), np.cumsum(walk)
    low, high = np.minimum.outer(x, x), np.maximum.outer(x, x)

    def signal(bend: float) -> np.ndarray:
        return np.minimum.outer(walked, walked) + 4.0 * np.outer(x, x) + bend * low * low * (3.0 * high - low) / 6.0

    def fit(size: float, bend: float) -> float:
        full = signal(bend) + np.diag(size * size * error)
        return float(-0.5 * value @ np.linalg.solve(full, value) - 0.5 * np.linalg.slogdet(full)[1])

    seen = Seen(step, walk, error, value)
    sizes, bends = np.array([0.002, 0.005, 0.01, 0.02]), np.array([0.1, 1.0, 10.0])
    best = max((fit(size, bend), size, bend) for size in sizes for bend in bends)
    assert likeliest(seen, sizes, bends) == pytest.approx(best[1:])
    full = signal(3.0) + np.diag(1e-4 * error)
    assert expected(seen, 0.01, 3.0) == pytest.approx(signal(3.0) @ np.linalg.solve(full, value), abs=1e-10)


def test_points_without_an_observation_are_interpolated() -> None:
    # No error, no walk and a stiff trend: a straight line through the start and what was seen.
    seen = Seen(np.full(4, 0.25), np.zeros(4), np.array([np.inf, 1.0, np.inf, 1.0]), np.array([0.0, 0.5, 0.0, 1.0]))
    assert expected(seen, 1e-6, 1e-6) == pytest.approx([0.25, 0.5, 0.75, 1.0], abs=1e-6)
