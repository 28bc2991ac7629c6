"""Checks of assumptions: every problem is found before any is raised."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.design.assumptions import Assumptions, Group, Steps

__all__ = ["check"]

_LARGEST = 1e12


def check(assumptions: Assumptions) -> None:
    """Refuse assumptions that describe no trial.

    Args:
        assumptions: Those given.

    Raises:
        PlanError: With all problems.
    """
    found = [*_accrual(assumptions), *_groups(assumptions)]
    if found:
        raise PlanError(found)


def _problem(code: str, message: str, path: str, value: object, cure: str) -> Problem:
    return Problem(code=code, message=message, where=Where(path=path), value=str(value), cure=cure)


def _steps(steps: Steps, path: str, code: str, *, open_end: bool) -> Iterator[Problem]:
    """Problems of a function by steps: order, lengths, negative or infinite values."""
    ends, values = steps.ends, steps.values
    if not ends or len(ends) != len(values):
        yield _problem(code, "every step needs one end and one value", path, (ends, values), "give as many as ends")
        return
    rising = all(a < b for a, b in zip((0.0, *ends), ends, strict=False))
    if not rising or (open_end and not math.isinf(ends[-1])):
        cure = "let the ends increase from above 0" + ("; the last one is infinite" if open_end else "")
        yield _problem(code, "the ends of the steps must increase", path, ends, cure)
    if not all(0.0 <= value < _LARGEST for value in values):
        cure = f"give 0 or more, and less than {_LARGEST:g}; check the unit of time"
        yield _problem(code, "rates and hazards must be finite and not negative", path, values, cure)


def _accrual(assumptions: Assumptions) -> Iterator[Problem]:
    accrual = assumptions.accrual
    wrong = list(_steps(accrual.rate, "accrual.rate", "plan.accrual", open_end=False))
    if not 0.0 < accrual.patients < _LARGEST:
        value, cure = accrual.patients, "give a number above 0"
        wrong.append(
            _problem("plan.patients", "the number of patients must be above 0", "accrual.patients", value, cure)
        )
    if wrong:
        yield from wrong
        return
    if not accrual.duration < _LARGEST:
        ends, values = accrual.rate.ends, accrual.rate.values
        starts = (0.0, *ends)
        most = sum(v * (e - s) for s, e, v in zip(starts, ends, values, strict=False) if v > 0.0)
        message = f"the rates enroll {most:g} of {accrual.patients:g} patients"
        if not math.isfinite(most):
            message = f"the last rate is so low that {accrual.patients:g} patients are never enrolled"
        yield _problem("plan.accrual", message, "accrual.rate", values, "enroll longer or faster, or fewer patients")


def _groups(assumptions: Assumptions) -> Iterator[Problem]:
    groups = assumptions.groups
    fine = True
    for number, group in enumerate(groups):
        for problem in _group(group, f"groups[{number}]"):
            fine = False
            yield problem
    names = [(group.stratum, group.arm) for group in groups]
    for stratum in dict.fromkeys(group.stratum for group in groups):
        if sorted(arm for name, arm in names if name == stratum) != ["control", "experimental"]:
            fine = False
            message = "every stratum needs one control and one experimental group"
            yield _problem("plan.groups", message, "groups", stratum or "all patients", "give both arms, each once")
    if not groups:
        yield _problem(
            "plan.groups", "there is no group of patients", "groups", "", "give a control and an experimental group"
        )
    elif fine and abs(sum(group.share for group in groups) - 1.0) > 1e-9:
        shares = tuple(group.share for group in groups)
        yield _problem(
            "plan.groups", "the shares of all groups must add up to 1", "groups", shares, "divide by their sum"
        )
    elif fine and not any(value > 0.0 for group in groups for value in group.hazard.values):
        yield _problem(
            "plan.hazard", "all hazards are 0: there will be no event", "groups", "", "give a hazard above 0"
        )


def _group(group: Group, path: str) -> Iterator[Problem]:
    if group.arm not in ("control", "experimental"):
        cure = "name it control or experimental"
        yield _problem("plan.groups", "an arm is the control or experimental", f"{path}.arm", group.arm, cure)
    if not 0.0 < group.share <= 1.0:
        cure = "an allocation ratio or a prevalence of 0 leaves a group without patients: leave it out or raise it"
        yield _problem(
            "plan.groups", "the share of a group must be above 0 and at most 1", f"{path}.share", group.share, cure
        )
    if not 0.0 <= group.cure < 1.0:
        cure = "give a fraction of patients"
        yield _problem("plan.cure", "a cure fraction must be at least 0 and below 1", f"{path}.cure", group.cure, cure)
    yield from _steps(group.hazard, f"{path}.hazard", "plan.hazard", open_end=True)
    yield from _steps(group.dropout, f"{path}.dropout", "plan.dropout", open_end=True)
