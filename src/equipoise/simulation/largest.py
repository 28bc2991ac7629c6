"""Bounds of MaxCombo at simulated looks: those of its plan, or of one look without a plan."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.simulation.bounds import Rules

__all__ = ["largest_bounds", "largest_by_correlation"]

Floats = NDArray[np.float64]
_SAME_LEVEL = 1e-12


def largest_bounds(rules: Rules, level: float) -> tuple[float, ...]:
    """Bounds of the largest of several statistics by the plan, at any level.

    Args:
        rules: Rules of the hypothesis, which has a plan.
        level: Level of one side.

    Returns:
        One a look; infinite for a look without.
    """
    assert rules.plan is not None
    if math.isclose(level, rules.design.alpha, rel_tol=_SAME_LEVEL):
        return rules.plan.probabilities.boundaries.efficacy
    return _bounds_of_plan(_Same(rules.plan), level)


def largest_by_correlation(covariance: Floats, z: Floats, level: float) -> Floats:
    """What the largest of several statistics is compared with where there is no plan: its own trial's correlation.

    The bound lies between that of one statistic and Bonferroni's. Only where z does too is it asked on which side of it
    z is, by the P value that an analysis prints; then, as elsewhere, the end that gives the same answer is returned.

    Args:
        covariance: (T, W, W) covariance of the scores.
        z: (T,) the largest statistic; NaN where there is none.
        level: Level of one side.

    Returns:
        (T,) a number that z reaches where the test rejects, and only there.
    """
    from scipy.special import ndtri

    from equipoise.kernels._normal_tails import max_tails

    low, high = -float(ndtri(level)), -float(ndtri(level / max(covariance.shape[-1], 1)))
    out = np.full(z.shape, high)
    for t in np.flatnonzero((z >= low) & (z < high)):
        spread = np.sqrt(np.diagonal(covariance[t]))
        correlation = np.clip(covariance[t] / np.outer(spread, spread), -1.0, 1.0)
        np.fill_diagonal(correlation, 1.0)
        if max_tails(correlation, float(z[t]), max(float(z[t]), 0.0)).one_sided < level:
            out[t] = low
    return out


class _Same:
    """A plan that equals itself and no other, so that it can be a key."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.plan is self.plan

    def __hash__(self) -> int:
        return id(self.plan)


@lru_cache(maxsize=64)
def _bounds_of_plan(same: _Same, level: float) -> tuple[float, ...]:
    from equipoise.design.max_combo_design import max_combo_design

    plan = same.plan
    test = replace(plan.test, alpha=level)
    return max_combo_design(plan.information, test, plan.fractions).boundaries.efficacy
