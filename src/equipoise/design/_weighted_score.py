"""Mean and covariance of weighted log-rank scores under assumed hazards.

The score of one stratum tends to the integral over follow-up time of w A Y1 Y0 (h1 - m h0) / (m Y1 + Y0), its variance,
as the test estimates it, to that of w^2 A p (1 - p) (Y1 h1 + Y0 h0) with p = m Y1 / (m Y1 + Y0), where A(t - u) is the
number enrolled, Y numbers at risk per patient enrolled, h hazards and m the hazard ratio of the null hypothesis
(Tsiatis 1982, JASA 77:855; Schoenfeld 1981, Biometrika 68:316). Strata add up. The score has independent increments
over looks, so that the covariance of two looks is the variance at the earlier, with any two weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.design._risk import Risk

__all__ = ["Moments", "cox_limit", "pooled_survival", "score_moments"]

Floats = NDArray[np.float64]

_NEWTON_STEPS = 60
_DONE = 1e-10
_RUNAWAY = 25.0


class Moments(NamedTuple):
    """Moments of m weighted scores at K looks.

    Attributes:
        score: (K, m) mean of the score, observed less expected events of the experimental arm: below 0 favours it.
        variance: (K, m, m) covariance of the scores of a look as the tests estimate it.
        slope: (K, m) score information on the log hazard ratio: `score / slope` is a weighted mean log hazard ratio
            over that of the null hypothesis.
        events: (K,) expected events.
        enrolled: (K,) expected patients.
    """

    score: Floats
    variance: Floats
    slope: Floats
    events: Floats
    enrolled: Floats

    def one_step(self) -> Floats:
        """(K,) log hazard ratio of the first weight, over that of the null hypothesis, by one step from 0."""
        # Beyond, one step says no more than that the hazards are far apart.
        return np.clip(self.score[:, 0] / self.slope[:, 0], -_RUNAWAY, _RUNAWAY)


def score_moments(grid: Risk, times: Floats, weights: Sequence[Floats] = (), *, margin: float = 1.0) -> Moments:
    """Mean and covariance of scores at looks.

    Args:
        grid: Numbers at risk, by stratum or pooled, up to the last look.
        times: (K,) calendar times.
        weights: m arrays that broadcast with (S, P, NODES), weights at the nodes; none for one weight of 1.
        margin: Hazard ratio of the null hypothesis.

    Returns:
        The moments.
    """
    (control, experimental), (hazard, other) = grid.at_risk, grid.hazard
    risk = margin * experimental + control
    safe = np.where(risk > 0.0, risk, 1.0)
    events = experimental * other + control * hazard
    share = margin * experimental / safe
    drift = experimental * control * (other - margin * hazard) / safe
    spread = share * (control / safe) * events
    enrolled = grid.enrolled_before(times) * grid.panels.weight
    w = np.stack(list(weights)) if len(weights) else np.ones((1, 1, 1, 1))
    return Moments(
        score=np.einsum("kpn,mpn->km", enrolled, (w * drift).sum(axis=1)),
        variance=_covariance(enrolled, w, spread),
        slope=np.einsum("kpn,mpn->km", enrolled, (w * spread).sum(axis=1)),
        events=(enrolled * events.sum(axis=0)).sum(axis=(-2, -1)),
        enrolled=grid.line.enrolled(times),
    )


def cox_limit(grid: Risk, times: Floats, start: Floats) -> Floats:
    """(K,) limit of the log hazard ratio of Cox's model at looks (Struthers and Kalbfleisch 1986, Biometrika 73:363).

    It is where the score of `score_moments` is 0 as its null hypothesis moves; found by Newton's method.

    Args:
        grid: Numbers at risk, by stratum or pooled.
        times: (K,) calendar times.
        start: (K,) a first guess; it is the answer where there is no limit, as one of the arms has no event.
    """
    (control, experimental), (hazard, other) = grid.at_risk, grid.hazard
    events = experimental * other + control * hazard
    if not (control * hazard).any() or not (experimental * other).any():
        return start
    enrolled = (grid.enrolled_before(times) * grid.panels.weight)[:, None]
    log_ratio, step = start, np.zeros_like(start)
    for _ in range(_NEWTON_STEPS):
        ratio = np.exp(log_ratio)[:, None, None, None]
        at_risk = ratio * experimental + control
        share = ratio * experimental / np.where(at_risk > 0.0, at_risk, 1.0)
        score = (enrolled * (experimental * other - share * events)).sum(axis=(1, 2, 3))
        slope = (enrolled * share * (1.0 - share) * events).sum(axis=(1, 2, 3))
        step = np.clip(np.divide(score, slope, out=np.zeros_like(score), where=slope > 0.0), -1.0, 1.0)
        log_ratio = log_ratio + step
        if np.abs(step).max() < _DONE:
            break
    # Where only one arm has events while both are at risk the ratio runs away.
    return np.where((np.abs(log_ratio) < _RUNAWAY) & (np.abs(step) < _DONE), log_ratio, start)


def pooled_survival(grid: Risk) -> Floats:
    """(S, P, NODES) the limit of the Kaplan-Meier estimate of both arms together, which does not depend on the look.

    Args:
        grid: Numbers at risk.
    """
    total = grid.at_risk.sum(axis=0)
    events = (grid.at_risk * grid.hazard).sum(axis=0)
    hazard = np.divide(events, total, out=np.zeros_like(total), where=total > 0.0)
    out: Floats = np.exp(-grid.panels.cumulative(hazard))
    return out


def _covariance(enrolled: Floats, w: Floats, spread: Floats) -> Floats:
    m = w.shape[0]
    out = np.empty((enrolled.shape[0], m, m))
    for i in range(m):
        for j in range(i, m):
            density = (w[i] * w[j] * spread).sum(axis=0)
            out[:, i, j] = out[:, j, i] = (enrolled * density).sum(axis=(-2, -1))
    return out
