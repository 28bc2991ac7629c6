"""Tables of designs as aligned text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.cli.output import terminal_columns
from equipoise.results.display import display_of, format_value

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results, Statistic

__all__ = ["compared", "look_table", "sensitivity_table", "total_table"]

_DIGITS = {
    "efficacy_z": 3, "futility_z": 3, "harm_z": 3, "efficacy_p": 4, "futility_p": 4, "alpha_spent": 5, "beta_spent": 4,
    "efficacy_hazard_ratio": 3, "futility_hazard_ratio": 3, "harm_hazard_ratio": 3, "efficacy_estimate": 3,
    "futility_estimate": 3, "average_hazard_ratio": 3, "assumed_hazard_ratio": 3, "assumed_difference": 3,
    "type_one_error": 5, "type_one_error_ignoring_futility": 5, "inflation_factor": 4, "planned_enrolled": 0,
    "expected_patients": 0,
}  # fmt: skip
_WIDEST = 110
_MOST_COLUMNS = 8
_LOOKS = (
    ("Time", "planned_time", ""), ("Date", "planned_date", ""), ("Events", "planned_events", ""),
    ("Enrolled", "planned_enrolled", ""), ("Information", "information_fraction", ""),
    ("AHR", "average_hazard_ratio", ""), ("z", "efficacy_z", ""), ("P", "efficacy_p", ""),
    ("HR", "efficacy_hazard_ratio", ""), ("Difference", "efficacy_estimate", ""), ("Alpha", "alpha_spent", ""),
    ("Futile z", "futility_z", ""), ("Futile HR", "futility_hazard_ratio", ""),
    ("Futile diff.", "futility_estimate", ""), ("Harm z", "harm_z", ""), ("Harm HR", "harm_hazard_ratio", ""),
    ("Power", "cumulative_power", "h1"), ("Stop H0", "stop_efficacy", "h0"), ("Futile H0", "stop_futility", "h0"),
)  # fmt: skip
_LEGEND = (
    "z, P (one-sided, nominal) and HR or difference (approximate): what must be reached for efficacy; Alpha: spent by "
    "then on one side; Power: probability of rejection by then if the assumptions are true; Stop H0, Futile H0: "
    "probability to stop there for efficacy, or for futility, without an effect."
)
_TOTALS = (
    ("Power", "power", "h1"), ("Type I error, one side", "type_one_error", "h0"),
    ("Type I error, futility ignored", "type_one_error_ignoring_futility", "h0"),
    ("Events at the last look", "maximum_events", ""), ("Patients", "maximum_patients", ""),
    ("Events that can ever be seen", "possible_events", ""), ("Duration of enrollment", "accrual_duration", ""),
    ("Follow-up after the last randomization", "follow_up_after_accrual", ""),
    ("Time of the last look", "study_duration", ""), ("Events of a design with one look", "fixed_sample_events", ""),
    ("Inflation factor", "inflation_factor", ""),
    ("Expected events, no effect", "expected_events", "h0"), ("Expected events, as assumed", "expected_events", "h1"),
    ("Expected patients, no effect", "expected_patients", "h0"),
    ("Expected patients, as assumed", "expected_patients", "h1"),
    ("Expected duration, no effect", "expected_duration", "h0"),
    ("Expected duration, as assumed", "expected_duration", "h1"), ("Solved for", "solved", ""),
)  # fmt: skip


def shown(protocol: Protocol, row: Statistic | None, *, unit: bool = False) -> str:
    """A number of a design with as many decimals as its kind needs; "" where there is none.

    Args:
        protocol: The declared trial.
        row: The statistic.
        unit: Whether its unit follows.
    """
    if row is None:
        return ""
    digits = _DIGITS.get(row.key.statistic)
    if digits is None and display_of(row) == "number" and row.value is not None:
        digits = 0 if float(row.value).is_integer() else 1
    time = protocol.time
    return format_value(row, time_unit=time.unit, days_per_month=time.days_per_month, digits=digits, unit=unit)


def _find(rows: Sequence[Statistic], statistic: str, *, look: int | None = None, under: str = "") -> Statistic | None:
    """The row of a name that is not of one arm."""
    for row in rows:
        key = row.key
        alone = bool(key.versus) or not key.arm
        if (key.statistic, key.look, key.under) == (statistic, look, under) and alone:
            return row
    return None


def aligned(rows: Sequence[Sequence[str]], *, right: bool = True) -> list[str]:
    """Cells as columns, the first to the left and the others to the right.

    Args:
        rows: Lines of equally many cells.
        right: Whether columns after the first are set to the right.
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [
            cell.rjust(width) if right else cell.ljust(width) for cell, width in zip(row[1:], widths[1:], strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def look_table(protocol: Protocol, rows: Sequence[Statistic]) -> list[str]:
    """One line a look; one column, where lines would be too long.

    Args:
        protocol: The declared trial.
        rows: Rows of one design.
    """
    import textwrap

    looks = sorted({row.key.look for row in rows if row.key.look is not None})
    head, columns = ["Look"], []
    for label, statistic, under in _LOOKS:
        cells = [shown(protocol, _find(rows, statistic, look=look, under=under)) for look in looks]
        if any(cells):
            head.append(f"{label}, {protocol.time.unit}" if label == "Time" else label)
            columns.append([cell or "-" for cell in cells])
    lines = [[str(look), *(column[at] for column in columns)] for at, look in enumerate(looks)]
    table = aligned([head, *lines])
    room = terminal_columns(_WIDEST)
    if max(map(len, table)) > room and len(looks) <= _MOST_COLUMNS:
        table = aligned(list(zip(*[head, *lines], strict=True)))
    elif max(map(len, table)) > room and "Information" in head:
        # Too many looks for columns: when they come, and below it what is to be seen there.
        cut = head.index("Information") + 1
        first, second = ([row[:cut] for row in [head, *lines]], [[row[0], *row[cut:]] for row in [head, *lines]])
        table = [*aligned(first), "", *aligned(second)]
    return [*table, "", *textwrap.wrap(_LEGEND, terminal_columns(100))]


def total_table(protocol: Protocol, rows: Sequence[Statistic]) -> list[str]:
    """Totals, one a line.

    Args:
        protocol: The declared trial.
        rows: Rows of one design.
    """
    lines = []
    for label, statistic, under in _TOTALS:
        row = _find(rows, statistic, under=under)
        if row is not None and (statistic != "type_one_error_ignoring_futility" or _has_futility(rows)):
            lines.append((label, shown(protocol, row, unit=True)))
    return aligned(lines, right=False)


def _has_futility(rows: Sequence[Statistic]) -> bool:
    return any(row.key.statistic == "futility_z" for row in rows)


def sensitivity_table(protocol: Protocol, rows: Sequence[Statistic]) -> list[str]:
    """What becomes of the design when an assumption is another.

    Args:
        protocol: The declared trial.
        rows: Rows that vary.
    """
    last = max((row.key.look or 0 for row in rows), default=0)
    lines = [["If", "Power", f"Last look, {protocol.time.unit}", "Events"]]
    for groups in dict.fromkeys(row.key.groups for row in rows):
        own = [row for row in rows if row.key.groups == groups]
        names = [level for name, level in groups if name.startswith("vary")]
        values = [level for name, level in groups if name.startswith("value")]
        label = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in zip(names, values, strict=True))
        cells = (
            _find(own, "power", under="h1"), _find(own, "planned_time", look=last), _find(own, "maximum_events")
        )  # fmt: skip
        lines.append([label, *(shown(protocol, cell) or "-" for cell in cells)])
    return aligned(lines)


_COMPARED = (
    ("Looks", "", ""), ("Power", "power", "h1"), ("Events at the last look", "maximum_events", ""),
    ("Patients", "maximum_patients", ""), ("Time of the last look", "study_duration", ""),
    ("Type I error, one side", "type_one_error", "h0"), ("Expected events, no effect", "expected_events", "h0"),
    ("Expected events, as assumed", "expected_events", "h1"),
    ("Expected duration, as assumed", "expected_duration", "h1"), ("Inflation factor", "inflation_factor", ""),
)  # fmt: skip
_COMPARED_LOOKS = (("events", "planned_events"), ("time", "planned_time"), ("z", "efficacy_z"),
                   ("HR", "efficacy_hazard_ratio"), ("futile z", "futility_z"))  # fmt: skip


def compared(found: Sequence[tuple[Path, Protocol, Results]]) -> list[str]:
    """Designs side by side, those of one hypothesis in one table.

    Args:
        found: File, declared trial and rows of each protocol.
    """
    tables: dict[str, list[tuple[str, Protocol, list[Statistic]]]] = {}
    for path, protocol, results in found:
        rows = [row for row in results if row.key.stage == "design" and not row.key.group("vary")]
        for hypothesis, name in dict.fromkeys((row.key.hypothesis, row.key.group("design")) for row in rows):
            own = [row for row in rows if (row.key.hypothesis, row.key.group("design")) == (hypothesis, name)]
            title = name or "declared"
            title = title if len(found) == 1 else f"{_short(path)}: {title}"
            tables.setdefault(hypothesis, []).append((title, protocol, own))
    lines: list[str] = []
    for hypothesis, designs in tables.items():
        lines += [f"Designs for {hypothesis}", "", *_side_by_side(designs), ""]
    return lines


def _short(path: Path) -> str:
    return path.parent.name or path.stem if path.stem == "trial" else path.stem


def _side_by_side(designs: Sequence[tuple[str, Protocol, list[Statistic]]]) -> list[str]:
    lines = [["", *(title for title, _, _ in designs)]]
    looks = max((row.key.look or 0 for _, _, rows in designs for row in rows), default=0)
    lines.append(["Scenario", *(next(iter({row.key.scenario for row in rows})) for _, _, rows in designs)])
    for label, statistic, under in _COMPARED:
        if not statistic:
            cells = [str(max((row.key.look or 0 for row in rows), default=0)) for _, _, rows in designs]
        else:
            cells = [shown(p, _find(rows, statistic, under=under), unit=True) for _, p, rows in designs]
        if any(cells):
            lines.append([label, *(cell or "-" for cell in cells)])
    for look in range(1, looks + 1):
        for label, statistic in _COMPARED_LOOKS:
            cells = [shown(p, _find(rows, statistic, look=look), unit=True) for _, p, rows in designs]
            if any(cells):
                lines.append([f"Look {look}, {label}", *(cell or "-" for cell in cells)])
    return aligned(lines)
