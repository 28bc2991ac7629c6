"""The dossier's tables as other documents need them: numbered, with population, footnotes and source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from equipoise.reporting.blinding import mark_of
from equipoise.reporting.blocks import Figure, Section, walk
from equipoise.reporting.context import Context
from equipoise.reporting.tables import Table, footnoted

__all__ = ["Display", "displays_of", "provenance_line", "widths"]

# Characters of a text of 8 points that a portrait page holds between its margins.
_PORTRAIT = 104
_WIDEST = 44


@dataclass(frozen=True, slots=True)
class Display:
    """A finished table and what surrounds it on its page.

    Attributes:
        table: The table, long reasons for missing numbers already in its notes.
        title: `Table 3. Baseline characteristics`.
        caption: What the dossier says after the title; "" where the title says all.
        trial: Identifier of the trial, after the mark of an unblinded look.
        population: "Population: All randomized patients", from the statistics that the table shows; "" for none.
        source: Where the numbers come from: bundle, protocol, data cut.
        landscape: Whether it needs the wide page.
    """

    table: Table
    title: str
    caption: str
    trial: str
    population: str
    source: tuple[str, ...]
    landscape: bool

    @property
    def header(self) -> tuple[str, ...]:
        """Headings of the columns, that of the row labels first."""
        return (self.table.stub, *(column.label for column in self.table.columns))


def displays_of(context: Context, sections: tuple[Section, ...]) -> tuple[Display, ...]:
    """All tables of the dossier, those under figures included, in its order.

    Args:
        context: Bundle and protocol.
        sections: Sections of the dossier.
    """
    tables: list[tuple[Table, str, str]] = []
    above = ""
    for part in walk(sections):
        if isinstance(part, Figure):
            above = part.title if part.table else ""
        elif part.rows:
            tables.append((part, *_words(part, above)))
            above = ""
    titles = Counter(title for _, title, _ in tables)
    found = []
    for number, (table, title, caption) in enumerate(tables, start=1):
        # On the page the heading above tells tables of one title apart.
        about = f" ({_about(context, table)})" if titles[title] > 1 else ""
        found.append(_display(context, table, (f"Table {number}. {title}{about}", caption)))
    return tuple(found)


def _about(context: Context, table: Table) -> str:
    stats = (stat for row in table.rows for cell in row.cells for stat in cell.statistics)
    labels = dict.fromkeys(context.analysis_label(stat.key.analysis) for stat in stats if stat.key.analysis)
    return "; ".join(labels) or table.name


def _words(table: Table, figure: str) -> tuple[str, str]:
    """Title and caption: on the page the one runs into the other, here a caption begins with a sentence of its own."""
    title, caption = table.title, table.caption
    if figure:
        title = f"{title.rstrip('.:,')}: {figure}"
    if caption[:1].islower():
        first, _, caption = caption.partition(". ")
        title = f"{title} {first}"
    return title.rstrip(".:,"), caption


def _display(context: Context, table: Table, words: tuple[str, str]) -> Display:
    names = dict.fromkeys(
        stat.key.population
        for row in table.rows
        for cell in row.cells
        for stat in cell.statistics
        if stat.key.population
    )
    labels = [context.population(name) for name in names]
    population = f"Population: {'; '.join(labels)}" if labels else ""
    table = footnoted(table)
    mark = f"{table.mark}: " if table.mark else ""
    words = (f"{mark}{words[0]}", words[1])
    source = (
        f"Source: {_files(table)}; identifiers of all numbers of this table: tables/{table.name}.csv",
        provenance_line(context),
    )
    wide = sum(widths(table)) > _PORTRAIT
    return Display(table, *words, f"{mark}{context.protocol.trial.id}", population, source, wide)


def _files(table: Table) -> str:
    """Files of the bundle that hold the table's statistics."""
    stages = dict.fromkeys(stat.key.stage for row in table.rows for cell in row.cells for stat in cell.statistics)
    return ", ".join("results.json" if stage == "analysis" else f"{stage}.json" for stage in stages) or "results.json"


def provenance_line(context: Context) -> str:
    """Protocol hash, data cut, version and time of the analysis, in a line.

    Args:
        context: Bundle and protocol.
    """
    manifest, mark = context.bundle.manifest, mark_of(context.bundle)
    cut = manifest.get("cut") or context.protocol.data.cut
    parts = [
        *([mark] if mark else []),
        f"Protocol {str(context.bundle.protocol.get('hash', 'unknown'))[:16]}",
        f"data cut {cut}" if cut else "no data cut",
        f"{'analyzed' if context.analyzed else 'made'} {manifest.get('created', 'at an unknown time')}",
        f"equipoise {manifest.get('equipoise', 'of an unknown version')}",
    ]
    return "; ".join(parts)


def widths(table: Table) -> list[int]:
    """Characters that each column needs, that of the row labels first; long texts wrap.

    Args:
        table: The table.
    """
    labels = [len(row.label) + 2 * row.indent for row in table.rows] + [len(table.stub)]
    out = [min(max(labels), _WIDEST)]
    for place, column in enumerate(table.columns):
        texts = [len(row.cells[place].text) for row in table.rows]
        # A heading wraps at its words, a cell rather not.
        heading = max((len(word) for word in column.label.split()), default=0)
        out.append(min(max(*texts, heading, min(len(column.label), 16), 6) + 2, _WIDEST))
    return out
