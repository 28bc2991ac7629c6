"""True values against Cox models of one enormous trial, the design's own limits, and plain quadrature."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

sys.path.insert(0, str(Path(__file__).parent))
from truth_studies import COURSE, DAYS, INF, LOSSES, NO_LOSS, course_patients, draw, steps, study_of

from equipoise.design._risk import risk
from equipoise.design._weighted_score import cox_limit
from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.information import information
from equipoise.design.statistics import Milestone, RestrictedMean
from equipoise.kernels.cox import cox_two_arm
from equipoise.simulation.course_curves import CourseCurve
from equipoise.simulation.distributions import Law
from equipoise.simulation.population import arm_shares, curve_of, enrolment_of, recorded_as
from equipoise.simulation.truth import explained_true_value, mixed_survival, true_medians, true_value


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
