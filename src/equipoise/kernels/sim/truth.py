"""What patients are made from, and room for the patients of one trial: arrays only, of fixed types.

Times are in days, hazards and rates per day. N is the number of patients, A of arms (in the order of the protocol), S
of strata, E of time-to-event endpoints, R of response endpoints, Q of courses of disease, L of laws of a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLOCK",
    "DECLARED",
    "FIXED",
    "LOG_LOGISTIC",
    "PATTERN",
    "POISSON",
    "STEPS",
    "UNIFORM",
    "WEIBULL",
    "Trial",
    "Truth",
    "new_trial",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.uint8]

UNIFORM, POISSON, FIXED = 0, 1, 2
PATTERN, BLOCK, DECLARED = 0, 1, 2
STEPS, WEIBULL, LOG_LOGISTIC = 0, 1, 2


class Truth(NamedTuple):
    """A scenario in numbers.

    A law turns a cumulative hazard into a time: linear pieces (`knots`) from it to a base hazard, and the inverse of
    the base hazard's cumulative, which for hazards by steps is the time itself.

    Attributes:
        patients: N.
        arms: A.
        whole_days: 1 where times are whole days, 0 where they are real numbers.
        arrivals: UNIFORM, POISSON or FIXED.
        allocation: PATTERN: patient i has arm `pattern[i % len(pattern)]`; BLOCK: one block of these in random order;
            DECLARED: the declared procedure, in order of arrival, its arm j being `pattern[j]`.
        fillers: Combinations of levels of factors that allocation goes by and the scenario says nothing of; each
            patient has one of them, with equal chances.
        wrong: Probability that another stratum is recorded.
        accrual: (3, pieces) begin, rate, and patients expected by the begin; the last piece has rate 0 if enrolment
            ends.
        strata: (4, S) share, opens, closes, and sum of the shares up to and with this one.
        sites: (4, sites) the same.
        pattern: (sum of the ratio,) arms.
        plan: Plan of the declared procedure; [0] where there is none.
        cells: (S * fillers * sites, C) rows of its state that a patient of a recorded stratum, filler and site belongs
            to.
        state: (rows, width) its state before the first patient.
        law: (L, 3) family STEPS, WEIBULL or LOG_LOGISTIC; first knot; the knot after the last.
        number: (L, 4) 1 / shape, scale, fraction cured, variance of frailty.
        knots: (4, M) cumulative hazard where a piece begins, base there (a time, for STEPS), slope (hazard, or hazard
            ratio), and of courses the share of deaths.
        dropout: (A,) law.
        endpoint: (E, A, S) law; -1 where a course makes the times.
        endpoint_code: (E,) code of the endpoint in the counter; 0 for the primary one.
        course: (Q, 3) row of progression-free survival, row of survival, code.
        course_law: (Q, A, 2) law of the first of progression and death, law of death after progression.
        course_switch: (Q, A, 2) probability of switching at progression, and its hazard ratio of death.
        course_frailty: (Q,) variance.
        rate: (R, A, S) probability of response.
        response_code: (R,) code of the endpoint in the counter.
        scan_first: (E + 1,) where the scans of each endpoint begin in `scan_time`; none: it is seen when it happens.
        scan_time: Times of scans since randomization.
        scan_tail: (E,) time between scans after those listed; infinite: no more.
        scan_missed: (E,) probability that a scan is missed.
    """

    patients: int
    arms: int
    whole_days: int
    arrivals: int
    allocation: int
    fillers: int
    wrong: float
    accrual: Floats
    strata: Floats
    sites: Floats
    pattern: Integers
    plan: Integers
    cells: Integers
    state: Integers
    law: Integers
    number: Floats
    knots: Floats
    dropout: Integers
    endpoint: Integers
    endpoint_code: Integers
    course: Integers
    course_law: Integers
    course_switch: Floats
    course_frailty: Floats
    rate: Floats
    response_code: Integers
    scan_first: Integers
    scan_time: Floats
    scan_tail: Floats
    scan_missed: Floats


class Trial(NamedTuple):
    """The patients of one trial, in the order of their numbers; filled anew for each trial. One a thread.

    Attributes:
        entry: (N,) days from the start of enrolment; infinite for those who are never enrolled.
        site: (N,) site.
        stratum: (N,) true stratum.
        recorded: (N,) stratum as recorded at randomization.
        arm: (N,) arm.
        dropout: (N,) days from randomization to loss, infinite for none.
        time: (E, N) days from randomization to the event as it would be seen, infinite for none.
        response: (R, N) 1 for a response.
        order: (N,) patients in order of arrival.
        uniform: (3, N) numbers of the patients: cumulative hazards of the primary time and of loss, a uniform one of
            the arrival.
        calendar: (N,) room for calendar times.
        words: room for words of allocation.
        state: (rows, width) state of the allocation.
        counts: (N + 1,) room for counts.
        key: (4,) key, and number of the trial as two words.
    """

    entry: Floats
    site: Integers
    stratum: Integers
    recorded: Integers
    arm: Integers
    dropout: Floats
    time: Floats
    response: Flags
    order: Integers
    uniform: Floats
    calendar: Floats
    words: Integers
    state: Integers
    counts: Integers
    key: Integers


def new_trial(truth: Truth) -> Trial:
    """Room for the patients of one trial.

    Args:
        truth: What they are made from.
    """
    n, endpoints, responses = truth.patients, len(truth.endpoint_code), len(truth.response_code)

    def integers(*shape: int) -> Integers:
        return np.zeros(shape, dtype=np.int64)

    def floats(*shape: int) -> Floats:
        return np.zeros(shape, dtype=np.float64)

    return Trial(
        entry=floats(n), site=integers(n), stratum=integers(n), recorded=integers(n), arm=integers(n),
        dropout=floats(n), time=floats(endpoints, n), response=np.zeros((responses, n), dtype=np.uint8),
        order=np.arange(n, dtype=np.int64), uniform=floats(3, n), calendar=floats(n), words=integers(1024),
        state=integers(*truth.state.shape), counts=integers(n + 1), key=integers(4),
    )  # fmt: skip
