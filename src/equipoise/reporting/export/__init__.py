"""The dossier's results and tables in formats of others: CDISC ARS, RTF, DOCX, a page as PDF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, get_args

from equipoise.errors import Problem, UsageError

__all__ = ["FORMATS", "ExportFormat", "export_bundle"]

ExportFormat = Literal["ars", "rtf", "docx", "pdf"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
"""What `export_bundle` can write."""


def export_bundle(out: Path, kind: ExportFormat) -> Path:
    """Writes a bundle's results or tables in another format, into its folder `export`.

    ars: export/ars.json, all results as CDISC's Analysis Results Standard 1.0. rtf: export/rtf/, a file for each table.
    docx: export/tables.docx, all tables. pdf: export/summary.pdf, one page, printed by Chromium. What is there of the
    same format is replaced; nothing is half-written.

    Args:
        out: Folder of the bundle.
        kind: The format.

    Returns:
        The file, or the folder of files.

    Raises:
        BundleError: The bundle is missing, damaged, or its files belong to different protocols.
        UsageError: Another format; or what writes it is not installed.
    """
    from equipoise.reporting.export.displays import displays_of
    from equipoise.reporting.report import context_of, sections_of
    from equipoise.results.bundle import atomic_directory, read_bundle

    if kind not in FORMATS:
        cure = f"use one of {', '.join(FORMATS)}"
        raise UsageError(Problem("usage.format", f"results can't be written as {kind!r}", cure=cure))
    out = Path(out)
    context = context_of(read_bundle(out))
    sections = sections_of(context)
    displays = displays_of(context, sections)
    with atomic_directory(out / "export") as scratch:
        if kind == "ars":
            from equipoise.reporting.export.ars import reporting_event

            text = json.dumps(reporting_event(context, displays), indent=1, ensure_ascii=False, allow_nan=False)
            (scratch / "ars.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")
            return out / "export" / "ars.json"
        if kind == "rtf":
            from equipoise.reporting.export.rtf import write_rtf

            (scratch / "rtf").mkdir()
            for display in displays:
                write_rtf(display, scratch / "rtf" / f"{display.table.name}.rtf")
            return out / "export" / "rtf"
        if kind == "docx":
            from equipoise.reporting.export.docx import write_docx

            write_docx(context, displays, scratch / "tables.docx")
            return out / "export" / "tables.docx"
        from equipoise.reporting.export.pdf import write_pdf

        write_pdf(context, sections, scratch / "summary.pdf")
        return out / "export" / "summary.pdf"
