"""risk.csv: numbers at risk as typed, in long form, with a column for each arm, or with a row for each as in print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from equipoise.errors import Problem
from equipoise.evidence.reconstruct.cells import Cell, Grid, is_missing, number_of, read_grid
from equipoise.evidence.reconstruct.curve_input import ARM, TIME, no_number, unit_of
from equipoise.units import TimeUnit

__all__ = ["RiskRow", "read_risks"]

_MOST = 100_000
_COUNT = re.compile(r"(?:at[- _]?risk|n(?:[- _]?(?:at[- _]?)?risk)?|number|no|nrisk|risk|count)(?![a-z0-9])", re.I)
_TOTAL = re.compile(r"(?:total|all|overall|both|all arms|both arms|all patients|pooled|sum)", re.I)


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One number at risk as it was typed.

    Attributes:
        arm: Its arm as the file names it; "" where it names none.
        time: When.
        count: How many.
        line: Line in the file.
        file: The file.
        unit: Unit of time that the header names.
    """

    arm: str
    time: float
    count: int
    line: int
    file: str
    unit: TimeUnit | None = None

    @property
    def total(self) -> bool:
        """Whether it is of all arms together, by its name."""
        return bool(_TOTAL.fullmatch(self.arm.strip()))


def read_risks(path: Path) -> tuple[list[RiskRow], list[str], list[Problem]]:
    """Numbers at risk of a file.

    Args:
        path: The file.

    Returns:
        Rows in order of the file, notes, problems.
    """
    grid, problems = read_grid(path)
    if grid is None:
        return [], [], problems
    notes = [f"{path.name}: {note}" for note in grid.notes]
    rows: list[RiskRow] = []
    for arm, time, count in _cells(grid, problems, notes):
        if is_missing(count.text):
            notes.append(f"{path.name}, line {count.line}: no number at risk; left out")
            continue
        x, n = number_of(time.text), number_of(count.text.replace(" ", ""))
        wrong = [cell for cell, one in ((time, x), (count, n)) if one is None]
        problems += [no_number(grid, cell) for cell in wrong]
        if x is None or n is None:
            continue
        if x < 0 or n < 0 or n != round(n):
            what = "numbers at risk are whole and not negative" if x >= 0 else "times begin at 0"
            cure = "correct the number, or leave its cell empty"
            problems.append(
                Problem("curve.risk_value", what, grid.where(count.line), f"{time.text}: {count.text}", cure)
            )
            continue
        if n > _MOST:
            what, cure = (
                f"this is more than the {_MOST:,} patients of an arm that can be rebuilt",
                "compare it with the figure",
            )
            problems.append(Problem("curve.risk_value", what, grid.where(count.line), count.text, cure))
            continue
        rows.append(RiskRow(arm, x, int(n), count.line, str(path), unit_of(" ".join((*grid.names, *grid.second)))))
    if not rows and not problems:
        problems.append(Problem("curve.risk_value", "there are no numbers at risk", grid.where(1), cure="leave it out"))
    return rows, notes, problems


def _cells(grid: Grid, problems: list[Problem], notes: list[str]) -> Iterator[tuple[str, Cell, Cell]]:
    """Arm, time and number of each."""
    names, width = grid.names, len(grid.names)
    times = [number_of(name) for name in names[1:]]
    if width > 2 and number_of(names[0]) is None and all(one is not None for one in times):
        for row in grid.rows:  # an arm in each row, below the times, as in print
            for name, cell in zip(names[1:], row[1:], strict=True):
                yield row[0].text, Cell(name, row[0].line), cell
        return
    if not any(names):
        if width not in (2, 3):
            _no_columns(grid, problems)
            return
        notes.append(
            f"{Path(grid.file).name} has no header; its columns were taken as time, at risk{', arm' * (width == 3)}"
        )
        for row in grid.rows:
            yield row[2].text if width == 3 else "", row[0], row[1]
        return
    time = next((k for k, name in enumerate(names) if TIME.match(name)), None)
    arm = next((k for k, name in enumerate(names) if k != time and ARM.match(name)), -1)
    others = [k for k in range(width) if k not in (time, arm) and names[k]]
    values = [k for k in others if _COUNT.match(names[k])] or others
    if time is None or not values:
        _no_columns(grid, problems)
        return
    for row in grid.rows:
        if arm >= 0 or len(values) == 1:
            yield row[arm].text if arm >= 0 else "", row[time], row[values[0]]
        else:
            for value in values:
                yield names[value], row[time], row[value]


def _no_columns(grid: Grid, problems: list[Problem]) -> None:
    cure = "begin the file with `time,at_risk` or `time,at_risk,arm`"
    named = ", ".join(name for name in grid.names if name) or f"{len(grid.names)} columns without names"
    problems.append(Problem("curve.columns", "no column of times and of numbers at risk", grid.where(1), named, cure))
