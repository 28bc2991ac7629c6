"""Mean cumulative counts: simple means where they should be, brute force, units, order, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import KernelInputError
from equipoise.kernels import mean_cumulative_count as room
from equipoise.kernels.mean_cumulative_count import (
    mean_count_at,
    mean_count_difference,
    mean_count_limits,
    mean_cumulative_count,
)


@st.composite
def trials(draw, deaths=True):
    """Ends, deaths, and events of up to 12 subjects on whole days, so that ties of all kinds occur."""
    n = draw(st.integers(1, 12))
    end = draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    died = draw(st.lists(st.booleans(), min_size=n, max_size=n)) if deaths else [False] * n
    subject, when = [], []
    for i in range(n):
        for day in draw(st.lists(st.integers(1, end[i]), max_size=4)):
            subject.append(i)
            when.append(day)
    return end, died, subject, when


def weighted(trial, weight, at):
    """The estimate with case weights, term by term from its definition."""
    end, died, subject, when = trial
    mean, alive = 0.0, 1.0
    for t in sorted({*end, *when}):
        if t > at:
            break
        risk = sum(w for w, e in zip(weight, end, strict=True) if e >= t)
        mean += alive * sum(weight[i] for i, x in zip(subject, when, strict=True) if x == t) / risk
        alive *= 1.0 - sum(w for w, e, d in zip(weight, end, died, strict=True) if e == t and d) / risk
    return mean


@settings(deadline=None, max_examples=60)
@given(trials())
def test_variance_is_the_sum_of_squared_derivatives_by_weight(trial):
    """Influences by brute force: central differences of the weighted estimate."""
    end, died, subject, when = trial
    count = mean_cumulative_count(end, subject, when, died=died)
    n, step = len(end), 1e-5
    for k, t in enumerate(count.time):
        assert count.mean[k] == pytest.approx(weighted(trial, [1.0] * n, t), rel=1e-12, abs=1e-15)
        total = 0.0
        for i in range(n):
            up, down = ([1.0 + sign * step * (j == i) for j in range(n)] for sign in (1, -1))
            total += ((weighted(trial, up, t) - weighted(trial, down, t)) / (2 * step)) ** 2
        assert count.std_err[k] ** 2 == pytest.approx(total, rel=1e-4, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(trials())
def test_without_censoring_it_is_the_mean_of_the_counts(trial):
    """All die: then who was counted when does not matter, and the variance is that of a mean (divisor n)."""
    end, _, subject, when = trial
    count = mean_cumulative_count(end, subject, when, died=[True] * len(end))
    for k, t in enumerate(count.time):
        own = np.bincount([i for i, x in zip(subject, when, strict=True) if x <= t], minlength=len(end))
        assert count.mean[k] == pytest.approx(own.mean(), rel=1e-12, abs=1e-15)
        assert count.std_err[k] == pytest.approx(np.sqrt(own.var() / len(end)), rel=1e-9, abs=1e-12)
    assert mean_count_at(count, 1000).mean[0] == pytest.approx(len(when) / len(end))  # defined: nobody is left


@settings(deadline=None, max_examples=60)
@given(trials(), st.floats(0.01, 400.0), st.randoms())
def test_units_and_order_do_not_matter_and_deaths_never_raise_it(trial, unit, random):
    end, died, subject, when = trial
    count = mean_cumulative_count(end, subject, when, died=died)
    order = list(range(len(end)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    other = mean_cumulative_count(
        [end[i] * unit for i in order],
        [place[i] for i in subject],
        [x * unit for x in when],
        died=[died[i] for i in order],
    )
    assert other.mean == pytest.approx(count.mean, rel=1e-12)
    assert other.std_err == pytest.approx(count.std_err, rel=1e-9, abs=1e-12)
    assert (np.diff(count.mean) >= 0).all()
    assert (count.mean <= mean_cumulative_count(end, subject, when).mean + 1e-12).all()
    assert count.n_event.sum() == len(when)
    assert (count.n_death + count.n_censor).sum() == len(end) == count.subjects


def test_blocks_of_subjects_give_the_same_variance(monkeypatch):
    rng = np.random.default_rng(1)
    end = rng.integers(1, 60, 100)
    died = rng.random(100) < 0.3
    subject = rng.integers(0, 100, 300)
    when = rng.integers(1, end[subject] + 1)
    whole = mean_cumulative_count(end, subject, when, died=died)
    monkeypatch.setattr(room, "_CELLS", 200)
    parts = mean_cumulative_count(end, subject, when, died=died)
    assert parts.std_err == pytest.approx(whole.std_err, rel=1e-13)


def test_difference_is_signed_and_its_z_favours_fewer_events():
    rng = np.random.default_rng(2)
    end = np.full(50, 10.0)
    few, many = rng.integers(0, 50, 30), rng.integers(0, 50, 120)
    first = mean_cumulative_count(end, few, rng.integers(1, 11, 30))
    second = mean_cumulative_count(end, many, rng.integers(1, 11, 120))
    found = mean_count_difference(first, second, [10.0])
    assert found.estimate[0] == pytest.approx(0.6 - 2.4)
    a, b = (np.bincount(who, minlength=50).var() / 50 for who in (few, many))
    assert found.std_err[0] == pytest.approx(np.sqrt(a + b))
    assert found.z[0] == pytest.approx(1.8 / np.sqrt(a + b))
    assert found.z[0] > 0
    assert found.p_one_sided[0] == pytest.approx(found.p_two_sided[0] / 2)
    assert found.lower[0] < found.estimate[0] < found.upper[0] < 0


def test_edges_have_reasons_and_no_numbers():
    none = mean_cumulative_count([5, 7], [], [])
    at = mean_count_at(none, [0, 3, 7, 8])
    assert at.mean[:3].tolist() == [0, 0, 0]
    assert np.isnan(at.mean[3])
    assert (at.reason[3], at.limits_reason[1]) == ("beyond the last follow-up", "no events by then")
    assert np.isnan(at.lower).all()
    flat = mean_cumulative_count([5, 5], [0, 1], [2, 3])
    found = mean_count_difference(flat, none, [5])
    assert (found.estimate[0], found.limits_reason[0]) == (1.0, "no variation between subjects")
    assert np.isnan(found.z[0])
    assert np.isnan(found.p_two_sided[0])


@pytest.mark.parametrize(
    ("end", "subject", "when", "died", "words"),
    [
        ([5, -1], [0], [1], None, "must not be negative"),
        ([5, np.nan], [0], [1], None, "finite"),
        ([5, 6], [0], [-1], None, "finite and not negative"),
        ([5, 6], [0], [np.nan], None, "finite and not negative"),
        ([5, 6], [0], [5.5], None, "after the end"),
        ([5, 6], [2], [1], None, "who is not there"),
        ([5, 6], [-1], [1], None, "who is not there"),
        ([5, 6], [0.0], [1], None, "indices"),
        ([5, 6], [0, 1], [1], None, "one length"),
        ([5, 6], [0], ["one"], None, "numbers"),
        ([5, 6], [0], np.ma.masked_array([1.0], [True]), None, "masked"),
        ([5, 6], [0], [1], [1], "one length"),
        ([5, 6], [0], [1], [0, 2], "0 or 1"),
        ([], [], [], None, "no subject"),
    ],
)
def test_bad_arrays_are_refused(end, subject, when, died, words):
    with pytest.raises(KernelInputError, match=words):
        mean_cumulative_count(end, subject, when, died=died)


def test_bad_options_are_refused():
    count = mean_cumulative_count([5, 6], [0], [1])
    for call in (
        lambda: mean_count_at(count, [-1]),
        lambda: mean_count_at(count, [np.inf]),
        lambda: mean_count_at(count, [1], conf_level=1.5),
        lambda: mean_count_limits([1.0], [0.1], interval="logit"),
        lambda: mean_count_difference(count, count, [np.nan]),
    ):
        with pytest.raises(KernelInputError):
            call()
