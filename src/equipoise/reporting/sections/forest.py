"""Subgroups: a forest plot for each analysis and contrast, with its numbers as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.cells import why
from equipoise.reporting.context import Context
from equipoise.reporting.lines import method_notes
from equipoise.reporting.plan import cox_method, survivals
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic
from equipoise.results.display import format_fraction

if TYPE_CHECKING:
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.reporting.figures import ForestRow

__all__ = ["subgroups"]

_METHOD = "cox.efron"


def subgroups(context: Context) -> Section | None:
    """The section; None where no analysis has subgroups.

    Args:
        context: Bundle and protocol.
    """
    parts = []
    for name, analysis in survivals(context).items():
        if analysis.subgroups:
            parts.append(Section(f"subgroups-{name}", context.analysis_label(name), _blocks(context, name, analysis)))
    if not parts:
        return None
    words = (
        "Hazard ratios within levels of declared factors, from models without strata. Subgroups are small and many: "
        "a difference between them is weak evidence. Limits are not adjusted for multiplicity, and no test of "
        "interaction is shown; its rows are in results.json."
    )
    return Section("subgroups", "Subgroups", (paragraph(words),), tuple(parts))


def _blocks(context: Context, name: str, analysis: TimeToEventAnalysis) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for arm, versus in context.protocol.contrasts:
        blocks.append(_figure(context, name, analysis, arm, versus))
        blocks.append(_table(context, name, analysis, arm, versus))
    return tuple(blocks)


def _levels(context: Context, name: str, factor: str) -> list[str]:
    declared = context.protocol.factors.get(factor)
    levels = list(declared.level_values) if declared else []
    found = [r.key.group("level") for r in context.rows(name, "hazard_ratio") if r.key.group("factor") == factor]
    return levels + [level for level in dict.fromkeys(found) if level not in levels]


def _ratio(context: Context, name: str, arm: str, versus: str, factor: str, level: str) -> Statistic | None:
    groups = (("factor", factor), ("level", level))
    return context.find(name, "hazard_ratio", arm, versus, groups=groups)


def _events(context: Context, name: str, arm: str, factor: str = "", level: str = "") -> str:
    """Events and participants of one arm as "12/40"."""
    groups = (("factor", factor), ("level", level)) if factor else ()
    cells = [context.find(name, statistic, arm, groups=groups) for statistic in ("events", "subjects")]
    return "/".join(context.value(one, absent="–").text for one in cells)


def _forest_row(context: Context, stat: Statistic | None, label: str, left: tuple[str, ...], kind: str) -> ForestRow:
    from equipoise.reporting import figures

    if stat is None or stat.value is None:
        reason = context.value(stat).text
        return figures.ForestRow(
            label=label, left=left, right=("",), kind="level", reason=reason, stat=stat.id if stat else ""
        )
    return figures.ForestRow(
        label=label, value=stat.value, lower=stat.lower, upper=stat.upper, weight=stat.events, left=left,
        right=(context.estimate(stat).text,), kind="overall" if kind == "overall" else "level", stat=stat.id,
    )  # fmt: skip


def _figure(context: Context, name: str, analysis: TimeToEventAnalysis, arm: str, versus: str) -> Figure:
    from equipoise.reporting import figures

    rows = []
    for factor in analysis.subgroups:
        rows.append(figures.ForestRow(label=context.factor(factor), kind="heading"))
        for level in _levels(context, name, factor):
            left = tuple(_events(context, name, one, factor, level) for one in (arm, versus))
            rows.append(_forest_row(context, _ratio(context, name, arm, versus, factor, level), level, left, "level"))
    overall = context.find(name, "hazard_ratio", arm, versus, method=cox_method(analysis.estimate))
    left = tuple(_events(context, name, one) for one in (arm, versus))
    rows.append(_forest_row(context, overall, "Overall, as planned", left, "overall"))
    title = f"{context.analysis_label(name)}, {context.contrast(arm, versus)}"
    words = f"Hazard ratios with confidence limits in {len(rows)} rows; the table below has the same numbers."
    headers = (tuple(f"{context.arm(one)}, events/n" for one in (arm, versus)), (_interval_words(analysis),))
    slug = f"forest-{name}-{arm}"
    drawn = [
        figures.forest(
            rows, name=f"plot-{slug}-{width}", title=f"Forest plot: {title}", left_headers=headers[0],
            right_headers=headers[1], description=words, width=width,
            favours=(f"{context.arm(arm)} better", f"{context.arm(versus)} better"),
        )
        for width in ("wide", "narrow")
    ]  # fmt: skip
    return Figure(name=slug, svg=drawn[0], narrow=drawn[1], title=f"{title}:", caption="subgroups.", description=words)


def _interval_words(analysis: TimeToEventAnalysis) -> str:
    return f"Hazard ratio ({format_fraction(analysis.estimate.conf_level)} CI)"


def _table(context: Context, name: str, analysis: TimeToEventAnalysis, arm: str, versus: str) -> Table:
    rows = []
    for factor in analysis.subgroups:
        for level in _levels(context, name, factor):
            groups = (("factor", factor), ("level", level))
            cells = []
            for one in (arm, versus):
                for statistic in ("events", "subjects"):
                    cells.append(context.value(context.find(name, statistic, one, groups=groups), absent="–"))
            stat = _ratio(context, name, arm, versus, factor, level)
            cells.append(context.estimate(stat) if stat else why("not computed"))
            rows.append(Row(level, tuple(cells), group=context.factor(factor)))
    columns = [Column(word, context.arm(one)) for one in (arm, versus) for word in ("Events", "n")]
    return Table(
        name=f"table-subgroups-{name}-{arm}",
        title=f"{context.analysis_label(name)}, {context.contrast(arm, versus)}:",
        caption="subgroups.",
        stub="Subgroup",
        columns=(*columns, Column(_interval_words(analysis))),
        rows=tuple(rows),
        notes=method_notes(context, [one for row in rows for one in row.cells]),
        css="compact",
    )
