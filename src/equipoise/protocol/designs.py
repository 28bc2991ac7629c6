"""`design:`, for each hypothesis: when to look, what must be seen to stop, and which unknown the others determine."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from equipoise.protocol.base import FrozenDict, Label, Name, Section, Table

__all__ = [
    "Alternative",
    "ConditionalPowerFutility",
    "Design",
    "DesignOptions",
    "Efficacy",
    "Futility",
    "Harm",
    "HazardRatioBound",
    "ListedAlpha",
    "Look",
    "MilestoneStatistic",
    "RestrictedMeanStatistic",
    "SameLook",
    "Sensitivity",
    "Shape",
    "Solve",
    "Spending",
    "SpendingFutility",
    "ZBound",
    "ZFutility",
]

Positive = Annotated[float, Field(gt=0)]
Values = Annotated[tuple[float | None, ...], Field(strict=False, min_length=1, max_length=20)]
Ratios = Annotated[tuple[Positive | None, ...], Field(strict=False, min_length=1, max_length=20)]
Grid = Annotated[tuple[Positive, ...], Field(strict=False, max_length=50)]
SpendingName = Literal["obrien_fleming", "pocock", "hwang_shih_decani", "kim_demets", "exponential"]
Solve = Literal["events", "patients", "accrual", "follow_up", "power", "hazard_ratio"]
"""The unknown that the others determine."""


def _by_key(*keys: str) -> Discriminator:
    """The branch whose own key is written; the first where none is."""
    owners = {key: key for key in keys}

    def choose(value: Any) -> str:
        if not isinstance(value, Mapping | Section):
            return "word"
        written = value if isinstance(value, Mapping) else type(value).model_fields
        return next((owner for key, owner in owners.items() if key in written), keys[0])

    return Discriminator(choose)


class SameLook(Section):
    """The look of another hypothesis, at the same data cut."""

    hypothesis: Name
    look: Annotated[int, Field(ge=1)]


class Look(Section):
    """One analysis of a group-sequential design: what it waits for, of several the later, and which bounds it has."""

    events: Annotated[int | None, Field(gt=0)] = None
    information: Annotated[float | None, Field(gt=0, le=1)] = None
    at: Annotated[Positive | None, Field(description="Time since the first randomization, in time.unit.")] = None
    date: Annotated[datetime.date | None, Field(description="Day; needs `enrollment.start`.")] = None
    follow_up: Annotated[Positive | None, Field(description="Time since the last randomization, in time.unit.")] = None
    same_as: Annotated[SameLook | None, Field(description="The look of another hypothesis.")] = None
    whichever: Annotated[
        Literal["later", "earlier"], Field(description="Which of several things the look waits for.")
    ] = "later"
    latest: Annotated[datetime.date | None, Field(description="Day on which the look is held at the latest.")] = None
    latest_at: Annotated[
        Positive | None, Field(description="Time since the first randomization at which it is held at the latest.")
    ] = None
    efficacy: Annotated[bool, Field(description="Whether the trial may stop for efficacy here.")] = True
    futility: Annotated[bool, Field(description="Whether the trial may stop for futility here.")] = True


class Spending(Section):
    """A spending function."""

    spending: SpendingName
    parameter: float | None = None


class Shape(Section):
    """A boundary of fixed shape, its constant found so that all of alpha is spent."""

    boundary: Literal["pocock", "obrien_fleming", "wang_tsiatis", "haybittle_peto"]
    parameter: Annotated[float | None, Field(description="Delta of Wang and Tsiatis.")] = None
    interim_z: Annotated[Positive | None, Field(description="Haybittle-Peto: z before the last look, 3.")] = None
    final: Annotated[
        Literal["solved", "unadjusted"] | None,
        Field(description="Haybittle-Peto: solve the last z so that alpha is kept, or leave it as with one look."),
    ] = None


class ListedAlpha(Section):
    """Alpha listed by look."""

    alpha: Annotated[
        tuple[Annotated[float, Field(ge=0, lt=1)], ...],
        Field(strict=False, min_length=1, max_length=20, description="Cumulative, of one side; the last is all of it."),
    ]


class ZBound(Section):
    """A boundary listed on the z scale; null for a look without one."""

    z: Values


Efficacy = Annotated[
    Annotated[Spending, Tag("spending")]
    | Annotated[Shape, Tag("boundary")]
    | Annotated[ListedAlpha, Tag("alpha")]
    | Annotated[ZBound, Tag("z")]
    | Annotated[Literal["none"], Tag("word")],
    _by_key("spending", "boundary", "alpha", "z"),
]
"""How efficacy is bounded."""


class SpendingFutility(Spending):
    """Beta spent by a function."""

    binding: bool = False


class ZFutility(ZBound):
    """Futility bounds on the z scale, without or with the last look; null for a look without one."""

    binding: bool = False


class HazardRatioBound(Section):
    """Futility bounds as hazard ratios, without or with the last look; null for a look without one."""

    hazard_ratio: Ratios
    binding: bool = False


class ConditionalPowerFutility(Section):
    """Stop where the conditional power falls below a value."""

    conditional_power: Annotated[float, Field(gt=0, lt=1)]
    under: Literal["design", "trend", "null"] = "design"
    binding: bool = False


Futility = Annotated[
    Annotated[SpendingFutility, Tag("spending")]
    | Annotated[ZFutility, Tag("z")]
    | Annotated[HazardRatioBound, Tag("hazard_ratio")]
    | Annotated[ConditionalPowerFutility, Tag("conditional_power")]
    | Annotated[Literal["none"], Tag("word")],
    _by_key("spending", "z", "hazard_ratio", "conditional_power"),
]
"""How futility is bounded."""


class Harm(Section):
    """A rule that stops for harm, and spends no alpha; exactly one of z and hazard_ratio, null for a look without."""

    z: Values | None = None
    hazard_ratio: Ratios | None = None


class RestrictedMeanStatistic(Section):
    """The difference in restricted mean survival time."""

    kind: Literal["rmst"]
    time: Positive


class MilestoneStatistic(Section):
    """The difference in event-free probability at one time."""

    kind: Literal["milestone"]
    time: Positive


class Sensitivity(Section):
    """Values to vary, one at a time and in pairs: the design's looks stay, its power and times change."""

    hazard_ratio: Grid = ()
    control_median: Grid = ()
    dropout: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...], Field(strict=False, description="Hazards of loss.")
    ] = ()
    accrual: Annotated[Grid, Field(description="Factors on the enrollment rates: 0.8 is a fifth slower.")] = ()


class DesignOptions(Section):
    """What a design and an alternative to it have in common."""

    label: Label | None = None
    power: Annotated[float | None, Field(gt=0, lt=1, description="Power that the design is to have.")] = None
    solve: Annotated[Solve | None, Field(description="The unknown that the others determine.")] = None
    method: Annotated[
        Literal["schoenfeld", "freedman", "hsieh_freedman", "average_hazard_ratio", "score"] | None,
        Field(
            description="Formula of the log-rank test's drift; absent: Schoenfeld's for proportional hazards, else "
            "the average hazard ratio."
        ),
    ] = None
    information: Annotated[
        Literal["null", "alternative", "mixed"],
        Field(description="Variance under the null, under the alternative, or each where it belongs."),
    ] = "null"
    statistic: Annotated[
        RestrictedMeanStatistic | MilestoneStatistic | None,
        Field(discriminator="kind", description="Tests that are not the analysis' own; absent: the analysis' test."),
    ] = None
    rates: Annotated[
        Literal["pooled", "unpooled", "farrington_manning"],
        Field(description="Variance of a difference in response rates."),
    ] = "unpooled"
    rounding: Annotated[
        bool, Field(description="Events up to whole ones, patients up to multiples of the allocation ratio.")
    ] = True
    harm: Harm | None = None


class Alternative(DesignOptions):
    """Another design of the same hypothesis, beside the declared one; what is not written is as declared."""

    assume: Name | None = None
    efficacy: Efficacy | None = None
    futility: Futility | None = None
    looks: Annotated[tuple[Look, ...], Field(strict=False, max_length=20)] = ()


class Design(DesignOptions):
    """Looks and boundaries for one hypothesis."""

    assume: Name
    efficacy: Efficacy = "none"
    futility: Futility = "none"
    looks: Annotated[tuple[Look, ...], Field(strict=False, min_length=1, max_length=20)]
    sensitivity: Sensitivity | None = None
    alternatives: Annotated[Table[Name, Alternative], Field(description="Designs to compare with.")] = Field(
        default_factory=FrozenDict
    )
