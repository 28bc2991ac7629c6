"""How the command line speaks: problems readable or as JSON, and progress on anything slow."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from equipoise.errors import Problem

_SHOWN = 3  # problems that differ only in their row, in full
_LISTED = 20  # rows listed after those
_COLOURS = {"error": "red", "warning": "yellow"}

__all__ = ["count_problems", "print_problems", "problems_as_json", "progress_bar"]


def count_problems(problems: Sequence[Problem]) -> str:
    """`2 errors, 1 warning`.

    Args:
        problems: What was found.
    """
    parts = []
    for severity in ("error", "warning"):
        n = sum(problem.severity == severity for problem in problems)
        if n:
            parts.append(f"{n} {severity}{'s' if n > 1 else ''}")
    return ", ".join(parts) or "no problems"


def print_problems(problems: Sequence[Problem], *, closing: str = "nothing was written") -> None:
    """Print problems to standard error, each with its place, value and cure.

    Problems that differ only in their row are shown three times and then listed by row.

    Args:
        problems: What was found, in the order to print.
        closing: What the last line says after the counts.
    """
    alike: dict[Problem, list[Problem]] = {}
    for problem in problems:
        alike.setdefault(replace(problem, where=replace(problem.where, row=None, subject="")), []).append(problem)
    for group in alike.values():
        for problem in group[:_SHOWN]:
            _print_problem(problem)
        rest = group[_SHOWN:]
        if rest:
            places = [f"{p.where.row}" if p.where.row is not None else p.where.subject for p in rest]
            click.echo(f"        and {len(rest)} more like it, rows {_some(places)} (--json lists all)", err=True)
    if problems:
        click.echo(f"{count_problems(problems)}; {closing}" if closing else count_problems(problems), err=True)


def _print_problem(problem: Problem) -> None:
    place = str(problem.where)
    head = click.style(f"{problem.severity:<8}", fg=_COLOURS[problem.severity], bold=True)
    click.echo(f"{head}{place or problem.code}", err=True)
    value = f" (found: {problem.value})" if problem.value else ""
    click.echo(f"        {problem.message}{value}", err=True)
    if problem.cure:
        click.echo(f"        cure: {problem.cure}", err=True)


def _some(places: Sequence[str]) -> str:
    return ", ".join(places[:_LISTED]) + (", ..." if len(places) > _LISTED else "")


def problems_as_json(problems: Sequence[Problem]) -> str:
    """Problems as a JSON document, for programs.

    Args:
        problems: What was found.
    """
    errors = sum(problem.severity == "error" for problem in problems)
    content = {"ok": errors == 0, "problems": [problem.to_dict() for problem in problems]}
    return json.dumps(content, indent=2, ensure_ascii=False)


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A progress callback (label, step, steps): a bar on a terminal, nothing elsewhere.

    Args:
        quiet: No bar even on a terminal.

    Yields:
        The callback.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _label, _step, _steps: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting", total=None)
        yield lambda label, step, steps: progress.update(task, description=label[:44], completed=step, total=steps)
