"""All tables of the dossier in one Word document: a list of tables, then each on a page of its own."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import Problem, UsageError
from equipoise.reporting.blinding import mark_of
from equipoise.reporting.context import Context
from equipoise.reporting.export.displays import Display, provenance_line, widths
from equipoise.reporting.tables import spanners

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["write_docx"]

_POINTS = 8
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_docx(context: Context, displays: Sequence[Display], path: Path) -> None:
    """Writes the tables as one document; wide ones stand on wide pages, headings repeat on every page.

    Args:
        context: Bundle and protocol.
        displays: The tables.
        path: Target; its folder must exist.

    Raises:
        UsageError: python-docx is not installed.
    """
    try:
        import docx
        from docx.shared import Pt
    except ImportError:
        cure = 'pip install "equipoise[documents]"'
        message = "DOCX needs python-docx, which is not installed"
        raise UsageError(Problem("export.docx_absent", message, cure=cure)) from None

    document = docx.Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(_POINTS)
    normal.paragraph_format.space_after = Pt(1)
    _front(context, displays, document)
    for display in displays:
        _page(document, wide=display.landscape)
        _write(display, document)
    trial = context.protocol.trial
    properties = document.core_properties
    properties.title, properties.subject = f"{trial.id}: {trial.title}", "Tables of the dossier"
    properties.author, properties.comments = "equipoise", provenance_line(context)
    content = BytesIO()
    document.save(content)
    path.write_bytes(_same_every_time(content.getvalue()))


def _same_every_time(content: bytes) -> bytes:
    """The document without the times of day that a ZIP keeps of its entries."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(zipfile.ZipInfo(name, _EPOCH), before.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _front(context: Context, displays: Sequence[Display], document: Any) -> None:
    from docx.shared import Inches, Pt

    section = document.sections[0]
    _shape(section, wide=False)
    header = section.header.paragraphs[0]
    mark = mark_of(context.bundle)
    header.text = f"{mark}{': ' if mark else ''}{context.protocol.trial.id}\tTables of the dossier\tPage "
    _field(header, "PAGE")
    header.add_run(" of ")
    _field(header, "NUMPAGES")
    section.footer.paragraphs[0].text = provenance_line(context)
    _line(document, f"{context.protocol.trial.id}: {context.protocol.trial.title}", bold=True, points=14)
    _line(document, provenance_line(context))
    _line(document, "Tables", bold=True, points=11)
    for display in displays:
        paragraph = _line(document, display.title)
        paragraph.paragraph_format.left_indent = Inches(0.15)
        paragraph.paragraph_format.space_after = Pt(0)


def _line(document: Any, text: str, *, bold: bool = False, points: int = _POINTS) -> Any:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    run = paragraph.add_run(_clean(text))
    run.bold, run.font.size = bold, Pt(points)
    return paragraph


def _clean(text: str) -> str:
    """Text without the control characters that XML refuses."""
    return "".join(sign for sign in " ".join(text.splitlines()) if sign >= " ")


def _black() -> Any:
    from docx.shared import RGBColor

    return RGBColor(0, 0, 0)


def _field(paragraph: Any, code: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _page(document: Any, *, wide: bool) -> None:
    from docx.enum.section import WD_SECTION

    _shape(document.add_section(WD_SECTION.NEW_PAGE), wide=wide)


def _shape(section: Any, *, wide: bool) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Inches

    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    long, short = Inches(11), Inches(8.5)
    section.page_width, section.page_height = (long, short) if wide else (short, long)
    section.left_margin = section.right_margin = Inches(0.8)
    section.top_margin, section.bottom_margin = Inches(0.9), Inches(0.7)


def _write(display: Display, document: Any) -> None:
    from docx.shared import Pt

    title = document.add_heading(level=2)
    run = title.add_run(_clean(display.title))
    run.font.size, run.font.name = Pt(11), "Times New Roman"
    run.font.color.rgb = _black()
    title.paragraph_format.space_before = Pt(0)
    for text in (display.caption, display.population):
        if text:
            _line(document, text).paragraph_format.keep_with_next = True
    _table(display, document)
    for text in (*display.table.notes, *display.source):
        _line(document, text, points=_POINTS - 1)


def _table(display: Display, document: Any) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.shared import Inches

    table, count = display.table, len(display.table.columns) + 1
    made = document.add_table(rows=0, cols=count)
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    over = spanners(table, [str(place) for place in range(1, count)])
    if over:
        cells = _row(made, [""] * count, header=True).cells
        for label, chosen in over:
            merged = cells[int(chosen[0])].merge(cells[int(chosen[-1])])
            _fill(merged, label, "center", bold=True)
            _border(merged, "bottom")
    aligns = ["left", *(column.align for column in table.columns)]
    header = _row(made, list(display.header), aligns, bold=True, header=True)
    for cell in made.rows[0].cells:
        _border(cell, "top")
    for cell in header.cells:
        _border(cell, "bottom")
    group, row = "", header
    for one in table.rows:
        if one.group and one.group != group:
            row = _row(made, [""] * count, aligns)
            _fill(row.cells[0].merge(row.cells[-1]), one.group, "left", bold=True, follow=True)
        group = one.group
        row = _row(made, [one.label, *(cell.text for cell in one.cells)], aligns)
        row.cells[0].paragraphs[0].paragraph_format.left_indent = Inches(0.13 * (one.indent + bool(one.group)))
    for cell in row.cells:
        _border(cell, "bottom")
    sizes = widths(table)
    room = 9.4 if display.landscape else 6.9
    for place, column in enumerate(made.columns):
        width = Inches(room * sizes[place] / sum(sizes))
        column.width = width
        for cell in column.cells:
            if cell._tc.grid_span == 1:
                cell.width = width


def _row(
    made: Any, texts: Sequence[str], aligns: Sequence[str] = (), *, bold: bool = False, header: bool = False
) -> Any:
    from docx.oxml import OxmlElement

    row = made.add_row()
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if header:
        properties.append(OxmlElement("w:tblHeader"))
    for place, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        _fill(cell, text, aligns[place] if aligns else "left", bold=bold)
    return row


def _fill(cell: Any, text: str, align: str, *, bold: bool = False, follow: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    for extra in cell.paragraphs[1:]:  # what merging leaves
        extra._p.getparent().remove(extra._p)
    sides = {"left": WD_ALIGN_PARAGRAPH.LEFT, "right": WD_ALIGN_PARAGRAPH.RIGHT, "center": WD_ALIGN_PARAGRAPH.CENTER}
    paragraph.alignment = sides[align]
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.keep_with_next = follow
    run = paragraph.add_run(_clean(text))
    run.bold = bold


def _border(cell: Any, side: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
