"""Means by arm and visit: the value that is analyzed, its baseline, and the value as observed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.ancova_design import Floats, numbers
from equipoise.analysis.count_rows import arm_column, level_text, limits_slug
from equipoise.analysis.rows import Limits, Scope, estimate

if TYPE_CHECKING:
    import polars as pl

    from equipoise.protocol.continuous import ContinuousAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["MEASURES", "mean_rows", "measures_of"]

MEASURES = ("baseline", "observed", "value")
"""The value at baseline, the value at the visit, and what is analyzed (their difference, mostly)."""


def measures_of(protocol: Protocol, spec: ContinuousAnalysis) -> tuple[str, ...]:
    """The measures that an endpoint declares and that differ.

    Args:
        protocol: The declared trial.
        spec: The analysis.
    """
    entry: Any = protocol.endpoints[spec.endpoint]
    named = {"baseline": entry.baseline, "observed": entry.observed, "value": entry.value}
    return tuple(
        measure
        for measure, column in named.items()
        if column is not None and (measure == "value" or column.upper() != entry.value.upper())
    )


def mean_rows(
    protocol: Protocol, spec: ContinuousAnalysis, scope: Scope, frame: pl.DataFrame, visit: str
) -> Iterator[Statistic]:
    """Subjects, mean, SD, median and range of each measure by arm, of subjects with a value at the visit.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        scope: What its keys share.
        frame: One row a subject of the population: arm, value, baseline, observed.
        visit: The visit.

    Yields:
        Rows under the groups ("visit", visit), ("measure", measure); the mean of `value` has t limits.
    """
    arm, value = arm_column(frame), numbers(frame, "value")
    for measure in measures_of(protocol, spec):
        held = numbers(frame, measure)
        if measure != "value" and not np.isfinite(held).any():
            continue  # the table has no such column
        for index, name in enumerate(protocol.arms):
            inside = (arm == index) & np.isfinite(value) & np.isfinite(held)
            size = int((arm == index).sum())
            yield from _summary(protocol, spec, scope, name, (visit, measure), held[inside], size)


def _summary(
    protocol: Protocol, spec: ContinuousAnalysis, scope: Scope, arm: str, place: tuple[str, str], known: Floats,
    total: int,
) -> Iterator[Statistic]:  # fmt: skip
    visit, measure = place
    entry: Any = protocol.endpoints[spec.endpoint]
    column = {"baseline": entry.baseline, "observed": entry.observed, "value": entry.value}[measure]
    text = f"{column} of subjects with {entry.value} at {visit}."
    groups = (("visit", visit), ("measure", measure))
    n, nan = int(known.size), float("nan")
    mean = float(known.mean()) if n else nan
    sd = float(known.std(ddof=1)) if n > 1 else nan
    shared: dict[str, Any] = {"n": n, "unit": entry.unit or "", "method_text": text}
    none = "no subject of the arm has a value"
    few = none if not n else "fewer than two values"
    yield estimate(
        scope.key("subjects", arm=arm, groups=groups), float(n), n=n, events=n, denominator=float(total),
        method_text=text,
    )  # fmt: skip
    key = scope.key("mean", arm=arm, groups=groups)
    if measure == "value":
        yield _mean_with_limits(scope, spec, arm, groups, (mean, sd, n), none if not n else few, shared)
    else:
        yield estimate(key, mean, reason=none, **shared)
    yield estimate(scope.key("sd", arm=arm, groups=groups), sd, reason=few, **shared)
    middle = float(np.median(known)) if n else nan
    for statistic, number in (
        ("value_median", middle),
        ("value_min", float(known.min()) if n else nan),
        ("value_max", float(known.max()) if n else nan),
    ):
        yield estimate(scope.key(statistic, arm=arm, groups=groups), number, reason=none, **shared)


def _mean_with_limits(
    scope: Scope, spec: ContinuousAnalysis, arm: str, groups: tuple[tuple[str, str], ...],
    found: tuple[float, float, int], reason: str, shared: dict[str, Any],
) -> Statistic:  # fmt: skip
    from scipy.special import stdtrit

    mean, sd, n = found
    se = sd / np.sqrt(n) if n > 1 else float("nan")
    reach = float(stdtrit(n - 1, 0.5 + 0.5 * spec.conf_level)) * se if n > 1 else float("nan")
    text = f"{shared['method_text'][:-1]}; {level_text(spec.conf_level)}% t limits of the arm's own mean."
    return estimate(
        scope.key("mean", arm=arm, groups=groups, interval=limits_slug("t", spec.conf_level)),
        mean,
        limits=Limits(mean - reach, mean + reach, spec.conf_level, reason),
        se=se,
        reason=reason,
        df=float(n - 1) if n > 1 else None,
        **{**shared, "method_text": text},
    )
