"""Proportional hazards: for each analysis that declares it, the score test by term and two pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.cells import EMPTY, Piece, cell
from equipoise.reporting.context import Context
from equipoise.reporting.lines import method_notes
from equipoise.reporting.plan import ratio_of, survivals
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_plain

if TYPE_CHECKING:
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.results import Curve

__all__ = ["proportional_hazards"]


def proportional_hazards(context: Context) -> Section | None:
    """The section; None where no analysis declares it.

    Args:
        context: Bundle and protocol.
    """
    analyses = {**survivals(context), **survivals(context, sensitivity=True)}
    parts = tuple(
        Section(f"proportional-hazards-{name}", context.analysis_label(name), _blocks(context, name, analysis))
        for name, analysis in analyses.items()
        if analysis.proportional_hazards is not None
    )
    if not parts:
        return None
    words = (
        "A hazard ratio is one number only if hazards are proportional. Log-minus-log curves of proportional hazards "
        "keep their distance; scaled Schoenfeld residuals of treatment then show no trend around the estimate. A test "
        "that finds nothing in a small trial does not show that hazards are proportional."
    )
    return Section("proportional-hazards", "Proportional hazards", (paragraph(words),), parts)


def _blocks(context: Context, name: str, analysis: TimeToEventAnalysis) -> tuple[Block, ...]:
    blocks: list[Block] = []
    curves = context.curves(name, "log_minus_log")
    if curves:
        blocks.append(_log_minus_log(context, name, curves))
    blocks += _residuals(context, name, analysis)
    table = _table(context, name, analysis)
    return (*blocks, table) if table else tuple(blocks)


def _log_minus_log(context: Context, name: str, curves: list[Curve]) -> Figure:
    from equipoise.reporting import figures

    label = context.analysis_label(name)
    words = "The logarithm of minus the logarithm of the event-free probability over the logarithm of time, by arm."
    drawn = [
        figures.log_minus_log(
            curves,
            {arm: one.label for arm, one in context.protocol.arms.items()},
            name=f"plot-log-minus-log-{name}-{width}",
            title=f"Log-minus-log curves: {label}",
            x_label=f"Time, {context.protocol.time.unit} (logarithmic)",
            time_factor=context.time_factor,
            description=words,
            width=width,
        )
        for width in ("wide", "narrow")
    ]
    return Figure(
        name=f"log-minus-log-{name}", svg=drawn[0], narrow=drawn[1], title=f"{label}:", caption="log-minus-log curves.",
        description=words, curves=tuple(curve.id for curve in curves),
    )  # fmt: skip


def _residuals(context: Context, name: str, analysis: TimeToEventAnalysis) -> list[Block]:
    from equipoise.reporting import figures

    found: list[Block] = []
    every = context.bundle.results.curves
    for arm, versus in context.protocol.contrasts:
        own = {c.curve: c for c in every if (c.key.analysis, c.key.arm, c.key.versus) == (name, arm, versus)}
        points, smooth = own.get("scaled_schoenfeld"), own.get("schoenfeld_smooth")
        if points is None or not points.x.size:
            continue
        ratio = context.find(name, "hazard_ratio", arm, versus, **ratio_of(analysis.estimate))
        pair = context.contrast(arm, versus)
        words = (
            f"Scaled Schoenfeld residuals of treatment over time, {pair}, with a smooth curve and its 95% limits; the "
            "dashed line is the logarithm of the hazard ratio."
        )
        drawn = [
            figures.schoenfeld(
                points,
                smooth,
                name=f"plot-schoenfeld-{name}-{arm}-{width}",
                title=f"Scaled Schoenfeld residuals: {context.analysis_label(name)}, {pair}",
                x_label=f"Time, {context.protocol.time.unit}",
                y_label="Log hazard ratio over time",
                time_factor=context.time_factor,
                # The axis of the picture is logarithmic; no number is printed from this.
                estimate=math.log(ratio.value) if ratio is not None and ratio.value else None,
                description=words,
                width=width,
            )
            for width in ("wide", "narrow")
        ]
        found.append(
            Figure(
                name=f"schoenfeld-{name}-{arm}",
                svg=drawn[0],
                narrow=drawn[1],
                title=f"{pair}:",
                caption="scaled Schoenfeld residuals of treatment.",
                description=words,
                curves=tuple(curve.id for curve in (points, smooth) if curve is not None),
            )
        )
    return found


def _table(context: Context, name: str, analysis: TimeToEventAnalysis) -> Table | None:
    spec = analysis.proportional_hazards
    assert spec is not None
    method = f"{ratio_of(analysis.estimate)['method']}.proportional_hazards.{spec.transform}"
    rows = [row for row in context.rows(name, "chi_square") if row.key.method == method]
    lines = []
    for groups in dict.fromkeys(row.key.groups for row in rows):
        stats = [
            context.find(name, "chi_square", a, b, groups=groups, method=method) for a, b in context.protocol.contrasts
        ]
        cells = []
        for stat in stats:
            cells.append(context.value(stat))
            cells.append(
                cell(Piece(format_plain(stat.df), stat)) if stat is not None and stat.df is not None else EMPTY
            )
        lines.append(Row(_term(context, dict(groups)), tuple(cells)))
    if not lines:
        return None
    columns = [
        Column(word, context.contrast(a, b)) for a, b in context.protocol.contrasts for word in ("Chi-square", "df")
    ]
    cells = [one for line in lines for one in line.cells]
    return Table(
        name=f"proportional-hazards-table-{name}",
        title=f"{context.analysis_label(name)}:",
        caption="score test of proportional hazards, by term.",
        stub="Term",
        columns=tuple(columns),
        rows=tuple(lines),
        notes=(*method_notes(context, cells), "P values of this diagnostic are in the results, not here."),
    )


def _term(context: Context, groups: dict[str, str]) -> str:
    if groups.get("test") == "global":
        return "All terms"
    name = groups.get("covariate", "")
    return context.covariate(name) if name else "Treatment"
