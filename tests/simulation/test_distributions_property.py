"""Laws of times and courses of disease against what shares no formula with them: numerical integration, Kolmogorov's
equations by the matrix exponential, gamma mixtures by Gauss-Laguerre quadrature, simulated patients."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.special import roots_genlaguerre

from equipoise.protocol.scenarios import ArmAssumption, Course
from equipoise.simulation.course_curves import CourseCurve, CourseHazards, hazards_of
from equipoise.simulation.distributions import Law, law_of, quantile

INF = math.inf
LAWS = {
    "exponential": Law("steps", 1.0, 1.0, (INF,), (0.03,)),
    "steps with a gap": Law("steps", 1.0, 1.0, (4.0, 9.0, INF), (0.05, 0.0, 0.02)),
    "cured": Law("steps", 1.0, 1.0, (6.0, INF), (0.1, 0.04), cure=0.3),
    "frail": Law("steps", 1.0, 1.0, (6.0, INF), (0.1, 0.04), frailty=0.8),
    "weibull": Law("weibull", 1.7, 20.0, (INF,), (1.0,)),
    "weibull that falls": Law("weibull", 0.6, 20.0, (3.0, INF), (1.0, 0.5), cure=0.1, frailty=2.0),
    "log-logistic": Law("log_logistic", 2.3, 14.0, (INF,), (1.0,)),
    "log-logistic in pieces": Law("log_logistic", 0.9, 14.0, (5.0, 30.0, INF), (1.0, 0.4, 1.3), cure=0.05, frailty=0.3),
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_density_hazard_and_survival_belong_together(law):
    for end in (0.5, 4.0, 11.0, 40.0):
        points = [cut for cut in law.cuts if cut < end]
        grown = quad(lambda t: float(law.density(t)), 0.0, end, points=points or None, epsabs=1e-12, limit=400)[0]
        assert float(law.survival(end)) == pytest.approx(1.0 - grown, abs=1e-8)
        assert float(law.hazard(end)) == pytest.approx(float(law.density(end)) / float(law.survival(end)), rel=1e-14)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_quantiles_invert_survival(law):
    for p in (0.01, 0.25, 0.5, 0.9):
        if p < 1.0 - law.cure:
            time = float(law.quantile(p))
            assert float(law.survival(time)) == pytest.approx(1.0 - p, abs=1e-13)
            assert quantile(law, p) == pytest.approx(time, rel=1e-12)
    assert float(law.quantile(1.0)) == INF
    if law.cure:
        assert quantile(law, 1.0 - 0.5 * law.cure) == INF


def test_frailty_is_a_mixture_over_a_gamma_variable():
    """Gauss-Laguerre quadrature of exp(-V H) over V with mean 1."""
    law = LAWS["frail"]
    shape = 1.0 / law.frailty
    nodes, weights = roots_genlaguerre(60, shape - 1.0)
    for time in (1.0, 8.0, 30.0):
        hazard = float(law.cumulative(time))
        mixed = float((weights * np.exp(-nodes * law.frailty * hazard)).sum() / math.gamma(shape))
        assert float(law.survival(time)) == pytest.approx(mixed, rel=1e-10)


def test_what_a_scenario_assumes():
    arms = {
        "old": ArmAssumption.model_validate({"weibull": {"shape": 1.5, "median": 12}, "cure": 0.2, "frailty": 0.4}),
        "new": ArmAssumption.model_validate({"hazard_ratio": [{"until": 3, "value": 1}, {"value": 0.6}]}),
        "own": ArmAssumption.model_validate({"hazard_ratio": 0.8, "cure": 0.25, "frailty": 0}),
        "log": ArmAssumption.model_validate({"log_logistic": {"shape": 2, "median": 10}}),
        "two": ArmAssumption.model_validate({"strata": {"a": {"median": 9}, "b": {"hazard_ratio": 0.5}}}),
    }
    old, new, own = (law_of(arms, name, "old", unit=30.4375) for name in ("old", "new", "own"))
    # the median is that of patients who are not cured and have a frailty of 1
    assert float(old.cumulative(12 * 30.4375)) == pytest.approx(math.log(2.0), rel=1e-14)
    assert (new.cure, new.frailty) == (0.2, 0.4)
    assert (own.cure, own.frailty) == (0.25, 0.0)
    early, late = 2 * 30.4375, 5 * 30.4375
    assert float(new.conditional_hazard(early)) == pytest.approx(float(old.conditional_hazard(early)), rel=1e-14)
    assert float(new.conditional_hazard(late)) == pytest.approx(0.6 * float(old.conditional_hazard(late)), rel=1e-14)
    assert float(law_of(arms, "log", "old").survival(10.0)) == pytest.approx(0.5, rel=1e-14)
    assert float(law_of(arms, "two", "old", "a").survival(9.0)) == pytest.approx(0.5, rel=1e-14)
    assert law_of(arms, "two", "old", "b").slopes == (0.5,)


COURSES = {
    "constant": CourseHazards((INF,), (0.08,), (0.02,), (0.05,)),
    "equal": CourseHazards((INF,), (0.08,), (0.02,), (0.1,)),
    "steps": CourseHazards((3.0, 10.0, INF), (0.1, 0.05, 0.02), (0.0, 0.03, 0.01), (0.2, 0.08, 0.0)),
    "switching": CourseHazards((3.0, INF), (0.1, 0.05), (0.02, 0.03), (0.2, 0.08), 0.4, 0.5),
    "all switch": CourseHazards((3.0, INF), (0.1, 0.05), (0.02, 0.03), (0.2, 0.08), 1.0, 1.7),
}


def chain(course: CourseHazards, time: float, factor: float = 1.0) -> np.ndarray:
    """Free, progressed, progressed and switched, dead: the exponential of the generator, piece by piece."""
    state, start = np.array([1.0, 0.0, 0.0, 0.0]), 0.0
    for end, a, b, c in zip(course.ends, course.progression, course.death, course.death_after, strict=True):
        p, r = course.switching, course.ratio
        rates = np.zeros((4, 4))
        rates[0] = [-(a + b), a * (1.0 - p), a * p, b]
        rates[1] = [0.0, -c, 0.0, c]
        rates[2] = [0.0, 0.0, -r * c, r * c]
        state = state @ expm(factor * rates * max(min(end, time) - start, 0.0))
        start = end
    return state


@pytest.mark.parametrize("name", COURSES)
def test_a_course_by_kolmogorovs_equations(name):
    course = COURSES[name]
    for time in (0.5, 3.0, 7.0, 25.0, 90.0):
        state = chain(course, time)
        assert float(CourseCurve(course, death=False).survival(time)) == pytest.approx(state[0], abs=1e-13)
        assert float(CourseCurve(course, death=True).survival(time)) == pytest.approx(1.0 - state[3], abs=1e-13)


@pytest.mark.parametrize("variance", [0.05, 0.8, 3.0])
def test_a_frail_course_is_a_mixture(variance):
    course = COURSES["switching"]._replace(frailty=variance)
    nodes, weights = roots_genlaguerre(80, 1.0 / variance - 1.0)
    weights = weights / weights.sum()
    for time in (1.0, 5.0, 20.0):
        mixed = sum(w * chain(course, time, v * variance) for v, w in zip(nodes, weights, strict=True) if w > 1e-18)
        assert float(CourseCurve(course, death=False).survival(time)) == pytest.approx(mixed[0], abs=1e-9)
        assert float(CourseCurve(course, death=True).survival(time)) == pytest.approx(1.0 - mixed[3], abs=1e-9)


@pytest.mark.parametrize("variance", [0.0, 1e-9, 0.7])
@pytest.mark.parametrize("name", COURSES)
def test_density_of_a_course(name, variance):
    for death in (False, True):
        curve = CourseCurve(COURSES[name]._replace(frailty=variance), death)
        for end in (2.0, 7.0, 40.0):
            points = [cut for cut in curve.cuts if cut < end]
            grown = quad(lambda t: float(curve.density(t)), 0.0, end, points=points or None, epsabs=1e-13)[0]  # noqa: B023
            assert float(curve.survival(end)) == pytest.approx(1.0 - grown, abs=1e-11)


def test_a_declared_course():
    content = {
        "progression_free": "pfs",
        "survival": "os",
        "frailty": 0.0,
        "arms": {
            "old": {"progression_free_median": 6, "survival_median": 15, "deaths_first": 0.2},
            "new": {
                "hazard_ratio": {"progression": 0.5, "death_after": 0.8},
                "switching": {"probability": 0.3, "hazard_ratio": 1.4},
            },
            "own": {"progression": [{"until": 6, "value": 0.1}, {"value": 0.05}], "death": 0, "death_after": 0.1},
        },
    }
    course = Course.model_validate(content)
    old = hazards_of(course, "old", "old", unit=30.0)
    assert quantile(CourseCurve(old, death=False), 0.5) == pytest.approx(180.0, rel=1e-12)
    assert quantile(CourseCurve(old, death=True), 0.5) == pytest.approx(450.0, rel=1e-12)
    new = hazards_of(course, "new", "old", unit=30.0)
    assert new.progression == (0.5 * old.progression[0],)
    assert (new.death, new.death_after) == (old.death, (0.8 * old.death_after[0],))
    assert (new.switching, new.ratio) == (0.3, 1.4)
    own = hazards_of(course, "own", "old")
    assert (own.ends, own.progression, own.death, own.death_after) == ((6.0, INF), (0.1, 0.05), (0.0, 0.0), (0.1, 0.1))
