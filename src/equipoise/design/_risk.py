"""Who is at risk at follow-up time u, on quadrature panels common to all looks.

Of the patients of group g at calendar time t, A(t - u) share_g S_g(u) G_g(u) are at risk at follow-up time u, with A
the number enrolled, S survival and G the probability of not being lost. A is common to all groups, so that ratios of
numbers at risk do not depend on t. Panels end wherever hazards, losses, or enrolment (seen from a look) change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.design._timeline import Timeline, timeline
from equipoise.design.assumptions import Assumptions, Group
from equipoise.kernels.piecewise import Panels, panels

__all__ = ["Risk", "risk"]

Floats = NDArray[np.float64]

_NEGLIGIBLE_BEYOND = 45.0
"""Exponent after which exp(-exponent) no longer counts: panels need not be short there."""
_STEP = 1.5
"""Largest exponent of decay that one panel spans."""
_CLOSE = 1e-13
"""Edges closer than this, relative to the horizon, are one."""


class Risk(NamedTuple):
    """Numbers at risk of S strata at the nodes of P panels; control first.

    Attributes:
        line: The assumptions as arrays.
        panels: The panels, from 0 to the horizon.
        at_risk: (2, S, P, NODES) per patient enrolled early enough: share * S * G.
        hazard: (2, S, P, NODES) hazard of those at risk.
    """

    line: Timeline
    panels: Panels
    at_risk: Floats
    hazard: Floats

    def enrolled_before(self, times: Floats) -> Floats:
        """(T, P, NODES) patients enrolled at least u before each calendar time: A(t - u).

        Args:
            times: (T,) calendar times.
        """
        return self.line.enrolled(times[:, None, None] - self.panels.x)

    def integral(self, values: Floats) -> Floats:
        """Integral over follow-up time from 0 to the horizon.

        Args:
            values: (..., P, NODES) at the nodes.
        """
        out: Floats = (values * self.panels.weight).sum(axis=(-2, -1))
        return out


def risk(
    assumptions: Assumptions,
    times: Floats,
    *,
    horizon: float,
    stratified: bool,
    graded: bool = False,
    cuts: tuple[float, ...] = (),
) -> Risk:
    """Numbers at risk up to a horizon of follow-up time.

    Args:
        assumptions: The trial in numbers.
        times: (T,) calendar times of looks.
        horizon: Largest follow-up time; no more than the last look.
        stratified: Whether strata are kept apart; else both arms are pooled over strata.
        graded: Whether panels shrink towards 0, for integrands with a root singularity there.
        cuts: Further follow-up times at which an integrand is not smooth.

    Returns:
        The numbers.
    """
    line = timeline(assumptions)
    own = np.concatenate([_own_edges(group) for group in assumptions.groups])
    seen = (times[:, None] - line.at).ravel()
    small = horizon * 0.25 ** np.arange(1.0, 16.0) if graded else np.empty(0)
    edges = np.concatenate([own, seen, small, np.asarray(cuts, dtype=np.float64)])
    grid = panels(_merged(edges, horizon))
    at_risk, hazard = _at_risk(assumptions, grid.x)
    if stratified:
        return Risk(line, grid, at_risk, hazard)
    pooled = at_risk.sum(axis=1, keepdims=True)
    events = (at_risk * hazard).sum(axis=1, keepdims=True)
    return Risk(line, grid, pooled, np.divide(events, pooled, out=np.zeros_like(pooled), where=pooled > 0.0))


def _own_edges(group: Group) -> Floats:
    """Follow-up times at which rates of a group change, or its exponent of decay has grown by a step."""
    ends = sorted({*group.hazard.ends, *group.dropout.ends})
    finite = np.array([0.0, *ends[:-1]])
    rate = np.array([group.hazard.at(end) + group.dropout.at(end) for end in ends])
    exponent = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(finite))])
    steps = np.arange(_STEP, _NEGLIGIBLE_BEYOND, _STEP)
    piece = np.searchsorted(exponent, steps, side="right") - 1
    known = rate[piece] > 0.0
    steps, piece = steps[known], piece[known]
    return np.concatenate([finite, finite[piece] + (steps - exponent[piece]) / rate[piece]])


def _merged(edges: Floats, horizon: float) -> Floats:
    slack = _CLOSE * horizon
    inner = np.sort(edges[(edges > slack) & (edges < horizon - slack)])
    inner = inner[np.diff(inner, prepend=0.0) > slack]
    return np.concatenate([[0.0], inner, [horizon]])


def _at_risk(assumptions: Assumptions, x: Floats) -> tuple[Floats, Floats]:
    """(2, S, P, NODES) share * S * G, and the hazard of those who live."""
    at_risk, hazards = [], []
    for group in (group for arm in zip(*assumptions.pairs(), strict=True) for group in arm):
        hazard, exponent = _steps_at(group.hazard.ends, group.hazard.values, x)
        _, loss = _steps_at(group.dropout.ends, group.dropout.values, x)
        uncured = (1.0 - group.cure) * np.exp(-exponent)
        alive = group.cure + uncured
        at_risk.append(group.share * alive * np.exp(-loss))
        # Where nobody is alive any more nothing depends on the hazard.
        hazards.append(hazard * uncured / np.where(alive > 0.0, alive, 1.0) if group.cure else hazard)
    shape = (2, -1, *x.shape)
    return np.stack(at_risk).reshape(shape), np.stack(hazards).reshape(shape)


def _steps_at(ends: tuple[float, ...], values: tuple[float, ...], x: Floats) -> tuple[Floats, Floats]:
    """Values of a step function at times, and its integrals from 0."""
    if len(values) == 1:
        return np.full(x.shape, values[0]), values[0] * x
    starts = np.array([0.0, *ends[:-1]])
    rate = np.array(values)
    before = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(starts))])
    piece = np.searchsorted(starts, x, side="right") - 1
    return rate[piece], before[piece] + rate[piece] * (x - starts[piece])
