"""Lines that have cells by arm and cells by contrast, arranged as one table, or as two where there are many arms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from equipoise.reporting.cells import EMPTY, Cell
from equipoise.reporting.context import Context
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import display_of, format_fraction

__all__ = ["Line", "arranged", "interval_words", "method_notes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    Attributes:
        label: What the cells by arm are.
        arms: Cells by arm, or none.
        effect: What the cells by contrast are.
        contrasts: Cells by contrast, or none.
        group: Heading that it stands under.
    """

    label: str = ""
    arms: tuple[Cell, ...] = ()
    effect: str = ""
    contrasts: tuple[Cell, ...] = ()
    group: str = ""


def arranged(
    context: Context, lines: Sequence[Line], *, name: str, title: str, caption: str, notes: tuple[str, ...]
) -> tuple[Table, ...]:
    """The lines as one table where there are two arms, else as one by arm and one by contrast.

    Args:
        context: Bundle and protocol.
        lines: The lines.
        name: Anchor of the first table; the second adds `-contrasts`.
        title: First words of the captions.
        caption: The rest.
        notes: Lines below the last table.
    """
    arms = [Column(context.arm(arm)) for arm in context.protocol.arms]
    pairs = [Column(context.contrast(a, b)) for a, b in context.protocol.contrasts]
    if len(arms) == 2:
        rows = []
        for one in lines:
            label = "; ".join(part for part in (one.label, one.effect) if part)
            cells = (one.arms or (EMPTY,) * len(arms)) + (one.contrasts or (EMPTY,) * len(pairs))
            rows.append(Row(label, cells, group=one.group))
        return (Table(name=name, title=title, caption=caption, columns=(*arms, *pairs), rows=tuple(rows), notes=notes),)
    first = tuple(Row(one.label, one.arms, group=one.group) for one in lines if one.arms)
    second = tuple(
        Row(_capital(one.effect or one.label), one.contrasts, group=one.group) for one in lines if one.contrasts
    )
    tables = []
    if first:
        tables.append(Table(name=name, title=title, caption=f"by arm. {caption}", columns=tuple(arms), rows=first))
    if second:
        tables.append(
            Table(name=f"{name}-contrasts", title=title, caption=f"comparisons. {caption}", columns=tuple(pairs),
                  rows=second, notes=notes)
        )  # fmt: skip
    return tuple(tables)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_AT = re.compile(r"\bat [\d.]+ (?:days|weeks|months|years)(?: = [\d.]+ (?:days|weeks|months|years))?")
_SENTENCE_END = re.compile(r"(?<=[.])\s+(?=[A-Z0-9])")
_SAID_ELSEWHERE = {
    "hazard_reduction",
    "rmst_difference",
    "rmst_ratio",
    "rmst_horizon",
    "significance_level",
    "decision",
}


def method_notes(context: Context, cells: Iterable[Cell]) -> tuple[str, ...]:
    """What the numbers in these cells are: the distinct sentences of their methods, said once for all contrasts.

    Args:
        context: Bundle and protocol.
        cells: The cells.
    """
    found: dict[str, None] = {}
    for item in cells:
        for stat in item.statistics:
            if not stat.method_text or stat.key.statistic in _SAID_ELSEWHERE or display_of(stat) == "count":
                continue
            for said in _SENTENCE_END.split(_generic(context, stat.method_text)):
                found.setdefault(said)
    return tuple(found)


def interval_words(rows: Iterable[Row]) -> str:
    """What stands in parentheses: "95% confidence intervals", with the level where all agree on one.

    Args:
        rows: Rows of a table.
    """
    found = {stat.conf_level for row in rows for item in row.cells for stat in item.statistics}
    levels = sorted(level for level in found if level is not None)
    return f"{format_fraction(levels[0])} confidence intervals" if len(levels) == 1 else "confidence intervals"


def _generic(context: Context, text: str) -> str:
    for arm, versus in context.protocol.contrasts:
        for words in (", using these two arms only", ""):
            pair = f"{context.arm(arm)} against {context.arm(versus)}{words}"
            said = "each comparison uses its two arms only" if words else "the two arms compared"
            text = text.replace(pair, said)
    # Longest first: one label may begin another.
    for label in sorted((one.label for one in context.protocol.factors.values()), key=len, reverse=True):
        text = text.replace(f"within each level of {label}", "within each level of the factor")
    return _AT.sub("at each stated time", text)
