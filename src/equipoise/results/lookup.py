"""One row out of several: the fields of a key that tell them apart."""

from __future__ import annotations

from collections.abc import Iterable

from equipoise.errors import BundleError, Problem
from equipoise.results.statistic import Statistic

__all__ = ["only"]


def only(
    rows: Iterable[Statistic],
    *,
    room: str,
    time: float | None = None,
    method: str | None = None,
    interval: str | None = None,
    hypothesis: str = "",
) -> Statistic | None:
    """The one of some rows that has these key fields, or None.

    Args:
        rows: Rows that agree in all other fields.
        room: What has room for one number, `cell of the report`.
        time: Landmark; None for a row without one.
        method: Method, exactly; None for any.
        interval: First words of the interval's slug; None for any.
        hypothesis: Hypothesis, exactly.

    Raises:
        BundleError: When several match.
    """
    found = [
        row
        for row in rows
        if row.key.time == time
        and row.key.hypothesis == hypothesis
        and (method is None or row.key.method == method)
        and (interval is None or row.key.interval == interval or row.key.interval.startswith(f"{interval}."))
    ]
    if len(found) > 1:
        raise BundleError(
            Problem(
                code="report.ambiguous",
                message=f"{len(found)} statistics could fill one {room}",
                value=", ".join(row.id for row in found[:4]),
                cure="this is a defect of equipoise; please report it with the identifiers",
            )
        )
    return found[0] if found else None
