"""The MaxCombo test: the largest of several Fleming-Harrington statistics, its P from their joint distribution.

Lee (1996, Biometrics 52:721) for the largest of weighted log-rank statistics and their correlation; Lin et al. (2020,
Stat Biopharm Res 12:187) and Roychoudhury et al. (2023, Stat Biopharm Res 15:280) for the set that is the default here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._normal_tails import max_tails
from equipoise.kernels.log_rank import survival_before
from equipoise.kernels.risk_table import EventRows, event_rows

__all__ = ["DEFAULT_WEIGHTS", "MaxCombo", "max_combo"]

DEFAULT_WEIGHTS: Final = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
_MOST = 8


class MaxCombo(NamedTuple):
    """A MaxCombo test of two arms with k weights.

    Attributes:
        n: (2,) subjects, control first.
        weights: k pairs (rho, gamma).
        z: (k,) statistics, positive favours arm 1 (R's `(O-E)/sqrt(V)` has the other sign).
        correlation: (k, k) their estimated correlation when there is no difference.
        z_max: The largest of them: the one most in favour of arm 1.
        p_one_sided: P(max_j Z_j >= z_max).
        p_two_sided: P(max_j abs(Z_j) >= max_j abs(z_j)).
        reason: Why there is no test; "" when there is one.
    """

    n: NDArray[np.int64]
    weights: tuple[tuple[float, float], ...]
    z: Floats
    correlation: Floats
    z_max: float
    p_one_sided: float
    p_two_sided: float
    reason: str


def max_combo(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
    weights: Sequence[tuple[float, float]] = DEFAULT_WEIGHTS,
) -> MaxCombo:
    """Test that two arms have one hazard within each stratum, by several weighted log-rank statistics at once.

    Each statistic is that of `log_rank` with the same rho and gamma, its weights from all subjects of a stratum
    together; the covariance of two is the hypergeometric variance weighted by both. P is computed as an upper tail,
    with a relative error below 1%.

    Args:
        time: (n,) times from 0, any one unit; the result does not depend on the unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) 1 for the experimental arm, 0 for the control.
        stratum: (n,) integer codes from 0, or None.
        weights: 1 to 8 pairs (rho, gamma), each at least 0.

    Returns:
        The test. Where one of the weights is 0 at every event there is none, as the declared statistic does not exist.

    Raises:
        KernelInputError: Arrays or weights that break the limits above.
    """
    pairs = tuple((float(rho), float(gamma)) for rho, gamma in weights)
    require(1 <= len(pairs) <= _MOST, "weights", f"a MaxCombo test takes 1 to {_MOST} weights", len(pairs))
    fine = all(0.0 <= rho < np.inf and 0.0 <= gamma < np.inf for rho, gamma in pairs)
    require(fine, "weights", "rho and gamma must be at least 0", pairs)
    rows = event_rows(time, event, arm, stratum, n_arms=2)
    score, variance = _moments(rows, pairs)
    spread = np.diagonal(variance)
    reason = _reason(rows, pairs, spread)
    if reason:
        k, nan = len(pairs), float("nan")
        return MaxCombo(rows.n, pairs, np.full(k, nan), np.full((k, k), nan), nan, nan, nan, reason)
    scale = np.sqrt(spread)
    z = -score / scale
    correlation = np.clip(variance / np.outer(scale, scale), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    largest = float(z.max())
    tails = max_tails(correlation, largest, float(np.abs(z).max()))
    return MaxCombo(rows.n, pairs, z, correlation, largest, tails.one_sided, tails.two_sided, "")


def _moments(rows: EventRows, pairs: tuple[tuple[float, float], ...]) -> tuple[Floats, Floats]:
    """(k,) weighted observed less expected events of arm 1, and (k, k) their covariance."""
    before = survival_before(rows)
    weight = np.stack([before**rho * (1.0 - before) ** gamma for rho, gamma in pairs])
    at_risk, events = rows.at_risk.sum(axis=0), rows.events.sum(axis=0)
    share = rows.at_risk[1] / at_risk
    score = (weight * (rows.events[1] - events * share)).sum(axis=1)
    # With one subject at risk the factor is 0/0 and the variance 0.
    spread = events * share * (1.0 - share) * (at_risk - events) / np.maximum(at_risk - 1.0, 1.0)
    # Sums by numpy, not by BLAS: those do not depend on the number of threads.
    weighted = weight * spread
    variance = np.array([(weighted * one).sum(axis=1) for one in weight])
    return score, variance


def _reason(rows: EventRows, pairs: tuple[tuple[float, float], ...], spread: Floats) -> str:
    if not rows.events.size:
        return "no events"
    without = np.flatnonzero(~(spread > 0.0))
    if not without.size:
        return ""
    unweighted = rows.at_risk.all(axis=0) & (rows.events.sum(axis=0) < rows.at_risk.sum(axis=0))
    if not unweighted.any():
        return "no event happened while two arms were at risk"
    rho, gamma = pairs[int(without[0])]
    return f"the weight of rho {rho:g} and gamma {gamma:g} is 0 at every event"
