"""Looks that wait for events which no trial has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equipoise.errors import Problem, SimulationError, Where
from equipoise.simulation.units import UNIT

if TYPE_CHECKING:
    from equipoise.errors import Severity
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study

__all__ = ["check_reached", "never_reached"]


def check_reached(study: Study, sums: Accumulator) -> None:
    """Refuse a scenario, as it is declared, whose trials never come to a look.

    Args:
        study: What is simulated.
        sums: Sums of its first trials.

    Raises:
        SimulationError: When a look waits for more events than any trial has. Where something is varied, or there is no
            effect, this is an answer and no mistake.
    """
    if study.vary or study.under == "h0":
        return
    wrong = never_reached(study, sums)
    if wrong:
        raise SimulationError(wrong)


def never_reached(study: Study, sums: Accumulator, *, severity: Severity = "error") -> list[Problem]:
    """Looks that wait for events that no trial has, and that no date ends.

    Args:
        study: What is simulated.
        sums: Its sums.
        severity: Of the problems.
    """
    triggers = study.triggers
    found: list[Problem] = []
    for tested in study.tested:
        for look, k in enumerate(tested.ks, start=1):
            events = int(triggers.events[k])
            waits = events > 0 and int(triggers.same[k]) < 0 and not int(triggers.earlier[k])
            if not waits or math.isfinite(float(triggers.latest[k])) or sums.count("reached", k):
                continue
            most = _most(study, sums, tested.ks[-1])
            found.append(
                Problem(
                    "simulation.never_reached",
                    f"look {look} of {tested.hypothesis} waits for {events:,} events, and no trial of {sums.trials:,} "
                    f"has them under scenario {study.scenario}: the most seen is {most:,}",
                    Where(path=f"design.{tested.hypothesis}.looks[{look - 1}].events"),
                    str(events),
                    "wait for fewer events, enroll more patients, or say until when with `latest_at:`",
                    severity,
                )
            )
    return found


def _most(study: Study, sums: Accumulator, k: int) -> int:
    """The most events that a trial of the first unit has at a final look."""
    from equipoise.simulation.engine import unit

    events = unit(study, 0, min(UNIT, sums.trials)).events
    return int(events[:, k].sum(axis=-1).max())
