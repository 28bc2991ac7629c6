"""Data that a simulation wrote, or that were rebuilt from print: they say so, and so does whatever is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from equipoise.data.report import Report
from equipoise.data.synthetic import said_synthetic
from equipoise.errors import Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MARK", "note_simulated", "note_synthetic", "put_folder", "read_mark"]

MARK = ".equipoise-simulated.json"
"""The file that says what a folder of a simulated trial or of synthetic patients holds; others are never replaced."""


def read_mark(folder: Path, kind: Literal["simulated", "synthetic"] = "simulated") -> dict[str, Any] | None:
    """What a folder says of the simulated trial, or of the synthetic patients in it; None where it holds none.

    Args:
        folder: The folder.
        kind: Which of the two.
    """
    try:
        content = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get(kind) is True else None


def note_simulated(data: Path, report: Report) -> None:
    """Warn where data are simulated.

    Args:
        data: Folder of the data, or a file.
        report: Takes the warning.
    """
    mark = read_mark(data if data.is_dir() else data.parent)
    if mark is None:
        return
    words = [f"{name} {mark[name]}" for name in ("trial", "scenario", "under", "seed", "look") if name in mark]
    lacking = [str(name) for name in mark.get("not_simulated", ())]
    report.warn(
        "data.simulated",
        "these are simulated data, not those of a trial"
        + (f"; of {', '.join(lacking)} nothing was simulated" if lacking else ""),
        "nothing, if that is what is to be analyzed",
        where=Where(file=str(data)),
        value=", ".join(words),
    )


def note_synthetic(data: Path, frames: Iterable[pl.DataFrame], report: Report) -> None:
    """Warn where data are synthetic: what is made of them has this origin, and carries the mark.

    Args:
        data: Folder of the data, or a file.
        frames: Tables as read; marked rows are enough, wherever the files have come from.
        report: Takes the warning.
    """
    said = said_synthetic(frames)
    mark = read_mark(data if data.is_dir() else data.parent, "synthetic")
    if said is None and mark is None:
        return
    words = said or str((mark or {}).get("source", ""))
    report.warn(
        "data.synthetic",
        "these are synthetic data, rebuilt from what was published: they are not patients",
        "use them for what the published numbers determine; subgroups and new tests are not among that",
        where=Where(file=str(data)),
        value=words,
    )


def put_folder(made: Path, out: Path, before: Path) -> None:
    """Put a folder in its place; an earlier one goes, or stays where that fails.

    Args:
        made: The folder as written, on the file system of `out`.
        out: Its place.
        before: A free place for the earlier one, which the caller clears.
    """
    if out.exists():
        out.rename(before)
    try:
        made.rename(out)
    except OSError:
        if before.exists():
            before.rename(out)
        raise
