"""Log-rank, Fleming-Harrington and modestly weighted tests of two or more arms, with or without strata.

Mantel (1966, Cancer Chemother Rep 50:163) for the test, Fleming and Harrington (1991, Counting Processes and Survival
Analysis, section 7.2) for the weights S(t-)^rho (1 - S(t-))^gamma; Magirr and Burman (2019, Stat Med 38:3782) and
Magirr (2021, Pharm Stat 20:512) for modest weights.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels._ordering import TIE_TOLERANCE
from equipoise.kernels.distributions import chi2_sf, norm_sf
from equipoise.kernels.risk_table import EventRows, RiskTable, event_rows, event_rows_of_table

__all__ = ["LogRank", "log_rank", "log_rank_of_table", "modestly_weighted", "survival_before"]

_RANK_TOLERANCE = 1e-10


class LogRank(NamedTuple):
    """A log-rank test. A arms; with weights, sums are weighted.

    Attributes:
        n: (A,) subjects.
        observed: (A,) sum over event times of w d_a.
        expected: (A,) sum of w d n_a / n.
        variance: (A, A) hypergeometric covariance of observed - expected.
        score: (A,) observed - expected.
        z: Two arms only (else NaN): positive favours arm 1, that is, arm 1 has fewer events than expected.
        chi_square: Quadratic form of the score; NaN when nothing can be tested.
        df: Its degrees of freedom: arms with information less 1 (less still if arms are never at risk together).
        p_two_sided: Upper tail of the chi-square.
        p_one_sided: Two arms only: P(Z > z), small when arm 1 is better.
        reason: Why there is no test; "" when there is one.
    """

    n: NDArray[np.int64]
    observed: Floats
    expected: Floats
    variance: Floats
    score: Floats
    z: float
    chi_square: float
    df: int
    p_two_sided: float
    p_one_sided: float
    reason: str


def log_rank(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    n_arms: int | None = None,
    stratum: ArrayLike | None = None,
    rho: float = 0.0,
    gamma: float = 0.0,
    weights_from: Literal["stratum", "overall"] = "stratum",
) -> LogRank:
    """Test that two or more arms have one hazard within each stratum.

    Args:
        time: (n,) times from 0, any one unit; the result does not depend on the unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) integer codes from 0; with two arms 0 is the control.
        n_arms: Number of arms when codes may be absent; at least 2.
        stratum: (n,) integer codes from 0, or None.
        rho: Weight on early differences, at least 0.
        gamma: Weight on late differences, at least 0.
        weights_from: The survival function in the weights, all arms together and left-continuous: that of each
            stratum, or that of all strata together.

    Returns:
        The test.

    Raises:
        KernelInputError: Arrays or weights that break the limits above.
    """
    known = weights_from in ("stratum", "overall")
    require(known, "weights_from", "weights_from must be stratum or overall", weights_from)
    rows = event_rows(time, event, arm, stratum, n_arms=n_arms)
    if weights_from == "overall" and (rho or gamma) and rows.start.size > 2:
        together = event_rows(time, event)
        before = survival_before(together)
        # A row of a stratum is found among all rows by its time; ties by tolerance may bear different times.
        slack = 2.0 * TIE_TOLERANCE * float(np.mean(np.asarray(time, dtype=np.float64)))
        survival = before[np.searchsorted(together.time, rows.time + slack, side="right") - 1]
        return _fleming_harrington(rows, rho, gamma, survival)
    return _fleming_harrington(rows, rho, gamma, None)


def modestly_weighted(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    n_arms: int | None = None,
    stratum: ArrayLike | None = None,
    t_star: float | None = None,
    s_star: float | None = None,
) -> LogRank:
    """Test that two or more arms have one hazard within each stratum, with weights 1 / max(S(t-), S(t_star)).

    S is the Kaplan-Meier estimate of all arms of a stratum together; S(t_star) counts events at t_star. The weights
    never fall with time, and yet, but for ties, the scores that they amount to never rise with it: a later event is
    never held more against an arm than an earlier one (Magirr and Burman 2019, section 2.2), so that no arm is rewarded
    for events that come early.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) integer codes from 0; with two arms 0 is the control.
        n_arms: Number of arms when codes may be absent; at least 2.
        stratum: (n,) integer codes from 0, or None.
        t_star: Time above 0, in the unit of `time`, until which weights grow as 1 / S(t-).
        s_star: Instead of it, survival in (0, 1] at which they stop growing, in every stratum.

    Returns:
        The test.

    Raises:
        KernelInputError: Arrays that break the limits above; not exactly one of t_star and s_star.
    """
    require((t_star is None) != (s_star is None), "t_star", "give exactly one of t_star and s_star", (t_star, s_star))
    rows = event_rows(time, event, arm, stratum, n_arms=n_arms)
    before = survival_before(rows)
    if s_star is not None:
        require(0.0 < s_star <= 1.0, "s_star", "s_star must be above 0 and at most 1", s_star)
        return _test(rows, 1.0 / np.maximum(before, s_star))
    assert t_star is not None
    require(0.0 < t_star < np.inf, "t_star", "t_star must be a finite time above 0", t_star)
    slack = TIE_TOLERANCE * float(np.mean(np.asarray(time, dtype=np.float64)))
    floor = np.ones(before.size)
    for first, last in zip(rows.start[:-1], rows.start[1:], strict=True):
        if passed := int(np.searchsorted(rows.time[first:last], t_star + slack, side="right")):
            at = first + passed - 1
            events, at_risk = rows.events[:, at].sum(), rows.at_risk[:, at].sum()
            floor[first:last] = before[at] * (1.0 - events / at_risk)
    return _test(rows, 1.0 / np.maximum(before, floor))


def log_rank_of_table(table: RiskTable, *, rho: float = 0.0, gamma: float = 0.0) -> LogRank:
    """The same test from a risk table, weights from each stratum.

    Args:
        table: Counts by stratum, arm and time.
        rho: Weight on early differences, at least 0.
        gamma: Weight on late differences, at least 0.

    Returns:
        The test.

    Raises:
        KernelInputError: The table does not fit together, or a weight is negative.
    """
    return _fleming_harrington(event_rows_of_table(table), rho, gamma, None)


def _fleming_harrington(rows: EventRows, rho: float, gamma: float, survival: Floats | None) -> LogRank:
    require(0.0 <= rho < np.inf and 0.0 <= gamma < np.inf, "rho", "rho and gamma must be at least 0", (rho, gamma))
    if not (rho or gamma):
        return _test(rows, None)
    before = survival_before(rows) if survival is None else survival
    return _test(rows, before**rho * (1.0 - before) ** gamma)


def _test(rows: EventRows, weight: Floats | None) -> LogRank:
    arms = rows.events.shape[0]
    require(arms >= 2, "arm", "a log-rank test needs at least two arms", arms)
    observed, expected, variance = _moments(rows, weight)
    score = observed - expected
    chi_square, df = _quadratic_form(score, variance)
    z = p_one_sided = p_two_sided = np.nan
    reason = ""
    if df == 0:
        reason = "no events" if not rows.events.size else "no event happened while two arms were at risk"
        if rows.events.size and weight is not None and not weight.any():
            reason = "the weight is 0 at every event"
    else:
        p_two_sided = chi2_sf(chi_square, df)
        if arms == 2:
            z = float(-score[1] / np.sqrt(variance[1, 1]))
            p_one_sided = norm_sf(z)
    return LogRank(rows.n, observed, expected, variance, score, z, chi_square, df, p_two_sided, p_one_sided, reason)


def survival_before(rows: EventRows) -> Floats:
    """Kaplan-Meier of all arms together just before each event time, within each stratum.

    Args:
        rows: Counts at each stratum and event time, M rows.

    Returns:
        (M,) survival, left-continuous.
    """
    at_risk = rows.at_risk.sum(axis=0)
    factor = 1.0 - rows.events.sum(axis=0) / at_risk
    before = np.ones(factor.size)
    for first, last in zip(rows.start[:-1], rows.start[1:], strict=True):
        if last - first > 1:
            np.cumprod(factor[first : last - 1], out=before[first + 1 : last])
    return before


def _moments(rows: EventRows, weight: Floats | None) -> tuple[Floats, Floats, Floats]:
    """Observed, expected and covariance; Klein and Moeschberger (2003), equations 7.3.3 to 7.3.5."""
    arms = rows.events.shape[0]
    at_risk, events = rows.at_risk.sum(axis=0), rows.events.sum(axis=0)
    share = rows.at_risk / at_risk
    each = events if weight is None else weight * events
    # Sums by numpy, not by BLAS: those do not depend on the number of threads.
    observed = rows.events.sum(axis=1) if weight is None else (rows.events * weight).sum(axis=1)
    expected = (share * each).sum(axis=1)
    # With one subject at risk the factor is 0/0 and the variance 0.
    spread = each * (at_risk - events) / np.maximum(at_risk - 1.0, 1.0)
    if weight is not None:
        spread *= weight
    variance = np.zeros((arms, arms))
    for a in range(arms - 1):
        weighted = spread * share[a]
        for b in range(a + 1, arms):
            variance[a, b] = variance[b, a] = -float((weighted * share[b]).sum())
    np.fill_diagonal(variance, -variance.sum(axis=1))
    return observed, expected, variance


def _quadratic_form(score: Floats, variance: Floats) -> tuple[float, int]:
    """The form S' V^- S of the score and the rank of V, arms without information left out."""
    spread = np.diagonal(variance)
    used = np.flatnonzero(spread > _RANK_TOLERANCE * spread.max(initial=0.0))
    if used.size < 2:
        return np.nan, 0
    scale = np.sqrt(spread[used])
    values, vectors = np.linalg.eigh(variance[np.ix_(used, used)] / np.outer(scale, scale))
    known = values > _RANK_TOLERANCE * values[-1]
    along = (score[used] / scale) @ vectors[:, known]
    return float((along * along / values[known]).sum()), int(known.sum())
