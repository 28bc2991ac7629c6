"""Warnings that a bundle recorded, as problems to print."""

from __future__ import annotations

from pathlib import Path

from equipoise.errors import Problem
from equipoise.results.bundle import read_manifest

__all__ = ["bundle_notes"]


def bundle_notes(out: Path) -> list[Problem]:
    """Warnings recorded in the bundle's manifest.

    Args:
        out: Folder of the bundle.
    """
    return [Problem.from_dict(note) for note in read_manifest(out).get("notes", [])]
