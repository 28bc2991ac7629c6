"""Methods in words: the design from the protocol, the analyses as the compiled plan described itself."""

from __future__ import annotations

from equipoise.pages import element
from equipoise.protocol.randomization_text import method_sentence
from equipoise.reporting.blocks import Block, Section, paragraph
from equipoise.reporting.cells import Cell, plain
from equipoise.reporting.context import Context
from equipoise.reporting.tables import Column, Row, Table
from equipoise.reporting.words import endpoint_words, intercurrent_words

__all__ = ["methods"]


def methods(context: Context) -> Section:
    """The section: design, populations, endpoints, estimands, the analyses as planned.

    Args:
        context: Bundle and protocol.
    """
    parts = [
        Section("methods-design", "Design and populations", _design(context)),
        Section("methods-endpoints", "Endpoints and estimands", _endpoints(context)),
    ]
    if context.analyzed or context.bundle.manifest.get("methods"):
        parts.append(Section("methods-analyses", "Analyses", _analyses(context)))
    return Section("methods", "Methods", (), tuple(parts))


def _design(context: Context) -> tuple[Block, ...]:
    protocol = context.protocol
    arms = [
        f"{arm.label} ({arm.role}{', ' + arm.treatment if arm.treatment else ''})" for arm in protocol.arms.values()
    ]
    ratio = ":".join(str(arm.ratio) for arm in protocol.arms.values())
    planned = f" {protocol.trial.planned} participants were planned." if protocol.trial.planned else ""
    blocks: list[Block] = [paragraph(f"Arms: {'; '.join(arms)}. Allocation ratio {ratio}.{planned}")]
    if protocol.randomization is not None:
        blocks.append(paragraph(method_sentence(protocol)))
    if protocol.trial.reference:
        blocks.append(paragraph(f"Reference: {protocol.trial.reference}"))
    if protocol.eligibility:
        blocks.append(paragraph("Eligibility:"))
        blocks.append(element("ul", *[element("li", one.text) for one in protocol.eligibility]))
    rows = []
    for name, population in protocol.populations.items():
        arm = "as randomized" if population.arm == "planned" else "as treated"
        condition = population.where or "everybody randomized"
        rows.append(Row(context.population(name), (plain(name), plain(arm), plain(condition))))
    columns = (Column("Name", align="left"), Column("Arm", align="left"), Column("Condition", align="left"))
    blocks.append(Table(name="table-populations", title="Analysis populations.", stub="Population", columns=columns,
                        rows=tuple(rows)))  # fmt: skip
    return tuple(blocks)


def _endpoints(context: Context) -> tuple[Block, ...]:
    items = []
    for name, endpoint in context.protocol.endpoints.items():
        items += [element("dt", endpoint.label), element("dd", endpoint_words(context, name))]
    blocks: list[Block] = [element("dl", *items, cls="pairs")] if items else []
    table = _estimands(context)
    return (*blocks, table) if table else tuple(blocks)


def _estimands(context: Context) -> Table | None:
    rows = []
    for endpoint in context.protocol.endpoints.values():
        estimand = None if endpoint.kind == "adverse_events" else endpoint.estimand
        if estimand is None:
            continue
        cells: tuple[Cell, ...] = (
            plain(context.population(estimand.population)),
            plain(estimand.treatment),
            plain(estimand.variable),
            plain(intercurrent_words(estimand.intercurrent) or "none declared"),
            plain(estimand.summary.replace("_", " ")),
        )
        rows.append(Row(endpoint.label, cells))
    if not rows:
        return None
    names = ("Population", "Treatment", "Variable", "Intercurrent events", "Summary measure")
    return Table(
        name="table-estimands",
        title="Estimands",
        caption="in the five attributes of ICH E9(R1).",
        stub="Endpoint",
        columns=tuple(Column(name, align="left") for name in names),
        rows=tuple(rows),
        css="prose",
    )


def _analyses(context: Context) -> tuple[Block, ...]:
    """The paragraphs that the analysis generated from its plan: it says what it did, no page guesses."""
    blocks: list[Block] = []
    for part in context.bundle.manifest.get("methods", ()):
        blocks.append(element("h4", part["heading"]))
        blocks.append(paragraph(part["text"]))
    return tuple(blocks) or (paragraph("The bundle records no methods in words; analyze again to have them."),)
