"""Curves of a few patients, worked out by hand, come back exactly."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from equipoise.errors import EvidenceError
from equipoise.evidence.reconstruct.guyot import reconstruct_curve
from equipoise.evidence.reconstruct.line import drawn_line, monotone
from equipoise.kernels.kaplan_meier import kaplan_meier, quantile

# Eight patients: events at 1, 3, 4, 6 and 8, censored at 2, 5 and 7. At risk before these: 8, 6, 5, 3, 1.
#   S(1) = 7/8;  S(3) = 7/8 * 5/6 = 35/48;  S(4) = 35/48 * 4/5 = 7/12;  S(6) = 7/12 * 2/3 = 7/18;  S(8) = 0
EVENTS = [1.0, 3.0, 4.0, 6.0, 8.0]
LEVELS = [Fraction(1), Fraction(7, 8), Fraction(35, 48), Fraction(7, 12), Fraction(7, 18), Fraction(0)]
GRID, AT_RISK = [0.0, 2.5, 4.5, 6.5], [8, 6, 4, 2]


def _corners() -> tuple[list[float], list[float]]:
    times, levels = [0.0], [1.0]
    for time, before, after in zip(EVENTS, LEVELS, LEVELS[1:], strict=False):
        times += [time, time]
        levels += [float(before), float(after)]
    return times, levels


def test_corners_of_a_curve_give_its_events() -> None:
    rebuilt = reconstruct_curve(*_corners(), GRID, AT_RISK, events=5)
    assert rebuilt.time[rebuilt.status == 1] == pytest.approx(EVENTS, abs=1e-9)
    assert rebuilt.time.size == 8
    # One is censored before 2.5, one between 4.5 and 6.5, one after: nobody can say when, so in the middle of each.
    assert rebuilt.time[rebuilt.status == 0] == pytest.approx([1.25, 5.5, 7.25], abs=0.3)
    assert not rebuilt.line.smoothed


def test_marks_of_censoring_say_when() -> None:
    rebuilt = reconstruct_curve(*_corners(), GRID, AT_RISK, censored=[2.0, 5.0, 7.0])
    assert rebuilt.time == pytest.approx([1, 2, 3, 4, 5, 6, 7, 8], abs=1e-9)
    assert rebuilt.status.tolist() == [1, 0, 1, 1, 0, 1, 0, 1]
    km = kaplan_meier(rebuilt.time, rebuilt.status)
    assert km.survival[km.n_event > 0] == pytest.approx([float(level) for level in LEVELS[1:]], abs=1e-12)
    # S(4) = 7/12 and S(6) = 7/18: the median is 6.
    assert quantile(km, 0.5).estimate == pytest.approx(6.0)


def test_feet_of_the_steps_are_enough() -> None:
    rebuilt = reconstruct_curve(EVENTS, [float(level) for level in LEVELS[1:]], GRID, AT_RISK, censored=[2, 5, 7])
    assert rebuilt.line.feet
    assert any("foot of a step" in note for note in rebuilt.notes)
    assert rebuilt.time == pytest.approx([1, 2, 3, 4, 5, 6, 7, 8], abs=1e-9)
    assert rebuilt.status.tolist() == [1, 0, 1, 1, 0, 1, 0, 1]


def test_numbers_at_risk_at_times_of_events_count_those_events() -> None:
    # Just before 3 and 6 six and three are at risk, the ones with the event among them.
    rebuilt = reconstruct_curve(*_corners(), [0, 3, 6], [8, 6, 3], censored=[2, 5, 7])
    assert rebuilt.time[rebuilt.status == 1] == pytest.approx(EVENTS, abs=1e-9)
    for time, number in ((3, 6), (6, 3)):
        assert int((rebuilt.time >= time).sum()) == number


def test_ties_and_everybody_followed_to_the_end() -> None:
    # Ten patients, two die at 2 and three at 5; nobody is lost before 9: S = 0.8, then 0.5.
    times, levels = [0, 2, 2, 5, 5, 9], [1, 1, 0.8, 0.8, 0.5, 0.5]
    rebuilt = reconstruct_curve(times, levels, [0, 3, 6], [10, 8, 5])
    assert rebuilt.time == pytest.approx([2, 2, 5, 5, 5, 9, 9, 9, 9, 9], abs=1e-9)
    assert rebuilt.status.tolist() == [1] * 5 + [0] * 5
    # Without the table the same, from the number of patients: the steps allow nothing else.
    alone = reconstruct_curve(times, levels, patients=10)
    assert alone.time == pytest.approx(rebuilt.time, abs=1e-9)
    assert any("censoring was supposed to be even" in note for note in alone.notes)


def test_a_number_at_zero_that_is_not_reported_comes_from_the_first_one() -> None:
    times, levels = [0, 2, 2, 5, 5, 9], [1, 1, 0.8, 0.8, 0.5, 0.5]
    rebuilt = reconstruct_curve(times, levels, [3, 6], [8, 5])
    assert rebuilt.time.size == 10  # 8 / 0.8
    assert any("not reported" in note for note in rebuilt.notes)


def test_a_first_number_at_risk_that_comes_too_late_is_refused() -> None:
    with pytest.raises(EvidenceError) as error:
        reconstruct_curve([0, 1, 2, 5], [1, 0.5, 0.05, 0.02], [2, 3], [4, 3])
    assert error.value.problems[0].code == "curve.patients"
    with pytest.raises(EvidenceError) as error:
        reconstruct_curve([0, 2, 2, 5, 5, 9], [1, 1, 0.8, 0.8, 0.5, 0.5], [3], [8], events=11)
    assert error.value.problems[0].code == "curve.events"


def test_reported_events_decide_between_an_event_and_a_censoring() -> None:
    # At 8 one died of two who were left, or both: the curve falls to 0 either way if the other was censored before.
    assert reconstruct_curve(*_corners(), GRID, AT_RISK, events=5).events == 5
    both = reconstruct_curve(*_corners(), GRID, AT_RISK, events=6)
    assert both.time[both.status == 1] == pytest.approx([*EVENTS, 8.0], abs=1e-9)


def test_pool_adjacent_violators_by_hand() -> None:
    # 3, 1 become 2, 2; then 2, 2, 1.5 become 11/6 each; 4 stays.
    assert monotone([3, 1, 1.5, 4]) == pytest.approx([11 / 6, 11 / 6, 11 / 6, 4])
    assert monotone([1, 2, 3]) == pytest.approx([1, 2, 3])


def test_a_line_without_error_comes_back_as_it_is() -> None:
    times, levels = _corners()
    line = drawn_line(times, levels, risk_times=GRID, at_risk=AT_RISK)
    assert line.time == pytest.approx([0.0, *times], abs=1e-12)
    assert line.survival == pytest.approx([1.0, *levels], abs=1e-12)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"times": [1.0], "survival": [0.9]}, "times"),
        ({"survival": [1.0, 0.9, math.nan]}, "survival"),
        ({"survival": [1.0, 0.9, 1.2]}, "survival"),
        ({"times": [-1.0, 2.0, 3.0]}, "times"),
        ({"risk_times": [0.0, 0.0]}, "risk_times"),
        ({"at_risk": [10, 12]}, "at_risk"),
        ({"at_risk": [10, 4.5]}, "at_risk"),
        ({"at_risk": [10]}, "at_risk"),
        ({"events": 11}, "events"),
        ({"events": -1}, "events"),
        ({"patients": 9}, "patients"),
        ({"risk_times": [], "at_risk": []}, "patients"),
    ],
)
def test_arrays_that_make_no_sense_are_refused(change: dict[str, object], named: str) -> None:
    given = {
        "times": [1.0, 2.0, 3.0],
        "survival": [0.9, 0.8, 0.7],
        "risk_times": [0.0, 2.0],
        "at_risk": [10, 8],
    } | change
    with pytest.raises(EvidenceError) as error:
        reconstruct_curve(**given)  # type: ignore[arg-type]
    assert named in {problem.where.path for problem in error.value.problems}
    assert {problem.code for problem in error.value.problems} == {"curve.arrays"}


def test_an_empty_tail_does_no_harm() -> None:
    rebuilt = reconstruct_curve([0, 1, 1, 3], [1, 1, 0, 0], [0, 2], [5, 0])
    assert rebuilt.time.tolist() == [1.0] * 5
    assert rebuilt.status.tolist() == [1] * 5
    assert np.all(np.diff(rebuilt.time) >= 0)
