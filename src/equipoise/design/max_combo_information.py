"""Joint distribution of the statistics of a MaxCombo test over looks, its bounds and its power.

Means and correlations come from the scores' own means and covariances under the assumptions: two statistics with
weights a and b at looks i <= j have covariance the integral of a b p (1 - p) over the events of look i. Event fractions
do not enter. Karrison (2016, Stata J 16:678) for one look; Wang et al. (2021, arXiv:2105.06025, simtrial) for several.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.design._risk import risk
from equipoise.design._weighted_score import pooled_survival, score_moments
from equipoise.design.assumptions import Assumptions
from equipoise.design.statistics import Information, MaxCombo
from equipoise.design.weighted_information import fleming_harrington_weight, is_graded, require_weights
from equipoise.errors import PlanError, Problem
from equipoise.kernels.normal_boxes import all_below, first_above

__all__ = ["MaxComboPower", "max_combo_bounds", "max_combo_information", "max_combo_power"]

Floats = NDArray[np.float64]

_MOST = 8
_MOST_STATISTICS = 32
_RARE = 0.1
_SLACK = 1e-3


def max_combo_information(assumptions: Assumptions, statistic: MaxCombo, times: Floats) -> Information:
    """Means and correlation of all statistics of a MaxCombo test at looks.

    Args:
        assumptions: The trial in numbers.
        statistic: The weights.
        times: (K,) increasing calendar times of the looks.

    Raises:
        PlanError: See `information`.
    """
    pairs = statistic.weights
    if not 1 <= len(pairs) <= _MOST or len(pairs) * times.size > _MOST_STATISTICS:
        message = f"a MaxCombo test takes 1 to {_MOST} weights, and {_MOST_STATISTICS} statistics over all looks"
        raise PlanError(Problem("plan.test_weights", message, value=str(pairs), cure="give fewer weights or looks"))
    require_weights(pairs)
    graded = any(is_graded(rho, gamma) for rho, gamma in pairs)
    grid = risk(assumptions, times, horizon=float(times[-1]), stratified=statistic.strata, graded=graded)
    survival = pooled_survival(grid)
    found = score_moments(grid, times, [fleming_harrington_weight(survival, rho, gamma) for rho, gamma in pairs])
    spread = np.sqrt(np.diagonal(found.variance, axis1=1, axis2=2))
    if not (spread > 0.0).all():
        from equipoise.design.log_rank_information import no_events

        raise PlanError(no_events(times))
    means = -found.score / spread
    plain = found.variance[:, 0, 0]
    best = means.argmax(axis=1)
    looks = np.arange(times.size)
    info = tuple(plain.tolist())
    return Information(
        times=tuple(times.tolist()),
        events=tuple(found.events.tolist()),
        enrolled=tuple(found.enrolled.tolist()),
        mean=tuple(means[looks, best].tolist()),
        information=info,
        null_information=info,
        effect=tuple(np.exp(found.one_step()).tolist()),
        effect_name="average_hazard_ratio" if pairs[0] == (0.0, 0.0) else "weighted_hazard_ratio",
        null_effect=1.0,
        scale="variance of the score of the first weight",
        method="max_combo",
        method_text="MaxCombo test of "
        + ", ".join(f"G({rho:g}, {gamma:g})" for rho, gamma in pairs)
        + ", with the asymptotic means and covariances of their scores",
        spread=(1.0,) * times.size,
        components=tuple(f"G({rho:g},{gamma:g}) of look {k + 1}" for k in looks for rho, gamma in pairs),
        component_mean=tuple(means.ravel().tolist()),
        correlation=_correlation(found.variance, spread),
    )


def _correlation(variance: Floats, spread: Floats) -> Floats:
    """(K m, K m) correlation, looks first; the covariance of two looks is that of the earlier."""
    looks, m = spread.shape
    out = np.empty((looks, m, looks, m))
    for i in range(looks):
        for j in range(looks):
            out[i, :, j, :] = variance[min(i, j)] / np.outer(spread[i], spread[j])
    flat = np.clip(out.reshape(looks * m, looks * m), -1.0, 1.0)
    np.fill_diagonal(flat, 1.0)
    flat.setflags(write=False)
    return flat


@dataclass(frozen=True, slots=True)
class MaxComboPower:
    """Probabilities of a MaxCombo test that stops at the first look at which its largest statistic reaches the bound.

    Attributes:
        upper: (K) bounds of the largest statistic.
        reject_h1: (K) probability of stopping at each look under the assumptions.
        reject_h0: (K) probability of stopping at each look when there is no difference.
        power: Sum of `reject_h1`.
        type_one_error: Sum of `reject_h0`.
    """

    upper: tuple[float, ...]
    reject_h1: tuple[float, ...]
    reject_h0: tuple[float, ...]
    power: float
    type_one_error: float


def max_combo_bounds(information: Information, spent: Sequence[float]) -> tuple[float, ...]:
    """Bounds of the largest statistic that spend a one-sided level over looks.

    Args:
        information: Of a MaxCombo statistic.
        spent: (K) cumulative one-sided level at each look, increasing, in (0, 1).

    Returns:
        (K) bounds: P(the largest statistic reaches its bound at look k or before) is `spent[k]` without a difference.

    Raises:
        PlanError: Not a MaxCombo, or levels that do not increase or lie outside (0, 1).
    """
    correlation = _joint(information)
    levels = tuple(float(level) for level in spent)
    rising = all(a < b for a, b in zip((0.0, *levels), levels, strict=False))
    if len(levels) != information.looks or not rising or not levels[-1] < 1.0:
        message = "the level spent must increase from look to look and stay below 1, one value a look"
        raise PlanError(Problem("plan.spending", message, value=str(levels), cure="give cumulative one-sided levels"))
    bounds: list[float] = []
    m = len(information.components) // information.looks
    for look, level in enumerate(levels, start=1):
        due = level - (levels[look - 2] if look > 1 else 0.0)
        bounds.append(_bound(correlation[: look * m, : look * m], np.repeat(bounds, m), m, due, level))
    return tuple(bounds)


def _bound(correlation: Floats, before: Floats, m: int, due: float, level: float) -> float:
    """The bound of the last m statistics that is first crossed there with probability `due`."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    def excess(bound: float) -> float:
        return math.log(first_above([*before, *[bound] * m], correlation, m) / due)

    # One statistic alone would spend the whole level at the first, all of them at most what is due at the second.
    low, high = -float(ndtri(level)), -float(ndtri(due / m))
    # The ends may be the answer, and the lattice's error then changes its sign.
    return float(brentq(excess, low - _SLACK, high + _SLACK, xtol=1e-8))


def max_combo_power(information: Information, upper: Sequence[float]) -> MaxComboPower:
    """Probabilities of crossing the bounds of the largest statistic, look by look.

    Args:
        information: Of a MaxCombo statistic.
        upper: (K) bounds, from `max_combo_bounds` or given; infinite where nothing is tested.

    Returns:
        The probabilities, with an error of about 1e-5; of the rare ones, about 5e-4 of themselves.

    Raises:
        PlanError: Not a MaxCombo, or not one bound for each look.
    """
    correlation = _joint(information)
    bounds = tuple(float(bound) for bound in upper)
    if len(bounds) != information.looks or any(np.isnan(bounds)):
        message = "there must be one bound for each look"
        raise PlanError(Problem("plan.bounds", message, value=str(bounds), cure="give numbers, infinite for no test"))
    means = np.asarray(information.component_mean)
    h1 = _rejections(correlation, bounds, means)
    h0 = _rejections(correlation, bounds, np.zeros_like(means))
    return MaxComboPower(bounds, h1, h0, math.fsum(h1), math.fsum(h0))


def _rejections(correlation: Floats, bounds: tuple[float, ...], mean: Floats) -> tuple[float, ...]:
    """Probability of crossing first at each look: the rare as tails, the likely as differences of complements."""
    m = mean.size // len(bounds)
    limits = np.repeat(bounds, m) - mean
    stayed, out = 1.0, []
    for last in range(m, mean.size + 1, m):
        part = correlation[:last, :last]
        stays = all_below(limits[:last], part)
        rare = stayed - stays < _RARE
        out.append(first_above(limits[:last], part, m) if rare else stayed - stays)
        stayed = stayed - out[-1]
    return tuple(out)


def _joint(information: Information) -> Floats:
    if information.correlation is None:
        message = "this is the information of a single statistic, not of a MaxCombo test"
        raise PlanError(Problem("plan.statistic", message, value=information.method))
    return information.correlation
