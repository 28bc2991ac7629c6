"""How the command line speaks: problems readable or as JSON, and progress on anything slow."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from equipoise.errors import Problem

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

    Args:
        problems: What was found, in the order to print.
        closing: What the last line says after the counts.
    """
    colours = {"error": "red", "warning": "yellow"}
    for problem in problems:
        place = str(problem.where)
        head = click.style(f"{problem.severity:<8}", fg=colours[problem.severity], bold=True)
        click.echo(f"{head}{place or problem.code}", err=True)
        value = f" (found: {problem.value})" if problem.value else ""
        click.echo(f"        {problem.message}{value}", err=True)
        if problem.cure:
            click.echo(f"        cure: {problem.cure}", err=True)
    if problems:
        click.echo(f"{count_problems(problems)}; {closing}" if closing else count_problems(problems), err=True)


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
