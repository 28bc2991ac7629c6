"""Problems in the order of the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from equipoise.errors import Problem

__all__ = ["in_order"]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """In the order of lines, each once: copied content would repeat its problems.

    Args:
        problems: As found.

    Returns:
        The same, sorted, without repetitions.
    """
    seen: dict[tuple[Any, ...], Problem] = {}
    for problem in sorted(problems, key=lambda item: item.where.line or 0):
        seen.setdefault((problem.code, problem.where.file, problem.where.line, problem.value, problem.cure), problem)
    return list(seen.values())
