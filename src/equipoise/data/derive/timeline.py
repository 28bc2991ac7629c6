"""What is known of one subject, and how the declared rules read it: dates of visits, disease after a CR, baseline."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from equipoise.protocol.assessments import PRESETS, ResponseRules, Rules, Schedule

__all__ = ["ADEQUATE", "Assessment", "Course", "Plan", "Timeline", "Visit", "read_course"]

ADEQUATE: Final = frozenset({"CR", "PR", "SD", "NON-CR/NON-PD", "PD"})
"""Responses that say something of the tumor; NE, NA and ND do not, and never make an assessment adequate."""

_DISEASE: Final = frozenset({"PR", "SD", "NON-CR/NON-PD"})


class Visit(NamedTuple):
    """One visit as recorded: its overall response, first and last date of its scans."""

    response: str
    first: datetime.date
    last: datetime.date


class Assessment(NamedTuple):
    """One visit as the rules read it: one date, one response."""

    date: datetime.date
    response: str

    @property
    def adequate(self) -> bool:
        """Whether the tumor could be judged."""
        return self.response in ADEQUATE


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is known of one subject at the data cut.

    Attributes:
        subject: Identifier.
        start: Day on which times begin.
        anchor: Day from which visits were planned.
        visits: Visits after the start, any order.
        death: Date of death.
        new_therapy: Start of another anticancer therapy.
        last_alive: Last day known alive.
        baseline: Whether the baseline assessment was adequate.
    """

    subject: str
    start: datetime.date
    anchor: datetime.date
    visits: tuple[Visit, ...] = ()
    death: datetime.date | None = None
    new_therapy: datetime.date | None = None
    last_alive: datetime.date | None = None
    baseline: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """The declared choices of one derived endpoint, all made.

    Attributes:
        rules: Who is censored, and when.
        response: How visits become a best response.
        schedule: When visits were planned, or None.
        first_day: Number of the first day: 1 in ADaM, or 0.
        days_per_month: Length of a month.
        start_word: `randomization` or `treatment start`, for sentences.
    """

    rules: Rules
    response: ResponseRules = field(default_factory=ResponseRules)
    schedule: Schedule | None = None
    first_day: int = 1
    days_per_month: float = 30.4375
    start_word: str = "randomization"

    def rule(self, choice: str) -> str:
        """Name of a rule: `fda.new_therapy`, or `declared.new_therapy` where the choice is not the preset's.

        Args:
            choice: Name of the choice.
        """
        preset = PRESETS.get(self.rules.preset or "")
        if preset is None or getattr(preset, choice, None) != getattr(self.rules, choice, None):
            return f"declared.{choice}"
        return f"{self.rules.preset}.{choice}"


@dataclass(frozen=True, slots=True)
class Course:
    """A timeline as the rules read it.

    Attributes:
        line: The timeline.
        plan: The choices.
        assessments: In order of dates; empty where a missing baseline makes them worthless.
        progression: The first PD.
    """

    line: Timeline
    plan: Plan
    assessments: tuple[Assessment, ...]
    progression: datetime.date | None

    @property
    def usable(self) -> bool:
        """Whether the assessments can be judged: there is a baseline, or the rules do without."""
        return self.line.baseline or self.plan.rules.no_baseline != "censor"

    def day(self, date: datetime.date) -> int:
        """Number of a day, counted as declared.

        Args:
            date: The day.
        """
        return (date - self.line.start).days + self.plan.first_day

    def said(self, date: datetime.date) -> str:
        """`2020-03-04 (day 64)`.

        Args:
            date: The day.
        """
        return f"{date.isoformat()} (day {self.day(date)})"

    def last_adequate(self, until: datetime.date | None = None) -> datetime.date | None:
        """Date of the last adequate assessment without progression.

        Args:
            until: The last day that is looked at; all where absent.

        Returns:
            The date, or None where there is none.
        """
        dates = [one.date for one in self.assessments if one.adequate and one.response != "PD"]
        if self.progression is not None:
            dates = [date for date in dates if date <= self.progression]
        return max((date for date in dates if until is None or date <= until), default=None)


def read_course(line: Timeline, plan: Plan) -> Course:
    """Reads a timeline by the rules.

    Args:
        line: What is known.
        plan: The choices.

    Returns:
        Its assessments in order of dates, with one date each, and the first progression.
    """
    rules = plan.rules
    dated = []
    for visit in line.visits:
        which = rules.progression_date if visit.response == "PD" else rules.assessment_date
        dated.append(Assessment(visit.first if which == "earliest" else visit.last, visit.response))
    dated.sort(key=lambda one: (one.date, one.response != "PD"))
    read = _after_complete(tuple(dated), plan.response.after_complete)
    course = Course(line, plan, read, next((one.date for one in read if one.response == "PD"), None))
    return course if course.usable else replace(course, assessments=(), progression=None)


def _after_complete(assessments: tuple[Assessment, ...], choice: str) -> tuple[Assessment, ...]:
    """Disease after a CR: RECIST 1.1, table 3, footnote a."""
    if choice == "as_recorded":
        return assessments
    out: list[Assessment] = []
    for position, one in enumerate(assessments):
        before = [other.response for other in out]
        until = "PD" in before
        later = []
        for other in assessments[position + 1 :]:
            if other.response == "PD":
                break
            later.append(other.response)
        if choice == "progression" and one.response in _DISEASE and "CR" in before and not until:
            out.append(Assessment(one.date, "PD"))
        elif choice == "partial" and one.response == "CR" and "PR" in later:
            out.append(Assessment(one.date, "PR"))
        else:
            out.append(one)
    return tuple(out)
