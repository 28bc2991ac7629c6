"""Baseline characteristics by arm and in all arms together. Described, never tested: there is no P here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.count_rows import Bools, arm_column, count_row
from equipoise.analysis.rows import Scope, estimate

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.arms import Factor
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["BaselineStep", "baseline_rows", "quantile_type_2", "steps"]

_TEXT = (
    "Subjects with a value; SD with n - 1; quartiles average the two neighbours where n p is whole "
    "(definition 2 of Hyndman and Fan 1996, SAS PCTLDEF=5)."
)
_NO_VALUES = "no subject has a value"


@dataclass(frozen=True, slots=True)
class BaselineStep:
    """The baseline table of one population."""

    population: str
    factors: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return "Baseline characteristics"

    def run(self, context: Context) -> Iterable[Row]:
        """Rows of the table."""
        from equipoise.data import subjects

        frame = context.shared(
            ("subjects", self.population), lambda: subjects(context.protocol, context.data, self.population)
        )
        return baseline_rows(context.protocol, self.population, self.factors, frame)


def steps(protocol: Protocol) -> tuple[BaselineStep, ...]:
    """The step of the baseline table; none where no factor is declared.

    Args:
        protocol: The declared trial.
    """
    declared = protocol.baseline
    factors = tuple(protocol.factors) if declared.factors is None else tuple(declared.factors)
    population = declared.population or next(iter(protocol.populations))
    return (BaselineStep(population, factors),) if factors else ()


def baseline_rows(
    protocol: Protocol, population: str, factors: Iterable[str], frame: pl.DataFrame
) -> Iterator[Statistic]:
    """Rows of the baseline table.

    Args:
        protocol: The declared trial.
        population: Name of the population.
        factors: Names of the factors.
        frame: One row a subject: arm (index of the arm) and a column for each factor, null where missing.

    Yields:
        For each arm, then for all (arm ""): subjects; for a continuous factor n, missing, mean, SD, median, quartiles,
        minimum, maximum; for a categorical one n, missing, and count and proportion of each declared level.
    """
    scope = Scope("baseline", "", population)
    arm = arm_column(frame)
    who = [(name, arm == index) for index, name in enumerate(protocol.arms)]
    who.append(("", np.ones(arm.size, dtype=bool)))
    for name, inside in who:
        yield count_row(scope.key("subjects", arm=name), int(inside.sum()))
    for factor in factors:
        declared = protocol.factors[factor]
        for name, inside in who:
            if declared.continuous:
                yield from _continuous(scope, factor, declared, name, frame, inside)
            else:
                yield from _categorical(scope, factor, declared, name, frame, inside)


def _counts(scope: Scope, factor: str, arm: str, known: int, total: int) -> Iterator[Statistic]:
    groups = (("factor", factor),)
    yield count_row(scope.key("baseline_n", arm=arm, groups=groups), known, denominator=total, n=total)
    yield count_row(scope.key("baseline_missing", arm=arm, groups=groups), total - known, denominator=total, n=total)


def _continuous(
    scope: Scope, factor: str, declared: Factor, arm: str, frame: pl.DataFrame, inside: Bools
) -> Iterator[Statistic]:
    values = frame[factor].to_numpy().astype(np.float64)[inside]
    known = np.sort(values[np.isfinite(values)])
    yield from _counts(scope, factor, arm, known.size, values.size)
    nan = float("nan")
    quartiles = [quantile_type_2(known, p) if known.size else nan for p in (0.25, 0.5, 0.75)]
    summary = {
        "mean": float(known.mean()) if known.size else nan,
        "sd": float(known.std(ddof=1)) if known.size > 1 else nan,
        "median": quartiles[1],
        "q1": quartiles[0],
        "q3": quartiles[2],
        "min": float(known[0]) if known.size else nan,
        "max": float(known[-1]) if known.size else nan,
    }
    shared: dict[str, Any] = {"n": int(known.size), "unit": declared.unit or "", "method_text": _TEXT}
    for name, value in summary.items():
        reason = "fewer than two values" if name == "sd" and known.size == 1 else _NO_VALUES
        key = scope.key(f"baseline_{name}", arm=arm, groups=(("factor", factor),))
        yield estimate(key, value, reason=reason, **shared)


def _categorical(
    scope: Scope, factor: str, declared: Factor, arm: str, frame: pl.DataFrame, inside: Bools
) -> Iterator[Statistic]:
    import polars as pl

    column = frame[factor].cast(pl.String).filter(pl.Series(inside))
    total = column.len()
    yield from _counts(scope, factor, arm, total - column.null_count(), total)
    levels = list(declared.level_values)
    levels += sorted(level for level in frame[factor].cast(pl.String).drop_nulls().unique() if level not in levels)
    text = "Of all subjects, those with a missing value included."
    for level in levels:
        count = int((column == level).sum())
        groups = (("factor", factor), ("level", level))
        yield count_row(
            scope.key("baseline_count", arm=arm, groups=groups), count, denominator=total, n=total, method_text=text
        )
        share = count / total if total else float("nan")
        yield estimate(
            scope.key("baseline_proportion", arm=arm, groups=groups),
            share,
            reason="no subjects",
            events=count,
            denominator=float(total),
            n=total,
            method_text=text,
        )


def quantile_type_2(ordered: NDArray[np.float64], p: float) -> float:
    """Quantile by definition 2 of Hyndman and Fan (1996): inverse of the empirical distribution, averaged at steps.

    It is SAS's default (PCTLDEF=5); at p = 0.5 it is the ordinary median.

    Args:
        ordered: (n,) values in ascending order, n at least 1.
        p: Probability, 0 < p < 1.

    Returns:
        The quantile, in the unit of the values.
    """
    n = ordered.size
    place = n * p
    # n p is whole up to the rounding of p itself.
    nearest = round(place)
    whole = abs(place - nearest) < 4.0 * np.finfo(np.float64).eps * max(n, 1)
    index = nearest if whole else int(np.ceil(place))
    upper = min(index + 1, n) if whole else index
    return 0.5 * float(ordered[max(index, 1) - 1] + ordered[upper - 1])
