"""What becomes of a design where an assumption is another: one at a time as lines, two at a time as a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from equipoise.reporting.cells import Cell, cell, plain
from equipoise.reporting.context import Context, lower_first
from equipoise.reporting.design_tables import shown
from equipoise.reporting.design_words import varied_label, vary_label
from equipoise.reporting.planned import Planned
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic

__all__ = ["sensitivity"]

_Groups = tuple[tuple[str, str], ...]
_DASH = plain("\u2013")


def sensitivity(context: Context, planned: Planned) -> tuple[Table, ...]:
    """Power, size and times of the design where assumptions are others; nothing where none was varied.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    groups: dict[_Groups, list[Statistic]] = {}
    for row in planned.varied:
        groups.setdefault(row.key.groups, []).append(row)
    alone = {key: rows for key, rows in groups.items() if len(_varied(key)) == 1}
    pairs = {key: rows for key, rows in groups.items() if len(_varied(key)) == 2}
    lines = _lines(context, planned, alone)
    return (*([lines] if lines is not None else []), *_grids(context, planned, pairs))


def _varied(groups: _Groups) -> list[tuple[str, str]]:
    """What is varied, with its value."""
    names = [level for name, level in groups if name.startswith("vary")]
    values = [level for name, level in groups if name.startswith("value")]
    return list(zip(names, values, strict=False))


def _is(name: str, last: int | None) -> Callable[[Statistic], bool]:
    def test(row: Statistic) -> bool:
        look = last if name == "planned_time" else None
        alone = row.key.versus or not row.key.arm
        return row.key.statistic == name and row.key.look == look and row.key.under != "h0" and bool(alone)

    return test


def _last(planned: Planned) -> int | None:
    return max((row.key.look for row in planned.varied if row.key.look is not None), default=None)


def _lines(context: Context, planned: Planned, groups: dict[_Groups, list[Statistic]]) -> Table | None:
    """One assumption at a time: a line each."""
    unit, last = context.protocol.time.unit, _last(planned)
    columns: dict[str, Callable[[Statistic], bool]] = {}
    for label, name in (
        ("Power", "power"), ("Events at the last look", "maximum_events"), ("Patients", "maximum_patients"),
        (f"Time of the last look, {unit}", "study_duration"), (f"Time of the last look, {unit}", "planned_time"),
        ("Expected events", "expected_events"), (f"Expected duration, {unit}", "expected_duration"),
    ):  # fmt: skip
        test = _is(name, last)
        if any(test(row) for rows in groups.values() for row in rows):
            columns.setdefault(label, test)
    if not groups or not columns:
        return None
    made = []
    for key, rows in groups.items():
        ((name, value),) = _varied(key)
        made.append(Row(vary_label(context, name, value), tuple(_first(context, rows, t) for t in columns.values())))
    return Table(
        name=f"sensitivity-{planned.anchor}",
        title="If an assumption is another.",
        caption="The looks and bounds stay as designed.",
        stub="Assumption",
        columns=tuple(Column(label) for label in columns),
        rows=tuple(made),
    )


def _first(context: Context, rows: Sequence[Statistic], test: Callable[[Statistic], bool]) -> Cell:
    found = next((row for row in rows if test(row)), None)
    return shown(context, found) if found is not None else _DASH


def _grids(context: Context, planned: Planned, groups: dict[_Groups, list[Statistic]]) -> list[Table]:
    """Two assumptions at a time: for each pair a grid of power and time."""
    tables = []
    for names in dict.fromkeys(tuple(name for name, _ in _varied(key)) for key in groups):
        own = {tuple(value for _, value in _varied(key)): rows for key, rows in groups.items()
               if tuple(name for name, _ in _varied(key)) == names}  # fmt: skip
        down, across = (list(dict.fromkeys(values[place] for values in own)) for place in (0, 1))
        rows = tuple(
            Row(
                vary_label(context, names[0], one),
                tuple(_pair(context, planned, own.get((one, two))) for two in across),
            )
            for one in down
        )
        first, second = (varied_label(name).removesuffix(", times") for name in names)
        unit = context.protocol.time.unit
        tables.append(
            Table(
                name=f"sensitivity-{planned.anchor}-{names[0]}-{names[1]}",
                title=f"{first} by {lower_first(second)}.",
                caption=f"Power and, in parentheses, the time of the last look in {unit}.",
                columns=tuple(Column(vary_label(context, names[1], two)) for two in across),
                rows=rows,
            )
        )
    return tables


def _pair(context: Context, planned: Planned, rows: Sequence[Statistic] | None) -> Cell:
    if rows is None:
        return _DASH
    power = _first(context, rows, _is("power", None))
    times = [_first(context, rows, _is(name, _last(planned))) for name in ("study_duration", "planned_time")]
    time = next((one for one in times if one.statistics), None)
    return cell(power, " (", time, ")") if time is not None else power
