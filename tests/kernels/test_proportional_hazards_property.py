"""The test of proportional hazards against numerical derivatives of the model that it is the score test of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox import cox
from equipoise.kernels.kaplan_meier import kaplan_meier, survival_at
from equipoise.kernels.proportional_hazards import proportional_hazards_test
from equipoise.kernels.smooth_effect import smooth_effect

TRANSFORMS = ["km", "rank", "identity", "log"]


def trial(seed: int, n: int = 60, *, late: bool = True) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n), rng.integers(0, 2, n)]).astype(float)
    time = np.ceil(rng.weibull(1.0 + x[:, 0], n) * 10.0) + 2.0
    data = {
        "time": time, "event": rng.integers(0, 5, n) > 0, "x": x, "stratum": rng.integers(0, 2, n),
        "weights": rng.choice([0.5, 1.0, 2.0], n),
    }  # fmt: skip
    return data | ({"entry": np.floor(rng.uniform(0.0, 4.0, n) * (time > 5.0))} if late else {})


def log_likelihood(data: dict[str, Any], g: np.ndarray, ties: str, both: np.ndarray) -> Any:
    """Of the hazards exp(beta x + theta g(t) x), one event time after another; complex arguments are fine."""
    beta, theta = np.split(both, 2)
    time, event, x, stratum, w = (data[k] for k in ("time", "event", "x", "stratum", "weights"))
    entry = data.get("entry", np.full(time.size, -1.0))
    total = 0.0
    for s, t in {(s, t) for s, t, e in zip(stratum, time, event, strict=True) if e}:
        risk = (stratum == s) & (entry < t) & (t <= time)
        dead = risk & (time == t) & event
        eta = x @ (beta + theta * g[np.flatnonzero(dead)[0]])
        hazard, d = w * np.exp(eta), int(dead.sum())
        total = total + w[dead] @ eta[dead]
        for k in range(d):
            part = k / d if ties == "efron" else 0.0
            total = total - w[dead].mean() * np.log(hazard[risk].sum() - part * hazard[dead].sum())
    return total


def derivatives(data: dict[str, Any], g: np.ndarray, ties: str, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient by complex steps, and central differences of it."""

    def gradient(point: np.ndarray) -> np.ndarray:
        steps = 1e-30j * np.eye(point.size)
        return np.array([log_likelihood(data, g, ties, point + step).imag / 1e-30 for step in steps])

    h = 1e-5 * np.eye(at.size)
    second = np.array([(gradient(at + step) - gradient(at - step)) / 2e-5 for step in h])
    return gradient(at), -0.5 * (second + second.T)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize(("seed", "transform"), list(enumerate(TRANSFORMS)))
def test_score_test_of_the_extended_model(seed: int, transform: Any, ties: Any) -> None:
    data = trial(seed)
    coef = _maximum(data, ties)
    found = proportional_hazards_test(**data, coef=coef, ties=ties, transform=transform, terms=[0, 1, 1])
    g = np.zeros(data["time"].size)
    g[found.event_row] = found.transformed - found.transformed.mean()
    score, second = derivatives(data, g, ties, np.append(coef, np.zeros(3)))
    np.testing.assert_allclose(score[:3], 0.0, atol=1e-8)
    for columns, chi_square, df in (
        ([0], found.chi_square[0], found.df[0]),
        ([1, 2], found.chi_square[1], found.df[1]),
        ([0, 1, 2], found.global_chi_square, found.global_df),
    ):
        keep = [0, 1, 2, *(3 + np.array(columns))]
        u = np.append(np.zeros(3), score[3:][columns])
        np.testing.assert_allclose(chi_square, u @ np.linalg.solve(second[np.ix_(keep, keep)], u), rtol=1e-6)
        assert df == len(columns)


def _maximum(data: dict[str, Any], ties: str) -> np.ndarray:
    """By Newton's method on numerical derivatives: the estimate, too, comes another way."""
    coef = np.zeros(3)
    for _ in range(8):
        at = np.append(coef, np.zeros(3))
        score, second = derivatives(data, np.zeros(data["time"].size), ties, at)
        coef = coef + np.linalg.solve(second[:3, :3], score[:3])
    return coef


def test_transforms_by_other_ways() -> None:
    data = trial(5, late=False)
    coef = cox(**data).coef
    time, event = data["time"], data["event"]
    curve = kaplan_meier(time, event)
    found = proportional_hazards_test(**data, coef=coef)
    before = survival_at(curve, found.time - 0.5).survival
    np.testing.assert_allclose(found.transformed, 1.0 - before, atol=1e-14)
    rank = proportional_hazards_test(**data, coef=coef, transform="rank").transformed
    below, same = (time < found.time[:, None]).sum(axis=1), (time == found.time[:, None]).sum(axis=1)
    np.testing.assert_array_equal(rank, below + 0.5 * (same + 1))
    np.testing.assert_allclose(
        proportional_hazards_test(**data, coef=coef, transform="log").transformed, np.log(found.time)
    )


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_what_must_not_matter(transform: Any) -> None:
    """Order of rows, unit of time, coding of covariates (for all of them together), and a loose maximum."""
    data = trial(6, late=False)
    coef = cox(**data, tol=1e-9).coef
    base = proportional_hazards_test(**data, coef=coef, transform=transform)
    shuffle = np.random.default_rng(0).permutation(60)
    for other in (
        {k: v[shuffle] for k, v in data.items()},
        data | {"time": data["time"] / 30.4375},
        data | {"weights": 3.0 * data["weights"]},
    ):
        found = proportional_hazards_test(**other, coef=coef, transform=transform)
        factor = 3.0 if other["weights"][0] == 3.0 * data["weights"][0] and other["time"] is data["time"] else 1.0
        np.testing.assert_allclose(found.chi_square, factor * base.chi_square, rtol=1e-9)
    mix = np.array([[1.0, 0.0, 0.0], [2.0, 1.0, 0.0], [0.5, -1.0, 3.0]])
    found = proportional_hazards_test(
        **(data | {"x": 5.0 + data["x"] @ mix}), coef=np.linalg.solve(mix, coef), transform=transform
    )
    np.testing.assert_allclose(found.global_chi_square, base.global_chi_square, rtol=1e-9)
    loose = proportional_hazards_test(**data, coef=coef + 1e-5, transform=transform)
    np.testing.assert_allclose(loose.chi_square, base.chi_square, rtol=1e-3)


@pytest.mark.parametrize("transform", ["km", "identity", "log"])
def test_rows_cut_in_two(transform: Any) -> None:
    data = trial(7, late=False)
    coef = cox(**data).coef
    whole = proportional_hazards_test(**data, coef=coef, transform=transform)
    both = {k: np.concatenate([v, v]) for k, v in data.items()}
    cut, none = 0.37 * data["time"], np.zeros(60)
    both["time"], both["event"] = np.append(cut, data["time"]), np.append(none > 0.0, data["event"])
    split = proportional_hazards_test(**both, entry=np.append(none, cut), coef=coef, transform=transform)
    np.testing.assert_allclose(split.chi_square, whole.chi_square, rtol=1e-10)
    np.testing.assert_allclose(split.scaled, whole.scaled, rtol=1e-8, atol=1e-10)


def test_smooth_effect_finds_splines_and_lines() -> None:
    """A natural spline comes back as it is; two coefficients are the line of least squares with its errors."""
    rng = np.random.default_rng(0)
    x = rng.uniform(2.0, 9.0, 80)
    line = smooth_effect(x, np.column_stack([3.0 - 2.0 * x, np.full(80, 4.0)]), np.eye(2))
    np.testing.assert_allclose(line.effect, np.column_stack([3.0 - 2.0 * line.x, np.full(40, 4.0)]), atol=1e-9)
    y = rng.normal(size=80)
    found = smooth_effect(x, y, [0.7], df=2, points=7, width=1.5)
    slope, at_zero = np.polyfit(x, y, 1)
    np.testing.assert_allclose(found.effect[:, 0], at_zero + slope * found.x, rtol=1e-9)
    se = np.sqrt(0.7 * (1 / 80 + (found.x - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()))
    np.testing.assert_allclose(found.se[:, 0], se, rtol=1e-9)
    np.testing.assert_allclose(found.upper - found.lower, 3.0 * found.se, rtol=1e-9)
    # Straight beyond its ends: second differences are 0 there, and a cubic is not reproduced.
    cubic = smooth_effect(x, x**3, [1.0])
    assert np.abs(cubic.effect[:, 0] - cubic.x**3).max() > 1.0
