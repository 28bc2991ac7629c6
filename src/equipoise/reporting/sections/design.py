"""The design: what is assumed, when to look, what must be seen, with what power, and the words for the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from equipoise.pages import Html, element
from equipoise.reporting.blocks import Block, Section, paragraph
from equipoise.reporting.cells import Cell, cell, listed
from equipoise.reporting.context import Context
from equipoise.reporting.design_plots import (
    accrual_figure,
    boundary_figure,
    conditional_figure,
    power_figure,
    spending_figure,
)
from equipoise.reporting.design_sensitivity import sensitivity
from equipoise.reporting.design_tables import brief, compared, look_tables, shown, totals
from equipoise.reporting.design_words import assumption_items, hypothesis_label, rule_items
from equipoise.reporting.planned import Planned, designs_of
from equipoise.results.display import sides_words
from equipoise.results.vocabulary import term

__all__ = ["design", "design_answer", "design_sentence"]


def design(context: Context) -> Section | None:
    """The section; None where the bundle holds no design.

    Args:
        context: Bundle and protocol.
    """
    designs = designs_of(context)
    if not designs:
        return None
    parts = [_hypothesis(context, name, tuple(own)) for name, own in groupby(designs, key=lambda one: one.hypothesis)]
    if len(parts) == 1:
        one = parts[0]
        return Section("design", "Design", (element("p", element("b", f"{one.title}.")), *one.blocks), one.inner)
    return Section("design", "Design", (), tuple(parts))


def _hypothesis(context: Context, name: str, designs: tuple[Planned, ...]) -> Section:
    """All designs of one hypothesis: the declared one in full, the others beside it."""
    main = designs[0]
    # The first screen of a bundle without results has said it.
    blocks: list[Block] = [paragraph(design_sentence(context, main).html)] if context.analyzed else []
    blocks.append(_assumptions(context, main))
    table = totals(context, main)
    blocks += [table] if table is not None else []
    inner = [
        _part(main, "looks", "Looks and boundaries",
              (*look_tables(context, main), boundary_figure(context, main), spending_figure(context, main))),
        _part(main, "chances", "Power", (power_figure(context, designs), conditional_figure(context, main))),
        _part(main, "time", "Enrollment and events", (accrual_figure(context, main),)),
        _part(main, "assumptions", "Sensitivity", sensitivity(context, main)),
        _part(main, "others", "Alternatives", (compared(context, designs),)),
        _part(main, "words", "In words", _words(context, main)),
    ]  # fmt: skip
    made = tuple(one for one in inner if one is not None)
    return Section(f"design-{name}", hypothesis_label(context, name), tuple(blocks), made)


def _part(planned: Planned, name: str, title: str, blocks: Sequence[Block | None]) -> Section | None:
    there = tuple(block for block in blocks if block is not None)
    return Section(f"design-{planned.hypothesis}-{name}", title, there) if there else None


def _assumptions(context: Context, planned: Planned) -> Html:
    declared = context.protocol.hypotheses.get(planned.hypothesis)
    analysis = context.protocol.analysis.get(declared.analysis) if declared is not None else None
    endpoint, arm = (analysis.endpoint, declared.arm) if analysis is not None and declared is not None else ("", None)
    items = assumption_items(context, planned.scenario, endpoint, arm)
    items += rule_items(context, planned.hypothesis)
    solved = planned.find("solved")
    pairs = [part for name, words in items for part in (element("dt", name), element("dd", words))]
    if solved is not None:
        pairs += [element("dt", "Solved for"), element("dd", context.value(solved).html)]
    return element("dl", *pairs, cls="pairs")


def _words(context: Context, planned: Planned) -> tuple[Block, ...]:
    """Paragraphs for protocol and analysis plan that the design wrote of itself."""
    blocks: list[Block] = []
    for part in context.bundle.manifest.get("design_texts", ()):
        if isinstance(part, dict) and part.get("hypothesis") in (planned.hypothesis, None, ""):
            blocks.append(element("h4", str(part.get("heading", ""))))
            blocks.append(paragraph(str(part.get("text", ""))))
    about: dict[str, dict[str, None]] = {}
    for row in planned.statistics:
        if row.method_text:
            about.setdefault(row.method_text, {}).setdefault(term(row.key.statistic).label)
    if about:
        pairs = [
            part for text, labels in about.items() for part in (element("dt", "; ".join(labels)), element("dd", text))
        ]
        blocks += [element("h4", "How the numbers were made"), element("dl", *pairs, cls="pairs")]
    return tuple(blocks)


def design_sentence(context: Context, planned: Planned) -> Cell:
    """A design in a sentence: events and patients, power, effect, level, and when the looks are.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    events, patients = planned.find("maximum_events"), planned.find("maximum_patients")
    power, level = planned.find("power"), planned.find("significance_level")
    ratio, difference = planned.find("assumed_hazard_ratio"), planned.find("assumed_difference")
    sizes = []
    if events is not None and events.value is not None:
        sizes.append(cell(shown(context, events), " events"))
    if patients is not None and patients.value is not None:
        sizes.append(cell(shown(context, patients), " patients"))
    parts: list[str | Cell] = [f"{hypothesis_label(context, planned.hypothesis)}: ", listed(sizes, last=" in ")]
    if power is not None:
        parts += [" give a power of ", shown(context, power)]
        if ratio is not None:
            parts += [" if the hazard ratio is ", context.value(ratio)]
        elif difference is not None:
            parts += [" if the difference is ", shown(context, difference, unit=True)]
    if level is not None:
        parts += [f", at the {sides_words(level.sides)} level ".replace("  ", " "), context.value(level)]
    parts += [". ", _looks(context, planned)]
    return cell(*parts)


_MOST_SAID = 4


def _looks(context: Context, planned: Planned) -> Cell:
    """When the looks are; of many, how many and when the first and the last."""
    unit = context.protocol.time.unit
    looks = planned.looks
    times = [planned.find("planned_time", look=look) for look in looks]
    if not looks or any(row is None or row.value is None for row in times):
        return cell(f"{len(looks)} looks." if len(looks) > 1 else "One look.")
    said = [context.value(row) for row in times]
    after = f" {unit} after the first randomization."
    if len(looks) == 1:
        return cell("One look, expected ", said[0], after)
    if len(looks) > _MOST_SAID:
        return cell(f"{len(looks)} looks, the first expected ", said[0], " and the last ", said[-1], after)
    return cell(f"{len(looks)} looks, expected ", listed(said), after)


def design_answer(context: Context) -> Section | None:
    """The first screen of a bundle that holds a design and no results; None where it holds no design.

    Args:
        context: Bundle and protocol.
    """
    main = [one for one in designs_of(context) if not one.name]
    if not main:
        return None
    lead = element("div", *[paragraph(design_sentence(context, one).html) for one in main], cls="lead")
    words = (
        "This is a design: what is expected under stated assumptions, before there are data. No number in it is a "
        "result of the trial."
    )
    table = brief(context, main)
    blocks: list[Block] = [lead, paragraph(words, css="verdict")]
    return Section("answer", "In brief", (*blocks, table) if table is not None else tuple(blocks))
