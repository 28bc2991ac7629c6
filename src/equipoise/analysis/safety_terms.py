"""Adverse events by class and term, and those of grade 3 or more among them: a row for each, however rare."""

from __future__ import annotations

import numpy as np

from equipoise.analysis.safety_overview import HIGH, NOT_GRADED, scale_column, ungraded
from equipoise.analysis.safety_tables import Groups, Safety, Tally, tally_by

__all__ = ["term_tallies"]


def term_tallies(safety: Safety) -> list[Tally]:
    """Counts by class, and by term within class.

    Args:
        safety: The analysis.

    Returns:
        Classes in alphabetic order, each followed by its terms; after each row the same among events of grade 3 or more
        (severe ones, on a severity scale).
    """
    arms, events = len(safety.arms), safety.events
    high = events.filter((events[scale_column(safety.scale)] >= HIGH).fill_null(value=False))
    unknown = NOT_GRADED if ungraded(events, safety.scale) else ""
    zero = np.zeros(arms, np.int64), np.zeros(arms, np.int64)
    counts = {level: tally_by(events, columns, arms) for level, columns in _LEVELS.items()}
    higher = {level: tally_by(high, columns, arms) for level, columns in _LEVELS.items()}
    found: list[Tally] = []

    def both(level: str, names: tuple[str, ...], groups: Groups) -> None:
        found.append(Tally(groups, *counts[level][names]))
        grade = ("grade", "3+" if safety.scale == "grade" else "severe")
        found.append(Tally((*groups, grade), *higher[level].get(names, zero), unknown=unknown))

    terms: dict[str, list[str]] = {}
    for soc, term in counts["term"]:
        terms.setdefault(soc, []).append(term)
    for (soc,) in counts["soc"]:
        both("soc", (soc,), (("soc", soc),))
        for term in terms[soc]:
            both("term", (soc, term), (("soc", soc), ("term", term)))
    return found


_LEVELS = {"soc": ["soc"], "term": ["soc", "term"]}
