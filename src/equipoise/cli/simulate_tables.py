"""What was simulated, as tables on a terminal: one column a hypothesis, Monte Carlo errors in parentheses."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from equipoise.cli.design_tables import aligned
from equipoise.cli.output import terminal_columns

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic
    from equipoise.simulation.workflow import Simulated

__all__ = ["summary"]

Groups = tuple[tuple[str, str], ...]

_LEGEND = (
    "In parentheses: Monte Carlo standard errors, of percentages in percentage points. By design: what the design "
    "computes by formula; * where it differs by more than 4 errors and 0.01."
)
# label, statistic, under, what the design says of it
_LINES = (
    ("Power", "power", "h1", "analytic_power"),
    ("Power, futility ignored", "power_ignoring_futility", "h1", ""),
    ("Type I error, one side", "type_one_error", "h0", "analytic_type_one_error"),
    ("Type I error, futility ignored", "type_one_error_ignoring_futility", "h0", ""),
    ("Type I error, lower tail", "type_one_error_lower", "h0", ""),
    ("Tested at all", "tested_share", "h1", ""),
    ("Expected events", "expected_events", "h1", ""),
    ("Expected events, no effect", "expected_events", "h0", ""),
    ("Expected patients", "expected_patients", "h1", ""),
    ("Expected patients, no effect", "expected_patients", "h0", ""),
    ("Expected duration", "expected_duration", "h1", ""),
    ("Expected duration, no effect", "expected_duration", "h0", ""),
    ("Mean estimate", "mean_estimate", "h1", ""),
    ("True value", "true_value", "h1", ""),
    ("Coverage", "coverage", "h1", ""),
    ("Trials without a statistic", "degenerate_trials", "h1", ""),
    ("Trials without a statistic, no effect", "degenerate_trials", "h0", ""),
)
_LOOK_LINES = (
    ("time", "look_time"), ("events", "look_events"), ("held", "look_held"), ("its events came", "reached_events"),
    ("stops for efficacy", "stop_efficacy"), ("stops for futility", "stop_futility"),
    ("rejected by then", "cumulative_power"),
)  # fmt: skip
_ONLY_IF_ADJUSTED = ".median_unbiased"
_ROUNDING = 1e-9  # of the number: an error below it is that of adding equal numbers


def summary(protocol: Protocol, found: Simulated, seed: int) -> list[str]:
    """All that was simulated: a section a scenario, and of sweeps a line a point.

    Args:
        protocol: The declared trial.
        found: What was simulated.
        seed: Seed of the run.
    """
    lines: list[str] = []
    for scenario in dict.fromkeys(run[0] for run in found.trials):
        runs = [run for run in found.trials if run[0] == scenario]
        title = f"{protocol.trial.id}, simulation of scenario {scenario}"
        counts = {under: trials for _, under, vary, trials in runs if not vary}
        words = {"h1": "as declared", "h0": "without any effect"}
        told = " and ".join(
            f"{trials:,} {'trial' if trials == 1 else 'trials'} {words[under]}" for under, trials in counts.items()
        )
        lines += [title, "=" * len(title), "", f"{told}, seed {seed}", ""]
        rows = [row for row in found.results if row.key.scenario == scenario]
        lines += _table(protocol, [row for row in rows if not row.key.group("vary")])
        points = list(dict.fromkeys(_point(row) for row in rows if row.key.group("vary")))
        if points:
            lines += ["", *_sweep(rows, points)]
        lines += ["", *textwrap.wrap(_LEGEND, terminal_columns(100)), ""]
    return lines


def _point(row: Statistic) -> Groups:
    return tuple(pair for pair in row.key.groups if pair[0].startswith(("vary", "value")))


def _table(protocol: Protocol, rows: Sequence[Statistic]) -> list[str]:
    """Totals, and what happens at each look."""
    names = list(dict.fromkeys(row.key.hypothesis for row in rows if row.key.hypothesis))
    unit = protocol.time.unit
    lines: list[list[str]] = [["", *names]]
    for label, statistic, under, analytic in _LINES:
        cells = [_cell(_find(rows, name, statistic, under)) for name in names]
        if not any(cells) or _dull(rows, names, statistic, under):
            continue
        lines.append([f"{label}, {unit}" if "duration" in statistic else label, *cells])
        if analytic:
            lines.append(["  by design", *(_analytic(rows, name, statistic, analytic, under) for name in names)])
    looks = max((row.key.look or 0 for row in rows), default=0)
    for look in range(1, looks + 1):
        for label, statistic in _LOOK_LINES:
            cells = [_cell(_find(rows, name, statistic, "h1", look)) for name in names]
            if any(cells) and not _always(rows, names, statistic, look):
                what = f"{label}, {unit}" if label == "time" else label
                lines.append([f"Look {look}, {what}", *cells])
    return aligned(lines)


def _sweep(rows: Sequence[Statistic], points: Sequence[Groups]) -> list[str]:
    """Power, error, duration at each point of a sweep."""
    names = list(dict.fromkeys(row.key.hypothesis for row in rows if row.key.hypothesis))
    shown = (("Power", "power", "h1"), ("By design", "analytic_power", "h1"), ("Type I error", "type_one_error", "h0"),
             ("Duration", "expected_duration", "h1"))  # fmt: skip
    head = ["If"] + [f"{name}: {label}" if len(names) > 1 else label for name in names for label, _, _ in shown]
    lines = [head]
    for point in points:
        values = [value for name, value in point if name.startswith("value")]
        what = [value.replace("_", " ") for name, value in point if name.startswith("vary")]
        label = ", ".join(f"{name} {value}" for name, value in zip(what, values, strict=True))
        own = [row for row in rows if _point(row) == point]
        cells = [_cell(_find(own, name, statistic, under)) or "-" for name in names for _, statistic, under in shown]
        lines.append([label, *cells])
    used = [column for column in range(len(head)) if column == 0 or any(line[column] != "-" for line in lines[1:])]
    return aligned([[line[column] for column in used] for line in lines])


def _find(
    rows: Sequence[Statistic], hypothesis: str, statistic: str, under: str, look: int | None = None
) -> Statistic | None:
    """The row of both arms and of all trials."""
    for row in rows:
        key = row.key
        if (key.hypothesis, key.statistic, key.under, key.look) != (hypothesis, statistic, under, look):
            continue
        whole = bool(key.versus) or not key.arm
        if whole and _point(row) == key.groups and not key.method.endswith(_ONLY_IF_ADJUSTED):
            return row
    return None


def _cell(row: Statistic | None) -> str:
    """A number with as many digits as its error leaves it: 74.02% (0.14), 0.02518 (0.00050); exact ones plainly."""
    if row is None or row.value is None:
        return ""
    value, error, sign = float(row.value), row.se, ""
    if row.key.statistic in ("degenerate_trials", "trials"):
        return f"{value:,.0f}"
    if _in_percent(row):
        value, error, sign = 100.0 * value, None if error is None else 100.0 * error, "%"
    if error is None or error <= _ROUNDING * abs(value):
        return f"{value:,.4f}".rstrip("0").rstrip(".") + sign  # computed, or the same in every trial
    digits = min(6, max(1, 1 - math.floor(math.log10(error))))
    return f"{value:,.{digits}f}{sign} ({error:.{digits}f})"


def _in_percent(row: Statistic) -> bool:
    """Probabilities are percentages, as the design and the dossier print them; errors of the first kind are not."""
    from equipoise.results.display import display_of

    return display_of(row) == "percent"


def _analytic(rows: Sequence[Statistic], name: str, statistic: str, analytic: str, under: str) -> str:
    row, gap = _find(rows, name, analytic, under), _find(rows, name, f"{statistic}_gap", under)
    if row is None or row.value is None:
        return "-"
    text = f"{100.0 * float(row.value):.2f}%" if _in_percent(row) else f"{float(row.value):.4f}"
    return f"{text}{' *' if gap is not None and gap.text else ''}"


def _value(row: Statistic | None) -> float | None:
    return None if row is None or row.value is None else float(row.value)


def _dull(rows: Sequence[Statistic], names: Sequence[str], statistic: str, under: str) -> bool:
    """Whether a line says nothing: no trial without a statistic, futility that changes nothing, tested always."""
    values = [_value(_find(rows, name, statistic, under)) for name in names]
    if statistic == "degenerate_trials":
        return not any(values)
    if statistic == "tested_share":
        return all(value in (None, 1.0) for value in values)
    if statistic.endswith("_ignoring_futility"):
        plain = statistic.removesuffix("_ignoring_futility")
        return values == [_value(_find(rows, name, plain, under)) for name in names]
    return False


def _always(rows: Sequence[Statistic], names: Sequence[str], statistic: str, look: int) -> bool:
    if statistic not in ("look_held", "reached_events"):
        return False
    return all(_value(_find(rows, name, statistic, "h1", look)) in (None, 1.0) for name in names)
