"""Response: best responses, rates with limits, comparisons, duration among responders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.cells import why
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import Line, arranged, method_notes
from equipoise.reporting.plan import responses
from equipoise.reporting.plots import duration_plot, response_plot
from equipoise.reporting.sentences import p_cell, response_sentence
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_fraction, format_plain

if TYPE_CHECKING:
    from equipoise.protocol.analysis import ResponseAnalysis

__all__ = ["response", "response_figure", "response_tables"]

_RATES = (
    ("response_rate", "objective", "Objective response"),
    ("disease_control_rate", "disease_control", "Disease control"),
    ("clinical_benefit_rate", "clinical_benefit", "Clinical benefit"),
)
_COMPARISONS = (
    ("risk_difference", "", "Difference, percentage points"),
    ("risk_difference", "miettinen_nurminen_stratified", "Difference over strata, percentage points"),
    ("risk_ratio", "wald", "Ratio of proportions"),
    ("odds_ratio", "wald", "Odds ratio"),
    ("odds_ratio", "mantel_haenszel", "Odds ratio over strata"),
)


def response(context: Context) -> Section | None:
    """The section, with one part for each analysis of response.

    Args:
        context: Bundle and protocol.
    """
    parts = [
        Section(f"response-{name}", context.analysis_label(name), _blocks(context, name, analysis))
        for name, analysis in responses(context).items()
    ]
    return Section("response", "Response", (), tuple(parts)) if parts else None


def _blocks(context: Context, name: str, analysis: ResponseAnalysis) -> tuple[Block, ...]:
    blocks: list[Block] = [
        paragraph(response_sentence(context, name, analysis, arm, versus).html)
        for arm, versus in context.protocol.contrasts
    ]
    figure = response_figure(context, name, analysis, anchor=f"bars-{name}")
    if figure:
        blocks.append(figure)
    blocks += response_tables(context, name, analysis)
    return (*blocks, *_duration_blocks(context, name))


def response_figure(context: Context, name: str, analysis: ResponseAnalysis, *, anchor: str) -> Figure | None:
    """Best responses as bars; None where there are no rows of them.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        anchor: Name of the figure.
    """
    levels = list(dict.fromkeys(row.key.group("response") for row in context.rows(name, "best_response")))
    rates = [context.find(name, "response_rate", arm, interval=analysis.interval) for arm in context.protocol.arms]
    if not levels:
        return None
    drawing = response_plot(context, anchor, name, levels, rates)
    return Figure(
        name=anchor,
        svg=drawing.wide,
        narrow=drawing.narrow,
        title="Best overall response",
        caption="by arm.",
        description=drawing.words,
    )


def _duration_blocks(context: Context, name: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    curves = context.curves(name, "duration_of_response")
    if curves:
        drawing = duration_plot(context, name, curves)
        blocks.append(
            Figure(name=f"duration-plot-{name}", svg=drawing.wide, narrow=drawing.narrow, title="Duration of response",
                   caption="among responders, by arm.", description=drawing.words,
                   curves=tuple(curve.id for curve in curves))
        )  # fmt: skip
    table = _duration(context, name)
    return (*blocks, table) if table else tuple(blocks)


def response_tables(context: Context, name: str, analysis: ResponseAnalysis) -> tuple[Table, ...]:
    """Best responses and rates by arm, comparisons by contrast.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
    """
    lines = [*_best(context, name), *_rates(context, name, analysis), *_tests(context, name)]
    level = format_fraction(analysis.conf_level)
    cells = [one for line in lines for one in (*line.arms, *line.contrasts)]
    return arranged(
        context,
        lines,
        name=f"table-{name}",
        title=f"{context.analysis_label(name)}:",
        caption=f"{context.population(analysis.population)}. In parentheses, {level} confidence intervals.",
        notes=(*method_notes(context, cells), NOT_ADJUSTED),
    )


def _best(context: Context, name: str) -> list[Line]:
    levels = dict.fromkeys(row.key.group("response") for row in context.rows(name, "best_response"))
    lines = []
    for level in levels:
        stats = [
            context.find(name, "best_response", arm, groups=(("response", level),)) for arm in context.protocol.arms
        ]
        cells = tuple(context.value(one) for one in stats)
        lines.append(Line(label=level, arms=cells, group="Best overall response, n"))
    return lines


def _rates(context: Context, name: str, analysis: ResponseAnalysis) -> list[Line]:
    arms, contrasts = list(context.protocol.arms), context.protocol.contrasts
    lines = []
    for statistic, kind, label in _RATES:
        stats = [context.find(name, statistic, arm, interval=analysis.interval) for arm in arms]
        if not any(one is not None for one in stats):
            continue
        lines.append(Line(label="Rate", arms=tuple(context.estimate(one) for one in stats), group=label))
        for comparison, slug, words in _COMPARISONS:
            interval = slug or analysis.difference
            groups = (("response", kind),)
            pairs = [context.find(name, comparison, a, b, groups=groups, interval=interval) for a, b in contrasts]
            if any(one is not None for one in pairs):
                cells = tuple(context.estimate(one) for one in pairs)
                lines.append(Line(effect=words, contrasts=cells, group=label))
    return lines


def _tests(context: Context, name: str) -> list[Line]:
    cells = [p_cell(context, name, arm) for arm, _ in context.protocol.contrasts]
    if not any(one.parts for one in cells):
        return []
    shown = tuple(one if one.parts else why("not adjusted for multiplicity") for one in cells)
    return [Line(effect="P (Cochran-Mantel-Haenszel)", contrasts=shown, group="Test")]


def _duration(context: Context, name: str) -> Table | None:
    arms, unit = list(context.protocol.arms), context.protocol.time.unit
    rows = []
    for statistic, label in (("duration_events", "Responses ended"), ("duration_median", f"Median duration, {unit}")):
        stats = [context.find(name, statistic, arm) for arm in arms]
        if any(one is not None for one in stats):
            rows.append(Row(label, tuple(context.estimate(one) for one in stats)))
    for time in sorted({r.key.time for r in context.rows(name, "duration_survival") if r.key.time is not None}):
        stats = [context.find(name, "duration_survival", arm, time=time) for arm in arms]
        label = f"Still responding at {format_plain(time)} {unit}"
        rows.append(Row(label, tuple(context.estimate(one) for one in stats)))
    if not rows:
        return None
    return Table(
        name=f"duration-{name}",
        title="Duration of response among responders.",
        caption="Responders are not randomized groups: arms are not compared.",
        stub="",
        columns=tuple(Column(context.arm(arm)) for arm in arms),
        rows=tuple(rows),
        notes=method_notes(context, [one for row in rows for one in row.cells]),
    )
