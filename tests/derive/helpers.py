"""Days of a worked case as a timeline, and the choices it declares."""

from __future__ import annotations

import datetime
from typing import Any

from equipoise.data.derive.timeline import Course, Plan, Timeline, Visit, read_course
from equipoise.protocol.assessments import PRESETS, ResponseRules, Rules, Schedule, chosen_rules

START = datetime.date(2020, 1, 1)
EVERY_8_WEEKS = {"every": 8, "unit": "weeks", "window_days": 7}


def day(number: int | None) -> datetime.date | None:
    """The date of a day after randomization."""
    return None if number is None else START + datetime.timedelta(days=number)


def visits_of(written: dict[Any, str]) -> tuple[Visit, ...]:
    """`{56: SD, "110-115": PD}`: a day, or first and last day of one visit."""
    out = []
    for days, response in written.items():
        first, _, last = str(days).partition("-")
        out.append(Visit(response, day(int(first)), day(int(last or first))))
    return tuple(out)


def plan_for(case: dict[str, Any], preset: str) -> Plan:
    """The plan of a case: its own rules stand in for FDA's, never for EMA's."""
    rules = (
        chosen_rules(Rules.model_validate(case["rules"])) if preset == "fda" and "rules" in case else PRESETS[preset]
    )
    schedule = Schedule.model_validate({**EVERY_8_WEEKS, **case.get("schedule", {})})
    return Plan(rules, ResponseRules.model_validate(case.get("response", {})), schedule)


def course_of(case: dict[str, Any], preset: str = "fda") -> Course:
    """A case as the rules read it."""
    line = Timeline(
        subject=case["id"],
        start=START,
        anchor=day(case.get("anchor", 0)),
        visits=visits_of(case["visits"]),
        death=day(case.get("death")),
        new_therapy=day(case.get("therapy")),
        baseline=case.get("baseline", True),
    )
    return read_course(line, plan_for(case, preset))
