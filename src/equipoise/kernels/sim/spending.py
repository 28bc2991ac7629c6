"""Spending functions of `equipoise.design.spending` at the information of many trials, the same bits everywhere."""

from __future__ import annotations

import math
from typing import Any

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import exp, log
from equipoise.kernels.sim.normal import normal_tail, tail_quantile

__all__ = ["EXPONENTIAL", "HWANG_SHIH_DECANI", "KIM_DEMETS", "OBRIEN_FLEMING", "POCOCK", "spent_by"]

OBRIEN_FLEMING, POCOCK, KIM_DEMETS, HWANG_SHIH_DECANI, EXPONENTIAL = range(5)
_E_LESS_1 = 1.718281828459045
_NOTHING = 1e-290
_FLAT = 1e-12
_SMALL = 0.1


@compiled
def _less_one(x: float) -> float:
    """exp(x) - 1; near 0 by its series, where the difference would lose its digits."""
    if abs(x) > _SMALL:
        found: float = exp(x) - 1.0
        return found
    total = 1.0
    for k in range(11, 1, -1):
        total = 1.0 + total * x / k
    return x * total


@compiled
def spent_by(kind: int, parameter: float, alpha: float, time: Any, out: Any) -> None:
    """Error spent by fractions of the information: 0 at 0, alpha from 1 on.

    Args:
        kind: One of the constants above.
        parameter: Rho of Kim and DeMets, gamma of Hwang, Shih and DeCani, nu of the exponential family.
        alpha: All there is to spend, in (0, 1).
        time: (n,) fractions from 0.
        out: (n,) written.
    """
    edge, all_of_it, whole = tail_quantile(0.5 * alpha), log(alpha), _less_one(-parameter)
    for i in range(time.size):
        t = time[i]
        if t >= 1.0:
            out[i] = alpha
            continue
        spent = 0.0
        if t > 0.0:
            if kind == OBRIEN_FLEMING:
                spent = 2.0 * normal_tail(edge / math.sqrt(t))
            elif kind == POCOCK:
                spent = alpha * log(1.0 + _E_LESS_1 * t)
            elif kind == KIM_DEMETS:
                spent = alpha * exp(parameter * log(t))
            elif kind == HWANG_SHIH_DECANI:
                spent = alpha * t if abs(parameter) < _FLAT else alpha * _less_one(-parameter * t) / whole
            else:
                spent = exp(all_of_it * exp(-parameter * log(t)))
        out[i] = min(spent, alpha) if spent >= _NOTHING else 0.0
