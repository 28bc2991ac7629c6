"""What the survival kernels refuse, and what they answer at the edges where there is no estimate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.errors import KernelInputError
from equipoise.kernels import distributions
from equipoise.kernels.cox import cox, cox_arms, cox_from_table, cox_two_arm
from equipoise.kernels.kaplan_meier import (
    confidence_limits,
    kaplan_meier,
    kaplan_meier_by_arm,
    quantile,
    survival_at,
    survival_difference,
)
from equipoise.kernels.log_rank import log_rank, log_rank_of_table
from equipoise.kernels.risk_table import event_rows, risk_table
from equipoise.kernels.rmst import rmst, rmst_contrast

T, E, A = [1.0, 2.0, 3.0], [1, 0, 1], [0, 1, 0]
KM = kaplan_meier(T, E)
KERNELS: list[Callable[[Any, Any], Any]] = [
    kaplan_meier,
    risk_table,
    event_rows,
    lambda t, e: log_rank(t, e, A),
    lambda t, e: cox(t, e, A),
    lambda t, e: cox_arms(t, e, A),
    lambda t, e: cox(t, e, [0.5, 0.1, 0.2]),
]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("time", "event", "code"),
    [
        ([], [], "kernel.time"),
        ([1.0, math.nan, 3.0], E, "kernel.time"),
        ([1.0, math.inf, 3.0], E, "kernel.time"),
        ([1.0, -2.0, 3.0], E, "kernel.time"),
        ([1.0, 2.0, 1e300], E, "kernel.time"),
        (np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), E, "kernel.time"),
        (T, np.ma.array([1, 0, 1], mask=[0, 1, 0]), "kernel.event"),
        ([[1.0], [2.0], [3.0]], E, "kernel.time"),
        (["1", "2", "3"], E, "kernel.time"),
        (T, [1, 0], "kernel.event"),
        (T, [1, 0, 2], "kernel.event"),
        (T, [1, 0, -1], "kernel.event"),
        (T, [1.0, 0.0, math.nan], "kernel.event"),
        (T, [1.0, 0.5, 0.0], "kernel.event"),
        (T, ["1", "0", "1"], "kernel.event"),
    ],
)
def test_bad_outcomes_are_refused(kernel: Callable[[Any, Any], Any], time: Any, event: Any, code: str) -> None:
    with pytest.raises(KernelInputError) as caught:
        kernel(time, event)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: log_rank(T, E, [0, 1]), "kernel.arm"),
        (lambda: log_rank(T, E, [0, -1, 1]), "kernel.arm"),
        (lambda: log_rank(T, E, [0, 1.5, 1]), "kernel.arm"),
        (lambda: log_rank(T, E, ["a", "b", "a"]), "kernel.arm"),
        (lambda: log_rank(T, E, [0, 2, 1], n_arms=2), "kernel.arm"),
        (lambda: log_rank(T, E, [0, 0, 0]), "kernel.arm"),
        (lambda: log_rank(T, E, A, rho=-1), "kernel.rho"),
        (lambda: log_rank(T, E, A, gamma=math.nan), "kernel.rho"),
        (lambda: log_rank(T, E, A, weights_from="all"), "kernel.weights_from"),
        (lambda: log_rank(T, E, A, stratum=[0, 1]), "kernel.stratum"),
        (lambda: log_rank(T, E, A, stratum=[0.0, math.nan, 1.0]), "kernel.stratum"),
        (lambda: risk_table(T, E, n_arms=0), "kernel.arm"),
        (lambda: risk_table(T, E, weights=[1, 1]), "kernel.weights"),
        (lambda: kaplan_meier(T, E, weights=[1, 0, 1]), "kernel.weights"),
        (lambda: kaplan_meier(T, E, weights=[1, math.nan, 1]), "kernel.weights"),
        (lambda: confidence_limits(KM, conf_level=95), "kernel.conf_level"),
        (lambda: confidence_limits(KM, interval="logit"), "kernel.interval"),
        (lambda: quantile(KM, 0.0), "kernel.probabilities"),
        (lambda: quantile(KM, 50), "kernel.probabilities"),
        (lambda: quantile(KM, math.nan), "kernel.probabilities"),
        (lambda: quantile(KM, rule="first"), "kernel.rule"),
        (lambda: survival_at(KM, [-1.0]), "kernel.times"),
        (lambda: survival_at(KM, [math.inf]), "kernel.times"),
        (lambda: kaplan_meier_by_arm(risk_table(T, E, A), stratum=1), "kernel.stratum"),
        (lambda: rmst(KM, 0.0), "kernel.tau"),
        (lambda: rmst(KM, math.inf), "kernel.tau"),
        (lambda: rmst_contrast(rmst(KM, 2.0), rmst(KM, 3.0)), "kernel.tau"),
        (lambda: cox(T, E, [1.0, math.nan, 0.0]), "kernel.x"),
        (lambda: cox(T, E, [[1.0, 2.0]]), "kernel.x"),
        (lambda: cox(T, E, np.empty((3, 0))), "kernel.x"),
        (lambda: cox(T, E, A, ties="average"), "kernel.ties"),
        (lambda: cox(T, E, A, max_iter=0), "kernel.max_iter"),
        (lambda: cox(T, E, A, tol=0.0), "kernel.tol"),
        (lambda: cox(T, E, A, weights=[1, -1, 1]), "kernel.weights"),
        (lambda: cox_arms(T, E, [0, 0, 0]), "kernel.arm"),
        (lambda: cox_two_arm(T, E, [0, 1, 2]), "kernel.arm"),
        (lambda: cox_from_table(risk_table(T, E, A, weights=[1.0, 2.0, 1.0])), "kernel.table"),
        (lambda: log_rank_of_table(risk_table(T, E, A)._replace(time=np.array([1.0]))), "kernel.table"),
    ],
)
def test_bad_arguments_are_refused(call: Callable[[], Any], code: str) -> None:
    with pytest.raises(KernelInputError) as caught:
        call()
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize("codes", [[True, False, True], [1.0, 0.0, 1.0], np.array([1, 0, 1], dtype=np.uint8)])
def test_kinds_of_event_codes_that_are_fine(codes: Any) -> None:
    np.testing.assert_array_equal(kaplan_meier(T, codes).n_event, [1, 0, 1])


def test_no_events() -> None:
    km = kaplan_meier(T, [0, 0, 0])
    assert (km.survival == 1.0).all()
    lower, upper = confidence_limits(km)
    assert (lower == 1.0).all()
    assert (upper == 1.0).all()
    assert np.isnan(np.ravel(quantile(km)[1:])).all()
    assert log_rank(T, [0, 0, 0], A).reason == "no events"
    assert math.isnan(log_rank(T, [0, 0, 0], A).z)
    for fit in (cox(T, [0, 0, 0], A), cox(T, [0, 0, 0], [0.5, 1.0, 2.0])):
        assert fit.reason == "no events"
        assert fit.df == 0
        assert math.isnan(fit.coef[0])
    difference = survival_difference(km, km, 2.0)
    assert difference.estimate[0] == 0.0
    assert math.isnan(difference.z[0])
    assert "no standard error" in difference.reason[0]
    assert "no event before the horizon" in rmst_contrast(rmst(km, 2.0), rmst(km, 2.0)).reason


def test_one_subject() -> None:
    km = kaplan_meier([5.0], [1])
    assert km.survival[0] == 0.0
    assert math.isnan(km.std_err[0])
    median = quantile(km)
    assert median.estimate[0] == 5.0
    assert math.isnan(median.lower[0])
    assert math.isnan(median.upper[0])
    assert rmst(km, 7.0).estimate == 5.0
    assert log_rank([5.0], [1], [1], n_arms=2).reason == "no event happened while two arms were at risk"
    assert cox([5.0], [1], [1.3]).reasons[0].startswith("no information")


def test_everyone_at_time_zero() -> None:
    km = kaplan_meier([0.0, 0.0, -0.0], [1, 0, 1])
    np.testing.assert_array_equal(km.time, [0.0])
    np.testing.assert_allclose(km.survival, [1 / 3])


def test_beyond_follow_up_there_is_no_survival_unless_it_is_0() -> None:
    found = survival_at(KM, [2.5, 3.0, 9.0])
    np.testing.assert_allclose(found.survival, [2 / 3, 0.0, 0.0])
    np.testing.assert_array_equal(found.n_risk, [1, 1, 0])
    assert found.reason == ("", "", "")
    assert [bool(reason) for reason in found.limits_reason] == [False, True, True]
    censored = survival_at(kaplan_meier(T, [1, 0, 0]), [3.0, 3.1])
    assert math.isnan(censored.survival[1])
    assert censored.reason == ("", "beyond the last follow-up")


def test_an_arm_without_subjects() -> None:
    found = log_rank(T, E, A, n_arms=3)
    np.testing.assert_array_equal(found.n, [2, 1, 0])
    assert found.df == 1
    np.testing.assert_allclose(found.chi_square, log_rank(T, E, A).chi_square)
    fit = cox_arms(T, E, [0, 2, 0], n_arms=3)
    assert fit.reasons[0] == "no subjects in arm 1"
    assert "no events in arm 2" in fit.reasons[1]
    assert len(kaplan_meier_by_arm(risk_table(T, E, A, n_arms=3))[2].time) == 0


def test_every_event_in_the_last_arm_standing() -> None:
    """Arm 1's event comes when nobody else is at risk, arm 0's before: the ratio is infinitely small, not 1e-9."""
    fit = cox_arms([1, 2, 3], [1, 1, 1], [0, 0, 1])
    assert fit.reasons == ("monotone likelihood: the estimate is infinite",)
    np.testing.assert_allclose(fit.loglik, math.log(1 / 2))


def test_a_column_all_but_a_copy_of_another_is_left_out() -> None:
    """Apart by 1e-7 of their spread two columns are one; apart by 1e-5 they are two."""
    x, apart = np.array([1.0, 3.0, 2.0, 2.5, 0.5, 2.2]), np.array([1.0, -1.0, 1.0, 1.0, -1.0, 0.0])
    time, event = [3, 1, 2, 6, 5, 4], [1, 1, 1, 0, 1, 1]
    assert "linear combination" in cox(time, event, np.column_stack([x, x + 1e-7 * apart])).reasons[1]
    assert cox(time, event, np.column_stack([x, x + 1e-5 * apart])).df == 2


def test_a_constant_column_says_so() -> None:
    fit = cox([1, 2, 3, 4], [1, 1, 1, 0], np.column_stack([[5.0] * 4, [1.0, 3.0, 2.0, 2.5]]))
    assert fit.reasons[0].startswith("no information")
    assert fit.df == 1


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e5 / 7, -2.2])
@pytest.mark.parametrize("n", [5, 7, 11])
def test_a_constant_column_whose_mean_is_rounded(value: float, n: int) -> None:
    random = np.random.default_rng(n)
    x = np.column_stack([np.full(n, value), random.normal(size=n)])
    assert cox(np.arange(n), np.arange(n) % 3 > 0, x).reasons[0].startswith("no information")


def test_a_column_that_varies_only_where_nobody_is_at_risk_any_more() -> None:
    x = np.column_stack([[5.3, *[1.1] * 6], [0.3, 1.0, 0.4, 2.2, 1.7, 0.2, 0.9]])
    fit = cox([0.5, 1, 2, 3, 4, 5, 6], [0, 1, 1, 1, 0, 1, 1], x)
    assert fit.reasons[0].startswith("no information")
    assert fit.reasons[1] == ""


def test_covariates_far_from_zero_and_large() -> None:
    """A shift of 1e6 and a scale of 1e-6 change nothing but the coefficient."""
    x = np.array([1.0, 3.0, 2.0, 2.5, 0.5, 2.2])
    time, event = [3, 1, 2, 6, 5, 4], [1, 1, 1, 0, 1, 1]
    plain, moved = cox(time, event, x), cox(time, event, 1e6 + x)
    np.testing.assert_allclose(moved.coef, plain.coef, rtol=1e-8)
    np.testing.assert_allclose(moved.loglik, plain.loglik, rtol=1e-10)
    tiny = cox(time, event, 1e-12 * x)
    np.testing.assert_allclose(tiny.coef * 1e-12, plain.coef, rtol=1e-8)


def test_a_climb_that_does_not_end_gives_no_number() -> None:
    fit = cox([3, 1, 2, 6, 5, 4], [1, 1, 1, 0, 1, 1], [1.0, 3.0, 2.0, 2.5, 0.5, 2.2], max_iter=1)
    assert not fit.converged
    assert math.isnan(fit.coef[0])
    assert "max_iter" in fit.reason
    assert math.isnan(fit.likelihood_ratio)


def test_tails_are_computed_from_their_own_side() -> None:
    """Far tails against the asymptotic series phi(z) / z (1 - 1/z^2 + 3/z^4 - 15/z^6), and the identity z^2 ~ chi2."""
    z = 20.0
    series = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / z * (1 - z**-2 + 3 * z**-4 - 15 * z**-6)
    np.testing.assert_allclose(distributions.norm_sf(z), series, rtol=1e-8)
    np.testing.assert_allclose(distributions.norm_cdf(-z), series, rtol=1e-8)
    np.testing.assert_allclose(distributions.chi2_sf(z * z, 1), 2 * series, rtol=1e-8)
    np.testing.assert_allclose(distributions.two_sided_p(-z), 2 * series, rtol=1e-8)
    # With two degrees of freedom the tail is exp(-x / 2).
    np.testing.assert_allclose(distributions.chi2_sf(np.array([1.0, 300.0]), 2), np.exp([-0.5, -150.0]), rtol=1e-13)
    np.testing.assert_allclose(distributions.norm_isf(0.025), 1.959963984540054, rtol=1e-15)
    np.testing.assert_allclose(distributions.norm_ppf(0.025), -1.959963984540054, rtol=1e-15)
    np.testing.assert_allclose(distributions.norm_sf(distributions.norm_isf(1e-200)), 1e-200, rtol=1e-10)
    assert math.isnan(distributions.chi2_sf(1.0, 0))
    assert math.isnan(distributions.norm_sf(math.nan))


def test_what_an_infinite_estimate_leaves_undetermined_has_no_estimate() -> None:
    """One event, of the subject with x1 = 2: e^2b1 / (e^2b1 + 1 + e^2b2) is 1 in the limit, whatever b2 is."""
    fit = cox([1, 2, 3], [1, 0, 0], [[2.0, 0.0], [0.0, 0.0], [0.0, 2.0]])
    assert all("monotone" in reason for reason in fit.reasons)
    assert np.isnan(fit.coef).all()
    assert np.isnan(fit.se).all()
    found = cox([1, 2, 3], [1, 0, 1], [[2.0, 0.0], [0.0, 2.0], [0.0, 1.0]])
    assert found.reasons[1] == "monotone likelihood: not determined beside an infinite estimate"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("block", range(4))
def test_tiny_models_of_many_columns_give_no_number_without_a_basis(block: int) -> None:
    """A standard error of 1000 spreads is where a climb without an end stopped, not an estimate."""
    for seed in range(100 * block, 100 * block + 100):
        random = np.random.default_rng(seed)
        n, p = int(random.integers(3, 14)), int(random.integers(2, 6))
        x = np.where(random.random(p) < 0.7, random.integers(0, 2, (n, p)), np.round(random.normal(60, 10, (n, p))))
        fit = cox(random.integers(0, 6, n) * 10.0, random.integers(0, 2, n), x)
        spread = np.abs(x - x.mean(axis=0)).max(axis=0)
        assert not (fit.se * spread > 1000.0).any(), (seed, fit.coef, fit.se, fit.reasons)
        assert ~(fit.likelihood_ratio < 0.0), seed


def test_a_likelihood_ratio_is_never_below_zero() -> None:
    """All events at one time and the same share in both arms: the gain is 0, and rounding may not make it negative."""
    for treated in range(1, 12):
        for control in range(1, 12):
            arm = np.repeat([1, 0], [treated, control])
            assert cox_arms(np.ones(arm.size), np.ones(arm.size), arm).likelihood_ratio >= 0.0
