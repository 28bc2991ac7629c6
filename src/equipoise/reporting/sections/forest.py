"""Subgroups: a forest plot for each analysis and contrast, with its numbers as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.context import Context
from equipoise.reporting.lines import method_notes
from equipoise.reporting.plan import continuous, ratio_of, responses, survivals
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic
from equipoise.results.display import format_fraction

if TYPE_CHECKING:
    from equipoise.protocol.continuous import ContinuousAnalysis
    from equipoise.reporting.figures import ForestRow

__all__ = ["subgroups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """What a forest plot shows of an analysis.

    Attributes:
        analysis: Name of the analysis.
        factors: Its subgroups.
        statistic: Name of the effect.
        hits: Name of the counts beside it.
        interval: First words of the interval's slug.
        method: Method of the effect in subgroups.
        overall: Further key fields of the effect in everybody.
        label: Heading of the effect.
        ratio: Whether no effect is 1 rather than 0.
        better: Of a measurement, whether lower or higher values are better.
    """

    analysis: str
    factors: tuple[str, ...]
    statistic: str
    hits: str
    interval: str
    method: str
    overall: dict[str, Any]
    label: str
    ratio: bool
    better: str = ""


def subgroups(context: Context) -> Section | None:
    """The section; None where no analysis has subgroups.

    Args:
        context: Bundle and protocol.
    """
    parts = []
    for effect in _effects(context):
        blocks = _blocks(context, effect)
        if blocks:
            parts.append(Section(f"subgroups-{effect.analysis}", context.analysis_label(effect.analysis), blocks))
    if not parts:
        return None
    words = (
        "Effects within levels of declared factors, without strata. Subgroups are small and many: a difference between "
        "them is weak evidence. Limits are not adjusted for multiplicity, and no test of interaction is shown; its "
        "rows are in results.json."
    )
    return Section("subgroups", "Subgroups", (paragraph(words),), tuple(parts))


def _effects(context: Context) -> Iterator[_Effect]:
    for name, analysis in survivals(context).items():
        if analysis.subgroups:
            yield _Effect(
                analysis=name,
                factors=analysis.subgroups,
                statistic="hazard_ratio",
                hits="events",
                interval="wald",
                method=f"cox.{analysis.estimate.ties}",
                overall=dict(ratio_of(analysis.estimate)),
                label=f"Hazard ratio ({format_fraction(analysis.estimate.conf_level)} CI)",
                ratio=True,
            )
    for name, response in responses(context).items():
        if response.subgroups:
            yield _Effect(
                analysis=name,
                factors=response.subgroups,
                statistic="risk_difference",
                hits="responders",
                interval=response.difference,
                method="",
                overall={"groups": (("response", "objective"),), "interval": response.difference},
                label=f"Difference, points ({format_fraction(response.conf_level)} CI)",
                ratio=False,
            )
    for name, measured in continuous(context).items():
        if measured.subgroups:
            yield _of_means(context, name, measured)


def _of_means(context: Context, name: str, analysis: ContinuousAnalysis) -> _Effect:
    return _Effect(
        analysis=name,
        factors=analysis.subgroups,
        statistic="ls_mean_difference",
        hits="",
        interval="t",
        method=analysis.method,
        overall={"method": analysis.method},
        label=f"Difference in means ({format_fraction(analysis.conf_level)} CI)",
        ratio=False,
        better=context.protocol.endpoints[analysis.endpoint].better,  # type: ignore[union-attr]
    )


def _blocks(context: Context, effect: _Effect) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for arm, versus in context.protocol.contrasts:
        if any(_levels(context, effect, factor) for factor in effect.factors):
            blocks += [_figure(context, effect, arm, versus), _table(context, effect, arm, versus)]
    return tuple(blocks)


def _levels(context: Context, effect: _Effect, factor: str) -> list[str]:
    """Levels that have an effect, in declared order; others (missing) last."""
    declared = context.protocol.factors.get(factor)
    rows = context.rows(effect.analysis, effect.statistic)
    found = dict.fromkeys(row.key.group("level") for row in rows if row.key.group("factor") == factor)
    order = [level for level in (declared.level_values if declared else {}) if level in found]
    return order + [level for level in found if level not in order]


def _stat(context: Context, effect: _Effect, pair: tuple[str, str], factor: str, level: str) -> Statistic | None:
    groups = (("factor", factor), ("level", level))
    return context.find(
        effect.analysis, effect.statistic, *pair, groups=groups, interval=effect.interval, method=effect.method
    )


def _counts(context: Context, effect: _Effect, arm: str, factor: str = "", level: str = "") -> str:
    """Events and participants of one arm as "12/40"."""
    groups = (("factor", factor), ("level", level)) if factor else ()
    names = (effect.hits, "subjects") if effect.hits else ("subjects",)
    found = [context.find(effect.analysis, statistic, arm, groups=groups) for statistic in names]
    return "/".join(context.value(one).text for one in found) if all(found) else ""


def _drawn_row(context: Context, stat: Statistic | None, label: str, left: tuple[str, ...], kind: Any) -> ForestRow:
    from equipoise.reporting import figures

    if stat is None or stat.value is None:
        reason = context.value(stat).text
        return figures.ForestRow(label=label, left=left, right=("",), kind="level", reason=reason)
    return figures.ForestRow(
        label=label, value=stat.value, lower=stat.lower, upper=stat.upper, weight=stat.events, left=left,
        right=(context.estimate(stat).text,), kind=kind, stat=stat.id,
    )  # fmt: skip


def _figure(context: Context, effect: _Effect, arm: str, versus: str) -> Figure:
    from equipoise.reporting import figures

    rows = []
    for factor in effect.factors:
        rows.append(figures.ForestRow(label=context.factor(factor), kind="heading"))
        for level in _levels(context, effect, factor):
            left = tuple(_counts(context, effect, one, factor, level) for one in (arm, versus))
            rows.append(_drawn_row(context, _stat(context, effect, (arm, versus), factor, level), level, left, "level"))
    overall = context.find(effect.analysis, effect.statistic, arm, versus, **effect.overall)
    left = tuple(_counts(context, effect, one) for one in (arm, versus))
    rows.append(_drawn_row(context, overall, "Overall, as planned", left, "overall"))
    title = f"{context.analysis_label(effect.analysis)}, {context.contrast(arm, versus)}"
    words = f"{effect.label}, by subgroup and overall. The table below the figure has the same numbers."
    # Said of events, not of benefit: an event may be a harm.
    sides = [f"Fewer events with {context.arm(one)}" for one in (arm, versus)]
    if effect.better:
        sides = [
            f"Better with {context.arm(one)}" for one in ((arm, versus) if effect.better == "lower" else (versus, arm))
        ]
    elif not effect.ratio:
        sides = [f"More responses with {context.arm(one)}" for one in (versus, arm)]
    drawn = [
        figures.forest(
            rows,
            name=f"plot-forest-{effect.analysis}-{arm}-{width}",
            title=f"Forest plot: {title}",
            left_headers=tuple(
                f"{context.arm(one)}, {effect.hits + '/' * bool(effect.hits)}n" for one in (arm, versus)
            ),
            right_headers=(effect.label,),
            favours=(sides[0], sides[1]),
            null=1.0 if effect.ratio else 0.0,
            log=effect.ratio,
            percent=not effect.ratio and not effect.better,
            description=words,
            width=width,
        )
        for width in ("wide", "narrow")
    ]
    return Figure(
        name=f"forest-{effect.analysis}-{arm}", svg=drawn[0], narrow=drawn[1], title=f"{title}:", caption="subgroups.",
        description=words,
    )  # fmt: skip


def _table(context: Context, effect: _Effect, arm: str, versus: str) -> Table:
    rows = []
    for factor in effect.factors:
        for level in _levels(context, effect, factor):
            groups = (("factor", factor), ("level", level))
            cells = []
            for one in (arm, versus):
                for statistic in filter(None, (effect.hits, "subjects")):
                    cells.append(context.value(context.find(effect.analysis, statistic, one, groups=groups)))
            cells.append(context.estimate(_stat(context, effect, (arm, versus), factor, level)))
            rows.append(Row(level, tuple(cells), group=context.factor(factor)))
    columns = [
        Column(word, context.arm(one))
        for one in (arm, versus)
        for word in filter(None, (effect.hits.capitalize(), "Participants"))
    ]
    return Table(
        name=f"table-subgroups-{effect.analysis}-{arm}",
        title=f"{context.analysis_label(effect.analysis)}, {context.contrast(arm, versus)}:",
        caption="subgroups.",
        stub="Subgroup",
        columns=(*columns, Column(effect.label)),
        rows=tuple(rows),
        notes=method_notes(context, [one for row in rows for one in row.cells]),
        css="compact",
    )
