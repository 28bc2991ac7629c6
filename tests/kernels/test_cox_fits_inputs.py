"""What Cox fits refuse, with its cure, and what they answer at the edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.errors import KernelInputError
from equipoise.kernels import _cox_circle
from equipoise.kernels.cox import cox, cox_arms, cox_from_table
from equipoise.kernels.cox_profile import profile_limits
from equipoise.kernels.cox_score import cox_score
from equipoise.kernels.risk_table import risk_table

T, E, A, X = [1.0, 2.0, 3.0, 3.0], [1, 0, 1, 1], [0, 1, 0, 1], [0.5, 0.1, 0.2, 0.9]


@pytest.mark.parametrize(
    ("call", "code", "says"),
    [
        (lambda: cox(T, E, X, entry=[0.0, 2.0, 0.0, 0.0]), "kernel.entry", "row 2: 2.0 to 2.0"),
        (lambda: cox(T, E, A, entry=[0.0, 2.5, 0.0, 0.0]), "kernel.entry", "before the time"),
        (lambda: cox(T, E, X, entry=[0.0, 2.0 - 1e-12, 0.0, 0.0]), "kernel.entry", "before the time"),
        (lambda: cox(T, E, X, entry=[0.0, math.nan, 0.0, 0.0]), "kernel.entry", "finite"),
        (lambda: cox(T, E, X, entry=[0.0, -math.inf, 0.0, 0.0]), "kernel.entry", "finite"),
        (lambda: cox(T, E, X, entry=[0.0, 0.0]), "kernel.entry", "one entry time for each row"),
        (lambda: cox(T, E, X, entry=0.0), "kernel.entry", "one entry time for each row"),
        (lambda: cox(T, E, X, entry=["0", "0", "0", "0"]), "kernel.entry", "numbers"),
        (lambda: cox(T, E, X, entry=np.ma.array([0.0] * 4, mask=[1, 0, 0, 0])), "kernel.entry", "masked"),
        (lambda: cox_arms(T, E, A, entry=[0.0, 0.0, 3.0, 0.0]), "kernel.entry", "row 3"),
        (lambda: cox_arms(T, E, [0, 0, 0, 0], entry=[0.0] * 4), "kernel.arm", "at least two"),
        (lambda: cox_score(T, E, [[0.5]] * 4, [0.0], entry=[9.0] * 4), "kernel.entry", "row 1"),
        (lambda: profile_limits(T, E, X, entry=[9.0] * 4), "kernel.entry", "row 1"),
        (lambda: cox(T, E, X, ties="averaged"), "kernel.ties", "efron, breslow, discrete or exact"),
        (lambda: cox(T, E, X, penalty="ridge"), "kernel.penalty", "none or firth"),
        (lambda: cox(T, E, X, ties="discrete", weights=[1.0] * 4), "kernel.weights", "ties='efron'"),
        (lambda: cox(T, E, A, ties="exact", weights=[1.0] * 4), "kernel.weights", "ties='efron'"),
        (lambda: cox_score(T, E, [[0.5]] * 4, [0.0], ties="exact", weights=[1.0] * 4), "kernel.weights", "exact"),
        (lambda: cox(T, E, X, ties="discrete", penalty="firth"), "kernel.penalty", "discrete"),
        (lambda: cox(T, E, A, ties="exact", penalty="firth"), "kernel.penalty", "exact"),
        (lambda: profile_limits(T, E, X, column=1), "kernel.column", "one of 0 to 0"),
        (lambda: profile_limits(T, E, X, column=-1), "kernel.column", "one of 0 to 0"),
        (lambda: profile_limits(T, E, X, conf_level=95), "kernel.conf_level", "between 0 and 1"),
        (lambda: profile_limits(T, E, [0.5, math.nan, 0.2, 0.9]), "kernel.x", "finite"),
    ],
)
def test_bad_arguments_are_refused(call: Callable[[], Any], code: str, says: str) -> None:
    with pytest.raises(KernelInputError) as caught:
        call()
    assert caught.value.problems[0].code == code
    assert says in str(caught.value)


def test_a_discrete_likelihood_that_would_take_hours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is on work, so the test lowers it; arms alone are never refused."""
    monkeypatch.setattr(_cox_circle, "_MOST_WORK", 1e4)
    random = np.random.default_rng(1)
    time, event, x = random.integers(1, 20, 500), random.integers(0, 2, 500), random.normal(size=500)
    with pytest.raises(KernelInputError, match=r"would take about \d\.\de\+\d+ steps.*\n.*ties='efron'"):
        cox(time, event, x, ties="discrete")
    assert cox(time, event, x > 0.0, ties="discrete").reason == ""


@pytest.mark.parametrize("ties", ["efron", "breslow", "discrete", "exact"])
def test_an_entry_at_the_time_of_an_event_is_not_at_risk(ties: Any) -> None:
    """The risk set of the event at 2 is subjects 1 and 2; subject 3 enters at 2."""
    fit = cox([2.0, 3.0, 4.0], [1, 0, 0], [1.0, 0.0, 0.3], entry=[0.0, 0.0, 2.0], ties=ties)
    np.testing.assert_allclose(fit.loglik_null, -math.log(2.0))
    before = cox([2.0, 3.0, 4.0], [1, 0, 0], [1.0, 0.0, 0.3], entry=[0.0, 0.0, 1.99], ties=ties)
    np.testing.assert_allclose(before.loglik_null, -math.log(3.0))


def test_entries_and_times_tie_within_the_tolerance_of_times() -> None:
    """0.1 + 0.2 is not 0.3 in floating point, and is."""
    fit = cox([0.3, 0.4, 0.9], [1, 0, 0], [1.0, 0.0, 0.3], entry=[0.0, 0.0, (0.1 + 0.2) - 1e-16], ties="efron")
    np.testing.assert_allclose(fit.loglik_null, -math.log(2.0))


@pytest.mark.parametrize("ties", ["discrete", "exact"])
def test_everybody_at_risk_having_the_event_says_nothing(ties: Any) -> None:
    for x in ([0, 1, 1], [0.3, 1.2, 0.4]):
        fit = cox([5.0, 5.0, 5.0], [1, 1, 1], x, ties=ties)
        assert fit.loglik_null == 0.0
        assert fit.reason != ""
        assert fit.df == 0
    limits = profile_limits([5.0, 5.0, 5.0], [1, 1, 1], [0.3, 1.2, 0.4], ties=ties)
    assert math.isnan(limits.lower)
    assert limits.reason_lower.startswith("no information")


@pytest.mark.parametrize("ties", ["discrete", "exact"])
def test_tied_events_do_not_bound_each_other_where_only_the_others_count(ties: Any) -> None:
    """All of arm 1 at risk has the event, with one of arm 0: against the rest of arm 0 its hazard is infinite."""
    time, event, arm = [1, 1, 1, 2, 2], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0]
    fit = cox_arms(time, event, arm, ties=ties)
    assert fit.reason == "monotone likelihood: the estimate is infinite"
    general = cox(time, event, 2.0 * np.array(arm) - 1.0, ties=ties)
    assert general.reason == fit.reason
    np.testing.assert_allclose(fit.loglik, general.loglik, atol=1e-9)
    # What is left is arm 0 alone: one of three, a third.
    np.testing.assert_allclose(fit.loglik, -math.log(3.0), atol=1e-9)
    assert cox_arms(time, event, arm, ties="efron").reason == ""


def test_no_events_and_one_arm_with_entries() -> None:
    fit = cox(T, [0, 0, 0, 0], A, entry=[0.0] * 4)
    assert fit.reason == "no events"
    assert cox(T, [0, 0, 0, 0], X, entry=[0.0] * 4, penalty="firth").reason == "no events"
    assert profile_limits(T, [0, 0, 0, 0], X).reason_upper == "no events"
    assert cox([3.0, 4.0], [1, 1], [0.2, 0.4], entry=[0.0, 3.0]).reasons[0].startswith("no information")


@pytest.mark.parametrize("ties", ["discrete", "exact"])
def test_a_table_of_counts_is_enough(ties: Any) -> None:
    random = np.random.default_rng(2)
    time, event, arm = random.integers(1, 9, 200), random.integers(0, 2, 200), random.integers(0, 3, 200)
    one, two = cox_arms(time, event, arm, ties=ties), cox_from_table(risk_table(time, event, arm), ties=ties)
    np.testing.assert_array_equal(one.coef, two.coef)


def test_firth_is_finite_where_the_likelihood_is_monotone() -> None:
    arm = np.repeat([1, 0], 8)
    time, event = np.arange(1.0, 17.0), np.repeat([1, 0], 8)
    assert "infinite" in cox(time, event, arm).reason
    fit = cox(time, event, arm, penalty="firth")
    assert fit.reason == ""
    assert np.isfinite([fit.coef[0], fit.se[0], fit.lower[0], fit.upper[0], fit.likelihood_ratio]).all()
    limits = profile_limits(time, event, arm, penalty="firth")
    assert limits.lower < fit.coef[0] < limits.upper
    assert math.isnan(profile_limits(time, event, arm).upper)
