"""Finds the one unknown of a design: events, patients, duration of enrollment, follow-up, hazard ratio or power."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from equipoise.design.expected import expected, most_events, time_of_events
from equipoise.design.information import information, require_effect
from equipoise.design.sizing import Sized, Unknown, evaluate, probit, reached, scaled
from equipoise.design.solve_events import patients_for_events
from equipoise.design.statistics import LogRank, Milestone, RestrictedMean, Statistic
from equipoise.design.timing import LookRule, bound_fractions, look_times, possible_events
from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.design.assumptions import Assumptions
    from equipoise.design.sequential import SequentialDesign
    from equipoise.design.sizing import Test

__all__ = ["solve_for"]

_WHOLE = 1e-9  # what a number may exceed a whole one by and still be it
_SMALLEST_RATIO = 0.05
_MISSED = 1e-6  # on the normal scale: a power that jumps over the one asked for has no root
_NEAR = 1.0 - 1e-6  # a constant hazard ratio below the null hypothesis' by more is an effect at all times
_MOST_PATIENTS = 1e7
_BY_EVENTS = ("schoenfeld", "freedman", "hsieh_freedman")


def solve_for(
    assumptions: Assumptions,
    statistic: Statistic,
    looks: tuple[LookRule, ...],
    test: Test,
    *,
    target: float | None,
    solve: Unknown,
    multiple: int | None,
) -> Sized:
    """The design whose unknown is found; arguments as for `equipoise.design.design`.

    Args:
        assumptions: The trial in numbers.
        statistic: The statistic.
        looks: What each look waits for.
        test: Level and bounds.
        target: Power that the design is to have.
        solve: The unknown.
        multiple: Patients come in multiples of it; None for no rounding.

    Raises:
        PlanError: When the unknown has no value.
    """
    if solve == "power":
        sized = evaluate(assumptions, statistic, looks, test)
        require_effect(sized.information)
        return sized
    if target is None and not (looks[-1].events is not None and solve in ("patients", "accrual", "follow_up")):
        message = f"to solve for {solve} a design needs the power it is to have"
        raise PlanError(Problem("plan.power", message, Where(path="power"), cure="give the power"))
    target = 0.5 if target is None else target  # not read where events decide
    if not test.alpha < target < 1.0:
        message = f"the power must lie above the level of one side, {test.alpha:g}, and below 1"
        raise PlanError(Problem("plan.power", message, Where(path="power"), f"{target:g}", "write 0.8 or 0.9"))
    if solve == "hazard_ratio":
        return _hazard_ratio(assumptions, statistic, looks, test, target)
    _require_effect(assumptions, statistic)
    if solve == "events":
        return _events(assumptions, statistic, looks, test, target, rounded=multiple is not None)
    if solve == "follow_up":
        return _follow_up(assumptions, statistic, looks, test, target)
    if solve == "patients":
        return _patients(assumptions, statistic, looks, test, target, multiple)
    return _accrual(assumptions, statistic, looks, test, target, multiple)


def _require_effect(assumptions: Assumptions, statistic: Statistic) -> None:
    """An effect at some late time, whenever the looks will be."""
    ratio = assumptions.hazard_ratio
    if ratio is not None and ratio < (statistic.margin if isinstance(statistic, LogRank) else 1.0) * _NEAR:
        return
    horizon = getattr(statistic, "time", 0.0) if isinstance(statistic, RestrictedMean | Milestone) else 0.0
    late = max(most_events(assumptions)[1], assumptions.accrual.duration + horizon)
    require_effect(information(assumptions, statistic, (late,)), sizing=True)


def _events(
    assumptions: Assumptions,
    statistic: Statistic,
    looks: tuple[LookRule, ...],
    test: Test,
    target: float,
    *,
    rounded: bool,
) -> Sized:
    """Events of the last look, and its time; looks counted in events keep their fractions."""
    rules = _as_fractions(looks)
    simple = isinstance(statistic, LogRank) and statistic.method in _BY_EVENTS
    plain = all(rule.fraction is not None and not rule.timed for rule in rules[:-1])
    if simple and plain and all(rule.latest is None for rule in rules):
        exact, ready = _events_in_proportion(assumptions, statistic, rules, test, target)
        if not rounded:
            return _unrounded(assumptions, statistic, rules, exact, ready)
        last = math.nan
    else:
        last = _last_time(assumptions, statistic, rules, test, target)
        exact = expected(assumptions, (last,)).events[0]
    if isinstance(statistic, RestrictedMean | Milestone) or not rounded:
        last = time_of_events(assumptions, exact) if math.isnan(last) else last
        fixed = (*rules[:-1], replace(rules[-1], events=None, at=last, follow_up=None))
        return evaluate(assumptions, statistic, fixed, test, last=last, solved="events", exact=exact)
    total = math.ceil(exact - _WHOLE)
    final = replace(rules[-1], events=total, fraction=None, at=None, follow_up=None)
    # Of a weighted test a fraction of the information is another number of events: such looks stay as they are.
    whole = [_whole(rule, total) if isinstance(statistic, LogRank) else rule for rule in rules[:-1]]
    return evaluate(assumptions, statistic, (*whole, final), test, solved="events", exact=exact)


def _whole(rule: LookRule, total: int) -> LookRule:
    """An interim look in whole events: the fraction of those of the last look, rounded up."""
    if rule.fraction is None:
        return rule
    return replace(rule, events=min(math.ceil(rule.fraction * total - _WHOLE), total - 1), fraction=None)


def _as_fractions(looks: tuple[LookRule, ...]) -> tuple[LookRule, ...]:
    """Looks in events as fractions of those of the last look."""
    total = looks[-1].events
    if total is None:
        return looks
    return tuple(
        rule if rule.events is None else replace(rule, events=None, fraction=rule.events / total) for rule in looks
    )


def _unrounded(
    assumptions: Assumptions,
    statistic: Statistic,
    rules: tuple[LookRule, ...],
    exact: float,
    ready: SequentialDesign,
) -> Sized:
    """The design at its events before rounding: its probabilities are those of the search."""
    fractions = ready.boundaries.fractions
    waits = zip(rules, fractions, strict=True)
    fixed = tuple(replace(rule, events=part * exact, fraction=None) for rule, part in waits)
    found = information(assumptions, statistic, look_times(assumptions, statistic, fixed))
    return Sized(assumptions, statistic, fixed, found, fractions, ready, "events", exact)


def _events_in_proportion(
    assumptions: Assumptions, statistic: Statistic, rules: tuple[LookRule, ...], test: Test, target: float
) -> tuple[float, SequentialDesign]:
    """Events where the mean of z depends on them alone, and the design: no time is needed to find them.

    Raises:
        PlanError: When so many are never reached.
    """
    parts = (*(rule.fraction or 1.0 for rule in rules[:-1]), 1.0)
    # At any one time the mean and the information of one event are known.
    one = information(assumptions, statistic, (assumptions.accrual.duration,))
    roots = [math.sqrt(part) for part in parts]
    found = replace(
        one,
        times=(one.times[0],) * len(parts),
        events=tuple(one.events[0] * part for part in parts),
        enrolled=one.enrolled * len(parts),
        mean=tuple(one.mean[0] * root for root in roots),
        information=tuple(one.information[0] * part for part in parts),
        null_information=tuple(one.null_information[0] * part for part in parts),
        effect=one.effect * len(parts),
        spread=one.spread * len(parts),
    )
    factor, ready = reached(found, test, parts, target)
    assert ready is not None
    events = one.events[0] * factor
    if events >= possible_events(assumptions):
        raise PlanError(_too_few(assumptions, events, target, rules[-1]))
    return events, ready


def _too_few(assumptions: Assumptions, events: float, target: float, rule: LookRule) -> Problem:
    most, when = most_events(assumptions)
    message = (
        f"a power of {target:g} needs {events:.1f} events: {assumptions.patients:g} patients yield at most {most:.1f}, "
        f"99.9% of them by {when:.1f} {assumptions.unit}"
    )
    cure = "enroll more patients, assume a larger effect or fewer losses, or ask for less power"
    return Problem("plan.events_unreached", message, Where(path=rule.path), f"{events:.1f}", cure)


def _last_time(
    assumptions: Assumptions, statistic: Statistic, rules: tuple[LookRule, ...], test: Test, target: float
) -> float:
    """Time of the last look at which the design has the power.

    Raises:
        PlanError: When no time has it: the message says what can be reached.
    """
    late = _latest_useful(assumptions, statistic)

    def gap(time: float) -> float:
        return _power_at(lambda: evaluate(assumptions, statistic, rules, test, last=time), test) - probit(target)

    if gap(late) < 0.0:
        reached = evaluate(assumptions, statistic, rules, test, last=late)
        most, when = most_events(assumptions)
        message = (
            f"a power of {target:g} is never reached: {assumptions.patients:g} patients yield at most {most:.1f} "
            f"events, 99.9% of them by {when:.1f} {assumptions.unit}, with a power of {reached.probabilities.power:.3f}"
        )
        cure = "enroll more patients, assume a larger effect or fewer losses, or ask for less power"
        raise PlanError(Problem("plan.events_unreached", message, Where(path=rules[-1].path), f"{target:g}", cure))
    time = _root(gap, 1e-3 * late, late)
    if abs(gap(time)) > _MISSED:
        message = f"the power of {target:g} is reached before the last look could be held, at {time:.1f}"
        cure = "hold the looks before it earlier, or ask for more power"
        raise PlanError(Problem("plan.look_order", message, Where(path=rules[-1].path), f"{target:g}", cure))
    return time


def _latest_useful(assumptions: Assumptions, statistic: Statistic) -> float:
    when = most_events(assumptions)[1]
    if isinstance(statistic, RestrictedMean | Milestone):
        return max(when, assumptions.accrual.duration + 1.5 * statistic.time)
    return when


def _power_at(make: Callable[[], Sized], test: Test) -> float:
    """The power on the normal scale; that of chance where there can't be such a design."""
    try:
        return probit(make().probabilities.power)
    except PlanError:
        return probit(1e-6 * test.alpha)


def _root(gap: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(gap, low, high, xtol=1e-11 * max(1.0, abs(high)), rtol=1e-13, maxiter=200))


def _follow_up(
    assumptions: Assumptions, statistic: Statistic, looks: tuple[LookRule, ...], test: Test, target: float
) -> Sized:
    if looks[-1].events is not None:
        return _follow_up_for_events(assumptions, statistic, looks, test)
    rules = (*looks[:-1], replace(looks[-1], at=None, follow_up=None))
    last = _last_time(assumptions, statistic, rules, test, target)
    after = last - assumptions.accrual.duration
    _after_enrollment(assumptions, last, looks[-1])
    fixed = (*looks[:-1], replace(looks[-1], at=None, follow_up=after))
    return evaluate(assumptions, statistic, fixed, test, last=last, solved="follow_up", exact=after)


def _after_enrollment(assumptions: Assumptions, last: float, rule: LookRule) -> None:
    if last < assumptions.accrual.duration:
        message = (
            f"the last look comes at {last:.1f} {assumptions.unit}, before the last patient is enrolled at "
            f"{assumptions.accrual.duration:.1f}"
        )
        cure = "solve for patients or for accrual: fewer are enough"
        raise PlanError(Problem("plan.follow_up", message, Where(path=rule.path), cure=cure))


def _follow_up_for_events(
    assumptions: Assumptions, statistic: Statistic, looks: tuple[LookRule, ...], test: Test
) -> Sized:
    """How long it takes after the last enrollment until the events of the last look are there."""
    alone = (*looks[:-1], replace(looks[-1], at=None, follow_up=None))
    sized = evaluate(assumptions, statistic, alone, test, solved="follow_up")
    last = sized.information.times[-1]
    _after_enrollment(assumptions, last, looks[-1])
    return replace(sized, exact=last - assumptions.accrual.duration)


def _timed(looks: tuple[LookRule, ...], unknown: str) -> None:
    if not looks[-1].timed:
        message = f"to solve for {unknown} the last look needs its time"
        cure = "add `follow_up:` or `at:` to the last look"
        raise PlanError(Problem("plan.look_times", message, Where(path=looks[-1].path), cure=cure))


def _patients(
    assumptions: Assumptions,
    statistic: Statistic,
    looks: tuple[LookRule, ...],
    test: Test,
    target: float,
    multiple: int | None,
) -> Sized:
    """Patients enrolled in the same time: all rates are multiplied."""
    _timed(looks, "patients")
    if looks[-1].events is not None:
        exact = patients_for_events(assumptions.with_intensity, assumptions.patients, looks[-1])
    elif all(rule.events is None for rule in looks):
        # All looks keep their times, and all information grows with the number of patients.
        times = look_times(assumptions, statistic, looks)
        found = information(assumptions, statistic, times)
        parts = bound_fractions(statistic, found)
        factor, ready = reached(found, test, parts, target)
        exact = assumptions.patients * factor
        if multiple is None and ready is not None:
            made = assumptions.with_intensity(exact)
            return Sized(made, statistic, looks, scaled(found, factor), parts, ready, "patients", exact)
    else:

        def enrolled(n: float) -> Sized:
            return evaluate(assumptions.with_intensity(n), statistic, looks, test)

        exact = _number(enrolled, assumptions, test, target)
    wanted = exact if multiple is None else multiple * math.ceil(exact / multiple - _WHOLE)
    return evaluate(assumptions.with_intensity(wanted), statistic, looks, test, solved="patients", exact=exact)


def _accrual(
    assumptions: Assumptions,
    statistic: Statistic,
    looks: tuple[LookRule, ...],
    test: Test,
    target: float,
    multiple: int | None,
) -> Sized:
    """Patients enrolled at the same rates, for as long as it takes."""
    _timed(looks, "accrual")

    def enrolled(n: float) -> Sized:
        return evaluate(assumptions.with_patients(n), statistic, looks, test)

    if looks[-1].events is not None:
        exact = patients_for_events(assumptions.with_patients, assumptions.patients, looks[-1])
    else:
        exact = _number(enrolled, assumptions, test, target)
    wanted = exact if multiple is None else multiple * math.ceil(exact / multiple - _WHOLE)
    sized = evaluate(assumptions.with_patients(wanted), statistic, looks, test, solved="accrual")
    return replace(sized, exact=assumptions.with_patients(exact).accrual.duration)


def _number(make: Callable[[float], Sized], assumptions: Assumptions, test: Test, target: float) -> float:
    """Patients with which a design has the power.

    Raises:
        PlanError: When no number has it.
    """

    def gap(log_patients: float) -> float:
        return _power_at(lambda: make(math.exp(log_patients)), test) - probit(target)

    low = high = math.log(assumptions.patients)
    while gap(low) > 0.0 and low > 0.0:
        low -= 1.0
    while gap(high) < 0.0:
        high += 1.0
        if high > math.log(_MOST_PATIENTS):
            message = f"no number of patients up to {_MOST_PATIENTS:g} has a power of {target:g}"
            cure = "look later: patients who come after the last look add nothing"
            raise PlanError(Problem("plan.patients", message, Where(path="looks"), cure=cure))
    return math.exp(_root(gap, low, high))


def _hazard_ratio(
    assumptions: Assumptions, statistic: Statistic, looks: tuple[LookRule, ...], test: Test, target: float
) -> Sized:
    """The largest hazard ratio that is still detected with the power; constant over time and strata."""
    null = statistic.margin if isinstance(statistic, LogRank) else 1.0

    def make(ratio: float) -> Sized:
        return evaluate(assumptions.with_hazard_ratio(ratio), statistic, looks, test)

    def gap(log_ratio: float) -> float:
        return probit(target) - _power_at(lambda: make(math.exp(log_ratio)), test)

    low, high = math.log(_SMALLEST_RATIO), math.log(null) - 1e-4
    make(null * 0.8)  # what is wrong with the looks is said as it is
    if gap(low) > 0.0:
        message = f"no hazard ratio down to {_SMALLEST_RATIO:g} is detected with a power of {target:g} at these looks"
        raise PlanError(Problem("plan.hazard_ratio", message, Where(path="looks"), cure="look later, or enroll more"))
    ratio = math.exp(_root(gap, low, high))
    sized = make(ratio)
    if abs(probit(sized.probabilities.power) - probit(target)) > _MISSED:
        message = f"the power jumps over {target:g} at a hazard ratio of {ratio:.3f}, where a look is just reached"
        raise PlanError(Problem("plan.hazard_ratio", message, Where(path="looks"), cure="enroll more, or look earlier"))
    return replace(sized, solved="hazard_ratio", exact=ratio)
