"""Survival kernels on sets small enough to solve on paper, and on data with published answers."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from equipoise.kernels import cox as cox_module
from equipoise.kernels.cox import cox, cox_arms
from equipoise.kernels.kaplan_meier import kaplan_meier, quantile, survival_at, survival_difference
from equipoise.kernels.log_rank import log_rank
from equipoise.kernels.risk_table import risk_table
from equipoise.kernels.rmst import rmst, rmst_contrast

# Eight subjects. Arm 0: 1, 2, 3+, 5. Arm 1: 1+, 2, 4, 6+. At each event time:
#   t   n  n1  d  d1   S(t)               E1 = d n1/n   V = d (n1/n)(n0/n)(n-d)/(n-1)   S(t-)
#   1   8   4  1   0   7/8                1/2           1/4                             1
#   2   6   3  2   1   7/8 4/6 = 7/12     1             2 1/4 4/5 = 2/5                 7/8
#   4   3   2  1   1   7/18               2/3           2/9                             7/12
#   5   2   1  1   0   7/36               1/2           1/4                             7/18
TIME = [1, 2, 3, 5, 1, 2, 4, 6]
EVENT = [1, 1, 0, 1, 0, 1, 1, 0]
ARM = [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.fixture(params=["arms", "covariates"])
def fit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """`cox` on counts, and the same call made to go the general way."""
    if request.param == "covariates":
        monkeypatch.setattr(cox_module, "_as_arms", lambda columns: None)
    return cox


def test_risk_table_counted_by_hand() -> None:
    table = risk_table(TIME, EVENT, ARM)
    np.testing.assert_array_equal(table.time, [1, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(table.at_risk[0], [[4, 3, 2, 1, 1, 0], [4, 3, 2, 2, 1, 1]])
    np.testing.assert_array_equal(table.events[0], [[1, 1, 0, 0, 1, 0], [0, 1, 0, 1, 0, 0]])
    np.testing.assert_array_equal(table.censored[0], [[0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 1]])


def test_kaplan_meier_as_fractions() -> None:
    km = kaplan_meier(TIME, EVENT)
    np.testing.assert_allclose(km.survival, [7 / 8, 7 / 12, 7 / 12, 7 / 18, 7 / 36, 7 / 36], rtol=1e-15)
    greenwood = np.cumsum([1 / (8 * 7), 2 / (6 * 4), 0, 1 / (3 * 2), 1 / (2 * 1), 0])
    np.testing.assert_allclose(km.cumulative_variance, greenwood, rtol=1e-15)
    np.testing.assert_allclose(km.std_err, km.survival * np.sqrt(greenwood), rtol=1e-15)
    assert quantile(km).estimate[0] == 4.0
    # 7/12 lies over [2, 4): at or before, so 2 counts and 4 does.
    at = survival_at(km, [0, 2, 3.9, 4])
    np.testing.assert_allclose(at.survival, [1, 7 / 12, 7 / 12, 7 / 18], rtol=1e-15)
    np.testing.assert_array_equal(at.n_risk, [8, 6, 3, 3])


def test_log_rank_by_hand() -> None:
    found = log_rank(TIME, EVENT, ARM)
    np.testing.assert_allclose(found.observed, [3, 2])
    np.testing.assert_allclose(found.expected[1], 1 / 2 + 1 + 2 / 3 + 1 / 2, rtol=1e-15)
    variance = 1 / 4 + 2 / 5 + 2 / 9 + 1 / 4
    np.testing.assert_allclose(found.variance, [[variance, -variance], [-variance, variance]], rtol=1e-15)
    # Arm 1 has 2 events where 8/3 are expected: it does better, and z is positive.
    np.testing.assert_allclose(found.z, (2 / 3) / sqrt(variance), rtol=1e-14)


@pytest.mark.parametrize(
    ("rho", "gamma", "weights"),
    [
        (1, 0, [1, 7 / 8, 7 / 12, 7 / 18]),
        (0, 1, [0, 1 / 8, 5 / 12, 11 / 18]),
        (1, 1, [0, 7 / 64, 35 / 144, 77 / 324]),
        (0.5, 2, [0, sqrt(7 / 8) / 64, sqrt(7 / 12) * 25 / 144, sqrt(7 / 18) * 121 / 324]),
    ],
)
def test_fleming_harrington_weights_are_left_continuous(rho: float, gamma: float, weights: list[float]) -> None:
    found = log_rank(TIME, EVENT, ARM, rho=rho, gamma=gamma)
    w = np.array(weights)
    np.testing.assert_allclose(found.observed[1], w @ [0, 1, 1, 0], rtol=1e-14)
    np.testing.assert_allclose(found.expected[1], w @ [1 / 2, 1, 2 / 3, 1 / 2], rtol=1e-14)
    np.testing.assert_allclose(found.variance[1, 1], w**2 @ [1 / 4, 2 / 5, 2 / 9, 1 / 4], rtol=1e-14)


def test_fleming_harrington_weights_of_strata_and_of_all() -> None:
    # Stratum 0 is the set above. Stratum 1: arm 0 has events at 1 and 3, arm 1 is censored at 4: E1 = 1/3 + 1/2,
    # V = 2/9 + 1/4, and S(t-) there is 1 and 2/3.
    time, event, arm = [*TIME, 1, 3, 4], [*EVENT, 1, 1, 0], [*ARM, 0, 0, 1]
    stratum = [0] * 8 + [1] * 3
    own = log_rank(time, event, arm, stratum=stratum, rho=1)
    first = np.array([1, 7 / 8, 7 / 12, 7 / 18])
    np.testing.assert_allclose(own.expected[1], first @ [1 / 2, 1, 2 / 3, 1 / 2] + 1 / 3 + 2 / 3 / 2, rtol=1e-14)
    # All 11 together: 2 events of 11 at risk at 1, 2 of 8 at 2, 1 of 6 at 3, 1 of 4 at 4.
    overall = log_rank(time, event, arm, stratum=stratum, rho=1, weights_from="overall")
    second = 9 / 11 * 6 / 8
    w = np.array([1, 9 / 11, second * 5 / 6, second * 5 / 6 * 3 / 4])
    np.testing.assert_allclose(overall.expected[1], w @ [1 / 2, 1, 2 / 3, 1 / 2] + 1 / 3 + second / 2, rtol=1e-14)


def test_restricted_mean_by_hand() -> None:
    km = kaplan_meier(TIME, EVENT)
    found = rmst(km, 5)
    # Rectangles of width 1, 1, 2, 1 under 1, 7/8, 7/12, 7/18; the area beyond 5 is 0.
    np.testing.assert_allclose(found.estimate, 1 + 7 / 8 + 7 / 6 + 7 / 18, rtol=1e-15)
    beyond = np.array([7 / 8 + 7 / 6 + 7 / 18, 7 / 6 + 7 / 18, 7 / 18])
    np.testing.assert_allclose(found.std_err, sqrt(beyond**2 @ [1 / 56, 1 / 12, 1 / 6]), rtol=1e-15)
    assert "beyond the last follow-up" in rmst(km, 6.5).reason
    assert np.isnan(rmst(km, 6.5).estimate)
    # With the last subject's event survival is 0 from 6 on and any horizon will do.
    complete = rmst(kaplan_meier([1, 2, 6], [1, 1, 1]), 100)
    np.testing.assert_allclose(complete.estimate, 3.0, rtol=1e-15)
    assert complete.reason == ""


def test_restricted_means_contrasted() -> None:
    one, two = rmst(kaplan_meier([2, 4], [1, 1]), 4), rmst(kaplan_meier([1, 3], [1, 1]), 4)
    # Means 3 and 2; each variance is (1/2 2)^2 / (2 1) = 1/2.
    found = rmst_contrast(one, two)
    np.testing.assert_allclose([found.difference, found.difference_std_err, found.z], [1, 1, 1], rtol=1e-15)
    np.testing.assert_allclose(found.ratio, 1.5, rtol=1e-15)
    np.testing.assert_allclose(found.log_ratio_std_err, sqrt(0.5 / 9 + 0.5 / 4), rtol=1e-15)
    np.testing.assert_allclose(found.difference_upper, 1 + 1.959963984540054, rtol=1e-15)
    np.testing.assert_allclose(found.ratio_lower * found.ratio_upper, 1.5**2, rtol=1e-14)


def test_difference_of_survival_by_hand() -> None:
    # Arm 0 by itself: S(2) = 3/4 2/3 = 1/2, Greenwood sum 1/12 + 1/6 = 1/4. Arm 1: S(2) = 2/3, sum 1/6.
    mine = np.array(ARM)
    arms = [kaplan_meier(np.array(TIME)[mine == a], np.array(EVENT)[mine == a]) for a in (0, 1)]
    found = survival_difference(arms[1], arms[0], 2)
    np.testing.assert_allclose(found.estimate, [1 / 6], rtol=1e-14)
    error = sqrt((2 / 3) ** 2 / 6 + (1 / 2) ** 2 / 4)
    np.testing.assert_allclose(found.std_err, [error], rtol=1e-14)
    np.testing.assert_allclose(found.z, [1 / 6 / error], rtol=1e-14)
    assert found.reason == ("",)


def test_cox_without_ties(fit) -> None:
    """Arm 1: event at 1, censored at 3; arm 0: event at 2, censored at 3. With r the hazard ratio,

    L = r/(2r + 2) 1/(r + 2); d log L / d log r = 1 - r/(r + 1) - r/(r + 2) = 0 gives r^2 = 2.
    """
    found = fit([1, 3, 2, 3], [1, 0, 1, 0], [1, 1, 0, 0])
    r = sqrt(2)
    np.testing.assert_allclose(found.coef, [log(2) / 2], rtol=1e-13)
    np.testing.assert_allclose(1 / found.var[0, 0], r / (r + 1) ** 2 + 2 * r / (r + 2) ** 2, rtol=1e-13)
    np.testing.assert_allclose(found.loglik, log(r / (2 * (r + 1) * (r + 2))), rtol=1e-13)
    np.testing.assert_allclose(found.loglik_null, log(1 / 12), rtol=1e-13)
    # At r = 1 the score is 1 - 1/2 - 1/3 and the information 1/4 + 2/9: score test 1/17, as the log-rank test's.
    np.testing.assert_allclose(found.score, 1 / 17, rtol=1e-13)
    np.testing.assert_allclose(log_rank([1, 3, 2, 3], [1, 0, 1, 0], [1, 1, 0, 0]).z, -sqrt(1 / 17), rtol=1e-13)


def tied_six() -> tuple[list[int], list[int], list[int]]:
    """Two arm-1 and four arm-0 subjects; one event in each arm at time 1, the rest censored at 2."""
    return [1, 2, 1, 2, 2, 2], [1, 0, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]


def test_ties_by_breslow(fit) -> None:
    """L = r/(2r + 4)^2, so that 1 = 2 r/(r + 2): r = 2, and the information is 2 p (1 - p) with p = 1/2."""
    found = fit(*tied_six(), ties="breslow")
    np.testing.assert_allclose(found.coef, [log(2)], rtol=1e-13)
    np.testing.assert_allclose(found.var, [[2.0]], rtol=1e-13)
    np.testing.assert_allclose(found.loglik, log(2 / 64), rtol=1e-13)


def test_ties_by_efron(fit) -> None:
    """The second factor loses half of both events: L = r/((2r + 4)(3/2 r + 7/2)).

    1 = 2r/(2r + 4) + 3r/(3r + 7) gives 6 r^2 = 28.
    """
    found = fit(*tied_six(), ties="efron")
    r = sqrt(14 / 3)
    np.testing.assert_allclose(found.coef, [log(r)], rtol=1e-13)
    information = 2 * r * 4 / (2 * r + 4) ** 2 + 1.5 * r * 3.5 / (1.5 * r + 3.5) ** 2
    np.testing.assert_allclose(1 / found.var[0, 0], information, rtol=1e-13)
    np.testing.assert_allclose(found.loglik, log(r / ((2 * r + 4) * (1.5 * r + 3.5))), rtol=1e-13)


def test_three_tied_events_by_efron(fit) -> None:
    """One arm-1 event and two arm-0 events tied, a = 1 and b = 3 at risk, one arm-0 survivor.

    The factors are (r + 3), (2/3 r + 7/3), (1/3 r + 5/3), proportional to r + 3, r + 7/2, r + 5:
    1 = r/(r + 3) + r/(r + 7/2) + r/(r + 5), that is 2 r^3 + 23/2 r^2 - 105/2 = 0.
    """
    found = fit([1, 1, 1, 2], [1, 1, 1, 0], [1, 0, 0, 0], ties="efron")
    r = float(np.exp(found.coef[0]))
    np.testing.assert_allclose(2 * r**3 + 11.5 * r**2, 52.5, rtol=1e-12)
    level = log(r / ((r + 3) * (2 / 3 * r + 7 / 3) * (1 / 3 * r + 5 / 3)))
    np.testing.assert_allclose(found.loglik, level, rtol=1e-12)


def test_a_first_step_that_goes_much_too_far(fit) -> None:
    """Of 2 arm-1 and 398 arm-0 subjects one of arm 1 has an event, then one of arm 0; the rest are censored.

    From 0 Newton's step is 130, where nothing is left of the information. L = r/(2r + 398) 1/(r + 398), so that
    398/(2r + 398) = r/(r + 398), or 2 r^2 = 398^2.
    """
    found = fit([1, 3, 2, *[3] * 397], [1, 0, 1, *[0] * 397], [1, 1, *[0] * 398])
    assert found.reason == ""
    np.testing.assert_allclose(np.exp(found.coef), [398 / sqrt(2)], rtol=1e-10)


def test_a_covariate_with_three_values() -> None:
    """x = 2 fails first with x = 0 and 1 at risk, then x = 0 with 1: L = r^2/(1 + r + r^2) 1/(1 + r).

    d log L = 2 - (r + 2 r^2)/(1 + r + r^2) - r/(1 + r) = 0 gives r^3 = 2 + 2r.
    """
    found = cox([1, 2, 3], [1, 1, 0], [2.0, 0.0, 1.0])
    r = float(np.exp(found.coef[0]))
    np.testing.assert_allclose(r**3, 2 + 2 * r, rtol=1e-13)
    np.testing.assert_allclose(found.loglik, log(r**2 / ((1 + r + r**2) * (1 + r))), rtol=1e-13)


def test_a_weight_on_each_subject_by_breslow() -> None:
    """Weight w on the arm-1 event of the untied set: L = (r/(w r + r + 2))^w 1/(r + 2).

    With w = 3: 3 - 12 r/(4r + 2) - r/(r + 2) = 0, or 12 + 6 r = 4 r^2 + 2 r: r^2 - r - 3 = 0.
    """
    found = cox([1, 3, 2, 3], [1, 0, 1, 0], [1, 1, 0, 0], weights=[3, 1, 1, 1], ties="breslow")
    np.testing.assert_allclose(np.exp(found.coef), [(1 + sqrt(13)) / 2], rtol=1e-13)


def test_a_stratum_of_one_arm_moves_the_likelihood_by_a_constant(fit) -> None:
    time, event, arm = tied_six()
    alone = fit(time, event, arm)
    # Three more arm-0 subjects in their own stratum, events at 5 and 6 of 3 and 2 at risk: log 1/3 + log 1/2.
    more = fit([*time, 5, 6, 7], [*event, 1, 1, 0], [*arm, 0, 0, 0], stratum=[0] * 6 + [1] * 3)
    for field in ("coef", "var", "wald", "score", "likelihood_ratio"):
        np.testing.assert_allclose(getattr(more, field), getattr(alone, field), rtol=1e-12)
    np.testing.assert_allclose(more.loglik - alone.loglik, log(1 / 6), rtol=1e-12)
    np.testing.assert_allclose(more.loglik_null - alone.loglik_null, log(1 / 6), rtol=1e-12)


def test_the_limit_of_a_monotone_likelihood(fit) -> None:
    """No events in arm 1: the limit drops its subjects, leaving 1/3 1/2 of the events at 1 and 2 among three."""
    found = fit([1, 2, 3, 1, 2, 3], [1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1])
    assert np.isnan(found.coef[0])
    assert "infinite" in found.reason
    np.testing.assert_allclose(found.loglik, log(1 / 6), rtol=1e-9)
    np.testing.assert_allclose(found.loglik_null, log(1 / 6 / 4), rtol=1e-12)
    np.testing.assert_allclose(found.likelihood_ratio, 2 * log(4), rtol=1e-9)
    assert found.df == 1


def test_three_arms_of_which_one_has_no_events() -> None:
    """Arms 0 and 1 are the untied set; arm 2 never has an event, and in the limit it is not there."""
    found = cox_arms([1, 3, 2, 3, 9, 9], [1, 0, 1, 0, 0, 0], [1, 1, 0, 0, 2, 2])
    np.testing.assert_allclose(found.coef[0], log(2) / 2, rtol=1e-13)
    assert np.isnan(found.coef[1])
    assert found.reasons[0] == ""
    assert "no events in arm 2" in found.reasons[1]
    assert found.df == 2


def test_arms_that_are_never_compared() -> None:
    """Arms 0 and 1 meet in one stratum, arms 2 and 3 in another: nothing relates the pairs."""
    time, event, arm = [1, 3, 2, 3] * 2, [1, 0, 1, 0] * 2, [1, 1, 0, 0, 3, 3, 2, 2]
    stratum = [0] * 4 + [1] * 4
    found = cox_arms(time, event, arm, stratum=stratum)
    np.testing.assert_allclose(found.coef[0], log(2) / 2, rtol=1e-13)
    assert np.isnan(found.coef[1:]).all()
    assert found.df == 2
    np.testing.assert_allclose(found.likelihood_ratio, 2 * cox(time[:4], event[:4], arm[:4]).likelihood_ratio)
    test = log_rank(time, event, arm, stratum=stratum)
    assert test.df == 2
    np.testing.assert_allclose(test.chi_square, 2 / 17, rtol=1e-12)


# Remission of leukaemia in weeks, 6-mercaptopurine against placebo: Freireich et al. (1963, Blood 21:699), the
# example of Cox (1972).
MERCAPTOPURINE = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
WEEKS = np.array(MERCAPTOPURINE + PLACEBO, dtype=float)
RELAPSED = np.array([1] * 9 + [0] * 12 + [1] * 21)
GIVEN = np.array([1] * 21 + [0] * 21)


def test_leukaemia_survival_as_published() -> None:
    """The table of Kaplan-Meier estimates and standard errors that textbooks print for these data."""
    km = kaplan_meier(WEEKS[GIVEN == 1], RELAPSED[GIVEN == 1])
    fell = km.n_event > 0
    np.testing.assert_array_equal(km.time[fell], [6, 7, 10, 13, 16, 22, 23])
    np.testing.assert_array_equal(km.n_risk[fell], [21, 17, 15, 12, 11, 7, 6])
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    np.testing.assert_allclose(km.survival[fell], published, atol=0.0006)
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    np.testing.assert_allclose(km.std_err[fell], errors, atol=0.00006)
    assert quantile(km).estimate[0] == 23.0
    assert quantile(kaplan_meier(WEEKS[GIVEN == 0], RELAPSED[GIVEN == 0])).estimate[0] == 8.0


def test_leukaemia_tests_as_published() -> None:
    """Log-rank chi-square 16.79, expected 19.25 and 10.75; log hazard ratios 1.509 (Breslow) and 1.572 (Efron)."""
    test = log_rank(WEEKS, RELAPSED, GIVEN)
    np.testing.assert_allclose(test.chi_square, 16.79, atol=0.005)
    np.testing.assert_allclose(test.expected, [10.75, 19.25], atol=0.005)
    assert test.z > 0.0
    np.testing.assert_allclose(cox(WEEKS, RELAPSED, GIVEN, ties="breslow").coef, [-1.509], atol=0.0006)
    np.testing.assert_allclose(cox(WEEKS, RELAPSED, GIVEN, ties="efron").coef, [-1.572], atol=0.0006)
