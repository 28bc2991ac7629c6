"""Exposure, and rates of subjects with an adverse event per 100 patient-years of exposure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.count_rows import Ints, by_arm, level_text, limits_slug, many, row, sentences
from equipoise.analysis.rows import estimate
from equipoise.analysis.safety_overview import Category
from equipoise.analysis.safety_tables import Safety

if TYPE_CHECKING:
    import polars as pl

    from equipoise.results import Statistic

__all__ = ["exposure_rows", "rate_rows"]

PER = 100.0
UNIT = "per 100 patient-years"
_NOT_KNOWN = "exposure is not known for any subject"


@dataclass(frozen=True, slots=True)
class _AtRisk:
    """What a rate divides: by arm, subjects with an event and patient-years at risk."""

    subjects: Ints
    years: NDArray[np.float64]
    words: str


def exposure_rows(safety: Safety, exposure: pl.DataFrame) -> Iterator[Statistic]:
    """Total and median exposure by arm, in days.

    Args:
        safety: The analysis.
        exposure: One row a subject: USUBJID, arm, days (null where not known).
    """
    days = exposure["days"].to_numpy().astype(np.float64)
    arm = exposure["arm"].to_numpy().astype(np.int64)
    for index, name in enumerate(safety.arms):
        own = days[(arm == index) & np.isfinite(days)]
        unknown = int(safety.n[index]) - own.size
        left_out = f"not known for {many(unknown, 'subject')}, left out" if unknown else ""
        text = sentences("days from first to last dose, both included", left_out)
        shared: dict[str, Any] = {"n": int(own.size), "unit": "days", "method_text": text}
        total = float(own.sum()) if own.size else np.nan
        middle = float(np.median(own)) if own.size else np.nan
        yield estimate(safety.scope.key("exposure_total", arm=name), total, reason=_NOT_KNOWN, **shared)
        yield estimate(safety.scope.key("exposure_median", arm=name), middle, reason=_NOT_KNOWN, **shared)


def rate_rows(
    safety: Safety, exposure: pl.DataFrame, found: Iterable[Category], *, days_per_year: float
) -> Iterator[Statistic]:
    """Exposure-adjusted incidence rates of categories and their differences.

    A subject with an event is at risk until the first one; the others for all of their exposure. Where start dates are
    not known, every subject is at risk for all of the exposure. The method of each row says which.

    Args:
        safety: The analysis.
        exposure: One row a subject: USUBJID, arm, days and, where known, the first day of treatment, TRTSDT.
        found: Rows of the overview.
        days_per_year: Length of a year.
    """
    from equipoise.kernels.rates import incidence_rate_many, rate_difference_many

    level = safety.conf_level
    exact, wald = limits_slug("exact", level), limits_slug("wald", level)
    dated = "TRTSDT" in exposure.columns and safety.events["start"].null_count() < safety.events.height
    for one in found:
        groups = (("category", one.name),)
        at_risk = _at_risk(exposure, one, len(safety.arms), days_per_year, dated=dated)
        reason = one.unknown
        rates = incidence_rate_many(at_risk.subjects, at_risk.years / PER, conf_level=level)
        text = sentences(at_risk.words, f"rates with {level_text(level)}% exact (Poisson) limits")
        for index, name in enumerate(safety.arms):
            key = safety.scope.key("ae_rate", arm=name, groups=groups, interval=exact)
            if reason:
                yield estimate(key, np.nan, reason=reason, unit=UNIT, method_text=text)
                continue
            yield row(
                key,
                rates.at(index),
                conf_level=level,
                n=int(safety.n[index]),
                events=int(at_risk.subjects[index]),
                denominator=float(at_risk.years[index]),
                unit=UNIT,
                method_text=text,
            )
        text = sentences(at_risk.words, f"differences in rates with {level_text(level)}% Wald limits")
        for experimental, control in safety.contrasts:
            i, j = safety.arms.index(experimental), safety.arms.index(control)
            key = safety.scope.key("ae_rate_difference", arm=experimental, versus=control, groups=groups, interval=wald)
            if reason:
                yield estimate(key, np.nan, reason=reason, unit=UNIT, method_text=text)
                continue
            x, years = at_risk.subjects, at_risk.years / PER
            difference = rate_difference_many(x[i], years[i], x[j], years[j], conf_level=level).at(())
            yield row(key, difference, conf_level=level, events=int(x[i] + x[j]), unit=UNIT, method_text=text)


def _at_risk(exposure: pl.DataFrame, one: Category, arms: int, days_per_year: float, *, dated: bool) -> _AtRisk:
    import polars as pl

    first = one.events.group_by("USUBJID").agg(pl.col("start").min().alias("first"), pl.lit(value=True).alias("has"))
    known = exposure.filter(exposure["days"].is_not_null())
    frame = known.join(first, on="USUBJID", how="left")
    days = pl.col("days").cast(pl.Float64)
    if dated:
        until = (pl.col("first") - pl.col("TRTSDT")).dt.total_days().cast(pl.Float64) + 1.0
        # Before the first dose (a worsened condition) or after the last: the time at risk stays within the exposure.
        days = (
            pl.when(pl.col("has") & until.is_not_null())
            .then(pl.min_horizontal(pl.max_horizontal(until, 1.0), days))
            .otherwise(days)
        )
    frame = frame.with_columns(days.alias("risk"), pl.col("has").fill_null(value=False))
    arm = frame["arm"].to_numpy().astype(np.int64)
    years = np.bincount(arm, weights=frame["risk"].to_numpy().astype(np.float64), minlength=arms) / days_per_year
    words = (
        "subjects with an event per exposure until their first event, others' whole exposure"
        if dated
        else "subjects with an event per whole exposure, as start dates of events or of treatment are not known"
    )
    if exposure.height - known.height:
        words += f"; {many(exposure.height - known.height, 'subject')} without known exposure left out"
    return _AtRisk(by_arm(arm, arms, where=frame["has"].to_numpy()), years, words)
