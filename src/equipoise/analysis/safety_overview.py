"""The overview of adverse events: categories, and each subject's worst grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.analysis.safety_tables import Safety, Tally, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Category", "Scale", "categories", "category_tallies", "scale_of", "worst_tallies"]

Scale = Literal["grade", "severity", "none"]

GRADES = ("1", "2", "3", "4", "5")
SEVERITIES = ("MILD", "MODERATE", "SEVERE")
_SEVERE_RANK = 3
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


def scale_of(events: pl.DataFrame) -> Scale:
    """What the events are graded by.

    Args:
        events: Events with `grade`, or with `severity` and `severity_rank`, or with neither.
    """
    if "grade" in events.columns and ("severity" not in events.columns or events["grade"].null_count() < events.height):
        return "grade"
    return "severity" if "severity" in events.columns else "none"


def categories(events: pl.DataFrame, interest: Mapping[str, pl.Series] | None = None) -> list[Category]:
    """The rows of the overview, in the order of print.

    Args:
        events: One row an event: USUBJID, flags that are true, false or null, and grade or severity.
        interest: For each category of special interest, which events belong to it.
    """
    found = [Category("any", events), _flagged(events, "related"), *_graded(events)]
    found += [_flagged(events, name) for name in ("serious", "discontinuation", "fatal")]
    for name, belongs in (interest or {}).items():
        found.append(Category(name, events.filter(belongs), "category of special interest"))
    return found


def _flagged(events: pl.DataFrame, flag: str) -> Category:
    """Events with a flag. A flag that is null everywhere is not recorded; null in places is said and counts as no."""
    if flag not in events.columns or (events.height and events[flag].null_count() == events.height):
        return Category(flag, events.clear(), unknown=_FLAGS[flag] if events.height else "")
    notes = []
    if events[flag].null_count():
        notes.append(f"{events[flag].null_count()} events without a value count as no")
    if flag == "serious" and "fatal" in events.columns:
        unmarked = events.filter(events["fatal"].fill_null(value=False) & ~events["serious"].fill_null(value=False))
        if unmarked.height:
            notes.append(f"as marked: {unmarked.height} fatal events are not marked serious; they are among the fatal")
    return Category(flag, events.filter(events[flag].fill_null(value=False)), "; ".join(notes))


def _graded(events: pl.DataFrame) -> list[Category]:
    scale = scale_of(events)
    if scale == "severity":
        severe = events.filter((events["severity_rank"] >= _SEVERE_RANK).fill_null(value=False))
        return [Category("severe", severe, _ungraded(events, "severity_rank"))]
    if scale == "none":
        why = "events are not graded" if events.height else ""
        return [
            Category(name, events.clear(), unknown=why) for name in ("grade_3_plus", "grade_3", "grade_4", "grade_5")
        ]
    note = _ungraded(events, "grade")
    found = [Category("grade_3_plus", events.filter((events["grade"] >= 3).fill_null(value=False)), note)]
    worst = _worst(events, "grade")
    for grade in (3, 4, 5):
        subjects = worst.filter(worst["grade"] == grade)["USUBJID"]
        theirs = events.filter(events["USUBJID"].is_in(subjects.implode()) & (events["grade"] == grade))
        found.append(Category(f"grade_{grade}", theirs, f"worst grade of the subject is {grade}"))
    return found


def _ungraded(events: pl.DataFrame, column: str) -> str:
    missing = events[column].null_count()
    return f"{missing} events without a grade do not count" if missing else ""


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
        (`none`); no rows where events have no scale.
    """
    scale, arms = scale_of(safety.events), len(safety.arms)
    if scale == "none":
        return []
    column = "grade" if scale == "grade" else "severity_rank"
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
