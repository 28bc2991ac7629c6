"""Counts of adverse events by arm, many rows at once, and the rows of results that they become.

A subject counts once in each row of a table, however many events; an arm without events has zeros, not gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.analysis.count_rows import Ints, count_row, level_text, limits_slug, row, sentences
from equipoise.analysis.rows import Scope, estimate

if TYPE_CHECKING:
    import polars as pl

    from equipoise.kernels._counts import Intervals
    from equipoise.results import Statistic

__all__ = ["Groups", "Safety", "Scale", "Tally", "number_needed_rows", "tally", "tally_by", "tally_rows"]

Groups = tuple[tuple[str, str], ...]
Scale = Literal["grade", "severity"]


@dataclass(frozen=True, slots=True)
class Safety:
    """What all safety tables of one analysis need.

    Attributes:
        scope: What their keys share.
        arms: Names of the arms, in declared order.
        contrasts: Pairs (experimental, control).
        n: (arms,) subjects.
        events: One row an event: USUBJID, arm, soc, term, flags, grade or severity.
        scale: Whether events have toxicity grades (1 to 5) or severities (mild, moderate, severe, ...).
        conf_level: Level of all limits.
        difference: `miettinen_nurminen`, or `newcombe` in addition to it.
    """

    scope: Scope
    arms: tuple[str, ...]
    contrasts: tuple[tuple[str, str], ...]
    n: Ints
    events: pl.DataFrame
    scale: Scale = "grade"
    conf_level: float = 0.95
    difference: str = "miettinen_nurminen"


@dataclass(frozen=True, slots=True)
class Tally:
    """One row of a safety table.

    Attributes:
        groups: What the row is about, as in keys.
        subjects: (arms,) subjects with at least one such event.
        events: (arms,) such events.
        note: Said in the method of its rows.
        unknown: Why nothing can be counted; "" where it can.
    """

    groups: Groups
    subjects: Ints
    events: Ints
    note: str = field(default="")
    unknown: str = field(default="")


def tally(frame: pl.DataFrame, groups: Groups, arms: int, *, note: str = "", unknown: str = "") -> Tally:
    """Counts of one row.

    Args:
        frame: The events that the row is about: USUBJID, arm.
        groups: What it is about.
        arms: Number of arms.
        note: Said in the method of its rows.
        unknown: Why nothing can be counted.
    """
    once = frame.select("USUBJID", "arm").unique()
    return Tally(groups, _count(once, arms), _count(frame, arms), note, unknown)


def tally_by(frame: pl.DataFrame, columns: Sequence[str], arms: int) -> dict[tuple[str, ...], tuple[Ints, Ints]]:
    """Subjects and events by arm for each combination of levels.

    Args:
        frame: Events: USUBJID, arm and the columns.
        columns: Text columns to group by.
        arms: Number of arms.

    Returns:
        Levels → (subjects, events), each (arms,); combinations in alphabetic order.
    """
    import polars as pl

    counted = frame.group_by([*columns, "arm"]).agg(
        pl.col("USUBJID").n_unique().alias("subjects"), pl.len().alias("events")
    )
    found: dict[tuple[str, ...], tuple[Ints, Ints]] = {}
    for *levels, arm, subjects, events in counted.sort([*columns, "arm"]).iter_rows():
        pair = found.setdefault(tuple(levels), (np.zeros(arms, np.int64), np.zeros(arms, np.int64)))
        pair[0][arm], pair[1][arm] = subjects, events
    return found


def _count(frame: pl.DataFrame, arms: int) -> Ints:
    return np.bincount(frame["arm"].to_numpy().astype(np.int64), minlength=arms).astype(np.int64)


def tally_rows(safety: Safety, tallies: Sequence[Tally], *, contrasts: bool = True) -> Iterator[Statistic]:
    """Rows of many tallies: subjects, events, proportion with limits, and the risk difference of each contrast.

    The limits of all tallies are found together.

    Args:
        safety: The analysis.
        tallies: Rows of its tables.
        contrasts: Whether risk differences belong to them.
    """
    from equipoise.kernels.proportions import clopper_pearson_many

    if not tallies:
        return
    x = np.stack([one.subjects for one in tallies])
    n = np.broadcast_to(safety.n, x.shape)
    proportions = clopper_pearson_many(x, n, conf_level=safety.conf_level)
    level = level_text(safety.conf_level)
    words = (
        "subjects with at least one event, each counted once",
        f"proportions with {level}% Clopper-Pearson (exact) limits",
    )
    slug = limits_slug("clopper_pearson", safety.conf_level)
    for index, one in enumerate(tallies):
        text = sentences(*words, one.note)
        for arm, name in enumerate(safety.arms):
            yield from _arm_rows(safety, one, name, arm, proportions, index, slug, text)
    if contrasts:
        yield from _difference_rows(safety, tallies, x)


def _arm_rows(
    safety: Safety, one: Tally, name: str, arm: int, proportions: Intervals, index: int, slug: str, text: str
) -> Iterator[Statistic]:
    scope, size = safety.scope, int(safety.n[arm])
    keys = [scope.key(statistic, arm=name, groups=one.groups) for statistic in ("ae_subjects", "ae_events")]
    proportion = scope.key("ae_proportion", arm=name, groups=one.groups, interval=slug)
    if one.unknown:
        for key in (*keys, proportion):
            yield estimate(key, np.nan, reason=one.unknown, n=size, method_text=text)
        return
    yield count_row(keys[0], int(one.subjects[arm]), denominator=size, n=size, method_text=text)
    yield count_row(keys[1], int(one.events[arm]), n=size, method_text=text)
    yield row(
        proportion,
        proportions.at((index, arm)),
        conf_level=safety.conf_level,
        n=size,
        events=int(one.subjects[arm]),
        denominator=float(size),
        method_text=text,
    )


def _difference_rows(safety: Safety, tallies: Sequence[Tally], x: Ints) -> Iterator[Statistic]:
    from equipoise.kernels.two_by_two import difference_miettinen_nurminen_many, difference_newcombe_many

    methods: dict[str, tuple[Callable[..., Intervals], str]] = {
        "miettinen_nurminen": (difference_miettinen_nurminen_many, "Miettinen-Nurminen with N/(N-1)")
    }
    if safety.difference == "newcombe":
        methods["newcombe"] = (difference_newcombe_many, "Newcombe")
    level = safety.conf_level
    for experimental, control in safety.contrasts:
        i, j = safety.arms.index(experimental), safety.arms.index(control)
        size = int(safety.n[i] + safety.n[j])
        for slug, (kernel, name) in methods.items():
            found = kernel(x[:, i], safety.n[i], x[:, j], safety.n[j], conf_level=level)
            text = sentences(f"differences in the proportion of subjects with {level_text(level)}% {name} limits")
            shared: dict[str, Any] = {"arm": experimental, "versus": control, "interval": limits_slug(slug, level)}
            for index, one in enumerate(tallies):
                key = safety.scope.key("risk_difference", groups=one.groups, **shared)
                if one.unknown:
                    yield estimate(key, np.nan, reason=one.unknown, n=size, method_text=text)
                    continue
                events = int(one.subjects[i] + one.subjects[j])
                yield row(key, found.at(index), conf_level=level, n=size, events=events, method_text=text)


def number_needed_rows(safety: Safety, tallies: Iterable[Tally]) -> Iterator[Statistic]:
    """Subjects to be treated for one more (positive) or one fewer (negative) subject with the event.

    Args:
        safety: The analysis.
        tallies: Rows for which that makes sense.
    """
    from equipoise.kernels.two_by_two import difference_miettinen_nurminen, number_needed

    level = safety.conf_level
    for one in tallies:
        for experimental, control in safety.contrasts:
            i, j = safety.arms.index(experimental), safety.arms.index(control)
            key = safety.scope.key(
                "number_needed",
                arm=experimental,
                versus=control,
                groups=one.groups,
                interval=limits_slug("miettinen_nurminen", level),
            )
            table = int(one.subjects[i]), int(safety.n[i]), int(one.subjects[j]), int(safety.n[j])
            text = "Number treated for one more subject with the event (positive), or one fewer (negative)."
            if one.unknown:
                yield estimate(key, np.nan, reason=one.unknown, method_text=text)
                continue
            needed = number_needed(difference_miettinen_nurminen(*table, conf_level=level))
            reason = "the difference is 0" if table[0] * table[3] == table[2] * table[1] else ""
            if reason and not needed.reason:
                needed = needed._replace(reason=reason)
            yield row(
                key, needed, conf_level=level, n=table[1] + table[3], events=table[0] + table[2], method_text=text
            )
