"""Response rates at one look: the Cochran-Mantel-Haenszel test, the test against a margin, and the difference.

As `kernels.mantel_haenszel` and `analysis.noninferiority`. Mantel and Haenszel (1959); Farrington and Manning (1990,
Stat Med 9:1447); Sato (1989, Biometrics 45:1323) for the error of the common difference.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled

__all__ = ["count_responders", "difference", "mantel_haenszel", "margin_test", "restricted_rate"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.uint8]

_NO_ERROR = 1e-15
_CLOSE = 1e-16


@compiled
def count_responders(
    response: Flags, arm: Flags, stratum: Integers, code: Integers, strata: int, m: int, table: Floats
) -> None:
    """Responders and patients by stratum: fills `table`.

    Args:
        response: (N,) 1 for a responder.
        arm: (N,) 0 control, 1 experimental.
        stratum: (N,) recorded stratum.
        code: Recorded stratum to stratum of the analysis.
        strata: Number of those.
        m: Rows.
        table: (S, 4) out: responders and patients, experimental and control.
    """
    for s in range(strata):
        for column in range(4):
            table[s, column] = 0.0
    for i in range(m):
        own = code[stratum[i]]
        column = 0 if arm[i] == 1 else 2
        table[own, column] += response[i]
        table[own, column + 1] += 1.0


@compiled
def _row(s: int, table: Floats) -> tuple[float, float, float, float]:
    return table[s, 0], table[s, 1], table[s, 2], table[s, 3]


@compiled
def mantel_haenszel(strata: int, table: Floats) -> float:
    """The z of the Cochran-Mantel-Haenszel test without continuity correction; strata with one arm count for nothing.

    Args:
        strata: Number of strata.
        table: (S, 4) responders and patients, experimental and control.

    Returns:
        z, positive where the experimental arm has more responders than expected; NaN where nothing can be tested.
    """
    deviation = variance = 0.0
    for s in range(strata):
        a, m, b, n = _row(s, table)
        if m == 0.0 or n == 0.0:
            continue
        total, both = m + n, a + b
        deviation += a - m * both / total
        variance += m * n * both * (total - both) / (total * total * max(total - 1.0, 1.0))
    return deviation / math.sqrt(variance) if variance > 0.0 else math.nan


@compiled
def margin_test(strata: int, margin: float, table: Floats) -> float:
    """The z of the difference against minus the margin, variance at rates that it restricts; weights m n / (m + n).

    Args:
        strata: Number of strata.
        margin: Difference that is allowed to be lost.
        table: (S, 4) responders and patients, experimental and control.

    Returns:
        z; NaN where nothing can be tested.
    """
    deviation = variance = 0.0
    for s in range(strata):
        a, m, b, n = _row(s, table)
        if m == 0.0 or n == 0.0:
            continue
        weight = m * n / (m + n)
        control = restricted_rate(a, m, b, n, margin)
        experimental = max(control - margin, 0.0)
        own = experimental * (1.0 - experimental) / m + control * (1.0 - control) / n
        deviation += weight * (a / m - b / n + margin)
        variance += weight * weight * own
    return deviation / math.sqrt(variance) if variance > 0.0 else math.nan


@compiled
def restricted_rate(a: float, m: float, b: float, n: float, margin: float) -> float:
    """Most likely rate r of the control where that of the experimental arm is r - margin: a root of the score.

    Args:
        a: Responders of the experimental arm.
        m: Its patients, at least 1.
        b: Responders of the control.
        n: Its patients, at least 1.
        margin: From 0 to 1.

    Returns:
        The rate, margin to 1.
    """
    low, high = margin, 1.0
    while high - low > _CLOSE:
        r = 0.5 * (low + high)
        if r <= low or r >= high:
            break
        # Of a cell without patients the term is 0, at the end of the range as well.
        slope = (a / (r - margin) if a > 0.0 else 0.0) + (b / r if b > 0.0 else 0.0)
        slope -= ((m - a) / (1.0 - r + margin) if a < m else 0.0) + ((n - b) / (1.0 - r) if b < n else 0.0)
        if slope > 0.0:
            low = r
        else:
            high = r
    return 0.5 * (low + high)


@compiled
def difference(strata: int, table: Floats) -> tuple[float, float]:
    """Difference of the rates and its standard error; over strata that of Mantel and Haenszel, with the error of Sato.

    Args:
        strata: Number of strata.
        table: (S, 4) responders and patients, experimental and control.

    Returns:
        Both; no error where no arm varies, nothing where no stratum has both arms.
    """
    if strata == 1:
        a, m, b, n = _row(0, table)
        p, q = a / m, b / n
        variance = p * (1.0 - p) / m + q * (1.0 - q) / n
        return p - q, math.sqrt(variance) if variance > 0.0 else math.nan
    weight = above = first = second = 0.0
    for s in range(strata):
        a, m, b, n = _row(s, table)
        if m == 0.0 or n == 0.0:
            continue
        total = m + n
        weight += m * n / total
        above += (a * n - b * m) / total
        first += (m * m * b - n * n * a + m * n * (n - m) / 2.0) / (total * total)
        second += (a * (n - b) + b * (m - a)) / (2.0 * total)
    estimate = above / weight
    variance = (estimate * first + second) / (weight * weight)
    return estimate, math.sqrt(variance) if variance > _NO_ERROR else math.nan
