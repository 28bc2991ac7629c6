"""The unknown where events of the last look are given: patients, or enrollment, that bring them in time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from equipoise.design._timeline import timeline
from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.design.assumptions import Assumptions
    from equipoise.design.timing import LookRule

__all__ = ["patients_for_events"]

_MOST_PATIENTS = 1e7


def patients_for_events(change: Callable[[float], Assumptions], start: float, rule: LookRule) -> float:
    """Patients with whom the events of the last look are expected at its time.

    Args:
        change: The trial with so many patients.
        start: A first number.
        rule: What the last look waits for: events, and a time.

    Raises:
        PlanError: When no number of patients brings so many by then.
    """
    from scipy.optimize import brentq

    wanted = rule.events or 0.0

    def gap(log_patients: float) -> float:
        made = change(math.exp(log_patients))
        waits = [] if rule.at is None else [rule.at]
        if rule.follow_up is not None:
            waits.append(made.accrual.duration + rule.follow_up)
        return math.log(max(timeline(made).events_and_pace_at(max(waits))[0], 1e-12) / wanted)

    low = high = math.log(start)
    while gap(low) > 0.0 and low > 0.0:
        low -= 1.0
    while gap(high) < 0.0:
        high += 1.0
        if high > math.log(_MOST_PATIENTS):
            message = f"no number of patients up to {_MOST_PATIENTS:g} brings {wanted:g} events by the last look"
            cure = "look later: patients who come after the last look add nothing"
            raise PlanError(Problem("plan.patients", message, Where(path=f"{rule.path}.events"), f"{wanted:g}", cure))
    return math.exp(float(brentq(gap, low, high, xtol=1e-13, rtol=1e-13)))
