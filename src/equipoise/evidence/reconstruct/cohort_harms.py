"""Adverse events as printed: whose worst grade is what, and which events have a name; nobody's comes after death."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_contrast import golden
from equipoise.evidence.reconstruct.cohort_counts import nearest
from equipoise.evidence.reconstruct.cohort_goals import Goal, Goals
from equipoise.evidence.reconstruct.cohort_people import ArmPeople

__all__ = ["Harm", "HarmGoals", "Harms", "harm_goals", "harms", "readable"]

Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]

_CATEGORIES = {"any": 1, "grade_3_plus": 3, "grade_3": 3, "grade_4": 4, "grade_5": 5, "fatal": 5}
_FLAGS = ("serious", "related", "discontinuation")


@dataclass(frozen=True, slots=True)
class HarmGoals:
    """What is printed of the adverse events of an arm, as numbers of subjects.

    Attributes:
        size: Treated subjects.
        worst: Worst grade → subjects; grades that are not printed are absent.
        high: Subjects with grade 3 or worse; None where that is not printed.
        any: Subjects with any event; None where that is not printed.
        flags: `serious`, `related`, `discontinuation` → subjects.
        terms: (term, least grade, exact) → subjects.
    """

    size: int
    worst: dict[int, int] = field(default_factory=dict)
    high: int | None = None
    any: int | None = None
    flags: dict[str, int] = field(default_factory=dict)
    terms: dict[tuple[str, int, bool], int] = field(default_factory=dict)


class Harm(NamedTuple):
    """One event.

    Attributes:
        subject: Place of the subject in its arm.
        term: Its name; "" where none is printed.
        grade: Its grade.
        day: Day from randomization.
        serious: Whether it is serious; None where nothing printed says so.
        related: Whether it is related to treatment, likewise.
        stopped: Whether treatment was stopped, likewise.
    """

    subject: int
    term: str
    grade: int
    day: int
    serious: bool | None = None
    related: bool | None = None
    stopped: bool | None = None


class Harms(NamedTuple):
    """Events of an arm.

    Attributes:
        treated: (n,) who was treated.
        events: The events.
        missed: What could not be done, in sentences.
    """

    treated: Bools
    events: tuple[Harm, ...]
    missed: tuple[str, ...]


def readable(goal: Goal) -> tuple[str, int, bool] | str | None:
    """What a proportion of adverse events is of.

    Args:
        goal: The printed number.

    Returns:
        (term, least grade, whether exactly that grade), the term "" for events of any name; a flag; None for what is
        not understood.
    """
    groups = {name: level for name, level in goal.fact.groups.items() if name != "scope"}
    term = groups.pop("term", "")
    grade, category = groups.pop("grade", ""), groups.pop("category", "") or groups.pop("worst_grade", "")
    if groups:
        return None
    if category in _FLAGS and not term and not grade:
        return category
    if category:
        grade = {"any": "any", "fatal": "5", "grade_3_plus": "3+"}.get(category, category.removeprefix("grade_"))
    if grade in ("", "any"):
        return term, 1, False
    plain = grade.rstrip("+")
    if not plain.isdigit() or not 1 <= int(plain) <= 5:
        return None
    return term, int(plain), not grade.endswith("+")


def harm_goals(goals: Goals, arm: str, size: int) -> HarmGoals:
    """What is printed of an arm's adverse events.

    Args:
        goals: The printed numbers.
        arm: Arm.
        size: Treated subjects.
    """
    found = HarmGoals(size)
    high = any_ = None
    for statistic in ("ae_proportion", "ae_subjects"):
        for goal in goals.of(statistic, arm=arm, part="value"):
            what = readable(goal)
            if goal.box is None or what is None:
                continue
            count = round(goal.box.lower) if statistic == "ae_subjects" else nearest(goal.box, size)
            if isinstance(what, str):
                found.flags.setdefault(what, count)
                continue
            term, grade, exact = what
            if term:
                found.terms.setdefault(what, count)
            elif exact:
                found.worst.setdefault(grade, count)
            elif grade == 3:
                high = count
            elif grade == 1:
                any_ = count
            else:
                found.worst.setdefault(grade, count)
    return HarmGoals(size, found.worst, high, any_, found.flags, found.terms)


def harms(people: ArmPeople, goals: HarmGoals, kept: Bools, turn: float, number: int = 0) -> Harms:
    """Adverse events of an arm.

    Args:
        people: Its subjects.
        goals: What is printed.
        kept: (n,) who must have been treated: responders.
        turn: Where spreading sequences begin, and how many of those of whom nothing is printed had a milder event.
        number: Which of the equally fitting cohorts; they differ in fatal events and in grades that are not printed.
    """
    missed: list[str] = []
    treated = _treated(people, goals.size, kept)
    worst = _worst_grades(people, goals, treated, turn, number, missed)
    events = _named(people, goals, worst, turn, missed)
    covered = {(event.subject, event.grade) for event in events}
    for subject in np.flatnonzero(worst > 0).tolist():
        grade = int(worst[subject])
        if (subject, grade) not in covered:
            events.append(Harm(subject, "", grade, _day(people, subject, grade, turn)))
    return Harms(treated, tuple(sorted(_flagged(events, goals, missed))), tuple(missed))


def _treated(people: ArmPeople, size: int, kept: Bools) -> Bools:
    """Who was treated: of the others, those who left first without having died or responded."""
    treated = np.ones(people.n, dtype=np.bool_)
    outside = people.n - size
    if outside > 0:
        able = np.flatnonzero(~people.died & ~kept)
        treated[able[np.argsort(people.last[able], kind="stable")][:outside]] = False
    return treated


def _worst_grades(
    people: ArmPeople, goals: HarmGoals, treated: Bools, turn: float, number: int, missed: list[str]
) -> Integers:
    """The worst grade of each subject, 0 without an event; the fatal ones among those who died."""
    worst = np.zeros(people.n, dtype=np.int64)
    counts = dict(goals.worst)
    if goals.high is not None:
        rest = goals.high - sum(count for grade, count in counts.items() if grade >= 3)
        if rest < 0:
            missed.append(f"{goals.high} subjects with grade 3 or worse are fewer than those of its grades")
        elif 3 not in counts:
            counts[3] = rest
    died = np.flatnonzero(people.died & treated)
    free_fatal = goals.high is None and goals.any is None
    fatal = counts.pop(5, min(number % 4, died.size) if free_fatal else 0)
    if fatal > died.size:
        missed.append(f"{fatal} fatal adverse events, but {died.size} deaths")
    worst[died[:fatal]] = 5
    ranked = np.argsort(golden(people.n, turn), kind="stable")
    free = [int(k) for k in ranked if treated[k] and worst[k] == 0]
    for grade in sorted(counts, reverse=True):
        for _ in range(counts[grade]):
            if not free:
                missed.append(f"grade {grade}: more subjects than were treated")
                break
            worst[free.pop()] = grade
    sum_high = int((worst > 0).sum())
    milder = max(0, goals.any - sum_high) if goals.any is not None else round(turn * len(free))
    for _ in range(min(milder, len(free))):
        worst[free.pop()] = 2 - number % 2
    return worst


def _named(people: ArmPeople, goals: HarmGoals, worst: Integers, turn: float, missed: list[str]) -> list[Harm]:
    """Events of printed names: the highest grades first, given to subjects whose worst grade allows it."""
    events: list[Harm] = []
    for term in dict.fromkeys(term for term, _, _ in goals.terms):
        mine = {(grade, exact): n for (name, grade, exact), n in goals.terms.items() if name == term}
        has: set[int] = set()
        for (grade, exact), count in sorted(mine.items(), reverse=True):
            above = 0 if exact else len(has)
            able = [int(k) for k in np.argsort(-worst, kind="stable") if worst[k] >= grade and int(k) not in has]
            if exact:  # those whose worst grade it is, before those who have worse
                able.sort(key=lambda k: int(worst[k]) != grade)
            else:
                able.sort(key=lambda k: int(worst[k]))
            wanted = max(0, count - above)
            if wanted > len(able):
                missed.append(f"{term}, grade {grade}: {count} subjects, but {len(able) + above} have such a grade")
            for subject in able[:wanted]:
                has.add(subject)
                events.append(Harm(subject, term, grade, _day(people, subject, grade, turn)))
    return events


def _day(people: ArmPeople, subject: int, grade: int, turn: float) -> int:
    """A day of the first months, at the latest the last one; a fatal event on the day of death."""
    last = int(people.last[subject])
    if grade == 5:
        return last
    early = 7 + int(90 * ((subject + 0.5) * 0.6180339887 + turn) % 90)
    return max(1, min(early, last - 1))


def _flagged(events: list[Harm], goals: HarmGoals, missed: list[str]) -> list[Harm]:
    """Events with the printed flags: those of the highest grades are serious, related, or end treatment."""
    ranked = sorted(events, key=lambda event: (-event.grade, event.subject, event.term))
    for flag, count in goals.flags.items():
        chosen: list[int] = []
        for event in ranked:
            if event.subject not in chosen and len(chosen) < count:
                chosen.append(event.subject)
        if len(chosen) < count:
            missed.append(f"{flag}: {count} subjects, but {len(chosen)} have events")
        seen: set[int] = set()
        marked = []
        for event in ranked:
            hit = event.subject in chosen and event.subject not in seen
            seen.add(event.subject)
            marked.append(_marked(event, flag, hit=hit))
        ranked = marked
    return ranked


def _marked(event: Harm, flag: str, *, hit: bool) -> Harm:
    if flag == "serious":
        return event._replace(serious=hit)
    return event._replace(related=hit) if flag == "related" else event._replace(stopped=hit)
