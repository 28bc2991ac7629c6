"""True values against Cox models of one enormous trial, the design's own limits, and plain quadrature."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from equipoise.design._risk import risk
from equipoise.design._weighted_score import cox_limit
from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.information import information
from equipoise.design.statistics import Milestone, RestrictedMean
from equipoise.kernels.cox import cox_two_arm
from equipoise.kernels.sim.cox import BRESLOW, EFRON
from equipoise.kernels.sim.truth import LOG_LOGISTIC, STEPS, WEIBULL
from equipoise.simulation.course_curves import CourseCurve, CourseHazards
from equipoise.simulation.distributions import Law
from equipoise.simulation.population import arm_shares, curve_of, enrolment_of, recorded_as
from equipoise.simulation.truth import _at_risk, explained_true_value, mixed_survival, true_medians, true_value

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


def assumptions(laws, losses=(NO_LOSS, NO_LOSS), shares=(1.0,), ratio=(1, 1)):
    """The same trial as a design knows it."""
    names = ("control", "experimental")
    groups = [
        Group(names[arm], str(s), share * ratio[arm] / sum(ratio), Steps(law.ends, law.slopes), law.cure,
              Steps(losses[arm].ends, losses[arm].slopes))
        for s, share in enumerate(shares) for arm, law in ((0, laws[0][s]), (1, laws[1][s]))
    ]  # fmt: skip
    return Assumptions(Accrual(Steps((400.0,), (2.0,)), 800.0), tuple(groups), "days")


OLD, NEW = steps(0.002), steps(0.002, 0.001, ends=(120.0,))
LOSSES = (steps(0.0003), steps(0.0001, 0.0008, ends=(200.0,)))
TWO = ((steps(0.004), steps(0.001)), (steps(0.002), steps(0.0009)))
DESIGNED = {
    "delayed": ([[OLD], [NEW]], (NO_LOSS, NO_LOSS), (1.0,), (1, 1)),
    "delayed, 2:1, losses by arm": ([[OLD], [NEW]], LOSSES, (1.0,), (1, 2)),
    "crossing": ([[steps(0.002)], [steps(0.004, 0.001, ends=(100.0,))]], LOSSES, (1.0,), (1, 1)),
    "cured": ([[steps(0.003, cure=0.2)], [steps(0.002, cure=0.4)]], LOSSES, (1.0,), (1, 1)),
    "two strata": (TWO, LOSSES, (0.3, 0.7), (1, 2)),
}


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("cut", [150.0, 400.0, DAYS])
@pytest.mark.parametrize("name", DESIGNED)
def test_hazard_ratios_by_steps_as_a_design_has_them(name, cut, stratified):
    laws, losses, shares, ratio = DESIGNED[name]
    strata = [(share, 0.0, INF) for share in shares]
    code = np.arange(len(shares)) if stratified else None
    study = study_of(laws, losses=losses, strata=strata, code=code, ratio=ratio)
    grid = risk(assumptions(laws, losses, shares, ratio), np.array([cut]), horizon=cut, stratified=stratified)
    assert true_value(study, 0, cut) == pytest.approx(cox_limit(grid, np.array([cut]), np.zeros(1))[0], abs=1e-9)


@pytest.mark.parametrize("cut", [200.0, DAYS])
@pytest.mark.parametrize("name", DESIGNED)
def test_differences_as_a_design_has_them(name, cut):
    """A design pools strata; so does an estimate by arm."""
    laws, losses, shares, ratio = DESIGNED[name]
    if cut == DAYS and len(shares) > 1:
        losses = (losses[0], losses[0])
    strata = [(share, 0.0, INF) for share in shares]
    for statistic, what in ((RestrictedMean(180.5), "rmst_difference"), (Milestone(180.5), "survival_difference")):
        effect = information(assumptions(laws, losses, shares, ratio), statistic, cut).effect[0]
        study = study_of(laws, losses=losses, strata=strata, ratio=ratio, name=what, horizon=180.5)
        assert true_value(study, 0, cut) == pytest.approx(effect, rel=1e-9)


def draw(rng, law, n):
    """Times by law, without any of its methods: by inversion on a fine grid of the cumulative hazard."""
    hazard = rng.exponential(size=n)
    if law.frailty:
        hazard /= rng.gamma(1.0 / law.frailty, law.frailty, n)
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e5, 20_000)])
    times = np.interp(hazard, law.cumulative(grid), grid)
    return np.where(rng.random(n) < law.cure, INF, times)


def one_trial(rng, laws, n, cut, *, losses=(0.0, 0.0), shares=(1.0,), opens=(0.0,), wrong=0.0):
    """Time, event, arm, recorded stratum of those enrolled evenly over 400 days, at a cut."""
    entry, arm = rng.uniform(0.0, 400.0, n), rng.integers(0, 2, n)
    open_ = np.asarray(opens)[None] <= entry[:, None]
    weight = np.asarray(shares) * open_
    stratum = (rng.random(n)[:, None] > np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)).sum(axis=1)
    time = np.full(n, INF)
    for a in (0, 1):
        for s in range(len(shares)):
            here = (arm == a) & (stratum == s)
            time[here] = draw(rng, laws[a][s], int(here.sum()))
    with np.errstate(divide="ignore"):
        loss = rng.exponential(size=n) / np.asarray(losses)[arm]
    recorded = np.where(rng.random(n) < wrong, 1 - stratum, stratum)
    seen = np.minimum(loss, cut - entry)
    keep = entry < cut
    return np.minimum(time, seen)[keep], (time <= seen)[keep], arm[keep], recorded[keep]


FRAIL = [[steps(0.004, frailty=1.5)], [steps(0.002, frailty=1.5)]]
SHAPED = [[Law("weibull", 0.7, 300.0, (INF,), (1.0,))], [Law("log_logistic", 1.6, 400.0, (INF,), (1.0,))]]


@pytest.mark.parametrize(
    ("laws", "beside", "code"),
    [
        (FRAIL, {}, None),
        (SHAPED, {"losses": (0.001, 0.0004)}, None),
        (TWO, {"shares": (0.3, 0.7)}, None),
        (TWO, {"shares": (0.3, 0.7), "opens": (150.0, 0.0)}, None),
        (TWO, {"shares": (0.3, 0.7), "wrong": 0.2}, (0, 1)),
    ],
    ids=["frailty", "Weibull against log-logistic", "strata pooled", "a late stratum", "strata recorded wrong"],
)
def test_hazard_ratios_of_one_enormous_trial(laws, beside, code):
    rng = np.random.default_rng(7)
    n, cut = 300_000, 700.0
    time, event, arm, recorded = one_trial(rng, laws, n, cut, **beside)
    fit = cox_two_arm(time, event, arm, stratum=recorded if code else None)
    losses = tuple(steps(rate) for rate in beside.get("losses", (0.0, 0.0)))
    opens = beside.get("opens", (0.0,) * len(laws[0]))
    strata = [(share, first, INF) for share, first in zip(beside.get("shares", (1.0,)), opens, strict=True)]
    study = study_of(laws, losses=losses, strata=strata, code=code, wrong=beside.get("wrong", 0.0))
    value = true_value(study, 0, cut)
    assert abs(fit.coef[0] - value) < 3.0 * fit.se[0]
    if laws is FRAIL:  # which is not the hazard ratio of patients
        assert abs(value - math.log(0.5)) > 0.1


def test_shapes_by_plain_quadrature():
    """The equation as it stands, by scipy's adaptive quadrature and Brent's root: no panels, no Newton."""
    (old,), (new,) = SHAPED
    cut, enrolled = 700.0, lambda u: min(max(700.0 - u, 0.0), 400.0)

    def score(ratio):
        def part(u):
            s0, s1 = float(old.survival(u)), float(new.survival(u))
            f0, f1 = float(old.density(u)), float(new.density(u))
            return (f1 - ratio * s1 / (ratio * s1 + s0) * (f0 + f1)) * enrolled(u)

        return quad(part, 0.0, 300.0, limit=200, epsabs=1e-9)[0] + quad(part, 300.0, 700.0, limit=200, epsabs=1e-9)[0]

    expected = math.log(brentq(score, 0.3, 3.0, xtol=1e-12))
    assert true_value(study_of(SHAPED), 0, cut) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("law", [steps(0.002), Law("weibull", 0.6, 200.0, (INF,), (1.0,)),
                                 Law("log_logistic", 2.0, 200.0, (50.0, INF), (1.0, 0.3))])  # fmt: skip
def test_a_ratio_that_does_not_change_is_itself(law):
    new = law._replace(slopes=tuple(0.7 * slope for slope in law.slopes))
    for cut in (3.0, 40.0, DAYS, 40_000.0):
        assert true_value(study_of([[law], [new]], losses=LOSSES), 0, cut) == pytest.approx(math.log(0.7), abs=1e-11)
    both = [[law, steps(0.01)], [new, steps(0.007)]]
    strata = [(0.4, 0.0, 300.0), (0.6, 100.0, INF)]
    assert true_value(study_of(both, strata=strata, code=(0, 1)), 0, DAYS) == pytest.approx(math.log(0.7), abs=1e-11)
    # pooled, or recorded wrong, it is not: it lies nearer to 1
    for pooled in (study_of(both, strata=strata), study_of(both, strata=strata, code=(0, 1), wrong=0.3)):
        assert math.log(0.7) + 1e-3 < true_value(pooled, 0, DAYS) < 0.0
    verified = study_of(both, strata=strata, code=(0, 1), wrong=0.3, verified=1)
    assert true_value(verified, 0, DAYS) == pytest.approx(math.log(0.7), abs=1e-11)


def test_differences_in_whole_days_are_of_times_rounded_up():
    rng = np.random.default_rng(3)
    laws = [[steps(0.02)], [steps(0.012)]]
    for horizon in (30.0, 30.4375):
        found = {
            name: true_value(study_of(laws, name=name, horizon=horizon, whole=1), 0, DAYS)
            for name in ("rmst_difference", "survival_difference")
        }
        days = [np.maximum(1.0, np.ceil(rng.exponential(1.0 / rate, 2_000_000))) for rate in (0.02, 0.012)]
        means = [np.minimum(one, horizon) for one in days]
        assert found["rmst_difference"] == pytest.approx(means[1].mean() - means[0].mean(), abs=0.04)
        # exactly: P(T > d) by day
        tails = [math.exp(-rate * 30.0) for rate in (0.02, 0.012)]
        sums = [sum(math.exp(-rate * d) for d in range(30)) + (horizon - 30.0) * tail
                for rate, tail in zip((0.02, 0.012), tails, strict=True)]  # fmt: skip
        assert found["rmst_difference"] == pytest.approx(sums[1] - sums[0], rel=1e-13)
        assert found["survival_difference"] == pytest.approx(tails[1] - tails[0], rel=1e-13)


COURSE = (
    CourseHazards((100.0, INF), (0.004, 0.003), (0.001, 0.001), (0.006, 0.003), 0.0, 1.0, 0.4),
    CourseHazards((100.0, INF), (0.002, 0.002), (0.001, 0.001), (0.006, 0.003), 0.3, 1.5, 0.4),
)


def test_courses_are_read_back():
    for row, death in ((0, False), (1, True)):
        study = study_of(None, course=(COURSE, row))
        for arm in (0, 1):
            curve = curve_of(study.truth, row, arm, 0)
            own = CourseCurve(COURSE[arm], death)
            at = np.array([1.0, 99.0, 101.0, 1000.0])
            np.testing.assert_allclose(curve.survival(at), own.survival(at), rtol=1e-12)
        old, new = true_medians(study, 0)
        assert float(mixed_survival(study, row, 0, np.array([old]))[0]) == pytest.approx(0.5, abs=1e-13)
        assert 100.0 < old < new


def test_the_hazard_ratio_of_survival_in_a_course():
    """One enormous trial, patient by patient through the three transitions."""
    rng = np.random.default_rng(11)
    n, cut = 200_000, 800.0
    time, arm = [], []
    entry = rng.uniform(0.0, 400.0, 2 * n)
    for a, own in enumerate(COURSE):
        time.append(course_patients(rng, own, n)[1])
        arm.append(np.full(n, a))
    time, arm = np.concatenate(time), np.concatenate(arm)
    seen = cut - entry
    fit = cox_two_arm(np.minimum(time, seen), time <= seen, arm)
    value = true_value(study_of(None, course=(COURSE, 1)), 0, cut)
    assert abs(fit.coef[0] - value) < 3.0 * fit.se[0]


def _integral(grid, one, two):
    early, late = one[0] + two[0], one[1] + two[1]
    return np.where(grid <= 100.0, early * grid, early * 100.0 + late * (grid - 100.0))


def test_enrolment_by_stratum():
    study = study_of(TWO, strata=[(0.3, 150.0, INF), (0.7, 0.0, 380.0)], accrual=((0.0, 1.0), (100.0, 3.0)))
    enrolment = enrolment_of(study.truth)
    # 150 days of the second alone, 230 of both at 3 to 7, 20 of the first alone
    first, second = 230 * 3 * 0.3 + 20 * 3, 100 + 50 * 3 + 230 * 3 * 0.7
    np.testing.assert_allclose(enrolment.before(np.array([1e9])).ravel(), [first, second], rtol=1e-13)
    np.testing.assert_allclose(enrolment.before(np.array([-1.0, 50.0, 125.0]))[1], [0.0, 50.0, 175.0], rtol=1e-13)
    rate = np.array([[[0.3, 0.5], [0.4, 0.9]]])
    response = study_of(TWO, strata=[(0.3, 150.0, INF), (0.7, 0.0, 380.0)], accrual=((0.0, 1.0), (100.0, 3.0)),
                        name="risk_difference")  # fmt: skip
    response.truth = response.truth._replace(rate=rate, endpoint_code=np.zeros(0, dtype=np.int64))
    total = first + second
    assert true_value(response, 0, DAYS) == pytest.approx((first * 0.1 + second * 0.4) / total, rel=1e-13)


def test_what_is_recorded():
    study = study_of(TWO, strata=[(0.3, 0.0, INF), (0.7, 0.0, INF)], wrong=0.1, ratio=(1, 3))
    np.testing.assert_allclose(recorded_as(study.truth), [[0.9, 0.1], [0.1, 0.9]])
    np.testing.assert_allclose(arm_shares(study.truth), [0.25, 0.75])
    three = study.truth._replace(strata=np.array([[0.2, 0, INF, 0], [0.3, 0, INF, 0], [0.5, 0, INF, 0]]).T)
    np.testing.assert_allclose(recorded_as(three)[0], [0.9, 0.1 * 0.3 / 0.8, 0.1 * 0.5 / 0.8])


def test_what_has_no_value_says_why():
    study = study_of([[steps(0.002)], [steps(0.0, 0.001, ends=(500.0,))]])
    assert explained_true_value(study, 0, 400.0) == (None, "an arm is expected to have no event")
    assert "nobody is expected" in explained_true_value(study, 0, 0.0).reason


# ---- scans

SCANS, TAIL = (40.0, 80.0, 130.0), 60.0


def looked_at(rng, progression, death, seen_until, missed):
    """Time and event as data have them: patient by patient, scan by scan."""
    n = progression.size
    first, last = np.full(n, INF), np.zeros(n)
    times = [*SCANS, *(SCANS[-1] + TAIL * k for k in range(1, 40))]
    for scan in times:
        here = rng.random(n) >= missed
        first = np.where(here & (progression <= scan) & (first == INF), scan, first)
        last = np.where(here & (scan <= seen_until), scan, last)
    time = np.minimum(first, death)
    event = time <= seen_until
    return np.where(event, time, last), event


def beside_scans(missed, ties=EFRON):
    return {"scans": SCANS, "tail": TAIL, "missed": missed, "ties": ties}


@pytest.mark.parametrize("missed", [0.0, 0.3])
@pytest.mark.parametrize("ties", [EFRON, BRESLOW])
def test_hazard_ratios_of_what_scans_see(missed, ties):
    rng = np.random.default_rng(21)
    n, cut = 300_000, 700.0
    laws = [[steps(0.004)], [steps(0.004, 0.0015, ends=(90.0,))]]
    losses = (steps(0.001), steps(0.0005))
    entry, arm = rng.uniform(0.0, 400.0, n), rng.integers(0, 2, n)
    time = np.where(arm == 0, draw(rng, laws[0][0], n), draw(rng, laws[1][0], n))
    seen_until = np.minimum(rng.exponential(size=n) / np.array([0.001, 0.0005])[arm], cut - entry)
    seen, event = looked_at(rng, time, np.full(n, INF), seen_until, missed)
    fit = cox_two_arm(seen, event, arm, ties="efron" if ties == EFRON else "breslow")
    study = study_of(laws, losses=losses, **beside_scans(missed, ties))
    assert abs(fit.coef[0] - true_value(study, 0, cut)) < 3.0 * fit.se[0]
    # the way with ties can be told, and so can the scans
    other = study_of(laws, losses=losses, **beside_scans(missed, EFRON + BRESLOW - ties))
    assert abs(true_value(study, 0, cut) - true_value(other, 0, cut)) > 3.0 * fit.se[0]


def course_patients(rng, own, n):
    """Progression (infinite where death comes first) and death."""
    grid = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 20_000)])
    leaving = _integral(grid, own.progression, own.death)
    after = _integral(grid, own.death_after, (0.0, 0.0))
    frail = rng.gamma(1.0 / own.frailty, own.frailty, n)
    free = np.interp(rng.exponential(size=n) / frail, leaving, grid)
    piece = (free > 100.0).astype(int)
    first = rng.random(n) < (np.asarray(own.death) / (np.asarray(own.progression) + own.death))[piece]
    ratio = np.where(rng.random(n) < own.switching, own.ratio, 1.0)
    dead = np.interp(np.interp(free, grid, after) + rng.exponential(size=n) / (frail * ratio), after, grid)
    return np.where(first, INF, free), np.where(first, free, dead)


@pytest.mark.parametrize("missed", [0.0, 0.3])
def test_scans_of_a_course_with_deaths_on_their_day(missed):
    rng = np.random.default_rng(22)
    n, cut = 200_000, 800.0
    time, event, arm = [], [], []
    whole = []
    for a, own in enumerate(COURSE):
        progression, death = course_patients(rng, own, n)
        seen_until = np.minimum(rng.exponential(1000.0, n), cut - rng.uniform(0.0, 400.0, n))
        seen, happened = looked_at(rng, progression, death, seen_until, missed)
        everything, _ = looked_at(rng, progression, death, np.full(n, 1e9), missed)
        time, event, arm = [*time, seen], [*event, happened], [*arm, np.full(n, a)]
        whole.append(everything)
    fit = cox_two_arm(np.concatenate(time), np.concatenate(event), np.concatenate(arm))
    beside = {"losses": (steps(0.001), steps(0.001)), "course": (COURSE, 0), **beside_scans(missed)}
    assert abs(fit.coef[0] - true_value(study_of(None, **beside), 0, cut)) < 3.0 * fit.se[0]
    for horizon in (100.0, 250.0):
        found = [np.minimum(one, horizon).mean() for one in whole]
        study = study_of(None, name="rmst_difference", horizon=horizon, **beside)
        error = math.sqrt(sum(np.minimum(one, horizon).var() / n for one in whole))
        assert abs(true_value(study, 0, cut) - (found[1] - found[0])) < 3.0 * error
        study = study_of(None, name="survival_difference", horizon=horizon, **beside)
        later = [(one > horizon).mean() for one in whole]
        assert abs(true_value(study, 0, cut) - (later[1] - later[0])) < 3.0 * math.sqrt(0.5 / n)


def test_scans_so_close_that_they_see_at_once():
    study = study_of(None, course=(COURSE, 0))
    close = study_of(None, course=(COURSE, 0), scans=(0.5,), tail=0.5, missed=0.0)
    assert true_value(close, 0, 500.0) == pytest.approx(true_value(study, 0, 500.0), abs=2e-4)


def test_everybody_leaves():
    """Events, deaths and censorings at scans add up to those enrolled."""
    for missed in (0.0, 0.4):
        study = study_of(None, course=(COURSE, 0), losses=LOSSES, **beside_scans(missed))
        found = _at_risk(study, 0, (0, 1), np.ones((1, 1)), 600.0)
        assert found.number[:, 0, -1, -1] == pytest.approx([0.0, 0.0], abs=1e-6 * found.number.max())
        assert (np.diff(found.tied_number, axis=2) < 0.0).all()
