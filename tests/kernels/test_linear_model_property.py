"""Properties of linear models that hold for any data, and inputs that are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import KernelInputError
from equipoise.kernels.linear_model import f_test, fit_linear, linear_functions, term_functions

seeds = st.integers(0, 2**32 - 1)


def trial(seed: int, n: int = 40):
    rng = np.random.default_rng(seed)
    arm = np.r_[0, 1, 2, rng.integers(0, 3, n - 3)]
    group = np.r_[0, 1, 2, rng.integers(0, 3, n - 3)]
    base = rng.normal(20, 5, n)
    y = base * 0.3 + arm + rng.normal(0, 2, n)
    return arm, group, base, y


def coded(codes: np.ndarray) -> np.ndarray:
    return np.column_stack([codes == level for level in range(3)]).astype(float)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_coding_shift_and_scale_change_no_contrast(seed):
    arm, group, base, y = trial(seed)
    one = np.column_stack([coded(arm), coded(group)[:, 1:], base])
    other = np.column_stack([np.ones(y.size), coded(arm), coded(group), 100 * (base - 7)])
    first = linear_functions(fit_linear(one, y), [-1, 1, 0, 0, 0, 0])
    second = linear_functions(fit_linear(other, 10 * y + 3), [0, -1, 1, 0, 0, 0, 0, 0])
    assert 10 * first.estimate == pytest.approx(second.estimate, rel=1e-9, abs=1e-9)
    assert 10 * first.se == pytest.approx(second.se, rel=1e-9)
    assert (first.t, first.df) == (pytest.approx(second.t, rel=1e-8, abs=1e-9), second.df)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_term_is_tested_by_leaving_it_out(seed):
    arm, group, base, y = trial(seed)
    x = np.column_stack([coded(arm), coded(group)[:, 1:], base])
    full, without = fit_linear(x, y), fit_linear(np.delete(x, [3, 4], axis=1), y)
    found = f_test(full, term_functions(x, [3, 4]))
    df = full.rank - without.rank
    assert found.df == df
    assert found.f == pytest.approx((without.rss - full.rss) / df / full.variance, rel=1e-8, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_two_groups_are_the_t_test_and_weights_are_repetitions(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(3, 30, 2)
    y = rng.normal(size=n + m)
    x = np.column_stack([np.r_[np.ones(n), np.zeros(m)], np.r_[np.zeros(n), np.ones(m)]])
    found = linear_functions(fit_linear(x, y), [1, -1])
    a, b = y[:n], y[n:]
    pooled = ((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()
    se = np.sqrt(pooled / (n + m - 2) * (1 / n + 1 / m))
    assert (found.estimate[0], found.se[0]) == pytest.approx((a.mean() - b.mean(), se), rel=1e-10, abs=1e-12)
    weights = rng.integers(1, 4, n + m)
    once = fit_linear(x, y, weights=weights)
    often = fit_linear(np.repeat(x, weights, axis=0), np.repeat(y, weights))
    assert once.coef == pytest.approx(often.coef, rel=1e-10, abs=1e-12)
    assert once.rss == pytest.approx(often.rss, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_hc3_leaves_each_out(seed):
    """HC3 is the jackknife without its centring and its factor: sums of squared changes, each subject left out."""
    arm, _, base, y = trial(seed, 25)
    x = np.column_stack([coded(arm), base])
    fit = fit_linear(x, y, variance="hc3")
    if fit.reason:
        return
    row = np.array([-1.0, 1.0, 0.0, 0.0])
    changes = []
    for i in range(y.size):
        rest = np.arange(y.size) != i
        left = linear_functions(fit_linear(x[rest], y[rest]), row).estimate[0]
        changes.append(linear_functions(fit, row).estimate[0] - left)
    assert linear_functions(fit, row).se[0] == pytest.approx(np.sqrt(np.square(changes).sum()), rel=1e-8)


def test_what_can_not_be_estimated_says_why():
    y = np.array([1.0, 2.0, 3.0])
    saturated = linear_functions(fit_linear(np.eye(3), y), [1, -1, 0])
    assert saturated.estimate[0] == -1.0
    assert np.isnan(saturated.se[0])
    assert saturated.reasons == ("no degrees of freedom are left for the residual variance",)
    same = linear_functions(fit_linear(np.ones((3, 1)), np.full(3, 2.0)), [1.0])
    assert same.estimate[0] == pytest.approx(2.0)
    assert same.reasons == ("the model fits the data exactly: there is no residual variance",)
    alone = np.column_stack([np.ones(4), [1.0, 0, 0, 0]])
    robust = linear_functions(fit_linear(alone, [1.0, 2, 4, 3], variance="hc3"), [0, 1])
    assert robust.reasons == ("a subject is fitted exactly by a coefficient of its own: HC3 has no value",)
    flat = fit_linear(np.kron(np.eye(2), np.ones((3, 1))), [1.0, 1, 1, 2, 3, 5], variance="hc3")
    found = linear_functions(flat, [[1.0, 0.0], [1.0, -1.0]])
    assert found.reasons == ("the residuals that its variance rests on are all 0", "")
    assert np.isnan(found.se[0])
    assert found.se[1] > 0
    assert f_test(flat, np.eye(2)).reason == "the residuals that its variance rests on are all 0"
    nothing = fit_linear(np.zeros((3, 2)), y)
    assert (nothing.rank, nothing.df) == (0, 3)
    assert np.isnan(linear_functions(nothing, [1, 0]).estimate[0])
    assert f_test(nothing, np.zeros((0, 2))).reason == "there is nothing to test"
    assert (
        f_test(fit_linear(np.ones((3, 1)), y), [[0.0]]).reason == "the functions are constant: there is nothing to test"
    )


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("x", lambda: fit_linear([[1.0], [np.nan]], [1.0, 2.0])),
        ("x", lambda: fit_linear([1.0, 2.0], [1.0, 2.0])),
        ("x", lambda: fit_linear(np.zeros((0, 1)), [])),
        ("x", lambda: fit_linear([["a"], ["b"]], [1.0, 2.0])),
        ("x", lambda: fit_linear(np.ma.masked_array([[1.0], [2.0]], mask=[[False], [True]]), [1.0, 2.0])),
        ("y", lambda: fit_linear([[1.0], [1.0]], [1.0, np.inf])),
        ("y", lambda: fit_linear([[1.0], [1.0]], [1.0])),
        ("y", lambda: fit_linear([[1.0], [1.0]], [1.0, 1e200])),
        ("weights", lambda: fit_linear([[1.0], [1.0]], [1.0, 2.0], weights=[1.0, 0.0])),
        ("weights", lambda: fit_linear([[1.0], [1.0]], [1.0, 2.0], weights=[1.0])),
        ("variance", lambda: fit_linear([[1.0], [1.0]], [1.0, 2.0], variance="hc0")),
        ("rows", lambda: linear_functions(fit_linear([[1.0], [1.0]], [1.0, 2.0]), [1.0, 2.0])),
        ("rows", lambda: f_test(fit_linear([[1.0], [1.0]], [1.0, 2.0]), [np.nan])),
        ("conf_level", lambda: linear_functions(fit_linear([[1.0], [1.0]], [1.0, 2.0]), [1.0], conf_level=95)),
        ("columns", lambda: term_functions([[1.0], [1.0]], [1])),
    ],
)
def test_refused(code, call):
    with pytest.raises(KernelInputError) as caught:
        call()
    assert caught.value.problems[0].code == f"kernel.{code}"
