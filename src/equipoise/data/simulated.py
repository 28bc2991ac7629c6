"""Data that a simulation wrote: they say so themselves, and whatever is made of them says it too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from equipoise.data.report import Report
from equipoise.errors import Where

__all__ = ["MARK", "note_simulated", "read_mark"]

MARK = ".equipoise-simulated.json"
"""The file that says what a folder of a simulated trial holds; a folder without it is never replaced."""


def read_mark(folder: Path) -> dict[str, Any] | None:
    """What a folder says of the simulated trial in it; None where it holds none.

    Args:
        folder: The folder.
    """
    try:
        content = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("simulated") is True else None


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
