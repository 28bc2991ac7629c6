"""The hierarchy of hypotheses: order, level, P where reached, decision."""

from __future__ import annotations

from equipoise.reporting.blocks import Section, paragraph
from equipoise.reporting.cells import Cell, cell, plain, why
from equipoise.reporting.context import Context
from equipoise.reporting.lines import method_notes
from equipoise.reporting.plan import order_of_hypotheses, tested
from equipoise.reporting.sentences import margin_words
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_plain, sides_words

__all__ = ["hypotheses"]


_ORDER = (
    "Hypotheses are tested in this order. One that follows others is tested only if all of them were rejected; its P "
    "is not shown otherwise."
)
_GRAPH = (
    "Hypotheses share one alpha. The share of one that is rejected goes on to others as declared; one that no share "
    "reached is not tested, and its P is not shown."
)


def hypotheses(context: Context) -> Section | None:
    """The section; None where the protocol declares no hypothesis, or the bundle holds no analysis.

    Args:
        context: Bundle and protocol.
    """
    if not context.analyzed:
        return None
    rows = []
    for number, name in enumerate(order_of_hypotheses(context), start=1):
        rows.append(Row(f"{number}. {name}", _cells(context, name)))
    if not rows:
        return None
    graph = context.protocol.multiplicity is not None
    table = Table(
        name="table-hypotheses",
        title="Graph of hypotheses." if graph else "Hierarchy of hypotheses.",
        stub="Hypothesis",
        columns=(
            Column("Analysis", align="left"),
            Column("Comparison", align="left"),
            Column("Share of alpha at the start" if graph else "Tested after", align="left"),
            Column("Level"),
            Column("P"),
            Column("Decision", align="left"),
        ),
        rows=tuple(rows),
        notes=method_notes(context, [one for row in rows for one in row.cells]),
    )
    words = f"{_GRAPH if graph else _ORDER} All other comparisons in this dossier have confidence intervals and no P."
    return Section("hypotheses", "Hypotheses", (paragraph(words), table))


def _cells(context: Context, name: str) -> tuple[Cell, ...]:
    declared = context.protocol.hypotheses[name]
    rows = tested(context, name)
    arms = [declared.arm] if declared.arm else list(context.protocol.experimental)
    about = "; ".join(context.contrast(arm, context.protocol.control) for arm in arms)
    sides = sides_words(rows.level.sides) if rows.level and rows.level.value is not None else ""
    level = cell(context.value(rows.level), f" {sides}".rstrip()) if rows.level else why("not available")
    p = context.p(rows.p, level=rows.level)
    graph, claim = context.protocol.multiplicity, margin_words(context, name)
    return (
        plain(", ".join(part for part in (context.analysis_label(declared.analysis), claim) if part)),
        plain(about),
        plain(format_plain(graph.weights[name]) if graph is not None else ", ".join(declared.after) or "none"),
        level,
        p if p.parts else why("not tested"),
        context.value(rows.decision, absent="no decision"),
    )
