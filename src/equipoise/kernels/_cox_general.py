"""Partial likelihood of a model with any covariates, with strata and case weights.

Sums over risk sets are cumulative sums over subjects sorted by stratum and falling time. The second derivatives need
no cumulative sum of products: exchanging the order of summation turns them into two weighted Gram matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats, Outcome
from equipoise.kernels._newton import Derivatives
from equipoise.kernels._ordering import sort_times, tie_breaks

__all__ = ["Subjects", "general_likelihood", "sort_subjects"]


class Subjects(NamedTuple):
    """Subjects in order of stratum, then of time from the latest to the earliest.

    E terms: one for each event time (Breslow) or each event (Efron), with D distinct stratum and event times.

    Attributes:
        x: (n, p) covariates, centred within each stratum.
        weight: (n,) case weights, or None.
        event: (n,) whether the subject has an event.
        stratum_first: (S,) first subject of each stratum that has subjects.
        stratum: (n,) which of these strata the subject is in.
        last: (D,) last subject at risk at each event time (the risk set runs from the first of its stratum).
        tied: (e,) subjects with events, in order.
        group: (e,) which event time each of them has.
        group_first: (D,) first of them at each event time.
        term_group: (E,) which event time each term belongs to.
        term_part: (E,) part of the events that has left the risk set: l / d under Efron, 0 under Breslow.
        term_times: (E,) what the term counts for.
        follows: (n,) the first event time, in this falling order, at which the subject is at risk (its own or an
            earlier one); D where there is none.
        group_first_of: (S',) first event time of each stratum that has events.
    """

    x: Floats
    weight: Floats | None
    event: NDArray[np.bool_]
    stratum_first: NDArray[np.int64]
    stratum: NDArray[np.int64]
    last: NDArray[np.int64]
    tied: NDArray[np.int64]
    group: NDArray[np.int64]
    group_first: NDArray[np.int64]
    term_group: NDArray[np.int64]
    term_part: Floats
    term_times: Floats
    follows: NDArray[np.int64]
    group_first_of: NDArray[np.int64]


def sort_subjects(
    outcome: Outcome,
    x: Floats,
    stratum: NDArray[np.integer] | None,
    weight: Floats | None,
    ties: str,
) -> Subjects:
    """Sort, find tied events, and centre the covariates within strata (which the likelihood does not notice).

    Args:
        outcome: n checked times and events.
        x: (n, p) covariates.
        stratum: (n,) codes from 0, or None.
        weight: (n,) case weights, or None.
        ties: `breslow` or `efron`.

    Returns:
        What the likelihood needs.
    """
    order, new_stratum, new_time = _falling_order(outcome.time, stratum)
    event = outcome.event[order]
    first = np.flatnonzero(new_time)
    deaths = np.add.reduceat(event, first, dtype=np.int64)
    last_of_time = np.append(first[1:], order.size) - 1
    with_event = deaths > 0
    last, count = last_of_time[with_event], deaths[with_event]
    which_stratum = np.cumsum(new_stratum) - 1
    tied = np.flatnonzero(event)
    w = None if weight is None else weight[order]
    group = np.repeat(np.arange(last.size), count)
    group_first = np.cumsum(count) - count
    sizes: Floats = count.astype(np.float64)
    if w is not None:
        sizes = np.bincount(group, w[tied], minlength=last.size).astype(np.float64)
    if ties == "breslow":
        term_group, term_part, term_times = np.arange(last.size), np.zeros(last.size), sizes
    else:
        rank = np.arange(group.size) - group_first[group]
        term_group, term_part = group, rank / count[group]
        term_times = (sizes / np.maximum(count, 1))[group]
    # A subject is at risk at event times up to its own: those at or after its position in this falling order.
    follows = np.append(0, np.cumsum(with_event))[np.cumsum(new_time) - 1]
    stratum_first = np.flatnonzero(new_stratum)
    group_end = np.searchsorted(last, np.append(stratum_first[1:], order.size), side="left")
    follows[follows >= group_end[which_stratum]] = last.size
    group_first_of = np.unique(np.append(0, group_end[:-1]))
    group_first_of = group_first_of[group_first_of < last.size]
    centred = x[order]
    mass = np.diff(stratum_first, append=order.size).astype(np.float64)
    centred -= (np.add.reduceat(centred, stratum_first, axis=0) / mass[:, None])[which_stratum]
    return Subjects(
        centred, w, event, stratum_first, which_stratum, last, tied, group, group_first, term_group,
        term_part, term_times, follows, group_first_of,
    )  # fmt: skip


def _falling_order(
    time: Floats, stratum: NDArray[np.integer] | None
) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]:
    """The order by stratum and falling time, and where in it a new stratum and a new time begin."""
    order, ordered = sort_times(time)
    label = np.cumsum(tie_breaks(ordered))
    order, label = order[::-1], label[::-1]
    if stratum is not None:
        by_stratum = np.argsort(stratum[order], kind="stable")
        order, label = order[by_stratum], label[by_stratum]
        codes = stratum[order]
        new_stratum = np.append(True, codes[1:] != codes[:-1])
    else:
        new_stratum = np.zeros(order.size, dtype=np.bool_)
        new_stratum[0] = True
    new_time = new_stratum.copy()
    new_time[1:] |= label[1:] != label[:-1]
    return order, new_stratum, new_time


def general_likelihood(s: Subjects) -> Callable[[Floats], Derivatives]:
    """The likelihood as a function of the coefficients; Efron's is equation 5.5 of Efron (1977, JASA 72:557).

    With weights, a term counts for the mean weight of the events tied at its time, and sums over risk sets are
    weighted (Therneau and Grambsch 2000, Modeling Survival Data, section 3.3).

    Args:
        s: Sorted subjects.

    Returns:
        The function of (p,) coordinates.
    """
    x_events = s.x[s.tied]
    own_weight = None if s.weight is None else s.weight[s.tied]
    x_sum = x_events.sum(axis=0) if own_weight is None else own_weight @ x_events

    def likelihood(beta: Floats) -> Derivatives:
        risk = s.x @ beta
        # Within a stratum the largest hazard is 1; the likelihood does not change and nothing overflows.
        top = np.maximum.reduceat(risk, s.stratum_first)
        risk -= top[s.stratum]
        linear = float(risk[s.tied].sum() if own_weight is None else own_weight @ risk[s.tied])
        np.exp(risk, out=risk)
        if s.weight is not None:
            risk *= s.weight
        dying = risk[s.tied]
        at_risk = _running(risk, s.stratum_first)[s.last][s.term_group]
        leaving = np.add.reduceat(dying, s.group_first)[s.term_group]
        total = at_risk - s.term_part * leaving
        # Where hazards differ beyond all floating-point numbers, what comes out is not finite and the caller sees that.
        with np.errstate(all="ignore"):
            value = linear - float(s.term_times @ np.log(total))
            rate = s.term_times / total
            score, information = _derivatives(s, risk, dying, rate, total)
        return Derivatives(value, x_sum - score, information)

    return likelihood


def _derivatives(s: Subjects, risk: Floats, dying: Floats, rate: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Sum over terms of the mean of x in the risk set, and of its variance."""
    # Hazard that each subject has lived through: all terms while at risk, less the part after leaving at its event.
    steps = np.bincount(s.term_group, rate, minlength=s.last.size).astype(np.float64, copy=False)
    passed = np.append(_running(steps, s.group_first_of, backwards=True), 0.0)
    lived = risk * passed[s.follows]
    part = np.bincount(s.term_group, rate * s.term_part, minlength=s.last.size)
    lived[s.tied] -= dying * part[s.group]
    score = lived @ s.x
    products = s.x.T @ (lived[:, None] * s.x)
    weighted = risk[:, None] * s.x
    ahead = _running(weighted, s.stratum_first)[s.last]
    means = ahead[s.term_group]
    if s.term_part.any():
        gone = np.add.reduceat(weighted[s.tied], s.group_first, axis=0)
        means = means - s.term_part[:, None] * gone[s.term_group]
    means /= total[:, None]
    return score, products - means.T @ (s.term_times[:, None] * means)


def _running(values: Floats, first: NDArray[np.int64], *, backwards: bool = False) -> Floats:
    """Cumulative sums along the first axis that begin anew at each stratum, from its first value or from its last.

    A loop over strata, because one long sum less what came before would lose the digits of a small stratum.
    """
    out = np.empty_like(values)
    if backwards:
        values, out = values[::-1], out[::-1]
        first = np.append(0, values.shape[0] - first[:0:-1])
    for a, b in zip(first.tolist(), [*first[1:].tolist(), values.shape[0]], strict=True):
        np.cumsum(values[a:b], axis=0, out=out[a:b])
    return out[::-1] if backwards else out
