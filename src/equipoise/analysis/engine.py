"""Runs a plan on data: every problem first, then every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from equipoise.errors import PlanError, Problem
from equipoise.results import Curve, Results, Statistic
from equipoise.results.statistic import Origin

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context
    from equipoise.data import Datasets
    from equipoise.protocol.protocol import Protocol

__all__ = ["analyze", "plan_problems"]

Progress = Callable[[str, int, int], None]
R = TypeVar("R", Statistic, Curve)


def analyze(
    protocol: Protocol,
    data: Datasets,
    *,
    progress: Progress | None = None,
    note: Callable[[Problem], None] | None = None,
) -> Results:
    """Analyze checked data as declared.

    Args:
        protocol: The declared trial.
        data: Its tables, from `equipoise.data.load_data`.
        progress: Called with (label, step, steps) before each step, steps counted from 0, and after the last.
        note: Called with each warning: subjects without a covariate, a level of alpha that is divided.

    Returns:
        Statistics and curves; with a data cut, its date is in every key.

    Raises:
        PlanError: When an analysis can't be done as declared, with all such problems.
    """
    from equipoise.analysis.plan import compile_plan
    from equipoise.analysis.steps import Context

    plan = compile_plan(protocol)
    context = Context(protocol, data)
    problems = _problems(context)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise PlanError(errors)
    if note is not None:
        for problem in problems:
            note(problem)
    cut = data.cut.isoformat() if data.cut else ""
    origin: Origin = "synthetic" if data.synthetic else "observed"
    curves: list[Curve] = []
    for number, step in enumerate(plan.steps):
        if progress is not None:
            progress(step.label, number, len(plan.steps))
        # A step sees the rows of earlier steps, not its own.
        made = list(step.run(context))
        for row in made:
            if isinstance(row, Curve):
                curves.append(_cut(row, cut))
            else:
                context.rows.append(_from(_cut(row, cut), origin))
    if progress is not None:
        progress("Analysis complete", len(plan.steps), len(plan.steps))
    return Results(tuple(context.rows), tuple(curves))


def plan_problems(protocol: Protocol, data: Datasets) -> tuple[Problem, ...]:
    """What stands in the way of the declared analyses, and what is worth a warning; errors first, none raised.

    Args:
        protocol: The declared trial.
        data: Its tables.
    """
    from equipoise.analysis.steps import Context

    return tuple(_problems(Context(protocol, data)))


def _problems(context: Context) -> list[Problem]:
    """Errors, or where there are none, warnings: these read what errors would make unreadable."""
    found = list(_said(context, "check"))
    return found or list(_said(context, "notes"))


def _said(context: Context, what: Literal["check", "notes"]) -> Iterator[Problem]:
    from equipoise.analysis import continuous, hypotheses, response, safety_checks, time_to_event

    rooms: dict[str, Any] = {"time_to_event": time_to_event, "response": response}
    rooms |= {"continuous": continuous, "adverse_events": safety_checks}
    seen: set[tuple[str, str, str]] = set()
    spoken = [(name, a) for name, a in context.protocol.analysis.items() if a.kind in rooms]
    problems = (
        problem for name, analysis in spoken for problem in getattr(rooms[analysis.kind], what)(context, name, analysis)
    )
    for problem in (*problems, *getattr(hypotheses, what)(context.protocol)):
        # Analyses that are alike (`like:`) would say the same again.
        if (said := (problem.code, problem.message, problem.value)) not in seen:
            seen.add(said)
            yield problem


def _cut(row: R, cut: str) -> R:
    if not cut or row.key.data_cut:
        return row
    changed: dict[str, Any] = {"key": replace(row.key, data_cut=cut)}
    return replace(row, **changed)


def _from(row: Statistic, origin: Origin) -> Statistic:
    """A statistic of data, with the origin of the data; what is assumed or simulated stays that."""
    return replace(row, origin=origin) if row.origin == "observed" and origin != "observed" else row
