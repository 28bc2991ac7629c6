"""What the columns of simulated subjects must hold so that the conditions of a protocol pick them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from equipoise.errors import Problem, SimulationError, Where

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol

__all__ = ["Value", "required", "subject_columns"]

Value = str | float

_NAME = r'"?([A-Za-z_][A-Za-z0-9_]*)"?'
_TEXT = r"'((?:[^']|'')*)'"
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_PATTERNS = (
    re.compile(rf"{_NAME}\s*={{1,2}}\s*(?:{_TEXT}|{_NUMBER})"),
    re.compile(rf"{_NAME}\s+BETWEEN\s+(?:{_TEXT}|{_NUMBER})\s+AND\s+(?:{_TEXT}|{_NUMBER})", re.I),
    re.compile(rf"{_NAME}\s+IN\s*\(\s*(?:{_TEXT}|{_NUMBER})\s*(?:,[^()]*)?\)", re.I),
    re.compile(rf"{_NAME}\s*[<>]=\s*(?:{_TEXT}|{_NUMBER})"),
)


def required(where: str, path: str) -> dict[str, Value]:
    """Columns and values that satisfy a condition.

    Args:
        where: Conditions joined by AND: a column that equals a value, is at least or at most one, between two or one of
            several.
        path: Its place in the protocol.

    Returns:
        Column -> value; of several that would do, the first that is written.

    Raises:
        SimulationError: The condition says more than that.
    """
    found: dict[str, Value] = {}
    rest = where
    while rest.strip():
        match = next((m for pattern in _PATTERNS if (m := pattern.match(rest.strip()))), None)
        after = rest.strip()[match.end() :] if match else ""
        joined = re.match(r"\s+AND\s+|\s*$", after, re.I)
        if match is None or joined is None:
            problem = Problem(
                "simulation.one_condition",
                "simulated subjects can't be made so that this condition picks them",
                Where(path=path),
                where,
                "write conditions on single columns joined by AND, such as ITTFL = 'Y'",
            )
            raise SimulationError(problem)
        name, text, number = match.group(1), match.group(2), match.group(3)
        value: Value = text.replace("''", "'") if text is not None else float(number)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        found.setdefault(name, value)
        rest = after[joined.end() :]
    return found


def subject_columns(protocol: Protocol, taken: set[str]) -> dict[str, Value]:
    """Columns of ADSL that the conditions of populations and of eligibility ask for.

    Args:
        protocol: The declared trial.
        taken: Columns that have values of their own, in capitals.

    Returns:
        Column -> the value of all subjects.

    Raises:
        SimulationError: Conditions that can't be read, or that contradict each other; all of them.
    """
    conditions = [
        (entry.where, f"populations.{name}.where") for name, entry in protocol.populations.items() if entry.where
    ]
    conditions += [
        (entry.where, f"eligibility.{number}.where") for number, entry in enumerate(protocol.eligibility) if entry.where
    ]
    found: dict[str, tuple[str, Value]] = {}
    problems: list[Problem] = []
    for where, path in conditions:
        try:
            asked = required(where, path)
        except SimulationError as error:
            problems += error.problems
            continue
        for name, value in asked.items():
            column, before = found.setdefault(name.upper(), (name, value))
            if before != value and name.upper() not in taken:
                problems.append(
                    Problem(
                        "simulation.one_condition",
                        f"no simulated subject can have {column} = {before} and {value}",
                        Where(path=path),
                        where,
                        "all simulated subjects are in all populations: leave one of these conditions out",
                    )
                )
    if problems:
        raise SimulationError(problems)
    return {column: value for key, (column, value) in found.items() if key not in taken}
