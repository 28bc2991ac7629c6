"""`scenarios:`, the possible truths that design and simulation compute with: enrollment, dropout, hazards."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, Tag

from equipoise.protocol.base import FrozenDict, Label, Name, Section, Table, by_shape

__all__ = ["ArmAssumption", "Dropout", "Enrollment", "Loss", "Piece", "RatePiece", "Scenario", "Steps", "Stratum"]

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


class Enrollment(Section):
    """How many are enrolled, and how fast: rates per month, or evenly over a duration; exactly one of the two."""

    patients: Annotated[int, Field(gt=0)]
    per_month: Annotated[tuple[RatePiece, ...], Field(strict=False)] = ()
    duration: Annotated[Positive | None, Field(description="Even enrollment over this time, in time.unit.")] = None
    start: Annotated[datetime.date | None, Field(description="Day of the first randomization; dates need it.")] = None


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
    """One stratum of the population: its share, and the levels of the factors that make it."""

    share: Annotated[float, Field(gt=0, lt=1)]
    levels: Table[Name, Label] = Field(default_factory=FrozenDict)


class StratumAssumption(Section):
    """What is assumed of one endpoint in one arm of one stratum."""

    median: Positive | None = None
    hazard: Steps | None = None
    hazard_ratio: Steps | None = None
    rate: Probability | None = None
    cure: Annotated[float | None, Field(ge=0, lt=1)] = None


class ArmAssumption(StratumAssumption):
    """What is assumed of one endpoint in one arm: exactly one of median, hazard, hazard ratio, rate, or by stratum."""

    strata: Annotated[Table[Name, StratumAssumption], Field(description="Stratum → what is assumed there.")] = Field(
        default_factory=FrozenDict
    )


class Scenario(Section):
    """A possible truth. `extends:` copies another scenario; `loading` resolves it."""

    label: Label | None = None
    enrollment: Enrollment | None = None
    dropout: Dropout | None = None
    strata: Annotated[Table[Name, Stratum], Field(description="Strata that differ; shares add up to 1.")] = Field(
        default_factory=FrozenDict
    )
    endpoints: Table[Name, Table[Name, ArmAssumption]] = Field(default_factory=FrozenDict)
