"""The average hazard ratio of two arms up to a horizon, which needs no proportional hazards.

Kalbfleisch and Prentice (1981, Biometrika 68:105): each arm's part of the sum of both hazards, averaged over time with
weight -d(S_1 S_0), one average over the other. That comes to

    theta = integral of S_0 dF_1 / integral of S_1 dF_0,   from 0 to the horizon,

the odds that of two subjects the one on arm 1 has the event first, among pairs in which one has it by the horizon.
Where hazards are proportional it is the hazard ratio. Estimation by Kaplan-Meier curves and the variance of its log by
the delta method follow Brueckner and Brannath (2017, Lifetime Data Anal 23:339).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, check_codes, require
from equipoise.kernels._km import KaplanMeier
from equipoise.kernels._ordering import TIE_TOLERANCE
from equipoise.kernels.distributions import z_of_level
from equipoise.kernels.kaplan_meier import kaplan_meier_by_arm
from equipoise.kernels.risk_table import risk_table

__all__ = ["AverageHazardRatio", "average_hazard_ratio"]


class AverageHazardRatio(NamedTuple):
    """An average hazard ratio, experimental arm over control.

    Attributes:
        horizon: Time up to which hazards are averaged, in the unit given.
        estimate: Below 1 favours arm 1; NaN with a reason.
        log_std_err: Standard error of its log.
        lower: Lower limit, symmetric on the log scale.
        upper: Upper limit.
        events: (control, experimental) events up to the horizon.
        reason: Why there is no estimate; "" when there is.
    """

    horizon: float
    estimate: float
    log_std_err: float
    lower: float
    upper: float
    events: tuple[int, int]
    reason: str


class _Arm(NamedTuple):
    """One arm on the event times of both up to the horizon.

    Attributes:
        after: (T,) survival just after each time.
        middle: (T,) mean of survival just before and just after.
        falls: (T,) by how much it falls there.
        variance: (T,) what the time adds to Greenwood's sum, 0 where survival falls to 0.
        end: Survival at the horizon.
    """

    after: Floats
    middle: Floats
    falls: Floats
    variance: Floats
    end: float


def average_hazard_ratio(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    *,
    horizon: float | None = None,
    conf_level: float = 0.95,
) -> AverageHazardRatio:
    """Estimate the average hazard ratio of arm 1 over arm 0.

    Where events of both arms tie, each pair counts half for either: survival of the other arm is taken as the mean of
    just before and just after. Then the two integrals add up to 1 - S_1 S_0 at the horizon exactly.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 for an event, 0 for censored.
        arm: (n,) 1 for the experimental arm, 0 for the control.
        horizon: Above 0, in the unit of `time`; by default the smaller of the arms' largest times.
        conf_level: Two-sided level, 0 < conf_level < 1.

    Returns:
        The estimate. Beyond the last follow-up of an arm there is none unless its survival has reached 0.

    Raises:
        KernelInputError: Arrays, a horizon or a level that break the limits above.
    """
    fine = horizon is None or (np.isfinite(horizon) and horizon > 0.0)
    require(fine, "horizon", "the horizon must be a finite time above 0", horizon)
    half = z_of_level(conf_level)
    check_codes(arm, np.size(np.asarray(time)), 2, "arm")
    curves = kaplan_meier_by_arm(risk_table(time, event, arm, n_arms=2))
    nan = float("nan")
    if not all(km.time.size for km in curves):
        return AverageHazardRatio(horizon or nan, nan, nan, nan, nan, (0, 0), "no subjects in an arm")
    ends = [float(km.time[-1]) for km in curves]
    until = float(horizon) if horizon is not None else min(ends)
    slack = TIE_TOLERANCE * float(np.mean(np.asarray(time, dtype=np.float64)))
    within = [int(np.searchsorted(km.time, until + slack, side="right")) for km in curves]
    events = tuple(int(km.n_event[:k].sum()) for km, k in zip(curves, within, strict=True))
    reason = "; ".join(
        f"the horizon is beyond the last follow-up of {name}, {end:.10g}"
        for km, end, name in zip(curves, ends, ("the control", "the experimental arm"), strict=True)
        if until > end + slack and km.survival[-1] > 0.0
    ) or ("" if all(events) else "an arm has no event before the horizon")
    found = (nan, nan) if reason else _estimate(curves[0], curves[1], within)
    if not reason and not np.isfinite(found[0]):
        reason = "no event of one arm while the other had survivors"
    log, error = found
    return AverageHazardRatio(
        until,
        float(np.exp(log)),
        error,
        float(np.exp(log - half * error)),
        float(np.exp(log + half * error)),
        (events[0], events[1]),
        reason,
    )


def _estimate(control: KaplanMeier, treated: KaplanMeier, within: list[int]) -> tuple[float, float]:
    """Log of the ratio and its standard error."""
    times = np.union1d(control.time[: within[0]], treated.time[: within[1]])
    zero, one = _on(times, control, within[0]), _on(times, treated, within[1])
    treated_first, control_first = zero.middle * one.falls, one.middle * zero.falls
    a, b = float(treated_first.sum()), float(control_first.sum())
    if not (a > 0.0 and b > 0.0):
        return float("nan"), float("nan")
    both = zero.end * one.end
    # A hazard of an arm at u that is a little higher takes its subjects away from all that comes after u: pairs that
    # the other arm would have decided, which are lost to its integral, and pairs that nobody decides by the horizon.
    # Both are won by the arm itself. At u it is survival after u that changes, half of what a tied pair counts.
    late_a = _beyond(treated_first) + 0.5 * zero.after * one.falls
    late_b = _beyond(control_first) + 0.5 * one.after * zero.falls
    of_one = (both + late_b) / a + late_b / b
    of_zero = (both + late_a) / b + late_a / a
    variance = float((one.variance * of_one * of_one).sum() + (zero.variance * of_zero * of_zero).sum())
    return float(np.log(a) - np.log(b)), float(np.sqrt(variance))


def _on(times: Floats, km: KaplanMeier, within: int) -> _Arm:
    """A curve on the times of both arms, all of which are shared or its own: they come of one risk table."""
    position = np.searchsorted(times, km.time[:within])
    place = np.searchsorted(km.time[:within], times, side="right")
    after = np.append(1.0, km.survival[:within])[place]
    before = np.append(1.0, after[:-1])
    at_risk, events = km.n_risk[:within].astype(np.float64), km.n_event[:within].astype(np.float64)
    staying = at_risk - events
    variance = np.zeros(times.size)
    variance[position] = events / (at_risk * np.where(staying > 0.0, staying, np.inf))
    return _Arm(after, 0.5 * (before + after), before - after, variance, float(after[-1]))


def _beyond(terms: Floats) -> Floats:
    """(T,) sum of the terms after each."""
    return np.append(np.cumsum(terms[:0:-1])[::-1], 0.0)
