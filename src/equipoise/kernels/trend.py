"""The log-rank test for trend over three or more arms with scores.

Tarone (1975, Biometrika 62:679); Klein and Moeschberger (2003, Survival Analysis, equation 7.4.1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels.distributions import chi2_sf, norm_sf
from equipoise.kernels.log_rank import log_rank

__all__ = ["Trend", "log_rank_trend"]

_RELATIVE = 1e-10


class Trend(NamedTuple):
    """A test for trend of A arms.

    Attributes:
        n: (A,) subjects.
        scores: (A,) scores.
        observed: (A,) events.
        expected: (A,) events expected where all arms have one hazard within each stratum.
        z: Positive when hazards fall with the score: higher scores have fewer events than expected.
        chi_square: z squared, with 1 degree of freedom.
        p_two_sided: Its upper tail.
        p_one_sided: P(Z > z), small when hazards fall with the score.
        reason: Why there is no test; "" when there is one.
    """

    n: NDArray[np.int64]
    scores: Floats
    observed: Floats
    expected: Floats
    z: float
    chi_square: float
    p_two_sided: float
    p_one_sided: float
    reason: str


def log_rank_trend(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    scores: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
) -> Trend:
    """Test that arms have one hazard within each stratum, against hazards that rise or fall with a score.

    The statistic is sum_a s_a (O_a - E_a) over the square root of s' V s; adding a constant to the scores or
    multiplying them by a positive one changes nothing.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) integer codes from 0 to A - 1.
        scores: (A,) score of each arm, A at least 2, not all equal.
        stratum: (n,) integer codes from 0, or None.

    Returns:
        The test.

    Raises:
        KernelInputError: Arrays or scores that break the limits above.
    """
    score = np.asarray(scores, dtype=np.float64)
    fine = score.ndim == 1 and score.size >= 2 and bool(np.isfinite(score).all())
    require(fine, "scores", "there must be one finite score for each of two or more arms", score)
    require(np.ptp(score) > 0.0, "scores", "scores must not be all equal", score)
    whole = log_rank(time, event, arm, n_arms=score.size, stratum=stratum)
    # Centred and scaled, so that large scores do not cancel.
    unit = (score - score.mean()) / np.ptp(score)
    spread = float((np.outer(unit, unit) * whole.variance).sum())
    nan = float("nan")
    reason = whole.reason
    if not reason and not spread > _RELATIVE * float(np.diagonal(whole.variance).max()):
        reason = "arms with different scores are never at risk together"
    if reason:
        return Trend(whole.n, score, whole.observed, whole.expected, nan, nan, nan, nan, reason)
    z = -float((unit * whole.score).sum()) / float(np.sqrt(spread))
    return Trend(
        whole.n, score, whole.observed, whole.expected, z, z * z, float(chi2_sf(z * z, 1)), float(norm_sf(z)), ""
    )
