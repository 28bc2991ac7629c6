"""Continuous endpoints: a measurement at a visit, its change from baseline, and the analysis of covariance of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.analysis_base import AnalysisBase
from equipoise.protocol.base import ConfLevel, Label, Many, Name, Section, Table, Where
from equipoise.protocol.data import TableSource
from equipoise.protocol.estimand import Estimand

__all__ = ["Ancova", "ContinuousAnalysis", "ContinuousEndpoint"]

ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
Visit = Annotated[str, Field(min_length=1, max_length=200)]


class ContinuousEndpoint(Section):
    """A measurement: one record a subject and visit. Imputed records (DTYPE is filled) count only where `where` says.

    A condition that names DTYPE decides about imputed records itself; without one they are left out and counted.
    """

    kind: Literal["continuous"]
    label: Label
    role: Literal["primary", "secondary", "exploratory"] | None = None
    source: TableSource
    value: Annotated[ColumnName, Field(description="Column that is analyzed: the change, or the value itself.")] = "CHG"
    baseline: Annotated[
        ColumnName | None, Field(description="Column with the value at baseline; null where there is none.")
    ] = "BASE"
    observed: Annotated[
        ColumnName | None, Field(description="Column with the value at the visit, described beside the change.")
    ] = "AVAL"
    visit: Annotated[ColumnName, Field(description="Column with the name of the visit.")] = "AVISIT"
    unit: Annotated[str | None, Field(min_length=1, max_length=80, description="Unit of the measurement.")] = None
    better: Annotated[Literal["lower", "higher"], Field(description="Which values are better for the subject.")]
    estimand: Estimand | None = None


class Ancova(Section):
    """Analysis of covariance by least squares: arms, factors and the value at baseline, all arms in one model."""

    kind: Literal["ancova"] = "ancova"
    covariates: Annotated[Many[Name], Field(description="Factors in the model beside treatment.")] = ()
    baseline: Annotated[bool, Field(description="Whether the value at baseline is in the model.")] = True
    margins: Annotated[
        Literal["equal", "observed"],
        Field(description="Least-squares means: levels of factors count equally, or as often as they are observed."),
    ] = "equal"
    variance: Annotated[
        Literal["model", "hc3"],
        Field(
            description="One residual variance, or MacKinnon and White's (1985) HC3, which needs no such assumption."
        ),
    ] = "model"


class ContinuousAnalysis(AnalysisBase):
    """Means by arm and visit, and an analysis of covariance at one visit."""

    kind: Literal["continuous"]
    at: Annotated[Visit, Field(description="Visit that is analyzed, as the data write it.")]
    where: Annotated[Where | None, Field(description="A further condition on the rows of the endpoint's table.")] = None
    model: Ancova = Ancova()
    trend: Annotated[
        Table[Name, float] | None, Field(description="Arm → dose: the slope over dose, and its test, in place of arms.")
    ] = None
    compare: Annotated[
        tuple[Annotated[tuple[Name, Name], Field(strict=False)], ...],
        Field(strict=False, description="Pairs [arm, versus] of experimental arms, besides each against the control."),
    ] = ()
    visits: Annotated[Many[Visit], Field(description="Visits at which means are shown; `at` is always one.")] = ()
    subgroups: Many[Name] = ()
    conf_level: ConfLevel = 0.95

    @property
    def method(self) -> str:
        """Slug of the model in keys: `ancova`, `ancova.hc3`."""
        return "ancova.hc3" if self.model.variance == "hc3" else "ancova"
