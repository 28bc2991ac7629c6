"""Efficacy: for each time-to-event analysis its curves, numbers at risk, and one table by arm and contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.cells import why
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import Line, arranged, method_notes
from equipoise.reporting.plan import competes, ratio_of, survivals
from equipoise.reporting.plots import at_risk_ticks, survival_plot
from equipoise.reporting.sections.incidence import incidence_sections
from equipoise.reporting.sentences import p_cell, survival_sentence
from equipoise.reporting.tables import Column, Row, Table
from equipoise.reporting.words import test_words
from equipoise.results.display import format_fraction, format_plain

if TYPE_CHECKING:
    from equipoise.protocol.analysis import TimeToEventAnalysis

__all__ = ["efficacy", "survival_blocks", "survival_tables"]


def efficacy(context: Context) -> Section | None:
    """The section, with one part for each analysis that is not a sensitivity analysis.

    Args:
        context: Bundle and protocol.
    """
    parts = []
    for name, analysis in survivals(context).items():
        blocks = survival_blocks(context, name, analysis)
        inner = incidence_sections(context, name, analysis)
        parts.append(Section(f"efficacy-{name}", context.analysis_label(name), blocks, inner))
    roles = [context.protocol.endpoints[one.endpoint].role for one in survivals(context).values()]
    title = "Efficacy" if any(roles) else "Time to event"
    return Section("efficacy", title, _follow_up(context), tuple(parts)) if parts else None


def _follow_up(context: Context) -> tuple[Block, ...]:
    """Median follow-up by arm and in all."""
    stats = [context.find("follow_up", "follow_up_median", arm) for arm in (*context.protocol.arms, "")]
    if not any(stat is not None for stat in stats):
        return ()
    cells = tuple(context.estimate(stat) for stat in stats)
    table = Table(
        name="table-follow-up",
        title="Follow-up",
        caption="by reverse Kaplan-Meier.",
        stub="",
        columns=tuple(Column(context.arm(arm)) for arm in (*context.protocol.arms, "")),
        rows=(Row(f"Median, {context.protocol.time.unit}", cells),),
        notes=method_notes(context, cells),
    )
    return (table,)


def survival_blocks(context: Context, name: str, analysis: TimeToEventAnalysis) -> tuple[Block, ...]:
    """Sentences, plot and tables of one analysis.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
    """
    blocks: list[Block] = []
    endpoint = context.protocol.endpoints[analysis.endpoint]
    if endpoint.kind == "time_to_event" and endpoint.event:
        blocks.append(paragraph(f"Event: {endpoint.event}. Population: {context.population(analysis.population)}."))
    for arm, versus in context.protocol.contrasts:
        blocks.append(paragraph(survival_sentence(context, name, analysis, arm, versus).html))
    plot = _figure(context, name)
    if plot:
        blocks.append(plot)
    blocks += survival_tables(context, name, analysis)
    reasons = _censoring(context, name)
    if reasons:
        blocks.append(reasons)
    return tuple(blocks)


def _figure(context: Context, name: str) -> Figure | None:
    curves = context.curves(name, "kaplan_meier")
    if not curves:
        return None
    label = context.analysis_label(name)
    drawing = survival_plot(context, name, curves)
    return Figure(
        name=f"km-{name}",
        svg=drawing.wide,
        narrow=drawing.narrow,
        alone=drawing.alone,
        title=f"{label}.",
        caption=f"Kaplan-Meier estimates by arm; {_censored_here(context, name)}ticks mark censored participants.",
        description=drawing.words,
        curves=tuple(curve.id for curve in curves),
        table=_at_risk(context, name),
        ticks=drawing.ticks,
        ticks_narrow=drawing.ticks_narrow,
        css="survival",
    )


def _censored_here(context: Context, name: str) -> str:
    return "competing events are censored; " if competes(context, name) else ""


def _at_risk(context: Context, name: str) -> Table | None:
    ticks = at_risk_ticks(context, name)
    if not ticks:
        return None
    unit = context.protocol.time.unit
    rows = []
    for arm in context.protocol.arms:
        cells = tuple(context.value(context.find(name, "at_risk", arm, time=tick)) for tick in ticks)
        rows.append(Row(context.arm(arm), cells))
    return Table(
        name=f"at-risk-{name}",
        title="Number at risk",
        stub=unit.capitalize(),
        columns=tuple(Column(format_plain(tick), align="center") for tick in ticks),
        rows=tuple(rows),
        css="at-risk",
    )


def _censoring(context: Context, name: str) -> Table | None:
    reasons = list(dict.fromkeys(r.key.group("reason") for r in context.rows(name, "censored") if r.key.groups))
    if not reasons:
        return None
    rows = []
    for reason in reasons:
        groups = (("reason", reason),)
        cells = [context.find(name, "censored", arm, groups=groups) for arm in context.protocol.arms]
        rows.append(Row(reason, tuple(context.value(one, absent="none recorded") for one in cells)))
    return Table(
        name=f"censoring-{name}",
        title="Why times were censored,",
        caption="by arm.",
        stub="Reason",
        columns=tuple(Column(context.arm(arm)) for arm in context.protocol.arms),
        rows=tuple(rows),
    )


def survival_tables(context: Context, name: str, analysis: TimeToEventAnalysis) -> tuple[Table, ...]:
    """Everything by arm and by contrast.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
    """
    lines = [
        *_counts(context, name),
        *_times(context, name, analysis),
        *_landmarks(context, name, analysis),
        *_restricted(context, name, analysis),
        *_effects(context, name, analysis),
    ]
    cells = [one for line in lines for one in (*line.arms, *line.contrasts)]
    level = format_fraction(analysis.survival.conf_level)
    return arranged(
        context,
        lines,
        name=f"table-{name}",
        title=f"{context.analysis_label(name)}:",
        caption=f"{context.population(analysis.population)}. In parentheses, {level} confidence intervals.",
        notes=(*method_notes(context, cells), f"{NOT_ADJUSTED} NR: not reached; NE: not estimable."),
    )


def _counts(context: Context, name: str) -> list[Line]:
    found = []
    for statistic, label in (
        ("subjects", "Participants"),
        ("events", "Events"),
        ("competing_events", "Competing events"),
        ("censored", "Censored"),
    ):
        stats = [context.find(name, statistic, arm) for arm in context.protocol.arms]
        if any(stats):
            found.append(Line(label=label, arms=tuple(context.value(one) for one in stats)))
    return found


def _times(context: Context, name: str, analysis: TimeToEventAnalysis) -> list[Line]:
    unit = context.protocol.time.unit
    found = []
    for probability in sorted(analysis.survival.quantiles):
        middle = probability == 0.5
        statistic = "median" if middle else "quantile"
        groups = () if middle else (("probability", format_plain(probability)),)
        stats = [
            context.find(name, statistic, arm, groups=groups, method="kaplan_meier") for arm in context.protocol.arms
        ]
        if any(stats):
            percent = format_fraction(probability)
            label = f"Median, {unit}" if middle else f"Time by which {percent} had an event, {unit}"
            label += ", competing events censored" if competes(context, name) else ""
            found.append(Line(label=label, arms=tuple(context.estimate(one) for one in stats)))
    return found


def _landmarks(context: Context, name: str, analysis: TimeToEventAnalysis) -> list[Line]:
    unit = context.protocol.time.unit
    found = []
    for time in analysis.survival.times:
        stats = [context.find(name, "survival", arm, time=time, method="kaplan_meier") for arm in context.protocol.arms]
        pairs = [
            context.find(name, "survival_difference", arm, versus, time=time, method="kaplan_meier")
            for arm, versus in context.protocol.contrasts
        ]
        at = f"at {format_plain(time)} {unit}"
        found.append(
            Line(
                label=f"Event-free {at}" + (", competing events censored" if competes(context, name) else ""),
                arms=tuple(context.estimate(one) for one in stats),
                effect=_effect(context, f"difference {at}, percentage points", "difference, percentage points"),
                contrasts=tuple(context.estimate(one) for one in pairs),
            )
        )
    return found


def _effect(context: Context, alone: str, beside: str) -> str:
    """Label of cells by contrast: the long one where they stand in a table of their own."""
    return beside if len(context.protocol.arms) == 2 else alone


def _restricted(context: Context, name: str, analysis: TimeToEventAnalysis) -> list[Line]:
    if analysis.rmst is None:
        return []
    time, method = analysis.rmst.horizon, "kaplan_meier.rmst"
    horizon = context.find(name, "rmst_horizon", time=time) or context.find(name, "rmst_horizon")
    unit = context.protocol.time.unit
    until = "unknown"
    if time is not None:
        until = f"{format_plain(time)} {unit}"
    elif horizon is not None and horizon.value is not None:
        until = context.value(horizon, unit=True).text
    stats = [context.find(name, "rmst", arm, time=time, method=method) for arm in context.protocol.arms]
    if not any(stats):
        return []
    contrasts = context.protocol.contrasts
    differences = [context.find(name, "rmst_difference", a, b, time=time, method=method) for a, b in contrasts]
    ratios = [context.find(name, "rmst_ratio", a, b, time=time, method=method) for a, b in contrasts]
    mean = f"restricted mean (horizon {until})"
    lines = [
        Line(
            label=f"R{mean[1:]}, {unit}",
            arms=tuple(context.estimate(one) for one in stats),
            effect=_effect(context, f"difference in {mean}, {unit}", "difference"),
            contrasts=tuple(context.estimate(one) for one in differences),
        )
    ]
    if any(ratios):
        lines.append(Line(effect="Ratio of restricted means", contrasts=tuple(context.estimate(s) for s in ratios)))
    return lines


def _effects(context: Context, name: str, analysis: TimeToEventAnalysis) -> list[Line]:
    key, contrasts = ratio_of(analysis.estimate), context.protocol.contrasts
    ratios = [context.find(name, "hazard_ratio", a, b, **key) for a, b in contrasts]
    reductions = [context.find(name, "hazard_reduction", a, b, **key) for a, b in contrasts]
    effect = "Cause-specific hazard ratio" if competes(context, name) else "Hazard ratio"
    lines = [Line(effect=effect, contrasts=tuple(context.estimate(one) for one in ratios))]
    # Where a hazard rises, "a reduction of -308%" helps nobody; the rows stay in the results.
    if any(reductions) and all(one is None or one.value is None or one.value > 0 for one in reductions):
        lines.append(Line(effect="Reduction in hazard", contrasts=tuple(context.estimate(one) for one in reductions)))
    cells = [p_cell(context, name, arm) for arm, _ in contrasts]
    if any(one.parts for one in cells):
        words = test_words(context, analysis.test)
        shown = tuple(one if one.parts else why("not adjusted for multiplicity") for one in cells)
        lines.append(Line(effect=f"P ({words})", contrasts=shown))
    return lines
