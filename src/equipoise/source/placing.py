"""Problems that name a place in a protocol get the file and the line of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from equipoise.errors import EquipoiseError, Problem

__all__ = ["place_problems"]

_STEPS = re.compile(r"[.\[\]]+")  # `looks[1].events`


def place_problems(problems: Iterable[Problem], file: Path | None) -> list[Problem]:
    """Gives problems that name a place in a YAML file its name and line.

    Args:
        problems: Problems.
        file: The file; without it nothing changes.

    Returns:
        The problems, in the same order.
    """
    found = list(problems)
    if file is None or not any(problem.where.path for problem in found):
        return found
    from equipoise.source.reading import read_source

    try:
        root = read_source(file).root
    except EquipoiseError:
        return found
    placed: list[Problem] = []
    for problem in found:
        where = problem.where
        if where.path:
            keys = tuple(int(key) if key.isdigit() else key for key in _STEPS.split(where.path) if key)
            line = root.find(keys)[0].at.line
            where = replace(where, file=str(file), line=line)
        placed.append(replace(problem, where=where))
    return placed
