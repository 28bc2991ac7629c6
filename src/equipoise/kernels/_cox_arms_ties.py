"""Tied events of a model with nothing but arms: both exact likelihoods from the counts at each event time.

The discrete likelihood of such a model is the noncentral (multivariate) hypergeometric distribution. Its cost does not
depend on the number of subjects.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equipoise.kernels._arrays import Floats
from equipoise.kernels._cox_arms import Terms, arms_likelihood, terms_of_rows
from equipoise.kernels._cox_circle import circle_size, last_node
from equipoise.kernels._cox_exact import Cells, integrals
from equipoise.kernels._newton import Derivatives
from equipoise.kernels.risk_table import EventRows

__all__ = ["likelihood_of_rows"]

_ROWS_AT_A_TIME = 5000


def likelihood_of_rows(rows: EventRows, ties: str) -> Callable[[Floats], Derivatives]:
    """The likelihood of arms 1 to A - 1 against arm 0, for any handling of ties.

    Args:
        rows: Counts at each stratum and event time.
        ties: `breslow`, `efron`, `discrete` or `exact`.

    Returns:
        The function of (A - 1,) log hazard ratios.
    """
    deaths, size = rows.events.sum(axis=0), rows.at_risk.sum(axis=0)
    if ties in ("breslow", "efron") or not (deaths > 1.0).any():
        return arms_likelihood(terms_of_rows(rows, ties))
    single = deaths == 1.0
    apart = arms_likelihood(Terms(rows.events.sum(axis=1), rows.at_risk[:, single], None))
    # When all at risk have the event there is one way to choose them, and one way to come before nobody.
    some = (deaths > 1.0) & (deaths < size)
    events, at_risk = rows.events[:, some], rows.at_risk[:, some]
    counted = rows.events[:, deaths > 1.0].sum(axis=1)
    whole = rows.events[:, (deaths > 1.0) & ~some].sum(axis=1)

    def likelihood(beta: Floats) -> Derivatives:
        one = apart(beta)
        full = np.append(0.0, beta)
        with np.errstate(all="ignore"):
            if ties == "discrete":
                own, other = whole, _discrete(events, at_risk, full)
            else:
                own, other = counted, _exact(events, at_risk, full)
        return Derivatives(
            one.value + other.value - float(own @ full),
            one.score + other.score - own[1:],
            one.information + other.information,
        )

    return likelihood


def _discrete(events: Floats, at_risk: Floats, full: Floats) -> Derivatives:
    """Minus the sum of log e_d over (A, M) counts, with derivatives by the (A,) log hazards but the first."""
    eta = full - full.max()
    arms = full.size
    deaths = events.sum(axis=0)
    value, score = -float(deaths.sum() * full.max()), np.zeros(arms)
    information = np.zeros((arms, arms))
    for begin in range(0, deaths.size, _ROWS_AT_A_TIME):
        part = slice(begin, begin + _ROWS_AT_A_TIME)
        more = _hypergeometric(deaths[part], at_risk[:, part], eta)
        value, score, information = value + more.value, score + more.score, information + more.information
    return Derivatives(value, score[1:], information[1:, 1:])


def _hypergeometric(d: Floats, at_risk: Floats, eta: Floats) -> Derivatives:
    size = at_risk.sum(axis=0)
    low = np.log(d / (size - d))
    high = low - eta.min()
    for _ in range(30 if eta.min() < 0.0 else 0):
        middle = 0.5 * (low + high)
        less = (at_risk / (1.0 + np.exp(-eta[:, None] - middle))).sum(axis=0) < d
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    radius = 0.5 * (low + high)
    odds = 1.0 / (1.0 + np.exp(-eta[:, None] - radius))
    nodes = circle_size(d, size)
    last = last_node(nodes, (at_risk * odds * (1.0 - odds)).sum(axis=0))
    node = np.arange(int(last.max()) + 1)
    angle = 2.0 * np.pi * node / nodes[:, None]
    twice = np.where(node == 0, 1.0, 2.0) * (node <= last[:, None]) / nodes[:, None]
    turn = np.exp(1j * angle)
    factor = 1.0 + odds[:, :, None] * (turn - 1.0)
    share = twice * np.exp((at_risk[:, :, None] * np.log(factor)).sum(axis=0) - 1j * d[:, None] * angle)
    # A factor is 0 only at -1, beyond the last node that counts where it would matter.
    share = np.where(np.isfinite(share), share, 0.0)
    probability = share.real.sum(axis=1)
    share /= probability[:, None]
    constant = (at_risk * np.logaddexp(0.0, eta[:, None] + radius)).sum(axis=0) - d * radius
    value = float((constant + np.log(probability)).sum())
    each = odds[:, :, None] * turn / factor
    mean = at_risk * (each * share).sum(axis=2).real
    each_sum = at_risk[:, :, None] * each
    variance = (at_risk * ((each * (1.0 - each)) * share).sum(axis=2).real).sum(axis=1)
    # The mean is taken off before the product, which is otherwise a difference of two large numbers.
    each_sum = each_sum - mean[:, :, None]
    information = np.einsum("amk,bmk->ab", each_sum * share, each_sum).real + np.diag(variance)
    return Derivatives(-value, -mean.sum(axis=1), information)


def _exact(events: Floats, at_risk: Floats, full: Floats) -> Derivatives:
    """The sum of the log-probabilities of (A, M) tied events before the rest, with derivatives."""
    eta = full - full.max()
    time, arm = np.nonzero(events.T > 0.0)
    dummies = np.eye(full.size)[:, 1:]
    hazard = (at_risk - events) * np.exp(eta)[:, None]
    total = hazard.sum(axis=0)
    share = (hazard / total)[1:].T
    first = np.searchsorted(time, np.arange(total.size))
    cells = Cells(eta[arm], events[arm, time], dummies[arm], time.astype(np.int64), first, np.log(total), share)
    (value, score, information), slope = integrals(cells)
    information = information - np.diag(slope @ share) + share.T @ (slope[:, None] * share)
    return Derivatives(value, score, information)
