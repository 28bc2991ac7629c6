"""Expected numbers over time against quadrature and simulation; roots; what is refused."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from equipoise.design._timeline import timeline
from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.expected import expected, most_events, quantiles_of_event, time_of_events, times_of_events
from equipoise.errors import PlanError

INF = math.inf


def integral(steps, until):
    starts = (0.0, *steps.ends)
    return sum(v * (min(until, e) - s) for s, e, v in zip(starts, steps.ends, steps.values, strict=False) if s < until)


def by_quadrature(made, time):
    """Events, losses and numbers at risk by integrating over the day of enrolment, then over follow-up."""
    ends, rates = made.accrual.rate.ends, made.accrual.rate.values
    cuts = sorted({0.0, *(e for e in ends if e < made.accrual.duration), made.accrual.duration})
    events = losses = at_risk = 0.0
    for g in made.groups:
        breaks = sorted({b for b in (*g.hazard.ends, *g.dropout.ends) if b < INF})

        def alive(u, g=g):
            return g.cure + (1 - g.cure) * math.exp(-integral(g.hazard, u))

        def density(u, g=g):
            return (1 - g.cure) * g.hazard.at(u) * math.exp(-integral(g.hazard, u) - integral(g.dropout, u))

        def loss(u, g=g, alive=alive):
            return g.dropout.at(u) * alive(u) * math.exp(-integral(g.dropout, u))

        def enrolled(s):
            return sum(r * max(min(e, s, made.accrual.duration) - b, 0.0)
                       for b, e, r in zip((0.0, *ends), ends, rates, strict=False))  # fmt: skip

        knots = sorted({0.0, *(b for b in breaks if b < time), *(time - c for c in cuts if c < time), time})
        for a, b in pairwise(knots):
            options = {"epsabs": 0.0, "epsrel": 1e-12}
            events += g.share * quad(lambda u, d=density: enrolled(time - u) * d(u), a, b, **options)[0]
            if any(g.dropout.values):
                losses += g.share * quad(lambda u, d=loss: enrolled(time - u) * d(u), a, b, **options)[0]
        starts = [(c, d) for c, d in pairwise(cuts) if c < time]
        for c, d in starts:
            seams = sorted({c, *(time - b for b in breaks if c < time - b < min(d, time)), min(d, time)})
            for a, b in pairwise(seams):
                rate = made.accrual.rate.at(0.5 * (a + b))
                at_risk += (
                    g.share
                    * rate
                    * quad(
                        lambda s, g=g, f=alive: f(time - s) * math.exp(-integral(g.dropout, time - s)),
                        a,
                        b,
                        epsrel=1e-12,
                    )[0]
                )
    return events, losses, at_risk


LATE = Assumptions(
    Accrual(Steps((2.0, 5.0, 9.0), (0.0, 8.0, 15.0)), 80.0),
    (
        Group("control", "a", 0.2, Steps((3.0, 7.0, INF), (0.0, 0.2, 0.05)), 0.3, Steps((4.0, INF), (0.02, 0.0))),
        Group("experimental", "a", 0.3, Steps((3.0, INF), (0.0, 0.1)), 0.4, Steps.constant(0.03)),
        Group("control", "b", 0.25, Steps.constant(0.11)),
        Group("experimental", "b", 0.25, Steps((1.0, 20.0, INF), (0.05, 0.08, 0.0)), 0.0, Steps.constant(0.01)),
    ),
)


@pytest.mark.parametrize("time", [2.5, 4.0, 6.5, 8.7, 13.0, 31.0, 90.0])
def test_strata_cure_pauses_and_late_starts_by_quadrature(time):
    found = expected(LATE, time)
    events, losses, at_risk = by_quadrature(LATE, time)
    assert found.events[0] == pytest.approx(events, rel=1e-11)
    assert found.dropouts[0] == pytest.approx(losses, rel=1e-11)
    assert found.at_risk[0] == pytest.approx(at_risk, rel=1e-10)


def test_nobody_at_first_and_all_in_the_end():
    found = expected(LATE, [0.0, 2.0, 1e6])
    assert found.enrolled == (0.0, 0.0, 80.0)
    assert found.events[:2] == (0.0, 0.0)
    most, _ = most_events(LATE)
    assert found.events[2] == pytest.approx(most, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    hazard=st.floats(1e-4, 0.8),
    ratio=st.floats(0.2, 3.0),
    cure=st.floats(0.0, 0.8),
    lost=st.floats(0.0, 0.1),
    part=st.floats(1e-6, 0.9999),
)
def test_times_of_events_are_roots(hazard, ratio, cure, lost, part):
    drop = Steps.constant(lost)
    made = Assumptions(
        Accrual(Steps((4.0, INF), (3.0, 11.0)), 150.0),
        (
            Group("control", "", 0.4, Steps((5.0, INF), (hazard, 0.5 * hazard)), cure, drop),
            Group("experimental", "", 0.6, Steps.constant(hazard * ratio), cure, drop),
        ),
    )
    most, when = most_events(made)
    time = time_of_events(made, part * most)
    assert expected(made, time).events[0] == pytest.approx(part * most, rel=1e-12)
    assert (time < when) == (part < 0.999)
    # the root is as sharp as rounding allows: one part in 1e12 to the side is off on the right side
    sides = expected(made, [time * (1 - 1e-11), time, time * (1 + 1e-11)]).events
    assert sides[0] <= sides[1] <= sides[2]


def test_many_steps_go_another_way_to_the_same_root():
    # Superfluous steps make more rows than the plain numbers of few rows are used for.
    def cut(steps):
        extra = tuple(np.linspace(0.1, 0.9, 9))
        return Steps((*extra, *steps.ends), (*(steps.at(e) for e in extra), *steps.values))

    groups = tuple(
        Group(g.arm, g.stratum, g.share, Steps(g.hazard.ends, g.hazard.values), g.cure, cut(g.dropout))
        for g in LATE.groups
    )
    made = Assumptions(LATE.accrual, groups)
    assert timeline(LATE).plain != timeline(made).plain
    assert len(timeline(made).plain) * len(timeline(made).jumps) > 40
    for events in (3.0, 20.0, 45.0):
        assert time_of_events(made, events) == pytest.approx(time_of_events(LATE, events), rel=1e-12)


def test_long_after_enrolment_no_digit_is_lost():
    groups = tuple(Group(arm, "", 0.5, Steps.constant(1e-6)) for arm in ("control", "experimental"))
    made = Assumptions(Accrual(Steps((10.0,), (10.0,)), 100.0), groups)
    for time in (1e4, 1e6, 1e8):
        # 1 - the mean of exp(-1e-6 (time - s)) over s from 0 to 10
        left = math.exp(-1e-6 * time) * math.expm1(1e-5) / 1e-5
        assert expected(made, time).events[0] == pytest.approx(100 * (1 - left), rel=1e-13)
        assert expected(made, time).at_risk[0] == pytest.approx(100 * left, abs=2e-13)


def test_several_at_once_in_any_order():
    assert times_of_events(LATE, (30.0, 5.0)) == (time_of_events(LATE, 30.0), time_of_events(LATE, 5.0))


def test_hazards_that_end_reach_their_events_in_finite_time():
    made = Assumptions(
        Accrual(Steps((10.0,), (10.0,)), 100.0),
        (
            Group("control", "", 0.5, Steps((6.0, INF), (0.1, 0.0))),
            Group("experimental", "", 0.5, Steps((6.0, INF), (0.1, 0.0))),
        ),
    )
    most, _ = most_events(made)
    assert most == pytest.approx(100 * (1 - math.exp(-0.6)), rel=1e-13)
    assert time_of_events(made, most * (1 - 1e-9)) < 16.0
    with pytest.raises(PlanError, match="never expected"):
        time_of_events(made, most * (1 + 1e-12))


def test_what_is_never_reached_says_how_many_and_when():
    most, when = most_events(LATE)
    with pytest.raises(PlanError) as error:
        times_of_events(LATE, (10.0, most + 1.0, 1000.0))
    assert [problem.code for problem in error.value.problems] == ["plan.events_unreached"] * 2
    assert f"at most {math.floor(most)}" in str(error.value)
    assert f"by {when:.1f} months" in str(error.value)


@pytest.mark.parametrize("events", [0.0, -1.0, math.nan])
def test_numbers_of_events_must_be_above_zero(events):
    with pytest.raises(PlanError, match="above 0"):
        time_of_events(LATE, events)
    with pytest.raises(PlanError):
        times_of_events(LATE, ())


@pytest.mark.parametrize("times", [-1.0, math.nan, INF, [], [[1.0]], [3.0, -2.0]])
def test_times_must_be_times(times):
    with pytest.raises(PlanError, match="times must be finite"):
        expected(LATE, times)


def test_quantiles_of_an_event_are_those_of_simulation():
    rng = np.random.default_rng(7)
    made = Assumptions(
        Accrual(Steps((10.0,), (6.0,)), 60.0),
        (
            Group("control", "", 0.5, Steps.constant(0.1), 0.2, Steps.constant(0.02)),
            Group("experimental", "", 0.5, Steps.constant(0.07), 0.3, Steps.constant(0.02)),
        ),
    )
    trials, k = 20_000, 25
    arm = rng.random((trials, 60)) < 0.5
    event = rng.exponential(1 / np.where(arm, 0.07, 0.1))
    event[rng.random(event.shape) < np.where(arm, 0.3, 0.2)] = np.inf
    event[rng.exponential(50.0, event.shape) < event] = np.inf
    moments = np.sort(rng.uniform(0, 10, event.shape) + event, axis=1)[:, k - 1]
    low, middle, high = quantiles_of_event(made, k, (0.1, 0.5, 0.9))
    for time, probability in ((low, 0.1), (middle, 0.5), (high, 0.9)):
        assert (moments <= time).mean() == pytest.approx(probability, abs=4 * math.sqrt(0.25 / trials))
    assert quantiles_of_event(made, 50, (0.01, 0.5))[1] is None


@pytest.mark.parametrize(("event", "p"), [(0, 0.5), (81, 0.5), (3, 0.0), (3, 1.0), (3, math.nan)])
def test_quantiles_refuse(event, p):
    with pytest.raises(PlanError):
        quantiles_of_event(LATE, event, (p,))
