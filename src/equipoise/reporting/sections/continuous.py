"""Continuous endpoints: means by arm and visit, least-squares means, differences, and a figure of the means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.cells import Cell, Piece, cell, why
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import Line, arranged, method_notes
from equipoise.reporting.plan import continuous
from equipoise.reporting.sentences import continuous_sentence, p_cell, value_words
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_fraction, format_plain, format_value, number_digits

if TYPE_CHECKING:
    from equipoise.protocol.continuous import ContinuousAnalysis, ContinuousEndpoint
    from equipoise.results import Statistic

__all__ = ["continuous_endpoints", "mean_figure"]


def continuous_endpoints(context: Context) -> Section | None:
    """The section, with one part for each analysis that is not a sensitivity analysis.

    Args:
        context: Bundle and protocol.
    """
    parts = [
        Section(f"continuous-{name}", context.analysis_label(name), _blocks(context, name, analysis))
        for name, analysis in continuous(context).items()
    ]
    return Section("continuous", "Continuous endpoints", (), tuple(parts)) if parts else None


def _blocks(context: Context, name: str, analysis: ContinuousAnalysis) -> tuple[Block, ...]:
    blocks: list[Block] = [
        paragraph(continuous_sentence(context, name, analysis, arm, versus).html)
        for arm, versus in context.protocol.contrasts
    ]
    figure = mean_figure(context, name, analysis, anchor=f"means-{name}")
    if figure:
        blocks.append(figure)
    blocks += _tables(context, name, analysis)
    further = _further(context, name, analysis)
    return (*blocks, further) if further else tuple(blocks)


def mean_figure(context: Context, name: str, analysis: ContinuousAnalysis, *, anchor: str) -> Figure | None:
    """Means by visit with limits, or least-squares means where one visit is declared; None without numbers.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        anchor: Name of the figure.
    """
    from equipoise.reporting.figures import MeanPoint, means

    visits = tuple(dict.fromkeys((*analysis.visits, analysis.at)))
    several = len(visits) > 1
    points = []
    for visit in visits:
        for arm in context.protocol.arms:
            groups = (("visit", visit), ("measure", "value"))
            row = context.find(name, "mean", arm, groups=groups) if several else context.find(name, "ls_mean", arm)
            if row is not None:
                points.append(
                    MeanPoint(arm=arm, place=visit, value=row.value, lower=row.lower, upper=row.upper, stat=row.id)
                )
    if not any(point.value is not None for point in points):
        return None
    endpoint = _endpoint(context, analysis)
    kind = "Mean" if several else "Least-squares mean"
    unit = f", {endpoint.unit}" if endpoint.unit else ""
    level = format_fraction(analysis.conf_level)
    words = f"{kind} {value_words(endpoint)} by arm{' and visit' if several else ''}, with {level} confidence intervals"
    labels = {arm: one.label for arm, one in context.protocol.arms.items()}
    drawn = [
        means(
            points, labels, visits, name=f"plot-{anchor}-{width}", title=f"{context.analysis_label(name)}: {words}",
            y_label=f"{kind} {value_words(endpoint)}{unit}", better=f"{endpoint.better} is better",
            description=f"{words}. The table below the figure has the numbers.", width=width,
        )
        for width in ("wide", "narrow")
    ]  # fmt: skip
    caption = f"{words[0].lower()}{words[1:]}."
    if several:
        caption += " Each mean is that of the arm's own values, not adjusted for covariates."
    return Figure(name=anchor, svg=drawn[0], narrow=drawn[1], title=f"{context.analysis_label(name)}:", caption=caption,
                  description=f"{words}. The table below the figure has the numbers.")  # fmt: skip


def _tables(context: Context, name: str, analysis: ContinuousAnalysis) -> tuple[Table, ...]:
    lines = [*_measured(context, name, analysis), *_model(context, name, analysis), *_visits(context, name, analysis)]
    cells = [one for line in lines for one in (*line.arms, *line.contrasts)]
    endpoint = _endpoint(context, analysis)
    unit = f" Unit: {endpoint.unit}." if endpoint.unit else ""
    level = format_fraction(analysis.conf_level)
    modelled = [one for one in cells if any(s.key.statistic.startswith("ls_mean") for s in one.statistics)]
    return arranged(
        context,
        lines,
        name=f"table-{name}",
        title=f"{context.analysis_label(name)}:",
        caption=f"{context.population(analysis.population)}.{unit} Least-squares means and differences with {level} "
        "confidence intervals.",
        notes=(*method_notes(context, modelled), f"{endpoint.better.capitalize()} is better.", NOT_ADJUSTED),
    )


def _measured(context: Context, name: str, analysis: ContinuousAnalysis) -> list[Line]:
    """n, mean (SD) and median (range) of baseline, visit and change."""
    endpoint = _endpoint(context, analysis)
    titles = {"baseline": "Baseline", "observed": analysis.at, "value": f"{value_words(endpoint)} at {analysis.at}"}
    lines = []
    for measure, title in titles.items():
        groups = (("visit", analysis.at), ("measure", measure))
        found = {
            statistic: [context.find(name, statistic, arm, groups=groups) for arm in context.protocol.arms]
            for statistic in ("subjects", "mean", "sd", "value_median", "value_min", "value_max")
        }
        if not any(found["mean"]):
            continue
        group = f"{title[0].upper()}{title[1:]}"
        lines.append(
            Line(label="Participants", arms=tuple(context.value(one) for one in found["subjects"]), group=group)
        )
        pairs = zip(found["mean"], found["sd"], strict=True)
        digits = _digits(*found["mean"], *found["sd"])
        lines.append(Line(label="Mean (SD)", arms=tuple(_joined(((m, " ("), (s, ")")), digits) for m, s in pairs),
                          group=group))  # fmt: skip
        trios = zip(found["value_median"], found["value_min"], found["value_max"], strict=True)
        digits = _digits(*found["value_median"])
        lines.append(Line(label="Median (range)", arms=tuple(
            _joined(((m, " ("), (a, " to "), (b, ")")), digits) for m, a, b in trios), group=group))  # fmt: skip
    return lines


def _model(context: Context, name: str, analysis: ContinuousAnalysis) -> list[Line]:
    arms, contrasts = list(context.protocol.arms), context.protocol.contrasts
    level = analysis.method
    means = [context.find(name, "ls_mean", arm, method=level) for arm in arms]
    found = [context.find(name, "ls_mean_difference", a, b, method=level) for a, b in contrasts]
    digits = _digits(*means, *found)
    counts = [context.find(name, "subjects", arm) for arm in arms]
    group = f"Model at {analysis.at}"
    lines = [
        Line(label="Participants in the model", arms=tuple(context.value(one) for one in counts), group=group),
        Line(
            label="Least-squares mean",
            arms=tuple(context.estimate(one, digits=digits) for one in means),
            effect="Difference in least-squares means",
            contrasts=tuple(context.estimate(one, digits=digits) for one in found),
            group=group,
        ),
    ]
    cells = [p_cell(context, name, arm) for arm, _ in contrasts]
    if any(one.parts for one in cells):
        shown = tuple(one if one.parts else why("not adjusted for multiplicity") for one in cells)
        lines.append(Line(effect="P (analysis of covariance)", contrasts=shown, group=group))
    return lines


def _visits(context: Context, name: str, analysis: ContinuousAnalysis) -> list[Line]:
    """The means that the figure shows."""
    visits = tuple(dict.fromkeys((*analysis.visits, analysis.at)))
    if len(visits) < 2:
        return []
    words = value_words(_endpoint(context, analysis))
    lines = []
    for visit in visits:
        groups = (("visit", visit), ("measure", "value"))
        rows = [context.find(name, "mean", arm, groups=groups) for arm in context.protocol.arms]
        digits = _digits(*rows)
        cells = tuple(context.estimate(row, digits=digits) for row in rows)
        lines.append(Line(label=visit, arms=cells, group=f"Mean {words} by visit, unadjusted"))
    return lines


def _further(context: Context, name: str, analysis: ContinuousAnalysis) -> Table | None:
    """Comparisons of experimental arms, and the slope over dose."""
    rows = []
    for arm, versus in analysis.compare:
        row = context.find(name, "ls_mean_difference", arm, versus, method=analysis.method)
        label = f"Difference in least-squares means, {context.contrast(arm, versus)}"
        rows.append(Row(label, (context.estimate(row, digits=_digits(row)),)))
    if analysis.trend is not None:
        slope = context.find(name, "slope")
        doses = ", ".join(f"{context.arm(arm)} {format_plain(dose)}" for arm, dose in analysis.trend.items())
        rows.append(Row(f"Change per unit of dose ({doses})", (context.estimate(slope, digits=4),)))
    if not rows:
        return None
    level = format_fraction(analysis.conf_level)
    return Table(
        name=f"table-{name}-further",
        title=f"{context.analysis_label(name)}:",
        caption=f"further comparisons at {analysis.at}.",
        stub="",
        columns=(Column(f"Estimate ({level} CI)"),),
        rows=tuple(rows),
        notes=(f"{NOT_ADJUSTED} Tests are in results.json.",),
    )


def _digits(*rows: Statistic | None) -> int:
    return min(2, number_digits(row.value for row in rows if row is not None))


def _joined(items: tuple[tuple[Statistic | None, str], ...], digits: int) -> Cell:
    if items[0][0] is None or items[0][0].value is None:
        first = items[0][0]
        return cell(Piece(format_value(first), first)) if first is not None else why("not computed")
    parts: list[str | Piece] = []
    for stat, after in items:
        if stat is not None:
            parts += [Piece(format_value(stat, digits=digits), stat), after]
    return cell(*parts)


def _endpoint(context: Context, analysis: ContinuousAnalysis) -> ContinuousEndpoint:
    endpoint: Any = context.protocol.endpoints[analysis.endpoint]
    assert endpoint.kind == "continuous"
    found: ContinuousEndpoint = endpoint
    return found
