"""What the kernels of competing risks refuse, and where they say that there is nothing to estimate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from equipoise.errors import KernelInputError
from equipoise.kernels.aalen_johansen import aalen_johansen, aalen_johansen_by_arm, incidence_difference
from equipoise.kernels.fine_gray import fine_gray
from equipoise.kernels.gray import gray_test

TIME, STATUS, ARM = [1.0, 2.0, 3.0, 4.0, 5.0], [1, 2, 0, 1, 2], [0, 1, 0, 1, 1]


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"time": []}, "kernel.time", "no subject"),
        ({"time": [1, 2, 3, 4, -1]}, "kernel.time", "not be negative"),
        ({"time": [1, 2, 3, 4, np.nan]}, "kernel.time", "finite"),
        ({"status": [1, 2, 0, 1]}, "kernel.status", "one code for each subject"),
        ({"status": [1, 2, 0, 1, -1]}, "kernel.status", "integer codes from 0"),
        ({"status": [1, 2, 0, 1, 1.5]}, "kernel.status", "integer codes from 0"),
        ({"status": np.ma.masked_equal(STATUS, 2)}, "kernel.status", "masked"),
        ({"arm": [0, 1, 0, 1]}, "kernel.arm", "one code for each subject"),
    ],
)
def test_arrays(change: dict[str, Any], code: str, words: str) -> None:
    given = {"time": TIME, "status": STATUS, "arm": ARM, **change}
    calls = [
        lambda: gray_test(given["time"], given["status"], given["arm"]),
        lambda: aalen_johansen_by_arm(given["time"], given["status"], given["arm"]),
    ]
    if "arm" not in change:
        calls += [lambda: aalen_johansen(given["time"], given["status"])]
        calls += [lambda: fine_gray(given["time"], given["status"], np.arange(5.0))]
    for call in calls:
        with pytest.raises(KernelInputError, match=words) as caught:
            call()
        assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: aalen_johansen(TIME, STATUS, causes=1), "kernel.status"),
        (lambda: aalen_johansen(TIME, STATUS, causes=0), "kernel.causes"),
        (lambda: aalen_johansen(TIME, STATUS, interval="wald"), "kernel.interval"),
        (lambda: aalen_johansen(TIME, STATUS, se="greenwood"), "kernel.se"),
        (lambda: aalen_johansen(TIME, STATUS, conf_level=1.0), "kernel.conf_level"),
        (lambda: aalen_johansen(TIME, STATUS, weights=[1, 1, 1, 1, 0]), "kernel.weights"),
        (lambda: aalen_johansen(TIME, STATUS).at([-1.0]), "kernel.times"),
        (lambda: aalen_johansen(TIME, STATUS).at([np.inf]), "kernel.times"),
        (lambda: incidence_difference(*[aalen_johansen(TIME, STATUS)] * 2, [1.0], cause=3), "kernel.cause"),
        (lambda: gray_test(TIME, STATUS, [0] * 5), "kernel.arm"),
        (lambda: gray_test(TIME, STATUS, ARM, rho=-1.0), "kernel.rho"),
        (lambda: gray_test(TIME, STATUS, ARM, cause=0), "kernel.cause"),
        (lambda: gray_test(TIME, STATUS, ARM, stratum=[0, 0, 1]), "kernel.stratum"),
        (lambda: fine_gray(TIME, STATUS, ARM, cause=True), "kernel.cause"),
        (lambda: fine_gray(TIME, STATUS, [[1.0, np.nan]] * 5), "kernel.x"),
        (lambda: fine_gray(TIME, STATUS, np.empty((5, 0))), "kernel.x"),
        (lambda: fine_gray(TIME, STATUS, ["a"] * 5), "kernel.x"),
        (lambda: fine_gray(TIME, STATUS, ARM, censoring_group=[0, 1]), "kernel.censoring_group"),
        (lambda: fine_gray(TIME, STATUS, ARM, tol=0.0), "kernel.tol"),
        (lambda: fine_gray(TIME, STATUS, ARM, max_iter=0), "kernel.max_iter"),
    ],
)
def test_options(call: Any, code: str) -> None:
    with pytest.raises(KernelInputError) as caught:
        call()
    assert caught.value.problems[0].code == code


def test_nothing_to_test() -> None:
    none = gray_test(TIME, [0, 2, 0, 2, 2], ARM)
    assert (none.df, none.reason) == (0, "no events")
    assert np.isnan([none.chi_square, none.z, none.p_two_sided, none.p_one_sided]).all()
    alone = gray_test([1, 2, 3], [1, 1, 0], [0, 0, 0], n_arms=2)
    assert alone.reason == "no event happened while two arms were at risk"
    absent = gray_test(TIME, STATUS, ARM, n_arms=3)
    assert absent.df == 1
    assert absent.n.tolist() == [2, 3, 0]


def test_nothing_to_estimate() -> None:
    none = fine_gray(TIME, [0, 2, 0, 2, 2], ARM)
    assert none.reason == "no events of the cause of interest"
    assert np.isnan(none.coef).all()
    assert np.isnan(none.var).all()
    monotone = fine_gray(TIME, [1, 2, 1, 2, 0], [1, 0, 1, 0, 0])
    assert monotone.reason.startswith("monotone likelihood")
    assert np.isnan([monotone.coef[0], monotone.se[0], monotone.wald]).all()
    constant = fine_gray(TIME, STATUS, np.ones(5))
    assert constant.reason.startswith("no information")
    twice = fine_gray([*TIME, 6.0], [*STATUS, 1], np.column_stack([[0, 1, 0, 1, 1, 0]] * 2))
    assert twice.reasons[0] == ""
    assert twice.reasons[1].startswith("a linear combination")
    assert np.isfinite(twice.coef[0])
    unfinished = fine_gray([*TIME, 6.0], [*STATUS, 1], [0, 1, 0, 1, 1, 0], max_iter=1)
    assert not unfinished.converged
    assert np.isnan(unfinished.coef[0])
    assert "did not end" in unfinished.reason


def test_an_arm_without_subjects_has_no_incidence() -> None:
    _, empty = aalen_johansen_by_arm([1, 2], [1, 2], [0, 0], n_arms=2)
    assert empty.time.size == 0
    assert np.isnan(empty.at([1.0]).incidence).all()


def test_no_one_left_and_no_one_with_an_event() -> None:
    sure = aalen_johansen([1, 2], [1, 1])
    assert sure.incidence[0, -1] == 1.0
    at = sure.at([2.0, 9.0])
    assert at.incidence[0].tolist() == [1.0, 1.0]
    assert at.limits_reason[0][0] == "incidence is 1, where these limits do not exist"
    never = aalen_johansen([1, 2], [0, 0], causes=2)
    assert (never.incidence == 0).all()
    assert (never.upper == 0).all()
