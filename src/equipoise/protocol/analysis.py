"""`analysis:` and `hypotheses:`, how each endpoint is analyzed and which P values may carry a claim.

In the file an analysis has no `kind`: it follows from its endpoint, and `like:` copies another analysis. `loading`
resolves both before these types are made.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.analysis_base import AnalysisBase
from equipoise.protocol.base import ConfLevel, FrozenDict, Many, Name, Section, Table
from equipoise.protocol.continuous import ContinuousAnalysis
from equipoise.protocol.estimand import Intercurrent

__all__ = [
    "Analysis",
    "AtRiskPeriod",
    "AverageHazardRatio",
    "CmhTest",
    "CoxEstimate",
    "FineGray",
    "FirstEventSpec",
    "FlemingHarringtonTest",
    "GrayTest",
    "Hypothesis",
    "IncidenceSpec",
    "LogRankTest",
    "MaxComboTest",
    "MeanCumulativeCountSpec",
    "ModestlyWeightedTest",
    "ProportionalHazardsSpec",
    "ResponseAnalysis",
    "RmstSpec",
    "SafetyAnalysis",
    "SurvivalSpec",
    "TimeToEventAnalysis",
    "TrendTest",
]

Landmarks = Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(strict=False)]
Column = Annotated[str, Field(min_length=1, max_length=200)]
Exponent = Annotated[float, Field(ge=0, le=5)]


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


class ModestlyWeightedTest(Section):
    """The modestly weighted log-rank test: weight 1 / max(S(t-), s_star), S pooled; exactly one of t_star and s_star.

    Magirr and Burman (2019, Stat Med 38:3782): no weight falls with time, and none exceeds 1 / S(t_star), so that early
    harm is never rewarded.
    """

    kind: Literal["modestly_weighted"]
    t_star: Annotated[
        float | None, Field(gt=0, description="Time in time.unit until which weights grow as 1 / S(t-).")
    ] = None
    s_star: Annotated[float | None, Field(gt=0, lt=1, description="Survival at which the weight stops growing.")] = None
    strata: Many[Name] = ()


class MaxComboTest(Section):
    """The largest of several Fleming-Harrington statistics, its P from their joint distribution."""

    kind: Literal["max_combo"]
    weights: Annotated[
        tuple[Annotated[tuple[Exponent, Exponent], Field(strict=False)], ...],
        Field(strict=False, min_length=2, max_length=8, description="Pairs [rho, gamma]."),
    ] = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    strata: Many[Name] = ()


class TrendTest(Section):
    """The log-rank test for trend over three or more ordered arms, jointly."""

    kind: Literal["trend"]
    scores: Annotated[
        Table[Name, float] | None, Field(description="Arm → score; 0, 1, 2 in declared order where absent.")
    ] = None
    strata: Many[Name] = ()


class AverageHazardRatio(Section):
    """The average hazard ratio of Kalbfleisch and Prentice (1981, Biometrika 68:105) up to a horizon."""

    kind: Literal["average_hazard_ratio"]
    horizon: Annotated[float | None, Field(gt=0, description="In time.unit; the last time of both arms if absent.")] = (
        None
    )
    conf_level: ConfLevel = 0.95


class CoxEstimate(Section):
    """Cox's model with treatment and the named covariates."""

    kind: Literal["cox"]
    ties: Literal["efron", "breslow", "discrete", "exact"] = "efron"
    strata: Many[Name] = ()
    covariates: Many[Name] = ()
    time_dependent: Annotated[
        Many[Name], Field(description="Time-to-event endpoints: a covariate that is 0 before the event and 1 after it.")
    ] = ()
    variance: Annotated[
        Literal["model", "robust"], Field(description="Inverse information, or the sandwich of Lin and Wei (1989).")
    ] = "model"
    cluster: Annotated[
        Column | None, Field(description="Column of ADSL: subjects with one value are one cluster of the sandwich.")
    ] = None
    weights: Annotated[Column | None, Field(description="Column of ADSL with positive case weights.")] = None
    entry: Annotated[
        Column | None,
        Field(
            description="Column of ADSL: time, in the data's unit, after which a subject is at risk (delayed entry)."
        ),
    ] = None
    interval: Annotated[
        Literal["wald", "profile"], Field(description="Limits by the standard error or by the profile likelihood.")
    ] = "wald"
    penalty: Annotated[
        Literal["none", "firth"], Field(description="Firth's penalty, finite where the likelihood is monotone.")
    ] = "none"
    conf_level: ConfLevel = 0.95


SurvivalTest = Annotated[
    LogRankTest | FlemingHarringtonTest | ModestlyWeightedTest | MaxComboTest, Field(discriminator="kind")
]
Supportive = Annotated[
    LogRankTest
    | FlemingHarringtonTest
    | ModestlyWeightedTest
    | MaxComboTest
    | TrendTest
    | CoxEstimate
    | AverageHazardRatio,
    Field(discriminator="kind"),
]


class SurvivalSpec(Section):
    """Kaplan-Meier: interval, landmark times in the trial's unit, and quantiles of the survival time."""

    interval: Literal["log_log", "log", "plain"] = "log_log"
    conf_level: ConfLevel = 0.95
    times: Landmarks = ()
    quantiles: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(strict=False)] = (0.25, 0.5, 0.75)
    difference: Annotated[
        Literal["plain", "log_log"], Field(description="Scale on which arms are compared at the landmarks.")
    ] = "plain"


class RmstSpec(Section):
    """Restricted mean survival; without a horizon, the smaller of the arms' largest observed times."""

    horizon: Annotated[float | None, Field(gt=0, description="In the trial's unit of time.")] = None
    conf_level: ConfLevel = 0.95


class ProportionalHazardsSpec(Section):
    """The score test of proportional hazards, and its pictures."""

    transform: Annotated[
        Literal["km", "rank", "identity", "log"], Field(description="Function of time that the test looks along.")
    ] = "km"


class GrayTest(Section):
    """Gray's (1988) test of equal cumulative incidence."""

    rho: Annotated[float, Field(ge=0, le=5, description="Exponent of 1 - F(t-); 0 weights all times alike.")] = 0.0
    strata: Many[Name] = ()


class FineGray(Section):
    """The subdistribution hazard model of Fine and Gray (1999)."""

    covariates: Many[Name] = ()
    conf_level: ConfLevel = 0.95


class IncidenceSpec(Section):
    """Cumulative incidence where other events compete: Aalen-Johansen, Gray's test, Fine and Gray's model."""

    se: Annotated[
        Literal["aalen", "infinitesimal_jackknife"], Field(description="Standard error of the incidence.")
    ] = "aalen"
    interval: Literal["log_log", "log", "plain"] = "log_log"
    conf_level: ConfLevel = 0.95
    times: Landmarks = ()
    test: GrayTest | None = GrayTest()
    regression: FineGray | None = FineGray()


class AtRiskPeriod(Section):
    """When a subject is at risk of an adverse event: from the first dose on, until death at the latest."""

    until: Annotated[
        Literal["treatment_end", "study_end"], Field(description="The last dose, or the end of the study.")
    ] = "treatment_end"
    plus_days: Annotated[
        int, Field(ge=0, le=3650, description="Days of follow-up after the last dose that still count.")
    ] = 0
    column: Annotated[
        Column | None, Field(description="Date column of ADSL that ends it; TRTEDT or EOSDT where absent.")
    ] = None


class MeanCumulativeCountSpec(Section):
    """Mean number of events by a time, all events of a subject counted; death ends the counting."""

    of: Annotated[
        Many[Name], Field(min_length=1, description="any, serious, related, grade_3_plus, severe, of_interest names.")
    ] = ("any",)
    times: Landmarks = ()
    interval: Annotated[
        Literal["log", "plain"], Field(description="Scale on which limits of the mean count are symmetric.")
    ] = "log"
    conf_level: ConfLevel = 0.95


class FirstEventSpec(Section):
    """Time from first dose to a subject's first event: Kaplan-Meier, and Aalen-Johansen with death competing."""

    of: Annotated[
        Many[Name], Field(min_length=1, description="any, serious, related, grade_3_plus, severe, of_interest names.")
    ]
    times: Landmarks = ()
    conf_level: ConfLevel = 0.95


class TimeToEventAnalysis(AnalysisBase):
    """Kaplan-Meier, a test, Cox's model, restricted means and subgroups, for one endpoint in one population."""

    kind: Literal["time_to_event"]
    test: SurvivalTest = LogRankTest(kind="log_rank")
    estimate: CoxEstimate = CoxEstimate(kind="cox")
    survival: SurvivalSpec = SurvivalSpec()
    rmst: RmstSpec | None = RmstSpec()
    subgroups: Many[Name] = ()
    subgroup_minimum: Annotated[int, Field(ge=1, description="Fewest events in a level for a hazard ratio.")] = 10
    also: Annotated[tuple[Supportive, ...], Field(strict=False, description="Supportive tests and models.")] = ()
    proportional_hazards: ProportionalHazardsSpec | None = None
    incidence: IncidenceSpec | None = None
    intercurrent: Annotated[
        Table[Name, Intercurrent], Field(description="Other strategies than the endpoint's estimand has.")
    ] = Field(default_factory=FrozenDict)


class CmhTest(Section):
    """Cochran-Mantel-Haenszel without continuity correction."""

    kind: Literal["cochran_mantel_haenszel"] = "cochran_mantel_haenszel"
    strata: Many[Name] = ()


class ResponseAnalysis(AnalysisBase):
    """Rates by arm, their difference and a test."""

    kind: Literal["response"]
    interval: Literal["clopper_pearson", "wilson"] = "clopper_pearson"
    difference: Literal["miettinen_nurminen", "newcombe"] = "miettinen_nurminen"
    conf_level: ConfLevel = 0.95
    test: CmhTest = CmhTest()
    subgroups: Many[Name] = ()


class SafetyAnalysis(AnalysisBase):
    """Overview, class and term, worst grade, risk differences, exposure-adjusted rates."""

    kind: Literal["adverse_events"]
    list_at_least: Annotated[
        float, Field(ge=0, lt=1, description="Terms are listed when this fraction of any arm has them.")
    ] = 0.05
    conf_level: ConfLevel = 0.95
    difference: Literal["miettinen_nurminen", "newcombe"] = "miettinen_nurminen"
    at_risk: AtRiskPeriod = AtRiskPeriod()
    mean_cumulative_count: MeanCumulativeCountSpec | None = None
    first_event: FirstEventSpec | None = None


Analysis = Annotated[
    TimeToEventAnalysis | ResponseAnalysis | ContinuousAnalysis | SafetyAnalysis, Field(discriminator="kind")
]


class Hypothesis(Section):
    """A hypothesis: its analysis, its level, and what must be rejected before it is tested.

    A hypothesis without `after` has exactly one alpha; one with `after` inherits what its predecessors pass on unless
    it has its own; in a graph (`multiplicity`) it has neither. It is one of superiority, or with a margin of
    non-inferiority.
    """

    analysis: Name
    arm: Annotated[Name | None, Field(description="Experimental arm, where there is more than one.")] = None
    alpha_one_sided: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    alpha_two_sided: Annotated[float, Field(gt=0, lt=1)] | None = None
    after: Many[Name] = ()
    margin: Annotated[
        float | None,
        Field(
            gt=0,
            description="Of non-inferiority: a hazard ratio above 1, or the difference in response rates that is "
            "allowed to be lost, 0.1.",
        ),
    ] = None
