"""A folder of synthetic patients: trial.yaml, data/, pages; each marked, and put in its place whole or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import Problem, UsageError, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_folder", "write_folder"]


def check_folder(out: Path) -> None:
    """Refuse a target that holds something else than synthetic patients written earlier.

    Args:
        out: The folder to write.

    Raises:
        UsageError: When writing there could destroy somebody's files.
    """
    from equipoise.data.simulated import MARK, read_mark

    if not out.exists() and not any(parent.is_file() for parent in out.parents):
        return
    files: set[str] = set()
    if out.is_dir():
        there = {path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir()}
        files = {MARK, *map(str, (read_mark(out, "synthetic") or {}).get("files", ()))}
        if not there or (MARK in there and there <= files):
            return
    message = "the folder exists and holds something else than synthetic patients"
    cure = "name a new folder with --out"
    raise UsageError(Problem("usage.folder_taken", message, Where(file=str(out)), cure=cure))


def write_folder(
    out: Path,
    tables: Mapping[str, pl.DataFrame],
    texts: Mapping[str, str],
    *,
    source: str,
    made: Mapping[str, Any] | None = None,
) -> Path:
    """Write synthetic patients as `out`/data/NAME.csv with the texts beside, and the mark in every table and folder.

    Args:
        out: Folder to make. One that holds earlier synthetic patients and nothing else is replaced.
        tables: ADaM tables by name, `ADSL`; flag, source and the prefix of identifiers are added.
        texts: Further files by their path in the folder, `trial.yaml`; they must carry a mark of their own.
        source: What the patients were rebuilt from, in words.
        made: What else the file of the mark says.

    Returns:
        The folder.

    Raises:
        UsageError: The folder holds something else.
    """
    from equipoise.data.simulated import MARK, put_folder
    from equipoise.data.synthetic import synthetic
    from equipoise.data.writers import write_table

    out = Path(out)
    check_folder(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as room:
        folder = Path(room) / "made"
        (folder / "data").mkdir(parents=True)
        for name, frame in tables.items():
            write_table(synthetic(frame, source), folder / "data" / f"{name.lower()}.csv")
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        said = {"synthetic": True, "note": "These are not patients.", "source": source, **(made or {})}
        data = {**said, "files": [f"{name.lower()}.csv" for name in tables]}
        (folder / "data" / MARK).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        whole = {**said, "files": files}
        (folder / MARK).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        put_folder(folder, out, Path(room) / "before")
    return out
