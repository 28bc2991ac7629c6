"""Which numbers at risk belong to which curve: by name, alone, or as the share of a total over all arms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import Problem, Where
from equipoise.evidence.reconstruct.cleaning import Cleaned
from equipoise.evidence.reconstruct.line import monotone
from equipoise.evidence.reconstruct.risk_input import RiskRow
from equipoise.units import TimeUnit, convert

__all__ = ["RiskTable", "match_name", "risk_tables"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BELOW = 0.03  # how far a curve with errors may lie below the share of patients still at risk


@dataclass(frozen=True, slots=True)
class RiskTable:
    """Numbers at risk of one arm, in the unit of its curve.

    Attributes:
        time: (k,) times, rising.
        count: (k,) numbers, not rising.
        notes: What was supposed.
    """

    time: Floats
    count: Integers
    notes: tuple[str, ...] = ()


def match_name(name: str, names: Sequence[str]) -> str | None:
    """The one of `names` that is `name` but for case, spaces and signs; None where there is none or several.

    Args:
        name: A name.
        names: Names to find it among.
    """
    found = [one for one in names if _plain(one) == _plain(name)]
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.casefold())


def risk_tables(
    curves: Sequence[Cleaned], rows: Sequence[RiskRow], patients: Mapping[str, int], unit: TimeUnit | None
) -> tuple[dict[str, RiskTable], list[Problem]]:
    """Numbers at risk by arm.

    Args:
        curves: The curves.
        rows: Numbers at risk as typed.
        patients: Subjects at time 0 by arm, where they were given.
        unit: Unit of the curves, where it is known.

    Returns:
        Tables by name of the curve, and problems.
    """
    problems: list[Problem] = []
    by_arm: dict[str, list[RiskRow]] = {one.arm: [] for one in curves}
    totals: list[RiskRow] = []
    names = [one.arm for one in curves]
    for row in rows:
        name = match_name(row.arm, names)
        if len(curves) == 1 and name is None and (row.total or not (row.arm and names[0])):
            name = names[0]  # one curve and one row of numbers: nothing else can be meant
        if name is not None:
            by_arm[name].append(row)
        elif row.total or not row.arm:
            totals.append(row)
        else:
            _unknown(row, names, problems)
    for own in (*by_arm.values(), totals):
        _check(own, problems)
    if rows and not problems:
        _check_scale(curves, rows, unit, problems)
    if problems:
        return {}, problems
    tables = {name: _table(own, unit) for name, own in by_arm.items() if own}
    lacking = [one for one in curves if one.arm not in tables]
    if totals and lacking:
        if len(lacking) < len(curves):
            where = Where(file=totals[0].file, line=totals[0].line)
            said = "a total is split only where no arm has numbers of its own"
            problems.append(Problem("curve.arms", said, where, ", ".join(one.arm for one in lacking)))
        else:
            tables = _split(curves, _table(totals, unit), patients)
    for curve in curves:
        if curve.arm in tables:
            _check_below(curve, tables[curve.arm], rows, problems)
    return tables, problems


def _unknown(row: RiskRow, names: Sequence[str], problems: list[Problem]) -> None:
    said = "the numbers at risk are of an arm that no curve is of"
    if any(one.code == "curve.arms" and one.value == repr(row.arm) for one in problems):
        return
    cure = f"curves are of {', '.join(repr(name) for name in names)}: use these names in both files"
    problems.append(Problem("curve.arms", said, Where(file=row.file, line=row.line), repr(row.arm), cure))


def _check(rows: list[RiskRow], problems: list[Problem]) -> None:
    """Times once each, and numbers that never rise; the rows are put in order of time."""
    rows.sort(key=lambda row: row.time)
    if rows and rows[0].count == 0:
        said = "nobody is at risk at the first time"
        where = Where(file=rows[0].file, line=rows[0].line)
        problems.append(Problem("curve.risk_value", said, where, "0", "compare it with the figure"))
    for before, row in pairwise(rows):
        where = Where(file=row.file, line=row.line)
        of = f" of {row.arm}" if row.arm else ""
        if row.time == before.time:
            said = f"two numbers at risk{of} at one time (the other is in line {before.line})"
            problems.append(Problem("curve.risk_value", said, where, f"{row.time:g}", "leave one of them out"))
        elif row.count > before.count:
            said = f"the number at risk{of} rises from {before.count} to {row.count}"
            cure = f"compare with line {before.line}: one of the two was misread, or they are of two arms"
            problems.append(Problem("curve.risk_value", said, where, str(row.count), cure))


def _check_scale(
    curves: Sequence[Cleaned], rows: Sequence[RiskRow], unit: TimeUnit | None, problems: list[Problem]
) -> None:
    """Numbers at risk in days beside a curve in months reach thirty times as far."""
    end = max(float(one.time.max()) for one in curves)
    reach = max(_time(row, unit) for row in rows)
    if reach == 0.0 or 0.12 < reach / end < 2.5:
        return
    said = f"the numbers at risk reach to {reach:g} and the curves to {end:g}: are they in other units?"
    cure = "name the unit in both headers: `time (months)`, `time (days)`"
    problems.append(Problem("curve.units", said, Where(file=rows[0].file, line=rows[0].line), cure=cure))


def _time(row: RiskRow, unit: TimeUnit | None) -> float:
    return convert(row.time, row.unit, unit) if row.unit and unit else row.time


def _table(rows: Sequence[RiskRow], unit: TimeUnit | None) -> RiskTable:
    notes: tuple[str, ...] = ()
    if rows and rows[0].unit and unit and rows[0].unit != unit:
        notes = (f"times of numbers at risk turned from {rows[0].unit} into {unit}",)
    time = np.array([_time(row, unit) for row in rows], dtype=np.float64)
    return RiskTable(time, np.array([row.count for row in rows], dtype=np.int64), notes)


def _split(curves: Sequence[Cleaned], total: RiskTable, patients: Mapping[str, int]) -> dict[str, RiskTable]:
    """A total over arms in proportion to those who are event-free: patients at the start times survival.

    Censoring is supposed to be alike in all arms. Whole numbers by largest remainder, never rising.
    """
    known = all(one.arm in patients for one in curves)
    first = int(total.count[0])
    even = [first // len(curves) + (k < first % len(curves)) for k in range(len(curves))]
    start = np.array([patients[one.arm] for one in curves] if known else even, dtype=np.float64)
    before = np.full(len(curves), np.iinfo(np.int64).max)
    counts = np.empty((total.time.size, len(curves)), dtype=np.int64)
    for k, (time, n) in enumerate(zip(total.time, total.count, strict=True)):
        weights = start * np.array([max(_survival(one, float(time)), 1e-6) for one in curves])
        raw = int(n) * weights / weights.sum()
        whole = np.minimum(np.floor(raw).astype(np.int64), before)
        for j in [*np.argsort(whole - raw, kind="stable"), *range(len(curves))] * 2:
            if whole.sum() < n and whole[j] < before[j]:
                whole[j] += 1
        if whole.sum() < n:  # who can't be in one arm is in the others
            for j in range(len(curves)):
                whole[j] += min(int(n - whole.sum()), int(before[j] - whole[j]))
        counts[k], before = whole, whole
    said = "the numbers at risk are a total over arms; it was split in proportion to patients and survival"
    equal = () if known else ("how many patients each arm has is not reported: equally many were supposed",)
    return {one.arm: RiskTable(total.time, counts[:, j], (*total.notes, said, *equal)) for j, one in enumerate(curves)}


def _survival(curve: Cleaned, time: float) -> float:
    order = np.lexsort((-curve.survival, curve.time))
    t = np.concatenate([[0.0], curve.time[order]])
    s = np.concatenate([[1.0], -monotone(-curve.survival[order])])
    return float(np.interp(time, t, s))


def _check_below(curve: Cleaned, table: RiskTable, rows: Sequence[RiskRow], problems: list[Problem]) -> None:
    """Survival is at least the share of patients still at risk: whoever is at risk is event-free."""
    if table.time[0] != 0.0 or table.count[0] < 1:
        return
    for time, count in zip(table.time[1:], table.count[1:], strict=True):
        share, there = count / table.count[0], _survival(curve, float(time))
        # With few patients a click between two steps is off by half of one.
        if there < share - _BELOW - 0.5 / table.count[0]:
            line = next(
                (row.line for row in rows if _plain(row.arm) == _plain(curve.arm) and row.count == count), rows[0].line
            )
            said = (
                f"at {time:g} {count} of {table.count[0]} ({share:.1%}) are at risk, and the curve"
                f"{' of ' + curve.arm if curve.arm else ''} says that {there:.1%} are event-free"
            )
            cure = (
                "swapped arms, other units, a cut axis (--axis LOW HIGH), another endpoint: these can't be of one trial"
            )
            problems.append(Problem("curve.risk_above", said, Where(file=rows[0].file, line=line), cure=cure))
            return
