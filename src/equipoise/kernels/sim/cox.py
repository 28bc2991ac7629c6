"""Cox's model of the experimental arm alone against the control, stratified or not; as `kernels.cox`.

Ties by Efron (1977, JASA 72:557) or Breslow (1974, Biometrics 30:89). Only counts at event times are needed, and one
equation is solved: with p the share of the experimental arm in a risk set, its events are the sum of p.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import exp

__all__ = ["BRESLOW", "EFRON", "cox"]

Floats = NDArray[np.float64]

EFRON, BRESLOW = 0, 1
_MOST_STEPS = 100
_LAST_STEP = 4e-5
"""The error left is below the third power of the last step."""
_LONGEST_STEP = 2.0


@compiled
def cox(rows: int, ties: int, at_risk: Floats, events: Floats, terms: Floats) -> tuple[float, float]:
    """The log hazard ratio and its standard error, by the information at the maximum.

    Args:
        rows: Event times, of `count_rows`.
        ties: `EFRON` or `BRESLOW`.
        at_risk: (2, N) control and experimental at risk.
        events: (2, N) their events.
        terms: (3, N) room.

    Returns:
        Both; NaN where the likelihood has no finite maximum.
    """
    number, surplus = _terms(rows, ties, at_risk, events, terms)
    if number < 0:
        return math.nan, math.nan
    beta, below, above = 0.0, -math.inf, math.inf
    for _ in range(_MOST_STEPS):
        score, information, skew, bend = _derivatives(beta, number, terms)
        score += surplus
        if score > 0.0:
            below = beta
        else:
            above = beta
        step = score / information
        # Halley's step; where its factor is far from 1, Newton's.
        factor = 1.0 + 0.5 * step * skew / information
        if 0.5 < factor < 2.0:
            step /= factor
        if abs(step) < _LAST_STEP:
            information += step * (skew + 0.5 * step * bend)
            return beta + step, 1.0 / math.sqrt(information)
        ahead = beta + min(max(step, -_LONGEST_STEP), _LONGEST_STEP)
        # Where rounding or a steep likelihood leads out of the bracket, halve it. (NaN leads out as well.)
        if not below < ahead < above:
            ahead = 0.5 * (max(below, above - 2.0 * _LONGEST_STEP) + min(above, below + 2.0 * _LONGEST_STEP))
        if ahead == beta:
            break
        beta = ahead
    return math.nan, math.nan


@compiled
def _terms(rows: int, ties: int, at_risk: Floats, events: Floats, terms: Floats) -> tuple[int, float]:
    """The terms in which both arms are at risk, and events of the experimental arm less the terms of it alone.

    There is a finite maximum exactly if each arm has an event while the other is at risk; else the number is -1.
    """
    found, surplus = 0, 0.0
    bounded_above = bounded_below = False
    for k in range(rows):
        d0, d1, n0, n1 = events[0, k], events[1, k], at_risk[0, k], at_risk[1, k]
        bounded_above |= d0 > 0.0 and n1 > 0.0
        bounded_below |= d1 > 0.0 and n0 > 0.0
        if n0 == 0.0 or n1 == 0.0:
            continue
        d = d0 + d1
        surplus += d1
        if ties == BRESLOW or d == 1.0:
            terms[0, found], terms[1, found], terms[2, found] = n0, n1, d
            found += 1
            continue
        for already in range(int(d)):
            part = already / d
            c0, c1 = n0 - part * d0, n1 - part * d1
            terms[0, found], terms[1, found], terms[2, found] = c0, c1, 1.0
            found += 1
    return (found if bounded_above and bounded_below else -1), surplus


@compiled
def _derivatives(beta: float, number: int, terms: Floats) -> tuple[float, float, float, float]:
    """Minus the expected events, and the information with its first two derivatives."""
    # The larger hazard is 1, so that nothing overflows.
    control, experimental = exp(min(0.0, -beta)), exp(min(0.0, beta))
    mean = information = skew = bend = 0.0
    for k in range(number):
        own = experimental * terms[1, k]
        share = own / (control * terms[0, k] + own)
        spread = terms[2, k] * share * (1.0 - share)
        mean += terms[2, k] * share
        information += spread
        skew += spread * (1.0 - 2.0 * share)
        bend += spread * (1.0 - 6.0 * share * (1.0 - share))
    return -mean, information, skew, bend
