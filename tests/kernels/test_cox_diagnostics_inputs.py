"""What the kernels after a Cox fit refuse, and what they answer where there is no number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.errors import KernelInputError
from equipoise.kernels.cox import cox
from equipoise.kernels.cox_residuals import cox_residuals, dfbeta, dfbetas, scaled_schoenfeld
from equipoise.kernels.cox_robust import robust_variance
from equipoise.kernels.proportional_hazards import proportional_hazards_test
from equipoise.kernels.smooth_effect import smooth_effect

GOOD: dict[str, Any] = {
    "time": [5.0, 3.0, 8.0, 2.0, 7.0, 6.0], "event": [1, 1, 0, 1, 1, 1],
    "x": [[0, 1], [1, 0], [0, 2], [1, 1], [0, 0], [1, 3]], "coef": [0.1, 0.2],
}  # fmt: skip
KERNELS: list[Callable[..., Any]] = [
    cox_residuals, dfbeta, dfbetas, scaled_schoenfeld, robust_variance, proportional_hazards_test,
]  # fmt: skip
NAN = math.nan


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"time": []}, "kernel.time", "no subject"),
        ({"time": [5.0, 3.0, NAN, 2.0, 7.0, 6.0]}, "kernel.time", "finite"),
        ({"time": [5.0, 3.0, -1.0, 2.0, 7.0, 6.0]}, "kernel.time", "negative"),
        ({"event": [1, 1, 0, 1, 1, 2]}, "kernel.event", "0 or 1"),
        ({"event": [1, 1, 0, 1, 1]}, "kernel.event", "one length"),
        ({"x": [[0, 1]] * 5}, "kernel.x", "(n, p)"),
        ({"x": [[0, NAN]] * 6}, "kernel.x", "finite"),
        ({"x": [["0", "1"]] * 6}, "kernel.x", "numbers"),
        ({"x": np.ma.array(np.ones((6, 2)), mask=np.eye(6, 2))}, "kernel.x", "masked"),
        ({"x": np.zeros((6, 0)), "coef": []}, "kernel.x", "at least 1"),
        ({"coef": [0.1]}, "kernel.coef", "one coefficient for each"),
        ({"coef": ["0.1", "0.2"]}, "kernel.coef", "numbers"),
        ({"coef": [0.1, math.inf]}, "kernel.coef", "infinite"),
        ({"stratum": [0, 0, 1, 1, -1, 0]}, "kernel.stratum", "from 0"),
        ({"stratum": [0, 0, 1, 1, 0.5, 0]}, "kernel.stratum", "integer"),
        ({"weights": [1, 1, 1, 1, 1, 0]}, "kernel.weights", "above 0"),
        ({"weights": [1, 1, 1]}, "kernel.weights", "one weight"),
        ({"entry": [0, 0, 0, 2, 0, 0]}, "kernel.entry", "before it ends"),
        ({"entry": [0, 0, 0, 2.0 - 1e-12, 0, 0]}, "kernel.entry", "before it ends"),
        ({"entry": [0, 0, 0, 0, 9, 0]}, "kernel.entry", "before it ends"),
        ({"entry": [0, 0, 0, NAN, 0, 0]}, "kernel.entry", "finite"),
        ({"entry": [0, 0, 0, -1, 0, 0]}, "kernel.entry", "negative"),
        ({"entry": [0, 0, 0]}, "kernel.entry", "one entry time"),
        ({"entry": ["0"] * 6}, "kernel.entry", "numbers"),
        ({"entry": np.ma.array(np.zeros(6), mask=[0, 0, 0, 0, 0, 1])}, "kernel.entry", "masked"),
        ({"ties": "exact"}, "kernel.ties", "efron or breslow"),
        ({"ties": "discrete"}, "kernel.ties", "efron or breslow"),
    ],
)
def test_refused(kernel: Callable[..., Any], wrong: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(KernelInputError) as caught:
        kernel(**(GOOD | wrong))
    assert caught.value.problems[0].code == code
    assert says in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("kernel", "wrong", "code"),
    [
        (robust_variance, {"cluster": [0, 1, 2]}, "kernel.cluster"),
        (robust_variance, {"cluster": [0, 1, 2, 3, 4, 0.5]}, "kernel.cluster"),
        (robust_variance, {"conf_level": 1.0}, "kernel.conf_level"),
        (proportional_hazards_test, {"transform": "sqrt"}, "kernel.transform"),
        (proportional_hazards_test, {"terms": [0]}, "kernel.terms"),
        (proportional_hazards_test, {"terms": [0, 2]}, "kernel.terms"),
        (proportional_hazards_test, {"terms": [1, 2]}, "kernel.terms"),
        (proportional_hazards_test, {"terms": ["a", "b"]}, "kernel.terms"),
    ],
)
def test_refused_options(kernel: Callable[..., Any], wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(KernelInputError) as caught:
        kernel(**(GOOD | wrong))
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("arguments", "options", "code"),
    [
        (([1.0, NAN], [1.0, 2.0], [1.0]), {}, "kernel.transformed"),
        (([1.0, 2.0], [1.0], [1.0]), {}, "kernel.scaled"),
        (([1.0, 2.0], [1.0, 2.0], [1.0, 2.0]), {}, "kernel.variance"),
        (([1.0, 2.0], ["1", "2"], [1.0]), {}, "kernel.scaled"),
        (([1.0, 2.0], [1.0, 2.0], [1.0]), {"df": 1}, "kernel.df"),
        (([1.0, 2.0], [1.0, 2.0], [1.0]), {"points": 1}, "kernel.points"),
        (([1.0, 2.0], [1.0, 2.0], [1.0]), {"width": 0.0}, "kernel.width"),
    ],
)
def test_smooth_effect_refuses(arguments: Any, options: Any, code: str) -> None:
    with pytest.raises(KernelInputError) as caught:
        smooth_effect(*arguments, **options)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("edge", "reason"),
    [
        ({"event": [0] * 6}, "no events"),
        ({"coef": [0.1, NAN]}, "no estimate"),
        (
            {"x": np.column_stack([[1e4, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]]), "coef": [1.0, 1.0]},
            "than numbers can hold",
        ),
    ],
)
def test_no_number_has_a_reason(edge: dict[str, Any], reason: str) -> None:
    data = GOOD | edge
    residuals = cox_residuals(**data)
    assert reason in residuals.reason
    for values in (residuals.martingale, residuals.deviance, residuals.score, dfbeta(**data), dfbetas(**data)):
        assert values.shape[0] == 6
        assert np.isnan(values).all()
    assert np.isnan(residuals.schoenfeld).all()
    assert np.isnan(scaled_schoenfeld(**data)).all()
    robust = robust_variance(**data)
    assert reason in robust.reason
    assert reason in robust.reason_tests
    assert np.isnan([*robust.var.ravel(), *robust.se, *robust.lower, *robust.upper, robust.wald, robust.score]).all()
    test = proportional_hazards_test(**data)
    assert reason in test.reason
    assert np.isnan([*test.chi_square, *test.p, test.global_chi_square, test.global_p]).all()
    smooth = smooth_effect(test.transformed, test.scaled, test.variance)
    assert np.isnan(smooth.effect).all()
    assert all(smooth.reasons)


def test_collinear_covariates_have_no_variance() -> None:
    x = np.array(GOOD["x"], dtype=float)
    data = GOOD | {"x": np.column_stack([x[:, 0], 2.0 * x[:, 0]])}
    assert "collinear" in robust_variance(**data).reason
    assert "collinear" in proportional_hazards_test(**data).reason
    assert np.isnan(dfbeta(**data)).all()
    # Residuals of rows need no variance.
    assert np.isfinite(cox_residuals(**data).score).all()


def test_few_clusters() -> None:
    one = robust_variance(**GOOD, cluster=[3] * 6)
    assert "one cluster" in one.reason
    assert np.isnan(one.se).all()
    two = robust_variance(**GOOD, cluster=[0, 1, 0, 1, 0, 1])
    assert two.reason == ""
    assert np.isfinite(two.se).all()
    assert "no more clusters" in two.reason_tests
    assert math.isnan(two.wald)
    assert math.isnan(two.score)


def test_clusters_that_are_copies_of_each_other() -> None:
    """Each has a score of 0 at the maximum: the variance would be that of rounding."""
    both = {k: np.concatenate([v, v]) for k, v in GOOD.items() if k != "coef"}
    fit = cox(**both, ties="breslow", tol=1e-12)
    found = robust_variance(**both, coef=fit.coef, ties="breslow", cluster=np.repeat([0, 1], 6))
    assert "do not differ" in found.reason
    assert np.isnan(found.se).all()


def test_one_event_time_says_nothing_about_change() -> None:
    test = proportional_hazards_test([5.0, 5.0, 6.0, 7.0, 8.0], [1, 1, 0, 0, 0], [0, 1, 0, 1, 1], [0.1])
    assert "change of this effect" in test.reason
    assert math.isnan(test.chi_square[0])
    assert math.isnan(test.global_p)


def test_one_covariate_without_a_change_leaves_the_other() -> None:
    """The second covariate varies at one event time only: its effect may have any size there, and no change."""
    time, event = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 1, 1, 1, 1, 0]
    x = np.column_stack([[0.0, 1, 0, 1, 0, 1], [1.0, 0, 0, 0, 0, 0]])
    test = proportional_hazards_test(time, event, x, [0.0, 0.5])
    assert np.isfinite(test.chi_square[0])
    assert math.isnan(test.chi_square[1])
    assert test.reasons[0] == ""
    assert test.reasons[1] == test.reason != ""
    assert math.isnan(test.global_chi_square)


def test_logarithm_of_time_zero() -> None:
    data = GOOD | {"time": [5.0, 3.0, 8.0, 0.0, 7.0, 6.0]}
    assert "time 0" in proportional_hazards_test(**data, transform="log").reason
    assert proportional_hazards_test(**data).reason == ""


def test_rows_that_no_event_sees() -> None:
    """Rows that end before any event, or begin after the last, have no expected events and do not matter."""
    extra = GOOD | {
        "time": [*GOOD["time"], 1.0, 20.0], "event": [*GOOD["event"], 0, 0], "x": [*GOOD["x"], [9, 9], [-9, 9]],
        "entry": [0.0] * 7 + [15.0],
    }  # fmt: skip
    with_them, without = cox_residuals(**extra), cox_residuals(**GOOD)
    np.testing.assert_allclose(with_them.martingale, [*without.martingale, 0.0, 0.0], atol=1e-13)
    np.testing.assert_allclose(with_them.score[:6], without.score, atol=1e-12)
    np.testing.assert_array_equal(with_them.score[6:], 0.0)
