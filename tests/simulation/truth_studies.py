"""Studies of what `true_value` reads and no more, and patients drawn without its formulas."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from equipoise.kernels.sim.cox import EFRON
from equipoise.kernels.sim.truth import LOG_LOGISTIC, STEPS, WEIBULL
from equipoise.simulation.course_curves import CourseHazards
from equipoise.simulation.distributions import Law

INF = math.inf
DAYS = 900.0
NO_LOSS = Law("steps", 1.0, 1.0, (INF,), (0.0,))
FAMILY = {"steps": STEPS, "weibull": WEIBULL, "log_logistic": LOG_LOGISTIC}


class Arrays(SimpleNamespace):
    """What `true_value` reads of a `Truth`."""

    def _replace(self, **fields):
        return Arrays(**(vars(self) | fields))


def steps(*values, ends=(), **beside):
    return Law("steps", 1.0, 1.0, (*ends, INF), values, **beside)


def study_of(
    laws, *, losses=(NO_LOSS, NO_LOSS), name="hazard_ratio", strata=((1.0, 0.0, INF),), code=None, wrong=0.0,
    accrual=((0.0, 2.0),), end=400.0, horizon=math.nan, whole=0, ratio=(1, 1), course=None, verified=0,
    scans=(), tail=INF, missed=0.0, ties=EFRON,
):  # fmt: skip
    """A study with one hypothesis about arm 1 against arm 0: what `true_value` reads of it, and no more.

    `laws` are by arm and stratum; a course is two sets of hazards and whether death is meant.
    """
    law, number, knots = [], [], []

    def add(one, deaths=None):
        total, first = 0.0, len(knots)
        for start, end_, slope, share in zip(
            (0.0, *one.ends[:-1]), one.ends, one.slopes, deaths or (0.0,) * len(one.ends), strict=True
        ):
            base = one._replace(ends=(INF,), slopes=(1.0,))
            knots.append((total, float(base.cumulative(start)), slope, share))
            total += slope * float(base.cumulative(end_) - base.cumulative(start)) if end_ < INF else 0.0
        law.append((FAMILY[one.family], first, len(knots)))
        number.append((1.0 / one.shape, one.scale, one.cure, one.frailty))
        return len(law) - 1

    dropout = np.array([add(one) for one in losses])
    endpoint = np.full((1 if course is None else 2, 2, len(strata)), -1)
    course_law, switch = np.zeros((0, 2, 2), dtype=np.int64), np.zeros((0, 2, 2))
    frailty, courses, row = np.zeros(0), np.zeros((0, 3), dtype=np.int64), 0
    if course is None:
        endpoint[0] = [[add(one) for one in arm] for arm in laws]
    else:
        arms, row = course
        courses, frailty = np.array([[0, 1, 0]]), np.array([arms[0].frailty])
        switch = np.array([[[one.switching, one.ratio] for one in arms]])
        both = [[np.add(one.progression, one.death), one.death_after] for one in arms]
        course_law = np.array(
            [
                [
                    [
                        add(steps(*both[a][0], ends=one.ends[:-1]), tuple(np.divide(one.death, both[a][0]))),
                        add(steps(*both[a][1], ends=one.ends[:-1])),
                    ]
                    for a, one in enumerate(arms)
                ]
            ]
        )
    begin = np.array([at for at, _ in accrual] + [end])
    rate = np.array([by for _, by in accrual] + [0.0])
    expected = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(begin))])
    truth = Arrays(
        patients=round(expected[-1]), arms=2, whole_days=whole, wrong=wrong,
        accrual=np.stack([begin, rate, expected]),
        strata=np.array([[*one, 0.0] for one in strata]).T, sites=np.array([[1.0, 0.0, INF, 1.0]]).T,
        pattern=np.repeat([0, 1], ratio), law=np.array(law), number=np.array(number), knots=np.array(knots).T,
        dropout=dropout, endpoint=endpoint, endpoint_code=np.arange(len(endpoint)), course=courses,
        course_law=course_law, course_switch=switch, course_frailty=frailty, rate=np.zeros((0, 2, len(strata))),
        scan_first=np.array([0] + [len(scans)] * len(endpoint)), scan_time=np.array(scans, dtype=np.float64),
        scan_tail=np.full(len(endpoint), tail), scan_missed=np.full(len(endpoint), missed),
    )  # fmt: skip
    code = np.zeros(len(strata), dtype=np.int64) if code is None else np.asarray(code)
    return SimpleNamespace(
        truth=truth,
        tested=(SimpleNamespace(estimate_name=name, ks=(0,)),),
        triggers=SimpleNamespace(endpoint=np.array([row]), control=np.array([0]), experimental=np.array([1])),
        program=SimpleNamespace(
            code=np.stack([code, code])[None],
            verified=np.array([verified]),
            ties=np.array([ties]),
            horizon=np.array([horizon]),
        ),
    )


def draw(rng, law, n):
    """Times by law, without any of its methods: by inversion on a fine grid of the cumulative hazard."""
    hazard = rng.exponential(size=n)
    if law.frailty:
        hazard /= rng.gamma(1.0 / law.frailty, law.frailty, n)
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e5, 20_000)])
    times = np.interp(hazard, law.cumulative(grid), grid)
    return np.where(rng.random(n) < law.cure, INF, times)


COURSE = (
    CourseHazards((100.0, INF), (0.004, 0.003), (0.001, 0.001), (0.006, 0.003), 0.0, 1.0, 0.4),
    CourseHazards((100.0, INF), (0.002, 0.002), (0.001, 0.001), (0.006, 0.003), 0.3, 1.5, 0.4),
)


LOSSES = (steps(0.0003), steps(0.0001, 0.0008, ends=(200.0,)))


def integral(grid, one, two):
    early, late = one[0] + two[0], one[1] + two[1]
    return np.where(grid <= 100.0, early * grid, early * 100.0 + late * (grid - 100.0))


def course_patients(rng, own, n):
    """Progression (infinite where death comes first) and death."""
    grid = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 20_000)])
    leaving = integral(grid, own.progression, own.death)
    after = integral(grid, own.death_after, (0.0, 0.0))
    frail = rng.gamma(1.0 / own.frailty, own.frailty, n)
    free = np.interp(rng.exponential(size=n) / frail, leaving, grid)
    piece = (free > 100.0).astype(int)
    first = rng.random(n) < (np.asarray(own.death) / (np.asarray(own.progression) + own.death))[piece]
    ratio = np.where(rng.random(n) < own.switching, own.ratio, 1.0)
    dead = np.interp(np.interp(free, grid, after) + rng.exponential(size=n) / (frail * ratio), after, grid)
    return np.where(first, INF, free), np.where(first, free, dead)
