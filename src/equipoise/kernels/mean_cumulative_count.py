"""The mean cumulative count of recurrent events: how many events a subject has had on average by a time.

Nelson (1995, Technometrics 37:147) without a terminal event: the sum over event times of dN / Y. Where death ends the
counting, Ghosh and Lin (2000, Biometrics 56:554) weight each increment by S(t-), the Kaplan-Meier probability of being
alive just before it, so that the count is per subject who started and not per subject still alive; Dong et al. (2015,
Am J Epidemiol 181:532) call that the mean cumulative count. The variance is robust (Lawless and Nadeau 1995,
Technometrics 37:158; Ghosh and Lin, section 2): the sum of squared influences of the subjects, the infinitesimal
jackknife, so that events of a subject may depend on each other. Ties are exact in it: without censoring the estimate is
the mean of the subjects' counts and its variance that of a mean (divisor n).

At a tie events come first, then deaths, then censorings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_outcome, require
from equipoise.kernels._ordering import TIE_TOLERANCE, sort_times, tie_breaks
from equipoise.kernels.distributions import norm_sf, two_sided_p, z_of_level

__all__ = [
    "MeanCount",
    "MeanCountAt",
    "MeanCountDifference",
    "MeanCountInterval",
    "mean_count_at",
    "mean_count_difference",
    "mean_count_limits",
    "mean_cumulative_count",
]

MeanCountInterval = Literal["log", "plain"]

_BEYOND = "beyond the last follow-up"
_NO_EVENTS = "no events by then"
_ALIKE = "no variation between subjects"
_CELLS = 2_000_000  # of a block of influences: 16 MB each


@dataclass(frozen=True, slots=True, eq=False)
class MeanCount:
    """A mean cumulative count: one entry for each of the T distinct times at which anything happens.

    Attributes:
        time: (T,) ascending, in the unit given; before the first one the count is 0.
        n_risk: (T,) subjects whose follow-up ends at this time or later.
        n_event: (T,) events at the time, all of a subject counted.
        n_death: (T,) subjects who die at the time.
        n_censor: (T,) subjects whose follow-up ends at the time otherwise.
        survival: (T,) probability of being alive after the time; 1 throughout where nobody dies.
        mean: (T,) mean number of events by the time, that time included.
        std_err: (T,) robust standard error of the mean.
        subjects: Number of subjects.
    """

    time: Floats
    n_risk: NDArray[np.int64]
    n_event: NDArray[np.int64]
    n_death: NDArray[np.int64]
    n_censor: NDArray[np.int64]
    survival: Floats
    mean: Floats
    std_err: Floats
    subjects: int


class MeanCountAt(NamedTuple):
    """A mean cumulative count at given times.

    Attributes:
        time: (L,) the times asked for.
        n_risk: (L,) subjects whose follow-up ends at this time or later.
        mean: (L,) mean number of events by the time; NaN beyond the last follow-up, unless everybody is dead by then.
        std_err: (L,) robust standard error, NaN likewise.
        lower: (L,) lower limit; NaN where there is none.
        upper: (L,) upper limit, NaN likewise.
        reason: (L,) why there is no mean; "" where there is.
        limits_reason: (L,) why there are no limits; "" where there are.
    """

    time: Floats
    n_risk: NDArray[np.int64]
    mean: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    reason: tuple[str, ...]
    limits_reason: tuple[str, ...]


class MeanCountDifference(NamedTuple):
    """The mean cumulative count of one arm less that of another at given times.

    Attributes:
        time: (L,) the times asked for.
        estimate: (L,) first arm less second.
        std_err: (L,) its standard error, from both robust variances.
        lower: (L,) lower limit, normal.
        upper: (L,) upper limit, normal.
        z: (L,) -estimate / std_err; positive favours the first arm: fewer events.
        p_two_sided: (L,) two-sided p.
        p_one_sided: (L,) P(Z > z).
        reason: (L,) why there is no estimate; "" where there is.
        limits_reason: (L,) why there are no limits and no test; "" where there are.
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
    limits_reason: tuple[str, ...]


class _Grid(NamedTuple):
    """Checked input on a grid of T distinct times: index of each subject's end, and of each event."""

    time: Floats
    end: NDArray[np.int64]
    died: NDArray[np.bool_]
    subject: NDArray[np.int64]
    event: NDArray[np.int64]


def mean_cumulative_count(
    follow_up: ArrayLike, subject: ArrayLike, event_time: ArrayLike, *, died: ArrayLike | None = None
) -> MeanCount:
    """Estimate the mean number of events by each time.

    Times that differ only in the last bits are one time. Several events of a subject at one time all count. Time is
    O(subjects x times), memory bounded.

    Args:
        follow_up: (n,) end of each subject's follow-up, from 0, any one unit.
        subject: (m,) index from 0 of the subject who has the event.
        event_time: (m,) its time, not after the end of that subject's follow-up.
        died: (n,) 1 where follow-up ends with death, which also ends the counting; default nobody.

    Returns:
        The estimate.

    Raises:
        KernelInputError: Arrays that break the limits above.
    """
    grid = _read(follow_up, subject, event_time, died)
    size, n = grid.time.size, grid.end.size
    leaving = np.bincount(grid.end, minlength=size)
    deaths = np.bincount(grid.end[grid.died], minlength=size)
    events = np.bincount(grid.event, minlength=size)
    n_risk = leaving[::-1].cumsum()[::-1]
    hazard = deaths / n_risk
    survival = np.cumprod((n_risk - deaths) / n_risk)
    weight = np.append(1.0, survival[:-1]) / n_risk  # S(t-) / Y
    mean = np.cumsum(weight * events)
    return MeanCount(
        time=grid.time,
        n_risk=n_risk,
        n_event=events,
        n_death=deaths,
        n_censor=leaving - deaths,
        survival=survival,
        mean=mean,
        std_err=np.sqrt(_variance(grid, weight, events / n_risk, hazard, mean)),
        subjects=n,
    )


def _read(follow_up: ArrayLike, subject: ArrayLike, event_time: ArrayLike, died: ArrayLike | None) -> _Grid:
    flags = np.zeros(np.shape(follow_up), dtype=np.bool_) if died is None else died
    outcome = check_outcome(follow_up, flags)
    who, when = np.asarray(subject), np.asarray(event_time)
    if who.size == 0:
        who, when = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
    fits = who.ndim == 1 and who.shape == when.shape
    require(fits, "event_time", "subjects and times of events must be of one length", when.shape)
    require(not np.ma.is_masked(event_time), "event_time", "event_time must not have masked values")
    require(who.dtype.kind in "iu", "subject", "subject must hold indices from 0", who.dtype)
    require(when.dtype.kind in "fiu", "event_time", "times of events must be numbers", when.dtype)
    inside = (who >= 0) & (who < outcome.time.size)
    require(inside.all(), "subject", "an event belongs to a subject who is not there", who[~inside][:1])
    when = when.astype(np.float64)
    fine = np.isfinite(when) & (when >= 0.0)
    require(fine.all(), "event_time", "times of events must be finite and not negative", when[~fine][:1])
    both = np.concatenate([outcome.time, when])
    order, ordered = sort_times(both)
    breaks = tie_breaks(ordered)
    position = np.empty(order.size, dtype=np.int64)
    position[order] = np.cumsum(breaks) - 1
    end, event = position[: outcome.time.size], position[outcome.time.size :]
    late = event > end[who]
    require(not late.any(), "event_time", "an event is after the end of its subject's follow-up", when[late][:1])
    return _Grid(ordered[breaks], end, outcome.event, who.astype(np.int64), event)


def _variance(grid: _Grid, weight: Floats, rate: Floats, hazard: Floats, mean: Floats) -> Floats:
    """Sum of squared influences at each time of the grid.

    The influence of subject i on the mean at t is the sum over times u <= t of
    S(u-) (dN_i - Y_i r) / Y - (mean(t) - mean(u)) (dD_i - Y_i h) / (Y (1 - h)),
    r = dN / Y and h = dD / Y: the derivative of the estimate by the subject's weight.

    Args:
        grid: The input.
        weight: (T,) S(t-) / Y.
        rate: (T,) dN / Y.
        hazard: (T,) dD / Y.
        mean: (T,) the estimate.
    """
    happened = np.bincount(grid.event, minlength=grid.time.size) > 0
    used = np.flatnonzero(happened | (hazard > 0.0))  # nothing changes at other times
    out = np.zeros(grid.time.size)
    if used.size == 0 or not happened.any():
        return out
    n_risk = np.bincount(grid.end, minlength=grid.time.size)[::-1].cumsum()[::-1].astype(np.float64)
    # Where all who are left die the mean stays, and its factor mean(t) - mean(u) is 0.
    gone = 1.0 / (n_risk * np.where(hazard < 1.0, 1.0 - hazard, np.inf))
    w, r, h, g, m = (values[used] for values in (weight, rate, hazard, gone, mean))
    column = np.full(grid.time.size, -1)
    column[used] = np.arange(used.size)
    total = np.zeros(used.size)
    n = grid.end.size
    block = max(1, _CELLS // used.size)
    by_subject = np.argsort(grid.subject, kind="stable")
    ordered = grid.subject[by_subject]
    for start in range(0, n, block):
        stop = min(start + block, n)
        own = by_subject[np.searchsorted(ordered, start) : np.searchsorted(ordered, stop)]
        present = (grid.end[start:stop, None] >= used[None, :]).astype(np.float64)
        influence = present * (-w * r)
        np.add.at(influence, (grid.subject[own] - start, column[grid.event[own]]), w[column[grid.event[own]]])
        if h.any():
            death = present * (-h * g)
            dead = np.flatnonzero(grid.died[start:stop])
            at = column[grid.end[start + dead]]
            death[dead, at] += g[at]
            influence += death * m
            influence = np.cumsum(influence, axis=1) - m * np.cumsum(death, axis=1)
        else:
            np.cumsum(influence, axis=1, out=influence)
        total += np.einsum("ij,ij->j", influence, influence)
    # Between the times used the variance stays; before the first it is 0.
    behind = np.searchsorted(used, np.arange(out.size), side="right")
    return np.append(0.0, total)[behind]


def mean_count_limits(
    mean: ArrayLike, std_err: ArrayLike, *, conf_level: float = 0.95, interval: MeanCountInterval = "log"
) -> tuple[Floats, Floats]:
    """Pointwise limits of a mean count.

    Args:
        mean: (L,) means.
        std_err: (L,) standard errors.
        conf_level: Two-sided level, 0 < conf_level < 1.
        interval: `log` is mean exp(+- z se / mean), `plain` mean +- z se with the lower limit cut at 0.

    Returns:
        Lower and upper limits, (L,) each; NaN where the mean is 0, for which neither scale has limits.

    Raises:
        KernelInputError: An unknown interval or level.
    """
    require(interval in ("log", "plain"), "interval", "interval must be log or plain", interval)
    z = z_of_level(conf_level)
    m, se = np.asarray(mean, dtype=np.float64), np.asarray(std_err, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if interval == "plain":
            lower, upper = np.maximum(m - z * se, 0.0), m + z * se
        else:
            factor = np.exp(z * se / m)
            lower, upper = m / factor, m * factor
    none = ~(m > 0.0)
    return np.where(none, np.nan, lower), np.where(none, np.nan, upper)


def mean_count_at(
    count: MeanCount, times: ArrayLike, *, conf_level: float = 0.95, interval: MeanCountInterval = "log"
) -> MeanCountAt:
    """Read a mean cumulative count at given times: events at or before a time count.

    Args:
        count: The estimate.
        times: Scalar or (L,), finite, not negative, in the unit of the estimate; any order.
        conf_level: Two-sided level, 0 < conf_level < 1.
        interval: The scale of the limits.

    Returns:
        Means at the times.

    Raises:
        KernelInputError: Times that are not finite or negative; an unknown interval or level.
    """
    asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
    fine = asked.ndim == 1 and bool((np.isfinite(asked) & (asked >= 0.0)).all())
    require(fine, "times", "times must be finite and not negative", asked)
    slack = TIE_TOLERANCE * float(count.time.mean())
    behind = np.searchsorted(count.time, asked + slack, side="right")
    ahead = np.searchsorted(count.time, asked - slack, side="left")
    mean, std_err = np.append(0.0, count.mean)[behind], np.append(0.0, count.std_err)[behind]
    alive = np.append(1.0, count.survival)[behind] > 0.0
    beyond = (asked > count.time[-1] + slack) & alive
    lower, upper = mean_count_limits(mean, std_err, conf_level=conf_level, interval=interval)
    for values in (mean, std_err, lower, upper):
        values[beyond] = np.nan
    reason = tuple(_BEYOND if out else "" for out in beyond)
    none = tuple(why or ("" if m > 0.0 else _NO_EVENTS) for why, m in zip(reason, mean, strict=True))
    return MeanCountAt(asked, np.append(count.n_risk, 0)[ahead], mean, std_err, lower, upper, reason, none)


def mean_count_difference(
    first: MeanCount, second: MeanCount, times: ArrayLike, *, conf_level: float = 0.95
) -> MeanCountDifference:
    """Compare the mean cumulative counts of two arms at given times, with normal limits and a z test.

    Args:
        first: The experimental arm.
        second: The control arm.
        times: Scalar or (L,), in the unit of the estimates.
        conf_level: Two-sided level, 0 < conf_level < 1.

    Returns:
        The differences; no limits and no test where neither arm has any variation.

    Raises:
        KernelInputError: Times or a level outside their limits.
    """
    one, two = mean_count_at(first, times), mean_count_at(second, times)
    half = z_of_level(conf_level)
    estimate = one.mean - two.mean
    std_err = np.hypot(one.std_err, two.std_err)
    std_err[std_err == 0.0] = np.nan
    with np.errstate(invalid="ignore"):
        z = -estimate / std_err
    reason = tuple(a or b for a, b in zip(one.reason, two.reason, strict=True))
    none = tuple(why or ("" if np.isfinite(se) else _ALIKE) for why, se in zip(reason, std_err, strict=True))
    return MeanCountDifference(
        one.time,
        estimate,
        std_err,
        estimate - half * std_err,
        estimate + half * std_err,
        z,
        two_sided_p(z),
        norm_sf(z),
        reason,
        none,
    )
