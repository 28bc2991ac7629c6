"""What a robust variance must satisfy, whatever the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from equipoise.kernels.cox import cox
from equipoise.kernels.cox_residuals import dfbeta
from equipoise.kernels.cox_robust import robust_variance


def clustered(seed: int, clusters: int = 40, size: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n = clusters * size
    cluster = np.repeat(np.arange(clusters), size)
    x = np.column_stack([cluster % 2, rng.normal(size=n)])
    frailty = rng.gamma(2.0, 0.5, clusters)[cluster]
    time = np.ceil(10.0 * rng.exponential(1.0 / (frailty * np.exp(0.3 * x[:, 1]))))
    event, weights = rng.integers(0, 5, n) > 0, rng.choice([0.5, 1.0, 2.0], n)
    return {
        "time": time,
        "event": event,
        "x": x,
        "weights": weights,
        "stratum": rng.integers(0, 2, n),
        "cluster": cluster,
    }


def fitted(data: dict[str, Any], ties: Any = "efron") -> np.ndarray:
    return cox(**{k: v for k, v in data.items() if k != "cluster"}, ties=ties, tol=1e-9).coef


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", range(4))
def test_sum_of_squares_of_dfbeta(seed: int, ties: Any) -> None:
    data = clustered(seed)
    coef = fitted(data, ties)
    plain = {k: v for k, v in data.items() if k != "cluster"}
    change = dfbeta(**plain, coef=coef, ties=ties)
    for cluster in (None, data["cluster"]):
        found = robust_variance(**plain, coef=coef, ties=ties, cluster=cluster)
        summed = change if cluster is None else np.array([change[cluster == c].sum(axis=0) for c in np.unique(cluster)])
        np.testing.assert_allclose(found.var, summed.T @ summed, rtol=1e-12)
        np.testing.assert_allclose(found.wald, coef @ np.linalg.solve(found.var, coef), rtol=1e-10)
        assert found.n_clusters == summed.shape[0]
        assert (found.df, found.reason, found.reason_tests) == (2, "", "")


def test_each_row_its_own_cluster_and_any_codes() -> None:
    data = clustered(1)
    coef = fitted(data)
    plain = {k: v for k, v in data.items() if k != "cluster"}
    own = robust_variance(**plain, coef=coef, cluster=np.random.default_rng(0).permutation(120) * 7)
    np.testing.assert_allclose(own.var, robust_variance(**plain, coef=coef).var, rtol=1e-13)
    relabelled = robust_variance(**plain, coef=coef, cluster=1000 - 13 * data["cluster"])
    np.testing.assert_allclose(relabelled.var, robust_variance(**data, coef=coef).var, rtol=1e-13)


def test_rows_cut_in_two_within_their_cluster() -> None:
    """A subject in one row or in two, (0, c] and (c, t], is the same subject."""
    data = clustered(2)
    n = data["time"].size
    coef = fitted(data)
    subject = np.arange(n)
    plain = {k: v for k, v in data.items() if k != "cluster"}
    whole = robust_variance(**plain, coef=coef, cluster=subject)
    both = {k: np.concatenate([v, v]) for k, v in plain.items()}
    cut = 0.4 * data["time"]
    both["time"], both["event"] = np.append(cut, data["time"]), np.append(np.zeros(n, dtype=bool), data["event"])
    split = robust_variance(**both, entry=np.append(np.zeros(n), cut), coef=coef, cluster=np.append(subject, subject))
    for field in ("var", "model_var", "wald", "score"):
        np.testing.assert_allclose(getattr(split, field), getattr(whole, field), rtol=1e-10)


def test_weights_as_copies_within_a_cluster() -> None:
    """Under Breslow's ties, weight 3 is three copies in one cluster; the variance does not take weights as counts."""
    data = clustered(3)
    data["weights"] = np.random.default_rng(1).integers(1, 4, 120).astype(float)
    coef = fitted(data, "breslow")
    subject = np.arange(120)
    found = robust_variance(**(data | {"cluster": subject}), coef=coef, ties="breslow")
    copied = {k: np.repeat(v, data["weights"].astype(int), axis=0) for k, v in (data | {"cluster": subject}).items()}
    del copied["weights"]
    np.testing.assert_allclose(robust_variance(**copied, coef=coef, ties="breslow").var, found.var, rtol=1e-10)


def test_scale_of_weights_does_not_matter() -> None:
    data = clustered(4)
    coef = fitted(data)
    one = robust_variance(**data, coef=coef)
    ten = robust_variance(**(data | {"weights": 10.0 * data["weights"]}), coef=coef)
    np.testing.assert_allclose(ten.var, one.var, rtol=1e-12)
    np.testing.assert_allclose(ten.model_var, one.model_var / 10.0, rtol=1e-12)
    np.testing.assert_allclose(ten.score, one.score, rtol=1e-11)
