"""curve.csv: points of digitized curves as typed; every problem with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from equipoise.errors import Problem
from equipoise.evidence.reconstruct.cells import Cell, Grid, is_missing, number_of, read_grid
from equipoise.units import TimeUnit

__all__ = ["ARM", "TIME", "Clicks", "Columns", "no_number", "read_curves", "unit_of"]

TIME = re.compile(r"(?:times?|t|x|months?|mo|days?|weeks?|wks?|years?|yrs?|follow[- _]?up)(?![a-z0-9+-])", re.I)
ARM = re.compile(r"(?:arm|group|curve|series|treatment|trt|label|strata|stratum|name|cohort)(?![a-z0-9])", re.I)
_SURVIVAL = re.compile(
    r"(?<![a-z])(?:survival|surv|s\(t\)|prob(?:ability)?|percent(?:age)?|pct|km|kaplan[- ]?meier|event[- _]?free|alive"
    r"|os|pfs|dfs|efs)(?![a-z])|%|^[sy]$",
    re.I,
)
_FAILURE = re.compile(
    r"fail|(?<![a-z0-9])1 ?[-\u2212] ?(?:s|km)(?![a-z])|one minus|event (?:rate|prob)|(?<![a-z])(?:died|dead)(?![a-z])",
    re.I,
)
_INCIDENCE = re.compile(r"incidence|(?<![a-z])cif(?![a-z])|competing|(?<![a-z])cause(?![a-z])|subdistribution", re.I)
_UNITS: tuple[tuple[str, TimeUnit], ...] = (
    (r"(?<![a-z])(?:months?|mos?)(?![a-z])", "months"), (r"(?<![a-z])days?(?![a-z])|\(d\)", "days"),
    (r"(?<![a-z])(?:weeks?|wks?)(?![a-z])", "weeks"), (r"(?<![a-z])(?:years?|yrs?)(?![a-z])", "years"),
)  # fmt: skip


@dataclass(slots=True)
class Clicks:
    """Points of one arm as they were typed.

    Attributes:
        arm: Its name in the file; "" where the file names none.
        file: The file.
        time: Times.
        value: What was read on the other axis.
        line: Line of each point.
        unit: Unit of time that the header names.
        percent: Whether the header or a cell says percent.
        says: What the header calls the values: "survival", "failure", "incidence", or "" where it can't be told.
        dropped: Lines of points with a coordinate missing.
    """

    arm: str
    file: str
    time: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    unit: TimeUnit | None = None
    percent: bool = False
    says: str = ""
    dropped: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the coordinates of a series stand.

    Attributes:
        name: Its arm; "" where the file names none, or names it in each row.
        time: Column of times.
        value: Column of values.
        arm: Column with the arm; -1 for none.
        header: What the header says of both.
    """

    name: str
    time: int
    value: int
    arm: int = -1
    header: str = ""


def read_curves(paths: Sequence[Path]) -> tuple[list[Clicks], list[str], list[Problem]]:
    """Points of all arms of one or several files.

    Args:
        paths: Files; one that names no arm is an arm of its own, called like the file where there are several.

    Returns:
        Arms in order, notes, problems.
    """
    arms: dict[str, Clicks] = {}
    notes: list[str] = []
    problems: list[Problem] = []
    for path in paths:
        grid, wrong = read_grid(path)
        problems += wrong
        if grid is None:
            continue
        notes += [f"{path.name}: {note}" for note in grid.notes]
        for columns in _series(grid, problems, notes):
            for row in grid.rows:
                given = row[columns.arm].text if columns.arm >= 0 else columns.name
                name = given or (path.stem if len(paths) > 1 else "")
                clicks = arms.setdefault(name, _clicks(name, grid, columns))
                _add(clicks, grid, (row[columns.time], row[columns.value]), problems)
    cure = "click on the curve at 30 points or more, most where it is steep"
    if not arms and not problems:
        where = Grid(str(paths[0]), (), ()).where(1)
        problems.append(Problem("curve.points", "there are too few usable points", where, "0", cure))
    for clicks in arms.values():
        if len(clicks.time) < 3 and not problems:
            said = f"the curve{' of ' + clicks.arm if clicks.arm else ''} has too few usable points"
            where = Grid(clicks.file, (), ()).where(clicks.line[0] if clicks.line else 1)
            problems.append(Problem("curve.points", said, where, str(len(clicks.time)), cure))
    return list(arms.values()), notes, problems


def unit_of(header: str) -> TimeUnit | None:
    """The unit of time that a header names, None where it names none.

    Args:
        header: Its words.
    """
    return next((unit for pattern, unit in _UNITS if re.search(pattern, header, re.I)), None)


def _series(grid: Grid, problems: list[Problem], notes: list[str]) -> Iterator[Columns]:
    """Series of a table by their columns."""
    names, width = grid.names, len(grid.names)
    if grid.second and width % 2 == 0:
        for place in range(0, width, 2):  # pairs of columns below the arm's name, as digitizers save them
            named = names[place] or names[place + 1] or f"curve {place // 2 + 1}"
            yield Columns(named, place, place + 1, header=" ".join(grid.second[place : place + 2]))
        return
    if not any(names):
        if width in (2, 3):
            taken = "time, survival, arm" if width == 3 else "time, survival"
            notes.append(f"{Path(grid.file).name} has no header; its columns were taken as {taken}")
            yield Columns("", 0, 1, 2 if width == 3 else -1)
        else:
            _no_columns(grid, problems)
        return
    time = next((k for k, name in enumerate(names) if TIME.match(name)), None)
    arm = next((k for k, name in enumerate(names) if k != time and ARM.match(name)), -1)
    others = [k for k in range(width) if k not in (time, arm) and names[k]]
    known = [k for k in others if any(one.search(names[k]) for one in (_SURVIVAL, _FAILURE, _INCIDENCE))]
    values = known or others
    if time is None or not values:
        _no_columns(grid, problems)
    elif arm >= 0 or len(values) == 1:
        yield Columns("", time, values[0], arm, f"{names[time]} {names[values[0]]}")
    else:  # a column for each arm
        for value in values:
            yield Columns(names[value], time, value, header=f"{names[time]} {names[value]}")


def _no_columns(grid: Grid, problems: list[Problem]) -> None:
    cure = "begin the file with `time,survival` or `time,survival,arm`"
    named = ", ".join(name for name in grid.names if name) or f"{len(grid.names)} columns without names"
    problems.append(Problem("curve.columns", "no column of times and of survival", grid.where(1), named, cure))


def _clicks(name: str, grid: Grid, columns: Columns) -> Clicks:
    words = f"{columns.header} {name}"
    says = next((word for word, one in _KINDS if one.search(words)), "")
    percent = bool(re.search(r"%|percent|pct", columns.header, re.I))
    return Clicks(name, grid.file, unit=unit_of(columns.header), percent=percent, says=says)


def _add(clicks: Clicks, grid: Grid, pair: tuple[Cell, Cell], problems: list[Problem]) -> None:
    if all(is_missing(cell.text) for cell in pair):
        return
    numbers = [number_of(cell.text) for cell in pair]
    wrong = [cell for cell, one in zip(pair, numbers, strict=True) if one is None and not is_missing(cell.text)]
    problems += [no_number(grid, cell) for cell in wrong]
    if wrong:
        return
    x, y = numbers
    if x is None or y is None:
        clicks.dropped.append(pair[0].line)
        return
    clicks.time.append(x)
    clicks.value.append(y)
    clicks.line.append(pair[0].line)
    clicks.percent = clicks.percent or "%" in pair[1].text


def no_number(grid: Grid, cell: Cell) -> Problem:
    """A cell that should hold a number.

    Args:
        grid: Its table.
        cell: The cell.
    """
    cure = "write a number, or leave the cell empty"
    return Problem("curve.value", "this is no number", grid.where(cell.line), repr(cell.text[:60]), cure)


_KINDS = (("incidence", _INCIDENCE), ("failure", _FAILURE), ("survival", _SURVIVAL))
