"""Runs a plan on data: every problem first, then every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from equipoise.errors import PlanError, Problem
from equipoise.results import Curve, Results, Statistic

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context
    from equipoise.data import Datasets
    from equipoise.protocol.protocol import Protocol

__all__ = ["analyze"]

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
    problems = list(dict.fromkeys(_problems(context)))
    if problems:
        raise PlanError(problems)
    if note is not None:
        for warning in dict.fromkeys(_notes(context)):
            note(warning)
    cut = data.cut.isoformat() if data.cut else ""
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
                context.rows.append(_cut(row, cut))
    if progress is not None:
        progress("Analysis complete", len(plan.steps), len(plan.steps))
    return Results(tuple(context.rows), tuple(curves))


def _problems(context: Context) -> Iterator[Problem]:
    from equipoise.analysis import hypotheses, time_to_event

    for name, analysis in context.protocol.analysis.items():
        if analysis.kind == "time_to_event":
            yield from time_to_event.check(context, name, analysis)
    yield from hypotheses.check(context.protocol)


def _notes(context: Context) -> Iterator[Problem]:
    from equipoise.analysis import hypotheses, time_to_event

    for name, analysis in context.protocol.analysis.items():
        if analysis.kind == "time_to_event":
            yield from time_to_event.notes(context, name, analysis)
    yield from hypotheses.notes(context.protocol)


def _cut(row: R, cut: str) -> R:
    if not cut or row.key.data_cut:
        return row
    changed: dict[str, Any] = {"key": replace(row.key, data_cut=cut)}
    return replace(row, **changed)
