"""What a bundle is that everything written from it must say: an interim look by arm, statistics of synthetic data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from equipoise.reporting.blocks import Block, Figure, Section, Side
from equipoise.reporting.tables import Table

if TYPE_CHECKING:
    from equipoise.results.bundle import Bundle

__all__ = ["MARK", "SYNTHETIC", "is_synthetic", "is_unblinded", "mark_of", "marked"]

MARK = "UNBLINDED"
SYNTHETIC = "SYNTHETIC DATA"
_BY_ARM = frozenset(
    {"z", "p_value", "hazard_ratio", "decision", "conditional_power", "predictive_power", "risk_difference",
     "rmst_difference", "survival_difference"}
)  # fmt: skip


def is_unblinded(bundle: Bundle) -> bool:
    """Whether the bundle holds anything by arm of an interim look, whatever the manifest says.

    Args:
        bundle: The bundle as read.
    """
    if bundle.manifest.get("view") == "unblinded":
        return True
    for row in bundle.results:
        if row.key.stage == "monitoring" and (row.key.arm or row.key.versus or row.key.statistic in _BY_ARM):
            return True
    return any(curve.key.stage == "monitoring" and bool(curve.key.arm) for curve in bundle.results.curves)


def is_synthetic(bundle: Bundle) -> bool:
    """Whether anything in the bundle comes from patients who were rebuilt from what was published.

    Args:
        bundle: The bundle as read.
    """
    notes = bundle.manifest.get("notes") or ()
    if any(isinstance(note, dict) and note.get("code") == "data.synthetic" for note in notes):
        return True
    return any(row.origin == "synthetic" for row in bundle.results)


def mark_of(bundle: Bundle) -> str:
    """The words that every page, table and drawing of a bundle carries; "" for most bundles.

    Args:
        bundle: The bundle as read.
    """
    words = [SYNTHETIC] if is_synthetic(bundle) else []
    return ", ".join([*words, MARK] if is_unblinded(bundle) else words)


def marked(sections: tuple[Section, ...], mark: str) -> tuple[Section, ...]:
    """The sections with a mark in every drawing and table, so that no file goes without it.

    Args:
        sections: Sections of the page.
        mark: The words; with none, the sections as they are.
    """
    if not mark:
        return sections
    return tuple(
        replace(part, blocks=tuple(_block(block, mark) for block in part.blocks), inner=marked(part.inner, mark))
        for part in sections
    )


def _block(block: Block, mark: str) -> Block:
    from equipoise.reporting.figures import stamped

    if isinstance(block, Side):
        inside: list[Block] = [_block(part, mark) for part in block.blocks]
        return Side(tuple(part for part in inside if not isinstance(part, Side)))
    if isinstance(block, Figure):
        drawn: dict[str, Any] = {name: stamped(getattr(block, name), mark) for name in ("svg", "narrow", "alone")}
        return replace(block, **drawn, table=_table(block.table, mark) if block.table else None)
    return _table(block, mark) if isinstance(block, Table) else block


def _table(table: Table, mark: str) -> Table:
    return replace(table, mark=mark)
