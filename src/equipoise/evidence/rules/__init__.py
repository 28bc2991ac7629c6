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

    A rule that meets numbers beyond floating point (a printed 1e400) is left out for this reading; nothing is raised.

    Args:
        reading: What was read.

    Returns:
        Findings, those of one rule together, in the order of `RULES`.
    """
    found: list[Finding] = []
    for rule in RULES:
        try:
            found.extend(rule.check(reading))
        except (ArithmeticError, ValueError):
            continue
    return tuple(found)
