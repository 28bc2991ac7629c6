"""Whether a bundle shows an interim look by arm, and the mark that everything written from it then carries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from equipoise.reporting.blocks import Block, Figure, Section, Side
from equipoise.reporting.tables import Table

if TYPE_CHECKING:
    from equipoise.results.bundle import Bundle

__all__ = ["MARK", "is_unblinded", "marked"]

MARK = "UNBLINDED"
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


def marked(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The sections with the mark in every drawing and table, so that no file goes without it.

    Args:
        sections: Sections of the page.
    """
    return tuple(
        replace(part, blocks=tuple(_block(block) for block in part.blocks), inner=marked(part.inner))
        for part in sections
    )


def _block(block: Block) -> Block:
    from equipoise.reporting.figures import stamped

    if isinstance(block, Side):
        inside: list[Block] = [_block(part) for part in block.blocks]
        return Side(tuple(part for part in inside if not isinstance(part, Side)))
    if isinstance(block, Figure):
        drawn: dict[str, Any] = {name: stamped(getattr(block, name), MARK) for name in ("svg", "narrow", "alone")}
        return replace(block, **drawn, table=_table(block.table) if block.table else None)
    return _table(block) if isinstance(block, Table) else block


def _table(table: Table) -> Table:
    return replace(table, mark=MARK)
