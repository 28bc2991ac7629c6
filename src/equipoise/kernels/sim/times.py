"""Times to an event: a cumulative hazard is drawn, and turned into the time at which it is reached."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.elementary import exp, log
from equipoise.kernels.sim.truth import Trial, Truth
from equipoise.kernels.sim.words import philox, uniforms

__all__ = ["cumulated", "dropout_times", "endpoint_times", "gamma", "inverse"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_STEPS, _WEIBULL = 0, 1
_TIME, _FRAILTY = 5, 6
_SMALL = 1e-4


@compiled(forceinline=True)
def inverse(law: Integers, number: Floats, knots: Floats, one: int, hazard: float) -> float:
    """The time at which a cumulative hazard is reached.

    Args:
        law: (L, 3) as in `Truth`.
        number: (L, 4) as in `Truth`.
        knots: (4, M) as in `Truth`.
        one: Which law.
        hazard: Cumulative hazard, above 0.

    Returns:
        Days; infinite where it never is.
    """
    first, last = law[one, 1], law[one, 2]
    piece = first
    # Counted, not searched for: which piece it is can't be foreseen, and a wrong guess costs more than a comparison.
    for later in range(first + 1, last):
        piece += int(knots[0, later] <= hazard)
    slope = knots[2, piece]
    if not slope > 0.0:
        return np.inf
    base = knots[1, piece] + (hazard - knots[0, piece]) / slope
    value: float = base
    if law[one, 0] == _STEPS:
        power = 0.0
    elif law[one, 0] == _WEIBULL:
        # H(t) = (t / scale)^shape.
        power = log(base)
    elif base < _SMALL:
        # H(t) = log(1 + (t / median)^shape): log of exp(H) - 1 without cancellation or overflow.
        power = log(base) + base * (0.5 + base / 24.0)
    else:
        power = base + log(1.0 - exp(-base))
    if law[one, 0] != _STEPS:
        value = number[one, 1] * exp(power * number[one, 0])
    return value


@compiled
def cumulated(law: Integers, knots: Floats, one: int, time: float) -> float:
    """Cumulative hazard of a law by steps at a time.

    Args:
        law: (L, 3) as in `Truth`.
        knots: (4, M) as in `Truth`.
        one: Which law.
        time: Days.
    """
    piece, last = law[one, 1], law[one, 2]
    while piece + 1 < last and knots[1, piece + 1] <= time:
        piece += 1
    value: float = knots[0, piece] + knots[2, piece] * (time - knots[1, piece])
    return value


@compiled
def gamma(variance: float, code: int, patient: int, key: Integers) -> float:
    """A gamma variable with mean 1 (Marsaglia and Tsang 2000, ACM Trans Math Softw 26:363; normal by the polar method).

    Args:
        variance: Above 0.
        code: Code of the endpoint or course.
        patient: Number of the patient.
        key: (4,) as in `Trial`.
    """
    shape = 1.0 / variance
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    value = d
    draw = 0
    while draw < 255:
        w0, w1, w2, w3 = philox(patient, _FRAILTY + draw * 256 + code * 65536, key[2], key[3], key[0], key[1])
        a, b, u = uniforms(w0, w1, w2, w3)
        draw += 1
        x, y = 2.0 * a - 1.0, 2.0 * b - 1.0
        s = x * x + y * y
        if s >= 1.0:
            continue
        normal = x * np.sqrt(-2.0 * log(s) / s)
        root = 1.0 + c * normal
        if root <= 0.0:
            continue
        v = root * root * root
        if log(u) < 0.5 * normal * normal + d - d * v + d * log(v):
            value = d * v
            break
    if shape < 1.0:
        w0, w1, w2, w3 = philox(patient, _FRAILTY + draw * 256 + code * 65536, key[2], key[3], key[0], key[1])
        a, b, u = uniforms(w0, w1, w2, w3)
        value *= exp(log(a) * variance)
    return value * variance


@compiled
def _is_plain(law: Integers, number: Floats, one: int) -> bool:
    """Whether a law is one constant hazard of all patients alike, which may be 0."""
    plain: bool = law[one, 0] == _STEPS and law[one, 2] == law[one, 1] + 1 and number[one, 2] + number[one, 3] == 0.0
    return plain


@compiled
def dropout_times(truth: Truth, trial: Trial) -> None:
    """Times to loss.

    Args:
        truth: What patients are made from.
        trial: Fills `dropout`.
    """
    law, number, knots, of_arm = truth.law, truth.number, truth.knots, truth.dropout
    dropout, arm, hazard = trial.dropout, trial.arm, trial.uniform[1]
    plain = True
    for one in of_arm:
        plain = plain and _is_plain(law, number, one)
    for i in range(len(dropout)):
        if plain:
            dropout[i] = hazard[i] / knots[2, law[of_arm[arm[i]], 1]]
        else:
            dropout[i] = inverse(law, number, knots, of_arm[arm[i]], hazard[i])


@compiled
def endpoint_times(truth: Truth, trial: Trial, e: int) -> None:
    """Times to the event of one endpoint that is on its own.

    Args:
        truth: What patients are made from.
        trial: Fills row e of `time`.
        e: Row of the endpoint.
    """
    key, code = trial.key, truth.endpoint_code[e]
    counter = _TIME + code * 65536
    law, number, knots, of_group = truth.law, truth.number, truth.knots, truth.endpoint[e]
    time, arm, stratum, drawn = trial.time[e], trial.arm, trial.stratum, trial.uniform[0]
    plain = code == 0
    for one in of_group.flat:
        plain = plain and _is_plain(law, number, one)
    if plain:
        for i in range(len(time)):
            time[i] = drawn[i] / knots[2, law[of_group[arm[i], stratum[i]], 1]]
        return
    for i in range(len(time)):
        one = of_group[arm[i], stratum[i]]
        cure, variance = number[one, 2], number[one, 3]
        hazard, uncured = drawn[i], 1.0
        if code != 0 or cure > 0.0:
            w0, w1, w2, w3 = philox(i, counter, key[2], key[3], key[0], key[1])
            u, uncured, _ = uniforms(w0, w1, w2, w3)
            if code != 0:
                hazard = -log(u)
        if variance > 0.0:
            hazard /= gamma(variance, code, i, key)
        time[i] = np.inf if uncured < cure else inverse(law, number, knots, one, hazard)
