"""`scenarios:`, the possible truths that design and simulation compute with: enrollment, dropout, hazards."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Tag

from equipoise.protocol.base import FrozenDict, Label, Name, Section, Table, by_shape

__all__ = [
    "ArmAssumption",
    "Course",
    "CourseArm",
    "Dropout",
    "Enrollment",
    "LogLogistic",
    "Loss",
    "Piece",
    "RatePiece",
    "Scans",
    "Scenario",
    "Site",
    "Steps",
    "Stratum",
    "StratumAssumption",
    "Switching",
    "TransitionRatios",
    "Weibull",
]

Positive = Annotated[float, Field(gt=0)]
Probability = Annotated[float, Field(gt=0, lt=1)]


class Piece(Section):
    """One piece of a step function of time: constant `value` until `until` (the last piece has none)."""

    until: Positive | None = None
    value: Positive


Steps = Annotated[
    Annotated[Annotated[tuple[Piece, ...], Field(strict=False, min_length=1)], Tag("pieces")]
    | Annotated[Positive, Tag("number")],
    by_shape(pieces=(list, tuple, Mapping), number=object),
]
"""A constant, or a list of pieces."""


class RatePiece(Section):
    """One piece of an enrollment rate, per month."""

    until: Positive | None = None
    rate: Annotated[float, Field(ge=0)]


class Site(Section):
    """One site: its weight among the sites that are open, and when it is open, in time.unit."""

    share: Annotated[Positive, Field(description="Weight against the other sites that are open.")] = 1.0
    opens: Annotated[float, Field(ge=0)] = 0.0
    closes: Positive | None = None


class Enrollment(Section):
    """How many are enrolled, and how fast: rates per month, or evenly over a duration; exactly one of the two."""

    patients: Annotated[int, Field(gt=0)]
    per_month: Annotated[tuple[RatePiece, ...], Field(strict=False)] = ()
    duration: Annotated[Positive | None, Field(description="Even enrollment over this time, in time.unit.")] = None
    start: Annotated[datetime.date | None, Field(description="Day of the first randomization; dates need it.")] = None
    arrivals: Annotated[
        Literal["uniform", "poisson", "fixed"],
        Field(
            description="Simulated entries: `patients` independent times spread as the rates are, a Poisson process "
            "that ends with the last patient, or evenly spaced."
        ),
    ] = "uniform"
    sites: Annotated[
        Annotated[Annotated[int, Field(ge=1, le=10_000)], Tag("number")] | Annotated[Table[Name, Site], Tag("table")],
        by_shape(table=Mapping, number=object),
        Field(description="Number of equal sites, or each of them; simulated patients come from them."),
    ] = 1


class LossPiece(Section):
    """One piece of a hazard of loss, which may be 0."""

    until: Positive | None = None
    value: Annotated[float, Field(ge=0)]


LossSteps = Annotated[
    Annotated[Annotated[tuple[LossPiece, ...], Field(strict=False, min_length=1)], Tag("pieces")]
    | Annotated[Annotated[float, Field(ge=0)], Tag("number")],
    by_shape(pieces=(list, tuple, Mapping), number=object),
]


class Loss(Section):
    """Loss to follow-up: a hazard per unit of time, or the probability of loss by a time; exactly one of the two."""

    hazard: LossSteps | None = None
    probability: Annotated[float | None, Field(ge=0, lt=1)] = None
    by: Annotated[Positive | None, Field(description="Time, in time.unit, by which `probability` are lost.")] = None


class Dropout(Loss):
    """Loss to follow-up of all arms alike, or by arm."""

    arms: Annotated[Table[Name, Loss], Field(description="Arm → its own loss.")] = Field(default_factory=FrozenDict)


class Stratum(Section):
    """One stratum of the population: its share, the levels of the factors that make it, and when it is enrolled."""

    share: Annotated[float, Field(gt=0, lt=1)]
    opens: Annotated[float, Field(ge=0, description="Time in time.unit from which it is enrolled.")] = 0.0
    closes: Annotated[Positive | None, Field(description="Time in time.unit until which it is enrolled.")] = None
    levels: Table[Name, Label] = Field(default_factory=FrozenDict)


class Weibull(Section):
    """Weibull times: the hazard rises with time where `shape` is above 1; exactly one of median and scale."""

    shape: Annotated[float, Field(gt=0, le=50)]
    median: Positive | None = None
    scale: Annotated[Positive | None, Field(description="Time by which 63% have had the event.")] = None


class LogLogistic(Section):
    """Log-logistic times: the hazard rises and then falls where `shape` is above 1."""

    shape: Annotated[float, Field(gt=0, le=50)]
    median: Positive


class StratumAssumption(Section):
    """What is assumed of one endpoint in one arm of one stratum."""

    median: Positive | None = None
    hazard: Steps | None = None
    weibull: Weibull | None = None
    log_logistic: LogLogistic | None = None
    hazard_ratio: Steps | None = None
    rate: Probability | None = None
    cure: Annotated[float | None, Field(ge=0, lt=1)] = None
    frailty: Annotated[
        float | None,
        Field(ge=0, le=100, description="Variance of a gamma frailty with mean 1 that multiplies each hazard."),
    ] = None


class ArmAssumption(StratumAssumption):
    """What is assumed of one endpoint in one arm: exactly one thing of its times or its rate, or by stratum."""

    strata: Annotated[Table[Name, StratumAssumption], Field(description="Stratum → what is assumed there.")] = Field(
        default_factory=FrozenDict
    )


class TransitionRatios(Section):
    """Hazard ratios of the three transitions against the control's."""

    progression: Positive = 1.0
    death: Annotated[Positive, Field(description="Of death before progression.")] = 1.0
    death_after: Annotated[Positive, Field(description="Of death after progression.")] = 1.0


class Switching(Section):
    """Some change treatment at progression; their hazard of death afterwards is multiplied."""

    probability: Annotated[float, Field(ge=0, le=1)]
    hazard_ratio: Positive


class CourseArm(Section):
    """One arm: the three hazards, or both medians and the share of deaths, or ratios to the control's hazards."""

    progression: Annotated[Steps | None, Field(description="Hazard of progression.")] = None
    death: Annotated[LossSteps | None, Field(description="Hazard of death before progression.")] = None
    death_after: Annotated[
        Steps | None, Field(description="Hazard of death after progression, by time since randomization.")
    ] = None
    progression_free_median: Positive | None = None
    survival_median: Positive | None = None
    deaths_first: Annotated[
        float | None, Field(ge=0, lt=1, description="Share of progression-free survival events that are deaths.")
    ] = None
    hazard_ratio: TransitionRatios | None = None
    switching: Switching | None = None


class Course(Section):
    """Progression and death together (illness-death): what two endpoints have in common."""

    progression_free: Name
    survival: Name
    arms: Annotated[Table[Name, CourseArm], Field(description="Arm → what is assumed of it.")]
    frailty: Annotated[
        float, Field(ge=0, le=100, description="Variance of a gamma frailty that multiplies all hazards.")
    ] = 0.0


class Scans(Section):
    """When an endpoint is looked for: events are seen at the next scan that is not missed, deaths on their day."""

    every: Annotated[Steps | None, Field(description="Time between scans in time.unit, from randomization on.")] = None
    times: Annotated[
        tuple[Positive, ...], Field(strict=False, max_length=200, description="Times of scans in time.unit.")
    ] = ()
    missed: Annotated[float, Field(ge=0, lt=1, description="Probability that a scan is missed.")] = 0.0


class Scenario(Section):
    """A possible truth. `extends:` copies another scenario; `loading` resolves it."""

    label: Label | None = None
    enrollment: Enrollment | None = None
    dropout: Dropout | None = None
    strata: Annotated[Table[Name, Stratum], Field(description="Strata that differ; shares add up to 1.")] = Field(
        default_factory=FrozenDict
    )
    wrong_strata: Annotated[
        float, Field(ge=0, lt=1, description="Probability that a patient's stratum is recorded as another one.")
    ] = 0.0
    endpoints: Table[Name, Table[Name, ArmAssumption]] = Field(default_factory=FrozenDict)
    courses: Annotated[Table[Name, Course], Field(description="Endpoints that come from one course of disease.")] = (
        Field(default_factory=FrozenDict)
    )
    scans: Annotated[Table[Name, Scans], Field(description="Endpoint → when it is looked for.")] = Field(
        default_factory=FrozenDict
    )
