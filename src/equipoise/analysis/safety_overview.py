"""The overview of adverse events: categories, and each subject's worst grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.analysis.count_rows import many
from equipoise.analysis.safety_tables import Safety, Scale, Tally, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "HIGH",
    "INTEREST",
    "NOT_GRADED",
    "Category",
    "categories",
    "category_tallies",
    "scale_column",
    "ungraded",
    "worst_tallies",
]

INTEREST = "of_interest__"
GRADES = ("1", "2", "3", "4", "5")
SEVERITIES = ("MILD", "MODERATE", "SEVERE")
HIGH = 3
NOT_GRADED = "events are not graded"
_FLAGS = {
    "related": "whether an event was related is not recorded",
    "serious": "whether an event was serious is not recorded",
    "discontinuation": "whether an event led to discontinuation of treatment is not recorded",
    "fatal": "whether an event was fatal is not recorded",
}


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the overview.

    Attributes:
        name: `any`, `serious`, `grade_3_plus`, ...
        events: The events that it counts; for exact grades only those of subjects whose worst grade it is.
        note: What is counted, in words.
        unknown: Why nothing can be counted; "" where it can.
    """

    name: str
    events: pl.DataFrame
    note: str = ""
    unknown: str = ""


def categories(events: pl.DataFrame, scale: Scale, notes: Mapping[str, str] | None = None) -> list[Category]:
    """The rows of the overview, in the order of print.

    Args:
        events: One row an event: USUBJID, flags that are true, false or (where nothing is recorded) null, grade or
            severity, and a flag `of_interest__NAME` for each category of special interest.
        scale: What the events are graded by.
        notes: What is to be said of a flag.
    """
    said = notes or {}
    found = [Category("any", events), _flagged(events, "related", said), *_graded(events, scale)]
    found += [_flagged(events, name, said) for name in ("serious", "discontinuation", "fatal")]
    for column in events.columns:
        if column.startswith(INTEREST):
            found.append(Category(column.removeprefix(INTEREST), events.filter(events[column])))
    return found


def _flagged(events: pl.DataFrame, flag: str, said: Mapping[str, str]) -> Category:
    """Events with a flag; one that is null is not recorded."""
    if events[flag].null_count():
        return Category(flag, events.clear(), unknown=_FLAGS[flag])
    notes = [said[flag]] if flag in said else []
    if flag == "serious" and not events["fatal"].null_count():
        unmarked = events.filter(events["fatal"] & ~events["serious"]).height
        if unmarked:
            notes.append(f"serious as marked: {many(unmarked, 'fatal event')} not marked so, counted among the fatal")
    return Category(flag, events.filter(events[flag]), "; ".join(notes))


def _graded(events: pl.DataFrame, scale: Scale) -> list[Category]:
    column = scale_column(scale)
    names = ("grade_3_plus", "grade_3", "grade_4", "grade_5") if scale == "grade" else ("severe",)
    if ungraded(events, scale):
        return [Category(name, events.clear(), unknown=NOT_GRADED) for name in names]
    note = _without_grade(events, column)
    found = [Category(names[0], events.filter((events[column] >= HIGH).fill_null(value=False)), note)]
    worst = _worst(events, column)
    for grade, name in enumerate(names[1:], start=HIGH):
        subjects = worst.filter(worst[column] == grade)["USUBJID"]
        theirs = events.filter(events["USUBJID"].is_in(subjects.implode()) & (events[column] == grade))
        found.append(Category(name, theirs, f"worst grade of the subject is {grade}"))
    return found


def scale_column(scale: Scale) -> str:
    """Column with the rank of an event on a scale; rank 3 is grade 3, or severe."""
    return "grade" if scale == "grade" else "severity_rank"


def ungraded(events: pl.DataFrame, scale: Scale) -> bool:
    """Whether there are events and none of them has a grade: then nobody's count of high grades may be 0."""
    return bool(events.height) and events[scale_column(scale)].null_count() == events.height


def _without_grade(events: pl.DataFrame, column: str) -> str:
    missing = events[column].null_count()
    return f"{many(missing, 'event')} without a grade not counted" if missing else ""


def _worst(events: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row a subject with events: USUBJID, arm and the highest grade, null where none of the events has one."""
    import polars as pl

    return events.group_by("USUBJID", "arm").agg(pl.col(column).max())


def category_tallies(found: Iterable[Category], arms: int) -> list[Tally]:
    """Counts of the overview.

    Args:
        found: Its rows.
        arms: Number of arms.
    """
    return [tally(one.events, (("category", one.name),), arms, note=one.note, unknown=one.unknown) for one in found]


def worst_tallies(safety: Safety) -> list[Tally]:
    """Subjects by their worst grade or severity: each subject in exactly one row, also those without any event.

    Args:
        safety: The analysis.

    Returns:
        Rows for each grade, for subjects whose events all lack a grade (`missing`) and for those without events
        (`none`).
    """
    scale, arms = safety.scale, len(safety.arms)
    column = scale_column(scale)
    worst = _worst(safety.events, column)
    labels = dict(enumerate(GRADES if scale == "grade" else SEVERITIES, start=1))
    if scale == "severity":
        # The data's own words for a severity stand before ours.
        pairs = safety.events.select("severity_rank", "severity").drop_nulls().unique(maintain_order=True)
        labels |= {int(rank): str(text) for rank, text in pairs.sort("severity_rank").iter_rows()}
    note = "each subject once, at the worst grade; an event without a grade does not change it"
    found = []
    for rank in sorted(labels):
        subjects = worst.filter(worst[column] == rank)
        theirs = safety.events.join(subjects.select("USUBJID"), on="USUBJID", how="semi")
        found.append(_worst_tally(labels[rank], subjects, theirs.filter(theirs[column] == rank), arms, note))
    bare = worst.filter(worst[column].is_null())
    theirs = safety.events.join(bare.select("USUBJID"), on="USUBJID", how="semi")
    found.append(_worst_tally("missing", bare, theirs, arms, "subjects whose events all lack a grade"))
    without = safety.n - np.bincount(worst["arm"].to_numpy().astype(np.int64), minlength=arms)
    none = Tally(
        (("worst_grade", "none"),), without.astype(np.int64), np.zeros(arms, np.int64), "subjects without events"
    )
    return [*found, none]


def _worst_tally(level: str, subjects: pl.DataFrame, events: pl.DataFrame, arms: int, note: str) -> Tally:
    groups = (("worst_grade", level),)
    return Tally(groups, tally(subjects, groups, arms).subjects, tally(events, groups, arms).events, note)
