"""The rules as properties, and against a derivation that lives through each subject day by day."""

from __future__ import annotations

import datetime
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from equipoise.data.derive.progression import progression_free_survival
from equipoise.data.derive.response import best_response, clinical_benefit, first_response
from equipoise.data.derive.schedule import missed, planned_days
from equipoise.data.derive.timeline import Course, Plan, Timeline, Visit, read_course
from equipoise.data.derive.times import duration_of_response, time_to_progression, time_to_response
from equipoise.protocol.assessments import PRESETS, MissedVisits, ResponseRules, Rules, Schedule

_spec = importlib.util.spec_from_file_location("derive_oracle", Path(__file__).parent / "oracle.py")
oracle = sys.modules["derive_oracle"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(oracle)

START = datetime.date(2021, 3, 4)
ORDER = ["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING"]
WORDS = {
    "Progression": "progression",
    "Death": "death",
    "New anticancer therapy": "therapy",
    "New anticancer therapy before progression": "therapy",
    "No adequate baseline assessment": "baseline",
    "No adequate assessment after baseline": "never assessed",
    "No progression or death": "followed",
}


def day(number):
    return None if number is None else START + datetime.timedelta(days=number)


RESPONSE = st.sampled_from(["CR", "PR", "SD", "SD", "NON-CR/NON-PD", "PD", "NE", "ND"])


@st.composite
def lives(draw):
    """Visits on different days, perhaps a death after the last of them, perhaps another therapy."""
    visits = draw(st.dictionaries(st.integers(1, 400), RESPONSE, max_size=8))
    least = max(visits, default=1)
    return oracle.Life(
        visits=visits,
        death=draw(st.none() | st.integers(least, least + 250)),
        therapy=draw(st.none() | st.none() | st.integers(1, 400)),
        baseline=draw(st.sampled_from([True, True, True, False])),
        every=7 * draw(st.integers(3, 12)),
        window=draw(st.integers(0, 14)),
        at_least=draw(st.integers(1, 3)),
        progression=draw(st.sampled_from(["censor", "event"])),
        dead=draw(st.sampled_from(["censor", "event"])),
        new_therapy=draw(st.sampled_from(["censor", "ignore", "event"])),
        no_baseline=draw(st.sampled_from(["censor", "ignore"])),
    )


def line_of(life, start=START):
    shift = start - START
    visits = tuple(Visit(response, day(at) + shift, day(at) + shift) for at, response in life.visits.items())
    moved = [None if at is None else day(at) + shift for at in (life.death, life.therapy)]
    return Timeline("1", start, start, visits, moved[0], moved[1], None, life.baseline)


def plan_of(life, preset=None, **response):
    rules = Rules(
        missed_visits=MissedVisits(
            at_least=life.at_least, progression=life.progression, death=life.dead, counted_by="schedule"
        ),
        new_therapy=life.new_therapy,
        no_baseline=life.no_baseline,
        progression_date="earliest",
        assessment_date="latest",
    )
    schedule = Schedule(every=life.every / 7, window_days=life.window)
    return Plan(PRESETS[preset] if preset else rules, ResponseRules(**response), schedule)


def course(life, preset=None, **response) -> Course:
    return read_course(line_of(life), plan_of(life, preset, **response))


@settings(max_examples=800, deadline=None)
@given(lives())
def test_a_life_day_by_day_ends_the_same(life):
    found = progression_free_survival(course(life))
    number, status, what = oracle.live(life)
    said = WORDS.get(found.reason, "missed")
    assert ((found.date - START).days, found.status, said) == (number, status, what)


@settings(max_examples=200, deadline=None)
@given(lives())
def test_ema_never_ends_before_fda_and_keeps_its_events(life):
    # Without a usable baseline FDA's convention has no assessments: an early death is its event, after a progression
    # that EMA's has counted.
    assume(life.baseline)
    fda, ema = (progression_free_survival(course(life, preset)) for preset in ("fda", "ema"))
    assert ema.date >= fda.date
    if fda.status == 1:
        assert (ema.date, ema.status, ema.reason) == (fda.date, 1, fda.reason)
    known = [at for at, response in life.visits.items() if response == "PD"] + [life.death]
    assert ema.status == int(any(at is not None for at in known))


@settings(max_examples=200, deadline=None)
@given(lives(), st.integers(-3000, 3000), st.randoms(use_true_random=False))
def test_dates_may_move_and_rows_may_be_shuffled(life, by, random):
    first = course(life)
    line = line_of(life, START + datetime.timedelta(days=by))
    visits = list(line.visits)
    random.shuffle(visits)
    second = read_course(replace(line, visits=tuple(visits)), plan_of(life))
    one, two = progression_free_survival(first), progression_free_survival(second)
    assert (two.date - one.date).days == by
    assert two[1:4] == one[1:4]
    for confirmed in (True, False):
        a, b = best_response(first, confirmed=confirmed), best_response(second, confirmed=confirmed)
        assert a.response == b.response
        assert (a.date is None) == (b.date is None)
        if a.date is not None:
            assert (b.date - a.date).days == by


@settings(max_examples=200, deadline=None)
@given(lives(), st.sampled_from(["NE", "NA", "ND"]), st.integers(1, 60))
def test_a_later_visit_without_result_changes_nothing(life, response, later):
    if not life.visits:
        return
    more = replace(life, visits={**life.visits, max(life.visits) + later: response})
    one, two = course(life), course(more)
    assert progression_free_survival(one)[:4] == progression_free_survival(two)[:4]
    for confirmed in (True, False):
        if best_response(one, confirmed=confirmed).rule != "recist.no_assessment":
            assert best_response(one, confirmed=confirmed) == best_response(two, confirmed=confirmed)


@settings(max_examples=200, deadline=None)
@given(lives(), st.integers(1, 300), RESPONSE)
def test_nothing_after_progression_matters(life, later, response):
    pd = [at for at, found in life.visits.items() if found == "PD"]
    if not pd or life.death is not None or not life.baseline:  # without a baseline there is no progression
        return
    at = min(pd) + later
    more = replace(life, visits={**life.visits, at: response, min(pd): "PD"}, death=at + 5)
    assert progression_free_survival(course(life))[:4] == progression_free_survival(course(more))[:4]
    for confirmed in (True, False):
        assert best_response(course(life), confirmed=confirmed) == best_response(course(more), confirmed=confirmed)


@settings(max_examples=200, deadline=None)
@given(lives(), st.integers(0, 20), st.integers(1, 3))
def test_a_wider_window_or_a_higher_number_censors_later(life, wider, more):
    before = progression_free_survival(course(life))
    for changed in (replace(life, window=life.window + wider), replace(life, at_least=life.at_least + more)):
        assert progression_free_survival(course(changed)).date >= before.date


@settings(max_examples=200, deadline=None)
@given(lives(), st.integers(0, 2), st.integers(0, 2))
def test_confirmation_only_takes_responses_away(life, unknown, stable):
    first = course(life, not_evaluable_between=unknown, stable_between=stable)
    any_, confirmed = (best_response(first, confirmed=flag) for flag in (False, True))
    assert ORDER.index(any_.response) <= ORDER.index(confirmed.response)
    for flag, best in ((False, any_), (True, confirmed)):
        responded = first_response(first, confirmed=flag)
        assert (responded is not None) == (best.response in ("CR", "PR"))
        duration = duration_of_response(first, confirmed=flag)
        wait = time_to_response(first, confirmed=flag, everybody=False)
        assert (duration is None) == (wait is None) == (responded is None)
        if responded is not None:
            whole = progression_free_survival(first)
            assert duration.start == wait.date == responded[0].date
            assert duration.date == max(whole.date, duration.start)
        benefit = clinical_benefit(first, minimum_days=life.every, confirmed=flag)
        if responded is not None:
            assert benefit.response == "Y"
    everybody = time_to_response(first, confirmed=True, everybody=True)
    assert everybody.status in (0, 1, 2)


@settings(max_examples=200, deadline=None)
@given(lives())
def test_time_to_progression_differs_only_in_deaths(life):
    first = course(life)
    whole, alone = progression_free_survival(first), time_to_progression(first)
    if whole.reason == "Death":
        assert (alone.status, alone.reason) == (0, "Death without progression")
        assert alone.date <= whole.date
    else:
        assert alone == whole


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 12), st.integers(0, 14), st.integers(0, 400), st.integers(1, 500))
def test_a_gap_counts_its_intervals(weeks, window, last, more):
    schedule = Schedule(every=float(weeks), window_days=window)
    found = missed(schedule, last, last + more, days_per_month=30.4375, counted_by="gap")
    assert found == sum(more > n * 7 * weeks + 2 * window for n in range(1, 100))


def test_planned_days_follow_the_pieces():
    schedule = Schedule.model_validate(
        {"every": [{"until": 16, "value": 8}, {"until": 40, "value": 12}, {"value": 26}]}
    )
    days = planned_days(schedule, 30.4375)
    assert [next(days) // 7 for _ in range(7)] == [0, 8, 16, 28, 40, 66, 92]


@pytest.mark.parametrize("preset", ["fda", "ema"])
def test_presets_leave_no_choice_open(preset):
    rules = PRESETS[preset]
    assert None not in [value for _, value in rules]
    assert None not in [value for _, value in rules.missed_visits]


FEW = st.dictionaries(st.integers(1, 150), st.sampled_from(["CR", "PR", "PR", "SD", "NE", "PD"]), max_size=7)


@settings(max_examples=600, deadline=None)
@given(FEW, st.integers(0, 60), st.integers(0, 2), st.integers(0, 2))
def test_some_pair_of_visits_confirms(visits, days, unknown, stable):
    plan = Plan(
        PRESETS["ema"],
        ResponseRules(confirmation_days=days, not_evaluable_between=unknown, stable_between=stable),
    )
    line = Timeline("1", START, START, tuple(Visit(response, day(at), day(at)) for at, response in visits.items()))
    best = best_response(read_course(line, plan), confirmed=True)
    found = best.response if best.response in ("CR", "PR") else "none"
    assert found == oracle.confirmed_response(visits, days, unknown, stable)
