"""What a model reads beside times and factors: weights, clusters and entry from ADSL, changes from endpoints.

The data room has checked these columns of ADSL; what only the analysis knows, an entry beside the end of follow-up, is
checked here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equipoise.data.columns import as_number, as_text, find_column
from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    import polars as pl

    from equipoise.data import Datasets

__all__ = ["case_weights", "change_times", "cluster_codes", "entry_times"]

_EVENT = 1
_NAMED = 5


def case_weights(data: Datasets, frame: pl.DataFrame, column: str) -> NDArray[np.float64]:
    """(n,) case weights of the subjects of a frame.

    Args:
        data: Checked tables.
        frame: One row a subject, with USUBJID.
        column: Column of ADSL.

    Raises:
        PlanError: ADSL has no such column.
    """
    return _joined(data, frame, column, as_number).to_numpy().astype(np.float64)


def entry_times(data: Datasets, frame: pl.DataFrame, column: str, problems: list[Problem]) -> NDArray[np.float64]:
    """(n,) times after which the subjects of a frame are at risk.

    Args:
        data: Checked tables.
        frame: One row a subject, with USUBJID and time.
        column: Column of ADSL.
        problems: Takes what is wrong: an entry that is not before the end of follow-up.

    Raises:
        PlanError: ADSL has no such column.
    """
    values = _joined(data, frame, column, as_number).to_numpy().astype(np.float64)
    late = values >= frame.get_column("time").to_numpy()
    if late.any():
        subjects = [str(name) for name in frame.get_column("USUBJID").to_numpy()[late]]
        file = next((one.path for one in data.files if "ADSL" in one.table.split(", ")), "")
        more = f" and {len(subjects) - _NAMED} more" if len(subjects) > _NAMED else ""
        count = f"{len(subjects)} {'subject' if len(subjects) == 1 else 'subjects'}"
        problems.append(
            Problem(
                "plan.entry",
                f"{column} is not before the end of follow-up for {count} of the population",
                Where(file=file, table="ADSL", column=column, subject=subjects[0]),
                value=", ".join(subjects[:_NAMED]) + more,
                cure="who was never at risk belongs in no population of this analysis: exclude them with `where`",
            )
        )
    return values


def cluster_codes(data: Datasets, frame: pl.DataFrame, column: str) -> NDArray[np.int64]:
    """(n,) codes of the clusters that the subjects of a frame belong to.

    Args:
        data: Checked tables.
        frame: One row a subject, with USUBJID.
        column: Column of ADSL.

    Raises:
        PlanError: ADSL has no such column.
    """
    text = _joined(data, frame, column, as_text).str.strip_chars().fill_null("")
    _, codes = np.unique(text.to_numpy().astype(str), return_inverse=True)
    return np.asarray(codes, dtype=np.int64)


def change_times(frame: pl.DataFrame, other: pl.DataFrame) -> NDArray[np.float64]:
    """(n,) when the event of another endpoint happened to the subjects of a frame.

    Args:
        frame: One row a subject, with USUBJID.
        other: Frame of the other endpoint: USUBJID, time, status.

    Returns:
        Times in the data's unit; infinite where it did not happen while it was watched, NaN where there is no record.
    """
    import polars as pl

    when = pl.when(pl.col("status") == _EVENT).then(pl.col("time")).otherwise(float("inf"))
    times = other.select("USUBJID", when.cast(pl.Float64).alias("_change"))
    joined = frame.select("USUBJID").join(times, on="USUBJID", how="left", maintain_order="left")
    return joined.get_column("_change").to_numpy().astype(np.float64)  # null comes out as NaN


def _joined(data: Datasets, frame: pl.DataFrame, column: str, read: Callable[[str, pl.DataType], pl.Expr]) -> pl.Series:
    found = find_column(column, [name for name in data.adsl.columns if not name.startswith("_")])
    if found is None:  # data that were loaded with another protocol
        raise PlanError(
            Problem(
                "data.missing_column",
                f"ADSL has no column {column!r}, which a Cox model names",
                Where(table="ADSL", column=column),
                value=column,
                cure="load the data with the protocol that names it",
            )
        )
    own = data.adsl.select("USUBJID", read(found, data.adsl.schema[found]).alias("_own"))
    return frame.select("USUBJID").join(own, on="USUBJID", how="left", maintain_order="left").get_column("_own")
