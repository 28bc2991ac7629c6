"""Partial likelihood of a model with nothing but arms: it needs only the counts at each event time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats
from equipoise.kernels._newton import Derivatives
from equipoise.kernels.risk_table import EventRows

__all__ = ["Terms", "arms_likelihood", "restrict", "strongly_connected", "terms_of_rows"]


class Terms(NamedTuple):
    """The log-likelihood sum_a d_a beta_a - sum_k times_k log(sum_a size_ak exp(beta_a)).

    Attributes:
        events: (A,) events of each arm.
        size: (A, K) what each arm counts for in term k: subjects at risk, under Efron less a part of the events.
        times: (K,) how often the term counts, or None for once each.
    """

    events: Floats
    size: Floats
    times: Floats | None


def terms_of_rows(rows: EventRows, ties: str) -> Terms:
    """The terms of Breslow (1974, Biometrics 30:89) or Efron (1977, JASA 72:557, equation 5.5).

    Args:
        rows: Counts at each stratum and event time.
        ties: `breslow` or `efron`.

    Returns:
        One term a row (Breslow), or one an event (Efron).
    """
    deaths = rows.events.sum(axis=0)
    total = rows.events.sum(axis=1)
    if ties == "breslow":
        return Terms(total, rows.at_risk, deaths)
    if not deaths.size or deaths.max() <= 1.0:
        return Terms(total, rows.at_risk, None)
    count = deaths.astype(np.int64)
    row = np.repeat(np.arange(count.size), count)
    rank = np.arange(row.size) - (np.cumsum(count) - count)[row]
    part = rank / deaths[row]
    return Terms(total, rows.at_risk[:, row] - part * rows.events[:, row], None)


def arms_likelihood(terms: Terms) -> Callable[[Floats], Derivatives]:
    """The likelihood as a function of the log hazard ratios of arms 1 to A - 1 against arm 0.

    Args:
        terms: What to sum.

    Returns:
        The function of (A - 1,) coordinates.
    """
    if terms.events.size == 2:
        return lambda beta: _two_arms(terms, float(beta[0]))
    return lambda beta: _many_arms(terms, beta)


def _two_arms(terms: Terms, beta: float) -> Derivatives:
    # The larger hazard is 1, so that nothing overflows. Sums by numpy: BLAS would depend on the number of threads.
    control, treated = np.exp(min(0.0, -beta)), np.exp(min(0.0, beta))
    share = treated * terms.size[1]
    total = control * terms.size[0]
    total += share
    share /= total
    np.log(total, out=total)
    if terms.times is None:
        level, mean, number = float(total.sum()), float(share.sum()), float(total.size)
        share *= share
    else:
        total *= terms.times
        weighted = terms.times * share
        level, mean, number = float(total.sum()), float(weighted.sum()), float(terms.times.sum())
        share *= weighted
    square = float(share.sum())
    value = terms.events[1] * beta - level - number * max(0.0, beta)
    return Derivatives(float(value), np.array([terms.events[1] - mean]), np.array([[mean - square]]))


def _many_arms(terms: Terms, beta: Floats) -> Derivatives:
    full = np.append(0.0, beta)
    top = float(full.max())
    share = terms.size * np.exp(full - top)[:, None]
    total = share.sum(axis=0)
    share /= total
    each = np.ones(total.size) if terms.times is None else terms.times
    value = float(terms.events @ full - each @ np.log(total) - each.sum() * top)
    weighted = share * each
    mean = weighted.sum(axis=1)
    information = np.diag(mean) - weighted @ share.T
    return Derivatives(value, (terms.events - mean)[1:], information[1:, 1:])


def strongly_connected(rows: EventRows, *, among_events: bool = True) -> NDArray[np.int64]:
    """Which arms have a finite hazard ratio against each other.

    An event in arm a while a subject of arm b is at risk bounds the hazard ratio of a over b from below. Two arms have
    a finite maximum-likelihood ratio exactly if each is bounded by the other, directly or through other arms (Hunter
    2004, Ann Stat 32:384, assumption 1, for the same likelihood in paired comparisons).

    Args:
        rows: Counts at each stratum and event time.
        among_events: Whether tied events are compared with each other; the discrete and the exact likelihood compare
            them only with those at risk who have no event at that time.

    Returns:
        (A,) label of the component of each arm.
    """
    arms = rows.events.shape[0]
    beside = rows.at_risk > (0.0 if among_events else rows.events)
    bounded = ((rows.events > 0.0).astype(np.float64) @ beside.T.astype(np.float64)) > 0.0
    bounded |= np.eye(arms, dtype=np.bool_)
    for via in range(arms):
        bounded |= np.outer(bounded[:, via], bounded[via])
    component: NDArray[np.int64] = np.argmax(bounded & bounded.T, axis=1).astype(np.int64)
    return component


def restrict(rows: EventRows, arms: NDArray[np.int64]) -> EventRows:
    """The rows with an event in one of these arms, with no other arm at risk.

    When another component's hazard is infinitely smaller its subjects at risk do not count; none has an infinitely
    larger one, or the event would have been there.

    Args:
        rows: Counts at each stratum and event time.
        arms: Arms of one component.

    Returns:
        Rows of these arms (the strata run together, which the likelihood of arms does not need).
    """
    mine = rows.events[arms].any(axis=0)
    return EventRows(
        start=np.array([0, int(mine.sum())]),
        time=rows.time[mine],
        at_risk=rows.at_risk[np.ix_(arms, mine)],
        events=rows.events[np.ix_(arms, mine)],
        n=rows.n[arms],
    )
