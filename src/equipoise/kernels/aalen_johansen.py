"""Cumulative incidence where several causes compete: the Aalen-Johansen estimate, its errors and its limits.

Aalen and Johansen (1978, Scand J Stat 5:141) for the estimate, which for competing causes is the sum of S(t-) d_k / n
over event times, S the Kaplan-Meier estimate of being free of all of them. The complement of a Kaplan-Meier curve that
treats competing events as censored estimates no probability of this world and is never below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats, check_codes, check_weights, require
from equipoise.kernels._competing import Causes, check_cause, check_causes, left_of
from equipoise.kernels._incidence import Interval, aalen_variance, jackknife_variance, limits_of
from equipoise.kernels._ordering import TIE_TOLERANCE
from equipoise.kernels.distributions import norm_sf, two_sided_p, z_of_level

__all__ = [
    "AalenJohansen",
    "IncidenceAt",
    "IncidenceDifference",
    "aalen_johansen",
    "aalen_johansen_by_arm",
    "incidence_difference",
]

StandardError = Literal["aalen", "infinitesimal_jackknife"]

_BEYOND = "beyond the last follow-up"
_CERTAIN = "incidence is 1, where these limits do not exist"


class IncidenceAt(NamedTuple):
    """Incidence of K causes at L given times.

    Attributes:
        time: (L,) the times asked for.
        n_risk: (L,) subjects whose time is this one or later.
        incidence: (K, L) probability of an event of each cause by the time; NaN beyond the last follow-up unless
            everyone has had an event by then.
        std_err: (K, L) its standard error, NaN likewise.
        lower: (K, L) lower limit, NaN likewise and where incidence is 1.
        upper: (K, L) upper limit.
        reason: (L,) why there is no incidence; "" where there is.
        limits_reason: K by L, why there are no limits; "" where there are.
    """

    time: Floats
    n_risk: Floats
    incidence: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    reason: tuple[str, ...]
    limits_reason: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class AalenJohansen:
    """Cumulative incidence of K causes at the T distinct times of follow-up, censored ones too.

    Attributes:
        time: (T,) ascending, in the unit given; before the first one every incidence is 0.
        n_risk: (T,) subjects whose time is this one or later (sum of weights with weights).
        n_event: (K, T) events of each cause at the time.
        n_censor: (T,) subjects censored at the time.
        event_free: (T,) Kaplan-Meier probability of no event of any cause; with the incidences it adds up to 1.
        incidence: (K, T) probability of an event of each cause by the time.
        std_err: (K, T) standard error of incidence.
        lower: (K, T) pointwise lower limit; 0 before the first event of the cause.
        upper: (K, T) upper limit, likewise; NaN with `lower` where incidence is 1 and the scale has no value there.
        conf_level: Level of the limits.
        interval: Scale of the limits.
        se: Which standard error.
    """

    time: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats
    event_free: Floats
    incidence: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    conf_level: float
    interval: Interval
    se: StandardError

    def at(self, times: ArrayLike) -> IncidenceAt:
        """Read the curves at given times: events at or before a time count.

        Args:
            times: Scalar or (L,), finite, in the unit of the curves; any order.

        Returns:
            Incidence at the times.

        Raises:
            KernelInputError: Times that are not finite or negative.
        """
        asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
        fine = asked.ndim == 1 and bool((np.isfinite(asked) & (asked >= 0.0)).all())
        require(fine, "times", "times must be finite and not negative", asked)
        slack = TIE_TOLERANCE * float(self.time.mean()) if self.time.size else 0.0
        behind = np.searchsorted(self.time, asked + slack, side="right")
        ahead = np.searchsorted(self.time, asked - slack, side="left")
        last = self.time[-1] if self.time.size else -np.inf
        beyond = (asked > last + slack) & (np.append(1.0, self.event_free)[behind] > 0.0)

        def read(values: Floats) -> Floats:
            picked: Floats = np.concatenate((np.zeros((values.shape[0], 1)), values), axis=1)[:, behind]
            picked[:, beyond] = np.nan
            return picked

        lower = read(self.lower)
        reason = tuple(_BEYOND if out else "" for out in beyond)
        why = tuple(
            tuple(r or ("" if np.isfinite(low) else _CERTAIN) for r, low in zip(reason, row, strict=True))
            for row in lower
        )
        return IncidenceAt(
            asked, np.append(self.n_risk, 0.0)[ahead], read(self.incidence), read(self.std_err), lower,
            read(self.upper), reason, why,
        )  # fmt: skip


class IncidenceDifference(NamedTuple):
    """Incidence of one cause in one arm less that in another at given times, normal limits from both variances.

    Attributes:
        time: (L,) the times asked for.
        estimate: (L,) first arm less second.
        std_err: (L,) its standard error; NaN where both arms have none.
        lower: (L,) lower limit.
        upper: (L,) upper limit.
        z: (L,) -estimate / std_err; positive favours the first arm, which then has fewer events.
        p_two_sided: (L,) two-sided p.
        p_one_sided: (L,) P(Z > z).
        reason: (L,) why there is no estimate or no error; "" where there is.
    """

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    z: Floats
    p_two_sided: Floats
    p_one_sided: Floats
    reason: tuple[str, ...]


class _Options(NamedTuple):
    z: float
    conf_level: float
    interval: Interval
    se: StandardError


def aalen_johansen(
    time: ArrayLike,
    status: ArrayLike,
    *,
    causes: int | None = None,
    weights: ArrayLike | None = None,
    conf_level: float = 0.95,
    interval: Interval = "log_log",
    se: StandardError = "aalen",
) -> AalenJohansen:
    """Estimate the cumulative incidence of each cause.

    Times that differ only in the last bits are one time. At a tie of events and censorings the censored subjects are
    still at risk.

    The standard error `aalen` is the estimate of Aalen (1978, Ann Stat 6:534) with the variance of d of n tied events
    cut by (n - d) / (n - 1), as R's cmprsk gives it; weights count as if a subject were there so many times.
    `infinitesimal_jackknife` is the root of the sum of squared influences w_i dF/dw_i, as R's survival gives it;
    it holds with weights that are not counts.

    Limits are symmetric on the scale of F (`plain`), log F (`log`) or log(-log F) (`log_log`), F the incidence: the
    convention of R's survival and of SAS's LIFETEST. Without competing events they are not those of 1 - Kaplan-Meier,
    whose scale is log(-log(1 - F)).

    Args:
        time: (n,) times from 0, any one unit.
        status: (n,) 0 censored, 1..K the cause of the event.
        causes: K, where causes may be absent; default the largest code, at least 1.
        weights: (n,) case weights, positive; default 1 each.
        conf_level: Two-sided level, 0 < conf_level < 1.
        interval: The scale on which the limits are symmetric.
        se: The standard error.

    Returns:
        The curves.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    options = _options(conf_level, interval, se)
    outcome = check_causes(time, status, causes=causes)
    weight = check_weights(weights, outcome.status.size)
    return _curves(outcome, np.ones(outcome.status.size) if weight is None else weight, options)


def aalen_johansen_by_arm(
    time: ArrayLike,
    status: ArrayLike,
    arm: ArrayLike,
    *,
    n_arms: int | None = None,
    causes: int | None = None,
    conf_level: float = 0.95,
    interval: Interval = "log_log",
    se: StandardError = "aalen",
) -> tuple[AalenJohansen, ...]:
    """One set of curves for each arm, on times that are tied over all arms together.

    Args:
        time: (n,) times from 0, any one unit.
        status: (n,) 0 censored, 1..K the cause of the event.
        arm: (n,) integer codes from 0.
        n_arms: Number of arms when codes may be absent; default the largest code plus 1.
        causes: K, where causes may be absent; default the largest code, at least 1.
        conf_level: Two-sided level.
        interval: The scale of the limits.
        se: The standard error.

    Returns:
        A curves; each has the times at which its own arm has subjects. An arm without subjects has none.

    Raises:
        KernelInputError: Arrays or options that break the limits above.
    """
    options = _options(conf_level, interval, se)
    outcome = check_causes(time, status, causes=causes)
    codes, arms = check_codes(arm, outcome.status.size, n_arms, "arm")
    assert codes is not None
    found = []
    for number in range(arms):
        mine = codes == number
        part = outcome._replace(position=outcome.position[mine], status=outcome.status[mine])
        found.append(_curves(part, np.ones(int(mine.sum())), options))
    return tuple(found)


def incidence_difference(
    first: AalenJohansen, second: AalenJohansen, times: ArrayLike, *, cause: int = 1, conf_level: float = 0.95
) -> IncidenceDifference:
    """Compare the incidence of one cause in two arms at given times.

    Args:
        first: Curves of the experimental arm.
        second: Curves of the control arm.
        times: Scalar or (L,), in the unit of the curves.
        cause: The cause, 1..K.
        conf_level: Two-sided level, 0 < conf_level < 1.

    Returns:
        The differences.

    Raises:
        KernelInputError: Times, cause or level outside their limits.
    """
    check_cause(cause, min(first.incidence.shape[0], second.incidence.shape[0]))
    one, two = first.at(times), second.at(times)
    half, k = z_of_level(conf_level), cause - 1
    estimate = one.incidence[k] - two.incidence[k]
    std_err = np.hypot(one.std_err[k], two.std_err[k])
    std_err[std_err == 0.0] = np.nan
    with np.errstate(invalid="ignore"):
        z = 0.0 - estimate / std_err
    reason = tuple(
        a or b or ("" if np.isfinite(s) else "no standard error: no event in either arm")
        for a, b, s in zip(one.reason, two.reason, std_err, strict=True)
    )
    return IncidenceDifference(
        one.time,
        estimate,
        std_err,
        np.maximum(estimate - half * std_err, -1.0),
        np.minimum(estimate + half * std_err, 1.0),
        z,
        two_sided_p(z),
        norm_sf(z),
        reason,
    )


def _options(conf_level: float, interval: Interval, se: StandardError) -> _Options:
    require(interval in ("log_log", "log", "plain"), "interval", "interval must be log_log, log or plain", interval)
    known = se in ("aalen", "infinitesimal_jackknife")
    require(known, "se", "se must be aalen or infinitesimal_jackknife", se)
    return _Options(z_of_level(conf_level), conf_level, interval, se)


def _curves(outcome: Causes, weight: Floats, options: _Options) -> AalenJohansen:
    size, k = outcome.grid.size, outcome.causes
    cells = np.bincount(outcome.status * size + outcome.position, weight, minlength=(k + 1) * size)
    # bincount of nothing is of integers; an arm without subjects must not differ in type.
    counts: Floats = cells.reshape(k + 1, size).astype(np.float64)
    used = np.flatnonzero(np.bincount(outcome.position, minlength=size))
    counts, time = counts[:, used], outcome.grid[used]
    place = np.searchsorted(used, outcome.position)
    leaving = counts.sum(axis=0)
    # Weights add up with rounding; from the right the last risk set is exactly its own weight.
    at_risk = np.add.accumulate(leaving[::-1])[::-1]
    events = counts[1:]
    # Kaplan-Meier of any event; what is left after an event time is counted, not computed as a difference.
    staying = at_risk - events.sum(axis=0)
    staying[staying < 1e-12 * at_risk] = 0.0
    free = np.cumprod(staying / at_risk)
    before = left_of(free, 1.0) if free.size else free
    jump = before / at_risk * events
    incidence = np.minimum(np.cumsum(jump, axis=1), 1.0)
    if options.se == "aalen":
        variance = aalen_variance(at_risk, events, before, free, incidence)
    else:
        variance = jackknife_variance(outcome.status, place, weight, at_risk, staying, events, before, incidence)
    # Sums that cancel leave about 1e-16 where nothing varies (all had the event); one event of 1e7 subjects has 1e-14.
    std_err = np.sqrt(np.where(variance > 2e-15, variance, 0.0))
    lower, upper = limits_of(incidence, std_err, options.z, options.interval)
    return AalenJohansen(
        time, at_risk, events, counts[0], free, incidence, std_err, lower, upper,
        options.conf_level, options.interval, options.se,
    )  # fmt: skip
