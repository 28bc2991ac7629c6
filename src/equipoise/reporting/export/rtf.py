"""A table as RTF, the way a submission has it: one file, title, population, spanning headings, footnotes, source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import Problem, UsageError
from equipoise.reporting.export.displays import Display, widths
from equipoise.reporting.tables import spanners

if TYPE_CHECKING:
    from equipoise.reporting.tables import Table

__all__ = ["write_rtf"]

_SIZE = 8
_INDENT = 180  # twips a level
_PAGES = r"\field{\*\fldinst NUMPAGES }{\fldrslt 1}"
# Lines of 8 points that a page holds under its title, headings and footnotes included.
_LINES = {True: 38, False: 58}
_TRIES = 6  # lines fewer, until no page ends in a heading
_MARGINS = {True: [0.8, 0.8, 1.0, 0.8, 0.5, 0.5], False: [0.9, 0.9, 1.0, 0.8, 0.5, 0.5]}


def write_rtf(display: Display, path: Path) -> None:
    """Writes a table as one RTF document; wide tables stand on the wide page, long ones repeat their headings.

    Args:
        display: The table and what surrounds it.
        path: Target; its folder must exist.

    Raises:
        UsageError: rtflite is not installed.
    """
    try:
        import rtflite as rtf
    except ImportError:
        cure = 'pip install "equipoise[documents]"'
        raise UsageError(Problem("export.rtf_absent", "RTF needs rtflite, which is not installed", cure=cure)) from None
    text = ""
    for fewer in range(_TRIES):
        # Encoded here and written by us: rtflite's own writing prints the path.
        text = _document(rtf, display, _LINES[display.landscape] - fewer).rtf_encode()
        if not _parted(text):
            break
    path.write_text(text, encoding="ascii", errors="strict", newline="\n")


def _parted(text: str) -> bool:
    """Whether a page ends in the heading of a group, whose rows then stand on the next."""
    pages = text.split("\\page{")[:-1]
    return any("\\b " in page.rsplit("\\row", 2)[-2] for page in pages)


def _document(rtf: Any, display: Display, lines: int) -> Any:
    import polars as pl

    table, wide, title = display.table, display.landscape, _title(display)
    rows = _lines(table)
    columns = [f"c{number}" for number in range(len(table.columns) + 1)]
    return rtf.RTFDocument(
        df=pl.DataFrame([row[0] for row in rows], schema=dict.fromkeys(columns, pl.String), orient="row"),
        rtf_page=rtf.RTFPage(
            orientation="landscape" if wide else "portrait",
            margin=_MARGINS[wide],
            col_width=9.4 if wide else 6.7,
            nrow=lines,
            border_first="single",
            border_last="single",
            page_footnote="last",
            page_source="last",
        ),
        rtf_page_header=rtf.RTFPageHeader(
            text=f"{_plain(display.trial)}    Page \\chpgn  of {{\\fs{2 * _SIZE}{_PAGES}}}",
            text_font_size=[_SIZE],
        ),
        rtf_title=rtf.RTFTitle(
            text=[_plain(line) for line in title],
            text_format=["b", *[""] * (len(title) - 1)],
            text_font_size=[10, *[_SIZE] * (len(title) - 1)],
            text_justification=["l"],
            text_space_before=[0],
            text_space_after=[60],
            text_convert=[False],
        ),
        rtf_column_header=_headings(rtf, display),
        rtf_body=_body(rtf, table, rows),
        rtf_footnote=_below(rtf.RTFFootnote, table.notes) if table.notes else None,
        rtf_source=_below(rtf.RTFSource, display.source),
    )


def _title(display: Display) -> list[str]:
    return [line for line in (display.title, display.caption, display.population) if line]


def _plain(text: str) -> str:
    """Text that RTF shows as it is: its own signs escaped, what is outside ASCII as UTF-16 with a stand-in."""
    out = []
    for sign in " ".join(text.splitlines()):
        if sign in "\\{}":
            out.append(f"\\{sign}")
        elif " " <= sign <= "~":
            out.append(sign)
        elif sign.isprintable() or sign.isspace():
            words = sign.encode("utf-16-le")
            units = [int.from_bytes(words[place : place + 2], "little") for place in range(0, len(words), 2)]
            out += [f"\\u{unit - 65536 if unit > 32767 else unit}?" for unit in units]
    return "".join(out)


_Line = tuple[list[str], int, bool]


def _lines(table: Table) -> list[_Line]:
    """Rows with the headings of their groups between them: texts, level of the label, whether it is a heading."""
    out: list[_Line] = []
    group = ""
    for row in table.rows:
        if row.group and row.group != group:
            out.append(([_plain(row.group), *[""] * len(table.columns)], 0, True))
        group = row.group
        texts = [_plain(row.label), *(_plain(cell.text) for cell in row.cells)]
        out.append((texts, row.indent + bool(row.group), False))
    return out


def _aligned(table: Table) -> list[str]:
    return ["l", *(column.align[0] for column in table.columns)]


def _headings(rtf: Any, display: Display) -> list[Any]:
    table, sizes = display.table, [float(width) for width in widths(display.table)]
    common: dict[str, Any] = {
        "text_font_size": [_SIZE],
        "text_convert": [False],
        "border_left": [""],
        "border_right": [""],
    }
    out = []
    names = [str(place) for place in range(1, len(sizes))]
    over = spanners(table, names)
    if over:
        texts, spans, lines, place = [""], [sizes[0]], [""], 1
        while place < len(sizes):
            found = next(((label, chosen) for label, chosen in over if chosen[0] == str(place)), None)
            texts.append(_plain(found[0]) if found else "")
            count = len(found[1]) if found else 1
            spans.append(sum(sizes[place : place + count]))
            lines.append("single" if found else "")
            place += count
        out.append(
            rtf.RTFColumnHeader(
                text=texts, col_rel_width=spans, border_top=["single"], border_bottom=lines, text_format=["b"], **common
            )
        )
    out.append(
        rtf.RTFColumnHeader(
            text=[_plain(text) for text in display.header],
            col_rel_width=sizes,
            text_justification=_aligned(table),
            border_top=["" if over else "single"],
            border_bottom=["single"],
            text_format=["b"],
            **common,
        )
    )
    return out


def _body(rtf: Any, table: Table, lines: list[_Line]) -> Any:
    count = len(table.columns)
    return rtf.RTFBody(
        col_rel_width=[float(width) for width in widths(table)],
        text_justification=[_aligned(table)] * len(lines),
        text_format=[["b" if heading else ""] + [""] * count for _, _, heading in lines],
        text_indent_left=[[_INDENT * level] + [0] * count for _, level, _ in lines],
        text_font_size=[[_SIZE]],
        text_convert=[[False]],
        border_left=[[""]],
        border_right=[[""]],
        border_top=[[""]],
        border_bottom=[[""]],
    )


def _below(kind: Any, texts: tuple[str, ...]) -> Any:
    return kind(
        text=[_plain(text) for text in texts],
        as_table=False,
        text_font_size=[[_SIZE - 1]],
        text_justification=[["l"]],
        text_convert=[[False]],
    )
