"""When looks are held: events, information or times, of several the latest, and the latest time of all.

A rule is what a look waits for, in numbers. `look_times` turns rules into calendar times under assumptions, which may
be other ones than those planned: the same rules under the null hypothesis say when the looks would come there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from equipoise.design._timeline import timeline
from equipoise.design.assumptions import Assumptions
from equipoise.design.expected import FEW, most_events, solve_one, times_of_events
from equipoise.design.information import Information, information
from equipoise.design.statistics import LogRank, Milestone, RestrictedMean, Statistic
from equipoise.errors import PlanError, Problem, Where

__all__ = ["LookRule", "bound_fractions", "check_looks", "held_rules", "look_times", "possible_events"]

_SAME_LOOK = 0.5
"""Events that a look must add to the look before it."""


@dataclass(frozen=True, slots=True)
class LookRule:
    """What one look waits for; of several, the later. Times are calendar times since the first enrolment.

    Attributes:
        events: Number of events.
        fraction: Information out of that of the last look; 1 at the last look says nothing more.
        at: A time.
        follow_up: Time after the last enrolment.
        latest: The look is held then at the latest.
        efficacy: Whether efficacy is tested.
        futility: Whether futility is.
        path: Place in the protocol.
        earlier: Whether it waits for the earlier of several things instead.
    """

    events: float | None = None
    fraction: float | None = None
    at: float | None = None
    follow_up: float | None = None
    latest: float | None = None
    efficacy: bool = True
    futility: bool = True
    path: str = "looks"
    earlier: bool = False

    @property
    def timed(self) -> bool:
        """Whether it waits for a time."""
        return self.at is not None or self.follow_up is not None


def bound_fractions(statistic: object, found: Information) -> tuple[float, ...]:
    """Information fractions that bounds go by: of events for the log-rank test, of the statistic's variance for others.

    The variance of the unweighted score under its null hypothesis grows with the events, whichever formula foresees it.

    Args:
        statistic: The statistic.
        found: What is expected of it.
    """
    if isinstance(statistic, LogRank):
        return tuple(one / found.events[-1] for one in found.events)
    return found.fractions


def held_rules(rules: Sequence[LookRule], statistic: object, found: Information) -> tuple[LookRule, ...]:
    """Rules as a trial follows them, whatever turns out to be true: a fraction of information is a number of events.

    Restricted means and milestones gain information by time, and their looks are held at the planned times.

    Args:
        rules: What the looks wait for.
        statistic: The statistic.
        found: What is expected of it at the looks.
    """
    out = []
    for look, rule in enumerate(rules):
        if rule.fraction is None or (look == len(rules) - 1 and rule.timed):
            out.append(replace(rule, fraction=None))
        elif isinstance(statistic, RestrictedMean | Milestone):
            out.append(replace(rule, at=found.times[look], follow_up=None, fraction=None))
        else:
            out.append(replace(rule, events=found.events[look], fraction=None))
    return tuple(out)


def look_times(
    assumptions: Assumptions, statistic: Statistic, rules: Sequence[LookRule], *, last: float | None = None
) -> tuple[float, ...]:
    """Calendar times of the looks.

    Args:
        assumptions: The trial in numbers.
        statistic: Whose information counts where a look waits for a fraction of it.
        rules: One a look.
        last: Time of the last look, where it is not its rule that decides.

    Raises:
        PlanError: Events that are never reached (with how many can be, and when), a last look that nothing places, or
            looks that are not in order; every problem is named.
    """
    if last is None and all(rule.events is not None and not rule.timed and rule.latest is None for rule in rules):
        return _by_events(assumptions, rules)
    final = _last(assumptions, rules[-1]) if last is None else last
    wanted = _events_wanted(assumptions, statistic, rules, final)
    ready = iter(_times_before(assumptions, [d for d in wanted if d is not None], final))
    times: list[float] = []
    for rule, events in zip(rules[:-1], wanted, strict=True):
        # Events that are never reached are waited for until the latest time.
        waits = [next(ready)] if events is not None else [math.inf] if rule.events is not None else []
        if rule.events is None and events is None and rule.fraction is not None:
            waits.append(_time_of_information(assumptions, statistic, rule, final))
        waits += _waits(assumptions, rule)
        times.append(_earlier(_when(waits, rule), rule.latest))
    times.append(final)
    _in_order(times, rules, assumptions.unit)
    return tuple(times)


def _times_before(assumptions: Assumptions, events: Sequence[float], final: float) -> Sequence[float]:
    """Times of events, most of which come before the last look."""
    line = timeline(assumptions)
    if len(line.jumps) * len(line.plain) > FEW or not events:
        return times_of_events(assumptions, events) if events else ()
    total = line.events_and_pace_at(final)[0]
    if not all(0.0 < one < total for one in events):
        return times_of_events(assumptions, events)
    # Events grow about as the square of time while patients come in.
    return [solve_one(line, one, 0.0, final, final * math.sqrt(one / total)) for one in events]


def _by_events(assumptions: Assumptions, rules: Sequence[LookRule]) -> tuple[float, ...]:
    """Looks that wait for events and for nothing else, all at once."""
    most = possible_events(assumptions)
    wrong = [_placed(_never(assumptions, rule.events), rule) for rule in rules if rule.events and rule.events >= most]
    if wrong:
        raise PlanError(wrong)
    times = times_of_events(assumptions, [rule.events or 0.0 for rule in rules])
    _in_order(times, rules, assumptions.unit)
    return times


def possible_events(assumptions: Assumptions) -> float:
    """Events expected if follow-up never ended.

    Args:
        assumptions: The trial in numbers.
    """
    line = timeline(assumptions)
    return line.patients * line.limit


def _last(assumptions: Assumptions, rule: LookRule) -> float:
    waits = _waits(assumptions, rule)
    if rule.events is not None:
        most = possible_events(assumptions)
        if rule.events < most:
            waits += times_of_events(assumptions, (rule.events,))
        elif rule.earlier and waits:
            return _earlier(min(waits), rule.latest)
        elif rule.latest is not None:
            return rule.latest
        else:
            raise PlanError(_placed(_never(assumptions, rule.events), rule))
    if not waits:
        message = "nothing says when the last look is held"
        cure = "add `events:`, `at:` or `follow_up:` to the last look, or let `solve:` find it"
        raise PlanError(Problem("plan.look_times", message, Where(path=rule.path), cure=cure))
    return _earlier(_when(waits, rule), rule.latest)


def _events_wanted(
    assumptions: Assumptions, statistic: Statistic, rules: Sequence[LookRule], final: float
) -> list[float | None]:
    """Events that the interim looks wait for; None where they do not, or where the latest time comes before them."""
    total = timeline(assumptions).events_and_pace_at(final)[0] if any(rule.fraction for rule in rules[:-1]) else 0.0
    most, wrong, out = math.nan, [], []
    for rule in rules[:-1]:
        events = rule.events
        if events is None and rule.fraction is not None and isinstance(statistic, LogRank):
            events = rule.fraction * total
        if rule.events is not None:
            most = possible_events(assumptions) if math.isnan(most) else most
            if rule.events >= most:
                if rule.latest is None and not (rule.earlier and rule.timed):
                    wrong.append(_placed(_never(assumptions, rule.events), rule))
                events = None
        out.append(events)
    if wrong:
        raise PlanError(wrong)
    return out


def _waits(assumptions: Assumptions, rule: LookRule) -> list[float]:
    found = [] if rule.at is None else [rule.at]
    if rule.follow_up is not None:
        found.append(assumptions.accrual.duration + rule.follow_up)
    return found


def _when(waits: Sequence[float], rule: LookRule) -> float:
    return min(waits) if rule.earlier else max(waits)


def _earlier(time: float, latest: float | None) -> float:
    return time if latest is None else min(time, latest)


def _never(assumptions: Assumptions, events: float) -> Problem:
    try:
        times_of_events(assumptions, (events,))
    except PlanError as error:
        return error.problems[0]
    message = f"{events:g} events are at the limit of what can be reached"
    return Problem("plan.events_unreached", message, cure="plan fewer events or more patients")


def _placed(problem: Problem, rule: LookRule) -> Problem:
    key = ".events" if rule.events is not None else ""
    return replace(problem, where=Where(path=f"{rule.path}{key}"))


def _time_of_information(assumptions: Assumptions, statistic: Statistic, rule: LookRule, final: float) -> float:
    """Time at which the statistic has a fraction of the information that it has at the last look."""
    from scipy.optimize import brentq

    fraction = rule.fraction or 1.0
    if fraction >= 1.0:
        return final
    total = information(assumptions, statistic, (final,)).null_information[-1]

    def gap(time: float) -> float:
        try:
            return information(assumptions, statistic, (time,)).null_information[-1] / total - fraction
        except PlanError:  # too early for any information
            return -fraction

    time = float(brentq(gap, 1e-6 * final, final, xtol=1e-12 * final, rtol=1e-13))
    # Restricted means and milestones begin with much of their information when the first are followed long enough.
    first = gap(time * (1.0 + 1e-9))
    if first > 1e-3:
        message = (
            f"the statistic never has {fraction:g} of its final information: it begins at {time:.1f} "
            f"{assumptions.unit} with {first + fraction:.3f}"
        )
        cure = "look at a larger fraction, or give the look a time"
        raise PlanError(Problem("plan.information", message, Where(path=rule.path), f"{fraction:g}", cure))
    return time


def _in_order(times: Sequence[float], rules: Sequence[LookRule], unit: str) -> None:
    wrong = []
    for look, (before, after) in enumerate(itertools.pairwise(times), start=2):
        if after <= before:
            message = f"look {look} comes at {after:.1f} {unit}, not after look {look - 1} at {before:.1f}"
            cure = "let each look wait for more than the look before it"
            wrong.append(Problem("plan.look_order", message, Where(path=rules[look - 1].path), cure=cure))
    if wrong:
        raise PlanError(wrong)


def check_looks(assumptions: Assumptions, found: Information, rules: Sequence[LookRule]) -> None:
    """Refuse a look that comes when nothing more can happen.

    Args:
        assumptions: The trial in numbers.
        found: What is expected at the looks.
        rules: Their rules, for their places.

    Raises:
        PlanError: Looks that add less than half an event to the look before; says how many there are, and until when.
    """
    wrong = []
    for look, (before, after) in enumerate(zip(found.events, found.events[1:], strict=False), start=2):
        if after - before >= _SAME_LOOK:
            continue
        most, when = most_events(assumptions)
        message = (
            f"look {look} at {found.times[look - 1]:.1f} {assumptions.unit} comes when no more events do: "
            f"{assumptions.patients:g} patients yield at most {most:.1f}, 99.9% of them by {when:.1f}, "
            f"and {before:.1f} are there at look {look - 1}"
        )
        where = Where(path=rules[look - 1].path)
        wrong.append(Problem("plan.look_too_late", message, where, cure="look earlier, or enroll more patients"))
    if wrong:
        raise PlanError(wrong)
