"""Progression-free survival of one subject: date, event or censoring, the reason, and the decision in one line.

The order of the rules: a missing baseline, another anticancer therapy before the event, missed assessments before the
event, the event itself, and without any the last adequate assessment. A progression on the day of a death is a
progression; one on the day on which another therapy starts was before it.
"""

from __future__ import annotations

import datetime
from typing import Final, NamedTuple

from equipoise.data.derive.schedule import missed
from equipoise.data.derive.timeline import Course

__all__ = ["LAST", "Outcome", "progression_free_survival"]

LAST: Final = "last adequate assessment"


class Outcome(NamedTuple):
    """What was decided for one subject.

    Attributes:
        date: Day of the event or of the censoring.
        status: 0 censored, 1 event, 2 competing event.
        reason: A few words: what the event was, or why it was censored.
        rule: Name of the rule that decided, `fda.missed_visits`.
        decision: One line for a reader.
        start: Day on which the time begins.
        place: What the day of a censoring is: `last adequate assessment`, `randomization`; "" for an event.
    """

    date: datetime.date
    status: int
    reason: str
    rule: str
    decision: str
    start: datetime.date
    place: str = ""


def progression_free_survival(course: Course) -> Outcome:
    """Decides when a subject progressed or died, or until when it was followed without.

    Args:
        course: The subject as the rules read it.

    Returns:
        The outcome; the date is never before the start.
    """
    event, what = _event(course)
    therapy, rules = course.line.new_therapy, course.plan.rules
    if therapy is not None and rules.new_therapy != "ignore" and (event is None or therapy < event):
        return _new_therapy(course, therapy, event, what)
    if event is None:
        return _no_event(course)
    last = course.last_adequate(event)
    count = _missed(course, last, event)
    choice = rules.missed_visits.progression if what == "progression" else rules.missed_visits.death
    happened = f"{what} on {course.said(event)}"
    many = count >= (rules.missed_visits.at_least or 1)
    if many and choice == "censor":
        spell = f"day {course.day(last or course.line.start)} to {course.day(event)}"
        after = f"{happened} after {_counted(count)} ({spell})"
        if not course.usable:
            return _censored(course, None, "No adequate baseline assessment", "no_baseline",
                             f"no adequate baseline assessment, {after}")  # fmt: skip
        reason = f"{rules.missed_visits.at_least} or more missed assessments before {what}"
        return _censored(course, last, reason, "missed_visits", after)
    note = f" after {_counted(count)}, counted all the same" if many else ""
    if what == "death":
        happened = f"death on {course.said(event)} without progression"
        if not course.usable:
            note = " before the assessments that would have been missed"
    rule = course.plan.rule("missed_visits") if note else f"{course.plan.rules.preset or 'declared'}.{what}"
    return Outcome(max(event, course.line.start), 1, what.capitalize(), rule, f"{happened}{note}: event, rule {rule}",
                   course.line.start)  # fmt: skip


def _event(course: Course) -> tuple[datetime.date | None, str]:
    """The first progression, or the death where there is none before it."""
    progression, death = course.progression, course.line.death
    if progression is not None and (death is None or progression <= death):
        return progression, "progression"
    return death, "death"


def _missed(course: Course, last: datetime.date | None, event: datetime.date) -> int:
    plan, anchor = course.plan, course.line.anchor
    if plan.schedule is None:
        return 0
    before = None if last is None else (last - anchor).days
    return missed(plan.schedule, before, (event - anchor).days, days_per_month=plan.days_per_month,
                  counted_by=plan.rules.missed_visits.counted_by)  # fmt: skip


def _counted(count: int) -> str:
    return f"{count} missed assessment{'' if count == 1 else 's'}"


def _new_therapy(course: Course, therapy: datetime.date, event: datetime.date | None, what: str) -> Outcome:
    known = f"{what} on {event.isoformat()}" if event is not None else "any progression"
    said = f"new anticancer therapy on {course.said(therapy)} before {known}"
    if course.plan.rules.new_therapy == "event":
        rule = course.plan.rule("new_therapy")
        day = max(therapy, course.line.start)
        return Outcome(day, 1, "New anticancer therapy", rule, f"{said}: event, rule {rule}", course.line.start)
    if not course.usable:
        return _censored(course, None, "No adequate baseline assessment", "no_baseline",
                         f"no adequate baseline assessment, {said}")  # fmt: skip
    reason = "New anticancer therapy before progression"
    return _censored(course, course.last_adequate(therapy), reason, "new_therapy", said)


def _no_event(course: Course) -> Outcome:
    if not course.usable:
        return _censored(course, None, "No adequate baseline assessment", "no_baseline",
                         "no adequate baseline assessment, and no death")  # fmt: skip
    last = course.last_adequate()
    if last is None:
        reason = "No adequate assessment after baseline"
        return _censored(course, None, reason, "no_assessment", "no adequate assessment after baseline, and no death")
    return _censored(course, last, "No progression or death", "no_event", "no progression or death")


def _censored(course: Course, last: datetime.date | None, reason: str, choice: str, said: str) -> Outcome:
    """Censored at the last adequate assessment, or at the start where there is none."""
    plan, start = course.plan, course.line.start
    named = choice in ("missed_visits", "new_therapy", "no_baseline")
    rule = plan.rule(choice) if named else f"{plan.rules.preset or 'declared'}.{choice}"
    place = plan.start_word if last is None else LAST
    day = start if last is None else last
    return Outcome(day, 0, reason, rule, f"{said}: censored at {place} {course.said(day)}, rule {rule}", start, place)
