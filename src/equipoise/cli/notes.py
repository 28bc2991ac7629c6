"""Warnings that a bundle recorded, as problems to print."""

from __future__ import annotations

from pathlib import Path

from equipoise.errors import Problem, Where
from equipoise.results.bundle import read_bundle

__all__ = ["bundle_notes"]


def bundle_notes(out: Path) -> list[Problem]:
    """Warnings recorded in the bundle's manifest.

    Args:
        out: Folder of the bundle.
    """
    return [
        Problem(
            code=note["code"],
            message=note["message"],
            where=Where(**note.get("where", {})),
            value=note.get("value", ""),
            cure=note.get("cure", ""),
            severity=note.get("severity", "warning"),
        )
        for note in read_bundle(out).manifest.get("notes", [])
    ]
