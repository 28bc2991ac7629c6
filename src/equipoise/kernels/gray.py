"""Gray's test that arms have one cumulative incidence of a cause, with or without strata.

Gray (1988, Ann Stat 16:1141): a log-rank test in which the n_i subjects at risk in arm i are replaced by
n_i (1 - F_i) / S_i, the number who would be at risk if those with a competing event stayed, F_i the incidence of the
cause in the arm and S_i its probability of no event of any cause, both just before the time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_codes, require
from equipoise.kernels._competing import check_cause, check_causes, left_of
from equipoise.kernels._newton import inverse, undetermined
from equipoise.kernels.distributions import chi2_sf, norm_sf

__all__ = ["GrayTest", "gray_test"]

_ROUNDING = 1e-12
_NO_VARIANCE = "the incidence of all arms together is 1 before the last event: the variance does not exist"
_NOTHING = 1e-10


class GrayTest(NamedTuple):
    """Gray's test of A arms.

    Attributes:
        n: (A,) subjects.
        n_events: (A,) events of the cause of interest.
        score: (A,) weighted sum of events less those expected.
        variance: (A, A) its covariance.
        z: Two arms only (else NaN): positive favours arm 1, that is, arm 1 has the lower incidence.
        chi_square: Quadratic form of the score; NaN when nothing can be tested.
        df: Its degrees of freedom.
        p_two_sided: Upper tail of the chi-square.
        p_one_sided: Two arms only: P(Z > z), small when arm 1 has the lower incidence.
        reason: Why there is no test; "" when there is one.
    """

    n: NDArray[np.int64]
    n_events: NDArray[np.int64]
    score: Floats
    variance: Floats
    z: float
    chi_square: float
    df: int
    p_two_sided: float
    p_one_sided: float
    reason: str


class _Counts(NamedTuple):
    """One stratum at its T event times.

    Attributes:
        at_risk: (A, T) subjects at risk.
        own: (A, T) events of the cause of interest.
        other: (A, T) events of other causes.
    """

    at_risk: Floats
    own: Floats
    other: Floats


def gray_test(
    time: ArrayLike,
    status: ArrayLike,
    arm: ArrayLike,
    *,
    cause: int = 1,
    n_arms: int | None = None,
    stratum: ArrayLike | None = None,
    rho: float = 0.0,
) -> GrayTest:
    """Test that two or more arms have one cumulative incidence of a cause within each stratum.

    Args:
        time: (n,) times from 0, any one unit; the result does not depend on the unit.
        status: (n,) 0 censored, 1..K the cause of the event.
        arm: (n,) integer codes from 0; with two arms 0 is the control.
        cause: The cause of interest; all others compete.
        n_arms: Number of arms when codes may be absent; at least 2.
        stratum: (n,) integer codes from 0, or None.
        rho: Exponent of the weight (1 - F(t-))^rho, F of all arms of the stratum together; 0 weights all times alike.

    Returns:
        The test.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    outcome = check_causes(time, status)
    check_cause(cause, max(outcome.causes, cause))
    arms, size = check_codes(arm, outcome.status.size, n_arms, "arm")
    strata, n_strata = check_codes(stratum, outcome.status.size, None, "stratum")
    require(size >= 2, "arm", "Gray's test needs at least two arms", size)
    require(0.0 <= rho < np.inf, "rho", "rho must be at least 0", rho)
    assert arms is not None
    own, codes = outcome.status == cause, arms.astype(np.int64)
    score, variance = np.zeros(size), np.zeros((size, size))
    for number in range(n_strata):
        mine = np.ones(own.size, dtype=np.bool_) if strata is None else strata == number
        if mine.any():
            event = np.where(own, 1, np.where(outcome.status > 0, 2, 0))[mine]
            counts = _count(outcome.position[mine], event, codes[mine], size)
            parts = _stratum(counts, rho)
            score, variance = score + parts[0], variance + parts[1]
    return _dress(np.bincount(codes, minlength=size), np.bincount(codes[own], minlength=size), score, variance)


def _count(position: NDArray[np.int64], event: NDArray[np.int64], arm: NDArray[np.int64], size: int) -> _Counts:
    width = int(position.max()) + 1
    cells = np.bincount((event * size + arm) * width + position, minlength=3 * size * width)
    counts = cells.reshape(3, size, width).astype(np.float64)
    at_risk = np.cumsum(counts.sum(axis=0)[:, ::-1], axis=1)[:, ::-1]
    used = np.flatnonzero(counts[1:].sum(axis=(0, 1)))
    return _Counts(at_risk[:, used], counts[1][:, used], counts[2][:, used])


def _stratum(counts: _Counts, rho: float) -> tuple[Floats, Floats]:
    """Score and covariance of one stratum."""
    n, own, other = counts
    arms = n.shape[0]
    if not own.any():
        return np.zeros(arms), np.zeros((arms, arms))
    there = n > 0.0
    safe = np.where(there, n, 1.0)
    staying = np.where(there, (n - own - other) / safe, 1.0)
    free: Floats = np.cumprod(staying, axis=1, dtype=np.float64)  # S, right-continuous
    before = left_of(free, 1.0)
    incidence = left_of(np.cumsum(before * own / safe, axis=1), 0.0)
    # Without anybody at risk an arm takes no part, whatever S has come to.
    inverse = np.where(there, 1.0 / np.where(there, before, 1.0), 0.0)
    happened = own.sum(axis=0)
    mass = n * inverse  # n / S
    total = mass.sum(axis=0)
    pooled: Floats = np.cumsum(happened / total, dtype=np.float64)  # F of all arms under the hypothesis
    pooled_before = left_of(pooled, 0.0)
    # The estimate of all arms together is no proportion: where few are left it may pass 1, and the weight ends at 0.
    left = 1.0 - pooled_before
    weight = np.maximum(left, 0.0) ** rho
    ahead = mass * (1.0 - incidence)
    expected = happened * ahead / ahead.sum(axis=0)
    score = (weight * (own - expected)).sum(axis=1)
    if ((happened > 0.0) & (np.abs(left) < _ROUNDING)).any():
        return score, np.full((arms, arms), np.nan)
    # a[i, k]: what an event in arm k at the time does to the score of arm i; c: what it has done to it through F.
    a = weight * mass[:, None] * (np.eye(arms)[:, :, None] - mass[None] / total)
    step = np.where(happened > 0.0, happened / (total * np.where(happened > 0.0, left, 1.0)), 0.0)
    c = np.cumsum(a * step, axis=2)
    rest = c[:, :, -1:] - c
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(free > 0.0, (1.0 - pooled) / np.where(free > 0.0, free, 1.0), 0.0)
    tied = np.where(happened > 1.0, 1.0 - (happened - 1.0) / _above(total * before - 1.0), 1.0)
    spread = np.where(there, tied * before * happened / (total * safe), 0.0)
    variance = _cross(a + (1.0 - odds) * rest, spread)
    tied = np.where(other > 1.0, 1.0 - (other - 1.0) / _above(n - 1.0), 1.0)
    spread = np.where(there & (free > 0.0), tied * before**2 * other / safe**2, 0.0)
    return score, variance + _cross(odds * rest, spread)


def _above(values: Floats) -> Floats:
    return np.where(values > 0.0, values, 1.0)


def _cross(effect: Floats, spread: Floats) -> Floats:
    """Sum over arms k and times of effect[i, k] effect[j, k] spread[k]; by numpy, not BLAS: no threads."""
    arms = effect.shape[0]
    out = np.zeros((arms, arms))
    for i in range(arms):
        scaled = effect[i] * spread
        for j in range(i, arms):
            out[i, j] = out[j, i] = float((scaled * effect[j]).sum())
    return out


def _quadratic_form(score: Floats, variance: Floats) -> tuple[float, int]:
    """The form S' V^- S and the rank of V; arms without information, and one that the others imply, left out."""
    spread = np.diagonal(variance)
    used = np.flatnonzero(spread > _NOTHING * spread.max(initial=0.0))[1:]
    if not used.size:
        return np.nan, 0
    used = used[~undetermined(variance[np.ix_(used, used)], spread[used])]
    return float(score[used] @ inverse(variance[np.ix_(used, used)]) @ score[used]), int(used.size)


def _dress(n: NDArray[np.int64], n_events: NDArray[np.int64], score: Floats, variance: Floats) -> GrayTest:
    chi_square, df = _quadratic_form(score, variance) if np.isfinite(variance).all() else (np.nan, 0)
    z = p_one_sided = p_two_sided = np.nan
    reason = ""
    if not np.isfinite(variance).all():
        reason = _NO_VARIANCE
    elif df == 0:
        reason = "no events" if not n_events.any() else "no event happened while two arms were at risk"
    else:
        p_two_sided = chi2_sf(chi_square, df)
        if n.size == 2:
            z = float(-score[1] / np.sqrt(variance[1, 1]))
            p_one_sided = norm_sf(z)
    return GrayTest(n, n_events, score, variance, z, chi_square, df, p_two_sided, p_one_sided, reason)
