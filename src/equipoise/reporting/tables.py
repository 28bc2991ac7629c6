"""Tables: rows of cells, rendered by great-tables, and written as CSV with every number in full precision."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from equipoise.pages import Html, element, escape, join
from equipoise.reporting.cells import Cell, Piece
from equipoise.results.display import full_precision

__all__ = ["Column", "Row", "Table", "footnoted", "spanners", "table_csv", "table_html"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and the heading above that it shares with its neighbours."""

    label: str
    spanner: str = ""
    align: Literal["left", "right", "center"] = "right"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its label, one cell a column, the heading that it stands under, and how deep it is set in."""

    label: str
    cells: tuple[Cell, ...]
    group: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        name: Anchor on the page and name of the CSV file.
        title: First words of the caption, in bold.
        caption: The rest of the caption.
        stub: Heading of the column of row labels.
        columns: The other columns.
        rows: The rows; groups must be contiguous.
        notes: Lines below the table.
        css: Class of the frame: `compact`, `at-risk`, or "".
        mark: A word that its file and its caption carry, UNBLINDED; "" for none.
    """

    name: str
    title: str
    caption: str = ""
    stub: str = ""
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    css: str = ""
    mark: str = ""


_TABLE = re.compile(r"<table.*</table>", re.DOTALL)
_NAMES = re.compile(r' (?:aria-labelledby|data-quarto-[a-z-]+)="[^"]*"')


def footnoted(table: Table) -> Table:
    """Long reasons for missing numbers as footnotes: a dash and a letter in the cell, the reason below the table.

    Args:
        table: A table as a section made it.
    """
    letters: dict[str, str] = {}
    rows = []
    for row in table.rows:
        cells = []
        for item in row.cells:
            parts: list[str | Piece] = []
            for part in item.parts:
                if isinstance(part, Piece) and part.absent and len(part.text) > _LONG:
                    letter = letters.setdefault(part.text, _letter(len(letters)))
                    part = Piece(f"\u2013\u00a0[{letter}]", part.stat)
                parts.append(part)
            cells.append(Cell(tuple(parts), soft=item.soft))
        rows.append(replace(row, cells=tuple(cells)))
    notes = tuple(f"[{letter}] {_sentence(reason)}" for reason, letter in letters.items())
    return replace(table, rows=tuple(rows), notes=(*notes, *table.notes))


def _letter(place: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[place] if place < 26 else str(place + 1)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


_LONG = 28


def table_html(table: Table) -> Html:
    """The table as HTML, in a frame that scrolls sideways where the page is narrow.

    great-tables gives headings their scope and cells their `headers`; its style sheet is left out, as the page has one.

    Args:
        table: A table with at least one row.
    """
    import great_tables as gt
    import polars as pl

    table = footnoted(table)
    names = [f"c{number}" for number in range(len(table.columns))]
    content: dict[str, list[str]] = {"label": [_stub(row) for row in table.rows]}
    for number, name in enumerate(names):
        content[name] = [row.cells[number].html for row in table.rows]
    groups = [row.group for row in table.rows]
    grouped = any(groups)
    if grouped:
        content["group"] = groups
    made = gt.GT(
        pl.DataFrame(content, schema=dict.fromkeys(content, pl.String)),
        id=table.name,
        rowname_col="label",
        groupname_col="group" if grouped else None,
    )
    made = made.fmt_passthrough(columns=["label", *names], escape=False)
    made = made.tab_stubhead(gt.html(escape(table.stub) or _UNSEEN_STUB))
    made = made.cols_label({name: gt.html(escape(c.label)) for name, c in zip(names, table.columns, strict=True)})
    for align in ("left", "right", "center"):
        chosen = [name for name, column in zip(names, table.columns, strict=True) if column.align == align]
        made = made.cols_align(align, columns=chosen) if chosen else made
    for label, chosen in spanners(table, names):
        made = made.tab_spanner(gt.html(escape(label)), columns=chosen, id=f"over-{chosen[0]}")
    for note in table.notes:
        made = made.tab_source_note(gt.html(escape(note)))
    return _framed(table, made.as_raw_html(inline_css=False))


# Heard, not seen: a screen reader names the column of row labels even where print leaves its heading empty.
_UNSEEN_STUB = '<span class="unseen">Measure</span>'


def _stub(row: Row) -> str:
    return element("span", row.label, cls=f"i{row.indent}") if row.indent else escape(row.label)


def spanners(table: Table, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Headings that neighbouring columns share, each with the columns below it.

    Args:
        table: The table.
        names: What to call its columns.
    """
    found: list[tuple[str, list[str]]] = []
    for name, column in zip(names, table.columns, strict=True):
        if column.spanner and found and found[-1][0] == column.spanner:
            found[-1][1].append(name)
        elif column.spanner:
            found.append((column.spanner, [name]))
    return found


def _framed(table: Table, raw: str) -> Html:
    match = _TABLE.search(raw)
    assert match is not None, "great-tables wrote no table"
    head, rest = match.group().split(">", 1)
    caption_id = f"{table.name}-caption"
    mark = join([element("b", table.mark, cls="mark"), " "]) if table.mark else ""
    words = (mark, element("b", table.title), f" {table.caption}" if table.caption else "")
    # In a block of its own, so that it can stay in view while a wide table is scrolled.
    caption = element("caption", element("span", *words, cls="stay"), id=caption_id)
    body = Html(f"{_NAMES.sub('', head)}>{caption}{rest}")
    css = f"table {table.css}".strip()
    # Focusable, so that the keyboard can scroll it.
    return element("div", body, id=table.name, cls=css, role="group", aria_labelledby=caption_id, tabindex="0")


_COLUMNS = ("group", "row", "column", "printed", "statistic", "value", "lower", "upper", "unit", "missing", "id")


def table_csv(table: Table) -> str:
    """The table as CSV: one line a statistic, with its printed cell and its value in full precision.

    Args:
        table: The table. A cell of words alone gives one line without numbers.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    # A column of its own, so that every line says it and programs read the file as any other.
    first = [table.mark] if table.mark else []
    writer.writerow([*(["mark"] if first else []), *_COLUMNS])
    for row in table.rows:
        for column, item in zip(table.columns, row.cells, strict=True):
            heading = f"{column.spanner}: {column.label}" if column.spanner else column.label
            start = [*first, row.group, row.label, heading, item.text]
            for stat in item.statistics:
                numbers = [full_precision(number) for number in (stat.value, stat.lower, stat.upper)]
                gone = "; ".join(f"{field}: {reason}" for field, reason in stat.missing)
                writer.writerow([*start, stat.key.statistic, *numbers, stat.unit, gone, stat.id])
            if not item.statistics and item.text:
                writer.writerow([*start, *[""] * (len(_COLUMNS) - 4)])
    return out.getvalue()
