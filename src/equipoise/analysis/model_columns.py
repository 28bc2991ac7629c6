"""What a model reads beside times and factors: weights, clusters and entry from ADSL, changes from endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import Problem, Where

if TYPE_CHECKING:
    import polars as pl

    from equipoise.data import Datasets

__all__ = ["case_weights", "change_times", "cluster_codes", "entry_times"]

_EVENT = 1
_NAMED = 5


def case_weights(data: Datasets, frame: pl.DataFrame, column: str, problems: list[Problem]) -> NDArray[np.float64]:
    """(n,) case weights of the subjects of a frame.

    Args:
        data: Checked tables.
        frame: One row a subject, with USUBJID.
        column: Column of ADSL.
        problems: Takes what is wrong: no such column, a weight that is missing or not a positive number.
    """
    import polars as pl

    joined = _joined(data, frame, column, problems)
    if joined is None:
        return np.ones(frame.height)
    values = joined.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.isfinite(values) & (values > 0.0))
    if wrong.any():
        problems.append(
            _wrong(data, frame, wrong, "plan.weights", f"{column} is not a positive number", column,
                   "give every subject of the population a weight above 0")
        )  # fmt: skip
    return values


def entry_times(data: Datasets, frame: pl.DataFrame, column: str, problems: list[Problem]) -> NDArray[np.float64]:
    """(n,) times after which the subjects of a frame are at risk.

    Args:
        data: Checked tables.
        frame: One row a subject, with USUBJID and time.
        column: Column of ADSL.
        problems: Takes what is wrong: no such column, a time that is missing, negative or no number, or an entry that
            is not before the end of follow-up.
    """
    import polars as pl

    joined = _joined(data, frame, column, problems)
    if joined is None:
        return np.zeros(frame.height)
    values = joined.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.isfinite(values) & (values >= 0.0))
        late = ~wrong & (values >= frame.get_column("time").to_numpy())
    if wrong.any():
        problems.append(
            _wrong(data, frame, wrong, "plan.entry", f"{column} is not a time from 0", column,
                   "give every subject of the population a time of entry, 0 where there is no delay")
        )  # fmt: skip
    if late.any():
        problems.append(
            _wrong(data, frame, late, "plan.entry", f"{column} is not before the end of follow-up", column,
                   "who was never at risk belongs in no population of this analysis: exclude them with `where`")
        )  # fmt: skip
    return values


def cluster_codes(data: Datasets, frame: pl.DataFrame, column: str, problems: list[Problem]) -> NDArray[np.int64]:
    """(n,) codes of the clusters that the subjects of a frame belong to.

    Args:
        data: Checked tables.
        frame: One row a subject, with USUBJID.
        column: Column of ADSL.
        problems: Takes what is wrong: no such column, or a subject without a cluster.
    """
    import polars as pl

    joined = _joined(data, frame, column, problems)
    if joined is None:
        return np.arange(frame.height, dtype=np.int64)
    text = joined.cast(pl.String).str.strip_chars()
    missing = (text.is_null() | (text == "")).to_numpy()
    if missing.any():
        problems.append(
            _wrong(data, frame, missing, "plan.cluster", f"{column} is empty", column,
                   "complete the column, or declare another one as the cluster")
        )  # fmt: skip
    _, codes = np.unique(text.fill_null("").to_numpy().astype(str), return_inverse=True)
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


def _joined(data: Datasets, frame: pl.DataFrame, column: str, problems: list[Problem]) -> pl.Series | None:
    import polars as pl

    from equipoise.data.columns import find_column
    from equipoise.data.report import did_you_mean

    columns = [name for name in data.adsl.columns if not name.startswith("_")]
    found = find_column(column, columns)
    if found is None:
        problems.append(
            Problem(
                "data.missing_column",
                f"ADSL has no column {column!r}, which a Cox model names",
                Where(table="ADSL", column=column),
                value=column,
                cure=did_you_mean(column, columns) or "add the column to ADSL",
            )
        )
        return None
    own = data.adsl.select("USUBJID", pl.col(found).alias("_own"))
    return frame.select("USUBJID").join(own, on="USUBJID", how="left", maintain_order="left").get_column("_own")


def _wrong(
    data: Datasets, frame: pl.DataFrame, where: NDArray[np.bool_], code: str, message: str, column: str, cure: str
) -> Problem:
    subjects = [str(name) for name in frame.get_column("USUBJID").to_numpy()[where]]
    file = next((one.path for one in data.files if "ADSL" in one.table.split(", ")), "")
    more = f" and {len(subjects) - _NAMED} more" if len(subjects) > _NAMED else ""
    return Problem(
        code,
        f"{message} for {len(subjects)} {'subject' if len(subjects) == 1 else 'subjects'} of the population",
        Where(file=file, table="ADSL", column=column, subject=subjects[0]),
        value=", ".join(subjects[:_NAMED]) + more,
        cure=cure,
    )
