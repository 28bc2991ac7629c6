"""How the command line speaks: problems readable or as JSON, and progress on anything slow."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from equipoise.errors import Problem

_KINDS = 4  # messages about one column that are shown each; of more, the first
_LISTED = 20  # rows listed after one in full
_VALUES = 8  # values listed after one in full
_COLOURS = {"error": "red", "warning": "yellow"}

__all__ = ["count_problems", "print_problems", "printable", "problems_as_json", "progress_bar", "terminal_columns"]


_UNSEEN = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for code in (*range(32), *range(127, 160), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def printable(text: str) -> str:
    """Text of others, which must not steer a terminal: control characters and changes of direction as escapes.

    Args:
        text: A name of a file, a value or a quote, without line breaks that matter.
    """
    return text.translate(_UNSEEN)


def terminal_columns(most: int) -> int:
    """How wide lines may be: as wide as the terminal, and no wider than suits reading.

    Args:
        most: Largest width, and that of output which is no terminal.
    """
    import shutil

    return max(40, min(most, shutil.get_terminal_size((most, 24)).columns)) if sys.stdout.isatty() else most


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

    Of problems alike but for their row the first is shown and the others are listed; so are those alike but for row and
    value, where the values are many.

    Args:
        problems: What was found, in the order to print.
        closing: What the last line says after the counts.
    """
    places: dict[Problem, list[Problem]] = {}
    for problem in problems:
        place = replace(problem.where, row=None, subject="")
        places.setdefault(replace(problem, where=place, message="", value="", cure=""), []).append(problem)
    for group in places.values():
        for kind in _kinds(group):
            _print_kind(kind)
    if problems:
        click.echo(f"{count_problems(problems)}; {closing}" if closing else count_problems(problems), err=True)


def _kinds(group: Sequence[Problem]) -> list[list[Problem]]:
    """Problems of one place, by message; all in one where the messages are many (each row has its own value)."""
    by_message: dict[tuple[str, str], list[Problem]] = {}
    last: list[Problem] = []
    for problem in group:
        if last and _counts_rows(problem):
            last.append(problem)
            continue
        last = by_message.setdefault((problem.message, problem.value), [])
        last.append(problem)
    return list(by_message.values()) if len(by_message) <= _KINDS else [list(group)]


def _counts_rows(problem: Problem) -> bool:
    return problem.where.row is None and not problem.where.subject


def _print_kind(kind: Sequence[Problem]) -> None:
    first, *rest = kind
    _print_problem(first)
    others = [problem for problem in rest if not _counts_rows(problem)]
    counts = [problem.message for problem in rest if _counts_rows(problem)]
    if others:
        rows = _some([f"{p.where.row}" if p.where.row is not None else p.where.subject for p in others], _LISTED)
        values = dict.fromkeys(p.value for p in others if p.value and p.value != first.value)
        found = f"; found {_some(list(values), _VALUES)}" if values else ""
        hint = "" if counts else " (--json lists all)"
        click.echo(f"        and {len(others)} more like it, rows {rows}{found}{hint}", err=True)
    for message in counts:
        click.echo(f"        {message}", err=True)


def _print_problem(problem: Problem) -> None:
    place = printable(str(problem.where))
    head = click.style(f"{problem.severity:<8}", fg=_COLOURS[problem.severity], bold=True)
    click.echo(f"{head}{place or problem.code}", err=True, color=False if os.environ.get("NO_COLOR") else None)
    said = problem.value.startswith(("'", '"')) and problem.value in problem.message
    value = f" (found: {printable(problem.value)})" if problem.value and not said else ""
    click.echo(f"        {problem.message}{value}", err=True)
    if problem.cure:
        click.echo(f"        cure: {problem.cure}", err=True)


def _some(texts: Sequence[str], most: int) -> str:
    return ", ".join(texts[:most]) + (", ..." if len(texts) > most else "")


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
