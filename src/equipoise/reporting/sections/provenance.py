"""Where everything came from: files and hashes, versions, time; and what was noticed in the data."""

from __future__ import annotations

from typing import Any

from equipoise.pages import Html, element
from equipoise.reporting.blocks import Block, Section, paragraph
from equipoise.reporting.cells import listed, plain
from equipoise.reporting.context import Context
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_count

__all__ = ["data_notes", "provenance"]


def data_notes(context: Context) -> Section | None:
    """Warnings and findings of the data checks; None where no data were read.

    Args:
        context: Bundle and protocol.
    """
    findings = [str(item) for item in context.bundle.manifest.get("findings", [])]
    notes = [item for item in context.bundle.manifest.get("notes", []) if isinstance(item, dict)]
    blocks: list[Block] = []
    if findings:
        blocks.append(paragraph("Learned from the files and relied on:"))
        blocks.append(element("ul", *[element("li", item) for item in findings], cls="findings"))
    if notes:
        blocks.append(paragraph("Warnings. The analysis went on; each is for a person to judge:"))
        blocks.append(element("ul", *_grouped(notes), cls="findings"))
    if not blocks and not context.analyzed and not context.bundle.manifest.get("data"):
        return None
    if not blocks:
        blocks.append(paragraph("The data checks had nothing to remark."))
    return Section("data-notes", "Data notes", tuple(blocks))


_SHOWN = 5


def _grouped(notes: list[dict[str, Any]]) -> list[Html]:
    """Warnings as items; of a kind that is noticed often, the first few and how many more there are."""
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for item in notes:
        kinds.setdefault((str(item.get("code", "")), str(item.get("message", ""))), []).append(item)
    shown = []
    for (code, _), items in kinds.items():
        shown += [element("li", _note(item)) for item in items[:_SHOWN]]
        if len(items) > _SHOWN:
            more = f"and {format_count(len(items) - _SHOWN)} more of this kind, in manifest.json "
            shown.append(element("li", more, element("code", code)))
    return shown


def _note(item: dict[str, Any]) -> Html:
    where = item.get("where", {})
    names = [
        f"{name} {where[name]}" if name in ("row", "subject") else str(where[name])
        for name in ("table", "column", "row", "subject")
        if isinstance(where, dict) and where.get(name) not in (None, "")
    ]
    text = f"{', '.join(names)}: {item.get('message', '')}" if names else str(item.get("message", ""))
    if item.get("value"):
        text += f" (found: {item['value']})"
    return element("span", text, " ", element("code", str(item.get("code", ""))))


def provenance(context: Context) -> Section:
    """Hashes, versions, time and files.

    Args:
        context: Bundle and protocol.
    """
    manifest, protocol = context.bundle.manifest, context.bundle.protocol
    pairs = [
        ("Made with", f"equipoise {manifest.get('equipoise', 'unknown')}"),
        ("Analyzed" if context.analyzed else "Made on", str(manifest.get("created", "unknown"))),
        ("Protocol file", str(manifest.get("protocol_file", "unknown"))),
        ("Protocol hash", str(protocol.get("hash", "unknown"))),
    ]
    # A design has no data that could be cut.
    if context.analyzed or manifest.get("cut"):
        pairs.append(("Data cut", str(manifest.get("cut") or "none: data as they are")))
    versions = manifest.get("versions", {})
    if isinstance(versions, dict) and versions:
        pairs.append(("Versions", ", ".join(f"{name} {version}" for name, version in versions.items())))
    items = [part for name, text in pairs for part in (element("dt", name), element("dd", _value(name, text)))]
    listing = element("dl", *items, cls="pairs")
    words = paragraph(
        "Every number on this page is a row of ",
        listed([plain(name) for name in _stages(context)]).html,
        " and carries its identifier (the data-stat attribute); ",
        element("code", "equipoise show OUT ID"),
        " prints its context, method and origin. Tables are in tables/, figures in figures/.",
    )
    blocks: list[Block] = [words, listing]
    files = _files(manifest.get("data", []))
    if files:
        blocks.append(files)
    sections = _sections(protocol.get("sections", {}))
    if sections:
        blocks.append(sections)
    return Section("provenance", "Provenance", tuple(blocks))


def _stages(context: Context) -> list[str]:
    """Files of the bundle that hold statistics."""
    there = dict.fromkeys(row.key.stage for row in context.bundle.results)
    return ["results.json" if stage == "analysis" else f"{stage}.json" for stage in there] or ["results.json"]


def _value(name: str, text: str) -> Html:
    return element("code", text) if name.endswith("hash") else element("span", text)


def _files(data: Any) -> Table | None:
    rows = []
    for item in data if isinstance(data, list) else []:
        cells = [str(item.get("table", "")), str(item.get("format", ""))]
        count = item.get("rows")
        cells.append(format_count(count) if isinstance(count, int) else "")
        cells.append(str(item.get("sha256", "")))
        rows.append(Row(str(item.get("path", "")), tuple(plain(text) for text in cells)))
    if not rows:
        return None
    return Table(
        name="table-files",
        title="Data files.",
        stub="File",
        columns=(
            Column("Table", align="left"),
            Column("Format", align="left"),
            Column("Rows"),
            Column("SHA-256", align="left"),
        ),
        rows=tuple(rows),
        css="hashes",
    )


def _sections(hashes: Any) -> Table | None:
    if not isinstance(hashes, dict) or not hashes:
        return None
    rows = tuple(Row(str(name), (plain(str(value)),)) for name, value in hashes.items())
    return Table(
        name="table-sections",
        title="Hashes of the protocol's sections.",
        stub="Section",
        columns=(Column("SHA-256", align="left"),),
        rows=rows,
        css="hashes",
    )
