"""Everything that one look of one simulated trial is asked: the statistic, its information, the estimate and its error.

What is asked of each hypothesis stands in a `Program`, numbers alone, so that all of this compiles once.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.compile import compiled
from equipoise.kernels.sim.cox import cox
from equipoise.kernels.sim.kaplan_meier import curve, milestone, restricted_mean
from equipoise.kernels.sim.ordering import Scratch, sort_rows
from equipoise.kernels.sim.rates import count_responders, difference, mantel_haenszel, margin_test
from equipoise.kernels.sim.risk_rows import count_rows
from equipoise.kernels.sim.weighted import fleming_harrington, log_rank, modest_weights, several, survival_before

__all__ = [
    "FLEMING_HARRINGTON",
    "LOG_RANK",
    "MAX_COMBO",
    "MILESTONE",
    "MODEST",
    "RATE",
    "RMST",
    "VALUES",
    "WALD",
    "Program",
    "statistics_of_look",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.uint8]

LOG_RANK, FLEMING_HARRINGTON, MODEST, MAX_COMBO, WALD, RMST, MILESTONE, RATE = range(8)
VALUES = 6
"""Numbers of a look: z, information, estimate, standard error, events of control and experimental."""


class Program(NamedTuple):
    """What is computed, H hypotheses, R strata as recorded.

    Attributes:
        kind: (H,) the test, one of the constants of this file; `WALD` is that of a hazard ratio against a margin.
        weights: (H,) number of weights of a `MAX_COMBO`, else 0.
        rho: (H, 8) exponents.
        gamma: (H, 8) exponents.
        t_star: (H,) of a `MODEST`, in days; NaN where s_star is given.
        s_star: (H,) of a `MODEST`.
        horizon: (H,) of `RMST` and `MILESTONE`, in days.
        margin: (H,) `WALD`: log of the hazard ratio. `RATE`: difference that is allowed to be lost, NaN without one.
        ties: (H,) of the model.
        strata: (H, 2) number of strata of the test, and of the model.
        code: (H, 2, R) stratum of the test, and of the model, of each recorded one.
        alike: (H,) 1 where both have the same strata.
        verified: (H,) 1 where strata are those that patients are in, 0 where those recorded at randomization.
    """

    kind: Integers
    weights: Integers
    rho: Floats
    gamma: Floats
    t_star: Floats
    s_star: Floats
    horizon: Floats
    margin: Floats
    ties: Integers
    strata: Integers
    code: Integers
    alike: Integers
    verified: Integers


@compiled
def statistics_of_look(
    program: Program,
    q: int,
    time: Floats,
    status: Flags,
    arm: Flags,
    stratum: Integers,
    m: int,
    scratch: Scratch,
    values: Floats,
    components: Floats,
    covariance: Floats,
) -> None:
    """What a hypothesis asks of a look; z > 0 favours the experimental arm.

    Args:
        program: What is asked.
        q: The hypothesis.
        time: (N,) finite times in days; not read for a `RATE`.
        status: (N,) 1 for an event, or a response.
        arm: (N,) 0 control, 1 experimental.
        stratum: (N,) recorded stratum.
        m: Rows that count, in any order.
        scratch: Room, of `new_scratch` for at least m rows and as many strata.
        values: (6,) gets z, information (variance of the score, weighted where the test is, of several weights that
            of the first; else 1 / se^2), estimate (log hazard ratio or difference), its standard error, events of
            control and experimental; NaN where there is none.
        components: (W,) gets the z of several weights, W at least their number.
        covariance: (W, W) gets the covariance of their scores under the null hypothesis.
    """
    for k in range(VALUES):
        values[k] = math.nan if k < 4 else 0.0
    for i in range(m):
        values[4 + np.int64(arm[i])] += status[i]
    for j in range(components.size):
        components[j] = math.nan
        for i in range(components.size):
            covariance[i, j] = math.nan
    kind = program.kind[q]
    if kind == RATE:
        code, strata, margin = program.code[q, 0], program.strata[q, 0], program.margin[q]
        _rate(status, arm, stratum, code, strata, margin, m, scratch.table, values)
        return
    slack = sort_rows(time, m, scratch)
    if kind in (RMST, MILESTONE):
        _difference(kind, program.horizon[q], status, arm, m, scratch, values)
        return
    rows = count_rows(status, arm, stratum, program.code[q, 0], program.strata[q, 0], m, scratch)
    if kind != WALD:
        _score_test(program, q, rows, slack, scratch, values, components, covariance)
    if program.alike[q] == 0:
        rows = count_rows(status, arm, stratum, program.code[q, 1], program.strata[q, 1], m, scratch)
    values[2], values[3] = cox(rows, program.ties[q], scratch.at_risk, scratch.events, scratch.terms)
    if kind == WALD:
        values[0] = (program.margin[q] - values[2]) / values[3]
        values[1] = 1.0 / (values[3] * values[3])


@compiled
def _score_test(
    program: Program,
    q: int,
    rows: int,
    slack: float,
    scratch: Scratch,
    values: Floats,
    components: Floats,
    covariance: Floats,
) -> None:
    kind, strata = program.kind[q], program.strata[q, 0]
    start, at_risk, events, before, weight = (
        scratch.start, scratch.at_risk, scratch.events, scratch.before, scratch.weight
    )  # fmt: skip
    if kind != LOG_RANK:
        survival_before(strata, start, at_risk, events, before)
    if kind == MAX_COMBO:
        number = program.weights[q]
        several(
            rows, number, program.rho[q], program.gamma[q], at_risk, events, before,
            scratch.own, scratch.score, scratch.variance,
        )  # fmt: skip
        _largest(number, scratch.score, scratch.variance, values, components, covariance)
        return
    if kind == FLEMING_HARRINGTON:
        fleming_harrington(rows, program.rho[q, 0], program.gamma[q, 0], before, weight)
    elif kind == MODEST:
        modest_weights(
            strata, program.t_star[q], program.s_star[q], slack, start, scratch.time, at_risk, events, before, weight
        )
    score, variance = log_rank(rows, at_risk, events, weight, 0 if kind == LOG_RANK else 1)
    if variance > 0.0:
        values[0], values[1] = -score / math.sqrt(variance), variance


@compiled
def _largest(
    number: int, score: Floats, variance: Floats, values: Floats, components: Floats, covariance: Floats
) -> None:
    """Of several statistics; where one of them does not exist, none does."""
    for j in range(number):
        if not variance[j, j] > 0.0:
            return
    largest = -math.inf
    for j in range(number):
        components[j] = -score[j] / math.sqrt(variance[j, j])
        if components[j] > largest:
            largest = components[j]
        for i in range(number):
            covariance[i, j] = variance[i, j]
    values[0], values[1] = largest, variance[0, 0]


@compiled
def _difference(kind: int, horizon: float, status: Flags, arm: Flags, m: int, scratch: Scratch, values: Floats) -> None:
    time, at_risk, events, survival = scratch.time, scratch.at_risk, scratch.events, scratch.before
    estimate = variance = 0.0
    for which in range(2):
        times = curve(status, arm, which, m, scratch)
        if kind == RMST:
            value, own = restricted_mean(times, horizon, time, at_risk, events, survival)
        else:
            value, own = milestone(times, horizon, time, at_risk, events, survival)
        estimate += value if which == 1 else -value
        variance += own
    values[2] = estimate
    _of_difference(math.sqrt(variance), values)


@compiled
def _of_difference(se: float, values: Floats) -> None:
    if se > 0.0:
        values[3] = se
        values[0], values[1] = values[2] / se, 1.0 / (se * se)


@compiled
def _rate(
    response: Flags,
    arm: Flags,
    stratum: Integers,
    code: Integers,
    strata: int,
    margin: float,
    m: int,
    table: Floats,
    values: Floats,
) -> None:
    count_responders(response, arm, stratum, code, strata, m, table)
    values[2], se = difference(strata, table)
    _of_difference(se, values)
    if math.isnan(margin):
        values[0] = mantel_haenszel(strata, table)
    else:
        values[0] = margin_test(strata, margin, table)
