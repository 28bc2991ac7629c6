"""Synthetic patients, rebuilt from what was published: every table of them says so in each of its rows.

A file can be copied, renamed, converted or joined to others. So the mark is in three places: two columns of every
table, the identifier of every patient, and a file of the folder. One of them is enough to be recognized.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FLAG", "PREFIX", "SOURCE", "said_synthetic", "synthetic"]

FLAG = "SYNTHFL"
"""Column that is `Y` in every row of synthetic data."""
SOURCE = "SYNTHSRC"
"""Column that says in words what the rows were rebuilt from."""
PREFIX = "SYNTHETIC-"
"""What identifiers of synthetic patients begin with."""

_LONGEST = 200  # what a text of SAS transport files can hold
_SUBJECTS = ("USUBJID", "SUBJID")
_YES = ("Y", "YES", "TRUE", "1")


def synthetic(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """A table of synthetic patients with the mark in every row: identifiers, flag, source.

    Args:
        frame: The table; `USUBJID` gets the prefix where it lacks it.
        source: What the rows were rebuilt from, `published Kaplan-Meier curve (curve.csv)`; cut at 200 characters.
    """
    import polars as pl

    changed = []
    if "USUBJID" in frame.columns:
        named = pl.col("USUBJID").cast(pl.String)
        has = named.str.starts_with(PREFIX)
        changed = [pl.when(has).then(named).otherwise(pl.lit(PREFIX) + named).alias("USUBJID")]
    mark = (pl.lit("Y").alias(FLAG), pl.lit(source.strip()[:_LONGEST]).alias(SOURCE))
    return frame.with_columns(*changed, *mark)


def said_synthetic(frames: Iterable[pl.DataFrame]) -> str | None:
    """What tables say of being synthetic: their source in words, "" where they say no more than that, None of others.

    One marked row among many is enough: statistics of patients and of synthetic patients together are of neither.

    Args:
        frames: Tables as read, in any case of their columns' names.
    """
    import polars as pl

    words: str | None = None
    for frame in frames:
        names = {column.upper(): column for column in reversed(frame.columns)}
        marked = pl.lit(value=False)
        if FLAG in names:
            said = pl.col(names[FLAG]).cast(pl.String, strict=False).str.strip_chars().str.to_uppercase()
            marked = marked | said.is_in(_YES)
        for name in _SUBJECTS:
            if name in names and frame.schema[names[name]] == pl.String:
                marked = marked | pl.col(names[name]).str.starts_with(PREFIX)
        rows = frame.filter(marked.fill_null(value=False))
        if rows.is_empty():
            continue
        sources = rows.get_column(names[SOURCE]).drop_nulls() if SOURCE in names else None
        found = "" if sources is None or sources.is_empty() else str(sources[0]).strip()
        words = words or found
    return words
