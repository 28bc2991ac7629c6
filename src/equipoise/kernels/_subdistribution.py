"""The weighted risk sets of the subdistribution hazard, and what is summed over them.

Subjects are sorted by time. At an event time t those with a time of at least t count fully, and those who had a
competing event at an earlier time X count G(t-) / G(X-), G the Kaplan-Meier estimate of being uncensored. Each sum is
a cumulative sum over sorted subjects, so that the work grows with n p^2 and not with the number of pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats
from equipoise.kernels._competing import Causes, left_of
from equipoise.kernels._newton import Derivatives

__all__ = ["Subjects", "influence", "likelihood_of", "sort_subjects"]

Ints = NDArray[np.int64]


class _Censoring(NamedTuple):
    """Censoring of one group, at the T distinct times of all groups.

    Attributes:
        members: Positions of the group's subjects in the order of time.
        uncensored: (T,) G just before each time.
        at_risk: (T,) subjects of the group whose time is this one or later.
        censored: (T,) subjects censored at the time.
    """

    members: Ints
    uncensored: Floats
    at_risk: Floats
    censored: Floats


class Subjects(NamedTuple):
    """Subjects in order of time, with M distinct times that have an event of interest among T.

    Attributes:
        x: (n, p) centred covariates.
        place: (n,) index of the subject's time among the T.
        first: (T + 1,) first subject of each time, and n.
        own: Subjects with the event of interest.
        other: (n,) whether the subject has a competing event.
        when: (M,) which of the T times have events of interest.
        events: (M,) how many.
        back: (n,) 1 / G just before the subject's time; G is that of its group.
        groups: Censoring by group.
    """

    x: Floats
    place: Ints
    first: Ints
    own: Ints
    other: NDArray[np.bool_]
    when: Ints
    events: Floats
    back: Floats
    groups: tuple[_Censoring, ...]


class _Sums(NamedTuple):
    """Sums over the risk sets at one point.

    Attributes:
        risk: (n,) relative hazards, the largest 1.
        total: (M,) sum of weighted risks.
        mean: (M, p) weighted mean of the covariates.
        lived: (n,) weighted subdistribution hazard that each subject has gone through, times its risk.
        value: Log-likelihood.
    """

    risk: Floats
    total: Floats
    mean: Floats
    lived: Floats
    value: float


def sort_subjects(outcome: Causes, x: Floats, cause: int, group: NDArray[np.integer] | None) -> Subjects:
    """Sort, centre, and estimate the distribution of censoring in each group.

    A subject with an event at a time is still at risk of being censored at it, as in R's cmprsk.

    Args:
        outcome: n checked times and causes.
        x: (n, p) covariates.
        cause: The cause of interest.
        group: (n,) codes of groups with censoring of their own, or None for one group.
    """
    order = np.argsort(outcome.position, kind="stable")
    place, status = outcome.position[order], outcome.status[order]
    size = outcome.grid.size
    groups, back = [], np.ones(order.size)
    codes = np.zeros(order.size, dtype=np.int64) if group is None else np.asarray(group)[order].astype(np.int64)
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        leaving = np.bincount(place[members], minlength=size)
        at_risk = np.add.accumulate(leaving[::-1])[::-1].astype(np.float64)
        censored = np.bincount(place[members][status[members] == 0], minlength=size).astype(np.float64)
        uncensored = left_of(np.cumprod(1.0 - censored / np.maximum(at_risk, 1.0), dtype=np.float64), 1.0)
        groups.append(_Censoring(members, uncensored, at_risk, censored))
        back[members] = 1.0 / uncensored[place[members]]
    own = np.flatnonzero(status == cause)
    happened = np.bincount(place[own], minlength=size)
    when = np.flatnonzero(happened)
    first = np.searchsorted(place, np.arange(size + 1))
    sorted_x = x[order]
    return Subjects(
        sorted_x - sorted_x.mean(axis=0), place, first, own, (status != 0) & (status != cause), when,
        happened[when].astype(np.float64), back, tuple(groups),
    )  # fmt: skip


def likelihood_of(s: Subjects) -> Callable[[Floats], Derivatives]:
    """The weighted partial likelihood, ties as by Breslow; Fine and Gray (1999), section 3.

    Args:
        s: Sorted subjects.

    Returns:
        The function of (p,) coordinates.
    """
    x_sum = s.x[s.own].sum(axis=0)

    def likelihood(beta: Floats) -> Derivatives:
        # Where hazards differ beyond all floating-point numbers, what comes out is not finite and the caller sees that.
        with np.errstate(all="ignore"):
            sums = _sums(s, beta)
            products = s.x.T @ (sums.lived[:, None] * s.x)
            information = products - sums.mean.T @ (s.events[:, None] * sums.mean)
            score = x_sum - sums.lived @ s.x
        return Derivatives(sums.value, score, information)

    return likelihood


def _sums(s: Subjects, beta: Floats) -> _Sums:
    risk = s.x @ beta
    # The largest hazard is 1; the likelihood does not change and nothing overflows.
    risk -= risk.max()
    linear = float(risk[s.own].sum())
    np.exp(risk, out=risk)
    total = _over_risk_sets(s, risk[:, None])[:, 0]
    mean = _over_risk_sets(s, risk[:, None] * s.x) / total[:, None]
    rate = s.events / total
    lived = risk * _gone_through(s, rate)
    return _Sums(risk, total, mean, lived, linear - float(s.events @ np.log(total)))


def _over_risk_sets(s: Subjects, values: Floats) -> Floats:
    """(M, q) weighted sums of (n, q) values over the risk set of each event time."""
    out: Floats = np.add.accumulate(values[::-1], axis=0)[::-1][s.first[s.when]]
    stayed = np.where(s.other, s.back, 0.0)[:, None] * values
    for one in s.groups:
        mine = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(stayed[one.members], axis=0)))
        before = np.searchsorted(one.members, s.first[s.when])
        out += one.uncensored[s.when, None] * mine[before]
    return out


def _gone_through(s: Subjects, rate: Floats) -> Floats:
    """(n,) sum of weight times rate over the event times at which a subject is in the risk set."""
    until = np.append(0.0, np.cumsum(rate))[np.searchsorted(s.when, s.place, side="right")]
    for one in s.groups:
        stayed = one.members[s.other[one.members]]
        ahead = np.append(np.cumsum((one.uncensored[s.when] * rate)[::-1])[::-1], 0.0)
        until[stayed] += s.back[stayed] * ahead[np.searchsorted(s.when, s.place[stayed], side="right")]
    return until


def influence(s: Subjects, beta: Floats) -> Floats:
    """(n, p) terms of the score by subject, with what they owe to the estimate of the censoring distribution.

    eta + psi of Fine and Gray (1999), equations 7 and 8, in the order of time.

    Args:
        s: Sorted subjects.
        beta: (p,) coefficients.
    """
    sums = _sums(s, beta)
    rate = s.events / sums.total
    out = s.x * -sums.lived[:, None]
    out += sums.risk[:, None] * _columns(s, rate[:, None] * sums.mean)
    out[s.own] += s.x[s.own] - sums.mean[np.searchsorted(s.when, s.place[s.own])]
    for one in s.groups:
        out[one.members] += _censoring_part(s, one, sums, rate)
    return out


def _columns(s: Subjects, values: Floats) -> Floats:
    """`_gone_through` for (M, p) values."""
    return np.stack([_gone_through(s, column) for column in values.T], axis=1)


def _censoring_part(s: Subjects, one: _Censoring, sums: _Sums, rate: Floats) -> Floats:
    """Psi of one group: integral of q(u) / pi(u) against each subject's martingale of censoring.

    q(u) sums (x - mean) times weighted hazard over event times t >= u and subjects with a competing event at X < u,
    as the paper writes it. (Where times tie, a weight depends on censoring at u with X <= u < t; cmprsk does not
    make this distinction either.)
    """
    stayed = one.members[s.other[one.members]]
    scaled = (sums.risk * s.back)[stayed]
    held = np.concatenate(
        (np.zeros((1, 1 + s.x.shape[1])), np.cumsum(np.column_stack((scaled, scaled[:, None] * s.x[stayed])), axis=0))
    )
    place = np.arange(one.at_risk.size)
    by = held[np.searchsorted(s.place[stayed], place, side="left")]  # subjects with X < u
    later = np.searchsorted(s.when, place, side="left")  # t >= u
    weight = one.uncensored[s.when] * rate
    none = np.zeros((1, s.x.shape[1]))
    hazard = np.append(np.cumsum(weight[::-1])[::-1], 0.0)[later]
    centre = np.concatenate((np.cumsum((weight[:, None] * sums.mean)[::-1], axis=0)[::-1], none))[later]
    # The martingale carries -x weighted hazard; q has the sign of minus its sum.
    q = by[:, 1:] * hazard[:, None] - by[:, :1] * centre
    there = np.maximum(one.at_risk, 1.0)
    rise = q / there[:, None]
    compensator = np.cumsum(rise * (one.censored / there)[:, None], axis=0)
    mine = s.place[one.members]
    event = np.zeros(mine.size, dtype=np.bool_)
    event[np.flatnonzero(s.other[one.members])] = True
    event[np.searchsorted(one.members, s.own[np.isin(s.own, one.members)])] = True
    out: Floats = np.where(event[:, None], 0.0, rise[mine]) - compensator[mine]
    return out
