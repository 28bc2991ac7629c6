"""What residuals of a Cox model must satisfy, and the same by other ways: definitions in loops, models fitted again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox import cox
from equipoise.kernels.cox_residuals import cox_residuals, dfbeta

SEEDS = range(6)


def trial(seed: int, n: int = 60, *, ties: bool = True, late: bool = True) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)])
    time = rng.exponential(np.exp(-x @ [0.5, -0.3]) * 10.0, n)
    time = np.ceil(time) + 3.0 if ties else time + 3.0
    entry = np.floor(rng.uniform(0.0, 5.0, n) * (time > 6.0)) if late else None
    return {
        "time": time, "event": rng.integers(0, 4, n) > 0, "x": x, "stratum": rng.integers(0, 3, n),
        "weights": rng.choice([0.5, 1.0, 2.5], n), "entry": entry,
    }  # fmt: skip


def by_definition(data: dict[str, Any], coef: Any, ties: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Martingale, score and Schoenfeld residuals, term by term as in Therneau and Grambsch (2000), chapter 4."""
    time, event, x, stratum, w = (np.asarray(data[k]) for k in ("time", "event", "x", "stratum", "weights"))
    entry = np.full(time.size, -1.0) if data["entry"] is None else data["entry"]
    hazard = np.exp(x @ coef)
    martingale, score = event.astype(float), np.zeros(x.shape)
    schoenfeld = np.zeros(x.shape)
    for s, t in {(s, t) for s, t, e in zip(stratum, time, event, strict=True) if e}:
        risk = (stratum == s) & (entry < t) & (t <= time)
        dead = risk & (time == t) & event
        d = int(dead.sum())
        parts = [k / d for k in range(d)] if ties == "efron" else [0.0] * d
        for part in parts:
            share = np.where(risk, 1.0, 0.0) - part * dead
            total = (share * w * hazard).sum()
            mean = (share * w * hazard) @ x / total
            step = w[dead].mean() / total
            for i in np.flatnonzero(risk):
                martingale[i] -= share[i] * hazard[i] * step
                score[i] -= share[i] * hazard[i] * step * (x[i] - mean)
                if dead[i]:
                    score[i] += (x[i] - mean) / d
                    schoenfeld[i] += (x[i] - mean) / d
    return martingale, score, schoenfeld


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", SEEDS)
def test_definitions(seed: int, ties: Any) -> None:
    data, coef = trial(seed), [0.4, -0.2]
    found = cox_residuals(**data, coef=coef, ties=ties)
    martingale, score, schoenfeld = by_definition(data, coef, ties)
    np.testing.assert_allclose(found.martingale, martingale, atol=1e-12)
    np.testing.assert_allclose(found.score, score, atol=1e-11)
    np.testing.assert_allclose(found.schoenfeld, schoenfeld[found.event_row], atol=1e-12)
    np.testing.assert_array_equal(np.sort(found.event_row), np.flatnonzero(data["event"]))
    order = np.lexsort((found.event_row, found.event_time, data["stratum"][found.event_row]))
    np.testing.assert_array_equal(order, np.arange(order.size))
    np.testing.assert_array_equal(found.event_time, data["time"][found.event_row])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", SEEDS)
def test_sums(seed: int, ties: Any) -> None:
    """Martingale residuals add up to 0 in each stratum whatever the coefficients; score residuals at the maximum."""
    data = trial(seed, late=False)
    del data["entry"]
    fit = cox(**data, ties=ties)
    for coef in (fit.coef, fit.coef + 1.0):
        found = cox_residuals(**data, coef=coef, ties=ties)
        sums = np.bincount(data["stratum"], data["weights"] * found.martingale)
        np.testing.assert_allclose(sums, 0.0, atol=1e-11)
    found = cox_residuals(**data, coef=fit.coef, ties=ties)
    np.testing.assert_allclose(data["weights"] @ found.score, 0.0, atol=1e-6)
    own = data["weights"][found.event_row]
    np.testing.assert_allclose(own @ found.schoenfeld, data["weights"] @ found.score, atol=1e-10)
    assert (np.sign(found.deviance) == np.sign(found.martingale)).all()


@pytest.mark.parametrize(("ties", "tied"), [("efron", False), ("breslow", False), ("breslow", True)])
def test_dfbeta_is_the_derivative_by_weight(ties: Any, tied: bool) -> None:
    """Weight times the derivative of the estimate; under Efron with ties the mean weight of events has its own part."""
    data = trial(1, 40, ties=tied, late=False)
    del data["entry"]
    coef = cox(**data, ties=ties, tol=1e-10).coef
    found = dfbeta(**data, coef=coef, ties=ties)
    for i in range(40):
        up, down = (data["weights"].copy() for _ in range(2))
        up[i] *= 1.0 + 1e-4
        down[i] *= 1.0 - 1e-4
        change = cox(**(data | {"weights": up}), ties=ties, tol=1e-10).coef
        change = change - cox(**(data | {"weights": down}), ties=ties, tol=1e-10).coef
        np.testing.assert_allclose(found[i], change / 2e-4, atol=3e-8)


def test_dfbeta_is_near_leaving_one_out() -> None:
    data = {k: v for k, v in trial(2, 80, ties=False, late=False).items() if k in ("time", "event", "x")}
    coef = cox(**data).coef
    found = dfbeta(**data, coef=coef)
    left = np.array([cox(**{k: np.delete(v, i, axis=0) for k, v in data.items()}).coef for i in range(80)])
    actual = coef - left
    for j in range(2):
        assert np.corrcoef(found[:, j], actual[:, j])[0, 1] > 0.97
        assert np.median(np.abs(found[:, j] - actual[:, j])) < 0.1 * np.median(np.abs(actual[:, j]))


def test_rows_cut_in_two_and_put_in_another_order() -> None:
    data, coef = trial(3), [0.4, -0.2]
    rng = np.random.default_rng(9)
    n = data["time"].size
    cut = 0.5 * (data["entry"] + data["time"]) + 0.01
    both = {k: np.concatenate([v, v]) for k, v in data.items()}
    both["time"], both["entry"] = np.append(cut, data["time"]), np.append(data["entry"], cut)
    both["event"] = np.append(np.zeros(n, dtype=bool), data["event"])
    shuffle = rng.permutation(2 * n)
    split = cox_residuals(**{k: v[shuffle] for k, v in both.items()}, coef=coef)
    plain = cox_residuals(**data, coef=coef)
    subject = shuffle % n
    np.testing.assert_allclose(np.bincount(subject, split.martingale), plain.martingale, atol=1e-12)
    for j in range(2):
        np.testing.assert_allclose(np.bincount(subject, split.score[:, j]), plain.score[:, j], atol=1e-11)


def test_a_hundred_thousand_rows() -> None:
    """Small risk sets at the end keep their digits beside a hundred thousand rows that have gone."""
    rng = np.random.default_rng(5)
    n = 100_000
    x = rng.normal(size=(n, 3))
    time, event = rng.exponential(size=n), rng.integers(0, 2, n)
    found = cox_residuals(time, event, x, [0.5, -0.5, 2.0])
    last = np.argsort(time)[-40:]
    hazard = np.exp(x[last] @ [0.5, -0.5, 2.0])
    steps = event[last] / np.cumsum(hazard[::-1])[::-1]
    before = found.expected[last[0]] / hazard[0] - steps[0]
    np.testing.assert_allclose(found.expected[last] / hazard - before, np.cumsum(steps), rtol=1e-9)
