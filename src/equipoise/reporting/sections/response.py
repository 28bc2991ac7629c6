"""Response: best responses, rates with limits, comparisons, duration among responders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.cells import EMPTY, Cell, cell
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import method_notes
from equipoise.reporting.plan import hypotheses_of, responses
from equipoise.reporting.plots import duration_plot, response_plot
from equipoise.reporting.sentences import p_phrase, response_sentence
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_fraction, format_plain

if TYPE_CHECKING:
    from equipoise.protocol.analysis import ResponseAnalysis

__all__ = ["response", "response_table"]

_RATES = (
    ("response_rate", "objective", "Objective response"),
    ("disease_control_rate", "disease_control", "Disease control"),
    ("clinical_benefit_rate", "clinical_benefit", "Clinical benefit"),
)
_COMPARISONS = (
    ("risk_difference", "", "difference, percentage points"),
    ("risk_difference", "miettinen_nurminen_stratified", "difference over strata, percentage points"),
    ("risk_ratio", "wald", "ratio of proportions"),
    ("odds_ratio", "wald", "odds ratio"),
    ("odds_ratio", "mantel_haenszel", "odds ratio over strata"),
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
    levels = list(dict.fromkeys(row.key.group("response") for row in context.rows(name, "best_response")))
    rates = [context.find(name, "response_rate", arm, interval=analysis.interval) for arm in context.protocol.arms]
    if levels:
        drawing = response_plot(context, name, levels, rates)
        blocks.append(
            Figure(name=f"bars-{name}", svg=drawing.wide, narrow=drawing.narrow, title="Best overall response",
                   caption="by arm.", description=drawing.words)
        )  # fmt: skip
    blocks.append(response_table(context, name, analysis))
    return (*blocks, *_duration_blocks(context, name))


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


def response_table(context: Context, name: str, analysis: ResponseAnalysis) -> Table:
    """Best responses and rates by arm, comparisons by contrast.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
    """
    rows = [*_best(context, name), *_rates(context, name, analysis), *_tests(context, name)]
    level = format_fraction(analysis.conf_level)
    return Table(
        name=f"table-{name}",
        title=f"{context.analysis_label(name)}:",
        caption=f"{context.population(analysis.population)}. In parentheses, {level} confidence intervals.",
        stub="",
        columns=(
            *(Column(context.arm(arm)) for arm in context.protocol.arms),
            *(Column(context.contrast(a, b)) for a, b in context.protocol.contrasts),
        ),
        rows=tuple(rows),
        notes=(*method_notes(context, [one for row in rows for one in row.cells]), NOT_ADJUSTED),
    )


def _best(context: Context, name: str) -> list[Row]:
    levels = dict.fromkeys(row.key.group("response") for row in context.rows(name, "best_response"))
    blank = [EMPTY] * len(context.protocol.contrasts)
    rows = []
    for level in levels:
        groups = (("response", level),)
        cells = [
            context.value(context.find(name, "best_response", arm, groups=groups)) for arm in context.protocol.arms
        ]
        rows.append(Row(level, (*cells, *blank), group="Best overall response, n"))
    return rows


def _rates(context: Context, name: str, analysis: ResponseAnalysis) -> list[Row]:
    arms, contrasts = list(context.protocol.arms), context.protocol.contrasts
    rows = []
    for statistic, kind, label in _RATES:
        stats = [context.find(name, statistic, arm, interval=analysis.interval) for arm in arms]
        if not any(one is not None for one in stats):
            continue
        rows.append(Row("Rate", (*(context.estimate(one) for one in stats), *[EMPTY] * len(contrasts)), group=label))
        for comparison, slug, words in _COMPARISONS:
            interval = slug or analysis.difference
            groups = (("response", kind),)
            pairs = [context.find(name, comparison, a, b, groups=groups, interval=interval) for a, b in contrasts]
            if any(one is not None for one in pairs):
                cells = (*[EMPTY] * len(arms), *(context.estimate(one) for one in pairs))
                rows.append(Row(words.capitalize(), cells, group=label))
    return rows


def _tests(context: Context, name: str) -> list[Row]:
    cells: list[Cell] = []
    for arm, _ in context.protocol.contrasts:
        phrases = [p_phrase(context, one) for one in hypotheses_of(context, name, arm)]
        cells.append(cell(*phrases))
    if not any(one.parts for one in cells):
        return []
    blank = [EMPTY] * len(context.protocol.arms)
    return [Row("Cochran-Mantel-Haenszel test", (*blank, *cells), group="Test")]


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
