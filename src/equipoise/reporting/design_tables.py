"""Tables of a design: its looks, its totals, and designs beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.reporting.cells import EMPTY, Cell, cell, plain
from equipoise.reporting.context import Context
from equipoise.reporting.design_words import design_label, hypothesis_label, scenario_label
from equipoise.reporting.planned import Planned
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic
from equipoise.results.display import display_of, sides_words

__all__ = ["brief", "compared", "look_tables", "shown", "totals"]

_LARGE = 10.0
_MOST_LOOKS = 8  # columns that fit a page
_DIGITS = {
    "efficacy_z": 3, "futility_z": 3, "harm_z": 3, "efficacy_p": 4, "futility_p": 4, "alpha_spent": 4, "beta_spent": 4,
    "efficacy_hazard_ratio": 3, "futility_hazard_ratio": 3, "harm_hazard_ratio": 3, "efficacy_estimate": 3,
    "futility_estimate": 3, "average_hazard_ratio": 3, "type_one_error": 4,
    "type_one_error_ignoring_futility": 4, "inflation_factor": 3, "assumed_difference": 3,
    "noninferiority_margin": 3, "planned_enrolled": 0, "expected_patients": 0,
}  # fmt: skip


def shown(context: Context, row: Statistic | None, *, unit: bool = False) -> Cell:
    """A number of a design with as many decimals as its kind needs; empty where there is none.

    Args:
        context: Bundle and protocol.
        row: The statistic.
        unit: Whether its unit follows.
    """
    if row is None:
        return EMPTY
    digits = _DIGITS.get(row.key.statistic)
    if digits is None and display_of(row) == "number" and row.value is not None:
        digits = 0 if float(row.value).is_integer() else 1
        if row.key.statistic == "statistical_information":
            digits = 1 if row.value >= _LARGE else 3
    return context.value(row, digits=digits, unit=unit)


# Label, name of the statistic, under; the heading stands above.
_Line = tuple[str, str, str | None]
_LOOK_LINES: tuple[tuple[str, tuple[_Line, ...]], ...] = (
    (
        "When",
        (
            ("{time}", "planned_time", None),
            ("Date", "planned_date", None),
            ("Events", "planned_events", None),
            ("Enrolled", "planned_enrolled", None),
            ("Information fraction", "information_fraction", None),
            ("Statistical information", "statistical_information", None),
            ("Average hazard ratio up to then", "average_hazard_ratio", None),
        ),
    ),
    (
        "Efficacy is shown if",
        (
            ("z is at least", "efficacy_z", None),
            ("one-sided nominal P is at most", "efficacy_p", None),
            ("hazard ratio is at most (approximately)", "efficacy_hazard_ratio", None),
            ("difference is at least (approximately)", "efficacy_estimate", None),
            ("Alpha spent up to then", "alpha_spent", None),
        ),
    ),
    (
        "Futility{binding} if",
        (
            ("z is at or below", "futility_z", None),
            ("one-sided nominal P is at least", "futility_p", None),
            ("hazard ratio is at least (approximately)", "futility_hazard_ratio", None),
            ("difference is at most (approximately)", "futility_estimate", None),
            ("Beta spent up to then", "beta_spent", None),
        ),
    ),
    ("Harm if", (("z is at or below", "harm_z", None), ("hazard ratio is at or above", "harm_hazard_ratio", None))),
    (
        "Probabilities under the assumptions",
        (
            ("To stop for efficacy at this look", "stop_efficacy", "h1"),
            ("To stop for futility at this look", "stop_futility", "h1"),
            ("To stop for harm at this look", "stop_harm", "h1"),
            ("To have shown efficacy by then (power)", "cumulative_power", None),
        ),
    ),
    (
        "Probabilities under the null hypothesis",
        (
            ("To stop for efficacy at this look ", "stop_efficacy", "h0"),
            ("To stop for futility at this look ", "stop_futility", "h0"),
            ("To stop for harm at this look ", "stop_harm", "h0"),
        ),
    ),
)


def look_tables(context: Context, planned: Planned) -> tuple[Table, ...]:
    """What is expected, and what must be seen, at each look; several tables where there are many looks.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    looks, tables = planned.looks, []
    for start in range(0, len(looks), _MOST_LOOKS):
        some = looks[start : start + _MOST_LOOKS]
        name = f"looks-{planned.anchor}" + (f"-{some[0]}" if start else "")
        words = f", {some[0]} to {some[-1]} of {len(looks)}" if len(looks) > _MOST_LOOKS else ""
        rows = _look_rows(context, planned, some)
        if rows:
            columns = tuple(Column(f"Look {look}" + " (final)" * (look == looks[-1] != looks[0])) for look in some)
            tables.append(Table(name=name, title=f"Looks{words}.", caption="", stub="", columns=columns, rows=rows))
    return tuple(tables)


def _look_rows(context: Context, planned: Planned, looks: Sequence[int]) -> tuple[Row, ...]:
    declared = context.protocol.design.get(planned.hypothesis)
    binding = getattr(declared.futility, "binding", None) if declared is not None else None
    words = {True: " (binding)", False: " (non-binding)", None: ""}[binding]
    time = f"Time since the first randomization, {context.protocol.time.unit}"
    rows = []
    for heading, lines in _LOOK_LINES:
        group = heading.format(binding=words)
        for label, statistic, under in lines:
            rows += _row(planned, looks, label.format(time=time), statistic, under, group, context)
            if statistic == "planned_events":
                rows += _events_by_arm(context, planned, looks, group)
    return tuple(rows)


def _row(
    planned: Planned, looks: Sequence[int], label: str, statistic: str, under: str | None, group: str, context: Context
) -> list[Row]:
    found = [planned.find(statistic, look=look, under=under) for look in looks]
    if all(row is None or (row.value is None and not row.text) for row in found):
        return []
    # A look without a bound has a dash: an empty cell could be a mistake.
    cells = tuple(shown(context, row) if row is not None and not _void(row) else plain("\u2013") for row in found)
    return [Row(label.strip(), cells, group=group)]


def _void(row: Statistic) -> bool:
    return row.value is None and not row.text


def _events_by_arm(context: Context, planned: Planned, looks: Sequence[int], group: str) -> list[Row]:
    rows = []
    for arm in context.protocol.arms:
        found = [planned.find("planned_events", look=look, arm=arm) for look in looks]
        if any(row is not None for row in found):
            cells = tuple(shown(context, row) for row in found)
            rows.append(Row(context.arm(arm), cells, group=group, indent=1))
    return rows


_BRIEF: tuple[tuple[str, str], ...] = (
    ("{unit}", "planned_time"),
    ("Date", "planned_date"),
    ("Events", "planned_events"),
    ("Enrolled", "planned_enrolled"),
    ("Efficacy, z", "efficacy_z"),
    ("Efficacy, hazard ratio", "efficacy_hazard_ratio"),
    ("Efficacy, difference", "efficacy_estimate"),
    ("Futility, z", "futility_z"),
    ("Power by then", "cumulative_power"),
)


def brief(context: Context, designs: Sequence[Planned]) -> Table | None:
    """The looks of the declared designs in a few columns, one line a look; None where there are none.

    Args:
        context: Bundle and protocol.
        designs: Declared designs.
    """
    unit = context.protocol.time.unit.capitalize()
    kept = [
        (label.format(unit=unit), name)
        for label, name in _BRIEF
        if any(not _void(row) for one in designs for look in one.looks if (row := one.find(name, look=look)))
    ]
    rows = []
    for one in designs:
        group = hypothesis_label(context, one.hypothesis) if len(designs) > 1 else ""
        for look in one.looks:
            found = [one.find(name, look=look) for _, name in kept]
            cells = tuple(shown(context, row) if row is not None and not _void(row) else _DASH for row in found)
            rows.append(Row(f"Look {look}", cells, group=group))
    if not rows or len(rows) > _MOST_BRIEF:
        return None
    columns = tuple(Column(label) for label, _ in kept)
    return Table(name="answer-table", title="Looks and what must be seen.", stub="", columns=columns, rows=tuple(rows),
                 css="compact")  # fmt: skip


_MOST_BRIEF = 12
_DASH = plain("\u2013")
_TOTALS: tuple[tuple[str, str], ...] = (
    ("Power", "power"),
    ("Events at the last look", "maximum_events"),
    ("Patients", "maximum_patients"),
    ("Duration of enrollment, {unit}", "accrual_duration"),
    ("Follow-up after the last randomization, {unit}", "follow_up_after_accrual"),
    ("Time of the last look, {unit}", "study_duration"),
    ("Events that can ever be seen", "possible_events"),
    ("Assumed hazard ratio", "assumed_hazard_ratio"),
    ("Assumed difference", "assumed_difference"),
    ("Margin of non-inferiority", "noninferiority_margin"),
    ("Events of a design with one look", "fixed_sample_events"),
    ("Inflation factor", "inflation_factor"),
    ("Type I error{side}", "type_one_error"),
    ("Type I error{side} when futility is ignored", "type_one_error_ignoring_futility"),
)


def _bounded(planned: Planned, statistic: str) -> bool:
    return any(planned.find(statistic, look=look) is not None for look in planned.looks)


_EXPECTED: tuple[tuple[str, str], ...] = (
    ("Expected events", "expected_events"),
    ("Expected patients", "expected_patients"),
    ("Expected duration, {unit}", "expected_duration"),
)


def totals(context: Context, planned: Planned) -> Table | None:
    """Size, power and errors of a design, and what is to be expected where it may stop early.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    unit = context.protocol.time.unit
    rows = []
    level = planned.find("significance_level")
    side = " on each side" if level is not None and level.sides == 2 else ""
    if level is not None:
        sides = sides_words(level.sides)
        rows.append(Row("Significance level", (cell(context.value(level), f" {sides}".rstrip()), EMPTY)))
    for label, statistic in _TOTALS:
        if statistic == "type_one_error_ignoring_futility" and not _bounded(planned, "futility_z"):
            continue
        # An error has its place under the null; a row may leave `under` empty.
        found = planned.find(statistic, under="h0") if statistic.startswith("type") else None
        row = found or planned.find(statistic)
        if row is not None and not _void(row):
            place = (EMPTY, shown(context, row)) if statistic.startswith("type") else (shown(context, row), EMPTY)
            rows.append(Row(label.format(unit=unit, side=side), place))
    for label, statistic in _EXPECTED:
        pair = [planned.find(statistic, under=under) for under in ("h1", "h0")]
        if any(row is not None and not _void(row) for row in pair):
            rows.append(Row(label.format(unit=unit), tuple(shown(context, row) for row in pair)))
    if not rows:
        return None
    return Table(
        name=f"totals-{planned.anchor}",
        title="Size, power and errors.",
        caption="Expected values count that the trial may stop at each look.",
        stub="",
        columns=(Column("Under the assumptions"), Column("Under the null hypothesis")),
        rows=tuple(rows),
    )


_COMPARED: tuple[tuple[str, str], ...] = (
    ("Scenario", "scenario"),
    ("Number of looks", "looks"),
    ("Power", "power"),
    ("Events at the last look", "maximum_events"),
    ("Patients", "maximum_patients"),
    ("Time of the last look, {unit}", "study_duration"),
    ("Expected events", "expected_events"),
    ("Expected events under the null hypothesis", "expected_events.h0"),
    ("Expected duration, {unit}", "expected_duration"),
    ("Inflation factor", "inflation_factor"),
    ("Type I error", "type_one_error"),
)

_COMPARED_LOOKS: tuple[tuple[str, str], ...] = (
    ("Events", "planned_events"),
    ("Time, {unit}", "planned_time"),
    ("Efficacy bound, z", "efficacy_z"),
    ("Efficacy bound, hazard ratio", "efficacy_hazard_ratio"),
    ("Futility bound, z", "futility_z"),
    ("Power by then", "cumulative_power"),
)


def compared(context: Context, designs: Sequence[Planned]) -> Table | None:
    """Designs of one hypothesis beside each other; None where there is only one.

    Args:
        context: Bundle and protocol.
        designs: The designs, the declared one first.
    """
    if len(designs) < 2:
        return None
    unit, rows = context.protocol.time.unit, []
    for label, name in _COMPARED:
        cells = tuple(_compared_cell(context, one, name) for one in designs)
        if any(item.parts for item in cells):
            rows.append(Row(label.format(unit=unit), cells))
    for look in sorted({look for one in designs for look in one.looks}):
        for label, name in _COMPARED_LOOKS:
            cells = tuple(shown(context, one.find(name, look=look)) for one in designs)
            if any(item.parts for item in cells):
                dashed = tuple(item if item.parts else plain("\u2013") for item in cells)
                rows.append(Row(label.format(unit=unit), dashed, group=f"Look {look}"))
    return Table(
        name=f"compared-{designs[0].hypothesis}",
        title="Designs beside each other.",
        stub="",
        columns=tuple(Column(design_label(context, one.hypothesis, one.name)) for one in designs),
        rows=tuple(Row(r.label, r.cells, group=r.group or "All looks") for r in rows),
    )


def _compared_cell(context: Context, planned: Planned, name: str) -> Cell:
    if name == "scenario":
        return plain(scenario_label(context, planned.scenario))
    if name == "looks":
        return plain(str(len(planned.looks)))
    statistic, _, under = name.partition(".")
    row = planned.find(statistic, under=under) if under else planned.find(statistic)
    row = row or (planned.find(statistic, under="h0") if statistic.startswith("type") else None)
    return shown(context, row)
