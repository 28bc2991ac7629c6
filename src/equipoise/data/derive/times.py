"""Other times of one subject: progression alone, duration of response, time to response, survival."""

from __future__ import annotations

from equipoise.data.derive.progression import LAST, Outcome, progression_free_survival
from equipoise.data.derive.response import first_response
from equipoise.data.derive.timeline import Course

__all__ = ["duration_of_response", "overall_survival", "time_to_progression", "time_to_response"]


def time_to_progression(course: Course) -> Outcome:
    """Like progression-free survival, but a death without progression is censored at the last adequate assessment.

    Args:
        course: The subject.

    Returns:
        The outcome.
    """
    found = progression_free_survival(course)
    if found.status == 1 and found.reason == "Death":
        last = course.last_adequate(found.date)
        place, day = (LAST, last) if last is not None else (course.plan.start_word, course.line.start)
        said = f"death on {course.said(found.date)} without progression: censored at {place} {course.said(day)}"
        rule = "declared.time_to_progression"
        return Outcome(day, 0, "Death without progression", rule, said, course.line.start, place)
    return found


def duration_of_response(course: Course, *, confirmed: bool) -> Outcome | None:
    """From the first response to progression or death, censored as progression-free survival.

    Args:
        course: The subject.
        confirmed: Whether only confirmed responses count.

    Returns:
        The outcome, or None for a non-responder.
    """
    response = first_response(course, confirmed=confirmed)
    if response is None:
        return None
    one, witness = response
    found = progression_free_survival(course)
    by = f", confirmed {witness.isoformat()}" if witness is not None else ""
    said = f"{one.response} on {course.said(one.date)}{by}; {found.decision}"
    if found.date < one.date:
        said += f"; that is before the response, so that the duration is censored on its first day {one.date}"
        return found._replace(date=one.date, status=0, start=one.date, decision=said, place="first response")
    return found._replace(start=one.date, decision=said)


def time_to_response(course: Course, *, confirmed: bool, everybody: bool) -> Outcome | None:
    """From the start to the first response.

    Args:
        course: The subject.
        confirmed: Whether only confirmed responses count.
        everybody: Whether non-responders are in, with progression and death as competing events.

    Returns:
        The outcome; None for a non-responder who is left out.
    """
    response = first_response(course, confirmed=confirmed)
    start = course.line.start
    if response is not None:
        one, witness = response
        by = f", confirmed {witness.isoformat()}" if witness is not None else ""
        decision = f"{one.response} on {course.said(one.date)}{by}: event"
        return Outcome(one.date, 1, "Response", "recist.response", decision, start)
    if not everybody:
        return None
    found = progression_free_survival(course)
    if found.status == 1:
        decision = found.decision.replace(": event", ": competing event")
        return found._replace(status=2, decision=f"no response; {decision}")
    return found._replace(decision=f"no response; {found.decision}")


def overall_survival(course: Course) -> Outcome:
    """From the start to death, censored on the last day known alive.

    Args:
        course: The subject.

    Returns:
        The outcome.
    """
    line = course.line
    if line.death is not None:
        said = f"death on {course.said(line.death)}: event"
        return Outcome(max(line.death, line.start), 1, "Death", "declared.death", said, line.start)
    days = [day for day in (line.last_alive, *(visit.last for visit in line.visits)) if day is not None]
    last = max([line.start, *days])
    known = f"known alive until {course.said(last)}" if last > line.start else "nothing known after the start"
    return Outcome(last, 0, "Alive", "declared.last_alive", f"{known}: censored there", line.start, "last known alive")
