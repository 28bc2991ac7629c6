"""The marginal likelihood of tied events that happened one after the other, in an order that was not recorded.

Kalbfleisch and Prentice (1973, Biometrika 60:267): the probability that the tied subjects all come before the rest of
the risk set is the sum over their orders. With exponential times it is one integral (DeLong, Guirguis and So 1994,
Biometrika 81:607), of prod(1 - exp(-h_i u)) R exp(-R u) du, with R the hazard of the rest. On the scale of log u the
integrand is log-concave and falls off on both sides, and the trapezoidal rule gives it to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats
from equipoise.kernels._cox_spans import Spans, collect, spread
from equipoise.kernels._cox_subjects import Subjects, at_risk_sums
from equipoise.kernels._newton import Derivatives

__all__ = ["Cells", "Integrals", "exact_ties", "integrals"]

_DROP = 42.0
"""The integrand is followed to exp(-42) of its largest value on both sides."""
_STEP = 0.2
"""Poles lie at +-pi/2 from the axis, so a step of 0.2 leaves exp(-pi^2 / 0.2) = 4e-22."""
_LEAST_NODES = 48
_BLOCK = 2_000_000
_SMALLEST = 1e-280
_MOST_CELLS = 4_000_000


class Cells(NamedTuple):
    """Tied events of T event times, in E cells of one hazard, cells of one event time together.

    Attributes:
        eta: (E,) log hazard.
        number: (E,) events in the cell.
        x: (E, p) covariates.
        group: (E,) which event time.
        first: (T,) first cell of each event time.
        log_rest: (T,) log of the hazard of the rest of the risk set.
        x_rest: (T, p) mean of x in it, weighted by hazard.
    """

    eta: Floats
    number: Floats
    x: Floats
    group: NDArray[np.int64]
    first: NDArray[np.int64]
    log_rest: Floats
    x_rest: Floats


class Integrals(NamedTuple):
    """Sum of the log-probabilities.

    Attributes:
        derivatives: Their value, score and information, less what comes from the variance of x in the rest.
        slope: (T,) derivative of each by `log_rest`: how often that variance counts.
    """

    derivatives: Derivatives
    slope: Floats


def exact_ties(s: Subjects) -> Callable[[Floats], Derivatives]:
    """What tied events add to the likelihood of Breslow's terms for the others (which counts their own hazards).

    Args:
        s: Rows sorted for exact ties.

    Returns:
        The function of (n,) log hazards.
    """
    assert s.rest is not None
    rest = s.rest
    size = np.round(at_risk_sums(s, np.ones(s.event.size)))
    some = (s.deaths > 1) & (s.deaths < size)
    which = np.flatnonzero(some)
    mine = some[s.group]
    dying = s.tied[mine]
    group = (np.cumsum(some) - 1)[s.group[mine]]
    first = np.searchsorted(group, np.arange(which.size))
    # Hazards of tied events are in the probability; when all at risk have the event it is 1.
    counted = s.tied[(s.deaths > 1)[s.group]]
    x_counted = s.x[counted].sum(axis=0)

    def tied(eta: Floats, log_rest: Floats, x_rest: Floats) -> Cells:
        return Cells(eta[dying], np.ones(dying.size), s.x[dying], group, first, log_rest, x_rest)

    def minus(sums: Derivatives, eta: Floats) -> Derivatives:
        return Derivatives(sums.value - float(eta[counted].sum()), sums.score - x_counted, sums.information)

    def likelihood(eta: Floats) -> Derivatives:
        hazard = np.exp(eta)
        with np.errstate(all="ignore"):
            total = collect(rest, hazard)[which]
            if not total.min(initial=1.0) > _SMALLEST and total.size * eta.size < _MOST_CELLS:
                return minus(_set_by_set(s, rest, which, tied, eta), eta)
            x_rest = collect(rest, hazard[:, None] * s.x)[which] / total[:, None]
            (value, score, information), slope = integrals(tied(eta, np.log(total), x_rest))
            steps = np.zeros(s.last.size)
            steps[which] = slope / total
            lived = hazard * spread(rest, steps)
            information = information - s.x.T @ (lived[:, None] * s.x) + x_rest.T @ (slope[:, None] * x_rest)
        return minus(Derivatives(value, score, information), eta)

    return likelihood


def _set_by_set(
    s: Subjects,
    rest: Spans,
    which: NDArray[np.intp],
    tied: Callable[[Floats, Floats, Floats], Cells],
    eta: Floats,
) -> Derivatives:
    """The same with the largest hazard of each risk set as its unit, where some are 0 beside others."""
    here = spread(rest, np.eye(s.last.size)).T[which] > 0.0
    top = np.where(here, eta, -np.inf).max(axis=1)
    share = here * np.exp(np.minimum(eta - top[:, None], 0.0))
    total = share.sum(axis=1)
    share /= total[:, None]
    x_rest = share @ s.x
    (value, score, information), slope = integrals(tied(eta, top + np.log(total), x_rest))
    information = information - s.x.T @ ((slope @ share)[:, None] * s.x) + x_rest.T @ (slope[:, None] * x_rest)
    return Derivatives(value, score, information)


def integrals(cells: Cells) -> Integrals:
    """The log-probabilities that tied events come before the rest, and their derivatives by the coefficients.

    Args:
        cells: E cells of T event times.

    Returns:
        Sums over the event times.
    """
    p = cells.x.shape[1]
    value, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    slope = np.zeros(cells.first.size)
    if not cells.first.size:
        return Integrals(Derivatives(value, score, information), slope)
    left, right = _range(cells)
    nodes = int(min(4000.0, max(_LEAST_NODES, np.ceil(np.nanmax(right - left, initial=0.0) / _STEP))))
    ends = np.append(cells.first, cells.eta.size)
    begin = 0
    while begin < cells.first.size:
        # As many event times as fit a block of cells by nodes.
        until = int(np.searchsorted(ends, ends[begin] + _BLOCK // nodes, side="right")) - 1
        until = min(max(until, begin + 1), cells.first.size)
        a, b = ends[begin], ends[until]
        part = Cells(
            cells.eta[a:b], cells.number[a:b], cells.x[a:b], cells.group[a:b] - begin, cells.first[begin:until] - a,
            cells.log_rest[begin:until], cells.x_rest[begin:until],
        )  # fmt: skip
        more, slope[begin:until] = _quadrature(part, left[begin:until], right[begin:until], nodes)
        value, score, information = value + more.value, score + more.score, information + more.information
        begin = until
    return Integrals(Derivatives(value, score, information), slope)


def _quadrature(cells: Cells, left: Floats, right: Floats, nodes: int) -> Integrals:
    step = (right - left) / nodes
    v = left[:, None] + step[:, None] * np.arange(nodes + 1)
    y = _hazards(cells.eta[:, None] + v[cells.group])
    ratio = y / np.expm1(y)
    log_part = np.add.reduceat(cells.number[:, None] * np.log(-np.expm1(-y)), cells.first, axis=0)
    rate = np.exp(cells.log_rest[:, None] + v)
    log_integrand = log_part + cells.log_rest[:, None] + v - rate
    top = log_integrand.max(axis=1)
    weight = np.exp(log_integrand - top[:, None])
    total = weight.sum(axis=1)
    weight /= total[:, None]
    value = float((top + np.log(total * step)).sum())
    counted = cells.number[:, None] * ratio
    slope = 1.0 - (weight * rate).sum(axis=1)
    # Derivative of the log-integrand by the coefficients at each node: (p, T, nodes).
    gradient = np.empty((cells.x.shape[1], *rate.shape))
    for j, (column, rest) in enumerate(zip(cells.x.T, cells.x_rest.T, strict=True)):
        gradient[j] = np.add.reduceat(counted * column[:, None], cells.first, axis=0) + (1.0 - rate) * rest[:, None]
    means = (weight * gradient).sum(axis=2)
    # Centred before it is squared: with many ties the mean is far from 0.
    gradient -= means[:, :, None]
    variance = np.einsum("jtk,ltk->jl", weight * gradient, gradient)
    bend = (weight[cells.group] * (counted * (1.0 - y - ratio))).sum(axis=1)
    second = variance + cells.x.T @ (bend[:, None] * cells.x)
    second -= cells.x_rest.T @ ((1.0 - slope)[:, None] * cells.x_rest)
    return Integrals(Derivatives(value, means.sum(axis=1), -second), slope)


def _range(cells: Cells) -> tuple[Floats, Floats]:
    """(T,) where the integrand, a log-concave function of log u, is exp(-42) of its peak on either side."""
    events = np.add.reduceat(cells.number, cells.first)

    def level(v: Floats) -> Floats:
        y = _hazards(cells.eta + v[cells.group])
        sums = np.add.reduceat(cells.number * np.log(-np.expm1(-y)), cells.first)
        out: Floats = sums + cells.log_rest + v - np.exp(cells.log_rest + v)
        return out

    def rising(v: Floats) -> NDArray[np.bool_]:
        y = _hazards(cells.eta + v[cells.group])
        sums = np.add.reduceat(cells.number * (y / np.expm1(y)), cells.first)
        slope = sums + 1.0 - np.exp(cells.log_rest + v)
        return np.asarray(slope > 0.0)

    # The slope is at least 0 where R u = 1 and at most 0 where R u = d + 1.
    low, high = -cells.log_rest, np.log(events + 1.0) - cells.log_rest
    for _ in range(14):
        middle = 0.5 * (low + high)
        up = rising(middle)
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    peak = 0.5 * (low + high)
    enough = level(peak) - _DROP

    def edge(inside: Floats, outside: Floats) -> Floats:
        for _ in range(10):
            middle = 0.5 * (inside + outside)
            over = level(middle) > enough
            inside, outside = np.where(over, middle, inside), np.where(over, outside, middle)
        return outside

    # Below log u = -log R the slope is above 1 - R u; above the peak the bend is at least that of -exp(v).
    return edge(peak, -cells.log_rest - _DROP - 4.0), edge(peak, peak + 5.0)


def _hazards(logs: Floats) -> Floats:
    """Hazards whose survival is 0 from 700 on and whose event is impossible from 1e-300 down."""
    out: Floats = np.exp(np.clip(logs, -690.0, 6.55))
    return out
