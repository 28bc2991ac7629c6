"""What the estimate of a Cox model of two arms tends to (Struthers and Kalbfleisch 1986, Biometrika 73:363)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["AtRisk", "cox_limit", "same_ratio"]

Floats = NDArray[np.float64]

_NEWTON_STEPS = 100
_DONE = 1e-12
_RUNAWAY = 30.0
_SAME = 1e-9
_AT_RISK = 1e-12
"""Share of the patients at risk, below which nothing depends on a ratio of hazards any more."""
_TIED = 10
"""Nodes of the mean over tied events."""


class AtRisk(NamedTuple):
    """Both arms of the J strata of a model, control first: where times spread, and where many are one time.

    Attributes:
        number: (2, J, P, NODES) expected patients at risk at the nodes of panels of follow-up time.
        events: (2, J, P, NODES) expected events per day of follow-up.
        weight: (P, NODES) weights of the nodes.
        tied_number: (2, J, K) expected patients at risk at K times that many events share.
        tied_events: (2, J, K) expected events there.
    """

    number: Floats
    events: Floats
    weight: Floats
    tied_number: Floats
    tied_events: Floats

    @property
    def totals(self) -> Floats:
        """(2,) expected events by arm."""
        spread = (self.events * self.weight).sum(axis=(1, 2, 3))
        return np.asarray(spread + self.tied_events.sum(axis=(1, 2)))


def same_ratio(found: AtRisk) -> float | None:
    """The logarithm of the hazard ratio where it is one number for all times and strata; else None.

    Args:
        found: Numbers at risk and events.
    """
    if found.tied_events.size:
        return None
    control, experimental = found.number
    both = np.minimum(control, experimental) > _AT_RISK * found.number.max()
    happen = found.events > 0.0
    seen = both & happen.all(axis=0)
    if not seen.any() or (both & (happen[0] != happen[1])).any():
        return None
    ratio = (found.events[1] * control)[seen] / (found.events[0] * experimental)[seen]
    low, high = float(ratio.min()), float(ratio.max())
    return math.log(float(np.median(ratio))) if high - low <= _SAME * low else None


def cox_limit(found: AtRisk, *, efron: bool = True) -> float:
    """Root of the limit of the score, by Newton's method.

    Args:
        found: Numbers at risk and events.
        efron: Whether ties are handled as Efron does, so that of tied events each sees those before it leave; else as
            Breslow does.

    Returns:
        Logarithm of the hazard ratio; NaN where it runs away.
    """
    first, total = found.events[1], found.events.sum(axis=0)
    tied_first, tied_total = found.tied_events[1], found.tied_events.sum(axis=0)
    part, weight = _tied_nodes(efron=efron)
    left = found.tied_number[..., None] - found.tied_events[..., None] * part
    log_ratio = 0.0
    for _ in range(_NEWTON_STEPS):
        share = _share(found.number, log_ratio)
        tied = _share(left, log_ratio)
        score = float(((first - share * total) * found.weight).sum())
        score += float(tied_first.sum() - (tied_total * (tied @ weight)).sum())
        slope = float((share * (1.0 - share) * total * found.weight).sum())
        slope += float((tied_total * ((tied * (1.0 - tied)) @ weight)).sum())
        if not slope > 0.0:
            return math.nan
        step = min(max(score / slope, -1.0), 1.0)
        log_ratio += step
        if abs(log_ratio) > _RUNAWAY:
            return math.nan
        if abs(step) < _DONE:
            return log_ratio
    return math.nan


def _share(number: Floats, log_ratio: float) -> Floats:
    """Share of the experimental arm among those at risk, each weighed by the hazard ratio."""
    weighed = math.exp(log_ratio) * np.maximum(number[1], 0.0)
    at_risk = weighed + np.maximum(number[0], 0.0)
    return np.asarray(np.divide(weighed, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0.0))


def _tied_nodes(*, efron: bool) -> tuple[Floats, Floats]:
    if not efron:
        return np.zeros(1), np.ones(1)
    nodes, weights = np.polynomial.legendre.leggauss(_TIED)
    return 0.5 * (1.0 + nodes), 0.5 * weights
