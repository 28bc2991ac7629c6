"""Scheduled assessments that were missed between the last adequate one and an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from equipoise.protocol.assessments import Schedule
from equipoise.units import days_per

__all__ = ["missed", "on_schedule", "planned_days"]


def planned_days(schedule: Schedule, days_per_month: float) -> Iterator[int]:
    """Planned days after the anchor, without end.

    Args:
        schedule: The declaration; the interval after a visit is that of the piece in which the visit lies.
        days_per_month: Length of a month.

    Yields:
        Whole days, the anchor itself (0) first.
    """
    unit = days_per(schedule.unit, days_per_month=days_per_month)
    at = 0.0
    while True:
        yield round(at * unit)
        if isinstance(schedule.every, tuple):
            at += next(piece.value for piece in schedule.every if piece.until is None or at < piece.until)
        else:
            at += schedule.every


def missed(schedule: Schedule, last: int | None, event: int, *, days_per_month: float, counted_by: str | None) -> int:
    """How many scheduled assessments were missed after the last adequate one and before an event.

    An adequate assessment stands for the scheduled one nearest to it (of two equally near, the later). By `schedule`,
    a later one is missed when its window has closed before the event. By `gap`, n are missed when the gap is longer
    than the n intervals that follow and a window at either end.

    Args:
        schedule: The declaration.
        last: Day of the last adequate assessment after the anchor; None where there is none.
        event: Day of the event after the anchor.
        days_per_month: Length of a month.
        counted_by: `schedule` or `gap`.

    Returns:
        The number.
    """
    days: list[int] = []
    for day in planned_days(schedule, days_per_month):
        days.append(day)
        if day > max(event, last or 0) and len(days) > 1:
            break
    stands_for = 0 if last is None else min(range(len(days)), key=lambda k: (abs(days[k] - last), -k))
    if counted_by == "gap":
        gap = event - (last or 0)
        return sum(gap > day - days[stands_for] + 2 * schedule.window_days for day in days[stands_for + 1 :])
    return sum(day + schedule.window_days < event for day in days[stands_for + 1 :])


def on_schedule(schedule: Schedule, days: Iterable[int], *, days_per_month: float) -> int:
    """How many assessments lie in the window of a planned one.

    Args:
        schedule: The declaration.
        days: Days of assessments after the anchor.
        days_per_month: Length of a month.

    Returns:
        The number.
    """
    wanted = sorted(days)
    planned = planned_days(schedule, days_per_month)
    at, number = next(planned), 0
    for day in wanted:
        while at + schedule.window_days < day:
            at = next(planned)
        number += at - schedule.window_days <= day
    return number
