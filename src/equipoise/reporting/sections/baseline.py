"""Baseline characteristics by arm. No P values: randomization makes the hypothesis true."""

from __future__ import annotations

from equipoise.reporting.blocks import Section
from equipoise.reporting.cells import Cell, Piece, cell
from equipoise.reporting.context import Context
from equipoise.reporting.lines import method_notes
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic
from equipoise.results.display import format_count, format_percent, format_value, number_digits

__all__ = ["baseline", "baseline_table"]

_A = "baseline"


def baseline(context: Context) -> Section | None:
    """The section.

    Args:
        context: Bundle and protocol.
    """
    table = baseline_table(context)
    return Section("baseline", "Baseline characteristics", (table,)) if table else None


def baseline_table(context: Context) -> Table | None:
    """The table: one group of rows a factor, one column an arm and one for all.

    Args:
        context: Bundle and protocol.
    """
    groups = dict.fromkeys(
        row.key.group("factor")
        for row in context.bundle.results
        if row.key.analysis == _A and row.key.group("factor") and row.key.stage == "analysis"
    )
    rows: list[Row] = []
    for factor in groups:
        rows += _factor(context, factor)
    if not rows:
        return None
    populations = {row.key.population for row in context.bundle.results if row.key.analysis == _A}
    about = ", ".join(context.population(name) for name in sorted(populations) if name)
    columns = [Column(context.arm(arm)) for arm in (*context.protocol.arms, "")]
    return Table(
        name="table-baseline",
        title="Baseline characteristics:",
        caption=f"{about}. Values are n (%) unless said otherwise.",
        stub="Characteristic",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=method_notes(context, [one for row in rows for one in row.cells]),
    )


def _factor(context: Context, factor: str) -> list[Row]:
    declared = context.protocol.factors.get(factor)
    label = context.factor(factor)
    if declared is not None and declared.continuous:
        unit = f", {declared.unit}" if declared.unit else ""
        return _continuous(context, factor, f"{label}{unit}")
    levels = list(declared.level_values) if declared is not None else []
    for statistic in ("baseline_count", "baseline_proportion"):
        found = [r.key.group("level") for r in context.rows(_A, statistic) if r.key.group("factor") == factor]
        levels += [level for level in dict.fromkeys(found) if level not in levels]
    rows = [
        Row(level, tuple(_share(context, factor, level, arm) for arm in (*context.protocol.arms, "")), group=label)
        for level in levels
    ]
    return rows + _missing(context, factor, label)


def _share(context: Context, factor: str, level: str, arm: str) -> Cell:
    groups = (("factor", factor), ("level", level))
    count = context.find(_A, "baseline_count", arm, groups=groups)
    share = context.find(_A, "baseline_proportion", arm, groups=groups)
    if count is None or count.value is None:
        return context.count_percent(share)
    if share is None or share.value is None:
        return context.value(count)
    percent = "0%" if count.value == 0 else format_percent(share.value)
    return cell(Piece(format_count(count.value), count), " (", Piece(percent, share), ")")


def _missing(context: Context, factor: str, label: str) -> list[Row]:
    stats = [
        context.find(_A, "baseline_missing", arm, groups=(("factor", factor),)) for arm in (*context.protocol.arms, "")
    ]
    if not any(stat is not None and stat.value for stat in stats):
        return []
    return [Row("Missing", tuple(context.value(stat) for stat in stats), group=label)]


def _continuous(context: Context, factor: str, label: str) -> list[Row]:
    arms = (*context.protocol.arms, "")
    groups = (("factor", factor),)
    by_name: dict[str, list[Statistic | None]] = {}
    for name in ("n", "mean", "sd", "median", "q1", "q3", "min", "max"):
        by_name[name] = [context.find(_A, f"baseline_{name}", arm, groups=groups) for arm in arms]
    means = number_digits(stat.value for stat in by_name["mean"] + by_name["sd"] if stat is not None)
    others = number_digits(stat.value for name in ("median", "q1", "q3") for stat in by_name[name] if stat is not None)
    ends = number_digits(stat.value for name in ("min", "max") for stat in by_name[name] if stat is not None)
    rows = []
    if any(stat is not None for stat in by_name["mean"]):
        cells = [
            _joined([(m, "", ""), (s, " (", ")")], means) for m, s in zip(by_name["mean"], by_name["sd"], strict=True)
        ]
        rows.append(Row("Mean (SD)", tuple(cells), group=label))
    if any(stat is not None for stat in by_name["median"]):
        trios = zip(by_name["median"], by_name["q1"], by_name["q3"], strict=True)
        cells = [_joined([(m, "", ""), (a, " (", ""), (b, " to ", ")")], others) for m, a, b in trios]
        rows.append(Row("Median (quartiles)", tuple(cells), group=label))
    if any(stat is not None for stat in by_name["min"]):
        pairs = zip(by_name["min"], by_name["max"], strict=True)
        rows.append(Row("Range", tuple(_joined([(a, "", ""), (b, " to ", "")], ends) for a, b in pairs), group=label))
    return rows + _missing(context, factor, label)


def _joined(items: list[tuple[Statistic | None, str, str]], digits: int) -> Cell:
    parts: list[str | Piece] = []
    for stat, before, after in items:
        if stat is None:
            continue
        parts += [before, Piece(format_value(stat, digits=digits), stat), after]
    return cell(*[part for part in parts if part])
