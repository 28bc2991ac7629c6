"""From subjects at a visit to the design of an analysis of covariance: columns, terms, and who is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.count_rows import Bools, Ints, arm_column

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context
    from equipoise.protocol.continuous import ContinuousAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["Design", "Floats", "covariate_column", "design_of", "lacking", "numbers", "used_rows", "visit_frame"]

Floats = NDArray[np.float64]
BASELINE = "baseline"
"""Name of the baseline's term; a factor of this name is told apart by its place among the factors."""


@dataclass(frozen=True, slots=True)
class Design:
    """Columns of the arms, then those of each term.

    Attributes:
        x: (n, p) design without an intercept: each arm has a column of its own.
        y: (n,) values.
        arm: (n,) index of each subject's arm.
        counts: (arms,) subjects by arm.
        terms: Name of each covariate → its columns.
        margins: (p,) what a least-squares mean takes of each column beside the arm's own; covariates are centred.
    """

    x: Floats
    y: Floats
    arm: Ints
    counts: Ints
    margins: Floats
    terms: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def mean_of(self, arm: int) -> Floats:
        """(p,) the function that is an arm's least-squares mean."""
        row: Floats = self.margins.copy()
        row[arm] = 1.0
        return row

    def difference(self, arm: int, versus: int) -> Floats:
        """(p,) the function that is a difference of two arms."""
        row = np.zeros(self.x.shape[1])
        row[arm], row[versus] = 1.0, -1.0
        return row

    def with_dose(self, doses: Floats) -> Floats:
        """(n, p') the design with an intercept and the dose in place of the arms; the dose is column 1."""
        given = doses[self.arm]
        return np.column_stack([np.ones(self.y.size), given - given.mean(), self.x[:, self.counts.size :]])


def visit_frame(context: Context, spec: ContinuousAnalysis, visit: str) -> pl.DataFrame:
    """The population at a visit, made once for all steps that read it.

    Args:
        context: Protocol and data.
        spec: The analysis.
        visit: The visit.

    Returns:
        What `equipoise.data.continuous` gives.
    """
    from equipoise.data import continuous

    def make() -> pl.DataFrame:
        return continuous(context.protocol, context.data, spec.endpoint, spec.population, visit, where=spec.where)

    return context.shared(("continuous", spec.endpoint, spec.population, visit, spec.where), make)


def numbers(frame: pl.DataFrame, name: str) -> Floats:
    """A column of numbers, NaN where missing.

    Args:
        frame: One row a subject.
        name: Name of the column.
    """
    column: Floats = frame[name].cast(float).to_numpy().astype(np.float64)
    return column


def lacking(protocol: Protocol, frame: pl.DataFrame, spec: ContinuousAnalysis) -> dict[str, Bools]:
    """Who has a value at the visit and lacks something else that the model needs: term → (n,) flags.

    Args:
        protocol: The declared trial.
        frame: One row a subject.
        spec: The analysis.
    """
    there = np.isfinite(numbers(frame, "value"))
    found: dict[str, Bools] = {}
    if spec.model.baseline:
        found[BASELINE] = there & ~np.isfinite(numbers(frame, "baseline"))
    for factor in spec.model.covariates:
        found[factor] = there & frame[covariate_column(protocol, spec, factor)].is_null().to_numpy()
    return found


def used_rows(protocol: Protocol, frame: pl.DataFrame, spec: ContinuousAnalysis) -> pl.DataFrame:
    """Subjects with a value at the visit and everything that the model needs.

    Args:
        protocol: The declared trial.
        frame: One row a subject.
        spec: The analysis.
    """
    import polars as pl

    kept = np.isfinite(numbers(frame, "value"))
    for without in lacking(protocol, frame, spec).values():
        kept &= ~without
    return frame.filter(pl.Series(kept))


def covariate_column(protocol: Protocol, spec: ContinuousAnalysis, factor: str) -> str:
    """Column of a covariate: as verified, where that is asked for and the factor names such a column.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        factor: Name of the factor.
    """
    verified = spec.strata_as == "verified" and protocol.factors[factor].verified is not None
    return f"{factor}__verified" if verified else factor


def design_of(
    protocol: Protocol, spec: ContinuousAnalysis, used: pl.DataFrame, *, without: tuple[str, ...] = ()
) -> Design:
    """The design of the model.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        used: Subjects who are in the model, at least one.
        without: Covariates to leave out (a factor whose levels are analyzed one by one).
    """
    arms = len(protocol.arms)
    arm = arm_column(used)
    columns = [(arm == index).astype(np.float64) for index in range(arms)]
    margins = [0.0] * arms
    terms: dict[str, tuple[int, ...]] = {}
    for factor in spec.model.covariates:
        if factor in without:
            continue
        added, weights = _columns(used, covariate_column(protocol, spec, factor), protocol.factors[factor], spec)
        terms[factor] = tuple(range(len(columns), len(columns) + len(added)))
        columns += added
        margins += weights
    if spec.model.baseline:
        terms[BASELINE] = (len(columns),)
        columns.append(_centred(numbers(used, "baseline")))
        margins.append(0.0)
    counts = np.bincount(arm, minlength=arms).astype(np.int64)
    return Design(np.column_stack(columns), numbers(used, "value"), arm, counts, np.array(margins), terms)


def _columns(used: pl.DataFrame, name: str, factor: Any, spec: ContinuousAnalysis) -> tuple[list[Floats], list[float]]:
    """Columns of a factor, and what a least-squares mean takes of each."""
    if factor.continuous:
        return [_centred(numbers(used, name))], [0.0]
    text = used[name].cast(str).to_numpy().astype(str)
    present = set(text)
    levels = [level for level in factor.level_values if level in present]
    levels += sorted(present.difference(levels))
    columns = [(text == level).astype(np.float64) for level in levels[1:]]
    if spec.model.margins == "observed":
        return columns, [float(column.mean()) for column in columns]
    return columns, [1.0 / len(levels)] * len(columns)


def _centred(values: Floats) -> Floats:
    out: Floats = values - values.mean()
    return out
