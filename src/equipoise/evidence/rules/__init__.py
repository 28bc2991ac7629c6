"""Rules: what printed numbers say of each other. One rule a file; `judge` applies them all."""

from __future__ import annotations

from types import ModuleType

from equipoise.evidence.model import Finding, Reading
from equipoise.evidence.rules import (
    arms_total,
    count_percent,
    dates_order,
    difference_parts,
    events_width,
    interval_contains,
    interval_symmetric,
    medians_ratio,
    number_needed,
    p_value,
    randomization_ratio,
    recovered,
    reduction_ratio,
    same_twice,
    units_ranges,
)

__all__ = ["RULES", "judge"]

RULES: tuple[ModuleType, ...] = (
    interval_contains,
    interval_symmetric,
    p_value,
    events_width,
    reduction_ratio,
    count_percent,
    recovered,
    arms_total,
    difference_parts,
    number_needed,
    medians_ratio,
    dates_order,
    same_twice,
    units_ranges,
    randomization_ratio,
)
"""All rules in the order of their findings; each has `NAME`, `SENTENCE`, `REFERENCE` and `check`."""


def judge(reading: Reading) -> tuple[Finding, ...]:
    """What all rules say of a reading.

    Nothing is raised: a rule that fails on what was read is told as one that could not be applied, beside the others.

    Args:
        reading: What was read.

    Returns:
        Findings, those of one rule together, in the order of `RULES`.
    """
    found: list[Finding] = []
    for rule in RULES:
        try:
            found.extend(rule.check(reading))
        except Exception as error:  # one page's odd print must not cost the other rules, or the other pages
            what = f"{type(error).__name__}: {error}"
            found.append(Finding(rule.NAME, "unverifiable", (), "This rule could not be applied to the text.", what))
    return tuple(found)
