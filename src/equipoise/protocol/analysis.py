"""`analysis:` and `hypotheses:`, how each endpoint is analyzed and which P values may carry a claim.

In the file an analysis has no `kind`: it follows from its endpoint, and `like:` copies another analysis. `loading`
resolves both before these types are made.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.base import ConfLevel, FrozenDict, Label, Many, Name, Section, Table
from equipoise.protocol.estimand import Intercurrent

__all__ = [
    "Analysis",
    "CmhTest",
    "CoxEstimate",
    "FlemingHarringtonTest",
    "Hypothesis",
    "LogRankTest",
    "ResponseAnalysis",
    "RmstSpec",
    "SafetyAnalysis",
    "SurvivalSpec",
    "TimeToEventAnalysis",
]


class LogRankTest(Section):
    """The log-rank test, stratified where strata are named."""

    kind: Literal["log_rank"]
    strata: Many[Name] = ()


class FlemingHarringtonTest(Section):
    """Log-rank weighted by S(t-)^rho (1 - S(t-))^gamma, S pooled over arms within each stratum."""

    kind: Literal["fleming_harrington"]
    rho: Annotated[float, Field(ge=0, le=5)]
    gamma: Annotated[float, Field(ge=0, le=5)]
    strata: Many[Name] = ()


class CoxEstimate(Section):
    """Cox's model with treatment and the named covariates."""

    kind: Literal["cox"]
    ties: Literal["efron", "breslow"] = "efron"
    strata: Many[Name] = ()
    covariates: Many[Name] = ()
    conf_level: ConfLevel = 0.95


SurvivalTest = Annotated[LogRankTest | FlemingHarringtonTest, Field(discriminator="kind")]
Supportive = Annotated[LogRankTest | FlemingHarringtonTest | CoxEstimate, Field(discriminator="kind")]


class SurvivalSpec(Section):
    """Kaplan-Meier: interval, landmark times in the trial's unit, and quantiles of the survival time."""

    interval: Literal["log_log", "log", "plain"] = "log_log"
    conf_level: ConfLevel = 0.95
    times: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(strict=False)] = ()
    quantiles: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(strict=False)] = (0.25, 0.5, 0.75)


class RmstSpec(Section):
    """Restricted mean survival; without a horizon, the smaller of the arms' largest observed times."""

    horizon: Annotated[float | None, Field(gt=0, description="In the trial's unit of time.")] = None
    conf_level: ConfLevel = 0.95


class _AnalysisBase(Section):
    endpoint: Name
    population: Name
    label: Label | None = None
    sensitivity_to: Annotated[Name | None, Field(description="The analysis that this one probes.")] = None
    why: Annotated[Label | None, Field(description="What the sensitivity analysis asks, in words.")] = None
    strata_as: Literal["randomized", "verified"] = "randomized"


class TimeToEventAnalysis(_AnalysisBase):
    """Kaplan-Meier, a test, Cox's model, restricted means and subgroups, for one endpoint in one population."""

    kind: Literal["time_to_event"]
    test: SurvivalTest = LogRankTest(kind="log_rank")
    estimate: CoxEstimate = CoxEstimate(kind="cox")
    survival: SurvivalSpec = SurvivalSpec()
    rmst: RmstSpec | None = RmstSpec()
    subgroups: Many[Name] = ()
    subgroup_minimum: Annotated[int, Field(ge=1, description="Fewest events in a level for a hazard ratio.")] = 10
    also: Annotated[tuple[Supportive, ...], Field(strict=False, description="Supportive tests and models.")] = ()
    intercurrent: Annotated[
        Table[Name, Intercurrent], Field(description="Other strategies than the endpoint's estimand has.")
    ] = Field(default_factory=FrozenDict)


class CmhTest(Section):
    """Cochran-Mantel-Haenszel without continuity correction."""

    kind: Literal["cochran_mantel_haenszel"] = "cochran_mantel_haenszel"
    strata: Many[Name] = ()


class ResponseAnalysis(_AnalysisBase):
    """Rates by arm, their difference and a test."""

    kind: Literal["response"]
    interval: Literal["clopper_pearson", "wilson"] = "clopper_pearson"
    difference: Literal["miettinen_nurminen", "newcombe"] = "miettinen_nurminen"
    conf_level: ConfLevel = 0.95
    test: CmhTest = CmhTest()
    subgroups: Many[Name] = ()


class SafetyAnalysis(_AnalysisBase):
    """Overview, class and term, worst grade, risk differences, exposure-adjusted rates."""

    kind: Literal["adverse_events"]
    list_at_least: Annotated[
        float, Field(ge=0, lt=1, description="Terms are listed when this fraction of any arm has them.")
    ] = 0.05
    conf_level: ConfLevel = 0.95
    difference: Literal["miettinen_nurminen", "newcombe"] = "miettinen_nurminen"


Analysis = Annotated[TimeToEventAnalysis | ResponseAnalysis | SafetyAnalysis, Field(discriminator="kind")]


class Hypothesis(Section):
    """A hypothesis of superiority: its analysis, its level, and what must be rejected before it is tested.

    A hypothesis without `after` has exactly one alpha; one with `after` inherits what its predecessors pass on unless
    it has its own.
    """

    analysis: Name
    arm: Annotated[Name | None, Field(description="Experimental arm, where there is more than one.")] = None
    alpha_one_sided: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    alpha_two_sided: Annotated[float, Field(gt=0, lt=1)] | None = None
    after: Many[Name] = ()
